//! Parameters of MAIL and RCPT.

use mail_wire::grammar::{ByteSet, PResult, Unmet, eight, number, span, span1, unmet};

use crate::{
    BodyType, CommandFault, Hold, HoldSeconds, MailParams, Notify, Param, Priority, RcptParams,
    Ret,
    extensions::{MailFields, Range, RcptFields},
    limits,
    parse::{
        Scan,
        eight::{Word, plain_xtext, short_number},
        values,
    },
    profile::Deviation,
};

/// > esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")                  RFC 5321 4.1.2
const KEYWORD: ByteSet = ByteSet::ALNUM.with(b"-");
/// > esmtp-value = 1*(%d33-60 / %d62-126)                                    RFC 5321 4.1.2
const VALUE: ByteSet = ByteSet::VCHAR.without(b"=");
/// > esmtp-value =/ UTF8-non-ascii                                            RFC 6531 3.3
const UTF8_VALUE: ByteSet = VALUE.and(&ByteSet::EIGHT_BIT);
pub(super) const BLANK: ByteSet = ByteSet::NONE.with(b" \t");

/// Folds four octets into a word, upper and lower case into the same. Others fold together too, so
/// a name that is found by it is compared still.
#[inline(always)]
pub(super) const fn fold(octets: &[u8; 4]) -> u32 {
    u32::from_be_bytes(*octets) & 0xdfdf_dfdf
}

/// Folds the first four octets, if there are so many.
#[inline(always)]
pub(super) fn folded(i: &[u8]) -> u32 {
    i.first_chunk().map_or(0, fold)
}

macro_rules! folds {
    ($($name:ident = $octets:literal)*) => {$(const $name: u32 = fold($octets);)*};
}

folds! {
    SIZE = b"SIZE" BODY = b"BODY" RET = b"RET=" ENVID = b"ENVI" AUTH = b"AUTH" SMTPUTF8 = b"SMTP"
    REQUIRETLS = b"REQU" HOLD = b"HOLD" MT_PRIORITY = b"MT-P" SOLICIT = b"SOLI" NOTIFY = b"NOTI"
    ORCPT = b"ORCP" RRVS = b"RRVS"
}

/// > Mail-parameters = esmtp-param *(SP esmtp-param)                         RFC 5321 4.1.2
pub(super) fn mail_params<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, MailParams<&'a [u8]>> {
    let mut read = MailFields::default();
    let rest = mail_fields(i, &mut read, scan)?;
    Ok((rest, MailParams::from_checked(i, read)))
}

/// The same, into a place that is there: what is read is large, and would be copied.
#[inline(always)]
pub(super) fn mail_fields<'a>(i: &'a [u8], read: &mut MailFields, scan: &mut Scan<'_>) -> Rest<'a> {
    let mut rest = i;
    while !rest.is_empty() {
        rest = match usual_mail_param(i, rest, read) {
            Some(rest) => rest,
            None => mail_param(i, rest, read, scan)?,
        };
        rest = next(rest, scan)?;
    }
    Ok(rest)
}

/// > Rcpt-parameters = esmtp-param *(SP esmtp-param)                         RFC 5321 4.1.2
pub(super) fn rcpt_params<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, RcptParams<&'a [u8]>> {
    let mut read = RcptFields::default();
    let rest = rcpt_fields(i, &mut read, scan)?;
    Ok((rest, RcptParams::from_checked(i, read)))
}

#[inline(always)]
pub(super) fn rcpt_fields<'a>(i: &'a [u8], read: &mut RcptFields, scan: &mut Scan<'_>) -> Rest<'a> {
    let mut rest = i;
    while !rest.is_empty() {
        rest = match usual_rcpt_param(i, rest, read) {
            Some(rest) => rest,
            None => rcpt_param(i, rest, read, scan)?,
        };
        rest = next(rest, scan)?;
    }
    Ok(rest)
}

/// What is left of the input.
type Rest<'a> = Result<&'a [u8], nom::Err<Unmet>>;

