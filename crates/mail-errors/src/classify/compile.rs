//! Reads the tables of rules, once, and lays them out for matching.
//!
//! A phrase is a row of elements: `word`, `stem*`, or `{set}`; `@word` counts within host names and
//! URLs, too. Between two elements may stand one more word; with `..` between them six, with `+`
//! none. `a ~ b` stands for both orders, with up to four words between. `^` at the start: within
//! the first three words of the reply. `%host`, `%address` and `%ip` stand for any such. Words that
//! say nothing (`the`, `is`) are left out, as they are in the reply.

use std::collections::BTreeMap;

use super::blocklist;
use super::fold::{WORD_END, fold};
use super::lexicon::{Lexicon, Spelled, Word};
use super::rules::{Anchored, Element, Is, MOST, Phrase, Rules, Sets, Shape, Source, What};
use super::scan::load;
use super::scores::LABEL;
use super::script::Tree;
use super::tables::{Rule, sets};

/// What each element beyond the first adds to the weight of a phrase.
const SPECIFIC: u8 = 3;

impl Rules {
    /// Reads tables of rules.
    pub(super) fn new(tables: &[&'static [Rule]]) -> Self {
        let mut compiler = Compiler::new();
        for (at, (words, ..)) in blocklist::KNOWN.iter().enumerate() {
            for word in words.split(' ') {
                let word = compiler.word(word);
                compiler.lists.push((word, u8::try_from(at).expect("few lists")));
            }
        }
        for (name, words) in sets::SETS {
            compiler.set(name, words);
        }
        for rule in tables.iter().flat_map(|table| table.iter()) {
            compiler.rule(rule);
        }
        compiler.finish()
    }
}

/// What was read so far.
struct Compiler {
    words: BTreeMap<Spelled, Word>,
    /// By word; those of the script have no spelling.
    spelled: Vec<Option<Spelled>>,
    script: Tree,
    /// The last of those that say nothing.
    fillers: Word,
    sets: Vec<Members>,
    set_of: BTreeMap<&'static str, u8>,
    stem_of: BTreeMap<Spelled, u8>,
    lists: Vec<(Word, u8)>,
    phrases: Vec<Phrase>,
    elements: Vec<Element>,
    sources: Vec<Source>,
    written: Vec<&'static str>,
}

/// The words of a set, and its stems, which stand for the longer ones as well.
#[derive(Default)]
struct Members {
    words: Vec<Word>,
    stems: Vec<Spelled>,
}

impl Compiler {
    fn new() -> Self {
        let mut compiler = Self {
            words: BTreeMap::new(),
            // No word, and what is seen without being a word.
            spelled: vec![None; 1 + usize::from(Word::IP.0)],
            script: Tree::default(),
            fillers: Word::NONE,
            sets: Vec::new(),
            set_of: BTreeMap::new(),
            stem_of: BTreeMap::new(),
            lists: Vec::new(),
            phrases: Vec::new(),
            elements: Vec::new(),
            sources: Vec::new(),
            written: Vec::new(),
        };
        for word in sets::FILLERS.split_whitespace() {
            compiler.fillers = compiler.word(word).max(compiler.fillers);
        }
        compiler
    }

    /// Finds a word or a stem by how it is written, or numbers it.
    fn word(&mut self, word: &str) -> Word {
        match word {
            "%host" => return Word::HOST,
            "%address" => return Word::ADDRESS,
            "%ip" => return Word::IP,
            _ => {}
        }
        let new = Word(u16::try_from(self.spelled.len()).expect("fewer words than u16 counts"));
        let spelled = spell(word);
        let known = match spelled {
            Some(spelled) => self.words.entry(spelled).or_insert(new),
            None => {
                let known = self.script.grow(word.trim_end_matches('*').as_bytes());
                if *known == Word::NONE {
                    *known = new;
                }
                known
            }
        };
        if *known == new {
            self.spelled.push(spelled);
        }
        *known
    }

    fn set(&mut self, name: &'static str, words: &str) {
        let mut members = Members::default();
        for word in words.split_whitespace() {
            members.words.push(self.word(word));
            members.stems.extend(stem(word));
        }
        self.set_of.insert(name, self.next_set());
        self.sets.push(members);
    }

    /// Finds the set of the words that begin with a stem.
    fn set_of_stem(&mut self, word: &str, stem: Spelled) -> u8 {
        if let Some(&set) = self.stem_of.get(&stem) {
            return set;
        }
        let set = self.next_set();
        self.stem_of.insert(stem, set);
        let words = vec![self.word(word)];
        self.sets.push(Members { words, stems: vec![stem] });
        set
    }

    fn next_set(&self) -> u8 {
        u8::try_from(self.sets.len()).expect("fewer sets than u8 counts")
    }

