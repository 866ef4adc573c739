//! What a server's session tells its application, and what each asks for in answer.

use std::ops::Range;

use mail_errors::{ParseError, Secret};
use mail_sasl::{
    Credentials, apop,
    server::{Claim, Lookup},
};
use mail_wire::TlsInfo;

use crate::{ApopDigest, Defect, Deletions, MessageNumber, Missing, Timestamp, UserName, Verb};

/// What a server's session tells its application.
///
/// Where an answer is asked for, the named methods of [`Server`](super::Server) give it, and
/// [`refuse`](super::Server::refuse) says no. The others are for information: act, then ask on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// TLS is in place. No answer.
    Tls(TlsInfo),
    /// Who is this? USER and PASS, or AUTH with PLAIN or LOGIN. Answer [`accept`](super::Server::accept) with the maildrop,
    /// locked for this session (RFC 1939 4), or [`refuse`](super::Server::refuse): late if it was
    /// wrong, that slows guessing.
    Login(Credentials),
    /// Who is this? APOP. Answer as to [`Event::Login`].
    Apop(ApopLogin),
    /// What is kept of this user? AUTH with SCRAM or CRAM-MD5 asks before [`Event::Authenticate`]
    /// comes. Answer [`supply`](super::Server::supply) or [`refuse`](super::Server::refuse).
    Lookup(Lookup),
    /// May they come in? AUTH with any mechanism that shows no password. Answer as to
    /// [`Event::Login`].
    Authenticate(Claim),
    /// Octets of a message, to be sent now. Answer [`body`](super::Server::body),
    /// [`body_end`](super::Server::body_end) or [`body_failed`](super::Server::body_failed); the
    /// first time [`refuse`](super::Server::refuse) is possible too.
    WantBody(WantBody),
    /// No more is wanted of this message: TOP has its lines. No answer.
    BodyEnough(BodyId),
    /// The unique ids of some messages. Answer [`ids`](super::Server::ids); the first time after
    /// UIDL [`refuse`](super::Server::refuse) is possible too.
    WantIds(WantIds),
    /// The client said QUIT: delete these, which may be none, and give the maildrop free. Under
    /// [`Retention::DeleteRetrieved`](super::Retention) what was fetched is among them. Answer
    /// [`committed`](super::Server::committed) when they are gone for good, or
    /// [`refuse`](super::Server::refuse). RFC 1939 6.
    ///
    /// It comes when all that was sent before has left, and is the one event that deletes: when it does
    /// not come, nothing is deleted.
    Commit(Deletions),
    /// A command was refused by the session itself. No answer; for logs.
    Refused(Refused),
    /// A command was not as the grammar has it, and was taken all the same. No answer; for logs.
    Tolerated(Defect),
}

/// Who wants in by APOP.
#[derive(Debug, Clone)]
pub struct ApopLogin {
    pub(super) user: UserName<'static>,
    pub(super) digest: ApopDigest,
    pub(super) timestamp: Timestamp,
}

impl ApopLogin {
    /// Returns the name of the mailbox.
    #[must_use]
    pub fn user(&self) -> &str {
        self.user.as_str()
    }

    /// Tells whether the client knows this password. Takes the same time wherever digests differ.
    #[must_use]
    pub fn verify(&self, password: &Secret) -> bool {
        apop::Digest::new(self.timestamp.as_str().as_bytes(), password).verify(self.digest.digits())
    }
}

/// Names the sending of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BodyId(pub(super) u64);

/// Which octets of which message are wanted.
///
/// Whoever can read a stored message at any place needs to remember nothing: read at
/// [`offset`](Self::offset), at most [`room`](Self::room) octets, and answer `body_end` where there
/// are none left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantBody {
    pub(super) id: BodyId,
    pub(super) number: MessageNumber,
    pub(super) lines: Option<u64>,
    pub(super) offset: u64,
    pub(super) room: usize,
}

impl WantBody {
    /// Returns the name of this sending, for the answer.
    #[must_use]
    pub const fn id(&self) -> BodyId {
        self.id
    }

    /// Returns the message's number.
    #[must_use]
    pub const fn number(&self) -> MessageNumber {
        self.number
    }

    /// Returns how many lines of the message's text will be sent behind its header (TOP); `None`
    /// for all of it (RETR). The session does the cutting; this is for those who read ahead.
    #[must_use]
    pub const fn lines(&self) -> Option<u64> {
        self.lines
    }

    /// Returns how many octets of the message were given already; 0 the first time.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns about how many octets are of use now. More and fewer are taken.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.room
    }
}

/// Which messages' unique ids are wanted: one for each number, in ascending order, those of messages
/// that are marked as deleted included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantIds {
    pub(super) first: MessageNumber,
    pub(super) len: u32,
}

impl WantIds {
    /// Returns the first message's number.
    #[must_use]
    pub const fn first(&self) -> MessageNumber {
        self.first
    }

    /// Returns how many are wanted; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Returns where the messages stand in a list that starts at 0.
    #[must_use]
    pub const fn indexes(&self) -> Range<usize> {
        let start = self.first.index();
        start..start + self.len as usize
    }
}

/// A command that the session refused by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub(super) verb: Option<Verb>,
    pub(super) why: Refusal,
}

impl Refused {
    /// Returns the command's name, if it has one that is known.
    #[must_use]
    pub const fn verb(&self) -> Option<Verb> {
        self.verb
    }

    /// Returns why it was refused.
    #[must_use]
    pub const fn why(&self) -> &Refusal {
        &self.why
    }
}

/// Why the session refused a command by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no command that is known here.
    Unknown,
    /// Its arguments do not parse.
    Malformed(ParseError),
    /// It ended in LF without CR.
    BareNewline,
    /// It is legal in another state.
    WrongState,
    /// It would send a password in the clear.
    Plaintext,
    /// It asks for a language that this server does not speak. RFC 6856 3.
    UnknownLanguage,
    /// It asks for something that this server does not offer, or offers no more.
    NotOffered,
    /// It is longer than is taken.
    TooLong {
        /// The most that is taken, in octets.
        limit: usize,
    },
    /// Name or password cannot be any, or the client has not shown that it knows the password.
    Login,
    /// The client gave an AUTH exchange up. RFC 5034 4.
    Cancelled,
    /// It names a message that is not there, or no more.
    Missing(Missing),
}
