//! A dialogue at the client's side: what our client is asked to do so that it says what the file's
//! client says, and what it must tell of what the server answers.

#![allow(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use mail_errors::{Reply, Secret};
use mail_sasl::{Credentials, Mechanism, Nonce, client::Identity};
use mail_wire::{Goodbye, Session, testing::Act};
use smtp_proto::{
    Attributes, Capabilities, Command, Defects, Domain, EnvelopeId, Octets, OriginalRecipient,
    Profile, Severity, Solicitation, Submitter, Verb,
    client::{Chunking, Client, Config, Envelope, Event, Outcome, Recipient, Request, TlsPolicy},
    limits::ClientLimits,
    parse,
};

use super::{Script, Turn};

/// What the client is asked to do, and what comes of it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub config: Config,
    nonce: Option<String>,
    steps: Vec<Step>,
    quits: bool,
    /// Everything that the client says.
    pub says: Vec<u8>,
    pub replies: Vec<Answer>,
    /// What the client tells, sorted.
    pub tells: Vec<String>,
}

/// A reply, and how much the client has said when it is due.
#[derive(Debug, Clone)]
pub struct Answer {
    pub reply: Reply,
    pub due: usize,
    /// Commands may go out before it has come.
    pub is_pipelined: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Ask(Request),
    Send(Box<Message>),
}

#[derive(Debug, Clone)]
struct Message {
    envelope: Envelope,
    parts: Vec<Bytes>,
    /// It is taken back when this recipient has been refused.
    taken_back_after: Option<usize>,
    /// It breaks off behind its parts.
    breaks_off: bool,
}

/// What is read off the dialogue, turn by turn.
struct Reading<'a> {
    script: &'a Script,
    plan: Plan,
    /// Commands without a reply, and where each ends.
    asked: VecDeque<(Verb, usize)>,
    pipelining: bool,
    is_authenticating: bool,
    /// A chunk has so many octets to come.
    chunk: u64,
    /// The text of a message is being said.
    is_body: bool,
    message: Option<Open>,
    /// The next message came from this client.
    forwarded: Option<Attributes>,
    messages: usize,
    requests: usize,
}

/// A message that has begun.
struct Open {
    envelope: Envelope,
    body: Vec<u8>,
    chunks: Vec<usize>,
    fates: Vec<Fate>,
    /// What is told of recipients.
    told: BTreeMap<usize, String>,
    /// What is told of all others at the end.
    rest: Option<String>,
    taken_back: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The client never asks for this recipient.
    Unasked,
    Asked,
    Taken,
    Refused,
}

impl Plan {
    pub fn read(script: &Script) -> Self {
        let name = |octets: &[u8]| {
            let text = std::str::from_utf8(octets).unwrap();
            Domain::parse(text.split_whitespace().nth(1).unwrap()).unwrap()
        };
        let hello = script.said().find(|line| {
            let verb = parse::verb(line.trim_ascii_end());
            matches!(verb, Some(Verb::Ehlo | Verb::Lhlo))
        });
        let hello = hello.unwrap_or_else(|| panic!("{}: no EHLO", script.title));
        let mut config = Config::new(name(hello)).tls(TlsPolicy::Never);
        if script.is_lmtp() {
            config = config.lmtp();
        }
        let plan = Self {
            config,
            nonce: None,
            steps: Vec::new(),
            quits: false,
            says: Vec::new(),
            replies: Vec::new(),
            tells: Vec::new(),
        };
        let mut reading = Reading {
            script,
            plan,
            asked: VecDeque::from([(Verb::Connect, 0)]),
            pipelining: false,
            is_authenticating: false,
            chunk: 0,
            is_body: false,
            message: None,
            forwarded: None,
            messages: 0,
            requests: 0,
        };
        for turn in &script.turns {
            match turn {
                Turn::Client(octets) => reading.said(octets),
                Turn::Server(reply) => reading.answered(reply),
                Turn::Known(line) => reading.known(line),
                Turn::Event(..) => {}
            }
        }
        reading.end_message();
        let mut plan = reading.plan;
        let has = |verb: &[u8]| script.said().any(|line| line.starts_with(verb));
        if !has(b"BDAT") {
            plan.config = plan.config.chunking(Chunking::Never);
        }
        if !has(b"STARTTLS") {
            plan.config = plan.config.allow_auth_in_clear();
        }
        plan.tells.sort();
        plan
    }

