//! A FETCH command and a FETCH response of IMAP.
//!
//! Ours reads a frame without its line end; finding that is in its time, as it is in the peers'.
//! Ours checks the whole frame at once and reads the items of a list when they are asked for. So
//! there are two rows of ours: `ours` reads every item, as the peers do, `ours, checked` none.

use std::hint::black_box;

use imap_codec::{
    CommandCodec, ResponseCodec,
    decode::Decoder,
    imap_types::{IntoStatic, command as codec_command, response as codec_response},
};
use imap_proto::{CommandBody, FetchAttribute, FetchItem, Response, parse};
use mail_benches::table::Rows;
use memchr::memchr;
use peer_imap_proto as peer;

const COMMAND: &[u8] = b"a142 UID FETCH 1:500,612,700:* (UID FLAGS INTERNALDATE RFC822.SIZE \
    BODY.PEEK[HEADER.FIELDS (Date From Subject)])\r\n";
const RESPONSE: &[u8] = b"* 1138 FETCH (FLAGS (\\Seen \\Answered $Forwarded) UID 48213 \
    INTERNALDATE \"17-Jul-2024 09:44:25 +0200\")\r\n";

pub(crate) fn rows(rows: &mut Rows) {
    command_row(rows);
    response_row(rows);
}

fn command_row(rows: &mut Rows) {
    let row = "parse an IMAP FETCH command";
    let codec = CommandCodec::new();
    let decode = || codec.decode(black_box(COMMAND)).expect("a command").1;

    let codec_command::CommandBody::Fetch { macro_or_item_names, uid: true, .. } = decode().body
    else {
        panic!("it is UID FETCH");
    };
    let items = match macro_or_item_names {
        imap_codec::imap_types::fetch::MacroOrMessageDataItemNames::MessageDataItemNames(items) => {
            items.len()
        }
        other => panic!("{other:?} is no list"),
    };
    assert_eq!(read_command(), items);

    rows.run(row, "ours", read_command);
    rows.run(row, "ours, checked", || _ = black_box(&command()));
    rows.run(row, "ours, owned", || command().into_owned());
    rows.run(row, "imap-codec", || _ = black_box(&decode()));
    rows.run(row, "imap-codec, owned", || decode().into_static());
}

fn command() -> imap_proto::Command<'static> {
    parse::command(framed(black_box(COMMAND))).expect("a command")
}

/// Returns how many items are asked for.
fn read_command() -> usize {
    let command = command();
    let CommandBody::Fetch { uid: true, set, items } = &command.body else {
        panic!("it is UID FETCH");
    };
    set.ranges().for_each(|range| _ = black_box(range));
    let mut count = 0;
    for item in items.iter() {
        if let FetchItem::Section { section, .. } = &item {
            black_box(section);
        }
        black_box(&item);
        count += 1;
    }
    count
}

fn response_row(rows: &mut Rows) {
    let row = "parse an IMAP FETCH response";
    let codec = ResponseCodec::new();
    let decode = || codec.decode(black_box(RESPONSE)).expect("a response").1;
    let peers = || peer::Response::parse(black_box(RESPONSE)).expect("a response").1;

    let codec_response::Response::Data(codec_response::Data::Fetch { items, .. }) = decode() else {
        panic!("it is FETCH");
    };
    let peer::Response::Fetch(1138, attributes) = peers() else { panic!("it is FETCH") };
    assert_eq!(read_response(), (items.as_ref().len(), 3));
    assert_eq!(attributes.len(), 3);

    rows.run(row, "ours", read_response);
    rows.run(row, "ours, checked", || _ = black_box(&response()));
    rows.run(row, "ours, owned", || response().into_owned());
    rows.run(row, "imap-codec", || _ = black_box(&decode()));
    rows.run(row, "imap-codec, owned", || decode().into_static());
    rows.run(row, "imap-proto", || _ = black_box(&peers()));
    rows.run(row, "imap-proto, owned", || peers().into_owned());
}

fn response() -> Response<'static> {
    parse::response(framed(black_box(RESPONSE))).expect("a response")
}

/// Returns how many attributes and how many flags there are.
fn read_response() -> (usize, usize) {
    let Response::Fetch(fetched) = response() else { panic!("it is FETCH") };
    let mut count = (0, 0);
    for attribute in fetched.attributes.iter() {
        if let FetchAttribute::Flags(flags) = &attribute {
            count.1 += flags.iter().map(|flag| _ = black_box(&flag)).count();
        }
        black_box(&attribute);
        count.0 += 1;
    }
    count
}

/// The line without its end, which is looked for.
fn framed(wire: &'static [u8]) -> &'static [u8] {
    let end = memchr(b'\n', wire).expect("there is a line");
    wire[..end].strip_suffix(b"\r").expect("it ends in CRLF")
}
