//! Mail on its way: taking responsibility for a message, and relaying it.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;

use super::{
    AccountId, Address, Arrival, ClaimId, Domain, InternalDate, MailboxId, MessageId, QueueId,
    RecipientId, Spooled, StoreError, UnixTime,
};

/// A message that is to be put into mailboxes, relayed, or both.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Its octets as they came in.
    pub message: Spooled,
    /// When it came in.
    pub date: InternalDate,
    /// The mailboxes it goes to. One that is named twice gets it once.
    pub deliveries: Vec<Delivery>,
    /// Where it goes on to.
    pub relay: Option<Relay>,
}

/// One final delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The mailbox.
    pub place: Place,
    /// Trace fields that go in front of the message there: `Return-Path` and `Received` (RFC 5321
    /// 4.4), whole lines with CRLF. The body behind is stored once for all.
    pub trace: Bytes,
}

/// A mailbox, by its number or as that which every account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The INBOX of an account.
    Inbox(AccountId),
    /// This mailbox.
    Mailbox(MailboxId),
}

/// What is to be relayed.
#[derive(Debug, Clone)]
pub struct Relay {
    /// The reverse path: who hears of a failure. `None` is `<>`, and nobody does.
    pub sender: Option<Address>,
    /// The recipients, each once.
    pub recipients: Vec<Address>,
    /// `Received` fields that go in front; no `Return-Path` (RFC 5321 4.4).
    pub trace: Bytes,
    /// What the sender asks to be told.
    pub asked: Asked,
}

/// What the sender of a message asks to be told of it (RFC 3461), as parameters of MAIL and RCPT have
/// it. A store keeps it and does not look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of the message: `RET=HDRS ENVID=QQ314159`.
    pub of_message: String,
    /// Of recipients: `NOTIFY=NEVER ORCPT=rfc822;bob@example.net`.
    pub of_recipients: BTreeMap<Address, String>,
}

/// What was done with an [`Incoming`], and is on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Where it was delivered to.
    pub delivered: Vec<Arrival>,
    /// Its number in the queue, if something is to be relayed.
    pub queued: Option<QueueId>,
}

/// The recipients of one message in one domain, of which the caller alone may now dispose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The name of this claim.
    pub id: ClaimId,
    /// The message in the queue.
    pub queue: QueueId,
    /// Its octets, trace fields in front included.
    pub message: MessageId,
    /// How many they are.
    pub size: u64,
    /// Whether it needs 8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// The reverse path; `None` is `<>`.
    pub sender: Option<Address>,
    /// The domain of all the recipients.
    pub domain: Domain,
    /// The recipients, at most [`MOST_RECIPIENTS`].
    pub recipients: Vec<QueuedRecipient>,
    /// When the message came into the queue: how long it has been tried.
    pub queued_at: UnixTime,
    /// What the sender asks to be told of the message.
    pub asked: String,
}

/// What was claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// What can be worked off.
    pub claims: Vec<Claim>,
    /// What cannot be understood any more, and is to be [set aside](Outcome::SetAside) so that it
    /// does not come again.
    pub unreadable: Vec<Unreadable>,
}

/// Recipients of one message of which the store cannot make sense: a person must look at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of this claim.
    pub id: ClaimId,
    /// The message in the queue.
    pub queue: QueueId,
    /// Who is to hear of it: the reverse path if that can be read, and is not `<>`.
    pub sender: Option<Address>,
    /// The recipients, at most [`MOST_RECIPIENTS`], each with what stands where its address
    /// should, in printable characters.
    pub recipients: Vec<(RecipientId, String)>,
    /// What was found, for the log.
    pub why: String,
}

/// One recipient in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRecipient {
    /// Its number.
    pub id: RecipientId,
    /// The forward path.
    pub address: Address,
    /// How often it was tried and put off: what a backoff is computed of.
    pub attempts: u32,
    /// What was said when it was put off last.
    pub diagnostic: Option<String>,
    /// What the sender asks to be told of this recipient.
    pub asked: String,
}

/// What became of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next host took responsibility. The recipient leaves the queue.
    Delivered,
    /// It will never be delivered. The recipient leaves the queue; the notice tells the sender.
    Failed,
    /// It is to be tried again.
    Deferred {
        /// Not before this moment.
        until: UnixTime,
        /// Why, for the person who looks, or for the notice when patience ends. Cut at 1000
        /// octets.
        diagnostic: String,
    },
    /// It stays in the queue and is never due again, until a person has looked at it.
    SetAside {
        /// Why, for that person. Cut at 1000 octets.
        diagnostic: String,
    },
}

/// The taking of responsibility, and the queue of what is to be relayed.
///
/// A recipient that is claimed belongs to the claimant until its lease ends. Who dies in between
/// loses it, and it becomes due again, then or when the next one begins to serve: twice delivered at the worst, never lost (RFC 5321 4.5.4.1).
pub trait Queue {
    /// Puts one message into mailboxes and into the queue, all of it in one transaction that is on
    /// disk when this returns: now 250 may be said.
    ///
    /// # Errors
    ///
    /// `OverQuota` (the account is named), `NotFound` (mailbox or account), `TooMany` (number);
    /// nothing was delivered or queued then, and the same `Incoming` can be tried again without
    /// the one that has no room.
    fn accept(&self, incoming: &Incoming) -> Result<Accepted, StoreError>;

    /// Claims what is due at `now`, the longest due first, at most `most` claims. Each must be
    /// [settled](Queue::settle) within `lease`, what cannot be read as well: it holds up nothing
    /// that can.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn claim_due(&self, now: UnixTime, lease: Duration, most: usize) -> Result<Due, StoreError>;

    /// Ends all claims: what a process had claimed that died is due at `now`, and not when its
    /// lease ends. Only who has the sole right to serve ([`Store::lock_service`]) may call this.
    /// Returns how many recipients were claimed.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    ///
    /// [`Store::lock_service`]: super::Store::lock_service
    fn release_claims(&self, now: UnixTime) -> Result<u64, StoreError>;

    /// Returns when the next recipient is due, or the next lease ends; `None`: nothing is to come.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn next_due(&self) -> Result<Option<UnixTime>, StoreError>;

    /// Writes down what became of claimed recipients, and takes over the notice to the sender
    /// (RFC 3461 6), in one transaction: there is no moment at which a failed recipient is gone and
    /// the sender does not know. Recipients that are not named stay claimed. A message without
    /// recipients leaves the queue.
    ///
    /// # Errors
    ///
    /// `Conflict` (claim) when the lease ended and somebody else claimed one of them, or when one
    /// was settled already; those of [`Queue::accept`] for the notice. Nothing is written then.
    fn settle(
        &self,
        claim: ClaimId,
        outcomes: &[(RecipientId, Outcome)],
        notice: Option<&Incoming>,
    ) -> Result<Accepted, StoreError>;

    /// Returns how many recipients wait, those set aside included.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn queue_length(&self) -> Result<u64, StoreError>;
}

/// The most recipients of one claim: what every SMTP server takes in one transaction (RFC 5321
/// 4.5.3.1.8).
pub const MOST_RECIPIENTS: usize = 100;
