//! The names of a client's deadlines.

use super::Pending;
use crate::clock::Name;

/// What goes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The server took too long.
    Late(Pending),
    /// IDLE is to be begun anew.
    Idle,
}

impl Name for Timer {
    const READING: Self = Self::Late(Pending::Reading);
    const BODY: Self = Self::Late(Pending::Body);
}

impl From<Pending> for Timer {
    fn from(what: Pending) -> Self {
        Self::Late(what)
    }
}
