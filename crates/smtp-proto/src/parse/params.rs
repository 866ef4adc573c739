//! Parameters of MAIL and RCPT.

use mail_wire::grammar::{ByteSet, PResult, complete, number, span, span1, unmet};

use crate::{BodyType, Param, Params, parse::Scan, profile::Deviation};

/// > esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")                  RFC 5321 4.1.2
const KEYWORD: ByteSet = ByteSet::ALNUM.with(b"-");
/// > esmtp-value = 1*(%d33-60 / %d62-126)                                    RFC 5321 4.1.2
const VALUE: ByteSet = ByteSet::VCHAR.without(b"=");
const BLANK: ByteSet = ByteSet::NONE.with(b" \t");

/// > Mail-parameters = esmtp-param *(SP esmtp-param)                         RFC 5321 4.1.2
pub(super) fn params<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Params<&'a [u8]>> {
    let mut rest = i;
    while !rest.is_empty() {
        (rest, _) = param(rest)?;
        if !rest.is_empty() {
            (rest, ()) = blank(rest, scan)?;
        }
    }
    Ok((rest, Params::from_checked(i)))
}

/// > esmtp-param = esmtp-keyword ["=" esmtp-value]                           RFC 5321 4.1.2
pub(super) fn param(i: &[u8]) -> PResult<'_, Param<'_>> {
    let (rest, keyword) = span1(i, &KEYWORD, &"a parameter's name")?;
    if keyword.first() == Some(&b'-') {
        return unmet(i, &"a letter or digit");
    }
    match rest {
        [b'=', value @ ..] => {
            let (rest, value) = span1(value, &VALUE, &"a parameter's value")?;
            Ok((rest, Param { keyword, value: Some(value) }))
        }
        _ => Ok((rest, Param { keyword, value: None })),
    }
}

/// One SP, or what stands for it.
pub(super) fn blank<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, ()> {
    match span(i, &BLANK) {
        (b" ", rest) => Ok((rest, ())),
        ([], _) => unmet(i, &"a blank"),
        (_, rest) if scan.lets_pass(Deviation::ExtraSpace, i) => Ok((rest, ())),
        _ => unmet(i, &"one blank"),
    }
}

/// The parameters of MAIL, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailParams {
    /// How large the message will be, in octets. RFC 1870 4.
    pub size: Option<u64>,
    /// Whether the body has octets of 0x80 and above. RFC 6152 3.
    pub body: Option<BodyType>,
}

/// What is wrong with a parameter whose syntax is fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamFault {
    /// It is none that was offered (555).
    Unknown,
    /// Its value is none that it can have (501).
    BadValue,
    /// It stands there twice (501).
    Repeated,
}

/// Reads the parameters of MAIL: SIZE (RFC 1870), BODY (RFC 6152), AUTH (RFC 4954 5).
///
/// AUTH is let pass as RFC 4954 5 allows: nothing is believed because of it. Exchange sends it to
/// servers that do not offer it.
///
/// # Errors
/// The first [`ParamFault`].
pub fn mail_params<T: AsRef<[u8]>>(params: &Params<T>) -> Result<MailParams, ParamFault> {
    let mut read = MailParams::default();
    let mut auth = false;
    for Param { keyword, value } in params.iter() {
        let value = value.unwrap_or_default();
        if keyword.eq_ignore_ascii_case(b"SIZE") {
            // > size-value ::= 1*20DIGIT                                      RFC 1870 4
            let size = complete(value, |i| number(i, &"a size")).ok().filter(|_| value.len() <= 20);
            let size = size.ok_or(ParamFault::BadValue)?;
            once(&mut read.size, size)?;
        } else if keyword.eq_ignore_ascii_case(b"BODY") {
            // > body-value ::= "7BIT" / "8BITMIME"                            RFC 6152 2
            once(&mut read.body, BodyType::parse(value).ok_or(ParamFault::BadValue)?)?;
        } else if keyword.eq_ignore_ascii_case(b"AUTH") {
            if value.is_empty() {
                return Err(ParamFault::BadValue);
            }
            if std::mem::replace(&mut auth, true) {
                return Err(ParamFault::Repeated);
            }
        } else {
            return Err(ParamFault::Unknown);
        }
    }
    Ok(read)
}

/// Reads the parameters of RCPT, of which none is known.
///
/// # Errors
/// [`ParamFault::Unknown`] if there is one.
pub fn rcpt_params<T: AsRef<[u8]>>(params: &Params<T>) -> Result<(), ParamFault> {
    if params.is_empty() { Ok(()) } else { Err(ParamFault::Unknown) }
}

fn once<V>(slot: &mut Option<V>, value: V) -> Result<(), ParamFault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(ParamFault::Repeated),
    }
}
