//! A look at the octets that pass.

use std::time::Instant;

use bytes::BytesMut;

use crate::{BODY_BLOCK, Goodbye, Next, SendBuffer, Session, Upgraded};

/// Which way octets go, seen from the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer.
    Received,
    /// To the peer.
    Sent,
}

/// A session with a tap at its wire: `tap` sees every octet that it takes in or gives out.
///
/// Inside of a layer (`Layered<Tapped<S, F>>`) it sees the plaintext. It copies what comes in,
/// so it is a tool for looking and not for serving thousands.
#[derive(Debug)]
pub struct Tapped<S, F> {
    session: S,
    tap: F,
    input: BytesMut,
    output: SendBuffer,
}

impl<S: Session, F: FnMut(Direction, &[u8]) + Send> Tapped<S, F> {
    /// Puts a tap at the session's wire.
    pub fn new(session: S, tap: F) -> Self {
        Self { session, tap, input: BytesMut::new(), output: SendBuffer::new() }
    }

    /// Returns the session.
    pub const fn get_ref(&self) -> &S {
        &self.session
    }

    /// Returns the session, to answer its events.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.session
    }
}

impl<S: Session, F: FnMut(Direction, &[u8]) + Send> Session for Tapped<S, F> {
    type Event = S::Event;
    type Error = S::Error;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        crate::reserve_block(&mut self.input, crate::COMMAND_BLOCK);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.take_in();
        self.session.recv_eof();
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<S::Event>, S::Error> {
        self.take_in();
        let next = self.session.next_event(now);
        let over = matches!(next, Err(_) | Ok(Next::Closed));
        // What does not fit stays with the session, so that it notices a slow peer.
        while over || self.output.len() < BODY_BLOCK {
            let Some(piece) = self.session.buffers().1.take_piece(BODY_BLOCK) else { return next };
            (self.tap)(Direction::Sent, &piece);
            self.output.put_bytes(piece);
        }
        next.map(|next| next.after_output(self.session.buffers().1))
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), S::Error> {
        self.take_in();
        self.session.upgraded(to)
    }

    fn close(&mut self, why: Goodbye) {
        self.session.close(why);
    }
}

impl<S: Session, F: FnMut(Direction, &[u8])> Tapped<S, F> {
    fn take_in(&mut self) {
        if !self.input.is_empty() {
            (self.tap)(Direction::Received, &self.input);
            self.session.buffers().0.extend_from_slice(&self.input);
            self.input.clear();
        }
    }
}
