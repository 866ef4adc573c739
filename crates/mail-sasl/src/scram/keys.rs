//! The keys that a server keeps in place of a password.

use std::fmt;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use mail_errors::{Misuse, ParseError, Secret};
use pbkdf2::pbkdf2_hmac_array;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::{MAX_ITERATIONS, MIN_ITERATIONS, SALT};

/// The keys of SCRAM-SHA-256 for one password: what a server keeps in its place.
///
/// They let the server check the password when it comes by PLAIN or LOGIN, and take part in SCRAM,
/// without being able to log in anywhere with what it keeps (RFC 5802 section 3). Whoever steals
/// them can guess at the password, at the price of `iterations` hashes a guess, so they do not
/// print.
///
/// Invariant: 1 to [`SALT`] octets of salt, [`MIN_ITERATIONS`] to [`MAX_ITERATIONS`] iterations.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::ScramKeys;
///
/// let salt = b"16 random octets";
/// let keys = ScramKeys::derive(&Secret::from("pencil"), salt, 4096)?;
/// let kept = keys.to_text();
/// assert!(kept.starts_with("SCRAM-SHA-256$4096:"));
///
/// let keys = ScramKeys::parse(&kept)?;
/// assert!(keys.verify_password(&Secret::from("pencil")));
/// assert!(!keys.verify_password(&Secret::from("pen")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ScramKeys {
    salt: Box<[u8]>,
    iterations: u32,
    stored_key: [u8; KEY],
    server_key: [u8; KEY],
}

