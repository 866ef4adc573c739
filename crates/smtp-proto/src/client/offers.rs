//! What follows for a message from what the server offers, and does not.

use std::collections::HashSet;

use crate::{
    BodyType, ByMode, Domain, Extension, Extensions, Hold, MailParams, Offer, OriginalRecipient,
    RcptParams, WithoutSupport, limits,
};

use super::{
    Client, EightBit, Envelope, Event, NotSent, Outcome, Recipient, TlsPolicy,
    outgoing::{Framing, Outgoing},
};

/// What counts against LIMITS. RFC 9422 3.
#[derive(Debug, Default)]
pub(super) struct Used {
    messages: u32,
    /// Kept only where the server counts them.
    domains: HashSet<Domain>,
}

impl Client {
    /// Holds the message against what the server offers, before anything is said of it.
    pub(super) fn check_offers(&mut self) {
        let Some(mut outgoing) = self.outgoing.take() else { return };
        match self.refusal(&outgoing.envelope) {
            Some(why) => outgoing.tell_open(Outcome::NotSent(why)),
            None => {
                let id = outgoing.id;
                let dropped = self.dropped(&outgoing.envelope).iter();
                self.told.extend(dropped.map(|extension| Event::Dropped { id, extension }));
                self.exclude_recipients(&mut outgoing);
                outgoing.frame_by(self.framing(&outgoing.envelope));
                if let Some(client) = &outgoing.envelope.forwarded {
                    outgoing.forwards = self.forwards(id, client);
                }
            }
        }
        self.outgoing = Some(outgoing);
    }

    /// Returns why the server gets nothing of the message, whomever it is for.
    fn refusal(&self, envelope: &Envelope) -> Option<NotSent> {
        let offered = &self.capabilities;
        let missing = |one| if offered.offers(one) { None } else { Some(NotSent::NotOffered(one)) };
        if let Some(most) = offered.limits().messages
            && self.used.messages >= most.get()
        {
            return Some(NotSent::TooManyMessages { most: most.get() });
        }
        // RFC 1870 5: what the server will not take is not sent.
        if let (Some(size), Some(limit)) = (envelope.size, offered.largest_message())
            && size > limit
        {
            return Some(NotSent::TooBig { size, limit });
        }
        if envelope.require_tls {
            let is_assured = matches!(self.config.tls, TlsPolicy::Required | TlsPolicy::Implicit);
            if !self.setup.is_tls || !is_assured {
                return Some(NotSent::TlsNotAssured);
            }
            if let missing @ Some(_) = missing(Extension::RequireTls) {
                return missing;
            }
        }
        let of_body = match envelope.body {
            BodyType::SevenBit => None,
            BodyType::EightBitMime if self.config.eight_bit == EightBit::SendAnyway => None,
            BodyType::EightBitMime => missing(Extension::EightBitMime),
            // RFC 3030 3: only by BDAT.
            BodyType::BinaryMime => missing(Extension::BinaryMime).or_else(|| {
                let chunks = self.takes_chunks(envelope.body);
                (!chunks).then_some(NotSent::NotOffered(Extension::Chunking))
            }),
        };
        let of_utf8 = || {
            let needed = envelope.utf8 || !envelope.from.is_ascii();
            if needed { missing(Extension::SmtpUtf8) } else { None }
        };
        of_body
            .or_else(of_utf8)
            .or_else(|| self.too_late(envelope))
            .or_else(|| self.too_early(envelope))
            .or_else(|| self.unsolicited(envelope))
    }

    /// RFC 2852 4.1.4: better given back now than by a host that knows nothing of it.
    fn too_late(&self, envelope: &Envelope) -> Option<NotSent> {
        let by = envelope.by.filter(|by| by.mode() == ByMode::Return)?;
        let offer = self
            .capabilities
            .iter()
            .find_map(|offer| if let Offer::DeliverBy(least) = offer { Some(least) } else { None });
        let Some(least) = offer else { return Some(NotSent::NotOffered(Extension::DeliverBy)) };
        let least = least.filter(|least| i64::from(by.seconds()) < i64::from(least.get()))?;
        Some(NotSent::DueTooSoon { least: least.get() })
    }

