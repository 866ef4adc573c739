//! What a client session tells its application.

use std::num::NonZeroU32;

use bytes::Bytes;
use mail_errors::ParseError;
use mail_wire::TlsInfo;

use crate::{FetchAttribute, FetchAttributes, Response, ResponseText, State, Status};

/// Names a command, from the call that gave it to its [`Event::Done`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub(super) u64);

/// What a client session tells its application.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The server's greeting.
    Greeting(ResponseText<'static>),
    /// TLS is in place, and what the server said before it is forgotten.
    Tls(TlsInfo),
    /// The session is set up as its [`Config`](super::Config) asks for, and commands go out. With
    /// `authenticated`, the server knows who this is (PREAUTH) and no login is possible.
    Ready {
        /// Whether to go on without a login.
        authenticated: bool,
    },
    /// What a command asked for, but for the octets of messages.
    Data {
        /// Which command.
        handle: Handle,
        /// The answer, or a part of it. A [`Response::Fetch`] comes behind the texts in it.
        response: Response<'static>,
    },
    /// A text of a message begins, which a FETCH asked for.
    BodyStart(BodyStart),
    /// Octets of that text.
    Body {
        /// Which command.
        handle: Handle,
        /// The octets.
        octets: Bytes,
    },
    /// That was all of it.
    BodyEnd {
        /// Which command.
        handle: Handle,
    },
    /// The rest of the text will not come.
    BodyAborted {
        /// Which command.
        handle: Handle,
    },
    /// A message is gone, and the numbers behind it have moved down by one already.
    Expunged {
        /// The EXPUNGE, UID EXPUNGE or MOVE that asked for it; `None` if somebody else did it.
        handle: Option<Handle>,
        /// The sequence number that it had.
        number: NonZeroU32,
        /// Its UID, if the session has learnt that.
        uid: Option<NonZeroU32>,
    },
    /// Untagged data that nobody asked for: new messages (EXISTS), other flags (FETCH), warnings
    /// and alerts (OK, NO, BAD). News of an IDLE comes so as well. The octets of a text that nobody
    /// asked for are passed over.
    Unsolicited(Response<'static>),
    /// IDLE has begun: news comes as it happens.
    Idling(Handle),
    /// The server waits for the message of an APPEND: answer with
    /// [`body`](super::Client::body), [`body_end`](super::Client::body_end) or
    /// [`body_failed`](super::Client::body_failed).
    WantBody {
        /// Which command.
        handle: Handle,
        /// About how many octets fit now; any number is taken.
        room: usize,
    },
    /// A command is done. The last event of its handle.
    Done {
        /// Which command.
        handle: Handle,
        /// How it went.
        status: Status,
        /// Why: a code for machines and a text for people.
        text: ResponseText<'static>,
    },
    /// A command was not sent. The last event of its handle.
    NotSent {
        /// Which command.
        handle: Handle,
        /// Why.
        why: NotSent,
    },
    /// An untagged response that is none, and was passed over. For logs.
    Malformed(ParseError),
    /// The server is about to hang up.
    Bye(ResponseText<'static>),
}

impl Event {
    /// Returns the command that this is about, if it is about one.
    #[must_use]
    pub const fn handle(&self) -> Option<Handle> {
        match self {
            Self::Data { handle, .. }
            | Self::Body { handle, .. }
            | Self::BodyEnd { handle }
            | Self::BodyAborted { handle }
            | Self::Idling(handle)
            | Self::WantBody { handle, .. }
            | Self::Done { handle, .. }
            | Self::NotSent { handle, .. } => Some(*handle),
            Self::BodyStart(start) => Some(start.handle),
            Self::Expunged { handle, .. } => *handle,
            Self::Greeting(_)
            | Self::Tls(_)
            | Self::Ready { .. }
            | Self::Unsolicited(_)
            | Self::Malformed(_)
            | Self::Bye(_) => None,
        }
    }
}

/// The start of a message's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyStart {
    /// The FETCH that asked for it.
    pub handle: Handle,
    /// The message's sequence number.
    pub number: NonZeroU32,
    /// Its UID, if that has been told.
    pub uid: Option<NonZeroU32>,
    /// What was told of the message before, since the text before this one.
    pub before: FetchAttributes<'static>,
    /// Which text it is: one of the attributes that have a
    /// [`BodyText`](crate::BodyText).
    pub attribute: FetchAttribute<'static>,
    /// How many octets there are to come.
    pub octets: u64,
}

/// Why a command was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotSent {
    /// It is not legal in the state in which its turn came, as after a failed login.
    WrongState(State),
    /// The server does not offer it.
    NotOffered(&'static str),
    /// It would send a password in the clear.
    Plaintext,
    /// The server does not let anybody log in, now (LOGINDISABLED, RFC 9051 section 6.2.3).
    LoginDisabled,
    /// The credentials have something that no mechanism on offer can carry.
    Credentials,
    /// It names messages by sequence numbers, and an EXPUNGE has moved them since it was given:
    /// look the messages up again.
    Renumbered,
    /// IDLE was [done](super::Client::done) with before its turn came.
    Cancelled,
    /// The conversation was over before its turn came.
    Over,
}

impl std::fmt::Display for NotSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WrongState(state) => write!(f, "not possible while {state:?}"),
            Self::NotOffered(what) => write!(f, "the server does not offer {what}"),
            Self::Plaintext => f.write_str("a password is not sent without TLS"),
            Self::LoginDisabled => f.write_str("the server does not accept logins now"),
            Self::Credentials => f.write_str("no mechanism on offer can carry the credentials"),
            Self::Renumbered => f.write_str("messages were expunged in the meantime"),
            Self::Cancelled => f.write_str("it was cancelled"),
            Self::Over => f.write_str("the conversation is over"),
        }
    }
}
