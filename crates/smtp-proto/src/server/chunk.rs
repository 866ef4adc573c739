//! The message on its way in, by BDAT. RFC 3030 2.

use std::time::Instant;

use bytes::Buf;
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use mail_wire::{Next, take_piece};

use crate::{BodyType, Chunk, State, Verb};

use super::{
    Aborted, Error, Event, Server,
    answer::Owed,
    body::{Framing, Incoming, Lines},
    replies,
};

/// A chunk on its way in.
#[derive(Debug)]
pub(super) struct OpenChunk {
    octets: u64,
    left: u64,
    last: bool,
    /// How its end will be answered, if it is refused already: its octets come all the same.
    refusal: Option<Refusal>,
}

/// Why a chunk is thrown away.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// Its client could have known better, which counts.
    Blamed(Reply),
    /// It was on its way when something before it was refused.
    Blameless(Reply),
    /// The application has refused the message, or been told why it is refused.
    Told(Reply),
}

impl OpenChunk {
    const fn verb(&self) -> Verb {
        if self.last { Verb::LastChunk } else { Verb::Bdat }
    }
}

impl Server {
    /// BDAT may come, or is refused for a reason that has nothing to do with its argument. Its
    /// octets follow, whatever is said to it.
    pub(super) fn bdat(&mut self, chunk: Chunk, refusal: Option<Refusal>) {
        let (octets, last) = (chunk.octets(), chunk.is_last());
        let limits = &self.config.limits;
        let so_far = self.incoming.as_ref().map_or(0, Incoming::octets);
        let all = so_far.saturating_add(octets);
        let mut refusal = refusal.or_else(|| self.out_of_place_chunk());
        let mut first = refusal.is_none() && self.incoming.is_none();
        if refusal.is_none() && all > limits.message {
            // RFC 1870 6.3, and earlier than for DATA: the client has said how much there is.
            let limit = limits.message;
            match &mut self.incoming {
                None => refusal = Some(Refusal::Blameless(replies::TOO_BIG)),
                Some(incoming) => {
                    incoming.refuse(replies::TOO_BIG);
                    self.told.push_back(Event::BodyAborted(Aborted::TooBig { limit }));
                    self.swallowed = octets;
                }
            }
            first = false;
        }
        if refusal.is_some() {
            self.swallowed = self.swallowed.saturating_add(octets);
        }
        self.chunk = Some(OpenChunk { octets, left: octets, last, refusal });
        let limits = &self.config.limits;
        let limit = limits.swallow_message;
        if self.swallowed > limits.message.saturating_add(limit) {
            self.chunk = None;
            return self.fail(&replies::TOO_BIG, Error::EndlessMessage { limit });
        }
        if first {
            self.ask(Owed::Data { chunked: true }, Event::Data);
        }
    }

    /// What only BDAT asks for.
    fn out_of_place_chunk(&self) -> Option<Refusal> {
        // RFC 2033 4.2 and RFC 5321 3.3: there must be somebody whom the message is for.
        let nobody = self.state == State::HasSender;
        nobody.then(|| match self.transaction.recipient_refused {
            true => Refusal::Blameless(self.no_recipients()),
            false => Refusal::Blamed(replies::BAD_SEQUENCE),
        })
    }

    /// The application has answered that the message may come, or not.
    pub(super) fn chunks_answered(&mut self, refusal: Option<Reply>) {
        match (refusal, &mut self.chunk) {
            (None, _) => {
                let policy = self.config.bare_newline;
                // RFC 3030 3: any octets, and no line ends to look after.
                let binary = self.transaction.body == BodyType::BinaryMime;
                let lines = (!binary).then(|| Lines::new(policy));
                self.incoming = Some(Incoming::by_chunks(lines));
            }
            (Some(reply), Some(chunk)) => {
                self.swallowed = self.swallowed.saturating_add(chunk.octets);
                chunk.refusal = Some(Refusal::Told(reply));
            }
            (Some(_), None) => {}
        }
    }

    /// Takes the next piece of the chunk out of the input.
    pub(super) fn receive_chunk(&mut self, now: Instant) -> Option<Next<Event>> {
        let Some(chunk) = &mut self.chunk else { return None };
        let most = usize::try_from(chunk.left).unwrap_or(usize::MAX).min(self.input.len());
        let incoming = self.incoming.as_mut().filter(|one| !one.is_refused());
        let (taken, piece, bare) = match incoming.map(|one| &mut one.framing) {
            Some(Framing::Chunks(Some(lines))) => {
                let (taken, piece) = lines.next(&mut self.input, most);
                (taken, piece, lines.violation())
            }
            Some(Framing::Chunks(None)) if most > 0 => {
                (most, Some(take_piece(&mut self.input, most)), None)
            }
            _ => {
                self.input.advance(most);
                (most, None, None)
            }
        };
        chunk.left -= taken as u64;
        let is_whole = chunk.left == 0;
        self.body_moved(taken as u64, now);
        match piece {
            Some(piece) => self.take_in(piece, bare),
            None if taken > 0 => self.refuse_body(bare),
            None if is_whole => self.end_chunk(),
            None => return self.starve_body(now),
        }
        None
    }

    /// All of the chunk is here: it is answered.
    fn end_chunk(&mut self) {
        self.body_done();
        let Some(chunk) = self.chunk.take() else { return };
        let verb = chunk.verb();
        if let Some(refusal) = chunk.refusal {
            return self.refuse_chunk(verb, refusal);
        }
        if chunk.last {
            self.finish_lines();
        }
        let refused = self.incoming.as_ref().is_some_and(Incoming::is_refused);
        match refused || chunk.last {
            false => {
                // RFC 3030 2 and 4.1: each is acknowledged.
                let text = format!("{} octets received", chunk.octets);
                let reply = Reply::new(ReplyCode::OK, EnhancedStatusCode::OK, text);
                self.say(verb, &reply.unwrap_or(replies::OK));
                // An endless row of empty ones brings no message any further.
                if chunk.octets == 0 {
                    self.idle_command();
                }
            }
            true => {
                let Some(incoming) = &self.incoming else { return };
                let octets = incoming.octets();
                match incoming.refusal() {
                    Some(reply) => self.refuse_chunk(verb, Refusal::Told(reply)),
                    None => {
                        self.incoming = None;
                        self.ask(Owed::BodyEnd { verb }, Event::BodyEnd { octets });
                    }
                }
            }
        }
    }

    fn finish_lines(&mut self) {
        let Some(incoming) = &mut self.incoming else { return };
        let Framing::Chunks(Some(lines)) = &mut incoming.framing else { return };
        let missing = lines.finish();
        let bare = lines.violation();
        match missing {
            Some(piece) => self.take_in(piece, bare),
            None => self.refuse_body(bare),
        }
    }

    pub(super) fn refuse_chunk(&mut self, verb: Verb, refusal: Refusal) {
        // RFC 3030 2: the transaction has failed. Of a message that had begun the application has
        // been told.
        if self.state.is_transaction() && self.incoming.is_none() {
            self.told.push_back(Event::Reset);
        }
        self.incoming = None;
        match refusal {
            Refusal::Told(reply) => self.say(verb, &reply),
            Refusal::Blameless(reply) => {
                self.turn_down(verb, reply);
                self.idle_command();
            }
            Refusal::Blamed(reply) => self.refuse(verb, reply),
        }
    }
}
