//! What the tests of the client session share: dialogues that read as they stand in the RFCs, held
//! to the contract and cut at every offset.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use bytes::Buf;
use imap_proto::{
    FetchItem, FetchItems, MailboxName, Section, SequenceSet,
    client::{Client, Config, Event, Limits, PlaintextLogin, Tls},
};
use mail_errors::{Misuse, Secret};
use mail_sasl::Credentials;
use mail_wire::{
    Next, Session as _,
    testing::{Act, Ended, contract, cut_everywhere, pretend, start},
};

/// A greeting that tells what the server can do, so that nobody has to ask.
pub const HELLO: &str = "* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT ID NAMESPACE] ready";

/// The completion of a login that does so.
pub const WELCOME: &str =
    "OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT ID NAMESPACE] welcome";

pub fn tim() -> Credentials {
    Credentials::new("tim", Secret::from("tanstaaf")).expect("credentials")
}

pub fn name(text: &str) -> MailboxName<'static> {
    MailboxName::new(text.as_bytes().to_vec()).expect("a name")
}

pub fn set(wire: &'static str) -> SequenceSet<'static> {
    SequenceSet::parse(wire.as_bytes()).expect("a set")
}

pub fn whole() -> FetchItems<'static> {
    items(&[FetchItem::Section { section: Section::ALL, peek: true, partial: None }])
}

