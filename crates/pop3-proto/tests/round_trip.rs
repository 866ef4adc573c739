//! What is encoded parses to the same value, and what parses is never torn.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

use mail_errors::Secret;
use pop3_proto::{
    ApopDigest, AuthArguments, Capability, Command, Defects, Deviation, DropListing,
    LanguageListing, LanguageRange, LanguageTag, MessageNumber, Password, Profile, Response,
    ResponseCode, ScanListing, Text, Timestamp, UniqueId, UniqueIdListing, UserName, encode, parse,
};
use proptest::prelude::*;

/// Takes the line end off, which must be the only one.
fn line(wire: &[u8]) -> &[u8] {
    let line = wire.strip_suffix(b"\r\n").expect("CRLF at the end");
    assert!(
        !line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)),
        "{}",
        wire.escape_ascii()
    );
    line
}

fn number() -> impl Strategy<Value = MessageNumber> {
    (1..=u32::MAX).prop_map(|number| MessageNumber::new(number).unwrap())
}

fn user() -> impl Strategy<Value = UserName<'static>> {
    let name = "[!-~é山]([ -~é山]{0,40}[!-~é山])?";
    name.prop_map(|name| UserName::new(&name).unwrap().into_owned())
}

fn tag() -> impl Strategy<Value = LanguageTag<'static>> {
    let tag = "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,3}";
    tag.prop_map(|tag| LanguageTag::new(&tag).unwrap().into_owned())
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    let octet = any::<u8>().prop_filter("cannot be sent", |octet| !b"\r\n\0".contains(octet));
    prop::collection::vec(octet, 0..60)
}

fn command() -> impl Strategy<Value = Command<'static>> {
    let password = octets().prop_filter("empty", |octets| !octets.is_empty());
    prop_oneof![
        user().prop_map(Command::User),
        password.prop_map(|octets| Command::Pass(Password::new(octets).unwrap())),
        (user(), "[0-9a-f]{32}").prop_map(|(user, digits)| {
            let digits = digits.into_bytes().try_into().unwrap();
            Command::Apop(user, ApopDigest::new(digits).unwrap())
        }),
        ("[A-Za-z0-9_-]{1,20}", prop::option::of("[A-Za-z0-9+/]{1,40}={0,2}|=")).prop_map(
            |(mechanism, initial)| {
                let initial = initial.as_deref().map(Secret::from);
                let arguments = AuthArguments::new(&mechanism, initial.as_ref()).unwrap();
                Command::Auth(Some(arguments.into_owned()))
            }
        ),
        prop::option::of(number()).prop_map(Command::List),
        prop::option::of(number()).prop_map(Command::Uidl),
        tag().prop_map(|tag| Command::Lang(Some(LanguageRange::Tag(tag)))),
        number().prop_map(Command::Retr),
        (number(), any::<u64>()).prop_map(|(number, lines)| Command::Top(number, lines)),
        number().prop_map(Command::Dele),
        prop::sample::select(vec![
            Command::Auth(None),
            Command::Capa,
            Command::Stls,
            Command::Utf8,
            Command::Lang(None),
            Command::Lang(Some(LanguageRange::Preferred)),
            Command::Stat,
            Command::Rset,
            Command::Noop,
            Command::Quit,
        ]),
    ]
}

/// RFC 2449 3: parameters with one space between them.
fn words() -> impl Strategy<Value = Text<'static>> {
    let words = "([!-~é山]{1,9}( [!-~é山]{1,9}){0,3})?";
    words.prop_map(|words| Text::new(words.into_bytes()).unwrap())
}

fn capability() -> impl Strategy<Value = Capability<'static>> {
    prop_oneof![
        prop::sample::select(vec![
            Capability::Top,
            Capability::User,
            Capability::RespCodes,
            Capability::Pipelining,
            Capability::Uidl,
            Capability::Stls,
            Capability::AuthRespCode,
            Capability::Utf8 { names: false },
            Capability::Utf8 { names: true },
            Capability::Lang,
        ]),
        words().prop_map(Capability::Sasl),
        words().prop_map(Capability::Implementation),
        (any::<u32>(), any::<bool>())
            .prop_map(|(seconds, per_user)| Capability::LoginDelay { seconds, per_user }),
        (any::<u32>(), any::<bool>())
            .prop_map(|(days, per_user)| Capability::Expire { days: Some(days), per_user }),
        Just(Capability::Expire { days: None, per_user: false }),
        "X-[A-Z]{1,9}( [!-~]{1,9}){0,3}"
            .prop_map(|line| Capability::Other(Text::new(line.into_bytes()).unwrap())),
    ]
}

