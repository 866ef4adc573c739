//! One mailbox, and what its parts mean once comments, folding and quoting are taken off.

use std::borrow::Cow;

use crate::byte_set::ByteSet;
use crate::encoded_word;
use crate::lexer::{Lexer, is_dot_atom, is_space, quote, unquote};

/// An address with its display name, as slices of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailbox<'a> {
    phrase: &'a [u8],
    comment: &'a [u8],
    spec: AddrSpec<'a>,
}

impl<'a> Mailbox<'a> {
    pub(crate) const fn new(phrase: &'a [u8], comment: &'a [u8], spec: AddrSpec<'a>) -> Self {
        Self { phrase, comment, spec }
    }

    /// Returns the display name as a person reads it: quotes and comments taken off, encoded-words
    /// decoded. If there is none, the last comment takes its place, as in `mary@x.test (Mary)`.
    ///
    /// An encoded-word in quotes is not decoded (RFC 2047 section 5). The name may hold control
    /// characters, which can be encoded.
    #[must_use]
    pub fn display_name(&self) -> Option<String> {
        let name = if self.phrase.is_empty() { self.comment_text() } else { text(self.phrase) };
        (!name.is_empty()).then_some(name)
    }

    /// Returns the display name as it is written; empty if there is none.
    #[must_use]
    pub const fn raw_display_name(&self) -> &'a [u8] {
        self.phrase
    }

    /// Returns what stands before the `@`, without quotes: `john doe` for `"john doe"@x.test`.
    /// Two local parts that differ only in their quoting are the same (RFC 5322 section 3.4.1).
    #[must_use]
    pub fn local_part(&self) -> Cow<'a, [u8]> {
        bare(self.spec.local)
    }

    /// Returns what stands before the `@` as it is written.
    #[must_use]
    pub const fn raw_local_part(&self) -> &'a [u8] {
        self.spec.local
    }

    /// Returns the domain, with the brackets if it is a literal. `None` if the address has none,
    /// which only local programs write.
    #[must_use]
    pub fn domain(&self) -> Option<Cow<'a, [u8]>> {
        self.spec.domain.map(bare)
    }

    /// Returns the address as it is to be written anew: no comments, no folding, and quotes only
    /// where the local part needs them.
    #[must_use]
    pub fn addr_spec(&self) -> Vec<u8> {
        let local = self.local_part();
        let mut out = Vec::with_capacity(local.len() + 1);
        if is_dot_atom(&local) {
            out.extend(&*local)
        } else {
            quote(&local, &mut out)
        }
        if let Some(domain) = self.domain() {
            out.push(b'@');
            out.extend(&*domain);
        }
        out
    }

    fn comment_text(&self) -> String {
        let mut inner = Vec::new();
        unquote(self.comment, &mut inner);
        encoded_word::decode(inner.trim_ascii()).into_owned()
    }
}

/// A local part and a domain, each without the comments and white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AddrSpec<'a> {
    local: &'a [u8],
    domain: Option<&'a [u8]>,
}

impl<'a> AddrSpec<'a> {
    /// > addr-spec = local-part "@" domain                  RFC 5322 section 3.4.1
    ///
    /// `None` unless that is all there is. Dots may stand anywhere, but not in place of all words,
    /// and the domain may be missing. CR, LF and NUL, which obsolete quoted pairs may hold (section
    /// 4.1), cannot be sent anywhere, and nor can quoted pairs in an address literal (RFC 5321
    /// section 4.1.3): an address with them is none.
    pub(crate) fn parse(input: &'a [u8]) -> Option<Self> {
        let spec = Self::read(input)?;
        let holds = |part, octets: &[u8]| bare(part).iter().any(|octet| octets.contains(octet));
        let is_sendable = !holds(spec.local, b"\r\n\0")
            && !spec.domain.is_some_and(|domain| holds(domain, b"\r\n\0\\"));
        is_sendable.then_some(spec)
    }

    fn read(input: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(input);
        let local = words(&mut lexer, b'"')?;
        if lexer.peek().is_none() {
            return Some(Self { local, domain: None });
        }
        if !lexer.eat(b'@') {
            return None;
        }
        let domain = words(&mut lexer, b'[')?;
        lexer.peek().is_none().then_some(Self { local, domain: Some(domain) })
    }
}

/// > obs-local-part = word *("." word)
/// > obs-domain     = atom *("." atom)                      RFC 5322 section 4.4
///
/// Two words need a dot between them. `delimited` says which other words than atoms there are:
/// quoted strings, or a literal, which must then be the only one.
fn words<'a>(lexer: &mut Lexer<'a>, delimited: u8) -> Option<&'a [u8]> {
    lexer.cfws()?;
    let start = lexer.at();
    let mut all: &[u8] = b"";
    let (mut any, mut after_word) = (false, false);
    loop {
        match lexer.peek() {
            Some(b'.') => {
                lexer.bump();
                after_word = false;
            }
            _ if after_word => break,
            Some(b'"') if delimited == b'"' => {
                lexer.quoted_string()?;
                (any, after_word) = (true, true);
            }
            Some(b'[') if delimited == b'[' && lexer.at() == start => {
                all = lexer.domain_literal()?;
                lexer.cfws()?;
                return Some(all);
            }
            _ => {
                if lexer.atom().is_empty() {
                    break;
                }
                (any, after_word) = (true, true);
            }
        }
        all = lexer.since(start);
        lexer.cfws()?;
    }
    any.then_some(all)
}

