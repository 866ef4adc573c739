//! The deadlines of a session, at either end.

use std::time::{Duration, Instant};

use mail_wire::{Deadlines, SendBuffer, later};

/// What there is to wait for. A body on its way in has a lowest rate instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The end of the time for which the greeting is held back.
    Greeting,
    /// The next line from the client.
    Line,
    /// The next reply from the server.
    Reply,
    /// The TLS handshake.
    Handshake,
}

/// Deadlines for what the peer owes us stop while our application owes an answer. The one for its
/// taking what it is sent stops only while nobody drives the session.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    deadlines: Deadlines<Timer>,
    /// When an event was handed out, and the session was not asked since.
    handed_out: Option<Instant>,
    /// The next line has begun to come.
    line_begun: bool,
    /// Until when the peer must have taken something.
    output: Option<Instant>,
    /// What had been written when last seen.
    written: u64,
}

impl Clock {
    /// An event is handed out: what follows is the application's time.
    pub(crate) fn pause(&mut self, now: Instant) {
        self.handed_out.get_or_insert(now);
        self.deadlines.pause(now);
    }

    /// The session is asked again, with or without an answer that is owed. Returns for how long
    /// nobody drove it.
    pub(crate) fn resume(&mut self, now: Instant, is_answered: bool) -> Duration {
        if is_answered {
            self.deadlines.resume(now);
        }
        let since = self.handed_out.take();
        let away = since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.output = self.output.map(|until| later(until, away));
        away
    }

    /// Looks whether the peer takes what it is sent; false if it has not for too long.
    pub(crate) fn watch(&mut self, output: &SendBuffer, now: Instant, time: Duration) -> bool {
        let moved = output.written() != self.written;
        self.written = output.written();
        if output.is_empty() {
            self.output = None;
        } else if moved || self.output.is_none() {
            self.output = Some(later(now, time));
        }
        self.output.is_none_or(|until| now < until)
    }

    /// Waits with the greeting.
    pub(crate) fn await_greeting(&mut self, now: Instant, delay: Duration) {
        self.deadlines.set_once(Timer::Greeting, later(now, delay));
    }

    /// The greeting is said.
    pub(crate) fn greeting_done(&mut self) {
        self.deadlines.clear(Timer::Greeting);
    }

    /// Waits for a line: for its first octet, and from then on for its last.
    pub(crate) fn await_line(&mut self, begun: bool, now: Instant, time: Duration) {
        if begun && !self.line_begun {
            self.line_begun = true;
            self.deadlines.clear(Timer::Line);
        }
        self.deadlines.set_once(Timer::Line, later(now, time));
    }

    /// A line has come.
    pub(crate) fn line_done(&mut self) {
        self.line_begun = false;
        self.deadlines.clear(Timer::Line);
    }

    /// Waits for a reply, unless one is awaited already.
    pub(crate) fn await_reply(&mut self, now: Instant, time: Duration) {
        self.deadlines.set_once(Timer::Reply, later(now, time));
    }

    /// A reply has come.
    pub(crate) fn reply_done(&mut self) {
        self.deadlines.clear(Timer::Reply);
    }

    /// Waits for the end of a handshake.
    pub(crate) fn await_handshake(&mut self, now: Instant, time: Duration) {
        self.deadlines.set_once(Timer::Handshake, later(now, time));
    }

    /// The handshake is done.
    pub(crate) fn handshake_done(&mut self) {
        self.deadlines.clear(Timer::Handshake);
    }

    /// Tells whether something that the peer owes is overdue.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        self.deadlines.expired(now).is_some()
    }

    /// Returns when to ask again, if nothing but this is left to do.
    pub(crate) fn until(
        &mut self,
        output: &SendBuffer,
        now: Instant,
        time: Duration,
    ) -> Option<Instant> {
        self.watch(output, now, time);
        match (self.deadlines.next(), self.output) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}
