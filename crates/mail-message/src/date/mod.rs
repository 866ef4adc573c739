//! Dates and times as mail writes them (RFC 5322 section 3.3), and the calendar under them.
//!
//! Obsolete forms are read (section 4.3): years of two and three digits, zones by name, comments
//! between all parts. Two things are read that no RFC allows, because old mail has them: a missing
//! zone counts as UTC, and the comma behind the day's name may be missing.
//!
//! # Not supported
//!
//! - The difference between `+0000` and `-0000` (a clock that does not know its zone).
//! - Leap seconds: second 60 is read as the first of the next minute.

mod calendar;
mod moment;
mod parse;

pub use calendar::Date;
pub use moment::DateTime;
