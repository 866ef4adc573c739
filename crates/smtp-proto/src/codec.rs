//! Commands and replies as [`tokio_util::codec`] has it (feature `codec`): the layer of
//! [`parse`] and [`encode`] for programs that are streams of frames.
//!
//! A codec knows the grammar and the framing, no state of the conversation, no time and no budget of
//! errors: those are a [session](crate::server::Server)'s. In turn it needs none.
//!
//! * [`CommandCodec`] reads and writes what a client sends: [`Frame`]s, bodies included.
//! * [`ReplyCodec`] reads and writes what a server sends: [`Reply`]s.
//!
//! Both go both ways, so a server reads through a `FramedRead` of the one and writes through a
//! `FramedWrite` of the other, and a client the other way round. `examples/codec_server.rs` is such
//! a server.
//!
//! ```
//! use bytes::BytesMut;
//! use smtp_proto::codec::{CommandCodec, Frame};
//! use tokio_util::codec::Decoder;
//!
//! let mut codec = CommandCodec::new();
//! let mut input = BytesMut::from("NOOP\r\nDATA\r\n");
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::Command(_))));
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::Command(_))));
//! codec.begin_body(); // the server has answered 354
//! input.extend_from_slice(b"..\r\n.\r\nQUIT\r\n");
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::Body(body)) if &body[..] == b".\r\n"));
//! assert!(matches!(codec.decode(&mut input)?, Some(Frame::BodyEnd { bare: None })));
//! # Ok::<(), smtp_proto::codec::CodecError>(())
//! ```
//!
//! # Not supported
//!
//! The lines of an AUTH exchange behind its command: they are of the mechanism, and a session has
//! them.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use mail_errors::{Fault, FaultKind, Misuse, ParseError, Reply};
use mail_wire::{
    BareNewline, BareOctet, BodyPiece, DotStuffer, DotUnstuffer, Line, LineFramer, LineLimits,
    SendBuffer, grammar::cut, take_piece,
};
use tokio_util::codec::{Decoder, Encoder};

use crate::{
    Command, CommandError, CommandFault, Profile, Read, ReplyError, ReplyReader, Verb, encode,
    limits::{ClientLimits, ServerLimits},
    parse,
    profile::Defects,
};

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A command.
    Command(Command),
    /// A line that is none. [`CommandError::reply`] is the answer to it; what follows can be read.
    Unreadable(CommandError),
    /// A line over the limit, thrown away. The answer is
    /// [`LINE_TOO_LONG`](crate::server::replies::LINE_TOO_LONG).
    TooLong {
        /// How long it was, line end included.
        octets: u64,
    },
    /// Part of a message or of a chunk (RFC 3030), never empty.
    Body(Bytes),
    /// The end of a message behind DATA, or of a chunk behind BDAT.
    BodyEnd {
        /// The first CR or LF that stood alone in a message behind DATA, under
        /// [`BareNewline::Reject`]: the message must be refused then.
        bare: Option<BareOctet>,
    },
}

/// Reads and writes what a client sends.
///
/// Octets behind `BDAT` are a chunk at once, for that is how it is sent. Those behind `DATA` are a
/// message when the server has agreed: say so by [`begin_body`](Self::begin_body).
#[derive(Debug)]
pub struct CommandCodec {
    profile: Profile,
    bare_newline: BareNewline,
    limits: LineLimits,
    lines: LineFramer,
    incoming: Option<Incoming>,
    outgoing: Option<Outgoing>,
}

#[derive(Debug)]
enum Incoming {
    Message(DotUnstuffer),
    /// How much of it is still to come.
    Chunk(u64),
}

#[derive(Debug)]
enum Outgoing {
    Message(DotStuffer),
    Chunk(u64),
}

impl CommandCodec {
    /// Starts between two commands, with [`Profile::COMPAT`], [`BareNewline::Reject`] and the default
    /// [`ServerLimits`].
    #[must_use]
    pub fn new() -> Self {
        let ServerLimits { command_line: line, swallow_line: swallow, .. } =
            ServerLimits::default();
        Self {
            profile: Profile::COMPAT,
            bare_newline: BareNewline::Reject,
            limits: LineLimits { line, swallow },
            lines: LineFramer::new(),
            incoming: None,
            outgoing: None,
        }
    }

