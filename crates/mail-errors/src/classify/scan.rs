//! Cuts the text of a reply into words, in one pass, into room that is there already.

use std::ops::Range;

use crate::{EnhancedClass, EnhancedStatusCode};

use super::lexicon::{Lexicon, Spelled, Word};

/// Octets of text that are looked at. Servers say what is wrong at once; what follows is advice.
pub(super) const SEARCHED: usize = 4096;

/// Words of the lexicon that are kept.
const KEPT: usize = 128;

/// What is seen in a text without being a word: it takes no place among the words.
const HOST: Word = Word(1);
const ADDRESS: Word = Word(2);
const IP: Word = Word(3);

/// What [`fold`] returns for an octet that no word goes on with.
pub(super) const WORD_END: u8 = u8::MAX;

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
    /// How many places it takes among the words: what is seen without being a word takes none.
    pub(super) const fn width(self) -> u16 {
        (self.word.0 > IP.0) as u16
    }

    pub(super) fn span(self) -> Range<usize> {
        self.at.into()..self.end.into()
    }
}

/// The words of a text.
#[derive(Debug)]
pub(super) struct Tokens {
    tokens: [Token; KEPT],
    len: usize,
    /// The enhanced code that stands first in the text and is of the class asked for.
    pub(super) enhanced: Option<EnhancedStatusCode>,
}

impl Tokens {
    pub(super) const fn new() -> Self {
        let none = Token { word: Word::NONE, place: 0, at: 0, end: 0, is_named: false };
        Self { tokens: [none; KEPT], len: 0, enhanced: None }
    }

    pub(super) fn as_slice(&self) -> &[Token] {
        self.tokens.get(..self.len).unwrap_or_default()
    }

    fn push(&mut self, token: Token) {
        if let Some(room) = self.tokens.get_mut(self.len) {
            *room = token;
            self.len += 1;
        }
    }
}

/// What a lexicon says of its words beside their numbers.
pub(super) trait Vocabulary {
    fn lexicon(&self) -> &Lexicon;
    /// Tells whether the word says nothing and is passed over (`the`, `is`).
    fn is_filler(&self, word: Word) -> bool;
    /// Tells whether the word counts in host names and URLs, too (`spamhaus`).
    fn is_name(&self, word: Word) -> bool;
}

/// Finds the words of a text, and the enhanced code in it.
pub(super) fn scan(
    text: &[u8],
    class: Option<EnhancedClass>,
    words: &impl Vocabulary,
    tokens: &mut Tokens,
) {
    let text = text.get(..SEARCHED).unwrap_or(text);
    let mut scanner = Scanner { text, words, place: 0, tokens };
    let mut at = 0;
    while at < text.len() {
        let Chunk { end, kind } = chunk(text, at);
        match kind {
            Kind::Gap => {}
            Kind::Address => scanner.sees(ADDRESS, at..end),
            Kind::Words => scanner.words(at..end, false),
            Kind::Url => scanner.words(at..end, true),
            Kind::Host => {
                scanner.sees(HOST, at..end);
                scanner.words(at..end, true);
            }
            Kind::Ip => scanner.sees(IP, at..end),
            Kind::Numbers => {
                if scanner.tokens.enhanced.is_none() {
                    scanner.tokens.enhanced = text
                        .get(at..end)
                        .and_then(enhanced)
                        .filter(|code| class.is_none_or(|class| code.class() == class));
                }
            }
        }
        at = end.max(at + 1);
    }
}

struct Scanner<'a, V> {
    text: &'a [u8],
    words: &'a V,
    place: u16,
    tokens: &'a mut Tokens,
}

