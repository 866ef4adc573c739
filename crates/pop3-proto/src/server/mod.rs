//! The server's end of a conversation.
//!
//! A [`Server`] owns what it needs to answer STAT, LIST, DELE, RSET, NOOP and CAPA by itself: the
//! sizes of the messages and the marks. It asks its application only for what it alone knows:
//!
//! | [`Event`] | asks for | answers |
//! |---|---|---|
//! | [`Event::Login`], [`Event::Apop`], [`Event::Authenticate`] | who is this | [`accept`](Server::accept), [`refuse`](Server::refuse) |
//! | [`Event::Lookup`] | what is kept of a user | [`supply`](Server::supply), `refuse` |
//! | [`Event::WantBody`] | octets of a message | [`body`](Server::body), [`body_end`](Server::body_end), [`body_failed`](Server::body_failed), `refuse` |
//! | [`Event::WantIds`] | unique ids | [`ids`](Server::ids), `refuse` |
//! | [`Event::Commit`] | deletion | [`committed`](Server::committed), `refuse` |
//!
//! RFC 1939 whole; RFC 2449; RFC 2595 4; RFC 3206; RFC 5034; RFC 6856.
//!
//! Not supported: downgrading of messages for clients without UTF8 (RFC 6858); whoever has such
//! messages does it or refuses them.

mod answers;
mod auth;
mod authorization;
mod config;
mod event;
mod listing;
mod policy;
mod top;
mod transaction;
mod words;

use std::{collections::VecDeque, fmt, time::Instant};

use bytes::BytesMut;
use mail_sasl::Nonce;
use mail_wire::{
    COMMAND_BLOCK, Goodbye, Line, LineFramer, LineLimits, Next, SendBuffer, TlsInfo, Upgrade,
    Upgraded, grammar::cut, reserve_block,
};

use crate::{
    Command, Defects, Deviation, Maildrop, MessageNumber, Response, ResponseCode, State, Status,
    UserName, Verb, Violation, clock::Clock, parse, state::after,
};

pub use crate::limits::ServerLimits as Limits;
pub use config::{Config, PlaintextLogin, Sizes, Tls, Utf8};
pub use event::{ApopLogin, BodyId, Event, Refusal, Refused, WantBody, WantIds};
pub use policy::{Policy, Retention};
pub use words::{Language, Phrase};

use answers::Sending;
use auth::Sasl;
use listing::Ids;

