//! The short way to empty a maildrop: [`pop3_proto::client::fetch_new`] over a blocking connection
//! that has an end.

use std::{
    io::{self, Write},
    time::Instant,
};

use mail_errors::Misuse;
use mail_wire::{
    drive::Tapped,
    layered::{Layered, LayeredError},
};
use pop3_proto::{
    Violation,
    client::{Client, Entry, Fetched, Handle, Keep, Order, fetch_new},
};

use super::{
    ClientError, Peer,
    paved::{Bounded, connect},
};
use crate::tap::Tap;

/// Connects, fetches what is new, deletes what is due, and says good-bye, all of it before `until`.
///
/// # Errors
/// [`ClientError::Connect`], [`ClientError::Name`]: nobody was asked. What goes wrong later stands
/// in [`Fetched`].
pub fn fetch(
    client: Client,
    peer: &Peer<(String, u16)>,
    tap: Tap,
    log_in: impl FnOnce(&mut Client) -> Result<Handle, Misuse>,
    order: Order<'_>,
    keep: &mut impl Keep,
    until: Instant,
) -> Result<Fetched<LayeredError<Violation>>, ClientError<Violation>> {
    let layers = Layered::client(Tapped::new(client, tap), peer.tls.clone(), &peer.name);
    let mut layers: Layered<Tapped<Client, Tap>> = layers.map_err(ClientError::Name)?;
    let stream = connect(&peer.address, until).map_err(ClientError::Connect)?;
    // Commands are small, and nobody likes to wait for their answers.
    let _ = stream.set_nodelay(true);
    let mut stream = Bounded { stream, until };
    Ok(fetch_new(&mut layers, |it| it.get_mut().get_mut(), &mut stream, log_in, order, keep))
}

/// Messages on standard output, one behind the other.
#[derive(Debug)]
pub struct Printed;

impl Keep for Printed {
    fn begin(&mut self, _: &Entry) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        io::stdout().write_all(octets)
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn abort(&mut self) {}

    fn commit(&mut self, _: &[Entry]) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// Shows how much has come: a line that is drawn anew.
#[derive(Debug)]
pub struct Shown<K> {
    inner: K,
    /// Nothing is drawn if not.
    draws: bool,
    octets: u64,
    messages: usize,
    drawn: u64,
}

impl<K> Shown<K> {
    /// Draws on standard error, if that is wanted.
    pub const fn new(inner: K, draws: bool) -> Self {
        Self { inner, draws, octets: 0, messages: 0, drawn: 0 }
    }

    /// Returns what is below.
    pub fn into_inner(self) -> K {
        self.inner
    }

    fn draw(&mut self) {
        // Once for each tenth of a mebibyte, so that drawing costs nothing.
        let step = self.octets / (1 << 20) * 10 + self.messages as u64 / 10;
        if !self.draws || step == self.drawn {
            return;
        }
        self.drawn = step;
        let size = self.octets as f64 / f64::from(1 << 20);
        // Who does not look need not see.
        let _ = write!(io::stderr(), "\r{} messages, {size:.1} MiB", self.messages);
    }
}

impl<K: Keep> Keep for Shown<K> {
    fn begin(&mut self, message: &Entry) -> io::Result<()> {
        self.inner.begin(message)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.octets += octets.len() as u64;
        self.draw();
        self.inner.write(octets)
    }

    fn end(&mut self) -> io::Result<()> {
        self.messages += 1;
        self.draw();
        self.inner.end()
    }

    fn abort(&mut self) {
        self.inner.abort();
    }

    fn commit(&mut self, messages: &[Entry]) -> io::Result<()> {
        if std::mem::take(&mut self.drawn) > 0 {
            let _ = writeln!(io::stderr());
        }
        self.inner.commit(messages)
    }
}