    /// RFC 4865 4: what is not held back comes too early.
    fn too_early(&self, envelope: &Envelope) -> Option<NotSent> {
        let hold = envelope.hold?;
        let offer = self.capabilities.iter().find_map(|offer| {
            if let Offer::FutureRelease(most) = offer { Some(most) } else { None }
        });
        let Some(offer) = offer else {
            return Some(NotSent::NotOffered(Extension::FutureRelease));
        };
        // RFC 4865 5.2.1: before its deadline has passed.
        if let (Hold::For(held), Some(by)) = (hold, envelope.by)
            && i64::from(by.seconds()) < i64::from(held.get())
        {
            let most = by.seconds().try_into().unwrap_or_default();
            return Some(NotSent::HeldTooLong { most });
        }
        (!offer.holds(hold)).then_some(NotSent::HeldTooLong { most: offer.seconds() })
    }

    /// RFC 3865 2: what the server says that it does not take.
    fn unsolicited(&self, envelope: &Envelope) -> Option<NotSent> {
        let ours = envelope.solicitation.as_ref()?;
        let refused = self.capabilities.iter().any(|offer| {
            let Offer::NoSoliciting(Some(theirs)) = offer else { return false };
            let theirs: HashSet<_> = theirs.iter().map(str::to_ascii_lowercase).collect();
            ours.iter().any(|keyword| theirs.contains(&keyword.to_ascii_lowercase()))
        });
        refused.then_some(NotSent::Unsolicited)
    }

    /// Returns the extensions that were asked for and that the message goes without.
    fn dropped(&self, envelope: &Envelope) -> Extensions {
        let may_go_on =
            |one: &Recipient| one.since.is_some_and(|since| since.without_support() == CONTINUE);
        [
            (envelope.body == BodyType::EightBitMime, Extension::EightBitMime),
            (envelope.asks_for_dsn(), Extension::Dsn),
            (envelope.submitter.is_some(), Extension::Auth),
            (envelope.by.is_some(), Extension::DeliverBy),
            (envelope.priority.is_some(), Extension::MtPriority),
            (envelope.solicitation.is_some(), Extension::NoSoliciting),
            (envelope.to.iter().any(may_go_on), Extension::Rrvs),
            (envelope.forwarded.is_some(), Extension::Xforward),
        ]
        .into_iter()
        .filter(|(asked, extension)| *asked && !self.capabilities.offers(*extension))
        .map(|(_, extension)| extension)
        .collect()
    }

    /// Tells those recipients whom the server would not serve, and sees whether it is to be told
    /// that there is UTF-8.
    fn exclude_recipients(&mut self, outgoing: &mut Outgoing) {
        let limits = self.capabilities.limits();
        let takes_utf8 = self.capabilities.offers(Extension::SmtpUtf8);
        let takes_rrvs = self.capabilities.offers(Extension::Rrvs);
        let mut is_utf8 = outgoing.envelope.utf8 || !outgoing.envelope.from.is_ascii();
        let mut asked = 0;
        for index in 0..outgoing.envelope.to.len() {
            let Some(recipient) = outgoing.envelope.to.get(index) else { break };
            let (path, since) = (&recipient.path, recipient.since);
            let needs_rrvs = since.is_some_and(|since| since.without_support() != CONTINUE);
            let why = if !path.is_ascii() && !takes_utf8 {
                // RFC 6531 3.2: there is no other way to write the address.
                Some(NotSent::NotOffered(Extension::SmtpUtf8))
            } else if needs_rrvs && !takes_rrvs {
                // RFC 7293 5.2: somebody else may read it.
                Some(NotSent::NotOffered(Extension::Rrvs))
            } else if let Some(most) = limits.recipients.filter(|most| asked >= most.get()) {
                Some(NotSent::TooManyRecipients { most: most.get() })
            } else if let Some(most) = limits.recipient_domains
                && let Some(mailbox) = path.mailbox()
                && !self.used.has_room(mailbox.domain(), most.get())
            {
                Some(NotSent::TooManyDomains { most: most.get() })
            } else {
                None
            };
            match why {
                None => {
                    asked += 1;
                    is_utf8 |= !path.is_ascii();
                }
                Some(why) => {
                    outgoing.exclude(index);
                    let (id, outcome) = (outgoing.id, Outcome::NotSent(why));
                    self.told.push_back(Event::Recipient { id, index, outcome });
                }
            }
        }
        outgoing.utf8 = is_utf8;
        if asked == 0 {
            // Everybody has been told.
            outgoing.tell_open(Outcome::NotSent(NotSent::Lost));
        }
    }

