//! The client's end of an exchange.
//!
//! ```text
//! choose ──initial()──▶ response with the command      (client-first mechanisms)
//!  └──────step(challenge)──▶ response … ──finish()──▶  the server's success may be believed
//! ```

mod identity;
mod terms;

use mail_errors::{Misuse, Secret};

use crate::scram::{Begun, Signed};
use crate::{Credentials, Mechanism, SaslError, cram_md5, framing, plain, token};

pub use identity::Identity;
pub use terms::Terms;

use identity::Kind;

/// The client's end of one exchange.
///
/// - [`choose`](Self::choose), [`new`](Self::new): by which mechanism, and as whom.
/// - [`initial`](Self::initial): what may go out with the command that names the mechanism.
/// - [`respond`](Self::respond): the response to each challenge, in base64 both; or
///   [`step`](Self::step), without.
/// - [`finish`](Self::finish): to be called when the server says that it succeeded.
///
/// Octets are the mechanism's own; [`framing`] has the base64 around them. After an `Err` of
/// [`step`](Self::step) the client should send [`CANCEL`](framing::CANCEL) and drop the exchange.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::{Credentials, Mechanism, client};
///
/// let tim = Credentials::new("tim", Secret::from("tanstaaftanstaaf"))?;
/// let mut exchange = client::Exchange::new(Mechanism::Plain, tim)?;
/// let response = exchange.initial().expect("PLAIN speaks first");
/// assert_eq!(response.expose(), b"\0tim\0tanstaaftanstaaf");
/// exchange.finish()?;
/// # Ok::<(), mail_sasl::SaslError>(())
/// ```
#[derive(Debug)]
pub struct Exchange {
    mechanism: Mechanism,
    state: State,
    failure: Option<Vec<u8>>,
}

#[derive(Debug)]
enum State {
    /// The client speaks first, and has not spoken yet.
    First { message: Secret, then: Box<Self> },
    /// LOGIN: the first prompt is awaited.
    LoginUser(Credentials),
    /// LOGIN: the second prompt is awaited.
    LoginPassword(Secret),
    /// CRAM-MD5: the challenge is awaited.
    CramMd5(Credentials),
    /// SCRAM: the server's first message is awaited.
    Scram(Box<Begun>),
    /// SCRAM: the server's signature is awaited.
    ScramSigned(Signed),
    /// OAUTHBEARER, XOAUTH2: all is said. A challenge would say why the token is not good.
    Token,
    /// The server has told why it will refuse.
    Failed,
    /// All is said. Only the server's verdict is left.
    Complete,
}

