//! SMTP commands and a reply.
//!
//! The peers look for the line's end while they parse; ours frames first, so the framer's time is in
//! ours. `owned` is what outlives the receive buffer. What is asked of a reply is read from where it
//! is, as the peers do it; through the receive buffer the copy into it, the socket's, is in the time.

use std::hint::black_box;

use bytes::BytesMut;
use mail_benches::table::Rows;
use mail_wire::{Line, LineFramer, LineLimits};
use memchr::memchr;
use peer_smtp_proto as peer;
use smtp_codec::parse::command as codec;
use smtp_proto::{
    Capabilities, Command, Profile, Read, ReplyReader,
    limits::{ClientLimits, ServerLimits},
    parse,
};

const EHLO: &[u8] = b"EHLO mail.example.org\r\n";
const MAIL: &[u8] = b"MAIL FROM:<anna.schmidt@mail.example.org> SIZE=48213 BODY=8BITMIME\r\n";
const RCPT: &[u8] = b"RCPT TO:<bob.meier@example.com>\r\n";
const MAIL_WITH_FIVE: &[u8] =
    b"MAIL FROM:<anna.schmidt@mail.example.org> SIZE=48213 BODY=8BITMIME \
    RET=HDRS ENVID=QQ314159 SMTPUTF8\r\n";
const RCPT_WITH_TWO: &[u8] = b"RCPT TO:<bob.meier@example.com> NOTIFY=FAILURE,DELAY \
    ORCPT=rfc822;bob.meier@example.com\r\n";
const AUTH: &[u8] = b"AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n";
const DATA: &[u8] = b"DATA\r\n";
const EHLO_REPLY: &[u8] = b"250-mx.example.com at your service\r\n250-PIPELINING\r\n\
    250-SIZE 52428800\r\n250-8BITMIME\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n\
    250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-DSN\r\n250-SMTPUTF8\r\n250-REQUIRETLS\r\n\
    250 HELP\r\n";
const REPLY: &[u8] = b"550-5.7.1 The message was refused by the policy of this site.\r\n\
    550-5.7.1 If you think that this is wrong, write to the postmaster\r\n\
    550 5.7.1 and quote the number 4711.\r\n";

pub(crate) fn rows(rows: &mut Rows) {
    command_row(rows, "parse EHLO", EHLO);
    command_row(rows, "parse MAIL", MAIL);
    command_row(rows, "parse MAIL with five parameters", MAIL_WITH_FIVE);
    command_row(rows, "parse RCPT", RCPT);
    command_row(rows, "parse RCPT with two parameters", RCPT_WITH_TWO);
    command_row(rows, "parse AUTH", AUTH);
    command_row(rows, "parse DATA", DATA);
    pieces_row(rows);
    reply_row(rows);
    ehlo_row(rows);
}

fn command_row(rows: &mut Rows, row: &'static str, wire: &[u8]) {
    let ours = address_of_ours(&command(line(wire)));
    assert_eq!(address(&peers_command(wire).expect("a command")), ours);
    assert_eq!(address_of_codec(&codec::command(wire).expect("a command").1), ours);
    assert_eq!(address_of_mailrs(&mailrs_command(wire).expect("a command")), ours);

    let mut input = BytesMut::from(wire);
    rows.run(row, "ours", || {
        let line = framed(black_box(&mut input));
        let mut defects = smtp_proto::Defects::new();
        check(parse::command(line, Profile::default(), &mut defects));
    });
    rows.run(row, "smtp-proto", || check(peers_command(black_box(wire))));
    rows.run(row, "mailrs-smtp-proto", || check(mailrs_command(black_box(wire))));
    rows.run(row, "ours, owned", || {
        Command::parse(framed(black_box(&mut input))).expect("a command")
    });
    rows.run(row, "smtp-proto, owned", || {
        peers_command(black_box(wire)).expect("a command").into_owned()
    });
    rows.run(row, "smtp-codec, owned", || check(codec::command(black_box(wire))));
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

fn peers_command(wire: &[u8]) -> Result<PeersCommand<'_>, peer::Error> {
    peer::Request::parse(&mut wire.iter())
}

