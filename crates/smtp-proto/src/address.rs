//! Mailboxes, domains and paths: RFC 5321 4.1.2 and 4.1.3.
//!
//! Every type here is generic over what holds its octets. `Mailbox` alone means `Mailbox<Octets>`,
//! which is owned; `Mailbox<&[u8]>` is the view that the parser gives. Neither can be had but by
//! parsing, so whatever one holds can be sent as it is.
//!
//! Local parts and domains may be in UTF-8 (RFC 6531 3.3), which a server has to offer:
//! [`Mailbox::is_ascii`]. The labels of such a domain are U-labels: letters, digits and marks that
//! stand for themselves, in Normalization Form C, in one direction, and what is bound to a context in
//! that context (RFC 5890 to 5893).
//!
//! # Not supported
//!
//! * Source routes are read and dropped (RFC 5321 appendix C).
//! * Nothing is mapped: no domain is turned into its form in ASCII or back, so that one in UTF-8 and
//!   the same in ASCII (`xn--`) are two; what stands behind `xn--` is not looked at.
//! * ZERO WIDTH NON-JOINER is taken between letters of the scripts that join, without a look at how
//!   each letter does (RFC 5892 A.1).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use mail_errors::ParseError;

use crate::{Octets, parse};

/// The part in front of the `@`, with its quoting as it came. At most 64 octets (RFC 5321
/// 4.5.3.1.1), unless [`Deviation::LongLocalPart`](crate::Deviation::LongLocalPart) was tolerated.
///
/// Two are equal if their octets are. That `"joe"` in quotes names the same mailbox as `joe` without,
/// and `Joe` need not (RFC 5321 4.1.2 and 2.4), [`is_same`](Self::is_same) tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalPart<T: AsRef<[u8]> = Octets>(T);

/// What stands behind the `@`: a name of the DNS or an address literal. At most 255 octets
/// (RFC 5321 4.5.3.1.2). The set is RFC 5321's own.
///
/// The labels of a name that is not ASCII are U-labels (RFC 6531 3.3): letters, digits and marks that
/// stand for themselves, in Normalization Form C, in one direction, in their contexts (RFC 5890 to
/// 5893), and of at most 63 octets as the DNS has them. Nothing is mapped: the same name in UTF-8 and
/// in ASCII (`xn--`) is two, and what stands behind `xn--` is not looked at.
///
/// ```
/// use smtp_proto::Domain;
///
/// assert!(Domain::parse("b\u{fc}cher.example").is_ok());
/// assert!(Domain::parse("i\u{2665}books.example").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Domain<T: AsRef<[u8]> = Octets> {
    /// `example.com`
    Name(DomainName<T>),
    /// `[192.0.2.1]`
    Ipv4(Ipv4Addr),
    /// `[IPv6:2001:db8::1]`
    Ipv6(Ipv6Addr),
    /// `[tag:content]` with a tag that RFC 5321 leaves to later standards.
    Tagged(TaggedLiteral<T>),
}

/// A domain name, as it came. Two are equal whatever the case of their letters (RFC 5321 2.4).
#[derive(Clone, Copy)]
pub struct DomainName<T: AsRef<[u8]> = Octets>(T);

/// An address literal of another sort: `[tag:content]`. RFC 5321 4.1.3.
#[derive(Clone, Copy)]
pub struct TaggedLiteral<T: AsRef<[u8]> = Octets> {
    tag: T,
    content: T,
}

/// A mailbox: local part, `@`, domain.
///
/// ```
/// use smtp_proto::{Domain, Mailbox};
///
/// let mailbox = Mailbox::parse(r#""Fred Bloggs"@Example.COM"#)?;
/// assert_eq!(mailbox.local().unquoted(), b"Fred Bloggs");
/// assert_eq!(mailbox.domain(), Mailbox::parse("x@example.com")?.domain());
/// assert_eq!(mailbox.to_string(), r#""Fred Bloggs"@Example.COM"#);
/// assert!(Mailbox::parse("fred@example.com\r\nRCPT TO:<eve@example.com>").is_err());
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mailbox<T: AsRef<[u8]> = Octets> {
    local: LocalPart<T>,
    domain: Domain<T>,
}

