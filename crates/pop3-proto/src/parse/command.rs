//! Commands.

use mail_errors::ParseError;
use mail_wire::grammar::{
    ByteSet, PResult, complete, cut, equal, fatal, find, number, span, unmet, unprintable,
};

use crate::{
    ApopDigest, AuthArguments, Command, Defects, Deviation, Password, Profile, UserName, Verb,
    text::unsendable,
};

use super::{
    is_blank, language::language_range, message_number, rest, skip_blanks, sp, trim_blanks,
};

/// Reads a command line, its end left off.
///
/// > command = keyword *(SP param) CRLF    ;255 octets maximum                RFC 2449 3
///
/// ```
/// use pop3_proto::{Command, Defects, Profile, parse};
///
/// let mut defects = Defects::new();
/// let mut read = |line| parse::command(line, Profile::COMPAT, &mut defects);
/// assert!(matches!(read(b"top 1  10"), Ok(Command::Top(_, 10))));
/// assert_eq!(read(b"RETR").unwrap_err().to_string(), "expected SP at offset 4");
/// let found: Vec<_> = defects.iter().map(|defect| defect.to_string()).collect();
/// assert_eq!(found, ["more than one blank at offset 6"]);
/// ```
///
/// # Errors
/// [`ParseError`] at the first octet that neither fits nor is tolerated.
pub fn command<'a>(
    line: &'a [u8],
    profile: Profile,
    defects: &mut Defects,
) -> Result<Command<'a>, ParseError> {
    let text = trim_end(line, profile, defects);
    let mut blanks = Blanks { end: text.len(), profile, defects };
    complete(text, |i| {
        let (args, verb) = keyword(i)?;
        arguments(verb, args, &mut blanks)
    })
}

/// Reads the name of the command alone; `None` if it is not known here.
#[must_use]
pub fn verb(line: &[u8]) -> Option<Verb> {
    let (_, verb) = keyword(line).ok()?;
    Some(verb)
}

/// > keyword = 3*4VCHAR                                                      RFC 2449 3
///
/// Keywords are case-insensitive (RFC 1939 3).
fn keyword(i: &[u8]) -> PResult<'_, Verb> {
    let (word, args) = match *i {
        [a, b, c, d, ref args @ ..] if !is_blank(d) => ([a, b, c, d], args),
        [a, b, c, ref args @ ..] => ([a, b, c, b' '], args),
        _ => return unmet(i, &"a command"),
    };
    let verb = match &word.map(|octet| octet.to_ascii_uppercase()) {
        b"USER" => Verb::User,
        b"PASS" => Verb::Pass,
        b"APOP" => Verb::Apop,
        b"AUTH" => Verb::Auth,
        b"CAPA" => Verb::Capa,
        b"STLS" => Verb::Stls,
        b"UTF8" => Verb::Utf8,
        b"LANG" => Verb::Lang,
        b"STAT" => Verb::Stat,
        b"LIST" => Verb::List,
        b"UIDL" => Verb::Uidl,
        b"RETR" => Verb::Retr,
        b"TOP " => Verb::Top,
        b"DELE" => Verb::Dele,
        b"RSET" => Verb::Rset,
        b"NOOP" => Verb::Noop,
        b"QUIT" => Verb::Quit,
        _ => return unmet(i, &"a command"),
    };
    if args.first().is_some_and(|octet| !is_blank(*octet)) {
        return unmet(i, &"a command");
    }
    Ok((args, verb))
}

