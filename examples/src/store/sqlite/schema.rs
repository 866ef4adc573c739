//! The file: how it is opened, and how its tables came to be what they are.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::failure::Failure;
use crate::store::{StoreError, UidValidity, UnixTime};

/// Makes the directory and the file if they are not there, both for their owner only.
pub(super) fn create(dir: &Path) -> Result<PathBuf, StoreError> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing = dir.ancestors().take_while(is_missing).count();
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let path = dir.join(FILE);
    touch(&path)?;
    // The entries of a new file and of new directories have to survive a power cut as well. That of
    // one that is there may be new too: who made it may have been killed.
    for dir in dir.canonicalize()?.ancestors().take(missing.max(1) + 1) {
        File::open(dir)?.sync_all()?;
    }
    Ok(path)
}

/// Makes a file for its owner only, if it is not there. One that is there is not even opened: POSIX
/// takes a process's locks on a file away when any of its handles is closed.
fn touch(path: &Path) -> io::Result<()> {
    match OpenOptions::new().create_new(true).append(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Takes the sole right to serve from a directory: a transaction on a file beside the store in
/// which nothing is ever written. The system ends it with the process, by a kill as well.
pub(super) fn lock_service(dir: &Path) -> Result<Connection, StoreError> {
    let path = dir.join(LOCK);
    touch(&path)?;
    let held = || -> Result<Connection, Failure> {
        let connection = Connection::open(&path)?;
        // Whoever has it keeps it.
        connection.busy_timeout(Duration::ZERO)?;
        // Nothing beside it that a kill could leave behind.
        connection.pragma_update(None, "journal_mode", "MEMORY")?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        Ok(connection)
    };
    held().map_err(Failure::told)
}

/// Opens the connection that writes.
pub(super) fn writer(path: &Path) -> Result<Connection, Failure> {
    let connection = open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Each commit syncs the log before it returns; NORMAL would sync at checkpoints alone.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Opens a connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, Failure> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(path: &Path) -> Result<Connection, Failure> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Brings the tables to what this program knows.
pub(super) fn migrate(connection: &mut Connection, now: UnixTime) -> Result<(), Failure> {
    // Immediate: of two programs that start at once, one does it and the other finds it done.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let owner: i64 = change.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if version > 0 && owner != APPLICATION {
        return Err(StoreError::corrupt("the file belongs to another program").into());
    }
    let done = usize::try_from(version).unwrap_or(0);
    let Some(todo) = MIGRATIONS.get(done..) else {
        return Err(StoreError::backend("the file was written by a newer version").into());
    };
    for step in todo {
        change.execute_batch(step)?;
    }
    // Begins with the time, so that a store that is made anew does not give out what the one
    // before it gave out (RFC 9051 2.3.1.1).
    let first = now.seconds().clamp(1, i64::from(u32::MAX));
    change.execute(
        "INSERT OR IGNORE INTO counter VALUES ('uid_validity', ?1), ('claim', 0)",
        [first],
    )?;
    change.pragma_update(None, "application_id", APPLICATION)?;
    change.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    change.commit()?;
    Ok(())
}

/// Gives out the next number of a counter.
pub(super) fn next(connection: &Connection, counter: &str) -> Result<i64, Failure> {
    connection
        .prepare_cached("UPDATE counter SET value = value + 1 WHERE name = ?1 RETURNING value")?
        .query_row([counter], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::corrupt(format_args!("no counter {counter}")).into())
}

/// Gives out a UIDVALIDITY.
pub(super) fn next_uid_validity(connection: &Connection) -> Result<UidValidity, Failure> {
    let number = next(connection, "uid_validity")?;
    u32::try_from(number).ok().and_then(UidValidity::new).ok_or_else(Failure::numbers_used_up)
}

const FILE: &str = "store.sqlite";
/// The file that says who serves.
const LOCK: &str = "serving";
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);
/// "mail", so that the file says whose it is.
const APPLICATION: i64 = 0x6d61_696c;
/// Step n leads from version n to version n + 1. Steps that were released never change.
const MIGRATIONS: &[&str] = &[include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];