impl<V: Vocabulary> Scanner<'_, V> {
    /// Reads the words of a chunk; of a name only those count that are names themselves.
    fn words(&mut self, range: Range<usize>, is_named: bool) {
        let mut at = range.start;
        while at < range.end {
            let rest = self.text.get(at..range.end).unwrap_or_default();
            let (symbol, taken) = fold(rest);
            if symbol != WORD_END {
                at = self.word(at, range.end, is_named);
                continue;
            }
            // A script without spaces: the longest word that begins here, else on by a character.
            let other = rest.first().is_some_and(|&octet| octet >= 0x80);
            match self.words.lexicon().longest(rest) {
                Some((word, length)) if other => {
                    self.found(word, at..at + length, is_named);
                    at += length;
                }
                Some(_) | None => at += taken,
            }
        }
    }

    fn sees(&mut self, sight: Word, span: Range<usize>) {
        if let (Ok(at), Ok(end)) = (u16::try_from(span.start), u16::try_from(span.end)) {
            let place = self.place;
            self.tokens.push(Token { word: sight, place, at, end, is_named: false });
        }
    }

    /// Reads one word, and returns where it ends.
    fn word(&mut self, start: usize, end: usize, is_named: bool) -> usize {
        let heard = self.hear(start, end);
        let at = start + heard.length;
        match self.words.lexicon().find(&heard.spelled) {
            // `OverQuotaTemp` is three words, if it is not one.
            Word::NONE if heard.humps => {
                let mut from = start;
                while from < at {
                    let next = (from + 1..at).find(|&next| self.is_hump(next)).unwrap_or(at);
                    match self.words.lexicon().find(&self.hear(from, next).spelled) {
                        Word::NONE => self.place += u16::from(!is_named),
                        word => self.found(word, from..next, is_named),
                    }
                    from = next;
                }
            }
            // Numbers stand between words without parting them.
            Word::NONE => self.place += u16::from(heard.letters && !is_named),
            word => self.found(word, start..at, is_named),
        }
        at
    }

    /// Hears the letters and digits that begin here.
    fn hear(&self, start: usize, end: usize) -> Heard {
        let rest = self.text.get(start..end).unwrap_or_default();
        let mut spelled = Spelled::new();
        let (mut letters, mut humps, mut small) = (false, false, false);
        let mut length = 0;
        while let Some(&octet) = rest.get(length) {
            let mut symbol = FOLD.get(usize::from(octet)).copied().unwrap_or(WORD_END);
            let mut taken = 1;
            if symbol == WORD_END {
                // "doesn't" is one word.
                if octet == b'\'' && rest.get(length + 1).is_some_and(u8::is_ascii_alphabetic) {
                    length += 1;
                    continue;
                }
                if octet >= 0x80 {
                    (symbol, taken) = accented(rest.get(length..).unwrap_or_default());
                }
                if symbol == WORD_END {
                    break;
                }
            }
            let letter = symbol < 26;
            letters |= letter;
            humps |= small & letter & (octet < b'a');
            small = octet >= b'a';
            spelled.push(symbol);
            length += taken;
        }
        Heard { spelled, length, letters, humps }
    }

    /// Tells whether a capital letter stands here behind a small one.
    fn is_hump(&self, at: usize) -> bool {
        matches!(self.text.get(at.wrapping_sub(1)..=at), Some([b'a'..=b'z', b'A'..=b'Z']))
    }

    fn found(&mut self, word: Word, span: Range<usize>, is_named: bool) {
        if self.words.is_filler(word) || (is_named && !self.words.is_name(word)) {
            return;
        }
        let (Ok(at), Ok(end)) = (u16::try_from(span.start), u16::try_from(span.end)) else {
            return;
        };
        self.tokens.push(Token { word, place: self.place, at, end, is_named });
        self.place += u16::from(!is_named);
    }
}

/// A word as it is heard.
struct Heard {
    spelled: Spelled,
    length: usize,
    /// It has letters, not only digits.
    letters: bool,
    /// It may have capital letters behind small ones.
    humps: bool,
}

struct Chunk {
    end: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gap,
    Words,
    Host,
    Url,
    Ip,
    /// A mail address, whose words say nothing (`spam@`, `relay@`).
    Address,
    /// Digits and dots: an enhanced code, a version.
    Numbers,
}

