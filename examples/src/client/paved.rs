//! The short way to send a message: [`smtp_proto::client::deliver`] over a blocking connection that
//! has an end.

use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    time::{Duration, Instant},
};

use mail_wire::{
    drive::{Tapped, blocking::Stream},
    layered::{Layered, LayeredError},
};
use smtp_proto::client::{Client, Delivered, Envelope, Error, deliver};

use super::{ClientError, Peer};
use crate::{office::clock, tap::Tap};

/// A client with a tap and the TLS that it may ask for below it.
pub type Layers = Layered<Tapped<Client, Tap>>;

/// Connects, delivers one message and says good-bye, all of it before `until`.
///
/// # Errors
/// [`ClientError::Connect`], [`ClientError::Name`]: nobody was asked. What goes wrong later stands
/// in [`Delivered`].
pub fn send(
    client: Client,
    peer: &Peer<(String, u16)>,
    tap: Tap,
    envelope: Envelope,
    message: impl Read,
    until: Instant,
) -> Result<Delivered<LayeredError<Error>>, ClientError<Error>> {
    let layers = Layered::client(Tapped::new(client, tap), peer.tls.clone(), &peer.name);
    let mut layers: Layers = layers.map_err(ClientError::Name)?;
    let stream = connect(&peer.address, until).map_err(ClientError::Connect)?;
    // Commands are small, and nobody likes to wait for their answers.
    let _ = stream.set_nodelay(true);
    let mut stream = Bounded { stream, until };
    Ok(deliver(&mut layers, |layers| layers.get_mut().get_mut(), &mut stream, envelope, message))
}

/// Tries one address of the host after the other.
pub(super) fn connect(address: &(String, u16), until: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(until)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(clock::monotonic());
    if left.is_zero() {
        return Err(io::Error::new(ErrorKind::TimedOut, "no answer in time"));
    }
    Ok(left)
}

/// A connection over which nothing goes after a certain moment, whatever the session would allow.
pub(super) struct Bounded {
    pub(super) stream: TcpStream,
    pub(super) until: Instant,
}

impl Stream for Bounded {
    fn set_timeouts(&mut self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        let left = left(self.until)?;
        let bounded = |time: Option<Duration>| Some(time.map_or(left, |time| time.min(left)));
        self.stream.set_timeouts(bounded(read), bounded(write))
    }

    fn close_sending(&mut self) -> io::Result<()> {
        self.stream.close_sending()
    }
}

impl Read for Bounded {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        left(self.until)?;
        self.stream.read(room)
    }
}

impl Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.write(octets)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
