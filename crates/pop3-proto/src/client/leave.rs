//! Which messages are new, and which have lain on the server for long enough: a plan, made of what
//! the server lists and what the client remembers. RFC 1939 7 and 8.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime},
};

use crate::{DropListing, MessageNumber, ScanListing, UniqueId, UniqueIdListing};

/// What becomes of a message on the server once it has been downloaded: the two ways in which people
/// use POP3, and the one between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Leave {
    /// It stays there.
    #[default]
    Forever,
    /// It stays there for so long, counted from its download.
    For(Duration),
    /// It is deleted at once.
    Never,
}

impl Leave {
    /// So many days of 24 hours; none is [`Never`](Self::Never).
    #[must_use]
    pub const fn days(days: u32) -> Self {
        match days {
            0 => Self::Never,
            days => Self::For(Duration::from_secs(days as u64 * 24 * 60 * 60)),
        }
    }

    /// Tells whether a message that has been here `since` then is to be deleted.
    pub(super) fn is_due(self, since: SystemTime, now: SystemTime) -> bool {
        match self {
            Self::Forever => false,
            Self::For(time) => now.duration_since(since).is_ok_and(|age| age >= time),
            Self::Never => true,
        }
    }
}

/// A message as LIST and UIDL told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    number: MessageNumber,
    octets: Option<u64>,
    id: Option<UniqueId>,
    /// It was given two ids.
    is_ambiguous: bool,
}

impl Entry {
    /// Returns its number, which is good for this session.
    #[must_use]
    pub const fn number(&self) -> MessageNumber {
        self.number
    }

    /// Returns how large it is said to be.
    #[must_use]
    pub const fn octets(&self) -> Option<u64> {
        self.octets
    }

    /// Returns what it is called for good, if the server says so, and says one thing.
    #[must_use]
    pub const fn id(&self) -> Option<&UniqueId> {
        self.id.as_ref()
    }
}

/// What lies in a maildrop, as LIST and UIDL told together.
///
/// It takes what sloppy servers tell: a number twice counts once, with the first size that was said of
/// it; a message that only one of the two has is there; and an id may be missing. A message that was
/// given two ids has none: whoever took one for it might delete what has never come.
#[derive(Debug, Clone, Default)]
pub struct Inbox {
    entries: BTreeMap<MessageNumber, Entry>,
    ids: HashMap<UniqueId, u32>,
    doubled: usize,
    unsettled: usize,
    /// LIST, and UIDL, have told something.
    told: (bool, bool),
}

impl Inbox {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a line of LIST.
    pub fn listed(&mut self, listing: ScanListing) {
        self.told.0 = true;
        let entry = self.entry(listing.number());
        if entry.octets.is_some() {
            self.unsettled += 1;
        } else {
            entry.octets = listing.octets();
        }
    }

    /// Takes a line of UIDL.
    pub fn identified(&mut self, listing: UniqueIdListing) {
        self.told.1 = true;
        let number = listing.number();
        let Some(id) = listing.into_id() else { return };
        let entry = self.entry(number);
        if entry.id.is_some() || entry.is_ambiguous {
            if entry.id.as_ref() != Some(&id) {
                (entry.id, entry.is_ambiguous) = (None, true);
            }
            self.unsettled += 1;
            return;
        }
        entry.id = Some(id.clone());
        let copies = self.ids.entry(id).or_default();
        *copies += 1;
        self.doubled += usize::from(*copies > 1);
    }

    fn entry(&mut self, number: MessageNumber) -> &mut Entry {
        self.entries.entry(number).or_insert(Entry {
            number,
            octets: None,
            id: None,
            is_ambiguous: false,
        })
    }

    /// Iterates over the messages, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns how many messages have the id of one before them
    /// ([`Deviation::DoubledId`](crate::Deviation::DoubledId)).
    #[must_use]
    pub const fn doubled(&self) -> usize {
        self.doubled
    }

    /// Returns how many messages have no id.
    #[must_use]
    pub fn without_id(&self) -> usize {
        self.iter().filter(|entry| entry.id.is_none()).count()
    }

    /// Tells whether the listings contradict themselves, each other, or what STAT said
    /// ([`Deviation::UnsettledListing`](crate::Deviation::UnsettledListing)).
    #[must_use]
    pub fn is_unsettled(&self, stat: Option<DropListing>) -> bool {
        let torn = self.told == (true, true)
            && self.iter().any(|entry| entry.octets.is_some() != entry.id.is_some());
        let other = |stat: DropListing| stat.messages() as usize != self.len();
        self.unsettled > 0 || torn || stat.is_some_and(other)
    }
}

/// What a client remembers from session to session: which messages it has, and since when.
///
/// Of several messages with one id it remembers how many it has, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen(HashMap<UniqueId, Times>);

