//! The client's end of a conversation.
//!
//! A [`Client`] sets the conversation up by itself (greeting, CAPA, STLS, CAPA again, UTF8) and takes
//! commands at any time: they wait until their turn comes, go out ahead of their answers where the
//! server offers PIPELINING, and are answered in order. It knows from the command whether an answer
//! has one line or many, and never guesses. Messages and listings stream through at constant
//! memory.
//!
//! What servers get wrong and what does no harm is taken, and told as [`Event::Tolerated`]; which of
//! it is up to the [`Profile`](crate::Profile).
//!
//! RFC 1939 whole; RFC 2449; RFC 2595 4; the codes of RFC 3206; RFC 5034; RFC 6856.

mod answer;
mod auth;
mod config;
mod event;
mod fetch;
mod leave;
mod receive;
mod send;
mod setup;

use std::{collections::VecDeque, fmt, time::Instant};

use bytes::BytesMut;
use mail_errors::{Misuse, Secret};
use mail_sasl::{Credentials, Mechanism, Nonce, client::Identity};
use mail_wire::{
    BODY_BLOCK, COMMAND_BLOCK, Goodbye, LineFramer, Next, SendBuffer, TlsInfo, Upgraded,
    reserve_block,
};

use crate::{
    Capabilities, Command, LanguageRange, MessageNumber, Password, Response, State, Timestamp,
    UserName, Verb, Violation, clock::Clock,
};

pub use crate::limits::ClientLimits as Limits;
pub use config::{Config, PlaintextLogin, Tls, Utf8, Utf8Logins};
pub use event::{Event, Handle, NotSent};
pub use fetch::{Fetched, Keep, Order, fetch_new};
pub use leave::{Entry, Inbox, Leave, Plan, Seen};

use receive::Reading;
use send::{Job, Request, Sent};

/// The client's end of one conversation.
///
/// * **Commands**, each answered under the [`Handle`] that the call returns:
///   [`log_in`](Self::log_in), [`login`](Self::login), [`apop`](Self::apop), [`capa`](Self::capa), [`stat`](Self::stat),
///   [`list`](Self::list), [`list_one`](Self::list_one), [`uidl`](Self::uidl),
///   [`uidl_one`](Self::uidl_one), [`retr`](Self::retr), [`top`](Self::top), [`dele`](Self::dele),
///   [`rset`](Self::rset), [`noop`](Self::noop), [`utf8`](Self::utf8),
///   [`languages`](Self::languages), [`speak`](Self::speak), [`quit`](Self::quit); and
///   [`forget`](Self::forget). They may be given before the conversation has begun.
/// * **Views**: [`state`](Self::state), [`capabilities`](Self::capabilities), [`is_utf8`](Self::is_utf8),
///   [`tls`](Self::tls), [`waiting`](Self::waiting).
/// * The rest is [`mail_wire::Session`]. It asks for a reply when no command waits for an answer:
///   give it another, or close.
///
/// ```
/// # use std::time::Instant;
/// # use bytes::Buf;
/// use mail_errors::Secret;
/// use mail_sasl::Credentials;
/// use mail_wire::{Next, Session as _};
/// use pop3_proto::MessageNumber;
/// use pop3_proto::client::{Client, Config, Event, PlaintextLogin, Tls};
///
/// let config = Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow);
/// let mut client = Client::new(config);
/// client.login(Credentials::new("mrose", Secret::from("tanstaaf"))?)?;
/// let retr = client.retr(MessageNumber::FIRST)?;
/// client.quit()?;
///
/// # let now = mail_wire::testing::start();
/// # let mut answers = ["+OK ready\r\n", "-ERR no CAPA\r\n", "+OK\r\n", "+OK\r\n",
/// #     "+OK\r\nHello.\r\n..\r\n.\r\n", "+OK bye\r\n"].into_iter();
/// let mut message = Vec::new();
/// loop {
///     match client.next_event(now)? {
///         Next::Event(Event::Body { octets, .. }) => message.extend_from_slice(&octets),
///         Next::Event(Event::BodyEnd { handle }) => assert_eq!(handle, retr),
///         Next::Event(Event::Refused { response, .. }) => panic!("{response}"),
///         Next::Event(_) => {}
///         Next::Closed => break,
/// #       Next::NeedInput { .. } => {
/// #           let (input, out) = client.buffers();
/// #           out.advance(out.remaining());
/// #           input.extend_from_slice(answers.next().unwrap().as_bytes());
/// #       }
///         // A driver reads and writes here.
///         _ => unreachable!("there is always a command to be answered"),
///     }
/// }
/// assert_eq!(message, b"Hello.\r\n.\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    config: Config,
    input: BytesMut,
    output: SendBuffer,
    framer: LineFramer,
    state: State,
    stage: Stage,
    /// What the server's greeting offers for APOP.
    timestamp: Option<Timestamp>,
    /// For the next AUTH exchange.
    nonce: Option<Nonce>,
    capabilities: Option<Capabilities>,
    /// PIPELINING is among them.
    pipelining: bool,
    /// The server has granted UTF8.
    is_utf8: bool,
    tls: Option<TlsInfo>,
    /// Commands that wait for their turn.
    queue: VecDeque<Request>,
    /// Commands that wait for their answer, and the octets they have.
    flight: VecDeque<Sent>,
    in_flight: usize,
    reading: Reading,
    /// What has come of the present list: the octets of capabilities, and lines else.
    listed: usize,
    /// The first line of an answer of many.
    first_line: Option<Response<'static>>,
    /// The last line ended in LF alone.
    is_bare: bool,
    /// The present message has a NUL, and that has been told.
    has_nul: bool,
    /// TOP, and UIDL, worked without being offered, and that has been told.
    unlisted: (bool, bool),
    /// Octets of the present answer that came since its pace was last looked at.
    moved: u64,
    /// Events that are ready to be told.
    news: VecDeque<Event>,
    handles: u64,
    clock: Clock<Timer>,
    eof: bool,
    /// QUIT was given: no further command is taken.
    quitting: bool,
    end: Option<Result<(), Violation>>,
}

