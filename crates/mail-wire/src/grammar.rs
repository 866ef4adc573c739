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
