//! Lines, found once.

use bytes::{Buf, BytesMut};
use memchr::memchr;

use crate::grammar::{cut, find, unprintable};

/// What to do with a CR without LF or an LF without CR, the stuff that SMTP smuggling is made of.
/// Postfix calls it `smtpd_forbid_bare_newline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BareNewline {
    /// The command or message is refused.
    #[default]
    Reject,
    /// Each is taken for a line end and becomes CRLF. It never ends a message, and a dot behind it
    /// is text.
    ///
    /// # Why you might
    /// Some scanners, printers and scripts end lines with LF alone.
    Normalize,
}

/// How long a line may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineLimits {
    /// Longest line in octets, line end included.
    pub line: usize,
    /// How many octets of an over-long line are read and thrown away while looking for its end;
    /// after that the line counts as endless.
    pub swallow: u64,
}

/// What a [`LineFramer`] found.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// No whole line yet.
    Starved,
    /// The first `text` octets of the input are a line, its end not counted; with it, it has
    /// `octets`, which the caller takes out of the input.
    Whole {
        /// Length without the line end.
        text: usize,
        /// Length with the line end.
        octets: usize,
        /// The line ended in LF without CR.
        bare: bool,
    },
    /// A line over the limit came to its end. It has been taken out of the input already.
    TooLong {
        /// How long it was, line end included.
        octets: u64,
    },
    /// A line is over the limit of what is swallowed before its end. It stays so.
    Endless,
}

/// Finds lines in a receive buffer and remembers where it searched, so that one octet a read still
/// costs linear time.
#[derive(Debug, Clone, Default)]
pub struct LineFramer {
    searched: usize,
    swallowed: u64,
}

impl LineFramer {
    /// Makes a framer that stands at the start of a line.
    #[must_use]
    pub const fn new() -> Self {
        Self { searched: 0, swallowed: 0 }
    }

    /// Looks for the end of the line at the start of `input`.
    ///
    /// The caller takes a [`Line::Whole`] out of the input before it asks again, and nothing else
    /// in between. An over-long line is taken out by the framer as it comes in, so the input never
    /// holds more than the limit and what one read brings.
    #[inline]
    pub fn next(&mut self, input: &mut BytesMut, limits: LineLimits) -> Line {
        // Nearly every line is whole, without octets of 0x80 and above, and so short that a search
        // in wide registers would not have got going.
        if self.searched == 0
            && self.swallowed == 0
            && let (near, _) = cut(input, NEAR.min(limits.line))
            && let Some(text) = find(near, unprintable)
            && near.get(text..text + 2) == Some(b"\r\n")
        {
            return Line::Whole { text, octets: text + 2, bare: false };
        }
        self.search(input, limits)
    }

    fn search(&mut self, input: &mut BytesMut, limits: LineLimits) -> Line {
        if self.swallowed > limits.swallow {
            input.clear();
            return Line::Endless;
        }
        let fresh = input.get(self.searched..).unwrap_or_default();
        let Some(at) = memchr(b'\n', fresh) else {
            self.searched = input.len();
            // One more octet may be the LF that makes the line just long enough.
            if self.swallowed > 0 || input.len() >= limits.line {
                self.swallowed += input.len() as u64;
                self.searched = 0;
                input.clear();
                if self.swallowed > limits.swallow {
                    return Line::Endless;
                }
            }
            return Line::Starved;
        };
        let octets = self.searched + at + 1;
        self.searched = 0;
        if self.swallowed > 0 || octets > limits.line {
            input.advance(octets);
            let octets = std::mem::take(&mut self.swallowed) + octets as u64;
            // The same verdict as when it comes octet by octet, and its end is not waited for.
            if octets - 1 > limits.swallow {
                self.swallowed = octets;
                input.clear();
                return Line::Endless;
            }
            return Line::TooLong { octets };
        }
        let (line, _) = cut(input, octets - 1);
        let bare = line.last() != Some(&b'\r');
        Line::Whole { text: line.len() - usize::from(!bare), octets, bare }
    }

