//! What a reply means for people: likely causes, who has to act, and what helps, in their language.
//!
//! A [`Diagnosis`] goes by three things, the surest first: words of the reply that can hardly be
//! misread, the enhanced status code (RFC 3463), and the reply code (RFC 5321 4.2.3). Codes alone
//! are poor witnesses (`550 5.7.1` is given for a dozen different reasons), so [`Diagnosis::basis`]
//! says which of the three it was.
//!
//! Not supported: texts in other languages than English as evidence, and statistics over replies.

mod cause;
mod checklist;
mod en;
mod evidence;
mod ja;
mod language;
mod rules;

pub use cause::{Blame, Cause, Remedy, Retry};
pub use checklist::{Check, Checklist, Symptom};
pub use language::Language;

use std::fmt;

use crate::{EnhancedStatusCode, Reply, ReplyClass, ReplyCode};

use self::evidence::Evidence;

/// What a reply means: causes in the order of their likelihood, and whether to try again.
///
/// ```
/// use mail_errors::diagnosis::{Basis, Blame, Cause, Diagnosis, Retry};
/// use mail_errors::{Reply, ReplyCode};
///
/// let reply = Reply::new(ReplyCode::EXCEEDED_STORAGE, None, "5.2.2 mailbox full")?;
/// let diagnosis = Diagnosis::of(&reply);
/// assert_eq!(diagnosis.causes(), [Cause::MailboxFull]);
/// assert_eq!(diagnosis.blame(), Some(Blame::Recipient));
/// assert_eq!(diagnosis.retry(), Retry::Later);
/// assert_eq!(diagnosis.basis(), Basis::Text);
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    code: ReplyCode,
    enhanced: Option<EnhancedStatusCode>,
    causes: Vec<Cause>,
    basis: Basis,
}

/// What a [`Diagnosis`] goes by, the surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The class of the reply alone; no cause is known.
    Class,
    /// The reply code.
    Code,
    /// The enhanced status code.
    EnhancedCode,
    /// The words of the reply.
    Text,
}

impl Diagnosis {
    /// Finds what a reply means.
    #[must_use]
    pub fn of(reply: &Reply) -> Self {
        let code = reply.code();
        let enhanced = reply.enhanced().or_else(|| evidence::enhanced(reply));
        let (causes, basis) = match code.class() {
            ReplyClass::PositiveCompletion | ReplyClass::PositiveIntermediate => {
                (Vec::new(), Basis::Class)
            }
            ReplyClass::TransientNegative | ReplyClass::PermanentNegative | ReplyClass::Other => {
                causes(reply, enhanced)
            }
        };
        Self { code, enhanced, causes, basis }
    }

    /// Returns the reply's code.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    /// Returns the enhanced code, the reply's own or one that stands within its text.
    #[must_use]
    pub const fn enhanced(&self) -> Option<EnhancedStatusCode> {
        self.enhanced
    }

