//! Drivers: the short loops between a session and a connection, and the only place with a clock.
//!
//! Both are functions that run until there is something for the application: they own nothing, so
//! one that is dropped half-way (by `select!`) has lost nothing, and an application may do what it
//! likes with session and connection in between.

pub mod blocking;
mod tap;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use tap::{Direction, Tapped};

use std::{
    io,
    time::{Duration, Instant},
};

use mail_errors::{Fault, FaultKind};

use crate::Upgrade;

/// Why a driver came back.
#[must_use = "dropping this leaves the peer waiting"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driven<E> {
    /// The session tells this; act on it, then drive on.
    Event(E),
    /// The application owes an answer, and nothing else can move the session. All output is sent.
    NeedReply,
    /// All output is sent and nothing was read behind it: put the layer in and call
    /// [`upgraded`](crate::Session::upgraded).
    Upgrade(Upgrade),
    /// The caller's own `until` has come.
    Waited,
    /// The conversation is over in good order, and the connection closed.
    Closed,
}

/// Why a conversation came to a bad end. The connection is closed.
#[derive(Debug, thiserror::Error)]
pub enum DriveError<E: Fault> {
    /// The session says so: the peer's fault, or a timer's.
    #[error(transparent)]
    Session(E),
    /// The connection broke.
    #[error("connection: {0}")]
    Io(#[from] io::Error),
}

impl<E: Fault> DriveError<E> {
    /// Returns the kind of this failure.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Session(fault) => fault.kind(),
            Self::Io(_) => FaultKind::Disconnected,
        }
    }
}

/// How long the peer has to take the last words, and to hang up after them.
const LINGER: Duration = Duration::from_secs(1);

/// Octets a second at which a peer must take what is unsent when a session is over in good order:
/// the end of a message may be among it.
const SLOWEST: usize = 4 * 1024;

/// Returns how long a peer has to take so many octets, where a session is over in good order.
fn time_to_take(octets: usize) -> Duration {
    LINGER + Duration::from_secs((octets / SLOWEST) as u64)
}

/// How many octets are read and thrown away after the end: closing with unread input makes TCP
/// reset the connection, and the last reply is lost.
const DRAIN: usize = 256 * 1024;

#[expect(clippy::disallowed_methods, reason = "drivers are where time comes from")]
fn now() -> Instant {
    Instant::now()
}

/// Tells whether a stream says so that it ended: one of TLS does when the peer did not take its
/// leave. Whether something is missing is for the session to say, which knows its protocol's ends.
fn is_end(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

/// The earlier of two moments, either of which may be never.
fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
