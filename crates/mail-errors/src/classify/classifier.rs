//! Weighs what a failure tells, and says what it means.

use std::sync::LazyLock;

use crate::{EnhancedClass, EnhancedStatusCode, ReplyClass, ReplyCode};

use super::classification::Confidence;
use super::rules::{Met, Phrase, Rules};
use super::scan::{Tokens, scan};
use super::{
    Blocklist, Classification, ConnectionOutcome, DnsOutcome, Evidence, Failure, Provider, Reason,
    Retry, Scope, Stage, TlsOutcome, What, client, codes, labels, message, recipient, server,
};

/// What is worth less is no answer: [`Reason::Unknown`].
const THRESHOLD: u16 = 30;

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
}

static SHARED: LazyLock<Classifier> = LazyLock::new(|| Classifier {
    rules: Rules::new(&[
        recipient::RULES,
        message::RULES,
        client::RULES,
        server::RULES,
        labels::RULES,
    ]),
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
        size_of::<Self>() + self.rules.size()
    }

    /// Finds what a failure means.
    #[must_use]
    pub fn classify<'a>(&self, failure: &Failure<'a>) -> Classification<'a> {
        match failure.what() {
            What::Reply { code, enhanced, text } => self.reply(failure, code, enhanced, text),
            What::Words { text } => self.noted(failure, text),
            What::Dns(outcome) => by_outcome(dns(outcome)),
            What::Connection(outcome) => by_outcome(connection(outcome)),
            What::Tls(outcome) => by_outcome(tls(outcome)),
        }
    }

    fn reply<'a>(
        &self,
        failure: &Failure<'a>,
        code: ReplyCode,
        enhanced: Option<EnhancedStatusCode>,
        text: &'a [u8],
    ) -> Classification<'a> {
        let class = match code.class() {
            ReplyClass::TransientNegative => Some(EnhancedClass::Transient),
            ReplyClass::PermanentNegative => Some(EnhancedClass::Permanent),
            ReplyClass::PositiveCompletion
            | ReplyClass::PositiveIntermediate
            | ReplyClass::Other => None,
        };
        let tokens = scan(text, class, &self.rules);
        let enhanced = enhanced.or(tokens.enhanced);
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
        let mut scores = Scores::default();
        self.words(&tokens, &mut scores);
        let by_code = codes::basic(code);
        let by_enhanced = enhanced.map(codes::enhanced).unwrap_or_default();
        for &(reason, weight) in by_code.iter().chain(by_enhanced) {
            scores.support(reason, weight);
        }
        if let Some(provider) = failure.provider() {
            for &(reason, weight) in Provider::means(provider, code, enhanced) {
                scores.support(reason, weight);
            }
        }
        if let Some(stage) = failure.stage() {
            scores.at(stage);
        }
        let Some((reason, confidence)) = scores.verdict() else { return told };
        told.reason = reason;
        told.confidence = confidence;
        let has = |codes: &[(Reason, u8)]| codes.iter().any(|(own, _)| *own == reason);
        told.evidence = match scores.met(reason) {
            Some((phrase, met)) => words(phrase, met, &tokens),
            None if has(by_enhanced) => Evidence::EnhancedCode,
            None if has(by_code) => Evidence::Code,
            None => Evidence::Nothing,
        };
        if matches!(
            reason,
            Reason::IpBlocklisted | Reason::BadReputation | Reason::SpamContent | Reason::IpBlocked
        ) {
            told.blocklist = Blocklist::find(text, tokens.as_slice());
        }
        let login = failure.stage().is_some_and(Stage::is_login);
        // Postfix gives 450 4.1.1 and 4.1.2, and nobody makes such a mailbox meanwhile.
        told.suppress = reason.is_hard() && !login && (permanent || is_hard_for_now(enhanced));
        told.retry = retry(reason, permanent, told.suppress);
        told
    }

    fn noted<'a>(&self, failure: &Failure<'a>, text: &'a [u8]) -> Classification<'a> {
        let tokens = scan(text, None, &self.rules);
        let mut scores = Scores::default();
        self.words(&tokens, &mut scores);
        if let Some(stage) = failure.stage() {
            scores.at(stage);
        }
        let mut told = by_outcome((Reason::Unknown, Retry::AfterChange, false));
        told.text = text;
        told.evidence = Evidence::Nothing;
        told.confidence = Confidence(0);
        let Some((reason, confidence)) = scores.verdict() else { return told };
        told.reason = reason;
        told.confidence = confidence;
        told.permanent = !matches!(reason.retry(), Retry::Later);
        told.retry = retry(reason, told.permanent, false);
        if let Some((phrase, met)) = scores.met(reason) {
            told.evidence = words(phrase, met, &tokens);
        }
        told
    }

    fn words<'r>(&'r self, tokens: &Tokens, scores: &mut Scores<'r>) {
        let tokens = tokens.as_slice();
        self.rules.met(tokens, |phrase, met| {
            scores.meet(phrase, met, tokens.get(met.first).map_or(0, |token| token.place))
        });
    }

    #[doc(hidden)]
    pub fn debug(&self, text: &[u8]) {
        let tokens = scan(text, None, &self.rules);
        let t = tokens.as_slice();
        self.rules.met(t, |phrase, met| {
            eprintln!(
                "{} {} {:?} {}",
                phrase.reason,
                phrase.weight,
                phrase.source,
                t.get(met.first).map_or(0, |t| t.place)
            )
        });
    }

    #[cfg(test)]
    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }
}

