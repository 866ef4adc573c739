//! How far a large message is: one line that is drawn anew.
//!
//! A crate for progress bars would bring half a dozen others and a clock. This one needs neither: it
//! moves with the octets.

use std::io::{self, IsTerminal as _, Read, Write};

/// When a bar is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// For large messages, if somebody is looking.
    Auto,
    /// Whatever the size, whoever looks.
    Always,
    /// Not at all.
    Never,
}

impl When {
    /// Tells whether to show one for so many octets on standard error.
    #[must_use]
    pub fn applies(self, octets: u64) -> bool {
        match self {
            Self::Auto => octets > LARGE && io::stderr().is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// A message of more octets takes so long that people wonder.
const LARGE: u64 = 1 << 20;

/// Reads on, and draws how much has been read, anew with each hundredth. What has been read is on
/// its way, but for the little that the session and the system hold.
#[derive(Debug)]
pub struct Progress<R, W: Write> {
    inner: R,
    all: u64,
    read: u64,
    drawn: Option<u64>,
    /// Where to draw; nowhere if no bar is wanted.
    out: Option<W>,
}

impl<R: Read, W: Write> Progress<R, W> {
    /// Starts at the first of `all` octets.
    pub const fn new(inner: R, all: u64, out: Option<W>) -> Self {
        Self { inner, all, read: 0, drawn: None, out }
    }

    fn draw(&mut self) {
        let Some(out) = &mut self.out else { return };
        let percent = (self.read.saturating_mul(100)).checked_div(self.all).unwrap_or(100);
        if self.drawn == Some(percent) {
            return;
        }
        self.drawn = Some(percent);
        let width = usize::try_from(percent.min(100) / 4).unwrap_or_default();
        let (bar, size) = ("#".repeat(width), self.all as f64 / f64::from(1 << 20));
        // Who does not look need not see.
        let _ = write!(out, "\r[{bar:.<25}] {percent:3} % of {size:.1} MiB");
        let _ = out.flush();
    }
}

impl<R: Read, W: Write> Read for Progress<R, W> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let octets = self.inner.read(room)?;
        self.read += octets as u64;
        self.draw();
        Ok(octets)
    }
}

/// What is told next begins on a line of its own.
impl<R, W: Write> Drop for Progress<R, W> {
    fn drop(&mut self) {
        if let (Some(out), Some(_)) = (&mut self.out, self.drawn) {
            let _ = writeln!(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_bar_grows_with_each_hundredth_and_no_more() {
        let (message, mut out) = (vec![b'x'; 3 << 20], Vec::new());
        let mut progress = Progress::new(&*message, message.len() as u64, Some(&mut out));
        let mut room = [0; 1000];
        while progress.read(&mut room).expect("memory") > 0 {}
        drop(progress);
        let drawn = String::from_utf8(out).expect("text");
        let bars: Vec<_> = drawn.split('\r').skip(1).collect();
        assert_eq!(bars.len(), 101);
        assert_eq!(bars[50], "[############.............]  50 % of 3.0 MiB");
        assert_eq!(bars[100], "[#########################] 100 % of 3.0 MiB\n");
    }

    #[test]
    fn ok_nothing_is_drawn_where_none_is_wanted_or_nothing_was_read() {
        let mut silent = Progress::new(&b"abc"[..], 3, None::<Vec<u8>>);
        assert_eq!(silent.read(&mut [0; 9]).expect("memory"), 3);
        let mut out = Vec::new();
        drop(Progress::new(&b""[..], 0, Some(&mut out)));
        assert_eq!(out, b"");
    }
}
