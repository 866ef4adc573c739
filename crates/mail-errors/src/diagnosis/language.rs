//! The languages that a diagnosis is told in.
//!
//! A new language is one file beside `en.rs` that implements [`Phrasebook`], and its line in each
//! function here.

use crate::ReplyCode;
use crate::classify::{Blame, Reason};

use super::checklist::{Check, Symptom};
use super::{Outlook, Remedy, en, ja};

/// A language that [`Diagnosis::explain`](super::Diagnosis::explain) speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English, `en`.
    #[default]
    English,
    /// Japanese, `ja`.
    Japanese,
}

impl Language {
    /// Every language, in the order of their tags.
    pub const ALL: &'static [Self] = &[Self::English, Self::Japanese];

    /// Returns the language's tag. RFC 5646 2.2.1.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// Finds the language of a tag or a POSIX locale (`ja`, `ja-JP`, `ja_JP.UTF-8`), in any case.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next()?;
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    pub(super) const fn phrasebook(self) -> &'static dyn Phrasebook {
        match self {
            Self::English => &en::English,
            Self::Japanese => &ja::Japanese,
        }
    }
}

/// Everything that is said in one language. Sentences are whole, with their full stop.
pub(super) trait Phrasebook {
    /// The words around the sentences.
    fn labels(&self) -> &'static Labels;
    /// What this reply code, or else its class, says.
    fn code(&self, code: ReplyCode) -> &'static str;
    /// What an enhanced code with this subject is about; no sentence. RFC 3463 3.
    fn subject(&self, subject: u16) -> &'static str;
    /// The cause.
    fn cause(&self, reason: Reason) -> &'static str;
    /// The step that helps.
    fn remedy(&self, remedy: Remedy) -> &'static str;
    /// Who has to act; no sentence.
    fn blame(&self, blame: Blame) -> &'static str;
    /// Whether to send again.
    fn outlook(&self, outlook: Outlook) -> &'static str;
    /// What the person sees.
    fn symptom(&self, symptom: Symptom) -> &'static str;
    /// The thing to check.
    fn check(&self, check: Check) -> &'static str;
}

/// The words around the sentences, with the punctuation and spaces of the language.
#[derive(Debug)]
pub(super) struct Labels {
    /// Between a code and what it says.
    pub(super) colon: &'static str,
    /// Before the name that the registry gives a code, and behind it.
    pub(super) brackets: (&'static str, &'static str),
    /// Before the one cause that the reply names.
    pub(super) cause: &'static str,
    /// Before the causes that are left open, of which the first is the likeliest.
    pub(super) causes: &'static str,
    /// Before who has to act.
    pub(super) blame: &'static str,
    /// Before the steps for whoever runs the sending server.
    pub(super) operator: &'static str,
    /// Before the name of a block list.
    pub(super) blocklist: &'static str,
    /// Before each step.
    pub(super) bullet: &'static str,
    /// Between two sentences.
    pub(super) space: &'static str,
    /// When the reply leaves several causes open.
    pub(super) read_on: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_tags_and_locales() {
        for tag in ["ja", "JA", "ja-JP", "ja_JP.UTF-8", "ja.eucJP"] {
            assert_eq!(Language::from_tag(tag), Some(Language::Japanese), "{tag}");
        }
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(*language));
        }
        assert_eq!(Language::from_tag("C"), None);
        assert_eq!(Language::from_tag(""), None);
    }
}