impl ScramKeys {
    /// Derives the keys of a password.
    ///
    /// The salt is to be random and another for each user, 16 octets or more. `iterations` is the
    /// price of one guess and of one log-in; RFC 7677 section 4 asks for at least 4096, and the
    /// advice of today is a hundred times that. The password is taken octet by octet, without
    /// SASLprep.
    ///
    /// A server does well to keep one set of keys that belongs to nobody, and to verify against it
    /// when the user is unknown, so that the time does not tell who exists.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the salt is empty or too long, or the number of iterations is outside of
    /// [`MIN_ITERATIONS`] to [`MAX_ITERATIONS`].
    pub fn derive(password: &Secret, salt: &[u8], iterations: u32) -> Result<Self, Misuse> {
        if salt.is_empty() {
            return Err(Misuse::Invalid { what: "salt", why: "it is empty" });
        }
        if salt.len() > SALT {
            let (len, limit) = (salt.len() as u64, SALT as u64);
            return Err(Misuse::TooLong { what: "salt", len, limit });
        }
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            let why = "it is not between 4096 and 1000000";
            return Err(Misuse::Invalid { what: "iteration count", why });
        }
        let salted = salted_password(password, salt, iterations);
        let stored_key = stored_key(&salted);
        let server_key = hmac(&salted, b"Server Key");
        Ok(Self { salt: salt.into(), iterations, stored_key, server_key })
    }

    /// Reads the text form back.
    ///
    /// > SCRAM-SHA-256$&lt;iterations&gt;:&lt;salt&gt;$&lt;StoredKey&gt;:&lt;ServerKey&gt;
    ///
    /// It is what PostgreSQL keeps, and the parts of RFC 5803 section 2 in the same order: decimal
    /// iterations, the rest in base64.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the offset at which the text is not that, or is outside of the
    /// invariant. Keys that ask for more than [`MAX_ITERATIONS`] are refused here, before anybody
    /// pays for them.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut fields = Fields { text, at: 0 };
        if fields.until('$')? != SCHEME {
            return Err(ParseError::at(text.as_bytes(), 0, "SCRAM-SHA-256"));
        }
        let iterations = fields.iterations()?;
        let salt = fields.salt()?;
        let stored_key = fields.key(Some(':'))?;
        let server_key = fields.key(None)?;
        Ok(Self { salt, iterations, stored_key, server_key })
    }

    /// Returns the text form that [`parse`](Self::parse) reads. Keep it as one keeps a password.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{SCHEME}${}:{}${}:{}",
            self.iterations,
            STANDARD.encode(&self.salt),
            STANDARD.encode(self.stored_key),
            STANDARD.encode(self.server_key),
        )
    }

    /// Tells whether this is the password from which the keys were derived: the check behind PLAIN
    /// and LOGIN. Costs as much as [`derive`](Self::derive); the comparison takes the same time
    /// wherever the keys differ.
    #[must_use]
    pub fn verify_password(&self, password: &Secret) -> bool {
        let salted = salted_password(password, &self.salt, self.iterations);
        stored_key(&salted).ct_eq(&self.stored_key).into()
    }

    /// Returns the salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// Returns the number of iterations.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Returns StoredKey, against which a client's proof is checked.
    #[must_use]
    pub fn stored_key(&self) -> Secret {
        Secret::new(self.stored_key)
    }

    /// Returns ServerKey, by which the server proves that it knows the user.
    #[must_use]
    pub fn server_key(&self) -> Secret {
        Secret::new(self.server_key)
    }
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// What is left of the text form, and where in it we are.
struct Fields<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Fields<'a> {
    /// Takes what stands before the next `end`, and `end` with it.
    fn until(&mut self, end: char) -> Result<&'a str, ParseError> {
        let Some((field, _)) = self.rest().split_once(end) else {
            return Err(self.error("a delimiter, ':' or '$',"));
        };
        self.at += field.len() + end.len_utf8();
        Ok(field)
    }

    fn iterations(&mut self) -> Result<u32, ParseError> {
        let error = self.error("an iteration count from 4096 to 1000000");
        let digits = self.until(':')?;
        match digits.parse() {
            // One number has one spelling: no sign, no leading zero.
            Ok(count) if digits.starts_with(|first| ('1'..='9').contains(&first)) => {
                if (MIN_ITERATIONS..=MAX_ITERATIONS).contains(&count) {
                    Ok(count)
                } else {
                    Err(error)
                }
            }
            _ => Err(error),
        }
    }

    fn salt(&mut self) -> Result<Box<[u8]>, ParseError> {
        let error = self.error("a salt of 1 to 255 octets in base64");
        match STANDARD.decode(self.until('$')?) {
            Ok(salt) if (1..=SALT).contains(&salt.len()) => Ok(salt.into()),
            _ => Err(error),
        }
    }

    fn key(&mut self, end: Option<char>) -> Result<[u8; KEY], ParseError> {
        let error = self.error("a key of 32 octets in base64");
        let field = match end {
            Some(end) => self.until(end)?,
            None => self.rest(),
        };
        let octets = STANDARD.decode(field).map_err(|_| error.clone())?;
        octets.try_into().map_err(|_| error)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn error(&self, expected: &'static str) -> ParseError {
        ParseError::at(self.text.as_bytes(), self.at, expected)
    }
}

/// > SaltedPassword  := Hi(Normalize(password), salt, i)             RFC 5802 section 3
fn salted_password(password: &Secret, salt: &[u8], iterations: u32) -> [u8; KEY] {
    pbkdf2_hmac_array::<Sha256, KEY>(password.expose(), salt, iterations)
}

/// > ClientKey := HMAC(SaltedPassword, "Client Key")
/// > StoredKey := H(ClientKey)                                       RFC 5802 section 3
fn stored_key(salted_password: &[u8; KEY]) -> [u8; KEY] {
    Sha256::digest(hmac(salted_password, b"Client Key")).into()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; KEY] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

/// Octets of a SHA-256 digest.
const KEY: usize = 32;

