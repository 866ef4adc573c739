//! The way to the first message: EHLO, STARTTLS, AUTH.

use mail_errors::Reply;
use mail_sasl::{
    SaslError,
    client::{Exchange, Identity, Terms},
    framing::{CANCEL, encode_initial, encoded_length},
};
use mail_wire::Sink;

use crate::{AuthArguments, Capabilities, Command, Defects, HelloName, Severity, State, Verb};

use super::{COMMAND_LINE, Client, Error, Event, InFlight, REPLY, TlsPolicy};

impl Client {
    /// Does the next thing on the way.
    pub(super) fn set_up(&mut self) {
        if self.state == State::Greeted {
            let name = HelloName::from(&self.config.name);
            let hello = if self.config.lmtp {
                Command::Lhlo(name)
            } else if self.setup.without_ehlo {
                // RFC 5321 3.2: for servers that do not know EHLO.
                Command::Helo(name)
            } else {
                Command::Ehlo(name)
            };
            return self.say(&hello);
        }
        if !self.setup.is_tls && !self.setup.tls_refused {
            let offered = self.capabilities.has_start_tls();
            let hidden = !offered && self.config.start_tls_was_offered;
            match self.config.tls {
                TlsPolicy::Required if hidden => return self.give_up(Error::StartTlsHidden),
                TlsPolicy::Opportunistic if hidden && !self.setup.is_warned => {
                    // Nothing more is said before the application has heard of it.
                    self.setup.is_warned = true;
                    return self.told.push_back(Event::StartTlsHidden);
                }
                TlsPolicy::Required if !offered => {
                    return self.give_up(Error::NotOffered { needed: "STARTTLS" });
                }
                TlsPolicy::Required | TlsPolicy::Opportunistic if offered => {
                    return self.say(&Command::StartTls);
                }
                TlsPolicy::Required
                | TlsPolicy::Opportunistic
                | TlsPolicy::Never
                | TlsPolicy::Implicit => {}
            }
        }
        if let Some(client) = self.config.client.clone()
            && !self.setup.is_presented
        {
            return self.present(client);
        }
        if let Some(identity) = self.config.identity.clone()
            && !self.setup.is_authenticated
        {
            return self.authenticate(identity).unwrap_or_else(|error| self.give_up(error));
        }
        self.setup.is_done = true;
        self.told.push_back(Event::Ready);
    }

    fn authenticate(&mut self, identity: Identity) -> Result<(), Error> {
        let mut terms = Terms::new()
            .plaintext(self.setup.is_tls || self.config.auth_in_clear)
            .bindings(self.setup.bindings.clone());
        if let Some(mechanism) = self.config.mechanism {
            terms = terms.only(mechanism);
        }
        if let Some(nonce) = self.nonce.take() {
            terms = terms.nonce(nonce);
        }
        let chosen = Exchange::choose(self.capabilities.mechanisms(), identity, &terms);
        let mut exchange = match chosen {
            // RFC 4954 4: not in the clear, however much the server offers it.
            Err(SaslError::OnlyPlaintext) => {
                let needed = "a mechanism that hides the password, nor TLS";
                return Err(Error::NotOffered { needed });
            }
            Err(SaslError::NoMechanism) => {
                return Err(Error::NotOffered { needed: "a mechanism that is known here" });
            }
            chosen => chosen?,
        };
        let mechanism = exchange.mechanism().as_str();
        // RFC 4954 4: an initial response that makes the line too long is sent when asked for.
        let line = |octets| "AUTH  \r\n".len() + mechanism.len() + encoded_length(octets);
        let fits = exchange.initial_len().is_some_and(|octets| line(octets) <= COMMAND_LINE);
        let initial = if fits { exchange.initial() } else { None };
        let initial = initial.map(|initial| encode_initial(initial.expose()));
        let arguments = AuthArguments::new(mechanism, initial.as_ref());
        let arguments = arguments.map_err(SaslError::from)?;
        self.exchange = Some(exchange);
        self.say(&Command::Auth(arguments));
        Ok(())
    }

    /// Acts on a reply to one of these.
    pub(super) fn setup_reply(&mut self, verb: Verb, severity: Severity, reply: Reply) {
        let is_auth = matches!(verb, Verb::Auth | Verb::AuthResponse);
        match (verb, severity) {
            (Verb::Connect | Verb::Helo, Severity::Done) => {}
            (Verb::Ehlo | Verb::Lhlo, Severity::Done) => {
                let mut defects = Defects::new();
                self.capabilities = Capabilities::hear(&reply, self.config.profile, &mut defects);
                self.told.extend(defects.iter().map(Event::Tolerated));
            }
            // Another greeting: it begins anew.
            (Verb::Xclient, Severity::Done) => {
                self.setup.is_presented = true;
                self.capabilities = Capabilities::new();
            }
            (Verb::StartTls, Severity::Done) => {
                // What stands behind it would be read as if it had come under TLS.
                if !self.input.is_empty() {
                    let octets = self.input.len();
                    self.give_up(Error::Injected { octets });
                }
            }
            (Verb::Auth | Verb::AuthResponse, Severity::Done) => {
                // A server that says yes too early has not checked anything.
                match self.exchange.take().map(Exchange::finish) {
                    Some(Err(error)) => self.give_up(error.into()),
                    Some(Ok(())) | None => self.setup.is_authenticated = true,
                }
            }
            (Verb::Auth | Verb::AuthResponse, Severity::GoOn) => self.respond(&reply),
            (Verb::Ehlo, Severity::Refused) if reply.is_permanent() => {
                self.setup.without_ehlo = true;
            }
            (Verb::StartTls, Severity::Refused) if self.config.tls == TlsPolicy::Opportunistic => {
                self.setup.tls_refused = true;
            }
            (_, Severity::Refused) => {
                let stage = if is_auth { Verb::Auth } else { verb };
                if let Some(outgoing) = &mut self.outgoing {
                    let reply = reply.clone();
                    outgoing.tell_open(super::Outcome::Refused { stage, reply });
                }
                self.give_up(Error::Refused { stage, reply });
            }
            (_, Severity::GoOn | Severity::Done | Severity::Closing) => {
                self.give_up(Error::Unexpected { verb: Some(verb), reply });
            }
        }
    }

    /// Answers a challenge, or gives the exchange up.
    fn respond(&mut self, challenge: &Reply) {
        let Some(exchange) = &mut self.exchange else { return };
        let line = match exchange.respond(challenge.text()) {
            Ok(line) => line,
            Err(error) => {
                // RFC 4954 4: "*" cancels. Its reply says nothing that is not known already.
                self.output.put(CANCEL);
                self.output.put(b"\r\n");
                return self.give_up_authenticating(error);
            }
        };
        self.output.put(line.expose());
        self.output.put(b"\r\n");
        let cost = line.expose().len().max(REPLY);
        self.in_flight.push_back(InFlight { verb: Verb::AuthResponse, cost });
    }

    fn give_up_authenticating(&mut self, error: SaslError) {
        self.end(Err(error.into()));
    }
}
