//! The server's end of an exchange.
//!
//! ```text
//! new ──start(initial?)──▶ Challenge ──step(response)──▶ Challenge … Lookup ──supply(kept)──▶ …
//!                                                                     Check
//!                                                                      │ answer(verdict)
//!                                                        Accepted ◀────┴────▶ Refused
//! ```

mod ask;

use mail_errors::{Misuse, Secret};

use crate::scram::{Asked, Challenged};
use crate::{
    ChannelBindings, Mechanism, Nonce, SaslError, TokenFailure, cram_md5, login, names, plain,
    token,
};

pub use ask::{Claim, Kept, Lookup, Proven, Step, Verdict, offered};

/// The server's end of one exchange.
///
/// - [`start`](Self::start): the client named the mechanism, perhaps with an initial response.
/// - [`step`](Self::step): the client answered a challenge.
/// - [`supply`](Self::supply): the application has looked up what is kept of a user.
/// - [`answer`](Self::answer): the application knows whether the client may come in.
///
/// Each of them returns the next [`Step`]. Octets are the mechanism's own;
/// [`framing`](crate::framing) has the base64 around them, and tells when the client cancels:
/// drop the exchange then. After an `Err` that is not [`SaslError::Misuse`] the exchange is over.
///
/// ```
/// use mail_sasl::server::{Claim, Exchange, Step, Verdict};
/// use mail_sasl::Mechanism;
///
/// let mut exchange = Exchange::new(Mechanism::Plain);
/// let Step::Check(Claim::Password(credentials)) =
///     exchange.start(Some(b"\0tim\0tanstaaftanstaaf"))?
/// else {
///     panic!("PLAIN has one message");
/// };
/// assert_eq!(credentials.user(), "tim");
/// assert_eq!(exchange.answer(Verdict::Refuse)?, Step::Refused);
/// # Ok::<(), mail_sasl::SaslError>(())
/// ```
#[derive(Debug)]
pub struct Exchange {
    mechanism: Mechanism,
    state: State,
    bindings: ChannelBindings,
    host: String,
    nonce: Option<Nonce>,
    failure: TokenFailure,
}

#[derive(Debug)]
enum State {
    /// The mechanism was named; [`Exchange::start`] was not called yet.
    Named,
    /// The first message of a client-first mechanism is awaited.
    First,
    /// The answer to the first prompt of LOGIN is awaited.
    LoginUser,
    /// The answer to the second prompt of LOGIN is awaited.
    LoginPassword(String),
    /// The answer to the challenge of CRAM-MD5 is awaited.
    CramMd5 { challenge: Vec<u8> },
    /// The application owes the password.
    CramMd5Lookup { challenge: Vec<u8>, user: String, digest: Secret },
    /// The application owes the keys.
    ScramLookup(Box<Asked>),
    /// The client's proof is awaited.
    Scram(Box<Challenged>),
    /// The client is to take note of our signature.
    ScramSigned(Proven),
    /// The application owes a verdict.
    Checking,
    /// The client is to take note of why its token is not good.
    TokenRefused,
    /// Nothing more will happen.
    Over,
}

impl Exchange {
    /// Prepares to authenticate a client by the mechanism it named.
    #[must_use]
    pub const fn new(mechanism: Mechanism) -> Self {
        Self {
            mechanism,
            state: State::Named,
            bindings: ChannelBindings::new(),
            host: String::new(),
            nonce: None,
            failure: TokenFailure::new(),
        }
    }

    /// Says what the TLS below can be bound to. Only where the client saw the same mechanism
    /// offered with channel binding (see [`Mechanism::bound`]): a client that can bind and says that
    /// it did not see the offer is refused, because somebody took the offer away (RFC 5802
    /// section 6).
    #[must_use]
    pub fn bindings(mut self, bindings: ChannelBindings) -> Self {
        self.bindings = bindings;
        self
    }

