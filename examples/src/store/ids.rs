//! The numbers that name things in a store.

use std::fmt;
use std::num::NonZeroU32;

/// Makes a newtype over a positive 63-bit number that a store gives out once.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Takes a number that the same store gave out before.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// Returns the number.
            #[must_use]
            pub const fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// Names an account. Survives a change of its login name.
    AccountId
}
id! {
    /// Names one incarnation of a mailbox: it survives a rename, and a mailbox that is deleted and
    /// made again under its old name has another one.
    MailboxId
}
id! {
    /// Names the octets of a message, which never change. COPY and MOVE keep it, so it can serve
    /// as an EMAILID (RFC 8474 5.1).
    MessageId
}
id! {
    /// Names a message in the relay queue.
    QueueId
}
id! {
    /// Names one recipient of a message in the relay queue.
    RecipientId
}
id! {
    /// Names one claim on queued recipients.
    ClaimId
}
id! {
    /// A mod-sequence (RFC 7162 3.1): grows with every change in its mailbox.
    ModSeq
}

/// The unique identifier of a message in its mailbox (RFC 9051 2.3.1.1): 1 to 2^32 - 1, strictly
/// ascending in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(NonZeroU32);

impl Uid {
    /// The lowest UID there is.
    pub const MIN: Self = Self(NonZeroU32::MIN);
    /// The highest UID there is.
    pub const MAX: Self = Self(NonZeroU32::MAX);

    /// Makes a UID; `None` for 0, which the grammar does not know (`nz-number`).
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The UIDVALIDITY of a mailbox (RFC 9051 2.3.1.1). A store gives each out once, so that name,
/// UIDVALIDITY and UID together never mean two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidValidity(NonZeroU32);

impl UidValidity {
    /// Makes a UIDVALIDITY; `None` for 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for UidValidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
