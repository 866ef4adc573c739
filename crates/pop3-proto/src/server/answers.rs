//! What the application answers, but for logins and ids: messages, deletion, refusals.

use bytes::Bytes;
use mail_errors::Misuse;
use mail_wire::{BareOctet, DotStuffer, Next};

use crate::{MessageNumber, Response, ResponseCode, Status, Verb, Violation, encode};

use super::{BodyId, Event, Phrase, Server, Sizes, WantBody, Work, top::TopCut};

/// A message on its way.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) id: BodyId,
    pub(super) number: MessageNumber,
    pub(super) size: u64,
    pub(super) lines: Option<u64>,
    pub(super) top: Option<TopCut>,
    pub(super) stuffer: DotStuffer,
    /// `+OK` has been written.
    pub(super) begun: bool,
    pub(super) asked: bool,
}

impl Sending {
    /// Least octets that are asked for at once.
    const LEAST: usize = 4096;

    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn ask(&mut self, room: usize) -> Next<Event> {
        if std::mem::replace(&mut self.asked, true) {
            return Next::NeedReply { until: None };
        }
        Next::Event(Event::WantBody(WantBody {
            id: self.id,
            number: self.number,
            lines: self.lines,
            offset: self.stuffer.taken(),
            room: room.max(Self::LEAST),
        }))
    }
}

impl Server {
    /// Gives the next octets of a message: any number, cut anywhere, as it is stored. Dots are
    /// stuffed and TOP is cut here.
    ///
    /// # Errors
    /// [`Misuse`] if no octets of this message are asked for. A bare CR or LF under
    /// [`BareNewline::Reject`](mail_wire::BareNewline::Reject) cuts the connection, and so do more
    /// octets than the maildrop says, under [`Sizes::Exact`].
    pub fn body(&mut self, id: BodyId, octets: Bytes) -> Result<(), Misuse> {
        let mut sending = self.take_asked(id, "body")?;
        self.begin(&mut sending);
        let end = sending.top.as_mut().and_then(|top| top.end_in(&octets));
        let wanted = end.map_or(octets.len(), |end| end.min(octets.len()));
        if let Err(bare) = sending.stuffer.push(octets.slice(..wanted), &mut self.output) {
            return Err(self.cut_at(bare));
        }
        if self.config.sizes == Sizes::Exact && sending.stuffer.taken() > sending.size {
            self.over(Ok(()));
            return Err(WRONG_LENGTH);
        }
        if end.is_some() {
            self.finish(sending)?;
            self.news.push_back(Event::BodyEnough(id));
        } else {
            sending.asked = false;
            self.work = Work::Body(sending);
        }
        Ok(())
    }

    /// Ends a message: all of it has been given.
    ///
    /// # Errors
    /// As [`Server::body`]; and under [`Sizes::Exact`] the message is taken as
    /// [failed](Self::body_failed) if it has another length than the maildrop says.
    pub fn body_end(&mut self, id: BodyId) -> Result<(), Misuse> {
        let mut sending = self.take_asked(id, "body_end")?;
        let lengths = [sending.stuffer.taken(), sending.stuffer.length()];
        if self.config.sizes == Sizes::Exact && !lengths.contains(&sending.size) {
            self.fail(&sending);
            return Err(WRONG_LENGTH);
        }
        self.begin(&mut sending);
        self.finish(sending)
    }

    /// Says that the rest of a message cannot be had. The connection is cut without terminator, so
    /// that a torn message never looks whole; if nothing was sent of it, it is refused.
    ///
    /// # Errors
    /// [`Misuse`] if no octets of this message are asked for.
    pub fn body_failed(&mut self, id: BodyId) -> Result<(), Misuse> {
        let sending = self.take_asked(id, "body_failed")?;
        self.fail(&sending);
        Ok(())
    }

    /// Says that what was to be deleted is gone for good.
    ///
    /// # Errors
    /// [`Misuse`] if [`Event::Commit`] does not wait for an answer.
    pub fn committed(&mut self) -> Result<(), Misuse> {
        let Work::Commit = self.work else { return Err(self.not_owed("committed")) };
        self.sign_off();
        Ok(())
    }

