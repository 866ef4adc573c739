//! Lines out of the input.

use std::time::Instant;

use bytes::Buf;
use mail_wire::{Line, LineLimits, Next, grammar::cut, shrink};

use crate::{State, limits};

use super::{Error, Event, Server, replies};

/// RFC 8446 5.1: the type of a record that is part of a handshake. No command starts so.
pub(super) const TLS_HANDSHAKE: u8 = 22;

impl Server {
    /// Takes the next line out of the input and acts on it.
    pub(super) fn receive_line(&mut self, now: Instant) -> Option<Next<Event>> {
        // A ClientHello has no line end to wait for.
        let at_start = !self.lines.is_swallowing() && self.state != State::Authenticating;
        if at_start && self.input.first() == Some(&TLS_HANDSHAKE) {
            self.fail(&replies::NOT_SMTP, Error::NotSmtp { what: "TLS" });
            return None;
        }
        let is_chunk = at_start && self.line_starts_with(b"BDAT");
        let limits = self.line_limits(is_chunk);
        match self.lines.next(&mut self.input, limits) {
            Line::Starved => return self.starve(now),
            Line::Endless if is_chunk => self.lose_place(&replies::LINE_TOO_LONG),
            Line::Endless => {
                let limit = limits.swallow;
                self.fail(&replies::LINE_TOO_LONG, Error::EndlessLine { limit });
            }
            Line::TooLong { .. } if self.state == State::Authenticating => {
                self.clock.line_done();
                self.end_auth(&replies::RESPONSE_TOO_LONG);
            }
            Line::TooLong { .. } => {
                self.clock.line_done();
                self.refuse(None, replies::LINE_TOO_LONG);
            }
            Line::Whole { text, octets, bare } => {
                self.clock.line_done();
                // The line is looked at where it lies; what it leads to may touch all of `self`.
                let mut input = std::mem::take(&mut self.input);
                let (line, _) = cut(&input, text);
                self.line(line, bare, input.len() - octets);
                if self.over.is_none() {
                    input.advance(octets);
                    self.input = input;
                }
            }
        }
        None
    }

    fn line_limits(&self, is_chunk: bool) -> LineLimits {
        let limits = &self.config.limits;
        // RFC 4954 4: lines of an exchange may be much longer than commands.
        let is_auth = self.state == State::Authenticating || self.line_starts_with(b"AUTH ");
        let line = if is_auth && !self.config.mechanisms.is_empty() {
            limits::AUTH_LINE.max(limits.command_line)
        } else {
            limits.command_line
        };
        // RFC 3030 2: octets follow, and what would have said how many is gone with the line.
        let swallow = if is_chunk { 0 } else { limits.swallow_line };
        LineLimits { line, swallow }
    }

    fn line_starts_with(&self, word: &[u8]) -> bool {
        self.input.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    }

    /// There is no whole line.
    fn starve(&mut self, now: Instant) -> Option<Next<Event>> {
        if self.eof {
            self.hung_up();
            return None;
        }
        // What many commands at once have filled is not kept until the next.
        shrink(&mut self.input);
        let begun = !self.input.is_empty() || self.lines.is_swallowing();
        self.clock.await_line(begun, now, self.config.limits.command_time);
        if self.clock.is_overdue(now) {
            self.fail(&replies::TIMED_OUT, Error::TimedOut { state: self.state });
            return None;
        }
        Some(Next::NeedInput { until: self.until(now) })
    }
}
