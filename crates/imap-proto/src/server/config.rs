//! What a server session is told before it starts.

use std::time::Duration;

use mail_sasl::{Mechanism, TokenFailure};

use crate::{CommandLimits, Delimiter, Profile, Text};

/// What a server session is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) limits: Limits,
    pub(super) profile: Profile,
    pub(super) tls: Tls,
    pub(super) plaintext: PlaintextLogin,
    pub(super) mechanisms: Vec<Mechanism>,
    pub(super) token_failure: TokenFailure,
    pub(super) host: Option<String>,
    pub(super) delimiter: Option<Delimiter>,
    pub(super) greeting: Text<'static>,
    pub(super) name: Option<Text<'static>>,
}

/// When TLS comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tls {
    /// Never: there is none, or somebody below this session has done it and says so by
    /// [`PlaintextLogin::Allow`].
    #[default]
    Never,
    /// When the client says STARTTLS, RFC 9051 6.2.1.
    StartTls,
    /// Before the greeting (port 993, RFC 8314 3.2).
    Implicit,
}

/// Whether a password may cross the wire in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PlaintextLogin {
    /// LOGINDISABLED is told, and LOGIN and AUTHENTICATE with what shows a password or a token are
    /// refused until TLS is in place (RFC 9051 11.1).
    #[default]
    Refuse,
    /// It may.
    ///
    /// # Why you might
    /// Loopback, tests, and TLS that ends in a proxy.
    Allow,
}

impl Config {
    /// Starts with the defaults: no TLS, no password in the clear, `/` between the levels of
    /// mailbox names.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limits: Limits::default(),
            profile: Profile::default(),
            tls: Tls::Never,
            plaintext: PlaintextLogin::Refuse,
            mechanisms: Mechanism::PASSWORD.to_vec(),
            token_failure: TokenFailure::new(),
            host: None,
            delimiter: Delimiter::new(b'/'),
            greeting: Text::checked(&b"ready"[..]),
            name: None,
        }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
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

    /// Sets the mechanisms of AUTHENTICATE, told in this order as far as the connection can carry
    /// them: those that show a password or a token under TLS alone, those with channel binding where
    /// there is something to bind to. PLAIN and LOGIN unless told otherwise.
    ///
    /// Name those that the application can answer for: SCRAM needs keys
    /// ([`Event::Lookup`](super::Event::Lookup)), CRAM-MD5 the password itself.
    #[must_use]
    pub fn auth(mut self, mechanisms: &[Mechanism]) -> Self {
        self.mechanisms = mechanisms.to_vec();
        self
    }

    /// Sets what a client is told whose token is not good. RFC 7628 3.2.2.
    #[must_use]
    pub fn token_failure(mut self, failure: TokenFailure) -> Self {
        self.token_failure = failure;
        self
    }

    /// Sets the server's own host name, for the challenge of CRAM-MD5 (RFC 2195 2).
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = Some(name.into());
        self
    }

    /// Sets what separates the levels of mailbox names; `None` if there are no levels.
    #[must_use]
    pub const fn delimiter(mut self, delimiter: Option<Delimiter>) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Sets the text of the greeting, `* OK [CAPABILITY ...] text`.
    #[must_use]
    pub fn greeting(mut self, text: Text<'static>) -> Self {
        self.greeting = text;
        self
    }

    /// Sets the name that ID answers with (RFC 2971); without one the answer is NIL.
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

/// Every limit of a server session. Octets unless said otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// How long commands may be.
    pub command: CommandLimits,
    /// How long commands may be before login, when nothing in them is longer than a password.
    /// Default: lines of 16 KiB, 8 literals of 8 KiB, 32 KiB in all, 1 MiB thrown away.
    pub command_before_login: CommandLimits,
    /// Longest message that APPEND takes; told as APPENDLIMIT (RFC 7889). Default 50 MiB.
    pub append: u64,
    /// How much may wait to be sent before no new work is taken on. Default 64 KiB.
    pub output: usize,
    /// How many commands that are no commands are borne. Default 20.
    pub bad_commands: u32,
    /// How many failed logins end the session. Default 3.
    pub failed_logins: u32,
    /// How much news is kept, see [`News::new`](crate::view::News::new). Default 1000.
    pub news: usize,
    /// How many messages one [`Event::Fetch`](super::Event::Fetch) or
    /// [`Event::Store`](super::Event::Store) asks for. Default 100.
    pub slice: usize,
    /// The same where headers are wanted, which are larger. Default 16.
    pub slice_of_headers: usize,
    /// Lowest rate of the octets of an APPEND, per second. Default 64.
    pub append_rate: u32,
    /// How long a TLS handshake may take. Default one minute.
    pub handshake: Duration,
    /// How long the client may take to log in. Default three minutes.
    pub login: Duration,
    /// How long nothing may come from the client. RFC 9051 5.4: at least 30 minutes.
    /// Default 30 minutes.
    pub inactivity: Duration,
    /// How long a command may take from its first octet to its last. Default one minute.
    pub rest_of_command: Duration,
    /// How long the client may read nothing of what was sent. Default five minutes.
    pub reading: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command: CommandLimits::default(),
            command_before_login: CommandLimits {
                line: 16 * 1024,
                literal: 8 * 1024,
                frame: 32 * 1024,
                literals: 8,
                swallow: 1024 * 1024,
            },
            append: 50 * 1024 * 1024,
            output: 64 * 1024,
            bad_commands: 20,
            failed_logins: 3,
            news: 1000,
            slice: 100,
            slice_of_headers: 16,
            append_rate: 64,
            handshake: Duration::from_secs(60),
            login: Duration::from_secs(3 * 60),
            inactivity: Duration::from_secs(30 * 60),
            rest_of_command: Duration::from_secs(60),
            reading: Duration::from_secs(5 * 60),
        }
    }
}
