//! Dialogues as the RFCs print them: `c` is what the client says, `s` what the server says, `e`
//! what the session under test tells its application.
//!
//! Each runs three times over: step by step; all at once, as a peer that pipelines sends it; and
//! cut at every offset. All must come to the same.

#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::sync::LazyLock;

use bytes::{Buf, Bytes};
use mail_errors::Secret;
use mail_sasl::{
    Nonce, ScramHash, ScramKeys,
    server::{Claim, Kept, Lookup},
};
use mail_wire::{
    Goodbye, Next, Session,
    testing::{Act, Ended, contract, cut_everywhere, pretend, start},
};
use smtp_proto::{
    Domain,
    client::{self, Client, Envelope},
    server::{self, Server, replies},
};

/// Everybody's password and token, RFC 4616 4.
pub const PASSWORD: &str = "tanstaaftanstaaf";

pub fn mx() -> server::Config {
    server::Config::new(&Domain::parse("mx.example.com").unwrap())
}

/// What the server offers, up to these last lines.
pub fn offers(last: &str) -> String {
    let always = "250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-CHUNKING\r\n";
    format!("250-mx.example.com\r\n{always}{last}")
}

pub fn laptop() -> client::Config {
    client::Config::new(Domain::parse("laptop.example.com").unwrap())
}

/// What is kept of everybody.
fn kept(lookup: &Lookup) -> Kept {
    static KEYS: LazyLock<[ScramKeys; 2]> = LazyLock::new(|| {
        let password = Secret::from(PASSWORD);
        let hashes = [ScramHash::Sha256, ScramHash::Sha1];
        hashes.map(|hash| ScramKeys::derive_for(hash, &password, b"salt", 4096).unwrap())
    });
    match lookup {
        Lookup::Keys { hash, .. } => {
            Kept::Keys(KEYS.iter().find(|keys| keys.hash() == *hash).unwrap().clone())
        }
        _ => Kept::Password(Secret::from(PASSWORD)),
    }
}

/// An application that takes everything, but from the sender `refused`, for the recipients
/// `nobody`, with the body `spam`, and with passwords other than `tanstaaftanstaaf`.
pub fn application() -> impl FnMut(&mut Server, server::Event) -> Act {
    use server::Event;
    let mut body = Vec::new();
    move |server, event| {
        let local = |path: &str| path[1..path.len() - 1].split('@').next().unwrap().to_owned();
        let answer = |server: &mut Server, yes, no| match yes {
            true => server.accept().unwrap(),
            false => server.reply(no).unwrap(),
        };
        match event {
            Event::Mail(mail) => {
                let from = mail.reverse_path().to_string();
                answer(server, local(&from) != "refused", replies::SENDER_NOT_YOURS);
                let size = mail.size().map(|size| format!(" {size}")).unwrap_or_default();
                Act::Log(format!("from {from}{size}"))
            }
            Event::Rcpt(rcpt) => {
                let to = rcpt.forward_path().to_string();
                answer(server, local(&to) != "nobody", replies::NO_SUCH_MAILBOX);
                Act::Log(format!("to {to}"))
            }
            Event::Data => {
                body.clear();
                server.accept().unwrap();
                Act::Log("data".to_owned())
            }
            Event::Body(octets) => {
                body.extend_from_slice(&octets);
                Act::Quiet
            }
            Event::BodyEnd { octets } => {
                assert_eq!(octets, body.len() as u64);
                // In LMTP once for each recipient.
                for _ in 0..server.answers_owed() {
                    answer(server, body != b"spam\r\n", replies::RELAY_DENIED);
                }
                Act::Log(format!("message {:?}", String::from_utf8_lossy(&body)))
            }
            Event::Auth { mechanism, claim } => {
                let good = match &claim {
                    Claim::Password(who) => who.password().expose() == PASSWORD.as_bytes(),
                    Claim::Token(token) => token.token().expose() == PASSWORD.as_bytes(),
                    // What is shown already, and what anybody may.
                    _ => true,
                };
                answer(server, good, replies::BAD_CREDENTIALS);
                Act::Log(format!("{mechanism} {}", claim.user().unwrap_or("?")))
            }
            Event::AuthLookup(lookup) => {
                server.supply(kept(&lookup)).unwrap();
                // Another exchange must not differ from run to run.
                server.set_nonce(Nonce::new("server").unwrap());
                Act::Log(format!("look up {}", lookup.user()))
            }
            Event::Verify(whom) => {
                server.accept().unwrap();
                Act::Log(format!("verify {}", whom.as_str()))
            }
            Event::Hello { name, .. } => Act::Log(format!("hello {}", name.as_str())),
            Event::Refused(refused) => {
                let verb = refused.verb().map_or("?", |verb| verb.as_str());
                Act::Log(format!("refused {verb} {}", refused.reply().code()))
            }
            Event::BodyAborted(why) => Act::Log(format!("aborted {why:?}")),
            Event::Tls(_) => Act::Log("tls".to_owned()),
            Event::Reset => Act::Log("reset".to_owned()),
            Event::Quit => Act::Log("quit".to_owned()),
            Event::Tolerated(defect) => Act::Log(format!("tolerated {defect}")),
            other => panic!("unknown event {other:?}"),
        }
    }
}

