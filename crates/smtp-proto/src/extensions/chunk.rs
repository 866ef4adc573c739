//! Messages in chunks: BDAT of RFC 3030, BURL of RFC 4468.

use std::fmt;

use mail_errors::ParseError;

use crate::{Octets, parse};

/// The argument of BDAT: how many octets follow its line, and whether they are the last of the
/// message. RFC 3030 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chunk {
    octets: u64,
    last: bool,
}

impl Chunk {
    /// A chunk that others follow.
    #[must_use]
    pub const fn new(octets: u64) -> Self {
        Self { octets, last: false }
    }

    /// The last chunk, which may be empty.
    #[must_use]
    pub const fn last(octets: u64) -> Self {
        Self { octets, last: true }
    }

    /// Returns how many octets it has.
    #[must_use]
    pub const fn octets(self) -> u64 {
        self.octets
    }

    /// Tells whether it is the last.
    #[must_use]
    pub const fn is_last(self) -> bool {
        self.last
    }
}

/// The argument of BURL: where an IMAP server has the octets, and whether they are the last of the
/// message. RFC 4468 3.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Burl<T: AsRef<[u8]> = Octets> {
    url: T,
    last: bool,
}

impl Burl {
    /// Names a URL.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that is no part of an absolute URI.
    pub fn new(url: &str, last: bool) -> Result<Self, ParseError> {
        parse::url(url.as_bytes()).map(|url| Self { url: url.into(), last })
    }
}

impl<T: AsRef<[u8]>> Burl<T> {
    pub(crate) const fn from_checked(url: T, last: bool) -> Self {
        Self { url, last }
    }

    /// Returns the URL. It may carry what lets whoever has it read the message (RFC 4467), so it
    /// does not print.
    pub fn url(&self) -> &str {
        std::str::from_utf8(self.url.as_ref()).unwrap_or_default()
    }

    /// Tells whether it is the last.
    pub const fn is_last(&self) -> bool {
        self.last
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Burl<U> {
        Burl { url: own(self.url), last: self.last }
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Burl<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Burl({} octets, last: {})", self.url.as_ref().len(), self.last)
    }
}
