//! What is known of the messages of one account, in a file that only grows and is rewritten when it
//! is opened.
//!
//! ```text
//! pop3-fetch 1 127.0.0.1:2110 carol@post-office.test    what it is, and of which account
//! S 1700000000 id                                       a message that is here, and since when
//! S 1700000000 %=ab12                                   one without an id: SHA-256 of its octets
//! F id                                                  one that is forgotten
//! P 1700000100 id2                                      one of a batch that is on its way
//! N 1700000100.P12Q1.x                                  the file that it is in, in a Maildir
//! A 2048 512                                            or where in an mbox the batch goes
//! E                                                     that was all of the batch
//! D                                                     it is there
//! ```
//!
//! A batch without its `E` has not begun to move. A last line without its end was torn, and counts
//! as not written.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use pop3_proto::{UniqueId, client::Seen};
use rusqlite::Connection;

use super::{alone, make_directory, parent, sync_directory};

/// What is known of one account.
#[derive(Debug)]
pub(super) struct State {
    /// Without its extension.
    path: PathBuf,
    header: String,
    file: File,
    known: Known,
    pending: Option<Batch>,
    /// The system ends it with the process.
    _lock: Connection,
}

/// What a message is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// By the server.
    Id(UniqueId),
    /// By what it holds.
    Text(UniqueId),
}

/// The messages that are here, by the server's names and by ours.
#[derive(Debug, Default)]
struct Known {
    ids: Seen,
    texts: Seen,
}

impl Known {
    fn insert(&mut self, name: Name, since: SystemTime) {
        match name {
            Name::Id(id) => self.ids.insert(id, since),
            Name::Text(text) => self.texts.insert(text, since),
        }
    }

    fn remove(&mut self, name: &Name) {
        match name {
            Name::Id(id) => self.ids.remove(id),
            Name::Text(text) => self.texts.remove(text),
        }
    }
}

/// Messages that are on their way together.
#[derive(Debug)]
struct Batch {
    block: Block,
    /// What each is called, and since when it is here.
    names: Vec<(Name, SystemTime)>,
}

/// Where a batch goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// These files of a Maildir.
    Files(Vec<String>),
    /// So many octets, at this place of an mbox.
    Append { offset: u64, len: u64 },
}