impl Exchange {
    /// Chooses the strongest mechanism that the server offers, the identity fits, and the terms
    /// allow. Names that are not known are passed over.
    ///
    /// ```
    /// use mail_errors::Secret;
    /// use mail_sasl::client::{Exchange, Terms};
    /// use mail_sasl::{Credentials, Mechanism, SaslError};
    ///
    /// let tim = Credentials::new("tim", Secret::from("tanstaaf"))?;
    /// let offered = || b"GSSAPI PLAIN SCRAM-SHA-1".split(|&octet| octet == b' ');
    /// let exchange = Exchange::choose(offered(), tim.clone(), &Terms::new())?;
    /// assert_eq!(exchange.mechanism(), Mechanism::ScramSha1);
    ///
    /// // Without TLS, and nobody asked for it: not PLAIN.
    /// let plain_alone = offered().take(2);
    /// let refused = Exchange::choose(plain_alone, tim, &Terms::new());
    /// assert!(matches!(refused, Err(SaslError::OnlyPlaintext)));
    /// # Ok::<(), SaslError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SaslError::NoMechanism`] and [`SaslError::OnlyPlaintext`] if there is none;
    /// [`SaslError::Misuse`] if the user name cannot be one of SCRAM (see
    /// [`saslprep`](crate::saslprep)); [`SaslError::NoEntropy`].
    pub fn choose<'a>(
        offered: impl IntoIterator<Item = &'a [u8]>,
        identity: impl Into<Identity>,
        terms: &Terms,
    ) -> Result<Self, SaslError> {
        let identity = identity.into();
        let (mechanism, is_bound_offered) = terms.choose(offered, &identity)?;
        Self::begin(mechanism, &identity, terms, is_bound_offered)
    }

    /// Prepares to authenticate by `mechanism`, whatever the server offers and the connection is,
    /// and without binding to it.
    ///
    /// # Errors
    ///
    /// [`SaslError::Misuse`] if the mechanism cannot carry the identity, for instance an
    /// authorization identity; [`SaslError::Binding`] for a mechanism with channel binding;
    /// [`SaslError::NoEntropy`].
    pub fn new(mechanism: Mechanism, identity: impl Into<Identity>) -> Result<Self, SaslError> {
        Self::begin(mechanism, &identity.into(), &Terms::new(), false)
    }

    fn begin(
        mechanism: Mechanism,
        identity: &Identity,
        terms: &Terms,
        is_bound_offered: bool,
    ) -> Result<Self, SaslError> {
        if !identity.fits(mechanism) {
            let why = "the mechanism cannot carry it";
            return Err(Misuse::Invalid { what: "identity", why }.into());
        }
        let first = |message, then| State::First { message, then: Box::new(then) };
        let state = match &identity.0 {
            Kind::Password(credentials) => match (mechanism, mechanism.scram_hash()) {
                (_, Some(hash)) => {
                    let scram = (mechanism, hash);
                    let (begun, message) = Begun::new(scram, credentials, terms, is_bound_offered)?;
                    first(message, State::Scram(Box::new(begun)))
                }
                (Mechanism::CramMd5, None) => State::CramMd5(credentials.clone()),
                (Mechanism::Login, None) => State::LoginUser(credentials.clone()),
                (_, None) => first(plain::encode(credentials), State::Complete),
            },
            Kind::Token(token) => first(token::encode(token, mechanism)?, State::Token),
            Kind::External(_) | Kind::Anonymous(_) => {
                first(identity.message().unwrap_or(Secret::new([])), State::Complete)
            }
        };
        Ok(Self { mechanism, state, failure: None })
    }

    /// Returns the initial response, if the mechanism has one and it is not taken yet. It may be
    /// empty, which is not the same as none: [`framing::encode_initial`] makes `=` of it.
    ///
    /// Where the protocol has no room for it (POP3 command lines, an IMAP server without SASL-IR)
    /// do not call this; the server then sends an empty challenge, and [`step`](Self::step)
    /// answers that with the same message.
    #[must_use = "the response is handed out once"]
    pub fn initial(&mut self) -> Option<Secret> {
        self.initial_len()?;
        self.step(b"").ok()
    }

    /// Returns how many octets the initial response has, if there is one and it is not taken yet:
    /// command lines are short, and [`framing::encoded_length`] tells how much it adds.
    #[must_use]
    pub fn initial_len(&self) -> Option<usize> {
        match &self.state {
            State::First { message, .. } => Some(message.expose().len()),
            State::LoginUser(_)
            | State::LoginPassword(_)
            | State::CramMd5(_)
            | State::Scram(_)
            | State::ScramSigned(_)
            | State::Token
            | State::Failed
            | State::Complete => None,
        }
    }

    /// Answers a challenge.
    ///
    /// What a prompt of LOGIN says is not looked at, servers word it as they like: the first is
    /// answered with the user name, the second with the password. Nor is the challenge that asks
    /// for the first message of a client-first mechanism; RFC 4422 section 5 has it empty.
    ///
    /// SCRAM computes as many hashes here as the server asks for, at most
    /// [`MAX_ITERATIONS`](crate::limits::MAX_ITERATIONS): half a second of one core.
    ///
    /// # Errors
    ///
    /// [`SaslError::UnexpectedChallenge`] if all is said already; [`SaslError::Malformed`],
    /// [`SaslError::Iterations`] and [`SaslError::FalseServer`] if the server's message is not what
    /// the mechanism asks for. The exchange is over then.
    pub fn step(&mut self, challenge: &[u8]) -> Result<Secret, SaslError> {
        let (next, response) = match std::mem::replace(&mut self.state, State::Failed) {
            State::First { message, then } => (*then, message),
            State::LoginUser(credentials) => {
                let user = Secret::from(credentials.user());
                (State::LoginPassword(credentials.password().clone()), user)
            }
            State::LoginPassword(password) => (State::Complete, password),
            State::CramMd5(credentials) => {
                (State::Complete, cram_md5::respond(&credentials, challenge))
            }
            State::Scram(begun) => {
                let (signed, response) = begun.answer(challenge)?;
                (State::ScramSigned(signed), response)
            }
            State::ScramSigned(signed) => {
                let is_known = signed.check(challenge)?;
                let next = if is_known { State::Complete } else { self.fail(challenge) };
                (next, Secret::new([]))
            }
            // RFC 7628 section 3.2.3: answered, so that the server can end the exchange.
            State::Token => {
                (self.fail(challenge), Secret::from(token::acknowledgement(self.mechanism)))
            }
            over @ (State::Failed | State::Complete) => {
                self.state = over;
                return Err(SaslError::UnexpectedChallenge { mechanism: self.mechanism });
            }
        };
        self.state = next;
        Ok(response)
    }

    /// Answers a challenge as it came, with a line to be sent: base64 both.
    ///
    /// Servers write words for people where a challenge is not looked at, so there it need not be
    /// base64 (see [`step`](Self::step)).
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step), and [`SaslError::Base64`] or [`SaslError::TooLong`].
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Secret, SaslError> {
        let challenge = match framing::decode_challenge(challenge) {
            Ok(octets) => octets,
            Err(error) => match &self.state {
                State::First { .. } | State::LoginUser(_) | State::LoginPassword(_) => Vec::new(),
                State::CramMd5(_)
                | State::Scram(_)
                | State::ScramSigned(_)
                | State::Token
                | State::Failed
                | State::Complete => {
                    self.state = State::Failed;
                    return Err(error);
                }
            },
        };
        self.step(&challenge).map(|response| framing::encode(response.expose()))
    }

    /// Tells whether the next challenge is not looked at, whatever it says: it asks for the first
    /// message of a client-first mechanism, or is a prompt of LOGIN.
    #[must_use]
    pub const fn awaits_prompt(&self) -> bool {
        matches!(self.state, State::First { .. } | State::LoginUser(_) | State::LoginPassword(_))
    }

    /// Checks that the server may report success now.
    ///
    /// # Errors
    ///
    /// [`SaslError::EndedEarly`] if the exchange is not complete: with SCRAM, as long as the server
    /// has not shown that it knows the password.
    pub fn finish(self) -> Result<(), SaslError> {
        match self.state {
            State::Complete | State::Token => Ok(()),
            State::First { .. }
            | State::LoginUser(_)
            | State::LoginPassword(_)
            | State::CramMd5(_)
            | State::Scram(_)
            | State::ScramSigned(_)
            | State::Failed => Err(SaslError::EndedEarly { mechanism: self.mechanism }),
        }
    }

    /// Returns what the server said of its refusal before it refuses: the JSON of RFC 7628
    /// section 3.2.2, or `e=` and a word (RFC 5802 section 7). These are the server's words, to be
    /// shown with care.
    #[must_use]
    pub fn failure(&self) -> Option<&[u8]> {
        self.failure.as_deref()
    }

    /// Returns the mechanism, to be named in the command.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    fn fail(&mut self, words: &[u8]) -> State {
        self.failure = Some(words.to_vec());
        State::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(mechanism: Mechanism) -> Exchange {
        let tim = Credentials::new("tim", Secret::from("tanstaaf")).unwrap();
        Exchange::new(mechanism, tim).unwrap()
    }

    #[test]
    fn ok_plain_with_initial_response() {
        let mut plain = exchange(Mechanism::Plain);
        assert_eq!(plain.initial_len(), Some(13));
        assert_eq!(plain.initial().unwrap().expose(), b"\0tim\0tanstaaf");
        assert_eq!(plain.initial(), None);
        assert_eq!(plain.finish(), Ok(()));
    }

    #[test]
    fn ok_plain_after_an_empty_challenge() {
        let mut plain = exchange(Mechanism::Plain);
        assert_eq!(plain.step(b"").unwrap().expose(), b"\0tim\0tanstaaf");
        assert_eq!(plain.initial(), None);
        assert_eq!(plain.finish(), Ok(()));
    }

    #[test]
    fn ok_login_whatever_the_prompts_say() {
        let prompts =
            [("Username:", "Password:"), ("User Name\0", "Password\0"), ("", "Kennwort?")];
        for (first, second) in prompts {
            let mut login = exchange(Mechanism::Login);
            assert_eq!(login.initial(), None);
            assert!(login.awaits_prompt());
            assert_eq!(login.step(first.as_bytes()).unwrap().expose(), b"tim");
            assert_eq!(login.step(second.as_bytes()).unwrap().expose(), b"tanstaaf");
            assert!(!login.awaits_prompt());
            assert_eq!(login.finish(), Ok(()));
        }
    }

    /// Words for people, where nothing has to be read.
    #[test]
    fn ok_challenges_that_are_no_base64_where_they_say_nothing() {
        let mut login = exchange(Mechanism::Login);
        assert_eq!(login.respond(b"Username?").unwrap().expose(), b"dGlt");
        assert_eq!(login.respond(b"ok").unwrap().expose(), b"dGFuc3RhYWY=");
        assert_eq!(login.finish(), Ok(()));
        let mut plain = exchange(Mechanism::Plain);
        assert_eq!(plain.respond(b"go ahead").unwrap().expose(), b"AHRpbQB0YW5zdGFhZg==");
    }

    #[test]
    fn err_challenges_that_are_no_base64_where_they_are_read() {
        let mut cram = exchange(Mechanism::CramMd5);
        assert!(matches!(cram.respond(b"<1@a>"), Err(SaslError::Base64 { .. })));
        assert!(matches!(cram.step(b"<1@a>"), Err(SaslError::UnexpectedChallenge { .. })));
        let mut scram = exchange(Mechanism::ScramSha256);
        assert!(scram.respond(b"go ahead").is_ok(), "the first message is asked for");
        assert!(matches!(scram.respond(b"go ahead"), Err(SaslError::Base64 { .. })));
        assert!(scram.finish().is_err());
    }

    #[test]
    fn err_challenge_after_the_last_response() {
        for mechanism in [Mechanism::Plain, Mechanism::Login, Mechanism::CramMd5] {
            let mut exchange = exchange(mechanism);
            let challenges = if mechanism == Mechanism::Login { 2 } else { 1 };
            for _ in 0..challenges {
                exchange.step(b"").unwrap();
            }
            let error = SaslError::UnexpectedChallenge { mechanism };
            assert_eq!(exchange.step(b""), Err(error.clone()));
            assert_eq!(exchange.step(b""), Err(error));
            assert_eq!(exchange.finish(), Ok(()));
        }
    }

    #[test]
    fn err_success_before_the_exchange_is_complete() {
        for mechanism in Mechanism::BY_STRENGTH {
            let tim = Credentials::new("tim", Secret::from("tanstaaf")).unwrap();
            let Ok(exchange) = Exchange::new(mechanism, tim) else { continue };
            assert_eq!(exchange.finish(), Err(SaslError::EndedEarly { mechanism }));
        }
        let mut login = exchange(Mechanism::Login);
        login.step(b"Username:").unwrap();
        assert!(login.finish().is_err());
        let mut scram = exchange(Mechanism::ScramSha1);
        let _first = scram.initial();
        assert!(scram.finish().is_err(), "the server has shown nothing");
    }

    #[test]
    fn err_on_behalf_of_somebody_else_where_that_has_no_place() {
        let kurt = Credentials::new("Kurt", Secret::from("xipj3plmq")).unwrap();
        let kurt = kurt.acting_as("Ursel").unwrap();
        assert!(Exchange::new(Mechanism::Login, kurt.clone()).is_err());
        assert!(Exchange::new(Mechanism::CramMd5, kurt.clone()).is_err());
        let mut plain = Exchange::new(Mechanism::Plain, kurt).unwrap();
        assert_eq!(plain.initial().unwrap().expose(), b"Ursel\0Kurt\0xipj3plmq");
    }

    #[test]
    fn prints_nothing_of_the_password() {
        for mechanism in Mechanism::BY_STRENGTH {
            let tim = Credentials::new("tim", Secret::from("tanstaaf")).unwrap();
            let Ok(mut exchange) = Exchange::new(mechanism, tim) else { continue };
            assert!(!format!("{exchange:?}").contains("tanstaaf"));
            let _ = exchange.step(b"");
            assert!(!format!("{exchange:?}").contains("tanstaaf"));
        }
    }
}
