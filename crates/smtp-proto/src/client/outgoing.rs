//! A message on its way out, and what became of its recipients.

use std::collections::VecDeque;

use bytes::Bytes;
use mail_wire::{BareOctet, DotStuffer, SendBuffer};

use crate::{Attributes, State};

use super::{Envelope, MessageId, Outcome, chunks::Chunker};

/// A message on its way out.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: MessageId,
    pub(super) envelope: Envelope,
    pub(super) said: Said,
    /// The arguments of XFORWARD that have not been said.
    pub(super) forwards: VecDeque<Attributes>,
    /// The message is announced to hold UTF-8.
    pub(super) utf8: bool,
    /// What becomes of each recipient.
    fates: Vec<Fate>,
    /// How many recipients have been asked for, or never will be.
    asked: usize,
    /// Up to which recipient RCPT has been answered.
    answered: usize,
    accepted: usize,
    /// Up to which recipient the end of the message has been answered, where each has an answer of
    /// its own.
    delivered: usize,
    /// What all recipients that are still open are to be told, and from which on.
    telling: Option<(Outcome, usize)>,
    body: Body,
    framing: Framing,
}

/// Which commands have gone out.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) checked: bool,
    pub(super) mail: bool,
    pub(super) data: bool,
}

/// How the end of the message is found.
#[derive(Debug)]
pub(super) enum Framing {
    /// By a lone dot.
    Dots(DotStuffer),
    /// By the sizes of chunks.
    Chunks(Chunker),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Not answered yet.
    Open,
    /// RCPT was taken. What counts is the reply to the end of the message.
    Taken,
    /// Told.
    Told,
    /// Told, and the server is not asked.
    Excluded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// The server has not asked for it, or has had enough.
    Unwanted,
    /// The next part of it may be asked for.
    Open,
    /// The next part of it has been asked for.
    Asked,
    /// There are no more parts. The last chunk waits for those before it.
    Given,
    /// Its end is in the output, or the lone dot that stands for a message without recipients.
    Complete {
        /// How many octets have been written when the end has.
        at: u64,
    },
}

impl Outgoing {
    pub(super) fn new(id: MessageId, envelope: Envelope, framing: Framing) -> Self {
        Self {
            id,
            fates: vec![Fate::Open; envelope.to.len()],
            envelope,
            said: Said::default(),
            forwards: VecDeque::new(),
            utf8: false,
            asked: 0,
            answered: 0,
            accepted: 0,
            delivered: 0,
            telling: None,
            body: Body::Unwanted,
            framing,
        }
    }

    /// What becomes of this recipient is told without asking the server.
    pub(super) fn exclude(&mut self, index: usize) {
        if let Some(fate) = self.fates.get_mut(index) {
            *fate = Fate::Excluded;
        }
    }

    /// Returns the next recipient to be asked for.
    pub(super) fn next_asked(&mut self) -> Option<usize> {
        self.asked = self.skip_excluded(self.asked);
        (self.asked < self.fates.len()).then_some(self.asked)
    }

    /// The next recipient has been asked for.
    pub(super) const fn ask_recipient(&mut self) {
        self.asked += 1;
    }

    /// Takes the answer to the next RCPT.
    pub(super) fn answer(&mut self, taken: bool) -> usize {
        let index = self.skip_excluded(self.answered);
        self.answered = index + 1;
        self.accepted += usize::from(taken);
        if let Some(fate) = self.fates.get_mut(index).filter(|fate| **fate == Fate::Open) {
            *fate = if taken { Fate::Taken } else { Fate::Told };
        }
        index
    }

