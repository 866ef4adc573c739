//! The four messages of SCRAM (RFC 5802 section 7), read and written.

use std::borrow::Cow;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::credentials::check_identity;
use crate::limits::{MAX_ITERATIONS, MIN_ITERATIONS, SALT};
use crate::{BindingType, Mechanism, SaslError, saslprep};

/// What a client says of channel binding.
///
/// > gs2-cbind-flag  = ("p=" cb-name) / "n" / "y"                    RFC 5802 section 7
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    /// `n`: it has none.
    None,
    /// `y`: it has one, and thinks that the server has none.
    NotOffered,
    /// `p=`: it binds to this.
    Bound(BindingType),
}

/// > gs2-header      = gs2-cbind-flag "," [ authzid ] ","            RFC 5802 section 7
pub(super) fn gs2_header(flag: Flag, authzid: Option<&str>) -> String {
    let flag = match flag {
        Flag::None => Cow::Borrowed("n"),
        Flag::NotOffered => Cow::Borrowed("y"),
        Flag::Bound(kind) => Cow::Owned(format!("p={}", kind.as_str())),
    };
    let authzid = authzid.map(|name| format!("a={}", saslname(name))).unwrap_or_default();
    format!("{flag},{authzid},")
}

/// > client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
/// >                                                                 RFC 5802 section 7
pub(super) fn client_first_bare(user: &str, nonce: &str) -> String {
    format!("n={},r={nonce}", saslname(user))
}

/// > saslname        = 1*(value-safe-char / "=2C" / "=3D")           RFC 5802 section 7
pub(crate) fn saslname(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// What stands in a client's first message.
#[derive(Debug)]
pub(super) struct ClientFirst {
    pub(super) flag: Flag,
    pub(super) authzid: Option<String>,
    /// Prepared by SASLprep.
    pub(super) user: String,
    pub(super) nonce: String,
    /// How long the GS2 header is; the rest of the message is the bare one.
    pub(super) header: usize,
}

/// > client-first-message = gs2-header client-first-message-bare     RFC 5802 section 7
pub(super) fn client_first(message: &[u8], of: Mechanism) -> Result<ClientFirst, SaslError> {
    let mut fields = Fields::new(message, of)?;
    let at = fields.at;
    let flag = match fields.take("a channel binding flag")? {
        "n" => Flag::None,
        "y" => Flag::NotOffered,
        other => match other.strip_prefix("p=") {
            Some(name) => {
                Flag::Bound(BindingType::parse(name.as_bytes()).ok_or(SaslError::Binding {
                    mechanism: of,
                    why: "that channel binding is not had here",
                })?)
            }
            None => return Err(fields.error_at(at, "a channel binding flag")),
        },
    };
    let at = fields.at;
    let authzid = match fields.take("an authorization identity or none")? {
        "" => None,
        other => match other.strip_prefix("a=") {
            Some(name) => Some(fields.name(name, at + 2, "an authorization identity")?),
            None => return Err(fields.error_at(at, "an authorization identity or none")),
        },
    };
    let header = fields.at;
    // RFC 5802 5.1: "m=" is for extensions that must not be passed over, and there are none.
    let at = fields.at + 2;
    let user = fields.value("n=", "a user name")?;
    let user = fields.name(user, at, "a user name")?;
    let user = match saslprep(&user) {
        Ok(prepared) => prepared.into_owned(),
        Err(_) => return Err(fields.error_at(at, "a user name that SASLprep takes")),
    };
    let nonce = fields.nonce()?.to_owned();
    Ok(ClientFirst { flag, authzid, user, nonce, header })
}

/// > server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count
/// >                        ["," extensions]                         RFC 5802 section 7
pub(super) fn encode_server_first(nonce: &str, salt: &[u8], iterations: u32) -> String {
    format!("r={nonce},s={},i={iterations}", STANDARD.encode(salt))
}

/// What stands in a server's first message.
#[derive(Debug)]
pub(super) struct ServerFirst<'a> {
    pub(super) nonce: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

pub(super) fn server_first(message: &[u8], of: Mechanism) -> Result<ServerFirst<'_>, SaslError> {
    let mut fields = Fields::new(message, of)?;
    let nonce = fields.nonce()?;
    let at = fields.at + 2;
    let salt = STANDARD.decode(fields.value("s=", "a salt")?);
    let salt = salt.map_err(|_| fields.error_at(at, "a salt in base64"))?;
    if !(1..=SALT).contains(&salt.len()) {
        return Err(fields.error_at(at, "a salt of 1 to 255 octets"));
    }
    let at = fields.at + 2;
    let digits = fields.value("i=", "an iteration count")?;
    // > iteration-count = "i=" posit-number
    // > posit-number = %x31-39 *DIGIT
    let is_number = digits.bytes().all(|octet| octet.is_ascii_digit());
    if !is_number || digits.starts_with('0') || digits.is_empty() {
        return Err(fields.error_at(at, "an iteration count"));
    }
    let asked = digits.parse().unwrap_or(u32::MAX);
    let (least, most) = (MIN_ITERATIONS, MAX_ITERATIONS);
    if !(least..=most).contains(&asked) {
        return Err(SaslError::Iterations { asked, least, most });
    }
    Ok(ServerFirst { nonce, salt, iterations: asked })
}

/// > client-final-message-without-proof = channel-binding "," nonce ["," extensions]
/// >                                                                 RFC 5802 section 7
pub(super) fn client_final_without_proof(binding: &[u8], nonce: &str) -> String {
    format!("c={},r={nonce}", STANDARD.encode(binding))
}

