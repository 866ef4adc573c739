//! Who wants in, as whom, with which password.

use mail_errors::{Misuse, Secret};

use crate::{Mechanism, SaslError, limits};

/// A user name, a password and, rarely, the name of somebody else on whose behalf the user acts.
///
/// Names are UTF-8 of 1 to [`limits::IDENTITY`] octets without control characters (RFC 4616
/// section 2, RFC 4013 section 2.3), so that a name can stand in a log or a trace field. The
/// password is 1 to [`limits::PASSWORD`] octets without NUL and otherwise free: it is compared,
/// never shown, and need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    acting_as: Option<String>,
    password: Secret,
}

impl Credentials {
    /// Puts a user's name (the authentication identity) and password together.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if one of them is empty, too long, or holds an octet that it must not hold.
    pub fn new(user: impl Into<String>, password: Secret) -> Result<Self, Misuse> {
        let user = user.into();
        check_identity(user.as_bytes()).map_err(|flaw| flaw.into_misuse("user name"))?;
        check_password(password.expose()).map_err(|flaw| flaw.into_misuse("password"))?;
        Ok(Self { user, acting_as: None, password })
    }

    /// Adds an authorization identity: the user whose rights are asked for, where that is not the
    /// user whose password it is (RFC 4422 section 3.4.1). PLAIN and SCRAM can carry one, LOGIN and
    /// CRAM-MD5 cannot.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if it is empty, too long, or holds an octet that it must not hold.
    pub fn acting_as(mut self, identity: impl Into<String>) -> Result<Self, Misuse> {
        let identity = identity.into();
        check_identity(identity.as_bytes())
            .map_err(|flaw| flaw.into_misuse("authorization identity"))?;
        self.acting_as = Some(identity);
        Ok(self)
    }

    /// Returns the authentication identity: whose password it is.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the authorization identity, if one was given. A server that does not let users act
    /// for one another must refuse the credentials when this is `Some` and is not the user itself.
    #[must_use]
    pub fn authorization_identity(&self) -> Option<&str> {
        self.acting_as.as_deref()
    }

    /// Returns the password.
    #[must_use]
    pub const fn password(&self) -> &Secret {
        &self.password
    }
}

/// What is wrong with a name or a password. Whose fault it is, the caller's or the peer's, is
/// known only outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    TooLong { len: usize, limit: usize },
    Octet { octet: u8, offset: usize },
}

impl Flaw {
    /// The peer's fault, found in a response in which `expected` begins at offset `at`.
    pub(crate) fn into_error(
        self,
        mechanism: Mechanism,
        at: usize,
        expected: &'static str,
    ) -> SaslError {
        let malformed = |offset| SaslError::Malformed { mechanism, offset, expected };
        match self {
            Self::Empty => malformed(at),
            Self::Octet { offset, .. } => malformed(at + offset),
            Self::TooLong { len, limit } => SaslError::TooLong { what: expected, len, limit },
        }
    }

    pub(crate) fn into_misuse(self, what: &'static str) -> Misuse {
        match self {
            Self::Empty => Misuse::Invalid { what, why: "it is empty" },
            Self::TooLong { len, limit } => {
                Misuse::TooLong { what, len: len as u64, limit: limit as u64 }
            }
            Self::Octet { octet, offset } => Misuse::Unencodable { what, octet, offset },
        }
    }
}

pub(crate) fn check_identity(octets: &[u8]) -> Result<(), Flaw> {
    // RFC 4013 2.3 prohibits control characters; the ASCII ones also break log lines.
    check(octets, limits::IDENTITY, |octet| octet.is_ascii_control())
}

pub(crate) fn check_password(octets: &[u8]) -> Result<(), Flaw> {
    check(octets, limits::PASSWORD, |octet| octet == 0)
}

fn check(octets: &[u8], limit: usize, forbidden: impl Fn(u8) -> bool) -> Result<(), Flaw> {
    if octets.is_empty() {
        return Err(Flaw::Empty);
    }
    if octets.len() > limit {
        return Err(Flaw::TooLong { len: octets.len(), limit });
    }
    match octets.iter().enumerate().find(|&(_, &octet)| forbidden(octet)) {
        Some((offset, &octet)) => Err(Flaw::Octet { octet, offset }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_user_in_utf8_and_password_in_any_octets() {
        let credentials = Credentials::new("山田", Secret::from(b"\xff\r\n".as_slice())).unwrap();
        assert_eq!(credentials.user(), "山田");
        assert_eq!(credentials.password().expose(), b"\xff\r\n");
        assert_eq!(credentials.authorization_identity(), None);
    }

    #[test]
    fn err_control_character_in_a_name() {
        for name in ["a\0b", "a\rb", "a\nb", "a\x7fb"] {
            let octet = name.as_bytes()[1];
            let expected = Misuse::Unencodable { what: "user name", octet, offset: 1 };
            assert_eq!(Credentials::new(name, Secret::from("x")), Err(expected));
        }
        let tim = Credentials::new("tim", Secret::from("x")).unwrap();
        assert!(tim.acting_as("a\nb").is_err());
    }

    #[test]
    fn err_empty_or_nul_in_a_password() {
        assert!(Credentials::new("tim", Secret::from("")).is_err());
        assert!(Credentials::new("tim", Secret::from("a\0")).is_err());
        assert!(Credentials::new("", Secret::from("x")).is_err());
    }

    #[test]
    fn ok_lengths_up_to_the_limit_and_no_further() {
        let password = |len: usize| Secret::new(vec![b'p'; len]);
        let user = |len: usize| "u".repeat(len);
        assert!(Credentials::new(user(255), password(limits::PASSWORD)).is_ok());
        assert!(Credentials::new(user(256), password(1)).is_err());
        assert!(Credentials::new(user(1), password(limits::PASSWORD + 1)).is_err());
    }

    #[test]
    fn prints_nothing_of_the_password() {
        let credentials = Credentials::new("tim", Secret::from("tanstaaf")).unwrap();
        assert!(!format!("{credentials:?}").contains("tanstaaf"));
    }
}
