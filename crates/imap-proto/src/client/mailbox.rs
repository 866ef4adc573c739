//! The selected mailbox, as the server has told of it.

use std::num::NonZeroU32;

use crate::{Access, Code, Fetched, Flags, MailboxName, Response, view::Numbering};

/// The selected mailbox, as the server has told of it. Each event finds it up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    name: MailboxName<'static>,
    access: Access,
    numbers: Numbering,
    flags: Flags<'static>,
    permanent: Option<Flags<'static>>,
    recent: u32,
    unseen: Option<NonZeroU32>,
    uid_validity: Option<NonZeroU32>,
    uid_next: Option<NonZeroU32>,
    sticky: bool,
    consistent: bool,
}

impl Mailbox {
    pub(super) fn new(name: MailboxName<'static>, access: Access) -> Self {
        Self {
            name,
            access,
            numbers: Numbering::new(),
            flags: Flags::default(),
            permanent: None,
            recent: 0,
            unseen: None,
            uid_validity: None,
            uid_next: None,
            sticky: true,
            consistent: true,
        }
    }

    /// Takes in what the server tells; what is of no mailbox changes nothing.
    pub(super) fn apply(&mut self, response: &Response<'_>) {
        // Every other response is of no mailbox, and so is what may be added to them.
        #[expect(clippy::wildcard_enum_match_arm)]
        match response {
            Response::Exists(count) => self.grow(*count),
            Response::Recent(count) => self.recent = *count,
            Response::Flags(flags) => self.flags = flags.clone().into_owned(),
            Response::Fetch(fetched) => self.learn(fetched),
            Response::Status { text, .. } => self.apply_code(text.code()),
            _ => {}
        }
    }

    pub(super) fn apply_code(&mut self, code: Option<&Code<'_>>) {
        match code {
            // RFC 7162 3.2.11: what came before was about the mailbox that was open before.
            Some(Code::Closed) => *self = Self::new(self.name.clone(), self.access),
            Some(Code::PermanentFlags(flags)) => {
                self.permanent = Some(flags.clone().into_owned());
            }
            Some(Code::UidNext(uid)) => self.uid_next = Some(*uid),
            Some(Code::UidValidity(validity)) => self.uid_validity = Some(*validity),
            Some(Code::Unseen(number)) => self.unseen = Some(*number),
            Some(Code::UidNotSticky) => self.sticky = false,
            Some(Code::ReadOnly) => self.access = Access::ReadOnly,
            Some(Code::ReadWrite) => self.access = Access::ReadWrite,
            _ => {}
        }
    }

    /// Takes a message out and returns its UID, if that is known.
    pub(super) fn expunge(&mut self, number: NonZeroU32) -> Option<NonZeroU32> {
        match self.numbers.expunge(number.get()) {
            Some(uid) => NonZeroU32::new(uid),
            None => {
                self.consistent = false;
                None
            }
        }
    }

    pub(super) const fn set_access(&mut self, access: Access) {
        self.access = access;
    }

    pub(super) const fn doubt(&mut self) {
        self.consistent = false;
    }

    fn grow(&mut self, count: u32) {
        if count < self.numbers.exists() {
            // RFC 9051 7.4.1: only EXPUNGE lets a mailbox shrink. Which messages are left nobody
            // knows now.
            self.numbers = Numbering::new();
            self.consistent = false;
        }
        self.numbers.grow_to(count);
    }

    fn learn(&mut self, fetched: &Fetched<'_>) {
        if let Some(uid) = fetched.attributes.uid() {
            self.consistent &= self.numbers.learn(fetched.number.get(), uid.get());
        }
    }

    /// Returns its name.
    #[must_use]
    pub const fn name(&self) -> &MailboxName<'static> {
        &self.name
    }

    /// Tells whether it can be changed.
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// Returns how many messages there are: the highest sequence number.
    #[must_use]
    pub const fn exists(&self) -> u32 {
        self.numbers.exists()
    }

    /// Returns sequence numbers against those UIDs that FETCH has told.
    #[must_use]
    pub const fn numbers(&self) -> &Numbering {
        &self.numbers
    }

    /// Returns how many messages are `\Recent`, as last told. RFC 3501 section 2.3.2.
    #[must_use]
    pub const fn recent(&self) -> u32 {
        self.recent
    }

    /// Returns the sequence number that the first message without `\Seen` had when the mailbox
    /// was opened, if it was told. RFC 3501 section 7.1.
    #[must_use]
    pub const fn first_unseen(&self) -> Option<NonZeroU32> {
        self.unseen
    }

    /// Returns the UIDVALIDITY: UIDs of another one mean nothing here. RFC 9051 section 2.3.1.1.
    #[must_use]
    pub const fn uid_validity(&self) -> Option<NonZeroU32> {
        self.uid_validity
    }

    /// Returns the UID that the next message was to get when the mailbox was opened.
    #[must_use]
    pub const fn uid_next(&self) -> Option<NonZeroU32> {
        self.uid_next
    }

    /// Returns the flags that messages may have here.
    #[must_use]
    pub const fn flags(&self) -> &Flags<'static> {
        &self.flags
    }

    /// Returns the flags that can be changed for good; without being told, all that there are.
    #[must_use]
    pub fn permanent_flags(&self) -> &Flags<'static> {
        self.permanent.as_ref().unwrap_or(&self.flags)
    }

    /// Tells whether UIDs last (no UIDNOTSTICKY, RFC 4315 section 2).
    #[must_use]
    pub const fn uids_are_sticky(&self) -> bool {
        self.sticky
    }

    /// Tells whether all that the server told can be true. If not, sequence numbers may name
    /// other messages than they seem to: use UIDs, or open the mailbox anew.
    #[must_use]
    pub const fn is_consistent(&self) -> bool {
        self.consistent
    }
}
