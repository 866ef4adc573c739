//! What a client says, RFC 9051 section 6.

use mail_errors::{Misuse, Secret};

use crate::{
    Atom, Capabilities, DateTime, FetchItems, Flags, IString, IdFields, List, ListPattern,
    MailboxName, Query, SequenceSet, StatusItems, Tag, Verb,
};

/// `command`: a tag and what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// Ties the completion to it.
    pub tag: Tag<'a>,
    /// What is to be done.
    pub body: CommandBody<'a>,
}

/// A command without its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandBody<'a> {
    /// `CAPABILITY`
    Capability,
    /// `NOOP`
    Noop,
    /// `LOGOUT`
    Logout,
    /// `ID`, RFC 2971; empty for NIL.
    Id(IdFields<'a>),
    /// `STARTTLS`
    StartTls,
    /// `LOGIN`
    Login(Login<'a>),
    /// `AUTHENTICATE`
    Authenticate(Authenticate<'a>),
    /// `ENABLE`, RFC 5161.
    Enable(Capabilities<'a>),
    /// `SELECT`
    Select(MailboxName<'a>),
    /// `EXAMINE`
    Examine(MailboxName<'a>),
    /// `CREATE`
    Create(MailboxName<'a>),
    /// `DELETE`
    Delete(MailboxName<'a>),
    /// `RENAME`
    Rename {
        /// The name it has.
        from: MailboxName<'a>,
        /// The name it gets.
        to: MailboxName<'a>,
    },
    /// `SUBSCRIBE`
    Subscribe(MailboxName<'a>),
    /// `UNSUBSCRIBE`
    Unsubscribe(MailboxName<'a>),
    /// `LIST`
    List(List<'a>),
    /// `LSUB`, RFC 3501.
    Lsub {
        /// What the pattern is relative to; mostly empty.
        reference: MailboxName<'a>,
        /// Which names.
        pattern: ListPattern<'a>,
    },
    /// `NAMESPACE`, RFC 2342.
    Namespace,
    /// `STATUS`
    Status {
        /// Which mailbox.
        mailbox: MailboxName<'a>,
        /// What to know about it; from the wire never empty.
        items: StatusItems,
    },
    /// `APPEND`; the message follows in pieces.
    Append(Append<'a>),
    /// `IDLE`, RFC 2177: until `DONE`.
    Idle,
    /// `CHECK`, RFC 3501.
    Check,
    /// `CLOSE`
    Close,
    /// `UNSELECT`, RFC 3691.
    Unselect,
    /// `EXPUNGE`
    Expunge,
    /// `UID EXPUNGE`, RFC 4315.
    UidExpunge(SequenceSet<'a>),
    /// `SEARCH`, `UID SEARCH`
    Search(Search<'a>),
    /// `FETCH`, `UID FETCH`
    Fetch {
        /// Whether the set holds UIDs.
        uid: bool,
        /// Which messages.
        set: SequenceSet<'a>,
        /// What to tell of them.
        items: FetchItems<'a>,
    },
    /// `STORE`, `UID STORE`
    Store {
        /// Whether the set holds UIDs.
        uid: bool,
        /// Which messages.
        set: SequenceSet<'a>,
        /// What to do with the flags.
        action: StoreAction,
        /// `.SILENT`: without telling the new flags.
        silent: bool,
        /// The flags.
        flags: Flags<'a>,
    },
    /// `COPY`, `UID COPY`
    Copy {
        /// Whether the set holds UIDs.
        uid: bool,
        /// Which messages.
        set: SequenceSet<'a>,
        /// Where to.
        mailbox: MailboxName<'a>,
    },
    /// `MOVE`, `UID MOVE`. RFC 6851.
    Move {
        /// Whether the set holds UIDs.
        uid: bool,
        /// Which messages.
        set: SequenceSet<'a>,
        /// Where to.
        mailbox: MailboxName<'a>,
    },
}

/// `LOGIN user password`, RFC 9051 section 6.2.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login<'a> {
    user: IString<'a>,
    password: Secret,
}

/// `AUTHENTICATE mechanism [initial-response]`, RFC 9051 section 6.2.2 and RFC 4959.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticate<'a> {
    mechanism: Atom<'a>,
    initial: Option<Secret>,
}

/// `APPEND mailbox [flags] [date-time] literal`, RFC 9051 section 6.3.12.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append<'a> {
    /// Where to.
    pub mailbox: MailboxName<'a>,
    /// The flags that the message gets.
    pub flags: Flags<'a>,
    /// The internal date that it gets, `None` for now.
    pub date: Option<DateTime>,
    /// The literal that the message is.
    pub literal: LiteralHeader,
}

/// `"{" number ["+"] "}"`: what stands in front of a literal's octets. RFC 9051 section 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LiteralHeader {
    /// How many octets follow.
    pub octets: u64,
    /// The sender waits for a continuation request before it sends them.
    pub synchronizing: bool,
    /// `~{n}`: NUL may be among them. RFC 3516.
    pub binary: bool,
}

/// `SEARCH [RETURN (...)] [CHARSET name] keys`, RFC 9051 section 6.4.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search<'a> {
    /// Whether the results are UIDs.
    pub uid: bool,
    /// `RETURN (...)`: asks for ESEARCH. `None` without.
    pub give: Option<SearchReturn>,
    /// The charset of the query's strings; `None` for UTF-8 (US-ASCII in IMAP4rev1).
    pub charset: Option<IString<'a>>,
    /// What to look for.
    pub query: Query<'a>,
}

/// `search-return-opts`. All false, as in `RETURN ()`, means ALL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SearchReturn {
    /// `MIN`: the lowest number.
    pub min: bool,
    /// `MAX`: the highest number.
    pub max: bool,
    /// `ALL`: all numbers.
    pub all: bool,
    /// `COUNT`: how many.
    pub count: bool,
    /// `SAVE`: keep the result as `$`. RFC 5182.
    pub save: bool,
}

/// What STORE does with the flags. RFC 9051 section 6.4.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreAction {
    /// `FLAGS`: these and no others (`\Recent` stays as it is).
    Replace,
    /// `+FLAGS`: these as well.
    Add,
    /// `-FLAGS`: these no longer.
    Remove,
}

impl<'a> Command<'a> {
    /// Puts a tag on a command.
    #[must_use]
    pub const fn new(tag: Tag<'a>, body: CommandBody<'a>) -> Self {
        Self { tag, body }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Command<'static> {
        Command { tag: self.tag.into_owned(), body: self.body.into_owned() }
    }
}

impl CommandBody<'_> {
    /// Returns what sort of command this is: the key of the [state table](crate::state).
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Capability => Verb::Capability,
            Self::Noop => Verb::Noop,
            Self::Logout => Verb::Logout,
            Self::Id(_) => Verb::Id,
            Self::StartTls => Verb::StartTls,
            Self::Login(_) => Verb::Login,
            Self::Authenticate(_) => Verb::Authenticate,
            Self::Enable(_) => Verb::Enable,
            Self::Select(_) => Verb::Select,
            Self::Examine(_) => Verb::Examine,
            Self::Create(_) => Verb::Create,
            Self::Delete(_) => Verb::Delete,
            Self::Rename { .. } => Verb::Rename,
            Self::Subscribe(_) => Verb::Subscribe,
            Self::Unsubscribe(_) => Verb::Unsubscribe,
            Self::List(_) => Verb::List,
            Self::Lsub { .. } => Verb::Lsub,
            Self::Namespace => Verb::Namespace,
            Self::Status { .. } => Verb::Status,
            Self::Append(_) => Verb::Append,
            Self::Idle => Verb::Idle,
            Self::Check => Verb::Check,
            Self::Close => Verb::Close,
            Self::Unselect => Verb::Unselect,
            Self::Expunge => Verb::Expunge,
            Self::UidExpunge(_) => Verb::UidExpunge,
            Self::Search(_) => Verb::Search,
            Self::Fetch { .. } => Verb::Fetch,
            Self::Store { .. } => Verb::Store,
            Self::Copy { .. } => Verb::Copy,
            Self::Move { .. } => Verb::Move,
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> CommandBody<'static> {
        match self {
            Self::Capability => CommandBody::Capability,
            Self::Noop => CommandBody::Noop,
            Self::Logout => CommandBody::Logout,
            Self::Id(fields) => CommandBody::Id(fields.into_owned()),
            Self::StartTls => CommandBody::StartTls,
            Self::Login(login) => CommandBody::Login(login.into_owned()),
            Self::Authenticate(auth) => CommandBody::Authenticate(auth.into_owned()),
            Self::Enable(capabilities) => CommandBody::Enable(capabilities.into_owned()),
            Self::Select(mailbox) => CommandBody::Select(mailbox.into_owned()),
            Self::Examine(mailbox) => CommandBody::Examine(mailbox.into_owned()),
            Self::Create(mailbox) => CommandBody::Create(mailbox.into_owned()),
            Self::Delete(mailbox) => CommandBody::Delete(mailbox.into_owned()),
            Self::Rename { from, to } => {
                CommandBody::Rename { from: from.into_owned(), to: to.into_owned() }
            }
            Self::Subscribe(mailbox) => CommandBody::Subscribe(mailbox.into_owned()),
            Self::Unsubscribe(mailbox) => CommandBody::Unsubscribe(mailbox.into_owned()),
            Self::List(list) => CommandBody::List(list.into_owned()),
            Self::Lsub { reference, pattern } => CommandBody::Lsub {
                reference: reference.into_owned(),
                pattern: pattern.into_owned(),
            },
            Self::Namespace => CommandBody::Namespace,
            Self::Status { mailbox, items } => {
                CommandBody::Status { mailbox: mailbox.into_owned(), items }
            }
            Self::Append(append) => CommandBody::Append(append.into_owned()),
            Self::Idle => CommandBody::Idle,
            Self::Check => CommandBody::Check,
            Self::Close => CommandBody::Close,
            Self::Unselect => CommandBody::Unselect,
            Self::Expunge => CommandBody::Expunge,
            Self::UidExpunge(set) => CommandBody::UidExpunge(set.into_owned()),
            Self::Search(search) => CommandBody::Search(search.into_owned()),
            Self::Fetch { uid, set, items } => {
                CommandBody::Fetch { uid, set: set.into_owned(), items: items.into_owned() }
            }
            Self::Store { uid, set, action, silent, flags } => {
                let (set, flags) = (set.into_owned(), flags.into_owned());
                CommandBody::Store { uid, set, action, silent, flags }
            }
            Self::Copy { uid, set, mailbox } => {
                CommandBody::Copy { uid, set: set.into_owned(), mailbox: mailbox.into_owned() }
            }
            Self::Move { uid, set, mailbox } => {
                CommandBody::Move { uid, set: set.into_owned(), mailbox: mailbox.into_owned() }
            }
        }
    }
}

impl<'a> Login<'a> {
    /// Takes a name and a password.
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if there is NUL in the password.
    pub fn new(user: IString<'a>, password: Secret) -> Result<Self, Misuse> {
        match memchr::memchr(0, password.expose()) {
            None => Ok(Self { user, password }),
            Some(offset) => Err(Misuse::Unencodable { what: "password", octet: 0, offset }),
        }
    }

    /// Returns the name.
    #[must_use]
    pub const fn user(&self) -> &IString<'a> {
        &self.user
    }

    /// Returns the password.
    #[must_use]
    pub const fn password(&self) -> &Secret {
        &self.password
    }

    fn into_owned(self) -> Login<'static> {
        Login { user: self.user.into_owned(), password: self.password }
    }
}

impl<'a> Authenticate<'a> {
    /// Takes the mechanism's name, and the initial response as it stands on the wire: base64, or
    /// `=` for an empty one, as `mail_sasl::framing::encode_initial` makes it.
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if an octet of the initial response is not of base64;
    /// [`Misuse::Invalid`] if it is empty.
    pub fn new(mechanism: Atom<'a>, initial: Option<Secret>) -> Result<Self, Misuse> {
        if let Some(initial) = &initial {
            let what = "initial response";
            let octets = initial.expose();
            if octets.is_empty() {
                return Err(Misuse::Invalid { what, why: "it is empty, which is written =" });
            }
            let wrong = |&octet: &u8| !crate::parse::BASE64.has(octet);
            if let Some(offset) = octets.iter().position(wrong) {
                let octet = octets.get(offset).copied().unwrap_or_default();
                return Err(Misuse::Unencodable { what, octet, offset });
            }
        }
        Ok(Self { mechanism, initial })
    }

    pub(crate) const fn checked(mechanism: Atom<'a>, initial: Option<Secret>) -> Self {
        Self { mechanism, initial }
    }

    /// Returns the mechanism's name, spelt as it came.
    #[must_use]
    pub const fn mechanism(&self) -> &Atom<'a> {
        &self.mechanism
    }

    /// Returns the initial response as it stands on the wire, for
    /// `mail_sasl::framing::decode_initial`.
    #[must_use]
    pub const fn initial(&self) -> Option<&Secret> {
        self.initial.as_ref()
    }

    fn into_owned(self) -> Authenticate<'static> {
        Authenticate { mechanism: self.mechanism.into_owned(), initial: self.initial }
    }
}

