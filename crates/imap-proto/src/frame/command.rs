//! Commands as a server reads them.

use bytes::{Buf, Bytes, BytesMut};
use mail_wire::{BareNewline, grammar::cut, take_piece};

use super::scan::{FoundLine, LONGEST_HEADER, Scan, header_at_end, is_in_quotes};
use crate::{CommandLimits, LiteralHeader, Profile, Tag, parse};

/// What a [`CommandFramer`] found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandStep {
    /// Nothing whole yet.
    Starved,
    /// A command, for [`parse::command`]; it has been taken out of the input.
    Command(Bytes),
    /// A command goes on behind a synchronising literal, for which the client waits. What has come
    /// of it is at the start of the input. Send a continuation request and
    /// [`accept`](CommandFramer::accept), or send a tagged NO or BAD and
    /// [`refuse`](CommandFramer::refuse).
    Literal(LiteralHeader),
    /// An APPEND up to its message, which [`parse::command`] reads. [`accept`](CommandFramer::accept)
    /// it (having sent a continuation request if the literal is synchronising), or
    /// [`refuse`](CommandFramer::refuse) it.
    Append {
        /// The command up to the header of the message's literal.
        head: Bytes,
        /// That header.
        literal: LiteralHeader,
        /// Whether this is the command's first message. Behind another one (RFC 3502) `head` is
        /// only what stands between the two.
        first: bool,
    },
    /// A piece of the message.
    Chunk(Bytes),
    /// The message is complete. Its command is not: what stands behind it comes as
    /// [`CommandStep::Tail`].
    MessageEnd,
    /// The rest of an APPEND's line. It is a BAD command if there is anything.
    Tail(Bytes),
    /// A command is over a limit. It has been read to its end, or the client waits; answer NO or
    /// BAD.
    Refused {
        /// The command's tag, if it has one; `None` too behind the message of an APPEND, whose
        /// tag is known.
        tag: Option<Tag<'static>>,
        /// Which limit.
        why: Over,
    },
    /// A command is over the limit of what is swallowed and its end is not in sight. It stays so.
    Endless,
    /// The framer waits for [`accept`](CommandFramer::accept) or
    /// [`refuse`](CommandFramer::refuse).
    Undecided,
}

/// Why a command is not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Over {
    /// A line is over [`CommandLimits::line`].
    Line,
    /// A literal is over [`CommandLimits::literal`].
    Literal {
        /// Its length.
        octets: u64,
    },
    /// The command is over [`CommandLimits::frame`].
    Frame,
    /// There are more literals than [`CommandLimits::literals`].
    Literals,
    /// A line ends in LF without CR, and the profile does not allow it.
    BareNewline,
}

/// Finds commands in a receive buffer.
///
/// * **Input**: the octets that are appended to the buffer; [`accept`](Self::accept) and
///   [`refuse`](Self::refuse) where [`next`](Self::next) asks for it.
/// * **Question**: [`next`](Self::next). The framer alone takes octets out of the buffer, but for
///   lines that are no commands (SASL responses, DONE): those the session takes while
///   [`is_between_commands`](Self::is_between_commands).
///
/// ```
/// use bytes::BytesMut;
/// use imap_proto::{CommandLimits, Profile, frame::{CommandFramer, CommandStep}};
///
/// let mut framer = CommandFramer::new(CommandLimits::default(), Profile::default());
/// let mut input = BytesMut::from(&b"a LOGIN {3}\r\n"[..]);
/// assert!(matches!(framer.next(&mut input), CommandStep::Literal(_)));
/// framer.accept(); // having sent "+ \r\n"
/// input.extend_from_slice(b"tim {8+}\r\ntanstaaf\r\nb NOOP\r\n");
/// let CommandStep::Command(login) = framer.next(&mut input) else { panic!() };
/// assert_eq!(login, &b"a LOGIN {3}\r\ntim {8+}\r\ntanstaaf"[..]);
/// assert_eq!(framer.next(&mut input), CommandStep::Command("b NOOP".into()));
/// ```
#[derive(Debug, Clone)]
pub struct CommandFramer {
    limits: CommandLimits,
    profile: Profile,
    state: State,
    scan: Scan,
    literals: usize,
    /// A line of this command ended in LF alone.
    bare: bool,
    append: Append,
}

