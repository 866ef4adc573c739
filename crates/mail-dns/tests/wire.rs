//! Messages both ways: what is read back is what was written, and nothing else is believed.
#![allow(clippy::unwrap_used)]

mod support;

use mail_dns::{
    Name, Opaque, Outcome, Question, Rdata, Record, RecordType, Security, Ttl, Txt,
    wire::{
        NotQuery, QueryFlags, Rejected, Response, Transport, decode_query, decode_response,
        encode_query, encode_response,
    },
    zone::Reply,
};
use proptest::prelude::*;
use support::{ask, name, soa, zones};

const PLAIN: QueryFlags =
    QueryFlags { edns_payload: None, recursion_desired: true, authentic_data: false };
const EDNS: QueryFlags = QueryFlags { edns_payload: Some(1232), ..PLAIN };

/// The response of a server that gives `reply` to `question`.
fn response(id: u16, question: &Question, reply: &Reply) -> Vec<u8> {
    let query = decode_query(&encode_query(id, question, EDNS)).unwrap();
    encode_response(&query, reply, Transport::Tcp)
}

fn record(owner: &str, ttl: u32, data: Rdata) -> Record {
    Record::new(name(owner), Ttl::from_secs(ttl), data)
}

fn a(last: u8) -> Rdata {
    Rdata::A([192, 0, 2, last].into())
}

fn soa_record(ttl: u32) -> Record {
    record("example.org", ttl, Rdata::Soa(soa(&name("example.org"))))
}

/// A response in octets: header flags and counts, then the sections as they are given.
fn raw(flags: u16, counts: [u16; 4], sections: &[&[u8]]) -> Vec<u8> {
    let mut octets = vec![0x12, 0x34];
    octets.extend(flags.to_be_bytes());
    octets.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    octets.extend(sections.concat());
    octets
}

/// `example.org A` as a question section; its name stands at offset 12.
const QUESTION: &[u8] = b"\x07example\x03org\0\0\x01\0\x01";
const RESPONSE: u16 = 0x8180;

fn decode(message: &[u8]) -> Result<Response, Rejected> {
    decode_response(message, 0x1234, &ask("example.org", RecordType::A), false)
}

#[test]
fn ok_query_has_the_octets_of_rfc_1035() {
    let query = encode_query(0x1234, &ask("example.org", RecordType::A), PLAIN);
    assert_eq!(query, raw(0x0100, [1, 0, 0, 0], &[QUESTION]));
    let flags = QueryFlags { recursion_desired: false, authentic_data: true, ..EDNS };
    let query = encode_query(0x1234, &ask("example.org", RecordType::A), flags);
    let opt: &[u8] = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";
    assert_eq!(query, raw(0x0020, [1, 0, 0, 1], &[QUESTION, opt]));
}

#[test]
fn ok_longest_query_fits_a_datagram() {
    let label = [b'x'; 63];
    let longest = Name::from_labels([&label[..], &label, &label, &label[..61]]).unwrap();
    let query = encode_query(1, &Question::new(longest.clone(), RecordType::TXT), EDNS);
    assert_eq!(query.len(), 282);
    assert_eq!(decode_query(&query).unwrap().question().name(), &longest);
}

#[test]
fn ok_records_with_aliases_and_nothing_else() {
    let question = ask("www.example.org", RecordType::A);
    let records = vec![
        record("www.example.org", 300, Rdata::Cname(name("Host.example.net"))),
        record("host.example.net", 60, a(1)),
        record("bank.example", 9999, a(66)),
        record("host.example.net", 90, a(2)),
        record("host.example.net", 90, Rdata::Ns(name("ns.example.net"))),
    ];
    let message = response(7, &question, &Reply::Records(records.clone()));
    let decoded = decode_response(&message, 7, &question, false).unwrap();
    let Response::Final(Outcome::Records(answer)) = decoded else { panic!("{decoded:?}") };
    assert_eq!(answer.records(), [records[1].clone(), records[3].clone()]);
    assert_eq!(answer.chain(), [name("host.example.net")]);
    assert_eq!(answer.ttl(), Ttl::from_secs(60));
}

