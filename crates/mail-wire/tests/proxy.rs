//! Sessions behind a header of the PROXY protocol.
#![cfg(feature = "test-util")]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "helpers of tests")]

mod chat;

use std::{net::IpAddr, time::Duration};

use bytes::Buf;
use chat::{Chat, ChatError, Event as Said, echo};
use mail_errors::{Fault, FaultKind};
use mail_wire::{
    Goodbye, Next, Session,
    proxy::{
        Error, Event, Header, Limits, Network, Preceded, PrecededError, Trusted, Version, tlv,
    },
    testing::{Act, contract, cut_everywhere, start},
};

fn headers() -> [Header; 4] {
    let [source, destination] =
        ["198.51.100.22:35646", "203.0.113.7:25"].map(|a| a.parse().unwrap());
    [
        Header::new(Version::V1, source, destination),
        Header::new(Version::V2, source, destination)
            .with_tlv(tlv::AUTHORITY, b"mx.example")
            .and_then(Header::with_checksum)
            .unwrap(),
        Header::local(),
        Header::unknown(Version::V1),
    ]
}

fn wire(header: &Header) -> Vec<u8> {
    let mut wire = Vec::new();
    header.encode(&mut wire);
    wire
}

fn act(session: &mut Preceded<Chat>, event: Event<Said>) -> Act {
    if let Event::Session(event) = &event {
        echo(session.get_mut(), event);
    }
    Act::log(&event)
}

fn expecting(session: Chat) -> Preceded<Chat> {
    Preceded::expecting(session, Limits::default())
}

/// Asks until there is nothing to tell, and returns what there was. Every other answer is told again.
fn told<S: Session>(session: &mut S) -> Vec<S::Event> {
    let mut told = Vec::new();
    while let Ok(Next::Event(event)) = session.next_event(start()) {
        told.push(event);
    }
    told
}

