//! The deadlines of a session, at either end.

use std::time::{Duration, Instant};

use mail_wire::{Deadlines, Pace, SendBuffer, later};

/// What there is to wait for.
pub(crate) trait Name: Copy + PartialEq {
    /// The peer's reading of what it is sent.
    const READING: Self;
    /// The octets of a body, which have a lowest rate.
    const BODY: Self;
}

/// Named deadlines. None of them runs while the application thinks, but for the reading of what was
/// sent.
#[derive(Debug)]
pub(crate) struct Clock<N> {
    table: Deadlines<N>,
    /// The octets that had been written when the peer last read something, and when that was.
    reading: Option<(u64, Instant)>,
    pace: Option<Pace>,
    /// Since when the application has been thinking.
    thinking: Option<Instant>,
}

impl<N: Name> Clock<N> {
    pub(crate) const fn new() -> Self {
        Self { table: Deadlines::new(), reading: None, pace: None, thinking: None }
    }

    /// Says what time it is, and returns what took too long. The peer may take so long for `reading`.
    pub(crate) fn tick(&mut self, now: Instant, out: &SendBuffer, reading: Duration) -> Option<N> {
        self.watch(now, out);
        if self.reading.is_some_and(|(_, since)| now >= later(since, reading)) {
            return Some(N::READING);
        }
        if self.pace.as_mut().is_some_and(|pace| pace.too_slow(now)) {
            return Some(N::BODY);
        }
        self.table.expired(now)
    }

    /// Notes whether the peer reads what is sent.
    pub(crate) fn watch(&mut self, now: Instant, out: &SendBuffer) {
        self.reading = match self.reading {
            _ if out.is_empty() => None,
            Some((written, since)) if written == out.written() => Some((written, since)),
            Some(_) | None => Some((out.written(), now)),
        };
    }

    /// Lets something take at most so long from now on, if it does not run already.
    pub(crate) fn start(&mut self, what: impl Into<N>, at_most: Duration, now: Instant) {
        self.table.set_once(what.into(), later(now, at_most));
    }

    /// As [`start`](Self::start) if it `runs`; else stops it.
    pub(crate) fn run(&mut self, what: impl Into<N>, runs: bool, at_most: Duration, now: Instant) {
        if runs {
            self.start(what, at_most, now);
        } else {
            self.stop(what);
        }
    }

    /// Stops it, so that it may start anew.
    pub(crate) fn stop(&mut self, what: impl Into<N>) {
        self.table.clear(what.into());
    }

    /// Watches the octets of a body from now on, if it does not do so already.
    pub(crate) fn start_body(&mut self, octets_per_second: u32, grace: Duration, now: Instant) {
        self.pace.get_or_insert_with(|| Pace::new(octets_per_second, grace, now));
    }

    pub(crate) const fn moved(&mut self, octets: u64) {
        if let Some(pace) = &mut self.pace {
            pace.moved(octets);
        }
    }

    pub(crate) fn stop_body(&mut self) {
        self.pace = None;
    }

    /// The application thinks.
    pub(crate) fn pause(&mut self, now: Instant) {
        self.thinking.get_or_insert(now);
        self.table.pause(now);
    }

    /// The application has answered, or acted on what it was told.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.table.resume(now);
        if let (Some(since), Some(pace)) = (self.thinking.take(), &mut self.pace) {
            pace.excuse(now.saturating_duration_since(since));
        }
    }

    /// Returns when to ask again even if nothing happened.
    pub(crate) fn until(&self, reading: Duration) -> Option<Instant> {
        let reading = self.reading.map(|(_, since)| later(since, reading));
        let pace = self.pace.as_ref().map(Pace::until);
        [self.table.next(), reading, pace].into_iter().flatten().min()
    }
}