    /// Says no to a login, to a message, to UIDL, or to the deletion at the end, which ends the
    /// conversation too.
    ///
    /// Only refusals of logins without a code or with [`ResponseCode::Auth`] count as failed: what
    /// is wrong with a locked maildrop is not the password.
    ///
    /// # Errors
    /// [`Misuse`] if the response says yes, or nothing waits that can be refused.
    pub fn refuse(&mut self, why: &Response<'_>) -> Result<(), Misuse> {
        if why.status() == Status::Ok {
            return Err(Misuse::Invalid { what: "refusal", why: "it says +OK" });
        }
        match &self.work {
            Work::Login(verb) => {
                let verb = *verb;
                self.user_policy = None;
                if self.put_refusal_off(why) {
                    return Ok(());
                }
                self.login_failed(verb, why);
            }
            Work::Lookup => self.login_failed(Verb::Auth, why),
            Work::Body(sending) if sending.asked && !sending.begun => {}
            Work::Ids(ids) if ids.may_be_refused() => {}
            Work::Commit => {
                // RFC 1939 6: "If an error, such as a resource shortage, is encountered", -ERR.
                self.answered(Verb::Quit, Status::Err);
                self.over(Ok(()));
            }
            Work::Body(_)
            | Work::Ids(_)
            | Work::ImplicitTls
            | Work::Greet
            | Work::Command
            | Work::StartTls
            | Work::Sasl
            | Work::Quit
            | Work::List(_) => return Err(self.not_owed("refuse")),
        }
        encode::response(why, &mut self.output);
        self.work = Work::Command;
        Ok(())
    }

    fn login_failed(&mut self, verb: Verb, why: &Response<'_>) {
        self.end_exchange();
        self.answered(verb, Status::Err);
        if matches!(why.code(), None | Some(ResponseCode::Auth)) {
            self.count_failed_login();
        }
    }

    pub(super) fn count_failed_login(&mut self) {
        self.auth_failures += 1;
        let limit = self.config.limits.auth_failures;
        if self.auth_failures >= limit {
            self.over(Err(Violation::TooManyLogins { limit }));
        }
    }

    pub(super) fn sign_off(&mut self) {
        self.say_ok(Phrase::SigningOff, &[]);
        self.answered(Verb::Quit, Status::Ok);
        self.over(Ok(()));
    }

    /// Names what the application owes.
    pub(super) fn not_owed(&self, given: &'static str) -> Misuse {
        let owed = match &self.work {
            Work::Login(_) => "accept or refuse",
            Work::Lookup => "supply or refuse",
            Work::Body(sending) if sending.asked => "body, body_end or body_failed",
            Work::Ids(_) => "ids",
            Work::Commit => "committed or refuse",
            Work::Body(_)
            | Work::ImplicitTls
            | Work::Greet
            | Work::Command
            | Work::StartTls
            | Work::Sasl
            | Work::Quit
            | Work::List(_) => "nothing",
        };
        Misuse::WrongAnswer { given, owed }
    }

    /// Takes out the message that octets are asked of.
    fn take_asked(&mut self, id: BodyId, call: &'static str) -> Result<Sending, Misuse> {
        let Work::Body(Sending { id: open, asked: true, .. }) = self.work else {
            return Err(self.not_owed(call));
        };
        if open != id {
            return Err(Misuse::UnknownId { what: "message body", id: id.0 });
        }
        let Work::Body(sending) = std::mem::replace(&mut self.work, Work::Command) else {
            return Err(self.not_owed(call));
        };
        Ok(sending)
    }

    /// Says yes before the first octets.
    fn begin(&mut self, sending: &mut Sending) {
        if std::mem::replace(&mut sending.begun, true) {
            return;
        }
        if sending.lines.is_some() {
            return self.say_ok(Phrase::Top, &[]);
        }
        self.say_ok(Phrase::Octets, &[sending.size]);
    }

    /// What is lacking of a message will not come.
    fn fail(&mut self, sending: &Sending) {
        if sending.begun {
            self.over(Ok(()));
        } else {
            self.say_err(Some(ResponseCode::SysTemp), Phrase::Unreadable);
        }
    }

    fn finish(&mut self, sending: Sending) -> Result<(), Misuse> {
        let (number, whole) = (sending.number, sending.lines.is_none());
        match sending.stuffer.finish(&mut self.output) {
            Ok(()) if whole => self.maildrop.set_retrieved(number),
            Ok(()) => {}
            Err(bare) => return Err(self.cut_at(bare)),
        }
        Ok(())
    }

    /// Cuts the connection, because the message holds what may not be sent.
    fn cut_at(&mut self, bare: BareOctet) -> Misuse {
        self.over(Ok(()));
        let offset = usize::try_from(bare.offset).unwrap_or(usize::MAX);
        Misuse::Unencodable { what: "message", octet: bare.octet, offset }
    }
}

const WRONG_LENGTH: Misuse =
    Misuse::Invalid { what: "message", why: "it has another length than the maildrop says" };
