//! Sets of numbers that never expand: message sequence numbers or UIDs as sorted ranges.

use std::num::NonZeroU32;

/// A set of message numbers or UIDs, kept as sorted ranges with gaps between them.
///
/// ```
/// use imap_proto::NumberSet;
///
/// let mut set: NumberSet = [5, 1, 2, 3].into_iter().collect();
/// set.insert_range(7, u32::MAX);
/// assert_eq!(set.ranges().collect::<Vec<_>>(), [(1, 3), (5, 5), (7, u32::MAX)]);
/// assert!(set.contains(1_000_000) && !set.contains(6));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NumberSet(Vec<(u32, u32)>);

/// The numbers of a set in rising order, for who takes some now and some later.
#[derive(Debug)]
pub(crate) struct Numbers {
    ranges: std::vec::IntoIter<(u32, u32)>,
    /// What is left of the range that has been begun.
    begun: Option<(u32, u32)>,
}

impl NumberSet {
    /// Makes an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Makes a set of ranges in any order, overlapping or not, each upwards or downwards. Zero is
    /// no message number and is left out.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut all: Vec<(u32, u32)> = ranges
            .into_iter()
            .map(|(a, b)| (a.min(b).max(1), a.max(b)))
            .filter(|&(first, last)| first <= last)
            .collect();
        if !all.is_sorted() {
            all.sort_unstable();
        }
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Adds one number.
    pub fn insert(&mut self, number: NonZeroU32) {
        self.insert_range(number.get(), number.get());
    }

    /// Adds all numbers from `first` to `last`, both included. Adding at the upper end is cheap.
    pub fn insert_range(&mut self, first: u32, last: u32) {
        let (first, last) = (first.min(last).max(1), first.max(last));
        if first > last {
            return;
        }
        // All ranges that touch the new one become one with it.
        let from = self.0.partition_point(|&(_, end)| end.saturating_add(1) < first);
        let to = self.0.partition_point(|&(start, _)| start <= last.saturating_add(1));
        let touched = self.0.get(from..to).unwrap_or_default();
        let low = touched.first().map_or(first, |&(start, _)| start.min(first));
        let high = touched.last().map_or(last, |&(_, end)| end.max(last));
        self.0.splice(from..to.max(from), [(low, high)]);
    }

    /// Takes all numbers from `first` to `last` out, both included.
    pub fn remove_range(&mut self, first: u32, last: u32) {
        let from = self.0.partition_point(|&(_, end)| end < first);
        let to = self.0.partition_point(|&(start, _)| start <= last);
        if first > last || from >= to {
            return;
        }
        let hit = self.0.get(from..to).unwrap_or_default();
        let below = hit.first().filter(|r| r.0 < first).map(|&(start, _)| (start, first - 1));
        let above = hit.last().filter(|r| r.1 > last).map(|&(_, end)| (last + 1, end));
        self.0.splice(from..to, below.into_iter().chain(above));
    }

    /// Takes the largest number out.
    pub fn pop_last(&mut self) -> Option<u32> {
        let (first, last) = self.0.last_mut()?;
        let largest = *last;
        if *first == largest {
            self.0.pop();
        } else {
            *last -= 1;
        }
        Some(largest)
    }

    /// Tells whether the number is in the set.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        let at = self.0.partition_point(|&(_, last)| last < number);
        self.0.get(at).is_some_and(|&(first, _)| first <= number)
    }

    /// Returns the ranges in rising order: first and last number, both included.
    pub fn ranges(
        &self,
    ) -> impl ExactSizeIterator<Item = (u32, u32)> + DoubleEndedIterator + Clone {
        self.0.iter().copied()
    }

    /// Returns the numbers in rising order. There may be four billion of them: intersect first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.0.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Returns the numbers in rising order, and keeps the set as long as it takes.
    pub(crate) fn into_numbers(self) -> Numbers {
        Numbers { ranges: self.0.into_iter(), begun: None }
    }

    /// Returns what of the set lies between `low` and `high`, both included.
    #[must_use]
    pub fn between(&self, low: u32, high: u32) -> Self {
        let inside = self.0.iter().filter(|&&(first, last)| last >= low && first <= high);
        Self(inside.map(|&(first, last)| (first.max(low), last.min(high))).collect())
    }

    /// Returns how many numbers are in the set.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Tells whether no number is in the set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the smallest number.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.0.first().map(|&(first, _)| first)
    }

    /// Returns the largest number.
    #[must_use]
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|&(_, last)| last)
    }
}

impl Iterator for Numbers {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (number, last) = self.begun.take().or_else(|| self.ranges.next())?;
        self.begun = (number < last).then(|| (number + 1, last));
        Some(number)
    }
}

impl FromIterator<u32> for NumberSet {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        // Rising numbers, the usual case, never become one range each.
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for number in numbers {
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
                _ => runs.push((number, number)),
            }
        }
        Self::from_ranges(runs)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_to_the_last_number_do_not_overflow() {
        let mut set = NumberSet::from_ranges([(u32::MAX, 5), (1, 3)]);
        set.insert_range(4, u32::MAX);
        assert_eq!(set.ranges().collect::<Vec<_>>(), [(1, u32::MAX)]);
        assert_eq!(set.len(), u64::from(u32::MAX));
    }

    #[test]
    fn zero_is_no_number() {
        let mut set = NumberSet::from_ranges([(0, 0), (0, 2)]);
        set.insert_range(0, 0);
        assert_eq!(set.ranges().collect::<Vec<_>>(), [(1, 2)]);
        assert!(!set.contains(0));
    }

    proptest! {
        #[test]
        fn behaves_as_a_set_of_numbers(ranges in prop::collection::vec((1..60_u32, 1..60_u32), 0..8)) {
            let mut model = BTreeSet::new();
            let mut grown = NumberSet::new();
            for &(a, b) in &ranges {
                model.extend(a.min(b)..=a.max(b));
                grown.insert_range(a, b);
            }
            let set = NumberSet::from_ranges(ranges);
            prop_assert_eq!(&set, &grown);
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.clone().into_numbers().collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), model.len() as u64);
            prop_assert_eq!(&set, &model.iter().copied().collect());
            for n in 0..62 {
                prop_assert_eq!(set.contains(n), model.contains(&n));
            }
            let mut rest = set.clone();
            rest.remove_range(15, 30);
            let mut left = model.clone();
            left.retain(|n| !(15..=30).contains(n));
            prop_assert_eq!(&rest, &left.iter().copied().collect());
            prop_assert_eq!(rest.pop_last(), left.pop_last());
            prop_assert_eq!(&rest, &left.iter().copied().collect());
            let clipped: Vec<u32> = model.range(10..=20).copied().collect();
            prop_assert_eq!(set.between(10, 20).iter().collect::<Vec<_>>(), clipped);
            let runs: Vec<_> = set.ranges().collect();
            prop_assert!(runs.windows(2).all(|w| w[0].1 + 1 < w[1].0), "{:?}", runs);
        }
    }
}
