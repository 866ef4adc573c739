//! The other end: a query as it reaches a server, and the response to it.

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{DNSClass, RecordType as WireType},
};

use super::{
    bridge::{from_name, from_record},
    head::{Head, Malformed, Reader},
    response::{CLASS_IN, FORMERR, MAX_RECORDS, NOTIMP, OPT},
};
use crate::{question::Question, record::Record, zone::Reply};

/// What carries the messages of a server; it decides how long a response may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One message per datagram: 512 octets (RFC 1035 4.2.1), or what the client's EDNS offers up
    /// to 1,232, which no path fragments.
    Udp,
    /// Messages behind a length of two octets (RFC 1035 4.2.2), up to 65,535 octets.
    Tcp,
}

/// A query that a server can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedQuery {
    id: u16,
    question: Question,
    class: u16,
    recursion_desired: bool,
    /// The client's UDP payload, if it speaks EDNS.
    edns: Option<u16>,
}

/// What to do with octets that are no query to be answered from a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotQuery {
    /// Say nothing: it is too short to have an id, or a response, and an answer to a response could
    /// start a loop between two servers.
    Ignore,
    /// Send this back: it is malformed, of another opcode, class or EDNS version.
    Answer(Vec<u8>),
}

impl ReceivedQuery {
    /// Returns what is asked.
    #[must_use]
    pub const fn question(&self) -> &Question {
        &self.question
    }
}

/// Reads a message as a query.
///
/// # Errors
///
/// The message is nothing to be answered from a zone; the error says what to send back, if
/// anything.
pub fn decode_query(message: &[u8]) -> Result<ReceivedQuery, NotQuery> {
    let head = Head::peek(message).ok_or(NotQuery::Ignore)?;
    if head.is_response() {
        return Err(NotQuery::Ignore);
    }
    if head.opcode() != 0 {
        return Err(NotQuery::Answer(bare(head, NOTIMP)));
    }
    let formerr = |_: Malformed| NotQuery::Answer(bare(head, FORMERR));
    if head.questions != 1 || head.records() > u32::from(MAX_RECORDS) {
        return Err(NotQuery::Answer(bare(head, FORMERR)));
    }
    let mut reader = Reader::new(message).map_err(formerr)?;
    let (question, class) = reader.question().map_err(formerr)?;
    let (id, recursion_desired) = (head.id, head.recursion_desired());
    let mut query = ReceivedQuery { id, question, class, recursion_desired, edns: None };
    let mut version = 0;
    for _ in 0..head.records() {
        let record = reader.record().map_err(formerr)?;
        if record.rtype == OPT {
            // RFC 6891 6.1.1: more than one is a format error.
            if query.edns.replace(record.class.max(512)).is_some() || !record.owner.is_root() {
                return Err(NotQuery::Answer(bare(head, FORMERR)));
            }
            version = record.ttl >> 16 & 0xff;
        }
    }
    let refusal = match (version, class) {
        (0, CLASS_IN) => return Ok(query),
        (0, _) => ResponseCode::Refused,
        // RFC 6891 6.1.3
        _ => ResponseCode::BADVERS,
    };
    Err(NotQuery::Answer(encode(&query, refusal, &[], None, false, usize::from(u16::MAX))))
}

/// Encodes the response to a query.
///
/// A response that is too long for the transport is cut down to its question with the TC bit set, so
/// that the client asks again over TCP (RFC 2181 9). One that is too long for TCP is SERVFAIL.
#[must_use]
pub fn encode_response(query: &ReceivedQuery, reply: &Reply, transport: Transport) -> Vec<u8> {
    let limit = match (transport, query.edns) {
        (Transport::Tcp, _) => usize::from(u16::MAX),
        (Transport::Udp, None) => 512,
        (Transport::Udp, Some(offered)) => usize::from(offered.min(UDP_PAYLOAD)),
    };
    let (code, answers, soa, authoritative) = match reply {
        Reply::Records(answers) => (ResponseCode::NoError, answers.as_slice(), None, true),
        Reply::NoData { chain, soa } => (ResponseCode::NoError, chain.as_slice(), Some(soa), true),
        Reply::NxDomain { chain, soa } => {
            (ResponseCode::NXDomain, chain.as_slice(), Some(soa), true)
        }
        Reply::Refused => (ResponseCode::Refused, &[][..], None, false),
    };
    encode(query, code, answers, soa, authoritative, limit)
}

fn encode(
    query: &ReceivedQuery,
    code: ResponseCode,
    answers: &[Record],
    soa: Option<&Record>,
    authoritative: bool,
    limit: usize,
) -> Vec<u8> {
    let mut message = empty(query, code);
    message.metadata.authoritative = authoritative;
    message.add_answers(answers.iter().filter_map(from_record));
    message.add_authorities(soa.and_then(from_record));
    let encoded = message.to_vec();
    if let Ok(octets) = encoded
        && octets.len() <= limit
        && Head::peek(&octets).is_some_and(|head| !head.is_truncated())
    {
        return octets;
    }
    let tcp = limit == usize::from(u16::MAX);
    let mut cut = empty(query, if tcp { ResponseCode::ServFail } else { code });
    cut.metadata.authoritative = authoritative && !tcp;
    cut.metadata.truncation = !tcp;
    cut.to_vec().expect("a question and an OPT record are far below 512 octets")
}

/// A response with the question and, if the client speaks EDNS, an OPT record (RFC 6891 6.1.1).
fn empty(query: &ReceivedQuery, code: ResponseCode) -> Message {
    let mut message = Message::new(query.id, MessageType::Response, OpCode::Query);
    message.metadata.recursion_desired = query.recursion_desired;
    message.metadata.response_code = code;
    let name = from_name(query.question.name()).expect("a Name keeps the limits of RFC 1035");
    let rtype = WireType::from(query.question.rtype().code());
    let mut question = Query::query(name, rtype);
    question.set_query_class(DNSClass::from(query.class));
    message.add_query(question);
    if query.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(UDP_PAYLOAD);
        message.set_edns(edns);
    }
    message
}

/// A header alone, for a message whose question cannot be repeated.
fn bare(head: Head, rcode: u16) -> Vec<u8> {
    const RESPONSE: u16 = 1 << 15;
    const OPCODE_AND_RD: u16 = 0x7900;
    let flags = RESPONSE | head.flags & OPCODE_AND_RD | rcode;
    let mut octets = Vec::with_capacity(Head::LEN);
    octets.extend_from_slice(&head.id.to_be_bytes());
    octets.extend_from_slice(&flags.to_be_bytes());
    octets.resize(Head::LEN, 0);
    octets
}

/// What fits every path without fragments (DNS flag day 2020).
const UDP_PAYLOAD: u16 = 1232;
