//! How much of a header is too much.

use std::fmt;

use crate::Header;

/// What a server takes as a header. Nothing in this crate needs it, since every view is lazy and
/// linear; it is for whoever has to decide whether to keep a message, and for how much of a header
/// to buffer while it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest header in octets, the blank line included. No RFC bounds it; Postfix takes 100 KiB,
    /// and Exim a mebibyte. Default 1 MiB.
    pub octets: usize,
    /// Most fields in a header. No RFC bounds it; a message that went through many hands has a few
    /// hundred. Default 10,000.
    pub fields: usize,
}

impl Limits {
    /// Checks a header.
    ///
    /// # Errors
    ///
    /// [`OverLimit`] for the first limit that it exceeds.
    pub fn check(&self, header: &Header<'_>) -> Result<(), OverLimit> {
        let octets = header.as_bytes().len();
        if octets > self.octets {
            return Err(OverLimit::Octets { octets, limit: self.octets });
        }
        // One more than allowed is enough to know.
        if header.items().take(self.fields.saturating_add(1)).count() > self.fields {
            return Err(OverLimit::Fields { limit: self.fields });
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { octets: 1024 * 1024, fields: 10_000 }
    }
}

/// A header over one of the [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverLimit {
    /// It is too long.
    Octets {
        /// Its length, the blank line included.
        octets: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// It has too many fields, or lines that are none.
    Fields {
        /// The most that is allowed.
        limit: usize,
    },
}

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octets { octets, limit } => {
                write!(f, "header of {octets} octets is over the limit of {limit}")
            }
            Self::Fields { limit } => write!(f, "header has more than {limit} fields"),
        }
    }
}

impl std::error::Error for OverLimit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_header_over_either_limit() {
        let header = Header::new(b"A: 1\r\nB: 2\r\nnonsense\r\n\r\nbody");
        let limits = Limits { octets: 24, fields: 3 };
        assert_eq!(limits.check(&header), Ok(()));
        let octets = OverLimit::Octets { octets: 24, limit: 23 };
        assert_eq!(Limits { octets: 23, ..limits }.check(&header), Err(octets));
        let fields = OverLimit::Fields { limit: 2 };
        assert_eq!(Limits { fields: 2, ..limits }.check(&header), Err(fields));
    }
}
