//! What a failure means for people: cause, who has to act, and what helps, in their language.
//!
//! A [`Diagnosis`] says in words what a [`Classification`] found. Where the words of a reply leave
//! the reason open, it tells the reasons that its code is given for, the likeliest first.

mod checklist;
mod en;
mod ja;
mod language;
mod likely;
mod remedy;

pub use checklist::{Check, Checklist, Symptom};
pub use language::Language;
pub use remedy::Remedy;

use std::fmt;

use crate::classify::{Blame, Classification, Failure, Reason, Retry};
use crate::{Reply, ReplyClass, ReplyCode};

/// What a failure means, ready to be told.
///
/// ```
/// use mail_errors::classify::{Blame, Reason, Retry};
/// use mail_errors::diagnosis::Diagnosis;
/// use mail_errors::{Reply, ReplyCode};
///
/// let reply = Reply::new(ReplyCode::EXCEEDED_STORAGE, None, "5.2.2 mailbox full")?;
/// let diagnosis = Diagnosis::of(&reply);
/// assert_eq!(diagnosis.reasons(), [Reason::MailboxFull]);
/// assert_eq!(diagnosis.blame(), Some(Blame::Recipient));
/// assert_eq!(diagnosis.classification().retry(), Retry::Later);
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis<'a> {
    told: Classification<'a>,
}

impl<'a> From<Classification<'a>> for Diagnosis<'a> {
    fn from(told: Classification<'a>) -> Self {
        Self { told }
    }
}

impl<'a> Diagnosis<'a> {
    /// Finds what a reply means.
    #[must_use]
    pub fn of(reply: &'a Reply) -> Self {
        Failure::reply(reply).classify().into()
    }

