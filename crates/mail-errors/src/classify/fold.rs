//! Folds characters to the letters and digits that words are spelled with.

/// What an octet is folded to that no word goes on with.
pub(super) const WORD_END: u8 = 0;

/// Folds the first character to a small letter without accent or to a digit, and tells how many
/// octets it takes. Else [`WORD_END`].
pub(super) fn fold(text: &[u8]) -> (u8, usize) {
    match text {
        [octet, ..] if octet.is_ascii_alphanumeric() => (octet.to_ascii_lowercase(), 1),
        // UTF-8 of U+00C0 to U+00FF, the letters of Latin-1.
        [0xc3, low @ 0x80..=0xbf, ..] => (under_accent(low | 0x40), 2),
        // Latin-1 itself.
        [octet @ 0xc0..=0xff, rest @ ..] if rest.first().is_none_or(u8::is_ascii) => {
            (under_accent(octet & 0x7f), 1)
        }
        _ => (WORD_END, 1),
    }
}

/// The letter under the accent of a character of Latin-1, less its highest bit.
const fn under_accent(low: u8) -> u8 {
    match low & 0x5f {
        0x40..=0x46 => b'a',
        0x47 => b'c',
        0x48..=0x4b => b'e',
        0x4c..=0x4f => b'i',
        0x50 => b'd',
        0x51 => b'n',
        0x52..=0x56 | 0x58 => b'o',
        0x59..=0x5c => b'u',
        0x5d => b'y',
        _ => b's',
    }
}
