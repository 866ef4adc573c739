//! What STAT, LIST and UIDL tell of the messages: RFC 1939 5 and 7.

use std::fmt;

use mail_errors::ParseError;

use crate::{MessageNumber, parse};

/// How much is in the maildrop: the answer to STAT. RFC 1939 5 calls it "drop listing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DropListing {
    messages: u32,
    octets: u64,
}

impl DropListing {
    /// Puts the two numbers together.
    #[must_use]
    pub const fn new(messages: u32, octets: u64) -> Self {
        Self { messages, octets }
    }

    /// Returns how many messages there are; those marked as deleted do not count.
    #[must_use]
    pub const fn messages(self) -> u32 {
        self.messages
    }

    /// Returns how many octets they have together.
    #[must_use]
    pub const fn octets(self) -> u64 {
        self.octets
    }
}

/// How large a message is: a line of the answer to LIST. RFC 1939 5 calls it "scan listing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScanListing {
    number: MessageNumber,
    octets: u64,
}

impl ScanListing {
    /// Puts number and size together.
    #[must_use]
    pub const fn new(number: MessageNumber, octets: u64) -> Self {
        Self { number, octets }
    }

    /// Returns the message's number.
    #[must_use]
    pub const fn number(self) -> MessageNumber {
        self.number
    }

    /// Returns the message's size in octets, each line end counted as two. Servers are known to be
    /// wrong about it: use it for progress, not for framing. RFC 1939 11.
    #[must_use]
    pub const fn octets(self) -> u64 {
        self.octets
    }
}

/// What a message is called for good: a line of the answer to UIDL. RFC 1939 7.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UniqueIdListing {
    number: MessageNumber,
    id: UniqueId,
}

impl UniqueIdListing {
    /// Puts number and id together.
    #[must_use]
    pub const fn new(number: MessageNumber, id: UniqueId) -> Self {
        Self { number, id }
    }

    /// Returns the message's number.
    #[must_use]
    pub const fn number(&self) -> MessageNumber {
        self.number
    }

    /// Returns the message's unique id.
    #[must_use]
    pub const fn id(&self) -> &UniqueId {
        &self.id
    }

    /// Takes the unique id out.
    #[must_use]
    pub fn into_id(self) -> UniqueId {
        self.id
    }
}

/// A message's unique id: 1 to 70 characters from `!` to `~`. It belongs to one message of one
/// maildrop, across sessions. RFC 1939 7.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(Box<str>);

impl UniqueId {
    /// Most characters. RFC 1939 7.
    pub const MAX: usize = 70;

    /// Takes an id.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that cannot be in an id, or is the 71st.
    pub fn new(id: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        parse::unique_id(id.as_ref())
    }

    pub(crate) fn checked(id: &str) -> Self {
        Self(id.into())
    }

    /// Returns the characters.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UniqueId({self})")
    }
}