    /// Returns the causes that are left, the likeliest first. Empty if the reply is positive, or
    /// tells no more than that it failed.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// Returns what the causes were found by.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// Returns who has to act on the likeliest cause.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        self.causes.first().map(|cause| cause.blame())
    }

    /// Tells whether the server called the failure a permanent one (5yz).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.code.class(), ReplyClass::PermanentNegative)
    }

    /// Tells whether to send the same message again, if it is the likeliest cause.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match (self.code.class(), self.causes.first()) {
            (ReplyClass::PositiveCompletion | ReplyClass::PositiveIntermediate, _) => {
                Retry::NotNeeded
            }
            // Servers say so for now (450 4.1.1, 4.1.2), but nobody makes such a mailbox meanwhile.
            (ReplyClass::TransientNegative, Some(Cause::MailboxUnknown | Cause::DomainUnknown)) => {
                Retry::AfterChange
            }
            (ReplyClass::TransientNegative, _) => Retry::Automatic,
            // RFC 5321 4.2.1: no server repeats by itself what got a 5yz.
            (ReplyClass::PermanentNegative | ReplyClass::Other, cause) => {
                cause.map_or(Retry::AfterChange, |cause| cause.retry())
            }
        }
    }

    /// Returns what to check when only the reply code speaks, and is none of 550 to 554, whose
    /// causes are well known.
    #[must_use]
    pub fn checklist(&self) -> Option<Checklist> {
        let failed = self.retry() != Retry::NotNeeded;
        let well_known = matches!(self.code.get(), 550..=554);
        (failed && self.basis <= Basis::Code && !well_known)
            .then_some(Checklist::of(Symptom::NotSent))
    }

    /// Tells it in this language: the codes, each cause with who has to act and what helps, whether
    /// to send again, and the checklist if there is one. Several lines, no line end at the end.
    pub fn explain(&self, language: Language) -> impl fmt::Display + '_ {
        Told(move |f: &mut fmt::Formatter<'_>| self.write(f, language))
    }

    /// Tells whether nothing but codes speaks, and they do not name one cause.
    fn is_open(&self) -> bool {
        let named = match self.basis {
            Basis::Class => false,
            Basis::Code | Basis::EnhancedCode => self.causes.len() == 1,
            Basis::Text => true,
        };
        !named && self.retry() != Retry::NotNeeded
    }

    /// Tells whether [`Diagnosis::retry`] is right whichever of the causes it is.
    fn agrees_on_retry(&self) -> bool {
        self.retry() == Retry::Automatic
            || self.causes.iter().all(|cause| cause.retry() == self.retry())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, language: Language) -> fmt::Result {
        let book = language.phrasebook();
        let labels = book.labels();
        write!(f, "{}{}{}", self.code, labels.colon, book.code(self.code))?;
        if let Some(enhanced) = self.enhanced {
            write!(f, "\n{enhanced}{}{}", labels.colon, book.subject(enhanced.subject()))?;
            if let Some(entry) = enhanced.registered() {
                write!(f, "{}{}{}", labels.brackets.0, entry.name, labels.brackets.1)?;
            }
        }
        if self.causes.len() > 1 {
            write!(f, "\n{}", labels.causes)?;
        }
        for (at, &cause) in self.causes.iter().enumerate() {
            match self.causes.len() {
                1 => write!(f, "\n{}", labels.cause)?,
                _ => write!(f, "\n{}. ", at + 1)?,
            }
            write!(f, "{}\n  {}{}", book.cause(cause), labels.blame, book.blame(cause.blame()))?;
            for &remedy in cause.remedies() {
                write!(f, "\n  {}{}", labels.bullet, book.remedy(remedy))?;
            }
        }
        if self.agrees_on_retry() {
            write!(f, "\n{}", book.retry(self.retry()))?;
        }
        if self.is_open() {
            write!(f, "\n{}", labels.read_on)?;
        }
        if let Some(checklist) = self.checklist() {
            write!(f, "\n{}", checklist.explain(language))?;
        }
        Ok(())
    }
}

/// A text that is written when it is shown.
struct Told<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Told<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0(f)
    }
}

/// Narrows the causes down by what speaks most plainly.
fn causes(reply: &Reply, enhanced: Option<EnhancedStatusCode>) -> (Vec<Cause>, Basis) {
    let text = Evidence::of(reply);
    let coded = enhanced.map(rules::by_enhanced).unwrap_or_default();
    // A code that names one or two causes is heard beside the text; one that leaves everything
    // open is not.
    let plain = if coded.len() <= 2 { coded } else { &[] };
    if let Some(named) = text.names() {
        let beside = plain.iter().copied().filter(|&cause| cause != named);
        return ([named].into_iter().chain(beside).collect(), Basis::Text);
    }
    if !plain.is_empty() {
        return (plain.to_vec(), Basis::EnhancedCode);
    }
    if let Some(hinted) = text.hints() {
        return (vec![hinted], Basis::Text);
    }
    if !coded.is_empty() && !rules::says_whom(reply.code()) {
        return (coded.to_vec(), Basis::EnhancedCode);
    }
    match rules::by_code(reply.code()) {
        [] => (Vec::new(), Basis::Class),
        causes => (causes.to_vec(), Basis::Code),
    }
}
