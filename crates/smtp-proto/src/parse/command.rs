//! Command lines.

use mail_wire::grammar::{ByteSet, PResult, Unmet, consumed, cut, number, span, span1, unmet};

use crate::{
    Attributes, AuthArguments, Burl, Chunk, Command, CommandError, CommandFault, Defects,
    Deviation, ForwardPath, HelloName, Lookup, MailParams, Profile, RcptParams, ReversePath, Text,
    Verb,
    extensions::{MailFields, RcptFields},
    parse::{
        Scan,
        params::{
            BLANK, blank, fold, folded, mail_fields, mail_params, next, rcpt_fields, rcpt_params,
        },
        path::{domain, forward_path, plain_path, reverse_path, short_name},
        values,
    },
};

const TEXT: ByteSet = ByteSet::VCHAR.with(b" \t");
const EIGHT_BIT_TEXT: ByteSet = TEXT.and(&ByteSet::EIGHT_BIT);
const EIGHT_BIT_WORD: ByteSet = ByteSet::VCHAR.and(&ByteSet::EIGHT_BIT);
/// > auth-type: sasl-mech = 1*20mech-char; mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
/// >                                                                     RFC 4422 3.1
const MECHANISM: ByteSet = ByteSet::ALNUM.with(b"-_");
/// > base64-char; base64-terminal has "="                                    RFC 4954 8
const BASE64: ByteSet = ByteSet::ALNUM.with(b"+/=");

/// Reads a command line, given without its CRLF.
///
/// # Errors
/// [`CommandError`] at the first octet that does not fit. What is met on the way and tolerated by
/// `profile` is reported into `defects`, whether the line is read or not.
#[inline]
pub fn command<'a>(
    line: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<Command<&'a [u8]>, CommandError> {
    // What needs nothing to be read with comes first.
    match line.split_first_chunk::<4>() {
        Some((_, [])) if folded(line) == DATA => return Ok(Command::Data),
        Some((_, rest)) if folded(line) == EHLO => {
            if let Some(name) = plain_hello(rest) {
                return Ok(Command::Ehlo(name));
            }
        }
        Some((_, rest)) if folded(line) == AUTH => {
            if let Some(arguments) = plain_auth(rest) {
                return Ok(Command::Auth(arguments));
            }
        }
        _ => {}
    }
    any_command(line, profile, defects)
}

fn any_command<'a>(
    line: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<Command<&'a [u8]>, CommandError> {
    let mut scan = Scan::new(line, profile, defects);
    let kept = match line {
        [.., b' ' | b'\t'] => without_trailing_space(line, &mut scan),
        _ => line,
    };
    match verb_and_rest(kept) {
        Some((Verb::Mail, rest)) => mail(rest, &mut scan),
        Some((Verb::Rcpt, rest)) => rcpt(rest, &mut scan),
        Some((Verb::Rset, [])) => Ok(Command::Rset),
        Some((Verb::Quit, [])) => Ok(Command::Quit),
        Some((verb, rest)) => other_command(verb, rest, &mut scan),
        None => {
            scan.blame(CommandFault::UnknownCommand);
            Err(scan.refused::<()>(unmet(kept, &"a command")))
        }
    }
}

/// Reads the verb of a command line, if it is one that RFC 5321 or its extensions here name. That
/// of BDAT and BURL is the word's, whether LAST follows or not.
#[must_use]
pub fn verb(line: &[u8]) -> Option<Verb> {
    verb_and_rest(line).map(|(verb, _)| verb)
}

macro_rules! folds {
    ($($name:ident)*) => {
        $(const $name: u32 = fold(&name_of(stringify!($name)));)*
    };
}

const fn name_of(name: &str) -> [u8; 4] {
    let [a, b, c, d] = *name.as_bytes() else { panic!("the name has four octets") };
    [a, b, c, d]
}

folds!(MAIL RCPT EHLO HELO LHLO DATA BDAT BURL RSET NOOP QUIT AUTH VRFY EXPN HELP ETRN);
folds!(STAR TTLS XCLI XFOR WARD);

