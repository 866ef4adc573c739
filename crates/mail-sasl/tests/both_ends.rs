//! Our client against our server, through the base64 that would cross the wire.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, but not their helpers")]

use mail_errors::Secret;
use mail_sasl::client::{Identity, Terms};
use mail_sasl::framing::{self, Decoded};
use mail_sasl::server::{Claim, Kept, Lookup, Step, Verdict};
use mail_sasl::{
    BearerToken, ChannelBindings, Credentials, Mechanism, SaslError, ScramKeys, client, server,
};
use proptest::prelude::*;

/// Runs an exchange to its end. Returns the lines (`C:` and `S:`) and how it ended.
fn converse(
    mechanism: Mechanism,
    identity: impl Into<Identity>,
    initial: bool,
    judge: impl Fn(&Claim) -> Verdict,
) -> (Vec<String>, Result<(), SaslError>) {
    let bindings = ChannelBindings::new().exporter(Some(Secret::new([7; 32])));
    let terms = Terms::new().plaintext(true).bindings(bindings.clone());
    let offered = [mechanism.as_str().as_bytes()];
    let mut client = client::Exchange::choose(offered, identity, &terms).unwrap();
    let mut server = server::Exchange::new(mechanism);
    if mechanism.is_bound() {
        server = server.bindings(bindings);
    }
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
            Step::Lookup(lookup) => server.supply(kept(&lookup)).unwrap(),
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

/// The password of everybody in look-ups.
const PASSWORD: &str = "tanstaaftanstaaf";

fn kept(lookup: &Lookup) -> Kept {
    let password = Secret::from(PASSWORD);
    match lookup {
        Lookup::Keys { hash, .. } => {
            Kept::Keys(ScramKeys::derive_for(*hash, &password, b"salt", 4096).unwrap())
        }
        Lookup::Password { .. } | _ => Kept::Password(password),
    }
}

/// Somebody who fits the mechanism.
fn somebody(mechanism: Mechanism) -> Identity {
    let token = BearerToken::new(Secret::from("token")).unwrap().user("tim").unwrap();
    let all = [
        tim().into(),
        token.into(),
        Identity::external(None).unwrap(),
        Identity::anonymous("").unwrap(),
    ];
    all.into_iter().find(|one: &Identity| one.fits(mechanism)).unwrap()
}

fn tim() -> Credentials {
    Credentials::new("tim", Secret::from("tanstaaftanstaaf")).unwrap()
}

fn accept(_: &Claim) -> Verdict {
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
        for initial in [true, false] {
            let (wire, _) = converse(mechanism, somebody(mechanism), initial, |_| Verdict::Refuse);
            assert_eq!(wire.last().unwrap(), "S: refused");
        }
    }
}

/// With and without initial response, an empty one included.
#[test]
fn ok_every_mechanism() {
    for mechanism in Mechanism::BY_STRENGTH {
        for initial in [true, false] {
            let (wire, end) = converse(mechanism, somebody(mechanism), initial, accept);
            assert_eq!(wire.last().unwrap(), "S: accepted", "{mechanism}");
            assert_eq!(end, Ok(()), "{mechanism}");
            let speaks_first = wire[0].starts_with('C');
            assert_eq!(speaks_first, initial && mechanism.is_client_first(), "{mechanism}");
        }
    }
}

/// Of those that hide the password nothing of it is on the wire.
#[test]
fn the_password_is_hidden_where_it_is_said_to_be() {
    for mechanism in Mechanism::BY_STRENGTH {
        let (wire, _) = converse(mechanism, somebody(mechanism), true, accept);
        let shows = wire.iter().any(|line| {
            let octets = framing::decode_challenge(&line.as_bytes()[3..]).unwrap_or_default();
            let has = |needle: &str| octets.windows(needle.len()).any(|at| at == needle.as_bytes());
            has(PASSWORD) || has("Bearer token")
        });
        assert_eq!(shows, mechanism.is_plaintext(), "{mechanism}");
    }
}

/// The keys are another password's.
#[test]
fn refuses_a_wrong_password_of_scram_and_cram_md5() {
    let wrong = Credentials::new("tim", Secret::from("guess")).unwrap();
    for mechanism in [Mechanism::ScramSha256Plus, Mechanism::ScramSha1, Mechanism::CramMd5] {
        let (wire, _) = converse(mechanism, wrong.clone(), true, |_| panic!("nothing is shown"));
        assert_eq!(wire.last().unwrap(), "S: refused", "{mechanism}");
    }
}

proptest! {
    #[test]
    fn ok_any_credentials_arrive_unchanged(
        user in "[^\\pC]{1,60}",
        other in proptest::option::of("[^\\pC]{1,60}"),
        password in proptest::collection::vec(1..=255_u8, 1..200),
        initial: bool,
        mechanism in proptest::sample::select(&Mechanism::PASSWORD),
    ) {
        let mut credentials = Credentials::new(user, Secret::new(password)).unwrap();
        if let (Some(other), true) = (other, mechanism.has_authorization_identity()) {
            credentials = credentials.acting_as(other).unwrap();
        }
        let sent = credentials.clone();
        let (wire, end) = converse(mechanism, credentials, initial, |seen| {
            if *seen == Claim::Password(sent.clone()) { Verdict::Accept } else { Verdict::Refuse }
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
            match server.step(&response) {
                Ok(Step::Check(_)) => {
                    prop_assert_eq!(server.answer(Verdict::Accept), Ok(Step::Accepted));
                }
                Ok(Step::Lookup(lookup)) => prop_assert!(server.supply(kept(&lookup)).is_ok()),
                Ok(Step::Challenge(_) | Step::Accepted | Step::Refused) | Err(_) => {}
            }
        }
    }
}
