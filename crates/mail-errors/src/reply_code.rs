//! The three digits in front of every SMTP reply: RFC 5321 4.2.
//!
//! Not supported: a meaning for the second digit, which says what the reply is about; servers do
//! not keep to it, and nothing here depends on it.

use std::fmt;

use crate::ParseError;

/// The three digits of an SMTP reply, 100 to 999.
///
/// A peer may send codes that no RFC names (`498`, `571`, `611`); RFC 5321 4.2 asks a client to
/// act on the first digit alone, which is what [`ReplyCode::class`] tells.
///
/// ```
/// use mail_errors::{ReplyClass, ReplyCode};
///
/// let code = ReplyCode::from_digits(*b"571").expect("three digits");
/// assert_eq!(code.class(), ReplyClass::PermanentNegative);
/// assert_eq!(ReplyCode::OK.to_string(), "250");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

/// What the first digit of a [`ReplyCode`] says. RFC 5321 4.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyClass {
    /// 2yz: done.
    PositiveCompletion,
    /// 3yz: accepted so far, send the rest.
    PositiveIntermediate,
    /// 4yz: not done, but the same attempt may go well later.
    TransientNegative,
    /// 5yz: not done, and the same attempt will fail again.
    PermanentNegative,
    /// Any other first digit. RFC 5321 defines none: the step failed, and the peer does not speak
    /// SMTP as we know it.
    Other,
}

impl ReplyCode {
    /// 211, system status. RFC 5321 4.2.3.
    pub const SYSTEM_STATUS: Self = Self(211);
    /// 214, help. RFC 5321 4.2.3.
    pub const HELP: Self = Self(214);
    /// 220, the greeting, and the go-ahead to STARTTLS (RFC 3207 4).
    pub const SERVICE_READY: Self = Self(220);
    /// 221, the answer to QUIT. RFC 5321 4.2.3.
    pub const CLOSING: Self = Self(221);
    /// 235, authenticated. RFC 4954 6.
    pub const AUTHENTICATED: Self = Self(235);
    /// 250, done. RFC 5321 4.2.3.
    pub const OK: Self = Self(250);
    /// 251, not local, will be forwarded. RFC 5321 3.4.
    pub const WILL_FORWARD: Self = Self(251);
    /// 252, not verified, but taken: the guarded answer to VRFY. RFC 5321 3.5.3.
    pub const CANNOT_VERIFY: Self = Self(252);
    /// 334, a SASL challenge follows. RFC 4954 4.
    pub const AUTH_CHALLENGE: Self = Self(334);
    /// 354, send the message. RFC 5321 4.2.3.
    pub const START_MAIL_INPUT: Self = Self(354);
    /// 421, not available, the connection closes. RFC 5321 3.8.
    pub const SERVICE_NOT_AVAILABLE: Self = Self(421);
    /// 432, the password has to be changed over to another mechanism. RFC 4954 6.
    pub const PASSWORD_TRANSITION_NEEDED: Self = Self(432);
    /// 450, mailbox busy, or kept waiting by policy (greylisting). RFC 5321 4.2.3.
    pub const MAILBOX_BUSY: Self = Self(450);
    /// 451, an error of the server itself. RFC 5321 4.2.3.
    pub const LOCAL_ERROR: Self = Self(451);
    /// 452, out of storage, or too many recipients (RFC 5321 4.5.3.1.10).
    pub const INSUFFICIENT_STORAGE: Self = Self(452);
    /// 454, TLS not available for now (RFC 3207 4), or authentication not (RFC 4954 6).
    pub const TEMPORARILY_NOT_AVAILABLE: Self = Self(454);
    /// 455, cannot serve these parameters for now. RFC 5321 4.2.3.
    pub const PARAMETERS_NOT_SERVED: Self = Self(455);
    /// 500, the command is not one, or its line is too long. RFC 5321 4.2.3.
    pub const SYNTAX_ERROR: Self = Self(500);
    /// 501, the parameters do not parse. RFC 5321 4.2.3.
    pub const PARAMETER_SYNTAX_ERROR: Self = Self(501);
    /// 502, a command that is known but not done here. RFC 5321 4.2.4.
    pub const NOT_IMPLEMENTED: Self = Self(502);
    /// 503, a command at the wrong moment. RFC 5321 4.2.3.
    pub const BAD_SEQUENCE: Self = Self(503);
    /// 504, a parameter that is known but not done here. RFC 5321 4.2.3.
    pub const PARAMETER_NOT_IMPLEMENTED: Self = Self(504);
    /// 521, this host takes no mail at all. RFC 7504 3.
    pub const NO_MAIL_SERVICE: Self = Self(521);
    /// 530, authenticate first (RFC 4954 6) or STARTTLS first (RFC 3207 4).
    pub const AUTHENTICATION_REQUIRED: Self = Self(530);
    /// 534, this mechanism is too weak for this user. RFC 4954 6.
    pub const MECHANISM_TOO_WEAK: Self = Self(534);
    /// 535, the credentials are wrong. RFC 4954 6.
    pub const AUTHENTICATION_FAILED: Self = Self(535);
    /// 538, this mechanism only under TLS. RFC 4954 6.
    pub const ENCRYPTION_REQUIRED: Self = Self(538);
    /// 550, mailbox not available, or refused by policy. RFC 5321 4.2.3.
    pub const MAILBOX_UNAVAILABLE: Self = Self(550);
    /// 551, not local, try elsewhere. RFC 5321 3.4.
    pub const USER_NOT_LOCAL: Self = Self(551);
    /// 552, over the storage that is allotted: mailbox full, or message too large (RFC 1870 6).
    pub const EXCEEDED_STORAGE: Self = Self(552);
    /// 553, this mailbox name is not allowed. RFC 5321 4.2.3.
    pub const MAILBOX_NAME_NOT_ALLOWED: Self = Self(553);
    /// 554, the transaction failed, or no SMTP service here (as a greeting). RFC 5321 4.2.3.
    pub const TRANSACTION_FAILED: Self = Self(554);
    /// 555, parameters of MAIL or RCPT not known. RFC 5321 4.2.3.
    pub const PARAMETERS_NOT_RECOGNIZED: Self = Self(555);
    /// 556, the recipient's domain takes no mail. RFC 7504 4.
    pub const DOMAIN_TAKES_NO_MAIL: Self = Self(556);