proptest! {
    #[test]
    fn ok_commands(command in command()) {
        let mut wire = Vec::new();
        encode::command(&command, &mut wire);
        prop_assert_eq!(parse::command(line(&wire), Profile::COMPAT, &mut Defects::new()), Ok(command));
    }

    #[test]
    fn ok_capabilities(capability in capability()) {
        let mut wire = Vec::new();
        encode::capability(&capability, &mut wire);
        prop_assert_eq!(parse::capability(line(&wire), Profile::COMPAT, &mut Defects::new()), Ok(capability));
    }

    #[test]
    fn ok_responses(yes: bool, code in prop::option::of("[!-.0-Z^-~]{1,9}(/[!-.0-Z^-~]{1,9})?"), text in octets()) {
        let known = code.as_ref().map(|code| ResponseCode::new(code.as_bytes()).unwrap());
        let response = if yes { Response::ok(&text) } else { Response::err(known, &text) }.unwrap();
        let mut wire = Vec::new();
        encode::response(&response, &mut wire);
        // Text that is not UTF-8 is, and a blank in front of it belongs to it.
        let profile = Profile::COMPAT.refusing(Deviation::ExtraSpace);
        let back = parse::response(line(&wire), profile, &mut Defects::new()).unwrap();
        prop_assert_eq!(&back, &response);
        if let (false, Some(known)) = (yes, known) {
            prop_assert_eq!((back.code(), back.text()), (Some(known), &text[..]));
        }
    }

    #[test]
    fn ok_listings(number in number(), octets: u64, messages: u32, id in "[!-~]{1,70}") {
        let mut wire = Vec::new();
        let scan = ScanListing::new(number, octets);
        encode::scan_listing(scan, &mut wire);
        prop_assert_eq!(parse::scan_listing(line(&wire), Profile::STRICT, &mut Defects::new()), Ok(scan));
        wire.clear();
        let drop = DropListing::new(messages, octets);
        encode::drop_listing(drop, &mut wire);
        prop_assert_eq!(parse::drop_listing(line(&wire), Profile::STRICT, &mut Defects::new()), Ok(drop));
        wire.clear();
        let listing = UniqueIdListing::new(number, UniqueId::new(id).unwrap());
        encode::unique_id_listing(&listing, &mut wire);
        prop_assert_eq!(parse::unique_id_listing(line(&wire), Profile::STRICT, &mut Defects::new()), Ok(listing));
    }

    #[test]
    fn ok_languages(tag in tag(), name in "[ -~é山]{0,30}") {
        let listing = LanguageListing::new(tag, &name).unwrap();
        let mut wire = Vec::new();
        encode::language_listing(&listing, &mut wire);
        prop_assert_eq!(parse::language_listing(line(&wire)), Ok(listing.clone()));
    }

    #[test]
    fn ok_timestamps(timestamp in "<[a-z0-9]{1,9}(\\.[a-z0-9]{1,9}){0,3}@[a-z]{1,9}(\\.[a-z]{1,9}){0,3}>", before in "[!-;=-~ ]{0,30}") {
        let expected = Timestamp::new(&timestamp).unwrap();
        let greeting = format!("{before}{timestamp} ready");
        prop_assert_eq!(Timestamp::find(greeting.as_bytes()), Some(expected));
    }

    /// Whatever octets come, they parse to something that encodes, or to an error inside of them.
    #[test]
    fn ok_any_octets(junk in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "(USER|PASS|APOP|TOP|LIST|RETR|\\+OK|-ERR|[0-9]+|LOGIN-DELAY|EXPIRE|SASL|UTF8)[ \t\\r\\[\\]0-9a-z/.:-]{0,20}".prop_map(String::into_bytes),
    ]) {
        match parse::command(&junk, Profile::COMPAT, &mut Defects::new()) {
            Ok(command) => {
                let mut wire = Vec::new();
                encode::command(&command, &mut wire);
                prop_assert_eq!(parse::command(line(&wire), Profile::COMPAT, &mut Defects::new()), Ok(command));
            }
            Err(error) => prop_assert!(error.offset() <= junk.len()),
        }
        for profile in [Profile::STRICT, Profile::COMPAT] {
            any_line(&junk, profile)?;
        }
    }
}

/// What is read of a line, whatever is tolerated in it, is read again of what is written of it.
fn any_line(junk: &[u8], profile: Profile) -> Result<(), TestCaseError> {
    let mut defects = Defects::new();
    match parse::response(junk, profile, &mut defects) {
        Ok(response) => {
            let mut wire = Vec::new();
            encode::response(&response, &mut wire);
            let back = parse::response(line(&wire), profile, &mut Defects::new());
            prop_assert_eq!(back, Ok(response));
        }
        Err(error) => prop_assert!(error.offset() <= junk.len()),
    }
    let mut defects = Defects::new();
    if let Ok(capability) = parse::capability(junk, profile, &mut defects)
        && !defects.iter().any(|one| one.deviation() == Deviation::ControlInResponse)
    {
        let mut wire = Vec::new();
        encode::capability(&capability, &mut wire);
        let line = line(&wire);
        let line = line.strip_prefix(b".").filter(|it| it.starts_with(b".")).unwrap_or(line);
        let back = parse::capability(line, profile, &mut Defects::new());
        prop_assert_eq!(back, Ok(capability));
    }
    let mut defects = Defects::new();
    if let Ok(listing) = parse::unique_id_listing(junk, profile, &mut defects) {
        let mut wire = Vec::new();
        encode::unique_id_listing(&listing, &mut wire);
        let back = parse::unique_id_listing(line(&wire), profile, &mut Defects::new());
        prop_assert_eq!(back, Ok(listing));
    }
    let mut defects = Defects::new();
    if let Ok(listing) = parse::scan_listing(junk, profile, &mut defects) {
        let is_odd = defects.iter().any(|one| one.deviation() == Deviation::UnknownSize);
        prop_assert_eq!(listing.octets().is_none(), is_odd);
        if !is_odd {
            let mut wire = Vec::new();
            encode::scan_listing(listing, &mut wire);
            let back = parse::scan_listing(line(&wire), profile, &mut Defects::new());
            prop_assert_eq!(back, Ok(listing));
        }
    }
    let read = parse::drop_listing(junk, profile, &mut Defects::new());
    prop_assert!(read.is_ok() || read.is_err_and(|error| error.offset() <= junk.len()));
    let _ = Timestamp::find(junk);
    Ok(())
}
