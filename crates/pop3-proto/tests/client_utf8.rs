//! UTF8 as the client says it by itself, and names and passwords in UTF-8: RFC 6856 2.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use common::{App, bold, fetch, mrose, open, tell};
use mail_errors::Secret;
use mail_sasl::Credentials;
use mail_wire::testing::{Act, Happening, Pair};
use pop3_proto::client::{Client, Config, Tls, Utf8, Utf8Logins};
use pop3_proto::server::{self, Event, Server};
use pop3_proto::{MessageNumber, Response, ResponseCode};

/// What a client says that logs in, and what it is told from the end of its setting up on.
fn said(config: &Config, give: fn(&mut Client), answers: &[&[u8]]) -> (String, Vec<String>) {
    let replay = fetch(config, give, answers);
    let at = replay.log.iter().position(|line| line == "ready").unwrap();
    (replay.text().replace("\r\n", "|"), replay.log[at + 1..].to_vec())
}

fn log_in(client: &mut Client) {
    client.login(mrose()).unwrap();
}

#[test]
fn ok_utf8_is_said_behind_stls_and_before_the_login() {
    let answers: [&[u8]; 7] = [
        b"+OK ready\r\n",
        b"+OK\r\nSTLS\r\nUTF8\r\n.\r\n",
        b"+OK begin\r\n",
        b"+OK\r\nUSER\r\nUTF8 USER\r\n.\r\n",
        b"+OK UTF-8\r\n",
        b"+OK\r\n",
        b"+OK in\r\n",
    ];
    let (text, told) = said(&Config::new(), log_in, &answers);
    assert_eq!(text, "CAPA|STLS|CAPA|UTF8|USER mrose|PASS tanstaaf|CAPA|");
    assert!(told.is_empty(), "CAPA is not answered: {told:?}");
}

/// RFC 6856 2.1: no STLS behind it, be it granted or refused.
#[test]
fn ok_utf8_behind_stls_that_was_refused() {
    let answers: [&[u8]; 4] =
        [b"+OK\r\n", b"+OK\r\nSTLS\r\nUTF8\r\nUSER\r\n.\r\n", b"-ERR no\r\n", b"+OK\r\n"];
    let (text, _) = said(&bold().tls(Tls::Opportunistic), log_in, &answers);
    assert_eq!(text, "CAPA|STLS|UTF8|USER mrose|");
}

#[test]
fn ok_utf8_that_is_refused_or_not_offered_or_not_wanted() {
    let offer: &[u8] = b"+OK\r\nUSER\r\nUTF8\r\n.\r\n";
    for (config, answers, text) in [
        (
            bold(),
            &[offer, b"-ERR later\r\n", b"+OK\r\n"][..],
            "CAPA|UTF8|USER mrose|PASS tanstaaf|",
        ),
        (bold(), &[b"-ERR what?\r\n", b"+OK\r\n"], "CAPA|USER mrose|PASS tanstaaf|"),
        (bold(), &[b"+OK\r\nUSER\r\n.\r\n", b"+OK\r\n"], "CAPA|USER mrose|PASS tanstaaf|"),
        (bold().utf8(Utf8::Never), &[offer, b"+OK\r\n"], "CAPA|USER mrose|PASS tanstaaf|"),
    ] {
        let answers = [&[&b"+OK ready\r\n"[..]], answers].concat();
        let (sent, told) = said(&config, log_in, &answers);
        assert_eq!((sent.as_str(), told.is_empty()), (text, true));
    }
}

/// Before a login the application may say it, too.
#[test]
fn ok_utf8_when_the_application_says_so() {
    let answers: [&[u8]; 3] = [b"+OK\r\n", b"+OK\r\nUSER\r\nUTF8\r\n.\r\n", b"+OK UTF-8\r\n"];
    let give = |client: &mut Client| {
        client.utf8().unwrap();
    };
    let (text, told) = said(&bold().utf8(Utf8::Never), give, &answers);
    assert_eq!((text.as_str(), &told[..]), ("CAPA|UTF8|", &["UTF8 +OK UTF-8".to_owned()][..]));
}

