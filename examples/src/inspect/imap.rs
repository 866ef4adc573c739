//! IMAP (RFC 9051, RFC 3501).

use bytes::BytesMut;
use imap_proto::{
    CommandBody, CommandLimits, Defects, Deviation, Profile, Response, ResponseLimits,
    frame::{CommandFramer, CommandStep, FrameError, Over, ResponseFramer, ResponseStep},
    parse,
};
use mail_errors::ParseError;
use mail_wire::BareNewline;

use super::{Base, Dialect, Found, Kind, Step, Strictness, UnknownCommand, sasl::Responses, shown};

/// What a client says.
pub(super) struct Client {
    profile: Profile,
    framer: CommandFramer,
    expects: Expects,
    message: u64,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Command,
    Responses(Responses),
    /// IDLE lasts until the client says DONE. RFC 2177.
    Done,
}

impl Client {
    pub(super) fn new(strictness: Strictness, after: &[String]) -> Result<Self, UnknownCommand> {
        let profile = profile(strictness);
        let framer = CommandFramer::new(LIMITS, profile);
        let mut client = Self { profile, framer, expects: Expects::Command, message: 0 };
        if let Some(last) = after.last() {
            let command = format!("a {last}");
            if client.command(command.as_bytes()).error.is_some() {
                return Err(UnknownCommand { command: last.clone() });
            }
        }
        Ok(client)
    }

    /// Takes a line that is no command: a response to a challenge, or the end of an IDLE.
    fn line_between(&mut self, input: &mut BytesMut) -> Option<Found> {
        if self.expects == Expects::Command || !self.framer.is_between_commands() {
            return None;
        }
        let end = input.iter().position(|&octet| octet == b'\n')?;
        let line = input.get(..end)?;
        let (line, bare) = match line.strip_suffix(b"\r") {
            Some(line) => (line, false),
            None => (line, true),
        };
        if bare && self.profile.bare_newline == BareNewline::Reject {
            return None;
        }
        let kind = match std::mem::replace(&mut self.expects, Expects::Command) {
            Expects::Done if line.eq_ignore_ascii_case(b"DONE") => Kind::Done,
            Expects::Responses(mut responses) => {
                if !responses.take(line) {
                    return None;
                }
                if !responses.is_over() {
                    self.expects = Expects::Responses(responses);
                }
                Kind::Sasl
            }
            Expects::Command | Expects::Done => return None,
        };
        let value = match kind {
            Kind::Done => shown(line),
            _ => format!("{} octets", line.len()),
        };
        let defect = bare.then(|| format!("{} at offset {}", Deviation::BareNewline, line.len()));
        let _ = input.split_to(end + 1);
        Some(Found::new(kind, value).with_defects(defect))
    }

    fn command(&mut self, frame: &[u8]) -> Found {
        self.expects = Expects::Command;
        match parse::command(frame) {
            Ok(command) => {
                match &command.body {
                    CommandBody::Idle => self.expects = Expects::Done,
                    CommandBody::Authenticate(auth) => {
                        let mechanism = auth.mechanism().as_bytes();
                        let responses = Responses::after(mechanism, auth.initial().is_some());
                        self.expects = Expects::Responses(responses);
                    }
                    _ => {}
                }
                Found::new(Kind::Command, format!("{command:?}"))
            }
            Err(error) => in_frame(frame, &error),
        }
    }
}

