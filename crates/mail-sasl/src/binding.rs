//! What ties an exchange to the TLS below it (RFC 5056).

use mail_errors::Secret;
use subtle::ConstantTimeEq;

/// A kind of channel binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindingType {
    /// Keying material of the connection itself. RFC 9266; the only one for TLS 1.3 that nobody
    /// who holds the server's certificate can share.
    TlsExporter,
    /// The hash of the server's certificate. RFC 5929 section 4; it survives a TLS that ends in
    /// front of the server.
    TlsServerEndPoint,
}

impl BindingType {
    /// Both, the better one first.
    pub const ALL: [Self; 2] = [Self::TlsExporter, Self::TlsServerEndPoint];

    /// Returns the registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }

    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().as_bytes() == name)
    }
}

/// What is known of the TLS below, to which the -PLUS mechanisms bind an exchange. Without TLS it
/// is empty, and so it must be when somebody else does the TLS.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::{BindingType, ChannelBindings};
///
/// let bindings = ChannelBindings::new().exporter(Some(Secret::new([7; 32])));
/// assert_eq!(bindings.best(), Some(BindingType::TlsExporter));
/// assert_eq!(ChannelBindings::new().best(), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ChannelBindings {
    exporter: Option<Secret>,
    end_point: Option<Secret>,
}

impl ChannelBindings {
    /// Starts with nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { exporter: None, end_point: None }
    }

    /// Adds the `tls-exporter` binding: 32 octets, exported with the label
    /// `EXPORTER-Channel-Binding` (RFC 9266 section 2). Not under TLS 1.2 without extended master
    /// secret.
    #[must_use]
    pub fn exporter(mut self, binding: Option<Secret>) -> Self {
        self.exporter = binding;
        self
    }

    /// Adds the `tls-server-end-point` binding: the hash of the server's certificate (RFC 5929
    /// section 4.1).
    #[must_use]
    pub fn end_point(mut self, hash: Option<Secret>) -> Self {
        self.end_point = hash;
        self
    }

    /// Returns the best kind there is.
    #[must_use]
    pub fn best(&self) -> Option<BindingType> {
        BindingType::ALL.into_iter().find(|&kind| self.data(kind).is_some())
    }

    /// Tells whether there is nothing to bind to.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.best().is_none()
    }

    pub(crate) const fn data(&self, kind: BindingType) -> Option<&Secret> {
        match kind {
            BindingType::TlsExporter => self.exporter.as_ref(),
            BindingType::TlsServerEndPoint => self.end_point.as_ref(),
        }
    }
}

/// Tells whether two are the same, in the same time wherever they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
