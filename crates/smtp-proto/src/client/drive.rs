//! What the session does when it is asked.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use mail_wire::{
    COMMAND_BLOCK, Goodbye, Next, SendBuffer, Session, Sink, Upgrade, Upgraded, reserve_block,
};

use crate::{
    Capabilities, Command, Severity, State, Verb, binding::bindings, clock::Clock, state::after,
};

use super::{Client, Error, Event, NotSent, Outcome, Setup, TlsPolicy, outgoing::Outgoing};

impl Client {
    fn step(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        loop {
            if let Some(event) = self.told.pop_front().or_else(|| self.tell_recipient()) {
                return Ok(Next::Event(event));
            }
            if let Some(over) = &self.over {
                return over.clone().map(|()| Next::Closed);
            }
            // What is there before anything was asked answers nothing, and must not pass for the
            // answer to what is asked next.
            if self.in_flight.is_empty() && self.read_reply() {
                continue;
            }
            // What goes out depends on the replies that have been acted on, and not on how many of
            // them came in one read.
            let is_heard = !self.eof || !self.input.is_empty();
            if (is_heard && self.go_on()) || self.read_reply() {
                continue;
            }
            if self.eof {
                self.hung_up();
            } else if self.wants_tls() {
                if let Some(answer) = self.await_tls(now) {
                    return Ok(answer);
                }
            } else if let Some(answer) = self.pull_body(now).or_else(|| self.starve(now)) {
                return Ok(answer);
            }
        }
    }

    /// Says what comes next, if anything can be said now. Answers whether something happened.
    fn go_on(&mut self) -> bool {
        if self.requests.is_open() {
            return false;
        }
        if self.is_between_messages() && self.say_request() {
            return true;
        }
        let is_idle = self.in_flight.is_empty();
        match self.state {
            State::Greeted | State::Ready if is_idle && !self.setup.is_done => {
                match self.goodbye {
                    Some(_) => self.quit(),
                    None => self.set_up(),
                }
                true
            }
            State::Ready
            | State::HasSender
            | State::HasRecipient
            | State::Chunks
            | State::Spoiled
                if self.setup.is_done && self.outgoing.is_some() =>
            {
                self.send_commands()
            }
            State::Ready if is_idle && self.goodbye.is_some() => {
                self.quit();
                true
            }
            State::Connected
            | State::Greeted
            | State::TurnedAway
            | State::Ready
            | State::Handshake
            | State::Authenticating
            | State::HasSender
            | State::HasRecipient
            | State::Message
            | State::Chunks
            | State::Spoiled
            | State::Closed => false,
        }
    }

    fn is_between_messages(&self) -> bool {
        let may_ask = self.setup.is_done && self.goodbye.is_none();
        may_ask && self.outgoing.as_ref().is_none_or(|one| !one.said.mail)
    }

