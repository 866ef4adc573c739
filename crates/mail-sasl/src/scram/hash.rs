//! The hash under SCRAM, and what SCRAM makes of it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use mail_errors::Secret;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::prepare;

/// The hash function of a SCRAM mechanism, and of the keys that a server keeps for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScramHash {
    /// SHA-256. RFC 7677.
    Sha256,
    /// SHA-1. RFC 5802. What is known against it does not reach HMAC, but nobody takes it anew.
    Sha1,
}

impl ScramHash {
    pub(crate) const ALL: [Self; 2] = [Self::Sha256, Self::Sha1];

    /// Returns the name of the mechanism with this hash and without channel binding; it begins the
    /// text form of the keys as well (RFC 5803 section 2).
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha1 => "SCRAM-SHA-1",
        }
    }

    /// Returns how many octets a digest has.
    #[must_use]
    pub const fn octets(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha1 => 20,
        }
    }

    /// > SaltedPassword  := Hi(Normalize(password), salt, i)             RFC 5802 section 3
    pub(crate) fn salted_password(
        self,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Vec<u8> {
        let password = prepare::password(password.expose());
        let mut salted = vec![0; self.octets()];
        match self {
            Self::Sha256 => pbkdf2_hmac::<Sha256>(&password, salt, iterations, &mut salted),
            Self::Sha1 => pbkdf2_hmac::<Sha1>(&password, salt, iterations, &mut salted),
        }
        salted
    }

    /// > ClientKey := HMAC(SaltedPassword, "Client Key")                  RFC 5802 section 3
    pub(crate) fn client_key(self, salted_password: &[u8]) -> Vec<u8> {
        self.hmac(salted_password, b"Client Key")
    }

    /// > ServerKey := HMAC(SaltedPassword, "Server Key")                  RFC 5802 section 3
    pub(crate) fn server_key(self, salted_password: &[u8]) -> Vec<u8> {
        self.hmac(salted_password, b"Server Key")
    }

    /// > StoredKey := H(ClientKey)                                        RFC 5802 section 3
    pub(crate) fn digest(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(octets).to_vec(),
            Self::Sha1 => Sha1::digest(octets).to_vec(),
        }
    }

    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        const ANY: &str = "HMAC takes a key of any length";
        match self {
            Self::Sha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY);
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
            Self::Sha1 => {
                let mac = Hmac::<Sha1>::new_from_slice(key).expect(ANY);
                mac.chain_update(message).finalize().into_bytes().to_vec()
            }
        }
    }
}

impl fmt::Display for ScramHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha1 => "SHA-1",
        })
    }
}

/// > ClientProof := ClientKey XOR ClientSignature                      RFC 5802 section 3
pub(crate) fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}
