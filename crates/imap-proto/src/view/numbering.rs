//! Message sequence numbers against unique identifiers.

use std::ops::RangeInclusive;

use crate::NumberSet;

/// Which message has which number: sequence numbers 1 to [`exists`](Self::exists) against UIDs,
/// which ascend with them (RFC 9051 2.3.1). Nothing in it is of one role: a server appends what
/// the client is told of, a client appends unknown UIDs and learns them from FETCH.
///
/// It holds runs of neighbouring UIDs, so `* 4294967295 EXISTS` costs one word, in blocks that
/// know the sequence number they start at: looking a number up takes O(log n) steps, an EXPUNGE in
/// the middle moves no more than the starts of the blocks behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbering {
    blocks: Vec<Block>,
    exists: u32,
    /// The highest UID there ever was: the next one is higher.
    highest: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    /// The sequence number of its first message.
    start: u32,
    /// How many messages it has; never 0.
    count: u32,
    /// Never empty, no run of it empty.
    runs: Vec<Run>,
}

/// `len` messages with the UIDs from `uid` on; unknown ones if `uid` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    uid: u32,
    len: u32,
}

impl Run {
    /// The highest UID of a known run.
    const fn last(self) -> u32 {
        self.uid + (self.len - 1)
    }

    const fn is_known(self) -> bool {
        self.uid != 0
    }

    /// Whether `next` goes on where this run ends.
    const fn leads_to(self, next: Self) -> bool {
        match (self.is_known(), next.is_known()) {
            (true, true) => self.last().wrapping_add(1) == next.uid,
            (false, false) => true,
            (true, false) | (false, true) => false,
        }
    }
}

/// Where a message is: block, run in it, and offset in that.
#[derive(Clone, Copy)]
struct Place {
    block: usize,
    run: usize,
    offset: u32,
}

impl Numbering {
    /// The most runs in a block; few in tests, so that they cross from block to block.
    const BLOCK: usize = if cfg!(test) { 8 } else { 64 };

    /// Makes the numbering of an empty mailbox.
    #[must_use]
    pub const fn new() -> Self {
        Self { blocks: Vec::new(), exists: 0, highest: 0 }
    }

    /// Numbers the messages with these UIDs.
    #[must_use]
    pub fn of(uids: &NumberSet) -> Self {
        let mut numbering = Self::new();
        for (first, last) in uids.ranges() {
            numbering.append(first..=last);
        }
        numbering
    }

    /// Appends the messages with these UIDs. Those that are not above every UID so far cannot get
    /// a number any more (RFC 9051 2.3.1.1: UIDs ascend) and are passed over. Returns how many
    /// messages came in.
    pub fn append(&mut self, uids: RangeInclusive<u32>) -> u32 {
        let (first, last) = uids.into_inner();
        let first = first.max(self.highest.saturating_add(1));
        if first > last || self.highest == u32::MAX {
            return 0;
        }
        let len = (last - first + 1).min(u32::MAX - self.exists);
        if len > 0 {
            self.highest = first + (len - 1);
            self.push(Run { uid: first, len });
        }
        len
    }

    /// Appends messages whose UIDs are not known until the mailbox has `exists` messages. Returns
    /// how many came in.
    pub fn grow_to(&mut self, exists: u32) -> u32 {
        let len = exists.saturating_sub(self.exists);
        if len > 0 {
            self.push(Run { uid: 0, len });
        }
        len
    }

    /// Notes that the message with this number has this UID, and tells whether that can be: the
    /// number exists, its UID was not another one, and UIDs still ascend.
    pub fn learn(&mut self, seq: u32, uid: u32) -> bool {
        let Some(place) = self.place(seq) else { return false };
        let run = self.run(place);
        if run.is_known() {
            return run.uid + place.offset == uid;
        }
        let below = self.known_before(place).unwrap_or(0);
        let above = self.known_after(place);
        if uid <= below || above.is_some_and(|above| uid >= above) {
            return false;
        }
        let before = Run { uid: 0, len: place.offset };
        let after = Run { uid: 0, len: run.len - place.offset - 1 };
        self.replace(place, [before, Run { uid, len: 1 }, after]);
        self.highest = self.highest.max(uid);
        true
    }

