//! The header of the PROXY protocol as a value, from octets and to them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;

use mail_errors::{Fault, FaultKind};
use mail_wire::proxy::{Error, Header, Transport, Version, tlv};
use proptest::prelude::*;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const PROXY: u8 = 0x21;
const LOCAL: u8 = 0x20;
const TCP4: u8 = 0x11;
const NO_LIMIT: usize = usize::MAX;

/// A header of version 2 around this block, with the length that it has.
fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, block].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind], &u16::try_from(value.len()).unwrap().to_be_bytes()[..], value].concat()
}

/// 192.0.2.1:4660 to 198.51.100.2:25
const FOUR: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0, 25];

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn ok_lines_of_version_1() {
    for (line, source, destination) in [
        (
            "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
            Some("192.168.0.1:56324"),
            Some("192.168.0.11:443"),
        ),
        (
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            Some("255.255.255.255:65535"),
            Some("255.255.255.255:65535"),
        ),
        ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", Some("0.0.0.0:0"), Some("0.0.0.0:0")),
        ("PROXY TCP6 2001:DB8::1 ::1 1 25\r\n", Some("[2001:db8::1]:1"), Some("[::1]:25")),
        (
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
             ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            Some("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
            Some("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
        ),
        ("PROXY UNKNOWN\r\n", None, None),
        ("PROXY UNKNOWN \0whatever \u{e9} it says\r\n", None, None),
        (
            // The longest line there can be.
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
             ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            None,
            None,
        ),
    ] {
        let header = Header::parse(line.as_bytes()).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(header.version(), Version::V1);
        assert_eq!(header.source(), source.map(address), "{line}");
        assert_eq!(header.destination(), destination.map(address), "{line}");
        assert_eq!(header.transport(), source.map(|_| Transport::Stream));
        assert!(!header.is_local() && !header.is_checked() && header.tlvs().next().is_none());
    }
}

#[test]
fn err_lines_that_only_look_like_version_1() {
    for (line, offset) in [
        ("PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n", 6),
        ("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", 6),
        ("PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", 6),
        ("PROXY UNKNOWNS\r\n", 6),
        ("PROXY UNKNOWN\t\r\n", 13),
        ("PROXY \r\n", 6),
        ("PROXY TCP4\r\n", 10),
        ("PROXY TCP4 1.2.3.4\r\n", 18),
        ("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", 11),
        ("PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n", 11),
        ("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", 11),
        ("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n", 11),
        ("PROXY TCP4 ::1 1.2.3.4 1 2\r\n", 11),
        ("PROXY TCP6 ::1 1.2.3.4 1 2\r\n", 15),
        ("PROXY TCP6 ::1%1 ::1 1 2\r\n", 14),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", 27),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", 27),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n", 27),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", 29),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", 30),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", 30),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", 30),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx", 30),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n", 30),
        ("PROXY UNKNOWN a\nb\r\n", 15),
        ("PROXY UNKNOWN\r\nQUIT", 15),
    ] {
        let error = Header::parse(line.as_bytes()).unwrap_err();
        let Error::Malformed(malformed) = &error else { panic!("{line}: {error}") };
        assert_eq!(malformed.offset(), offset, "{line}: {error}");
        assert_eq!(error.kind(), FaultKind::Malformed);
    }
}

#[test]
fn err_what_begins_with_something_else() {
    for (input, offset) in [
        (&b"EHLO client.example\r\n"[..], 0),
        (b"PROXX TCP4", 4),
        (b"proxy TCP4", 0),
        (b"\x16\x03\x01\x02\x00\x01", 0),
        (b"\r\n\r\n\0\r\nQUIX", 10),
        (b"\r\nPROXY UNKNOWN\r\n", 2),
    ] {
        let expected = Error::NoHeader { offset };
        assert_eq!(Header::read(input, NO_LIMIT), Err(expected.clone()));
        // It is said as soon as it is certain, and not before.
        for at in 0..input.len() {
            let read = Header::read(&input[..at], NO_LIMIT);
            let certain = if at > offset { Err(expected.clone()) } else { Ok(None) };
            assert_eq!(read, certain, "after {at} octets of {input:?}");
        }
    }
}

