//! The server's end of a conversation.

mod answer;
mod auth;
mod body;
mod command;
mod config;
mod error;
mod event;
pub mod replies;

use std::{collections::VecDeque, fmt, sync::Arc, time::Instant};

use bytes::{Buf, BytesMut};
use mail_errors::{Misuse, ParseError, Reply, ReplyClass, ReplyCode};
use mail_wire::{
    BODY_BLOCK, COMMAND_BLOCK, Goodbye, Line, LineFramer, LineLimits, Next, SendBuffer, Session,
    Upgrade, Upgraded, grammar::cut, reserve_block,
};

use crate::{Outcome, State, Verb, clock::Clock, encode, limits, state::after};

use answer::Owed;
use auth::Authentication;
use body::Incoming;

pub use config::{Config, TlsUse};
pub use error::Error;
pub use event::{Aborted, Event, Mail, Rcpt, Refused};

/// The server's end of a conversation.
///
/// * **Making one**: [`new`](Self::new), [`turning_away`](Self::turning_away).
/// * **Answers**: [`accept`](Self::accept), [`reply`](Self::reply).
/// * **Getters**: [`owes`](Self::owes), [`state`](Self::state), [`is_tls`](Self::is_tls),
///   [`is_authenticated`](Self::is_authenticated).
/// * **Driving it**: its [`Session`], which see for the loop and the order of answers.
///
/// It greets, answers EHLO, STARTTLS, NOOP, RSET, HELP and QUIT, refuses what is malformed or out
/// of place, keeps the limits, and asks its application about the rest. Nothing behind an
/// unanswered command is looked at. Whatever is [owed](Self::owes) can be answered at once or much
/// later.
///
/// ```
/// # use bytes::Buf;
/// use mail_wire::{Next, Session, drive::blocking};
/// use smtp_proto::{Domain, server::{Config, Event, Server, replies}};
///
/// let mut server = Server::new(Config::new(&Domain::parse("mx.example.com")?));
/// let mut message = Vec::new();
/// # let mut client = "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHi!\r\n.\r\nQUIT\r\n";
/// # let mut said = Vec::new();
/// # let now = mail_wire::testing::start();
/// loop {
///     // A driver does this: `match blocking::drive(&mut server, &mut stream, None)?`
///     match server.next_event(now)? {
///         Next::Event(event) => match event {
///             Event::Rcpt(to) if to.forward_path().to_string() != "<c@d>" => {
///                 server.reply(replies::NO_SUCH_MAILBOX)?;
///             }
///             Event::Mail(_) | Event::Rcpt(_) | Event::Data => server.accept()?,
///             Event::Body(octets) => message.extend_from_slice(&octets),
///             // Only now is the message ours: `accept` says that it is safe.
///             Event::BodyEnd { .. } => server.accept()?,
///             Event::BodyAborted(_) | Event::Reset => message.clear(),
///             // Everything else has been answered, or is refused here.
///             _ if server.owes().is_some() => server.reply(replies::NOT_IMPLEMENTED)?,
///             _ => {}
///         },
///         Next::Closed => break,
/// #       Next::NeedInput { .. } => {
/// #           let (input, _) = server.buffers();
/// #           input.extend_from_slice(std::mem::take(&mut client).as_bytes());
/// #       }
///         _ => unreachable!("the driver deals with these"),
///     }
/// #   let out = server.buffers().1;
/// #   said.extend_from_slice(&out.copy_to_bytes(out.remaining()));
/// }
/// assert_eq!(message, b"Hi!\r\n");
/// # assert!(said.starts_with(b"220 mx.example.com ESMTP\r\n250-mx.example.com\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    config: Arc<Config>,
    state: State,
    input: BytesMut,
    output: SendBuffer,
    lines: LineFramer,
    clock: Clock,
    /// Events that are ready to be told.
    told: VecDeque<Event>,
    owed: Option<Owed>,
    auth: Authentication,
    incoming: Option<Incoming>,
    greeting: Option<Reply>,
    is_tls: bool,
    transaction: Transaction,
    errors: u32,
    eof: bool,
    goodbye: Option<Goodbye>,
    over: Option<Result<(), Error>>,
}

