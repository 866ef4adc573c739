//! What a maildrop of a million messages costs, counted by the allocator.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

use bytes::Buf;
use mail_wire::{Next, Session as _, testing::start};
use peak_alloc::PeakAlloc;
use pop3_proto::server::{Config, Event, PlaintextLogin, Server};
use pop3_proto::{Maildrop, UniqueId};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const MESSAGES: usize = 1_000_000;
const LONGEST_ID: &str = "0123456789012345678901234567890123456789012345678901234567890123456789";

/// Answers everything, and counts the octets and lines that are said.
fn feed(server: &mut Server, wire: &[u8]) -> (usize, usize) {
    server.buffers().0.extend_from_slice(wire);
    let (mut octets, mut lines) = (0, 0);
    loop {
        let answer = server.next_event(start()).unwrap();
        let (_, out) = server.buffers();
        while out.has_remaining() {
            let piece = out.chunk();
            octets += piece.len();
            lines += piece.iter().filter(|octet| **octet == b'\n').count();
            let len = piece.len();
            out.advance(len);
        }
        match answer {
            Next::Event(Event::Login(_)) => {
                // Nobody says ahead how many there are.
                let sizes = (0..MESSAGES as u64).filter(|_| true).map(|n| 1000 + n % 5000);
                server.accept(Maildrop::from_sizes(sizes).unwrap()).unwrap();
            }
            Next::Event(Event::WantIds(want)) => {
                let id = |_| UniqueId::new(LONGEST_ID).unwrap();
                server.ids(want.indexes().map(id)).unwrap();
            }
            Next::Event(Event::Commit(deletions)) => {
                assert_eq!(deletions.iter().count(), 1);
                server.committed().unwrap();
            }
            Next::NeedOutput { .. } => {}
            Next::NeedInput { .. } | Next::Closed => return (octets, lines),
            other => panic!("{other:?}"),
        }
    }
}

/// One test, since the heap is one.
#[test]
fn ok_a_million_messages_cost_under_16_octets_each() {
    let before = HEAP.current_usage();
    let mut server = Server::new(Config::new().plaintext_login(PlaintextLogin::Allow));
    feed(&mut server, b"USER mrose\r\nPASS tanstaaf\r\n");
    let held = HEAP.current_usage() - before;
    assert!(held < 9 * MESSAGES, "{held} octets for {MESSAGES} messages");

    // Listings of all of them pass by.
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let (_, lines) = feed(&mut server, b"LIST\r\n");
    assert_eq!(lines, MESSAGES + 2);
    let (octets, lines) = feed(&mut server, b"UIDL\r\n");
    assert_eq!(lines, MESSAGES + 2);
    assert!(octets > 70 * MESSAGES, "{octets}");
    feed(&mut server, b"STAT\r\nDELE 1000000\r\nRSET\r\nDELE 7\r\n");
    let most = HEAP.peak_usage().saturating_sub(before);
    assert!(most < 512 * 1024, "{most} octets for listings");

    // Deletions are marks on what is held already.
    HEAP.reset_peak_usage();
    feed(&mut server, b"QUIT\r\n");
    let most = HEAP.peak_usage().saturating_sub(before);
    assert!(most < 512 * 1024, "{most} octets for QUIT");
}
