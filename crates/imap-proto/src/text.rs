//! The octet strings that everything else is made of.
//!
//! All of them are bytes first: none needs to be UTF-8, and none is ever changed by decoding.
//! Each refuses, when it is made, what its form on the wire cannot carry.

use std::{borrow::Cow, fmt};

use mail_errors::Misuse;
use mail_wire::grammar::ByteSet;

/// Any CHAR except `atom-specials`. RFC 9051 section 9.
pub(crate) const ATOM_CHAR: ByteSet = ByteSet::VCHAR.without(b"(){%*\"\\]");
/// `ATOM-CHAR / resp-specials`, the octets of an unquoted `astring`.
pub(crate) const ASTRING_CHAR: ByteSet = ATOM_CHAR.with(b"]");
/// `<any ASTRING-CHAR except "+">`.
pub(crate) const TAG_CHAR: ByteSet = ASTRING_CHAR.without(b"+");
/// What a line of text may hold: anything but NUL, CR and LF. RFC 9051 allows UTF-8, and servers
/// send any 8-bit octets and controls.
pub(crate) const TEXT_CHAR: ByteSet = ByteSet::NONE.range(1, 0xff).without(b"\r\n");
/// What a string may hold: anything but NUL.
pub(crate) const STRING_CHAR: ByteSet = ByteSet::NONE.range(1, 0xff);

/// Finds the first octet that is not in the set.
fn check(what: &'static str, octets: &[u8], set: &ByteSet) -> Result<(), Misuse> {
    match octets.iter().position(|&octet| !set.has(octet)) {
        None => Ok(()),
        Some(offset) => {
            let octet = octets.get(offset).copied().unwrap_or_default();
            Err(Misuse::Unencodable { what, octet, offset })
        }
    }
}

/// Defines a string of octets of one set, borrowed or owned.
macro_rules! octets {
    ($(#[$doc:meta])* $name:ident, $what:literal, $set:expr, empty: $empty:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name<'a>(Cow<'a, [u8]>);

        impl<'a> $name<'a> {
            /// Takes octets that are to be sent.
            ///
            /// # Errors
            /// [`Misuse::Unencodable`] if one of them cannot be, [`Misuse::Invalid`] if there are
            /// none and that has no form on the wire.
            pub fn new(octets: impl Into<Cow<'a, [u8]>>) -> Result<Self, Misuse> {
                let octets = octets.into();
                if !$empty && octets.is_empty() {
                    return Err(Misuse::Invalid { what: $what, why: "it is empty" });
                }
                check($what, &octets, &$set)?;
                Ok(Self(octets))
            }

            /// Takes octets that a parser has checked.
            pub(crate) fn checked(octets: impl Into<Cow<'a, [u8]>>) -> Self {
                Self(octets.into())
            }

            /// Returns the octets.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// Returns the text, if it is UTF-8.
            #[must_use]
            pub fn to_str(&self) -> Option<&str> {
                std::str::from_utf8(&self.0).ok()
            }

            /// Tells whether the octets are these, upper or lower case.
            #[must_use]
            pub fn is(&self, other: &str) -> bool {
                self.0.eq_ignore_ascii_case(other.as_bytes())
            }

            /// Copies what is borrowed.
            #[must_use]
            pub fn into_owned(self) -> $name<'static> {
                $name(Cow::Owned(self.0.into_owned()))
            }

            /// Returns a cheap copy that borrows from this one.
            #[must_use]
            pub fn borrowed(&self) -> $name<'_> {
                $name(Cow::Borrowed(&self.0))
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "\"{}\"", self.0.escape_ascii())
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.to_str() {
                    Some(text) => f.write_str(text),
                    None => write!(f, "{}", self.0.escape_ascii()),
                }
            }
        }

        impl<'a> TryFrom<&'a str> for $name<'a> {
            type Error = Misuse;

            fn try_from(text: &'a str) -> Result<Self, Misuse> {
                Self::new(text.as_bytes())
            }
        }
    };
}

octets!(
    /// An `atom`: one or more printable ASCII octets without ``( ) { % * " \ ]`` and space.
    Atom, "atom", ATOM_CHAR, empty: false
);
octets!(
    /// A `string`, `astring` or `nstring` that is there: any octets but NUL, RFC 9051 section 4.3.
    ///
    /// Whether it travels as an atom, quoted or as a literal is the encoder's choice and carries
    /// no meaning.
    IString, "string", STRING_CHAR, empty: true
);
octets!(
    /// Text for people, as in `resp-text`: one line, possibly empty.
    Text, "text", TEXT_CHAR, empty: true
);
octets!(
    /// The tag that ties a command to its completion. RFC 9051 section 2.2.1.
    ///
    /// An atom that may hold `]` and may not hold `+`.
    Tag, "tag", TAG_CHAR, empty: false
);

impl IString<'static> {
    pub(crate) const INBOX: Self = Self(Cow::Borrowed(b"INBOX"));
}

/// A value of the grammar that is carried as it stood on the wire: complete, balanced, its quoted
/// strings and literals closed, at most 128 parentheses deep.
///
/// It comes from [`Raw::parse`] or a parser alone, so it can always be sent again.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw<'a>(Cow<'a, [u8]>);

impl<'a> Raw<'a> {
    /// Checks one or more values that are separated by spaces.
    ///
    /// # Errors
    /// Where and why the octets are not complete values.
    pub fn parse(octets: &'a [u8]) -> Result<Self, mail_errors::ParseError> {
        mail_wire::grammar::complete(octets, crate::parse::raw_values)
    }

    pub(crate) fn checked(octets: &'a [u8]) -> Self {
        Self(Cow::Borrowed(octets))
    }

    /// Returns the octets as they stood on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Raw<'static> {
        Raw(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({})", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_octets_that_cannot_be_sent() {
        for bad in [&b"a b"[..], b"a\r\n", b"a\"", b"\xff", b"a]", b"a(", b"{"] {
            assert!(Atom::new(bad).is_err(), "{}", bad.escape_ascii());
        }
        assert_eq!(
            Text::new(&b"ab\r\nc"[..]),
            Err(Misuse::Unencodable { what: "text", octet: b'\r', offset: 2 })
        );
        assert!(IString::new(&b"a\0"[..]).is_err());
        assert!(Tag::new(&b"a+"[..]).is_err() && Tag::new(&b""[..]).is_err());
    }

    #[test]
    fn ok_octets_that_can() {
        assert_eq!(Tag::try_from("a]1").unwrap().as_bytes(), b"a]1");
        assert_eq!(IString::new(&b"a\r\n\xff"[..]).unwrap().as_bytes(), b"a\r\n\xff");
        assert_eq!(Text::try_from("").unwrap().to_string(), "");
    }
}
