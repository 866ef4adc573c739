//! Responses as a client reads them.

use bytes::{Buf, Bytes, BytesMut};
use mail_errors::{Fault, FaultKind};
use mail_wire::{BareNewline, grammar::cut, take_piece};
use thiserror::Error;

use super::scan::{Found, FoundLine, Scan, header_at_end, is_in_quotes};
use crate::{Defect, Deviation, LiteralHeader, Profile, ResponseLimits, parse};

/// What a [`ResponseFramer`] found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseStep {
    /// Nothing whole yet.
    Starved,
    /// A response, for [`parse::response`]; it has been taken out of the input. Texts that were
    /// streamed are [`BodyText::Streamed`](crate::BodyText::Streamed) in it.
    Response(Bytes),
    /// A FETCH response up to a large literal, whose octets come now.
    LiteralStart {
        /// The response up to the literal's header, for [`parse::fetch_start`]; behind another
        /// streamed literal only what stands between the two, for [`parse::fetch_next`].
        head: Bytes,
        /// Whether this is the response's first.
        first: bool,
    },
    /// A piece of the literal.
    Chunk(Bytes),
    /// The literal is complete; its response is not.
    LiteralEnd,
}

/// Why what the server sends cannot be read on. The conversation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A line is over [`ResponseLimits::line`].
    #[error("response line longer than {limit} octets")]
    Line {
        /// The limit.
        limit: usize,
    },
    /// A literal that is not streamed is over [`ResponseLimits::literal`].
    #[error("literal of {octets} octets is over the limit of {limit}")]
    Literal {
        /// Its length.
        octets: u64,
        /// The limit.
        limit: u64,
    },
    /// A response is over [`ResponseLimits::frame`].
    #[error("response longer than {limit} octets")]
    Frame {
        /// The limit.
        limit: usize,
    },
    /// There are more literals in a response than [`ResponseLimits::literals`].
    #[error("more than {limit} literals in a response")]
    Literals {
        /// The limit.
        limit: usize,
    },
    /// There is a NUL outside of a literal.
    #[error("NUL in a response")]
    Nul,
    /// A line ends in LF without CR, and the profile does not allow it.
    #[error("response line ends in LF without CR")]
    BareNewline,
}

impl Fault for FrameError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Line { .. }
            | Self::Literal { .. }
            | Self::Frame { .. }
            | Self::Literals { .. } => FaultKind::LimitExceeded,
            Self::Nul | Self::BareNewline => FaultKind::Malformed,
        }
    }
}

/// Finds responses in a receive buffer.
///
/// * **Input**: the octets that are appended to the buffer.
/// * **Question**: [`next`](Self::next). The framer alone takes octets out of the buffer.
///
/// ```
/// use bytes::BytesMut;
/// use imap_proto::{Profile, ResponseLimits, frame::{ResponseFramer, ResponseStep}};
///
/// let mut framer = ResponseFramer::new(ResponseLimits::default(), Profile::default());
/// let mut input = BytesMut::from(&b"* OK see {5}\r\n* LIST () NIL {3}\r\nfoo\r\n"[..]);
/// assert_eq!(framer.next(&mut input)?, ResponseStep::Response("* OK see {5}".into()));
/// let list = ResponseStep::Response("* LIST () NIL {3}\r\nfoo".into());
/// assert_eq!(framer.next(&mut input)?, list);
/// assert_eq!(framer.next(&mut input)?, ResponseStep::Starved);
/// # Ok::<(), imap_proto::frame::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ResponseFramer {
    limits: ResponseLimits,
    profile: Profile,
    state: State,
    scan: Scan,
    literals: usize,
    sort: Sort,
    /// What of the response came before its last streamed literal.
    held: Vec<u8>,
    /// Where the first line of the response ends that has no CR, in what was handed out or will be.
    bare: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// In a line.
    Line,
    /// In a literal that is joined, up to that offset.
    Joining(usize),
    /// In a literal that is streamed, with so many octets to come.
    Streaming(u64),
    Failed(FrameError),
}

