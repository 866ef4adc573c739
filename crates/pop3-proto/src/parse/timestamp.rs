//! The timestamp of a greeting.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, complete, fatal, octet, span1};

use crate::Timestamp;

/// Reads a timestamp that fills the slice.
///
/// > msg-id = "<" id-left "@" id-right ">"                                   RFC 5322 3.6.4
pub(crate) fn timestamp(input: &[u8]) -> Result<Timestamp, ParseError> {
    complete(input, |i| {
        let (i, ()) = octet(b'<', &"\"<\"")(i)?;
        let (i, ()) = dot_atom_text(i)?;
        let (i, ()) = octet(b'@', &"\"@\"")(i)?;
        let (i, ()) = id_right(i)?;
        let (rest, ()) = octet(b'>', &"\">\"")(i)?;
        match std::str::from_utf8(input) {
            Ok(text) if text.len() <= Timestamp::MAX => Ok((rest, Timestamp::checked(text))),
            _ => fatal(input, &"at most 250 octets of timestamp"),
        }
    })
}

/// > id-right = dot-atom-text / no-fold-literal                              RFC 5322 3.6.4
fn id_right(i: &[u8]) -> PResult<'_, ()> {
    match i.first() {
        Some(b'[') => no_fold_literal(i),
        _ => dot_atom_text(i),
    }
}

/// > no-fold-literal = "[" *dtext "]"                                        RFC 5322 3.6.4
fn no_fold_literal(i: &[u8]) -> PResult<'_, ()> {
    const DTEXT: ByteSet = ByteSet::VCHAR.without(b"[]\\<>");
    let (i, ()) = octet(b'[', &"\"[\"")(i)?;
    let (i, _) = span1(i, &DTEXT, &"an address")?;
    octet(b']', &"\"]\"")(i)
}

/// > dot-atom-text = 1*atext *("." 1*atext)                                  RFC 5322 3.2.3
fn dot_atom_text(i: &[u8]) -> PResult<'_, ()> {
    const ATEXT: ByteSet = ByteSet::ALNUM.with(b"!#$%&'*+-/=?^_`{|}~");
    let (mut i, _) = span1(i, &ATEXT, &"an atom")?;
    while let Some(behind) = i.strip_prefix(b".") {
        (i, _) = span1(behind, &ATEXT, &"an atom")?;
    }
    Ok((i, ()))
}
