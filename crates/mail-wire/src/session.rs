//! The contract that every end of every conversation fulfils.

use std::time::Instant;

use bytes::BytesMut;
use mail_errors::Fault;

use crate::{SendBuffer, TlsInfo};

/// One end of one conversation, without the connection.
///
/// # The kinds of methods
///
/// * **Input**: [`buffers`](Self::buffers) (append what the peer sent), [`recv_eof`](Self::recv_eof),
///   [`upgraded`](Self::upgraded), [`close`](Self::close), and the answers that the concrete session
///   offers (`reply`, `accept`, `send_body`, ...).
/// * **Question**: [`next_event`](Self::next_event), the only place where time enters.
/// * **Output**: [`buffers`](Self::buffers) again: the second one holds what the peer is to get.
///
/// # The loop
///
/// Ask; act on what comes; ask again. Whoever does the reading and writing (see
/// [`drive`](crate::drive)) does it when the answer says so:
///
/// ```
/// # use std::time::Instant;
/// # use bytes::Buf;
/// use mail_wire::{Next, Session};
///
/// /// Hands over what can be handed over without the network.
/// fn pump<S: Session>(session: &mut S, now: Instant, mut act: impl FnMut(&mut S, S::Event)) {
///     while let Ok(Next::Event(event)) = session.next_event(now) {
///         act(session, event);
///     }
/// }
/// ```
///
/// # Order
///
/// One answer at a time, in this order: [`Next::NeedOutput`] when unsent octets are over the limit;
/// an event that is ready; [`Next::NeedReply`] only if neither input nor time could move the
/// session; else [`Next::NeedInput`], which may come while answers are owed. Only an event is
/// consumed by being told: every other answer, `Err` included, is told again until something
/// changes, so a driver that is dropped in mid-flight loses nothing.
pub trait Session: Send {
    /// What this session tells its application.
    type Event: Send + 'static;
    /// Why the conversation ended before its time: the peer's fault, or a timer's.
    type Error: Fault + Clone;

    /// Returns the buffer that octets from the peer are appended to (spare room is there) and the
    /// one whose octets are for the peer. Both at once, so that a driver can read while it writes.
    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer);

    /// Says that the peer will send no more. What it sent before is still worked off.
    fn recv_eof(&mut self);

    /// Says what happened, or what must happen next.
    ///
    /// # Errors
    /// When the conversation is over before its time. Everything known has been handed out as
    /// events before; from then on the same error, or [`Next::Closed`], is the answer for ever.
    fn next_event(&mut self, now: Instant) -> Result<Next<Self::Event>, Self::Error>;

    /// Says that the upgrade which [`Next::Upgrade`] asked for is in place.
    ///
    /// # Errors
    /// When no upgrade was asked for, or octets received before it are still in the buffer.
    fn upgraded(&mut self, to: Upgraded) -> Result<(), Self::Error>;

    /// Ends the conversation at the next moment the protocol allows (421, `* BYE`, `QUIT`,
    /// `LOGOUT`); then [`Next::Closed`].
    fn close(&mut self, why: Goodbye);
}

/// What a session says when it is asked.
#[must_use = "dropping this leaves the peer waiting"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<E> {
    /// Act on it, then ask again.
    Event(E),
    /// Read more, or ask again at `until`.
    NeedInput {
        /// When to ask again even if nothing came.
        until: Option<Instant>,
    },
    /// The peer reads too slowly: write first, no new work is taken on.
    NeedOutput {
        /// When to ask again even if nothing could be written.
        until: Option<Instant>,
    },
    /// The application owes an answer, and nothing else can move the session.
    NeedReply {
        /// When to ask again even if there is no answer yet.
        until: Option<Instant>,
    },
    /// Flush without reading, put the layer in, call [`Session::upgraded`].
    Upgrade {
        /// Which layer.
        to: Upgrade,
        /// When the upgrade must be done.
        until: Option<Instant>,
    },
    /// Flush, shut down sending, drain a little, hang up.
    Closed,
}

impl<E> Next<E> {
    /// Turns the event, if there is one, into another.
    pub fn map<T>(self, f: impl FnOnce(E) -> T) -> Next<T> {
        match self {
            Self::Event(event) => Next::Event(f(event)),
            Self::NeedInput { until } => Next::NeedInput { until },
            Self::NeedOutput { until } => Next::NeedOutput { until },
            Self::NeedReply { until } => Next::NeedReply { until },
            Self::Upgrade { to, until } => Next::Upgrade { to, until },
            Self::Closed => Next::Closed,
        }
    }

    /// For sessions around sessions: as long as the inner one has output that did not fit, nothing
    /// but an event goes before sending it.
    pub(crate) fn after_output(self, inner: &SendBuffer) -> Self {
        if inner.is_empty() || matches!(self, Self::Event(_)) {
            return self;
        }
        Self::NeedOutput { until: self.until() }
    }

    /// Sets when to ask again even if nothing happened.
    #[cfg(feature = "rustls")]
    pub(crate) fn with_until(mut self, at: Instant) -> Self {
        match &mut self {
            Self::Event(_) | Self::Closed => {}
            Self::NeedInput { until }
            | Self::NeedOutput { until }
            | Self::NeedReply { until }
            | Self::Upgrade { until, .. } => *until = Some(at),
        }
        self
    }

    /// Returns when to ask again even if nothing happened.
    #[must_use]
    pub const fn until(&self) -> Option<Instant> {
        match self {
            Self::Event(_) | Self::Closed => None,
            Self::NeedInput { until }
            | Self::NeedOutput { until }
            | Self::NeedReply { until }
            | Self::Upgrade { until, .. } => *until,
        }
    }
}

/// The layer a session asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Upgrade {
    /// TLS: the handshake starts with the next octet in either direction.
    Tls,
    /// COMPRESS=DEFLATE, RFC 4978.
    Deflate,
}

/// The layer that is in place now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Upgraded {
    /// The TLS handshake is done.
    Tls(TlsInfo),
    /// Everything is compressed from here on.
    Deflate,
}

/// Why our own side wants the conversation to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Goodbye {
    /// Nothing more to do.
    Done,
    /// The program is shutting down.
    Shutdown,
    /// Too much is going on to serve this peer.
    Overloaded,
    /// Something broke on our side. An answer that is owed will not be given any more.
    InternalError,
}
