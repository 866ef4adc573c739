//! Where the office gets its time from; everything below it is told.

#![expect(clippy::disallowed_methods, reason = "somebody has to look at the clock")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::store::{InternalDate, UnixTime};

/// Returns the time that timers run by.
#[must_use]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Returns the time of day.
#[must_use]
pub fn wall() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Returns the time of day as the date of a message that comes in now.
#[must_use]
pub fn arrival() -> InternalDate {
    InternalDate::utc(wall())
}
