//! What single words lean to, learned from replies that people have labelled.
//!
//! Phrases know what they were written for; a server that nobody has met says the same in other
//! words. So each word, by its first six letters, and each code has a weight for the reasons that it
//! was found with: those of a multinomial logistic regression over replies, of which
//! `tables/learned.txt` keeps what is not next to nothing. `learn` makes that table.

use std::ops::Range;

use crate::{EnhancedStatusCode, ReplyCode};

use super::Reason;
use super::fold::{WORD_END, fold};
use super::lexicon::{Spelled, Word};
use super::scores::Scores;

/// Words that are heard: servers say what is wrong at once.
const HEARD: usize = 64;

/// By reason, the clues that speak for it and against it, each with its weight in [`UNITS`].
const TABLE: &str = include_str!("tables/learned.txt");

/// How many units of weight are one logit.
#[cfg(test)]
pub(super) const UNITS: i32 = 16;

/// What a reply may be known by: the first letters of a word, a character of a script without
/// spaces, a code, or that something is there at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clue(u64);

impl Clue {
    /// It is in every reply.
    pub(super) const ALWAYS: Self = Self(1 << 56);

    const CHARACTER: u64 = 2 << 56;
    const SIGHT: u64 = 3 << 56;
    const CODE: u64 = 4 << 56;
    const CLASS: u64 = 5 << 56;
    const ENHANCED: u64 = 6 << 56;
    const KIND: u64 = 0xff << 56;

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
    fn parse(name: &str) -> Option<Self> {
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

    const fn is_word(self) -> bool {
        matches!(self.0 & Self::KIND, 0 | Self::CHARACTER)
    }

    const fn hash(self) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }
}

/// The clues of a text, each with where it stands.
#[derive(Debug)]
pub(super) struct Clues {
    heard: [(Clue, u16, u16); HEARD],
    count: usize,
}

impl Clues {
    pub(super) const fn new() -> Self {
        Self { heard: [(Clue::ALWAYS, 0, 0); HEARD], count: 0 }
    }

    /// Hears a word; what begins with a digit is a number or a name of something.
    pub(super) fn word(&mut self, word: Spelled, span: Range<usize>) {
        if !word.is_number() {
            self.push(Clue::word(word), span);
        }
    }

    pub(super) fn push(&mut self, clue: Clue, span: Range<usize>) {
        if let Some(room) = self.heard.get_mut(self.count) {
            // No text is searched so far that `u16` does not count it.
            *room = (clue, span.start as u16, span.end as u16);
            self.count += 1;
        }
    }

    pub(super) fn as_slice(&self) -> &[(Clue, u16, u16)] {
        self.heard.get(..self.count).unwrap_or_default()
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

/// The table, laid out to be looked up.
#[derive(Debug)]
pub(super) struct Leanings {
    /// Open addressing: 0, or the number of a clue plus one.
    slots: Box<[u16]>,
    clues: Box<[Clue]>,
    /// By clue: where its weights begin; those of the next end them.
    first: Box<[u16]>,
    weights: Box<[Weight]>,
}

/// What a clue adds to a reason, by its index, in [`UNITS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    pub(super) reason: u8,
    pub(super) units: i8,
}

/// Clues that are told apart when each is to count once.
const SEEN: usize = 2048;

impl Leanings {
    pub(super) fn new() -> Self {
        let mut all = Vec::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (reason, clues) = line.split_once(' ').expect("a reason and its clues");
            let reason = Reason::from_name(reason).expect("a reason of the list").index() as u8;
            for (clue, units) in clues.split(' ').filter_map(|clue| clue.rsplit_once(':')) {
                let clue = Clue::parse(clue).expect("a clue");
                let units = units.parse().expect("a weight");
                all.push((clue, Weight { reason, units }));
            }
        }
        all.sort_unstable();
        let (mut clues, mut first) = (Vec::new(), Vec::new());
        for (at, (clue, _)) in all.iter().enumerate() {
            if clues.last() != Some(clue) {
                clues.push(*clue);
                first.push(u16::try_from(at).expect("few weights"));
            }
        }
        first.push(u16::try_from(all.len()).expect("few weights"));
        assert!(clues.len() <= SEEN, "more clues than there is room for");
        let mut slots = vec![0; (clues.len() * 2).next_power_of_two()];
        for (at, clue) in (1..).zip(&clues) {
            let mut slot = clue.hash() & (slots.len() - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = at;
        }
        Self {
            slots: slots.into(),
            clues: clues.into(),
            first: first.into(),
            weights: all.into_iter().map(|(_, weight)| weight).collect(),
        }
    }

    #[inline]
    fn find(&self, clue: Clue) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = clue.hash() & mask;
        loop {
            let at = usize::from(*self.slots.get(slot)?).checked_sub(1)?;
            if self.clues.get(at) == Some(&clue) {
                return Some(at);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn weights(&self, at: usize) -> &[Weight] {
        match self.first.get(at..at + 2) {
            Some(&[from, to]) => self.weights.get(from.into()..to.into()).unwrap_or_default(),
            Some(_) | None => &[],
        }
    }

    /// Adds what the clues lean to, each once. Codes lean only where there are words as well.
    pub(super) fn weigh(
        &self,
        codes: impl Iterator<Item = Clue>,
        clues: &Clues,
        scores: &mut Scores,
    ) {
        let mut seen = [0u64; SEEN / 64];
        for &(clue, ..) in clues.as_slice() {
            let Some(at) = self.find(clue) else { continue };
            let Some(seen) = seen.get_mut(at / 64) else { continue };
            if *seen >> (at % 64) & 1 == 0 {
                *seen |= 1 << (at % 64);
                scores.lean(self.weights(at), clue.is_word());
            }
        }
        if scores.has_words() {
            for at in codes.filter_map(|clue| self.find(clue)) {
                scores.lean(self.weights(at), false);
            }
        }
    }

    /// Finds where the word stands that speaks most for a reason.
    pub(super) fn best(&self, clues: &Clues, reason: Reason) -> Option<Range<usize>> {
        let weight = |clue: Clue| {
            let weights = self.weights(self.find(clue)?);
            let own = weights.iter().find(|own| usize::from(own.reason) == reason.index())?;
            (own.units > 0).then_some(own.units)
        };
        let clues = clues.as_slice().iter();
        let (_, at, end) = clues
            .filter_map(|&(clue, at, end)| Some((weight(clue)?, at, end)))
            .max_by_key(|(weight, ..)| *weight)?;
        Some(at.into()..end.into())
    }

    /// Returns the octets that it takes.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.slots)
            + size_of_val(&*self.clues)
            + size_of_val(&*self.first)
            + size_of_val(&*self.weights)
    }
}