/// Reads one of the parameters that come often, in the form in which they do. `None` of any other,
/// of which the rules say more.
#[inline(always)]
fn usual_mail_param<'a>(all: &'a [u8], i: &'a [u8], read: &mut MailFields) -> Option<&'a [u8]> {
    const SIZE: Word = Word::new(b"SIZE=");
    const EIGHT_BIT: Word = Word::new(b"8BITMIME");
    const BODY: Word = Word::new(b"BODY=");
    const RET: Word = Word::new(b"RET=");
    const FULL: Word = Word::new(b"FULL");
    const HEADERS: Word = Word::new(b"HDRS");
    const SMTPUTF8: Word = Word::new(b"SMTPUTF8");
    const ENVID: Word = Word::new(b"ENVID=");

    let word = eight(i);
    if SIZE.starts(word) {
        let value = i.get(5..)?;
        let (size, len) = short_number(value)?;
        ended(value.get(len..)?, &mut read.size, size)
    } else if BODY.starts(word) {
        let value = i.get(5..)?;
        let rest = value.get(8..).filter(|_| EIGHT_BIT.starts(eight(value)))?;
        ended(rest, &mut read.body, BodyType::EightBitMime)
    } else if SMTPUTF8.starts(word) {
        ended(i.get(8..)?, &mut read.utf8, ())
    } else if RET.starts(word) {
        let value = eight(i.get(4..)?);
        let ret = if HEADERS.starts(value) { Ret::Headers } else { Ret::Full };
        let rest = i.get(8..).filter(|_| ret == Ret::Headers || FULL.starts(value))?;
        ended(rest, &mut read.ret, ret)
    } else if ENVID.starts(word) {
        let value = i.get(6..)?;
        let len = plain_xtext(value).filter(|len| *len <= limits::ENVELOPE_ID)?;
        let rest = value.get(len..)?;
        ended(rest, &mut read.id, range(all, Some(value), rest))
    } else {
        None
    }
}

/// Sets what was not set before, if the value ends here.
#[inline(always)]
fn ended<'a, V>(rest: &'a [u8], slot: &mut Option<V>, value: V) -> Option<&'a [u8]> {
    if slot.is_some() || !ends(rest) {
        return None;
    }
    *slot = Some(value);
    Some(rest)
}

/// Reads one parameter. What it says goes into `read`.
fn mail_param<'a>(
    all: &'a [u8],
    i: &'a [u8],
    read: &mut MailFields,
    scan: &mut Scan<'_>,
) -> Rest<'a> {
    match folded(i) {
        SIZE => {
            if let Some(value) = value_of(i, b"SIZE") {
                let (rest, size) = read_value(value, scan, size)?;
                return once(&mut read.size, size, i, rest, scan);
            }
        }
        BODY => {
            if let Some(value) = value_of(i, b"BODY") {
                let (rest, body) = read_value(value, scan, body)?;
                return once(&mut read.body, body, i, rest, scan);
            }
        }
        RET => {
            if let Some(value) = value_of(i, b"RET") {
                let (rest, ret) = read_value(value, scan, ret)?;
                return once(&mut read.ret, ret, i, rest, scan);
            }
        }
        SMTPUTF8 => {
            if let Some(value) = value_of(i, b"SMTPUTF8") {
                let rest = no_value(i, b"SMTPUTF8", value, scan)?;
                return once(&mut read.utf8, (), i, rest, scan);
            }
        }
        REQUIRETLS => {
            if let Some(value) = value_of(i, b"REQUIRETLS") {
                let rest = no_value(i, b"REQUIRETLS", value, scan)?;
                return once(&mut read.tls, (), i, rest, scan);
            }
        }
        ENVID => {
            if let Some(value) = value_of(i, b"ENVID") {
                let (rest, _) = read_value(value, scan, values::envelope_id)?;
                let range = range(all, value, rest);
                return once(&mut read.id, range, i, rest, scan);
            }
        }
        AUTH => {
            if let Some(value) = value_of(i, b"AUTH") {
                let (rest, _) = read_value(value, scan, values::submitter)?;
                let range = range(all, value, rest);
                return once(&mut read.auth, range, i, rest, scan);
            }
        }
        MT_PRIORITY => {
            if let Some(value) = value_of(i, b"MT-PRIORITY") {
                let (rest, priority) = read_value(value, scan, priority)?;
                return once(&mut read.priority, priority, i, rest, scan);
            }
        }
        SOLICIT => {
            if let Some(value) = value_of(i, b"SOLICIT") {
                let (rest, _) = read_value(value, scan, values::solicitation)?;
                let range = range(all, value, rest);
                return once(&mut read.solicit, range, i, rest, scan);
            }
        }
        HOLD => {
            if let Some(value) = value_of(i, b"HOLDFOR") {
                let (rest, seconds) = read_value(value, scan, hold_for)?;
                return once(&mut read.hold, Hold::For(seconds), i, rest, scan);
            }
            if let Some(value) = value_of(i, b"HOLDUNTIL") {
                let (rest, time) = read_value(value, scan, values::date_time)?;
                return once(&mut read.hold, Hold::Until(time), i, rest, scan);
            }
        }
        _ => {
            if let Some(value) = value_of(i, b"BY") {
                let (rest, by) = read_value(value, scan, values::deliver_by)?;
                return once(&mut read.by, by, i, rest, scan);
            }
        }
    }
    unknown(all, i, &mut read.other)
}