#[test]
fn ok_negative_answers_last_as_long_as_the_soa_allows() {
    let question = ask("www.example.org", RecordType::A);
    // The minimum field of the SOA is 60.
    for (ttl, expected) in [(300, 60), (20, 20)] {
        let no_data = Reply::NoData { chain: Vec::new(), soa: soa_record(ttl) };
        let message = response(7, &question, &no_data);
        let decoded = decode_response(&message, 7, &question, false).unwrap();
        let Response::Final(Outcome::NoData(negative)) = decoded else { panic!("{decoded:?}") };
        assert_eq!(negative.ttl(), Some(Ttl::from_secs(expected)));
    }
    let alias = record("www.example.org", 10, Rdata::Cname(name("no.example.org")));
    let reply = Reply::NxDomain { chain: vec![alias], soa: soa_record(300) };
    let decoded = decode_response(&response(7, &question, &reply), 7, &question, false).unwrap();
    let Response::Final(Outcome::NxDomain(negative)) = decoded else { panic!("{decoded:?}") };
    assert_eq!(negative.chain(), [name("no.example.org")]);
    assert_eq!(negative.ttl(), Some(Ttl::from_secs(10)));
}

#[test]
fn soa_of_a_foreign_zone_says_nothing() {
    let question = ask("www.example.net", RecordType::A);
    let reply = Reply::NxDomain { chain: Vec::new(), soa: soa_record(300) };
    let decoded = decode_response(&response(7, &question, &reply), 7, &question, false).unwrap();
    let Response::Final(outcome) = decoded else { panic!("{decoded:?}") };
    assert_eq!(outcome.ttl(), None);
}

#[test]
fn ad_bit_counts_only_when_trusted() {
    let answer: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
    let question = ask("example.org", RecordType::A);
    let security = |flags, trust| {
        let message = raw(flags, [1, 1, 0, 0], &[QUESTION, answer]);
        let decoded = decode_response(&message, 0x1234, &question, trust).unwrap();
        let Response::Final(outcome) = decoded else { panic!("{decoded:?}") };
        outcome.security()
    };
    assert_eq!(security(RESPONSE | 0x20, false), Security::Unchecked);
    assert_eq!(security(RESPONSE | 0x20, true), Security::Secure);
    assert_eq!(security(RESPONSE, true), Security::Insecure);
}

#[test]
fn err_what_does_not_belong_to_the_query() {
    let good = raw(RESPONSE, [1, 0, 0, 0], &[QUESTION]);
    assert!(decode(&good).is_ok());
    let question = ask("example.org", RecordType::A);
    let wrong_id = decode_response(&good, 0x4321, &question, false);
    assert_eq!(wrong_id, Err(Rejected::WrongId { expected: 0x4321, got: 0x1234 }));
    let cases: [(&str, Vec<u8>, Rejected); 8] = [
        ("empty", Vec::new(), Rejected::NotResponse),
        ("eleven octets", good[..11].to_vec(), Rejected::NotResponse),
        ("a query", raw(0x0100, [1, 0, 0, 0], &[QUESTION]), Rejected::NotResponse),
        ("a notify", raw(0xa000, [1, 0, 0, 0], &[QUESTION]), Rejected::NotResponse),
        ("no question", raw(RESPONSE, [0, 0, 0, 0], &[]), Rejected::WrongQuestion),
        (
            "another type",
            raw(RESPONSE, [1, 0, 0, 0], &[b"\x07example\x03org\0\0\x1c\0\x01"]),
            Rejected::WrongQuestion,
        ),
        (
            "another class",
            raw(RESPONSE, [1, 0, 0, 0], &[b"\x07example\x03org\0\0\x01\0\x03"]),
            Rejected::WrongQuestion,
        ),
        (
            "another name",
            raw(RESPONSE, [1, 0, 0, 0], &[b"\x07example\x03com\0\0\x01\0\x01"]),
            Rejected::WrongQuestion,
        ),
    ];
    for (what, message, expected) in cases {
        assert_eq!(decode(&message), Err(expected), "{what}");
        assert!(expected.is_foreign());
    }
    let other_case = raw(RESPONSE, [1, 0, 0, 0], &[b"\x07eXample\x03ORG\0\0\x01\0\x01"]);
    assert!(decode(&other_case).is_ok());
}

