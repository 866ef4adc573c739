//! Who submitted a message: AUTH= of RFC 4954 5.

use mail_errors::ParseError;

use crate::{Mailbox, Octets, Xtext, parse};

/// Who submitted the message first, as far as whoever sends it trusts that: AUTH of MAIL. RFC 4954
/// 5.
///
/// Nothing may follow from it unless the client is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Submitter<T: AsRef<[u8]> = Octets> {
    /// `<>`: not known, or not trusted.
    Unknown,
    /// This mailbox, in xtext.
    Mailbox(Xtext<T>),
}

impl Submitter {
    /// Reads the value of AUTH.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit, or if what is meant is no mailbox.
    pub fn parse(value: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let value = value.as_ref();
        Ok(parse::submitter(value)?.map(Octets::from))
    }
}

impl<T: AsRef<[u8]>> Submitter<T> {
    /// Returns the mailbox, decoded.
    pub fn mailbox(&self) -> Option<Mailbox> {
        match self {
            Self::Unknown => None,
            Self::Mailbox(text) => Mailbox::parse(text.decode()).ok(),
        }
    }

    /// Returns the value as it stands on the wire.
    pub fn as_wire(&self) -> &[u8] {
        match self {
            Self::Unknown => b"<>",
            Self::Mailbox(text) => text.as_wire(),
        }
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Submitter<U> {
        match self {
            Self::Unknown => Submitter::Unknown,
            Self::Mailbox(text) => Submitter::Mailbox(text.map(own)),
        }
    }
}

impl From<&Mailbox> for Submitter {
    fn from(mailbox: &Mailbox) -> Self {
        Self::Mailbox(Xtext::encode(mailbox.to_string().as_bytes()))
    }
}
