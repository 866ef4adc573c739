//! The client's end, on tokio: connecting, TLS, and the loops around the sessions that the small
//! programs and the tour share.
//!
//! Every wait has an end: each call takes the moment until which it may last.

#![expect(clippy::wildcard_enum_match_arm, reason = "the events of the crates may become more")]

pub mod args;
pub mod fetch;
pub mod folder;
pub mod imap;
pub mod mailbox;
pub mod paved;
pub mod pop3;
pub mod progress;
pub mod smtp;

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, Instant},
};

use mail_errors::{Fault, Misuse};
use mail_wire::{
    Goodbye, Session,
    drive::{DriveError, Driven, Tapped, tokio::drive},
    layered::{Layered, LayeredError, TlsError},
};
use rustls::ClientConfig;
use tokio::{
    net::{TcpStream, ToSocketAddrs},
    time::timeout_at,
};

use crate::tap::Tap;

/// Why a conversation did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError<E: Fault> {
    /// There is no connection.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// The connection broke.
    #[error("connection broken: {0}")]
    Broken(io::Error),
    /// The server's name is none that a certificate could bear.
    #[error(transparent)]
    Name(TlsError),
    /// The conversation ended before its time.
    #[error(transparent)]
    Session(LayeredError<E>),
    /// The server said no.
    #[error("{what} refused: {answer}")]
    Refused {
        /// To what.
        what: String,
        /// In these words.
        answer: String,
    },
    /// A command was not sent, for this reason.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The server hung up, in good order, before all was done.
    #[error("the server ended the conversation")]
    Closed,
    /// It took too long.
    #[error("no answer in time")]
    TooLate,
    /// The session was called in a wrong way.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// What came could not be put where it was to go.
    #[error("cannot write: {0}")]
    Output(io::Error),
}

impl<E: Fault> ClientError<E> {
    /// Tells whether the same attempt may go better later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Broken(_) | Self::Closed | Self::TooLate => true,
            Self::Session(error) => error.kind().is_transient(),
            Self::Name(_)
            | Self::Refused { .. }
            | Self::NotSent(_)
            | Self::Misuse(_)
            | Self::Output(_) => false,
        }
    }
}

/// A conversation with a server: the session, the TLS and the tap under it, and the connection.
pub struct Connection<S: Session> {
    session: Layered<Tapped<S, Tap>>,
    stream: TcpStream,
    lost: Option<io::Error>,
}

/// Where a server is, and how it is spoken to.
#[derive(Debug, Clone)]
pub struct Peer<A> {
    /// Its address.
    pub address: A,
    /// The name that its certificate bears.
    pub name: String,
    /// Whom to believe, when TLS comes in.
    pub tls: Arc<ClientConfig>,
}

impl<S: Session> Connection<S> {
    /// Connects. `tap` sees what goes over the wire, inside of TLS.
    ///
    /// # Errors
    /// [`ClientError::Connect`], [`ClientError::Name`].
    pub async fn open(
        session: S,
        peer: &Peer<impl ToSocketAddrs>,
        tap: Tap,
        until: Instant,
    ) -> Result<Self, ClientError<S::Error>> {
        let tapped = Tapped::new(session, tap);
        let session = Layered::client(tapped, peer.tls.clone(), &peer.name);
        let session = session.map_err(ClientError::Name)?;
        let stream = timeout_at(until.into(), TcpStream::connect(&peer.address)).await;
        let late = |_| ClientError::Connect(io::ErrorKind::TimedOut.into());
        let stream = stream.map_err(late)?.map_err(ClientError::Connect)?;
        // Commands are small, and nobody likes to wait for their answers.
        let _ = stream.set_nodelay(true);
        Ok(Self { session, stream, lost: None })
    }

    /// Returns the session, to give commands and answer events.
    pub const fn session(&mut self) -> &mut S {
        self.session.get_mut().get_mut()
    }

    /// Waits for the next event; `None` when the conversation is over in good order. Whatever
    /// becomes of the connection, what the session knows is told before an error is.
    ///
    /// # Errors
    /// [`ClientError::Session`], [`ClientError::Broken`]; [`ClientError::TooLate`] after which the
    /// conversation may go on; [`ClientError::Misuse`] if there is nothing to wait for.
    pub async fn next(
        &mut self,
        until: Instant,
    ) -> Result<Option<S::Event>, ClientError<S::Error>> {
        loop {
            match drive(&mut self.session, &mut self.stream, Some(until)).await {
                Ok(Driven::Event(event)) => return Ok(Some(event)),
                Ok(Driven::Waited) => return Err(ClientError::TooLate),
                Ok(Driven::NeedReply) => return Err(NOTHING_TO_WAIT_FOR.into()),
                // Nobody here asks for a layer that is not there.
                Ok(Driven::Upgrade(_)) => self.session.close(Goodbye::InternalError),
                Ok(Driven::Closed) => return self.end(None),
                Err(DriveError::Session(error)) => {
                    return self.end(Some(ClientError::Session(error)));
                }
                Err(DriveError::Io(error)) if self.lost.is_none() => {
                    self.lost = Some(error);
                    self.session.recv_eof();
                }
                Err(DriveError::Io(error)) => return Err(ClientError::Broken(error)),
            }
        }
    }

    /// Waits for an event, where the end of the conversation is none.
    pub(crate) async fn expect(
        &mut self,
        until: Instant,
    ) -> Result<S::Event, ClientError<S::Error>> {
        self.next(until).await?.ok_or(ClientError::Closed)
    }

    /// Says good-bye and waits until the server has done so too.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn close(mut self, until: Instant) -> Result<(), ClientError<S::Error>> {
        self.session.close(Goodbye::Done);
        while self.next(until).await?.is_some() {}
        Ok(())
    }

    /// The first thing that went wrong is the reason for the rest.
    fn end(
        &mut self,
        error: Option<ClientError<S::Error>>,
    ) -> Result<Option<S::Event>, ClientError<S::Error>> {
        match (self.lost.take(), error) {
            (Some(lost), _) => Err(ClientError::Broken(lost)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }
}

const NOTHING_TO_WAIT_FOR: Misuse =
    Misuse::WrongMoment { call: "next", state: "no command is under way" };

impl<S: Session + fmt::Debug> fmt::Debug for Connection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("session", self.session.get_ref().get_ref()).finish()
    }
}

/// Returns the moment that is so far away.
#[must_use]
pub fn within(time: Duration) -> Instant {
    crate::office::clock::monotonic() + time
}
