//! A message on its way out by BDAT. RFC 3030 2.

use bytes::Bytes;
use mail_wire::{BareNewline, BareOctet, SendBuffer, Sink, grammar::cut};
use memchr::memchr2;

use crate::{Chunk, Command, encode};

/// Gathers what the application gives until it is enough for a chunk. Nothing is copied, unless a
/// part is small or a line end is normalized.
#[derive(Debug)]
pub(super) struct Chunker {
    /// What has been given and not been said.
    waiting: SendBuffer,
    /// None where the message need not be lines.
    lines: Option<LineEnds>,
    /// How many octets make a chunk.
    enough: usize,
}

impl Chunker {
    pub(super) fn new(lines: Option<BareNewline>, enough: usize) -> Self {
        let lines = lines.map(LineEnds::new);
        Self { waiting: SendBuffer::new(), lines, enough: enough.max(1) }
    }

    /// Takes a part of the message.
    pub(super) fn push(&mut self, part: Bytes) -> Result<(), BareOctet> {
        match &mut self.lines {
            Some(lines) => lines.push(part, &mut self.waiting),
            None => {
                self.waiting.put_bytes(part);
                Ok(())
            }
        }
    }

    /// There are no more parts.
    pub(super) fn finish(&mut self) -> Result<(), BareOctet> {
        match &self.lines {
            Some(lines) => lines.finish(&mut self.waiting),
            None => Ok(()),
        }
    }

    /// Returns how many octets are missing for a chunk.
    pub(super) fn room(&self) -> usize {
        self.enough.saturating_sub(self.waiting.len())
    }

    /// Says all that waits as one chunk, and says it whole: there is no way out of one that has
    /// begun.
    pub(super) fn say(&mut self, is_last: bool, out: &mut SendBuffer) {
        let octets = self.waiting.len() as u64;
        let chunk = if is_last { Chunk::last(octets) } else { Chunk::new(octets) };
        encode::command(&Command::<&[u8]>::Bdat(chunk), out);
        while let Some(piece) = self.waiting.take_piece(usize::MAX) {
            out.put_bytes(piece);
        }
    }
}

/// Holds a message of lines to CRLF, wherever its parts are cut.
///
/// BDAT needs no terminator, so nothing can be smuggled past the server; but the next one may get
/// the message by DATA.
#[derive(Debug)]
struct LineEnds {
    policy: BareNewline,
    /// A CR was held back; whether it is a bare one shows with the next octet.
    cr: bool,
    /// The last line has no end yet.
    torn: bool,
    taken: u64,
}

impl LineEnds {
    const fn new(policy: BareNewline) -> Self {
        Self { policy, cr: false, torn: false, taken: 0 }
    }

    fn push(&mut self, part: Bytes, out: &mut SendBuffer) -> Result<(), BareOctet> {
        let mut at = 0;
        if let Some(&first) = part.first().filter(|_| self.cr) {
            if first != b'\n' {
                self.bare(b'\r', self.taken - 1)?;
            }
            (self.cr, self.torn) = (false, false);
            out.put(b"\r\n");
            at = usize::from(first == b'\n');
        }
        loop {
            let (_, rest) = cut(&part, at);
            let run = clean_run(rest);
            if run > 0 {
                let clean = part.slice(at..at + run);
                self.torn = clean.last() != Some(&b'\n');
                out.put_bytes(clean);
                at += run;
            }
            match cut(&part, at).1 {
                [] => break,
                [b'\r'] => {
                    self.cr = true;
                    break;
                }
                [octet, ..] => {
                    self.bare(*octet, self.taken + at as u64)?;
                    out.put(b"\r\n");
                    self.torn = false;
                    at += 1;
                }
            }
        }
        self.taken += part.len() as u64;
        Ok(())
    }

    fn finish(&self, out: &mut SendBuffer) -> Result<(), BareOctet> {
        if self.cr {
            self.bare(b'\r', self.taken - 1)?;
        }
        // As DATA has it: the last line ends like any other.
        if self.cr || self.torn {
            out.put(b"\r\n");
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

/// Returns how many octets there are up to a CR without LF, an LF without CR, or a CR at the end.
fn clean_run(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let (_, rest) = cut(text, at);
        let Some(end) = memchr2(b'\r', b'\n', rest) else { return text.len() };
        match cut(rest, end).1 {
            [b'\r', b'\n', ..] => at += end + 2,
            _ => return at + end,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf;
    use proptest::prelude::*;

    use super::*;

    fn chunked(parts: &[&[u8]], policy: Option<BareNewline>) -> Result<Vec<u8>, BareOctet> {
        let mut chunker = Chunker::new(policy, 4);
        let mut out = SendBuffer::new();
        for part in parts {
            chunker.push(Bytes::copy_from_slice(part))?;
        }
        chunker.finish()?;
        chunker.say(true, &mut out);
        Ok(out.copy_to_bytes(out.remaining()).to_vec())
    }

    #[test]
    fn passes_octets_through_uncopied() {
        let text = Bytes::from(b"a line of lines\r\n".repeat(1000));
        for policy in [None, Some(BareNewline::Reject), Some(BareNewline::Normalize)] {
            let (mut chunker, mut out) = (Chunker::new(policy, 1), SendBuffer::new());
            chunker.push(text.clone()).unwrap();
            chunker.say(false, &mut out);
            assert_eq!(out.take_piece(100).unwrap(), "BDAT 17000\r\n");
            assert_eq!(out.chunk().as_ptr(), text.as_ptr());
            assert_eq!(out.len(), text.len());
        }
    }

    #[test]
    fn ok_an_empty_message_is_an_empty_last_chunk() {
        assert_eq!(chunked(&[], Some(BareNewline::Reject)).unwrap(), b"BDAT 0 LAST\r\n");
    }

    fn naive(text: &[u8]) -> (Vec<u8>, Option<u64>) {
        let (mut out, mut bare, mut at) = (Vec::new(), None, 0);
        while let Some(octet) = text.get(at) {
            let pair = text.get(at..at + 2) == Some(b"\r\n");
            match octet {
                b'\r' | b'\n' => {
                    out.extend_from_slice(b"\r\n");
                    if !pair {
                        bare.get_or_insert(at as u64);
                    }
                }
                other => out.push(*other),
            }
            at += if pair { 2 } else { 1 };
        }
        if !out.is_empty() && !out.ends_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
        }
        (out, bare)
    }

    proptest! {
        #[test]
        fn ok_as_a_reader_of_pairs_has_it_wherever_it_is_cut(
            text in "[ab\r\n.]{0,12}", first in 0..13_usize, second in 0..13_usize,
        ) {
            let text = text.as_bytes();
            let (first, second) = (first.min(text.len()), second.min(text.len()));
            let (first, second) = (first.min(second), first.max(second));
            let parts = [&text[..first], &text[first..second], &text[second..]];
            let said = |text: &[u8]| {
                [format!("BDAT {} LAST\r\n", text.len()).as_bytes(), text].concat()
            };
            let (lines, bare) = naive(text);
            let normal = chunked(&parts, Some(BareNewline::Normalize));
            prop_assert_eq!(&normal, &Ok(said(&lines)));
            prop_assert_eq!(chunked(&parts, None), Ok(said(text)));
            match (chunked(&parts, Some(BareNewline::Reject)), bare) {
                (Ok(same), None) => prop_assert_eq!(same, said(&lines)),
                (Err(found), Some(at)) => {
                    prop_assert_eq!(found.offset, at);
                    prop_assert_eq!(text[at as usize], found.octet);
                }
                (result, _) => prop_assert!(false, "{result:?}"),
            }
        }
    }
}