fn arguments<'a>(verb: Verb, i: &'a [u8], blanks: &mut Blanks<'_>) -> PResult<'a, Command<'a>> {
    match verb {
        Verb::User => {
            let (i, ()) = blanks.between(i)?;
            let (i, name) = name_of(i, i.len())?;
            Ok((i, Command::User(name)))
        }
        Verb::Pass => {
            // RFC 1939 7: "a POP3 server may treat spaces in the argument as part of the password".
            let (i, ()) = sp(i)?;
            let (_, password) = rest(i, &"a password")?;
            match unsendable(password) {
                None => Ok((&[], Command::Pass(Password::checked(password)))),
                Some((at, _)) => fatal(cut(password, at).1, &"a password without NUL"),
            }
        }
        Verb::Apop => {
            let (i, ()) = blanks.between(i)?;
            // The digest is what stands behind the last blank: names may have spaces.
            let Some(at) = i.iter().rposition(|octet| is_blank(*octet)) else {
                return unmet(i, &"name and digest");
            };
            let (i, name) = name_of(i, trim_blanks(cut(i, at).0).len())?;
            let (i, ()) = blanks.between(i)?;
            let (i, digest) = digest_of(i)?;
            Ok((i, Command::Apop(name, digest)))
        }
        Verb::Auth if i.is_empty() => Ok((i, Command::Auth(None))),
        // > auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64])
        // >                [CRLF cancel-response] CRLF                      RFC 5034 7
        Verb::Auth => {
            let (i, ()) = blanks.between(i)?;
            let (i, mechanism) = sasl_mech(i)?;
            if i.is_empty() {
                return Ok((i, Command::Auth(Some(AuthArguments::checked(mechanism, None)))));
            }
            let (i, ()) = blanks.between(i)?;
            let (i, initial) = initial_of(i)?;
            Ok((i, Command::Auth(Some(AuthArguments::checked(mechanism, Some(initial))))))
        }
        Verb::Capa => Ok((i, Command::Capa)),
        Verb::Stls => Ok((i, Command::Stls)),
        Verb::Utf8 => Ok((i, Command::Utf8)),
        Verb::Lang if i.is_empty() => Ok((i, Command::Lang(None))),
        Verb::Lang => {
            let (i, ()) = blanks.between(i)?;
            let (i, range) = language_range(i)?;
            Ok((i, Command::Lang(Some(range))))
        }
        Verb::Stat => Ok((i, Command::Stat)),
        Verb::List | Verb::Uidl => {
            let (i, number) = if i.is_empty() {
                (i, None)
            } else {
                let (i, ()) = blanks.between(i)?;
                let (i, number) = message_number(i)?;
                (i, Some(number))
            };
            let list = matches!(verb, Verb::List);
            Ok((i, if list { Command::List(number) } else { Command::Uidl(number) }))
        }
        Verb::Retr | Verb::Dele => {
            let (i, ()) = blanks.between(i)?;
            let (i, number) = message_number(i)?;
            let retr = matches!(verb, Verb::Retr);
            Ok((i, if retr { Command::Retr(number) } else { Command::Dele(number) }))
        }
        Verb::Top => {
            let (i, ()) = blanks.between(i)?;
            let (i, message) = message_number(i)?;
            let (i, ()) = blanks.between(i)?;
            let (i, lines) = number(i, &"a number of lines")?;
            Ok((i, Command::Top(message, lines)))
        }
        Verb::Rset => Ok((i, Command::Rset)),
        Verb::Noop => Ok((i, Command::Noop)),
        Verb::Quit => Ok((i, Command::Quit)),
    }
}

/// Takes blanks off the end, where they are tolerated; those of a password belong to it.
fn trim_end<'a>(line: &'a [u8], profile: Profile, defects: &mut Defects) -> &'a [u8] {
    let text = trim_blanks(line);
    let has_blanks = text.len() < line.len() && !matches!(verb(line), Some(Verb::Pass));
    if has_blanks && defects.tolerate(profile, Deviation::TrailingSpace, text.len()) {
        return text;
    }
    line
}

/// What may stand between two arguments.
struct Blanks<'d> {
    /// The octets of the line, to tell where in it one is.
    end: usize,
    profile: Profile,
    defects: &'d mut Defects,
}

impl Blanks<'_> {
    /// Takes one space, or what is tolerated in its place.
    fn between<'a>(&mut self, i: &'a [u8]) -> PResult<'a, ()> {
        let behind = skip_blanks(i);
        let extra = match i.first() {
            Some(b' ') => 1,
            Some(b'\t') => 0,
            _ => return sp(i),
        };
        if i.len() - behind.len() > extra
            && self.defects.tolerate(
                self.profile,
                Deviation::ExtraSpace,
                self.end - i.len() + extra,
            )
        {
            return Ok((behind, ()));
        }
        sp(i)
    }
}

