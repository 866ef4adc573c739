//! One session, one script, cut wherever one likes.

use std::{fmt, time::Instant};

use bytes::Buf;

use crate::{Next, Session, reserve_block};

use super::{pretend, start};

/// What the test says about an event after it has acted on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Write this line into the log.
    Log(String),
    /// A piece of something that may come in any number of pieces: the log joins them.
    Piece(&'static str, Vec<u8>),
    /// Nothing to log.
    Quiet,
}

impl Act {
    /// Logs an event as its `Debug` shows it.
    pub fn log(event: &impl fmt::Debug) -> Self {
        Self::Log(format!("{event:?}"))
    }
}

/// How a replayed session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The script is used up and the session wants more.
    WantsInput,
    /// The script is used up and the application owes an answer.
    WantsReply,
    /// The session is closed.
    Closed,
    /// The session failed; this is the error as `Debug` shows it.
    Failed(String),
}

/// What came of a replayed script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The events, pieces joined.
    pub log: Vec<String>,
    /// Everything the session sent, unless it was discarded.
    pub output: Vec<u8>,
    /// How it ended.
    pub ended: Ended,
    /// The most octets the receive buffer ever had room for.
    pub room: usize,
}

impl Replay {
    /// Returns the output as text; octets that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// Feeds `parts` to a session, each when it asks for input, lets `act` answer its events, and
/// returns what came of it. With `eof`, says at the end that no more will come.
pub fn replay<S: Session>(
    session: &mut S,
    act: &mut impl FnMut(&mut S, S::Event) -> Act,
    parts: &[&[u8]],
    eof: bool,
) -> Replay {
    let now = start();
    let mut run = Run { log: Vec::new(), output: Vec::new(), piece: None, room: 0 };
    let mut parts = parts.iter();
    let mut eof = eof;
    let ended = loop {
        let rest = run.pump(session, act, now);
        if rest != Ended::WantsInput {
            break rest;
        }
        let (input, _) = session.buffers();
        run.room = run.room.max(input.capacity());
        match parts.next() {
            Some(part) => {
                reserve_block(input, part.len());
                input.extend_from_slice(part);
            }
            None if std::mem::take(&mut eof) => session.recv_eof(),
            None => break Ended::WantsInput,
        }
    };
    run.flush_piece();
    Replay { log: run.log, output: run.output, ended, room: run.room }
}

struct Run {
    log: Vec<String>,
    output: Vec<u8>,
    piece: Option<(&'static str, Vec<u8>)>,
    room: usize,
}

impl Run {
    fn pump<S: Session>(
        &mut self,
        session: &mut S,
        act: &mut impl FnMut(&mut S, S::Event) -> Act,
        now: Instant,
    ) -> Ended {
        let mut asked = 0_u32;
        loop {
            asked += 1;
            assert!(asked < 10_000_000, "the session never comes to rest");
            let answer = session.next_event(now);
            // Only an event is consumed by being told.
            let told = Told::of(&answer);
            if told != Told::Event {
                assert_eq!(told, Told::of(&session.next_event(now)), "an answer was consumed");
            }
            let (_, out) = session.buffers();
            if told == Told::Output {
                assert!(out.has_remaining(), "waits for the peer to take nothing");
            }
            // A driver that is told to wait until a moment that is past asks again at once, and
            // again.
            let until = answer.as_ref().ok().and_then(Next::until);
            assert!(until.is_none_or(|until| until > now), "waits for what is past");
            while out.has_remaining() {
                let chunk = out.chunk();
                self.output.extend_from_slice(chunk);
                let len = chunk.len();
                out.advance(len);
            }
            match answer {
                Ok(Next::Event(event)) => match act(session, event) {
                    Act::Quiet => {}
                    Act::Log(line) => {
                        self.flush_piece();
                        self.log.push(line);
                    }
                    Act::Piece(name, octets) => match &mut self.piece {
                        Some((known, all)) if *known == name => all.extend_from_slice(&octets),
                        Some(_) | None => {
                            self.flush_piece();
                            self.piece = Some((name, octets));
                        }
                    },
                },
                Ok(Next::NeedOutput { .. }) => {}
                Ok(Next::NeedInput { .. }) => return Ended::WantsInput,
                Ok(Next::NeedReply { .. }) => return Ended::WantsReply,
                Ok(Next::Upgrade { to, .. }) => {
                    if let Err(error) = session.upgraded(pretend(to)) {
                        return Ended::Failed(format!("{error:?}"));
                    }
                }
                Ok(Next::Closed) => return Ended::Closed,
                Err(error) => return Ended::Failed(format!("{error:?}")),
            }
        }
    }

    fn flush_piece(&mut self) {
        if let Some((name, octets)) = self.piece.take() {
            self.log.push(format!("{name} {:?}", String::from_utf8_lossy(&octets)));
        }
    }
}

/// Returns every way to cut `script` in two, and it octet by octet. Each element of `script` is a
/// flight that the peer sends only when it has got the answer to the one before (STARTTLS).
pub fn splits<'a>(script: &'a [&'a [u8]]) -> impl Iterator<Item = Vec<&'a [u8]>> {
    let in_two = script.iter().enumerate().flat_map(move |(nth, flight)| {
        (1..flight.len()).map(move |at| {
            let mut parts: Vec<&[u8]> = Vec::with_capacity(script.len() + 1);
            for (other, whole) in script.iter().enumerate() {
                match whole.split_at_checked(at) {
                    Some((head, tail)) if other == nth => parts.extend([head, tail]),
                    _ => parts.push(whole),
                }
            }
            parts
        })
    });
    let octets = script.iter().flat_map(|flight| flight.chunks(1)).collect();
    in_two.chain([octets])
}

/// Replays the script whole, then cut at every offset and octet by octet; all must come to the
/// same. Returns what that is.
///
/// `make` makes the session and what acts for its application, anew for each run.
///
/// # Panics
/// If a cut changes anything: events (pieces joined), output or end.
pub fn cut_everywhere<S, A>(make: impl Fn() -> (S, A), script: &[&[u8]], eof: bool) -> Replay
where
    S: Session,
    A: FnMut(&mut S, S::Event) -> Act,
{
    let (mut session, mut act) = make();
    let whole = replay(&mut session, &mut act, script, eof);
    for parts in splits(script) {
        let (mut session, mut act) = make();
        let cut = replay(&mut session, &mut act, &parts, eof);
        let same = (&cut.log, &cut.output, &cut.ended) == (&whole.log, &whole.output, &whole.ended);
        assert!(same, "cut as {}:\n{cut:#?}\nwhole:\n{whole:#?}", Parts(&parts));
    }
    whole
}

/// An answer without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Event,
    Input,
    Output,
    Reply,
    Upgrade,
    Over,
}

impl Told {
    pub(super) fn of<E, F>(answer: &Result<Next<E>, F>) -> Self {
        match answer {
            Ok(Next::Event(_)) => Self::Event,
            Ok(Next::NeedInput { .. }) => Self::Input,
            Ok(Next::NeedOutput { .. }) => Self::Output,
            Ok(Next::NeedReply { .. }) => Self::Reply,
            Ok(Next::Upgrade { .. }) => Self::Upgrade,
            Ok(Next::Closed) | Err(_) => Self::Over,
        }
    }
}

struct Parts<'a>(&'a [&'a [u8]]);

impl fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.iter().take(40) {
            write!(f, "{:?} | ", String::from_utf8_lossy(part))?;
        }
        Ok(())
    }
}
