//! The values of parameters and the arguments of commands that extensions bring.

use mail_wire::grammar::{ByteSet, PResult, consumed, cut, octet, span, span1, unmet};

use crate::{
    Attributes, ByMode, DeliverBy, EnvelopeId, Notify, OriginalRecipient, Solicitation, Submitter,
    Timestamp, Turn, ValidSince, WithoutSupport, Xtext, limits,
    parse::{mailbox, params::BLANK},
};

/// > xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
const XCHAR: ByteSet = ByteSet::VCHAR.without(b"+=");
/// Upper case is asked for; lower case says the same.
const HEX: ByteSet = ByteSet::DIGIT.with(b"ABCDEFabcdef");
/// > addr-type = atom                                                         RFC 3461 4.2
const ATOM: ByteSet = ByteSet::ALNUM.with(b"!#$%&'*+-/=?^_`{|}~");
/// > wordchar = ("." / "-" / "_" / ":" / ALPHA / DIGIT)                       RFC 3865 2
const WORDCHAR: ByteSet = ByteSet::ALNUM.with(b".-_:");
/// > scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )                      RFC 3986 3.1
const SCHEME: ByteSet = ByteSet::ALNUM.with(b"+-.");
/// As in `REVERSE_NAME`.
const ATTRIBUTE_NAME: ByteSet = ByteSet::ALPHA.with(b"_");

/// > xtext = *( xchar / hexchar );  hexchar = "+" 2(DIGIT / "A" .. "F")       RFC 3461 4
///
/// At least one, because a parameter's value cannot be empty.
#[inline(always)]
pub(super) fn xtext(i: &[u8]) -> PResult<'_, Xtext<&[u8]>> {
    let (_, mut rest) = span(i, &XCHAR);
    while let [b'+', tail @ ..] = rest {
        match tail {
            [high, low, more @ ..] if HEX.has(*high) && HEX.has(*low) => {
                (_, rest) = span(more, &XCHAR);
            }
            _ => return unmet(tail, &"two hexadecimal digits"),
        }
    }
    match consumed(i, rest) {
        [] => unmet(i, &"xtext"),
        text => Ok((rest, Xtext::from_checked(text))),
    }
}

/// > envid-parameter = "ENVID=" xtext ; at most 100 octets                     RFC 3461 4.4
#[inline(always)]
pub(super) fn envelope_id(i: &[u8]) -> PResult<'_, EnvelopeId<&[u8]>> {
    let (rest, text) = xtext(i)?;
    if text.as_wire().len() > limits::ENVELOPE_ID {
        return unmet(i, &"an envelope id of at most 100 octets");
    }
    if !is_printable(&text) {
        return unmet(i, &"printable ASCII in xtext");
    }
    Ok((rest, EnvelopeId::from_checked(text)))
}

/// "the decoded form consists only of printable US-ASCII": RFC 3461 4.2 and 4.4.
#[inline(always)]
fn is_printable(text: &Xtext<&[u8]>) -> bool {
    !text.as_wire().contains(&b'+') || text.decoded().all(|octet| matches!(octet, b' '..=b'~'))
}

/// > orcpt-parameter = "ORCPT=" addr-type ";" xtext ; at most 500 octets       RFC 3461 4.2
pub(super) fn original_recipient(i: &[u8]) -> PResult<'_, OriginalRecipient<&[u8]>> {
    let (address, kind) = span1(i, &ATOM, &"a type of address")?;
    let (address, ()) = octet(b';', &"\";\"")(address)?;
    let rest = match kind.eq_ignore_ascii_case(b"utf-8") {
        true => utf8_characters(address, |_| ())?.0,
        false => {
            let (rest, text) = xtext(address)?;
            if !is_printable(&text) {
                return unmet(address, &"printable ASCII in xtext");
            }
            rest
        }
    };
    if consumed(i, rest).len() > limits::ORIGINAL_RECIPIENT {
        return unmet(i, &"an original recipient of at most 500 octets");
    }
    Ok((rest, OriginalRecipient::from_checked(kind, consumed(address, rest))))
}

