//! POP3 (RFC 1939).

use std::collections::{HashSet, VecDeque};

use bytes::BytesMut;
use mail_errors::ParseError;
use mail_sasl::framing::decode_challenge;
use mail_wire::{BareNewline, BodyPiece, DotUnstuffer, Line, LineFramer, LineLimits, Terminator};
use pop3_proto::{
    Command, Defects, Deviation, MessageNumber, Profile, Response, Status, Verb, parse,
};

use super::{
    Base, Dialect, Found, Kind, Step, Strictness, UnknownCommand, sasl::Responses, smtp::too_long,
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
        let mut defects = Defects::new();
        match parse::command(line, self.profile, &mut defects) {
            Ok(command) => {
                if let Command::Auth(Some(auth)) = &command {
                    let has_initial = auth.initial().is_some();
                    self.responses = Some(Responses::after(auth.mechanism(), has_initial));
                }
                Found::new(Kind::Command, format!("{command:?}")).with_defects(defects.iter())
            }
            Err(error) => Found::raw(line, &error),
        }
    }
}

impl Dialect for Client {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        let bare = Deviation::BareNewlineInCommand;
        let (mut lines, profile) = (std::mem::take(&mut self.lines), self.profile);
        let step = each_line(&mut lines, input, profile, bare, |line, _| self.line(line));
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
    Lines(Many),
    Message(Message),
    /// STLS was granted.
    Tls,
}

/// Lines of one answer.
struct Many {
    verb: Verb,
    /// They may be none: the next response may come in their place.
    is_guessed: bool,
    numbers: HashSet<MessageNumber>,
    ids: HashSet<Box<[u8]>>,
}

impl Many {
    fn new(verb: Verb, is_guessed: bool) -> Self {
        Self { verb, is_guessed, numbers: HashSet::new(), ids: HashSet::new() }
    }
}

/// A message that comes in.
struct Message {
    unstuffer: DotUnstuffer,
    octets: u64,
    nul: Option<u64>,
}

impl Server {
    pub(super) fn new(strictness: Strictness, after: &[String]) -> Result<Self, UnknownCommand> {
        let after: Result<_, _> = after.iter().map(|command| answered(command)).collect();
        let (profile, lines) = (profile(strictness), LineFramer::new());
        Ok(Self { profile, lines, after: after?, expects: Expects::Response })
    }

    /// A line that should be a response; whether it ended in LF alone.
    fn response(&mut self, line: &[u8], is_bare: bool) -> Found {
        let mut defects = Defects::new();
        let in_auth = self.after.front() == Some(&Answered::InOneLine(Verb::Auth));
        // RFC 5034 4: what is neither +OK nor -ERR goes on with an AUTH. Prompts of LOGIN need not
        // be base64.
        if let Some(challenge) = parse::challenge(line, self.profile, &mut defects)
            && (in_auth || decode_challenge(challenge).is_ok())
        {
            let value = format!("{} octets", challenge.len());
            return Found::new(Kind::Sasl, value).with_defects(defects.iter());
        }
        let mut defects = Defects::new();
        if line == b"." && self.profile.tolerates(Deviation::StrayTerminator) {
            let defect = at(Deviation::StrayTerminator, 0);
            return Found::new(Kind::End, ".".to_owned()).with_defects([defect]);
        }
        let response = match parse::response(line, self.profile, &mut defects) {
            Ok(response) => response,
            Err(error) => {
                let found = Found::raw(line, &error);
                // With nothing to answer, it is a line of an answer that nobody told us of.
                let kind = if self.after.is_empty() { Kind::Stray } else { Kind::Raw };
                return Found { kind, ..found };
            }
        };
        let found = Found::new(Kind::Response, format!("{response:?}"));
        let Some(answered) = self.after.pop_front() else {
            return found.with_defects(defects.iter());
        };
        if response.status() == Status::Err {
            return found.with_defects(defects.iter());
        }
        match answered {
            Answered::ByLines(verb) => self.expects = Expects::Lines(Many::new(verb, false)),
            Answered::ByMessage => {
                self.expects = Expects::Message(Message::new(self.profile, is_bare))
            }
            Answered::InOneLine(Verb::Stls) => self.expects = Expects::Tls,
            Answered::InOneLine(verb) => {
                return self.item(verb, line, &response, defects);
            }
        }
        found.with_defects(defects.iter())
    }

