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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::store::sqlite::schema;
    use crate::store::{Noun, UnixTime};

    /// A writer that is held up until enough is waiting.
    struct Held {
        writer: Writer,
        gate: SyncSender<()>,
        path: PathBuf,
    }

    impl Held {
        fn new(name: &str) -> Self {
            let dir =
                std::env::temp_dir().join(format!("mail-writer-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&dir);
            let path = schema::create(&dir).expect("a file");
            let mut connection = schema::writer(&path).expect("opens");
            schema::migrate(&mut connection, UnixTime::new(1)).expect("tables");
            let writer = Writer::start(connection, Arc::default()).expect("starts");
            let (gate, wait) = mpsc::sync_channel(0);
            let held = Self { writer, gate, path };
            held.send(move |_| {
                wait.recv().expect("opens");
                Ok(0)
            });
            held
        }

        fn send(
            &self,
            work: impl FnOnce(&Connection) -> Result<i64, Failure> + Send + 'static,
        ) -> Receiver<Result<i64, StoreError>> {
            let (answer, wait) = mpsc::sync_channel(1);
            let task = Task { work: Some(work), result: None, answer };
            self.writer.order(Order::Work(Box::new(task))).expect("runs");
            wait
        }

        fn insert(&self, name: &'static str) -> Receiver<Result<i64, StoreError>> {
            self.send(move |connection| {
                connection.execute("INSERT INTO domain (name) VALUES (?1)", [name])?;
                count(connection)
            })
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            let dir = self.path.parent().expect("a directory");
            let _ = std::fs::remove_dir_all(dir);
        }
    }

    fn count(connection: &Connection) -> Result<i64, Failure> {
        Ok(connection.query_row("SELECT count(*) FROM domain", [], |row| row.get(0))?)
    }

    #[test]
    fn ok_what_waits_shares_a_commit() {
        let held = Held::new("shares");
        let first = held.insert("a");
        let path = held.path.clone();
        // Behind the first, which no other connection can see yet.
        let second = held.send(move |_| count(&schema::reader(&path)?));
        held.gate.send(()).expect("waits");
        assert_eq!(first.recv().expect("answers"), Ok(1));
        assert_eq!(second.recv().expect("answers"), Ok(0));
        let after = schema::reader(&held.path).and_then(|connection| count(&connection));
        assert_eq!(after.expect("reads"), 1);
    }

    #[test]
    fn ok_what_fails_is_rolled_back_alone() {
        let held = Held::new("alone");
        let first = held.insert("a");
        let failing = held.send(|connection| {
            connection.execute("INSERT INTO domain (name) VALUES ('b')", [])?;
            Err(Failure::not_found(Noun::Domain))
        });
        let last = held.insert("c");
        held.gate.send(()).expect("waits");
        assert_eq!(first.recv().expect("answers"), Ok(1));
        let not_found = Err(StoreError::NotFound { what: Noun::Domain });
        assert_eq!(failing.recv().expect("answers"), not_found);
        assert_eq!(last.recv().expect("answers"), Ok(2));
    }

    /// SQLite rolls a whole transaction back by itself when the disk is full or fails.
    #[test]
    fn err_for_all_when_the_transaction_is_lost() {
        let held = Held::new("lost");
        let first = held.insert("a");
        let losing = held.send(|connection| {
            connection.execute_batch("ROLLBACK")?;
            Err(StoreError::Full.into())
        });
        let behind = held.insert("b");
        held.gate.send(()).expect("waits");
        assert!(matches!(first.recv().expect("answers"), Err(StoreError::Backend { .. })));
        assert_eq!(losing.recv().expect("answers"), Err(StoreError::Full));
        // In the next transaction, and alone there.
        assert_eq!(behind.recv().expect("answers"), Ok(1));
    }
}
