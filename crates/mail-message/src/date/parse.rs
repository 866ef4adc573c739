//! Reads a date-time.

use crate::ParseError;
use crate::date::calendar::{MONTHS, WEEKDAYS};
use crate::date::{Date, DateTime};
use crate::lexer::Lexer;

/// Reads a date-time and nothing behind it.
pub(super) fn date_time(text: &[u8]) -> Result<DateTime, ParseError> {
    Parser(Lexer::new(text)).date_time()
}

struct Parser<'a>(Lexer<'a>);

impl Parser<'_> {
    fn date_time(&mut self) -> Result<DateTime, ParseError> {
        self.cfws()?;
        self.day_of_week()?;
        let start = self.0.at();
        let date = self.date()?;
        let (hour, minute, second) = self.time_of_day()?;
        let offset = self.zone()?;
        if self.0.peek().is_some() {
            return Err(self.expected("end of the date"));
        }
        DateTime::from_civil(date, hour, minute, second, offset)
            .ok_or(ParseError::new(start, "a moment in the years 0 to 9999"))
    }

    /// > day-of-week = ([FWS] day-name) / obs-day-of-week
    fn day_of_week(&mut self) -> Result<(), ParseError> {
        let start = self.0.at();
        let name = self.0.take_while(|octet| octet.is_ascii_alphabetic());
        if !name.is_empty() && position(&WEEKDAYS, name).is_none() {
            return Err(ParseError::new(start, "day-name"));
        }
        self.cfws()?;
        self.0.eat(b',');
        self.cfws()
    }

    /// > date = day month year
    fn date(&mut self) -> Result<Date, ParseError> {
        let start = self.0.at();
        let (day, _) = self.number(2, "day")?;
        let at = self.0.at();
        let name = self.0.take_while(|octet| octet.is_ascii_alphabetic());
        let month = position(&MONTHS, name).ok_or(ParseError::new(at, "month-name"))? + 1;
        self.cfws()?;
        let year = self.year()?;
        Date::new(year, month as u8, day as u8).ok_or(ParseError::new(start, "a day that exists"))
    }

    /// > year = (FWS 4*DIGIT FWS) / obs-year
    fn year(&mut self) -> Result<u16, ParseError> {
        let at = self.0.at();
        match self.number(4, "year")? {
            (year, 4) => Ok(year),
            // RFC 5322 4.3: 00 to 49 are of this century, 50 to 99 and three digits of the last.
            (year, 2) if year < 50 => Ok(year + 2000),
            (year, 2 | 3) => Ok(year + 1900),
            _ => Err(ParseError::new(at, "year")),
        }
    }

    /// > time-of-day = hour ":" minute [ ":" second ]
    fn time_of_day(&mut self) -> Result<(u8, u8, u8), ParseError> {
        let hour = self.up_to(23, "hour from 00 to 23")?;
        if !self.0.eat(b':') {
            return Err(self.expected("':'"));
        }
        self.cfws()?;
        let minute = self.up_to(59, "minute from 00 to 59")?;
        if !self.0.eat(b':') {
            return Ok((hour, minute, 0));
        }
        self.cfws()?;
        Ok((hour, minute, self.up_to(60, "second from 00 to 60")?))
    }

    /// > zone = (FWS ( "+" / "-" ) 4DIGIT) / obs-zone
    ///
    /// In minutes east of UTC.
    fn zone(&mut self) -> Result<i16, ParseError> {
        let at = self.0.at();
        let negative = match self.0.peek() {
            Some(b'+') => false,
            Some(b'-') => true,
            _ => return self.obs_zone(),
        };
        self.0.bump();
        let (hhmm, digits) = self.number(4, "4DIGIT")?;
        let (hours, minutes) = (hhmm / 100, hhmm % 100);
        if digits != 4 || minutes > 59 {
            return Err(ParseError::new(at, "zone of four digits, the last two below 60"));
        }
        let offset = (hours * 60 + minutes) as i16;
        Ok(if negative { -offset } else { offset })
    }

    fn obs_zone(&mut self) -> Result<i16, ParseError> {
        let name = self.0.take_while(|octet| octet.is_ascii_alphabetic());
        let hours = match name.to_ascii_uppercase().as_slice() {
            b"EDT" => -4,
            b"EST" | b"CDT" => -5,
            b"CST" | b"MDT" => -6,
            b"MST" | b"PDT" => -7,
            b"PST" => -8,
            // RFC 5322 4.3: UT and GMT are UTC; military zones were so often written with the
            // wrong sign, and other names are so ambiguous, that they count as unknown.
            _ => 0,
        };
        self.cfws()?;
        Ok(hours * 60)
    }

    fn up_to(&mut self, most: u16, expected: &'static str) -> Result<u8, ParseError> {
        let at = self.0.at();
        match self.number(2, expected)? {
            (number, _) if number <= most => Ok(number as u8),
            _ => Err(ParseError::new(at, expected)),
        }
    }

    /// Reads a number of at most `most` digits, and what may stand behind it.
    fn number(&mut self, most: usize, expected: &'static str) -> Result<(u16, usize), ParseError> {
        let at = self.0.at();
        let digits = self.0.take_while(|octet| octet.is_ascii_digit());
        if digits.is_empty() || digits.len() > most {
            return Err(ParseError::new(at, expected));
        }
        self.cfws()?;
        let number = digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        Ok((number, digits.len()))
    }

    fn cfws(&mut self) -> Result<(), ParseError> {
        match self.0.cfws() {
            Some(_) => Ok(()),
            None => Err(self.expected("')'")),
        }
    }

    fn expected(&self, what: &'static str) -> ParseError {
        ParseError::new(self.0.at(), what)
    }
}

