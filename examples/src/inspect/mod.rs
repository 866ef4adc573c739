//! A conversation's octets, element by element: what each is, where it stands, what is tolerated in
//! it, and where it cannot be read.
//!
//! [`Inspection`] takes the octets of one side as they come and hands out [`Element`]s, none of
//! which is looked for with more memory than one of them needs. Where something cannot be read it
//! goes on at the next line.
//!
//! What is where is decided by the framers and parsers of the protocol crates; here is only what a
//! listener in the middle has to guess, because it hears one side alone: that DATA was taken, and
//! how many responses an AUTH has.

#![expect(clippy::wildcard_enum_match_arm, reason = "what the crates know may become more")]

mod imap;
mod pop3;
mod proxy;
mod sasl;
mod smtp;

use std::{fmt, io};

use bytes::BytesMut;
use mail_errors::ParseError;
use serde::Serialize;

/// Whose rules the octets follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321 and its extensions.
    Smtp,
    /// RFC 2033.
    Lmtp,
    /// RFC 1939 and its extensions.
    Pop3,
    /// RFC 9051 and RFC 3501.
    Imap,
}

/// Who says them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Commands.
    Client,
    /// Replies and responses.
    Server,
}

/// What is let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// What the RFCs ask for, and no more.
    Strict,
    /// Every deviation that has a name.
    Tolerant,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Element {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in octets from the start of what was given.
    pub offset: u64,
    /// How many octets it has, its line ends and terminator included.
    pub len: u64,
    /// What it says, as text for people. Credentials are left out.
    pub value: String,
    /// What was tolerated in it.
    pub defects: Vec<String>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Unreadable>,
}

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// What a proxy says of the client, in front of everything.
    Proxy,
    /// A command.
    Command,
    /// A line of a SASL exchange; of SMTP and IMAP servers such a line is a reply or response.
    Sasl,
    /// A message or another answer up to a lone dot.
    Body,
    /// The octets of a BDAT.
    Chunk,
    /// The message of an APPEND.
    Message,
    /// The end of an IDLE.
    Done,
    /// A reply, all lines of it.
    Reply,
    /// A response, its literals included.
    Response,
    /// A line of the answer to LIST.
    Listing,
    /// A line of the answer to UIDL.
    Id,
    /// A line of the answer to CAPA.
    Capability,
    /// The lone dot behind such lines.
    End,
    /// A line that could not be read, or whose meaning is not known. It is there as it came.
    Raw,
    /// Octets that were skipped.
    Stray,
}

/// Where and why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Where it stops making sense, in octets from the start of what was given.
    pub offset: u64,
    /// What could have stood there.
    pub expected: String,
}

impl Element {
    /// Tells whether it was read, and not merely kept or skipped.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.error.is_none() && !matches!(self.kind, Kind::Raw | Kind::Stray)
    }
}

/// Why an inspection cannot begin: a command that it was said to follow is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--after {command:?}: this command is not known")]
pub struct UnknownCommand {
    command: String,
}

/// Looks at one side of a conversation.
///
/// ```
/// use mail_examples::inspect::{Inspection, Kind, Protocol, Speaker, Strictness};
///
/// let mut seen = Vec::new();
/// let mut inspection =
///     Inspection::new(Protocol::Smtp, Speaker::Client, Strictness::Tolerant, &[])?;
/// inspection.feed(b"NOOP\r\nFOO\r\nMAIL FROM: <a@b.example>\r\n", |element| {
///     seen.push(element);
///     Ok(())
/// })?;
/// let [noop, foo, mail] = &seen[..] else { panic!("three lines") };
/// assert_eq!((noop.kind, noop.offset, noop.len), (Kind::Command, 0, 6));
/// assert_eq!(foo.error.as_ref().map(|error| error.offset), Some(6));
/// assert_eq!(mail.defects, ["blank at the colon at offset 10"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Inspection {
    dialect: Box<dyn Dialect>,
    /// What was fed and does not belong to an element yet.
    input: BytesMut,
    /// How the element at hand begins, as far as that is shown.
    head: Vec<u8>,
    /// How much has been fed.
    fed: u64,
    /// Where the next element begins.
    begins: u64,
    /// Where the line begins that was fed last.
    line: u64,
    at_line_start: bool,
    /// What a proxy says may come still.
    at_door: bool,
    skipping: Skipping,
}

/// What is thrown away.
enum Skipping {
    Nothing,
    /// To the end of the line.
    Line(Found),
    /// To the end of everything: TLS has begun.
    All,
}

/// How elements are found on one side of one protocol.
trait Dialect {
    /// Says what the octets at the start of `input` are, and takes them out. Never is there more
    /// than one line in it that has not been looked at.
    fn next(&mut self, input: &mut BytesMut) -> Step;

