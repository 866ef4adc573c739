//! What DNS said, with the five answers that mail must tell apart.

use std::fmt;

use crate::{
    name::Name,
    question::Question,
    record::{Rdata, Record, Ttl},
};

/// The outcome of a question.
///
/// The set is closed on purpose: no data, no such name and no answer lead to different mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There are records of the type that was asked for.
    Records(Answer),
    /// The name exists and has no records of this type (RFC 2308 2.2).
    NoData(Negative),
    /// The name does not exist, and nothing below it (RFC 2308 2.1, RFC 8020).
    NxDomain(Negative),
    /// No server could or would tell: SERVFAIL, REFUSED, nonsense, a DNSSEC failure. To be tried
    /// again later.
    ServFail,
    /// No server answered in time. To be tried again later.
    Timeout,
}

impl Outcome {
    /// Tells whether the question is open still, so that nothing final may be decided on it.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::ServFail | Self::Timeout)
    }

    /// Returns the data of the records, none unless there are [`Outcome::Records`].
    pub fn data(&self) -> impl Iterator<Item = &Rdata> {
        self.answer().into_iter().flat_map(Answer::records).map(Record::data)
    }

    /// Returns the answer if there are records.
    #[must_use]
    pub const fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Records(answer) => Some(answer),
            Self::NoData(_) | Self::NxDomain(_) | Self::ServFail | Self::Timeout => None,
        }
    }

    /// Returns the names the aliases led to, the last one last; none if the name is no alias.
    #[must_use]
    pub fn chain(&self) -> &[Name] {
        match self {
            Self::Records(answer) => answer.chain(),
            Self::NoData(negative) | Self::NxDomain(negative) => negative.chain(),
            Self::ServFail | Self::Timeout => &[],
        }
    }

    /// Returns how long this may be kept; `None` if the servers did not say so.
    #[must_use]
    pub const fn ttl(&self) -> Option<Ttl> {
        match self {
            Self::Records(answer) => Some(answer.ttl()),
            Self::NoData(negative) | Self::NxDomain(negative) => negative.ttl(),
            Self::ServFail | Self::Timeout => None,
        }
    }

    /// Returns what is known of its authenticity.
    #[must_use]
    pub const fn security(&self) -> Security {
        match self {
            Self::Records(answer) => answer.security,
            Self::NoData(negative) | Self::NxDomain(negative) => negative.security,
            Self::ServFail | Self::Timeout => Security::Unchecked,
        }
    }

    /// Returns the same outcome as it is to be told after having been kept for a while.
    pub(crate) fn aged(&self, age: std::time::Duration) -> Self {
        let mut aged = self.clone();
        match &mut aged {
            Self::Records(answer) => {
                answer.chain_ttl = answer.chain_ttl.map(|ttl| ttl.after(age));
                for record in &mut answer.records {
                    record.set_ttl(record.ttl().after(age));
                }
            }
            Self::NoData(negative) | Self::NxDomain(negative) => {
                negative.ttl = negative.ttl.map(|ttl| ttl.after(age));
            }
            Self::ServFail | Self::Timeout => {}
        }
        aged
    }

    /// Returns about how many octets this outcome holds, for what bounds memory.
    pub(crate) fn weight(&self) -> usize {
        let chain: usize = self.chain().iter().map(|n| n.wire_len() + size_of::<Name>()).sum();
        let records = self.answer().map_or(&[][..], Answer::records).iter();
        let of = |r: &Record| size_of::<Record>() + r.owner().wire_len() + r.data().weight();
        chain + records.map(of).sum::<usize>()
    }
}

