//! Responses and their codes.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, Unmet, complete, cut, fatal, octet, span1, unmet};
use nom::Err;

use crate::{Defects, Deviation, Profile, Response, ResponseCode, Status, Text, text::unsendable};

use super::skip_blanks;

/// Reads the first line of an answer, its end left off. What `profile` tolerates is reported in
/// `defects`.
///
/// > single-line = status [SP text] CRLF    ;512 octets maximum               RFC 2449 3
///
/// The text keeps its length, whatever is tolerated in it, and ends where the line ends.
///
/// # Errors
/// [`ParseError`] if the line begins with neither `+OK` nor `-ERR`, or holds what is not tolerated.
pub fn response<'a>(
    line: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<Response<'a>, ParseError> {
    complete(line, |i| {
        let (i, status) = status(i, profile, defects)?;
        let (i, ()) = behind_status(line, i, profile, defects)?;
        let at = line.len() - i.len();
        if line.len() + b"\r\n".len() > Response::MAX
            && !defects.tolerate(profile, Deviation::LongResponse, Response::MAX - b"\r\n".len())
        {
            return fatal(cut(line, Response::MAX - b"\r\n".len()).1, &"at most 512 octets");
        }
        if let Err(error) = std::str::from_utf8(i)
            && !defects.tolerate(profile, Deviation::NonUtf8Response, at + error.valid_up_to())
        {
            return fatal(cut(i, error.valid_up_to()).1, &"text in UTF-8");
        }
        Ok((&[], Response::received(status, text(i, at, profile, defects)?)))
    })
}

/// Reads a challenge of AUTH, its end left off: what stands behind the plus. `None` if the line is
/// none, and may be a response. What `profile` tolerates is reported in `defects`.
///
/// > continue-req = "+" SP \[base64\] CRLF                                    RFC 5034 7
#[must_use]
pub fn challenge<'a>(line: &'a [u8], profile: Profile, defects: &mut Defects) -> Option<&'a [u8]> {
    let behind = line.strip_prefix(b"+")?;
    match behind {
        [b' ', challenge @ ..] => Some(challenge),
        [o, k, ..] if [*o, *k].eq_ignore_ascii_case(b"OK") => None,
        _ => defects.tolerate(profile, Deviation::MissingSpace, 1).then(|| skip_blanks(behind)),
    }
}

/// > status = "+OK" / "-ERR"                                                  RFC 2449 3
///
/// RFC 1939 3: "Servers MUST send the "+OK" and "-ERR" in upper case."
fn status<'a>(line: &'a [u8], profile: Profile, defects: &mut Defects) -> PResult<'a, Status> {
    if let Some(rest) = line.strip_prefix(b"+OK") {
        return Ok((rest, Status::Ok));
    }
    if let Some(rest) = line.strip_prefix(b"-ERR") {
        return Ok((rest, Status::Err));
    }
    let i = skip_blanks(line);
    let at = line.len() - i.len();
    let (sign, i) = match i.split_first() {
        Some((b'+', rest)) => (Status::Ok, rest),
        Some((b'-', rest)) => (Status::Err, rest),
        _ => return unmet(line, &"+OK or -ERR"),
    };
    let word = skip_blanks(i);
    let inside = line.len() - i.len();
    let (_, letters) = cut(sign.as_str().as_bytes(), 1);
    let (head, rest) = cut(word, letters.len());
    if !head.eq_ignore_ascii_case(letters)
        || (at > 0 && !defects.tolerate(profile, Deviation::ExtraSpace, 0))
        || (word.len() < i.len() && !defects.tolerate(profile, Deviation::ExtraSpace, inside))
        || (head != letters && !defects.tolerate(profile, Deviation::LowerCaseStatus, at))
    {
        return unmet(line, &"+OK or -ERR");
    }
    Ok((rest, sign))
}

/// Takes what parts the status from its text.
fn behind_status<'a>(
    line: &[u8],
    i: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> PResult<'a, ()> {
    let at = line.len() - i.len();
    let text = match i {
        [] => i,
        [b' ', text @ ..] => text,
        [b'\t', text @ ..] if defects.tolerate(profile, Deviation::ExtraSpace, at) => text,
        _ if defects.tolerate(profile, Deviation::MissingSpace, at) => i,
        _ => return unmet(i, &"SP"),
    };
    let mut rest = text;
    if let [b' ' | b'\t', ..] = text
        && defects.tolerate(profile, Deviation::ExtraSpace, line.len() - text.len())
    {
        rest = skip_blanks(text);
    }
    if rest.is_empty() && !defects.tolerate(profile, Deviation::StatusWithoutText, at) {
        return unmet(rest, &"text");
    }
    Ok((rest, ()))
}