impl Dialect for Client {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        if let Some(found) = self.line_between(input) {
            return Step::Found(found);
        }
        loop {
            match self.framer.next(input) {
                CommandStep::Starved => return Step::Starved,
                CommandStep::Command(frame) => return Step::Found(self.command(&frame)),
                // Who sends a literal goes on, because the server let it: else there were none.
                CommandStep::Literal(_) | CommandStep::Undecided => self.framer.accept(),
                CommandStep::Append { head, first, .. } => {
                    self.framer.accept();
                    self.message = 0;
                    if first {
                        return Step::Found(self.command(&head));
                    }
                    let at = Base::Element;
                    let found = Found::unread(Kind::Raw, shown(&head), at, 0, "one message");
                    return Step::Found(found);
                }
                CommandStep::Chunk(octets) => self.message += octets.len() as u64,
                CommandStep::MessageEnd => {}
                CommandStep::Tail(tail) => {
                    let value = format!("{} octets", self.message);
                    return Step::Found(if tail.is_empty() {
                        Found::new(Kind::Message, value)
                    } else {
                        let error = ParseError::at(&tail, 0, "CRLF");
                        in_frame(&tail, &error)
                    });
                }
                CommandStep::Refused { why, .. } => {
                    let (kind, expected) = match why {
                        Over::BareNewline => (Kind::Raw, "CRLF"),
                        _ => (Kind::Stray, "a shorter command"),
                    };
                    let value = format!("{why:?}");
                    return Step::Found(Found::unread(kind, value, Base::Element, 0, expected));
                }
                CommandStep::Endless => {
                    self.framer = CommandFramer::new(LIMITS, self.profile);
                    let value = "Endless".to_owned();
                    let expected = "a shorter command";
                    return Step::Lost(Found::unread(Kind::Stray, value, Base::Line, 0, expected));
                }
            }
        }
    }

    fn missing(&self) -> &'static str {
        if self.framer.is_in_message() {
            "the rest of the message"
        } else if self.framer.is_between_commands() {
            "CRLF"
        } else {
            "the rest of the command"
        }
    }

    fn is_between(&self) -> bool {
        self.framer.is_between_commands()
    }
}

/// What a server says.
pub(super) struct Server {
    profile: Profile,
    framer: ResponseFramer,
}

impl Server {
    pub(super) fn new(strictness: Strictness) -> Self {
        let profile = profile(strictness);
        Self { profile, framer: ResponseFramer::new(RESPONSES, profile) }
    }
}

impl Dialect for Server {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        let error = loop {
            match self.framer.next(input) {
                Ok(ResponseStep::Starved) => return Step::Starved,
                Ok(ResponseStep::Response(frame)) => {
                    let found = response(&frame);
                    return Step::Found(found.with_defects(self.framer.tolerated()));
                }
                // The response comes whole at its end, without the texts that pass here.
                Ok(
                    ResponseStep::LiteralStart { .. }
                    | ResponseStep::Chunk(_)
                    | ResponseStep::LiteralEnd,
                ) => {}
                Err(error) => break error,
            }
        };
        self.framer = ResponseFramer::new(RESPONSES, self.profile);
        let expected = match error {
            FrameError::Nul => "text without NUL",
            FrameError::BareNewline => "CRLF",
            _ => "a shorter response",
        };
        Step::Lost(Found::unread(Kind::Raw, error.to_string(), Base::Line, 0, expected))
    }

    fn missing(&self) -> &'static str {
        if self.framer.is_in_literal() { "the rest of the literal" } else { "CRLF" }
    }

    fn is_between(&self) -> bool {
        self.framer.is_between_responses()
    }
}

fn response(frame: &[u8]) -> Found {
    let mut defects = Defects::new();
    let found = match parse::response_noting(frame, &mut defects) {
        // Of these nothing but the line is known.
        Ok(Response::Other(_) | Response::Namespace(_)) => Found::new(Kind::Raw, shown(frame)),
        Ok(response) => Found::new(Kind::Response, format!("{response:?}")),
        Err(error) => return in_frame(frame, &error),
    };
    found.with_defects(defects.iter())
}

/// A frame may have several lines, and an offset counts from its start.
fn in_frame(frame: &[u8], error: &ParseError) -> Found {
    Found::unread(Kind::Raw, shown(frame), Base::Element, error.offset(), error.expected())
}

const fn profile(strictness: Strictness) -> Profile {
    Profile {
        bare_newline: match strictness {
            Strictness::Strict => BareNewline::Reject,
            Strictness::Tolerant => BareNewline::Normalize,
        },
    }
}

/// What a server takes by default; how much it throws away ends with the input.
const LIMITS: CommandLimits = CommandLimits {
    line: 64 * 1024,
    literal: 64 * 1024,
    frame: 128 * 1024,
    literals: 256,
    swallow: u64::MAX,
};

/// What a client takes by default.
const RESPONSES: ResponseLimits = ResponseLimits {
    line: 4 * 1024 * 1024,
    literal: 256 * 1024,
    frame: 8 * 1024 * 1024,
    literals: 10_000,
    stream_from: 4 * 1024,
};