    /// Returns what is still to come for the element at the start of `input` to be whole.
    fn missing(&self) -> &'static str;

    /// Says what a last line without its end is, if that is tolerated.
    fn last(&mut self, _line: &[u8]) -> Option<Found> {
        None
    }

    /// Tells whether nothing has been taken in that waits for the rest of its element.
    fn is_between(&self) -> bool {
        true
    }

    /// Tells whether nothing is torn when no octet comes behind the last element.
    fn may_end(&self) -> bool {
        self.is_between()
    }
}

enum Step {
    /// Nothing whole yet.
    Starved,
    /// An element; its octets have been taken out of the input.
    Found(Found),
    /// Everything up to the end of the line at hand cannot be read.
    Lost(Found),
}

/// An element without its place.
struct Found {
    kind: Kind,
    value: String,
    defects: Vec<String>,
    error: Option<(Base, usize, String)>,
}

/// What the offset of an error counts from.
#[derive(Clone, Copy)]
enum Base {
    Element,
    /// The last line of the element.
    Line,
}

impl Found {
    fn new(kind: Kind, value: String) -> Self {
        Self { kind, value, defects: Vec::new(), error: None }
    }

    /// A line that cannot be read.
    fn raw(line: &[u8], error: &ParseError) -> Self {
        Self::unread(Kind::Raw, shown(line), Base::Line, error.offset(), error.expected())
    }

    fn unread(kind: Kind, value: String, base: Base, offset: usize, expected: &str) -> Self {
        let error = Some((base, offset, expected.to_owned()));
        Self { kind, value, defects: Vec::new(), error }
    }

    fn with_defects<D: ToString>(mut self, defects: impl IntoIterator<Item = D>) -> Self {
        self.defects.extend(defects.into_iter().map(|defect| defect.to_string()));
        self
    }
}

impl Inspection {
    /// Starts at the beginning of an element. If other commands have gone before, they are `after`:
    /// the octets of a client continue behind them (`DATA`), those of a server answer them.
    ///
    /// # Errors
    /// [`UnknownCommand`].
    pub fn new(
        protocol: Protocol,
        speaker: Speaker,
        strictness: Strictness,
        after: &[String],
    ) -> Result<Self, UnknownCommand> {
        let dialect: Box<dyn Dialect> = match (protocol, speaker) {
            (Protocol::Smtp | Protocol::Lmtp, Speaker::Client) => {
                Box::new(smtp::Client::new(protocol == Protocol::Lmtp, strictness, after)?)
            }
            (Protocol::Smtp | Protocol::Lmtp, Speaker::Server) => {
                Box::new(smtp::Server::new(strictness, after)?)
            }
            (Protocol::Pop3, Speaker::Client) => Box::new(pop3::Client::new(strictness, after)?),
            (Protocol::Pop3, Speaker::Server) => Box::new(pop3::Server::new(strictness, after)?),
            (Protocol::Imap, Speaker::Client) => Box::new(imap::Client::new(strictness, after)?),
            (Protocol::Imap, Speaker::Server) => Box::new(imap::Server::new(strictness)),
        };
        Ok(Self {
            dialect,
            input: BytesMut::new(),
            head: Vec::new(),
            fed: 0,
            begins: 0,
            line: 0,
            at_line_start: true,
            at_door: speaker == Speaker::Client && after.is_empty(),
            skipping: Skipping::Nothing,
        })
    }

    /// Takes the next octets, cut anywhere, and tells the elements that end in them.
    ///
    /// # Errors
    /// Whatever `tell` says.
    pub fn feed(
        &mut self,
        octets: &[u8],
        mut tell: impl FnMut(Element) -> io::Result<()>,
    ) -> io::Result<()> {
        self.lines(octets, &mut tell)
    }

    /// Says that nothing more comes, and tells what was not whole.
    ///
    /// # Errors
    /// Whatever `tell` says.
    pub fn finish(mut self, mut tell: impl FnMut(Element) -> io::Result<()>) -> io::Result<()> {
        let found = match std::mem::replace(&mut self.skipping, Skipping::Nothing) {
            Skipping::Line(found) => found,
            Skipping::All => {
                let value = format!("{} octets", self.fed - self.begins);
                Found::unread(Kind::Stray, value, Base::Element, 0, "octets before TLS")
            }
            Skipping::Nothing if self.fed == self.begins && self.dialect.may_end() => {
                return Ok(());
            }
            Skipping::Nothing => {
                let line = self.input.split();
                if !line.is_empty()
                    && let Some(found) = self.dialect.last(&line)
                {
                    tell(self.place(found))?;
                    if self.dialect.is_between() {
                        return Ok(());
                    }
                }
                let at = usize::try_from(self.fed - self.begins).unwrap_or(usize::MAX);
                let missing =
                    if self.at_door { "the end of the line" } else { self.dialect.missing() };
                Found::unread(Kind::Raw, shown(&self.head), Base::Element, at, missing)
            }
        };
        self.input.clear();
        tell(self.place(found))
    }

