//! The server's end of SCRAM.

use mail_errors::Secret;

use super::client::auth_message;
use super::hash::{ScramHash, xor};
use super::keys::ScramKeys;
use super::messages::{
    ClientFirst, Flag, client_final, client_first, encode_server_final, encode_server_first,
};
use crate::binding::same;
use crate::{ChannelBindings, Mechanism, Nonce, SaslError, server::Proven};

/// The client has said who it is; its keys are awaited from the application.
#[derive(Debug)]
pub(crate) struct Asked {
    mechanism: Mechanism,
    hash: ScramHash,
    first: ClientFirst,
    first_bare: String,
    /// GS2 header and channel binding data: what `c=` has to be.
    binding: Secret,
}

/// The challenge is made; the client's proof is awaited.
#[derive(Debug)]
pub(crate) struct Challenged {
    mechanism: Mechanism,
    keys: ScramKeys,
    who: Proven,
    nonce: String,
    first_bare: String,
    challenge: String,
    binding: Secret,
}

impl Asked {
    /// Reads the client's first message. `bindings` are those of the mechanism with channel
    /// binding, if the server offers it.
    pub(crate) fn new(
        (mechanism, hash): (Mechanism, ScramHash),
        message: &[u8],
        bindings: &ChannelBindings,
    ) -> Result<Self, SaslError> {
        let first = client_first(message, mechanism)?;
        let refused = |why| SaslError::Binding { mechanism, why };
        // RFC 5802 section 6.
        let data = match (first.flag, mechanism.is_bound()) {
            (Flag::Bound(kind), true) => {
                let none = "that channel binding is not had here";
                bindings.data(kind).ok_or(refused(none))?.expose()
            }
            (Flag::Bound(_), false) => return Err(refused("the mechanism has no channel binding")),
            (Flag::None | Flag::NotOffered, true) => {
                return Err(refused("the client does not bind to anything"));
            }
            // The client can, and did not see our offer: somebody took it away.
            (Flag::NotOffered, false) if !bindings.is_empty() => {
                return Err(refused("the client did not see the offer of channel binding"));
            }
            (Flag::None | Flag::NotOffered, false) => &[],
        };
        let (header, bare) = message.split_at_checked(first.header).unwrap_or((message, &[]));
        let binding = Secret::new([header, data].concat());
        let first_bare = String::from_utf8_lossy(bare).into_owned();
        Ok(Self { mechanism, hash, first, first_bare, binding })
    }

    pub(crate) fn user(&self) -> &str {
        &self.first.user
    }

    pub(crate) const fn hash(&self) -> ScramHash {
        self.hash
    }

    /// Makes the challenge out of the user's keys, which are for our hash.
    pub(crate) fn challenge(self, keys: ScramKeys, nonce: &Nonce) -> (Challenged, Vec<u8>) {
        let nonce = format!("{}{}", self.first.nonce, nonce.as_str());
        let challenge = encode_server_first(&nonce, keys.salt(), keys.iterations());
        let octets = challenge.clone().into_bytes();
        let who = Proven { user: self.first.user, acting_as: self.first.authzid };
        let (mechanism, first_bare, binding) = (self.mechanism, self.first_bare, self.binding);
        (Challenged { mechanism, keys, who, nonce, first_bare, challenge, binding }, octets)
    }
}

impl Challenged {
    /// Reads the client's last message. Returns who it is and our signature, or nothing if it does
    /// not know the password.
    pub(crate) fn verify(self, message: &[u8]) -> Result<Option<(Proven, Vec<u8>)>, SaslError> {
        let mechanism = self.mechanism;
        let last = client_final(message, mechanism)?;
        if last.nonce != self.nonce {
            let (offset, expected) = (0, "the nonce of this exchange");
            return Err(SaslError::Malformed { mechanism, offset, expected });
        }
        if !same(&last.binding, self.binding.expose()) {
            let why = "the client is bound to another connection";
            return Err(SaslError::Binding { mechanism, why });
        }
        let auth_message =
            auth_message(&self.first_bare, self.challenge.as_bytes(), last.without_proof);
        let hash = self.keys.hash();
        let client_signature = hash.hmac(self.keys.stored_key().expose(), &auth_message);
        // A proof of another length is no proof, and must not be one by its beginning.
        let client_key = xor(&last.proof, &client_signature);
        let is_whole = last.proof.len() == hash.octets();
        if !(same(&hash.digest(&client_key), self.keys.stored_key().expose()) && is_whole) {
            return Ok(None);
        }
        let signature = hash.hmac(self.keys.server_key().expose(), &auth_message);
        Ok(Some((self.who, encode_server_final(&signature).into_bytes())))
    }
}
