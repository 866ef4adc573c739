//! What sort of solicitation a message is: RFC 3865.

use std::fmt;

use mail_errors::ParseError;

use crate::{Octets, parse};

/// Keywords that say what sort of solicitation a message is, or which sorts are not taken: SOLICIT
/// of MAIL and NO-SOLICITING of EHLO. At most 1000 octets. RFC 3865 2.
///
/// ```
/// use smtp_proto::Solicitation;
///
/// let solicitation = Solicitation::parse("org.example:ADV:ADLT,net.example:ADV")?;
/// assert_eq!(solicitation.iter().next(), Some("org.example:ADV:ADLT"));
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Solicitation<T: AsRef<[u8]> = Octets>(T);

impl Solicitation {
    /// Reads keywords with commas between them.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Ok(Self(parse::solicitation(text.as_ref())?.0.into()))
    }
}

impl Solicitation<&[u8]> {
    /// Copies them.
    #[must_use]
    pub fn into_owned(self) -> Solicitation {
        Solicitation(self.0.into())
    }
}

impl<T: AsRef<[u8]>> Solicitation<T> {
    pub(crate) const fn from_checked(keywords: T) -> Self {
        Self(keywords)
    }

    /// Returns the keywords.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_str().split(',')
    }

    /// Returns the keywords as they stand on the wire.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Solicitation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Solicitation({})", self.as_str())
    }
}
