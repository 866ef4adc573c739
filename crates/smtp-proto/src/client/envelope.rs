//! What goes in front of a message.

use crate::{
    Attributes, BodyType, DeliverBy, EnvelopeId, ForwardPath, Hold, Mailbox, Notify,
    OriginalRecipient, Priority, Ret, ReversePath, Solicitation, Submitter, ValidSince,
};

/// From whom, to whom, and what is asked for and known of the message beforehand.
///
/// What is asked for belongs to an extension that the server may not offer. Each method says what
/// becomes of the message then: it is [not sent](super::NotSent), or sent without, which
/// [`Event::Dropped`](super::Event::Dropped) tells.
///
/// ```
/// use smtp_proto::{BodyType, EnvelopeId, Mailbox, Notify, Ret};
/// use smtp_proto::client::{Envelope, Recipient};
///
/// let bob = Recipient::from(Mailbox::parse("bob@example.net")?).notify(Notify::ON_FAILURE);
/// let envelope = Envelope::new(Mailbox::parse("alice@example.com")?)
///     .to(bob)
///     .to(Mailbox::parse("carol@example.net")?)
///     .size(1234)
///     .body(BodyType::EightBitMime)
///     .ret(Ret::Headers)
///     .envelope_id(EnvelopeId::new("QQ314159")?);
/// assert_eq!(envelope.recipients().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub(super) from: ReversePath,
    pub(super) to: Vec<Recipient>,
    pub(super) size: Option<u64>,
    pub(super) body: BodyType,
    pub(super) ret: Option<Ret>,
    pub(super) id: Option<EnvelopeId>,
    pub(super) submitter: Option<Submitter>,
    pub(super) utf8: bool,
    pub(super) require_tls: bool,
    pub(super) by: Option<DeliverBy>,
    pub(super) hold: Option<Hold>,
    pub(super) priority: Option<Priority>,
    pub(super) solicitation: Option<Solicitation>,
    pub(super) forwarded: Option<Attributes>,
}

/// Whom a message is for, and what is asked for on the way to them. Made from a [`Mailbox`] or a
/// [`ForwardPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub(super) path: ForwardPath,
    pub(super) notify: Option<Notify>,
    pub(super) original: Option<OriginalRecipient>,
    pub(super) since: Option<ValidSince>,
}

impl Envelope {
    /// Starts with a sender, or with [`ReversePath::Null`] for a bounce.
    #[must_use]
    pub fn new(from: impl Into<ReversePath>) -> Self {
        Self {
            from: from.into(),
            to: Vec::new(),
            size: None,
            body: BodyType::SevenBit,
            ret: None,
            id: None,
            submitter: None,
            utf8: false,
            require_tls: false,
            by: None,
            hold: None,
            priority: None,
            solicitation: None,
            forwarded: None,
        }
    }

    /// Adds a recipient. One whose address is not ASCII gets nothing where SMTPUTF8 is not offered
    /// (RFC 6531 3.2).
    #[must_use]
    pub fn to(mut self, recipient: impl Into<Recipient>) -> Self {
        self.to.push(recipient.into());
        self
    }

    /// Adds recipients.
    #[must_use]
    pub fn to_all(mut self, recipients: impl IntoIterator<Item = Recipient>) -> Self {
        self.to.extend(recipients);
        self
    }

    /// Says how large the message is, in octets, line ends as CRLF and without stuffing. A server
    /// that takes no message so large does not get it (RFC 1870 5). It may be an estimate.
    #[must_use]
    pub const fn size(mut self, octets: u64) -> Self {
        self.size = Some(octets);
        self
    }

    /// Says what the octets of the message are: whether some are 0x80 and above (RFC 6152), or
    /// whether they need not be lines (RFC 3030). Where the server does not take that, the message
    /// is not sent, but see [`EightBit`](super::EightBit).
    #[must_use]
    pub const fn body(mut self, body: BodyType) -> Self {
        self.body = body;
        self
    }

    /// Says how much of the message a report of its failure gives back. RFC 3461 4.3. Dropped where
    /// DSN is not offered.
    #[must_use]
    pub const fn ret(mut self, ret: Ret) -> Self {
        self.ret = Some(ret);
        self
    }

    /// Says what this sending of the message is called in reports. RFC 3461 4.4. Dropped where DSN
    /// is not offered.
    #[must_use]
    pub fn envelope_id(mut self, id: EnvelopeId) -> Self {
        self.id = Some(id);
        self
    }

    /// Says who submitted the message. RFC 4954 5. Dropped where AUTH is not offered.
    #[must_use]
    pub fn submitter(mut self, submitter: Submitter) -> Self {
        self.submitter = Some(submitter);
        self
    }

