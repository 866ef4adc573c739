//! What a server is and offers.

use std::{net::IpAddr, num::NonZeroU64};

use mail_sasl::{ChannelBindings, Mechanism, TokenFailure, server::offered};
use mail_wire::{BareNewline, proxy::Trusted};

use crate::{
    Capabilities, Domain, Extension, Extensions, HelloName, Offer, Profile, Words,
    limits::ServerLimits,
};

use super::proxied::{XCLIENT, XFORWARD};

/// What a server is and offers. One serves any number of sessions, behind an `Arc`.
///
/// | | [`mx`](Self::mx) | [`submission`](Self::submission) | [`submissions`](Self::submissions) |
/// |---|---|---|---|
/// | port | 25 | 587 | 465 |
/// | for | any host | the own users | the own users |
/// | TLS | offered | STARTTLS, or 530 5.7.0 | before the greeting |
/// | AUTH | none | needed for MAIL, or 530 5.7.0 | the same |
/// | passwords in the clear | | never | never |
/// | ETRN | where offered | never (RFC 6409 7) | never |
/// | whom mail may be for, whose sender it may have | the application's | the same | the same |
///
/// What RFC 6409 8 lets a submission server put right in a message (a missing `Date` or `Message-ID`,
/// names that are not fully qualified) is the application's to do, or to refuse: sessions hand
/// messages on as they came.
///
/// ```
/// use mail_sasl::Mechanism;
/// use smtp_proto::{Domain, server::Config};
///
/// let host = Domain::parse("mail.example.com")?;
/// let port_25 = Config::mx(&host);
/// // The application keeps SCRAM keys and no passwords.
/// let port_587 = Config::submission(&host).auth(&Mechanism::SCRAM);
/// let port_465 = Config::submissions(&host);
/// # let _ = (port_25, port_587, port_465);
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) host: HelloName,
    pub(super) protocol: Protocol,
    pub(super) tls: TlsUse,
    pub(super) mechanisms: Vec<Mechanism>,
    pub(super) token_failure: TokenFailure,
    pub(super) auth_required: bool,
    pub(super) auth_in_clear: bool,
    pub(super) bare_newline: BareNewline,
    pub(super) profile: Profile,
    pub(super) limits: ServerLimits,
    /// What is on, whether or not it is offered to everybody.
    pub(super) extensions: Extensions,
    /// What is offered, beside what follows from the rest.
    offers: Vec<Offer>,
    xclient: Option<Trusted>,
    xforward: Option<Trusted>,
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

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Smtp,
    /// RFC 6409.
    Submission,
    /// RFC 2033.
    Lmtp,
}

impl Config {
    /// Starts with a server of this name that has neither TLS nor AUTH.
    #[must_use]
    pub fn new(host: &Domain) -> Self {
        Self {
            host: host.into(),
            protocol: Protocol::Smtp,
            tls: TlsUse::default(),
            mechanisms: Vec::new(),
            token_failure: TokenFailure::new(),
            auth_required: false,
            auth_in_clear: false,
            bare_newline: BareNewline::default(),
            profile: Profile::default(),
            limits: ServerLimits::default(),
            extensions: BY_DEFAULT.iter().filter_map(Offer::extension).collect(),
            offers: BY_DEFAULT.to_vec(),
            xclient: None,
            xforward: None,
        }
    }

    /// Starts with a server that takes mail from any host for the domains that it serves: STARTTLS
    /// is offered (RFC 3207), so there has to be a layer that can do it, and nobody authenticates.
    /// RFC 5321.
    #[must_use]
    pub fn mx(host: &Domain) -> Self {
        Self::new(host).tls(TlsUse::Offered)
    }

    /// Starts with a server that takes mail from its own users for everybody (RFC 6409): STARTTLS
    /// first, then AUTH with PLAIN and LOGIN unless [others](Self::auth) are named, then mail; 530
    /// 5.7.0 answers whoever skips a step.
    #[must_use]
    pub fn submission(host: &Domain) -> Self {
        let server = Self::new(host).tls(TlsUse::Required).auth(&Mechanism::PASSWORD);
        Self { protocol: Protocol::Submission, ..server.require_auth() }
    }

    /// The same over implicit TLS, as on port 465. RFC 8314 3.3 prefers it.
    #[must_use]
    pub fn submissions(host: &Domain) -> Self {
        Self::submission(host).tls(TlsUse::Implicit)
    }

    /// Speaks LMTP (RFC 2033): LHLO instead of EHLO and HELO, and at the end of a message a reply
    /// for each recipient. Not for port 25.
    #[must_use]
    pub const fn lmtp(mut self) -> Self {
        self.protocol = Protocol::Lmtp;
        self
    }

    /// Sets how TLS is used.
    #[must_use]
    pub const fn tls(mut self, tls: TlsUse) -> Self {
        self.tls = tls;
        self
    }

    /// Offers AUTH with these mechanisms, in this order, as far as the connection can carry them:
    /// those that show a password or a token under TLS alone, those with channel binding where
    /// there is something to bind to. RFC 4954.
    ///
    /// Name those that the application can answer for: SCRAM needs keys
    /// ([`Event::AuthLookup`](super::Event::AuthLookup)), CRAM-MD5 the password itself.
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

