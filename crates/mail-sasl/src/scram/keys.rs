//! The keys that a server keeps in place of a password.

use std::fmt;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_errors::{Misuse, ParseError, Secret};

use super::hash::ScramHash;
use crate::binding::same;
use crate::limits::{MAX_ITERATIONS, MIN_ITERATIONS, SALT};

/// The SCRAM keys of one password: what a server keeps in its place.
///
/// They let the server check the password when it comes by PLAIN or LOGIN, and take part in SCRAM
/// with the same hash, without being able to log in anywhere with what it keeps (RFC 5802
/// section 3). Whoever steals them can guess at the password, at the price of `iterations` hashes a
/// guess, so they do not print.
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
    hash: ScramHash,
    salt: Box<[u8]>,
    iterations: u32,
    stored_key: Box<[u8]>,
    server_key: Box<[u8]>,
}

impl ScramKeys {
    /// Derives the keys of a password for SCRAM-SHA-256.
    ///
    /// The salt is to be random and another for each user, 16 octets or more. `iterations` is the
    /// price of one guess and of one log-in; RFC 7677 section 4 asks for at least 4096, and the
    /// advice of today is a hundred times that. The password is prepared by SASLprep (RFC 4013);
    /// one that SASLprep refuses is taken octet by octet.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the salt is empty or too long, or the number of iterations is outside of
    /// [`MIN_ITERATIONS`] to [`MAX_ITERATIONS`].
    pub fn derive(password: &Secret, salt: &[u8], iterations: u32) -> Result<Self, Misuse> {
        Self::derive_for(ScramHash::Sha256, password, salt, iterations)
    }

    /// Derives the keys of a password for SCRAM with this hash, as [`derive`](Self::derive) does.
    /// A server that offers both hashes keeps the keys of both.
    ///
    /// # Errors
    ///
    /// As [`derive`](Self::derive).
    pub fn derive_for(
        hash: ScramHash,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, Misuse> {
        check(salt, iterations)?;
        let salted = hash.salted_password(password, salt, iterations);
        Ok(Self {
            hash,
            salt: salt.into(),
            iterations,
            stored_key: hash.digest(&hash.client_key(&salted)).into(),
            server_key: hash.server_key(&salted).into(),
        })
    }

    /// Makes keys that no password fits, for a user who does not exist: the exchange then takes its
    /// course and fails at its end, and whoever asks twice sees the same salt twice, so that
    /// nothing tells who exists. `secret` is the server's own, the same for all users and over
    /// restarts; `iterations` is what real users have.
    ///
    /// ```
    /// use mail_errors::Secret;
    /// use mail_sasl::{ScramHash, ScramKeys};
    ///
    /// let secret = Secret::from("32 octets that are never told   ");
    /// let decoy = |user| ScramKeys::decoy(ScramHash::Sha256, &secret, user, 4096);
    /// assert_eq!(decoy("nobody")?.salt(), decoy("nobody")?.salt());
    /// assert_ne!(decoy("nobody")?.salt(), decoy("noone")?.salt());
    /// # Ok::<(), mail_errors::Misuse>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the number of iterations is outside of [`MIN_ITERATIONS`] to
    /// [`MAX_ITERATIONS`].
    pub fn decoy(
        hash: ScramHash,
        secret: &Secret,
        user: &str,
        iterations: u32,
    ) -> Result<Self, Misuse> {
        let made_of = |what: &[u8]| {
            hash.hmac(&hash.hmac(secret.expose(), what), user.as_bytes()).into_boxed_slice()
        };
        let mut salt = made_of(b"salt").into_vec();
        salt.truncate(16);
        check(&salt, iterations)?;
        let (stored_key, server_key) = (made_of(b"stored key"), made_of(b"server key"));
        Ok(Self { hash, salt: salt.into(), iterations, stored_key, server_key })
    }

    /// Reads the text form back.
    ///
    /// > SCRAM-SHA-256$&lt;iterations&gt;:&lt;salt&gt;$&lt;StoredKey&gt;:&lt;ServerKey&gt;
    ///
    /// It is what PostgreSQL keeps, and the parts of RFC 5803 section 2 in the same order: decimal
    /// iterations, the rest in base64. `SCRAM-SHA-1` stands in front of keys for SHA-1.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the offset at which the text is not that, or is outside of the
    /// invariant. Keys that ask for more than [`MAX_ITERATIONS`] are refused here, before anybody
    /// pays for them.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut fields = Fields { text, at: 0 };
        let scheme = fields.until('$')?;
        let Some(hash) = ScramHash::ALL.into_iter().find(|hash| hash.scheme() == scheme) else {
            return Err(ParseError::at(text.as_bytes(), 0, "SCRAM-SHA-256 or SCRAM-SHA-1"));
        };
        let iterations = fields.iterations()?;
        let salt = fields.salt()?;
        let stored_key = fields.key(hash, Some(':'))?;
        let server_key = fields.key(hash, None)?;
        Ok(Self { hash, salt, iterations, stored_key, server_key })
    }

