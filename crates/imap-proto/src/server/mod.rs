//! The server's end of the conversation.
//!
//! [`Server`] holds everything that is the protocol's: states, tags, literals, the numbers of
//! messages, when an EXPUNGE may be told, what FETCH cuts out of a message. The application is
//! asked for what it alone knows: who this is, what is in a mailbox, the octets of a message. See
//! [`Event`] for what each question wants in answer.
//!
//! ```
//! use std::{num::NonZeroU32, time::Instant};
//!
//! use bytes::{Buf, Bytes};
//! use imap_proto::{
//!     NumberSet,
//!     server::{Config, Event, Message, PlaintextLogin, Selected, Server},
//! };
//! use mail_wire::{Next, Session as _};
//!
//! /// A mailbox with one message, and everybody may read it.
//! fn act(session: &mut Server, event: Event) -> Result<(), mail_errors::Misuse> {
//!     const MAIL: &[u8] = b"Subject: hi\r\n\r\nhello\r\n";
//!     match event {
//!         Event::Login(_) => session.authenticated(),
//!         Event::Select { .. } => {
//!             let uids: NumberSet = [7].into_iter().collect();
//!             session.selected(Selected::new(NonZeroU32::MIN, uids))
//!         }
//!         Event::Fetch(slice) => {
//!             for uid in slice.uids {
//!                 let message = Message::new().size(MAIL.len() as u64).header_size(15);
//!                 session.message(uid, message)?;
//!             }
//!             session.done()
//!         }
//!         Event::WantBody(want) => {
//!             let rest = &MAIL[want.offset as usize..];
//!             session.body(want.id, Bytes::copy_from_slice(&rest[..want.room]))
//!         }
//!         _ => Ok(()),
//!     }
//! }
//!
//! let mut session = Server::new(Config::new().plaintext_login(PlaintextLogin::Allow));
//! let said = b"1 LOGIN tim secret\r\n2 SELECT INBOX\r\n3 FETCH 1 BODY.PEEK[TEXT]\r\n4 LOGOUT\r\n";
//! session.buffers().0.extend_from_slice(said);
//! # #[expect(clippy::disallowed_methods)]
//! let now = Instant::now();
//! while let Next::Event(event) = session.next_event(now)? {
//!     act(&mut session, event)?;
//! }
//! let (_, out) = session.buffers();
//! let answer = out.copy_to_bytes(out.remaining());
//! let answer = std::str::from_utf8(&answer)?;
//! assert!(answer.contains("* 1 FETCH (BODY[TEXT] {7}\r\nhello\r\n)\r\n3 OK "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Not supported
//!
//! IMAP4rev2, CONDSTORE, QRESYNC, UIDONLY, LIST-EXTENDED, SEARCHRES, BINARY, MULTIAPPEND,
//! COMPRESS; ENVELOPE, BODYSTRUCTURE and the parts of multipart messages (FETCH answers `NO`).

mod answer;
mod append;
mod auth;
mod config;
mod dispatch;
mod drive;
mod error;
mod event;
mod fetch;
mod finish;
mod list;
mod pattern;
mod plan;
mod read;
mod search;
mod slices;
mod store;
mod write;

use std::{collections::VecDeque, fmt, time::Instant};

use bytes::BytesMut;
use mail_sasl::{ChannelBindings, Nonce};
use mail_wire::{LineFramer, SendBuffer};

use crate::{
    Greeting, LiteralHeader, MailboxName, PlainCode, Response, ResponseText, State, Status, Tag,
    Verb, clock::Clock, frame::CommandFramer, state, view::MailboxView,
};

pub use config::{Config, Limits, PlaintextLogin, Tls};
pub use error::{Pending, ServerError};
pub use event::{
    AppendRequest, BodyId, CopyRequest, Event, FetchSlice, ListRequest, Message, Refusal, Refused,
    SearchRequest, Selected, StoreSlice, WantBody, Wants,
};
pub use pattern::MailboxPattern;
pub use plan::{Layout, SectionPlan};

