//! A small authoritative server's data: what it answers is protocol, so it stands here (RFC 1034
//! 4.3.2).
//!
//! Not supported: wildcards, delegations to other servers, DNAME, DNSSEC, zone transfers, dynamic
//! updates, master files.

use std::collections::{BTreeMap, HashMap};

use mail_errors::Misuse;

use crate::{
    name::Name,
    outcome::{Answer, Chain, Negative, Outcome, Security},
    question::{Question, RecordType},
    record::{Rdata, Record, Soa, Ttl},
    wire::{NotQuery, Transport, decode_query, encode_response, negative_ttl},
};

/// What an authoritative server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The aliases from the question's name on, then the records; the records may be missing if the
    /// last alias leads out of the zones served here.
    Records(Vec<Record>),
    /// The name, or the end of its aliases, has no records of this type (RFC 2308 2.2).
    NoData {
        /// The aliases.
        chain: Vec<Record>,
        /// The zone's SOA record, which says how long this may be kept.
        soa: Record,
    },
    /// The name, or the end of its aliases, does not exist (RFC 2308 2.1).
    NxDomain {
        /// The aliases.
        chain: Vec<Record>,
        /// The zone's SOA record, which says how long this may be kept.
        soa: Record,
    },
    /// The name lies in no zone served here, or the question is of a kind not served.
    Refused,
}

/// The records of one zone.
#[derive(Debug, Clone)]
pub struct Zone {
    origin: Name,
    soa: Record,
    /// Every name that exists, also those that only have names below them (RFC 8020 2): no entry,
    /// no such name.
    names: HashMap<Name, BTreeMap<RecordType, Vec<Record>>>,
}

impl Zone {
    /// Makes a zone with its SOA record and nothing else.
    #[must_use]
    pub fn new(origin: Name, ttl: Ttl, soa: Soa) -> Self {
        let soa = Record::new(origin.clone(), ttl, Rdata::Soa(soa));
        let top = BTreeMap::from([(RecordType::SOA, vec![soa.clone()])]);
        Self { names: HashMap::from([(origin.clone(), top)]), origin, soa }
    }

    /// Adds a record; one that is there already stays once.
    ///
    /// # Errors
    ///
    /// The owner lies outside of the zone, the record is a second SOA, or an alias would stand
    /// beside other records (RFC 1034 3.6.2).
    pub fn add(&mut self, owner: &Name, ttl: Ttl, data: Rdata) -> Result<(), Misuse> {
        let invalid = |why| Misuse::Invalid { what: "record", why };
        let rtype = data.rtype();
        if !owner.is_subdomain_of(&self.origin) {
            return Err(invalid("lies outside of the zone"));
        }
        if rtype == RecordType::SOA {
            return Err(invalid("is a second SOA"));
        }
        let here = self.names.get(owner);
        let clash = here.is_some_and(|sets| match rtype {
            RecordType::CNAME => !sets.is_empty(),
            _ => sets.contains_key(&RecordType::CNAME),
        });
        let record = Record::new(owner.clone(), ttl, data);
        let set = here.and_then(|sets| sets.get(&rtype));
        if set.is_some_and(|set| set.iter().any(|r| r.data() == record.data())) {
            return Ok(());
        }
        if clash {
            return Err(invalid("would stand beside an alias"));
        }
        let mut above = owner.clone();
        while let Some(parent) = above.parent().filter(|_| above != self.origin) {
            self.names.entry(parent.clone()).or_default();
            above = parent;
        }
        let sets = self.names.entry(owner.clone()).or_default();
        sets.entry(rtype).or_default().push(record);
        Ok(())
    }

    /// Takes all records of a type from a name and returns how many there were. The SOA stays.
    pub fn remove(&mut self, owner: &Name, rtype: RecordType) -> usize {
        if rtype == RecordType::SOA {
            return 0;
        }
        let sets = self.names.get_mut(owner);
        let removed = sets.and_then(|sets| sets.remove(&rtype)).map_or(0, |set| set.len());
        self.prune(owner.clone());
        removed
    }

    /// Returns the name of the zone.
    #[must_use]
    pub const fn origin(&self) -> &Name {
        &self.origin
    }

    /// The SOA as it stands in a negative answer, its TTL the time that may be kept (RFC 2308 3).
    fn negative_soa(&self) -> Record {
        let mut soa = self.soa.clone();
        soa.set_ttl(negative_ttl(&self.soa).unwrap_or_default());
        soa
    }

    /// Forgets names, from this one up, that have neither records nor names below them.
    fn prune(&mut self, mut name: Name) {
        while name != self.origin {
            let empty = self.names.get(&name).is_some_and(BTreeMap::is_empty);
            let below = |other: &Name| *other != name && other.is_subdomain_of(&name);
            if !empty || self.names.keys().any(below) {
                return;
            }
            self.names.remove(&name);
            let Some(parent) = name.parent() else { return };
            name = parent;
        }
    }
}

