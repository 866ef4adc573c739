//! The session as its driver sees it: the contract of [`mail_wire::Session`].

use std::time::Instant;

use bytes::BytesMut;
use mail_wire::{
    BODY_BLOCK, COMMAND_BLOCK, Goodbye, LineFramer, Next, SendBuffer, Session, Upgrade, Upgraded,
    reserve_block,
};

use super::{Event, Pending, Server, ServerError, Step, Work, write};
use crate::{PlainCode, binding::bindings, frame::CommandFramer};

impl Session for Server {
    type Event = Event;
    type Error = ServerError;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        (&mut self.input, &mut self.out)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, ServerError> {
        if !self.is_thinking() {
            self.clock.resume(now);
        }
        let late = self.clock.tick(now, &self.out, self.config.limits.reading);
        if let Some(pending) = late.filter(|_| self.end.is_none()) {
            self.fail(ServerError::TimedOut(pending));
        }
        loop {
            if self.end.is_none() && self.out.len() > self.config.limits.output {
                self.clock.watch(now, &self.out);
                let until = self.clock.until(self.config.limits.reading);
                return Ok(Next::NeedOutput { until });
            }
            if let Some(event) = self.events.pop_front() {
                // Until it asks again, the application acts on it.
                self.clock.pause(now);
                return Ok(Next::Event(event));
            }
            match &self.end {
                Some(Ok(())) => return Ok(Next::Closed),
                Some(Err(error)) => return Err(error.clone()),
                None => {}
            }
            let step = self.step(now);
            // It has filled since `tick` saw it.
            self.clock.watch(now, &self.out);
            if self.is_thinking() || matches!(step, Step::Event(_)) {
                self.clock.pause(now);
            }
            let until = self.clock.until(self.config.limits.reading);
            match step {
                Step::Event(event) => return Ok(Next::Event(event)),
                Step::Again => {}
                Step::Input => return Ok(Next::NeedInput { until }),
                Step::Reply => return Ok(Next::NeedReply { until }),
                Step::Upgrade => {
                    self.clock.start(Pending::Handshake, self.config.limits.handshake, now);
                    let until = self.clock.until(self.config.limits.reading);
                    return Ok(Next::Upgrade { to: Upgrade::Tls, until });
                }
            }
        }
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), ServerError> {
        let asked = matches!(self.work, Work::Handshake | Work::StartTls) && self.end.is_none();
        let error = if let (Upgraded::Tls(info), true) = (to, asked) {
            if self.input.is_empty() {
                self.secure(info);
                return Ok(());
            }
            ServerError::Injected { octets: self.input.len() }
        } else {
            ServerError::UnaskedUpgrade
        };
        if self.end.is_none() {
            self.fail(error.clone());
        }
        Err(error)
    }

    fn close(&mut self, why: Goodbye) {
        let words = match why {
            Goodbye::Shutdown => {
                write::coded(PlainCode::Unavailable, "the server is shutting down")
            }
            Goodbye::Overloaded => write::coded(PlainCode::Unavailable, "too much is going on"),
            Goodbye::InternalError => write::coded(PlainCode::ServerBug, "something broke here"),
            Goodbye::Done | _ => write::text(None, "good-bye"),
        };
        self.closing.get_or_insert(words);
    }
}

impl Server {
    /// TLS is in place: whatever was learnt in the clear is forgotten (RFC 9051 6.2.1).
    fn secure(&mut self, info: mail_wire::TlsInfo) {
        self.clock.stop(Pending::Handshake);
        self.secured = true;
        self.bindings = bindings(&info);
        self.frames =
            CommandFramer::new(self.config.limits.command_before_login, self.config.profile);
        self.lines = LineFramer::new();
        self.bad_commands = 0;
        self.failed_logins = 0;
        let is_first = matches!(self.work, Work::Handshake);
        self.work = if is_first { Work::Greeting } else { Work::Command };
        self.events.push_back(Event::Tls(info));
    }

    /// Asks for more input, or says what the end of it means.
    pub(super) fn starve(&mut self, within: Option<&'static str>) -> Step {
        if !self.eof {
            let block = if self.frames.is_in_message() { BODY_BLOCK } else { COMMAND_BLOCK };
            reserve_block(&mut self.input, block);
            return Step::Input;
        }
        match within {
            Some(what) => self.fail(ServerError::Truncated(what)),
            None => {
                self.over(None, Ok(()));
                Step::Again
            }
        }
    }
}
