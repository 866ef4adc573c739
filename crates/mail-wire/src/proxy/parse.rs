//! From octets to the value: how long the header is, and then all of it at once.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use bytes::Bytes;
use mail_errors::ParseError;
use memchr::memchr2;

use crate::grammar::{ByteSet, PResult, complete, cut, octet, span, span1, unmet};

use super::{
    Error,
    crc32c::Crc32c,
    header::{Header, Link, Transport, UNIX_PATH, Version, unix_path},
    tlv,
};

/// What version 2 begins with.
pub(super) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, `LOCAL`.
pub(super) const LOCAL: u8 = 0x20;
/// Version 2, `PROXY`.
pub(super) const PROXY: u8 = 0x21;
/// `AF_UNSPEC`, and the transport as well.
pub(super) const UNSPEC: u8 = 0x00;
/// `AF_INET`.
pub(super) const IPV4: u8 = 0x10;
/// `AF_INET6`.
pub(super) const IPV6: u8 = 0x20;
/// `AF_UNIX`.
pub(super) const UNIX: u8 = 0x30;

/// What version 1 begins with.
const WORD: &[u8] = b"PROXY ";
/// Longest line of version 1, CRLF included (section 2.1).
const LONGEST_LINE: usize = 107;
/// Octets of a header of version 2 in front of its addresses.
const FIXED: usize = 16;

impl Header {
    /// Reads a header that is all of `input`.
    ///
    /// # Errors
    /// [`Error`] if it is none, and [`Error::Truncated`] if it is not whole.
    pub fn parse(input: &[u8]) -> Result<Self, Error> {
        match length(input, usize::MAX)? {
            Some(octets) if octets < input.len() => {
                Err(ParseError::at(input, octets, "the end of the header").into())
            }
            Some(octets) if octets == input.len() => whole(input),
            Some(_) | None => Err(Error::Truncated { received: input.len() }),
        }
    }

    /// Reads the header at the start of `input`, once it is there, and returns it with its length in
    /// octets. A header of version 2 that is longer than `limit` is not waited for; one of version 1
    /// has 107 octets at most.
    ///
    /// Until it is there nothing of it is parsed, so asking after each octet costs nothing.
    ///
    /// # Errors
    /// [`Error`], as soon as it is certain that no header comes.
    pub fn read(input: &[u8], limit: usize) -> Result<Option<(Self, usize)>, Error> {
        let Some(octets) = length(input, limit)? else { return Ok(None) };
        match input.get(..octets) {
            Some(header) => Ok(Some((whole(header)?, octets))),
            None => Ok(None),
        }
    }
}

/// Returns how many octets the header has, as soon as it tells.
fn length(input: &[u8], limit: usize) -> Result<Option<usize>, Error> {
    let signature: &[u8] = if input.first() == Some(&b'P') { WORD } else { SIGNATURE };
    if let Some(offset) = input.iter().zip(signature).position(|(a, b)| a != b) {
        return Err(Error::NoHeader { offset });
    }
    if input.len() < signature.len() {
        return Ok(None);
    }
    if signature == WORD { line_length(input) } else { block_length(input, limit) }
}

fn line_length(input: &[u8]) -> Result<Option<usize>, Error> {
    // The last place for a CR with its LF.
    let (line, _) = cut(input, LONGEST_LINE - 1);
    let Some(at) = memchr2(b'\r', b'\n', line) else {
        let over = line.len() == LONGEST_LINE - 1;
        return if over { Err(Error::TooLong { limit: LONGEST_LINE }) } else { Ok(None) };
    };
    // "Must not tolerate a single CR or LF character" (section 2.1).
    match cut(input, at).1 {
        [b'\r'] => Ok(None),
        [b'\r', b'\n', ..] => Ok(Some(at + 2)),
        // What came with it is not to change the error.
        _ => Err(ParseError::at(cut(input, at + 1).0, at, "CRLF").into()),
    }
}

fn block_length(input: &[u8], limit: usize) -> Result<Option<usize>, Error> {
    let (_, rest) = cut(input, SIGNATURE.len());
    let Some(&command) = rest.first() else { return Ok(None) };
    if command >> 4 != 2 {
        return Err(Error::Version { version: command >> 4 });
    }
    let Some(&[_, _, high, low]) = rest.first_chunk() else { return Ok(None) };
    let octets = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if octets > limit { Err(Error::TooLong { limit }) } else { Ok(Some(octets)) }
}

