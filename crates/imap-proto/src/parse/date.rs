//! Dates and times.

use mail_wire::grammar::{ByteSet, PResult, octet, span, unmet};

use super::witness::Witness;
use crate::{Date, DateTime, Deviation};

/// > date = date-text / DQUOTE date-text DQUOTE
pub(super) fn date(i: &[u8]) -> PResult<'_, Date> {
    match i {
        [b'"', rest @ ..] => {
            let (rest, date) = date_text(rest)?;
            let (rest, ()) = octet(b'"', &"the closing quote of a date")(rest)?;
            Ok((rest, date))
        }
        _ => date_text(i),
    }
}

/// > date-time = DQUOTE date-day-fixed "-" date-month "-" date-year
/// >             SP time SP zone DQUOTE
pub(super) fn date_time(i: &[u8], w: impl Witness) -> PResult<'_, DateTime> {
    let (rest, ()) = octet(b'"', &"a date and time")(i)?;
    // date-day-fixed = (SP DIGIT) / 2DIGIT; some servers leave the space out.
    w.met_if(Deviation::NarrowDay, rest, || matches!(rest, [b'0'..=b'9', b'-', ..]));
    let (rest, date) = date_text(rest.strip_prefix(b" ").unwrap_or(rest))?;
    let (rest, ()) = octet(b' ', &"SP")(rest)?;
    let (rest, time) = time(rest)?;
    let (rest, ()) = octet(b' ', &"SP")(rest)?;
    let (rest, zone) = zone(rest)?;
    let (rest, ()) = octet(b'"', &"the closing quote of a date and time")(rest)?;
    match DateTime::new(date, time, zone) {
        Ok(value) => Ok((rest, value)),
        Err(_) => unmet(i, &"a time that exists"),
    }
}

/// > date-text = date-day "-" date-month "-" date-year
fn date_text(i: &[u8]) -> PResult<'_, Date> {
    let (day, rest) = span(i, &ByteSet::DIGIT);
    let day = match *day {
        [one] => one - b'0',
        [ten, one] => (ten - b'0') * 10 + one - b'0',
        _ => return unmet(i, &"a day of the month"),
    };
    let [b'-', m1, m2, m3, b'-', year @ ..] = rest else {
        return unmet(rest, &"a month and a year");
    };
    let name = [*m1, *m2, *m3];
    let month = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(&name));
    let Some(month) = month else { return unmet(rest, &"the name of a month") };
    let [y1, y2, y3, y4, rest @ ..] = year else { return unmet(year, &"a year of four digits") };
    let (Some(century), Some(year_of)) = (two(*y1, *y2), two(*y3, *y4)) else {
        return unmet(year, &"a year of four digits");
    };
    match Date::new(u16::from(century) * 100 + u16::from(year_of), month as u8 + 1, day) {
        Ok(date) => Ok((rest, date)),
        Err(_) => unmet(i, &"a day that exists"),
    }
}

/// > time = 2DIGIT ":" 2DIGIT ":" 2DIGIT
fn time(i: &[u8]) -> PResult<'_, (u8, u8, u8)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = i else {
        return unmet(i, &"a time of day");
    };
    match (two(*h1, *h2), two(*m1, *m2), two(*s1, *s2)) {
        (Some(hour), Some(minute), Some(second)) => Ok((rest, (hour, minute, second))),
        _ => unmet(i, &"a time of day"),
    }
}

/// > zone = ("+" / "-") 4DIGIT
fn zone(i: &[u8]) -> PResult<'_, i16> {
    let [sign @ (b'+' | b'-'), h1, h2, m1, m2, rest @ ..] = i else { return unmet(i, &"a zone") };
    match (two(*h1, *h2), two(*m1, *m2)) {
        (Some(hours), Some(minutes @ ..=59)) => {
            let east = i16::from(hours) * 60 + i16::from(minutes);
            Ok((rest, if *sign == b'-' { -east } else { east }))
        }
        _ => unmet(i, &"a zone"),
    }
}

fn two(ten: u8, one: u8) -> Option<u8> {
    (ten.is_ascii_digit() && one.is_ascii_digit()).then(|| (ten - b'0') * 10 + one - b'0')
}

/// > date-month = "Jan" / "Feb" / "Mar" / ... / "Dec"
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
