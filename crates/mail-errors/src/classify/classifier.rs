//! Weighs what a failure tells, and says what it means.

use std::ops::Range;
use std::sync::LazyLock;

use crate::{EnhancedClass, EnhancedStatusCode, ReplyClass, ReplyCode};

use super::clue::of_codes;
use super::giving_up::{Case, SURE};
use super::learned::{Clues, Leanings};
use super::rules::{Met, Rules};
use super::scan::{Found, KEPT, Token, scan};
use super::scores::{Scores, Verdict};
use super::tables::{self, codes};
use super::{
    Blocklist, Classification, Confidence, Evidence, Failure, Provider, Reason, Retry, Stage, What,
};

/// Finds what failures mean.
///
/// The tables are read once, at the first use; after that nothing is allocated.
///
/// ```
/// use mail_errors::classify::{Classifier, Failure, Reason, Scope};
///
/// let failure = Failure::read(b"550 5.7.1 [192.0.2.1] listed at zen.spamhaus.org").expect("a reply");
/// let told = Classifier::shared().classify(&failure);
/// assert_eq!((told.reason(), told.scope()), (Reason::IpBlocklisted, Scope::ClientAddress));
/// assert_eq!(told.blocklist().map(|list| list.name()), Some("Spamhaus"));
/// assert!(!told.suppress());
/// ```
#[derive(Debug)]
pub struct Classifier {
    rules: Rules,
    leanings: Leanings,
}

static SHARED: LazyLock<Classifier> = LazyLock::new(|| {
    let rules = Rules::new(tables::RULES);
    let leanings = Leanings::new(&rules.lexicon);
    Classifier { rules, leanings }
});

impl Classifier {
    /// Returns the classifier; the first call reads the tables.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Returns the octets that the tables take.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.rules.size() + self.leanings.size()
    }

    /// Finds what a failure means.
    #[must_use]
    pub fn classify<'a>(&self, failure: &Failure<'a>) -> Classification<'a> {
        match failure.what() {
            What::Reply { code, enhanced, text } => self.reply(failure, code, enhanced, text),
            What::Words { text } => self.noted(failure, text),
            What::Dns(outcome) => by_outcome(outcome.means()),
            What::Connection(outcome) => by_outcome(outcome.means()),
            What::Tls(outcome) => by_outcome(outcome.means()),
        }
    }

    fn reply<'a>(
        &self,
        failure: &Failure<'a>,
        code: ReplyCode,
        enhanced: Option<EnhancedStatusCode>,
        text: &'a [u8],
    ) -> Classification<'a> {
        let class = class(code);
        let mut room = [Token::NONE; KEPT];
        let mut clues = Clues::new(&self.leanings);
        let found = scan(text, class, &self.rules.lexicon, &mut room, &mut clues);
        let enhanced = enhanced.or(found.enhanced);
        let permanent = class == Some(EnhancedClass::Permanent);
        let mut told = Classification {
            text,
            code: Some(code),
            enhanced,
            reason: Reason::Unknown,
            retry: if permanent { Retry::AfterChange } else { Retry::Later },
            suppress: false,
            permanent,
            blocklist: None,
            evidence: Evidence::Nothing,
            confidence: Confidence(0),
        };
        if matches!(code.class(), ReplyClass::PositiveCompletion | ReplyClass::PositiveIntermediate)
        {
            return told;
        }
        let mut scores = Scores::new();
        self.rules.weigh(found.tokens, &mut scores);
        self.leanings.weigh(of_codes(Some(code), enhanced), &clues, &mut scores);
        let by_code = codes::basic(code);
        let by_enhanced = enhanced.map(codes::enhanced).unwrap_or_default();
        for &(reason, weight) in by_code.iter().chain(by_enhanced) {
            scores.support(reason, weight);
        }
        if let Some(provider) = failure.provider() {
            for &(reason, weight) in Provider::means(provider, code, enhanced) {
                scores.support(reason, 2 * weight);
            }
        }
        if enhanced.is_some_and(|code| matches!((code.subject(), code.detail()), (1, 7 | 8))) {
            scores.is_of_sender();
        }
        if let Some(stage) = failure.stage() {
            scores.at(stage);
        }
        let Some(verdict) = scores.verdict() else { return told };
        let heard = Heard { found: &found, clues: &clues, scores: &scores, by_enhanced, by_code };
        self.settle(&mut told, &heard, verdict, failure.stage(), permanent);
        if matches!(
            told.reason,
            Reason::IpBlocklisted | Reason::BadReputation | Reason::SpamContent | Reason::IpBlocked
        ) {
            told.blocklist = Blocklist::find(text, &found, |token| self.rules.list(token.word));
        }
        told
    }

    fn noted<'a>(&self, failure: &Failure<'a>, text: &'a [u8]) -> Classification<'a> {
        let mut room = [Token::NONE; KEPT];
        let mut clues = Clues::new(&self.leanings);
        let found = scan(text, None, &self.rules.lexicon, &mut room, &mut clues);
        // Elsewhere in such a text three numbers are a version.
        let enhanced = EnhancedStatusCode::split_from(text).map(|(code, _)| code);
        let enhanced = enhanced.filter(|code| code.class() != EnhancedClass::Success);
        let mut scores = Scores::new();
        self.rules.weigh(found.tokens, &mut scores);
        self.leanings.weigh(of_codes(None, enhanced), &clues, &mut scores);
        let by_enhanced = enhanced.map(codes::enhanced).unwrap_or_default();
        for &(reason, weight) in by_enhanced {
            scores.support(reason, weight);
        }
        if let Some(stage) = failure.stage() {
            scores.at(stage);
        }
        let mut told = by_outcome((Reason::Unknown, Retry::AfterChange, false));
        told.text = text;
        told.enhanced = enhanced;
        told.evidence = Evidence::Nothing;
        told.confidence = Confidence(0);
        let class = enhanced.map(EnhancedStatusCode::class);
        if let Some(class) = class {
            told.permanent = class == EnhancedClass::Permanent;
            told.retry = retry(told.reason, told.permanent, false);
        }
        let Some(verdict) = scores.verdict() else { return told };
        // Any line of a bounce may come here: single words are not enough to make it the reason.
        let login = failure.stage().is_some_and(Stage::is_login);
        let by_code = verdict.by_codes && says(by_enhanced, verdict.reason);
        let is_clear = by_code || scores.best(verdict.reason).is_some();
        if !is_clear && verdict.confidence < SURE && !login {
            return told;
        }
        if class.is_none() {
            told.permanent = !matches!(verdict.reason.retry(), Retry::Later);
        }
        let for_good = class == Some(EnhancedClass::Permanent);
        let heard =
            Heard { found: &found, clues: &clues, scores: &scores, by_enhanced, by_code: &[] };
        self.settle(&mut told, &heard, verdict, failure.stage(), for_good);
        told
    }

    /// Writes down what a verdict means.
    fn settle(
        &self,
        told: &mut Classification<'_>,
        heard: &Heard<'_>,
        verdict: Verdict,
        stage: Option<Stage>,
        for_good: bool,
    ) {
        let reason = verdict.reason;
        told.reason = reason;
        told.confidence = verdict.confidence;
        let words = if verdict.by_codes { None } else { self.evidence(reason, heard) };
        told.evidence = words.unwrap_or_else(|| {
            if says(heard.by_enhanced, reason) {
                Evidence::EnhancedCode
            } else if says(heard.by_code, reason) {
                Evidence::Code
            } else {
                Evidence::Nothing
            }
        });
        let phrase = heard.scores.best(reason).and_then(|best| self.rules.source(best.phrase));
        let case =
            Case { verdict, stage, for_good, enhanced: told.enhanced, phrase, found: heard.found };
        told.suppress = case.is_lost(&self.rules);
        told.retry = retry(reason, told.permanent, told.suppress);
    }

    /// Tells which words speak most for a reason: a phrase, or else a single word.
    fn evidence(&self, reason: Reason, heard: &Heard<'_>) -> Option<Evidence> {
        let best = heard.scores.best(reason);
        let phrase = best.and_then(|best| self.phrase(best, heard.found.tokens));
        let word = || Some((self.leanings.best(heard.clues, reason)?, "learned"));
        let (span, rule) = phrase.or_else(word)?;
        Some(Evidence::Words { span, rule })
    }

    fn phrase(&self, best: Met, tokens: &[Token]) -> Option<(Range<usize>, &'static str)> {
        let span = |token: u8| tokens.get(usize::from(token)).map(|token| token.span());
        let (first, last) = (span(best.first)?, span(best.last)?);
        Some((first.start..last.end, self.rules.source(best.phrase)?))
    }
}

