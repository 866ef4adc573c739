//! What goes in front of a message.

use crate::{BodyType, ForwardPath, ReversePath};

/// From whom, to whom, and what is known of the message beforehand.
///
/// ```
/// use smtp_proto::{BodyType, Mailbox, client::Envelope};
///
/// let envelope = Envelope::new(Mailbox::parse("alice@example.com")?)
///     .to(Mailbox::parse("bob@example.net")?)
///     .size(1234)
///     .body(BodyType::EightBitMime);
/// assert_eq!(envelope.recipients().len(), 1);
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub(super) from: ReversePath,
    pub(super) to: Vec<ForwardPath>,
    pub(super) size: Option<u64>,
    pub(super) body: BodyType,
}

impl Envelope {
    /// Starts with a sender, or with [`ReversePath::Null`] for a bounce.
    #[must_use]
    pub fn new(from: impl Into<ReversePath>) -> Self {
        Self { from: from.into(), to: Vec::new(), size: None, body: BodyType::SevenBit }
    }

    /// Adds a recipient.
    #[must_use]
    pub fn to(mut self, recipient: impl Into<ForwardPath>) -> Self {
        self.to.push(recipient.into());
        self
    }

    /// Adds recipients.
    #[must_use]
    pub fn to_all(mut self, recipients: impl IntoIterator<Item = ForwardPath>) -> Self {
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

    /// Says whether the message has octets of 0x80 and above. RFC 6152.
    #[must_use]
    pub const fn body(mut self, body: BodyType) -> Self {
        self.body = body;
        self
    }

    /// Returns whom to tell if the message cannot be delivered.
    #[must_use]
    pub const fn reverse_path(&self) -> &ReversePath {
        &self.from
    }

    /// Returns the recipients. [`Event::Recipient`](super::Event::Recipient) counts in this order.
    #[must_use]
    pub fn recipients(&self) -> &[ForwardPath] {
        &self.to
    }
}
