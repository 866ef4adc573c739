//! What a client session sends: its own business first, then the queue.

use std::time::Instant;

use bytes::Bytes;
use mail_errors::Misuse;
use mail_sasl::{Credentials, Mechanism, client::Exchange, framing};
use mail_wire::Sink;

use super::{
    ClientError, Event, Handle, NotSent, Phase, PlaintextLogin, Session, Tls,
    mailbox::Mailbox,
    plan::{Asks, Ending, InFlight, Order, Queued, Stage, is_by_number, is_harmless, needs},
};
use crate::{
    Access, Atom, Authenticate, Capabilities, Command, CommandBody, IString, Login, State, Tag,
    Verb,
    encode::{self, LiteralMode},
    state,
};

/// A command that may go out.
enum Ready {
    Command(CommandBody<'static>),
    Exchange(Mechanism, Exchange),
}

impl Session {
    /// Puts a command into the queue.
    pub(super) fn give(&mut self, order: Order) -> Result<Handle, Misuse> {
        if self.end.is_some() || self.closing {
            return Err(Misuse::WrongMoment { call: "a command", state: "closing" });
        }
        let (len, limit) = (self.queue.len() as u64 + 1, self.config.limits.queue as u64);
        if len > limit {
            return Err(Misuse::TooLong { what: "queue of commands", len, limit });
        }
        self.handles += 1;
        let handle = Handle(self.handles);
        self.queue.push_back(Queued { handle, order, expunges: self.expunges });
        Ok(handle)
    }

    /// Sends what may go out now.
    pub(super) fn send_what_may(&mut self) {
        while self.end.is_none() && matches!(self.phase, Phase::SettingUp | Phase::Ready) {
            if self.flight.iter().any(|command| !matches!(command.stage, Stage::Sent)) {
                self.go_on();
                return;
            }
            if self.flight.is_empty() {
                if let Some(own) = self.own_business() {
                    self.start(None, own);
                    continue;
                }
            }
            if self.phase != Phase::Ready || self.out.len() > self.config.limits.output {
                return;
            }
            if !self.queue.front().is_some_and(|next| self.may_go(&next.order)) {
                return;
            }
            let Some(Queued { handle, order, expunges }) = self.queue.pop_front() else { return };
            match self.prepare(order, expunges) {
                Ok(Ready::Command(body)) => self.start(Some(handle), body),
                Ok(Ready::Exchange(mechanism, exchange)) => {
                    self.start_exchange(handle, mechanism, exchange);
                }
                Err(why) => self.events.push_back(Event::NotSent { handle, why }),
            }
        }
    }

    /// A command is not sent wholly, or runs until it is told to end.
    fn go_on(&mut self) {
        let waiting = !self.queue.is_empty() || self.closing;
        let room = self.config.limits.output.saturating_sub(self.out.len());
        let Some(command) = self.flight.back_mut() else { return };
        match &mut command.stage {
            Stage::Body { left, asked, .. } if !*asked && room > 0 => {
                *asked = true;
                let room = usize::try_from(*left).unwrap_or(usize::MAX).min(room);
                if let Some(handle) = command.handle {
                    self.events.push_back(Event::WantBody { handle, room });
                }
            }
            Stage::Idle { .. } if waiting => self.end_idle(Ending::Done),
            Stage::Body { .. }
            | Stage::Idle { .. }
            | Stage::Sent
            | Stage::Literals { .. }
            | Stage::Sasl(_)
            | Stage::Cancelled => {}
        }
    }

    /// What the session has to do of its own before anything else.
    fn own_business(&mut self) -> Option<CommandBody<'static>> {
        if self.closing {
            return Some(CommandBody::Logout);
        }
        let Some(capabilities) = &self.capabilities else {
            return Some(CommandBody::Capability);
        };
        if self.phase == Phase::Ready {
            return None;
        }
        let starts = match self.config.tls {
            Tls::Opportunistic | Tls::Required => {
                !self.secured && !self.no_tls && self.state == State::NotAuthenticated
            }
            Tls::Never | Tls::Implicit => false,
        };
        if starts && capabilities.has("STARTTLS") {
            return Some(CommandBody::StartTls);
        }
        if self.config.tls == Tls::Required && !self.secured {
            self.fail(ClientError::NoStartTls);
            return None;
        }
        self.phase = Phase::Ready;
        let authenticated = self.state == State::Authenticated;
        self.events.push_back(Event::Ready { authenticated });
        None
    }

    /// Tells whether the next command may go out beside those in flight.
    fn may_go(&self, order: &Order) -> bool {
        if self.flight.is_empty() {
            return true;
        }
        let Order::Command(body) = order else { return false };
        let verb = body.verb();
        if !is_harmless(verb) {
            return false;
        }
        let asks = Asks::of(body);
        if !self.flight.iter().all(|other| other.goes_with(verb, &asks)) {
            return false;
        }
        let sent: usize = self.flight.iter().map(|command| command.octets).sum();
        let command = Command::new(self.next_tag(), body.clone());
        let wire = encode::command(&command, self.literal_mode());
        wire.stops().is_empty() && sent + wire.as_bytes().len() <= self.config.limits.group
    }