    /// Takes the message with this number out: those behind it move down by one. Returns its UID,
    /// 0 if that is not known; `None` if there is no such message.
    pub fn expunge(&mut self, seq: u32) -> Option<u32> {
        let place = self.place(seq)?;
        let run = self.run(place);
        let rest = run.len - place.offset - 1;
        let before = Run { uid: run.uid, len: place.offset };
        let uid = if run.is_known() { run.uid + place.offset } else { 0 };
        // A known run that ends with the highest number has nothing behind it.
        let behind = if run.is_known() && rest > 0 { uid + 1 } else { 0 };
        self.exists -= 1;
        for block in self.blocks.iter_mut().skip(place.block + 1) {
            block.start -= 1;
        }
        if let Some(block) = self.blocks.get_mut(place.block) {
            block.count -= 1;
        }
        self.replace(place, [before, Run { uid: behind, len: rest }, Run { uid: 0, len: 0 }]);
        if self.blocks.get(place.block).is_some_and(|block| block.count == 0) {
            self.blocks.remove(place.block);
        }
        Some(uid)
    }

    /// Returns how many messages there are: the highest sequence number.
    #[must_use]
    pub const fn exists(&self) -> u32 {
        self.exists
    }

    /// Returns the highest UID that any message ever had here; 0 if none is known.
    #[must_use]
    pub const fn highest(&self) -> u32 {
        self.highest
    }

    /// Returns the UID of the message with this number; `None` if there is none or it is unknown.
    #[must_use]
    pub fn uid(&self, seq: u32) -> Option<u32> {
        let place = self.place(seq)?;
        let run = self.run(place);
        run.is_known().then(|| run.uid + place.offset)
    }

    /// Returns the number of the message with this UID.
    #[must_use]
    pub fn seq(&self, uid: u32) -> Option<u32> {
        let seq = self.lower_bound(uid);
        (self.uid(seq) == Some(uid)).then_some(seq)
    }

