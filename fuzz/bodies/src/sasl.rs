//! SASL lines and exchanges.

use std::sync::LazyLock;

use mail_errors::Secret;
use mail_sasl::client::{Identity, Terms};
use mail_sasl::framing::{
    Decoded, decode_challenge, decode_initial, decode_response, encode, encode_initial,
    encoded_length,
};
use mail_sasl::server::{Claim, Kept, Lookup, Step, Verdict};
use mail_sasl::{
    BearerToken, ChannelBindings, Credentials, Mechanism, Nonce, ScramHash, ScramKeys,
    TokenFailure, client, limits, saslprep, server,
};

/// Octets are encoded, and lines decoded.
pub(crate) fn framing(data: &[u8]) {
    let line = encode(data);
    assert_eq!(line.expose().len(), encoded_length(data.len()));
    if line.expose().len() <= limits::LINE {
        assert_eq!(decode_challenge(line.expose()).as_deref(), Ok(data));
        let initial = decode_initial(encode_initial(data).expose());
        assert_eq!(initial.map(|octets| octets.expose() == data), Ok(true));
    }
    // Base64 has one form alone, so what is read is written as it came.
    if let Ok(octets) = decode_challenge(data) {
        assert_eq!(encode(&octets).expose(), data);
    }
    if let Ok(octets) = decode_initial(data) {
        assert_eq!(encode_initial(octets.expose()).expose(), data);
    }
    match decode_response(data) {
        Ok(Decoded::Cancelled) => assert_eq!(data, b"*"),
        Ok(Decoded::Response(octets)) => assert_eq!(encode(octets.expose()).expose(), data),
        Err(_) => {}
    }
    if let Ok(mechanism) = Mechanism::parse(data) {
        assert!(data.eq_ignore_ascii_case(mechanism.as_str().as_bytes()));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(prepared) = saslprep(text) {
        assert!(!prepared.is_empty(), "nothing is left");
        assert!(!prepared.chars().any(char::is_control), "a control character is let pass");
    }
    if let Ok(keys) = ScramKeys::parse(text) {
        assert_eq!(keys.to_text(), text, "keys have one form alone");
    }
}

/// A server is told the lines of `data`, and what it makes of them goes through both ends; a client
/// is told them as challenges.
pub(crate) fn exchange(data: &[u8]) {
    for mechanism in Mechanism::BY_STRENGTH {
        for begins in [true, false] {
            if let Some(claim) = serve(mechanism, data, begins) {
                there_and_back(mechanism, &claim);
            }
        }
        challenge(mechanism, data);
    }
}

/// Hands the lines to a server; returns what it was to check.
fn serve(mechanism: Mechanism, data: &[u8], begins: bool) -> Option<Claim> {
    let mut lines = data.split(|&octet| octet == b'\n');
    let mut exchange = server(mechanism);
    let initial = if begins { lines.next() } else { None };
    let mut step = exchange.start(initial).ok()?;
    for _ in 0..10 {
        step = match step {
            Step::Challenge(_) => match exchange.step(lines.next()?) {
                Ok(step) => step,
                Err(_) => {
                    assert!(exchange.step(b"").is_err(), "an exchange that failed is over");
                    return None;
                }
            },
            Step::Lookup(lookup) => {
                assert!(exchange.step(b"").is_err(), "a look-up is owed");
                assert!(exchange.answer(Verdict::Accept).is_err(), "nothing is shown yet");
                exchange.supply(kept(&lookup)).expect("it is what was asked for")
            }
            Step::Check(claim) => {
                assert!(exchange.step(b"").is_err(), "a verdict is owed");
                let last = exchange.answer(Verdict::Accept);
                assert_eq!(last, Ok(Step::Accepted));
                assert!(exchange.answer(Verdict::Accept).is_err(), "there is one verdict");
                return Some(claim);
            }
            // A wrong proof. Nobody has decided to let anybody in.
            Step::Refused => {
                assert!(mechanism.scram_hash().is_some() || mechanism == Mechanism::CramMd5);
                return None;
            }
            Step::Accepted => panic!("nobody has decided yet"),
        };
    }
    panic!("an exchange that never ends");
}

/// What a server took for a claim can be made by a client, and arrives unchanged.
fn there_and_back(mechanism: Mechanism, claim: &Claim) {
    let shown = format!("{claim:?}");
    assert!(!shown.contains("Secret(\""), "a secret shows");
    let identity = match claim {
        Claim::Password(credentials) => credentials.clone().into(),
        Claim::Proven(who) => {
            let credentials = Credentials::new(who.user(), Secret::from(PASSWORD));
            let credentials = credentials.expect("a name that was read is one");
            let other = who.authorization_identity();
            other
                .map_or(Ok(credentials.clone()), |other| credentials.acting_as(other))
                .expect("a name that was read is one")
                .into()
        }
        Claim::Token(token) => token.clone().into(),
        Claim::External(identity) => Identity::external(identity.as_deref()).expect("one"),
        Claim::Anonymous(trace) => Identity::anonymous(trace).expect("a trace"),
        _ => return,
    };
    let terms = Terms::new().plaintext(true).bindings(bindings()).nonce(nonce("client"));
    let offered = [mechanism.as_str().as_bytes(), b"X-OTHER"];
    let mut client = client::Exchange::choose(offered, identity, &terms)
        .expect("what was read of a mechanism can be sent by it");
    let mut server = server(mechanism);
    let initial = client.initial();
    let mut step = server.start(initial.as_ref().map(Secret::expose));
    loop {
        step = match step {
            Ok(Step::Challenge(challenge)) => {
                let response = client.step(&challenge).expect("it has not said all");
                server.step(response.expose())
            }
            Ok(Step::Lookup(lookup)) => server.supply(kept(&lookup)),
            Ok(Step::Check(arrived)) => {
                assert_eq!(arrived, *claim);
                break;
            }
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(client.finish(), Ok(()));
}

/// Hands the lines to a client as challenges: it ends, and believes nobody who has shown nothing.
fn challenge(mechanism: Mechanism, data: &[u8]) {
    let token = BearerToken::new(Secret::from("token")).and_then(|token| token.user("tim"));
    let all = [
        Credentials::new("tim", Secret::from(PASSWORD)).expect("credentials").into(),
        token.expect("a token").into(),
        Identity::external(None).expect("none"),
        Identity::anonymous("").expect("none"),
    ];
    let identity = all.into_iter().find(|one: &Identity| one.fits(mechanism));
    let terms = Terms::new().plaintext(true).bindings(bindings()).nonce(nonce("client"));
    let offered = [mechanism.as_str().as_bytes()];
    let identity = identity.expect("each mechanism has somebody");
    let mut client = client::Exchange::choose(offered, identity, &terms).expect("it is offered");
    let mut steps = 0;
    for line in data.split(|&octet| octet == b'\n') {
        match client.step(line) {
            Ok(_) => steps += 1,
            Err(_) => {
                assert!(client.step(line).is_err(), "an exchange that failed is over");
                break;
            }
        }
        assert!(steps <= 3, "an exchange that never ends");
    }
    if mechanism.scram_hash().is_some() {
        assert!(client.finish().is_err(), "nobody can show what this server does not know");
    }
}

/// Everybody's, so that a proof in the corpus can be right.
const PASSWORD: &str = "pencil";

fn server(mechanism: Mechanism) -> server::Exchange {
    let exchange = server::Exchange::new(mechanism)
        .host("mx.example.org")
        .nonce(nonce("server"))
        .token_failure(TokenFailure::new().scope("mail"));
    if mechanism.is_bound() { exchange.bindings(bindings()) } else { exchange }
}

fn bindings() -> ChannelBindings {
    ChannelBindings::new().exporter(Some(Secret::new(*b"keying material of thirty octets")))
}

/// A nonce that is the same each time, or two runs could not be compared.
pub(crate) fn nonce(text: &str) -> Nonce {
    Nonce::new(text).expect("a nonce")
}

/// What is kept of everybody.
pub(crate) fn kept(lookup: &Lookup) -> Kept {
    static KEYS: LazyLock<[ScramKeys; 2]> = LazyLock::new(|| {
        let password = Secret::from(PASSWORD);
        [ScramHash::Sha256, ScramHash::Sha1].map(|hash| {
            ScramKeys::derive_for(hash, &password, b"salt", limits::MIN_ITERATIONS)
                .expect("salt and iterations are within their limits")
        })
    });
    match lookup {
        Lookup::Keys { hash, .. } => {
            let keys = KEYS.iter().find(|keys| keys.hash() == *hash);
            Kept::Keys(keys.expect("there are keys for both").clone())
        }
        Lookup::Password { .. } | _ => Kept::Password(Secret::from(PASSWORD)),
    }
}
