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
    /// The server offers no mechanism by which the client can show who it is.
    #[error("the server offers no mechanism for these credentials")]
    NoMechanism,
    /// The server offers none but such that show the password or the token, and without TLS that
    /// was not asked for.
    #[error("the server offers no mechanism that hides the password, and there is no TLS")]
    OnlyPlaintext,
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
    #[error("{mechanism} message lacks {expected} at offset {offset}")]
    Malformed {
        /// The mechanism whose message it should have been.
        mechanism: Mechanism,
        /// Offset in the decoded message.
        offset: usize,
        /// What the mechanism asks for there.
        expected: &'static str,
    },
    /// The server asks for so many hashes that it costs the client too much, or so few that they
    /// protect nothing. RFC 7677 section 4.
    #[error("the server asks for {asked} iterations, and from {least} to {most} are done")]
    Iterations {
        /// How many it asks for; `u32::MAX` stands for all that is more.
        asked: u32,
        /// The fewest that are done.
        least: u32,
        /// The most that are done.
        most: u32,
    },
    /// The two ends do not see the same TLS, or not the same list of mechanisms: somebody may
    /// stand between them (SMTP: 535). RFC 5802 section 6.
    #[error("{mechanism}: {why}")]
    Binding {
        /// The mechanism of the exchange.
        mechanism: Mechanism,
        /// What does not fit.
        why: &'static str,
    },
    /// The server does not know the password, nor keys made of it: it is not the one it claims to
    /// be. RFC 5802 section 3.
    #[error("the server does not show that it knows the password")]
    FalseServer,
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
    /// The operating system has no random numbers for a nonce.
    #[error("the system has no random numbers")]
    NoEntropy,
    /// The method does not fit the state of the exchange, which is unharmed; or what was given
    /// cannot be sent.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl Fault for SaslError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::UnknownMechanism | Self::NoMechanism | Self::OnlyPlaintext => {
                FaultKind::Incompatible
            }
            Self::Base64 { .. } | Self::Malformed { .. } => FaultKind::Malformed,
            Self::TooLong { .. } | Self::Iterations { .. } => FaultKind::LimitExceeded,
            Self::UnexpectedChallenge { .. }
            | Self::EndedEarly { .. }
            | Self::Binding { .. }
            | Self::FalseServer => FaultKind::Misbehaved,
            // The peer is not to blame, and it is our side that has to be mended.
            Self::NoEntropy => FaultKind::Misuse,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}
