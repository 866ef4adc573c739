//! Large messages and large maildrops pass through both ends at constant memory.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use bytes::{Buf, Bytes};
use common::{bold, mrose, open};
use mail_wire::testing::{Happening, Pair};
use mail_wire::{Next, Session as _, testing};
use pop3_proto::client::{self, Client};
use pop3_proto::server::{self, Server};
use pop3_proto::{Maildrop, MessageNumber, ScanListing, UniqueId};

/// How large the message is. `POP3_STREAM` sets another size in octets: 1073741824 is a gibibyte,
/// which takes a minute without optimisation.
const MESSAGE: u64 = 64 << 20;

/// Most octets that either end may hold.
const HELD: usize = 256 << 10;

/// What a session holds in its buffers.
fn held(session: &mut impl mail_wire::Session) -> usize {
    let (input, output) = session.buffers();
    input.capacity() + output.len()
}

/// One line of generated text; every third begins with a dot.
fn line(n: u64) -> [u8; 64] {
    let mut line = *b"0123456789abcdef text of a line that is made up, and no two the \r\n"
        .first_chunk::<64>()
        .unwrap();
    for (place, octet) in line.iter_mut().take(16).enumerate() {
        *octet = b'a' + (n >> (4 * place) & 15) as u8;
    }
    if n.is_multiple_of(3) {
        line[0] = b'.';
    }
    line[62] = b'\r';
    line[63] = b'\n';
    line
}

#[test]
fn message_of_any_size_streams_through_both_ends() {
    let size = std::env::var("POP3_STREAM").map_or(MESSAGE, |size| size.parse().unwrap()) / 64 * 64;
    let mut pair = Pair::new(Client::new(bold()), Server::new(open()));
    pair.client.login(mrose()).unwrap();
    pair.client.retr(MessageNumber::FIRST).unwrap();
    pair.client.quit().unwrap();

    let (mut most_at_server, mut most_at_client) = (0, 0);
    let (mut received, mut ended) = (0_u64, false);
    // What came of a line whose rest is still to come.
    let mut torn: Vec<u8> = Vec::new();
    loop {
        match pair.step() {
            Happening::Server(server::Event::Login(_)) => {
                pair.server.accept(Maildrop::from_sizes([size]).unwrap()).unwrap();
            }
            Happening::Server(server::Event::WantBody(want)) => {
                let lines = want.offset() / 64..(want.offset() + 16384).min(size) / 64;
                let piece: Vec<u8> = lines.flat_map(line).collect();
                if piece.is_empty() {
                    pair.server.body_end(want.id()).unwrap();
                } else {
                    pair.server.body(want.id(), Bytes::from(piece)).unwrap();
                }
                most_at_server = most_at_server.max(held(&mut pair.server));
            }
            Happening::Server(server::Event::Commit(_)) => pair.server.committed().unwrap(),
            Happening::Server(event) => panic!("{event:?}"),
            Happening::Client(client::Event::Body { octets, .. }) => {
                most_at_client = most_at_client.max(held(&mut pair.client));
                torn.extend_from_slice(&octets);
                let (lines, rest) = torn.as_chunks::<64>();
                for text in lines {
                    assert_eq!(*text, line(received / 64), "at {received}");
                    received += 64;
                }
                torn = rest.to_vec();
            }
            Happening::Client(client::Event::BodyEnd { .. }) => ended = true,
            Happening::Client(_) => {}
            Happening::Over(client, server) => {
                assert_eq!((client, server), (Ok(()), Ok(())));
                break;
            }
            Happening::Quiet => panic!("stuck at {received}"),
        }
    }
    assert!(ended && torn.is_empty());
    assert_eq!(received, size);
    assert!(most_at_server < HELD, "the server held {most_at_server} octets");
    assert!(most_at_client < HELD, "the client held {most_at_client} octets");
}

/// LIST and UIDL of 10^6 messages: nobody holds them all, and nothing is looked at twice.
#[test]
fn listings_of_a_million_messages_stream_through_both_ends() {
    const MESSAGES: u32 = 1_000_000;
    let mut pair = Pair::new(Client::new(bold()), Server::new(open()));
    pair.client.login(mrose()).unwrap();
    pair.client.list().unwrap();
    pair.client.uidl().unwrap();
    pair.client.quit().unwrap();

    let (mut listed, mut ids, mut slices, mut most) = (0, 0, 0, 0);
    loop {
        match pair.step() {
            Happening::Server(server::Event::Login(_)) => {
                let sizes = (0..MESSAGES).map(u64::from);
                pair.server.accept(Maildrop::from_sizes(sizes).unwrap()).unwrap();
            }
            Happening::Server(server::Event::WantIds(want)) => {
                slices += 1;
                let id = |index: usize| UniqueId::new(format!("{index:x}")).unwrap();
                pair.server.ids(want.indexes().map(id)).unwrap();
                most = most.max(held(&mut pair.server));
            }
            Happening::Server(server::Event::Commit(_)) => pair.server.committed().unwrap(),
            Happening::Server(event) => panic!("{event:?}"),
            Happening::Client(client::Event::Listed { listing, .. }) => {
                listed += 1;
                let number = MessageNumber::new(listed).unwrap();
                assert_eq!(listing, ScanListing::new(number, u64::from(listed) - 1));
                if listed.is_multiple_of(1000) {
                    most = most.max(held(&mut pair.client)).max(held(&mut pair.server));
                }
            }
            Happening::Client(client::Event::Id { listing, .. }) => {
                assert_eq!(listing.id().unwrap().as_bytes(), format!("{ids:x}").as_bytes());
                ids += 1;
                assert_eq!(listing.number().get(), ids);
            }
            Happening::Client(client::Event::Refused { response, .. }) => panic!("{response}"),
            Happening::Client(_) => {}
            Happening::Over(..) => break,
            Happening::Quiet => panic!("stuck"),
        }
    }
    assert_eq!((listed, ids), (MESSAGES, MESSAGES));
    assert_eq!(slices, MESSAGES.div_ceil(256));
    assert!(most < HELD, "{most} octets were held");
}

/// One octet a read, as a hostile peer sends: the buffers stay as small, and the octets of a line
/// are not searched again (a quadratic search of this would take minutes).
#[test]
fn octet_by_octet_costs_no_more() {
    let mut server = Server::new(open());
    let now = testing::start();
    let mut most = 0;
    let script = [&b"USER mrose\r\nPASS tanstaaf\r\n"[..], &b"NOOP\r\n".repeat(100_000)].concat();
    for octet in script {
        server.buffers().0.extend_from_slice(&[octet]);
        loop {
            match server.next_event(now).unwrap() {
                Next::Event(_) => {
                    let maildrop = Maildrop::from_sizes([1]).unwrap();
                    server.accept(maildrop).unwrap();
                }
                Next::NeedInput { .. } => break,
                Next::NeedOutput { .. } => {
                    let (_, out) = server.buffers();
                    out.advance(out.remaining());
                }
                other => panic!("{other:?}"),
            }
        }
        most = most.max(held(&mut server));
    }
    assert!(most < HELD, "{most}");
}
