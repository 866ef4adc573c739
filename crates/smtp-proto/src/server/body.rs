//! The message on its way in.

use std::time::{Duration, Instant};

use mail_errors::Reply;
use mail_wire::{BareNewline, BodyPiece, DotUnstuffer, Next, Pace, shrink};

use crate::Verb;

use super::{Aborted, Error, Event, Server, answer::Owed, replies};

/// A message on its way in.
#[derive(Debug)]
pub(super) struct Incoming {
    unstuffer: DotUnstuffer,
    /// Octets of the message so far.
    octets: u64,
    /// How its end will be answered, if it is refused already. The rest is thrown away.
    refusal: Option<Reply>,
    pace: Option<Pace>,
}

impl Incoming {
    pub(super) const fn new(policy: BareNewline) -> Self {
        let unstuffer = DotUnstuffer::new(policy);
        Self { unstuffer, octets: 0, refusal: None, pace: None }
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// The application, not the client, held the message up.
    pub(super) fn excuse(&mut self, held_up: Duration) {
        if let Some(pace) = &mut self.pace {
            pace.excuse(held_up);
        }
    }
}

impl Server {
    /// Takes the next piece of the message out of the input.
    pub(super) fn receive_body(&mut self, now: Instant) -> Option<Next<Event>> {
        let limits = &self.config.limits;
        let Some(incoming) = &mut self.incoming else {
            // The message's end was answered; the table has left this state.
            return None;
        };
        let pace = incoming
            .pace
            .get_or_insert_with(|| Pace::new(limits.body_rate, limits.body_window, now));
        let before = incoming.unstuffer.taken();
        let piece = incoming.unstuffer.next(&mut self.input);
        pace.moved(incoming.unstuffer.taken() - before);
        let mut octets = incoming.octets;
        if let BodyPiece::Data(data) = &piece {
            octets += data.len() as u64;
        }
        incoming.octets = octets;
        if incoming.refusal.is_none() {
            if let Some(bare) = incoming.unstuffer.violation() {
                incoming.refusal = Some(replies::BARE_NEWLINE_IN_MESSAGE);
                self.told.push_back(Event::BodyAborted(Aborted::BareNewline(bare)));
            } else if octets > limits.message {
                incoming.refusal = Some(replies::TOO_BIG);
                let limit = limits.message;
                self.told.push_back(Event::BodyAborted(Aborted::TooBig { limit }));
            }
        }
        match piece {
            BodyPiece::Starved => return self.starve_body(now),
            BodyPiece::Data(data) => match &incoming.refusal {
                None => self.told.push_back(Event::Body(data)),
                Some(reply) if octets > limits.message.saturating_add(limits.swallow_message) => {
                    let (reply, limit) = (reply.clone(), limits.swallow_message);
                    self.fail(&reply, Error::EndlessMessage { limit });
                }
                Some(_) => {}
            },
            BodyPiece::End => self.end_body(octets),
        }
        None
    }

    fn end_body(&mut self, octets: u64) {
        shrink(&mut self.input);
        match self.incoming.take().and_then(|incoming| incoming.refusal) {
            // Its application has been told why.
            Some(reply) => self.say(Verb::EndOfData, &reply),
            None => self.ask(Owed::BodyEnd, Event::BodyEnd { octets }),
        }
    }

    fn starve_body(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.told.front().is_some() {
            return None;
        }
        if self.eof {
            self.hung_up();
            return None;
        }
        let pace = self.incoming.as_mut().and_then(|incoming| incoming.pace.as_mut())?;
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
