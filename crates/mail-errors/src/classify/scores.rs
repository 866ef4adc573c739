//! Weighs what words and codes speak for.

use std::ops::Range;

use super::classification::Confidence;
use super::rules::{Met, Phrase};
use super::{Reason, Scope, Stage};

/// How many points of a phrase weigh as much as how many units of a clue.
const POINTS: (i16, i16) = (5, 3);

/// What weighs so much is a provider's own label: no other words are a match for it.
pub(super) const LABEL: u8 = 200;

/// What is less likely is no answer: [`Reason::Unknown`].
const LIKELY: Confidence = Confidence(65);

/// The weights of all reasons, and the best phrase for each.
#[derive(Debug)]
pub(super) struct Scores {
    /// What the best phrase weighs, 0 if there is none.
    words: [u8; REASONS],
    /// The best phrase.
    best: [Met; REASONS],
    /// Points.
    total: [i16; REASONS],
    /// Points of codes alone.
    by_codes: [i16; REASONS],
    /// What clues lean to, in units: `i8` each, and there is no room for so many that they overflow.
    leaning: [i16; LANES],
    /// There were words that say something.
    has_words: bool,
}

/// What the weights come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) reason: Reason,
    /// How likely the reason's scope is.
    pub(super) confidence: Confidence,
    /// How likely it is that the address is dead.
    pub(super) dead: Confidence,
    /// It goes by codes and the stage: there were no words, or they said too little.
    pub(super) by_codes: bool,
}

const REASONS: usize = Reason::ALL.len();

/// Room for all reasons, by eights, as processors add them.
pub(super) const LANES: usize = REASONS.next_multiple_of(EIGHT);

const EIGHT: usize = 8;

impl Scores {
    pub(super) fn new() -> Self {
        Self {
            words: [0; REASONS],
            best: [Met::default(); REASONS],
            total: [0; REASONS],
            by_codes: [0; REASONS],
            leaning: [0; LANES],
            has_words: false,
        }
    }

    /// Tells whether a phrase, if it is met, may weigh more than the best one for its reason.
    pub(super) fn may_gain(&self, phrase: &Phrase) -> bool {
        self.words.get(phrase.reason.index()).is_some_and(|words| phrase.weight > *words)
    }

    /// The best phrase for a reason counts, and those behind it do not: a reply is no more sure for
    /// saying it twice. What stands far behind is mostly advice.
    pub(super) fn meet(&mut self, phrase: &Phrase, met: Met, place: u16) {
        let late = match place {
            0..=24 => 0,
            25..=49 => 6,
            50..=99 => 14,
            100.. => 22,
        };
        let weight = phrase.weight.saturating_sub(late);
        let at = phrase.reason.index();
        let (Some(words), Some(best)) = (self.words.get_mut(at), self.best.get_mut(at)) else {
            return;
        };
        if weight > *words {
            let more = points(weight) - points(*words);
            (*words, *best) = (weight, met);
            self.has_words = true;
            if let Some(total) = self.total.get_mut(at) {
                *total += more;
            }
        }
    }

    /// Codes speak when words do not; beside words they are a third of the voice.
    pub(super) fn support(&mut self, reason: Reason, weight: u8) {
        let spoken = self.has_phrase(reason);
        if let Some(points) = self.by_codes.get_mut(reason.index()) {
            *points += i16::from(weight);
        }
        self.add(reason, if spoken { weight / 3 } else { weight });
    }

    fn add(&mut self, reason: Reason, weight: u8) {
        if let Some(total) = self.total.get_mut(reason.index()) {
            *total += i16::from(weight);
        }
    }

