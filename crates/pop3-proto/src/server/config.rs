//! What a server's session is told before it starts.

use mail_sasl::{Mechanism, TokenFailure};
use mail_wire::BareNewline;

use crate::{LanguageTag, Profile, ServerLimits, Text, Timestamp};

use super::{Language, Policy};

/// What a server's session is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) limits: ServerLimits,
    pub(super) profile: Profile,
    pub(super) tls: Tls,
    pub(super) plaintext: PlaintextLogin,
    pub(super) mechanisms: Vec<Mechanism>,
    pub(super) token_failure: TokenFailure,
    pub(super) host: Option<String>,
    pub(super) bodies: BareNewline,
    pub(super) sizes: Sizes,
    pub(super) greeting: Text<'static>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) name: Option<Text<'static>>,
    pub(super) policy: Policy,
    pub(super) policy_per_user: bool,
    pub(super) utf8: Utf8,
    pub(super) languages: Vec<Language>,
    pub(super) preferred: Option<LanguageTag<'static>>,
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
    /// USER is neither offered nor taken until TLS is in place, nor AUTH with what shows a password
    /// or a token. RFC 2595 4.
    #[default]
    Refuse,
    /// It may.
    ///
    /// # Why you might
    /// Loopback, tests, and TLS that ends in a proxy.
    Allow,
}

/// Whether UTF-8 is offered. RFC 6856 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Utf8 {
    /// No: UTF8 is refused, and messages are sent as they are stored.
    #[default]
    NotOffered,
    /// The client may ask for messages with UTF-8 in their headers;
    /// [`Server::is_utf8`](super::Server::is_utf8) says whether it did. To a client that did not the
    /// application sends such a message downgraded, or refuses it with
    /// [`ResponseCode::Utf8`](crate::ResponseCode::Utf8).
    Offered,
    /// Names and passwords may be in UTF-8, too.
    OfferedWithNames,
}

/// What the sizes in a [`Maildrop`](crate::Maildrop) are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sizes {
    /// A message must have the octets that were announced: as they were given, or as they are sent,
    /// which is more where a bare CR or LF becomes CRLF and where the last line has no end. One of
    /// another length is a torn one, and never looks whole: it is refused if nothing of it was sent,
    /// and cuts the connection otherwise. RFC 1939 5 has LIST tell the exact size; RFC 6856 2.1 would
    /// have it match what RETR sends.
    #[default]
    Exact,
    /// They are about right, and the application alone knows what is whole.
    ///
    /// # Why you might
    /// Messages that are made or changed while they are sent, such as those that are downgraded for
    /// clients without UTF8 (RFC 6858).
    Estimated,
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
            mechanisms: Vec::new(),
            token_failure: TokenFailure::new(),
            host: None,
            bodies: BareNewline::Normalize,
            sizes: Sizes::default(),
            greeting: Text::fixed("POP3 server ready"),
            timestamp: None,
            name: None,
            policy: Policy::new(),
            policy_per_user: false,
            utf8: Utf8::default(),
            languages: Vec::new(),
            preferred: None,
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

    /// Offers AUTH with these mechanisms, in this order, as far as the connection can carry them:
    /// those that show a password or a token under TLS alone, those with channel binding where
    /// there is something to bind to. None unless told otherwise. RFC 5034.
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

    /// Sets what becomes of a bare CR or LF in a message that is sent. By default each becomes
    /// CRLF: maildrops hold such messages, and their owner wants them.
    /// [`BareNewline::Reject`] cuts the connection.
    #[must_use]
    pub const fn bare_newlines(mut self, bodies: BareNewline) -> Self {
        self.bodies = bodies;
        self
    }

    /// Sets what the sizes in a maildrop are held against.
    #[must_use]
    pub const fn sizes(mut self, sizes: Sizes) -> Self {
        self.sizes = sizes;
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

    /// Sets how often users may come and how long messages are kept, which CAPA tells: LOGIN-DELAY and
    /// EXPIRE. RFC 2449 6.5 and 6.7.
    #[must_use]
    pub const fn policy(mut self, policy: Policy) -> Self {
        (self.policy, self.policy_per_user) = (policy, false);
        self
    }

    /// The same where it differs from user to user: give the longest delay and the shortest time that
    /// messages are kept, and each user's own by [`Server::set_policy`](super::Server::set_policy).
    #[must_use]
    pub const fn policy_per_user(mut self, strictest: Policy) -> Self {
        (self.policy, self.policy_per_user) = (strictest, true);
        self
    }

    /// Sets whether UTF-8 is offered. RFC 6856 2.
    #[must_use]
    pub const fn utf8(mut self, utf8: Utf8) -> Self {
        self.utf8 = utf8;
        self
    }

    /// Offers LANG with this language, and with those that were added before. English is spoken until the client asks for another. RFC 6856 3.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.languages.push(language);
        self
    }

    /// Sets which of the languages `LANG *` means; the first, unless told otherwise. RFC 6856 3.
    #[must_use]
    pub fn preferred_language(mut self, tag: LanguageTag<'static>) -> Self {
        self.preferred = Some(tag);
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
