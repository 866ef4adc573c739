//! The client's end of the conversation.
//!
//! [`Client`] takes typed commands and answers each with a [`Handle`]; what the server says comes
//! back as [`Event`]s that bear the handle of the command that asked for it, and what nobody asked
//! for as [`Event::Unsolicited`]. It sets TLS up as its [`Config`] asks for, learns what the server
//! can do, chooses how to log in, keeps the [`Mailbox`] up to date, and sends together only what
//! is unambiguous together (RFC 9051 section 5.5). Commands may be given at any time, also all at
//! once: each goes out when its turn comes.
//!
//! ```
//! use std::time::Instant;
//!
//! use imap_proto::{
//!     FetchItem, FetchItems, MailboxName, Section, SequenceSet,
//!     client::{Config, Event, PlaintextLogin, Client, Tls},
//! };
//! use mail_errors::Secret;
//! use mail_sasl::Credentials;
//! use mail_wire::{Next, Session as _};
//!
//! // A server on loopback. The default is to insist on STARTTLS.
//! let config = Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow);
//! let mut session = Client::new(config);
//! session.log_in(Credentials::new("tim", Secret::from("tanstaaf"))?)?;
//! session.examine(MailboxName::INBOX)?;
//! let text = FetchItem::Section { section: Section::ALL, peek: true, partial: None };
//! let fetch = session.fetch(false, SequenceSet::ALL, FetchItems::new([FetchItem::Uid, text])?)?;
//! session.logout()?;
//!
//! // What the server says, all at once for brevity.
//! session.buffers().0.extend_from_slice(
//!     b"* OK [CAPABILITY IMAP4rev1] ready\r\n\
//!       A1 OK [CAPABILITY IMAP4rev1] welcome\r\n\
//!       * 1 EXISTS\r\nA2 OK [READ-ONLY] done\r\n\
//!       * 1 FETCH (UID 7 BODY[] {7}\r\nhello\r\n)\r\nA3 OK done\r\n\
//!       * BYE\r\nA4 OK done\r\n",
//! );
//! let mut mail = Vec::new();
//! # #[expect(clippy::disallowed_methods)]
//! let now = Instant::now();
//! while let Next::Event(event) = session.next_event(now)? {
//!     match event {
//!         Event::BodyStart(start) => assert_eq!(start.uid.map(|uid| uid.get()), Some(7)),
//!         Event::Body { handle, octets } if handle == fetch => mail.extend_from_slice(&octets),
//!         Event::NotSent { why, .. } => panic!("{why}"),
//!         _ => {}
//!     }
//! }
//! assert_eq!(mail, b"hello\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Not supported
//!
//! CONDSTORE, QRESYNC, UIDONLY, NOTIFY, MULTIAPPEND, CATENATE, BINARY in APPEND, COMPRESS; ENVELOPE
//! and BODYSTRUCTURE come [raw](crate::Raw).

mod answer;
mod commands;
mod config;
mod error;
mod event;
mod login;
mod mailbox;
mod plan;
mod read;
mod route;
mod send;
mod timer;

use std::{collections::VecDeque, time::Instant};

use bytes::BytesMut;
use mail_sasl::{ChannelBindings, Nonce};
use mail_wire::{Goodbye, Next, SendBuffer, Session, Upgrade, Upgraded};

use crate::{Capabilities, State, binding::bindings, clock::Clock, frame::ResponseFramer};
use plan::{Ending, InFlight, Queued, Stage};
use timer::Timer;

pub use commands::{AppendMessage, StoreFlags};
pub use config::{Config, Limits, PlaintextLogin, Tls};
pub use error::{ClientError, Pending};
pub use event::{BodyStart, Event, Handle, NotSent};
pub use mailbox::Mailbox;

