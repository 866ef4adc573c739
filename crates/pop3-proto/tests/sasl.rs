//! AUTH (RFC 5034) with every mechanism of `mail-sasl`, at both ends. What the mechanisms say is
//! computed by another program, from the nonces `client` and `server` and the salt `salt`.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use common::{App, bold, fetch, kept, lines, mrose, open, serve, tell};
use mail_errors::Secret;
use mail_sasl::{BearerToken, Credentials, Mechanism, SaslError, client::Identity, server::Kept};
use mail_wire::testing::{Act, Ended, Happening, Pair, start};
use mail_wire::{Next, Session as _};
use pop3_proto::client::{self, Client};
use pop3_proto::server::{self, Config, Event, Server};
use pop3_proto::{Response, ResponseCode, State, Violation};

fn app() -> App {
    App::of_sizes(&[120, 200])
}

/// All mechanisms, and nobody minds that they are in the clear.
fn all() -> Config {
    open().auth(&Mechanism::BY_STRENGTH).host("pop.example.com")
}

/// What the server says behind its greeting, and the log.
fn said(config: &Config, flight: &[&str]) -> (Vec<String>, Vec<String>) {
    let replay = serve(config, &app(), &[&lines(flight)]);
    let said = replay.text().lines().skip(1).map(str::to_owned).collect();
    (said, replay.log)
}

const IN: &str = "+OK maildrop has 2 messages (320 octets)";
const FIRST: &str = "biwsbj1tcm9zZSxyPWNsaWVudA==";
const CHALLENGE: &str = "+ cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTQwOTY=";
const PROOF: &str = "Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9WG02L0Q5TEhKQVJhSVIxYlZkNTJhVUlXMnBqSVVRK01BNjFH\
                     TlBmbzc5RT0=";
const SIGNATURE: &str = "+ dj1WZEw2a1psdEQ3NUp4UWNOTXZXMjQ1Z2V6UlExcytTOW5WeENnVENCOU8wPQ==";

/// RFC 5034 6, with the user and password of the tests: with an initial response and without.
#[test]
fn ok_plain() {
    let (told, log) = said(&all(), &["AUTH PLAIN AG1yb3NlAHRhbnN0YWFm", "STAT"]);
    assert_eq!(told, [IN, "+OK 2 320"]);
    assert_eq!(log, ["login mrose"]);
    let (told, log) = said(&all(), &["auth plain", "AG1yb3NlAHRhbnN0YWFm", "AUTH PLAIN", "NOOP"]);
    assert_eq!(told, ["+ ", IN, "-ERR not possible now", "+OK nothing done"]);
    assert_eq!(log, ["login mrose", "refused AUTH WrongState"]);
}

#[test]
fn ok_login() {
    let (told, log) = said(&all(), &["AUTH LOGIN", "bXJvc2U=", "dGFuc3RhYWY="]);
    assert_eq!(told, ["+ VXNlcm5hbWU6", "+ UGFzc3dvcmQ6", IN]);
    assert_eq!(log, ["login mrose"]);
}

#[test]
fn ok_scram_asks_for_keys_and_then_whether_they_may() {
    let flight = [&format!("AUTH SCRAM-SHA-256 {FIRST}"), PROOF, "", "QUIT"];
    let (told, log) = said(&all(), &flight);
    assert_eq!(told, [CHALLENGE, SIGNATURE, IN, "+OK signing off"]);
    assert_eq!(log, ["look up mrose", "authenticate mrose", "commit []"]);
}

#[test]
fn ok_cram_md5() {
    let response = "bXJvc2UgODE5N2Y2Zjc5M2QwYzkxNmMzMThkZTA2NTc4YWZkMmQ=";
    let (told, log) = said(&all(), &["AUTH CRAM-MD5", response]);
    assert_eq!(told, ["+ PHNlcnZlckBwb3AuZXhhbXBsZS5jb20+", IN]);
    assert_eq!(log, ["look up mrose", "authenticate mrose"]);
}

#[test]
fn ok_external_and_anonymous_with_empty_initial_responses() {
    for mechanism in ["EXTERNAL", "ANONYMOUS"] {
        let (told, log) = said(&all(), &[&format!("AUTH {mechanism} =")]);
        assert_eq!(told, [IN]);
        assert_eq!(log, ["authenticate ?"]);
    }
}

