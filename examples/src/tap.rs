//! What goes over a wire, made fit for showing: line by line, and without credentials.
//!
//! ```
//! use mail_examples::tap::{Masker, Protocol};
//! use mail_wire::drive::Direction;
//!
//! let mut masker = Masker::new(Protocol::Pop3);
//! let mut shown = Vec::new();
//! for piece in [&b"USER alice\r\nPASS wonder"[..], b"land\r\n"] {
//!     masker.see(Direction::Sent, piece, &mut |_, line| shown.push(line.to_owned()));
//! }
//! assert_eq!(shown, ["USER alice", "PASS ***"]);
//! ```

use mail_wire::drive::Direction;

/// What looks at the octets of a conversation: the second half of a
/// [`Tapped`](mail_wire::drive::Tapped) session.
pub type Tap = Box<dyn FnMut(Direction, &[u8]) + Send>;

/// A tap that looks at nothing.
#[must_use]
pub fn blind() -> Tap {
    Box::new(|_, _| {})
}

/// A tap that passes each line on to be shown, its credentials masked. The client's end is meant:
/// what is sent is the client's.
#[must_use]
pub fn masked(protocol: Protocol, mut show: impl FnMut(Direction, &str) + Send + 'static) -> Tap {
    let mut masker = Masker::new(protocol);
    Box::new(move |direction, octets| masker.see(direction, octets, &mut show))
}

/// What is spoken, which decides where credentials stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// SMTP: AUTH (RFC 4954).
    Smtp,
    /// POP3: PASS and APOP (RFC 1939), AUTH (RFC 5034).
    Pop3,
    /// IMAP: LOGIN and AUTHENTICATE (RFC 9051 6.2).
    Imap,
}

/// Turns octets into lines that may be shown. It keeps one line of each direction at most.
///
/// Where it cannot know, it masks: from the command that begins an exchange to the answer that ends
/// it nothing of the client is shown.
#[derive(Debug)]
pub struct Masker {
    protocol: Protocol,
    sent: Line,
    received: Line,
    /// An exchange is under way; under this tag, if it is IMAP's.
    exchange: Option<Vec<u8>>,
    /// The client sends a message.
    in_message: bool,
    /// Octets of a literal that are still to come from the client.
    literal: u64,
    /// What comes behind a literal belongs to a command that holds a password.
    secret_command: bool,
    /// What comes behind a literal belongs to a command that has begun.
    in_command: bool,
}

/// The line that is coming in.
#[derive(Debug, Default)]
struct Line {
    octets: Vec<u8>,
    /// The line was longer than what is kept, and its beginning has been dealt with: whether that
    /// was masked.
    begun: Option<bool>,
}

