//! Why a conversation ended before its time.

use mail_errors::{Fault, FaultKind, Misuse, ParseError};
use mail_sasl::SaslError;
use thiserror::Error;

use crate::Response;

/// Why a conversation ended before its time: the peer's fault, or a timer's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Violation {
    /// The server's line is no response.
    #[error("response: {0}")]
    NotAResponse(#[source] ParseError),
    /// A line ended in LF without CR.
    #[error("line ended in LF without CR")]
    BareNewline,
    /// A line is longer than it may be.
    #[error("line longer than {limit} octets")]
    LineTooLong {
        /// The most octets it may have.
        limit: u64,
    },
    /// The answer to CAPA is longer than it may be.
    #[error("capabilities of more than {limit} octets")]
    TooManyCapabilities {
        /// The most octets it may have.
        limit: usize,
    },
    /// The answer to LIST, UIDL or LANG has more lines than it may have.
    #[error("listing of more than {limit} lines")]
    ListingTooLong {
        /// The most lines it may have.
        limit: u32,
    },
    /// Too many commands had to be refused.
    #[error("more than {limit} bad commands")]
    TooManyErrors {
        /// How many are let pass.
        limit: u32,
    },
    /// Nobody logged in, after so many commands.
    #[error("{limit} commands and no login")]
    TooManyCommands {
        /// How many are let pass.
        limit: u32,
    },
    /// Too many logins failed.
    #[error("{limit} logins failed")]
    TooManyLogins {
        /// How many may fail.
        limit: u32,
    },
    /// The peer took too long.
    #[error("{what} took too long")]
    TimedOut {
        /// What it was that took too long.
        what: &'static str,
    },
    /// The connection ended in the middle of a command or an answer.
    #[error("connection ended in {within}")]
    Truncated {
        /// What it ended in.
        within: &'static str,
    },
    /// There was plaintext behind STLS, or behind the answer to it: somebody put it there.
    #[error("plaintext behind STLS")]
    Injected,
    /// The server said something that nobody had asked for.
    #[error("response without a command")]
    Unsolicited,
    /// The server does not want to talk: it greeted with `-ERR`, or said `-ERR` unasked and is
    /// going to hang up.
    #[error("server ends the conversation: {0}")]
    Dismissed(Response<'static>),
    /// TLS is required, and the server does not offer it.
    #[error("server does not offer STLS")]
    TlsNotOffered,
    /// TLS is required, and the server refused STLS.
    #[error("server refused STLS: {0}")]
    TlsRefused(Response<'static>),
    /// The server ended an AUTH exchange with +OK that was not complete, or goes on with one that
    /// was given up: it is not to be trusted.
    #[error(transparent)]
    Sasl(#[from] SaslError),
    /// The driver called the session wrongly.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl Fault for Violation {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotAResponse(_) | Self::BareNewline => FaultKind::Malformed,
            Self::LineTooLong { .. }
            | Self::TooManyCapabilities { .. }
            | Self::ListingTooLong { .. }
            | Self::TooManyErrors { .. }
            | Self::TooManyCommands { .. }
            | Self::TooManyLogins { .. } => FaultKind::LimitExceeded,
            Self::TimedOut { .. } => FaultKind::TimedOut,
            Self::Truncated { .. } | Self::Dismissed(_) => FaultKind::Disconnected,
            Self::Injected | Self::Unsolicited => FaultKind::Misbehaved,
            Self::TlsNotOffered | Self::TlsRefused(_) => FaultKind::Incompatible,
            Self::Sasl(error) => error.kind(),
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}
