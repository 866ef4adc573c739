//! What a client session sends: its own business first, then the queue.

use std::time::Instant;

use mail_errors::Misuse;
use mail_sasl::framing;
use mail_wire::Sink;

use super::{
    Client, ClientError, Event, Handle, Phase, Tls,
    login::{Ready, has},
    mailbox::Mailbox,
    plan::{Asks, Ending, InFlight, Order, Queued, Stage, is_harmless},
    timer::Timer,
};
use crate::{
    Access, Command, CommandBody, State, Tag, Verb,
    encode::{self, LiteralMode},
};

impl Client {
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
            if self.flight.is_empty()
                && let Some(own) = self.own_business()
            {
                self.start(None, own);
                continue;
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
                Ok(Ready::Exchange(exchange)) => self.start_exchange(handle, exchange),
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
            Stage::Sasl(exchange) => match exchange.respond(challenge) {
                Ok(response) => {
                    self.out.put(response.expose());
                    self.out.put(b"\r\n");
                }
                Err(_) => {
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
                    self.clock.stop(Timer::Idle);
                    self.clock.start(Timer::Idle, self.config.limits.idle, now);
                }
                let told = self.idling == command.handle || command.forgotten;
                if let (Some(handle), false) = (command.handle, told) {
                    self.idling = Some(handle);
                    self.events.push_back(Event::Idling(handle));
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
        self.clock.stop(Timer::Idle);
        if *ending != Some(Ending::Done) {
            *ending = Some(how);
        }
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
