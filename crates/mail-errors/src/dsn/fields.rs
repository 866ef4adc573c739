//! The machine's part of a report: groups of fields (RFC 3464 section 2.1), written and read.

use std::borrow::Cow;

use mail_message::{DateTime, Header, Message};

use crate::EnhancedStatusCode;
use crate::dsn::{Action, Extension, Recipient, Report, Typed, charset};

/// Writes a report: a group for the message, and one for each recipient.
///
/// > delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields )
pub(super) fn write(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(id) = &report.envelope_id {
        field(&mut out, "Original-Envelope-Id", id.as_bytes());
    }
    for (name, value) in [
        ("Reporting-MTA", &report.reporting_mta),
        ("DSN-Gateway", &report.gateway),
        ("Received-From-MTA", &report.received_from),
    ] {
        typed(&mut out, name, value.as_ref());
    }
    date(&mut out, "Arrival-Date", report.arrival);
    extensions_of(&mut out, &report.extensions);
    for recipient in &report.recipients {
        out.extend_from_slice(b"\r\n");
        typed(&mut out, "Original-Recipient", recipient.original.as_ref());
        typed(&mut out, "Final-Recipient", Some(&recipient.address));
        field(&mut out, "Action", recipient.action.as_str().as_bytes());
        let status = recipient.status.unwrap_or_else(|| recipient.action.status());
        field(&mut out, "Status", status.to_string().as_bytes());
        typed(&mut out, "Remote-MTA", recipient.remote_mta.as_ref());
        typed(&mut out, "Diagnostic-Code", recipient.diagnostic.as_ref());
        date(&mut out, "Last-Attempt-Date", recipient.last_attempt);
        if let Some(id) = &recipient.log_id {
            field(&mut out, "Final-Log-ID", id.as_bytes());
        }
        // RFC 3464 2.3.9: only in a report of a delay.
        if recipient.action == Action::Delayed {
            date(&mut out, "Will-Retry-Until", recipient.retry_until);
        }
        extensions_of(&mut out, &recipient.extensions);
    }
    out
}

fn extensions_of(out: &mut Vec<u8>, extensions: &[Extension]) {
    for extension in extensions {
        field(out, extension.name(), extension.value());
    }
}

fn typed(out: &mut Vec<u8>, name: &str, value: Option<&Typed>) {
    if let Some(value) = value {
        field(out, name, &[value.kind().as_bytes(), b"; ", value.text()].concat());
    }
}

fn date(out: &mut Vec<u8>, name: &str, value: Option<DateTime>) {
    if let Some(value) = value {
        field(out, name, value.to_string().as_bytes());
    }
}

/// Writes a field, folded at blanks where it is longer than a line should be, and anywhere where it
/// is longer than a line may be (RFC 5322 section 2.1.1).
fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let mut column = name.len() + 1;
    // Blanks stay as many as they are: each word takes along the one in front of it.
    for word in value.split(|&octet| octet == b' ') {
        if column + 1 + word.len() > 78 && column > name.len() + 1 && !word.is_empty() {
            out.extend_from_slice(b"\r\n");
            column = 0;
        }
        out.push(b' ');
        let mut word = word;
        while let Some((head, tail)) = word.split_at_checked(900) {
            out.extend_from_slice(head);
            out.extend_from_slice(b"\r\n ");
            (word, column) = (tail, 0);
        }
        out.extend_from_slice(word);
        column += 1 + word.len();
    }
    out.extend_from_slice(b"\r\n");
}

/// How many recipients are read at the most, and how many groups are looked at for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) recipients: usize,
}

/// Reads groups of fields into a report. What makes no sense is passed over: groups without a
/// recipient, empty ones, and the group of the message behind those of recipients.
pub(super) fn read(content: &[u8], bounds: Bounds) -> (Report, bool) {
    let mut report = Report::default();
    let mut rest = content;
    while !rest.is_empty() {
        let group = Message::new(rest);
        rest = group.body();
        let header = group.header();
        message_fields(&mut report, &header);
        let recipient = recipient(&header);
        // The group of the message is the first; one behind recipients is the header of the message
        // that came back, where boundaries are broken.
        if recipient.is_none() && report.recipients.is_empty() && report.extensions.is_empty() {
            report.extensions = extensions(&header);
        }
        if let Some(recipient) = recipient {
            if report.recipients.len() >= bounds.recipients {
                return (report, true);
            }
            report.recipients.push(recipient);
        }
    }
    (report, false)
}

/// > per-message-fields                                     RFC 3464 section 2.2
fn message_fields(report: &mut Report, header: &Header<'_>) {
    for field in header.fields() {
        let value = field.value();
        let host = || Typed::read(&value, Typed::DNS);
        // What comes first counts.
        match () {
            () if field.is("Reporting-MTA") && report.reporting_mta.is_none() => {
                report.reporting_mta = host();
            }
            () if field.is("Received-From-MTA") && report.received_from.is_none() => {
                report.received_from = host();
            }
            () if field.is("DSN-Gateway") && report.gateway.is_none() => report.gateway = host(),
            () if field.is("Arrival-Date") && report.arrival.is_none() => {
                report.arrival = DateTime::parse(&value).ok();
            }
            () if field.is("Original-Envelope-Id") && report.envelope_id.is_none() => {
                report.envelope_id = printable(&value);
            }
            () => {}
        }
    }
}

