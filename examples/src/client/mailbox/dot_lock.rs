//! The lock beside an mbox.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rusqlite::Connection;

use super::alone;

/// The file `mbox.lock`, which says that somebody writes to `mbox`. It holds the number of its process.
#[derive(Debug)]
pub(super) struct DotLock {
    path: PathBuf,
    /// The same file under a name that no other program has.
    own: PathBuf,
    /// Whoever of us has the lock, or removes one that was left behind, does so alone. The system
    /// ends it with the process.
    _turn: Connection,
}

impl DotLock {
    /// Waits ten seconds for others of us, and as long for another program. All of us have the same
    /// `own`.
    pub(super) fn take(mbox: &Path, own: &Path) -> io::Result<Self> {
        let _turn = turn(own, Duration::from_secs(10)).map_err(|error| {
            let text = format!("another process writes to it, or none can: {error}");
            io::Error::new(io::ErrorKind::WouldBlock, text)
        })?;
        let path = lock_of(mbox);
        remove_ours(&path, own)?;
        write_number(own, OpenOptions::new().create(true).truncate(true))?;
        for _ in 0..100 {
            // The number is in it before anybody sees it, however soon we are killed.
            match fs::hard_link(own, &path) {
                Ok(()) => return Ok(Self { path, own: own.to_owned(), _turn }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // There are file systems without links.
                Err(_) => match write_number(&path, OpenOptions::new().create_new(true)) {
                    Ok(()) => return Ok(Self { path, own: own.to_owned(), _turn }),
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(error),
                },
            }
            if is_left_behind(&path) {
                let _ = remove(&path);
                continue;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let text = format!("another program writes to it: {} is there", path.display());
        Err(io::Error::new(io::ErrorKind::WouldBlock, text))
    }

    /// Removes a lock of ours that was left behind: others would wait for it in vain.
    pub(super) fn clear(mbox: &Path, own: &Path) -> io::Result<()> {
        // While somebody has it, it is not left behind.
        if own.exists()
            && let Ok(_turn) = turn(own, Duration::ZERO)
        {
            remove_ours(&lock_of(mbox), own)?;
        }
        Ok(())
    }
}

impl Drop for DotLock {
    fn drop(&mut self) {
        let _ = remove(&self.path);
        let _ = remove(&self.own);
    }
}

fn lock_of(mbox: &Path) -> PathBuf {
    let mut path = mbox.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}

fn turn(own: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    alone(&own.with_extension("turn"), wait)
}

/// Removes what one of us left behind that was killed. It is our turn, so nobody of us has the lock;
/// that its number is in use says nothing, because that may be another process by now.
fn remove_ours(lock: &Path, own: &Path) -> io::Result<()> {
    if is_same(lock, own) || is_left_behind(lock) {
        remove(lock)?;
    }
    remove(own)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
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
    fn ok_one_that_was_left_behind_is_cleared_away_and_no_other() {
        with("cleared", |mbox, own, lock| {
            let clear = || DotLock::clear(mbox, own).expect("clears");
            // Killed with the lock, and before or behind that, when another program may have it.
            for (is_ours, is_there) in [(true, true), (false, true), (false, false)] {
                fs::write(own, "1").expect("written");
                if is_ours {
                    fs::hard_link(own, lock).expect("linked");
                } else if is_there {
                    fs::write(lock, "0").expect("written");
                }
                clear();
                assert_eq!((lock.exists(), own.exists()), (is_there && !is_ours, false));
                remove(lock).expect("removed");
            }
            let held = DotLock::take(mbox, own).expect("free");
            clear();
            assert!(lock.exists() && own.exists());
            drop(held);
        });
    }

    /// Of two who have seen that it is left behind, the second would remove the lock of the first.
    #[test]
    fn ok_one_that_was_left_behind_is_removed_by_one_at_a_time() {
        with("turns", |mbox, own, lock| {
            fs::write(own, u32::MAX.to_string()).expect("written");
            fs::hard_link(own, lock).expect("linked");
            let another = turn(own, Duration::ZERO).expect("free");
            DotLock::clear(mbox, own).expect("leaves it");
            assert!(lock.exists() && own.exists());
            thread::scope(|scope| {
                let waiting = scope.spawn(|| DotLock::take(mbox, own).map(drop));
                thread::sleep(Duration::from_millis(50));
                assert!(lock.exists() && !waiting.is_finished());
                drop(another);
                waiting.join().expect("no panic").expect("taken over");
            });
            assert!(!lock.exists());
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
