//! MAIL, RCPT and DATA, and what their parameters ask for.

use mail_errors::Reply;

use crate::{
    BodyType, CommandFault, Defects, Extension, ForwardPath, Limits, MailParams, RcptParams,
    ReversePath, State, Verb,
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
            true => self.turn_down(Verb::Data, self.no_recipients()),
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
            No::Blameless(reply) => self.turn_down(verb, reply),
        }
    }

    fn check_mail(&mut self, params: &MailParams) -> Result<(), No> {
        // RFC 8689 2: the server offers it under TLS alone.
        if params.requires_tls() && !self.is_tls && self.offers(Extension::RequireTls) {
            return Err(No::Blamed(replies::TLS_REQUIRED));
        }
        let mut defects = Defects::new();
        params.check(&self.offered, self.config.profile, &mut defects)?;
        self.tolerated(&defects, params.offset());
        // RFC 1870 6.1: refused before it is sent.
        if params.size().is_some_and(|size| size > self.config.limits.message) {
            return Err(No::Blameless(replies::TOO_BIG));
        }
        // RFC 9422 4.1
        if self.announced().messages.is_some_and(|most| self.mails >= most.get()) {
            return Err(No::Blameless(replies::TOO_MANY_MESSAGES));
        }
        Ok(())
    }

    fn check_rcpt(&mut self, to: &ForwardPath, params: &RcptParams) -> Result<(), No> {
        let mut defects = Defects::new();
        params.check(&self.offered, self.config.profile, &mut defects)?;
        self.tolerated(&defects, params.offset());
        // RFC 6531 3.4: MAIL has to say that there are such addresses.
        if !self.transaction.is_utf8 && !to.is_ascii() {
            return Err(CommandFault::Utf8NotAnnounced.into());
        }
        let announced = self.announced();
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

    /// How much at once the client was told of.
    fn announced(&self) -> Limits {
        match self.offers(Extension::Limits) {
            true => self.offered.limits(),
            false => Limits::default(),
        }
    }

    /// Tells what was let pass of parameters that stand at `offset` of their line.
    fn tolerated(&mut self, defects: &Defects, offset: usize) {
        if !defects.is_empty() {
            let mut of_line = Defects::new();
            of_line.add(defects, offset);
            self.told.extend(of_line.iter().map(Event::Tolerated));
        }
    }
}
