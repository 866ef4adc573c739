//! CAPA (RFC 2449), STLS and passwords in the clear (RFC 2595), response codes (RFC 3206), at the
//! server's end.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use std::time::Duration;

use bytes::Buf;
use common::{App, lines, open, serve};
use mail_wire::testing::{Ended, pretend, replay, start};
use mail_wire::{Next, Session as _, Upgrade};
use pop3_proto::server::{Config, Event, Server, Tls, Utf8};
use pop3_proto::{Response, ResponseCode, ServerLimits, State, Text, Timestamp, Violation};

fn two() -> App {
    App::of_sizes(&[120, 200])
}

/// RFC 2449 5 and 6.
#[test]
fn ok_capabilities_in_both_states() {
    let config = open().name(Text::fixed("mail-proto"));
    let replay = serve(&config, &two(), &["CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\nCAPA\r\n"]);
    let offers = [
        "+OK capability list follows",
        "TOP",
        "UIDL",
        "USER",
        "RESP-CODES",
        "AUTH-RESP-CODE",
        "PIPELINING",
        "IMPLEMENTATION mail-proto",
        ".",
    ];
    let offers = lines(&offers);
    let let_in = "+OK send PASS\r\n+OK maildrop has 2 messages (320 octets)\r\n";
    assert_eq!(replay.text(), format!("+OK POP3 server ready\r\n{offers}{let_in}{offers}"));
}

/// RFC 2595 4: STLS is offered until TLS is in place, and a password may come only then.
#[test]
fn ok_stls_and_then_a_password() {
    let config = Config::new().tls(Tls::StartTls);
    let flights = [
        "CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\nSTLS\r\n",
        "CAPA\r\nPASS tanstaaf\r\nUSER mrose\r\nPASS tanstaaf\r\nCAPA\r\nSTLS\r\n",
    ];
    let replay = serve(&config, &two(), &flights);
    let rest = "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n";
    let before = format!("+OK capability list follows\r\nTOP\r\nUIDL\r\nSTLS\r\n{rest}");
    let after = format!("+OK capability list follows\r\nTOP\r\nUIDL\r\nUSER\r\n{rest}");
    let expected = [
        "+OK POP3 server ready\r\n",
        &before,
        "-ERR no password in the clear, use TLS first\r\n",
        "-ERR not possible now\r\n",
        "+OK begin TLS negotiation\r\n",
        &after,
        "-ERR not possible now\r\n",
        "+OK send PASS\r\n+OK maildrop has 2 messages (320 octets)\r\n",
        &after,
        "-ERR not possible now\r\n",
    ];
    assert_eq!(replay.text(), expected.concat());
    let log = [
        "refused USER Plaintext",
        "refused PASS WrongState",
        "tls",
        "refused PASS WrongState",
        "login mrose",
        "refused STLS WrongState",
    ];
    assert_eq!(replay.log, log);
}

/// RFC 2595 4: STLS is announced in the authorization state only.
#[test]
fn offers_no_tls_to_who_is_in() {
    let config = open().tls(Tls::StartTls);
    let replay = serve(&config, &two(), &["CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\nCAPA\r\n"]);
    assert_eq!(replay.text().matches("STLS").count(), 1);
    assert_eq!(replay.text().matches("capability list").count(), 2);
}

/// RFC 6856 2.1: no STLS behind UTF8, so it is not announced there.
#[test]
fn offers_no_tls_to_who_said_utf8() {
    let config = open().tls(Tls::StartTls).utf8(Utf8::Offered);
    let replay = serve(&config, &two(), &["CAPA\r\nUTF8\r\nCAPA\r\n"]);
    assert_eq!(replay.text().matches("STLS").count(), 1);
    assert_eq!(replay.text().matches("capability list").count(), 2);
}

/// RFC 2449 3: angle brackets in a greeting are the timestamp's.
#[test]
fn ok_greeting_in_which_only_the_timestamp_has_brackets() {
    let timestamp = Timestamp::new("<1@a>").unwrap();
    let config = open().greeting(Text::fixed("the <best> server")).apop(timestamp.clone());
    let replay = serve(&config, &two(), &[]);
    assert_eq!(replay.text(), "+OK the best server <1@a>\r\n");
    assert_eq!(Timestamp::find(replay.text().as_bytes()), Some(timestamp));
}

/// RFC 2595 4: what was said in the clear is forgotten.
#[test]
fn forgets_the_name_that_was_given_in_the_clear() {
    let config = open().tls(Tls::StartTls);
    let replay = serve(&config, &two(), &["USER mrose\r\nSTLS\r\n", "PASS tanstaaf\r\n"]);
    assert!(replay.text().ends_with("-ERR not possible now\r\n"), "{}", replay.text());
}