    /// Sets the server's name, for the challenge of CRAM-MD5.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = name.into();
        self
    }

    /// Gives the nonce for SCRAM and CRAM-MD5, which is drawn from the operating system else. It is
    /// for one exchange: with a nonce that comes twice an exchange can be played back.
    #[must_use]
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Sets what a client is told whose token is not good.
    #[must_use]
    pub fn token_failure(mut self, failure: TokenFailure) -> Self {
        self.failure = failure;
        self
    }

    /// Begins, with the initial response if the client sent one.
    ///
    /// LOGIN has no initial response in its draft; clients that send one mean the user name
    /// (MS-XLOGIN section 2.2.2), and so it is taken.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step); [`SaslError::Malformed`] for an initial response to CRAM-MD5, in
    /// which the server speaks first; [`SaslError::NoEntropy`].
    pub fn start(&mut self, initial: Option<&[u8]>) -> Result<Step, SaslError> {
        let State::Named = self.state else {
            return Err(self.wrong_moment("start").into());
        };
        self.state = State::Over;
        let (awaiting, first) = match self.mechanism {
            Mechanism::Login => (State::LoginUser, login::USER_PROMPT.to_vec()),
            Mechanism::CramMd5 => {
                if initial.is_some() {
                    // RFC 4422 section 5: the server speaks first.
                    let (mechanism, expected) = (self.mechanism, "no initial response");
                    return Err(SaslError::Malformed { mechanism, offset: 0, expected });
                }
                let challenge = cram_md5::challenge(&self.draw()?, &self.host).into_bytes();
                (State::CramMd5 { challenge: challenge.clone() }, challenge)
            }
            // RFC 4422 section 5: the client speaks first, so the server asks with nothing.
            Mechanism::ScramSha256Plus
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1
            | Mechanism::OAuthBearer
            | Mechanism::XOAuth2
            | Mechanism::Plain
            | Mechanism::External
            | Mechanism::Anonymous => (State::First, Vec::new()),
        };
        self.state = awaiting;
        match initial {
            Some(response) => self.step(response),
            None => Ok(Step::Challenge(first)),
        }
    }

    /// Takes the client's response to the last challenge.
    ///
    /// # Errors
    ///
    /// [`SaslError::Malformed`] and [`SaslError::TooLong`] if it is not what the mechanism asks
    /// for, [`SaslError::Binding`] if somebody stands between the two ends: the exchange is over.
    /// [`SaslError::Misuse`] if no response is awaited: the exchange is unharmed.
    pub fn step(&mut self, response: &[u8]) -> Result<Step, SaslError> {
        // A response that fails below leaves the exchange over.
        let (next, step) = match std::mem::replace(&mut self.state, State::Over) {
            State::First => self.first(response)?,
            State::LoginUser => {
                let next = State::LoginPassword(login::user(response)?);
                (next, Step::Challenge(login::PASSWORD_PROMPT.to_vec()))
            }
            State::LoginPassword(user) => {
                let credentials = login::credentials(user, response)?;
                (State::Checking, Step::Check(Claim::Password(credentials)))
            }
            State::CramMd5 { challenge } => {
                let (user, digest) = cram_md5::parse(response)?;
                let lookup = Lookup::Password { user: user.clone() };
                (State::CramMd5Lookup { challenge, user, digest }, Step::Lookup(lookup))
            }
            State::Scram(challenged) => match challenged.verify(response)? {
                Some((who, signature)) => (State::ScramSigned(who), Step::Challenge(signature)),
                None => (State::Over, Step::Refused),
            },
            // RFC 5802 section 3: the signature came as a challenge, because the protocols of mail
            // have no place for it in their success. Nothing is said to it.
            State::ScramSigned(who) => match response {
                [] => (State::Checking, Step::Check(Claim::Proven(who))),
                _ => {
                    let (mechanism, expected) = (self.mechanism, "an empty response");
                    return Err(SaslError::Malformed { mechanism, offset: 0, expected });
                }
            },
            // RFC 7628 section 3.2.3: whatever the client says to it.
            State::TokenRefused => (State::Over, Step::Refused),
            unasked @ (State::Named
            | State::CramMd5Lookup { .. }
            | State::ScramLookup(_)
            | State::Checking
            | State::Over) => {
                self.state = unasked;
                return Err(self.wrong_moment("step").into());
            }
        };
        self.state = next;
        Ok(step)
    }

    /// Reads the first message of a client-first mechanism.
    fn first(&self, message: &[u8]) -> Result<(State, Step), SaslError> {
        let of = self.mechanism;
        let claim = match of {
            Mechanism::OAuthBearer | Mechanism::XOAuth2 => Claim::Token(token::parse(message, of)?),
            Mechanism::External => Claim::External(names::external(message)?),
            Mechanism::Anonymous => Claim::Anonymous(names::anonymous(message)?),
            Mechanism::ScramSha256Plus
            | Mechanism::ScramSha1Plus
            | Mechanism::ScramSha256
            | Mechanism::ScramSha1
            | Mechanism::CramMd5
            | Mechanism::Plain
            | Mechanism::Login => match of.scram_hash() {
                Some(hash) => {
                    let asked = Asked::new((of, hash), message, &self.bindings)?;
                    let (user, hash) = (asked.user().to_owned(), asked.hash());
                    let lookup = Step::Lookup(Lookup::Keys { user, hash });
                    return Ok((State::ScramLookup(Box::new(asked)), lookup));
                }
                None => Claim::Password(plain::parse(message)?),
            },
        };
        Ok((State::Checking, Step::Check(claim)))
    }

    /// Takes what [`Step::Lookup`] asked for.
    ///
    /// # Errors
    ///
    /// [`SaslError::Misuse`] if nothing is owed, or something else: the exchange is unharmed.
    /// [`SaslError::NoEntropy`].
    pub fn supply(&mut self, kept: Kept) -> Result<Step, SaslError> {
        let (next, step) = match (std::mem::replace(&mut self.state, State::Over), kept) {
            (State::ScramLookup(asked), Kept::Keys(keys)) if keys.hash() == asked.hash() => {
                let (challenged, challenge) = asked.challenge(keys, &self.draw()?);
                (State::Scram(Box::new(challenged)), Step::Challenge(challenge))
            }
            (State::CramMd5Lookup { challenge, user, digest }, Kept::Password(password)) => {
                match cram_md5::verify(&digest, &password, &challenge) {
                    true => {
                        let who = Proven { user, acting_as: None };
                        (State::Checking, Step::Check(Claim::Proven(who)))
                    }
                    false => (State::Over, Step::Refused),
                }
            }
            (owing @ State::ScramLookup(_), _) => {
                self.state = owing;
                let (given, owed) = ("something else", "keys for the hash that was asked for");
                return Err(Misuse::WrongAnswer { given, owed }.into());
            }
            (owing @ State::CramMd5Lookup { .. }, _) => {
                self.state = owing;
                let (given, owed) = ("something else", "a password");
                return Err(Misuse::WrongAnswer { given, owed }.into());
            }
            (
                unasked @ (State::Named
                | State::First
                | State::LoginUser
                | State::LoginPassword(_)
                | State::CramMd5 { .. }
                | State::Scram(_)
                | State::ScramSigned(_)
                | State::Checking
                | State::TokenRefused
                | State::Over),
                _,
            ) => {
                self.state = unasked;
                return Err(self.wrong_moment("supply").into());
            }
        };
        self.state = next;
        Ok(step)
    }

    /// Takes the application's verdict on the claim of [`Step::Check`], or its refusal of
    /// [`Step::Lookup`].
    ///
    /// A token that is refused is told why by one more challenge (RFC 7628 section 3.2.2); the
    /// refusal comes when the client has answered it.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if none is owed. The exchange is unharmed.
    pub fn answer(&mut self, verdict: Verdict) -> Result<Step, Misuse> {
        let is_lookup = matches!(self.state, State::CramMd5Lookup { .. } | State::ScramLookup(_));
        let refuses = is_lookup && verdict == Verdict::Refuse;
        if !(refuses || matches!(self.state, State::Checking)) {
            return Err(self.wrong_moment("answer"));
        }
        self.state = State::Over;
        let by_token = matches!(self.mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2);
        Ok(match verdict {
            Verdict::Accept => Step::Accepted,
            Verdict::Refuse if by_token => {
                self.state = State::TokenRefused;
                Step::Challenge(self.failure.to_json(self.mechanism))
            }
            Verdict::Refuse => Step::Refused,
        })
    }

    /// Returns the mechanism.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    fn draw(&mut self) -> Result<Nonce, SaslError> {
        match self.nonce.take() {
            Some(nonce) => Ok(nonce),
            None => Nonce::random(),
        }
    }

    const fn wrong_moment(&self, call: &'static str) -> Misuse {
        let state = match self.state {
            State::Named => "the exchange has not begun",
            State::First
            | State::LoginUser
            | State::LoginPassword(_)
            | State::CramMd5 { .. }
            | State::Scram(_)
            | State::ScramSigned(_)
            | State::TokenRefused => "a response is awaited",
            State::CramMd5Lookup { .. } | State::ScramLookup(_) => "a look-up is owed",
            State::Checking => "a verdict is owed",
            State::Over => "the exchange is over",
        };
        Misuse::WrongMoment { call, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credentials, ScramHash, ScramKeys};

    fn challenge(text: &str) -> Step {
        Step::Challenge(text.as_bytes().to_vec())
    }

    fn check(user: &str, password: &str) -> Step {
        Step::Check(Claim::Password(Credentials::new(user, Secret::from(password)).unwrap()))
    }

    #[test]
    fn ok_plain_without_initial_response_is_asked_with_nothing() {
        let mut plain = Exchange::new(Mechanism::Plain);
        assert_eq!(plain.start(None), Ok(challenge("")));
        assert_eq!(plain.step(b"\0tim\0tanstaaf"), Ok(check("tim", "tanstaaf")));
        assert_eq!(plain.answer(Verdict::Accept), Ok(Step::Accepted));
    }

    #[test]
    fn ok_login_by_two_prompts() {
        let mut login = Exchange::new(Mechanism::Login);
        assert_eq!(login.start(None), Ok(challenge("Username:")));
        assert_eq!(login.step(b"tim"), Ok(challenge("Password:")));
        assert_eq!(login.step(b"tanstaaf"), Ok(check("tim", "tanstaaf")));
        assert_eq!(login.answer(Verdict::Refuse), Ok(Step::Refused));
    }

    #[test]
    fn ok_login_with_the_user_name_as_initial_response() {
        let mut login = Exchange::new(Mechanism::Login);
        assert_eq!(login.start(Some(b"tim")), Ok(challenge("Password:")));
        assert_eq!(login.step(b"tanstaaf"), Ok(check("tim", "tanstaaf")));
    }

    #[test]
    fn err_malformed_response_ends_the_exchange() {
        let mut plain = Exchange::new(Mechanism::Plain);
        assert!(matches!(plain.start(Some(b"tim")), Err(SaslError::Malformed { offset: 3, .. })));
        assert!(matches!(plain.step(b"\0tim\0tanstaaf"), Err(SaslError::Misuse(_))));

        let mut login = Exchange::new(Mechanism::Login);
        assert_eq!(login.start(None), Ok(challenge("Username:")));
        assert!(matches!(login.step(b"t\0m"), Err(SaslError::Malformed { offset: 1, .. })));
        assert!(matches!(login.step(b"tim"), Err(SaslError::Misuse(_))));
        assert!(login.answer(Verdict::Accept).is_err());
    }

    #[test]
    fn err_empty_user_or_password_in_login() {
        let mut login = Exchange::new(Mechanism::Login);
        assert_eq!(login.start(None), Ok(challenge("Username:")));
        assert!(matches!(
            login.step(b""),
            Err(SaslError::Malformed { expected: "a user name", .. })
        ));

        let mut login = Exchange::new(Mechanism::Login);
        assert_eq!(login.start(Some(b"tim")), Ok(challenge("Password:")));
        assert!(matches!(
            login.step(b""),
            Err(SaslError::Malformed { expected: "a password", .. })
        ));
    }

    #[test]
    fn misuse_leaves_the_exchange_unharmed() {
        let mut plain = Exchange::new(Mechanism::Plain);
        assert!(matches!(plain.step(b"\0a\0b"), Err(SaslError::Misuse(_))), "not begun");
        assert!(plain.answer(Verdict::Accept).is_err(), "not begun");
        assert_eq!(plain.start(None), Ok(challenge("")));
        assert!(plain.start(None).is_err(), "begun");
        assert!(plain.answer(Verdict::Accept).is_err(), "nothing to check");
        assert_eq!(plain.step(b"\0tim\0tanstaaf"), Ok(check("tim", "tanstaaf")));
        assert!(plain.step(b"\0tim\0tanstaaf").is_err(), "a verdict is owed");
        assert_eq!(plain.answer(Verdict::Accept), Ok(Step::Accepted));
        assert!(plain.answer(Verdict::Accept).is_err(), "over");
    }

    #[test]
    fn prints_nothing_of_the_password() {
        let mut plain = Exchange::new(Mechanism::Plain);
        let step = plain.start(Some(b"\0tim\0tanstaaf")).unwrap();
        assert!(!format!("{plain:?} {step:?}").contains("tanstaaf"));
    }

    fn keys(hash: ScramHash) -> Kept {
        let password = Secret::from("pencil");
        Kept::Keys(ScramKeys::derive_for(hash, &password, b"salt", 4096).unwrap())
    }

    #[test]
    fn misuse_of_a_lookup_leaves_the_exchange_unharmed() {
        let mut scram = Exchange::new(Mechanism::ScramSha256);
        let lookup = Lookup::Keys { user: "user".to_owned(), hash: ScramHash::Sha256 };
        assert_eq!(scram.start(Some(b"n,,n=user,r=abc")), Ok(Step::Lookup(lookup)));
        assert!(scram.supply(Kept::Password(Secret::from("pencil"))).is_err(), "not that");
        assert!(scram.supply(keys(ScramHash::Sha1)).is_err(), "not for that hash");
        assert!(scram.answer(Verdict::Accept).is_err(), "nothing is shown yet");
        assert!(scram.step(b"").is_err(), "a look-up is owed");
        assert!(matches!(scram.supply(keys(ScramHash::Sha256)), Ok(Step::Challenge(_))));
        assert!(scram.supply(keys(ScramHash::Sha256)).is_err(), "once is enough");
    }

    #[test]
    fn a_lookup_can_be_refused_at_once() {
        let mut scram = Exchange::new(Mechanism::ScramSha1);
        assert!(matches!(scram.start(Some(b"n,,n=user,r=abc")), Ok(Step::Lookup(_))));
        assert_eq!(scram.answer(Verdict::Refuse), Ok(Step::Refused));
        assert!(scram.supply(keys(ScramHash::Sha1)).is_err(), "over");
    }

    /// RFC 4422 section 5: a server-first mechanism has no initial response.
    #[test]
    fn err_initial_response_to_cram_md5() {
        let mut cram = Exchange::new(Mechanism::CramMd5);
        assert!(matches!(cram.start(Some(b"")), Err(SaslError::Malformed { .. })));
        assert!(cram.step(b"").is_err(), "over");
    }

    #[test]
    fn offers_what_the_connection_can_carry() {
        let all = Mechanism::BY_STRENGTH;
        let on = |is_protected, has_bindings| offered(&all, is_protected, has_bindings).count();
        assert_eq!(on(true, true), 11);
        assert_eq!(on(true, false), 9);
        assert!(offered(&all, false, false).all(|one| !one.is_plaintext() && !one.is_bound()));
    }
}