#[test]
fn ok_codes_are_told_apart() {
    let with = |rcode: u16| decode(&raw(RESPONSE | rcode, [1, 0, 0, 0], &[QUESTION]));
    assert_eq!(with(1), Ok(Response::NotUnderstood));
    assert_eq!(with(2), Ok(Response::Failed { rcode: 2 }));
    assert_eq!(with(4), Ok(Response::NotUnderstood));
    assert_eq!(with(5), Ok(Response::Failed { rcode: 5 }));
    // The bare header of a server that read nothing.
    assert_eq!(decode(&raw(RESPONSE | 1, [0; 4], &[])), Ok(Response::NotUnderstood));
    // RFC 6891 6.1.3: BADVERS is 16, its upper bits in the OPT record.
    let opt: &[u8] = b"\0\0\x29\x04\xd0\x01\0\0\0\0\0";
    let badvers = raw(RESPONSE, [1, 0, 0, 1], &[QUESTION, opt]);
    assert_eq!(decode(&badvers), Ok(Response::NotUnderstood));
}

#[test]
fn truncation_is_seen_before_the_records_that_are_cut() {
    let torn: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0";
    let message = raw(RESPONSE | 0x0200, [1, 1, 0, 0], &[QUESTION, torn]);
    assert_eq!(decode(&message), Ok(Response::Truncated));
    let message = raw(RESPONSE, [1, 1, 0, 0], &[QUESTION, torn]);
    assert!(matches!(decode(&message), Err(Rejected::Malformed { .. })));
}

#[test]
fn referral_and_half_a_chain_are_no_answer() {
    let ns: &[u8] = b"\xc0\x0c\0\x02\0\x01\0\0\0\x3c\0\x02\xc0\x0c";
    let alias: &[u8] = b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01x\xc0\x14";
    // RA is bit 7 of the flags: 0x8100 did not recurse.
    let referral = raw(0x8100, [1, 0, 1, 0], &[QUESTION, ns]);
    assert_eq!(decode(&referral), Ok(Response::Failed { rcode: 0 }));
    let half = raw(0x8500, [1, 1, 0, 0], &[QUESTION, alias]);
    assert_eq!(decode(&half), Ok(Response::Failed { rcode: 0 }));
    // A resolver that recursed knows that there is nothing at the end (RFC 2308 2.2 type 3).
    let recursed = raw(RESPONSE, [1, 1, 0, 0], &[QUESTION, alias]);
    let Ok(Response::Final(Outcome::NoData(negative))) = decode(&recursed) else { panic!() };
    assert_eq!((negative.chain(), negative.ttl()), (&[name("x.org")][..], None));
}

#[test]
fn no_such_name_with_records_is_nonsense() {
    let answer: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
    let message = raw(RESPONSE | 3, [1, 1, 0, 0], &[QUESTION, answer]);
    assert!(matches!(decode(&message), Err(Rejected::Malformed { .. })));
}

#[test]
fn bad_data_matters_only_where_it_is_wanted() {
    let short_a: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x03\xc0\0\x02";
    let good_a: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
    let broken_mx: &[u8] = b"\xc0\x0c\0\x0f\0\x01\0\0\0\x3c\0\x01\xff";
    let wanted = raw(RESPONSE, [1, 1, 0, 0], &[QUESTION, short_a]);
    assert_eq!(decode(&wanted), Err(Rejected::Malformed { what: "record data" }));
    let beside = raw(RESPONSE, [1, 2, 1, 1], &[QUESTION, broken_mx, good_a, broken_mx, short_a]);
    let Ok(Response::Final(Outcome::Records(answer))) = decode(&beside) else { panic!() };
    assert_eq!(answer.records(), [record("example.org", 60, a(1))]);
}

