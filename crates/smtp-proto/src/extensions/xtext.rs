//! xtext, the encoding in which values that are no words stand in parameters: RFC 3461 4.

use std::fmt;

use mail_errors::ParseError;
use mail_wire::grammar::ByteSet;

use crate::{Octets, parse};

/// > xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
const XCHAR: ByteSet = ByteSet::VCHAR.without(b"+=");

/// A value in xtext, as it came: `a+2Bb` means `a+b`. RFC 3461 4.
///
/// ```
/// use smtp_proto::Xtext;
///
/// let id = Xtext::encode(b"QQ=314159");
/// assert_eq!(id.as_wire(), b"QQ+3D314159");
/// assert_eq!(id.decode(), b"QQ=314159");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Xtext<T: AsRef<[u8]> = Octets>(T);

impl Xtext {
    /// Reads a value that is in xtext.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Ok(Self(parse::xtext(text.as_ref())?.0.into()))
    }

    /// Encodes octets.
    #[must_use]
    pub fn encode(octets: &[u8]) -> Self {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let mut text = Vec::with_capacity(octets.len());
        for &octet in octets {
            if XCHAR.has(octet) {
                text.push(octet);
            } else {
                let digit = |four: u8| HEX.get(usize::from(four)).copied().unwrap_or(b'0');
                text.extend([b'+', digit(octet >> 4), digit(octet & 15)]);
            }
        }
        Self(text.into())
    }
}

impl<T: AsRef<[u8]>> Xtext<T> {
    pub(crate) const fn from_checked(text: T) -> Self {
        Self(text)
    }

    /// Returns the octets as they stand on the wire.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Returns what is meant. It may hold any octet.
    pub fn decode(&self) -> Vec<u8> {
        self.decoded().collect()
    }

    /// Returns what is meant, octet by octet.
    pub(crate) fn decoded(&self) -> impl Iterator<Item = u8> {
        let mut rest = self.as_wire();
        std::iter::from_fn(move || {
            let (&octet, tail) = rest.split_first()?;
            let hex = tail.split_first_chunk::<2>().filter(|_| octet == b'+');
            let Some(([high, low], tail)) = hex else {
                rest = tail;
                return Some(octet);
            };
            rest = tail;
            let digit = |digit: u8| char::from(digit).to_digit(16).map_or(0, |digit| digit as u8);
            Some(digit(*high) << 4 | digit(*low))
        })
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Xtext<U> {
        Xtext(own(self.0))
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Xtext<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Xtext({})", self.as_wire().escape_ascii())
    }
}
