//! What a server session tells its application, and what each asks for in answer.

use std::num::NonZeroU32;

use bytes::Bytes;
use mail_errors::ParseError;
use mail_sasl::{
    Credentials,
    server::{Claim, Lookup},
};
use mail_wire::TlsInfo;

use super::pattern::MailboxPattern;
use crate::{DateTime, Flags, IdFields, MailboxName, NumberSet, Query, StatusItems, StoreAction};

/// What a server session tells its application.
///
/// Where an answer is asked for, the named methods of [`Server`](super::Server) give it, and
/// [`Server::no`](super::Server::no) refuses. The others are for information: act, then ask on.
/// Messages are named by UID alone; sequence numbers are the session's own affair.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// TLS is in place. No answer.
    Tls(TlsInfo),
    /// The client says which program it is (RFC 2971). No answer.
    Id(IdFields<'static>),
    /// Is this the password? LOGIN, or AUTHENTICATE with PLAIN or LOGIN. Answer
    /// [`authenticated`](super::Server::authenticated) or
    /// [`login_refused`](super::Server::login_refused), late if it was wrong: that slows guessing.
    Login(Credentials),
    /// What is kept of this user? AUTHENTICATE with SCRAM or CRAM-MD5 asks before
    /// [`Event::Authenticate`] comes. Answer [`supply`](super::Server::supply) or
    /// [`login_refused`](super::Server::login_refused).
    Lookup(Lookup),
    /// May they come in? AUTHENTICATE with any mechanism that shows no password. Answer as to
    /// [`Event::Login`].
    Authenticate(Claim),
    /// The client opens a mailbox: subscribe to its news, then answer
    /// [`selected`](super::Server::selected).
    Select {
        /// Which mailbox.
        mailbox: MailboxName<'static>,
        /// EXAMINE: for reading alone; nothing may change, `\Recent` neither.
        read_only: bool,
    },
    /// No mailbox is selected any more: end the subscription to its news. No answer. It does not
    /// come when the session ends with a mailbox selected.
    Deselected,
    /// CREATE. Answer [`done`](super::Server::done).
    Create {
        /// The new mailbox; its levels above are made with it.
        mailbox: MailboxName<'static>,
    },
    /// DELETE. Answer [`done`](super::Server::done).
    Delete {
        /// Which mailbox; never INBOX.
        mailbox: MailboxName<'static>,
    },
    /// RENAME. Answer [`done`](super::Server::done).
    Rename {
        /// Which mailbox. INBOX is emptied into the new one instead (RFC 9051 6.3.6).
        from: MailboxName<'static>,
        /// The new name.
        to: MailboxName<'static>,
    },
    /// SUBSCRIBE or UNSUBSCRIBE. Answer [`done`](super::Server::done).
    Subscribe {
        /// Which name.
        mailbox: MailboxName<'static>,
        /// Whether it is to be subscribed to from now on.
        on: bool,
    },
    /// LIST or LSUB. Answer [`listed`](super::Server::listed) for every mailbox that
    /// [`matches`](ListRequest::matches), then [`done`](super::Server::done). For LSUB give every
    /// name that is subscribed to: the session tells the levels above them (RFC 3501 6.3.9).
    List(ListRequest),
    /// STATUS. Answer [`status`](super::Server::status).
    Status {
        /// Which mailbox.
        mailbox: MailboxName<'static>,
        /// What about it.
        items: StatusItems,
    },
    /// A message is about to come. Answer [`accept_append`](super::Server::accept_append), or
    /// [`no`](super::Server::no) before its octets cross the wire. The octets follow.
    Append(AppendRequest),
    /// Octets of the message. No answer; `no` ends it.
    AppendChunk(Bytes),
    /// That was all of it. Answer [`appended`](super::Server::appended).
    AppendEnd,
    /// The rest will not come: forget it. No answer.
    AppendAborted,
    /// FETCH: some of the messages that it asks for. Answer [`message`](super::Server::message)
    /// for each that is still there, then [`done`](super::Server::done). The next of them come
    /// when these are on their way, so that 10^5 messages are never asked for at once.
    Fetch(FetchSlice),
    /// Octets of a message, to be sent now. Answer [`body`](super::Server::body) or
    /// [`body_failed`](super::Server::body_failed).
    WantBody(WantBody),
    /// STORE: some of the messages. Answer [`flags`](super::Server::flags) for each, then
    /// [`done`](super::Server::done). More may follow.
    Store(StoreSlice),
    /// COPY and MOVE, all or none. Answer [`copied`](super::Server::copied).
    Copy(CopyRequest),
    /// SEARCH. Answer [`found`](super::Server::found) as often as you like, then
    /// [`done`](super::Server::done).
    Search(SearchRequest),
    /// EXPUNGE, UID EXPUNGE and CLOSE: remove the messages that have `\Deleted`. Answer
    /// [`expunged`](super::Server::expunged).
    Expunge {
        /// Only among these (RFC 4315 2.1, and those that this session knows of).
        among: NumberSet,
    },
    /// More happened in the mailbox than was kept: answer [`reread`](super::Server::reread) with
    /// all that is in it.
    Reread,
    /// There is room for about so many octets of answers, after
    /// [`respond_later`](super::Server::respond_later).
    WantResponses {
        /// In octets; a hint.
        room: usize,
    },
    /// A command was refused by the session itself. No answer; for logs.
    Refused(Refused),
    /// The client says good-bye. No answer.
    Logout,
}

