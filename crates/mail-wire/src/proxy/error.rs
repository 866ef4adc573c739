//! What can be wrong with a header.

use mail_errors::{Fault, FaultKind, ParseError};

/// Why there is no header. The connection is to be closed without a word (section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What comes first is no header, neither of version 1 nor of version 2.
    #[error("no PROXY header comes first, as of octet {offset}")]
    NoHeader {
        /// The first octet that cannot be part of one.
        offset: usize,
    },
    /// A binary header of another version than 2.
    #[error("PROXY header of version {version}")]
    Version {
        /// Which.
        version: u8,
    },
    /// The header does not read.
    #[error("PROXY header: {0}")]
    Malformed(#[from] ParseError),
    /// The checksum (section 2.2.3) is not that of the header.
    #[error("PROXY header with checksum {told:#010x}, which should be {computed:#010x}")]
    Checksum {
        /// What the header says.
        told: u32,
        /// What it should say.
        computed: u32,
    },
    /// The header is longer than is read.
    #[error("PROXY header longer than {limit} octets")]
    TooLong {
        /// The most that is read.
        limit: usize,
    },
    /// The connection ended before the header did.
    #[error("connection closed after {received} octets of the PROXY header")]
    Truncated {
        /// How many octets of it there were, which may be none.
        received: usize,
    },
    /// The header did not come in time.
    #[error("no PROXY header in time, after {received} octets of it")]
    TimedOut {
        /// How many octets of it there were, which may be none.
        received: usize,
    },
}

impl Fault for Error {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NoHeader { .. } | Self::Malformed(_) | Self::Checksum { .. } => {
                FaultKind::Malformed
            }
            Self::Version { .. } => FaultKind::Incompatible,
            Self::TooLong { .. } => FaultKind::LimitExceeded,
            Self::Truncated { .. } => FaultKind::Disconnected,
            Self::TimedOut { .. } => FaultKind::TimedOut,
        }
    }
}

/// Why a conversation behind a header came to a bad end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrecededError<E: Fault> {
    /// The header is to blame. Nothing has been sent, and the session was never asked.
    #[error(transparent)]
    Proxy(Error),
    /// The session says so.
    #[error(transparent)]
    Session(E),
}

impl<E: Fault> Fault for PrecededError<E> {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Proxy(error) => error.kind(),
            Self::Session(error) => error.kind(),
        }
    }
}
