//! One message: MAIL, RCPT, DATA, the message, and what the server says to each.

use bytes::Bytes;
use mail_errors::{Misuse, Reply};
use mail_wire::BareOctet;

use crate::{BodyType, Command, MailParams, Outcome, RcptParams, State, Verb};

use super::{Client, EightBit, Error, Event, InFlight, NotSent, Outcome as Fate, REPLY};

impl Client {
    /// Says as many commands of the message as may go out now. Answers whether something happened.
    pub(super) fn send_commands(&mut self) -> bool {
        let mut moved = false;
        while self.over.is_none() && self.has_room() && self.send_command() {
            moved = true;
        }
        moved
    }

    /// RFC 2920 3.1: no more on their way than both ends' buffers hold.
    fn has_room(&self) -> bool {
        let costs: usize = self.in_flight.iter().map(|one| one.cost).sum();
        self.in_flight.is_empty()
            || (self.capabilities.has_pipelining()
                && costs + LONGEST_COMMAND <= self.config.limits.group)
    }

    fn send_command(&mut self) -> bool {
        let Some(outgoing) = &mut self.outgoing else { return false };
        let is_idle = self.in_flight.is_empty();
        if outgoing.is_decided() {
            // The transaction is open still: nothing of it may slip into the next.
            let reset = is_idle && self.state != State::Ready;
            if reset {
                self.say(&Command::Rset);
            }
            return reset;
        }
        if !outgoing.said.checked {
            outgoing.said.checked = true;
            self.check_offers();
            return true;
        }
        if !outgoing.said.mail {
            outgoing.said.mail = true;
            if self.goodbye.is_some() {
                outgoing.tell_open(Fate::NotSent(NotSent::Closing));
                return true;
            }
            let mail = self.mail();
            self.say(&mail);
            return true;
        }
        if let Some(to) = outgoing.envelope.to.get(outgoing.said.recipients) {
            outgoing.said.recipients += 1;
            let rcpt = Command::Rcpt { to: to.clone(), params: RcptParams::new() };
            self.say(&rcpt);
            return true;
        }
        if outgoing.said.data {
            return false;
        }
        // RFC 2920 3.1: DATA is the last of its group, and what it is answered by decides.
        outgoing.said.data = true;
        self.say(&Command::Data);
        true
    }

    /// Compares the message with what the server offers.
    fn check_offers(&mut self) {
        let Some(outgoing) = &mut self.outgoing else { return };
        // RFC 1870 5: what the server will not take is not sent.
        let (size, limit) = (outgoing.envelope.size, self.capabilities.largest_message());
        if let (Some(size), Some(limit)) = (size, limit)
            && size > limit
        {
            return outgoing.tell_open(Fate::NotSent(NotSent::TooBig { size, limit }));
        }
        let undeclared = outgoing.envelope.body == BodyType::EightBitMime
            && !self.capabilities.has_eight_bit_mime();
        if undeclared {
            match self.config.eight_bit {
                EightBit::Refuse => {
                    outgoing.tell_open(Fate::NotSent(NotSent::EightBitNotOffered));
                }
                EightBit::SendAnyway => {
                    self.told.push_back(Event::EightBitUndeclared { id: outgoing.id });
                }
            }
        }
    }

    fn mail(&self) -> Command {
        let Some(outgoing) = &self.outgoing else { return Command::Rset };
        let envelope = &outgoing.envelope;
        let mut params = MailParams::new();
        // RFC 1870 4 and RFC 6152 3: only what is offered.
        if let Some(size) = envelope.size.filter(|_| self.capabilities.has_size()) {
            params = params.with_size(size);
        }
        if envelope.body == BodyType::EightBitMime && self.capabilities.has_eight_bit_mime() {
            params = params.with_body(envelope.body);
        }
        Command::Mail { from: envelope.from.clone(), params }
    }

    /// Acts on a reply to one of these.
    pub(super) fn transaction_reply(&mut self, verb: Verb, outcome: Outcome, reply: Reply) {
        let Some(outgoing) = &mut self.outgoing else {
            return self.give_up(Error::Unexpected { verb: Some(verb), reply });
        };
        match (verb, outcome) {
            (Verb::Mail, Outcome::Done) => {}
            (Verb::Rcpt, Outcome::Done) => {
                outgoing.answer(true);
            }
            (Verb::Rcpt, Outcome::Refused) => {
                let decided = outgoing.is_decided();
                let index = outgoing.answer(false);
                if !decided {
                    let outcome = Fate::Refused { stage: verb, reply };
                    let id = outgoing.id;
                    self.told.push_back(Event::Recipient { id, index, outcome });
                    self.no_recipient_left();
                }
            }
            (Verb::Mail | Verb::Data, Outcome::Refused) => {
                outgoing.tell_open(Fate::Refused { stage: verb, reply });
            }
            (Verb::Data, Outcome::GoOn) if outgoing.is_wanted() => outgoing.open_body(),
            (Verb::Data, Outcome::GoOn) => {
                // RFC 2920 3.1: the server took DATA although it takes no recipient. A lone dot
                // ends that, and what it answers does not matter.
                let _ = outgoing.end_body(&mut self.output);
                self.in_flight.push_back(InFlight { verb: Verb::EndOfData, cost: REPLY });
            }
            (Verb::EndOfData, Outcome::Done) => outgoing.tell_open(Fate::Accepted(reply)),
            (Verb::EndOfData, Outcome::Refused) => {
                outgoing.tell_open(Fate::Refused { stage: verb, reply });
            }
            (Verb::Rset, Outcome::Done) => {}
            // Nothing can be trusted after that: the two ends are not where each thinks.
            (_, Outcome::Done | Outcome::GoOn | Outcome::Refused | Outcome::Closing) => {
                self.give_up(Error::Unexpected { verb: Some(verb), reply });
            }
        }
    }

    /// If every recipient was refused, there is nobody left to tell; the rest is tidying up.
    fn no_recipient_left(&mut self) {
        let Some(outgoing) = &mut self.outgoing else { return };
        if outgoing.all_answered() && !outgoing.is_wanted() {
            outgoing.tell_open(Fate::NotSent(NotSent::Lost));
        }
    }

    /// Takes the next part of the message.
    pub(super) fn push_body(&mut self, part: Bytes) -> Result<(), BareOctet> {
        let Some(outgoing) = &mut self.outgoing else { return Ok(()) };
        outgoing.given();
        outgoing.stuffer.push(part, &mut self.output)
    }

    pub(super) fn cut_bare(&mut self, bare: BareOctet) -> Misuse {
        self.cut(NotSent::BareNewline(bare));
        let offset = usize::try_from(bare.offset).unwrap_or(usize::MAX);
        Misuse::Unencodable { what: "message", octet: bare.octet, offset }
    }

    /// Cuts the connection within a message, so that it does not look whole.
    pub(super) fn cut(&mut self, why: NotSent) {
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.tell_open(Fate::NotSent(why));
        }
        self.give_up(Error::Cut);
    }
}

/// Longest MAIL or RCPT in octets: path, SIZE and BODY.
const LONGEST_COMMAND: usize = 256 + 64;
