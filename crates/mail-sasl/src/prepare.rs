//! SASLprep (RFC 4013): one form for names and passwords that look the same.

use std::borrow::Cow;

use mail_errors::Misuse;

/// Prepares a name or a password by SASLprep (RFC 4013), so that two people who see the same text
/// type the same octets: compatibility forms and look-alike spaces become one, what is invisible
/// goes, what cannot be typed is refused. ASCII stays as it is.
///
/// SCRAM prepares by itself. A server that looks names up from PLAIN or LOGIN does well to prepare
/// them first (RFC 4616 section 2).
///
/// ```
/// // RFC 4013 section 3.
/// assert_eq!(mail_sasl::saslprep("I\u{ad}X").as_deref(), Ok("IX"));
/// assert_eq!(mail_sasl::saslprep("\u{2168}").as_deref(), Ok("IX"));
/// assert!(mail_sasl::saslprep("\u{627}\u{31}").is_err());
/// ```
///
/// # Errors
///
/// [`Misuse::Invalid`] if it holds a character that is prohibited, or unassigned in Unicode 3.2, or
/// directions that do not go together, or if nothing is left of it.
pub fn saslprep(text: &str) -> Result<Cow<'_, str>, Misuse> {
    let refused = |why| Misuse::Invalid { what: "text", why };
    let prepared = stringprep::saslprep(text).map_err(|_| refused("SASLprep prohibits it"))?;
    // RFC 5802 section 5.1: a name that becomes empty is as good as none.
    if prepared.is_empty() {
        return Err(refused("SASLprep leaves nothing of it"));
    }
    Ok(prepared)
}

/// Prepares a password for hashing. One that cannot be prepared, because it is not UTF-8 or holds
/// what SASLprep prohibits, is taken octet by octet, as PostgreSQL does: the alternative is that
/// its owner never gets in.
pub(crate) fn password(octets: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(octets).map(saslprep) {
        Ok(Ok(Cow::Owned(prepared))) => Cow::Owned(prepared.into_bytes()),
        Ok(Ok(Cow::Borrowed(_)) | Err(_)) | Err(_) => Cow::Borrowed(octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4013 section 3, all six.
    #[test]
    fn ok_the_examples_of_rfc_4013() {
        let cases = [
            ("I\u{ad}X", Some("IX")),
            ("user", Some("user")),
            ("USER", Some("USER")),
            ("\u{aa}", Some("a")),
            ("\u{2168}", Some("IX")),
            ("\u{7}", None),
            ("\u{627}\u{31}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(saslprep(text).ok().as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn err_nothing_is_left() {
        assert!(saslprep("\u{ad}").is_err());
    }

    #[test]
    fn passwords_that_cannot_be_prepared_stay_as_they_are() {
        for octets in [b"\xff\xfe".as_slice(), b"a\x07", "\u{627}1".as_bytes(), b"plain"] {
            assert_eq!(password(octets), octets);
        }
        assert_eq!(&*password("a\u{a0}b".as_bytes()), b"a b");
    }
}
