//! The one message of PLAIN (RFC 4616), read and written.

use mail_errors::Secret;

use crate::credentials::{check_identity, check_password};
use crate::{Credentials, Mechanism, SaslError};

/// > message   = [authzid] UTF8NUL authcid UTF8NUL passwd          RFC 4616 section 2
pub(crate) fn parse(message: &[u8]) -> Result<Credentials, SaslError> {
    let mut parts = message.splitn(3, |&octet| octet == 0);
    let authzid = parts.next().unwrap_or_default();
    let authcid_at = authzid.len() + 1;
    let authcid = parts.next().ok_or_else(|| malformed(message.len(), "NUL"))?;
    let passwd_at = authcid_at + authcid.len() + 1;
    let passwd = parts.next().ok_or_else(|| malformed(message.len(), "NUL"))?;

    let user = identity(authcid, authcid_at, "a user name")?;
    // A third NUL cannot belong to anything: a password holds none.
    check_password(passwd)
        .map_err(|flaw| flaw.into_error(Mechanism::Plain, passwd_at, "a password"))?;
    let credentials = Credentials::new(user, Secret::from(passwd))?;
    // An empty authorization identity is none: the server derives it (RFC 4616 section 2).
    if authzid.is_empty() {
        return Ok(credentials);
    }
    Ok(credentials.acting_as(identity(authzid, 0, "an authorization identity")?)?)
}

/// The mirror of [`parse`].
pub(crate) fn encode(credentials: &Credentials) -> Secret {
    let authzid = credentials.authorization_identity().unwrap_or_default();
    let parts =
        [authzid.as_bytes(), credentials.user().as_bytes(), credentials.password().expose()];
    Secret::new(parts.join(&0))
}

fn identity<'a>(octets: &'a [u8], at: usize, expected: &'static str) -> Result<&'a str, SaslError> {
    check_identity(octets).map_err(|flaw| flaw.into_error(Mechanism::Plain, at, expected))?;
    std::str::from_utf8(octets).map_err(|error| malformed(at + error.valid_up_to(), "UTF-8"))
}

fn malformed(offset: usize, expected: &'static str) -> SaslError {
    SaslError::Malformed { mechanism: Mechanism::Plain, offset, expected }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn err_at(offset: usize, expected: &'static str) -> Result<Credentials, SaslError> {
        Err(malformed(offset, expected))
    }

    /// RFC 4616 section 4, first example.
    #[test]
    fn ok_without_authorization_identity() {
        let tim = parse(b"\0tim\0tanstaaftanstaaf").unwrap();
        assert_eq!((tim.authorization_identity(), tim.user()), (None, "tim"));
        assert_eq!(tim.password().expose(), b"tanstaaftanstaaf");
    }

    /// RFC 4616 section 4, second example.
    #[test]
    fn ok_with_authorization_identity() {
        let kurt = parse(b"Ursel\0Kurt\0xipj3plmq").unwrap();
        assert_eq!((kurt.authorization_identity(), kurt.user()), (Some("Ursel"), "Kurt"));
        assert_eq!(kurt.password().expose(), b"xipj3plmq");
    }

    #[test]
    fn err_too_few_or_too_many_nuls() {
        assert_eq!(parse(b""), err_at(0, "NUL"));
        assert_eq!(parse(b"tim"), err_at(3, "NUL"));
        assert_eq!(parse(b"\0tim"), err_at(4, "NUL"));
        assert_eq!(parse(b"\0tim\0tan\0staaf"), err_at(8, "a password"));
    }

    #[test]
    fn err_empty_user_or_password() {
        assert_eq!(parse(b"\0\0pass"), err_at(1, "a user name"));
        assert_eq!(parse(b"\0tim\0"), err_at(5, "a password"));
    }

    #[test]
    fn err_name_that_is_not_utf8_or_breaks_lines() {
        assert_eq!(parse(b"\0t\xffm\0pass"), err_at(2, "UTF-8"));
        assert_eq!(parse(b"\0t\nm\0pass"), err_at(2, "a user name"));
        assert_eq!(parse(b"a\rb\0tim\0pass"), err_at(1, "an authorization identity"));
    }

    #[test]
    fn err_too_long_tells_the_limit() {
        let message = [b"\0".as_slice(), &[b'u'; 256], b"\0pass"].concat();
        let error = SaslError::TooLong { what: "a user name", len: 256, limit: 255 };
        assert_eq!(parse(&message), Err(error));
    }

    proptest! {
        #[test]
        fn ok_round_trip(
            user in "[^\\pC]{1,40}",
            other in proptest::option::of("[^\\pC]{1,40}"),
            password in proptest::collection::vec(1..=255_u8, 1..60),
        ) {
            let mut credentials = Credentials::new(user, Secret::new(password)).unwrap();
            if let Some(other) = other {
                credentials = credentials.acting_as(other).unwrap();
            }
            prop_assert_eq!(parse(encode(&credentials).expose()).unwrap(), credentials);
        }

        #[test]
        fn ok_what_parses_encodes_to_the_same(
            message in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..40)
        ) {
            if let Ok(credentials) = parse(&message) {
                prop_assert_eq!(encode(&credentials), Secret::new(message));
            }
        }
    }
}
