//! AUTHENTICATE (RFC 9051 6.2.2, RFC 4959) with every mechanism of `mail-sasl`, at both ends. What
//! the mechanisms say is computed by another program, from the nonces `client` and `server` and the
//! salt `salt`.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use imap_proto::{
    State, Status,
    client::{self, Client, ClientError},
    server::{Config, Event, Server, Tls},
};
use mail_errors::Secret;
use mail_sasl::{
    BearerToken, Credentials, Mechanism, Nonce, SaslError, client::Identity, server::Kept,
};
use mail_wire::testing::{Happening, Pair, start};
use mail_wire::{Next, Session as _};
use server_support::{App, config, dialogue_with, kept};

/// All mechanisms, and nobody minds that they are in the clear.
fn all() -> Config {
    config().auth(&Mechanism::BY_STRENGTH).host("imap.example.com")
}

fn dialogue(lines: &str) {
    dialogue_with(all, App::new, lines);
}

#[test]
fn ok_scram_with_and_without_initial_response() {
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE SCRAM-SHA-256 biwsbj10aW0scj1jbGllbnQ=
        S: + cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTQwOTY=
        C: Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9ZzVQdWNBUzE3SVFGOURsYlpCYzBtN0loUm4wZTNFdEp6WVRlWnBjZlFiUT0=
        S: + dj1EVUZGZUJCZVNTcms0MUhqQms0enkyc1JQYmFlRFpONmVLemthc1hpNzFrPQ==
        C:
        S: 1 OK [CAPABILITY ...",
    );
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE SCRAM-SHA-256
        S: + ...
        C: biwsbj10aW0scj1jbGllbnQ=
        S: + cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTQwOTY=
        C: Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9ZzVQdWNBUzE3SVFGOURsYlpCYzBtN0loUm4wZTNFdEp6WVRlWnBjZlFiUT0=
        S: + dj1EVUZGZUJCZVNTcms0MUhqQms0enkyc1JQYmFlRFpONmVLemthc1hpNzFrPQ==
        C:
        S: 1 OK [CAPABILITY ...",
    );
}

#[test]
fn ok_cram_md5_external_and_anonymous() {
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE CRAM-MD5
        S: + PHNlcnZlckBpbWFwLmV4YW1wbGUuY29tPg==
        C: dGltIGFiYmE3ZmNjY2E4NGYxOGJhYzE1Yjg5Yzc2ZDE2NzQ0
        S: 1 OK [CAPABILITY ...",
    );
    for mechanism in ["EXTERNAL", "ANONYMOUS"] {
        dialogue(&format!(
            "
            S: * OK ...
            C: 1 AUTHENTICATE {mechanism} =
            S: 1 OK [CAPABILITY ..."
        ));
    }
}

/// RFC 7628 3.2.3: why first, and the refusal when the client has heard it.
#[test]
fn ok_and_err_bearer_tokens() {
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgdGFuc3RhYWYBAQ==
        S: 1 OK [CAPABILITY ...",
    );
    for heard in ["AQ==", "", "*", "???"] {
        dialogue(&format!(
            "
            S: * OK ...
            C: 1 AUTHENTICATE OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgd3JvbmcBAQ==
            S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=
            C: {heard}
            S: 1 NO [AUTHENTICATIONFAILED] token is not good
            C: 2 NOOP
            S: 2 OK ..."
        ));
    }
}

/// The session finds by itself that the password is wrong, and counts that as an application's no.
#[test]
fn err_wrong_proofs_count() {
    let attempt = |tag: u32| {
        format!(
            "
            C: {tag} AUTHENTICATE CRAM-MD5
            S: + PHNlcnZlckBpbWFwLmV4YW1wbGUuY29tPg==
            C: dGltIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw
            S: {tag} NO [AUTHENTICATIONFAILED] name or password is wrong"
        )
    };
    let thrice = format!(
        "
        S: * OK ...{}{}{}
        S: * BYE too many failed logins",
        attempt(1),
        attempt(2),
        attempt(3)
    );
    dialogue(&thrice);
}

/// RFC 9051 11.1: what hides the password may be used without TLS, what shows it may not; and what
/// is bound needs something to be bound to.
#[test]
fn offers_what_the_connection_can_carry() {
    let careful = || Config::new().tls(Tls::StartTls).auth(&Mechanism::BY_STRENGTH);
    dialogue_with(
        careful,
        App::new,
        "
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID STARTTLS SASL-IR AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=CRAM-MD5 AUTH=EXTERNAL AUTH=ANONYMOUS LOGINDISABLED] ready
        C: 1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZg==
        S: 1 NO [PRIVACYREQUIRED] not without TLS
        C: 2 AUTHENTICATE OAUTHBEARER bixhPXRpbSwBYXV0aD1CZWFyZXIgdGFuc3RhYWYBAQ==
        S: 2 NO [PRIVACYREQUIRED] not without TLS
        C: 3 AUTHENTICATE SCRAM-SHA-256-PLUS
        S: 3 NO [CANNOT] that mechanism is not known here
        C: 4 STARTTLS
        S: 4 OK ...
        C: 5 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ ID SASL-IR AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=CRAM-MD5 AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN AUTH=LOGIN AUTH=EXTERNAL AUTH=ANONYMOUS
        S: 5 OK ...
        C: 6 AUTHENTICATE SCRAM-SHA-256 eSwsbj10aW0scj1jbGllbnQ=
        S: 6 NO [AUTHENTICATIONFAILED] ...",
    );
    // Not configured.
    dialogue_with(
        || config().auth(&[Mechanism::Plain]),
        App::new,
        "
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID SASL-IR AUTH=PLAIN] ready
        C: 1 AUTHENTICATE LOGIN
        S: 1 NO [CANNOT] that mechanism is not known here",
    );
}

