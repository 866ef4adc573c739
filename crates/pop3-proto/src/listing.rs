//! What STAT, LIST and UIDL tell of the messages: RFC 1939 5 and 7.

use std::fmt;

use mail_errors::ParseError;

use crate::{
    MessageNumber, parse,
    text::{show, unsendable},
};

/// How much is in the maildrop: the answer to STAT. RFC 1939 5 calls it "drop listing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DropListing {
    messages: u32,
    octets: Option<u64>,
}

impl DropListing {
    /// Puts the two numbers together.
    #[must_use]
    pub const fn new(messages: u32, octets: u64) -> Self {
        Self { messages, octets: Some(octets) }
    }

    pub(crate) const fn received(messages: u32, octets: Option<u64>) -> Self {
        Self { messages, octets }
    }

    /// Returns how many messages there are; those marked as deleted do not count.
    #[must_use]
    pub const fn messages(self) -> u32 {
        self.messages
    }

    /// Returns how many octets they have together; `None` if the server's number is none
    /// ([`Deviation::UnknownSize`](crate::Deviation::UnknownSize)).
    #[must_use]
    pub const fn octets(self) -> Option<u64> {
        self.octets
    }
}

/// How large a message is: a line of the answer to LIST. RFC 1939 5 calls it "scan listing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScanListing {
    number: MessageNumber,
    octets: Option<u64>,
}

impl ScanListing {
    /// Puts number and size together.
    #[must_use]
    pub const fn new(number: MessageNumber, octets: u64) -> Self {
        Self { number, octets: Some(octets) }
    }

    pub(crate) const fn received(number: MessageNumber, octets: Option<u64>) -> Self {
        Self { number, octets }
    }

    /// Returns the message's number.
    #[must_use]
    pub const fn number(self) -> MessageNumber {
        self.number
    }

    /// Returns the message's size in octets, each line end counted as two; `None` if the server's
    /// number is none ([`Deviation::UnknownSize`](crate::Deviation::UnknownSize)). Servers are known
    /// to be wrong about it: use it for progress, not for framing. RFC 1939 11.
    #[must_use]
    pub const fn octets(self) -> Option<u64> {
        self.octets
    }
}

/// What a message is called for good: a line of the answer to UIDL. RFC 1939 7.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UniqueIdListing {
    number: MessageNumber,
    id: Option<UniqueId>,
}

impl UniqueIdListing {
    /// Puts number and id together.
    #[must_use]
    pub const fn new(number: MessageNumber, id: UniqueId) -> Self {
        Self { number, id: Some(id) }
    }

    pub(crate) const fn received(number: MessageNumber, id: Option<UniqueId>) -> Self {
        Self { number, id }
    }

    /// Returns the message's number.
    #[must_use]
    pub const fn number(&self) -> MessageNumber {
        self.number
    }

    /// Returns the message's unique id; `None` if the server has left it out
    /// ([`Deviation::MissingId`](crate::Deviation::MissingId)).
    #[must_use]
    pub const fn id(&self) -> Option<&UniqueId> {
        self.id.as_ref()
    }

    /// Takes the unique id out.
    #[must_use]
    pub fn into_id(self) -> Option<UniqueId> {
        self.id
    }
}

/// A message's unique id: 1 to 70 characters from `!` to `~`. It belongs to one message of one
/// maildrop, across sessions. RFC 1939 7.
///
/// One that came from a server may be longer and hold other octets, where the
/// [`Profile`](crate::Profile) tolerates that; CR, LF and NUL never.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(Box<[u8]>);

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

    /// Takes an id that a server gave, as [`as_bytes`](Self::as_bytes) had it: from where it was
    /// kept.
    ///
    /// # Errors
    /// [`ParseError`] if it is empty, or holds CR, LF or NUL.
    pub fn kept(id: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let id = id.as_ref();
        match unsendable(id) {
            None if id.is_empty() => Err(ParseError::at(id, 0, "a unique id")),
            None => Ok(Self::checked(id)),
            Some((at, _)) => Err(ParseError::at(id, at, "an id without CR, LF and NUL")),
        }
    }

    pub(crate) fn checked(id: &[u8]) -> Self {
        Self(id.into())
    }

    /// Returns the octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Shows control characters and octets that are not UTF-8 escaped.
impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.0, f)
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UniqueId({self})")
    }
}
