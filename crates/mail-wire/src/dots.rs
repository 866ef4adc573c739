//! Dot-stuffing and its reverse, RFC 5321 §4.5.2 and RFC 1939 §3.
//!
//! Both directions check every CR and LF on the way, and both rest on [`clean_run`]: how far does
//! the text go in which there is nothing to do? Such runs pass as slices or are moved in place.

use std::sync::LazyLock;

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memmem::Finder};

use crate::{BODY_BLOCK, BareNewline, SendBuffer, Sink, buffer::take_piece, grammar::cut};

/// A CR without LF or an LF without CR in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bare {} at offset {offset} of the body", if *.octet == b'\r' { "CR" } else { "LF" })]
pub struct BareOctet {
    /// CR or LF.
    pub octet: u8,
    /// Where it stands, counted from the body's first octet as it came.
    pub offset: u64,
}

/// Stuffs a body on its way out and ends it.
#[derive(Debug, Clone)]
pub struct DotStuffer {
    policy: BareNewline,
    line_start: bool,
    /// A CR was taken in; whether it is a bare one shows with the next octet.
    cr: bool,
    taken: u64,
    /// How many bare CR and LF became CRLF.
    mended: u64,
}

impl DotStuffer {
    /// Starts a body. The first line is stuffed like any other.
    #[must_use]
    pub const fn new(policy: BareNewline) -> Self {
        Self { policy, line_start: true, cr: false, taken: 0, mended: 0 }
    }

    /// Appends the next part of the body, stuffed, to `out`. Parts may be cut anywhere.
    ///
    /// # Errors
    /// A bare CR or LF under [`BareNewline::Reject`]. What stood before it has been appended; the
    /// body must not be ended after that.
    pub fn push(&mut self, part: Bytes, out: &mut SendBuffer) -> Result<(), BareOctet> {
        let (mut at, mut checked) = (0, 0);
        while let Some(&octet) = part.get(at) {
            let (_, rest) = cut(&part, at);
            let run = if self.cr { 0 } else { clean_run(rest, self.line_start, &mut checked) };
            if run > 0 || checked > 0 {
                // RFC 5321 §4.5.2: a dot at the start of a line goes out twice, behind the run that
                // it ends and in front of the one that it begins.
                let is_dot = checked > 0;
                self.line_start = !is_dot && rest.get(run - 1) == Some(&b'\n');
                let octets = run + usize::from(is_dot);
                if octets < SendBuffer::COPY_BELOW {
                    // Where one run is short, others are: room for all of them, at once.
                    out.reserve(rest.len().min(BODY_BLOCK));
                    out.put(cut(rest, octets).0);
                } else {
                    out.put_bytes(part.slice(at..at + octets));
                }
                at += run;
            } else {
                self.special(octet, self.taken + at as u64, out)?;
                at += 1;
            }
        }
        self.taken += part.len() as u64;
        Ok(())
    }

    /// Ends the body: CRLF if the last line has none, then the dot.
    ///
    /// # Errors
    /// The body ended in a bare CR under [`BareNewline::Reject`]; nothing has been appended then.
    pub fn finish(self, out: &mut SendBuffer) -> Result<(), BareOctet> {
        if self.cr {
            self.bare(b'\r', self.taken - 1)?;
        }
        // RFC 5321 §4.1.1.4: the CRLF before the dot belongs to the last line of the text.
        out.put(if self.line_start && !self.cr { b".\r\n" } else { b"\r\n.\r\n" });
        Ok(())
    }

    /// Returns how many octets of the body have been taken in.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns how many octets the body has as the peer reads it, if it ends here: each line end
    /// counts as two, that of the last line too, and no dot counts twice.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use mail_wire::{BareNewline, DotStuffer, SendBuffer};
    ///
    /// let mut stuffer = DotStuffer::new(BareNewline::Normalize);
    /// stuffer.push(Bytes::from_static(b".one\ntwo"), &mut SendBuffer::new())?;
    /// assert_eq!((stuffer.taken(), stuffer.length()), (8, 11));
    /// # Ok::<(), mail_wire::BareOctet>(())
    /// ```
    #[must_use]
    pub const fn length(&self) -> u64 {
        let last = match (self.cr, self.line_start) {
            (true, _) => 1,
            (false, true) => 0,
            (false, false) => 2,
        };
        self.taken + self.mended + last
    }

