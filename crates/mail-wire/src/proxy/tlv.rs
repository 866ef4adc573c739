//! What a header of version 2 says beside the addresses, in type-length-value form (section 2.2).

use crate::grammar::{PResult, unmet};

/// `PP2_TYPE_ALPN`: the protocol that was agreed on by ALPN (RFC 7301).
pub const ALPN: u8 = 0x01;
/// `PP2_TYPE_AUTHORITY`: the host name the client asked for, as by SNI.
pub const AUTHORITY: u8 = 0x02;
/// `PP2_TYPE_CRC32C`: the checksum of the header.
pub const CRC32C: u8 = 0x03;
/// `PP2_TYPE_NOOP`: padding.
pub const NOOP: u8 = 0x04;
/// `PP2_TYPE_UNIQUE_ID`: the proxy's own name for the connection, at most 128 octets.
pub const UNIQUE_ID: u8 = 0x05;
/// `PP2_TYPE_SSL`: the TLS between client and proxy, see [`Ssl`].
pub const SSL: u8 = 0x20;
/// `PP2_SUBTYPE_SSL_VERSION`, inside of [`SSL`].
pub const SSL_VERSION: u8 = 0x21;
/// `PP2_SUBTYPE_SSL_CN`, inside of [`SSL`].
pub const SSL_COMMON_NAME: u8 = 0x22;
/// `PP2_SUBTYPE_SSL_CIPHER`, inside of [`SSL`].
pub const SSL_CIPHER: u8 = 0x23;
/// `PP2_SUBTYPE_SSL_SIG_ALG`, inside of [`SSL`].
pub const SSL_SIGNATURE_ALGORITHM: u8 = 0x24;
/// `PP2_SUBTYPE_SSL_KEY_ALG`, inside of [`SSL`].
pub const SSL_KEY_ALGORITHM: u8 = 0x25;
/// `PP2_TYPE_NETNS`: the network namespace the connection came in at.
pub const NETWORK_NAMESPACE: u8 = 0x30;

/// Longest unique id (section 2.2.5).
const UNIQUE_ID_LONGEST: usize = 128;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    kind: u8,
    value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// Returns its type, such as [`ALPN`].
    #[must_use]
    pub const fn kind(&self) -> u8 {
        self.kind
    }

    /// Returns its value.
    #[must_use]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }
}

/// Goes over them in their order.
#[derive(Debug, Clone)]
pub struct Tlvs<'a>(&'a [u8]);

impl<'a> Tlvs<'a> {
    /// `block` has been checked: what does not read ends the iteration.
    pub(super) const fn new(block: &'a [u8]) -> Self {
        Self(block)
    }

    pub(super) fn first(mut self, kind: u8) -> Option<&'a [u8]> {
        self.find(|tlv| tlv.kind == kind).map(|tlv| tlv.value)
    }

    fn text(self, kind: u8) -> Option<&'a str> {
        std::str::from_utf8(self.first(kind)?).ok()
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let (rest, tlv) = tlv(self.0).ok()?;
        self.0 = rest;
        Some(tlv)
    }
}

/// The TLS between client and proxy (section 2.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ssl<'a> {
    client: u8,
    verify: u32,
    more: &'a [u8],
}

impl<'a> Ssl<'a> {
    /// > struct pp2_tlv_ssl { uint8_t client; uint32_t verify; struct pp2_tlv sub_tlv[0]; }
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let (&[client], rest) = value.split_first_chunk()?;
        let (verify, more) = rest.split_first_chunk()?;
        Some(Self { client, verify: u32::from_be_bytes(*verify), more })
    }

    /// Tells whether the client came over TLS: `PP2_CLIENT_SSL`.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.client & 0x01 != 0
    }

    /// Tells whether the client showed a certificate on this connection: `PP2_CLIENT_CERT_CONN`.
    #[must_use]
    pub const fn has_certificate(&self) -> bool {
        self.client & 0x02 != 0
    }

    /// Tells whether it did at least once in this TLS session: `PP2_CLIENT_CERT_SESS`.
    #[must_use]
    pub const fn had_certificate(&self) -> bool {
        self.client & 0x04 != 0
    }

    /// Tells whether there was a certificate and the proxy found it good.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        (self.has_certificate() || self.had_certificate()) && self.verify == 0
    }

    /// Returns the version of TLS, in the proxy's words.
    #[must_use]
    pub fn version(&self) -> Option<&'a str> {
        self.tlvs().text(SSL_VERSION)
    }

    /// Returns the cipher, in the proxy's words.
    #[must_use]
    pub fn cipher(&self) -> Option<&'a str> {
        self.tlvs().text(SSL_CIPHER)
    }

    /// Returns the common name in the client's certificate.
    #[must_use]
    pub fn common_name(&self) -> Option<&'a str> {
        self.tlvs().text(SSL_COMMON_NAME)
    }

    /// Returns everything that is told of it, as it came.
    #[must_use]
    pub const fn tlvs(&self) -> Tlvs<'a> {
        Tlvs::new(self.more)
    }
}

/// > struct pp2_tlv { uint8_t type; uint8_t length_hi; uint8_t length_lo; uint8_t value[0]; }
pub(super) fn tlv(i: &[u8]) -> PResult<'_, Tlv<'_>> {
    let Some((&[kind, high, low], rest)) = i.split_first_chunk() else {
        return unmet(i, &"a TLV");
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    match rest.split_at_checked(length) {
        Some((value, rest)) => Ok((rest, Tlv { kind, value })),
        None => unmet(i, &"a TLV that is no longer than what is there"),
    }
}

/// Takes TLVs to the end of the input, and tells each to `see`, which may object.
pub(super) fn tlvs<'a>(
    mut i: &'a [u8],
    mut see: impl FnMut(Tlv<'a>) -> Result<(), &'static &'static str>,
) -> PResult<'a, ()> {
    while !i.is_empty() {
        let (rest, tlv) = tlv(i)?;
        if let Err(expected) = see(tlv) {
            return unmet(i, expected);
        }
        i = rest;
    }
    Ok((i, ()))
}

/// Says what a value of this type would have to be, if it is not.
pub(super) fn check(kind: u8, value: &[u8]) -> Result<(), &'static &'static str> {
    match kind {
        CRC32C if value.len() != 4 => Err(&"a checksum of four octets"),
        UNIQUE_ID if value.len() > UNIQUE_ID_LONGEST => Err(&"a unique id of at most 128 octets"),
        SSL => match Ssl::read(value).map(|ssl| tlvs(ssl.more, |_| Ok(()))) {
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(&"client, verify, and TLVs within that of TLS"),
        },
        _ => Ok(()),
    }
}
