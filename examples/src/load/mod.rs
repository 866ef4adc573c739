//! A client that sends many messages over many connections at once, to measure who takes them: a
//! counterpart of Postfix's `smtp-source(1)`.

#![expect(clippy::wildcard_enum_match_arm, reason = "the events of the crates may become more")]

mod latency;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use mail_errors::Misuse;
use mail_wire::{
    Goodbye, Session as _,
    drive::{DriveError, Driven, tokio::drive},
};
use smtp_proto::{
    Extension,
    client::{self, Chunking, Client, Config, Envelope, Event, Outcome},
};
use tokio::net::TcpStream;

use crate::office::clock;

pub use latency::Latencies;

/// What is to be sent, and how.
#[derive(Debug, Clone)]
pub struct Load {
    /// Where to.
    pub server: SocketAddr,
    /// How each connection is set up.
    pub config: Config,
    /// Whether messages go by BDAT, or nothing goes.
    pub bdat: bool,
    /// From whom, to whom.
    pub envelope: Envelope,
    /// The message, lines ended by CRLF.
    pub message: Bytes,
    /// How many connections at once.
    pub sessions: usize,
    /// How many messages altogether.
    pub messages: u64,
    /// How many of them over one connection, at most.
    pub per_connection: u64,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// Messages that were taken for every recipient.
    pub accepted: u64,
    /// Messages that were refused for some recipient, for good, or that the server has no way for.
    pub rejected: u64,
    /// Messages that were refused for some recipient for now and for none for good, or not sent.
    pub put_off: u64,
    /// Why connections ended before their time; the first few reasons.
    pub errors: Vec<String>,
    /// How long it took altogether.
    pub time: Duration,
    /// How long each message took, from its MAIL, or the connection it needs, to the last answer.
    pub latencies: Latencies,
}

/// The worst that became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Accepted,
    PutOff,
    Rejected,
}

/// Makes a message of so many octets: a header, and lines of 78.
#[must_use]
pub fn message(octets: usize) -> Bytes {
    let mut message = b"From: <load@load.example>\r\nSubject: load\r\n\r\n".to_vec();
    while message.len() + 2 < octets {
        let line = (octets - message.len() - 2).min(78);
        message.resize(message.len() + line, b'X');
        message.extend_from_slice(b"\r\n");
    }
    message.into()
}

/// Sends it all.
pub async fn run(load: Load) -> Report {
    let (load, sent) = (Arc::new(load), Arc::new(AtomicU64::new(0)));
    let began = clock::monotonic();
    let sessions: Vec<_> = (0..load.sessions)
        .map(|_| tokio::spawn(session(Arc::clone(&load), Arc::clone(&sent))))
        .collect();
    let mut report = Report::default();
    for session in sessions {
        match session.await {
            Ok(one) => report.add(one),
            Err(error) => report.failed(error.to_string()),
        }
    }
    report.time = clock::monotonic() - began;
    // Whatever no session got to was not sent either.
    report.put_off += load.messages.saturating_sub(sent.load(Ordering::Relaxed));
    report
}

/// One connection after the other, until all is sent or one fails.
async fn session(load: Arc<Load>, sent: Arc<AtomicU64>) -> Report {
    let mut conversation = Conversation {
        load: &load,
        sent: &sent,
        is_claimed: false,
        began: clock::monotonic(),
        fate: Fate::Accepted,
        left: 0,
        report: Report::default(),
    };
    conversation.claim();
    while conversation.is_claimed {
        if let Err(error) = conversation.connect().await {
            if conversation.is_claimed {
                let for_good = matches!(error, Broken::NoChunks);
                conversation.report.count(if for_good { Fate::Rejected } else { Fate::PutOff });
            }
            conversation.report.failed(error.to_string());
            break;
        }
    }
    conversation.report
}

/// What goes on in one session, over one connection after the other.
struct Conversation<'a> {
    load: &'a Load,
    /// How many messages all sessions have claimed.
    sent: &'a AtomicU64,
    /// One has been claimed here, and what became of it is not known.
    is_claimed: bool,
    began: Instant,
    fate: Fate,
    /// How many messages this connection may still take.
    left: u64,
    report: Report,
}

impl Conversation<'_> {
    /// Takes the next message on, if there is one.
    fn claim(&mut self) {
        self.is_claimed = self.sent.fetch_add(1, Ordering::Relaxed) < self.load.messages;
        self.began = clock::monotonic();
        self.fate = Fate::Accepted;
    }

    /// Sends messages over one connection, as many as there are and it may take.
    async fn connect(&mut self) -> Result<(), Broken> {
        let mut stream = TcpStream::connect(self.load.server).await?;
        // Commands are small, and nobody likes to wait for their answers.
        let _ = stream.set_nodelay(true);
        let chunking = if self.load.bdat { Chunking::Offered } else { Chunking::Never };
        let mut client = Client::new(self.load.config.clone().chunking(chunking));
        client.send(self.load.envelope.clone())?;
        self.left = self.load.per_connection;
        loop {
            match drive(&mut client, &mut stream, None).await? {
                Driven::Event(event) => self.act(&mut client, event)?,
                Driven::Closed => return Ok(()),
                // No layer is asked for, and everything is answered at once.
                Driven::NeedReply | Driven::Upgrade(_) | Driven::Waited => {
                    client.close(Goodbye::InternalError);
                }
            }
        }
    }

    fn act(&mut self, client: &mut Client, event: Event) -> Result<(), Broken> {
        match event {
            Event::Ready
                if self.load.bdat && !client.capabilities().offers(Extension::Chunking) =>
            {
                Err(Broken::NoChunks)
            }
            Event::WantBody { id, .. } => {
                client.body(id, self.load.message.clone())?;
                Ok(client.body_end(id)?)
            }
            Event::Recipient { outcome, .. } => {
                self.fate = self.fate.max(fate(&outcome));
                Ok(())
            }
            Event::Done { .. } => {
                self.report.count(self.fate);
                self.report.latencies.add(clock::monotonic() - self.began);
                self.left = self.left.saturating_sub(1);
                self.claim();
                if self.is_claimed && self.left > 0 {
                    client.send(self.load.envelope.clone())?;
                    return Ok(());
                }
                client.close(Goodbye::Done);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Why a connection was of no use any more.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Connect(#[from] io::Error),
    #[error(transparent)]
    Drive(#[from] DriveError<client::Error>),
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// RFC 3030 2: without the offer there is no BDAT.
    #[error("the server does not offer CHUNKING, so there is no BDAT")]
    NoChunks,
}

const fn fate(outcome: &Outcome) -> Fate {
    match outcome {
        Outcome::Accepted(_) => Fate::Accepted,
        Outcome::Refused { reply, .. } if reply.is_permanent() => Fate::Rejected,
        Outcome::Refused { .. } | Outcome::NotSent(_) | Outcome::Unknown => Fate::PutOff,
    }
}

impl Report {
    fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Accepted => self.accepted += 1,
            Fate::PutOff => self.put_off += 1,
            Fate::Rejected => self.rejected += 1,
        }
    }

    fn failed(&mut self, error: String) {
        if self.errors.len() < ERRORS && !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.put_off += other.put_off;
        self.latencies.join(other.latencies);
        for error in other.errors {
            self.failed(error);
        }
    }
}

/// How many errors are told.
const ERRORS: usize = 5;
