//! The words that rules are made of, found by their spelling.
//!
//! Words of letters and digits are looked up by a hash of their first fifteen letters, once a word.
//! Scripts without spaces between words are walked octet by octet through a tree.

use std::ops::RangeInclusive;

use super::script::Script;

/// A word of the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Word(pub(super) u16);

impl Word {
    /// No word of the lexicon.
    pub(super) const NONE: Self = Self(0);
    /// What is seen in a text without being a word: a host name, a mail address, an IP address.
    pub(super) const HOST: Self = Self(1);
    pub(super) const ADDRESS: Self = Self(2);
    pub(super) const IP: Self = Self(3);

    /// Tells whether it was seen without being a word.
    pub(super) const fn is_sight(self) -> bool {
        self.0 <= Self::IP.0
    }
}

/// How a word is spelled, in letters that are folded: the first fifteen from the highest octet on, and
/// in the lowest 0, or a mark of a stem or a longer word. Their order is that of dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spelled(u128);

impl Spelled {
    /// Letters that a word begins with, [`start`](Self::start).
    const START: usize = 6;
    /// Letters that tell words apart; of what is longer the length has to do.
    pub(super) const LETTERS: usize = 15;

    const STEM: u128 = 1;
    const LONG: u128 = 0x80;
    const SMALL: u128 = u128::from_ne_bytes([0x20; 16]);

    /// Takes a word of at most fifteen ASCII letters and digits, of either case, that these octets
    /// begin with.
    #[inline]
    pub(super) fn ascii(octets: [u8; 16], length: usize) -> Self {
        // A digit has the bit already that makes a letter small.
        Self((u128::from_be_bytes(octets) | Self::SMALL) & head(length))
    }

    /// Takes folded letters.
    pub(super) fn folded(letters: impl Iterator<Item = u8>) -> Self {
        let (mut key, mut length) = (0, 0u8);
        for letter in letters {
            if usize::from(length) < Self::LETTERS {
                key |= u128::from(letter) << (120 - 8 * length);
            }
            length = length.saturating_add(1);
        }
        let is_long = usize::from(length) > Self::LETTERS;
        Self(if is_long { key | Self::LONG | u128::from(length) } else { key })
    }

    /// Returns the first six letters as a number.
    pub(super) const fn start(self) -> u64 {
        (self.0 >> 80) as u64
    }

    /// Tells whether it begins with a digit.
    pub(super) const fn is_number(self) -> bool {
        ((self.0 >> 120) as u8).is_ascii_digit()
    }

    /// Returns the stem of these letters, at most fifteen.
    pub(super) const fn stem(self) -> Self {
        Self(self.0 | Self::STEM)
    }

    /// Returns all that begin with this stem, itself included.
    pub(super) fn longer(self) -> RangeInclusive<Self> {
        let head = head(self.count());
        Self(self.0 & head)..=Self(self.0 | !head)
    }

    /// Returns the stem of the first letters.
    fn first(self, letters: usize) -> Self {
        Self(self.0 & head(letters)).stem()
    }

    const fn is_stem(self) -> bool {
        self.0 & 0xff == Self::STEM
    }

    /// How many letters it has, fifteen if it has more.
    const fn count(self) -> usize {
        Self::LETTERS - (self.0 >> 8).trailing_zeros() as usize / 8
    }

    /// A number for the first two letters, the same for few others.
    const fn pair(self) -> usize {
        (self.0 >> 120 & 31 | self.0 >> 107 & (31 << 5)) as usize
    }

    const fn hash(self) -> u64 {
        let (high, low) = ((self.0 >> 64) as u64, self.0 as u64);
        let product = (high ^ low.rotate_left(23)) as u128 * 0x9e37_79b9_7f4a_7c15;
        (product >> 64) as u64 ^ product as u64
    }
}

/// The bits of the first letters, at most fifteen.
pub(super) fn head(letters: usize) -> u128 {
    HEADS.get(letters).copied().unwrap_or(0)
}

/// A table is faster than shifts of so many bits.
const HEADS: [u128; Spelled::LETTERS + 1] = {
    let mut table = [0; Spelled::LETTERS + 1];
    let mut letters = 1;
    while letters <= Spelled::LETTERS {
        table[letters] = !(u128::MAX >> (8 * letters));
        letters += 1;
    }
    table
};

/// All words and stems.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// By hash, or behind where it is taken: a word, or none.
    slots: Box<[Word]>,
    /// By word.
    spelled: Box<[Spelled]>,
    /// By word: it counts in host names and URLs, too (`spamhaus`). A bit each.
    names: Box<[u64]>,
    /// Up to this number words say nothing and are passed over (`the`, `is`).
    fillers: Word,
    /// By the first two letters: which lengths stems have that begin so, a bit each.
    stems: Box<[u16]>,
    script: Script,
}

