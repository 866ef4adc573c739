//! One message: MAIL, RCPT, DATA or BDAT, the message, and what the server says to each.

use bytes::Bytes;
use mail_errors::{Misuse, Reply};
use mail_wire::{BareOctet, DotStuffer};

use crate::{BodyType, Command, Extension, Severity, State, Verb, encode, limits};

use super::{
    COMMAND_LINE, Chunking, Client, Error, Event, InFlight, NotSent, Outcome as Fate, REPLY,
    chunks::Chunker,
    outgoing::{Framing, Outgoing},
};

impl Client {
    /// Says as many commands of the message as may go out now. Answers whether something happened.
    pub(super) fn send_commands(&mut self) -> bool {
        let mut moved = false;
        while self.over.is_none() && self.send_command() {
            moved = true;
        }
        moved
    }

    /// RFC 2920 3.1: no more on their way than both ends' buffers hold.
    fn has_room(&self, octets: usize) -> bool {
        let costs: usize = self.in_flight.iter().map(|one| one.cost).sum();
        self.in_flight.is_empty()
            || (self.capabilities.has_pipelining()
                && costs + octets.max(REPLY) <= self.config.limits.group)
    }

    fn send_command(&mut self) -> bool {
        let is_idle = self.in_flight.is_empty();
        let Some(outgoing) = &mut self.outgoing else { return false };
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
            match self.goodbye {
                Some(_) => outgoing.tell_open(Fate::NotSent(NotSent::Closing)),
                None => self.check_offers(),
            }
            return true;
        }
        if !outgoing.said.mail {
            return self.begin();
        }
        if let Some(index) = outgoing.next_asked() {
            return self.ask_for(index);
        }
        if outgoing.is_chunked() {
            return self.begin_chunks();
        }
        if outgoing.said.data || !self.has_room(REPLY) {
            return false;
        }
        // RFC 2920 3.1: DATA is the last of its group, and what it is answered by decides.
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.said.data = true;
        }
        self.say(&Command::Data);
        true
    }

    /// Says XFORWARD, where it is wanted, and MAIL.
    fn begin(&mut self) -> bool {
        let Some(mut outgoing) = self.outgoing.take() else { return false };
        let says = self.begin_with(&mut outgoing);
        self.outgoing = Some(outgoing);
        if let Some(command) = &says {
            self.say(command);
        }
        says.is_some()
    }

    fn begin_with(&mut self, outgoing: &mut Outgoing) -> Option<Command> {
        if !outgoing.forwards.is_empty() {
            let has_room = self.has_room(COMMAND_LINE);
            let client = if has_room { outgoing.forwards.pop_front() } else { None };
            return client.map(Command::Xforward);
        }
        let params = self.mail_params(outgoing);
        if !self.has_room(LONGEST_PATH + params.as_wire().len()) {
            return None;
        }
        outgoing.said.mail = true;
        self.count_message();
        Some(Command::Mail { from: outgoing.envelope.from.clone(), params })
    }

    fn ask_for(&mut self, index: usize) -> bool {
        let Some(outgoing) = &mut self.outgoing else { return false };
        let Some(recipient) = outgoing.envelope.to.get(index) else { return false };
        let to = recipient.path.clone();
        let recipient = recipient.clone();
        let params = self.rcpt_params(&recipient);
        let fits = self.has_room(LONGEST_PATH + params.as_wire().len());
        if fits {
            if let Some(outgoing) = &mut self.outgoing {
                outgoing.ask_recipient();
            }
            self.say(&Command::Rcpt { to, params });
        }
        fits
    }

    /// RFC 3030 4.2: the first chunk may go with the commands in front of it, so that a message that
    /// is no longer than one takes a single round trip.
    fn begin_chunks(&mut self) -> bool {
        let has_room = self.has_room(REPLY);
        let Some(outgoing) = &mut self.outgoing else { return false };
        let begins = has_room && !outgoing.said.data && !outgoing.is_decided();
        if begins {
            outgoing.said.data = true;
            outgoing.open_body();
        }
        begins || self.send_chunk()
    }

    /// Says a chunk, if there is one and it may be said now. Answers whether it was.
    fn send_chunk(&mut self) -> bool {
        let is_first = !self.in_flight.iter().any(|one| one.verb == Verb::Bdat);
        let has_room = self.has_room(REPLY);
        // More than one is not sent on the mere hope that somebody gets them.
        let ready = |one: &&mut Outgoing| {
            has_room && one.has_chunk(is_first) && (is_first || one.is_wanted())
        };
        let Some(outgoing) = self.outgoing.as_mut().filter(ready) else { return false };
        let is_last = outgoing.say_chunk(&mut self.output);
        let verb = if is_last { Verb::LastChunk } else { Verb::Bdat };
        self.in_flight.push_back(InFlight { verb, cost: REPLY });
        true
    }

    /// Tells whether a message of this type goes by BDAT.
    pub(super) fn takes_chunks(&self, body: BodyType) -> bool {
        let wanted = match self.config.chunking {
            Chunking::Never => false,
            Chunking::BinaryOnly => body == BodyType::BinaryMime,
            Chunking::Offered => true,
        };
        wanted && self.capabilities.offers(Extension::Chunking)
    }

    pub(super) fn by_chunks(&self, body: BodyType) -> Framing {
        // RFC 3030 3: binary has no line ends to look after.
        let lines = (body != BodyType::BinaryMime).then_some(self.config.bare_newline);
        Framing::Chunks(Chunker::new(lines, self.config.limits.chunk))
    }

    pub(super) const fn by_dots(&self) -> Framing {
        Framing::Dots(DotStuffer::new(self.config.bare_newline))
    }

    /// Acts on a reply to one of these.
    pub(super) fn transaction_reply(&mut self, verb: Verb, severity: Severity, reply: Reply) {
        let Some(outgoing) = &mut self.outgoing else {
            return self.give_up(Error::Unexpected { verb: Some(verb), reply });
        };
        match (verb, severity) {
            (Verb::Mail | Verb::Bdat | Verb::Rset | Verb::Xforward, Severity::Done) => {}
            (Verb::Xforward, Severity::Refused) => {
                let (id, extension) = (outgoing.id, Extension::Xforward);
                self.told.push_back(Event::Dropped { id, extension });
            }
            (Verb::Rcpt, Severity::Done) => {
                outgoing.answer(true);
            }
            (Verb::Rcpt, Severity::Refused) => {
                let decided = outgoing.is_decided();
                let index = outgoing.answer(false);
                if !decided {
                    let outcome = Fate::Refused { stage: verb, reply };
                    let id = outgoing.id;
                    self.told.push_back(Event::Recipient { id, index, outcome });
                    self.no_recipient_left();
                }
            }
            (Verb::Mail | Verb::Data, Severity::Refused) => {
                self.decide(Fate::Refused { stage: verb, reply });
            }
            (Verb::Data, Severity::GoOn) if outgoing.is_wanted() => outgoing.open_body(),
            (Verb::Data, Severity::GoOn) if !self.config.lmtp && !outgoing.has_taken() => {
                // RFC 2920 3.1: the server took DATA although it takes no recipient. A lone dot
                // ends that, and what it answers does not matter. Had it taken one, with a sender
                // refused, the dot would deliver an empty message.
                let _ = outgoing.end_body(&mut self.output);
                self.in_flight.push_back(InFlight { verb: Verb::EndOfData, cost: REPLY });
            }
            (Verb::Bdat, Severity::Refused) => self.chunk_refused(reply),
            (Verb::EndOfData | Verb::LastChunk, Severity::Done) => {
                self.message_answered(verb, Fate::Accepted(reply));
            }
            (Verb::EndOfData | Verb::LastChunk, Severity::Refused) => {
                self.message_answered(verb, Fate::Refused { stage: verb, reply });
            }
            // Nothing can be trusted after that: the two ends are not where each thinks. RFC 2033
            // 4.2: in LMTP DATA without a recipient is refused, and a dot would have no answer.
            (_, Severity::Done | Severity::GoOn | Severity::Refused | Severity::Closing) => {
                self.give_up(Error::Unexpected { verb: Some(verb), reply });
            }
        }
    }

    /// RFC 3030 2: the transaction has failed. What comes of it is RSET, when all that is on its way
    /// has been answered.
    fn chunk_refused(&mut self, reply: Reply) {
        self.decide(Fate::Refused { stage: Verb::Bdat, reply });
    }

    /// Nothing more of the message is sent, and all who have not been told yet are told this.
    fn decide(&mut self, fate: Fate) {
        let Some(outgoing) = &mut self.outgoing else { return };
        if outgoing.is_body_open() {
            self.told.push_back(Event::BodyEnough { id: outgoing.id });
        }
        outgoing.tell_open(fate);
    }

    /// The message has been answered: for all recipients at once, or in LMTP for the next of them.
    fn message_answered(&mut self, verb: Verb, fate: Fate) {
        let Some(outgoing) = &mut self.outgoing else { return };
        if !self.config.lmtp {
            return outgoing.tell_open(fate);
        }
        let Some((index, is_last)) = outgoing.deliver() else { return };
        let id = outgoing.id;
        self.told.push_back(Event::Recipient { id, index, outcome: fate });
        match is_last {
            // Everybody has been told.
            true => outgoing.tell_open(Fate::Unknown),
            // RFC 2033 4.2: one reply for each.
            false => self.in_flight.push_front(InFlight { verb, cost: REPLY }),
        }
    }

    /// The server closes the connection instead of answering.
    pub(super) fn closed_in_transaction(&mut self, stage: Verb, reply: &Reply) {
        let refused = Fate::Refused { stage, reply: reply.clone() };
        if !self.config.lmtp || !matches!(stage, Verb::EndOfData | Verb::LastChunk) {
            return self.decide(refused);
        }
        let Some(outgoing) = &mut self.outgoing else { return };
        // That answers for one. What it has done for those behind it, it does not say.
        if let Some((index, _)) = outgoing.deliver() {
            let id = outgoing.id;
            self.told.push_back(Event::Recipient { id, index, outcome: refused });
        }
        outgoing.tell_open(Fate::Unknown);
    }

    /// If every recipient was refused, there is nobody left to tell; the rest is tidying up.
    fn no_recipient_left(&mut self) {
        let Some(outgoing) = &mut self.outgoing else { return };
        if outgoing.all_answered() && !outgoing.is_wanted() {
            self.decide(Fate::NotSent(NotSent::Lost));
        }
    }

    /// Takes the next part of the message.
    pub(super) fn push_body(&mut self, part: Bytes) -> Result<(), BareOctet> {
        let Some(outgoing) = &mut self.outgoing else { return Ok(()) };
        outgoing.push(part, &mut self.output)
    }

    pub(super) fn stop_bare(&mut self, bare: BareOctet) -> Misuse {
        self.stop_body(NotSent::BareNewline(bare));
        let offset = usize::try_from(bare.offset).unwrap_or(usize::MAX);
        Misuse::Unencodable { what: "message", octet: bare.octet, offset }
    }

    /// Stops within a message, so that it does not look whole: before it and between chunks by RSET,
    /// and else by hanging up.
    pub(super) fn stop_body(&mut self, why: NotSent) {
        let Some(outgoing) = &mut self.outgoing else { return };
        outgoing.tell_open(Fate::NotSent(why));
        if outgoing.said.data && !outgoing.is_chunked() {
            self.give_up(Error::Cut);
        }
    }

    /// Says a command.
    pub(super) fn say(&mut self, command: &Command) {
        let before = self.output.len();
        encode::command(command, &mut self.output);
        let cost = self.output.len() - before;
        self.in_flight.push_back(InFlight { verb: command.verb(), cost: cost.max(REPLY) });
    }
}

/// Longest MAIL or RCPT in octets without parameters.
const LONGEST_PATH: usize = limits::PATH + "MAIL FROM: \r\n".len();
