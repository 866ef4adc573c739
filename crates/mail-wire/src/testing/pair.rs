//! Two ends wired together.

use std::time::{Duration, Instant};

use bytes::Buf;

use crate::{Next, Session};

use super::{pretend, start};

/// A client and a server with a wire between them and a clock that jumps.
#[derive(Debug)]
pub struct Pair<C: Session, S: Session> {
    /// The client's end.
    pub client: C,
    /// The server's end.
    pub server: S,
    now: Instant,
    /// Most octets that the wire carries at once, to cut everything into pieces.
    carry: usize,
}

/// What happened at one of the ends.
#[derive(Debug)]
#[must_use]
pub enum Happening<C: Session, S: Session> {
    /// The client told an event.
    Client(C::Event),
    /// The server told an event.
    Server(S::Event),
    /// The wire is empty and neither end can go on without its application or time.
    Quiet,
    /// Both ends are over: each with its error, or in good order.
    Over(Result<(), C::Error>, Result<(), S::Error>),
}

impl<C: Session, S: Session> Pair<C, S> {
    /// Wires the two ends together.
    pub fn new(client: C, server: S) -> Self {
        Self { client, server, now: start(), carry: usize::MAX }
    }

    /// Makes the wire carry at most `octets` at once.
    #[must_use]
    pub const fn carrying(mut self, octets: usize) -> Self {
        self.carry = octets;
        self
    }

    /// Returns the time at both ends.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Lets the clock jump ahead.
    pub fn advance(&mut self, by: Duration) {
        self.now += by;
    }

    /// Lets the clock jump to `at`; never back.
    pub fn advance_to(&mut self, at: Instant) {
        self.now = self.now.max(at);
    }

    /// Carries octets and puts pretended layers in until something happens. The server's events
    /// come before the client's.
    pub fn step(&mut self) -> Happening<C, S> {
        loop {
            let server = self.server.next_event(self.now);
            if let Ok(Next::Event(event)) = server {
                return Happening::Server(event);
            }
            let client = self.client.next_event(self.now);
            if let Ok(Next::Event(event)) = client {
                return Happening::Client(event);
            }
            let mut moved = carry(&mut self.client, &mut self.server, self.carry);
            moved |= carry(&mut self.server, &mut self.client, self.carry);
            if moved {
                continue;
            }
            // Both at once, where both ask: what one says through the layer must not meet the other
            // without it.
            let mut layered = false;
            if let Ok(Next::Upgrade { to, .. }) = server {
                let _ = self.server.upgraded(pretend(to));
                layered = true;
            }
            if let Ok(Next::Upgrade { to, .. }) = client {
                let _ = self.client.upgraded(pretend(to));
                layered = true;
            }
            if layered {
                continue;
            }
            // An end that is over hangs up.
            match (over(client), over(server)) {
                (Some(client), Some(server)) => return Happening::Over(client, server),
                (Some(_), None) if hang_up(&mut self.server, self.now) => {}
                (None, Some(_)) if hang_up(&mut self.client, self.now) => {}
                _ => return Happening::Quiet,
            }
        }
    }
}

fn over<E, F>(answer: Result<Next<E>, F>) -> Option<Result<(), F>> {
    match answer {
        Ok(Next::Closed) => Some(Ok(())),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }
}

/// Tells the session that the other end is gone; answers whether it can do anything with that.
fn hang_up<T: Session>(session: &mut T, now: Instant) -> bool {
    let wants_input = matches!(session.next_event(now), Ok(Next::NeedInput { .. }));
    session.recv_eof();
    wants_input
}

fn carry<A: Session, B: Session>(from: &mut A, to: &mut B, most: usize) -> bool {
    let (_, out) = from.buffers();
    let (input, _) = to.buffers();
    let chunk = out.chunk();
    let octets = chunk.len().min(most);
    let Some(piece) = chunk.get(..octets) else { return false };
    input.extend_from_slice(piece);
    out.advance(octets);
    octets > 0
}