/// What was heard in a text, and what its codes speak for.
#[derive(Debug)]
struct Heard<'r> {
    found: &'r Found<'r>,
    clues: &'r Clues<'r>,
    scores: &'r Scores,
    by_enhanced: &'static [(Reason, u8)],
    by_code: &'static [(Reason, u8)],
}

/// The class of the enhanced codes that go with a code.
pub(super) const fn class(code: ReplyCode) -> Option<EnhancedClass> {
    match code.class() {
        ReplyClass::TransientNegative => Some(EnhancedClass::Transient),
        ReplyClass::PermanentNegative => Some(EnhancedClass::Permanent),
        ReplyClass::PositiveCompletion | ReplyClass::PositiveIntermediate | ReplyClass::Other => {
            None
        }
    }
}

fn says(codes: &[(Reason, u8)], reason: Reason) -> bool {
    codes.iter().any(|(own, _)| *own == reason)
}

/// RFC 5321 4.2.1: what is transient may be sent again, whatever the reason.
const fn retry(reason: Reason, permanent: bool, suppress: bool) -> Retry {
    match (reason.retry(), permanent) {
        (Retry::Never, _) if suppress => Retry::Never,
        (retry, true) => retry,
        (Retry::AnotherRoute, false) => Retry::AnotherRoute,
        (Retry::Never | Retry::Later | Retry::AfterChange, false) => Retry::Later,
    }
}

fn by_outcome<'a>((reason, retry, permanent): (Reason, Retry, bool)) -> Classification<'a> {
    Classification {
        text: &[],
        code: None,
        enhanced: None,
        reason,
        retry,
        suppress: permanent && reason.is_hard(),
        permanent,
        blocklist: None,
        evidence: Evidence::Outcome,
        confidence: Confidence(99),
    }
}
