//! What can stand in the header of a draft.

use std::fmt;

use crate::address;
use crate::lexer::is_dot_atom;

/// An address, with or without a display name, that can be written into a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: String,
}

impl Mailbox {
    /// Takes an address: `local-part@domain`, in ASCII, at most 320 octets (64 of local part and
    /// 255 of domain are what SMTP carries, RFC 5321 section 4.5.3.1). White space and comments
    /// are taken off.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] if it is too long, or is not exactly one address of printable ASCII.
    pub fn new(address: &str) -> Result<Self, ComposeError> {
        Self::read(address, |octet| (b' '..=b'~').contains(&octet))
    }

    /// Takes an address that may hold UTF-8 in both parts (RFC 6532 section 3.2). Only a server
    /// that says SMTPUTF8 (RFC 6531) takes a message with such a header.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), but for octets over 127.
    pub fn internationalized(address: &str) -> Result<Self, ComposeError> {
        Self::read(address, |octet| octet >= b' ' && octet != 0x7f)
    }

    fn read(address: &str, inside: impl Fn(u8) -> bool) -> Result<Self, ComposeError> {
        const WHAT: &str = "address";
        if address.len() > MAX_ADDRESS {
            let (len, limit) = (address.len(), MAX_ADDRESS);
            return Err(ComposeError::TooLong { what: WHAT, len, limit });
        }
        if let Some(offset) = address.bytes().position(|octet| !inside(octet)) {
            let octet = address.as_bytes().get(offset).copied().unwrap_or_default();
            return Err(ComposeError::Octet { what: WHAT, octet, offset });
        }
        let mut mailboxes = address::mailboxes(address.as_bytes());
        let (Some(mailbox), None) = (mailboxes.next(), mailboxes.next()) else {
            return Err(ComposeError::Malformed { what: WHAT });
        };
        let whole = address::entries(address.as_bytes()).count() == 1;
        let domain = mailbox.domain().filter(|_| whole && mailbox.raw_display_name().is_empty());
        let domain = domain.ok_or(ComposeError::Malformed { what: WHAT })?;
        if !is_dot_atom(&domain) && !domain.starts_with(b"[") {
            return Err(ComposeError::Malformed { what: WHAT });
        }
        let address = String::from_utf8(mailbox.addr_spec()).expect("all of it is UTF-8");
        Ok(Self { name: None, address })
    }

    /// Adds a display name of at most 255 octets; an empty one is none.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] if it is too long or holds CR, LF or NUL.
    pub fn named(mut self, name: &str) -> Result<Self, ComposeError> {
        check("display name", name)?;
        if name.len() > MAX_NAME {
            let (what, limit) = ("display name", MAX_NAME);
            return Err(ComposeError::TooLong { what, len: name.len(), limit });
        }
        self.name = (!name.is_empty()).then(|| name.to_owned());
        Ok(self)
    }

    /// Returns the address, as it goes into the envelope.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the display name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// The identifier of a message (RFC 5322 section 3.6.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId {
    left: String,
    right: String,
}

impl MessageId {
    /// Puts an identifier together: `left` is unique at `right`, which is best a domain name of
    /// the one who chose it. Both are dot-atoms, together at most 250 octets.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] if one is not.
    pub fn new(left: &str, right: &str) -> Result<Self, ComposeError> {
        const WHAT: &str = "message identifier";
        let len = left.len() + right.len();
        if len > MAX_ID {
            return Err(ComposeError::TooLong { what: WHAT, len, limit: MAX_ID });
        }
        let is_id = |part: &str| part.is_ascii() && is_dot_atom(part.as_bytes());
        if !is_id(left) || !is_id(right) {
            return Err(ComposeError::Malformed { what: WHAT });
        }
        Ok(Self { left: left.to_owned(), right: right.to_owned() })
    }
}

/// > msg-id = "<" id-left "@" id-right ">"                   RFC 5322 section 3.6.4
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}@{}>", self.left, self.right)
    }
}

