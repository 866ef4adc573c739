//! Why a message was not sent.

use std::fmt;

use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use mail_wire::BareOctet;

use crate::Extension;

/// Why a message was not sent, to all its recipients or to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotSent {
    /// It needs an extension that the server does not offer, or that the
    /// [`Config`](super::Config) does not use: 8BITMIME (RFC 6152 3), BINARYMIME (RFC 3030 3),
    /// SMTPUTF8 (RFC 6531 3.2), REQUIRETLS (RFC 8689 4.2.1), DELIVERBY (RFC 2852 4), FUTURERELEASE
    /// (RFC 4865 4), RRVS (RFC 7293 5.2), ETRN (RFC 1985).
    NotOffered(Extension),
    /// It is not to go without TLS to a host that has proved who it is, and this connection is not
    /// [sure](super::Envelope::require_tls) to have that. RFC 8689 4.2.1.
    TlsNotAssured,
    /// The server says that it takes no message so large. RFC 1870 5.
    TooBig {
        /// How large it is, in octets.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
    /// It is to be delivered sooner than the server promises for any. RFC 2852 2.
    DueTooSoon {
        /// The fewest seconds that the server takes.
        least: u32,
    },
    /// It is to be kept back for longer than the server does, or than there is time to deliver it.
    /// RFC 4865 4 and 5.2.1.
    HeldTooLong {
        /// The most seconds that the server takes, or that its deadline leaves.
        most: u64,
    },
    /// It is a solicitation of a sort that the server does not take. RFC 3865 2.
    Unsolicited,
    /// The server takes fewer recipients of a message, and others come before this one. RFC 9422 3:
    /// the message can be sent again to those of whom this is told.
    TooManyRecipients {
        /// How many it takes.
        most: u32,
    },
    /// The server takes fewer domains in a session. RFC 9422 3: another connection serves.
    TooManyDomains {
        /// How many it takes.
        most: u32,
    },
    /// The server takes fewer messages in a session. RFC 9422 3: another connection serves.
    TooManyMessages {
        /// How many it takes.
        most: u32,
    },
    /// The message has a CR or LF that stands alone.
    BareNewline(BareOctet),
    /// [`body_failed`](super::Client::body_failed) was called.
    BodyFailed,
    /// [`close`](mail_wire::Session::close) was called before it began.
    Closing,
    /// The conversation came to an end before; its error says why.
    Lost,
}

impl NotSent {
    /// Returns how to tell the sender, if it is the message that cannot go to this server: later or
    /// over another connection it will be the same. None if it is worth another attempt.
    #[must_use]
    pub fn reply(self) -> Option<Reply> {
        let (code, enhanced) = match self {
            // RFC 6152 3, RFC 3030 3: conversion required but not supported.
            Self::NotOffered(Extension::EightBitMime | Extension::BinaryMime) => (554, (5, 6, 3)),
            // RFC 6531 3.5: non-ASCII addresses not permitted.
            Self::NotOffered(Extension::SmtpUtf8) => (550, (5, 6, 7)),
            // RFC 8689 5: REQUIRETLS support required.
            Self::NotOffered(Extension::RequireTls) | Self::TlsNotAssured => (550, (5, 7, 30)),
            Self::NotOffered(_) | Self::DueTooSoon { .. } => (554, (5, 3, 3)),
            Self::HeldTooLong { .. } => (554, (5, 5, 4)),
            Self::TooBig { .. } => (552, (5, 3, 4)),
            Self::Unsolicited => (550, (5, 7, 1)),
            Self::BareNewline(_) => (554, (5, 6, 0)),
            Self::TooManyRecipients { .. }
            | Self::TooManyDomains { .. }
            | Self::TooManyMessages { .. }
            | Self::BodyFailed
            | Self::Closing
            | Self::Lost => return None,
        };
        let (class, subject, detail) = enhanced;
        let enhanced = EnhancedStatusCode::new(class, subject, detail);
        Reply::new(ReplyCode::new(code)?, enhanced, self.to_string()).ok()
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered(extension) => write!(f, "the server does not offer {extension}"),
            Self::TlsNotAssured => f.write_str("no TLS to a host that has proved who it is"),
            Self::TooBig { size, limit } => {
                write!(f, "the message has {size} octets, and the server takes {limit}")
            }
            Self::DueTooSoon { least } => write!(f, "the server promises {least} seconds at best"),
            Self::HeldTooLong { most } => write!(f, "it can be held for {most} seconds at most"),
            Self::Unsolicited => f.write_str("the server takes no such solicitation"),
            Self::TooManyRecipients { most } => {
                write!(f, "the server takes {most} recipients of a message")
            }
            Self::TooManyDomains { most } => write!(f, "the server takes {most} domains at once"),
            Self::TooManyMessages { most } => write!(f, "the server takes {most} messages at once"),
            Self::BareNewline(bare) => bare.fmt(f),
            Self::BodyFailed => f.write_str("the message could not be read to its end"),
            Self::Closing => f.write_str("the conversation was closed before"),
            Self::Lost => f.write_str("the conversation ended before"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_lies_in_the_message_has_words_for_the_sender() {
        let told = |why: NotSent| why.reply().map(|reply| reply.to_string());
        let tls = "550 5.7.30 the server does not offer REQUIRETLS";
        assert_eq!(told(NotSent::NotOffered(Extension::RequireTls)).as_deref(), Some(tls));
        let big = "552 5.3.4 the message has 9 octets, and the server takes 8";
        assert_eq!(told(NotSent::TooBig { size: 9, limit: 8 }).as_deref(), Some(big));
        for why in [NotSent::Lost, NotSent::Closing, NotSent::TooManyRecipients { most: 1 }] {
            assert_eq!(told(why), None, "{why}");
        }
        for extension in Extension::ALL {
            assert!(told(NotSent::NotOffered(*extension)).is_some(), "{extension}");
        }
    }
}
