//! The digest of POP3's APOP command (RFC 1939 section 7).
//!
//! The server's greeting ends in a timestamp in angle brackets; the client proves that it knows
//! the shared secret by the MD5 of the two. That needs a secret which the server keeps in the
//! clear, and MD5 is weak: offer it only where an old program asks for it and TLS is in place.

use std::fmt;

use mail_errors::Secret;
use md5::{Digest as _, Md5};
use subtle::{Choice, ConstantTimeEq};

use crate::prepare;

/// The digest that a client sends behind its name: 32 lower-case hexadecimal digits.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::apop::Digest;
///
/// // The example of RFC 1939 section 7.
/// let timestamp = b"<1896.697170952@dbc.mtview.ca.us>";
/// let digest = Digest::new(timestamp, &Secret::from("tanstaaf"));
/// assert_eq!(digest.as_str(), "c4c9334bac560ecc979e58001b3e22fb");
/// assert!(digest.verify(b"c4c9334bac560ecc979e58001b3e22fb"));
/// ```
#[derive(Clone)]
pub struct Digest(String);

impl Digest {
    /// Computes the digest of the greeting's timestamp (with its angle brackets) and the shared
    /// secret, which is prepared by SASLprep if it can be (RFC 6856 section 2.2).
    #[must_use]
    pub fn new(timestamp: &[u8], secret: &Secret) -> Self {
        let secret = prepare::password(secret.expose());
        let md5 = Md5::new().chain_update(timestamp).chain_update(secret).finalize();
        Self(md5.iter().flat_map(|octet| [octet >> 4, octet & 15]).map(hex).collect())
    }

    /// Returns the digits, to be sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether a client's digits are these. RFC 1939 section 7 asks for lower case, and
    /// others are refused. Takes the same time wherever they differ.
    #[must_use]
    pub fn verify(&self, digits: &[u8]) -> bool {
        let same: Choice = self.0.as_bytes().ct_eq(digits);
        same.into()
    }
}

/// Whoever sees a digest can guess at the secret, so it does not print.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

fn hex(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).expect("four bits are one digit")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMESTAMP: &[u8] = b"<1896.697170952@dbc.mtview.ca.us>";

    #[test]
    fn refuses_any_other_digits() {
        let digest = Digest::new(TIMESTAMP, &Secret::from("tanstaaf"));
        let digits = digest.as_str().to_owned();
        assert!(digest.verify(digits.as_bytes()));
        assert!(!digest.verify(b""));
        assert!(!digest.verify(&digits.as_bytes()[..31]));
        assert!(!digest.verify(format!("{digits} ").as_bytes()));
        assert!(!digest.verify(digits.to_uppercase().as_bytes()));
        for at in 0..digits.len() {
            let mut other = digits.clone().into_bytes();
            other[at] ^= 1;
            assert!(!digest.verify(&other), "digit {at}");
        }
    }

    #[test]
    fn refuses_another_secret_or_timestamp() {
        let digits = Digest::new(TIMESTAMP, &Secret::from("tanstaaf"));
        assert!(
            !Digest::new(TIMESTAMP, &Secret::from("tanstaag")).verify(digits.as_str().as_bytes())
        );
        assert!(
            !Digest::new(b"<1@a>", &Secret::from("tanstaaf")).verify(digits.as_str().as_bytes())
        );
    }

    /// RFC 6856 section 2.2.
    #[test]
    fn ok_secrets_that_look_the_same_are_the_same() {
        let digits = Digest::new(TIMESTAMP, &Secret::from("\u{2168}"));
        assert!(Digest::new(TIMESTAMP, &Secret::from("IX")).verify(digits.as_str().as_bytes()));
        let odd = Digest::new(TIMESTAMP, &Secret::from(&b"\xff\x07"[..]));
        assert!(!odd.verify(digits.as_str().as_bytes()));
    }

    #[test]
    fn prints_nothing_of_the_digest() {
        let digest = Digest::new(TIMESTAMP, &Secret::from("tanstaaf"));
        assert_eq!(format!("{digest:?}"), "Digest(..)");
    }
}
