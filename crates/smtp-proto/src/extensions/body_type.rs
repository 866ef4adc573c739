//! What the octets of a message are: RFC 6152 and RFC 3030.

/// What the octets of a message are. RFC 6152 2, RFC 3030 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum BodyType {
    /// `7BIT`: lines, no octet of 0x80 or above.
    #[default]
    SevenBit,
    /// `8BITMIME`: lines of any octets.
    EightBitMime,
    /// `BINARYMIME`: any octets, which need not be lines. It can only be sent by BDAT.
    BinaryMime,
}

impl BodyType {
    /// Reads the value of BODY, in any case of letters.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let all = [Self::SevenBit, Self::EightBitMime, Self::BinaryMime];
        all.into_iter().find(|one| value.eq_ignore_ascii_case(one.as_str().as_bytes()))
    }

    /// Returns the value of BODY.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
        }
    }
}
