//! Which commands can be sent at all, and how to log in: by the strongest means on offer, and never
//! with a password in the clear unless that is asked for.

use mail_sasl::{
    Credentials, Mechanism, SaslError,
    client::{Exchange, Identity, Terms},
    framing,
};

use super::{
    Client, Handle, NotSent, PlaintextLogin,
    plan::{Order, Stage, is_by_number, needs},
};
use crate::{Atom, Authenticate, Capabilities, CommandBody, IString, Login, Verb, state};

/// A command that may go out.
pub(super) enum Ready {
    Command(CommandBody<'static>),
    Exchange(Exchange),
}

impl Client {
    /// Decides whether a command whose turn has come can be sent, and how.
    pub(super) fn prepare(&mut self, order: Order, expunges: u64) -> Result<Ready, NotSent> {
        let verb = match &order {
            Order::Command(body) => body.verb(),
            Order::LogIn(_) | Order::Authenticate(..) => Verb::Authenticate,
        };
        if !state::legal(self.state, verb) {
            return Err(NotSent::WrongState(self.state));
        }
        let nonce = match &order {
            Order::LogIn(_) | Order::Authenticate(..) => self.nonce.take(),
            Order::Command(_) => None,
        };
        let none = Capabilities::default();
        let offered = self.capabilities.as_ref().unwrap_or(&none);
        let mut terms = Terms::new().plaintext(!self.is_in_clear()).bindings(self.bindings.clone());
        if let Some(nonce) = nonce {
            terms = terms.nonce(nonce);
        }
        match order {
            Order::LogIn(who) => self.choose_login(offered, who, &terms),
            Order::Authenticate(mechanism, who) => {
                match exchange(offered, who, &terms.only(mechanism)) {
                    Err(SaslError::NoMechanism) if offers(offered, mechanism) => {
                        Err(NotSent::Credentials)
                    }
                    Err(SaslError::NoMechanism) => Err(NotSent::NotOffered(mechanism.as_str())),
                    chosen => ready(chosen),
                }
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

    /// The strongest means on offer that can carry it.
    fn choose_login(
        &self,
        offered: &Capabilities<'_>,
        who: Identity,
        terms: &Terms,
    ) -> Result<Ready, NotSent> {
        let credentials = who.credentials().cloned();
        match (exchange(offered, who, terms), credentials) {
            (Err(SaslError::NoMechanism), Some(credentials)) => {
                if credentials.authorization_identity().is_some() {
                    return Err(NotSent::Credentials);
                }
                self.plain_login(offered, login(&credentials)?)
            }
            (chosen, _) => ready(chosen),
        }
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

    fn is_in_clear(&self) -> bool {
        !self.secured && self.config.plaintext == PlaintextLogin::Refuse
    }

    pub(super) fn start_exchange(&mut self, handle: Handle, mut exchange: Exchange) {
        // RFC 4959 3: only where SASL-IR is offered.
        let with_initial = self.capabilities.as_ref().is_some_and(|list| has(list, "SASL-IR"));
        let initial = with_initial.then(|| exchange.initial()).flatten();
        let initial = initial.map(|response| framing::encode_initial(response.expose()));
        let name = Atom::checked(exchange.mechanism().as_str().as_bytes());
        let command = CommandBody::Authenticate(Authenticate::checked(name, initial));
        self.start(Some(handle), command);
        if let Some(command) = self.flight.back_mut() {
            command.stage = Stage::Sasl(exchange);
        }
    }
}

fn exchange(
    offered: &Capabilities<'_>,
    who: Identity,
    terms: &Terms,
) -> Result<Exchange, SaslError> {
    let names = offered.auth_mechanisms();
    Exchange::choose(names.iter().map(Vec::as_slice), who, terms)
}

fn ready(chosen: Result<Exchange, SaslError>) -> Result<Ready, NotSent> {
    match chosen {
        Ok(exchange) => Ok(Ready::Exchange(exchange)),
        Err(SaslError::OnlyPlaintext) => Err(NotSent::Plaintext),
        Err(_) => Err(NotSent::Credentials),
    }
}

fn login(credentials: &Credentials) -> Result<Login<'static>, NotSent> {
    let login = IString::new(credentials.user().as_bytes().to_vec())
        .and_then(|user| Login::new(user, credentials.password().clone()));
    login.map_err(|_| NotSent::Credentials)
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
