//! LOGIN and AUTHENTICATE, RFC 9051 sections 6.2.2 and 6.2.3, RFC 4959.

use std::time::Instant;

use mail_errors::{ParseError, Secret};
use mail_sasl::{
    Credentials, Mechanism, SaslError,
    framing::{Decoded, decode_initial, decode_response, encode},
    server::{Exchange, Step as SaslStep, Verdict},
};
use mail_wire::{Line, Sink};

use super::{Event, Owed, Pending, Refusal, Server, Step, Work, write};
use crate::{Authenticate, Code, Login, PlainCode, Status};

/// An exchange whose next line is the client's.
#[derive(Debug)]
pub(super) struct Sasl {
    exchange: Exchange,
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
        if !self.may_log_in() {
            return self.refuse_plaintext();
        }
        let Ok(mechanism) = Mechanism::parse(authenticate.mechanism().as_bytes()) else {
            let text = write::coded(PlainCode::Cannot, "that mechanism is not known here");
            self.refuse(Refusal::NotOffered("SASL mechanism"), Status::No, text);
            return Step::Again;
        };
        let mut exchange = Exchange::new(mechanism);
        let initial = authenticate.initial().map(|octets| decode_initial(octets.expose()));
        let step = match initial.transpose() {
            Ok(initial) => exchange.start(initial.as_ref().map(Secret::expose)),
            Err(error) => Err(error),
        };
        self.advance(exchange, step)
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
                let Work::Sasl(Sasl { exchange }) = &mut self.work else { return Step::Again };
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
                self.out.put(b"+ ");
                self.out.put(encode(&octets).expose());
                self.out.put(b"\r\n");
                self.work = Work::Sasl(Sasl { exchange });
                Step::Again
            }
            Ok(SaslStep::Check(credentials)) => {
                self.owe(Owed::Login(Some(exchange)), Event::Login(credentials))
            }
            Ok(SaslStep::Accepted | SaslStep::Refused) => self.refuse_login(),
            Err(SaslError::Base64 { .. }) => self.break_off("that is no base64"),
            Err(_) => self.refuse_login(),
        }
    }

    /// The application says that this is who they say they are.
    pub(super) fn logged_in(&mut self) {
        let Work::Owed(Owed::Login(exchange)) = &mut self.work else { return };
        let proof = exchange.as_mut().map(|exchange| exchange.answer(Verdict::Accept));
        match proof {
            None | Some(Ok(SaslStep::Accepted)) => {}
            // No mechanism says more after the verdict yet.
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
