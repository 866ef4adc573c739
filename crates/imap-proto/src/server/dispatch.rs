//! What each command asks for: of the session itself, or of the application.

use super::{Current, Event, Owed, Refusal, Server, Step, Tls, Work, fetch, search, store, write};
use crate::{
    Capabilities, Code, Command, CommandBody, IString, IdField, IdFields, MailboxName, NumberSet,
    PlainCode, Raw, Response, Search, SequenceSet, Status, Verb, state,
};

impl Server {
    /// Carries out a command, as far as that is the session's to do.
    pub(super) fn execute(&mut self, command: Command<'static>) -> Step {
        let Command { tag, body } = command;
        let uid = is_by_uid(&body);
        let verb = body.verb();
        self.current = Some(Current { tag, verb, uid });
        if !state::legal(self.state, verb) {
            self.count_bad();
            let text = write::text(None, "not in this state");
            self.refuse(Refusal::WrongState, Status::Bad, text);
            self.frames.refuse(&mut self.input);
            return Step::Again;
        }
        if verb.changes_selected() && self.is_read_only() {
            let text = write::text(Some(Code::ReadOnly), "the mailbox is open for reading alone");
            self.refuse(Refusal::ReadOnly, Status::No, text);
            return Step::Again;
        }
        self.carry_out(body)
    }

    fn carry_out(&mut self, body: CommandBody<'static>) -> Step {
        match body {
            CommandBody::Capability => {
                let capabilities = self.capabilities();
                self.say(&Response::Capability(capabilities));
                self.finish_ok("CAPABILITY completed");
            }
            CommandBody::Noop => self.finish_ok("NOOP completed"),
            CommandBody::Check => self.finish_ok("CHECK completed"),
            CommandBody::Logout => {
                self.say(&Response::Bye(write::text(None, "good-bye")));
                // Nothing but the completion is told behind it.
                self.view = None;
                self.finish_ok("LOGOUT completed");
                return Step::Event(Event::Logout);
            }
            CommandBody::Id(fields) => {
                let own = self.config.name.as_ref().and_then(|name| {
                    let value = IString::new(name.as_bytes().to_vec()).ok();
                    Some(IdField { name: IString::try_from("name").ok()?, value })
                });
                self.say(&Response::Id(IdFields::new(own)));
                self.finish_ok("ID completed");
                return Step::Event(Event::Id(fields));
            }
            CommandBody::Namespace => {
                let namespace = self.config.namespace();
                if let Ok(raw) = Raw::parse(namespace.as_bytes()) {
                    self.say(&Response::Namespace(raw));
                }
                self.finish_ok("NAMESPACE completed");
            }
            CommandBody::Enable(_) => {
                // RFC 5161 3.1: what is not known is passed over; nothing here needs enabling.
                self.say(&Response::Enabled(Capabilities::default()));
                self.finish_ok("ENABLE completed");
            }
            CommandBody::StartTls => return self.start_tls(),
            CommandBody::Login(login) => return self.log_in(&login),
            CommandBody::Authenticate(authenticate) => return self.authenticate(&authenticate),
            CommandBody::Select(mailbox) => return self.select(mailbox, false),
            CommandBody::Examine(mailbox) => return self.select(mailbox, true),
            CommandBody::Create(mailbox) => {
                let mailbox = self.bare(mailbox);
                if mailbox.is_inbox() {
                    return self.exists_always("INBOX exists");
                }
                return self.owe(Owed::Done, Event::Create { mailbox });
            }
            CommandBody::Delete(mailbox) => {
                if mailbox.is_inbox() {
                    return self.exists_always("INBOX cannot be deleted");
                }
                return self.owe(Owed::Done, Event::Delete { mailbox });
            }
            CommandBody::Rename { from, to } => {
                let to = self.bare(to);
                if to.is_inbox() {
                    return self.exists_always("INBOX exists");
                }
                return self.owe(Owed::Done, Event::Rename { from, to });
            }
            CommandBody::Subscribe(mailbox) => {
                return self.owe(Owed::Done, Event::Subscribe { mailbox, on: true });
            }
            CommandBody::Unsubscribe(mailbox) => {
                return self.owe(Owed::Done, Event::Subscribe { mailbox, on: false });
            }
            CommandBody::List(list) => return self.list(&list),
            CommandBody::Lsub { reference, pattern } => {
                return self.list_names(&reference, pattern.as_bytes(), true);
            }
            CommandBody::Status { mailbox, items } => {
                let owed = Owed::Status { mailbox: mailbox.clone() };
                return self.owe(owed, Event::Status { mailbox, items });
            }
            CommandBody::Append(append) => return self.append(append),
            CommandBody::Idle => self.start_idle(),
            CommandBody::Close | CommandBody::Unselect => return self.close_mailbox(),
            CommandBody::Expunge => return self.expunge(None),
            CommandBody::UidExpunge(set) => return self.expunge(Some(&set)),
            CommandBody::Search(search) => return search::begin(self, search),
            CommandBody::Fetch { uid, set, items } => {
                return fetch::begin(self, uid, &set, &items);
            }
            CommandBody::Store { uid, set, action, silent, flags } => {
                return store::begin(self, uid, &set, action, silent, flags);
            }
            CommandBody::Copy { uid, set, mailbox } => {
                return self.copy(uid, &set, mailbox, false);
            }
            CommandBody::Move { uid, set, mailbox } => {
                return self.copy(uid, &set, mailbox, true);
            }
        }
        Step::Again
    }

