//! What STATUS asks and answers, RFC 9051 sections 6.3.11 and 7.3.4.

use std::fmt;

use crate::{Atom, MailboxName, Raw, wire_list::wire_list};

/// `status-att`: one thing to know about a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatusItem {
    /// `MESSAGES`: how many there are.
    Messages,
    /// `RECENT`: how many have `\Recent`. RFC 3501.
    Recent,
    /// `UIDNEXT`: the UID that the next message will have, or less.
    UidNext,
    /// `UIDVALIDITY`
    UidValidity,
    /// `UNSEEN`: how many have not `\Seen`.
    Unseen,
    /// `DELETED`: how many have `\Deleted`. RFC 9051.
    Deleted,
    /// `SIZE`: all messages together, in octets. RFC 8438, RFC 9051.
    Size,
    /// `HIGHESTMODSEQ`, RFC 7162.
    HighestModSeq,
}

/// What a STATUS command asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StatusItems(u16);

/// One answer of a STATUS response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusValue<'a> {
    /// The number that was asked for, of at most 63 bits.
    Known(StatusItem, u64),
    /// Something this crate does not know, or a number where none belongs.
    Other {
        /// Its name.
        name: Atom<'a>,
        /// Its value.
        value: Raw<'a>,
    },
}

wire_list!(
    /// `status-att-list`
    StatusValues of StatusValue, status_att_val
);

/// The STATUS response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxStatus<'a> {
    /// Which mailbox.
    pub mailbox: MailboxName<'a>,
    /// What was asked for.
    pub values: StatusValues<'a>,
}

impl StatusItem {
    pub(crate) const ALL: [Self; 8] = [
        Self::Messages,
        Self::Recent,
        Self::UidNext,
        Self::UidValidity,
        Self::Unseen,
        Self::Deleted,
        Self::Size,
        Self::HighestModSeq,
    ];

    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Recent => "RECENT",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::Unseen => "UNSEEN",
            Self::Deleted => "DELETED",
            Self::Size => "SIZE",
            Self::HighestModSeq => "HIGHESTMODSEQ",
        }
    }

    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl StatusItems {
    /// Adds an item.
    #[must_use]
    pub const fn with(self, item: StatusItem) -> Self {
        Self(self.0 | 1 << item as u16)
    }

    /// Tells whether the item is asked for.
    #[must_use]
    pub const fn has(self, item: StatusItem) -> bool {
        self.0 & 1 << item as u16 != 0
    }

    /// Tells whether nothing is asked for, which a STATUS command must not do.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the items.
    pub fn iter(self) -> impl Iterator<Item = StatusItem> + Clone {
        StatusItem::ALL.into_iter().filter(move |&item| self.has(item))
    }
}

impl FromIterator<StatusItem> for StatusItems {
    fn from_iter<I: IntoIterator<Item = StatusItem>>(items: I) -> Self {
        items.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Debug for StatusItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl StatusValues<'_> {
    /// Returns the number told for this item; the last one, if it is told twice.
    #[must_use]
    pub fn of(&self, item: StatusItem) -> Option<u64> {
        let known = self.iter().filter_map(|value| match value {
            StatusValue::Known(known, number) if known == item => Some(number),
            StatusValue::Known(..) | StatusValue::Other { .. } => None,
        });
        known.last()
    }
}

impl MailboxStatus<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> MailboxStatus<'static> {
        MailboxStatus { mailbox: self.mailbox.into_owned(), values: self.values.into_owned() }
    }
}
