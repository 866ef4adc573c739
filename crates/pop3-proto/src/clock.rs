//! The timers of a session.

use std::time::{Duration, Instant};

use mail_wire::{Deadlines, Pace, later};

/// Named deadlines and, during a long answer, its pace.
///
/// None of it runs while the application is thinking: deadlines are set when the session starts to
/// wait for its peer and cleared when what was waited for is there, and the pace is excused.
#[derive(Debug)]
pub(crate) struct Clock<N> {
    deadlines: Deadlines<N>,
    pace: Option<Pace>,
    /// Since when the application has been thinking.
    stopped: Option<Instant>,
}

impl<N: Copy + PartialEq> Clock<N> {
    pub(crate) const fn new() -> Self {
        Self { deadlines: Deadlines::new(), pace: None, stopped: None }
    }

    /// The application has the word.
    pub(crate) fn stop(&mut self, now: Instant) {
        self.stopped.get_or_insert(now);
    }

    /// The peer has the word.
    pub(crate) fn go_on(&mut self, now: Instant) {
        if let (Some(since), Some(pace)) = (self.stopped.take(), &mut self.pace) {
            pace.excuse(now.saturating_duration_since(since));
        }
    }

    /// Sets `name`, unless it runs already, and answers whether it has gone off.
    pub(crate) fn has_expired(&mut self, name: N, after: Duration, now: Instant) -> bool {
        self.deadlines.set_once(name, later(now, after));
        self.deadlines.expired(now) == Some(name)
    }

    pub(crate) fn clear(&mut self, name: N) {
        self.deadlines.clear(name);
    }

    /// Starts to watch the pace, unless it is watched, and answers whether it is too slow. `moved`
    /// octets have come or gone since the last call.
    pub(crate) fn too_slow(
        &mut self,
        octets_per_second: u32,
        grace: Duration,
        moved: u64,
        now: Instant,
    ) -> bool {
        let pace = self.pace.get_or_insert_with(|| Pace::new(octets_per_second, grace, now));
        pace.moved(moved);
        pace.too_slow(now)
    }

    pub(crate) const fn watches_pace(&self) -> bool {
        self.pace.is_some()
    }

    pub(crate) fn clear_pace(&mut self) {
        self.pace = None;
    }

    /// Returns when to look again.
    pub(crate) fn until(&self) -> Option<Instant> {
        let pace = self.pace.as_ref().map(Pace::until);
        self.deadlines.next().into_iter().chain(pace).min()
    }
}
