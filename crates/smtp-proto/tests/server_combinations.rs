//! What does not go together, or was not offered, and the code that says so.

#![allow(clippy::unwrap_used)]

mod dialogue;

use std::{net::Ipv4Addr, num::NonZeroU32};

use dialogue::{mx, replies, sent};
use mail_wire::{
    Next, Session,
    proxy::{Network, Trusted},
    testing::start,
};
use smtp_proto::{
    Extension, FutureRelease, Limits, Offer, Profile, Timestamp,
    server::{Config, Event, Server},
};

/// Everything that has parameters.
fn everything() -> Config {
    let until = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
    [
        Offer::BinaryMime,
        Offer::Dsn,
        Offer::SmtpUtf8,
        Offer::RequireTls,
        Offer::DeliverBy(NonZeroU32::new(60)),
        Offer::FutureRelease(FutureRelease::new(3600, until).unwrap()),
        Offer::MtPriority(None),
        Offer::Rrvs,
    ]
    .into_iter()
    .fold(mx().profile(Profile::STRICT), Config::offer)
}

/// The codes that these lines get behind EHLO from a server whose application takes everything.
fn codes(config: &Config, lines: &[&str]) -> Vec<u16> {
    let mut server = Server::new(config.clone()).peer(Ipv4Addr::LOCALHOST.into());
    let said = ["EHLO c"].iter().chain(lines).map(|line| format!("{line}\r\n"));
    server.buffers().0.extend_from_slice(said.collect::<String>().as_bytes());
    while let Ok(Next::Event(event)) = server.next_event(start()) {
        if server.owes().is_some() && !matches!(event, Event::AuthLookup(_)) {
            server.accept().unwrap();
        }
    }
    let said = String::from_utf8(sent(&mut server)).unwrap();
    replies(&said).iter().skip(2).map(|reply| reply[..3].parse().unwrap()).collect()
}

#[test]
fn err_parameters_that_do_not_go_together() {
    let config = everything();
    for (line, code) in [
        ("MAIL FROM:<a@b> BODY=8BITMIME BODY=7BIT", 501),
        ("MAIL FROM:<a@b> HOLDFOR=60 HOLDUNTIL=2029-01-01T00:00:00Z", 501),
        ("MAIL FROM:<a@b> HOLDFOR=0", 501),
        ("MAIL FROM:<a@b> HOLDFOR=3600", 250),
        ("MAIL FROM:<a@b> HOLDFOR=3601", 501),
        ("MAIL FROM:<a@b> HOLDUNTIL=2030-01-01T00:00:01Z", 501),
        ("MAIL FROM:<a@b> BY=60;R", 250),
        ("MAIL FROM:<a@b> BY=59;R", 555),
        ("MAIL FROM:<a@b> BY=0;R", 501),
        ("MAIL FROM:<a@b> BY=-1;R", 501),
        ("MAIL FROM:<a@b> BY=-1;N", 250),
        ("MAIL FROM:<a@b> BY=1000000000;N", 501),
        ("MAIL FROM:<a@b> BY=60", 501),
        ("MAIL FROM:<a@b> RET=FULL RET=HDRS", 501),
        ("MAIL FROM:<a@b> RET=ALL", 501),
        ("MAIL FROM:<a@b> MT-PRIORITY=10", 501),
        ("MAIL FROM:<a@b> MT-PRIORITY=-9", 250),
        ("MAIL FROM:<a@b> SMTPUTF8=1", 501),
        // RFC 8689 2: only under TLS.
        ("MAIL FROM:<a@b> REQUIRETLS", 530),
        ("MAIL FROM:<\u{e9}@b>", 553),
        ("MAIL FROM:<\u{e9}@b> SMTPUTF8", 250),
        ("MAIL FROM:<a@b> NOTIFY=NEVER", 555),
        ("MAIL FROM:<a@b> X=1", 555),
        ("MAIL FROM:<a@b> SIZE=99999999999", 552),
    ] {
        assert_eq!(codes(&config, &[line]), [code], "{line}");
    }
    for (line, code) in [
        ("RCPT TO:<c@d> NOTIFY=NEVER", 250),
        ("RCPT TO:<c@d> NOTIFY=SUCCESS,DELAY,FAILURE", 250),
        ("RCPT TO:<c@d> NOTIFY=NEVER,SUCCESS", 501),
        ("RCPT TO:<c@d> NOTIFY=SUCCESS,NEVER", 501),
        ("RCPT TO:<c@d> NOTIFY=", 501),
        ("RCPT TO:<c@d> NOTIFY=NEVER NOTIFY=FAILURE", 501),
        ("RCPT TO:<c@d> ORCPT=rfc822", 501),
        ("RCPT TO:<c@d> RRVS=yesterday", 501),
        ("RCPT TO:<c@d> RRVS=2014-04-03T23:01:00Z;X", 501),
        ("RCPT TO:<c@d> RET=FULL", 555),
        ("RCPT TO:<\u{e9}@d>", 553),
    ] {
        assert_eq!(codes(&config, &["MAIL FROM:<a@b>", line]), [250, code], "{line}");
    }
}

