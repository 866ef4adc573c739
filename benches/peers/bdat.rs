//! A message of 10 MiB of any octets in one chunk (RFC 3030).
//!
//! Ours goes through the whole of a server's session, from EHLO on. The octets come into its receive
//! buffer (that copy, the socket's, is in the time) and leave it as the application gets them. The
//! peer takes them off in blocks and gathers them; so does `ours, gathered`, besides. In `smtp-proto,
//! gathered` they come into a buffer first, too; `from slices` they are taken from where they are,
//! which is one copy and nothing else. A session owns what it reads, so there is no such row of ours.

use std::{hint::black_box, sync::Arc, time::Instant};

use bytes::Bytes;
use mail_benches::table::{MEMCPY, Rows};
use mail_wire::{BODY_BLOCK, Next, Session};
use peer_smtp_proto::request::receiver::BdatReceiver;
use smtp_proto::{
    Domain, Offer,
    server::{Config, Event, Server},
};

const SIZE: usize = 10 * 1024 * 1024;
const COMMANDS: &str =
    "EHLO c\r\nMAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\nBDAT 10485760 LAST\r\n";

pub(crate) fn rows(rows: &mut Rows) {
    let row = "BDAT of 10 MiB of any octets";
    let octets: Vec<_> = (0..SIZE).map(|at| ((at * at) >> 7) as u8).collect();
    let wire = [COMMANDS.as_bytes(), &octets].concat();
    let host = Domain::parse("mx.example.com").expect("a domain");
    let config = Config::new(&host).offer(Offer::Chunking).offer(Offer::BinaryMime);
    let config = Arc::new(config);
    let mut gathered = Vec::with_capacity(SIZE);
    take(&config, &wire, |piece| gathered.extend_from_slice(&piece));
    assert!(gathered == octets, "it comes as it went");
    let mut peers = Vec::with_capacity(SIZE);
    assert!(take_by_peer(&wire, &mut peers) && peers == octets);
    peers.clear();
    assert!(take_by_peer_from_slices(&octets, &mut peers) && peers == octets);

    let mut to = octets.clone();
    rows.run_body(row, MEMCPY, SIZE as u64, || {
        to.copy_from_slice(black_box(&octets));
        black_box(to.last().copied())
    });
    rows.run_body(row, "ours", SIZE as u64, || take(&config, &wire, |piece| _ = black_box(piece)));
    rows.run_body(row, "ours, gathered", SIZE as u64, || {
        gathered.clear();
        take(&config, &wire, |piece| gathered.extend_from_slice(&piece));
    });
    rows.run_body(row, "smtp-proto, gathered", SIZE as u64, || {
        peers.clear();
        take_by_peer(&wire, &mut peers)
    });
    rows.run_body(row, "smtp-proto, from slices", SIZE as u64, || {
        peers.clear();
        take_by_peer_from_slices(&octets, &mut peers)
    });
}

/// Reads as much at a time as the receive buffer has room for.
fn take(config: &Arc<Config>, wire: &[u8], mut piece: impl FnMut(Bytes)) {
    let mut server = Server::new(Arc::clone(config));
    #[expect(
        clippy::disallowed_methods,
        reason = "the session is told a time, and it may stand still"
    )]
    let now = Instant::now();
    let mut rest = wire;
    loop {
        match server.next_event(now).expect("the client does as it should") {
            Next::Event(Event::Body(octets)) => piece(octets),
            Next::Event(Event::BodyEnd { octets }) => {
                assert!(octets == SIZE as u64 && rest.is_empty());
                return;
            }
            Next::Event(_) if server.owes().is_some() => server.accept().expect("it is owed"),
            Next::Event(_) => {}
            Next::NeedInput { .. } => {
                let (input, _) = server.buffers();
                let room = (input.capacity() - input.len()).min(rest.len());
                let (read, unread) = rest.split_at(room);
                assert!(!read.is_empty(), "the message has an end");
                input.extend_from_slice(read);
                rest = unread;
            }
            other => panic!("{other:?} comes not here"),
        }
    }
}

/// Reads in blocks into a buffer, the first with the commands in front, which nobody looks at.
fn take_by_peer(wire: &[u8], out: &mut Vec<u8>) -> bool {
    let mut receiver = BdatReceiver::new(SIZE, true);
    let (mut input, mut commands) = ([0; BODY_BLOCK], COMMANDS.len());
    wire.chunks(BODY_BLOCK).any(|block| {
        let (read, _) = input.split_at_mut(block.len());
        read.copy_from_slice(black_box(block));
        let (_, octets) = read.split_at(std::mem::take(&mut commands));
        receiver.ingest(&mut octets.iter(), out)
    })
}

fn take_by_peer_from_slices(octets: &[u8], out: &mut Vec<u8>) -> bool {
    let mut receiver = BdatReceiver::new(SIZE, true);
    let mut blocks = octets.chunks(BODY_BLOCK);
    blocks.any(|block| receiver.ingest(&mut block.iter(), out))
}