    /// A response whose text may be more than text for people.
    fn item(
        &mut self,
        verb: Verb,
        line: &[u8],
        response: &Response<'_>,
        mut defects: Defects,
    ) -> Found {
        let (text, mut met) = (response.line().as_bytes(), Defects::new());
        let before = line.len().saturating_sub(text.len());
        let read = match verb {
            Verb::Stat => shown(parse::drop_listing(text, self.profile, &mut met)),
            Verb::List => shown(parse::scan_listing(text, self.profile, &mut met)),
            Verb::Uidl => shown(parse::unique_id_listing(text, self.profile, &mut met)),
            _ => Ok(String::new()),
        };
        let value = format!("{response:?}");
        let is_number = text.first().is_some_and(u8::is_ascii_digit);
        match read {
            Ok(item) if item.is_empty() => {
                Found::new(Kind::Response, value).with_defects(defects.iter())
            }
            Ok(item) => {
                defects.add(&met, before);
                Found::new(Kind::Response, format!("{value} {item}")).with_defects(defects.iter())
            }
            Err(_)
                if verb != Verb::Stat
                    && !is_number
                    && self.profile.tolerates(Deviation::ManyLinesForOne) =>
            {
                self.expects = Expects::Lines(Many::new(verb, true));
                let found = Found::new(Kind::Response, value).with_defects(defects.iter());
                found.with_defects([at(Deviation::ManyLinesForOne, 0)])
            }
            Err(error) => {
                let at = before + error.offset();
                Found::raw(line, &ParseError::at(line, at, error.expected()))
            }
        }
    }

    /// A line where lines are awaited.
    fn many(&mut self, line: &[u8], is_bare: bool) -> Found {
        let Expects::Lines(many) = &mut self.expects else { return self.response(line, is_bare) };
        let is_response = || parse::response(line, Profile::STRICT, &mut Defects::new()).is_ok();
        if many.is_guessed && is_response() {
            self.expects = Expects::Response;
            return self.response(line, is_bare);
        }
        if line == b"." {
            self.expects = Expects::Response;
            return Found::new(Kind::End, ".".to_owned());
        }
        many.line(line, self.profile)
    }

    /// The first line may have been cut off: then the lines behind it are all there is.
    fn guess(&mut self, input: &BytesMut) {
        if let (Expects::Response, Some(&Answered::ByLines(verb)), Some(first)) =
            (&self.expects, self.after.front(), input.first())
            && first.is_ascii_alphanumeric()
        {
            self.expects = Expects::Lines(Many::new(verb, true));
        }
    }
}

impl Dialect for Server {
    fn next(&mut self, input: &mut BytesMut) -> Step {
        self.guess(input);
        let (profile, bare) = (self.profile, Deviation::BareNewlineInResponse);
        let mut lines = std::mem::take(&mut self.lines);
        let step = match &mut self.expects {
            Expects::Response => each_line(&mut lines, input, profile, bare, |line, is_bare| {
                self.response(line, is_bare)
            }),
            Expects::Lines(_) => each_line(&mut lines, input, profile, bare, |line, is_bare| {
                self.many(line, is_bare)
            }),
            Expects::Message(message) => {
                let step = message.next(input);
                if matches!(step, Step::Found(_)) {
                    self.expects = Expects::Response;
                }
                step
            }
            Expects::Tls => each_line(&mut lines, input, profile, bare, |line, _| {
                let found = Found::raw(line, &ParseError::at(line, 0, "a TLS handshake"));
                Found { kind: Kind::Stray, ..found }
            }),
        };
        self.lines = lines;
        step
    }

    fn missing(&self) -> &'static str {
        match self.expects {
            Expects::Response => "CRLF",
            Expects::Lines(_) | Expects::Message(_) => "a line with a dot alone",
            Expects::Tls => "a TLS handshake",
        }
    }

    fn is_between(&self) -> bool {
        let awaits_more = match &self.expects {
            Expects::Response | Expects::Tls => false,
            Expects::Lines(many) => !many.is_guessed,
            Expects::Message(_) => true,
        };
        !awaits_more && !self.lines.is_swallowing()
    }

    fn last(&mut self, line: &[u8]) -> Option<Found> {
        if !self.profile.tolerates(Deviation::MissingFinalNewline) || self.lines.is_swallowing() {
            return None;
        }
        let found = match &self.expects {
            Expects::Response => self.response(line, false),
            Expects::Lines(_) => self.many(line, false),
            Expects::Message(_) | Expects::Tls => return None,
        };
        let is_read = found.error.is_none() && !matches!(found.kind, Kind::Raw | Kind::Stray);
        is_read.then(|| found.with_defects([at(Deviation::MissingFinalNewline, line.len())]))
    }
}