    /// Takes one octet that is, or may be, more than itself.
    fn special(&mut self, octet: u8, offset: u64, out: &mut SendBuffer) -> Result<(), BareOctet> {
        if std::mem::take(&mut self.cr) {
            if octet != b'\n' {
                self.bare(b'\r', offset - 1)?;
                self.mended += 1;
            }
            out.put(b"\r\n");
            self.line_start = true;
            if octet == b'\n' {
                return Ok(());
            }
        }
        match octet {
            b'\r' => self.cr = true,
            b'\n' => {
                self.bare(b'\n', offset)?;
                self.mended += 1;
                out.put(b"\r\n");
                self.line_start = true;
            }
            b'.' if self.line_start => {
                out.put(b"..");
                self.line_start = false;
            }
            other => {
                out.put(&[other]);
                self.line_start = false;
            }
        }
        Ok(())
    }

    const fn bare(&self, octet: u8, offset: u64) -> Result<(), BareOctet> {
        match self.policy {
            BareNewline::Reject => Err(BareOctet { octet, offset }),
            BareNewline::Normalize => Ok(()),
        }
    }
}

/// What a [`DotUnstuffer`] found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyPiece {
    /// Nothing more without more input.
    Starved,
    /// The next octets of the body, unstuffed.
    Data(Bytes),
    /// The terminator, CRLF "." CRLF, was there and has been taken out of the input.
    End,
}

/// What came of a slice that [`DotUnstuffer::unstuff`] took a body out of.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unstuffed {
    /// The body goes on.
    Starved {
        /// How many octets of the slice were taken: all of them, or all but the last one or two.
        taken: usize,
    },
    /// The terminator was there.
    End {
        /// How many octets of the slice were taken, the terminator included.
        taken: usize,
    },
}

/// What comes next in a stuffed body.
enum Step {
    /// So many octets mean themselves, and so many dots behind them (none, or one) are to be taken
    /// off.
    Run { octets: usize, dots: usize },
    /// CR or LF alone, under [`BareNewline::Reject`].
    Rejected(u8),
    /// CR or LF alone, which is to be a line end.
    Newline(u8),
    /// It depends on what is not here yet.
    Starved,
    /// The terminator, which has so many octets beside the end of the last line.
    End(usize),
}

/// What ends a body that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Terminator {
    /// CRLF "." CRLF alone: whatever only looks like it does not.
    #[default]
    CrLf,
    /// CRLF "." LF too; and LF "." CRLF, in a body whose first line ends in LF alone. There the first
    /// of two dots behind LF is taken off.
    ///
    /// # Why you might
    /// A client of an old server on Unix, or of one that sends lines as they are on its disk: a dot
    /// at the start of a line of text has a second in front of it, so nothing else looks like this.
    /// Never a server: what one host takes for the end and the next does not is what smuggling is
    /// made of.
    Lf,
    /// LF "." LF too, and a dot behind LF is taken off.
    ///
    /// # Why you might
    /// A client of a server that ends all its lines in LF.
    LfLines,
}

/// Takes a stuffed body out of a receive buffer, up to and with its terminator.
///
/// Exactly CRLF "." CRLF ends a body; its first CRLF may be the one before the body. Whatever only
/// looks like it does not, under either policy, unless a client asks for another [`Terminator`].
#[derive(Debug, Clone)]
pub struct DotUnstuffer {
    policy: BareNewline,
    terminator: Terminator,
    /// The body ended in "." LF.
    ended_bare: bool,
    line_start: bool,
    /// The first line ended in LF alone.
    lf_lines: Option<bool>,
    /// Such a line was the last.
    behind_lf: bool,
    taken: u64,
    bare: Option<BareOctet>,
}

impl DotUnstuffer {
    /// Starts a body at the start of a line.
    #[must_use]
    pub const fn new(policy: BareNewline) -> Self {
        Self {
            policy,
            terminator: Terminator::CrLf,
            ended_bare: false,
            line_start: true,
            lf_lines: None,
            behind_lf: false,
            taken: 0,
            bare: None,
        }
    }

    /// Takes something else for the end, too.
    #[must_use]
    pub const fn ended_by(mut self, terminator: Terminator) -> Self {
        self.terminator = terminator;
        self
    }