/// > proof           = "p=" base64                                   RFC 5802 section 7
pub(super) fn with_proof(without_proof: &str, proof: &[u8]) -> String {
    format!("{without_proof},p={}", STANDARD.encode(proof))
}

/// What stands in a client's last message.
#[derive(Debug)]
pub(super) struct ClientFinal<'a> {
    pub(super) binding: Vec<u8>,
    pub(super) nonce: &'a str,
    pub(super) without_proof: &'a str,
    pub(super) proof: Vec<u8>,
}

/// > client-final-message = client-final-message-without-proof "," proof
/// >                                                                 RFC 5802 section 7
pub(super) fn client_final(message: &[u8], of: Mechanism) -> Result<ClientFinal<'_>, SaslError> {
    let mut fields = Fields::new(message, of)?;
    let text = fields.text;
    let Some((without_proof, proof)) = text.rsplit_once(",p=") else {
        return Err(fields.error_at(text.len(), "a proof"));
    };
    let proof_at = without_proof.len() + ",p=".len();
    let proof = STANDARD.decode(proof);
    let proof = proof.map_err(|_| fields.error_at(proof_at, "a proof in base64"))?;
    fields.text = without_proof;
    let at = fields.at + 2;
    let binding = STANDARD.decode(fields.value("c=", "a channel binding")?);
    let binding = binding.map_err(|_| fields.error_at(at, "a channel binding in base64"))?;
    let nonce = fields.nonce()?;
    Ok(ClientFinal { binding, nonce, without_proof, proof })
}

/// What a server says at the end.
#[derive(Debug)]
pub(super) enum ServerFinal {
    Signature(Vec<u8>),
    /// `e=`: it refuses.
    Error,
}

/// > server-final-message = (server-error / verifier) ["," extensions]
/// >                                                                 RFC 5802 section 7
pub(super) fn server_final(message: &[u8], of: Mechanism) -> Result<ServerFinal, SaslError> {
    let mut fields = Fields::new(message, of)?;
    if fields.text.starts_with("e=") {
        return Ok(ServerFinal::Error);
    }
    let at = fields.at + 2;
    match STANDARD.decode(fields.value("v=", "a verifier")?) {
        Ok(signature) => Ok(ServerFinal::Signature(signature)),
        Err(_) => Err(fields.error_at(at, "a verifier in base64")),
    }
}

pub(super) fn encode_server_final(signature: &[u8]) -> String {
    format!("v={}", STANDARD.encode(signature))
}

/// What is left of a message, and where in it we are.
struct Fields<'a> {
    text: &'a str,
    at: usize,
    of: Mechanism,
}

impl<'a> Fields<'a> {
    fn new(message: &'a [u8], of: Mechanism) -> Result<Self, SaslError> {
        match std::str::from_utf8(message) {
            Ok(text) => Ok(Self { text, at: 0, of }),
            Err(error) => {
                let (offset, expected) = (error.valid_up_to(), "UTF-8");
                Err(SaslError::Malformed { mechanism: of, offset, expected })
            }
        }
    }

    /// Takes what stands before the next comma, or before the end, and the comma with it.
    fn take(&mut self, expected: &'static str) -> Result<&'a str, SaslError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Err(self.error_at(self.text.len(), expected));
        }
        let field = rest.split_once(',').map_or(rest, |(field, _)| field);
        self.at += (field.len() + 1).min(rest.len());
        Ok(field)
    }

    fn value(&mut self, name: &str, expected: &'static str) -> Result<&'a str, SaslError> {
        let at = self.at;
        match self.take(expected)?.strip_prefix(name) {
            Some(value) => Ok(value),
            None => Err(self.error_at(at, expected)),
        }
    }

    /// > nonce           = "r=" c-nonce [s-nonce]                     RFC 5802 section 7
    /// > printable       = %x21-2B / %x2D-7E
    fn nonce(&mut self) -> Result<&'a str, SaslError> {
        let at = self.at + 2;
        let nonce = self.value("r=", "a nonce")?;
        match nonce.bytes().position(|octet| !octet.is_ascii_graphic()) {
            Some(offset) => Err(self.error_at(at + offset, "a printable nonce")),
            None if nonce.is_empty() => Err(self.error_at(at, "a nonce")),
            None => Ok(nonce),
        }
    }

    /// The mirror of [`saslname`].
    fn name(&self, text: &str, at: usize, expected: &'static str) -> Result<String, SaslError> {
        decode_saslname(text, at, self.of, expected)
    }

    #[cold]
    const fn error_at(&self, offset: usize, expected: &'static str) -> SaslError {
        SaslError::Malformed { mechanism: self.of, offset, expected }
    }
}

/// Takes the quoting off a name, which begins at `at` in its message.
pub(crate) fn decode_saslname(
    text: &str,
    at: usize,
    of: Mechanism,
    expected: &'static str,
) -> Result<String, SaslError> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        name.push_str(before);
        let Some(quoted) = after.get(..2).and_then(|code| match code {
            "2C" => Some(','),
            "3D" => Some('='),
            _ => None,
        }) else {
            let offset = at + text.len() - after.len();
            return Err(SaslError::Malformed { mechanism: of, offset, expected: "2C or 3D" });
        };
        name.push(quoted);
        rest = after.get(2..).unwrap_or_default();
    }
    name.push_str(rest);
    check_identity(name.as_bytes()).map_err(|flaw| flaw.into_error(of, at, expected))?;
    Ok(name)
}