    /// Line by line: what cannot be read is then never more than the line at hand, whatever a framer
    /// does with its buffer.
    fn lines(
        &mut self,
        octets: &[u8],
        tell: &mut impl FnMut(Element) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut pieces = octets.split_inclusive(|&octet| octet == b'\n');
        pieces.try_for_each(|piece| self.piece(piece, tell))
    }

    /// Looks for the header of a proxy, until it is there or is known not to come. What is behind it
    /// begins on a line of its own.
    fn door(&mut self, tell: &mut impl FnMut(Element) -> io::Result<()>) -> io::Result<()> {
        match proxy::header(&mut self.input) {
            Some(Step::Starved) => return Ok(()),
            Some(Step::Found(found)) => tell(self.place(found))?,
            Some(Step::Lost(found)) => {
                self.at_door = false;
                return self.lost(found, tell);
            }
            None => {}
        }
        self.at_door = false;
        let rest = self.input.split();
        self.fed -= rest.len() as u64;
        self.at_line_start = true;
        self.head.clear();
        self.lines(&rest, tell)
    }

    fn lost(
        &mut self,
        found: Found,
        tell: &mut impl FnMut(Element) -> io::Result<()>,
    ) -> io::Result<()> {
        self.input.clear();
        if self.at_line_start {
            return tell(self.place(found));
        }
        self.skipping = Skipping::Line(found);
        Ok(())
    }

    fn piece(
        &mut self,
        piece: &[u8],
        tell: &mut impl FnMut(Element) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.at_line_start {
            self.line = self.fed;
            // RFC 8446 5.1: a TLS handshake record is type 22, major version 3. Of what follows
            // nobody in the middle can make anything.
            let is_between = self.input.is_empty() && self.fed == self.begins;
            if is_between && piece.first() == Some(&0x16) && self.dialect.is_between() {
                self.skipping = Skipping::All;
            }
        }
        self.fed += piece.len() as u64;
        let room = (LONGEST_VALUE + 1).saturating_sub(self.head.len());
        self.head.extend_from_slice(piece.get(..room).unwrap_or(piece));
        self.at_line_start = piece.last() == Some(&b'\n');
        match std::mem::replace(&mut self.skipping, Skipping::Nothing) {
            Skipping::Nothing => self.input.extend_from_slice(piece),
            Skipping::Line(found) if self.at_line_start => return tell(self.place(found)),
            skipping => {
                self.skipping = skipping;
                return Ok(());
            }
        }
        if self.at_door {
            return self.door(tell);
        }
        loop {
            match self.dialect.next(&mut self.input) {
                Step::Starved => return Ok(()),
                Step::Found(found) => tell(self.place(found))?,
                Step::Lost(found) => return self.lost(found, tell),
            }
        }
    }

    /// Puts an element where it stands: from the end of the one before to what is left.
    fn place(&mut self, found: Found) -> Element {
        let end = self.fed - self.input.len() as u64;
        let (offset, line) = (self.begins, self.line);
        self.begins = end;
        self.head.clear();
        self.head.extend_from_slice(self.input.get(..LONGEST_VALUE + 1).unwrap_or(&self.input));
        let error = found.error.map(|(base, at, expected)| {
            let base = match base {
                Base::Element => offset,
                Base::Line => line.max(offset),
            };
            Unreadable { offset: base + at as u64, expected }
        });
        let Found { kind, value, defects, .. } = found;
        Element { kind, offset, len: end - offset, value, defects, error }
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fed, begins, .. } = self;
        f.debug_struct("Inspection")
            .field("fed", fed)
            .field("begins", begins)
            .finish_non_exhaustive()
    }
}

/// Shows a line without its end, and without the credentials that one may hold.
fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut words = line.split(|&octet| octet == b' ');
    let mut is_one_of = |secretive: [&str; 3]| {
        let word = words.next().unwrap_or_default();
        secretive.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()))
    };
    // Of IMAP's commands the first word is a tag.
    if is_one_of(["AUTH", "PASS", "APOP"]) || is_one_of(["LOGIN", "AUTHENTICATE", "AUTH"]) {
        return format!("a log-in of {} octets", line.len());
    }
    let (head, rest) = line.split_at(line.len().min(LONGEST_VALUE));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("\"{}\"{more}", head.escape_ascii())
}

/// How many octets of a line are shown.
const LONGEST_VALUE: usize = 1000;
