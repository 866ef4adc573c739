//! What the parsers of all protocols share: byte classes, the one error type, few combinators.
//!
//! Everything works on complete slices; [`nom::Err::Incomplete`] never comes out of here.

use mail_errors::ParseError;
use nom::{Err, error::ErrorKind};

/// What a parser function answers.
pub type PResult<'a, O> = nom::IResult<&'a [u8], O, Unmet>;

/// A rule that was not met: how many octets were left, and what was expected there.
///
/// Two words, so that carrying it through every parser's result costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    left: usize,
    expected: &'static &'static str,
}

impl nom::error::ParseError<&[u8]> for Unmet {
    fn from_error_kind(rest: &[u8], _: ErrorKind) -> Self {
        Self { left: rest.len(), expected: &"another octet" }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives that failed, the one that got further says what is wrong.
    fn or(self, other: Self) -> Self {
        if self.left < other.left { self } else { other }
    }
}

/// Fails at `rest`, because `expected` does not stand there; other alternatives may be tried.
#[cold]
pub fn unmet<'a, T>(rest: &'a [u8], expected: &'static &'static str) -> PResult<'a, T> {
    Err(Err::Error(Unmet { left: rest.len(), expected }))
}

/// Fails for good at `rest`: no alternative can read it.
#[cold]
pub fn fatal<'a, T>(rest: &'a [u8], expected: &'static &'static str) -> PResult<'a, T> {
    Err(Err::Failure(Unmet { left: rest.len(), expected }))
}

/// Runs `parser` over the whole of `input` and turns its answer into the public error type.
///
/// # Errors
/// The parser's own, or "end of line" where octets are left over.
pub fn complete<'a, O>(
    input: &'a [u8],
    parser: impl FnOnce(&'a [u8]) -> PResult<'a, O>,
) -> Result<O, ParseError> {
    match parser(input) {
        Ok(([], value)) => Ok(value),
        Ok((rest, _)) => Err(ParseError::at(input, input.len() - rest.len(), "end of line")),
        Err(Err::Error(e) | Err::Failure(e)) => {
            Err(ParseError::at(input, input.len().saturating_sub(e.left), e.expected))
        }
        Err(Err::Incomplete(_)) => Err(ParseError::at(input, input.len(), "more octets")),
    }
}

/// Splits `input` at `at`, which the caller has found in it; past the end splits at the end.
#[must_use]
pub fn cut(input: &[u8], at: usize) -> (&[u8], &[u8]) {
    input.split_at_checked(at).unwrap_or((input, &[]))
}

/// Returns the part of `input` that was read to get to `rest`, which must be its tail.
#[must_use]
pub fn consumed<'a>(input: &'a [u8], rest: &[u8]) -> &'a [u8] {
    cut(input, input.len().saturating_sub(rest.len())).0
}

/// Takes one octet that must be `octet`.
pub fn octet<'a>(
    octet: u8,
    expected: &'static &'static str,
) -> impl Fn(&'a [u8]) -> PResult<'a, ()> {
    move |i| match i.split_first() {
        Some((&first, rest)) if first == octet => Ok((rest, ())),
        _ => unmet(i, expected),
    }
}

/// Takes `word`, upper or lower case.
pub fn word<'a>(
    word: &'static [u8],
    expected: &'static &'static str,
) -> impl Fn(&'a [u8]) -> PResult<'a, ()> {
    move |i| match i.split_at_checked(word.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(word) => Ok((rest, ())),
        _ => unmet(i, expected),
    }
}

/// Takes as many octets of `set` as there are, which may be none.
#[inline]
#[must_use]
pub fn span<'a>(i: &'a [u8], set: &ByteSet) -> (&'a [u8], &'a [u8]) {
    cut(i, i.iter().position(|&b| !set.has(b)).unwrap_or(i.len()))
}

