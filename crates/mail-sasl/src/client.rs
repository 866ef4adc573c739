//! The client's end of an exchange.
//!
//! ```text
//! new ──initial()──▶ response with the command      (client-first mechanisms)
//!  └───step(challenge)──▶ response … ──finish()──▶  the server's success may be believed
//! ```

use mail_errors::{Misuse, Secret};

use crate::{Credentials, Mechanism, SaslError, plain};

/// The client's end of one exchange.
///
/// - [`initial`](Self::initial): what may go out with the command that names the mechanism.
/// - [`step`](Self::step): the response to each challenge.
/// - [`finish`](Self::finish): to be called when the server says that it succeeded.
///
/// Octets are the mechanism's own; [`framing`](crate::framing) has the base64 around them. After an
/// `Err` of [`step`](Self::step) the client should send [`CANCEL`](crate::framing::CANCEL) and drop
/// the exchange.
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
}

#[derive(Debug)]
enum State {
    /// PLAIN: nothing sent yet.
    Plain(Credentials),
    /// LOGIN: the first prompt is awaited.
    LoginUser(Credentials),
    /// LOGIN: the second prompt is awaited.
    LoginPassword(Secret),
    /// All is said. Only the server's verdict is left.
    Complete,
}

impl Exchange {
    /// Prepares to authenticate with `credentials` by `mechanism`.
    ///
    /// # Errors
    ///
    /// [`Misuse::Invalid`] if the credentials name an authorization identity and the mechanism has
    /// no place for it.
    pub fn new(mechanism: Mechanism, credentials: Credentials) -> Result<Self, Misuse> {
        let acts_for = credentials.authorization_identity().is_some();
        if acts_for && !mechanism.has_authorization_identity() {
            let why = "the mechanism cannot carry it";
            return Err(Misuse::Invalid { what: "authorization identity", why });
        }
        let state = match mechanism {
            Mechanism::Plain => State::Plain(credentials),
            Mechanism::Login => State::LoginUser(credentials),
        };
        Ok(Self { mechanism, state })
    }

    /// Returns the initial response, if the mechanism has one and it is not taken yet.
    ///
    /// Where the protocol has no room for it (POP3 command lines, an IMAP server without SASL-IR)
    /// do not call this; the server then sends an empty challenge, and [`step`](Self::step)
    /// answers that with the same message.
    #[must_use = "the response is handed out once"]
    pub fn initial(&mut self) -> Option<Secret> {
        let State::Plain(credentials) = &self.state else { return None };
        let message = plain::encode(credentials);
        self.state = State::Complete;
        Some(message)
    }

    /// Answers a challenge.
    ///
    /// What a prompt of LOGIN says is not looked at, servers word it as they like: the first is
    /// answered with the user name, the second with the password. PLAIN ignores what its one
    /// challenge says; RFC 4616 has it empty.
    ///
    /// # Errors
    ///
    /// [`SaslError::UnexpectedChallenge`] if all is said already.
    pub fn step(&mut self, challenge: &[u8]) -> Result<Secret, SaslError> {
        let _ = challenge;
        let (next, response) = match std::mem::replace(&mut self.state, State::Complete) {
            State::Plain(credentials) => (State::Complete, plain::encode(&credentials)),
            State::LoginUser(credentials) => {
                let user = Secret::from(credentials.user());
                (State::LoginPassword(credentials.password().clone()), user)
            }
            State::LoginPassword(password) => (State::Complete, password),
            State::Complete => {
                return Err(SaslError::UnexpectedChallenge { mechanism: self.mechanism });
            }
        };
        self.state = next;
        Ok(response)
    }

    /// Checks that the server may report success now.
    ///
    /// # Errors
    ///
    /// [`SaslError::EndedEarly`] if the exchange is not complete.
    pub fn finish(self) -> Result<(), SaslError> {
        match self.state {
            State::Complete => Ok(()),
            State::Plain(_) | State::LoginUser(_) | State::LoginPassword(_) => {
                Err(SaslError::EndedEarly { mechanism: self.mechanism })
            }
        }
    }

    /// Returns the mechanism, to be named in the command.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
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
            assert_eq!(login.step(first.as_bytes()).unwrap().expose(), b"tim");
            assert_eq!(login.step(second.as_bytes()).unwrap().expose(), b"tanstaaf");
            assert_eq!(login.finish(), Ok(()));
        }
    }

    #[test]
    fn err_challenge_after_the_last_response() {
        for mechanism in Mechanism::BY_STRENGTH {
            let mut exchange = exchange(mechanism);
            let challenges = if mechanism == Mechanism::Plain { 1 } else { 2 };
            for _ in 0..challenges {
                exchange.step(b"").unwrap();
            }
            let error = SaslError::UnexpectedChallenge { mechanism };
            assert_eq!(exchange.step(b""), Err(error.clone()));
            assert_eq!(exchange.step(b""), Err(error));
        }
    }

    #[test]
    fn err_success_before_the_password_was_sent() {
        for mechanism in Mechanism::BY_STRENGTH {
            assert_eq!(exchange(mechanism).finish(), Err(SaslError::EndedEarly { mechanism }));
        }
        let mut login = exchange(Mechanism::Login);
        login.step(b"Username:").unwrap();
        assert!(login.finish().is_err());
    }

    #[test]
    fn err_login_on_behalf_of_somebody_else() {
        let kurt = Credentials::new("Kurt", Secret::from("xipj3plmq")).unwrap();
        let kurt = kurt.acting_as("Ursel").unwrap();
        assert!(Exchange::new(Mechanism::Login, kurt.clone()).is_err());
        let mut plain = Exchange::new(Mechanism::Plain, kurt).unwrap();
        assert_eq!(plain.initial().unwrap().expose(), b"Ursel\0Kurt\0xipj3plmq");
    }

    #[test]
    fn prints_nothing_of_the_password() {
        let mut login = exchange(Mechanism::Login);
        assert!(!format!("{login:?}").contains("tanstaaf"));
        login.step(b"").unwrap();
        assert!(!format!("{login:?}").contains("tanstaaf"));
    }
}