impl Masker {
    /// Starts at the beginning of a conversation.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            sent: Line::default(),
            received: Line::default(),
            exchange: None,
            in_message: false,
            literal: 0,
            secret_command: false,
            in_command: false,
        }
    }

    /// Takes octets in, and shows the lines that they complete, without their line ends. Control
    /// characters and what is not UTF-8 are escaped.
    pub fn see(
        &mut self,
        direction: Direction,
        mut octets: &[u8],
        show: &mut impl FnMut(Direction, &str),
    ) {
        while !octets.is_empty() {
            let line = match direction {
                Direction::Sent => &mut self.sent,
                Direction::Received => &mut self.received,
            };
            let room = LONGEST.saturating_sub(line.octets.len()).max(1);
            let end = octets.iter().take(room).position(|&octet| octet == b'\n');
            let taken = end.map_or(room.min(octets.len()), |end| end + 1);
            let (head, rest) = octets.split_at_checked(taken).unwrap_or((octets, &[]));
            line.octets.extend_from_slice(head);
            octets = rest;
            if end.is_some() || line.octets.len() >= LONGEST {
                self.complete(direction, end.is_some(), show);
            }
        }
    }

    /// A line is complete, or as long as it may be.
    fn complete(
        &mut self,
        direction: Direction,
        ended: bool,
        show: &mut impl FnMut(Direction, &str),
    ) {
        let line = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        let octets = std::mem::take(&mut line.octets);
        let begun = line.begun.take();
        let text = octets.strip_suffix(b"\n").unwrap_or(&octets);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let masked = match (direction, begun) {
            (_, Some(masked)) => masked,
            (Direction::Received, None) => {
                self.answered(text);
                false
            }
            (Direction::Sent, None) => match self.mask(text) {
                Mask::Nothing => false,
                Mask::Behind(kept) => {
                    let kept = text.get(..kept).unwrap_or_default();
                    show(direction, &format!("{}***", printable(kept)));
                    true
                }
            },
        };
        if !masked {
            show(direction, &printable(text));
        }
        let line = match direction {
            Direction::Sent => &mut self.sent,
            Direction::Received => &mut self.received,
        };
        line.begun = (!ended).then_some(masked);
        if direction == Direction::Sent && self.protocol == Protocol::Imap {
            self.count_literal(octets.len(), text, ended);
        }
    }

    /// Decides what of a line of the client's is not to be seen.
    fn mask(&mut self, line: &[u8]) -> Mask {
        if self.exchange.is_some() {
            return Mask::Behind(0);
        }
        match self.protocol {
            Protocol::Smtp if self.in_message => {
                self.in_message = line != b".";
                Mask::Nothing
            }
            Protocol::Smtp | Protocol::Pop3 => self.mask_command(line, 0),
            Protocol::Imap if self.in_command => {
                if self.secret_command {
                    Mask::Behind(0)
                } else {
                    Mask::Nothing
                }
            }
            Protocol::Imap => {
                let tag = line.iter().position(|&octet| octet == b' ').map_or(0, |at| at + 1);
                self.mask_command(line, tag)
            }
        }
    }

    /// The same for a command, which begins at an offset.
    fn mask_command(&mut self, line: &[u8], begin: usize) -> Mask {
        let mut words = Words { line, at: begin };
        let verb = words.next().to_ascii_uppercase();
        let behind = words.at;
        match (self.protocol, &*verb) {
            (Protocol::Smtp | Protocol::Pop3, b"AUTH") | (Protocol::Imap, b"AUTHENTICATE") => {
                let tag = line.get(..begin).unwrap_or_default();
                let is_listing = self.protocol == Protocol::Pop3 && behind >= line.len();
                self.exchange = (!is_listing).then(|| tag.to_vec());
                words.next();
                if words.at < line.len() { Mask::Behind(words.at) } else { Mask::Nothing }
            }
            (Protocol::Pop3, b"PASS") => Mask::Behind(behind),
            (Protocol::Pop3, b"APOP") => {
                words.next();
                Mask::Behind(words.at)
            }
            (Protocol::Imap, b"LOGIN") => {
                self.secret_command = true;
                Mask::Behind(behind)
            }
            _ => Mask::Nothing,
        }
    }

    /// Looks whether an answer ends an exchange, or asks for a message.
    fn answered(&mut self, line: &[u8]) {
        if self.protocol == Protocol::Smtp && line.starts_with(b"354") {
            self.in_message = true;
        }
        let Some(tag) = &self.exchange else { return };
        let over = match self.protocol {
            Protocol::Smtp => !line.starts_with(b"334"),
            Protocol::Pop3 => line.starts_with(b"+OK") || line.starts_with(b"-ERR"),
            Protocol::Imap => line.starts_with(tag),
        };
        if over {
            self.exchange = None;
        }
    }

    /// Follows the literals of an IMAP client, whose octets are no commands.
    fn count_literal(&mut self, octets: usize, text: &[u8], ended: bool) {
        let octets = octets as u64;
        if self.literal >= octets {
            // This was all of it literal, its line end too.
            self.literal -= octets;
            self.in_command = true;
            return;
        }
        self.literal = 0;
        if ended {
            self.literal = literal(text).unwrap_or(0);
            self.in_command = self.literal > 0 || literal(text).is_some();
            self.secret_command &= self.in_command;
        }
    }
}

/// What of a line is not to be seen.
enum Mask {
    Nothing,
    /// All behind so many octets.
    Behind(usize),
}

struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    /// Takes a word and the space behind it.
    fn next(&mut self) -> &'a [u8] {
        let rest = self.line.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|&octet| octet == b' ').unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        rest.get(..end).unwrap_or_default()
    }
}

/// > literal = "{" number64 ["+"] "}" CRLF                     RFC 9051 4.3
fn literal(line: &[u8]) -> Option<u64> {
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|&octet| octet == b'{')?;
    std::str::from_utf8(inner.get(open + 1..)?).ok()?.parse().ok()
}

/// Nothing in here moves the cursor of a terminal.
fn printable(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\t' => text.push('\t'),
                control if control.is_control() => text.extend(control.escape_default()),
                other => text.push(other),
            }
        }
        text.extend(chunk.invalid().iter().map(|octet| format!("\\x{octet:02x}")));
    }
    text
}

