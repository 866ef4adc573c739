//! Messages that are downloaded: into a Maildir or an mbox, each of them once.
//!
//! A message is known by its unique id, or, where the server has none for it, by the SHA-256 of what
//! it holds.
//!
//! A batch of messages is on disk under another name before the state file says where it
//! is to go; then it goes there; then the state file says that it is there. Whatever ends the program in
//! between, the next run finishes what the state file says, so nothing is lost and nothing comes
//! twice.

mod dot_lock;
mod maildir;
mod mbox;
mod state;

use std::{
    collections::HashMap,
    fs::DirBuilder,
    io::{self, Write},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use pop3_proto::{
    MessageNumber, UniqueId,
    client::{Entry, Keep, Seen},
};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use maildir::Maildir;
use mbox::Mbox;
use state::{Block, Name, State};

/// Where messages go, and what is known of those that went there.
#[derive(Debug)]
pub struct Mailbox {
    place: Place,
    state: State,
    now: SystemTime,
    /// How many octets the present message has, and those that have ended.
    coming: u64,
    sizes: Vec<u64>,
    /// The present message, if the server has no id for it.
    nameless: Option<(MessageNumber, Sha256)>,
    /// What such messages are called here.
    names: HashMap<MessageNumber, UniqueId>,
    /// How many of each name have come or come again.
    met: HashMap<UniqueId, usize>,
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

    fn new(place: Place, state: State, now: SystemTime) -> Self {
        let (names, met) = (HashMap::new(), HashMap::new());
        Self { place, state, now, coming: 0, sizes: Vec::new(), nameless: None, names, met }
    }

    /// Returns what is here.
    #[must_use]
    pub const fn seen(&self) -> &Seen {
        self.state.seen()
    }

    /// Forgets messages that the server has deleted, and those that are `gone` from there without
    /// our doing: it may call others so (RFC 1939 7).
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn forget(&mut self, deleted: &[Entry], gone: &[UniqueId]) -> io::Result<()> {
        let deleted = deleted.iter().filter_map(|entry| self.name(entry));
        let gone = gone.iter().map(|id| Name::Id(id.clone()));
        let names: Vec<_> = deleted.chain(gone).collect();
        for name in &names {
            if let Name::Text(text) = name
                && let Some(met) = self.met.get_mut(text)
            {
                *met = met.saturating_sub(1);
            }
        }
        self.state.forget(&names)
    }

    /// Forgets messages without ids that did not come again, when all messages have come: they are
    /// not on the server any more.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn forget_nameless(&mut self) -> io::Result<()> {
        let mut left = self.met.clone();
        let mut gone = Vec::new();
        for (text, _) in self.state.texts().iter() {
            match left.get_mut(text).filter(|left| **left > 0) {
                Some(left) => *left -= 1,
                None => gone.push(Name::Text(text.clone())),
            }
        }
        self.state.forget(&gone)
    }

    fn name(&self, entry: &Entry) -> Option<Name> {
        let text = || self.names.get(&entry.number()).cloned().map(Name::Text);
        entry.id().cloned().map(Name::Id).or_else(text)
    }
}

impl Keep for Mailbox {
    fn begin(&mut self, message: &Entry) -> io::Result<()> {
        self.coming = 0;
        self.nameless = message.id().is_none().then(|| (message.number(), Sha256::new()));
        match &mut self.place {
            Place::Maildir(maildir) => maildir.begin(),
            Place::Mbox(mbox) => mbox.begin(),
        }
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.coming += octets.len() as u64;
        if let Some((_, text)) = &mut self.nameless {
            text.update(octets);
        }
        match &mut self.place {
            Place::Maildir(maildir) => lines(octets, |text| maildir.write(text)),
            Place::Mbox(mbox) => lines(octets, |text| mbox.write(text)),
        }
    }

    fn since(&mut self) -> Option<SystemTime> {
        let (number, text) = self.nameless.take()?;
        let text: String = text.finalize().iter().map(|octet| format!("{octet:02x}")).collect();
        let text = UniqueId::new(text).ok()?;
        self.names.insert(number, text.clone());
        // Of several that are the same, as many are known as have come.
        let met = self.met.entry(text.clone()).or_default();
        *met += 1;
        self.state.texts().since(&text).get(*met - 1).copied()
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
        let names = messages.iter().filter_map(|entry| self.name(entry)).collect();
        self.state.begin(block, names, self.now)?;
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

/// Makes a directory for its owner alone, and those above it, unless they are there. They survive a
/// power cut.
fn make_directory(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<_> = path.ancestors().take_while(is_missing).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    missing.into_iter().try_for_each(|made| sync_directory(parent(made)))
}

/// One process at a time: a transaction that the system ends with the process. Nothing is ever written
/// in it.
fn alone(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(wait)?;
    // Nothing beside it that a kill could leave behind.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(connection)
}

/// Returns the directory that a path is in.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Sees to it that what a directory lists survives a power cut.
fn sync_directory(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}
