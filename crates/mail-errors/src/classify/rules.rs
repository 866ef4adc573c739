//! Rules, laid out for matching: which phrases are met in the words of a reply.

use std::ops::Range;

use super::Reason;
use super::lexicon::{Lexicon, Word};
use super::scan::Token;
use super::scores::Scores;

/// Phrases that a word may be the anchor of.
pub(super) const MOST: usize = 128;

/// All rules, compiled.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) lexicon: Lexicon,
    /// By word: which of `kinds` it is.
    pub(super) kind: Box<[u16]>,
    /// The sets that words of a kind are in.
    pub(super) kinds: Box<[Sets]>,
    /// By word: where its phrases begin in `anchored`; those of the next word end them.
    pub(super) anchors: Box<[u16]>,
    /// Phrases by the word at which matching starts, their rarest.
    pub(super) anchored: Box<[Anchored]>,
    pub(super) phrases: Box<[Phrase]>,
    pub(super) elements: Box<[Element]>,
    /// By phrase: as it is written.
    pub(super) sources: Box<[Source]>,
    /// The rules that the sources are parts of.
    pub(super) written: Box<[&'static str]>,
    /// The sets of words that take a refusal back: it is for now.
    pub(super) for_now: [u8; 2],
    /// The set of words that say that something went wrong.
    pub(super) failed: u8,
    /// Words that name a block list, sorted, and which.
    pub(super) lists: Box<[(Word, u8)]>,
}

/// A set of sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sets([u64; 4]);

impl Sets {
    pub(super) fn put(&mut self, set: u8) {
        self.0[usize::from(set / 64)] |= 1 << (set % 64);
    }

    const fn has(&self, set: u8) -> bool {
        self.0[(set / 64) as usize] >> (set % 64) & 1 == 1
    }
}

/// A row of elements, and what it stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    pub(super) reason: Reason,
    pub(super) weight: u8,
    /// Where its elements begin.
    pub(super) first: u16,
    /// The mark of its third rarest element, which must be somewhere in the text as well.
    pub(super) third: u16,
    pub(super) shape: Shape,
    /// It stands at the start of the reply.
    pub(super) starts: bool,
}

/// How many elements a phrase has, and which is its anchor, in one octet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape(u8);

impl Shape {
    pub(super) fn new(length: usize, anchor: usize) -> Self {
        assert!(anchor < length && length < 16, "a phrase has one to fifteen words");
        Self((length << 4 | anchor) as u8)
    }

    pub(super) const fn length(self) -> u8 {
        self.0 >> 4
    }

    const fn anchor(self) -> usize {
        (self.0 & 15) as usize
    }
}

impl Phrase {
    /// Returns which are its elements.
    pub(super) const fn elements(&self) -> Range<usize> {
        let first = self.first as usize;
        first..first + self.shape.length() as usize
    }
}

/// Where a phrase is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub(super) rule: u16,
    pub(super) start: u16,
    pub(super) length: u8,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) what: What,
    /// Words that may stand between it and the next.
    pub(super) gap: u8,
    /// It is met in host names and URLs, too.
    pub(super) named: bool,
}

/// A set, or a word, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct What(u16);

/// What a [`What`] is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    Set(u8),
    Word(Word),
}

impl What {
    /// The number of the first word; those below it are for sets.
    pub(super) const WORDS: u16 = 256;

    pub(super) const fn set(set: u8) -> Self {
        Self(set as u16)
    }

    pub(super) fn word(Word(word): Word) -> Self {
        Self(word.checked_add(Self::WORDS).expect("few words"))
    }

    pub(super) const fn number(self) -> u16 {
        self.0
    }

    pub(super) const fn is(self) -> Is {
        match self.0.checked_sub(Self::WORDS) {
            None => Is::Set(self.0 as u8),
            Some(word) => Is::Word(Word(word)),
        }
    }

    /// The bit that stands for it: 256 are for sets, and 256 for words, which share them.
    pub(super) const fn mark(self) -> u16 {
        match self.is() {
            Is::Set(set) => set as u16,
            Is::Word(word) => Self::mark_of_word(word),
        }
    }

    const fn mark_of_word(Word(word): Word) -> u16 {
        256 | word & 255
    }
}

/// A phrase at its anchor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchored {
    pub(super) phrase: u16,
    /// The mark of its second rarest element, which must be somewhere in the text as well.
    pub(super) also: u16,
}

/// A phrase that may be met, and the token that would be its anchor.
#[derive(Debug, Clone, Copy, Default)]
struct Maybe {
    phrase: u16,
    at: u16,
}

/// What occurs anywhere in a text, by marks, a bit each.
#[derive(Debug, Default)]
struct Present([u64; 8]);

impl Present {
    fn put(&mut self, word: Word, sets: &Sets) {
        for (own, sets) in self.0.iter_mut().zip(sets.0) {
            *own |= sets;
        }
        let mark = What::mark_of_word(word);
        self.0[usize::from(mark >> 6 & 7)] |= 1 << (mark & 63);
    }

    const fn has(&self, mark: u16) -> bool {
        self.0[(mark >> 6 & 7) as usize] >> (mark & 63) & 1 == 1
    }
}

/// Which phrase was met, and where: its first and its last token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    pub(super) phrase: u16,
    pub(super) first: u8,
    pub(super) last: u8,
}