    fn quit(&mut self) {
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.tell_open(Outcome::NotSent(NotSent::Closing));
        }
        self.drop_requests(NotSent::Closing);
        self.say(&Command::Quit);
    }

    /// Asks for the next part of the message, if one is wanted.
    fn pull_body(&mut self, now: Instant) -> Option<Next<Event>> {
        let is_idle = self.in_flight.is_empty();
        let outgoing = self.outgoing.as_mut().filter(|one| one.is_body_open())?;
        if outgoing.is_asking() {
            let until = self.until(now);
            // A chunk before may be refused while the application looks for the next.
            return Some(match is_idle {
                true => Next::NeedReply { until },
                false => Next::NeedInput { until },
            });
        }
        let unsent = self.config.limits.output.saturating_sub(self.output.len());
        if unsent == 0 {
            return Some(Next::NeedOutput { until: self.until(now) });
        }
        let room = outgoing.chunk_room().unwrap_or(unsent);
        if room == 0 {
            // A chunk is waiting for those before it.
            return None;
        }
        outgoing.ask();
        Some(Next::Event(Event::WantBody { id: outgoing.id, room }))
    }

    /// There is nothing to read and nothing to say.
    fn starve(&mut self, now: Instant) -> Option<Next<Event>> {
        let awaited = self.in_flight.front().map(|one| one.verb);
        if let Some(verb) = awaited {
            self.clock.await_reply(now, self.time_for(verb));
            if self.clock.is_overdue(now) {
                match verb == Verb::Quit {
                    true => self.end(Ok(())),
                    false => self.give_up(Error::TimedOut { verb }),
                }
                return None;
            }
        }
        Some(Next::NeedInput { until: self.until(now) })
    }

    fn until(&mut self, now: Instant) -> Option<Instant> {
        self.clock.until(&self.output, now, self.config.limits.block_time)
    }

    /// How long an answer may take. RFC 5321 4.5.3.2.
    const fn time_for(&self, verb: Verb) -> Duration {
        let limits = &self.config.limits;
        match verb {
            Verb::Connect => limits.greeting_time,
            Verb::Data => limits.data_time,
            Verb::EndOfData | Verb::LastChunk => limits.end_time,
            Verb::Quit => limits.quit_time,
            Verb::Ehlo
            | Verb::Helo
            | Verb::Lhlo
            | Verb::StartTls
            | Verb::Handshake
            | Verb::Auth
            | Verb::AuthResponse
            | Verb::Mail
            | Verb::Rcpt
            | Verb::Rset
            | Verb::Noop
            | Verb::Vrfy
            | Verb::Expn
            | Verb::Help
            | Verb::Bdat
            | Verb::Burl
            | Verb::Etrn
            | Verb::Xclient
            | Verb::Xforward => limits.command_time,
        }
    }

    /// The server is gone, and what it said before is worked off.
    fn hung_up(&mut self) {
        let quitting = self.in_flight.front().map(|one| one.verb) == Some(Verb::Quit);
        let leaving = self.goodbye.is_some() && self.outgoing.is_none();
        match quitting || leaving {
            true => self.end(Ok(())),
            false => self.give_up(Error::Disconnected { state: self.state }),
        }
    }

    pub(super) fn wants_tls(&self) -> bool {
        let implicit = self.state == State::Connected && self.config.tls == TlsPolicy::Implicit;
        self.state == State::Handshake || (implicit && !self.setup.is_tls)
    }

    fn await_tls(&mut self, now: Instant) -> Option<Next<Event>> {
        self.clock.await_handshake(now, self.config.limits.handshake_time);
        if self.clock.is_overdue(now) {
            self.give_up(Error::TimedOut { verb: Verb::Handshake });
        } else if self.goodbye.is_some() {
            self.end(Ok(()));
        } else {
            return Some(Next::Upgrade { to: Upgrade::Tls, until: self.until(now) });
        }
        None
    }

    /// Ends the conversation because it cannot go on, with QUIT where that can still be said.
    pub(super) fn give_up(&mut self, error: Error) {
        let may_quit = matches!(
            self.state,
            State::Greeted
                | State::TurnedAway
                | State::Ready
                | State::HasSender
                | State::HasRecipient
                | State::Chunks
                | State::Spoiled
        );
        if may_quit && self.in_flight.is_empty() {
            self.output.put(b"QUIT\r\n");
        } else {
            // Of a message that is cut, nothing more may go out; least of all its end.
            self.output.discard();
        }
        self.end(Err(error));
    }

    pub(super) fn end(&mut self, how: Result<(), Error>) {
        let leaving = self.goodbye.is_some() && how.is_ok();
        let why = if leaving { NotSent::Closing } else { NotSent::Lost };
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.tell_open(match outgoing.may_have_arrived(&self.output) {
                true => Outcome::Unknown,
                false => Outcome::NotSent(why),
            });
        }
        self.drop_requests(why);
        self.state = after(self.state, Verb::Connect, Severity::Closing);
        self.in_flight.clear();
        self.clock = Clock::default();
        self.exchange = None;
        self.input = BytesMut::new();
        self.over = Some(how);
    }

    /// Tells the next recipient what became of it, and after the last that this was all.
    fn tell_recipient(&mut self) -> Option<Event> {
        let outgoing = self.outgoing.as_mut()?;
        let id = outgoing.id;
        if let Some((index, outcome)) = outgoing.next_told() {
            return Some(Event::Recipient { id, index, outcome });
        }
        // Until RSET has been answered the connection is not free.
        let is_free =
            self.over.is_some() || outgoing.is_free(self.state, self.in_flight.is_empty());
        if !is_free {
            return None;
        }
        self.outgoing = None;
        Some(Event::Done { id })
    }
}

impl Session for Client {
    type Event = Event;
    type Error = Error;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        reserve_block(&mut self.input, COMMAND_BLOCK);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let is_asking = self.outgoing.as_ref().is_some_and(Outgoing::is_asking);
        self.clock.resume(now, !is_asking);
        let time = self.config.limits.block_time;
        if !self.clock.watch(&self.output, now, time) && self.over.is_none() {
            self.give_up(Error::Stuck);
        }
        let answer = self.step(now);
        if matches!(answer, Ok(Next::Event(_))) {
            self.clock.pause(now);
        }
        answer
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Error> {
        let Upgraded::Tls(info) = to else { return Err(Error::NoUpgrade) };
        if !self.wants_tls() || self.over.is_some() {
            return Err(Error::NoUpgrade);
        }
        if !self.input.is_empty() {
            let error = Error::Injected { octets: self.input.len() };
            self.give_up(error.clone());
            return Err(error);
        }
        // RFC 3207 4.2: the client must forget what it learned from the server before.
        self.state = after(self.state, Verb::Handshake, Severity::Done);
        self.capabilities = Capabilities::new();
        self.setup = Setup { is_tls: true, bindings: bindings(&info), ..Setup::default() };
        self.clock.handshake_done();
        self.told.push_back(Event::Tls(Box::new(info)));
        Ok(())
    }

    fn close(&mut self, why: Goodbye) {
        self.goodbye.get_or_insert(why);
    }
}
