//! Messages that are downloaded: into a Maildir or an mbox, each of them once.
//!
//! A batch of messages is on disk under another name before the state file says where it
//! is to go; then it goes there; then the state file says that it is there. Whatever ends the program in
//! between, the next run finishes what the state file says, so nothing is lost and nothing comes
//! twice.

mod maildir;
mod mbox;
mod state;

use std::{
    io::{self, Write},
    path::Path,
    time::SystemTime,
};

use pop3_proto::client::{Entry, Keep, Seen};

use maildir::Maildir;
use mbox::Mbox;
use state::{Block, State};

/// Where messages go, and what is known of those that went there.
#[derive(Debug)]
pub struct Mailbox {
    place: Place,
    state: State,
    now: SystemTime,
    /// How many octets the present message has, and those that have ended.
    coming: u64,
    sizes: Vec<u64>,
}

#[derive(Debug)]
enum Place {
    Maildir(Maildir),
    Mbox(Mbox),
}

impl Mailbox {
    /// Opens a Maildir, and makes it where it is missing. `account` says which server and whose
    /// maildrop this is: what is known of one is not known of another.
    ///
    /// # Errors
    /// If it cannot be made or read, or another process downloads for the same account.
    pub fn maildir(path: &Path, account: &str, now: SystemTime) -> io::Result<Self> {
        let maildir = Maildir::open(path, account)?;
        let mut state = State::open(&path.join("pop3-fetch"), account)?;
        if let Some(Block::Files(names)) = state.pending() {
            maildir.finish(names)?;
        }
        state.settle()?;
        maildir.sweep()?;
        Ok(Self::new(Place::Maildir(maildir), state, now))
    }

    /// Opens an mbox, and makes it where it is missing; `account` is as with
    /// [`maildir`](Self::maildir).
    ///
    /// # Errors
    /// As [`maildir`](Self::maildir).
    pub fn mbox(path: &Path, account: &str, now: SystemTime) -> io::Result<Self> {
        let mut side = path.as_os_str().to_owned();
        side.push(".pop3-fetch");
        let mut state = State::open(Path::new(&side), account)?;
        let mut mbox = Mbox::open(path, &state.beside("spool"), now)?;
        if let Some(Block::Append { offset, len }) = state.pending() {
            mbox.finish(*offset, *len)?;
        }
        state.settle()?;
        mbox.sweep()?;
        Ok(Self::new(Place::Mbox(mbox), state, now))
    }

    const fn new(place: Place, state: State, now: SystemTime) -> Self {
        Self { place, state, now, coming: 0, sizes: Vec::new() }
    }

    /// Returns what is here.
    #[must_use]
    pub const fn seen(&self) -> &Seen {
        self.state.seen()
    }

    /// Forgets messages that the server has deleted: it may call others so.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn forget(&mut self, deleted: &[Entry]) -> io::Result<()> {
        self.state.forget(deleted.iter().filter_map(Entry::id))
    }
}

impl Keep for Mailbox {
    fn begin(&mut self, _: &Entry) -> io::Result<()> {
        self.coming = 0;
        match &mut self.place {
            Place::Maildir(maildir) => maildir.begin(),
            Place::Mbox(mbox) => mbox.begin(),
        }
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.coming += octets.len() as u64;
        match &mut self.place {
            Place::Maildir(maildir) => lines(octets, |text| maildir.write(text)),
            Place::Mbox(mbox) => lines(octets, |text| mbox.write(text)),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.sizes.push(self.coming);
        match &mut self.place {
            Place::Maildir(maildir) => maildir.end(),
            Place::Mbox(mbox) => mbox.end(),
        }
    }

    fn abort(&mut self) {
        match &mut self.place {
            Place::Maildir(maildir) => maildir.abort(),
            Place::Mbox(mbox) => mbox.abort(),
        }
    }

    fn commit(&mut self, messages: &[Entry]) -> io::Result<()> {
        let block = match &mut self.place {
            Place::Maildir(maildir) => Block::Files(maildir.prepare()?),
            Place::Mbox(mbox) => {
                let (offset, len) = mbox.prepare()?;
                Block::Append { offset, len }
            }
        };
        let ids: Vec<_> = messages.iter().map(|entry| entry.id().cloned()).collect();
        self.state.begin(block, ids, self.now)?;
        match (&mut self.place, self.state.pending()) {
            (Place::Maildir(maildir), Some(Block::Files(names))) => maildir.finish(names)?,
            (Place::Mbox(mbox), Some(Block::Append { offset, len })) => {
                mbox.finish(*offset, *len)?
            }
            _ => {}
        }
        self.state.end()?;
        if let Place::Mbox(mbox) = &mut self.place {
            mbox.sweep()?;
        }
        let mut out = io::stdout().lock();
        for (entry, octets) in messages.iter().zip(self.sizes.drain(..)) {
            let name = entry.id().map_or_else(|| entry.number().to_string(), ToString::to_string);
            // Who does not listen has the messages all the same.
            let _ = writeln!(out, "{name}: {octets} octets");
        }
        Ok(())
    }
}

/// Hands out text with the line ends of this system: the CRs, each of which comes with its LF, are
/// left out.
fn lines(octets: &[u8], mut put: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    octets.split(|octet| *octet == b'\r').filter(|text| !text.is_empty()).try_for_each(&mut put)
}

/// Sees to it that what a directory lists survives a power cut.
fn sync_directory(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}
