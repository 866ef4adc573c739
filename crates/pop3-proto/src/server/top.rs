//! Where TOP ends: RFC 1939 7.

use memchr::memchr2;

/// Finds the end of "the headers of the message, the blank line separating the headers from the
/// body, and then the number of lines of the indicated message's body" in a message that comes in
/// pieces. CRLF, a bare CR and a bare LF all end a line, as they do when they are normalized.
#[derive(Debug, Clone)]
pub(super) struct TopCut {
    /// Lines of the body that are still wanted.
    left: u64,
    in_header: bool,
    line_is_empty: bool,
    /// A CR ended the line, or will with the LF behind it.
    cr: bool,
}

impl TopCut {
    pub(super) const fn new(lines: u64) -> Self {
        Self { left: lines, in_header: true, line_is_empty: true, cr: false }
    }

    /// Returns how many octets of this piece are wanted, if what is wanted ends in it.
    pub(super) fn end_in(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.cr {
                match piece.get(at) {
                    None => return None,
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                }
                self.cr = false;
                if self.ends_with_line() {
                    return Some(at);
                }
            }
            let rest = piece.get(at..)?;
            let Some(text) = memchr2(b'\r', b'\n', rest) else {
                self.line_is_empty &= rest.is_empty();
                return None;
            };
            self.line_is_empty &= text == 0;
            self.cr = rest.get(text) == Some(&b'\r');
            at += text + 1;
            if !self.cr && self.ends_with_line() {
                return Some(at);
            }
        }
    }

    /// Counts a line, and answers whether it was the last.
    const fn ends_with_line(&mut self) -> bool {
        let empty = std::mem::replace(&mut self.line_is_empty, true);
        if !self.in_header {
            self.left = self.left.saturating_sub(1);
        } else if empty {
            self.in_header = false;
        }
        !self.in_header && self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how much of the message is wanted, whatever pieces it comes in.
    fn top(message: &[u8], lines: u64) -> usize {
        let whole = TopCut::new(lines).end_in(message).unwrap_or(message.len());
        for step in 1..=message.len() {
            let mut cut = TopCut::new(lines);
            let mut wanted = 0;
            for piece in message.chunks(step) {
                match cut.end_in(piece) {
                    None => wanted += piece.len(),
                    Some(end) => {
                        wanted += end;
                        break;
                    }
                }
            }
            assert_eq!(wanted, whole, "in pieces of {step}");
        }
        whole
    }

    #[test]
    fn header_blank_line_and_so_many_lines() {
        let message = b"A: b\r\nC: d\r\n\r\none\r\n\r\nthree\r\n";
        assert_eq!(top(message, 0), 14);
        assert_eq!(top(message, 1), 19);
        assert_eq!(top(message, 2), 21);
        assert_eq!(top(message, 3), 28);
        assert_eq!(top(message, u64::MAX), message.len());
    }

    #[test]
    fn message_without_body_or_without_header() {
        assert_eq!(top(b"A: b\r\n", 0), 6);
        assert_eq!(top(b"A: b", 9), 4);
        assert_eq!(top(b"\r\nbody\r\nmore\r\n", 1), 8);
        assert_eq!(top(b"", 1), 0);
    }

    #[test]
    fn bare_newlines_end_lines_too() {
        assert_eq!(top(b"A: b\n\none\ntwo\n", 1), 10);
        // A bare CR shows with the octet behind it.
        assert_eq!(top(b"A: b\r\rone\rtwo\r", 1), 10);
        assert_eq!(top(b"A: b\n\r\none\r\ntwo", 1), 12);
    }
}
