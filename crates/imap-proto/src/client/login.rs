//! Which commands can be sent at all, and how to log in: by the strongest means on offer, and never
//! with a password in the clear unless that is asked for.

use mail_errors::Secret;
use mail_sasl::{Credentials, Mechanism, client::Exchange, framing};

use super::{
    Client, Handle, NotSent, PlaintextLogin,
    plan::{Order, Stage, is_by_number, needs},
};
use crate::{Atom, Authenticate, Capabilities, CommandBody, IString, Login, Verb, state};

/// A command that may go out.
pub(super) enum Ready {
    Command(CommandBody<'static>),
    Exchange(Mechanism, Exchange),
}

impl Client {
    /// Decides whether a command whose turn has come can be sent, and how.
    pub(super) fn prepare(&self, order: Order, expunges: u64) -> Result<Ready, NotSent> {
        let verb = match &order {
            Order::Command(body) => body.verb(),
            Order::LogIn(_) | Order::Authenticate(..) => Verb::Authenticate,
        };
        if !state::legal(self.state, verb) {
            return Err(NotSent::WrongState(self.state));
        }
        let none = Capabilities::default();
        let offered = self.capabilities.as_ref().unwrap_or(&none);
        match order {
            Order::LogIn(credentials) => self.choose_login(offered, credentials),
            Order::Authenticate(mechanism, credentials) => {
                if !offers(offered, mechanism) {
                    return Err(NotSent::NotOffered(mechanism.as_str()));
                }
                self.exchange(mechanism, credentials)
            }
            Order::Command(CommandBody::Login(login)) => self.plain_login(offered, login),
            Order::Command(body) => {
                let by_number = is_by_number(&body) && expunges != self.expunges;
                match needs(&body) {
                    Some(name) if !has(offered, name) => Err(NotSent::NotOffered(name)),
                    // RFC 9051 5.5 and 7.4.1: its numbers name other messages by now.
                    Some(_) | None if by_number => Err(NotSent::Renumbered),
                    Some(_) | None => Ok(Ready::Command(body)),
                }
            }
        }
    }

    /// The strongest means on offer that can carry the credentials.
    fn choose_login(
        &self,
        offered: &Capabilities<'_>,
        credentials: Credentials,
    ) -> Result<Ready, NotSent> {
        let acts_for = credentials.authorization_identity().is_some();
        let can = |mechanism: &Mechanism| !acts_for || mechanism.has_authorization_identity();
        let names = offered.auth_mechanisms();
        let names = names.iter().map(Vec::as_slice);
        let known = names.filter(|name| Mechanism::parse(name).is_ok_and(|known| can(&known)));
        if let Some(mechanism) = Mechanism::strongest(known) {
            return self.exchange(mechanism, credentials);
        }
        if acts_for {
            return Err(NotSent::Credentials);
        }
        let login = IString::new(credentials.user().as_bytes().to_vec())
            .and_then(|user| Login::new(user, credentials.password().clone()));
        self.plain_login(offered, login.map_err(|_| NotSent::Credentials)?)
    }

    fn plain_login(
        &self,
        offered: &Capabilities<'_>,
        login: Login<'static>,
    ) -> Result<Ready, NotSent> {
        if self.is_in_clear() {
            return Err(NotSent::Plaintext);
        }
        // RFC 9051 6.2.3: "MUST NOT send a LOGIN command if the server advertises LOGINDISABLED".
        if offered.has("LOGINDISABLED") {
            return Err(NotSent::LoginDisabled);
        }
        Ok(Ready::Command(CommandBody::Login(login)))
    }

    fn exchange(&self, mechanism: Mechanism, who: Credentials) -> Result<Ready, NotSent> {
        if mechanism.is_plaintext() && self.is_in_clear() {
            return Err(NotSent::Plaintext);
        }
        let exchange = Exchange::new(mechanism, who).map_err(|_| NotSent::Credentials)?;
        Ok(Ready::Exchange(mechanism, exchange))
    }

    fn is_in_clear(&self) -> bool {
        !self.secured && self.config.plaintext == PlaintextLogin::Refuse
    }

    pub(super) fn start_exchange(
        &mut self,
        handle: Handle,
        mechanism: Mechanism,
        mut exchange: Exchange,
    ) {
        // RFC 4959 3: only where SASL-IR is offered.
        let with_initial = self.capabilities.as_ref().is_some_and(|list| has(list, "SASL-IR"));
        let initial = with_initial.then(|| exchange.initial()).flatten();
        let initial = initial.map(|response| framing::encode_initial(response.expose()));
        let name = Atom::checked(mechanism.as_str().as_bytes());
        let command = CommandBody::Authenticate(Authenticate::checked(name, initial));
        self.start(Some(handle), command);
        if let Some(command) = self.flight.back_mut() {
            command.stage = Stage::Sasl(exchange);
        }
    }
}

/// Answers a challenge; `None` if there is no answer and the exchange is to be given up.
pub(super) fn respond(exchange: &mut Exchange, challenge: &[u8]) -> Option<Secret> {
    let challenge = match framing::decode_challenge(challenge) {
        Ok(octets) => octets,
        // PLAIN and LOGIN do not look at it, and servers put words for people there.
        Err(_) if exchange.mechanism().is_plaintext() => Vec::new(),
        Err(_) => return None,
    };
    exchange.step(&challenge).ok().map(|response| framing::encode(response.expose()))
}

/// Tells whether a capability is offered, by itself or as a part of IMAP4rev2 (RFC 9051 appendix
/// E).
pub(super) fn has(offered: &Capabilities<'_>, name: &str) -> bool {
    offered.has(name) || name != "ID" && offered.has("IMAP4rev2")
}

fn offers(offered: &Capabilities<'_>, mechanism: Mechanism) -> bool {
    let names = offered.auth_mechanisms();
    names.iter().any(|name| Mechanism::parse(name).is_ok_and(|known| known == mechanism))
}
