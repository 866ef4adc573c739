//! What a client tells its application.

use std::fmt;

use bytes::Bytes;
use mail_errors::ParseError;
use mail_wire::TlsInfo;

use crate::{
    Capabilities, Defect, DropListing, LanguageListing, Response, ScanListing, State,
    UniqueIdListing, Verb,
};

/// Names a command, from the call that gave it to its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub(super) u64);

/// What a client tells its application.
///
/// The last event of a [`Handle`] is exactly one of [`Done`](Event::Done),
/// [`Refused`](Event::Refused), [`NotSent`](Event::NotSent) and
/// [`BodyAborted`](Event::BodyAborted), unless the conversation fails before. So whoever deletes a
/// message when RETR is done, deletes none that did not come whole.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The server's greeting.
    Greeting(Response<'static>),
    /// TLS is in place, and what the server said before it is forgotten.
    Tls(TlsInfo),
    /// The session is set up as its [`Config`](super::Config) asks for, and commands go out.
    Ready,
    /// What the server offers, as CAPA was answered.
    Capabilities {
        /// Which command.
        handle: Handle,
        /// The answer.
        capabilities: Capabilities,
    },
    /// How much there is, as STAT was answered.
    Stat {
        /// Which command.
        handle: Handle,
        /// The answer.
        listing: DropListing,
    },
    /// How large a message is: one of the answers to LIST.
    Listed {
        /// Which command.
        handle: Handle,
        /// The answer.
        listing: ScanListing,
    },
    /// What a message is called for good: one of the answers to UIDL.
    Id {
        /// Which command.
        handle: Handle,
        /// The answer.
        listing: UniqueIdListing,
    },
    /// A language that the server speaks: one of the answers to LANG.
    Language {
        /// Which command.
        handle: Handle,
        /// The answer.
        listing: LanguageListing<'static>,
    },
    /// Octets of a message that RETR or TOP asked for, dots unstuffed.
    Body {
        /// Which command.
        handle: Handle,
        /// The octets.
        octets: Bytes,
    },
    /// That was all of the message.
    BodyEnd {
        /// Which command.
        handle: Handle,
    },
    /// The rest of the message will not come, or it holds what it must not: what came of it is not
    /// to be used. No [`Done`](Event::Done) comes behind it; if the conversation does not fail, the
    /// next command's answer does.
    BodyAborted {
        /// Which command.
        handle: Handle,
    },
    /// A part of an answer does not parse, and was passed over.
    Malformed {
        /// Which command.
        handle: Handle,
        /// What is wrong with it.
        error: ParseError,
    },
    /// The server departed from the grammar, and it was tolerated. It comes in front of what is told
    /// of the line.
    Tolerated {
        /// Which command; `None` for the greeting and what the session asked by itself.
        handle: Option<Handle>,
        /// What it did, and where in its line.
        defect: Defect,
    },
    /// A command is done. A login is done when the server's capabilities are known anew.
    Done {
        /// Which command.
        handle: Handle,
        /// Its name; of a login, PASS or APOP.
        verb: Verb,
        /// The first line of the answer.
        response: Response<'static>,
    },
    /// The server refused a command.
    Refused {
        /// Which command.
        handle: Handle,
        /// Its name; of a login, USER, PASS or APOP.
        verb: Verb,
        /// Why.
        response: Response<'static>,
    },
    /// A command was not sent.
    NotSent {
        /// Which command.
        handle: Handle,
        /// Why.
        why: NotSent,
    },
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
    /// It has something that no mechanism on offer can carry.
    Credentials,
    /// The conversation was closed before its turn came.
    Over,
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongState(state) => write!(f, "not possible in {} state", state.as_str()),
            Self::NotOffered(what) => write!(f, "the server does not offer {what}"),
            Self::Plaintext => f.write_str("a password is not sent without TLS"),
            Self::Credentials => f.write_str("no mechanism on offer can carry the credentials"),
            Self::Over => f.write_str("the conversation is over"),
        }
    }
}
