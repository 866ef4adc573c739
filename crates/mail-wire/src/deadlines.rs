//! The one table of a session's deadlines, and the lowest rate of a body.

use std::time::{Duration, Instant};

/// Returns the moment that lies `time` after `now`. A time that the clock cannot count, as
/// [`Duration::MAX`], stands for a hundred years: a limit may say that there is none.
#[must_use]
pub fn later(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).or_else(|| now.checked_add(FOR_EVER)).unwrap_or(now)
}

const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Named deadlines of one session. A name is set once at a time; setting it again moves it.
///
/// They stop while the application is thinking: [`pause`](Self::pause) and
/// [`resume`](Self::resume) move all of them by the time in between. One that is set meanwhile
/// moves by the whole of it too, so resume before setting.
#[derive(Debug, Clone)]
pub struct Deadlines<N> {
    set: Vec<(N, Instant)>,
    paused: Option<Instant>,
}

impl<N: Copy + PartialEq> Deadlines<N> {
    /// Makes an empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { set: Vec::new(), paused: None }
    }

    /// Sets `name` to go off at `at`.
    pub fn set(&mut self, name: N, at: Instant) {
        match self.set.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = at,
            None => self.set.push((name, at)),
        }
    }

    /// Sets `name` to go off at `at`, unless it runs already: a deadline runs from the first octet
    /// of a line to its last, not from octet to octet.
    pub fn set_once(&mut self, name: N, at: Instant) {
        if !self.is_set(name) {
            self.set(name, at);
        }
    }

    /// Takes `name` off the table.
    pub fn clear(&mut self, name: N) {
        self.set.retain(|(known, _)| *known != name);
    }

    /// Takes everything off the table.
    pub fn clear_all(&mut self) {
        self.set.clear();
        self.paused = None;
    }

    /// Tells whether `name` is running.
    #[must_use]
    pub fn is_set(&self, name: N) -> bool {
        self.set.iter().any(|(known, _)| *known == name)
    }

    /// Returns the moment at which the next deadline goes off; none while paused.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        if self.paused.is_some() {
            return None;
        }
        self.set.iter().map(|(_, at)| *at).min()
    }

    /// Returns the deadline that went off first, if one has. It stays until it is cleared or moved.
    #[must_use]
    pub fn expired(&self, now: Instant) -> Option<N> {
        if self.paused.is_some() {
            return None;
        }
        let (name, at) = self.set.iter().min_by_key(|(_, at)| *at)?;
        (*at <= now).then_some(*name)
    }

    /// Stops all deadlines, because the application is thinking. Calling it again changes nothing.
    pub fn pause(&mut self, now: Instant) {
        self.paused.get_or_insert(now);
    }

    /// Lets all deadlines go on, as late as they were stopped for.
    pub fn resume(&mut self, now: Instant) {
        let Some(since) = self.paused.take() else { return };
        let stopped = now.saturating_duration_since(since);
        for (_, at) in &mut self.set {
            *at = later(*at, stopped);
        }
    }
}

impl<N: Copy + PartialEq> Default for Deadlines<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The lowest rate at which a body may come or go, so that a peer which sends one octet a minute
/// cannot hold a connection for a day.
///
/// Time is cut into windows of `grace` length, the first of which begins with the watch, and each
/// must bring `octets_per_second` on its average: who sends nothing at all is found out after one
/// `grace`, who stops in the middle after two at most. Within a window any rate will do.
#[derive(Debug, Clone)]
pub struct Pace {
    octets_per_second: u32,
    grace: Duration,
    window_ends: Instant,
    octets: u64,
}

impl Pace {
    /// Starts to watch a body. A `grace` of less than a second counts as one: a window without
    /// length would be over whenever it is looked at.
    #[must_use]
    pub fn new(octets_per_second: u32, grace: Duration, now: Instant) -> Self {
        let grace = grace.max(Duration::from_secs(1));
        Self { octets_per_second, grace, window_ends: later(now, grace), octets: 0 }
    }

    /// Counts progress.
    pub const fn moved(&mut self, octets: u64) {
        self.octets = self.octets.saturating_add(octets);
    }

