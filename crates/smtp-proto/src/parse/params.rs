//! Parameters of MAIL and RCPT.

use mail_wire::grammar::{ByteSet, PResult, Unmet, consumed, number, span, span1, unmet};

use crate::{
    BodyType, CommandFault, Hold, HoldSeconds, MailParams, Param, Priority, RcptParams, Ret,
    extensions::{MailFields, Range, RcptFields},
    parse::{Scan, values},
    profile::Deviation,
};

/// > esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")                  RFC 5321 4.1.2
const KEYWORD: ByteSet = ByteSet::ALNUM.with(b"-");
/// > esmtp-value = 1*(%d33-60 / %d62-126)                                    RFC 5321 4.1.2
const VALUE: ByteSet = ByteSet::VCHAR.without(b"=");
pub(super) const BLANK: ByteSet = ByteSet::NONE.with(b" \t");

/// A parameter's name, in four octets that tell it from the others, and whole.
struct Name {
    fold: u32,
    whole: &'static [u8],
}

const fn name(whole: &'static [u8]) -> Name {
    // `BY` is followed by `=`, which any four octets that start with it have to be checked for.
    let [a, b, c, d, ..] = *whole else { panic!("the name has four octets") };
    Name { fold: fold(&[a, b, c, d]), whole }
}

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

const SIZE: Name = name(b"SIZE");
const BODY: Name = name(b"BODY");
const RET: Name = name(b"RET=");
const ENVID: Name = name(b"ENVID");
const AUTH: Name = name(b"AUTH");
const SMTPUTF8: Name = name(b"SMTPUTF8");
const REQUIRETLS: Name = name(b"REQUIRETLS");
const HOLD: Name = name(b"HOLD");
const MT_PRIORITY: Name = name(b"MT-PRIORITY");
const SOLICIT: Name = name(b"SOLICIT");
const NOTIFY: Name = name(b"NOTIFY");
const ORCPT: Name = name(b"ORCPT");
const RRVS: Name = name(b"RRVS");

/// > Mail-parameters = esmtp-param *(SP esmtp-param)                         RFC 5321 4.1.2
pub(super) fn mail_params<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, MailParams<&'a [u8]>> {
    let mut read = MailFields::default();
    let mut rest = i;
    while !rest.is_empty() {
        rest = mail_param(i, rest, &mut read, scan)?;
        rest = next(rest, scan)?;
    }
    Ok((rest, MailParams::from_checked(i, read)))
}

/// > Rcpt-parameters = esmtp-param *(SP esmtp-param)                         RFC 5321 4.1.2
pub(super) fn rcpt_params<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, RcptParams<&'a [u8]>> {
    let mut read = RcptFields::default();
    let mut rest = i;
    while !rest.is_empty() {
        rest = rcpt_param(i, rest, &mut read, scan)?;
        rest = next(rest, scan)?;
    }
    Ok((rest, RcptParams::from_checked(i, read)))
}

type Rest<'a> = Result<&'a [u8], nom::Err<Unmet>>;

