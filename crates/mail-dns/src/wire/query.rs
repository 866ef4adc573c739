//! A query as it leaves us.

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query},
    rr::RecordType as WireType,
};

use super::bridge::from_name;
use crate::question::Question;

/// How a query is to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryFlags {
    /// Octets of UDP payload that are announced by EDNS (RFC 6891 6.2.3; below 512 counts as 512);
    /// `None` leaves the OPT record out.
    pub edns_payload: Option<u16>,
    /// Asks the server to find the answer for us (RD). A stub resolver does.
    pub recursion_desired: bool,
    /// Asks the server to tell whether it has validated the answer (RFC 6840 5.7).
    pub authentic_data: bool,
}

/// Encodes a query of class IN with this message id.
///
/// The longest query has 282 octets, so it always fits a datagram.
#[must_use]
pub fn encode_query(id: u16, question: &Question, flags: QueryFlags) -> Vec<u8> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = flags.recursion_desired;
    message.metadata.authentic_data = flags.authentic_data;
    let name = from_name(question.name()).expect("a Name keeps the limits of RFC 1035 2.3.4");
    message.add_query(Query::query(name, WireType::from(question.rtype().code())));
    if let Some(payload) = flags.edns_payload {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        message.set_edns(edns);
    }
    message.to_vec().expect("a query is far below 65,535 octets")
}