/// A dialogue with a server under test.
pub struct Served {
    make: Box<dyn Fn() -> Server>,
    turns: Vec<Turn>,
    eof: bool,
}

enum Turn {
    Client(Vec<u8>),
    Server(String),
    Event(String),
    /// The client waits for the answer before it goes on: it must.
    Flight,
    HangUp,
}

pub fn served(config: server::Config) -> Served {
    let config = std::sync::Arc::new(config);
    with_server(move || Server::new(config.clone()))
}

pub fn with_server(make: impl Fn() -> Server + 'static) -> Served {
    Served { make: Box::new(make), turns: Vec::new(), eof: false }
}

impl Served {
    /// The client sends this line.
    pub fn c(self, line: &str) -> Self {
        self.raw(format!("{line}\r\n").as_bytes())
    }

    /// The client sends these octets.
    pub fn raw(mut self, octets: &[u8]) -> Self {
        self.turns.push(Turn::Client(octets.to_vec()));
        self
    }

    /// The server sends a reply whose first line starts so.
    pub fn s(mut self, reply: &str) -> Self {
        self.turns.push(Turn::Server(reply.to_owned()));
        self
    }

    /// The server tells its application.
    pub fn e(mut self, event: &str) -> Self {
        self.turns.push(Turn::Event(event.to_owned()));
        self
    }

    /// The client waits for the answer before it goes on, however it pipelines.
    pub fn flight(mut self) -> Self {
        self.turns.push(Turn::Flight);
        self
    }

    /// The client hangs up.
    pub fn hang_up(mut self) -> Self {
        self.eof = true;
        self.turns.push(Turn::HangUp);
        self
    }

    /// The session goes on.
    pub fn open(self) {
        assert_eq!(self.run(), Ended::WantsInput);
    }

    /// The session goes on. For lines that are too long to be cut at each of their octets.
    pub fn uncut(self) {
        self.step_by_step();
    }

    /// The session is closed in good order.
    pub fn closed(self) {
        assert_eq!(self.run(), Ended::Closed);
    }

    /// The session fails, and its error says so.
    pub fn fails(self, error: &str) {
        let Ended::Failed(debug) = self.run() else { panic!("did not fail") };
        assert!(debug.contains(error), "{debug}");
    }

    fn run(self) -> Ended {
        self.step_by_step();
        let mut flights = vec![Vec::new()];
        let (mut said, mut told) = (Vec::new(), Vec::new());
        for turn in &self.turns {
            match turn {
                Turn::Client(octets) => flights.last_mut().unwrap().extend_from_slice(octets),
                Turn::Server(reply) => said.push(reply.clone()),
                Turn::Event(event) => told.push(event.clone()),
                Turn::Flight => flights.push(Vec::new()),
                Turn::HangUp => {}
            }
        }
        let script: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
        let make = || ((self.make)(), application());
        contract(make, &script);
        let replayed = cut_everywhere(make, &script, self.eof);
        let replies = replies(&replayed.text());
        assert_eq!(replies.len(), said.len(), "{replies:#?}");
        for (reply, start) in replies.iter().zip(&said) {
            assert!(reply.starts_with(start), "{reply:?} does not start with {start:?}");
        }
        assert_eq!(replayed.log, told);
        replayed.ended
    }

