//! The header as a value.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use mail_errors::Misuse;

use crate::Sink;

use super::tlv::{self, Ssl, Tlvs};

/// Which form a header has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// A line of text.
    V1,
    /// Octets.
    V2,
}

/// What the client's connection to the proxy is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP, or a stream of Unix.
    Stream,
    /// UDP, or datagrams of Unix.
    Datagram,
}

/// Where a connection came from and where it went to, in the words of the proxy that passes it on.
///
/// * **Read it**: [`parse`](Self::parse), [`read`](Self::read).
/// * **Make one**: [`new`](Self::new), [`unknown`](Self::unknown), [`local`](Self::local),
///   [`unix`](Self::unix), and then [`datagrams`](Self::datagrams), [`with_tlv`](Self::with_tlv),
///   [`with_checksum`](Self::with_checksum).
/// * **Write it**: [`encode`](Self::encode).
///
/// ```
/// use mail_wire::proxy::{Header, Version, tlv};
///
/// let header = Header::new(Version::V2, "[2001:db8::1]:5000".parse()?, "[2001:db8::2]:25".parse()?)
///     .with_tlv(tlv::AUTHORITY, b"mx.example")?
///     .with_checksum()?;
/// let mut wire = Vec::new();
/// header.encode(&mut wire);
/// assert_eq!(Header::parse(&wire)?, header);
/// assert_eq!(header.authority(), Some("mx.example"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub(super) version: Version,
    pub(super) link: Link,
    /// The TLVs as they came, without the checksum.
    pub(super) tlvs: Bytes,
    pub(super) is_checked: bool,
}

/// What the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// The proxy's own.
    Local,
    /// Somebody's.
    Unknown,
    /// Both addresses are of one family.
    Ip {
        transport: Transport,
        source: SocketAddr,
        destination: SocketAddr,
    },
    Unix {
        transport: Transport,
        source: Bytes,
        destination: Bytes,
    },
}

impl Header {
    /// Tells of a TCP connection. If only one of the addresses is of IPv4, it goes as one of IPv6
    /// (`::ffff:192.0.2.1`), for a header has one family.
    #[must_use]
    pub fn new(version: Version, source: SocketAddr, destination: SocketAddr) -> Self {
        let both_v4 = source.is_ipv4() && destination.is_ipv4();
        let of_one_family = |address: SocketAddr| match address.ip() {
            IpAddr::V4(ip) if !both_v4 => {
                SocketAddr::new(ip.to_ipv6_mapped().into(), address.port())
            }
            // Without flow and scope, which no header has.
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => SocketAddr::new(ip, address.port()),
        };
        let (source, destination) = (of_one_family(source), of_one_family(destination));
        Self::of(version, Link::Ip { transport: Transport::Stream, source, destination })
    }

    /// Passes a connection on of which nothing is known: `UNKNOWN`, `AF_UNSPEC`.
    #[must_use]
    pub const fn unknown(version: Version) -> Self {
        Self::of(version, Link::Unknown)
    }

    /// Tells that the connection is the proxy's own, to see whether the server is well: `LOCAL`, of
    /// version 2.
    #[must_use]
    pub const fn local() -> Self {
        Self::of(Version::V2, Link::Local)
    }

    /// Tells of a connection over a socket of Unix, in version 2. Paths may be empty; those that
    /// begin with NUL are names of Linux without a file.
    ///
    /// # Errors
    /// [`Misuse`] if one is longer than 108 octets or has a NUL where none can be.
    pub fn unix(source: &[u8], destination: &[u8]) -> Result<Self, Misuse> {
        for path in [source, destination] {
            if path.len() > UNIX_PATH {
                let (len, limit) = (path.len() as u64, UNIX_PATH as u64);
                return Err(Misuse::TooLong { what: "path", len, limit });
            }
            if unix_path(path) != path {
                return Err(Misuse::Invalid { what: "path", why: "it has a NUL" });
            }
        }
        let [source, destination] = [source, destination].map(Bytes::copy_from_slice);
        let transport = Transport::Stream;
        Ok(Self::of(Version::V2, Link::Unix { transport, source, destination }))
    }

    pub(super) const fn of(version: Version, link: Link) -> Self {
        Self { version, link, tlvs: Bytes::new(), is_checked: false }
    }

    /// Tells of datagrams instead of a stream.
    ///
    /// # Errors
    /// [`Misuse`] in version 1, which knows TCP alone, and without addresses.
    pub fn datagrams(mut self) -> Result<Self, Misuse> {
        match (&mut self.link, self.version) {
            (Link::Ip { transport, .. } | Link::Unix { transport, .. }, Version::V2) => {
                *transport = Transport::Datagram;
                Ok(self)
            }
            (Link::Local | Link::Unknown | Link::Ip { .. } | Link::Unix { .. }, _) => {
                Err(Misuse::Invalid { what: "datagrams", why: "this header cannot tell of them" })
            }
        }
    }