/// What sort of response this is, as far as literals go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Not known yet: the first line is not complete.
    Unknown,
    /// A status or a continuation request: its line is text, and there is no literal.
    Text,
    /// Untagged data.
    Data,
    /// `* n FETCH`, whose texts may be streamed.
    Fetch,
}

impl ResponseFramer {
    /// Makes a framer that stands in front of a response.
    #[must_use]
    pub const fn new(limits: ResponseLimits, profile: Profile) -> Self {
        Self {
            limits,
            profile,
            state: State::Line,
            scan: Scan { searched: 0, line: 0 },
            literals: 0,
            sort: Sort::Unknown,
            held: Vec::new(),
            bare: None,
        }
    }

    /// Says what has come. Call again until the answer is [`ResponseStep::Starved`].
    ///
    /// # Errors
    /// When the octets cannot be read on; the same error for ever.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<ResponseStep, FrameError> {
        loop {
            match &mut self.state {
                State::Line => match self.line(input) {
                    Ok(Some(step)) => return Ok(step),
                    Ok(None) => {}
                    Err(error) => {
                        self.state = State::Failed(error);
                        self.held = Vec::new();
                    }
                },
                State::Joining(until) => {
                    if input.len() < *until {
                        return Ok(ResponseStep::Starved);
                    }
                    self.scan.resume(*until);
                    self.state = State::Line;
                }
                State::Streaming(0) => {
                    self.state = State::Line;
                    self.scan = Scan::default();
                    return Ok(ResponseStep::LiteralEnd);
                }
                State::Streaming(_) if input.is_empty() => return Ok(ResponseStep::Starved),
                State::Streaming(left) => {
                    let octets = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    *left -= octets as u64;
                    return Ok(ResponseStep::Chunk(take_piece(input, octets)));
                }
                State::Failed(error) => {
                    input.clear();
                    return Err(*error);
                }
            }
        }
    }

    /// Tells whether no part of a response has been taken in: an end of the connection is clean
    /// here if the input is empty too.
    #[must_use]
    pub const fn is_between_responses(&self) -> bool {
        matches!(self.state, State::Line) && self.scan.line == 0 && self.held.is_empty()
    }

    /// Returns what was tolerated in the lines of the response that was handed out last: the first
    /// that ends in LF alone. [`parse::response_noting`] has the rest.
    #[must_use]
    pub fn tolerated(&self) -> Option<Defect> {
        self.bare.map(|offset| Defect::new(Deviation::BareNewline, offset))
    }

    /// Tells whether octets of a streamed literal are coming.
    #[must_use]
    pub const fn is_in_literal(&self) -> bool {
        matches!(self.state, State::Streaming(_))
    }

    fn line(&mut self, input: &mut BytesMut) -> Result<Option<ResponseStep>, FrameError> {
        let line = match self.scan.line_or_nul(input) {
            Found::Nothing => {
                self.check(input.len())?;
                return Ok(Some(ResponseStep::Starved));
            }
            // A NUL of the server's would be taken for our own mark of a streamed literal.
            Found::Nul(at) => {
                self.check(at)?;
                return Err(FrameError::Nul);
            }
            Found::Line(line) => line,
        };
        self.check(line.end)?;
        if line.bare && self.profile.bare_newline == BareNewline::Reject {
            return Err(FrameError::BareNewline);
        }
        let (before, _) = cut(input, line.text);
        if self.sort == Sort::Unknown {
            self.sort = sort_of(before);
            self.bare = None;
        }
        if line.bare {
            self.bare = self.bare.or(Some(self.held.len() + line.text));
        }
        let (_, text) = cut(before, line.start);
        match header_at_end(text) {
            // A server's literals are never non-synchronising, RFC 9051 section 9.
            Some((at, literal))
                if literal.synchronizing
                    && self.sort != Sort::Text
                    && !is_in_quotes(cut(text, at).0) =>
            {
                let is_text = is_of_section(cut(text, at).0);
                self.literal(input, line, at + line.start, literal, is_text)
            }
            _ => Ok(Some(self.complete(input, line))),
        }
    }

    /// Says which limit a response is over that goes on to `end` at least: the one that comes
    /// first.
    fn check(&self, end: usize) -> Result<(), FrameError> {
        let line = self.scan.line.saturating_add(self.limits.line);
        let frame = self.limits.frame.saturating_sub(self.held.len());
        if end <= line.min(frame) {
            Ok(())
        } else if line < frame {
            Err(FrameError::Line { limit: self.limits.line })
        } else {
            Err(FrameError::Frame { limit: self.limits.frame })
        }
    }

    fn complete(&mut self, input: &mut BytesMut, line: FoundLine) -> ResponseStep {
        let (last, _) = cut(input, line.text);
        let frame = if self.held.is_empty() {
            Bytes::copy_from_slice(last)
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(last);
            Bytes::from(held)
        };
        input.advance(line.end);
        *self = Self { bare: self.bare, ..Self::new(self.limits, self.profile) };
        ResponseStep::Response(frame)
    }

    fn literal(
        &mut self,
        input: &mut BytesMut,
        line: FoundLine,
        at: usize,
        literal: LiteralHeader,
        is_text: bool,
    ) -> Result<Option<ResponseStep>, FrameError> {
        self.literals += 1;
        if self.literals > self.limits.literals {
            return Err(FrameError::Literals { limit: self.limits.literals });
        }
        if self.sort == Sort::Fetch && is_text && literal.octets >= self.limits.stream_from {
            let first = self.held.is_empty();
            let (text, _) = cut(input, line.text);
            let head = Bytes::copy_from_slice(text);
            let (before, header) = cut(text, at);
            self.held.extend_from_slice(before);
            self.held.push(parse::STREAMED);
            self.held.extend_from_slice(header);
            input.advance(line.end);
            self.state = State::Streaming(literal.octets);
            return Ok(Some(ResponseStep::LiteralStart { head, first }));
        }
        if literal.octets > self.limits.literal {
            let (octets, limit) = (literal.octets, self.limits.literal);
            return Err(FrameError::Literal { octets, limit });
        }
        let octets = usize::try_from(literal.octets).unwrap_or(usize::MAX);
        let end = line.end.saturating_add(octets);
        if self.held.len().saturating_add(end) > self.limits.frame {
            return Err(FrameError::Frame { limit: self.limits.frame });
        }
        self.state = State::Joining(end);
        Ok(None)
    }
}