    /// Decides whether a command whose turn has come can be sent, and how.
    fn prepare(&self, order: Order, expunges: u64) -> Result<Ready, NotSent> {
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

    fn start_exchange(&mut self, handle: Handle, mechanism: Mechanism, mut exchange: Exchange) {
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

    /// Sends a command, or what of it comes before the first literal that has to wait.
    pub(super) fn start(&mut self, handle: Option<Handle>, mut body: CommandBody<'static>) {
        let literals = self.literal_mode();
        let verb = body.verb();
        let mut size = None;
        if let CommandBody::Append(append) = &mut body {
            append.literal.synchronizing = literals.must_wait(append.literal.octets);
            size = Some(append.literal.octets);
        }
        if let CommandBody::Select(name) = &body {
            self.opening = Some(Mailbox::new(name.clone(), Access::ReadWrite));
        } else if let CommandBody::Examine(name) = &body {
            self.opening = Some(Mailbox::new(name.clone(), Access::ReadOnly));
        }
        if matches!(verb, Verb::Login | Verb::Authenticate) {
            self.told_since_login = false;
        }
        let asks = Asks::of(&body);
        let tag = self.next_tag();
        self.tags += 1;
        let command = encode::command(&Command::new(tag, body), literals);
        let octets = command.as_bytes().len();
        let first = command.pieces().next().unwrap_or_default();
        self.out.put(first);
        let stage = if !command.stops().is_empty() {
            Stage::Literals { command, sent: 1, size }
        } else if let Some(left) = size {
            Stage::Body { left, asked: false, early: None }
        } else if verb == Verb::Idle {
            Stage::Idle { running: false, ending: None }
        } else {
            Stage::Sent
        };
        let (tag, forgotten) = (self.tags, false);
        self.flight.push_back(InFlight { tag, handle, forgotten, verb, asks, stage, octets });
    }

    /// The server says go on.
    pub(super) fn continued(&mut self, challenge: &[u8], now: Instant) {
        let waits = self.flight.iter_mut().find(|command| command.awaits_continuation());
        let Some(command) = waits else {
            return self.fail(ClientError::UnexpectedContinuation);
        };
        match &mut command.stage {
            Stage::Literals { command: wire, sent, size } => {
                self.out.put(wire.pieces().nth(*sent).unwrap_or_default());
                *sent += 1;
                if *sent > wire.stops().len() {
                    command.stage = match *size {
                        Some(left) => Stage::Body { left, asked: false, early: None },
                        None => Stage::Sent,
                    };
                }
            }
            Stage::Sasl(exchange) => match respond(exchange, challenge) {
                Some(response) => {
                    self.out.put(response.expose());
                    self.out.put(b"\r\n");
                }
                None => {
                    // RFC 9051 6.2.2: "*" gives the exchange up.
                    self.out.put(framing::CANCEL);
                    self.out.put(b"\r\n");
                    command.stage = Stage::Cancelled;
                }
            },
            Stage::Idle { running, ending } => {
                *running = true;
                if ending.is_some() {
                    self.out.put(b"DONE\r\n");
                } else {
                    self.clock.idle(now + self.config.limits.idle);
                }
                if let (Some(handle), false) = (command.handle, command.forgotten) {
                    if self.idling != Some(handle) {
                        self.idling = Some(handle);
                        self.events.push_back(Event::Idling(handle));
                    }
                }
            }
            Stage::Sent | Stage::Body { .. } | Stage::Cancelled => {}
        }
    }

    /// Ends the IDLE that is in flight.
    pub(super) fn end_idle(&mut self, how: Ending) {
        let Some(command) = self.flight.back_mut() else { return };
        let Stage::Idle { running, ending } = &mut command.stage else { return };
        if *running && ending.is_none() {
            self.out.put(b"DONE\r\n");
        }
        self.clock.stop_idle();
        if *ending != Some(Ending::Done) {
            *ending = Some(how);
        }
    }

    /// Gives octets of the message that [`Event::WantBody`] asks for.
    ///
    /// More octets than were announced cut the connection.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this APPEND takes no octets now; [`Misuse::Unencodable`] for NUL,
    /// which cannot be in a message (RFC 9051 section 4.3). Nothing was sent.
    pub fn body(&mut self, handle: Handle, octets: Bytes) -> Result<(), Misuse> {
        let left = self.body_left(handle)?;
        if let Some(offset) = memchr::memchr(0, &octets) {
            return Err(Misuse::Unencodable { what: "message", octet: 0, offset });
        }
        match left.checked_sub(octets.len() as u64) {
            Some(rest) => {
                self.out.put_bytes(octets);
                if let Some(Stage::Body { left, asked, .. }) =
                    self.flight.back_mut().map(|command| &mut command.stage)
                {
                    (*left, *asked) = (rest, false);
                }
            }
            None => self.fail(ClientError::TornBody { missing: 0 }),
        }
        Ok(())
    }

    /// Says that the message is complete. Fewer octets than were announced cut the connection.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this APPEND takes no octets now.
    pub fn body_end(&mut self, handle: Handle) -> Result<(), Misuse> {
        let missing = self.body_left(handle)?;
        if missing > 0 {
            self.fail(ClientError::TornBody { missing });
            return Ok(());
        }
        self.out.put(b"\r\n");
        let Some(command) = self.flight.back_mut() else { return Ok(()) };
        if let Stage::Body { early: Some(how), .. } =
            std::mem::replace(&mut command.stage, Stage::Sent)
        {
            let at = self.flight.len() - 1;
            self.finish(at, how);
        }
        Ok(())
    }

    /// Says that the rest of the message cannot be had. It cuts the connection, so that no torn
    /// message looks whole.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this APPEND takes no octets now.
    pub fn body_failed(&mut self, handle: Handle) -> Result<(), Misuse> {
        let missing = self.body_left(handle)?;
        self.fail(ClientError::TornBody { missing });
        Ok(())
    }

    fn body_left(&self, handle: Handle) -> Result<u64, Misuse> {
        match self.flight.back() {
            Some(InFlight { handle: Some(own), stage: Stage::Body { left, .. }, .. })
                if *own == handle =>
            {
                Ok(*left)
            }
            Some(_) | None => Err(Misuse::UnknownId { what: "message", id: handle.0 }),
        }
    }

    /// Ends an IDLE. Its [`Event::Done`] follows.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if that is no IDLE which goes on.
    pub fn done(&mut self, handle: Handle) -> Result<(), Misuse> {
        let is_idle = |order: &Order| matches!(order, Order::Command(CommandBody::Idle));
        let queued = |next: &Queued| next.handle == handle && is_idle(&next.order);
        if let Some(at) = self.queue.iter().position(queued) {
            self.queue.remove(at);
            self.events.push_back(Event::NotSent { handle, why: NotSent::Cancelled });
            return Ok(());
        }
        match self.flight.back() {
            Some(InFlight { handle: Some(own), verb: Verb::Idle, .. }) if *own == handle => {
                self.end_idle(Ending::Done);
                Ok(())
            }
            Some(_) | None => Err(Misuse::UnknownId { what: "IDLE", id: handle.0 }),
        }
    }

    /// Forgets a command: it is not sent if it has not been, and else nothing more is told of it.
    /// What it does to the session (a mailbox that it selects) happens all the same.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if the command is over; [`Misuse::WrongMoment`] for an APPEND whose
    /// message is on its way, which [`body_failed`](Self::body_failed) cuts.
    pub fn forget(&mut self, handle: Handle) -> Result<(), Misuse> {
        if let Some(at) = self.queue.iter().position(|next| next.handle == handle) {
            self.queue.remove(at);
            return Ok(());
        }
        let own = self.flight.iter_mut().find(|command| command.handle == Some(handle));
        let Some(command) = own else {
            return Err(Misuse::UnknownId { what: "command", id: handle.0 });
        };
        if matches!(command.stage, Stage::Body { .. } | Stage::Literals { size: Some(_), .. }) {
            return Err(Misuse::WrongMoment { call: "forget", state: "sending a message" });
        }
        command.forgotten = true;
        let idles = command.verb == Verb::Idle;
        self.events.retain(|event| event.handle() != Some(handle));
        if idles {
            self.end_idle(Ending::Done);
        }
        Ok(())
    }

    fn next_tag(&self) -> Tag<'static> {
        Tag::checked(format!("A{}", self.tags + 1).into_bytes())
    }

    fn literal_mode(&self) -> LiteralMode {
        match &self.capabilities {
            Some(list) if list.has("LITERAL+") => LiteralMode::Plus,
            Some(list) if has(list, "LITERAL-") => LiteralMode::Minus,
            Some(_) | None => LiteralMode::Synchronizing,
        }
    }
}

/// Answers a challenge; `None` if there is no answer and the exchange is to be given up.
fn respond(exchange: &mut Exchange, challenge: &[u8]) -> Option<mail_errors::Secret> {
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
fn has(offered: &Capabilities<'_>, name: &str) -> bool {
    offered.has(name) || name != "ID" && offered.has("IMAP4rev2")
}

fn offers(offered: &Capabilities<'_>, mechanism: Mechanism) -> bool {
    let names = offered.auth_mechanisms();
    names.iter().any(|name| Mechanism::parse(name).is_ok_and(|known| known == mechanism))
}
