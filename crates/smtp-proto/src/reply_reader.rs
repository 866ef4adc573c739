//! Whole replies out of a receive buffer.

use bytes::{Buf, BytesMut};
use mail_errors::{EnhancedStatusCode, Misuse, ParseError, Reply, ReplyCode};
use mail_wire::grammar::cut;
use memchr::memchr;

use crate::{
    Profile,
    parse::{self, ReplyLine, regular},
    profile::{Defects, Deviation},
};

/// Collects the lines of a reply.
///
/// Code and enhanced code are those of the last line (RFC 5321 4.2.1). Each octet is copied once,
/// into the text of the reply.
#[derive(Debug)]
pub struct ReplyReader {
    profile: Profile,
    line: usize,
    most: usize,
    /// How much of the line at the start of the input has been searched for its end.
    searched: usize,
    /// How many octets of this reply have been read.
    octets: usize,
    /// The texts of its lines with LF between, without `prefix`.
    text: Vec<u8>,
    /// The code of its first line.
    code: Option<ReplyCode>,
    /// The enhanced code that every line so far starts with.
    prefix: Option<Prefix>,
    /// Some lines start with another enhanced code than others, and `text` has all of them.
    is_motley: bool,
    defects: Defects,
}

/// An enhanced code and the blank behind it.
#[derive(Debug, Clone, Copy)]
struct Prefix {
    code: EnhancedStatusCode,
    octets: [u8; Self::ROOM],
    len: usize,
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
            line,
            most,
            searched: 0,
            octets: 0,
            text: Vec::new(),
            code: None,
            prefix: None,
            is_motley: false,
            defects: Defects::new(),
        }
    }

    /// Takes the next reply out of the input. Each octet is looked at once.
    ///
    /// # Errors
    /// [`ReplyError`], after which nothing that follows can be trusted.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Read, ReplyError> {
        if self.searched == 0
            && self.octets == 0
            && let Some(reply) = self.regular(input)
        {
            return Ok(Read::Reply(reply, Defects::new()));
        }
        let mut taken = 0;
        loop {
            let (_, rest) = cut(input, taken);
            let Some(at) = memchr(b'\n', cut(rest, self.searched).1) else {
                self.searched = rest.len();
                // One more octet may be the LF that makes the line just long enough.
                let is_too_long = rest.len() >= self.line;
                input.advance(taken);
                return match is_too_long {
                    true => Err(ReplyError::TooLong { limit: self.line }),
                    false => Ok(Read::Starved),
                };
            };
            let octets = std::mem::take(&mut self.searched) + at + 1;
            if octets > self.line {
                return Err(ReplyError::TooLong { limit: self.line });
            }
            if self.octets + octets > self.most {
                return Err(ReplyError::TooLong { limit: self.most });
            }
            let (line, behind) = cut(rest, octets);
            let last = self.add(line, behind.len())?;
            self.octets += octets;
            taken += octets;
            if let Some(code) = last {
                input.advance(taken);
                return Ok(self.whole(code));
            }
        }
    }

    /// Tells whether part of a reply has come.
    #[must_use]
    pub const fn is_within_reply(&self) -> bool {
        self.code.is_some()
    }

    /// Takes a reply that is whole and regular, as nearly all of them are. Nothing is taken of any
    /// other; what the limits say of it is said line by line.
    #[inline]
    fn regular(&self, input: &mut BytesMut) -> Option<Reply> {
        let (reply, octets) = regular::owned(input, self.line)?;
        if octets > self.most {
            return None;
        }
        if octets == input.len() {
            // What comes next has all of the room again.
            input.clear();
        } else {
            input.advance(octets);
        }
        Some(reply)
    }

    /// Adds a line, which ends in LF and behind which so many octets have come already. Answers its
    /// code if it is the last.
    #[inline]
    fn add(&mut self, line: &[u8], behind: usize) -> Result<Option<ReplyCode>, ReplyError> {
        let (line, _) = cut(line, line.len() - 1);
        let line = match line {
            [line @ .., b'\r'] => line,
            _ if self.lets_pass(Deviation::BareNewlineInReply, line.len()) => line,
            _ => return Err(ParseError::at(line, line.len(), "CRLF").into()),
        };
        let ReplyLine { code, is_last, text } = parse::reply_line(line)?;
        let first = *self.code.get_or_insert(code);
        if first != code && !self.lets_pass(Deviation::MixedCodes, 0) {
            return Err(ParseError::at(line, 0, "the code of the lines before").into());
        }
        let start = line.len() - text.len();
        if text.iter().fold(false, |odd, octet| odd | matches!(octet, b'\r' | 0 | 0x80..)) {
            let text = self.odd_text(text, start)?;
            self.push(code, &text, is_last, behind);
        } else {
            self.push(code, text, is_last, behind);
        }
        if !is_last {
            return Ok(None);
        }
        // RFC 4954 4: the text of a 334 is the challenge, and that may be empty.
        let is_challenge = code == ReplyCode::AUTH_CHALLENGE && line.ends_with(b" ");
        let is_missing = text.is_empty() && !is_challenge;
        if is_missing && !self.lets_pass(Deviation::ReplyWithoutText, start) {
            return Err(ParseError::at(line, start, "text").into());
        }
        Ok(Some(code))
    }

    /// Adds the text of a line.
    #[inline]
    fn push(&mut self, code: ReplyCode, text: &[u8], is_last: bool, behind: usize) {
        let is_first = self.octets == 0;
        if is_first {
            // What has come is most often the whole reply; more than this is not bet on it.
            let more = if is_last { 0 } else { behind.min(regular::MOST_AHEAD) };
            self.text.reserve_exact(text.len() + more);
        } else {
            self.text.push(b'\n');
        }
        let text = match &self.prefix {
            Some(prefix) => match text.strip_prefix(prefix.as_wire()) {
                Some(rest) => rest,
                None => {
                    self.put_prefix_back();
                    text
                }
            },
            // The third octet of one that can be an enhanced code at all.
            None if text.get(1) == Some(&b'.') && !self.is_motley => {
                match Reply::split_enhanced(code, text) {
                    Some((found, rest)) => {
                        let prefix = Prefix::of(found, cut(text, text.len() - rest.len()).0);
                        self.prefix = prefix.filter(|_| is_first);
                        self.is_motley = self.prefix.is_none();
                        if self.is_motley { text } else { rest }
                    }
                    None => text,
                }
            }
            None => text,
        };
        self.text.extend_from_slice(text);
    }

    /// The lines do not start alike: which code is the reply's is seen at its end.
    #[cold]
    fn put_prefix_back(&mut self) {
        let Some(prefix) = self.prefix.take() else { return };
        self.is_motley = true;
        // The last LF was put down for the line that is about to be added.
        let lines: Vec<_> = self.text.split(|&octet| octet == b'\n').collect();
        let (_, before) = lines.split_last().unwrap_or((&&[][..], &[]));
        let mut text = Vec::with_capacity(self.text.len() + before.len() * prefix.len);
        for line in before {
            text.extend_from_slice(prefix.as_wire());
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        self.text = text;
    }

    /// Makes a text sendable: a CR or NUL in it becomes a blank. What is not UTF-8 stays.
    #[cold]
    fn odd_text(&mut self, text: &[u8], start: usize) -> Result<Vec<u8>, ParseError> {
        if let Err(error) = std::str::from_utf8(text) {
            let at = error.valid_up_to();
            if !self.lets_pass(Deviation::NonUtf8Reply, start + at) {
                return Err(ParseError::at(text, at, "UTF-8"));
            }
        }
        let is_control = |octet: &u8| matches!(octet, b'\r' | 0);
        let Some(at) = text.iter().position(is_control) else { return Ok(text.into()) };
        if !self.lets_pass(Deviation::ControlInReply, start + at) {
            return Err(ParseError::at(text, at, "text without CR and NUL"));
        }
        let blank = |octet: &u8| if is_control(octet) { b' ' } else { *octet };
        Ok(text.trim_ascii_end().iter().map(blank).collect())
    }

    /// Tells whether a deviation at this offset of the line is let pass, and notes it if so.
    #[cold]
    fn lets_pass(&mut self, deviation: Deviation, offset: usize) -> bool {
        self.defects.tolerate(self.profile, deviation, self.octets + offset)
    }

    fn whole(&mut self, code: ReplyCode) -> Read {
        if code == ReplyCode::SERVICE_READY && is_masked(&self.text) {
            // RFC 5321 does not mind, but who reads it should.
            self.defects.tolerate(Profile::STRICT, Deviation::MaskedBanner, "220 ".len());
        }
        let text = std::mem::take(&mut self.text);
        let reply = if std::mem::take(&mut self.is_motley) {
            Reply::multiline(code, None, text.split(|&octet| octet == b'\n'))
        } else {
            Reply::received(code, self.prefix.map(|prefix| prefix.code), text)
        };
        let reply = reply.unwrap_or_else(|_: Misuse| {
            // Lines hold no LF, and CR and NUL have been taken out.
            Reply::fixed(code, None, "")
        });
        (self.octets, self.code, self.prefix) = (0, None, None);
        match self.defects.is_empty() {
            true => Read::Reply(reply, Defects::new()),
            false => Read::Reply(reply, std::mem::take(&mut self.defects)),
        }
    }
}

