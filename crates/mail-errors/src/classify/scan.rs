//! Cuts the text of a reply into words, in one pass, into room that is there already.

use std::ops::Range;

use crate::{EnhancedClass, EnhancedStatusCode};

use super::clue::Clue;
use super::fold::{WORD_END, fold};
use super::lexicon::{Lexicon, Spelled, Word, head};

/// Octets of text that are looked at. Servers say what is wrong at once; what follows is advice.
pub(super) const SEARCHED: usize = 4096;

/// Words of the lexicon that are kept.
pub(super) const KEPT: usize = 128;

/// A word of the lexicon as it stands in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) word: Word,
    /// How many words stand before it, those that say nothing left out.
    pub(super) place: u16,
    at: u16,
    end: u16,
    /// It is a part of a host name or of a URL.
    pub(super) is_named: bool,
}

impl Token {
    /// Room for a token.
    pub(super) const NONE: Self =
        Self { word: Word::NONE, place: 0, at: 0, end: 0, is_named: false };

    /// The place behind it: what is seen without being a word takes none.
    pub(super) const fn next(self) -> u16 {
        self.place + !self.word.is_sight() as u16
    }

    pub(super) fn span(self) -> Range<usize> {
        self.at.into()..self.end.into()
    }
}

/// What is found in a text.
#[derive(Debug)]
pub(super) struct Found<'r> {
    pub(super) tokens: &'r [Token],
    /// The enhanced code that stands first in the text and is of the class asked for.
    pub(super) enhanced: Option<EnhancedStatusCode>,
    /// Where `://` stands first.
    pub(super) url: Option<usize>,
}

/// Who is told what else a text may be known by, words that the lexicon does not have among it.
pub(super) trait Listener {
    /// Hears a word, and which of the lexicon it was found for, if any.
    fn word(&mut self, known: Word, word: Spelled, span: Range<usize>);

    /// Hears a character of a script without spaces.
    fn character(&mut self, character: Clue, span: Range<usize>);

    /// Sees a host name, a mail address or an IP address.
    fn sight(&mut self, sight: Word, span: Range<usize>);
}

/// Finds the words of a text, and the enhanced code in it.
pub(super) fn scan<'r>(
    text: &[u8],
    class: Option<EnhancedClass>,
    lexicon: &Lexicon,
    room: &'r mut [Token; KEPT],
    listener: &mut impl Listener,
) -> Found<'r> {
    let text = text.get(..SEARCHED).unwrap_or(text);
    let mut scanner = Scanner { text, lexicon, place: 0, room, count: 0, listener };
    let (mut code, mut url) = (None, None);
    let mut at = 0;
    while at < text.len() {
        let Chunk { run, end, kind } = chunk(text, at);
        match kind {
            Kind::Gap => {}
            Kind::Word => scanner.ascii(at, run, false),
            Kind::Words => scanner.words(at..end, run, false),
            Kind::Address => scanner.sees(Word::ADDRESS, at..end),
            Kind::Ip => scanner.sees(Word::IP, at..end),
            Kind::Host => {
                scanner.sees(Word::HOST, at..end);
                scanner.words(at..end, run, true);
            }
            Kind::Url(colon) => {
                url = url.or(Some(colon));
                scanner.words(at..end, run, true);
            }
            Kind::Numbers if code.is_some() => {}
            Kind::Numbers => {
                let found = text.get(at..end).and_then(enhanced);
                let is_asked =
                    |code: &EnhancedStatusCode| class.is_none_or(|class| code.class() == class);
                code = found.filter(is_asked);
            }
        }
        // What ends a chunk is passed over.
        at = end + 1;
    }
    let count = scanner.count;
    Found { tokens: room.get(..count).unwrap_or_default(), enhanced: code, url }
}

struct Scanner<'a, L> {
    text: &'a [u8],
    lexicon: &'a Lexicon,
    place: u16,
    room: &'a mut [Token; KEPT],
    count: usize,
    listener: &'a mut L,
}

