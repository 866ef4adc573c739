//! Why a server session ended before its time.

use mail_errors::{Fault, FaultKind};
use thiserror::Error;

use crate::State;

/// Why a server session ended before its time. What could still be said to the client has been
/// queued.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The client was silent, or a line, handshake or body took too long (421 4.4.2).
    #[error("client took too long (state: {})", .state.as_str())]
    TimedOut {
        /// Where the conversation stood.
        state: State,
    },
    /// The client does not read what it is sent.
    #[error("client takes no output")]
    Stuck,
    /// The client hung up without QUIT.
    #[error("client hung up{} (state: {})", if *.torn { " halfway" } else { "" }, .state.as_str())]
    Disconnected {
        /// Where the conversation stood.
        state: State,
        /// Within a line, a message or a handshake.
        torn: bool,
    },
    /// Too many commands were malformed or out of place (421 4.7.0).
    #[error("more than {limit} bad commands")]
    TooManyErrors {
        /// The most that is allowed.
        limit: u32,
    },
    /// Too many commands did nothing for any message: NOOP, RSET, VRFY and their like (421 4.7.0).
    #[error("more than {limit} commands without a message")]
    TooManyIdle {
        /// The most that is allowed.
        limit: u32,
    },
    /// Too many attempts to authenticate failed (421 4.7.0).
    #[error("{limit} failed attempts to authenticate")]
    TooManyAuthFailures {
        /// The most that is allowed.
        limit: u32,
    },
    /// A line has no end within what is read of it (500).
    #[error("line without end in {limit} octets")]
    EndlessLine {
        /// How many octets of it were read and thrown away.
        limit: u64,
    },
    /// A message that was refused has no end within what is read of it (552 or 550).
    #[error("refused message goes on {limit} octets over the limit")]
    EndlessMessage {
        /// How many octets over the limit are read and thrown away.
        limit: u64,
    },
    /// The argument of BDAT cannot be read, so that nobody knows where the next command starts
    /// (501).
    #[error("size of a chunk cannot be read")]
    BadChunk,
    /// Octets stood behind STARTTLS before TLS began: an attempt at injection (RFC 3207 4.2 and
    /// CVE-2011-0411). TLS was not granted.
    #[error("{octets} octets behind STARTTLS")]
    Injected {
        /// How many.
        octets: usize,
    },
    /// The client did not wait for the greeting (554).
    #[error("{octets} octets before the greeting")]
    EarlyTalker {
        /// How many had come.
        octets: usize,
    },
    /// The client speaks another protocol: HTTP, or TLS where none is expected.
    #[error("client speaks {what}")]
    NotSmtp {
        /// What it speaks.
        what: &'static str,
    },
    /// [`upgraded`](mail_wire::Session::upgraded) was called although nothing was asked for.
    #[error("no upgrade was asked for")]
    NoUpgrade,
}

impl Fault for Error {
    fn kind(&self) -> FaultKind {
        match self {
            Self::TimedOut { .. } | Self::Stuck => FaultKind::TimedOut,
            Self::Disconnected { .. } => FaultKind::Disconnected,
            Self::TooManyErrors { .. }
            | Self::TooManyIdle { .. }
            | Self::TooManyAuthFailures { .. }
            | Self::EndlessLine { .. }
            | Self::EndlessMessage { .. } => FaultKind::LimitExceeded,
            Self::Injected { .. } | Self::EarlyTalker { .. } => FaultKind::Misbehaved,
            Self::NotSmtp { .. } | Self::BadChunk => FaultKind::Malformed,
            Self::NoUpgrade => FaultKind::Misuse,
        }
    }
}