const SCHEME: &str = "SCRAM-SHA-256";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The user of RFC 7677 section 3.
    fn pencil() -> ScramKeys {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        ScramKeys::derive(&Secret::from("pencil"), &salt, 4096).unwrap()
    }

    /// The AuthMessage of RFC 7677 section 3.
    const AUTH_MESSAGE: &str = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
        r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
        c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

    #[test]
    fn ok_server_signature_of_rfc_7677() {
        let signature = hmac(pencil().server_key().expose(), AUTH_MESSAGE.as_bytes());
        let expected = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        assert_eq!(STANDARD.encode(signature), expected);
    }

    /// ClientProof XOR ClientSignature is ClientKey, whose hash is StoredKey.
    #[test]
    fn ok_client_proof_of_rfc_7677() {
        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let signature = hmac(pencil().stored_key().expose(), AUTH_MESSAGE.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(signature).map(|(p, s)| p ^ s).collect();
        assert_eq!(Sha256::digest(client_key).as_slice(), pencil().stored_key().expose());
    }

    #[test]
    fn refuses_a_wrong_password() {
        assert!(pencil().verify_password(&Secret::from("pencil")));
        for wrong in ["", "penci", "pencil ", "Pencil", "pencil\0"] {
            // HMAC pads keys with NULs, so a trailing NUL does not change the derived key; it is
            // `Credentials` that lets no NUL through.
            let same_key = wrong == "pencil\0";
            assert_eq!(pencil().verify_password(&Secret::from(wrong)), same_key, "{wrong:?}");
        }
    }

    #[test]
    fn ok_text_form_reads_back() {
        let text = pencil().to_text();
        assert!(text.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"));
        let keys = ScramKeys::parse(&text).unwrap();
        assert_eq!(keys.to_text(), text);
        assert!(keys.verify_password(&Secret::from("pencil")));
    }

    #[test]
    fn err_text_form_tells_where() {
        let good = pencil().to_text();
        let (colon, dollar) = (good.find(':').unwrap(), good.rfind('$').unwrap());
        let offset = |text: &str| ScramKeys::parse(text).unwrap_err().offset();
        assert_eq!(offset(""), 0);
        assert_eq!(offset(&good.replace("256", "1")), 0);
        assert_eq!(offset(&good.replace("4096", "+4096")), 14);
        assert_eq!(offset(&good.replace("4096", "04096")), 14);
        assert_eq!(offset(&good.replace("$4096:", "$4096")), 14, "iterations run into a key");
        assert_eq!(offset(&good.replace("W22Z", "W2 Z")), colon + 1);
        assert_eq!(offset(&good.replace("W22ZaJ0SNY7soEsUEjb6gQ==", "")), colon + 1);
        assert_eq!(offset(&good[..dollar + 10]), dollar + 1);
        assert_eq!(offset(&format!("{good}=")), good.rfind(':').unwrap() + 1);
        assert_eq!(offset(&good.replace(':', "é")), 14);
    }

    #[test]
    fn err_iterations_outside_of_the_limits() {
        let password = Secret::from("pencil");
        for iterations in [0, 1, 4095, MAX_ITERATIONS + 1, u32::MAX] {
            assert!(ScramKeys::derive(&password, b"salt", iterations).is_err());
            let text = pencil().to_text().replace("4096", &iterations.to_string());
            assert_eq!(ScramKeys::parse(&text).unwrap_err().offset(), 14);
        }
        let text = pencil().to_text().replace("4096", "99999999999999999999");
        assert_eq!(ScramKeys::parse(&text).unwrap_err().offset(), 14);
    }

    #[test]
    fn err_salt_empty_or_over_the_limit() {
        let password = Secret::from("pencil");
        assert!(ScramKeys::derive(&password, b"", 4096).is_err());
        assert!(ScramKeys::derive(&password, &[1; SALT + 1], 4096).is_err());
        assert!(ScramKeys::derive(&password, &[1; SALT], 4096).is_ok());
    }

    #[test]
    fn prints_nothing_of_the_keys() {
        assert_eq!(format!("{:?}", pencil()), "ScramKeys { iterations: 4096, .. }");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn ok_round_trip(
            password in proptest::collection::vec(1..=255_u8, 1..80),
            salt in proptest::collection::vec(any::<u8>(), 1..40),
        ) {
            let password = Secret::new(password);
            let keys = ScramKeys::derive(&password, &salt, 4096).unwrap();
            let again = ScramKeys::parse(&keys.to_text()).unwrap();
            prop_assert_eq!(again.to_text(), keys.to_text());
            prop_assert_eq!(again.salt(), &salt[..]);
            prop_assert!(again.verify_password(&password));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(SCRAM-SHA-256)?[$:0-9A-Za-z=é]{0,60}") {
            let _ = ScramKeys::parse(&text);
        }
    }
}
