//! The server's end of a conversation: RFC 5321 4 with the extensions that
//! [`Config::offer`] names, submission (RFC 6409) and LMTP (RFC 2033).
//!
//! [`Config`] says what is offered and to whom, [`Server`] holds one conversation, [`Event`] is what its
//! application is told and asked, [`replies`] are the usual words. Who may send what to whom is never
//! decided here.
//!
//! # Not supported
//!
//! BURL (RFC 4468) is answered by 502. Nothing is added to a message, and nothing is put right in one;
//! there is no queue, and no report of a delivery (RFC 3461 6) or of a deadline that passed (RFC 2852 5).

mod answer;
mod auth;
mod body;
mod chunk;
mod command;
mod config;
mod drive;
mod ending;
mod error;
mod event;
mod line;
mod proxied;
pub mod replies;
mod transaction;

use std::{collections::VecDeque, fmt, net::IpAddr, sync::Arc};

use bytes::BytesMut;
use mail_errors::{Misuse, Reply, ReplyClass};
use mail_wire::{Goodbye, LineFramer, Pace, SendBuffer};

use crate::{BodyType, Capabilities, Domain, State, Verb, clock::Clock};

use answer::Owed;
use auth::Authentication;
use body::Incoming;
use chunk::OpenChunk;

pub use config::{Config, TlsUse};
pub use error::Error;
pub use event::{Aborted, Event, Mail, Rcpt, Refused};

/// The server's end of a conversation.
///
/// * **Making one**: [`new`](Self::new), [`turning_away`](Self::turning_away),
///   [`peer`](Self::peer).
/// * **Answers**: [`accept`](Self::accept), [`reply`](Self::reply), [`supply`](Self::supply).
/// * **Getters**: [`owes`](Self::owes), [`answers_owed`](Self::answers_owed),
///   [`state`](Self::state), [`is_tls`](Self::is_tls),
///   [`is_authenticated`](Self::is_authenticated).
/// * **Driving it**: its [`Session`](mail_wire::Session), which see for the loop and the order of
///   answers.
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
    chunk: Option<OpenChunk>,
    /// How fast a body comes, while one does.
    pace: Option<Pace>,
    /// What was offered, once the client has said who it is.
    offered: Capabilities,
    /// How many MAILs there were.
    mails: u32,
    /// The domains of the recipients of the session, as far as they are limited.
    domains: Vec<Domain>,
    /// Whose connection it is, if somebody has said.
    peer: Option<IpAddr>,
    /// Octets of chunks that were thrown away since the last MAIL or RSET.
    swallowed: u64,
    greeting: Option<Reply>,
    is_tls: bool,
    transaction: Transaction,
    errors: u32,
    /// Commands that did nothing, since the last message.
    idle: u32,
    /// Commands that were turned down and nobody was to blame, since the last message.
    turned_down: u32,
    eof: bool,
    goodbye: Option<Goodbye>,
    over: Option<Result<(), Error>>,
}

/// What is known of the transaction beside its state.
#[derive(Debug, Default)]
struct Transaction {
    /// The last MAIL was refused: a client that pipelines sends its RCPTs and DATA all the same.
    mail_refused: bool,
    /// What the client says of the octets of the message.
    body: BodyType,
    is_utf8: bool,
    /// How many RCPTs were taken.
    recipients: usize,
    recipient_refused: bool,
    /// In LMTP: of how many the application has said what became of the message.
    answered: usize,
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
            chunk: None,
            pace: None,
            offered: Capabilities::new(),
            mails: 0,
            domains: Vec::new(),
            peer: None,
            swallowed: 0,
            greeting: None,
            is_tls: false,
            transaction: Transaction::default(),
            errors: 0,
            idle: 0,
            turned_down: 0,
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

    /// Says whose connection it is, which decides whether XCLIENT and XFORWARD are heard
    /// ([`Config::xclient`], [`Config::xforward`]).
    #[must_use]
    pub const fn peer(mut self, address: IpAddr) -> Self {
        self.peer = Some(address);
        self
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