#[test]
fn ok_families_of_version_2() {
    let header = Header::parse(&v2(PROXY, TCP4, FOUR)).unwrap();
    assert_eq!(
        header,
        Header::new(Version::V2, address("192.0.2.1:4660"), address("198.51.100.2:25"))
    );
    assert_eq!(header.transport(), Some(Transport::Stream));

    let header = Header::parse(&v2(PROXY, 0x12, FOUR)).unwrap();
    assert_eq!(header.source(), Some(address("192.0.2.1:4660")));
    assert_eq!(header.transport(), Some(Transport::Datagram));

    let mut six = [0; 36];
    (six[0], six[15], six[31], six[33], six[35]) = (0x20, 1, 2, 5, 25);
    let header = Header::parse(&v2(PROXY, 0x21, &six)).unwrap();
    assert_eq!(header.source(), Some(address("[2000::1]:5")));
    assert_eq!(header.destination(), Some(address("[::2]:25")));

    let mut paths = [0; 216];
    paths[..8].copy_from_slice(b"/run/one");
    paths[108..].fill(b'x');
    let header = Header::parse(&v2(PROXY, 0x31, &paths)).unwrap();
    assert_eq!(header.paths(), Some((&b"/run/one"[..], &[b'x'; 108][..])));
    assert_eq!((header.source(), header.transport()), (None, Some(Transport::Stream)));
    // What stands behind a path is nothing; a name without a file begins with NUL.
    paths[9..20].fill(b'?');
    paths[108..].fill(0);
    paths[109..113].copy_from_slice(b"name");
    let header = Header::parse(&v2(PROXY, 0x32, &paths)).unwrap();
    assert_eq!(header.paths(), Some((&b"/run/one"[..], &b"\0name"[..])));
    assert_eq!(header.transport(), Some(Transport::Datagram));
}

#[test]
fn ok_connections_of_which_nothing_is_told() {
    // Section 2.2: LOCAL "must discard the protocol block including the family".
    for (family, block) in
        [(0, &b""[..]), (TCP4, FOUR), (TCP4, b"short"), (0xff, b"\x03\0\x04none")]
    {
        let header = Header::parse(&v2(LOCAL, family, block)).unwrap();
        assert_eq!(header, Header::local());
        assert!(header.is_local() && header.source().is_none());
    }
    // "The receiver should ignore address information."
    for (family, block) in [(0, &b""[..]), (0x10, FOUR), (0x01, FOUR), (0x00, FOUR), (0x30, b"?")] {
        let header = Header::parse(&v2(PROXY, family, block)).unwrap();
        assert_eq!(header, Header::unknown(Version::V2), "{family:#x}");
        assert!(!header.is_local() && header.source().is_none());
    }
    let header = Header::parse(&v2(PROXY, 0, &tlv(tlv::AUTHORITY, b"mx.example"))).unwrap();
    assert_eq!(header.authority(), Some("mx.example"));
}

#[test]
fn ok_what_is_told_beside_the_addresses() {
    let ssl = [
        &[0x03, 0, 0, 0, 0][..],
        &tlv(tlv::SSL_VERSION, b"TLSv1.3"),
        &tlv(tlv::SSL_COMMON_NAME, b"client.example"),
        &tlv(tlv::SSL_CIPHER, b"ECDHE-RSA-AES128-GCM-SHA256"),
        &tlv(tlv::SSL_KEY_ALGORITHM, b"RSA2048"),
    ]
    .concat();
    let block = [
        FOUR,
        &tlv(tlv::NOOP, b"  "),
        &tlv(tlv::ALPN, b"smtp"),
        &tlv(tlv::AUTHORITY, b"mx.example"),
        &tlv(tlv::UNIQUE_ID, &[0xff; 128]),
        &tlv(tlv::SSL, &ssl),
        &tlv(0xe0, b"ours"),
    ]
    .concat();
    let header = Header::parse(&v2(PROXY, TCP4, &block)).unwrap();
    assert_eq!(header.alpn(), Some(&b"smtp"[..]));
    assert_eq!(header.authority(), Some("mx.example"));
    assert_eq!(header.unique_id(), Some(&[0xff; 128][..]));
    let ssl = header.ssl().unwrap();
    assert!(ssl.is_tls() && ssl.has_certificate() && !ssl.had_certificate() && ssl.is_verified());
    assert_eq!(ssl.version(), Some("TLSv1.3"));
    assert_eq!(ssl.cipher(), Some("ECDHE-RSA-AES128-GCM-SHA256"));
    assert_eq!(ssl.common_name(), Some("client.example"));
    assert_eq!(ssl.tlvs().count(), 4);
    let kinds: Vec<u8> = header.tlvs().map(|tlv| tlv.kind()).collect();
    assert_eq!(kinds, [4, 1, 2, 5, 0x20, 0xe0]);
    assert_eq!(header.tlvs().last().unwrap().value(), b"ours");
}

