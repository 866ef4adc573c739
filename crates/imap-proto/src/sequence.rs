//! Sets of messages as they stand on the wire, RFC 9051 section 9 `sequence-set` and RFC 4315
//! `uid-set`.

use std::{borrow::Cow, fmt, num::NonZeroU32};

use mail_errors::{Misuse, ParseError};
use mail_wire::{Sink, grammar};

use crate::{NumberSet, parse};

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SequenceNumber {
    /// A message sequence number or a UID.
    Number(NonZeroU32),
    /// `*`: the largest one in use.
    Last,
}

/// `seq-range` or `seq-number`: from one message to another, both included, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SequenceRange {
    /// The end that is written first.
    pub first: SequenceNumber,
    /// The other end; the same as `first` for a single message.
    pub last: SequenceNumber,
}

/// The messages that a command is about: sequence numbers, or UIDs behind `UID`.
///
/// It stays a list of ranges, spelt as it came; what `*` means is known to the mailbox alone, so
/// [`SequenceSet::resolve`] asks for it.
///
/// ```
/// use imap_proto::SequenceSet;
///
/// let set = SequenceSet::parse(b"7:*,2,4:3")?;
/// assert_eq!(set.resolve(5).ranges().collect::<Vec<_>>(), [(2, 7)]);
/// assert_eq!(set.resolve(9).ranges().collect::<Vec<_>>(), [(2, 4), (7, 9)]);
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SequenceSet<'a>(Cow<'a, [u8]>);

/// UIDs as they stand in APPENDUID and COPYUID: ranges without `*`, in an order that matters.
/// RFC 4315 section 4.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UidSet<'a>(Cow<'a, [u8]>);

impl<'a> SequenceSet<'a> {
    /// All messages, `1:*`.
    pub const ALL: SequenceSet<'static> = SequenceSet(Cow::Borrowed(b"1:*"));
    /// The result of the last SEARCH with `RETURN (SAVE)`, `$`. RFC 9051 section 6.4.4.1.
    pub const SAVED: SequenceSet<'static> = SequenceSet(Cow::Borrowed(b"$"));

    /// Reads a set from its form on the wire.
    ///
    /// # Errors
    /// Where and why it is none.
    pub fn parse(wire: &'a [u8]) -> Result<Self, ParseError> {
        grammar::complete(wire, parse::sequence_set)
    }

    pub(crate) const fn checked(wire: &'a [u8]) -> Self {
        Self(Cow::Borrowed(wire))
    }

    /// Writes numbers in their shortest form.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] for an empty set, which has no form on the wire.
    pub fn from_numbers(numbers: &NumberSet) -> Result<SequenceSet<'static>, Misuse> {
        Ok(SequenceSet(Cow::Owned(write_set(numbers)?)))
    }

    /// Writes numbers in their shortest form, with all from `first` to the last message of the
    /// mailbox behind them.
    #[must_use]
    pub fn with_tail(numbers: &NumberSet, first: NonZeroU32) -> SequenceSet<'static> {
        let below = numbers.between(1, first.get() - 1);
        let mut wire = write_set(&below).unwrap_or_default();
        if !wire.is_empty() {
            wire.push(b',');
        }
        wire.put_number(u64::from(first.get()));
        wire.put(b":*");
        SequenceSet(Cow::Owned(wire))
    }

    /// Returns the ranges, in the order and direction in which they stand. There is none if the
    /// set is [`SequenceSet::SAVED`].
    pub fn ranges(&self) -> impl Iterator<Item = SequenceRange> + Clone {
        parse::Ranges::new(&self.0)
    }

    /// Tells whether this is `$`, which the session has to replace.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        *self.0 == *b"$"
    }

    /// Turns the set into numbers, given the largest number in use (0 in an empty mailbox).
    ///
    /// Numbers above `largest` stay in: whether they are an error (sequence numbers) or nothing
    /// (UIDs, RFC 9051 section 6.4.9) is the session's to say. `n:*` has the largest number in it
    /// even if n is larger. In an empty mailbox `*` is nothing.
    #[must_use]
    pub fn resolve(&self, largest: u32) -> NumberSet {
        let number = |n| match n {
            SequenceNumber::Number(n) => n.get(),
            SequenceNumber::Last => largest,
        };
        let ranges = self.ranges().filter(|range| {
            let ends = [range.first, range.last];
            largest > 0 || !ends.contains(&SequenceNumber::Last)
        });
        NumberSet::from_ranges(ranges.map(|range| (number(range.first), number(range.last))))
    }

    /// Returns the form on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> SequenceSet<'static> {
        SequenceSet(Cow::Owned(self.0.into_owned()))
    }
}

impl From<NonZeroU32> for SequenceSet<'_> {
    fn from(number: NonZeroU32) -> Self {
        Self(Cow::Owned(number.to_string().into_bytes()))
    }
}

impl<'a> UidSet<'a> {
    /// Reads a set from its form on the wire.
    ///
    /// # Errors
    /// Where and why it is none.
    pub fn parse(wire: &'a [u8]) -> Result<Self, ParseError> {
        grammar::complete(wire, parse::uid_set)
    }

    pub(crate) const fn checked(wire: &'a [u8]) -> Self {
        Self(Cow::Borrowed(wire))
    }

