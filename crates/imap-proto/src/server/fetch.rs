//! FETCH: slice by slice of the messages, piece by piece of their bodies.

use std::{collections::VecDeque, num::NonZeroU32, ops::Range};

use bytes::Bytes;
use mail_errors::Misuse;
use mail_wire::Sink;

use super::{
    BodyId, Event, FetchSlice, Layout, Message, Refusal, SectionPlan, Server, ServerError, Step,
    WantBody, Wants, Work, slices::Slices, write,
};
use crate::{
    BodyText, FetchAttribute, FetchItem, FetchItems, IString, NumberSet, Partial, PlainCode,
    Section, SectionText, SequenceSet, Status, encode, view::MailboxView,
};

/// A FETCH that is being carried out.
#[derive(Debug)]
pub(super) struct Fetch {
    slices: Slices,
    items: Vec<FetchItem<'static>>,
    wants: Wants,
    set_seen: bool,
    with_uid: bool,
    /// What is still to be said of a message, piece by piece.
    parts: VecDeque<Part>,
    body: Option<Body>,
    /// Parts were asked for that this crate does not take out of messages.
    unserved: bool,
    /// No command asked for it, but a view whose news was too old.
    own: bool,
}

/// Octets as they are, and octets of the message behind them.
#[derive(Debug)]
struct Part {
    head: Vec<u8>,
    uid: u32,
    octets: Range<u64>,
}

/// A literal on its way.
#[derive(Debug)]
struct Body {
    id: BodyId,
    uid: u32,
    octets: Range<u64>,
    asked: bool,
}

/// The most items of one FETCH; no client asks for as many.
const MOST_ITEMS: usize = 100;

/// The most lists of header fields among them, each of which may be as long as the header.
const MOST_LISTS: usize = 16;

/// Begins a FETCH.
pub(super) fn begin(
    session: &mut Server,
    uid: bool,
    set: &SequenceSet<'_>,
    items: &FetchItems<'_>,
) -> Step {
    let mut wanted: Vec<FetchItem<'static>> = Vec::new();
    for item in items.iter() {
        if matches!(item, FetchItem::Envelope | FetchItem::Body | FetchItem::BodyStructure) {
            return refuse(session, "ENVELOPE and BODYSTRUCTURE are not served yet");
        }
        if matches!(item, FetchItem::Binary { .. } | FetchItem::BinarySize(_)) {
            session.not_offered("BINARY");
            return Step::Again;
        }
        if !wanted.contains(&item) {
            if wanted.len() == MOST_ITEMS {
                return refuse(session, "that is too much at once");
            }
            wanted.push(item.into_owned());
        }
    }
    let lists = wanted.iter().filter(|item| is_list_of_fields(item)).count();
    if lists > MOST_LISTS {
        return refuse(session, "that is too much at once");
    }
    let Some(seqs) = session.look_up(uid, set) else { return Step::Again };
    let set_seen = wanted.iter().any(FetchItem::sets_seen) && !session.is_read_only();
    let wants = wants_of(&wanted, set_seen);
    let limits = &session.config.limits;
    let most = if wanted.iter().any(streams) {
        1
    } else if wants.header {
        limits.slice_of_headers / lists.max(1)
    } else {
        limits.slice
    };
    // RFC 9051 6.4.9: what UID FETCH answers has the UID in it.
    let with_uid = uid || wanted.contains(&FetchItem::Uid);
    session.work = Work::Fetch(Fetch {
        slices: Slices::new(seqs, most),
        items: wanted,
        wants,
        set_seen,
        with_uid,
        parts: VecDeque::new(),
        body: None,
        unserved: false,
        own: false,
    });
    Step::Again
}

fn refuse(session: &mut Server, words: &'static str) -> Step {
    let text = write::coded(PlainCode::Cannot, words);
    session.refuse(Refusal::NotOffered("FETCH item"), Status::No, text);
    Step::Again
}

