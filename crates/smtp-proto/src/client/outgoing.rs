//! A message on its way out, and what became of its recipients.

use mail_wire::{BareNewline, BareOctet, DotStuffer, SendBuffer};

use crate::State;

use super::{Envelope, MessageId, Outcome};

/// A message on its way out.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: MessageId,
    pub(super) envelope: Envelope,
    pub(super) stuffer: DotStuffer,
    pub(super) said: Said,
    /// What becomes of each recipient.
    fates: Vec<Fate>,
    /// How many RCPTs have been answered.
    answered: usize,
    accepted: usize,
    /// What all recipients that are still open are to be told, and from which on.
    telling: Option<(Outcome, usize)>,
    body: Body,
}

/// Which commands have gone out.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) checked: bool,
    pub(super) mail: bool,
    pub(super) recipients: usize,
    pub(super) data: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Not answered yet.
    Open,
    /// RCPT was taken. What counts is the reply to the end of the message.
    Taken,
    /// Told.
    Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// The server has not asked for it.
    Unwanted,
    /// The next part of it may be asked for.
    Open,
    /// The next part of it has been asked for.
    Asked,
    /// Its end has been sent, or the lone dot that stands for a message without recipients.
    Complete,
}

impl Outgoing {
    pub(super) fn new(id: MessageId, envelope: Envelope, policy: BareNewline) -> Self {
        Self {
            id,
            fates: vec![Fate::Open; envelope.to.len()],
            envelope,
            stuffer: DotStuffer::new(policy),
            said: Said::default(),
            answered: 0,
            accepted: 0,
            telling: None,
            body: Body::Unwanted,
        }
    }

    /// Takes the answer to the next RCPT.
    pub(super) fn answer(&mut self, taken: bool) -> usize {
        let index = self.answered;
        self.answered += 1;
        self.accepted += usize::from(taken);
        if let Some(fate) = self.fates.get_mut(index).filter(|fate| **fate == Fate::Open) {
            *fate = if taken { Fate::Taken } else { Fate::Told };
        }
        index
    }

    /// Tells all recipients that have not been told yet.
    pub(super) fn tell_open(&mut self, outcome: Outcome) {
        self.telling.get_or_insert((outcome, 0));
        if self.is_body_open() {
            self.body = Body::Unwanted;
        }
    }

    /// Returns the next recipient that is to be told.
    pub(super) fn next_told(&mut self) -> Option<(usize, Outcome)> {
        let (outcome, from) = self.telling.as_mut()?;
        let open = self.fates.get_mut(*from..).unwrap_or_default();
        let Some(at) = open.iter().position(|fate| *fate != Fate::Told) else {
            *from = self.fates.len();
            return None;
        };
        if let Some(fate) = open.get_mut(at) {
            *fate = Fate::Told;
        }
        let index = *from + at;
        *from = index + 1;
        Some((index, outcome.clone()))
    }

    /// Everybody has been told, or is about to be.
    pub(super) const fn is_decided(&self) -> bool {
        self.telling.is_some()
    }

    /// Tells whether the connection is free for the next message.
    pub(super) const fn is_free(&self, state: State, is_idle: bool) -> bool {
        self.is_decided() && is_idle && matches!(state, State::Ready)
    }

    pub(super) const fn all_answered(&self) -> bool {
        self.answered == self.fates.len()
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.accepted > 0 && !self.is_decided()
    }

    pub(super) const fn open_body(&mut self) {
        self.body = Body::Open;
    }

    /// Tells whether the body has begun and not ended.
    pub(super) const fn is_body_open(&self) -> bool {
        matches!(self.body, Body::Open | Body::Asked)
    }

    pub(super) const fn is_asking(&self) -> bool {
        matches!(self.body, Body::Asked)
    }

    /// Notes that the next part is asked for.
    pub(super) const fn ask(&mut self) {
        self.body = Body::Asked;
    }

    /// Notes that a part has come.
    pub(super) const fn given(&mut self) {
        self.body = Body::Open;
    }

    pub(super) fn end_body(&mut self, output: &mut SendBuffer) -> Result<(), BareOctet> {
        self.stuffer.clone().finish(output)?;
        self.body = Body::Complete;
        Ok(())
    }

    /// Tells whether the end of the message has been sent, for recipients who are to get it.
    pub(super) const fn is_complete(&self) -> bool {
        matches!(self.body, Body::Complete) && self.accepted > 0
    }
}
