//! Dialogues in files, `tests/data/rfcNNNN.txt`, as RFCs print them. A file has any number:
//!
//! ```text
//! # Free text, up to the next line of another sort.
//! [4.1] where it stands in the RFC, "own" if the RFC shows none, and "client" if no server of ours
//!       would say so; and what it shows
//! S: 220 host what the server says
//! C: EHLO laptop what the client says; CRLF follows
//! B: what the client says without CRLF, with \r \n \0 \t \\ and \xff in it
//! E: from <a@b> SIZE=7     what the server's session tells its application
//! A: 550 5.1.1 no        what the application answers to that; it says yes where none stands
//! X: whatever is for the client's side of the test alone
//! ```
//!
//! The server that is tested offers what the file's reply to EHLO offers. Its words are its own, so
//! that of a reply the code counts, of an offer the keyword, and of what the application says all.

#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::{collections::VecDeque, fmt::Write as _};

use bytes::BytesMut;
use mail_errors::Reply;
use mail_sasl::Mechanism;
use mail_wire::{
    proxy::{Network, Trusted},
    testing::Act,
};
use smtp_proto::{
    Capabilities, Domain, Extension, Profile, Read, ReplyReader, Severity, State, Verb,
    limits::ServerLimits,
    parse,
    server::{Config, Event, Server, TlsUse},
    transitions,
};

/// One dialogue.
#[derive(Debug, Clone)]
pub struct Script {
    pub file: &'static str,
    pub title: String,
    pub turns: Vec<Turn>,
    /// The lines behind `X:`.
    pub client: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Octets from the client.
    Client(Vec<u8>),
    /// A whole reply.
    Server(Reply),
    /// What the application is told, and what it answers.
    Event(String, Vec<Reply>),
}

/// Reads the dialogues of a file.
pub fn scripts(file: &'static str, text: &str) -> Vec<Script> {
    let mut all: Vec<Script> = Vec::new();
    let mut reply = String::new();
    for (number, line) in text.lines().enumerate() {
        let at = || format!("{file}, line {}", number + 1);
        if let Some(title) = line.strip_prefix('[') {
            let title = format!("[{title}");
            all.push(Script { file, title, turns: Vec::new(), client: Vec::new() });
            continue;
        }
        let Some((kind, rest)) = line.split_once(':') else {
            assert!(line.trim().is_empty() || all.is_empty() || line.starts_with('#'), "{}", at());
            continue;
        };
        if line.starts_with('#') {
            continue;
        }
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let script = all.last_mut().unwrap_or_else(|| panic!("{}: no title", at()));
        let turns = &mut script.turns;
        match kind {
            "S" => {
                let _ = write!(reply, "{rest}\r\n");
                if rest.as_bytes().get(3) != Some(&b'-') {
                    turns.push(Turn::Server(read_reply(&std::mem::take(&mut reply))));
                }
            }
            "C" => turns.push(Turn::Client([rest.as_bytes(), b"\r\n"].concat())),
            "B" => turns.push(Turn::Client(unescape(rest))),
            "E" => turns.push(Turn::Event(rest.to_owned(), Vec::new())),
            "A" => match turns.last_mut() {
                Some(Turn::Event(_, answers)) => {
                    answers.push(read_reply(&format!("{rest}\r\n")));
                }
                other => panic!("{}: answers {other:?}", at()),
            },
            "X" => script.client.push(rest.to_owned()),
            _ => panic!("{}: {line}", at()),
        }
    }
    assert!(!all.is_empty(), "{file} has no dialogue");
    all
}

fn read_reply(text: &str) -> Reply {
    let mut reader = ReplyReader::new(Profile::STRICT, 4096, 64 * 1024);
    match reader.next(&mut BytesMut::from(text)) {
        Ok(Read::Reply(reply, _)) => reply,
        other => panic!("{text:?}: {other:?}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        (out, rest) = match (octet, behind) {
            (b'\\', [b'x', a, b, behind @ ..]) => {
                let digits = [*a, *b];
                let hex = std::str::from_utf8(&digits).unwrap();
                out.push(u8::from_str_radix(hex, 16).unwrap());
                (out, behind)
            }
            (b'\\', [what, behind @ ..]) => {
                out.push(match what {
                    b'r' => b'\r',
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'0' => 0,
                    b'\\' => b'\\',
                    other => panic!("\\{} is no escape", char::from(*other)),
                });
                (out, behind)
            }
            _ => {
                out.push(octet);
                (out, behind)
            }
        };
    }
    out
}

