//! SMTP (RFC 5321) and LMTP (RFC 2033).

use std::collections::VecDeque;

use bytes::{Buf, BytesMut};
use mail_errors::{ParseError, ReplyCode};
use mail_wire::{BareNewline, BodyPiece, DotUnstuffer, Line, LineFramer, LineLimits};
use smtp_proto::{
    Capabilities, Command, Defects, Deviation, Profile, Read, ReplyError, ReplyReader, limits,
    parse,
};

use super::{Base, Dialect, Found, Kind, Step, Strictness, UnknownCommand, sasl::Responses};

/// What a client says.
pub(super) struct Client {
    lmtp: bool,
    strictness: Strictness,
    lines: LineFramer,
    expects: Expects,
}

/// What comes next.
enum Expects {
    Command,
    Responses(Responses),
    Body(DotUnstuffer, u64),
    Chunk { left: u64, all: u64 },
}

impl Client {
    pub(super) fn new(
        lmtp: bool,
        strictness: Strictness,
        after: &[String],
    ) -> Result<Self, UnknownCommand> {
        let lines = LineFramer::new();
        let mut client = Self { lmtp, strictness, lines, expects: Expects::Command };
        if let Some(last) = after.last() {
            let found = client.command(last.as_bytes());
            if found.error.is_some() {
                return Err(UnknownCommand { command: last.clone() });
            }
        }
        Ok(client)
    }

    fn profile(&self) -> Profile {
        profile(self.strictness)
    }

    fn line(&mut self, input: &mut BytesMut) -> Step {
        match self.lines.next(input, LINES) {
            Line::Starved => Step::Starved,
            Line::TooLong { octets } => Step::Found(too_long(octets)),
            Line::Endless => Step::Lost(too_long(LINES.line as u64)),
            Line::Whole { text, octets, bare } => {
                let whole = input.split_to(octets);
                let line = whole.get(..text).unwrap_or_default();
                Step::Found(self.whole_line(line, bare))
            }
        }
    }

    fn whole_line(&mut self, line: &[u8], bare: bool) -> Found {
        if bare && self.strictness == Strictness::Strict {
            self.expects = Expects::Command;
            return Found::raw(line, &ParseError::at(line, line.len(), "CRLF"));
        }
        let found = if self.is_response(line) {
            Found::new(Kind::Sasl, format!("{} octets", line.len()))
        } else {
            self.command(line)
        };
        found.with_defects(
            bare.then(|| format!("line that ends in LF alone at offset {}", line.len())),
        )
    }

    fn is_response(&mut self, line: &[u8]) -> bool {
        let Expects::Responses(responses) = &mut self.expects else { return false };
        let taken = responses.take(line);
        if responses.is_over() {
            self.expects = Expects::Command;
        }
        taken
    }

    fn command(&mut self, line: &[u8]) -> Found {
        self.expects = Expects::Command;
        let mut defects = Defects::new();
        let command = match parse::command(line, self.profile(), &mut defects) {
            Ok(command) => command,
            Err(error) => return Found::raw(line, error.parse_error()),
        };
        if let Some(error) = self.foreign(line, &command) {
            return Found::raw(line, &error);
        }
        self.expects = match &command {
            Command::Auth(auth) => {
                let has_initial = auth.initial().is_some();
                Expects::Responses(Responses::after(auth.mechanism(), has_initial))
            }
            Command::Data => Expects::Body(DotUnstuffer::new(self.bare_newline()), 0),
            Command::Bdat(chunk) => Expects::Chunk { left: chunk.octets(), all: chunk.octets() },
            _ => Expects::Command,
        };
        Found::new(Kind::Command, format!("{command:?}")).with_defects(defects.iter())
    }

    /// Finds what belongs to no protocol or to the other one. RFC 2033 4.1: LHLO stands for EHLO and
    /// HELO, neither of which an LMTP server takes. What was offered is not known here.
    fn foreign(&self, line: &[u8], command: &Command<&[u8]>) -> Option<ParseError> {
        let unknown = match command {
            Command::Ehlo(_) | Command::Helo(_) if self.lmtp => {
                return Some(ParseError::at(line, 0, "LHLO"));
            }
            Command::Lhlo(_) if !self.lmtp => return Some(ParseError::at(line, 0, "EHLO")),
            Command::Mail { params, .. } => params.unknown()?,
            Command::Rcpt { params, .. } => params.unknown()?,
            _ => return None,
        };
        if self.profile().tolerates(Deviation::UnknownParameter) {
            return None;
        }
        let at = (unknown.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
        Some(ParseError::at(line, at.min(line.len()), "a parameter that is known"))
    }

    const fn bare_newline(&self) -> BareNewline {
        match self.strictness {
            Strictness::Strict => BareNewline::Reject,
            Strictness::Tolerant => BareNewline::Normalize,
        }
    }
}

impl Dialect for Client {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        match &mut self.expects {
            Expects::Command | Expects::Responses(_) => self.line(input),
            Expects::Body(unstuffer, octets) => {
                let found = body(unstuffer, octets, input);
                if matches!(found, Step::Found(_)) {
                    self.expects = Expects::Command;
                }
                found
            }
            Expects::Chunk { left, all } => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                input.advance(here);
                *left -= here as u64;
                if *left > 0 {
                    return Step::Starved;
                }
                let found = Found::new(Kind::Chunk, format!("{all} octets"));
                self.expects = Expects::Command;
                Step::Found(found)
            }
        }
    }

    fn missing(&self) -> &'static str {
        match self.expects {
            Expects::Command | Expects::Responses(_) => "CRLF",
            Expects::Body(..) => "the dot that ends the message",
            Expects::Chunk { .. } => "the rest of the chunk",
        }
    }

    fn is_between(&self) -> bool {
        match self.expects {
            Expects::Command | Expects::Responses(_) => !self.lines.is_swallowing(),
            Expects::Body(..) | Expects::Chunk { .. } => false,
        }
    }

    /// A message that is to follow is an element of its own: it is missing, not torn.
    fn may_end(&self) -> bool {
        !self.lines.is_swallowing()
    }
}

