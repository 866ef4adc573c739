//! The items of FETCH, both ways.

use std::borrow::Cow;

use mail_wire::grammar::{ByteSet, PResult, consumed, span, span1, unmet};

use super::{
    date::date_time,
    flag::flag_list,
    lexical::{
        STREAMED, list, list1, literal, literal_header, number64, nz_number, quoted, raw_value,
        spaces, sps,
    },
    section::{origin, partial, section, section_binary},
    witness::Witness,
};
use crate::{
    Atom, BodyText, Deviation, FetchAttribute, FetchAttributes, FetchItem, FetchItems, IString,
    Raw, text::ASTRING_CHAR,
};

const WORD: ByteSet = ByteSet::ALNUM.with(b".");
/// The names of what is known of a message.
const NAMES: [&str; 12] = [
    "UID",
    "BODY",
    "FLAGS",
    "RFC822",
    "BINARY",
    "ENVELOPE",
    "RFC822.SIZE",
    "RFC822.TEXT",
    "BINARY.SIZE",
    "INTERNALDATE",
    "BODYSTRUCTURE",
    "RFC822.HEADER",
];

/// > "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
pub(super) fn fetch_items(i: &[u8]) -> PResult<'_, FetchItems<'_>> {
    if i.first() == Some(&b'(') {
        let (rest, inner) = list1(i, fetch_att)?;
        return Ok((rest, FetchItems::checked(inner)));
    }
    let (word, after) = span(i, &WORD);
    let is_macro = match word.len() {
        3 => word.eq_ignore_ascii_case(b"ALL"),
        4 => word.eq_ignore_ascii_case(b"FAST") || word.eq_ignore_ascii_case(b"FULL"),
        _ => false,
    };
    let rest = if is_macro { after } else { fetch_att(i)?.0 };
    Ok((rest, FetchItems::checked(consumed(i, rest))))
}

/// > fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822.SIZE" / "BODY" ["STRUCTURE"] /
/// >             "UID" / "BODY" [".PEEK"] section [partial] / ...
pub(crate) fn fetch_att(i: &[u8]) -> PResult<'_, FetchItem<'_>> {
    let (word, rest) = span(i, &WORD);
    let eq = |name: &[u8]| word.eq_ignore_ascii_case(name);
    let item = match (word.len(), word.first()) {
        (3, Some(b'u' | b'U')) if eq(b"UID") => FetchItem::Uid,
        (4, Some(b'b' | b'B')) if eq(b"BODY") => {
            return if rest.first() == Some(&b'[') {
                body_section(rest, false)
            } else {
                Ok((rest, FetchItem::Body))
            };
        }
        (5, Some(b'f' | b'F')) if eq(b"FLAGS") => FetchItem::Flags,
        (6, Some(b'r' | b'R')) if eq(b"RFC822") => FetchItem::Rfc822,
        (6, Some(b'b' | b'B')) if eq(b"BINARY") => return binary(rest, false),
        (8, Some(b'e' | b'E')) if eq(b"ENVELOPE") => FetchItem::Envelope,
        (9, Some(b'b' | b'B')) if eq(b"BODY.PEEK") => return body_section(rest, true),
        (11, Some(b'r' | b'R')) if eq(b"RFC822.SIZE") => FetchItem::Rfc822Size,
        (11, Some(b'r' | b'R')) if eq(b"RFC822.TEXT") => FetchItem::Rfc822Text,
        (11, Some(b'b' | b'B')) if eq(b"BINARY.PEEK") => return binary(rest, true),
        (11, Some(b'b' | b'B')) if eq(b"BINARY.SIZE") => {
            let (rest, part) = section_binary(rest)?;
            return Ok((rest, FetchItem::BinarySize(part)));
        }
        (12, Some(b'i' | b'I')) if eq(b"INTERNALDATE") => FetchItem::InternalDate,
        (13, Some(b'b' | b'B')) if eq(b"BODYSTRUCTURE") => FetchItem::BodyStructure,
        (13, Some(b'r' | b'R')) if eq(b"RFC822.HEADER") => FetchItem::Rfc822Header,
        _ => return unmet(i, &"an item to fetch"),
    };
    Ok((rest, item))
}

