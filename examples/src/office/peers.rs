//! How many connections each host has, so that one alone cannot take all there are.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::limits::network;

/// Counts the connections of each host.
#[derive(Debug)]
pub(super) struct Peers {
    most: usize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

impl Peers {
    /// Allows each host so many at once.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, counts: Mutex::default() })
    }

    /// Counts one more connection of this host, until the guest is dropped; `None` if it has as
    /// many as it may. A network of IPv6 is one host.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Guest> {
        let peer = network(peer);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(peer).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Guest { peers: self.clone(), peer })
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Guest {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.peers.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn each_host_has_its_own_and_forgotten_ones_cost_nothing() {
        let peers = Peers::new(2);
        let one = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let other = IpAddr::V6(Ipv6Addr::LOCALHOST);
        let first = peers.enter(one).expect("the first");
        let second = peers.enter(one).expect("the second");
        assert!(peers.enter(one).is_none());
        // The same host, seen through a socket of IPv6.
        assert!(peers.enter(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()).is_none());
        assert!(peers.enter(other).is_some());
        drop(first);
        let third = peers.enter(one).expect("a place is free again");
        drop((second, third));
        assert!(peers.counts.lock().expect("not poisoned").is_empty());
    }
}