    /// Each turn must have had its effect before the next is taken.
    fn step_by_step(&self) {
        let (mut server, mut act) = ((self.make)(), application());
        let (mut said, mut told) = (Vec::new(), Vec::new());
        for turn in &self.turns {
            match turn {
                Turn::Client(octets) => {
                    server.buffers().0.extend_from_slice(octets);
                    assert!(said.is_empty(), "not expected: {said:?}");
                }
                Turn::Server(reply) => {
                    pump(&mut server, &mut act, &mut said, &mut told);
                    assert!(!said.is_empty(), "no reply where {reply:?} is expected");
                    let next: String = said.remove(0);
                    assert!(next.starts_with(reply), "{next:?} does not start with {reply:?}");
                }
                Turn::Event(event) => {
                    pump(&mut server, &mut act, &mut said, &mut told);
                    assert!(!told.is_empty(), "no event where {event:?} is expected");
                    assert_eq!(&told.remove(0), event);
                }
                Turn::Flight => pump(&mut server, &mut act, &mut said, &mut told),
                Turn::HangUp => server.recv_eof(),
            }
        }
        pump(&mut server, &mut act, &mut said, &mut told);
        assert!(said.is_empty() && told.is_empty(), "not expected: {said:?} {told:?}");
    }
}

fn pump(
    server: &mut Server,
    act: &mut impl FnMut(&mut Server, server::Event) -> Act,
    said: &mut Vec<String>,
    told: &mut Vec<String>,
) {
    loop {
        let answer = server.next_event(start());
        said.extend(replies(&String::from_utf8_lossy(&sent(server))));
        match answer {
            Ok(Next::Event(event)) => {
                if let Act::Log(line) = act(server, event) {
                    told.push(line);
                }
            }
            Ok(Next::Upgrade { to, .. }) => server.upgraded(pretend(to)).unwrap(),
            Ok(_) | Err(_) => break,
        }
    }
}

/// Takes everything that the session has to say.
pub fn sent<S: Session>(session: &mut S) -> Vec<u8> {
    let (_, out) = session.buffers();
    out.copy_to_bytes(out.remaining()).to_vec()
}

/// Parts what a server said into replies.
pub fn replies(text: &str) -> Vec<String> {
    let mut replies = vec![String::new()];
    for line in text.split_inclusive('\n') {
        assert!(line.ends_with("\r\n"), "{line:?}");
        replies.last_mut().unwrap().push_str(line);
        if line.as_bytes().get(3) == Some(&b' ') {
            replies.push(String::new());
        }
    }
    assert_eq!(replies.pop().as_deref(), Some(""), "{text:?} ends within a reply");
    replies
}

/// A dialogue with a client under test.
pub struct Sending {
    config: client::Config,
    messages: Vec<(Envelope, Vec<Bytes>)>,
    turns: Vec<Turn>,
    eof: bool,
}

/// Sends these messages one after the other and then quits. A part `fail` of a message makes it
/// fail.
pub fn sending(config: client::Config, messages: &[(Envelope, &[&str])]) -> Sending {
    let parts = |parts: &[&str]| parts.iter().map(|part| Bytes::from(part.to_string())).collect();
    let messages = messages.iter().map(|(envelope, body)| (envelope.clone(), parts(body)));
    Sending { config, messages: messages.collect(), turns: Vec::new(), eof: false }
}

impl Sending {
    /// The server sends this line. Lines up to the next `c` come in one go.
    pub fn s(self, line: &str) -> Self {
        self.raw(format!("{line}\r\n").as_bytes())
    }

    /// The server sends these octets.
    pub fn raw(mut self, octets: &[u8]) -> Self {
        self.turns.push(Turn::Client(octets.to_vec()));
        self
    }

    /// The client sends exactly this line.
    pub fn c(mut self, line: &str) -> Self {
        self.turns.push(Turn::Server(format!("{line}\r\n")));
        self
    }

    /// The client tells its application, in this order.
    pub fn e(mut self, event: &str) -> Self {
        self.turns.push(Turn::Event(event.to_owned()));
        self
    }

    /// The server hangs up.
    pub fn hang_up(mut self) -> Self {
        self.eof = true;
        self.turns.push(Turn::HangUp);
        self
    }

    pub fn closed(self) {
        assert_eq!(self.run(), Ended::Closed);
    }

    pub fn open(self) {
        assert_eq!(self.run(), Ended::WantsInput);
    }

    pub fn fails(self, error: &str) {
        let Ended::Failed(debug) = self.run() else { panic!("did not fail") };
        assert!(debug.contains(error), "{debug}");
    }

