//! A Maildir: what is being written is in `tmp`, what is there is in `new`.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::{make_directory, sync_directory};
use crate::office::clock;

#[derive(Debug)]
pub(super) struct Maildir {
    path: PathBuf,
    /// The end of all names: tells the files of this account from those of others.
    mark: String,
    count: u64,
    coming: Option<(BufWriter<File>, String)>,
    ended: Vec<String>,
}

impl Maildir {
    pub(super) fn open(path: &Path, account: &str) -> io::Result<Self> {
        for part in ["cur", "new", "tmp"] {
            make_directory(&path.join(part))?;
        }
        // FNV-1a, by which nothing is kept secret.
        let hash = account.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3)
        });
        let mark = format!("{hash:016x}");
        let (coming, ended) = (None, Vec::new());
        Ok(Self { path: path.to_owned(), mark, count: 0, coming, ended })
    }

    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.count += 1;
        let (seconds, process) = (clock::wall().seconds(), std::process::id());
        // Clocks are set back, and in a container each process has the same number.
        let mut drawn = [0; 8];
        getrandom::fill(&mut drawn).map_err(|error| io::Error::other(error.to_string()))?;
        let drawn = u64::from_ne_bytes(drawn);
        let name = format!("{seconds}.P{process}Q{}R{drawn:016x}.{}", self.count, self.mark);
        let tmp = self.path.join("tmp").join(&name);
        let file = File::options().write(true).create_new(true).mode(0o600).open(tmp)?;
        self.coming = Some((BufWriter::new(file), name));
        Ok(())
    }

    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match &mut self.coming {
            Some((file, _)) => file.write_all(text),
            None => Ok(()),
        }
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        if let Some((mut file, name)) = self.coming.take() {
            file.flush()?;
            self.ended.push(name);
        }
        Ok(())
    }

    pub(super) fn abort(&mut self) {
        if let Some((_, name)) = self.coming.take() {
            // What is left behind is swept up by the next run.
            let _ = fs::remove_file(self.path.join("tmp").join(name));
        }
    }

    /// Sees to it that all that has ended is on disk, and says in which files.
    pub(super) fn prepare(&mut self) -> io::Result<Vec<String>> {
        let names = std::mem::take(&mut self.ended);
        // They are opened anew, because a process may have few files open at once.
        for name in &names {
            File::open(self.path.join("tmp").join(name))?.sync_all()?;
        }
        sync_directory(&self.path.join("tmp"))?;
        Ok(names)
    }

    /// Moves files to where they belong. One that is in `tmp` no more is there already, whatever its
    /// readers have made of it since.
    pub(super) fn finish(&self, names: &[String]) -> io::Result<()> {
        for name in names {
            match fs::rename(self.path.join("tmp").join(name), self.path.join("new").join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        sync_directory(&self.path.join("new"))
    }

    /// Removes what an earlier run of this account has left behind.
    pub(super) fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.path.join("tmp"))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(&self.mark) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
