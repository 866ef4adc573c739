//! 8BITMIME, RFC 6152.

/// What the octets of a message are. RFC 6152 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum BodyType {
    /// `7BIT`: no octet of 0x80 or above.
    #[default]
    SevenBit,
    /// `8BITMIME`: lines of any octets.
    EightBitMime,
}

impl BodyType {
    /// Reads the value of BODY, in any case of letters.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.eq_ignore_ascii_case(b"7BIT") {
            Some(Self::SevenBit)
        } else if value.eq_ignore_ascii_case(b"8BITMIME") {
            Some(Self::EightBitMime)
        } else {
            None
        }
    }

    /// Returns the value of BODY.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
        }
    }
}
