//! The messages of a mailbox.

use std::ops::RangeInclusive;

use bytes::Bytes;

use super::{
    AccountId, FlagChange, Flags, InternalDate, MailboxId, MailboxStatus, MessageId, ModSeq,
    Spooled, StoreError, Uid, UidValidity,
};

/// A message in a mailbox, without its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEntry {
    /// Its UID in this mailbox.
    pub uid: Uid,
    /// The name of its octets.
    pub id: MessageId,
    /// Its octets, trace fields in front included.
    pub size: u64,
    /// When it came in.
    pub date: InternalDate,
    /// Its flags.
    pub flags: Flags,
    /// When it was last changed.
    pub modseq: ModSeq,
}

/// A mailbox as it is at one moment: what SELECT needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxView {
    /// Its numbers.
    pub status: MailboxStatus,
    /// The lowest UID that is `\Recent`, if there is such a message.
    pub first_recent: Option<Uid>,
    /// All its messages, by UID ascending.
    pub messages: Vec<MessageEntry>,
}

/// A message that came into a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Whose mailbox it is.
    pub account: AccountId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The UIDVALIDITY of the mailbox, for APPENDUID (RFC 9051 7.1).
    pub uid_validity: UidValidity,
    /// The message.
    pub entry: MessageEntry,
}

/// What a STORE did, by UID ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlagsChanged {
    /// The changed messages with their new flags and mod-sequence.
    pub changed: Vec<MessageEntry>,
    /// Those that were as wished already; a STORE without `.SILENT` answers them too.
    pub unchanged: Vec<MessageEntry>,
}

/// Which of the named messages an expunge takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpungeRule {
    /// Those that have `\Deleted` at this moment (IMAP).
    IfDeleted,
    /// All of them (POP3: QUIT).
    All,
}

/// What left a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expunged {
    /// The UIDs that are gone, ascending.
    pub uids: Vec<Uid>,
    /// The mod-sequence of their going; `None` if nothing went.
    pub modseq: Option<ModSeq>,
}

/// What a COPY did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The UIDVALIDITY of the target, for COPYUID (RFC 9051 7.1).
    pub uid_validity: UidValidity,
    /// Each UID in the source with the message it became in the target, ascending.
    pub pairs: Vec<(Uid, MessageEntry)>,
}

/// What a MOVE did (RFC 6851): a copy and an expunge that nobody can see apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What came into the target.
    pub copied: Copied,
    /// What left the source.
    pub expunged: Expunged,
}

/// A message in a maildrop (RFC 1939): one of INBOX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaildropMessage {
    /// Its UID in INBOX, for [`Messages::expunge`].
    pub uid: Uid,
    /// The name of its octets.
    pub id: MessageId,
    /// Its octets.
    pub size: u64,
}

/// The maildrop of an account: its INBOX as POP3 sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maildrop {
    /// INBOX.
    pub mailbox: MailboxId,
    /// The UIDVALIDITY of INBOX.
    pub uid_validity: UidValidity,
    /// Its messages, by UID ascending.
    pub messages: Vec<MaildropMessage>,
}

impl Maildrop {
    /// Returns the unique-id of a message (RFC 1939 7, UIDL): never given to another message, the
    /// same in every session, 3 to 21 octets.
    #[must_use]
    pub fn unique_id(&self, message: &MaildropMessage) -> String {
        format!("{}.{}", self.uid_validity, message.uid)
    }
}

/// The exclusive access to a maildrop (RFC 1939 8); dropping it gives it back.
pub struct MaildropLock {
    _guard: Box<dyn Send + Sync>,
}

impl MaildropLock {
    /// Wraps what gives the access back when it is dropped.
    #[must_use]
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self { _guard: Box::new(guard) }
    }
}

impl std::fmt::Debug for MaildropLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MaildropLock")
    }
}

/// The octets of one message, read piece by piece at constant memory.
///
/// They stay readable as long as this value lives, even if the message is expunged meanwhile.
pub trait Body: Send {
    /// Returns the octets of the message.
    fn size(&self) -> u64;

    /// Returns the octets of its header, the empty line included.
    fn header_size(&self) -> u64;

    /// Returns octets from `offset` on, at most `most` and at most 64 KiB; nothing only at the end
    /// (or for a `most` of 0). Reading forwards is cheapest.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn read(&mut self, offset: u64, most: usize) -> Result<Bytes, StoreError>;

