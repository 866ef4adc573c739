//! What a trusted client says of the client behind it: XCLIENT and XFORWARD.
//!
//! Both are Postfix's: `XCLIENT_README` and `XFORWARD_README` of its documentation.

use std::{fmt, net::IpAddr};

use mail_errors::{Misuse, ParseError};

use crate::{Octets, Xtext, parse};

/// The attributes behind XCLIENT or XFORWARD: `NAME=spike.example ADDR=192.0.2.1`. There is at
/// least one, and each has the syntax of one.
///
/// Nothing may follow from them unless the client is trusted.
///
/// ```
/// use smtp_proto::{Attribute, Attributes};
///
/// let attributes = Attributes::parse("NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PORT=4711")?;
/// assert_eq!(attributes.get("name"), Some(Attribute::Unavailable));
/// assert_eq!(attributes.address(), Some("2001:db8::1".parse().unwrap()));
/// assert_eq!(attributes.port(), Some(4711));
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attributes<T: AsRef<[u8]> = Octets>(T);

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute<'a> {
    /// `[UNAVAILABLE]`: there is none.
    Unavailable,
    /// `[TEMPUNAVAIL]`: it cannot be found out for now.
    UnavailableForNow,
    /// This one.
    Value(Xtext<&'a [u8]>),
}

impl Attributes {
    /// Reads attributes with a blank between them.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Ok(Self(parse::attributes(text.as_ref())?.0.into()))
    }

    /// Makes them from names and values that are not in xtext yet.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if there are none, or a name is not made of letters and `_`.
    pub fn new<'v>(all: impl IntoIterator<Item = (&'v str, &'v [u8])>) -> Result<Self, Misuse> {
        let mut text = Vec::new();
        for (name, value) in all {
            if !text.is_empty() {
                text.push(b' ');
            }
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(Xtext::encode(value).as_wire());
        }
        Self::parse(&text)
            .map_err(|_| Misuse::Invalid { what: "attribute", why: "an octet does not fit" })
    }
}

impl<T: AsRef<[u8]>> Attributes<T> {
    pub(crate) const fn from_checked(text: T) -> Self {
        Self(text)
    }

    /// Returns them in the order in which they stand.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Attribute<'_>)> {
        let words = self.as_wire().split(|octet| matches!(octet, b' ' | b'\t'));
        words.filter_map(|word| {
            let (name, value) = word.split_at_checked(word.iter().position(|&b| b == b'=')?)?;
            let value = value.get(1..)?;
            let attribute = if value.eq_ignore_ascii_case(b"[UNAVAILABLE]") {
                Attribute::Unavailable
            } else if value.eq_ignore_ascii_case(b"[TEMPUNAVAIL]") {
                Attribute::UnavailableForNow
            } else {
                Attribute::Value(Xtext::from_checked(value))
            };
            Some((std::str::from_utf8(name).ok()?, attribute))
        })
    }

    /// Returns the last of this name, in any case of letters.
    pub fn get(&self, name: &str) -> Option<Attribute<'_>> {
        let named = self.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.last().map(|(_, value)| value)
    }

    /// Returns ADDR, if it is there and an address. An IPv6 address stands behind `IPV6:`.
    pub fn address(&self) -> Option<IpAddr> {
        let text = self.text("ADDR")?;
        let plain = match text.get(..5) {
            Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => text.get(5..)?,
            _ => &text,
        };
        plain.parse().ok()
    }

    /// Returns PORT, if it is there and a number.
    pub fn port(&self) -> Option<u16> {
        self.text("PORT")?.parse().ok()
    }

    /// Returns them as they stand on the wire.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_ref()
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Attribute::Value(value) => String::from_utf8(value.decode()).ok(),
            Attribute::Unavailable | Attribute::UnavailableForNow => None,
        }
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Attributes<U> {
        Attributes(own(self.0))
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Attributes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attributes({})", self.as_wire().escape_ascii())
    }
}