/// Since when messages of one id are here, the first of which may be forgotten.
#[derive(Debug, Clone, Default)]
struct Times {
    all: Vec<SystemTime>,
    forgotten: usize,
}

impl Times {
    fn left(&self) -> &[SystemTime] {
        self.all.get(self.forgotten..).unwrap_or_default()
    }

    fn forget(&mut self) {
        self.forgotten += 1;
        // Seldom enough that forgetting one after the other costs linear time.
        if self.forgotten > self.all.len() / 2 {
            self.all.drain(..self.forgotten);
            self.forgotten = 0;
        }
    }
}

impl PartialEq for Times {
    fn eq(&self, other: &Self) -> bool {
        self.left() == other.left()
    }
}

impl Eq for Times {}

impl Seen {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a message with this id, one more if there is one already.
    pub fn insert(&mut self, id: UniqueId, since: SystemTime) {
        self.0.entry(id).or_default().all.push(since);
    }

    /// Forgets one message with this id, the first one that was remembered: the others are not to
    /// be deleted the sooner for it.
    pub fn remove(&mut self, id: &UniqueId) {
        if let Some(times) = self.0.get_mut(id) {
            times.forget();
            if times.left().is_empty() {
                self.0.remove(id);
            }
        }
    }

    /// Returns since when each message with this id has been here.
    #[must_use]
    pub fn since(&self, id: &UniqueId) -> &[SystemTime] {
        self.0.get(id).map_or(&[], Times::left)
    }

    /// Iterates over all messages, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&UniqueId, SystemTime)> {
        self.0.iter().flat_map(|(id, times)| times.left().iter().map(move |since| (id, *since)))
    }
}

/// What is to be done in a session.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pop3_proto::client::{Inbox, Leave, Plan, Seen};
/// use pop3_proto::{MessageNumber, ScanListing, UniqueId, UniqueIdListing};
///
/// let (mut inbox, one) = (Inbox::new(), MessageNumber::FIRST);
/// let two = MessageNumber::new(2).expect("not 0");
/// for (number, id) in [(one, "old"), (two, "new")] {
///     inbox.listed(ScanListing::new(number, 120));
///     inbox.identified(UniqueIdListing::new(number, UniqueId::new(id)?));
/// }
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
/// let mut seen = Seen::new();
/// seen.insert(UniqueId::new("old")?, now - Duration::from_secs(8 * 24 * 60 * 60));
///
/// let plan = Plan::new(&inbox, &seen, Leave::days(7), now);
/// assert_eq!(plan.fetch().iter().map(|entry| entry.number()).collect::<Vec<_>>(), [two]);
/// assert_eq!(plan.delete().iter().map(|entry| entry.number()).collect::<Vec<_>>(), [one]);
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    fetch: Vec<Entry>,
    delete: Vec<Entry>,
    gone: Vec<UniqueId>,
}

impl Plan {
    /// Makes a plan. `now` is the wall clock's; if that went back, nothing is deleted early.
    ///
    /// A message without an id is fetched each time: it cannot be known again.
    #[must_use]
    pub fn new(inbox: &Inbox, seen: &Seen, leave: Leave, now: SystemTime) -> Self {
        let mut plan = Self { fetch: Vec::new(), delete: Vec::new(), gone: Vec::new() };
        let mut copies: HashMap<&UniqueId, usize> = HashMap::new();
        for entry in inbox.iter() {
            let since = entry.id().and_then(|id| {
                let copy = copies.entry(id).or_default();
                *copy += 1;
                seen.since(id).get(*copy - 1)
            });
            let Some(since) = since else {
                plan.fetch.push(entry.clone());
                continue;
            };
            if leave.is_due(*since, now) {
                plan.delete.push(entry.clone());
            }
        }
        for (id, times) in &seen.0 {
            let there = copies.get(id).copied().unwrap_or_default();
            plan.gone.extend(times.left().iter().skip(there).map(|_| id.clone()));
        }
        plan
    }

    /// Returns the messages that are new.
    #[must_use]
    pub fn fetch(&self) -> &[Entry] {
        &self.fetch
    }

    /// Returns the messages that have been here for long enough. Those that are fetched in this
    /// session are not among them.
    #[must_use]
    pub fn delete(&self) -> &[Entry] {
        &self.delete
    }

