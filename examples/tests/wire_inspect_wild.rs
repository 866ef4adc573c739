//! Lines from the wild, of the families that a profile has a name for: what `wire-inspect` reads of them
//! strictly, what it tolerates and how that is called, and what nobody can read.

use mail_examples::inspect::{Element, Inspection, Protocol, Speaker, Strictness};

/// Lines, and what is tolerated in them.
type Row = (&'static [u8], &'static [&'static str]);

fn inspect(speaker: Speaker, strictness: Strictness, octets: &[u8]) -> Vec<Element> {
    let mut seen = Vec::new();
    let mut tell = |element| {
        seen.push(element);
        Ok(())
    };
    let inspection = Inspection::new(Protocol::Smtp, speaker, strictness, &[]);
    let mut inspection = inspection.expect("nothing has gone before");
    inspection.feed(octets, &mut tell).expect("nothing fails");
    inspection.finish(&mut tell).expect("nothing fails");
    seen
}

fn is_read(speaker: Speaker, strictness: Strictness, octets: &[u8]) -> bool {
    inspect(speaker, strictness, octets).iter().all(Element::is_read)
}

fn check(speaker: Speaker, rows: &[Row], strictly: bool) {
    for &(octets, tolerated) in rows {
        let shown = octets.escape_ascii();
        assert_eq!(is_read(speaker, Strictness::Strict, octets), strictly, "strict: {shown}");
        let seen = inspect(speaker, Strictness::Tolerant, octets);
        assert!(seen.iter().all(Element::is_read), "tolerant: {shown}: {seen:?}");
        let defects: Vec<_> = seen.iter().flat_map(|element| &element.defects).collect();
        let names: Vec<_> = defects
            .iter()
            .map(|defect| defect.split_once(" at offset ").map_or(&***defect, |(name, _)| name))
            .collect();
        assert_eq!(names, tolerated, "{shown}");
    }
}

fn check_unread(speaker: Speaker, lines: &[&[u8]]) {
    for octets in lines {
        for strictness in [Strictness::Strict, Strictness::Tolerant] {
            let seen = inspect(speaker, strictness, octets);
            let shown = octets.escape_ascii();
            assert!(!seen.iter().all(Element::is_read), "{strictness:?}: {shown}: {seen:?}");
            let errors = seen.iter().filter_map(|element| element.error.as_ref());
            assert!(errors.count() > 0, "{strictness:?}: {shown}: {seen:?}");
        }
    }
}

#[test]
fn ok_commands_that_every_profile_reads() {
    check(Speaker::Client, COMMANDS, true);
}

#[test]
fn ok_commands_that_are_tolerated_by_name() {
    check(Speaker::Client, TOLERATED_COMMANDS, false);
}

#[test]
fn err_commands_of_which_nobody_knows_what_they_mean() {
    check_unread(Speaker::Client, UNREADABLE_COMMANDS);
}

#[test]
fn ok_replies_that_every_profile_reads() {
    check(Speaker::Server, REPLIES, true);
}

#[test]
fn ok_replies_that_are_tolerated_by_name() {
    check(Speaker::Server, TOLERATED_REPLIES, false);
}

#[test]
fn err_replies_that_are_none() {
    check_unread(Speaker::Server, UNREADABLE_REPLIES);
}

/// Within the grammar, or what RFC 5321 asks servers to tolerate.
const COMMANDS: &[Row] = &[
    (b"mail from:<a@b.example>\r\n", &[]),
    (b"MAIL FROM:<>\r\n", &[]),
    (b"MAIL FROM:<> SIZE=10\r\n", &[]),
    (b"RCPT TO:<postmaster>\r\n", &[]),
    (b"RCPT TO:<Postmaster>\r\n", &[]),
    (b"MAIL FROM:<root@localhost>\r\n", &[]),
    (b"MAIL FROM:<a@b>\r\n", &[]),
    (b"MAIL FROM:<-taro-@softbank.ne.jp>\r\n", &[]),
    (b"MAIL FROM:<_ta_ro_@docomo.ne.jp>\r\n", &[]),
    (b"RCPT TO:<taro/tel=0312345678@docomo.ne.jp>\r\n", &[]),
    (b"MAIL FROM:<a+b=c.example@list.example>\r\n", &[]),
    (b"MAIL FROM:<prvs=1234abcdef=user@b.example>\r\n", &[]),
    (b"MAIL FROM:<SRS0=abc=de=b.example=user@fwd.example>\r\n", &[]),
    (b"MAIL FROM:<\"john smith\"@b.example>\r\n", &[]),
    (b"MAIL FROM:<\"\"@b.example>\r\n", &[]),
    (b"MAIL FROM:<\"a\\\"b\"@b.example>\r\n", &[]),
    (b"MAIL FROM:<'a'@b.example>\r\n", &[]),
    (b"EHLO [192.0.2.1]\r\n", &[]),
    (b"EHLO [IPv6:2001:db8::1]\r\n", &[]),
    (b"EHLO [ipv6:2001:db8::1]\r\n", &[]),
    (b"EHLO [fe80::1%eth0]\r\n", &[]),
    (b"EHLO localhost.localdomain\r\n", &[]),
    (b"EHLO DESKTOP-ABC123\r\n", &[]),
    (b"EHLO host.example \r\n", &["blank at the end of the line"]),
    (b"helo x\r\n", &[]),
    (b"EHLO 1\r\n", &[]),
    (b"EHLO ylmf-pc\r\n", &[]),
    (b"RCPT TO:<a@[192.0.2.1]>\r\n", &[]),
    (b"RCPT TO:<a@192.0.2.1>\r\n", &[]),
    (b"RCPT TO:<a@[IPv6:2001:db8::1]>\r\n", &[]),
    (b"RCPT TO:<a@[ipv6:2001:db8::1]>\r\n", &[]),
    (b"RCPT TO:<a@[x-tag:foo]>\r\n", &[]),
    (b"MAIL FROM:<a@b.example> AUTH=<>\r\n", &[]),
    (b"MAIL FROM:<a@b.example> AUTH=a@b.example\r\n", &[]),
    (b"MAIL FROM:<a@b.example> AUTH=a+40b.example\r\n", &[]),
    (b"MAIL FROM:<a@b.example> auth=<>\r\n", &[]),
    (b"MAIL FROM:<a@b.example> SIZE=0\r\n", &[]),
    (b"MAIL FROM:<a@b.example> size=12\r\n", &[]),
    (b"MAIL FROM:<a@b.example> SIZE=12 BODY=8bitmime\r\n", &[]),
    (b"MAIL FROM:<a@b.example> SMTPUTF8 BODY=8BITMIME\r\n", &[]),
    (b"RCPT TO:<a@b.example> ORCPT=rfc822;a@b.example NOTIFY=FAILURE,DELAY\r\n", &[]),
    (b"RCPT TO:<a@b.example> ORCPT=RFC822;A@B.example notify=failure\r\n", &[]),
    (b"RCPT TO:<a@b.example> notify=success,failure,delay\r\n", &[]),
    (b"MAIL FROM:<a@b.example> RET=FULL ENVID=x@y\r\n", &[]),
    (b"MAIL FROM:<a@b.example> RET=full\r\n", &[]),
    (b"RCPT TO:<@a.example:b@c.example>\r\n", &["source route"]),
    (b"RCPT TO:<@a.example,@b.example:c@d.example>\r\n", &["source route"]),
    (b"DATA \r\n", &["blank at the end of the line"]),
    (b"data\r\n", &[]),
    (b"DATA\t\r\n", &["blank at the end of the line"]),
    (b"RSET\t\r\n", &["blank at the end of the line"]),
    (b"QUIT \r\n", &["blank at the end of the line"]),
    (b"NOOP x y z\r\n", &[]),
    (b"NOOP\r\n", &[]),
    (b"NOOP \r\n", &["blank at the end of the line"]),
    (b"HELP\r\n", &[]),
    (b"HELP MAIL\r\n", &[]),
    (b"VRFY bob\r\n", &[]),
    (b"VRFY <bob@b.example>\r\n", &[]),
    (b"VRFY Bob Smith\r\n", &[]),
    (b"EXPN staff\r\n", &[]),
    (b"EXPN \"all staff\"\r\n", &[]),
    (b"ETRN b.example\r\n", &[]),
    (b"ETRN @b.example\r\n", &[]),
    (b"ETRN #q\r\n", &[]),
    (b"STARTTLS \r\n", &["blank at the end of the line"]),
    (b"starttls\r\n", &[]),
    (b"AUTH LOGIN\r\n", &[]),
    (b"AUTH LOGIN \r\n", &["blank at the end of the line"]),
    (b"AUTH login dXNlcg==\r\n", &[]),
    (b"AUTH PLAIN\r\n", &[]),
    (b"auth plain AHUAcA==\r\n", &[]),
    (b"AUTH PLAIN =\r\n", &[]),
    (b"AUTH PLAIN AHUAcA\r\n", &[]),
    (b"AUTH PLAIN AHUAcA== \r\n", &["blank at the end of the line"]),
    (b"AUTH CRAM-MD5\r\n", &[]),
    (b"AUTH NTLM\r\n", &[]),
    (b"AUTH DIGEST-MD5\r\n", &[]),
    (b"AUTH XOAUTH2 dXNlcj0BYXV0aD1CZWFyZXIgAQE=\r\n", &[]),
    (b"AUTH scram-sha-256 biws\r\n", &[]),
    (b"AUTH GSSAPI\r\n", &[]),
    (b"BDAT 0\r\n", &[]),
    (b"BDAT 0 LAST\r\n", &[]),
    (b"BDAT 0 LAST \r\n", &["blank at the end of the line"]),
    (b"bdat 0 Last\r\n", &[]),
    (b"BDAT 00 LAST\r\n", &[]),
    (b"XCLIENT NAME=x ADDR=192.0.2.1\r\n", &[]),
    (b"XFORWARD NAME=[UNAVAILABLE]\r\n", &[]),
    (b"BURL imap://x/ LAST\r\n", &[]),
    (b"MAIL FROM:<a@b.example> BY=120;R\r\n", &[]),
    (b"MAIL FROM:<a@b.example> BY=120;RT\r\n", &[]),
    (b"MAIL FROM:<a@b.example> BY=+120;N\r\n", &[]),
    (b"MAIL FROM:<a@b.example> HOLDFOR=100\r\n", &[]),
    (b"MAIL FROM:<a@b.example> MT-PRIORITY=-3\r\n", &[]),
    (b"MAIL FROM:<a@b.example> SOLICIT=org.example:ADV\r\n", &[]),
    (b"RCPT TO:<a@b.example> RRVS=2014-04-03T23:01:00Z\r\n", &[]),
    (b"RCPT TO:<a@b.example> RRVS=2014-04-03T23:01:00Z;C\r\n", &[]),
    (b"MAIL FROM:<a@b.example> REQUIRETLS\r\n", &[]),
    (b"MAIL FROM:<a@b.example> requiretls\r\n", &[]),
    (b"MAIL FROM:<\xe6\x97\xa5@b.example> SMTPUTF8\r\n", &[]),
    (b"RCPT TO:<a@b\xc3\xbcro.example>\r\n", &[]),
    (b"MAIL From:<a@b.example>\r\n", &[]),
    (b"rcpt to:<a@b.example>\r\n", &[]),
    (b"MAIL FROM:<a%b@c.example>\r\n", &[]),
    (b"MAIL FROM:<a!b@c.example>\r\n", &[]),
    (b"MAIL FROM:<a*b@c.example>\r\n", &[]),
    (b"MAIL FROM:<a/b@c.example>\r\n", &[]),
    (b"MAIL FROM:<a|b@c.example>\r\n", &[]),
    (b"MAIL FROM:<a$b@c.example>\r\n", &[]),
    (b"EHLO [192.0.2.1] \r\n", &["blank at the end of the line"]),
];

/// Meant well, and meant in one way.
const TOLERATED_COMMANDS: &[Row] = &[
    (b"MAIL FROM : <a@b.example>\r\n", &["blank at the colon"]),
    (b"MAIL FROM :<a@b.example>\r\n", &["blank at the colon"]),
    (b"RCPT TO :<a@b.example>\r\n", &["blank at the colon"]),
    (b"RCPT TO : <a@b.example>\r\n", &["blank at the colon"]),
    (b"Mail From: <a@b.example> \r\n", &["blank at the end of the line", "blank at the colon"]),
    (b"MAIL\tFROM:<a@b.example>\r\n", &["more than one blank"]),
    (b"MAIL FROM:\t<a@b.example>\tSIZE=100\r\n", &["blank at the colon", "more than one blank"]),
    (b"MAIL FROM:<a@b.example>\tBODY=8BITMIME\r\n", &["more than one blank"]),
    (b"MAIL FROM: <a@b.example> SIZE=100 \r\n", &["blank at the end of the line", "blank at the colon"]),
    (b"MAIL FROM:<a@b.example >\r\n", &["more than one blank"]),
    (b"MAIL FROM:< a@b.example>\r\n", &["more than one blank"]),
    (b"RCPT TO:< a@b.example >\r\n", &["more than one blank"]),
    (b"MAIL FROM:  a@b.example\r\n", &["blank at the colon", "path without angle brackets"]),
    (b"MAIL FROM: a@b.example SIZE=100\r\n", &["blank at the colon", "path without angle brackets"]),
    (b"RCPT TO: bob@b.example\r\n", &["blank at the colon", "path without angle brackets"]),
    (b"RCPT TO:bob@b.example NOTIFY=NEVER\r\n", &["path without angle brackets"]),
    (b"RCPT TO:<a@b.example>  NOTIFY=NEVER\r\n", &["more than one blank"]),
    (b"MAIL FROM: <>\r\n", &["blank at the colon"]),
    (b"RCPT TO:postmaster\r\n", &["path without angle brackets"]),
    (b"RCPT TO: postmaster\r\n", &["blank at the colon", "path without angle brackets"]),
    (b"EHLO host.example.\r\n", &["argument of EHLO that is no domain"]),
    (b"RCPT TO:<.taro@docomo.ne.jp>\r\n", &["misplaced dot in a local part"]),
    (b"RCPT TO:<taro.@ezweb.ne.jp>\r\n", &["misplaced dot in a local part"]),
    (b"RCPT TO:<ta..ro@docomo.ne.jp>\r\n", &["misplaced dot in a local part"]),
    (b"MAIL FROM:<...@docomo.ne.jp>\r\n", &["misplaced dot in a local part"]),
    (b"RCPT TO:taro.@docomo.ne.jp\r\n", &["path without angle brackets", "misplaced dot in a local part"]),
    (b"MAIL FROM:<bounce+xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@list.example>\r\n", &["local part of more than 64 octets"]),
    (b"RCPT TO:<a@b_c.example>\r\n", &["underscore in a domain name"]),
    (b"RCPT TO:<a@_b.example>\r\n", &["underscore in a domain name"]),
    (b"EHLO my_pc\r\n", &["underscore in a domain name"]),
    (b"EHLO my_pc.local\r\n", &["underscore in a domain name"]),
    (b"HELO WIN_SERVER_01\r\n", &["underscore in a domain name"]),
    (b"EHLO [192.0.2.1\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO 192.0.2.1]\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO [IPv6:fe80::1%eth0]\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO 2001:db8::1\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO (none)\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO John's MacBook\r\n", &["argument of EHLO that is no domain", "more than a name behind EHLO"]),
    (b"EHLO \xe6\x97\xa5\xe6\x9c\xac.example\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO a b c\r\n", &["more than a name behind EHLO"]),
    (b"EHLO <host.example>\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO \"host\"\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO\thost.example\r\n", &["more than one blank"]),
    (b"EHLO host.example extra=1\r\n", &["more than a name behind EHLO"]),
    (b"EHLO foo@bar.example\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO *\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO .\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO -\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO host:25\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO http://x\r\n", &["argument of EHLO that is no domain"]),
    (b"HELO\r\n", &["no argument of EHLO"]),
    (b"EHLO \r\n", &["blank at the end of the line", "no argument of EHLO"]),
    (b"EHLO [\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO []\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO [192.0.2.999]\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO [xxxxxxxxxx]\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO a,b\r\n", &["argument of EHLO that is no domain"]),
    (b"EHLO a/b\r\n", &["argument of EHLO that is no domain"]),
    (b"RCPT TO:<a@[2001:db8::1]>\r\n", &["IPv6 address without its tag"]),
    (b"RSET foo\r\n", &["argument to a command that has none"]),
    (b"QUIT foo bar\r\n", &["argument to a command that has none"]),
    (b"AUTH  LOGIN\r\n", &["more than one blank"]),
    (b"AUTH\tPLAIN\tAHUAcA==\r\n", &["more than one blank"]),
    (b"BDAT 0  LAST\r\n", &["more than one blank"]),
    (b"BDAT  0 LAST\r\n", &["more than one blank"]),
    (b"MAIL  FROM:<a@b.example>\r\n", &["more than one blank"]),
    (b"RCPT  TO:<a@b.example>\r\n", &["more than one blank"]),
    (b"RCPT  TO  :  <a@b.example>  \r\n", &["blank at the end of the line", "blank at the colon", "more than one blank"]),
    (b"MAIL FROM:< a@b.example > SIZE=1\r\n", &["more than one blank"]),
    (b"MAIL FROM:<\ta@b.example>\r\n", &["more than one blank"]),
    (b"RCPT TO:< @a.example:b@c.example >\r\n", &["source route", "more than one blank"]),
    (b"MAIL FROM:<  >\r\n", &["more than one blank"]),
    (b"RCPT TO: Postmaster\r\n", &["blank at the colon", "path without angle brackets"]),
    (b"RCPT TO:POSTMASTER\r\n", &["path without angle brackets"]),
    (b"EHLO  my pc \r\n", &["blank at the end of the line", "more than one blank", "more than a name behind EHLO"]),
    (b"HELO\tmy_pc\r\n", &["more than one blank", "underscore in a domain name"]),
    (b"MAIL FROM:ilo.@b.example\r\n", &["path without angle brackets", "misplaced dot in a local part"]),
    (b"RCPT TO: <.a..b.@ezweb.ne.jp> NOTIFY=NEVER\r\n", &["blank at the colon", "misplaced dot in a local part"]),
    (b"rcpt to : a@b_c.example \r\n", &["blank at the end of the line", "blank at the colon", "path without angle brackets", "underscore in a domain name"]),
    (b"MAIL FROM:<a@b.example> SIZE=1  BODY=8BITMIME  AUTH=<> \r\n", &["blank at the end of the line", "more than one blank"]),
    (b"EHLO \t x\r\n", &["more than one blank"]),
    (b"MAIL FROM:<a@b.example>\n", &["line that ends in LF alone"]),
    (b"EHLO x \n", &["blank at the end of the line", "line that ends in LF alone"]),
];

/// Two meanings, or none.
const UNREADABLE_COMMANDS: &[&[u8]] = &[
    b"MAIL FROM:\r\n",
    b"MAIL FROM: \r\n",
    b"MAIL FROM:  SIZE=10\r\n",
    b"MAIL FROM:<a@b.example>SIZE=100\r\n",
    b"RCPT TO:<a@b.example>NOTIFY=NEVER\r\n",
    b"MAIL FROM:Alice <a@b.example>\r\n",
    b"MAIL FROM:<Alice a@b.example>\r\n",
    b"MAIL FROM:\"Alice\" <a@b.example>\r\n",
    b"RCPT TO:<bob>\r\n",
    b"MAIL FROM:<root>\r\n",
    b"MAIL FROM:root\r\n",
    b"MAIL FROM:<root@>\r\n",
    b"MAIL FROM:<@b.example>\r\n",
    b"MAIL FROM:<a@b.example.>\r\n",
    b"RCPT TO:<a@b.example.>\r\n",
    b"MAIL FROM:<a@b..example>\r\n",
    b"MAIL FROM:<a@.b.example>\r\n",
    b"MAIL FROM:<a@-b.example>\r\n",
    b"MAIL FROM:<a@b-.example>\r\n",
    b"MAIL FROM:<john(comment)@b.example>\r\n",
    b"MAIL FROM:<a;b@b.example>\r\n",
    b"MAIL FROM:<a,b@b.example>\r\n",
    b"MAIL FROM:<a:b@b.example>\r\n",
    b"MAIL FROM:<a[1]@b.example>\r\n",
    b"RCPT TO:<a@[300.1.1.1]>\r\n",
    b"MAIL FROM:<a@b.example> AUTH=<a@b.example>\r\n",
    b"MAIL FROM:<a@b.example> AUTH=\r\n",
    b"MAIL FROM:<a@b.example> SIZE=\r\n",
    b"MAIL FROM:<a@b.example> SIZE\r\n",
    b"MAIL FROM:<a@b.example> BODY=8BIT\r\n",
    b"MAIL FROM:<a@b.example> SIZE = 12\r\n",
    b"MAIL FROM:<a@b.example> SIZE= 12\r\n",
    b"MAIL FROM:<a@b.example> SIZE=12,BODY=8BITMIME\r\n",
    b"RCPT TO:<a@b.example> ORCPT=a@b.example\r\n",
    b"RCPT TO:<a@b.example> NOTIFY=SUCCESS, FAILURE\r\n",
    b"MAIL FROM:<a@b.example> ENVID=a=b\r\n",
    b"RCPT TO:@a.example:b@c.example\r\n",
    b"RCPT TO:<@a.example, @b.example:c@d.example>\r\n",
    b"VRFY\r\n",
    b"EXPN\r\n",
    b"STARTTLS foo\r\n",
    b"STLS\r\n",
    b"TURN\r\n",
    b"SEND FROM:<a@b.example>\r\n",
    b"SOML FROM:<a@b.example>\r\n",
    b"SAML FROM:<a@b.example>\r\n",
    b"AUTH=PLAIN\r\n",
    b"AUTH\r\n",
    b"AUTH PLAIN x y\r\n",
    b"MAIL FROM:<a@b.example> MT-PRIORITY=+3\r\n",
    b"MAIL FROM:<a@b.example> SIZE=1 SIZE=1\r\n",
    b"MAIL FROM:<\xe6\x97\xa5@b.example>\r\n",
    b"RCPT TO:<\xfc@b.example>\r\n",
    b"\r\n",
    b" \r\n",
    b"\t\r\n",
    b" EHLO x\r\n",
    b" MAIL FROM:<a@b.example>\r\n",
    b"MAILFROM:<a@b.example>\r\n",
    b"MAIL FROM<a@b.example>\r\n",
    b"MAIL FROM=<a@b.example>\r\n",
    b"MAIL TO:<a@b.example>\r\n",
    b"RCPT FROM:<a@b.example>\r\n",
    b"RCPTTO:<a@b.example>\r\n",
    b"MAIL FROM:<<a@b.example>>\r\n",
    b"MAIL FROM:<a@b.example\r\n",
    b"MAIL FROM:a@b.example>\r\n",
    b"MAIL FROM:(a@b.example)\r\n",
    b"MAIL FROM:[a@b.example]\r\n",
    b"MAIL FROM:<mailto:a@b.example>\r\n",
    b"MAIL FROM:mailto:a@b.example\r\n",
    b"RCPT TO:<a@b.example>,<c@d.example>\r\n",
    b"RCPT TO:<a@b.example> <c@d.example>\r\n",
    b"RCPT TO:a@b.example,c@d.example\r\n",
    b"RCPT TO:<a@b.example>;\r\n",
    b"MAIL FROM:<a@b.example>,\r\n",
    b"MAIL FROM:<a@b.example> ;\r\n",
    b"MAIL FROM:<a@b.example>.\r\n",
    b"MAIL FROM:\"a@b.example\"\r\n",
    b"MAIL FROM:'a@b.example'\r\n",
    b"MAIL FROM:<a@@b.example>\r\n",
    b"MAIL FROM:<a\\b@c.example>\r\n",
    b"MAIL FROM:<#@[]>\r\n",
    b"MAIL FROM:<@>\r\n",
];

/// Within the grammar.
const REPLIES: &[Row] = &[
    (b"220\r\n", &["reply without text"]),
    (b"220 \r\n", &["reply without text"]),
    (b"250\r\n", &["reply without text"]),
    (b"250 \r\n", &["reply without text"]),
    (b"250 OK\r\n", &[]),
    (b"250  OK\r\n", &[]),
    (b"354\r\n", &["reply without text"]),
    (b"334\r\n", &["reply without text"]),
    (b"334 \r\n", &[]),
    (b"334 =\r\n", &[]),
    (b"235\r\n", &["reply without text"]),
    (b"100 x\r\n", &[]),
    (b"600 x\r\n", &[]),
    (b"999 x\r\n", &[]),
    (b"250 \xe4\xbd\xa0\xe5\xa5\xbd\r\n", &[]),
    (b"550 \x1b[31mno\r\n", &[]),
    (b"250 a\x7fb\r\n", &[]),
    (b"220 *\r\n", &["masked greeting"]),
    (b"220 ***\r\n", &["masked greeting"]),
    (b"220 ****2****0*\r\n", &["masked greeting"]),
    (b"220 **** ****\r\n", &["masked greeting"]),
    (b"220-****\r\n220 ****\r\n", &["masked greeting"]),
    (b"500 5.5.1 XXXXXX\r\n", &[]),
    (b"250-mx\r\n250-XXXXXXXX\r\n250 XXXXXXXA\r\n", &[]),
    (b"502 5.5.1 unimplemented (#5.5.1)\r\n", &[]),
    (b"220 XXXXXXXX\r\n", &[]),
    (b"220 mx\r\n", &[]),
    (b"220 mx ESMTP Postfix (Debian/GNU)\r\n", &[]),
    (b"220 mx ESMTP \xc2\xab\xc2\xbb\r\n", &[]),
    (b"250-a\r\n250 b\r\n", &[]),
    (b"250-a\r\n250-b\r\n250\r\n", &["reply without text"]),
    (b"250-\r\n250-\r\n250\r\n", &["reply without text"]),
    (b"550-5.1.1 a\r\n550 5.2.1 b\r\n", &[]),
    (b"550 5.1.1\r\n", &[]),
    (b"550 5.1.1 \r\n", &[]),
    (b"550 5.1.1<a@b>: no\r\n", &[]),
    (b"550 5.1.1: no\r\n", &[]),
    (b"550 (5.1.1) no\r\n", &[]),
    (b"550 [5.1.1] no\r\n", &[]),
    (b"550 5.1 no\r\n", &[]),
    (b"550 5.1.1.1 no\r\n", &[]),
    (b"550 55.1.1 no\r\n", &[]),
    (b"550 4.1.1 no\r\n", &[]),
    (b"550-#5.1.1\r\n550 no\r\n", &[]),
    (b"250-mx.example\r\n250-AUTH=LOGIN PLAIN\r\n250-AUTH LOGIN PLAIN\r\n250 SIZE\r\n", &["AUTH= in the reply to EHLO"]),
    (b"250-mx\r\n250-AUTH=\r\n250 AUTH=LOGIN\r\n", &["AUTH= in the reply to EHLO"]),
    (b"250-mx\r\n250-AUTH\r\n250 STARTTLS\r\n", &[]),
    (b"250-mx\r\n250-SIZE\r\n250-SIZE 0\r\n250-SIZE abc\r\n250 SIZE 10 20\r\n", &[]),
    (b"250-mx Hello [1.2.3.4], pleased to meet you\r\n250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n", &[]),
    (b"250-mx\r\n250-\r\n250 \r\n", &["reply without text"]),
    (b"250 mx\r\n", &[]),
    (b"250-mx\r\n250 8BITMIME \r\n", &[]),
    (b"250-mx\r\n250-X_FOO bar\r\n250 -x\r\n", &[]),
    (b"250-mx\r\n250-auth plain,login\r\n250 Auth: PLAIN\r\n", &[]),
    (b"250-mx\r\n250 XFORWARD NAME ADDR\r\n", &[]),
    (b"250-mx\r\n250-LIMITS RCPTMAX=10\r\n250 LIMITS\r\n", &[]),
    (b"250-mx\r\n250-DSN\r\n250-DSN\r\n250 dsn foo\r\n", &[]),
    (b"250-mx\r\n250-STARTTLS \r\n250 STARTTLS now\r\n", &[]),
    (b"250-mx\r\n250-DELIVERBY 0\r\n250-DELIVERBY x\r\n250 FUTURERELEASE\r\n", &[]),
    (b"250 \xc3\xbcmx\r\n", &[]),
    (b"250-mx\r\n250-NO-SOLICITING\r\n250 NO-SOLICITING org.x:ADV\r\n", &[]),
    (b"250-mx\r\n250-BURL imap\r\n250-MT-PRIORITY STANAG4406\r\n250 RRVS\r\n", &[]),
    (b"250-mx\r\n250-AUTH LOGIN PLAIN\r\n250-AUTH CRAM-MD5\r\n250 AUTH\r\n", &[]),
    (b"250-mx\r\n250-AUTH LOGIN  PLAIN\r\n250 AUTH\tLOGIN\r\n", &[]),
    (b"250-mx\r\n250-PIPELINING\r\n250 ok ok ok\r\n", &[]),
    (b"421 too busy\r\n", &[]),
    (b"421\r\n", &["reply without text"]),
    (b"421-4.7.0 a\r\n421 4.7.0 b\r\n", &[]),
    (b"221 bye\r\n", &[]),
    (b"554-mx\r\n554 no\r\n", &[]),
    (b"451 4.7.1 Greylisted, please try again in 300 seconds\r\n", &[]),
    (b"250 2.1.0 Sender <a@b> OK\r\n", &[]),
    (b"250 2.1.5 <a@b>... Recipient ok\r\n", &[]),
    (b"214-Commands:\r\n214-\tHELO\tEHLO\r\n214 end\r\n", &[]),
    (b"252 2.5.2 Cannot VRFY user\r\n", &[]),
    (b"502 5.5.2 Error: command not recognized\r\n", &[]),
    (b"535-5.7.8 Username and Password not accepted. Learn more at\r\n535 5.7.8  https://support.google.com/\r\n", &[]),
    (b"220-mx\r\n220-*****\r\n220 *\r\n", &[]),
    (b"220 02**20\r\n", &["masked greeting"]),
    (b"250-mx\r\n250-AUTH=\r\n250 SIZE 1\r\n", &["AUTH= in the reply to EHLO"]),
    (b"334-\r\n334 \r\n", &[]),
];

/// Of servers written by hand, and of filters in front of them.
const TOLERATED_REPLIES: &[Row] = &[
    (b"550 \xc4\xe3\xba\xc3\r\n", &["reply that is not UTF-8"]),
    (b"550 Bo\xeete pleine\r\n", &["reply that is not UTF-8"]),
    (b"220 \x00\x01\r\n", &["control character in a reply"]),
    (b"220 mx ESMTP \r\r\n", &["control character in a reply"]),
    (b"250-a\r\n251 b\r\n", &["several codes in one reply"]),
    (b"250-a\r\n550 b\r\n", &["several codes in one reply"]),
    (b"250-a\r\n550-b\r\n550 c\r\n", &["several codes in one reply"]),
    (b"250-mx\r\n250-\xb9\xfa\r\n250 OK\r\n", &["reply that is not UTF-8"]),
    (b"250 ok\r\r\n", &["control character in a reply"]),
    (b"250-a\r\n250-b\r\n451\r\n", &["several codes in one reply", "reply without text"]),
    (
        b"550 \xa4\xa2\xa4\xa4 (\x00)\r\n",
        &["control character in a reply", "reply that is not UTF-8"],
    ),
    (
        b"250-\xb2\xe2\xca\xd4\r\n451\r\n",
        &["several codes in one reply", "reply without text", "reply that is not UTF-8"],
    ),
    (b"535 \x00\r\n", &["control character in a reply"]),
    (b"250 ok\n", &["line of a reply that ends in LF alone"]),
    (b"250-a\n250 b\r\n", &["line of a reply that ends in LF alone"]),
    (
        b"250-a\r\n451\n",
        &[
            "line of a reply that ends in LF alone",
            "several codes in one reply",
            "reply without text",
        ],
    ),
    (b"220 *\n", &["line of a reply that ends in LF alone", "masked greeting"]),
    (b"250-a\r\n250 \xfc\n", &["line of a reply that ends in LF alone", "reply that is not UTF-8"]),
];

/// No code, or no end.
const UNREADABLE_REPLIES: &[&[u8]] = &[
    b"220-\r\n",
    b"250\tOK\r\n",
    b"250OK\r\n",
    b"250-OK\r\n",
    b"250_OK\r\n",
    b"250:OK\r\n",
    b"25 OK\r\n",
    b"2500 OK\r\n",
    b"250.OK\r\n",
    b"+250 OK\r\n",
    b" 250 OK\r\n",
    b"OK\r\n",
    b"\r\n",
    b"334=\r\n",
    b"000 x\r\n",
    b"099 x\r\n",
    b"250-a\r\nb\r\n250 c\r\n",
    b"250-a\r\n\r\n250 c\r\n",
    b"250-a\r\n 250 c\r\n",
];
