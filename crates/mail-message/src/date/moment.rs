//! A moment, and how it is written.

use std::fmt;

use crate::ParseError;
use crate::date::{Date, parse};

/// A moment to the second, and the zone in which it was written down.
///
/// Two are equal when both are: the same moment in two zones is two values. Compare
/// [`unix_seconds`](Self::unix_seconds) for order in time, and [`date`](Self::date) for what
/// IMAP's `SENTON` and `SINCE` ask, which is the day as written, whatever the zone (RFC 9051
/// section 6.4.4).
///
/// ```
/// use mail_message::DateTime;
///
/// let sent = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600")?;
/// assert_eq!(sent.unix_seconds(), 880_127_706);
/// assert_eq!((sent.date().day(), sent.hour(), sent.offset_minutes()), (21, 9, -360));
/// assert_eq!(sent.to_string(), "Fri, 21 Nov 1997 09:55:06 -0600");
/// # Ok::<(), mail_message::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    unix_seconds: i64,
    offset_minutes: i16,
    /// The day in that zone; it follows from the two above.
    date: Date,
}

impl DateTime {
    /// The greatest distance of a zone from UTC, in minutes: what four digits can say.
    pub const MAX_OFFSET: i16 = 99 * 60 + 59;

    /// Names a moment by the seconds since 1970-01-01 00:00 UTC, to be written in the zone that is
    /// `offset_minutes` east of UTC. `None` if the year there is outside of 0 to 9999, or the
    /// offset beyond [`MAX_OFFSET`](Self::MAX_OFFSET).
    #[must_use]
    pub fn from_unix(unix_seconds: i64, offset_minutes: i16) -> Option<Self> {
        if !(-Self::MAX_OFFSET..=Self::MAX_OFFSET).contains(&offset_minutes) {
            return None;
        }
        let local = unix_seconds.checked_add(i64::from(offset_minutes) * 60)?;
        let date = Date::from_days_since_epoch(local.div_euclid(DAY))?;
        Some(Self { unix_seconds, offset_minutes, date })
    }

    /// Names a moment by what a clock in the zone shows: the hour 0 to 23, the minute 0 to 59, the
    /// second 0 to 60. `None` if there is no such time.
    #[must_use]
    pub fn from_civil(
        date: Date,
        hour: u8,
        minute: u8,
        second: u8,
        offset_minutes: i16,
    ) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let local = date.days_since_epoch() * DAY + of_day;
        Self::from_unix(local - i64::from(offset_minutes) * 60, offset_minutes)
    }

    /// Reads a date-time, with comments, folding, and the obsolete years and zones of RFC 5322
    /// section 4.3. The day's name is not compared with the date; a missing zone counts as UTC, as
    /// do `-0000` and zones of unknown name; second 60 is the first of the next minute.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the offset of the first octet that does not fit.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        parse::date_time(text)
    }

    /// Returns the seconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.unix_seconds
    }

    /// Returns how many minutes the zone is east of UTC.
    #[must_use]
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Returns the day in the zone.
    #[must_use]
    pub const fn date(self) -> Date {
        self.date
    }

    /// Returns the hour in the zone, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u8 {
        (self.second_of_day() / 3600) as u8
    }

    /// Returns the minute in the zone, 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u8 {
        (self.second_of_day() / 60 % 60) as u8
    }

    /// Returns the second, 0 to 59.
    #[must_use]
    pub const fn second(self) -> u8 {
        (self.second_of_day() % 60) as u8
    }

    const fn second_of_day(self) -> i64 {
        (self.unix_seconds + self.offset_minutes as i64 * 60).rem_euclid(DAY)
    }
}

/// > date-time = \[ day-of-week "," \] date time \[CFWS\]          RFC 5322 section 3.3
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date;
        let (weekday, month) = (date.weekday_name(), date.month_name());
        write!(f, "{weekday}, {} {month} {:04} ", date.day(), date.year())?;
        write!(f, "{:02}:{:02}:{:02} ", self.hour(), self.minute(), self.second())?;
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let offset = self.offset_minutes.unsigned_abs();
        write!(f, "{sign}{:02}{:02}", offset / 60, offset % 60)
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formats_as_rfc_5322_asks() {
        let text = |seconds, offset| DateTime::from_unix(seconds, offset).unwrap().to_string();
        assert_eq!(text(0, 0), "Thu, 1 Jan 1970 00:00:00 +0000");
        assert_eq!(text(-1, 0), "Wed, 31 Dec 1969 23:59:59 +0000");
        assert_eq!(text(0, -30), "Wed, 31 Dec 1969 23:30:00 -0030");
        assert_eq!(text(0, 9 * 60), "Thu, 1 Jan 1970 09:00:00 +0900");
        assert_eq!(text(951_782_400, 0), "Tue, 29 Feb 2000 00:00:00 +0000");
    }

    #[test]
    fn the_bounds_hold_in_the_zone() {
        let last = Date::new(9999, 12, 31).unwrap().days_since_epoch() * DAY + DAY - 1;
        assert!(DateTime::from_unix(last, 0).is_some());
        assert_eq!(DateTime::from_unix(last + 1, 0), None);
        assert_eq!(DateTime::from_unix(last, 1), None);
        assert!(DateTime::from_unix(last + 60, -1).is_some());
        for seconds in [i64::MIN, i64::MAX] {
            assert_eq!(DateTime::from_unix(seconds, 0), None);
            assert_eq!(DateTime::from_unix(seconds, DateTime::MAX_OFFSET), None);
        }
        assert_eq!(DateTime::from_unix(0, DateTime::MAX_OFFSET + 1), None);
        assert_eq!(DateTime::from_unix(0, i16::MIN), None);
    }

    proptest! {
        #[test]
        fn ok_round_trip(
            seconds in -62_167_000_000_i64..253_402_000_000,
            offset in -5999..=5999_i16,
        ) {
            let date = DateTime::from_unix(seconds, offset);
            prop_assume!(date.is_some());
            let date = date.unwrap();
            prop_assert_eq!(DateTime::parse(date.to_string().as_bytes()), Ok(date));
            let (hour, minute, second) = (date.hour(), date.minute(), date.second());
            let civil = DateTime::from_civil(date.date(), hour, minute, second, offset);
            prop_assert_eq!(civil, Some(date));
        }
    }
}
