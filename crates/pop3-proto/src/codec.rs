//! Commands and answers as [`tokio_util::codec`] has it (feature `codec`): the layer of
//! [`parse`] and [`encode`] for programs that are streams of frames.
//!
//! A codec knows the grammar and the framing, no state of the conversation, no time and no budget of
//! errors: those are a [session](crate::server::Server)'s. In turn it needs none.
//!
//! * [`CommandCodec`] reads and writes what a client sends.
//! * [`ResponseCodec`] reads and writes what a server sends: [`Frame`]s, messages included.
//!
//! Both go both ways, so a server reads through a `FramedRead` of the one and writes through a
//! `FramedWrite` of the other, and a client the other way round. `examples/codec_server.rs` is such
//! a server.
//!
//! ```
//! use bytes::BytesMut;
//! use pop3_proto::codec::{Frame, ResponseCodec};
//! use pop3_proto::{Defects, Profile, parse};
//! use tokio_util::codec::Decoder;
//!
//! let mut codec = ResponseCodec::new();
//! codec.expect_greeting();
//! let said = parse::command(b"RETR 1", Profile::STRICT, &mut Defects::new())?;
//! codec.expect(&said);
//! let mut input = BytesMut::from("+OK ready\r\n+OK\r\n..\r\n.\r\n");
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::Response(_))));
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::Response(_))));
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::Body(body)) if &body[..] == b".\r\n"));
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::End { bare: None })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Not supported
//!
//! The lines of an AUTH exchange behind its command: they are of the mechanism, and a session has
//! them.

use std::{collections::VecDeque, io};

use bytes::{BufMut, Bytes, BytesMut};
use mail_errors::{Fault, FaultKind, Misuse, ParseError};
use mail_wire::{
    BareNewline, BareOctet, BodyPiece, DotStuffer, DotUnstuffer, Line, LineFramer, LineLimits,
    SendBuffer, grammar::cut,
};
use tokio_util::codec::{Decoder, Encoder};

use crate::{
    ClientLimits, Command, Defects, Profile, Response, ServerLimits, Status, Text, encode, parse,
};

/// What comes where a command is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A command.
    Command(Command<'static>),
    /// A line that is none; what follows can be read.
    Unreadable(ParseError),
    /// A line over the limit, thrown away.
    TooLong {
        /// How long it was, line end included.
        octets: u64,
    },
}

/// Reads and writes what a client sends.
#[derive(Debug)]
pub struct CommandCodec {
    bare_newline: BareNewline,
    limits: LineLimits,
    lines: LineFramer,
}

impl CommandCodec {
    /// Starts with [`BareNewline::Normalize`], which takes a line that ends in LF alone, and the
    /// default [`ServerLimits`].
    #[must_use]
    pub fn new() -> Self {
        let ServerLimits { command_line: line, swallow_line: swallow, .. } =
            ServerLimits::default();
        Self {
            bare_newline: BareNewline::Normalize,
            limits: LineLimits { line, swallow },
            lines: LineFramer::new(),
        }
    }

    /// Sets what becomes of a command that ends in LF alone.
    #[must_use]
    pub const fn bare_newline(mut self, policy: BareNewline) -> Self {
        self.bare_newline = policy;
        self
    }

