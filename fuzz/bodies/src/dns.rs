//! DNS messages and names.

use std::time::Duration;

use mail_dns::wire::{
    QueryFlags, Response, Transport, decode_query, decode_response, encode_query,
};
use mail_dns::zone::{Authority, Zone};
use mail_dns::{Name, Outcome, Rdata, Soa, Ttl};

/// Octets are read as the text of a name, and as labels.
pub(crate) fn name(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(name) = text.parse::<Name>()
    {
        same_text(&name);
    }
    if let Ok(name) = Name::from_labels(data.split(|&octet| octet == b'/')) {
        same_text(&name);
        let sum: usize = name.labels().map(|label| label.len() + 1).sum();
        assert_eq!(name.wire_len(), sum + 1);
        assert!(name.wire_len() <= Name::MAX_LEN);
        let mut above = name.clone();
        while let Some(parent) = above.parent() {
            assert!(name.is_subdomain_of(&parent) && !parent.is_subdomain_of(&above));
            above = parent;
        }
        assert!(above.is_root());
    }
}

fn same_text(name: &Name) {
    let text = name.to_string();
    assert_eq!(text.parse().as_ref(), Ok(name), "{text}");
}

/// Octets are a query that reaches a server; what it answers is read by a client.
pub(crate) fn query(data: &[u8]) {
    let authority = authority();
    for transport in [Transport::Udp, Transport::Tcp] {
        let Some(answer) = authority.respond(data, transport) else { continue };
        let most = if transport == Transport::Udp { 1232 } else { usize::from(u16::MAX) };
        assert!(answer.len() <= most, "a response of {} octets", answer.len());
        assert!(authority.respond(&answer, transport).is_none(), "a response is answered");
        let Ok(query) = decode_query(data) else { continue };
        let id = answer.first_chunk().copied().map(u16::from_be_bytes).unwrap_or_default();
        let read = decode_response(&answer, id, query.question(), false);
        let goes_round =
            "loop.example.org".parse().is_ok_and(|name| *query.question().name() == name);
        assert!(read.is_ok() || goes_round, "{read:?}");
    }
}

/// Octets are a response that reaches a client, which has asked just that question.
pub(crate) fn response(data: &[u8]) {
    let Some((head, rest)) = data.split_first_chunk::<12>() else { return };
    let id = u16::from_be_bytes([head[0], head[1]]);
    // The same octets with the head of a query tell which question is in them.
    let as_query = [&[head[0], head[1], 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], rest].concat();
    let Ok(query) = decode_query(&as_query) else { return };
    let question = query.question();
    let flags = QueryFlags { edns_payload: None, recursion_desired: true, authentic_data: false };
    let again = encode_query(id, question, flags);
    assert_eq!(decode_query(&again).map(|query| query.question().clone()), Ok(question.clone()));

    let read = decode_response(data, id, question, true);
    assert_eq!(read, decode_response(data, id, question, true));
    let Ok(Response::Final(outcome)) = read else { return };
    assert!(outcome.chain().len() <= 16, "a chain of {}", outcome.chain().len());
    if let Outcome::Records(answer) = &outcome {
        assert!(!answer.records().is_empty());
        for record in answer.records() {
            // ANY asks for whatever there is.
            assert!(record.rtype() == question.rtype() || question.rtype().is_meta());
            assert!(record.ttl().after(Duration::from_secs(1)) <= record.ttl());
        }
    }
    assert!(!outcome.to_string().is_empty());
}

/// A zone with a little of everything.
fn authority() -> Authority {
    let name = |text: &str| text.parse::<Name>().expect("a name");
    let origin = name("example.org");
    let ttl = Ttl::from_secs(300);
    let soa = Soa {
        primary: name("ns.example.org"),
        mailbox: name("postmaster.example.org"),
        serial: 1,
        refresh: 3600,
        retry: 600,
        expire: 86400,
        minimum: 300,
    };
    let mut zone = Zone::new(origin.clone(), ttl, soa);
    let mut add = |owner: &str, data: Rdata| {
        zone.add(&name(owner), ttl, data).expect("it belongs into the zone");
    };
    add("example.org", Rdata::Mx { preference: 10, exchange: name("mx.example.org") });
    add("mx.example.org", Rdata::A([192, 0, 2, 25].into()));
    add("www.example.org", Rdata::Cname(name("mx.example.org")));
    add("loop.example.org", Rdata::Cname(name("loop.example.org")));
    for nth in 0..100 {
        add("many.example.org", Rdata::A([192, 0, 2, nth].into()));
    }
    Authority::from_iter([zone])
}
