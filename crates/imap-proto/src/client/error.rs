//! Why a conversation ended before its time.

use mail_errors::{Fault, FaultKind, ParseError};
use mail_sasl::SaslError;
use thiserror::Error;

use crate::frame::FrameError;

/// Why a conversation ended before its time. Of the commands that were under way and have no
/// [`Event::Done`](super::Event::Done) it is not known whether the server carried them out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The connection ended in the middle of a response or a message's text.
    #[error("connection ended in the middle of {0}")]
    Truncated(&'static str),
    /// The connection ended between two responses, with no good-bye.
    #[error("connection ended without a good-bye")]
    Disconnected,
    /// The server said `* BYE` unasked; [`Event::Bye`](super::Event::Bye) has told its words.
    #[error("server said good-bye")]
    Bye,
    /// The server took too long.
    #[error("server took too long over {0}")]
    TimedOut(Pending),
    /// A greeting, completion or continuation that is none, or too many other responses.
    #[error("response is malformed: {0}")]
    Malformed(#[from] ParseError),
    /// What comes cannot be read as responses, or is over a limit.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A completion for a command that is not under way (RFC 9051 section 2.2.2).
    #[error("completion with a tag that is not in flight")]
    UnknownTag,
    /// A continuation request where none was due (RFC 9051 section 7.6).
    #[error("continuation request where none is due")]
    UnexpectedContinuation,
    /// The first response was no greeting (RFC 9051 section 7.1).
    #[error("first response is no greeting")]
    NoGreeting,
    /// A command that can only begin an exchange was answered with OK in the middle of it.
    #[error("command completed before it was sent whole")]
    EndedEarly,
    /// TLS is required and the server does not offer STARTTLS, or refuses it.
    #[error("server does not do STARTTLS")]
    NoStartTls,
    /// TLS is required and the server greets with PREAUTH, behind which there is no STARTTLS
    /// (RFC 9051 section 11.1).
    #[error("PREAUTH in the clear, where TLS is required")]
    PreAuthInClear,
    /// Octets came behind the OK to STARTTLS and before the handshake: somebody on the way put
    /// them there (RFC 9051 section 11.1).
    #[error("{octets} octets in the clear behind the OK to STARTTLS")]
    Injected {
        /// How many.
        octets: usize,
    },
    /// The server ended an exchange with OK that was not complete: it is not to be trusted.
    #[error(transparent)]
    Sasl(#[from] SaslError),
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
    /// The greeting.
    Greeting,
    /// The answer to a command.
    Answer,
    /// The rest of a response.
    RestOfResponse,
    /// The text of a message, which came too slowly.
    Body,
    /// The reading of what was sent.
    Reading,
}

impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Handshake => "the TLS handshake",
            Self::Greeting => "the greeting",
            Self::Answer => "the answer to a command",
            Self::RestOfResponse => "the rest of a response",
            Self::Body => "the text of a message",
            Self::Reading => "reading what was sent",
        })
    }
}

impl Fault for ClientError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Truncated(_) | Self::Disconnected | Self::Bye => FaultKind::Disconnected,
            Self::TimedOut(_) => FaultKind::TimedOut,
            Self::Malformed(_) => FaultKind::Malformed,
            Self::Frame(error) => error.kind(),
            Self::UnknownTag
            | Self::UnexpectedContinuation
            | Self::NoGreeting
            | Self::EndedEarly
            | Self::PreAuthInClear
            | Self::Injected { .. } => FaultKind::Misbehaved,
            Self::NoStartTls => FaultKind::Incompatible,
            Self::Sasl(error) => error.kind(),
            Self::UnaskedUpgrade | Self::TornBody { .. } => FaultKind::Misuse,
        }
    }
}