impl State {
    pub(super) fn open(directory: &Path, account: &str) -> io::Result<Self> {
        make_directory(directory)?;
        let path =
            directory.join(escaped(account.as_bytes()).replace('/', "%2F").replace('.', "%2E"));
        let _lock = alone(&path.with_extension("lock"), Duration::from_secs(2)).map_err(busy)?;
        let header = format!("pop3-fetch 1 {}\n", escaped(account.as_bytes()));
        let text = match fs::read_to_string(path.with_extension("state")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => header.clone(),
            Err(error) => return Err(error),
        };
        let (known, pending) = read(&text, &header)?;
        // It is made anew when what was pending is settled.
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path.with_extension("state"))?;
        Ok(Self { path, header, file, known, pending, _lock })
    }

    /// Returns the path of another file of this account.
    pub(super) fn beside(&self, extension: &str) -> PathBuf {
        self.path.with_extension(extension)
    }

    pub(super) const fn seen(&self) -> &Seen {
        &self.known.ids
    }

    /// Returns the messages that have no id, by what they hold.
    pub(super) const fn texts(&self) -> &Seen {
        &self.known.texts
    }

    /// Returns the batch that is on its way.
    pub(super) fn pending(&self) -> Option<&Block> {
        self.pending.as_ref().map(|batch| &batch.block)
    }

    /// What was pending is there: the file is written anew, at once or not at all.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.remember();
        let mut text = self.header.clone();
        let ids = self.known.ids.iter().map(|(id, since)| (Name::Id(id.clone()), since));
        let texts = self.known.texts.iter().map(|(id, since)| (Name::Text(id.clone()), since));
        for (name, since) in ids.chain(texts) {
            line(&mut text, &format!("S {} {}", seconds(since), word(&name)));
        }
        let new = self.path.with_extension("new");
        let mut file =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, self.path.with_extension("state"))?;
        sync_directory(parent(&self.path))?;
        self.file = OpenOptions::new().append(true).open(self.path.with_extension("state"))?;
        Ok(())
    }

    /// A batch begins to move when this returns.
    pub(super) fn begin(
        &mut self,
        block: Block,
        names: Vec<Name>,
        now: SystemTime,
    ) -> io::Result<()> {
        let mut text = String::new();
        for name in &names {
            line(&mut text, &format!("P {} {}", seconds(now), word(name)));
        }
        match &block {
            Block::Files(names) => names.iter().for_each(|it| line(&mut text, &format!("N {it}"))),
            Block::Append { offset, len } => line(&mut text, &format!("A {offset} {len}")),
        }
        line(&mut text, "E");
        self.append(&text)?;
        let names = names.into_iter().map(|name| (name, now)).collect();
        self.pending = Some(Batch { block, names });
        Ok(())
    }

    /// The batch is where it belongs.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.append("D\n")?;
        self.remember();
        Ok(())
    }

    pub(super) fn forget(&mut self, names: &[Name]) -> io::Result<()> {
        let mut text = String::new();
        for name in names {
            line(&mut text, &format!("F {}", word(name)));
            self.known.remove(name);
        }
        if text.is_empty() { Ok(()) } else { self.append(&text) }
    }

    fn remember(&mut self) {
        let names = self.pending.take().map_or_else(Vec::new, |batch| batch.names);
        names.into_iter().for_each(|(name, since)| self.known.insert(name, since));
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        let before = self.file.metadata()?.len();
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // What is written next would stand on the same line.
            let _ = self.file.set_len(before);
        }
        written
    }
}

fn read(text: &str, header: &str) -> io::Result<(Known, Option<Batch>)> {
    let strange = |what: &str| {
        let text = format!("the state file is of another account or program: {what}");
        io::Error::new(io::ErrorKind::InvalidData, text)
    };
    let mut known = Known::default();
    let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    match lines.next() {
        None => return Ok((known, None)),
        Some(first) if Some(first) == header.strip_suffix('\n') => {}
        Some(first) => return Err(strange(first)),
    }
    let (mut called, mut names, mut place, mut whole) = (Vec::new(), Vec::new(), None, None);
    for line in lines {
        let mut words = line.split(' ');
        let (kind, one, two) = (words.next(), words.next(), words.next());
        match (kind, one, two) {
            (Some("S"), Some(since), Some(id)) => {
                let name = name(id).ok_or_else(|| strange(line))?;
                known.insert(name, time(since).ok_or_else(|| strange(line))?);
            }
            (Some("F"), Some(id), None) => {
                known.remove(&name(id).ok_or_else(|| strange(line))?);
            }
            (Some("P"), Some(since), Some(id)) => {
                let since = time(since).ok_or_else(|| strange(line))?;
                called.push((name(id).ok_or_else(|| strange(line))?, since));
            }
            (Some("N"), Some(name), None) => names.push(name.to_owned()),
            (Some("A"), Some(offset), Some(len)) => {
                place = offset.parse().ok().zip(len.parse().ok());
                place.ok_or_else(|| strange(line))?;
            }
            (Some("E"), None, None) => {
                let names = std::mem::take(&mut names);
                let block = match place.take() {
                    Some((offset, len)) => Block::Append { offset, len },
                    None => Block::Files(names),
                };
                whole = Some(Batch { block, names: std::mem::take(&mut called) });
            }
            (Some("D"), None, None) => {
                let batch: Batch = whole.take().ok_or_else(|| strange(line))?;
                batch.names.into_iter().for_each(|(name, since)| known.insert(name, since));
            }
            _ => return Err(strange(line)),
        }
    }
    Ok((known, whole))
}

