//! Messages as files, one each, in the three directories of a Maildir.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::office::clock;

/// A Maildir: what is complete is in `new`, what is being written is in `tmp`.
#[derive(Debug)]
pub struct Maildir {
    path: PathBuf,
    /// Whether a message is on disk before it is taken.
    sync: bool,
    next: AtomicU64,
}

/// A message that is being written. Dropped before its end, it leaves nothing behind.
#[derive(Debug)]
pub struct Writing {
    file: File,
    tmp: PathBuf,
    new: PathBuf,
    sync: bool,
}

impl Maildir {
    /// Makes the three directories, where they are missing.
    ///
    /// # Errors
    /// If they cannot be made.
    pub fn open(path: &Path, sync: bool) -> io::Result<Self> {
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(path.join(part))?;
        }
        Ok(Self { path: path.to_owned(), sync, next: AtomicU64::new(0) })
    }

    /// Begins a message, under a name that no other has.
    ///
    /// # Errors
    /// If its file cannot be made.
    pub fn begin(&self) -> io::Result<Writing> {
        let (count, process) = (self.next.fetch_add(1, Ordering::Relaxed), std::process::id());
        let name = format!("{}.P{process}Q{count}.sink", clock::wall().seconds());
        let (tmp, new) = (self.path.join("tmp").join(&name), self.path.join("new").join(&name));
        let file = File::options().write(true).create_new(true).open(&tmp)?;
        Ok(Writing { file, tmp, new, sync: self.sync })
    }
}

impl Writing {
    /// Appends octets.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.write_all(octets)
    }

    /// Lets the message be seen.
    ///
    /// # Errors
    /// If it cannot be made sure of.
    pub fn finish(self) -> io::Result<()> {
        if self.sync {
            self.file.sync_all()?;
        }
        fs::rename(&self.tmp, &self.new)?;
        if let (true, Some(directory)) = (self.sync, self.new.parent()) {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // After the end there is nothing of that name any more.
        let _ = fs::remove_file(&self.tmp);
    }
}