/// The server's end of one conversation.
///
/// * **Answers** to events: [`accept`](Self::accept), [`refuse`](Self::refuse),
///   [`supply`](Self::supply),
///   [`body`](Self::body), [`body_end`](Self::body_end), [`body_failed`](Self::body_failed),
///   [`ids`](Self::ids), [`committed`](Self::committed), before the first of them
///   [`set_policy`](Self::set_policy). Each fails with
///   [`Misuse`](mail_errors::Misuse), and changes nothing, if it is not what is owed.
/// * **Views**: [`state`](Self::state), [`maildrop`](Self::maildrop), [`tls`](Self::tls),
///   [`is_utf8`](Self::is_utf8), [`language`](Self::language).
/// * The rest is [`mail_wire::Session`].
///
/// ```
/// # use std::time::Instant;
/// use bytes::{Buf, Bytes};
/// use mail_wire::{Next, Session as _};
/// use pop3_proto::server::{Config, Event, PlaintextLogin, Server};
/// use pop3_proto::{Maildrop, Response, ResponseCode, UniqueId};
///
/// let mail = [b"Subject: one\r\n\r\nHello.\r\n"];
/// let mut server = Server::new(Config::new().plaintext_login(PlaintextLogin::Allow));
/// # let now = mail_wire::testing::start();
/// # server.buffers().0.extend_from_slice(
/// #     b"USER mrose\r\nPASS tanstaaf\r\nUIDL\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
///
/// loop {
///     match server.next_event(now)? {
///         Next::Event(Event::Login(who)) if who.password().expose() == b"tanstaaf" => {
///             server.accept(Maildrop::from_sizes(mail.map(|text| text.len() as u64))?)?;
///         }
///         Next::Event(Event::Login(_)) => {
///             server.refuse(&Response::err(ResponseCode::Auth, "wrong name or password")?)?;
///         }
///         Next::Event(Event::WantIds(want)) => {
///             let ids = want.indexes().map(|index| UniqueId::new(format!("id-{index}")));
///             server.ids(ids.collect::<Result<Vec<_>, _>>()?)?;
///         }
///         Next::Event(Event::WantBody(want)) => {
///             let text = mail[want.number().index()];
///             match text.get(want.offset() as usize..) {
///                 None | Some([]) => server.body_end(want.id())?,
///                 Some(rest) => server.body(want.id(), Bytes::copy_from_slice(rest))?,
///             }
///         }
///         Next::Event(Event::Commit(deletions)) => {
///             assert_eq!(deletions.len(), 1);
///             server.committed()?;
///         }
///         Next::Event(_) => {}
///         Next::Closed => break,
///         // A driver writes here, and reads.
///         Next::NeedOutput { .. } => {
///             let (_, out) = server.buffers();
///             out.advance(out.remaining());
///         }
///         _ => unreachable!("all of the input is there"),
///     }
/// }
/// # let (_, out) = server.buffers();
/// # let sent = out.copy_to_bytes(out.remaining());
/// # assert!(sent.ends_with(b"+OK signing off\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    config: Config,
    input: BytesMut,
    output: SendBuffer,
    framer: LineFramer,
    /// The most octets that the line which comes in may have.
    longest: usize,
    state: State,
    work: Work,
    user: Option<UserName<'static>>,
    sasl: Sasl,
    /// What the application said of the user who comes in.
    user_policy: Option<Policy>,
    maildrop: Maildrop,
    /// The client said UTF8.
    is_utf8: bool,
    /// Which of the configured languages is spoken.
    language: Option<usize>,
    tls: Option<TlsInfo>,
    /// Events without answer that are still to be told.
    news: VecDeque<Event>,
    errors: u32,
    /// Commands before somebody is logged in.
    commands: u32,
    auth_failures: u32,
    bodies: u64,
    clock: Clock<Timer>,
    /// What had left the output when its pace was last looked at.
    written: u64,
    eof: bool,
    closing: bool,
    end: Option<Result<(), Violation>>,
}

/// What the session does next.
#[derive(Debug)]
enum Work {
    /// TLS comes before the greeting.
    ImplicitTls,
    Greet,
    Command,
    /// STLS was granted.
    StartTls,
    /// The application is to say who this is.
    Login(Verb),
    /// The application is to say what is kept of a user.
    Lookup,
    /// The next line of an AUTH exchange is the client's.
    Sasl,
    /// A message is on its way.
    Body(Sending),
    /// The answer to LIST is on its way, from this message on.
    List(MessageNumber),
    /// The answer to UIDL is on its way.
    Ids(Ids),
    /// QUIT was said, and what was sent before it is still to leave.
    Quit,
    /// The application is to delete what is marked.
    Commit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    Handshake,
    Idle,
}