/// Reads a header whose length is right.
fn whole(input: &[u8]) -> Result<Header, Error> {
    if input.starts_with(WORD) {
        return Ok(complete(input, line)?);
    }
    let header = complete(input, block)?;
    if header.is_checked {
        verify(input)?;
    }
    Ok(header)
}

/// > PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n                   section 2.1
fn line(i: &[u8]) -> PResult<'_, Header> {
    let (i, ()) = exactly(i, WORD, &"PROXY and a space")?;
    let (protocol, rest) = span(i, &ByteSet::ALNUM);
    let (rest, link) = match (protocol, rest) {
        (b"TCP4", rest) => addresses::<Ipv4Addr>(rest, &"an IPv4 address")?,
        (b"TCP6", rest) => addresses::<Ipv6Addr>(rest, &"an IPv6 address")?,
        // "Anything presented before the CRLF" is ignored.
        (b"UNKNOWN", rest) => {
            let (text, end) = cut(rest, rest.len().saturating_sub(2));
            if !matches!(text.first(), None | Some(b' ')) {
                return unmet(rest, &"a space");
            }
            (end, Link::Unknown)
        }
        _ => return unmet(i, &"TCP4, TCP6 or UNKNOWN"),
    };
    let (rest, ()) = exactly(rest, b"\r\n", &"CRLF")?;
    Ok((rest, Header::of(Version::V1, link)))
}

fn addresses<'a, A: FromStr + Into<IpAddr>>(
    i: &'a [u8],
    expected: &'static &'static str,
) -> PResult<'a, Link> {
    let space = octet(b' ', &"a space");
    let (i, ()) = space(i)?;
    let (i, source) = address::<A>(i, expected)?;
    let (i, ()) = space(i)?;
    let (i, destination) = address::<A>(i, expected)?;
    let (i, ()) = space(i)?;
    let (i, source_port) = port(i)?;
    let (i, ()) = space(i)?;
    let (i, destination_port) = port(i)?;
    let link = Link::Ip {
        transport: Transport::Stream,
        source: SocketAddr::new(source, source_port),
        destination: SocketAddr::new(destination, destination_port),
    };
    Ok((i, link))
}

fn address<'a, A: FromStr + Into<IpAddr>>(
    i: &'a [u8],
    expected: &'static &'static str,
) -> PResult<'a, IpAddr> {
    let (rest, text) = span1(i, &ADDRESS, expected)?;
    match std::str::from_utf8(text).ok().and_then(|text| A::from_str(text).ok()) {
        Some(address) => Ok((rest, address.into())),
        None => unmet(i, expected),
    }
}

/// > a decimal integer in the range [0..65535] inclusive. Heading zeroes are not permitted
fn port(i: &[u8]) -> PResult<'_, u16> {
    let (rest, digits) = span1(i, &ByteSet::DIGIT, &"a port")?;
    let leads_with_zero = digits.len() > 1 && digits.first() == Some(&b'0');
    match std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()) {
        Some(port) if !leads_with_zero => Ok((rest, port)),
        Some(_) | None => unmet(i, &"a port"),
    }
}

/// What addresses are written with.
const ADDRESS: ByteSet = ByteSet::DIGIT.range(b'a', b'f').range(b'A', b'F').with(b":.");

/// > struct proxy_hdr_v2 { uint8_t sig[12]; uint8_t ver_cmd; uint8_t fam; uint16_t len; };
/// >                                                                            section 2.2
fn block(i: &[u8]) -> PResult<'_, Header> {
    let (i, ()) = exactly(i, SIGNATURE, &"the signature of version 2")?;
    let (rest, [command, family, _, _]) = chunk(i)?;
    match command {
        // "Must use the real connection endpoints and discard the protocol block including the
        // family which is ignored."
        LOCAL => return Ok((&[], Header::local())),
        PROXY => {}
        _ => return unmet(i, &"LOCAL or PROXY of version 2"),
    }
    let transport = match family & 0x0f {
        0 => None,
        1 => Some(Transport::Stream),
        2 => Some(Transport::Datagram),
        _ => return unmet(cut(i, 1).1, &"an address family and a transport"),
    };
    let (rest, link) = match (family & 0xf0, transport) {
        (IPV4, Some(transport)) => ip_addresses::<4, Ipv4Addr>(rest, transport)?,
        (IPV6, Some(transport)) => ip_addresses::<16, Ipv6Addr>(rest, transport)?,
        (UNIX, Some(transport)) => unix_addresses(rest, transport)?,
        (UNSPEC | IPV4 | IPV6 | UNIX, _) => return Ok((&[], unspecified(family, rest))),
        _ => return unmet(cut(i, 1).1, &"an address family and a transport"),
    };
    let (end, is_checked) = checked_tlvs(rest)?;
    let tlvs = without_checksum(rest, is_checked);
    Ok((end, Header { version: Version::V2, link, tlvs, is_checked }))
}