/// Reads as much of a response's first line as tells where literals may stand.
fn sort_of(line: &[u8]) -> Sort {
    let Some(data) = line.strip_prefix(b"* ") else { return Sort::Text };
    let mut words = data.splitn(3, |&octet| octet == b' ');
    let first = words.next().unwrap_or_default();
    let status = [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"];
    if status.iter().any(|word| word.eq_ignore_ascii_case(first)) {
        return Sort::Text;
    }
    let fetch = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"FETCH"));
    if fetch && first.iter().all(u8::is_ascii_digit) { Sort::Fetch } else { Sort::Data }
}

/// Tells whether a literal that comes behind this text is that of a section: `BODY[...]`,
/// `BODY[...]<n>`, `BINARY[...]`, `RFC822`, `RFC822.HEADER` or `RFC822.TEXT` stands in front of it.
///
/// The text starts at the end of the literal before. In ENVELOPE or BODYSTRUCTURE nothing of the
/// sort can stand outside of quotes.
fn is_of_section(text: &[u8]) -> bool {
    let Some(mut text) = text.strip_suffix(b" ") else { return false };
    while let Some(fewer) = text.strip_suffix(b" ") {
        text = fewer;
    }
    match text {
        [.., b']'] => true,
        [head @ .., b'>'] => {
            let digits = head.iter().rev().take(20).take_while(|b| b.is_ascii_digit()).count();
            cut(head, head.len() - digits).0.ends_with(b"]<")
        }
        _ => [&b"RFC822"[..], b"RFC822.HEADER", b"RFC822.TEXT"].iter().any(|name| {
            let at = text.len().saturating_sub(name.len());
            cut(text, at).1.eq_ignore_ascii_case(name)
        }),
    }
}