/// This one has the line without its end, and as text. It leaves it open whether names, addresses and
/// values are any.
fn mailrs_command(
    wire: &[u8],
) -> Result<mailrs_smtp_proto::Command<'_>, mailrs_smtp_proto::ParseError> {
    let end = memchr(b'\n', wire).expect("there is a line");
    let line = wire[..end].strip_suffix(b"\r").expect("it ends in CRLF");
    mailrs_smtp_proto::parse_command(std::str::from_utf8(line).expect("it is text"))
}

fn address(command: &PeersCommand<'_>) -> String {
    match command {
        peer::Request::Ehlo { host } => host.to_string(),
        peer::Request::Mail { from } => format!("<{}>", from.address),
        peer::Request::Rcpt { to } => format!("<{}>", to.address),
        peer::Request::Auth { initial_response, .. } => initial_response.to_string(),
        peer::Request::Data => String::new(),
        other => panic!("{other:?} is not in a row"),
    }
}

fn address_of_ours(command: &Command<&[u8]>) -> String {
    match command {
        Command::Ehlo(name) => name.as_str().to_owned(),
        Command::Mail { from, .. } => from.to_string(),
        Command::Rcpt { to, .. } => to.to_string(),
        Command::Auth(arguments) => {
            String::from_utf8_lossy(arguments.initial().unwrap_or_default()).into_owned()
        }
        Command::Data => String::new(),
        other => panic!("{other:?} is not in a row"),
    }
}

fn address_of_codec(command: &smtp_codec::types::Command) -> String {
    use smtp_codec::types::{Command, DomainOrAddress};
    match command {
        Command::Ehlo { domain_or_address: DomainOrAddress::Domain(host) } => host.clone(),
        Command::Mail { reverse_path, .. } => format!("<{reverse_path}>"),
        Command::Rcpt { forward_path, .. } => format!("<{forward_path}>"),
        Command::AuthPlain(initial) => initial.clone().unwrap_or_default(),
        Command::Data => String::new(),
        other => panic!("{other:?} is not in a row"),
    }
}

fn address_of_mailrs(command: &mailrs_smtp_proto::Command<'_>) -> String {
    use mailrs_smtp_proto::{Command, ForwardPath, ReversePath};
    match command {
        Command::Ehlo(host) => (*host).to_owned(),
        Command::MailFrom { path: ReversePath::Path(path), .. } => format!("<{path}>"),
        Command::RcptTo { path: ForwardPath::Path(path), .. } => format!("<{path}>"),
        Command::Auth { initial_response, .. } => initial_response.unwrap_or_default().to_owned(),
        Command::Data => String::new(),
        other => panic!("{other:?} is not in a row"),
    }
}

/// The line comes in pieces of 16 octets. The peer starts anew with each that is added.
fn pieces_row(rows: &mut Rows) {
    let row = "parse MAIL with five parameters in pieces";
    let limits = ServerLimits::default();
    let limits = LineLimits { line: limits.command_line, swallow: limits.swallow_line };
    let mut input = BytesMut::new();
    rows.run(row, "ours", || {
        input.clear();
        let mut framer = LineFramer::new();
        for piece in black_box(MAIL_WITH_FIVE).chunks(16) {
            input.extend_from_slice(piece);
            if let Line::Whole { text, .. } = framer.next(&mut input, limits) {
                check(command(&input[..text]));
            }
        }
    });
    let mut held = Vec::new();
    rows.run(row, "smtp-proto", || {
        held.clear();
        for piece in black_box(MAIL_WITH_FIVE).chunks(16) {
            held.extend_from_slice(piece);
            if let Ok(command) = peer::Request::parse(&mut held.iter()) {
                check(command);
            }
        }
    });
}

