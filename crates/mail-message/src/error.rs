//! The one error of the parsers here.

use std::fmt;

/// Octets that the grammar does not read: where, and what was expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    offset: usize,
    expected: &'static str,
}

impl ParseError {
    #[cold]
    pub(crate) const fn new(offset: usize, expected: &'static str) -> Self {
        Self { offset, expected }
    }

    /// Returns the offset of the first octet that does not fit, counted from the start of the
    /// parsed slice.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns what the grammar asks for at that offset, in the grammar's words.
    #[must_use]
    pub const fn expected(&self) -> &'static str {
        self.expected
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at offset {}", self.expected, self.offset)
    }
}

impl std::error::Error for ParseError {}
