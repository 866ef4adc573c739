//! Resource records, typed as far as mail reads them (RFC 1035 3.2, RFC 3597).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use bytes::Bytes;
use mail_errors::Misuse;

use crate::{name::Name, question::RecordType};

/// One resource record of class IN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    owner: Name,
    ttl: Ttl,
    data: Rdata,
}

impl Record {
    /// Makes a record.
    #[must_use]
    pub const fn new(owner: Name, ttl: Ttl, data: Rdata) -> Self {
        Self { owner, ttl, data }
    }

    /// Returns the name that has this record.
    #[must_use]
    pub const fn owner(&self) -> &Name {
        &self.owner
    }

    /// Returns how long it may be kept.
    #[must_use]
    pub const fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// Returns what it says.
    #[must_use]
    pub const fn data(&self) -> &Rdata {
        &self.data
    }

    /// Takes the data out.
    #[must_use]
    pub fn into_data(self) -> Rdata {
        self.data
    }

    /// Returns its type.
    #[must_use]
    pub const fn rtype(&self) -> RecordType {
        self.data.rtype()
    }

    pub(crate) const fn set_ttl(&mut self, ttl: Ttl) {
        self.ttl = ttl;
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.owner, self.ttl.as_secs(), self.rtype(), self.data)
    }
}

/// A time to live in whole seconds, 0 to 2^31 - 1 (RFC 2181 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ttl(u32);

impl Ttl {
    /// Not to be kept at all.
    pub const ZERO: Self = Self(0);

    /// Makes a TTL of seconds. One with the highest bit set counts as zero (RFC 2181 8).
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        if secs >> 31 == 0 { Self(secs) } else { Self(0) }
    }

    /// Returns the seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// Returns it as a duration.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }

    /// Returns what is left of it after a time, rounded down.
    #[must_use]
    pub fn after(self, age: Duration) -> Self {
        Self(u32::try_from(self.as_duration().saturating_sub(age).as_secs()).unwrap_or(self.0))
    }
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rdata {
    /// An IPv4 address (RFC 1035 3.4.1).
    A(Ipv4Addr),
    /// An IPv6 address (RFC 3596 2.2).
    Aaaa(Ipv6Addr),
    /// A mail exchange (RFC 1035 3.3.9).
    Mx {
        /// Lower is tried first (RFC 5321 5.1).
        preference: u16,
        /// The host; the root alone says that the domain takes no mail (RFC 7505).
        exchange: Name,
    },
    /// Text (RFC 1035 3.3.14).
    Txt(Txt),
    /// The name this alias stands for (RFC 1035 3.3.1).
    Cname(Name),
    /// The name an address has (RFC 1035 3.3.12).
    Ptr(Name),
    /// A name server (RFC 1035 3.3.11).
    Ns(Name),
    /// The zone's start of authority (RFC 1035 3.3.13).
    Soa(Soa),
    /// Where a service is (RFC 2782).
    Srv {
        /// Lower is tried first.
        priority: u16,
        /// Share among targets of one priority.
        weight: u16,
        /// Port of the service.
        port: u16,
        /// The host; the root says that the service is not offered.
        target: Name,
    },
    /// Any other type, as octets (RFC 3597).
    Other(Opaque),
}

impl Rdata {
    /// Returns the type this data belongs to.
    #[must_use]
    pub const fn rtype(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::AAAA,
            Self::Mx { .. } => RecordType::MX,
            Self::Txt(_) => RecordType::TXT,
            Self::Cname(_) => RecordType::CNAME,
            Self::Ptr(_) => RecordType::PTR,
            Self::Ns(_) => RecordType::NS,
            Self::Soa(_) => RecordType::SOA,
            Self::Srv { .. } => RecordType::SRV,
            Self::Other(opaque) => opaque.rtype,
        }
    }

    /// Returns the address if this is one, of either family.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        if let Self::A(v4) = self {
            Some(IpAddr::V4(*v4))
        } else if let Self::Aaaa(v6) = self {
            Some(IpAddr::V6(*v6))
        } else {
            None
        }
    }

    /// Returns about how many octets of heap this data holds, for what bounds memory.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::A(_) | Self::Aaaa(_) => 0,
            Self::Mx { exchange: name, .. }
            | Self::Srv { target: name, .. }
            | Self::Cname(name)
            | Self::Ptr(name)
            | Self::Ns(name) => name.wire_len(),
            Self::Txt(txt) => txt.strings.iter().map(|s| s.len() + size_of::<Bytes>()).sum(),
            Self::Soa(soa) => soa.primary.wire_len() + soa.mailbox.wire_len(),
            Self::Other(opaque) => opaque.octets.len(),
        }
    }
}