impl<L: Listener> Scanner<'_, L> {
    /// Reads the words of a chunk, which begins with so many ASCII letters and digits; of a name
    /// only those count that are names themselves.
    fn words(&mut self, range: Range<usize>, mut run: usize, is_named: bool) {
        let mut rest = self.text.get(range.clone()).unwrap_or_default();
        let mut at = range.start;
        loop {
            match rest.get(run) {
                Some(b'\'' | 0x80..) => at = self.other(at, range.end, is_named),
                Some(_) | None => {
                    self.ascii(at, run, is_named);
                    at += run + 1;
                }
            }
            if at >= range.end {
                return;
            }
            rest = self.text.get(at..range.end).unwrap_or_default();
            run = self::run(rest);
        }
    }

    fn sees(&mut self, sight: Word, span: Range<usize>) {
        self.listener.sight(sight, span.clone());
        self.push(sight, span, false);
    }

    /// Reads a word of so many ASCII letters and digits, as most are.
    #[inline(always)] // A call for each word is one instruction in 25.
    fn ascii(&mut self, start: usize, run: usize, is_named: bool) {
        let end = start + run;
        match run {
            0 => {}
            1..=Spelled::LETTERS => {
                let octets = load(self.text, start);
                let word = Spelled::ascii(octets, run);
                match self.lexicon.find(word) {
                    Word::NONE if has_humps(octets) => self.unknown(word, start..end, is_named),
                    // Numbers stand between words without parting them.
                    Word::NONE if is_named || !has_letters(octets, run) => {}
                    Word::NONE => self.unheard(word, start..end),
                    known => self.heard(known, word, start..end, is_named),
                }
            }
            _ => self.word(start..end, is_named),
        }
    }

    /// Reads what has apostrophes or is not ASCII, and returns where it ends.
    fn other(&mut self, start: usize, end: usize, is_named: bool) -> usize {
        let rest = self.text.get(start..end).unwrap_or_default();
        let length = letters(rest).map(|(_, length)| length).last();
        if let Some(length) = length {
            self.word(start..start + length, is_named);
            return start + length;
        }
        // A script without spaces: the longest word that begins here, else on by a character.
        let end = match self.lexicon.longest(rest) {
            Some((word, length)) => {
                if !self.says_nothing(word, is_named) {
                    self.found(word, start..start + length, is_named);
                }
                start + length
            }
            None => start + 1,
        };
        for at in start..end {
            if let Some(clue) = self.text.get(at..).and_then(Clue::character) {
                self.listener.character(clue, at..at + 3);
            }
        }
        end
    }

    /// Reads a word letter by letter.
    fn word(&mut self, range: Range<usize>, is_named: bool) {
        self.look_up(self.spelled(range.clone()), range, is_named);
    }

    fn look_up(&mut self, word: Spelled, range: Range<usize>, is_named: bool) {
        match self.lexicon.find(word) {
            Word::NONE => self.unknown(word, range, is_named),
            known => self.heard(known, word, range, is_named),
        }
    }

    /// Takes a word of the lexicon.
    #[inline]
    fn heard(&mut self, known: Word, word: Spelled, range: Range<usize>, is_named: bool) {
        if !self.says_nothing(known, is_named) {
            self.telling(known, word, range, is_named);
        }
    }

    /// Takes a word of the lexicon that says something.
    #[inline(never)]
    fn telling(&mut self, known: Word, word: Spelled, range: Range<usize>, is_named: bool) {
        self.listener.word(known, word, range.clone());
        self.found(known, range, is_named);
    }

    /// Takes a word that the lexicon has not.
    fn unheard(&mut self, word: Spelled, range: Range<usize>) {
        self.listener.word(Word::NONE, word, range);
        self.place += 1;
    }

    fn spelled(&self, range: Range<usize>) -> Spelled {
        let octets = self.text.get(range).unwrap_or_default();
        Spelled::folded(letters(octets).map(|(letter, _)| letter))
    }

    /// Takes what is no word of the lexicon. `OverQuotaTemp` is three words, if it is not one.
    // Few words come here, and its registers would be missed by the others.
    #[inline(never)]
    fn unknown(&mut self, word: Spelled, range: Range<usize>, is_named: bool) {
        let octets = self.text.get(range.clone()).unwrap_or_default();
        if !octets.windows(2).any(is_hump) {
            // Numbers stand between words without parting them.
            if !is_named && !octets.iter().all(u8::is_ascii_digit) {
                self.unheard(word, range);
            }
            return;
        }
        let mut start = range.start;
        for part in octets.chunk_by(|&before, &octet| !is_hump(&[before, octet])) {
            let end = start + part.len();
            let word = self.spelled(start..end);
            match self.lexicon.find(word) {
                Word::NONE if is_named => {}
                Word::NONE => self.unheard(word, start..end),
                known => self.heard(known, word, start..end, is_named),
            }
            start = end;
        }
    }

    fn says_nothing(&self, word: Word, is_named: bool) -> bool {
        self.lexicon.is_filler(word) || (is_named && !self.lexicon.is_name(word))
    }

    fn found(&mut self, word: Word, span: Range<usize>, is_named: bool) {
        self.push(word, span, is_named);
        self.place += u16::from(!is_named);
    }

    fn push(&mut self, word: Word, span: Range<usize>, is_named: bool) {
        if let Some(room) = self.room.get_mut(self.count) {
            // No text is searched so far that `u16` does not count it.
            let (at, end) = (span.start as u16, span.end as u16);
            *room = Token { word, place: self.place, at, end, is_named };
            self.count += 1;
        }
    }
}

