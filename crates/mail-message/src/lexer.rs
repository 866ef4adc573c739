//! The tokens that all structured fields share (RFC 5322 section 3.2): comments, folding white
//! space, quoted strings, domain literals, atoms.
//!
//! Every method moves forward over what it looked at and none recurses, so a pass over a field is
//! linear however deep its comments are nested.

use memchr::{memchr2, memchr3};

use crate::byte_set::ByteSet;

/// A place in a slice.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0 }
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// Returns what lies between an earlier place and this one.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.input.get(start..self.at).unwrap_or_default()
    }

    /// Moves over one octet, whatever it is.
    pub(crate) fn bump(&mut self) {
        self.at = (self.at + 1).min(self.input.len());
    }

    /// Moves over this octet, if it is the next.
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let there = self.peek() == Some(octet);
        if there {
            self.at += 1;
        }
        there
    }

    /// Moves over octets of the set and returns them.
    pub(crate) fn take_while(&mut self, set: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|&octet| !set(octet)).unwrap_or(rest.len());
        self.take(len)
    }

    /// > atom, without the white space around it             RFC 5322 section 3.2.3
    ///
    /// Empty if none is there.
    pub(crate) fn atom(&mut self) -> &'a [u8] {
        let len = ByteSet::ATEXT.span(self.rest());
        self.take(len)
    }

    /// > CFWS = (1*([FWS] comment) [FWS]) / FWS              RFC 5322 section 3.2.2
    ///
    /// Lone CR and LF count as white space too. Returns the last comment, with its parentheses,
    /// or `None` if one is not closed, which leaves the lexer at the end.
    pub(crate) fn cfws(&mut self) -> Option<&'a [u8]> {
        let mut last: &[u8] = b"";
        loop {
            self.take_while(is_space);
            if self.peek() != Some(b'(') {
                return Some(last);
            }
            last = self.comment()?;
        }
    }

    /// > comment = "(" *([FWS] ccontent) [FWS] ")"           RFC 5322 section 3.2.2
    ///
    /// Nested ones are counted. `None` if it is not closed, which leaves the lexer at the end.
    pub(crate) fn comment(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(n) = memchr3(b'(', b')', b'\\', self.rest()) {
            self.at += n;
            match self.peek() {
                Some(b'(') => depth += 1,
                Some(b')') => depth = depth.saturating_sub(1),
                _ => self.bump(),
            }
            self.bump();
            if depth == 0 {
                return Some(self.since(start));
            }
        }
        self.at = self.input.len();
        None
    }

    /// > quoted-string, without the white space around it    RFC 5322 section 3.2.4
    ///
    /// Returned with its quotes. `None` if it is not closed, which leaves the lexer at the end.
    pub(crate) fn quoted_string(&mut self) -> Option<&'a [u8]> {
        self.delimited(b'"')
    }

    /// > domain-literal, without the white space around it   RFC 5322 section 3.4.1
    ///
    /// Returned with its brackets. `None` if it is not closed, which leaves the lexer at the end.
    pub(crate) fn domain_literal(&mut self) -> Option<&'a [u8]> {
        self.delimited(b']')
    }

    fn delimited(&mut self, close: u8) -> Option<&'a [u8]> {
        let start = self.at;
        self.bump();
        while let Some(n) = memchr2(close, b'\\', self.rest()) {
            self.at += n;
            let closes = self.peek() == Some(close);
            self.bump();
            if closes {
                return Some(self.since(start));
            }
            self.bump();
        }
        self.at = self.input.len();
        None
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let start = self.at;
        self.at += len;
        self.since(start)
    }
}

/// White space in a field: WSP and the line ends of folding.
pub(crate) const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// Takes the white space off both ends: WSP and line ends, and no other control.
pub(crate) fn trim(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_space(*first)
    {
        octets = rest;
    }
    while let [rest @ .., last] = octets
        && is_space(*last)
    {
        octets = rest;
    }
    octets
}

/// Takes the delimiters off a quoted string or a comment, the folding out of it, and the
/// backslashes off its quoted pairs (RFC 5322 section 3.2.1).
pub(crate) fn unquote(delimited: &[u8], out: &mut Vec<u8>) {
    let inner = delimited.len().saturating_sub(1);
    let mut octets = delimited.get(1..inner).unwrap_or_default().iter().copied();
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => out.extend(octets.next()),
            b'\r' | b'\n' => {}
            _ => out.push(octet),
        }
    }
}

/// > dot-atom-text = 1*atext *("." 1*atext)               RFC 5322 section 3.2.3
pub(crate) fn is_dot_atom(text: &[u8]) -> bool {
    text.split(|&octet| octet == b'.').all(|atom| ByteSet::ATEXT.is_all(atom))
}

/// > quoted-string                                         RFC 5322 section 3.2.4
///
/// The mirror of [`unquote`].
pub(crate) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &octet in text {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_nested_comment_with_quoted_pairs() {
        let mut lexer = Lexer::new(br"(a (b \) \( c) d) rest");
        assert_eq!(lexer.comment(), Some(br"(a (b \) \( c) d)".as_slice()));
        assert_eq!(lexer.at(), 17);
    }

    #[test]
    fn ok_comments_and_folds_between_tokens() {
        let mut lexer = Lexer::new(b" \r\n\t(one)(two) \r\n x");
        assert_eq!(lexer.cfws(), Some(b"(two)".as_slice()));
        assert_eq!(lexer.peek(), Some(b'x'));
    }

    #[test]
    fn err_open_comment_quote_or_literal_runs_to_the_end() {
        for open in ["(a", "((a)", r"(a\)", "("] {
            let mut lexer = Lexer::new(open.as_bytes());
            assert_eq!((lexer.comment(), lexer.at()), (None, open.len()), "{open}");
        }
        for open in ["\"a", r#""a\""#, r#""a\"#, "\""] {
            let mut lexer = Lexer::new(open.as_bytes());
            assert_eq!((lexer.quoted_string(), lexer.at()), (None, open.len()), "{open}");
        }
        assert_eq!(Lexer::new(b"[1.2").domain_literal(), None);
    }

    #[test]
    fn a_million_parentheses_are_counted_not_descended() {
        let flood = vec![b'('; 1_000_000];
        assert_eq!(Lexer::new(&flood).cfws(), None);
        let closed = [flood, vec![b')'; 1_000_000]].concat();
        assert_eq!(Lexer::new(&closed).comment().map(<[u8]>::len), Some(2_000_000));
    }

    #[test]
    fn unquotes_pairs_and_folds() {
        let mut out = Vec::new();
        unquote(b"\"a\\\"b\\\\c\r\n d\"", &mut out);
        assert_eq!(out, b"a\"b\\c d");
        out.clear();
        unquote(b"\"", &mut out);
        assert_eq!(out, b"");
    }
}
