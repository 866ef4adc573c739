//! Whole replies out of a receive buffer.

use bytes::{Buf, BytesMut};
use mail_errors::{Misuse, ParseError, Reply, ReplyCode};
use mail_wire::{Line, LineFramer, LineLimits, grammar::cut};

use crate::{
    Profile, parse,
    profile::{Defects, Deviation},
};

/// Collects the lines of a reply.
///
/// Code and enhanced code are those of the last line; that the lines before it agree is not asked
/// for (RFC 5321 4.2.1: "the last line" decides).
#[derive(Debug)]
pub struct ReplyReader {
    profile: Profile,
    limits: LineLimits,
    most: usize,
    framer: LineFramer,
    lines: Vec<Box<[u8]>>,
    octets: usize,
    defects: Defects,
}

/// What a [`ReplyReader`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Read {
    /// No whole reply yet.
    Starved,
    /// A reply, taken out of the input, and what was tolerated in it.
    Reply(Reply, Defects),
}

/// A reply that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line has no code.
    #[error("reply: {0}")]
    Malformed(#[from] ParseError),
    /// The reply, or a line of it, is too long.
    #[error("reply longer than {limit} octets")]
    TooLong {
        /// The most that is allowed.
        limit: usize,
    },
}

impl ReplyReader {
    /// Starts between two replies. A line may have `line` octets with its CRLF, a whole reply
    /// `most`.
    #[must_use]
    pub const fn new(profile: Profile, line: usize, most: usize) -> Self {
        Self {
            profile,
            limits: LineLimits { line, swallow: 0 },
            most,
            framer: LineFramer::new(),
            lines: Vec::new(),
            octets: 0,
            defects: Defects::new(),
        }
    }

    /// Takes the next reply out of the input. Each octet is looked at once.
    ///
    /// # Errors
    /// [`ReplyError`], after which nothing that follows can be trusted.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Read, ReplyError> {
        loop {
            let (text, octets, bare) = match self.framer.next(input, self.limits) {
                Line::Starved => return Ok(Read::Starved),
                Line::Whole { text, octets, bare } => (text, octets, bare),
                Line::TooLong { .. } | Line::Endless => {
                    return Err(ReplyError::TooLong { limit: self.limits.line });
                }
            };
            self.octets += octets;
            if self.octets > self.most {
                return Err(ReplyError::TooLong { limit: self.most });
            }
            let (line, _) = cut(input, text);
            if bare && !self.lets_pass(Deviation::BareNewlineInReply, text) {
                return Err(ParseError::at(line, text, "CRLF").into());
            }
            let reply_line = parse::reply_line(line)?;
            let (code, is_last) = (reply_line.code, reply_line.is_last);
            let text = self.clean(reply_line.text, line.len() - reply_line.text.len())?;
            input.advance(octets);
            self.lines.push(text);
            if is_last {
                return Ok(self.whole(code));
            }
        }
    }

    /// Tells whether part of a reply has come.
    #[must_use]
    pub const fn is_within_reply(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Makes the text sendable: a CR or NUL in it becomes a blank.
    fn clean(&mut self, text: &[u8], start: usize) -> Result<Box<[u8]>, ParseError> {
        let is_control = |octet: &u8| matches!(octet, b'\r' | 0);
        let Some(at) = text.iter().position(is_control) else { return Ok(text.into()) };
        if !self.lets_pass(Deviation::ControlInReply, start + at) {
            return Err(ParseError::at(text, at, "text without CR and NUL"));
        }
        let blank = |octet: &u8| if is_control(octet) { b' ' } else { *octet };
        Ok(text.trim_ascii_end().iter().map(blank).collect())
    }

    fn lets_pass(&mut self, deviation: Deviation, offset: usize) -> bool {
        self.defects.tolerate(self.profile, deviation, offset)
    }

    fn whole(&mut self, code: ReplyCode) -> Read {
        self.octets = 0;
        let lines = std::mem::take(&mut self.lines);
        let reply = Reply::multiline(code, None, lines);
        let reply = reply.unwrap_or_else(|_: Misuse| {
            // Lines hold no LF, and CR and NUL have been taken out.
            Reply::fixed(code, None, "")
        });
        Read::Reply(reply, std::mem::take(&mut self.defects))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(wire: &[u8], step: usize, profile: Profile) -> Result<Vec<String>, ReplyError> {
        let mut reader = ReplyReader::new(profile, 512, 2000);
        let mut input = BytesMut::new();
        let mut replies = Vec::new();
        for piece in wire.chunks(step) {
            input.extend_from_slice(piece);
            while let Read::Reply(reply, defects) = reader.next(&mut input)? {
                let defects: Vec<_> = defects.iter().map(|d| d.to_string()).collect();
                replies.push([reply.to_string(), defects.join(", ")].join("|"));
            }
        }
        Ok(replies)
    }

    #[test]
    fn ok_replies_in_every_step() {
        let wire = b"250\r\n250-mx\r\n250-SIZE\r\n250 OK\r\n550-5.1.1 a\r\n451 4.7.1 b\r\n999 \r\n";
        let replies = ["250|", "250 mx / SIZE / OK|", "451 4.7.1 5.1.1 a / b|", "999|"];
        for step in 1..wire.len() {
            let read = read_all(wire, step, Profile::STRICT).unwrap();
            assert_eq!(read.len(), 4, "{read:?}");
            assert_eq!((&*read[0], &*read[1], &*read[3]), (replies[0], replies[1], replies[3]));
            // Code and enhanced code are those of the last line.
            assert!(read[2].starts_with("451 4.7.1 "), "{read:?}");
        }
    }

    #[test]
    fn tolerates_bare_newline_and_control_characters_and_says_so() {
        let read = |wire| read_all(wire, 1, Profile::COMPAT).unwrap();
        assert_eq!(read(b"250 ok\n"), ["250 ok|line of a reply that ends in LF alone at offset 6"]);
        assert_eq!(read(b"250 a\rb\r\r\n"), ["250 a b|control character in a reply at offset 5"]);
        for wire in [&b"250 ok\n"[..], b"250 a\0b\r\n"] {
            assert!(read_all(wire, 1, Profile::STRICT).is_err());
        }
    }

    #[test]
    fn err_no_code() {
        for wire in [&b"hello\r\n"[..], b"25\r\n", b"2500\r\n", b"\r\n", b"050 x\r\n", b"250_x\r\n"]
        {
            let error = read_all(wire, 3, Profile::COMPAT).unwrap_err();
            assert!(matches!(error, ReplyError::Malformed(_)), "{error}");
        }
    }

    #[test]
    fn err_too_long_or_endless() {
        let long = [b"250 ", &[b'x'; 600][..], b"\r\n"].concat();
        assert_eq!(read_all(&long, 7, Profile::COMPAT), Err(ReplyError::TooLong { limit: 512 }));
        let endless = b"250-x\r\n".repeat(400);
        assert_eq!(
            read_all(&endless, 7, Profile::COMPAT),
            Err(ReplyError::TooLong { limit: 2000 })
        );
    }
}