/// Something that cannot stand in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComposeError {
    /// It holds an octet that it must not hold.
    Octet {
        /// What holds it.
        what: &'static str,
        /// The octet.
        octet: u8,
        /// Its offset.
        offset: usize,
    },
    /// It is too long.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length in octets.
        len: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// It does not fit its grammar.
    Malformed {
        /// What does not.
        what: &'static str,
    },
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octet { what, octet, offset } => {
                write!(f, "{what} holds octet {octet:#04x} at {offset}, which cannot be written")
            }
            Self::TooLong { what, len, limit } => {
                write!(f, "{what} of {len} octets is over the limit of {limit}")
            }
            Self::Malformed { what } => write!(f, "{what} does not fit its grammar"),
        }
    }
}

impl std::error::Error for ComposeError {}

/// Refuses what no header may ever hold.
pub(crate) fn check(what: &'static str, text: &str) -> Result<(), ComposeError> {
    match text.bytes().enumerate().find(|(_, octet)| b"\r\n\0".contains(octet)) {
        Some((offset, octet)) => Err(ComposeError::Octet { what, octet, offset }),
        None => Ok(()),
    }
}

const MAX_ADDRESS: usize = 320;
const MAX_NAME: usize = 255;
const MAX_ID: usize = 250;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_addresses_are_written_in_one_way() {
        let written = |text: &str| Mailbox::new(text).map(|mailbox| mailbox.address);
        assert_eq!(written("a.b@c.test").as_deref(), Ok("a.b@c.test"));
        assert_eq!(written(" <a (x) @ c.test>").as_deref(), Ok("a@c.test"));
        assert_eq!(written("\"a\"@c.test").as_deref(), Ok("a@c.test"));
        assert_eq!(written(r#""a b\"c\\"@c.test"#).as_deref(), Ok(r#""a b\"c\\"@c.test"#));
        assert_eq!(written("a..b@c.test").as_deref(), Ok("\"a..b\"@c.test"));
        assert_eq!(written("\"\"@[192.0.2.1]").as_deref(), Ok("\"\"@[192.0.2.1]"));
    }

    #[test]
    fn err_not_exactly_one_address() {
        let bad = ["", "a", "@b", "a@", "a@b, c@d", "x <a@b>", "x: a@b;", "a@b..c", "a@b, x y"];
        for text in bad {
            let error = ComposeError::Malformed { what: "address" };
            assert_eq!(Mailbox::new(text), Err(error), "{text}");
        }
    }

    #[test]
    fn err_nothing_breaks_out_of_an_address_or_a_name() {
        for text in ["a@b\r\nBcc: c@d", "\"a\nb\"@c", "a\0@b", "\"a\x7f\"@b", "é@b", "a@é"] {
            assert!(matches!(Mailbox::new(text), Err(ComposeError::Octet { .. })), "{text:?}");
        }
        let mailbox = Mailbox::new("a@b").unwrap();
        assert!(mailbox.clone().named("x\r\ny").is_err());
        assert!(mailbox.clone().named(&"x".repeat(256)).is_err());
        assert_eq!(mailbox.named("").unwrap().name(), None);
        assert!(Mailbox::new(&format!("a@{}", "b".repeat(319))).is_err());
    }

    #[test]
    fn err_message_id_that_is_no_dot_atom() {
        assert_eq!(MessageId::new("1.2", "x.test").unwrap().to_string(), "<1.2@x.test>");
        for (left, right) in
            [("", "x"), ("a", ""), ("a b", "x"), ("a.", "x"), ("a>", "x"), ("a", "x\r\n")]
        {
            assert!(MessageId::new(left, right).is_err(), "{left:?} {right:?}");
        }
        assert!(MessageId::new("é", "x").is_err());
        assert!(MessageId::new(&"a".repeat(250), "x").is_err());
    }
}
