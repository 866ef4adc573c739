//! AUTH with every mechanism of `mail-sasl`, at both ends. What the mechanisms say is computed by
//! another program, from the nonces `client` and `server` and the salt `salt`.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{PASSWORD, Served, application, laptop, mx, with_server};
use mail_errors::Secret;
use mail_sasl::{
    BearerToken, Credentials, Mechanism, Nonce, SaslError, TokenFailure,
    client::Identity,
    server::{Kept, Lookup},
};
use mail_wire::{
    Next, Session,
    testing::{Act, Happening, Pair, start},
};
use smtp_proto::{
    State,
    client::{self, Client, TlsPolicy},
    server::{Config, Event, Server, TlsUse, replies},
};

fn nonce(text: &str) -> Nonce {
    Nonce::new(text).unwrap()
}

/// All mechanisms, and nobody minds that they are in the clear.
fn all() -> Config {
    mx().auth(&Mechanism::BY_STRENGTH).require_auth().allow_auth_in_clear()
}

fn serve(config: Config) -> Served {
    let config = std::sync::Arc::new(config);
    let make = move || {
        let mut server = Server::new(config.clone());
        server.set_nonce(nonce("server"));
        server
    };
    with_server(make).s("220 ").c("EHLO c").s("250-").e("hello c")
}

const FIRST: &str = "biwsbj10aW0scj1jbGllbnQ=";
const CHALLENGE: &str = "334 cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTQwOTY=\r\n";
const PROOF: &str = "Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9NUljYnEwY09wOEc1dkQzUzVITTNBalUrZmdkN09hNjlEVGFr\
                     eUMranBlZz0=";
const SIGNATURE: &str = "334 dj0wVDdncENwS1RrQkdhRDFyVWJRTUp4dTdyOEUvYXJJS1NpdzhXK3VOWGJ3PQ==\r\n";

#[test]
fn ok_scram_asks_for_keys_and_then_whether_they_may() {
    serve(all())
        .c(&format!("AUTH SCRAM-SHA-256 {FIRST}"))
        .e("look up tim")
        .s(CHALLENGE)
        .c(PROOF)
        .s(SIGNATURE)
        .c("")
        .e("SCRAM-SHA-256 tim")
        .s("235 2.7.0 ")
        .c("MAIL FROM:<tim@example.com>")
        .e("from <tim@example.com>")
        .s("250 ")
        .open();
}

