//! A value that does not print.

use std::{fmt, hint::black_box};

/// Octets that must not show in logs, traces or panics: passwords, responses, keying material.
///
/// `Debug` prints `Secret(..)`; there is no `Display`. The octets come out by [`Secret::expose`]
/// alone, so that every use can be found by its name. Comparing two of one length takes the same
/// time wherever they differ; that two are not of one length shows.
#[derive(Clone, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Hides these octets.
    #[must_use]
    pub fn new(octets: impl Into<Box<[u8]>>) -> Self {
        Self(octets.into())
    }

    /// Returns the octets.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        // Without the black box the compiler may stop at the first octet that differs.
        let differing = pairs.fold(0, |seen, (a, b)| black_box(seen | (a ^ b)));
        self.0.len() == other.0.len() && differing == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl From<&[u8]> for Secret {
    fn from(octets: &[u8]) -> Self {
        Self::new(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_the_secret() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "Secret(..)");
    }

    #[test]
    fn equal_in_every_octet_and_in_length_alone() {
        assert_eq!(Secret::from("hunter2"), Secret::from("hunter2"));
        for other in ["", "hunter", "hunter22", "Hunter2", "huntar2", "hunter1", "2hunter"] {
            assert_ne!(Secret::from("hunter2"), Secret::from(other));
            assert_ne!(Secret::from(other), Secret::from("hunter2"));
        }
        assert_eq!(Secret::from(""), Secret::from(""));
    }
}