    /// Says that the header of the message is in UTF-8. RFC 6531 3.4. That an address is in UTF-8 is
    /// seen without. Not sent where SMTPUTF8 is not offered.
    #[must_use]
    pub const fn smtp_utf8(mut self) -> Self {
        self.utf8 = true;
        self
    }

    /// Asks that the message go nowhere without TLS to a host that has proved who it is. RFC 8689
    /// 4.2.1. Not sent where REQUIRETLS is not offered, and not without [`TlsPolicy::Required`] or
    /// [`TlsPolicy::Implicit`]. The layer has to check the certificate: the session cannot.
    ///
    /// [`TlsPolicy::Required`]: super::TlsPolicy::Required
    /// [`TlsPolicy::Implicit`]: super::TlsPolicy::Implicit
    #[must_use]
    pub const fn require_tls(mut self) -> Self {
        self.require_tls = true;
        self
    }

    /// Says by when to deliver; time that the message has waited is to be taken off before. RFC 2852
    /// 4. Where DELIVERBY is not offered, or not for so short a time, a message that would have to be
    /// returned is not sent; one of which the sender would only be told goes without.
    #[must_use]
    pub const fn deliver_by(mut self, by: DeliverBy) -> Self {
        self.by = Some(by);
        self
    }

    /// Says until when the server is to keep the message back. RFC 4865 5. Not sent where
    /// FUTURERELEASE is not offered, or not for so long: it would be too early.
    #[must_use]
    pub const fn hold(mut self, hold: Hold) -> Self {
        self.hold = Some(hold);
        self
    }

    /// Says how urgent the message is. RFC 6710 4. Dropped where MT-PRIORITY is not offered.
    #[must_use]
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Says what sort of solicitation the message is. RFC 3865 2. Not sent where that sort is not
    /// taken; dropped where NO-SOLICITING is not offered.
    #[must_use]
    pub fn solicitation(mut self, solicitation: Solicitation) -> Self {
        self.solicitation = Some(solicitation);
        self
    }

    /// Says by XFORWARD from which client the message came, for the server's log and filters. What
    /// the server does not offer to take is dropped.
    #[must_use]
    pub fn forwarded(mut self, client: Attributes) -> Self {
        self.forwarded = Some(client);
        self
    }

    /// Returns whom to tell if the message cannot be delivered.
    #[must_use]
    pub const fn reverse_path(&self) -> &ReversePath {
        &self.from
    }

    /// Returns the recipients. [`Event::Recipient`](super::Event::Recipient) counts in this order.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.to
    }

    /// Tells whether a parameter of DSN was asked for.
    pub(super) fn asks_for_dsn(&self) -> bool {
        self.ret.is_some() || self.id.is_some() || self.to.iter().any(Recipient::asks_for_dsn)
    }
}

impl Recipient {
    /// Starts with somebody of whom nothing is asked.
    #[must_use]
    pub fn new(path: impl Into<ForwardPath>) -> Self {
        Self { path: path.into(), notify: None, original: None, since: None }
    }

    /// Says of what the sender wants to be told. RFC 3461 4.1. Dropped where DSN is not offered.
    #[must_use]
    pub const fn notify(mut self, notify: Notify) -> Self {
        self.notify = Some(notify);
        self
    }

    /// Says for whom the message was meant when it was sent. RFC 3461 4.2. Dropped where DSN is not
    /// offered; an address in UTF-8 becomes ASCII where SMTPUTF8 is not used (RFC 6533 3).
    #[must_use]
    pub fn original(mut self, original: OriginalRecipient) -> Self {
        self.original = Some(original);
        self
    }

    /// Says since when the mailbox must have had the same owner. RFC 7293 3. Where RRVS is not
    /// offered, the recipient gets the message only if it
    /// [may continue](crate::WithoutSupport::Continue) without.
    #[must_use]
    pub const fn valid_since(mut self, since: ValidSince) -> Self {
        self.since = Some(since);
        self
    }

    /// Returns whom the message is for.
    #[must_use]
    pub const fn forward_path(&self) -> &ForwardPath {
        &self.path
    }

    fn asks_for_dsn(&self) -> bool {
        self.notify.is_some() || self.original.is_some()
    }
}

impl From<ForwardPath> for Recipient {
    fn from(path: ForwardPath) -> Self {
        Self::new(path)
    }
}

impl From<Mailbox> for Recipient {
    fn from(mailbox: Mailbox) -> Self {
        Self::new(mailbox)
    }
}
