//! Octets that fit on a line.

use std::{borrow::Cow, fmt};

use mail_errors::Misuse;
use memchr::memchr3;

/// Octets without CR, LF and NUL: text that can be sent on a line, and never ends it.
///
/// It need not be UTF-8 or even ASCII, and is never changed by decoding.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl<'a> Text<'a> {
    /// Takes the octets.
    ///
    /// # Errors
    /// [`Misuse::Unencodable`] at the first CR, LF or NUL.
    pub fn new(text: impl Into<Cow<'a, [u8]>>) -> Result<Self, Misuse> {
        Self::named("text", text.into())
    }

    /// Takes a text of our own.
    ///
    /// # Panics
    /// If there is CR, LF or NUL in it: in a constant, the program does not compile.
    #[must_use]
    pub const fn fixed(text: &'static str) -> Text<'static> {
        let octets = text.as_bytes();
        let mut at = 0;
        while at < octets.len() {
            assert!(!matches!(octets[at], b'\r' | b'\n' | 0), "CR, LF or NUL in a fixed text");
            at += 1;
        }
        Text(Cow::Borrowed(octets))
    }

    pub(crate) fn named(what: &'static str, text: Cow<'a, [u8]>) -> Result<Self, Misuse> {
        match unsendable(&text) {
            None => Ok(Self(text)),
            Some((offset, octet)) => Err(Misuse::Unencodable { what, octet, offset }),
        }
    }

    /// Takes octets as they came, each CR, LF and NUL as a blank.
    pub(crate) fn blanked(text: &'a [u8]) -> Self {
        if unsendable(text).is_none() {
            return Self(Cow::Borrowed(text));
        }
        let blanked = |&octet: &u8| if matches!(octet, b'\r' | b'\n' | 0) { b' ' } else { octet };
        Self(Cow::Owned(text.iter().map(blanked).collect()))
    }

    /// Returns the octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Iterates over the words between the spaces.
    pub fn words(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&octet| octet == b' ').filter(|word| !word.is_empty())
    }

    /// Lends the octets out.
    #[must_use]
    pub fn borrowed(&self) -> Text<'_> {
        Text(Cow::Borrowed(&self.0))
    }

    /// Copies the octets, if they are only borrowed.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }
}

/// Returns the first octet that can never be sent, and where it stands.
pub(crate) fn unsendable(text: &[u8]) -> Option<(usize, u8)> {
    let at = memchr3(b'\r', b'\n', 0, text)?;
    text.get(at).map(|&octet| (at, octet))
}

/// Shows control characters and octets that are not UTF-8 escaped.
impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.0, f)
    }
}

/// Shows octets, control characters and what is not UTF-8 escaped.
pub(crate) fn show(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for chunk in octets.utf8_chunks() {
        for shown in chunk.valid().chars() {
            match shown {
                control if control.is_control() => write!(f, "{}", control.escape_default())?,
                other => fmt::Write::write_char(f, other)?,
            }
        }
        write!(f, "{}", chunk.invalid().escape_ascii())?;
    }
    Ok(())
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_second_line_smuggled_in_a_text() {
        for octet in [b'\r', b'\n', 0] {
            let error = Text::new(vec![b'o', b'k', octet, b'+']).unwrap_err();
            assert_eq!(error, Misuse::Unencodable { what: "text", octet, offset: 2 });
        }
    }

    #[test]
    #[should_panic(expected = "CR, LF or NUL")]
    fn fixed_panics_where_a_const_would_not_compile() {
        let _ = Text::fixed("ok\r\n+OK again");
    }

    #[test]
    fn shows_what_is_no_text_escaped() {
        let text = Text::new(&b"bell\x07 \xff \xe5\xb1\xb1"[..]).unwrap();
        assert_eq!(text.to_string(), "bell\\u{7} \\xff 山");
    }

    #[test]
    fn splits_words_at_any_number_of_spaces() {
        let text = Text::fixed(" CRAM-MD5  PLAIN ");
        assert_eq!(text.words().collect::<Vec<_>>(), [&b"CRAM-MD5"[..], b"PLAIN"]);
    }
}
