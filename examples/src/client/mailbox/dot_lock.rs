//! The lock beside an mbox.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The file `mbox.lock`, which says that somebody writes to `mbox`. It holds the number of its process.
#[derive(Debug)]
pub(super) struct DotLock {
    path: PathBuf,
    /// The same file under a name that no other process has.
    own: PathBuf,
}

impl DotLock {
    /// Waits ten seconds for another program.
    pub(super) fn take(mbox: &Path, own: &Path) -> io::Result<Self> {
        let mut path = mbox.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        // We were killed while we held it. Its number says nothing: another process may have it now.
        if is_same(&path, own) {
            fs::remove_file(&path)?;
        }
        write_number(own, OpenOptions::new().create(true).truncate(true))?;
        for _ in 0..100 {
            // The number is in it before anybody sees it, however soon we are killed.
            match fs::hard_link(own, &path) {
                Ok(()) => return Ok(Self { path, own: own.to_owned() }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // There are file systems without links.
                Err(_) => match write_number(&path, OpenOptions::new().create_new(true)) {
                    Ok(()) => return Ok(Self { path, own: own.to_owned() }),
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(error),
                },
            }
            if is_left_behind(&path) {
                let _ = fs::remove_file(&path);
                continue;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let text = format!("another program writes to it: {} is there", path.display());
        Err(io::Error::new(io::ErrorKind::WouldBlock, text))
    }
}

impl Drop for DotLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.own);
    }
}

fn write_number(path: &Path, options: &mut OpenOptions) -> io::Result<()> {
    write!(options.write(true).mode(0o600).open(path)?, "{}", std::process::id())
}

/// Of a program that was killed only its number is left. Many programs write none, or 0.
fn is_left_behind(lock: &Path) -> bool {
    let holder = fs::read_to_string(lock).ok().and_then(|it| it.trim().parse::<u32>().ok());
    holder.filter(|it| *it != 0).is_some_and(|it| {
        Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{it}")).exists()
    })
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs something in a directory of its own, with an mbox and a name for a lock.
    fn with(name: &str, run: impl FnOnce(&Path, &Path, &Path)) {
        let dir = std::env::temp_dir().join(format!("dot-lock-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("made");
        run(&dir.join("mbox"), &dir.join("own"), &dir.join("mbox.lock"));
        fs::remove_dir_all(&dir).expect("removed");
    }

    #[test]
    fn ok_nothing_is_left_of_it() {
        with("drop", |mbox, own, lock| {
            let held = DotLock::take(mbox, own).expect("free");
            assert_eq!(fs::read_to_string(lock).expect("there"), std::process::id().to_string());
            drop(held);
            assert!(!lock.exists() && !own.exists());
        });
    }

    #[test]
    fn ok_killed_at_any_time() {
        with("killed", |mbox, own, lock| {
            // Before it was taken; with nothing written yet; and with the number of who is alive now.
            for (number, held) in [("", false), ("1", false), ("", true), ("1", true)] {
                fs::write(own, number).expect("written");
                if held {
                    fs::hard_link(own, lock).expect("linked");
                }
                drop(DotLock::take(mbox, own).expect("taken over"));
                assert!(!lock.exists() && !own.exists());
            }
        });
    }

    #[test]
    fn ok_number_of_a_process_that_is_gone() {
        with("gone", |mbox, own, lock| {
            fs::write(lock, u32::MAX.to_string()).expect("written");
            drop(DotLock::take(mbox, own).expect("nobody has it"));
        });
    }
}
