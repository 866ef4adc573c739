//! The session's answers: what comes next, from greeting to end.

use std::time::Instant;

use bytes::BytesMut;
use mail_errors::{Reply, ReplyCode};
use mail_wire::{
    BODY_BLOCK, COMMAND_BLOCK, Goodbye, LineFramer, Next, SendBuffer, Session, Upgrade, Upgraded,
    reserve_block,
};

use crate::{Severity, State, Verb, state::after};

use super::{
    Authentication, Error, Event, Server, TlsUse, Transaction, line::TLS_HANDSHAKE, replies,
};

impl Server {
    pub(super) fn step(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        loop {
            if self.over.is_none() && self.output.len() > self.config.limits.output {
                return Ok(Next::NeedOutput { until: self.until(now) });
            }
            if let Some(event) = self.told.pop_front() {
                return Ok(Next::Event(event));
            }
            if let Some(over) = &self.over {
                return over.clone().map(|()| Next::Closed);
            }
            if self.owed.is_some() {
                if self.goodbye != Some(Goodbye::InternalError) {
                    return Ok(Next::NeedReply { until: self.until(now) });
                }
                // Nobody will answer it any more, and 421 may answer anything (RFC 5321 3.8).
                self.say_goodbye(Goodbye::InternalError);
                continue;
            }
            if let Some(goodbye) = self.goodbye.filter(|_| self.may_say_goodbye()) {
                self.say_goodbye(goodbye);
                continue;
            }
            if self.chunk.is_some() {
                match self.receive_chunk(now) {
                    Some(wait) => return Ok(wait),
                    None => continue,
                }
            }
            let wait = match self.state {
                State::Connected => self.greet(now),
                State::Handshake => self.await_tls(now),
                State::Message => self.receive_body(now),
                State::Greeted
                | State::TurnedAway
                | State::Ready
                | State::Authenticating
                | State::HasSender
                | State::HasRecipient
                | State::Chunks
                | State::Spoiled => self.receive_line(now),
                State::Closed => {
                    self.over = Some(Ok(()));
                    None
                }
            };
            if let Some(wait) = wait {
                return Ok(wait);
            }
        }
    }

    /// Sends the greeting, under implicit TLS after the handshake.
    fn greet(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.config.tls == TlsUse::Implicit && !self.is_tls {
            return self.await_tls(now);
        }
        if !self.greeting_is_due(now) {
            return self.await_greeting(now);
        }
        self.clock.greeting_done();
        let greeting = self.greeting.take().unwrap_or_else(|| self.greeting());
        self.say(Verb::Connect, &greeting);
        None
    }

    /// The usual greeting. RFC 5321 4.3.1, RFC 2033 4.1.
    pub(super) fn greeting(&self) -> Reply {
        let protocol = if self.config.is_lmtp() { "LMTP" } else { "ESMTP" };
        let text = format!("{} {protocol}", self.config.host.as_str());
        Reply::new(ReplyCode::SERVICE_READY, None, text).unwrap_or(replies::OK)
    }

    /// Tells whether nothing holds the greeting back any more.
    fn greeting_is_due(&mut self, now: Instant) -> bool {
        let delay = self.config.limits.greeting_delay;
        delay.is_zero() || {
            self.clock.await_greeting(now, delay);
            self.clock.is_overdue(now)
        }
    }

    /// RFC 5321 3.1 and 4.3.1: the client waits for the greeting. What sends mail to whoever takes
    /// it does not.
    fn await_greeting(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.eof {
            self.hung_up();
        } else if self.input.first() == Some(&TLS_HANDSHAKE) {
            self.fail(&replies::NOT_SMTP, Error::NotSmtp { what: "TLS" });
        } else if !self.input.is_empty() {
            let octets = self.input.len();
            self.fail(&replies::EARLY_TALKER, Error::EarlyTalker { octets });
        } else {
            return Some(Next::NeedInput { until: self.until(now) });
        }
        None
    }

    fn await_tls(&mut self, now: Instant) -> Option<Next<Event>> {
        self.clock.await_handshake(now, self.config.limits.handshake_time);
        if self.eof {
            self.hung_up();
            return None;
        }
        if self.clock.is_overdue(now) {
            // There is nothing that a client in a handshake could read.
            self.give_up(Error::TimedOut { state: self.state });
            return None;
        }
        Some(Next::Upgrade { to: Upgrade::Tls, until: self.until(now) })
    }

    pub(super) fn until(&mut self, now: Instant) -> Option<Instant> {
        self.clock.until(&self.output, now, self.config.limits.output_time)
    }
}

impl Session for Server {
    type Event = Event;
    type Error = Error;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        let in_body = self.state == State::Message || self.chunk.is_some();
        let block = if in_body { BODY_BLOCK } else { COMMAND_BLOCK };
        reserve_block(&mut self.input, block);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let away = self.clock.resume(now, self.owed.is_none());
        // The application, not the client, held the message up.
        if let Some(pace) = &mut self.pace {
            pace.excuse(away);
        }
        let time = self.config.limits.output_time;
        if !self.clock.watch(&self.output, now, time) && self.over.is_none() {
            self.output.discard();
            self.give_up(Error::Stuck);
        }
        let answer = self.step(now);
        if matches!(answer, Ok(Next::Event(_))) {
            self.clock.pause(now);
        }
        answer
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Error> {
        let implicit = self.state == State::Connected && self.config.tls == TlsUse::Implicit;
        let asked = self.state == State::Handshake || (implicit && !self.is_tls);
        let Upgraded::Tls(info) = to else { return Err(Error::NoUpgrade) };
        if !asked || self.over.is_some() {
            return Err(Error::NoUpgrade);
        }
        if !self.input.is_empty() {
            let error = Error::Injected { octets: self.input.len() };
            self.give_up(error.clone());
            return Err(error);
        }
        // RFC 3207 4.2: the server must forget what it learned from the client before.
        self.state = after(self.state, Verb::Handshake, Severity::Done);
        self.auth = Authentication::over_tls(&info);
        self.transaction = Transaction::default();
        self.lines = LineFramer::new();
        self.clock.handshake_done();
        self.is_tls = true;
        self.told.push_back(Event::Tls(Box::new(info)));
        Ok(())
    }

    fn close(&mut self, why: Goodbye) {
        match why {
            Goodbye::InternalError => self.goodbye = Some(why),
            Goodbye::Done | Goodbye::Shutdown | Goodbye::Overloaded | _ => {
                self.goodbye.get_or_insert(why);
            }
        }
    }
}
