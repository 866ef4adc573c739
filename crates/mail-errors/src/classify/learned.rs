//! What single words lean to, learned from replies that people have labelled.
//!
//! Phrases know what they were written for; a server that nobody has met says the same in other
//! words. So each word, by its first six letters, and each code has a weight for the reasons that it
//! was found with: those of a multinomial logistic regression over replies, of which
//! `tables/learned.txt` keeps what is not next to nothing. `learn` makes that table.

use std::ops::Range;

use super::Reason;
use super::clue::Clue;
use super::lexicon::{Lexicon, Spelled, Word};
use super::scan::Listener;
use super::scores::{LANES, Scores};

/// Clues that are heard: servers say what is wrong at once.
pub(super) const HEARD: usize = 64;

/// By reason, the clues that speak for it and against it, each with its weight in [`UNITS`].
const TABLE: &str = include_str!("tables/learned.txt");

/// How many units of weight are one logit.
#[cfg(test)]
pub(super) const UNITS: i32 = 16;

/// The table, laid out to be looked up.
#[derive(Debug)]
pub(super) struct Leanings {
    /// Open addressing: the row of a clue, or [`Row::NONE`].
    slots: Box<[Row]>,
    /// By row: its clue.
    clues: Box<[Clue]>,
    /// By word of the lexicon: the row of its letters, so that few words need a second look-up.
    of_word: Box<[Row]>,
    /// The weights of each row in units, reason by reason. Many are 0; to tell those apart would
    /// cost more than to add them.
    rows: Box<[[i8; LANES]]>,
}

/// Where a clue stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row(u16);

impl Row {
    /// The clue leans to nothing.
    const NONE: Self = Self(u16::MAX);
    /// The word of the lexicon does not tell which letters a text has: they are to be looked up.
    const UNTOLD: Self = Self(u16::MAX - 1);
}

/// Rows that are told apart when each is to count once.
const SEEN: usize = 2048;

impl Leanings {
    /// Reads the table, with a lexicon whose words are to be found in it.
    pub(super) fn new(lexicon: &Lexicon) -> Self {
        let mut all = Vec::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (reason, clues) = line.split_once(' ').expect("a reason and its clues");
            let reason = Reason::from_name(reason).expect("a reason of the list").index();
            for (clue, units) in clues.split(' ').filter_map(|clue| clue.rsplit_once(':')) {
                let clue = Clue::parse(clue).expect("a clue");
                let units = units.parse().expect("a weight");
                all.push((clue, reason, units));
            }
        }
        all.sort_unstable();
        let (mut clues, mut rows) = (Vec::new(), Vec::new());
        for own in all.chunk_by(|(one, ..), (other, ..)| one == other) {
            let mut row = [0; LANES];
            for &(_, reason, units) in own {
                row[reason] = units;
            }
            clues.extend(own.first().map(|(clue, ..)| *clue));
            rows.push(row);
        }
        assert!(rows.len() <= SEEN, "more clues than there is room for");
        let mut slots = vec![Row::NONE; (rows.len() * 2).next_power_of_two()];
        for (row, clue) in (0..).zip(&clues) {
            let mut slot = clue.hash() & (slots.len() - 1);
            while slots[slot] != Row::NONE {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = Row(row);
        }
        let mut leanings = Self {
            slots: slots.into(),
            clues: clues.into(),
            of_word: Box::default(),
            rows: rows.into(),
        };
        let of_word = lexicon.starts().map(|start| match start {
            Some(start) if !start.is_number() => leanings.find(Clue::word(start)),
            Some(_) | None => Row::UNTOLD,
        });
        leanings.of_word = of_word.collect();
        leanings
    }

    #[inline]
    fn find(&self, clue: Clue) -> Row {
        let mask = self.slots.len() - 1;
        let mut at = clue.hash() & mask;
        while let Some(&row) = self.slots.get(at)
            && let Some(own) = self.clues.get(usize::from(row.0))
        {
            if *own == clue {
                return row;
            }
            at = (at + 1) & mask;
        }
        Row::NONE
    }

    #[inline]
    fn leans(&self, Row(row): Row) -> Option<&[i8; LANES]> {
        self.rows.get(usize::from(row))
    }

    /// Adds what the clues lean to, each once. Codes lean only where there are words as well.
    pub(super) fn weigh(
        &self,
        codes: impl Iterator<Item = Clue>,
        clues: &Clues<'_>,
        scores: &mut Scores,
    ) {
        let mut seen = [0u64; SEEN / 64];
        let rows = clues.as_slice().iter().filter_map(|&(row, ..)| {
            let units = self.leans(row)?;
            let (at, bit) = (usize::from(row.0) / 64 % (SEEN / 64), 1 << (row.0 % 64));
            let is_new = seen[at] & bit == 0;
            seen[at] |= bit;
            is_new.then_some(units)
        });
        scores.lean(rows);
        if clues.have_words {
            scores.hear_words();
        }
        if scores.has_words() {
            scores.lean(codes.filter_map(|clue| self.leans(self.find(clue))));
        }
    }