/// As [`usual_mail_param`].
#[inline(always)]
fn usual_rcpt_param<'a>(all: &'a [u8], i: &'a [u8], read: &mut RcptFields) -> Option<&'a [u8]> {
    const NOTIFY: Word = Word::new(b"NOTIFY=");
    const SUCCESS: Word = Word::new(b"SUCCESS");
    const FAILURE: Word = Word::new(b"FAILURE");
    const DELAY: Word = Word::new(b"DELAY");
    const ORCPT: Word = Word::new(b"ORCPT=");
    const RFC822: Word = Word::new(b"rfc822;");

    let word = eight(i);
    if NOTIFY.starts(word) {
        let (mut rest, mut asked) = (i.get(7..)?, Notify::NEVER);
        loop {
            let word = eight(rest);
            let (one, len) = if FAILURE.starts(word) {
                (Notify::ON_FAILURE, 7)
            } else if DELAY.starts(word) {
                (Notify::ON_DELAY, 5)
            } else if SUCCESS.starts(word) {
                (Notify::ON_SUCCESS, 7)
            } else {
                return None;
            };
            asked = asked.and(one);
            match rest.get(len..)? {
                [b',', more @ ..] => rest = more,
                rest => return ended(rest, &mut read.notify, asked),
            }
        }
    } else if ORCPT.starts(word) {
        let value = i.get(6..)?;
        let address = value.get(7..).filter(|_| RFC822.starts(eight(value)))?;
        let len = plain_xtext(address).filter(|len| 7 + len <= limits::ORIGINAL_RECIPIENT)?;
        let rest = address.get(len..)?;
        ended(rest, &mut read.original, range(all, Some(value), rest))
    } else {
        None
    }
}

/// Reads one parameter. What it says goes into `read`.
fn rcpt_param<'a>(
    all: &'a [u8],
    i: &'a [u8],
    read: &mut RcptFields,
    scan: &mut Scan<'_>,
) -> Rest<'a> {
    match folded(i) {
        NOTIFY => {
            if let Some(value) = value_of(i, b"NOTIFY") {
                let (rest, notify) = read_value(value, scan, values::notify)?;
                return once(&mut read.notify, notify, i, rest, scan);
            }
        }
        ORCPT => {
            if let Some(value) = value_of(i, b"ORCPT") {
                let (rest, _) = read_value(value, scan, values::original_recipient)?;
                let range = range(all, value, rest);
                return once(&mut read.original, range, i, rest, scan);
            }
        }
        RRVS => {
            if let Some(value) = value_of(i, b"RRVS") {
                let (rest, since) = read_value(value, scan, values::valid_since)?;
                return once(&mut read.rrvs, since, i, rest, scan);
            }
        }
        _ => {}
    }
    unknown(all, i, &mut read.other)
}

/// Returns what stands behind the name, if this is the name: the value, if there is one.
#[inline(always)]
fn value_of<'a>(i: &'a [u8], name: &[u8]) -> Option<Option<&'a [u8]>> {
    let (head, rest) = i.split_at_checked(name.len())?;
    // Upper and lower case of a letter differ in one bit.
    let same = |(&a, &b): (&u8, &u8)| a == b || (a ^ b == 0x20 && a.is_ascii_alphabetic());
    if !name.iter().zip(head).all(same) {
        return None;
    }
    match rest {
        [b'=', value @ ..] => Some(Some(value)),
        [] | [b' ' | b'\t', ..] => Some(None),
        _ => None,
    }
}

/// Reads a value that has to be there, up to a blank or the end.
#[inline(always)]
fn read_value<'a, V>(
    value: Option<&'a [u8]>,
    scan: &mut Scan<'_>,
    rule: impl FnOnce(&'a [u8]) -> PResult<'a, V>,
) -> PResult<'a, V> {
    let value = match value {
        Some([]) | None => return bad(value, &"a parameter's value", scan),
        Some([b' ' | b'\t', ..]) => return bad(value, &"a parameter's value", scan),
        Some(value) => value,
    };
    match rule(value) {
        Ok((rest, found)) if ends(rest) => Ok((rest, found)),
        Ok((rest, _)) => bad(Some(rest), &"a blank", scan),
        Err(error) => {
            scan.blame(CommandFault::BadValue);
            Err(error)
        }
    }
}

