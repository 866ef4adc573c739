//! The MIME tree, and bounces that are read out of it.

use mail_errors::diagnosis::Language;
use mail_errors::dsn::{Bounce, Extension, Notification, ReadLimits, Report, Returned, explain};
use mail_message::compose::{Mailbox, MessageId};
use mail_message::mime::{MimeLimits, Parameters, PartKind, TransferEncoding, Tree};
use mail_message::{DateTime, MessageIdRef};

/// Octets are taken apart as a MIME message.
pub(crate) fn mime(data: &[u8]) {
    let limits = MimeLimits { depth: 8, parts: 64 };
    let tree = Tree::parse_within(data, &limits);
    assert!(tree.parts().len() <= limits.parts);
    for part in tree.parts() {
        assert!(part.depth() <= limits.depth);
        let (header, body) = (part.header_range(), part.body_range());
        assert!(header.end == body.start && body.end <= data.len(), "{header:?} {body:?}");
        assert_eq!(data.get(body.clone()), Some(part.body()));
        assert!(part.decoded().len() <= body.len(), "nothing grows");
        assert!(part.lines() <= body.len());
        let mut before = body.start;
        for child in part.children() {
            assert_eq!(child.parent().map(|it| it.index()), Some(part.index()));
            assert!(before <= child.range().start && child.range().end <= body.end);
            before = child.range().end;
        }
        let below: usize = part.children().map(|it| 1 + it.descendants().len()).sum();
        assert_eq!(below, part.descendants().len());
        assert!(part.kind() != PartKind::Leaf || below == 0);
        // What says nothing has a parameter all the same.
        parameters(part.content_type().parameters(), data.len().max(16));
        let _ = part.file_name();
    }
    for encoding in [TransferEncoding::QuotedPrintable, TransferEncoding::Base64] {
        assert!(encoding.decode(data).len() <= data.len());
    }
    for id in MessageIdRef::all(data) {
        let written = [b"<", id.as_bytes(), b">"].concat();
        assert_eq!(MessageIdRef::parse(&written), Ok(id));
        let _ = id.canonical();
    }
}

fn parameters(parameters: Parameters<'_>, most: usize) {
    for (name, value) in parameters.iter() {
        assert!(name.len() + value.len() <= most);
        if let Some(text) = parameters.text(&String::from_utf8_lossy(name)) {
            assert!(text.len() <= 3 * most);
        }
    }
}

/// Octets are read as a bounce, and what they say is written as a report.
pub(crate) fn dsn(data: &[u8]) {
    let limits = ReadLimits { octets: 1 << 16, parts: 64, recipients: 32, text: 1 << 12 };
    let Ok(bounce) = Bounce::read_within(data, &limits) else { return };
    let report = bounce.report();
    assert!((1..=limits.recipients).contains(&report.recipients().len()));
    assert!(report.extensions().len() <= EXTENSIONS);
    for recipient in report.recipients() {
        let _ = (recipient.reply(), recipient.to_owned());
        let _ = recipient.failure().map(|failure| failure.classify().reason());
        assert!(recipient.extensions().len() <= EXTENSIONS);
        for extension in recipient.extensions() {
            let again = Extension::new(extension.name(), extension.value());
            assert_eq!(again.as_ref(), Ok(extension), "what was read can be written");
        }
        assert!(!recipient.address().text().iter().any(|octet| b"\r\n\0".contains(octet)));
    }
    let text = explain(report, Language::English, |_| String::new());
    assert!(!text.contains('\r') && !text.contains('\0'));
    if let Some(again) = written(report, data) {
        assert_eq!(again.recipients().len(), report.recipients().len());
        for (one, other) in report.recipients().iter().zip(again.recipients()) {
            assert_eq!(one.action(), other.action());
            assert!(one.status().is_none() || one.status() == other.status());
            if one.address().text().is_ascii() && one.address().text().len() < 900 {
                assert_eq!(one.address(), other.address());
            }
        }
    }
}

/// The most fields of others that are kept of one group.
const EXTENSIONS: usize = 32;

/// Writes a report and reads it back; `None` if it names no reporting server.
fn written(report: &Report, message: &[u8]) -> Option<Report> {
    let from = Mailbox::new("a@b.test").expect("an address");
    let date = DateTime::from_unix(0, 0).expect("a moment");
    let id = MessageId::new("1", "b.test").expect("an identifier");
    let notification = Notification::new(report, from.clone(), from, date, id).ok()?;
    let raw = notification.returning(Returned::Headers(message)).to_bytes();
    let bounce = Bounce::read(&raw).expect("what is written reads back");
    Some(bounce.report().clone())
}