/// A command that the session refused by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The command's name, if it has one that is known.
    pub command: Option<&'static str>,
    /// Why.
    pub why: Refusal,
}

/// Why the session refused a command by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no command: `BAD`.
    Malformed(ParseError),
    /// It is legal in another state: `BAD`.
    WrongState,
    /// It would change a mailbox that is open for reading alone: `NO [READ-ONLY]`.
    ReadOnly,
    /// It, or a literal in it, is longer than is taken.
    TooLong {
        /// The most that is taken, in octets.
        limit: u64,
    },
    /// It would send a password in the clear: `NO [PRIVACYREQUIRED]`.
    Plaintext,
    /// It asks for something that this server does not offer.
    NotOffered(&'static str),
    /// It names a message that is not there: `BAD`.
    NoSuchMessage,
    /// Name or password cannot be any, or the exchange was cancelled.
    Login,
}

/// What LIST or LSUB asks for.
#[derive(Debug, Clone)]
pub struct ListRequest {
    pub(super) pattern: MailboxPattern,
    pub(super) subscribed: bool,
}

impl ListRequest {
    /// Tells whether names that are subscribed to are asked for (LSUB), whether or not there is
    /// such a mailbox; else mailboxes that there are.
    #[must_use]
    pub const fn subscribed(&self) -> bool {
        self.subscribed
    }

    /// Tells whether this name is asked for. [`Server::listed`](super::Server::listed) passes
    /// over those that are not, so to give it every name is right too.
    #[must_use]
    pub fn matches(&self, name: &MailboxName<'_>) -> bool {
        self.pattern.matches(name)
    }
}

/// What SELECT and EXAMINE find; all of one moment.
#[derive(Debug, Clone)]
pub struct Selected {
    pub(super) uid_validity: NonZeroU32,
    pub(super) uid_next: Option<NonZeroU32>,
    pub(super) uids: NumberSet,
    pub(super) flags: Flags<'static>,
    pub(super) permanent: Flags<'static>,
    pub(super) first_recent: Option<NonZeroU32>,
    pub(super) first_unseen: Option<NonZeroU32>,
    pub(super) read_only: bool,
}

impl Selected {
    /// Starts with the UIDVALIDITY and the UIDs of all messages.
    #[must_use]
    pub fn new(uid_validity: NonZeroU32, uids: NumberSet) -> Self {
        Self {
            uid_validity,
            uid_next: None,
            uids,
            flags: Flags::default(),
            permanent: Flags::default(),
            first_recent: None,
            first_unseen: None,
            read_only: false,
        }
    }

    /// Adds the UID that the next message gets, or a lower one that none has.
    #[must_use]
    pub const fn uid_next(mut self, uid: NonZeroU32) -> Self {
        self.uid_next = Some(uid);
        self
    }

    /// Adds the flags that messages may have here, and those of them that can be changed for good;
    /// [`Flag::Any`](crate::Flag::Any) among the latter if new keywords can be made.
    #[must_use]
    pub fn flags(mut self, flags: Flags<'static>, permanent: Flags<'static>) -> Self {
        (self.flags, self.permanent) = (flags, permanent);
        self
    }

    /// Adds the UID from which on messages are `\Recent` in this session (RFC 3501 2.3.2).
    #[must_use]
    pub const fn first_recent(mut self, uid: Option<NonZeroU32>) -> Self {
        self.first_recent = uid;
        self
    }

