//! The names of the mechanisms (RFC 4422 section 3.1).

use std::fmt;

use crate::SaslError;

/// A way of authenticating that both ends of this crate can carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// The password in one message, optionally on behalf of somebody else. RFC 4616.
    Plain,
    /// User name and password, each after a prompt. Never standardised, still asked for by many
    /// programs; described in draft-murchison-sasl-login and in Microsoft's MS-XLOGIN.
    Login,
}

impl Mechanism {
    /// Every mechanism of this crate, the strongest first. It is the order in which a server lists
    /// them and a client tries them.
    pub const BY_STRENGTH: [Self; 2] = [Self::Plain, Self::Login];

    /// Reads a mechanism's name, in any case of letters.
    ///
    /// RFC 4422 section 3.1 spells names in capitals; SMTP (RFC 4954 section 4) and IMAP compare
    /// their arguments without regard to case.
    ///
    /// # Errors
    ///
    /// [`SaslError::UnknownMechanism`] if this crate does not have it.
    pub fn parse(name: &[u8]) -> Result<Self, SaslError> {
        Self::BY_STRENGTH
            .into_iter()
            .find(|known| known.as_str().as_bytes().eq_ignore_ascii_case(name))
            .ok_or(SaslError::UnknownMechanism)
    }

    /// Picks the strongest mechanism out of the names that a server offers. Names that are not
    /// known are passed over.
    ///
    /// ```
    /// # use mail_sasl::Mechanism;
    /// let offered = b"LOGIN GSSAPI PLAIN".split(|&octet| octet == b' ');
    /// assert_eq!(Mechanism::strongest(offered), Some(Mechanism::Plain));
    /// ```
    #[must_use]
    pub fn strongest<'a>(offered: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        offered
            .into_iter()
            .filter_map(|name| Self::parse(name).ok())
            .min_by_key(|mechanism| mechanism.rank())
    }

    /// Returns the registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// Tells whether the password itself crosses the wire, so that the mechanism must not be used
    /// without TLS (RFC 4954 section 4, RFC 9051 section 11.1).
    #[must_use]
    pub const fn is_plaintext(self) -> bool {
        match self {
            Self::Plain | Self::Login => true,
        }
    }

    /// Tells whether the mechanism can name an authorization identity, somebody on whose behalf
    /// the authenticated user acts.
    #[must_use]
    pub const fn has_authorization_identity(self) -> bool {
        match self {
            Self::Plain => true,
            Self::Login => false,
        }
    }

    /// Tells whether the client speaks first, so that its first message may go out with the
    /// command that names the mechanism.
    #[must_use]
    pub const fn is_client_first(self) -> bool {
        match self {
            Self::Plain => true,
            Self::Login => false,
        }
    }

    fn rank(self) -> usize {
        Self::BY_STRENGTH.iter().position(|&known| known == self).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_names_in_any_case() {
        for mechanism in Mechanism::BY_STRENGTH {
            let lower = mechanism.as_str().to_ascii_lowercase();
            assert_eq!(Mechanism::parse(lower.as_bytes()), Ok(mechanism));
            assert_eq!(Mechanism::parse(mechanism.to_string().as_bytes()), Ok(mechanism));
        }
    }

    #[test]
    fn err_unknown_or_longer_name() {
        for name in ["", "PLAI", "PLAIN ", "PLAINER", "GSSAPI", "PLA\0N"] {
            assert_eq!(Mechanism::parse(name.as_bytes()), Err(SaslError::UnknownMechanism));
        }
    }

    #[test]
    fn picks_the_strongest_whatever_the_order() {
        let login_first = [b"LOGIN".as_slice(), b"GSSAPI", b"plain"];
        assert_eq!(Mechanism::strongest(login_first), Some(Mechanism::Plain));
        assert_eq!(Mechanism::strongest([b"LOGIN".as_slice()]), Some(Mechanism::Login));
        assert_eq!(Mechanism::strongest([b"GSSAPI".as_slice()]), None);
    }
}
