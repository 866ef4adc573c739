//! LOGIN and AUTHENTICATE, RFC 9051 sections 6.2.2 and 6.2.3, RFC 4959.

use std::time::Instant;

use mail_errors::{Misuse, ParseError, Secret};
use mail_sasl::{
    Credentials, Mechanism, Nonce, SaslError,
    framing::{Decoded, decode_initial, decode_response, encode},
    server::{Exchange, Kept, Step as SaslStep, Verdict, offered},
};
use mail_wire::{Line, Sink};

use super::{Event, Owed, Pending, Refusal, Server, Step, Work, write};
use crate::{Authenticate, Code, Login, PlainCode, Status};

/// An exchange whose next line is the client's.
#[derive(Debug)]
pub(super) struct Sasl {
    exchange: Exchange,
    /// It is refused, and the client is merely to hear why. RFC 7628 3.2.3.
    refused: bool,
}

impl Server {
    pub(super) fn log_in(&mut self, login: &Login<'_>) -> Step {
        if !self.may_log_in() {
            return self.refuse_plaintext();
        }
        let credentials = login
            .user()
            .to_str()
            .and_then(|user| Credentials::new(user, login.password().clone()).ok());
        match credentials {
            Some(credentials) => self.owe(Owed::Login(None), Event::Login(credentials)),
            None => self.refuse_login(),
        }
    }

    pub(super) fn authenticate(&mut self, authenticate: &Authenticate<'_>) -> Step {
        let mechanism = Mechanism::parse(authenticate.mechanism().as_bytes()).ok();
        let offers = &self.config.mechanisms;
        let Some(mechanism) = mechanism.filter(|one| offers.contains(one)) else {
            // Whoever has to use TLS first is told so, whatever comes after it.
            return if self.may_log_in() {
                self.unknown_mechanism()
            } else {
                self.refuse_plaintext()
            };
        };
        let offered = self.mechanisms();
        if !offered.contains(&mechanism) {
            return match mechanism.is_plaintext() {
                true => self.refuse_plaintext(),
                // There is no TLS to bind to.
                false => self.unknown_mechanism(),
            };
        }
        let mut exchange =
            Exchange::new(mechanism).token_failure(self.config.token_failure.clone());
        if let Some(name) = &self.config.host {
            exchange = exchange.host(&**name);
        }
        // RFC 5802 6: who can bind, and did not see this offer, was lied to.
        if mechanism.bound().is_some_and(|bound| offered.contains(&bound)) {
            exchange = exchange.bindings(self.bindings.clone());
        }
        if let Some(nonce) = self.nonce.take() {
            exchange = exchange.nonce(nonce);
        }
        let initial = authenticate.initial().map(|octets| decode_initial(octets.expose()));
        let step = match initial.transpose() {
            Ok(initial) => exchange.start(initial.as_ref().map(Secret::expose)),
            Err(error) => Err(error),
        };
        self.advance(exchange, step)
    }

    /// Returns the mechanisms that may be used now.
    pub(super) fn mechanisms(&self) -> Vec<Mechanism> {
        let has_bindings = !self.bindings.is_empty();
        offered(&self.config.mechanisms, self.may_log_in(), has_bindings).collect()
    }

    /// Gives what [`Event::Lookup`] asks for. To refuse instead,
    /// [`login_refused`](Self::login_refused); but see [`Lookup`](mail_sasl::server::Lookup) for
    /// users who do not exist.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if no look-up is owed, or another one.
    pub fn supply(&mut self, kept: Kept) -> Result<(), Misuse> {
        let Work::Owed(Owed::Lookup(exchange)) = &mut self.work else {
            return Err(self.wrong_answer("supply"));
        };
        let step = match exchange.supply(kept) {
            Err(SaslError::Misuse(misuse)) => return Err(misuse),
            step => step,
        };
        let exchange = std::mem::replace(exchange, Exchange::new(Mechanism::Plain));
        if let Step::Event(event) = self.advance(exchange, step) {
            self.events.push_back(event);
        }
        Ok(())
    }

    /// Gives the nonce for the next exchange, which is drawn from the operating system else: for
    /// entropy from elsewhere, and for transcripts that are the same each time. It is used once.
    pub fn set_nonce(&mut self, nonce: Nonce) {
        self.nonce = Some(nonce);
    }

    /// Tells the client why its token is not good, if that is what was refused.
    pub(super) fn put_refusal_off(&mut self) -> bool {
        let Work::Owed(Owed::Login(Some(exchange))) = &mut self.work else { return false };
        let Ok(SaslStep::Challenge(octets)) = exchange.answer(Verdict::Refuse) else {
            return false;
        };
        let exchange = std::mem::replace(exchange, Exchange::new(Mechanism::Plain));
        self.failed_logins += 1;
        self.challenge(Sasl { exchange, refused: true }, &octets);
        true
    }

