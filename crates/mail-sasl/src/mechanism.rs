//! The names of the mechanisms (RFC 4422 section 3.1).

use std::fmt;

use crate::{SaslError, ScramHash};

/// A way of authenticating that both ends of this crate can carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// [`ScramSha256`](Self::ScramSha256), bound to the TLS below it. RFC 7677, RFC 5802 section 6.
    ScramSha256Plus,
    /// [`ScramSha1`](Self::ScramSha1), bound to the TLS below it. RFC 5802.
    ScramSha1Plus,
    /// Both ends show that they know the password, or keys made of it, and neither sends it.
    /// RFC 7677.
    ScramSha256,
    /// The same with SHA-1. RFC 5802.
    ScramSha1,
    /// The client shows that it knows the password, which the server must keep in the clear. MD5
    /// is weak, and the server shows nothing. RFC 2195.
    CramMd5,
    /// A bearer token of OAuth 2.0. RFC 7628.
    OAuthBearer,
    /// A bearer token of OAuth 2.0 in the form that Google and Microsoft had before RFC 7628.
    XOAuth2,
    /// The password in one message, optionally on behalf of somebody else. RFC 4616.
    Plain,
    /// User name and password, each after a prompt. Never standardised, still asked for by many
    /// programs; described in draft-murchison-sasl-login and in Microsoft's MS-XLOGIN.
    Login,
    /// What is known from elsewhere, mostly the client's certificate. RFC 4422 appendix A.
    External,
    /// Nobody in particular. RFC 4505.
    Anonymous,
}

impl Mechanism {
    /// Every mechanism of this crate, the strongest first: what is bound to TLS, what hides the
    /// password, what shows it, and what has none. A server lists those that it has in this order.
    pub const BY_STRENGTH: [Self; 11] = [
        Self::ScramSha256Plus,
        Self::ScramSha1Plus,
        Self::ScramSha256,
        Self::ScramSha1,
        Self::CramMd5,
        Self::OAuthBearer,
        Self::XOAuth2,
        Self::Plain,
        Self::Login,
        Self::External,
        Self::Anonymous,
    ];

    /// The mechanisms in which the server sees the password, so that it can check it against
    /// whatever it keeps.
    pub const PASSWORD: [Self; 2] = [Self::Plain, Self::Login];

    /// SCRAM with both hashes, with and without channel binding: what a server can offer that keeps
    /// [`ScramKeys`](crate::ScramKeys) of both.
    pub const SCRAM: [Self; 4] =
        [Self::ScramSha256Plus, Self::ScramSha1Plus, Self::ScramSha256, Self::ScramSha1];

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
    /// known are passed over. What the client can do, and whether it should, is another question:
    /// [`client::Exchange::choose`](crate::client::Exchange::choose) answers it.
    ///
    /// ```
    /// # use mail_sasl::Mechanism;
    /// let offered = b"LOGIN GSSAPI PLAIN SCRAM-SHA-1".split(|&octet| octet == b' ');
    /// assert_eq!(Mechanism::strongest(offered), Some(Mechanism::ScramSha1));
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
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::CramMd5 => "CRAM-MD5",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::External => "EXTERNAL",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    /// Tells whether something crosses the wire that lets in whoever reads it, a password or a
    /// token, so that the mechanism must not be used without TLS (RFC 4954 section 4, RFC 9051
    /// section 11.1, RFC 7628 section 4).
    #[must_use]
    pub const fn is_plaintext(self) -> bool {
        match self {
            Self::OAuthBearer | Self::XOAuth2 | Self::Plain | Self::Login => true,
            Self::ScramSha256Plus
            | Self::ScramSha1Plus
            | Self::ScramSha256
            | Self::ScramSha1
            | Self::CramMd5
            | Self::External
            | Self::Anonymous => false,
        }
    }