/// Folds the letters and digits of the word that a text begins with, and tells how far each reaches.
fn letters(text: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            match (fold(rest), rest) {
                // "doesn't" is one word.
                ((WORD_END, _), [b'\'', b'a'..=b'z' | b'A'..=b'Z', ..]) if at > 0 => at += 1,
                ((WORD_END, _), _) => return None,
                ((letter, taken), _) => {
                    at += taken;
                    return Some((letter, at));
                }
            }
        }
    })
}

/// Tells whether it is a capital letter behind a small one.
const fn is_hump(octets: &[u8]) -> bool {
    matches!(octets, [b'a'..=b'z', b'A'..=b'Z'])
}

/// Tells whether there may be a capital letter behind a small one, of ASCII letters and digits.
const fn has_humps(octets: [u8; 16]) -> bool {
    // The bits that tell letters from digits, and small ones from capitals, one above the other.
    let octets = u128::from_be_bytes(octets);
    let letters = octets >> 1 & SMALL;
    let small = octets & letters;
    small >> 8 & letters & !octets != 0
}

/// Tells whether there are letters among so many ASCII letters and digits.
fn has_letters(octets: [u8; 16], run: usize) -> bool {
    u128::from_be_bytes(octets) >> 1 & SMALL & head(run) != 0
}

/// The bit of a letter that makes it small, in each octet.
const SMALL: u128 = u128::from_ne_bytes([0x20; 16]);

/// Returns the octets from here on, zeros behind the last.
pub(super) fn load(text: &[u8], start: usize) -> [u8; 16] {
    let rest = text.get(start..).unwrap_or_default();
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut octets = [0; 16];
        octets.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        octets
    })
}

/// Counts the ASCII letters and digits at the start.
fn run(text: &[u8]) -> usize {
    let mut length = 0;
    let mut rest = text;
    // Eight octets at once: a loop that ends where nobody can guess costs more than it does.
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let others = !alphanumeric(u64::from_le_bytes(*eight)) & HIGHEST;
        if others != 0 {
            return length + others.trailing_zeros() as usize / 8;
        }
        length += 8;
        rest = behind;
    }
    let other = |octet: &u8| !octet.is_ascii_alphanumeric();
    length + rest.iter().position(other).unwrap_or(rest.len())
}

/// Sets the highest bit of each octet that is an ASCII letter or digit.
const fn alphanumeric(octets: u64) -> u64 {
    const fn each(octet: u8) -> u64 {
        u64::from_ne_bytes([octet; 8])
    }
    // None of these sums reaches into the next octet. The first has the bit from the first letter
    // or digit on, the second from what comes behind the last.
    let low = octets & !HIGHEST;
    let small = low | each(0x20);
    let letters = (small + each(0x80 - b'a')) & !(small + each(0x80 - b'z' - 1));
    let digits = (low + each(0x80 - b'0')) & !(low + each(0x80 - b'9' - 1));
    (letters | digits) & !octets
}

/// The highest bit of each octet.
const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);

struct Chunk {
    /// How many ASCII letters and digits it begins with.
    run: usize,
    end: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gap,
    /// One word of ASCII letters and digits.
    Word,
    Words,
    Host,
    /// With a `://`, and where.
    Url(usize),
    Ip,
    /// A mail address, whose words say nothing (`spam@`, `relay@`).
    Address,
    /// Digits and dots: an enhanced code, a version.
    Numbers,
}