/// One line for a trace: `2 records`, `no data`, `no such name (via mail.example.org)`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records(answer) => {
                for (at, record) in answer.records().iter().enumerate() {
                    write!(f, "{}{}", if at > 0 { ", " } else { "" }, record.data())?;
                }
            }
            Self::NoData(_) => f.write_str("no data")?,
            Self::NxDomain(_) => f.write_str("no such name")?,
            Self::ServFail => f.write_str("server failure")?,
            Self::Timeout => f.write_str("no answer in time")?,
        }
        match self.chain().last() {
            Some(end) => write!(f, " (via {end})"),
            None => Ok(()),
        }
    }
}

/// Records of one type at one name, and how the question led there. There is at least one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    records: Vec<Record>,
    chain: Vec<Name>,
    chain_ttl: Option<Ttl>,
    security: Security,
}

impl Answer {
    /// Keeps of `records` what answers the question, following aliases among them (RFC 1034 3.6.2);
    /// anything else is left out. `None` if nothing is left.
    #[must_use]
    pub fn of(question: &Question, records: &[Record], security: Security) -> Option<Self> {
        let chain = Chain::follow(question, records)?;
        let end = chain.end(question);
        let answers = records.iter().filter(|r| question.wants(r.rtype()) && r.owner() == end);
        let records: Vec<_> = answers.cloned().collect();
        let (chain, chain_ttl) = (chain.names, chain.ttl);
        (!records.is_empty()).then_some(Self { records, chain, chain_ttl, security })
    }

    /// Returns the records, in the order of the message.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns the names the aliases led to; the last one has the records.
    #[must_use]
    pub fn chain(&self) -> &[Name] {
        &self.chain
    }

    /// Returns the shortest TTL of records and aliases.
    #[must_use]
    pub const fn ttl(&self) -> Ttl {
        let mut shortest = match self.chain_ttl {
            Some(ttl) => ttl,
            None => Ttl::from_secs(i32::MAX.cast_unsigned()),
        };
        let mut rest = self.records.as_slice();
        while let [record, behind @ ..] = rest {
            if record.ttl().as_secs() < shortest.as_secs() {
                shortest = record.ttl();
            }
            rest = behind;
        }
        shortest
    }

    /// Returns what is known of its authenticity.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }
}

/// An answer that there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negative {
    ttl: Option<Ttl>,
    chain: Vec<Name>,
    security: Security,
}

impl Negative {
    /// Makes a negative answer with the names its aliases led to and the time it may be kept, which
    /// is `None` if no SOA record came with it: then it is not kept (RFC 2308 5).
    #[must_use]
    pub const fn new(ttl: Option<Ttl>, chain: Vec<Name>, security: Security) -> Self {
        Self { ttl, chain, security }
    }

    /// Returns how long it may be kept (RFC 2308 5).
    #[must_use]
    pub const fn ttl(&self) -> Option<Ttl> {
        self.ttl
    }

    /// Returns the names the aliases led to; the last one is what has nothing.
    #[must_use]
    pub fn chain(&self) -> &[Name] {
        &self.chain
    }
}

/// What is known of the authenticity of an answer (RFC 4035 4.3).
///
/// Only a resolver that is trusted, over a path that is trusted, can say so by its AD bit
/// (RFC 6840 5.8): the caller decides, never the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Security {
    /// Nobody whom we trust has looked.
    #[default]
    Unchecked,
    /// A trusted resolver found no chain of trust.
    Insecure,
    /// A trusted resolver has validated it.
    Secure,
}

impl Security {
    /// Returns the weaker of two, which is what both together are worth.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unchecked, _) | (_, Self::Unchecked) => Self::Unchecked,
            (Self::Insecure, _) | (_, Self::Insecure) => Self::Insecure,
            (Self::Secure, Self::Secure) => Self::Secure,
        }
    }
}

/// The aliases between a question and the name that has the answer.
pub(crate) struct Chain {
    pub(crate) names: Vec<Name>,
    pub(crate) ttl: Option<Ttl>,
}

impl Chain {
    /// More aliases in a row than anybody publishes; a loop ends here too.
    pub(crate) const MAX: usize = 16;

