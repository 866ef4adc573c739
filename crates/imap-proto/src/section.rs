//! Which part of a message is meant, RFC 9051 section 6.4.5.1.

use std::{borrow::Cow, fmt};

use mail_errors::{Misuse, ParseError};
use mail_wire::{Sink, grammar};

use crate::{IString, parse, wire_list::wire_list};

/// `section-part`: the way to a body part, such as `1.2`; empty for the message itself.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Part<'a>(Cow<'a, [u8]>);

/// `section-spec`: a part of a message, and which text of it; empty for the whole message.
///
/// ```
/// use imap_proto::{Section, SectionText};
///
/// let section = Section::parse(b"1.2.HEADER.FIELDS (From To)")?;
/// assert_eq!(section.part().numbers().collect::<Vec<_>>(), [1, 2]);
/// let Some(SectionText::HeaderFields(names)) = section.text() else { panic!() };
/// assert!(names.has("FROM"));
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section<'a> {
    part: Part<'a>,
    text: Option<SectionText<'a>>,
}

/// `section-text`: which text of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionText<'a> {
    /// `HEADER`: the whole header of the message, with the empty line behind it.
    Header,
    /// `HEADER.FIELDS`: these header fields.
    HeaderFields(HeaderNames<'a>),
    /// `HEADER.FIELDS.NOT`: all but these header fields.
    HeaderFieldsNot(HeaderNames<'a>),
    /// `TEXT`: the body of the message.
    Text,
    /// `MIME`: the header of the part; legal behind a part number alone.
    Mime,
}

/// `partial`: a range of a section's octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Partial {
    offset: u64,
    length: u64,
}

wire_list!(
    /// `header-list`: names of header fields, never empty when it comes from the wire.
    HeaderNames of IString, astring
);

impl HeaderNames<'_> {
    /// Tells whether this name is among them, in any case of letters.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|other| other.is(name))
    }
}

impl<'a> Part<'a> {
    /// Writes part numbers.
    pub fn new(numbers: impl IntoIterator<Item = std::num::NonZeroU32>) -> Self {
        let mut wire = Vec::new();
        for number in numbers {
            if !wire.is_empty() {
                wire.push(b'.');
            }
            wire.put_number(u64::from(number.get()));
        }
        Self(Cow::Owned(wire))
    }

    pub(crate) const fn checked(wire: &'a [u8]) -> Self {
        Self(Cow::Borrowed(wire))
    }

    /// Returns the numbers, outermost first; each is 1 or more.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + Clone {
        self.0.split(|&octet| octet == b'.').filter(|digits| !digits.is_empty()).map(|digits| {
            digits.iter().fold(0_u32, |n, d| n.wrapping_mul(10).wrapping_add(u32::from(d & 15)))
        })
    }

    /// Tells whether this is the message itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the form on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Part<'static> {
        Part(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({})", self.0.escape_ascii())
    }
}

impl<'a> Section<'a> {
    /// The whole message, `BODY[]`.
    pub const ALL: Section<'static> = Section { part: Part(Cow::Borrowed(b"")), text: None };

    /// The header of the message, `BODY[HEADER]`.
    pub const HEADER: Section<'static> =
        Section { part: Part(Cow::Borrowed(b"")), text: Some(SectionText::Header) };
    /// The body of the message, `BODY[TEXT]`.
    pub const TEXT: Section<'static> =
        Section { part: Part(Cow::Borrowed(b"")), text: Some(SectionText::Text) };

    /// Names a text of a part.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] for MIME without a part number, and for a list without header names.
    pub fn new(part: Part<'a>, text: Option<SectionText<'a>>) -> Result<Self, Misuse> {
        let wrong = |why| Err(Misuse::Invalid { what: "section", why });
        match &text {
            Some(SectionText::Mime) if part.is_empty() => wrong("MIME needs a part number"),
            Some(SectionText::HeaderFields(names) | SectionText::HeaderFieldsNot(names))
                if names.is_empty() =>
            {
                wrong("a list of header fields must have one")
            }
            _ => Ok(Self { part, text }),
        }
    }

    pub(crate) const fn checked(part: Part<'a>, text: Option<SectionText<'a>>) -> Self {
        Self { part, text }
    }

    /// Reads what stands between the brackets of `BODY[...]`.
    ///
    /// # Errors
    /// Where and why it is no section.
    pub fn parse(wire: &'a [u8]) -> Result<Self, ParseError> {
        grammar::complete(wire, parse::section_spec)
    }

    /// Returns which part of the message.
    #[must_use]
    pub const fn part(&self) -> &Part<'a> {
        &self.part
    }

    /// Returns which text of the part, `None` for all of it.
    #[must_use]
    pub const fn text(&self) -> Option<&SectionText<'a>> {
        self.text.as_ref()
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Section<'static> {
        Section {
            part: self.part.into_owned(),
            text: self.text.map(|text| match text {
                SectionText::Header => SectionText::Header,
                SectionText::HeaderFields(names) => SectionText::HeaderFields(names.into_owned()),
                SectionText::HeaderFieldsNot(names) => {
                    SectionText::HeaderFieldsNot(names.into_owned())
                }
                SectionText::Text => SectionText::Text,
                SectionText::Mime => SectionText::Mime,
            }),
        }
    }
}

impl Partial {
    /// Takes the first octet, counted from 0, and how many are wanted at most.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] for a length of 0 and for numbers of 2^63 and above (RFC 9051 section 9,
    /// `number64`).
    pub const fn new(offset: u64, length: u64) -> Result<Self, Misuse> {
        if length == 0 || offset > i64::MAX as u64 || length > i64::MAX as u64 {
            return Err(Misuse::Invalid { what: "partial", why: "its length is 0 or above 2^63" });
        }
        Ok(Self { offset, length })
    }

    /// Returns the first octet, counted from 0.
    #[must_use]
    pub const fn offset(self) -> u64 {
        self.offset
    }

    /// Returns how many octets are wanted at most; never 0.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.length
    }

    /// Returns which octets of a text of `len` octets these are. Past its end there is none.
    /// RFC 9051 section 6.4.5.
    #[must_use]
    pub const fn of(self, len: u64) -> std::ops::Range<u64> {
        let start = if self.offset < len { self.offset } else { len };
        let end = if self.length < len - start { start + self.length } else { len };
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_sections_that_have_no_form() {
        assert!(Section::new(Part::default(), Some(SectionText::Mime)).is_err());
        let none = SectionText::HeaderFields(HeaderNames::default());
        assert!(Section::new(Part::default(), Some(none)).is_err());
        for bad in [
            "MIME",
            "0",
            "1.",
            ".1",
            "1.0",
            "HEADER.FIELDS ()",
            "HEADER.FIELDS",
            "1HEADER",
            "BOGUS",
        ] {
            assert!(Section::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn partials_end_with_the_text() {
        let partial = Partial::new(10, 5).unwrap();
        assert_eq!(partial.of(100), 10..15);
        assert_eq!(partial.of(12), 10..12);
        assert_eq!(partial.of(10), 10..10);
        assert_eq!(partial.of(3), 3..3);
        assert!(Partial::new(0, 0).is_err() && Partial::new(u64::MAX, 1).is_err());
    }
}
