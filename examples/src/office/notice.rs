//! Telling a sender what became of their mail, and what they can do about it.

use mail_errors::{
    Reply,
    diagnosis::{Diagnosis, Language},
};
use mail_message::{
    DateTime,
    compose::{Draft, Mailbox, MessageId},
};
use tracing::warn;

use super::{Office, clock, trace, unguessable};
use crate::store::{
    AccountId, Address, Delivery, Incoming, InternalDate, Place, Relay, Resolved, Spooled,
    StoreError,
};

/// The most octets of the header of the undelivered message that the notice shows.
const SHOWN: usize = 8 * 1024;

/// A recipient who will not get the message.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    recipient: String,
    reply: Reply,
}

impl Failure {
    pub(super) fn new(recipient: impl std::fmt::Display, reply: Reply) -> Self {
        Self { recipient: recipient.to_string(), reply }
    }

    #[cfg(test)]
    pub(super) const fn reply(&self) -> &Reply {
        &self.reply
    }
}

/// Sends a notice by itself, where nothing else has to be written down with it.
pub(super) fn send(office: &Office, to: &Address, failures: &[Failure], about: &Spooled) {
    let mut shown = vec![0; SHOWN.min(usize::try_from(about.header_size()).unwrap_or(SHOWN))];
    let read = about.read_at(0, &mut shown).unwrap_or_default();
    shown.truncate(read);
    let written = write(office, to, failures, &shown);
    match written.and_then(|notice| notice.map(|it| office.store().accept(&it)).transpose()) {
        Ok(None) => {}
        Ok(Some(accepted)) => {
            accepted.delivered.iter().for_each(|arrival| office.news().arrived(arrival));
            office.queue.notify_one();
        }
        Err(error) => warn!(%error, "a notice could not be sent"),
    }
}

/// Writes the notice; `None` if there is nobody to send it to.
///
/// # Errors
/// If the store cannot tell at the moment who that is.
pub(super) fn write(
    office: &Office,
    to: &Address,
    failures: &[Failure],
    header: &[u8],
) -> Result<Option<Incoming>, StoreError> {
    let date = clock::arrival();
    let (accounts, relay) = match office.store().resolve(to) {
        Ok(Resolved::To { accounts, relay }) => (accounts, relay),
        Ok(Resolved::NotLocal) => (Vec::new(), vec![to.clone()]),
        Ok(Resolved::Unknown) => return Ok(None),
        Err(error) if error.is_transient() => return Err(error),
        // An alias that leads to too many stays one.
        Err(error) => {
            warn!(%to, %error, "a notice cannot be sent");
            return Ok(None);
        }
    };
    let Some(text) = compose(office, to, date, explain(office, failures, header)) else {
        warn!(%to, "a notice cannot be written");
        return Ok(None);
    };
    // RFC 5321 §4.5.5: a notice has the null reverse path, so that it never makes another.
    let trace = trace::prefix(&[&trace::return_path(None)]);
    let delivery = |account| Delivery { place: Place::Inbox(account), trace: trace.clone() };
    Ok(Some(Incoming {
        message: Spooled::from_octets(text),
        date,
        deliveries: accounts.into_iter().map(delivery).collect(),
        relay: (!relay.is_empty()).then(|| Relay {
            sender: None,
            recipients: relay,
            trace: bytes::Bytes::new(),
        }),
    }))
}

/// Returns the message, unless one of the addresses cannot stand in a header.
fn compose(office: &Office, to: &Address, date: InternalDate, text: String) -> Option<Vec<u8>> {
    let from = Mailbox::new(&postmaster(office)).ok()?.named("Mail Delivery System").ok()?;
    let written = DateTime::from_unix(date.time().seconds(), date.offset())?;
    let id = MessageId::new(&unguessable(), office.host()).ok()?;
    let draft = Draft::new(from, written, id)
        .to(Mailbox::new(to.as_str()).ok()?)
        .subject("Your message could not be delivered / メールを配信できませんでした")
        .ok()?
        .text(text);
    Some(draft.to_bytes())
}

/// The notice without this account, which has no room for it; `None` if nobody is left.
pub(super) fn without(mut notice: Incoming, account: AccountId) -> Option<Incoming> {
    let before = notice.deliveries.len();
    notice.deliveries.retain(|delivery| delivery.place != Place::Inbox(account));
    let left = !notice.deliveries.is_empty() || notice.relay.is_some();
    (left && notice.deliveries.len() < before).then_some(notice)
}

/// Whom a person writes to who cannot make sense of a notice. RFC 5321 §4.5.1: every domain that
/// takes mail has a postmaster; our host's name need not be one.
fn postmaster(office: &Office) -> String {
    let domains = office.store().domains().unwrap_or_default();
    // A domain in Unicode cannot stand in a header.
    let domain = domains.iter().find(|domain| domain.as_str().is_ascii());
    format!("postmaster@{}", domain.unwrap_or(&office.host))
}

fn explain(office: &Office, failures: &[Failure], header: &[u8]) -> String {
    let mut text = format!("This is the mail system at {}.\n\n", office.host());
    for failure in failures {
        let diagnosis = Diagnosis::of(&failure.reply);
        text.push_str(&format!("<{}>: {}\n", failure.recipient, failure.reply));
        for language in Language::ALL {
            text.push_str(&format!("\n{}\n", diagnosis.explain(*language)));
        }
        text.push('\n');
    }
    text.push_str("The header of the message was:\n\n");
    for line in String::from_utf8_lossy(header).lines() {
        text.push_str(&format!("> {line}\n"));
    }
    text
}