fn wants_of(items: &[FetchItem<'_>], set_seen: bool) -> Wants {
    let mut wants = Wants { flags: set_seen, ..Wants::default() };
    for item in items {
        match item {
            FetchItem::Flags => wants.flags = true,
            FetchItem::InternalDate => wants.internal_date = true,
            FetchItem::Rfc822Size => wants.size = true,
            FetchItem::Uid
            | FetchItem::Envelope
            | FetchItem::Body
            | FetchItem::BodyStructure
            | FetchItem::Binary { .. }
            | FetchItem::BinarySize(_) => {}
            FetchItem::Rfc822
            | FetchItem::Rfc822Header
            | FetchItem::Rfc822Text
            | FetchItem::Section { .. } => {
                wants.size = true;
                wants.body |= streams(item);
                if let Some((section, _)) = section_of(item) {
                    wants.header |= section.needs_header();
                    wants.header_size |= *section != Section::ALL;
                }
            }
        }
    }
    wants
}

/// Whether the octets of this item come from the application while they are sent.
fn streams(item: &FetchItem<'_>) -> bool {
    section_of(item).is_some() && !is_list_of_fields(item)
}

/// Whether its octets are put together from header fields.
fn is_list_of_fields(item: &FetchItem<'_>) -> bool {
    let text = section_of(item).and_then(|(section, _)| section.text());
    matches!(text, Some(SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_)))
}

/// The section that an item stands for.
fn section_of<'i>(item: &'i FetchItem<'i>) -> Option<(&'i Section<'i>, Option<Partial>)> {
    match item {
        FetchItem::Section { section, partial, .. } => Some((section, *partial)),
        FetchItem::Rfc822 => Some((&Section::ALL, None)),
        FetchItem::Rfc822Header => Some((&Section::HEADER, None)),
        FetchItem::Rfc822Text => Some((&Section::TEXT, None)),
        FetchItem::Flags
        | FetchItem::Uid
        | FetchItem::InternalDate
        | FetchItem::Rfc822Size
        | FetchItem::Envelope
        | FetchItem::Body
        | FetchItem::BodyStructure
        | FetchItem::Binary { .. }
        | FetchItem::BinarySize(_) => None,
    }
}

impl Fetch {
    /// Asks for the flags of these messages, because the view's news was too old.
    pub(super) fn of_flags(uids: &NumberSet, view: &MailboxView) -> Self {
        let seqs = uids.iter().filter_map(|uid| view.numbers().seq(uid)).collect();
        Self {
            slices: Slices::new(seqs, 100),
            items: vec![FetchItem::Flags],
            wants: Wants { flags: true, ..Wants::default() },
            set_seen: false,
            with_uid: true,
            parts: VecDeque::new(),
            body: None,
            unserved: false,
            own: true,
        }
    }

    pub(super) fn is_within_response(&self) -> bool {
        self.body.is_some() || !self.parts.is_empty()
    }

    /// Whether nothing but the application moves it on.
    pub(super) fn is_owed(&self) -> bool {
        match &self.body {
            Some(body) => body.asked,
            None => self.parts.is_empty() && self.slices.is_out(),
        }
    }

    pub(super) fn may_refuse(&self) -> bool {
        self.slices.is_out() && !self.is_within_response() && !self.own
    }

    pub(super) fn end_slice(&mut self) -> bool {
        self.slices.end(|missing| missing)
    }

    pub(super) fn owed(&self) -> &'static str {
        match &self.body {
            Some(body) if body.asked => "body or body_failed",
            _ if self.slices.is_out() => "message, done or no",
            _ => "nothing",
        }
    }

    /// Lays out what is said of a message: first what is at hand, then what is pulled.
    fn lay_out(
        &mut self,
        seq: u32,
        uid: u32,
        message: &Message,
        flags: Option<FetchAttribute<'_>>,
    ) {
        let Some(number) = NonZeroU32::new(seq) else { return };
        let (mut head, mut first) = (Vec::new(), true);
        encode::fetch_start(&mut head, number);
        let uid_attribute = NonZeroU32::new(uid).filter(|_| self.with_uid);
        let date = self.items.contains(&FetchItem::InternalDate).then_some(message.internal_date);
        let size = self.items.contains(&FetchItem::Rfc822Size).then_some(message.size);
        let at_hand = [
            uid_attribute.map(FetchAttribute::Uid),
            flags,
            date.flatten().map(FetchAttribute::InternalDate),
            size.flatten().map(FetchAttribute::Rfc822Size),
        ];
        for attribute in at_hand.iter().flatten() {
            encode::fetch_attribute(&mut head, std::mem::take(&mut first), attribute);
        }
        let layout = Layout {
            size: message.size.unwrap_or(0),
            header_size: message.header_size.unwrap_or(0),
            header: message.header.as_deref().unwrap_or_default(),
        };
        let mut pulled = Vec::new();
        for item in &self.items {
            let Some((section, partial)) = section_of(item) else { continue };
            let (text, octets) = match SectionPlan::of(section, partial, layout) {
                SectionPlan::Octets(range) if range.is_empty() => {
                    (BodyText::Inline(IString::checked(&b""[..])), 0..0)
                }
                SectionPlan::Octets(range) => {
                    let octets = range.end - range.start;
                    (BodyText::Streamed { octets, binary: false }, range)
                }
                SectionPlan::Text(mut text) => {
                    replace_nul(&mut text);
                    (BodyText::new(text), 0..0)
                }
                SectionPlan::Nil => (BodyText::Nil, 0..0),
                SectionPlan::Unserved => {
                    self.unserved = true;
                    continue;
                }
            };
            let attribute = attribute_of(item, section, partial, text);
            if octets.is_empty() {
                encode::fetch_attribute(&mut head, std::mem::take(&mut first), &attribute);
            } else {
                pulled.push((attribute, octets));
            }
        }
        if first && pulled.is_empty() {
            return;
        }
        self.parts.push_back(Part { head, uid, octets: 0..0 });
        for (attribute, octets) in pulled {
            let mut head = Vec::new();
            encode::fetch_attribute(&mut head, std::mem::take(&mut first), &attribute);
            self.parts.push_back(Part { head, uid, octets });
        }
        let mut end = Vec::new();
        encode::fetch_end(&mut end);
        self.parts.push_back(Part { head: end, uid, octets: 0..0 });
    }
}

