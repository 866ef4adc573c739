//! The server against whoever keeps it busy, does not wait, or speaks something else.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use std::time::Duration;

use dialogue::{Served, application, mx, sent, served};
use mail_wire::{
    Goodbye, Next, Session,
    testing::{Ended, replay, start},
};
use smtp_proto::{
    limits::ServerLimits,
    server::{Config, Error, Server, TlsUse},
};

fn limited(limits: ServerLimits) -> Config {
    mx().limits(limits)
}

fn delayed() -> Config {
    limited(ServerLimits { greeting_delay: Duration::from_secs(6), ..Default::default() })
}

fn transaction(dialogue: Served) -> Served {
    let sender = dialogue.c("MAIL FROM:<a@b>").e("from <a@b>").s("250 ");
    let recipient = sender.c("RCPT TO:<c@d>").e("to <c@d>").s("250 ");
    recipient.c("DATA").e("data").s("354 ").c(".").e("message \"\"").s("250 ")
}

#[test]
fn err_commands_that_do_nothing() {
    let limits = || ServerLimits { idle_commands: 3, ..Default::default() };
    let hello = || served(limited(limits())).s("220 ").c("EHLO c").s("250-").e("hello c");
    let full = "TooManyIdle { limit: 3 }";
    for command in ["NOOP", "RSET", "HELP"] {
        let mut dialogue = hello();
        for _ in 0..4 {
            let reply = if command == "HELP" { "214 " } else { "250 " };
            dialogue = dialogue.c(command).s(reply);
        }
        dialogue.s("421 4.7.0 ").fails(full);
    }
    let mut dialogue = hello();
    for _ in 0..4 {
        dialogue = dialogue.c("VRFY tim").e("verify tim").s("252 ");
    }
    dialogue.s("421 4.7.0 ").fails(full);
    // A message that is taken starts the count anew.
    let mut dialogue = hello();
    for _ in 0..3 {
        dialogue = transaction(dialogue.c("NOOP").s("250 ").c("RSET").s("250 "));
    }
    dialogue.open();
}

/// RFC 2920 3.1: a client that pipelines could not know better, but not for ever.
#[test]
fn err_commands_without_end_behind_a_refused_sender() {
    let limits = ServerLimits { turned_down: 3, errors: 2, ..Default::default() };
    let mut dialogue = served(limited(limits)).s("220 ").c("EHLO c").s("250-").e("hello c");
    for _ in 0..2 {
        // Of three that are turned down the message starts the count anew.
        let refused = dialogue.c("MAIL FROM:<a@b> SIZE=999999999999").s("552 ");
        let first = refused.e("refused MAIL 552").c("RCPT TO:<c@d>").s("503 ");
        let second = first.e("refused RCPT 503").c("DATA").s("503 ").e("refused DATA 503");
        dialogue = transaction(second);
    }
    dialogue = dialogue.c("MAIL FROM:<a@b> SIZE=999999999999").s("552 ").e("refused MAIL 552");
    for _ in 0..5 {
        dialogue = dialogue.c("RCPT TO:<c@d>").s("503 ").e("refused RCPT 503");
    }
    dialogue.s("421 4.7.0 ").fails("TooManyErrors { limit: 2 }");
}

/// RFC 5321 4.1.4: EHLO may come again and again, but not for ever.
#[test]
fn err_ehlo_without_end() {
    let limits = ServerLimits { idle_commands: 3, ..Default::default() };
    let mut dialogue = served(limited(limits)).s("220 ");
    // The first of them does something.
    for _ in 0..5 {
        dialogue = dialogue.c("HELO c").s("250 ").e("hello c");
    }
    dialogue.s("421 4.7.0 ").fails("TooManyIdle");
}

/// RFC 5321 4.3.1.
#[test]
fn err_client_talks_before_the_greeting() {
    let (mut server, now) = (Server::new(delayed()), start());
    let next = server.next_event(now).unwrap();
    assert!(matches!(next, Next::NeedInput { .. }), "{next:?}");
    assert_eq!(next.until(), Some(now + Duration::from_secs(6)));
    server.buffers().0.extend_from_slice(b"EHLO c\r\n");
    assert_eq!(server.next_event(now), Err(Error::EarlyTalker { octets: 8 }));
    assert!(sent(&mut server).starts_with(b"554 5.5.1 "));
}

#[test]
fn ok_client_waits_for_the_greeting() {
    let (mut server, now) = (Server::new(delayed()), start());
    let until = server.next_event(now).unwrap().until().unwrap();
    assert!(sent(&mut server).is_empty());
    let almost = until - Duration::from_secs(1);
    assert_eq!(server.next_event(almost).unwrap().until(), Some(until));
    assert!(matches!(server.next_event(until), Ok(Next::NeedInput { .. })));
    assert!(sent(&mut server).starts_with(b"220 "));
    // What was late for the greeting is not late for the next line.
    let next = server.next_event(until).unwrap().until();
    assert_eq!(next, Some(until + Duration::from_secs(300)));
}

#[test]
fn ok_goodbye_before_the_greeting() {
    let mut server = Server::new(delayed());
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    server.close(Goodbye::Overloaded);
    assert!(matches!(server.next_event(start()), Ok(Next::Closed)));
    assert!(sent(&mut server).starts_with(b"421 4.3.2 "));
}

#[test]
fn err_client_hangs_up_before_the_greeting() {
    let mut server = Server::new(delayed());
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    server.recv_eof();
    assert!(matches!(server.next_event(start()), Err(Error::Disconnected { .. })));
    assert!(sent(&mut server).is_empty());
}

#[test]
fn err_other_protocols() {
    for line in ["GET / HTTP/1.1", "post /x HTTP/1.0", "PRI * HTTP/2.0", "CONNECT mx:25 HTTP/1.1"] {
        served(mx()).s("220 ").c(line).s("554 ").fails("HTTP");
    }
    // A browser that was made to post commands: none of them is heard.
    let posted = "POST / HTTP/1.1\r\nHost: mx\r\n\r\nEHLO c\r\nMAIL FROM:<a@b>\r\n";
    served(mx()).s("220 ").raw(posted.as_bytes()).s("554 ").fails("HTTP");
}

/// RFC 8446 5.1. A ClientHello has no line end that could be waited for.
#[test]
fn err_tls_where_none_is_expected() {
    let hello = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03";
    served(mx()).s("220 ").raw(hello).s("554 ").fails("TLS");
    let greeted = || served(mx().tls(TlsUse::Offered)).s("220 ").c("EHLO c").s("250-").e("hello c");
    greeted().raw(hello).s("554 ").fails("TLS");
    let mut early = Server::new(delayed());
    let replayed = replay(&mut early, &mut application(), &[hello], false);
    assert!(matches!(&replayed.ended, Ended::Failed(error) if error.contains("TLS")));
    // Inside of a line it is an octet like any other.
    greeted().raw(b"NOOP \x16\r\n").s("501 ").e("refused NOOP 501").open();
}

/// A line that is thrown away has no start any more.
#[test]
fn ok_what_looks_like_tls_within_an_endless_line() {
    let limits = ServerLimits { command_line: 16, ..Default::default() };
    let served = served(limited(limits)).s("220 ");
    served.raw(b"NOOP 0123456789\x16\x16\x16\r\n").s("500 ").e("refused ? 500").open();
}