    fn rule(&mut self, rule: &Rule) {
        let number = u16::try_from(self.written.len()).expect("few rules");
        self.written.push(rule.phrases);
        let mut start = 0;
        for part in rule.phrases.split('|') {
            let phrase = part.trim();
            let indent = part.len() - part.trim_start().len();
            let source = Source {
                rule: number,
                start: u16::try_from(start + indent).expect("a rule is short"),
                length: u8::try_from(phrase.len()).expect("a phrase is short"),
            };
            start += part.len() + 1;
            match phrase.split_once('~') {
                None => self.phrase(rule, source, &[phrase]),
                Some((left, right)) => {
                    self.phrase(rule, source, &[left, "....", right]);
                    self.phrase(rule, source, &[right, "....", left]);
                }
            }
        }
    }

    fn phrase(&mut self, rule: &Rule, source: Source, parts: &[&str]) {
        let first = self.elements.len();
        let mut starts = false;
        for part in parts.iter().flat_map(|part| part.split_whitespace()) {
            let gap = match part {
                "^" => {
                    starts = true;
                    continue;
                }
                "+" => 0,
                "...." => 4,
                ".." => 6,
                _ => {
                    let element = self.element(part);
                    self.elements.extend(element);
                    continue;
                }
            };
            if let Some(element) = self.elements.get_mut(first..).and_then(<[_]>::last_mut) {
                element.gap = gap;
            }
        }
        let shape = Shape::new(self.elements.len() - first, 0);
        // The more words, the less chance that they stand together for another reason.
        let more = (shape.length() - 1) * SPECIFIC;
        // No row of words becomes a label by its length.
        let most = if rule.weight < LABEL { LABEL - 1 } else { u8::MAX };
        let weight = rule.weight.saturating_add(more).min(most);
        self.phrases.push(Phrase {
            reason: rule.reason,
            weight,
            first: u16::try_from(first).expect("few elements"),
            third: 0,
            shape,
            starts,
        });
        self.sources.push(source);
    }

    /// Reads an element, unless it says nothing.
    fn element(&mut self, part: &str) -> Option<Element> {
        let (part, named) = match part.strip_prefix('@') {
            Some(part) => (part, true),
            None => (part, false),
        };
        let what = if let Some(set) = part.strip_prefix('{') {
            let set = set.trim_end_matches('}');
            What::set(*self.set_of.get(set).unwrap_or_else(|| panic!("no set {set}")))
        } else if let Some(stem) = stem(part) {
            What::set(self.set_of_stem(part, stem))
        } else {
            match self.word(part) {
                word if !word.is_sight() && word <= self.fillers => return None,
                word => What::word(word),
            }
        };
        Some(Element { what, gap: 1, named })
    }

    fn finish(mut self) -> Rules {
        let meanings = self.meanings();
        let mut named: Vec<Word> = self.lists.iter().map(|(word, _)| *word).collect();
        for element in self.elements.iter().filter(|element| element.named) {
            named.extend(meanings.of(element));
        }
        let (kind, kinds) = meanings.kinds();
        let anchored = self.anchor(&meanings);
        let mut anchors = vec![0];
        anchors.extend(anchored.iter().scan(0, |end, phrases| {
            assert!(phrases.len() <= MOST, "a word is the anchor of too many phrases");
            *end += phrases.len();
            Some(u16::try_from(*end).expect("few anchors"))
        }));
        self.lists.sort_unstable();
        Rules {
            lexicon: Lexicon::new(&self.spelled, self.fillers, &named, self.script.finish()),
            kind: kind.into(),
            kinds: kinds.into(),
            anchors: anchors.into(),
            anchored: anchored.concat().into(),
            phrases: self.phrases.into(),
            elements: self.elements.into(),
            sources: self.sources.into(),
            written: self.written.into(),
            lists: self.lists.into(),
            for_now: ["temporary", "waiting"].map(|set| self.set_of[set]),
            failed: self.set_of["fail"],
        }
    }

    fn meanings(&self) -> Meanings {
        let members = self.sets.iter().map(|set| {
            let mut words = set.words.clone();
            for &stem in &set.stems {
                words.extend(self.words.range(stem.longer()).map(|(_, word)| *word));
            }
            words.sort_unstable();
            words.dedup();
            words
        });
        Meanings {
            sets: members.collect(),
            words: (0..).map(Word).take(self.spelled.len()).collect(),
        }
    }

