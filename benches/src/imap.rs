//! IMAP commands and responses.

use std::hint::black_box;

use imap_proto::{Response, parse};
use peer_imap_codec::{CommandCodec, ResponseCodec, decode::Decoder};

use crate::Row;

const COMMAND: &[u8] = b"A654 UID FETCH 1:100,200:* (FLAGS UID INTERNALDATE RFC822.SIZE \
    BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)])\r\n";
/// The same without the list of header fields, which the peers' readers of responses know, too.
const RESPONSE: &[u8] = b"* 12 FETCH (FLAGS (\\Answered \\Seen $Junk) UID 4827313 \
    INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")\r\n";

/// A view has checked everything and keeps lists as they came; typed has looked at each item.
pub const ROWS: &[Row] = &[
    ("FETCH command", "imap-proto (ours), view", command),
    ("FETCH command", "imap-proto (ours), owned", owned_command),
    ("FETCH command", "imap-codec 2.0.0-alpha.10", peer_command),
    ("FETCH response", "imap-proto (ours), view", response),
    ("FETCH response", "imap-proto (ours), typed", typed_response),
    ("FETCH response", "imap-codec 2.0.0-alpha.10", peer_codec),
    ("FETCH response", "imap-proto 0.17", peer_proto),
];

/// A frame has no CRLF: the framer has cut it off.
fn frame(wire: &[u8]) -> &[u8] {
    let (frame, end) = black_box(wire).split_at(wire.len() - 2);
    assert_eq!(end, b"\r\n");
    frame
}

fn command() -> usize {
    let command = parse::command(frame(COMMAND)).expect("a command");
    black_box(&command).tag.as_bytes().len()
}

fn owned_command() -> usize {
    let command = parse::command(frame(COMMAND)).expect("a command").into_owned();
    black_box(&command).tag.as_bytes().len()
}

fn peer_command() -> usize {
    let (rest, command) = CommandCodec::new().decode(black_box(COMMAND)).expect("a command");
    black_box(&command).tag.as_ref().len() + rest.len()
}

fn response() -> usize {
    let response = parse::response(frame(RESPONSE)).expect("a response");
    black_box(&response);
    1
}

fn typed_response() -> usize {
    let response = parse::response(frame(RESPONSE)).expect("a response");
    let Response::Fetch(fetched) = black_box(response) else { panic!("no FETCH") };
    fetched.attributes.iter().map(|attribute| usize::from(black_box(&attribute).text().is_none())).sum()
}

fn peer_codec() -> usize {
    let (rest, response) = ResponseCodec::new().decode(black_box(RESPONSE)).expect("a response");
    black_box(&response);
    rest.len()
}

fn peer_proto() -> usize {
    let (rest, response) =
        peer_imap_proto::Response::from_bytes(black_box(RESPONSE)).expect("a response");
    black_box(&response);
    rest.len()
}
