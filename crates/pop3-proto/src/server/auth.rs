//! AUTH: RFC 5034, and the RFC 1734 that was there before it.

use mail_errors::{Misuse, ParseError, Secret};
use mail_sasl::{
    ChannelBindings, Mechanism, Nonce, SaslError,
    framing::{Decoded, decode_initial, decode_response, encode},
    server::{Exchange, Kept, Step, Verdict, offered},
};
use mail_wire::Sink;

use crate::{
    AuthArguments, Response, ResponseCode, Status, Verb, binding::bindings, encode as wire, limits,
};

use super::{Event, Phrase, Refusal, Server, Work};

/// How far an exchange has come.
#[derive(Debug, Default)]
pub(super) struct Sasl {
    exchange: Option<Exchange>,
    nonce: Option<Nonce>,
    /// The refusal of a token, until the client has heard why.
    refusal: Option<Response<'static>>,
}

impl Sasl {
    pub(super) fn set_nonce(&mut self, nonce: Nonce) {
        self.nonce = Some(nonce);
    }
}

impl Server {
    pub(super) fn auth(&mut self, arguments: Option<AuthArguments<'_>>) {
        let all = offered(&self.config.mechanisms, true, true);
        let (known, offered): (Vec<_>, _) = (all.collect(), self.mechanisms());
        if known.is_empty() {
            return self.refuse_command(Some(Verb::Auth), Refusal::NotOffered);
        }
        let Some(arguments) = arguments else { return self.list_mechanisms(&offered) };
        let mechanism = Mechanism::parse(arguments.mechanism()).ok();
        let Some(mechanism) = mechanism.filter(|one| known.contains(one)) else {
            return self.refuse_command(Some(Verb::Auth), Refusal::NotOffered);
        };
        if !offered.contains(&mechanism) {
            // RFC 2595 4: not in the clear; what is bound has nothing to be bound to.
            let why = match mechanism.is_plaintext() {
                true => Refusal::Plaintext,
                false => Refusal::NotOffered,
            };
            return self.refuse_command(Some(Verb::Auth), why);
        }
        self.user = None;
        let mut exchange =
            Exchange::new(mechanism).token_failure(self.config.token_failure.clone());
        if let Some(name) = &self.config.host {
            exchange = exchange.host(&**name);
        }
        // RFC 5802 6: who can bind, and did not see this offer, was lied to.
        if mechanism.bound().is_some_and(|bound| offered.contains(&bound)) {
            exchange = exchange.bindings(self.bindings());
        }
        if let Some(nonce) = self.sasl.nonce.take() {
            exchange = exchange.nonce(nonce);
        }
        let initial = arguments.initial().map(decode_initial).transpose();
        let step = initial.and_then(|initial| exchange.start(initial.as_ref().map(Secret::expose)));
        self.sasl.exchange = Some(exchange);
        self.auth_step(step);
    }

    /// Gives what [`Event::Lookup`] asks for. To refuse instead, [`refuse`](Self::refuse); but see
    /// [`Lookup`](mail_sasl::server::Lookup) for users who do not exist.
    ///
    /// # Errors
    /// [`Misuse`] if no look-up is owed, or another one.
    pub fn supply(&mut self, kept: Kept) -> Result<(), Misuse> {
        let (Work::Lookup, Some(exchange)) = (&self.work, &mut self.sasl.exchange) else {
            return Err(self.not_owed("supply"));
        };
        let step = match exchange.supply(kept) {
            Err(SaslError::Misuse(misuse)) => return Err(misuse),
            step => step,
        };
        self.auth_step(step);
        Ok(())
    }

    /// Takes the client's next line of an exchange.
    pub(super) fn auth_response(&mut self, line: &[u8]) {
        if self.tell_refusal() {
            return;
        }
        let step = match decode_response(line) {
            Ok(Decoded::Response(response)) => match &mut self.sasl.exchange {
                Some(exchange) => exchange.step(response.expose()),
                None => Ok(Step::Refused),
            },
            // RFC 5034 4: "the server MUST reject the AUTH command by sending an -ERR reply".
            Ok(Decoded::Cancelled) => return self.fail_auth(Refusal::Cancelled),
            Err(error) => Err(error),
        };
        self.auth_step(step);
    }