/// The server's end of one conversation; see the [module](self) for the loop.
///
/// * **Input and output**: the methods of [`mail_wire::Session`].
/// * **Answers**: each names the [`Event`] it belongs to. They fail with
///   [`Misuse`](mail_errors::Misuse) when that answer is not owed, and leave the session as it was.
/// * **News**: [`mailbox_changed`](Self::mailbox_changed) and
///   [`mailbox_news`](Self::mailbox_news), at any time.
/// * **Getters**: [`state`](Self::state), [`is_idle`](Self::is_idle), [`view`](Self::view).
pub struct Server {
    config: Config,
    input: BytesMut,
    out: SendBuffer,
    frames: CommandFramer,
    /// For lines that are no commands: DONE, and those of AUTHENTICATE.
    lines: LineFramer,
    eof: bool,
    state: State,
    secured: bool,
    /// What an exchange can be bound to.
    bindings: ChannelBindings,
    nonce: Option<Nonce>,
    view: Option<MailboxView>,
    /// The command that is being carried out.
    current: Option<Current>,
    work: Work,
    /// How the current command ends, once the news has been told.
    finish: Option<Finish>,
    events: VecDeque<Event>,
    closing: Option<ResponseText<'static>>,
    end: Option<Result<(), ServerError>>,
    clock: Clock<Pending>,
    bad_commands: u32,
    failed_logins: u32,
    bodies: u64,
}

/// The command that is being carried out.
#[derive(Debug, Clone)]
struct Current {
    tag: Tag<'static>,
    verb: Verb,
    /// `UID FETCH` and the like.
    uid: bool,
}

/// How a command ends.
#[derive(Debug)]
struct Finish {
    status: Status,
    text: ResponseText<'static>,
}

/// What the session is at.
#[derive(Debug)]
enum Work {
    /// TLS comes before the greeting.
    Handshake,
    Greeting,
    /// The next command is awaited.
    Command,
    /// The OK to STARTTLS is on its way.
    StartTls,
    /// The application owes an answer.
    Owed(Owed),
    Sasl(auth::Sasl),
    /// A message comes in.
    Append,
    Fetch(fetch::Fetch),
    Store(store::Store),
    /// The result of a SEARCH is being written.
    Found(search::Found),
    Idle,
    /// News is being told, then the command ends.
    Telling,
}

/// Which answer the application owes. Those to FETCH and STORE are with their work.
#[derive(Debug)]
enum Owed {
    Login(Option<mail_sasl::server::Exchange>),
    /// What is kept of a user.
    Lookup(mail_sasl::server::Exchange),
    Select {
        read_only: bool,
    },
    /// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.
    Done,
    List {
        listing: list::Listing,
        pull: Pull,
    },
    Status {
        mailbox: MailboxName<'static>,
    },
    AcceptAppend(LiteralHeader),
    Appended,
    Copy {
        remove: bool,
    },
    Search {
        search: search::Searching,
        pull: Pull,
    },
    Expunge {
        close: bool,
    },
    Reread,
}

/// Whether answers are pulled, see [`Server::respond_later`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pull {
    /// The application answers by itself.
    No,
    /// It is to be asked when there is room.
    Ask,
    /// It was asked.
    Asked,
}

/// What one step came to.
enum Step {
    Event(Event),
    Again,
    Input,
    Reply,
    Upgrade,
}

