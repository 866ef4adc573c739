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
    pub(super) utf8: Utf8,
    pub(super) logins: Utf8Logins,
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

/// Whether messages may come with UTF-8 where others have ASCII. RFC 6856 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Utf8 {
    /// The session says UTF8 where that is offered, as the last thing before the application's
    /// commands: behind STLS (RFC 6856 2.1) and before a login. It costs a line, and no harm comes
    /// of it here: messages are octets that pass as they are. Without it a server refuses messages
    /// that have UTF-8 in their header (`[UTF8]`, RFC 6856 5) or changes them (RFC 6858), and a
    /// signature breaks by that. If it is refused the session goes on without.
    #[default]
    IfOffered,
    /// The session does not say it by itself.
    ///
    /// # Why you might
    /// Whoever reads the messages takes their headers for ASCII.
    Never,
}

/// Whether USER, PASS and APOP may carry what is not ASCII. AUTH may in any case: its mechanisms say
/// how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Utf8Logins {
    /// Where the server offers `UTF8 USER`: it need not say more for it. RFC 6856 2.2.
    #[default]
    IfOffered,
    /// They may.
    ///
    /// # Why you might
    /// Servers that have never heard of RFC 6856 and compare passwords octet by octet.
    Always,
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
            utf8: Utf8::default(),
            logins: Utf8Logins::default(),
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

    /// Sets whether messages may come with UTF-8 where others have ASCII.
    #[must_use]
    pub const fn utf8(mut self, utf8: Utf8) -> Self {
        self.utf8 = utf8;
        self
    }

    /// Sets whether USER, PASS and APOP may carry what is not ASCII.
    #[must_use]
    pub const fn utf8_logins(mut self, logins: Utf8Logins) -> Self {
        self.logins = logins;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