/// RFC 7628 3.2.3: why first, and the refusal when the client has heard it.
#[test]
fn ok_and_err_bearer_tokens() {
    let good = "AUTH OAUTHBEARER bixhPW1yb3NlLAFhdXRoPUJlYXJlciB0YW5zdGFhZgEB";
    assert_eq!(said(&all(), &[good]).0, [IN]);
    let wrong = "AUTH OAUTHBEARER bixhPW1yb3NlLAFhdXRoPUJlYXJlciB3cm9uZwEB";
    for heard in ["AQ==", "", "*", "QUIT", "???", &"A".repeat(13_000)] {
        let (told, log) = said(&all(), &[wrong, heard, "QUIT"]);
        let refused = "-ERR [AUTH] wrong name or password";
        assert_eq!(told, ["+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=", refused, "+OK signing off"]);
        assert_eq!(log, ["authenticate mrose"]);
    }
    let thrice = serve(&all(), &app(), &[&lines(&[wrong, "AQ==", wrong, "AQ==", wrong, "AQ=="])]);
    assert!(matches!(&thrice.ended, Ended::Failed(why) if why.contains("TooManyLogins")));
}

/// RFC 5034 4: "the server MUST reject the AUTH command by sending an -ERR reply".
#[test]
fn err_cancelled_and_malformed_exchanges() {
    let flight = [
        "AUTH PLAIN",
        "*",
        "AUTH PLAIN",
        "no base64!",
        "AUTH PLAIN bXJvc2U=",
        "AUTH PLAIN *",
        "AUTH GSSAPI",
        "AUTH CRAM-MD5 =",
        "NOOP",
        "USER mrose",
        "AUTH PLAIN",
        "*",
        "PASS tanstaaf",
    ];
    let (told, log) = said(&all(), &flight);
    let expected = [
        "+ ",
        "-ERR cancelled",
        "+ ",
        "-ERR malformed arguments",
        "-ERR malformed arguments",
        "-ERR malformed arguments",
        "-ERR not offered",
        "-ERR malformed arguments",
        "-ERR not possible now",
        "+OK send PASS",
        "+ ",
        "-ERR cancelled",
        // Who begins an exchange has taken the name back.
        "-ERR not possible now",
    ];
    assert_eq!(told, expected);
    assert!(log.iter().all(|line| line.starts_with("refused ")), "{log:?}");
}

/// A wrong proof is found by the session itself, and counts as an application's no.
#[test]
fn err_wrong_proofs_count() {
    let cram = ["AUTH CRAM-MD5", "bXJvc2UgMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="];
    let flight = [cram, cram, cram].concat();
    let replay = serve(&all(), &app(), &[&lines(&flight)]);
    assert_eq!(replay.text().matches("-ERR [AUTH] no such name or password").count(), 3);
    assert!(matches!(&replay.ended, Ended::Failed(why) if why.contains("TooManyLogins")));
}

/// RFC 5034 4: lines of an exchange are not held to the length of commands, but to one of their own.
#[test]
fn ok_long_response_and_err_longer() {
    let response = |octets: usize| "A".repeat(octets - 2);
    let long = format!("AUTH PLAIN\r\n{}\r\nNOOP\r\n", response(12_288));
    let longer = format!("AUTH PLAIN\r\n{}\r\nNOOP\r\n", response(12_289));
    for (flight, refusal) in [(long, "malformed arguments"), (longer, "line too long")] {
        let mut server = Server::new(all());
        server.buffers().0.extend_from_slice(flight.as_bytes());
        while let Next::Event(_) = server.next_event(start()).unwrap() {}
        let said = common_text(&mut server);
        let end = format!("+ \r\n-ERR {refusal}\r\n-ERR not possible now\r\n");
        assert!(said.ends_with(&end), "{said}");
    }
    // Where no AUTH is offered, its line is as any other.
    let mut server = Server::new(open());
    let line = format!("AUTH PLAIN {}\r\n", response(2000));
    server.buffers().0.extend_from_slice(line.as_bytes());
    while let Next::Event(_) = server.next_event(start()).unwrap() {}
    assert!(common_text(&mut server).ends_with("-ERR line too long\r\n"));
}

