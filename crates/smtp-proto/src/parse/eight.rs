//! Octets eight at a time: what nearly every address and value is made of, read as numbers.
//!
//! Whatever is not read here is read again by the rules, octet by octet.

use mail_wire::grammar::{eight, equal, find};

/// One in each octet.
const EACH: u64 = u64::from_le_bytes([1; 8]);
/// The highest bit of each octet.
const HIGHEST: u64 = EACH << 7;

/// Marks the octets from `first` to `last`, of octets below 0x80.
#[inline(always)]
const fn within(word: u64, first: u8, last: u8) -> u64 {
    // Adding carries into the highest bit what reaches the bound, and nothing further.
    let reaches = word + EACH * (0x80 - first as u64);
    let passes = word + EACH * (0x7f - last as u64);
    reaches & !passes & HIGHEST
}

/// Returns how long the name is that `i` starts with: letters and digits, with single dots and
/// hyphens between them. `None` if there is none, or a dot or hyphen stands otherwise.
#[inline(always)]
pub(super) fn plain_labels(i: &[u8]) -> Option<usize> {
    // The highest bit of the octet in front: the start counts as a dot.
    let (mut rest, mut len, mut in_front) = (i, 0, 0x80);
    loop {
        let word = eight(rest);
        let low = word & !HIGHEST;
        let dots = within(low, b'-', b'.');
        let alnum = within(low | (EACH * 0x20), b'a', b'z') | within(low, b'0', b'9');
        // Behind the end stand zeros, so that there is always one.
        let stops = (!(dots | alnum) | word) & HIGHEST;
        let stop = stops & stops.wrapping_neg();
        let dots = dots & stop.wrapping_sub(1);
        if (dots | stop) & ((dots << 8) | in_front) != 0 {
            return None;
        }
        if stop != 0 {
            return Some(len + stop.trailing_zeros() as usize / 8);
        }
        in_front = dots >> 56;
        len += 8;
        rest = rest.get(8..)?;
        if rest.is_empty() {
            return (in_front == 0).then_some(len);
        }
    }
}

/// Returns how long the text is that `i` starts with, up to a blank or the end: `None` unless it is
/// printable ASCII without `+` and `=`.
#[inline(always)]
pub(super) fn plain_xtext(i: &[u8]) -> Option<usize> {
    let len = find(i, |word| {
        let low = word & !HIGHEST;
        let odd = (!within(low, b'!', b'~') | word) & HIGHEST;
        odd | equal(word, b'+') | equal(word, b'=')
    });
    let len = len.unwrap_or(i.len());
    (len > 0 && matches!(i.get(len), None | Some(b' '))).then_some(len)
}

/// Reads one to seven digits: the number, and how many.
#[inline(always)]
pub(super) fn short_number(i: &[u8]) -> Option<(u64, usize)> {
    let digits = eight(i) ^ (EACH * b'0' as u64);
    let stops = (((digits & !HIGHEST) + EACH * 0x76) | digits) & HIGHEST;
    let len = stops.trailing_zeros() / 8;
    if !matches!(len, 1..=7) {
        return None;
    }
    // Zeros in front; then digits become pairs, pairs fours, and fours the number.
    let digits = digits << (64 - 8 * len);
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let number = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    Some((number, len as usize))
}

/// A word of at most eight octets to compare with, letters in upper and lower case.
#[derive(Clone, Copy)]
pub(super) struct Word {
    octets: u64,
    counts: u64,
}

impl Word {
    #[inline(always)]
    pub(super) const fn new(word: &[u8]) -> Self {
        assert!(word.len() <= 8, "as many octets as are compared");
        let (mut octets, mut counts, mut rest, mut shift) = (0, 0, word, 0);
        while let [octet, tail @ ..] = rest {
            // Upper and lower case of a letter differ in one bit.
            let bits = if octet.is_ascii_alphabetic() { 0xdf } else { 0xff };
            octets |= ((*octet & bits) as u64) << shift;
            counts |= (bits as u64) << shift;
            (rest, shift) = (tail, shift + 8);
        }
        Self { octets, counts }
    }

    /// Tells whether these eight octets start with it.
    #[inline(always)]
    pub(super) const fn starts(self, eight: u64) -> bool {
        eight & self.counts == self.octets
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule, octet by octet.
    fn labels(i: &[u8]) -> Option<usize> {
        let is_mark = |octet: u8| matches!(octet, b'.' | b'-');
        let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || is_mark(*octet);
        let len = i.iter().take_while(|octet| is_name(octet)).count();
        let mut last = b'.';
        for &octet in i[..len].iter().chain(b".") {
            if is_mark(octet) && is_mark(last) {
                return None;
            }
            last = octet;
        }
        Some(len)
    }

    #[test]
    fn reads_words_in_any_case_and_nothing_else() {
        let word = Word::new(b"RET=");
        for (text, is_it) in
            [("ret=FULL", true), ("RET=", true), ("RET", false), ("RET\u{1d}", false)]
        {
            assert_eq!(word.starts(eight(text.as_bytes())), is_it, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn ok_labels_as_octet_by_octet(text in "[a-zA-Z0-9.@_\u{e9}-]{0,30}|([a-z]{1,9}[.-]){0,4}[a-z0-9]{1,9}[>@ ]?|\\PC*") {
            prop_assert_eq!(plain_labels(text.as_bytes()), labels(text.as_bytes()));
        }

        #[test]
        fn ok_labels_of_any_octets(octets: Vec<u8>) {
            prop_assert_eq!(plain_labels(&octets), labels(&octets));
        }

        #[test]
        fn ok_numbers(text in "[0-9]{0,9}[^0-9]{0,3}") {
            let len = text.bytes().take_while(u8::is_ascii_digit).count();
            let number = text[..len].parse().ok().filter(|_| len <= 7);
            prop_assert_eq!(short_number(text.as_bytes()), number.map(|number| (number, len)));
        }
    }
}
