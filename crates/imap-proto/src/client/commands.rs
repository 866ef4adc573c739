//! The commands, each a method that answers with the handle of its events.

use mail_errors::Misuse;
use mail_sasl::{Credentials, Mechanism, Nonce, client::Identity};

use super::{Client, Handle, plan::Order};
use crate::{
    Append, Capabilities, CommandBody, DateTime, FetchItems, Flags, IString, IdFields, List,
    ListPattern, LiteralHeader, Login, MailboxName, Search, SequenceSet, StatusItems, StoreAction,
    Verb,
};

/// Where an APPEND goes, and what comes with it. RFC 9051 section 6.3.12.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendMessage {
    mailbox: MailboxName<'static>,
    flags: Flags<'static>,
    date: Option<DateTime>,
    size: u64,
}

impl AppendMessage {
    /// Announces a message of `size` octets. Exactly as many must follow.
    #[must_use]
    pub fn new(mailbox: MailboxName<'_>, size: u64) -> Self {
        Self { mailbox: mailbox.into_owned(), flags: Flags::default(), date: None, size }
    }

    /// Sets the flags that the message gets.
    #[must_use]
    pub fn flags(mut self, flags: Flags<'_>) -> Self {
        self.flags = flags.into_owned();
        self
    }

    /// Sets the internal date that it gets; now, without it.
    #[must_use]
    pub const fn date(mut self, date: DateTime) -> Self {
        self.date = Some(date);
        self
    }
}

/// How STORE changes the flags. RFC 9051 section 6.4.6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFlags {
    action: StoreAction,
    flags: Flags<'static>,
    silent: bool,
}

impl StoreFlags {
    /// Gives the messages these flags and no others.
    #[must_use]
    pub fn replace(flags: Flags<'_>) -> Self {
        Self { action: StoreAction::Replace, flags: flags.into_owned(), silent: false }
    }

    /// Gives the messages these flags as well.
    #[must_use]
    pub fn add(flags: Flags<'_>) -> Self {
        Self { action: StoreAction::Add, ..Self::replace(flags) }
    }

    /// Takes these flags from the messages.
    #[must_use]
    pub fn remove(flags: Flags<'_>) -> Self {
        Self { action: StoreAction::Remove, ..Self::replace(flags) }
    }

    /// Asks the server not to tell the new flags (`.SILENT`).
    #[must_use]
    pub const fn silent(mut self) -> Self {
        self.silent = true;
        self
    }
}

/// Commands. Each goes out when its turn comes: those that are unambiguous together at once, the
/// others one at a time (RFC 9051 section 5.5).
///
/// # Errors
/// All of them: [`Misuse::WrongMoment`] when the conversation is over, [`Misuse::TooLong`] when
/// too many commands wait. Whether a command is legal and on offer shows when its turn comes:
/// [`Event::NotSent`](super::Event::NotSent).
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
impl Client {
    /// Gives any command whose method is not here. STARTTLS and AUTHENTICATE are the session's own
    /// and LOGOUT, LOGIN, APPEND and IDLE are as their methods.
    ///
    /// # Errors
    /// Also [`Misuse::Invalid`] for STARTTLS and AUTHENTICATE.
    pub fn command(&mut self, body: CommandBody<'_>) -> Result<Handle, Misuse> {
        let invalid = |why| Err(Misuse::Invalid { what: "command", why });
        if body.verb() == Verb::StartTls {
            return invalid("STARTTLS is up to the configuration");
        }
        if body.verb() == Verb::Authenticate {
            return invalid("the exchange has its own method");
        }
        self.give(Order::Command(body.into_owned()))
    }