    /// Makes the code from a number; `None` unless it is 100 to 999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if matches!(code, 100..=999) { Some(Self(code)) } else { None }
    }

    /// Makes the code from its three digits as they stand on the wire.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that is not a digit, or is the leading zero of a number
    /// under 100.
    pub fn from_digits(digits: [u8; 3]) -> Result<Self, ParseError> {
        let mut code = 0;
        for (offset, &digit) in digits.iter().enumerate() {
            if !digit.is_ascii_digit() || (offset == 0 && digit == b'0') {
                return Err(ParseError::at(&digits, offset, "digit of a reply code"));
            }
            code = code * 10 + u16::from(digit - b'0');
        }
        Ok(Self(code))
    }

    /// Returns the three digits as they stand on the wire.
    #[must_use]
    pub const fn digits(self) -> [u8; 3] {
        [b'0' + (self.0 / 100) as u8, b'0' + (self.0 / 10 % 10) as u8, b'0' + (self.0 % 10) as u8]
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Returns what the first digit says.
    #[must_use]
    pub const fn class(self) -> ReplyClass {
        match self.0 / 100 {
            2 => ReplyClass::PositiveCompletion,
            3 => ReplyClass::PositiveIntermediate,
            4 => ReplyClass::TransientNegative,
            5 => ReplyClass::PermanentNegative,
            _ => ReplyClass::Other,
        }
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyCode({})", self.0)
    }
}

impl From<ReplyCode> for u16 {
    fn from(code: ReplyCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ok_codes_that_no_rfc_names() {
        for (digits, class) in [
            (*b"498", ReplyClass::TransientNegative),
            (*b"571", ReplyClass::PermanentNegative),
            (*b"199", ReplyClass::Other),
            (*b"611", ReplyClass::Other),
        ] {
            assert_eq!(ReplyCode::from_digits(digits).unwrap().class(), class);
        }
    }

    #[test]
    fn err_names_the_octet_that_is_no_digit() {
        assert_eq!(ReplyCode::from_digits(*b"25O").unwrap_err().offset(), 2);
        assert_eq!(ReplyCode::from_digits(*b"099").unwrap_err().offset(), 0);
    }

    #[test]
    fn err_numbers_of_other_than_three_digits() {
        assert_eq!(ReplyCode::new(99), None);
        assert_eq!(ReplyCode::new(1000), None);
        assert_eq!(ReplyCode::new(100).map(ReplyCode::get), Some(100));
    }

    proptest! {
        #[test]
        fn ok_round_trip(number in 100u16..1000) {
            let code = ReplyCode::new(number).unwrap();
            prop_assert_eq!(ReplyCode::from_digits(code.digits()), Ok(code));
            prop_assert_eq!(code.to_string().into_bytes(), code.digits());
        }

        #[test]
        fn ok_any_three_octets_answer(octets: [u8; 3]) {
            let text = String::from_utf8_lossy(&octets).parse::<u16>();
            let number = text.ok().filter(|_| octets[0].is_ascii_digit());
            let expected = number.and_then(ReplyCode::new);
            let read = ReplyCode::from_digits(octets).ok();
            prop_assert_eq!(read, expected);
        }
    }
}