#[test]
fn err_parameters_that_were_not_offered() {
    let config = mx().profile(Profile::STRICT).without(Extension::EightBitMime);
    for param in [
        "BODY=8BITMIME",
        "BODY=BINARYMIME",
        "RET=FULL",
        "ENVID=x",
        "AUTH=<>",
        "SMTPUTF8",
        "REQUIRETLS",
        "BY=60;N",
        "HOLDFOR=60",
        "MT-PRIORITY=1",
        "SOLICIT=a:ADV",
    ] {
        let line = format!("MAIL FROM:<a@b> {param}");
        assert_eq!(codes(&config, &[&line]), [555], "{param}");
    }
    for param in ["NOTIFY=NEVER", "ORCPT=rfc822;c@d", "RRVS=2014-04-03T23:01:00Z"] {
        let line = format!("RCPT TO:<c@d> {param}");
        assert_eq!(codes(&config, &["MAIL FROM:<a@b>", &line]), [250, 555], "{param}");
    }
    // RFC 5321 4.2.3: a value of a parameter that is known and offered.
    assert_eq!(codes(&mx(), &["MAIL FROM:<a@b> BODY=BINARYMIME"]), [504]);
    let without_size = mx().profile(Profile::STRICT).without(Extension::Size);
    assert_eq!(codes(&without_size, &["MAIL FROM:<a@b> SIZE=1"]), [555]);
}

/// RFC 3030 2 and 3.
#[test]
fn err_data_and_chunks_do_not_mix() {
    let config = everything();
    let begun = ["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "BDAT 2\r\nHi"];
    let behind = |lines: &[&str]| {
        let mut octets = begun.map(str::to_owned).to_vec();
        // The chunk has no line end of its own.
        let last = octets.pop().unwrap() + lines[0];
        octets.push(last);
        octets.extend(lines[1..].iter().map(|line| (*line).to_owned()));
        let octets: Vec<&str> = octets.iter().map(String::as_str).collect();
        codes(&config, &octets)
    };
    assert_eq!(behind(&["DATA", "RSET", "DATA"]), [250, 250, 250, 503, 250, 503]);
    assert_eq!(behind(&["MAIL FROM:<e@f>", "RCPT TO:<g@h>"]), [250, 250, 250, 503, 503]);
    let binary = ["MAIL FROM:<a@b> BODY=BINARYMIME", "RCPT TO:<c@d>", "DATA", "BDAT 0 LAST"];
    assert_eq!(codes(&config, &binary), [250, 250, 503, 250]);
}

/// RFC 6531 3.1, RFC 3030 3, RFC 8689 2: none of these comes alone.
#[test]
fn ok_what_needs_another_extension_is_not_offered_without() {
    let offered = |config: &Config| {
        let mut server = Server::new(config.clone());
        server.buffers().0.extend_from_slice(b"EHLO c\r\n");
        while let Ok(Next::Event(_)) = server.next_event(start()) {}
        String::from_utf8(sent(&mut server)).unwrap()
    };
    let has = |config: &Config, keyword: &str| offered(config).contains(keyword);
    assert!(has(&everything(), "SMTPUTF8") && has(&everything(), "BINARYMIME"));
    assert!(!has(&everything(), "REQUIRETLS"), "there is no TLS");
    let seven_bit = everything().without(Extension::EightBitMime);
    assert!(!has(&seven_bit, "SMTPUTF8"));
    assert_eq!(codes(&seven_bit, &["MAIL FROM:<\u{e9}@b> SMTPUTF8"]), [555]);
    assert_eq!(codes(&seven_bit, &["VRFY x SMTPUTF8"]), [555]);
    let without_chunks = everything().without(Extension::Chunking);
    assert!(!has(&without_chunks, "BINARYMIME"));
    assert_eq!(codes(&without_chunks, &["MAIL FROM:<a@b> BODY=BINARYMIME"]), [504]);
}

/// RFC 5321 4.2.4 and 4.5.1: known and not done here, or not known at all.
#[test]
fn err_verbs_that_are_off() {
    for (line, code) in [
        ("EXPN list", 502),
        ("ETRN example.com", 502),
        ("XCLIENT NAME=x", 502),
        ("XFORWARD NAME=x", 502),
        ("STARTTLS", 502),
        ("AUTH PLAIN", 502),
        ("LHLO c", 500),
        ("TURN", 500),
        ("VRFY somebody", 252),
        ("HELP", 214),
    ] {
        assert_eq!(codes(&mx(), &[line]), [code], "{line}");
    }
    let transaction = ["MAIL FROM:<a@b>", "RCPT TO:<c@d>", "BURL imap://h/x LAST", "RSET"];
    assert_eq!(codes(&mx(), &transaction), [250, 250, 502, 250]);
    // Out of place it is that first.
    assert_eq!(codes(&mx(), &["BURL imap://h/x LAST"]), [503]);
}

/// RFC 9422 4 limits what one client does in a session; behind XCLIENT it is another.
#[test]
fn ok_limits_are_counted_anew_behind_xclient() {
    let mut limits = Limits::default();
    limits.messages = NonZeroU32::new(1);
    let from_here = Trusted::new([Network::parse("127.0.0.1").unwrap()]);
    let config = mx().offer(Offer::Limits(limits)).xclient(from_here);
    let message = ["MAIL FROM:<a@b>", "RSET"];
    let anew = ["XCLIENT ADDR=192.0.2.1", "EHLO d"];
    let lines = [&message[..], &message, &anew, &message].concat();
    assert_eq!(codes(&config, &lines), [250, 250, 452, 250, 220, 250, 250, 250]);
}
