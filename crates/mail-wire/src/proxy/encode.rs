//! From the value to octets.

use std::net::{IpAddr, SocketAddr};

use crate::Sink;

use super::{
    crc32c::Crc32c,
    header::{Header, Link, Transport, UNIX_PATH, Version},
    parse::{IPV4, IPV6, LOCAL, PROXY, SIGNATURE, UNIX, UNSPEC},
    tlv,
};

impl Header {
    /// Appends the header to `out`. It has to be the first that the connection carries.
    pub fn encode(&self, out: &mut impl Sink) {
        match self.version {
            Version::V1 => out.put(self.to_line().as_bytes()),
            Version::V2 => out.put(&self.to_octets()),
        }
    }

    /// > PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n                         section 2.1
    fn to_line(&self) -> String {
        match &self.link {
            Link::Ip { source, destination, .. } => format!(
                "PROXY {} {} {} {} {}\r\n",
                if source.is_ipv4() { "TCP4" } else { "TCP6" },
                source.ip(),
                destination.ip(),
                source.port(),
                destination.port()
            ),
            Link::Local | Link::Unknown | Link::Unix { .. } => "PROXY UNKNOWN\r\n".to_owned(),
        }
    }

    /// > struct proxy_hdr_v2 { uint8_t sig[12]; uint8_t ver_cmd; uint8_t fam; uint16_t len; };
    /// >                                                                            section 2.2
    fn to_octets(&self) -> Vec<u8> {
        let mut block = Vec::with_capacity(self.tlvs.len() + 2 * UNIX_PATH);
        let family = match &self.link {
            Link::Local | Link::Unknown => UNSPEC,
            Link::Ip { transport, source, destination } => {
                put_ip(&mut block, source);
                put_ip(&mut block, destination);
                block.put(&source.port().to_be_bytes());
                block.put(&destination.port().to_be_bytes());
                (if source.is_ipv4() { IPV4 } else { IPV6 }) | of(*transport)
            }
            Link::Unix { transport, source, destination } => {
                for path in [source, destination] {
                    let end = block.len() + UNIX_PATH;
                    block.put(path);
                    block.resize(end, 0);
                }
                UNIX | of(*transport)
            }
        };
        block.put(&self.tlvs);
        if self.is_checked {
            block.put(&[tlv::CRC32C, 0, 4]);
        }
        let checksum = if self.is_checked { 4 } else { 0 };
        // The constructors see to it that it fits.
        let length = u16::try_from(block.len() + checksum).unwrap_or(u16::MAX);
        let mut octets = Vec::with_capacity(SIGNATURE.len() + 4 + block.len() + checksum);
        octets.put(SIGNATURE);
        octets.put(&[if self.is_local() { LOCAL } else { PROXY }, family]);
        octets.put(&length.to_be_bytes());
        octets.put(&block);
        if self.is_checked {
            // Computed over zeros in its own place (section 2.2.3), which is the last.
            let crc = Crc32c::new().over(&octets).over(&[0; 4]).done();
            octets.put(&crc.to_be_bytes());
        }
        octets
    }
}

fn put_ip(out: &mut impl Sink, address: &SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => out.put(&ip.octets()),
        IpAddr::V6(ip) => out.put(&ip.octets()),
    }
}

const fn of(transport: Transport) -> u8 {
    match transport {
        Transport::Stream => 1,
        Transport::Datagram => 2,
    }
}
