//! The server's end of an exchange.
//!
//! ```text
//! new ──start(initial?)──▶ Challenge ──step(response)──▶ Challenge … Check
//!                                                                     │ answer(verdict)
//!                                                        Accepted ◀───┴───▶ Refused
//! ```

use mail_errors::Misuse;

use crate::{Credentials, Mechanism, SaslError, login, plain};

/// The server's end of one exchange.
///
/// - [`start`](Self::start): the client named the mechanism, perhaps with an initial response.
/// - [`step`](Self::step): the client answered a challenge.
/// - [`answer`](Self::answer): the application knows whether the credentials are good.
///
/// Each of them returns the next [`Step`]. Octets are the mechanism's own;
/// [`framing`](crate::framing) has the base64 around them, and tells when the client cancels:
/// drop the exchange then. After an `Err` that is not [`SaslError::Misuse`] the exchange is over.
///
/// ```
/// use mail_sasl::server::{Exchange, Step, Verdict};
/// use mail_sasl::Mechanism;
///
/// let mut exchange = Exchange::new(Mechanism::Plain);
/// let Step::Check(credentials) = exchange.start(Some(b"\0tim\0tanstaaftanstaaf"))? else {
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
}

/// What the server has to do next. The set is closed on purpose: whoever carries an exchange over
/// a protocol has to do something with each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the exchange waits for this"]
pub enum Step {
    /// Send this challenge (it may be empty), and give the response to [`Exchange::step`].
    Challenge(Vec<u8>),
    /// Find out whether these credentials are good, and tell [`Exchange::answer`].
    Check(Credentials),
    /// The client is who it says. Tell it so.
    Accepted,
    /// The client is not let in. Tell it so, after a pause that slows down guessing.
    Refused,
}

/// The application's answer to [`Step::Check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is the user's, and the user may act as whom the credentials name.
    Accept,
    /// It is not, or may not; or nobody can say at the moment, for which the protocol has its own
    /// reply (SMTP: 454).
    Refuse,
}

#[derive(Debug)]
enum State {
    /// The mechanism was named; [`Exchange::start`] was not called yet.
    Named,
    /// The one message of PLAIN is awaited.
    Plain,
    /// The answer to the first prompt of LOGIN is awaited.
    LoginUser,
    /// The answer to the second prompt of LOGIN is awaited.
    LoginPassword(String),
    /// The application owes a verdict.
    Checking,
    /// Nothing more will happen.
    Over,
}

impl Exchange {
    /// Prepares to authenticate a client by the mechanism it named.
    #[must_use]
    pub const fn new(mechanism: Mechanism) -> Self {
        Self { mechanism, state: State::Named }
    }

    /// Begins, with the initial response if the client sent one.
    ///
    /// LOGIN has no initial response in its draft; clients that send one mean the user name
    /// (MS-XLOGIN section 2.2.2), and so it is taken.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    pub fn start(&mut self, initial: Option<&[u8]>) -> Result<Step, SaslError> {
        let State::Named = self.state else {
            return Err(self.wrong_moment("start").into());
        };
        let (awaiting, first) = match self.mechanism {
            // RFC 4616 section 2: the client speaks first, so the server asks with nothing.
            Mechanism::Plain => (State::Plain, b"".as_slice()),
            Mechanism::Login => (State::LoginUser, login::USER_PROMPT),
        };
        self.state = awaiting;
        match initial {
            Some(response) => self.step(response),
            None => Ok(Step::Challenge(first.to_vec())),
        }
    }

    /// Takes the client's response to the last challenge.
    ///
    /// # Errors
    ///
    /// [`SaslError::Malformed`] and [`SaslError::TooLong`] if it is not what the mechanism asks
    /// for: the exchange is over. [`SaslError::Misuse`] if no response is awaited: the exchange is
    /// unharmed.
    pub fn step(&mut self, response: &[u8]) -> Result<Step, SaslError> {
        // A response that fails below leaves the exchange over.
        match std::mem::replace(&mut self.state, State::Over) {
            State::Plain => {
                let credentials = plain::parse(response)?;
                self.state = State::Checking;
                Ok(Step::Check(credentials))
            }
            State::LoginUser => {
                self.state = State::LoginPassword(login::user(response)?);
                Ok(Step::Challenge(login::PASSWORD_PROMPT.to_vec()))
            }
            State::LoginPassword(user) => {
                let credentials = login::credentials(user, response)?;
                self.state = State::Checking;
                Ok(Step::Check(credentials))
            }
            unasked @ (State::Named | State::Checking | State::Over) => {
                self.state = unasked;
                Err(self.wrong_moment("step").into())
            }
        }
    }

    /// Takes the application's verdict on the credentials of [`Step::Check`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] if none is owed. The exchange is unharmed.
    pub fn answer(&mut self, verdict: Verdict) -> Result<Step, Misuse> {
        let State::Checking = self.state else {
            return Err(self.wrong_moment("answer"));
        };
        self.state = State::Over;
        Ok(match verdict {
            Verdict::Accept => Step::Accepted,
            Verdict::Refuse => Step::Refused,
        })
    }

    /// Returns the mechanism.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    const fn wrong_moment(&self, call: &'static str) -> Misuse {
        let state = match self.state {
            State::Named => "the exchange has not begun",
            State::Plain | State::LoginUser | State::LoginPassword(_) => "a response is awaited",
            State::Checking => "a verdict is owed",
            State::Over => "the exchange is over",
        };
        Misuse::WrongMoment { call, state }
    }
}

#[cfg(test)]
mod tests {
    use mail_errors::Secret;

    use super::*;

    fn challenge(text: &str) -> Step {
        Step::Challenge(text.as_bytes().to_vec())
    }

    fn check(user: &str, password: &str) -> Step {
        Step::Check(Credentials::new(user, Secret::from(password)).unwrap())
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
}
