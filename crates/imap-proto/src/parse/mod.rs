//! The grammar of RFC 9051 section 9, with what RFC 3501 had in addition: octets in, views out.
//!
//! Every function works on a complete frame without the CRLF at its end, the literals in it with
//! their headers and line ends, as the [framers](crate::frame) cut them. What comes out borrows
//! from the frame; lists are checked and stay as they are. Memory is allocated for quoted strings
//! with a backslash in them, for passwords, and for the nodes of a [`Query`](crate::Query); for
//! nothing else.
//!
//! Commands are read as the grammar has them, but for more spaces than needed in lists. Responses
//! are read with what servers are known to leave out or to put in where that is harmless: each
//! place says so, and [`response_noting`] tells which of it was met.
//!
//! Not supported yet: CATENATE, MULTIAPPEND, CONDSTORE and the other extensions with arguments of
//! their own; ENVELOPE and body structures are carried [raw](crate::Raw).

mod code;
mod command;
mod date;
mod fetch;
mod flag;
mod lexical;
mod mailbox;
mod response;
mod search;
mod section;
mod set;
mod witness;

use std::{cell::Cell, num::NonZeroU32};

use mail_errors::ParseError;
use mail_wire::grammar::{self, PResult};

use crate::{
    Command, Defects, EsearchResult, FetchAttribute, FetchAttributes, MailboxAttribute, Raw,
    Response, StatusValue, Tag,
};

pub(crate) use {
    command::id_field,
    fetch::fetch_att,
    flag::{capability, flag},
    lexical::{BASE64, STREAMED, astring, nz_number},
    mailbox::list_mailbox,
    search::search_keys,
    section::section_spec,
    set::{Ranges, sequence_set, uid_set},
};

/// Reads a command.
///
/// An APPEND ends with the header of the message's literal.
///
/// # Errors
/// Where and why it is no command. [`tag`] tells which tag the BAD has to bear.
pub fn command(frame: &[u8]) -> Result<Command<'_>, ParseError> {
    grammar::complete(frame, command::command)
}

/// Reads the tag of a frame that is otherwise no command.
///
/// # Errors
/// Where and why there is no tag: then the BAD is untagged.
pub fn tag(frame: &[u8]) -> Result<Tag<'_>, ParseError> {
    grammar::complete(frame, |frame| {
        command::tag_only(frame).map(|(_, tag)| (Default::default(), tag))
    })
}

/// Reads a response.
///
/// # Errors
/// Where and why it is no response. Untagged data of an unknown name is none of them.
pub fn response(frame: &[u8]) -> Result<Response<'_>, ParseError> {
    grammar::complete(frame, |frame| response::response(frame, ()))
}

/// Reads a response as [`response`] does, and notes what of it was tolerated.
///
/// The offsets of the defects count from the start of the frame.
///
/// ```
/// use imap_proto::{Defects, Deviation, parse};
///
/// let mut defects = Defects::new();
/// let frame = b"* STATUS Sent (UIDNEXT 107) ";
/// assert_eq!(parse::response_noting(frame, &mut defects), parse::response(frame));
/// let met = defects.iter().next().expect("one");
/// assert_eq!((met.deviation(), met.offset()), (Deviation::TrailingSpace, 27));
/// ```
///
/// # Errors
/// As [`response`]. What was noted up to there stays.
pub fn response_noting<'a>(
    frame: &'a [u8],
    defects: &mut Defects,
) -> Result<Response<'a>, ParseError> {
    let notes = witness::Notes::new(frame, Cell::from_mut(defects));
    grammar::complete(frame, |frame| response::response(frame, notes))
}

/// What is known of a FETCH response when the octets of a literal in it are about to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchStart<'a> {
    /// The message sequence number.
    pub number: NonZeroU32,
    /// What has been told before this literal.
    pub before: FetchAttributes<'a>,
    /// Which text it is that comes now: an attribute whose text is
    /// [`BodyText::Streamed`](crate::BodyText::Streamed).
    pub attribute: FetchAttribute<'a>,
}

/// Reads the start of a FETCH response, up to the header of a literal that is streamed.
///
/// # Errors
/// Where and why it is none: so if the literal does not belong to a section of the message.
pub fn fetch_start(frame: &[u8]) -> Result<FetchStart<'_>, ParseError> {
    grammar::complete(frame, response::fetch_start)
}

/// What is known of a FETCH response when the octets of a second or later streamed literal are
/// about to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchNext<'a> {
    /// What has been told since the streamed literal before.
    pub before: FetchAttributes<'a>,
    /// Which text it is that comes now.
    pub attribute: FetchAttribute<'a>,
}

/// Reads what stands between two streamed literals of a FETCH response.
///
/// # Errors
/// As [`fetch_start`].
pub fn fetch_next(between: &[u8]) -> Result<FetchNext<'_>, ParseError> {
    grammar::complete(between, response::fetch_next)
}

/// One or more values of any sort, as [`Raw`] carries them.
pub(crate) fn raw_values(i: &[u8]) -> PResult<'_, Raw<'_>> {
    lexical::raw_values(i, ())
}

/// An attribute of a mailbox, of a list that has been checked.
pub(crate) fn mbx_list_flag(i: &[u8]) -> PResult<'_, MailboxAttribute<'_>> {
    flag::mbx_list_flag(i, ())
}

/// An item of STATUS, of a list that has been checked.
pub(crate) fn status_att_val(i: &[u8]) -> PResult<'_, StatusValue<'_>> {
    mailbox::status_att_val(i, ())
}

/// A result of ESEARCH, of a list that has been checked.
pub(crate) fn search_return_data(i: &[u8]) -> PResult<'_, EsearchResult<'_>> {
    response::search_return_data(i, ())
}

/// An attribute of a message, of a list that has been checked.
pub(crate) fn msg_att(i: &[u8]) -> PResult<'_, FetchAttribute<'_>> {
    fetch::msg_att(i, ())
}

/// The items of a list that has been checked.
pub(crate) struct Items<'a, T> {
    rest: &'a [u8],
    item: fn(&'a [u8]) -> PResult<'a, T>,
}

impl<'a, T> Items<'a, T> {
    pub(crate) const fn new(list: &'a [u8], item: fn(&'a [u8]) -> PResult<'a, T>) -> Self {
        Self { rest: list, item }
    }
}

impl<T> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        Self { rest: self.rest, item: self.item }
    }
}

impl<T> Iterator for Items<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let at = lexical::spaces(self.rest);
        if at.is_empty() {
            return None;
        }
        match (self.item)(at) {
            Ok((rest, item)) => {
                self.rest = rest;
                Some(item)
            }
            // A checked list has no such place; an end is the answer that harms nobody.
            Err(_) => {
                self.rest = &[];
                None
            }
        }
    }
}
