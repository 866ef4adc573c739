//! Enhanced mail system status codes: RFC 3463, and on the wire RFC 2034.

use std::fmt;
use std::str::FromStr;

use crate::ParseError;
use crate::registry::{self, Registered};

/// An enhanced status code, `5.1.1`: class, subject and detail. RFC 3463 2.
///
/// ```
/// use mail_errors::{EnhancedClass, EnhancedStatusCode};
///
/// let code = EnhancedStatusCode::parse(b"5.1.1")?;
/// assert_eq!(code, EnhancedStatusCode::BAD_MAILBOX);
/// assert_eq!(code.class(), EnhancedClass::Permanent);
/// assert_eq!(code.registered().map(|entry| entry.name), Some("Bad destination mailbox address"));
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedStatusCode {
    class: EnhancedClass,
    subject: u16,
    detail: u16,
}

/// The first number of an [`EnhancedStatusCode`]. RFC 3463 3.1 defines three and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnhancedClass {
    /// 2: done.
    Success,
    /// 4: not done, may go well later.
    Transient,
    /// 5: not done, will fail again unless something is changed.
    Permanent,
}

impl EnhancedStatusCode {
    /// 2.0.0, done, nothing more to say.
    pub const OK: Self = Self::success(0, 0);
    /// 2.1.0, the sender is taken.
    pub const SENDER_OK: Self = Self::success(1, 0);
    /// 2.1.5, the recipient is taken.
    pub const RECIPIENT_OK: Self = Self::success(1, 5);
    /// 2.6.0, the message is taken.
    pub const MESSAGE_OK: Self = Self::success(6, 0);
    /// 2.7.0, authenticated. RFC 4954 6.
    pub const AUTHENTICATED: Self = Self::success(7, 0);

    /// 4.2.2, mailbox full for now.
    pub const MAILBOX_FULL_FOR_NOW: Self = Self::transient(2, 2);
    /// 4.3.0, an error of the server itself.
    pub const SYSTEM_TROUBLE: Self = Self::transient(3, 0);
    /// 4.3.1, the system's storage is full.
    pub const SYSTEM_FULL: Self = Self::transient(3, 1);
    /// 4.3.2, the system takes no mail at the moment.
    pub const SHUTTING_DOWN: Self = Self::transient(3, 2);
    /// 4.4.2, the connection broke or went silent.
    pub const BAD_CONNECTION: Self = Self::transient(4, 2);
    /// 4.4.3, the directory (DNS) did not answer. RFC 3463 3.5.
    pub const DIRECTORY_FAILURE: Self = Self::transient(4, 3);
    /// 4.5.3, too many recipients in this transaction.
    pub const TOO_MANY_RECIPIENTS: Self = Self::transient(5, 3);
    /// 4.7.0, put off by security or policy. RFC 3463 3.8.
    pub const PUT_OFF_BY_POLICY: Self = Self::transient(7, 0);