#[derive(Debug, Clone)]
enum State {
    /// In a line of a command.
    Line,
    /// In a literal that is joined, up to that offset.
    Joining(usize),
    /// A literal that ends the line at that offset waits for a decision.
    Deciding {
        literal: LiteralHeader,
        end: usize,
    },
    /// A message waits for a decision; its head has been taken out of the input.
    DecidingMessage(LiteralHeader),
    /// In a message, with so many octets to come.
    Message(u64),
    /// A command is thrown away.
    Swallowing(Swallow),
    Endless,
}

#[derive(Debug, Clone)]
struct Swallow {
    /// So many octets of a literal are to come; 0 in a line.
    literal: u64,
    /// How much of the command has been thrown away, or is about to be.
    swallowed: u64,
    /// What to say at the end; nothing if the session has spoken.
    report: Option<(Option<Tag<'static>>, Over)>,
}

/// Whether a literal is the message of an APPEND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Append {
    /// Not known yet: the first line is not complete.
    Unknown,
    /// Another command.
    No,
    /// The command is APPEND: of its literals all are messages but one at that offset.
    Yes { mailbox: usize },
    /// Behind the first message.
    Behind,
}

impl CommandFramer {
    /// Makes a framer that stands in front of a command.
    #[must_use]
    pub const fn new(limits: CommandLimits, profile: Profile) -> Self {
        Self {
            limits,
            profile,
            state: State::Line,
            scan: Scan { searched: 0, line: 0 },
            literals: 0,
            bare: false,
            append: Append::Unknown,
        }
    }

    /// Changes the limits, as after a login.
    pub const fn set_limits(&mut self, limits: CommandLimits) {
        self.limits = limits;
    }

