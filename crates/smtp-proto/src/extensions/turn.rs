//! Asking for a queue to be worked off: ETRN of RFC 1985.

use std::fmt;

use mail_errors::ParseError;

use crate::{Octets, parse};

/// The argument of ETRN: what mail a server is asked to send now. RFC 1985 5.1.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Turn<T: AsRef<[u8]> = Octets>(T);

/// What the name of a [`Turn`] is. RFC 1985 5.1 and 5.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurnKind {
    /// A host or domain.
    Node,
    /// `@`: a domain and all below it.
    Subdomains,
    /// `#`: a queue by its name, which the server gave it.
    Queue,
}

impl Turn {
    /// Reads the argument: a domain, a domain behind `@`, or a queue's name behind `#`.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Ok(Self(parse::turn(text.as_ref())?.0.into()))
    }
}

impl<T: AsRef<[u8]>> Turn<T> {
    pub(crate) const fn from_checked(argument: T) -> Self {
        Self(argument)
    }

    /// Returns what the name is.
    pub fn kind(&self) -> TurnKind {
        match self.0.as_ref() {
            [b'@', ..] => TurnKind::Subdomains,
            [b'#', ..] => TurnKind::Queue,
            _ => TurnKind::Node,
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        self.as_wire().strip_prefix(['@', '#']).unwrap_or(self.as_wire())
    }

    /// Returns the argument as it stands on the wire.
    pub fn as_wire(&self) -> &str {
        std::str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }

    pub(crate) fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Turn<U> {
        Turn(own(self.0))
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Turn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Turn({})", self.as_wire())
    }
}