/// The zones that one server answers for.
///
/// ```
/// use mail_dns::{Name, Question, Rdata, RecordType, Soa, Ttl, zone::{Authority, Zone}};
///
/// let origin: Name = "example.org".parse()?;
/// let soa = Soa {
///     primary: "ns.example.org".parse()?,
///     mailbox: "postmaster.example.org".parse()?,
///     serial: 1, refresh: 3600, retry: 600, expire: 86400, minimum: 300,
/// };
/// let mut zone = Zone::new(origin.clone(), Ttl::from_secs(300), soa);
/// let mx = Rdata::Mx { preference: 10, exchange: "mx.example.org".parse()? };
/// zone.add(&origin, Ttl::from_secs(300), mx)?;
///
/// let authority = Authority::from_iter([zone]);
/// let outcome = authority.outcome(&Question::new(origin, RecordType::MX));
/// assert_eq!(outcome.to_string(), "10 mx.example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Authority {
    zones: HashMap<Name, Zone>,
}

impl Authority {
    /// Serves one more zone, in place of one of the same name.
    pub fn insert(&mut self, zone: Zone) {
        self.zones.insert(zone.origin.clone(), zone);
    }

    /// Returns a zone, to change it.
    pub fn zone_mut(&mut self, origin: &Name) -> Option<&mut Zone> {
        self.zones.get_mut(origin)
    }

    /// Answers the octets of a query with the octets of a response; `None` is silence.
    ///
    /// Over TCP both stand behind their length in two octets (RFC 1035 4.2.2), which is not part of
    /// `message` nor of the result.
    #[must_use]
    pub fn respond(&self, message: &[u8], transport: Transport) -> Option<Vec<u8>> {
        match decode_query(message) {
            Ok(query) => Some(encode_response(&query, &self.answer(query.question()), transport)),
            Err(NotQuery::Answer(octets)) => Some(octets),
            Err(NotQuery::Ignore) => None,
        }
    }

    /// Answers a question, following aliases through all zones (RFC 1034 4.3.2).
    #[must_use]
    pub fn answer(&self, question: &Question) -> Reply {
        let rtype = question.rtype();
        // RFC 8482 4.1: ANY is answered with one set; transfers and the like are not served.
        if rtype.is_meta() && rtype != RecordType::ANY {
            return Reply::Refused;
        }
        let Some(mut zone) = self.zone_of(question.name()) else { return Reply::Refused };
        let mut chain: Vec<Record> = Vec::new();
        let mut name = question.name();
        loop {
            let soa = || zone.negative_soa();
            let Some(sets) = zone.names.get(name) else {
                return Reply::NxDomain { soa: soa(), chain };
            };
            let set =
                if rtype == RecordType::ANY { sets.values().next() } else { sets.get(&rtype) };
            if let Some(set) = set {
                chain.extend(set.iter().cloned());
                return Reply::Records(chain);
            }
            let alias = sets.get(&RecordType::CNAME).and_then(|set| set.first());
            let Some((alias, Rdata::Cname(target))) = alias.map(|a| (a, a.data())) else {
                return Reply::NoData { soa: soa(), chain };
            };
            chain.push(alias.clone());
            // A loop of aliases ends here as well, with what it has.
            match self.zone_of(target) {
                Some(next) if chain.len() < Chain::MAX => (zone, name) = (next, target),
                _ => return Reply::Records(chain),
            }
        }
    }

    /// Answers a question as a stub resolver would see it, without any message.
    #[must_use]
    pub fn outcome(&self, question: &Question) -> Outcome {
        let negative = |chain: &[Record], soa: &Record| {
            let chain = Chain::follow(question, chain)?;
            let ttl = negative_ttl(soa).map(|ttl| chain.ttl.map_or(ttl, |c| c.min(ttl)));
            Some(Negative::new(ttl, chain.names, Security::Unchecked))
        };
        let outcome = match self.answer(question) {
            Reply::Records(records) => {
                Answer::of(question, &records, Security::Unchecked).map(Outcome::Records)
            }
            Reply::NoData { chain, soa } => negative(&chain, &soa).map(Outcome::NoData),
            Reply::NxDomain { chain, soa } => negative(&chain, &soa).map(Outcome::NxDomain),
            Reply::Refused => None,
        };
        outcome.unwrap_or(Outcome::ServFail)
    }

    /// Returns the zone nearest above a name.
    fn zone_of(&self, name: &Name) -> Option<&Zone> {
        let mut above = Some(name.clone());
        while let Some(name) = above {
            if let Some(zone) = self.zones.get(&name) {
                return Some(zone);
            }
            above = name.parent();
        }
        None
    }
}