/// > utf-8-addr-unitext = 1*(QUCHAR / EmbeddedUnicodeChar)
/// > EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"                           RFC 6533 3
///
/// xtext is read as well: who encodes for `rfc822` does it here too.
fn utf8_characters(i: &[u8], mut each: impl FnMut(char)) -> PResult<'_, ()> {
    let (rest, _) = span1(i, &ByteSet::VCHAR.and(&ByteSet::EIGHT_BIT), &"an address")?;
    let Ok(text) = std::str::from_utf8(consumed(i, rest)) else { return unmet(i, &"UTF-8") };
    let mut text = text;
    while let Some(first) = text.chars().next() {
        let (_, left) = cut(i, i.len() - rest.len() - text.len());
        let (found, behind) = match first {
            '\\' => {
                let Some((hex, behind)) =
                    text.strip_prefix("\\x{").and_then(|inner| inner.split_once('}'))
                else {
                    return unmet(left, &"\"\\x{\" and \"}\"");
                };
                let point = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() <= 6);
                (point.and_then(char::from_u32), behind)
            }
            '+' => {
                let hex = text.get(1..3).filter(|hex| hex.bytes().all(|digit| HEX.has(digit)));
                let point = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                (point.and_then(char::from_u32), text.get(3..).unwrap_or_default())
            }
            '=' => (None, text),
            other => (Some(other), text.get(other.len_utf8()..).unwrap_or_default()),
        };
        match found.filter(|found| !found.is_control()) {
            Some(found) => each(found),
            None => return unmet(left, &"a character of an address"),
        }
        text = behind;
    }
    Ok((rest, ()))
}

/// Returns what an address of the type `utf-8` means. RFC 6533 3.
pub(crate) fn utf8_address(text: &[u8]) -> Vec<u8> {
    let mut meant = String::new();
    // It was read before, so this fails nowhere.
    let _ = utf8_characters(text, |character| meant.push(character));
    meant.into_bytes()
}

/// > notify-esmtp-value = "NEVER" / 1#notify-list-element
/// > notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"                    RFC 3461 4.1
pub(super) fn notify(i: &[u8]) -> PResult<'_, Notify> {
    let (mut rest, mut all) = (i, Notify::NEVER);
    loop {
        let (tail, word) = span1(rest, &ByteSet::ALPHA, &"what to notify of")?;
        let one = if word.eq_ignore_ascii_case(b"SUCCESS") {
            Notify::ON_SUCCESS
        } else if word.eq_ignore_ascii_case(b"FAILURE") {
            Notify::ON_FAILURE
        } else if word.eq_ignore_ascii_case(b"DELAY") {
            Notify::ON_DELAY
        } else if word.eq_ignore_ascii_case(b"NEVER") && all.is_never() {
            // RFC 3461 4.1: NEVER stands alone. A comma behind it is no end of the value.
            return Ok((tail, all));
        } else {
            return unmet(rest, &"what to notify of");
        };
        all = all.and(one);
        match tail {
            [b',', more @ ..] => rest = more,
            _ => return Ok((tail, all)),
        }
    }
}

/// > auth-parameter: "AUTH=" (xtext of a mailbox / "<>")                      RFC 4954 5
pub(super) fn submitter(i: &[u8]) -> PResult<'_, Submitter<&[u8]>> {
    if let [b'<', b'>', rest @ ..] = i {
        return Ok((rest, Submitter::Unknown));
    }
    let (rest, text) = xtext(i)?;
    let wire = text.as_wire();
    let is_mailbox = if wire.contains(&b'+') {
        let mut meant = [0; limits::PATH];
        let (mut room, mut len) = (meant.iter_mut(), 0);
        let fits = text.decoded().all(|octet| {
            len += 1;
            room.next().map(|slot| *slot = octet).is_some()
        });
        fits && mailbox(cut(&meant, len).0).is_ok()
    } else {
        mailbox(wire).is_ok()
    };
    if !is_mailbox {
        return unmet(i, &"a mailbox in xtext");
    }
    Ok((rest, Submitter::Mailbox(text)))
}