fn body_section(i: &[u8], peek: bool) -> PResult<'_, FetchItem<'_>> {
    let (rest, section) = section(i)?;
    let (rest, partial) = partial(rest)?;
    Ok((rest, FetchItem::Section { section, peek, partial }))
}

fn binary(i: &[u8], peek: bool) -> PResult<'_, FetchItem<'_>> {
    let (rest, part) = section_binary(i)?;
    let (rest, partial) = partial(rest)?;
    Ok((rest, FetchItem::Binary { part, peek, partial }))
}

/// > msg-att = "(" (msg-att-dynamic / msg-att-static)
/// >           *(SP (msg-att-dynamic / msg-att-static)) ")"
pub(super) fn msg_atts(i: &[u8], w: impl Witness) -> PResult<'_, FetchAttributes<'_>> {
    let (rest, inner) = list(i, w, |i| msg_att(i, w))?;
    Ok((rest, FetchAttributes::checked(inner)))
}

/// The attributes up to one whose literal's octets are still to come, and that one.
pub(super) fn msg_atts_start(i: &[u8]) -> PResult<'_, (FetchAttributes<'_>, FetchAttribute<'_>)> {
    let mut at = spaces(i);
    loop {
        let (rest, attribute) = msg_att(at, ())?;
        if rest.is_empty() {
            return Ok((rest, (FetchAttributes::checked(consumed(i, at)), attribute)));
        }
        at = sps(rest, ())?.0;
    }
}

/// > msg-att-dynamic = "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")"
/// > msg-att-static = "ENVELOPE" SP envelope / "INTERNALDATE" SP date-time / ...
///
/// A known item with a value that is none of its own is carried raw: one bad item does not lose
/// the message.
pub(super) fn msg_att(i: &[u8], w: impl Witness) -> PResult<'_, FetchAttribute<'_>> {
    let before = w.mark();
    match known(i, w) {
        Ok((rest, attribute)) if matches!(rest.first(), None | Some(b' ' | b')')) => {
            Ok((rest, attribute))
        }
        Ok(_) | Err(nom::Err::Error(_)) => {
            w.back_to(before);
            other(i, w)
        }
        Err(error) => Err(error),
    }
}

