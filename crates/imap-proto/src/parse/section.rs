//! Sections of messages.

use mail_wire::grammar::{ByteSet, PResult, consumed, octet, span, unmet};

use super::lexical::{astring, list1, number64, nz_number, sp};
use crate::{HeaderNames, Part, Partial, Section, SectionText};

const WORD: ByteSet = ByteSet::ALPHA.with(b".");

/// > section = "[" [section-spec] "]"
pub(super) fn section(i: &[u8]) -> PResult<'_, Section<'_>> {
    let (rest, ()) = octet(b'[', &"[")(i)?;
    if let [b']', rest @ ..] = rest {
        return Ok((rest, Section::ALL));
    }
    let (rest, section) = section_spec(rest)?;
    let (rest, ()) = octet(b']', &"]")(rest)?;
    Ok((rest, section))
}

/// > section-spec = section-msgtext / (section-part ["." section-text])
pub(crate) fn section_spec(i: &[u8]) -> PResult<'_, Section<'_>> {
    if i.is_empty() {
        return Ok((i, Section::ALL));
    }
    let (rest, part) = if i.first().is_some_and(u8::is_ascii_digit) {
        match section_part(i)? {
            ([b'.', rest @ ..], part) => (rest, part),
            (rest, part) => return Ok((rest, Section::checked(part, None))),
        }
    } else {
        (i, Part::default())
    };
    let (rest, text) = section_text(rest)?;
    if matches!(text, SectionText::Mime) && part.is_empty() {
        return unmet(i, &"a part number in front of MIME");
    }
    Ok((rest, Section::checked(part, Some(text))))
}

/// > section-binary = "[" [section-part] "]"                              RFC 3516 section 7
pub(super) fn section_binary(i: &[u8]) -> PResult<'_, Part<'_>> {
    let (rest, ()) = octet(b'[', &"[")(i)?;
    let (rest, part) = match rest.first() {
        Some(b']') => (rest, Part::default()),
        _ => section_part(rest)?,
    };
    let (rest, ()) = octet(b']', &"]")(rest)?;
    Ok((rest, part))
}

/// > section-part = nz-number *("." nz-number)
fn section_part(i: &[u8]) -> PResult<'_, Part<'_>> {
    let (mut end, _) = nz_number(i)?;
    while let [b'.', rest @ ..] = end {
        if !rest.first().is_some_and(u8::is_ascii_digit) {
            break;
        }
        end = nz_number(rest)?.0;
    }
    Ok((end, Part::checked(consumed(i, end))))
}

/// > section-text = section-msgtext / "MIME"
/// > section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
fn section_text(i: &[u8]) -> PResult<'_, SectionText<'_>> {
    let (word, rest) = span(i, &WORD);
    match word.len() {
        4 if word.eq_ignore_ascii_case(b"TEXT") => Ok((rest, SectionText::Text)),
        4 if word.eq_ignore_ascii_case(b"MIME") => Ok((rest, SectionText::Mime)),
        6 if word.eq_ignore_ascii_case(b"HEADER") => Ok((rest, SectionText::Header)),
        13 if word.eq_ignore_ascii_case(b"HEADER.FIELDS") => {
            let (rest, names) = header_list(rest)?;
            Ok((rest, SectionText::HeaderFields(names)))
        }
        17 if word.eq_ignore_ascii_case(b"HEADER.FIELDS.NOT") => {
            let (rest, names) = header_list(rest)?;
            Ok((rest, SectionText::HeaderFieldsNot(names)))
        }
        _ => unmet(i, &"HEADER, TEXT or MIME"),
    }
}

/// > header-list = "(" header-fld-name *(SP header-fld-name) ")"
fn header_list(i: &[u8]) -> PResult<'_, HeaderNames<'_>> {
    let (rest, ()) = sp(i)?;
    let (rest, names) = list1(rest, astring)?;
    Ok((rest, HeaderNames::checked(names)))
}

/// > partial = "<" number64 "." nz-number64 ">"
pub(super) fn partial(i: &[u8]) -> PResult<'_, Option<Partial>> {
    let [b'<', rest @ ..] = i else { return Ok((i, None)) };
    let (rest, offset) = number64(rest)?;
    let (rest, ()) = octet(b'.', &".")(rest)?;
    let (after, length) = number64(rest)?;
    let Ok(partial) = Partial::new(offset, length) else {
        return unmet(rest, &"a number above 0");
    };
    let (rest, ()) = octet(b'>', &">")(after)?;
    Ok((rest, Some(partial)))
}

/// > ["<" number ">"]
pub(super) fn origin(i: &[u8]) -> PResult<'_, Option<u64>> {
    let [b'<', rest @ ..] = i else { return Ok((i, None)) };
    let (rest, origin) = number64(rest)?;
    let (rest, ()) = octet(b'>', &">")(rest)?;
    Ok((rest, Some(origin)))
}
