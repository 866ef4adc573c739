//! What can go wrong in an exchange.

use mail_errors::{Fault, FaultKind, Misuse};
use thiserror::Error;

use crate::Mechanism;

/// An exchange that cannot go on. It carries offsets and lengths, never octets of a response: they
/// may be part of a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SaslError {
    /// The mechanism is none that this crate can carry out (SMTP: 504, RFC 4954 section 4).
    #[error("mechanism is not known")]
    UnknownMechanism,
    /// A line is not the one canonical base64 of RFC 4648 section 4 (SMTP: 501).
    #[error("line is not base64 at offset {offset}")]
    Base64 {
        /// Offset in the line of the first octet that does not fit; the line's length if there
        /// are too few.
        offset: usize,
    },
    /// Something is longer than [`limits`](crate::limits) allow (SMTP: 500).
    #[error("{what} of {len} octets is over the limit of {limit}")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length in octets.
        len: usize,
        /// The most that is allowed, in octets.
        limit: usize,
    },
    /// The octets under the base64 are no message of the mechanism (SMTP: 501).
    #[error("{mechanism} response lacks {expected} at offset {offset}")]
    Malformed {
        /// The mechanism whose message it should have been.
        mechanism: Mechanism,
        /// Offset in the decoded response.
        offset: usize,
        /// What the mechanism asks for there.
        expected: &'static str,
    },
    /// The server sends a challenge where the mechanism has none. The client should cancel.
    #[error("the server sends a challenge that {mechanism} does not have")]
    UnexpectedChallenge {
        /// The mechanism of the exchange.
        mechanism: Mechanism,
    },
    /// The server says that the exchange succeeded before it was complete. It never saw the
    /// credentials, or never proved that it knows them: do not trust it.
    #[error("the server ends {mechanism} before it is complete")]
    EndedEarly {
        /// The mechanism of the exchange.
        mechanism: Mechanism,
    },
    /// The method does not fit the state of the exchange, which is unharmed.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl Fault for SaslError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::UnknownMechanism => FaultKind::Incompatible,
            Self::Base64 { .. } | Self::Malformed { .. } => FaultKind::Malformed,
            Self::TooLong { .. } => FaultKind::LimitExceeded,
            Self::UnexpectedChallenge { .. } | Self::EndedEarly { .. } => FaultKind::Misbehaved,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}
