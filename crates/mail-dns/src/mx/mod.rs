//! Where the mail of a domain goes (RFC 5321 5, RFC 7505, RFC 2181 10.3).
//!
//! Not supported: address literals (`user@[192.0.2.1]` needs no DNS; the caller handles it),
//! TLSA records and MTA-STS policies for the hosts.

mod order;
mod verdict;

use std::{collections::HashMap, net::IpAddr, time::Instant};

use self::order::Candidate;
pub use self::verdict::{MxVerdict, NoMail, Plan, Target, TryLater};
use crate::{
    budget::Budget,
    evaluate::{Evaluate, Step, Unsolicited},
    lookups::Lookups,
    name::Name,
    outcome::{Outcome, Security},
    question::{QueryId, Question, RecordType},
    record::Rdata,
    trace::Trace,
};

/// The machine that finds the hosts for a domain's mail, best first.
///
/// It asks for MX, then for A and AAAA of all hosts at once. Every verdict says which SMTP reply it
/// stands for, and [`trace`](Self::trace) how it came about.
///
/// - *Set up*: [`new`](Self::new) and the `with_` methods.
/// - *Run*: as [`Evaluate`] tells.
/// - *Explain*: [`trace`](Self::trace).
#[derive(Debug)]
pub struct MxPlan {
    domain: Name,
    seed: u64,
    we_are: Vec<Name>,
    we_are_at: Vec<IpAddr>,
    max_hosts: usize,
    max_addresses: usize,
    ipv6: bool,
    lookups: Lookups,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    /// The MX records are not known.
    Mx,
    /// The hosts are known, their addresses are not all.
    Addresses {
        hosts: Vec<Candidate>,
        /// Those that are looked at when none of `hosts` has an address.
        rest: Vec<Candidate>,
        /// What was found out about those that were looked at before.
        before: Option<Before>,
        implicit: bool,
        security: Security,
    },
    Done(MxVerdict),
}

/// Hosts that have no address.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// Why one of them may have an address all the same.
    trouble: Option<TryLater>,
}

impl MxPlan {
    /// Starts to plan for a domain. Hosts of one preference are tried in an order that `seed`
    /// decides, so give a random one (RFC 5321 5.1: "randomize them to spread the load").
    #[must_use]
    pub fn new(domain: Name, seed: u64, budget: Budget) -> Self {
        Self {
            domain,
            seed,
            we_are: Vec::new(),
            we_are_at: Vec::new(),
            max_hosts: 10,
            max_addresses: 8,
            ipv6: true,
            lookups: Lookups::new(budget),
            stage: Stage::Mx,
        }
    }

    /// Names this server as hosts: where one of them is an MX of the domain, neither it nor any
    /// host of the same or a higher number is tried, which would loop (RFC 5321 5.1).
    #[must_use]
    pub fn with_we_are(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.we_are.extend(names);
        self
    }

    /// Tells at which addresses this server takes mail from others, which shows that a host is
    /// ourselves under a name we do not know (RFC 5321 5.1: "any of the names or addresses by which
    /// it might be known").
    #[must_use]
    pub fn with_we_are_at(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.we_are_at.extend(addresses.into_iter().map(|address| address.to_canonical()));
        self
    }

    /// Looks at no more than this many hosts at once, the best first; 10 by default, at least 1.
    /// The next ones are looked at only if none of them has an address.
    #[must_use]
    pub fn with_max_hosts(mut self, hosts: usize) -> Self {
        self.max_hosts = hosts.max(1);
        self
    }

    /// Takes no more than this many addresses of a host; 8 by default, at least 2 (RFC 5321 5.1:
    /// "the client SHOULD try at least two addresses").
    #[must_use]
    pub fn with_max_addresses(mut self, addresses: usize) -> Self {
        self.max_addresses = addresses.max(2);
        self
    }

    /// Asks for IPv4 addresses only.
    ///
    /// # Why you might: a host without IPv6 saves half of its questions.
    #[must_use]
    pub fn without_ipv6(mut self) -> Self {
        self.ipv6 = false;
        self
    }

    /// Returns the domain.
    #[must_use]
    pub const fn domain(&self) -> &Name {
        &self.domain
    }

