//! Outcomes that are kept for as long as their TTL allows (RFC 1035 7.4, RFC 2308).

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{
    name::Name,
    outcome::Outcome,
    question::{Question, RecordType},
};

/// A bounded memory of outcomes. Time is an argument.
///
/// Room is counted in octets, so that a few huge answers cost what many small ones do. When it runs
/// out, what was not used for longest goes first, roughly: entries live in two halves, the older of
/// which is dropped whole when the younger is full, and use moves an entry into the younger.
///
/// ```
/// # #![allow(clippy::disallowed_methods)]
/// use std::time::{Duration, Instant};
///
/// use mail_dns::{Outcome, Question, RecordType, wire::Cache};
///
/// let mut cache = Cache::new(1 << 20);
/// let question = Question::new("example.org".parse()?, RecordType::MX);
/// let now = Instant::now();
/// cache.insert(&question, &Outcome::ServFail, now);
/// assert_eq!(cache.get(&question, now), Some(Outcome::ServFail));
/// assert_eq!(cache.get(&question, now + Duration::from_secs(6)), None);
/// # Ok::<(), mail_dns::NameError>(())
/// ```
#[derive(Debug)]
pub struct Cache {
    young: Half,
    old: Half,
    room: usize,
    max_ttl: Duration,
    max_negative_ttl: Duration,
    failure_ttl: Duration,
}

#[derive(Debug, Default)]
struct Half {
    entries: HashMap<Key, Entry>,
    octets: usize,
}

/// The type is `None` for a name that does not exist: it has no records of any type.
type Key = (Name, Option<RecordType>);

#[derive(Debug)]
struct Entry {
    outcome: Outcome,
    since: Instant,
    until: Instant,
    octets: usize,
}

impl Cache {
    /// Makes a cache that holds about this many octets: at most a day long, negative answers at most
    /// three hours (RFC 2308 5), failures five seconds (RFC 9520 3.2).
    #[must_use]
    pub fn new(octets: usize) -> Self {
        Self {
            young: Half::default(),
            old: Half::default(),
            room: octets / 2,
            max_ttl: Duration::from_secs(24 * 3600),
            max_negative_ttl: Duration::from_secs(3 * 3600),
            failure_ttl: Duration::from_secs(5),
        }
    }

    /// Keeps nothing longer than this.
    #[must_use]
    pub fn with_max_ttl(mut self, max: Duration) -> Self {
        self.max_ttl = max;
        self.max_negative_ttl = self.max_negative_ttl.min(max);
        self.failure_ttl = self.failure_ttl.min(max);
        self
    }

    /// Keeps failures (SERVFAIL, no answer) this long, at most five minutes (RFC 2308 7). Zero is
    /// not at all.
    #[must_use]
    pub fn with_failure_ttl(mut self, ttl: Duration) -> Self {
        self.failure_ttl = ttl.min(Duration::from_secs(300)).min(self.max_ttl);
        self
    }

    /// Keeps an outcome, if it may be kept.
    pub fn insert(&mut self, question: &Question, outcome: &Outcome, now: Instant) {
        let ttl = match outcome {
            Outcome::Records(answer) => answer.ttl().as_duration().min(self.max_ttl),
            Outcome::NoData(negative) | Outcome::NxDomain(negative) => match negative.ttl() {
                Some(ttl) => ttl.as_duration().min(self.max_negative_ttl),
                None => Duration::ZERO,
            },
            Outcome::ServFail | Outcome::Timeout => self.failure_ttl,
        };
        let exact = (question.name().clone(), Some(question.rtype()));
        let whole_name = (question.name().clone(), None);
        // Newer news replaces older, also where it is not to be kept itself.
        self.remove(&exact);
        if !outcome.is_temporary() {
            self.remove(&whole_name);
        }
        let Some(until) = now.checked_add(ttl).filter(|_| !ttl.is_zero()) else { return };
        // RFC 2308 5: no such name goes for all types, unless it is an alias that dangles.
        let dangles = !outcome.chain().is_empty();
        let key = match outcome {
            Outcome::NxDomain(_) if !dangles => whole_name,
            Outcome::Records(_)
            | Outcome::NoData(_)
            | Outcome::NxDomain(_)
            | Outcome::ServFail
            | Outcome::Timeout => exact,
        };
        let octets = size_of::<(Key, Entry)>() + key.0.wire_len() + outcome.weight();
        let outcome = outcome.clone();
        self.put(key, Entry { outcome, since: now, until, octets });
    }

    /// Returns what is known, its TTL lowered by the time it was kept.
    pub fn get(&mut self, question: &Question, now: Instant) -> Option<Outcome> {
        let exact = (question.name().clone(), Some(question.rtype()));
        self.lookup(exact, now).or_else(|| self.lookup((question.name().clone(), None), now))
    }

