//! AUTH, RFC 4954.

use mail_errors::{Misuse, Reply, ReplyCode, Secret};
use mail_sasl::{
    ChannelBindings, Mechanism, Nonce, SaslError,
    framing::{Decoded, decode_initial, decode_response, encode},
    server::{Exchange, Kept, Step, Verdict},
};
use mail_wire::TlsInfo;

use crate::{AuthArguments, Verb, binding::bindings};

use super::{Error, Event, Server, answer::Owed, replies};

/// How far authentication has come.
#[derive(Debug, Default)]
pub(super) struct Authentication {
    exchange: Option<Exchange>,
    /// What the exchanges of this connection can be bound to.
    bindings: ChannelBindings,
    nonce: Option<Nonce>,
    /// The refusal of a token, until the client has heard why.
    verdict: Option<Reply>,
    done: bool,
    failures: u32,
}

impl Authentication {
    /// Starts anew, over TLS.
    pub(super) fn over_tls(tls: &TlsInfo) -> Self {
        Self { bindings: bindings(tls), ..Self::default() }
    }

    /// Starts anew on the same connection.
    pub(super) fn forget(&mut self) {
        *self = Self { bindings: std::mem::take(&mut self.bindings), ..Self::default() };
    }

    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    pub(super) const fn bindings(&self) -> &ChannelBindings {
        &self.bindings
    }

    /// The application has answered. Returns how many attempts have failed so far.
    pub(super) fn answered(&mut self, done: bool, permanent: bool) -> u32 {
        self.exchange = None;
        self.verdict = None;
        self.done = done;
        self.failures += u32::from(permanent);
        self.failures
    }

    /// Keeps the refusal of a token until the client has heard why; returns the challenge that
    /// tells it. RFC 7628 3.2.3.
    pub(super) fn put_off(&mut self, refusal: &Reply) -> Option<Reply> {
        // Whoever is to come again later has a good token, as far as anybody knows.
        let exchange = self.exchange.as_mut().filter(|_| refusal.is_permanent())?;
        let Ok(Step::Challenge(octets)) = exchange.answer(Verdict::Refuse) else { return None };
        self.verdict = Some(refusal.clone());
        Some(challenge(&octets))
    }
}

impl Server {
    /// Gives what [`Event::AuthLookup`] asks for. To refuse instead, [`reply`](Self::reply); but
    /// see [`Lookup`](mail_sasl::server::Lookup) for users who do not exist.
    ///
    /// # Errors
    /// [`Misuse::WrongMoment`] if no look-up is owed; [`Misuse::WrongAnswer`] if it is another one.
    pub fn supply(&mut self, kept: Kept) -> Result<(), Misuse> {
        let (Some(Owed::AuthLookup(verb)), Some(exchange)) = (self.due(), &mut self.auth.exchange)
        else {
            return Err(Misuse::WrongMoment { call: "supply", state: self.state.as_str() });
        };
        let step = match exchange.supply(kept) {
            Err(SaslError::Misuse(misuse)) => return Err(misuse),
            step => step,
        };
        self.owed = None;
        self.auth_step(verb, step);
        Ok(())
    }

