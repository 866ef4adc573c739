//! Encoded-words: text outside of ASCII in a header (RFC 2047), read and written.
//!
//! # Not supported
//!
//! - Character sets other than UTF-8, US-ASCII and ISO-8859-1. An encoded-word in another stays as
//!   it is written, so that nothing is lost; a wrong guess would lose it.
//! - Parameter values in several parts (RFC 2231), which belong to MIME fields.

use std::borrow::Cow;

use memchr::memmem;

use crate::byte_set::ByteSet;
use crate::lexer::is_space;

/// Decodes a value that is unfolded already, as a person reads it.
///
/// Tolerant, because mail is: encoded-words are found inside of other text and longer than 75
/// octets, and a character may be torn between two adjacent ones of the same character set. White
/// space between two encoded-words is not part of the text (RFC 2047 section 6.2). What is not
/// encoded is taken for UTF-8 (RFC 6532), and octets that are not UTF-8 are shown as U+FFFD.
///
/// The text may hold control characters, line ends included, because they can be encoded: show it,
/// search it, but do not write it into a header.
///
/// ```
/// use mail_message::encoded_word::decode;
///
/// assert_eq!(decode(b"Re: =?UTF-8?B?5LyK5ZCN?="), "Re: 伊名");
/// assert_eq!(decode(b"=?iso-8859-1?q?J=F6rg?= =?us-ascii?q?_M.?="), "Jörg M.");
/// assert_eq!(decode(b"=?ISO-2022-JP?B?GyRCJSIbKEI=?="), "=?ISO-2022-JP?B?GyRCJSIbKEI=?=");
/// ```
#[must_use]
pub fn decode(text: &[u8]) -> Cow<'_, str> {
    let mut out = String::new();
    // The octets of adjacent encoded-words of one character set, to be decoded together.
    let mut open: Option<(Charset, Vec<u8>)> = None;
    let (mut copied, mut at) = (0, 0);
    while let Some(n) = text.get(at..).and_then(|rest| memmem::find(rest, b"=?")) {
        let start = at + n;
        let Some(word) = EncodedWord::parse(text.get(start..).unwrap_or_default()) else {
            at = start + 2;
            continue;
        };
        let gap = text.get(copied..start).unwrap_or_default();
        let adjacent = open.is_some() && gap.iter().copied().all(is_space);
        let joins = adjacent && matches!(&open, Some((charset, _)) if *charset == word.charset);
        if !joins {
            close(&mut open, &mut out);
        }
        if !adjacent {
            out.push_str(&String::from_utf8_lossy(gap));
        }
        open.get_or_insert((word.charset, Vec::new())).1.extend_from_slice(&word.octets);
        at = start + word.len;
        copied = at;
    }
    if copied == 0 {
        return String::from_utf8_lossy(text);
    }
    close(&mut open, &mut out);
    out.push_str(&String::from_utf8_lossy(text.get(copied..).unwrap_or_default()));
    Cow::Owned(out)
}

/// Encodes text as encoded-words in UTF-8, each at most 75 octets (RFC 2047 section 2) and each of
/// whole characters (section 5), to be parted by white space. The first is at most `first` octets,
/// since the field's name stands before it.
///
/// Takes the shorter of the two encodings. What comes out is printable ASCII whatever goes in, and
/// may stand in a phrase too.
pub(crate) fn encode(text: &str, first: usize) -> Vec<String> {
    let q_len: usize = text.bytes().map(q_cost).sum();
    let as_q = q_len <= text.len().div_ceil(3) * 4;
    let cost = |octets: &str| match as_q {
        true => octets.bytes().map(q_cost).sum(),
        false => octets.len().div_ceil(3) * 4,
    };
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let most = if words.is_empty() { first.min(MAX_WORD) } else { MAX_WORD };
        let room = most.saturating_sub(OVERHEAD);
        let mut end = 0;
        for (at, character) in rest.char_indices() {
            let next = at + character.len_utf8();
            // Four octets of UTF-8 never cost more than 12, so the first character always fits a
            // word of its own.
            if end > 0 && rest.get(..next).map_or(0, cost) > room {
                break;
            }
            end = next;
        }
        let (head, tail) = rest.split_at(end);
        words.push(if as_q { q_word(head) } else { b_word(head) });
        rest = tail;
    }
    words
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// US-ASCII is a part of it.
    Utf8,
    Latin1,
}