/// Takes comments, white space and quotes out of a local part or a domain.
fn bare(written: &[u8]) -> Cow<'_, [u8]> {
    if written.iter().all(|&octet| octet == b'.' || ByteSet::ATEXT.has(octet)) {
        return Cow::Borrowed(written);
    }
    let mut out = Vec::new();
    let mut lexer = Lexer::new(written);
    while let Some(octet) = lexer.peek() {
        match octet {
            b'"' => unquote(lexer.quoted_string().unwrap_or_default(), &mut out),
            b'[' => {
                let literal = lexer.domain_literal().unwrap_or_default();
                out.extend(literal.iter().copied().filter(|&octet| !is_space(octet)));
            }
            b'(' => drop(lexer.comment()),
            _ if is_space(octet) => lexer.bump(),
            _ => {
                out.push(octet);
                lexer.bump();
            }
        }
    }
    Cow::Owned(out)
}

/// > phrase = 1*word / obs-phrase                           RFC 5322 section 3.2.5
///
/// As a person reads it. White space and comments between two words become one blank.
pub(crate) fn text(phrase: &[u8]) -> String {
    let mut out = String::new();
    // Encoded-words work on runs of unquoted words, because the white space between two of them
    // goes, too.
    let mut run = Vec::new();
    let mut lexer = Lexer::new(phrase);
    loop {
        let before = lexer.at();
        let closed = lexer.cfws().is_some();
        let Some(octet) = lexer.peek().filter(|_| closed) else { break };
        if lexer.at() > before && !(run.is_empty() && out.is_empty()) {
            run.push(b' ');
        }
        if octet == b'"' {
            out.push_str(&encoded_word::decode(&run));
            run.clear();
            let mut inner = Vec::new();
            unquote(lexer.quoted_string().unwrap_or_default(), &mut inner);
            out.push_str(&String::from_utf8_lossy(&inner));
        } else {
            run.extend(lexer.take_while(|octet| !is_space(octet) && !b"(\"".contains(&octet)));
        }
    }
    out.push_str(&encoded_word::decode(&run));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(written: &str) -> Option<(String, Option<String>)> {
        let utf8 = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
        let spec = AddrSpec::parse(written.as_bytes())?;
        let mailbox = Mailbox::new(b"", b"", spec);
        Some((utf8(&mailbox.local_part()), mailbox.domain().map(|domain| utf8(&domain))))
    }

    fn ok(local: &str, domain: &str) -> Option<(String, Option<String>)> {
        Some((local.to_owned(), Some(domain.to_owned())))
    }

    #[test]
    fn ok_quoting_comments_and_white_space_come_off() {
        assert_eq!(spec(r#" "a\"b" . c (x) @ (y) d . e "#), ok("a\"b.c", "d.e"));
        assert_eq!(spec("a@[ 192.0.2.1 ] "), ok("a", "[192.0.2.1]"));
        assert_eq!(spec("\"\"@d"), ok("", "d"));
    }

    #[test]
    fn raw_parts_keep_their_quotes_but_not_what_is_around() {
        let parsed = AddrSpec::parse(br#" (x) "a b" (y) @ d (z)"#).unwrap();
        assert_eq!((parsed.local, parsed.domain), (br#""a b""#.as_slice(), Some(b"d".as_slice())));
    }

    #[test]
    fn ok_addresses_are_written_anew_in_one_way() {
        let anew = |written: &str| {
            let spec = AddrSpec::parse(written.as_bytes()).unwrap();
            String::from_utf8(Mailbox::new(b"", b"", spec).addr_spec()).unwrap()
        };
        assert_eq!(anew(r#" "a" . b (x) @ c . d "#), "a.b@c.d");
        assert_eq!(anew(r#""a b"@c"#), r#""a b"@c"#);
        assert_eq!(anew(r#"a..b@[1.2.3.4]"#), r#""a..b"@[1.2.3.4]"#);
        assert_eq!(anew("root"), "root");
    }

    #[test]
    fn err_not_an_address() {
        for written in ["", "@", ".", ".@.", "a b", "a@b c", "a@[b]c", "a@[b].c", "a@b[c]", "[a]@b"]
        {
            assert_eq!(spec(written), None, "{written}");
        }
        assert_eq!(spec("\"a\"\"b\"@c"), None);
        assert_eq!(spec("a@\"b\""), None);
        assert_eq!(spec("a@[b"), None);
        for unsendable in
            ["\"a\\\nb\"@c", "\"a\\\rb\"@c", "\"a\\\0b\"@c", "\"a\0b\"@c", "a@[b\0]", "a@[b\\c]"]
        {
            assert_eq!(spec(unsendable), None, "{}", unsendable.escape_debug());
        }
        // A comment and a line end that folds are no part of the address.
        assert_eq!(spec("a@b.(\\))c"), Some(("a".into(), Some("b.c".into()))));
        assert_eq!(spec("\"a\r\n b\"@c"), Some(("a b".into(), Some("c".into()))));
    }

    #[test]
    fn decodes_words_but_not_in_quotes() {
        assert_eq!(text(b"=?UTF-8?Q?a?= =?UTF-8?Q?b?= \"=?UTF-8?Q?c?=\" d"), "ab =?UTF-8?Q?c?= d");
        assert_eq!(text(b"a (comment) b\"c\" (open"), "a bc");
        assert_eq!(text(b" \r\n a\r\n\tb "), "a b");
    }
}
