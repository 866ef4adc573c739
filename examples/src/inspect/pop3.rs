//! POP3 (RFC 1939).

use std::collections::VecDeque;

use bytes::BytesMut;
use mail_errors::ParseError;
use mail_sasl::framing::decode_challenge;
use mail_wire::{BareNewline, DotUnstuffer, Line, LineFramer, LineLimits};
use pop3_proto::{Command, Deviation, Profile, Status, Verb, parse};

use super::{
    Dialect, Found, Kind, Step, Strictness, UnknownCommand,
    sasl::Responses,
    smtp::{body, too_long},
};

/// What a client says: one command a line, and the responses of an AUTH.
pub(super) struct Client {
    profile: Profile,
    lines: LineFramer,
    responses: Option<Responses>,
}

impl Client {
    pub(super) fn new(strictness: Strictness, after: &[String]) -> Result<Self, UnknownCommand> {
        let (profile, lines) = (profile(strictness), LineFramer::new());
        let mut client = Self { profile, lines, responses: None };
        if let Some(last) = after.last()
            && client.line(last.as_bytes()).error.is_some()
        {
            return Err(UnknownCommand { command: last.clone() });
        }
        Ok(client)
    }

    fn line(&mut self, line: &[u8]) -> Found {
        if let Some(mut responses) = self.responses.take()
            && responses.take(line)
        {
            self.responses = (!responses.is_over()).then_some(responses);
            return Found::new(Kind::Sasl, format!("{} octets", line.len()));
        }
        match parse::command(line) {
            Ok(command) => {
                if let Command::Auth(Some(auth)) = &command {
                    let has_initial = auth.initial().is_some();
                    self.responses = Some(Responses::after(auth.mechanism(), has_initial));
                }
                Found::new(Kind::Command, format!("{command:?}"))
            }
            Err(error) => Found::raw(line, &error),
        }
    }
}

impl Dialect for Client {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        let bare = Deviation::BareNewlineInCommand;
        let (mut lines, profile) = (std::mem::take(&mut self.lines), self.profile);
        let step = each_line(&mut lines, input, profile, bare, |line| self.line(line));
        self.lines = lines;
        step
    }

    fn missing(&self) -> &'static str {
        "CRLF"
    }

    fn is_between(&self) -> bool {
        !self.lines.is_swallowing()
    }
}

/// What a server says: a response for each command, and lines behind some.
pub(super) struct Server {
    profile: Profile,
    lines: LineFramer,
    /// The commands that the next responses answer.
    after: VecDeque<Answered>,
    expects: Expects,
}

/// How a command is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// By a response alone.
    InOneLine(Verb),
    ByLines(Verb),
    ByMessage,
}

enum Expects {
    Response,
    Lines(Verb),
    Message(DotUnstuffer, u64),
}

impl Server {
    pub(super) fn new(strictness: Strictness, after: &[String]) -> Result<Self, UnknownCommand> {
        let after: Result<_, _> = after.iter().map(|command| answered(command)).collect();
        let (profile, lines) = (profile(strictness), LineFramer::new());
        Ok(Self { profile, lines, after: after?, expects: Expects::Response })
    }

    fn response(&mut self, line: &[u8]) -> Found {
        // RFC 5034 4: what is neither +OK nor -ERR goes on with an AUTH.
        let challenge = if line == b"+" { Some(&b""[..]) } else { line.strip_prefix(b"+ ") };
        if let Some(challenge) = challenge.filter(|it| decode_challenge(it).is_ok()) {
            return Found::new(Kind::Sasl, format!("{} octets", challenge.len()));
        }
        let response = match parse::response(line) {
            Ok(response) => response,
            Err(error) => {
                let found = Found::raw(line, &error);
                // With nothing to answer, it is a line of an answer that nobody told us of.
                let kind = if self.after.is_empty() { Kind::Stray } else { Kind::Raw };
                return Found { kind, ..found };
            }
        };
        let answered = self.after.pop_front();
        let mut value = format!("{response:?}");
        if response.status() == Status::Ok {
            let read = match answered {
                Some(Answered::ByLines(verb)) => {
                    self.expects = Expects::Lines(verb);
                    Ok(None)
                }
                Some(Answered::ByMessage) => {
                    let policy = match self.profile.tolerates(Deviation::BareNewlineInResponse) {
                        true => BareNewline::Normalize,
                        false => BareNewline::Reject,
                    };
                    self.expects = Expects::Message(DotUnstuffer::new(policy), 0);
                    Ok(None)
                }
                Some(Answered::InOneLine(verb)) => item(verb, response.text()),
                None => Ok(None),
            };
            match read {
                Ok(Some(item)) => value = format!("{value} {item}"),
                Ok(None) => {}
                Err(error) => {
                    // The text stands at the line's end.
                    let before = line.len().saturating_sub(response.text().len());
                    let at = before + error.offset();
                    return Found::raw(line, &ParseError::at(line, at, error.expected()));
                }
            }
        }
        Found::new(Kind::Response, value)
    }
}