    /// Asks the application, and waits for its answer.
    pub(super) fn owe(&mut self, owed: Owed, event: Event) -> Step {
        self.work = Work::Owed(owed);
        Step::Event(event)
    }

    /// Looks a command's messages up: their sequence numbers, or `None` if it was refused.
    pub(super) fn look_up(&mut self, uid: bool, set: &SequenceSet<'_>) -> Option<NumberSet> {
        let view = self.view.as_ref()?;
        if set.is_saved() {
            self.not_offered("SEARCHRES");
            return None;
        }
        if uid {
            return Some(view.unique(set));
        }
        match view.sequence(set) {
            Ok(seqs) => Some(seqs),
            // RFC 3501 9: BAD for a number above the number of messages.
            Err(_) => {
                let text = write::text(None, "there is no such message");
                self.refuse(Refusal::NoSuchMessage, Status::Bad, text);
                None
            }
        }
    }

    /// Refuses what this server does not offer, and so no client may ask for.
    pub(super) fn not_offered(&mut self, what: &'static str) {
        self.count_bad();
        let text = write::text(None, "that extension is not offered here");
        self.refuse(Refusal::NotOffered(what), Status::Bad, text);
    }

    fn exists_always(&mut self, words: &'static str) -> Step {
        self.finish(Status::No, write::coded(PlainCode::Cannot, words));
        Step::Again
    }

    /// RFC 9051 6.3.4: a name with a delimiter behind it says that names will stand below it.
    fn bare(&self, mailbox: MailboxName<'static>) -> MailboxName<'static> {
        let Some(delimiter) = self.config.delimiter else { return mailbox };
        match mailbox.as_bytes().strip_suffix(&[delimiter.octet()]) {
            Some(bare) if !bare.is_empty() => MailboxName::new(bare.to_vec()).unwrap_or(mailbox),
            Some(_) | None => mailbox,
        }
    }

    fn start_tls(&mut self) -> Step {
        if self.config.tls != Tls::StartTls || self.secured {
            self.not_offered("STARTTLS");
            return Step::Again;
        }
        // RFC 9051 6.2.1: nothing that came in the clear may be taken for having come inside.
        if !self.input.is_empty() {
            return self.fail(super::ServerError::Injected { octets: self.input.len() });
        }
        self.finish_ok("begin TLS now");
        Step::Again
    }

    fn select(&mut self, mailbox: MailboxName<'static>, read_only: bool) -> Step {
        if self.view.take().is_some() {
            // RFC 9051 7.1: what follows is about the new mailbox.
            self.say_ok(Code::Closed, "the other mailbox is closed");
            self.events.push_back(Event::Deselected);
        }
        self.events.push_back(Event::Select { mailbox, read_only });
        self.work = Work::Owed(Owed::Select { read_only });
        Step::Again
    }

    /// CLOSE expunges and tells nothing of it (RFC 9051 6.4.1); UNSELECT and a mailbox that is
    /// open for reading alone do not.
    fn close_mailbox(&mut self) -> Step {
        let closes = self.current.as_ref().is_some_and(|current| current.verb == Verb::Close);
        match &self.view {
            Some(view) if closes && !self.is_read_only() => {
                let among = view.numbers().uids(1..=u32::MAX);
                self.owe(Owed::Expunge { close: true }, Event::Expunge { among })
            }
            Some(_) | None => {
                self.closed();
                Step::Again
            }
        }
    }

    /// No mailbox is selected any more.
    pub(super) fn closed(&mut self) {
        self.view = None;
        self.events.push_back(Event::Deselected);
        self.finish_ok("closed");
    }

    fn expunge(&mut self, set: Option<&SequenceSet<'_>>) -> Step {
        let among = match set {
            Some(set) => self.look_up(true, set),
            None => Some(NumberSet::from_ranges([(1, u32::MAX)])),
        };
        let (Some(view), Some(seqs)) = (&self.view, among) else { return Step::Again };
        let among = view.uids_of(&seqs);
        self.owe(Owed::Expunge { close: false }, Event::Expunge { among })
    }

    fn copy(
        &mut self,
        uid: bool,
        set: &SequenceSet<'_>,
        to: MailboxName<'static>,
        remove: bool,
    ) -> Step {
        let Some(seqs) = self.look_up(uid, set) else { return Step::Again };
        let Some(view) = &self.view else { return Step::Again };
        let uids = view.uids_of(&seqs);
        if uids.is_empty() {
            // RFC 9051 6.4.9: a UID that does not exist is passed over without an error.
            self.finish_ok("no such messages");
            return Step::Again;
        }
        self.owe(Owed::Copy { remove }, Event::Copy(super::CopyRequest { uids, to, remove }))
    }
}

/// Whether it is one of the commands behind `UID` whose numbers are UIDs in both directions.
const fn is_by_uid(body: &CommandBody<'_>) -> bool {
    matches!(
        body,
        CommandBody::Search(Search { uid: true, .. })
            | CommandBody::Fetch { uid: true, .. }
            | CommandBody::Store { uid: true, .. }
            | CommandBody::Copy { uid: true, .. }
            | CommandBody::Move { uid: true, .. }
    )
}
