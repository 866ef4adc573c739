//! Names of mailboxes, RFC 9051 section 5.1.

use std::{borrow::Cow, fmt};

use mail_errors::Misuse;

use crate::{IString, utf7};

/// The name of a mailbox, as it stands on the wire.
///
/// INBOX is one name in any case of letters; every other name is equal to itself alone, octet by
/// octet. IMAP4rev1 writes names in modified UTF-7, IMAP4rev2 (and `UTF8=ACCEPT`) in UTF-8; the
/// session knows which, [`MailboxName::from_utf8`] and [`MailboxName::to_utf8`] convert.
///
/// ```
/// use imap_proto::{MailboxName, NameForm};
///
/// let drafts = MailboxName::from_utf8("Entwürfe", NameForm::Utf7)?;
/// assert_eq!(drafts.as_bytes(), b"Entw&APw-rfe");
/// assert_eq!(drafts.to_utf8(NameForm::Utf7).as_deref(), Some("Entwürfe"));
/// assert_eq!(MailboxName::new(&b"inbox"[..])?, MailboxName::INBOX);
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName<'a>(IString<'a>);

/// How names are written on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NameForm {
    /// Modified UTF-7, RFC 3501 section 5.1.3: unless IMAP4rev2 or `UTF8=ACCEPT` is enabled.
    #[default]
    Utf7,
    /// UTF-8, RFC 9051 section 5.1 and RFC 6855.
    Utf8,
}

impl MailboxName<'static> {
    /// The mailbox that every user has. RFC 9051 section 5.1.
    pub const INBOX: Self = Self(IString::INBOX);
}

impl<'a> MailboxName<'a> {
    /// Takes a name as it stands on the wire.
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if it holds NUL.
    pub fn new(wire: impl Into<Cow<'a, [u8]>>) -> Result<Self, Misuse> {
        IString::new(wire).map(Self::checked)
    }

    /// Takes a name as people read it.
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] if it holds NUL and goes out as UTF-8.
    pub fn from_utf8(name: &'a str, form: NameForm) -> Result<Self, Misuse> {
        match form {
            NameForm::Utf7 if !name.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'&') => {
                Self::new(utf7::encode(name))
            }
            NameForm::Utf7 | NameForm::Utf8 => Self::new(name.as_bytes()),
        }
    }

    pub(crate) fn checked(name: IString<'a>) -> Self {
        // RFC 9051 5.1: "The case-insensitive mailbox name INBOX".
        if name.is("INBOX") { Self(IString::INBOX) } else { Self(name) }
    }

    /// Returns the octets of the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns the name as people read it, or `None` if it is not written properly: then it is
    /// known by its octets alone.
    #[must_use]
    pub fn to_utf8(&self, form: NameForm) -> Option<Cow<'_, str>> {
        match form {
            NameForm::Utf7 => utf7::decode(self.as_bytes()).map(Cow::Owned),
            NameForm::Utf8 => self.0.to_str().map(Cow::Borrowed),
        }
    }

    /// Tells whether this is the INBOX.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        *self == MailboxName::INBOX
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> MailboxName<'static> {
        MailboxName(self.0.into_owned())
    }

    pub(crate) const fn string(&self) -> &IString<'a> {
        &self.0
    }
}

impl fmt::Debug for MailboxName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for MailboxName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inbox_is_one_name_in_any_case_and_nothing_else_is() {
        assert_eq!(MailboxName::new(&b"InBoX"[..]).unwrap(), MailboxName::INBOX);
        assert_ne!(MailboxName::new(&b"Foo"[..]), MailboxName::new(&b"foo"[..]));
        assert!(!MailboxName::new(&b"INBOX/a"[..]).unwrap().is_inbox());
    }

    #[test]
    fn an_ampersand_is_escaped_in_utf7_alone() {
        let name = |form| MailboxName::from_utf8("a&b", form).unwrap();
        assert_eq!(name(NameForm::Utf7).as_bytes(), b"a&-b");
        assert_eq!(name(NameForm::Utf8).as_bytes(), b"a&b");
    }

    #[test]
    fn err_nul() {
        assert!(MailboxName::new(&b"a\0b"[..]).is_err());
        assert!(MailboxName::from_utf8("a\0b", NameForm::Utf8).is_err());
    }
}