#[test]
fn ok_header_and_commands_in_any_pieces() {
    for header in headers() {
        let script = [&wire(&header)[..], b"one\r\ntwo\r\nTLS\r\n"].concat();
        contract(|| (expecting(Chat::default()), act), &[&script, b"three\r\nBYE\r\n"]);
        contract(|| (expecting(Chat::implicit()), act), &[&wire(&header), b"three\r\nBYE\r\n"]);

        let script = [&wire(&header)[..], b"one\r\nBYE\r\n"].concat();
        let replay = cut_everywhere(|| (expecting(Chat::default()), act), &[&script], false);
        assert_eq!(replay.text(), "one\r\nBYE\r\n");
        assert_eq!(replay.log[0], format!("{:?}", Event::<Said>::Header(header)));
        assert_eq!(replay.log[1..], [r#"Session(Line("one"))"#, r#"Session(Line("BYE"))"#]);
    }
}

#[test]
fn err_the_same_however_it_comes() {
    for input in ["PROXY TCP4 192.0.2.1\nEHLO c\r\n", "PROXY UNKNOWN\r\rEHLO c\r\n", "EHLO c\r\n"] {
        contract(|| (expecting(Chat::default()), act), &[input.as_bytes()]);
    }
}

#[test]
fn without_a_header_octets_pass() {
    contract(
        || (Preceded::direct(Chat::default()), act),
        &[b"one\r\ntwo\r\nTLS\r\n", b"three\r\n"],
    );
}

#[test]
fn header_is_told_before_the_session_is_asked() {
    for header in headers() {
        let mut session = expecting(Chat::implicit());
        assert!(matches!(session.next_event(start()), Ok(Next::NeedInput { until: Some(_) })));
        session.buffers().0.extend_from_slice(&wire(&header));
        assert_eq!(
            session.next_event(start()).unwrap(),
            Next::Event(Event::Header(header.clone()))
        );
        assert_eq!(session.header(), Some(&header));
        assert!(session.buffers().1.is_empty());
        // Only now does TLS begin.
        assert!(matches!(session.next_event(start()), Ok(Next::Upgrade { .. })));
    }
}

#[test]
fn ok_another_session_for_this_client() {
    let mut session = expecting(Chat::default());
    let header = &headers()[0];
    session.buffers().0.extend_from_slice(&[&wire(header)[..], b"one\r\n"].concat());
    let Next::Event(Event::Header(_)) = session.next_event(start()).unwrap() else { panic!() };
    // A driver may look at the buffers in between, and say that the peer is done.
    assert!(session.buffers().1.is_empty());
    session.buffers().0.extend_from_slice(b"two\r\n");
    session.recv_eof();
    let mut other = Chat::default();
    other.say("we do not know you");
    *session.get_mut() = other;
    assert_eq!(
        told(&mut session),
        ["one", "two"].map(|line| Event::Session(Said::Line(line.into())))
    );
    assert_eq!(session.next_event(start()).unwrap(), Next::Closed);
    assert_eq!(session.buffers().1.chunk(), b"we do not know you\r\n");
}

#[test]
fn err_header_from_a_peer_that_is_not_trusted() {
    let trusted = Trusted::new([Network::parse("192.0.2.0/24").unwrap()]);
    let at_door = |peer: &str| {
        let peer: IpAddr = peer.parse().unwrap();
        let mut session = Preceded::at_door(Chat::default(), peer, &trusted, Limits::default());
        session.buffers().0.extend_from_slice(b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n");
        told(&mut session)
    };
    assert!(matches!(&at_door("192.0.2.7")[..], [Event::Header(_)]));
    // It is one of the session's lines, and no good one.
    let line = Said::Line("PROXY TCP4 10.0.0.1 10.0.0.2 1 2".into());
    assert_eq!(at_door("192.0.3.7"), [Event::Session(line)]);
}

/// Asserts that this ends in this error, says nothing, holds nothing, and stays so.
fn fails(input: &[u8], eof: bool, later: Duration, limits: Limits) -> Error {
    let mut chat = Chat::default();
    chat.say("what must not be sent");
    let mut session = Preceded::expecting(chat, limits);
    let _ = session.next_event(start()).unwrap();
    session.buffers().0.extend_from_slice(input);
    if eof {
        session.recv_eof();
    }
    let now = start() + later;
    let Err(PrecededError::Proxy(error)) = session.next_event(now) else { panic!("{input:?}") };
    for _ in 0..3 {
        assert!(session.buffers().1.is_empty(), "something is answered");
        assert!(session.buffers().0.is_empty() && session.buffers().0.capacity() <= 2048);
        session.recv_eof();
        session.close(Goodbye::Done);
        let again = session.next_event(now + later).unwrap_err();
        assert_eq!(again, PrecededError::Proxy(error.clone()));
        assert_eq!(again.kind(), error.kind());
    }
    error
}

#[test]
fn err_nothing_is_answered_to_what_is_no_header() {
    let fails = |input: &[u8]| fails(input, false, Duration::ZERO, Limits::default()).kind();
    assert_eq!(fails(b"EHLO client.example\r\n"), FaultKind::Malformed);
    assert_eq!(fails(&[b'x'; 100_000]), FaultKind::Malformed);
    assert_eq!(fails(b"PROXY TCP4 what\r\n"), FaultKind::Malformed);
    assert_eq!(fails(&[&b"PROXY "[..], &[b'x'; 100_000]].concat()), FaultKind::LimitExceeded);
    let long = [&wire(&headers()[1])[..14], &[0xff, 0xff]].concat();
    assert_eq!(fails(&long), FaultKind::LimitExceeded);
    let mut lying = wire(&headers()[1]);
    lying[15] -= 1;
    assert_eq!(fails(&lying), FaultKind::Malformed);
}

#[test]
fn err_limit_of_the_header() {
    let header = wire(&headers()[1]);
    let limits = Limits { header: header.len(), ..Limits::default() };
    let mut session = Preceded::expecting(Chat::default(), limits);
    session.buffers().0.extend_from_slice(&header);
    assert!(matches!(session.next_event(start()), Ok(Next::Event(Event::Header(_)))));
    let limit = header.len() - 1;
    let limits = Limits { header: limit, ..Limits::default() };
    assert_eq!(fails(&header, false, Duration::ZERO, limits), Error::TooLong { limit });
}

#[test]
fn err_silence_and_headers_that_end_too_early() {
    let limits = Limits::default();
    for header in headers() {
        let wire = wire(&header);
        for received in 0..wire.len() {
            let head = &wire[..received];
            let truncated = fails(head, true, Duration::ZERO, limits);
            assert_eq!(truncated, Error::Truncated { received });
            assert_eq!(truncated.kind(), FaultKind::Disconnected);
            let late = fails(head, false, limits.time, limits);
            assert_eq!(late, Error::TimedOut { received });
            assert_eq!(late.kind(), FaultKind::TimedOut);
        }
    }
}

#[test]
fn err_octet_by_octet_is_no_excuse() {
    let mut session = expecting(Chat::default());
    let begin = start();
    let until = session.next_event(begin).unwrap().until().unwrap();
    assert_eq!(until, begin + Limits::default().time);
    for (nth, octet) in (1..).zip(wire(&headers()[0]).into_iter().take(40)) {
        session.buffers().0.extend_from_slice(&[octet]);
        let now = begin + nth * Duration::from_millis(100);
        assert_eq!(session.next_event(now).unwrap().until(), Some(until));
    }
    let error = session.next_event(until).unwrap_err();
    assert_eq!(error, PrecededError::Proxy(Error::TimedOut { received: 40 }));
}

#[test]
fn the_time_of_the_header_is_not_that_of_the_session() {
    let mut session = expecting(Chat::default());
    let begin = start();
    let _ = session.next_event(begin).unwrap();
    session.buffers().0.extend_from_slice(&wire(&headers()[0]));
    let late = begin + Limits::default().time - Duration::from_millis(1);
    assert!(matches!(session.next_event(late), Ok(Next::Event(_))));
    let until = session.next_event(late).unwrap().until().unwrap();
    assert_eq!(until, late + Duration::from_secs(5), "the session's own time begins now");
    let error = session.next_event(until).unwrap_err();
    assert_eq!(error, PrecededError::Session(ChatError::Timeout));
}

#[test]
fn closes_before_and_behind_the_header() {
    let mut session = expecting(Chat::default());
    session.close(Goodbye::Shutdown);
    for _ in 0..2 {
        assert_eq!(session.next_event(start()).unwrap(), Next::Closed);
        assert!(session.buffers().1.is_empty());
    }
    let mut session = expecting(Chat::default());
    session.buffers().0.extend_from_slice(&wire(&headers()[0]));
    assert!(matches!(session.next_event(start()), Ok(Next::Event(_))));
    session.close(Goodbye::Overloaded);
    // The session inside heard of it, and may still say why.
    assert_eq!(session.next_event(start()).unwrap(), Next::Closed);
}

#[cfg(feature = "rustls")]
mod tls {
    use std::sync::Arc;

    use mail_wire::layered::Layered;
    use rustls::{ClientConfig, RootCertStore, ServerConfig};

    use super::*;

    fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
        let made = rcgen::generate_simple_self_signed(["mx.example".to_owned()]).unwrap();
        let key = made.signing_key.serialize_der();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let server = ServerConfig::builder().with_no_client_auth();
        let server = server.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        (server.into(), client.into())
    }

    type Server = Preceded<Layered<Chat>>;
    type Client = Layered<Chat>;

    /// Lets both talk until the client has heard something, or both are at rest.
    fn talk(client: &mut Client, server: &mut Server) -> Option<Said> {
        loop {
            let mut moved = false;
            for event in told(server) {
                moved = true;
                if let Event::Session(event) = event {
                    echo(server.get_mut().get_mut(), &event);
                }
            }
            if let Ok(Next::Event(event)) = client.next_event(start()) {
                return Some(event);
            }
            moved |= carry(client, server, usize::MAX) > 0;
            moved |= carry(server, client, usize::MAX) > 0;
            if !moved {
                return None;
            }
        }
    }

    fn carry(from: &mut impl Session, to: &mut impl Session, most: usize) -> usize {
        let out = from.buffers().1;
        let octets = out.remaining().min(most);
        let piece = out.copy_to_bytes(octets);
        to.buffers().0.extend_from_slice(&piece);
        octets
    }

    /// The header and what comes behind it, cut after each octet: TLS from the start, and a command
    /// with STARTTLS behind it.
    #[test]
    fn ok_header_client_hello_and_ehlo_cut_at_every_offset() {
        let (server_tls, client_tls) = configs();
        for header in [&headers()[0], &headers()[1]] {
            for implicit in [true, false] {
                let chat = || if implicit { Chat::implicit() } else { Chat::default() };
                let mut at = 0;
                loop {
                    let mut client =
                        Layered::client(chat(), client_tls.clone(), "mx.example").unwrap();
                    header.encode(client.buffers().1);
                    if !implicit {
                        client.get_mut().say("EHLO client.example");
                    }
                    assert!(matches!(client.next_event(start()), Ok(Next::NeedInput { .. })));
                    let flight = client.buffers().1.len();
                    assert!(flight > wire(header).len() + 20);
                    let server = Layered::server(chat(), server_tls.clone(), None);
                    let mut server = Preceded::expecting(server, Limits::default());
                    assert_eq!(carry(&mut client, &mut server, at), at.min(flight));
                    let first = if implicit {
                        Said::Secure
                    } else {
                        Said::Line("EHLO client.example".into())
                    };
                    assert_eq!(talk(&mut client, &mut server), Some(first), "cut at {at}");
                    assert_eq!(server.header(), Some(header), "cut at {at}");
                    if !implicit {
                        client.get_mut().say("TLS");
                        assert_eq!(talk(&mut client, &mut server), Some(Said::Line("go".into())));
                        client.get_mut().start_tls();
                        assert_eq!(talk(&mut client, &mut server), Some(Said::Secure));
                    }
                    client.get_mut().say("hello");
                    assert_eq!(talk(&mut client, &mut server), Some(Said::Line("hello".into())));
                    if at >= flight {
                        break;
                    }
                    at += 1;
                }
            }
        }
    }

    /// What comes with the header in one read is in front of TLS, like anything else.
    #[test]
    fn err_command_between_the_header_and_the_handshake() {
        let (server_tls, _) = configs();
        let server = Layered::server(Chat::implicit(), server_tls, None);
        let mut server = Preceded::expecting(server, Limits::default());
        let script = [&wire(&headers()[0])[..], b"EHLO client.example\r\n"].concat();
        server.buffers().0.extend_from_slice(&script);
        assert_eq!(told(&mut server).len(), 1);
        let ended = server.next_event(start());
        assert!(matches!(ended, Err(PrecededError::Session(_))), "{ended:?}");
    }
}

/// Where TLS is the caller's, what came behind the header is in front of it if nobody took it.
#[test]
fn err_command_in_front_of_tls() {
    let mut session = expecting(Chat::implicit());
    let script = [&wire(&headers()[0])[..], b"one\r\n"].concat();
    session.buffers().0.extend_from_slice(&script);
    assert_eq!(told(&mut session).len(), 1);
    let next = session.next_event(start());
    let Ok(Next::Upgrade { to, .. }) = next else { panic!("{next:?}") };
    assert_eq!(&**session.buffers().0, b"one\r\n");
    let _ = session.upgraded(mail_wire::testing::pretend(to));
    assert_eq!(session.next_event(start()), Err(PrecededError::Session(ChatError::Injected)));
}

/// The drivers need to know nothing of it.
#[test]
fn ok_blocking_driver() {
    use std::{
        io::{Read, Write},
        net::{Shutdown, TcpListener, TcpStream},
    };

    use mail_wire::drive::{Driven, blocking::drive};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let script = [&wire(&headers()[0])[..], b"one\r\nBYE\r\n"].concat();
    peer.write_all(&script).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    let mut session = expecting(Chat::default());
    let mut log = Vec::new();
    while let Driven::Event(event) = drive(&mut session, &mut stream, None).unwrap() {
        log.push(act(&mut session, event));
    }
    assert_eq!(log.len(), 3, "{log:?}");
    let mut said = String::new();
    peer.read_to_string(&mut said).unwrap();
    assert_eq!(said, "one\r\nBYE\r\n");
}