    /// Sets what is tolerated in commands.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets what becomes of a CR or LF alone, in commands and in messages, both ways.
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

    /// Takes what comes next for a message, up to CRLF "." CRLF. A server says so when it answers 354
    /// to DATA.
    pub const fn begin_body(&mut self) {
        self.incoming = Some(Incoming::Message(DotUnstuffer::new(self.bare_newline)));
    }

    /// Takes the DATA that was sent last as refused: no message follows. Answers whether there was
    /// one to refuse, of which nothing has been sent.
    pub fn forget_body(&mut self) -> bool {
        let nothing_sent = |message: &DotStuffer| message.taken() == 0;
        let refused = matches!(&self.outgoing, Some(Outgoing::Message(m)) if nothing_sent(m));
        if refused {
            self.outgoing = None;
        }
        refused
    }

    fn line(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let is_chunk = !self.lines.is_swallowing()
            && input.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"BDAT"));
        // Octets of a chunk must not pass for commands, so none is waited for behind such a line.
        let swallow = if is_chunk { 0 } else { self.limits.swallow };
        let (text, octets, bare) = match self
            .lines
            .next(input, LineLimits { swallow, ..self.limits })
        {
            Line::Starved => return Ok(None),
            Line::Endless if is_chunk => {
                self.limits.swallow = 0;
                let error = ParseError::at(&[], self.limits.line, "end of line");
                return Err(CodecError::BadChunk(CommandError::new(CommandFault::BadChunk, error)));
            }
            Line::Endless => return Err(CodecError::EndlessLine { limit: self.limits.swallow }),
            Line::TooLong { octets } => return Ok(Some(Frame::TooLong { octets })),
            Line::Whole { text, octets, bare } => (text, octets, bare),
        };
        let (line, _) = cut(input, text);
        let read = if bare && self.bare_newline == BareNewline::Reject {
            // RFC 5321 2.3.8: a line ends in CRLF and in nothing else.
            let error = ParseError::at(line, line.len(), "CRLF");
            Err(CommandError::new(CommandFault::BareNewline, error))
        } else {
            parse::command(line, self.profile, &mut Defects::new())
        };
        let frame = match read {
            Ok(command) => Frame::Command(command.into_owned(line)),
            Err(error) if parse::verb(line) == Some(Verb::Bdat) => {
                return Err(CodecError::BadChunk(error));
            }
            Err(error) => Frame::Unreadable(error),
        };
        if let Frame::Command(Command::Bdat(chunk)) = &frame {
            self.incoming = Some(Incoming::Chunk(chunk.octets()));
        }
        input.advance(octets);
        Ok(Some(frame))
    }
}

impl Default for CommandCodec {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for CommandCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let frame = match &mut self.incoming {
            None => return self.line(input),
            Some(Incoming::Message(message)) => match message.next(input) {
                BodyPiece::Starved => return Ok(None),
                BodyPiece::Data(data) => Frame::Body(data),
                BodyPiece::End => Frame::BodyEnd { bare: message.violation() },
            },
            Some(Incoming::Chunk(0)) => Frame::BodyEnd { bare: None },
            Some(Incoming::Chunk(_)) if input.is_empty() => return Ok(None),
            Some(Incoming::Chunk(left)) => {
                let octets =
                    usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= octets as u64;
                Frame::Body(take_piece(input, octets))
            }
        };
        if matches!(frame, Frame::BodyEnd { .. }) {
            self.incoming = None;
        }
        Ok(Some(frame))
    }

    fn decode_eof(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        let frame = self.decode(input)?;
        let torn = !input.is_empty() || self.incoming.is_some() || self.lines.is_swallowing();
        if frame.is_none() && torn { Err(CodecError::Torn) } else { Ok(frame) }
    }
}

impl Encoder<Frame> for CommandCodec {
    type Error = CodecError;