    /// Takes the next piece out of the input. Each octet is looked at once, or twice if it is one of
    /// the last two of what is there.
    pub fn next(&mut self, input: &mut BytesMut) -> BodyPiece {
        // Octets up to `read` have been worked off; what is left of them stands before `kept`.
        let (mut read, mut kept, mut checked) = (0, 0, 0);
        loop {
            match self.step(cut(input, read).1, &mut checked) {
                Step::Run { octets, dots } => {
                    if kept != read {
                        input.copy_within(read..read + octets, kept);
                    }
                    read += octets + dots;
                    kept += octets;
                }
                Step::Rejected(octet) => {
                    self.note(octet, read);
                    read += 1;
                }
                Step::Starved => {
                    return self.data(input, read, kept).unwrap_or(BodyPiece::Starved);
                }
                Step::End(octets) => {
                    if let Some(data) = self.data(input, read, kept) {
                        return data;
                    }
                    input.advance(octets);
                    self.taken += octets as u64;
                    return BodyPiece::End;
                }
                Step::Newline(octet) => {
                    if let Some(data) = self.data(input, read, kept) {
                        return data;
                    }
                    self.note(octet, 0);
                    input.advance(1);
                    self.taken += 1;
                    return BodyPiece::Data(Bytes::from_static(b"\r\n"));
                }
            }
        }
    }

    /// Appends what a slice holds of the body to `out`, for those who have no receive buffer.
    ///
    /// What it does not take, of a body that goes on, is two octets at most: what they are depends
    /// on the next, so they belong in front of the next slice.
    ///
    /// ```
    /// use mail_wire::{BareNewline, DotUnstuffer, Unstuffed};
    ///
    /// let mut unstuffer = DotUnstuffer::new(BareNewline::Reject);
    /// let mut body = Vec::new();
    /// let found = unstuffer.unstuff(b"..and\r\n.\r\nQUIT\r\n", &mut body);
    /// assert_eq!(found, Unstuffed::End { taken: 10 });
    /// assert_eq!(body, b".and\r\n");
    /// assert_eq!(unstuffer.violation(), None);
    /// ```
    pub fn unstuff(&mut self, input: &[u8], out: &mut impl Sink) -> Unstuffed {
        let (mut read, mut checked) = (0, 0);
        let is_end = loop {
            let (_, rest) = cut(input, read);
            read += match self.step(rest, &mut checked) {
                Step::Run { octets, dots } => {
                    out.put(cut(rest, octets).0);
                    octets + dots
                }
                Step::Rejected(octet) => {
                    self.note(octet, read);
                    1
                }
                Step::Newline(octet) => {
                    self.note(octet, read);
                    out.put(b"\r\n");
                    1
                }
                Step::Starved => break false,
                Step::End(octets) => {
                    read += octets;
                    break true;
                }
            };
        };
        self.taken += read as u64;
        if is_end { Unstuffed::End { taken: read } } else { Unstuffed::Starved { taken: read } }
    }

    /// Says what comes next in what is left. What was a step is to be taken off before the next is
    /// asked for; asking again for one that was not taken gives it again.
    #[inline]
    fn step(&mut self, rest: &[u8], checked: &mut usize) -> Step {
        if self.behind_lf {
            match rest {
                [] | [b'.'] | [b'.', b'\r'] => return Step::Starved,
                [b'.', b'\r', b'\n', ..] => return Step::End(b".\r\n".len()),
                _ => self.behind_lf = false,
            }
            if let [b'.', b'.', ..] = rest {
                return self.take_dot(0, checked);
            }
        }
        let octets = clean_part(rest, self.line_start, checked);
        let (run, behind) = cut(rest, octets);
        if self.lf_lines.is_none() && memchr(b'\n', run).is_some() {
            self.lf_lines = Some(false);
        }
        // RFC 5321 §4.5.2: a dot at the start of a longer line is taken off.
        if let (true, [b'.', next, ..]) = (*checked > 0, behind)
            && *next != b'\r'
            && (*next != b'\n' || matches!(self.terminator, Terminator::CrLf))
        {
            return self.take_dot(octets, checked);
        }
        if let Some(last) = run.last() {
            self.line_start = *last == b'\n';
            return Step::Run { octets, dots: 0 };
        }
        match *rest {
            [] | [b'\r'] => Step::Starved,
            [b'.'] | [b'.', b'\r'] if self.line_start => Step::Starved,
            [b'.', b'\r', b'\n', ..] if self.line_start => Step::End(b".\r\n".len()),
            [b'.', b'\n', ..]
                if self.line_start && !matches!(self.terminator, Terminator::CrLf) =>
            {
                self.ended_bare = true;
                Step::End(b".\n".len())
            }
            [b'.', ..] => self.take_dot(0, checked),
            [octet, ..] => {
                // A dot behind a bare newline is text, whatever becomes of the newline.
                self.line_start = octet == b'\n' && matches!(self.terminator, Terminator::LfLines);
                if octet == b'\n' && matches!(self.terminator, Terminator::Lf) {
                    self.behind_lf = *self.lf_lines.get_or_insert(true);
                }
                match self.policy {
                    BareNewline::Reject => Step::Rejected(octet),
                    BareNewline::Normalize => Step::Newline(octet),
                }
            }
        }
    }

