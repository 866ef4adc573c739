//! Telling a sender what became of their mail, and what they can do about it: delivery status
//! notifications (RFC 3464), in English and Japanese.

use mail_errors::{
    EnhancedStatusCode, Reply,
    classify::Failure as Classified,
    diagnosis::{Diagnosis, Language},
    dsn::{self, Action, Notification, Recipient, Report, Return, Returned, Silence, Typed},
};
use mail_message::{
    DateTime, Header,
    compose::{Mailbox, MessageId},
};
use smtp_proto::Ret;
use tracing::{info, warn};

use super::{Office, clock, relay::asked, trace, unguessable};
use crate::store::{
    AccountId, Address, Asked, Delivery, Incoming, InternalDate, Place, Relay, Resolved, Spooled,
    StoreError, UnixTime,
};

/// The most octets of the undelivered message that come back with the notice, and of its header
/// where the message is longer: most letters without their pictures.
pub(super) const MOST_RETURNED: usize = 64 * 1024;

/// What became of a recipient, to be told to the sender.
#[derive(Debug, Clone)]
pub(super) struct Note {
    recipient: String,
    action: Action,
    /// What a host answered, if one was asked.
    reply: Option<Reply>,
    /// The host whose reply it is; ours if none.
    host: Option<String>,
    /// The address that the sender had named, as ORCPT has it.
    original: Option<String>,
    /// It is tried again until then.
    until: Option<UnixTime>,
}

impl Note {
    /// They will not get the message.
    pub(super) fn failed(recipient: impl std::fmt::Display, reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::done(recipient, Action::Failed) }
    }

    /// A host took the message that tells nothing of what becomes of it.
    pub(super) fn relayed(recipient: impl std::fmt::Display, reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::done(recipient, Action::Relayed) }
    }

    /// This was done here.
    pub(super) fn done(recipient: impl std::fmt::Display, action: Action) -> Self {
        let recipient = recipient.to_string();
        Self { recipient, action, reply: None, host: None, original: None, until: None }
    }

    /// Names the host that gave the reply.
    pub(super) fn told_by(mut self, host: Option<&str>) -> Self {
        self.host = host.map(|host| host.trim_end_matches('.').to_owned());
        self
    }

    /// Names the address that the sender had named, as ORCPT has it.
    pub(super) fn originally(mut self, orcpt: Option<&str>) -> Self {
        self.original = orcpt.map(str::to_owned);
        self
    }

    /// Says that it will be tried again.
    pub(super) const fn tried_until(mut self, until: UnixTime) -> Self {
        (self.action, self.until) = (Action::Delayed, Some(until));
        self
    }

    #[cfg(test)]
    pub(super) const fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    pub(super) fn recipient(&self) -> &str {
        &self.recipient
    }

    pub(super) const fn action(&self) -> Action {
        self.action
    }

    /// Returns it as the report has it; `None` if the address cannot stand there.
    fn to_recipient(&self) -> Option<Recipient> {
        let address = Typed::address(&self.recipient).ok()?;
        let now = moment(clock::wall());
        let told = match &self.reply {
            Some(reply) => {
                Recipient::refused(address, self.action, reply, self.host.as_deref()).ok()?
            }
            None => Recipient::new(address, self.action, EnhancedStatusCode::OK),
        };
        let told = now.into_iter().fold(told, Recipient::tried_at);
        let original = self.original.as_ref().and_then(|orcpt| Typed::from_orcpt(orcpt).ok());
        let told = original.into_iter().fold(told, Recipient::originally);
        Some(self.until.and_then(moment).into_iter().fold(told, Recipient::retried_until))
    }
}

/// The message that a notice is about, as far as it is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// Its first octets, at most [`MOST_RETURNED`].
    pub(super) octets: Vec<u8>,
    /// How many it has.
    pub(super) size: u64,
    /// When it came in.
    pub(super) arrived: Option<UnixTime>,
    /// What its sender asks to be told of it: RET and ENVID.
    pub(super) asked: String,
}

/// Sends a notice by itself, where nothing else has to be written down with it.
pub(super) fn send(office: &Office, to: &Address, notes: &[Note], about: &Spooled, asked: &str) {
    let size = about.size();
    let mut octets = vec![0; MOST_RETURNED.min(usize::try_from(size).unwrap_or(MOST_RETURNED))];
    let read = about.read_at(0, &mut octets).unwrap_or_default();
    octets.truncate(read);
    let shown = Shown { octets, size, arrived: Some(clock::wall()), asked: asked.to_owned() };
    let written = write(office, to, notes, &shown);
    match written.and_then(|notice| notice.map(|it| office.store().accept(&it)).transpose()) {
        Ok(None) => {}
        Ok(Some(accepted)) => {
            accepted.delivered.iter().for_each(|arrival| office.news().arrived(arrival));
            office.queue.notify_one();
        }
        Err(error) => warn!(%error, "a notice could not be sent"),
    }
}

