//! Moments, as a store keeps them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment in whole seconds since 1970-01-01 00:00 UTC, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// Makes a moment of its seconds.
    #[must_use]
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Returns the moment `later`; a part of a second counts as a whole one, so that nothing
    /// happens too early.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        let seconds = later.as_secs().saturating_add(u64::from(later.subsec_nanos() > 0));
        Self(self.0.saturating_add_unsigned(seconds))
    }

    /// Returns how long after `earlier` this moment is; nothing if it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<SystemTime> for UnixTime {
    /// Rounds down to the second.
    fn from(time: SystemTime) -> Self {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                -whole.saturating_add(i64::from(before.subsec_nanos() > 0))
            }
        };
        Self(seconds)
    }
}

/// The internal date of a message (RFC 9051 2.3.3): the moment, and the zone it is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InternalDate {
    time: UnixTime,
    offset: i16,
}

impl InternalDate {
    /// Makes a date that is told `offset` minutes east of UTC; `None` if that is not a zone
    /// that `zone` of RFC 9051 can write (-9959 to +9959, hours and minutes).
    #[must_use]
    pub const fn new(time: UnixTime, offset: i16) -> Option<Self> {
        if offset.unsigned_abs() < 100 * 60 { Some(Self { time, offset }) } else { None }
    }

    /// Makes a date that is told in UTC.
    #[must_use]
    pub const fn utc(time: UnixTime) -> Self {
        Self { time, offset: 0 }
    }

    /// Returns the moment.
    #[must_use]
    pub const fn time(self) -> UnixTime {
        self.time
    }

    /// Returns the minutes that the zone is east of UTC.
    #[must_use]
    pub const fn offset(self) -> i16 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_rounds_towards_the_safe_side() {
        let now = UnixTime::new(100);
        assert_eq!(now.after(Duration::from_millis(1)).seconds(), 101);
        assert_eq!(now.since(UnixTime::new(200)), Duration::ZERO);
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_millis(1)).seconds(), -1);
        assert_eq!(UnixTime::new(i64::MAX).after(Duration::MAX).seconds(), i64::MAX);
    }

    #[test]
    fn err_zone_that_cannot_be_written() {
        let time = UnixTime::new(0);
        assert!(InternalDate::new(time, 99 * 60 + 59).is_some());
        assert!(InternalDate::new(time, 100 * 60).is_none());
        assert!(InternalDate::new(time, i16::MIN).is_none());
    }
}
