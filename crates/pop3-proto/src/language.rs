//! The language of a server's words: RFC 6856 3, RFC 4647, RFC 5646.

use std::{borrow::Cow, fmt};

use mail_errors::{Misuse, ParseError};

use crate::{Text, parse};

/// The name of a language: subtags of one to eight letters and digits with hyphens between them,
/// letters alone in the first, such as `en` or `de-AT`. RFC 5646 2.1. Two are equal in any case.
#[derive(Clone)]
pub struct LanguageTag<'a>(Cow<'a, str>);

impl<'a> LanguageTag<'a> {
    /// Takes a tag.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that cannot be in a tag.
    pub fn new(tag: &'a str) -> Result<Self, ParseError> {
        parse::language_tag(tag.as_bytes())
    }

    pub(crate) const fn checked(tag: &'a str) -> Self {
        Self(Cow::Borrowed(tag))
    }

    /// Returns the tag as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Copies the tag, if it is only borrowed.
    #[must_use]
    pub fn into_owned(self) -> LanguageTag<'static> {
        LanguageTag(Cow::Owned(self.0.into_owned()))
    }
}

impl PartialEq for LanguageTag<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for LanguageTag<'_> {}

impl fmt::Display for LanguageTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LanguageTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LanguageTag({self})")
    }
}

/// Which language is wanted: the argument of LANG.
///
/// > language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"                     RFC 4647 2.1
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LanguageRange<'a> {
    /// `*`: the one that the server's administrator prefers. RFC 6856 3.
    Preferred,
    /// This one, or the closest to it.
    Tag(LanguageTag<'a>),
}

impl LanguageRange<'_> {
    /// Returns which of these tags is meant: the first that the range names or begins, else that
    /// which is left when subtags are taken off its end. RFC 4647 3.3.1 and 3.4.
    ///
    /// ```
    /// use pop3_proto::{LanguageRange, LanguageTag};
    ///
    /// let offered = [LanguageTag::new("en")?, LanguageTag::new("de-AT")?];
    /// let find = |tag| LanguageTag::new(tag).map(|tag| LanguageRange::Tag(tag).find(&offered));
    /// assert_eq!(find("de")?, Some(1));
    /// assert_eq!(find("en-GB")?, Some(0));
    /// assert_eq!(find("fr")?, None);
    /// assert_eq!(LanguageRange::Preferred.find(&offered), Some(0));
    /// # Ok::<(), mail_errors::ParseError>(())
    /// ```
    #[must_use]
    pub fn find<'t>(
        &self,
        offered: impl IntoIterator<Item = &'t LanguageTag<'t>> + Clone,
    ) -> Option<usize> {
        let Self::Tag(wanted) = self else { return offered.into_iter().next().map(|_| 0) };
        let mut wanted = wanted.as_str();
        let begins = |tag: &LanguageTag<'_>| {
            let rest = tag.as_str().get(wanted.len()..);
            let head = tag.as_str().get(..wanted.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(wanted))
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        if let Some(at) = offered.clone().into_iter().position(begins) {
            return Some(at);
        }
        while let Some((shorter, _)) = wanted.rsplit_once('-') {
            wanted = shorter;
            let same = |tag: &LanguageTag<'_>| tag.as_str().eq_ignore_ascii_case(wanted);
            if let Some(at) = offered.clone().into_iter().position(same) {
                return Some(at);
            }
        }
        None
    }

    /// Copies the tag, if it is only borrowed.
    #[must_use]
    pub fn into_owned(self) -> LanguageRange<'static> {
        match self {
            Self::Preferred => LanguageRange::Preferred,
            Self::Tag(tag) => LanguageRange::Tag(tag.into_owned()),
        }
    }
}

impl fmt::Display for LanguageRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preferred => f.write_str("*"),
            Self::Tag(tag) => tag.fmt(f),
        }
    }
}

/// A language that a server can speak: a line of the answer to LANG without an argument.
/// RFC 6856 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageListing<'a> {
    tag: LanguageTag<'a>,
    name: Text<'a>,
}

impl<'a> LanguageListing<'a> {
    /// Puts a tag and the language's name in that language together; the name may be empty.
    ///
    /// # Errors
    /// [`Misuse`] at the first CR, LF or NUL of the name.
    pub fn new(tag: LanguageTag<'a>, name: &'a str) -> Result<Self, Misuse> {
        Ok(Self { tag, name: Text::new(name.as_bytes())? })
    }

    pub(crate) const fn checked(tag: LanguageTag<'a>, name: Text<'a>) -> Self {
        Self { tag, name }
    }

    /// Returns the tag.
    #[must_use]
    pub const fn tag(&self) -> &LanguageTag<'a> {
        &self.tag
    }

    /// Returns what the language is called in itself; empty if the server does not say.
    #[must_use]
    pub const fn name(&self) -> &Text<'a> {
        &self.name
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> LanguageListing<'static> {
        LanguageListing { tag: self.tag.into_owned(), name: self.name.into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_that_is_closest() {
        let offered = ["en", "en-boont", "de", "sr-Latn", "es"];
        let offered = offered.map(|tag| LanguageTag::new(tag).unwrap());
        for (wanted, found) in [
            ("EN", Some(0)),
            ("en-boont", Some(1)),
            ("en-BOONT-x", Some(1)),
            ("de-ch-1996", Some(2)),
            ("sr", Some(3)),
            ("sr-Cyrl", None),
            ("e", None),
            ("MUL", None),
        ] {
            let range = LanguageRange::Tag(LanguageTag::new(wanted).unwrap());
            assert_eq!(range.find(&offered), found, "{wanted}");
        }
        assert_eq!(LanguageRange::Preferred.find(&[]), None);
    }

    #[test]
    fn tags_are_equal_in_any_case() {
        assert_eq!(LanguageTag::new("de-at").unwrap(), LanguageTag::new("DE-AT").unwrap());
    }
}
