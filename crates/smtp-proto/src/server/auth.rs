//! AUTH, RFC 4954.

use mail_errors::{Reply, ReplyCode, Secret};
use mail_sasl::{
    Mechanism, SaslError,
    framing::{Decoded, decode_initial, decode_response, encode},
    server::{Exchange, Step},
};

use crate::{AuthArguments, Verb};

use super::{Event, Server, answer::Owed, replies};

/// How far authentication has come.
#[derive(Debug, Default)]
pub(super) struct Authentication {
    exchange: Option<Exchange>,
    done: bool,
    failures: u32,
}

impl Authentication {
    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    /// The application has answered. Returns how many attempts have failed so far.
    pub(super) fn answered(&mut self, done: bool, permanent: bool) -> u32 {
        self.exchange = None;
        self.done = done;
        self.failures += u32::from(permanent);
        self.failures
    }
}

impl Server {
    pub(super) fn start_auth(&mut self, arguments: &AuthArguments) {
        if self.config.mechanisms.is_empty() {
            return self.refuse(Verb::Auth, replies::NOT_IMPLEMENTED);
        }
        // RFC 4954 4: once is enough.
        if self.auth.done {
            return self.refuse(Verb::Auth, replies::BAD_SEQUENCE);
        }
        let mechanism = Mechanism::parse(arguments.mechanism()).ok();
        let Some(mechanism) = mechanism.filter(|one| self.config.mechanisms.contains(one)) else {
            return self.refuse(Verb::Auth, replies::UNKNOWN_MECHANISM);
        };
        if !self.config.allows(mechanism, self.is_tls) {
            return self.refuse(Verb::Auth, replies::ENCRYPTION_REQUIRED);
        }
        let mut exchange = Exchange::new(mechanism);
        let initial = arguments.initial().map(decode_initial).transpose();
        let step = initial.and_then(|initial| exchange.start(initial.as_ref().map(Secret::expose)));
        self.auth.exchange = Some(exchange);
        self.auth_step(Verb::Auth, step);
    }

    pub(super) fn auth_response(&mut self, line: &[u8]) {
        let step = match decode_response(line) {
            // RFC 4954 4: "*" cancels, and 501 says that it did.
            Ok(Decoded::Cancelled) => return self.end_auth(&replies::AUTH_CANCELLED),
            Ok(Decoded::Response(response)) => match &mut self.auth.exchange {
                Some(exchange) => exchange.step(response.expose()),
                None => Ok(Step::Refused),
            },
            Err(error) => Err(error),
        };
        self.auth_step(Verb::AuthResponse, step);
    }

    /// Refuses a response, and with it the exchange.
    pub(super) fn end_auth(&mut self, reply: &Reply) {
        self.auth.exchange = None;
        self.refuse(Verb::AuthResponse, reply.clone());
    }

    fn auth_step(&mut self, verb: Verb, step: Result<Step, SaslError>) {
        let reply = match step {
            Ok(Step::Challenge(octets)) => {
                let text = encode(&octets);
                let challenge = Reply::new(ReplyCode::AUTH_CHALLENGE, None, text.expose());
                // Base64 fits into any reply.
                return self.say(verb, &challenge.unwrap_or(replies::AUTH_UNAVAILABLE));
            }
            Ok(Step::Check(credentials)) => {
                let Some(exchange) = &self.auth.exchange else { return };
                let mechanism = exchange.mechanism();
                return self.ask(Owed::Auth(verb), Event::Auth { mechanism, credentials });
            }
            Ok(Step::Accepted) => {
                self.auth.answered(true, false);
                return self.say(verb, &replies::AUTHENTICATED);
            }
            Ok(Step::Refused) => replies::BAD_CREDENTIALS,
            Err(SaslError::TooLong { .. }) => replies::RESPONSE_TOO_LONG,
            Err(_) => replies::BAD_RESPONSE,
        };
        self.auth.exchange = None;
        self.refuse(verb, reply);
    }
}
