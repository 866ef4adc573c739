//! Channel binding, and who notices when somebody stands in the middle (RFC 5802 section 6).
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, but not their helpers")]

use mail_errors::Secret;
use mail_sasl::client::{self, Terms};
use mail_sasl::server::{self, Claim, Kept, Step, Verdict};
use mail_sasl::{BindingType, ChannelBindings, Credentials, Mechanism, SaslError, ScramKeys};

const PLUS: Mechanism = Mechanism::ScramSha256Plus;
const WITHOUT: Mechanism = Mechanism::ScramSha256;

fn exporter(of: u8) -> ChannelBindings {
    ChannelBindings::new().exporter(Some(Secret::new([of; 32])))
}

fn end_point(of: u8) -> ChannelBindings {
    ChannelBindings::new().end_point(Some(Secret::new([of; 32])))
}

fn choose(offered: &[Mechanism], terms: &Terms) -> Result<client::Exchange, SaslError> {
    let names: Vec<_> = offered.iter().map(|one| one.as_str().as_bytes()).collect();
    let user = Credentials::new("user", Secret::from("pencil")).unwrap();
    client::Exchange::choose(names, user, terms)
}

/// Runs an exchange between a client that sees this offer and a server with these bindings.
fn run(
    offered: &[Mechanism],
    clients: ChannelBindings,
    servers: ChannelBindings,
) -> Result<Mechanism, SaslError> {
    let mut client = choose(offered, &Terms::new().bindings(clients))?;
    let mechanism = client.mechanism();
    let mut server = server::Exchange::new(mechanism).bindings(servers);
    let initial = client.initial();
    let mut step = server.start(initial.as_ref().map(Secret::expose))?;
    loop {
        step = match step {
            Step::Challenge(octets) => server.step(client.step(&octets)?.expose())?,
            Step::Lookup(lookup) => {
                assert_eq!(lookup.user(), "user");
                let keys = ScramKeys::derive(&Secret::from("pencil"), b"salt", 4096).unwrap();
                server.supply(Kept::Keys(keys))?
            }
            Step::Check(Claim::Proven(_)) => server.answer(Verdict::Accept)?,
            Step::Accepted => return client.finish().map(|()| mechanism),
            Step::Check(_) | Step::Refused => panic!("{step:?}"),
        };
    }
}