/// Returns where the first octet stands that `marks` marks, by looking at eight at a time.
///
/// `marks` sees eight octets as one number, the first one lowest, and answers with the highest bit
/// of each that it means: [`unprintable`] and [`equal`] are such. What it says above the first one
/// does not count. A line is shorter than most searches need to get going.
#[inline(always)]
pub fn find(text: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let place = |found: u64| found.trailing_zeros() as usize / 8;
    let (mut rest, mut from) = (text, 0);
    while let Some((sixteen, behind)) = rest.split_first_chunk::<16>() {
        let both = u128::from_le_bytes(*sixteen);
        let (low, high) = (marks(both as u64), marks((both >> 64) as u64));
        if low | high != 0 {
            return Some(from + if low != 0 { place(low) } else { 8 + place(high) });
        }
        (rest, from) = (behind, from + 16);
    }
    if let Some((first, behind)) = rest.split_first_chunk() {
        let found = marks(u64::from_le_bytes(*first));
        if found != 0 {
            return Some(from + place(found));
        }
        (rest, from) = (behind, from + 8);
    }
    let (found, from) = match text.last_chunk() {
        _ if rest.is_empty() => return None,
        // Those of them that have been looked at are not marked.
        Some(last) => (marks(u64::from_le_bytes(*last)), text.len() - 8),
        None => (marks(eight(rest)), from),
    };
    // What is above the text is nothing of it.
    Some(from + place(found)).filter(|&at| found != 0 && at < text.len())
}

/// Marks octets below the blank, and those of 0x80 and above, for [`find`].
#[inline(always)]
#[must_use]
pub const fn unprintable(word: u64) -> u64 {
    // Below the blank the subtraction borrows the highest bit.
    (word.wrapping_sub(EACH * b' ' as u64) | word) & HIGHEST
}

/// Marks octets that are this one, for [`find`].
#[inline(always)]
#[must_use]
pub const fn equal(word: u64, octet: u8) -> u64 {
    let differs = word ^ (EACH * octet as u64);
    differs.wrapping_sub(EACH) & !differs & HIGHEST
}

/// Returns the first eight octets as one number, the first one lowest; 0 stands for those that are
/// not there.
#[inline(always)]
#[must_use]
pub fn eight(text: &[u8]) -> u64 {
    if let Some(first) = text.first_chunk() {
        return u64::from_le_bytes(*first);
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        // In the middle both say the same.
        return u64::from(first) | u64::from(last) << (8 * (text.len() - 4) % 64);
    }
    match *text {
        [a] => u64::from(a),
        [a, b] => u64::from(u16::from_le_bytes([a, b])),
        [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
        _ => 0,
    }
}

/// One in each octet.
const EACH: u64 = u64::from_le_bytes([1; 8]);
/// The highest bit of each octet.
const HIGHEST: u64 = EACH << 7;

/// Takes one or more octets of `set`.
#[inline]
pub fn span1<'a>(
    i: &'a [u8],
    set: &ByteSet,
    expected: &'static &'static str,
) -> PResult<'a, &'a [u8]> {
    match span(i, set) {
        ([], _) => unmet(i, expected),
        (head, rest) => Ok((rest, head)),
    }
}

/// Takes a decimal number that fits 64 bits; leading zeros are allowed.
///
/// Reads at most the digits that can matter, so a number of 10^6 digits costs nothing.
pub fn number<'a>(i: &'a [u8], expected: &'static &'static str) -> PResult<'a, u64> {
    let (digits, rest) = span(i, &ByteSet::DIGIT);
    if digits.is_empty() {
        return unmet(i, expected);
    }
    let mut value = 0_u64;
    for digit in digits {
        let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
        let Some(next) = next else { return fatal(i, &"a number below 2^64") };
        value = next;
    }
    Ok((rest, value))
}

/// A set of octets as a table, built by pattern at compile time.
#[derive(Clone, Copy)]
pub struct ByteSet([bool; 256]);

