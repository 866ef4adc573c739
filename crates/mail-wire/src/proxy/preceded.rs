//! A session behind a header.

use std::{
    fmt,
    net::IpAddr,
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};

use crate::{COMMAND_BLOCK, Goodbye, Next, SendBuffer, Session, Upgraded, later, reserve_block};

use super::{Error, Header, PrecededError, Trusted};

/// How much and how long is read for a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest header of version 2 in octets, TLVs included. 4,096, which has room for two paths and
    /// some certificates' names. One of version 1 has 107 at most, whatever is set here.
    pub header: usize,
    /// How long it may take to come, from the first time the session is asked. 5 seconds: a proxy
    /// sends it at once and whole (section 2).
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header: 4096, time: Duration::from_secs(5) }
    }
}

/// What a [`Preceded`] session tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<E> {
    /// This came first. The session inside has not been asked yet, and may still be exchanged for
    /// another, which turns this client away.
    Header(Header),
    /// The session says so.
    Session(E),
}

/// A session behind a PROXY header, or behind none.
///
/// * **Making one**: [`at_door`](Self::at_door), [`expecting`](Self::expecting),
///   [`direct`](Self::direct).
/// * **Getters**: [`header`](Self::header), [`get_ref`](Self::get_ref), [`get_mut`](Self::get_mut).
/// * **Driving it**: its [`Session`].
///
/// Until the header is there nothing is sent; without one the conversation ends in
/// [`PrecededError::Proxy`], and still nothing is sent. TLS comes behind the header, so a
/// `Layered` goes inside: `Preceded<Layered<S>>`.
pub struct Preceded<S> {
    session: S,
    stage: Stage,
    limits: Limits,
    /// When the header must have come.
    until: Option<Instant>,
    /// The header, and what comes behind it before the session takes over.
    input: BytesMut,
    /// Stays empty.
    output: SendBuffer,
    eof: bool,
    header: Option<Header>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// The header is being read.
    Header,
    /// It has been told, and the session has not asked for input since.
    Told,
    /// The session has taken over.
    Session,
    Closed,
    Failed(Error),
}

impl<S: Session> Preceded<S> {
    /// Expects a header from a peer that is trusted, and none from another: who may go directly to
    /// a server may not say to be somebody else.
    pub fn at_door(session: S, peer: IpAddr, trusted: &Trusted, limits: Limits) -> Self {
        if trusted.has(peer) { Self::expecting(session, limits) } else { Self::direct(session) }
    }

    /// Expects a header. The peer must be one that is trusted.
    pub fn expecting(session: S, limits: Limits) -> Self {
        Self::at(Stage::Header, session, limits)
    }

    /// Expects none: octets pass uncopied.
    pub fn direct(session: S) -> Self {
        Self::at(Stage::Session, session, Limits::default())
    }

    fn at(stage: Stage, session: S, limits: Limits) -> Self {
        Self {
            session,
            stage,
            limits,
            until: None,
            input: BytesMut::new(),
            output: SendBuffer::new(),
            eof: false,
            header: None,
        }
    }

    /// Returns the header, once it has come.
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Returns the session.
    pub const fn get_ref(&self) -> &S {
        &self.session
    }

    /// Returns the session, to answer its events, or to put another in its place before it is asked
    /// for the first time.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.session
    }

    fn read_header(&mut self, now: Instant) -> Result<Next<Event<S::Event>>, Error> {
        let until = *self.until.get_or_insert(later(now, self.limits.time));
        let received = self.input.len();
        let error = match Header::read(&self.input, self.limits.header) {
            Ok(Some((header, octets))) => {
                self.input.advance(octets);
                self.header = Some(header.clone());
                self.stage = Stage::Told;
                return Ok(Next::Event(Event::Header(header)));
            }
            Ok(None) if self.eof => Error::Truncated { received },
            Ok(None) if until <= now => Error::TimedOut { received },
            Ok(None) => return Ok(Next::NeedInput { until: Some(until) }),
            Err(error) => error,
        };
        self.input = BytesMut::new();
        self.stage = Stage::Failed(error.clone());
        Err(error)
    }

    /// Gives the session what came behind the header.
    fn hand_over(&mut self) {
        let rest = std::mem::take(&mut self.input);
        if !rest.is_empty() {
            self.session.buffers().0.extend_from_slice(&rest);
        }
        if self.eof {
            self.session.recv_eof();
        }
        self.stage = Stage::Session;
    }

    fn ask_session(&mut self, now: Instant) -> Result<Next<S::Event>, S::Error> {
        let next = self.session.next_event(now)?;
        // Not before the session asks for it: with TLS from the start it is a layer's that has to be
        // put in first.
        if self.stage == Stage::Told && matches!(next, Next::NeedInput { .. }) {
            self.hand_over();
            return self.session.next_event(now);
        }
        Ok(next)
    }
}

impl<S: Session> Session for Preceded<S> {
    type Event = Event<S::Event>;
    type Error = PrecededError<S::Error>;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        match self.stage {
            Stage::Session => self.session.buffers(),
            Stage::Told => (&mut self.input, self.session.buffers().1),
            Stage::Header | Stage::Closed | Stage::Failed(_) => {
                reserve_block(&mut self.input, COMMAND_BLOCK);
                (&mut self.input, &mut self.output)
            }
        }
    }

    fn recv_eof(&mut self) {
        self.eof = true;
        if self.stage == Stage::Session {
            self.session.recv_eof();
        }
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Self::Event>, Self::Error> {
        match &self.stage {
            Stage::Header => return self.read_header(now).map_err(PrecededError::Proxy),
            Stage::Closed => return Ok(Next::Closed),
            Stage::Failed(error) => return Err(PrecededError::Proxy(error.clone())),
            Stage::Told | Stage::Session => {}
        }
        let next = self.ask_session(now).map_err(PrecededError::Session)?;
        Ok(next.map(Event::Session))
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), Self::Error> {
        if self.stage == Stage::Told {
            // Whatever the layer has not taken came in front of it, and is for the session to object to.
            self.hand_over();
        }
        self.session.upgraded(to).map_err(PrecededError::Session)
    }

    fn close(&mut self, why: Goodbye) {
        match self.stage {
            // There is nobody yet who could be told why.
            Stage::Header => self.stage = Stage::Closed,
            Stage::Told | Stage::Session => self.session.close(why),
            Stage::Closed | Stage::Failed(_) => {}
        }
    }
}

/// Says nothing of what is in the buffers, which is the client's.
impl<S: fmt::Debug> fmt::Debug for Preceded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preceded")
            .field("session", &self.session)
            .field("stage", &self.stage)
            .field("header", &self.header)
            .field("input", &self.input.len())
            .finish_non_exhaustive()
    }
}