fn position(names: &[&str], name: &[u8]) -> Option<usize> {
    names.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unix(text: &str) -> (i64, i16) {
        let date = DateTime::parse(text.as_bytes()).unwrap();
        (date.unix_seconds(), date.offset_minutes())
    }

    fn err(text: &str) -> (usize, &'static str) {
        let error = DateTime::parse(text.as_bytes()).unwrap_err();
        (error.offset(), error.expected())
    }

    /// RFC 5322 appendices A.1.1, A.5 and A.6.2.
    #[test]
    fn ok_examples_of_rfc_5322() {
        assert_eq!(unix("Fri, 21 Nov 1997 09:55:06 -0600"), (880_127_706, -360));
        assert_eq!(
            unix(
                "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n\
             \x20              -0330 (Newfoundland Time)"
            ),
            (-27_723_480, -210)
        );
        assert_eq!(unix("21 Nov 97 09:55:06 GMT"), (880_106_106, 0));
        let folded = "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600";
        assert_eq!(unix(folded), (880_127_706, -360));
    }

    #[test]
    fn ok_obsolete_years() {
        let year = |text: &str| {
            let text = format!("1 Jan {text} 00:00 GMT");
            DateTime::parse(text.as_bytes()).map(|date| date.date().year())
        };
        assert_eq!(year("00"), Ok(2000));
        assert_eq!(year("49"), Ok(2049));
        assert_eq!(year("50"), Ok(1950));
        assert_eq!(year("99"), Ok(1999));
        assert_eq!(year("103"), Ok(2003));
        assert!(year("7").is_err());
        assert!(year("19999").is_err());
    }

    #[test]
    fn ok_obsolete_zones() {
        let zone = |name: &str| unix(&format!("1 Jan 2000 00:00 {name}")).1;
        let zones = [("EST", -300), ("edt", -240), ("CST", -360), ("CDT", -300), ("MST", -420)];
        for (name, minutes) in zones {
            assert_eq!(zone(name), minutes, "{name}");
        }
        assert_eq!((zone("PST"), zone("PDT")), (-480, -420));
        for name in ["UT", "GMT", "Z", "A", "CEST", "", "(none)", "-0000"] {
            assert_eq!(zone(name), 0, "{name}");
        }
    }

    #[test]
    fn ok_leap_second_leap_day_and_missing_comma() {
        let (leap, _) = unix("Sat, 31 Dec 2016 23:59:60 +0000");
        assert_eq!(leap, unix("Sun, 1 Jan 2017 00:00:00 +0000").0);
        unix("29 Feb 2000 00:00 +0000");
        unix("Tue 29 Feb 2000 00:00 +0000");
    }

    #[test]
    fn err_tells_where_and_what() {
        assert_eq!(err(""), (0, "day"));
        assert_eq!(err("Fry, 21 Nov 1997"), (0, "day-name"));
        assert_eq!(err("Fri, 21 Nev 1997"), (8, "month-name"));
        assert_eq!(err("Fri, 121 Nov 1997"), (5, "day"));
        assert_eq!(err("29 Feb 1900 00:00 +0000"), (0, "a day that exists"));
        assert_eq!(err("1 Jan 2000 24:00 +0000"), (11, "hour from 00 to 23"));
        assert_eq!(err("1 Jan 2000 00.00 +0000"), (13, "':'"));
        assert_eq!(err("1 Jan 2000 00:60 +0000"), (14, "minute from 00 to 59"));
        assert_eq!(err("1 Jan 2000 00:00:61 +0000"), (17, "second from 00 to 60"));
        assert_eq!(err("1 Jan 2000 00:00 +100").0, 17);
        assert_eq!(err("1 Jan 2000 00:00 +0160").0, 17);
        assert_eq!(err("1 Jan 2000 00:00 +0100 x"), (23, "end of the date"));
        assert_eq!(err("1 Jan 2000 00:00 +0100 (x"), (25, "')'"));
        assert_eq!(err("31 Dec 9999 23:59:60 +0000").1, "a moment in the years 0 to 9999");
    }

    #[test]
    fn a_million_parentheses_are_an_error() {
        let flood = "(".repeat(1_000_000);
        assert_eq!(err(&flood), (1_000_000, "')'"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9A-Za-z:,+() \r\n\\\\-]{0,50}") {
            let _ = DateTime::parse(text.as_bytes());
        }
    }
}
