//! Bounces that only people can read.

use std::collections::HashSet;

use mail_message::mime::{Part, PartKind};
use mail_message::{Field, Header, address};

use crate::classify::Reason;
use crate::dsn::origin::{Head, Origin};
use crate::dsn::read::{of_header, own, returned};
use crate::dsn::text::{self, About};
use crate::dsn::{
    Action, Bounce, Form, ReadLimits, Recipient, Report, copy, fields, from_report, plain,
};

/// Reads the text for people, of what looks as if a mail system had written it.
pub(super) fn read(root: Part<'_, '_>, limits: &ReadLimits) -> Option<Bounce> {
    let words = plain::words(root, limits);
    let form = Form::of(&words);
    let head = Head::of(&root.header());
    let origin = head.origin();
    if form == Form::Text && matches!(origin, Origin::Anybody | Origin::Answer) {
        return None;
    }
    let parted = copy::part(&words);
    let behind = parted.copy.map(|copy| Header::new(copy.trim_ascii_start()));
    let original = || returned(root).or_else(|| behind.map(|header| of_header(&header)));
    if let Some((report, is_cut)) = stray_report(&words, limits) {
        let original = original().unwrap_or_default();
        return Some(Bounce { report, form: Form::Report, original, is_cut });
    }
    let said = parted.words;
    let sender = addresses(head.to);
    let action = head.action(said);
    let about = About { action, most: limits.recipients, sender: &sender };
    let (mut recipients, mut is_cut) = text::recipients(said, &about);
    is_cut |= keep_failed(&mut recipients, head.failed, said, form, &about);
    if recipients.is_empty() {
        // The only one it went to is the one.
        let enclosed = own(root).find(|part| part.kind() == PartKind::Message);
        let enclosed = enclosed.and_then(|part| part.children().next()).map(|it| it.header());
        recipients.extend(enclosed.or(behind).and_then(|header| {
            // A bounce went to the one who wrote what failed.
            if Head::of(&header).origin() != Origin::Anybody {
                return None;
            }
            let value = header.field("To")?.value();
            let mut mailboxes = address::mailboxes(&value);
            let (only, None) = (mailboxes.next()?.addr_spec(), mailboxes.next()) else {
                return None;
            };
            // A message to a list went to others.
            let list = header.field("List-Post").map(|it| it.value().to_ascii_lowercase());
            let posted = only.to_ascii_lowercase();
            let to_list = list.is_some_and(|it| memchr::memmem::find(&it, &posted).is_some());
            (!to_list).then(|| text::recipient(&only, &text::said_of_all(said), action))?
        }));
    }
    let is_told = form != Form::Text || origin == Origin::MailSystem;
    if recipients.is_empty() || !is_told && !recipients.iter().any(|it| tells(it, action)) {
        return None;
    }
    // What the report says of the message counts where it says nothing of recipients.
    let bounds = fields::Bounds { recipients: 0 };
    let of_message = from_report::reports(root).next();
    let of_message = of_message.map(|part| fields::read(&part.decoded(), bounds).0);
    let report = Report { recipients, ..of_message.unwrap_or_default() };
    Some(Bounce { report, form, original: original().unwrap_or_default(), is_cut })
}

/// Tells whether words tell of a failure.
fn tells(recipient: &Recipient, action: Action) -> bool {
    action == Action::Delayed
        || recipient.has_reply_code()
        || recipient.failure().is_some_and(|it| it.classify().reason() != Reason::Unknown)
}

/// Reads a report that stands in the text: the boundaries of its message are broken, or it was
/// pasted.
fn stray_report(words: &[u8], limits: &ReadLimits) -> Option<(Report, bool)> {
    let quoted = [&b"\n> Final-Recipient:"[..], b"\n>Final-Recipient:"];
    let unquoted;
    let words = match quoted.iter().any(|it| memchr::memmem::find(words, it).is_some()) {
        true => {
            unquoted = without_quotes(words);
            &*unquoted
        }
        false => words,
    };
    let mut at = 0;
    let mut group = 0;
    for line in words.split_inclusive(|&octet| octet == b'\n') {
        let begins = |name: &str| {
            line.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes()))
        };
        if begins("Final-Recipient:") || begins("Reporting-MTA:") {
            let bounds = fields::Bounds { recipients: limits.recipients };
            let (report, is_cut) = fields::read(words.get(group..)?, bounds);
            return (!report.recipients.is_empty()).then_some((report, is_cut));
        }
        at += line.len();
        if line.trim_ascii().is_empty() {
            group = at;
        }
    }
    None
}

/// Takes off what somebody's mail program puts in front of each line of what it forwards.
fn without_quotes(words: &[u8]) -> Vec<u8> {
    let lines = words.split_inclusive(|&octet| octet == b'\n');
    let bare = lines.map(|line| {
        let bare = line.strip_prefix(b"> ").or_else(|| line.strip_prefix(b">"));
        bare.unwrap_or(line)
    });
    bare.flatten().copied().collect()
}

/// Keeps those that Exim's own field names: its text names the sender too. Where it names none of
/// them, the field does. Returns whether it names more than the limit lets in.
fn keep_failed(
    recipients: &mut Vec<Recipient>,
    field: Option<Field<'_>>,
    said: &[u8],
    form: Form,
    about: &About<'_>,
) -> bool {
    let failed = addresses(field);
    if failed.is_empty() {
        return false;
    }
    let is_failed = |it: &Recipient| failed.contains(&it.address.as_address().to_ascii_lowercase());
    if recipients.iter().any(is_failed) {
        recipients.retain(is_failed);
        return false;
    }
    // Exim writes there whom the sender had named, and in the text what became of it.
    if form == Form::Exim && !recipients.is_empty() {
        return false;
    }
    recipients.clear();
    let value = field.map(|field| field.value()).unwrap_or_default();
    let said = text::said_of_all(said);
    for mailbox in address::mailboxes(&value) {
        if recipients.len() >= about.most {
            return true;
        }
        recipients.extend(text::recipient(&mailbox.addr_spec(), &said, about.action));
    }
    false
}

/// Returns the addresses in a field, in lower case.
fn addresses(field: Option<Field<'_>>) -> HashSet<Vec<u8>> {
    let value = field.map(|field| field.value()).unwrap_or_default();
    let all = address::mailboxes(&value).map(|it| it.addr_spec().to_ascii_lowercase());
    all.filter(|address| address.contains(&b'@')).collect()
}