/// Reads a name that fills the slice.
pub(crate) fn user_name(name: &[u8]) -> Result<UserName<'_>, ParseError> {
    complete(name, |i| name_of(i, i.len()))
}

/// Takes `len` octets: UTF-8 without control characters, with no space at either end.
fn name_of(i: &[u8], len: usize) -> PResult<'_, UserName<'_>> {
    const DEL: u8 = 0x7f;
    let (name, rest) = cut(i, len);
    if len > UserName::MAX {
        return fatal(cut(i, UserName::MAX).1, &"at most 255 octets of user name");
    }
    let text = match std::str::from_utf8(name) {
        Ok(text) => text,
        Err(error) => return fatal(cut(i, error.valid_up_to()).1, &"UTF-8"),
    };
    // Most names are plain: then no character needs to be looked at.
    let is_plain = find(name, |eight| unprintable(eight) | equal(eight, DEL)).is_none();
    let mut characters = text.char_indices();
    if !is_plain && let Some((at, _)) = characters.find(|(_, c)| c.is_control()) {
        return fatal(cut(i, at).1, &"a user name without control characters");
    }
    match (name.first(), name.last()) {
        (None | Some(b' '), _) => fatal(i, &"a user name"),
        (_, Some(b' ')) => fatal(cut(i, len - 1).1, &"no space behind the user name"),
        (Some(_), _) => Ok((rest, UserName::checked(text))),
    }
}

/// Reads a mechanism's name that fills the slice.
pub(crate) fn mechanism(name: &[u8]) -> Result<&[u8], ParseError> {
    complete(name, sasl_mech)
}

/// > sasl-mech = 1*20mech-char
/// > mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE                   RFC 4422 3.1
///
/// Small letters are let pass, as SMTP and IMAP have it.
fn sasl_mech(i: &[u8]) -> PResult<'_, &[u8]> {
    const MECH_CHAR: ByteSet = ByteSet::ALNUM.with(b"-_");
    let (name, rest) = span(i, &MECH_CHAR);
    match name.len() {
        1..=20 => Ok((rest, name)),
        0 => unmet(i, &"a mechanism"),
        _ => fatal(cut(i, 20).1, &"at most 20 octets of mechanism"),
    }
}

/// Reads an initial response that fills the slice.
pub(crate) fn initial_response(text: &[u8]) -> Result<&[u8], ParseError> {
    complete(text, initial_of)
}

/// > initial-response = base64 / "="                                         RFC 5034 7
///
/// Whether the groups of base64 are whole shows when it is decoded.
fn initial_of(i: &[u8]) -> PResult<'_, &[u8]> {
    const BASE64: ByteSet = ByteSet::ALNUM.with(b"+/=");
    let (initial, rest) = span(i, &BASE64);
    if initial.is_empty() { unmet(i, &"an initial response") } else { Ok((rest, initial)) }
}

/// Reads a digest that fills the slice.
pub(crate) fn apop_digest(digits: &[u8]) -> Result<ApopDigest, ParseError> {
    complete(digits, digest_of)
}

