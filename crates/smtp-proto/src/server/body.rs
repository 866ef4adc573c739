//! The message on its way in, by DATA.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use mail_errors::Reply;
use mail_wire::{
    BareNewline, BareOctet, BodyPiece, DotUnstuffer, LineEnds, Next, Pace, SendBuffer, shrink,
    take_piece,
};

use crate::Verb;

use super::{Aborted, Error, Event, Server, answer::Owed, replies};

/// A message on its way in.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) framing: Framing,
    /// Octets of the message so far.
    octets: u64,
    /// How its end will be answered, if it is refused already. The rest is thrown away.
    refusal: Option<Reply>,
}

/// What says where the message ends.
#[derive(Debug)]
pub(super) enum Framing {
    /// A dot, for DATA.
    Dots(DotUnstuffer),
    /// Its chunks, for BDAT: lines, or any octets if it was announced as BINARYMIME.
    Chunks(Option<Lines>),
}

/// The lines of a message that comes in chunks.
#[derive(Debug)]
pub(super) struct Lines {
    ends: LineEnds,
    /// What is ready to be told.
    ready: SendBuffer,
    violation: Option<BareOctet>,
}

impl Lines {
    pub(super) fn new(policy: BareNewline) -> Self {
        Self { ends: LineEnds::new(policy), ready: SendBuffer::new(), violation: None }
    }

    /// Takes the first `most` octets out of the input, unless something is ready still. Answers how
    /// many octets that were, and the next piece.
    pub(super) fn next(&mut self, input: &mut BytesMut, most: usize) -> (usize, Option<Bytes>) {
        if !self.ready.is_empty() {
            return (0, self.ready.take_piece(usize::MAX));
        }
        let piece = take_piece(input, most);
        let octets = piece.len();
        if let Err(bare) = self.ends.push(piece, &mut self.ready) {
            self.violation.get_or_insert(bare);
        }
        (octets, self.ready.take_piece(usize::MAX))
    }

    /// The message is complete.
    pub(super) fn finish(&mut self) -> Option<Bytes> {
        if let Err(bare) = self.ends.finish(&mut self.ready) {
            self.violation.get_or_insert(bare);
        }
        self.ready.take_piece(usize::MAX)
    }

    /// Returns the first bare CR or LF, if there was one under [`BareNewline::Reject`].
    pub(super) const fn violation(&self) -> Option<BareOctet> {
        self.violation
    }
}

impl Incoming {
    pub(super) const fn by_data(policy: BareNewline) -> Self {
        Self::new(Framing::Dots(DotUnstuffer::new(policy)))
    }

    pub(super) const fn by_chunks(lines: Option<Lines>) -> Self {
        Self::new(Framing::Chunks(lines))
    }

    const fn new(framing: Framing) -> Self {
        Self { framing, octets: 0, refusal: None }
    }

    /// Octets of the message so far.
    pub(super) const fn octets(&self) -> u64 {
        self.octets
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Returns how its end will be answered, if it is refused already.
    pub(super) fn refusal(&self) -> Option<Reply> {
        self.refusal.clone()
    }

    pub(super) fn refuse(&mut self, reply: Reply) {
        self.refusal = Some(reply);
    }
}

impl Server {
    /// Takes the next piece of the message out of the input.
    pub(super) fn receive_body(&mut self, now: Instant) -> Option<Next<Event>> {
        // Without one the message's end was answered; the table has left this state.
        let incoming = self.incoming.as_mut()?;
        let Framing::Dots(unstuffer) = &mut incoming.framing else { return None };
        let before = unstuffer.taken();
        let piece = unstuffer.next(&mut self.input);
        let (moved, bare) = (unstuffer.taken() - before, unstuffer.violation());
        self.body_moved(moved, now);
        match piece {
            BodyPiece::Starved => {
                self.refuse_body(bare);
                return self.starve_body(now);
            }
            BodyPiece::Data(data) => self.take_in(data, bare),
            BodyPiece::End => {
                self.refuse_body(bare);
                self.end_body();
            }
        }
        None
    }

    /// Looks after the pace at which a body comes, from when it is first waited for.
    pub(super) fn body_moved(&mut self, octets: u64, now: Instant) {
        let limits = &self.config.limits;
        let start = || Pace::new(limits.body_rate, limits.body_window, now);
        self.pace.get_or_insert_with(start).moved(octets);
    }

    /// Counts these octets of the message, and hands them on unless it is refused.
    pub(super) fn take_in(&mut self, data: Bytes, bare: Option<BareOctet>) {
        if let Some(incoming) = &mut self.incoming {
            incoming.octets += data.len() as u64;
        }
        self.refuse_body(bare);
        let limits = &self.config.limits;
        let Some(incoming) = &self.incoming else { return };
        match &incoming.refusal {
            None => self.told.push_back(Event::Body(data)),
            Some(reply)
                if incoming.octets > limits.message.saturating_add(limits.swallow_message) =>
            {
                let (reply, limit) = (reply.clone(), limits.swallow_message);
                self.fail(&reply, Error::EndlessMessage { limit });
            }
            Some(_) => {}
        }
    }

    /// Refuses the message if there is a reason to that is not known yet.
    pub(super) fn refuse_body(&mut self, bare: Option<BareOctet>) {
        let limit = self.config.limits.message;
        let Some(incoming) = self.incoming.as_mut().filter(|one| one.refusal.is_none()) else {
            return;
        };
        let (reply, why) = match bare {
            Some(bare) => (replies::BARE_NEWLINE_IN_MESSAGE, Aborted::BareNewline(bare)),
            None if incoming.octets > limit => (replies::TOO_BIG, Aborted::TooBig { limit }),
            None => return,
        };
        incoming.refusal = Some(reply);
        self.told.push_back(Event::BodyAborted(why));
    }

    fn end_body(&mut self) {
        self.body_done();
        let Some(incoming) = self.incoming.take() else { return };
        let octets = incoming.octets;
        match incoming.refusal {
            // Its application has been told why.
            Some(reply) => self.say(Verb::EndOfData, &reply),
            None => self.ask(Owed::BodyEnd { verb: Verb::EndOfData }, Event::BodyEnd { octets }),
        }
    }

    /// The next octet is that of a command again.
    pub(super) fn body_done(&mut self) {
        shrink(&mut self.input);
        self.pace = None;
    }

    /// There is nothing more of the message to be taken.
    pub(super) fn starve_body(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.told.front().is_some() {
            return None;
        }
        if self.eof {
            self.hung_up();
            return None;
        }
        let pace = self.pace.as_mut()?;
        if pace.too_slow(now) {
            // RFC 5321 4.5.3.2.7, for a body: from its first octet to its last.
            self.fail(&replies::TIMED_OUT, Error::TimedOut { state: self.state });
            return None;
        }
        let until = pace.until();
        let until = self.until(now).map_or(until, |output| output.min(until));
        Some(Next::NeedInput { until: Some(until) })
    }
}
