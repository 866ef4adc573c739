//! What an MX look-up comes to, and which SMTP reply that is.

use std::net::IpAddr;

use mail_errors::{EnhancedStatusCode, ReplyCode};
use thiserror::Error;

use crate::{name::Name, outcome::Security};

/// What becomes of mail for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MxVerdict {
    /// Try these hosts in this order.
    Deliver(Plan),
    /// It can never be delivered as things are: give it back.
    NoMail(NoMail),
    /// It cannot be known now: keep it and ask again later.
    TryLater(TryLater),
}

/// The hosts for a domain's mail, at least one, each with at least one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(super) targets: Vec<Target>,
    pub(super) implicit: bool,
    pub(super) security: Security,
}

impl Plan {
    /// Returns the hosts, to be tried in this order.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Tells whether the domain has no MX records and is its own host (RFC 5321 5.1).
    #[must_use]
    pub const fn is_implicit(&self) -> bool {
        self.implicit
    }

    /// Returns what is known of the authenticity of the MX records, which DANE builds on (RFC 7672
    /// 2.2.1).
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }
}

/// A host to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub(super) host: Name,
    pub(super) preference: u16,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) security: Security,
}

impl Target {
    /// Returns its name as the MX record has it, which is the name TLS is to show.
    #[must_use]
    pub const fn host(&self) -> &Name {
        &self.host
    }

    /// Returns its preference; 0 for an implicit MX.
    #[must_use]
    pub const fn preference(&self) -> u16 {
        self.preference
    }

    /// Returns its addresses, to be tried in this order.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Returns what is known of the authenticity of its addresses.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }
}

/// Why no host will ever take mail for the domain, as it stands in DNS now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum NoMail {
    /// The domain says that it takes no mail (RFC 7505).
    #[error("the domain takes no mail (null MX)")]
    NullMx,
    /// The domain does not exist, or is an alias of a name that does not.
    #[error("the domain does not exist")]
    NoSuchDomain,
    /// No host that could take its mail has an address.
    #[error("no mail host of the domain has an address")]
    NoAddress,
    /// We are the domain's best MX, but do not take its mail.
    #[error("mail for the domain would loop back to this server")]
    Loop,
}

impl NoMail {
    /// Returns the SMTP reply code for it.
    #[must_use]
    pub const fn reply_code(self) -> ReplyCode {
        match self {
            // RFC 7505 4.1, RFC 7504 4
            Self::NullMx => ReplyCode::DOMAIN_TAKES_NO_MAIL,
            Self::NoSuchDomain | Self::NoAddress => ReplyCode::MAILBOX_UNAVAILABLE,
            Self::Loop => ReplyCode::TRANSACTION_FAILED,
        }
    }

    /// Returns the enhanced status code for it.
    #[must_use]
    pub const fn enhanced(self) -> EnhancedStatusCode {
        match self {
            // RFC 7505 4.1
            Self::NullMx => EnhancedStatusCode::NULL_MX,
            // RFC 3463 3.2: the destination system does not exist.
            Self::NoSuchDomain => EnhancedStatusCode::BAD_DOMAIN,
            // RFC 3463 3.5: unable to route.
            Self::NoAddress => EnhancedStatusCode::UNABLE_TO_ROUTE,
            Self::Loop => EnhancedStatusCode::ROUTING_LOOP,
        }
    }
}

/// Why it is not known now where the mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum TryLater {
    /// The DNS servers of the domain or the resolver failed.
    #[error("the DNS servers failed to answer for the domain")]
    ServerFailure,
    /// No answer came in time, or the budget of questions was used up.
    #[error("no DNS answer came in time")]
    NoAnswer,
}

impl TryLater {
    /// Returns the SMTP reply code for it, 451.
    #[must_use]
    pub const fn reply_code(self) -> ReplyCode {
        ReplyCode::LOCAL_ERROR
    }

    /// Returns the enhanced status code for it, 4.4.3, directory server failure (RFC 3463 3.5).
    #[must_use]
    pub const fn enhanced(self) -> EnhancedStatusCode {
        EnhancedStatusCode::DIRECTORY_FAILURE
    }
}