/// Finds what begins at this octet and reaches to the next space or bracket.
fn chunk(text: &[u8], start: usize) -> Chunk {
    let rest = text.get(start..).unwrap_or_default();
    let run = run(rest);
    if rest.get(run).is_none_or(|octet| class_of(*octet) == GAP) {
        let kind = if run == 0 { Kind::Gap } else { Kind::Word };
        return Chunk { run, end: start + run, kind };
    }
    let (mut seen, mut url) = (0, None);
    let mut length = run;
    while let Some(&octet) = rest.get(length) {
        match class_of(octet) {
            GAP => break,
            COLON if rest.get(length + 1..length + 3) != Some(b"//") => break,
            COLON => url = url.or(Some(start + length)),
            class => seen |= class,
        }
        length += 1 + self::run(rest.get(length + 1..).unwrap_or_default());
    }
    let chunk = rest.get(..length).unwrap_or_default();
    let has_letters = || chunk.iter().any(|octet| class_of(*octet) & (LETTER | HIGH) != 0);
    let kind = match url {
        _ if chunk.is_empty() => Kind::Gap,
        Some(colon) => Kind::Url(colon),
        None if seen & AT != 0 => Kind::Address,
        None if seen & DOT == 0 => Kind::Words,
        None if !has_letters() && is_ip(chunk) => Kind::Ip,
        None if !has_letters() => Kind::Numbers,
        // The end of a sentence.
        None if run + 1 == length => Kind::Words,
        None if is_host(chunk) => Kind::Host,
        None => Kind::Words,
    };
    Chunk { run, end: start + length, kind }
}

/// Tells a host name from words that have dots between them (`spam.Please`, `Unknown...`).
fn is_host(chunk: &[u8]) -> bool {
    let chunk = chunk.strip_suffix(b".").unwrap_or(chunk);
    let name = chunk.split(|&octet| octet == b'/').next().unwrap_or_default();
    let mut labels = name.rsplit(|&octet| octet == b'.');
    let top = labels.next().unwrap_or_default();
    let lower = top.iter().all(u8::is_ascii_lowercase);
    let upper = top.iter().all(u8::is_ascii_uppercase);
    let mut below = labels.peekable();
    (2..=24).contains(&top.len())
        && (lower || upper)
        && below.peek().is_some()
        && below.all(|label| !label.is_empty())
}

/// Tells an IPv4 address from other digits with dots.
fn is_ip(chunk: &[u8]) -> bool {
    let chunk = chunk.strip_suffix(b".").unwrap_or(chunk);
    let numbers = chunk.split(|&octet| octet == b'.');
    numbers.clone().count() == 4
        && numbers
            .clone()
            .all(|number| matches!(number.len(), 1..=3) && number.iter().all(u8::is_ascii_digit))
}

/// Reads an enhanced code as it stands in texts: `5.1.1`, `#5.1.1`, `550-5.1.1`.
fn enhanced(chunk: &[u8]) -> Option<EnhancedStatusCode> {
    let chunk = match chunk {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', rest @ ..] => rest,
        [b'#' | b'-', rest @ ..] => rest,
        chunk => chunk,
    };
    let chunk = chunk.strip_suffix(b".").or_else(|| chunk.strip_suffix(b"-")).unwrap_or(chunk);
    EnhancedStatusCode::parse(chunk).ok()
}

const GAP: u8 = 1;
const LETTER: u8 = 2;
const DIGIT: u8 = 4;
const DOT: u8 = 8;
const AT: u8 = 16;
const COLON: u8 = 32;
const HIGH: u8 = 64;
const OTHER: u8 = 128;

fn class_of(octet: u8) -> u8 {
    CLASS.get(usize::from(octet)).copied().unwrap_or(GAP)
}

const CLASS: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut at = 0;
    while at < 256 {
        let octet = at as u8;
        table[at] = match octet {
            0..=b' ' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => GAP,
            b'"' | b'`' | b';' | b',' | b'|' | b'=' | b'!' | b'*' | 0x7f => GAP,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            0x80.. => HIGH,
            b'.' => DOT,
            b'@' => AT,
            b':' => COLON,
            _ => OTHER,
        };
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_run_ends_at_each_octet_that_is_no_letter_or_digit() {
        for octet in 0..=u8::MAX {
            for at in 0..20 {
                let mut text = *b"azAZ09azAZ09azAZ09az";
                text[at] = octet;
                let length = if octet.is_ascii_alphanumeric() { text.len() } else { at };
                assert_eq!(run(&text), length, "{octet:#x} at {at}");
            }
        }
    }

    #[test]
    fn ok_octets_up_to_the_end_of_the_text() {
        assert_eq!(load(b"550 5.1.1 user unknown", 4), *b"5.1.1 user unkno");
        assert_eq!(load(b"550 user", 4), *b"user\0\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(load(b"550", 4), [0; 16]);
    }
}