#[inline(always)]
fn ends(rest: &[u8]) -> bool {
    matches!(rest, [] | [b' ' | b'\t', ..])
}

#[cold]
fn bad<'a, V>(
    at: Option<&'a [u8]>,
    expected: &'static &'static str,
    scan: &mut Scan<'_>,
) -> PResult<'a, V> {
    scan.blame(CommandFault::BadValue);
    unmet(at.unwrap_or_default(), expected)
}

fn no_value<'a>(
    i: &'a [u8],
    name: &[u8],
    value: Option<&'a [u8]>,
    scan: &mut Scan<'_>,
) -> Rest<'a> {
    let rest = i.get(name.len()..).unwrap_or_default();
    match value {
        None => Ok(rest),
        Some(_) => bad(Some(rest), &"no value", scan).map(|(rest, ())| rest),
    }
}

/// Sets what was not set before.
#[inline(always)]
fn once<'a, V>(
    slot: &mut Option<V>,
    value: V,
    i: &'a [u8],
    rest: &'a [u8],
    scan: &mut Scan<'_>,
) -> Rest<'a> {
    if slot.is_some() {
        scan.blame(CommandFault::Repeated);
        return unmet(i, &"each parameter once").map(|(rest, ())| rest);
    }
    *slot = Some(value);
    Ok(rest)
}

/// Says where the value stands in the text of all.
#[inline(always)]
fn range(all: &[u8], value: Option<&[u8]>, rest: &[u8]) -> Range {
    let value = value.unwrap_or_default();
    // Lines have a limit that is far below.
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Range { start: word(all.len() - value.len()), len: word(value.len() - rest.len()) }
}

fn unknown<'a>(all: &'a [u8], i: &'a [u8], first: &mut Option<Range>) -> Rest<'a> {
    let (rest, Param { keyword, .. }) = param(i)?;
    let (_, behind) = i.split_at_checked(keyword.len()).unwrap_or_default();
    first.get_or_insert(range(all, Some(i), behind));
    Ok(rest)
}

/// > esmtp-param = esmtp-keyword ["=" esmtp-value]                           RFC 5321 4.1.2
pub(super) fn param(i: &[u8]) -> PResult<'_, Param<'_>> {
    let (rest, keyword) = span1(i, &KEYWORD, &"a parameter's name")?;
    if keyword.first() == Some(&b'-') {
        return unmet(i, &"a letter or digit");
    }
    match rest {
        [b'=', value @ ..] => {
            let (rest, found) = span1(value, &UTF8_VALUE, &"a parameter's value")?;
            if std::str::from_utf8(found).is_err() {
                return unmet(value, &"a parameter's value in UTF-8");
            }
            Ok((rest, Param { keyword, value: Some(found) }))
        }
        _ => Ok((rest, Param { keyword, value: None })),
    }
}

/// The blank in front of the next parameter, unless that was the last of the line.
#[inline(always)]
pub(super) fn next<'a>(rest: &'a [u8], scan: &mut Scan<'_>) -> Rest<'a> {
    if rest.is_empty() {
        return Ok(rest);
    }
    match blank(rest, scan)? {
        ([], ()) => unmet(rest, &"no blank at the end").map(|(rest, ())| rest),
        (rest, ()) => Ok(rest),
    }
}

/// One SP, or what stands for it.
#[inline(always)]
pub(super) fn blank<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    match i {
        [b' ', next, ..] if !BLANK.has(*next) => Ok((i.get(1..).unwrap_or_default(), ())),
        _ => blanks(i, scan),
    }
}

#[cold]
fn blanks<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    match span(i, &BLANK) {
        (b" ", rest) => Ok((rest, ())),
        ([], _) => unmet(i, &"a blank"),
        (_, rest) if scan.lets_pass(Deviation::ExtraSpace, i) => Ok((rest, ())),
        _ => unmet(i, &"one blank"),
    }
}

/// > size-value ::= 1*20DIGIT                                                RFC 1870 4
#[inline(always)]
fn size(i: &[u8]) -> PResult<'_, u64> {
    let (digits, rest) = span(i, &ByteSet::DIGIT);
    match digits.len() {
        // So many always fit.
        1..=19 => {
            let number = |number: u64, digit: &u8| number * 10 + u64::from(digit - b'0');
            Ok((rest, digits.iter().fold(0, number)))
        }
        0 | 20 => number(i, &"a size"),
        _ => unmet(i, &"a size of at most 20 digits"),
    }
}