/// The look-up may take its time, and only what was asked for answers it.
#[test]
fn a_lookup_is_answered_later_or_refused() {
    let mut session = Server::new(all());
    let said = b"1 AUTHENTICATE SCRAM-SHA-256 biwsbj10aW0scj1jbGllbnQ=\r\n2 NOOP\r\n";
    session.buffers().0.extend_from_slice(said);
    let Ok(Next::Event(Event::Lookup(lookup))) = session.next_event(start()) else { panic!() };
    assert!(matches!(session.next_event(start()), Ok(Next::NeedReply { .. })));
    assert!(session.authenticated().is_err(), "nothing is shown yet");
    assert!(session.supply(Kept::Password(Secret::from("tanstaaf"))).is_err(), "not that");
    session.login_refused().unwrap();
    assert!(session.supply(kept(&lookup)).is_err(), "it is refused");
    while let Next::Event(_) = session.next_event(start()).unwrap() {}
    assert_eq!(session.state(), State::NotAuthenticated);
}

/// Runs both ends until they rest; returns how the client's command ended.
fn meet(
    client: client::Config,
    server: Config,
    give: impl FnOnce(&mut Client),
) -> (Option<Status>, Vec<String>, Pair<Client, Server>) {
    let mut pair = Pair::new(Client::new(client), Server::new(server));
    give(&mut pair.client);
    let (mut status, mut claims) = (None, Vec::new());
    let mut app = App::new();
    loop {
        match pair.step() {
            Happening::Client(client::Event::Done { status: ended, .. }) => {
                status = Some(ended);
            }
            Happening::Client(client::Event::NotSent { why, .. }) => claims.push(why.to_string()),
            Happening::Client(_) => {}
            Happening::Server(event) => {
                match &event {
                    Event::Login(who) => claims.push(format!("password {}", who.user())),
                    Event::Authenticate(claim) => claims.push(format!("{claim:?}")),
                    _ => {}
                }
                let _ = app.act(&mut pair.server, event);
            }
            Happening::Quiet | Happening::Over(..) => return (status, claims, pair),
        }
    }
}

fn tim() -> Credentials {
    Credentials::new("tim", Secret::from("tanstaaf")).unwrap()
}

/// Somebody whom this mechanism can carry.
fn somebody(mechanism: Mechanism) -> Identity {
    let token = BearerToken::new(Secret::from("tanstaaf")).unwrap().user("tim").unwrap();
    let external = Identity::external(None).unwrap();
    let all = [tim().into(), token.into(), external, Identity::anonymous("").unwrap()];
    all.into_iter().find(|one: &Identity| one.fits(mechanism)).unwrap()
}