/// Of an unknown family nobody knows where its addresses end, if there are any: what reads as TLVs
/// counts as such.
fn unspecified(family: u8, rest: &[u8]) -> Header {
    let header = Header::unknown(Version::V2);
    match checked_tlvs(rest) {
        Ok((_, is_checked)) if family == UNSPEC => {
            Header { tlvs: without_checksum(rest, is_checked), is_checked, ..header }
        }
        Ok(_) | Err(_) => header,
    }
}

fn ip_addresses<const N: usize, A: From<[u8; N]> + Into<IpAddr>>(
    i: &[u8],
    transport: Transport,
) -> PResult<'_, Link> {
    let (i, source) = chunk(i)?;
    let (i, destination) = chunk(i)?;
    let (i, source_port) = chunk(i)?;
    let (i, destination_port) = chunk(i)?;
    let address = |ip: [u8; N], port| SocketAddr::new(A::from(ip).into(), u16::from_be_bytes(port));
    let source = address(source, source_port);
    let destination = address(destination, destination_port);
    Ok((i, Link::Ip { transport, source, destination }))
}

fn unix_addresses(i: &[u8], transport: Transport) -> PResult<'_, Link> {
    let (i, source) = chunk::<UNIX_PATH>(i)?;
    let (i, destination) = chunk::<UNIX_PATH>(i)?;
    let [source, destination] =
        [source, destination].map(|path| Bytes::copy_from_slice(unix_path(&path)));
    Ok((i, Link::Unix { transport, source, destination }))
}

fn chunk<const N: usize>(i: &[u8]) -> PResult<'_, [u8; N]> {
    match i.split_first_chunk() {
        Some((chunk, rest)) => Ok((rest, *chunk)),
        None => unmet(i, &"addresses of their family's length"),
    }
}

fn exactly<'a>(i: &'a [u8], word: &[u8], expected: &'static &'static str) -> PResult<'a, ()> {
    match i.strip_prefix(word) {
        Some(rest) => Ok((rest, ())),
        None => unmet(i, expected),
    }
}

/// Takes TLVs to the end of the header, and tells whether a checksum is among them.
fn checked_tlvs(i: &[u8]) -> PResult<'_, bool> {
    let mut is_checked = false;
    let (rest, ()) = tlv::tlvs(i, |tlv| {
        if tlv.kind() == tlv::CRC32C && std::mem::replace(&mut is_checked, true) {
            return Err(&"one checksum");
        }
        tlv::check(tlv.kind(), tlv.value())
    })?;
    Ok((rest, is_checked))
}

/// Copies TLVs, small as they are, so that they do not pin the receive buffer.
fn without_checksum(tlvs: &[u8], is_checked: bool) -> Bytes {
    match find_checksum(tlvs).filter(|_| is_checked) {
        Some((before, _, after)) => {
            let (before, _) = cut(before, before.len().saturating_sub(3));
            [before, after].concat().into()
        }
        None => Bytes::copy_from_slice(tlvs),
    }
}

/// Returns what stands before the checksum's value, the value, and what stands behind it.
fn find_checksum(tlvs: &[u8]) -> Option<(&[u8], [u8; 4], &[u8])> {
    let mut rest = tlvs;
    loop {
        let (after, found) = tlv::tlv(rest).ok()?;
        if found.kind() == tlv::CRC32C {
            let value = *found.value().first_chunk()?;
            let (before, _) = cut(tlvs, tlvs.len() - after.len() - value.len());
            return Some((before, value, after));
        }
        rest = after;
    }
}

/// Compares the checksum of a header that has one.
fn verify(input: &[u8]) -> Result<(), Error> {
    let family = input.get(SIGNATURE.len() + 1).copied().unwrap_or_default();
    let addresses = match family & 0xf0 {
        IPV4 => 12,
        IPV6 => 36,
        UNIX => 2 * UNIX_PATH,
        _ => 0,
    };
    let (head, tlvs) = cut(input, FIXED + addresses);
    let Some((before, told, after)) = find_checksum(tlvs) else { return Ok(()) };
    let told = u32::from_be_bytes(told);
    // RFC 4960 appendix B, over zeros in its own place (section 2.2.3).
    let computed = Crc32c::new().over(head).over(before).over(&[0; 4]).over(after).done();
    if told == computed { Ok(()) } else { Err(Error::Checksum { told, computed }) }
}
