//! What is done with an open maildrop: RFC 1939 5 and 6.

use mail_wire::{DotStuffer, Sink};

use crate::{Deletions, MessageNumber, Missing, ScanListing, Verb, encode};

use super::{BodyId, Event, Refusal, Server, Work, answers::Sending, top::TopCut};

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
            Ok(()) => {
                self.output.put(b"+OK message ");
                self.output.put_number(number.get().into());
                self.output.put(b" deleted\r\n");
            }
            Err(missing) => self.refuse_missing(Verb::Dele, missing),
        }
    }

    pub(super) fn rset(&mut self) {
        self.maildrop.unmark_all();
        let listing = self.maildrop.listing();
        self.output.put(b"+OK maildrop has ");
        self.output.put_number(listing.messages().into());
        self.output.put(b" messages (");
        self.output.put_number(listing.octets());
        self.output.put(b" octets)\r\n");
    }

    pub(super) fn quit(&mut self) {
        if self.state.allows(Verb::Stat) {
            // RFC 1939 6: what is marked goes now, and the answer says whether it went.
            self.work = Work::Commit;
            let deletions = Deletions::new(std::mem::take(&mut self.maildrop));
            self.news.push_back(Event::Commit(deletions));
        } else {
            self.sign_off();
        }
    }

    pub(super) fn refuse_missing(&mut self, verb: Verb, missing: Missing) {
        self.refuse_command(Some(verb), Refusal::Missing(missing));
    }
}
