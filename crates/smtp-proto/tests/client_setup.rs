//! STARTTLS (RFC 3207) and AUTH (RFC 4954) at the client.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{Sending, laptop, sending, sent};
use mail_errors::Secret;
use mail_sasl::Credentials;
use mail_wire::{
    Goodbye, Next, Session, Upgrade,
    testing::{pretend, start},
};
use smtp_proto::{
    Mailbox, Profile, State,
    client::{Client, Config, Envelope, Event, TlsPolicy},
};

fn message() -> (Envelope, &'static [&'static str]) {
    let mailbox = |text| Mailbox::parse(text).unwrap();
    (Envelope::new(mailbox("a@b")).to(mailbox("c@d")), &["x"])
}

fn tim() -> Credentials {
    Credentials::new("tim", Secret::from("tanstaaftanstaaf")).unwrap()
}

/// Up to the reply to EHLO.
fn hello(config: Config, offers: &[&str]) -> Sending {
    say_hello(sending(config, &[message()]).s("220 mx"), offers)
}

fn say_hello(dialogue: Sending, offers: &[&str]) -> Sending {
    let mut dialogue = dialogue.c("EHLO laptop.example.com");
    for offer in offers {
        dialogue = dialogue.s(&format!("250-{offer}"));
    }
    dialogue.s("250 HELP")
}

#[test]
fn ok_starttls_if_offered() {
    let under_tls =
        hello(laptop(), &["mx", "STARTTLS", "PIPELINING"]).c("STARTTLS").s("220 go").e("tls");
    // What was offered in the clear is forgotten.
    say_hello(under_tls, &["mx"])
        .c("MAIL FROM:<a@b>")
        .s("450 later")
        .e("0 refused at MAIL: 450 later")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn ok_opportunistic_tls_does_without() {
    hello(laptop(), &["mx"]).c("MAIL FROM:<a@b>").open();
    hello(laptop(), &["mx", "STARTTLS"]).c("STARTTLS").s("454 not now").c("MAIL FROM:<a@b>").open();
    hello(laptop().tls(TlsPolicy::Never), &["mx", "STARTTLS"]).c("MAIL FROM:<a@b>").open();
}

/// Nothing is said about the message, by a downgrade or otherwise.
#[test]
fn err_required_tls_is_not_to_be_had() {
    let strict = || laptop().tls(TlsPolicy::Required);
    hello(strict(), &["mx"]).e("0 not sent: Lost").c("QUIT").fails("NotOffered");
    hello(strict(), &["mx", "XSTARTTLS", "STARTTLS off"])
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("NotOffered");
    hello(strict(), &["mx", "STARTTLS"])
        .c("STARTTLS")
        .s("454 not now")
        .e("0 refused at STARTTLS: 454 not now")
        .c("QUIT")
        .fails("Refused { stage: StartTls");
    sending(strict(), &[message()])
        .s("220 mx")
        .c("EHLO laptop.example.com")
        .s("502 what?")
        .c("HELO laptop.example.com")
        .s("250 mx")
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("NotOffered");
}

/// RFC 3207 6: what was offered before and is not now may have been taken away on the way.
#[test]
fn err_starttls_was_offered_before_and_is_hidden_now() {
    let known = || laptop().start_tls_was_offered();
    hello(known().tls(TlsPolicy::Required), &["mx"])
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("StartTlsHidden");
    hello(known(), &["mx"]).e("STARTTLS hidden").c("MAIL FROM:<a@b>").open();
    hello(known(), &["mx", "STARTTLS"]).c("STARTTLS").open();
    hello(known().tls(TlsPolicy::Never), &["mx"]).c("MAIL FROM:<a@b>").open();
    // Whoever minds says so before anything goes out.
    let mut client = Client::new(known().auth(tim()).allow_auth_in_clear());
    for reply in ["220 mx\r\n", "250-mx\r\n250 AUTH PLAIN\r\n"] {
        assert!(matches!(client.next_event(start()), Ok(Next::NeedInput { .. })));
        sent(&mut client);
        client.buffers().0.extend_from_slice(reply.as_bytes());
    }
    assert!(matches!(client.next_event(start()), Ok(Next::Event(Event::StartTlsHidden))));
    client.close(Goodbye::Done);
    assert!(matches!(client.next_event(start()), Ok(Next::NeedInput { .. })));
    assert_eq!(sent(&mut client), b"QUIT\r\n");
}

fn at_starttls() -> Client {
    let mut client = Client::new(laptop());
    for reply in ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n"] {
        assert!(matches!(client.next_event(start()), Ok(Next::NeedInput { .. })));
        client.buffers().0.extend_from_slice(reply.as_bytes());
    }
    assert!(matches!(client.next_event(start()), Ok(Next::NeedInput { .. })));
    assert!(sent(&mut client).ends_with(b"STARTTLS\r\n"));
    client
}

/// CVE-2011-0411 and its kin, from the other side.
#[test]
fn refuses_plaintext_behind_the_reply_to_starttls() {
    let mut client = at_starttls();
    client.buffers().0.extend_from_slice(b"220 go\r\n250 injected\r\n");
    let error = client.next_event(start()).unwrap_err();
    assert_eq!(error.to_string(), "14 octets behind the reply to STARTTLS");
    assert!(sent(&mut client).is_empty());

    let mut client = at_starttls();
    client.buffers().0.extend_from_slice(b"220 go\r\n");
    assert!(matches!(client.next_event(start()), Ok(Next::Upgrade { to: Upgrade::Tls, .. })));
    client.buffers().0.extend_from_slice(b"250 injected\r\n");
    assert!(client.upgraded(pretend(Upgrade::Tls)).is_err());
    assert!(client.next_event(start()).is_err());
}