/// Takes in what has come of a body, up to its lone dot.
pub(super) fn body(unstuffer: &mut DotUnstuffer, octets: &mut u64, input: &mut BytesMut) -> Step {
    loop {
        match unstuffer.next(input) {
            BodyPiece::Starved => return Step::Starved,
            BodyPiece::Data(data) => *octets += data.len() as u64,
            BodyPiece::End => {
                let value = format!("{octets} octets");
                return Step::Found(match unstuffer.violation() {
                    None => Found::new(Kind::Body, value),
                    Some(bare) => {
                        let at = usize::try_from(bare.offset).unwrap_or(usize::MAX);
                        Found::unread(Kind::Body, value, Base::Element, at, "CRLF")
                    }
                });
            }
        }
    }
}

/// What a server says.
pub(super) struct Server {
    profile: Profile,
    reader: ReplyReader,
    /// The commands that the next replies answer.
    after: VecDeque<String>,
}

impl Server {
    pub(super) fn new(strictness: Strictness, after: &[String]) -> Result<Self, UnknownCommand> {
        let known = |command: &&String| {
            let word = command.split(' ').next().unwrap_or_default();
            word.eq_ignore_ascii_case("CONNECT") || parse::verb(command.as_bytes()).is_some()
        };
        if let Some(command) = after.iter().find(|command| !known(command)) {
            return Err(UnknownCommand { command: command.clone() });
        }
        let profile = profile(strictness);
        Ok(Self { profile, reader: reader(profile), after: after.iter().cloned().collect() })
    }
}

impl Dialect for Server {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        let error = match self.reader.next(input) {
            Ok(Read::Starved) => return Step::Starved,
            Ok(Read::Reply(reply, defects)) => {
                let after = self.after.pop_front().unwrap_or_default();
                let verb = after.split(' ').next().unwrap_or_default();
                let is_hello = ["EHLO", "LHLO"].iter().any(|one| verb.eq_ignore_ascii_case(one));
                // What was said before is not always known: offers may stand in any 250 of several
                // lines.
                let mut in_offers = Defects::new();
                let offers = Capabilities::view(&reply, self.profile, &mut in_offers);
                let value = if is_hello && reply.is_positive() {
                    format!("{offers:?}")
                } else {
                    format!("{reply:?}")
                };
                let may_offer = is_hello || verb.is_empty() && reply.code() == ReplyCode::OK;
                let in_offers = in_offers.iter().filter(|_| may_offer).map(|defect| {
                    let at = on_wire(reply.text(), defect.offset());
                    format!("{} at offset {at}", defect.deviation())
                });
                let found = Found::new(Kind::Reply, value).with_defects(defects.iter());
                return Step::Found(found.with_defects(in_offers));
            }
            Err(error) => error,
        };
        // After an error the reader trusts nothing; here the next line is a fresh start.
        self.reader = reader(self.profile);
        Step::Lost(match error {
            ReplyError::Malformed(error) => Found::raw(input, &error),
            ReplyError::TooLong { limit } => too_long(limit as u64),
        })
    }

    fn missing(&self) -> &'static str {
        if self.reader.is_within_reply() { "the last line of the reply" } else { "CRLF" }
    }

    fn is_between(&self) -> bool {
        !self.reader.is_within_reply()
    }
}

/// Where an octet of a reply's text stands in the reply, of which each line has a code and a mark in
/// front and CRLF behind.
fn on_wire(text: &[u8], at: usize) -> usize {
    let before = text.iter().take(at).filter(|&&octet| octet == b'\n').count();
    at + "250-".len() * (before + 1) + before
}

fn reader(profile: Profile) -> ReplyReader {
    let limits = limits::ClientLimits::default();
    ReplyReader::new(profile, limits.reply_line, limits.reply)
}

const fn profile(strictness: Strictness) -> Profile {
    match strictness {
        Strictness::Strict => Profile::STRICT,
        Strictness::Tolerant => Profile::COMPAT,
    }
}

/// A line over the limit has not been kept.
pub(super) fn too_long(octets: u64) -> Found {
    let value = format!("more than {octets} octets");
    Found::unread(Kind::Stray, value, Base::Element, 0, "a shorter line")
}

/// RFC 4954 4: lines of an exchange are the longest.
const LINES: LineLimits = LineLimits { line: limits::AUTH_LINE, swallow: u64::MAX };
