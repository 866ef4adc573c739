//! Why a verdict is what it is.

use std::{borrow::Cow, fmt};

use crate::{outcome::Outcome, question::Question};

/// The questions of an evaluation with what came of them, and the machine's remarks, in the order
/// in which they happened. With the outcomes in it a verdict can be explained and replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    entries: Vec<Entry>,
}

/// One line of a [`Trace`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// A question was answered.
    Answered {
        /// What was asked.
        question: Question,
        /// What came of it.
        outcome: Outcome,
    },
    /// A question was not asked, because the budget was used up.
    NotAsked {
        /// What would have been asked.
        question: Question,
    },
    /// The machine remarks on what it did with the answers.
    Note(Cow<'static, str>),
}

impl Trace {
    /// Returns the lines in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns what came of a question, for replaying a verdict from its trace.
    #[must_use]
    pub fn outcome(&self, asked: &Question) -> Option<&Outcome> {
        self.entries.iter().find_map(|entry| {
            let Entry::Answered { question, outcome } = entry else { return None };
            (question == asked).then_some(outcome)
        })
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(crate) fn note(&mut self, text: impl Into<Cow<'static, str>>) {
        self.entries.push(Entry::Note(text.into()));
    }
}

/// Writes one line per entry, such as `example.org MX: 10 mx.example.org`.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { question, outcome } => write!(f, "{question}: {outcome}"),
            Self::NotAsked { question } => write!(f, "{question}: not asked, budget used up"),
            Self::Note(text) => f.write_str(text),
        }
    }
}
