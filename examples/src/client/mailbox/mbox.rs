//! An mbox: one file, a line that begins with `From ` in front of each message, and a `>` in front of
//! lines of text that begin so (mboxrd, which can be undone).

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{dot_lock::DotLock, parent, state, sync_directory};

#[derive(Debug)]
pub(super) struct Mbox {
    path: PathBuf,
    /// Messages as they will stand in the mbox, until they do.
    spool: BufWriter<File>,
    spooled: PathBuf,
    /// How long the spool is, and how long it was before the present message.
    len: u64,
    before: u64,
    from_line: String,
    /// How much of `From ` stands at the start of the line, if it may still become that.
    from: Option<usize>,
    at_line_start: bool,
    lock: Option<DotLock>,
}

const FROM: &[u8] = b"From ";

impl Mbox {
    pub(super) fn open(path: &Path, spooled: &Path, now: SystemTime) -> io::Result<Self> {
        let spool = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(spooled)?;
        let len = spool.metadata()?.len();
        DotLock::clear(path, &held(spooled))?;
        Ok(Self {
            path: path.to_owned(),
            spool: BufWriter::new(spool),
            spooled: spooled.to_owned(),
            len,
            before: len,
            from_line: format!("From MAILER-DAEMON {}\n", asctime(now)),
            from: None,
            at_line_start: true,
            lock: None,
        })
    }

    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.before = self.len;
        let from_line = self.from_line.clone();
        self.put(from_line.as_bytes())?;
        (self.from, self.at_line_start) = (Some(0), true);
        Ok(())
    }

    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        for line in text.split_inclusive(|octet| *octet == b'\n') {
            self.piece(line)?;
        }
        Ok(())
    }

    /// Takes a piece of one line.
    fn piece(&mut self, mut text: &[u8]) -> io::Result<()> {
        self.at_line_start &= text.is_empty();
        if let Some(seen) = self.from {
            // One `>` more is the same wherever among the others it stands.
            let arrows = text.iter().take_while(|octet| seen == 0 && **octet == b'>').count();
            let (head, rest) = text.split_at(arrows);
            self.put(head)?;
            text = rest;
            let wanted = FROM.get(seen..).unwrap_or_default();
            let same = text.iter().zip(wanted).take_while(|(a, b)| a == b).count();
            let (head, rest) = text.split_at(same);
            if same == wanted.len() {
                self.put(b">From ")?;
                self.from = None;
            } else if rest.is_empty() {
                // Whether it is one shows with the next piece.
                self.from = Some(seen + head.len());
            } else {
                self.put(FROM.get(..seen + same).unwrap_or_default())?;
                self.from = None;
            }
            text = rest;
        }
        self.put(text)?;
        if text.last() == Some(&b'\n') {
            (self.from, self.at_line_start) = (Some(0), true);
        }
        Ok(())
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        let begun = self.from.take().unwrap_or(0);
        if begun > 0 {
            self.put(FROM.get(..begun).unwrap_or_default())?;
        }
        // An empty line parts messages.
        self.put(if self.at_line_start { b"\n" } else { b"\n\n" })?;
        self.before = self.len;
        Ok(())
    }

    pub(super) fn abort(&mut self) {
        // If that fails, nothing more is written, and the spool is thrown away.
        let _ = self.cut_back(self.before);
    }

    fn put(&mut self, text: &[u8]) -> io::Result<()> {
        self.len += text.len() as u64;
        self.spool.write_all(text)
    }

    fn cut_back(&mut self, len: u64) -> io::Result<()> {
        self.spool.flush()?;
        self.spool.get_ref().set_len(len)?;
        self.spool.get_mut().seek(SeekFrom::Start(len))?;
        self.len = len;
        Ok(())
    }

    /// Sees to it that all that has ended is on disk, and says where it will go, and how much it is.
    /// From now on nobody else who heeds the lock writes to the mbox.
    pub(super) fn prepare(&mut self) -> io::Result<(u64, u64)> {
        self.spool.flush()?;
        self.spool.get_ref().sync_all()?;
        self.lock()?;
        let offset = match OpenOptions::new().read(true).append(true).open(&self.path) {
            Ok(mut found) => end_line(&mut found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok((offset, self.before))
    }

    /// Appends the spool, which has so many octets, at a place where some of it may stand already.
    pub(super) fn finish(&mut self, offset: u64, len: u64) -> io::Result<()> {
        if self.lock.is_none() {
            self.lock()?;
        }
        append(&self.path, &self.spooled, offset, len)
    }

    /// Takes the lock, and finishes what was begun by those of us who were killed while they had it:
    /// what we append behind the torn end of it would be taken for a part of it, and all of it would
    /// come once more.
    fn lock(&mut self) -> io::Result<()> {
        self.lock = Some(DotLock::take(&self.path, &held(&self.spooled))?);
        // A power cut is to leave neither the batch without its spool nor the lock without our name.
        sync_directory(parent(&self.spooled))?;
        state::finish_all(parent(&self.spooled), |spool, offset, len| {
            append(&self.path, spool, offset, len)
        })
    }

    /// Empties the spool: what was in it is where it belongs, or comes again.
    pub(super) fn sweep(&mut self) -> io::Result<()> {
        self.lock = None;
        self.before = 0;
        self.cut_back(0)
    }
}

/// Returns what the lock is called among us, whatever account a spool is of.
fn held(spool: &Path) -> PathBuf {
    parent(spool).join("mbox.held")
}

/// Appends a spool, as [`Mbox::finish`] does.
fn append(path: &Path, spool: &Path, offset: u64, len: u64) -> io::Result<()> {
    let mut mbox = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let end = mbox.metadata()?.len();
    let there = end.saturating_sub(offset).min(len);
    let same = common(&mut mbox, spool, offset, there)?;
    if same == len {
        mbox.sync_all()?;
        return sync_directory(parent(path));
    }
    let (from, begun) = match same == there && offset <= end {
        // What stands there is the torn beginning of it.
        true => (offset, 0),
        // Somebody has written behind that, or something else is there by now.
        false => (end_line(&mut mbox)?, message_start(spool, same)?),
    };
    mbox.seek(SeekFrom::Start(from))?;
    let mut spool = File::open(spool)?;
    spool.seek(SeekFrom::Start(begun))?;
    let copied = io::copy(&mut spool.take(len - begun), &mut mbox);
    if let Err(error) = copied.and_then(|_| mbox.sync_all()) {
        // Nobody is to read half of a message; it is tried again by the next run.
        let _ = mbox.set_len(from);
        return Err(error);
    }
    sync_directory(parent(path))
}

/// Counts how many octets of the mbox are the spool's first, up to so many.
fn common(mbox: &mut File, spool: &Path, offset: u64, most: u64) -> io::Result<u64> {
    mbox.seek(SeekFrom::Start(offset))?;
    let mut here = BufReader::new(mbox).take(most);
    let mut there = BufReader::new(File::open(spool)?);
    let mut same = 0;
    loop {
        let (one, other) = (here.fill_buf()?, there.fill_buf()?);
        let most = one.len().min(other.len());
        let count = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        same += count as u64;
        if count < most || most == 0 {
            return Ok(same);
        }
        here.consume(count);
        there.consume(count);
    }
}

/// Returns where in a spool the last message begins that begins up to there. Lines of text never
/// begin as the line in front of a message does.
fn message_start(spool: &Path, most: u64) -> io::Result<u64> {
    // The first line begins as if behind a line.
    let (mut start, mut seen) = (0, Some(0));
    let read = most.saturating_add(FROM.len() as u64);
    for (at, octet) in (1..).zip(BufReader::new(File::open(spool)?).take(read).bytes()) {
        let octet = octet?;
        seen = match seen {
            Some(seen) if FROM.get(seen) == Some(&octet) => Some(seen + 1),
            _ if octet == b'\n' => Some(0),
            _ => None,
        };
        if seen == Some(FROM.len()) {
            start = at - FROM.len() as u64;
        }
    }
    Ok(start)
}

/// Sees to it that an mbox ends in an empty line, and says how long it is. Behind a line without end
/// the next message would belong to the one before.
fn end_line(mbox: &mut File) -> io::Result<u64> {
    let len = mbox.metadata()?.len();
    let (mut tail, wanted) = ([0; 2], len.min(2));
    mbox.seek(SeekFrom::End(-i64::try_from(wanted).unwrap_or_default()))?;
    let tail = tail.get_mut(..usize::try_from(wanted).unwrap_or_default()).unwrap_or_default();
    mbox.read_exact(tail)?;
    let missing: &[u8] = match tail {
        [] | [b'\n'] | [.., b'\n', b'\n'] => b"",
        [.., b'\n'] => b"\n",
        _ => b"\n\n",
    };
    if !missing.is_empty() {
        mbox.write_all(missing)?;
        // It must not be less than what is behind it that survives a power cut.
        mbox.sync_data()?;
    }
    Ok(len + missing.len() as u64)
}

/// The time in the form that mboxes have it, in UTC: `Thu Jan  1 00:00:00 1970`.
fn asctime(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days from 1 March of the year 0, in the Gregorian calendar's eras of 400 years.
    let from_march = days + 719_468;
    let (era, day) = (from_march / 146_097, from_march % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    let names =
        ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let name = |names: &[&'static str], at: u64| {
        names.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default()
    };
    format!(
        "{} {} {of_month:2} {:02}:{:02}:{:02} {}",
        name(&weekdays, days % 7),
        name(&names, month),
        second / 3_600,
        second / 60 % 60,
        second % 60,
        era * 400 + year + u64::from(month >= 10),
    )
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    #[test]
    fn ok_dates() {
        for (seconds, text) in [
            (0, "Thu Jan  1 00:00:00 1970"),
            (951_782_400, "Tue Feb 29 00:00:00 2000"),
            (1_700_000_000, "Tue Nov 14 22:13:20 2023"),
            (4_107_542_399, "Sun Feb 28 23:59:59 2100"),
            (4_107_542_400, "Mon Mar  1 00:00:00 2100"),
        ] {
            assert_eq!(asctime(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn ok_lines_that_begin_with_from_are_quoted_however_they_come() {
        let dir = std::env::temp_dir().join(format!("pop3-fetch-mbox-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("made");
        let text = b"From a\nFromage\n>From b\n>>From c\n>Fro\nFrom\n x From \nFro";
        let quoted = ">From a\nFromage\n>>From b\n>>>From c\n>Fro\nFrom\n x From \nFro\n\n";
        for cut in 0..=text.len() {
            let (path, spool) = (dir.join("mbox"), dir.join("spool"));
            let mut mbox = Mbox::open(&path, &spool, SystemTime::UNIX_EPOCH).expect("opens");
            mbox.begin().expect("writes");
            mbox.write(b"torn").expect("writes");
            mbox.abort();
            for message in [&text[..], b""] {
                mbox.begin().expect("writes");
                let at = cut.min(message.len());
                mbox.write(&message[..at]).expect("writes");
                mbox.write(&message[at..]).expect("writes");
                mbox.end().expect("writes");
            }
            let (offset, len) = mbox.prepare().expect("on disk");
            mbox.finish(offset, len).expect("appended");
            // Whatever of it was there before, it is there once.
            let whole = fs::read_to_string(&path).expect("is there");
            fs::write(&path, &whole[..cut]).expect("torn");
            mbox.finish(offset, len).expect("appended");
            mbox.finish(offset, len).expect("is there");
            mbox.sweep().expect("empty");
            assert_eq!(fs::read_to_string(&path).expect("is there"), whole);
            let from = "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n";
            assert_eq!(whole, format!("{from}{quoted}{from}\n"), "cut at {cut}");
            fs::remove_file(&path).expect("removed");
        }
        fs::remove_dir_all(&dir).expect("removed");
    }

    /// Another program has waited for the lock of a run that was killed, and then taken it away.
    #[test]
    fn ok_what_came_whole_does_not_come_again_behind_what_others_wrote() {
        let dir = std::env::temp_dir().join(format!("pop3-fetch-behind-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("made");
        let (path, spool) = (dir.join("mbox"), dir.join("spool"));
        let mut mbox = Mbox::open(&path, &spool, SystemTime::UNIX_EPOCH).expect("opens");
        for text in [b"one\nFrom one\n", b"two\nFrom two\n"] {
            mbox.begin().expect("writes");
            mbox.write(text).expect("writes");
            mbox.end().expect("writes");
        }
        let (offset, len) = mbox.prepare().expect("on disk");
        let whole = fs::read_to_string(&spool).expect("text");
        let (one, two) = whole.split_at(whole.len() / 2);
        for cut in 0..whole.len() - 1 {
            let theirs = format!("{}\nFrom x\n\ntext\n", &whole[..cut]);
            fs::write(&path, &theirs).expect("written");
            mbox.finish(offset, len).expect("appended");
            let text = fs::read_to_string(&path).expect("text");
            let behind = text.strip_prefix(&theirs).and_then(|it| it.strip_prefix('\n'));
            let wanted = if theirs.starts_with(one) { two } else { &whole };
            assert_eq!(behind, Some(wanted), "cut at {cut}");
        }
        fs::remove_dir_all(&dir).expect("removed");
    }

    /// After a power cut, or because somebody keeps another one under its name by now.
    #[test]
    fn ok_mbox_that_is_shorter_than_it_was_or_holds_something_else() {
        let dir = std::env::temp_dir().join(format!("pop3-fetch-shorter-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("made");
        let (path, spool) = (dir.join("mbox"), dir.join("spool"));
        fs::write(&path, "From x\n\ntext").expect("written");
        let mut mbox = Mbox::open(&path, &spool, SystemTime::UNIX_EPOCH).expect("opens");
        mbox.begin().expect("writes");
        mbox.end().expect("writes");
        let (offset, len) = mbox.prepare().expect("on disk");
        let ours = "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n\n";
        for (found, kept) in [
            ("From x\n\ntext", "From x\n\ntext\n\n"),
            ("From x\n\ntext\n", "From x\n\ntext\n\n"),
            ("From x\n\ntext\n\n", "From x\n\ntext\n\n"),
            ("From x\n\ntext\n\nFrom MA", "From x\n\ntext\n\n"),
            ("From x\n\ntext\n\nmore", "From x\n\ntext\n\nmore\n\n"),
            ("", ""),
        ] {
            fs::write(&path, found).expect("written");
            mbox.finish(offset, len).expect("appended");
            let text = fs::read_to_string(&path).expect("is there");
            assert_eq!(text, format!("{kept}{ours}"), "{found:?}");
        }
        fs::remove_dir_all(&dir).expect("removed");
    }
}