    /// Returns the text form that [`parse`](Self::parse) reads. Keep it as one keeps a password.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{}${}:{}${}:{}",
            self.hash.scheme(),
            self.iterations,
            STANDARD.encode(&self.salt),
            STANDARD.encode(&self.stored_key),
            STANDARD.encode(&self.server_key),
        )
    }

    /// Tells whether this is the password from which the keys were derived: the check behind PLAIN
    /// and LOGIN. Costs as much as [`derive`](Self::derive); the comparison takes the same time
    /// wherever the keys differ.
    #[must_use]
    pub fn verify_password(&self, password: &Secret) -> bool {
        let salted = self.hash.salted_password(password, &self.salt, self.iterations);
        let stored_key = self.hash.digest(&self.hash.client_key(&salted));
        same(&stored_key, &self.stored_key)
    }

    /// Returns the hash: which mechanism the keys are for.
    #[must_use]
    pub const fn hash(&self) -> ScramHash {
        self.hash
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
        Secret::from(&*self.stored_key)
    }

    /// Returns ServerKey, by which the server proves that it knows the user.
    #[must_use]
    pub fn server_key(&self) -> Secret {
        Secret::from(&*self.server_key)
    }
}

fn check(salt: &[u8], iterations: u32) -> Result<(), Misuse> {
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
    Ok(())
}

/// Two are equal if the text forms are. Takes the same time wherever the keys differ.
impl PartialEq for ScramKeys {
    fn eq(&self, other: &Self) -> bool {
        let keys =
            same(&self.stored_key, &other.stored_key) & same(&self.server_key, &other.server_key);
        self.hash == other.hash
            && self.iterations == other.iterations
            && self.salt == other.salt
            && keys
    }
}

impl Eq for ScramKeys {}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
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

    fn key(&mut self, hash: ScramHash, end: Option<char>) -> Result<Box<[u8]>, ParseError> {
        let error = self.error(match hash {
            ScramHash::Sha256 => "a key of 32 octets in base64",
            ScramHash::Sha1 => "a key of 20 octets in base64",
        });
        let field = match end {
            Some(end) => self.until(end)?,
            None => self.rest(),
        };
        match STANDARD.decode(field) {
            Ok(octets) if octets.len() == hash.octets() => Ok(octets.into()),
            _ => Err(error),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn error(&self, expected: &'static str) -> ParseError {
        ParseError::at(self.text.as_bytes(), self.at, expected)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The user of RFC 7677 section 3.
    fn pencil() -> ScramKeys {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        ScramKeys::derive(&Secret::from("pencil"), &salt, 4096).unwrap()
    }

    /// The user of RFC 5802 section 5.
    #[test]
    fn ok_keys_for_sha_1() {
        let salt = STANDARD.decode("QSXCR+Q6sek8bf92").unwrap();
        let password = Secret::from("pencil");
        let keys = ScramKeys::derive_for(ScramHash::Sha1, &password, &salt, 4096).unwrap();
        let text = keys.to_text();
        assert!(text.starts_with("SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$"), "{text}");
        assert_eq!(ScramKeys::parse(&text).unwrap(), keys);
        assert!(keys.verify_password(&password));
        assert!(!keys.verify_password(&Secret::from("pen")));
        let short = pencil().to_text().replace("SHA-256", "SHA-1");
        assert!(ScramKeys::parse(&short).is_err(), "keys of 32 octets are none of SHA-1");
    }

    /// RFC 4013: what looks the same is the same.
    #[test]
    fn ok_password_is_prepared() {
        let derive = |text: &str| ScramKeys::derive(&Secret::from(text), b"salt", 4096).unwrap();
        assert!(derive("IX").verify_password(&Secret::from("\u{2168}")));
        assert!(derive("I\u{ad}X").verify_password(&Secret::from("IX")));
        assert!(!derive("IX").verify_password(&Secret::from("ix")));
        // Prohibited, and taken as it is.
        assert!(derive("a\u{7}").verify_password(&Secret::from("a\u{7}")));
        assert!(!derive("a\u{7}").verify_password(&Secret::from("a")));
    }

    #[test]
    fn no_password_fits_a_decoy() {
        let secret = Secret::from("the server's own");
        let decoy = ScramKeys::decoy(ScramHash::Sha256, &secret, "nobody", 4096).unwrap();
        assert_eq!((decoy.salt().len(), decoy.iterations()), (16, 4096));
        for guess in ["", "nobody", "the server's own"] {
            assert!(!decoy.verify_password(&Secret::from(guess)));
        }
        let other = Secret::from("another server's");
        assert_ne!(decoy, ScramKeys::decoy(ScramHash::Sha256, &other, "nobody", 4096).unwrap());
        assert!(ScramKeys::decoy(ScramHash::Sha256, &secret, "nobody", 1).is_err());
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
        assert_eq!(offset(&good.replace("256", "512")), 0);
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
        assert_eq!(format!("{:?}", pencil()), "ScramKeys { hash: Sha256, iterations: 4096, .. }");
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
