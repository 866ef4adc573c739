//! What is tolerated by name.

use mail_wire::BareNewline;

/// Leniency that a caller may ask for. The default is strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Profile {
    /// What to do with a line that ends in LF alone.
    ///
    /// # Why you might normalise
    /// A person at `nc`, and scripts, send LF. Dovecot and Cyrus take it.
    pub bare_newline: BareNewline,
}