/// Takes text, which starts at an offset of its line.
fn text<'a>(
    i: &'a [u8],
    at: usize,
    profile: Profile,
    defects: &mut Defects,
) -> Result<Text<'a>, Err<Unmet>> {
    match unsendable(i) {
        Some((control, _))
            if i.contains(&b'\n')
                || !defects.tolerate(profile, Deviation::ControlInResponse, at + control) =>
        {
            let (_, rest) = cut(i, control);
            fatal(rest, &"text without CR, LF and NUL").map(|(_, text)| text)
        }
        // They are blanks, so there may be too many in front.
        Some(_) if profile.tolerates(Deviation::ExtraSpace) => {
            let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r' | 0);
            let blanks = i.iter().position(|octet| !is_blank(octet)).unwrap_or(i.len());
            Ok(Text::blanked(cut(i, blanks).1))
        }
        Some(_) | None => Ok(Text::blanked(i)),
    }
}

/// Takes a code in brackets off the front of a text: the code, and the text behind the space that
/// parts them.
///
/// > text = *schar / resp-code *CHAR                                          RFC 2449 3
pub(crate) fn leading_code(text: &[u8]) -> Option<(ResponseCode<'_>, &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let (rest, code) = resp_code(inside).ok()?;
    match rest {
        [b']'] => Some((code, &[])),
        [b']', b' ', text @ ..] | [b']', text @ ..] => Some((code, text)),
        _ => None,
    }
}

/// Reads what stands between the brackets and fills the slice.
pub(crate) fn response_code(code: &[u8]) -> Result<ResponseCode<'_>, ParseError> {
    complete(code, resp_code)
}

/// > resp-code  = "[" resp-level *("/" resp-level) "]"
/// > resp-level = 1*rchar
/// > rchar      = %x21-2E / %x30-5C / %x5E-7F                                 RFC 2449 3
fn resp_code(i: &[u8]) -> PResult<'_, ResponseCode<'_>> {
    const RCHAR: ByteSet = ByteSet::NONE.range(0x21, 0x2e).range(0x30, 0x5c).range(0x5e, 0x7e);
    let mut rest = i;
    loop {
        (rest, _) = span1(rest, &RCHAR, &"a level of a response code")?;
        match octet(b'/', &"\"/\"")(rest) {
            Ok((behind, ())) => rest = behind,
            Err(_) => break,
        }
    }
    Ok((rest, ResponseCode::checked(mail_wire::grammar::consumed(i, rest))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(line: &[u8]) -> Result<Response<'_>, ParseError> {
        response(line, Profile::STRICT, &mut Defects::new())
    }

    #[test]
    fn ok_responses() {
        for (line, status, text) in [
            (&b"+OK"[..], Status::Ok, &b""[..]),
            (b"+OK ", Status::Ok, b""),
            (b"+OK 2 320", Status::Ok, b"2 320"),
            (b"-ERR no such message", Status::Err, b"no such message"),
            (b"-ERR gr\xc3\xbc\xc3\x9fe [AUTH]", Status::Err, b"gr\xc3\xbc\xc3\x9fe [AUTH]"),
        ] {
            let response = strict(line).unwrap();
            assert_eq!((response.status(), response.text()), (status, text));
        }
    }

    #[test]
    fn err_says_where_and_what() {
        for (line, error) in [
            (&b""[..], "expected +OK or -ERR at offset 0"),
            (b"+ok", "expected +OK or -ERR at offset 0"),
            (b" +OK", "expected +OK or -ERR at offset 0"),
            (b"+ ", "expected +OK or -ERR at offset 0"),
            (b"220 mx ESMTP", "expected +OK or -ERR at offset 0"),
            (b"+OKAY", "expected SP at offset 3"),
            (b"-ERRor", "expected SP at offset 4"),
            (b"-ERR \xff", "expected text in UTF-8 at offset 5"),
            (b"+OK a\0", "expected text without CR, LF and NUL at offset 5"),
            (b"+OK a\rb", "expected text without CR, LF and NUL at offset 5"),
        ] {
            assert_eq!(strict(line).unwrap_err().to_string(), error);
        }
        let long = [&b"+OK "[..], &[b'x'; 507]].concat();
        assert_eq!(
            strict(&long).unwrap_err().to_string(),
            "expected at most 512 octets at offset 510"
        );
    }
}
