//! LIST and LSUB, RFC 3501 sections 6.3.8 and 6.3.9, RFC 9051 section 6.3.9.

use std::collections::BTreeSet;

use mail_errors::Misuse;

use super::{Event, ListRequest, MailboxPattern, Owed, Pull, Refusal, Server, Step, Work, write};
use crate::{
    IString, List, ListReturn, ListSelect, MailboxAttribute, MailboxAttributes, MailboxListing,
    MailboxName, PlainCode, Response, Status,
};

/// A LIST or LSUB whose names come in.
#[derive(Debug)]
pub(super) struct Listing {
    pattern: MailboxPattern,
    lsub: Option<Levels>,
}

/// What LSUB has told of, and the levels above what it has not.
#[derive(Debug, Default)]
struct Levels {
    told: BTreeSet<Vec<u8>>,
    above: BTreeSet<Vec<u8>>,
}

/// The longest pattern with its reference, in octets: each octet of it costs time for each mailbox.
const LONGEST_PATTERN: usize = 2048;

impl Server {
    pub(super) fn list(&mut self, list: &List<'_>) -> Step {
        let mut patterns = list.patterns.iter();
        let (Some(pattern), None) = (patterns.next(), patterns.next()) else {
            self.not_offered("LIST-EXTENDED");
            return Step::Again;
        };
        if list.select != ListSelect::default() || list.give != ListReturn::default() {
            self.not_offered("LIST-EXTENDED");
            return Step::Again;
        }
        self.list_names(&list.reference, pattern.as_bytes(), false)
    }

    pub(super) fn list_names(
        &mut self,
        reference: &MailboxName<'_>,
        pattern: &[u8],
        lsub: bool,
    ) -> Step {
        if pattern.is_empty() && !lsub {
            // RFC 9051 6.3.9: an empty name asks for the delimiter and the root of the reference.
            let root = MailboxName::checked(IString::checked(&b""[..]));
            let root = self.listing(root, no_select());
            self.say(&Response::List(root));
            self.finish_ok("LIST completed");
            return Step::Again;
        }
        let len = reference.as_bytes().len() + pattern.len();
        if len > LONGEST_PATTERN {
            let text = write::coded(PlainCode::Limit, "that is longer than any name");
            self.refuse(Refusal::TooLong { limit: LONGEST_PATTERN as u64 }, Status::No, text);
            return Step::Again;
        }
        let pattern = MailboxPattern::new(reference.as_bytes(), pattern, self.config.delimiter);
        let request = ListRequest { pattern: pattern.clone(), subscribed: lsub };
        let listing = Listing { pattern, lsub: lsub.then(Levels::default) };
        self.owe(Owed::List { listing, pull: Pull::No }, Event::List(request))
    }

    /// Tells of one mailbox; one that the client did not ask for is passed over. Answers
    /// [`Event::List`], any number of times.
    ///
    /// # Errors
    /// [`Misuse::WrongAnswer`] if that is not owed.
    pub fn listed(
        &mut self,
        mailbox: &MailboxName<'_>,
        attributes: MailboxAttributes<'_>,
    ) -> Result<(), Misuse> {
        let Work::Owed(Owed::List { listing: Listing { pattern, lsub }, pull }) = &mut self.work
        else {
            return Err(self.wrong_answer("listed"));
        };
        if *pull == Pull::Asked {
            *pull = Pull::Ask;
        }
        let is_lsub = lsub.is_some();
        if let Some(levels) = lsub {
            levels.note(pattern, mailbox);
        }
        if !pattern.matches(mailbox) {
            return Ok(());
        }
        let listing = self.listing(mailbox.clone(), attributes);
        self.say(&if is_lsub { Response::Lsub(listing) } else { Response::List(listing) });
        Ok(())
    }

    /// The application has told of all mailboxes.
    pub(super) fn end_list(&mut self) {
        if let Work::Owed(Owed::List { listing: Listing { lsub: Some(levels), .. }, .. }) =
            &mut self.work
        {
            let Levels { told, above } = std::mem::take(levels);
            for level in above.difference(&told) {
                let name = MailboxName::checked(IString::checked(level.as_slice()));
                let listing = self.listing(name, no_select());
                self.say(&Response::Lsub(listing));
            }
        }
        self.finish_ok("completed");
    }

    const fn listing<'a>(
        &self,
        mailbox: MailboxName<'a>,
        attributes: MailboxAttributes<'a>,
    ) -> MailboxListing<'a> {
        MailboxListing { attributes, delimiter: self.config.delimiter, mailbox, extended: None }
    }
}

impl Levels {
    /// RFC 3501 6.3.9: if "foo/bar" is subscribed but "foo" is not, `%` "MUST return foo, not
    /// foo/bar, in the LSUB response, and it MUST be flagged with the \Noselect attribute".
    fn note(&mut self, pattern: &MailboxPattern, mailbox: &MailboxName<'_>) {
        if !pattern.ends_with_percent() {
            return;
        }
        let name = mailbox.as_bytes();
        if pattern.matches(mailbox) {
            self.told.insert(name.to_vec());
        }
        for len in pattern.levels_above(mailbox) {
            self.above.extend(name.get(..len).map(<[u8]>::to_vec));
        }
    }
}

fn no_select() -> MailboxAttributes<'static> {
    MailboxAttributes::new(MailboxAttribute::new("Noselect").ok())
}