/// RFC 6856 2.2: what is not ASCII goes where `UTF8 USER` is offered, or where the user insists.
#[test]
fn names_and_passwords_in_utf8_go_where_they_are_taken() {
    let by_user: fn(&mut Client) = |client| {
        client.login(Credentials::new("josé", Secret::from("x")).unwrap()).unwrap();
    };
    let by_password: fn(&mut Client) = |client| {
        // There is no SASL, so that it is USER and PASS.
        client.log_in(Credentials::new("jose", Secret::from("contraseña")).unwrap()).unwrap();
    };
    let by_apop: fn(&mut Client) = |client| {
        client.apop(Credentials::new("jose", Secret::from("contraseña")).unwrap()).unwrap();
    };
    let always = bold().utf8_logins(Utf8Logins::Always);
    let refused = ["not sent: the server does not offer UTF8 USER"];
    for give in [by_user, by_password, by_apop] {
        let plain: &[&[u8]] = &[b"+OK <1@a>\r\n", b"+OK\r\nUSER\r\nUTF8\r\n.\r\n", b"+OK\r\n"];
        let names: &[&[u8]] = &[b"+OK <1@a>\r\n", b"+OK\r\nUSER\r\nUTF8 USER\r\n.\r\n", b"+OK\r\n"];
        let old: &[&[u8]] = &[b"+OK <1@a>\r\n", b"-ERR what?\r\n"];
        assert_eq!(
            said(&bold(), give, plain),
            ("CAPA|UTF8|".into(), refused.map(String::from).into())
        );
        assert_eq!(said(&bold(), give, old), ("CAPA|".into(), refused.map(String::from).into()));
        for (config, answers) in [(&bold(), names), (&always, plain), (&always, old)] {
            let (text, told) = said(config, give, answers);
            assert!(text.contains("|USER jos") || text.contains("|APOP jose "), "{text}");
            assert!(told.is_empty(), "{told:?}");
        }
    }
}

/// A server that keeps messages in UTF-8 from those who did not say it, as RFC 6856 5 has it.
#[test]
fn message_in_utf8_comes_to_who_takes_it() {
    let app = App::new(&["Subject: señal\r\n\r\n".as_bytes()]);
    for (utf8, comes) in [(Utf8::IfOffered, true), (Utf8::Never, false)] {
        let mut client = Client::new(bold().utf8(utf8));
        client.login(mrose()).unwrap();
        let _ = client.retr(MessageNumber::FIRST).unwrap();
        client.quit().unwrap();
        let mut pair = Pair::new(client, Server::new(open().utf8(server::Utf8::Offered)));
        let mut told = Vec::new();
        loop {
            match pair.step() {
                Happening::Client(event) => match tell(event) {
                    Act::Log(line) => told.push(line),
                    Act::Piece(..) | Act::Quiet => {}
                },
                Happening::Server(Event::WantBody(_)) if !pair.server.is_utf8() => {
                    let why = Response::err(ResponseCode::Utf8, "it has UTF-8 in its header");
                    pair.server.refuse(&why.unwrap()).unwrap();
                }
                Happening::Server(event) => drop(app.act(&mut pair.server, event)),
                Happening::Over(client, server) => {
                    assert_eq!((client, server), (Ok(()), Ok(())));
                    break;
                }
                Happening::Quiet => panic!("{told:?}"),
            }
        }
        assert_eq!((pair.client.is_utf8(), pair.server.is_utf8()), (comes, comes));
        let refusal = "RETR -ERR [UTF8] it has UTF-8 in its header".to_owned();
        assert_eq!(
            (told.contains(&"end of body".to_owned()), told.contains(&refusal)),
            (comes, !comes)
        );
    }
}
