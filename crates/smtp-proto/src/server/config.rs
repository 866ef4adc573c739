//! What a server is and offers.

use std::num::NonZeroU64;

use mail_sasl::Mechanism;
use mail_wire::BareNewline;

use crate::{
    Capabilities, Domain, HelloName, Offer, Profile, RawOffer, Words, limits::ServerLimits,
};

/// What a server is and offers. One serves any number of sessions, behind an `Arc`.
///
/// ```
/// use smtp_proto::{Domain, server::{Config, TlsUse}};
///
/// // Submission, RFC 6409: TLS first, then AUTH, then mail.
/// let submission = Config::new(&Domain::parse("mail.example.com")?)
///     .tls(TlsUse::Required)
///     .auth(&mail_sasl::Mechanism::BY_STRENGTH)
///     .require_auth();
/// # let _ = submission;
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) host: HelloName,
    pub(super) tls: TlsUse,
    pub(super) mechanisms: Vec<Mechanism>,
    pub(super) auth_required: bool,
    pub(super) auth_in_clear: bool,
    pub(super) bare_newline: BareNewline,
    pub(super) profile: Profile,
    pub(super) limits: ServerLimits,
    pub(super) extra: Vec<RawOffer>,
}

/// How a server uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TlsUse {
    /// There is none.
    #[default]
    Unavailable,
    /// STARTTLS is offered.
    Offered,
    /// STARTTLS is offered, and without it 530 answers everything but EHLO, NOOP and QUIT (RFC
    /// 3207 4). Not for a server that takes mail from the Internet.
    Required,
    /// TLS comes before the greeting, as on port 465. RFC 8314 3.3.
    Implicit,
}

impl Config {
    /// Starts with a server of this name that has neither TLS nor AUTH.
    #[must_use]
    pub fn new(host: &Domain) -> Self {
        Self {
            host: host.into(),
            tls: TlsUse::default(),
            mechanisms: Vec::new(),
            auth_required: false,
            auth_in_clear: false,
            bare_newline: BareNewline::default(),
            profile: Profile::default(),
            limits: ServerLimits::default(),
            extra: Vec::new(),
        }
    }

    /// Sets how TLS is used.
    #[must_use]
    pub const fn tls(mut self, tls: TlsUse) -> Self {
        self.tls = tls;
        self
    }

    /// Offers AUTH with these mechanisms, in this order. RFC 4954.
    #[must_use]
    pub fn auth(mut self, mechanisms: &[Mechanism]) -> Self {
        self.mechanisms = mechanisms.to_vec();
        self
    }

    /// Takes no mail without AUTH: 530 answers MAIL and VRFY (RFC 4954 6).
    #[must_use]
    pub const fn require_auth(mut self) -> Self {
        self.auth_required = true;
        self
    }

    /// Lets passwords be sent in the clear.
    ///
    /// # Why you might
    /// TLS ends in front of this program, or the connection never leaves the machine.
    #[must_use]
    pub const fn allow_auth_in_clear(mut self) -> Self {
        self.auth_in_clear = true;
        self
    }

    /// Sets what becomes of a CR or LF that stands alone. Rejected unless told otherwise.
    #[must_use]
    pub const fn bare_newline(mut self, policy: BareNewline) -> Self {
        self.bare_newline = policy;
        self
    }

    /// Sets which deviations from the grammar are tolerated.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: ServerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Offers an extension that is carried out elsewhere.
    #[must_use]
    pub fn offer(mut self, extension: RawOffer) -> Self {
        self.extra.push(extension);
        self
    }

    /// Tells whether this mechanism may be used now.
    pub(super) fn allows(&self, mechanism: Mechanism, under_tls: bool) -> bool {
        // RFC 4954 4: plaintext mechanisms only under TLS, and not offered else.
        under_tls || self.auth_in_clear || !mechanism.is_plaintext()
    }

    pub(super) fn capabilities(&self, under_tls: bool) -> Capabilities {
        let mut all = Capabilities::new()
            .with(Offer::Pipelining)
            .with(Offer::Size(NonZeroU64::new(self.limits.message)))
            .with(Offer::EightBitMime)
            .with(Offer::EnhancedStatusCodes);
        if !under_tls && matches!(self.tls, TlsUse::Offered | TlsUse::Required) {
            all = all.with(Offer::StartTls);
        }
        let mechanisms = self.mechanisms.iter().copied();
        let mechanisms: Vec<_> = mechanisms.filter(|one| self.allows(*one, under_tls)).collect();
        if !mechanisms.is_empty() {
            all = all.with(Offer::Auth(Words::mechanisms(&mechanisms)));
        }
        self.extra.iter().cloned().fold(all, |all, extra| all.with(Offer::Other(extra)))
    }
}