    /// # Errors
    /// [`CodecError::Misuse`] for what cannot be sent, or not now; [`CodecError::Bare`] for a CR or LF
    /// alone in a message.
    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> Result<(), CodecError> {
        match (frame, &mut self.outgoing) {
            (Frame::Command(command), None) => {
                encode::command(&command, out);
                if let Command::Bdat(chunk) = command {
                    self.outgoing = Some(Outgoing::Chunk(chunk.octets()));
                } else if command == Command::Data {
                    self.outgoing = Some(Outgoing::Message(DotStuffer::new(self.bare_newline)));
                }
            }
            (Frame::Body(part), Some(Outgoing::Message(stuffer))) => {
                let mut stuffed = SendBuffer::new();
                let pushed = stuffer.push(part, &mut stuffed);
                out.put(stuffed);
                pushed?;
            }
            (Frame::Body(part), Some(Outgoing::Chunk(left))) => {
                let len = part.len() as u64;
                let Some(rest) = left.checked_sub(len) else {
                    return Err(Misuse::TooLong { what: "chunk", len, limit: *left }.into());
                };
                *left = rest;
                out.extend_from_slice(&part);
            }
            (Frame::BodyEnd { bare: None }, Some(Outgoing::Message(_) | Outgoing::Chunk(0))) => {
                if let Some(Outgoing::Message(stuffer)) = self.outgoing.take() {
                    let mut end = SendBuffer::new();
                    stuffer.finish(&mut end)?;
                    out.put(end);
                }
            }
            (Frame::BodyEnd { .. }, Some(_)) => return Err(not_now("the end of the body").into()),
            (Frame::Unreadable(_) | Frame::TooLong { .. }, _) => {
                return Err(Misuse::Invalid { what: "frame", why: "it was not read" }.into());
            }
            (Frame::Command(_), Some(_)) => return Err(not_now("a command").into()),
            (Frame::Body(_) | Frame::BodyEnd { .. }, None) => return Err(not_now("a body").into()),
        }
        Ok(())
    }
}

fn not_now(call: &'static str) -> Misuse {
    Misuse::WrongMoment { call, state: "another frame is due" }
}

/// Reads and writes what a server sends.
#[derive(Debug)]
pub struct ReplyCodec(ReplyReader);

impl ReplyCodec {
    /// Starts between two replies, with [`Profile::COMPAT`] and the default [`ClientLimits`].
    #[must_use]
    pub fn new() -> Self {
        Self::with(Profile::COMPAT, ClientLimits::default())
    }

    /// Starts between two replies.
    #[must_use]
    pub const fn with(profile: Profile, limits: ClientLimits) -> Self {
        Self(ReplyReader::new(profile, limits.reply_line, limits.reply))
    }
}

impl Default for ReplyCodec {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder for ReplyCodec {
    type Item = Reply;
    type Error = CodecError;

    fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Reply>, CodecError> {
        match self.0.next(input)? {
            Read::Starved => Ok(None),
            Read::Reply(reply, _) => Ok(Some(reply)),
        }
    }

    fn decode_eof(&mut self, input: &mut BytesMut) -> Result<Option<Reply>, CodecError> {
        let reply = self.decode(input)?;
        let torn = !input.is_empty() || self.0.is_within_reply();
        if reply.is_none() && torn { Err(CodecError::Torn) } else { Ok(reply) }
    }
}

impl Encoder<Reply> for ReplyCodec {
    type Error = CodecError;

    fn encode(&mut self, reply: Reply, out: &mut BytesMut) -> Result<(), CodecError> {
        encode::reply(&reply, out);
        Ok(())
    }
}

/// Why no more frames can be read, or one cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A line has no end.
    #[error("a line of more than {limit} octets")]
    EndlessLine {
        /// The most that is thrown away.
        limit: u64,
    },
    /// A BDAT does not say how long its chunk is: where the next command starts is not known.
    #[error(transparent)]
    BadChunk(CommandError),
    /// What a server says is no reply.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The connection ended within a frame.
    #[error("the connection ended within a line or a body")]
    Torn,
    /// A frame that cannot be sent, or not now. Nothing of it was.
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
            Self::EndlessLine { .. } | Self::Reply(ReplyError::TooLong { .. }) => {
                FaultKind::LimitExceeded
            }
            Self::BadChunk(_) | Self::Reply(ReplyError::Malformed(_)) => FaultKind::Malformed,
            Self::Torn | Self::Io(_) => FaultKind::Disconnected,
            Self::Misuse(_) | Self::Bare(_) => FaultKind::Misuse,
        }
    }
}