/// Whom to tell when a message cannot be delivered: the argument of MAIL. At most 256 octets with
/// its brackets (RFC 5321 4.5.3.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReversePath<T: AsRef<[u8]> = Octets> {
    /// `<>`: nobody. Bounces have it, so that they do not bounce again (RFC 5321 4.5.5).
    Null,
    /// This mailbox.
    Mailbox(Mailbox<T>),
}

/// Whom a message is for: the argument of RCPT. At most 256 octets with its brackets (RFC 5321
/// 4.5.3.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForwardPath<T: AsRef<[u8]> = Octets> {
    /// `<Postmaster>` without a domain, which every server takes (RFC 5321 4.5.1).
    Postmaster,
    /// This mailbox.
    Mailbox(Mailbox<T>),
}

impl<T: AsRef<[u8]>> LocalPart<T> {
    pub(crate) const fn from_checked(octets: T) -> Self {
        Self(octets)
    }

    /// Returns the octets as they stand on the wire, quotes and backslashes included.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Tells whether it stands in quotes.
    pub fn is_quoted(&self) -> bool {
        self.as_wire().first() == Some(&b'"')
    }

    /// Returns what is meant: the octets without quotes and backslashes.
    pub fn unquoted(&self) -> Vec<u8> {
        self.meant().collect()
    }

    /// Tells whether it names the same mailbox as the other, at the same domain: quotes and
    /// backslashes that nothing needs make no difference. RFC 5321 4.1.2.
    pub fn is_same<U: AsRef<[u8]>>(&self, other: &LocalPart<U>) -> bool {
        self.meant().eq(other.meant())
    }

    fn meant(&self) -> impl Iterator<Item = u8> {
        let quoted = self.as_wire().strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        let mut octets = quoted.unwrap_or(self.as_wire()).iter().copied();
        std::iter::from_fn(move || match octets.next() {
            Some(b'\\') if quoted.is_some() => octets.next(),
            octet => octet,
        })
    }

    fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> LocalPart<U> {
        LocalPart(own(self.0))
    }
}

impl<T: AsRef<[u8]>> DomainName<T> {
    pub(crate) const fn from_checked(octets: T) -> Self {
        Self(octets)
    }

    /// Returns the name as it came, without a dot at its end.
    ///
    /// # Panics
    /// Never: only UTF-8 parses as a name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.0.as_ref()).expect("only UTF-8 parses as a domain name")
    }
}

impl<T: AsRef<[u8]>> TaggedLiteral<T> {
    pub(crate) const fn from_checked(tag: T, content: T) -> Self {
        Self { tag, content }
    }

    /// Returns the tag.
    pub fn tag(&self) -> &[u8] {
        self.tag.as_ref()
    }

    /// Returns what stands behind the tag's colon.
    pub fn content(&self) -> &[u8] {
        self.content.as_ref()
    }
}

impl Domain {
    /// Reads a domain or an address literal that fills the whole of `text`.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let text = text.as_ref();
        Ok(parse::domain(text)?.map(Octets::sharing(text)))
    }
}

impl<T: AsRef<[u8]>> Domain<T> {
    /// Returns the name, if it is one and no address literal.
    pub fn as_name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name.as_str()),
            Self::Ipv4(_) | Self::Ipv6(_) | Self::Tagged(_) => None,
        }
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Domain<U> {
        match self {
            Self::Name(name) => Domain::Name(DomainName(own(name.0))),
            Self::Ipv4(address) => Domain::Ipv4(address),
            Self::Ipv6(address) => Domain::Ipv6(address),
            Self::Tagged(TaggedLiteral { tag, content }) => {
                Domain::Tagged(TaggedLiteral { tag: own(tag), content: own(content) })
            }
        }
    }
}

impl Mailbox {
    /// Reads a mailbox, without angle brackets, that fills the whole of `text`.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit, or where a part is over its limit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let text = text.as_ref();
        Ok(parse::mailbox(text)?.map(Octets::sharing(text)))
    }
}

impl<T: AsRef<[u8]>> Mailbox<T> {
    pub(crate) const fn from_checked(local: LocalPart<T>, domain: Domain<T>) -> Self {
        Self { local, domain }
    }

    /// Returns the part in front of the `@`.
    pub const fn local(&self) -> &LocalPart<T> {
        &self.local
    }