impl Charset {
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        // RFC 2231 5: a language may follow behind an asterisk.
        let name = name.split(|&octet| octet == b'*').next()?;
        let is_any =
            |names: &[&str]| names.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name));
        if is_any(&["utf-8", "utf8", "us-ascii", "ascii"]) {
            Some(Self::Utf8)
        } else if is_any(&["iso-8859-1", "latin1"]) {
            Some(Self::Latin1)
        } else {
            None
        }
    }
}

struct EncodedWord {
    charset: Charset,
    octets: Vec<u8>,
    len: usize,
}

impl EncodedWord {
    /// > encoded-word = "=?" charset "?" encoding "?" encoded-text "?="     RFC 2047 section 2
    ///
    /// No part holds a `?`, so an attempt ends at the fourth: all attempts together are linear.
    fn parse(input: &[u8]) -> Option<Self> {
        let rest = input.strip_prefix(b"=?")?;
        let (charset, rest) = token(rest, |octet| ByteSet::TOKEN.has(octet))?;
        let charset = Charset::parse(charset)?;
        let (encoding, rest) = token(rest, |octet| ByteSet::TOKEN.has(octet))?;
        let (text, rest) = token(rest, |octet| (33..=126).contains(&octet) && octet != b'?')?;
        let rest = rest.strip_prefix(b"=")?;
        let octets = match encoding {
            [b'Q' | b'q'] => q_decode(text),
            [b'B' | b'b'] => b_decode(text)?,
            _ => return None,
        };
        Some(Self { charset, octets, len: input.len() - rest.len() })
    }
}

/// Splits at the next `?`, if nothing else than the set stands before it.
fn token(input: &[u8], set: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    let len = input.iter().position(|&octet| !set(octet))?;
    let (token, rest) = input.split_at_checked(len)?;
    Some((token, rest.strip_prefix(b"?")?))
}

fn close(open: &mut Option<(Charset, Vec<u8>)>, out: &mut String) {
    match open.take() {
        Some((Charset::Utf8, octets)) => out.push_str(&String::from_utf8_lossy(&octets)),
        Some((Charset::Latin1, octets)) => out.extend(octets.into_iter().map(char::from)),
        None => {}
    }
}

/// RFC 2047 section 4.2. An `=` that two hexadecimal digits do not follow stands for itself.
fn q_decode(text: &[u8]) -> Vec<u8> {
    let hex = |digit: Option<&u8>| char::from(*digit?).to_digit(16).map(|value| value as u8);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [octet, tail @ ..] = rest {
        rest = tail;
        out.push(match octet {
            b'_' => b' ',
            b'=' => match (hex(tail.first()), hex(tail.get(1))) {
                (Some(high), Some(low)) => {
                    rest = tail.get(2..).unwrap_or_default();
                    high << 4 | low
                }
                _ => b'=',
            },
            &octet => octet,
        });
    }
    out
}

/// RFC 2047 section 4.1, with or without padding. `None` if it is not base64.
fn b_decode(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|&&octet| octet == b'=').count();
    let text = text.get(..text.len() - padding)?;
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0_u32;
        for &digit in group {
            bits = bits << 6 | u32::from(sextet(digit)?);
        }
        let [_, octets @ ..] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        // One digit alone has not enough bits for an octet.
        let len = group.len().checked_sub(1).filter(|&len| len > 0)?;
        out.extend_from_slice(octets.get(..len)?);
    }
    Some(out)
}

pub(crate) const fn sextet(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

fn q_cost(octet: u8) -> usize {
    if octet == b' ' || ByteSet::Q_SAFE.has(octet) { 1 } else { 3 }
}

fn q_word(text: &str) -> String {
    let mut word = String::from("=?UTF-8?Q?");
    for octet in text.bytes() {
        match octet {
            b' ' => word.push('_'),
            _ if ByteSet::Q_SAFE.has(octet) => word.push(char::from(octet)),
            _ => word.push_str(&format!("={octet:02X}")),
        }
    }
    word.push_str("?=");
    word
}

fn b_word(text: &str) -> String {
    let mut word = String::from("=?UTF-8?B?");
    for group in text.as_bytes().chunks(3) {
        word.extend(base64_digits(group).map(char::from));
    }
    word.push_str("?=");
    word
}

/// Returns the digits of one to three octets, padded (RFC 2045 section 6.8).
pub(crate) fn base64_digits(group: &[u8]) -> [u8; 4] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = group.iter().fold(0, |bits, &octet| bits << 8 | usize::from(octet));
    let bits = bits << (8 * 3_usize.saturating_sub(group.len()));
    std::array::from_fn(|n| {
        let digit = DIGITS.get(bits >> (18 - 6 * n) & 63).filter(|_| n <= group.len());
        digit.copied().unwrap_or(b'=')
    })
}

