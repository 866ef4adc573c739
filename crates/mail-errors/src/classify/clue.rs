//! What a reply may be known by, besides phrases.

use crate::{EnhancedStatusCode, ReplyCode};

use super::fold::{WORD_END, fold};
use super::lexicon::{Spelled, Word};

/// What a reply may be known by: the first letters of a word, a character of a script without
/// spaces, a code, or that something is there at all. In 48 bits: six letters, or a kind, which no
/// letter is, and what it is of that kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clue(u64);

impl Clue {
    /// It is in every reply.
    pub(super) const ALWAYS: Self = Self(0xf1 << 40);

    const CHARACTER: u64 = 0xf2 << 40;
    const SIGHT: u64 = 0xf3 << 40;
    const CODE: u64 = 0xf4 << 40;
    const CLASS: u64 = 0xf5 << 40;
    const ENHANCED: u64 = 0xf6 << 40;
    #[cfg(test)]
    const KIND: u64 = 0xff << 40;

    pub(super) const fn word(word: Spelled) -> Self {
        Self(word.start())
    }

    /// The character of which the text begins, if its script has no spaces.
    pub(super) const fn character(text: &[u8]) -> Option<Self> {
        match text {
            &[a @ 0xe3..=0xed, b @ 0x80..=0xbf, c @ 0x80..=0xbf, ..] => {
                Some(Self(Self::CHARACTER | (a as u64) << 16 | (b as u64) << 8 | c as u64))
            }
            _ => None,
        }
    }

    pub(super) const fn sight(Word(which): Word) -> Self {
        Self(Self::SIGHT | which as u64)
    }

    const fn code(code: u16) -> Self {
        Self(Self::CODE | code as u64)
    }

    const fn class(digit: u16) -> Self {
        Self(Self::CLASS | digit as u64)
    }

    const fn enhanced(subject: u16, detail: u16) -> Self {
        Self(Self::ENHANCED | (subject as u64) << 16 | detail as u64)
    }

    /// Reads it as it stands in the table.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        match name {
            "%always" => return Some(Self::ALWAYS),
            "%host" => return Some(Self::sight(Word::HOST)),
            "%address" => return Some(Self::sight(Word::ADDRESS)),
            "%ip" => return Some(Self::sight(Word::IP)),
            _ if !name.is_ascii() => return Self::character(name.as_bytes()),
            _ => {}
        }
        if let Some((subject, detail)) = name.strip_prefix("x.").and_then(|x| x.split_once('.')) {
            return Some(Self::enhanced(number(subject)?, number(detail)?));
        }
        if let Some(digit) = name.strip_suffix("yz").and_then(number) {
            return Some(Self::class(digit));
        }
        if let Some(code) = number(name) {
            return Some(Self::code(code));
        }
        let letters = name.bytes().map(|octet| fold(&[octet]).0);
        let is_word = letters.clone().all(|letter| letter != WORD_END);
        is_word.then(|| Self::word(Spelled::folded(letters)))
    }

    /// Writes it as it stands in the table.
    #[cfg(test)]
    pub(super) fn name(self) -> String {
        let (high, low) = ((self.0 >> 16) as u16, self.0 as u16);
        let octets = self.0.to_be_bytes();
        match self.0 & Self::KIND {
            _ if self == Self::ALWAYS => "%always".into(),
            Self::CHARACTER => String::from_utf8_lossy(&octets[5..]).into_owned(),
            Self::SIGHT if low == Word::HOST.0 => "%host".into(),
            Self::SIGHT if low == Word::ADDRESS.0 => "%address".into(),
            Self::SIGHT => "%ip".into(),
            Self::CODE => low.to_string(),
            Self::CLASS => format!("{low}yz"),
            Self::ENHANCED => format!("x.{high}.{low}"),
            _ => octets.into_iter().filter(|octet| *octet != 0).map(char::from).collect(),
        }
    }

    /// Returns a number of 32 bits that few others share.
    pub(super) const fn hash(self) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }
}

/// The clues of codes, and the one that is always there.
pub(super) fn of_codes(
    code: Option<ReplyCode>,
    enhanced: Option<EnhancedStatusCode>,
) -> impl Iterator<Item = Clue> {
    let code = code.map(|code| code.get());
    let enhanced = enhanced.map(|code| Clue::enhanced(code.subject(), code.detail()));
    let class = code.map(|code| Clue::class(code / 100));
    [Some(Clue::ALWAYS), class, code.map(Clue::code), enhanced].into_iter().flatten()
}
