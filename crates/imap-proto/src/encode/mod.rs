//! The mirror of [`parse`](crate::parse): values in, octets out.
//!
//! Strings are written as atoms where the grammar allows it, quoted where that is legal on every
//! connection (7-bit, one line, at most 1,000 octets), and as literals otherwise. A client must
//! stop in front of a literal's octets until the server says go on, unless it may use
//! non-synchronising literals (RFC 7888): [`command`] tells where.
//!
//! A server writes a FETCH response with large texts in pieces: [`fetch_start`],
//! [`fetch_attribute`] (with [`BodyText::Streamed`](crate::BodyText::Streamed), behind which the
//! octets follow), [`fetch_end`].

mod code;
mod command;
mod fetch;
mod lexical;
mod mailbox;
mod response;
mod search;

use std::{fmt, num::NonZeroU32};

use mail_wire::Sink;

use crate::{Command, FetchAttribute, Response};

pub(crate) use {
    fetch::{fetch_att, msg_att},
    lexical::{astring, capability, flag, is_quotable},
    mailbox::{list_mailbox, mbx_list_flag, status_att_val},
    response::{id_field, search_return_data},
};

/// Which literals the server lets a client send without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LiteralMode {
    /// None: the client waits for `+` each time. RFC 9051 section 4.3.
    #[default]
    Synchronizing,
    /// `LITERAL-` and IMAP4rev2: up to 4,096 octets. RFC 7888 section 5.
    Minus,
    /// `LITERAL+`: all. RFC 7888.
    Plus,
}

impl LiteralMode {
    /// Tells whether a literal of this length has to wait for the server.
    #[must_use]
    pub const fn must_wait(self, octets: u64) -> bool {
        match self {
            Self::Synchronizing => true,
            // RFC 7888 section 5: "MUST NOT ... larger than 4096 bytes".
            Self::Minus => octets > 4096,
            Self::Plus => false,
        }
    }
}

/// A command as it is sent, and where the client has to wait.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedCommand {
    octets: Vec<u8>,
    stops: Vec<usize>,
}

impl EncodedCommand {
    /// Returns the octets. They may hold a password.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// Returns the offsets, rising, at which the client must not go on before the server has sent
    /// a continuation request.
    #[must_use]
    pub fn stops(&self) -> &[usize] {
        &self.stops
    }

    /// Returns the pieces: behind each but the last the client waits.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.stops.iter().copied().chain([self.octets.len()]);
        let starts = std::iter::once(0).chain(self.stops.iter().copied());
        starts.zip(ends).map(|(start, end)| self.octets.get(start..end).unwrap_or_default())
    }
}

impl fmt::Debug for EncodedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedCommand({} octets, stops at {:?})", self.octets.len(), self.stops)
    }
}

/// Writes a command.
///
/// An APPEND ends behind the header of the message's literal, which is as its
/// [`LiteralHeader`](crate::LiteralHeader) says whatever the mode: if that is synchronising, the
/// last stop is the end. The caller sends the message and a CRLF behind it.
#[must_use]
pub fn command(command: &Command<'_>, literals: LiteralMode) -> EncodedCommand {
    let (mut octets, mut stops) = (Vec::with_capacity(64), Vec::new());
    let mut w = Writer { out: &mut octets, written: 0, mode: Some(literals), stops: &mut stops };
    command::command(&mut w, command);
    EncodedCommand { octets, stops }
}

/// Writes a response, with its CRLF.
///
/// Not for a FETCH response in which a text is [`BodyText::Streamed`](crate::BodyText::Streamed):
/// that is written piece by piece.
pub fn response(out: &mut impl Sink, response: &Response<'_>) {
    let mut stops = Vec::new();
    let mut w = Writer { out, written: 0, mode: None, stops: &mut stops };
    response::response(&mut w, response);
    w.put(b"\r\n");
}

/// Writes the start of a FETCH response, `* n FETCH (`.
pub fn fetch_start(out: &mut impl Sink, number: NonZeroU32) {
    out.put(b"* ");
    out.put_number(u64::from(number.get()));
    out.put(b" FETCH (");
}

/// Writes one attribute of a FETCH response, with a space in front of it if it is not the first.
///
/// Behind one with a streamed text the caller writes exactly the octets that it has announced.
pub fn fetch_attribute(out: &mut impl Sink, first: bool, attribute: &FetchAttribute<'_>) {
    if !first {
        out.put(b" ");
    }
    let mut stops = Vec::new();
    msg_att(&mut Writer { out, written: 0, mode: None, stops: &mut stops }, attribute);
}

/// Writes the end of a FETCH response, with its CRLF.
pub fn fetch_end(out: &mut impl Sink) {
    out.put(b")\r\n");
}

/// Writes a continuation request, RFC 9051 section 7.6. CR, LF and NUL cannot be in the text.
pub fn continuation(out: &mut impl Sink, text: &crate::Text<'_>) {
    out.put(b"+ ");
    out.put(text.as_bytes());
    out.put(b"\r\n");
}

/// Where values are written to, and how literals are.
pub(crate) struct Writer<'w, S> {
    out: &'w mut S,
    written: usize,
    /// What the client may do; a server never waits.
    mode: Option<LiteralMode>,
    stops: &'w mut Vec<usize>,
}

impl<S: Sink> Writer<'_, S> {
    fn put(&mut self, octets: &[u8]) {
        self.written += octets.len();
        self.out.put(octets);
    }

    fn number(&mut self, number: u64) {
        // At most twenty digits; only stops need the count, and none stands in a number.
        self.written += digits(number);
        self.out.put_number(number);
    }

    /// Writes items with single spaces between them.
    fn spaced<T>(&mut self, items: impl Iterator<Item = T>, write: impl Fn(&mut Self, &T)) {
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.put(b" ");
            }
            write(self, &item);
        }
    }

    /// Writes items in parentheses.
    fn list<T>(&mut self, items: impl Iterator<Item = T>, write: impl Fn(&mut Self, &T)) {
        self.put(b"(");
        self.spaced(items, write);
        self.put(b")");
    }
}

impl<'w> Writer<'w, Vec<u8>> {
    /// Runs a writer whose literals look as a server's.
    pub(crate) fn scratch(out: &'w mut Vec<u8>, write: impl FnOnce(&mut Writer<'_, Vec<u8>>)) {
        let mut stops = Vec::new();
        write(&mut Writer { out, written: 0, mode: None, stops: &mut stops });
    }
}

const fn digits(number: u64) -> usize {
    match number.checked_ilog10() {
        Some(log) => log as usize + 1,
        None => 1,
    }
}
