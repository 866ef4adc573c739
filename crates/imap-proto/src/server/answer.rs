//! The answers of the application.

use std::num::NonZeroU32;

use mail_errors::Misuse;

use super::{Owed, Pull, Selected, Server, Work, write};
use crate::{
    Code, MailboxStatus, NumberSet, PlainCode, Response, ResponseText, Status, StatusValues,
    UidSet, view::MailboxView,
};

impl Server {
    /// Answers that it is done: to CREATE, DELETE, RENAME and SUBSCRIBE; and, after the answers
    /// for each item, to LIST, SEARCH and every slice of FETCH and STORE.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if no such answer is owed.
    pub fn done(&mut self) -> Result<(), Misuse> {
        let ended = match &mut self.work {
            Work::Owed(Owed::Done) => {
                self.finish_ok("completed");
                true
            }
            Work::Owed(Owed::List { .. }) => {
                self.end_list();
                true
            }
            Work::Owed(Owed::Search { search, .. }) => {
                let search = std::mem::take(search);
                self.work = search.finish(self);
                true
            }
            Work::Fetch(fetch) => fetch.end_slice(),
            Work::Store(store) => store.end_slice(),
            Work::Owed(_)
            | Work::Handshake
            | Work::Greeting
            | Work::Command
            | Work::StartTls
            | Work::Sasl(_)
            | Work::Append
            | Work::Found(_)
            | Work::Idle
            | Work::Telling => false,
        };
        if ended { Ok(()) } else { Err(self.wrong_answer("done")) }
    }

    /// Refuses: the current command ends with NO. Any answer that is owed may be this one, and
    /// APPEND may be refused while its octets come.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if no answer is owed, or part of one is on its way already.
    pub fn no(&mut self, text: ResponseText<'static>) -> Result<(), Misuse> {
        match &mut self.work {
            Work::Owed(Owed::Login(_) | Owed::Lookup(_)) => self.failed_logins += 1,
            Work::Owed(Owed::AcceptAppend(_)) => self.frames.refuse(&mut self.input),
            Work::Owed(Owed::Reread) => {
                // Without knowing what there is, nothing can be numbered.
                self.closing = Some(text);
                return Ok(());
            }
            Work::Owed(_) => {}
            Work::Append => {
                self.stop_append();
                self.frames.abandon_message();
            }
            Work::Fetch(fetch) if fetch.may_refuse() => {}
            Work::Store(store) if store.is_owed() => {}
            Work::Fetch(_)
            | Work::Store(_)
            | Work::Handshake
            | Work::Greeting
            | Work::Command
            | Work::StartTls
            | Work::Sasl(_)
            | Work::Found(_)
            | Work::Idle
            | Work::Telling => return Err(self.wrong_answer("no")),
        }
        self.finish(Status::No, text);
        Ok(())
    }

