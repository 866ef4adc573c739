//! A small protocol to test the wire with: lines both ways, `TLS` asks for TLS, `BYE` ends.
#![allow(dead_code, reason = "each test uses its part")]

use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use mail_errors::{Fault, FaultKind};
use mail_wire::{
    BODY_BLOCK, Deadlines, Goodbye, Line, LineFramer, LineLimits, Next, SendBuffer, Session, Sink,
    TlsInfo, Upgrade, Upgraded, reserve_block,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChatError {
    #[error("no line within the time")]
    Timeout,
    #[error("octets before TLS")]
    Injected,
    #[error("a torn line")]
    Truncated,
    #[error("a long line")]
    TooLong,
}

impl Fault for ChatError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Timeout => FaultKind::TimedOut,
            Self::Injected => FaultKind::Misbehaved,
            Self::Truncated => FaultKind::Disconnected,
            Self::TooLong => FaultKind::LimitExceeded,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Line(String),
    Secure,
}

#[derive(Debug, Default)]
pub(crate) struct Chat {
    input: BytesMut,
    output: SendBuffer,
    lines: LineFramer,
    deadlines: Deadlines<()>,
    upgrade: bool,
    /// Its application owes an answer, and may think for as long as it likes.
    pub(crate) owes: bool,
    secure: Option<bool>,
    pub(crate) tls: Option<TlsInfo>,
    eof: bool,
    closed: bool,
    failed: Option<ChatError>,
}

const LIMITS: LineLimits = LineLimits { line: 4096, swallow: 1 << 16 };
const PATIENCE: Duration = Duration::from_secs(5);
pub(crate) const UNSENT: usize = 64 * 1024;

impl Chat {
    /// A session that starts with TLS.
    pub(crate) fn implicit() -> Self {
        Self { upgrade: true, ..Self::default() }
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.output.put(line.as_bytes());
        self.output.put(b"\r\n");
    }

    pub(crate) fn start_tls(&mut self) {
        self.upgrade = true;
    }

    fn fail(&mut self, error: ChatError) -> ChatError {
        *self.failed.get_or_insert(error)
    }
}

impl Session for Chat {
    type Event = Event;
    type Error = ChatError;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        reserve_block(&mut self.input, BODY_BLOCK);
        (&mut self.input, &mut self.output)
    }

    fn recv_eof(&mut self) {
        self.eof = true;
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, ChatError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.closed {
            return Ok(Next::Closed);
        }
        if self.secure == Some(false) {
            self.secure = Some(true);
            return Ok(Next::Event(Event::Secure));
        }
        self.deadlines.set_once((), now + PATIENCE);
        let until = self.deadlines.next();
        if self.output.len() > UNSENT {
            return Ok(Next::NeedOutput { until });
        }
        if self.upgrade && self.secure.is_none() {
            if !self.input.is_empty() {
                return Err(self.fail(ChatError::Injected));
            }
            if self.eof {
                return Err(self.fail(ChatError::Truncated));
            }
            return Ok(Next::Upgrade { to: Upgrade::Tls, until });
        }
        if self.owes {
            return Ok(Next::NeedReply { until: None });
        }
        match self.lines.next(&mut self.input, LIMITS) {
            Line::Whole { text, octets, .. } => {
                self.deadlines.clear(());
                let line = String::from_utf8_lossy(&self.input[..text]).into_owned();
                self.input.advance(octets);
                self.closed = line == "BYE";
                Ok(Next::Event(Event::Line(line)))
            }
            Line::TooLong { .. } | Line::Endless => Err(self.fail(ChatError::TooLong)),
            Line::Starved if self.eof && self.input.is_empty() => {
                self.closed = true;
                Ok(Next::Closed)
            }
            Line::Starved if self.eof => Err(self.fail(ChatError::Truncated)),
            Line::Starved if self.deadlines.expired(now).is_some() => {
                self.say("too slow");
                Err(self.fail(ChatError::Timeout))
            }
            Line::Starved => Ok(Next::NeedInput { until }),
        }
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), ChatError> {
        if !self.input.is_empty() {
            return Err(self.fail(ChatError::Injected));
        }
        if let Upgraded::Tls(info) = to {
            self.tls = Some(info);
        }
        self.secure = Some(false);
        Ok(())
    }

    fn close(&mut self, _: Goodbye) {
        self.closed = true;
    }
}

/// What the tests' server does with an event: it echoes, and obeys.
pub(crate) fn echo(chat: &mut Chat, event: &Event) {
    match event {
        Event::Line(line) if line == "TLS" => {
            chat.say("go");
            chat.start_tls();
        }
        Event::Line(line) => chat.say(line),
        Event::Secure => {}
    }
}