    /// Adds the UID of the first message without `\Seen`.
    #[must_use]
    pub const fn first_unseen(mut self, uid: Option<NonZeroU32>) -> Self {
        self.first_unseen = uid;
        self
    }

    /// Says that the mailbox can be read alone, although SELECT asked for more.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }
}

/// A message that is about to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendRequest {
    /// Where it is to go.
    pub mailbox: MailboxName<'static>,
    /// The flags it is to have.
    pub flags: Flags<'static>,
    /// The internal date it is to have; now, if there is none.
    pub date: Option<DateTime>,
    /// Its length in octets. Exactly as many come, or [`Event::AppendAborted`].
    pub size: u64,
}

/// What a FETCH must know of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Wants {
    /// The flags, without `\Recent`.
    pub flags: bool,
    /// The internal date.
    pub internal_date: bool,
    /// The length of the message in octets.
    pub size: bool,
    /// The length of the header in octets, the empty line behind it included.
    pub header_size: bool,
    /// The octets of the header.
    pub header: bool,
    /// Octets of the message itself will be asked for ([`Event::WantBody`]), so keep them readable
    /// until the next slice, even if another session expunges the message meanwhile (RFC 2180
    /// 4.1). Such a slice is of one message.
    pub body: bool,
}

/// Some of the messages that a FETCH asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchSlice {
    /// The messages, ascending.
    pub uids: Vec<u32>,
    /// What to tell of them.
    pub wants: Wants,
    /// Reading these sets `\Seen`: set it before you answer, and say so by
    /// [`Message::newly_seen`] where it was not set.
    pub set_seen: bool,
}

/// What the application knows of one message.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub(super) flags: Option<Flags<'static>>,
    pub(super) internal_date: Option<DateTime>,
    pub(super) size: Option<u64>,
    pub(super) header_size: Option<u64>,
    pub(super) header: Option<Bytes>,
    pub(super) newly_seen: bool,
}

impl Message {
    /// Starts with nothing. What [`FetchSlice::wants`] names must be put in; more does no harm.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds all its flags, without `\Recent`.
    #[must_use]
    pub fn flags(mut self, flags: Flags<'static>) -> Self {
        self.flags = Some(flags);
        self
    }

    /// Adds its internal date.
    #[must_use]
    pub const fn internal_date(mut self, date: DateTime) -> Self {
        self.internal_date = Some(date);
        self
    }

    /// Adds its length in octets.
    #[must_use]
    pub const fn size(mut self, octets: u64) -> Self {
        self.size = Some(octets);
        self
    }

    /// Adds the length of its header in octets, the empty line behind it included.
    #[must_use]
    pub const fn header_size(mut self, octets: u64) -> Self {
        self.header_size = Some(octets);
        self
    }

    /// Adds the octets of its header, cut where it is unreasonably long: fields behind the cut are
    /// not found.
    #[must_use]
    pub fn header(mut self, octets: Bytes) -> Self {
        self.header = Some(octets);
        self
    }

    /// Says that `\Seen` was set by this FETCH: the client is told its flags (RFC 9051 6.4.5).
    #[must_use]
    pub const fn newly_seen(mut self) -> Self {
        self.newly_seen = true;
        self
    }
}

/// Names a body that is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyId(pub(super) u64);

/// Octets of a message that are to be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantBody {
    /// What to answer with.
    pub id: BodyId,
    /// Which message.
    pub uid: u32,
    /// From which of its octets on, counted from 0.
    pub offset: u64,
    /// How many there are to come.
    pub remaining: u64,
    /// How many fit now: at most `remaining`, and any number from 1 to that will do.
    pub room: usize,
}

/// Some of the messages of a STORE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSlice {
    /// The messages, ascending.
    pub uids: Vec<u32>,
    /// What to do.
    pub action: StoreAction,
    /// With which flags.
    pub flags: Flags<'static>,
}

/// The messages that are to be copied or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRequest {
    /// The messages.
    pub uids: NumberSet,
    /// Where to.
    pub to: MailboxName<'static>,
    /// Whether they leave this mailbox, so that nobody sees them twice (RFC 6851).
    pub remove: bool,
}

/// What SEARCH looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRequest {
    /// What a message must be; sets in it are of UIDs and without `*`.
    pub query: Query<'static>,
    /// The messages that this session knows of; others do not count.
    pub among: NumberSet,
    /// The first UID that is `\Recent` in this session, if there is one.
    pub first_recent: Option<u32>,
}
