//! CRAM-MD5 (RFC 2195): a challenge, and a digest of it under the password.

use hmac::{Hmac, KeyInit, Mac};
use mail_errors::Secret;
use md5::Md5;

use crate::binding::same;
use crate::credentials::check_identity;
use crate::{Credentials, Mechanism, Nonce, SaslError};

/// > The data encoded in the first ready response contains a presumptively arbitrary string of
/// > random digits, a timestamp, and the fully-qualified primary host name of the server. The
/// > syntax of the unencoded form must correspond to that of an RFC 822 'msg-id'.
/// >                                                                 RFC 2195 section 2
pub(crate) fn challenge(nonce: &Nonce, host: &str) -> String {
    // What is not in a host name could end the msg-id.
    let host: String = host.chars().filter(|&c| c.is_ascii_graphic() && c != '>').collect();
    format!("<{}@{host}>", nonce.as_str())
}

/// > the user name, a space, and a "digest" ... where 'digest' is 16 octets in lower-case
/// > hexadecimal                                                     RFC 2195 section 2
pub(crate) fn respond(credentials: &Credentials, challenge: &[u8]) -> Secret {
    let digest = digest(credentials.password(), challenge);
    Secret::from(&*format!("{} {digest}", credentials.user()))
}

/// Reads who it is, and the digest.
pub(crate) fn parse(response: &[u8]) -> Result<(String, Secret), SaslError> {
    let of = Mechanism::CramMd5;
    let malformed = |offset, expected| SaslError::Malformed { mechanism: of, offset, expected };
    // Names may have spaces, digests have none.
    let Some(at) = response.iter().rposition(|&octet| octet == b' ') else {
        return Err(malformed(response.len(), "a space"));
    };
    let (user, digest) = response.split_at_checked(at).unwrap_or_default();
    let digest = digest.get(1..).unwrap_or_default();
    check_identity(user).map_err(|flaw| flaw.into_error(of, 0, "a user name"))?;
    let user = std::str::from_utf8(user);
    let user = user.map_err(|error| malformed(error.valid_up_to(), "UTF-8"))?;
    if digest.len() != 32 || !digest.iter().all(u8::is_ascii_hexdigit) {
        return Err(malformed(at + 1, "32 hexadecimal digits"));
    }
    Ok((user.to_owned(), Secret::new(digest.to_ascii_lowercase())))
}

pub(crate) fn verify(digest_of_client: &Secret, password: &Secret, challenge: &[u8]) -> bool {
    same(digest_of_client.expose(), digest(password, challenge).as_bytes())
}

fn digest(password: &Secret, challenge: &[u8]) -> String {
    let mac = Hmac::<Md5>::new_from_slice(password.expose()).expect("HMAC takes any key");
    let octets = mac.chain_update(challenge).finalize().into_bytes();
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &[u8] = b"<1896.697170952@postoffice.reston.mci.net>";

    /// RFC 2195 section 2.
    #[test]
    fn ok_the_example_of_rfc_2195() {
        let tim = Credentials::new("tim", Secret::from("tanstaaftanstaaf")).unwrap();
        let response = respond(&tim, CHALLENGE);
        assert_eq!(response.expose(), b"tim b913a602c7eda7a495b4e6e7334d3890");
        let (user, digest) = parse(response.expose()).unwrap();
        assert_eq!(user, "tim");
        assert!(verify(&digest, tim.password(), CHALLENGE));
        assert!(!verify(&digest, &Secret::from("tanstaaf"), CHALLENGE));
        assert!(!verify(&digest, tim.password(), b"<1@other>"));
    }

    #[test]
    fn ok_name_with_spaces_and_digits_in_capitals() {
        let (user, digest) = parse(b"Tim T B913A602C7EDA7A495B4E6E7334D3890").unwrap();
        assert_eq!(user, "Tim T");
        assert!(verify(&digest, &Secret::from("tanstaaftanstaaf"), CHALLENGE));
    }

    #[test]
    fn err_what_is_no_response() {
        for (response, at) in [
            (b"".as_slice(), 0),
            (b"b913a602c7eda7a495b4e6e7334d3890", 32),
            (b" b913a602c7eda7a495b4e6e7334d3890", 0),
            (b"tim b913a602c7eda7a495b4e6e7334d389", 4),
            (b"tim b913a602c7eda7a495b4e6e7334d389g", 4),
            (b"t\xffm b913a602c7eda7a495b4e6e7334d3890", 1),
            (b"t\nm b913a602c7eda7a495b4e6e7334d3890", 1),
        ] {
            let Err(SaslError::Malformed { offset, .. }) = parse(response) else {
                panic!("{}", response.escape_ascii());
            };
            assert_eq!(offset, at, "{}", response.escape_ascii());
        }
    }

    #[test]
    fn challenge_is_one_message_id_whatever_the_host() {
        let nonce = Nonce::new("1896.697170952").unwrap();
        let host = "postoffice.reston.mci.net";
        assert_eq!(challenge(&nonce, host).as_bytes(), CHALLENGE);
        assert_eq!(challenge(&nonce, "a>\r\nb c"), "<1896.697170952@abc>");
    }
}
