//! Where mail rests: accounts, mailboxes, messages and the relay queue, behind traits that know
//! no database.
//!
//! [`Store`] is what servers hold, as `Arc<dyn Store>`; [`SqliteStore`] is the first
//! implementation, an embedded file. Four traits make it up, one for each thing a store does:
//! [`Directory`] (who is there), [`Mailboxes`] (the tree of names), [`Messages`] (what is in it)
//! and [`Queue`] (taking responsibility, and relaying). All of them can be called on a
//! `dyn Store` without importing them.
//!
//! # What every implementation keeps
//!
//! - **One call, one transaction.** A call is done wholly or not at all, and calls do not see each
//!   other half done. An `Ok` of a changing call means that it survives a power cut.
//! - **Calls block.** They wait for disks and locks; a tokio program wraps them in
//!   `block_in_place`. Time is an argument (RFC 5321 has no clock either).
//! - **What changed is returned**, so that the caller can tell other sessions. The store itself
//!   tells nobody. Two processes on one shared database will need a channel between them.
//! - **Octets never change.** A body is stored once however many mailboxes hold it, is read by
//!   ranges, and goes with its last reference.
//! - **Numbers are never given out twice**: neither ids nor UIDVALIDITY.
//!
//! # An example
//!
//! ```
//! use mail_errors::Secret;
//! use mail_examples::store::*;
//!
//! # let dir = std::env::temp_dir().join(format!("store-doc-{}", std::process::id()));
//! let now = UnixTime::new(1_700_000_000);
//! let store: Box<dyn Store> = Box::new(SqliteStore::open(&dir, now)?);
//! store.add_domain(&Domain::parse("example.org")?)?;
//! let alice = store.create_account(&NewAccount {
//!     login: LoginName::parse("alice@example.org")?,
//!     credentials: Credentials { scram: Secret::from("keys"), apop: None },
//!     quota: Some(1 << 30),
//!     addresses: vec![Address::parse("alice@example.org")?],
//!     senders: vec![],
//! })?;
//!
//! let mut spool = store.spool();
//! spool.write(b"Subject: hello\r\n\r\nhi\r\n")?;
//! let accepted = store.accept(&Incoming {
//!     message: spool.finish(),
//!     date: InternalDate::utc(now),
//!     deliveries: vec![Delivery {
//!         place: Place::Inbox(alice),
//!         trace: "Return-Path: <bob@example.net>\r\n".into(),
//!     }],
//!     relay: None,
//! })?;
//!
//! let arrival = &accepted.delivered[0];
//! let mut body = store.open_body(arrival.entry.id)?;
//! assert_eq!(body.size(), arrival.entry.size);
//! assert_eq!(&body.read(0, 12)?[..], b"Return-Path:");
//! # drop((body, store));
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Not supported
//!
//! Vanished UIDs (QRESYNC, RFC 7162), annotations, ACLs and mailboxes shared between accounts.

mod directory;
mod error;
mod flags;
mod ids;
mod mailboxes;
mod messages;
mod names;
mod queue;
mod spool;
mod sqlite;
mod time;

pub use directory::{
    Account, AliasTarget, Credentials, Directory, MOST_TARGETS, NewAccount, Resolved, Usage,
};
pub use error::{Noun, StoreError};
pub use flags::{FlagChange, Flags, Keyword, SystemFlag};
pub use ids::{
    AccountId, ClaimId, MailboxId, MessageId, ModSeq, QueueId, RecipientId, Uid, UidValidity,
};
pub use mailboxes::{Deleted, MOST_MAILBOXES, Mailbox, MailboxStatus, Mailboxes, Renamed};
pub use messages::{
    Arrival, Body, Copied, ExpungeRule, Expunged, FlagsChanged, MailboxView, Maildrop,
    MaildropLock, MaildropMessage, MessageEntry, Messages, Moved,
};
pub use names::{Address, Domain, LoginName, MailboxName, NameError};
pub use queue::{
    Accepted, Asked, Claim, Delivery, Due, Incoming, MOST_RECIPIENTS, Outcome, Place, Queue,
    QueuedRecipient, Relay, Unreadable,
};
pub use spool::{Spool, Spooled};
pub use sqlite::SqliteStore;
pub use time::{InternalDate, UnixTime};

/// Everything a mail server keeps. See the [module's text](self) for what every one of them holds.
pub trait Store: Directory + Mailboxes + Messages + Queue + Send + Sync {
    /// Begins a message that comes in. Nothing is written to the store before it is accepted or
    /// appended.
    fn spool(&self) -> Spool;

    /// Throws away what nothing refers to any more: octets whose last message went, bodies whose
    /// writing was cut off. The process that serves calls this when it starts; while it runs the
    /// store tidies up behind itself.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn tidy(&self) -> Result<(), StoreError>;

    /// Takes the sole right to serve mail from this store, until what is returned is dropped or
    /// the process ends, however it ends. Who only administers it needs no such right.
    ///
    /// # Errors
    ///
    /// `Busy` (store) while somebody else has it.
    fn lock_service(&self) -> Result<ServiceLock, StoreError>;
}

/// The sole right to serve mail from a store; dropping it gives it back.
pub struct ServiceLock {
    _guard: Box<dyn Send + Sync>,
}

impl ServiceLock {
    /// Wraps what gives the right back when it is dropped.
    #[must_use]
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self { _guard: Box::new(guard) }
    }
}

impl std::fmt::Debug for ServiceLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceLock")
    }
}
