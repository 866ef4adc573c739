//! Carries what one session did in a mailbox to the others that have it selected.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use crate::view::{Change, News};

/// Carries what one session did in a mailbox to the others that have it selected.
///
/// A plain value, without lock, channel or task: [`publish`](Self::publish) answers who is to be
/// woken, and waking is the caller's, who knows whether they sleep on a condition variable, a
/// channel or in `select!`. `K` names a mailbox: let it be what stays when the mailbox is renamed.
///
/// ```
/// use imap_proto::{hub::Hub, view::Change};
///
/// let mut hub = Hub::new(1000);
/// let (alice, bob) = (hub.subscribe("INBOX"), hub.subscribe("INBOX"));
/// // Bob's STORE is Alice's news. She is woken once, however much happens until she looks.
/// let change = Change::Expunged([7].into_iter().collect());
/// assert_eq!(hub.publish(&"INBOX", &change, Some(bob)), [alice]);
/// assert_eq!(hub.publish(&"INBOX", &change, Some(bob)), []);
/// assert!(!hub.take(alice).is_empty() && hub.take(bob).is_empty());
/// ```
#[derive(Debug, Clone)]
pub struct Hub<K> {
    subscribers: BTreeMap<SubscriberId, Subscriber<K>>,
    mailboxes: BTreeMap<K, BTreeSet<SubscriberId>>,
    next: u64,
    most: usize,
}

/// Names one session that has one mailbox selected. Never given out twice by one [`Hub`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(u64);

#[derive(Debug, Clone)]
struct Subscriber<K> {
    mailbox: K,
    news: News,
}

impl<K: Ord + Clone> Hub<K> {
    /// Starts without subscribers. `most` bounds what waits for each of them, see [`News::new`].
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { subscribers: BTreeMap::new(), mailboxes: BTreeMap::new(), next: 0, most }
    }

    /// Keeps from now on what happens in this mailbox. Subscribe before you read the mailbox for
    /// SELECT: what happens in between is then told twice, which does no harm, and not lost.
    pub fn subscribe(&mut self, mailbox: K) -> SubscriberId {
        let id = SubscriberId(self.next);
        self.next += 1;
        self.mailboxes.entry(mailbox.clone()).or_default().insert(id);
        self.subscribers.insert(id, Subscriber { mailbox, news: News::new(self.most) });
        id
    }

    /// Ends a subscription, with the news that was not taken. No harm if it is over already.
    pub fn unsubscribe(&mut self, id: SubscriberId) {
        let Some(Subscriber { mailbox, .. }) = self.subscribers.remove(&id) else { return };
        if let Some(ids) = self.mailboxes.get_mut(&mailbox) {
            ids.remove(&id);
            if ids.is_empty() {
                self.mailboxes.remove(&mailbox);
            }
        }
    }

    /// Keeps a change for all who have this mailbox selected but `from`, who knows already because
    /// it was its own command that did it. Publish in the order in which it happened. APPEND and COPY into the own mailbox are news to
    /// oneself too: say `None` there.
    ///
    /// Returns those who had no news before and are to be woken.
    pub fn publish(
        &mut self,
        mailbox: &K,
        change: &Change,
        from: Option<SubscriberId>,
    ) -> Vec<SubscriberId> {
        let mut wake = Vec::new();
        for &id in self.mailboxes.get(mailbox).into_iter().flatten() {
            let Some(subscriber) = self.subscribers.get_mut(&id) else { continue };
            if Some(id) == from {
                // What others did to these flags before would come after what they are now.
                if let Change::Flags { uid, .. } = change {
                    subscriber.news.drop_flags(*uid);
                }
                continue;
            }
            let idle = subscriber.news.is_empty();
            subscriber.news.push(change.clone());
            if idle && !subscriber.news.is_empty() {
                wake.push(id);
            }
        }
        wake
    }

    /// Takes the news that waits for a subscriber, for
    /// [`Session::mailbox_news`](crate::server::Server::mailbox_news).
    pub fn take(&mut self, id: SubscriberId) -> News {
        let fresh = News::new(self.most);
        match self.subscribers.get_mut(&id) {
            Some(subscriber) => std::mem::replace(&mut subscriber.news, fresh),
            None => fresh,
        }
    }

    /// Tells whether news waits for a subscriber.
    #[must_use]
    pub fn has_news(&self, id: SubscriberId) -> bool {
        self.subscribers.get(&id).is_some_and(|subscriber| !subscriber.news.is_empty())
    }

    /// Returns who has this mailbox selected.
    pub fn subscribers<'a>(
        &'a self,
        mailbox: &K,
    ) -> impl Iterator<Item = SubscriberId> + use<'a, K> {
        self.mailboxes.get(mailbox).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flag, Flags};

    fn expunged(uid: u32) -> Change {
        Change::Expunged([uid].into_iter().collect())
    }

    #[test]
    fn others_hear_and_other_mailboxes_do_not() {
        let mut hub = Hub::new(10);
        let (a, b, c) = (hub.subscribe(1), hub.subscribe(1), hub.subscribe(2));
        assert_eq!(hub.publish(&1, &expunged(5), Some(a)), [b]);
        assert!(hub.has_news(b) && !hub.has_news(a) && !hub.has_news(c));
        assert_eq!(hub.publish(&3, &expunged(5), None), []);
    }

    #[test]
    fn who_has_looked_is_woken_again() {
        let mut hub = Hub::new(10);
        let a = hub.subscribe(1);
        assert_eq!(hub.publish(&1, &expunged(5), None), [a]);
        assert_eq!(hub.publish(&1, &expunged(6), None), []);
        assert!(!hub.take(a).is_empty());
        assert_eq!(hub.publish(&1, &expunged(7), None), [a]);
    }

    #[test]
    fn what_one_did_oneself_replaces_older_news_of_it() {
        let mut hub = Hub::new(10);
        let (a, b) = (hub.subscribe(1), hub.subscribe(1));
        let flags = |flag| Change::Flags { uid: 5, flags: Flags::new([flag]) };
        hub.publish(&1, &flags(Flag::Seen), Some(b));
        // A has not looked, and would tell its client later what was true earlier.
        assert_eq!(hub.publish(&1, &flags(Flag::Flagged), Some(a)), [b]);
        assert!(!hub.has_news(a));
    }

    #[test]
    fn a_sleeper_holds_no_more_than_the_bound() {
        let mut hub = Hub::new(10);
        let a = hub.subscribe(1);
        for uid in 1..=1000 {
            hub.publish(&1, &Change::Flags { uid, flags: Flags::new([Flag::Seen]) }, None);
        }
        assert!(hub.take(a).is_stale());
    }

    #[test]
    fn nothing_stays_of_who_left() {
        let mut hub = Hub::new(10);
        let a = hub.subscribe(1);
        hub.publish(&1, &expunged(5), None);
        hub.unsubscribe(a);
        hub.unsubscribe(a);
        assert!(hub.subscribers.is_empty() && hub.mailboxes.is_empty());
        assert!(hub.take(a).is_empty());
        assert_ne!(hub.subscribe(1), a);
    }
}