impl Script {
    /// What the client says, in the flights between which it has to wait: it cannot send what comes
    /// under TLS before there is any.
    pub fn flights(&self) -> Vec<Vec<u8>> {
        let mut flights = vec![Vec::new()];
        for turn in &self.turns {
            if let Turn::Client(octets) = turn {
                flights.last_mut().unwrap().extend_from_slice(octets);
                if octets.eq_ignore_ascii_case(b"STARTTLS\r\n") {
                    flights.push(Vec::new());
                }
            }
        }
        flights.retain(|flight| !flight.is_empty());
        flights
    }

    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Server(reply) => Some(reply),
            Turn::Client(_) | Turn::Event(..) => None,
        })
    }

    /// For each reply: are these the application's words?
    pub fn given(&self) -> Vec<bool> {
        let mut owed = VecDeque::new();
        let mut given = Vec::new();
        for turn in &self.turns {
            match turn {
                Turn::Event(_, answers) => owed.extend(answers),
                Turn::Server(reply) if owed.front() == Some(&reply) => {
                    owed.pop_front();
                    given.push(true);
                }
                Turn::Server(_) => given.push(false),
                Turn::Client(_) => {}
            }
        }
        assert!(owed.is_empty(), "{}: {owed:?} is not said", self.title);
        given
    }

    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Event(event, _) => Some(event.as_str()),
            Turn::Client(_) | Turn::Server(_) => None,
        })
    }

    /// What the file's server offers, under TLS if it starts that.
    pub fn offered(&self) -> Capabilities {
        self.hellos().last().unwrap_or_default()
    }

    fn hellos(&self) -> impl Iterator<Item = Capabilities> {
        let is_hello = |octets: &[u8]| {
            matches!(octets.get(..4), Some(verb) if verb.eq_ignore_ascii_case(b"EHLO")
                || verb.eq_ignore_ascii_case(b"LHLO"))
        };
        self.turns.windows(2).filter_map(move |turns| match turns {
            [Turn::Client(said), Turn::Server(reply)] if is_hello(said) => {
                Some(Capabilities::read(reply))
            }
            _ => None,
        })
    }

    /// The server that the file shows.
    pub fn config(&self) -> Config {
        let greeting = self.replies().next().unwrap().text_lossy();
        let host = greeting.split(' ').next().unwrap_or_default();
        let host = Domain::parse(host).unwrap_or_else(|_| Domain::parse("mx.example").unwrap());
        let mut config = Config::new(&host);
        for extension in Extension::ALL {
            config = config.without(*extension);
        }
        let anybody = || Trusted::new([Network::parse("0.0.0.0/0").unwrap()]);
        for hello in self.hellos() {
            for offer in hello.iter() {
                config = match offer.extension() {
                    Some(Extension::StartTls) => config.tls(TlsUse::Offered),
                    Some(Extension::Auth) => config.auth(&Mechanism::PASSWORD),
                    Some(Extension::Xclient) => config.xclient(anybody()),
                    Some(Extension::Xforward) => config.xforward(anybody()),
                    _ => config.offer(offer.into_owned()),
                };
            }
            if let Some(message) = hello.largest_message() {
                config = config.limits(ServerLimits { message, ..ServerLimits::default() });
            }
        }
        let is_lmtp = |turn: &Turn| matches!(turn, Turn::Client(said) if said.to_ascii_uppercase().starts_with(b"LHLO"));
        if self.turns.iter().any(is_lmtp) { config.lmtp() } else { config }
    }

    /// An application that answers as the file has it, and says what it was told.
    pub fn application(&self) -> impl FnMut(&mut Server, Event) -> Act {
        let mut answers: VecDeque<(String, Vec<Reply>)> = self
            .turns
            .iter()
            .filter_map(|turn| match turn {
                Turn::Event(event, answers) => Some((event.clone(), answers.clone())),
                Turn::Client(_) | Turn::Server(_) => None,
            })
            .collect();
        let mut body = Vec::new();
        move |server, event| {
            let told = match &event {
                Event::Body(octets) => {
                    body.extend_from_slice(octets);
                    return Act::Quiet;
                }
                Event::BodyEnd { octets } => {
                    assert_eq!(*octets, body.len() as u64);
                    Some(format!("message {}", std::mem::take(&mut body).escape_ascii()))
                }
                Event::BodyAborted(why) => {
                    body.clear();
                    Some(format!("aborted {why:?}"))
                }
                other => tell(other),
            };
            // DATA is told where the file answers it.
            let is_next = |told: &String| answers.front().is_some_and(|(event, _)| event == told);
            let told = told.filter(|told| told != "data" || is_next(told));
            let mut given = Vec::new();
            if let Some(told) = &told
                && answers.front().is_some_and(|(event, _)| event == told)
            {
                given = answers.pop_front().unwrap().1;
                given.reverse();
            }
            while server.owes().is_some() {
                match given.pop() {
                    Some(reply) => server.reply(reply).unwrap(),
                    None => server.accept().unwrap(),
                }
            }
            told.map_or(Act::Quiet, Act::Log)
        }
    }

    /// Where the conversation stands at its end, as the table has it and who reads along sees it.
    pub fn end(&self) -> State {
        let mut state = State::Connected;
        let mut asked = VecDeque::from([Verb::Connect]);
        let (mut chunk, mut recipients) = (0, 0);
        for turn in &self.turns {
            match turn {
                Turn::Client(octets) if chunk > 0 => {
                    assert!(octets.len() as u64 <= chunk, "{}: a chunk too long", self.title);
                    chunk -= octets.len() as u64;
                }
                Turn::Client(octets) => match state {
                    State::Message if octets == b".\r\n" => asked.push_back(Verb::EndOfData),
                    State::Message => {}
                    State::Authenticating => asked.push_back(Verb::AuthResponse),
                    _ => {
                        let line = octets.strip_suffix(b"\r\n").unwrap();
                        let mut verb = parse::verb(line).unwrap_or(Verb::Noop);
                        if verb == Verb::Bdat {
                            let line = line.to_ascii_uppercase();
                            let size = line.split(|octet| *octet == b' ').nth(1).unwrap();
                            chunk = std::str::from_utf8(size).unwrap().parse().unwrap();
                            if line.ends_with(b" LAST") {
                                verb = Verb::LastChunk;
                            }
                        }
                        asked.push_back(verb);
                    }
                },
                Turn::Server(reply) => {
                    assert_eq!(chunk, 0, "{}: a chunk too short", self.title);
                    let verb = *asked.front().unwrap_or(&Verb::Noop);
                    let severity = Severity::from(reply);
                    recipients = match (verb, severity) {
                        (Verb::Mail, _) => 0,
                        (Verb::Rcpt, Severity::Done) => recipients + 1,
                        // RFC 2033 4.2: one reply for each recipient.
                        (Verb::EndOfData | Verb::LastChunk, _)
                            if self.config_is_lmtp() && recipients > 1 =>
                        {
                            recipients -= 1;
                            continue;
                        }
                        _ => recipients,
                    };
                    asked.pop_front();
                    let next = transitions()
                        .find(|one| (one.from, one.verb, one.severity) == (state, verb, severity));
                    state = next.map_or(state, |one| one.to);
                    if state == State::Handshake {
                        state = State::Greeted;
                    }
                }
                Turn::Event(..) => {}
            }
        }
        assert!(asked.is_empty(), "{}: no reply to {asked:?}", self.title);
        state
    }

    fn config_is_lmtp(&self) -> bool {
        self.turns.iter().any(|turn| {
            matches!(turn, Turn::Client(said) if said.to_ascii_uppercase().starts_with(b"LHLO"))
        })
    }
}

