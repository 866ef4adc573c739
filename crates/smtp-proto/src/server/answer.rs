//! What the application answers.

use mail_errors::{Misuse, Reply};

use crate::{Severity, Verb};

use super::{Server, body::Incoming, is_known, replies};

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    /// To AUTH, or to the response that completed it.
    Auth(Verb),
    /// The same, and what is asked for is what is kept of a user.
    AuthLookup(Verb),
    Mail,
    Rcpt,
    /// To DATA, or to the first BDAT, which is not answered before all of its octets are here.
    Data {
        chunked: bool,
    },
    /// To the end of the message, or to BDAT LAST.
    BodyEnd {
        verb: Verb,
    },
    Verify,
    Expand,
    Help,
    Etrn,
    /// To XCLIENT, with a name under which the client behind has authenticated, or without.
    Xclient {
        login: bool,
    },
}

impl Owed {
    pub(super) const fn verb(&self) -> Verb {
        match self {
            Self::Auth(verb) | Self::AuthLookup(verb) => *verb,
            Self::Mail => Verb::Mail,
            Self::Rcpt => Verb::Rcpt,
            Self::Data { .. } => Verb::Data,
            Self::BodyEnd { .. } => Verb::EndOfData,
            Self::Verify => Verb::Vrfy,
            Self::Expand => Verb::Expn,
            Self::Help => Verb::Help,
            Self::Etrn => Verb::Etrn,
            Self::Xclient { .. } => Verb::Xclient,
        }
    }

    const fn yes(self) -> Reply {
        match self {
            Self::Auth(_) | Self::AuthLookup(_) => replies::AUTHENTICATED,
            Self::Mail => replies::SENDER_OK,
            Self::Rcpt => replies::RECIPIENT_OK,
            Self::Data { .. } => replies::GO_AHEAD,
            Self::BodyEnd { .. } => replies::MESSAGE_OK,
            Self::Verify => replies::CANNOT_VERIFY,
            Self::Expand => replies::CANNOT_EXPAND,
            Self::Help => replies::HELP,
            Self::Etrn => replies::QUEUING_STARTED,
            Self::Xclient { .. } => replies::OK,
        }
    }

    /// Tells whether this answers what is owed: DATA goes on or is refused, all else is done or
    /// refused.
    const fn takes(self, severity: Severity) -> bool {
        match severity {
            // Nobody has shown anything before the look-up.
            Severity::Done => !matches!(self, Self::Data { .. } | Self::AuthLookup(_)),
            Severity::GoOn => matches!(self, Self::Data { .. }),
            Severity::Refused | Severity::Closing => true,
        }
    }
}

impl Server {
    /// Says yes to what is owed, in the usual words ([`replies`]): 250 to MAIL, RCPT, ETRN and the
    /// end of the message, 354 to DATA, 235 to AUTH, 214 to HELP, another greeting to XCLIENT. To
    /// VRFY and EXPN it is 252, neither yes nor no.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] if nothing is owed.
    pub fn accept(&mut self) -> Result<(), Misuse> {
        let owed = self.owed("accept")?;
        let is_new = matches!(owed, Owed::Xclient { .. });
        let reply = if is_new { self.greeting() } else { owed.yes() };
        self.reply(reply)
    }

    /// Answers what is owed. 421 ends the conversation.
    ///
    /// In LMTP the end of a message is answered once for each recipient that was accepted, in the
    /// order in which they were (RFC 2033 4.2): [`answers_owed`](Self::answers_owed) tells how
    /// often still.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] if nothing is owed; [`Misuse::Invalid`] if this reply cannot answer
    /// it: 354 fits DATA alone, and DATA needs 354 or a refusal.
    pub fn reply(&mut self, reply: Reply) -> Result<(), Misuse> {
        let owed = self.owed("reply")?;
        let severity = Severity::from(&reply);
        if !is_known(&reply) || !owed.takes(severity) {
            return Err(Misuse::Invalid { what: "reply", why: "its code does not answer this" });
        }
        if severity != Severity::Closing && self.answers_owed() > 1 {
            self.answer_one(&reply);
            return Ok(());
        }
        self.owed = None;
        if let Owed::Auth(verb) = owed
            && severity == Severity::Refused
            && let Some(why) = self.auth.put_off(&reply)
        {
            self.say(verb, &why);
            return Ok(());
        }
        let is_chunk = owed == Owed::Data { chunked: true };
        if is_chunk && severity == Severity::Refused {
            self.chunks_answered(Some(reply));
            return Ok(());
        }
        if is_chunk && severity == Severity::GoOn {
            // RFC 3030 2: BDAT has one answer, behind its octets.
            self.chunks_answered(None);
        } else if let Owed::BodyEnd { verb } = owed {
            self.answer_last(verb, &reply);
        } else {
            self.say(owed.verb(), &reply);
        }
        if severity == Severity::Closing {
            self.end(Ok(()));
            return Ok(());
        }
        self.answered(owed, severity, &reply);
        Ok(())
    }

    /// What follows from an answer, once it is said.
    fn answered(&mut self, owed: Owed, severity: Severity, reply: &Reply) {
        let done = severity == Severity::Done;
        match owed {
            Owed::Auth(_) | Owed::AuthLookup(_) => self.authenticated(done, reply),
            Owed::Mail => self.transaction.mail_refused = !done,
            Owed::Rcpt if done => self.transaction.recipients += 1,
            Owed::Rcpt => self.transaction.recipient_refused = true,
            Owed::Data { chunked: false } if severity == Severity::GoOn => {
                self.incoming = Some(Incoming::by_data(self.config.bare_newline));
            }
            Owed::Data { .. } => {}
            // The client has got something done.
            Owed::BodyEnd { .. } if done => self.message_taken(),
            Owed::BodyEnd { .. } => {}
            Owed::Verify | Owed::Expand | Owed::Help | Owed::Etrn => self.idle_command(),
            Owed::Xclient { login } => {
                if done {
                    self.begin_anew(login);
                }
                self.idle_command();
            }
        }
    }

    /// Answers the end of a message for one recipient, and not yet the last.
    fn answer_one(&mut self, reply: &Reply) {
        self.write(reply);
        self.transaction.answered += 1;
        if Severity::from(reply) == Severity::Done {
            self.message_taken();
        }
    }

    fn answer_last(&mut self, verb: Verb, reply: &Reply) {
        // It stands for itself alone.
        self.transaction.recipients = 1;
        self.say(verb, reply);
    }

    /// Returns how many answers are owed: none, or one; or in LMTP at the end of a message one for
    /// each recipient that is not answered yet.
    #[must_use]
    pub fn answers_owed(&self) -> usize {
        match self.due() {
            None => 0,
            Some(Owed::BodyEnd { .. }) if self.config.is_lmtp() => {
                self.transaction.recipients.saturating_sub(self.transaction.answered).max(1)
            }
            Some(_) => 1,
        }
    }

    /// What is owed, once the application has been told: its event comes last.
    pub(super) fn due(&self) -> Option<Owed> {
        self.owed.filter(|_| self.told.is_empty())
    }

    fn owed(&self, call: &'static str) -> Result<Owed, Misuse> {
        let state = self.state.as_str();
        self.due().ok_or(Misuse::WrongMoment { call, state })
    }
}
