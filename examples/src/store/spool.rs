//! A message on its way in, before a store takes it over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::StoreError;

/// Takes the octets of one message as they come in: up to 256 KiB in memory, more in a file that
/// has no name, so that nothing stays behind when the sender breaks off or the process dies.
///
/// Dropping it forgets the message; [`Spool::finish`] makes it ready for the store. Nothing is
/// durable yet: that is done when a store accepts it.
///
/// ```
/// use mail_examples::store::Spool;
///
/// let mut spool = Spool::new(std::env::temp_dir());
/// spool.write(b"Subject: hi\r\n\r")?;
/// spool.write(b"\nbody\r\n")?;
/// let message = spool.finish();
/// assert_eq!((message.size(), message.header_size()), (21, 15));
/// # Ok::<(), mail_examples::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    held: Held,
    size: u64,
    header: HeaderEnd,
    eight_bit: bool,
}

#[derive(Debug)]
enum Held {
    Memory(Vec<u8>),
    File(File),
}

impl Spool {
    /// The most octets that are held in memory.
    pub const IN_MEMORY: usize = 256 * 1024;

    /// Begins a message. A long one goes into a file of this directory, which must exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            held: Held::Memory(Vec::new()),
            size: 0,
            header: HeaderEnd::default(),
            eight_bit: false,
        }
    }

    /// Appends octets.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] when the disk is, [`StoreError::Backend`] when the file fails. The
    /// spool is of no use after that.
    pub fn write(&mut self, octets: &[u8]) -> Result<(), StoreError> {
        match &mut self.held {
            Held::Memory(memory) if memory.len() + octets.len() <= Self::IN_MEMORY => {
                memory.extend_from_slice(octets);
            }
            Held::Memory(memory) => {
                let mut file = nameless(&self.dir)?;
                file.write_all(memory)?;
                file.write_all(octets)?;
                self.held = Held::File(file);
            }
            Held::File(file) => file.write_all(octets)?,
        }
        self.header.look(octets, self.size);
        self.eight_bit = self.eight_bit || !octets.is_ascii();
        self.size += octets.len() as u64;
        Ok(())
    }

    /// Ends the message.
    #[must_use]
    pub fn finish(self) -> Spooled {
        let octets = match self.held {
            Held::Memory(memory) => Octets::Memory(memory.into()),
            Held::File(file) => Octets::File(Arc::new(file)),
        };
        let header_size = self.header.end.unwrap_or(self.size);
        Spooled { octets, size: self.size, header_size, eight_bit: self.eight_bit }
    }

    /// Returns how many octets were written.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// A whole message that no store has taken over yet. Clones share the octets.
#[derive(Debug, Clone)]
pub struct Spooled {
    octets: Octets,
    size: u64,
    header_size: u64,
    eight_bit: bool,
}

#[derive(Debug, Clone)]
enum Octets {
    Memory(Bytes),
    File(Arc<File>),
}

impl Spooled {
    /// Takes a message that is in memory already: a notification, a test.
    #[must_use]
    pub fn from_octets(octets: impl Into<Bytes>) -> Self {
        let octets = octets.into();
        let mut header = HeaderEnd::default();
        header.look(&octets, 0);
        let size = octets.len() as u64;
        let header_size = header.end.unwrap_or(size);
        let eight_bit = !octets.is_ascii();
        Self { octets: Octets::Memory(octets), size, header_size, eight_bit }
    }

    /// Returns the octets of the message.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the octets of its header, the empty line behind it included; a message without
    /// an empty line is all header.
    #[must_use]
    pub const fn header_size(&self) -> u64 {
        self.header_size
    }

    /// Tells whether an octet over 127 is in it, so that it needs 8BITMIME (RFC 6152).
    #[must_use]
    pub const fn is_eight_bit(&self) -> bool {
        self.eight_bit
    }