fn common_text(server: &mut Server) -> String {
    use bytes::Buf as _;
    let (_, out) = server.buffers();
    String::from_utf8(out.copy_to_bytes(out.remaining()).to_vec()).unwrap()
}

/// RFC 5034 3 and RFC 2595 4; and AUTH alone, which is older than CAPA.
#[test]
fn offers_what_the_connection_can_carry() {
    let sasl = |config: &Config| {
        let (told, _) = said(config, &["CAPA"]);
        told.into_iter().find(|line| line.starts_with("SASL")).unwrap_or_default()
    };
    let hidden = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5";
    let open_to_all = format!("SASL {hidden} OAUTHBEARER XOAUTH2 PLAIN LOGIN EXTERNAL ANONYMOUS");
    assert_eq!(sasl(&all()), open_to_all);
    let careful = Config::new().auth(&Mechanism::BY_STRENGTH);
    assert_eq!(sasl(&careful), format!("SASL {hidden} EXTERNAL ANONYMOUS"));
    assert_eq!(sasl(&open()), "");

    let under_tls = serve(&careful.clone().tls(server::Tls::Implicit), &app(), &["CAPA\r\n"]);
    assert!(under_tls.text().contains("SASL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 "));

    let (told, _) = said(&careful.auth(&[Mechanism::ScramSha256, Mechanism::Plain]), &["AUTH"]);
    assert_eq!(told, ["+OK mechanisms follow", "SCRAM-SHA-256", "."]);
    let (told, _) = said(&open(), &["AUTH", "AUTH PLAIN"]);
    assert_eq!(told, ["-ERR not offered", "-ERR not offered"]);
    let plain = Config::new().auth(&[Mechanism::Plain]);
    let (told, _) = said(&plain, &["AUTH PLAIN AG1yb3NlAHRhbnN0YWFm"]);
    assert_eq!(told, ["-ERR no password in the clear, use TLS first"]);
}

/// The look-up may take its time, and only what was asked for answers it.
#[test]
fn a_lookup_is_answered_later_or_refused() {
    let mut server = Server::new(all());
    let flight = lines(&[&format!("AUTH SCRAM-SHA-256 {FIRST}"), "NOOP"]);
    server.buffers().0.extend_from_slice(flight.as_bytes());
    let Ok(Next::Event(Event::Lookup(lookup))) = server.next_event(start()) else { panic!() };
    assert!(matches!(server.next_event(start()), Ok(Next::NeedReply { .. })));
    assert!(server.accept(pop3_proto::Maildrop::default()).is_err(), "nothing is shown yet");
    assert!(server.supply(Kept::Password(Secret::from("tanstaaf"))).is_err(), "not that");
    let later = Response::err(ResponseCode::SysTemp, "later").unwrap();
    server.refuse(&later).unwrap();
    assert!(server.supply(kept(&lookup)).is_err(), "it is refused");
    while let Next::Event(_) = server.next_event(start()).unwrap() {}
    assert_eq!(server.state(), State::Authorization);
    assert!(
        common_text(&mut server).ends_with("-ERR [SYS/TEMP] later\r\n-ERR not possible now\r\n")
    );
}

/// A connection that ends in the middle of an exchange is torn.
#[test]
fn err_connection_ends_within_an_exchange() {
    let replay = serve(&all(), &app(), &["AUTH PLAIN\r\n"]);
    assert!(matches!(&replay.ended, Ended::Failed(why) if why.contains("Truncated")));
}

/// Runs both ends until they rest.
fn run(pair: &mut Pair<Client, Server>) -> (Vec<String>, Vec<String>) {
    let (mut at_client, mut at_server) = (Vec::new(), Vec::new());
    loop {
        let (log, act) = match pair.step() {
            Happening::Client(event) => (&mut at_client, tell(event)),
            Happening::Server(event) => (&mut at_server, app().act(&mut pair.server, event)),
            Happening::Quiet | Happening::Over(..) => break,
        };
        if let Act::Log(line) = act {
            log.push(line);
        }
    }
    assert_eq!(pair.client.state(), pair.server.state());
    (at_client, at_server)
}

