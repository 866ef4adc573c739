//! A message of a gibibyte passes SMTP in and POP3 out, and neither session holds a mebibyte.
//!
//! The octets are made as they are needed and thrown away as they come out: what is counted is
//! what the sessions keep, by the allocator.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "helpers of tests")]

use bytes::{Buf, Bytes};
use mail_wire::{Next, Session, testing::start};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const SIZE: u64 = 1 << 30;
/// What a socket gives at once.
const READ: usize = 16 * 1024;
const MEBIBYTE: usize = 1 << 20;

/// Lines of text, one of them with a dot in front, without end.
fn text() -> Bytes {
    let line = b"This line has seventy-eight octets with its end, as mail programs write them.\r\n";
    let mut block = line.repeat(READ / line.len() - 1);
    block.extend_from_slice(b".and this one starts with a dot\r\n");
    Bytes::from(block)
}

/// Runs `work` and returns the most octets of heap that it held at any time.
fn held<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let done = work();
    (HEAP.peak_usage().saturating_sub(before), done)
}

#[test]
fn one_gibibyte_passes_and_nobody_holds_a_mebibyte() {
    let (most, octets) = held(smtp_in);
    assert!(octets >= SIZE, "{octets} octets came in");
    assert!(most < MEBIBYTE, "the SMTP session held {most} octets");

    let (most, octets) = held(pop3_out);
    assert!(octets >= SIZE, "{octets} octets went out");
    assert!(most < MEBIBYTE, "the POP3 session held {most} octets");

    let (most, octets) = held(pop3_in);
    assert!(octets >= SIZE, "{octets} octets were fetched");
    assert!(most < MEBIBYTE, "the POP3 client held {most} octets");
}

fn smtp_in() -> u64 {
    use smtp_proto::{
        Domain,
        limits::ServerLimits,
        server::{Config, Event, Server},
    };

    let limits = ServerLimits { message: 2 * SIZE, ..ServerLimits::default() };
    let host = Domain::parse("mx.example").unwrap();
    let mut server = Server::new(Config::new(&host).limits(limits));
    let now = start();
    // On the wire the dot at the start of a line is doubled.
    let wire = String::from_utf8(text().to_vec()).unwrap().replace("\r\n.", "\r\n..");
    let mut hello = &b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"[..];
    let (mut sent, mut taken) = (0, 0);
    loop {
        match server.next_event(now).unwrap() {
            Next::Event(Event::Body(octets)) => taken += octets.len() as u64,
            Next::Event(Event::BodyEnd { octets }) => {
                assert_eq!(octets, taken);
                return taken;
            }
            Next::Event(_) if server.owes().is_some() => server.accept().unwrap(),
            Next::Event(_) => {}
            Next::NeedInput { .. } => {
                let (input, out) = server.buffers();
                out.advance(out.remaining());
                if !hello.is_empty() {
                    input.extend_from_slice(std::mem::take(&mut hello));
                } else if sent < SIZE + SIZE / 64 {
                    input.extend_from_slice(wire.as_bytes());
                    sent += wire.len() as u64;
                } else {
                    input.extend_from_slice(b".\r\n");
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn pop3_out() -> u64 {
    use pop3_proto::{
        Maildrop,
        server::{Config, Event, PlaintextLogin, Server},
    };

    let block = text();
    let blocks = SIZE / block.len() as u64 + 1;
    let size = blocks * block.len() as u64;
    let mut server = Server::new(Config::new().plaintext_login(PlaintextLogin::Allow));
    let now = start();
    let said = b"USER c\r\nPASS secret\r\nRETR 1\r\n";
    server.buffers().0.extend_from_slice(said);
    let (mut given, mut sent) = (0, 0);
    loop {
        let next = server.next_event(now).unwrap();
        let (_, out) = server.buffers();
        assert!(out.remaining() < MEBIBYTE);
        match next {
            Next::Event(Event::Login(_)) => {
                server.accept(Maildrop::from_sizes([size]).unwrap()).unwrap();
            }
            Next::Event(Event::WantBody(want)) if given < size => {
                given += block.len() as u64;
                server.body(want.id(), block.clone()).unwrap();
            }
            Next::Event(Event::WantBody(want)) => server.body_end(want.id()).unwrap(),
            Next::Event(_) => {}
            Next::NeedOutput { .. } | Next::NeedInput { .. } => {
                sent += out.remaining() as u64;
                out.advance(out.remaining());
                if matches!(next, Next::NeedInput { .. }) {
                    return sent;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn pop3_in() -> u64 {
    use mail_errors::Secret;
    use mail_sasl::Credentials;
    use pop3_proto::{
        MessageNumber,
        client::{Client, Config, Event, PlaintextLogin, Tls},
    };

    let config = Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow);
    let mut client = Client::new(config);
    client.login(Credentials::new("c", Secret::from("secret")).unwrap()).unwrap();
    client.retr(MessageNumber::FIRST).unwrap();
    // On the wire the dot at the start of a line is doubled.
    let wire = String::from_utf8(text().to_vec()).unwrap().replace("\r\n.", "\r\n..");
    let mut answers = ["+OK\r\n", "-ERR\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n"].into_iter();
    let (mut sent, mut taken) = (0, 0);
    loop {
        match client.next_event(start()).unwrap() {
            Next::Event(Event::Body { octets, .. }) => taken += octets.len() as u64,
            Next::Event(Event::BodyEnd { .. }) => return taken,
            Next::Event(_) => {}
            Next::NeedInput { .. } => {
                let (input, out) = client.buffers();
                out.advance(out.remaining());
                if let Some(answer) = answers.next() {
                    input.extend_from_slice(answer.as_bytes());
                } else if sent < SIZE + SIZE / 64 {
                    input.extend_from_slice(wire.as_bytes());
                    sent += wire.len() as u64;
                } else {
                    input.extend_from_slice(b".\r\n");
                }
            }
            other => panic!("{other:?}"),
        }
    }
}
