//! The blame taxonomy that every crate of the workspace uses.

use thiserror::Error;

use crate::{EnhancedStatusCode, Reply, ReplyCode};

/// An error of a session: what kind of failure it is decides who is to blame and what to answer.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    /// Returns the kind of this failure.
    fn kind(&self) -> FaultKind;
}

/// Whose fault a failure is, and of what sort.
///
/// The set is closed on purpose: a caller that matches on it handles every failure there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The peer sent octets that no rule of the grammar reads.
    Malformed,
    /// The peer sent legal octets at an illegal moment.
    Misbehaved,
    /// Both sides are well, but have no way of working in common (no TLS, no mechanism, no size).
    Incompatible,
    /// The peer went over one of our limits.
    LimitExceeded,
    /// The peer took too long.
    TimedOut,
    /// The connection ended where the protocol does not let it end.
    Disconnected,
    /// Our own caller called the wrong method, or the right one at the wrong time.
    Misuse,
}

impl FaultKind {
    /// Tells whether the same attempt may go better later without anybody changing anything.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::TimedOut | Self::Disconnected)
    }

    /// Tells whether the peer, and not our own caller, is to blame.
    #[must_use]
    pub const fn is_peers(self) -> bool {
        !matches!(self, Self::Misuse)
    }

    /// Returns what an SMTP server answers to a failure of this kind, when nothing more is known
    /// about it. A session that knows which limit or which parameter it was answers that.
    ///
    /// Nobody hears the answer to [`FaultKind::Disconnected`]; it is the status to keep for what
    /// was under way.
    #[must_use]
    pub const fn answer(self) -> Reply {
        const fn reply(code: ReplyCode, enhanced: EnhancedStatusCode, text: &'static str) -> Reply {
            Reply::fixed(code, Some(enhanced), text)
        }
        match self {
            // RFC 5321 4.2.4 and 4.3.2: a command that is not recognized.
            Self::Malformed => {
                reply(ReplyCode::SYNTAX_ERROR, EnhancedStatusCode::SYNTAX_ERROR, "syntax error")
            }
            // RFC 5321 4.1.4: a command out of order.
            Self::Misbehaved => reply(
                ReplyCode::BAD_SEQUENCE,
                EnhancedStatusCode::INVALID_COMMAND,
                "bad sequence of commands",
            ),
            // RFC 3463 3.4: the system cannot do what is asked, whatever the recipient.
            Self::Incompatible => reply(
                ReplyCode::TRANSACTION_FAILED,
                EnhancedStatusCode::NOT_CAPABLE,
                "what this asks for is not supported here",
            ),
            // RFC 5321 4.5.3.1.9 and RFC 1870 6.1: too much data.
            Self::LimitExceeded => reply(
                ReplyCode::EXCEEDED_STORAGE,
                EnhancedStatusCode::MESSAGE_TOO_BIG,
                "over the limit of this system",
            ),
            // RFC 5321 4.5.3.2: the server's time-out, told by the 421 of 3.8.
            Self::TimedOut => reply(
                ReplyCode::SERVICE_NOT_AVAILABLE,
                EnhancedStatusCode::BAD_CONNECTION,
                "timeout, closing connection",
            ),
            // RFC 5321 3.8: a connection that breaks is treated as if 451 had been received.
            Self::Disconnected => {
                reply(ReplyCode::LOCAL_ERROR, EnhancedStatusCode::BAD_CONNECTION, "connection lost")
            }
            // RFC 5321 4.2.3: our own error; the peer may try again.
            Self::Misuse => reply(
                ReplyCode::LOCAL_ERROR,
                EnhancedStatusCode::SYSTEM_TROUBLE,
                "local error in processing",
            ),
        }
    }
}