/// Somebody whom this mechanism can carry.
fn somebody(mechanism: Mechanism) -> Identity {
    let token = BearerToken::new(Secret::from("tanstaaf")).unwrap().user("mrose").unwrap();
    let external = Identity::external(None).unwrap();
    let all = [mrose().into(), token.into(), external, Identity::anonymous("").unwrap()];
    all.into_iter().find(|one: &Identity| one.fits(mechanism)).unwrap()
}

#[test]
fn the_ends_agree_on_every_mechanism() {
    for mechanism in Mechanism::BY_STRENGTH {
        for carry in [1, 7, usize::MAX] {
            let config = Config::new().tls(server::Tls::StartTls).auth(&Mechanism::BY_STRENGTH);
            let mut pair = Pair::new(Client::new(client::Config::new()), Server::new(config));
            pair = pair.carrying(carry);
            pair.client.authenticate(mechanism, somebody(mechanism)).unwrap();
            pair.client.stat().unwrap();
            let (client, server) = run(&mut pair);
            assert_eq!(pair.client.state(), State::Transaction, "{mechanism}: {client:?}");
            assert_eq!(client[client.len() - 3], format!("AUTH {IN}"), "{mechanism}");
            assert!(server.last().unwrap().contains(['m', '?']), "{server:?}");
        }
    }
}

/// Bound under TLS, hidden in the clear, shown only where that is asked for, and USER and PASS
/// where there is no AUTH.
#[test]
fn chooses_the_strongest() {
    let log_in = |client: client::Config, server: Config| {
        let mut pair = Pair::new(Client::new(client), Server::new(server));
        pair.client.log_in(mrose()).unwrap();
        let (client, server) = run(&mut pair);
        (client.last().unwrap().clone(), server.last().cloned().unwrap_or_default())
    };
    let all = || Config::new().auth(&Mechanism::BY_STRENGTH);
    let clear = || client::Config::new().tls(client::Tls::Never);
    let proven = "authenticate mrose".to_owned();
    assert_eq!(log_in(clear(), all()), (format!("AUTH {IN}"), proven.clone()));
    let plus = Config::new().auth(&[Mechanism::ScramSha1Plus, Mechanism::Plain]);
    let under_tls = plus.tls(server::Tls::StartTls);
    assert_eq!(log_in(client::Config::new(), under_tls), (format!("AUTH {IN}"), proven));
    let pass = (format!("PASS {IN}"), "login mrose".to_owned());
    assert_eq!(log_in(bold(), open()), pass);
    let plain = || open().auth(&[Mechanism::Plain]);
    assert_eq!(log_in(bold(), plain()), (format!("AUTH {IN}"), "login mrose".to_owned()));
    let (told, _) = log_in(clear(), plain());
    assert_eq!(told, "not sent: a password is not sent without TLS");
}

#[test]
fn err_what_cannot_be_sent_is_not() {
    let give = |who: Identity, only: Option<Mechanism>| {
        let mut pair =
            Pair::new(Client::new(bold()), Server::new(open().auth(&Mechanism::PASSWORD)));
        match only {
            Some(mechanism) => pair.client.authenticate(mechanism, who).unwrap(),
            None => pair.client.log_in(who).unwrap(),
        };
        run(&mut pair).0.last().unwrap().clone()
    };
    let scram = give(mrose().into(), Some(Mechanism::ScramSha256));
    assert_eq!(scram, "not sent: the server does not offer SCRAM-SHA-256");
    assert_eq!(
        give(somebody(Mechanism::XOAuth2), None),
        "not sent: the server does not offer SASL"
    );
    // PLAIN can carry it, USER could not.
    let other = mrose().acting_as("postmaster").unwrap();
    assert_eq!(give(other.into(), None), format!("AUTH {IN}"));
}

