//! What is to be told of a message's fate: RFC 3461.

use std::fmt;

use mail_errors::{Misuse, ParseError};

use crate::{Octets, Xtext, parse};

/// How much of a message a report of its failure gives back: RET of MAIL. RFC 3461 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ret {
    /// `FULL`: all of it.
    Full,
    /// `HDRS`: its header.
    Headers,
}

impl Ret {
    /// Returns the value of RET.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }
}

/// Of what the sender wants to be told: NOTIFY of RCPT. RFC 3461 4.1.
///
/// ```
/// use smtp_proto::Notify;
///
/// let notify = Notify::ON_FAILURE.and(Notify::ON_DELAY);
/// assert_eq!(notify.to_string(), "FAILURE,DELAY");
/// assert!(!notify.on_success() && !notify.is_never());
/// assert!(Notify::parse("NEVER,SUCCESS").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notify(u8);

impl Notify {
    /// `NEVER`: of nothing.
    pub const NEVER: Self = Self(0);
    /// `SUCCESS`: that it was delivered.
    pub const ON_SUCCESS: Self = Self(1);
    /// `FAILURE`: that it cannot be delivered.
    pub const ON_FAILURE: Self = Self(2);
    /// `DELAY`: that it takes its time.
    pub const ON_DELAY: Self = Self(4);

    /// Reads the value of NOTIFY.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(value: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        parse::notify(value.as_ref())
    }

    /// Adds what the other asks for. NEVER adds nothing.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether nothing is wanted.
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }

    /// Tells whether delivery is to be reported.
    #[must_use]
    pub const fn on_success(self) -> bool {
        self.0 & Self::ON_SUCCESS.0 != 0
    }

    /// Tells whether failure is to be reported.
    #[must_use]
    pub const fn on_failure(self) -> bool {
        self.0 & Self::ON_FAILURE.0 != 0
    }

    /// Tells whether delay is to be reported.
    #[must_use]
    pub const fn on_delay(self) -> bool {
        self.0 & Self::ON_DELAY.0 != 0
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() {
            return f.write_str("NEVER");
        }
        let words = [
            (self.on_success(), "SUCCESS"),
            (self.on_failure(), "FAILURE"),
            (self.on_delay(), "DELAY"),
        ];
        let mut between = "";
        for (_, word) in words.into_iter().filter(|(wanted, _)| *wanted) {
            write!(f, "{between}{word}")?;
            between = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notify({self})")
    }
}

/// What the sender calls this sending of the message: ENVID of MAIL. Printable ASCII and blanks,
/// at most 100 octets in xtext. RFC 3461 4.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnvelopeId<T: AsRef<[u8]> = Octets>(Xtext<T>);

impl EnvelopeId {
    /// Takes an identifier that is not in xtext yet.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if it is empty, too long, or holds anything but printable ASCII and
    /// blanks.
    pub fn new(id: &str) -> Result<Self, Misuse> {
        let encoded = Xtext::encode(id.as_bytes());
        match parse::envelope_id(encoded.as_wire()) {
            Ok(_) => Ok(Self(encoded)),
            Err(_) => {
                let why = "it is not 1 to 100 octets of printable ASCII";
                Err(Misuse::Invalid { what: "envelope id", why })
            }
        }
    }
}

impl<T: AsRef<[u8]>> EnvelopeId<T> {
    pub(crate) const fn from_checked(id: Xtext<T>) -> Self {
        Self(id)
    }

    /// Returns it in xtext.
    pub const fn encoded(&self) -> &Xtext<T> {
        &self.0
    }

    /// Returns it as it is meant.
    ///
    /// # Panics
    /// Never: only ASCII is read.
    pub fn decode(&self) -> String {
        String::from_utf8(self.0.decode()).expect("an envelope id is printable ASCII")
    }
}

/// For whom the message was meant when it was sent, before anybody forwarded it: ORCPT of RCPT. At
/// most 500 octets. RFC 3461 4.2, RFC 6533 3.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginalRecipient<T: AsRef<[u8]> = Octets> {
    kind: T,
    address: T,
}

impl OriginalRecipient {
    /// Takes an address of the type `rfc822`.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if it is empty, too long, or holds anything but printable ASCII and
    /// blanks.
    pub fn rfc822(address: &str) -> Result<Self, Misuse> {
        let encoded = Xtext::encode(address.as_bytes());
        let value = [b"rfc822;", encoded.as_wire()].concat();
        Self::parse(value).map_err(|_| {
            let why = "it is not up to 493 octets of printable ASCII";
            Misuse::Invalid { what: "original recipient", why }
        })
    }

    /// Reads the value of ORCPT: type, semicolon, address in xtext.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(value: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let value = value.as_ref();
        let OriginalRecipient { kind, address } = parse::original_recipient(value)?;
        let own = Octets::sharing(value);
        Ok(Self { kind: own(kind), address: own(address) })
    }
}

impl<T: AsRef<[u8]>> OriginalRecipient<T> {
    pub(crate) const fn from_checked(kind: T, address: T) -> Self {
        Self { kind, address }
    }

    /// Returns the type of the address, `rfc822` or `utf-8` as a rule, in the letters it came in.
    pub fn kind(&self) -> &[u8] {
        self.kind.as_ref()
    }

    /// Returns the address as it stands on the wire: xtext, or the forms of RFC 6533 3 if the type
    /// is `utf-8`.
    pub fn as_wire(&self) -> &[u8] {
        self.address.as_ref()
    }

    /// Returns the address as it is meant.
    pub fn decode(&self) -> Vec<u8> {
        if self.kind().eq_ignore_ascii_case(b"utf-8") {
            return parse::utf8_address(self.as_wire());
        }
        Xtext::from_checked(self.as_wire()).decode()
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for OriginalRecipient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, address) = (self.kind().escape_ascii(), self.as_wire().escape_ascii());
        write!(f, "OriginalRecipient({kind};{address})")
    }
}
