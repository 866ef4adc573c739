//! The driver for blocking streams: TCP, Unix, and TLS over them.
//!
//! ```no_run
//! use std::net::TcpStream;
//! use mail_wire::{Session, drive::{Driven, blocking}};
//!
//! fn run<S: Session>(mut session: S, act: fn(&mut S, S::Event)) -> Option<()> {
//!     let mut stream = TcpStream::connect("127.0.0.1:25").ok()?;
//!     loop {
//!         match blocking::drive(&mut session, &mut stream, None).ok()? {
//!             Driven::Event(event) => act(&mut session, event),
//!             Driven::Closed => return Some(()),
//!             Driven::NeedReply | Driven::Upgrade(_) | Driven::Waited => return None,
//!         }
//!     }
//! }
//! ```

use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};

use super::{DRAIN, DriveError, Driven, LINGER, earlier, is_end, now, time_to_take};
use crate::{Next, SendBuffer, Session};

/// A connection that the blocking driver can use.
pub trait Stream: Read + Write {
    /// Sets how long a read and a write may block; `None` is for ever.
    ///
    /// # Errors
    /// If the connection does not take them.
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()>;

    /// Says to the peer that nothing more will be sent; reading goes on.
    ///
    /// # Errors
    /// If the connection is broken.
    fn close_sending(&mut self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }

    fn close_sending(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }

    fn close_sending(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Reads and writes until the session has something to say, or until `until`.
///
/// # Errors
/// When the conversation is over before its time, or the connection broke. The connection is of no
/// use after that.
pub fn drive<S: Session>(
    session: &mut S,
    stream: &mut impl Stream,
    until: Option<Instant>,
) -> Result<Driven<S::Event>, DriveError<S::Error>> {
    loop {
        let time = now();
        let next = match session.next_event(time) {
            Ok(next) => next,
            Err(fault) => {
                hang_up(session.buffers().1, stream, LINGER);
                return Err(DriveError::Session(fault));
            }
        };
        let deadline = earlier(until, next.until());
        match next {
            Next::Event(event) => return Ok(Driven::Event(event)),
            Next::Closed => {
                let out = session.buffers().1;
                hang_up(out, stream, time_to_take(out.len()));
                return Ok(Driven::Closed);
            }
            Next::NeedInput { .. } => {
                let flushed = match flush(session.buffers().1, stream, deadline) {
                    Ok(flushed) => flushed,
                    // Who hangs up may have said why before, and has not read what we said.
                    Err(error) => match read_into(session.buffers().0, stream) {
                        Ok(1..) => continue,
                        Ok(0) | Err(_) => return Err(error.into()),
                    },
                };
                if flushed && receive(session, stream, deadline)? {
                    continue;
                }
            }
            Next::NeedOutput { .. } => {
                if send(session.buffers().1, stream, deadline)? {
                    continue;
                }
            }
            Next::NeedReply { .. } => {
                if flush(session.buffers().1, stream, deadline)? {
                    return Ok(Driven::NeedReply);
                }
            }
            Next::Upgrade { to, .. } => {
                if flush(session.buffers().1, stream, deadline)? {
                    return Ok(Driven::Upgrade(to));
                }
            }
        }
        // Time went by. If it was the session's, it is asked again and says what that means.
        if until.is_some_and(|until| until <= now()) {
            return Ok(Driven::Waited);
        }
    }
}

/// Sends everything; answers false if time ran out first.
fn flush(
    out: &mut SendBuffer,
    stream: &mut impl Stream,
    deadline: Option<Instant>,
) -> io::Result<bool> {
    while !out.is_empty() {
        if !send(out, stream, deadline)? {
            return Ok(false);
        }
    }
    // A stream of TLS may still hold what it has taken.
    let left = left(deadline).unwrap_or(Some(Duration::from_millis(1)));
    stream.set_timeouts(left, left)?;
    match stream.flush() {
        Err(error) if is_timeout(&error) => Ok(false),
        done => done.map(|()| true),
    }
}

/// Sends something; answers false if time ran out first.
fn send(
    out: &mut SendBuffer,
    stream: &mut impl Stream,
    deadline: Option<Instant>,
) -> io::Result<bool> {
    let Some(left) = left(deadline) else { return Ok(false) };
    stream.set_timeouts(left, left)?;
    let mut slices = [IoSlice::new(&[]); 16];
    let used = out.chunks_vectored(&mut slices);
    match stream.write_vectored(slices.get(..used).unwrap_or_default()) {
        Ok(0) if used > 0 => Err(ErrorKind::WriteZero.into()),
        Ok(octets) => {
            out.advance(octets);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
        Err(error) if is_timeout(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Receives something, the end included; answers false if time ran out first.
fn receive<S: Session>(
    session: &mut S,
    stream: &mut impl Stream,
    deadline: Option<Instant>,
) -> io::Result<bool> {
    let Some(left) = left(deadline) else { return Ok(false) };
    stream.set_timeouts(left, left)?;
    match read_into(session.buffers().0, stream) {
        Ok(0) => session.recv_eof(),
        Ok(_) => {}
        Err(error) if is_end(&error) => session.recv_eof(),
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(error) if is_timeout(&error) => return Ok(false),
        Err(error) => return Err(error),
    }
    Ok(true)
}

/// Reads once into the spare room.
fn read_into(input: &mut BytesMut, stream: &mut impl Stream) -> io::Result<usize> {
    let held = input.len();
    let room = (input.capacity() - held).clamp(256, 64 * 1024);
    input.resize(held + room, 0);
    let outcome = stream.read(input.get_mut(held..).unwrap_or_default());
    input.truncate(held + *outcome.as_ref().unwrap_or(&0));
    outcome
}

/// Last words, for which the peer has so much `time`, then the end of sending, then what the peer
/// still has to say, within limits.
fn hang_up(out: &mut SendBuffer, stream: &mut impl Stream, time: Duration) {
    let told = flush(out, stream, Some(now() + time)).is_ok_and(|all| all)
        && stream.close_sending().is_ok();
    let deadline = Some(now() + LINGER);
    let mut scrap = BytesMut::with_capacity(8 * 1024);
    let mut drained = 0;
    while told && drained < DRAIN {
        let Some(left) = left(deadline) else { return };
        if stream.set_timeouts(left, left).is_err() {
            return;
        }
        scrap.clear();
        match read_into(&mut scrap, stream) {
            Ok(0) | Err(_) => return,
            Ok(octets) => drained += octets,
        }
    }
}

/// Returns how long may be waited, `Some(None)` for ever; `None` if the time has come already.
fn left(deadline: Option<Instant>) -> Option<Option<Duration>> {
    let Some(deadline) = deadline else { return Some(None) };
    let left = deadline.saturating_duration_since(now());
    (!left.is_zero()).then_some(Some(left))
}

fn is_timeout(error: &io::Error) -> bool {
    // Unix says WouldBlock, Windows TimedOut.
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
