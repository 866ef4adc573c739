//! Response codes and the text behind them.

use std::num::NonZeroU32;

use mail_wire::grammar::{ByteSet, PResult, octet, span, unmet};

use super::{
    flag::{capabilities, flag_perm_list},
    lexical::{astring, list, number64, nz_number, sp},
    set::uid_set,
    witness::Witness,
};
use crate::{
    Atom, Charsets, Code, CodeText, Deviation, IString, PlainCode, ResponseText, Text,
    encode::is_quotable,
    text::{ATOM_CHAR, TEXT_CHAR},
};

const CODE_TEXT: ByteSet = TEXT_CHAR.without(b"]");
/// The names of the codes that [`known`] reads beside those of [`PlainCode`].
const NAMES: [&str; 18] = [
    "ALERT",
    "PARSE",
    "CLOSED",
    "UNSEEN",
    "UIDNEXT",
    "COPYUID",
    "NOMODSEQ",
    "READ-ONLY",
    "TRYCREATE",
    "APPENDUID",
    "READ-WRITE",
    "CAPABILITY",
    "BADCHARSET",
    "UIDVALIDITY",
    "APPENDLIMIT",
    "UIDNOTSTICKY",
    "HIGHESTMODSEQ",
    "PERMANENTFLAGS",
];

/// > resp-text = ["[" resp-text-code "]" SP] [text]
///
/// A code without its bracket is text, and the space behind the bracket may be missing.
pub(super) fn resp_text(i: &[u8], w: impl Witness) -> PResult<'_, ResponseText<'_>> {
    if let Some(inner) = i.strip_prefix(b"[") {
        let before = w.mark();
        if let Ok((rest, code)) = resp_text_code(inner, w) {
            w.met_if(Deviation::MissingSpace, rest, || rest.first() != Some(&b' '));
            let (rest, text) = text(rest.strip_prefix(b" ").unwrap_or(rest), w)?;
            return Ok((rest, ResponseText::checked(Some(code), text)));
        }
        w.back_to(before);
        w.met(Deviation::BrokenCode, i);
    }
    let (rest, text) = text(i, w)?;
    Ok((rest, ResponseText::checked(None, text)))
}

/// > text = 1*TEXT-CHAR
pub(super) fn text(i: &[u8], w: impl Witness) -> PResult<'_, Text<'_>> {
    let (text, rest) = span(i, &TEXT_CHAR);
    w.met_if(Deviation::NonUtf8Text, i, || std::str::from_utf8(text).is_err());
    Ok((rest, Text::checked(text)))
}

/// > resp-text-code = "ALERT" / "BADCHARSET" [SP "(" charset *(SP charset) ")" ] / ... /
/// >                  atom [SP 1*<any TEXT-CHAR except "]">]
///
/// With its closing bracket. What is known but malformed is carried as what is unknown; a space with
/// nothing behind it is no argument.
fn resp_text_code(i: &[u8], w: impl Witness) -> PResult<'_, Code<'_>> {
    let (name, rest) = span(i, &ATOM_CHAR);
    if name.is_empty() {
        return unmet(i, &"a response code");
    }
    w.met_if(Deviation::ExtraSpace, rest, || rest.starts_with(b" ]"));
    let rest = if rest.starts_with(b" ]") { rest.split_at(1).1 } else { rest };
    let before = w.mark();
    if let Ok((rest, code)) = known(name, rest, w)
        && let Some(rest) = rest.strip_prefix(b"]")
    {
        return Ok((rest, code));
    }
    w.back_to(before);
    w.met_if(Deviation::OddCode, i, || is_known(name));
    let (rest, arguments) = match rest.strip_prefix(b" ") {
        Some(rest) => {
            let (arguments, rest) = span(rest, &CODE_TEXT);
            (rest, (!arguments.is_empty()).then(|| CodeText::checked(arguments)))
        }
        None => (rest, None),
    };
    let (rest, ()) = octet(b']', &"]")(rest)?;
    Ok((rest, Code::Other { name: Atom::checked(name), arguments }))
}