    /// Nothing is said before the turn in which it is expected.
    fn step_by_step(&self) {
        let (mut client, mut act) = sender(self.config.clone(), self.messages.clone());
        let (mut said, mut told) = (String::new(), Vec::new());
        for turn in &self.turns {
            let mut pump = || loop {
                let answer = client.next_event(start());
                said.push_str(&String::from_utf8_lossy(&sent(&mut client)));
                match answer {
                    Ok(Next::Event(event)) => {
                        if let Act::Log(line) = act(&mut client, event) {
                            told.push(line);
                        }
                    }
                    Ok(Next::Upgrade { to, .. }) => client.upgraded(pretend(to)).unwrap(),
                    Ok(_) | Err(_) => break,
                }
            };
            match turn {
                Turn::Client(octets) => {
                    assert!(said.is_empty(), "not expected before {octets:?}: {said:?}");
                    client.buffers().0.extend_from_slice(octets);
                }
                Turn::Server(line) => {
                    pump();
                    assert!(said.starts_with(line), "{said:?} does not start with {line:?}");
                    said.drain(..line.len());
                }
                Turn::Event(event) => {
                    pump();
                    assert!(!told.is_empty(), "no event where {event:?} is expected");
                    assert_eq!(&told.remove(0), event);
                }
                Turn::Flight => {}
                Turn::HangUp => client.recv_eof(),
            }
        }
    }

    fn run(self) -> Ended {
        self.step_by_step();
        // One flight for each stretch of what the server says.
        let mut flights: Vec<Vec<u8>> = Vec::new();
        let (mut said, mut told) = (String::new(), Vec::new());
        let mut fresh = true;
        for turn in &self.turns {
            match turn {
                Turn::Client(octets) if fresh => flights.push(octets.clone()),
                Turn::Client(octets) => flights.last_mut().unwrap().extend_from_slice(octets),
                Turn::Server(line) => said.push_str(line),
                Turn::Event(event) => told.push(event.clone()),
                Turn::Flight | Turn::HangUp => {}
            }
            fresh = !matches!(turn, Turn::Client(_)) && (fresh || matches!(turn, Turn::Server(_)));
        }
        let script: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
        let make = || sender(self.config.clone(), self.messages.clone());
        contract(make, &script);
        let replayed = cut_everywhere(make, &script, self.eof);
        assert_eq!(replayed.text(), said);
        assert_eq!(replayed.log, told);
        replayed.ended
    }
}

fn sender(
    config: client::Config,
    messages: Vec<(Envelope, Vec<Bytes>)>,
) -> (Client, impl FnMut(&mut Client, client::Event) -> Act) {
    use client::{Event, Outcome};
    let mut client = Client::new(config);
    let mut messages = messages.into_iter();
    let mut parts = Vec::new();
    let mut next = move |client: &mut Client, parts: &mut Vec<Bytes>| match messages.next() {
        Some((envelope, body)) => {
            *parts = body;
            parts.reverse();
            client.send(envelope).is_ok()
        }
        None => {
            client.close(Goodbye::Done);
            false
        }
    };
    next(&mut client, &mut parts);
    let act = move |client: &mut Client, event| match event {
        Event::WantBody { id, .. } => {
            let given = match parts.pop() {
                Some(part) if part == "fail" => client.body_failed(id),
                Some(part) => client.body(id, part),
                None => client.body_end(id),
            };
            match given {
                Ok(()) => Act::Quiet,
                Err(misuse) => Act::Log(misuse.to_string()),
            }
        }
        Event::Recipient { index, outcome, .. } => Act::Log(match outcome {
            Outcome::Accepted(reply) => format!("{index} accepted: {reply}"),
            Outcome::Refused { stage, reply } => {
                format!("{index} refused at {}: {reply}", stage.as_str())
            }
            Outcome::NotSent(why) => format!("{index} not sent: {why:?}"),
            Outcome::Unknown => format!("{index} unknown"),
        }),
        Event::Done { .. } => {
            next(client, &mut parts);
            Act::Quiet
        }
        Event::Ready => Act::Quiet,
        Event::Tls(_) => Act::Log("tls".to_owned()),
        Event::BodyEnough { .. } => Act::Log("enough".to_owned()),
        Event::Dropped { extension, .. } => Act::Log(format!("without {extension}")),
        Event::StartTlsHidden => Act::Log("STARTTLS hidden".to_owned()),
        Event::Answer { answer, .. } => Act::Log(match answer {
            Ok(reply) => format!("answer {reply}"),
            Err(why) => format!("no answer: {why}"),
        }),
        Event::Tolerated(defect) => Act::Log(format!("tolerated {defect}")),
        other => panic!("unknown event {other:?}"),
    };
    (client, act)
}
