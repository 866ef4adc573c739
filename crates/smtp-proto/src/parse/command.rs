//! Command lines.

use mail_errors::ParseError;
use mail_wire::grammar::{ByteSet, PResult, Unmet, complete, cut, span, span1, unmet};

use crate::{
    AuthArguments, Command, HelloName, Params, Profile, Text, Verb,
    parse::{
        Scan,
        params::{blank, params},
        path::{domain, forward_path, reverse_path},
    },
    profile::{Defects, Deviation},
};

const BLANK: ByteSet = ByteSet::NONE.with(b" \t");
/// What a verb can consist of; anything longer or other is no command.
const WORD: ByteSet = ByteSet::ALPHA;
const TEXT: ByteSet = ByteSet::VCHAR.with(b" \t");
/// > auth-type: sasl-mech = 1*20mech-char; mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
/// >                                                                     RFC 4422 3.1
const MECHANISM: ByteSet = ByteSet::ALNUM.with(b"-_");
/// > base64-char; base64-terminal has "="                                    RFC 4954 8
const BASE64: ByteSet = ByteSet::ALNUM.with(b"+/=");

/// Reads a command line, given without its CRLF.
///
/// # Errors
/// [`ParseError`] at the first octet that does not fit. What is met on the way and tolerated by
/// `profile` is reported into `defects`, whether the line is read or not.
pub fn command<'a>(
    line: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<Command<&'a [u8]>, ParseError> {
    let mut scan = Scan::new(line, profile, defects);
    let kept = without_trailing_space(line, &mut scan);
    scan.line = kept.len();
    complete(kept, |i| whole_command(i, &mut scan)).map_err(|error| {
        // The error's offset counts from the start in both, but it shows what really stands there.
        ParseError::at(line, error.offset(), error.expected())
    })
}

/// Reads the verb of a command line, if it is one that RFC 5321 or its extensions here name.
#[must_use]
pub fn verb(line: &[u8]) -> Option<Verb> {
    let (word, rest) = span(line, &WORD);
    if !matches!(rest.first(), None | Some(b' ' | b'\t')) {
        return None;
    }
    let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
    match (word.len(), word.first().map(u8::to_ascii_uppercase)) {
        (4, Some(b'R')) if is(b"RCPT") => Some(Verb::Rcpt),
        (4, Some(b'M')) if is(b"MAIL") => Some(Verb::Mail),
        (4, Some(b'E')) if is(b"EHLO") => Some(Verb::Ehlo),
        (4, Some(b'D')) if is(b"DATA") => Some(Verb::Data),
        (4, Some(b'Q')) if is(b"QUIT") => Some(Verb::Quit),
        (4, Some(b'H')) if is(b"HELO") => Some(Verb::Helo),
        (4, Some(b'R')) if is(b"RSET") => Some(Verb::Rset),
        (4, Some(b'N')) if is(b"NOOP") => Some(Verb::Noop),
        (4, Some(b'A')) if is(b"AUTH") => Some(Verb::Auth),
        (4, Some(b'V')) if is(b"VRFY") => Some(Verb::Vrfy),
        (4, Some(b'E')) if is(b"EXPN") => Some(Verb::Expn),
        (4, Some(b'H')) if is(b"HELP") => Some(Verb::Help),
        (8, Some(b'S')) if is(b"STARTTLS") => Some(Verb::StartTls),
        _ => None,
    }
}

/// RFC 5321 4.1.1: "receivers SHOULD tolerate trailing white space before the terminating <CRLF>".
fn without_trailing_space<'a>(line: &'a [u8], scan: &mut Scan<'_>) -> &'a [u8] {
    let end = line.iter().rposition(|&octet| !BLANK.has(octet)).map_or(0, |at| at + 1);
    let (kept, blanks) = cut(line, end);
    if blanks.is_empty() || !scan.lets_pass(Deviation::TrailingSpace, blanks) {
        return line;
    }
    kept
}

fn whole_command<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let Some(verb) = verb(i) else { return unmet(i, &"a command") };
    let (_, rest) = cut(i, verb.as_str().len());
    match verb {
        Verb::Mail => mail(rest, scan),
        Verb::Rcpt => rcpt(rest, scan),
        Verb::Ehlo => hello(rest, scan).map(|(rest, name)| (rest, Command::Ehlo(name))),
        Verb::Helo => hello(rest, scan).map(|(rest, name)| (rest, Command::Helo(name))),
        Verb::Auth => auth(rest, scan),
        Verb::Data => Ok((rest, Command::Data)),
        Verb::Rset => Ok((rest, Command::Rset)),
        Verb::Quit => Ok((rest, Command::Quit)),
        Verb::StartTls => Ok((rest, Command::StartTls)),
        Verb::Noop => free(rest, scan).map(|(rest, text)| (rest, Command::Noop(text))),
        Verb::Help => free(rest, scan).map(|(rest, text)| (rest, Command::Help(text))),
        Verb::Vrfy => argument(rest, scan).map(|(rest, text)| (rest, Command::Vrfy(text))),
        Verb::Expn => argument(rest, scan).map(|(rest, text)| (rest, Command::Expn(text))),
        Verb::Connect
        | Verb::Lhlo
        | Verb::Handshake
        | Verb::AuthResponse
        | Verb::EndOfData
        | Verb::Bdat
        | Verb::Burl
        | Verb::LastChunk
        | Verb::Etrn
        | Verb::Xclient
        | Verb::Xforward => unmet(i, &"a command"),
    }
}

