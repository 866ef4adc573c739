//! SASL lines and exchanges.

use mail_errors::Secret;
use mail_sasl::framing::{
    Decoded, decode_challenge, decode_initial, decode_response, encode, encode_initial,
    encoded_length,
};
use mail_sasl::server::{Step, Verdict};
use mail_sasl::{Credentials, Mechanism, client, limits, server};

const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

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
}

/// A client answers with the lines of `data`; then a server's credentials go through both ends.
pub(crate) fn exchange(data: &[u8]) {
    for mechanism in MECHANISMS {
        for begins in [true, false] {
            if let Some(credentials) = serve(mechanism, data, begins) {
                there_and_back(mechanism, &credentials);
            }
        }
    }
}

/// Hands the lines to a server; returns what it was to check.
fn serve(mechanism: Mechanism, data: &[u8], begins: bool) -> Option<Credentials> {
    let mut lines = data.split(|&octet| octet == b'\n');
    let mut exchange = server::Exchange::new(mechanism);
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
            Step::Check(credentials) => {
                assert!(exchange.step(b"").is_err(), "a verdict is owed");
                let last = exchange.answer(Verdict::Accept);
                assert_eq!(last, Ok(Step::Accepted));
                assert!(exchange.answer(Verdict::Accept).is_err(), "there is one verdict");
                return Some(credentials);
            }
            Step::Accepted | Step::Refused => panic!("nobody has decided yet"),
        };
    }
    panic!("an exchange that never ends");
}

fn there_and_back(mechanism: Mechanism, credentials: &Credentials) {
    assert!(!format!("{credentials:?}").contains("Secret(\""), "a secret shows");
    let mut client = client::Exchange::new(mechanism, credentials.clone())
        .expect("what was read of a mechanism can be sent by it");
    let mut server = server::Exchange::new(mechanism);
    let initial = client.initial();
    let mut step = server.start(initial.as_ref().map(Secret::expose));
    while let Ok(Step::Challenge(challenge)) = step {
        let response = client.step(&challenge).expect("it has not said all");
        step = server.step(response.expose());
    }
    assert_eq!(step, Ok(Step::Check(credentials.clone())));
    assert_eq!(client.finish(), Ok(()));
}
