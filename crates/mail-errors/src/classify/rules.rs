//! Rules, read once from their tables and laid out for matching.
//!
//! A phrase is a row of elements: `word`, `stem*`, or `{set}`; `@word` counts within host names and
//! URLs, too. Between two elements may stand one more word; with `..` between them six, with `+`
//! none. `a ~ b` stands for both orders, with up to four words between. `^` at the start: within
//! the first three words of the reply. `%host`, `%address` and `%ip` stand for any such. Words that say nothing (`the`, `is`) are left out, as they
//! are in the reply.

use std::collections::BTreeMap;

use super::lexicon::{Lexicon, Word, canonical};
use super::scan::{Token, Vocabulary};
use super::tables::{Rule, sets};
use super::{Reason, blocklist};

/// What each element beyond the first adds to the weight of a phrase.
const SPECIFIC: u8 = 3;

/// All rules, compiled.
#[derive(Debug)]
pub(super) struct Rules {
    lexicon: Lexicon,
    /// By word: which of `kinds` it is.
    kind: Box<[u16]>,
    /// The sets that words of a kind are in.
    kinds: Box<[Sets]>,
    /// By word: where its phrases begin in `anchored`, and where they end.
    anchors: Box<[(u16, u16)]>,
    /// Phrases by the word at which matching starts, their rarest.
    anchored: Box<[Anchored]>,
    phrases: Box<[Phrase]>,
    elements: Box<[Element]>,
    /// Words that name a block list, sorted, and which.
    lists: Box<[(Word, u8)]>,
}

/// A set of sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sets([u64; 3]);

impl Sets {
    const ROOM: usize = 192;
    const FILLER: usize = 0;
    const NAME: usize = 1;

    fn has(self, set: usize) -> bool {
        self.0.get(set / 64).is_some_and(|bits| bits >> (set % 64) & 1 == 1)
    }

    fn put(&mut self, set: usize) {
        if let Some(bits) = self.0.get_mut(set / 64) {
            *bits |= 1 << (set % 64);
        }
    }
}

/// A row of elements, and what it stands for.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) source: &'static str,
    pub(super) reason: Reason,
    pub(super) weight: u8,
    first: u16,
    length: u8,
    anchor: u8,
    starts: bool,
}

impl Phrase {
    /// Returns how many elements it has.
    pub(super) const fn length(&self) -> u8 {
        self.length
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Element {
    what: What,
    /// Words that may stand between it and the next.
    gap: u8,
    /// It is met in host names and URLs, too.
    named: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Word(Word),
    Set(u8),
}

/// A phrase at its anchor.
#[derive(Debug, Clone, Copy)]
struct Anchored {
    phrase: u16,
    /// The mark of its second rarest element, which must be somewhere in the text as well.
    also: Mark,
}

/// The bit that stands for an element: 256 for sets, and 256 for words, which share them.
#[derive(Debug, Clone, Copy)]
struct Mark(u16);

impl Mark {
    const fn of(what: What) -> Self {
        match what {
            What::Set(set) => Self(set as u16),
            What::Word(word) => Self(256 | (word.0 & 255)),
        }
    }
}

/// What occurs anywhere in a text.
#[derive(Debug, Default)]
struct Present([u64; 8]);

impl Present {
    fn put(&mut self, word: Word, sets: Sets) {
        for (own, sets) in self.0.iter_mut().zip(sets.0) {
            *own |= sets;
        }
        let Mark(bit) = Mark::of(What::Word(word));
        self.0[usize::from(bit >> 6 & 7)] |= 1 << (bit & 63);
    }

    const fn may_have(&self, Mark(bit): Mark) -> bool {
        self.0[(bit >> 6 & 7) as usize] >> (bit & 63) & 1 == 1
    }
}

/// Which phrase was met, and where: its first and its last token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    pub(super) phrase: u16,
    pub(super) first: u8,
    pub(super) last: u8,
}

impl Vocabulary for Rules {
    fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    fn is_filler(&self, word: Word) -> bool {
        self.is_in(word, Sets::FILLER)
    }

