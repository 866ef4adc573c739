//! Speaking for another client: XCLIENT and XFORWARD.
//!
//! Both are Postfix's: `XCLIENT_README` and `XFORWARD_README` of its documentation.

use std::collections::VecDeque;

use crate::{Attributes, Command, Extension, Offer};

use super::{COMMAND_LINE, Client, Error, Event, MessageId};

impl Client {
    /// Says XCLIENT, with everything or not at all: what follows is judged by it.
    pub(super) fn present(&mut self, client: Attributes) {
        let is_offered = self.capabilities.iter().any(|offer| {
            matches!(offer, Offer::Xclient(names)
                if client.iter().all(|(name, _)| names.has(name)))
        });
        if !is_offered {
            return self.give_up(Error::NotOffered { needed: "XCLIENT with these attributes" });
        }
        self.say(&Command::Xclient(client));
    }

    /// Returns the arguments of XFORWARD: what is taken of it, in lines that every server reads.
    pub(super) fn forwards(&mut self, id: MessageId, client: &Attributes) -> VecDeque<Attributes> {
        const ROOM: usize = COMMAND_LINE - "XFORWARD \r\n".len();
        let extension = Extension::Xforward;
        let is_taken = |name: &str| {
            let mut offers = self.capabilities.iter();
            offers.any(|offer| matches!(offer, Offer::Xforward(names) if names.has(name)))
        };
        let all = client.as_wire().split(|octet| matches!(octet, b' ' | b'\t'));
        let words = all.filter(|word| !word.is_empty());
        let (mut lines, mut dropped) = (vec![Vec::new()], false);
        for (word, (name, _)) in words.zip(client.iter()) {
            match lines.last_mut() {
                _ if !is_taken(name) => dropped = true,
                Some(line) if line.is_empty() => line.extend_from_slice(word),
                Some(line) if line.len() + 1 + word.len() <= ROOM => {
                    line.push(b' ');
                    line.extend_from_slice(word);
                }
                _ => lines.push(word.to_vec()),
            }
        }
        // That it is not offered at all has been told.
        if dropped && self.capabilities.offers(extension) {
            self.told.push_back(Event::Dropped { id, extension });
        }
        lines.into_iter().filter_map(|line| Attributes::parse(line).ok()).collect()
    }
}