/// > by-value = by-time ";" by-mode [by-trace];  by-time = ["-" / "+"] 1*9digit
/// > by-mode = "N" / "R";  by-trace = "T"                                     RFC 2852 4
pub(super) fn deliver_by(i: &[u8]) -> PResult<'_, DeliverBy> {
    let (sign, digits) = match i {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        _ => (1, i),
    };
    let (rest, digits) = span1(digits, &ByteSet::DIGIT, &"a number of seconds")?;
    if digits.len() > 9 {
        return unmet(i, &"a time of at most 9 digits");
    }
    let seconds = digits.iter().fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
    let (mode, rest) = match rest {
        [b';', b'N' | b'n', rest @ ..] => (ByMode::Notify, rest),
        [b';', b'R' | b'r', rest @ ..] => (ByMode::Return, rest),
        [b';', rest @ ..] => return unmet(rest, &"\"N\" or \"R\""),
        _ => return unmet(rest, &"\";\""),
    };
    // RFC 2852 4: with R the time has to be above 0.
    let Ok(by) = DeliverBy::new(sign * seconds, mode) else {
        return unmet(i, &"a time above 0");
    };
    match rest {
        [b'T' | b't', rest @ ..] => Ok((rest, by.traced())),
        _ => Ok((rest, by)),
    }
}

/// > rrvs-param = "RRVS=" date-time [ ";" ( "C" / "R" ) ]                     RFC 7293 3
pub(super) fn valid_since(i: &[u8]) -> PResult<'_, ValidSince> {
    let (rest, time) = date_time(i)?;
    let since = ValidSince::new(time);
    match rest {
        [b';', b'C' | b'c', rest @ ..] => Ok((rest, since.otherwise(WithoutSupport::Continue))),
        [b';', b'R' | b'r', rest @ ..] => Ok((rest, since.otherwise(WithoutSupport::Reject))),
        [b';', rest @ ..] => unmet(rest, &"\"C\" or \"R\""),
        _ => Ok((rest, since)),
    }
}

/// > Solicitation-keywords = word 0*("," word);  word = ALPHA 0*(wordchar)
/// >                                                ; at most 1000 octets    RFC 3865 2
pub(super) fn solicitation(i: &[u8]) -> PResult<'_, Solicitation<&[u8]>> {
    let mut rest = i;
    loop {
        if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
            return unmet(rest, &"a keyword");
        }
        (_, rest) = span(rest, &WORDCHAR);
        match rest {
            [b',', more @ ..] => rest = more,
            _ => break,
        }
    }
    match consumed(i, rest) {
        text if text.len() > limits::SOLICITATION => unmet(i, &"keywords of at most 1000 octets"),
        text => Ok((rest, Solicitation::from_checked(text))),
    }
}

