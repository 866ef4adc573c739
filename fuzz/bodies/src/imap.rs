//! IMAP's commands and responses, and the frames that they come in.

use bytes::BytesMut;
use imap_proto::encode::{self, LiteralMode};
use imap_proto::frame::{CommandFramer, CommandStep, ResponseFramer, ResponseStep};
use imap_proto::{
    Code, CommandLimits, Defects, FetchAttributes, Profile, Response, ResponseLimits, parse, utf7,
};

use crate::{cut, expect_offset};

const MODES: [LiteralMode; 3] = [LiteralMode::Synchronizing, LiteralMode::Minus, LiteralMode::Plus];

/// Octets are read as a whole command.
pub(crate) fn command(data: &[u8]) {
    if let Ok(name) = std::str::from_utf8(data) {
        assert_eq!(utf7::decode(&utf7::encode(name)).as_deref(), Some(name));
    }
    if let Some(name) = utf7::decode(data) {
        assert_eq!(utf7::decode(&utf7::encode(&name)), Some(name));
    }
    let command = match parse::command(data) {
        Ok(command) => command,
        Err(error) => return expect_offset(&error, data),
    };
    assert_eq!(parse::tag(data).as_ref(), Ok(&command.tag));
    for mode in MODES {
        let wire = encode::command(&command, mode);
        let octets = wire.as_bytes();
        // An APPEND ends behind the header of its literal, whose line end is not part of the frame.
        let frame = octets.strip_suffix(b"\r\n").unwrap_or(octets);
        let back = parse::command(frame);
        assert_eq!(back.as_ref(), Ok(&command), "as {}", frame.escape_ascii());
    }
}

/// Octets are read as a whole response, and as the start of one.
pub(crate) fn response(data: &[u8]) {
    // A text that comes in pieces is written in pieces too.
    let is_streamed =
        |attributes: &FetchAttributes<'_>| attributes.iter().any(|a| a.streamed().is_some());
    let mut defects = Defects::new();
    assert_eq!(parse::response_noting(data, &mut defects), parse::response(data));
    assert!(defects.iter().all(|defect| defect.offset() <= data.len()), "{defects:?}");
    match parse::response(data) {
        Ok(Response::Fetch(fetched)) if is_streamed(&fetched.attributes) => {}
        Ok(response) => {
            let mut wire = Vec::new();
            encode::response(&mut wire, &response);
            let frame = wire.strip_suffix(b"\r\n").expect("a response is a line");
            let back = parse::response(frame);
            if has_odd_code(&response) {
                assert!(back.is_ok(), "{back:?}");
            } else {
                assert_eq!(back.as_ref(), Ok(&response), "as {}", frame.escape_ascii());
            }
        }
        Err(error) => expect_offset(&error, data),
    }
    match parse::fetch_start(data) {
        Ok(start) if is_streamed(&start.before) => {}
        Ok(start) => {
            let mut wire = Vec::new();
            encode::fetch_start(&mut wire, start.number);
            let attributes = start.before.iter().chain([start.attribute.clone()]);
            for (nth, attribute) in attributes.enumerate() {
                encode::fetch_attribute(&mut wire, nth == 0, &attribute);
            }
            let frame = wire.strip_suffix(b"\r\n").expect("a header ends its line");
            assert_eq!(parse::fetch_start(frame).as_ref(), Ok(&start));
        }
        Err(error) => expect_offset(&error, data),
    }
    if let Err(error) = parse::fetch_next(data) {
        expect_offset(&error, data);
    }
}

/// A code whose arguments are not what they should be is cut at its first bracket. With the text
/// behind it, it may make a code that is as it should be.
fn has_odd_code(response: &Response<'_>) -> bool {
    match response {
        Response::Done { text, .. }
        | Response::Status { text, .. }
        | Response::PreAuth(text)
        | Response::Bye(text) => {
            matches!(text.code(), Some(Code::Other { arguments: Some(_), .. }))
        }
        _ => false,
    }
}

