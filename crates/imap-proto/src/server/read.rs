//! What a server session hears.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use mail_wire::LineFramer;

use super::{Limits, Session, Step};

#[derive(Debug)]
pub(super) struct Reader {
    line: LineFramer,
}

/// A piece of a literal that is streamed.
pub(super) enum Piece {
    Starved,
    Octets(Bytes),
    /// That was all; `clean` if the command ends with it.
    End { clean: bool },
}

impl Reader {
    pub(super) fn new(_limits: &Limits) -> Self {
        Self { line: LineFramer::new() }
    }
    pub(super) const fn line(&mut self) -> &mut LineFramer {
        &mut self.line
    }
    pub(super) fn piece(&mut self, _input: &mut BytesMut) -> Piece {
        Piece::Starved
    }
    pub(super) fn drop_literal(&mut self) {}
}
impl Session {
    pub(super) fn read_command(&mut self, _now: Instant) -> Step {
        self.starve(None)
    }
    pub(super) fn starve_in_body(&mut self, what: &'static str) -> Step {
        self.starve(Some(what))
    }
}