    fn is_name(&self, word: Word) -> bool {
        self.is_in(word, Sets::NAME)
    }
}

impl Rules {
    /// Reads tables of rules.
    pub(super) fn new(tables: &[&'static [Rule]]) -> Self {
        let mut compiler = Compiler::default();
        // In the order of `scan::SIGHTS`.
        for sight in ["%host", "%address", "%ip"] {
            compiler.spelled.push(sight.to_owned());
            let number = u16::try_from(compiler.spelled.len()).expect("three");
            compiler.words.insert(sight.to_owned(), Word(number));
        }
        compiler.set("filler", sets::FILLERS);
        compiler.fillers = sets::FILLERS.split_whitespace().map(canonical).collect();
        compiler.set("name", "");
        for (at, (words, ..)) in blocklist::KNOWN.iter().enumerate() {
            for word in words.split(' ') {
                let word = compiler.word(word);
                compiler.names.push(word);
                compiler.lists.push((word, u8::try_from(at).expect("few lists")));
            }
        }
        for (name, words) in sets::SETS {
            compiler.set(name, words);
        }
        for rule in tables.iter().flat_map(|table| table.iter()) {
            for source in rule.phrases.split('|') {
                compiler.phrase(rule, source.trim());
            }
        }
        compiler.finish()
    }

    /// Tells of each phrase that is met in the tokens, in no order.
    pub(super) fn met(&self, tokens: &[Token], mut tell: impl FnMut(&Phrase, Met)) {
        let mut present = Present::default();
        for token in tokens {
            present.put(token.word, self.sets(token.word));
        }
        for (at, token) in tokens.iter().enumerate() {
            let (from, to) =
                self.anchors.get(usize::from(token.word.0)).copied().unwrap_or_default();
            for anchored in self.anchored.get(from.into()..to.into()).unwrap_or_default() {
                if !present.may_have(anchored.also) {
                    continue;
                }
                let number = anchored.phrase;
                let Some(phrase) = self.phrases.get(usize::from(number)) else { continue };
                if let Some((first, last)) = self.meets(phrase, tokens, at) {
                    // There is no room for more tokens than `u8` counts.
                    let (first, last) = (first as u8, last as u8);
                    tell(phrase, Met { phrase: number, first, last });
                }
            }
        }
    }

    /// Tells which block list a word names.
    pub(super) fn list(&self, word: Word) -> Option<u8> {
        let at = self.lists.binary_search_by_key(&word, |(own, _)| *own).ok()?;
        self.lists.get(at).map(|&(_, list)| list)
    }

    fn meets(&self, phrase: &Phrase, tokens: &[Token], at: usize) -> Option<(usize, usize)> {
        let elements = self
            .elements
            .get(phrase.first.into()..usize::from(phrase.first) + usize::from(phrase.length))?;
        let (before, from) = elements.split_at_checked(phrase.anchor.into())?;
        let anchor = tokens.get(at)?;
        let (element, behind) = from.split_first()?;
        if anchor.is_named && !element.named {
            return None;
        }
        let (mut last, mut gap) = (at, element.gap);
        for element in behind {
            let before = tokens.get(last)?;
            let limit = before.place + before.width() + u16::from(gap);
            last += 1 + tokens
                .get(last + 1..)?
                .iter()
                .take_while(|token| token.place <= limit)
                .position(|token| self.is(*token, *element))?;
            gap = element.gap;
        }
        let mut first = at;
        for element in before.iter().rev() {
            let place = tokens.get(first)?.place;
            let gap = u16::from(element.gap);
            first -= 1 + tokens
                .get(..first)?
                .iter()
                .rev()
                .take_while(|token| token.place + token.width() + gap >= place)
                .position(|token| self.is(*token, *element))?;
        }
        (!phrase.starts || tokens.get(first)?.place < 3).then_some((first, last))
    }

    fn is(&self, token: Token, element: Element) -> bool {
        (element.named || !token.is_named)
            && match element.what {
                What::Word(word) => token.word == word,
                What::Set(set) => self.is_in(token.word, set.into()),
            }
    }

    fn is_in(&self, word: Word, set: usize) -> bool {
        self.sets(word).has(set)
    }

    fn sets(&self, word: Word) -> Sets {
        let kind = self.kind.get(usize::from(word.0)).copied().unwrap_or_default();
        self.kinds.get(usize::from(kind)).copied().unwrap_or_default()
    }

    /// Returns the octets that the tables take.
    pub(super) fn size(&self) -> usize {
        self.lexicon.size()
            + size_of_val(&*self.kind)
            + size_of_val(&*self.kinds)
            + size_of_val(&*self.anchors)
            + size_of_val(&*self.anchored)
            + size_of_val(&*self.phrases)
            + size_of_val(&*self.elements)
            + size_of_val(&*self.lists)
    }

    /// Returns a phrase by its number.
    pub(super) fn phrase(&self, number: u16) -> Option<&Phrase> {
        self.phrases.get(usize::from(number))
    }
}

/// Words and sets by their names, and what was read so far.
#[derive(Default)]
struct Compiler {
    fillers: Vec<String>,
    words: BTreeMap<String, Word>,
    spelled: Vec<String>,
    sets: Vec<(String, Vec<String>)>,
    names: Vec<Word>,
    lists: Vec<(Word, u8)>,
    phrases: Vec<(Phrase, Vec<Element>)>,
}

impl Compiler {
    fn word(&mut self, word: &str) -> Word {
        let canonical = if word.starts_with('%') { word.to_owned() } else { canonical(word) };
        let word = canonical.as_str();
        if let Some(&word) = self.words.get(word) {
            return word;
        }
        self.spelled.push(word.to_owned());
        let number = Word(u16::try_from(self.spelled.len()).expect("fewer words than u16 counts"));
        self.words.insert(word.to_owned(), number);
        number
    }

