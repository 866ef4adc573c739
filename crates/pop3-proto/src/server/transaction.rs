//! What is done with an open maildrop: RFC 1939 5 and 6.

use mail_wire::{DotStuffer, Next, Sink};

use crate::{Deletions, MessageNumber, Missing, ScanListing, Verb, encode};

use super::{BodyId, Event, Phrase, Refusal, Server, Work, answers::Sending, top::TopCut};

impl Server {
    pub(super) fn stat(&mut self) {
        self.output.put(b"+OK ");
        encode::drop_listing(self.maildrop.listing(), &mut self.output);
    }

    pub(super) fn list_one(&mut self, number: MessageNumber) {
        match self.maildrop.size(number) {
            Ok(octets) => {
                self.output.put(b"+OK ");
                encode::scan_listing(ScanListing::new(number, octets), &mut self.output);
            }
            Err(missing) => self.refuse_missing(Verb::List, missing),
        }
    }

    pub(super) fn send_message(&mut self, verb: Verb, number: MessageNumber, lines: Option<u64>) {
        let size = match self.maildrop.size(number) {
            Ok(size) => size,
            Err(missing) => return self.refuse_missing(verb, missing),
        };
        self.bodies += 1;
        self.work = Work::Body(Sending {
            id: BodyId(self.bodies),
            number,
            size,
            lines,
            top: lines.map(TopCut::new),
            stuffer: DotStuffer::new(self.config.bodies),
            begun: false,
            asked: false,
        });
    }

    pub(super) fn dele(&mut self, number: MessageNumber) {
        match self.maildrop.mark(number) {
            Ok(()) => self.say_ok(Phrase::Deleted, &[number.get().into()]),
            Err(missing) => self.refuse_missing(Verb::Dele, missing),
        }
    }

    pub(super) fn rset(&mut self) {
        self.maildrop.unmark_all();
        let listing = self.maildrop.listing();
        self.say_ok(Phrase::Maildrop, &[listing.messages().into(), listing.octets().unwrap_or(0)]);
    }

    pub(super) fn quit(&mut self) {
        if self.state.allows(Verb::Stat) {
            self.work = Work::Quit;
        } else {
            self.sign_off();
        }
    }

    /// RFC 1939 6: what is marked goes now, and the answer says whether it went.
    pub(super) fn commit(&mut self) -> Next<Event> {
        self.work = Work::Commit;
        let mut maildrop = std::mem::take(&mut self.maildrop);
        if self.policy().deletes_retrieved() {
            maildrop.mark_retrieved();
        }
        Next::Event(Event::Commit(Deletions::new(maildrop)))
    }

    pub(super) fn refuse_missing(&mut self, verb: Verb, missing: Missing) {
        self.refuse_command(Some(verb), Refusal::Missing(missing));
    }
}