    /// Takes into account where in the conversation it was.
    pub(super) fn at(&mut self, stage: Stage) {
        match stage {
            Stage::Connect => {
                self.add(Reason::IpBlocked, 8);
                self.add(Reason::NoPtr, 4);
                self.add(Reason::SystemError, 4);
                // Nobody has named a recipient yet.
                self.less(Scope::Recipient, 70);
                self.less(Scope::Message, 15);
            }
            Stage::Ehlo => {
                self.add(Reason::BadHelo, 12);
                self.less(Scope::Recipient, 70);
                self.less(Scope::Message, 15);
            }
            Stage::StartTls => self.add(Reason::TlsRequired, 32),
            Stage::Auth | Stage::Pop3Login | Stage::ImapLogin => {
                // It is the sender's own mailbox that cannot be had.
                let recipient = self.total.get(Reason::MailboxUnknown.index()).copied();
                let disabled = self.total.get(Reason::MailboxDisabled.index()).copied();
                let more = (recipient.max(disabled).unwrap_or(0) * 3 / 2).clamp(0, 150);
                self.add(Reason::AuthRejected, 10 + u8::try_from(more).unwrap_or(150));
                self.less(Scope::Recipient, 200);
            }
            Stage::Mail => {
                self.add(Reason::SenderRejected, 12);
                self.less(Scope::Recipient, 70);
            }
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

    /// Takes into account that an enhanced code is about the sender (x.1.7 and x.1.8), so that words
    /// like "no such domain" are not about the recipient.
    pub(super) fn is_of_sender(&mut self) {
        self.less(Scope::Recipient, 90);
    }

    fn less(&mut self, scope: Scope, weight: i16) {
        let own = self.total.get_mut(span(scope)).unwrap_or_default();
        own.iter_mut().for_each(|total| *total -= weight);
    }

    /// Adds what clues lean to, each reason by reason.
    #[inline]
    pub(super) fn lean<'t>(&mut self, clues: impl Iterator<Item = &'t [i8; LANES]>) {
        // A copy cannot be what is read from, so that eight are added at once.
        let mut sums = self.leaning;
        clues.for_each(|clue| {
            sums.iter_mut().zip(clue).for_each(|(sum, units)| *sum += i16::from(*units));
        });
        self.leaning = sums;
    }

    /// Takes into account that a clue is a word.
    pub(super) const fn hear_words(&mut self) {
        self.has_words = true;
    }

    /// Tells whether there were words that say something.
    pub(super) const fn has_words(&self) -> bool {
        self.has_words
    }

    /// Returns what points that are not of words say, if they say enough.
    fn of_codes(points: [i16; REASONS]) -> Option<Verdict> {
        let points = Reason::ALL.iter().copied().zip(points);
        let (reason, points) = points.rev().max_by_key(|(_, points)| *points)?;
        let confidence = match points {
            60.. => Confidence(82),
            45.. => Confidence(72),
            30.. => Confidence(60),
            _ => return None,
        };
        let dead = if reason.is_hard() { confidence } else { Confidence(0) };
        Some(Verdict { reason, confidence, dead, by_codes: true })
    }

    /// Returns the likeliest reason of the likeliest scope, if it is likely enough.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        if !self.has_words {
            return Self::of_codes(self.total);
        }
        let mut logits = [i16::MIN; LANES];
        for ((logit, total), leaning) in logits.iter_mut().zip(&self.total).zip(&self.leaning) {
            *logit = total * POINTS.1 / POINTS.0 + leaning;
        }
        let mut most = [i16::MIN; EIGHT];
        for eight in logits.as_chunks::<EIGHT>().0 {
            most.iter_mut().zip(eight).for_each(|(most, logit)| *most = *logit.max(most));
        }
        let most = most.into_iter().max()?;
        // All of them, though few are likely: which ones, no processor can guess.
        let mut behind = [0; LANES];
        behind.iter_mut().zip(&logits).for_each(|(behind, logit)| {
            *behind = (most.wrapping_sub(*logit) as u16).min(u8::MAX.into()) as u8;
        });
        let mut all = 0;
        let mut before = [0; REASONS + 1];
        for (sum, behind) in before[1..].iter_mut().zip(behind) {
            all += CHANCES[usize::from(behind)];
            *sum = all;
        }
        let mut sums = [0; Scope::ALL.len()];
        for (sum, &(first, end)) in sums.iter_mut().zip(&SPANS) {
            *sum = before[usize::from(end)] - before[usize::from(first)];
        }
        let dead = HARD.iter().map(|&at| before[at + 1] - before[at]).sum();
        let (scope, sum) = Scope::ALL.iter().zip(sums).max_by_key(|(_, sum)| *sum)?;
        let own = Reason::ALL.get(span(*scope))?.iter().zip(logits.get(span(*scope))?);
        let (&reason, _) = own.rev().max_by_key(|(_, logit)| **logit)?;
        let percent = |chance: u32| Confidence((chance * 100 / all.max(1)).min(99) as u8);
        let (confidence, dead) = (percent(sum), percent(dead));
        if confidence < LIKELY {
            // Words that say too little leave it to codes that say enough.
            return Self::of_codes(self.by_codes).filter(|told| told.confidence >= LIKELY);
        }
        (reason != Reason::Unknown).then_some(Verdict { reason, confidence, dead, by_codes: false })
    }

    /// Returns the best phrase for a reason.
    pub(super) fn best(&self, reason: Reason) -> Option<Met> {
        if self.has_phrase(reason) { self.best.get(reason.index()).copied() } else { None }
    }

    fn has_phrase(&self, reason: Reason) -> bool {
        self.words.get(reason.index()).is_some_and(|words| *words > 0)
    }
}

/// Returns what a phrase of this weight is worth.
const fn points(weight: u8) -> i16 {
    if weight < LABEL { weight as i16 } else { 2 * weight as i16 }
}

/// Which reasons are of a scope: they stand side by side.
const fn span(scope: Scope) -> Range<usize> {
    let (first, end) = SPANS[scope as usize];
    first as usize..end as usize
}

/// Which reasons are hard.
const HARD: [usize; 5] = {
    let mut hard = [0; 5];
    let (mut count, mut at) = (0, 0);
    while at < REASONS {
        if Reason::ALL[at].is_hard() {
            hard[count] = at;
            count += 1;
        }
        at += 1;
    }
    assert!(count == hard.len(), "as many are hard");
    hard
};

/// By scope: its first reason, and the first behind its last.
const SPANS: [(u8, u8); Scope::ALL.len()] = {
    let mut spans = [(0, 0); Scope::ALL.len()];
    let mut at = 0;
    while at < REASONS {
        let (first, end) = &mut spans[Reason::ALL[at].scope() as usize];
        if *end == 0 {
            *first = at as u8;
        }
        assert!(*end == 0 || *end as usize == at, "reasons stand scope by scope");
        at += 1;
        *end = at as u8;
    }
    spans
};

/// How likely something is that lies so many units behind the likeliest, in 65,536ths. The powers
/// of e to the -1/16, a unit each; what is further behind than [`FAR`] is not.
const CHANCES: [u32; 256] = {
    let mut chances = [0; 256];
    let (mut at, mut chance) = (0, 1u64 << 32);
    while at < FAR {
        chances[at] = (chance >> 16) as u32;
        chance = (chance * 4_034_748_382) >> 32;
        at += 1;
    }
    chances
};

const FAR: usize = 160;