    fn auth_step(&mut self, step: Result<Step, SaslError>) {
        match step {
            Ok(Step::Challenge(octets)) => self.challenge(&octets),
            Ok(Step::Lookup(lookup)) => {
                self.work = Work::Lookup;
                self.news.push_back(Event::Lookup(lookup));
            }
            Ok(Step::Check(claim)) => {
                self.work = Work::Login(Verb::Auth);
                let event = claim.into_credentials().map_or_else(Event::Authenticate, Event::Login);
                self.news.push_back(event);
            }
            // The password is wrong, or somebody stands in the middle: attempts that count.
            Ok(Step::Accepted | Step::Refused) | Err(SaslError::Binding { .. }) => {
                self.fail_auth(Refusal::Login);
                self.count_failed_login();
            }
            Err(SaslError::NoEntropy) => {
                self.end_exchange();
                self.answered(Verb::Auth, Status::Err);
                self.say_err(Some(ResponseCode::SysTemp), Phrase::TryLater);
            }
            Err(SaslError::TooLong { limit, .. }) => self.fail_auth(Refusal::TooLong { limit }),
            Err(SaslError::Base64 { offset }) => {
                let error = ParseError::at(b"", offset, "base64");
                self.fail_auth(Refusal::Malformed(error));
            }
            Err(_) => {
                let error = ParseError::at(b"", 0, "a response of the mechanism");
                self.fail_auth(Refusal::Malformed(error));
            }
        }
    }

    /// Keeps the refusal of a token until the client has heard why. Answers whether it was one.
    pub(super) fn put_refusal_off(&mut self, why: &Response<'_>) -> bool {
        // Whoever is to come again later has a good token, as far as anybody knows.
        let is_final = matches!(why.code(), None | Some(ResponseCode::Auth));
        let Some(exchange) = self.sasl.exchange.as_mut().filter(|_| is_final) else {
            return false;
        };
        let Ok(Step::Challenge(octets)) = exchange.answer(Verdict::Refuse) else { return false };
        self.sasl.refusal = Some(why.clone().into_owned());
        self.challenge(&octets);
        true
    }

    /// Refuses a line that could not be read; an exchange ends by that.
    pub(super) fn refuse_line(&mut self, why: Refusal) {
        if self.tell_refusal() {
            return;
        }
        let verb = matches!(self.work, Work::Sasl).then_some(Verb::Auth);
        self.end_exchange();
        // It may have been PASS.
        self.answered(Verb::Pass, Status::Err);
        self.refuse_command(verb, why);
    }

    /// Tells the refusal of a token, if the client has heard why: whatever it says to that
    /// (RFC 7628 3.2.3). Answers whether there was one.
    fn tell_refusal(&mut self) -> bool {
        let Some(refusal) = self.sasl.refusal.take() else { return false };
        self.end_exchange();
        self.answered(Verb::Auth, Status::Err);
        wire::response(&refusal, &mut self.output);
        self.count_failed_login();
        true
    }

    /// The exchange is over, however it went.
    pub(super) fn end_exchange(&mut self) {
        self.sasl = Sasl { nonce: self.sasl.nonce.take(), ..Sasl::default() };
        self.work = Work::Command;
    }

    /// Returns what CAPA says behind SASL; none if nothing is offered now.
    pub(super) fn mechanism_names(&self) -> Option<Vec<u8>> {
        let names: Vec<_> = self.mechanisms().iter().map(|one| one.as_str()).collect();
        (!names.is_empty()).then(|| names.join(" ").into_bytes())
    }

    /// Returns the longest line that is taken now.
    pub(super) fn longest_line(&self) -> usize {
        let limit = self.config.limits.command_line;
        let is_auth = matches!(self.work, Work::Sasl)
            || self.input.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"AUTH "));
        match is_auth && !self.config.mechanisms.is_empty() {
            true => limits::AUTH_LINE.max(limit),
            false => limit,
        }
    }

    fn fail_auth(&mut self, why: Refusal) {
        self.end_exchange();
        self.refuse_command(Some(Verb::Auth), why);
    }

    /// > continue-req = "+" SP [base64] CRLF                                 RFC 5034 7
    fn challenge(&mut self, octets: &[u8]) {
        self.output.put(b"+ ");
        self.output.put(encode(octets).expose());
        self.output.put(b"\r\n");
        self.work = Work::Sasl;
    }

    /// Answers AUTH without a mechanism.
    fn list_mechanisms(&mut self, offered: &[Mechanism]) {
        self.say_ok(Phrase::Mechanisms, &[]);
        for mechanism in offered {
            self.output.put(mechanism.as_str().as_bytes());
            self.output.put(b"\r\n");
        }
        self.output.put(wire::TERMINATOR);
    }

    /// Returns the mechanisms that may be used now.
    fn mechanisms(&self) -> Vec<Mechanism> {
        let has_bindings = !self.bindings().is_empty();
        offered(&self.config.mechanisms, self.takes_passwords(), has_bindings).collect()
    }

    fn bindings(&self) -> ChannelBindings {
        bindings(self.tls.as_ref())
    }
}
