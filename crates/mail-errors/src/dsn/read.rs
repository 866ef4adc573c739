//! Bounces as they come in, in whatever form.

use std::borrow::Cow;

use mail_message::mime::{MimeLimits, Part, PartKind, Tree};
use mail_message::{Header, Message, MessageIdRef};
use thiserror::Error;

use crate::dsn::origin::{Head, Origin};
use crate::dsn::{Form, ReadLimits, Report, charset, from_report, from_text};

/// A message that tells what became of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    pub(super) report: Report,
    pub(super) form: Form,
    pub(super) original: Original,
    pub(super) is_cut: bool,
}

/// What is known of the message that the bounce is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Original {
    pub(super) id: Option<Vec<u8>>,
    pub(super) subject: Option<String>,
}

/// Why a message is no bounce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum NotABounce {
    /// Nothing in it says what became of a message.
    #[error("it does not tell what became of another message")]
    Unlike,
    /// It is a complaint of somebody who got a message (RFC 5965).
    #[error("it is a complaint about a message that was delivered")]
    Complaint,
    /// It says that a message was read, or thrown away (RFC 8098).
    #[error("it tells that a message was displayed, and not what became of its delivery")]
    ReadingReceipt,
    /// It is the answer of a program to whatever came: somebody is away (RFC 3834).
    #[error("it is an automatic answer, and tells of no failure")]
    AutoReply,
    /// It comes from a mail system, but names no recipient.
    #[error("it comes from a mail system, but names no recipient")]
    NoRecipient,
}

impl Bounce {
    /// Reads a bounce under the default [`ReadLimits`].
    ///
    /// # Errors
    /// [`NotABounce`] says what it is instead.
    pub fn read(raw: &[u8]) -> Result<Self, NotABounce> {
        Self::read_within(raw, &ReadLimits::default())
    }

    /// Reads a bounce: the report for programs, of the message or of one that is in it (forwarded);
    /// else the text for people.
    ///
    /// # Errors
    /// [`NotABounce`] says what it is instead.
    pub fn read_within(raw: &[u8], limits: &ReadLimits) -> Result<Self, NotABounce> {
        Self::read_at(raw, limits, 0)
    }

    fn read_at(raw: &[u8], limits: &ReadLimits, depth: usize) -> Result<Self, NotABounce> {
        let is_long = raw.len() > limits.octets;
        let raw = raw.get(..limits.octets).unwrap_or(raw);
        let raw = &*with_line_feeds(raw);
        let mime = MimeLimits { parts: limits.parts, ..MimeLimits::default() };
        let tree = Tree::parse_within(raw, &mime);
        let messages = || {
            let roots = tree.parts().filter(|part| {
                part.parent().is_none_or(|parent| parent.kind() == PartKind::Message)
            });
            roots.take(MESSAGES)
        };
        // A report that goes on where the octets end may have gone on.
        let torn_at = is_long.then_some(raw.len());
        let of_report = |root| from_report::read(root, limits, torn_at);
        let of_text = |root| from_text::read(root, limits);
        let root = tree.root();
        // What a mail system says itself goes before what it sends back, though that be a report.
        let is_system = Head::of(&root.header()).is_system();
        let own = of_report(root).or_else(|| if is_system { of_text(root) } else { None });
        let found = own.or_else(|| messages().skip(1).find_map(of_report));
        let found = found.or_else(|| encoded(&tree, limits, depth));
        let found = found.or_else(|| messages().find_map(of_text));
        found.ok_or_else(|| instead(&tree))
    }

    /// Returns what it says. The recipients are at least one.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Returns in what form it says that.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Returns the identifier of the message it is about, without `<` and `>`, if the message or
    /// its header came back.
    #[must_use]
    pub fn original_message_id(&self) -> Option<&[u8]> {
        self.original.id.as_deref()
    }

    /// Returns the subject of the message it is about, as a person reads it. It may hold control
    /// characters.
    #[must_use]
    pub fn original_subject(&self) -> Option<&str> {
        self.original.subject.as_deref()
    }

    /// Tells whether there are more recipients than the limits let in.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// Reads messages in it that are encoded, against RFC 2045 section 6.4: gateways attach them so.
fn encoded(tree: &Tree<'_>, limits: &ReadLimits, depth: usize) -> Option<Bounce> {
    if depth >= ENCODED {
        return None;
    }
    let is_encoded = |part: &Part<'_, '_>| {
        let kind = part.content_type();
        let is_message = kind.is("message", "rfc822") || kind.is("message", "global");
        part.kind() == PartKind::Leaf && is_message && !part.encoding().is_identity()
    };
    let mut parts = tree.parts().filter(is_encoded).take(MESSAGES);
    parts.find_map(|part| Bounce::read_at(&part.decoded(), limits, depth + 1).ok())
}

/// Encodings around encodings that are taken off.
const ENCODED: usize = 3;

/// Gives lines their ends back where they end in CR alone, as an old Macintosh saves them.
fn with_line_feeds(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', raw).is_some() || memchr::memchr(b'\r', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    raw.iter().map(|&octet| if octet == b'\r' { b'\n' } else { octet }).collect()
}

/// Messages in messages that are looked into.
const MESSAGES: usize = 16;

/// The parts of a message, and not those of the messages in it.
pub(super) fn own<'t, 'a>(root: Part<'t, 'a>) -> impl Iterator<Item = Part<'t, 'a>> + Clone {
    let mut stack = vec![root];
    std::iter::from_fn(move || {
        let part = stack.pop()?;
        if part.kind() == PartKind::Multipart {
            let from = stack.len();
            stack.extend(part.children());
            stack.get_mut(from..)?.reverse();
        }
        Some(part)
    })
}

/// Reads what is known of the message that came back.
pub(super) fn returned(root: Part<'_, '_>) -> Option<Original> {
    let part = own(root).find(|part| {
        let kind = part.content_type();
        part.kind() == PartKind::Message
            || kind.is_main("message") && kind.is("message", "global")
            || kind.is("text", "rfc822-headers")
            || kind.is("message", "global-headers")
            || kind.is("message", "rfc822")
    })?;
    let header = match part.kind() {
        PartKind::Message => return part.children().next().map(|it| of_header(&it.header())),
        PartKind::Leaf | PartKind::Multipart => part.decoded(),
    };
    Some(of_header(&Message::new(&header).header()))
}

pub(super) fn of_header(header: &Header<'_>) -> Original {
    let id = header.field("Message-ID").map(|field| field.value());
    let id = id.and_then(|id| Some(MessageIdRef::all(&id).next()?.as_bytes().to_vec()));
    let subject =
        header.field("Subject").map(|field| charset::decode_words(&field.text()).into_owned());
    Original { id, subject }
}

/// Says what a message is that is no bounce.
fn instead(tree: &Tree<'_>) -> NotABounce {
    let has = |sub: &str| tree.parts().any(|part| part.content_type().is("message", sub));
    if has("feedback-report") {
        NotABounce::Complaint
    } else if has("disposition-notification") || has("global-disposition-notification") {
        NotABounce::ReadingReceipt
    } else if has("delivery-status") || has("global-delivery-status") {
        NotABounce::NoRecipient
    } else {
        match Head::of(&tree.root().header()).origin() {
            Origin::Answer => NotABounce::AutoReply,
            Origin::MailSystem | Origin::Program => NotABounce::NoRecipient,
            Origin::Anybody => NotABounce::Unlike,
        }
    }
}
