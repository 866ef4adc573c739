//! Which departures from the grammar are tolerated, each with who needs it.

use std::fmt;

/// A departure from the grammar that does no harm, and that real programs commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// A command that ends in LF alone.
    ///
    /// # Why you might
    /// People who type commands into `nc`, and scripts that print lines.
    BareNewlineInCommand,
    /// A line of a response or a listing that ends in LF alone.
    ///
    /// # Why you might
    /// Servers written by hand. What was asked for is awaited, so nothing can be smuggled.
    BareNewlineInResponse,
}

impl Deviation {
    /// Every deviation that has a name.
    pub const ALL: [Self; 2] = [Self::BareNewlineInCommand, Self::BareNewlineInResponse];

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareNewlineInCommand => "command that ends in LF alone",
            Self::BareNewlineInResponse => "line of an answer that ends in LF alone",
        })
    }
}

/// The set of [`Deviation`]s that are tolerated.
///
/// ```
/// use pop3_proto::{Deviation, Profile};
///
/// let profile = Profile::STRICT.tolerating(Deviation::BareNewlineInCommand);
/// assert!(profile.tolerates(Deviation::BareNewlineInCommand));
/// assert!(!profile.tolerates(Deviation::BareNewlineInResponse));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile(u32);

impl Profile {
    /// What RFC 1939 asks for, and no more.
    pub const STRICT: Self = Self(0);
    /// Everything that has a name. It is the default: none of it can do harm.
    pub const COMPAT: Self = Self(u32::MAX);

    /// Tolerates this too.
    #[must_use]
    pub const fn tolerating(self, deviation: Deviation) -> Self {
        Self(self.0 | deviation.bit())
    }

    /// Refuses this.
    #[must_use]
    pub const fn refusing(self, deviation: Deviation) -> Self {
        Self(self.0 & !deviation.bit())
    }

    /// Tells whether this is tolerated.
    #[must_use]
    pub const fn tolerates(self, deviation: Deviation) -> bool {
        self.0 & deviation.bit() != 0
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::COMPAT
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tolerated = Deviation::ALL.into_iter().filter(|one| self.tolerates(*one));
        f.debug_set().entries(tolerated).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deviation_has_a_bit_of_its_own() {
        for deviation in Deviation::ALL {
            let alone = Profile::STRICT.tolerating(deviation);
            assert_eq!(Deviation::ALL.into_iter().filter(|one| alone.tolerates(*one)).count(), 1);
            assert!(!Profile::COMPAT.refusing(deviation).tolerates(deviation));
        }
    }
}
