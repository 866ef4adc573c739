//! A response as it reaches us: does it belong to the question, and what does it say?

use mail_errors::{Fault, FaultKind};
use thiserror::Error;

use super::head::{Head, Malformed, Reader};
use crate::{
    outcome::{Answer, Chain, Negative, Outcome, Security},
    question::{Question, RecordType},
    record::{Rdata, Record, Ttl},
};

/// Most records that are read of one message, where real answers have dozens.
pub const MAX_RECORDS: u16 = 512;

/// A response that belongs to the question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response {
    /// It does not fit the datagram: ask over TCP (RFC 1035 4.2.1, RFC 7766 5).
    Truncated,
    /// The server does not read the query: FORMERR, NOTIMP or BADVERS. It may know no EDNS
    /// (RFC 6891 7).
    NotUnderstood,
    /// The server cannot or will not answer: SERVFAIL, REFUSED or another code, or it only points
    /// at other servers.
    Failed {
        /// The response code (RFC 6895 2.3), 0 if it points at other servers.
        rcode: u16,
    },
    /// It says how things are: records, no data, or no such name.
    Final(Outcome),
}

/// Why a message is not taken as the response to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The octets are not a response of a standard query at all.
    #[error("not a response to a query")]
    NotResponse,
    /// The id is another one: a late answer, or a guess (RFC 5452 9.1).
    #[error("response with id {got:#06x} where {expected:#06x} was asked")]
    WrongId {
        /// The id of our query.
        expected: u16,
        /// The id of the message.
        got: u16,
    },
    /// The question is another one (RFC 5452 9.1).
    #[error("response to another question")]
    WrongQuestion,
    /// It belongs to the question, but cannot be read.
    #[error("malformed {what}")]
    Malformed {
        /// What cannot be read.
        what: &'static str,
    },
    /// It has more records than [`MAX_RECORDS`].
    #[error("response with {records} records is over the limit of {MAX_RECORDS}")]
    TooManyRecords {
        /// How many it says it has.
        records: u32,
    },
}

impl Rejected {
    /// Tells whether the message need not come from the server that was asked: keep waiting for
    /// the real one.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        matches!(self, Self::NotResponse | Self::WrongId { .. } | Self::WrongQuestion)
    }
}

impl Fault for Rejected {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotResponse | Self::Malformed { .. } => FaultKind::Malformed,
            Self::WrongId { .. } | Self::WrongQuestion => FaultKind::Misbehaved,
            Self::TooManyRecords { .. } => FaultKind::LimitExceeded,
        }
    }
}

impl From<Malformed> for Rejected {
    fn from(Malformed { what }: Malformed) -> Self {
        Self::Malformed { what }
    }
}

/// Reads a message as the response to `question`, which was asked with this id.
///
/// The source address is the caller's to check. `trust_ad` says that the AD bit may be believed:
/// the resolver and the way to it are trusted (RFC 6840 5.8). Of the records only the aliases that
/// start at the question's name, the records at their end, and the SOA of a zone around that end are
/// taken; whatever else a server adds is not even decoded.
///
/// # Errors
///
/// The message belongs to something else, or it is malformed or over a limit.
pub fn decode_response(
    message: &[u8],
    id: u16,
    question: &Question,
    trust_ad: bool,
) -> Result<Response, Rejected> {
    let head = Head::peek(message).ok_or(Rejected::NotResponse)?;
    if !head.is_response() || head.opcode() != 0 {
        return Err(Rejected::NotResponse);
    }
    if head.id != id {
        return Err(Rejected::WrongId { expected: id, got: head.id });
    }
    let mut reader = Reader::new(message)?;
    match head.questions {
        // A server that cannot read the query may send the bare header back (RFC 6891 7).
        0 if matches!(head.rcode(), FORMERR | NOTIMP) => return Ok(Response::NotUnderstood),
        1 => {
            let (asked, class) = reader.question().map_err(|_| Rejected::WrongQuestion)?;
            if asked != *question || class != CLASS_IN {
                return Err(Rejected::WrongQuestion);
            }
        }
        _ => return Err(Rejected::WrongQuestion),
    }
    // Before anything is decoded: a truncated message may be cut within a record, and what is left
    // of a set of records is not the set (RFC 2181 9).
    if head.is_truncated() {
        return Ok(Response::Truncated);
    }
    if head.records() > u32::from(MAX_RECORDS) {
        return Err(Rejected::TooManyRecords { records: head.records() });
    }
    Sections::read(&mut reader, head, question)?.judge(head, question, trust_ad)
}