impl Prefix {
    /// `5.999.999` and a blank.
    const ROOM: usize = 10;

    /// Keeps the code, unless it stands alone without its blank.
    fn of(code: EnhancedStatusCode, wire: &[u8]) -> Option<Self> {
        wire.strip_suffix(b" ")?;
        let mut octets = [0; Self::ROOM];
        octets.get_mut(..wire.len())?.copy_from_slice(wire);
        Some(Self { code, octets, len: wire.len() })
    }

    fn as_wire(&self) -> &[u8] {
        cut(&self.octets, self.len).0
    }
}

/// A firewall of Cisco's leaves of a greeting only these: Postfix looks for them too.
fn is_masked(text: &[u8]) -> bool {
    let is_left = |octet: &u8| matches!(octet, b'*' | b'2' | b'0' | b' ' | b'\n');
    text.iter().all(is_left) && text.contains(&b'*')
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
        let wire = b"250\r\n250-mx\r\n250-SIZE\r\n250 OK\r\n550-5.1.1 a\r\n550 5.1.1 b\r\n\
            550-5.1.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c\r\n450-4.1.1 a\r\n450 b\r\n999 \r\n";
        let replies = [
            "250|reply without text at offset 3",
            "250 mx / SIZE / OK|",
            "550 5.1.1 a / b|",
            // Code and enhanced code are those of the last line.
            "550 5.7.1 a / b / c|",
            "450 4.1.1 a / b|",
            "999|reply without text at offset 4",
        ];
        for step in 1..wire.len() {
            assert_eq!(read_all(wire, step, Profile::STRICT).unwrap(), replies);
        }
    }

    #[test]
    fn reads_lines_as_the_constructor_of_replies_does() {
        let texts =
            ["5.1.1 a", "5.1.1", "5.7.1 b", "4.1.1 c", "2.0.0 d", "5.1.1  e", "f", "", "5.x"];
        for a in texts {
            for b in texts {
                for c in texts {
                    let wire = format!("550-{a}\r\n550-{b}\r\n550 {c}\r\n");
                    let mut reader = ReplyReader::new(Profile::STRICT, 512, 2000);
                    let read = reader.next(&mut BytesMut::from(wire.as_bytes()));
                    let code = ReplyCode::MAILBOX_UNAVAILABLE;
                    let whole = Reply::multiline(code, None, [a, b, c]).unwrap();
                    let Ok(Read::Reply(reply, _)) = read else { panic!("{read:?}") };
                    assert_eq!(reply, whole, "{wire}");
                }
            }
        }
    }

    #[test]
    fn tolerates_several_codes_text_that_is_not_utf8_and_masks_and_says_so() {
        for (wire, read, is_strict) in [
            (
                &b"550-5.1.1 a\r\n451 4.7.1 b\r\n"[..],
                "451 4.7.1 a / b|several codes in one reply at offset 13",
                false,
            ),
            (
                b"550 \xb7\xa2 x\r\n",
                "550 \u{fffd}\u{fffd} x|reply that is not UTF-8 at offset 4",
                false,
            ),
            (b"220-**\r\n220 *2*0 \r\n", "220 ** / *2*0 |masked greeting at offset 4", true),
            ("550 Postf\u{e4}cher\r\n".as_bytes(), "550 Postf\u{e4}cher|", true),
        ] {
            assert_eq!(read_all(wire, 3, Profile::COMPAT).unwrap(), [read]);
            assert_eq!(read_all(wire, 3, Profile::STRICT).is_ok(), is_strict, "{read}");
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
