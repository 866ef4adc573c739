//! Responses and their codes.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, complete, cut, fatal, octet, span1, unmet};

use crate::{Response, ResponseCode, Status, Text, text::unsendable};

/// Reads the first line of an answer, its end left off.
///
/// > single-line = status [SP text] CRLF    ;512 octets maximum               RFC 2449 3
///
/// # Errors
/// [`ParseError`] if the line begins with neither `+OK` nor `-ERR`, or holds CR, LF or NUL.
pub fn response(line: &[u8]) -> Result<Response<'_>, ParseError> {
    complete(line, |i| {
        let (i, status) = status(i)?;
        let text = match i {
            [] => i,
            [b' ', text @ ..] => text,
            _ => return unmet(i, &"SP"),
        };
        match Text::new(text) {
            Ok(text) => Ok((&[], Response::received(status, text))),
            Err(_) => {
                let at = unsendable(text).map_or(0, |(at, _)| at);
                fatal(cut(text, at).1, &"text without CR, LF and NUL")
            }
        }
    })
}

/// > status = "+OK" / "-ERR"                                                  RFC 2449 3
///
/// RFC 1939 3: "Servers MUST send the "+OK" and "-ERR" in upper case."
fn status(i: &[u8]) -> PResult<'_, Status> {
    if let Some(rest) = i.strip_prefix(b"+OK") {
        Ok((rest, Status::Ok))
    } else if let Some(rest) = i.strip_prefix(b"-ERR") {
        Ok((rest, Status::Err))
    } else {
        unmet(i, &"+OK or -ERR")
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

    #[test]
    fn ok_responses() {
        for (line, status, text) in [
            (&b"+OK"[..], Status::Ok, &b""[..]),
            (b"+OK ", Status::Ok, b""),
            (b"+OK 2 320", Status::Ok, b"2 320"),
            (b"-ERR no such message", Status::Err, b"no such message"),
            (b"-ERR \xff [AUTH]", Status::Err, b"\xff [AUTH]"),
        ] {
            let response = response(line).unwrap();
            assert_eq!((response.status(), response.text()), (status, text));
        }
    }

    #[test]
    fn err_says_where_and_what() {
        for (line, error) in [
            (&b""[..], "expected +OK or -ERR at offset 0"),
            (b"+ok", "expected +OK or -ERR at offset 0"),
            (b"+ ", "expected +OK or -ERR at offset 0"),
            (b"220 mx ESMTP", "expected +OK or -ERR at offset 0"),
            (b"+OKAY", "expected SP at offset 3"),
            (b"-ERRor", "expected SP at offset 4"),
            (b"+OK a\0", "expected text without CR, LF and NUL at offset 5"),
            (b"+OK a\rb", "expected text without CR, LF and NUL at offset 5"),
        ] {
            assert_eq!(response(line).unwrap_err().to_string(), error);
        }
    }
}
