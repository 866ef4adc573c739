//! The calendar: days, months and years, counted and named.

/// A day of the Gregorian calendar, in the years 0 to 9999.
///
/// ```
/// use mail_message::Date;
///
/// let day = Date::new(1997, 11, 21).expect("it exists");
/// assert_eq!(day.days_since_epoch(), 10_186);
/// assert!(day < Date::new(1998, 1, 1).expect("it exists"));
/// assert_eq!(Date::new(1997, 2, 29), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Names a day: the year 0 to 9999, the month 1 to 12, the day of the month from 1. `None` if
    /// there is no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = year <= 9999 && day >= 1 && day <= days_in(year, month)?;
        exists.then_some(Self { year, month, day })
    }

    /// Returns the day that lies this many days after 1970-01-01. `None` outside of the years 0 to
    /// 9999.
    #[must_use]
    pub fn from_days_since_epoch(days: i64) -> Option<Self> {
        // Years begin in March here, so that the leap day is the last of its year; the constants
        // are the days of 400, 100 and 4 such years, counted from 0000-03-01.
        let days = days.checked_add(DAYS_TO_EPOCH)?;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)
    }

    /// Returns how many days after 1970-01-01 this is; before it, a negative number.
    #[must_use]
    pub fn days_since_epoch(self) -> i64 {
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let year = year - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let from_march = (month + 9) % 12;
        let of_year = (153 * from_march + 2) / 5 + day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        era * 146_097 + of_era - DAYS_TO_EPOCH
    }

    /// Returns the year, 0 to 9999.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Returns the month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Returns the month's name in three letters, as RFC 5322 and IMAP write it.
    #[must_use]
    pub fn month_name(self) -> &'static str {
        MONTHS.get(usize::from(self.month) - 1).copied().unwrap_or_default()
    }

    /// Returns the day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Returns the day of the week in three letters, as RFC 5322 writes it.
    #[must_use]
    pub fn weekday_name(self) -> &'static str {
        // The epoch was a Thursday.
        let weekday = (self.days_since_epoch() + 4).rem_euclid(7);
        usize::try_from(weekday).ok().and_then(|n| WEEKDAYS.get(n)).copied().unwrap_or_default()
    }
}

const fn days_in(year: u16, month: u8) -> Option<u8> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400) => 29,
        2 => 28,
        _ => return None,
    })
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

pub(super) const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_is_the_one_after_the_last() {
        let mut expected = Date::new(1899, 12, 31).unwrap();
        for days in
            expected.days_since_epoch() + 1..Date::new(2301, 1, 1).unwrap().days_since_epoch()
        {
            let day = Date::from_days_since_epoch(days).unwrap();
            assert_eq!(day.days_since_epoch(), days);
            let (year, month) = (expected.year, expected.month);
            expected = Date::new(year, month, expected.day + 1)
                .or_else(|| Date::new(year, month + 1, 1))
                .or_else(|| Date::new(year + 1, 1, 1))
                .unwrap();
            assert_eq!(day, expected);
        }
    }

    #[test]
    fn err_days_beyond_the_years_of_four_digits() {
        let last = Date::new(9999, 12, 31).unwrap().days_since_epoch();
        assert!(Date::from_days_since_epoch(last).is_some());
        for days in [last + 1, i64::MAX, i64::MIN] {
            assert_eq!(Date::from_days_since_epoch(days), None);
        }
        let first = Date::new(0, 1, 1).unwrap().days_since_epoch();
        assert!(Date::from_days_since_epoch(first).is_some());
        assert_eq!(Date::from_days_since_epoch(first - 1), None);
    }

    #[test]
    fn err_days_that_do_not_exist() {
        for (year, month, day) in
            [(2001, 2, 29), (1900, 2, 29), (2000, 0, 1), (2000, 13, 1), (2000, 4, 31), (2000, 1, 0)]
        {
            assert_eq!(Date::new(year, month, day), None);
        }
        assert!(Date::new(2000, 2, 29).is_some());
    }
}