/// Reads the fields that RFC 3464 leaves to others.
fn extensions(header: &Header<'_>) -> Vec<Extension> {
    let all = header.fields().filter_map(|field| Extension::read(field.name(), &field.value()));
    all.take(EXTENSIONS).collect()
}

/// The most of them that are kept of one group.
const EXTENSIONS: usize = 32;

/// > per-recipient-fields                                   RFC 3464 section 2.3
fn recipient(header: &Header<'_>) -> Option<Recipient> {
    let value = |name: &str| header.field(name).map(|field| field.value());
    let typed = |name: &str, otherwise: &str| Typed::read(&value(name)?, otherwise);
    let original = typed("Original-Recipient", Typed::RFC822);
    let address = typed("Final-Recipient", Typed::RFC822);
    // Exchange and Domino name an alias besides; Amazon WorkMail leaves the recipient out.
    let address = address.or_else(|| original.clone())?;
    let status = value("Status").and_then(|value| status(&value));
    let action = value("Action").and_then(|value| Action::parse(&value));
    let action = action.unwrap_or(match status.map(EnhancedStatusCode::class) {
        Some(crate::EnhancedClass::Success) => Action::Delivered,
        Some(crate::EnhancedClass::Transient) => Action::Delayed,
        Some(crate::EnhancedClass::Permanent) | None => Action::Failed,
    });
    let moment = |name: &str| DateTime::parse(&value(name)?).ok();
    let diagnostic = value("Diagnostic-Code");
    // Domino writes kanji in ASCII, as text does.
    let diagnostic = diagnostic.map(|value| charset::decode(value, None));
    let diagnostic = diagnostic.and_then(|value| Typed::read(&value, Typed::SMTP));
    Some(Recipient {
        original,
        status,
        remote_mta: typed("Remote-MTA", Typed::DNS),
        diagnostic: diagnostic.or_else(|| comment(&value("Status")?)),
        last_attempt: moment("Last-Attempt-Date"),
        log_id: value("Final-Log-ID").and_then(|value| printable(&value)),
        retry_until: moment("Will-Retry-Until"),
        extensions: extensions(header),
        ..Recipient::read(address, action)
    })
}

/// Reads a status, also one with words behind it: `5.0.0 (permanent failure)`.
fn status(value: &[u8]) -> Option<EnhancedStatusCode> {
    let value = value.trim_ascii_start();
    let inside = |octet: &u8| octet.is_ascii_digit() || *octet == b'.';
    let end = value.iter().position(|octet| !inside(octet)).unwrap_or(value.len());
    EnhancedStatusCode::parse(value.get(..end)?).ok()
}

/// Reads the words behind a status: `5.4.4 (Illegal host/domain name found)`. Sun's servers say there
/// what others say in a diagnosis.
fn comment(value: &[u8]) -> Option<Typed> {
    let from = memchr::memchr(b'(', value)?;
    let inner = value.get(from + 1..)?.trim_ascii();
    let inner = inner.strip_suffix(b")").unwrap_or(inner);
    let says = inner.iter().filter(|octet| octet.is_ascii_alphabetic()).count() > 3;
    says.then(|| Typed::read(inner, COMMENT))?.and_then(|it| Typed::new(COMMENT, it.text()).ok())
}

/// The type of words that stand behind a status, in place of a diagnosis.
pub(super) const COMMENT: &str = "x-status";

fn printable(value: &[u8]) -> Option<Box<str>> {
    let text = String::from_utf8_lossy(value.get(..value.len().min(1000)).unwrap_or_default());
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

/// Tells whether anything in a report is not ASCII, so that only the type of RFC 6533 section 5 can
/// hold it.
pub(super) fn is_utf8(report: &Report) -> bool {
    let of_message = [&report.reporting_mta, &report.gateway, &report.received_from];
    let any_is = |all: &[Extension]| all.iter().any(|it| !it.value().is_ascii());
    of_message.into_iter().flatten().any(Typed::is_utf8)
        || any_is(&report.extensions)
        || report.recipients.iter().any(|it| {
            let all = [&it.original, &it.remote_mta, &it.diagnostic];
            let is_utf8 = all.into_iter().flatten().any(Typed::is_utf8);
            is_utf8 || it.address.is_utf8() || any_is(&it.extensions)
        })
}

/// Replaces what is not UTF-8, which the type of RFC 6533 cannot hold.
pub(super) fn as_utf8(content: Vec<u8>) -> Vec<u8> {
    match String::from_utf8_lossy(&content) {
        Cow::Borrowed(_) => content,
        Cow::Owned(text) => text.into_bytes(),
    }
}