/// What a file says of an event; what a file is silent of, if nothing.
fn tell(event: &Event) -> Option<String> {
    let with = |path: String, params: String| match params.is_empty() {
        true => path,
        false => format!("{path} {params}"),
    };
    Some(match event {
        Event::Mail(mail) => {
            let params = mail.params().to_string();
            format!("from {}", with(mail.reverse_path().to_string(), params))
        }
        Event::Rcpt(rcpt) => {
            let params = rcpt.params().to_string();
            format!("to {}", with(rcpt.forward_path().to_string(), params))
        }
        Event::Data => "data".to_owned(),
        Event::Auth { mechanism, .. } => format!("auth {mechanism}"),
        Event::Verify(whom) => format!("verify {}", whom.as_str()),
        Event::Expand(list) => format!("expand {}", list.as_str()),
        Event::Help(topic) => format!("help {}", topic.as_ref().map_or("", |text| text.as_str())),
        Event::Etrn(turn) => format!("etrn {}", turn.as_wire()),
        Event::Xclient(facts) => format!("xclient {}", facts.as_wire().escape_ascii()),
        Event::Xforward(facts) => format!("xforward {}", facts.as_wire().escape_ascii()),
        Event::Tls(_) => "tls".to_owned(),
        Event::Reset => "reset".to_owned(),
        Event::Refused(refused) => {
            let verb = refused.verb().map_or("?", |verb| verb.as_str());
            format!("refused {verb}")
        }
        Event::Tolerated(defect) => format!("tolerated {defect}"),
        _ => return None,
    })
}