impl Dialect for Server {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        let bare = Deviation::BareNewlineInResponse;
        match &mut self.expects {
            Expects::Response => {
                let (mut lines, profile) = (std::mem::take(&mut self.lines), self.profile);
                let step = each_line(&mut lines, input, profile, bare, |line| self.response(line));
                self.lines = lines;
                step
            }
            &mut Expects::Lines(verb) => {
                let mut ended = false;
                let step = each_line(&mut self.lines, input, self.profile, bare, |line| {
                    ended = line == b".";
                    if ended { Found::new(Kind::End, ".".to_owned()) } else { listed(verb, line) }
                });
                if ended {
                    self.expects = Expects::Response;
                }
                step
            }
            Expects::Message(unstuffer, octets) => {
                let step = body(unstuffer, octets, input);
                if matches!(step, Step::Found(_)) {
                    self.expects = Expects::Response;
                }
                step
            }
        }
    }

    fn missing(&self) -> &'static str {
        match self.expects {
            Expects::Response => "CRLF",
            Expects::Lines(_) | Expects::Message(..) => "a line with a dot alone",
        }
    }

    fn is_between(&self) -> bool {
        matches!(self.expects, Expects::Response) && !self.lines.is_swallowing()
    }
}

/// RFC 1939 3, 5 and 7, RFC 2449 5: which answers have many lines.
fn answered(command: &str) -> Result<Answered, UnknownCommand> {
    let unknown = || UnknownCommand { command: command.to_owned() };
    let verb = parse::verb(command.as_bytes()).ok_or_else(unknown)?;
    let alone = command.trim().len() == verb.as_str().len();
    Ok(match verb {
        Verb::Retr | Verb::Top => Answered::ByMessage,
        Verb::Capa => Answered::ByLines(verb),
        // Without an argument, AUTH lists the mechanisms for old clients.
        Verb::List | Verb::Uidl | Verb::Auth if alone => Answered::ByLines(verb),
        verb => Answered::InOneLine(verb),
    })
}

/// Reads the text of a response that is more than text for people.
fn item(verb: Verb, text: &[u8]) -> Result<Option<String>, ParseError> {
    Ok(match verb {
        Verb::Stat => Some(format!("{:?}", parse::drop_listing(text)?)),
        Verb::List => Some(format!("{:?}", parse::scan_listing(text)?)),
        Verb::Uidl => Some(format!("{:?}", parse::unique_id_listing(text)?)),
        _ => None,
    })
}

/// A line of an answer that has many.
fn listed(verb: Verb, line: &[u8]) -> Found {
    let read = match verb {
        Verb::List => parse::scan_listing(line).map(|it| (Kind::Listing, format!("{it:?}"))),
        Verb::Uidl => parse::unique_id_listing(line).map(|it| (Kind::Id, format!("{it:?}"))),
        _ => parse::capability(line).map(|it| (Kind::Capability, format!("{it:?}"))),
    };
    match read {
        Ok((kind, value)) => Found::new(kind, value),
        Err(error) => Found::raw(line, &error),
    }
}

fn each_line(
    lines: &mut LineFramer,
    input: &mut BytesMut,
    profile: Profile,
    bare_newline: Deviation,
    read: impl FnOnce(&[u8]) -> Found,
) -> Step {
    let found = match lines.next(input, LINES) {
        Line::Starved => return Step::Starved,
        Line::TooLong { octets } => too_long(octets),
        Line::Endless => return Step::Lost(too_long(LINES.line as u64)),
        Line::Whole { text, octets, bare } => {
            let whole = input.split_to(octets);
            let line = whole.get(..text).unwrap_or_default();
            if bare && !profile.tolerates(bare_newline) {
                Found::raw(line, &ParseError::at(line, text, "CRLF"))
            } else {
                let defect = bare.then(|| format!("{bare_newline} at offset {text}"));
                read(line).with_defects(defect)
            }
        }
    };
    Step::Found(found)
}

const fn profile(strictness: Strictness) -> Profile {
    match strictness {
        Strictness::Strict => Profile::STRICT,
        Strictness::Tolerant => Profile::COMPAT,
    }
}

/// More than RFC 2449 4 asks for: lines of listings are as long as servers like.
const LINES: LineLimits = LineLimits { line: 8 * 1024, swallow: u64::MAX };