#[test]
fn refuses_stls_where_it_is_not_offered() {
    for (config, flights) in [
        (open(), ["STLS\r\n", ""]),
        (open().tls(Tls::StartTls), ["STLS\r\n", "STLS\r\n"]),
        (open().tls(Tls::Implicit), ["STLS\r\n", ""]),
    ] {
        let replay = serve(&config, &two(), &flights);
        assert!(replay.text().ends_with("-ERR not offered\r\n"));
        assert_eq!(replay.log.last().unwrap(), "refused STLS NotOffered");
    }
}

/// RFC 8314 3.1: TLS first, then the greeting.
#[test]
fn ok_implicit_tls_comes_before_the_greeting() {
    let mut server = Server::new(Config::new().tls(Tls::Implicit));
    let answer = server.next_event(start()).unwrap();
    assert!(matches!(answer, Next::Upgrade { to: Upgrade::Tls, until: Some(_) }));
    assert!(server.buffers().1.is_empty());
    server.upgraded(pretend(Upgrade::Tls)).unwrap();
    assert!(matches!(server.next_event(start()), Ok(Next::Event(Event::Tls(_)))));
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    assert_eq!(server.buffers().1.chunk(), b"+OK POP3 server ready\r\n");
}

/// A handshake has its own time, however slowly what came before was read.
#[test]
fn ok_tls_behind_an_answer_that_was_read_slowly() {
    let limits = ServerLimits { output: 100, ..ServerLimits::default() };
    let mut server = Server::new(Config::new().tls(Tls::StartTls).limits(limits));
    server.buffers().0.extend_from_slice(b"CAPA\r\nSTLS\r\n");
    assert!(matches!(server.next_event(start()), Ok(Next::NeedOutput { until: Some(_) })));
    server.buffers().1.advance(50);
    let later = start() + Duration::from_secs(119);
    let Ok(Next::Upgrade { until, .. }) = server.next_event(later) else { panic!() };
    assert_eq!(until, Some(later + ServerLimits::default().handshake_time));
}

/// The attack of CVE-2011-0411 and its kin: what follows STLS in the clear must not run under TLS.
#[test]
fn err_plaintext_behind_stls_before_the_answer() {
    let mut server = Server::new(Config::new().tls(Tls::StartTls));
    let app = two();
    let mut act = |server: &mut Server, event| app.act(server, event);
    let run = replay(&mut server, &mut act, &[b"STLS\r\nUSER mallory\r\n"], false);
    assert_eq!(run.ended, Ended::Failed("Injected".into()));
    assert!(!run.text().contains("+OK begin"), "{}", run.text());
}

#[test]
fn err_plaintext_behind_stls_after_the_answer() {
    let mut server = Server::new(Config::new().tls(Tls::StartTls));
    server.buffers().0.extend_from_slice(b"STLS\r\n");
    assert!(matches!(server.next_event(start()), Ok(Next::Upgrade { .. })));
    server.buffers().0.extend_from_slice(b"USER mallory\r\n");
    assert_eq!(server.upgraded(pretend(Upgrade::Tls)), Err(Violation::Injected));
    assert_eq!(server.next_event(start()).unwrap_err(), Violation::Injected);
    assert_eq!(server.state(), State::Authorization);
}

#[test]
fn err_upgrade_that_nobody_asked_for() {
    let mut server = Server::new(open());
    let error = server.upgraded(pretend(Upgrade::Tls)).unwrap_err();
    assert_eq!(error.to_string(), "upgraded is not possible while authorization");
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })), "unharmed");
}

/// RFC 2449 8 and RFC 3206: a locked maildrop and a broken system are no wrong passwords.
#[test]
fn refusals_carry_their_code_and_only_wrong_passwords_count() {
    let codes = [ResponseCode::InUse, ResponseCode::SysTemp, ResponseCode::LoginDelay];
    let mut server = Server::new(open());
    let mut turn = 0;
    let mut act = |server: &mut Server, event| {
        assert!(matches!(event, Event::Login(_)));
        let code = codes[turn % codes.len()];
        turn += 1;
        server.refuse(&Response::err(code, "later").unwrap()).unwrap();
        mail_wire::testing::Act::Quiet
    };
    let attempts = "USER mrose\r\nPASS x\r\n".repeat(6);
    let run = replay(&mut server, &mut act, &[attempts.as_bytes()], false);
    assert_eq!(run.ended, Ended::WantsInput);
    for code in ["IN-USE", "SYS/TEMP", "LOGIN-DELAY"] {
        assert_eq!(run.text().matches(&format!("-ERR [{code}] later\r\n")).count(), 2);
    }
}