    /// Returns the part behind the `@`.
    pub const fn domain(&self) -> &Domain<T> {
        &self.domain
    }

    /// Tells whether it can go where SMTPUTF8 is not offered. RFC 6531 3.2.
    pub fn is_ascii(&self) -> bool {
        self.local.as_wire().is_ascii() && self.domain.as_name().is_none_or(str::is_ascii)
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Mailbox<U> {
        Mailbox { local: self.local.map(&own), domain: self.domain.map(own) }
    }
}

impl ReversePath {
    /// Reads a reverse-path with its angle brackets that fills the whole of `text`.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit, or where a part is over its limit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let text = text.as_ref();
        Ok(parse::reverse_path(text)?.map(Octets::sharing(text)))
    }
}

impl<T: AsRef<[u8]>> ReversePath<T> {
    /// Returns the mailbox, unless the path is null.
    pub const fn mailbox(&self) -> Option<&Mailbox<T>> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Tells whether it can go where SMTPUTF8 is not offered. RFC 6531 3.2.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> ReversePath<U> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Mailbox(mailbox) => ReversePath::Mailbox(mailbox.map(own)),
        }
    }
}

impl ForwardPath {
    /// Reads a forward-path with its angle brackets that fills the whole of `text`.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit, or where a part is over its limit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let text = text.as_ref();
        Ok(parse::forward_path(text)?.map(Octets::sharing(text)))
    }
}

impl<T: AsRef<[u8]>> ForwardPath<T> {
    /// Returns the mailbox, unless the path is the postmaster without a domain.
    pub const fn mailbox(&self) -> Option<&Mailbox<T>> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Tells whether it can go where SMTPUTF8 is not offered. RFC 6531 3.2.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> ForwardPath<U> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Mailbox(mailbox) => ForwardPath::Mailbox(mailbox.map(own)),
        }
    }
}

impl From<Mailbox> for ReversePath {
    fn from(mailbox: Mailbox) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl From<Mailbox> for ForwardPath {
    fn from(mailbox: Mailbox) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl<T: AsRef<[u8]>> PartialEq for DomainName<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().eq_ignore_ascii_case(other.0.as_ref())
    }
}

impl<T: AsRef<[u8]>> Eq for DomainName<T> {}

impl<T: AsRef<[u8]>> Hash for DomainName<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_ref().iter().for_each(|octet| state.write_u8(octet.to_ascii_lowercase()));
        state.write_u8(0xff);
    }
}

impl<T: AsRef<[u8]>> PartialEq for TaggedLiteral<T> {
    fn eq(&self, other: &Self) -> bool {
        self.tag().eq_ignore_ascii_case(other.tag()) && self.content() == other.content()
    }
}

impl<T: AsRef<[u8]>> Eq for TaggedLiteral<T> {}

impl<T: AsRef<[u8]>> Hash for TaggedLiteral<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tag().to_ascii_lowercase().hash(state);
        self.content().hash(state);
    }
}

/// Every part is UTF-8: only that parses.
fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap_or_default()
}

impl<T: AsRef<[u8]>> fmt::Display for LocalPart<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(text(self.as_wire()))
    }
}

impl<T: AsRef<[u8]>> fmt::Display for DomainName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: AsRef<[u8]>> fmt::Display for Domain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Ipv4(address) => write!(f, "[{address}]"),
            Self::Ipv6(address) => write!(f, "[IPv6:{address}]"),
            Self::Tagged(literal) => {
                write!(f, "[{}:{}]", text(literal.tag()), text(literal.content()))
            }
        }
    }
}

impl<T: AsRef<[u8]>> fmt::Display for Mailbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl<T: AsRef<[u8]>> fmt::Display for ReversePath<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl<T: AsRef<[u8]>> fmt::Display for ForwardPath<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for LocalPart<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalPart({self})")
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for DomainName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({self})")
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for TaggedLiteral<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaggedLiteral([{}:{}])", text(self.tag()), text(self.content()))
    }
}

macro_rules! from_str {
    ($($value:ident)*) => {$(
        impl FromStr for $value {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                Self::parse(text)
            }
        }
    )*};
}

from_str!(Domain Mailbox ReversePath ForwardPath);
