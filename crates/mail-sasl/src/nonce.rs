//! What makes each exchange another one.

use std::fmt;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_errors::Misuse;

use crate::SaslError;

/// A text that nobody can foretell and that is never used twice: what each end of SCRAM puts into
/// an exchange, and the server into the challenge of CRAM-MD5.
///
/// An exchange draws its own from the operating system. It is given one where entropy comes from
/// elsewhere, and where a transcript has to be the same each time.
///
/// Invariant: 1 to [`Nonce::MAX`] printable ASCII characters but comma (RFC 5802 section 7), and
/// neither space nor angle bracket.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// Most characters.
    pub const MAX: usize = 128;

    /// Draws a nonce of 144 random bits.
    ///
    /// # Errors
    ///
    /// [`SaslError::NoEntropy`] if the operating system has none.
    pub fn random() -> Result<Self, SaslError> {
        let mut octets = [0; 18];
        getrandom::fill(&mut octets).map_err(|_| SaslError::NoEntropy)?;
        Ok(Self(STANDARD.encode(octets)))
    }

    /// Takes a nonce from elsewhere. Whoever can foretell it, or sees it twice, can play an
    /// exchange back.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if it is empty, too long, or holds a character that it must not hold.
    pub fn new(text: impl Into<String>) -> Result<Self, Misuse> {
        let text = text.into();
        let (what, len) = ("nonce", text.len());
        if text.is_empty() {
            return Err(Misuse::Invalid { what, why: "it is empty" });
        }
        if len > Self::MAX {
            return Err(Misuse::TooLong { what, len: len as u64, limit: Self::MAX as u64 });
        }
        match text.bytes().enumerate().find(|&(_, octet)| !is_printable(octet)) {
            Some((offset, octet)) => Err(Misuse::Unencodable { what, octet, offset }),
            None => Ok(Self(text)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// It is no secret for long, but until it is sent it is one.
impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

const fn is_printable(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b',' | b'<' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_random_nonces_are_legal_and_differ() {
        let [one, other] = [Nonce::random().unwrap(), Nonce::random().unwrap()];
        assert_ne!(one, other);
        assert_eq!(Nonce::new(one.as_str()), Ok(one));
    }

    #[test]
    fn err_what_would_break_a_message() {
        for text in ["", "a,b", "a b", "a\r", "é", "<a>"] {
            assert!(Nonce::new(text).is_err(), "{text:?}");
        }
        assert!(Nonce::new("a".repeat(Nonce::MAX)).is_ok());
        assert!(Nonce::new("a".repeat(Nonce::MAX + 1)).is_err());
    }
}
