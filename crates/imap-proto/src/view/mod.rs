//! A session's view of its mailbox: what the client has been told, and what it has not yet.
//!
//! [`Numbering`] is of no role: the client keeps its view with it too, from EXISTS,
//! EXPUNGE and FETCH. [`MailboxView`] is the server's: it holds EXPUNGEs back until they may be
//! told (RFC 9051 7.5.1) and merges what other sessions did.

mod news;
mod numbering;

use crate::{Flags, NumberSet, SequenceSet};

pub use news::{Change, News};
pub use numbering::Numbering;

/// The server's side of one selected mailbox: the numbers as the client knows them, and the news
/// that it does not know yet.
#[derive(Debug, Clone)]
pub struct MailboxView {
    numbers: Numbering,
    news: News,
    /// Messages with this UID or a higher one are `\Recent` here.
    first_recent: Option<u32>,
    recent_told: u32,
    /// The UIDs of the messages whose flags are to be read and told: the view was stale, or its
    /// news older than what its own session did.
    reread: NumberSet,
}

/// One piece of news, as the client is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// `* n EXPUNGE`: the numbers behind it have moved already.
    Expunge(u32),
    /// `* n EXISTS`
    Exists(u32),
    /// `* n RECENT`, RFC 3501 7.3.2; not in IMAP4rev2.
    Recent(u32),
    /// `* n FETCH (FLAGS (...))`
    Flags {
        /// The message's number.
        seq: u32,
        /// Its UID.
        uid: u32,
        /// Its flags, without `\Recent`.
        flags: Flags<'static>,
    },
}

/// A sequence set names a message that is not there (RFC 9051 9: "it is an error").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchMessage {
    /// The number.
    pub seq: u32,
}

impl MailboxView {
    /// Starts with the messages that SELECT found; those from `first_recent` on are `\Recent`
    /// here. `most` bounds the news, see [`News::new`].
    #[must_use]
    pub fn new(uids: &NumberSet, first_recent: Option<u32>, most: usize) -> Self {
        let numbers = Numbering::of(uids);
        let mut view = Self {
            numbers,
            news: News::new(most),
            first_recent,
            recent_told: 0,
            reread: NumberSet::new(),
        };
        view.recent_told = view.recent();
        view
    }

    /// Takes in what happened in the mailbox.
    pub fn apply(&mut self, change: Change) {
        self.news.push(change);
    }

    /// Takes in all that a [`Hub`](crate::hub::Hub) kept for this session.
    pub fn merge(&mut self, news: News) {
        self.news.merge(news);
    }

    /// Takes in what this session's own command expunged, however much it is: it is told at once.
    pub fn expunged(&mut self, uids: &NumberSet) {
        if !self.news.is_stale() && !self.news.is_gone() {
            self.news.expunge(uids);
        }
    }

    /// Takes in that this session's own command set the flags of a message. News of them from
    /// before would undo that in the client's eyes, so they are to be
    /// [read and told](Self::take_reread) instead.
    pub fn set_flags(&mut self, uid: u32) {
        if self.news.drop_flags(uid) {
            self.reread.insert_range(uid, uid);
        }
    }

    /// Takes in the mailbox as it is now, after the view was [stale](Self::is_stale): the
    /// difference becomes news, and the flags of what stayed are to be
    /// [read and told](Self::take_reread).
    pub fn reread(&mut self, uids: &NumberSet) {
        let mut expunged = NumberSet::new();
        let mut stayed = NumberSet::new();
        for known in self.numbers.uids(1..=u32::MAX).iter() {
            let to = if uids.contains(known) { &mut stayed } else { &mut expunged };
            to.insert_range(known, known);
        }
        let behind = self.numbers.highest().saturating_add(1);
        let arrived = uids.between(behind, u32::MAX);
        self.news.restart(arrived, expunged);
        self.reread = stayed;
    }

    /// Returns the next piece of news that may be told, and takes it for told. EXPUNGE comes out
    /// only if `may_expunge`: not while FETCH, STORE or SEARCH runs, and not while no command is
    /// in progress (RFC 9051 7.5.1). A stale view tells nothing until it was read anew.
    pub fn tell(&mut self, may_expunge: bool) -> Option<Told> {
        if self.news.is_stale() || self.news.is_gone() {
            return None;
        }
        // From the highest down, so that no number moves another that is still to come.
        while let Some(uid) = may_expunge.then(|| self.news.pop_expunged()).flatten() {
            self.reread.remove_range(uid, uid);
            if let Some(seq) = self.numbers.seq(uid) {
                self.numbers.expunge(seq);
                self.recent_told = self.recent_told.min(self.recent());
                return Some(Told::Expunge(seq));
            }
        }
        if !self.news.arrived().is_empty() {
            let arrived = self.news.take_arrived();
            let came = self.grow(&arrived);
            if came > 0 {
                return Some(Told::Exists(self.numbers.exists()));
            }
        }
        let recent = self.recent();
        if self.recent_told != recent {
            self.recent_told = recent;
            return Some(Told::Recent(recent));
        }
        while let Some((uid, flags)) = self.news.pop_flags() {
            self.reread.remove_range(uid, uid);
            if let Some(seq) = self.numbers.seq(uid) {
                return Some(Told::Flags { seq, uid, flags });
            }
        }
        None
    }

