//! SMTP commands and a reply.
//!
//! The peer looks for the line's end while it parses; ours frames first, so the framer's time is in
//! ours. `owned` is what outlives the receive buffer.

use std::hint::black_box;

use bytes::BytesMut;
use mail_benches::table::Rows;
use mail_wire::{Line, LineFramer, LineLimits};
use peer_smtp_proto as peer;
use smtp_proto::{
    Command, Profile, Read, ReplyReader,
    limits::{ClientLimits, ServerLimits},
    parse,
};

const EHLO: &[u8] = b"EHLO mail.example.org\r\n";
const MAIL: &[u8] = b"MAIL FROM:<anna.schmidt@mail.example.org> SIZE=48213 BODY=8BITMIME\r\n";
const RCPT: &[u8] = b"RCPT TO:<bob.meier@example.com>\r\n";
const REPLY: &[u8] = b"550-5.7.1 The message was refused by the policy of this site.\r\n\
    550-5.7.1 If you think that this is wrong, write to the postmaster\r\n\
    550 5.7.1 and quote the number 4711.\r\n";

pub(crate) fn rows(rows: &mut Rows) {
    command_row(rows, "parse EHLO", EHLO);
    command_row(rows, "parse MAIL", MAIL);
    command_row(rows, "parse RCPT", RCPT);
    reply_row(rows);
}

fn command_row(rows: &mut Rows, row: &'static str, wire: &[u8]) {
    assert_eq!(address(&peers_command(wire)), address_of_ours(&command(line(wire))));

    let mut input = BytesMut::from(wire);
    rows.run(row, "ours", || {
        let line = framed(black_box(&mut input));
        check(command(line));
    });
    rows.run(row, "ours, owned", || {
        let line = framed(black_box(&mut input));
        command(line).into_owned(line)
    });
    rows.run(row, "smtp-proto", || check(peers_command(black_box(wire))));
    rows.run(row, "smtp-proto, owned", || peers_command(black_box(wire)).into_owned());
}

/// Keeps the value from being thrown away unbuilt.
fn check<T>(value: T) {
    black_box(&value);
}

fn framed(input: &mut BytesMut) -> &[u8] {
    let limits = ServerLimits::default();
    let limits = LineLimits { line: limits.command_line, swallow: limits.swallow_line };
    // A whole line stays in the input until it is taken out, so it can be found again.
    let Line::Whole { text, .. } = LineFramer::new().next(input, limits) else {
        panic!("there is a line");
    };
    &input[..text]
}

fn line(wire: &[u8]) -> &[u8] {
    wire.strip_suffix(b"\r\n").expect("a line ends in CRLF")
}

/// The command, with its parameters read.
fn command(line: &[u8]) -> Command<&[u8]> {
    let mut defects = smtp_proto::Defects::new();
    parse::command(line, Profile::default(), &mut defects).expect("a command")
}

type PeersCommand<'a> = peer::Request<std::borrow::Cow<'a, str>>;

fn peers_command(wire: &[u8]) -> PeersCommand<'_> {
    peer::Request::parse(&mut wire.iter()).expect("a command")
}

fn address(command: &PeersCommand<'_>) -> String {
    match command {
        peer::Request::Ehlo { host } => host.to_string(),
        peer::Request::Mail { from } => format!("<{}>", from.address),
        peer::Request::Rcpt { to } => format!("<{}>", to.address),
        other => panic!("{other:?} is not in a row"),
    }
}

fn address_of_ours(command: &Command<&[u8]>) -> String {
    match command {
        Command::Ehlo(name) => name.as_str().to_owned(),
        Command::Mail { from, .. } => from.to_string(),
        Command::Rcpt { to, .. } => to.to_string(),
        other => panic!("{other:?} is not in a row"),
    }
}

fn reply_row(rows: &mut Rows) {
    let row = "parse a reply of three lines";
    let limits = ClientLimits::default();
    let mut reader = ReplyReader::new(Profile::default(), limits.reply_line, limits.reply);
    let mut input = BytesMut::new();
    let mut read = || {
        // Unlike the peer's, ours reads from a receive buffer: the copy into it is in the time.
        input.extend_from_slice(black_box(REPLY));
        match reader.next(&mut input) {
            Ok(Read::Reply(reply, _)) => reply,
            other => panic!("{other:?} is no reply"),
        }
    };
    let mut receiver = peer::response::parser::ResponseReceiver::default();
    let mut peers_read = || {
        receiver.reset();
        receiver.parse(&mut black_box(REPLY).iter()).expect("a reply")
    };

    let (ours, peers) = (read(), peers_read());
    assert_eq!((ours.code().get(), ours.text()), (peers.code, peers.message.as_bytes()));
    assert_eq!(ours.enhanced().map(|code| code.to_string()), Some("5.7.1".to_owned()));
    assert_eq!(peers.esc, [5, 7, 1]);
    rows.run(row, "ours, owned", read);
    rows.run(row, "smtp-proto, owned", peers_read);
}