pub fn items(items: &[FetchItem<'static>]) -> FetchItems<'static> {
    FetchItems::new(items.iter().cloned()).expect("there is one")
}

/// No TLS, passwords in the clear, and every text of a message streamed.
pub fn clear() -> Config {
    let mut limits = Limits::default();
    limits.response.stream_from = 1;
    Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow).limits(limits)
}

/// Who says a line.
enum Line {
    Server(Vec<u8>),
    Client(Vec<u8>),
}

/// A dialogue between a scripted server and the session. All commands are given before it starts.
pub struct Dialogue {
    config: Config,
    give: fn(&mut Client) -> Result<(), Misuse>,
    act: fn(&mut Client, &Event),
    lines: Vec<Line>,
    eof: bool,
}

/// Starts a dialogue in which these commands are given.
pub fn dialogue(give: fn(&mut Client) -> Result<(), Misuse>) -> Dialogue {
    Dialogue { config: clear(), give, act: |_, _| {}, lines: Vec::new(), eof: false }
}

/// Starts a dialogue behind a login with the INBOX selected.
pub fn selected(give: fn(&mut Client) -> Result<(), Misuse>) -> Dialogue {
    dialogue(give)
        .s(HELLO)
        .c("A1 LOGIN tim tanstaaf")
        .s(&format!("A1 {WELCOME}"))
        .c("A2 SELECT INBOX")
        .s("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        .s("* 3 EXISTS")
        .s("* OK [UIDVALIDITY 3857529045] UIDs valid")
        .s("A2 OK [READ-WRITE] SELECT completed")
}

/// Logs in and selects the INBOX, as [`selected`] expects it.
pub fn enter(session: &mut Client) -> Result<(), Misuse> {
    session.log_in(tim())?;
    session.select(MailboxName::INBOX)?;
    Ok(())
}

impl Dialogue {
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// What the application does at an event.
    pub fn act(mut self, act: fn(&mut Client, &Event)) -> Self {
        self.act = act;
        self
    }

    /// The server says a line.
    pub fn s(self, line: &str) -> Self {
        self.raw(&format!("{line}\r\n"))
    }

    /// The server sends octets.
    pub fn raw(mut self, octets: &str) -> Self {
        self.lines.push(Line::Server(octets.as_bytes().to_vec()));
        self
    }

    /// The client says a line.
    pub fn c(mut self, line: &str) -> Self {
        self.lines.push(Line::Client(format!("{line}\r\n").into_bytes()));
        self
    }

    /// The client sends octets.
    pub fn c_raw(mut self, octets: &str) -> Self {
        self.lines.push(Line::Client(octets.as_bytes().to_vec()));
        self
    }

    /// The server hangs up.
    pub fn eof(mut self) -> Self {
        self.eof = true;
        self
    }

    /// Runs it whole, cut everywhere and under the contract; returns the events and the end.
    pub fn run(self) -> (Vec<String>, Ended) {
        self.walk();
        let flights = self.flights();
        let flights: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
        let make = || {
            let mut session = Client::new(self.config.clone());
            (self.give)(&mut session).expect("commands are taken");
            let act = self.act;
            (session, move |session: &mut Client, event: Event| {
                act(session, &event);
                show(&event)
            })
        };
        let replay = cut_everywhere(make, &flights, self.eof);
        contract(make, &flights);
        let said = self.lines.iter().filter_map(|line| match line {
            Line::Client(line) => Some(line.as_slice()),
            Line::Server(_) => None,
        });
        let said = said.collect::<Vec<_>>().concat();
        assert_eq!(replay.text(), String::from_utf8_lossy(&said), "{:#?}", replay.log);
        (replay.log, replay.ended)
    }

    /// Goes through it line by line: each of the client's comes before the server says the next.
    fn walk(&self) {
        let mut session = Client::new(self.config.clone());
        (self.give)(&mut session).expect("commands are taken");
        let mut out = Vec::new();
        for line in &self.lines {
            pump(&mut session, self.act, &mut out);
            match line {
                Line::Server(octets) => {
                    assert!(out.is_empty(), "unexpected: {}", out.escape_ascii());
                    session.buffers().0.extend_from_slice(octets);
                }
                Line::Client(octets) => {
                    let said = out.get(..octets.len()).unwrap_or(&out);
                    assert_eq!(said.escape_ascii().to_string(), octets.escape_ascii().to_string());
                    out.drain(..octets.len());
                }
            }
        }
        pump(&mut session, self.act, &mut out);
        assert!(out.is_empty(), "unexpected at the end: {}", out.escape_ascii());
    }

    /// What the server sends before the client speaks again, joined.
    fn flights(&self) -> Vec<Vec<u8>> {
        let mut flights: Vec<Vec<u8>> = Vec::new();
        let mut open = false;
        for line in &self.lines {
            match line {
                Line::Server(octets) if open => {
                    flights.last_mut().expect("it is open").extend_from_slice(octets);
                }
                Line::Server(octets) => flights.push(octets.clone()),
                Line::Client(_) => {}
            }
            open = matches!(line, Line::Server(_));
        }
        flights
    }
}

/// Asks until the session waits, and takes what it says.
pub fn pump(session: &mut Client, act: fn(&mut Client, &Event), out: &mut Vec<u8>) {
    loop {
        let answer = session.next_event(start());
        let sent = session.buffers().1;
        out.extend_from_slice(&sent.copy_to_bytes(sent.remaining()));
        match answer {
            Ok(Next::Event(event)) => act(session, &event),
            Ok(Next::Upgrade { to, .. }) => {
                if session.upgraded(pretend(to)).is_err() {
                    return;
                }
            }
            Ok(Next::NeedOutput { .. }) => {}
            Ok(Next::NeedInput { .. } | Next::NeedReply { .. } | Next::Closed) | Err(_) => return,
        }
    }
}

/// Writes an event into the log, shortly.
pub fn show(event: &Event) -> Act {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are short by themselves")]
    Act::Log(match event {
        Event::Body { octets, .. } => return Act::Piece("body", octets.to_vec()),
        Event::WantBody { .. } => return Act::Quiet,
        Event::Greeting(text) => format!("greeting {:?} {}", text.code(), text.text()),
        Event::Tls(_) => "tls".to_owned(),
        Event::Data { handle, response } => format!("{handle:?} {response:?}"),
        Event::Unsolicited(response) => format!("news {response:?}"),
        Event::BodyStart(body) => {
            format!("{:?} {} uid {:?} {:?}", body.handle, body.number, body.uid, body.attribute)
        }
        Event::Done { handle, status, text } => {
            format!("{handle:?} {} {}", status.as_str(), text.text())
        }
        Event::NotSent { handle, why } => format!("{handle:?} not sent: {why}"),
        Event::Bye(text) => format!("bye {}", text.text()),
        other => format!("{other:?}"),
    })
}

/// Returns the lines of the log that speak of a command, or hold a text.
pub fn lines_with<'a>(log: &'a [String], text: &str) -> Vec<&'a str> {
    log.iter().filter(|line| line.contains(text)).map(String::as_str).collect()
}