    fn set(&mut self, name: &str, words: &str) {
        let words: Vec<_> = words.split_whitespace().map(canonical).collect();
        for word in &words {
            self.word(word);
        }
        self.sets.push((name.to_owned(), words));
    }

    /// Finds a set by its name; a stem is the set of the words that begin with it.
    fn set_at(&mut self, name: &str) -> u8 {
        let at = self.sets.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
            assert!(name.ends_with('*'), "no set {name}");
            self.set(name, name);
            self.sets.len() - 1
        });
        assert!(at < Sets::ROOM, "more sets than there is room for");
        u8::try_from(at).expect("room for fewer sets than u8 counts")
    }

    /// Reads a phrase, in both orders if it has a `~`.
    fn phrase(&mut self, rule: &Rule, source: &'static str) {
        match source.split_once(" ~ ") {
            None => self.row(rule, source, &[source]),
            Some((left, right)) => {
                self.row(rule, source, &[left, "....", right]);
                self.row(rule, source, &[right, "....", left]);
            }
        }
    }

    fn row(&mut self, rule: &Rule, source: &'static str, parts: &[&str]) {
        let mut elements: Vec<Element> = Vec::new();
        let mut starts = false;
        for part in parts.iter().flat_map(|part| part.split_whitespace()) {
            let gap = match part {
                "^" => {
                    starts = true;
                    continue;
                }
                "+" => Some(0),
                "...." => Some(4),
                ".." => Some(6),
                _ => None,
            };
            if self.fillers.iter().any(|filler| filler == part) {
                continue;
            }
            if let Some(gap) = gap {
                if let Some(element) = elements.last_mut() {
                    element.gap = gap;
                }
                continue;
            }
            let (part, named) = match part.strip_prefix('@') {
                Some(part) => (part, true),
                None => (part, false),
            };
            let what = if let Some(set) = part.strip_prefix('{') {
                What::Set(self.set_at(set.trim_end_matches('}')))
            } else if part.ends_with('*') {
                What::Set(self.set_at(&canonical(part)))
            } else {
                What::Word(self.word(part))
            };
            if named {
                let words = self.words_of(what);
                self.names.extend(words);
            }
            elements.push(Element { what, gap: 1, named });
        }
        // The more words, the less chance that they stand together for another reason.
        let more = u8::try_from(elements.len()).expect("a short phrase").saturating_sub(1);
        let phrase = Phrase {
            source,
            reason: rule.reason,
            weight: rule.weight.saturating_add(more * SPECIFIC),
            first: 0,
            length: u8::try_from(elements.len()).expect("a short phrase"),
            anchor: 0,
            starts,
        };
        self.phrases.push((phrase, elements));
    }