/// A call that the session could not carry out. The session is unharmed and the call may be
/// corrected; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// No answer of this sort is owed at the moment.
    #[error("{given} given, but {owed} is owed")]
    WrongAnswer {
        /// What the caller gave.
        given: &'static str,
        /// What the session waits for.
        owed: &'static str,
    },
    /// The conversation is over, or this call came too early in it.
    #[error("{call} is not possible while {state}")]
    WrongMoment {
        /// The method that was called.
        call: &'static str,
        /// The state the session is in.
        state: &'static str,
    },
    /// A value holds an octet that can never be sent (CR, LF, NUL, or 8-bit where it is illegal).
    #[error("{what} holds octet {octet:#04x} at {offset}, which cannot be sent")]
    Unencodable {
        /// The value's name.
        what: &'static str,
        /// The offending octet.
        octet: u8,
        /// Its offset in the value.
        offset: usize,
    },
    /// A value is longer than the protocol or the limits allow.
    #[error("{what} of {len} octets is over the limit of {limit}")]
    TooLong {
        /// The value's name.
        what: &'static str,
        /// Its length.
        len: u64,
        /// The most that is allowed.
        limit: u64,
    },
    /// The value is outside of what the protocol defines.
    #[error("{what} is not valid: {why}")]
    Invalid {
        /// The value's name.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The peer does not offer what this call needs.
    #[error("the peer does not offer {needed}")]
    NotOffered {
        /// The extension or capability.
        needed: &'static str,
    },
    /// The handle or body id belongs to something that is already over.
    #[error("{what} {id} is not open")]
    UnknownId {
        /// What the id names.
        what: &'static str,
        /// The number.
        id: u64,
    },
}

impl Fault for Misuse {
    fn kind(&self) -> FaultKind {
        FaultKind::Misuse
    }
}

/// Octets that the grammar does not read: where, what was expected, and what stood there instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected {expected} at offset {offset}")]
pub struct ParseError {
    offset: usize,
    expected: &'static str,
    found: Found,
}

/// The first octets at the offset of a [`ParseError`]. They may belong to a secret, so they are
/// shown only when asked for by name.
#[derive(Clone, PartialEq, Eq)]
struct Found {
    octets: [u8; Self::ROOM],
    len: u8,
}

impl Found {
    const ROOM: usize = 16;
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} octets", self.len)
    }
}

impl ParseError {
    /// Makes the error for `input`, which fails at `offset` because `expected` is not there.
    #[must_use]
    pub fn at(input: &[u8], offset: usize, expected: &'static str) -> Self {
        let rest = input.get(offset..).unwrap_or_default();
        let mut octets = [0; Found::ROOM];
        let len = rest.len().min(Found::ROOM);
        for (to, from) in octets.iter_mut().zip(rest) {
            *to = *from;
        }
        Self { offset, expected, found: Found { octets, len: len as u8 } }
    }

    /// Returns the offset of the first octet that does not fit, counted from the start of the
    /// parsed slice.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns what the grammar asks for at that offset, in the grammar's words.
    #[must_use]
    pub const fn expected(&self) -> &'static str {
        self.expected
    }

    /// Returns up to 16 octets that stand at the offset. They may be part of a secret: keep them
    /// out of logs where a password can stand.
    #[must_use]
    pub fn found(&self) -> &[u8] {
        self.found.octets.get(..usize::from(self.found.len)).unwrap_or_default()
    }
}

impl Fault for ParseError {
    fn kind(&self) -> FaultKind {
        FaultKind::Malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_error_carries_offset_and_expectation_but_prints_no_octets() {
        let error = ParseError::at(b"PASS hunter2", 5, "SP");
        assert_eq!(error.to_string(), "expected SP at offset 5");
        assert_eq!(error.found(), b"hunter2");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn every_kind_has_an_answer_of_its_own_blame() {
        for (kind, answer) in [
            (FaultKind::Malformed, "500 5.5.2 syntax error"),
            (FaultKind::Misbehaved, "503 5.5.1 bad sequence of commands"),
            (FaultKind::Incompatible, "554 5.3.3 what this asks for is not supported here"),
            (FaultKind::LimitExceeded, "552 5.3.4 over the limit of this system"),
            (FaultKind::TimedOut, "421 4.4.2 timeout, closing connection"),
            (FaultKind::Disconnected, "451 4.4.2 connection lost"),
            (FaultKind::Misuse, "451 4.3.0 local error in processing"),
        ] {
            assert_eq!(kind.answer().to_string(), answer);
            let sender_may_retry = kind.is_transient() || !kind.is_peers();
            assert_eq!(kind.answer().is_transient(), sender_may_retry, "{kind:?}");
        }
    }

    #[test]
    fn ok_parse_error_past_the_end() {
        assert_eq!(ParseError::at(b"ab", 9, "CRLF").found(), b"");
    }
}