/// The client's end of one conversation; see the [module](self) for the loop.
///
/// * **Input and output**: the methods of [`mail_wire::Session`].
/// * **Commands**: [`log_in`](Self::log_in), [`select`](Self::select), [`fetch`](Self::fetch) and
///   so on, at any time; [`forget`](Self::forget) and [`done`](Self::done) take them back.
/// * **Answers**: [`body`](Self::body), [`body_end`](Self::body_end) and
///   [`body_failed`](Self::body_failed) for [`Event::WantBody`].
/// * **Getters**: [`state`](Self::state), [`capabilities`](Self::capabilities),
///   [`mailbox`](Self::mailbox), [`is_secured`](Self::is_secured).
#[derive(Debug)]
pub struct Client {
    config: Config,
    input: BytesMut,
    out: SendBuffer,
    framer: ResponseFramer,
    eof: bool,
    phase: Phase,
    state: State,
    secured: bool,
    /// What an exchange can be bound to.
    bindings: ChannelBindings,
    nonce: Option<Nonce>,
    /// The server has refused STARTTLS, and the configuration bears it.
    no_tls: bool,
    /// What the server can do; not known at first, and after TLS and login.
    capabilities: Option<Capabilities<'static>>,
    /// They were told after the login command was sent.
    told_since_login: bool,
    mailbox: Option<Mailbox>,
    /// The mailbox that a SELECT in flight opens.
    opening: Option<Mailbox>,
    queue: VecDeque<Queued>,
    flight: VecDeque<InFlight>,
    /// The FETCH response whose texts are coming in pieces.
    text: Option<read::Text>,
    /// The IDLE that has been told to run.
    idling: Option<Handle>,
    events: VecDeque<Event>,
    closing: bool,
    said_bye: bool,
    end: Option<Result<(), ClientError>>,
    clock: Clock<Timer>,
    tags: u64,
    handles: u64,
    /// How many messages have been expunged so far: numbers from before name others now.
    expunges: u64,
    malformed: u32,
}

/// How far the session has been set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// TLS comes before the greeting.
    Handshake,
    Greeting,
    /// Capabilities and TLS.
    SettingUp,
    /// The OK to STARTTLS has come.
    StartTls,
    /// Commands of the application go out.
    Ready,
}

impl Client {
    /// Starts a conversation, before its first octet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let framer = ResponseFramer::new(config.limits.response, config.profile);
        let phase = match config.tls {
            Tls::Implicit => Phase::Handshake,
            Tls::Never | Tls::Opportunistic | Tls::Required => Phase::Greeting,
        };
        Self {
            config,
            input: BytesMut::new(),
            out: SendBuffer::new(),
            framer,
            eof: false,
            phase,
            state: State::Connected,
            secured: false,
            bindings: ChannelBindings::new(),
            nonce: None,
            no_tls: false,
            capabilities: None,
            told_since_login: false,
            mailbox: None,
            opening: None,
            queue: VecDeque::new(),
            flight: VecDeque::new(),
            text: None,
            idling: None,
            events: VecDeque::new(),
            closing: false,
            said_bye: false,
            end: None,
            clock: Clock::new(),
            tags: 0,
            handles: 0,
            expunges: 0,
            malformed: 0,
        }
    }

    /// Returns where the conversation stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Returns what the server can do, as it last said; `None` while that is not known.
    #[must_use]
    pub const fn capabilities(&self) -> Option<&Capabilities<'static>> {
        self.capabilities.as_ref()
    }

    /// Returns the mailbox that is selected.
    #[must_use]
    pub const fn mailbox(&self) -> Option<&Mailbox> {
        self.mailbox.as_ref()
    }

    /// Tells whether TLS was put in by this session.
    #[must_use]
    pub const fn is_secured(&self) -> bool {
        self.secured
    }

    /// Tells whether nothing that was given waits or is under way, but for an IDLE.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let idles = |command: &InFlight| matches!(command.stage, Stage::Idle { ending: None, .. });
        self.phase == Phase::Ready && self.queue.is_empty() && self.flight.iter().all(idles)
    }

    /// Asks for the layer that is due, and for nothing else until it is there.
    fn upgrade(&mut self, now: Instant) -> Option<Next<Event>> {
        if !matches!(self.phase, Phase::Handshake | Phase::StartTls) || self.end.is_some() {
            return None;
        }
        if !self.input.is_empty() {
            // RFC 9051 11.1: somebody put them behind the OK.
            self.fail(ClientError::Injected { octets: self.input.len() });
            return None;
        }
        if self.eof {
            self.fail(ClientError::Truncated("the TLS handshake"));
            return None;
        }
        self.clock.start(Pending::Handshake, self.config.limits.handshake, now);
        let until = self.clock.until(self.config.limits.reading);
        Some(Next::Upgrade { to: Upgrade::Tls, until })
    }

    /// Lets the deadlines run that are due while input is awaited.
    fn set_deadlines(&mut self, now: Instant) {
        let greeting = self.phase == Phase::Greeting;
        let answer = self.flight.iter().any(|command| match command.stage {
            Stage::Body { .. } | Stage::Idle { running: true, ending: None } => false,
            Stage::Sent
            | Stage::Literals { .. }
            | Stage::Sasl(_)
            | Stage::Cancelled
            | Stage::Idle { .. } => true,
        });
        let in_text = self.framer.is_in_literal();
        let partly = !self.input.is_empty() || !self.framer.is_between_responses();
        let limits = &self.config.limits;
        self.clock.watch(now, &self.out);
        self.clock.run(Pending::Greeting, greeting, limits.greeting, now);
        self.clock.run(Pending::Answer, answer && !in_text, limits.answer, now);
        self.clock.run(Pending::RestOfResponse, partly && !in_text, limits.rest_of_response, now);
    }

    /// A deadline went off.
    fn late(&mut self, timer: Timer) {
        match timer {
            Timer::Idle => self.end_idle(Ending::Again),
            Timer::Late(Pending::Reading) => {
                self.out.discard();
                self.fail(ClientError::TimedOut(Pending::Reading));
            }
            Timer::Late(what) => self.fail(ClientError::TimedOut(what)),
        }
    }

    /// Ends the conversation for a reason; what is known has been told before the error is.
    fn fail(&mut self, error: ClientError) {
        if let ClientError::TornBody { .. } = error {
            // Nothing that could pass for the end of the message may leave any more.
            self.out.discard();
        }
        self.finish_with(Err(error));
    }

    /// Ends the conversation in good order.
    fn close_now(&mut self) {
        self.finish_with(Ok(()));
    }

    fn finish_with(&mut self, end: Result<(), ClientError>) {
        if self.end.is_some() {
            return;
        }
        if let Some(route::Asker::Command(handle)) = self.wanted_text() {
            self.events.push_back(Event::BodyAborted { handle });
        }
        self.drop_queue();
        self.flight.clear();
        self.text = None;
        (self.mailbox, self.opening) = (None, None);
        self.state = State::Logout;
        self.clock = Clock::new();
        self.input = BytesMut::new();
        self.end = Some(end);
    }

    fn drop_queue(&mut self) {
        for Queued { handle, .. } in std::mem::take(&mut self.queue) {
            self.events.push_back(Event::NotSent { handle, why: NotSent::Over });
        }
    }
}