    /// Tells whether the mechanism can name an authorization identity, somebody on whose behalf
    /// the authenticated user acts.
    #[must_use]
    pub const fn has_authorization_identity(self) -> bool {
        match self {
            Self::ScramSha256Plus
            | Self::ScramSha1Plus
            | Self::ScramSha256
            | Self::ScramSha1
            | Self::Plain
            | Self::External => true,
            // The user that OAUTHBEARER names is the one whose token it is.
            Self::CramMd5 | Self::OAuthBearer | Self::XOAuth2 | Self::Login | Self::Anonymous => {
                false
            }
        }
    }

    /// Tells whether the client speaks first, so that its first message may go out with the
    /// command that names the mechanism.
    #[must_use]
    pub const fn is_client_first(self) -> bool {
        match self {
            Self::ScramSha256Plus
            | Self::ScramSha1Plus
            | Self::ScramSha256
            | Self::ScramSha1
            | Self::OAuthBearer
            | Self::XOAuth2
            | Self::Plain
            | Self::External
            | Self::Anonymous => true,
            Self::CramMd5 | Self::Login => false,
        }
    }

    /// Tells whether the mechanism is bound to the TLS below it, and so needs it. RFC 5802
    /// section 6.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        matches!(self, Self::ScramSha256Plus | Self::ScramSha1Plus)
    }

    /// Returns the hash of SCRAM; none for other mechanisms.
    #[must_use]
    pub const fn scram_hash(self) -> Option<ScramHash> {
        match self {
            Self::ScramSha256Plus | Self::ScramSha256 => Some(ScramHash::Sha256),
            Self::ScramSha1Plus | Self::ScramSha1 => Some(ScramHash::Sha1),
            Self::CramMd5
            | Self::OAuthBearer
            | Self::XOAuth2
            | Self::Plain
            | Self::Login
            | Self::External
            | Self::Anonymous => None,
        }
    }

    /// Returns the same mechanism with channel binding, where there is one.
    #[must_use]
    pub const fn bound(self) -> Option<Self> {
        match self.scram_hash() {
            Some(ScramHash::Sha256) => Some(Self::ScramSha256Plus),
            Some(ScramHash::Sha1) => Some(Self::ScramSha1Plus),
            None => None,
        }
    }

    pub(crate) fn rank(self) -> usize {
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
        for name in ["", "PLAI", "PLAIN ", "PLAINER", "GSSAPI", "PLA\0N", "SCRAM-SHA-256-"] {
            assert_eq!(Mechanism::parse(name.as_bytes()), Err(SaslError::UnknownMechanism));
        }
    }

    #[test]
    fn picks_the_strongest_whatever_the_order() {
        let login_first = [b"LOGIN".as_slice(), b"GSSAPI", b"plain"];
        assert_eq!(Mechanism::strongest(login_first), Some(Mechanism::Plain));
        assert_eq!(Mechanism::strongest([b"LOGIN".as_slice()]), Some(Mechanism::Login));
        assert_eq!(Mechanism::strongest([b"GSSAPI".as_slice()]), None);
        let mut offered = Mechanism::BY_STRENGTH.map(|one| one.as_str().as_bytes());
        offered.reverse();
        assert_eq!(Mechanism::strongest(offered), Some(Mechanism::ScramSha256Plus));
    }

    /// RFC 4422 section 3.1: 1 to 20 capitals, digits, hyphens and underscores.
    #[test]
    fn names_are_legal() {
        for mechanism in Mechanism::BY_STRENGTH {
            let name = mechanism.as_str();
            assert!((1..=20).contains(&name.len()));
            let legal = |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
            assert!(name.bytes().all(|octet| legal(octet) || octet == b'-'), "{name}");
        }
    }

    #[test]
    fn every_bound_mechanism_has_one_that_is_not() {
        for mechanism in Mechanism::BY_STRENGTH {
            assert_eq!(mechanism.is_bound(), mechanism.bound() == Some(mechanism));
            assert_eq!(mechanism.bound().is_some(), mechanism.scram_hash().is_some());
        }
    }
}