    /// 5.1.1, no such mailbox.
    pub const BAD_MAILBOX: Self = Self::permanent(1, 1);
    /// 5.1.2, no such domain.
    pub const BAD_DOMAIN: Self = Self::permanent(1, 2);
    /// 5.1.3, the recipient's address does not parse.
    pub const BAD_ADDRESS_SYNTAX: Self = Self::permanent(1, 3);
    /// 5.1.6, the mailbox has moved.
    pub const MAILBOX_MOVED: Self = Self::permanent(1, 6);
    /// 5.1.7, the sender's address does not parse.
    pub const BAD_SENDER_SYNTAX: Self = Self::permanent(1, 7);
    /// 5.1.8, the sender's domain cannot be answered.
    pub const BAD_SENDER_SYSTEM: Self = Self::permanent(1, 8);
    /// 5.1.10, the recipient's domain has a null MX. RFC 7505 4.1.
    pub const NULL_MX: Self = Self::permanent(1, 10);
    /// 5.2.1, the mailbox is disabled.
    pub const MAILBOX_DISABLED: Self = Self::permanent(2, 1);
    /// 5.2.2, the mailbox is full.
    pub const MAILBOX_FULL: Self = Self::permanent(2, 2);
    /// 5.2.3, the message is longer than this mailbox takes.
    pub const MESSAGE_TOO_LONG_FOR_MAILBOX: Self = Self::permanent(2, 3);
    /// 5.3.3, the system cannot do what is asked.
    pub const NOT_CAPABLE: Self = Self::permanent(3, 3);
    /// 5.3.4, the message is larger than this system takes.
    pub const MESSAGE_TOO_BIG: Self = Self::permanent(3, 4);
    /// 5.4.4, no way leads to the recipient's system. RFC 3463 3.5.
    pub const UNABLE_TO_ROUTE: Self = Self::permanent(4, 4);
    /// 5.4.6, the message goes in circles.
    pub const ROUTING_LOOP: Self = Self::permanent(4, 6);
    /// 5.5.0, some other fault of the protocol.
    pub const PROTOCOL_ERROR: Self = Self::permanent(5, 0);
    /// 5.5.1, this command is not valid, or not now.
    pub const INVALID_COMMAND: Self = Self::permanent(5, 1);
    /// 5.5.2, the command does not parse.
    pub const SYNTAX_ERROR: Self = Self::permanent(5, 2);
    /// 5.5.4, the parameters are not valid.
    pub const INVALID_ARGUMENTS: Self = Self::permanent(5, 4);
    /// 5.5.6, the SASL exchange is longer than it may be. RFC 4954 6.
    pub const AUTH_EXCHANGE_TOO_LONG: Self = Self::permanent(5, 6);
    /// 5.6.0, the content is not acceptable for another reason.
    pub const BAD_CONTENT: Self = Self::permanent(6, 0);
    /// 5.7.0, refused by security or policy for another reason.
    pub const POLICY: Self = Self::permanent(7, 0);
    /// 5.7.1, not allowed here (relaying, sender, content).
    pub const NOT_AUTHORIZED: Self = Self::permanent(7, 1);
    /// 5.7.8, the credentials are wrong. RFC 4954 6.
    pub const BAD_CREDENTIALS: Self = Self::permanent(7, 8);
    /// 5.7.9, this mechanism is too weak for this user. RFC 4954 6.
    pub const MECHANISM_TOO_WEAK: Self = Self::permanent(7, 9);
    /// 5.7.11, this mechanism only under encryption. RFC 4954 6.
    pub const ENCRYPTION_REQUIRED: Self = Self::permanent(7, 11);
    /// 5.7.27, the sender's domain has a null MX. RFC 7505 4.2.
    pub const SENDER_NULL_MX: Self = Self::permanent(7, 27);

    /// Makes the code from its numbers; `None` unless the class is 2, 4 or 5 and the others are at
    /// most 999.
    #[must_use]
    pub const fn new(class: u16, subject: u16, detail: u16) -> Option<Self> {
        let class = match class {
            2 => EnhancedClass::Success,
            4 => EnhancedClass::Transient,
            5 => EnhancedClass::Permanent,
            _ => return None,
        };
        if subject > 999 || detail > 999 { None } else { Some(Self { class, subject, detail }) }
    }

    /// Reads a code that fills the whole slice.
    ///
    /// > status-code = class "." subject "." detail                                 RFC 3463 2
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit. Leading zeros do not fit: "each numeric
    /// sub-code within the status-code MUST be expressed without leading zero digits".
    pub fn parse(input: &[u8]) -> Result<Self, ParseError> {
        match Self::prefix(input)? {
            (code, []) => Ok(code),
            (_, rest) => Err(ParseError::at(input, input.len() - rest.len(), "end of input")),
        }
    }

    /// Takes a code off the front of a reply's text: the code, and the text behind the one SP that
    /// parts them. `None` if the text does not start with a code that ends there. RFC 2034 4.
    #[must_use]
    #[inline]
    pub fn split_from(text: &[u8]) -> Option<(Self, &[u8])> {
        // Nearly every one has three digits.
        if let [class, b'.', subject @ b'0'..=b'9', b'.', detail @ b'0'..=b'9', b' ', rest @ ..] =
            text
        {
            let digit = |octet: &u8| u16::from(octet.wrapping_sub(b'0'));
            return Some((Self::new(digit(class), digit(subject), digit(detail))?, rest));
        }
        match Self::prefix(text).ok()? {
            (code, []) => Some((code, &[])),
            (code, [b' ', rest @ ..]) => Some((code, rest)),
            _ => None,
        }
    }

    /// Returns the class.
    #[must_use]
    pub const fn class(self) -> EnhancedClass {
        self.class
    }

