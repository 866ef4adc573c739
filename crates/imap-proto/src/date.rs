//! Dates of SEARCH and APPEND and the INTERNALDATE, RFC 9051 sections 2.3.3 and 9.

use std::fmt;

use mail_errors::Misuse;

/// `date`: a day, as SEARCH has it. Ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(mail_message::Date);

/// `date-time`: a second in time and the zone in which it was told.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    hour: u8,
    minute: u8,
    second: u8,
    /// Minutes east of UTC.
    zone: i16,
}

const WRONG: Misuse = Misuse::Invalid { what: "date", why: "there is no such day or time" };
const SECONDS_PER_DAY: i64 = 86_400;

impl Date {
    /// Takes a day of the Gregorian calendar; the month counts from 1.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if there is no such day, or the year has more than four digits.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, Misuse> {
        mail_message::Date::new(year, month, day).map(Self).ok_or(WRONG)
    }

    /// Returns the year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.0.year()
    }

    /// Returns the month, counted from 1.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.0.month()
    }

    /// Returns the name of the month, `date-month`.
    pub(crate) fn month_name(self) -> &'static str {
        self.0.month_name()
    }

    /// Returns the day of the month, counted from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.0.day()
    }

    /// Returns the days since 1970-01-01, which may be negative.
    #[must_use]
    pub fn to_unix_days(self) -> i64 {
        self.0.days_since_epoch()
    }

    /// Returns the day that lies so many days after 1970-01-01.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] outside of the years 0 to 9999.
    pub fn from_unix_days(days: i64) -> Result<Self, Misuse> {
        mail_message::Date::from_days_since_epoch(days).map(Self).ok_or(WRONG)
    }
}

impl From<mail_message::Date> for Date {
    fn from(day: mail_message::Date) -> Self {
        Self(day)
    }
}

impl DateTime {
    /// Takes a time of day and the zone, in minutes east of UTC (less than 100 hours).
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if there is no such time. A leap second (60) is one.
    pub fn new(
        date: Date,
        (hour, minute, second): (u8, u8, u8),
        zone: i16,
    ) -> Result<Self, Misuse> {
        if hour > 23 || minute > 59 || second > 60 || zone.unsigned_abs() >= 100 * 60 {
            return Err(WRONG);
        }
        Ok(Self { date, hour, minute, second, zone })
    }

    /// Returns the second that lies so many seconds after 1970-01-01T00:00:00Z, told in a zone of
    /// so many minutes east of UTC.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] outside of the years 0 to 9999.
    pub fn from_unix_seconds(seconds: i64, zone: i16) -> Result<Self, Misuse> {
        let local = seconds.checked_add(i64::from(zone) * 60).ok_or(WRONG)?;
        let date = Date::from_unix_days(local.div_euclid(SECONDS_PER_DAY))?;
        let second = local.rem_euclid(SECONDS_PER_DAY);
        let time = ((second / 3600) as u8, (second / 60 % 60) as u8, (second % 60) as u8);
        Self::new(date, time, zone)
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z, which may be negative.
    #[must_use]
    pub fn to_unix_seconds(self) -> i64 {
        let time =
            i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        self.date.to_unix_days() * SECONDS_PER_DAY + time - i64::from(self.zone) * 60
    }

    /// Returns the day as it was told, "disregarding time and timezone": what BEFORE, ON and SINCE
    /// compare. RFC 9051 section 6.4.4.
    #[must_use]
    pub const fn date(self) -> Date {
        self.date
    }

    /// Returns hour, minute and second as they were told.
    #[must_use]
    pub const fn time(self) -> (u8, u8, u8) {
        (self.hour, self.minute, self.second)
    }

    /// Returns the zone in minutes east of UTC.
    #[must_use]
    pub const fn zone(self) -> i16 {
        self.zone
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:04}", self.day(), self.month_name(), self.year())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, hour, minute, second, zone } = self;
        let (sign, zone) = (if *zone < 0 { '-' } else { '+' }, zone.unsigned_abs());
        // date-day-fixed: "(SP DIGIT) / 2DIGIT".
        let pad = if date.day() < 10 { " " } else { "" };
        write!(f, "{pad}{date} {hour:02}:{minute:02}:{second:02} ")?;
        write!(f, "{sign}{:02}{:02}", zone / 60, zone % 60)
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ok_the_date_of_rfc_9051() {
        let date = Date::new(1996, 7, 17).unwrap();
        let when = DateTime::new(date, (2, 44, 25), -7 * 60).unwrap();
        assert_eq!(when.to_string(), "17-Jul-1996 02:44:25 -0700");
        assert_eq!(when.to_unix_seconds(), 837_596_665);
        let padded = DateTime::new(Date::new(1994, 2, 7).unwrap(), (21, 52, 25), 0).unwrap();
        assert_eq!(padded.to_string(), " 7-Feb-1994 21:52:25 +0000");
    }

    #[test]
    fn err_days_that_are_not() {
        for (y, m, d) in [(1900, 2, 29), (2023, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1)]
        {
            assert!(Date::new(y, m, d).is_err(), "{y}-{m}-{d}");
        }
        assert!(Date::new(2000, 2, 29).is_ok() && Date::new(10_000, 1, 1).is_err());
        let date = Date::new(2000, 1, 1).unwrap();
        assert!(DateTime::new(date, (24, 0, 0), 0).is_err());
        assert!(DateTime::new(date, (0, 0, 60), 6000).is_err());
        assert!(DateTime::from_unix_seconds(i64::MAX, 0).is_err());
    }

    proptest! {
        #[test]
        fn days_and_seconds_go_both_ways(seconds in -60_000_000_000..250_000_000_000_i64, zone in -5999..5999_i16) {
            let when = DateTime::from_unix_seconds(seconds, zone).unwrap();
            prop_assert_eq!(when.to_unix_seconds(), seconds);
            prop_assert_eq!(Date::from_unix_days(when.date().to_unix_days()), Ok(when.date()));
        }
    }
}