#[test]
fn err_pointers_in_circles_and_forwards() {
    let cases: [(&str, &[u8]); 5] = [
        ("at itself", b"\xc0\x1d"),
        ("forwards", b"\xc0\x30"),
        ("past the end", b"\xff\xff"),
        ("with a label in the circle", b"\x01a\xc0\x1d"),
        ("of a reserved kind", b"\x80\x0c"),
    ];
    for (what, owner) in cases {
        // The record begins at offset 29, behind header and question.
        let message = raw(RESPONSE, [1, 1, 0, 0], &[QUESTION, owner, &[0; 10]]);
        let decoded = decode(&message);
        assert_eq!(decoded, Err(Rejected::Malformed { what: "domain name" }), "{what}");
    }
    // In the question, where it makes the message somebody else's.
    let message = raw(RESPONSE, [1, 0, 0, 0], &[b"\xc0\x0c\0\x01\0\x01"]);
    assert_eq!(decode(&message), Err(Rejected::WrongQuestion));
}

#[test]
fn err_more_records_than_the_limit_without_reading_them() {
    let message = raw(RESPONSE, [1, 0xffff, 0xffff, 0xffff], &[QUESTION]);
    assert_eq!(decode(&message), Err(Rejected::TooManyRecords { records: 3 * 0xffff }));
}