    /// Returns what is remembered and not on the server any more: it may be forgotten, once for each
    /// time that it stands here.
    #[must_use]
    pub fn gone(&self) -> &[UniqueId] {
        &self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(ids: &[Option<&str>]) -> Inbox {
        let mut inbox = Inbox::new();
        for (number, id) in (1..).zip(ids) {
            let number = MessageNumber::new(number).unwrap();
            inbox.listed(ScanListing::new(number, 100));
            let id = id.map(|id| UniqueId::new(id).unwrap());
            inbox.identified(UniqueIdListing::received(number, id));
        }
        inbox
    }

    fn day(days: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(days * 24 * 60 * 60)
    }

    fn seen(ids: &[(&str, u64)]) -> Seen {
        let mut seen = Seen::new();
        for (id, since) in ids {
            seen.insert(UniqueId::new(id).unwrap(), day(*since));
        }
        seen
    }

    /// The numbers to fetch, to delete, and the ids that are gone.
    fn plan(inbox: &Inbox, seen: &Seen, leave: Leave) -> (Vec<u32>, Vec<u32>, Vec<String>) {
        let plan = Plan::new(inbox, seen, leave, day(100));
        let numbers = |entries: &[Entry]| entries.iter().map(|it| it.number().get()).collect();
        let mut gone: Vec<_> = plan.gone().iter().map(ToString::to_string).collect();
        gone.sort();
        (numbers(plan.fetch()), numbers(plan.delete()), gone)
    }

    #[test]
    fn ok_new_ones_are_fetched_and_old_ones_deleted_when_it_is_time() {
        let inbox = inbox(&[Some("a"), Some("b"), Some("c"), None]);
        let seen = seen(&[("a", 93), ("b", 94), ("x", 1)]);
        let (fetch, gone) = (vec![3, 4], vec!["x".to_owned()]);
        for (leave, delete) in [
            (Leave::Forever, vec![]),
            (Leave::days(7), vec![1]),
            (Leave::days(6), vec![1, 2]),
            (Leave::days(0), vec![1, 2]),
            (Leave::days(u32::MAX), vec![]),
        ] {
            assert_eq!(plan(&inbox, &seen, leave), (fetch.clone(), delete, gone.clone()));
        }
    }

    #[test]
    fn ok_clock_that_went_back_deletes_nothing() {
        let (inbox, seen) = (inbox(&[Some("a")]), seen(&[("a", 200)]));
        assert_eq!(plan(&inbox, &seen, Leave::days(1)), (vec![], vec![], vec![]));
    }

    #[test]
    fn ok_two_messages_with_one_id_are_two() {
        let twice = inbox(&[Some("a"), Some("b"), Some("a")]);
        assert_eq!(twice.doubled(), 1);
        assert_eq!(plan(&twice, &seen(&[("a", 1)]), Leave::Forever), (vec![2, 3], vec![], vec![]));
        let both = seen(&[("a", 1), ("a", 99), ("b", 1)]);
        assert_eq!(plan(&twice, &both, Leave::days(7)), (vec![], vec![1, 2], vec![]));
        // One of them was deleted: another of this name is new again.
        let once = inbox(&[Some("a")]);
        let (_, _, gone) = plan(&once, &both, Leave::Forever);
        assert_eq!(gone, ["a", "b"]);
        let mut left = both;
        gone.iter().for_each(|id| left.remove(&UniqueId::new(id).unwrap()));
        assert_eq!(plan(&twice, &left, Leave::Forever).0, [2, 3]);
    }

    #[test]
    fn ok_of_messages_with_one_id_the_younger_outlives_the_older() {
        let mut seen = seen(&[("a", 93), ("a", 99), ("a", 100)]);
        let twice = inbox(&[Some("a"), Some("a"), Some("a")]);
        assert_eq!(plan(&twice, &seen, Leave::days(7)), (vec![], vec![1], vec![]));
        seen.remove(&UniqueId::new("a").unwrap());
        let left = inbox(&[Some("a"), Some("a")]);
        assert_eq!(plan(&left, &seen, Leave::days(7)), (vec![], vec![], vec![]));
        assert_eq!(seen.since(&UniqueId::new("a").unwrap()), [day(99), day(100)]);
        let mut same = Seen::new();
        for since in [99, 100] {
            same.insert(UniqueId::new("a").unwrap(), day(since));
        }
        assert_eq!(seen, same);
    }

    #[test]
    fn listings_that_do_not_fit_together_are_told() {
        let number = |number| MessageNumber::new(number).unwrap();
        let stat = |messages| Some(DropListing::new(messages, 0));
        let mut inbox = inbox(&[Some("a"), Some("b")]);
        assert!(!inbox.is_unsettled(stat(2)) && inbox.is_unsettled(stat(3)));
        inbox.listed(ScanListing::new(number(1), 7));
        assert!(inbox.is_unsettled(None));
        assert_eq!(inbox.iter().next().and_then(Entry::octets), Some(100), "the first counts");
        let mut torn = Inbox::new();
        torn.listed(ScanListing::new(number(1), 7));
        assert!(!torn.is_unsettled(None), "a server without UIDL");
        torn.identified(UniqueIdListing::new(number(2), UniqueId::new("x").unwrap()));
        assert!(torn.is_unsettled(None) && torn.len() == 2 && torn.without_id() == 1);
    }
}