/// Every verb begins with four letters, and those fold together only with themselves.
#[inline(always)]
fn verb_and_rest(line: &[u8]) -> Option<(Verb, &[u8])> {
    let (_, rest) = line.split_first_chunk::<4>()?;
    let (verb, rest) = match folded(line) {
        RCPT => (Verb::Rcpt, rest),
        MAIL => (Verb::Mail, rest),
        DATA => (Verb::Data, rest),
        BDAT => (Verb::Bdat, rest),
        EHLO => (Verb::Ehlo, rest),
        QUIT => (Verb::Quit, rest),
        RSET => (Verb::Rset, rest),
        NOOP => (Verb::Noop, rest),
        AUTH => (Verb::Auth, rest),
        HELO => (Verb::Helo, rest),
        LHLO => (Verb::Lhlo, rest),
        VRFY => (Verb::Vrfy, rest),
        EXPN => (Verb::Expn, rest),
        HELP => (Verb::Help, rest),
        BURL => (Verb::Burl, rest),
        ETRN => (Verb::Etrn, rest),
        STAR if folded(rest) == TTLS => (Verb::StartTls, rest.get(4..)?),
        XFOR if folded(rest) == WARD => (Verb::Xforward, rest.get(4..)?),
        XCLI if rest.get(..3)?.eq_ignore_ascii_case(b"ENT") => (Verb::Xclient, rest.get(3..)?),
        _ => return None,
    };
    matches!(rest.first(), None | Some(b' ' | b'\t')).then_some((verb, rest))
}

/// RFC 5321 4.1.1: "receivers SHOULD tolerate trailing white space before the terminating <CRLF>".
#[cold]
fn without_trailing_space<'a>(line: &'a [u8], scan: &mut Scan<'_>) -> &'a [u8] {
    let end = line.iter().rposition(|&octet| !BLANK.has(octet)).map_or(0, |at| at + 1);
    let (kept, blanks) = cut(line, end);
    if !scan.lets_pass(Deviation::TrailingSpace, blanks) {
        return line;
    }
    scan.line = kept.len();
    kept
}

/// Whatever does not come once a message, and what comes in another form than nearly always.
fn other_command<'a>(
    verb: Verb,
    rest: &'a [u8],
    scan: &mut Scan<'_>,
) -> Result<Command<&'a [u8]>, CommandError> {
    let answer = match verb {
        Verb::Mail => loose_mail(rest, scan),
        Verb::Rcpt => loose_rcpt(rest, scan),
        Verb::Ehlo => hello(rest, scan).map(|(rest, name)| (rest, Command::Ehlo(name))),
        Verb::Helo => hello(rest, scan).map(|(rest, name)| (rest, Command::Helo(name))),
        Verb::Lhlo => hello(rest, scan).map(|(rest, name)| (rest, Command::Lhlo(name))),
        Verb::Auth => auth(rest, scan),
        Verb::Data => Ok((rest, Command::Data)),
        Verb::Bdat => bdat(rest, scan),
        Verb::Burl => burl(rest, scan),
        Verb::Rset => bare(rest, scan, Command::Rset),
        Verb::Quit => bare(rest, scan, Command::Quit),
        Verb::StartTls => Ok((rest, Command::StartTls)),
        Verb::Noop => free(rest, scan).map(|(rest, text)| (rest, Command::Noop(text))),
        Verb::Help => free(rest, scan).map(|(rest, text)| (rest, Command::Help(text))),
        Verb::Vrfy => look_up(rest, scan).map(|(rest, text)| (rest, Command::Vrfy(text))),
        Verb::Expn => look_up(rest, scan).map(|(rest, text)| (rest, Command::Expn(text))),
        Verb::Etrn => etrn(rest, scan),
        Verb::Xclient => attributes(rest, scan).map(|(rest, all)| (rest, Command::Xclient(all))),
        Verb::Xforward => attributes(rest, scan).map(|(rest, all)| (rest, Command::Xforward(all))),
        Verb::Connect
        | Verb::Handshake
        | Verb::AuthResponse
        | Verb::EndOfData
        | Verb::LastChunk => unmet(rest, &"a command"),
    };
    scan.whole(answer)
}

/// The argument of nearly every EHLO: one blank and a name of the DNS.
#[inline(always)]
fn plain_hello(i: &[u8]) -> Option<HelloName<&[u8]>> {
    let [b' ', name @ ..] = i else { return None };
    match short_name(name) {
        Some((name, [])) => Some(HelloName::from_checked(name)),
        _ => None,
    }
}

/// > ehlo = "EHLO" SP ( Domain / address-literal ) CRLF                      RFC 5321 4.1.1.1
fn hello<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, HelloName<&'a [u8]>> {
    if i.is_empty() && scan.lets_pass(Deviation::EmptyHelloName, i) {
        return Ok((i, HelloName::from_checked(i)));
    }
    let (i, ()) = blank(i, scan)?;
    match domain(i, scan) {
        Ok((rest @ [], _)) if scan.eight_bit.is_none() => Ok((rest, HelloName::from_checked(i))),
        _ => loose_hello(i, scan),
    }
}