/// How far the conversation has been set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// TLS comes before the greeting.
    ImplicitTls,
    Greeting,
    /// The session's own CAPA and STLS.
    Setup,
    /// STLS was granted.
    StartTls,
    /// The application's commands.
    Ready,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    Handshake,
    Greeting,
    Answer,
}

impl Client {
    /// Starts a conversation on a connection that has just been made. The first thing it asks for
    /// is TLS, if that is implicit; else it waits for the greeting.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let stage = match config.tls {
            Tls::Implicit => Stage::ImplicitTls,
            Tls::Never | Tls::Opportunistic | Tls::Required => Stage::Greeting,
        };
        Self {
            config,
            input: BytesMut::new(),
            output: SendBuffer::new(),
            framer: LineFramer::new(),
            state: State::Authorization,
            stage,
            timestamp: None,
            nonce: None,
            capabilities: None,
            pipelining: false,
            is_utf8: false,
            tls: None,
            queue: VecDeque::new(),
            flight: VecDeque::new(),
            in_flight: 0,
            reading: Reading::Status,
            listed: 0,
            first_line: None,
            is_bare: false,
            has_nul: false,
            unlisted: (false, false),
            moved: 0,
            news: VecDeque::new(),
            handles: 0,
            clock: Clock::new(),
            eof: false,
            quitting: false,
            end: None,
        }
    }

    /// Logs in by the strongest means on offer: AUTH with the strongest mechanism that can carry
    /// it, bound to TLS where that can be had; else, with a password, USER and PASS. Takes
    /// [`Credentials`], a [`BearerToken`](mail_sasl::BearerToken), or an [`Identity`]. RFC 5034.
    ///
    /// # Errors
    /// As [`stat`](Self::stat). Whether it can be sent shows when its turn comes.
    pub fn log_in(&mut self, who: impl Into<Identity>) -> Result<Handle, Misuse> {
        self.give("log_in", Job::Sasl(who.into(), None))
    }

    /// Logs in by AUTH with this mechanism. RFC 5034 4.
    ///
    /// # Errors
    /// As [`log_in`](Self::log_in).
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        who: impl Into<Identity>,
    ) -> Result<Handle, Misuse> {
        self.give("authenticate", Job::Sasl(who.into(), Some(mechanism)))
    }

    /// Gives the nonce for SCRAM, which is drawn from the operating system else: for entropy from
    /// elsewhere, and for transcripts that are the same each time. It is used once.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.nonce = Some(nonce);
    }

    /// Logs in with USER and PASS.
    ///
    /// # Errors
    /// [`Misuse`] if name or password cannot be sent (CR, LF or NUL, a space at an end of the
    /// name), if there is an authorization identity, which POP3 cannot carry here, or as
    /// [`stat`](Self::stat).
    #[expect(clippy::needless_pass_by_value, reason = "a password is handed over, not lent")]
    pub fn login(&mut self, credentials: Credentials) -> Result<Handle, Misuse> {
        let name = user_name(&credentials)?;
        let password = Password::new(credentials.password().expose())?.into_owned();
        self.give("login", Job::Login(name, password))
    }

    /// Logs in with APOP: for servers that take no other login without TLS. It needs a timestamp in
    /// the greeting that is a message id (CVE-2007-1558), and is gone after STLS, because the
    /// greeting came in the clear. RFC 1939 7.
    ///
    /// # Errors
    /// As [`login`](Self::login).
    #[expect(clippy::needless_pass_by_value, reason = "a password is handed over, not lent")]
    pub fn apop(&mut self, credentials: Credentials) -> Result<Handle, Misuse> {
        let name = user_name(&credentials)?;
        let password = Secret::from(credentials.password().expose());
        self.give("apop", Job::Apop(name, password))
    }

    /// Asks what the server offers. The session does so by itself before and after TLS and after a
    /// login. RFC 2449 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn capa(&mut self) -> Result<Handle, Misuse> {
        self.give("capa", Job::Command(Command::Capa))
    }

    /// Asks how much there is. RFC 1939 5.
    ///
    /// # Errors
    /// [`Misuse`] if [`ClientLimits::queue`](crate::ClientLimits::queue) commands wait already,
    /// QUIT has been given, or the conversation is over.
    pub fn stat(&mut self) -> Result<Handle, Misuse> {
        self.give("stat", Job::Command(Command::Stat))
    }

    /// Asks how large the messages are. RFC 1939 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn list(&mut self) -> Result<Handle, Misuse> {
        self.give("list", Job::Command(Command::List(None)))
    }

    /// Asks how large a message is. RFC 1939 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn list_one(&mut self, number: MessageNumber) -> Result<Handle, Misuse> {
        self.give("list_one", Job::Command(Command::List(Some(number))))
    }

    /// Asks what the messages are called for good. RFC 1939 7.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn uidl(&mut self) -> Result<Handle, Misuse> {
        self.give("uidl", Job::Command(Command::Uidl(None)))
    }

    /// Asks what a message is called for good. RFC 1939 7.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn uidl_one(&mut self, number: MessageNumber) -> Result<Handle, Misuse> {
        self.give("uidl_one", Job::Command(Command::Uidl(Some(number))))
    }

    /// Asks for a message. RFC 1939 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn retr(&mut self, number: MessageNumber) -> Result<Handle, Misuse> {
        self.give("retr", Job::Command(Command::Retr(number)))
    }

    /// Asks for the header of a message and the first `lines` lines of its text. RFC 1939 7.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn top(&mut self, number: MessageNumber, lines: u64) -> Result<Handle, Misuse> {
        self.give("top", Job::Command(Command::Top(number, lines)))
    }

    /// Marks a message as deleted. It is deleted when [`quit`](Self::quit) is done, and only then.
    /// RFC 1939 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn dele(&mut self, number: MessageNumber) -> Result<Handle, Misuse> {
        self.give("dele", Job::Command(Command::Dele(number)))
    }

    /// Takes all marks away. RFC 1939 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn rset(&mut self) -> Result<Handle, Misuse> {
        self.give("rset", Job::Command(Command::Rset))
    }

    /// Does nothing, but keeps the server from hanging up. RFC 1939 5.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn noop(&mut self) -> Result<Handle, Misuse> {
        self.give("noop", Job::Command(Command::Noop))
    }

    /// Asks for messages and names in UTF-8. It must come in front of the login, and is sent only
    /// where it is offered. RFC 6856 2.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn utf8(&mut self) -> Result<Handle, Misuse> {
        self.give("utf8", Job::Command(Command::Utf8))
    }

    /// Asks which languages the server speaks. RFC 6856 3.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn languages(&mut self) -> Result<Handle, Misuse> {
        self.give("languages", Job::Command(Command::Lang(None)))
    }

    /// Asks the server to speak a language. RFC 6856 3.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn speak(&mut self, language: LanguageRange<'_>) -> Result<Handle, Misuse> {
        self.give("speak", Job::Command(Command::Lang(Some(language.into_owned()))))
    }

    /// Says good-bye; what is marked is deleted. [`Event::Refused`] says that some of it may be
    /// there still. RFC 1939 6.
    ///
    /// # Errors
    /// As [`stat`](Self::stat).
    pub fn quit(&mut self) -> Result<Handle, Misuse> {
        let handle = self.give("quit", Job::Command(Command::Quit))?;
        self.quitting = true;
        Ok(handle)
    }

    /// Forgets a command: if it waits, it is not sent; if it is sent, its answer is read and thrown
    /// away. No further event of this handle comes.
    pub fn forget(&mut self, handle: Handle) {
        self.queue.retain(|request| request.handle != handle);
        self.quitting &= self.is_to_quit();
        for sent in &mut self.flight {
            sent.forgotten |= sent.handle == Some(handle);
        }
        self.news.retain(|event| !send::is_of(event, handle));
    }

    /// Returns where the conversation stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Returns what the server offers; `None` if it does not know CAPA, or has not been asked yet.
    #[must_use]
    pub const fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// Tells whether the server has granted UTF8: messages may have UTF-8 in their headers.
    /// RFC 6856 2.1.
    #[must_use]
    pub const fn is_utf8(&self) -> bool {
        self.is_utf8
    }

    /// Returns what is known of the TLS below, if the session saw it come in.
    #[must_use]
    pub const fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    /// Returns how many commands wait to be sent or answered.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.flight.len()
    }

    /// Tells whether QUIT waits to be sent or answered.
    fn is_to_quit(&self) -> bool {
        self.queue.iter().any(|request| request.verb() == Verb::Quit)
            || self.flight.iter().any(|sent| sent.verb == Verb::Quit)
    }

    fn advance(&mut self, now: Instant) -> Result<Next<Event>, Violation> {
        loop {
            if let Some(event) = self.news.pop_front() {
                return Ok(Next::Event(event));
            }
            if let Some(end) = &self.end {
                return end.clone().map(|()| Next::Closed);
            }
            self.send_what_may_go();
            let next = match self.stage {
                Stage::ImplicitTls | Stage::StartTls => self.wait_for_tls(now),
                _ if !self.news.is_empty() => None,
                Stage::Ready if self.flight.is_empty() => self.wait_for_command(),
                Stage::Greeting | Stage::Setup | Stage::Ready => self.receive(now),
            };
            if let Some(next) = next {
                return Ok(next);
            }
        }
    }

    /// Ends the conversation.
    fn over(&mut self, end: Result<(), Violation>) {
        self.end.get_or_insert(end);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("state", &self.state)
            .field("stage", &self.stage)
            .field("queue", &self.queue)
            .field("flight", &self.flight)
            .field("input", &self.input.len())
            .field("output", &self.output.len())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl mail_wire::Session for Client {
    type Event = Event;
    type Error = Violation;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        let block = match self.reading {
            Reading::Status | Reading::Capabilities(_) => COMMAND_BLOCK,
            Reading::Languages => COMMAND_BLOCK,
            Reading::Scan | Reading::Ids | Reading::Body(_) => BODY_BLOCK,
        };
        reserve_block(&mut self.input, block);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, Violation> {
        self.clock.go_on(now);
        let next = self.advance(now);
        if matches!(next, Ok(Next::Event(_) | Next::NeedReply { .. })) {
            self.clock.stop(now);
        }
        next
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Violation> {
        self.take_tls(to)
    }

    /// Says QUIT, once what has been sent is answered, which deletes what is marked. If something
    /// broke ([`Goodbye::InternalError`]), or no command could have been sent yet, the connection
    /// is closed without a word, and nothing is deleted.
    fn close(&mut self, why: Goodbye) {
        if self.end.is_some() {
            return;
        }
        self.drop_queue();
        let silent = matches!(why, Goodbye::InternalError) || self.stage != Stage::Ready;
        if silent {
            return self.over(Ok(()));
        }
        if !self.quitting {
            self.quitting = true;
            self.push(Job::Command(Command::Quit));
        }
    }
}

fn user_name(credentials: &Credentials) -> Result<UserName<'static>, Misuse> {
    if credentials.authorization_identity().is_some() {
        let why = "USER and APOP cannot carry one";
        return Err(Misuse::Invalid { what: "authorization identity", why });
    }
    match UserName::new(credentials.user()) {
        Ok(name) => Ok(name.into_owned()),
        Err(error) => Err(Misuse::Invalid { what: "user name", why: error.expected() }),
    }
}