/// RFC 9051 4.3: no literal but a `literal8`, which no client of these items expects, holds NUL.
/// What other servers put in its place keeps every length as it is.
fn replace_nul(octets: &mut [u8]) {
    octets.iter_mut().filter(|octet| **octet == 0).for_each(|octet| *octet = 0x80);
}

/// What is told of an item that stands for a section: the same words that asked for it.
fn attribute_of<'a>(
    item: &FetchItem<'_>,
    section: &Section<'a>,
    partial: Option<Partial>,
    text: BodyText<'a>,
) -> FetchAttribute<'a> {
    if *item == FetchItem::Rfc822 {
        return FetchAttribute::Rfc822(text);
    }
    if *item == FetchItem::Rfc822Header {
        return FetchAttribute::Rfc822Header(text);
    }
    if *item == FetchItem::Rfc822Text {
        return FetchAttribute::Rfc822Text(text);
    }
    let (section, origin) = (section.clone(), partial.map(Partial::offset));
    FetchAttribute::Section { section, origin, text }
}

/// What is wanted of a message and was not put in.
fn lacking(wants: Wants, message: &Message) -> Option<&'static str> {
    let needs = [
        (wants.flags && message.flags.is_none(), "its flags are wanted"),
        (wants.internal_date && message.internal_date.is_none(), "its internal date is wanted"),
        (wants.size && message.size.is_none(), "its size is wanted"),
        (wants.header_size && message.header_size.is_none(), "its header's size is wanted"),
        (wants.header && message.header.is_none(), "its header is wanted"),
        (message.newly_seen && message.flags.is_none(), "its flags have changed"),
    ];
    needs.into_iter().find_map(|(lacks, why)| lacks.then_some(why))
}

impl Server {
    /// Tells of one message what is wanted. Answers [`Event::Fetch`], once for each of its messages
    /// that is still there. Its body, if that is wanted, is asked for afterwards.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed; [`Misuse::UnknownId`] for a message that was
    /// not asked for, or was answered already; [`Misuse::Invalid`] if something is lacking.
    pub fn message(&mut self, uid: u32, message: Message) -> Result<(), Misuse> {
        let Work::Fetch(fetch) = &mut self.work else {
            return Err(self.wrong_answer("message"));
        };
        if !fetch.slices.is_out() || fetch.is_within_response() {
            return Err(self.wrong_answer("message"));
        }
        fetch.slices.find(uid)?;
        if let Some(why) = lacking(fetch.wants, &message) {
            return Err(Misuse::Invalid { what: "message", why });
        }
        let seq = fetch.slices.answer(uid)?;
        let asked = fetch.items.contains(&FetchItem::Flags) || message.newly_seen;
        if let Some(view) = self.view.as_mut().filter(|_| message.newly_seen) {
            view.set_flags(uid);
        }
        let flags = message.flags.as_ref().filter(|_| asked);
        let flags = flags.map(|flags| FetchAttribute::Flags(self.with_recent(uid, flags)));
        let Work::Fetch(fetch) = &mut self.work else { return Ok(()) };
        fetch.lay_out(seq, uid, &message, flags);
        // What is at hand goes at once, so that a slice of many messages is not kept twice.
        while fetch.parts.front().is_some_and(|part| part.octets.is_empty()) {
            if let Some(part) = fetch.parts.pop_front() {
                self.out.put(&part.head);
            }
        }
        Ok(())
    }

