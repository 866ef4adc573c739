//! The short way to empty a maildrop: [`pop3_proto::client::fetch_new`] over a blocking connection
//! that has an end.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd as _,
    time::{Instant, SystemTime},
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
    progress::When,
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
        let mut out = io::stdout();
        out.flush()?;
        // Behind a pipe or a terminal there is nothing that could survive a power cut.
        let synced = File::from(out.as_fd().try_clone_to_owned()?).sync_all();
        let kind = synced.as_ref().err().map(io::Error::kind);
        match kind {
            Some(io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            Some(_) | None => synced,
        }
    }
}

/// Shows how much has come, and of how much: a line that is drawn anew with each hundredth.
#[derive(Debug)]
pub struct Shown<K, W: Write> {
    inner: K,
    /// Where to draw.
    out: W,
    when: When,
    draws: bool,
    /// What is to come, as the server has it.
    expected: (u64, usize),
    octets: u64,
    messages: usize,
    drawn: Option<u64>,
}

impl<K, W: Write> Shown<K, W> {
    /// Draws there, if that is wanted for so much as is to come.
    pub const fn new(inner: K, when: When, out: W) -> Self {
        let (expected, draws) = ((0, 0), false);
        Self { inner, out, when, draws, expected, octets: 0, messages: 0, drawn: None }
    }

    /// Returns what is below, when no more will come.
    pub fn into_inner(mut self) -> K {
        self.end_line();
        self.inner
    }

    fn draw(&mut self) {
        let (octets, messages) = self.expected;
        // Servers are wrong about sizes, or do not tell them: the last message is the end.
        let percent = match self.octets.saturating_mul(100).checked_div(octets) {
            _ if self.messages == messages => 100,
            Some(percent) => percent.min(99),
            None => self.messages as u64 * 100 / messages.max(1) as u64,
        };
        if !self.draws || self.drawn == Some(percent) {
            return;
        }
        self.drawn = Some(percent);
        let bar = "#".repeat(usize::try_from(percent / 4).unwrap_or_default());
        let size = self.octets as f64 / f64::from(1 << 20);
        let done = self.messages;
        // Who does not look need not see.
        let _ = write!(
            self.out,
            "\r[{bar:.<25}] {percent:3} %, {done} of {messages} messages, {size:.1} MiB"
        );
        let _ = self.out.flush();
    }

    /// What is told next begins on a line of its own.
    fn end_line(&mut self) {
        if self.drawn.take().is_some() {
            let _ = writeln!(self.out);
        }
    }
}

impl<K: Keep, W: Write> Keep for Shown<K, W> {
    fn expect(&mut self, messages: &[Entry]) {
        let octets = messages.iter().filter_map(Entry::octets).fold(0, u64::saturating_add);
        self.expected = (octets, messages.len());
        self.draws = self.when.applies(octets) && !messages.is_empty();
        self.inner.expect(messages);
    }

    fn begin(&mut self, message: &Entry) -> io::Result<()> {
        self.inner.begin(message)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.octets += octets.len() as u64;
        self.draw();
        self.inner.write(octets)
    }

    fn since(&mut self) -> Option<SystemTime> {
        let since = self.inner.since();
        if since.is_some() {
            self.messages += 1;
            self.draw();
        }
        since
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
        self.end_line();
        self.inner.commit(messages)
    }
}

#[cfg(test)]
mod tests {
    use pop3_proto::{MessageNumber, ScanListing, client::Inbox};

    use super::*;

    #[test]
    fn ok_bar_grows_with_each_hundredth_and_ends_with_the_last_message() {
        let mut inbox = Inbox::new();
        for number in 1..=2 {
            let number = MessageNumber::new(number).expect("not 0");
            inbox.listed(ScanListing::new(number, 1 << 20));
        }
        let entries: Vec<_> = inbox.iter().cloned().collect();
        // They are larger and smaller than the server says.
        for (when, octets, bars) in
            [(When::Always, 1500, 101), (When::Always, 700, 70), (When::Never, 1000, 0)]
        {
            let (mut out, nowhere) = (Vec::new(), Discarded);
            let mut shown = Shown::new(nowhere, when, &mut out);
            shown.expect(&entries);
            for entry in &entries {
                shown.begin(entry).expect("memory");
                (0..1024).for_each(|_| shown.write(&vec![0; octets]).expect("memory"));
                shown.end().expect("memory");
            }
            shown.commit(&entries).expect("memory");
            let Discarded = shown.into_inner();
            let drawn = String::from_utf8(out).expect("text");
            let found: Vec<_> = drawn.split('\r').skip(1).collect();
            assert_eq!(found.len(), bars, "{octets}: {drawn}");
            let last = "[#########################] 100 %, 2 of 2 messages, ";
            assert!(found.last().is_none_or(|it| it.starts_with(last) && it.ends_with("MiB\n")));
        }
    }

    struct Discarded;

    impl Keep for Discarded {
        fn begin(&mut self, _: &Entry) -> io::Result<()> {
            Ok(())
        }
        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
        fn end(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn abort(&mut self) {}
        fn commit(&mut self, _: &[Entry]) -> io::Result<()> {
            Ok(())
        }
    }
}