    /// Returns the number of the first message whose UID is known to be `uid` or higher;
    /// `exists + 1` if there is none.
    #[must_use]
    pub fn lower_bound(&self, uid: u32) -> u32 {
        let last_of = |block: &Block| block.runs.iter().rev().find(|r| r.is_known()).copied();
        // Blocks without a known UID say nothing; those around them decide.
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let mut at = middle;
            let known = loop {
                let run = self.blocks.get(at).and_then(last_of);
                if run.is_some() || at == low {
                    break run;
                }
                at -= 1;
            };
            match known {
                Some(run) if run.last() >= uid => high = at,
                Some(_) | None => low = middle + 1,
            }
        }
        let Some(block) = self.blocks.get(low) else { return self.exists.saturating_add(1) };
        let mut seq = block.start;
        for run in &block.runs {
            if run.is_known() && run.last() >= uid {
                return seq + uid.saturating_sub(run.uid);
            }
            seq += run.len;
        }
        seq
    }

    /// Returns the UIDs of the messages with these numbers, those that are known; numbers that do
    /// not exist are passed over.
    #[must_use]
    pub fn uids(&self, seqs: RangeInclusive<u32>) -> NumberSet {
        let (first, last) = seqs.into_inner();
        let (first, last) = (first.max(1), last.min(self.exists));
        let mut uids = NumberSet::new();
        let Some(place) = self.place(first).filter(|_| first <= last) else { return uids };
        let (mut skip, mut left) = (place.offset, last - first + 1);
        let (head, behind) = self.blocks.split_at(place.block + 1);
        let head = head.last().and_then(|block| block.runs.get(place.run..)).unwrap_or_default();
        for run in head.iter().chain(behind.iter().flat_map(|block| &block.runs)) {
            let len = (run.len - skip).min(left);
            if run.is_known() && len > 0 {
                let uid = run.uid + skip;
                uids.insert_range(uid, uid + (len - 1));
            }
            skip = 0;
            left -= len;
            if left == 0 {
                break;
            }
        }
        uids
    }

    fn push(&mut self, run: Run) {
        let start = self.exists + 1;
        self.exists += run.len;
        if let Some(block) = self.blocks.last_mut() {
            if let Some(tail) = block.runs.last_mut().filter(|tail| tail.leads_to(run)) {
                tail.len += run.len;
                block.count += run.len;
                return;
            }
            if block.runs.len() < Self::BLOCK {
                block.runs.push(run);
                block.count += run.len;
                return;
            }
        }
        self.blocks.push(Block { start, count: run.len, runs: vec![run] });
    }

    /// Puts up to three runs in the place of one, and joins what goes together around them.
    fn replace(&mut self, place: Place, by: [Run; 3]) {
        let Some(block) = self.blocks.get_mut(place.block) else { return };
        // The neighbours are laid out anew with them, so that joining is one pass.
        let from = place.run.saturating_sub(1);
        let to = (place.run + 2).min(block.runs.len());
        let before = block.runs.get(from..place.run).unwrap_or_default();
        let after = block.runs.get(place.run + 1..to).unwrap_or_default();
        let mut joined: Vec<Run> = Vec::with_capacity(5);
        for run in before.iter().chain(&by).chain(after).filter(|run| run.len > 0) {
            match joined.last_mut() {
                Some(tail) if tail.leads_to(*run) => tail.len += run.len,
                Some(_) | None => joined.push(*run),
            }
        }
        block.runs.splice(from..to, joined);
        if block.runs.len() > Self::BLOCK {
            let runs = block.runs.split_off(Self::BLOCK / 2);
            let count = runs.iter().map(|run| run.len).sum();
            block.count -= count;
            let start = block.start + block.count;
            self.blocks.insert(place.block + 1, Block { start, count, runs });
        }
    }

    fn place(&self, seq: u32) -> Option<Place> {
        if seq == 0 || seq > self.exists {
            return None;
        }
        let block = self.blocks.partition_point(|block| block.start <= seq).checked_sub(1)?;
        let found = self.blocks.get(block)?;
        let mut offset = seq - found.start;
        for (run, of) in found.runs.iter().enumerate() {
            if offset < of.len {
                return Some(Place { block, run, offset });
            }
            offset -= of.len;
        }
        None
    }

    fn run(&self, place: Place) -> Run {
        let block = self.blocks.get(place.block);
        block
            .and_then(|block| block.runs.get(place.run).copied())
            .expect("a place is made of a block and a run that are there")
    }

    /// The highest UID known before an unknown run: unknown runs of one block never touch, so it
    /// is at hand but where whole blocks are unknown.
    fn known_before(&self, place: Place) -> Option<u32> {
        let (head, _) = self.blocks.split_at(place.block);
        let here = self.blocks.get(place.block).and_then(|block| block.runs.get(..place.run));
        let before = head.iter().rev().flat_map(|block| block.runs.iter().rev());
        here.unwrap_or_default().iter().rev().chain(before).find(|r| r.is_known()).map(|r| r.last())
    }

    fn known_after(&self, place: Place) -> Option<u32> {
        let (_, tail) = self.blocks.split_at(place.block + 1);
        let here = self.blocks.get(place.block).and_then(|block| block.runs.get(place.run + 1..));
        let after = tail.iter().flat_map(|block| block.runs.iter());
        here.unwrap_or_default().iter().chain(after).find(|r| r.is_known()).map(|r| r.uid)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ok_gaps_are_no_messages() {
        let numbers = Numbering::of(&[4, 5, 6, 9, 20].into_iter().collect());
        assert_eq!(numbers.exists(), 5);
        assert_eq!((numbers.uid(1), numbers.uid(4), numbers.uid(6)), (Some(4), Some(9), None));
        assert_eq!((numbers.seq(20), numbers.seq(7), numbers.seq(21)), (Some(5), None, None));
        assert_eq!((numbers.lower_bound(7), numbers.lower_bound(21)), (4, 6));
        assert!(numbers.uids(2..=4).iter().eq([5, 6, 9]));
    }

    #[test]
    fn ok_rfc9051_expunge_renumbers() {
        // RFC 9051 7.5.1: "if the last 5 messages in a 9-message mailbox are expunged, a `lower to
        // higher` server will send five untagged EXPUNGE responses for number 5".
        let mut numbers = Numbering::of(&(1..=9).collect());
        assert!((0..5).map(|_| numbers.expunge(5)).eq((5..=9).map(Some)));
        assert_eq!((numbers.expunge(5), numbers.exists()), (None, 4));
    }

    #[test]
    fn err_a_late_uid_gets_no_number() {
        let mut numbers = Numbering::of(&[7].into_iter().collect());
        numbers.expunge(1);
        assert_eq!(numbers.append(5..=8), 1);
        assert_eq!((numbers.uid(1), numbers.append(1..=8)), (Some(8), 0));
    }

    #[test]
    fn ok_the_largest_mailbox_costs_one_run() {
        let mut numbers = Numbering::new();
        assert_eq!(numbers.grow_to(u32::MAX), u32::MAX);
        assert!(numbers.learn(u32::MAX, 12) == numbers.learn(u32::MAX, 12));
        assert_eq!(numbers.seq(12), Some(u32::MAX));
        assert_eq!((numbers.append(13..=14), numbers.exists()), (0, u32::MAX));
        let mut all = Numbering::new();
        assert_eq!(all.append(1..=u32::MAX), u32::MAX);
        assert_eq!((all.uid(u32::MAX), all.expunge(u32::MAX)), (Some(u32::MAX), Some(u32::MAX)));
        assert_eq!(all.append(1..=u32::MAX), 0);
    }

    #[test]
    fn err_learning_what_cannot_be() {
        let mut numbers = Numbering::new();
        numbers.grow_to(5);
        assert!(numbers.learn(3, 30));
        assert!(!numbers.learn(6, 60), "no such message");
        assert!(!numbers.learn(3, 31), "another UID");
        assert!(!numbers.learn(2, 30) && !numbers.learn(4, 30), "UIDs ascend");
        assert!(numbers.learn(2, 29) && numbers.learn(4, 31));
        assert_eq!(numbers.blocks[0].runs.len(), 3, "known neighbours are one run");
    }

    #[test]
    fn ok_expunging_every_other_of_many_is_quick() {
        let mut numbers = Numbering::of(&(1..=40_000).collect());
        for seq in (1..=20_000).rev() {
            assert_eq!(numbers.expunge(seq * 2), Some(seq * 2));
        }
        assert_eq!((numbers.exists(), numbers.uid(20_000)), (20_000, Some(39_999)));
        assert_eq!(numbers.seq(151), Some(76));
    }

    proptest! {
        #[test]
        fn ok_does_what_a_list_does(steps in proptest::collection::vec((0_u8..4, 0_u32..400), 0..300)) {
            let (mut numbers, mut list) = (Numbering::new(), Vec::<u32>::new());
            let mut next = 1_u32;
            for (what, number) in steps {
                match what {
                    0 | 1 => {
                        let first = next + number % 3;
                        next = first + number % 5;
                        prop_assert_eq!(numbers.append(first..=next), next - first + 1);
                        list.extend(first..=next);
                        next += 1;
                    }
                    _ => {
                        let seq = number % (list.len() as u32 + 2);
                        let gone = list.get((seq as usize).wrapping_sub(1)).copied();
                        if gone.is_some() {
                            list.remove(seq as usize - 1);
                        }
                        prop_assert_eq!(numbers.expunge(seq), gone);
                    }
                }
                prop_assert_eq!(numbers.exists() as usize, list.len());
            }
            for uid in 0..=next {
                let below = list.partition_point(|&known| known < uid) as u32;
                prop_assert_eq!(numbers.lower_bound(uid), below + 1);
                let seq = list.binary_search(&uid).ok().map(|at| at as u32 + 1);
                prop_assert_eq!(numbers.seq(uid), seq);
            }
            prop_assert!(numbers.uids(1..=u32::MAX).iter().eq(list.iter().copied()));
            prop_assert!((1..=list.len()).all(|n| numbers.uid(n as u32) == Some(list[n - 1])));
        }

        #[test]
        fn ok_learns_like_a_list(steps in proptest::collection::vec((0_u8..4, 1_u32..60, 1_u32..60), 0..200)) {
            let (mut numbers, mut list) = (Numbering::new(), Vec::<u32>::new());
            for (what, a, b) in steps {
                match what {
                    0 => {
                        numbers.grow_to(numbers.exists() + a);
                        list.extend((0..a).map(|_| 0));
                    }
                    1 if !list.is_empty() => {
                        let at = (a as usize) % list.len();
                        prop_assert_eq!(numbers.expunge(at as u32 + 1), Some(list.remove(at)));
                    }
                    _ => {
                        let known = |u: &&u32| **u != 0;
                        let at = (a as usize) % (list.len() + 1);
                        let fits = at < list.len() && match list[at] {
                            0 => list[..at].iter().filter(known).all(|&u| u < b)
                                && list[at..].iter().filter(known).all(|&u| u > b),
                            uid => uid == b,
                        };
                        prop_assert_eq!(numbers.learn(at as u32 + 1, b), fits);
                        if fits {
                            list[at] = b;
                        }
                    }
                }
                prop_assert_eq!(numbers.exists() as usize, list.len());
            }
            for (at, &uid) in list.iter().enumerate().filter(|(_, uid)| **uid != 0) {
                prop_assert_eq!(numbers.seq(uid), Some(at as u32 + 1));
                prop_assert_eq!(numbers.uid(at as u32 + 1), Some(uid));
            }
            prop_assert_eq!(numbers.seq(99), None);
        }
    }
}