/// > date-time = full-date "T" full-time
/// > full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT
/// > full-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*DIGIT] time-offset
/// > time-offset = "Z" / ("+" / "-") 2DIGIT ":" 2DIGIT                        RFC 3339 5.6
pub(super) fn date_time(i: &[u8]) -> PResult<'_, Timestamp> {
    let (rest, year) = digits::<4>(i)?;
    let (rest, ()) = octet(b'-', &"\"-\"")(rest)?;
    let (rest, month) = digits::<2>(rest)?;
    let (rest, ()) = octet(b'-', &"\"-\"")(rest)?;
    let (rest, day) = digits::<2>(rest)?;
    let [b'T' | b't', time @ ..] = rest else { return unmet(rest, &"\"T\"") };
    let (rest, hour) = digits::<2>(time)?;
    let (rest, ()) = octet(b':', &"\":\"")(rest)?;
    let (rest, minute) = digits::<2>(rest)?;
    let (rest, ()) = octet(b':', &"\":\"")(rest)?;
    let (rest, second) = digits::<2>(rest)?;
    let (rest, nanosecond) = match rest {
        [b'.', fraction @ ..] => {
            let (rest, fraction) = span1(fraction, &ByteSet::DIGIT, &"a digit")?;
            let nine = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9);
            (rest, nine.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
        }
        _ => (rest, 0),
    };
    let (rest, offset) = match rest {
        [b'Z' | b'z', rest @ ..] => (rest, 0),
        [sign @ (b'+' | b'-'), zone @ ..] => {
            let (rest, hours) = digits::<2>(zone)?;
            let (rest, ()) = octet(b':', &"\":\"")(rest)?;
            let (rest, minutes) = digits::<2>(rest)?;
            if hours > 23 || minutes > 59 {
                return unmet(zone, &"an offset from UTC");
            }
            let east = (hours * 60 + minutes) as i16;
            (rest, if *sign == b'-' { -east } else { east })
        }
        _ => return unmet(rest, &"\"Z\" or an offset from UTC"),
    };
    let at = Timestamp {
        year,
        month: month as u8,
        day: day as u8,
        hour: hour as u8,
        minute: minute as u8,
        second: second as u8,
        nanosecond,
        offset,
    };
    if !at.is_date() {
        return unmet(i, &"a date");
    }
    if hour > 23 || minute > 59 || second > 60 {
        return unmet(time, &"a time");
    }
    Ok((rest, at))
}

fn digits<const N: usize>(i: &[u8]) -> PResult<'_, u16> {
    match i.split_first_chunk::<N>() {
        Some((digits, rest)) if digits.iter().all(u8::is_ascii_digit) => {
            Ok((rest, digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))))
        }
        _ => unmet(i, &"a number of two or four digits"),
    }
}

/// > absolute-URI, RFC 3986 4.3, as far as octets go; what it means is for who fetches it.
pub(super) fn url(i: &[u8]) -> PResult<'_, &[u8]> {
    let (rest, text) = span1(i, &ByteSet::VCHAR, &"a URL")?;
    let (_, behind) = span(text, &SCHEME);
    match (text.first(), behind) {
        (Some(first), [b':', _, ..]) if first.is_ascii_alphabetic() => Ok((rest, text)),
        _ => unmet(i, &"a URL with its scheme"),
    }
}

/// > etrn = "ETRN" SP [ "@" / "#" ] node-name                                 RFC 1985 5.1
pub(super) fn turn(i: &[u8]) -> PResult<'_, Turn<&[u8]>> {
    let (rest, text) = span1(i, &ByteSet::VCHAR, &"a domain")?;
    match text {
        [b'#', _, ..] => {}
        [b'#'] => return unmet(rest, &"the name of a queue"),
        [b'@', name @ ..] | name => {
            if let Err(error) = crate::parse::domain(name) {
                let (_, left) = cut(name, error.offset());
                return unmet(cut(i, text.len() - left.len()).1, &"a domain");
            }
        }
    }
    Ok((rest, Turn::from_checked(text)))
}

/// > XCLIENT 1*( SP attribute-name "=" attribute-value );  attribute-value = xtext
///
/// Postfix's `XCLIENT_README` and `XFORWARD_README`.
pub(super) fn attributes(i: &[u8]) -> PResult<'_, Attributes<&[u8]>> {
    let mut rest = i;
    loop {
        (rest, _) = span1(rest, &ATTRIBUTE_NAME, &"the name of an attribute")?;
        (rest, ()) = octet(b'=', &"\"=\"")(rest)?;
        (rest, _) = xtext(rest)?;
        let (blanks, more) = span(rest, &BLANK);
        if blanks.is_empty() {
            return Ok((rest, Attributes::from_checked(consumed(i, rest))));
        }
        rest = more;
    }
}