#[test]
fn certificate_is_verified_only_if_there_was_one() {
    for (client, verify, verified) in [(1, 0, false), (3, 0, true), (5, 0, true), (7, 1, false)] {
        let value = [client, 0, 0, 0, verify];
        let block = [FOUR, &tlv(tlv::SSL, &value)].concat();
        let header = Header::parse(&v2(PROXY, TCP4, &block)).unwrap();
        assert_eq!(header.ssl().unwrap().is_verified(), verified, "{client} {verify}");
    }
}

#[test]
fn err_lying_lengths_and_values_of_version_2() {
    let four = |more: &[u8]| v2(PROXY, TCP4, &[FOUR, more].concat());
    for (input, offset) in [
        (v2(PROXY, TCP4, &FOUR[..11]), 26),
        (v2(PROXY, TCP4, b""), 16),
        (v2(PROXY, 0x21, FOUR), 16),
        (v2(PROXY, 0x31, &[0; 215]), 124),
        // A command, a family and a transport that there are not.
        (v2(0x22, TCP4, FOUR), 12),
        (v2(0x2f, TCP4, FOUR), 12),
        (v2(PROXY, 0x41, FOUR), 13),
        (v2(PROXY, 0x13, FOUR), 13),
        (v2(PROXY, 0xf0, FOUR), 13),
        // TLVs that are cut, or say that they are longer than they are.
        (four(&[1]), 28),
        (four(&[1, 0]), 28),
        (four(&[1, 0, 2, b'x']), 28),
        (four(&[&tlv(tlv::NOOP, b"")[..], &[1, 0xff, 0xff]].concat()), 31),
        // Values that are none.
        (four(&tlv(tlv::CRC32C, b"123")), 28),
        (four(&tlv(tlv::CRC32C, b"12345")), 28),
        (four(&[tlv(tlv::CRC32C, b"1234"), tlv(tlv::CRC32C, b"1234")].concat()), 35),
        (four(&tlv(tlv::UNIQUE_ID, &[b'x'; 129])), 28),
        (four(&tlv(tlv::SSL, &[0; 4])), 28),
        (four(&tlv(tlv::SSL, &[1, 0, 0, 0, 0, tlv::SSL_VERSION, 0, 9, b'x'])), 28),
    ] {
        let error = Header::parse(&input).unwrap_err();
        let Error::Malformed(malformed) = &error else { panic!("{input:x?}: {error}") };
        assert_eq!(malformed.offset(), offset, "{input:x?}: {error}");
    }
    assert_eq!(Header::parse(&v2(0x11, TCP4, FOUR)), Err(Error::Version { version: 1 }));
    assert_eq!(Header::parse(&v2(0x31, TCP4, FOUR)), Err(Error::Version { version: 3 }));
    let long = [&v2(PROXY, TCP4, FOUR)[..], b"x"].concat();
    assert!(matches!(Header::parse(&long), Err(Error::Malformed(e)) if e.offset() == 28));
    let mut lying = v2(PROXY, TCP4, FOUR);
    lying[15] += 1;
    assert_eq!(Header::parse(&lying), Err(Error::Truncated { received: 28 }));
}