    /// Finds where the word stands that speaks most for a reason.
    pub(super) fn best(&self, clues: &Clues<'_>, reason: Reason) -> Option<Range<usize>> {
        let weight = |row: Row| {
            let units = *self.leans(row)?.get(reason.index())?;
            (units > 0).then_some(units)
        };
        let clues = clues.as_slice().iter();
        let (_, at, end) = clues
            .filter_map(|&(row, at, end)| Some((weight(row)?, at, end)))
            .max_by_key(|(weight, ..)| *weight)?;
        Some(at.into()..end.into())
    }

    /// Returns the octets that it takes.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.slots)
            + size_of_val(&*self.clues)
            + size_of_val(&*self.of_word)
            + size_of_val(&*self.rows)
    }
}

/// The first clues of a text, each with where it stands.
#[derive(Debug)]
pub(super) struct Clues<'t> {
    leanings: &'t Leanings,
    rows: [(Row, u16, u16); HEARD],
    count: usize,
    /// One of them is a word that leans to something.
    have_words: bool,
}

impl<'t> Clues<'t> {
    pub(super) const fn new(leanings: &'t Leanings) -> Self {
        let rows = [(Row(0), 0, 0); HEARD];
        Self { leanings, rows, count: 0, have_words: false }
    }

    fn put(&mut self, row: Row, is_word: bool, span: Range<usize>) {
        if let Some(room) = self.rows.get_mut(self.count) {
            // No text is searched so far that `u16` does not count it.
            *room = (row, span.start as u16, span.end as u16);
            self.count += 1;
            self.have_words |= is_word && row != Row::NONE;
        }
    }

    fn as_slice(&self) -> &[(Row, u16, u16)] {
        self.rows.get(..self.count).unwrap_or_default()
    }
}

impl Listener for Clues<'_> {
    #[inline]
    fn word(&mut self, Word(known): Word, word: Spelled, span: Range<usize>) {
        let row = match self.leanings.of_word.get(usize::from(known)) {
            Some(&row) if row != Row::UNTOLD => row,
            // What begins with a digit is a number or a name of something.
            Some(_) | None if word.is_number() => return,
            Some(_) | None => self.leanings.find(Clue::word(word)),
        };
        self.put(row, true, span);
    }

    fn character(&mut self, character: Clue, span: Range<usize>) {
        self.put(self.leanings.find(character), true, span);
    }

    fn sight(&mut self, sight: Word, span: Range<usize>) {
        self.put(self.leanings.find(Clue::sight(sight)), false, span);
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::Rules;
    use super::super::tables;
    use super::*;

    #[test]
    fn ok_each_weight_of_the_table_is_found() {
        let leanings = Leanings::new(&Rules::new(tables::RULES).lexicon);
        let mut count = 0;
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (reason, clues) = line.split_once(' ').expect("a reason and its clues");
            let reason = Reason::from_name(reason).expect("a reason").index();
            for (name, units) in clues.split(' ').filter_map(|clue| clue.rsplit_once(':')) {
                let clue = Clue::parse(name).expect("a clue");
                let units = units.parse::<i8>().expect("a weight");
                let found = leanings.leans(leanings.find(clue)).map(|row| row[reason]);
                assert_eq!(found, Some(units), "{name}");
                count += 1;
            }
        }
        assert!(count > 4000, "{count}");
    }

    #[test]
    fn ok_words_of_the_lexicon_lean_as_their_letters_do() {
        let lexicon = Rules::new(tables::RULES).lexicon;
        let leanings = Leanings::new(&lexicon);
        let phrases = tables::RULES.iter().flat_map(|rules| rules.iter()).map(|rule| rule.phrases);
        let words = phrases.flat_map(|phrases| phrases.split(|letter: char| !letter.is_ascii()));
        let words = words.flat_map(|words| words.split(|letter: char| !letter.is_alphanumeric()));
        let mut known = 0;
        for word in words.filter(|word| !word.is_empty()) {
            // Longer ones as well, which stems stand for.
            for end in ["", "e", "ing"] {
                let spelled = Spelled::folded(word.bytes().chain(end.bytes()));
                let heard = |word: Word| {
                    let mut clues = Clues::new(&leanings);
                    clues.word(word, spelled, 3..7);
                    clues.as_slice().to_vec()
                };
                let own = lexicon.find(spelled);
                assert_eq!(heard(own), heard(Word::NONE), "{word}{end}");
                known += usize::from(own != Word::NONE);
            }
        }
        assert!(known > 2000, "{known}");
    }
}
