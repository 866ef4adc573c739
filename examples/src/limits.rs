//! How fast one may try passwords, and how much one may send.
//!
//! Plain values without lock and clock: the caller wraps them in a mutex and brings the time. Both
//! are bounded however many names and addresses an attacker makes up.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::store::{AccountId, LoginName};

/// Slows down whoever tries passwords: by the account that is tried, and by the host that tries.
///
/// After some free attempts each further one doubles the time until the next is looked at. An
/// attempt counts as a failure until it has succeeded, so that many at once are slowed as well. A
/// success clears the account, but takes back one attempt of the host only, which could else try
/// other accounts between log-ins of its own. All is forgotten after a quarter of an hour
/// without an attempt.
///
/// ```
/// use std::net::{IpAddr, Ipv4Addr};
/// use std::time::{Duration, Instant};
///
/// use mail_examples::limits::LoginThrottle;
/// use mail_examples::store::LoginName;
///
/// let mut throttle = LoginThrottle::default();
/// let (now, peer) = (Instant::now(), IpAddr::V4(Ipv4Addr::LOCALHOST));
/// let alice = LoginName::parse("alice")?;
/// for _ in 0..3 {
///     assert_eq!(throttle.attempt(&alice, peer, now), Duration::ZERO);
/// }
/// assert_eq!(throttle.attempt(&alice, peer, now), Duration::from_secs(1));
/// assert_eq!(throttle.attempt(&alice, peer, now), Duration::from_secs(2));
/// throttle.succeeded(&alice, peer);
/// assert_eq!(throttle.attempt(&alice, peer, now), Duration::ZERO);
/// # Ok::<(), mail_examples::store::NameError>(())
/// ```
#[derive(Debug)]
pub struct LoginThrottle {
    accounts: Recent<LoginName, u32>,
    peers: Recent<IpAddr, u32>,
}

impl LoginThrottle {
    /// Attempts on one account that cost nothing: fingers slip.
    pub const FREE_PER_ACCOUNT: u32 = 3;
    /// Attempts of one host that cost nothing: many people may stand behind it.
    pub const FREE_PER_PEER: u32 = 10;
    /// The wait of the first attempt that is not free.
    pub const FIRST: Duration = Duration::from_secs(1);
    /// The longest wait. Nobody can lock another out for longer.
    pub const LONGEST: Duration = Duration::from_secs(64);
    /// The time after which attempts are forgotten.
    pub const FORGET: Duration = Duration::from_secs(15 * 60);

    /// Makes a throttle that remembers at most so many accounts and so many hosts. When there are
    /// more, those are forgotten first whose last attempt is longest ago.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { accounts: Recent::new(most), peers: Recent::new(most) }
    }

    /// Counts an attempt, whether there is such an account or not, and returns how long to wait
    /// before it may be looked at.
    ///
    /// Wait before the password is checked, whatever it is, so that the wait tells nothing.
    pub fn attempt(&mut self, account: &LoginName, peer: IpAddr, now: Instant) -> Duration {
        let peer = network(peer);
        let of_account = remaining(&mut self.accounts, account, Self::FREE_PER_ACCOUNT, now);
        let of_peer = remaining(&mut self.peers, &peer, Self::FREE_PER_PEER, now);
        let wait = of_account.max(of_peer);
        // The next one's wait begins when this one is looked at.
        let then = now + wait;
        let count = |attempts: &mut u32| *attempts = attempts.saturating_add(1);
        self.accounts.touch(account.clone(), then, Self::FORGET, count);
        self.peers.touch(peer, then, Self::FORGET, count);
        wait
    }

    /// Takes note that an attempt succeeded.
    pub fn succeeded(&mut self, account: &LoginName, peer: IpAddr) {
        self.accounts.remove(account);
        if let Some(attempts) = self.peers.value(&network(peer)) {
            *attempts = attempts.saturating_sub(1);
        }
    }
}

impl Default for LoginThrottle {
    /// Remembers 10,000 accounts and as many hosts.
    fn default() -> Self {
        Self::new(10_000)
    }
}

fn remaining<K: Clone + Eq + Hash>(
    attempts: &mut Recent<K, u32>,
    key: &K,
    free: u32,
    now: Instant,
) -> Duration {
    let Some((last, count)) = attempts.find(key, now, LoginThrottle::FORGET) else {
        return Duration::ZERO;
    };
    let Some(paid) = count.checked_sub(free) else { return Duration::ZERO };
    let cost = LoginThrottle::FIRST.saturating_mul(2_u32.saturating_pow(paid));
    cost.min(LoginThrottle::LONGEST).saturating_sub(now.saturating_duration_since(last))
}

/// Who has one IPv6 address has a whole /64 of them.
pub(crate) fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
    }
}

/// Limits how many messages an account sends in any hour.
///
/// Counts in twelfths of an hour: never more than the limit in 60 minutes, and what was sent
/// counts for at most 65.
#[derive(Debug)]
pub struct MessageLimit {
    per_hour: u32,
    began: Instant,
    accounts: Recent<AccountId, VecDeque<(u64, u32)>>,
}

