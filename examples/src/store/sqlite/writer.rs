//! The one thread that writes, and how it commits for many at once.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::failure::Failure;
use super::sweep::{self, Pins};
use crate::store::StoreError;

/// Runs pieces of work one after the other, each in a savepoint, as many as are waiting in one
/// transaction, and answers each after the commit that holds it is on disk.
///
/// While the disk syncs, the next ones gather: the more there is to do, the fewer syncs each
/// one costs. What fails is rolled back alone.
#[derive(Debug)]
pub(super) struct Writer {
    /// `None` only while it is dropped.
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Work(Box<dyn Work>),
    /// Sweep until nothing is left to sweep.
    Tidy(SyncSender<Result<(), StoreError>>),
}

impl Writer {
    pub(super) fn start(connection: Connection, pins: Arc<Pins>) -> Result<Self, StoreError> {
        let (orders, incoming) = mpsc::sync_channel(MOST_WAITING);
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(&connection, &pins, &incoming))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Runs a piece of work and waits until it is on disk.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, wait) = mpsc::sync_channel(1);
        self.order(Order::Work(Box::new(Task { work: Some(work), result: None, answer })))?;
        wait.recv().map_err(|_| gone())?
    }

    /// Sweeps until nothing is left to sweep.
    pub(super) fn tidy(&self) -> Result<(), StoreError> {
        let (answer, wait) = mpsc::sync_channel(1);
        self.order(Order::Tidy(answer))?;
        wait.recv().map_err(|_| gone())?
    }

    fn order(&self, order: Order) -> Result<(), StoreError> {
        let orders = self.orders.as_ref().ok_or_else(gone)?;
        orders.send(order).map_err(|_| gone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // It can only have panicked, and its caller has heard of that.
            let _ = thread.join();
        }
    }
}

/// A piece of work whose types are forgotten.
trait Work: Send {
    fn run(&mut self, connection: &Connection);
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Task<F, T> {
    work: Option<F>,
    result: Option<Result<T, Failure>>,
    answer: SyncSender<Result<T, StoreError>>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, Failure> + Send> Work for Task<F, T> {
    fn run(&mut self, connection: &Connection) {
        if let Some(work) = self.work.take() {
            self.result = Some(in_savepoint(connection, work));
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.result, committed) {
            (Some(Err(failure)), _) => Err(failure.told()),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Ok(_)) | None, Err(error)) => Err(error),
            (None, Ok(())) => Err(gone()),
        };
        // Nobody listens any more when the caller's thread died: the work is done all the same.
        let _ = self.answer.send(answer);
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.prepare_cached("SAVEPOINT work")?.execute([])?;
    match work(connection) {
        Ok(value) => {
            connection.prepare_cached("RELEASE work")?.execute([])?;
            Ok(value)
        }
        Err(failure) => {
            // After a full disk SQLite may have rolled the whole transaction back by itself.
            if !connection.is_autocommit() {
                connection.prepare_cached("ROLLBACK TO work")?.execute([])?;
                connection.prepare_cached("RELEASE work")?.execute([])?;
            }
            Err(failure)
        }
    }
}

fn serve(connection: &Connection, pins: &Pins, orders: &Receiver<Order>) {
    let mut next = None;
    while let Some(order) = next.take().or_else(|| orders.recv().ok()) {
        match order {
            Order::Work(first) => {
                let mut batch = Vec::new();
                let committed = commit(connection, first, orders, &mut batch, &mut next);
                for work in batch {
                    work.answer(committed.clone());
                }
            }
            Order::Tidy(answer) => {
                let swept = loop {
                    match sweep::some(connection, pins) {
                        Ok(true) => {}
                        Ok(false) => break Ok(()),
                        Err(failure) => break Err(failure.told()),
                    }
                };
                let _ = answer.send(swept);
            }
        }
        // Rubbish is for quiet moments.
        while next.is_none() {
            next = orders.try_recv().ok();
            match next.is_none().then(|| sweep::some(connection, pins)) {
                Some(Ok(true)) => {}
                Some(Ok(false)) | None => break,
                Some(Err(failure)) => {
                    tracing::warn!(error = %failure.told(), "sweep put off");
                    break;
                }
            }
        }
    }
}

/// Runs what is waiting in one transaction. An error is that of all of them.
fn commit(
    connection: &Connection,
    first: Box<dyn Work>,
    orders: &Receiver<Order>,
    batch: &mut Vec<Box<dyn Work>>,
    next: &mut Option<Order>,
) -> Result<(), StoreError> {
    let begun =
        connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([]));
    let mut work = first;
    if let Err(error) = begun {
        batch.push(work);
        return Err(Failure::from(error).told());
    }
    loop {
        work.run(connection);
        batch.push(work);
        if connection.is_autocommit() {
            return Err(StoreError::backend("the transaction was rolled back"));
        }
        work = match (batch.len() < MOST_AT_ONCE).then(|| orders.try_recv()) {
            Some(Ok(Order::Work(work))) => work,
            Some(Ok(tidy @ Order::Tidy(_))) => {
                *next = Some(tidy);
                break;
            }
            Some(Err(_)) | None => break,
        };
    }
    let done = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    done.map(drop).map_err(|error| {
        if !connection.is_autocommit() {
            // What was to be committed must not slip into the next transaction.
            let rolled_back = connection.execute_batch("ROLLBACK");
            tracing::warn!(?rolled_back, "commit failed");
        }
        Failure::from(error).told()
    })
}

fn gone() -> StoreError {
    StoreError::backend("the writer has stopped")
}

/// How many may wait before the next has to wait for its place.
const MOST_WAITING: usize = 256;
/// How many share a commit: the first of them waits for the last.
const MOST_AT_ONCE: usize = 64;