/// Writes the notice; `None` if there is nobody to send it to, or nobody who may be sent one.
///
/// # Errors
/// If the store cannot tell at the moment who that is.
pub(super) fn write(
    office: &Office,
    to: &Address,
    notes: &[Note],
    about: &Shown,
) -> Result<Option<Incoming>, StoreError> {
    // RFC 3834 §2, RFC 3464 §2: programs would answer each other for ever.
    if let Some(why) = Silence::about(Some(to.as_str()), &Header::new(&about.octets)) {
        info!(%to, ?why, "no notice is sent");
        return Ok(None);
    }
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
    let Some(octets) = compose(office, to, date, notes, about) else {
        warn!(%to, "a notice cannot be written");
        return Ok(None);
    };
    // RFC 5321 §4.5.5: a notice has the null reverse path, so that it never makes another.
    let trace = trace::prefix(&[&trace::return_path(None)]);
    let delivery = |account| Delivery { place: Place::Inbox(account), trace: trace.clone() };
    let mut asked = Asked::default();
    if !octets.is_ascii() {
        asked.of_message = asked::with_utf8("");
    }
    Ok(Some(Incoming {
        message: Spooled::from_octets(octets),
        date,
        deliveries: accounts.into_iter().map(delivery).collect(),
        relay: (!relay.is_empty()).then(|| Relay {
            sender: None,
            recipients: relay,
            trace: bytes::Bytes::new(),
            asked,
        }),
    }))
}

/// Returns the message, unless the sender's address cannot stand in a header.
fn compose(
    office: &Office,
    to: &Address,
    date: InternalDate,
    notes: &[Note],
    about: &Shown,
) -> Option<Vec<u8>> {
    let from = Mailbox::new(&postmaster(office)).ok()?.named("Mail Delivery System").ok()?;
    let to = Mailbox::internationalized(to.as_str()).ok()?;
    let written = DateTime::from_unix(date.time().seconds(), date.offset())?;
    let id = MessageId::new(&unguessable(), office.host()).ok()?;
    let mut report = Report::by(office.host()).ok()?;
    if let Some(arrived) = about.arrived.and_then(moment) {
        report = report.arrived_at(arrived);
    }
    for recipient in notes.iter().filter_map(Note::to_recipient) {
        report = report.recipient(recipient);
    }
    // RFC 3461 §6.3: the name under which the sender knows the message.
    if let Some(named) =
        asked::envelope_id(&about.asked).and_then(|id| report.clone().envelope_id(&id).ok())
    {
        report = named;
    }
    let asked = asked::ret(&about.asked).map(|ret| match ret {
        Ret::Full => Return::Full,
        Ret::Headers => Return::Headers,
    });
    let whole = about.octets.len() as u64 == about.size;
    let returned = match Return::of(asked, &report, about.size, MOST_RETURNED as u64) {
        _ if about.octets.is_empty() => Returned::Nothing,
        Return::Full if whole => Returned::Message(&about.octets),
        Return::Full | Return::Headers => Returned::Headers(&about.octets),
    };
    let [english, japanese] = [Language::English, Language::Japanese];
    let subject =
        format!("{} / {}", dsn::subject(&report, english), dsn::subject(&report, japanese));
    let text =
        [english, japanese].map(|language| dsn::explain(&report, language, |it| why(it, language)));
    let notification = Notification::new(&report, from, to, written, id).ok()?;
    let notification = notification.subject(&subject).text(text.join("\n\n")).returning(returned);
    Some(notification.to_bytes())
}

/// Returns what a reply means, in a word for the log.
pub(super) fn reason(reply: &Reply) -> &'static str {
    Classified::reply(reply).classify().reason().name()
}

/// Says why, and what helps.
fn why(recipient: &Recipient, language: Language) -> String {
    let reply = recipient.reply();
    reply.map_or_else(String::new, |reply| Diagnosis::of(&reply).explain(language).to_string())
}

fn moment(time: UnixTime) -> Option<DateTime> {
    DateTime::from_unix(time.seconds(), 0)
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
