//! Line ends and the headers of literals in front of them.

use mail_wire::grammar::cut;
use memchr::{memchr, memchr2};

use crate::LiteralHeader;

/// The longest header of a literal: `~{`, the digits, `+}`.
pub(super) const LONGEST_HEADER: usize = DIGITS + 4;

/// How many digits a `number64` has at most; what is longer is no literal.
const DIGITS: usize = 19;

/// Remembers how far the line ends of a frame were looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    /// Offset of the first octet that has not been looked at.
    pub(super) searched: usize,
    /// Offset at which the current line begins: the frame's start, or the end of a literal.
    pub(super) line: usize,
}

/// A line of a frame, by offsets into the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundLine {
    pub(super) start: usize,
    /// Its end, without CRLF.
    pub(super) text: usize,
    /// Its end, with CRLF.
    pub(super) end: usize,
    /// It ends in LF without CR.
    pub(super) bare: bool,
}

/// What [`Scan::line_or_nul`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// At that offset.
    Nul(usize),
    Line(FoundLine),
}

impl Scan {
    /// Looks for the end of the current line.
    pub(super) fn line(&mut self, input: &[u8]) -> Option<FoundLine> {
        let (_, fresh) = cut(input, self.searched);
        match memchr(b'\n', fresh) {
            Some(at) => Some(self.found(input, at)),
            None => {
                self.searched = input.len();
                None
            }
        }
    }

    /// Looks for the end of the current line, or for a NUL in it.
    pub(super) fn line_or_nul(&mut self, input: &[u8]) -> Found {
        let (_, fresh) = cut(input, self.searched);
        match memchr2(b'\n', 0, fresh) {
            Some(at) if fresh.get(at) == Some(&0) => Found::Nul(self.searched + at),
            Some(at) => Found::Line(self.found(input, at)),
            None => {
                self.searched = input.len();
                Found::Nothing
            }
        }
    }

    fn found(&mut self, input: &[u8], at: usize) -> FoundLine {
        let end = self.searched + at + 1;
        let (line, _) = cut(input, end - 1);
        let bare = end - 1 <= self.line || line.last() != Some(&b'\r');
        let text = if bare { end - 1 } else { end - 2 };
        self.searched = end;
        FoundLine { start: self.line, text, end, bare }
    }

    /// Goes on behind a literal that ends at `offset`.
    pub(super) fn resume(&mut self, offset: usize) {
        *self = Self { searched: offset, line: offset };
    }
}

/// Finds the header of a literal at the end of a line, and at which offset of the line it begins.
pub(super) fn header_at_end(line: &[u8]) -> Option<(usize, LiteralHeader)> {
    let (text, synchronizing) = match line {
        [text @ .., b'+', b'}'] => (text, false),
        [text @ .., b'}'] => (text, true),
        _ => return None,
    };
    let count = text.iter().rev().take(DIGITS).take_while(|b| b.is_ascii_digit()).count();
    let (before, digits) = cut(text, text.len() - count);
    let before = before.strip_suffix(b"{")?;
    if digits.is_empty() {
        return None;
    }
    // Nineteen digits fit.
    let octets = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let (before, binary) = match before.strip_suffix(b"~") {
        Some(before) => (before, true),
        None => (before, false),
    };
    Some((before.len(), LiteralHeader { octets, synchronizing, binary }))
}

/// Tells whether a quoted string is open at the end of this text, which starts outside of one.
pub(super) fn is_in_quotes(text: &[u8]) -> bool {
    let mut open = false;
    let mut rest = text;
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        let skip = match rest.get(at) {
            Some(b'\\') if open => 2,
            Some(b'"') => {
                open = !open;
                1
            }
            _ => 1,
        };
        rest = cut(rest, at + skip).1;
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_at_the_end_of_a_line() {
        let plain = |octets| LiteralHeader { octets, synchronizing: true, binary: false };
        for (line, header) in [
            (&b"a LOGIN {5}"[..], Some((8, plain(5)))),
            (b"{0}", Some((0, plain(0)))),
            (b"x {12+}", Some((2, LiteralHeader { synchronizing: false, ..plain(12) }))),
            (b"x ~{12}", Some((2, LiteralHeader { binary: true, ..plain(12) }))),
            (b"x {9999999999999999999}", Some((2, plain(9_999_999_999_999_999_999)))),
            (b"x {10000000000000000000}", None),
            (b"x {}", None),
            (b"x {+}", None),
            (b"x {-1}", None),
            (b"x 5}", None),
            (b"x {5} ", None),
            (b"", None),
        ] {
            assert_eq!(header_at_end(line), header, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn quotes_open_and_close() {
        for (text, open) in [
            (&b"a \"b"[..], true),
            (b"a \"b\"", false),
            (b"a \"b\\\"", true),
            (b"a \"b\\\\\"", false),
            (b"a \\\"", true),
            (b"\\", false),
            (b"\"\\", true),
        ] {
            assert_eq!(is_in_quotes(text), open, "{}", text.escape_ascii());
        }
    }
}
