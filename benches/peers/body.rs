//! A body of 10 MiB, stuffed and unstuffed under the default line-ending policy.
//!
//! It comes and goes in pieces, as through a socket. `ours` is what the sessions do: octets come
//! into the receive buffer (that copy, the socket's, is in the time), pieces leave it one by one.
//! `ours, gathered` puts them into one vector, which is what the peer does; `ours, from slices` does
//! what the peer does in the way it does it, from where the octets are and without a receive buffer.

use std::hint::black_box;

use bytes::{Buf, Bytes, BytesMut};
use mail_benches::table::{MEMCPY, Rows};
use mail_wire::{
    BODY_BLOCK, BareNewline, BodyPiece, DotStuffer, DotUnstuffer, SendBuffer, Unstuffed,
    reserve_block,
};
use peer_smtp_proto::request::receiver::DataReceiver;

const SIZE: usize = 10 * 1024 * 1024;
const POLICY: BareNewline = BareNewline::Reject;

pub(crate) fn rows(rows: &mut Rows) {
    assert_eq!(POLICY, BareNewline::default());
    let plain = text(usize::MAX);
    stuff_row(rows, "stuff 10 MiB without leading dots", &plain);
    unstuff_row(rows, "unstuff 10 MiB without leading dots", &plain);
    let dotted = text(10);
    stuff_row(rows, "stuff 10 MiB with a dot at every tenth line", &dotted);
    unstuff_row(rows, "unstuff 10 MiB with a dot at every tenth line", &dotted);
}

fn stuff_row(rows: &mut Rows, row: &'static str, text: &Bytes) {
    let mut gathered = Vec::with_capacity(2 * SIZE);
    stuff(text, |piece| gathered.extend_from_slice(piece));
    let mut by_octet = Vec::with_capacity(2 * SIZE);
    stuff_by_octet(text, &mut by_octet);
    assert!(gathered == by_octet, "both stuff to the same");

    memcpy_row(rows, row, text);
    rows.run_body(row, "ours", SIZE as u64, || stuff(text, |piece| _ = black_box(piece)));
    rows.run_body(row, "ours, gathered", SIZE as u64, || {
        gathered.clear();
        stuff(text, |piece| gathered.extend_from_slice(piece));
    });
    rows.run_body(row, "octet by octet", SIZE as u64, || {
        by_octet.clear();
        stuff_by_octet(text, &mut by_octet);
    });
}

fn unstuff_row(rows: &mut Rows, row: &'static str, text: &Bytes) {
    let mut wire = Vec::new();
    stuff(text, |piece| wire.extend_from_slice(piece));
    let mut input = BytesMut::new();
    let mut gathered = Vec::with_capacity(2 * SIZE);
    unstuff(&wire, &mut input, |piece| gathered.extend_from_slice(&piece));
    assert!(gathered == text[..], "ours unstuffs what it stuffed");
    let mut from_slices = Vec::with_capacity(2 * SIZE);
    unstuff_slices(&wire, &mut from_slices);
    assert!(from_slices == text[..], "and so it does without a receive buffer");
    let mut peers = Vec::with_capacity(2 * SIZE);
    assert!(unstuff_by_peer(&wire, &mut peers));
    assert!(peers == text[..], "the peer unstuffs the same");

    let octets = wire.len() as u64;
    memcpy_row(rows, row, &wire);
    rows.run_body(row, "ours", octets, || {
        unstuff(&wire, &mut input, |piece| _ = black_box(piece));
    });
    rows.run_body(row, "ours, gathered", octets, || {
        gathered.clear();
        unstuff(&wire, &mut input, |piece| gathered.extend_from_slice(&piece));
    });
    rows.run_body(row, "ours, from slices", octets, || {
        from_slices.clear();
        unstuff_slices(&wire, &mut from_slices);
    });
    rows.run_body(row, "smtp-proto, from slices", octets, || {
        peers.clear();
        unstuff_by_peer(&wire, &mut peers)
    });
    // This one has all of it at once, and looks for no bare CR or LF either.
    assert!(mailrs_smtp_proto::data::unstuff_data(&wire) == text[..]);
    rows.run_body(row, "mailrs-smtp-proto, from slices", octets, || {
        mailrs_smtp_proto::data::unstuff_data(black_box(&wire))
    });
}