    /// Follows the aliases in `records` from the question's name; `None` if they do not end.
    pub(crate) fn follow(question: &Question, records: &[Record]) -> Option<Self> {
        let mut chain = Self { names: Vec::new(), ttl: None };
        loop {
            let here = chain.end(question);
            if records.iter().any(|r| question.wants(r.rtype()) && r.owner() == here) {
                return Some(chain);
            }
            let alias = records.iter().filter(|r| r.owner() == here).find_map(|record| {
                let Rdata::Cname(target) = record.data() else { return None };
                Some((target, record.ttl()))
            });
            let Some((target, ttl)) = alias else { return Some(chain) };
            if chain.names.len() == Self::MAX {
                return None;
            }
            chain.names.push(target.clone());
            chain.ttl = Some(chain.ttl.map_or(ttl, |shortest| shortest.min(ttl)));
        }
    }

    /// Returns the name at the end of the chain.
    pub(crate) fn end<'a>(&'a self, question: &'a Question) -> &'a Name {
        self.names.last().unwrap_or_else(|| question.name())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::question::RecordType;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn alias(from: &str, to: &str, ttl: u32) -> Record {
        Record::new(name(from), Ttl::from_secs(ttl), Rdata::Cname(name(to)))
    }

    fn a(owner: &str, ttl: u32) -> Record {
        Record::new(name(owner), Ttl::from_secs(ttl), Rdata::A([192, 0, 2, 1].into()))
    }

    fn ask(text: &str) -> Question {
        Question::new(name(text), RecordType::A)
    }

    #[test]
    fn ok_chain_is_followed_in_any_order_and_strangers_are_left_out() {
        let records = [a("c", 60), alias("b", "c", 30), a("evil", 60), alias("a", "b", 90)];
        let answer = Answer::of(&ask("A"), &records, Security::Unchecked).unwrap();
        assert_eq!(answer.chain(), [name("b"), name("c")]);
        assert_eq!(answer.records(), [a("c", 60)]);
        assert_eq!(answer.ttl(), Ttl::from_secs(30));
        let outcome = Outcome::Records(answer);
        assert_eq!(outcome.to_string(), "192.0.2.1 (via c)");
        assert_eq!(outcome.aged(Duration::from_secs(20)).ttl(), Some(Ttl::from_secs(10)));
    }

    #[test]
    fn err_alias_loop_and_only_strangers() {
        let records = [alias("a", "b", 30), alias("b", "a", 30)];
        assert_eq!(Answer::of(&ask("a"), &records, Security::Unchecked), None);
        assert_eq!(Answer::of(&ask("a"), &[a("b", 1)], Security::Unchecked), None);
    }

    #[test]
    fn ok_alias_itself_is_the_answer_when_asked_for() {
        let question = Question::new(name("a"), RecordType::CNAME);
        let records = [alias("a", "b", 30), alias("b", "c", 30)];
        let answer = Answer::of(&question, &records, Security::Secure).unwrap();
        assert!(answer.chain().is_empty());
        assert_eq!(answer.records(), [alias("a", "b", 30)]);
    }

    #[test]
    fn weight_counts_every_name_that_is_held() {
        let long = Name::from_labels([[b'x'; 63]; 3]).unwrap();
        let data = Rdata::A([192, 0, 2, 1].into());
        let records = vec![Record::new(long.clone(), Ttl::ZERO, data); 10];
        let question = Question::new(long.clone(), RecordType::A);
        let answer = Answer::of(&question, &records, Security::Unchecked).unwrap();
        assert!(Outcome::Records(answer).weight() >= 10 * (size_of::<Record>() + long.wire_len()));
    }

    #[test]
    fn security_of_two_is_the_weaker() {
        use Security::{Insecure, Secure, Unchecked};
        assert_eq!(Secure.and(Secure), Secure);
        assert_eq!(Secure.and(Insecure), Insecure);
        assert_eq!(Insecure.and(Unchecked), Unchecked);
    }
}
