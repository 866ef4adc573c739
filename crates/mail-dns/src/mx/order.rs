//! In which order hosts are tried (RFC 5321 5.1).

use std::collections::HashMap;

use crate::{name::Name, record::Rdata};

/// A host that an MX record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) preference: u16,
    pub(super) name: Name,
}

impl Candidate {
    pub(super) fn of(data: &Rdata) -> Option<Self> {
        let Rdata::Mx { preference, exchange } = data else { return None };
        Some(Self { preference: *preference, name: exchange.clone() })
    }
}

/// Orders hosts by preference, the lowest number first, and those of one preference by chance. A
/// host that is named twice counts with its best preference.
pub(super) fn sorted(hosts: Vec<Candidate>, seed: u64) -> Vec<Candidate> {
    let mut best: HashMap<Name, u16> = HashMap::with_capacity(hosts.len());
    for host in &hosts {
        let preference = best.entry(host.name.clone()).or_insert(host.preference);
        *preference = host.preference.min(*preference);
    }
    // From the list and not from the map, whose order is another one in each run.
    let mut unique: Vec<_> = hosts
        .into_iter()
        .filter_map(|Candidate { name, .. }| {
            let preference = best.remove(&name)?;
            Some(Candidate { preference, name })
        })
        .collect();
    shuffle(&mut unique, seed);
    unique.sort_by_key(|host| host.preference);
    unique
}

/// Where we are among the hosts, drops us and all that are not better, and returns our preference.
///
/// > If a matching record is found, all records at that preference level and higher-numbered ones
/// > MUST be discarded from consideration.                                   RFC 5321 5.1
pub(super) fn drop_ours(
    hosts: &mut Vec<Candidate>,
    is_ours: impl Fn(&Candidate) -> bool,
) -> Option<u16> {
    let own = hosts.iter().filter(|host| is_ours(host)).map(|host| host.preference).min()?;
    hosts.retain(|host| host.preference < own);
    Some(own)
}

/// Fisher and Yates, with SplitMix64: load is spread, nothing secret depends on it.
fn shuffle(hosts: &mut [Candidate], seed: u64) {
    let mut state = seed;
    for last in (1..hosts.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let choices = u64::try_from(last + 1).unwrap_or(u64::MAX);
        let chosen = usize::try_from(mixed % choices).unwrap_or(last);
        hosts.swap(last, chosen);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn hosts(list: &[(u16, &str)]) -> Vec<Candidate> {
        let host = |&(preference, name): &(u16, &str)| Candidate {
            preference,
            name: name.parse().unwrap(),
        };
        list.iter().map(host).collect()
    }

    #[test]
    fn lowest_number_first_and_each_host_once() {
        let list = hosts(&[(30, "c"), (10, "a"), (20, "B"), (40, "A"), (5, "b")]);
        assert_eq!(sorted(list, 7), hosts(&[(5, "b"), (10, "a"), (30, "c")]));
    }

    #[test]
    fn one_preference_in_every_order_by_seed_and_the_same_by_the_same() {
        let list = hosts(&[(10, "a"), (10, "b"), (10, "c")]);
        let orders: HashSet<String> =
            (0..200).map(|seed| format!("{:?}", sorted(list.clone(), seed))).collect();
        assert_eq!(orders.len(), 6);
        assert_eq!(sorted(list.clone(), 42), sorted(list, 42));
    }

    #[test]
    fn our_own_preference_and_worse_are_dropped() {
        let mut list = hosts(&[(10, "a"), (20, "us"), (20, "b"), (30, "us2"), (40, "c")]);
        let ours = hosts(&[(0, "us"), (0, "us2")]);
        let is_ours = |host: &Candidate| ours.iter().any(|our| our.name == host.name);
        assert_eq!(drop_ours(&mut list, is_ours), Some(20));
        assert_eq!(list, hosts(&[(10, "a")]));
        assert_eq!(drop_ours(&mut list, is_ours), None);
        assert_eq!(list.len(), 1);
    }
}
