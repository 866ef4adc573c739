//! The deadlines of a server session.

use std::time::{Duration, Instant};

use mail_wire::{Deadlines, Pace, SendBuffer, later};

use super::{Limits, Pending};

/// The deadlines of a server session. None of them runs while the application thinks, but for the
/// reading of what was sent.
#[derive(Debug)]
pub(super) struct Clock {
    table: Deadlines<Pending>,
    /// The octets that had been written when the peer last read something, and when that was.
    reading: Option<(u64, Instant)>,
    pace: Option<Pace>,
    paused: Option<Instant>,
}

impl Clock {
    pub(super) const fn new() -> Self {
        Self { table: Deadlines::new(), reading: None, pace: None, paused: None }
    }

    /// Says what time it is, and returns what took too long.
    pub(super) fn tick(
        &mut self,
        now: Instant,
        out: &SendBuffer,
        limits: &Limits,
    ) -> Option<Pending> {
        self.watch(now, out);
        if self.reading.is_some_and(|(_, since)| now >= later(since, limits.reading)) {
            return Some(Pending::Reading);
        }
        if self.pace.as_mut().is_some_and(|pace| pace.too_slow(now)) {
            return Some(Pending::Append);
        }
        self.table.expired(now)
    }

    /// Notes whether the client reads what is sent.
    pub(super) fn watch(&mut self, now: Instant, out: &SendBuffer) {
        self.reading = match self.reading {
            _ if out.is_empty() => None,
            Some((written, since)) if written == out.written() => Some((written, since)),
            Some(_) | None => Some((out.written(), now)),
        };
    }

    /// Lets something take at most so long from now on, if it does not run already.
    pub(super) fn start(&mut self, what: Pending, at_most: Duration, now: Instant) {
        self.table.set_once(what, later(now, at_most));
    }

    pub(super) fn stop(&mut self, what: Pending) {
        self.table.clear(what);
    }

    /// Watches the octets of an APPEND from now on.
    pub(super) fn start_append(&mut self, limits: &Limits, now: Instant) {
        if self.pace.is_none() {
            self.pace = Some(Pace::new(limits.append_rate, limits.rest_of_command, now));
        }
    }

    pub(super) const fn moved(&mut self, octets: u64) {
        if let Some(pace) = &mut self.pace {
            pace.moved(octets);
        }
    }

    pub(super) fn stop_append(&mut self) {
        self.pace = None;
    }

    /// The application thinks.
    pub(super) fn pause(&mut self, now: Instant) {
        self.table.pause(now);
        self.paused.get_or_insert(now);
    }

    /// The application has answered, or acted on what it was told.
    pub(super) fn resume(&mut self, now: Instant) {
        self.table.resume(now);
        if let (Some(since), Some(pace)) = (self.paused.take(), &mut self.pace) {
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
