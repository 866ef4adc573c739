//! What a server's session is told before it starts.

use mail_wire::BareNewline;

use crate::{Profile, ServerLimits, Text, Timestamp};

/// What a server's session is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) limits: ServerLimits,
    pub(super) profile: Profile,
    pub(super) tls: Tls,
    pub(super) plaintext: PlaintextLogin,
    pub(super) bodies: BareNewline,
    pub(super) greeting: Text<'static>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) name: Option<Text<'static>>,
}

/// When TLS comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tls {
    /// Never: there is none, or somebody below this session has done it and says so by
    /// [`PlaintextLogin::Allow`].
    #[default]
    Never,
    /// When the client says STLS. RFC 2595 4.
    StartTls,
    /// Before the greeting (port 995, RFC 8314 3.1).
    Implicit,
}

/// Whether a password may cross the wire in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PlaintextLogin {
    /// USER is neither offered nor taken until TLS is in place. RFC 2595 4.
    #[default]
    Refuse,
    /// It may.
    ///
    /// # Why you might
    /// Loopback, tests, and TLS that ends in a proxy.
    Allow,
}

impl Config {
    /// Starts with the defaults: no TLS, no password in the clear, no APOP.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limits: ServerLimits::default(),
            profile: Profile::default(),
            tls: Tls::default(),
            plaintext: PlaintextLogin::default(),
            bodies: BareNewline::Normalize,
            greeting: Text::fixed("POP3 server ready"),
            timestamp: None,
            name: None,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: ServerLimits) -> Self {
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

    /// Sets what becomes of a bare CR or LF in a message that is sent. By default each becomes
    /// CRLF: maildrops hold such messages, and their owner wants them.
    /// [`BareNewline::Reject`] cuts the connection.
    #[must_use]
    pub const fn bare_newlines(mut self, bodies: BareNewline) -> Self {
        self.bodies = bodies;
        self
    }

    /// Sets the text of the greeting; the first 200 octets of it are sent. Angle brackets are left
    /// out of it, because they belong to the timestamp (RFC 2449 3).
    #[must_use]
    pub fn greeting(mut self, text: Text<'static>) -> Self {
        self.greeting = text;
        self
    }

    /// Offers APOP with this timestamp, which must be another one for each connection.
    /// RFC 1939 7.
    ///
    /// # Why you might not
    /// APOP needs passwords that are stored in the clear, and MD5 is weak.
    #[must_use]
    pub fn apop(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Sets the name for the capability IMPLEMENTATION; the first 200 octets of it are sent.
    /// RFC 2449 6.9.
    #[must_use]
    pub fn name(mut self, name: Text<'static>) -> Self {
        self.name = Some(name);
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
