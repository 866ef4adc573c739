//! How a client goes about its conversation.

use mail_sasl::{Mechanism, client::Identity};
use mail_wire::BareNewline;

use crate::{Attributes, Domain, Profile, limits::ClientLimits};

/// How a client goes about its conversation.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::Credentials;
/// use smtp_proto::{Domain, client::{Config, TlsPolicy}};
///
/// let submission = Config::new(Domain::parse("laptop.example.com")?)
///     .tls(TlsPolicy::Required)
///     .auth(Credentials::new("alice", Secret::from("wonderland"))?);
/// # let _ = submission;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) name: Domain,
    pub(super) lmtp: bool,
    pub(super) tls: TlsPolicy,
    pub(super) start_tls_was_offered: bool,
    pub(super) client: Option<Attributes>,
    pub(super) identity: Option<Identity>,
    pub(super) mechanism: Option<Mechanism>,
    pub(super) auth_in_clear: bool,
    pub(super) eight_bit: EightBit,
    pub(super) chunking: Chunking,
    pub(super) bare_newline: BareNewline,
    pub(super) profile: Profile,
    pub(super) limits: ClientLimits,
}

/// How a client uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TlsPolicy {
    /// Not at all.
    Never,
    /// By STARTTLS if the server offers it (RFC 7435). Who can stand in the middle can take the
    /// offer away.
    #[default]
    Opportunistic,
    /// By STARTTLS, or not a word about the message is said.
    Required,
    /// Before the greeting, as on port 465. RFC 8314 3.3.
    Implicit,
}

/// What to do with a message that has octets of 0x80 and above, where the server does not offer
/// 8BITMIME.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EightBit {
    /// It is not sent. RFC 6152 3.
    #[default]
    Refuse,
    /// It is sent as it is, and [`Event::Dropped`](super::Event::Dropped)
    /// says so.
    ///
    /// # Why you might
    /// Nearly every server takes it, and re-encoding a message breaks its signatures.
    SendAnyway,
}

/// Which messages go by BDAT where the server offers CHUNKING. RFC 3030.
///
/// BDAT says beforehand how much there is: nothing that stands in a message can be taken for its
/// end, and one that breaks off does not cost the connection. It goes out as it is given; only a last
/// line without CRLF gets one, as with DATA, unless the message is binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Chunking {
    /// All.
    #[default]
    Offered,
    /// Those of [`BodyType::BinaryMime`](crate::BodyType::BinaryMime) only, which have no other way.
    BinaryOnly,
    /// None.
    ///
    /// # Why you might
    /// Something in the middle knows DATA only.
    Never,
}

impl Config {
    /// Starts with a client that calls itself so in EHLO: its host name or, without one, its
    /// address literal (RFC 5321 4.1.4).
    #[must_use]
    pub fn new(name: Domain) -> Self {
        Self {
            name,
            lmtp: false,
            tls: TlsPolicy::default(),
            start_tls_was_offered: false,
            client: None,
            identity: None,
            mechanism: None,
            auth_in_clear: false,
            eight_bit: EightBit::default(),
            chunking: Chunking::default(),
            bare_newline: BareNewline::default(),
            profile: Profile::default(),
            limits: ClientLimits::default(),
        }
    }

    /// Speaks LMTP: LHLO, and behind each message one reply for each of its recipients. RFC 2033.
    #[must_use]
    pub const fn lmtp(mut self) -> Self {
        self.lmtp = true;
        self
    }

    /// Sets how TLS is used.
    #[must_use]
    pub const fn tls(mut self, tls: TlsPolicy) -> Self {
        self.tls = tls;
        self
    }

    /// Says that this server offered STARTTLS before. If it does not now, somebody in the middle may
    /// have taken it away: [`Error::StartTlsHidden`](super::Error::StartTlsHidden) with
    /// [`TlsPolicy::Required`], [`Event::StartTlsHidden`](super::Event::StartTlsHidden) with
    /// [`TlsPolicy::Opportunistic`]. RFC 3207 6.
    #[must_use]
    pub const fn start_tls_was_offered(mut self) -> Self {
        self.start_tls_was_offered = true;
        self
    }

    /// Speaks for another client, by XCLIENT: the server takes the conversation for one with that
    /// client. Where it does not offer that, or not all attributes, there is no conversation.
    #[must_use]
    pub fn client(mut self, client: Attributes) -> Self {
        self.client = Some(client);
        self
    }

    /// Authenticates before anything is sent, by the strongest mechanism that both ends know and
    /// the connection can carry: bound to TLS where that can be had. A server that does not let it
    /// in gets no message. Takes [`Credentials`](mail_sasl::Credentials), a
    /// [`BearerToken`](mail_sasl::BearerToken), or an [`Identity`].
    #[must_use]
    pub fn auth(mut self, identity: impl Into<Identity>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Authenticates by this mechanism and no other.
    #[must_use]
    pub const fn mechanism(mut self, mechanism: Mechanism) -> Self {
        self.mechanism = Some(mechanism);
        self
    }

    /// Lets the password be sent in the clear.
    ///
    /// # Why you might
    /// The connection never leaves the machine, or runs through a tunnel of its own.
    #[must_use]
    pub const fn allow_auth_in_clear(mut self) -> Self {
        self.auth_in_clear = true;
        self
    }

    /// Sets what to do with 8-bit messages that the server does not ask for.
    #[must_use]
    pub const fn eight_bit(mut self, policy: EightBit) -> Self {
        self.eight_bit = policy;
        self
    }

    /// Sets which messages go by BDAT.
    #[must_use]
    pub const fn chunking(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }

    /// Sets what becomes of a CR or LF in a message that stands alone. Neither is ever sent: the
    /// message is rejected, or each becomes CRLF.
    #[must_use]
    pub const fn bare_newline(mut self, policy: BareNewline) -> Self {
        self.bare_newline = policy;
        self
    }

    /// Sets which deviations in replies are tolerated.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: ClientLimits) -> Self {
        self.limits = limits;
        self
    }
}