    /// The words that an element stands for. A stem stands for longer words and stems as well.
    fn words_of(&self, what: What) -> Vec<Word> {
        let members = match what {
            What::Word(word) => return vec![word],
            What::Set(set) => self.sets.get(usize::from(set)).map(|(_, words)| words),
        };
        let members = members.into_iter().flatten();
        let mut words = Vec::new();
        for member in members {
            match member.strip_suffix('*') {
                Some(stem) => words.extend(
                    self.words
                        .iter()
                        .filter(|(word, _)| word.trim_end_matches('*').starts_with(stem))
                        .map(|(_, word)| *word),
                ),
                None => words.extend(self.words.get(member)),
            }
        }
        words.sort_unstable();
        words.dedup();
        words
    }

    fn finish(mut self) -> Rules {
        let known = self.spelled.len() + 1;
        let mut sets = vec![Sets::default(); known];
        for at in 0..self.sets.len() {
            let words = self.words_of(What::Set(u8::try_from(at).expect("checked in set_at")));
            for word in words {
                if let Some(sets) = sets.get_mut(usize::from(word.0)) {
                    sets.put(at);
                }
            }
        }
        for word in &self.names {
            if let Some(sets) = sets.get_mut(usize::from(word.0)) {
                sets.put(Sets::NAME);
            }
        }
        let mut kinds = Vec::new();
        let kind: Vec<u16> = sets
            .iter()
            .map(|sets| {
                let at = kinds.iter().position(|own| own == sets).unwrap_or_else(|| {
                    kinds.push(*sets);
                    kinds.len() - 1
                });
                u16::try_from(at).expect("fewer kinds than words")
            })
            .collect();
        // How many phrases a word stands in: matching starts at the rarest element of a phrase.
        let mut words_of: BTreeMap<What, Vec<Word>> = BTreeMap::new();
        let mut common = vec![0usize; known];
        for (_, elements) in &self.phrases {
            for element in elements {
                let words =
                    words_of.entry(element.what).or_insert_with(|| self.words_of(element.what));
                for word in words {
                    if let Some(count) = common.get_mut(usize::from(word.0)) {
                        *count += 1;
                    }
                }
            }
        }
        let commonest = |words: &[Word]| {
            words.iter().filter_map(|word| common.get(usize::from(word.0))).max().copied()
        };
        let mut by_word: Vec<Vec<Anchored>> = vec![Vec::new(); known];
        let mut all = Vec::new();
        for (at, (phrase, elements)) in self.phrases.iter_mut().enumerate() {
            let rarest = elements
                .iter()
                .enumerate()
                .min_by_key(|(_, element)| commonest(&words_of[&element.what]))
                .map_or(0, |(at, _)| at);
            let second = elements
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != rarest)
                .min_by_key(|(_, element)| commonest(&words_of[&element.what]));
            let also = second.map(|(_, element)| element).or(elements.get(rarest));
            let also = also.expect("a phrase has a word").what;
            phrase.anchor = u8::try_from(rarest).expect("a short phrase");
            phrase.first = u16::try_from(all.len()).expect("few elements");
            for word in elements.get(rarest).into_iter().flat_map(|e| &words_of[&e.what]) {
                if let Some(phrases) = by_word.get_mut(usize::from(word.0)) {
                    let phrase = u16::try_from(at).expect("few phrases");
                    phrases.push(Anchored { phrase, also: Mark::of(also) });
                }
            }
            all.append(elements);
        }
        let mut anchored = Vec::new();
        let mut anchors = Vec::new();
        for phrases in by_word {
            let from = u16::try_from(anchored.len()).expect("few anchors");
            anchored.extend(phrases);
            anchors.push((from, u16::try_from(anchored.len()).expect("few anchors")));
        }
        Rules {
            lists: {
                self.lists.sort_unstable();
                self.lists.into()
            },
            lexicon: Lexicon::new(&self.spelled),
            kind: kind.into(),
            kinds: kinds.into(),
            anchors: anchors.into(),
            anchored: anchored.into(),
            phrases: self.phrases.into_iter().map(|(phrase, _)| phrase).collect(),
            elements: all.into(),
        }
    }
}