    /// Returns the first bare CR or LF, if there was one under [`BareNewline::Reject`]. The body's
    /// end is still looked for, but what comes out is not to be used.
    #[must_use]
    pub const fn violation(&self) -> Option<BareOctet> {
        match self.policy {
            BareNewline::Reject => self.bare,
            BareNewline::Normalize => None,
        }
    }

    /// Returns the first bare CR or LF, whatever became of it.
    #[must_use]
    pub const fn bare(&self) -> Option<BareOctet> {
        self.bare
    }

    /// Tells whether the body ended in "." LF, which only another [`Terminator`] lets happen.
    #[must_use]
    pub const fn ended_bare(&self) -> bool {
        self.ended_bare
    }

    /// Returns how many octets have been taken out of the input, dots and terminator included.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    const fn take_dot(&mut self, octets: usize, checked: &mut usize) -> Step {
        self.line_start = false;
        *checked = checked.saturating_sub(1);
        Step::Run { octets, dots: 1 }
    }

    /// Remembers a bare octet, if it is the first, that stands so far behind what was taken.
    fn note(&mut self, octet: u8, read: usize) {
        let offset = self.taken + read as u64;
        self.bare.get_or_insert(BareOctet { octet, offset });
    }

    fn data(&mut self, input: &mut BytesMut, read: usize, kept: usize) -> Option<BodyPiece> {
        self.taken += read as u64;
        let gone = read - kept;
        if kept == 0 {
            input.advance(gone);
            return None;
        }
        let piece = take_piece(input, kept);
        input.advance(gone);
        Some(BodyPiece::Data(piece))
    }
}

/// Returns how many octets at the start of `rest` mean themselves: up to a dot at the start of a
/// line, an LF without CR, a CR without LF, or a CR whose next octet is not here yet.
///
/// The first `checked` octets are known to have each CR with its LF. Whoever takes the run off, and a
/// dot behind it, takes them off `checked` too; then nothing is checked twice. If it is not 0 when
/// this returns, what stands behind the run is such a dot.
#[inline]
fn clean_run(rest: &[u8], line_start: bool, checked: &mut usize) -> usize {
    let (mut run, mut line_start) = (0, line_start);
    loop {
        let (_, rest) = cut(rest, run);
        let clean = clean_part(rest, line_start, checked);
        run += clean;
        if *checked > 0 || clean == 0 {
            return run;
        }
        line_start = cut(rest, clean).0.last() == Some(&b'\n');
    }
}

/// Returns the same for so much of `rest` that whoever copies it out finds it in the nearest cache.
#[inline]
fn clean_part(rest: &[u8], line_start: bool, checked: &mut usize) -> usize {
    if *checked == 0 {
        *checked = paired(window(rest));
    }
    let clean = dotless(cut(rest, *checked).0, line_start);
    *checked -= clean;
    clean
}

/// Returns as much of the text as is looked through twice: what the first look brings into the
/// nearest cache is there for the second. A line end is not cut in two.
fn window(text: &[u8]) -> &[u8] {
    let (head, _) = cut(text, WINDOW);
    if head.last() == Some(&b'\r') { cut(text, WINDOW + 1).0 } else { head }
}

/// A quarter of the smallest of the nearest caches, in octets: what is copied out has room in it
/// twice.
const WINDOW: usize = 8 * 1024;

/// Returns how many octets come before a dot at the start of a line, in a text whose LFs all have
/// their CR.
#[inline]
fn dotless(text: &[u8], line_start: bool) -> usize {
    static DOT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n."));
    if line_start && text.first() == Some(&b'.') {
        return 0;
    }
    DOT.find(text).map_or(text.len(), |at| at + 2)
}

