//! What a server's session holds of a maildrop: sizes and marks.

use std::fmt;

use mail_errors::Misuse;

use crate::{DropListing, MessageNumber, ScanListing};

/// The sizes of the messages, which are marked as deleted and which were fetched: eight octets for
/// each message.
///
/// ```
/// use pop3_proto::Maildrop;
///
/// let maildrop = Maildrop::from_sizes([120, 200])?;
/// assert_eq!(maildrop.listing().octets(), Some(320));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Maildrop {
    /// Sizes in octets; the highest bit is the mark, the next says that it was fetched.
    sizes: Vec<u64>,
    marked: u32,
    /// The octets of what is not marked.
    octets: u64,
}

const MARK: u64 = 1 << 63;
const RETRIEVED: u64 = 1 << 62;
const SIZE: u64 = RETRIEVED - 1;

/// Why a message cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// There never was a message of this number.
    NoSuchMessage,
    /// It is marked as deleted.
    Deleted,
}

impl Maildrop {
    /// Largest message, in octets.
    pub const LARGEST: u64 = SIZE;

    /// Lists the messages of a maildrop by their sizes in octets, the first message first. Each
    /// line end counts as two octets. RFC 1939 11. The messages that are sent later are held against
    /// them ([`Sizes`](crate::server::Sizes)).
    ///
    /// # Errors
    /// [`Misuse`] if a size is over [`Maildrop::LARGEST`], or there are more than 2^32 - 1
    /// messages.
    pub fn from_sizes(sizes: impl IntoIterator<Item = u64>) -> Result<Self, Misuse> {
        let mut sizes: Vec<u64> = sizes.into_iter().collect();
        sizes.shrink_to_fit();
        if let Some(&len) = sizes.iter().find(|&&size| size > Self::LARGEST) {
            return Err(Misuse::TooLong { what: "message", len, limit: Self::LARGEST });
        }
        if u32::try_from(sizes.len()).is_err() {
            return Err(Misuse::Invalid { what: "maildrop", why: "it has too many messages" });
        }
        let mut maildrop = Self { sizes, marked: 0, octets: 0 };
        maildrop.octets = maildrop.sum();
        Ok(maildrop)
    }

    /// Returns how many messages there are, marked or not.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.sizes.len()).unwrap_or(u32::MAX)
    }

    /// Tells whether there is no message at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// Returns how many messages there are and how large they are together; what is marked does
    /// not count.
    #[must_use]
    pub fn listing(&self) -> DropListing {
        DropListing::new(self.len() - self.marked, self.octets)
    }

    /// Returns the size of a message in octets.
    ///
    /// # Errors
    /// If there is none of this number, or it is marked.
    pub fn size(&self, number: MessageNumber) -> Result<u64, Missing> {
        match self.sizes.get(number.index()) {
            None => Err(Missing::NoSuchMessage),
            Some(size) if size & MARK != 0 => Err(Missing::Deleted),
            Some(size) => Ok(*size & SIZE),
        }
    }

    /// Returns the first message that is not marked, from `number` on.
    #[must_use]
    pub fn from(&self, number: MessageNumber) -> Option<ScanListing> {
        let rest = self.sizes.get(number.index()..)?;
        let at = rest.iter().position(|size| size & MARK == 0)?;
        let number = MessageNumber::at(number.index() + at)?;
        Some(ScanListing::new(number, *rest.get(at)? & SIZE))
    }

    /// Iterates over the messages that are marked.
    pub fn marked(&self) -> impl Iterator<Item = MessageNumber> {
        self.having(MARK)
    }

    /// Iterates over the messages that were sent whole in this session, marked or not.
    pub fn retrieved(&self) -> impl Iterator<Item = MessageNumber> {
        self.having(RETRIEVED)
    }

    fn having(&self, bit: u64) -> impl Iterator<Item = MessageNumber> {
        let entries = self.sizes.iter().enumerate().filter(move |(_, size)| *size & bit != 0);
        entries.filter_map(|(index, _)| MessageNumber::at(index))
    }

    /// Notes that a message was sent whole.
    pub(crate) fn set_retrieved(&mut self, number: MessageNumber) {
        if let Some(entry) = self.sizes.get_mut(number.index()) {
            *entry |= RETRIEVED;
        }
    }

    /// Marks what was sent whole as deleted.
    pub(crate) fn mark_retrieved(&mut self) {
        for entry in &mut self.sizes {
            if *entry & RETRIEVED != 0 && *entry & MARK == 0 {
                *entry |= MARK;
                self.marked += 1;
                self.octets = self.octets.saturating_sub(*entry & SIZE);
            }
        }
    }

    /// Marks a message as deleted.
    pub(crate) fn mark(&mut self, number: MessageNumber) -> Result<(), Missing> {
        let size = self.size(number)?;
        if let Some(entry) = self.sizes.get_mut(number.index()) {
            *entry |= MARK;
        }
        self.marked += 1;
        self.octets = self.octets.saturating_sub(size);
        Ok(())
    }

    /// Takes all marks away.
    pub(crate) fn unmark_all(&mut self) {
        if self.marked == 0 {
            return;
        }
        for size in &mut self.sizes {
            *size &= !MARK;
        }
        self.marked = 0;
        self.octets = self.sum();
    }

    fn sum(&self) -> u64 {
        self.sizes.iter().fold(0, |sum, size| u64::saturating_add(sum, size & SIZE))
    }
}