    /// Returns what was found.
    #[must_use]
    pub const fn classification(&self) -> &Classification<'a> {
        &self.told
    }

    /// Returns the reason, or the reasons that the code leaves open, the likeliest first. Empty if
    /// nothing failed, or nothing is known.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        let reason = self.told.reason();
        if reason != Reason::Unknown {
            return likely::alone(reason);
        }
        if !self.failed() {
            return &[];
        }
        match self.told.enhanced().map(likely::by_enhanced) {
            // 551 and 553 say whom the server does not take, which is more.
            Some(reasons @ [_, ..]) if !self.says_whom() => reasons,
            Some(_) | None => self.told.code().map_or(&[], likely::by_code),
        }
    }

    /// Returns who has to act on the likeliest reason.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        self.reasons().first().map(|reason| reason.blame())
    }

    /// Tells whether something failed: nothing is wrong with a positive reply.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.outlook() != Outlook::NotNeeded
    }

    /// Returns what to check when the reply says nothing, and its code is none of 550 to 554, whose
    /// reasons are well known.
    #[must_use]
    pub fn checklist(&self) -> Option<Checklist> {
        let well_known = |code: ReplyCode| matches!(code.get(), 550..=554);
        (self.failed()
            && self.told.reason() == Reason::Unknown
            && !self.told.code().is_some_and(well_known))
        .then_some(Checklist::of(Symptom::NotSent))
    }

    /// Tells it in this language: the codes, each cause with who has to act and what helps, whether
    /// to send again, and the checklist if there is one. Several lines, no line end at the end.
    pub fn explain(&self, language: Language) -> impl fmt::Display + '_ {
        Told(move |f: &mut fmt::Formatter<'_>| self.write(f, language))
    }

    /// Tells the cause in one sentence.
    #[must_use]
    pub fn cause(&self, language: Language) -> &'static str {
        self.told.reason().cause(language)
    }

    /// Tells what whoever wrote the message can do, in some sentences.
    pub fn remedy(&self, language: Language) -> impl fmt::Display + use<> {
        self.told.reason().remedy(language)
    }

    /// Tells what whoever runs the sending server can do, in some sentences.
    pub fn operator_remedy(&self, language: Language) -> impl fmt::Display + use<> {
        self.told.reason().operator_remedy(language)
    }

    /// RFC 5321 3.4 and 4.2.3.
    fn says_whom(&self) -> bool {
        self.told.code().is_some_and(|code| matches!(code.get(), 551 | 553))
    }

    fn outlook(&self) -> Outlook {
        let Some(code) = self.told.code() else { return self.told.retry().into() };
        match code.class() {
            ReplyClass::PositiveCompletion | ReplyClass::PositiveIntermediate => Outlook::NotNeeded,
            ReplyClass::TransientNegative if self.told.retry() == Retry::Later => {
                Outlook::Automatic
            }
            ReplyClass::TransientNegative | ReplyClass::PermanentNegative | ReplyClass::Other => {
                self.told.retry().into()
            }
        }
    }

    /// Tells whether the outlook is right whichever of the reasons it is.
    fn agrees_on_outlook(&self) -> bool {
        self.told.reason() != Reason::Unknown
            || matches!(self.outlook(), Outlook::NotNeeded | Outlook::Automatic)
            || self.reasons().is_empty()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, language: Language) -> fmt::Result {
        let book = language.phrasebook();
        let labels = book.labels();
        let mut start = "";
        if let Some(code) = self.told.code() {
            write!(f, "{code}{}{}", labels.colon, book.code(code))?;
            start = "\n";
        }
        if let Some(enhanced) = self.told.enhanced() {
            write!(f, "\n{enhanced}{}{}", labels.colon, book.subject(enhanced.subject()))?;
            if let Some(entry) = enhanced.registered() {
                write!(f, "{}{}{}", labels.brackets.0, entry.name, labels.brackets.1)?;
            }
        }
        let reasons = self.reasons();
        if reasons.len() > 1 {
            write!(f, "{start}{}", labels.causes)?;
            start = "\n";
        }
        for (at, &reason) in reasons.iter().enumerate() {
            match reasons.len() {
                1 => write!(f, "{start}{}", labels.cause)?,
                _ => write!(f, "{start}{}. ", at + 1)?,
            }
            start = "\n";
            write!(f, "{}\n  {}{}", book.cause(reason), labels.blame, book.blame(reason.blame()))?;
            for &remedy in reason.remedies() {
                write!(f, "\n  {}{}", labels.bullet, book.remedy(remedy))?;
            }
            if reasons.len() == 1 {
                write!(f, "\n  {}", labels.operator)?;
                for &remedy in reason.operator_remedies() {
                    write!(f, "\n  {}{}", labels.bullet, book.remedy(remedy))?;
                }
            }
        }
        if let Some(blocklist) = self.told.blocklist() {
            write!(f, "\n{}{}", labels.blocklist, blocklist.name())?;
            if let Some(url) = blocklist.url() {
                write!(f, "{}{url}{}", labels.brackets.0, labels.brackets.1)?;
            }
        }
        if self.agrees_on_outlook() {
            write!(f, "\n{}", book.outlook(self.outlook()))?;
        }
        if self.failed() && self.told.reason() == Reason::Unknown {
            write!(f, "\n{}", labels.read_on)?;
        }
        if let Some(checklist) = self.checklist() {
            write!(f, "\n{}", checklist.explain(language))?;
        }
        Ok(())
    }
}

impl Reason {
    /// Tells the cause in one sentence of this language.
    #[must_use]
    pub fn cause(self, language: Language) -> &'static str {
        language.phrasebook().cause(self)
    }

    /// Tells what whoever wrote the message can do, in some sentences of this language.
    pub fn remedy(self, language: Language) -> impl fmt::Display {
        sentences(self.remedies(), language)
    }

    /// Tells what whoever runs the sending server can do, in some sentences of this language.
    pub fn operator_remedy(self, language: Language) -> impl fmt::Display {
        sentences(self.operator_remedies(), language)
    }
}

/// Whether to send again, as people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outlook {
    /// Nothing failed.
    NotNeeded,
    /// The sending server tries again by itself.
    Automatic,
    Later,
    AnotherRoute,
    AfterChange,
    Never,
}

impl From<Retry> for Outlook {
    fn from(retry: Retry) -> Self {
        match retry {
            Retry::Never => Self::Never,
            Retry::Later => Self::Later,
            Retry::AnotherRoute => Self::AnotherRoute,
            Retry::AfterChange => Self::AfterChange,
        }
    }
}

fn sentences(remedies: &'static [Remedy], language: Language) -> impl fmt::Display {
    let book = language.phrasebook();
    Told(move |f: &mut fmt::Formatter<'_>| {
        for (at, &remedy) in remedies.iter().enumerate() {
            let space = if at > 0 { book.labels().space } else { "" };
            write!(f, "{space}{}", book.remedy(remedy))?;
        }
        Ok(())
    })
}

/// A text that is written when it is shown.
struct Told<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Told<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0(f)
    }
}
