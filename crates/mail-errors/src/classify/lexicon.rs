//! The words that rules are made of.
//!
//! Words of letters and digits are looked up by a hash of their first sixteen letters, once a word.
//! Scripts without spaces between words are walked letter by letter through a tree.

use super::scan::{WORD_END, fold};

/// A word of the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word(pub(super) u16);

impl Word {
    /// No word of the lexicon.
    pub(super) const NONE: Self = Self(0);
}

/// The letters of a word as they are read, folded to symbols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelled {
    letters: [u8; LETTERS],
    length: usize,
}

/// Letters that tell words apart; of what is longer the length has to do.
const LETTERS: usize = 16;

impl Spelled {
    pub(super) const fn new() -> Self {
        Self { letters: [0; LETTERS], length: 0 }
    }

    pub(super) fn push(&mut self, symbol: u8) {
        if let Some(letter) = self.letters.get_mut(self.length) {
            *letter = symbol + 1;
        }
        self.length += 1;
    }

    const fn key(&self) -> u128 {
        u128::from_le_bytes(self.letters)
    }

    /// The key of the first letters.
    fn prefix(&self, length: usize) -> u128 {
        self.key() & (u128::MAX >> (128 - 8 * length.clamp(1, LETTERS)))
    }
}

/// All words and stems, by their spelling.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// Open addressing: 0, or the number of an entry plus one under sixteen bits of its hash.
    slots: Box<[u32]>,
    entries: Box<[Entry]>,
    /// By the first two letters: which lengths stems have that begin so, a bit each.
    stems: Box<[u16]>,
    /// The scripts without spaces.
    nodes: Box<[Node]>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    low: u64,
    high: u64,
    word: u16,
    /// How long the word is, or 0 for a stem.
    length: u16,
}

/// A node knows its children as a set of symbols and where they begin.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    symbols: u16,
    children: u16,
    word: u16,
}

impl Lexicon {
    /// Builds it of words and stems, of which the n-th becomes word n + 1.
    pub(super) fn new(words: &[String]) -> Self {
        let mut entries = Vec::new();
        let mut stems = vec![0u16; 37 * 37];
        let mut tree = vec![Branch::default()];
        for (at, word) in words.iter().enumerate() {
            let number = u16::try_from(at + 1).expect("fewer words than u16 counts");
            let (word, is_stem) = match word.strip_suffix('*') {
                Some(stem) => (stem, true),
                None => (word.as_str(), false),
            };
            let mut spelled = Spelled::new();
            for octet in word.bytes() {
                spelled.push(fold(&[octet]).0.min(36));
            }
            if word.starts_with('%') {
                continue;
            }
            if !word.is_ascii() {
                grow(&mut tree, word.as_bytes(), number);
                continue;
            }
            let key = spelled.key();
            let length = if is_stem { 0 } else { spelled.length };
            if is_stem && let Some(lengths) = stems.get_mut(pair(&spelled)) {
                *lengths |= 1 << spelled.length.min(LETTERS - 1);
            }
            entries.push(Entry {
                low: key as u64,
                high: (key >> 64) as u64,
                word: number,
                length: u16::try_from(length).expect("a short word"),
            });
        }
        let mut slots = vec![0u32; (entries.len() * 2).next_power_of_two()];
        for (at, entry) in entries.iter().enumerate() {
            let hash = hash(entry.low, entry.high);
            let mut slot = hash as usize & (slots.len() - 1);
            while slots.get(slot).is_some_and(|own| *own != 0) {
                slot = (slot + 1) & (slots.len() - 1);
            }
            if let Some(own) = slots.get_mut(slot) {
                let number = u16::try_from(at + 1).expect("fewer words than u16 counts");
                *own = tag(hash) | u32::from(number);
            }
        }
        Self {
            slots: slots.into(),
            entries: entries.into(),
            stems: stems.into(),
            nodes: flatten(&tree),
        }
    }

    /// Finds a word: the whole one, or the longest stem that it begins with.
    pub(super) fn find(&self, spelled: &Spelled) -> Word {
        let length = u16::try_from(spelled.length).unwrap_or(u16::MAX);
        let whole = self.entry(spelled.key(), length);
        if whole != Word::NONE {
            return whole;
        }
        let mut lengths = self.stems.get(pair(spelled)).copied().unwrap_or(0);
        while lengths != 0 {
            let longest = 15 - lengths.leading_zeros() as usize;
            if longest <= spelled.length {
                let stem = self.entry(spelled.prefix(longest), 0);
                if stem != Word::NONE {
                    return stem;
                }
            }
            lengths &= !(1 << longest);
        }
        Word::NONE
    }

    fn entry(&self, key: u128, length: u16) -> Word {
        let (low, high) = (key as u64, (key >> 64) as u64);
        let mask = self.slots.len() - 1;
        let hash = hash(low, high);
        let mut slot = hash as usize & mask;
        while let Some(&own) = self.slots.get(slot)
            && own != 0
        {
            if own & 0xffff_0000 == tag(hash)
                && let Some(entry) = self.entries.get((own & 0xffff) as usize - 1)
                && (entry.low, entry.high, entry.length) == (low, high, length)
            {
                return Word(entry.word);
            }
            slot = (slot + 1) & mask;
        }
        Word::NONE
    }