/// Finds what begins at this octet and reaches to the next space or bracket.
fn chunk(text: &[u8], start: usize) -> Chunk {
    let rest = text.get(start..).unwrap_or_default();
    let mut length = rest.len();
    let mut seen = 0;
    for (at, &octet) in rest.iter().enumerate() {
        let class = CLASS.get(usize::from(octet)).copied().unwrap_or(GAP);
        seen |= class;
        if class & (GAP | COLON) != 0 {
            if class == COLON && rest.get(at + 1..at + 3) == Some(b"//") {
                seen |= URL;
                continue;
            }
            length = at;
            break;
        }
    }
    let end = start + length;
    let kind = match rest.get(..length).unwrap_or_default() {
        [] => Kind::Gap,
        _ if seen & URL != 0 => Kind::Url,
        _ if seen & AT != 0 => Kind::Address,
        _ if seen & DOT == 0 => Kind::Words,
        chunk if seen & LETTER == 0 && is_ip(chunk) => Kind::Ip,
        _ if seen & LETTER == 0 => Kind::Numbers,
        chunk if is_host(chunk) => Kind::Host,
        _ => Kind::Words,
    };
    Chunk { end, kind }
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
const DOT: u8 = 4;
const AT: u8 = 8;
const COLON: u8 = 16;
const URL: u8 = 32;
const OTHER: u8 = 64;

const CLASS: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut at = 0;
    while at < 256 {
        let octet = at as u8;
        table[at] = match octet {
            0..=b' ' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => GAP,
            b'"' | b'`' | b';' | b',' | b'|' | b'=' | b'!' | b'*' | 0x7f => GAP,
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => LETTER,
            b'.' => DOT,
            b'@' => AT,
            b':' => COLON,
            _ => OTHER,
        };
        at += 1;
    }
    table
};

/// Folds the first character to a symbol: 0 to 25 for letters of either case, accents dropped, 26
/// to 35 for digits; and tells how many octets it takes. Else [`WORD_END`].
pub(super) fn fold(text: &[u8]) -> (u8, usize) {
    match text.first() {
        Some(&octet) if octet < 0x80 => {
            (FOLD.get(usize::from(octet)).copied().unwrap_or(WORD_END), 1)
        }
        Some(_) => accented(text),
        None => (WORD_END, 1),
    }
}

/// Folds a character that is not ASCII.
fn accented(text: &[u8]) -> (u8, usize) {
    match text {
        // UTF-8 of U+00C0 to U+00FF, the letters of Latin-1.
        [0xc3, low @ 0x80..=0xbf, ..] => (accent(low | 0x40), 2),
        // Latin-1 itself.
        [octet @ 0xc0..=0xff, rest @ ..] if rest.first().is_none_or(u8::is_ascii) => {
            (accent(octet & 0x7f), 1)
        }
        _ => (WORD_END, 1),
    }
}

const FOLD: [u8; 256] = {
    let mut table = [WORD_END; 256];
    let mut at = 0;
    while at < 128 {
        table[at] = match at as u8 {
            upper @ b'A'..=b'Z' => upper - b'A',
            lower @ b'a'..=b'z' => lower - b'a',
            digit @ b'0'..=b'9' => 26 + digit - b'0',
            _ => WORD_END,
        };
        at += 1;
    }
    table
};

/// The letter under the accent of a character of Latin-1, less its highest bit.
const fn accent(low: u8) -> u8 {
    let letter = match low & 0x5f {
        0x40..=0x46 => b'a',
        0x47 => b'c',
        0x48..=0x4b => b'e',
        0x4c..=0x4f => b'i',
        0x50 => b'd',
        0x51 => b'n',
        0x52..=0x56 | 0x58 => b'o',
        0x59..=0x5c => b'u',
        0x5d => b'y',
        _ => b's',
    };
    letter - b'a'
}