impl MessageLimit {
    const SLICE: Duration = Duration::from_secs(300);
    const SLICES: u64 = 12;

    /// Makes a limit. `began` is any moment before the first message.
    #[must_use]
    pub fn new(per_hour: u32, began: Instant) -> Self {
        Self { per_hour, began, accounts: Recent::new(100_000) }
    }

    /// Counts one message.
    ///
    /// # Errors
    ///
    /// The limit is reached, and nothing was counted: the time after which it is worth trying
    /// again.
    pub fn take(&mut self, account: AccountId, now: Instant) -> Result<(), Duration> {
        let age = now.saturating_duration_since(self.began);
        let slice = age.as_secs() / Self::SLICE.as_secs();
        let per_hour = self.per_hour;
        let hour = Self::SLICE * (u32::try_from(Self::SLICES).unwrap_or(u32::MAX) + 1);
        self.accounts.touch(account, now, hour, |sent| {
            while sent.front().is_some_and(|(old, _)| old + Self::SLICES < slice) {
                sent.pop_front();
            }
            let sum = sent.iter().fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
            if sum >= per_hour {
                let free = sent.front().map_or(slice, |(old, _)| *old) + Self::SLICES + 1;
                let free = Duration::from_secs(free.saturating_mul(Self::SLICE.as_secs()));
                return Err(free.saturating_sub(age));
            }
            match sent.back_mut() {
                Some((last, count)) if *last == slice => *count += 1,
                Some(_) | None => sent.push_back((slice, 1)),
            }
            Ok(())
        })
    }
}

/// A map that forgets what was not touched for long, and the oldest when it is full. All in
/// logarithmic time.
#[derive(Debug)]
struct Recent<K, V> {
    most: usize,
    next: u64,
    entries: HashMap<K, Entry<V>>,
    /// The keys in the order of their last touch.
    order: BTreeMap<u64, K>,
}

#[derive(Debug)]
struct Entry<V> {
    stamp: u64,
    touched: Instant,
    value: V,
}