/// Octets are what a client sends: commands are found in them, and read.
pub(crate) fn command_frames(data: &[u8]) {
    const SMALL: CommandLimits =
        CommandLimits { line: 300, literal: 32, frame: 500, literals: 2, swallow: u64::MAX };
    for limits in [SMALL, CommandLimits::default()] {
        let mut ways = cut::ways(data).into_iter();
        let whole = commands(&ways.next().unwrap_or_default(), limits);
        for pieces in ways {
            assert_eq!(commands(&pieces, limits), whole, "cut as {pieces:?}");
        }
    }
}

fn commands(pieces: &[&[u8]], limits: CommandLimits) -> Vec<String> {
    let mut framer = CommandFramer::new(limits, Profile::default());
    let (mut input, mut log) = (BytesMut::new(), Log::default());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match framer.next(&mut input) {
                CommandStep::Starved | CommandStep::Endless => break,
                CommandStep::Undecided => panic!("all is decided"),
                CommandStep::Command(frame) => {
                    command(&frame);
                    log.line(format!("command {}", frame.escape_ascii()));
                }
                CommandStep::Literal(header) => {
                    framer.accept();
                    log.line(format!("{header:?}"));
                }
                CommandStep::Append { head, literal, first } => {
                    command(&head);
                    log.line(format!("append {} {literal:?} {first}", head.escape_ascii()));
                    // Every other message is not wanted.
                    if literal.octets % 2 == 0 {
                        framer.accept();
                    } else {
                        framer.refuse(&mut input);
                    }
                }
                CommandStep::Chunk(octets) => log.chunk(&octets),
                CommandStep::MessageEnd => log.line("message end".into()),
                CommandStep::Tail(octets) => log.line(format!("tail {}", octets.escape_ascii())),
                CommandStep::Refused { tag, why } => log.line(format!("{tag:?} {why:?}")),
            }
        }
        assert!(input.len() <= limits.frame + limits.line, "{} octets are held", input.len());
    }
    log.done()
}

/// Octets are what a server sends: responses are found in them, and read.
pub(crate) fn response_frames(data: &[u8]) {
    const SMALL: ResponseLimits =
        ResponseLimits { line: 256, literal: 64, frame: 512, literals: 3, stream_from: 8 };
    for limits in [SMALL, ResponseLimits::default()] {
        let mut ways = cut::ways(data).into_iter();
        let whole = responses(&ways.next().unwrap_or_default(), limits);
        for pieces in ways {
            assert_eq!(responses(&pieces, limits), whole, "cut as {pieces:?}");
        }
    }
}

fn responses(pieces: &[&[u8]], limits: ResponseLimits) -> Vec<String> {
    let mut framer = ResponseFramer::new(limits, Profile::default());
    let (mut input, mut log) = (BytesMut::new(), Log::default());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match framer.next(&mut input) {
                Ok(ResponseStep::Starved) => break,
                Ok(ResponseStep::Response(frame)) => {
                    response(&frame);
                    log.line(format!("response {}", frame.escape_ascii()));
                }
                Ok(ResponseStep::LiteralStart { head, first }) => {
                    response(&head);
                    log.line(format!("literal {} {first}", head.escape_ascii()));
                }
                Ok(ResponseStep::Chunk(octets)) => log.chunk(&octets),
                Ok(ResponseStep::LiteralEnd) => log.line("literal end".into()),
                Err(error) => {
                    assert_eq!(framer.next(&mut input), Err(error), "the same for ever");
                    log.line(format!("{error:?}"));
                    return log.done();
                }
            }
        }
        assert!(input.len() <= limits.frame + limits.line, "{} octets are held", input.len());
    }
    log.done()
}

/// What came of it, pieces of one text joined.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    open: Vec<u8>,
}

impl Log {
    fn line(&mut self, line: String) {
        self.close();
        self.lines.push(line);
    }

    fn chunk(&mut self, octets: &[u8]) {
        assert!(!octets.is_empty());
        self.open.extend_from_slice(octets);
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            let octets = std::mem::take(&mut self.open);
            self.lines.push(format!("octets {}", octets.escape_ascii()));
        }
    }

    fn done(mut self) -> Vec<String> {
        self.close();
        self.lines
    }
}