    /// A client that does as it is asked, and what acts for its application.
    pub fn start(&self) -> (Client, impl FnMut(&mut Client, Event) -> Act + use<>) {
        let mut client = Client::new(self.config.clone());
        if let Some(nonce) = &self.nonce {
            client.set_nonce(Nonce::new(nonce).unwrap());
        }
        let mut acting = Acting {
            steps: self.steps.clone().into(),
            quits: self.quits,
            parts: VecDeque::new(),
            taken_back_after: None,
            breaks_off: false,
            messages: 0,
            requests: 0,
        };
        acting.next(&mut client);
        (client, move |client, event| acting.act(client, event))
    }
}

/// The client's application.
struct Acting {
    steps: VecDeque<Step>,
    quits: bool,
    parts: VecDeque<Bytes>,
    taken_back_after: Option<usize>,
    breaks_off: bool,
    messages: usize,
    requests: usize,
}

impl Acting {
    fn next(&mut self, client: &mut Client) {
        match self.steps.pop_front() {
            Some(Step::Ask(request)) => {
                // It may be over already.
                let _ = client.ask(request);
            }
            Some(Step::Send(message)) => {
                self.parts = message.parts.into();
                self.taken_back_after = message.taken_back_after;
                self.breaks_off = message.breaks_off;
                let _ = client.send(message.envelope);
            }
            None if self.quits => client.close(Goodbye::Done),
            None => {}
        }
    }

    fn act(&mut self, client: &mut Client, event: Event) -> Act {
        let message = self.messages;
        Act::Log(match event {
            Event::WantBody { id, .. } => {
                match self.parts.pop_front() {
                    Some(part) => client.body(id, part).unwrap(),
                    None if self.breaks_off => client.body_failed(id).unwrap(),
                    None => client.body_end(id).unwrap(),
                }
                return Act::Quiet;
            }
            Event::Recipient { id, index, outcome } => {
                if self.taken_back_after == Some(index) {
                    let _ = client.body_failed(id);
                }
                format!("message {message}: {index} {}", tell(&outcome))
            }
            Event::Done { .. } => {
                self.messages += 1;
                self.next(client);
                return Act::Quiet;
            }
            Event::Answer { answer, .. } => {
                let request = self.requests;
                self.requests += 1;
                self.next(client);
                match answer {
                    Ok(reply) => format!("request {request}: {reply}"),
                    Err(why) => format!("request {request}: {why:?}"),
                }
            }
            Event::Ready => return Act::Quiet,
            Event::Tls(_) => "tls".to_owned(),
            Event::Dropped { extension, .. } => format!("message {message}: without {extension}"),
            Event::BodyEnough { .. } => format!("message {message}: enough"),
            Event::Tolerated(defect) => format!("tolerated {defect}"),
            other => panic!("not expected: {other:?}"),
        })
    }
}

fn tell(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(reply) => format!("accepted {reply}"),
        Outcome::Refused { stage, reply } => format!("refused at {}: {reply}", stage.as_str()),
        Outcome::NotSent(why) => format!("not sent: {why:?}"),
        Outcome::Unknown => "unknown".to_owned(),
    }
}

fn command(line: &[u8]) -> Option<Command<Octets>> {
    let line = line.strip_suffix(b"\r\n")?;
    let command = parse::command(line, Profile::STRICT, &mut Defects::new()).ok()?;
    Some(command.into_owned(line))
}

