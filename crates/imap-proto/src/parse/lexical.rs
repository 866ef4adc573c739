//! Atoms, strings, numbers and lists.

use std::borrow::Cow;
use std::num::NonZeroU32;

use mail_wire::grammar::{
    ByteSet, PResult, consumed, cut, fatal, number as digits, octet, span, span1, unmet,
};

use super::witness::Witness;
use crate::{
    Atom, Deviation, IString, LiteralHeader, MAX_DEPTH, MailboxName, Tag,
    text::{ASTRING_CHAR, ATOM_CHAR, TAG_CHAR, TEXT_CHAR},
};

/// What may stand in a quoted string without a backslash. 8-bit octets are legal in UTF-8
/// connections, and servers send them in others.
const QTEXT: ByteSet = TEXT_CHAR.without(b"\"\\");
/// An unquoted `astring`; raw 8-bit octets are what servers with UTF-8 names send.
const ASTRING: ByteSet = ASTRING_CHAR.and(&ByteSet::EIGHT_BIT);
/// An unquoted value of which nothing is known.
const RAW: ByteSet = TEXT_CHAR.without(b" ()\"");
/// Base64 and its padding.
pub(crate) const BASE64: ByteSet = ByteSet::ALNUM.with(b"+/=");

/// What the framer puts in front of the header of a literal whose octets it has handed out in
/// pieces. No line has a NUL in it: the framer refuses them.
pub(crate) const STREAMED: u8 = 0;

/// > SP
pub(super) fn sp(i: &[u8]) -> PResult<'_, ()> {
    match i.split_first() {
        Some((b' ', rest)) => Ok((rest, ())),
        _ => unmet(i, &"SP"),
    }
}

/// One space or, as some servers have it, more.
pub(super) fn sps(i: &[u8], w: impl Witness) -> PResult<'_, ()> {
    sp(i).map(|(rest, ())| (extra_spaces(rest, w), ()))
}

/// Passes over spaces, of which there may be none.
pub(super) fn spaces(i: &[u8]) -> &[u8] {
    cut(i, i.iter().position(|&octet| octet != b' ').unwrap_or(i.len())).1
}

/// Passes over spaces that should not be there.
pub(super) fn extra_spaces(i: &[u8], w: impl Witness) -> &[u8] {
    w.met_if(Deviation::ExtraSpace, i, || i.first() == Some(&b' '));
    spaces(i)
}

/// Notes what is wrong with the space between two items of a list, of which `behind` is the rest:
/// there may be more, or no item behind it.
fn check_space(space: &[u8], behind: &[u8], w: impl Witness) {
    match behind.first() {
        Some(b' ') => w.met(Deviation::ExtraSpace, behind),
        Some(b')') => w.met(Deviation::ExtraSpace, space),
        _ => {}
    }
}

/// > atom = 1*ATOM-CHAR                                                   RFC 9051 section 9
pub(super) fn atom(i: &[u8]) -> PResult<'_, Atom<'_>> {
    let (rest, octets) = span1(i, &ATOM_CHAR, &"an atom")?;
    Ok((rest, Atom::checked(octets)))
}

/// > tag = 1*<any ASTRING-CHAR except "+">
pub(super) fn tag(i: &[u8]) -> PResult<'_, Tag<'_>> {
    let (rest, octets) = span1(i, &TAG_CHAR, &"a tag")?;
    Ok((rest, Tag::checked(octets)))
}

/// > number = 1*DIGIT          ; Unsigned 32-bit integer (0 <= n < 4,294,967,296)
pub(super) fn number(i: &[u8]) -> PResult<'_, u32> {
    let (rest, value) = digits(i, &"a number")?;
    match u32::try_from(value) {
        Ok(value) => Ok((rest, value)),
        Err(_) => unmet(i, &"a number below 2^32"),
    }
}

/// > number64 = 1*DIGIT        ; Unsigned 63-bit integer
pub(super) fn number64(i: &[u8]) -> PResult<'_, u64> {
    let (rest, value) = digits(i, &"a number")?;
    if value > i64::MAX as u64 {
        return unmet(i, &"a number below 2^63");
    }
    Ok((rest, value))
}

