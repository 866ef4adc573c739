//! What one session did in a mailbox, told to the others: a [`Hub`] behind a lock, and who sleeps.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use imap_proto::{
    NumberSet,
    hub::{Hub, SubscriberId},
    view::{Change, News as Pending},
};
use tokio::sync::Notify;

use super::imap::convert::wire_flags;
use crate::store::{Arrival, MailboxId, MessageEntry, Uid};

/// How many changes are kept for a session that does not ask; then it reads its mailbox anew.
const KEPT: usize = 1000;

/// The one place where changes of mailboxes become known.
#[derive(Debug)]
pub(super) struct News {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    hub: Hub<MailboxId>,
    sleepers: HashMap<SubscriberId, Arc<Notify>>,
}

impl News {
    /// Starts without subscribers.
    #[must_use]
    pub(super) fn new() -> Self {
        Self { inner: Mutex::new(Inner { hub: Hub::new(KEPT), sleepers: HashMap::new() }) }
    }

    /// Keeps what happens in this mailbox from now on, until the subscription is dropped.
    pub(super) fn subscribe(self: &Arc<Self>, mailbox: MailboxId) -> Subscription {
        let wake = Arc::new(Notify::new());
        let mut inner = self.lock();
        let id = inner.hub.subscribe(mailbox);
        inner.sleepers.insert(id, wake.clone());
        drop(inner);
        Subscription { news: self.clone(), id, wake }
    }

    /// Tells that a message came in.
    pub(super) fn arrived(&self, arrival: &Arrival) {
        self.came(arrival.mailbox, [arrival.entry.uid]);
    }

    /// Tells that messages came in.
    pub(super) fn came(&self, mailbox: MailboxId, uids: impl IntoIterator<Item = Uid>) {
        self.publish(mailbox, &Change::Arrived(numbers(uids)), None);
    }

    /// Tells that messages are gone, to all but the session that did it.
    pub(super) fn expunged(&self, mailbox: MailboxId, uids: &[Uid], from: Option<&Subscription>) {
        if !uids.is_empty() {
            let change = Change::Expunged(numbers(uids.iter().copied()));
            self.publish(mailbox, &change, from.map(|own| own.id));
        }
    }

    /// Tells that messages have other flags, to all but the session that did it.
    pub(super) fn flagged(
        &self,
        mailbox: MailboxId,
        changed: &[MessageEntry],
        from: Option<&Subscription>,
    ) {
        for entry in changed {
            let change = Change::Flags { uid: entry.uid.number(), flags: wire_flags(&entry.flags) };
            self.publish(mailbox, &change, from.map(|own| own.id));
        }
    }

    /// Tells that a mailbox is no more.
    pub(super) fn gone(&self, mailbox: MailboxId) {
        self.publish(mailbox, &Change::Gone, None);
    }

    fn publish(&self, mailbox: MailboxId, change: &Change, from: Option<SubscriberId>) {
        let mut inner = self.lock();
        for id in inner.hub.publish(&mailbox, change, from) {
            if let Some(sleeper) = inner.sleepers.get(&id) {
                sleeper.notify_one();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One session's interest in one mailbox.
#[derive(Debug)]
pub(super) struct Subscription {
    news: Arc<News>,
    id: SubscriberId,
    wake: Arc<Notify>,
}

impl Subscription {
    /// Comes back when there is news.
    pub(super) async fn news(&self) {
        self.wake.notified().await;
    }

    /// Takes the news.
    pub(super) fn take(&self) -> Pending {
        self.news.lock().hub.take(self.id)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut inner = self.news.lock();
        inner.hub.unsubscribe(self.id);
        inner.sleepers.remove(&self.id);
    }
}

/// The UIDs as a set.
pub(super) fn numbers(uids: impl IntoIterator<Item = Uid>) -> NumberSet {
    uids.into_iter().map(Uid::number).collect()
}