/// Writes the data as a master file has it (RFC 1035 5.1, RFC 3597 5).
impl fmt::Display for Rdata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A(address) => address.fmt(f),
            Self::Aaaa(address) => address.fmt(f),
            Self::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            Self::Txt(txt) => txt.fmt(f),
            Self::Cname(name) | Self::Ptr(name) | Self::Ns(name) => name.fmt(f),
            Self::Soa(soa) => soa.fmt(f),
            Self::Srv { priority, weight, port, target } => {
                write!(f, "{priority} {weight} {port} {target}")
            }
            Self::Other(opaque) => {
                write!(f, "\\# {} ", opaque.octets.len())?;
                opaque.octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

/// The text of a TXT record: one or more strings of at most 255 octets each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Txt {
    strings: Vec<Bytes>,
}

impl Txt {
    /// Makes a text of strings as they stand.
    ///
    /// # Errors
    ///
    /// No string at all, one of more than 255 octets (RFC 1035 3.3), or more than 65,535 octets in
    /// all, where each string counts one more than it has.
    pub fn from_strings<I>(strings: I) -> Result<Self, Misuse>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut all = Vec::new();
        let mut total = 0;
        for string in strings {
            let string = string.as_ref();
            within("TXT string", string.len(), u8::MAX.into())?;
            total += string.len() + 1;
            within("TXT", total, u16::MAX)?;
            all.push(Bytes::copy_from_slice(string));
        }
        if all.is_empty() {
            return Err(Misuse::Invalid { what: "TXT", why: "has no string" });
        }
        Ok(Self { strings: all })
    }

    /// Makes a text of octets, cut into strings of 255, as the readers of SPF (RFC 7208 3.3), DKIM
    /// and DMARC join them again.
    ///
    /// # Errors
    ///
    /// More than 65,279 octets, which no record can hold.
    pub fn split(text: &[u8]) -> Result<Self, Misuse> {
        if text.is_empty() {
            return Self::from_strings([text]);
        }
        Self::from_strings(text.chunks(usize::from(u8::MAX)))
    }

    /// Returns the strings.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        self.strings.iter().map(AsRef::as_ref)
    }

    /// Returns all strings joined without anything between them (RFC 7208 3.3).
    #[must_use]
    pub fn joined(&self) -> Vec<u8> {
        self.strings.concat()
    }
}

impl fmt::Display for Txt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, string) in self.strings.iter().enumerate() {
            let gap = if at > 0 { " " } else { "" };
            write!(f, "{gap}\"{}\"", string.escape_ascii())?;
        }
        Ok(())
    }
}

/// The start of a zone of authority (RFC 1035 3.3.13). All times are seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soa {
    /// The primary name server.
    pub primary: Name,
    /// The mailbox of who runs the zone, its local part as the first label.
    pub mailbox: Name,
    /// The version of the zone.
    pub serial: u32,
    /// How often a secondary looks for a new version.
    pub refresh: u32,
    /// How long it waits after a failure to look.
    pub retry: u32,
    /// When it stops to answer without having seen the primary.
    pub expire: u32,
    /// How long a negative answer may be kept (RFC 2308 4).
    pub minimum: u32,
}

impl fmt::Display for Soa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { primary, mailbox, serial, refresh, retry, expire, minimum } = self;
        write!(f, "{primary} {mailbox} {serial} {refresh} {retry} {expire} {minimum}")
    }
}