    /// Returns what was asked, answered and decided so far.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        self.lookups.trace()
    }

    /// Goes one stage further; `None` while answers are missing.
    fn advance(&mut self) -> Option<Stage> {
        match &self.stage {
            Stage::Mx => {
                let question = Question::new(self.domain.clone(), RecordType::MX);
                let outcome = self.lookups.outcome(&question)?;
                Some(self.hosts(&outcome))
            }
            Stage::Addresses { hosts, rest, before, implicit, security } => {
                let (hosts, rest, before) = (hosts.clone(), rest.clone(), *before);
                let (implicit, security) = (*implicit, *security);
                // All questions first, so that they are asked together.
                let missing = hosts.iter().filter(|host| !self.is_known(&host.name)).count();
                if missing > 0 {
                    return None;
                }
                let found = hosts.iter().map(|host| self.addresses(&host.name));
                let found = found.collect::<Option<_>>()?;
                Some(self.conclude(hosts, found, rest, before, implicit, security))
            }
            Stage::Done(verdict) => Some(Stage::Done(verdict.clone())),
        }
    }

    /// What the MX records say.
    fn hosts(&mut self, outcome: &Outcome) -> Stage {
        // RFC 5321 5.1: "If a CNAME record is found, the resulting name is processed as if it were
        // the initial name."
        let name = outcome.chain().last().unwrap_or(&self.domain).clone();
        let (mut hosts, implicit) = match outcome {
            Outcome::Records(_) => match self.explicit(outcome) {
                Ok(hosts) => (hosts, false),
                Err(why) => return Stage::Done(MxVerdict::NoMail(why)),
            },
            // RFC 5321 5.1: "If an empty list of MXs is returned, the address is treated as if it
            // was associated with an implicit MX RR, with a preference of 0, pointing to that host."
            Outcome::NoData(_) => {
                self.lookups.trace_mut().note(format!("no MX records: {name} itself is the host"));
                (vec![Candidate { preference: 0, name }], true)
            }
            // RFC 5321 5.1: no such domain "MUST be reported as an error", and on a temporary error
            // "the message MUST be queued and retried later".
            Outcome::NxDomain(_) => return Stage::Done(MxVerdict::NoMail(NoMail::NoSuchDomain)),
            Outcome::ServFail => return Stage::Done(MxVerdict::TryLater(TryLater::ServerFailure)),
            Outcome::Timeout => return Stage::Done(MxVerdict::TryLater(TryLater::NoAnswer)),
        };
        let we_are = &self.we_are;
        if let Some(own) = order::drop_ours(&mut hosts, |host| we_are.contains(&host.name)) {
            self.note_own(own);
            if hosts.is_empty() {
                return Stage::Done(MxVerdict::NoMail(NoMail::Loop));
            }
        }
        let rest = hosts.split_off(self.max_hosts.min(hosts.len()));
        Stage::Addresses { hosts, rest, before: None, implicit, security: outcome.security() }
    }

    /// The hosts of MX records in order.
    fn explicit(&mut self, outcome: &Outcome) -> Result<Vec<Candidate>, NoMail> {
        let hosts: Vec<_> = outcome.data().filter_map(Candidate::of).collect();
        let (null, hosts): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|h| h.name.is_root());
        match (null.is_empty(), hosts.is_empty()) {
            // RFC 7505 3: the root as the only exchange. Whatever its preference, it is no host.
            (false, true) => return Err(NoMail::NullMx),
            // RFC 7505 3: "A domain that advertises a null MX MUST NOT advertise any other MX RR."
            (false, false) => {
                self.lookups.trace_mut().note("null MX beside other MX records is left out");
            }
            (true, _) => {}
        }
        Ok(order::sorted(hosts, self.seed))
    }

    /// Tells whether the addresses of a host are known; asks for what is missing.
    fn is_known(&mut self, host: &Name) -> bool {
        let a = self.lookups.outcome(&Question::new(host.clone(), RecordType::A)).is_some();
        let aaaa = Question::new(host.clone(), RecordType::AAAA);
        let aaaa = !self.ipv6 || self.lookups.outcome(&aaaa).is_some();
        a && aaaa
    }

    /// The addresses of a host, if they are known.
    fn addresses(&mut self, host: &Name) -> Option<Found> {
        let a = self.lookups.outcome(&Question::new(host.clone(), RecordType::A))?;
        if !self.ipv6 {
            return Some(Found::of(&a, None));
        }
        let aaaa = self.lookups.outcome(&Question::new(host.clone(), RecordType::AAAA))?;
        Some(Found::of(&a, Some(&aaaa)))
    }

    /// What the addresses say.
    fn conclude(
        &mut self,
        mut hosts: Vec<Candidate>,
        found: Vec<Found>,
        mut rest: Vec<Candidate>,
        before: Option<Before>,
        implicit: bool,
        security: Security,
    ) -> Stage {
        let mut found: HashMap<_, _> =
            hosts.iter().map(|host| host.name.clone()).zip(found).collect();
        self.note_aliases(&hosts, &found, implicit);
        // The same rule as before, now for hosts that only an alias or an address shows to be us.
        let (we_are, we_are_at) = (&self.we_are, &self.we_are_at);
        let is_ours = |host: &Candidate| {
            found.get(&host.name).is_some_and(|found| {
                found.canonical.as_ref().is_some_and(|name| we_are.contains(name))
                    || found.addresses.iter().any(|a| we_are_at.contains(&a.to_canonical()))
            })
        };
        if let Some(own) = order::drop_ours(&mut hosts, is_ours) {
            self.note_own(own);
            // They come behind us as well.
            rest.clear();
            if hosts.is_empty() && before.is_none() {
                return Stage::Done(MxVerdict::NoMail(NoMail::Loop));
            }
        }
        let (mut targets, mut trouble) = (Vec::new(), before.and_then(|before| before.trouble));
        for Candidate { preference, name } in hosts {
            let Some(mut found) = found.remove(&name) else { continue };
            found.addresses.truncate(self.max_addresses);
            let (addresses, security) = (found.addresses, found.security);
            if !addresses.is_empty() {
                targets.push(Target { host: name, preference, addresses, security });
                continue;
            }
            trouble = trouble.or(found.trouble);
            let why =
                if found.trouble.is_some() { "cannot be looked up now" } else { "has no address" };
            self.lookups.trace_mut().note(format!("{name} {why}"));
        }
        if targets.is_empty() && !rest.is_empty() {
            let next = rest.split_off(self.max_hosts.min(rest.len()));
            let before = Some(Before { trouble });
            return Stage::Addresses { hosts: rest, rest: next, before, implicit, security };
        }
        if !rest.is_empty() {
            let note = format!("{} more hosts are left out", rest.len());
            self.lookups.trace_mut().note(note);
        }
        Stage::Done(match (targets.is_empty(), trouble) {
            (false, _) => MxVerdict::Deliver(Plan { targets, implicit, security }),
            (true, Some(why)) => MxVerdict::TryLater(why),
            // RFC 5321 5.1: "If MX records are present, but none of them are usable, or the implicit
            // MX is unusable, this situation MUST be reported as an error."
            (true, None) => MxVerdict::NoMail(NoMail::NoAddress),
        })
    }

    fn note_own(&mut self, preference: u16) {
        let note = format!("we are an MX of preference {preference}: only better ones are tried");
        self.lookups.trace_mut().note(note);
    }

    fn note_aliases(&mut self, hosts: &[Candidate], found: &HashMap<Name, Found>, implicit: bool) {
        for Candidate { name, .. } in hosts {
            let canonical = found.get(name).and_then(|found| found.canonical.as_ref());
            if let Some(canonical) = canonical.filter(|_| !implicit) {
                // RFC 2181 10.3 forbids it, RFC 5321 5.1 leaves it open, and everybody follows.
                let note = format!("MX host {name} is an alias of {canonical}, which is followed");
                self.lookups.trace_mut().note(note);
            }
        }
    }
}