/// What is known of the transaction beside its state.
#[derive(Debug, Default)]
struct Transaction {
    /// The last MAIL was refused: a client that pipelines sends its RCPTs and DATA all the same.
    mail_refused: bool,
    recipients: usize,
    recipient_refused: bool,
}

impl Server {
    /// Starts a session on a connection that has just been accepted.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        Self {
            config: config.into(),
            state: State::Connected,
            input: BytesMut::new(),
            output: SendBuffer::new(),
            lines: LineFramer::new(),
            clock: Clock::default(),
            told: VecDeque::new(),
            owed: None,
            auth: Authentication::default(),
            incoming: None,
            greeting: None,
            is_tls: false,
            transaction: Transaction::default(),
            errors: 0,
            eof: false,
            goodbye: None,
            over: None,
        }
    }

    /// Starts a session that greets with this refusal: 554 waits for the client's QUIT and answers
    /// everything else with 503 (RFC 5321 3.1), 421 closes at once.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if the reply is not negative.
    pub fn turning_away(config: impl Into<Arc<Config>>, reply: Reply) -> Result<Self, Misuse> {
        if !reply.is_transient() && !reply.is_permanent() {
            return Err(Misuse::Invalid { what: "greeting", why: "it is no refusal" });
        }
        let mut server = Self::new(config);
        server.greeting = Some(reply);
        Ok(server)
    }

    /// Returns what the application has been asked and has to answer.
    #[must_use]
    pub fn owes(&self) -> Option<Verb> {
        self.due().as_ref().map(Owed::verb)
    }

    /// Returns where the conversation stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Tells whether TLS is in place.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Tells whether the client has authenticated.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.auth.is_done()
    }

    fn step(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        loop {
            if self.over.is_none() && self.output.len() > self.config.limits.output {
                return Ok(Next::NeedOutput { until: self.until(now) });
            }
            if let Some(event) = self.told.pop_front() {
                return Ok(Next::Event(event));
            }
            if let Some(over) = &self.over {
                return over.clone().map(|()| Next::Closed);
            }
            if self.owed.is_some() {
                if self.goodbye != Some(Goodbye::InternalError) {
                    return Ok(Next::NeedReply { until: self.until(now) });
                }
                // Nobody will answer it any more, and 421 may answer anything (RFC 5321 3.8).
                self.say_goodbye(Goodbye::InternalError);
                continue;
            }
            if let Some(goodbye) = self.goodbye.filter(|_| self.may_say_goodbye()) {
                self.say_goodbye(goodbye);
                continue;
            }
            let wait = match self.state {
                State::Connected => self.greet(now),
                State::Handshake => self.await_tls(now),
                State::Message => self.receive_body(now),
                State::Greeted
                | State::TurnedAway
                | State::Ready
                | State::Authenticating
                | State::HasSender
                | State::HasRecipient
                | State::Chunks
                | State::Spoiled => self.receive_line(now),
                State::Closed => {
                    self.over = Some(Ok(()));
                    None
                }
            };
            if let Some(wait) = wait {
                return Ok(wait);
            }
        }
    }

    /// Sends the greeting, under implicit TLS after the handshake.
    fn greet(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.config.tls == TlsUse::Implicit && !self.is_tls {
            return self.await_tls(now);
        }
        let greeting = self.greeting.take().unwrap_or_else(|| {
            let text = format!("{} ESMTP", self.config.host.as_str());
            Reply::new(ReplyCode::SERVICE_READY, None, text).unwrap_or(replies::OK)
        });
        self.say(Verb::Connect, &greeting);
        None
    }

    fn await_tls(&mut self, now: Instant) -> Option<Next<Event>> {
        self.clock.await_handshake(now, self.config.limits.handshake_time);
        if self.eof {
            self.hung_up();
            return None;
        }
        if self.clock.is_overdue(now) {
            // There is nothing that a client in a handshake could read.
            self.give_up(Error::TimedOut { state: self.state });
            return None;
        }
        Some(Next::Upgrade { to: Upgrade::Tls, until: self.until(now) })
    }

    /// Takes the next line out of the input and acts on it.
    fn receive_line(&mut self, now: Instant) -> Option<Next<Event>> {
        // A ClientHello has no line end to wait for. RFC 8446 5.1: a handshake record is type 22.
        if self.state == State::Greeted && self.input.first() == Some(&0x16) {
            self.fail(&replies::NOT_SMTP, Error::NotSmtp { what: "TLS" });
            return None;
        }
        let limits = self.line_limits();
        match self.lines.next(&mut self.input, limits) {
            Line::Starved => return self.starve(now),
            Line::Endless => {
                let limit = limits.swallow;
                self.fail(&replies::LINE_TOO_LONG, Error::EndlessLine { limit });
            }
            Line::TooLong { .. } if self.state == State::Authenticating => {
                self.clock.line_done();
                self.end_auth(&replies::RESPONSE_TOO_LONG);
            }
            Line::TooLong { .. } => {
                self.clock.line_done();
                self.refuse(None, replies::LINE_TOO_LONG);
            }
            Line::Whole { text, octets, bare } => {
                self.clock.line_done();
                // The line is looked at where it lies; what it leads to may touch all of `self`.
                let mut input = std::mem::take(&mut self.input);
                let (line, _) = cut(&input, text);
                self.line(line, bare, input.len() - octets);
                if self.over.is_none() {
                    input.advance(octets);
                    self.input = input;
                }
            }
        }
        None
    }

    fn line_limits(&self) -> LineLimits {
        let limits = &self.config.limits;
        // RFC 4954 4: lines of an exchange may be much longer than commands.
        let is_auth = self.state == State::Authenticating
            || self.input.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"AUTH "));
        let line = if is_auth && !self.config.mechanisms.is_empty() {
            limits::AUTH_LINE.max(limits.command_line)
        } else {
            limits.command_line
        };
        LineLimits { line, swallow: limits.swallow_line }
    }

    /// There is no whole line.
    fn starve(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.eof {
            self.hung_up();
            return None;
        }
        let begun = !self.input.is_empty() || self.lines.is_swallowing();
        self.clock.await_line(begun, now, self.config.limits.command_time);
        if self.clock.is_overdue(now) {
            self.fail(&replies::TIMED_OUT, Error::TimedOut { state: self.state });
            return None;
        }
        Some(Next::NeedInput { until: self.until(now) })
    }

    fn until(&mut self, now: Instant) -> Option<Instant> {
        self.clock.until(&self.output, now, self.config.limits.output_time)
    }

    /// The client is gone, and what it sent before is worked off.
    fn hung_up(&mut self) {
        let state = self.state;
        let within = matches!(state, State::Message | State::Authenticating | State::Handshake);
        let torn = within || !self.input.is_empty() || self.lines.is_swallowing();
        self.give_up(Error::Disconnected { state, torn });
    }

    /// Tells that an open transaction will not be completed.
    fn abort_transaction(&mut self, why: Aborted) {
        match self.incoming.take() {
            Some(incoming) if incoming.is_refused() => {}
            Some(_) => self.told.push_back(Event::BodyAborted(why)),
            None if self.state.is_transaction() => self.told.push_back(Event::Reset),
            None => {}
        }
    }

    /// Says this and moves to where it leads. Every reply goes out through here.
    fn say(&mut self, verb: Verb, reply: &Reply) {
        encode::reply(reply, &mut self.output);
        self.state = after(self.state, verb, reply.into());
    }

    /// Refuses a command for a fault of the client's, which counts.
    fn refuse(&mut self, verb: impl Into<Option<Verb>>, reply: Reply) {
        self.refuse_because(verb.into(), reply, None);
    }

    fn refuse_because(&mut self, verb: Option<Verb>, reply: Reply, error: Option<ParseError>) {
        self.turn_down(verb, reply, error);
        self.errors += 1;
        let limit = self.config.limits.errors;
        if self.errors > limit {
            self.fail(&replies::TOO_MANY_ERRORS, Error::TooManyErrors { limit });
        }
    }

    /// Refuses a command for a reason that no client is to blame for.
    fn turn_down(&mut self, verb: Option<Verb>, reply: Reply, error: Option<ParseError>) {
        match verb {
            Some(verb) => self.say(verb, &reply),
            None => encode::reply(&reply, &mut self.output),
        }
        self.transaction.mail_refused |= verb == Some(Verb::Mail) && !self.state.is_transaction();
        self.transaction.recipient_refused |= verb == Some(Verb::Rcpt);
        self.told.push_back(Event::Refused(Refused { verb, reply, error }));
    }

    /// Ends the conversation with last words.
    fn fail(&mut self, last_words: &Reply, error: Error) {
        encode::reply(last_words, &mut self.output);
        self.give_up(error);
    }

    /// Ends the conversation without a word.
    fn give_up(&mut self, error: Error) {
        let gone = matches!(error, Error::Disconnected { .. });
        self.abort_transaction(if gone { Aborted::Disconnected } else { Aborted::TooSlow });
        self.end(Err(error));
    }

    fn end(&mut self, how: Result<(), Error>) {
        self.state = after(self.state, Verb::Connect, Outcome::Closing);
        self.owed = None;
        self.incoming = None;
        self.input = BytesMut::new();
        self.over = Some(how);
    }

    /// 421 may answer any command (RFC 5321 3.8), but a message and a handshake are no commands.
    const fn may_say_goodbye(&self) -> bool {
        !matches!(self.state, State::Message | State::Closed)
    }

    fn say_goodbye(&mut self, why: Goodbye) {
        let reply = match why {
            Goodbye::Overloaded => replies::OVERLOADED,
            Goodbye::InternalError => replies::BROKEN,
            // `Goodbye` may learn more reasons; none is a reason to say more than this.
            Goodbye::Done | Goodbye::Shutdown | _ => replies::SHUTTING_DOWN,
        };
        self.abort_transaction(Aborted::Disconnected);
        let in_handshake =
            self.state == State::Handshake || (self.config.tls == TlsUse::Implicit && !self.is_tls);
        if !in_handshake {
            encode::reply(&reply, &mut self.output);
        }
        self.end(Ok(()));
    }
}

