//! LIST and LSUB, RFC 9051 sections 6.3.9 and 7.3.1, RFC 3501 section 6.3.9, RFC 5258.

use crate::{Atom, FlagName, IString, MailboxName, Raw, StatusItems, wire_list::wire_list};

/// `list-mailbox`: a mailbox name in which `%` and `*` stand for others. RFC 9051 section 6.3.9.
///
/// [`MailboxPattern`](crate::server::MailboxPattern) tells what matches it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListPattern<'a>(IString<'a>);

/// The LIST command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<'a> {
    /// Which kinds of mailboxes, RFC 5258.
    pub select: ListSelect,
    /// What the patterns are relative to; mostly empty.
    pub reference: MailboxName<'a>,
    /// The patterns; from the wire there is always one.
    pub patterns: ListPatterns<'a>,
    /// What to tell about each, RFC 5258.
    pub give: ListReturn,
}

/// `list-select-opts`: which kinds of mailboxes are listed. RFC 9051 section 6.3.9.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListSelect {
    /// `SUBSCRIBED`: what is subscribed, existing or not.
    pub subscribed: bool,
    /// `REMOTE`: mailboxes on other servers as well.
    pub remote: bool,
    /// `RECURSIVEMATCH`: also parents of what matches. Legal beside another option alone.
    pub recursive_match: bool,
    /// `SPECIAL-USE`: what has a special use. RFC 6154.
    pub special_use: bool,
}

/// `list-return-opts`: what is told about each mailbox. RFC 9051 section 6.3.9.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListReturn {
    /// `SUBSCRIBED`: whether it is subscribed.
    pub subscribed: bool,
    /// `CHILDREN`: whether there are mailboxes below it.
    pub children: bool,
    /// `SPECIAL-USE`: its special use. RFC 6154.
    pub special_use: bool,
    /// `STATUS (...)`: a STATUS response behind it; empty for none. RFC 5819.
    pub status: StatusItems,
}

/// `mailbox-list`: what LIST and LSUB tell about one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxListing<'a> {
    /// `\HasChildren`, `\Noselect` and the like.
    pub attributes: MailboxAttributes<'a>,
    /// What stands between the levels of the hierarchy; `None` where there are no levels.
    pub delimiter: Option<Delimiter>,
    /// The name.
    pub mailbox: MailboxName<'a>,
    /// `mbox-list-extended`: the parenthesised list behind the name, RFC 5258.
    pub extended: Option<Raw<'a>>,
}

/// The octet between the levels of the hierarchy. RFC 9051 section 5.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

/// `mbx-list-flag`: an attribute of a mailbox, its name without the backslash; equal in any case
/// of letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MailboxAttribute<'a>(FlagName<'a>);

wire_list!(
    /// The patterns of a LIST command.
    ListPatterns of ListPattern, list_mailbox
);

wire_list!(
    /// The attributes of a mailbox.
    MailboxAttributes of MailboxAttribute, mbx_list_flag
);

impl<'a> List<'a> {
    /// Lists all that match a pattern, and tells nothing special about them.
    pub fn new(reference: MailboxName<'a>, pattern: &ListPattern<'_>) -> Self {
        Self {
            select: ListSelect::default(),
            reference,
            patterns: ListPatterns::new([pattern.clone()]),
            give: ListReturn::default(),
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> List<'static> {
        List {
            select: self.select,
            reference: self.reference.into_owned(),
            patterns: self.patterns.into_owned(),
            give: self.give,
        }
    }
}

impl<'a> ListPattern<'a> {
    /// Takes a pattern as it stands on the wire.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if it holds NUL.
    pub fn new(pattern: &'a [u8]) -> Result<Self, mail_errors::Misuse> {
        IString::new(pattern).map(Self)
    }

    pub(crate) const fn checked(pattern: IString<'a>) -> Self {
        Self(pattern)
    }

    /// Returns the octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> ListPattern<'static> {
        ListPattern(self.0.into_owned())
    }
}

impl MailboxListing<'_> {
    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> MailboxListing<'static> {
        MailboxListing {
            attributes: self.attributes.into_owned(),
            delimiter: self.delimiter,
            mailbox: self.mailbox.into_owned(),
            extended: self.extended.map(Raw::into_owned),
        }
    }
}

impl Delimiter {
    /// Takes a delimiter: any of `QUOTED-CHAR` that is ASCII, `None` for another octet.
    #[must_use]
    pub const fn new(octet: u8) -> Option<Self> {
        match octet {
            0 | b'\r' | b'\n' | 0x80.. => None,
            _ => Some(Self(octet)),
        }
    }

    /// Returns the octet.
    #[must_use]
    pub const fn octet(self) -> u8 {
        self.0
    }
}

impl<'a> MailboxAttribute<'a> {
    /// Takes the attribute's name, without the backslash.
    ///
    /// # Errors
    /// [`mail_errors::Misuse`] if it is no atom.
    pub fn new(name: &'a str) -> Result<Self, mail_errors::Misuse> {
        Atom::try_from(name).map(Self::checked)
    }

    pub(crate) const fn checked(name: Atom<'a>) -> Self {
        Self(FlagName::checked(name))
    }

    /// Returns the name, without the backslash.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl MailboxAttributes<'_> {
    /// Tells whether the attribute of that name, without the backslash, is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|other| other.name().eq_ignore_ascii_case(name.as_bytes()))
    }
}