impl Reading<'_> {
    fn said(&mut self, octets: &[u8]) {
        self.plan.says.extend_from_slice(octets);
        let end = self.plan.says.len();
        if self.chunk > 0 {
            let open = self.message.as_mut().unwrap();
            open.body.extend_from_slice(octets);
            self.chunk -= octets.len() as u64;
            // The reply to BDAT is due behind its octets.
            self.asked.back_mut().unwrap().1 = end;
            return;
        }
        if self.is_body {
            if octets == b".\r\n" {
                self.is_body = false;
                self.asked.push_back((Verb::EndOfData, end));
            } else {
                let line = octets.strip_prefix(b".").unwrap_or(octets);
                self.message.as_mut().unwrap().body.extend_from_slice(line);
            }
            return;
        }
        if self.is_authenticating {
            return self.asked.push_back((Verb::AuthResponse, end));
        }
        let title = &self.script.title;
        let command = command(octets)
            .unwrap_or_else(|| panic!("{title}: no client says {}", octets.escape_ascii()));
        self.asked.push_back((command.verb(), end));
        self.do_it(command);
    }

    /// Notes what the client is to do, to come to say this.
    fn do_it(&mut self, command: Command<Octets>) {
        match command {
            Command::Mail { .. } => self.begin_message(command),
            Command::Rcpt { .. } => self.add_recipient(command, Fate::Asked),
            Command::Bdat(chunk) => {
                self.chunk = chunk.octets();
                let octets = usize::try_from(chunk.octets()).unwrap();
                self.message.as_mut().unwrap().chunks.push(octets);
            }
            Command::Rset => {
                if let Some(open) = self.message.as_mut().filter(|open| open.rest.is_none()) {
                    open.taken_back = open.fates.contains(&Fate::Taken);
                }
                self.end_message();
            }
            Command::Quit => self.plan.quits = true,
            Command::StartTls => {
                self.plan.config = self.plan.config.clone().tls(TlsPolicy::Required);
                self.plan.tells.push("tls".to_owned());
            }
            Command::Auth(arguments) => {
                let mechanism = Mechanism::parse(arguments.mechanism()).unwrap();
                let config = self.plan.config.clone().mechanism(mechanism);
                self.plan.config = match mechanism {
                    Mechanism::External => config.auth(Identity::external(None).unwrap()),
                    _ => config,
                };
            }
            Command::Xclient(client) => {
                self.plan.config = self.plan.config.clone().client(client);
            }
            Command::Xforward(client) => self.forwarded = Some(client),
            Command::Noop(text) => self.ask(Request::Noop(text)),
            Command::Vrfy(user) => self.ask(Request::Verify(user)),
            Command::Expn(list) => self.ask(Request::Expand(list)),
            Command::Help(topic) => self.ask(Request::Help(topic)),
            Command::Etrn(turn) => self.ask(Request::Turn(turn)),
            _ => {}
        }
    }

    fn ask(&mut self, request: Request) {
        self.plan.steps.push(Step::Ask(request));
    }

    fn begin_message(&mut self, command: Command<Octets>) {
        let is_open = self.message.as_ref().is_some_and(|open| open.rest.is_none());
        assert!(!is_open, "{}: MAIL within a message", self.script.title);
        self.end_message();
        let Command::Mail { from, params } = command else { return };
        let mut envelope = Envelope::new(from).body(params.body());
        if let Some(octets) = params.size() {
            envelope = envelope.size(octets);
        }
        if let Some(ret) = params.ret() {
            envelope = envelope.ret(ret);
        }
        if let Some(id) = params.envelope_id() {
            envelope = envelope.envelope_id(EnvelopeId::new(&id.decode()).unwrap());
        }
        if let Some(submitter) = params.auth() {
            envelope = envelope.submitter(Submitter::parse(submitter.as_wire()).unwrap());
        }
        if params.is_smtp_utf8() {
            envelope = envelope.smtp_utf8();
        }
        if params.requires_tls() {
            envelope = envelope.require_tls();
        }
        if let Some(by) = params.deliver_by() {
            envelope = envelope.deliver_by(by);
        }
        if let Some(hold) = params.hold() {
            envelope = envelope.hold(hold);
        }
        if let Some(priority) = params.priority() {
            envelope = envelope.priority(priority);
        }
        if let Some(solicitation) = params.solicitation() {
            let solicitation = Solicitation::parse(solicitation.as_str()).unwrap();
            envelope = envelope.solicitation(solicitation);
        }
        if let Some(client) = self.forwarded.take() {
            envelope = envelope.forwarded(client);
        }
        self.message = Some(Open {
            envelope,
            body: Vec::new(),
            chunks: Vec::new(),
            fates: Vec::new(),
            told: BTreeMap::new(),
            rest: None,
            taken_back: false,
        });
    }

    fn add_recipient(&mut self, command: Command<Octets>, fate: Fate) {
        let Command::Rcpt { to, params } = command else { return };
        let mut recipient = Recipient::new(to);
        if let Some(notify) = params.notify() {
            recipient = recipient.notify(notify);
        }
        if let Some(original) = params.get("ORCPT") {
            let original = OriginalRecipient::parse(original.value.unwrap()).unwrap();
            recipient = recipient.original(original);
        }
        if let Some(since) = params.valid_since() {
            recipient = recipient.valid_since(since);
        }
        let open = self.message.as_mut().unwrap();
        open.envelope = open.envelope.clone().to(recipient);
        open.fates.push(fate);
    }

    /// What cannot be seen on the wire.
    fn known(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["as", user, password] => {
                let credentials = Credentials::new(user, Secret::from(password)).unwrap();
                self.plan.config = self.plan.config.clone().auth(credentials);
            }
            ["nonces", client, _] => self.plan.nonce = Some(client.to_owned()),
            ["without", extension] => {
                let message = self.messages;
                self.plan.tells.push(format!("message {message}: without {extension}"));
            }
            ["not", "sent", index, ..] => {
                let open = self.message.as_mut().unwrap();
                match index.parse() {
                    Ok(index) => {
                        let why = words[3..].join(" ");
                        open.told.insert(index, format!("not sent: {why}"));
                    }
                    Err(_) => open.rest = Some(format!("not sent: {}", words[2..].join(" "))),
                }
            }
            _ => match command(format!("{line}\r\n").as_bytes()) {
                Some(mail @ Command::Mail { .. }) => self.begin_message(mail),
                Some(rcpt @ Command::Rcpt { .. }) => self.add_recipient(rcpt, Fate::Unasked),
                _ => panic!("{}: not understood: {line}", self.script.title),
            },
        }
    }

    fn answered(&mut self, reply: &Reply) {
        let title = &self.script.title;
        let &(verb, due) =
            self.asked.front().unwrap_or_else(|| panic!("{title}: {reply} answers nothing"));
        let is_pipelined = self.pipelining;
        self.plan.replies.push(Answer { reply: reply.clone(), due, is_pipelined });
        let severity = Severity::from(reply);
        match verb {
            Verb::Ehlo | Verb::Lhlo if severity == Severity::Done => {
                self.pipelining = Capabilities::read(reply).has_pipelining();
            }
            Verb::Quit => self.end_message(),
            // It begins anew.
            Verb::StartTls | Verb::Xclient => self.pipelining = false,
            Verb::Auth | Verb::AuthResponse => {
                self.is_authenticating = severity == Severity::GoOn;
            }
            Verb::Noop | Verb::Vrfy | Verb::Expn | Verb::Help | Verb::Etrn => {
                let request = self.requests;
                self.requests += 1;
                self.plan.tells.push(format!("request {request}: {reply}"));
            }
            _ => {
                if self.message.is_some() && self.answered_in_message(verb, severity, reply) {
                    return;
                }
            }
        }
        self.asked.pop_front();
    }

    /// Answers whether there are more replies to come.
    fn answered_in_message(&mut self, verb: Verb, severity: Severity, reply: &Reply) -> bool {
        let is_lmtp = self.script.is_lmtp();
        let Some(open) = &mut self.message else { return false };
        let refused = format!("refused at {}: {reply}", verb.as_str());
        let is_no = matches!(severity, Severity::Refused | Severity::Closing);
        match verb {
            Verb::Rcpt => {
                let index = open.fates.iter().position(|fate| *fate == Fate::Asked).unwrap();
                open.fates[index] = if is_no { Fate::Refused } else { Fate::Taken };
                if is_no && open.rest.is_none() {
                    open.told.insert(index, refused);
                }
            }
            Verb::Mail | Verb::Data | Verb::Bdat if is_no => {
                open.rest.get_or_insert(refused);
            }
            Verb::Data => self.is_body = true,
            Verb::EndOfData | Verb::LastChunk => {
                let outcome = if is_no { refused } else { format!("accepted {reply}") };
                if !is_lmtp || open.rest.is_some() {
                    open.rest.get_or_insert(outcome);
                    self.end_message();
                    return false;
                }
                let mut waiting = (0..open.fates.len())
                    .filter(|at| open.fates[*at] == Fate::Taken && !open.told.contains_key(at));
                let (next, more) = (waiting.next().unwrap(), waiting.next().is_some());
                open.told.insert(next, outcome);
                if !more {
                    self.end_message();
                }
                return more;
            }
            _ => {}
        }
        false
    }

    fn end_message(&mut self) {
        let Some(mut open) = self.message.take() else { return };
        let message = self.messages;
        self.messages += 1;
        if open.taken_back {
            open.rest = Some("not sent: BodyFailed".to_owned());
        }
        let breaks_off = open.taken_back && !open.chunks.is_empty();
        let taken_back = open.taken_back && open.chunks.is_empty();
        let last = open.fates.len().saturating_sub(1);
        assert!(!taken_back || open.fates[last] == Fate::Refused, "{}", self.script.title);
        for index in 0..open.fates.len() {
            let told = open.told.get(&index).or(open.rest.as_ref());
            let told = told.map(|told| format!("message {message}: {index} {told}"));
            self.plan.tells.extend(told);
        }
        let mut parts = Vec::new();
        let mut body = Bytes::from(open.body);
        if let [first, _, ..] = open.chunks[..] {
            let limits = ClientLimits { chunk: first, ..ClientLimits::default() };
            self.plan.config = self.plan.config.clone().limits(limits);
        }
        for chunk in open.chunks {
            parts.push(body.split_to(chunk));
        }
        parts.push(body);
        parts.retain(|part| !part.is_empty());
        self.plan.steps.push(Step::Send(Box::new(Message {
            envelope: open.envelope,
            parts,
            taken_back_after: taken_back.then_some(last),
            breaks_off,
        })));
    }
}