    /// Gives octets of a message, those from [`WantBody::offset`] on. Answers
    /// [`Event::WantBody`]. None, or more than remain, cuts the connection, so that no torn
    /// message looks whole. A NUL, which IMAP cannot carry, is sent as 0x80.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this body is not asked for.
    pub fn body(&mut self, id: BodyId, octets: Bytes) -> Result<(), Misuse> {
        let body = self.asked_body(id)?;
        let remaining = body.octets.end - body.octets.start;
        let len = octets.len() as u64;
        if len == 0 || len > remaining {
            let missing = if len == 0 { remaining } else { 0 };
            self.fail(ServerError::TornBody { missing });
            return Ok(());
        }
        body.octets.start += len;
        body.asked = false;
        if memchr::memchr(0, &octets).is_some() {
            let mut octets = octets.to_vec();
            replace_nul(&mut octets);
            self.out.put(&octets);
        } else {
            self.out.put_bytes(octets);
        }
        Ok(())
    }

    /// Says that the octets cannot be had: cuts the connection, so that no torn message looks
    /// whole. Answers [`Event::WantBody`].
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this body is not asked for.
    pub fn body_failed(&mut self, id: BodyId) -> Result<(), Misuse> {
        let body = self.asked_body(id)?;
        let missing = body.octets.end - body.octets.start;
        self.fail(ServerError::TornBody { missing });
        Ok(())
    }

    fn asked_body(&mut self, id: BodyId) -> Result<&mut Body, Misuse> {
        let unknown = Misuse::UnknownId { what: "body", id: id.0 };
        let Work::Fetch(Fetch { body: Some(body), .. }) = &mut self.work else {
            return Err(unknown);
        };
        if body.asked && body.id == id { Ok(body) } else { Err(unknown) }
    }

    pub(super) fn step_fetch(&mut self) -> Step {
        let (Work::Fetch(fetch), Some(view)) = (&mut self.work, &self.view) else {
            return Step::Again;
        };
        if let Some(body) = &mut fetch.body {
            let (offset, remaining) = (body.octets.start, body.octets.end - body.octets.start);
            if remaining == 0 {
                fetch.body = None;
                return Step::Again;
            }
            if body.asked {
                return Step::Reply;
            }
            body.asked = true;
            let free = self.config.limits.output.saturating_sub(self.out.len()).max(1);
            let room = usize::try_from(remaining).map_or(free, |remaining| remaining.min(free));
            let (id, uid) = (body.id, body.uid);
            return Step::Event(Event::WantBody(WantBody { id, uid, offset, remaining, room }));
        }
        if let Some(Part { head, uid, octets }) = fetch.parts.pop_front() {
            self.out.put(&head);
            if !octets.is_empty() {
                self.bodies += 1;
                let id = BodyId(self.bodies);
                fetch.body = Some(Body { id, uid, octets, asked: false });
            }
            return Step::Again;
        }
        if fetch.slices.is_out() {
            return Step::Reply;
        }
        let uids = fetch.slices.next(view.numbers());
        if !uids.is_empty() {
            let (wants, set_seen) = (fetch.wants, fetch.set_seen);
            return Step::Event(Event::Fetch(FetchSlice { uids, wants, set_seen }));
        }
        let (own, unserved, missing) = (fetch.own, fetch.unserved, fetch.slices.has_missing());
        if own {
            self.work = Work::Telling;
        } else if unserved {
            let text = write::coded(PlainCode::Cannot, "parts of messages are not served yet");
            self.finish(Status::No, text);
        } else {
            self.finish_messages(missing, "FETCH completed");
        }
        Step::Again
    }

    /// Ends a command about messages, of which some may be gone.
    pub(super) fn finish_messages(&mut self, missing: bool, words: &'static str) {
        let by_uid = self.current.as_ref().is_some_and(|current| current.uid);
        if missing && !by_uid {
            // RFC 2180 4.1.2 and RFC 9051 7.1: another session expunged them, and this one may
            // not be told yet.
            let text = write::coded(PlainCode::ExpungeIssued, "some of them are gone");
            self.finish(Status::No, text);
        } else {
            self.finish_ok(words);
        }
    }
}