    /// Offers an extension, in place of an offer of the same extension.
    ///
    /// PIPELINING, SIZE, 8BITMIME, CHUNKING and ENHANCEDSTATUSCODES are on unless they are
    /// [withdrawn](Self::without), since the session does for them all that is to be done. Of the
    /// others it reads the parameters, refuses what is out of range or does not go together, and
    /// leaves the rest to the application: offer only what it honours.
    ///
    /// What the session settles by itself is not taken from here: SIZE says
    /// [`ServerLimits::message`], STARTTLS and AUTH follow from [`tls`](Self::tls) and
    /// [`auth`](Self::auth), REQUIRETLS is offered under TLS alone (RFC 8689 2), BINARYMIME beside
    /// CHUNKING alone (RFC 3030 3), SMTPUTF8 beside 8BITMIME alone (RFC 6531 3.1), XCLIENT and XFORWARD go by [`xclient`](Self::xclient) and
    /// [`xforward`](Self::xforward), ETRN is not for [submission](Self::submission) (RFC 6409 7), and
    /// BURL is not carried out.
    #[must_use]
    pub fn offer(mut self, offer: Offer) -> Self {
        let Some(extension) = offer.extension() else {
            self.offers.push(offer);
            return self;
        };
        let is_settled = matches!(
            extension,
            Extension::StartTls
                | Extension::Auth
                | Extension::Burl
                | Extension::Xclient
                | Extension::Xforward
        );
        let is_foreign = extension == Extension::Etrn && self.protocol == Protocol::Submission;
        if is_settled || is_foreign {
            return self;
        }
        match self.offers.iter_mut().find(|one| one.extension() == Some(extension)) {
            Some(same) => *same = offer,
            None => self.offers.push(offer),
        }
        self.extensions = self.extensions.with(extension);
        self
    }

    /// Does not offer this extension, and refuses what belongs to it. Without ENHANCEDSTATUSCODES no
    /// reply carries such a code, whatever the application says.
    #[must_use]
    pub fn without(mut self, extension: Extension) -> Self {
        self.offers.retain(|offer| offer.extension() != Some(extension));
        self.extensions = self.extensions.without(Extensions::NONE.with(extension));
        self
    }

    /// Lets these say on whose behalf they speak: XCLIENT. Nobody is trusted unless
    /// [`Server::peer`](super::Server::peer) says who the client is.
    #[must_use]
    pub fn xclient(mut self, trusted: Trusted) -> Self {
        self.xclient = Some(trusted);
        self
    }

    /// Lets these say where a message came from: XFORWARD. Nobody is trusted unless
    /// [`Server::peer`](super::Server::peer) says who the client is.
    #[must_use]
    pub fn xforward(mut self, trusted: Trusted) -> Self {
        self.xforward = Some(trusted);
        self
    }

    /// Tells whether this client is heard; none if nobody is.
    pub(super) fn trusts_xclient(&self, peer: Option<IpAddr>) -> Option<bool> {
        self.xclient.as_ref().map(|trusted| peer.is_some_and(|peer| trusted.has(peer)))
    }

    /// Tells whether this client is heard; none if nobody is.
    pub(super) fn trusts_xforward(&self, peer: Option<IpAddr>) -> Option<bool> {
        self.xforward.as_ref().map(|trusted| peer.is_some_and(|peer| trusted.has(peer)))
    }

    pub(super) const fn is_lmtp(&self) -> bool {
        matches!(self.protocol, Protocol::Lmtp)
    }

    /// Returns the mechanisms that may be used now.
    pub(super) fn offered(&self, under_tls: bool, bindings: &ChannelBindings) -> Vec<Mechanism> {
        // RFC 3207 4: AUTH would be answered by 530.
        if !under_tls && matches!(self.tls, TlsUse::Required) {
            return Vec::new();
        }
        // RFC 4954 4: plaintext mechanisms only under TLS, and not offered else.
        let is_protected = under_tls || self.auth_in_clear;
        offered(&self.mechanisms, is_protected, !bindings.is_empty()).collect()
    }

    pub(super) fn capabilities(
        &self,
        under_tls: bool,
        bindings: &ChannelBindings,
        peer: Option<IpAddr>,
    ) -> Capabilities {
        let start_tls = !under_tls && matches!(self.tls, TlsUse::Offered | TlsUse::Required);
        let mechanisms = self.offered(under_tls, bindings);
        let auth = (!mechanisms.is_empty()).then(|| Offer::Auth(Words::mechanisms(&mechanisms)));
        let words = |names: &[&str]| Words::new(names).ok();
        let xclient = self.trusts_xclient(peer).unwrap_or_default();
        let xforward = self.trusts_xforward(peer).unwrap_or_default();
        self.offers
            .iter()
            .filter(|offer| match offer.extension() {
                Some(Extension::RequireTls) => under_tls,
                Some(Extension::BinaryMime) => self.extensions.has(Extension::Chunking),
                // RFC 6531 3.1: "servers offering this extension MUST provide support for, and
                // announce, the 8BITMIME extension".
                Some(Extension::SmtpUtf8) => self.extensions.has(Extension::EightBitMime),
                Some(_) | None => true,
            })
            .map(|offer| match matches!(offer, Offer::Size(_)) {
                true => Offer::Size(NonZeroU64::new(self.limits.message)),
                false => offer.clone(),
            })
            .chain(start_tls.then_some(Offer::StartTls))
            .chain(auth)
            .chain(words(&XCLIENT).filter(|_| xclient).map(Offer::Xclient))
            .chain(words(&XFORWARD).filter(|_| xforward).map(Offer::Xforward))
            .fold(Capabilities::new(), Capabilities::with)
    }
}

/// What the session does alone all that is to be done for.
const BY_DEFAULT: [Offer; 5] = [
    Offer::Pipelining,
    Offer::Size(None),
    Offer::EightBitMime,
    Offer::Chunking,
    Offer::EnhancedStatusCodes,
];
