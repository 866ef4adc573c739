//! STARTTLS, RFC 3207, and implicit TLS, RFC 8314, at the server.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{mx, offers, sent, served};
use mail_sasl::Mechanism;
use mail_wire::{
    Next, Session, Upgrade,
    testing::{pretend, start},
};
use smtp_proto::{
    State,
    server::{Config, Event, Server, TlsUse},
};

fn submission() -> Config {
    mx().tls(TlsUse::Required).auth(&Mechanism::PASSWORD)
}

#[test]
fn ok_everything_is_forgotten_and_auth_is_offered_under_tls() {
    served(submission())
        .s("220 ")
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"))
        .e("hello c")
        .c("STARTTLS")
        .s("220 2.0.0 ")
        .e("tls")
        .flight()
        .c("MAIL FROM:<a@b>")
        .s("503 ")
        .e("refused MAIL 503")
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN\r\n"))
        .e("hello c")
        .c("STARTTLS")
        .s("503 ")
        .e("refused STARTTLS 503")
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .e("PLAIN tim")
        .s("235 ")
        .open();
}

#[test]
fn ok_no_mechanism_is_offered_before_the_tls_that_it_needs() {
    served(mx().tls(TlsUse::Required).auth(&Mechanism::BY_STRENGTH))
        .s("220 ")
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"))
        .e("hello c")
        .open();
}

/// RFC 3207 4: all but EHLO, NOOP, STARTTLS and QUIT.
#[test]
fn err_nothing_in_the_clear_where_tls_is_required() {
    let mut dialogue = served(submission()).s("220 ").c("EHLO c").s("250-").e("hello c");
    for verb in ["HELO c", "MAIL FROM:<a@b>", "RSET", "AUTH PLAIN", "VRFY tim", "HELP"] {
        let refused = format!("refused {} 530", &verb[..4]);
        dialogue = dialogue.c(verb).s("530 5.7.0 ").e(&refused);
    }
    dialogue.c("NOOP").s("250 ").c("QUIT").s("221 ").e("quit").closed();
}

#[test]
fn err_not_offered() {
    served(mx())
        .s("220 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("STARTTLS")
        .s("502 ")
        .e("refused STARTTLS 502")
        .open();
}

/// CVE-2011-0411: what stands behind STARTTLS would be read as if it came under TLS. The step by
/// step dialogue could not show this: it is all in one read.
#[test]
fn refuses_plaintext_behind_starttls() {
    for behind in ["NOOP\r\n", "\r\n", "x", "\x16\x03\x01"] {
        let mut server = Server::new(mx().tls(TlsUse::Offered));
        let wire = format!("EHLO c\r\nSTARTTLS\r\n{behind}");
        server.buffers().0.extend_from_slice(wire.as_bytes());
        assert!(matches!(server.next_event(start()), Ok(Next::Event(Event::Hello { .. }))));
        let error = server.next_event(start()).unwrap_err();
        assert_eq!(error.to_string(), format!("{} octets behind STARTTLS", behind.len()));
        let said = String::from_utf8(sent(&mut server)).unwrap();
        assert!(said.lines().last().unwrap().starts_with("554 "), "{said}");
        assert_eq!(said.matches("220 ").count(), 1, "{said}");
        assert_eq!(server.next_event(start()), Err(error));
    }
}

/// The same in two reads: the second comes before the handshake is done.
#[test]
fn refuses_plaintext_before_the_handshake() {
    let mut server = Server::new(mx().tls(TlsUse::Offered));
    server.buffers().0.extend_from_slice(b"EHLO c\r\nSTARTTLS\r\n");
    while !matches!(server.next_event(start()), Ok(Next::Upgrade { to: Upgrade::Tls, .. })) {}
    server.buffers().0.extend_from_slice(b"NOOP\r\n");
    assert!(server.upgraded(pretend(Upgrade::Tls)).is_err());
    assert!(server.next_event(start()).is_err());
    assert!(!server.is_tls());
}

#[test]
fn ok_implicit_tls_comes_before_the_greeting() {
    let mut server = Server::new(mx().tls(TlsUse::Implicit));
    assert!(matches!(server.next_event(start()), Ok(Next::Upgrade { to: Upgrade::Tls, .. })));
    assert!(sent(&mut server).is_empty());
    server.upgraded(pretend(Upgrade::Tls)).unwrap();
    assert!(matches!(server.next_event(start()), Ok(Next::Event(Event::Tls(_)))));
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    assert!(sent(&mut server).starts_with(b"220 "));
    assert_eq!((server.is_tls(), server.state()), (true, State::Greeted));
    // It is not asked for twice, and not offered.
    assert!(server.upgraded(pretend(Upgrade::Tls)).is_err());
    served(mx().tls(TlsUse::Implicit))
        .s("220 ")
        .e("tls")
        .c("EHLO c")
        .s(&offers("250 ENHANCEDSTATUSCODES\r\n"))
        .e("hello c")
        .c("STARTTLS")
        .s("503 ")
        .e("refused STARTTLS 503")
        .open();
}