    /// Tells this as well; see [`tlv`] for the types.
    ///
    /// # Errors
    /// [`Misuse`] if the header is of version 1 or tells nothing (`LOCAL`), the value is none of its
    /// type, or the header would be longer than one can be. [`tlv::CRC32C`] is
    /// [`with_checksum`](Self::with_checksum).
    pub fn with_tlv(mut self, kind: u8, value: &[u8]) -> Result<Self, Misuse> {
        self.may_have_tlvs()?;
        if kind == tlv::CRC32C {
            return Err(Misuse::Invalid { what: "TLV", why: "checksums are computed" });
        }
        tlv::check(kind, value).map_err(|why| Misuse::Invalid { what: "TLV", why })?;
        let length = self.tlvs.len() + TLV_HEAD + value.len();
        let limit = usize::from(u16::MAX) - 2 * UNIX_PATH - CHECKSUM;
        let (Ok(octets), true) = (u16::try_from(value.len()), length <= limit) else {
            let (len, limit) = (length as u64, limit as u64);
            return Err(Misuse::TooLong { what: "TLVs", len, limit });
        };
        let mut tlvs = Vec::with_capacity(length);
        tlvs.put(&self.tlvs);
        tlvs.put(&[kind]);
        tlvs.put(&octets.to_be_bytes());
        tlvs.put(value);
        self.tlvs = tlvs.into();
        Ok(self)
    }

    /// Adds a checksum (section 2.2.3).
    ///
    /// # Errors
    /// [`Misuse`] if the header is of version 1 or tells nothing (`LOCAL`).
    pub fn with_checksum(mut self) -> Result<Self, Misuse> {
        self.may_have_tlvs()?;
        self.is_checked = true;
        Ok(self)
    }

    const fn may_have_tlvs(&self) -> Result<(), Misuse> {
        match (self.version, &self.link) {
            (Version::V1, _) => Err(Misuse::Invalid { what: "TLV", why: "version 1 has none" }),
            (_, Link::Local) => Err(Misuse::Invalid { what: "TLV", why: "LOCAL tells nothing" }),
            (_, Link::Unknown | Link::Ip { .. } | Link::Unix { .. }) => Ok(()),
        }
    }

    /// Returns the version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Tells whether the connection is the proxy's own, and its own addresses are the real ones.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self.link, Link::Local)
    }

    /// Returns the client's address. Without one the connection's own is what there is (sections
    /// 2.1 and 2.2).
    #[must_use]
    pub const fn source(&self) -> Option<SocketAddr> {
        match &self.link {
            Link::Ip { source, .. } => Some(*source),
            Link::Local | Link::Unknown | Link::Unix { .. } => None,
        }
    }

    /// Returns the address that the client connected to.
    #[must_use]
    pub const fn destination(&self) -> Option<SocketAddr> {
        match &self.link {
            Link::Ip { destination, .. } => Some(*destination),
            Link::Local | Link::Unknown | Link::Unix { .. } => None,
        }
    }

    /// Returns the client's path and the one it connected to, of a socket of Unix. Either may be
    /// empty; one that begins with NUL is a name of Linux without a file.
    #[must_use]
    pub fn paths(&self) -> Option<(&[u8], &[u8])> {
        match &self.link {
            Link::Unix { source, destination, .. } => Some((source, destination)),
            Link::Local | Link::Unknown | Link::Ip { .. } => None,
        }
    }

    /// Returns what the client's connection is made of; `None` where nothing is known of it.
    #[must_use]
    pub const fn transport(&self) -> Option<Transport> {
        match &self.link {
            Link::Ip { transport, .. } | Link::Unix { transport, .. } => Some(*transport),
            Link::Local | Link::Unknown => None,
        }
    }

    /// Returns the protocol that client and proxy agreed on by ALPN.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.tlvs().first(tlv::ALPN)
    }

    /// Returns the host name that the client asked for; `None` as well if it is not UTF-8.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        std::str::from_utf8(self.tlvs().first(tlv::AUTHORITY)?).ok()
    }

    /// Returns the proxy's name for the connection, at most 128 octets of any value.
    #[must_use]
    pub fn unique_id(&self) -> Option<&[u8]> {
        self.tlvs().first(tlv::UNIQUE_ID)
    }

    /// Returns what is told of the TLS between client and proxy.
    #[must_use]
    pub fn ssl(&self) -> Option<Ssl<'_>> {
        Ssl::read(self.tlvs().first(tlv::SSL)?)
    }

    /// Returns all that is told beside the addresses, but the checksum.
    #[must_use]
    pub fn tlvs(&self) -> Tlvs<'_> {
        Tlvs::new(&self.tlvs)
    }

    /// Tells whether the header has a checksum. One that is wrong makes no header.
    #[must_use]
    pub const fn is_checked(&self) -> bool {
        self.is_checked
    }
}

/// Returns what of the octets is the path: up to a NUL, or, of a name that begins with one, up to
/// the padding.
pub(super) fn unix_path(octets: &[u8]) -> &[u8] {
    let end = if octets.first() == Some(&0) {
        octets.iter().rposition(|&octet| octet != 0).map_or(0, |last| last + 1)
    } else {
        octets.iter().position(|&octet| octet == 0).unwrap_or(octets.len())
    };
    crate::grammar::cut(octets, end).0
}

/// Room for a path of Unix, in octets.
pub(super) const UNIX_PATH: usize = 108;
/// Type and length of a TLV, in octets.
const TLV_HEAD: usize = 3;
/// The whole TLV of a checksum, in octets.
const CHECKSUM: usize = TLV_HEAD + 4;