    /// Reads from `offset` on and returns how many octets were put into `to`: all that fit, fewer
    /// only at the end.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`] when the file fails.
    pub fn read_at(&self, offset: u64, to: &mut [u8]) -> Result<usize, StoreError> {
        match &self.octets {
            Octets::Memory(memory) => {
                let rest = usize::try_from(offset).ok().and_then(|at| memory.get(at..));
                let rest = rest.unwrap_or_default();
                let count = rest.len().min(to.len());
                for (to, from) in to.iter_mut().zip(rest) {
                    *to = *from;
                }
                Ok(count)
            }
            Octets::File(file) => {
                let mut count = 0;
                while let Some(room) = to.get_mut(count..).filter(|room| !room.is_empty()) {
                    match file.read_at(room, offset + count as u64) {
                        Ok(0) => break,
                        Ok(read) => count += read,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(count)
            }
        }
    }
}

/// Finds the empty line behind the header, however the octets are cut.
#[derive(Debug, Default)]
struct HeaderEnd {
    /// Something other than a CR stands in the line that is being read.
    in_line: bool,
    end: Option<u64>,
}

impl HeaderEnd {
    fn look(&mut self, octets: &[u8], offset: u64) {
        if self.end.is_some() {
            return;
        }
        for (at, octet) in octets.iter().enumerate() {
            match octet {
                b'\n' if !self.in_line => {
                    self.end = Some(offset + at as u64 + 1);
                    return;
                }
                b'\n' => self.in_line = false,
                b'\r' => {}
                _ => self.in_line = true,
            }
        }
    }
}

/// Opens a file that nobody else can open, and that is gone when it is closed.
fn nameless(dir: &Path) -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("{PREFIX}{}-{number}", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                return match fs::remove_file(&path) {
                    // Somebody tidied up between the two calls: just as well.
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    Ok(()) | Err(_) => Ok(file),
                };
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Removes the file of a process that died between making it and taking its name away.
pub(super) fn tidy(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
    }
    Ok(())
}

const PREFIX: &str = "spool-";

#[cfg(test)]
mod tests {
    use super::*;

    fn spooled(pieces: &[&[u8]]) -> Spooled {
        let mut spool = Spool::new(std::env::temp_dir());
        for piece in pieces {
            spool.write(piece).expect("room");
        }
        spool.finish()
    }

    fn all(message: &Spooled) -> Vec<u8> {
        let mut octets = vec![0; usize::try_from(message.size()).expect("small")];
        assert_eq!(message.read_at(0, &mut octets).expect("reads"), octets.len());
        octets
    }

    #[test]
    fn ok_header_end_at_every_cut() {
        let cases: [(&[u8], u64); 6] = [
            (b"A: b\r\n\r\nc\r\n\r\n", 8),
            (b"\r\nbody", 2),
            (b"A: b\n\nbody", 6),
            (b"A: b\r\n c\r\n", 10),
            (b"", 0),
            (b"A: b\r\n\r", 7),
        ];
        for (text, header) in cases {
            for cut in 0..=text.len() {
                let (front, back) = text.split_at(cut);
                let message = spooled(&[front, back]);
                assert_eq!(message.header_size(), header, "{text:?} cut at {cut}");
                assert_eq!(all(&message), text);
            }
            assert_eq!(Spooled::from_octets(text).header_size(), header);
        }
    }

    #[test]
    fn ok_long_message_goes_through_a_file_unchanged() {
        let piece: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let message = spooled(&[&piece, &piece, &piece, &piece]);
        assert!(matches!(message.octets, Octets::File(_)));
        assert_eq!(all(&message), piece.repeat(4));
        assert!(message.is_eight_bit());
        let mut tail = [0; 8];
        assert_eq!(message.read_at(399_995, &mut tail).expect("reads"), 5);
        assert_eq!(message.read_at(400_001, &mut tail).expect("reads"), 0);
    }

    #[test]
    fn err_directory_that_is_not_there() {
        let mut spool = Spool::new("/nonexistent/for/sure");
        spool.write(b"short is fine").expect("in memory");
        let error = spool.write(&[b'x'; Spool::IN_MEMORY]).expect_err("no directory");
        assert!(matches!(error, StoreError::Backend { .. }));
    }
}