    /// Reads the client's next line of an exchange.
    pub(super) fn step_sasl(&mut self, now: Instant) -> Step {
        let most = self.config.limits.rest_of_command;
        self.clock.start(Pending::RestOfCommand, most, now);
        let line = self.read_line();
        if line != Line::Starved {
            self.clock.stop(Pending::RestOfCommand);
        }
        match line {
            Line::Starved => self.starve(Some("an AUTHENTICATE exchange")),
            Line::Endless => self.endless("line"),
            Line::TooLong { .. } => self.break_off("that line is too long"),
            Line::Whole { text, octets, .. } => {
                let line = self.input.split_to(octets);
                let decoded = decode_response(line.get(..text).unwrap_or_default());
                let Work::Sasl(Sasl { exchange, refused }) = &mut self.work else {
                    return Step::Again;
                };
                if *refused {
                    let text = write::coded(PlainCode::AuthenticationFailed, "token is not good");
                    self.finish(Status::No, text);
                    return Step::Again;
                }
                match decoded {
                    // RFC 9051 6.2.2: "the server MUST reject the AUTHENTICATE command by sending
                    // a tagged BAD response".
                    Ok(Decoded::Cancelled) => self.break_off("cancelled"),
                    Ok(Decoded::Response(response)) => {
                        let step = exchange.step(response.expose());
                        let exchange = std::mem::replace(exchange, Exchange::new(Mechanism::Plain));
                        self.advance(exchange, step)
                    }
                    Err(_) => self.break_off("that is no base64"),
                }
            }
        }
    }

    fn advance(&mut self, exchange: Exchange, step: Result<SaslStep, SaslError>) -> Step {
        match step {
            Ok(SaslStep::Challenge(octets)) => {
                self.challenge(Sasl { exchange, refused: false }, &octets);
                Step::Again
            }
            Ok(SaslStep::Lookup(lookup)) => self.owe(Owed::Lookup(exchange), Event::Lookup(lookup)),
            Ok(SaslStep::Check(claim)) => {
                let event = claim.into_credentials().map_or_else(Event::Authenticate, Event::Login);
                self.owe(Owed::Login(Some(exchange)), event)
            }
            Ok(SaslStep::Accepted | SaslStep::Refused) => self.refuse_login(),
            Err(SaslError::Base64 { .. }) => self.break_off("that is no base64"),
            Err(SaslError::NoEntropy) => {
                self.finish(Status::No, write::coded(PlainCode::Unavailable, "try again later"));
                Step::Again
            }
            Err(_) => self.refuse_login(),
        }
    }

    fn challenge(&mut self, sasl: Sasl, octets: &[u8]) {
        self.out.put(b"+ ");
        self.out.put(encode(octets).expose());
        self.out.put(b"\r\n");
        self.work = Work::Sasl(sasl);
    }

    /// The application says that this is who they say they are.
    pub(super) fn logged_in(&mut self) {
        let Work::Owed(Owed::Login(exchange)) = &mut self.work else { return };
        let proof = exchange.as_mut().map(|exchange| exchange.answer(Verdict::Accept));
        match proof {
            None | Some(Ok(SaslStep::Accepted)) => {}
            // No mechanism says more after a yes.
            Some(_) => {
                self.refuse_login();
                return;
            }
        }
        self.clock.stop(Pending::Login);
        self.failed_logins = 0;
        self.bad_commands = 0;
        self.frames.set_limits(self.config.limits.command);
        // What is offered from now on, so that nobody has to ask (RFC 9051 6.2.3).
        self.state = crate::State::Authenticated;
        let code = Code::Capability(self.capabilities());
        self.state = crate::State::NotAuthenticated;
        self.finish(Status::Ok, write::text(Some(code), "logged in"));
    }

    fn unknown_mechanism(&mut self) -> Step {
        let text = write::coded(PlainCode::Cannot, "that mechanism is not known here");
        self.refuse(Refusal::NotOffered("SASL mechanism"), Status::No, text);
        Step::Again
    }

    fn refuse_plaintext(&mut self) -> Step {
        let text = write::coded(PlainCode::PrivacyRequired, "not without TLS");
        self.refuse(Refusal::Plaintext, Status::No, text);
        Step::Again
    }

    /// Nobody can have such a name or such a password.
    fn refuse_login(&mut self) -> Step {
        self.failed_logins += 1;
        let text = write::coded(PlainCode::AuthenticationFailed, "name or password is wrong");
        self.refuse(Refusal::Login, Status::No, text);
        Step::Again
    }

    fn break_off(&mut self, words: &'static str) -> Step {
        self.count_bad();
        let error = ParseError::at(b"", 0, "a line of base64");
        self.refuse(Refusal::Malformed(error), Status::Bad, write::text(None, words));
        Step::Again
    }
}
