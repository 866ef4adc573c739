//! What a client session is told before it starts.

use std::time::Duration;

use crate::{Profile, ResponseLimits};

/// What a client session is told before it starts.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(super) limits: Limits,
    pub(super) tls: Tls,
    pub(super) plaintext: PlaintextLogin,
    pub(super) profile: Profile,
}

/// When TLS comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tls {
    /// Never: there is none, or somebody below this session has done it and says so by
    /// [`PlaintextLogin::Allow`].
    Never,
    /// By STARTTLS if the server offers it. Somebody on the way can take the offer out, so this
    /// protects from listeners alone.
    Opportunistic,
    /// By STARTTLS, or not at all: a server that does not offer or refuses it, or greets with
    /// PREAUTH, ends the session (RFC 9051 sections 6.2.1 and 11.1, RFC 8314 section 4.4).
    #[default]
    Required,
    /// Before the greeting (port 993, RFC 8314 section 3.2).
    Implicit,
}

/// Whether a password may cross the wire in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PlaintextLogin {
    /// A login without TLS is not sent. RFC 9051 section 11.1.
    #[default]
    Refuse,
    /// It may.
    ///
    /// # Why you might
    /// Loopback, tests, and TLS that ends below this session.
    Allow,
}

/// Every limit of a client session. Octets unless said otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// How long responses may be.
    pub response: ResponseLimits,
    /// How many untagged responses that are no responses are borne. Default 100.
    pub malformed: u32,
    /// How many commands may wait to be sent. Default 1000.
    pub queue: usize,
    /// How much is sent ahead of the server's answers. RFC 2920 section 3.1 gives the reason: a
    /// blocking driver does not read while it writes. Default 4 KiB.
    pub group: usize,
    /// How much may wait to be sent before no new work is taken on. Default 64 KiB.
    pub output: usize,
    /// Lowest rate of the octets of a message that comes, per second. Default 64.
    pub body_rate: u32,
    /// How long a TLS handshake may take. Default one minute.
    pub handshake: Duration,
    /// How long the server may take to greet. Default one minute.
    pub greeting: Duration,
    /// How long the server may say nothing while a command is under way. It starts anew with each
    /// response: a SEARCH in a large mailbox takes its time. Default five minutes.
    pub answer: Duration,
    /// How long a response may take from its first octet to its last, and the window in which
    /// [`body_rate`](Self::body_rate) is measured. Default one minute.
    pub rest_of_response: Duration,
    /// How long the server may read nothing of what was sent. Default five minutes.
    pub reading: Duration,
    /// After what time IDLE is ended and begun again, so that the server does not take the client
    /// for gone. RFC 2177 section 3: at least every 29 minutes. Default 28 minutes.
    pub idle: Duration,
}

impl Config {
    /// Starts with the defaults: TLS is required, by STARTTLS.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets when TLS comes in.
    #[must_use]
    pub const fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Sets what is tolerated of the server.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets whether a password may cross the wire in the clear.
    #[must_use]
    pub const fn plaintext_login(mut self, plaintext: PlaintextLogin) -> Self {
        self.plaintext = plaintext;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            response: ResponseLimits::default(),
            malformed: 100,
            queue: 1000,
            group: 4 * 1024,
            output: 64 * 1024,
            body_rate: 64,
            handshake: Duration::from_secs(60),
            greeting: Duration::from_secs(60),
            answer: Duration::from_secs(5 * 60),
            rest_of_response: Duration::from_secs(60),
            reading: Duration::from_secs(5 * 60),
            idle: Duration::from_secs(28 * 60),
        }
    }
}