    fn framing(&self, envelope: &Envelope) -> Framing {
        match self.takes_chunks(envelope.body) {
            true => self.by_chunks(envelope.body),
            false => self.by_dots(),
        }
    }

    /// A transaction begins.
    pub(super) const fn count_message(&mut self) {
        self.used.messages = self.used.messages.saturating_add(1);
    }

    /// Returns how many more messages the server says it takes over this connection; none if it
    /// does not say. RFC 9422 3.
    #[must_use]
    pub fn messages_left(&self) -> Option<u32> {
        let most = self.capabilities.limits().messages?;
        Some(most.get().saturating_sub(self.used.messages))
    }

    /// Returns the parameters of MAIL: RFC 5321 4.1.1.11, only what is offered.
    pub(super) fn mail_params(&self, outgoing: &Outgoing) -> MailParams {
        let (envelope, offered) = (&outgoing.envelope, &self.capabilities);
        let has = |extension| offered.offers(extension);
        let mut params = MailParams::new();
        if let Some(size) = envelope.size.filter(|_| offered.has_size()) {
            params = params.with_size(size);
        }
        match envelope.body {
            BodyType::EightBitMime if has(Extension::EightBitMime) => {
                params = params.with_body(envelope.body);
            }
            BodyType::BinaryMime => params = params.with_body(envelope.body),
            BodyType::SevenBit | BodyType::EightBitMime => {}
        }
        if outgoing.utf8 {
            params = params.with_smtp_utf8();
        }
        if let Some(ret) = envelope.ret.filter(|_| has(Extension::Dsn)) {
            params = params.with_ret(ret);
        }
        if let Some(id) = envelope.id.as_ref().filter(|_| has(Extension::Dsn)) {
            params = params.with_envelope_id(id);
        }
        if let Some(submitter) = envelope.submitter.as_ref().filter(|_| has(Extension::Auth)) {
            params = params.with_auth(submitter);
        }
        if envelope.require_tls {
            params = params.with_require_tls();
        }
        if let Some(by) = envelope.by.filter(|_| has(Extension::DeliverBy)) {
            params = params.with_deliver_by(by);
        }
        if let Some(hold) = envelope.hold {
            params = params.with_hold(hold);
        }
        if let Some(priority) = envelope.priority.filter(|_| has(Extension::MtPriority)) {
            params = params.with_priority(priority);
        }
        let solicitation = envelope.solicitation.as_ref();
        if let Some(solicitation) = solicitation.filter(|_| has(Extension::NoSoliciting)) {
            params = params.with_solicitation(solicitation);
        }
        params
    }

    /// Returns the parameters of RCPT.
    pub(super) fn rcpt_params(&self, recipient: &Recipient) -> RcptParams {
        let mut params = RcptParams::new();
        if self.capabilities.offers(Extension::Dsn) {
            if let Some(notify) = recipient.notify {
                params = params.with_notify(notify);
            }
            if let Some(original) = recipient.original.as_ref().and_then(in_ascii) {
                params = params.with_original(&original);
            }
        }
        if let Some(since) = recipient.since.filter(|_| self.capabilities.offers(Extension::Rrvs)) {
            params = params.with_valid_since(since);
        }
        params
    }
}

const CONTINUE: Option<WithoutSupport> = Some(WithoutSupport::Continue);

impl Used {
    /// Counts a domain, if there is room for it.
    fn has_room(&mut self, domain: &Domain, most: u32) -> bool {
        if self.domains.contains(domain) {
            return true;
        }
        let has_room = self.domains.len() < most as usize;
        if has_room {
            self.domains.insert(domain.clone());
        }
        has_room
    }
}

/// Writes an original recipient so that it can stand anywhere, with SMTPUTF8 or without. None if it
/// becomes too long by that.
///
/// > EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"                                RFC 6533 3
fn in_ascii(original: &OriginalRecipient) -> Option<OriginalRecipient> {
    if original.as_wire().is_ascii() {
        return Some(original.clone());
    }
    let text = String::from_utf8(original.decode()).ok()?;
    let mut wire = String::from("utf-8;");
    for one in text.chars() {
        match one {
            '!'..='~' if !matches!(one, '+' | '=' | '\\') => wire.push(one),
            _ => wire.push_str(&format!("\\x{{{:X}}}", u32::from(one))),
        }
    }
    let fits = wire.len() <= limits::ORIGINAL_RECIPIENT;
    OriginalRecipient::parse(wire).ok().filter(|_| fits)
}
