//! The contract of every standard that asks DNS: a machine without a network.

use std::time::Instant;

use bytes::Bytes;
use mail_errors::{Fault, FaultKind};
use thiserror::Error;

use crate::{
    outcome::Outcome,
    question::{Query, QueryId},
};

/// A machine that asks questions until it knows its verdict.
///
/// Call [`poll`](Self::poll), do what it says, hand in what came of it with
/// [`answer`](Self::answer) or [`fetched`](Self::fetched) in any order, poll again. Several
/// questions may be in flight; each is asked once.
///
/// ```
/// use std::time::Instant;
///
/// use mail_dns::{Evaluate, Outcome, Query, Step};
///
/// /// Answers from a function; a program hands each query to an exchange instead.
/// fn decide<M: Evaluate>(machine: &mut M, ask: impl Fn(&Query) -> Outcome) -> M::Output {
///     # #[allow(clippy::disallowed_methods)]
///     loop {
///         match machine.poll(Instant::now()) {
///             Step::Ask(queries) => {
///                 for query in queries {
///                     machine.answer(query.id(), ask(&query)).expect("asked just now");
///                 }
///             }
///             Step::Done(output) => return output,
///             Step::Fetch { .. } | Step::Waiting { .. } => unreachable!("all is answered at once"),
///         }
///     }
/// }
/// ```
pub trait Evaluate {
    /// The verdict.
    type Output;

    /// Tells what is needed next. `now` is monotonic; the wall clock, where a standard needs one,
    /// is an argument of the machine's constructor.
    ///
    /// [`Step::Ask`] and [`Step::Fetch`] are told once, [`Step::Done`] for ever.
    fn poll(&mut self, now: Instant) -> Step<Self::Output>;

    /// Takes the outcome of a question.
    ///
    /// # Errors
    ///
    /// The question was not asked or is answered already. The machine is unharmed.
    fn answer(&mut self, id: QueryId, outcome: Outcome) -> Result<(), Unsolicited>;

    /// Takes what a fetch brought. A machine that never fetches refuses it.
    ///
    /// # Errors
    ///
    /// Nothing was to be fetched under this id. The machine is unharmed.
    fn fetched(&mut self, id: QueryId, body: Result<Bytes, FetchError>) -> Result<(), Unsolicited> {
        drop(body);
        Err(Unsolicited { id })
    }
}

/// What a machine needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "dropping this leaves the questions unasked"]
pub enum Step<O> {
    /// Ask these questions, all at the same time if you can.
    Ask(Vec<Query>),
    /// Fetch this document over HTTPS.
    Fetch {
        /// The id to hand the body in with.
        id: QueryId,
        /// Where it is.
        url: String,
    },
    /// Answers are awaited; poll again when one is there, and at `until` in any case.
    Waiting {
        /// When the machine gives up waiting.
        until: Instant,
    },
    /// The verdict.
    Done(O),
}

/// Why a document could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No connection could be made.
    #[error("cannot connect")]
    Unreachable,
    /// The server's certificate is not valid for its name.
    #[error("certificate not valid")]
    Certificate,
    /// The server answered with another status than 200.
    #[error("status {status}")]
    Status {
        /// The HTTP status code.
        status: u16,
    },
    /// The document is longer than what the caller takes.
    #[error("document longer than {limit} octets")]
    TooLong {
        /// The most that is taken.
        limit: u64,
    },
    /// It took too long.
    #[error("fetch took too long")]
    Timeout,
}

/// An answer that nobody waits for. The machine is unharmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no answer to question {id} is awaited")]
pub struct Unsolicited {
    /// The id that came with the answer.
    pub id: QueryId,
}

impl Fault for Unsolicited {
    fn kind(&self) -> FaultKind {
        FaultKind::Misuse
    }
}