fn ehlo_row(rows: &mut Rows) {
    let row = "parse a reply to EHLO of twelve lines";
    let limits = ClientLimits::default();
    let mut reader = ReplyReader::new(Profile::default(), limits.reply_line, limits.reply);
    let mut input = BytesMut::new();
    let mut read_through_buffer = || {
        input.extend_from_slice(black_box(EHLO_REPLY));
        match reader.next(&mut input) {
            Ok(Read::Reply(reply, _)) => Capabilities::read(&reply),
            other => panic!("{other:?} is no reply"),
        }
    };
    let view = || Capabilities::on_the_wire(black_box(EHLO_REPLY)).expect("a regular reply").0;
    let peers = || peer::EhloResponse::parse(&mut black_box(EHLO_REPLY).iter()).expect("a reply");
    let codecs =
        || smtp_codec::parse::response::ehlo_ok_rsp(black_box(EHLO_REPLY)).expect("a reply").1;
    let lettres = || {
        lettre::transport::smtp::extension::ServerInfo::from_response(&lettres_reply(EHLO_REPLY))
    };

    assert_eq!(read_through_buffer(), view().into_owned());
    assert_eq!(view().largest_message(), Some(peers().size as u64));
    assert_eq!(view().extensions().iter().count() as u32, peers().capabilities.count_ones());
    let smtp_codec::types::Response::Ehlo { capabilities, .. } = codecs() else {
        panic!("it is EHLO's")
    };
    assert_eq!(view().iter().count(), capabilities.len());
    assert!(lettres().is_ok());
    rows.run(row, "ours", || check(view()));
    rows.run(row, "ours, owned", || view().into_owned());
    rows.run(row, "ours, owned, through the receive buffer", read_through_buffer);
    rows.run(row, "smtp-proto, owned", peers);
    rows.run(row, "smtp-codec, owned", codecs);
    rows.run(row, "lettre, owned", lettres);
}

fn lettres_reply(wire: &[u8]) -> lettre::transport::smtp::response::Response {
    std::str::from_utf8(black_box(wire)).expect("it is text").parse().expect("a reply")
}

fn reply_row(rows: &mut Rows) {
    let row = "parse a reply of three lines";
    let limits = ClientLimits::default();
    let mut reader = ReplyReader::new(Profile::default(), limits.reply_line, limits.reply);
    let mut input = BytesMut::new();
    let mut read_through_buffer = || {
        input.extend_from_slice(black_box(REPLY));
        match reader.next(&mut input) {
            Ok(Read::Reply(reply, _)) => reply,
            other => panic!("{other:?} is no reply"),
        }
    };
    let view = || parse::ReplyView::read(black_box(REPLY)).expect("a regular reply");
    let owned = || parse::ReplyView::read_owned(black_box(REPLY)).expect("a regular reply").0;
    let mut receiver = peer::response::parser::ResponseReceiver::default();
    let mut peers_read = || {
        receiver.reset();
        receiver.parse(&mut black_box(REPLY).iter()).expect("a reply")
    };

    let (ours, peers) = (owned(), peers_read());
    assert_eq!((&read_through_buffer(), &view().to_reply()), (&ours, &ours));
    assert_eq!((ours.code().get(), ours.text()), (peers.code, peers.message.as_bytes()));
    assert_eq!(ours.enhanced().map(|code| code.to_string()), Some("5.7.1".to_owned()));
    assert_eq!(peers.esc, [5, 7, 1]);
    assert_eq!(lettres_reply(REPLY).message().count(), ours.lines().count());
    rows.run(row, "ours", || check(view()));
    rows.run(row, "ours, owned", owned);
    rows.run(row, "ours, owned, through the receive buffer", read_through_buffer);
    rows.run(row, "smtp-proto, owned", peers_read);
    // This one leaves the enhanced code in the text.
    rows.run(row, "lettre, owned", || lettres_reply(REPLY));
}
