//! Messages as files of a directory.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// A directory in which each message is a file, for its owner alone. A file that is there is whole:
/// it bears another name until its last octet is on disk.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A message that is being written. Dropping it throws it away.
#[derive(Debug)]
pub struct Page {
    file: BufWriter<File>,
    part: PathBuf,
    whole: PathBuf,
}

impl Folder {
    /// Takes a directory, and makes it if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Tells whether a message is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.path_of(name).exists()
    }

    /// Begins a message. What servers call their messages can be any name: octets that a file name
    /// should not have are written as `%` and two digits.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn begin(&self, name: &str) -> io::Result<Page> {
        let whole = self.path_of(name);
        let part = whole.with_extension("part");
        // One that a crash left behind may have other permissions.
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        Ok(Page { file: BufWriter::new(file), part, whole })
    }

    fn path_of(&self, name: &str) -> PathBuf {
        let mut file = String::new();
        for (at, octet) in name.bytes().enumerate() {
            match octet {
                b'-' | b'_' => file.push(octet.into()),
                // No hidden files, and no way out of the directory.
                b'.' if at > 0 => file.push('.'),
                octet if octet.is_ascii_alphanumeric() => file.push(octet.into()),
                octet => file.push_str(&format!("%{octet:02X}")),
            }
        }
        self.path.join(format!("{file}.eml"))
    }
}

impl Page {
    /// Says that this was all of it. When this returns it survives a power cut, name and all: now
    /// the server may forget it.
    ///
    /// # Errors
    /// If it does not get to disk; it is thrown away then.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.part, &self.whole)?;
        match self.whole.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Write for Page {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // After `finish` there is nothing of this name.
        let _ = fs::remove_file(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn ok_names_stay_in_the_directory_and_torn_messages_go() {
        let dir = std::env::temp_dir().join(format!("mail-folder-{}", std::process::id()));
        let folder = Folder::new(&dir).expect("made");
        for (name, file) in [("17.4", "17.4.eml"), ("../x", "%2E.%2Fx.eml"), ("a b", "a%20b.eml")] {
            let mut page = folder.begin(name).expect("made");
            page.write_all(b"x").expect("written");
            assert!(!folder.has(name), "not before it is whole");
            page.finish().expect("kept");
            assert!(folder.has(name) && dir.join(file).exists(), "{file}");
        }
        drop(folder.begin("torn").expect("made"));
        assert_eq!(fs::read_dir(&dir).expect("is there").count(), 3);
        // Mail is nobody else's business.
        for (path, mode) in [(&*dir, 0o700), (&*dir.join("17.4.eml"), 0o600)] {
            let found = fs::metadata(path).expect("is there").permissions().mode();
            assert_eq!(found & 0o777, mode, "{}", path.display());
        }
        fs::remove_dir_all(&dir).expect("removed");
    }
}