    /// Says that this is who they say they are. Answers [`Event::Login`](super::Event::Login) and
    /// [`Event::Authenticate`](super::Event::Authenticate).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn authenticated(&mut self) -> Result<(), Misuse> {
        let Work::Owed(Owed::Login(_)) = &self.work else {
            return Err(self.wrong_answer("authenticated"));
        };
        self.logged_in();
        Ok(())
    }

    /// Says that name or password are wrong: `NO [AUTHENTICATIONFAILED]`. Answers
    /// [`Event::Login`](super::Event::Login), [`Event::Lookup`](super::Event::Lookup) and
    /// [`Event::Authenticate`](super::Event::Authenticate); for other reasons there is
    /// [`no`](Self::no). Whose token it refuses is told why first (RFC 7628 3.2.3).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn login_refused(&mut self) -> Result<(), Misuse> {
        let Work::Owed(Owed::Login(_) | Owed::Lookup(_)) = &self.work else {
            return Err(self.wrong_answer("login_refused"));
        };
        if self.put_refusal_off() {
            return Ok(());
        }
        self.no(write::coded(PlainCode::AuthenticationFailed, "name or password is wrong"))
    }

    /// Opens the mailbox. Answers [`Event::Select`](super::Event::Select).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn selected(&mut self, mailbox: Selected) -> Result<(), Misuse> {
        let Work::Owed(Owed::Select { read_only }) = self.work else {
            return Err(self.wrong_answer("selected"));
        };
        let read_only = read_only || mailbox.read_only;
        let first_recent = mailbox.first_recent.map(NonZeroU32::get);
        let view = MailboxView::new(&mailbox.uids, first_recent, self.config.limits.news);
        // RFC 9051 6.3.2 and RFC 3501 6.3.1: what the client must know before the OK.
        self.say(&Response::Flags(mailbox.flags));
        self.say(&Response::Exists(view.numbers().exists()));
        self.say(&Response::Recent(view.recent()));
        let unseen = mailbox.first_unseen.and_then(|uid| view.numbers().seq(uid.get()));
        if let Some(seq) = unseen.and_then(NonZeroU32::new) {
            self.say_ok(Code::Unseen(seq), "first unseen");
        }
        let permanent = if read_only { crate::Flags::default() } else { mailbox.permanent };
        self.say_ok(Code::PermanentFlags(permanent), "flags that last");
        if let Some(uid) = mailbox.uid_next {
            self.say_ok(Code::UidNext(uid), "predicted next UID");
        }
        self.say_ok(Code::UidValidity(mailbox.uid_validity), "UIDs valid");
        self.view = Some(view);
        let code = if read_only { Code::ReadOnly } else { Code::ReadWrite };
        self.finish(Status::Ok, write::text(Some(code), "selected"));
        Ok(())
    }

    /// Lets the session ask for answers when it has room for them, by
    /// [`Event::WantResponses`](super::Event::WantResponses), so that many are never written at
    /// once. Each time give at least one, or `done`. For LIST and SEARCH.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if such answers are not owed.
    pub fn respond_later(&mut self) -> Result<(), Misuse> {
        let Work::Owed(Owed::List { pull, .. } | Owed::Search { pull, .. }) = &mut self.work else {
            return Err(self.wrong_answer("respond_later"));
        };
        *pull = Pull::Ask;
        Ok(())
    }

    /// Tells of a mailbox what STATUS asks for. Answers [`Event::Status`](super::Event::Status).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn status(&mut self, values: StatusValues<'_>) -> Result<(), Misuse> {
        let Work::Owed(Owed::Status { mailbox }) = &self.work else {
            return Err(self.wrong_answer("status"));
        };
        let mailbox = mailbox.clone();
        self.say(&Response::MailboxStatus(MailboxStatus { mailbox, values }));
        self.finish_ok("STATUS completed");
        Ok(())
    }

    /// Says that the messages were copied, or moved. Answers [`Event::Copy`](super::Event::Copy).
    ///
    /// `copies` are the UIDVALIDITY of the target, the UIDs here and those there, one for one
    /// (RFC 4315 3); `None` if none of them was there any more. Copies into the selected mailbox
    /// are news to be told by [`mailbox_changed`](Self::mailbox_changed).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed; [`Misuse::Invalid`] if the sets do not go
    /// together.
    pub fn copied(
        &mut self,
        copies: Option<(NonZeroU32, UidSet<'static>, UidSet<'static>)>,
    ) -> Result<(), Misuse> {
        let Work::Owed(Owed::Copy { remove }) = self.work else {
            return Err(self.wrong_answer("copied"));
        };
        let Some((validity, from, to)) = copies else {
            // RFC 2180 4.4: nothing was copied, and OK would say that it was.
            self.finish_messages(true, "none of them is left");
            return Ok(());
        };
        if from.count() != to.count() {
            let why = "it has not one UID there for one UID here";
            return Err(Misuse::Invalid { what: "COPYUID", why });
        }
        let gone = remove.then(|| from.to_numbers());
        let code = Code::CopyUid { validity, from, to };
        if let Some(gone) = gone {
            // RFC 6851 4.3: COPYUID comes untagged, before the EXPUNGEs.
            self.say_ok(code, "moved");
            self.own_expunge(&gone);
            self.finish_ok("MOVE completed");
        } else {
            self.finish(Status::Ok, write::text(Some(code), "COPY completed"));
        }
        Ok(())
    }

    /// Says which messages were expunged, which may be none. Answers
    /// [`Event::Expunge`](super::Event::Expunge).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn expunged(&mut self, uids: &NumberSet) -> Result<(), Misuse> {
        let Work::Owed(Owed::Expunge { close }) = self.work else {
            return Err(self.wrong_answer("expunged"));
        };
        if close {
            self.closed();
        } else {
            self.own_expunge(uids);
            self.finish_ok("EXPUNGE completed");
        }
        Ok(())
    }

    /// Says what is in the selected mailbox now. Answers [`Event::Reread`](super::Event::Reread).
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn reread(&mut self, uids: &NumberSet) -> Result<(), Misuse> {
        let (Work::Owed(Owed::Reread), Some(view)) = (&self.work, &mut self.view) else {
            return Err(self.wrong_answer("reread"));
        };
        view.reread(uids);
        self.work = Work::Telling;
        Ok(())
    }

    fn own_expunge(&mut self, uids: &NumberSet) {
        if let Some(view) = &mut self.view {
            view.expunged(uids);
        }
    }

    /// Says which answer is owed, when another was given.
    pub(super) fn wrong_answer(&self, given: &'static str) -> Misuse {
        if self.end.is_some() {
            return Misuse::WrongMoment { call: given, state: "the conversation is over" };
        }
        let owed = match &self.work {
            Work::Owed(owed) => match owed {
                Owed::Login(_) => "authenticated or login_refused",
                Owed::Lookup(_) => "supply or login_refused",
                Owed::Select { .. } => "selected or no",
                Owed::Done => "done or no",
                Owed::List { .. } => "listed, done or no",
                Owed::Status { .. } => "status or no",
                Owed::AcceptAppend(_) => "accept_append or no",
                Owed::Appended => "appended or no",
                Owed::Copy { .. } => "copied or no",
                Owed::Search { .. } => "found, done or no",
                Owed::Expunge { .. } => "expunged or no",
                Owed::Reread => "reread",
            },
            Work::Fetch(fetch) => fetch.owed(),
            Work::Store(store) if store.is_owed() => "flags, done or no",
            Work::Store(_)
            | Work::Handshake
            | Work::Greeting
            | Work::Command
            | Work::StartTls
            | Work::Sasl(_)
            | Work::Append
            | Work::Found(_)
            | Work::Idle
            | Work::Telling => "nothing",
        };
        Misuse::WrongAnswer { given, owed }
    }
}