    /// Reads from `offset` on and returns how many octets were put into `to`: all that fit, fewer
    /// only at the end.
    ///
    /// # Errors
    ///
    /// As [`Body::read`].
    fn read_at(&mut self, offset: u64, to: &mut [u8]) -> Result<usize, StoreError> {
        let mut count = 0;
        while let Some(room) = to.get_mut(count..).filter(|room| !room.is_empty()) {
            let piece = self.read(offset + count as u64, room.len())?;
            if piece.is_empty() {
                break;
            }
            for (to, from) in room.iter_mut().zip(&piece) {
                *to = *from;
            }
            count += piece.len();
        }
        Ok(count)
    }
}

/// The messages in the mailboxes of a store.
///
/// Where UIDs are given, those that are not in the mailbox (any more) are passed over: another
/// session may have expunged them. Every changing call is one transaction, on disk when it
/// returns, and says what changed, so that the caller can tell the other sessions.
pub trait Messages {
    /// Returns a mailbox with all its messages, all of one moment.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox).
    fn view(&self, mailbox: MailboxId) -> Result<MailboxView, StoreError>;

    /// Returns the messages of a range of UIDs, ascending, at most `most` of them.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox).
    fn range(
        &self,
        mailbox: MailboxId,
        uids: RangeInclusive<Uid>,
        most: usize,
    ) -> Result<Vec<MessageEntry>, StoreError>;

    /// Returns these messages, ascending.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox).
    fn listed(&self, mailbox: MailboxId, uids: &[Uid]) -> Result<Vec<MessageEntry>, StoreError>;

    /// Takes the recent messages for the calling session (RFC 3501 2.3.2) and returns the first of
    /// them; the next to ask does not get them. Costs a write only when there are some.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox).
    fn claim_recent(&self, mailbox: MailboxId) -> Result<Option<Uid>, StoreError>;

    /// Puts a message into a mailbox (APPEND).
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox); `OverQuota`; `TooMany` (number) when the UIDs are used up.
    fn append(
        &self,
        mailbox: MailboxId,
        message: &Spooled,
        flags: &Flags,
        date: InternalDate,
    ) -> Result<Arrival, StoreError>;

    /// Changes flags (STORE).
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox); `TooMany` (keyword), and then nothing is changed.
    fn change_flags(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        change: &FlagChange,
    ) -> Result<FlagsChanged, StoreError>;

    /// Copies messages with flags and dates into another mailbox or the same one, all or none.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox); `OverQuota`; `TooMany` (number).
    fn copy(&self, from: MailboxId, uids: &[Uid], to: MailboxId) -> Result<Copied, StoreError>;

    /// Moves messages (RFC 6851), all or none. The quota is not asked within one account.
    ///
    /// # Errors
    ///
    /// As [`Messages::copy`].
    fn move_to(&self, from: MailboxId, uids: &[Uid], to: MailboxId) -> Result<Moved, StoreError>;

    /// Removes messages.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox).
    fn expunge(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        rule: ExpungeRule,
    ) -> Result<Expunged, StoreError>;

    /// Returns the headers of these messages, the empty line included, by UID ascending, in one
    /// go: for SEARCH and threads of a whole mailbox, some hundred at a time. Each is cut at
    /// `most` octets.
    ///
    /// # Errors
    ///
    /// `NotFound` (mailbox).
    fn headers(
        &self,
        mailbox: MailboxId,
        uids: &[Uid],
        most: usize,
    ) -> Result<Vec<(Uid, Bytes)>, StoreError>;

    /// Opens the octets of a message.
    ///
    /// # Errors
    ///
    /// `NotFound` when it is in no mailbox and in no queue any more.
    fn open_body(&self, message: MessageId) -> Result<Box<dyn Body>, StoreError>;

    /// Returns short messages whole, in one go: for those who want many, one behind the other. They
    /// are `messages` from the first on, up to one that is longer than 64 KiB or gone, and no more
    /// than `most` octets together; of the first alone that limit is not asked.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn short(&self, messages: &[MessageId], most: usize) -> Result<Vec<Bytes>, StoreError>;

    /// Takes the exclusive access to a maildrop.
    ///
    /// # Errors
    ///
    /// `Busy` (maildrop) when another session has it: `-ERR [IN-USE]` (RFC 2449 8.1.2).
    fn lock_maildrop(&self, account: AccountId) -> Result<MaildropLock, StoreError>;

    /// Lists the maildrop of an account.
    ///
    /// # Errors
    ///
    /// `NotFound` (account).
    fn maildrop(&self, account: AccountId) -> Result<Maildrop, StoreError>;
}