    /// Takes out the UIDs of the messages whose flags must be read and told, because the view was
    /// stale, or its news older than [what its own session did](Self::set_flags).
    pub fn take_reread(&mut self) -> Option<NumberSet> {
        (!self.reread.is_empty()).then(|| std::mem::take(&mut self.reread))
    }

    /// Tells whether more happened than was kept: read the mailbox and call [`reread`](Self::reread).
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.news.is_stale() && !self.news.is_gone()
    }

    /// Tells whether the mailbox is no more.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.news.is_gone()
    }

    /// Tells whether there is news that may be told now, or to be read anew.
    #[must_use]
    pub fn has_news(&self, may_expunge: bool) -> bool {
        self.news.is_stale()
            || !self.reread.is_empty()
            || !self.news.arrived().is_empty()
            || self.news.has_flags()
            || (may_expunge && !self.news.expunged().is_empty())
            || self.recent_told != self.recent()
    }

    /// Tells whether `uid` is `\Recent` in this session.
    #[must_use]
    pub fn is_recent(&self, uid: u32) -> bool {
        self.first_recent.is_some_and(|first| uid >= first)
    }

    /// Returns the UID from which on messages are `\Recent` in this session.
    #[must_use]
    pub const fn first_recent(&self) -> Option<u32> {
        self.first_recent
    }

    /// Returns how many messages are `\Recent` in this session.
    #[must_use]
    pub fn recent(&self) -> u32 {
        let Some(first) = self.first_recent else { return 0 };
        self.numbers.exists().saturating_add(1) - self.numbers.lower_bound(first)
    }

    /// Returns the numbers as the client knows them.
    #[must_use]
    pub const fn numbers(&self) -> &Numbering {
        &self.numbers
    }

    /// Looks a set of sequence numbers up: the numbers it names, each once, ascending.
    ///
    /// The cost is that of sorting the set, whatever it names.
    ///
    /// # Errors
    /// [`NoSuchMessage`] for a number that does not exist.
    pub fn sequence(&self, set: &SequenceSet<'_>) -> Result<NumberSet, NoSuchMessage> {
        let exists = self.numbers.exists();
        let seqs = set.resolve(exists);
        match seqs.last() {
            Some(seq) if seq > exists => Err(NoSuchMessage { seq }),
            // `*` in an empty mailbox resolves to 0, which is no number.
            None => Err(NoSuchMessage { seq: 1 }),
            Some(_) => Ok(seqs),
        }
    }

    /// Looks a set of UIDs up: the numbers of the messages it names, each once, ascending. UIDs
    /// that do not exist are passed over (RFC 9051 6.4.9).
    #[must_use]
    pub fn unique(&self, set: &SequenceSet<'_>) -> NumberSet {
        let exists = self.numbers.exists();
        let highest = self.numbers.uid(exists).unwrap_or(0);
        let named = set.resolve(highest);
        let seqs = named.ranges().filter_map(|(first, last)| {
            let from = self.numbers.lower_bound(first);
            let behind = match last.checked_add(1) {
                Some(next) => self.numbers.lower_bound(next),
                None => exists.saturating_add(1),
            };
            (from < behind).then(|| (from, behind - 1))
        });
        NumberSet::from_ranges(seqs)
    }

    /// Turns numbers into the UIDs of their messages.
    #[must_use]
    pub fn uids_of(&self, seqs: &NumberSet) -> NumberSet {
        let mut uids = NumberSet::new();
        for (first, last) in seqs.ranges() {
            for (first, last) in self.numbers.uids(first..=last).ranges() {
                uids.insert_range(first, last);
            }
        }
        uids
    }

    /// Lets the view grow by messages that arrived, and returns how many they were.
    fn grow(&mut self, arrived: &NumberSet) -> u32 {
        let before = self.numbers.highest();
        let came = arrived.ranges().map(|(first, last)| self.numbers.append(first..=last)).sum();
        if came > 0 && self.first_recent.is_none() {
            // RFC 3501 2.3.2: when in doubt whether another session was told, it is recent.
            self.first_recent = Some(before + 1);
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flag;

    fn view(uids: &[u32]) -> MailboxView {
        MailboxView::new(&uids.iter().copied().collect(), None, 100)
    }

    fn uids(list: &[u32]) -> NumberSet {
        list.iter().copied().collect()
    }

    fn told(view: &mut MailboxView, may_expunge: bool) -> Vec<Told> {
        std::iter::from_fn(|| view.tell(may_expunge)).collect()
    }

    fn seen(uid: u32) -> Change {
        Change::Flags { uid, flags: Flags::new([Flag::Seen]) }
    }

    #[test]
    fn holds_expunges_back_and_numbers_stay() {
        let mut view = view(&[10, 20, 30]);
        view.apply(Change::Expunged(uids(&[10, 20])));
        view.apply(Change::Arrived(uids(&[40])));
        // RFC 9051 7.5.1: not while FETCH, STORE or SEARCH runs. EXISTS counts them still.
        assert_eq!(told(&mut view, false), [Told::Exists(4), Told::Recent(1)]);
        assert_eq!(view.numbers().uid(1), Some(10));
        assert!(!view.has_news(false) && view.has_news(true));
        assert_eq!(told(&mut view, true), [Told::Expunge(2), Told::Expunge(1)]);
        assert_eq!((view.numbers().exists(), view.numbers().uid(1)), (2, Some(30)));
    }

    #[test]
    fn flags_are_told_by_the_number_the_client_knows() {
        let mut view = view(&[10, 20, 30]);
        view.apply(Change::Expunged(uids(&[10])));
        view.apply(seen(20));
        view.apply(seen(99));
        let flags = |seq| Told::Flags { seq, uid: 20, flags: Flags::new([Flag::Seen]) };
        assert_eq!(told(&mut view.clone(), false), [flags(2)]);
        assert_eq!(told(&mut view, true), [Told::Expunge(1), flags(1)]);
    }

    #[test]
    fn what_was_told_twice_is_told_once() {
        let mut view = view(&[10]);
        for _ in 0..2 {
            view.apply(Change::Arrived(uids(&[10, 11])));
            view.apply(Change::Expunged(uids(&[9, 10])));
        }
        assert_eq!(told(&mut view, true), [Told::Expunge(1), Told::Exists(1), Told::Recent(1)]);
        view.apply(Change::Expunged(uids(&[10])));
        assert_eq!(told(&mut view, true), []);
    }

    #[test]
    fn recent_are_those_from_the_first_on() {
        let mut view = MailboxView::new(&uids(&[5, 6, 7]), Some(6), 100);
        assert_eq!((view.recent(), view.is_recent(5), view.is_recent(7)), (2, false, true));
        assert_eq!(told(&mut view, true), []);
        view.apply(Change::Arrived(uids(&[8])));
        assert_eq!(told(&mut view, true), [Told::Exists(4), Told::Recent(3)]);
        view.apply(Change::Expunged(uids(&[7])));
        assert_eq!(told(&mut view, true), [Told::Expunge(3)]);
        assert_eq!(view.recent(), 2);
    }

    #[test]
    fn a_stale_view_tells_nothing_until_it_was_read_anew() {
        let mut view = view(&[10, 20, 30]);
        view.apply(seen(10));
        view.apply(Change::Stale);
        assert_eq!(told(&mut view, true), []);
        assert!(view.is_stale() && view.has_news(true));
        view.reread(&uids(&[10, 25, 30, 31]));
        // 25 came too late to get a number between those that are told.
        let all = [Told::Expunge(2), Told::Exists(3), Told::Recent(1)];
        assert_eq!(told(&mut view, true), all);
        assert_eq!(view.take_reread(), Some(uids(&[10, 30])));
        assert!(!view.has_news(true));
    }

    #[test]
    fn sets_resolve_to_messages_that_are_there() {
        let view = view(&[4, 5, 9, 20]);
        let set = |wire: &'static str| SequenceSet::parse(wire.as_bytes()).unwrap();
        assert_eq!(view.sequence(&set("4,1:2,2:*")), Ok(uids(&[1, 2, 3, 4])));
        assert_eq!(view.sequence(&set("1,5")), Err(NoSuchMessage { seq: 5 }));
        assert_eq!(view.sequence(&set("5:*")), Err(NoSuchMessage { seq: 5 }));
        assert_eq!(view.unique(&set("5:10")), uids(&[2, 3]));
        assert_eq!(view.unique(&set("100:*,6:8,1:4294967295")), uids(&[1, 2, 3, 4]));
        assert_eq!(view.unique(&set("6:8")), uids(&[]));
        // RFC 9051 9: "559:*" always has the last message.
        assert_eq!(view.unique(&set("559:*")), uids(&[4]));
        assert_eq!(view.uids_of(&uids(&[2, 3, 4])), uids(&[5, 9, 20]));
    }

    #[test]
    fn err_any_number_in_an_empty_mailbox() {
        // RFC 3501 9, note on sequence-set: also `*`, which UIDs take for nothing.
        let view = view(&[]);
        for wire in ["*", "1", "1:*", "*:*"] {
            let set = SequenceSet::parse(wire.as_bytes()).unwrap();
            assert_eq!(view.sequence(&set), Err(NoSuchMessage { seq: 1 }), "{wire}");
            assert!(view.unique(&set).is_empty());
        }
    }

    #[test]
    fn ok_a_set_of_many_overlapping_ranges_costs_its_sorting() {
        let view = view(&(1..=100_000).collect::<Vec<_>>());
        let wire = ["1:*"; 10_000].join(",");
        let set = SequenceSet::parse(wire.as_bytes()).unwrap();
        let seqs = view.sequence(&set).unwrap();
        assert_eq!((seqs.len(), seqs.ranges().len()), (100_000, 1));
    }
}
