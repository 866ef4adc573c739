//! What becomes of octets that nothing refers to any more.
//!
//! Work never deletes octets, it only lets go of them; the sweep deletes, in a transaction of its
//! own. So a reader that has pinned a body and then sees that it is still referred to
//! can read it to its end: what the sweep takes was given up, durably, before the pin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::failure::Failure;

/// The bodies that are being read, or written piece by piece, and must stay.
#[derive(Debug, Default)]
pub(super) struct Pins(Mutex<HashMap<i64, usize>>);

impl Pins {
    /// Keeps a body until the pin is dropped.
    pub(super) fn pin(self: &Arc<Self>, body: i64) -> Pin {
        self.with(|pins| *pins.entry(body).or_default() += 1);
        Pin { pins: Arc::clone(self), body }
    }

    fn holds(&self, body: i64) -> bool {
        self.with(|pins| pins.contains_key(&body))
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<i64, usize>) -> T) -> T {
        // No work in here can be left half done.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps one body.
#[derive(Debug)]
pub(super) struct Pin {
    pins: Arc<Pins>,
    body: i64,
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.pins.with(|pins| {
            if let Some(count) = pins.get_mut(&self.body) {
                *count -= 1;
                if *count == 0 {
                    pins.remove(&self.body);
                }
            }
        });
    }
}

/// Deletes some of what nothing refers to and tells whether there was any.
pub(super) fn some(connection: &Connection, pins: &Pins) -> Result<bool, Failure> {
    let contents =
        unused(connection, "SELECT id FROM content WHERE refs = 0 ORDER BY id", |_| true)?;
    let bodies =
        unused(connection, "SELECT id FROM body WHERE refs = 0 ORDER BY id", |id| !pins.holds(id))?;
    if contents.is_empty() && bodies.is_empty() {
        return Ok(false);
    }
    // Rolled back when it is dropped.
    let sweep = connection.unchecked_transaction()?;
    for id in contents {
        sweep.prepare_cached("DELETE FROM content WHERE id = ?1 AND refs = 0")?.execute([id])?;
    }
    for id in bodies {
        sweep.prepare_cached("DELETE FROM body WHERE id = ?1 AND refs = 0")?.execute([id])?;
    }
    sweep.commit()?;
    Ok(true)
}

fn unused(
    connection: &Connection,
    query: &str,
    wanted: impl Fn(i64) -> bool,
) -> Result<Vec<i64>, Failure> {
    let mut query = connection.prepare_cached(query)?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if wanted(id) {
            found.push(id);
            if found.len() == AT_ONCE {
                break;
            }
        }
    }
    Ok(found)
}

/// How many are swept in one transaction.
const AT_ONCE: usize = 64;
