//! Weighs what words and codes speak for.

use super::classification::Confidence;
use super::rules::{Met, Phrase};
use super::{Reason, Scope, Stage};

/// What is worth less is no answer: [`Reason::Unknown`].
const THRESHOLD: u16 = 30;

/// The phrase that speaks most for a reason; of no weight if there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Best {
    weight: u8,
    length: u8,
    pub(super) met: Met,
}

/// The weights of all reasons, and the best phrase for each.
#[derive(Debug)]
pub(super) struct Scores {
    words: [Best; REASONS],
    total: [u16; REASONS],
    /// The reasons that anything spoke for, a bit each.
    spoken: u64,
}

const REASONS: usize = Reason::ALL.len();

impl Scores {
    pub(super) fn new() -> Self {
        Self { words: [Best::default(); REASONS], total: [0; REASONS], spoken: 0 }
    }

    /// Tells whether a phrase, if it is met, may weigh more than the best one for its reason.
    pub(super) fn may_gain(&self, phrase: &Phrase) -> bool {
        self.words.get(phrase.reason.index()).is_some_and(|best| phrase.weight > best.weight)
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
        let Some(best) = self.words.get_mut(phrase.reason.index()) else { return };
        if weight > best.weight {
            let more = weight - best.weight;
            *best = Best { weight, length: phrase.shape.length(), met };
            self.add(phrase.reason, more);
        }
    }

    /// Codes speak when words do not; beside words they are a third of the voice.
    pub(super) fn support(&mut self, reason: Reason, weight: u8) {
        let spoken = self.words.get(reason.index()).is_some_and(|best| best.weight > 0);
        self.add(reason, if spoken { weight / 3 } else { weight });
    }

    fn add(&mut self, reason: Reason, weight: u8) {
        if let Some(total) = self.total.get_mut(reason.index()) {
            *total += u16::from(weight);
            self.spoken |= 1 << reason.index();
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
                let more = recipient.max(disabled).unwrap_or(0).min(100);
                self.add(Reason::AuthRejected, 10 + u8::try_from(more).unwrap_or(100));
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

    fn less(&mut self, scope: Scope, weight: u16) {
        for reason in self.spoken() {
            if reason.scope() == scope
                && let Some(total) = self.total.get_mut(reason.index())
            {
                *total = total.saturating_sub(weight);
            }
        }
    }

    /// The reasons that anything spoke for, in their order.
    fn spoken(&self) -> impl Iterator<Item = Reason> + use<> {
        let mut left = self.spoken;
        std::iter::from_fn(move || {
            let reason = Reason::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*reason)
        })
    }

    /// Returns the reason with the most weight, if it has enough.
    pub(super) fn verdict(&self) -> Option<(Reason, Confidence)> {
        // Of two that weigh the same the longer phrase decides: it is said of fewer things.
        let mut best = (Reason::Unknown, 0, 0);
        let mut scopes = [0u16; Scope::ALL.len()];
        for reason in self.spoken() {
            let at = reason.index();
            let (Some(&total), Some(words)) = (self.total.get(at), self.words.get(at)) else {
                continue;
            };
            if (total, words.length) > (best.1, best.2) {
                best = (reason, total, words.length);
            }
            if let Some(most) = scopes.get_mut(reason.scope() as usize) {
                *most = total.max(*most);
            }
        }
        let (reason, total, _) = best;
        let own = reason.scope() as usize;
        let others = scopes.iter().enumerate().filter(|(scope, _)| *scope != own);
        let second = others.map(|(_, most)| *most).max().unwrap_or(0);
        let lead = total - second;
        (total >= THRESHOLD).then(|| {
            // Measured on replies with labels; a doubt between scopes costs most.
            let sure = match total {
                95.. => 97,
                80.. => 92,
                60.. => 82,
                45.. => 72,
                _ => 60,
            };
            let doubt = match lead {
                0..8 => 25,
                8..20 => 10,
                _ => 0,
            };
            (reason, Confidence(sure - doubt))
        })
    }

    /// Returns the best phrase for a reason.
    pub(super) fn best(&self, reason: Reason) -> Option<Best> {
        self.words.get(reason.index()).filter(|best| best.weight > 0).copied()
    }
}