impl Rules {
    /// Weighs the phrases that are met in the tokens.
    pub(super) fn weigh(&self, tokens: &[Token], scores: &mut Scores) {
        let mut present = Present::default();
        for token in tokens {
            present.put(token.word, self.sets(token.word));
        }
        // First all that may be met, without a branch that nobody can guess.
        let mut maybe = [Maybe::default(); MOST];
        let mut count = 0;
        for (at, token) in (0..).zip(tokens) {
            let anchored = self.anchored(token.word);
            if count + anchored.len() > MOST {
                self.try_phrases(maybe.get(..count).unwrap_or(&maybe), &present, tokens, scores);
                count = 0;
            }
            for &Anchored { phrase, also } in anchored {
                maybe[count % MOST] = Maybe { phrase, at };
                count += usize::from(present.has(also));
            }
        }
        self.try_phrases(maybe.get(..count).unwrap_or(&maybe), &present, tokens, scores);
    }

    /// Weighs those phrases that are met, in this order.
    // Its registers would be missed by the loop over all that may be met.
    #[inline(never)]
    fn try_phrases(
        &self,
        maybe: &[Maybe],
        present: &Present,
        tokens: &[Token],
        scores: &mut Scores,
    ) {
        for &Maybe { phrase: number, at } in maybe {
            let Some(phrase) = self.phrases.get(usize::from(number)) else { continue };
            // Both are quickly told, and neither is easily guessed.
            if scores.may_gain(phrase) & present.has(phrase.third)
                && let Some((first, last)) = self.meets(phrase, tokens, at.into())
            {
                let place = tokens.get(usize::from(first)).map_or(0, |token| token.place);
                scores.meet(phrase, Met { phrase: number, first, last }, place);
            }
        }
    }

    /// Tells which block list a word names.
    pub(super) fn list(&self, word: Word) -> Option<u8> {
        if !self.lexicon.is_name(word) {
            return None;
        }
        let at = self.lists.binary_search_by_key(&word, |(own, _)| *own).ok()?;
        self.lists.get(at).map(|&(_, list)| list)
    }

    /// Tells whether one of the tokens is of a set.
    pub(super) fn speak_of(&self, tokens: &[Token], set: u8) -> bool {
        tokens.iter().any(|token| self.sets(token.word).has(set))
    }

    /// Returns a phrase as it is written in the tables.
    pub(super) fn source(&self, phrase: u16) -> Option<&'static str> {
        let source = self.sources.get(usize::from(phrase))?;
        let start = usize::from(source.start);
        let rule = self.written.get(usize::from(source.rule))?;
        rule.get(start..start + usize::from(source.length))
    }

    /// Returns the octets that the tables take, without what the phrases are written with.
    pub(super) fn size(&self) -> usize {
        self.lexicon.size()
            + size_of_val(&*self.kind)
            + size_of_val(&*self.kinds)
            + size_of_val(&*self.anchors)
            + size_of_val(&*self.anchored)
            + size_of_val(&*self.phrases)
            + size_of_val(&*self.elements)
            + size_of_val(&*self.sources)
            + size_of_val(&*self.written)
            + size_of_val(&*self.lists)
    }

    fn anchored(&self, word: Word) -> &[Anchored] {
        let at = usize::from(word.0);
        match self.anchors.get(at..at + 2) {
            Some(&[from, to]) => self.anchored.get(from.into()..to.into()).unwrap_or_default(),
            Some(_) | None => &[],
        }
    }

    /// Tells where a phrase begins and ends if it is met with its anchor at this token.
    #[inline]
    fn meets(&self, phrase: &Phrase, tokens: &[Token], at: usize) -> Option<(u8, u8)> {
        let elements = self.elements.get(phrase.elements())?;
        let (before, from) = elements.split_at_checked(phrase.shape.anchor())?;
        let anchor = tokens.get(at)?;
        let (element, behind) = from.split_first()?;
        if anchor.is_named && !element.named {
            return None;
        }
        let (mut last, mut gap) = (at, element.gap);
        for element in behind {
            let limit = tokens.get(last)?.next() + u16::from(gap);
            loop {
                last += 1;
                let token = tokens.get(last).filter(|token| token.place <= limit)?;
                if self.is(token, element) {
                    break;
                }
            }
            gap = element.gap;
        }
        let mut first = at;
        for element in before.iter().rev() {
            let place = tokens.get(first)?.place;
            let gap = u16::from(element.gap);
            loop {
                first = first.checked_sub(1)?;
                let token = tokens.get(first).filter(|token| token.next() + gap >= place)?;
                if self.is(token, element) {
                    break;
                }
            }
        }
        // There is no room for more tokens than `u8` counts.
        (!phrase.starts || tokens.get(first)?.place < 3).then_some((first as u8, last as u8))
    }

    fn is(&self, token: &Token, element: &Element) -> bool {
        (element.named || !token.is_named)
            && match element.what.is() {
                Is::Set(set) => self.sets(token.word).has(set),
                Is::Word(word) => token.word == word,
            }
    }

    fn sets(&self, word: Word) -> &Sets {
        const NONE: &Sets = &Sets([0; 4]);
        let kind = self.kind.get(usize::from(word.0)).copied().unwrap_or_default();
        self.kinds.get(usize::from(kind)).unwrap_or(NONE)
    }
}