#[test]
fn err_wrong_password_of_every_mechanism_that_has_one() {
    let wrong = Credentials::new("mrose", Secret::from("guess")).unwrap();
    for mechanism in Mechanism::BY_STRENGTH {
        if !Identity::from(wrong.clone()).fits(mechanism) {
            continue;
        }
        let config = Config::new().tls(server::Tls::StartTls).auth(&Mechanism::BY_STRENGTH);
        let mut pair = Pair::new(Client::new(client::Config::new()), Server::new(config));
        pair.client.authenticate(mechanism, wrong.clone()).unwrap();
        let (client, _) = run(&mut pair);
        assert!(client.last().unwrap().starts_with("AUTH -ERR [AUTH]"), "{mechanism}: {client:?}");
        assert_eq!(pair.client.state(), State::Authorization);
    }
}

fn give(client: &mut Client) {
    client.log_in(mrose()).unwrap();
}

const OFFER: &[u8] = b"+OK ready\r\n+OK\r\nSASL PLAIN SCRAM-SHA-256\r\n.\r\n";

/// What the client says behind the first CAPA.
fn client_said(answers: &[&str]) -> (Vec<String>, Ended) {
    let mut flights = vec![OFFER.to_vec()];
    flights.extend(answers.iter().map(|line| format!("{line}\r\n").into_bytes()));
    let flights: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
    let config = client::Config::new().tls(client::Tls::Never);
    let replay = fetch(&config, give, &flights);
    let said = replay.text().lines().skip(1).map(str::to_owned).collect();
    (said, replay.ended)
}

#[test]
fn ok_client_side_of_scram() {
    let (said, _) = client_said(&[CHALLENGE, SIGNATURE, "+OK in", "-ERR no CAPA"]);
    assert_eq!(said, [&format!("AUTH SCRAM-SHA-256 {FIRST}"), PROOF, "", "CAPA"]);
}

/// A server that does not know the password may say yes as often as it likes.
#[test]
fn err_server_that_has_shown_nothing() {
    let early = SaslError::EndedEarly { mechanism: Mechanism::ScramSha256 };
    for answers in [&["+OK in"][..], &[CHALLENGE, "+OK in"]] {
        let (_, ended) = client_said(answers);
        assert_eq!(ended, Ended::Failed(format!("{:?}", Violation::Sasl(early.clone()))));
    }
    // Another signature: the client gives up with "*", and takes no yes for it.
    let (said, ended) = client_said(&[CHALLENGE, "+ dj1BQUFB", "+OK in"]);
    assert_eq!(said.last().unwrap(), "*");
    assert_eq!(ended, Ended::Failed(format!("{:?}", Violation::Unsolicited)));
}

/// RFC 5034 4: what cannot be answered is cancelled, once.
#[test]
fn err_challenges_that_cannot_be_answered_are_cancelled() {
    for challenge in ["+ not base64", "+", "+ cj1jbGllbnRzZXJ2ZXIscz1jMkZzZEE9PSxpPTE="] {
        let (said, _) = client_said(&[challenge, "-ERR cancelled"]);
        assert_eq!(said, [&format!("AUTH SCRAM-SHA-256 {FIRST}"), "*"], "{challenge}");
        let (_, ended) = client_said(&[challenge, challenge]);
        assert_eq!(ended, Ended::Failed(format!("{:?}", Violation::Unsolicited)), "{challenge}");
    }
}

/// RFC 5034 4: a line of at most 255 octets; a longer initial response waits to be asked for.
#[test]
fn initial_response_that_makes_the_line_too_long_waits() {
    let long = "x".repeat(200);
    let mut client = Client::new(bold());
    client.log_in(Credentials::new("mrose", Secret::from(&*long)).unwrap()).unwrap();
    let offer = b"+OK ready\r\n+OK\r\nSASL PLAIN\r\n.\r\n+ \r\n";
    client.buffers().0.extend_from_slice(offer);
    while let Next::Event(_) = client.next_event(start()).unwrap() {}
    use bytes::Buf as _;
    let (_, out) = client.buffers();
    let said = String::from_utf8(out.copy_to_bytes(out.remaining()).to_vec()).unwrap();
    let response = mail_sasl::framing::encode(format!("\0mrose\0{long}").as_bytes());
    let response = String::from_utf8(response.expose().to_vec()).unwrap();
    assert_eq!(said, format!("CAPA\r\nAUTH PLAIN\r\n{response}\r\n"));
}
