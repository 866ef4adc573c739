//! CRC32c, RFC 4960 appendix B.

/// A checksum under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crc32c(u32);

impl Crc32c {
    pub(super) const fn new() -> Self {
        Self(!0)
    }

    /// Goes on over these octets.
    #[must_use]
    pub(super) fn over(self, octets: &[u8]) -> Self {
        Self(octets.iter().fold(self.0, |crc, octet| {
            let [low, ..] = crc.to_le_bytes();
            let step = TABLE.get(usize::from(low ^ octet)).copied().unwrap_or_default();
            (crc >> 8) ^ step
        }))
    }

    pub(super) const fn done(self) -> u32 {
        !self.0
    }
}

/// The polynomial of Castagnoli, reflected.
const POLYNOMIAL: u32 = 0x82f6_3b78;

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut crc = octet as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[octet] = crc;
        octet += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720 appendix B.4, whose numbers are shown in the order of the octets on the wire.
    #[test]
    fn ok_examples_of_rfc_3720() {
        let ascending: Vec<u8> = (0..32).collect();
        let descending: Vec<u8> = (0..32).rev().collect();
        for (octets, crc) in [
            (&[0; 32][..], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&ascending, 0x46dd_794e),
            (&descending, 0x113f_db5c),
            (b"123456789", 0xe306_9283),
        ] {
            assert_eq!(Crc32c::new().over(octets).done(), crc);
            let (head, tail) = octets.split_at(5);
            assert_eq!(Crc32c::new().over(head).over(tail).done(), crc);
        }
    }
}