/// Says how much there is: a maildrop of a million messages must not fill a log.
impl fmt::Debug for Maildrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, marked, octets) = (self.len(), self.marked, self.octets);
        write!(f, "Maildrop({len} messages, {marked} marked, {octets} octets)")
    }
}

/// What is to be deleted when QUIT comes. It may be nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletions(Maildrop);

impl Deletions {
    pub(crate) const fn new(maildrop: Maildrop) -> Self {
        Self(maildrop)
    }

    /// Returns how many messages are to be deleted.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.0.marked
    }

    /// Tells whether nothing is to be deleted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.marked == 0
    }

    /// Iterates over the messages that are to be deleted, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = MessageNumber> {
        self.0.marked()
    }

    /// Iterates over the messages that were sent whole in this session, to be deleted or not, in
    /// ascending order: from now on their days count, where there is a limit. RFC 2449 6.7.
    pub fn retrieved(&self) -> impl Iterator<Item = MessageNumber> {
        self.0.retrieved()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> MessageNumber {
        MessageNumber::new(number).unwrap()
    }

    #[test]
    fn counts_what_is_not_marked() {
        let mut drop = Maildrop::from_sizes([120, 200, 0]).unwrap();
        assert_eq!(drop.listing(), DropListing::new(3, 320));
        assert_eq!(drop.mark(number(2)), Ok(()));
        assert_eq!(drop.mark(number(2)), Err(Missing::Deleted));
        assert_eq!(drop.mark(number(4)), Err(Missing::NoSuchMessage));
        assert_eq!(drop.listing(), DropListing::new(2, 120));
        assert_eq!(drop.from(number(2)), Some(ScanListing::new(number(3), 0)));
        assert_eq!(drop.from(number(4)), None);
        assert!(drop.marked().eq([number(2)]));
        drop.unmark_all();
        assert_eq!(drop, Maildrop::from_sizes([120, 200, 0]).unwrap());
    }

    #[test]
    fn err_message_of_2_to_the_62_octets() {
        assert!(Maildrop::from_sizes([Maildrop::LARGEST]).is_ok());
        assert!(Maildrop::from_sizes([Maildrop::LARGEST + 1]).is_err());
    }

    #[test]
    fn what_was_fetched_keeps_its_size_and_can_be_marked_at_once() {
        let mut drop = Maildrop::from_sizes([120, 200, 300]).unwrap();
        drop.set_retrieved(number(1));
        drop.set_retrieved(number(3));
        drop.mark(number(3)).unwrap();
        assert_eq!(
            (drop.size(number(1)), drop.from(number(1)).unwrap().octets()),
            (Ok(120), Some(120))
        );
        drop.mark_retrieved();
        assert_eq!(drop.listing(), DropListing::new(1, 200));
        assert!(drop.marked().eq([number(1), number(3)]));
        drop.unmark_all();
        assert_eq!(drop.listing(), DropListing::new(3, 620));
        assert!(drop.retrieved().eq([number(1), number(3)]));
    }

    #[test]
    fn a_million_messages_take_at_most_16_octets_each() {
        let drop = Maildrop::from_sizes((0..1_000_000).map(|n| n % 5000)).unwrap();
        let octets = drop.sizes.capacity() * size_of::<u64>() + size_of::<Maildrop>();
        assert!(octets < 16 * 1_000_000, "{octets}");
    }

    #[test]
    fn prints_in_one_line_whatever_it_holds() {
        let mut drop = Maildrop::from_sizes([5; 1000]).unwrap();
        drop.mark(number(7)).unwrap();
        let shown = format!("{:?}", Deletions::new(drop));
        assert_eq!(shown, "Deletions(Maildrop(1000 messages, 1 marked, 4995 octets))");
    }

    #[test]
    fn sizes_that_overflow_together_saturate() {
        let drop = Maildrop::from_sizes([Maildrop::LARGEST; 8]).unwrap();
        assert_eq!(drop.listing().octets(), Some(u64::MAX));
    }
}
