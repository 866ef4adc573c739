//! The connections that read.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use super::failure::Failure;
use super::schema;
use crate::store::StoreError;

/// A few connections that read, each what was committed when its turn began. They wait for no
/// writer, and no writer waits for them.
#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    freed: Condvar,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let idle = (0..COUNT).map(|_| schema::reader(path)).collect::<Result<_, _>>()?;
        Ok(Self { idle: Mutex::new(idle), freed: Condvar::new() })
    }

    /// Reads, all of it from one moment.
    pub(super) fn run<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let lent = self.lend();
        let moment =
            lent.connection().unchecked_transaction().map_err(|e| Failure::from(e).told())?;
        work(&moment).map_err(Failure::told)
    }

    fn lend(&self) -> Lent<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return Lent { readers: self, connection: Some(connection) };
            }
            idle = self.freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A connection that goes back when it is dropped, after a panic as well.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Lent<'_> {
    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("is there until it is dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
        drop(idle);
        self.readers.freed.notify_one();
    }
}

const COUNT: usize = 4;
