//! Names of languages.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, complete, consumed, cut, fatal, octet, span, unmet};

use crate::{LanguageListing, LanguageRange, LanguageTag, Text, text::unsendable};

use super::sp;

/// Reads a tag that fills the slice.
pub(crate) fn language_tag(tag: &[u8]) -> Result<LanguageTag<'_>, ParseError> {
    complete(tag, tag_of)
}

/// > language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"                     RFC 4647 2.1
pub(super) fn language_range(i: &[u8]) -> PResult<'_, LanguageRange<'_>> {
    if let Some(rest) = i.strip_prefix(b"*") {
        return Ok((rest, LanguageRange::Preferred));
    }
    let (i, tag) = tag_of(i)?;
    Ok((i, LanguageRange::Tag(tag)))
}

fn tag_of(i: &[u8]) -> PResult<'_, LanguageTag<'_>> {
    const ALPHA: ByteSet = ByteSet::NONE.range(b'a', b'z').range(b'A', b'Z');
    let (mut rest, ()) = subtag(i, &ALPHA)?;
    while let Ok((behind, ())) = octet(b'-', &"\"-\"")(rest) {
        (rest, ()) = subtag(behind, &ByteSet::ALNUM)?;
    }
    match std::str::from_utf8(consumed(i, rest)) {
        Ok(tag) => Ok((rest, LanguageTag::checked(tag))),
        Err(_) => unmet(i, &"a language"),
    }
}

fn subtag<'a>(i: &'a [u8], set: &ByteSet) -> PResult<'a, ()> {
    let (subtag, rest) = span(i, set);
    match subtag.len() {
        1..=8 => Ok((rest, ())),
        0 => unmet(i, &"a language"),
        _ => fatal(cut(i, 8).1, &"at most 8 octets of a language's subtag"),
    }
}

/// Reads a line of the answer to LANG without an argument, its end left off.
///
/// > the language tag of the message, optionally followed by a single space and a human-readable
/// > description of the language in the language itself, using the UTF-8 charset   RFC 6856 3
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
pub fn language_listing(line: &[u8]) -> Result<LanguageListing<'_>, ParseError> {
    complete(line, |i| {
        let (i, tag) = tag_of(i)?;
        if i.is_empty() {
            return Ok((i, LanguageListing::checked(tag, Text::fixed(""))));
        }
        let (i, ()) = sp(i)?;
        if let Err(error) = std::str::from_utf8(i) {
            return fatal(cut(i, error.valid_up_to()).1, &"UTF-8");
        }
        match Text::new(i) {
            Ok(name) => Ok((&[], LanguageListing::checked(tag, name))),
            Err(_) => {
                let at = unsendable(i).map_or(0, |(at, _)| at);
                fatal(cut(i, at).1, &"a name without CR, LF and NUL")
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_listings_of_rfc_6856() {
        for (line, tag, name) in [
            ("en English", "en", "English"),
            ("en-boont English Boontling dialect", "en-boont", "English Boontling dialect"),
            ("es Español", "es", "Español"),
            ("sv", "sv", ""),
        ] {
            let listing = language_listing(line.as_bytes()).unwrap();
            assert_eq!((listing.tag().as_str(), listing.name().as_bytes()), (tag, name.as_bytes()));
        }
    }

    #[test]
    fn err_says_where_and_what() {
        for (line, error) in [
            (&b""[..], "expected a language at offset 0"),
            (b"1", "expected a language at offset 0"),
            (b"en-", "expected a language at offset 3"),
            (b"en--x", "expected a language at offset 3"),
            (b"abcdefghi", "expected at most 8 octets of a language's subtag at offset 8"),
            (b"en_US", "expected SP at offset 2"),
            (b"en \xff", "expected UTF-8 at offset 3"),
            (b"en a\0", "expected a name without CR, LF and NUL at offset 4"),
        ] {
            assert_eq!(language_listing(line).unwrap_err().to_string(), error);
        }
    }
}
