//! What a session is told about the TLS under it.

use bytes::Bytes;
use mail_errors::Secret;

/// The version of TLS that was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

impl TlsVersion {
    /// Returns the name as it stands in `Received` header fields and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }
}

/// What a session is told about the TLS under it: for policy, logs, and SASL's channel binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    version: TlsVersion,
    cipher: Box<str>,
    server_name: Option<Box<str>>,
    alpn: Option<Bytes>,
    peer_certificates: Vec<Bytes>,
    exporter: Option<Secret>,
    end_point: Option<Bytes>,
}

impl TlsInfo {
    /// Starts with version and cipher suite (by its IANA name), and nothing else known.
    #[must_use]
    pub fn new(version: TlsVersion, cipher: &str) -> Self {
        Self {
            version,
            cipher: cipher.into(),
            server_name: None,
            alpn: None,
            peer_certificates: Vec::new(),
            exporter: None,
            end_point: None,
        }
    }

    /// Adds the name the client asked for (SNI, RFC 6066 §3).
    #[must_use]
    pub fn with_server_name(mut self, name: Option<&str>) -> Self {
        self.server_name = name.map(Into::into);
        self
    }

    /// Adds the application protocol (RFC 7301).
    #[must_use]
    pub fn with_alpn(mut self, protocol: Option<&[u8]>) -> Self {
        self.alpn = protocol.map(Bytes::copy_from_slice);
        self
    }

    /// Adds the peer's certificates in DER, its own first.
    #[must_use]
    pub fn with_peer_certificates(mut self, certificates: Vec<Bytes>) -> Self {
        self.peer_certificates = certificates;
        self
    }

    /// Adds the `tls-exporter` channel binding (RFC 9266). Leave it out under TLS 1.2 without
    /// extended master secret.
    #[must_use]
    pub fn with_exporter(mut self, binding: Option<Secret>) -> Self {
        self.exporter = binding;
        self
    }

    /// Adds the `tls-server-end-point` channel binding (RFC 5929 §4): the hash of the certificate
    /// that the server served.
    #[must_use]
    pub fn with_end_point(mut self, hash: Option<Bytes>) -> Self {
        self.end_point = hash;
        self
    }

    /// Returns the version.
    #[must_use]
    pub const fn version(&self) -> TlsVersion {
        self.version
    }

    /// Returns the cipher suite's IANA name.
    #[must_use]
    pub fn cipher(&self) -> &str {
        &self.cipher
    }

    /// Returns the name the client asked for.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Returns the application protocol that was agreed on.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// Returns the peer's certificates in DER, its own first; none if it showed none.
    #[must_use]
    pub fn peer_certificates(&self) -> &[Bytes] {
        &self.peer_certificates
    }

    /// Returns the `tls-exporter` channel binding.
    #[must_use]
    pub const fn exporter(&self) -> Option<&Secret> {
        self.exporter.as_ref()
    }

    /// Returns the `tls-server-end-point` channel binding.
    #[must_use]
    pub fn end_point(&self) -> Option<&[u8]> {
        self.end_point.as_deref()
    }
}
