//! SMTP commands and replies.

use std::cell::RefCell;
use std::hint::black_box;

use bytes::BytesMut;
use mail_wire::{Line, LineFramer, LineLimits};
use peer_smtp_proto::{Request, response::parser::ResponseReceiver};
use smtp_proto::{Command, Defects, Profile, Read, ReplyReader, parse};

use crate::Row;

const EHLO: &[u8] = b"EHLO mail.example.org\r\n";
const MAIL: &[u8] = b"MAIL FROM:<reverse.path@example.org> SIZE=123456 BODY=8BITMIME\r\n";
const RCPT: &[u8] = b"RCPT TO:<john.q.public@mail.example.com>\r\n";
const REPLY: &[u8] = b"250-mx.example.com at your service\r\n\
    250-this one has three lines\r\n\
    250 2.1.5 recipient ok\r\n";

/// A view borrows from the line; an owned command can leave the session.
pub const ROWS: &[Row] = &[
    ("EHLO", "smtp-proto (ours), view", || view(EHLO)),
    ("EHLO", "smtp-proto (ours), owned", || owned(EHLO)),
    ("EHLO", "smtp-proto 0.2, view", || peer(EHLO)),
    ("EHLO", "smtp-proto 0.2, owned", || peer_owned(EHLO)),
    ("MAIL", "smtp-proto (ours), view", || view(MAIL)),
    ("MAIL", "smtp-proto (ours), owned", || owned(MAIL)),
    ("MAIL", "smtp-proto 0.2, view", || peer(MAIL)),
    ("MAIL", "smtp-proto 0.2, owned", || peer_owned(MAIL)),
    ("RCPT", "smtp-proto (ours), view", || view(RCPT)),
    ("RCPT", "smtp-proto (ours), owned", || owned(RCPT)),
    ("RCPT", "smtp-proto 0.2, view", || peer(RCPT)),
    ("RCPT", "smtp-proto 0.2, owned", || peer_owned(RCPT)),
    ("three-line reply", "smtp-proto (ours)", reply),
    ("three-line reply", "smtp-proto 0.2", peer_reply),
];

thread_local! {
    /// A receive buffer that lives as long as its session.
    static INPUT: RefCell<BytesMut> = RefCell::new(BytesMut::with_capacity(2048));
}

/// Finds the line in a receive buffer, and reads it.
fn line(wire: &[u8], read: impl FnOnce(&[u8]) -> usize) -> usize {
    const LIMITS: LineLimits = LineLimits { line: 4096, swallow: 65536 };
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.extend_from_slice(black_box(wire));
        match LineFramer::new().next(input, LIMITS) {
            Line::Whole { text, .. } => read(&input[..text]),
            other => panic!("{other:?}"),
        }
    })
}

fn view(wire: &[u8]) -> usize {
    line(wire, |line| {
        let command = parse::command(line, Profile::COMPAT, &mut Defects::new());
        black_box(&command.expect("a command")).verb() as usize
    })
}

fn owned(wire: &[u8]) -> usize {
    line(wire, |line| black_box(&Command::parse(line).expect("a command")).verb() as usize)
}

/// The peer finds the end of the line while it reads.
fn peer(wire: &[u8]) -> usize {
    let request = Request::parse(&mut black_box(wire).iter()).expect("a request");
    black_box(&request).name().len()
}

fn peer_owned(wire: &[u8]) -> usize {
    let request = Request::parse(&mut black_box(wire).iter()).expect("a request");
    black_box(&request.into_owned()).name().len()
}

fn reply() -> usize {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.extend_from_slice(black_box(REPLY));
        match ReplyReader::new(Profile::COMPAT, 512, 65536).next(input) {
            Ok(Read::Reply(reply, _)) => usize::from(black_box(&reply).code().get()),
            other => panic!("{other:?}"),
        }
    })
}

fn peer_reply() -> usize {
    let mut receiver = ResponseReceiver::default();
    let response = receiver.parse(&mut black_box(REPLY).iter()).expect("a response");
    usize::from(black_box(&response).code())
}
