//! What a client is told before it starts.

use mail_wire::BareNewline;

use crate::{ClientLimits, Profile};

/// What a client is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) limits: ClientLimits,
    pub(super) profile: Profile,
    pub(super) tls: Tls,
    pub(super) plaintext: PlaintextLogin,
    pub(super) bodies: BareNewline,
}

/// When TLS comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tls {
    /// Never: there is none, or somebody below this session has done it and says so by
    /// [`PlaintextLogin::Allow`].
    Never,
    /// By STLS if the server offers it. Somebody on the way can take the offer out, so this
    /// protects from listeners alone.
    Opportunistic,
    /// By STLS, or not at all: a server that does not offer or refuses it ends the session.
    /// RFC 2595 4, RFC 8314 3.1.
    #[default]
    Required,
    /// Before the greeting (port 995, RFC 8314 3.1).
    Implicit,
}

/// Whether a password may cross the wire in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PlaintextLogin {
    /// USER and PASS are not sent without TLS. RFC 2595 4.
    #[default]
    Refuse,
    /// It may.
    ///
    /// # Why you might
    /// Loopback, tests, and TLS that ends below this session.
    Allow,
}

impl Config {
    /// Starts with the defaults: TLS by STLS or not at all, no password in the clear.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limits: ClientLimits::default(),
            profile: Profile::default(),
            tls: Tls::default(),
            plaintext: PlaintextLogin::default(),
            bodies: BareNewline::Normalize,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: ClientLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what is tolerated.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets when TLS comes in.
    #[must_use]
    pub const fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Sets whether a password may cross the wire in the clear.
    #[must_use]
    pub const fn plaintext_login(mut self, plaintext: PlaintextLogin) -> Self {
        self.plaintext = plaintext;
        self
    }

    /// Sets what becomes of a bare CR or LF in a message that comes in. By default each becomes
    /// CRLF: many servers send messages as they are stored. [`BareNewline::Reject`] aborts the
    /// message, once it has been read to its end.
    #[must_use]
    pub const fn bare_newlines(mut self, bodies: BareNewline) -> Self {
        self.bodies = bodies;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
