//! The examples of the RFCs, octet by octet, at both ends.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, but not their helpers")]

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_errors::Secret;
use mail_sasl::client::{self, Identity, Terms};
use mail_sasl::framing::{decode_challenge, encode, encode_initial};
use mail_sasl::server::{self, Claim, Kept, Lookup, Step, Verdict};
use mail_sasl::{
    BearerToken, Credentials, Mechanism, Nonce, SaslError, ScramHash, ScramKeys, TokenFailure,
};

fn nonce(text: &str) -> Nonce {
    Nonce::new(text).unwrap()
}

fn pencil() -> Credentials {
    Credentials::new("user", Secret::from("pencil")).unwrap()
}

/// One exchange of SCRAM as it stands in its RFC: nonces, salt, and the four messages.
struct Scram {
    mechanism: Mechanism,
    hash: ScramHash,
    nonces: [&'static str; 2],
    salt: &'static str,
    messages: [&'static str; 4],
}

/// RFC 5802 section 5.
const RFC_5802: Scram = Scram {
    mechanism: Mechanism::ScramSha1,
    hash: ScramHash::Sha1,
    nonces: ["fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j"],
    salt: "QSXCR+Q6sek8bf92",
    messages: [
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ],
};

/// RFC 7677 section 3.
const RFC_7677: Scram = Scram {
    mechanism: Mechanism::ScramSha256,
    hash: ScramHash::Sha256,
    nonces: ["rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"],
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    messages: [
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ],
};

impl Scram {
    fn client(&self) -> client::Exchange {
        let terms = Terms::new().nonce(nonce(self.nonces[0]));
        client::Exchange::choose([self.mechanism.as_str().as_bytes()], pencil(), &terms).unwrap()
    }

    fn keys(&self) -> Kept {
        let salt = STANDARD.decode(self.salt).unwrap();
        let keys = ScramKeys::derive_for(self.hash, pencil().password(), &salt, 4096);
        Kept::Keys(keys.unwrap())
    }
}

#[test]
fn ok_scram_client() {
    for rfc in [RFC_5802, RFC_7677] {
        let [client_first, server_first, client_final, server_final] = rfc.messages;
        let mut client = rfc.client();
        assert_eq!(client.initial().unwrap().expose(), client_first.as_bytes());
        let proof = client.step(server_first.as_bytes()).unwrap();
        assert_eq!(proof, Secret::from(client_final));
        assert_eq!(client.step(server_final.as_bytes()), Ok(Secret::from("")));
        assert_eq!(client.finish(), Ok(()));
    }
}

#[test]
fn ok_scram_server() {
    for rfc in [RFC_5802, RFC_7677] {
        let [client_first, server_first, client_final, server_final] = rfc.messages;
        let mut server = server::Exchange::new(rfc.mechanism).nonce(nonce(rfc.nonces[1]));
        let lookup = Lookup::Keys { user: "user".to_owned(), hash: rfc.hash };
        assert_eq!(server.start(Some(client_first.as_bytes())), Ok(Step::Lookup(lookup)));
        let challenge = |text: &str| Ok(Step::Challenge(text.as_bytes().to_vec()));
        assert_eq!(server.supply(rfc.keys()), challenge(server_first));
        assert_eq!(server.step(client_final.as_bytes()), challenge(server_final));
        let Ok(Step::Check(Claim::Proven(who))) = server.step(b"") else { panic!() };
        assert_eq!((who.user(), who.authorization_identity()), ("user", None));
        assert_eq!(server.answer(Verdict::Accept), Ok(Step::Accepted));
    }
}

/// Every octet of the proof and of the signature counts.
#[test]
fn err_scram_with_another_proof_or_signature() {
    for rfc in [RFC_5802, RFC_7677] {
        let [client_first, server_first, client_final, server_final] = rfc.messages;
        let (without_proof, proof) = client_final.split_once(",p=").unwrap();
        let proof = STANDARD.decode(proof).unwrap();
        let wrong = |at: usize| {
            let mut octets = proof.clone();
            octets[at] ^= 1;
            octets
        };
        let longer = [&proof[..], b"\0"].concat();
        let shorter = proof[..proof.len() - 1].to_vec();
        let mutants = (0..proof.len()).map(wrong).chain([longer, shorter, Vec::new()]);
        for mutant in mutants {
            let mut server = server::Exchange::new(rfc.mechanism).nonce(nonce(rfc.nonces[1]));
            let _lookup = server.start(Some(client_first.as_bytes())).unwrap();
            let _challenge = server.supply(rfc.keys()).unwrap();
            let message = format!("{without_proof},p={}", STANDARD.encode(&mutant));
            assert_eq!(server.step(message.as_bytes()), Ok(Step::Refused));
            assert!(server.step(b"").is_err(), "over");
        }

        let signature = STANDARD.decode(server_final.strip_prefix("v=").unwrap()).unwrap();
        for at in [0, signature.len() - 1] {
            let mut mutant = signature.clone();
            mutant[at] ^= 1;
            let mut client = rfc.client();
            let _first = client.initial();
            client.step(server_first.as_bytes()).unwrap();
            let message = format!("v={}", STANDARD.encode(&mutant));
            assert_eq!(client.step(message.as_bytes()), Err(SaslError::FalseServer));
            assert!(client.finish().is_err());
        }
    }
}

/// RFC 2195 section 2, with the base64 of RFC 1730's framing.
#[test]
fn ok_cram_md5() {
    let challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+";
    let response = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw";
    let tim = Credentials::new("tim", Secret::from("tanstaaftanstaaf")).unwrap();

    let mut client = client::Exchange::new(Mechanism::CramMd5, tim.clone()).unwrap();
    assert_eq!(client.initial(), None);
    assert_eq!(client.respond(challenge.as_bytes()), Ok(Secret::from(response)));
    assert_eq!(client.finish(), Ok(()));

    let mut server = server::Exchange::new(Mechanism::CramMd5)
        .nonce(nonce("1896.697170952"))
        .host("postoffice.reston.mci.net");
    let Ok(Step::Challenge(octets)) = server.start(None) else { panic!() };
    assert_eq!(encode(&octets), Secret::from(challenge));
    let response = decode_challenge(response.as_bytes()).unwrap();
    let lookup = Lookup::Password { user: "tim".to_owned() };
    assert_eq!(server.step(&response), Ok(Step::Lookup(lookup)));
    let step = server.supply(Kept::Password(tim.password().clone()));
    assert!(matches!(step, Ok(Step::Check(Claim::Proven(who))) if who.user() == "tim"));
    assert_eq!(server.answer(Verdict::Accept), Ok(Step::Accepted));
}

const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

fn token() -> BearerToken {
    let token = BearerToken::new(Secret::from(TOKEN)).unwrap();
    token.user("user@example.com").unwrap().server("server.example.com", 143).unwrap()
}

/// RFC 7628 sections 4.1 and 4.2: the same exchange, with a good and with a bad token.
#[test]
fn ok_oauthbearer_of_rfc_7628() {
    let initial = "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9\
                   QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
    let mut client = client::Exchange::new(Mechanism::OAuthBearer, token()).unwrap();
    let first = client.initial().unwrap();
    assert_eq!(encode_initial(first.expose()), Secret::from(initial));

    let mut server = server::Exchange::new(Mechanism::OAuthBearer);
    let Ok(Step::Check(Claim::Token(seen))) = server.start(Some(first.expose())) else { panic!() };
    assert_eq!(seen, token());
    assert_eq!(server.answer(Verdict::Accept), Ok(Step::Accepted));
    assert_eq!(client.finish(), Ok(()));
}

/// RFC 7628 section 4.3.
#[test]
fn err_oauthbearer_of_rfc_7628() {
    let failure = "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZp\
                   Z3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9u\
                   In0=";
    let url = "https://example.com/.well-known/openid-configuration";
    let told = TokenFailure::new().scope("example_scope").openid_configuration(url);
    let mut server = server::Exchange::new(Mechanism::OAuthBearer).token_failure(told);
    let mut client = client::Exchange::new(Mechanism::OAuthBearer, token()).unwrap();
    let first = client.initial().unwrap();
    let Ok(Step::Check(Claim::Token(_))) = server.start(Some(first.expose())) else { panic!() };
    let Ok(Step::Challenge(json)) = server.answer(Verdict::Refuse) else { panic!() };
    assert_eq!(encode(&json), Secret::from(failure));

    let response = client.respond(failure.as_bytes()).unwrap();
    assert_eq!(response, Secret::from("AQ=="), "a SOH, and nothing more");
    assert_eq!(client.failure(), Some(&json[..]));
    assert_eq!(server.step(b"\x01"), Ok(Step::Refused));
    assert!(client.finish().is_err(), "a server that has refused cannot accept");
}

/// The example of Google's and Microsoft's documentation.
#[test]
fn ok_and_err_xoauth2() {
    let initial = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNr\
                   QmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";
    let token = BearerToken::new(Secret::from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"));
    let token = token.unwrap().user("someuser@example.com").unwrap();
    let mut client = client::Exchange::new(Mechanism::XOAuth2, token.clone()).unwrap();
    let first = client.initial().unwrap();
    assert_eq!(encode_initial(first.expose()), Secret::from(initial));

    let mut server = server::Exchange::new(Mechanism::XOAuth2);
    let step = server.start(Some(first.expose())).unwrap();
    assert_eq!(step, Step::Check(Claim::Token(token.clone())));
    let Ok(Step::Challenge(json)) = server.answer(Verdict::Refuse) else { panic!() };
    assert_eq!(json, br#"{"status":"401","schemes":"bearer"}"#);
    assert_eq!(client.step(&json), Ok(Secret::from("")));
    assert_eq!(server.step(b""), Ok(Step::Refused));

    let nameless = BearerToken::new(token.token().clone()).unwrap();
    assert!(client::Exchange::new(Mechanism::XOAuth2, nameless).is_err());
}

/// RFC 4616 section 4.
#[test]
fn ok_plain_of_rfc_4616() {
    let ursel = Credentials::new("Kurt", Secret::from("xipj3plmq")).unwrap();
    let ursel = ursel.acting_as("Ursel").unwrap();
    let mut client = client::Exchange::new(Mechanism::Plain, ursel.clone()).unwrap();
    let first = client.initial().unwrap();
    assert_eq!(first, Secret::from("Ursel\0Kurt\0xipj3plmq"));
    let step = server::Exchange::new(Mechanism::Plain).start(Some(first.expose()));
    assert_eq!(step, Ok(Step::Check(Claim::Password(ursel))));
}

/// RFC 4505 section 5: `AUTHENTICATE ANONYMOUS`, an empty challenge, and `c2lyaGM=`.
#[test]
fn ok_anonymous_of_rfc_4505() {
    let sirhc = Identity::anonymous("sirhc").unwrap();
    let mut client = client::Exchange::new(Mechanism::Anonymous, sirhc).unwrap();
    let mut server = server::Exchange::new(Mechanism::Anonymous);
    assert_eq!(server.start(None), Ok(Step::Challenge(Vec::new())));
    assert_eq!(client.respond(b""), Ok(Secret::from("c2lyaGM=")));
    assert_eq!(server.step(b"sirhc"), Ok(Step::Check(Claim::Anonymous("sirhc".to_owned()))));
    assert_eq!(server.answer(Verdict::Accept), Ok(Step::Accepted));
    assert_eq!(client.finish(), Ok(()));
}

/// RFC 4422 appendix A: with and without an authorization identity.
#[test]
fn ok_external_of_rfc_4422() {
    for (identity, first) in [(None, "="), (Some("fred@example.com"), "ZnJlZEBleGFtcGxlLmNvbQ==")] {
        let external = Identity::external(identity).unwrap();
        let mut client = client::Exchange::new(Mechanism::External, external).unwrap();
        let response = client.initial().unwrap();
        assert_eq!(encode_initial(response.expose()), Secret::from(first));
        let step = server::Exchange::new(Mechanism::External).start(Some(response.expose()));
        assert_eq!(step, Ok(Step::Check(Claim::External(identity.map(str::to_owned)))));
    }
}
