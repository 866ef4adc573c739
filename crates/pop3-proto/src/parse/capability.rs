//! Lines of the answer to CAPA.

use mail_errors::ParseError;
use mail_wire::grammar::{complete, cut, fatal, number, unmet, word};

use crate::{Capability, Text, text::unsendable};

use super::{rest, sp};

/// Reads a line of the answer to CAPA, its end left off. What is not known, or has parameters that
/// do not parse, is a [`Capability::Other`].
///
/// > capability = capa-tag *(SP param) CRLF    ;512 octets maximum             RFC 2449 3
///
/// # Errors
/// [`ParseError`] if the line is empty, or holds CR, LF or NUL.
pub fn capability(line: &[u8]) -> Result<Capability<'_>, ParseError> {
    complete(line, |i| {
        let (end, line) = rest(i, &"a capability")?;
        let Ok(text) = Text::new(line) else {
            let at = unsendable(line).map_or(0, |(at, _)| at);
            return fatal(cut(line, at).1, &"a capability without CR, LF and NUL");
        };
        Ok((end, known(line).unwrap_or(Capability::Other(text))))
    })
}

fn known(line: &[u8]) -> Option<Capability<'_>> {
    let (tag, params) =
        cut(line, line.iter().position(|&octet| octet == b' ').unwrap_or(line.len()));
    let is = |known: &[u8]| tag.eq_ignore_ascii_case(known);
    let plain = [
        (&b"TOP"[..], Capability::Top),
        (b"USER", Capability::User),
        (b"RESP-CODES", Capability::RespCodes),
        (b"PIPELINING", Capability::Pipelining),
        (b"UIDL", Capability::Uidl),
        (b"STLS", Capability::Stls),
        (b"UTF8", Capability::Utf8 { names: false }),
        (b"LANG", Capability::Lang),
        (b"AUTH-RESP-CODE", Capability::AuthRespCode),
    ];
    if params.is_empty() {
        return plain.into_iter().find(|(tag, _)| is(tag)).map(|(_, capability)| capability);
    }
    let params = params.strip_prefix(b" ")?;
    if is(b"SASL") {
        Text::new(params).ok().map(Capability::Sasl)
    } else if is(b"IMPLEMENTATION") {
        Text::new(params).ok().map(Capability::Implementation)
    } else if is(b"UTF8") && params.eq_ignore_ascii_case(b"USER") {
        Some(Capability::Utf8 { names: true })
    } else if is(b"LOGIN-DELAY") {
        let (seconds, per_user) = amount(params)?;
        Some(Capability::LoginDelay { seconds, per_user })
    } else if is(b"EXPIRE") {
        if params.eq_ignore_ascii_case(b"NEVER") {
            return Some(Capability::Expire { days: None, per_user: false });
        }
        let (days, per_user) = amount(params)?;
        Some(Capability::Expire { days: Some(days), per_user })
    } else {
        None
    }
}

/// A number, and whether it may differ from user to user. RFC 2449 6.5 and 6.7.
fn amount(params: &[u8]) -> Option<(u32, bool)> {
    let (amount, per_user) = complete(params, |i| {
        let (i, amount) = number(i, &"a number")?;
        if i.is_empty() {
            return Ok((i, (amount, false)));
        }
        let (i, ()) = sp(i)?;
        match word(b"USER", &"USER")(i) {
            Ok((i, ())) => Ok((i, (amount, true))),
            Err(_) => unmet(i, &"USER"),
        }
    })
    .ok()?;
    Some((u32::try_from(amount).ok()?, per_user))
}