fn known(i: &[u8], w: impl Witness) -> PResult<'_, FetchAttribute<'_>> {
    let (word, rest) = span(i, &WORD);
    let eq = |name: &[u8]| word.eq_ignore_ascii_case(name);
    match (word.len(), word.first()) {
        (3, Some(b'u' | b'U')) if eq(b"UID") => {
            let (rest, uid) = nz_number(sps(rest, w)?.0)?;
            Ok((rest, FetchAttribute::Uid(uid)))
        }
        (4, Some(b'b' | b'B')) if eq(b"BODY") => match rest.first() {
            Some(b'[') => {
                let (rest, section) = section(rest)?;
                let (rest, origin) = origin(rest)?;
                let (rest, text) = body_text(sps(rest, w)?.0)?;
                Ok((rest, FetchAttribute::Section { section, origin, text }))
            }
            _ => raw(rest, w, FetchAttribute::Body),
        },
        (5, Some(b'f' | b'F')) if eq(b"FLAGS") => {
            let (rest, flags) = flag_list(sps(rest, w)?.0, w)?;
            Ok((rest, FetchAttribute::Flags(flags)))
        }
        (6, Some(b'r' | b'R')) if eq(b"RFC822") => text(rest, w, FetchAttribute::Rfc822),
        (6, Some(b'b' | b'B')) if eq(b"BINARY") => {
            let (rest, part) = section_binary(rest)?;
            let (rest, origin) = origin(rest)?;
            let (rest, text) = body_text(sps(rest, w)?.0)?;
            Ok((rest, FetchAttribute::Binary { part, origin, text }))
        }
        (8, Some(b'e' | b'E')) if eq(b"ENVELOPE") => raw(rest, w, FetchAttribute::Envelope),
        (11, Some(b'r' | b'R')) if eq(b"RFC822.SIZE") => {
            let (rest, octets) = number64(sps(rest, w)?.0)?;
            Ok((rest, FetchAttribute::Rfc822Size(octets)))
        }
        (11, Some(b'r' | b'R')) if eq(b"RFC822.TEXT") => text(rest, w, FetchAttribute::Rfc822Text),
        (11, Some(b'b' | b'B')) if eq(b"BINARY.SIZE") => {
            let (rest, part) = section_binary(rest)?;
            let (rest, octets) = number64(sps(rest, w)?.0)?;
            Ok((rest, FetchAttribute::BinarySize { part, octets }))
        }
        (12, Some(b'i' | b'I')) if eq(b"INTERNALDATE") => {
            let (rest, date) = date_time(sps(rest, w)?.0, w)?;
            Ok((rest, FetchAttribute::InternalDate(date)))
        }
        (13, Some(b'b' | b'B')) if eq(b"BODYSTRUCTURE") => {
            raw(rest, w, FetchAttribute::BodyStructure)
        }
        (13, Some(b'r' | b'R')) if eq(b"RFC822.HEADER") => {
            text(rest, w, FetchAttribute::Rfc822Header)
        }
        _ => unmet(i, &"a fetched item"),
    }
}

fn raw<'a>(
    i: &'a [u8],
    w: impl Witness,
    make: fn(Raw<'a>) -> FetchAttribute<'a>,
) -> PResult<'a, FetchAttribute<'a>> {
    let (rest, value) = raw_value(sps(i, w)?.0, w)?;
    Ok((rest, make(Raw::checked(value))))
}

fn text<'a>(
    i: &'a [u8],
    w: impl Witness,
    make: fn(BodyText<'a>) -> FetchAttribute<'a>,
) -> PResult<'a, FetchAttribute<'a>> {
    let (rest, text) = body_text(sps(i, w)?.0)?;
    Ok((rest, make(text)))
}

fn other(i: &[u8], w: impl Witness) -> PResult<'_, FetchAttribute<'_>> {
    w.met_if(Deviation::OddValue, i, || {
        let (word, _) = span(i, &WORD);
        NAMES.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
    });
    let (rest, name) = span1(i, &ASTRING_CHAR, &"the name of a fetched item")?;
    let (rest, value) = raw_value(sps(rest, w)?.0, w)?;
    Ok((rest, FetchAttribute::Other { name: Atom::checked(name), value: Raw::checked(value) }))
}

/// > nstring / literal8
fn body_text(i: &[u8]) -> PResult<'_, BodyText<'_>> {
    match i {
        [b'"', ..] => {
            let (rest, octets) = quoted(i)?;
            Ok((rest, BodyText::Inline(IString::checked(octets))))
        }
        [STREAMED, rest @ ..] => {
            let (rest, header) = literal_header(rest)?;
            Ok((rest, streamed(header.octets, header.binary)))
        }
        [b'{' | b'~', ..] => match literal_header(i)? {
            // The frame ends here: the octets come in pieces.
            ([], header) => Ok((&[], streamed(header.octets, header.binary))),
            (_, header) => {
                let (rest, octets) = literal(i)?;
                let text = if header.binary {
                    BodyText::Binary(Cow::Borrowed(octets))
                } else {
                    BodyText::new(octets)
                };
                Ok((rest, text))
            }
        },
        _ => super::lexical::nil(i).map(|(rest, ())| (rest, BodyText::Nil)),
    }
}

const fn streamed<'a>(octets: u64, binary: bool) -> BodyText<'a> {
    BodyText::Streamed { octets, binary }
}
