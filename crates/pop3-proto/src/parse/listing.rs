//! The numbers of STAT and LIST, and the ids of UIDL.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, complete, cut, number, span1, unmet};

use crate::{
    Defects, Deviation, DropListing, MessageNumber, Profile, ScanListing, UniqueId,
    UniqueIdListing, text::unsendable,
};

use super::{is_blank, message_number, skip_blanks, sp, trim_blanks, trim_cr};

/// Reads the text behind the `+OK` of STAT. What `profile` tolerates is reported in `defects`.
///
/// > drop listing: the number of messages, a single space, and the size of the maildrop in octets
/// >                                                                          RFC 1939 5
///
/// RFC 1939 5 "makes no requirement on what follows the maildrop size": it is skipped.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit, and is not tolerated.
pub fn drop_listing(
    text: &[u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<DropListing, ParseError> {
    let text = trim_cr(text, profile, defects);
    complete(text, |i| {
        let i = lead(i, profile, defects);
        let (rest, messages) = number(i, &"the number of messages")?;
        let Ok(messages) = u32::try_from(messages) else {
            return unmet(i, &"fewer than 2^32 messages");
        };
        let (rest, octets) = size(text, rest, profile, defects)?;
        Ok((rest, DropListing::received(messages, octets)))
    })
}

/// Reads a line of LIST, or the text behind the `+OK` of LIST with an argument. What `profile`
/// tolerates is reported in `defects`.
///
/// > scan listing: the message-number of the message, a single space, and the exact size of the
/// > message in octets                                                        RFC 1939 5
///
/// RFC 1939 5 "makes no requirement on what follows the message size": it is skipped.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit, and is not tolerated.
pub fn scan_listing(
    line: &[u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<ScanListing, ParseError> {
    if let Some(plain) = plain_scan(line) {
        return Ok(plain);
    }
    let line = trim_cr(line, profile, defects);
    complete(line, |i| {
        let (i, message) = message_number(lead(i, profile, defects))?;
        let (i, octets) = size(line, i, profile, defects)?;
        Ok((i, ScanListing::received(message, octets)))
    })
}

/// Reads a scan listing as nearly all are: two numbers, one space between them, and no more. Answers
/// `None` for whatever else there may be, sound or not.
fn plain_scan(line: &[u8]) -> Option<ScanListing> {
    // Nineteen digits fit 64 bits whatever they are.
    if line.len() > 19 || !line.last()?.is_ascii_digit() || !line.first()?.is_ascii_digit() {
        return None;
    }
    let (mut number, mut value) = (None, 0);
    for &octet in line {
        match octet {
            b'0'..=b'9' => value = 10 * value + u64::from(octet - b'0'),
            b' ' if number.is_none() => number = Some(std::mem::take(&mut value)),
            _ => return None,
        }
    }
    let number = MessageNumber::new(u32::try_from(number?).ok()?)?;
    Some(ScanListing::received(number, Some(value)))
}

/// Reads a line of UIDL, or the text behind the `+OK` of UIDL with an argument. What `profile`
/// tolerates is reported in `defects`.
///
/// > unique-id listing: the message-number of the message, a single space, and the unique-id of
/// > the message                                                              RFC 1939 7
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit, and is not tolerated.
pub fn unique_id_listing(
    line: &[u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<UniqueIdListing, ParseError> {
    let line = trim_cr(line, profile, defects);
    complete(line, |i| {
        let (i, message) = message_number(lead(i, profile, defects))?;
        let at = |rest: &[u8]| line.len() - rest.len();
        if trim_blanks(i).is_empty() && defects.tolerate(profile, Deviation::MissingId, at(i)) {
            return Ok((&[], UniqueIdListing::received(message, None)));
        }
        let (i, ()) = gap(line, i, profile, defects)?;
        let (rest, id) = match id(i) {
            Ok(([], id)) => return Ok((&[], UniqueIdListing::new(message, id))),
            read => received_id(line, i, profile, defects).map_or(read, Ok)?,
        };
        Ok((rest, UniqueIdListing::new(message, id)))
    })
}

/// Takes the rest of the line for an id, if it can be one of a sloppy server.
fn received_id<'a>(
    line: &[u8],
    i: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Option<(&'a [u8], UniqueId)> {
    let at = |rest: &[u8]| line.len() - rest.len();
    let id = trim_blanks(i);
    let behind = at(i) + id.len();
    if id.is_empty() || unsendable(id).is_some() {
        return None;
    }
    let find = |odd: fn(u8) -> bool| id.iter().position(|octet| odd(*octet)).map(|it| at(i) + it);
    let is_odd = |octet: u8| !is_blank(octet) && !ByteSet::VCHAR.has(octet);
    let tolerated = [
        (Deviation::TrailingSpace, (behind < line.len()).then_some(behind)),
        (Deviation::BlankInId, find(is_blank)),
        (Deviation::OddId, find(is_odd)),
        (Deviation::LongId, (id.len() > UniqueId::MAX).then_some(at(i) + UniqueId::MAX)),
    ];
    let mut met = tolerated.into_iter().filter_map(|(what, at)| Some((what, at?)));
    let is_fine = met.all(|(what, at)| defects.tolerate(profile, what, at));
    is_fine.then(|| (&[][..], UniqueId::checked(id)))
}

/// Reads a unique id that fills the slice.
///
/// # Errors
/// [`ParseError`] at the first octet that cannot be in an id, or is the 71st.
pub fn unique_id(input: &[u8]) -> Result<UniqueId, ParseError> {
    complete(input, id)
}

/// > one to 70 characters in the range 0x21 to 0x7E                           RFC 1939 7
fn id(i: &[u8]) -> PResult<'_, UniqueId> {
    let (rest, id) = span1(i, &ByteSet::VCHAR, &"a unique id")?;
    if id.len() > UniqueId::MAX {
        return unmet(i, &"at most 70 characters of unique id");
    }
    Ok((rest, UniqueId::checked(id)))
}

/// Takes the size of a listing, what stands in front of it and what stands behind.
fn size<'a>(
    line: &[u8],
    i: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> PResult<'a, Option<u64>> {
    let at = |rest: &[u8]| line.len() - rest.len();
    if trim_blanks(i).is_empty() && defects.tolerate(profile, Deviation::UnknownSize, at(i)) {
        return Ok((&[], None));
    }
    let (i, ()) = gap(line, i, profile, defects)?;
    let (word, behind) = cut(i, i.iter().position(|&it| is_blank(it)).unwrap_or(i.len()));
    let size = match number(word, &"a size in octets") {
        Ok(([], octets)) => Some(octets),
        // "120octets", but not "1,024".
        Ok((text, octets))
            if !text.iter().any(u8::is_ascii_digit)
                && defects.tolerate(
                    profile,
                    Deviation::MissingSpace,
                    at(i) + word.len() - text.len(),
                ) =>
        {
            return Ok((&[], Some(octets)));
        }
        Ok(_) | Err(_) if defects.tolerate(profile, Deviation::UnknownSize, at(i)) => None,
        Ok((text, _)) => return unmet(cut(i, word.len() - text.len()).1, &"SP or end of line"),
        Err(_) => return number(i, &"a size in octets").map(|(rest, size)| (rest, Some(size))),
    };
    // RFC 1939 5 allows whatever follows, blanks too.
    let end = at(i) + word.len();
    let is_fine = behind.is_empty()
        || (trim_blanks(behind).is_empty()
            && defects.tolerate(profile, Deviation::TrailingSpace, end))
        || defects.tolerate(profile, Deviation::TextBehindSize, end);
    if !is_fine {
        return unmet(behind, &"end of line");
    }
    Ok((&[], size))
}

/// Takes the space between the number of a message and what is said of it.
fn gap<'a>(line: &[u8], i: &'a [u8], profile: Profile, defects: &mut Defects) -> PResult<'a, ()> {
    let rest = skip_blanks(i);
    match i {
        [b' ', next, ..] if !is_blank(*next) => Ok((rest, ())),
        [b' '] => Ok((rest, ())),
        [b' ' | b'\t', ..]
            if defects.tolerate(profile, Deviation::ExtraSpace, line.len() - i.len()) =>
        {
            Ok((rest, ()))
        }
        _ => sp(i),
    }
}

/// Skips blanks in front of a listing, where they are tolerated.
fn lead<'a>(i: &'a [u8], profile: Profile, defects: &mut Defects) -> &'a [u8] {
    match i.first() {
        Some(b' ' | b'\t') if defects.tolerate(profile, Deviation::ExtraSpace, 0) => skip_blanks(i),
        _ => i,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict<T>(
        parse: impl FnOnce(&[u8], Profile, &mut Defects) -> Result<T, ParseError>,
        line: &[u8],
    ) -> Result<T, ParseError> {
        parse(line, Profile::STRICT, &mut Defects::new())
    }

    #[test]
    fn ok_listings_of_rfc_1939() {
        let (one, two) = (MessageNumber::FIRST, MessageNumber::new(2).unwrap());
        assert_eq!(strict(drop_listing, b"2 320"), Ok(DropListing::new(2, 320)));
        assert_eq!(strict(drop_listing, b"0 0"), Ok(DropListing::new(0, 0)));
        assert_eq!(strict(scan_listing, b"1 120"), Ok(ScanListing::new(one, 120)));
        let listing = strict(unique_id_listing, b"2 QhdPYR:00WBw1Ph7x7").unwrap();
        let id = UniqueId::new("QhdPYR:00WBw1Ph7x7").unwrap();
        assert_eq!((listing.number(), listing.id()), (two, Some(&id)));
    }

    #[test]
    fn ok_whatever_follows_a_size() {
        assert_eq!(strict(drop_listing, b"2 320 (2 new)"), Ok(DropListing::new(2, 320)));
        let scan = ScanListing::new(MessageNumber::FIRST, 120);
        assert_eq!(strict(scan_listing, b"1 120 octets"), Ok(scan));
        assert_eq!(strict(scan_listing, b"1 120 "), Ok(scan));
    }

    #[test]
    fn ok_sizes_at_the_edge_of_64_bits() {
        for (line, number, octets) in [
            ("001 0120", 1, 120),
            ("1 0", 1, 0),
            ("1 99999999999999999", 1, 99_999_999_999_999_999),
            ("1 18446744073709551615", 1, u64::MAX),
            ("4294967295 99999999", u32::MAX, 99_999_999),
            ("4294967295 18446744073709551615", u32::MAX, u64::MAX),
        ] {
            let scan = ScanListing::new(MessageNumber::new(number).unwrap(), octets);
            assert_eq!(strict(scan_listing, line.as_bytes()), Ok(scan), "{line}");
        }
        for line in ["9999999999999999999", "99999999999999999999", "4294967296 1", "0 1", "1 2 "] {
            assert_eq!(plain_scan(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn err_says_where_and_what() {
        for (line, error) in [
            (&b""[..], "expected a message number at offset 0"),
            (b"0 5", "expected a message number above 0 at offset 0"),
            (b"1", "expected SP at offset 1"),
            (b"1 ", "expected a size in octets at offset 2"),
            (b"1  5", "expected a size in octets at offset 2"),
            (b"1 big", "expected a size in octets at offset 2"),
            (b"1 -5", "expected a size in octets at offset 2"),
            (b"1 12x", "expected SP or end of line at offset 4"),
            (b"1 18446744073709551616", "expected a number below 2^64 at offset 2"),
        ] {
            assert_eq!(strict(scan_listing, line).unwrap_err().to_string(), error);
        }
        let error = strict(unique_id_listing, b"1 a b").unwrap_err();
        assert_eq!(error.to_string(), "expected end of line at offset 3");
        for line in [&b"1 a\x7f"[..], b"1 ", b"1", b"1 a ", b"1\ta", b" 1 a", b"1 a\r"] {
            assert!(strict(unique_id_listing, line).is_err(), "{}", line.escape_ascii());
        }
        assert!(strict(drop_listing, b"4294967296 1").is_err());
        assert!(strict(scan_listing, &[b'1'; 10_000]).is_err());
    }

    #[test]
    fn err_whatever_the_profile() {
        for line in [&b""[..], b"0 5", b"-1 5", b"x", b"4294967296 1", &[b'1'; 10_000]] {
            let read = scan_listing(line, Profile::COMPAT, &mut Defects::new());
            assert!(read.is_err(), "{}", line.escape_ascii());
        }
        let read = unique_id_listing(b"1 a\0b", Profile::COMPAT, &mut Defects::new());
        assert!(read.is_err());
    }

    #[test]
    fn err_unique_id_of_71_characters() {
        assert!(unique_id(&[b'x'; 70]).is_ok());
        assert!(unique_id(&[b'x'; 71]).is_err());
    }
}
