//! Reply lines.

use mail_errors::{ParseError, ReplyCode};
use mail_wire::grammar::{PResult, complete, unmet};

/// One line of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// The three digits.
    pub code: ReplyCode,
    /// No more lines follow.
    pub is_last: bool,
    /// What stands behind the digits and the one octet after them; an enhanced code is part of it.
    pub text: &'a [u8],
}

/// Reads a line of a reply, given without its CRLF.
///
/// ```text
/// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
/// ```
///
/// RFC 5321 4.2.
///
/// Any three digits of which the first is not 0 are a code.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit.
#[inline]
pub fn reply_line(line: &[u8]) -> Result<ReplyLine<'_>, ParseError> {
    complete(line, line_of_reply)
}

fn line_of_reply(i: &[u8]) -> PResult<'_, ReplyLine<'_>> {
    let Some((digits, rest)) = i.split_first_chunk::<3>() else {
        return unmet(i, &"three digits");
    };
    let Ok(code) = ReplyCode::from_digits(*digits) else { return unmet(i, &"three digits") };
    let end = &[];
    match rest {
        [] => Ok((end, ReplyLine { code, is_last: true, text: rest })),
        [b' ', text @ ..] => Ok((end, ReplyLine { code, is_last: true, text })),
        [b'-', text @ ..] => Ok((end, ReplyLine { code, is_last: false, text })),
        _ => unmet(rest, &"a blank or \"-\""),
    }
}