    /// Chooses the anchors: matching starts at the rarest element of a phrase, and only if the second
    /// and the third rarest are there as well. Returns the phrases by the words that may be their anchors.
    fn anchor(&mut self, meanings: &Meanings) -> Vec<Vec<Anchored>> {
        let common = meanings.common(&self.elements);
        let mut by_word = vec![Vec::new(); meanings.words.len()];
        for (number, phrase) in (0..).zip(&mut self.phrases) {
            let elements = &self.elements[phrase.elements()];
            let rarity = |at: &usize| common[usize::from(elements[*at].what.number())];
            let mut rarest: Vec<_> = (0..elements.len()).collect();
            rarest.sort_by_key(rarity);
            let anchor = rarest[0];
            let also = *rarest.get(1).unwrap_or(&anchor);
            let third = *rarest.get(2).unwrap_or(&also);
            phrase.shape = Shape::new(elements.len(), anchor);
            phrase.third = elements[third].what.mark();
            for word in meanings.of(&elements[anchor]) {
                let also = elements[also].what.mark();
                by_word[usize::from(word.0)].push(Anchored { phrase: number, also });
            }
        }
        by_word
    }
}

/// The words that elements stand for.
struct Meanings {
    sets: Vec<Vec<Word>>,
    /// All words, by their numbers.
    words: Vec<Word>,
}

impl Meanings {
    fn of(&self, element: &Element) -> &[Word] {
        match element.what.is() {
            Is::Set(set) => &self.sets[usize::from(set)],
            Is::Word(Word(word)) => std::slice::from_ref(&self.words[usize::from(word)]),
        }
    }

    /// Counts how common the elements are, by their numbers: how many elements the commonest of
    /// their words may be.
    fn common(&self, elements: &[Element]) -> Vec<u32> {
        let mut words = vec![0; self.words.len()];
        let mut sets = vec![0; self.sets.len()];
        for element in elements {
            match element.what.is() {
                Is::Set(set) => sets[usize::from(set)] += 1,
                Is::Word(Word(word)) => words[usize::from(word)] += 1,
            }
        }
        for (members, uses) in self.sets.iter().zip(&sets) {
            members.iter().for_each(|word| words[usize::from(word.0)] += uses);
        }
        let commonest = |members: &Vec<Word>| {
            members.iter().map(|word| words[usize::from(word.0)]).max().unwrap_or(0)
        };
        let mut common: Vec<u32> = self.sets.iter().map(commonest).collect();
        common.resize(usize::from(What::WORDS), 0);
        common.append(&mut words);
        common
    }

    /// Tells for each word which of the different sets of sets it is in, and which those are.
    fn kinds(&self) -> (Vec<u16>, Vec<Sets>) {
        let mut sets = vec![Sets::default(); self.words.len()];
        for (members, set) in self.sets.iter().zip(0..) {
            members.iter().for_each(|word| sets[usize::from(word.0)].put(set));
        }
        let mut numbers = BTreeMap::new();
        let mut kinds = Vec::new();
        let kind = sets.into_iter().map(|sets| {
            *numbers.entry(sets).or_insert_with(|| {
                kinds.push(sets);
                u16::try_from(kinds.len() - 1).expect("fewer kinds than words")
            })
        });
        (kind.collect(), kinds)
    }
}

/// Spells a word of a table as the scanner hears it: lower case, no accents, no apostrophes; `None`
/// if it is of a script without spaces between words.
fn spell(word: &str) -> Option<Spelled> {
    // As most are.
    if word.len() <= Spelled::LETTERS && word.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
        return Some(Spelled::ascii(load(word.as_bytes(), 0), word.len()));
    }
    let stem = word.strip_suffix('*');
    let mut rest = stem.unwrap_or(word).as_bytes();
    let mut is_script = false;
    let letters = std::iter::from_fn(|| {
        loop {
            let (letter, taken) = fold(rest);
            let (octets, behind) = rest.split_at_checked(taken)?;
            rest = behind;
            match (letter, octets) {
                (WORD_END, b"'") => {}
                (WORD_END, _) => {
                    assert!(!octets.is_ascii(), "{word:?} is more than one word");
                    is_script = true;
                    return None;
                }
                _ => return Some(letter),
            }
        }
    });
    let spelled = Spelled::folded(letters);
    match (is_script, stem) {
        (true, _) => None,
        (false, None) => Some(spelled),
        (false, Some(stem)) => {
            assert!(stem.len() <= Spelled::LETTERS, "{word:?} is too long for a stem");
            Some(spelled.stem())
        }
    }
}

/// Spells a stem.
fn stem(word: &str) -> Option<Spelled> {
    if word.ends_with('*') { spell(word) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_spelling_of_tables() {
        assert_eq!(spell("Größe*"), spell("grose").map(Spelled::stem));
        assert_eq!(spell("doesn't"), spell("doesnt"));
        assert_ne!(spell("doesnt"), spell("doesnt*"));
        assert_eq!(spell("宛先"), None);
    }
}
