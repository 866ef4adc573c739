//! Points in time as parameters have them: RFC 3339 5.6.

use std::fmt;

use mail_errors::ParseError;

use crate::parse;

/// A point in time: `2027-05-12T12:34:56Z`. RFC 3339 5.6.
///
/// ```
/// use smtp_proto::Timestamp;
///
/// let at = Timestamp::parse("2014-04-03T23:01:00+02:00")?;
/// assert_eq!(at.unix_seconds(), 1_396_558_860);
/// assert_eq!(Timestamp::from_unix_seconds(at.unix_seconds()).to_string(), "2014-04-03T21:01:00Z");
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timestamp {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    /// Up to 60, which is a leap second.
    pub(crate) second: u8,
    pub(crate) nanosecond: u32,
    /// Minutes east of UTC.
    pub(crate) offset: i16,
}

const DAY: i64 = 86_400;

impl Timestamp {
    /// Reads a point in time that fills the whole of `text`.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit, or at a number that is no date or time.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        parse::date_time(text.as_ref())
    }

    /// Makes it from seconds since 1970, in UTC. Outside of the years 0 to 9999 it is the nearest
    /// that can be written.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        let seconds = seconds.clamp(-719_528 * DAY, 2_932_897 * DAY - 1);
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Days since the first of March of the year 0: a leap day ends its year then.
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self {
            year: (era * 400 + year + next) as u16,
            month: month as u8,
            day: day as u8,
            hour: (second / 3600) as u8,
            minute: (second / 60 % 60) as u8,
            second: (second % 60) as u8,
            nanosecond: 0,
            offset: 0,
        }
    }

    /// Returns the seconds since 1970 in UTC, without the fraction. A leap second counts as the one
    /// behind it.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        let (month, before) = match self.month {
            1 | 2 => (i64::from(self.month) + 9, 1),
            month => (i64::from(month) - 3, 0),
        };
        let year = i64::from(self.year) - before;
        let of_era = year.rem_euclid(400);
        let of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        let days = year.div_euclid(400) * 146_097 + of_era - 719_468;
        let minutes = i64::from(self.hour) * 60 + i64::from(self.minute) - i64::from(self.offset);
        days * DAY + minutes * 60 + i64::from(self.second)
    }

    /// Returns the fraction of the second in nanoseconds; what is finer is not kept.
    #[must_use]
    pub const fn nanosecond(&self) -> u32 {
        self.nanosecond
    }

    /// Tells whether the month has this day.
    pub(crate) const fn is_date(&self) -> bool {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let last = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        self.day >= 1 && self.day <= last
    }
}

/// > date-time = full-date "T" full-time                                     RFC 3339 5.6
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, nanosecond, offset } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if *nanosecond > 0 {
            let digits = format!("{nanosecond:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        match offset {
            0 => f.write_str("Z"),
            _ => {
                let (sign, east) = (if *offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
                write!(f, "{sign}{:02}:{:02}", east / 60, east % 60)
            }
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}
