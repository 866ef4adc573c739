//! The deadlines of a client session.

use std::time::{Duration, Instant};

use mail_wire::{Deadlines, Pace, SendBuffer, later};

use super::{Limits, Pending};

/// The deadlines of a client session. None of them runs while the application thinks, but for the
/// reading of what was sent.
#[derive(Debug)]
pub(super) struct Clock {
    table: Deadlines<Timer>,
    /// The octets that had been written when the peer last read something, and when that was.
    reading: Option<(u64, Instant)>,
    pace: Option<Pace>,
    /// Since when the application has been thinking.
    thinking: Option<Instant>,
}

/// What goes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The server took too long.
    Late(Pending),
    /// IDLE is to be begun anew.
    Idle,
}

impl Clock {
    pub(super) const fn new() -> Self {
        Self { table: Deadlines::new(), reading: None, pace: None, thinking: None }
    }

    /// Says what time it is, and returns what went off.
    pub(super) fn tick(
        &mut self,
        now: Instant,
        out: &SendBuffer,
        limits: &Limits,
    ) -> Option<Timer> {
        self.watch(now, out);
        if self.reading.is_some_and(|(_, since)| now >= later(since, limits.reading)) {
            return Some(Timer::Late(Pending::Reading));
        }
        if self.pace.as_mut().is_some_and(|pace| pace.too_slow(now)) {
            return Some(Timer::Late(Pending::Body));
        }
        self.table.expired(now)
    }

    /// Notes whether the server reads what is sent.
    pub(super) fn watch(&mut self, now: Instant, out: &SendBuffer) {
        self.reading = match self.reading {
            _ if out.is_empty() => None,
            Some((written, since)) if written == out.written() => Some((written, since)),
            Some(_) | None => Some((out.written(), now)),
        };
    }

    /// Lets the server take at most so long from now on, if that does not run already; or, if not
    /// `runs`, stops it.
    pub(super) fn run(&mut self, what: Pending, runs: bool, at_most: Duration, now: Instant) {
        if runs {
            self.table.set_once(Timer::Late(what), later(now, at_most));
        } else {
            self.table.clear(Timer::Late(what));
        }
    }

    /// Stops it, so that it may start anew.
    pub(super) fn stop(&mut self, what: Pending) {
        self.table.clear(Timer::Late(what));
    }

    /// Sets when IDLE is to be begun anew.
    pub(super) fn idle(&mut self, at: Instant) {
        self.table.set(Timer::Idle, at);
    }

    pub(super) fn stop_idle(&mut self) {
        self.table.clear(Timer::Idle);
    }

    /// Watches the octets of a message's text from now on.
    pub(super) fn start_body(&mut self, limits: &Limits, now: Instant) {
        self.pace = Some(Pace::new(limits.body_rate, limits.rest_of_response, now));
    }

    pub(super) const fn moved(&mut self, octets: u64) {
        if let Some(pace) = &mut self.pace {
            pace.moved(octets);
        }
    }

    pub(super) fn stop_body(&mut self) {
        self.pace = None;
    }

    /// The application thinks.
    pub(super) fn pause(&mut self, now: Instant) {
        self.thinking.get_or_insert(now);
        self.table.pause(now);
    }

    /// The application has answered.
    pub(super) fn resume(&mut self, now: Instant) {
        self.table.resume(now);
        if let (Some(since), Some(pace)) = (self.thinking.take(), &mut self.pace) {
            pace.excuse(now.saturating_duration_since(since));
        }
    }

    /// Returns when to ask again even if nothing happened.
    pub(super) fn until(&self, limits: &Limits) -> Option<Instant> {
        let reading = self.reading.map(|(_, since)| later(since, limits.reading));
        let pace = self.pace.as_ref().map(Pace::until);
        [self.table.next(), reading, pace].into_iter().flatten().min()
    }
}