impl Session for Server {
    type Event = Event;
    type Error = Error;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        let block = if self.state == State::Message { BODY_BLOCK } else { COMMAND_BLOCK };
        reserve_block(&mut self.input, block);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let away = self.clock.resume(now, self.owed.is_none());
        if let Some(incoming) = &mut self.incoming {
            incoming.excuse(away);
        }
        let time = self.config.limits.output_time;
        if !self.clock.watch(&self.output, now, time) && self.over.is_none() {
            self.output.discard();
            self.give_up(Error::Stuck);
        }
        let answer = self.step(now);
        if matches!(answer, Ok(Next::Event(_))) {
            self.clock.pause(now);
        }
        answer
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Error> {
        let implicit = self.state == State::Connected && self.config.tls == TlsUse::Implicit;
        let asked = self.state == State::Handshake || (implicit && !self.is_tls);
        let Upgraded::Tls(info) = to else { return Err(Error::NoUpgrade) };
        if !asked || self.over.is_some() {
            return Err(Error::NoUpgrade);
        }
        if !self.input.is_empty() {
            let error = Error::Injected { octets: self.input.len() };
            self.give_up(error.clone());
            return Err(error);
        }
        // RFC 3207 4.2: the server must forget what it learned from the client before.
        self.state = after(self.state, Verb::Handshake, Outcome::Done);
        self.auth = Authentication::default();
        self.transaction = Transaction::default();
        self.lines = LineFramer::new();
        self.clock.handshake_done();
        self.is_tls = true;
        self.told.push_back(Event::Tls(Box::new(info)));
        Ok(())
    }

    fn close(&mut self, why: Goodbye) {
        match why {
            Goodbye::InternalError => self.goodbye = Some(why),
            Goodbye::Done | Goodbye::Shutdown | Goodbye::Overloaded | _ => {
                self.goodbye.get_or_insert(why);
            }
        }
    }
}

/// Says nothing of what is in the buffers: passwords pass through them.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("state", &self.state)
            .field("owed", &self.owed)
            .field("input", &self.input.len())
            .field("output", &self.output.len())
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

/// Whether a reply can end what it answers: 2yz to 5yz.
fn is_known(reply: &Reply) -> bool {
    reply.code().class() != ReplyClass::Other
}
