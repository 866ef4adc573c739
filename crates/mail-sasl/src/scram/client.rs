//! The client's end of SCRAM.

use mail_errors::Secret;

use super::hash::{ScramHash, xor};
use super::messages::{
    Flag, ServerFinal, client_final_without_proof, client_first_bare, gs2_header, server_final,
    server_first, with_proof,
};
use crate::binding::same;
use crate::{Credentials, Mechanism, Nonce, SaslError, client::Terms, saslprep};

/// The first message is made; the server's first one is awaited.
#[derive(Debug)]
pub(crate) struct Begun {
    mechanism: Mechanism,
    hash: ScramHash,
    password: Secret,
    nonce: Nonce,
    first_bare: String,
    /// GS2 header and channel binding data: what `c=` carries.
    binding: Secret,
}

/// The proof is made; the server's signature is awaited.
#[derive(Debug)]
pub(crate) struct Signed {
    mechanism: Mechanism,
    signature: Secret,
}

impl Begun {
    /// Makes the first message. `is_bound_offered` says that the server offers the same mechanism
    /// with channel binding.
    pub(crate) fn new(
        (mechanism, hash): (Mechanism, ScramHash),
        credentials: &Credentials,
        terms: &Terms,
        is_bound_offered: bool,
    ) -> Result<(Self, Secret), SaslError> {
        let bindings = terms.channel_bindings();
        let best = bindings.best();
        let flag = match best {
            Some(kind) if mechanism.is_bound() => Flag::Bound(kind),
            None if mechanism.is_bound() => {
                let why = "there is no TLS to bind to";
                return Err(SaslError::Binding { mechanism, why });
            }
            // RFC 5802 section 6: this lets the server see that its offer was taken away.
            Some(_) if !is_bound_offered => Flag::NotOffered,
            Some(_) | None => Flag::None,
        };
        // RFC 5802 section 5.1: the user name is prepared.
        let user = saslprep(credentials.user())?;
        let nonce = match terms.fixed_nonce() {
            Some(nonce) => nonce.clone(),
            None => Nonce::random()?,
        };
        let header = gs2_header(flag, credentials.authorization_identity());
        let first_bare = client_first_bare(&user, nonce.as_str());
        let message = Secret::from(&*format!("{header}{first_bare}"));
        let data = match flag {
            Flag::Bound(kind) => bindings.data(kind).map(Secret::expose).unwrap_or_default(),
            Flag::None | Flag::NotOffered => &[],
        };
        let binding = Secret::new([header.as_bytes(), data].concat());
        let password = credentials.password().clone();
        Ok((Self { mechanism, hash, password, nonce, first_bare, binding }, message))
    }

    /// Makes the last message, which costs as many hashes as the server asks for.
    pub(crate) fn answer(self, challenge: &[u8]) -> Result<(Signed, Secret), SaslError> {
        let Self { mechanism, hash, .. } = self;
        let first = server_first(challenge, mechanism)?;
        // RFC 5802 section 5.1: it must begin with our own nonce, and add to it.
        match first.nonce.strip_prefix(self.nonce.as_str()) {
            Some(added) if !added.is_empty() => {}
            Some(_) | None => {
                let (offset, expected) = (2, "a nonce that begins with ours and goes on");
                return Err(SaslError::Malformed { mechanism, offset, expected });
            }
        }
        let without_proof = client_final_without_proof(self.binding.expose(), first.nonce);
        let auth_message = auth_message(&self.first_bare, challenge, &without_proof);
        let salted = hash.salted_password(&self.password, &first.salt, first.iterations);
        let client_key = hash.client_key(&salted);
        let client_signature = hash.hmac(&hash.digest(&client_key), &auth_message);
        let message = with_proof(&without_proof, &xor(&client_key, &client_signature));
        let signature = Secret::new(hash.hmac(&hash.server_key(&salted), &auth_message));
        Ok((Signed { mechanism, signature }, Secret::from(&*message)))
    }
}

impl Signed {
    /// Reads the server's last message. Answers whether it knows the password; `false` says that it
    /// refuses us instead.
    pub(crate) fn check(self, challenge: &[u8]) -> Result<bool, SaslError> {
        match server_final(challenge, self.mechanism)? {
            ServerFinal::Signature(shown) if same(&shown, self.signature.expose()) => Ok(true),
            ServerFinal::Signature(_) => Err(SaslError::FalseServer),
            ServerFinal::Error => Ok(false),
        }
    }
}

/// > AuthMessage     := client-first-message-bare + "," + server-first-message + "," +
/// >                    client-final-message-without-proof           RFC 5802 section 3
pub(super) fn auth_message(first_bare: &str, server_first: &[u8], without_proof: &str) -> Vec<u8> {
    [first_bare.as_bytes(), server_first, without_proof.as_bytes()].join(&b',')
}