#[test]
fn ok_read_as_soon_as_it_is_there_and_no_further() {
    let headers = [
        b"PROXY TCP4 192.0.2.1 198.51.100.2 4660 25\r\n".to_vec(),
        b"PROXY UNKNOWN\r\n".to_vec(),
        v2(PROXY, TCP4, FOUR),
        v2(LOCAL, 0, b""),
        v2(PROXY, TCP4, &[FOUR, &tlv(tlv::NOOP, &[b'\n'; 300])].concat()),
    ];
    for wire in headers {
        let header = Header::parse(&wire).unwrap();
        let followed = [&wire[..], b"\r\nEHLO client.example\r\n"].concat();
        for at in 0..followed.len() {
            let read = Header::read(&followed[..at], NO_LIMIT);
            let there = (at >= wire.len()).then(|| (header.clone(), wire.len()));
            assert_eq!(read, Ok(there), "after {at} octets");
            if at < wire.len() {
                let truncated = Err(Error::Truncated { received: at });
                assert_eq!(Header::parse(&wire[..at]), truncated);
            }
        }
    }
}

#[test]
fn err_line_over_107_octets() {
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(91));
    assert_eq!(longest.len(), 107);
    assert!(Header::parse(longest.as_bytes()).is_ok());
    let over = format!("PROXY UNKNOWN {}\r\n", "x".repeat(92));
    let too_long = Error::TooLong { limit: 107 };
    assert_eq!(too_long.kind(), FaultKind::LimitExceeded);
    assert_eq!(Header::parse(over.as_bytes()), Err(too_long.clone()));
    assert_eq!(Header::read(&over.as_bytes()[..105], NO_LIMIT), Ok(None));
    assert_eq!(Header::read(&over.as_bytes()[..106], NO_LIMIT), Err(too_long));
}

#[test]
fn err_length_over_the_limit_is_not_waited_for() {
    let wire = v2(PROXY, TCP4, &[FOUR, &tlv(tlv::NOOP, &[0; 100])].concat());
    let limit = wire.len();
    assert!(Header::read(&wire, limit).unwrap().is_some());
    let limit = limit - 1;
    assert_eq!(Header::read(&wire[..15], limit), Ok(None));
    assert_eq!(Header::read(&wire[..16], limit), Err(Error::TooLong { limit }));
}

#[test]
fn err_any_bit_wrong_in_a_header_with_a_checksum() {
    let header = Header::new(Version::V2, address("192.0.2.1:4660"), address("198.51.100.2:25"))
        .with_tlv(tlv::AUTHORITY, b"mx.example")
        .and_then(Header::with_checksum)
        .unwrap();
    let mut wire = Vec::new();
    header.encode(&mut wire);
    assert!(Header::parse(&wire).unwrap().is_checked());
    for bit in 0..wire.len() * 8 {
        let mut wrong = wire.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        match Header::parse(&wrong) {
            Err(_) => {}
            // A connection of which nothing is told; no lie comes through.
            Ok(told) if matches!(bit / 8, 12 | 13) => {
                assert!(told.source().is_none() && told.tlvs().next().is_none(), "bit {bit}");
            }
            // Something else than a checksum.
            Ok(told) => {
                assert_eq!(bit / 8, wire.len() - 7, "bit {bit}");
                assert!(!told.is_checked());
            }
        }
    }
    let checksum = wire.len() - 1;
    wire[checksum] ^= 1;
    let error = Header::parse(&wire).unwrap_err();
    assert!(matches!(error, Error::Checksum { told, computed } if told == computed ^ 1), "{error}");
    assert_eq!(error.kind(), FaultKind::Malformed);
}

/// The checksum is computed over zeros wherever it stands.
#[test]
fn ok_checksum_in_front_of_other_values() {
    let mut wire = Vec::new();
    let header = Header::new(Version::V2, address("192.0.2.1:1"), address("192.0.2.2:2"));
    header.clone().with_checksum().unwrap().encode(&mut wire);
    // CRC is linear: what comes behind it in a longer header needs a checksum of its own.
    assert_eq!(wire.len(), 16 + 12 + 7);
    let block = [&wire[16..28], &tlv(tlv::CRC32C, &[0; 4]), &tlv(tlv::ALPN, b"pop3")].concat();
    let wrong = v2(PROXY, TCP4, &block);
    let Err(Error::Checksum { computed, .. }) = Header::parse(&wrong) else {
        panic!("no checksum")
    };
    let mut right = wrong;
    right[31..35].copy_from_slice(&computed.to_be_bytes());
    let read = Header::parse(&right).unwrap();
    let expected = header.with_tlv(tlv::ALPN, b"pop3").and_then(Header::with_checksum).unwrap();
    assert_eq!(read, expected);
}

