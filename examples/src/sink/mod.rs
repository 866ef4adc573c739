//! A server that takes every message and does next to nothing with it, for testing clients and
//! measuring them: a counterpart of Postfix's `smtp-sink(1)`.

#![expect(clippy::wildcard_enum_match_arm, reason = "the events of the crates may become more")]

mod maildir;

use std::{
    io,
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mail_errors::{EnhancedStatusCode, Misuse, Reply, ReplyCode};
use mail_wire::{
    Session as _,
    drive::{Driven, tokio::drive},
};
use smtp_proto::{
    Verb,
    server::{Config, Event, Server, replies},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{sleep, timeout},
};

pub use maildir::{Maildir, Writing};

/// What a sink does with what comes.
#[derive(Debug)]
pub struct Sink {
    config: Arc<Config>,
    refusals: Refusals,
    maildir: Option<Maildir>,
    counts: Counts,
    /// After so many messages it has had enough.
    most: Option<u64>,
    enough: Notify,
}

/// At which points it says no.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Vec<(Stage, Reply)>);

/// A point at which a sink can say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The greeting.
    Connect,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA, or the first BDAT.
    Data,
    /// The end of the message.
    End,
    /// VRFY.
    Vrfy,
}

impl FromStr for Stage {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match &*text.to_ascii_uppercase() {
            "CONNECT" => Ok(Self::Connect),
            "MAIL" => Ok(Self::Mail),
            "RCPT" => Ok(Self::Rcpt),
            "DATA" | "BDAT" => Ok(Self::Data),
            "." | "END" => Ok(Self::End),
            "VRFY" => Ok(Self::Vrfy),
            _ => Err("one of CONNECT, MAIL, RCPT, DATA, . and VRFY"),
        }
    }
}

impl Refusals {
    /// Says no for good at this point.
    #[must_use]
    pub fn reject(self, stage: Stage) -> Self {
        self.with(stage, REJECTED)
    }

    /// Says no for now at this point; at the greeting this is 421 (RFC 5321 3.8).
    #[must_use]
    pub fn tempfail(self, stage: Stage) -> Self {
        self.with(stage, if stage == Stage::Connect { replies::OVERLOADED } else { PUT_OFF })
    }

    fn with(mut self, stage: Stage, reply: Reply) -> Self {
        self.0.push((stage, reply));
        self
    }

    fn at(&self, stage: Stage) -> Option<Reply> {
        self.0.iter().find(|(at, _)| *at == stage).map(|(_, reply)| reply.clone())
    }
}

/// What has come so far.
#[derive(Debug, Default)]
struct Counts {
    sessions: AtomicU64,
    open: AtomicU64,
    messages: AtomicU64,
    recipients: AtomicU64,
    octets: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
}

/// What has come so far, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counted {
    /// Connections.
    pub sessions: u64,
    /// Connections that are open.
    pub open: u64,
    /// Messages that were taken.
    pub messages: u64,
    /// Recipients that were taken, of all messages.
    pub recipients: u64,
    /// Octets of the messages that were taken.
    pub octets: u64,
    /// Commands, messages and connections that were refused.
    pub refused: u64,
    /// Connections that ended before their time.
    pub broken: u64,
}

impl Sink {
    /// Makes a sink that counts.
    #[must_use]
    pub fn new(config: Config, refusals: Refusals) -> Self {
        Self {
            config: config.into(),
            refusals,
            maildir: None,
            counts: Counts::default(),
            most: None,
            enough: Notify::new(),
        }
    }

    /// Stores the messages as well, `sync` on disk before each is taken.
    ///
    /// # Errors
    /// If there can be no Maildir at this place.
    pub fn storing(mut self, path: &Path, sync: bool) -> io::Result<Self> {
        self.maildir = Some(Maildir::open(path, sync)?);
        Ok(self)
    }

    /// Ends after so many messages.
    #[must_use]
    pub const fn ending_after(mut self, messages: u64) -> Self {
        self.most = Some(messages);
        self
    }