/// > body-value ::= "7BIT" / "8BITMIME" / "BINARYMIME"              RFC 6152 2, RFC 3030 3
#[inline(always)]
fn body(i: &[u8]) -> PResult<'_, BodyType> {
    let (rest, word) = span1(i, &VALUE, &"a body type")?;
    let body = match word {
        [b'8', ..] => BodyType::EightBitMime,
        [b'7', ..] => BodyType::SevenBit,
        _ => BodyType::BinaryMime,
    };
    match word.eq_ignore_ascii_case(body.as_str().as_bytes()) {
        true => Ok((rest, body)),
        false => unmet(i, &"a body type"),
    }
}

/// > ret-value = "FULL" / "HDRS"                                              RFC 3461 4.3
fn ret(i: &[u8]) -> PResult<'_, Ret> {
    let rest = i.get(4..).unwrap_or_default();
    match i.first_chunk::<4>() {
        Some(word) if word.eq_ignore_ascii_case(b"FULL") => Ok((rest, Ret::Full)),
        Some(word) if word.eq_ignore_ascii_case(b"HDRS") => Ok((rest, Ret::Headers)),
        _ => unmet(i, &"\"FULL\" or \"HDRS\""),
    }
}

/// > priority-value = (["-"] NZDIGIT) / "0"                                   RFC 6710 8
fn priority(i: &[u8]) -> PResult<'_, Priority> {
    let (sign, digit, rest) = match i {
        [b'-', digit @ b'1'..=b'9', rest @ ..] => (-1, digit, rest),
        [digit @ b'0'..=b'9', rest @ ..] => (1, digit, rest),
        _ => return unmet(i, &"a priority from -9 to 9"),
    };
    match Priority::new(sign * (digit - b'0') as i8) {
        Some(priority) => Ok((rest, priority)),
        None => unmet(i, &"a priority from -9 to 9"),
    }
}

/// > future-release-integer = %x31-39 *8DIGIT                                 RFC 4865 5
fn hold_for(i: &[u8]) -> PResult<'_, HoldSeconds> {
    let (digits, rest) = span(i, &ByteSet::DIGIT);
    let number = match digits {
        [b'1'..=b'9', more @ ..] if more.len() <= 8 => {
            digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
        }
        _ => 0,
    };
    match HoldSeconds::new(number) {
        Some(seconds) => Ok((rest, seconds)),
        None => unmet(i, &"1 to 999999999 seconds"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Defects, Profile};

    use super::*;

    fn param() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "(SIZE|size)=[0-9]{0,9}",
            4 => "(BODY|Body)=(8BITMIME|7bit|8bitmime|8BITMIMEX)",
            4 => "RET=(FULL|hdrs|HDRSX|FUL)",
            4 => "(ENVID|envid)=[!-~]{0,20}",
            3 => "SMTPUTF8(=1|X)?",
            4 => "NOTIFY=((SUCCESS|failure|DELAY|NEVER),?){0,3}",
            4 => "ORCPT=(rfc822|RFC822|utf-8);[!-~]{0,20}",
            2 => "[ -~]{0,9}",
        ]
    }

    proptest! {
        /// What is read in its usual form is what the rule would have read.
        #[test]
        fn ok_usual_form_reads_as_the_rule_does(param in param(), more in "( [A-Z]{0,3})?") {
            let text = [param, more].concat();
            let all = text.as_bytes();
            let mut defects = Defects::new();
            let mut scan = Scan::new(all, Profile::STRICT, &mut defects);
            let (mut usual, mut ruled) = (MailFields::default(), MailFields::default());
            if let Some(rest) = usual_mail_param(all, all, &mut usual) {
                prop_assert_eq!(mail_param(all, all, &mut ruled, &mut scan), Ok(rest));
            }
            let is_same = usual == ruled;
            prop_assert!(is_same, "{usual:?} {ruled:?}");
            let (mut usual, mut ruled) = (RcptFields::default(), RcptFields::default());
            if let Some(rest) = usual_rcpt_param(all, all, &mut usual) {
                prop_assert_eq!(rcpt_param(all, all, &mut ruled, &mut scan), Ok(rest));
            }
            let is_same = usual == ruled;
            prop_assert!(is_same, "{usual:?} {ruled:?}");
        }
    }
}
