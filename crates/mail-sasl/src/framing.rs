//! The base64 lines in which SMTP (RFC 4954 section 4), POP3 (RFC 5034 section 4) and IMAP
//! (RFC 9051 section 6.2.2) carry an exchange.
//!
//! The lines are given and returned without their CRLF and without what the protocol puts before
//! them (`334 `, `+ `). Base64 is strict: the alphabet of RFC 4648 section 4, whole groups of four,
//! padded, no blanks, no bits left over.

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, encoded_len};
use mail_errors::Secret;

use crate::{SaslError, limits};

/// A line that a client sent in the middle of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// The next response, for [`server::Exchange::step`](crate::server::Exchange::step).
    Response(Secret),
    /// `*`: the client gives up. The server answers 501 (SMTP), `-ERR` or `BAD` and drops the
    /// exchange.
    Cancelled,
}

/// The line by which a client gives up an exchange.
pub const CANCEL: &[u8] = b"*";

/// Decodes the initial response: the argument behind the mechanism's name. A lone `=` is an empty
/// response, which is not the same as none (RFC 4954 section 4, RFC 4959 section 3).
///
/// # Errors
///
/// [`SaslError::Base64`], also for an empty argument; [`SaslError::TooLong`] over
/// [`limits::LINE`].
pub fn decode_initial(argument: &[u8]) -> Result<Secret, SaslError> {
    match argument {
        b"=" => Ok(Secret::new([])),
        b"" => Err(SaslError::Base64 { offset: 0 }),
        _ => decode(argument).map(Secret::new),
    }
}

/// Decodes a line that a client sends in answer to a challenge. An empty line is an empty response;
/// `*` cancels.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::framing::{Decoded, decode_response};
///
/// assert_eq!(decode_response(b"dGlt")?, Decoded::Response(Secret::from("tim")));
/// assert_eq!(decode_response(b"*")?, Decoded::Cancelled);
/// # Ok::<(), mail_sasl::SaslError>(())
/// ```
///
/// # Errors
///
/// [`SaslError::Base64`]; [`SaslError::TooLong`] over [`limits::LINE`].
pub fn decode_response(line: &[u8]) -> Result<Decoded, SaslError> {
    match line {
        CANCEL => Ok(Decoded::Cancelled),
        _ => Ok(Decoded::Response(Secret::new(decode(line)?))),
    }
}

/// Decodes a challenge, as a server sends it behind `334 ` or `+ `. An empty one is no error.
///
/// # Errors
///
/// [`SaslError::Base64`]; [`SaslError::TooLong`] over [`limits::LINE`].
pub fn decode_challenge(text: &[u8]) -> Result<Vec<u8>, SaslError> {
    decode(text)
}

/// Encodes an initial response; an empty one becomes `=`.
#[must_use]
pub fn encode_initial(response: &[u8]) -> Secret {
    if response.is_empty() { Secret::from("=") } else { encode(response) }
}

/// Encodes a challenge or a response. Base64 hides nothing, so what comes out is as secret as what
/// went in.
#[must_use]
pub fn encode(octets: &[u8]) -> Secret {
    Secret::new(STANDARD.encode(octets).into_bytes())
}

/// Returns the length of the base64 of `len` octets: what an initial response adds to a command
/// line. The caller of SMTP and POP3 needs it, because their command lines are short.
#[must_use]
pub const fn encoded_length(len: usize) -> usize {
    match encoded_len(len, true) {
        Some(encoded) => encoded,
        None => usize::MAX,
    }
}

fn decode(line: &[u8]) -> Result<Vec<u8>, SaslError> {
    if line.len() > limits::LINE {
        return Err(SaslError::TooLong { what: "line", len: line.len(), limit: limits::LINE });
    }
    STANDARD.decode(line).map_err(|error| SaslError::Base64 {
        offset: match error {
            DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol(offset, _) => {
                offset
            }
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => line.len(),
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn err_at(offset: usize) -> Result<Decoded, SaslError> {
        Err(SaslError::Base64 { offset })
    }

    #[test]
    fn ok_empty_initial_response_is_an_equals_sign() {
        assert_eq!(decode_initial(b"="), Ok(Secret::from("")));
        assert_eq!(encode_initial(b"").expose(), b"=");
        assert_eq!(decode_initial(b""), Err(SaslError::Base64 { offset: 0 }));
    }

    #[test]
    fn err_star_as_initial_response_is_no_cancel() {
        assert_eq!(decode_initial(b"*"), Err(SaslError::Base64 { offset: 0 }));
    }

    #[test]
    fn ok_empty_line_is_an_empty_response_but_equals_sign_is_none() {
        assert_eq!(decode_response(b""), Ok(Decoded::Response(Secret::from(""))));
        assert_eq!(decode_response(b"="), err_at(0));
    }

    #[test]
    fn err_not_base64_tells_where() {
        assert_eq!(decode_response(b"dG t"), err_at(2), "blank");
        assert_eq!(decode_response(b" dGlt"), err_at(0), "leading blank");
        assert_eq!(decode_response(b"dGlt\r"), err_at(4), "CR");
        assert_eq!(decode_response(b"dGl-"), err_at(3), "the alphabet of URLs");
        assert_eq!(decode_response(b"dGltIQ"), err_at(6), "unpadded");
        assert_eq!(decode_response(b"dGltIQ="), err_at(7), "half padded");
        assert_eq!(decode_response(b"dGltI"), err_at(5), "one octet left over");
        assert_eq!(decode_response(b"dGltIR=="), err_at(5), "bits left over");
        assert_eq!(decode_response(b"dGltIQ==dGlt"), err_at(6), "padding in the middle");
        assert_eq!(decode_response(b"**"), err_at(0), "two stars");
    }

    #[test]
    fn err_line_over_the_limit() {
        let most = limits::LINE / 4 * 4;
        assert!(decode_response(&vec![b'A'; most]).is_ok());
        let line = vec![b'A'; limits::LINE + 1];
        let (len, limit) = (line.len(), limits::LINE);
        let too_long = SaslError::TooLong { what: "line", len, limit };
        assert_eq!(decode_response(&line), Err(too_long.clone()));
        assert_eq!(decode_initial(&line), Err(too_long.clone()));
        assert_eq!(decode_challenge(&line), Err(too_long));
    }

    #[test]
    fn the_longest_plain_message_fits_the_limit() {
        let longest = limits::IDENTITY * 2 + limits::PASSWORD + 2;
        assert!(encoded_length(longest) <= limits::LINE);
    }

    proptest! {
        #[test]
        fn ok_round_trip(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let line = encode(&octets);
            prop_assert_eq!(line.expose().len(), encoded_length(octets.len()));
            prop_assert_eq!(decode_challenge(line.expose()).unwrap(), octets.clone());
            let initial = encode_initial(&octets);
            prop_assert_eq!(decode_initial(initial.expose()).unwrap(), Secret::new(octets));
        }

        #[test]
        fn ok_what_decodes_is_canonical(line in "[A-Za-z0-9+/]{0,8}={0,2}") {
            if let Ok(octets) = decode_challenge(line.as_bytes()) {
                prop_assert_eq!(encode(&octets), Secret::from(&*line));
            }
        }
    }
}
