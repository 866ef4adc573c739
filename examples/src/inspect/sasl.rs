//! How many lines of a client belong to an AUTH, which only who hears both sides knows for sure.

/// The responses that may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Responses {
    most: u8,
}

impl Responses {
    /// What an exchange by this mechanism takes at most. An exchange may end before: what could be
    /// no response is a command again.
    pub(super) fn after(mechanism: &[u8], has_initial: bool) -> Self {
        let is = |name: &str| mechanism.eq_ignore_ascii_case(name.as_bytes());
        let starts = |name: &str| {
            let head = mechanism.get(..name.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
        };
        let all = if is("PLAIN") || is("EXTERNAL") || is("ANONYMOUS") || is("CRAM-MD5") {
            1
        } else if is("LOGIN") || is("XOAUTH2") || is("OAUTHBEARER") {
            // A name and a password; a token, and the answer to its refusal (RFC 7628 3.2.3).
            2
        } else if starts("SCRAM-") {
            // The two of RFC 5802 5, and the empty one to the server's signature.
            3
        } else {
            u8::MAX
        };
        Self { most: all - u8::from(has_initial) }
    }

    /// Tells whether this line, without its end, is one of them.
    pub(super) fn take(&mut self, line: &[u8]) -> bool {
        if self.most == 0 || !is_response(line) {
            self.most = 0;
            return false;
        }
        self.most -= 1;
        if line == b"*" {
            self.most = 0;
        }
        true
    }

    pub(super) const fn is_over(self) -> bool {
        self.most == 0
    }
}

/// > base64 = base64-terminal / ( 1*(4base64-char) [base64-terminal] )     RFC 4954 8
///
/// A cancellation is `*`, a refusal of OAUTHBEARER is answered by `AQ==`.
fn is_response(line: &[u8]) -> bool {
    let end = line.iter().rposition(|&octet| octet != b'=').map_or(0, |at| at + 1);
    let (digits, padding) = line.split_at(end);
    let is_base64 = line.len().is_multiple_of(4)
        && padding.len() <= 2
        && digits.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'));
    line == b"*" || line == b"=" || is_base64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_responses_are_counted_by_mechanism() {
        for (mechanism, has_initial, lines) in [
            ("PLAIN", false, 1),
            ("plain", true, 0),
            ("LOGIN", false, 2),
            ("SCRAM-SHA-256", true, 2),
            ("SCRAM-SHA-256-PLUS", false, 3),
        ] {
            let mut responses = Responses::after(mechanism.as_bytes(), has_initial);
            let taken = (0..9).take_while(|_| responses.take(b"AAAA")).count();
            assert_eq!(taken, lines, "{mechanism}");
            assert!(responses.is_over());
        }
    }

    #[test]
    fn ok_what_is_no_response_ends_the_exchange() {
        let mut responses = Responses::after(b"X-OWN", false);
        assert!(responses.take(b"") && responses.take(b"AQ==") && responses.take(b"="));
        assert!(!responses.take(b"MAIL FROM:<a@b>"));
        assert!(!responses.take(b"AQ=="), "it is over");
        let mut cancelled = Responses::after(b"LOGIN", false);
        assert!(cancelled.take(b"*") && !cancelled.take(b"AQ=="));
    }
}