#[test]
fn the_ends_agree_on_every_mechanism() {
    for mechanism in Mechanism::BY_STRENGTH {
        let server = Config::new().tls(Tls::StartTls).auth(&Mechanism::BY_STRENGTH);
        let (status, _, pair) = meet(client::Config::new(), server, |client| {
            client.authenticate(mechanism, somebody(mechanism)).unwrap();
        });
        assert_eq!(status, Some(Status::Ok), "{mechanism}");
        assert_eq!(pair.client.state(), State::Authenticated);
        assert_eq!(pair.server.state(), State::Authenticated);
    }
}

#[test]
fn err_wrong_password_of_every_mechanism_that_has_one() {
    let wrong = Credentials::new("tim", Secret::from("guess")).unwrap();
    for mechanism in Mechanism::BY_STRENGTH {
        if !Identity::from(wrong.clone()).fits(mechanism) {
            continue;
        }
        let server = Config::new().tls(Tls::StartTls).auth(&Mechanism::BY_STRENGTH);
        let (status, _, pair) = meet(client::Config::new(), server, |client| {
            client.authenticate(mechanism, wrong.clone()).unwrap();
        });
        assert_eq!(status, Some(Status::No), "{mechanism}");
        assert_eq!(pair.client.state(), State::NotAuthenticated);
    }
}

/// Bound under TLS, hidden in the clear, shown only where that is asked for.
#[test]
fn chooses_the_strongest() {
    let log_in = |client: client::Config, server: Config| {
        let (status, claims, _) = meet(client, server, |client| {
            client.log_in(tim()).unwrap();
        });
        (status, claims.join(", "))
    };
    let clear = || client::Config::new().tls(client::Tls::Never);
    let careful = || Config::new().auth(&Mechanism::BY_STRENGTH);
    let (status, claim) = log_in(clear(), careful());
    assert_eq!(status, Some(Status::Ok));
    assert!(claim.starts_with("Proven"), "{claim}");
    let bound = Config::new().auth(&[Mechanism::ScramSha1Plus, Mechanism::Plain]);
    let (status, claim) = log_in(client::Config::new(), bound.tls(Tls::StartTls));
    assert_eq!(status, Some(Status::Ok));
    assert!(claim.starts_with("Proven"), "{claim}");
    let (status, claim) = log_in(clear(), config());
    assert_eq!((status, &*claim), (None, "a password is not sent without TLS"));
    let bold = clear().plaintext_login(client::PlaintextLogin::Allow);
    let (status, claim) = log_in(bold, config());
    assert_eq!((status, &*claim), (Some(Status::Ok), "password tim"));
}

/// A server that does not know the password may say OK as often as it likes.
#[test]
fn err_server_that_has_shown_nothing() {
    const CHALLENGE: &str = "+ cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTQwOTY=\r\n";
    let play = |lines: &[&str]| {
        let config = client::Config::new().tls(client::Tls::Never);
        let mut client = Client::new(config);
        client.set_nonce(Nonce::new("client").unwrap());
        client.log_in(tim()).unwrap();
        let greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256] hi\r\n";
        for line in [greeting].iter().chain(lines) {
            client.buffers().0.extend_from_slice(line.as_bytes());
            loop {
                match client.next_event(start()) {
                    Ok(Next::Event(_)) => {}
                    Ok(_) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(client.state())
    };
    let early = SaslError::EndedEarly { mechanism: Mechanism::ScramSha256 };
    let ok = "A1 OK in\r\n";
    assert_eq!(play(&[ok]), Err(ClientError::Sasl(early.clone())));
    assert_eq!(play(&[CHALLENGE, ok]), Err(ClientError::Sasl(early)));
    // Another signature: the client gives up with "*", and takes no OK for it.
    assert!(play(&[CHALLENGE, "+ dj1BQUFB\r\n", ok]).is_err());
    let refused = play(&[CHALLENGE, "+ dj1BQUFB\r\n", "A1 BAD cancelled\r\n"]);
    assert_eq!(refused, Ok(State::NotAuthenticated));
    let signature = "+ dj1EVUZGZUJCZVNTcms0MUhqQms0enkyc1JQYmFlRFpONmVLemthc1hpNzFrPQ==\r\n";
    assert_eq!(play(&[CHALLENGE, signature, ok]), Ok(State::Authenticated));
}

/// An event does not print what was sent.
#[test]
fn prints_no_token() {
    let token = BearerToken::new(Secret::from("tanstaaf")).unwrap();
    let event = Event::Authenticate(mail_sasl::server::Claim::Token(token));
    assert!(!format!("{event:?}").contains("tanstaaf"));
}
