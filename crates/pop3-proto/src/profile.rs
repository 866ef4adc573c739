//! Leniency: what is let pass that the RFCs do not allow, and why one might.

use mail_wire::BareNewline;

/// What is let pass that the RFCs do not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// A command, response or listing line that ends in LF without CR. [`BareNewline::Reject`]
    /// refuses the command, or gives the server up.
    ///
    /// # Why you might
    /// People who type commands into `nc`, and scripts that print lines.
    pub lines: BareNewline,
    /// A CR without LF or an LF without CR in a message.
    ///
    /// [`BareNewline::Normalize`] turns each into CRLF. [`BareNewline::Reject`] makes a server cut
    /// the connection, and a client abort the message.
    ///
    /// # Why it is so by default
    /// Maildrops are full of messages that came with a bare CR or LF; a person wants them too, and
    /// nothing smuggled in them is sent on from here.
    pub bodies: BareNewline,
}

impl Profile {
    /// Lines as the RFCs have them; what is stored in a message is normalized.
    pub const STRICT: Self = Self { lines: BareNewline::Reject, bodies: BareNewline::Normalize };
}

impl Default for Profile {
    fn default() -> Self {
        Self::STRICT
    }
}