/// The worst message for a reader of names: pointers to pointers, thousands deep.
#[test]
fn err_ladder_of_pointers_in_an_owner_and_in_data() {
    // One record of raw data is the ladder; the two behind it stand on its steps.
    let ladder = |step: u16, rtype: &[u8]| {
        let mut message = raw(RESPONSE, [1, 2, 0, 0], &[QUESTION]);
        message.extend(b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c\x3f\0");
        let start = u16::try_from(message.len()).unwrap();
        message.extend(b"\xc0\x0c");
        let steps = (start..).step_by(2).take(0x3f00 / 2 - 1);
        message.extend(steps.flat_map(|at| (0xc000 | at).to_be_bytes()));
        let pointer = (0xc000 | (start + 2 * step)).to_be_bytes();
        let record = match rtype {
            [] => [&pointer[..], b"\0\x10\0\x01\0\0\0\x3c\0\0"].concat(),
            _ => [b"\xc0\x0c", rtype, b"\0\x01\0\0\0\x3c\0\x02", &pointer].concat(),
        };
        message.extend(record);
        message
    };
    for (what, rtype) in [("owner", &b""[..]), ("data", &b"\0\x05"[..])] {
        let high = decode(&ladder(0x3f00 / 2 - 1, rtype));
        assert_eq!(high, Err(Rejected::Malformed { what: "domain name" }), "{what}");
        // A few steps are nothing.
        let low = decode(&ladder(20, rtype));
        assert_ne!(low, Err(Rejected::Malformed { what: "domain name" }), "{what}");
    }
}

#[test]
fn ok_server_truncates_for_datagrams_and_not_for_tcp() {
    let question = ask("example.org", RecordType::TXT);
    let text = Rdata::Txt(Txt::split(&[b'x'; 1000]).unwrap());
    let reply = Reply::Records(vec![record("example.org", 60, text)]);
    let length = |flags, transport| {
        let query = decode_query(&encode_query(9, &question, flags)).unwrap();
        let message = encode_response(&query, &reply, transport);
        let decoded = decode_response(&message, 9, &question, false).unwrap();
        (message.len(), decoded == Response::Truncated)
    };
    assert_eq!(length(PLAIN, Transport::Udp), (29, true));
    assert_eq!(length(EDNS, Transport::Udp), (1056, false));
    let tiny = QueryFlags { edns_payload: Some(0), ..PLAIN };
    assert_eq!(length(tiny, Transport::Udp), (40, true));
    assert_eq!(length(PLAIN, Transport::Tcp), (1045, false));
}

#[test]
fn ok_raw_data_may_be_empty_and_as_long_as_a_message_holds() {
    let tlsa = |len| Rdata::Other(Opaque::new(RecordType::TLSA, vec![7; len]).unwrap());
    let question = ask("example.org", RecordType::TLSA);
    for (len, fits) in [(0, true), (1, true), (65_000, true), (65_535, false)] {
        let record = record("example.org", 60, tlsa(len));
        let message = response(9, &question, &Reply::Records(vec![record.clone()]));
        let decoded = decode_response(&message, 9, &question, false);
        if fits {
            let Ok(Response::Final(outcome)) = decoded else { panic!("{decoded:?}") };
            assert_eq!(outcome.answer().unwrap().records(), [record]);
        } else {
            assert_eq!(decoded, Ok(Response::Failed { rcode: 2 }));
        }
    }
}

#[test]
fn ok_server_fails_where_even_tcp_is_too_small() {
    let question = ask("example.org", RecordType::TXT);
    let text = |n: u8| record("example.org", 60, Rdata::Txt(Txt::split(&[n; 60_000]).unwrap()));
    let message = response(9, &question, &Reply::Records(vec![text(1), text(2)]));
    let decoded = decode_response(&message, 9, &question, false);
    assert_eq!(decoded, Ok(Response::Failed { rcode: 2 }));
}

#[test]
fn server_answers_or_ignores_what_is_no_query() {
    let rcode = |message: &[u8]| match decode_query(message) {
        Err(NotQuery::Answer(octets)) => Some(octets[3] & 0xf),
        Err(NotQuery::Ignore) => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(rcode(b""), None);
    assert_eq!(rcode(&[0; 11]), None);
    // A response is never answered, or two servers could talk for ever.
    assert_eq!(rcode(&raw(0x8100, [1, 0, 0, 0], &[QUESTION])), None);
    assert_eq!(rcode(&raw(0x2800, [1, 0, 0, 0], &[QUESTION])), Some(4));
    assert_eq!(rcode(&raw(0x0100, [0, 0, 0, 0], &[])), Some(1));
    assert_eq!(rcode(&raw(0x0100, [2, 0, 0, 0], &[QUESTION, QUESTION])), Some(1));
    assert_eq!(rcode(&raw(0x0100, [1, 0, 0, 0], &[&QUESTION[..9]])), Some(1));
    // Another class is refused, and the question is repeated as it was.
    let chaos = b"\x07version\x04bind\0\0\x10\0\x03";
    let query = raw(0x0100, [1, 0, 0, 0], &[chaos]);
    assert_eq!(decode_query(&query), Err(NotQuery::Answer(raw(0x8105, [1, 0, 0, 0], &[chaos]))));
    let opt: &[u8] = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";
    assert_eq!(rcode(&raw(0x0100, [1, 0, 0, 2], &[QUESTION, opt, opt])), Some(1));
    // RFC 6891 6.1.3: version 1 is BADVERS, whose lower bits are zero and upper are in the OPT.
    let version_1: &[u8] = b"\0\0\x29\x04\xd0\0\x01\0\0\0\0";
    let query = raw(0x0100, [1, 0, 0, 1], &[QUESTION, version_1]);
    let Err(NotQuery::Answer(octets)) = decode_query(&query) else { panic!() };
    assert_eq!(decode(&octets), Ok(Response::NotUnderstood));
    // The bare answer keeps id and opcode.
    let Err(NotQuery::Answer(octets)) = decode_query(&raw(0x2900, [1, 0, 0, 0], &[QUESTION]))
    else {
        panic!()
    };
    assert_eq!(octets, raw(0xa904, [0; 4], &[]));
}

#[test]
fn refused_is_a_failure_to_the_client() {
    let authority = zones("example.org SOA");
    let question = ask("example.net", RecordType::MX);
    let query = encode_query(3, &question, EDNS);
    let message = authority.respond(&query, Transport::Udp).unwrap();
    let decoded = decode_response(&message, 3, &question, false);
    assert_eq!(decoded, Ok(Response::Failed { rcode: 5 }));
}

fn any_name() -> impl Strategy<Value = Name> {
    let label = prop::collection::vec(any::<u8>(), 1..12);
    prop::collection::vec(label, 0..6).prop_map(|labels| Name::from_labels(labels).unwrap())
}

fn any_rdata() -> impl Strategy<Value = Rdata> {
    let strings = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..4);
    let octets = prop::collection::vec(any::<u8>(), 0..40);
    let numbers = any::<[u32; 5]>();
    prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| Rdata::A(octets.into())),
        any::<[u8; 16]>().prop_map(|octets| Rdata::Aaaa(octets.into())),
        (any::<u16>(), any_name())
            .prop_map(|(preference, exchange)| Rdata::Mx { preference, exchange }),
        strings.prop_map(|strings| Rdata::Txt(Txt::from_strings(strings).unwrap())),
        any_name().prop_map(Rdata::Cname),
        any_name().prop_map(Rdata::Ptr),
        any_name().prop_map(Rdata::Ns),
        (any_name(), any_name(), numbers).prop_map(|(primary, mailbox, [a, b, c, d, e])| {
            Rdata::Soa(mail_dns::Soa {
                primary,
                mailbox,
                serial: a,
                refresh: b,
                retry: c,
                expire: d,
                minimum: e,
            })
        }),
        (any::<[u16; 3]>(), any_name()).prop_map(|([priority, weight, port], target)| {
            Rdata::Srv { priority, weight, port, target }
        }),
        octets.prop_map(|octets| Rdata::Other(Opaque::new(RecordType::TLSA, octets).unwrap())),
    ]
}

