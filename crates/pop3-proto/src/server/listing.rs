//! Answers that list every message: LIST and UIDL, written as fast as they are read.

use mail_errors::Misuse;
use mail_wire::{Next, Sink};

use crate::{MessageNumber, UniqueId, UniqueIdListing, Verb, encode};

use super::{Event, Phrase, Server, WantIds, Work};

/// An answer to UIDL on its way.
#[derive(Debug)]
pub(super) struct Ids {
    /// The first message that is still to be listed.
    next: MessageNumber,
    /// Only this one is wanted, on one line.
    single: bool,
    /// `+OK` has been written.
    begun: bool,
    asked: Option<WantIds>,
}

impl Ids {
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) const fn may_be_refused(&self) -> bool {
        self.asked.is_some() && !self.begun
    }
}

impl Server {
    pub(super) fn list(&mut self) {
        let listing = self.maildrop.listing();
        self.say_ok(Phrase::Listing, &[listing.messages().into(), listing.octets().unwrap_or(0)]);
        self.work = Work::List(MessageNumber::FIRST);
    }

    /// Writes lines until there is enough to send.
    pub(super) fn list_from(&mut self, first: MessageNumber) -> Option<Next<Event>> {
        let mut next = Some(first);
        while let Some(listing) = next.and_then(|next| self.maildrop.from(next)) {
            encode::scan_listing(listing, &mut self.output);
            next = listing.number().next();
            if let (true, Some(next)) = (self.output.len() > self.config.limits.output, next) {
                self.work = Work::List(next);
                return None;
            }
        }
        self.output.put(encode::TERMINATOR);
        self.work = Work::Command;
        None
    }

    pub(super) fn uidl(&mut self) {
        let next = MessageNumber::FIRST;
        self.work = Work::Ids(Ids { next, single: false, begun: false, asked: None });
    }

    pub(super) fn uidl_one(&mut self, number: MessageNumber) {
        match self.maildrop.size(number) {
            Ok(_) => {
                let ids = Ids { next: number, single: true, begun: false, asked: None };
                self.work = Work::Ids(ids);
            }
            Err(missing) => self.refuse_missing(Verb::Uidl, missing),
        }
    }

    /// Asks for the next ids, or ends the answer.
    pub(super) fn ask_for_ids(&mut self) -> Option<Next<Event>> {
        let Work::Ids(ids) = &mut self.work else { return None };
        if ids.asked.is_some() {
            return Some(Next::NeedReply { until: None });
        }
        let Some(first) = self.maildrop.from(ids.next).map(|listing| listing.number()) else {
            if !ids.begun {
                self.say_ok(Phrase::Ids, &[]);
            }
            self.output.put(encode::TERMINATOR);
            self.work = Work::Command;
            return None;
        };
        let left = self.maildrop.len() - first.get() + 1;
        let most = if ids.single { 1 } else { self.config.limits.ids.max(1) };
        let want = WantIds { first, len: left.min(most) };
        ids.asked = Some(want);
        Some(Next::Event(Event::WantIds(want)))
    }

    /// Gives the unique ids that [`Event::WantIds`] asks for: one for each message, in order.
    ///
    /// # Errors
    /// [`Misuse`] if no ids are asked for, or these are not as many as are.
    pub fn ids(&mut self, given: impl IntoIterator<Item = UniqueId>) -> Result<(), Misuse> {
        let Work::Ids(Ids { asked: Some(want), single, begun, .. }) = self.work else {
            return Err(self.not_owed("ids"));
        };
        let given: Vec<UniqueId> = given.into_iter().take(want.len as usize + 1).collect();
        if given.len() != want.len as usize {
            let why = "there is not one for each message that is asked for";
            return Err(Misuse::Invalid { what: "unique ids", why });
        }
        if !begun {
            match single {
                true => self.output.put(b"+OK "),
                false => self.say_ok(Phrase::Ids, &[]),
            }
        }
        let mut next = Some(want.first);
        for id in given {
            let Some(number) = next else { break };
            // RFC 1939 7: messages marked as deleted are not listed.
            if self.maildrop.size(number).is_ok() {
                encode::unique_id_listing(&UniqueIdListing::new(number, id), &mut self.output);
            }
            next = number.next();
        }
        self.work = match next {
            Some(next) if !single => Work::Ids(Ids { next, single, begun: true, asked: None }),
            Some(_) | None => Work::Command,
        };
        Ok(())
    }
}
