//! Classes of octets as const tables (RFC 5322 section 3.2).

/// A set of octets, looked up in one step.
pub(crate) struct ByteSet([bool; 256]);

impl ByteSet {
    /// > ftext = %d33-57 / %d59-126                            RFC 5322 section 2.2
    pub(crate) const FTEXT: Self = Self::range(33, 126).without(b":");

    /// > atext, and all of UTF-8                              RFC 5322 3.2.3, RFC 6532 3.2
    ///
    /// Any octet over 127 is let through: what is not UTF-8 is still somebody's name.
    pub(crate) const ATEXT: Self =
        Self::range(33, 126).without(b"()<>[]:;@\\,.\"").with_range(128, 255);

    /// What may stand unencoded in an encoded-word of a phrase, which is the smallest of the sets
    /// of RFC 2047 section 5.
    pub(crate) const Q_SAFE: Self = Self::range(b'0', b'9')
        .with_range(b'A', b'Z')
        .with_range(b'a', b'z')
        .with_range(b'*', b'+')
        .with_range(b'-', b'-')
        .with_range(b'/', b'/')
        .with_range(b'!', b'!');

    /// > token = 1*<Any CHAR except SPACE, CTLs, and especials>   RFC 2047 section 2
    pub(crate) const TOKEN: Self = Self::range(33, 126).without(b"()<>@,;:\"/[]?.=");

    const fn range(first: u8, last: u8) -> Self {
        Self([false; 256]).with_range(first, last)
    }

    const fn with_range(mut self, first: u8, last: u8) -> Self {
        let mut octet = first as usize;
        while octet <= last as usize {
            self.0[octet] = true;
            octet += 1;
        }
        self
    }

    const fn without(mut self, octets: &[u8]) -> Self {
        let mut n = 0;
        while n < octets.len() {
            self.0[octets[n] as usize] = false;
            n += 1;
        }
        self
    }

    /// Tells whether the octet is in the set.
    pub(crate) const fn has(&self, octet: u8) -> bool {
        self.0[octet as usize]
    }

    /// Returns how many octets at the start of `input` are in the set.
    pub(crate) fn span(&self, input: &[u8]) -> usize {
        input.iter().position(|&octet| !self.has(octet)).unwrap_or(input.len())
    }

    /// Tells whether `input` is not empty and holds nothing else.
    pub(crate) fn is_all(&self, input: &[u8]) -> bool {
        !input.is_empty() && self.span(input) == input.len()
    }
}
