//! Bounces as they come in, in whatever form.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use mail_message::mime::{MimeLimits, Part, PartKind, Tree};
use mail_message::{Header, Message, MessageIdRef, address};
use thiserror::Error;

use crate::dsn::{Action, Form, ReadLimits, Recipient, Report, Typed, fields, text};

/// A message that tells what became of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    report: Report,
    form: Form,
    original: Original,
    is_cut: bool,
}

/// What is known of the message that the bounce is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Original {
    id: Option<Vec<u8>>,
    subject: Option<String>,
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
        let is_long = raw.len() > limits.octets;
        let raw = raw.get(..limits.octets).unwrap_or(raw);
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
        let found = messages().find_map(|root| of_report(root, limits, torn_at));
        let found = found.or_else(|| messages().find_map(|root| of_text(root, limits)));
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

/// Messages in messages that are looked into.
const MESSAGES: usize = 16;

/// The parts of a message, and not those of the messages in it.
fn own<'t, 'a>(root: Part<'t, 'a>) -> impl Iterator<Item = Part<'t, 'a>> + Clone {
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

/// Reads the report for programs.
fn of_report(root: Part<'_, '_>, limits: &ReadLimits, torn_at: Option<usize>) -> Option<Bounce> {
    let mut reports = own(root).filter(|part| {
        let kind = part.content_type();
        kind.is("message", "delivery-status") || kind.is("message", "global-delivery-status")
    });
    let bounds = fields::Bounds { recipients: limits.recipients };
    let (mut report, is_cut) = reports.find_map(|part| {
        let (report, is_cut) = fields::read(&part.decoded(), bounds);
        let is_cut = is_cut || torn_at == Some(part.range().end);
        (!report.recipients.is_empty()).then_some((report, is_cut))
    })?;
    if report.recipients.iter().any(lacks_words) {
        fill_in(&mut report, root, limits);
    }
    let original = returned(root).unwrap_or_default();
    Some(Bounce { report, form: Form::Report, original, is_cut })
}

/// Takes from the text what the report does not say: Exchange and others leave the reply out.
fn fill_in(report: &mut Report, root: Part<'_, '_>, limits: &ReadLimits) {
    let words = words(root, limits);
    let end = text::end_of_words(&words).unwrap_or(words.len());
    let words = words.get(..end).unwrap_or_default();
    let (told, _) = text::recipients(words, Action::Failed, limits.recipients);
    let told: HashMap<_, _> =
        told.into_iter().map(|it| (it.address.text().to_ascii_lowercase(), it)).collect();
    for recipient in report.recipients.iter_mut().filter(|it| lacks_words(it)) {
        let key = recipient.address.as_address().to_ascii_lowercase();
        // Words without a code may be anybody's: a remedy, or an excuse.
        if let Some(words) = told.get(&key).filter(|it| it.has_reply_code()) {
            recipient.diagnostic.clone_from(&words.diagnostic);
        }
    }
}

/// Tells whether a diagnosis is missing, or is the number with which a program ended.
fn lacks_words(recipient: &Recipient) -> bool {
    let words = recipient.diagnostic.as_ref().map(Typed::text);
    words.is_none_or(|words| {
        !words.iter().any(|&octet| octet.is_ascii_alphabetic() || octet >= 0x80)
    }) && !recipient.has_reply_code()
}

/// Reads the text for people, of what looks as if a mail system had written it.
fn of_text(root: Part<'_, '_>, limits: &ReadLimits) -> Option<Bounce> {
    let words = words(root, limits);
    let form = Form::of(&words);
    let header = root.header();
    if form == Form::Text && !is_of_a_mail_system(&header) {
        return None;
    }
    let end = text::end_of_words(&words);
    let (said, copy) = words.split_at_checked(end.unwrap_or(words.len()))?;
    if let Some(bounce) = of_stray_report(&words, limits) {
        return Some(bounce);
    }
    let action = action(&header, said);
    let (mut recipients, mut is_cut) = text::recipients(said, action, limits.recipients);
    keep_failed(&mut recipients, &header);
    if recipients.is_empty() {
        let failed = header.field("X-Failed-Recipients");
        let value = failed.map(|field| field.value()).unwrap_or_default();
        for mailbox in address::mailboxes(&value) {
            if recipients.len() >= limits.recipients {
                is_cut = true;
                break;
            }
            recipients.extend(text::named(&mailbox.addr_spec(), said, action));
        }
    }
    // Behind the line that says so stands the message or its header.
    let behind = memchr::memchr(b'\n', copy).and_then(|lf| copy.get(lf + 1..));
    let behind = behind.map(|copy| Header::new(copy.trim_ascii_start()));
    if recipients.is_empty() {
        // The only one it went to is the one.
        let enclosed = own(root).find(|part| part.kind() == PartKind::Message);
        let enclosed = enclosed.and_then(|part| part.children().next()).map(|it| it.header());
        let to = enclosed.or(behind).and_then(|header| header.field("To"));
        let value = to.map(|field| field.value()).unwrap_or_default();
        let mut mailboxes = address::mailboxes(&value);
        if let (Some(only), None) = (mailboxes.next(), mailboxes.next()) {
            recipients.extend(text::named(&only.addr_spec(), said, action));
        }
    }
    if recipients.is_empty() {
        return None;
    }
    let original = returned(root).or_else(|| behind.map(|header| of_header(&header)));
    let report = Report { recipients, ..Report::default() };
    Some(Bounce { report, form, original: original.unwrap_or_default(), is_cut })
}

/// Reads a report that stands in the text: the boundaries of its message are broken, or it was
/// pasted.
fn of_stray_report(words: &[u8], limits: &ReadLimits) -> Option<Bounce> {
    let mut at = 0;
    let mut group = 0;
    for line in words.split_inclusive(|&octet| octet == b'\n') {
        let name = line.get(..b"Final-Recipient:".len()).unwrap_or_default();
        if name.eq_ignore_ascii_case(b"Final-Recipient:") {
            let content = words.get(group..)?;
            let bounds = fields::Bounds { recipients: limits.recipients };
            let (report, is_cut) = fields::read(content, bounds);
            let original = Original::default();
            let bounce = Bounce { report, form: Form::Report, original, is_cut };
            return (!bounce.report.recipients.is_empty()).then_some(bounce);
        }
        at += line.len();
        if line.trim_ascii().is_empty() {
            group = at;
        }
    }
    None
}

/// Keeps those that Exim's own field names, where it names any of them: its text names the sender
/// too.
fn keep_failed(recipients: &mut Vec<Recipient>, header: &Header<'_>) {
    let Some(field) = header.field("X-Failed-Recipients") else { return };
    let value = field.value();
    let failed: HashSet<Vec<u8>> =
        address::mailboxes(&value).map(|it| it.addr_spec().to_ascii_lowercase()).collect();
    let is_failed = |it: &Recipient| failed.contains(&it.address.as_address().to_ascii_lowercase());
    if recipients.iter().any(is_failed) {
        recipients.retain(is_failed);
    }
}

/// Returns the texts for people in front of what came back, up to the limit.
fn words(root: Part<'_, '_>, limits: &ReadLimits) -> Vec<u8> {
    let mut out = Vec::new();
    let mut html = None;
    for part in own(root) {
        let kind = part.content_type();
        let is_empty_multipart = kind.is_main("multipart") && part.children().next().is_none();
        if part.kind() == PartKind::Message || kind.is("text", "rfc822-headers") {
            break;
        }
        // Twice the limit: an encoding takes at most thrice what it encodes, but then it is none
        // of ASCII.
        let body = part.body();
        let body = body.get(..limits.text.saturating_mul(2)).unwrap_or(body);
        if is_empty_multipart || part.kind() == PartKind::Leaf && kind.is("text", "plain") {
            let decoded = match is_empty_multipart {
                true => Cow::Borrowed(body),
                false => part.encoding().decode(body),
            };
            out.extend_from_slice(&decoded);
            out.push(b'\n');
        } else if part.kind() == PartKind::Leaf && kind.is("text", "html") && html.is_none() {
            html = Some(without_tags(&part.encoding().decode(body)));
        }
        if out.len() > limits.text {
            break;
        }
    }
    if out.trim_ascii().is_empty() {
        out = html.unwrap_or_default();
    }
    out.truncate(limits.text);
    out
}

/// Takes the tags out of HTML: each becomes a line end, so that what stood apart still does.
fn without_tags(html: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.push(b'\n');
        let behind = rest.get(at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'>', behind) else { return out };
        rest = behind.get(end + 1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// Tells whether a mail system seems to have written this.
fn is_of_a_mail_system(header: &Header<'_>) -> bool {
    let path = header.field("Return-Path").map(|field| field.value());
    if path.is_some_and(|path| path.trim_ascii() == b"<>") {
        return true;
    }
    if header.field("X-Failed-Recipients").is_some() {
        return true;
    }
    let lower = |name: &str| header.field(name).map(|it| it.text().to_lowercase());
    let from = lower("From").unwrap_or_default();
    let subject = lower("Subject").unwrap_or_default();
    ["mailer-daemon", "mail delivery", "postmaster", "mail administrator", "mailerdaemon"]
        .iter()
        .any(|name| from.contains(name))
        || [
            "undeliver",
            "failure notice",
            "delivery status",
            "delivery fail",
            "returned mail",
            "delivery notification",
            "mail failure",
            "delivery report",
            "mail delivery",
        ]
        .iter()
        .any(|words| subject.contains(words))
}

/// Tells a warning from a failure.
fn action(header: &Header<'_>, said: &[u8]) -> Action {
    let subject = header.field("Subject").map(|field| field.text().to_lowercase());
    let subject = subject.unwrap_or_default();
    let head = said.get(..2000).unwrap_or(said).to_ascii_lowercase();
    let in_text = [
        &b"warning message only"[..],
        b"still being retried",
        b"has not yet been delivered",
        b"not been delivered yet",
        b"could not be delivered yet",
        b"will continue to try",
        b"will keep trying",
        b"attempts to deliver the message will continue",
        b"no action is required on your part",
        b"will be retried",
    ];
    let is_delay = subject.starts_with("warning:")
        || subject.contains("(delay)")
        || subject.contains("delayed")
        || in_text.iter().any(|words| memchr::memmem::find(&head, words).is_some());
    if is_delay { Action::Delayed } else { Action::Failed }
}

/// Reads what is known of the message that came back.
fn returned(root: Part<'_, '_>) -> Option<Original> {
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

fn of_header(header: &Header<'_>) -> Original {
    let id = header.field("Message-ID").map(|field| field.value());
    let id = id.and_then(|id| Some(MessageIdRef::all(&id).next()?.as_bytes().to_vec()));
    let subject = header.field("Subject").map(|field| field.text().into_owned());
    Original { id, subject }
}

/// Says what a message is that is no bounce.
fn instead(tree: &Tree<'_>) -> NotABounce {
    let has = |sub: &str| tree.parts().any(|part| part.content_type().is("message", sub));
    if has("feedback-report") {
        NotABounce::Complaint
    } else if has("disposition-notification") || has("global-disposition-notification") {
        NotABounce::ReadingReceipt
    } else if is_of_a_mail_system(&tree.root().header()) || has("delivery-status") {
        NotABounce::NoRecipient
    } else {
        NotABounce::Unlike
    }
}