/// Tells whether it is the name of a code whose arguments, or lack of them, are known.
fn is_known(name: &[u8]) -> bool {
    PlainCode::of(name).is_some()
        || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

fn known<'a>(name: &'a [u8], rest: &'a [u8], w: impl Witness) -> PResult<'a, Code<'a>> {
    let eq = |word: &[u8]| name.eq_ignore_ascii_case(word);
    let code = match (name.len(), name.first()) {
        (5, Some(b'a' | b'A')) if eq(b"ALERT") => Code::Alert,
        (5, Some(b'p' | b'P')) if eq(b"PARSE") => Code::Parse,
        (6, Some(b'c' | b'C')) if eq(b"CLOSED") => Code::Closed,
        (6, Some(b'u' | b'U')) if eq(b"UNSEEN") => return nz(rest, Code::Unseen),
        (7, Some(b'u' | b'U')) if eq(b"UIDNEXT") => return nz(rest, Code::UidNext),
        (7, Some(b'c' | b'C')) if eq(b"COPYUID") => return copy_uid(rest),
        (8, Some(b'n' | b'N')) if eq(b"NOMODSEQ") => Code::NoModSeq,
        (9, Some(b'r' | b'R')) if eq(b"READ-ONLY") => Code::ReadOnly,
        (9, Some(b't' | b'T')) if eq(b"TRYCREATE") => Code::TryCreate,
        (9, Some(b'a' | b'A')) if eq(b"APPENDUID") => return append_uid(rest),
        (10, Some(b'r' | b'R')) if eq(b"READ-WRITE") => Code::ReadWrite,
        (10, Some(b'c' | b'C')) if eq(b"CAPABILITY") => {
            let (rest, list) = capabilities(sp(rest)?.0, w)?;
            return Ok((rest, Code::Capability(list)));
        }
        (10, Some(b'b' | b'B')) if eq(b"BADCHARSET") => return bad_charset(rest, w),
        (11, Some(b'u' | b'U')) if eq(b"UIDVALIDITY") => return nz(rest, Code::UidValidity),
        (11, Some(b'a' | b'A')) if eq(b"APPENDLIMIT") => {
            return big(rest, Code::AppendLimit);
        }
        (12, Some(b'u' | b'U')) if eq(b"UIDNOTSTICKY") => Code::UidNotSticky,
        (13, Some(b'h' | b'H')) if eq(b"HIGHESTMODSEQ") => return big(rest, Code::HighestModSeq),
        (14, Some(b'p' | b'P')) if eq(b"PERMANENTFLAGS") => {
            let (rest, flags) = flag_perm_list(sp(rest)?.0, w)?;
            return Ok((rest, Code::PermanentFlags(flags)));
        }
        _ => match PlainCode::of(name) {
            Some(code) => Code::Plain(code),
            None => return unmet(name, &"a known response code"),
        },
    };
    Ok((rest, code))
}

fn nz<'a>(i: &'a [u8], make: fn(NonZeroU32) -> Code<'a>) -> PResult<'a, Code<'a>> {
    let (rest, number) = nz_number(sp(i)?.0)?;
    Ok((rest, make(number)))
}

fn big<'a>(i: &'a [u8], make: fn(u64) -> Code<'a>) -> PResult<'a, Code<'a>> {
    let (rest, number) = number64(sp(i)?.0)?;
    Ok((rest, make(number)))
}

/// > resp-code-apnd = "APPENDUID" SP nz-number SP append-uid
fn append_uid(i: &[u8]) -> PResult<'_, Code<'_>> {
    let (rest, validity) = nz_number(sp(i)?.0)?;
    let (rest, uids) = uid_set(sp(rest)?.0)?;
    Ok((rest, Code::AppendUid { validity, uids }))
}

/// > resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
fn copy_uid(i: &[u8]) -> PResult<'_, Code<'_>> {
    let (rest, validity) = nz_number(sp(i)?.0)?;
    let (rest, from) = uid_set(sp(rest)?.0)?;
    let (rest, to) = uid_set(sp(rest)?.0)?;
    Ok((rest, Code::CopyUid { validity, from, to }))
}

/// > "BADCHARSET" [SP "(" charset *(SP charset) ")" ]
fn bad_charset(i: &[u8], w: impl Witness) -> PResult<'_, Code<'_>> {
    let Some(rest) = i.strip_prefix(b" ") else {
        return Ok((i, Code::BadCharset(Charsets::default())));
    };
    let (rest, charsets) = list(rest, w, charset)?;
    Ok((rest, Code::BadCharset(Charsets::checked(charsets))))
}

/// > charset = atom / quoted
fn charset(i: &[u8]) -> PResult<'_, IString<'_>> {
    let (rest, name) = astring(i)?;
    if is_quotable(name.as_bytes()) { Ok((rest, name)) } else { unmet(i, &"a charset") }
}