    /// Tells whether part of an over-long line has been thrown away and its end is still to come.
    #[must_use]
    pub const fn is_swallowing(&self) -> bool {
        self.swallowed > 0
    }
}

/// How many octets are searched for the end of a line without going far.
const NEAR: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LineLimits = LineLimits { line: 12, swallow: 40 };

    fn whole(text: usize) -> Line {
        Line::Whole { text, octets: text + 2, bare: false }
    }

    #[test]
    fn ok_lines_one_after_the_other() {
        let mut input = BytesMut::from(&b"NOOP\r\nQUIT\r\nx"[..]);
        let mut framer = LineFramer::new();
        assert_eq!(framer.next(&mut input, LIMITS), whole(4));
        input.advance(6);
        assert_eq!(framer.next(&mut input, LIMITS), whole(4));
        input.advance(6);
        assert_eq!(framer.next(&mut input, LIMITS), Line::Starved);
    }

    #[test]
    fn says_when_a_line_ends_in_lf_alone() {
        let mut input = BytesMut::from(&b"NOOP\n"[..]);
        let line = LineFramer::new().next(&mut input, LIMITS);
        assert_eq!(line, Line::Whole { text: 4, octets: 5, bare: true });
    }

    #[test]
    fn ok_line_of_exactly_the_limit_one_octet_at_a_time() {
        let mut input = BytesMut::new();
        let mut framer = LineFramer::new();
        for octet in b"0123456789\r" {
            input.extend_from_slice(&[*octet]);
            assert_eq!(framer.next(&mut input, LIMITS), Line::Starved);
        }
        input.extend_from_slice(b"\n");
        assert_eq!(framer.next(&mut input, LIMITS), whole(10));
    }

    #[test]
    fn err_long_line_is_swallowed_to_its_end_and_the_next_one_is_read() {
        for step in 1..30 {
            let mut input = BytesMut::new();
            let mut framer = LineFramer::new();
            let mut seen = Vec::new();
            for piece in b"0123456789012345\r\nNOOP\r\n".chunks(step) {
                input.extend_from_slice(piece);
                loop {
                    let line = framer.next(&mut input, LIMITS);
                    if line == Line::Starved {
                        break;
                    }
                    if let Line::Whole { octets, .. } = line {
                        input.advance(octets);
                    }
                    seen.push(line);
                }
            }
            assert_eq!(seen, [Line::TooLong { octets: 18 }, whole(4)], "in steps of {step}");
        }
    }

    #[test]
    fn err_line_over_what_is_swallowed_is_endless_however_it_comes() {
        for (len, swallow, endless) in
            [(14, 0, true), (14, 11, true), (14, 13, false), (41, 40, false), (42, 40, true)]
        {
            let line = [&b"x".repeat(len - 2)[..], b"\r\n"].concat();
            let limits = LineLimits { swallow, ..LIMITS };
            for step in 1..=len {
                let (mut input, mut framer) = (BytesMut::new(), LineFramer::new());
                let mut last = Line::Starved;
                for piece in line.chunks(step) {
                    input.extend_from_slice(piece);
                    last = framer.next(&mut input, limits);
                }
                let octets = len as u64;
                let expected = if endless { Line::Endless } else { Line::TooLong { octets } };
                assert_eq!(last, expected, "{len} octets in steps of {step}, swallow {swallow}");
                assert!(input.is_empty());
            }
        }
    }

    #[test]
    fn err_line_without_end_stays_endless_and_holds_nothing() {
        let mut framer = LineFramer::new();
        let mut input = BytesMut::new();
        let mut last = Line::Starved;
        for _ in 0..10 {
            input.extend_from_slice(&[b'x'; 13]);
            last = framer.next(&mut input, LIMITS);
            assert!(input.is_empty());
        }
        assert_eq!(last, Line::Endless);
        input.extend_from_slice(b"\r\n");
        assert_eq!(framer.next(&mut input, LIMITS), Line::Endless);
    }
}
