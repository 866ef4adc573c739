//! Who may say where a connection came from.

use std::{fmt, net::IpAddr, str::FromStr};

/// The peers that are believed, as networks. Empty, it believes nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trusted(Vec<Network>);

impl Trusted {
    /// Believes these alone.
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Tells whether this peer is believed.
    #[must_use]
    pub fn has(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(peer))
    }

    /// Tells whether nobody is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A network, or one address. IPv4 addresses that come through a socket of IPv6
/// (`::ffff:192.0.2.1`) count as what they are.
///
/// ```
/// use mail_wire::proxy::Network;
///
/// let network = Network::parse("192.0.2.0/24")?;
/// assert!(network.has("::ffff:192.0.2.7".parse()?) && !network.has("192.0.3.7".parse()?));
/// assert!(Network::parse("2001:db8::1")?.has("2001:db8::1".parse()?));
/// assert!(Network::parse("192.0.2.0/33").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    /// How many bits count.
    prefix: u8,
}

impl Network {
    /// Reads `address/prefix`, or an address alone.
    ///
    /// # Errors
    /// If it is neither, the prefix has more bits than the address, or an address of the network is
    /// given where its first one belongs: `192.0.2.1/24` may mean one or all.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = IpAddr::from_str(address).map_err(|_| NetworkError::Address)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|octet| octet.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= most)
            }
            Some(_) => None,
            None => Some(most),
        };
        let prefix = prefix.ok_or(NetworkError::Prefix)?;
        if bits(address) << (128 - most) << prefix.min(127) != 0 && prefix < most {
            return Err(NetworkError::Host);
        }
        Ok(match (address, address.to_canonical()) {
            (IpAddr::V6(_), address @ IpAddr::V4(_)) if prefix >= 96 => {
                Self { address, prefix: prefix - 96 }
            }
            _ => Self { address, prefix },
        })
    }

    /// Tells whether this address is in the network.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let address = match self.address {
            IpAddr::V4(_) => address.to_canonical(),
            IpAddr::V6(_) => address,
        };
        let width = if address.is_ipv4() { 32 } else { 128 };
        let differs = bits(address) ^ bits(self.address);
        address.is_ipv4() == self.address.is_ipv4()
            && differs.checked_shr(width - u32::from(self.prefix)).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        Self::parse(text)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Why a text is no [`Network`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It does not begin with an address.
    #[error("not an IP address, nor a network like 192.0.2.0/24")]
    Address,
    /// The length of the prefix is no number, or larger than the address.
    #[error("the prefix is not a number of bits that an address has")]
    Prefix,
    /// There are bits behind the prefix.
    #[error("the address has bits behind the prefix")]
    Host,
}

const fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(ip) => ip.to_bits() as u128,
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().has(address.parse().unwrap())
    }

    #[test]
    fn ok_addresses_on_both_sides_of_every_border() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", &["192.0.2.0", "192.0.2.255"][..], &["192.0.1.255", "192.0.3.0"][..]),
            ("192.0.2.6/31", &["192.0.2.6", "192.0.2.7"], &["192.0.2.5", "192.0.2.8"]),
            ("192.0.2.6", &["192.0.2.6", "::ffff:192.0.2.6"], &["192.0.2.7", "::c000:206"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], &["::", "::1"]),
            ("::/0", &["::", "2001:db8::1"], &["1.2.3.4"]),
            ("2001:db8::/33", &["2001:db8:7fff::"], &["2001:db8:8000::", "2001:db7::"]),
            ("::1", &["::1"], &["::", "::2", "0.0.0.1"]),
            ("::ffff:192.0.2.0/120", &["192.0.2.9", "::ffff:192.0.2.9"], &["192.0.3.9"]),
        ] {
            for address in inside {
                assert!(has(network, address), "{address} in {network}");
            }
            for address in outside {
                assert!(!has(network, address), "{address} in {network}");
            }
        }
    }

    #[test]
    fn err_what_is_no_network() {
        for (text, error) in [
            ("", NetworkError::Address),
            ("192.0.2/24", NetworkError::Address),
            ("example.org", NetworkError::Address),
            ("192.0.2.0/33", NetworkError::Prefix),
            ("192.0.2.0/", NetworkError::Prefix),
            ("192.0.2.0/+8", NetworkError::Prefix),
            ("::/129", NetworkError::Prefix),
            ("::/256", NetworkError::Prefix),
            ("192.0.2.1/24", NetworkError::Host),
            ("0.0.0.1/0", NetworkError::Host),
            ("::1/0", NetworkError::Host),
            ("::1/127", NetworkError::Host),
        ] {
            assert_eq!(Network::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn nobody_is_trusted_unless_named() {
        assert!(!Trusted::default().has("127.0.0.1".parse().unwrap()));
        let trusted = Trusted::new([Network::parse("127.0.0.1").unwrap()]);
        assert!(trusted.has("127.0.0.1".parse().unwrap()) && !trusted.is_empty());
        assert!(!trusted.has("127.0.0.2".parse().unwrap()));
    }
}
