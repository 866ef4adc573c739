//! What the classifier answers.

use std::fmt;
use std::ops::Range;

use crate::{EnhancedStatusCode, ReplyCode};

use super::{Blocklist, Reason, Retry, Scope};

/// What a failure means, and what it goes by.
///
/// A small value without a heap: names and spans point into the text that was classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification<'a> {
    pub(super) text: &'a [u8],
    pub(super) code: Option<ReplyCode>,
    pub(super) enhanced: Option<EnhancedStatusCode>,
    pub(super) reason: Reason,
    pub(super) retry: Retry,
    pub(super) suppress: bool,
    pub(super) permanent: bool,
    pub(super) blocklist: Option<Blocklist<'a>>,
    pub(super) evidence: Evidence,
    pub(super) confidence: Confidence,
}

/// What a [`Classification`] goes by, the surest last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing told more than that it failed.
    Nothing,
    /// The reply code.
    Code,
    /// The enhanced code.
    EnhancedCode,
    /// Words of the text.
    Words {
        /// Where they stand, in octets of the [text](Classification::text).
        span: Range<usize>,
        /// The phrase that was met, in the notation of the tables, or `learned` for a single word
        /// that leans to the reason.
        rule: &'static str,
    },
    /// What happened on the way, without a reply.
    Outcome,
}

impl Evidence {
    /// Returns the name in snake case, `enhanced_code`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Code => "code",
            Self::EnhancedCode => "enhanced_code",
            Self::Words { .. } => "words",
            Self::Outcome => "outcome",
        }
    }
}

/// How sure a classification is, in per cent: of a hundred replies that are classified with this
/// confidence, about so many are classified rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(pub(super) u8);

impl Confidence {
    /// Returns the per cent, 0 to 100.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl<'a> Classification<'a> {
    /// Returns the reason; [`Reason::Unknown`] rather than a guess.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns what the reason is about.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.reason.scope()
    }

    /// Tells whether, and how, to send the same message again.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        self.retry
    }

    /// Tells whether to stop mailing this address. No block, quota, spam verdict or policy says so.
    #[must_use]
    pub const fn suppress(&self) -> bool {
        self.suppress
    }

    /// Tells whether the server meant it for good (5yz; the reply code goes before the enhanced
    /// one).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// Returns the block list that is named.
    #[must_use]
    pub const fn blocklist(&self) -> Option<Blocklist<'a>> {
        self.blocklist
    }

    /// Returns what it goes by.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Returns the words that it goes by, empty if there are none.
    #[must_use]
    pub fn words(&self) -> &'a [u8] {
        match &self.evidence {
            Evidence::Words { span, .. } => self.text.get(span.clone()).unwrap_or_default(),
            Evidence::Nothing | Evidence::Code | Evidence::EnhancedCode | Evidence::Outcome => &[],
        }
    }

    /// Returns how sure it is.
    #[must_use]
    pub const fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// Returns the reply code.
    #[must_use]
    pub const fn code(&self) -> Option<ReplyCode> {
        self.code
    }

    /// Returns the enhanced code: the reply's own, or the first of its class in the text.
    #[must_use]
    pub const fn enhanced(&self) -> Option<EnhancedStatusCode> {
        self.enhanced
    }

    /// Returns the text that was classified.
    #[must_use]
    pub const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Tells whether reply code and enhanced code are of different classes (`450 5.1.1`). The reply
    /// code is the one that was gone by. RFC 2034 4.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        match (self.code, self.enhanced) {
            (Some(code), Some(enhanced)) => code.get() / 100 != enhanced.class().digit(),
            (None, _) | (_, None) => false,
        }
    }
}