/// RFC 5321 4.1.4: mail is not refused because the name is wrong.
#[cold]
fn loose_hello<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, HelloName<&'a [u8]>> {
    let (rest, name) = span1(i, &EIGHT_BIT_WORD, &"a domain or address literal")?;
    let exact = matches!(domain(name, scan), Ok(([], _))) && name.is_ascii();
    let is_sound = std::str::from_utf8(name).is_ok();
    let passes = exact || (is_sound && scan.lets_pass(Deviation::LooseHelloName, i));
    if !passes {
        scan.blame(CommandFault::Syntax);
        return unmet(i, &"a domain or address literal");
    }
    let name = HelloName::from_checked(name);
    match rest {
        [] => Ok((rest, name)),
        [b' ' | b'\t', ..]
            if !rest.iter().any(|octet| octet.is_ascii_control())
                && scan.lets_pass(Deviation::MoreThanHelloName, rest) =>
        {
            Ok((&[], name))
        }
        _ => Ok((rest, name)),
    }
}

/// > rset = "RSET" CRLF;  quit = "QUIT" CRLF                                 RFC 5321 4.1.1
///
/// DATA and STARTTLS have none either, and with them nobody lets an argument pass.
#[inline(always)]
fn bare<'a>(
    i: &'a [u8],
    scan: &mut Scan<'_>,
    command: Command<&'a [u8]>,
) -> PResult<'a, Command<&'a [u8]>> {
    match i {
        [] => Ok((i, command)),
        _ if span(i, &TEXT).1.is_empty() && scan.lets_pass(Deviation::StrayArgument, i) => {
            Ok((&[], command))
        }
        _ => Ok((i, command)),
    }
}

/// The arguments of nearly every AUTH.
#[inline(always)]
fn plain_auth(i: &[u8]) -> Option<AuthArguments<&[u8]>> {
    let [b' ', i @ ..] = i else { return None };
    let (mechanism, rest) = span(i, &MECHANISM);
    let initial = match rest {
        [] => None,
        [b' ', initial @ ..] if !initial.is_empty() => Some(initial),
        _ => return None,
    };
    let fits = |initial: &[u8]| initial.iter().fold(true, |fits, &octet| fits & BASE64.has(octet));
    let fits = initial.is_none_or(fits);
    (fits && !mechanism.is_empty()).then(|| AuthArguments::from_checked(mechanism, initial))
}

/// Nearly every MAIL is read here, straight into what is answered: to hand a command from rule to
/// rule takes longer than reading it.
#[inline(always)]
fn mail<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> Result<Command<&'a [u8]>, CommandError> {
    if let Some((mailbox, rest)) = plain_path(i, b" FROM:<")
        && let Some(raw) = before_params(rest)
    {
        let mut read = MailFields::default();
        if let Ok([]) = mail_fields(raw, &mut read, scan) {
            let params = MailParams::from_checked(raw, read);
            return Ok(Command::Mail { from: ReversePath::Mailbox(mailbox.into()), params });
        }
    }
    other_command(Verb::Mail, i, scan)
}

/// Nearly every RCPT is read here.
#[inline(always)]
fn rcpt<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> Result<Command<&'a [u8]>, CommandError> {
    if let Some((mailbox, rest)) = plain_path(i, b" TO:<")
        && let Some(raw) = before_params(rest)
    {
        let mut read = RcptFields::default();
        if let Ok([]) = rcpt_fields(raw, &mut read, scan) {
            let params = RcptParams::from_checked(raw, read);
            return Ok(Command::Rcpt { to: ForwardPath::Mailbox(mailbox.into()), params });
        }
    }
    other_command(Verb::Rcpt, i, scan)
}

/// Nothing, or one blank.
#[inline(always)]
fn before_params(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [] => Some(rest),
        [b' ', params @ ..] if !params.is_empty() => Some(params),
        _ => None,
    }
}

/// > mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF              RFC 5321 4.1.1.2
#[cold]
fn loose_mail<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = keyword_colon(i, b"FROM", &"FROM", scan)?;
    let (rest, from) = reverse_path(rest, scan)?;
    let (rest, params) = mail_params(next(rest, scan)?, scan)?;
    // RFC 6531 3.4: an address with octets of 0x80 and above needs the parameter.
    if let Some(left) = scan.eight_bit.filter(|_| !params.is_smtp_utf8()) {
        scan.blame(CommandFault::Utf8NotAnnounced);
        return unmet(cut(i, i.len().saturating_sub(left)).1, &"SMTPUTF8 with an address in UTF-8");
    }
    Ok((rest, Command::Mail { from, params }))
}

/// > rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
/// >        [SP Rcpt-parameters] CRLF                                      RFC 5321 4.1.1.3
#[cold]
fn loose_rcpt<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = keyword_colon(i, b"TO", &"TO", scan)?;
    let (rest, to) = forward_path(rest, scan)?;
    let (rest, params) = rcpt_params(next(rest, scan)?, scan)?;
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

/// > auth-command = "AUTH" SP sasl-mech [SP initial-response]                RFC 4954 8
#[inline(always)]
fn auth<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = blank(i, scan)?;
    auth_arguments(rest, scan).map(|(rest, arguments)| (rest, Command::Auth(arguments)))
}

#[inline(always)]
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

/// > bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF
/// > chunk-size = 1*DIGIT;  end-marker = "LAST"                                RFC 3030 2
fn bdat<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let answer = chunk(i, scan).and_then(|(rest, chunk)| match rest {
        [] => Ok((rest, Command::Bdat(chunk))),
        _ => unmet(rest, &"end of line"),
    });
    if answer.is_err() {
        // Octets of the chunk follow, and nobody knows how many.
        scan.blame(CommandFault::BadChunk);
    }
    answer
}

fn chunk<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Chunk> {
    let (i, ()) = blank(i, scan)?;
    let (rest, octets) = number(i, &"a number of octets")?;
    let (rest, last) = end_marker(rest, scan)?;
    Ok((rest, if last { Chunk::last(octets) } else { Chunk::new(octets) }))
}

/// > burl-cmd = "BURL" SP absolute-URI [SP end-marker] CRLF                     RFC 4468 4
fn burl<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (i, ()) = blank(i, scan)?;
    let (rest, url) = values::url(i)?;
    let (rest, last) = end_marker(rest, scan)?;
    Ok((rest, Command::Burl(Burl::from_checked(url, last))))
}

/// > etrn = "ETRN" SP [ "@" / "#" ] node-name CRLF                             RFC 1985 5.1
fn etrn<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Command<&'a [u8]>> {
    let (rest, ()) = blank(i, scan)?;
    values::turn(rest).map(|(rest, turn)| (rest, Command::Etrn(turn)))
}

fn attributes<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Attributes<&'a [u8]>> {
    let (rest, ()) = blank(i, scan)?;
    values::attributes(rest)
}

fn end_marker<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, bool> {
    if i.is_empty() {
        return Ok((i, false));
    }
    let (i, ()) = blank(i, scan)?;
    match i.split_first_chunk::<4>() {
        Some((word, rest)) if word.eq_ignore_ascii_case(b"LAST") => Ok((rest, true)),
        _ => unmet(i, &"LAST"),
    }
}

/// > noop = "NOOP" [ SP String ] CRLF; help = "HELP" [ SP String ] CRLF      RFC 5321 4.1.1
fn free<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Option<Text<&'a [u8]>>> {
    if i.is_empty() {
        return Ok((i, None));
    }
    let (rest, ()) = blank(i, scan)?;
    text(rest).map(|(rest, text)| (rest, Some(text)))
}

pub(super) fn text(i: &[u8]) -> PResult<'_, Text<&[u8]>> {
    let (rest, text) = span1(i, &TEXT, &"printable text")?;
    if matches!(text, [b' ' | b'\t', ..] | [.., b' ' | b'\t']) {
        return unmet(i, &"text without blanks at its ends");
    }
    Ok((rest, Text::from_checked(text)))
}

/// > vrfy = "VRFY" SP String [ SP "SMTPUTF8" ] CRLF; expn likewise
/// >                                                     RFC 5321 4.1.1, RFC 6531 3.7.4.2
fn look_up<'a>(i: &'a [u8], scan: &mut Scan<'_>) -> PResult<'a, Lookup<&'a [u8]>> {
    let (i, ()) = blank(i, scan)?;
    let (rest, lookup) = lookup(i)?;
    if !lookup.is_smtp_utf8()
        && let Some(at) = lookup.as_wire().iter().position(|octet| !octet.is_ascii())
    {
        scan.blame(CommandFault::Utf8NotAnnounced);
        return unmet(cut(i, at).1, &"SMTPUTF8 with a text in UTF-8");
    }
    Ok((rest, lookup))
}