    /// Writes UIDs in the order given, rising runs as ranges.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if there are none.
    pub fn in_order(uids: impl IntoIterator<Item = NonZeroU32>) -> Result<UidSet<'static>, Misuse> {
        let mut wire = Vec::new();
        let mut run: Option<(u32, u32)> = None;
        for uid in uids {
            let uid = uid.get();
            match &mut run {
                Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
                _ => {
                    if let Some((first, last)) = run.replace((uid, uid)) {
                        write_range(&mut wire, first, last);
                    }
                }
            }
        }
        let (first, last) = run.ok_or(Misuse::Invalid { what: "uid-set", why: "it is empty" })?;
        write_range(&mut wire, first, last);
        Ok(UidSet(Cow::Owned(wire)))
    }

    /// Returns the ranges in the order in which they stand, each as its smaller and its larger end:
    /// RFC 4315 section 4 gives the direction no meaning.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, u32)> + Clone {
        parse::Ranges::new(&self.0).filter_map(|range| match (range.first, range.last) {
            (SequenceNumber::Number(a), SequenceNumber::Number(b)) => {
                Some((a.min(b).get(), a.max(b).get()))
            }
            (SequenceNumber::Last, _) | (_, SequenceNumber::Last) => None,
        })
    }

    /// Returns the UIDs one by one, in order. A hostile peer's set may name four billion: bound it.
    pub fn uids(&self) -> impl Iterator<Item = u32> + Clone {
        self.ranges().flat_map(|(first, last)| first..=last)
    }

    /// Returns how many UIDs the set names.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.ranges().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Returns the UIDs as a set, their order forgotten.
    #[must_use]
    pub fn to_numbers(&self) -> NumberSet {
        NumberSet::from_ranges(self.ranges())
    }

    /// Returns the form on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> UidSet<'static> {
        UidSet(Cow::Owned(self.0.into_owned()))
    }
}

impl From<NonZeroU32> for UidSet<'_> {
    fn from(uid: NonZeroU32) -> Self {
        Self(Cow::Owned(uid.to_string().into_bytes()))
    }
}

impl fmt::Debug for SequenceSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for UidSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

fn write_set(numbers: &NumberSet) -> Result<Vec<u8>, Misuse> {
    if numbers.is_empty() {
        return Err(Misuse::Invalid { what: "sequence-set", why: "it is empty" });
    }
    let mut wire = Vec::new();
    for (first, last) in numbers.ranges() {
        write_range(&mut wire, first, last);
    }
    Ok(wire)
}

fn write_range(wire: &mut Vec<u8>, first: u32, last: u32) {
    if !wire.is_empty() {
        wire.push(b',');
    }
    wire.put_number(u64::from(first));
    if last != first {
        wire.push(b':');
        wire.put_number(u64::from(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(wire: &str) -> SequenceSet<'_> {
        SequenceSet::parse(wire.as_bytes()).unwrap()
    }

    fn resolved(wire: &str, largest: u32) -> Vec<(u32, u32)> {
        set(wire).resolve(largest).ranges().collect()
    }

    #[test]
    fn star_is_the_largest_number_in_use() {
        // RFC 9051 section 9: "3:*" and "*:3" are the same; "559:*" with 23 messages is 23:559.
        assert_eq!(resolved("*:3", 5), [(3, 5)]);
        assert_eq!(resolved("559:*", 23), [(23, 559)]);
        assert_eq!(resolved("*", 23), [(23, 23)]);
        assert_eq!(resolved("2,4:7,9,12:*", 15), [(2, 2), (4, 7), (9, 9), (12, 15)]);
        assert_eq!(resolved("*:4,5:7", 10), [(4, 10)]);
    }

    #[test]
    fn star_is_nothing_in_an_empty_mailbox() {
        assert!(set("1:*").resolve(0).is_empty());
        assert_eq!(resolved("1:*,7", 0), [(7, 7)]);
    }

    #[test]
    fn four_billion_messages_are_one_range() {
        assert_eq!(resolved("1:4294967295", 3), [(1, u32::MAX)]);
    }

    #[test]
    fn saved_result_has_no_ranges() {
        assert!(set("$").is_saved() && set("$").ranges().next().is_none());
    }

    #[test]
    fn err_no_set() {
        for bad in ["", "0", "1:", ":1", "1,", ",1", "1:2:3", "4294967296", "1 ", "a", "-1", "$,1"]
        {
            assert!(SequenceSet::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(UidSet::parse(b"1:*").is_err());
        assert!(SequenceSet::from_numbers(&NumberSet::new()).is_err());
    }

    #[test]
    fn writes_the_shortest_form() {
        let numbers: NumberSet = [9, 3, 1, 2, 4].into_iter().collect();
        assert_eq!(SequenceSet::from_numbers(&numbers).unwrap().as_bytes(), b"1:4,9");
        let tail = |n| SequenceSet::with_tail(&numbers, NonZeroU32::new(n).unwrap());
        assert_eq!(tail(4).as_bytes(), b"1:3,4:*");
        assert_eq!(tail(1).as_bytes(), b"1:*");
    }

    #[test]
    fn uid_sets_keep_their_order() {
        let uids = [304, 319, 320, 2, 1].map(|n| NonZeroU32::new(n).unwrap());
        let set = UidSet::in_order(uids).unwrap();
        assert_eq!(set.as_bytes(), b"304,319:320,2,1");
        assert_eq!(set.uids().collect::<Vec<_>>(), [304, 319, 320, 2, 1]);
        assert_eq!(UidSet::parse(b"9:7").unwrap().uids().collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(UidSet::parse(b"1:4294967295").unwrap().count(), u64::from(u32::MAX));
    }
}