impl<K: Clone + Eq + Hash, V: Clone + Default> Recent<K, V> {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), next: 0, entries: HashMap::new(), order: BTreeMap::new() }
    }

    /// Changes a value, that of a new entry if there was none or it was forgotten.
    fn touch<T>(
        &mut self,
        key: K,
        now: Instant,
        forget: Duration,
        change: impl FnOnce(&mut V) -> T,
    ) -> T {
        let old = self.find(&key, now, forget).map(|(_, value)| value);
        self.remove(&key);
        let mut value = old.unwrap_or_default();
        let result = change(&mut value);
        while self.entries.len() >= self.most {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.entries.remove(&oldest);
        }
        let stamp = self.next;
        self.next += 1;
        self.order.insert(stamp, key.clone());
        self.entries.insert(key, Entry { stamp, touched: now, value });
        result
    }

    fn find(&mut self, key: &K, now: Instant, forget: Duration) -> Option<(Instant, V)> {
        let entry = self.entries.get(key)?;
        if now.saturating_duration_since(entry.touched) >= forget {
            self.remove(key);
            return None;
        }
        Some((entry.touched, entry.value.clone()))
    }

    fn value(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    fn remove(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.stamp);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    /// The one look at the clock; from here on it jumps.
    #[expect(clippy::disallowed_methods, reason = "any moment does")]
    fn start() -> Instant {
        Instant::now()
    }

    fn login(text: &str) -> LoginName {
        LoginName::parse(text).expect("a login")
    }

    fn peer(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(n))
    }

    #[test]
    fn ok_attempts_cost_twice_as_much_each_up_to_a_limit() {
        let mut throttle = LoginThrottle::default();
        let (mut now, alice) = (start(), login("alice"));
        let mut waits = Vec::new();
        for n in 0..12 {
            // Another host each time: the account alone remembers.
            let wait = throttle.attempt(&alice, peer(n), now);
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 64, 64]);
        assert_eq!(throttle.attempt(&login("bob"), peer(99), now), Duration::ZERO);
        now += Duration::from_secs(60);
        assert_eq!(
            throttle.attempt(&alice, peer(99), now),
            Duration::from_secs(4),
            "60 of 64 are over"
        );
    }

    #[test]
    fn ok_many_attempts_at_once_are_slowed_as_well() {
        let mut throttle = LoginThrottle::default();
        let (now, alice) = (start(), login("alice"));
        let free = (0..1000).filter(|n| throttle.attempt(&alice, peer(*n), now).is_zero()).count();
        assert_eq!(free, 3);
        assert_eq!(throttle.attempt(&alice, peer(0), now), LoginThrottle::LONGEST);
    }

    #[test]
    fn ok_host_is_slowed_whichever_account_it_tries() {
        let mut throttle = LoginThrottle::default();
        let now = start();
        for n in 0..LoginThrottle::FREE_PER_PEER {
            let account = login(&format!("user{n}"));
            assert_eq!(throttle.attempt(&account, peer(1), now), Duration::ZERO);
        }
        // An account of its own does not help: the success takes back that one attempt.
        assert_eq!(throttle.attempt(&login("own"), peer(1), now), Duration::from_secs(1));
        throttle.succeeded(&login("own"), peer(1));
        assert_eq!(throttle.attempt(&login("fresh"), peer(1), now), Duration::from_secs(1));
        assert_eq!(throttle.attempt(&login("other"), peer(2), now), Duration::ZERO);
    }

    #[test]
    fn ok_logging_in_all_day_costs_nothing() {
        let mut throttle = LoginThrottle::default();
        let (now, alice) = (start(), login("alice"));
        for second in 0..10_000 {
            let now = now + Duration::from_secs(second);
            assert_eq!(throttle.attempt(&alice, peer(1), now), Duration::ZERO);
            throttle.succeeded(&alice, peer(1));
        }
    }

    #[test]
    fn ok_time_clears_an_account() {
        let mut throttle = LoginThrottle::default();
        let (now, alice) = (start(), login("alice"));
        let last = (0..8).map(|n| throttle.attempt(&alice, peer(n), now)).last().expect("eight");
        assert_eq!(last, Duration::from_secs(16));
        let later = now + last + LoginThrottle::FORGET;
        for n in 0..3 {
            assert_eq!(throttle.attempt(&alice, peer(n), later), Duration::ZERO);
        }
        assert!(throttle.attempt(&alice, peer(9), later) > Duration::ZERO);
    }

    #[test]
    fn ok_addresses_of_one_network_are_one_host() {
        let mut throttle = LoginThrottle::default();
        let now = start();
        let address = |low: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, low));
        for n in 0..10 {
            assert!(throttle.attempt(&login(&format!("u{n}")), address(n), now).is_zero());
        }
        assert!(throttle.attempt(&login("x"), address(99), now) > Duration::ZERO);
        let mapped = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        assert_eq!(network(mapped), IpAddr::V4(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn ok_memory_is_bounded_and_the_oldest_goes_first() {
        let mut throttle = LoginThrottle::new(100);
        let now = start();
        for n in 0..10_000 {
            let now = now + Duration::from_millis(n.into());
            throttle.attempt(&login(&format!("user{n}")), peer(n), now);
            // Somebody who keeps on trying is not forgotten for it.
            throttle.attempt(&login("victim"), peer(n), now);
        }
        assert_eq!(throttle.accounts.entries.len(), 100);
        assert_eq!(throttle.accounts.order.len(), 100);
        assert_eq!(throttle.peers.order.len(), 100);
        let now = now + Duration::from_secs(10);
        assert_eq!(throttle.attempt(&login("victim"), peer(20_000), now), LoginThrottle::LONGEST);
    }

    #[test]
    fn ok_clock_that_stands_or_jumps_far() {
        let mut throttle = LoginThrottle::default();
        let (now, alice) = (start(), login("alice"));
        let later = now + Duration::from_secs(60);
        for n in 0..100 {
            throttle.attempt(&alice, peer(n), later);
        }
        // An answer for a moment before the last attempt is late, not wrong.
        assert_eq!(throttle.attempt(&alice, peer(100), now), LoginThrottle::LONGEST);
        let far = now + Duration::from_secs(1 << 30);
        assert_eq!(throttle.attempt(&alice, peer(101), far), Duration::ZERO);
    }

    #[test]
    fn ok_messages_are_limited_in_every_hour() {
        let (began, alice) = (start(), AccountId::new(1));
        let mut limit = MessageLimit::new(10, began);
        // One each ten minutes is always fine; the rest comes in bursts and must not be.
        let mut sent: Vec<u64> = Vec::new();
        for second in (0..4 * 3600).step_by(20) {
            if limit.take(alice, began + Duration::from_secs(second)).is_ok() {
                sent.push(second);
            }
            let hour = sent.iter().filter(|then| **then + 3600 > second).count();
            assert!(hour <= 10, "{hour} in the hour before second {second}");
        }
        assert!(sent.len() >= 30, "{} in four hours", sent.len());
        assert!(limit.take(AccountId::new(2), began).is_ok(), "another account");
    }

    #[test]
    fn ok_refusal_says_when_to_come_again() {
        let (began, alice) = (start(), AccountId::new(1));
        let mut limit = MessageLimit::new(2, began);
        let mut now = began + Duration::from_secs(123);
        assert_eq!(limit.take(alice, now), Ok(()));
        assert_eq!(limit.take(alice, now), Ok(()));
        let wait = limit.take(alice, now).expect_err("the third");
        assert!((3600..=3900).contains(&wait.as_secs()), "{wait:?}");
        now += wait - Duration::from_secs(1);
        assert!(limit.take(alice, now).is_err(), "a second too early");
        now += Duration::from_secs(1);
        assert_eq!(limit.take(alice, now), Ok(()));
        let mut none = MessageLimit::new(0, began);
        assert!(none.take(alice, now).is_err());
    }
}
