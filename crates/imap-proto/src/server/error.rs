//! Why a conversation ended before its time.

use mail_errors::{Fault, FaultKind};
use thiserror::Error;

use crate::clock::Name;

/// Why a conversation ended before its time. What could still be said (`* BYE`) has been queued.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The connection ended in the middle of a command, a literal or an exchange.
    #[error("connection ended in the middle of {0}")]
    Truncated(&'static str),
    /// The client took too long.
    #[error("client took too long over {0}")]
    TimedOut(Pending),
    /// A line or a literal has no end within what is read and thrown away.
    #[error("{what} over {limit} octets, with no end in sight")]
    Endless {
        /// What it was.
        what: &'static str,
        /// How much was read, in octets.
        limit: u64,
    },
    /// Too many commands were no commands.
    #[error("more than {limit} bad commands")]
    TooManyBad {
        /// How many are borne.
        limit: u32,
    },
    /// Too many attempts to log in failed.
    #[error("{limit} failed logins")]
    TooManyLogins {
        /// How many end the session.
        limit: u32,
    },
    /// Octets came behind STARTTLS and before the handshake: somebody on the way put them there
    /// (RFC 9051 11.1). The command was not answered.
    #[error("{octets} octets in the clear behind STARTTLS")]
    Injected {
        /// How many.
        octets: usize,
    },
    /// An upgrade was reported that the session had not asked for.
    #[error("a layer was put in that was not asked for")]
    UnaskedUpgrade,
    /// The application did not deliver the octets of a message that had been announced. The
    /// connection is cut, so that no torn message looks whole.
    #[error("message ended {missing} octets from the announced end")]
    TornBody {
        /// How many octets were missing; 0 if there were too many.
        missing: u64,
    },
}

/// What was waited for when time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pending {
    /// The TLS handshake.
    Handshake,
    /// A login.
    Login,
    /// The next command, or any news to be read in IDLE (RFC 9051 5.4).
    Command,
    /// The rest of a command.
    RestOfCommand,
    /// The octets of an APPEND, which came too slowly.
    Append,
    /// The reading of what was sent.
    Reading,
}

impl Name for Pending {
    const READING: Self = Self::Reading;
    const BODY: Self = Self::Append;
}

impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Handshake => "the TLS handshake",
            Self::Login => "logging in",
            Self::Command => "the next command",
            Self::RestOfCommand => "the rest of a command",
            Self::Append => "an APPEND",
            Self::Reading => "reading what was sent",
        })
    }
}

impl Fault for ServerError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Truncated(_) => FaultKind::Disconnected,
            Self::TimedOut(_) => FaultKind::TimedOut,
            Self::Endless { .. } | Self::TooManyBad { .. } | Self::TooManyLogins { .. } => {
                FaultKind::LimitExceeded
            }
            Self::Injected { .. } => FaultKind::Misbehaved,
            Self::UnaskedUpgrade | Self::TornBody { .. } => FaultKind::Misuse,
        }
    }
}