fn refused(outcome: Result<Mechanism, SaslError>, words: &str) {
    let Err(error @ SaslError::Binding { .. }) = outcome else { panic!("{outcome:?}") };
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn ok_bound_to_either() {
    let offer = [WITHOUT, PLUS];
    assert_eq!(run(&offer, exporter(1), exporter(1)), Ok(PLUS));
    assert_eq!(run(&offer, end_point(1), end_point(1)), Ok(PLUS));
    let both = exporter(1).end_point(Some(Secret::new([2; 32])));
    assert_eq!(both.best(), Some(BindingType::TlsExporter));
    assert_eq!(run(&offer, both.clone(), exporter(1)), Ok(PLUS));
    assert_eq!(run(&offer, end_point(2), both), Ok(PLUS));
}

/// Two connections, one on each side of somebody in the middle: their keys are not the same.
#[test]
fn err_another_connection() {
    refused(run(&[PLUS], exporter(1), exporter(2)), "bound to another connection");
    refused(run(&[PLUS], end_point(1), end_point(2)), "bound to another connection");
}

#[test]
fn err_binding_that_the_server_does_not_have() {
    refused(run(&[PLUS], exporter(1), end_point(1)), "not had here");
    refused(run(&[PLUS], exporter(1), ChannelBindings::new()), "not had here");
    let first = b"p=tls-unique,,n=user,r=abc".as_slice();
    let step = server::Exchange::new(PLUS).bindings(exporter(1)).start(Some(first));
    refused(step.map(|_| PLUS), "not had here");
}

/// The server offers it, and somebody took the offer out of the list.
#[test]
fn err_offer_taken_away() {
    refused(run(&[WITHOUT], exporter(1), exporter(1)), "did not see the offer");
}

#[test]
fn ok_without_binding_where_one_end_has_none() {
    assert_eq!(run(&[WITHOUT], exporter(1), ChannelBindings::new()), Ok(WITHOUT));
    assert_eq!(run(&[WITHOUT, PLUS], ChannelBindings::new(), exporter(1)), Ok(WITHOUT));
    assert_eq!(run(&[WITHOUT], ChannelBindings::new(), ChannelBindings::new()), Ok(WITHOUT));
}

/// The flag says what the client knows: n, y or p.
#[test]
fn flag_of_the_first_message() {
    for (offered, bindings, flag) in [
        (&[WITHOUT][..], ChannelBindings::new(), "n,,"),
        (&[WITHOUT], exporter(1), "y,,"),
        (&[WITHOUT, PLUS], ChannelBindings::new(), "n,,"),
        (&[WITHOUT, PLUS], exporter(1), "p=tls-exporter,,"),
        (&[WITHOUT, PLUS], end_point(1), "p=tls-server-end-point,,"),
    ] {
        let mut client = choose(offered, &Terms::new().bindings(bindings)).unwrap();
        let first = client.initial().unwrap();
        assert!(first.expose().starts_with(flag.as_bytes()), "{flag}");
    }
}

#[test]
fn err_flag_that_does_not_fit_the_mechanism() {
    for (mechanism, first) in [
        (PLUS, "n,,n=user,r=abc"),
        (PLUS, "y,,n=user,r=abc"),
        (WITHOUT, "p=tls-exporter,,n=user,r=abc"),
    ] {
        let step = server::Exchange::new(mechanism).bindings(exporter(1));
        let step = { step }.start(Some(first.as_bytes()));
        assert!(matches!(step, Err(SaslError::Binding { .. })), "{mechanism} {first}");
    }
}

/// Whoever changes the header on the way changes what is signed.
#[test]
fn err_header_changed_on_the_way() {
    let mut client = choose(&[WITHOUT], &Terms::new().bindings(exporter(1))).unwrap();
    let first = client.initial().unwrap().expose().to_vec();
    // "y" would be noticed, so it becomes "n".
    let changed = [b"n", &first[1..]].concat();
    let mut server = server::Exchange::new(WITHOUT).bindings(exporter(1));
    assert!(matches!(server.start(Some(&changed)), Ok(Step::Lookup(_))));
    let keys = ScramKeys::derive(&Secret::from("pencil"), b"salt", 4096).unwrap();
    let Ok(Step::Challenge(challenge)) = server.supply(Kept::Keys(keys)) else { panic!() };
    let proof = client.step(&challenge).unwrap();
    assert!(matches!(server.step(proof.expose()), Err(SaslError::Binding { .. })));
}

/// Strength, what the connection allows, and what the credentials fit.
#[test]
fn chooses_by_strength_and_terms() {
    use Mechanism::{
        Anonymous, CramMd5, External, Login, OAuthBearer, Plain, ScramSha1, ScramSha1Plus, XOAuth2,
    };
    let bound = || Terms::new().bindings(exporter(1));
    let all = Mechanism::BY_STRENGTH;
    let chosen = |offered: &[Mechanism], terms: &Terms| choose(offered, terms).unwrap().mechanism();
    assert_eq!(chosen(&all, &bound()), PLUS);
    assert_eq!(chosen(&all, &Terms::new()), WITHOUT);
    // What is bound goes before the better hash.
    assert_eq!(chosen(&[WITHOUT, ScramSha1Plus, ScramSha1], &bound()), ScramSha1Plus);
    assert_eq!(chosen(&[Plain, CramMd5, ScramSha1], &Terms::new().plaintext(true)), ScramSha1);
    assert_eq!(chosen(&[Login, Plain, CramMd5], &Terms::new().plaintext(true)), CramMd5);
    assert_eq!(chosen(&[Login, Plain], &Terms::new().plaintext(true)), Plain);
    assert_eq!(chosen(&all, &bound().plaintext(true).only(Login)), Login);

    let plaintext = choose(&[Login, Plain], &Terms::new()).map(|_| ());
    assert_eq!(plaintext, Err(SaslError::OnlyPlaintext));
    let others = [External, Anonymous, OAuthBearer, XOAuth2];
    let none = choose(&others, &bound().plaintext(true)).map(|_| ());
    assert_eq!(none, Err(SaslError::NoMechanism));
    let none = choose(&[ScramSha1Plus], &Terms::new()).map(|_| ());
    assert_eq!(none, Err(SaslError::NoMechanism), "nothing to bind to");
    let other = choose(&[Plain], &bound().plaintext(true).only(Login)).map(|_| ());
    assert_eq!(other, Err(SaslError::NoMechanism));
}

#[test]
fn err_server_that_asks_for_too_many_or_too_few_hashes() {
    for asked in ["1", "4095", "1000001", "4294967295", "99999999999999999999"] {
        let mut client = choose(&[WITHOUT], &Terms::new()).unwrap();
        let first = client.initial().unwrap();
        let first = std::str::from_utf8(first.expose()).unwrap();
        let (_, nonce) = first.rsplit_once("r=").unwrap();
        let challenge = format!("r={nonce}x,s=c2FsdA==,i={asked}");
        let outcome = client.step(challenge.as_bytes());
        assert!(matches!(outcome, Err(SaslError::Iterations { .. })), "{asked}");
    }
}

#[test]
fn err_server_messages_that_are_none() {
    for (challenge, expected) in [
        ("", "a nonce at offset 0"),
        ("r=", "a nonce at offset 2"),
        ("m=x,r=NONCEx,s=c2FsdA==,i=4096", "a nonce at offset 0"),
        ("r=NONCE,s=c2FsdA==,i=4096", "begins with ours and goes on at offset 2"),
        ("r=otherx,s=c2FsdA==,i=4096", "begins with ours and goes on at offset 2"),
        ("r=NONCEx", "a salt"),
        ("r=NONCEx,s=?,i=4096", "a salt in base64"),
        ("r=NONCEx,s=,i=4096", "a salt of 1 to 255 octets"),
        ("r=NONCEx,s=c2FsdA==,i=04096", "an iteration count"),
        ("r=NONCEx,s=c2FsdA==,i=+4096", "an iteration count"),
        ("r=NONCEx,s=c2FsdA==,i=", "an iteration count"),
        ("r=NONCEx,i=4096,s=c2FsdA==", "a salt"),
    ] {
        let mut client = choose(&[WITHOUT], &Terms::new()).unwrap();
        let first = client.initial().unwrap();
        let first = std::str::from_utf8(first.expose()).unwrap();
        let (_, nonce) = first.rsplit_once("r=").unwrap();
        let error = client.step(challenge.replace("NONCE", nonce).as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{challenge}: {error}");
        assert!(client.finish().is_err());
    }
}

#[test]
fn err_client_messages_that_are_none() {
    for (first, expected) in [
        ("", "a channel binding flag at offset 0"),
        ("x,,n=user,r=abc", "a channel binding flag at offset 0"),
        ("n", "an authorization identity or none at offset 1"),
        ("n,b=x,n=user,r=abc", "an authorization identity or none at offset 2"),
        ("n,a=,n=user,r=abc", "an authorization identity at offset 4"),
        ("n,,m=ext,n=user,r=abc", "a user name at offset 3"),
        ("n,,n=,r=abc", "a user name at offset 5"),
        ("n,,n=a=b,r=abc", "2C or 3D at offset 7"),
        ("n,,n=a=2c,r=abc", "2C or 3D at offset 7"),
        ("n,,n=a=,r=abc", "2C or 3D at offset 7"),
        ("n,,n=\u{ad},r=abc", "a user name that SASLprep takes at offset 5"),
        ("n,,n=user", "a nonce at offset 9"),
        ("n,,n=user,r=", "a nonce at offset 12"),
        ("n,,n=user,r=a b", "a printable nonce at offset 13"),
    ] {
        let error = server::Exchange::new(WITHOUT).start(Some(first.as_bytes())).unwrap_err();
        assert!(error.to_string().contains(expected), "{first}: {error}");
    }
    let step = server::Exchange::new(WITHOUT).start(Some(b"n,,n=\xff,r=abc"));
    assert!(matches!(step, Err(SaslError::Malformed { offset: 5, expected: "UTF-8", .. })));
}

/// Names with comma and equals sign, and those that SASLprep changes.
#[test]
fn ok_names_are_quoted_and_prepared() {
    let odd = Credentials::new("a=b,c\u{2168}", Secret::from("pencil")).unwrap();
    let odd = odd.acting_as("x,y=").unwrap();
    let mut client = client::Exchange::new(WITHOUT, odd).unwrap();
    let first = client.initial().unwrap();
    assert!(first.expose().starts_with(b"n,a=x=2Cy=3D,n=a=3Db=2CcIX,r="));
    let step = server::Exchange::new(WITHOUT).start(Some(first.expose()));
    let Ok(Step::Lookup(lookup)) = step else { panic!() };
    assert_eq!(lookup.user(), "a=b,cIX");
}