impl Append<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Append<'static> {
        Append {
            mailbox: self.mailbox.into_owned(),
            flags: self.flags.into_owned(),
            date: self.date,
            literal: self.literal,
        }
    }
}

impl Search<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Search<'static> {
        Search {
            uid: self.uid,
            give: self.give,
            charset: self.charset.map(IString::into_owned),
            query: self.query.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let user = IString::try_from("tim").unwrap();
        let login = Login::new(user, Secret::from("tanstaaf")).unwrap();
        let auth =
            Authenticate::new(Atom::try_from("PLAIN").unwrap(), Some(Secret::from("AHRpbQ==")));
        let shown = format!("{:?} {:?}", CommandBody::Login(login), auth);
        assert!(!shown.contains("tanstaaf") && !shown.contains("AHRpbQ"), "{shown}");
    }

    #[test]
    fn err_secrets_that_would_break_the_line() {
        let user = || IString::try_from("tim").unwrap();
        assert!(Login::new(user(), Secret::from("a\0")).is_err());
        let plain = || Atom::try_from("PLAIN").unwrap();
        for bad in ["", "AA\r\nB", "A A", "A*"] {
            assert!(Authenticate::new(plain(), Some(Secret::from(bad))).is_err(), "{bad:?}");
        }
        assert!(Authenticate::new(plain(), Some(Secret::from("="))).is_ok());
    }
}
