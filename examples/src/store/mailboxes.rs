//! The mailboxes of an account: a tree of names, with the numbers that IMAP tells of each.

use super::{AccountId, MailboxId, MailboxName, ModSeq, StoreError, Uid, UidValidity};

/// One name in the mailbox tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Its number.
    pub id: MailboxId,
    /// Its name.
    pub name: MailboxName,
    /// Whether it can be selected: a deleted mailbox whose children stayed cannot (`\Noselect`).
    pub selectable: bool,
    /// Whether names stand below it.
    pub has_children: bool,
    /// Whether its name is subscribed to.
    pub subscribed: bool,
}

/// The numbers of a mailbox (RFC 9051 6.3.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxStatus {
    /// The account it belongs to.
    pub account: AccountId,
    /// UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// UIDNEXT: the lowest UID that the next message can get. `None` when all are used up, and
    /// the mailbox takes no more.
    pub uid_next: Option<Uid>,
    /// Highest mod-sequence of the mailbox, expunged messages included.
    pub highest_modseq: ModSeq,
    /// Messages.
    pub messages: u64,
    /// Messages that no session has been told of (`\Recent`, RFC 3501 2.3.2).
    pub recent: u64,
    /// Messages without `\Seen`.
    pub unseen: u64,
    /// Messages with `\Deleted`.
    pub deleted: u64,
    /// Octets of all messages.
    pub size: u64,
}

/// What a DELETE did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The mailbox that is no more; sessions that have it selected are to be told.
    pub mailbox: MailboxId,
    /// Whether the name stayed, because names stand below it.
    pub name_stays: bool,
}

/// What a RENAME did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renamed {
    /// These mailboxes have new names, the one that was named first.
    Names(Vec<(MailboxId, MailboxName)>),
    /// INBOX was emptied into a new mailbox (RFC 9051 6.3.6). Its children stay where they are.
    InboxEmptied {
        /// INBOX.
        inbox: MailboxId,
        /// The messages that left it, ascending.
        expunged: Vec<Uid>,
        /// The mod-sequence of their leaving; `None` if it was empty.
        modseq: Option<ModSeq>,
        /// The new mailbox.
        created: MailboxId,
    },
}

/// The mailbox trees of a store. Every ancestor of a name has a name itself.
pub trait Mailboxes {
    /// Lists the mailboxes of an account, INBOX among them, ascending by the components of their
    /// names: a name comes right before those below it.
    ///
    /// # Errors
    ///
    /// `NotFound` (account).
    fn mailboxes(&self, account: AccountId) -> Result<Vec<Mailbox>, StoreError>;

    /// Finds a mailbox that can be selected.
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a name that cannot be selected.
    fn mailbox(&self, account: AccountId, name: &MailboxName) -> Result<MailboxId, StoreError>;

    /// Makes a mailbox and what is missing above it, and returns what was made, the uppermost
    /// first (RFC 9051 6.3.4). A name that could not be selected can be afterwards.
    ///
    /// # Errors
    ///
    /// `Exists`; `NotFound` (account); `TooMany` over [`MOST_MAILBOXES`].
    fn create_mailbox(
        &self,
        account: AccountId,
        name: &MailboxName,
    ) -> Result<Vec<(MailboxId, MailboxName)>, StoreError>;

    /// Removes a mailbox and its messages (RFC 9051 6.3.5). When names stand below it its name
    /// stays and can no longer be selected; when it was the last below such a name that goes too.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` for INBOX, and for a name that cannot be selected and has children.
    fn delete_mailbox(&self, account: AccountId, name: &MailboxName)
    -> Result<Deleted, StoreError>;

    /// Renames a mailbox with all below it and makes what is missing above the new name. INBOX is
    /// emptied into a new mailbox instead (RFC 9051 6.3.6). Subscriptions stay as they are.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Exists` if the new name is taken; `Conflict` if it stands below the old one, or
    /// a name would grow too long; `TooMany` over [`MOST_MAILBOXES`].
    fn rename_mailbox(
        &self,
        account: AccountId,
        from: &MailboxName,
        to: &MailboxName,
    ) -> Result<Renamed, StoreError>;

    /// Subscribes to a name, whether there is a mailbox of this name or not. No harm if it is
    /// subscribed to already.
    ///
    /// # Errors
    ///
    /// `NotFound` (account); `TooMany` over [`MOST_MAILBOXES`].
    fn subscribe(&self, account: AccountId, name: &MailboxName) -> Result<(), StoreError>;

    /// Ends a subscription. No harm if there is none.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn unsubscribe(&self, account: AccountId, name: &MailboxName) -> Result<(), StoreError>;

    /// Lists the names that an account is subscribed to, ascending.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn subscriptions(&self, account: AccountId) -> Result<Vec<MailboxName>, StoreError>;

    /// Returns the numbers of a mailbox. The cost does not depend on how much is in it, but for
    /// the recent messages.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn status(&self, mailbox: MailboxId) -> Result<MailboxStatus, StoreError>;
}

/// The most mailboxes, and the most subscriptions, of one account.
pub const MOST_MAILBOXES: u64 = 10_000;
