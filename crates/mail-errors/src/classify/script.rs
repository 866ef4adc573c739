//! Words of scripts that put no spaces between them, as a tree of half octets.

use std::collections::VecDeque;

use super::lexicon::Word;

/// The words, laid out so that the children of a node lie side by side, in the order of symbols.
#[derive(Debug)]
pub(super) struct Script {
    nodes: Box<[Node]>,
}

/// A node knows its children as a set of symbols and where they begin.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    symbols: u16,
    children: u16,
    word: u16,
}

impl Script {
    /// Finds the longest word at the start of a text, and its length.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(Word, usize)> {
        let mut at = 0;
        let mut found = None;
        for (length, &octet) in text.iter().enumerate() {
            for symbol in [octet >> 4, octet & 15] {
                let node = self.nodes.get(at)?;
                let bit = 1u16 << symbol;
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
        size_of_val(&*self.nodes)
    }
}

/// The tree while it grows.
#[derive(Debug)]
pub(super) struct Tree {
    branches: Vec<Branch>,
}

#[derive(Debug, Default)]
struct Branch {
    children: Vec<(u8, usize)>,
    word: Word,
}

impl Default for Tree {
    fn default() -> Self {
        Self { branches: vec![Branch::default()] }
    }
}

impl Tree {
    /// Returns the number that a word has, or where to write it if it is new.
    pub(super) fn grow(&mut self, word: &[u8]) -> &mut Word {
        let mut at = 0;
        for symbol in word.iter().flat_map(|octet| [octet >> 4, octet & 15]) {
            let new = self.branches.len();
            let children = &mut self.branches[at].children;
            at = match children.iter().find(|(own, _)| *own == symbol) {
                Some(&(_, child)) => child,
                None => {
                    children.push((symbol, new));
                    self.branches.push(Branch::default());
                    new
                }
            };
        }
        &mut self.branches[at].word
    }

    /// Lays the tree out.
    pub(super) fn finish(mut self) -> Script {
        let mut nodes = vec![Node::default()];
        let mut queue = VecDeque::from([(0, 0)]);
        while let Some((from, to)) = queue.pop_front() {
            let branch = &mut self.branches[from];
            branch.children.sort_unstable();
            let first = nodes.len();
            nodes[to] = Node {
                symbols: branch.children.iter().fold(0, |set, (symbol, _)| set | 1 << symbol),
                children: u16::try_from(first).expect("a small tree"),
                word: branch.word.0,
            };
            nodes.resize(first + branch.children.len(), Node::default());
            queue.extend(
                branch.children.iter().enumerate().map(|(n, &(_, from))| (from, first + n)),
            );
        }
        Script { nodes: nodes.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_longest_word() {
        let mut tree = Tree::default();
        for (word, number) in [("メール", 1), ("メールアドレス", 2), ("不明", 3)] {
            *tree.grow(word.as_bytes()) = Word(number);
        }
        assert_eq!(*tree.grow("メール".as_bytes()), Word(1));
        let script = tree.finish();
        let longest = |text: &str| script.longest(text.as_bytes()).map(|(word, _)| word.0);
        assert_eq!(longest("メールアドレスが不明"), Some(2));
        assert_eq!(longest("メールが"), Some(1));
        assert_eq!(longest("が不明"), None);
        assert_eq!(script.longest(&[0xe3, 0x83]), None);
    }
}