/// Returns how many octets come before an LF without CR, a CR without LF, or a CR at the end.
fn paired(text: &[u8]) -> usize {
    if let None | Some(b'\n') = text.first() {
        return 0;
    }
    let mut rest = text;
    // A block overlaps the next one by an octet: what counts is pairs.
    while let Some(block) = rest.first_chunk() {
        if has_torn(block)
            && let Some(at) = first_torn(block)
        {
            return text.len() - rest.len() + at;
        }
        rest = cut(rest, BLOCK).1;
    }
    // What is left is the end of one more block, most of which has been looked at.
    let last = match text.last_chunk() {
        Some(block) if has_torn(block) => block,
        Some(_) => &[][..],
        None => text,
    };
    match first_torn(last) {
        Some(at) => text.len() - last.len() + at,
        // The last octet has no partner yet.
        None => text.len() - usize::from(text.last() == Some(&b'\r')),
    }
}

/// Short enough that finding the place in it costs little, long enough for wide registers.
const BLOCK: usize = 256;

/// Tells whether any pair of neighbours is torn. No branch, and no length but this one, so that all
/// of it runs in vector registers.
fn has_torn(block: &[u8; BLOCK + 1]) -> bool {
    let (_, seconds) = cut(block, 1);
    block.iter().zip(seconds).fold(0_u8, |seen, (&a, &b)| seen | torn(a, b)) != 0
}

/// Tells whether a CR is without LF behind it, or an LF without CR before it.
#[inline]
const fn torn(a: u8, b: u8) -> u8 {
    (a == b'\r') as u8 ^ (b == b'\n') as u8
}

/// Returns the offset of the octet that is bare in the first torn pair.
fn first_torn(block: &[u8]) -> Option<usize> {
    let mut from = 0;
    // Sixteen pairs at once, as octets of one number: the lowest that is not 0 is the first.
    while let Some((firsts, seconds)) = sixteen_pairs(cut(block, from).1) {
        let mut found = [0; 16];
        for (found, (&a, &b)) in found.iter_mut().zip(firsts.iter().zip(seconds)) {
            *found = torn(a, b);
        }
        let found = u128::from_le_bytes(found);
        if found != 0 {
            let at = from + found.trailing_zeros() as usize / 8;
            return Some(at + usize::from(block.get(at) != Some(&b'\r')));
        }
        from += 16;
    }
    let (_, rest) = cut(block, from);
    let (_, seconds) = rest.split_first()?;
    let at = from + rest.iter().zip(seconds).position(|(&a, &b)| torn(a, b) != 0)?;
    Some(at + usize::from(block.get(at) != Some(&b'\r')))
}