/// RFC 5802 6: bound to the TLS below it, and offered only there.
#[test]
fn ok_scram_plus_under_tls_and_not_before() {
    let first = "cD10bHMtZXhwb3J0ZXIsLG49dGltLHI9Y2xpZW50";
    let proof = "Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xBY0hCd2NIQndjSEJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQndjSEJ3\
                 Y0hCd2NILHI9Y2xpZW50c2VydmVyLHA9R1V4SmxEeDM1c2QydmRFdEFUaStCNFVacWgwd2VFTjJqWStI\
                 cTFpK05SQT0=";
    let config = mx().auth(&Mechanism::SCRAM).tls(TlsUse::Offered);
    let config = std::sync::Arc::new(config);
    let make = move || Server::new(config.clone());
    let dialogue = with_server(make).s("220 ").c("EHLO c").s("250-").e("hello c");
    dialogue.c(&format!("AUTH SCRAM-SHA-256-PLUS {first}")).s("504 ").e("refused AUTH 504").open();

    let config = std::sync::Arc::new(mx().auth(&Mechanism::SCRAM).tls(TlsUse::Implicit));
    let make = move || {
        let mut server = Server::new(config.clone());
        server.set_nonce(nonce("server"));
        let Ok(Next::Upgrade { to, .. }) = server.next_event(start()) else { panic!() };
        server.upgraded(mail_wire::testing::pretend(to)).unwrap();
        server.set_nonce(nonce("server"));
        server
    };
    with_server(make)
        .e("tls")
        .s("220 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c(&format!("AUTH SCRAM-SHA-256-PLUS {first}"))
        .e("look up tim")
        .s(CHALLENGE)
        .c(proof)
        .s("334 dj1abFVZNVk5d1ZmSHo1T3BrZTFmR2c0SVhCL2xrTS8zNzRmMWFNMUhBeTI4PQ==")
        .c("")
        .e("SCRAM-SHA-256-PLUS tim")
        .s("235 ")
        .open();
}

/// RFC 5802 6: `y` says that the client can bind and saw no such offer. There was one.
#[test]
fn err_offer_of_binding_taken_away() {
    let config = std::sync::Arc::new(mx().auth(&Mechanism::SCRAM).tls(TlsUse::Implicit));
    with_server(move || Server::new(config.clone()))
        .e("tls")
        .flight()
        .s("220 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("AUTH SCRAM-SHA-256 eSwsbj10aW0scj1jbGllbnQ=")
        .s("535 5.7.8 ")
        .e("refused AUTH 535")
        .open();
}

#[test]
fn ok_cram_md5() {
    serve(all())
        .c("AUTH CRAM-MD5")
        .s("334 PHNlcnZlckBteC5leGFtcGxlLmNvbT4=\r\n")
        .c("dGltIDU4YTk2MmNmOTIyYThkMTliOGYzMGVhM2UxOGUyZWI3")
        .e("look up tim")
        .e("CRAM-MD5 tim")
        .s("235 ")
        .open();
    serve(all()).c("AUTH CRAM-MD5 =").s("501 ").e("refused AUTH 501").open();
}

/// The session finds by itself that the password is wrong, and counts that as an application's no.
#[test]
fn err_wrong_proofs_count() {
    let cram = |dialogue: Served| {
        dialogue
            .c("AUTH CRAM-MD5")
            .s("334 ")
            .c("dGltIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw")
            .e("look up tim")
            .s("535 5.7.8 ")
            .e("refused response 535")
    };
    cram(cram(cram(serve(all())))).s("421 4.7.0 ").fails("TooManyAuthFailures { limit: 3 }");
}

/// RFC 7628 3.2.3 and 4.3: why first, and the refusal when the client has heard it.
#[test]
fn ok_and_err_bearer_tokens() {
    serve(all())
        .c("AUTH OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgdGFuc3RhYWZ0YW5zdGFhZgEB")
        .e("OAUTHBEARER tim")
        .s("235 ")
        .open();
    let wrong = "AUTH OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgd3JvbmcBAQ==";
    let why = "334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n";
    for heard in ["AQ==", "", "*", "???"] {
        serve(all())
            .c(wrong)
            .e("OAUTHBEARER tim")
            .s(why)
            .c(heard)
            .s("535 5.7.8 ")
            .c("NOOP")
            .s("250 ")
            .open();
    }
    let again =
        |dialogue: Served| dialogue.c(wrong).e("OAUTHBEARER tim").s(why).c("AQ==").s("535 ");
    again(again(again(serve(all())))).s("421 ").fails("TooManyAuthFailures { limit: 3 }");
    // What it says besides is the configuration's.
    let told = TokenFailure::new().scope("mail");
    serve(all().token_failure(told))
        .c(wrong)
        .e("OAUTHBEARER tim")
        .s("334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJtYWlsIn0=\r\n")
        .open();
}

#[test]
fn ok_external_and_anonymous() {
    serve(all()).c("AUTH EXTERNAL =").e("EXTERNAL ?").s("235 ").open();
    serve(all()).c("AUTH ANONYMOUS c2lyaGM=").e("ANONYMOUS ?").s("235 ").open();
}

/// RFC 4954 4: what hides the password may be offered without TLS.
#[test]
fn offers_in_the_clear_what_hides_the_password() {
    let config = mx().auth(&Mechanism::BY_STRENGTH);
    let make = move || Server::new(config.clone());
    let names = "AUTH SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 EXTERNAL ANONYMOUS\r\n";
    with_server(make)
        .s("220 ")
        .c("EHLO c")
        .s(&dialogue::offers(&format!("250-ENHANCEDSTATUSCODES\r\n250 {names}")))
        .e("hello c")
        .c("AUTH OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgd3JvbmcBAQ==")
        .s("538 ")
        .e("refused AUTH 538")
        .open();
}

/// The look-up may take its time, and only what was asked for answers it.
#[test]
fn a_lookup_is_answered_later_or_refused() {
    let asked = || {
        let mut server = Server::new(all());
        let line = format!("EHLO c\r\nAUTH SCRAM-SHA-256 {FIRST}\r\nNOOP\r\n");
        server.buffers().0.extend_from_slice(line.as_bytes());
        loop {
            match server.next_event(start()) {
                Ok(Next::Event(Event::AuthLookup(lookup))) => {
                    assert!(matches!(&lookup, Lookup::Keys { user, .. } if user == "tim"));
                    break server;
                }
                Ok(Next::Event(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let mut server = asked();
    assert!(matches!(server.next_event(start()), Ok(Next::NeedReply { .. })));
    let state = server.state();
    assert!(server.accept().is_err(), "nothing is shown yet");
    assert!(server.supply(Kept::Password(Secret::from(PASSWORD))).is_err(), "that was not asked");
    assert_eq!(server.state(), state);
    server.reply(replies::AUTH_UNAVAILABLE).unwrap();
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })), "NOOP is answered");
    assert!(!server.is_authenticated());
    let said = String::from_utf8(dialogue::sent(&mut server)).unwrap();
    assert!(
        said.ends_with("\r\n454 4.7.0 temporary authentication failure\r\n250 2.0.0 ok\r\n"),
        "{said}"
    );
    assert!(asked().supply(Kept::Password(Secret::from(PASSWORD))).is_err());
}

/// Runs both ends until they rest; returns what the server told, and how the client ended.
fn meet(client: client::Config, server: Config) -> (Vec<String>, Result<(), client::Error>) {
    let mut pair = Pair::new(Client::new(client), Server::new(server));
    let mut act = application();
    let mut told = Vec::new();
    loop {
        match pair.step() {
            Happening::Server(event) => {
                if let Act::Log(line) = act(&mut pair.server, event) {
                    told.push(line);
                }
            }
            Happening::Client(_) => {}
            Happening::Quiet => {
                assert_eq!(pair.client.state(), State::Ready);
                assert!(pair.client.is_ready());
                return (told, Ok(()));
            }
            Happening::Over(client, _) => return (told, client),
        }
    }
}

fn tim() -> Identity {
    Credentials::new("tim", Secret::from(PASSWORD)).unwrap().into()
}

/// Somebody whom this mechanism can carry.
fn somebody(mechanism: Mechanism) -> Identity {
    let token = BearerToken::new(Secret::from(PASSWORD)).unwrap().user("tim").unwrap();
    let external = Identity::external(None).unwrap();
    let all = [tim(), token.into(), external, Identity::anonymous("sirhc").unwrap()];
    all.into_iter().find(|one| one.fits(mechanism)).unwrap()
}

#[test]
fn the_ends_agree_on_every_mechanism() {
    for mechanism in Mechanism::BY_STRENGTH {
        let server = mx().tls(TlsUse::Required).auth(&Mechanism::BY_STRENGTH).require_auth();
        let who = somebody(mechanism);
        let client = laptop().tls(TlsPolicy::Required).auth(who).mechanism(mechanism);
        let (told, end) = meet(client, server);
        assert_eq!(end, Ok(()), "{mechanism}");
        let last = told.last().unwrap();
        assert!(last.starts_with(mechanism.as_str()), "{mechanism}: {last}");
    }
}

/// Bound under TLS, hidden in the clear, and shown only where that is asked for.
#[test]
fn chooses_the_strongest() {
    let by_strength = || mx().auth(&Mechanism::BY_STRENGTH);
    let chosen = |client: client::Config, server: Config| {
        let (told, end) = meet(client.auth(tim()), server);
        assert_eq!(end, Ok(()));
        told.last().unwrap().clone()
    };
    let tls = || laptop().tls(TlsPolicy::Required);
    assert_eq!(chosen(tls(), by_strength().tls(TlsUse::Offered)), "SCRAM-SHA-256-PLUS tim");
    assert_eq!(chosen(laptop().tls(TlsPolicy::Never), by_strength()), "SCRAM-SHA-256 tim");
    let passwords = mx().auth(&Mechanism::PASSWORD).tls(TlsUse::Offered);
    assert_eq!(chosen(tls(), passwords), "PLAIN tim");
    let (_, end) = meet(
        laptop().tls(TlsPolicy::Never).auth(tim()),
        mx().auth(&Mechanism::PASSWORD).allow_auth_in_clear(),
    );
    let needed = "a mechanism that hides the password, nor TLS";
    assert_eq!(end, Err(client::Error::NotOffered { needed }));
}

#[test]
fn err_wrong_password_of_every_mechanism_that_has_one() {
    let wrong = Credentials::new("tim", Secret::from("guess")).unwrap();
    for mechanism in Mechanism::BY_STRENGTH.into_iter().filter(|one| tim().fits(*one)) {
        let server = mx().tls(TlsUse::Required).auth(&Mechanism::BY_STRENGTH).require_auth();
        let client = laptop().tls(TlsPolicy::Required).auth(wrong.clone()).mechanism(mechanism);
        let (_, end) = meet(client, server);
        let Err(client::Error::Refused { reply, .. }) = end else { panic!("{mechanism}: {end:?}") };
        assert_eq!(reply, replies::BAD_CREDENTIALS, "{mechanism}");
    }
}

/// Plays a server's lines to a client; returns what the client says behind EHLO, and how it ends.
fn play(lines: &[&str]) -> (Vec<String>, Option<client::Error>) {
    let config = laptop().tls(TlsPolicy::Never).auth(tim());
    let mut client = Client::new(config);
    client.set_nonce(nonce("client"));
    let mut said = Vec::new();
    let greeting = ["220 mx", "250-mx\r\n250 AUTH PLAIN SCRAM-SHA-256"];
    for line in greeting.iter().chain(lines) {
        client.buffers().0.extend_from_slice(format!("{line}\r\n").as_bytes());
        loop {
            match client.next_event(start()) {
                Ok(Next::Event(_)) => {}
                Ok(_) => break,
                Err(error) => {
                    said.push(String::from_utf8(dialogue::sent(&mut client)).unwrap());
                    return (said.split_off(1), Some(error));
                }
            }
        }
        said.push(String::from_utf8(dialogue::sent(&mut client)).unwrap());
    }
    (said.split_off(1), None)
}

#[test]
fn ok_client_side_of_scram() {
    let (said, end) = play(&[CHALLENGE.trim(), SIGNATURE.trim(), "235 ok"]);
    assert_eq!(end, None);
    let first = format!("AUTH SCRAM-SHA-256 {FIRST}\r\n");
    assert_eq!(said, [first, format!("{PROOF}\r\n"), "\r\n".to_owned(), String::new()]);
}

/// A server that does not know the password may say yes as often as it likes.
#[test]
fn err_server_that_has_shown_nothing() {
    for lines in [&["235 ok"][..], &[CHALLENGE.trim(), "235 ok"]] {
        let (_, end) = play(lines);
        let early = SaslError::EndedEarly { mechanism: Mechanism::ScramSha256 };
        assert_eq!(end, Some(client::Error::Sasl(early)));
    }
    // Another signature: the client gives up with "*".
    let (said, end) = play(&[CHALLENGE.trim(), "334 dj1BQUFB", "235 ok"]);
    assert_eq!(end, Some(client::Error::Sasl(SaslError::FalseServer)));
    assert_eq!(said.last().unwrap(), "*\r\n");
}

#[test]
fn err_challenges_that_cannot_be_answered_are_cancelled() {
    // `r=clientserver,s=c2FsdA==,i=1`
    for challenge in ["334 not base64", "334 cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTE=", "334 "] {
        let (said, end) = play(&[challenge]);
        assert!(matches!(end, Some(client::Error::Sasl(_))), "{challenge}: {end:?}");
        assert_eq!(said.last().unwrap(), "*\r\n");
    }
}

/// `server::Event` does not print what was sent.
#[test]
fn prints_neither_password_nor_token() {
    let token = BearerToken::new(Secret::from(PASSWORD)).unwrap();
    let claim = mail_sasl::server::Claim::Token(token);
    let event = Event::Auth { mechanism: Mechanism::OAuthBearer, claim };
    assert!(!format!("{event:?}").contains(PASSWORD));
}