impl FromIterator<Zone> for Authority {
    fn from_iter<I: IntoIterator<Item = Zone>>(zones: I) -> Self {
        let mut authority = Self::default();
        zones.into_iter().for_each(|zone| authority.insert(zone));
        authority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn zone(origin: &str) -> Zone {
        let soa = Soa {
            primary: name("ns.example.org"),
            mailbox: name("postmaster.example.org"),
            serial: 1,
            refresh: 3600,
            retry: 600,
            expire: 86400,
            minimum: 60,
        };
        Zone::new(name(origin), Ttl::from_secs(3600), soa)
    }

    fn a(octet: u8) -> Rdata {
        Rdata::A([192, 0, 2, octet].into())
    }

    fn authority() -> Authority {
        let ttl = Ttl::from_secs(300);
        let mut org = zone("example.org");
        org.add(&name("mx.example.org"), ttl, a(1)).unwrap();
        org.add(&name("www.example.org"), ttl, Rdata::Cname(name("mx.example.org"))).unwrap();
        org.add(&name("out.example.org"), ttl, Rdata::Cname(name("host.example.net"))).unwrap();
        org.add(&name("far.example.org"), ttl, Rdata::Cname(name("host.example.com"))).unwrap();
        org.add(&name("gone.example.org"), ttl, Rdata::Cname(name("no.example.org"))).unwrap();
        org.add(&name("x.example.org"), ttl, Rdata::Cname(name("y.example.org"))).unwrap();
        org.add(&name("y.example.org"), ttl, Rdata::Cname(name("x.example.org"))).unwrap();
        org.add(&name("a.b.c.example.org"), ttl, a(2)).unwrap();
        let mut net = zone("example.net");
        net.add(&name("host.example.net"), ttl, a(3)).unwrap();
        Authority::from_iter([org, net])
    }

    fn outcome(text: &str, rtype: RecordType) -> String {
        authority().outcome(&Question::new(name(text), rtype)).to_string()
    }

    #[test]
    fn ok_answers_as_rfc_1034_says() {
        let cases = [
            ("MX.example.ORG", RecordType::A, "192.0.2.1"),
            ("mx.example.org", RecordType::AAAA, "no data"),
            ("no.example.org", RecordType::A, "no such name"),
            ("www.example.org", RecordType::A, "192.0.2.1 (via mx.example.org)"),
            ("www.example.org", RecordType::CNAME, "mx.example.org"),
            ("www.example.org", RecordType::AAAA, "no data (via mx.example.org)"),
            ("gone.example.org", RecordType::A, "no such name (via no.example.org)"),
            // Another zone of ours is gone into, one of others is not.
            ("out.example.org", RecordType::A, "192.0.2.3 (via host.example.net)"),
            ("far.example.org", RecordType::A, "server failure"),
            ("x.example.org", RecordType::A, "server failure"),
            // RFC 8020 2: names above an existing name exist.
            ("b.c.example.org", RecordType::A, "no data"),
            ("z.c.example.org", RecordType::A, "no such name"),
            (
                "example.org",
                RecordType::SOA,
                "ns.example.org postmaster.example.org 1 3600 600 86400 60",
            ),
            ("example.com", RecordType::A, "server failure"),
            ("mx.example.org", RecordType::ANY, "192.0.2.1"),
            ("example.org", RecordType::new(252), "server failure"),
        ];
        for (text, rtype, expected) in cases {
            assert_eq!(outcome(text, rtype), expected, "{text} {rtype}");
        }
    }

    #[test]
    fn negative_answers_carry_the_soa_with_the_lower_ttl() {
        let question = Question::new(name("no.example.org"), RecordType::A);
        let Reply::NxDomain { chain, soa } = authority().answer(&question) else { panic!() };
        assert_eq!(
            (chain.len(), soa.owner(), soa.ttl()),
            (0, &name("example.org"), Ttl::from_secs(60))
        );
    }

    #[test]
    fn err_records_that_break_the_zone() {
        let (mut zone, ttl) = (zone("example.org"), Ttl::ZERO);
        let (mx, alias) = (name("mx.example.org"), Rdata::Cname(name("a.example.org")));
        assert!(zone.add(&name("example.net"), ttl, a(1)).is_err());
        assert!(zone.add(&name("example.org"), ttl, alias.clone()).is_err());
        let soa = zone.soa.data().clone();
        assert!(zone.add(&name("example.org"), ttl, soa).is_err());
        zone.add(&mx, ttl, a(1)).unwrap();
        assert!(zone.add(&mx, ttl, alias.clone()).is_err());
        zone.add(&name("www.example.org"), ttl, alias.clone()).unwrap();
        assert!(zone.add(&name("www.example.org"), ttl, a(1)).is_err());
        assert!(zone.add(&name("www.example.org"), ttl, a(1)).is_err());
        zone.add(&name("www.example.org"), ttl, alias).unwrap();
    }

    #[test]
    fn removed_records_are_gone_and_so_are_names_left_empty() {
        let mut authority = authority();
        let deep = name("a.b.c.example.org");
        let zone = authority.zone_mut(&name("example.org")).unwrap();
        assert_eq!(zone.remove(&deep, RecordType::MX), 0);
        assert_eq!(zone.remove(&deep, RecordType::A), 1);
        assert_eq!(zone.remove(&name("example.org"), RecordType::SOA), 0);
        let gone = authority.outcome(&Question::new(name("c.example.org"), RecordType::A));
        assert_eq!(gone.to_string(), "no such name");
    }
}