fn words(phrase: &Phrase, met: Met, tokens: &Tokens) -> Evidence {
    let tokens = tokens.as_slice();
    let at = |token: usize| tokens.get(token).map(|token| token.span());
    match (at(met.first), at(met.last)) {
        (Some(first), Some(last)) => {
            Evidence::Words { span: first.start..last.end, rule: phrase.source }
        }
        (None, _) | (_, None) => Evidence::Nothing,
    }
}

const fn is_hard_for_now(enhanced: Option<EnhancedStatusCode>) -> bool {
    match enhanced {
        Some(enhanced) => {
            matches!((enhanced.subject(), enhanced.detail()), (1, 1 | 2 | 3 | 6 | 10))
        }
        None => false,
    }
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

/// The weights of all reasons, and the best phrase for each.
struct Scores<'r> {
    words: [Option<(u8, &'r Phrase, Met)>; Reason::ALL.len()],
    total: [u16; Reason::ALL.len()],
}

impl Default for Scores<'_> {
    fn default() -> Self {
        Self { words: [None; Reason::ALL.len()], total: [0; Reason::ALL.len()] }
    }
}

impl<'r> Scores<'r> {
    /// The best phrase for a reason counts, and those behind it do not: a reply is no more sure for
    /// saying it twice. What stands far behind is mostly advice.
    fn meet(&mut self, phrase: &'r Phrase, met: Met, place: u16) {
        let late = match place {
            0..=24 => 0,
            25..=49 => 6,
            50..=99 => 14,
            100.. => 22,
        };
        let weight = phrase.weight.saturating_sub(late);
        let (Some(words), Some(total)) =
            (self.words.get_mut(phrase.reason.index()), self.total.get_mut(phrase.reason.index()))
        else {
            return;
        };
        let before = words.map_or(0, |(weight, ..)| weight);
        if weight > before {
            *words = Some((weight, phrase, met));
            *total += u16::from(weight - before);
        }
    }

    /// Codes speak when words do not; beside words they are a third of the voice.
    fn support(&mut self, reason: Reason, weight: u8) {
        let spoken = self.words.get(reason.index()).is_some_and(Option::is_some);
        self.add(reason, if spoken { weight / 3 } else { weight });
    }

    fn add(&mut self, reason: Reason, weight: u8) {
        if let Some(total) = self.total.get_mut(reason.index()) {
            *total += u16::from(weight);
        }
    }

    /// Takes into account where in the conversation it was.
    fn at(&mut self, stage: Stage) {
        match stage {
            Stage::Connect => {
                self.add(Reason::IpBlocked, 8);
                self.add(Reason::NoPtr, 4);
                self.add(Reason::SystemError, 4);
                self.less(Scope::Recipient, 25);
                self.less(Scope::Message, 15);
            }
            Stage::Ehlo => {
                self.add(Reason::BadHelo, 12);
                self.less(Scope::Recipient, 25);
                self.less(Scope::Message, 15);
            }
            Stage::StartTls => self.add(Reason::TlsRequired, 32),
            Stage::Auth | Stage::Pop3Login | Stage::ImapLogin => {
                // It is the sender's own mailbox that cannot be had.
                let recipient = self.total.get(Reason::MailboxUnknown.index()).copied();
                let disabled = self.total.get(Reason::MailboxDisabled.index()).copied();
                let more = recipient.max(disabled).unwrap_or(0).min(100);
                self.add(Reason::AuthRejected, 10 + u8::try_from(more).unwrap_or(100));
                self.less(Scope::Recipient, 200);
            }
            Stage::Mail => self.add(Reason::SenderRejected, 12),
            Stage::Rcpt => {
                self.add(Reason::MailboxUnknown, 8);
                self.less(Scope::Message, 8);
            }
            Stage::Data | Stage::EndOfData => {
                self.add(Reason::ContentRejected, 4);
                self.add(Reason::SpamContent, 6);
                self.add(Reason::Policy, 4);
            }
        }
    }

    fn less(&mut self, scope: Scope, weight: u16) {
        for (total, reason) in self.total.iter_mut().zip(Reason::ALL) {
            if reason.scope() == scope {
                *total = total.saturating_sub(weight);
            }
        }
    }

    /// Returns the reason with the most weight, if it has enough.
    fn verdict(&self) -> Option<(Reason, Confidence)> {
        // Of two that weigh the same the longer phrase decides: it is said of fewer things.
        let mut best = (Reason::Unknown, 0, 0);
        for ((&reason, &total), words) in Reason::ALL.iter().zip(&self.total).zip(&self.words) {
            let length = words.map_or(0, |(_, phrase, _)| phrase.length());
            if (total, length) > (best.1, best.2) {
                best = (reason, total, length);
            }
        }
        let (reason, total, _) = best;
        let others = Reason::ALL.iter().zip(&self.total);
        let second = others
            .filter(|(other, _)| other.scope() != reason.scope())
            .map(|(_, total)| *total)
            .max()
            .unwrap_or(0);
        let lead = total - second;
        (total >= THRESHOLD).then(|| {
            let sure = 40 + total.min(100) * 2 / 5 + lead.min(60) / 3;
            (reason, Confidence(u8::try_from(sure.min(99)).unwrap_or(99)))
        })
    }

    fn met(&self, reason: Reason) -> Option<(&'r Phrase, Met)> {
        let (_, phrase, met) = (*self.words.get(reason.index())?)?;
        Some((phrase, met))
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

const fn dns(outcome: DnsOutcome) -> (Reason, Retry, bool) {
    match outcome {
        DnsOutcome::NoDomain | DnsOutcome::NoAddress => (Reason::DomainUnknown, Retry::Never, true),
        // RFC 7505 3.
        DnsOutcome::NullMx => (Reason::DomainNoMail, Retry::Never, true),
        // RFC 5321 5.1: wrongly set up, which somebody may mend.
        DnsOutcome::UselessMx => (Reason::SystemError, Retry::Later, false),
        DnsOutcome::TimedOut | DnsOutcome::Failed => (Reason::Network, Retry::Later, false),
    }
}

const fn connection(outcome: ConnectionOutcome) -> (Reason, Retry, bool) {
    match outcome {
        // RFC 5321 5.1: the next host of the domain's is asked.
        ConnectionOutcome::Refused
        | ConnectionOutcome::Unreachable
        | ConnectionOutcome::TimedOut => (Reason::Network, Retry::AnotherRoute, false),
        ConnectionOutcome::Lost => (Reason::Network, Retry::Later, false),
    }
}

const fn tls(outcome: TlsOutcome) -> (Reason, Retry, bool) {
    match outcome {
        TlsOutcome::Name | TlsOutcome::Expiry | TlsOutcome::Untrusted => {
            (Reason::TlsRequired, Retry::AnotherRoute, false)
        }
        TlsOutcome::Handshake | TlsOutcome::NotOffered => {
            (Reason::TlsRequired, Retry::AnotherRoute, false)
        }
        TlsOutcome::PlainToTlsPort | TlsOutcome::TlsToPlainPort => {
            (Reason::ProtocolError, Retry::AfterChange, false)
        }
    }
}
