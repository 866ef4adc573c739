//! MAIL, RCPT and DATA, and what their parameters ask for.

use mail_errors::Reply;

use crate::{
    BodyType, ByMode, CommandFault, Defects, Extension, ForwardPath, Hold, Limits, MailParams,
    Offer, RcptParams, ReversePath, State, Verb,
};

use super::{
    Event, Mail, Rcpt, Server, Transaction,
    answer::Owed,
    replies::{self, BAD_SEQUENCE},
};

/// Why MAIL or RCPT is refused.
enum No {
    /// The client could have known from what was offered.
    Blamed(Reply),
    /// It could not, or is asked to come again later.
    Blameless(Reply),
}

impl From<CommandFault> for No {
    fn from(fault: CommandFault) -> Self {
        Self::Blamed(fault.reply())
    }
}

impl Server {
    pub(super) fn mail(&mut self, from: ReversePath, params: MailParams) {
        self.transaction = Transaction::default();
        self.swallowed = 0;
        match self.check_mail(&params) {
            Err(no) => self.say_no(Verb::Mail, no),
            Ok(()) => {
                self.mails = self.mails.saturating_add(1);
                self.transaction.body = params.body();
                self.transaction.is_utf8 = params.is_smtp_utf8();
                self.ask(Owed::Mail, Event::Mail(Mail { from, params }));
            }
        }
    }

    pub(super) fn rcpt(&mut self, to: ForwardPath, params: RcptParams) {
        match self.check_rcpt(&to, &params) {
            Err(no) => self.say_no(Verb::Rcpt, no),
            Ok(()) => self.ask(Owed::Rcpt, Event::Rcpt(Rcpt { to, params })),
        }
    }

    pub(super) fn data(&mut self) {
        // RFC 3030 3: BINARYMIME goes by BDAT and by nothing else.
        if self.transaction.body == BodyType::BinaryMime {
            return self.refuse(Verb::Data, BAD_SEQUENCE);
        }
        if self.state == State::HasRecipient {
            return self.ask(Owed::Data { chunked: false }, Event::Data);
        }
        // RFC 5321 3.3: 503, or 554 if there were recipients and none of them was taken.
        match self.transaction.recipient_refused {
            true => self.turn_down(Some(Verb::Data), self.no_recipients(), None),
            false => self.refuse(Verb::Data, BAD_SEQUENCE),
        }
    }

    /// How DATA and BDAT are answered when every recipient was refused.
    pub(super) fn no_recipients(&self) -> Reply {
        // RFC 2033 4.2: 503, and nothing else.
        if self.config.is_lmtp() { BAD_SEQUENCE } else { replies::NO_VALID_RECIPIENTS }
    }

    fn say_no(&mut self, verb: Verb, no: No) {
        match no {
            No::Blamed(reply) => self.refuse(verb, reply),
            No::Blameless(reply) => self.turn_down(Some(verb), reply, None),
        }
    }

    fn check_mail(&mut self, params: &MailParams) -> Result<(), No> {
        // RFC 8689 2: the server offers it under TLS alone.
        if params.requires_tls() && !self.is_tls && self.offers(Extension::RequireTls) {
            return Err(No::Blamed(replies::TLS_REQUIRED));
        }
        let mut defects = Defects::new();
        params.check(&self.offered, self.config.profile, &mut defects)?;
        self.told.extend(defects.iter().map(Event::Tolerated));
        // RFC 1870 6.1: refused before it is sent.
        if params.size().is_some_and(|size| size > self.config.limits.message) {
            return Err(No::Blameless(replies::TOO_BIG));
        }
        let has_terms = [
            Extension::Limits,
            Extension::DeliverBy,
            Extension::FutureRelease,
            Extension::NoSoliciting,
        ];
        if has_terms.into_iter().any(|one| self.offers(one)) {
            return self
                .offered
                .iter()
                .try_for_each(|offer| check_terms(&offer, params, self.mails));
        }
        Ok(())
    }

    fn check_rcpt(&mut self, to: &ForwardPath, params: &RcptParams) -> Result<(), No> {
        let mut defects = Defects::new();
        params.check(&self.offered, self.config.profile, &mut defects)?;
        self.told.extend(defects.iter().map(Event::Tolerated));
        // RFC 6531 3.4: MAIL has to say that there are such addresses.
        if !self.transaction.is_utf8 && !to.is_ascii() {
            return Err(CommandFault::Utf8NotAnnounced.into());
        }
        let announced = match self.offers(Extension::Limits) {
            true => self.offered.limits(),
            false => Limits::default(),
        };
        let most = announced.recipients.map_or(usize::MAX, |most| most.get() as usize);
        // RFC 5321 4.5.3.1.10: 452, and the client sends the rest in another transaction.
        if self.transaction.recipients >= self.config.limits.recipients.min(most) {
            return Err(No::Blameless(replies::TOO_MANY_RECIPIENTS));
        }
        // RFC 9422 4.3: of the whole session.
        if let (Some(most), Some(mailbox)) = (announced.recipient_domains, to.mailbox())
            && !self.domains.contains(mailbox.domain())
        {
            if self.domains.len() >= most.get() as usize {
                return Err(No::Blameless(replies::TOO_MANY_DOMAINS));
            }
            self.domains.push(mailbox.domain().clone());
        }
        Ok(())
    }
}

/// Holds MAIL against what an offer says.
fn check_terms(offer: &Offer<&[u8]>, params: &MailParams, mails: u32) -> Result<(), No> {
    if let Offer::Limits(limits) = offer {
        // RFC 9422 4.1
        if limits.messages.is_some_and(|most| mails >= most.get()) {
            return Err(No::Blameless(replies::TOO_MANY_MESSAGES));
        }
    } else if let (Offer::DeliverBy(Some(least)), Some(by)) = (offer, params.deliver_by()) {
        // RFC 2852 4: what cannot be kept is not promised.
        if by.mode() == ByMode::Return && i64::from(by.seconds()) < least.get().into() {
            return Err(No::Blamed(replies::TOO_SOON));
        }
    } else if let (Offer::FutureRelease(most), Some(hold)) = (offer, params.hold()) {
        // RFC 4865 5
        let is_held = match hold {
            Hold::For(time) => u64::from(time.get()) <= most.seconds(),
            Hold::Until(time) => {
                most.until().is_none_or(|last| time.unix_seconds() <= last.unix_seconds())
            }
        };
        if !is_held {
            return Err(No::Blamed(replies::HELD_TOO_LONG));
        }
    } else if let (Offer::NoSoliciting(Some(unwanted)), Some(given)) =
        (offer, params.solicitation())
    {
        // RFC 3865 2: these keywords are not taken from anybody.
        if given.iter().any(|one| unwanted.iter().any(|no| no.eq_ignore_ascii_case(one))) {
            return Err(No::Blamed(replies::NO_SOLICITATION));
        }
    }
    Ok(())
}
