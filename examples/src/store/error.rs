//! What can go wrong in a store, in the words of mail and not of a database.

use std::io;
use std::sync::Arc;

use thiserror::Error;

use super::AccountId;

/// A call that the store did not carry out. Nothing of it was kept: every call is one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What the call names is not there (any more).
    #[error("{what} not found")]
    NotFound {
        /// What was looked for.
        what: Noun,
    },
    /// What the call would make is there already.
    #[error("{what} exists already")]
    Exists {
        /// What stands in the way.
        what: Noun,
    },
    /// The account would hold more octets than its quota. SMTP answers 552 5.2.2, IMAP
    /// `NO [OVERQUOTA]`.
    #[error("account {account} over its quota of {quota} octets: {needed} needed")]
    OverQuota {
        /// The first account that has no room.
        account: AccountId,
        /// The most octets it may hold.
        quota: u64,
        /// The octets it would hold.
        needed: u64,
    },
    /// Somebody else holds it; the same call may go better in a moment.
    #[error("{what} is in use")]
    Busy {
        /// What is held.
        what: Noun,
    },
    /// The call contradicts what the store holds; it will not go better later.
    #[error("{what}: {why}")]
    Conflict {
        /// What it is about.
        what: Noun,
        /// Why it cannot be.
        why: &'static str,
    },
    /// There are as many as there may be.
    #[error("more than {limit} of {what}")]
    TooMany {
        /// What there is too much of.
        what: Noun,
        /// The most that is allowed.
        limit: u64,
    },
    /// The disk has no room left. SMTP answers 452 4.3.1.
    #[error("no space left in the store")]
    Full,
    /// What the store holds makes no sense; a person must look at it.
    #[error("the store is damaged: {detail}")]
    Corrupt {
        /// What was found, for the log.
        detail: Arc<str>,
    },
    /// The machinery below failed: the disk, the connection to the database, the schema.
    #[error("the store failed: {detail}")]
    Backend {
        /// What it said, for the log.
        detail: Arc<str>,
    },
}

impl StoreError {
    /// Makes the error for something that is not there.
    #[must_use]
    pub const fn not_found(what: Noun) -> Self {
        Self::NotFound { what }
    }

    /// Makes the error for a failure of the machinery below.
    #[must_use]
    pub fn backend(detail: impl std::fmt::Display) -> Self {
        Self::Backend { detail: detail.to_string().into() }
    }

    /// Makes the error for contents that make no sense.
    #[must_use]
    pub fn corrupt(detail: impl std::fmt::Display) -> Self {
        Self::Corrupt { detail: detail.to_string().into() }
    }

    /// Tells whether the same call may go better later (SMTP: 4yz) or never will (5yz).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Full | Self::Corrupt { .. } | Self::Backend { .. } => true,
            Self::NotFound { .. }
            | Self::Exists { .. }
            | Self::OverQuota { .. }
            | Self::Conflict { .. }
            | Self::TooMany { .. } => false,
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull { Self::Full } else { Self::backend(error) }
    }
}

/// The things a store holds, for error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Noun {
    /// A domain that mail is taken for.
    Domain,
    /// An account.
    Account,
    /// An address of an account.
    Address,
    /// An alias.
    Alias,
    /// A mailbox.
    Mailbox,
    /// A subscription to a mailbox name.
    Subscription,
    /// A message.
    Message,
    /// The maildrop of an account.
    Maildrop,
    /// A UID, UIDVALIDITY or mod-sequence: the numbers of a mailbox.
    Number,
    /// A keyword of a message.
    Keyword,
    /// A claim on queued recipients.
    Claim,
    /// The store as a whole.
    Store,
}

impl std::fmt::Display for Noun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Domain => "domain",
            Self::Account => "account",
            Self::Address => "address",
            Self::Alias => "alias",
            Self::Mailbox => "mailbox",
            Self::Subscription => "subscription",
            Self::Message => "message",
            Self::Maildrop => "maildrop",
            Self::Number => "number",
            Self::Keyword => "keyword",
            Self::Claim => "claim",
            Self::Store => "store",
        })
    }
}