/// > nz-number = digit-nz *DIGIT
pub(crate) fn nz_number(i: &[u8]) -> PResult<'_, NonZeroU32> {
    let (rest, value) = number(i)?;
    match NonZeroU32::new(value) {
        Some(value) => Ok((rest, value)),
        None => unmet(i, &"a number above 0"),
    }
}

/// > astring = 1*ASTRING-CHAR / string
pub(crate) fn astring(i: &[u8]) -> PResult<'_, IString<'_>> {
    match i.first() {
        Some(b'"' | b'{') => string(i),
        _ => {
            let (rest, octets) = span1(i, &ASTRING, &"an atom or string")?;
            Ok((rest, IString::checked(octets)))
        }
    }
}

/// > string = quoted / literal
pub(super) fn string(i: &[u8]) -> PResult<'_, IString<'_>> {
    match i.first() {
        Some(b'"') => {
            let (rest, octets) = quoted(i)?;
            Ok((rest, IString::checked(octets)))
        }
        Some(b'{') => {
            let (rest, octets) = literal(i)?;
            // RFC 9051 section 4.3: "CHAR8 = %x01-ff; any OCTET except NUL".
            match memchr::memchr(0, octets) {
                None => Ok((rest, IString::checked(octets))),
                Some(_) => unmet(i, &"a string without NUL"),
            }
        }
        _ => unmet(i, &"a string"),
    }
}

/// > nstring = string / nil
pub(super) fn nstring(i: &[u8]) -> PResult<'_, Option<IString<'_>>> {
    match i.first() {
        Some(b'"' | b'{') => string(i).map(|(rest, text)| (rest, Some(text))),
        _ => nil(i).map(|(rest, ())| (rest, None)),
    }
}

/// > nil = "NIL"
pub(super) fn nil(i: &[u8]) -> PResult<'_, ()> {
    match i.split_at_checked(3) {
        Some((word, rest))
            if word.eq_ignore_ascii_case(b"NIL")
                && !rest.first().is_some_and(|&b| ASTRING.has(b)) =>
        {
            Ok((rest, ()))
        }
        _ => unmet(i, &"a string or NIL"),
    }
}

/// > mailbox = "INBOX" / astring
pub(super) fn mailbox(i: &[u8]) -> PResult<'_, MailboxName<'_>> {
    let (rest, name) = astring(i)?;
    Ok((rest, MailboxName::checked(name)))
}

/// > quoted = DQUOTE *QUOTED-CHAR DQUOTE
///
/// Allocates for a string with a backslash in it, and for no other.
pub(super) fn quoted(i: &[u8]) -> PResult<'_, Cow<'_, [u8]>> {
    let (open, ()) = octet(b'"', &"a quoted string")(i)?;
    let (head, rest) = span(open, &QTEXT);
    match rest.split_first() {
        Some((b'"', rest)) => Ok((rest, Cow::Borrowed(head))),
        Some((b'\\', _)) => escaped(i, head.to_vec(), rest),
        _ => unmet(rest, &"the end of a quoted string"),
    }
}

/// > QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / ...
///
/// A backslash in front of another octet is passed over, as all servers do.
#[cold]
fn escaped<'a>(i: &'a [u8], mut text: Vec<u8>, mut rest: &'a [u8]) -> PResult<'a, Cow<'a, [u8]>> {
    loop {
        match rest {
            [b'"', rest @ ..] => return Ok((rest, Cow::Owned(text))),
            [b'\\', octet, tail @ ..] if TEXT_CHAR.has(*octet) => {
                text.push(*octet);
                let (head, tail) = span(tail, &QTEXT);
                text.extend_from_slice(head);
                rest = tail;
            }
            _ => {
                return unmet(
                    if rest.is_empty() { i } else { rest },
                    &"the end of a quoted string",
                );
            }
        }
    }
}

/// > literal = "{" number64 ["+"] "}" CRLF *CHAR8
pub(super) fn literal(i: &[u8]) -> PResult<'_, &[u8]> {
    let (rest, header) = literal_header(i)?;
    let ([b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..]) = rest else {
        return unmet(rest, &"CRLF");
    };
    match usize::try_from(header.octets).ok().and_then(|octets| rest.split_at_checked(octets)) {
        Some((octets, rest)) => Ok((rest, octets)),
        None => unmet(rest, &"the octets of the literal"),
    }
}

