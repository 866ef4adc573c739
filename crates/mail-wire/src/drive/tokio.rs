//! The driver for tokio's streams. It reads while it writes.
//!
//! It is cancel-safe: every octet is in one of the session's two buffers or with the system, so a
//! call that `select!` drops is simply made again.

use std::{
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::{Buf, BufMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{timeout, timeout_at},
};

use super::{DRAIN, DriveError, Driven, LINGER, earlier, is_end, now, time_to_take};
use crate::{BODY_BLOCK, Next, SendBuffer, Session};

/// Reads and writes until the session has something to say, or until `until`.
///
/// # Errors
/// When the conversation is over before its time, or the connection broke. The connection is of no
/// use after that.
pub async fn drive<S, T>(
    session: &mut S,
    stream: &mut T,
    until: Option<Instant>,
) -> Result<Driven<S::Event>, DriveError<S::Error>>
where
    S: Session,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let next = match session.next_event(now()) {
            Ok(next) => next,
            Err(fault) => {
                hang_up(session.buffers().1, stream, LINGER).await;
                return Err(DriveError::Session(fault));
            }
        };
        let deadline = earlier(until, next.until());
        let wanted = match next {
            Next::Event(event) => return Ok(Driven::Event(event)),
            Next::Closed => {
                let out = session.buffers().1;
                hang_up(out, stream, time_to_take(out.len())).await;
                return Ok(Driven::Closed);
            }
            Next::NeedInput { .. } => Wanted::Input,
            Next::NeedOutput { .. } => Wanted::SomeOutput,
            Next::NeedReply { .. } | Next::Upgrade { .. } => Wanted::AllOutput,
        };
        match within(deadline, poll_fn(|cx| poll(session, stream, wanted, cx))).await {
            Some(Ok(Moved::Octets)) => {}
            Some(Ok(Moved::Flushed)) => match next {
                Next::NeedReply { .. } => return Ok(Driven::NeedReply),
                Next::Upgrade { to, .. } => return Ok(Driven::Upgrade(to)),
                Next::Event(_)
                | Next::NeedInput { .. }
                | Next::NeedOutput { .. }
                | Next::Closed => {}
            },
            Some(Err(error)) => return Err(error.into()),
            // Time went by. If it was the session's, it is asked again and says what that means.
            None if until.is_some_and(|until| until <= now()) => return Ok(Driven::Waited),
            None => {}
        }
    }
}

/// What the session waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Octets from the peer; what is to be sent goes out meanwhile.
    Input,
    /// That the peer takes some.
    SomeOutput,
    /// That the peer takes all; nothing is read.
    AllOutput,
}

enum Moved {
    Octets,
    Flushed,
}

fn poll<S, T>(
    session: &mut S,
    stream: &mut T,
    wanted: Wanted,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Moved>>
where
    S: Session,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let (input, out) = session.buffers();
    let sent = poll_send(out, stream, wanted == Wanted::SomeOutput, cx);
    let broken = match (wanted, sent) {
        (Wanted::SomeOutput, Poll::Ready(Ok(()))) => return Poll::Ready(Ok(Moved::Octets)),
        (Wanted::AllOutput, Poll::Ready(Ok(()))) => return Poll::Ready(Ok(Moved::Flushed)),
        (Wanted::SomeOutput | Wanted::AllOutput, Poll::Pending) => return Poll::Pending,
        (Wanted::SomeOutput | Wanted::AllOutput, Poll::Ready(Err(error))) => {
            return Poll::Ready(Err(error));
        }
        (Wanted::Input, Poll::Ready(Err(error))) => Some(error),
        (Wanted::Input, Poll::Pending | Poll::Ready(Ok(()))) => None,
    };
    if input.capacity() == input.len() {
        input.reserve(256);
    }
    // No more than a block at once, so that one busy peer does not fill the memory.
    let mut room = input.limit(BODY_BLOCK);
    match (poll_read(&mut room, stream, cx), broken) {
        // Who hangs up may have said why before, and has not read what we said meanwhile.
        (Poll::Ready(Ok(1..)), _) => {}
        (_, Some(error)) => return Poll::Ready(Err(error)),
        (Poll::Ready(Ok(0)), None) => session.recv_eof(),
        (Poll::Ready(Err(error)), None) if is_end(&error) => session.recv_eof(),
        (Poll::Ready(Err(error)), None) => return Poll::Ready(Err(error)),
        (Poll::Pending, None) => return Poll::Pending,
    }
    Poll::Ready(Ok(Moved::Octets))
}

/// Reads once into the spare room.
fn poll_read<T: AsyncRead + Unpin>(
    room: &mut bytes::buf::Limit<&mut bytes::BytesMut>,
    stream: &mut T,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut future = std::pin::pin!(stream.read_buf(room));
    future.as_mut().poll(cx)
}

/// Writes until all is sent and flushed, or, if `some` will do, until some is.
fn poll_send<T: AsyncWrite + Unpin>(
    out: &mut SendBuffer,
    stream: &mut T,
    some: bool,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !out.is_empty() {
        let mut slices = [IoSlice::new(&[]); 16];
        let used = out.chunks_vectored(&mut slices);
        let slices = slices.get(..used).unwrap_or_default();
        let octets = ready!(Pin::new(&mut *stream).poll_write_vectored(cx, slices))?;
        if octets == 0 {
            return Poll::Ready(Err(ErrorKind::WriteZero.into()));
        }
        out.advance(octets);
        if some {
            return Poll::Ready(Ok(()));
        }
    }
    Pin::new(stream).poll_flush(cx)
}

async fn within<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline.into(), work).await.ok(),
        None => Some(work.await),
    }
}

/// Last words, for which the peer has so much `time`, then the end of sending, then what the peer
/// still has to say, within limits.
async fn hang_up<T>(out: &mut SendBuffer, stream: &mut T, time: Duration)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let last_words = poll_fn(|cx| poll_send(out, stream, false, cx));
    let Ok(Ok(())) = timeout(time, last_words).await else { return };
    let end = async {
        stream.shutdown().await?;
        let mut scrap = [0; 4096];
        let mut drained = 0;
        while drained < DRAIN {
            match stream.read(&mut scrap).await? {
                0 => break,
                octets => drained += octets,
            }
        }
        io::Result::Ok(())
    };
    // Whatever goes wrong here, the conversation is over.
    let _ = timeout(LINGER, end).await;
}