/// Data of a type that has no variant of its own in [`Rdata`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    rtype: RecordType,
    octets: Bytes,
}

impl Opaque {
    /// Holds the data of a type as octets.
    ///
    /// # Errors
    ///
    /// A type that [`Rdata`] has a variant for or that no zone holds (OPT, ANY), or more than
    /// 65,535 octets.
    pub fn new(rtype: RecordType, octets: impl Into<Bytes>) -> Result<Self, Misuse> {
        let octets = octets.into();
        if rtype.is_meta() || is_typed(rtype) {
            return Err(Misuse::Invalid { what: "record type", why: "cannot be opaque data" });
        }
        within("record data", octets.len(), u16::MAX)?;
        Ok(Self { rtype, octets })
    }

    /// Returns the type.
    #[must_use]
    pub const fn rtype(&self) -> RecordType {
        self.rtype
    }

    /// Returns the octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}

fn within(what: &'static str, len: usize, limit: u16) -> Result<(), Misuse> {
    if len <= usize::from(limit) {
        return Ok(());
    }
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    Err(Misuse::TooLong { what, len, limit: limit.into() })
}

/// Tells whether [`Rdata`] has a variant for this type.
const fn is_typed(rtype: RecordType) -> bool {
    matches!(
        rtype,
        RecordType::A
            | RecordType::NS
            | RecordType::CNAME
            | RecordType::SOA
            | RecordType::PTR
            | RecordType::MX
            | RecordType::TXT
            | RecordType::AAAA
            | RecordType::SRV
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_with_the_highest_bit_is_zero() {
        assert_eq!(Ttl::from_secs(0x8000_0001), Ttl::ZERO);
        assert_eq!(Ttl::from_secs(0x7fff_ffff).as_secs(), 0x7fff_ffff);
        assert_eq!(Ttl::from_secs(60).after(Duration::from_secs(45)), Ttl::from_secs(15));
        assert_eq!(Ttl::from_secs(60).after(Duration::from_secs(61)), Ttl::ZERO);
    }

    #[test]
    fn ok_txt_split_and_joined() {
        let text = vec![b'k'; 600];
        let txt = Txt::split(&text).unwrap();
        assert_eq!(txt.strings().map(<[u8]>::len).collect::<Vec<_>>(), [255, 255, 90]);
        assert_eq!(txt.joined(), text);
        assert_eq!(Txt::split(b"").unwrap().strings().count(), 1);
    }

    #[test]
    fn err_txt_without_string_or_with_a_long_one() {
        assert!(Txt::from_strings(Vec::<&[u8]>::new()).is_err());
        assert!(Txt::from_strings([[0; 256]]).is_err());
        assert!(Txt::from_strings([[0; 255]]).is_ok());
        // 255 strings of 255 octets and one of 254, each behind its length, are 65,535.
        assert!(Txt::split(&[0; 65_279]).is_ok());
        assert!(Txt::split(&[0; 65_280]).is_err());
    }

    #[test]
    fn err_opaque_data_of_a_known_type() {
        assert!(Opaque::new(RecordType::MX, &b"x"[..]).is_err());
        assert!(Opaque::new(RecordType::new(41), &b"x"[..]).is_err());
        assert!(Opaque::new(RecordType::TLSA, vec![0; 65536]).is_err());
        assert!(Opaque::new(RecordType::TLSA, &b"\x03\x01\x01"[..]).is_ok());
    }

    #[test]
    fn ok_record_reads_like_a_master_file() {
        let mx = Rdata::Mx { preference: 10, exchange: "mx.example.org".parse().unwrap() };
        let record = Record::new("example.org".parse().unwrap(), Ttl::from_secs(300), mx);
        assert_eq!(record.to_string(), "example.org 300 MX 10 mx.example.org");
        let txt = Rdata::Txt(Txt::from_strings(["a\"\r\n", "b"]).unwrap());
        assert_eq!(txt.to_string(), r#""a\"\r\n" "b""#);
    }
}