/// > literal8 = "~{" number64 ["+"] "}" ...                              RFC 3516, RFC 7888
pub(super) fn literal_header(i: &[u8]) -> PResult<'_, LiteralHeader> {
    let (binary, rest) = match i {
        [b'~', rest @ ..] => (true, rest),
        _ => (false, i),
    };
    let (rest, ()) = octet(b'{', &"a literal")(rest)?;
    let (rest, octets) = number64(rest)?;
    match rest {
        [b'}', rest @ ..] => Ok((rest, LiteralHeader { octets, synchronizing: true, binary })),
        [b'+', b'}', rest @ ..] => {
            Ok((rest, LiteralHeader { octets, synchronizing: false, binary }))
        }
        _ => unmet(rest, &"the end of a literal's length"),
    }
}

/// `"(" [item *(SP item)] ")"`: returns what stands between the parentheses, checked. More spaces
/// than needed are passed over, as servers put them there.
pub(super) fn list<'a, T>(
    i: &'a [u8],
    w: impl Witness,
    item: impl Fn(&'a [u8]) -> PResult<'a, T>,
) -> PResult<'a, &'a [u8]> {
    let (inner, ()) = octet(b'(', &"a list")(i)?;
    let mut rest = extra_spaces(inner, w);
    loop {
        if let [b')', after @ ..] = rest {
            return Ok((after, consumed(inner, rest)));
        }
        let (after, _) = item(rest)?;
        rest = match after {
            [b' ', behind @ ..] => {
                check_space(after, behind, w);
                spaces(behind)
            }
            [b')', ..] => after,
            _ => return unmet(after, &"SP or )"),
        };
    }
}

/// As [`list`], but with one item at least, and said by a client.
pub(super) fn list1<'a, T>(
    i: &'a [u8],
    item: impl Fn(&'a [u8]) -> PResult<'a, T>,
) -> PResult<'a, &'a [u8]> {
    let (rest, inner) = list(i, (), item)?;
    if spaces(inner).is_empty() {
        return unmet(i, &"a list that is not empty");
    }
    Ok((rest, inner))
}

/// `item *(SP item)` up to the end or what cannot be one: returns it checked.
pub(super) fn items<'a, T>(
    i: &'a [u8],
    w: impl Witness,
    item: impl Fn(&'a [u8]) -> PResult<'a, T>,
) -> PResult<'a, &'a [u8]> {
    let (mut end, _) = item(i)?;
    while let Ok((after, ())) = sp(end) {
        let next = spaces(after);
        match item(next) {
            Ok((behind, _)) => {
                w.met_if(Deviation::ExtraSpace, after, || after.len() != next.len());
                end = behind;
            }
            // Spaces at the end of the line: what is behind them is the caller's.
            Err(_) if next.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok((end, consumed(i, end)))
}

/// One value of any sort, balanced.
pub(super) fn raw_value(i: &[u8], w: impl Witness) -> PResult<'_, &[u8]> {
    let mut rest = i;
    let mut depth = 0_usize;
    loop {
        rest = match rest {
            [b'(', after @ ..] => {
                if depth == MAX_DEPTH {
                    return fatal(rest, &"parentheses nested at most 128 deep");
                }
                depth += 1;
                extra_spaces(after, w)
            }
            [b')', after @ ..] if depth > 0 => {
                depth -= 1;
                after
            }
            [b'"', ..] => quoted(rest)?.0,
            [b'{', ..] => literal(rest)?.0,
            [b'~', b'{', ..] => literal(rest)?.0,
            _ => span1(rest, &RAW, &"a value")?.0,
        };
        if depth == 0 {
            return Ok((rest, consumed(i, rest)));
        }
        if let [b' ', behind @ ..] = rest {
            check_space(rest, behind, w);
        }
        rest = spaces(rest);
    }
}

/// One or more values of any sort, with spaces between them.
pub(super) fn raw_values(i: &[u8], w: impl Witness) -> PResult<'_, crate::Raw<'_>> {
    let (rest, values) = items(i, w, |i| raw_value(i, w))?;
    Ok((rest, crate::Raw::checked(values)))
}