proptest! {
    #[test]
    fn round_trip_of_every_record(owner in any_name(), ttl in 0..u32::MAX >> 1, data in any_rdata()) {
        let question = Question::new(owner.clone(), data.rtype());
        let record = Record::new(owner, Ttl::from_secs(ttl), data);
        let message = response(77, &question, &Reply::Records(vec![record.clone()]));
        let decoded = decode_response(&message, 77, &question, false).unwrap();
        let Response::Final(Outcome::Records(answer)) = decoded else { panic!("{decoded:?}") };
        prop_assert_eq!(answer.records(), [record]);
    }

    #[test]
    fn round_trip_of_every_query(id: u16, owner in any_name(), code: u16, payload: Option<u16>) {
        let question = Question::new(owner, RecordType::new(code));
        let flags = QueryFlags { edns_payload: payload, ..PLAIN };
        let query = decode_query(&encode_query(id, &question, flags)).unwrap();
        prop_assert_eq!(query.question(), &question);
    }

    #[test]
    fn flood_of_noise_never_panics(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode(&octets);
        let _ = decode_query(&octets);
    }

    /// Noise behind a header and question that fit, which is what an attacker sends.
    #[test]
    fn flood_of_fitting_noise_never_panics(
        counts in [0u16..2, 0..6, 0..6, 0..6],
        octets in prop::collection::vec(prop_oneof![Just(0), Just(0xc0), Just(12), any::<u8>()], 0..200),
    ) {
        let _ = decode(&raw(RESPONSE, [1, counts[1], counts[2], counts[3]], &[QUESTION, &octets]));
        let _ = decode_query(&raw(0x0100, [1, counts[1], counts[2], counts[3]], &[QUESTION, &octets]));
    }

    /// A good message with one octet changed and its end cut off.
    #[test]
    fn flood_of_damaged_messages_never_panics(data in any_rdata(), at: usize, octet: u8, cut: usize) {
        let question = ask("example.org", RecordType::A);
        let records = vec![
            Record::new(name("example.org"), Ttl::ZERO, Rdata::Cname(name("www.example.org"))),
            Record::new(name("www.example.org"), Ttl::ZERO, data),
        ];
        let mut message = response(0x1234, &question, &Reply::Records(records));
        let len = message.len();
        message[at % len] = octet;
        let _ = decode(&message);
        let _ = decode(&message[..cut % len]);
    }
}