#[test]
fn ok_implicit_tls() {
    let mut client = Client::new(laptop().tls(TlsPolicy::Implicit));
    assert!(matches!(client.next_event(start()), Ok(Next::Upgrade { to: Upgrade::Tls, .. })));
    client.upgraded(pretend(Upgrade::Tls)).unwrap();
    let implicit = sending(laptop().tls(TlsPolicy::Implicit), &[message()]).e("tls").s("220 mx");
    say_hello(implicit, &["mx", "STARTTLS"]).c("MAIL FROM:<a@b>").open();
}

fn in_clear() -> Config {
    laptop().tls(TlsPolicy::Never).auth(tim()).allow_auth_in_clear()
}

#[test]
fn ok_plain_goes_out_with_its_command() {
    hello(in_clear(), &["mx", "AUTH LOGIN PLAIN"])
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .s("235 2.7.0 welcome")
        .c("MAIL FROM:<a@b>")
        .open();
}

#[test]
fn ok_plain_too_long_for_its_command_waits_to_be_asked() {
    let long = Credentials::new("tim", Secret::from("x".repeat(400).as_str())).unwrap();
    let response = mail_sasl::framing::encode(format!("\0tim\0{}", "x".repeat(400)).as_bytes());
    hello(in_clear().auth(long), &["mx", "AUTH PLAIN"])
        .c("AUTH PLAIN")
        .s("334 ")
        .c(std::str::from_utf8(response.expose()).unwrap())
        .s("235 welcome")
        .c("MAIL FROM:<a@b>")
        .open();
}

#[test]
fn ok_login() {
    hello(in_clear(), &["mx", "AUTH LOGIN"])
        .c("AUTH LOGIN")
        .s("334 VXNlcm5hbWU6")
        .c("dGlt")
        .s("334 UGFzc3dvcmQ6")
        .c("dGFuc3RhYWZ0YW5zdGFhZg==")
        .s("235 welcome")
        .c("MAIL FROM:<a@b>")
        .open();
}

/// From before RFC 2554: told where it is taken, and no offer where it is not.
#[test]
fn ok_old_offer_of_auth_if_the_profile_takes_it() {
    hello(in_clear(), &["mx", "SIZE", "AUTH=PLAIN"])
        .e("tolerated AUTH= in the reply to EHLO at offset 22")
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .open();
    hello(in_clear().profile(Profile::STRICT), &["mx", "SIZE", "AUTH=PLAIN"])
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("NotOffered");
}

#[test]
fn ok_auth_comes_after_tls() {
    let under_tls = hello(laptop().auth(tim()), &["mx", "STARTTLS", "AUTH PLAIN"])
        .c("STARTTLS")
        .s("220 go")
        .e("tls");
    say_hello(under_tls, &["mx", "AUTH PLAIN"])
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .s("235 welcome")
        .c("MAIL FROM:<a@b>")
        .open();
}

/// RFC 4954 4: however much the server offers it.
#[test]
fn refuses_plaintext_auth_without_tls() {
    hello(laptop().auth(tim()), &["mx", "AUTH PLAIN LOGIN"])
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("a mechanism that hides the password, nor TLS");
}

#[test]
fn err_auth_is_not_to_be_had() {
    hello(in_clear(), &["mx", "AUTH GSSAPI NTLM"])
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("a mechanism that is known here");
    hello(in_clear(), &["mx", "AUTH PLAIN"])
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .s("535 5.7.8 wrong")
        .e("0 refused at AUTH: 535 5.7.8 wrong")
        .c("QUIT")
        .fails("Refused { stage: Auth");
}

/// A server that says yes before it has seen the password has not checked it; one that asks on has
/// something else in mind.
#[test]
fn err_server_ends_the_exchange_early_or_late() {
    hello(in_clear(), &["mx", "AUTH LOGIN"])
        .c("AUTH LOGIN")
        .s("334 VXNlcm5hbWU6")
        .c("dGlt")
        .s("235 welcome")
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("EndedEarly");
    hello(in_clear(), &["mx", "AUTH PLAIN"])
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .s("334 bW9yZQ==")
        .c("*")
        .e("0 not sent: Lost")
        .fails("UnexpectedChallenge");
}

#[test]
fn prints_nothing_of_the_password() {
    let mut client = Client::new(in_clear());
    let hidden = |client: &Client| {
        let shown = format!("{client:?} {:?}", in_clear());
        !shown.contains("tanstaaf") && !shown.contains("AHRpb")
    };
    assert!(hidden(&client));
    for reply in ["220 mx\r\n", "250-mx\r\n250 AUTH PLAIN\r\n"] {
        let _ = client.next_event(start());
        client.buffers().0.extend_from_slice(reply.as_bytes());
    }
    let _ = client.next_event(start());
    assert_eq!(client.state(), State::Ready);
    assert!(hidden(&client));
    assert!(sent(&mut client).ends_with(b"AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n"));
}
