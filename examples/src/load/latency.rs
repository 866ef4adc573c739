//! How long things took, at constant memory.

use std::time::Duration;

/// Counts durations in classes, each at most a thirty-second wider than what is in it.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    /// How many fell into each class.
    classes: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Latencies {
    /// Counts one more.
    pub fn add(&mut self, took: Duration) {
        let class = class_of(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if self.classes.len() <= class {
            self.classes.resize(class + 1, 0);
        }
        if let Some(count) = self.classes.get_mut(class) {
            *count += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(took);
    }

    /// Counts what another has counted.
    pub fn join(&mut self, other: Self) {
        let most = self.classes.len().max(other.classes.len());
        self.classes.resize(most, 0);
        for (count, more) in self.classes.iter_mut().zip(other.classes) {
            *count += more;
        }
        self.count += other.count;
        self.longest = self.longest.max(other.longest);
    }

    /// Returns the time within which so many of a hundred were done, rounded up by a thirty-second
    /// at most; zero if there were none.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Duration {
        let (mut seen, rank) = (0, (self.count as f64 * percent / 100.0).ceil() as u64);
        for (class, count) in self.classes.iter().enumerate() {
            seen += count;
            if seen >= rank.max(1) {
                return Duration::from_micros(end_of(class)).min(self.longest);
            }
        }
        Duration::ZERO
    }

    /// Returns the longest.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.longest
    }
}

/// The first 64 microseconds have a class each; from there on each doubling has 32.
const fn class_of(micros: u64) -> usize {
    if micros < 64 {
        return micros as usize;
    }
    let doublings = 63 - micros.leading_zeros() - 5;
    ((doublings as usize) << 5) + (micros >> doublings) as usize
}

/// The last microsecond of a class.
const fn end_of(class: usize) -> u64 {
    if class < 64 {
        return class as u64;
    }
    let doublings = (class >> 5) - 1;
    (((class & 31) as u64 + 33) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_classes_are_narrow_and_leave_nothing_out() {
        let mut before = 0;
        for micros in 0..5000 {
            let class = class_of(micros);
            assert!(class == before || class == before + 1, "{micros}");
            before = class;
        }
        for micros in (0..5000).chain((13..50).map(|n| 1 << n)) {
            let end = end_of(class_of(micros));
            assert!(end >= micros && end - micros <= micros / 32, "{micros} to {end}");
        }
    }

    #[test]
    fn ok_percentiles_of_a_thousand() {
        let (mut one, mut other) = (Latencies::default(), Latencies::default());
        for micros in 1..=1000 {
            let half = if micros % 2 == 0 { &mut one } else { &mut other };
            half.add(Duration::from_micros(micros));
        }
        one.join(other);
        for (percent, micros) in [(50.0, 500), (90.0, 900), (99.0, 990), (100.0, 1000)] {
            let told = u64::try_from(one.percentile(percent).as_micros()).expect("short");
            assert!(told >= micros && told <= micros + micros / 32, "{percent}: {told}");
        }
        assert_eq!(one.longest(), Duration::from_micros(1000));
        assert_eq!(Latencies::default().percentile(50.0), Duration::ZERO);
    }
}