/// > a string of 16 octets which is sent in hexadecimal format, using lower-case ASCII characters
/// >                                                                         RFC 1939 7
fn digest_of(i: &[u8]) -> PResult<'_, ApopDigest> {
    const LOWER_HEX: ByteSet = ByteSet::DIGIT.range(b'a', b'f');
    let (digits, rest) = span(i, &LOWER_HEX);
    match digits.try_into() {
        Ok(digits) => Ok((rest, ApopDigest::checked(digits))),
        Err(_) => unmet(rest, &"32 lower-case hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LanguageRange, LanguageTag, MessageNumber};

    fn reads(line: &[u8]) -> Command<'_> {
        let read = command(line, Profile::STRICT, &mut Defects::new());
        read.unwrap_or_else(|error| panic!("{}: {error}", line.escape_ascii()))
    }

    #[test]
    fn ok_keywords_in_any_case() {
        for verb in Verb::ALL {
            let lower = verb.as_str().to_ascii_lowercase();
            assert_eq!(super::verb(verb.as_str().as_bytes()), Some(verb));
            assert_eq!(super::verb(lower.as_bytes()), Some(verb));
            assert_eq!(super::verb(format!("{lower} x").as_bytes()), Some(verb));
        }
    }

    #[test]
    fn ok_password_with_spaces_at_every_end() {
        let Command::Pass(password) = reads(b"PASS  two  spaces ") else { panic!() };
        assert_eq!(password.expose(), b" two  spaces ");
    }

    #[test]
    fn ok_apop_of_rfc_1939() {
        let line = b"APOP mrose c4c9334bac560ecc979e58001b3e22fb";
        let Command::Apop(name, digest) = reads(line) else { panic!() };
        assert_eq!(name.as_str(), "mrose");
        assert_eq!(digest.digits(), b"c4c9334bac560ecc979e58001b3e22fb");
    }

    /// RFC 5034 6, and the list that is older.
    #[test]
    fn ok_auth_of_rfc_5034() {
        let Command::Auth(Some(plain)) = reads(b"AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=") else {
            panic!()
        };
        assert_eq!(plain.mechanism(), b"PLAIN");
        assert_eq!(plain.initial(), Some(&b"dGVzdAB0ZXN0AHRlc3Q="[..]));
        assert!(!format!("{plain:?}").contains("dGVz"));
        let Command::Auth(Some(cram)) = reads(b"auth cram-md5") else { panic!() };
        assert_eq!((cram.mechanism(), cram.initial()), (&b"cram-md5"[..], None));
        assert_eq!(reads(b"AUTH"), Command::Auth(None));
    }

    /// RFC 6856 2 and 3.
    #[test]
    fn ok_utf8_and_lang_of_rfc_6856() {
        assert_eq!(reads(b"UTF8"), Command::Utf8);
        assert_eq!(reads(b"LANG"), Command::Lang(None));
        assert_eq!(reads(b"lang *"), Command::Lang(Some(LanguageRange::Preferred)));
        let tag = LanguageTag::new("en-boont").unwrap();
        assert_eq!(reads(b"LANG EN-BOONT"), Command::Lang(Some(LanguageRange::Tag(tag))));
    }

    #[test]
    fn ok_numbers_with_leading_zeros() {
        let two = MessageNumber::new(2).unwrap();
        assert_eq!(reads(b"RETR 0002"), Command::Retr(two));
        assert_eq!(reads(b"TOP 2 0"), Command::Top(two, 0));
        assert_eq!(reads(b"list"), Command::List(None));
        assert_eq!(reads(b"uidl 2"), Command::Uidl(Some(two)));
    }

    #[test]
    fn tolerates_blanks_too_many_and_reports_them() {
        for (line, same, found) in [
            (&b"list  1"[..], &b"LIST 1"[..], &["more than one blank at offset 5"][..]),
            (b"RETR\t1", b"RETR 1", &["more than one blank at offset 4"]),
            (b"TOP 1 \t0", b"TOP 1 0", &["more than one blank at offset 6"]),
            (b"USER  x", b"USER x", &["more than one blank at offset 5"]),
            (b"USER x ", b"USER x", &["blank at the end of the line at offset 6"]),
            (b"QUIT \t", b"QUIT", &["blank at the end of the line at offset 4"]),
            (b"LIST ", b"LIST", &["blank at the end of the line at offset 4"]),
            (b"PASS  two ", b"PASS  two ", &[]),
            (
                b"APOP m r \tc4c9334bac560ecc979e58001b3e22fb",
                b"APOP m r c4c9334bac560ecc979e58001b3e22fb",
                &["more than one blank at offset 9"],
            ),
        ] {
            let mut defects = Defects::new();
            assert_eq!(command(line, Profile::COMPAT, &mut defects), Ok(reads(same)));
            let told: Vec<_> = defects.iter().map(|defect| defect.to_string()).collect();
            assert_eq!(told, found, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn err_says_where_and_what() {
        for (line, error) in [
            (&b""[..], "expected a command at offset 0"),
            (b"XTND XLST", "expected a command at offset 0"),
            (b"STATS", "expected a command at offset 0"),
            (b"TOP\0 1 2", "expected a command at offset 0"),
            (b"TOPS 1 2", "expected a command at offset 0"),
            (b"TO", "expected a command at offset 0"),
            (b" STAT", "expected a command at offset 0"),
            (b"STAT 1", "expected end of line at offset 4"),
            (b"QUIT ", "expected end of line at offset 4"),
            (b"RETR", "expected SP at offset 4"),
            (b"RETR ", "expected a message number at offset 5"),
            (b"RETR  1", "expected a message number at offset 5"),
            (b"RETR 0", "expected a message number above 0 at offset 5"),
            (b"RETR -1", "expected a message number at offset 5"),
            (b"RETR 4294967296", "expected a message number below 2^32 at offset 5"),
            (b"LIST 1 2", "expected end of line at offset 6"),
            (b"TOP 1", "expected SP at offset 5"),
            (b"TOP 1 all", "expected a number of lines at offset 6"),
            (b"USER", "expected SP at offset 4"),
            (b"USER ", "expected a user name at offset 5"),
            (b"USER  x", "expected a user name at offset 5"),
            (b"USER x ", "expected no space behind the user name at offset 6"),
            (b"USER a\0b", "expected a user name without control characters at offset 6"),
            (b"USER a\xffb", "expected UTF-8 at offset 6"),
            (b"PASS", "expected SP at offset 4"),
            (b"PASS ", "expected a password at offset 5"),
            (b"PASS a\0", "expected a password without NUL at offset 6"),
            (b"APOP a\x7f 0", "expected a user name without control characters at offset 6"),
            (b"AUTH ", "expected a mechanism at offset 5"),
            (b"AUTH A B C", "expected end of line at offset 8"),
            (b"AUTH A ", "expected an initial response at offset 7"),
            (b"AUTH A *", "expected an initial response at offset 7"),
            (b"AUTH A.B", "expected SP at offset 6"),
            (b"AUTH ABCDEFGHIJKLMNOPQRSTU", "expected at most 20 octets of mechanism at offset 25"),
            (b"UTF8 x", "expected end of line at offset 4"),
            (b"LANG ", "expected a language at offset 5"),
            (b"LANG en de", "expected end of line at offset 7"),
            (b"LANG **", "expected end of line at offset 6"),
            (b"APOP mrose", "expected name and digest at offset 5"),
            (b"APOP mrose c4", "expected 32 lower-case hexadecimal digits at offset 13"),
            (b"APOP mrose  c4", "expected 32 lower-case hexadecimal digits at offset 11"),
            (b"APOP  c4", "expected a user name at offset 5"),
            (b"APOP m C4C9", "expected 32 lower-case hexadecimal digits at offset 7"),
        ] {
            let read = command(line, Profile::STRICT, &mut Defects::new());
            let found = read.unwrap_err().to_string();
            assert_eq!(found, error, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn err_control_character_wherever_it_stands_in_a_name() {
        for len in 1..40 {
            for at in 0..len {
                let joined = |by| ["x".repeat(at), "y".repeat(len - 1 - at)].join(by);
                for control in ["\0", "\x1f", "\x7f", "\u{80}", "\u{9f}"] {
                    let error = UserName::new(&joined(control)).unwrap_err().to_string();
                    let why = "expected a user name without control characters";
                    assert_eq!(error, format!("{why} at offset {at}"));
                }
                assert_eq!(UserName::new(&joined("\u{e4}")).unwrap().as_str(), joined("\u{e4}"));
            }
        }
    }

    #[test]
    fn err_number_of_10_000_digits() {
        let line = [&b"RETR "[..], &[b'9'; 10_000]].concat();
        assert!(command(&line, Profile::COMPAT, &mut Defects::new()).is_err());
    }
}