fn sixteen_pairs(text: &[u8]) -> Option<(&[u8; 16], &[u8; 16])> {
    let (_, seconds) = text.split_first()?;
    Some((text.first_chunk()?, seconds.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stuffed(parts: &[&[u8]], policy: BareNewline) -> Result<Vec<u8>, BareOctet> {
        let mut out = SendBuffer::new();
        let mut stuffer = DotStuffer::new(policy);
        for part in parts {
            stuffer.push(Bytes::copy_from_slice(part), &mut out)?;
        }
        stuffer.finish(&mut out)?;
        Ok(out.copy_to_bytes(out.remaining()).to_vec())
    }

    /// The body, what is left of the input, and the first bare octet.
    type Outcome = (Option<Vec<u8>>, Vec<u8>, Option<BareOctet>);

    fn unstuffed(parts: &[&[u8]], policy: BareNewline) -> Outcome {
        let mut input = BytesMut::new();
        let mut unstuffer = DotUnstuffer::new(policy);
        let (mut body, mut ended) = (Vec::new(), false);
        for part in parts {
            input.extend_from_slice(part);
            while !ended {
                match unstuffer.next(&mut input) {
                    BodyPiece::Starved => break,
                    BodyPiece::Data(data) => body.extend_from_slice(&data),
                    BodyPiece::End => ended = true,
                }
            }
        }
        let found = (ended.then_some(body), input.to_vec(), unstuffer.violation());
        assert_eq!(found, unstuffed_from_slices(parts, policy));
        found
    }

    /// The same without a receive buffer: what was not taken stands in front of the next part.
    fn unstuffed_from_slices(parts: &[&[u8]], policy: BareNewline) -> Outcome {
        let mut unstuffer = DotUnstuffer::new(policy);
        let (mut slice, mut body, mut ended) = (Vec::new(), Vec::new(), false);
        for part in parts {
            slice.extend_from_slice(part);
            if !ended {
                let (before, found) = (unstuffer.taken(), unstuffer.unstuff(&slice, &mut body));
                let (Unstuffed::Starved { taken } | Unstuffed::End { taken }) = found;
                ended = matches!(found, Unstuffed::End { .. });
                assert_eq!(unstuffer.taken(), before + taken as u64);
                slice.drain(..taken);
                assert!(ended || slice.len() <= 2, "{slice:?} is left");
            }
        }
        (ended.then_some(body), slice, unstuffer.violation())
    }

    /// What a client of a sloppy server reads, in every split, and what is left.
    fn ended_by(terminator: Terminator, wire: &[u8]) -> (Option<Vec<u8>>, Vec<u8>, bool) {
        let read = |parts: &[&[u8]]| {
            let mut unstuffer = DotUnstuffer::new(BareNewline::Normalize).ended_by(terminator);
            let (mut input, mut body, mut ended) = (BytesMut::new(), Vec::new(), false);
            for part in parts {
                input.extend_from_slice(part);
                while !ended {
                    match unstuffer.next(&mut input) {
                        BodyPiece::Starved => break,
                        BodyPiece::Data(data) => body.extend_from_slice(&data),
                        BodyPiece::End => ended = true,
                    }
                }
            }
            assert_eq!(unstuffer.taken(), (wire.len() - input.len()) as u64);
            assert_eq!(unstuffer.violation(), None);
            let paired = String::from_utf8_lossy(wire).replace("\r\n", "  ");
            let bare = paired.find(['\r', '\n']).filter(|at| (*at as u64) < unstuffer.taken());
            let found = unstuffer.bare().map(|bare| bare.offset as usize);
            // That of the terminator belongs to no line of the body.
            assert!(found == bare || found.is_none() && unstuffer.ended_bare(), "{parts:?}");
            (ended.then_some(body), input.to_vec(), unstuffer.ended_bare())
        };
        let whole = read(&[wire]);
        for parts in splits(wire) {
            assert_eq!(read(&parts), whole, "{parts:?}");
        }
        whole
    }

    #[test]
    fn ok_dot_and_lf_end_a_body_where_that_is_asked_for() {
        use Terminator::{CrLf, Lf, LfLines};
        for (wire, terminator, body, rest) in [
            (&b"a\r\n.\n+OK"[..], Lf, Some(&b"a\r\n"[..]), &b"+OK"[..]),
            (b".\n", Lf, Some(b""), b""),
            (b"a\r\n.\r\n", Lf, Some(b"a\r\n"), b""),
            (b"a\r\n..\nb\r\n.\n", Lf, Some(b"a\r\n.\r\nb\r\n"), b""),
            // Behind LF alone it is text, as far as is known...
            (b"a\r\nb\n.\n.\r\nc\r\n.\n", Lf, Some(b"a\r\nb\r\n.\r\n.\r\nc\r\n"), b""),
            // ... and the end, where the first line shows that lines end so.
            (b"a\n.\n.\r\n+OK", Lf, Some(b"a\r\n.\r\n"), b"+OK"),
            (b"\n.\r\n+OK", Lf, Some(b"\r\n"), b"+OK"),
            (b"a\n..\n.b\n..c\n...\n\n.\r\n", Lf, Some(b"a\r\n.\r\n.b\r\n.c\r\n..\r\n\r\n"), b""),
            (b"a\n.\rb\nc\r\n.\r\n", Lf, Some(b"a\r\n.\r\nb\r\nc\r\n"), b""),
            (b"a\rb\nc\n.\r\n", Lf, Some(b"a\r\nb\r\nc\r\n"), b""),
            (b"a\n.\n+OK", LfLines, Some(b"a\r\n"), b"+OK"),
            (b"a\n..\n.b\n.\n", LfLines, Some(b"a\r\n.\r\nb\r\n"), b""),
            (b"a\r.\n\n.\n", LfLines, Some(b"a\r\n.\r\n\r\n"), b""),
            (b"a\r\n.\nb\r\n.\r\n", CrLf, Some(b"a\r\n\r\nb\r\n"), b""),
        ] {
            let (found, left, ended_bare) = ended_by(terminator, wire);
            let shown = wire.escape_ascii();
            assert_eq!((found.as_deref(), &*left), (body, rest), "{shown} {terminator:?}");
            assert_eq!(
                ended_bare,
                wire[..wire.len() - rest.len()].ends_with(b"\n.\n") || wire == b".\n",
                "{shown}"
            );
        }
    }

    /// Cuts in two at every offset, and octet by octet.
    fn splits(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
        let in_two = (0..=text.len()).map(|at| vec![&text[..at], &text[at..]]);
        in_two.chain([text.chunks(1).collect()])
    }

    #[test]
    fn stuffs_the_first_line_and_every_other() {
        for (body, wire) in [
            (&b""[..], &b".\r\n"[..]),
            (b".", b"..\r\n.\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b".a\r\n.\r\n..\r\n", b"..a\r\n..\r\n...\r\n.\r\n"),
            (b"\r\n.", b"\r\n..\r\n.\r\n"),
        ] {
            for parts in splits(body) {
                assert_eq!(stuffed(&parts, BareNewline::Reject).as_deref(), Ok(wire), "{parts:?}");
                let (back, rest, _) = unstuffed(&[wire, b"QUIT"], BareNewline::Reject);
                let whole = if body.is_empty() || body.ends_with(b"\n") {
                    body.to_vec()
                } else {
                    [body, b"\r\n"].concat()
                };
                assert_eq!((back, &rest[..]), (Some(whole), &b"QUIT"[..]));
            }
        }
    }

    const LOOK_ALIKES: [&[u8]; 10] = [
        b"\n.\n",
        b"\n.\r",
        b"\r.\n",
        b"\r.\r",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r\n",
        b"\r\n\0.\r\n",
        b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n",
    ];

    #[test]
    fn look_alikes_never_end_a_body_in_any_split() {
        for look_alike in LOOK_ALIKES {
            let wire = [b"a", look_alike, b"b\r\n.\r\nQUIT"].concat();
            for policy in [BareNewline::Reject, BareNewline::Normalize] {
                for parts in splits(&wire) {
                    let (body, rest, bare) = unstuffed(&parts, policy);
                    assert_eq!(rest, b"QUIT", "{parts:?}");
                    let has_bare = !look_alike.starts_with(b"\r\n\0");
                    assert_eq!(bare.is_some(), has_bare && policy == BareNewline::Reject);
                    if policy == BareNewline::Normalize {
                        // What comes out is clean, and can be sent on and read again.
                        let body = body.unwrap();
                        let again = stuffed(&[&body], BareNewline::Reject).unwrap();
                        let (back, ..) = unstuffed(&[&again], BareNewline::Reject);
                        assert_eq!(back, Some(body));
                    }
                }
            }
        }
    }

    #[test]
    fn err_bare_octets_are_never_sent() {
        for look_alike in LOOK_ALIKES.into_iter().filter(|l| !l.starts_with(b"\r\n\0")) {
            let body = [b"a", look_alike, b"b"].concat();
            for parts in splits(&body) {
                assert!(stuffed(&parts, BareNewline::Reject).is_err(), "{parts:?}");
                let clean = stuffed(&parts, BareNewline::Normalize).unwrap();
                assert_eq!(clean, stuffed(&[&body], BareNewline::Normalize).unwrap());
                let (back, rest, bare) = unstuffed(&[&clean], BareNewline::Reject);
                assert!(back.is_some() && rest.is_empty() && bare.is_none());
            }
        }
    }

    #[test]
    fn err_says_where_the_bare_octet_stands() {
        for (body, octet, offset) in
            [(&b"ab\ncd"[..], b'\n', 2), (b"a\r\nb\rc", b'\r', 4), (b"x\r", b'\r', 1)]
        {
            for parts in splits(body) {
                let error = stuffed(&parts, BareNewline::Reject).unwrap_err();
                assert_eq!(error, BareOctet { octet, offset }, "{parts:?}");
            }
        }
        let (_, _, bare) = unstuffed(&[b"ab\ncd\r\n.\r\n"], BareNewline::Reject);
        assert_eq!(bare.unwrap().to_string(), "bare LF at offset 2 of the body");
    }

    #[test]
    fn a_run_ends_at_the_first_special_octet_wherever_it_stands() {
        for clean in 1..=2 * BLOCK + 40 {
            // In front of, behind and across every border of blocks.
            for (special, before) in [("\rx", 0), ("\nx", 0), ("\r\n.", 2), ("\r", 0)] {
                for tail in ["", "\r\n.\n\r", &"y".repeat(BLOCK)] {
                    let text = ["x".repeat(clean).as_str(), special, tail].concat();
                    assert_eq!(
                        clean_run(text.as_bytes(), true, &mut 0),
                        clean + before,
                        "{text:?}"
                    );
                }
            }
        }
        let clean = "x\r\n".repeat(BLOCK);
        assert_eq!(clean_run(clean.as_bytes(), true, &mut 0), clean.len());
    }

    /// What is looked through at once has a border, which no pair and no dot may fall into.
    #[test]
    fn ok_specials_around_the_border_of_a_window() {
        for clean in WINDOW - 6..WINDOW + 6 {
            for special in ["\r\n..", "\r\n.", "\r\n", ".", "\r\n.\r\n.", "\n", "\r", "\r\r\n."] {
                let body = ["x".repeat(clean).as_str(), special, "y"].concat();
                let wire = stuffed(&[body.as_bytes()], BareNewline::Normalize).unwrap();
                assert_eq!(wire, plainly_stuffed(&plainly_normalized(body.as_bytes())));
                let (back, rest, bare) = unstuffed(&[&wire], BareNewline::Reject);
                assert_eq!(back, Some(plainly_normalized(body.as_bytes())), "{clean} {special:?}");
                assert!(rest.is_empty() && bare.is_none());
                let is_bare = matches!(special, "\n" | "\r" | "\r\r\n.");
                let refused = stuffed(&[body.as_bytes()], BareNewline::Reject).is_err();
                assert_eq!(refused, is_bare, "{clean} {special:?}");
            }
        }
    }

    fn plainly_stuffed(text: &[u8]) -> Vec<u8> {
        let lines = text.split_inclusive(|&octet| octet == b'\n');
        let dot = |line: &[u8]| if line.starts_with(b".") { &b"."[..] } else { b"" };
        let mut wire: Vec<u8> = lines.flat_map(|line| [dot(line), line].concat()).collect();
        wire.extend(b".\r\n");
        wire
    }

    #[test]
    fn passes_a_clean_body_through_uncopied() {
        let body = Bytes::from(b"seventy-odd octets of text, and no dot\r\n".repeat(1000));
        let mut out = SendBuffer::new();
        DotStuffer::new(BareNewline::Reject).push(body.clone(), &mut out).unwrap();
        assert_eq!(out.chunk().as_ptr(), body.as_ptr());
        assert_eq!(out.len(), body.len());
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let octet = prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), Just(b'x'), any::<u8>()];
        let run = prop_oneof![
            proptest::collection::vec(octet, 0..8),
            Just(b"\r\n".to_vec()),
            Just(b"\r\n.".to_vec()),
            (100_usize..300).prop_map(|n| vec![b'y'; n]),
        ];
        proptest::collection::vec(run, 0..20).prop_map(|runs| runs.concat())
    }

    /// RFC 5321 §4.5.2, octet by octet and with nothing clever.
    fn plainly_normalized(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut octets = text.iter().peekable();
        while let Some(&octet) = octets.next() {
            match octet {
                b'\r' => {
                    octets.next_if_eq(&&b'\n');
                    out.extend(b"\r\n");
                }
                b'\n' => out.extend(b"\r\n"),
                other => out.push(other),
            }
        }
        if !out.is_empty() && !out.ends_with(b"\r\n") {
            out.extend(b"\r\n");
        }
        out
    }

    proptest! {
        #[test]
        fn what_is_stuffed_comes_back(body in text(), cut in any::<prop::sample::Index>()) {
            let at = cut.index(body.len() + 1);
            let wire = stuffed(&[&body[..at], &body[at..]], BareNewline::Normalize).unwrap();
            prop_assert!(!wire[..wire.len() - 3].windows(5).any(|w| w == b"\r\n.\r\n"));
            let at = cut.index(wire.len() + 1);
            let (back, rest, _) = unstuffed(&[&wire[..at], &wire[at..]], BareNewline::Reject);
            prop_assert_eq!(back, Some(plainly_normalized(&body)));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn length_is_what_comes_back(body in text(), cut in any::<prop::sample::Index>()) {
            let (mut stuffer, mut out) = (DotStuffer::new(BareNewline::Normalize), SendBuffer::new());
            let at = cut.index(body.len() + 1);
            for end in [at, body.len()] {
                let part = body.get(stuffer.taken() as usize..end).unwrap();
                stuffer.push(Bytes::copy_from_slice(part), &mut out).unwrap();
                prop_assert_eq!(stuffer.length(), plainly_normalized(&body[..end]).len() as u64);
            }
        }
    }
}