/// Reads one parameter. What it says goes into `read`.
#[inline(always)]
fn mail_param<'a>(
    all: &'a [u8],
    i: &'a [u8],
    read: &mut MailFields,
    scan: &mut Scan<'_>,
) -> Rest<'a> {
    const FOR: &[u8] = b"HOLDFOR";
    const UNTIL: &[u8] = b"HOLDUNTIL";
    let word = folded(i);
    let named = |name: &Name| if word == name.fold { value_of(i, name.whole) } else { None };
    if let Some(value) = named(&SIZE) {
        // > size-value ::= 1*20DIGIT                                          RFC 1870 4
        let (rest, size) = read_value(value, scan, |i| number(i, &"a size"))?;
        if consumed(value.unwrap_or_default(), rest).len() > 20 {
            return bad(value, &"a size of at most 20 digits", scan).map(|(rest, ())| rest);
        }
        return once(&mut read.size, size, i, rest, scan);
    }
    if let Some(value) = named(&BODY) {
        let (rest, body) = read_value(value, scan, body)?;
        return once(&mut read.body, body, i, rest, scan);
    }
    // `RET` and `BY` are so short that the `=` belongs to what tells them.
    if word == RET.fold
        && let Some(value) = value_of(i, b"RET")
    {
        let (rest, ret) = read_value(value, scan, ret)?;
        return once(&mut read.ret, ret, i, rest, scan);
    }
    if let Some(value) = named(&SMTPUTF8) {
        let rest = no_value(i, SMTPUTF8.whole, value, scan)?;
        return once(&mut read.utf8, (), i, rest, scan);
    }
    if let Some(value) = named(&REQUIRETLS) {
        let rest = no_value(i, REQUIRETLS.whole, value, scan)?;
        return once(&mut read.tls, (), i, rest, scan);
    }
    if let Some(value) = named(&ENVID) {
        let (rest, _) = read_value(value, scan, values::envelope_id)?;
        let range = range(all, value, rest);
        return once(&mut read.id, range, i, rest, scan);
    }
    if let Some(value) = named(&AUTH) {
        let (rest, _) = read_value(value, scan, values::submitter)?;
        let range = range(all, value, rest);
        return once(&mut read.auth, range, i, rest, scan);
    }
    if let Some(value) = named(&MT_PRIORITY) {
        let (rest, priority) = read_value(value, scan, priority)?;
        return once(&mut read.priority, priority, i, rest, scan);
    }
    if let Some(value) = named(&SOLICIT) {
        let (rest, _) = read_value(value, scan, values::solicitation)?;
        let range = range(all, value, rest);
        return once(&mut read.solicit, range, i, rest, scan);
    }
    if word == HOLD.fold {
        if let Some(value) = value_of(i, FOR) {
            let (rest, seconds) = read_value(value, scan, hold_for)?;
            return once(&mut read.hold, Hold::For(seconds), i, rest, scan);
        }
        if let Some(value) = value_of(i, UNTIL) {
            let (rest, time) = read_value(value, scan, values::date_time)?;
            return once(&mut read.hold, Hold::Until(time), i, rest, scan);
        }
    }
    if let Some(value) = value_of(i, b"BY") {
        let (rest, by) = read_value(value, scan, values::deliver_by)?;
        return once(&mut read.by, by, i, rest, scan);
    }
    unknown(all, i, &mut read.other)
}

/// Reads one parameter. What it says goes into `read`.
#[inline(always)]
fn rcpt_param<'a>(
    all: &'a [u8],
    i: &'a [u8],
    read: &mut RcptFields,
    scan: &mut Scan<'_>,
) -> Rest<'a> {
    let word = folded(i);
    let named = |name: &Name| if word == name.fold { value_of(i, name.whole) } else { None };
    if let Some(value) = named(&NOTIFY) {
        let (rest, notify) = read_value(value, scan, values::notify)?;
        return once(&mut read.notify, notify, i, rest, scan);
    }
    if let Some(value) = named(&ORCPT) {
        let (rest, _) = read_value(value, scan, values::original_recipient)?;
        let range = range(all, value, rest);
        return once(&mut read.original, range, i, rest, scan);
    }
    if let Some(value) = named(&RRVS) {
        let (rest, since) = read_value(value, scan, values::valid_since)?;
        return once(&mut read.rrvs, since, i, rest, scan);
    }
    unknown(all, i, &mut read.other)
}

/// Returns what stands behind the name, if this is the name: the value, if there is one.
#[inline(always)]
fn value_of<'a>(i: &'a [u8], name: &[u8]) -> Option<Option<&'a [u8]>> {
    let (head, rest) = i.split_at_checked(name.len())?;
    if !head.eq_ignore_ascii_case(name) {
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
            let (rest, value) = span1(value, &VALUE, &"a parameter's value")?;
            Ok((rest, Param { keyword, value: Some(value) }))
        }
        _ => Ok((rest, Param { keyword, value: None })),
    }
}

/// The blank in front of the next, unless that was the last.
#[inline(always)]
fn next<'a>(rest: &'a [u8], scan: &mut Scan<'_>) -> Rest<'a> {
    if rest.is_empty() {
        return Ok(rest);
    }
    blank(rest, scan).map(|(rest, ())| rest)
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

/// > body-value ::= "7BIT" / "8BITMIME" / "BINARYMIME"              RFC 6152 2, RFC 3030 3
#[inline(always)]
fn body(i: &[u8]) -> PResult<'_, BodyType> {
    let (rest, word) = span1(i, &VALUE, &"a body type")?;
    match BodyType::parse(word) {
        Some(body) => Ok((rest, body)),
        None => unmet(i, &"a body type"),
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