/// The most octets of a line that are kept; what is longer is shown in pieces.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    use Direction::{Received as S, Sent as C};

    /// Runs a dialogue whole, and octet by octet; both must show the same.
    fn shown(protocol: Protocol, dialogue: &[(Direction, &str)]) -> Vec<String> {
        let run = |size: usize| {
            let (mut masker, mut lines) = (Masker::new(protocol), Vec::new());
            let mut show = |direction: Direction, line: &str| {
                let who = if direction == C { "C" } else { "S" };
                lines.push(format!("{who}: {line}"));
            };
            for (direction, text) in dialogue {
                text.as_bytes().chunks(size).for_each(|c| masker.see(*direction, c, &mut show));
            }
            lines
        };
        assert_eq!(run(1), run(usize::MAX));
        run(usize::MAX)
    }

    #[test]
    fn ok_smtp_credentials_are_masked_and_a_message_is_not() {
        let lines = shown(
            Protocol::Smtp,
            &[
                (S, "220 mx\r\n"),
                (C, "AUTH PLAIN AGFsaWNlAHB3\r\n"),
                (S, "535 no\r\n"),
                (C, "auth login\r\n"),
                (S, "334 VXNlcm5hbWU6\r\n"),
                (C, "YWxpY2U=\r\n"),
                (S, "334 UGFzc3dvcmQ6\r\n"),
                (C, "cHc=\r\n"),
                (S, "235 ok\r\n"),
                (C, "MAIL FROM:<a@b>\r\nDATA\r\n"),
                (S, "250 ok\r\n354 go\r\n"),
                (C, "AUTH is a word\r\n.\r\n"),
                (S, "250 ok\r\n"),
            ],
        );
        assert_eq!(
            lines,
            [
                "S: 220 mx",
                "C: AUTH PLAIN ***",
                "S: 535 no",
                "C: auth login",
                "S: 334 VXNlcm5hbWU6",
                "C: ***",
                "S: 334 UGFzc3dvcmQ6",
                "C: ***",
                "S: 235 ok",
                "C: MAIL FROM:<a@b>",
                "C: DATA",
                "S: 250 ok",
                "S: 354 go",
                "C: AUTH is a word",
                "C: .",
                "S: 250 ok",
            ]
        );
    }

    #[test]
    fn ok_pop3_passwords_and_digests_are_masked() {
        let lines = shown(
            Protocol::Pop3,
            &[
                (C, "USER alice\r\nPASS a b c\r\nAPOP alice c4c9334b\r\nAUTH\r\n"),
                (S, "+OK\r\nPLAIN\r\n.\r\n"),
                (C, "AUTH PLAIN\r\n"),
                (S, "+ \r\n"),
                (C, "AGFsaWNlAHB3\r\n"),
                (S, "+OK in\r\n"),
                (C, "RETR 1\r\n"),
            ],
        );
        let client: Vec<_> = lines.iter().filter(|line| line.starts_with('C')).collect();
        assert_eq!(
            client,
            [
                "C: USER alice",
                "C: PASS ***",
                "C: APOP alice ***",
                "C: AUTH",
                "C: AUTH PLAIN",
                "C: ***",
                "C: RETR 1",
            ]
        );
    }

    #[test]
    fn ok_imap_logins_are_masked_with_their_literals() {
        let lines = shown(
            Protocol::Imap,
            &[
                (C, "A1 LOGIN alice {9+}\r\npass\r\nwo {3}\r\nabc\r\nA2 NOOP\r\n"),
                (S, "A1 NO\r\nA2 OK\r\n"),
                (C, "A3 AUTHENTICATE PLAIN AGFs\r\n"),
                (S, "A3 NO\r\n"),
                (C, "a4 authenticate plain\r\n"),
                (S, "+ \r\n"),
                (C, "AGFsaWNlAHB3\r\n"),
                (S, "* CAPABILITY\r\na4 OK\r\n"),
                (C, "A5 APPEND x {12}\r\n"),
                (S, "+ go\r\n"),
                (C, "A1 LOGIN x\r\n\r\nA6 NOOP\r\n"),
            ],
        );
        let client: Vec<_> = lines.iter().filter(|line| line.starts_with('C')).collect();
        assert_eq!(
            client,
            [
                "C: A1 LOGIN ***",
                "C: ***",
                "C: ***",
                "C: ***",
                "C: A2 NOOP",
                "C: A3 AUTHENTICATE PLAIN ***",
                "C: a4 authenticate plain",
                "C: ***",
                "C: A5 APPEND x {12}",
                "C: A1 LOGIN x",
                "C: ",
                "C: A6 NOOP",
            ]
        );
    }

    #[test]
    fn ok_long_lines_are_shown_in_pieces_and_masked_to_their_end() {
        let secret = "s".repeat(3 * LONGEST);
        let dialogue = format!("PASS {secret}\r\nLIST {}\r\nNOOP\r\n", "1".repeat(LONGEST));
        let lines = shown(Protocol::Pop3, &[(C, &dialogue)]);
        assert_eq!(lines.first().map(String::as_str), Some("C: PASS ***"));
        assert!(lines.iter().all(|line| !line.contains("ss")), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("C: NOOP"));
    }

    #[test]
    fn ok_nothing_moves_the_cursor() {
        let lines = shown(Protocol::Smtp, &[(S, "220 \x1b[2J\u{85}é\r\n")]);
        assert_eq!(lines, ["S: 220 \\u{1b}[2J\\u{85}é"]);
    }
}
