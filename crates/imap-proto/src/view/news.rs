//! What happened in a mailbox and has not been told yet.

use std::collections::BTreeMap;

use crate::{Flags, NumberSet};

/// One thing that happened in a mailbox.
///
/// Say it in the order in which it happened; arrivals in the order of their UIDs, because UIDs
/// ascend with sequence numbers and one that comes late can get no number (RFC 9051 2.3.1.1).
/// Saying it twice does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Messages came in (delivery, APPEND, COPY, MOVE).
    Arrived(NumberSet),
    /// Messages were expunged, or moved away.
    Expunged(NumberSet),
    /// A message has these flags now, all of them, without `\Recent`.
    Flags {
        /// The message.
        uid: u32,
        /// All its flags.
        flags: Flags<'static>,
    },
    /// So much happened that the mailbox is to be read anew.
    Stale,
    /// The mailbox is no more: deleted, or its UIDVALIDITY changed.
    Gone,
}

/// What happened in a mailbox and has not been told yet, merged per message and bounded: over the
/// bound it is forgotten, and the mailbox is [`Stale`](Change::Stale).
#[derive(Debug, Clone)]
pub struct News {
    arrived: NumberSet,
    expunged: NumberSet,
    flags: BTreeMap<u32, Flags<'static>>,
    stale: bool,
    gone: bool,
    most: usize,
}

impl News {
    /// Starts with nothing. `most` bounds each of the ranges of UIDs that came, the ranges that
    /// went, and the messages whose flags changed.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self {
            arrived: NumberSet::new(),
            expunged: NumberSet::new(),
            flags: BTreeMap::new(),
            stale: false,
            gone: false,
            most,
        }
    }

    /// Adds one thing that happened.
    pub fn push(&mut self, change: Change) {
        if self.gone || (self.stale && change != Change::Gone) {
            return;
        }
        match change {
            Change::Arrived(uids) => {
                uids.ranges().for_each(|(first, last)| self.arrived.insert_range(first, last));
                for (first, last) in self.expunged.ranges() {
                    self.arrived.remove_range(first, last);
                }
            }
            Change::Expunged(uids) => self.expunge(&uids),
            Change::Flags { uid, flags } => {
                if !self.expunged.contains(uid) {
                    self.flags.insert(uid, flags);
                }
            }
            Change::Stale => self.forget(),
            Change::Gone => {
                self.forget();
                self.gone = true;
            }
        }
        let most = [self.arrived.ranges().len(), self.expunged.ranges().len(), self.flags.len()];
        if most.into_iter().any(|held| held > self.most) {
            self.forget();
        }
    }

    /// Adds all that happened after this.
    pub fn merge(&mut self, later: Self) {
        if later.gone || later.stale {
            self.push(if later.gone { Change::Gone } else { Change::Stale });
            return;
        }
        if !later.arrived.is_empty() {
            self.push(Change::Arrived(later.arrived));
        }
        if !later.expunged.is_empty() {
            self.push(Change::Expunged(later.expunged));
        }
        for (uid, flags) in later.flags {
            self.push(Change::Flags { uid, flags });
        }
    }

    /// Tells whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.stale
            && !self.gone
            && self.arrived.is_empty()
            && self.expunged.is_empty()
            && self.flags.is_empty()
    }

    /// Tells whether more happened than was kept.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    /// Tells whether the mailbox is no more.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.gone
    }

    pub(super) const fn arrived(&self) -> &NumberSet {
        &self.arrived
    }

    pub(super) const fn expunged(&self) -> &NumberSet {
        &self.expunged
    }

    pub(super) fn take_arrived(&mut self) -> NumberSet {
        std::mem::take(&mut self.arrived)
    }

    pub(super) fn pop_expunged(&mut self) -> Option<u32> {
        self.expunged.pop_last()
    }

    pub(super) fn pop_flags(&mut self) -> Option<(u32, Flags<'static>)> {
        self.flags.pop_first()
    }

    /// Forgets that the flags of a message changed, because they have changed again since. Returns
    /// whether that was news.
    pub(crate) fn drop_flags(&mut self, uid: u32) -> bool {
        self.flags.remove(&uid).is_some()
    }

    pub(super) fn has_flags(&self) -> bool {
        !self.flags.is_empty()
    }

    pub(super) fn expunge(&mut self, uids: &NumberSet) {
        for (first, last) in uids.ranges() {
            // What came and went untold never was.
            self.arrived.remove_range(first, last);
            self.expunged.insert_range(first, last);
            let gone: Vec<u32> = self.flags.range(first..=last).map(|(&uid, _)| uid).collect();
            for uid in gone {
                self.flags.remove(&uid);
            }
        }
    }

    /// Starts anew with the difference between what was and what is.
    pub(super) fn restart(&mut self, arrived: NumberSet, expunged: NumberSet) {
        *self = Self { arrived, expunged, ..Self::new(self.most) };
    }

    fn forget(&mut self) {
        *self = Self::new(self.most);
        self.stale = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flag;

    fn seen(uid: u32) -> Change {
        Change::Flags { uid, flags: Flags::new([Flag::Seen]) }
    }

    #[test]
    fn ok_many_changes_of_one_message_are_one() {
        let mut news = News::new(2);
        for _ in 0..100 {
            news.push(seen(4));
            news.push(Change::Flags { uid: 4, flags: Flags::default() });
        }
        assert_eq!(news.pop_flags(), Some((4, Flags::default())));
        assert!(news.is_empty());
    }

    #[test]
    fn ok_flags_of_an_expunged_message_are_no_news() {
        let mut news = News::new(2);
        news.push(seen(4));
        news.push(Change::Expunged([4].into_iter().collect()));
        news.push(seen(4));
        assert!(!news.has_flags());
    }

    #[test]
    fn ok_what_came_and_went_untold_never_was() {
        let mut news = News::new(2);
        news.push(Change::Arrived((4..=6).collect()));
        news.push(Change::Expunged([5].into_iter().collect()));
        news.push(Change::Arrived([5].into_iter().collect()));
        assert!(news.take_arrived().iter().eq([4, 6]));
    }

    #[test]
    fn over_the_bound_it_is_stale_and_holds_nothing() {
        let mut news = News::new(2);
        (1..=3).for_each(|uid| news.push(seen(uid)));
        assert!(news.is_stale() && !news.has_flags());
        news.push(seen(4));
        assert!(!news.has_flags(), "it is to be read anew anyway");
        let mut earlier = News::new(2);
        earlier.push(Change::Arrived([9].into_iter().collect()));
        earlier.merge(news);
        assert!(earlier.is_stale() && earlier.arrived().is_empty());
    }

    #[test]
    fn gone_is_for_ever() {
        let mut news = News::new(2);
        news.push(Change::Gone);
        news.push(Change::Stale);
        assert!(news.is_gone());
    }
}
