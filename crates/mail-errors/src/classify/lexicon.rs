//! The words that rules are made of, as an automaton that reads each octet of a word once.

use super::scan::{WORD_END, fold};

/// A word of the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word(pub(super) u16);

impl Word {
    /// No word of the lexicon.
    pub(super) const NONE: Self = Self(0);
}

/// A trie over folded octets. A node knows its children as a set of symbols and where they begin.
#[derive(Debug)]
pub(super) struct Lexicon {
    nodes: Box<[Node]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    symbols: u64,
    children: u32,
    /// The word that ends here.
    whole: u16,
    /// The word that ends here or anywhere behind (`exceed*`).
    stem: u16,
}

/// A walk through the lexicon along the octets of one word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    node: u32,
    stem: u16,
}

impl Walk {
    pub(super) const START: Self = Self { node: 0, stem: 0 };
    const LOST: u32 = u32::MAX;

    pub(super) const fn is_lost(self) -> bool {
        self.node == Self::LOST
    }
}

impl Lexicon {
    /// Builds it of words and stems, of which the n-th becomes word n + 1.
    pub(super) fn new(words: &[String]) -> Self {
        let mut tree = vec![Branch::default()];
        for (at, word) in words.iter().enumerate() {
            let (word, is_stem) = match word.strip_suffix('*') {
                Some(stem) => (stem, true),
                None => (word.as_str(), false),
            };
            if word.starts_with('%') {
                continue;
            }
            let mut node = 0;
            for symbol in symbols(word.as_bytes()) {
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
            let number = u16::try_from(at + 1).unwrap_or(0);
            if let Some(branch) = tree.get_mut(node) {
                if is_stem {
                    branch.stem = number;
                } else {
                    branch.whole = number;
                }
            }
        }
        Self { nodes: flatten(&tree) }
    }

    /// Takes the next symbol of a word.
    pub(super) fn step(&self, walk: &mut Walk, symbol: u8) {
        let Some(node) = self.nodes.get(walk.node as usize) else { return };
        let bit = 1u64 << (symbol & 63);
        if node.symbols & bit == 0 {
            walk.node = Walk::LOST;
            return;
        }
        walk.node = node.children + (node.symbols & (bit - 1)).count_ones();
        if let Some(node) = self.nodes.get(walk.node as usize)
            && node.stem != 0
        {
            walk.stem = node.stem;
        }
    }

    /// Returns the word that ends here: the whole one, or the longest stem.
    pub(super) fn word(&self, walk: Walk) -> Word {
        match self.nodes.get(walk.node as usize) {
            Some(node) if node.whole != 0 => Word(node.whole),
            Some(_) | None => Word(walk.stem),
        }
    }

    /// Finds the longest word at the start of a text without spaces between words, and its length.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(Word, usize)> {
        let mut walk = Walk::START;
        let mut found = None;
        for (at, &octet) in text.iter().enumerate() {
            for symbol in nibbles(octet) {
                self.step(&mut walk, symbol);
            }
            if walk.is_lost() {
                break;
            }
            match self.word(Walk { stem: 0, ..walk }) {
                Word::NONE => {}
                word => found = Some((word, at + 1)),
            }
        }
        found
    }

    /// Returns the octets that it takes.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.nodes)
    }
}

#[derive(Debug, Default)]
struct Branch {
    children: Vec<(u8, usize)>,
    whole: u16,
    stem: u16,
}

impl Branch {
    fn child(&self, symbol: u8) -> Option<usize> {
        self.children.iter().find(|(own, _)| *own == symbol).map(|&(_, child)| child)
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
        let symbols = children.iter().fold(0, |set, (symbol, _)| set | 1u64 << symbol);
        if let Some(node) = nodes.get_mut(to) {
            *node = Node {
                symbols,
                children: u32::try_from(first).unwrap_or(u32::MAX),
                whole: branch.whole,
                stem: branch.stem,
            };
        }
        queue.extend(children.iter().enumerate().map(|(at, &(_, child))| (child, first + at)));
    }
    nodes.into()
}

/// The symbols of a word of a table, folded as the scanner folds the octets of a reply.
fn symbols(word: &[u8]) -> Vec<u8> {
    let mut symbols = Vec::new();
    let mut rest = word;
    while let Some((&octet, behind)) = rest.split_first() {
        let (symbol, taken) = fold(rest);
        if symbol != WORD_END {
            symbols.push(symbol);
            rest = rest.get(taken..).unwrap_or_default();
            continue;
        }
        if octet >= 0x80 {
            symbols.extend(nibbles(octet));
        }
        rest = behind;
    }
    symbols
}

/// The two symbols of an octet of a script that has no folding.
const fn nibbles(octet: u8) -> [u8; 2] {
    [36 + (octet >> 4), 36 + (octet & 15)]
}