    /// Returns the subject, 0 to 999. RFC 3463 3 defines 0 to 7.
    #[must_use]
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// Returns the detail, 0 to 999.
    #[must_use]
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// Returns what the IANA registry says about this subject and detail, if it knows them.
    #[must_use]
    pub fn registered(self) -> Option<&'static Registered> {
        registry::find(self.subject, self.detail)
    }

    const fn success(subject: u16, detail: u16) -> Self {
        Self { class: EnhancedClass::Success, subject, detail }
    }

    pub(crate) const fn transient(subject: u16, detail: u16) -> Self {
        Self { class: EnhancedClass::Transient, subject, detail }
    }

    pub(crate) const fn permanent(subject: u16, detail: u16) -> Self {
        Self { class: EnhancedClass::Permanent, subject, detail }
    }

    /// Reads a code at the front, and whatever stands behind it.
    fn prefix(input: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let expected = |rest: &[u8], what| ParseError::at(input, input.len() - rest.len(), what);
        let (class, rest) = match input {
            [b'2', rest @ ..] => (EnhancedClass::Success, rest),
            [b'4', rest @ ..] => (EnhancedClass::Transient, rest),
            [b'5', rest @ ..] => (EnhancedClass::Permanent, rest),
            _ => return Err(expected(input, "class 2, 4 or 5")),
        };
        let rest = rest.strip_prefix(b".").ok_or_else(|| expected(rest, "\".\""))?;
        let (subject, rest) = number(rest).ok_or_else(|| expected(rest, "1 to 3 digits"))?;
        let rest = rest.strip_prefix(b".").ok_or_else(|| expected(rest, "\".\""))?;
        let (detail, rest) = number(rest).ok_or_else(|| expected(rest, "1 to 3 digits"))?;
        Ok((Self { class, subject, detail }, rest))
    }
}

/// > subject = 1*3digit                                                           RFC 3463 2
fn number(input: &[u8]) -> Option<(u16, &[u8])> {
    let len = input.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (digits, rest) = input.split_at_checked(len)?;
    if !matches!(digits, [_] | [b'1'..=b'9', _] | [b'1'..=b'9', _, _]) {
        return None;
    }
    Some((digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')), rest))
}

impl EnhancedClass {
    /// Returns the digit: 2, 4 or 5.
    #[must_use]
    pub const fn digit(self) -> u16 {
        match self {
            Self::Success => 2,
            Self::Transient => 4,
            Self::Permanent => 5,
        }
    }
}

impl fmt::Display for EnhancedStatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class.digit(), self.subject, self.detail)
    }
}

impl fmt::Debug for EnhancedStatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnhancedStatusCode({self})")
    }
}

impl FromStr for EnhancedStatusCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ok_takes_the_code_and_one_space() {
        let split = EnhancedStatusCode::split_from;
        assert_eq!(split(b"5.1.1  gone"), Some((EnhancedStatusCode::BAD_MAILBOX, &b" gone"[..])));
        assert_eq!(split(b"2.0.0"), Some((EnhancedStatusCode::OK, &b""[..])));
    }

    #[test]
    fn err_text_that_only_looks_like_a_code() {
        for text in ["5.1.1.2 address", "5.1.1x", "5.1.1\tx", "#5.1.1 x", "5.1", "3.0.0 x", ""] {
            assert_eq!(EnhancedStatusCode::split_from(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn err_says_where() {
        for (text, offset, expected) in [
            ("3.0.0", 0, "class 2, 4 or 5"),
            ("5-0.0", 1, "\".\""),
            ("5.01.0", 2, "1 to 3 digits"),
            ("5.1000.0", 2, "1 to 3 digits"),
            ("5.7.", 4, "1 to 3 digits"),
            ("5.7.1 ", 5, "end of input"),
        ] {
            let error = EnhancedStatusCode::parse(text.as_bytes()).unwrap_err();
            assert_eq!((error.offset(), error.expected()), (offset, expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ok_round_trip(class in 0usize..3, subject in 0u16..1000, detail in 0u16..1000) {
            let class = [2, 4, 5][class];
            let code = EnhancedStatusCode::new(class, subject, detail).unwrap();
            prop_assert_eq!(code.to_string().parse(), Ok(code));
        }

        #[test]
        fn ok_what_parses_prints_the_same(text in "[0-9.]{0,9}|\\PC*") {
            if let Ok(code) = EnhancedStatusCode::parse(text.as_bytes()) {
                prop_assert_eq!(code.to_string(), text);
            }
        }
    }
}