impl Lexicon {
    /// Takes the spellings of words, by their numbers; without one a word is not looked up, or is of
    /// the script.
    pub(super) fn new(
        words: &[Option<Spelled>],
        fillers: Word,
        named: &[Word],
        script: Script,
    ) -> Self {
        let mut slots = vec![Word::NONE; (words.len() * 4 / 3).next_power_of_two()];
        let mut stems = vec![0u16; 32 * 32];
        for (number, &word) in words.iter().enumerate() {
            let Some(word) = word else { continue };
            let mut slot = word.hash() as usize & (slots.len() - 1);
            while slots[slot] != Word::NONE {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = Word(u16::try_from(number).expect("few words"));
            if word.is_stem() {
                stems[word.pair()] |= 1 << word.count();
            }
        }
        let mut names = vec![0; words.len() / 64 + 1];
        for &Word(number) in named {
            names[usize::from(number) / 64] |= 1 << (number % 64);
        }
        Self {
            slots: slots.into(),
            spelled: words.iter().map(|word| word.unwrap_or(Spelled(0))).collect(),
            names: names.into(),
            fillers,
            stems: stems.into(),
            script,
        }
    }

    /// Tells whether the word says nothing and is passed over.
    pub(super) fn is_filler(&self, word: Word) -> bool {
        word <= self.fillers
    }

    /// Tells whether the word counts in host names and URLs, too.
    pub(super) fn is_name(&self, Word(number): Word) -> bool {
        self.names.get(usize::from(number) / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    /// Returns by word how those begin that [`find`](Self::find) finds it for; `None` if they do not
    /// all begin with the same six letters.
    pub(super) fn starts(&self) -> impl Iterator<Item = Option<Spelled>> {
        let is_told = |word: &Spelled| {
            word.start() != 0 && (!word.is_stem() || word.count() >= Spelled::START)
        };
        self.spelled.iter().map(move |word| Some(*word).filter(is_told))
    }

    /// Finds a word: the whole one, or the longest stem that it begins with.
    #[inline]
    pub(super) fn find(&self, word: Spelled) -> Word {
        match self.entry(word) {
            Word::NONE => self.stem(word),
            whole => whole,
        }
    }

    // Few words come here, and its registers would be missed by the others.
    #[inline(never)]
    fn stem(&self, word: Spelled) -> Word {
        let mut lengths = self.stems.get(word.pair()).copied().unwrap_or(0);
        while let Some(longest) = lengths.checked_ilog2() {
            let stem = self.entry(word.first(longest as usize));
            if stem != Word::NONE {
                return stem;
            }
            lengths &= !(1 << longest);
        }
        Word::NONE
    }

    #[inline]
    fn entry(&self, word: Spelled) -> Word {
        let mask = self.slots.len() - 1;
        let mut slot = word.hash() as usize & mask;
        while let Some(&own) = self.slots.get(slot)
            && own != Word::NONE
        {
            if self.spelled.get(usize::from(own.0)) == Some(&word) {
                return own;
            }
            slot = (slot + 1) & mask;
        }
        Word::NONE
    }

    /// Finds the longest word at the start of a text without spaces between words, and its length.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(Word, usize)> {
        self.script.longest(text)
    }

    /// Returns the octets that it takes.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.slots)
            + size_of_val(&*self.spelled)
            + size_of_val(&*self.names)
            + size_of_val(&*self.stems)
            + self.script.size()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::super::script::Tree;
    use super::*;

    fn spelled(word: &str) -> Spelled {
        Spelled::folded(word.bytes().map(|octet| fold(&[octet]).0))
    }

    #[test]
    fn ok_whole_words_and_the_longest_stem() {
        let stems = ["exceed", "exceeding"].map(|stem| Some(spelled(stem).stem()));
        let words = ["exceed", "mail", "authenticationfailed"].map(|word| Some(spelled(word)));
        let lexicon = Lexicon::new(
            &[&[None], &words[..], &stems].concat(),
            Word::NONE,
            &[],
            Tree::default().finish(),
        );
        for (word, number) in [
            ("EXCEED", 1),
            ("exceeds", 4),
            ("exceedingly", 5),
            ("mail", 2),
            ("mails", 0),
            ("mai", 0),
            ("authenticationfailed", 3),
            ("authenticationfails", 0),
            ("", 0),
        ] {
            assert_eq!(lexicon.find(spelled(word)).0, number, "{word}");
        }
    }

    #[test]
    fn ok_ascii_at_once() {
        assert_eq!(Spelled::ascii(*b"Rly:B4 not known", 3), spelled("rly"));
        assert_eq!(Spelled::ascii(*b"B4 is not known ", 2), spelled("b4"));
        assert_eq!(Spelled::ascii(*b"MailboxNotFound.", 15), spelled("mailboxnotfound"));
    }

    #[test]
    fn ok_long_words_by_their_length() {
        assert_ne!(spelled("mailboxnotfound"), spelled("mailboxnotfound1"));
        assert_ne!(spelled("mailboxnotfound1"), spelled("mailboxnotfound12"));
        assert_ne!(spelled("mailboxnotfound"), spelled("mailboxnotfound").stem());
    }

    #[test]
    fn ok_what_begins_with_a_stem() {
        let stem = spelled("exceed").stem();
        let inside = |word: &str| stem.longer().contains(&spelled(word));
        assert!(inside("exceed") && inside("exceeds") && inside("exceedingly0123456789"));
        assert!(
            stem.longer().contains(&stem) && stem.longer().contains(&spelled("exceeding").stem())
        );
        assert!(!inside("excee") && !inside("exceee") && !inside("excef"));
    }
}