impl ByteSet {
    /// No octet.
    pub const NONE: Self = Self([false; 256]);
    /// `0` to `9`.
    pub const DIGIT: Self = Self::NONE.range(b'0', b'9');
    /// `A` to `Z` and `a` to `z`.
    pub const ALPHA: Self = Self::NONE.range(b'A', b'Z').range(b'a', b'z');
    /// Letters and digits.
    pub const ALNUM: Self = Self::ALPHA.range(b'0', b'9');
    /// Printable US-ASCII without space, `!` to `~`.
    pub const VCHAR: Self = Self::NONE.range(b'!', b'~');
    /// Octets of 0x80 and above.
    pub const EIGHT_BIT: Self = Self::NONE.range(0x80, 0xff);

    /// Adds these octets.
    #[must_use]
    pub const fn with(mut self, octets: &[u8]) -> Self {
        let mut i = 0;
        while i < octets.len() {
            self.0[octets[i] as usize] = true;
            i += 1;
        }
        self
    }

    /// Adds all from `first` to `last`, both included.
    #[must_use]
    pub const fn range(mut self, first: u8, last: u8) -> Self {
        let mut octet = first as usize;
        while octet <= last as usize {
            self.0[octet] = true;
            octet += 1;
        }
        self
    }

    /// Takes these octets away.
    #[must_use]
    pub const fn without(mut self, octets: &[u8]) -> Self {
        let mut i = 0;
        while i < octets.len() {
            self.0[octets[i] as usize] = false;
            i += 1;
        }
        self
    }

    /// Adds all of another set.
    #[must_use]
    pub const fn and(mut self, other: &Self) -> Self {
        let mut i = 0;
        while i < 256 {
            self.0[i] |= other.0[i];
            i += 1;
        }
        self
    }

    /// Tells whether the octet is in the set.
    #[inline]
    #[must_use]
    pub const fn has(&self, octet: u8) -> bool {
        self.0[octet as usize]
    }
}

impl std::fmt::Debug for ByteSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ByteSet({} octets)", self.0.iter().filter(|&&in_it| in_it).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_built_by_pattern() {
        const ATOM: ByteSet = ByteSet::VCHAR.without(b"()");
        assert!(ATOM.has(b'a') && ATOM.has(b'~') && !ATOM.has(b'(') && !ATOM.has(b' '));
        assert!(ByteSet::EIGHT_BIT.has(0xff) && !ByteSet::EIGHT_BIT.has(0x7f));
    }

    #[test]
    fn finds_the_first_wherever_it_stands() {
        for len in 0..40 {
            let mut text = vec![b'x'; len];
            assert_eq!(find(&text, |word| equal(word, b'\n')), None);
            assert_eq!(find(&text, unprintable), None, "in {len}");
            for at in (0..len).rev() {
                for octet in [b'\n', b' ', b'~', 0, 0x1f, 0x7f, 0x80, 0xff] {
                    text[at] = octet;
                    let is_lf = |octet: &u8| *octet == b'\n';
                    let (lf, odd) =
                        (|word| equal(word, b'\n'), |octet: &u8| !(0x20..0x80).contains(octet));
                    assert_eq!(
                        find(&text, lf),
                        text.iter().position(is_lf),
                        "{octet} at {at} in {len}"
                    );
                    assert_eq!(
                        find(&text, unprintable),
                        text.iter().position(odd),
                        "{octet} at {at} in {len}"
                    );
                }
            }
        }
    }

    #[test]
    fn err_says_where_and_what() {
        let error = complete(b"12x", |i| number(i, &"a number")).unwrap_err();
        assert_eq!(error.to_string(), "expected end of line at offset 2");
        let error = complete(b"x", |i| number(i, &"a number")).unwrap_err();
        assert_eq!(error.to_string(), "expected a number at offset 0");
    }

    #[test]
    fn err_number_over_64_bits() {
        assert_eq!(complete(b"18446744073709551615", |i| number(i, &"n")), Ok(u64::MAX));
        assert!(complete(b"18446744073709551616", |i| number(i, &"n")).is_err());
        assert!(complete(&[b'9'; 100_000], |i| number(i, &"n")).is_err());
    }
}