impl Many {
    fn line(&mut self, line: &[u8], profile: Profile) -> Found {
        let mut met = Defects::new();
        let mut others = Vec::new();
        // RFC 1939 3: any dot at the start but a lone one is a stuffed one.
        let text = line.strip_prefix(b".").unwrap_or(line);
        let read = match self.verb {
            Verb::List => parse::scan_listing(text, profile, &mut met).map(|it| {
                others.extend(self.is_again(it.number()));
                (Kind::Listing, format!("{it:?}"))
            }),
            Verb::Uidl => parse::unique_id_listing(text, profile, &mut met).map(|it| {
                others.extend(self.is_again(it.number()));
                if let Some(id) = it.id()
                    && self.ids.len() < MOST
                    && !self.ids.insert(id.as_bytes().into())
                {
                    let before = line.len().saturating_sub(id.as_bytes().len());
                    others.push((Deviation::DoubledId, before));
                }
                (Kind::Id, format!("{it:?}"))
            }),
            Verb::Lang => {
                parse::language_listing(text).map(|it| (Kind::Listing, format!("{it:?}")))
            }
            _ => parse::capability(text, profile, &mut met)
                .map(|it| (Kind::Capability, format!("{it:?}"))),
        };
        let refused = others.iter().find(|(what, _)| !profile.tolerates(*what));
        match (read, refused) {
            (Ok(_), Some((what, offset))) => {
                let expected = match what {
                    Deviation::DoubledId => "another unique id",
                    _ => "another message",
                };
                Found::unread(Kind::Raw, super::shown(line), Base::Line, *offset, expected)
            }
            (Ok((kind, value)), None) => Found::new(kind, value)
                .with_defects(met.iter())
                .with_defects(others.into_iter().map(|(what, offset)| at(what, offset))),
            (Err(error), _) => Found::raw(line, &error),
        }
    }

    fn is_again(&mut self, number: MessageNumber) -> Option<(Deviation, usize)> {
        let again = self.numbers.len() < MOST && !self.numbers.insert(number);
        again.then_some((Deviation::UnsettledListing, 0))
    }
}

impl Message {
    fn new(profile: Profile, is_bare: bool) -> Self {
        let unstuffer = if profile.tolerates(Deviation::DotAndBareNewline) {
            let terminator = if is_bare { Terminator::LfLines } else { Terminator::Lf };
            DotUnstuffer::new(BareNewline::Normalize).ended_by(terminator)
        } else {
            DotUnstuffer::new(BareNewline::Reject)
        };
        Self { unstuffer, octets: 0, nul: None }
    }

    fn next(&mut self, input: &mut BytesMut) -> Step {
        loop {
            match self.unstuffer.next(input) {
                BodyPiece::Starved => return Step::Starved,
                BodyPiece::Data(data) => {
                    let nul = data.iter().position(|octet| *octet == 0);
                    self.nul = self.nul.or(nul.map(|at| self.octets + at as u64));
                    self.octets += data.len() as u64;
                }
                BodyPiece::End => return Step::Found(self.found()),
            }
        }
    }

    fn found(&self) -> Found {
        let value = format!("{} octets", self.octets);
        let small = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        if let Some(bare) = self.unstuffer.violation() {
            return Found::unread(Kind::Body, value, Base::Element, small(bare.offset), "CRLF");
        }
        let bare = self.unstuffer.bare();
        let bare = bare.map(|it| at(Deviation::BareNewlineInMessage, small(it.offset)));
        let nul = self.nul.map(|it| at(Deviation::NulInMessage, small(it)));
        let end = small(self.unstuffer.taken().saturating_sub(1));
        let end = self.unstuffer.ended_bare().then(|| at(Deviation::DotAndBareNewline, end));
        Found::new(Kind::Body, value).with_defects([bare, nul, end].into_iter().flatten())
    }
}

fn at(deviation: Deviation, offset: usize) -> String {
    format!("{deviation} at offset {offset}")
}

fn shown<T: std::fmt::Debug>(read: Result<T, ParseError>) -> Result<String, ParseError> {
    read.map(|item| format!("{item:?}"))
}

/// RFC 1939 3, 5 and 7, RFC 2449 5, RFC 6856 3: which answers have many lines.
fn answered(command: &str) -> Result<Answered, UnknownCommand> {
    let unknown = || UnknownCommand { command: command.to_owned() };
    let verb = parse::verb(command.trim().as_bytes()).ok_or_else(unknown)?;
    let alone = command.trim().len() == verb.as_str().len();
    Ok(match verb {
        Verb::Retr | Verb::Top => Answered::ByMessage,
        Verb::Capa => Answered::ByLines(verb),
        // Without an argument, AUTH lists the mechanisms for old clients.
        Verb::List | Verb::Uidl | Verb::Lang | Verb::Auth if alone => Answered::ByLines(verb),
        verb => Answered::InOneLine(verb),
    })
}

fn each_line(
    lines: &mut LineFramer,
    input: &mut BytesMut,
    profile: Profile,
    bare_newline: Deviation,
    read: impl FnOnce(&[u8], bool) -> Found,
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
                let defect = bare.then(|| at(bare_newline, text));
                read(line, bare).with_defects(defect)
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

/// How many messages and ids of a listing are held against those that follow.
const MOST: usize = 1 << 20;

/// More than RFC 2449 4 asks for: lines of listings are as long as servers like.
const LINES: LineLimits = LineLimits { line: 8 * 1024, swallow: u64::MAX };