    /// Sets how long a line may be.
    #[must_use]
    pub const fn line_limits(mut self, limits: LineLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl Default for CommandCodec {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for CommandCodec {
    type Item = Request;
    type Error = CodecError;

    fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Request>, CodecError> {
        let (text, octets, bare) = match self.lines.next(input, self.limits) {
            Line::Starved => return Ok(None),
            Line::Endless => return Err(CodecError::EndlessLine { limit: self.limits.swallow }),
            Line::TooLong { octets } => return Ok(Some(Request::TooLong { octets })),
            Line::Whole { text, octets, bare } => (text, octets, bare),
        };
        let line = input.split_to(octets);
        let (line, _) = cut(&line, text);
        Ok(Some(if bare && self.bare_newline == BareNewline::Reject {
            Request::Unreadable(ParseError::at(line, line.len(), "CRLF"))
        } else {
            match parse::command(line, Profile::COMPAT, &mut Defects::new()) {
                Ok(command) => Request::Command(command.into_owned()),
                Err(error) => Request::Unreadable(error),
            }
        }))
    }

    fn decode_eof(&mut self, input: &mut BytesMut) -> Result<Option<Request>, CodecError> {
        let request = self.decode(input)?;
        let torn = !input.is_empty() || self.lines.is_swallowing();
        if request.is_none() && torn { Err(CodecError::Torn) } else { Ok(request) }
    }
}

impl Encoder<Command<'_>> for CommandCodec {
    type Error = CodecError;

    fn encode(&mut self, command: Command<'_>, out: &mut BytesMut) -> Result<(), CodecError> {
        encode::command(&command, out);
        Ok(())
    }
}

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The first line of an answer, or the only one.
    Response(Response<'static>),
    /// A line of a listing, its end left off: for [`parse`].
    Line(Text<'static>),
    /// Part of a message, never empty.
    Body(Bytes),
    /// The end of a message or a listing.
    End {
        /// The first CR or LF that stood alone in a message, under [`BareNewline::Reject`].
        bare: Option<BareOctet>,
    },
}

/// What the answer to a command looks like if it says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    Lines,
    Message,
}

impl Shape {
    const fn of(command: &Command<'_>) -> Self {
        match command {
            Command::Retr(_) | Command::Top(..) => Self::Message,
            Command::Capa
            | Command::List(None)
            | Command::Uidl(None)
            | Command::Lang(None)
            | Command::Auth(None) => Self::Lines,
            Command::User(_)
            | Command::Pass(_)
            | Command::Apop(..)
            | Command::Auth(Some(_))
            | Command::Stls
            | Command::Utf8
            | Command::Lang(Some(_))
            | Command::Stat
            | Command::List(Some(_))
            | Command::Uidl(Some(_))
            | Command::Dele(_)
            | Command::Rset
            | Command::Noop
            | Command::Quit => Self::One,
        }
    }
}

/// Reads and writes what a server sends.
///
/// Who reads says by [`expect`](Self::expect) what was asked, for nothing else tells whether an
/// answer has one line or many (RFC 1939 3).
#[derive(Debug)]
pub struct ResponseCodec {
    bare_newline: BareNewline,
    limits: LineLimits,
    lines: LineFramer,
    asked: VecDeque<Shape>,
    incoming: Option<Incoming>,
    outgoing: Option<DotStuffer>,
}

#[derive(Debug)]
enum Incoming {
    Lines,
    Message(DotUnstuffer),
}

impl ResponseCodec {
    /// Starts with [`BareNewline::Normalize`] and the default [`ClientLimits`]; nothing is expected.
    #[must_use]
    pub fn new() -> Self {
        let ClientLimits { response_line: line, swallow_line: swallow, .. } =
            ClientLimits::default();
        Self {
            bare_newline: BareNewline::Normalize,
            limits: LineLimits { line, swallow },
            lines: LineFramer::new(),
            asked: VecDeque::new(),
            incoming: None,
            outgoing: None,
        }
    }

    /// Sets what becomes of a CR or LF alone in messages, both ways, and of lines that end so.
    #[must_use]
    pub const fn bare_newline(mut self, policy: BareNewline) -> Self {
        self.bare_newline = policy;
        self
    }

    /// Sets how long a line may be.
    #[must_use]
    pub const fn line_limits(mut self, limits: LineLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Expects the greeting.
    pub fn expect_greeting(&mut self) {
        self.asked.push_back(Shape::One);
    }

    /// Expects the answer to this command, behind those that are expected already.
    pub fn expect(&mut self, command: &Command<'_>) {
        self.asked.push_back(Shape::of(command));
    }

    fn line(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let line = match self.lines.next(input, self.limits) {
            Line::Starved => return Ok(None),
            Line::Endless | Line::TooLong { .. } => {
                return Err(CodecError::EndlessLine { limit: self.limits.line as u64 });
            }
            Line::Whole { text, octets, bare } => {
                let line = input.split_to(octets);
                if bare && self.bare_newline == BareNewline::Reject {
                    let error = ParseError::at(cut(&line, text).0, text, "CRLF");
                    return Err(CodecError::Malformed(error));
                }
                line.freeze().slice(..text)
            }
        };
        if matches!(self.incoming, Some(Incoming::Lines)) {
            // RFC 1939 3: a dot alone ends the answer; any other dot at the start is a stuffed one.
            let text = match &line[..] {
                b"." => {
                    self.incoming = None;
                    return Ok(Some(Frame::End { bare: None }));
                }
                [b'.', rest @ ..] => rest,
                text => text,
            };
            let text = Text::new(text.to_vec()).map_err(|_| {
                CodecError::Malformed(ParseError::at(text, 0, "text without CR, LF and NUL"))
            })?;
            return Ok(Some(Frame::Line(text)));
        }
        let shape = self.asked.pop_front().ok_or(CodecError::Unsolicited)?;
        let response = parse::response(&line, Profile::COMPAT, &mut Defects::new());
        let response = response.map_err(CodecError::Malformed)?.into_owned();
        self.incoming = match (response.status(), shape) {
            (Status::Ok, Shape::Lines) => Some(Incoming::Lines),
            (Status::Ok, Shape::Message) => {
                Some(Incoming::Message(DotUnstuffer::new(self.bare_newline)))
            }
            (Status::Err, _) | (Status::Ok, Shape::One) => None,
        };
        Ok(Some(Frame::Response(response)))
    }
}

impl Default for ResponseCodec {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for ResponseCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let Some(Incoming::Message(message)) = &mut self.incoming else { return self.line(input) };
        Ok(match message.next(input) {
            BodyPiece::Starved => None,
            BodyPiece::Data(data) => Some(Frame::Body(data)),
            BodyPiece::End => {
                let bare = message.violation();
                self.incoming = None;
                Some(Frame::End { bare })
            }
        })
    }

    fn decode_eof(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let frame = self.decode(input)?;
        let torn = !input.is_empty() || self.incoming.is_some() || self.lines.is_swallowing();
        if frame.is_none() && torn { Err(CodecError::Torn) } else { Ok(frame) }
    }
}

impl Encoder<Frame> for ResponseCodec {
    type Error = CodecError;

    /// # Errors
    /// [`CodecError::Misuse`] for a frame that is not due; [`CodecError::Bare`] for a CR or LF alone
    /// in a message.
    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> Result<(), CodecError> {
        match frame {
            Frame::Response(response) => {
                if self.outgoing.is_some() {
                    let call = "a response";
                    return Err(Misuse::WrongMoment { call, state: "a message has no end" }.into());
                }
                encode::response(&response, out);
            }
            Frame::Line(line) => {
                if line.as_bytes().starts_with(b".") {
                    out.extend_from_slice(b".");
                }
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            Frame::Body(part) => {
                let policy = self.bare_newline;
                let stuffer = self.outgoing.get_or_insert_with(|| DotStuffer::new(policy));
                let mut stuffed = SendBuffer::new();
                let pushed = stuffer.push(part, &mut stuffed);
                out.put(stuffed);
                pushed?;
            }
            Frame::End { .. } => match self.outgoing.take() {
                None => out.extend_from_slice(encode::TERMINATOR),
                Some(stuffer) => {
                    let mut end = SendBuffer::new();
                    stuffer.finish(&mut end)?;
                    out.put(end);
                }
            },
        }
        Ok(())
    }
}

/// Why no more frames can be read, or one cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A line is longer than is taken.
    #[error("a line of more than {limit} octets")]
    EndlessLine {
        /// The most that is taken, or thrown away.
        limit: u64,
    },
    /// What a server says is no response, or no line of one.
    #[error(transparent)]
    Malformed(ParseError),
    /// The server says something that nothing was expected of.
    #[error("a response that nobody expects")]
    Unsolicited,
    /// The connection ended within a frame.
    #[error("the connection ended within a line or a message")]
    Torn,
    /// A frame that cannot be sent now. Nothing of it was.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// A message that cannot be sent under [`BareNewline::Reject`]. Part of it was: the connection
    /// has to be cut.
    #[error(transparent)]
    Bare(#[from] BareOctet),
    /// The connection broke.
    #[error("connection: {0}")]
    Io(#[from] io::Error),
}

impl Fault for CodecError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::EndlessLine { .. } => FaultKind::LimitExceeded,
            Self::Malformed(_) => FaultKind::Malformed,
            Self::Unsolicited => FaultKind::Misbehaved,
            Self::Torn | Self::Io(_) => FaultKind::Disconnected,
            Self::Misuse(_) | Self::Bare(_) => FaultKind::Misuse,
        }
    }
}
