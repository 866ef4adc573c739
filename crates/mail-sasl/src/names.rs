//! EXTERNAL (RFC 4422 appendix A) and ANONYMOUS (RFC 4505): one message, and a name in it or none.

use crate::credentials::check_identity;
use crate::{Mechanism, SaslError, limits};

/// > message = [ authz-id ]                                          RFC 4422 appendix A
/// > authz-id = *( %x01-10FFFF )
///
/// An empty one is none: the server derives it from what it knows.
pub(crate) fn external(message: &[u8]) -> Result<Option<String>, SaslError> {
    if message.is_empty() {
        return Ok(None);
    }
    let (of, expected) = (Mechanism::External, "an authorization identity");
    check_identity(message).map_err(|flaw| flaw.into_error(of, 0, expected))?;
    text(message, of).map(Some)
}

/// > message     = [ email / token ]                                 RFC 4505 section 2
/// > token       = 1*255TCHAR
///
/// It is for logs, so that it must not break their lines; what it says is anybody's guess.
pub(crate) fn anonymous(message: &[u8]) -> Result<String, SaslError> {
    let mechanism = Mechanism::Anonymous;
    let trace = text(message, mechanism)?;
    let (what, limit) = ("trace", limits::TRACE);
    let len = trace.chars().count();
    if len > limit {
        return Err(SaslError::TooLong { what, len, limit });
    }
    match trace.char_indices().find(|(_, c)| c.is_control()) {
        Some((offset, _)) => {
            let expected = "a trace without control characters";
            Err(SaslError::Malformed { mechanism, offset, expected })
        }
        None => Ok(trace),
    }
}

fn text(message: &[u8], mechanism: Mechanism) -> Result<String, SaslError> {
    match std::str::from_utf8(message) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let offset = error.valid_up_to();
            Err(SaslError::Malformed { mechanism, offset, expected: "UTF-8" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4422 appendix A.2.
    #[test]
    fn ok_external_with_and_without_identity() {
        assert_eq!(external(b""), Ok(None));
        assert_eq!(external(b"fred@example.com"), Ok(Some("fred@example.com".to_owned())));
        assert!(external(b"fred\0").is_err());
        assert!(external(b"\xff").is_err());
        assert!(external(&[b'a'; 256]).is_err());
    }

    /// RFC 4505 section 5: `sirhc` and nothing more is known of who it is.
    #[test]
    fn ok_trace_of_rfc_4505() {
        assert_eq!(anonymous(b"sirhc").as_deref(), Ok("sirhc"));
        assert_eq!(anonymous(b"").as_deref(), Ok(""));
        assert_eq!(anonymous("å".repeat(255).as_bytes()).map(|trace| trace.len()), Ok(510));
        assert!(anonymous("å".repeat(256).as_bytes()).is_err());
        assert!(anonymous(b"a\nb").is_err());
        assert!(anonymous(b"\xff").is_err());
    }
}