    fn skip_excluded(&self, from: usize) -> usize {
        let rest = self.fates.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|fate| **fate == Fate::Excluded).count()
    }

    /// Takes the answer to the end of the message for the next recipient that was taken. Returns
    /// which that is, and whether it was the last.
    pub(super) fn deliver(&mut self) -> Option<(usize, bool)> {
        let rest = self.fates.get_mut(self.delivered..)?;
        let at = rest.iter().position(|fate| *fate == Fate::Taken)?;
        if let Some(fate) = rest.get_mut(at) {
            *fate = Fate::Told;
        }
        let index = self.delivered + at;
        self.delivered = index + 1;
        self.accepted -= 1;
        Some((index, self.accepted == 0))
    }

    /// Tells all recipients that have not been told yet.
    pub(super) fn tell_open(&mut self, outcome: Outcome) {
        self.telling.get_or_insert((outcome, 0));
        if self.is_body_open() || self.body == Body::Given {
            self.body = Body::Unwanted;
        }
    }

    /// Returns the next recipient that is to be told.
    pub(super) fn next_told(&mut self) -> Option<(usize, Outcome)> {
        let (outcome, from) = self.telling.as_mut()?;
        let open = self.fates.get_mut(*from..).unwrap_or_default();
        let is_open = |fate: &Fate| matches!(fate, Fate::Open | Fate::Taken);
        let Some(at) = open.iter().position(is_open) else {
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

    pub(super) fn all_answered(&self) -> bool {
        self.skip_excluded(self.answered) == self.fates.len()
    }

    /// Tells whether the server has taken a recipient.
    pub(super) const fn has_taken(&self) -> bool {
        self.accepted > 0
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.has_taken() && !self.is_decided()
    }

    pub(super) const fn is_chunked(&self) -> bool {
        matches!(self.framing, Framing::Chunks(_))
    }

    pub(super) fn frame_by(&mut self, framing: Framing) {
        self.framing = framing;
    }

    pub(super) const fn open_body(&mut self) {
        self.body = Body::Open;
    }

    /// Tells whether the body has begun and not ended.
    pub(super) const fn is_body_open(&self) -> bool {
        matches!(self.body, Body::Open | Body::Asked)
    }

    /// Tells whether nothing has been asked or sent of the body yet.
    pub(super) const fn is_ahead(&self) -> bool {
        !self.said.data && !self.is_decided()
    }

    pub(super) const fn is_asking(&self) -> bool {
        matches!(self.body, Body::Asked)
    }

    /// Notes that the next part is asked for.
    pub(super) const fn ask(&mut self) {
        self.body = Body::Asked;
    }

    /// Returns how many octets the next chunk has room for; none without chunks.
    pub(super) fn chunk_room(&self) -> Option<usize> {
        match &self.framing {
            Framing::Dots(_) => None,
            Framing::Chunks(chunker) => Some(chunker.room()),
        }
    }

    /// Takes the next part of the body.
    pub(super) fn push(&mut self, part: Bytes, output: &mut SendBuffer) -> Result<(), BareOctet> {
        self.body = Body::Open;
        match &mut self.framing {
            Framing::Dots(stuffer) => stuffer.push(part, output),
            Framing::Chunks(chunker) => chunker.push(part),
        }
    }

    /// There are no more parts. Answers whether the end is in the output.
    pub(super) fn end_body(&mut self, output: &mut SendBuffer) -> Result<bool, BareOctet> {
        match &mut self.framing {
            Framing::Dots(stuffer) => {
                stuffer.clone().finish(output)?;
                self.complete(output);
                Ok(true)
            }
            Framing::Chunks(chunker) => {
                chunker.finish()?;
                self.body = Body::Given;
                Ok(false)
            }
        }
    }

    /// Tells whether a chunk is there to be said: a full one or, if no other is on its way before it,
    /// the last one. A server that took the last although it has refused another would have a torn
    /// message.
    pub(super) fn has_chunk(&self, is_first: bool) -> bool {
        match self.body {
            Body::Open | Body::Asked => self.chunk_room() == Some(0),
            Body::Given => is_first,
            Body::Unwanted | Body::Complete { .. } => false,
        }
    }

    /// Says a chunk. Answers whether it is the last.
    pub(super) fn say_chunk(&mut self, output: &mut SendBuffer) -> bool {
        let is_last = self.body == Body::Given;
        if let Framing::Chunks(chunker) = &mut self.framing {
            chunker.say(is_last, output);
        }
        if is_last {
            self.complete(output);
        }
        is_last
    }

    fn complete(&mut self, output: &SendBuffer) {
        self.body = Body::Complete { at: output.written() + output.len() as u64 };
    }

    /// Tells whether the end of the message may have reached the server, for recipients who are to
    /// get it, or may be: the last chunk can be on its way before RCPT is answered.
    pub(super) fn may_have_arrived(&self, output: &SendBuffer) -> bool {
        match self.body {
            Body::Complete { at } => {
                let has_recipient = self.accepted > 0 || !self.all_answered();
                has_recipient && output.written() >= at
            }
            Body::Unwanted | Body::Open | Body::Asked | Body::Given => false,
        }
    }
}
