//! POP3 commands, listings, capabilities and a message.
//!
//! The peer looks for the line's end while it parses, and wants the whole answer in one piece; ours
//! frames first, so the search for line ends is in ours. `owned` is what outlives the receive buffer:
//! all that the peer makes. Listings are read from a slice, as the peer reads them; `through the
//! receive buffer` is with what a client does besides, which takes each line out of it as it comes.

use std::hint::black_box;

use bytes::BytesMut;
use mail_benches::table::Rows;
use mail_wire::{BareNewline, BodyPiece, DotUnstuffer, Line, LineFramer, LineLimits};
use memchr::memchr_iter;
use pop3_codec::parse as peer;
use pop3_proto::{
    Capabilities, ClientLimits, Command, Defects, Profile, ScanListing, ServerLimits,
    UniqueIdListing, parse,
};

const USER: &[u8] = b"USER anna.schmidt@mail.example.org\r\n";
const APOP: &[u8] = b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n";
const RETR: &[u8] = b"RETR 4711\r\n";
const TOP: &[u8] = b"TOP 4711 10\r\n";
const CAPA: &[u8] = b"+OK Capability list follows\r\nTOP\r\nUSER\r\n\
    SASL SCRAM-SHA-256 CRAM-MD5 PLAIN\r\nRESP-CODES\r\nLOGIN-DELAY 900\r\nPIPELINING\r\n\
    EXPIRE 60\r\nUIDL\r\nIMPLEMENTATION Shlemazle-Plotz-v302\r\n.\r\n";
const MESSAGES: u32 = 100;
const PROFILE: Profile = Profile::COMPAT;

pub(crate) fn rows(rows: &mut Rows) {
    command_row(rows, "parse USER", USER);
    command_row(rows, "parse APOP", APOP);
    command_row(rows, "parse RETR", RETR);
    command_row(rows, "parse TOP", TOP);
    list_row(rows);
    uidl_row(rows);
    capa_row(rows);
    message_row(rows);
}

fn command_row(rows: &mut Rows, row: &'static str, wire: &[u8]) {
    let (rest, theirs) = peer::command(wire).expect("a command");
    let serialized = theirs.serialize();
    assert_eq!((rest.len(), serialized.as_slice()), (0, wire));

    let mut input = BytesMut::from(wire);
    rows.run(row, "ours", || check(command(framed(black_box(&mut input)))));
    rows.run(row, "ours, owned", || command(framed(black_box(&mut input))).into_owned());
    rows.run(row, "pop3-codec, owned", || peer::command(black_box(wire)).expect("a command"));
}

fn command(line: &[u8]) -> Command<'_> {
    parse::command(line, Profile::default(), &mut Defects::new()).expect("a command")
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

/// Hands every line of an answer on, but for the first and the lone dot, as a client does.
fn lines(wire: &[u8], mut each: impl FnMut(&[u8])) {
    let limits = ClientLimits::default();
    let limits = LineLimits { line: limits.response_line, swallow: limits.swallow_line };
    let (mut input, mut framer) = (BytesMut::from(wire), LineFramer::new());
    let mut first = true;
    while let Line::Whole { text, octets, .. } = framer.next(&mut input, limits) {
        let line = input.split_to(octets);
        match &line[..text] {
            b"." => return,
            line if first => first = parse::response(line, PROFILE, &mut Defects::new()).is_err(),
            [b'.', rest @ ..] => each(rest),
            line => each(line),
        }
    }
}

/// The same from a slice that holds the whole answer.
fn slice_lines(wire: &[u8], mut each: impl FnMut(&[u8])) {
    let mut lines = memchr_iter(b'\n', wire).scan(0, |from, at| {
        let line = &wire[std::mem::replace(from, at + 1)..at];
        Some(line.strip_suffix(b"\r").expect("a line ends in CRLF"))
    });
    let first = lines.next().expect("there is a line");
    check(parse::response(first, PROFILE, &mut Defects::new()));
    for line in lines {
        match line {
            b"." => return,
            [b'.', rest @ ..] => each(rest),
            line => each(line),
        }
    }
}