    /// Gives the nonce for the next exchange, which is drawn from the operating system else: for
    /// entropy from elsewhere, and for transcripts that are the same each time. It is used once.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.auth.nonce = Some(nonce);
    }

    pub(super) fn start_auth(&mut self, arguments: &AuthArguments) {
        let offers = &self.config.mechanisms;
        if offers.is_empty() {
            return self.refuse(Verb::Auth, replies::NOT_IMPLEMENTED);
        }
        // RFC 4954 4: once is enough.
        if self.auth.done {
            return self.refuse(Verb::Auth, replies::BAD_SEQUENCE);
        }
        let mechanism = Mechanism::parse(arguments.mechanism()).ok();
        let Some(mechanism) = mechanism.filter(|one| offers.contains(one)) else {
            return self.refuse(Verb::Auth, replies::UNKNOWN_MECHANISM);
        };
        let offered = self.config.offered(self.is_tls, &self.auth.bindings);
        if !offered.contains(&mechanism) {
            let reply = match mechanism.is_plaintext() {
                true => replies::ENCRYPTION_REQUIRED,
                // There is no TLS to bind to.
                false => replies::UNKNOWN_MECHANISM,
            };
            return self.refuse(Verb::Auth, reply);
        }
        let mut exchange = Exchange::new(mechanism)
            .host(self.config.host.as_str())
            .token_failure(self.config.token_failure.clone());
        // RFC 5802 6: who can bind, and did not see this offer, was lied to.
        if mechanism.bound().is_some_and(|bound| offered.contains(&bound)) {
            exchange = exchange.bindings(self.auth.bindings.clone());
        }
        if let Some(nonce) = self.auth.nonce.take() {
            exchange = exchange.nonce(nonce);
        }
        let initial = arguments.initial().map(decode_initial).transpose();
        let step = initial.and_then(|initial| exchange.start(initial.as_ref().map(Secret::expose)));
        self.auth.exchange = Some(exchange);
        self.auth_step(Verb::Auth, step);
    }

    pub(super) fn auth_response(&mut self, line: &[u8]) {
        let verb = Verb::AuthResponse;
        // RFC 7628 3.2.3: whatever the client says to the news.
        if let Some(refusal) = self.auth.verdict.take() {
            self.say(verb, &refusal);
            return self.authenticated(false, &refusal);
        }
        let step = match decode_response(line) {
            // RFC 4954 4: "*" cancels, and 501 says that it did.
            Ok(Decoded::Cancelled) => return self.end_auth(&replies::AUTH_CANCELLED),
            Ok(Decoded::Response(response)) => match &mut self.auth.exchange {
                Some(exchange) => exchange.step(response.expose()),
                None => Ok(Step::Refused),
            },
            Err(error) => Err(error),
        };
        self.auth_step(verb, step);
    }

    /// Refuses a response, and with it the exchange.
    pub(super) fn end_auth(&mut self, reply: &Reply) {
        let was_refused = self.auth.verdict.is_some();
        self.auth.answered(false, was_refused);
        self.refuse(Verb::AuthResponse, reply.clone());
    }

    fn auth_step(&mut self, verb: Verb, step: Result<Step, SaslError>) {
        let reply = match step {
            Ok(Step::Challenge(octets)) => return self.say(verb, &challenge(&octets)),
            Ok(Step::Lookup(lookup)) => {
                return self.ask(Owed::AuthLookup(verb), Event::AuthLookup(lookup));
            }
            Ok(Step::Check(claim)) => {
                let Some(exchange) = &self.auth.exchange else { return };
                let mechanism = exchange.mechanism();
                return self.ask(Owed::Auth(verb), Event::Auth { mechanism, claim });
            }
            Ok(Step::Accepted) => {
                self.auth.answered(true, false);
                return self.say(verb, &replies::AUTHENTICATED);
            }
            // The password is wrong, or somebody stands in the middle: attempts that count.
            Ok(Step::Refused) | Err(SaslError::Binding { .. }) => {
                let reply = replies::BAD_CREDENTIALS;
                self.turn_down(verb, reply.clone());
                return self.authenticated(false, &reply);
            }
            Err(SaslError::NoEntropy) => {
                self.auth.answered(false, false);
                return self.turn_down(verb, replies::AUTH_UNAVAILABLE);
            }
            Err(SaslError::TooLong { .. }) => replies::RESPONSE_TOO_LONG,
            Err(_) => replies::BAD_RESPONSE,
        };
        self.auth.answered(false, false);
        self.refuse(verb, reply);
    }

    pub(super) fn authenticated(&mut self, done: bool, reply: &Reply) {
        let failures = self.auth.answered(done, reply.is_permanent());
        let limit = self.config.limits.auth_failures;
        if failures >= limit {
            self.fail(&replies::TOO_MANY_ERRORS, Error::TooManyAuthFailures { limit });
        }
    }
}

fn challenge(octets: &[u8]) -> Reply {
    // Base64 fits into any reply.
    let challenge = Reply::new(ReplyCode::AUTH_CHALLENGE, None, encode(octets).expose());
    challenge.unwrap_or(replies::AUTH_UNAVAILABLE)
}
