//! The deadlines of a server session. They stop while the application is thinking.

use std::time::{Duration, Instant};

use mail_wire::{Deadlines, SendBuffer};

/// What there is to wait for, other than a body, which has a lowest rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The next line.
    Line,
    /// The TLS handshake.
    Handshake,
    /// The client's taking what it is sent.
    Output,
}

#[derive(Debug, Default)]
pub(super) struct Clock {
    deadlines: Deadlines<Timer>,
    /// When an event was handed out.
    thinking_since: Option<Instant>,
    /// The next line has begun to come.
    line_begun: bool,
    /// What had been written when last seen.
    written: u64,
}

impl Clock {
    /// An event is handed out: what follows is the application's time.
    pub(super) fn pause(&mut self, now: Instant) {
        self.thinking_since.get_or_insert(now);
        self.deadlines.pause(now);
    }

    /// The application has answered. Returns how long that took.
    pub(super) fn resume(&mut self, now: Instant) -> Duration {
        self.deadlines.resume(now);
        let since = self.thinking_since.take();
        since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Waits for a line: for its first octet, and from then on for its last.
    pub(super) fn await_line(&mut self, begun: bool, now: Instant, time: Duration) {
        if begun && !self.line_begun {
            self.line_begun = true;
            self.deadlines.set(Timer::Line, now + time);
        }
        self.deadlines.set_once(Timer::Line, now + time);
    }

    /// A line has come.
    pub(super) fn line_done(&mut self) {
        self.line_begun = false;
        self.deadlines.clear(Timer::Line);
    }

    pub(super) fn await_handshake(&mut self, now: Instant, time: Duration) {
        self.deadlines.set_once(Timer::Handshake, now + time);
    }

    pub(super) fn handshake_done(&mut self) {
        self.deadlines.clear(Timer::Handshake);
    }

    /// Looks whether the client takes what it is sent.
    pub(super) fn watch(&mut self, output: &SendBuffer, now: Instant, time: Duration) {
        let moved = output.written() != self.written;
        self.written = output.written();
        if output.is_empty() {
            self.deadlines.clear(Timer::Output);
        } else if moved {
            self.deadlines.set(Timer::Output, now + time);
        } else {
            self.deadlines.set_once(Timer::Output, now + time);
        }
    }

    pub(super) fn expired(&self, now: Instant) -> Option<Timer> {
        self.deadlines.expired(now)
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.deadlines.next()
    }
}