impl Session for Client {
    type Event = Event;
    type Error = ClientError;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        (&mut self.input, &mut self.out)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, ClientError> {
        self.clock.resume(now);
        loop {
            if self.end.is_none() {
                if let Some(timer) = self.clock.tick(now, &self.out, self.config.limits.reading) {
                    self.late(timer);
                    continue;
                }
                if self.out.len() > self.config.limits.output {
                    let until = self.clock.until(self.config.limits.reading);
                    return Ok(Next::NeedOutput { until });
                }
            }
            if let Some(event) = self.events.pop_front() {
                self.clock.pause(now);
                return Ok(Next::Event(event));
            }
            match &self.end {
                Some(Ok(())) => return Ok(Next::Closed),
                Some(Err(error)) => return Err(error.clone()),
                None => {}
            }
            if let Some(upgrade) = self.upgrade(now) {
                return Ok(upgrade);
            }
            self.send_what_may();
            if !self.events.is_empty() || self.end.is_some() || self.read(now) {
                continue;
            }
            self.set_deadlines(now);
            let until = self.clock.until(self.config.limits.reading);
            return Ok(Next::NeedInput { until });
        }
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), ClientError> {
        let error = match (to, self.phase) {
            (_, Phase::Handshake | Phase::StartTls) if !self.input.is_empty() => {
                ClientError::Injected { octets: self.input.len() }
            }
            (Upgraded::Tls(info), Phase::Handshake | Phase::StartTls) if self.end.is_none() => {
                let implicit = self.phase == Phase::Handshake;
                self.phase = if implicit { Phase::Greeting } else { Phase::SettingUp };
                self.secured = true;
                self.bindings = bindings(&info);
                // RFC 9051 6.2.1: what was learnt in the clear is forgotten.
                self.capabilities = None;
                self.clock.stop(Pending::Handshake);
                self.events.push_back(Event::Tls(info));
                return Ok(());
            }
            _ => ClientError::UnaskedUpgrade,
        };
        self.fail(error.clone());
        Err(error)
    }

    fn close(&mut self, _: Goodbye) {
        if self.end.is_some() || std::mem::replace(&mut self.closing, true) {
            return;
        }
        self.drop_queue();
        if matches!(self.phase, Phase::Handshake | Phase::Greeting | Phase::StartTls) {
            self.close_now();
        }
    }
}
