//! TLS as a layer, both ends, with real handshakes.
#![cfg(all(feature = "rustls", feature = "test-util"))]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "helpers of tests")]

mod chat;

use std::{sync::Arc, time::Duration};

use bytes::{Buf, Bytes};
use chat::{Chat, Event, UNSENT, echo};
use mail_errors::{Fault, FaultKind};
use mail_wire::{
    Goodbye, Next, Session, TlsVersion,
    layered::{Layered, LayeredError},
    testing::{Happening, Pair},
};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion, version};

struct Certified {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    der: Bytes,
}

fn certified(versions: &[&'static SupportedProtocolVersion]) -> Certified {
    let made = rcgen::generate_simple_self_signed(["mx.example".to_owned()]).unwrap();
    let der = made.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(der.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Certified { server: server.into(), client: client.into(), der: Bytes::copy_from_slice(&der) }
}

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

fn pair(client: Chat, server: Chat, made: &Certified) -> Pair<Layered<Chat>, Layered<Chat>> {
    let client = Layered::client(client, made.client.clone(), "mx.example").unwrap();
    Pair::new(client, Layered::server(server, made.server.clone(), Some(made.der.clone())))
}

/// Lets the server echo until the client has told `count` events.
fn client_events(pair: &mut Pair<Layered<Chat>, Layered<Chat>>, count: usize) -> Vec<Event> {
    let mut told = Vec::new();
    while told.len() < count {
        match pair.step() {
            Happening::Server(event) => echo(pair.server.get_mut(), &event),
            Happening::Client(event) => told.push(event),
            other => panic!("{other:?} after {told:?}"),
        }
    }
    told
}

fn line(text: &str) -> Event {
    Event::Line(text.into())
}

#[test]
fn ok_implicit_tls_in_any_pieces() {
    let made = certified(BOTH);
    for octets in [1, 2, 17, 1000, usize::MAX] {
        let mut pair = pair(Chat::implicit(), Chat::implicit(), &made).carrying(octets);
        assert_eq!(client_events(&mut pair, 1), [Event::Secure]);
        pair.client.get_mut().say("hello");
        assert_eq!(client_events(&mut pair, 1), [line("hello")]);
    }
}

#[test]
fn ok_upgrade_in_mid_connection() {
    let made = certified(BOTH);
    for octets in [1, 5, usize::MAX] {
        let mut pair = pair(Chat::default(), Chat::default(), &made).carrying(octets);
        pair.client.get_mut().say("TLS");
        assert_eq!(client_events(&mut pair, 1), [line("go")]);
        pair.client.get_mut().start_tls();
        assert_eq!(client_events(&mut pair, 1), [Event::Secure]);
        pair.client.get_mut().say("now in secret");
        assert_eq!(client_events(&mut pair, 1), [line("now in secret")]);
    }
}

#[test]
fn both_ends_know_the_same_of_it() {
    for (versions, known) in [(&[&version::TLS13][..], true), (&[&version::TLS12][..], false)] {
        let made = certified(versions);
        let mut pair = pair(Chat::implicit(), Chat::implicit(), &made);
        client_events(&mut pair, 1);
        pair.client.get_mut().say("x");
        client_events(&mut pair, 1);
        let client = pair.client.get_ref().tls.clone().unwrap();
        let server = pair.server.get_ref().tls.clone().unwrap();
        assert_eq!(client.version() == TlsVersion::Tls13, known);
        assert!(client.cipher().starts_with("TLS_"), "{}", client.cipher());
        assert_eq!(client.cipher(), server.cipher());
        assert_eq!(server.server_name(), Some("mx.example"));
        assert_eq!(client.peer_certificates(), std::slice::from_ref(&made.der));
        assert_eq!(client.exporter().is_some(), known);
        assert_eq!(client.exporter(), server.exporter());
        assert!(client.end_point().is_some());
        assert_eq!(client.end_point(), server.end_point());
    }
}

#[test]
fn a_large_body_arrives_and_nobody_holds_it_all() {
    let made = certified(BOTH);
    let mut pair = pair(Chat::implicit(), Chat::implicit(), &made);
    client_events(&mut pair, 1);
    pair.client.get_mut().say("x");
    client_events(&mut pair, 1);
    let long = "y".repeat(1000);
    for _ in 0..2_000 {
        pair.server.get_mut().say(&long);
    }
    let mut most = 0;
    for _ in 0..2_000 {
        assert_eq!(client_events(&mut pair, 1), [line(&long)]);
        most = most.max(pair.server.buffers().1.len());
    }
    assert!(most < 2 * UNSENT, "{most} octets of ciphertext at once");
}

#[test]
fn closes_in_good_order() {
    let made = certified(BOTH);
    let mut pair = pair(Chat::implicit(), Chat::implicit(), &made);
    client_events(&mut pair, 1);
    pair.client.get_mut().say("x");
    client_events(&mut pair, 1);
    pair.server.close(Goodbye::Done);
    assert!(matches!(pair.step(), Happening::Over(Ok(()), Ok(()))));
}

#[test]
fn err_certificate_that_nobody_vouches_for() {
    let (made, other) = (certified(BOTH), certified(BOTH));
    let made = Certified { client: other.client, ..made };
    let mut pair = pair(Chat::implicit(), Chat::implicit(), &made);
    let Happening::Over(Err(client), Err(server)) = pair.step() else { panic!("no error") };
    assert!(matches!(&client, LayeredError::Tls(_)), "{client:?}");
    assert_eq!(client.kind(), FaultKind::Incompatible);
    assert_eq!(server.kind(), FaultKind::Incompatible);
}

#[test]
fn err_peer_that_does_not_speak_tls() {
    let made = certified(BOTH);
    let mut pair = pair(Chat::default(), Chat::implicit(), &made);
    pair.client.get_mut().say("EHLO there, this is not TLS");
    let Happening::Over(_, Err(server)) = pair.step() else { panic!("no error") };
    assert_eq!(server.kind(), FaultKind::Malformed, "{server}");
}

#[test]
fn err_handshake_that_takes_too_long() {
    let made = certified(BOTH);
    let mut server = Layered::server(Chat::implicit(), made.server, None);
    let now = mail_wire::testing::start();
    let next = server.next_event(now).unwrap();
    let until = next.until().unwrap();
    assert!(server.next_event(until - Duration::from_millis(1)).is_ok());
    let error = server.next_event(until).unwrap_err();
    assert_eq!(error.kind(), FaultKind::TimedOut, "{error}");
    assert_eq!(server.next_event(until).unwrap_err(), error);
}

#[test]
fn closes_in_the_handshake_without_waiting_for_its_end() {
    let made = certified(BOTH);
    let mut server = Layered::server(Chat::implicit(), made.server, None);
    let now = mail_wire::testing::start();
    assert!(matches!(server.next_event(now), Ok(Next::NeedInput { .. })));
    server.close(Goodbye::Shutdown);
    assert_eq!(server.next_event(now).unwrap(), Next::Closed);
}

#[test]
fn err_peer_that_takes_nothing_while_the_application_thinks() {
    let made = certified(BOTH);
    let mut pair = pair(Chat::implicit(), Chat::implicit(), &made);
    client_events(&mut pair, 1);
    pair.client.get_mut().say("x");
    client_events(&mut pair, 1);
    let mut now = pair.now();
    let mut server = pair.server;
    server.get_mut().say(&"y".repeat(10_000));
    server.get_mut().owes = true;
    for _ in 0..3 {
        let next = server.next_event(now).unwrap();
        assert!(matches!(next, Next::NeedReply { .. }));
        assert_eq!(next, server.next_event(now).unwrap());
        now = next.until().expect("a wait for the peer has an end");
        // As long as something moves, it goes on.
        server.buffers().1.advance(100);
    }
    now = server.next_event(now).unwrap().until().unwrap();
    assert!(server.next_event(now - Duration::from_millis(1)).is_ok());
    let error = server.next_event(now).unwrap_err();
    assert_eq!(error.kind(), FaultKind::TimedOut, "{error}");
    assert_eq!(server.next_event(now).unwrap_err(), error);
}

#[test]
fn waits_for_the_application_for_ever_when_all_is_sent() {
    let made = certified(BOTH);
    let mut pair = pair(Chat::implicit(), Chat::implicit(), &made);
    client_events(&mut pair, 1);
    pair.client.get_mut().say("x");
    client_events(&mut pair, 1);
    pair.server.get_mut().owes = true;
    assert!(matches!(pair.step(), Happening::Quiet));
    assert_eq!(pair.server.next_event(pair.now()).unwrap().until(), None);
}

#[test]
fn err_connection_that_ends_in_the_handshake() {
    let made = certified(BOTH);
    let mut server = Layered::server(Chat::implicit(), made.server, None);
    let now = mail_wire::testing::start();
    assert!(server.next_event(now).is_ok());
    server.recv_eof();
    assert_eq!(server.next_event(now).unwrap_err().kind(), FaultKind::Disconnected);
}

#[test]
fn without_a_layer_octets_pass_and_upgrades_are_the_callers() {
    let mut pair = Pair::new(Layered::plain(Chat::default()), Layered::plain(Chat::default()));
    pair.client.get_mut().say("TLS");
    let mut lines = 0;
    loop {
        match pair.step() {
            Happening::Server(event) => echo(pair.server.get_mut(), &event),
            Happening::Client(Event::Line(_)) => {
                lines += 1;
                pair.client.get_mut().start_tls();
            }
            Happening::Client(Event::Secure) => break,
            Happening::Quiet | Happening::Over(..) => panic!("stuck after {lines} lines"),
        }
    }
}

/// The other way to have TLS: below the driver, over a stream of rustls.
#[test]
fn ok_blocking_driver_over_a_rustls_stream() {
    use std::net::{TcpListener, TcpStream};

    use mail_wire::drive::{Driven, blocking};
    use rustls::{ClientConnection, ServerConnection, StreamOwned, pki_types::ServerName};

    let made = certified(BOTH);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = made.server.clone();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let mut chat = Chat::default();
        while let Driven::Event(event) = blocking::drive(&mut chat, &mut stream, None).unwrap() {
            echo(&mut chat, &event);
        }
    });
    let name = ServerName::try_from("mx.example").unwrap();
    let connection = ClientConnection::new(made.client, name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    let mut chat = Chat::default();
    for word in ["hello", "BYE"] {
        chat.say(word);
        let told = blocking::drive(&mut chat, &mut stream, None).unwrap();
        assert_eq!(told, Driven::Event(line(word)));
    }
    assert_eq!(blocking::drive(&mut chat, &mut stream, None).unwrap(), Driven::Closed);
    server.join().unwrap();
}
