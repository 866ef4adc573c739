//! Why a client session ended before its time.

use mail_errors::{Fault, FaultKind, Reply};
use mail_sasl::SaslError;
use thiserror::Error;

use crate::{ReplyError, State, Verb};

/// Why a client session ended before its time. Every recipient has been told before.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server does not serve us: it refused the greeting, EHLO, STARTTLS or AUTH.
    #[error("server refuses {}: {reply}", .stage.as_str())]
    Refused {
        /// What it refused.
        stage: Verb,
        /// In these words.
        reply: Reply,
    },
    /// The server closes the connection (421, RFC 5321 3.8).
    #[error("server closes the connection: {reply}")]
    Closing {
        /// In these words.
        reply: Reply,
    },
    /// The server does not offer what we are told to insist on.
    #[error("server does not offer {needed}")]
    NotOffered {
        /// What that is.
        needed: &'static str,
    },
    /// STARTTLS was [offered before](super::Config::start_tls_was_offered) and is not now: somebody
    /// in the middle may have taken it away. RFC 3207 6.
    #[error("server does not offer STARTTLS any more")]
    StartTlsHidden,
    /// The server answers what was not asked, or in a way that does not answer it.
    #[error("reply does not answer {}: {reply}", .verb.map_or("anything", Verb::as_str))]
    Unexpected {
        /// What was asked; none if nothing was.
        verb: Option<Verb>,
        /// What it said.
        reply: Reply,
    },
    /// Octets stood behind the reply to STARTTLS before TLS began: an attempt at injection (RFC
    /// 3207 4.2).
    #[error("{octets} octets behind the reply to STARTTLS")]
    Injected {
        /// How many.
        octets: usize,
    },
    /// A reply cannot be read.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The authentication went wrong in a way that is the server's fault.
    #[error(transparent)]
    Sasl(#[from] SaslError),
    /// The server took too long to answer.
    #[error("server took too long to answer {}", .verb.as_str())]
    TimedOut {
        /// What it did not answer.
        verb: Verb,
    },
    /// The server does not read what it is sent.
    #[error("server takes no output")]
    Stuck,
    /// The server hung up.
    #[error("server hung up (state: {})", .state.as_str())]
    Disconnected {
        /// Where the conversation stood.
        state: State,
    },
    /// The message could not be sent to its end, so the connection was cut (see
    /// [`NotSent`](super::NotSent)).
    #[error("message was cut short")]
    Cut,
    /// [`upgraded`](mail_wire::Session::upgraded) was called although nothing was asked for.
    #[error("no upgrade was asked for")]
    NoUpgrade,
}

impl Fault for Error {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Refused { .. } | Self::NotOffered { .. } | Self::StartTlsHidden => {
                FaultKind::Incompatible
            }
            Self::Closing { .. } | Self::Disconnected { .. } => FaultKind::Disconnected,
            Self::Unexpected { .. } | Self::Injected { .. } => FaultKind::Misbehaved,
            Self::Reply(ReplyError::Malformed(_)) => FaultKind::Malformed,
            Self::Reply(ReplyError::TooLong { .. }) => FaultKind::LimitExceeded,
            Self::Sasl(error) => error.kind(),
            Self::TimedOut { .. } | Self::Stuck => FaultKind::TimedOut,
            Self::Cut | Self::NoUpgrade => FaultKind::Misuse,
        }
    }
}