    /// Asks what the server can do. Mostly needless: [`capabilities`](Self::capabilities) is kept.
    pub fn capability(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Capability)
    }

    /// Asks for news, and keeps the connection alive.
    pub fn noop(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Noop)
    }

    /// Tells the server which program this is, and asks it the same (RFC 2971).
    pub fn id(&mut self, fields: IdFields<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Id(fields))
    }

    /// Logs in by the strongest means on offer: AUTHENTICATE with the strongest mechanism that can
    /// carry it, bound to TLS where that can be had; else, with a password, LOGIN. Takes
    /// [`Credentials`], a [`BearerToken`](mail_sasl::BearerToken), or an [`Identity`].
    pub fn log_in(&mut self, who: impl Into<Identity>) -> Result<Handle, Misuse> {
        self.give(Order::LogIn(who.into()))
    }

    /// Gives the nonce for SCRAM, which is drawn from the operating system else: for entropy from
    /// elsewhere, and for transcripts that are the same each time. It is used once.
    ///
    /// # Errors
    /// None.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.nonce = Some(nonce);
    }

    /// Logs in by AUTHENTICATE with this mechanism, RFC 9051 section 6.2.2.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        who: impl Into<Identity>,
    ) -> Result<Handle, Misuse> {
        self.give(Order::Authenticate(mechanism, who.into()))
    }

    /// Logs in by LOGIN, RFC 9051 section 6.2.3.
    pub fn login(&mut self, credentials: &Credentials) -> Result<Handle, Misuse> {
        let user = IString::try_from(credentials.user())?;
        let login = Login::new(user, credentials.password().clone())?;
        self.command(CommandBody::Login(login))
    }

    /// Enables extensions, RFC 5161.
    pub fn enable(&mut self, capabilities: Capabilities<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Enable(capabilities))
    }

    /// Opens a mailbox; [`mailbox`](Self::mailbox) is kept from then on.
    pub fn select(&mut self, mailbox: MailboxName<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Select(mailbox))
    }

    /// Opens a mailbox for reading alone.
    pub fn examine(&mut self, mailbox: MailboxName<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Examine(mailbox))
    }

    /// Makes a mailbox.
    pub fn create(&mut self, mailbox: MailboxName<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Create(mailbox))
    }

    /// Removes a mailbox and all that is in it.
    pub fn delete(&mut self, mailbox: MailboxName<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Delete(mailbox))
    }

    /// Gives a mailbox another name.
    pub fn rename(&mut self, from: MailboxName<'_>, to: MailboxName<'_>) -> Result<Handle, Misuse> {
        let (from, to) = (from.into_owned(), to.into_owned());
        self.command(CommandBody::Rename { from, to })
    }

    /// Subscribes to a name.
    pub fn subscribe(&mut self, mailbox: MailboxName<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Subscribe(mailbox))
    }

    /// Takes a name off the subscriptions.
    pub fn unsubscribe(&mut self, mailbox: MailboxName<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Unsubscribe(mailbox))
    }

    /// Lists mailboxes: a [`Response::List`](crate::Response::List) for each.
    pub fn list(&mut self, list: List<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::List(list))
    }

    /// Lists subscriptions: a [`Response::Lsub`](crate::Response::Lsub) for each. RFC 3501.
    pub fn lsub(
        &mut self,
        reference: MailboxName<'_>,
        pattern: ListPattern<'_>,
    ) -> Result<Handle, Misuse> {
        let (reference, pattern) = (reference.into_owned(), pattern.into_owned());
        self.command(CommandBody::Lsub { reference, pattern })
    }

    /// Asks about a mailbox without opening it:
    /// a [`Response::MailboxStatus`](crate::Response::MailboxStatus). Several go out together.
    ///
    /// # Errors
    /// Also [`Misuse::Invalid`] if nothing is asked.
    pub fn status(
        &mut self,
        mailbox: MailboxName<'_>,
        items: StatusItems,
    ) -> Result<Handle, Misuse> {
        if items.is_empty() {
            return Err(Misuse::Invalid { what: "STATUS items", why: "there are none" });
        }
        self.command(CommandBody::Status { mailbox: mailbox.into_owned(), items })
    }

    /// Puts a message into a mailbox. [`Event::WantBody`](super::Event::WantBody) asks for it.
    ///
    /// # Errors
    /// Also [`Misuse::Invalid`] for an empty message, which means that there is none
    /// (RFC 9051 section 6.3.12).
    pub fn append(&mut self, message: AppendMessage) -> Result<Handle, Misuse> {
        let AppendMessage { mailbox, flags, date, size } = message;
        if size == 0 {
            return Err(Misuse::Invalid { what: "message", why: "it is empty" });
        }
        let literal = LiteralHeader { octets: size, synchronizing: true, binary: false };
        self.command(CommandBody::Append(Append { mailbox, flags, date, literal }))
    }

    /// Waits for news, which come as [`Event::Unsolicited`](super::Event::Unsolicited) and
    /// [`Event::Expunged`](super::Event::Expunged) (RFC 2177). It lasts until [`done`](Self::done)
    /// or the next command, and is begun anew in time by itself.
    pub fn idle(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Idle)
    }

    /// Asks for things about messages. `uid` says that the set holds UIDs.
    pub fn fetch(
        &mut self,
        uid: bool,
        set: SequenceSet<'_>,
        items: FetchItems<'_>,
    ) -> Result<Handle, Misuse> {
        let (set, items) = (set.into_owned(), items.into_owned());
        self.command(CommandBody::Fetch { uid, set, items })
    }

    /// Changes the flags of messages. `uid` says that the set holds UIDs.
    pub fn store(
        &mut self,
        uid: bool,
        set: SequenceSet<'_>,
        change: StoreFlags,
    ) -> Result<Handle, Misuse> {
        let StoreFlags { action, flags, silent } = change;
        self.command(CommandBody::Store { uid, set: set.into_owned(), action, silent, flags })
    }

    /// Copies messages to another mailbox. `uid` says that the set holds UIDs.
    pub fn copy(
        &mut self,
        uid: bool,
        set: SequenceSet<'_>,
        to: MailboxName<'_>,
    ) -> Result<Handle, Misuse> {
        let (set, mailbox) = (set.into_owned(), to.into_owned());
        self.command(CommandBody::Copy { uid, set, mailbox })
    }

    /// Moves messages to another mailbox (RFC 6851). `uid` says that the set holds UIDs.
    pub fn move_messages(
        &mut self,
        uid: bool,
        set: SequenceSet<'_>,
        to: MailboxName<'_>,
    ) -> Result<Handle, Misuse> {
        let (set, mailbox) = (set.into_owned(), to.into_owned());
        self.command(CommandBody::Move { uid, set, mailbox })
    }

    /// Looks for messages: a [`Response::Search`](crate::Response::Search), or with `RETURN` a
    /// [`Response::Esearch`](crate::Response::Esearch).
    pub fn search(&mut self, search: Search<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::Search(search))
    }

    /// Removes all messages that have `\Deleted`.
    pub fn expunge(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Expunge)
    }

    /// Removes those of these UIDs that have `\Deleted` (RFC 4315).
    pub fn uid_expunge(&mut self, set: SequenceSet<'_>) -> Result<Handle, Misuse> {
        self.command(CommandBody::UidExpunge(set))
    }

    /// Closes the mailbox, and removes the messages in it that have `\Deleted` without telling.
    pub fn close_mailbox(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Close)
    }

    /// Closes the mailbox and removes nothing (RFC 3691).
    pub fn unselect(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Unselect)
    }

    /// Says good-bye once all that was given before is done.
    pub fn logout(&mut self) -> Result<Handle, Misuse> {
        self.command(CommandBody::Logout)
    }
}
