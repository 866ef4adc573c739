//! What can go wrong on a tour.

use std::io;

use mail_errors::{Fault, Misuse, Reply, ReplyCode};
use mail_message::compose::ComposeError;

use crate::{
    accounts::AccountError,
    client::ClientError,
    office::OfficeError,
    store::{NameError, StoreError},
    tls::TlsError,
};

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// What was read back is not the message of this run.
    #[error("the token of this run does not stand in what was read back")]
    NoToken,
    /// What should have happened did not happen in time.
    #[error("nothing happened in time")]
    TooLate,
    /// What was read back is not as it should be.
    #[error("{0:?}")]
    Flawed(Flaw),
    /// A server did not say what it should have said.
    #[error("{wanted} was expected, and the answer was {got}")]
    WrongReply {
        /// What was expected.
        wanted: ReplyCode,
        /// What came.
        got: Reply,
    },
    /// No reply came for the message.
    #[error("the message was not answered: {0}")]
    Unanswered(String),
    /// DNS does not say where the mail goes.
    #[error("no route: {0}")]
    NoRoute(String),
    /// The message stays in the queue.
    #[error("put off: {0}")]
    PutOff(String),
    /// A conversation broke off or was refused.
    #[error("{0}")]
    Client(String),
    /// The post offices do not open.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Files, sockets or the output.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A value of the tour's own is not one.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// A name of the tour's own is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The message of the tour's own is not one.
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

/// What is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// It went in the clear.
    InTheClear,
    /// DNS was not asked over UDP.
    NotOverUdp,
    /// Another host than the one that DNS names was talked to.
    OtherHost,
    /// What arrived is not what was sent.
    Changed,
    /// What was deleted is still there.
    StillThere,
    /// The mailbox did not hold what it should.
    Miscounted,
    /// The trace fields do not tell the way.
    NoTrace,
    /// The notice does not say why.
    NoReason,
    /// The reply has no known cause or remedy.
    NoRemedy,
}

impl<E: Fault> From<ClientError<E>> for Trouble {
    fn from(error: ClientError<E>) -> Self {
        match error {
            ClientError::TooLate => Self::TooLate,
            other => Self::Client(other.to_string()),
        }
    }
}

impl From<Flaw> for Trouble {
    fn from(flaw: Flaw) -> Self {
        Self::Flawed(flaw)
    }
}