/// Taken as any printable text: `VRFY Fred Bloggs` is usual, and refusing is for who answers.
pub(super) fn lookup(i: &[u8]) -> PResult<'_, Lookup<&[u8]>> {
    const PARAMETER: &[u8] = b"SMTPUTF8";
    let (rest, text) = span1(i, &EIGHT_BIT_TEXT, &"printable text")?;
    if std::str::from_utf8(text).is_err() {
        return unmet(i, &"UTF-8");
    }
    if matches!(text, [b' ' | b'\t', ..] | [.., b' ' | b'\t']) {
        return unmet(i, &"text without blanks at its ends");
    }
    let parameter = text.len().checked_sub(PARAMETER.len()).and_then(|at| text.get(at..));
    let name = match parameter.filter(|word| word.eq_ignore_ascii_case(PARAMETER)) {
        Some(word) => consumed(text, word),
        None => return Ok((rest, Lookup::from_checked(text, text.len()))),
    };
    match name.iter().rposition(|&octet| !BLANK.has(octet)) {
        Some(last) if name.last().is_some_and(|&octet| BLANK.has(octet)) => {
            Ok((rest, Lookup::from_checked(text, last + 1)))
        }
        _ => Ok((rest, Lookup::from_checked(text, text.len()))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line() -> impl Strategy<Value = String> {
        let address = "[a-zA-Z0-9._+\"@-]{0,12}@?[a-zA-Z0-9._\u{e4}-]{0,12}";
        let path = ("[ \t]?<?[ \t]?(@a:)?", address, " ?>?")
            .prop_map(|(from, path, to)| from + &path + to.as_str());
        let blank = "( |  |\t|)";
        let sender =
            (blank, "(SIZE=[0-9]{1,9}|BODY=[8B]ITMIME|SMTPUTF8|x)?", blank, "(RET=FULL)?", blank);
        let recipient = (blank, "(NOTIFY=NEVER|ORCPT=rfc822;a|x)?", blank, "(RRVS=x)?", blank);
        let joined =
            |(a, b, c, d, e): (String, String, String, String, String)| [a, b, c, d, e].concat();
        prop_oneof![
            ("(EHLO|ehlo|HELO)[ \t]{0,2}", address, blank)
                .prop_map(|(verb, name, end)| verb + &name + &end),
            ("(MAIL FROM:|mail from ?:)", path.clone(), sender.prop_map(joined))
                .prop_map(|(verb, path, params)| verb + &path + &params),
            ("(RCPT TO:|rcpt to ?:)", path, recipient.prop_map(joined))
                .prop_map(|(verb, path, params)| verb + &path + &params),
            "AUTH[ \t]{0,2}[A-Z-]{0,9} {0,2}[a-zA-Z0-9+/=]{0,9} ?",
            "(DATA|data|RSET|QUIT)[ X\t]{0,2}",
        ]
    }

    /// Any of the switches, each by itself.
    fn profile() -> impl Strategy<Value = Profile> {
        any::<u32>().prop_map(|bits| {
            let all = Deviation::ALL.into_iter().enumerate();
            let refused = all.filter(|(at, _)| bits >> at & 1 == 0).map(|(_, one)| one);
            refused.fold(Profile::COMPAT, Profile::refusing)
        })
    }

    /// What the rules alone make of a line.
    fn by_rules<'a>(
        line: &'a [u8],
        profile: Profile,
        defects: &mut Defects,
    ) -> Result<Command<&'a [u8]>, CommandError> {
        let mut scan = Scan::new(line, profile, defects);
        let kept = match line {
            [.., b' ' | b'\t'] => without_trailing_space(line, &mut scan),
            _ => line,
        };
        let (verb, rest) = verb_and_rest(kept).unwrap_or((Verb::Handshake, kept));
        other_command(verb, rest, &mut scan)
    }

    #[test]
    fn err_trailing_space_where_it_is_refused() {
        let profile = Profile::COMPAT.refusing(Deviation::TrailingSpace);
        for line in [
            "MAIL FROM:<a@b> ",
            "MAIL FROM:<> ",
            "MAIL FROM:<a@b> SIZE=1 ",
            "RCPT TO:<c@d> ",
            "DATA ",
        ] {
            let read = command(line.as_bytes(), profile, &mut Defects::new());
            assert!(read.is_err(), "{line:?} {read:?}");
        }
    }

    proptest! {
        /// What is read in its usual form is what the rules would have read, whatever is let pass.
        #[test]
        fn ok_usual_form_reads_as_the_rules_do(line in line(), profile in profile()) {
            let line = line.as_bytes();
            let (mut usual, mut ruled) = (Defects::new(), Defects::new());
            let read = command(line, profile, &mut usual);
            let by_rules = by_rules(line, profile, &mut ruled);
            match verb_and_rest(line) {
                Some(_) => prop_assert_eq!(read, by_rules),
                None => prop_assert!(read.is_err()),
            }
            prop_assert_eq!(usual, ruled);
        }
    }
}