#[test]
fn err_what_no_header_can_tell() {
    let v1 = Header::new(Version::V1, address("192.0.2.1:1"), address("192.0.2.2:2"));
    let v2 = Header::new(Version::V2, address("192.0.2.1:1"), address("192.0.2.2:2"));
    assert!(v1.clone().with_tlv(tlv::NOOP, b"").is_err());
    assert!(v1.clone().with_checksum().is_err());
    assert!(v1.datagrams().is_err());
    assert!(Header::local().with_checksum().is_err());
    assert!(Header::local().with_tlv(tlv::NOOP, b"").is_err());
    assert!(Header::unknown(Version::V2).datagrams().is_err());
    assert!(v2.clone().with_tlv(tlv::CRC32C, &[0; 4]).is_err());
    assert!(v2.clone().with_tlv(tlv::UNIQUE_ID, &[0; 129]).is_err());
    assert!(v2.clone().with_tlv(tlv::SSL, &[0; 3]).is_err());
    assert!(v2.clone().with_tlv(tlv::NOOP, &[0; 65_312 - 3]).is_ok());
    assert!(v2.with_tlv(tlv::NOOP, &[0; 65_312 - 2]).is_err());
    assert!(Header::unix(&[b'x'; 109], b"").is_err());
    assert!(Header::unix(b"/run/x\0y", b"").is_err());
    assert!(Header::unix(b"\0name\0", b"").is_err());
}

#[test]
fn one_family_for_both_addresses() {
    for version in [Version::V1, Version::V2] {
        let header = Header::new(version, address("192.0.2.1:1"), address("[2001:db8::2]:2"));
        assert_eq!(header.source(), Some(address("[::ffff:192.0.2.1]:1")));
        let mut wire = Vec::new();
        header.encode(&mut wire);
        assert_eq!(Header::parse(&wire), Ok(header));
    }
}

fn addresses() -> impl Strategy<Value = (SocketAddr, SocketAddr)> {
    let four = || any::<([u8; 4], u16)>().prop_map(SocketAddr::from);
    let six = || any::<([u16; 8], u16)>().prop_map(SocketAddr::from);
    prop_oneof![(four(), four()), (six(), six()), (four(), six()), (six(), four())]
}

fn header() -> impl Strategy<Value = Header> {
    let path = || "(/[a-z/]{0,107}|\0[a-z]{1,50}|)";
    let ip = (addresses(), any::<bool>(), any::<bool>()).prop_map(|((a, b), text, datagrams)| {
        let version = if text { Version::V1 } else { Version::V2 };
        let header = Header::new(version, a, b);
        if datagrams && !text { header.datagrams().unwrap() } else { header }
    });
    let unix =
        (path(), path()).prop_map(|(a, b)| Header::unix(a.as_bytes(), b.as_bytes()).unwrap());
    let nothing = prop_oneof![
        Just(Header::local()),
        Just(Header::unknown(Version::V1)),
        Just(Header::unknown(Version::V2))
    ];
    let tlvs = proptest::collection::vec((any::<u8>(), any::<Vec<u8>>()), 0..5);
    (prop_oneof![ip, unix, nothing], tlvs, any::<bool>()).prop_map(|(mut header, tlvs, checked)| {
        for (kind, value) in tlvs {
            header = header.clone().with_tlv(kind, &value).unwrap_or(header);
        }
        if checked { header.clone().with_checksum().unwrap_or(header) } else { header }
    })
}

proptest! {
    #[test]
    fn ok_every_header_comes_back(header in header()) {
        let mut wire = Vec::new();
        header.encode(&mut wire);
        prop_assert_eq!(Header::parse(&wire), Ok(header));
        if wire.starts_with(b"P") {
            prop_assert!(wire.len() <= 107 && wire.ends_with(b"\r\n"));
        }
    }
}