/// Finishes what the accounts of a directory have on its way into their mbox: `append` is given the
/// spool, and its place and length there. The caller holds the lock of the mbox, so none of them is
/// at it. An account whose files cannot be read has nothing on its way.
pub(super) fn finish_all(
    directory: &Path,
    append: impl Fn(&Path, u64, u64) -> io::Result<()>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|it| it != "state") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let header = text.split_inclusive('\n').next().unwrap_or_default();
        let spool = path.with_extension("spool");
        if let Ok((_, Some(Batch { block: Block::Append { offset, len }, .. }))) =
            read(&text, header)
            && fs::metadata(&spool).is_ok_and(|it| it.len() >= len)
        {
            append(&spool, offset, len)?;
            // It would come once more when somebody has moved it away.
            let mut state = OpenOptions::new().append(true).open(&path)?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            state.set_len(whole as u64)?;
            state.write_all(b"D\n")?;
            state.sync_data()?;
        }
    }
    Ok(())
}

fn busy(error: rusqlite::Error) -> io::Error {
    let text = format!("another process downloads for this account, or none can: {error}");
    io::Error::new(io::ErrorKind::WouldBlock, text)
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn time(seconds: &str) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds.parse().ok()?))
}

/// A name as a word. No id begins with what marks ours.
fn word(name: &Name) -> String {
    match name {
        Name::Id(id) => escaped(id.as_bytes()),
        Name::Text(text) => format!("%={}", escaped(text.as_bytes())),
    }
}

fn name(word: &str) -> Option<Name> {
    match word.strip_prefix("%=") {
        Some(text) => unescaped(text).map(Name::Text),
        None => unescaped(word).map(Name::Id),
    }
}

/// Octets as a word: what is no letter, digit or common sign is `%` and two digits.
fn escaped(octets: &[u8]) -> String {
    let mut word = String::new();
    for octet in octets {
        match octet {
            b'!'..=b'~' if *octet != b'%' => word.push(char::from(*octet)),
            // A string takes whatever is written.
            octet => _ = write!(word, "%{octet:02X}"),
        }
    }
    word
}

fn unescaped(word: &str) -> Option<UniqueId> {
    let mut octets = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        octets.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = behind;
    }
    UniqueId::kept(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &[u8]) -> UniqueId {
        UniqueId::kept(text).expect("an id")
    }

    #[test]
    fn ok_what_was_written_is_read_wherever_it_was_torn() {
        let header = "pop3-fetch 1 h:1%20u\n";
        let text = format!(
            "{header}S 5 a\nS 6 b%20%FF%25\nP 7 c\nP 7 %=5e\nN x\nN y\nE\nD\nF a\nP 8 d\nA 10 20\nE\n"
        );
        for end in header.len()..=text.len() {
            let (known, pending) = read(&text[..end], header).expect("it is ours");
            let (seen, texts) = (known.ids, known.texts);
            let done = |what: &str| text[..end].contains(what);
            assert_eq!(seen.since(&id(b"b \xff%")).len(), usize::from(done("%25\n")), "{end}");
            assert_eq!(seen.since(&id(b"c")).len(), usize::from(done("E\nD\n")), "{end}");
            assert_eq!(texts.since(&id(b"5e")).len(), usize::from(done("E\nD\n")), "{end}");
            assert_eq!(seen.since(&id(b"a")).len(), usize::from(done("5 a\n") && !done("F a\n")));
            let block = pending.map(|batch| batch.block);
            let files = || Block::Files(vec!["x".to_owned(), "y".to_owned()]);
            let expected = match (done("y\nE\n"), done("D\n"), done("20\nE\n")) {
                (true, false, _) => Some(files()),
                (_, _, true) => Some(Block::Append { offset: 10, len: 20 }),
                _ => None,
            };
            assert_eq!(block, expected, "{end}");
        }
        assert!(read(&text, "pop3-fetch 1 h:2%20u\n").is_err(), "of another account");
        assert!(read("pop3-fetch 1 h:1%20u\nX\n", header).is_err());
    }
}
