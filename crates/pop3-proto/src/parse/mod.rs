//! One function per rule: lines without their ends in, borrowed values out. Pure and total.
//!
//! The grammars are those of RFC 2449 3 (commands, responses, capabilities), RFC 1939 5 and 7
//! (numbers and listings), RFC 5322 3.6.4 (the timestamp), RFC 5034 7 (SASL) and RFC 6856 (UTF8
//! and LANG).

mod capability;
mod command;
mod language;
mod listing;
mod response;
mod timestamp;

use mail_wire::grammar::{PResult, cut, fatal, number, octet, unmet};

use crate::{Defects, Deviation, MessageNumber, Profile};

pub use capability::capability;
pub(crate) use command::{apop_digest, initial_response, mechanism, user_name};
pub use command::{command, verb};
pub use language::language_listing;
pub(crate) use language::language_tag;
pub use listing::{drop_listing, scan_listing, unique_id, unique_id_listing};
pub use response::{challenge, response};
pub(crate) use response::{leading_code, response_code};
pub(crate) use timestamp::timestamp;

/// > 1*DIGIT, above 0                                                        RFC 1939 5
fn message_number(i: &[u8]) -> PResult<'_, MessageNumber> {
    let (rest, value) = number(i, &"a message number")?;
    match u32::try_from(value).ok().and_then(MessageNumber::new) {
        Some(number) => Ok((rest, number)),
        None if value == 0 => fatal(i, &"a message number above 0"),
        None => fatal(i, &"a message number below 2^32"),
    }
}

/// The one space that parts arguments. RFC 1939 3: "separated by a single SPACE character".
fn sp(i: &[u8]) -> PResult<'_, ()> {
    octet(b' ', &"SP")(i)
}

/// Skips blanks and tabs.
fn skip_blanks(i: &[u8]) -> &[u8] {
    cut(i, i.iter().position(|octet| !is_blank(*octet)).unwrap_or(i.len())).1
}

/// Takes blanks and tabs off the end.
fn trim_blanks(i: &[u8]) -> &[u8] {
    cut(i, i.iter().rposition(|octet| !is_blank(*octet)).map_or(0, |last| last + 1)).0
}

/// Takes the CRs of CR CR LF off the end of a line, where they are tolerated.
fn trim_cr<'a>(line: &'a [u8], profile: Profile, defects: &mut Defects) -> &'a [u8] {
    let text = line.iter().rposition(|octet| *octet != b'\r').map_or(0, |last| last + 1);
    if text < line.len() && defects.tolerate(profile, Deviation::ControlInResponse, text) {
        return cut(line, text).0;
    }
    line
}

const fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Takes all that is left, which must be something.
fn rest<'a>(i: &'a [u8], expected: &'static &'static str) -> PResult<'a, &'a [u8]> {
    if i.is_empty() { unmet(i, expected) } else { Ok((&[], i)) }
}
