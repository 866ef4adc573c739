//! Message identifiers as they stand in `Message-ID`, `In-Reply-To` and `References` (RFC 5322
//! section 3.6.4).

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use crate::ParseError;
use crate::lexer::{Lexer, is_dot_atom, is_space, unquote};

/// A message identifier, as a slice of its field: what stands between `<` and `>`.
///
/// Identifiers are compared as octets once their quoting is taken off
/// ([`canonical`](Self::canonical)): that is how IMAP's threading joins them (RFC 5256).
///
/// ```
/// use mail_message::MessageIdRef;
///
/// let id = MessageIdRef::parse(b" <1234@local.machine.example>\r\n")?;
/// assert_eq!((id.left(), id.right()), (&b"1234"[..], Some(&b"local.machine.example"[..])));
///
/// let references = b"<a@x.test> (\"lost\")\r\n <b@y.test>, junk <c@z.test";
/// let ids: Vec<_> = MessageIdRef::all(references).map(|id| id.as_bytes()).collect();
/// assert_eq!(ids, [&b"a@x.test"[..], b"b@y.test"]);
/// # Ok::<(), mail_message::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageIdRef<'a>(&'a [u8]);

impl<'a> MessageIdRef<'a> {
    /// Reads a field that holds one identifier.
    ///
    /// Tolerant where mail is: the left side may be any octets but white space, `<` and `>` (or a
    /// quoted string), and the `@` with what follows may be missing.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if there is none, or something beside it.
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        let mut lexer = Lexer::new(value);
        let open = |lexer: &Lexer<'_>| ParseError::new(lexer.at(), "\"<\"");
        lexer.cfws().ok_or_else(|| open(&lexer))?;
        let start = lexer.at();
        let (id, end) = value.get(start..).and_then(read).ok_or_else(|| open(&lexer))?;
        let end = start + end;
        let mut rest = Lexer::new(value.get(end..).unwrap_or_default());
        let closed = rest.cfws().is_some();
        match (closed, rest.peek()) {
            (true, None) => Ok(id),
            _ => Err(ParseError::new(end + rest.at(), "nothing behind the identifier")),
        }
    }

    /// Iterates over all identifiers in a field, in order, and passes over what is none.
    pub fn all(value: &'a [u8]) -> impl Iterator<Item = Self> + Clone + use<'a> {
        let mut rest = value;
        std::iter::from_fn(move || {
            loop {
                let at = memchr(b'<', rest)?;
                rest = rest.get(at..)?;
                if let Some((id, end)) = read(rest) {
                    rest = rest.get(end..)?;
                    return Some(id);
                }
                rest = rest.get(1..)?;
            }
        })
    }

    /// Returns all between `<` and `>`, as it is written.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Returns what stands before the last `@`, as it is written; all of it if there is none.
    #[must_use]
    pub fn left(&self) -> &'a [u8] {
        self.split().map_or(self.0, |(left, _)| left)
    }

    /// Returns what stands behind the last `@`.
    #[must_use]
    pub fn right(&self) -> Option<&'a [u8]> {
        self.split().map(|(_, right)| right)
    }

    /// Returns the identifier without quoting: `<"a.b"@c>` and `<a.b@c>` are the same.
    #[must_use]
    pub fn canonical(&self) -> Cow<'a, [u8]> {
        let Some((quoted @ [b'"', .., b'"'], right)) = self.split() else {
            return Cow::Borrowed(self.0);
        };
        let mut out = Vec::with_capacity(self.0.len());
        unquote(quoted, &mut out);
        if !is_dot_atom(&out) {
            return Cow::Borrowed(self.0);
        }
        out.push(b'@');
        out.extend_from_slice(right);
        Cow::Owned(out)
    }

    fn split(&self) -> Option<(&'a [u8], &'a [u8])> {
        let at = memchr::memrchr(b'@', self.0)?;
        Some((self.0.get(..at)?, self.0.get(at + 1..)?))
    }
}

/// > msg-id = "<" id-left "@" id-right ">"                   RFC 5322 section 3.6.4
///
/// Returns the length too. Stops at the next `<`, so all attempts in a field together are linear.
fn read(input: &[u8]) -> Option<(MessageIdRef<'_>, usize)> {
    let mut at = 1;
    if let [b'<', b'"', ..] = input {
        let mut lexer = Lexer::new(input.get(1..)?);
        // A quote may hold what ends an identifier elsewhere; one that is not closed holds none.
        let quoted = lexer.quoted_string().filter(|quoted| quoted.len() <= LONGEST);
        at += quoted.map_or(0, <[u8]>::len);
    } else if input.first() != Some(&b'<') {
        return None;
    }
    let rest = input.get(at..)?;
    let end = at + memchr3(b'<', b'>', b'\n', rest)?;
    let id = input.get(1..end)?;
    let is_one = input.get(end) == Some(&b'>')
        && !id.is_empty()
        && (id.first() == Some(&b'"') || !id.iter().copied().any(is_space))
        && !id.iter().any(|octet| b"\r\n\0".contains(octet));
    is_one.then_some((MessageIdRef(id), end + 1))
}

/// The longest quoted left side: no line is longer (RFC 5322 section 2.1.1).
const LONGEST: usize = 998;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_written_as_identifiers() {
        for (value, id) in [
            ("<a.b+c@d.test>", "a.b+c@d.test"),
            (" (x)\r\n <a@b> (y) ", "a@b"),
            ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
            ("<\"a b>\"@c>", "\"a b>\"@c"),
            ("<no-at>", "no-at"),
            ("<a@b@c>", "a@b@c"),
            ("<日本@x>", "日本@x"),
        ] {
            let read = MessageIdRef::parse(value.as_bytes()).map(|id| id.as_bytes());
            assert_eq!(read, Ok(id.as_bytes()), "{value}");
        }
    }

    #[test]
    fn err_what_is_no_identifier() {
        for (value, offset) in
            [("", 0), ("a@b", 0), ("<a@b", 0), ("<>", 0), ("<a b@c>", 0), ("<a@b> c", 6), ("(", 1)]
        {
            let error = MessageIdRef::parse(value.as_bytes()).unwrap_err();
            assert_eq!(error.offset(), offset, "{value}");
        }
    }

    #[test]
    fn ok_quoting_that_says_nothing_comes_off() {
        let canonical = |value: &str| {
            let id = MessageIdRef::parse(value.as_bytes()).unwrap();
            String::from_utf8(id.canonical().into_owned()).unwrap()
        };
        assert_eq!(canonical("<\"a.b\"@c>"), "a.b@c");
        assert_eq!(canonical("<\"a b\"@c>"), "\"a b\"@c");
        assert_eq!(canonical("<a.b@c>"), "a.b@c");
    }

    #[test]
    fn ok_all_of_a_field_and_nothing_else() {
        let all = |value: &str| MessageIdRef::all(value.as_bytes()).count();
        assert_eq!(all("<a@b><c@d>,<e@f>"), 3);
        assert_eq!(all("<a@b\r\n <c@d> <<e@f>> <>"), 2);
        assert_eq!(all(&"<".repeat(1_000_000)), 0);
        assert_eq!(all(&"<\"".repeat(500_000)), 0);
    }
}
