//! Commands and answers as frames: there and back, and however they are cut.
#![cfg(feature = "codec")]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

#[allow(dead_code, reason = "its main is for people")]
#[path = "../examples/codec_server.rs"]
mod codec_server;

use bytes::{Bytes, BytesMut};
use mail_errors::{Fault, FaultKind};
use mail_wire::{BareNewline, LineLimits};
use pop3_proto::codec::{CodecError, CommandCodec, Frame, Request, ResponseCodec};
use pop3_proto::{Command, Defects, Profile, Response, Text, parse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::codec::{Decoder, Encoder};

const END: Frame = Frame::End { bare: None };

fn command(line: &str) -> Command<'static> {
    parse::command(line.as_bytes(), Profile::STRICT, &mut Defects::new()).unwrap().into_owned()
}

fn line(text: &'static str) -> Frame {
    Frame::Line(Text::fixed(text))
}

fn ok(text: &str) -> Frame {
    Frame::Response(Response::ok(text).unwrap())
}

/// All that is decoded of these pieces, parts of a message joined.
fn decoded<C: Decoder<Error = CodecError>>(
    mut codec: C,
    pieces: &[&[u8]],
    join: fn(&mut Vec<C::Item>, C::Item),
) -> (Vec<C::Item>, Option<CodecError>) {
    let (mut frames, mut input) = (Vec::new(), BytesMut::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match codec.decode(&mut input) {
                Ok(Some(frame)) => join(&mut frames, frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    loop {
        match codec.decode_eof(&mut input) {
            Ok(Some(frame)) => join(&mut frames, frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn splits(wire: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let two = (0..=wire.len()).map(|at| vec![&wire[..at], &wire[at..]]);
    two.chain([wire.chunks(1).collect()])
}

fn join(frames: &mut Vec<Frame>, frame: Frame) {
    match (frames.last_mut(), frame) {
        (Some(Frame::Body(before)), Frame::Body(more)) => {
            *before = Bytes::from([&before[..], &more].concat());
        }
        (_, frame) => frames.push(frame),
    }
}

#[test]
fn ok_commands_come_back_however_they_are_cut() {
    let commands = ["USER mrose", "PASS  two  spaces ", "TOP 1 0", "LANG de-AT", "UTF8", "QUIT"];
    let commands = commands.map(command);
    let (mut codec, mut wire) = (CommandCodec::new(), BytesMut::new());
    for command in &commands {
        codec.encode(command.clone(), &mut wire).unwrap();
    }
    for pieces in splits(&wire) {
        let (read, error) = decoded(CommandCodec::new(), &pieces, Vec::push);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(read, commands.clone().map(Request::Command));
    }
}

#[test]
fn ok_what_is_no_command_is_passed_over() {
    let wire = [b"RETR 0\r\n", &[b'x'; 60][..], b"\r\nNOOP\n"].concat();
    let codec = || CommandCodec::new().line_limits(LineLimits { line: 24, swallow: 100 });
    for pieces in splits(&wire) {
        let (read, error) = decoded(codec(), &pieces, Vec::push);
        assert!(error.is_none(), "{error:?}");
        let [Request::Unreadable(error), Request::TooLong { octets: 62 }, noop] = &read[..] else {
            panic!("{read:?}")
        };
        assert_eq!(error.to_string(), "expected a message number above 0 at offset 5");
        assert_eq!(noop, &Request::Command(Command::Noop));
    }
    let strict = codec().bare_newline(BareNewline::Reject);
    let (read, _) = decoded(strict, &[b"NOOP\n"], Vec::push);
    assert!(matches!(&read[..], [Request::Unreadable(_)]), "{read:?}");
}

#[test]
fn err_command_without_end() {
    let codec = CommandCodec::new().line_limits(LineLimits { line: 24, swallow: 100 });
    let (_, error) = decoded(codec, &[&[b'x'; 200]], Vec::push);
    assert_eq!(error.unwrap().kind(), FaultKind::LimitExceeded);
    let (_, error) = decoded(CommandCodec::new(), &[b"NOOP"], Vec::push);
    assert!(matches!(error, Some(CodecError::Torn)));
}

#[test]
fn ok_answers_come_back_however_they_are_cut() {
    let asked = ["CAPA", "UIDL 1", "LIST", "RETR 1", "RETR 2", "TOP 1 1", "QUIT"].map(command);
    let no = Frame::Response(Response::err(None, "no such message").unwrap());
    let frames = [
        ok("ready"),
        ok("offers"),
        line("TOP"),
        line(".x"),
        END,
        ok("1 one"),
        ok(""),
        END,
        ok(""),
        Frame::Body(Bytes::from_static(b".\r\n..\r\n\r\ntext\r\n")),
        END,
        no,
        ok(""),
        END,
        ok("bye"),
    ];
    let (mut codec, mut wire) = (ResponseCodec::new(), BytesMut::new());
    for frame in &frames {
        codec.encode(frame.clone(), &mut wire).unwrap();
    }
    for pieces in splits(&wire) {
        let mut codec = ResponseCodec::new();
        codec.expect_greeting();
        asked.iter().for_each(|command| codec.expect(command));
        let (read, error) = decoded(codec, &pieces, join);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(read, frames);
    }
}

#[test]
fn err_answers_that_cannot_be() {
    let after = |asked: &str, wire: &[u8]| {
        let mut codec = ResponseCodec::new().bare_newline(BareNewline::Reject);
        codec.expect(&command(asked));
        decoded(codec, &[wire], join).1.map(|error| error.kind())
    };
    assert_eq!(after("NOOP", b"hello\r\n"), Some(FaultKind::Malformed));
    assert_eq!(after("NOOP", b"+OK\n"), Some(FaultKind::Malformed));
    assert_eq!(after("NOOP", b"+OK\r\n+OK\r\n"), Some(FaultKind::Misbehaved));
    assert_eq!(after("LIST", b"+OK\r\n1 2\r\n"), Some(FaultKind::Disconnected));
    assert_eq!(after("RETR 1", b"+OK\r\ntext\r\n"), Some(FaultKind::Disconnected));
    assert_eq!(
        after("LIST", &[&[b'x'; 5000][..], b"\r\n"].concat()),
        Some(FaultKind::LimitExceeded)
    );
    assert_eq!(after("LIST", b"+OK\r\na\0\r\n"), Some(FaultKind::Malformed));
}

#[test]
fn err_frames_that_cannot_be_sent_now() {
    let (mut codec, mut wire) =
        (ResponseCodec::new().bare_newline(BareNewline::Reject), BytesMut::new());
    codec.encode(Frame::Body(Bytes::from_static(b"text")), &mut wire).unwrap();
    assert_eq!(codec.encode(ok(""), &mut wire).unwrap_err().kind(), FaultKind::Misuse);
    let bare = codec.encode(Frame::Body(Bytes::from_static(b"a\nb")), &mut wire).unwrap_err();
    assert!(matches!(bare, CodecError::Bare(_)), "{bare}");
}

/// The example does what it says, for a client that pipelines.
#[tokio::test]
async fn ok_server_of_thirty_lines() {
    let (mut client, server) = tokio::io::duplex(64);
    let script = b"USER a\r\nPASS b\r\nSTAT\r\nLIST\r\nRETR 1\r\nRETR 2\r\nWHAT\r\nQUIT\r\n";
    let mut said = String::new();
    let talk = async {
        let (mut input, mut output) = tokio::io::split(&mut client);
        let (sent, heard) = tokio::join!(output.write_all(script), input.read_to_string(&mut said));
        sent.and(heard).unwrap();
    };
    let (count, ()) = tokio::join!(codec_server::serve(server), talk);
    assert_eq!(count.unwrap(), 8);
    let expected = "+OK ready\r\n+OK\r\n+OK\r\n+OK 1 24\r\n+OK\r\n1 24\r\n.\r\n\
        +OK\r\nSubject: hello\r\n\r\n..one\r\n.\r\n-ERR not here\r\n\
        -ERR expected a command at offset 0\r\n+OK bye\r\n";
    assert_eq!(said, expected);
}
