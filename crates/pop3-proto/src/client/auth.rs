//! AUTH: which mechanism, and the exchange. RFC 5034.

use mail_sasl::{
    Credentials, Mechanism, Nonce, SaslError,
    client::{Exchange, Identity, Terms},
    framing::{CANCEL, encode_initial, encoded_length},
};
use mail_wire::Sink;

use crate::{AuthArguments, Capability, Command, Password, Violation, binding::bindings};

use super::{
    Client, Handle, NotSent, PlaintextLogin, Timer,
    send::{Job, Then},
    user_name,
};

/// Longest command line in octets, CRLF included. RFC 2449 4, RFC 5034 4.
const COMMAND_LINE: usize = 255;

impl Client {
    /// Logs in by the strongest means on offer, or by this one.
    pub(super) fn start_login(
        &mut self,
        handle: Handle,
        who: Identity,
        only: Option<Mechanism>,
    ) -> Result<(), NotSent> {
        let credentials = who.credentials().cloned();
        let nonce = self.nonce.take();
        match (self.choose(who, only, nonce), only) {
            (Ok(exchange), _) => self.start_exchange(handle, exchange),
            (Err(SaslError::OnlyPlaintext), _) => Err(NotSent::Plaintext),
            (Err(SaslError::NoMechanism), Some(only)) => Err(NotSent::NotOffered(only.as_str())),
            (Err(SaslError::NoMechanism), None) => match credentials {
                Some(credentials) => self.start(handle, user_and_pass(&credentials)?),
                None => Err(NotSent::NotOffered("SASL")),
            },
            (Err(_), _) => Err(NotSent::Credentials),
        }
    }

    fn choose(
        &self,
        who: Identity,
        only: Option<Mechanism>,
        nonce: Option<Nonce>,
    ) -> Result<Exchange, SaslError> {
        let may_be_plaintext = self.tls.is_some() || self.config.plaintext == PlaintextLogin::Allow;
        let mut terms =
            Terms::new().plaintext(may_be_plaintext).bindings(bindings(self.tls.as_ref()));
        if let Some(only) = only {
            terms = terms.only(only);
        }
        if let Some(nonce) = nonce {
            terms = terms.nonce(nonce);
        }
        let mut names: Vec<Vec<u8>> = Vec::new();
        for offered in self.capabilities.iter().flat_map(|all| all.iter()) {
            if let Capability::Sasl(mechanisms) = offered {
                names.extend(mechanisms.words().map(<[u8]>::to_vec));
            }
        }
        Exchange::choose(names.iter().map(Vec::as_slice), who, &terms)
    }

    fn start_exchange(&mut self, handle: Handle, mut exchange: Exchange) -> Result<(), NotSent> {
        let mechanism = exchange.mechanism().as_str();
        // RFC 5034 4: an initial response that makes the line too long is sent when asked for.
        let line = |octets| "AUTH  \r\n".len() + mechanism.len() + encoded_length(octets);
        let fits = exchange.initial_len().is_some_and(|octets| line(octets) <= COMMAND_LINE);
        let initial = if fits { exchange.initial() } else { None };
        let initial = initial.map(|initial| encode_initial(initial.expose()));
        let arguments = AuthArguments::new(mechanism, initial.as_ref());
        let command = Command::Auth(Some(arguments.map_err(|_| NotSent::Credentials)?));
        self.send(Some(handle), &command, Then::Exchange(Box::new(exchange)));
        Ok(())
    }

    /// Tells whether the answer that comes may be a challenge.
    pub(super) fn is_challenged(&self) -> bool {
        let front = self.flight.front();
        front.is_some_and(|sent| matches!(sent.then, Then::Exchange(_) | Then::Cancelled))
    }

    /// Tells whether an exchange goes on whatever the server's next words are.
    pub(super) fn awaits_prompt(&self) -> bool {
        let front = self.flight.front();
        front.is_some_and(|sent| match &sent.then {
            Then::Exchange(exchange) => exchange.awaits_prompt(),
            Then::Nothing | Then::Password(_) | Then::Cancelled | Then::LoggedIn(..) => false,
        })
    }

    /// Answers a challenge, or gives the exchange up.
    pub(super) fn challenged(&mut self, challenge: &[u8]) {
        let Some(sent) = self.flight.front_mut() else { return };
        match &mut sent.then {
            Then::Exchange(exchange) => {
                match exchange.respond(challenge) {
                    Ok(line) => self.output.put(line.expose()),
                    Err(_) => {
                        // RFC 5034 4: "*" cancels, and -ERR is the answer.
                        sent.then = Then::Cancelled;
                        self.output.put(CANCEL);
                    }
                }
                self.output.put(b"\r\n");
                self.clock.clear(Timer::Answer);
            }
            Then::Cancelled | Then::Nothing | Then::Password(_) | Then::LoggedIn(..) => {
                self.over(Err(Violation::Unsolicited));
            }
        }
    }
}

fn user_and_pass(credentials: &Credentials) -> Result<Job, NotSent> {
    let name = user_name(credentials).map_err(|_| NotSent::Credentials)?;
    let password = Password::new(credentials.password().expose());
    Ok(Job::Login(name, password.map_err(|_| NotSent::Credentials)?.into_owned()))
}
