//! The store in one embedded SQLite file.
//!
//! One thread writes and commits for many callers at once; a few connections read. The file keeps a
//! write-ahead log that is synced at every commit, so what a call answered survives a power cut.
//! Other processes may open the same file to administer it; one alone may serve mail from it
//! ([`Store::lock_service`]), because what is being read is known to the process that reads it.

mod bodies;
mod directory;
mod failure;
mod mailboxes;
mod messages;
mod queue;
mod readers;
mod schema;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{AccountId, ServiceLock, Spool, Store, StoreError, Uid, UnixTime, spool};
use failure::Failure;
use readers::Readers;
use sweep::Pins;
use writer::Writer;

/// A store in one SQLite file of a directory.
///
/// Values that SQLite cannot hold (numbers over 2^63 - 1) are cut there.
#[derive(Debug)]
pub struct SqliteStore {
    dir: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
    pins: Arc<Pins>,
    maildrops: Arc<Mutex<HashSet<AccountId>>>,
}

impl SqliteStore {
    /// Opens the store of a directory, and makes both if they are not there; nobody but their owner
    /// may read them. `now` is used for a new store alone: its UIDVALIDITYs begin there.
    ///
    /// # Errors
    ///
    /// `Backend` if the file cannot be opened or was written by a newer version; `Corrupt` if
    /// it is no store; `Busy` if another process does not let go of it.
    pub fn open(dir: impl AsRef<Path>, now: UnixTime) -> Result<Self, StoreError> {
        let dir = dir.as_ref();
        let path = schema::create(dir)?;
        let mut connection = schema::writer(&path).map_err(Failure::told)?;
        schema::migrate(&mut connection, now).map_err(Failure::told)?;
        let readers = Readers::open(&path).map_err(Failure::told)?;
        let pins = Arc::new(Pins::default());
        Ok(Self {
            dir: dir.to_owned(),
            writer: Writer::start(connection, Arc::clone(&pins))?,
            readers: Arc::new(readers),
            pins,
            maildrops: Arc::default(),
        })
    }
}

impl Store for SqliteStore {
    fn spool(&self) -> Spool {
        Spool::new(&self.dir)
    }

    fn tidy(&self) -> Result<(), StoreError> {
        spool::tidy(&self.dir)?;
        self.writer.tidy()
    }

    fn lock_service(&self) -> Result<ServiceLock, StoreError> {
        // Nothing is done with the connection but to keep it; none is shared between threads.
        let held = schema::lock_service(&self.dir)?;
        Ok(ServiceLock::new(Mutex::new(held)))
    }
}

/// A number as SQLite holds it.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that SQLite held; none of ours is negative.
fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A UID that SQLite held.
fn uid(number: i64) -> Result<Uid, Failure> {
    let uid = u32::try_from(number).ok().and_then(Uid::new);
    uid.ok_or_else(|| Failure::corrupt(format_args!("UID {number}")))
}

/// UIDs as one parameter of a statement, which takes it apart with `json_each`.
fn listed(uids: &[Uid]) -> String {
    let mut text = String::from("[");
    for (at, uid) in uids.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(text, "{comma}{uid}").expect("a string takes all");
    }
    text.push(']');
    text
}
