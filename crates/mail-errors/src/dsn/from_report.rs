//! Bounces with the report for programs (RFC 3464).

use std::collections::{HashMap, HashSet};

use mail_message::address;
use mail_message::mime::Part;

use crate::classify::Reason;
use crate::dsn::read::{own, returned};
use crate::dsn::text::{self, About};
use crate::dsn::{Action, Bounce, Form, ReadLimits, Recipient, Report, Typed, copy, fields, plain};

/// Reads the report for programs. `torn_at` is where the octets end, if they are not all.
pub(super) fn read(
    root: Part<'_, '_>,
    limits: &ReadLimits,
    torn_at: Option<usize>,
) -> Option<Bounce> {
    let bounds = fields::Bounds { recipients: limits.recipients };
    let (mut report, is_cut) = reports(root).find_map(|part| {
        let (report, is_cut) = fields::read(&part.decoded(), bounds);
        let is_cut = is_cut || torn_at == Some(part.range().end);
        (!report.recipients.is_empty()).then_some((report, is_cut))
    })?;
    fill_in(&mut report, root, limits);
    let original = returned(root).unwrap_or_default();
    Some(Bounce { report, form: Form::Report, original, is_cut })
}

/// The parts for programs.
pub(super) fn reports<'t, 'a>(root: Part<'t, 'a>) -> impl Iterator<Item = Part<'t, 'a>> {
    own(root).filter(|part| {
        let kind = part.content_type();
        kind.is("message", "delivery-status") || kind.is("message", "global-delivery-status")
    })
}

/// Takes from the text and the header what the report does not say: Exchange and others leave the
/// reply out, and Exim names the file or the program that it could not write to.
fn fill_in(report: &mut Report, root: Part<'_, '_>, limits: &ReadLimits) {
    let is_whole = |it: &Recipient| !lacks_words(it) && (is_named(it) || it.original.is_some());
    if report.recipients.iter().all(is_whole) {
        return;
    }
    let words = plain::words(root, limits);
    let sender = HashSet::new();
    let about = About { action: Action::Failed, most: limits.recipients, sender: &sender };
    let (told, _) = text::recipients(copy::part(&words).words, &about);
    name(report, root, &told);
    let only = (told.len() == 1 && report.recipients.len() == 1).then(|| told.first()).flatten();
    let by_address: HashMap<_, _> =
        told.iter().map(|it| (it.address.text().to_ascii_lowercase(), it)).collect();
    for recipient in report.recipients.iter_mut().filter(|it| lacks_words(it)) {
        let key = recipient.address.as_address().to_ascii_lowercase();
        let original = recipient.original.as_ref().map(|it| it.as_address().to_ascii_lowercase());
        let told = by_address.get(&key).or_else(|| by_address.get(&original?));
        let Some(told) = told.copied().or(only) else { continue };
        // Words without a code may be anybody's: a remedy, or an excuse. They are better than
        // nothing.
        if told.has_reply_code() || says_nothing(recipient) && !says_nothing(told) {
            recipient.diagnostic.clone_from(&told.diagnostic);
        }
    }
}

/// Names whom the sender had named where the report has a file, a program or half an address.
fn name(report: &mut Report, root: Part<'_, '_>, told: &[Recipient]) {
    let [recipient] = report.recipients.as_mut_slice() else { return };
    if is_named(recipient) || recipient.original.is_some() {
        return;
    }
    let header = root.header();
    let failed = header.field("X-Failed-Recipients").map(|field| field.value());
    let failed = failed.unwrap_or_default();
    let mut failed = address::mailboxes(&failed);
    recipient.original = match (failed.next(), failed.next(), told) {
        (Some(only), None, _) => Typed::new(Typed::RFC822, only.addr_spec()).ok(),
        (None, _, [only]) => Some(only.address.clone()),
        _ => None,
    };
}

/// Tells whether a recipient has an address, or one of another kind of mail.
fn is_named(recipient: &Recipient) -> bool {
    let address = recipient.address.as_address();
    let at = memchr::memrchr(b'@', &address);
    let has_space = address.first() != Some(&b'"') && address.contains(&b' ');
    at.is_some_and(|at| at > 0 && !has_space) || !recipient.address.is(Typed::RFC822)
}

/// Tells whether a diagnosis is missing, or is the number with which a program ended, or only what
/// the status means.
fn lacks_words(recipient: &Recipient) -> bool {
    let says = |octet: &u8| octet.is_ascii_alphabetic() || *octet >= 0x80;
    let words = recipient.diagnostic.as_ref().filter(|it| !it.is(fields::COMMENT));
    words.is_none_or(|words| !words.text().iter().any(says)) && !recipient.has_reply_code()
}

/// Tells whether nobody can know from this what happened.
fn says_nothing(recipient: &Recipient) -> bool {
    recipient.failure().is_some_and(|it| it.classify().reason() == Reason::Unknown)
}
