//! Lines seen in the wild: each has its verdict, strict and compatible, and each family is met again
//! with lines of our own.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::{collections::BTreeMap, path::PathBuf};

use bytes::BytesMut;
use mail_errors::Reply;
use smtp_proto::{
    Capabilities, Command, CommandFault, Defects, Deviation, Extension, Profile, ReplyReader, parse,
};

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// It is read, and these deviations are reported.
    Read(Vec<Deviation>),
    /// It is refused with this code.
    Refused(u16),
    /// It is no reply.
    NoReply,
    /// More is waited for.
    Waits,
}

use Deviation::*;
use Verdict::*;

fn as_read(deviations: &[Deviation]) -> Verdict {
    Read(deviations.to_vec())
}

/// What the parser makes of a command line, with what nothing but SIZE, 8BITMIME and AUTH offers.
fn of_command(line: &[u8], profile: Profile) -> Verdict {
    let mut defects = Defects::new();
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let command = match parse::command(line, profile, &mut defects) {
        Ok(command) => command,
        Err(error) => return Refused(error.reply().code().get()),
    };
    let offered = offered(&["SIZE", "8BITMIME"]);
    let checked = match &command {
        Command::Mail { params, .. } => params.check(&offered, profile, &mut defects),
        Command::Rcpt { to, .. } if !to.is_ascii() => Err(CommandFault::Utf8NotAnnounced),
        Command::Rcpt { params, .. } => params.check(&offered, profile, &mut defects),
        _ => Ok(()),
    };
    match checked {
        Err(fault) => Refused(fault.code().get()),
        Ok(()) => Read(defects.iter().map(|one| one.deviation()).collect()),
    }
}

fn offered(lines: &[&str]) -> Capabilities {
    let all = ["mx.example.com"].iter().chain(lines);
    Capabilities::read(&Reply::multiline(mail_errors::ReplyCode::OK, None, all).unwrap())
}

/// What the reader makes of a reply, cut into octets.
fn of_reply(wire: &[u8], profile: Profile) -> (Verdict, Vec<Reply>) {
    let mut reader = ReplyReader::new(profile, 4096, 65_536);
    let (mut input, mut met, mut replies) = (BytesMut::new(), Vec::new(), Vec::new());
    for octet in wire {
        input.extend_from_slice(&[*octet]);
        match reader.next(&mut input) {
            Ok(smtp_proto::Read::Starved) => {}
            Ok(smtp_proto::Read::Reply(reply, defects)) => {
                met.extend(defects.iter().map(|one| one.deviation()));
                replies.push(reply);
            }
            Err(_) => return (NoReply, replies),
        }
    }
    let waits = reader.is_within_reply() || !input.is_empty();
    (if waits { Waits } else { Read(met) }, replies)
}