impl Evaluate for MxPlan {
    type Output = MxVerdict;

    fn poll(&mut self, now: Instant) -> Step<MxVerdict> {
        self.lookups.expire(now);
        loop {
            if let Stage::Done(verdict) = &self.stage {
                return Step::Done(verdict.clone());
            }
            match self.advance() {
                Some(stage) => self.stage = stage,
                None => return self.lookups.step(),
            }
        }
    }

    fn answer(&mut self, id: QueryId, outcome: Outcome) -> Result<(), Unsolicited> {
        self.lookups.answer(id, outcome)
    }
}

/// What is known of a host.
#[derive(Debug)]
struct Found {
    addresses: Vec<IpAddr>,
    /// The name at the end of the host's aliases, if it is one.
    canonical: Option<Name>,
    /// Why there may be more addresses than we know of.
    trouble: Option<TryLater>,
    security: Security,
}

impl Found {
    fn of(a: &Outcome, aaaa: Option<&Outcome>) -> Self {
        let both = || [Some(a), aaaa].into_iter().flatten();
        let canonical = both().find_map(|outcome| outcome.chain().last()).cloned();
        let trouble = both().find_map(|outcome| match outcome {
            Outcome::ServFail => Some(TryLater::ServerFailure),
            Outcome::Timeout => Some(TryLater::NoAnswer),
            Outcome::Records(_) | Outcome::NoData(_) | Outcome::NxDomain(_) => None,
        });
        let useful = both().filter(|outcome| outcome.answer().is_some());
        let security = useful.map(Outcome::security).reduce(Security::and).unwrap_or_default();
        Self { addresses: interleaved(a, aaaa), canonical, trouble, security }
    }
}

/// IPv6 and IPv4 in turns, so that a broken family costs one attempt and a limit spares both.
fn interleaved(a: &Outcome, aaaa: Option<&Outcome>) -> Vec<IpAddr> {
    let usable = |data: &Rdata| -> Option<IpAddr> {
        let address = data.address()?;
        // These are no hosts; connecting to the unspecified address reaches this very host.
        let canonical = address.to_canonical();
        let broadcast = matches!(canonical, IpAddr::V4(v4) if v4.is_broadcast());
        let host = !canonical.is_unspecified() && !canonical.is_multicast() && !broadcast;
        host.then_some(address)
    };
    let mut v6 = aaaa.into_iter().flat_map(Outcome::data).filter_map(usable);
    let mut v4 = a.data().filter_map(usable);
    let mut all = Vec::new();
    loop {
        let pair = [v6.next(), v4.next()];
        if pair == [None, None] {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}
