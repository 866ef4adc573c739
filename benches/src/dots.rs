//! Bodies of ten mebibytes: stuffed, unstuffed, and merely copied.

use std::hint::black_box;

use bytes::{Buf, Bytes, BytesMut};
use mail_wire::{BareNewline, BodyPiece, DotStuffer, DotUnstuffer, SendBuffer};
use peer_smtp_proto::request::receiver::DataReceiver;

/// How long a body is.
pub const OCTETS: usize = 10 * 1024 * 1024;

/// What a driver reads at once.
const BLOCK: usize = 16 * 1024;

/// Lines of 78 octets; every `dotted`th begins with a dot, none if that is 0.
#[must_use]
pub fn body(dotted: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(OCTETS);
    for nth in 1.. {
        let start = body.len();
        body.push(if dotted > 0 && nth % dotted == 0 { b'.' } else { b'x' });
        body.extend((1..76).map(|at| b'a' + (at % 26) as u8));
        body.extend_from_slice(b"\r\n");
        if body.len() > OCTETS {
            body.truncate(start);
            break;
        }
    }
    body
}

/// The body as it stands on the wire, its terminator included.
#[must_use]
pub fn wire(body: &[u8]) -> Vec<u8> {
    let mut out = SendBuffer::new();
    let mut stuffer = DotStuffer::new(BareNewline::Reject);
    stuffer.push(Bytes::copy_from_slice(body), &mut out).expect("a clean body");
    stuffer.finish(&mut out).expect("a clean body");
    out.copy_to_bytes(out.remaining()).to_vec()
}

/// Copies, as the measure of what memory allows.
pub fn copy(from: &[u8], to: &mut [u8]) -> usize {
    to[..from.len()].copy_from_slice(black_box(from));
    black_box(to).len()
}

/// Stuffs block by block, and takes out what a socket would be given.
pub fn stuff(body: &Bytes) -> usize {
    let mut out = SendBuffer::new();
    let mut stuffer = DotStuffer::new(BareNewline::Reject);
    let mut octets = 0;
    let mut drain = |out: &mut SendBuffer| {
        while out.has_remaining() {
            let chunk = black_box(out.chunk()).len();
            out.advance(chunk);
            octets += chunk;
        }
    };
    for at in (0..body.len()).step_by(BLOCK) {
        let block = body.slice(at..usize::min(at + BLOCK, body.len()));
        stuffer.push(block, &mut out).expect("a clean body");
        drain(&mut out);
    }
    stuffer.finish(&mut out).expect("a clean body");
    drain(&mut out);
    octets
}

/// Takes the body out of what a socket gave, in pieces that are not copied.
pub fn unstuff(mut blocks: Vec<BytesMut>) -> usize {
    let mut unstuffer = DotUnstuffer::new(BareNewline::Reject);
    let mut octets = 0;
    let mut held = BytesMut::new();
    for block in &mut blocks {
        if !held.is_empty() {
            held.extend_from_slice(block);
            std::mem::swap(block, &mut held);
        }
        while let BodyPiece::Data(piece) = unstuffer.next(block) {
            octets += black_box(&piece).len();
        }
        held = block.split();
    }
    assert!(unstuffer.violation().is_none());
    octets
}

/// The peer copies the body into one vector, and does not check for bare line ends.
pub fn peer_unstuff(wire: &[u8], body: &mut Vec<u8>) -> usize {
    body.clear();
    let mut receiver = DataReceiver::new();
    for block in wire.chunks(BLOCK) {
        if receiver.ingest(&mut black_box(block).iter(), body) {
            return black_box(body).len();
        }
    }
    panic!("no end")
}

/// What a socket gives: blocks of what a driver reads at once.
#[must_use]
pub fn blocks(wire: &[u8]) -> Vec<BytesMut> {
    wire.chunks(BLOCK).map(BytesMut::from).collect()
}
