//! Lines of the answer to CAPA.

use mail_errors::ParseError;
use mail_wire::grammar::{complete, cut, fatal, number};

use crate::{Capability, Defects, Deviation, Profile, Text, text::unsendable};

use super::{is_blank, rest, skip_blanks, trim_blanks, trim_cr};

/// Reads a line of the answer to CAPA, its end left off. What is not known, or has parameters that
/// do not parse, is a [`Capability::Other`]. What `profile` tolerates is reported in `defects`.
///
/// > capability = capa-tag *(SP param) CRLF    ;512 octets maximum             RFC 2449 3
///
/// # Errors
/// [`ParseError`] if the line is blank, or holds what is not tolerated.
pub fn capability<'a>(
    line: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<Capability<'a>, ParseError> {
    let line = trim_cr(line, profile, defects);
    complete(line, |i| {
        let (end, line) = rest(i, &"a capability")?;
        if line.iter().all(|octet| is_blank(*octet)) {
            return fatal(line, &"a capability");
        }
        if let Some((at, octet)) = unsendable(line) {
            // Nothing that is known has such octets: the line is kept for people.
            let is_tolerated = octet != b'\n'
                && defects.tolerate(profile, Deviation::ControlInResponse, at)
                && !line.contains(&b'\n');
            return match is_tolerated {
                true => Ok((end, Capability::Other(Text::blanked(line)))),
                false => fatal(cut(line, at).1, &"a capability without CR, LF and NUL"),
            };
        }
        if let Err(error) = std::str::from_utf8(line)
            && !defects.tolerate(profile, Deviation::NonUtf8Response, error.valid_up_to())
        {
            return fatal(cut(line, error.valid_up_to()).1, &"a capability in UTF-8");
        }
        let mut text = line;
        if line.first().is_some_and(|it| is_blank(*it))
            && defects.tolerate(profile, Deviation::ExtraSpace, 0)
        {
            text = skip_blanks(line);
        }
        let from = line.len() - text.len();
        let trimmed = trim_blanks(text);
        if trimmed.len() < text.len()
            && defects.tolerate(profile, Deviation::TrailingSpace, from + trimmed.len())
        {
            text = trimmed;
        }
        let mut tolerant = Tolerant { from, profile, defects };
        Ok((end, tolerant.known(text).unwrap_or(Capability::Other(Text::blanked(text)))))
    })
}

/// What is tolerated in a line that begins so far behind the one that came.
struct Tolerant<'d> {
    from: usize,
    profile: Profile,
    defects: &'d mut Defects,
}

impl Tolerant<'_> {
    fn tolerate(&mut self, deviation: Deviation, at: usize) -> bool {
        self.defects.tolerate(self.profile, deviation, self.from + at)
    }

    fn known<'a>(&mut self, line: &'a [u8]) -> Option<Capability<'a>> {
        let tag_len = line.iter().position(|octet| is_blank(*octet)).unwrap_or(line.len());
        let (tag, behind) = cut(line, tag_len);
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
        let plain = plain.into_iter().find(|(tag, _)| is(tag)).map(|(_, known)| known);
        let has_parameters = [&b"SASL"[..], b"IMPLEMENTATION", b"LOGIN-DELAY", b"EXPIRE"];
        if plain.is_none() && !has_parameters.into_iter().any(is) {
            return None;
        }
        let params = match behind {
            [] => &[][..],
            [b' ', params @ ..] if params.first().is_some_and(|it| !is_blank(*it)) => params,
            _ if self.tolerate(Deviation::ExtraSpace, tag_len) => skip_blanks(behind),
            _ => return None,
        };
        let at = line.len() - params.len();
        match plain {
            Some(known) if params.is_empty() => Some(known),
            Some(Capability::Utf8 { .. }) if params.eq_ignore_ascii_case(b"USER") => {
                Some(Capability::Utf8 { names: true })
            }
            Some(known) => self.tolerate(Deviation::StrayParameter, at).then_some(known),
            None if is(b"SASL") => self.words(params, at).map(Capability::Sasl),
            None if is(b"IMPLEMENTATION") => self.words(params, at).map(Capability::Implementation),
            None if is(b"LOGIN-DELAY") => {
                let (seconds, per_user) = self.amount(params, at)?;
                Some(Capability::LoginDelay { seconds, per_user })
            }
            None if params.eq_ignore_ascii_case(b"NEVER") => {
                Some(Capability::Expire { days: None, per_user: false })
            }
            None => {
                let (days, per_user) = self.amount(params, at)?;
                Some(Capability::Expire { days: Some(days), per_user })
            }
        }
    }

    /// At least one word.
    fn words<'a>(&mut self, params: &'a [u8], at: usize) -> Option<Text<'a>> {
        let is_fine = if params.is_empty() {
            self.tolerate(Deviation::OddParameter, at)
        } else {
            let two = params.windows(2).position(|two| two.iter().all(|it| is_blank(*it)));
            two.is_none_or(|two| self.tolerate(Deviation::ExtraSpace, at + two))
        };
        is_fine.then(|| Text::blanked(params))
    }

    /// A number, and whether it may differ from user to user. RFC 2449 6.5 and 6.7.
    fn amount(&mut self, params: &[u8], at: usize) -> Option<(u32, bool)> {
        let (word, behind) =
            cut(params, params.iter().position(|it| is_blank(*it)).unwrap_or(params.len()));
        let amount = match number(word, &"a number") {
            Ok(([], amount)) => u32::try_from(amount).ok(),
            Ok(_) | Err(_) => None,
        };
        let Some(amount) = amount else {
            self.tolerate(Deviation::OddParameter, at);
            return None;
        };
        match behind {
            [] => Some((amount, false)),
            [b' ', user @ ..] if user.eq_ignore_ascii_case(b"USER") => Some((amount, true)),
            _ => {
                let user = trim_blanks(skip_blanks(behind)).eq_ignore_ascii_case(b"USER");
                let why = if user { Deviation::ExtraSpace } else { Deviation::StrayParameter };
                self.tolerate(why, at + word.len()).then_some((amount, user))
            }
        }
    }
}
