//! A dialogue at the client's side: what our client is asked to do so that it says what the file's
//! client says, and what it must tell of what the server answers.

#![allow(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use mail_errors::{Reply, Secret};
use mail_sasl::{
    Credentials, Mechanism, Nonce,
    client::Identity,
};
use mail_wire::{Goodbye, Session, testing::Act};
use smtp_proto::{
    Command, Defects, Domain, Extension, Mailbox, Octets, OriginalRecipient, Profile, Severity,
    Verb,
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
    messages: usize,
    requests: usize,
}

/// A message that has begun.
struct Open {
    envelope: Envelope,
    body: Vec<u8>,
    chunks: Vec<usize>,
    /// Of each recipient: whether RCPT was taken; none before the reply.
    taken: Vec<Option<bool>>,
    told: BTreeMap<usize, String>,
    taken_back: bool,
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
    messages: usize,
    requests: usize,
}

impl Acting {
    fn next(&mut self, client: &mut Client) {
        match self.steps.pop_front() {
            Some(Step::Ask(request)) => {
                client.ask(request).unwrap();
            }
            Some(Step::Send(message)) => {
                self.parts = message.parts.into();
                self.taken_back_after = message.taken_back_after;
                // It may be over already.
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
                    None => client.body_end(id).unwrap(),
                }
                return Act::Quiet;
            }
            Event::Recipient { id, index, outcome } => {
                if self.taken_back_after == Some(index) {
                    client.body_failed(id).unwrap();
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
            Command::Rcpt { .. } => self.add_recipient(command),
            Command::Bdat(chunk) => {
                self.chunk = chunk.octets();
                let octets = usize::try_from(chunk.octets()).unwrap();
                self.message.as_mut().unwrap().chunks.push(octets);
            }
            Command::Rset => {
                if let Some(open) = &mut self.message {
                    open.taken_back = open.taken.contains(&Some(true)) && open.told.len() < open.taken.len();
                }
                self.end_message();
            }
            Command::Quit => {
                self.end_message();
                self.plan.quits = true;
            }
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
            Command::Xforward(client) => {
                self.plan.steps.push(Step::Ask(Request::Noop(None)));
                panic!("XFORWARD goes with the message it is for: {client:?}");
            }
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
}