/// Line, verdict under `STRICT`, verdict under `COMPAT`.
type Row = (&'static [u8], Verdict, Verdict);

fn same(line: &'static [u8], verdict: Verdict) -> Row {
    (line, verdict.clone(), verdict)
}

fn tolerated(line: &'static [u8], strict: u16, deviations: &[Deviation]) -> Row {
    (line, Refused(strict), as_read(deviations))
}

/// The commands of the collection, and others of their families.
fn commands() -> Vec<Row> {
    let no_loss = "RCPT TO:<\u{140}\u{140}@example.com>\r\n".as_bytes();
    vec![
        // Blanks where none belong.
        tolerated(b"MAIL FROM:\t<user@host>\r\n", 501, &[SpaceAroundColon]),
        tolerated(b"MAIL  FROM : <>\r\n", 501, &[SpaceAroundColon, ExtraSpace]),
        tolerated(b"MAIL FROM:  <sender@example.com>\r\n", 501, &[SpaceAroundColon]),
        tolerated(b"RCPT TO: <a@b>\r\n", 501, &[SpaceAroundColon]),
        tolerated(b"rcpt\tto:<a@b>\r\n", 501, &[ExtraSpace]),
        tolerated(b"MAIL FROM:<a@b>  SIZE=1\r\n", 501, &[ExtraSpace]),
        tolerated(b"EHLO  example.com\r\n", 501, &[ExtraSpace]),
        tolerated(b"MAIL FROM:< a@b>\r\n", 501, &[ExtraSpace]),
        tolerated(b"RCPT TO:<a@b\t>\r\n", 501, &[ExtraSpace]),
        tolerated(b"MAIL FROM:< >\r\n", 501, &[ExtraSpace]),
        same(b"RCPT TO:< >\r\n", Refused(501)),
        same(b"RCPT TO:<a @b>\r\n", Refused(501)),
        tolerated(b"AUTH PLAIN  AHUAcA==\r\n", 501, &[ExtraSpace]),
        same(b"RSET \r\n", as_read(&[TrailingSpace])),
        same(b"MAIL FROM:<a@b> \t\r\n", as_read(&[TrailingSpace])),
        // Brackets.
        tolerated(b"MAIL FROM:alice@example.com\r\n", 501, &[MissingBrackets]),
        tolerated(b"RCPT TO:\"a b\"@example.com\r\n", 501, &[MissingBrackets]),
        same(b"MAIL FROM:a@b@c\r\n", Refused(501)),
        same(b"MAIL FROM:a b@c\r\n", Refused(501)),
        same(b"RCPT TO:alice\r\n", Refused(501)),
        tolerated(b"RCPT TO:Postmaster\r\n", 501, &[MissingBrackets]),
        same(b"RCPT TO:postmasters\r\n", Refused(501)),
        same(b"MAIL FROM:postmaster\r\n", Refused(501)),
        same(b"MAIL FROM:\r\n", Refused(501)),
        same(b"MAIL FROM:a@b>\r\n", Refused(501)),
        same(b"RCPT TO:<fred@fish@host.com\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b.com>>>\r\n", Refused(501)),
        same(b"MAIL FROM:<<a@b>>\r\n", Refused(501)),
        same(b"MAIL FROM john@gmail.com\r\n", Refused(501)),
        // Parameters.
        same(b"RCPT TO:<r86x-ray@emailitin.com> state=1\r\n", Refused(555)),
        (b"MAIL FROM: <john@gmail.com> SIZE147\r\n", Refused(501), Refused(555)),
        same(b"MAIL FROM:<john@gmail.com> SIZE147\r\n", Refused(555)),
        same(b"MAIL FROM:<john@gmail.com> SIZE=147KB\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> SIZE=-1\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> SIZE=1 SIZE=1\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> BODY=BINARYMIME\r\n", Refused(504)),
        same(b"MAIL FROM:<a@b> BODY=9BIT\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> REQUIRETLS\r\n", Refused(555)),
        same(b"MAIL FROM:<a@b> REQUIRETLS=1\r\n", Refused(501)),
        tolerated(
            b"MAIL FROM:<bounces@onmicrosoft.com> SIZE=4096 AUTH=<>\r\n",
            555,
            &[UnofferedAuth],
        ),
        tolerated(b"MAIL FROM:<user@contoso.com> SIZE=31334 AUTH=<>\r\n", 555, &[UnofferedAuth]),
        same(b"MAIL FROM:<a@b> AUTH=c@d\r\n", Refused(555)),
        same(b"MAIL FROM:<a@b> AUTH=c\r\n", Refused(501)),
        tolerated(b"MAIL FROM:<a@domain.com> RET=HDRS\r\n", 555, &[UnofferedDsn]),
        tolerated(b"RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a@b\r\n", 555, &[UnofferedDsn]),
        same(b"RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS\r\n", Refused(501)),
        same(b"RCPT TO:<a@b.example> NOTIFY=SUCCESS,NEVER\r\n", Refused(501)),
        same(b"RCPT TO:<a@b.example> NOTIFY=\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> RET=SOME\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b.example> BY=-1;RT\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b.example> BY=0;R\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b.example> BY=-1;N\r\n", Refused(555)),
        same(b"MAIL FROM:<a@b.example> BY=1000000000;N\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> HOLDFOR=0\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> HOLDFOR=1 HOLDUNTIL=2030-01-01T00:00:00Z\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> HOLDUNTIL=2030-02-30T00:00:00Z\r\n", Refused(501)),
        same(b"MAIL FROM:<a@b> MT-PRIORITY=10\r\n", Refused(501)),
        // Local parts.
        same(b"MAIL FROM:<host!host!user/data@foo.com>\r\n", as_read(&[])),
        same(b"RCPT TO:<foo%psres.net@example.com>\r\n", as_read(&[])),
        same(b"MAIL FROM:<user\\@internal@external.com>\r\n", Refused(501)),
        same(b"MAIL FROM:<first last@gmail.com>\r\n", Refused(501)),
        same(b"RCPT TO:<\"a@evil.example\"@good.example>\r\n", as_read(&[])),
        tolerated(b"MAIL FROM:<ilo.@example.com>\r\n", 501, &[LooseDots]),
        tolerated(b"RCPT TO:<taro..yamada.@docomo.ne.jp>\r\n", 501, &[LooseDots]),
        tolerated(b"RCPT TO:<.a@docomo.ne.jp>\r\n", 501, &[LooseDots]),
        same(b"RCPT TO:<@good.example:user@evil.example>\r\n", as_read(&[SourceRoute])),
        same(b"RCPT TO:<@a.example,@b.example:c@d>\r\n", as_read(&[SourceRoute])),
        tolerated(b"RCPT TO:<a@b_c.example>\r\n", 501, &[UnderscoreInDomain]),
        tolerated(b"RCPT TO:<a@[2001:db8::1]>\r\n", 501, &[UntaggedIpv6]),
        // Octets of 0x80 and above, and controls.
        same(b"MAIL FROM:<f\xc3\xb6\xc3\xa4@\xc3\xb6\xc3>\r\n", Refused(501)),
        same(b"MAIL FROM:<anne\xff@example.com>\r\n", Refused(501)),
        (b"MAIL FROM: <anne\xff@example.com>\r\n", Refused(501), Refused(501)),
        same(
            "MAIL FROM:<\u{5b6b}\u{5b50}@\u{e1}\u{e9}\u{ed}\u{f3}\u{fa}.org>\r\n".as_bytes(),
            Refused(553),
        ),
        same("MAIL FROM:<\u{5b6b}@\u{e1}.org> SMTPUTF8\r\n".as_bytes(), Refused(555)),
        same(b"RCPT TO:<user\0@example.com>\r\n", Refused(501)),
        same("RCPT TO:<user@exam\u{200b}ple.com>\r\n".as_bytes(), Refused(553)),
        same("RCPT TO:<user@example\u{ff0e}com>\r\n".as_bytes(), Refused(553)),
        same("RCPT TO:<user@\u{202e}moc.example>\r\n".as_bytes(), Refused(553)),
        same(no_loss, Refused(553)),
        same(b"RSET\rQUIT\r\n", Refused(500)),
        same(b"MAIL FROM:<a@b>\rRCPT TO:<c@d>\r\n", Refused(500)),
        same(b"RCPT TO:<a@b\nDATA>\r\n", Refused(500)),
        // Names in EHLO.
        (b"HELO \r\n", Refused(501), as_read(&[TrailingSpace, EmptyHelloName])),
        tolerated(b"EHLO\r\n", 501, &[EmptyHelloName]),
        same(b"EHLO User\r\n", as_read(&[])),
        same(b"EHLO 7kO2OrE\r\n", as_read(&[])),
        same(b"EHLO 127.0.0.1\r\n", as_read(&[])),
        tolerated(b"EHLO [2001:db8::1]\r\n", 501, &[UntaggedIpv6]),
        tolerated(b"EHLO _\r\n", 501, &[UnderscoreInDomain]),
        tolerated(b"EHLO -x-\r\n", 501, &[LooseHelloName]),
        tolerated(b"EHLO my laptop\r\n", 501, &[MoreThanHelloName]),
        tolerated(b"HELO the big server\r\n", 501, &[MoreThanHelloName]),
        // Arguments.
        same(b"AUTH=LOGIN\r\n", Refused(500)),
        same(b"AUTH EXTERNAL =\r\n", as_read(&[])),
        same(b"DATA FOOBAR\r\n", Refused(501)),
        same(b"STARTTLS now\r\n", Refused(501)),
        tolerated(b"QUIT oops\r\n", 501, &[StrayArgument]),
        tolerated(b"RSET all\r\n", 501, &[StrayArgument]),
        same(b"BDAT 123LAST\r\n", Refused(501)),
        same(b"BDAT 18446744073709551616 LAST\r\n", Refused(501)),
        same(b"BDAT -1\r\n", Refused(501)),
        same(b"BDAT 12 LASTLY\r\n", Refused(501)),
        same(b"BDAT\r\n", Refused(501)),
        same(b"BDAT 0 last\r\n", as_read(&[])),
        // Other protocols: no command, and who serves may say goodbye.
        same(b"GET / HTTP/1.1\r\n", Refused(500)),
        same(b"CONNECT mx.example.com:25 HTTP/1.0\r\n", Refused(500)),
        same(b"PROXY TCP4 192.0.2.1 192.0.2.2 42273 25\r\n", Refused(500)),
    ]
}

/// The replies of the collection, and others of their families.
fn replies() -> Vec<Row> {
    let strictly_none =
        |line, deviations: &[Deviation]| -> Row { (line, NoReply, as_read(deviations)) };
    vec![
        same(b"334\r\n", as_read(&[ReplyWithoutText])),
        same(b"334 \r\n", as_read(&[])),
        same(b"250-first\r\n250\r\n", as_read(&[ReplyWithoutText])),
        same(b"220 \r\n", as_read(&[ReplyWithoutText])),
        same(
            b"220-coney.arvixe.com ESMTP Exim 4.86_1 #1 Thu, 03 Mar 2016 12:19:59 -0800 \r\n220-We do not authorize the use of this system to transport unsolicited, \r\n220 and/or bulk e-mail.\r\n",
            as_read(&[]),
        ),
        same(b"220-*\r\n220 *\r\n", as_read(&[MaskedBanner])),
        same(b"220 ****************************************0*2******0***********************2002*******2***0*00\r\n", as_read(&[MaskedBanner])),
        same(b"220 2002\r\n", as_read(&[])),
        same(b"250-PIPE_CONNECT\r\n", Waits),
        same(b"250-X-EXPS LOGIN PLAIN\r\n", Waits),
        same(b"250-FUTURERELEASE 604800 1777527456\r\n", Waits),
        same(b"250 STARTTLS\r\n", as_read(&[])),
        same(b"250-size 52428800\r\n250-auth login plain\r\n", Waits),
        same(b"334 VXNlciBOYW1lAA==\r\n", as_read(&[])),
        strictly_none(b"535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc\xa1\xa3\xcf\xea\xc7\xe9\xc7\xeb\xbf\xb4: http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256\r\n", &[NonUtf8Reply]),
        strictly_none(b"550 black ip. (\xb7\xa2\xd0\xc5IP\xb1\xbb\xbd\xfb\xd6\xb9)\r\n", &[NonUtf8Reply]),
        same("550 f\u{fc}r niemanden\r\n".as_bytes(), as_read(&[])),
        same(b"611\r\n", as_read(&[ReplyWithoutText])),
        same(b"571 5.7.1 Delivery not authorized, message refused\r\n", as_read(&[])),
        same(b"498 4.4.4 No MX for domain\r\n", as_read(&[])),
        same(b"199 no hello for you!\r\n", as_read(&[])),
        same(b"2500 OK\r\n", NoReply),
        same(b"25 OK\r\n", NoReply),
        same(b"250_OK\r\n", NoReply),
        same(b"hello\r\n", NoReply),
        same(b"550-5.7.1 [145.239.80.210      12] Our system has detected that this message is\r\n550-5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail,\r\n550 5.7.1 this message has been blocked. w28si1688632wra.157 - gsmtp\r\n", as_read(&[])),
        same(b"550-5.1.1 first\r\n550 second without enhanced\r\n", as_read(&[])),
        same(b"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)\r\n", as_read(&[])),
        same(b"550 #5.1.0 Address rejected.\r\n", as_read(&[])),
        same(b"250 OK\r", Waits),
        same(b"454 currently unavailable\r\n235 Authenticated\r\n250 2.1.0 Sender ok\r\n250 2.1.5 Recipient ok\r\n354 Enter mail\r\n250 2.0.0 Accepted\r\n", as_read(&[])),
        same(b"421 4.4.2 mx.example.com Error: timeout exceeded\r\n", as_read(&[])),
        same(b"503 5.5.1 EHLO after AUTH not permitted\r\n", as_read(&[])),
        same(b"354 go ahead\r\n", as_read(&[])),
        same(b"550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n550-5.1.1 double-checking the recipient's email address for typos or\r\n550-5.1.1 unnecessary spaces. Learn more at\r\n550 5.1.1  https://support.google.com/mail/?p=NoSuchUser d2e1a72fcca58-6e8f - gsmtp\r\n", as_read(&[])),
        same(b"250-2.0.0 <a@x> saved\r\n250 2.0.0 ok\r\n", as_read(&[])),
        same(b"250 2.0.0 <a@x.example> Saved\r\n552 5.2.2 <b@x.example> Quota exceeded\r\n", as_read(&[])),
        strictly_none(b"250-a\r\n451 b\r\n", &[MixedCodes]),
        strictly_none(b"250 ok\n", &[BareNewlineInReply]),
        strictly_none(b"250-a\n250 ok\r\n", &[BareNewlineInReply]),
        strictly_none(b"250 a\0b\r\n", &[ControlInReply]),
        strictly_none(b"250 a\rb\r\n", &[ControlInReply]),
    ]
}

/// What stands within a message, or ends in LF: for the sessions, whose tests send it.
const OF_SESSIONS: [&[u8]; 5] =
    [b"\r\n.\n", b"\r.\r\n", b"\r\n.\r\r\n", b".\r\n", b"MAIL FROM:<a@b.example>\n"];

#[test]
fn each_command_has_its_verdict() {
    for (line, strict, compat) in commands() {
        let shown = line.escape_ascii().to_string();
        assert_eq!(of_command(line, Profile::STRICT), strict, "strict: {shown}");
        assert_eq!(of_command(line, Profile::COMPAT), compat, "compatible: {shown}");
    }
}

#[test]
fn each_reply_has_its_verdict() {
    for (line, strict, compat) in replies() {
        let shown = line.escape_ascii().to_string();
        assert_eq!(of_reply(line, Profile::STRICT).0, strict, "strict: {shown}");
        assert_eq!(of_reply(line, Profile::COMPAT).0, compat, "compatible: {shown}");
    }
}

/// Each deviation that a row reports is what lets it pass: without it the line is refused.
#[test]
fn each_deviation_is_a_switch_of_its_own() {
    for (line, strict, compat) in commands() {
        let (Refused(_), Read(deviations)) = (strict, compat) else { continue };
        for one in deviations.into_iter().filter(|one| !Profile::STRICT.tolerates(*one)) {
            let verdict = of_command(line, Profile::COMPAT.refusing(one));
            // A name that is no domain is let pass by another switch.
            let other = Read(vec![LooseHelloName]);
            assert!(matches!(verdict, Refused(_)) || verdict == other, "{one:?}: {line:?}");
        }
    }
}

#[test]
fn every_line_of_the_collection_is_in_a_table() {
    let Some(suites) = std::env::var_os("MAIL_SUITES") else {
        return println!("skipped: MAIL_SUITES");
    };
    let path = PathBuf::from(suites).join("../data/smtp_quirks.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let known: BTreeMap<Vec<u8>, ()> = commands()
        .into_iter()
        .chain(replies())
        .map(|(line, ..)| (line.to_vec(), ()))
        .chain(OF_SESSIONS.iter().map(|line| (line.to_vec(), ())))
        .collect();
    let mut count = 0;
    for row in text.lines().filter(|row| !row.contains("\"proto\": \"pop3\"")) {
        let line = octets(row);
        assert!(known.contains_key(&line), "not in a table: {}", line.escape_ascii());
        count += 1;
    }
    assert!(count > 80, "{count} lines");
}

/// The member `line` of an object of JSON, one octet a character.
fn octets(row: &str) -> Vec<u8> {
    let (_, rest) = row.split_once("\"line\": \"").unwrap();
    let mut characters = rest.chars();
    let mut line = Vec::new();
    loop {
        match characters.next().unwrap() {
            '"' => return line,
            '\\' => line.push(match characters.next().unwrap() {
                'r' => b'\r',
                'n' => b'\n',
                't' => b'\t',
                'u' => {
                    let hex: String = characters.by_ref().take(4).collect();
                    u8::from_str_radix(&hex, 16).unwrap()
                }
                other => u8::try_from(other).unwrap(),
            }),
            other => line.push(u8::try_from(other).unwrap()),
        }
    }
}

#[test]
fn ok_what_is_meant_survives() {
    let path = |line: &[u8]| match Command::parse(line) {
        Ok(Command::Rcpt { to, .. }) => to.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(path(b"RCPT TO:<@good.example:user@evil.example>"), "<user@evil.example>");
    assert_eq!(path(b"RCPT TO:taro..y.@docomo.ne.jp"), "<taro..y.@docomo.ne.jp>");
    let quoted = "<\"a@evil.example\"@good.example>";
    assert_eq!(path(format!("RCPT TO:{quoted}").as_bytes()), quoted);
    let Ok(Command::Ehlo(name)) = Command::parse(b"EHLO my laptop") else { panic!() };
    assert_eq!(name.as_str(), "my");
    let Err(error) = Command::parse(b"BDAT 123LAST") else { panic!() };
    assert!(error.fault().loses_place());
}

#[test]
fn ok_lists_of_extensions_keep_what_can_be_read() {
    let (_, replies) = of_reply(
        b"250-mx\r\n250-PIPE_CONNECT\r\n250-X-EXPS LOGIN PLAIN\r\n250-FUTURERELEASE 604800 1777527456\r\n\
          250-size 52428800\r\n250-auth login plain\r\n250-AUTH=LOGIN\r\n250 STARTTLS\r\n",
        Profile::COMPAT,
    );
    let offered = Capabilities::read(&replies[0]);
    for extension in
        [Extension::FutureRelease, Extension::Size, Extension::Auth, Extension::StartTls]
    {
        assert!(offered.offers(extension), "{extension}");
    }
    assert_eq!(offered.largest_message(), Some(52_428_800));
    assert_eq!(offered.mechanisms().collect::<Vec<_>>(), [&b"login"[..], b"plain", b"LOGIN"]);
    assert!(offered.has("X-EXPS"));
}

#[test]
fn ok_local_parts_that_are_too_long() {
    let line = format!("RCPT TO:<{}@example.com>", "x".repeat(65));
    assert_eq!(of_command(line.as_bytes(), Profile::STRICT), Refused(501));
    assert_eq!(of_command(line.as_bytes(), Profile::COMPAT), as_read(&[LongLocalPart]));
}
