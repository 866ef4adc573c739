//! Our client against our server, through the base64 that would cross the wire.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, but not their helpers")]

use mail_errors::Secret;
use mail_sasl::framing::{self, Decoded};
use mail_sasl::server::{Step, Verdict};
use mail_sasl::{Credentials, Mechanism, SaslError, client, server};
use proptest::prelude::*;

/// Runs an exchange to its end. Returns the lines (`C:` and `S:`) and how it ended.
fn converse(
    mechanism: Mechanism,
    credentials: Credentials,
    initial: bool,
    judge: impl Fn(&Credentials) -> Verdict,
) -> (Vec<String>, Result<(), SaslError>) {
    let mut client = client::Exchange::new(mechanism, credentials).unwrap();
    let mut server = server::Exchange::new(mechanism);
    let mut wire = Vec::new();
    let mut say = |who: &str, line: &Secret| {
        wire.push(format!("{who}: {}", String::from_utf8(line.expose().to_vec()).unwrap()));
    };

    let first = if initial { client.initial() } else { None };
    let first = first.map(|response| {
        let argument = framing::encode_initial(response.expose());
        say("C", &argument);
        framing::decode_initial(argument.expose()).unwrap()
    });
    let mut step = server.start(first.as_ref().map(Secret::expose)).unwrap();
    loop {
        step = match step {
            Step::Challenge(challenge) => {
                let line = framing::encode(&challenge);
                say("S", &line);
                let challenge = framing::decode_challenge(line.expose()).unwrap();
                let line = framing::encode(client.step(&challenge).unwrap().expose());
                say("C", &line);
                let decoded = framing::decode_response(line.expose()).unwrap();
                let Decoded::Response(response) = decoded else { panic!("cancelled") };
                server.step(response.expose()).unwrap()
            }
            Step::Check(seen) => server.answer(judge(&seen)).unwrap(),
            Step::Accepted => {
                say("S", &Secret::from("accepted"));
                return (wire, client.finish());
            }
            Step::Refused => {
                say("S", &Secret::from("refused"));
                return (wire, Ok(()));
            }
        };
    }
}

fn tim() -> Credentials {
    Credentials::new("tim", Secret::from("tanstaaftanstaaf")).unwrap()
}

fn accept(_: &Credentials) -> Verdict {
    Verdict::Accept
}

/// RFC 4954 section 4.3, the first example of RFC 4616 section 4.
#[test]
fn ok_plain_with_initial_response() {
    let (wire, end) = converse(Mechanism::Plain, tim(), true, accept);
    assert_eq!(wire, ["C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "S: accepted"]);
    assert_eq!(end, Ok(()));
}

#[test]
fn ok_plain_after_an_empty_challenge() {
    let (wire, end) = converse(Mechanism::Plain, tim(), false, accept);
    assert_eq!(wire, ["S: ", "C: AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "S: accepted"]);
    assert_eq!(end, Ok(()));
}

#[test]
fn ok_login_by_two_prompts() {
    let (wire, end) = converse(Mechanism::Login, tim(), true, accept);
    let lines = [
        "S: VXNlcm5hbWU6",
        "C: dGlt",
        "S: UGFzc3dvcmQ6",
        "C: dGFuc3RhYWZ0YW5zdGFhZg==",
        "S: accepted",
    ];
    assert_eq!(wire, lines);
    assert_eq!(end, Ok(()));
}

#[test]
fn refuses_what_the_application_refuses() {
    for mechanism in Mechanism::BY_STRENGTH {
        let (wire, _) = converse(mechanism, tim(), true, |_| Verdict::Refuse);
        assert_eq!(wire.last().unwrap(), "S: refused");
    }
}

proptest! {
    #[test]
    fn ok_any_credentials_arrive_unchanged(
        user in "[^\\pC]{1,60}",
        other in proptest::option::of("[^\\pC]{1,60}"),
        password in proptest::collection::vec(1..=255_u8, 1..200),
        initial: bool,
        mechanism in proptest::sample::select(&Mechanism::BY_STRENGTH),
    ) {
        let mut credentials = Credentials::new(user, Secret::new(password)).unwrap();
        if let (Some(other), true) = (other, mechanism.has_authorization_identity()) {
            credentials = credentials.acting_as(other).unwrap();
        }
        let sent = credentials.clone();
        let (wire, end) = converse(mechanism, credentials, initial, |seen| {
            if *seen == sent { Verdict::Accept } else { Verdict::Refuse }
        });
        prop_assert_eq!(wire.last().unwrap(), "S: accepted");
        prop_assert_eq!(end, Ok(()));
    }

    #[test]
    fn no_response_panics_the_server(
        mechanism in proptest::sample::select(&Mechanism::BY_STRENGTH),
        responses in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..5),
    ) {
        let mut server = server::Exchange::new(mechanism);
        let _ = server.start(None);
        for response in responses {
            if let Ok(Step::Check(_)) = server.step(&response) {
                prop_assert_eq!(server.answer(Verdict::Accept), Ok(Step::Accepted));
            }
        }
    }
}