fn list_row(rows: &mut Rows) {
    let row = "parse a LIST of 100";
    let each = |n| format!("{n} {}\r\n", 1000 + 37 * n);
    let wire = format!("+OK\r\n{}.\r\n", (1..=MESSAGES).map(each).collect::<String>());
    let wire = wire.as_bytes();
    let read =
        |line: &[u8]| parse::scan_listing(line, PROFILE, &mut Defects::new()).expect("a listing");
    let ours = || {
        let mut all: Vec<ScanListing> = Vec::new();
        slice_lines(black_box(wire), |line| all.push(read(line)));
        all
    };
    let buffered = || {
        let mut all: Vec<ScanListing> = Vec::new();
        lines(black_box(wire), |line| all.push(read(line)));
        all
    };
    let (_, theirs) = peer::response_list_all(wire).expect("an answer");
    assert_eq!((ours().len(), count(&theirs, "ScanListing {")), (100, 100));
    assert!(ours() == buffered());
    rows.run(row, "ours, owned", ours);
    rows.run(row, "ours, owned, through the receive buffer", buffered);
    rows.run(row, "pop3-codec, owned", || {
        peer::response_list_all(black_box(wire)).expect("an answer")
    });
}

fn uidl_row(rows: &mut Rows) {
    let row = "parse a UIDL of 100";
    let each = |n| format!("{n} {:016x}{:016x}\r\n", 0x5eed_u64 * u64::from(n), n);
    let wire = format!("+OK\r\n{}.\r\n", (1..=MESSAGES).map(each).collect::<String>());
    let wire = wire.as_bytes();
    let read =
        |line: &[u8]| parse::unique_id_listing(line, PROFILE, &mut Defects::new()).expect("an id");
    let ours = || {
        let mut all: Vec<UniqueIdListing> = Vec::new();
        slice_lines(black_box(wire), |line| all.push(read(line)));
        all
    };
    let buffered = || {
        let mut all: Vec<UniqueIdListing> = Vec::new();
        lines(black_box(wire), |line| all.push(read(line)));
        all
    };
    let (_, theirs) = peer::response_uidl_all(wire).expect("an answer");
    assert_eq!((ours().len(), count(&theirs, "UniqueIdListing {")), (100, 100));
    assert!(ours() == buffered());
    rows.run(row, "ours, owned", ours);
    rows.run(row, "ours, owned, through the receive buffer", buffered);
    rows.run(row, "pop3-codec, owned", || {
        peer::response_uidl_all(black_box(wire)).expect("an answer")
    });
}

fn capa_row(rows: &mut Rows) {
    let row = "parse an answer to CAPA";
    let ours = || {
        let mut offers = Capabilities::default();
        lines(black_box(CAPA), |line| offers.push(line));
        offers
    };
    // The peer wants an empty line behind each capability, and so reads no answer that there is.
    assert!(peer::response_capa(CAPA).is_err());
    assert_eq!(ours().iter().count(), 9);
    rows.run(row, "ours, owned", || {
        let offers = ours();
        // Ours keeps the lines, and reads them when they are looked at.
        offers.iter().for_each(check);
        offers
    });
}

fn message_row(rows: &mut Rows) {
    let row = "parse an answer to RETR of 4 KiB";
    let line = b"This line has seventy-eight octets with its end, as mail programs write them.\r\n";
    let text = [&line.repeat(51)[..], b"..dots\r\n"].concat();
    let wire = [b"+OK 4096 octets\r\n", &text[..], b".\r\n"].concat();
    let ours = || {
        let mut input = BytesMut::from(black_box(&wire[..]));
        let Line::Whole { text, octets, .. } =
            LineFramer::new().next(&mut input, LineLimits { line: 512, swallow: 0 })
        else {
            panic!("there is a line")
        };
        check(parse::response(&input.split_to(octets)[..text], PROFILE, &mut Defects::new()));
        let (mut body, mut message) = (DotUnstuffer::new(BareNewline::Normalize), Vec::new());
        loop {
            match body.next(&mut input) {
                BodyPiece::Data(piece) => message.push(piece),
                BodyPiece::End => return message,
                BodyPiece::Starved => panic!("all of it is there"),
            }
        }
    };
    let (_, theirs) = peer::response_retr(&wire).expect("an answer");
    assert_eq!(ours().iter().map(|piece| piece.len()).sum::<usize>(), text.len() - 1);
    assert_eq!(count(&theirs, "seventy-eight"), 51);
    rows.run(row, "ours, owned", ours);
    rows.run(row, "pop3-codec, owned", || {
        peer::response_retr(black_box(&wire)).expect("an answer")
    });
}

/// The types of the peer's answers have no public names, but they print.
fn count(theirs: &impl std::fmt::Debug, word: &str) -> usize {
    format!("{theirs:?}").matches(word).count()
}