/// > ehlo = "EHLO" SP ( Domain / address-literal ) CRLF                      RFC 5321 4.1.1.1
fn hello<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, HelloName<&'a [u8]>> {
    let (i, ()) = blank(i, scan)?;
    let (rest, name) = span1(i, &ByteSet::VCHAR, &"a domain or address literal")?;
    let exact = matches!(domain(name, scan), Ok(([], _)));
    if !exact && !scan.lets_pass(Deviation::LooseHelloName, i) {
        return unmet(i, &"a domain or address literal");
    }
    Ok((rest, HelloName::from_checked(name)))
}

/// > mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF              RFC 5321 4.1.1.2
fn mail<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = keyword_colon(i, b"FROM", &"FROM", scan)?;
    let (rest, from) = reverse_path(rest, scan)?;
    let (rest, params) = trailing_params(rest, scan)?;
    Ok((rest, Command::Mail { from, params }))
}

/// > rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
/// >        [SP Rcpt-parameters] CRLF                                      RFC 5321 4.1.1.3
fn rcpt<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = keyword_colon(i, b"TO", &"TO", scan)?;
    let (rest, to) = forward_path(rest, scan)?;
    let (rest, params) = trailing_params(rest, scan)?;
    Ok((rest, Command::Rcpt { to, params }))
}

/// The blank, `FROM` or `TO`, and the colon.
fn keyword_colon<'a>(
    i: &'a [u8],
    keyword: &'static [u8],
    expected: &'static &'static str,
    scan: &mut Scan<'_>,
) -> PResult<'a, ()> {
    let (i, ()) = blank(i, scan)?;
    let rest = match i.split_at_checked(keyword.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(keyword) => rest,
        _ => return unmet(i, expected),
    };
    let rest = blanks_at_colon(rest, scan)?;
    let [b':', rest @ ..] = rest else { return unmet(rest, &"\":\"") };
    Ok((blanks_at_colon(rest, scan)?, ()))
}

fn blanks_at_colon<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> Result<&'a [u8], nom::Err<Unmet>> {
    let (blanks, rest) = span(i, &BLANK);
    if !blanks.is_empty() && !scan.lets_pass(Deviation::SpaceAroundColon, i) {
        return unmet(i, &"no blank at the colon").map(|(rest, ())| rest);
    }
    Ok(rest)
}

fn trailing_params<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Params<&'a [u8]>> {
    if i.is_empty() {
        return Ok((i, Params::from_checked(i)));
    }
    let (rest, ()) = blank(i, scan)?;
    params(rest, scan)
}

/// > auth-command = "AUTH" SP sasl-mech [SP initial-response]                RFC 4954 8
fn auth<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = blank(i, scan)?;
    auth_arguments(rest, scan).map(|(rest, arguments)| (rest, Command::Auth(arguments)))
}

pub(super) fn auth_arguments<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
) -> PResult<'a, AuthArguments<&'a [u8]>> {
    let (rest, mechanism) = span1(i, &MECHANISM, &"a mechanism")?;
    if rest.is_empty() {
        return Ok((rest, AuthArguments::from_checked(mechanism, None)));
    }
    let (rest, ()) = blank(rest, scan)?;
    let (rest, initial) = span1(rest, &BASE64, &"base64")?;
    Ok((rest, AuthArguments::from_checked(mechanism, Some(initial))))
}

/// > noop = "NOOP" [ SP String ] CRLF; help = "HELP" [ SP String ] CRLF      RFC 5321 4.1.1
fn free<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Option<Text<&'a [u8]>>> {
    if i.is_empty() {
        return Ok((i, None));
    }
    argument(i, scan).map(|(rest, text)| (rest, Some(text)))
}

/// > vrfy = "VRFY" SP String CRLF; expn = "EXPN" SP String CRLF              RFC 5321 4.1.1
///
/// Taken as any printable text: `VRFY Fred Bloggs` is usual, and refusing is for who answers.
fn argument<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Text<&'a [u8]>> {
    let (rest, ()) = blank(i, scan)?;
    text(rest)
}

pub(super) fn text(i: &[u8]) -> PResult<'_, Text<&[u8]>> {
    let (rest, text) = span1(i, &TEXT, &"printable text")?;
    if matches!(text, [b' ' | b'\t', ..] | [.., b' ' | b'\t']) {
        return unmet(i, &"text without blanks at its ends");
    }
    Ok((rest, Text::from_checked(text)))
}