impl Server {
    /// Starts a conversation. The first thing it asks for is TLS, if that is implicit; else it
    /// greets.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let work = match config.tls {
            Tls::Implicit => Work::ImplicitTls,
            Tls::Never | Tls::StartTls => Work::Greet,
        };
        Self {
            config,
            input: BytesMut::new(),
            output: SendBuffer::new(),
            framer: LineFramer::new(),
            longest: 0,
            state: State::Authorization,
            work,
            user: None,
            sasl: Sasl::default(),
            user_policy: None,
            maildrop: Maildrop::default(),
            is_utf8: false,
            language: None,
            tls: None,
            news: VecDeque::new(),
            errors: 0,
            commands: 0,
            auth_failures: 0,
            bodies: 0,
            clock: Clock::new(),
            written: 0,
            eof: false,
            closing: false,
            end: None,
        }
    }

    /// Returns where the conversation stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Returns the sizes and marks of the messages; nothing until somebody is logged in.
    #[must_use]
    pub const fn maildrop(&self) -> &Maildrop {
        &self.maildrop
    }

    /// Tells whether the client said UTF8: messages may have UTF-8 in their headers. RFC 6856 2.
    #[must_use]
    pub const fn is_utf8(&self) -> bool {
        self.is_utf8
    }

    /// Gives the nonce for the next AUTH exchange, which is drawn from the operating system else:
    /// for entropy from elsewhere, and for transcripts that are the same each time. It is used
    /// once.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.sasl.set_nonce(nonce);
    }

    /// Returns what is known of the TLS below, if the session saw it come in.
    #[must_use]
    pub const fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    fn advance(&mut self, now: Instant) -> Result<Next<Event>, Violation> {
        loop {
            if self.output.len() > self.most_unsent() {
                match self.wait_for_room(now) {
                    Some(next) => return Ok(next),
                    None => continue,
                }
            }
            if let Some(event) = self.news.pop_front() {
                return Ok(Next::Event(event));
            }
            if let Some(end) = &self.end {
                return end.clone().map(|()| Next::Closed);
            }
            match self.work(now) {
                Some(Next::NeedReply { .. }) => {
                    if let Some(next) = self.wait_for_reply(now) {
                        return Ok(next);
                    }
                }
                Some(next) => return Ok(next),
                None => {}
            }
        }
    }

    /// Does a piece of work; answers `None` if the next one can be done.
    fn work(&mut self, now: Instant) -> Option<Next<Event>> {
        match &mut self.work {
            Work::ImplicitTls | Work::StartTls => self.wait_for_tls(now),
            Work::Greet => self.greet(),
            Work::Command | Work::Sasl => self.next_command(now),
            Work::Login(_) | Work::Lookup | Work::Commit => Some(Next::NeedReply { until: None }),
            Work::Body(sending) => {
                let used = self.output.len();
                Some(sending.ask(self.config.limits.output.saturating_sub(used)))
            }
            Work::List(next) => {
                let next = *next;
                self.list_from(next)
            }
            Work::Ids(_) => self.ask_for_ids(),
            Work::Quit if self.output.is_empty() => Some(self.commit()),
            // Who is gone before a message has left gets none deleted: the connection breaks first.
            Work::Quit => self.wait_for_room(now),
        }
    }

    /// Returns how many octets may be unsent before the peer must take some of them.
    const fn most_unsent(&self) -> usize {
        match &self.end {
            None => self.config.limits.output,
            // RFC 2449 6.6: QUIT may come while a message is on its way. Who hangs up on a peer that
            // reads slowly would lose it, and it may be deleted by now.
            Some(Ok(())) => Response::MAX,
            Some(Err(_)) => usize::MAX,
        }
    }

    fn wait_for_room(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.reads_too_slowly(now) {
            return None;
        }
        Some(Next::NeedOutput { until: self.clock.until() })
    }

    /// The application owes an answer. Meanwhile the peer is to take what was sent before.
    fn wait_for_reply(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.output.is_empty() {
            self.clock.clear_pace();
            self.written = self.output.written();
            return Some(Next::NeedReply { until: None });
        }
        if self.reads_too_slowly(now) {
            return None;
        }
        Some(Next::NeedReply { until: self.clock.until() })
    }

    /// Tells whether the peer takes what is sent below the lowest rate, which is the end.
    fn reads_too_slowly(&mut self, now: Instant) -> bool {
        let moved = self.output.written() - self.written;
        self.written = self.output.written();
        let limits = &self.config.limits;
        let too_slow = self.clock.too_slow(limits.body_rate, limits.body_window, moved, now);
        if too_slow {
            self.work = Work::Command;
            self.end = Some(Err(Violation::TimedOut { what: "reading of what was sent" }));
        }
        too_slow
    }

    fn wait_for_tls(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.closing {
            self.over(Ok(()));
            return None;
        }
        // What is still to leave is under the same deadline.
        self.clock.clear_pace();
        if self.clock.has_expired(Timer::Handshake, self.config.limits.handshake_time, now) {
            self.over(Err(Violation::TimedOut { what: "TLS handshake" }));
            return None;
        }
        Some(Next::Upgrade { to: Upgrade::Tls, until: self.clock.until() })
    }

    /// Takes the next command out of the input and carries it out.
    fn next_command(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.closing {
            self.over(Ok(()));
            return None;
        }
        if self.output.is_empty() {
            self.clock.clear_pace();
            self.written = self.output.written();
        }
        // Of a line that is thrown away the start, which tells, is gone.
        if !self.framer.is_swallowing() {
            self.longest = self.longest_line();
        }
        let limit = self.longest;
        let limits = LineLimits { line: limit, swallow: self.config.limits.swallow_line };
        match self.framer.next(&mut self.input, limits) {
            Line::Starved => return self.wait_for_command(now),
            Line::Whole { text, octets, bare } => {
                let line = self.input.split_to(octets);
                let mut defects = Defects::new();
                let profile = self.config.profile;
                if bare && !defects.tolerate(profile, Deviation::BareNewlineInCommand, text) {
                    self.refuse_line(Refusal::BareNewline);
                } else {
                    self.tolerated(&defects);
                    self.line(cut(&line, text).0);
                }
            }
            Line::TooLong { .. } => self.refuse_line(Refusal::TooLong { limit }),
            Line::Endless => {
                self.refuse_command(None, Refusal::TooLong { limit });
                let limit = limits.swallow;
                self.over(Err(Violation::LineTooLong { limit }));
            }
        }
        self.clock.clear(Timer::Idle);
        None
    }

    fn wait_for_command(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.eof {
            // RFC 1939 6: a connection that ends without QUIT deletes nothing.
            let within = matches!(self.work, Work::Sasl);
            let torn = within || !self.input.is_empty() || self.framer.is_swallowing();
            self.over(if torn {
                Err(Violation::Truncated { within: "a command" })
            } else {
                Ok(())
            });
            return None;
        }
        if self.clock.watches_pace() {
            // The end of a long answer is on its way: nobody is idle yet.
            if self.reads_too_slowly(now) {
                return None;
            }
        } else if self.clock.has_expired(Timer::Idle, self.config.limits.idle_time, now) {
            // RFC 1939 3: "the server should close the TCP connection without removing any
            // messages or sending any response to the client".
            self.over(Err(Violation::TimedOut { what: "next command" }));
            return None;
        }
        Some(Next::NeedInput { until: self.clock.until() })
    }

    fn line(&mut self, line: &[u8]) {
        if matches!(self.work, Work::Sasl) { self.auth_response(line) } else { self.command(line) }
    }

    fn command(&mut self, line: &[u8]) {
        if self.state.allows(Verb::User) {
            self.commands = self.commands.saturating_add(1);
            let limit = self.config.limits.commands_before_login;
            if self.commands > limit {
                self.say_err(None, Phrase::TooManyCommands);
                return self.over(Err(Violation::TooManyCommands { limit }));
            }
        }
        let Some(verb) = parse::verb(line) else {
            return self.refuse_command(None, Refusal::Unknown);
        };
        if !self.state.allows(verb) {
            return self.refuse_command(Some(verb), Refusal::WrongState);
        }
        // Before the arguments are looked at: whether they parse is nobody's business.
        if matches!(verb, Verb::User) && !self.takes_passwords() {
            return self.refuse_command(Some(verb), Refusal::Plaintext);
        }
        let mut defects = Defects::new();
        match parse::command(line, self.config.profile, &mut defects) {
            Ok(command) => {
                self.tolerated(&defects);
                self.carry_out(command);
            }
            Err(error) => self.refuse_command(Some(verb), Refusal::Malformed(error)),
        }
    }

    fn carry_out(&mut self, command: Command<'_>) {
        match command {
            Command::User(name) => self.user(name),
            Command::Pass(password) => self.pass(&password),
            Command::Apop(name, digest) => self.apop(name, digest),
            Command::Auth(arguments) => self.auth(arguments),
            Command::Capa => self.capa(),
            Command::Stls => self.stls(),
            Command::Utf8 => self.utf8(),
            Command::Lang(None) => self.list_languages(),
            Command::Lang(Some(range)) => self.lang(&range),
            Command::Stat => self.stat(),
            Command::List(None) => self.list(),
            Command::List(Some(number)) => self.list_one(number),
            Command::Uidl(None) => self.uidl(),
            Command::Uidl(Some(number)) => self.uidl_one(number),
            Command::Retr(number) => self.send_message(Verb::Retr, number, None),
            Command::Top(number, lines) => self.send_message(Verb::Top, number, Some(lines)),
            Command::Dele(number) => self.dele(number),
            Command::Rset => self.rset(),
            Command::Noop => self.say_ok(Phrase::Nothing, &[]),
            Command::Quit => self.quit(),
        }
    }

    fn tolerated(&mut self, defects: &Defects) {
        self.news.extend(defects.iter().map(Event::Tolerated));
    }

    /// Answers `-ERR`, tells the application, and counts.
    fn refuse_command(&mut self, verb: Option<Verb>, why: Refusal) {
        let code = matches!(why, Refusal::Login).then_some(ResponseCode::Auth);
        self.say_err(code, Phrase::from(&why));
        // RFC 1939 7: PASS comes behind a USER that was taken, and nothing else that was not. QUIT
        // with an argument is none.
        if let Some(verb) = verb.filter(|verb| !matches!(verb, Verb::Quit)) {
            self.answered(verb, Status::Err);
        }
        // Other sessions and this one delete messages, so a number that is gone is no bad command.
        if !matches!(why, Refusal::Missing(_)) {
            self.errors += 1;
        }
        self.news.push_back(Event::Refused(Refused { verb, why }));
        let limit = self.config.limits.errors;
        if self.errors > limit {
            self.over(Err(Violation::TooManyErrors { limit }));
        }
    }

    /// Ends the conversation. Nothing is owed any more.
    fn over(&mut self, end: Result<(), Violation>) {
        self.work = Work::Command;
        self.clock.clear(Timer::Idle);
        self.end.get_or_insert(end);
    }

    fn answered(&mut self, verb: Verb, status: Status) {
        self.state = after(self.state, verb, status);
    }

    /// Ends the conversation at once, because something broke on our side.
    fn break_off(&mut self) {
        match &self.work {
            Work::ImplicitTls | Work::StartTls | Work::Command | Work::Sasl => {}
            // What has begun in many lines gets no terminator, so that it never looks whole.
            Work::List(_) => {}
            Work::Body(sending) if sending.has_begun() => {}
            Work::Ids(ids) if ids.has_begun() => {}
            Work::Greet
            | Work::Login(_)
            | Work::Lookup
            | Work::Body(_)
            | Work::Ids(_)
            | Work::Quit
            | Work::Commit => {
                self.say_err(Some(ResponseCode::SysTemp), Phrase::InternalError);
            }
        }
        self.over(Ok(()));
    }
}

impl mail_wire::Session for Server {
    type Event = Event;
    type Error = Violation;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        reserve_block(&mut self.input, COMMAND_BLOCK);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, Violation> {
        self.clock.go_on(now);
        let next = self.advance(now);
        if matches!(next, Ok(Next::Event(_) | Next::NeedReply { until: None })) {
            self.clock.stop(now);
        }
        next
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Violation> {
        self.take_tls(to)
    }

    /// Says nothing to a client that has asked nothing, because POP3 knows no such response; an
    /// answer that is owed or on its way comes first, unless something broke
    /// ([`Goodbye::InternalError`]).
    fn close(&mut self, why: Goodbye) {
        if self.end.is_some() {
            return;
        }
        match why {
            Goodbye::InternalError => self.break_off(),
            Goodbye::Done | Goodbye::Shutdown | Goodbye::Overloaded | _ => self.closing = true,
        }
    }
}

/// Says nothing of what is in the buffers: passwords pass through them.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("state", &self.state)
            .field("work", &self.work)
            .field("maildrop", &self.maildrop.listing())
            .field("input", &self.input.len())
            .field("output", &self.output.len())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