    /// Returns about how many octets are held.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.young.octets + self.old.octets
    }

    fn lookup(&mut self, key: Key, now: Instant) -> Option<Outcome> {
        let entry = match self.old.remove(&key) {
            Some(entry) => {
                self.put(key.clone(), entry);
                self.young.entries.get(&key)?
            }
            None => self.young.entries.get(&key)?,
        };
        if now >= entry.until {
            self.remove(&key);
            return None;
        }
        Some(entry.outcome.aged(now.saturating_duration_since(entry.since)))
    }

    fn put(&mut self, key: Key, entry: Entry) {
        if entry.octets > self.room {
            return;
        }
        if self.young.octets + entry.octets > self.room {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.octets += entry.octets;
        self.young.entries.insert(key, entry);
    }

    fn remove(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

impl Half {
    fn remove(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.octets -= entry.octets;
        Some(entry)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;
    use crate::{
        outcome::{Answer, Negative, Security},
        record::{Rdata, Record, Ttl},
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn ask(name: &str, rtype: RecordType) -> Question {
        Question::new(name.parse().unwrap(), rtype)
    }

    fn address(name: &str, ttl: u32) -> Outcome {
        let record = Record::new(
            name.parse().unwrap(),
            Ttl::from_secs(ttl),
            Rdata::A([192, 0, 2, 1].into()),
        );
        let question = ask(name, RecordType::A);
        Outcome::Records(Answer::of(&question, &[record], Security::Unchecked).unwrap())
    }

    fn negative(secs: u32) -> Negative {
        Negative::new(Some(Ttl::from_secs(secs)), Vec::new(), Security::Unchecked)
    }

    #[test]
    fn ok_kept_until_the_ttl_ends_and_told_with_what_is_left() {
        let (mut cache, now) = (Cache::new(1 << 16), Instant::now());
        let question = ask("example.org", RecordType::A);
        cache.insert(&question, &address("example.org", 60), now);
        let later = cache.get(&ask("EXAMPLE.org", RecordType::A), now + 45 * SECOND).unwrap();
        assert_eq!(later.ttl(), Some(Ttl::from_secs(15)));
        assert_eq!(cache.get(&ask("example.org", RecordType::AAAA), now), None);
        assert_eq!(cache.get(&question, now + 60 * SECOND), None);
        assert_eq!(cache.octets(), 0);
    }

    #[test]
    fn ok_no_such_name_goes_for_all_types_until_the_name_appears() {
        let (mut cache, now) = (Cache::new(1 << 16), Instant::now());
        let (a, mx) = (ask("example.org", RecordType::A), ask("example.org", RecordType::MX));
        cache.insert(&mx, &Outcome::NxDomain(negative(300)), now);
        assert_eq!(cache.get(&a, now), Some(Outcome::NxDomain(negative(300))));
        cache.insert(&a, &address("example.org", 60), now);
        assert!(cache.get(&a, now).unwrap().answer().is_some());
        assert_eq!(cache.get(&mx, now), None);
    }

    #[test]
    fn negative_without_soa_and_ttl_zero_are_not_kept() {
        let (mut cache, now) = (Cache::new(1 << 16), Instant::now());
        let question = ask("example.org", RecordType::A);
        let unknown = Outcome::NoData(Negative::new(None, Vec::new(), Security::Unchecked));
        for outcome in [unknown, Outcome::NoData(negative(0)), address("example.org", 0)] {
            cache.insert(&question, &outcome, now);
            assert_eq!(cache.get(&question, now), None, "{outcome:?}");
        }
    }

    #[test]
    fn long_ttls_are_cut() {
        let (mut cache, now) = (Cache::new(1 << 16).with_max_ttl(60 * SECOND), Instant::now());
        let question = ask("example.org", RecordType::A);
        cache.insert(&question, &address("example.org", u32::MAX >> 1), now);
        assert!(cache.get(&question, now + 59 * SECOND).is_some());
        assert_eq!(cache.get(&question, now + 60 * SECOND), None);
        let mx = ask("example.net", RecordType::MX);
        let mut cache = Cache::new(1 << 16);
        cache.insert(&mx, &Outcome::NoData(negative(999_999)), now);
        assert!(cache.get(&mx, now + 10_799 * SECOND).is_some());
        assert_eq!(cache.get(&mx, now + 10_800 * SECOND), None);
    }

    #[test]
    fn flood_stays_within_the_room_and_spares_what_is_used() {
        let (mut cache, now) = (Cache::new(20_000), Instant::now());
        let dear = ask("dear.example", RecordType::A);
        cache.insert(&dear, &address("dear.example", 600), now);
        for i in 0..10_000 {
            let name = format!("flood{i}.example");
            cache.insert(&ask(&name, RecordType::A), &address(&name, 600), now);
            assert!(cache.octets() <= 20_000);
            assert!(cache.get(&dear, now).is_some(), "after {i}");
        }
        assert_eq!(cache.get(&ask("flood0.example", RecordType::A), now), None);
        assert!(cache.get(&ask("flood9999.example", RecordType::A), now).is_some());
    }

    #[test]
    fn outcome_larger_than_the_room_is_not_kept() {
        let (mut cache, now) = (Cache::new(100), Instant::now());
        let question = ask("example.org", RecordType::A);
        cache.insert(&question, &address("example.org", 60), now);
        assert_eq!((cache.get(&question, now), cache.octets()), (None, 0));
    }
}