    /// Says what has come. Call again until the answer is [`CommandStep::Starved`].
    pub fn next(&mut self, input: &mut BytesMut) -> CommandStep {
        loop {
            let step = match &mut self.state {
                State::Line => self.line(input),
                State::Joining(until) => {
                    if input.len() < *until {
                        return CommandStep::Starved;
                    }
                    self.scan.resume(*until);
                    self.state = State::Line;
                    None
                }
                State::Deciding { .. } | State::DecidingMessage(_) => {
                    return CommandStep::Undecided;
                }
                State::Message(0) => {
                    self.begin(Append::Behind);
                    return CommandStep::MessageEnd;
                }
                State::Message(_) if input.is_empty() => return CommandStep::Starved,
                State::Message(left) => {
                    let octets = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    *left -= octets as u64;
                    return CommandStep::Chunk(take_piece(input, octets));
                }
                State::Swallowing(_) => self.swallow(input),
                State::Endless => {
                    input.clear();
                    return CommandStep::Endless;
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// Lets the literal come that was asked about. Without such a question nothing happens.
    pub fn accept(&mut self) {
        match self.state {
            State::Deciding { literal, end } => self.join(literal, end),
            State::DecidingMessage(literal) => self.state = State::Message(literal.octets),
            State::Line
            | State::Joining(_)
            | State::Message(_)
            | State::Swallowing(_)
            | State::Endless => {}
        }
    }

    /// Does not want the literal that was asked about, nor the rest of its command. The session
    /// answers the command. Without such a question nothing happens.
    pub fn refuse(&mut self, input: &mut BytesMut) {
        let literal = match self.state {
            State::Deciding { literal, end } => {
                input.advance(end.min(input.len()));
                literal
            }
            State::DecidingMessage(literal) => literal,
            State::Line
            | State::Joining(_)
            | State::Message(_)
            | State::Swallowing(_)
            | State::Endless => return,
        };
        self.begin(Append::Unknown);
        if !literal.synchronizing {
            self.discard(literal, 0, None);
        }
    }

    /// Throws away the rest of a message that is coming, and of its command. The session answers
    /// the command. Outside of a message nothing happens.
    pub fn abandon_message(&mut self) {
        if let State::Message(left) = self.state {
            self.begin(Append::Unknown);
            self.state = State::Swallowing(Swallow { literal: left, swallowed: 0, report: None });
        }
    }

    /// Tells whether no part of a command has been taken in: an end of the connection is clean
    /// here if the input is empty too.
    #[must_use]
    pub const fn is_between_commands(&self) -> bool {
        matches!(self.state, State::Line)
            && self.scan.line == 0
            && !matches!(self.append, Append::Behind)
    }

    /// Tells whether octets of a message are coming.
    #[must_use]
    pub const fn is_in_message(&self) -> bool {
        matches!(self.state, State::Message(_))
    }

    /// Takes a new command, or the rest of an APPEND, to begin at the start of the input.
    fn begin(&mut self, append: Append) {
        *self = Self { append, ..Self::new(self.limits, self.profile) };
    }

    fn line(&mut self, input: &mut BytesMut) -> Option<CommandStep> {
        let Some(line) = self.scan.line(input) else {
            if let Some(why) = self.too_long(input.len()) {
                self.start_swallowing(input, why);
                return None;
            }
            return Some(CommandStep::Starved);
        };
        if let Some(why) = self.too_long(line.end) {
            // Its end is here: what is swallowed is this line, and a literal behind it.
            return self.over(input, line, why);
        }
        self.bare |= line.bare;
        let (before, _) = cut(input, line.text);
        let (_, text) = cut(before, line.start);
        let Some((at, literal)) = literal_at_end(text) else {
            return Some(self.complete(input, line));
        };
        self.literal(input, line, line.start + at, literal)
    }

    /// Which limit a frame is over that goes on to `end` at least: the one that comes first.
    fn too_long(&self, end: usize) -> Option<Over> {
        let line = self.scan.line.saturating_add(self.limits.line);
        let (most, why) = if line < self.limits.frame {
            (line, Over::Line)
        } else {
            (self.limits.frame, Over::Frame)
        };
        (end > most).then_some(why)
    }

    fn complete(&mut self, input: &mut BytesMut, line: FoundLine) -> CommandStep {
        if self.bare && self.profile.bare_newline == BareNewline::Reject {
            let tag = self.tag(input);
            input.advance(line.end);
            self.begin(Append::Unknown);
            return CommandStep::Refused { tag, why: Over::BareNewline };
        }
        let tail = self.append == Append::Behind;
        let frame = take_frame(input, line);
        self.begin(Append::Unknown);
        if tail { CommandStep::Tail(frame) } else { CommandStep::Command(frame) }
    }

    fn literal(
        &mut self,
        input: &mut BytesMut,
        line: FoundLine,
        at: usize,
        literal: LiteralHeader,
    ) -> Option<CommandStep> {
        if self.append == Append::Unknown {
            self.append = append_of(cut(input, line.text).0);
        }
        let message = match self.append {
            Append::Yes { mailbox } => at != mailbox,
            Append::Behind => true,
            Append::No | Append::Unknown => false,
        };
        if message && !(self.bare && self.profile.bare_newline == BareNewline::Reject) {
            let first = self.append != Append::Behind;
            let head = take_frame(input, line);
            self.state = State::DecidingMessage(literal);
            return Some(CommandStep::Append { head, literal, first });
        }
        self.literals += 1;
        let end =
            usize::try_from(literal.octets).ok().and_then(|octets| line.end.checked_add(octets));
        let why = if message {
            Over::BareNewline
        } else if literal.octets > self.limits.literal {
            Over::Literal { octets: literal.octets }
        } else if self.literals > self.limits.literals {
            Over::Literals
        } else if end.is_none_or(|end| end > self.limits.frame) {
            Over::Frame
        } else if literal.synchronizing {
            self.state = State::Deciding { literal, end: line.end };
            return Some(CommandStep::Literal(literal));
        } else {
            self.join(literal, line.end);
            return None;
        };
        self.over(input, line, why)
    }

    fn join(&mut self, literal: LiteralHeader, end: usize) {
        let octets = usize::try_from(literal.octets).unwrap_or(usize::MAX);
        self.state = State::Joining(end.saturating_add(octets));
    }

    fn tag(&self, input: &[u8]) -> Option<Tag<'static>> {
        if self.append == Append::Behind { None } else { tag_of(input) }
    }

    /// The command whose line ends here is over a limit.
    fn over(&mut self, input: &mut BytesMut, line: FoundLine, why: Over) -> Option<CommandStep> {
        let tag = self.tag(input);
        let literal = literal_at_end(cut(cut(input, line.text).0, line.start).1);
        input.advance(line.end);
        self.begin(Append::Unknown);
        let swallowed = line.end as u64;
        match literal {
            _ if swallowed > self.limits.swallow => {
                self.state = State::Endless;
                None
            }
            Some((_, literal)) if !literal.synchronizing => {
                self.discard(literal, swallowed, Some((tag, why)));
                None
            }
            // RFC 9051 4.3: the client sends nothing of a synchronising literal after a NO or BAD.
            _ => Some(CommandStep::Refused { tag, why }),
        }
    }

    /// Throws away a non-synchronising literal and what is behind it: it is on its way, so it is
    /// read, or the connection given up. RFC 7888 section 4.
    fn discard(
        &mut self,
        literal: LiteralHeader,
        swallowed: u64,
        report: Option<(Option<Tag<'static>>, Over)>,
    ) {
        let swallowed = swallowed.saturating_add(literal.octets);
        self.state = if swallowed > self.limits.swallow {
            State::Endless
        } else {
            State::Swallowing(Swallow { literal: literal.octets, swallowed, report })
        };
    }

    fn start_swallowing(&mut self, input: &[u8], why: Over) {
        let report = Some((self.tag(input), why));
        self.begin(Append::Unknown);
        self.scan.searched = input.len();
        self.state = State::Swallowing(Swallow { literal: 0, swallowed: 0, report });
    }

    fn swallow(&mut self, input: &mut BytesMut) -> Option<CommandStep> {
        let State::Swallowing(swallow) = &mut self.state else { return None };
        if swallow.literal > 0 {
            if input.is_empty() {
                return Some(CommandStep::Starved);
            }
            let octets = usize::try_from(swallow.literal).unwrap_or(usize::MAX).min(input.len());
            input.advance(octets);
            swallow.literal -= octets as u64;
            return None;
        }
        let line = self.scan.line(input);
        let seen = line.map_or(input.len(), |line| line.end);
        if swallow.swallowed.saturating_add(seen as u64) > self.limits.swallow {
            self.state = State::Endless;
            return None;
        }
        let Some(line) = line else {
            // The end of the line may yet turn out to be the header of a literal.
            let excess = input.len().saturating_sub(LONGEST_HEADER + 2);
            input.advance(excess);
            swallow.swallowed += excess as u64;
            self.scan = Scan { searched: input.len(), line: 0 };
            return Some(CommandStep::Starved);
        };
        let header = header_at_end(cut(input, line.text).0);
        let swallowed = swallow.swallowed.saturating_add(line.end as u64);
        let report = swallow.report.take();
        input.advance(line.end);
        self.begin(Append::Unknown);
        match header {
            Some((_, literal)) if !literal.synchronizing => {
                self.discard(literal, swallowed, report);
                None
            }
            _ => report.map(|(tag, why)| CommandStep::Refused { tag, why }),
        }
    }
}

/// Finds the header of a literal at the end of a line, unless a quoted string is open there.
fn literal_at_end(line: &[u8]) -> Option<(usize, LiteralHeader)> {
    header_at_end(line).filter(|(at, _)| !is_in_quotes(cut(line, *at).0))
}

/// Takes a frame out of the input. A small one is copied, so that whoever keeps it pins no block.
fn take_frame(input: &mut BytesMut, line: FoundLine) -> Bytes {
    let frame = Bytes::copy_from_slice(cut(input, line.text).0);
    input.advance(line.end);
    frame
}

/// Reads the tag at the start of a command that is not read otherwise.
fn tag_of(input: &[u8]) -> Option<Tag<'static>> {
    // A tag that is longer than this is not worth an answer of its own.
    const LONGEST: usize = 256;
    let (start, _) = cut(input, LONGEST + 1);
    let (tag, _) = cut(start, memchr::memchr(b' ', start)?);
    parse::tag(tag).ok().map(Tag::into_owned)
}

/// Reads tag and verb of a command's first line.
fn append_of(line: &[u8]) -> Append {
    let mut words = line.splitn(3, |&octet| octet == b' ');
    match (words.next(), words.next(), words.next()) {
        (Some(tag), Some(verb), Some(_)) if verb.eq_ignore_ascii_case(b"APPEND") => {
            Append::Yes { mailbox: tag.len() + verb.len() + 2 }
        }
        _ => Append::No,
    }
}
