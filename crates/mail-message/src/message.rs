//! Where the header ends and the body begins (RFC 5322 section 2.1).

use memchr::memchr;

use crate::Header;

/// A raw message, split into header and body.
///
/// The two are parted by the first empty line, which counts as the header's (that is how IMAP
/// counts it: RFC 9051 section 6.4.5.1, `BODY[HEADER]`). Lines may end in CRLF or in LF. Any
/// octets are a message: without an empty line all is header and the body is empty.
///
/// ```
/// use mail_message::Message;
///
/// let message = Message::new(b"Subject: hello\r\n\r\nHow are you?\r\n");
/// assert_eq!(message.body(), b"How are you?\r\n");
/// assert_eq!(message.body_offset(), 18);
/// let subject = message.header().field("subject").expect("it has one");
/// assert_eq!(subject.text(), "hello");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    raw: &'a [u8],
    body_offset: usize,
}

impl<'a> Message<'a> {
    /// Splits a message. Looks at the header only.
    #[must_use]
    pub fn new(raw: &'a [u8]) -> Self {
        let body_offset = HeaderEnd::new().find(raw).unwrap_or(raw.len());
        Self { raw, body_offset }
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> Header<'a> {
        Header::of(self.raw.get(..self.body_offset).unwrap_or_default())
    }

    /// Returns the body: all that follows the empty line.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.raw.get(self.body_offset..).unwrap_or_default()
    }

    /// Returns the offset at which the body begins: the length of the header in octets, its empty
    /// line included.
    #[must_use]
    pub const fn body_offset(&self) -> usize {
        self.body_offset
    }

    /// Returns the whole message.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }
}

/// Finds the end of a header that arrives in pieces, at constant memory: no octet is looked at
/// twice and none is kept.
///
/// ```
/// use mail_message::HeaderEnd;
///
/// let mut end = HeaderEnd::new();
/// assert_eq!(end.find(b"Subject: hello\r\n\r"), None);
/// assert_eq!(end.find(b"\nHow are you?\r\n"), Some(1));
/// ```
#[derive(Debug, Clone, Default)]
pub struct HeaderEnd(Seen);

/// What was seen of the line that a piece breaks off in.
#[derive(Debug, Clone, Default)]
enum Seen {
    #[default]
    Nothing,
    Cr,
    Something,
    TheEnd,
}

impl HeaderEnd {
    /// Begins at the first octet of a message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks through the next piece. Returns the offset in it at which the body begins, or `None`
    /// if the header goes on. Once the end was found, every further piece is body: `Some(0)`.
    pub fn find(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&octet) = piece.get(at) {
            match (&self.0, octet) {
                (Seen::TheEnd, _) => return Some(at),
                (Seen::Nothing | Seen::Cr, b'\n') => {
                    self.0 = Seen::TheEnd;
                    return Some(at + 1);
                }
                (Seen::Nothing, b'\r') => {
                    self.0 = Seen::Cr;
                    at += 1;
                }
                (Seen::Nothing | Seen::Cr | Seen::Something, _) => {
                    let line = piece.get(at..).unwrap_or_default();
                    let Some(len) = memchr(b'\n', line) else {
                        self.0 = Seen::Something;
                        return None;
                    };
                    self.0 = Seen::Nothing;
                    at += len + 1;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(raw: &str) -> (&str, &str) {
        raw.split_at(Message::new(raw.as_bytes()).body_offset())
    }

    #[test]
    fn ok_crlf_and_lf() {
        assert_eq!(split("A: b\r\n\r\nbody"), ("A: b\r\n\r\n", "body"));
        assert_eq!(split("A: b\n\nbody\r\n\r\n"), ("A: b\n\n", "body\r\n\r\n"));
        assert_eq!(split("A: b\n\r\nbody"), ("A: b\n\r\n", "body"));
    }

    #[test]
    fn ok_body_without_header_and_header_without_body() {
        assert_eq!(split("\r\nbody"), ("\r\n", "body"));
        assert_eq!(split("\nbody"), ("\n", "body"));
        assert_eq!(split("A: b\r\nC: d\r\n"), ("A: b\r\nC: d\r\n", ""));
        assert_eq!(split("A: b"), ("A: b", ""));
        assert_eq!(split("A: b\r\n\r"), ("A: b\r\n\r", ""));
        assert_eq!(split(""), ("", ""));
    }

    #[test]
    fn ok_lines_that_only_look_empty() {
        assert_eq!(split("A: b\r\n \r\nC: d\r\n\r\nx").1, "x", "white space continues a field");
        assert_eq!(split("A: b\r\n\r\r\nC: d\r\n\r\nx").1, "x", "a lone CR is no line end");
        assert_eq!(split("A: b\r\rC: d\r\n\r\nx").1, "x", "nor are two");
    }

    #[test]
    fn everything_after_the_end_is_body() {
        let mut end = HeaderEnd::new();
        assert_eq!(end.find(b"\r\nbody"), Some(2));
        assert_eq!(end.find(b"more"), Some(0));
        assert_eq!(end.find(b""), None);
    }

    proptest! {
        #[test]
        fn ok_cut_anywhere(
            raw in "[ab:\r\n ]{0,40}",
            cuts in proptest::collection::vec(0..40_usize, 0..5),
        ) {
            let raw = raw.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(raw.len())).collect();
            cuts.extend([0, raw.len()]);
            cuts.sort_unstable();
            let mut end = HeaderEnd::new();
            let found = cuts.windows(2).find_map(|cut| {
                end.find(&raw[cut[0]..cut[1]]).map(|offset| cut[0] + offset)
            });
            prop_assert_eq!(found, HeaderEnd::new().find(raw));
        }
    }
}