    /// Tells whether the body is too slow by now.
    pub fn too_slow(&mut self, now: Instant) -> bool {
        if now < self.window_ends {
            return false;
        }
        let over = now.saturating_duration_since(self.window_ends).saturating_add(self.grace);
        let owed = over.as_secs_f64() * f64::from(self.octets_per_second);
        if (self.octets as f64) < owed {
            return true;
        }
        self.window_ends = later(now, self.grace);
        self.octets = 0;
        false
    }

    /// Returns when to ask again.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.window_ends
    }

    /// Moves the window, because the application, not the peer, held the body up.
    pub fn excuse(&mut self, held_up: Duration) {
        self.window_ends = later(self.window_ends, held_up);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "a test needs one moment to count from")]
        Instant::now()
    }

    #[test]
    fn the_first_deadline_goes_off_first() {
        let t = start();
        let mut table = Deadlines::new();
        table.set("command", t + 5 * SECOND);
        table.set("session", t + 3 * SECOND);
        assert_eq!(table.next(), Some(t + 3 * SECOND));
        assert_eq!(table.expired(t + 2 * SECOND), None);
        assert_eq!(table.expired(t + 9 * SECOND), Some("session"));
        table.clear("session");
        assert_eq!(table.expired(t + 9 * SECOND), Some("command"));
    }

    #[test]
    fn does_not_move_from_octet_to_octet() {
        let t = start();
        let mut table = Deadlines::new();
        table.set_once("line", t + SECOND);
        table.set_once("line", t + 2 * SECOND);
        assert_eq!(table.expired(t + SECOND), Some("line"));
    }

    #[test]
    fn stops_while_the_application_thinks() {
        let t = start();
        let mut table = Deadlines::new();
        table.set("command", t + 5 * SECOND);
        table.pause(t + SECOND);
        assert_eq!((table.next(), table.expired(t + 99 * SECOND)), (None, None));
        table.resume(t + 11 * SECOND);
        assert_eq!(table.next(), Some(t + 15 * SECOND));
    }

    #[test]
    fn ok_limit_that_says_there_is_none() {
        let t = start();
        let year = 365 * 24 * 60 * 60 * SECOND;
        let mut table = Deadlines::new();
        table.set("command", later(t, Duration::MAX));
        table.pause(t);
        table.resume(t + SECOND);
        assert_eq!(table.expired(t + 99 * year), None);
        let mut pace = Pace::new(100, Duration::MAX, t);
        pace.excuse(Duration::MAX);
        assert!(!pace.too_slow(t + 99 * year) && pace.until() > t + 99 * year);
        let ends = pace.until();
        assert!(pace.too_slow(ends));
    }

    #[test]
    fn ok_window_without_length_is_a_second() {
        let t = start();
        let mut pace = Pace::new(100, Duration::ZERO, t);
        assert!(!pace.too_slow(t));
        assert_eq!(pace.until(), t + SECOND);
        pace.moved(100);
        assert!(!pace.too_slow(t + SECOND));
        assert!(pace.until() > t + SECOND, "asked again later, not at once");
    }

    #[test]
    fn err_body_that_never_begins() {
        let t = start();
        let mut pace = Pace::new(100, 10 * SECOND, t);
        assert_eq!(pace.until(), t + 10 * SECOND);
        assert!(!pace.too_slow(t + 9 * SECOND));
        assert!(pace.too_slow(t + 10 * SECOND));
    }

    #[test]
    fn the_time_of_others_does_not_count() {
        let t = start();
        let mut pace = Pace::new(100, 10 * SECOND, t);
        pace.excuse(50 * SECOND);
        pace.moved(1000);
        assert!(!pace.too_slow(t + 59 * SECOND) && !pace.too_slow(t + 60 * SECOND));
        // A window that nobody looked at in time asks for more, but not for what was excused.
        pace.moved(1500);
        pace.excuse(5 * SECOND);
        assert!(!pace.too_slow(t + 80 * SECOND));
    }

    #[test]
    fn err_body_slower_than_the_lowest_rate() {
        let t = start();
        let mut pace = Pace::new(100, 10 * SECOND, t);
        pace.moved(1000);
        assert!(!pace.too_slow(t + 10 * SECOND));
        pace.moved(999);
        assert!(pace.too_slow(t + 20 * SECOND));
    }
}