/// The longest encoded-word, RFC 2047 section 2.
const MAX_WORD: usize = 75;

/// Octets of `=?UTF-8?B?` and `?=`.
const OVERHEAD: usize = 12;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 2047 section 8.
    #[test]
    fn ok_examples_of_rfc_2047() {
        let examples: [(&[u8], &str); 9] = [
            (b"=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"),
            (b"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen"),
            (b"=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"),
            (
                b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n \
                  =?ISO-8859-1?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                "If you can read this you understand the example.",
            ),
            (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
            (b"(=?ISO-8859-1?Q?a?= b)", "(a b)"),
            (b"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
            (b"(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
            (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?_b?=)", "(a b)"),
        ];
        for (encoded, text) in examples {
            assert_eq!(decode(encoded), text);
        }
    }

    #[test]
    fn ok_language_behind_the_character_set() {
        assert_eq!(decode(b"=?US-ASCII*EN?Q?Keith_Moore?="), "Keith Moore");
    }

    #[test]
    fn ok_character_torn_between_two_words() {
        assert_eq!(decode(b"=?UTF-8?Q?=E4=BC?= =?utf-8?B?ig?="), "伊");
        assert_eq!(decode(b"=?UTF-8?Q?=E4=BC?= =?iso-8859-1?Q?=8A?="), "\u{fffd}\u{8a}");
    }

    #[test]
    fn ok_utf8_without_encoding_and_what_is_not() {
        assert_eq!(decode("Grüße =?UTF-8?Q?=21?=".as_bytes()), "Grüße !");
        assert_eq!(decode(b"caf\xe9"), "caf\u{fffd}");
        assert!(matches!(decode(b"plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn keeps_what_it_cannot_decode() {
        let kept = [
            "=?KOI8-R?Q?a?=",
            "=?UTF-8?X?a?=",
            "=?UTF-8?Q?a b?=",
            "=?UTF-8?Q?a?",
            "=?UTF-8?Q?a",
            "=?UTF-8?B?a?=",
            "=?UTF-8?B?a-b_?=",
            "=??Q?a?=",
            "=?",
            "=?=",
            "=?UTF-8?Q?a?b?=",
        ];
        for text in kept {
            assert_eq!(decode(text.as_bytes()), text);
        }
        assert_eq!(decode(b"=?UTF-8?Q?a=4?="), "a=4");
        assert_eq!(decode(b"=?x =?UTF-8?Q?a?="), "=?x a");
    }

    #[test]
    fn a_million_starts_are_linear() {
        for start in ["=?", "=?a?", "=?utf-8?Q?", "=?utf-8?Q?x?=  "] {
            let flood = start.repeat(1_000_000 / start.len());
            assert!(decode(flood.as_bytes()).len() <= flood.len());
        }
    }

    #[test]
    fn encodes_in_whole_characters_of_at_most_75_octets() {
        let words = encode(&"伊名はメール".repeat(20), 40);
        assert!(words.len() > 4);
        assert!(words[0].len() <= 40);
        for word in &words {
            assert!(word.len() <= 75, "{word}");
            assert!(!decode(word.as_bytes()).contains('\u{fffd}'), "{word}");
        }
    }

    #[test]
    fn encodes_in_the_shorter_way() {
        assert_eq!(encode("Viele Grüße", 75), ["=?UTF-8?B?VmllbGUgR3LDvMOfZQ==?="]);
        assert_eq!(encode("Viele liebe Grüße", 75), ["=?UTF-8?Q?Viele_liebe_Gr=C3=BC=C3=9Fe?="]);
        assert_eq!(encode("伊名", 75), ["=?UTF-8?B?5LyK5ZCN?="]);
        assert!(encode("", 75).is_empty());
    }

    proptest! {
        #[test]
        fn ok_round_trip(text in "\\PC{0,200}", first in 30..=75_usize) {
            let words = encode(&text, first);
            prop_assert!(words.iter().all(|word| word.len() <= 75));
            prop_assert!(words.first().is_none_or(|word| word.len() <= first));
            prop_assert!(words.concat().bytes().all(|octet| octet.is_ascii_graphic()));
            let value = words.join(" ");
            prop_assert_eq!(decode(value.as_bytes()), text);
        }

        #[test]
        fn no_text_panics(text in proptest::collection::vec(prop_oneof![
            Just(b"=?utf-8?Q?".to_vec()), Just(b"=?latin1?b?".to_vec()), Just(b"?=".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..6),
        ], 0..10)) {
            let _ = decode(&text.concat());
        }
    }
}
