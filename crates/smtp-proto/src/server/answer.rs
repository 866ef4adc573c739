//! What the application answers.

use mail_errors::{Misuse, Reply};

use crate::{Outcome, Verb};

use super::{Error, Server, body::Incoming, is_known, replies};

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    /// To AUTH, or to the response that completed it.
    Auth(Verb),
    Mail,
    Rcpt,
    Data,
    BodyEnd,
    Verify,
}

impl Owed {
    pub(super) const fn verb(&self) -> Verb {
        match self {
            Self::Auth(verb) => *verb,
            Self::Mail => Verb::Mail,
            Self::Rcpt => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::BodyEnd => Verb::EndOfData,
            Self::Verify => Verb::Vrfy,
        }
    }

    const fn yes(self) -> Reply {
        match self {
            Self::Auth(_) => replies::AUTHENTICATED,
            Self::Mail => replies::SENDER_OK,
            Self::Rcpt => replies::RECIPIENT_OK,
            Self::Data => replies::GO_AHEAD,
            Self::BodyEnd => replies::MESSAGE_OK,
            Self::Verify => replies::CANNOT_VERIFY,
        }
    }

    /// Tells whether this answers what is owed: DATA goes on or is refused, all else is done or
    /// refused.
    const fn takes(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Done => !matches!(self, Self::Data),
            Outcome::GoOn => matches!(self, Self::Data),
            Outcome::Refused | Outcome::Closing => true,
        }
    }
}

impl Server {
    /// Says yes to what is owed, in the usual words ([`replies`]): 250 to MAIL, RCPT and the end of
    /// the message, 354 to DATA, 235 to AUTH. To VRFY it is 252, neither yes nor no.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] if nothing is owed.
    pub fn accept(&mut self) -> Result<(), Misuse> {
        let reply = self.owed("accept")?.yes();
        self.reply(reply)
    }

    /// Answers what is owed. 421 ends the conversation.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] if nothing is owed; [`Misuse::Invalid`] if this reply cannot answer
    /// it: 354 fits DATA alone, and DATA needs 354 or a refusal.
    pub fn reply(&mut self, reply: Reply) -> Result<(), Misuse> {
        let owed = self.owed("reply")?;
        let outcome = Outcome::from(&reply);
        if !is_known(&reply) || !owed.takes(outcome) {
            return Err(Misuse::Invalid { what: "reply", why: "its code does not answer this" });
        }
        self.owed = None;
        self.say(owed.verb(), &reply);
        if outcome == Outcome::Closing {
            self.end(Ok(()));
            return Ok(());
        }
        let done = outcome == Outcome::Done;
        match owed {
            Owed::Auth(_) => self.authenticated(done, &reply),
            Owed::Mail => self.transaction.mail_refused = !done,
            Owed::Rcpt if done => self.transaction.recipients += 1,
            Owed::Rcpt => self.transaction.recipient_refused = true,
            Owed::Data if outcome == Outcome::GoOn => {
                self.incoming = Some(Incoming::new(self.config.bare_newline));
            }
            // The client has got something done.
            Owed::BodyEnd if done => self.idle = 0,
            Owed::Verify => self.idle_command(),
            Owed::Data | Owed::BodyEnd => {}
        }
        Ok(())
    }

    fn authenticated(&mut self, done: bool, reply: &Reply) {
        let failures = self.auth.answered(done, reply.is_permanent());
        let limit = self.config.limits.auth_failures;
        if failures >= limit {
            self.fail(&replies::TOO_MANY_ERRORS, Error::TooManyAuthFailures { limit });
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