/// What is wanted of the three sections.
struct Sections {
    /// Records of the type that was asked for, and aliases.
    answers: Vec<Record>,
    soas: Vec<Record>,
    refers: bool,
    rcode: u16,
}

impl Sections {
    fn read(reader: &mut Reader<'_>, head: Head, question: &Question) -> Result<Self, Rejected> {
        let mut sections =
            Self { answers: Vec::new(), soas: Vec::new(), refers: false, rcode: head.rcode() };
        for _ in 0..head.answers {
            let record = reader.record()?;
            let wanted = question.wants(record.rtype) || record.rtype == RecordType::CNAME;
            if wanted && record.class == CLASS_IN {
                sections.answers.push(reader.data(record)?);
            }
        }
        for _ in 0..head.authorities {
            let record = reader.record()?;
            match record.rtype {
                RecordType::SOA if record.class == CLASS_IN => {
                    sections.soas.push(reader.data(record)?);
                }
                RecordType::NS => sections.refers = true,
                _ => {}
            }
        }
        for _ in 0..head.additionals {
            let record = reader.record()?;
            if record.rtype == OPT {
                // RFC 6891 6.1.3: the upper eight bits of the response code.
                sections.rcode |= u16::try_from(record.ttl >> 24).unwrap_or_default() << 4;
            }
        }
        Ok(sections)
    }

    fn judge(self, head: Head, question: &Question, trust_ad: bool) -> Result<Response, Rejected> {
        let security = match (trust_ad, head.authentic_data()) {
            (false, _) => Security::Unchecked,
            (true, false) => Security::Insecure,
            (true, true) => Security::Secure,
        };
        match self.rcode {
            NOERROR | NXDOMAIN => {}
            FORMERR | NOTIMP | BADVERS => return Ok(Response::NotUnderstood),
            rcode => return Ok(Response::Failed { rcode }),
        }
        if let Some(answer) = Answer::of(question, &self.answers, security) {
            // RFC 6604 3: the code speaks of the end of the chain, and there are records.
            if self.rcode == NXDOMAIN {
                return Err(Rejected::Malformed { what: "response: no such name, but records" });
            }
            return Ok(Response::Final(Outcome::Records(answer)));
        }
        let chain = Chain::follow(question, &self.answers)
            .ok_or(Rejected::Malformed { what: "chain of aliases" })?;
        let soa = self.soas.iter().find(|soa| chain.end(question).is_subdomain_of(soa.owner()));
        let ttl = soa.and_then(negative_ttl).map(|ttl| chain.ttl.map_or(ttl, |c| c.min(ttl)));
        if self.rcode == NXDOMAIN {
            let negative = Negative::new(ttl, chain.names, security);
            return Ok(Response::Final(Outcome::NxDomain(negative)));
        }
        // RFC 2308 2.2: without SOA it is no data unless it refers to others. A server that did not
        // recurse has told only the part of a chain that lies in its own zones.
        let partial = !head.recursion_available() && !chain.names.is_empty();
        let referral = self.refers && !head.is_authoritative() && !head.recursion_available();
        if ttl.is_none() && (partial || referral) {
            return Ok(Response::Failed { rcode: self.rcode });
        }
        Ok(Response::Final(Outcome::NoData(Negative::new(ttl, chain.names, security))))
    }
}

/// How long a negative answer may be kept: the lower of the SOA's own TTL and its minimum field
/// (RFC 2308 5).
pub(crate) fn negative_ttl(soa: &Record) -> Option<Ttl> {
    let Rdata::Soa(fields) = soa.data() else { return None };
    Some(soa.ttl().min(Ttl::from_secs(fields.minimum)))
}

pub(super) const CLASS_IN: u16 = 1;
pub(super) const OPT: RecordType = RecordType::new(41);
pub(super) const NOERROR: u16 = 0;
pub(super) const FORMERR: u16 = 1;
pub(super) const NXDOMAIN: u16 = 3;
pub(super) const NOTIMP: u16 = 4;
pub(super) const BADVERS: u16 = 16;
