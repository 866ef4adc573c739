//! The numbers of STAT and LIST, and the ids of UIDL.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, complete, number, span1, unmet};

use crate::{DropListing, ScanListing, UniqueId, UniqueIdListing};

use super::{message_number, sp};

/// Reads the text behind the `+OK` of STAT.
///
/// > drop listing: the number of messages, a single space, and the size of the maildrop in octets
/// >                                                                          RFC 1939 5
///
/// RFC 1939 5 "makes no requirement on what follows the maildrop size": it is skipped.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn drop_listing(text: &[u8]) -> Result<DropListing, ParseError> {
    complete(text, |i| {
        let (rest, messages) = number(i, &"the number of messages")?;
        let Ok(messages) = u32::try_from(messages) else {
            return unmet(i, &"fewer than 2^32 messages");
        };
        let (rest, ()) = sp(rest)?;
        let (rest, octets) = number(rest, &"a size in octets")?;
        let (rest, ()) = skip_further(rest)?;
        Ok((rest, DropListing::new(messages, octets)))
    })
}

/// Reads a line of LIST, or the text behind the `+OK` of LIST with an argument.
///
/// > scan listing: the message-number of the message, a single space, and the exact size of the
/// > message in octets                                                        RFC 1939 5
///
/// RFC 1939 5 "makes no requirement on what follows the message size": it is skipped.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn scan_listing(line: &[u8]) -> Result<ScanListing, ParseError> {
    complete(line, |i| {
        let (i, message) = message_number(i)?;
        let (i, ()) = sp(i)?;
        let (i, octets) = number(i, &"a size in octets")?;
        let (i, ()) = skip_further(i)?;
        Ok((i, ScanListing::new(message, octets)))
    })
}

/// Reads a line of UIDL, or the text behind the `+OK` of UIDL with an argument.
///
/// > unique-id listing: the message-number of the message, a single space, and the unique-id of
/// > the message                                                              RFC 1939 7
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn unique_id_listing(line: &[u8]) -> Result<UniqueIdListing, ParseError> {
    complete(line, |i| {
        let (i, message) = message_number(i)?;
        let (i, ()) = sp(i)?;
        let (i, id) = id(i)?;
        Ok((i, UniqueIdListing::new(message, id)))
    })
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
    match std::str::from_utf8(id) {
        Ok(text) if text.len() <= UniqueId::MAX => Ok((rest, UniqueId::checked(text))),
        _ => unmet(i, &"at most 70 characters of unique id"),
    }
}

/// Skips what a server may have put behind the numbers, if it stands apart from them.
fn skip_further(i: &[u8]) -> PResult<'_, ()> {
    match i.first() {
        None => Ok((i, ())),
        Some(b' ' | b'\t') => Ok((&[], ())),
        Some(_) => unmet(i, &"SP or end of line"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MessageNumber;

    #[test]
    fn ok_listings_of_rfc_1939() {
        let (one, two) = (MessageNumber::FIRST, MessageNumber::new(2).unwrap());
        assert_eq!(drop_listing(b"2 320"), Ok(DropListing::new(2, 320)));
        assert_eq!(drop_listing(b"0 0"), Ok(DropListing::new(0, 0)));
        assert_eq!(scan_listing(b"1 120"), Ok(ScanListing::new(one, 120)));
        let listing = unique_id_listing(b"2 QhdPYR:00WBw1Ph7x7").unwrap();
        assert_eq!((listing.number(), listing.id().as_str()), (two, "QhdPYR:00WBw1Ph7x7"));
    }

    #[test]
    fn ok_whatever_follows_a_size() {
        assert_eq!(drop_listing(b"2 320 (2 new)"), Ok(DropListing::new(2, 320)));
        let scan = ScanListing::new(MessageNumber::FIRST, 120);
        assert_eq!(scan_listing(b"1 120 octets"), Ok(scan));
    }

    #[test]
    fn err_says_where_and_what() {
        for (line, error) in [
            (&b""[..], "expected a message number at offset 0"),
            (b"0 5", "expected a message number above 0 at offset 0"),
            (b"1", "expected SP at offset 1"),
            (b"1 big", "expected a size in octets at offset 2"),
            (b"1 12x", "expected SP or end of line at offset 4"),
            (b"1 18446744073709551616", "expected a number below 2^64 at offset 2"),
        ] {
            assert_eq!(scan_listing(line).unwrap_err().to_string(), error);
        }
        let error = unique_id_listing(b"1 a b").unwrap_err();
        assert_eq!(error.to_string(), "expected end of line at offset 3");
        assert!(unique_id_listing(b"1 a\x7f").is_err());
        assert!(unique_id_listing(b"1 ").is_err());
        assert!(drop_listing(b"4294967296 1").is_err());
        assert!(scan_listing(&[b'1'; 10_000]).is_err());
    }

    #[test]
    fn err_unique_id_of_71_characters() {
        assert!(unique_id(&[b'x'; 70]).is_ok());
        assert!(unique_id(&[b'x'; 71]).is_err());
    }
}
