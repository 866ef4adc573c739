//! Command lines: what each profile reads, refuses and reports.

#![allow(clippy::unwrap_used)]

use mail_errors::{Reply, ReplyCode};
use smtp_proto::{
    BodyType, Capabilities, Command, CommandFault, Defects, Deviation, MailParams, Offer, Profile,
    RawOffer, Verb, encode, parse,
};

fn read(line: &str, profile: Profile) -> Result<String, (usize, &'static str)> {
    let command = parse::command(line.as_bytes(), profile, &mut Defects::new());
    let command = command.map_err(|error| (error.offset(), error.expected()))?;
    let mut out = Vec::new();
    encode::command(&command, &mut out);
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn ok_commands_of_the_rfc_in_any_case() {
    for line in [
        "EHLO client.example.com",
        "HELO [192.0.2.1]",
        "MAIL FROM:<>",
        "MAIL FROM:<a@b> SIZE=100 BODY=8BITMIME X-NEW",
        "RCPT TO:<Postmaster>",
        "RCPT TO:<a@b> NOTIFY=NEVER",
        "DATA",
        "RSET",
        "NOOP",
        "NOOP anything at all",
        "VRFY Fred Bloggs",
        "EXPN staff",
        "HELP",
        "HELP MAIL",
        "QUIT",
        "STARTTLS",
        "AUTH PLAIN",
        "AUTH PLAIN AHRpbQB0YW5zdGFhZg==",
        "AUTH EXTERNAL =",
    ] {
        assert_eq!(read(line, Profile::STRICT), Ok(format!("{line}\r\n")));
        let (word, rest) = line.split_at(4);
        let lower = format!("{}{rest}", word.to_lowercase());
        assert_eq!(read(&lower, Profile::STRICT), Ok(format!("{line}\r\n")));
    }
}

#[test]
fn err_says_where_a_command_is_wrong() {
    for (line, offset, expected) in [
        ("", 0, "a command"),
        ("XYZZY", 0, "a command"),
        ("MAILFROM:<a@b>", 0, "a command"),
        ("AUTH=LOGIN", 0, "a command"),
        (" NOOP", 0, "a command"),
        ("LHLO a\0b", 6, "end of line"),
        ("DATA FOOBAR", 4, "end of line"),
        ("MAIL", 4, "a blank"),
        ("MAIL TO:<a@b>", 5, "FROM"),
        ("MAIL FROM <a@b>", 10, "\":\""),
        ("MAIL FROM:", 10, "\"<\""),
        ("MAIL FROM:<a@b", 14, "\">\""),
        ("MAIL FROM:<a@b>X", 15, "a blank"),
        ("MAIL FROM:<a@b> =1", 16, "a parameter's name"),
        ("MAIL FROM:<a@b> -A", 16, "a letter or digit"),
        ("MAIL FROM:<a@b> SIZE=", 21, "a parameter's value"),
        ("MAIL FROM:<a@b> A=b=c", 19, "a blank"),
        ("RCPT TO:<>", 9, "a local part"),
        ("RCPT TO:<fred@fish@host.com", 18, "\">\""),
        ("NOOP \u{e9}", 5, "printable text"),
        ("MAIL FROM:<a@b>\0", 15, "a blank"),
        ("MAIL FROM:<a@b>\rRCPT TO:<c@d>", 15, "a blank"),
        ("AUTH", 4, "a blank"),
        ("AUTH PLAIN a\u{e9}", 12, "end of line"),
    ] {
        assert_eq!(read(line, Profile::COMPAT), Err((offset, expected)), "{line:?}");
    }
}

#[test]
fn tolerates_and_reports_what_real_clients_send() {
    use Deviation::*;
    for (line, defects, encoded) in [
        ("MAIL FROM: <a@b>", &[(SpaceAroundColon, 10)][..], "MAIL FROM:<a@b>"),
        ("MAIL  FROM :\t<>", &[(SpaceAroundColon, 10), (ExtraSpace, 4)], "MAIL FROM:<>"),
        ("RCPT TO:a@b", &[(MissingBrackets, 8)], "RCPT TO:<a@b>"),
        ("RCPT TO:<a..b@c>", &[(LooseDots, 10)], "RCPT TO:<a..b@c>"),
        ("RCPT TO:<.a@c>", &[(LooseDots, 9)], "RCPT TO:<.a@c>"),
        ("RCPT TO:<a@b_c>", &[(UnderscoreInDomain, 12)], "RCPT TO:<a@b_c>"),
        ("EHLO my+laptop", &[(LooseHelloName, 5)], "EHLO my+laptop"),
        ("RCPT TO:<a@[2001:db8::1]>", &[(UntaggedIpv6, 12)], "RCPT TO:<a@[IPv6:2001:db8::1]>"),
        ("AUTH PLAIN  AHUAcA==", &[(ExtraSpace, 10)], "AUTH PLAIN AHUAcA=="),
    ] {
        let mut found = Defects::new();
        let command = parse::command(line.as_bytes(), Profile::COMPAT, &mut found).unwrap();
        let mut out = Vec::new();
        encode::command(&command, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{encoded}\r\n"));
        let found: Vec<_> = found.iter().map(|one| (one.deviation(), one.offset())).collect();
        assert_eq!(found, defects, "{line}");
        // Each of them alone is enough to refuse the line.
        for (deviation, _) in defects {
            assert!(read(line, Profile::COMPAT.refusing(*deviation)).is_err(), "{line}");
        }
    }
}

#[test]
fn ok_trailing_blanks_under_every_profile() {
    let mut defects = Defects::new();
    let quit = parse::command(b"QUIT \t", Profile::STRICT, &mut defects);
    assert_eq!(quit, Ok(Command::Quit));
    assert_eq!(
        defects.iter().next().unwrap().to_string(),
        "blank at the end of the line at offset 4"
    );
    assert!(read("QUIT ", Profile::STRICT.refusing(Deviation::TrailingSpace)).is_err());
}

#[test]
fn err_long_local_part_unless_tolerated() {
    let line = |local: usize| format!("RCPT TO:<{}@example.com>", "x".repeat(local));
    assert!(read(&line(64), Profile::STRICT).is_ok());
    assert_eq!(read(&line(65), Profile::STRICT), Err((9, "a local part of at most 64 octets")));
    assert!(read(&line(242), Profile::COMPAT).is_ok());
    assert_eq!(read(&line(243), Profile::COMPAT), Err((9, "a path of at most 256 octets")));
}

#[test]
fn reads_parameters() {
    let params = |rest: &str| {
        let line = format!("MAIL FROM:<> {rest}");
        match Command::parse(line.as_bytes()) {
            Ok(Command::Mail { params, .. }) => Ok((params.size(), params.body())),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.fault()),
        }
    };
    assert_eq!(params("body=8bitmime SIZE=0"), Ok((Some(0), BodyType::EightBitMime)));
    assert_eq!(params("SIZE=1 AUTH=<>"), Ok((Some(1), BodyType::SevenBit)));
    assert_eq!(params("SIZE147"), Ok((None, BodyType::SevenBit)));
    for rest in ["SIZE=147KB", "SIZE", "SIZE=18446744073709551616", "BODY=9BIT"] {
        assert_eq!(params(rest), Err(CommandFault::BadValue), "{rest}");
    }
    assert_eq!(params("SIZE=1 size=2"), Err(CommandFault::Repeated));
}

/// RFC 2852 4, RFC 4865 4 and 5, RFC 3865 2: known before anything is sent.
#[test]
fn err_parameters_that_an_offer_excludes() {
    let offered =
        ["DELIVERBY 60", "FUTURERELEASE 3600 2030-01-01T00:00:00Z", "NO-SOLICITING a:ADV"];
    let lines = ["mx.example.com"].iter().chain(&offered);
    let reply = Reply::multiline(ReplyCode::OK, None, lines).unwrap();
    let offered = Capabilities::read(&reply);
    let check = |params: &str| {
        let params = match Command::parse(format!("MAIL FROM:<> {params}").as_bytes()) {
            Ok(Command::Mail { params, .. }) => {
                MailParams::check(&params, &offered, Profile::STRICT, &mut Defects::new())
            }
            other => panic!("{other:?}"),
        };
        params.map_err(|fault| (fault, fault.code().get()))
    };
    for good in
        ["BY=60;R", "BY=1;N", "HOLDFOR=3600", "HOLDUNTIL=2030-01-01T00:00:00Z", "SOLICIT=b:ADV"]
    {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, fault, code) in [
        ("BY=59;R", CommandFault::TooSoon, 555),
        ("HOLDFOR=3601", CommandFault::HeldTooLong, 501),
        ("HOLDUNTIL=2030-01-01T00:00:01Z", CommandFault::HeldTooLong, 501),
        ("SOLICIT=b:ADV,A:adv", CommandFault::Unsolicited, 550),
        ("RET=FULL", CommandFault::NotOffered, 555),
        ("BODY=BINARYMIME", CommandFault::NotOffered, 555),
        ("X=1", CommandFault::UnknownParameter, 555),
    ] {
        assert_eq!(check(bad), Err((fault, code)), "{bad}");
    }
}

/// A proxy offers what the server behind it does.
#[test]
fn ok_offers_can_be_kept() {
    let raw = RawOffer::parse("X-NEW 1").unwrap();
    let offered = Capabilities::new().with(Offer::Pipelining).with(Offer::Other(raw));
    let kept: Vec<Offer> = offered.iter().map(Offer::into_owned).collect();
    assert_eq!(kept.into_iter().fold(Capabilities::new(), Capabilities::with), offered);
}

#[test]
fn owned_command_is_one_copy_of_its_line() {
    let line = b"MAIL FROM:<alice@example.com> SIZE=1".to_vec();
    let owned = Command::parse(&line).unwrap();
    drop(line);
    let Command::Mail { from, params } = &owned else { panic!("{owned:?}") };
    let local = from.mailbox().unwrap().local().as_wire().as_ptr() as usize;
    assert_eq!(params.as_wire().as_ptr() as usize - local, "alice@example.com> ".len());
    assert_eq!(owned.verb(), Verb::Mail);
}

#[test]
fn prints_nothing_of_an_initial_response() {
    let command = Command::parse(b"AUTH PLAIN AHRpbQB0YW5zdGFhZg==").unwrap();
    assert_eq!(format!("{command:?}"), "Auth(PLAIN 20 octets)");
}