fn memcpy_row(rows: &mut Rows, row: &'static str, from: &[u8]) {
    let mut to = from.to_vec();
    rows.run_body(row, MEMCPY, from.len() as u64, || {
        to.copy_from_slice(black_box(from));
        black_box(to.last().copied())
    });
}

/// Takes a body in blocks, as an application reads it from a file, and drains what is to be sent
/// after each, as a driver does.
fn stuff(text: &Bytes, mut send: impl FnMut(&[u8])) {
    let mut stuffer = DotStuffer::new(POLICY);
    let mut out = SendBuffer::new();
    let mut drain = |out: &mut SendBuffer| {
        while out.has_remaining() {
            let piece = out.chunk();
            send(piece);
            let sent = piece.len();
            out.advance(sent);
        }
    };
    let mut rest = text.clone();
    while rest.has_remaining() {
        let block = rest.split_to(BODY_BLOCK.min(rest.len()));
        stuffer.push(block, &mut out).expect("the text has no bare CR or LF");
        drain(&mut out);
    }
    stuffer.finish(&mut out).expect("the text ends in CRLF");
    drain(&mut out);
}

/// What a first draft does, for want of a peer: none of them stuffs.
fn stuff_by_octet(text: &[u8], out: &mut Vec<u8>) {
    let mut line_start = true;
    for &octet in text {
        if line_start && octet == b'.' {
            out.push(b'.');
        }
        out.push(octet);
        line_start = octet == b'\n';
    }
    out.extend_from_slice(b".\r\n");
}

/// Reads as much at a time as the receive buffer has room for.
fn unstuff(wire: &[u8], input: &mut BytesMut, mut take: impl FnMut(Bytes)) {
    let mut unstuffer = DotUnstuffer::new(POLICY);
    let mut rest = wire;
    loop {
        match unstuffer.next(input) {
            BodyPiece::Starved => {
                reserve_block(input, BODY_BLOCK);
                let room = (input.capacity() - input.len()).min(rest.len());
                let (read, unread) = rest.split_at(room);
                assert!(!read.is_empty(), "the body has an end");
                input.extend_from_slice(read);
                rest = unread;
            }
            BodyPiece::Data(piece) => take(piece),
            BodyPiece::End => break,
        }
    }
    assert!(rest.is_empty() && unstuffer.violation().is_none());
}

/// Reads in blocks, and straight from where they are. A block begins with what the one before has
/// left.
fn unstuff_slices(wire: &[u8], out: &mut Vec<u8>) {
    let mut unstuffer = DotUnstuffer::new(POLICY);
    let mut rest = wire;
    loop {
        let block = rest.get(..BODY_BLOCK).unwrap_or(rest);
        match unstuffer.unstuff(block, out) {
            Unstuffed::Starved { taken } => rest = rest.get(taken..).unwrap_or_default(),
            Unstuffed::End { taken } => {
                assert!(taken == rest.len() && unstuffer.violation().is_none());
                return;
            }
        }
    }
}

/// Reads in blocks, and straight from where they are: this one needs no receive buffer.
fn unstuff_by_peer(wire: &[u8], out: &mut Vec<u8>) -> bool {
    let mut receiver = DataReceiver::new();
    let mut blocks = wire.chunks(BODY_BLOCK);
    blocks.any(|block| receiver.ingest(&mut block.iter(), out))
}

/// Lines of 30 to 76 octets with dots within, and with one in front of every so many.
fn text(dot_every: usize) -> Bytes {
    const LETTERS: &[u8; 32] = b"etaoin shrdlu cmfwyp vbgkqjxz. ,";
    let mut text = Vec::with_capacity(SIZE);
    let mut random = 1_u32;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) as usize
    };
    for line in 1.. {
        let length = (28 + next() % 47).min(SIZE - text.len() - 2);
        let start = if line % dot_every == 0 { b'.' } else { b'-' };
        text.push(start);
        text.extend((1..length).map(|_| LETTERS[next() % LETTERS.len()]));
        text.extend_from_slice(b"\r\n");
        if SIZE - text.len() < 64 {
            break;
        }
    }
    text.truncate(SIZE);
    Bytes::from(text)
}