    /// Returns what has come so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { sessions, open, messages, recipients, octets, refused, broken } = &self.counts;
        Counted {
            sessions: of(sessions),
            open: of(open),
            messages: of(messages),
            recipients: of(recipients),
            octets: of(octets),
            refused: of(refused),
            broken: of(broken),
        }
    }

    /// Takes connections until it has had enough messages, and those that are open have ended, for
    /// which they have five seconds.
    pub async fn serve(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.enough.notified() => {
                    let _ = timeout(PATIENCE, self.drained()).await;
                    return;
                }
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let sink = Arc::clone(self);
                    sink.count(&sink.counts.sessions, 1);
                    sink.count(&sink.counts.open, 1);
                    tokio::spawn(async move { sink.session(stream).await });
                }
                // Out of descriptors, most likely: some will come back.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Waits until no connection is open.
    async fn drained(&self) {
        while self.counts.open.load(Ordering::Relaxed) > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn session(&self, mut stream: TcpStream) {
        // Answers are small, and nobody likes to wait for them.
        let _ = stream.set_nodelay(true);
        let mut server = self.server();
        let mut open = Open::default();
        loop {
            match drive(&mut server, &mut stream, None).await {
                Ok(Driven::Event(event)) => {
                    if self.act(&mut server, &mut open, event).is_err() {
                        server.close(mail_wire::Goodbye::InternalError);
                    }
                }
                Ok(Driven::Closed) => break,
                // There is no TLS here, and everything is answered at once.
                Ok(Driven::NeedReply | Driven::Upgrade(_) | Driven::Waited) | Err(_) => {
                    self.count(&self.counts.broken, 1);
                    break;
                }
            }
        }
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
    }

    fn server(&self) -> Server {
        let config = || Arc::clone(&self.config);
        let away = self.refusals.at(Stage::Connect);
        let away = away.and_then(|reply| Server::turning_away(config(), reply).ok());
        if away.is_some() {
            self.count(&self.counts.refused, 1);
        }
        away.unwrap_or_else(|| Server::new(config()))
    }

    fn act(&self, server: &mut Server, open: &mut Open, event: Event) -> Result<(), Misuse> {
        match event {
            Event::Mail(_) => {
                *open = Open::default();
                self.answer(server, Stage::Mail)?;
            }
            Event::Rcpt(_) => open.recipients += u64::from(self.answer(server, Stage::Rcpt)?),
            Event::Data => {
                let taken = self.answer(server, Stage::Data)?;
                if taken {
                    open.message = self.maildir.as_ref().map(Maildir::begin);
                }
            }
            Event::Body(octets) => open.write(&octets),
            Event::BodyEnd { octets, .. } => self.end(server, std::mem::take(open), octets)?,
            Event::BodyAborted(_) | Event::Reset => *open = Open::default(),
            Event::Verify(_) => {
                self.answer(server, Stage::Vrfy)?;
            }
            Event::Refused(_) => self.count(&self.counts.refused, 1),
            // HELP and EXPN, of which nothing follows.
            _ if server.owes().is_some() => server.accept()?,
            _ => {}
        }
        Ok(())
    }

    /// Answers yes, or as it was told. Tells which.
    fn answer(&self, server: &mut Server, stage: Stage) -> Result<bool, Misuse> {
        let Some(reply) = self.refusals.at(stage) else { return server.accept().map(|()| true) };
        self.count(&self.counts.refused, 1);
        server.reply(reply).map(|()| false)
    }

    fn end(&self, server: &mut Server, open: Open, octets: u64) -> Result<(), Misuse> {
        let reply = self.refusals.at(Stage::End).or_else(|| {
            let kept = open.message.map_or(Ok(()), |message| message.and_then(Writing::finish));
            kept.is_err().then_some(replies::LOCAL_ERROR)
        });
        let Some(reply) = reply else {
            self.count(&self.counts.recipients, open.recipients);
            self.count(&self.counts.octets, octets);
            let before = self.counts.messages.fetch_add(1, Ordering::Relaxed);
            if self.most.is_some_and(|most| before + 1 >= most) {
                self.enough.notify_one();
            }
            return each(server, Server::accept);
        };
        self.count(&self.counts.refused, 1);
        each(server, |server| server.reply(reply.clone()))
    }

    fn count(&self, what: &AtomicU64, more: u64) {
        what.fetch_add(more, Ordering::Relaxed);
    }
}

/// Answers the end of a message, in LMTP once for each recipient (RFC 2033 4.2).
fn each(
    server: &mut Server,
    mut answer: impl FnMut(&mut Server) -> Result<(), Misuse>,
) -> Result<(), Misuse> {
    while server.owes() == Some(Verb::EndOfData) {
        answer(server)?;
    }
    Ok(())
}

/// A message on its way in.
#[derive(Debug, Default)]
struct Open {
    recipients: u64,
    message: Option<io::Result<Writing>>,
}

impl Open {
    fn write(&mut self, octets: &[u8]) {
        if let Some(Ok(message)) = &mut self.message
            && let Err(error) = message.write(octets)
        {
            self.message = Some(Err(error));
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(5);

const REJECTED: Reply = Reply::fixed(
    ReplyCode::TRANSACTION_FAILED,
    Some(EnhancedStatusCode::POLICY),
    "refused for good, as asked for",
);
const PUT_OFF: Reply = Reply::fixed(
    ReplyCode::LOCAL_ERROR,
    Some(EnhancedStatusCode::PUT_OFF_BY_POLICY),
    "refused for now, as asked for",
);
