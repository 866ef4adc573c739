//! The codecs for tokio-util, both ways, cut everywhere.
#![cfg(feature = "codec")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../examples/codec_server.rs"]
#[allow(dead_code, reason = "its `main` is for the program")]
mod codec_server;

use bytes::{Bytes, BytesMut};
use mail_errors::{EnhancedStatusCode, Fault, FaultKind, Reply, ReplyCode};
use mail_wire::{BareNewline, LineLimits};
use smtp_proto::{
    Command, CommandFault,
    codec::{CodecError, CommandCodec, Frame, ReplyCodec},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::codec::{Decoder, Encoder};

fn command(line: &str) -> Frame {
    Frame::Command(Command::parse(line.as_bytes()).unwrap())
}

fn body(text: &'static str) -> Frame {
    Frame::Body(Bytes::from_static(text.as_bytes()))
}

const END: Frame = Frame::BodyEnd { bare: None };

/// A conversation with a message behind DATA and two chunks, one of which looks like commands.
fn conversation() -> Vec<Frame> {
    vec![
        command("EHLO client.example"),
        command("MAIL FROM:<alice@example.org> SIZE=100 BODY=8BITMIME"),
        command("RCPT TO:<\"b o b\"@example.com> NOTIFY=SUCCESS,DELAY"),
        command("DATA"),
        body(".Subject: x\r\n\r\n.\r\n..\r\nQUIT\r\n"),
        END,
        command("MAIL FROM:<>"),
        command("BDAT 8"),
        body("QUIT\r\n\n."),
        END,
        command("BDAT 0 LAST"),
        END,
        command("VRFY postmaster"),
        command("QUIT"),
    ]
}

fn encoded(frames: Vec<Frame>) -> BytesMut {
    let (mut codec, mut wire) = (CommandCodec::new(), BytesMut::new());
    for frame in frames {
        codec.encode(frame, &mut wire).unwrap();
    }
    wire
}

/// Decodes what comes in these pieces. The parts of a body are joined.
fn decoded<'a>(
    mut codec: CommandCodec,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Frame>, Option<CodecError>) {
    let (mut frames, mut input) = (Vec::new(), BytesMut::new());
    let take = |codec: &mut CommandCodec, frame: Frame, frames: &mut Vec<Frame>| {
        if frame == Frame::Command(Command::Data) {
            codec.begin_body();
        }
        match (frames.last_mut(), frame) {
            (Some(Frame::Body(before)), Frame::Body(part)) => {
                assert!(!part.is_empty());
                *before = [&before[..], &part].concat().into();
            }
            (_, frame) => frames.push(frame),
        }
    };
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match codec.decode(&mut input) {
                Ok(Some(frame)) => take(&mut codec, frame, &mut frames),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    loop {
        match codec.decode_eof(&mut input) {
            Ok(Some(frame)) => take(&mut codec, frame, &mut frames),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn splits(wire: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let in_two = (0..=wire.len()).map(|at| vec![&wire[..at], &wire[at..]]);
    in_two.chain([wire.chunks(1).collect()])
}

#[test]
fn ok_frames_come_back_however_they_are_cut() {
    let wire = encoded(conversation());
    assert!(
        wire.windows(12).any(|octets| octets == b"\r\n..Subject:" || octets == b"..Subject: x")
    );
    for pieces in splits(&wire) {
        let (frames, error) = decoded(CommandCodec::new(), pieces.clone());
        assert!(error.is_none(), "{error:?} in {pieces:?}");
        assert_eq!(frames, conversation(), "{pieces:?}");
    }
}

#[test]
fn err_connection_that_ends_within_a_frame() {
    let wire = encoded(conversation());
    let mut whole = 0;
    for at in 0..wire.len() {
        let (frames, error) = decoded(CommandCodec::new(), [&wire[..at]]);
        match error {
            None => whole += 1,
            Some(CodecError::Torn) => {}
            Some(other) => panic!("{other} at {at} behind {frames:?}"),
        }
    }
    // At the start, behind each command without a body, behind the message, and behind each chunk.
    assert_eq!(whole, 9);
}

#[test]
fn err_lines_that_do_not_read_do_not_end_the_stream() {
    let wire = b"MAIL FROM:alice\r\nNOOP\nNOOP xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nWHAT\r\nNOOP\r\n";
    for pieces in splits(wire) {
        let limits = LineLimits { line: 24, swallow: 100 };
        let (frames, error) = decoded(CommandCodec::new().line_limits(limits), pieces);
        assert!(error.is_none());
        let [
            Frame::Unreadable(syntax),
            Frame::Unreadable(lf),
            Frame::TooLong { octets: 38 },
            Frame::Unreadable(unknown),
            noop,
        ] = &frames[..]
        else {
            panic!("{frames:?}")
        };
        assert_eq!(syntax.fault(), CommandFault::Syntax);
        assert_eq!(lf.fault(), CommandFault::BareNewline);
        assert_eq!(unknown.fault(), CommandFault::UnknownCommand);
        assert_eq!(*noop, command("NOOP"));
    }
    let codec = CommandCodec::new().bare_newline(BareNewline::Normalize);
    assert_eq!(decoded(codec, [&b"NOOP\n"[..]]).0, [command("NOOP")]);
}

#[test]
fn err_line_without_end() {
    let limits = LineLimits { line: 24, swallow: 100 };
    let flood = [b'x'; 200];
    let (frames, error) = decoded(CommandCodec::new().line_limits(limits), flood.chunks(50));
    assert!(frames.is_empty());
    let error = error.unwrap();
    assert!(matches!(error, CodecError::EndlessLine { limit: 100 }), "{error}");
    assert_eq!(error.kind(), FaultKind::LimitExceeded);
}

/// Nobody knows where the chunk ends: it must not be read as commands.
#[test]
fn err_chunk_without_a_length() {
    let (frames, error) = decoded(CommandCodec::new(), [&b"NOOP\r\nBDAT x LAST\r\nQUIT\r\n"[..]]);
    assert_eq!(frames, [command("NOOP")]);
    assert!(matches!(error, Some(CodecError::BadChunk(_))), "{error:?}");
}

/// Octets of a chunk of which nobody knows how long it is must not pass for commands, whatever is
/// wrong with the line.
#[test]
fn err_chunk_behind_a_line_that_is_not_read() {
    let limits = LineLimits { line: 24, swallow: 100 };
    for line in ["BDAT 6\n", "BDAT 6\r LAST\r\n", "bdat 000000000000000000006\r\n"] {
        let wire = [line, "QUIT\r\n"].concat();
        for pieces in splits(wire.as_bytes()) {
            let (frames, error) = decoded(CommandCodec::new().line_limits(limits), pieces);
            assert_eq!(frames, [], "{line:?}");
            assert!(matches!(error, Some(CodecError::BadChunk(_))), "{line:?} {error:?}");
        }
    }
}

#[test]
fn err_look_alike_of_the_end_is_told_with_the_end() {
    let wire = b"DATA\r\nx\n.\r\nRSET\r\n.\r\nQUIT\r\n";
    for pieces in splits(wire) {
        let (frames, error) = decoded(CommandCodec::new(), pieces);
        assert!(error.is_none());
        let [_, Frame::Body(_), Frame::BodyEnd { bare: Some(bare) }, quit] = &frames[..] else {
            panic!("{frames:?}")
        };
        assert_eq!((bare.offset, quit), (1, &command("QUIT")));
    }
}

#[test]
fn err_frames_that_cannot_be_sent() {
    let refused = |frames: Vec<Frame>| {
        let (mut codec, mut wire) = (CommandCodec::new(), BytesMut::new());
        let mut last = Ok(());
        let most = frames.len() - 1;
        for (nth, frame) in frames.into_iter().enumerate() {
            last = codec.encode(frame, &mut wire);
            assert!(nth == most || last.is_ok());
        }
        last.unwrap_err().kind()
    };
    let long = Frame::TooLong { octets: 9 };
    for frames in [
        vec![body("x")],
        vec![END],
        vec![long],
        vec![command("DATA"), command("NOOP")],
        vec![command("DATA"), body("a\nb")],
        vec![command("DATA"), body("a\r"), END],
        vec![command("BDAT 3"), body("four")],
        vec![command("BDAT 3"), body("ab"), END],
        vec![command("BDAT 3"), body("abc"), command("NOOP")],
    ] {
        assert_eq!(refused(frames.clone()), FaultKind::Misuse, "{frames:?}");
    }
    // The server has refused DATA.
    let (mut codec, mut wire) = (CommandCodec::new(), BytesMut::new());
    codec.encode(command("DATA"), &mut wire).unwrap();
    assert!(codec.forget_body() && !codec.forget_body());
    codec.encode(command("QUIT"), &mut wire).unwrap();
    assert_eq!(wire, "DATA\r\nQUIT\r\n");
}

#[test]
fn ok_replies_come_back_however_they_are_cut() {
    let lines = ["mx.example", "SIZE 1000", "8BITMIME"];
    let replies = [
        Reply::multiline(ReplyCode::OK, None, lines).unwrap(),
        Reply::new(ReplyCode::OK, EnhancedStatusCode::MESSAGE_OK, "taken").unwrap(),
        Reply::new(ReplyCode::SERVICE_NOT_AVAILABLE, None, "later").unwrap(),
    ];
    let (mut codec, mut wire) = (ReplyCodec::new(), BytesMut::new());
    for reply in &replies {
        codec.encode(reply.clone(), &mut wire).unwrap();
    }
    let mut ends = 0;
    for pieces in splits(&wire) {
        let (mut codec, mut input) = (ReplyCodec::new(), BytesMut::new());
        let mut read = Vec::new();
        for (nth, piece) in pieces.iter().enumerate() {
            input.extend_from_slice(piece);
            while let Some(reply) = codec.decode(&mut input).unwrap() {
                read.push(reply);
            }
            if nth == 0 && pieces.len() == 2 {
                // What if it ends here?
                let (mut codec, mut input) = (ReplyCodec::new(), BytesMut::from(*piece));
                while let Ok(Some(_)) = codec.decode_eof(&mut input) {}
                ends += usize::from(codec.decode_eof(&mut input).is_ok());
            }
        }
        assert_eq!(read, replies, "{pieces:?}");
        assert!(codec.decode_eof(&mut input).unwrap().is_none());
    }
    assert_eq!(ends, 1 + replies.len());
}

#[test]
fn err_what_is_no_reply() {
    let mut codec = ReplyCodec::new();
    let error = codec.decode(&mut BytesMut::from("hello\r\n")).unwrap_err();
    assert_eq!(error.kind(), FaultKind::Malformed, "{error}");
}

/// The example does what it says, for a client that pipelines and whose message has a dot.
#[tokio::test]
async fn ok_server_of_thirty_lines() {
    let (mut client, server) = tokio::io::duplex(64);
    let script = b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n..\r\n.\r\nWHAT\r\n\
        BDAT 4\r\nWHATQUIT\r\n";
    let mut said = String::new();
    let talk = async {
        // It answers while it is told more.
        let (mut input, mut output) = tokio::io::split(&mut client);
        let (sent, heard) = tokio::join!(output.write_all(script), input.read_to_string(&mut said));
        sent.and(heard).unwrap();
    };
    let (messages, ()) = tokio::join!(codec_server::serve(server), talk);
    assert_eq!(messages.unwrap(), [3, 4]);
    let codes: Vec<_> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250", "500", "250", "221"], "{said}");
}