impl Server {
    /// Starts a conversation.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let work = match config.tls {
            Tls::Implicit => Work::Handshake,
            Tls::Never | Tls::StartTls => Work::Greeting,
        };
        Self {
            frames: CommandFramer::new(config.limits.command_before_login, config.profile),
            lines: LineFramer::new(),
            config,
            input: BytesMut::new(),
            out: SendBuffer::new(),
            eof: false,
            state: State::Connected,
            secured: false,
            bindings: ChannelBindings::new(),
            nonce: None,
            view: None,
            current: None,
            work,
            finish: None,
            events: VecDeque::new(),
            closing: None,
            end: None,
            clock: Clock::new(),
            bad_commands: 0,
            failed_logins: 0,
            bodies: 0,
        }
    }

    /// Returns where the conversation stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Tells whether the client waits for news (IDLE, RFC 2177).
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.work, Work::Idle)
    }

    /// Returns what this session knows of the selected mailbox.
    #[must_use]
    pub const fn view(&self) -> Option<&MailboxView> {
        self.view.as_ref()
    }

    fn step(&mut self, now: Instant) -> Step {
        if self.closing.is_some() && !self.is_within_response() {
            return self.hang_up();
        }
        match &mut self.work {
            Work::Handshake | Work::StartTls => Step::Upgrade,
            Work::Greeting => self.greet(now),
            Work::Command => self.read_command(now),
            Work::Owed(owed) => match owed {
                Owed::List { pull, .. } | Owed::Search { pull, .. } if *pull == Pull::Ask => {
                    *pull = Pull::Asked;
                    let room = self.config.limits.output.saturating_sub(self.out.len());
                    Step::Event(Event::WantResponses { room })
                }
                Owed::Login(_)
                | Owed::Lookup(_)
                | Owed::Select { .. }
                | Owed::Done
                | Owed::List { .. }
                | Owed::Status { .. }
                | Owed::AcceptAppend(_)
                | Owed::Appended
                | Owed::Copy { .. }
                | Owed::Search { .. }
                | Owed::Expunge { .. }
                | Owed::Reread => Step::Reply,
            },
            Work::Sasl(_) => self.step_sasl(now),
            Work::Append => self.step_append(now),
            Work::Fetch(_) => self.step_fetch(),
            Work::Store(_) => self.step_store(),
            Work::Found(_) => self.step_found(),
            Work::Idle => self.step_idle(now),
            Work::Telling => self.step_telling(),
        }
    }

    /// The first thing that is said, unless we hang up at once.
    fn greet(&mut self, now: Instant) -> Step {
        self.state = state::greeted(Greeting::Ok);
        self.clock.start(Pending::Login, self.config.limits.login, now);
        let code = crate::Code::Capability(self.capabilities());
        let text = ResponseText::checked(Some(code), self.config.greeting.clone());
        self.say(&Response::Status { status: Status::Ok, text });
        self.work = Work::Command;
        Step::Again
    }

    /// Whether what is being said is not whole, so that nothing may get between.
    fn is_within_response(&self) -> bool {
        match &self.work {
            Work::Fetch(fetch) => fetch.is_within_response(),
            Work::Found(_) => true,
            Work::Handshake
            | Work::Greeting
            | Work::Command
            | Work::StartTls
            | Work::Owed(_)
            | Work::Sasl(_)
            | Work::Append
            | Work::Store(_)
            | Work::Idle
            | Work::Telling => false,
        }
    }

    /// Says `* BYE` where that is possible, and ends.
    fn hang_up(&mut self) -> Step {
        let text = self.closing.take();
        self.over(text, Ok(()));
        Step::Again
    }

    /// Ends the conversation because of the client, of time, or of the application.
    fn fail(&mut self, error: ServerError) -> Step {
        let words = match &error {
            ServerError::TimedOut(Pending::Reading) => {
                self.out.discard();
                None
            }
            // RFC 9051 7.1.5: "automatic logout timer".
            ServerError::TimedOut(_) => Some(write::text(None, "you took too long")),
            ServerError::TooManyBad { .. } => Some(write::text(None, "too many bad commands")),
            ServerError::TooManyLogins { .. } => Some(write::text(None, "too many failed logins")),
            ServerError::Endless { .. } => {
                Some(write::coded(PlainCode::TooBig, "that is too long to be read to its end"))
            }
            // What is on its way is torn, and must not look whole.
            ServerError::TornBody { .. }
            | ServerError::Truncated(_)
            | ServerError::Injected { .. }
            | ServerError::UnaskedUpgrade => None,
        };
        let words = words.filter(|_| !self.is_within_response());
        self.over(words, Err(error));
        Step::Again
    }

    fn over(&mut self, words: Option<ResponseText<'static>>, end: Result<(), ServerError>) {
        if self.is_receiving() {
            self.events.push_back(Event::AppendAborted);
        }
        if let Some(text) = words.filter(|_| !matches!(self.work, Work::Handshake | Work::StartTls))
        {
            self.say(&Response::Bye(text));
        }
        self.state = State::Logout;
        self.view = None;
        self.current = None;
        self.finish = None;
        self.work = Work::Command;
        self.input = BytesMut::new();
        self.end = Some(end);
    }

    /// Whether the application is to be asked, or to answer, before anything else can happen.
    fn is_thinking(&self) -> bool {
        match &self.work {
            Work::Owed(_) => true,
            Work::Fetch(fetch) => fetch.is_owed(),
            Work::Store(store) => store.is_owed(),
            Work::Handshake
            | Work::Greeting
            | Work::Command
            | Work::StartTls
            | Work::Sasl(_)
            | Work::Append
            | Work::Found(_)
            | Work::Idle
            | Work::Telling => false,
        }
    }
}

/// What is buffered may hold passwords and mail, so lengths stand for it.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("state", &self.state)
            .field("secured", &self.secured)
            .field("command", &self.current.as_ref().map(|current| current.verb))
            .field("input", &self.input.len())
            .field("output", &self.out.len())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