    /// Finds the longest word at the start of a text without spaces between words, and its length.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(Word, usize)> {
        let mut at = 0;
        let mut found = None;
        for (length, &octet) in text.iter().enumerate() {
            for nibble in [octet >> 4, octet & 15] {
                let node = self.nodes.get(at)?;
                let bit = 1u16 << nibble;
                if node.symbols & bit == 0 {
                    return found;
                }
                at = usize::from(node.children) + (node.symbols & (bit - 1)).count_ones() as usize;
            }
            match self.nodes.get(at).map(|node| node.word) {
                Some(word) if word != 0 => found = Some((Word(word), length + 1)),
                Some(_) | None => {}
            }
        }
        found
    }

    /// Returns the octets that it takes.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.slots)
            + size_of_val(&*self.entries)
            + size_of_val(&*self.stems)
            + size_of_val(&*self.nodes)
    }
}

fn pair(spelled: &Spelled) -> usize {
    let [first, second, ..] = spelled.letters;
    usize::from(first) * 37 + usize::from(second)
}

/// The bits of a hash that a slot keeps.
const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 & 0xffff_0000
}

const fn hash(low: u64, high: u64) -> u64 {
    let mixed = (low ^ high.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

#[derive(Debug, Default)]
struct Branch {
    children: Vec<(u8, usize)>,
    word: u16,
}

impl Branch {
    fn child(&self, symbol: u8) -> Option<usize> {
        self.children.iter().find(|(own, _)| *own == symbol).map(|&(_, child)| child)
    }
}

/// Lets a word grow into the tree, two symbols an octet.
fn grow(tree: &mut Vec<Branch>, word: &[u8], number: u16) {
    let mut node = 0;
    for symbol in word.iter().flat_map(|octet| [octet >> 4, octet & 15]) {
        node = match tree.get(node).and_then(|branch| branch.child(symbol)) {
            Some(child) => child,
            None => {
                let child = tree.len();
                tree.push(Branch::default());
                if let Some(branch) = tree.get_mut(node) {
                    branch.children.push((symbol, child));
                }
                child
            }
        };
    }
    if let Some(branch) = tree.get_mut(node) {
        branch.word = number;
    }
}

/// Lays the tree out so that the children of a node lie side by side, in the order of symbols.
fn flatten(tree: &[Branch]) -> Box<[Node]> {
    let mut nodes = vec![Node::default()];
    let mut queue = std::collections::VecDeque::from([(0usize, 0usize)]);
    while let Some((from, to)) = queue.pop_front() {
        let Some(branch) = tree.get(from) else { continue };
        let mut children = branch.children.clone();
        children.sort_unstable();
        let first = nodes.len();
        nodes.resize(first + children.len(), Node::default());
        let symbols = children.iter().fold(0, |set, (symbol, _)| set | 1u16 << symbol);
        if let Some(node) = nodes.get_mut(to) {
            let children = u16::try_from(first).expect("a small tree");
            *node = Node { symbols, children, word: branch.word };
        }
        queue.extend(children.iter().enumerate().map(|(at, &(_, child))| (child, first + at)));
    }
    nodes.into()
}

/// Spells a word of a table as the scanner hears it: lower case, no accents, no apostrophes.
pub(super) fn canonical(word: &str) -> String {
    let mut heard = String::new();
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        let (symbol, _) = fold(rest.as_bytes());
        match symbol {
            WORD_END if c == '\'' => {}
            WORD_END => {
                assert!(!c.is_ascii() || c == '*', "{word:?} is more than one word");
                heard.push(c);
            }
            0..26 => heard.push(char::from(b'a' + symbol)),
            _ => heard.push(char::from(b'0' + symbol - 26)),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(lexicon: &Lexicon, word: &str) -> u16 {
        let mut spelled = Spelled::new();
        for octet in word.bytes() {
            spelled.push(fold(&[octet]).0);
        }
        lexicon.find(&spelled).0
    }

    #[test]
    fn ok_whole_words_and_the_longest_stem() {
        let words = ["exceed", "exceed*", "exceeding*", "mail", "authenticationfailed"];
        let lexicon = Lexicon::new(&words.map(str::to_owned));
        for (word, number) in [
            ("EXCEED", 1),
            ("exceeds", 2),
            ("exceedingly", 3),
            ("mail", 4),
            ("mails", 0),
            ("mai", 0),
            ("authenticationfailed", 5),
            ("authenticationfails", 0),
            ("", 0),
        ] {
            assert_eq!(find(&lexicon, word), number, "{word}");
        }
    }

    #[test]
    fn ok_longest_word_of_a_script_without_spaces() {
        let lexicon = Lexicon::new(&["メール", "メールアドレス", "不明"].map(str::to_owned));
        let longest = |text: &str| lexicon.longest(text.as_bytes()).map(|(word, _)| word.0);
        assert_eq!(longest("メールアドレスが不明"), Some(2));
        assert_eq!(longest("メールが"), Some(1));
        assert_eq!(longest("が不明"), None);
        assert_eq!(lexicon.longest(&[0xe3, 0x83]), None);
    }

    #[test]
    fn ok_spelling_of_tables() {
        assert_eq!(canonical("Größe*"), "grose*");
        assert_eq!(canonical("doesn't"), "doesnt");
        assert_eq!(canonical("宛先"), "宛先");
    }
}
