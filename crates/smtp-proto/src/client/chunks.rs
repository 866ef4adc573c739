//! A message on its way out by BDAT. RFC 3030 2.

use bytes::Bytes;
use mail_wire::{BareNewline, BareOctet, LineEnds, SendBuffer, Sink};

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
        if let Some(lines) = &mut self.lines {
            lines.finish(&mut self.waiting)?;
            // As DATA has it: the last line ends like any other.
            if lines.is_torn() {
                self.waiting.put(b"\r\n");
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use bytes::Buf;

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

    #[test]
    fn ok_the_last_line_gets_an_end_unless_the_message_is_binary() {
        for (policy, text) in
            [(Some(BareNewline::Reject), &b"a\r\nb"[..]), (Some(BareNewline::Normalize), b"a\nb\r")]
        {
            assert_eq!(chunked(&[text], policy).unwrap(), b"BDAT 6 LAST\r\na\r\nb\r\n");
        }
        assert_eq!(chunked(&[b"a\nb\r"], None).unwrap(), b"BDAT 4 LAST\r\na\nb\r");
        assert!(chunked(&[b"a\nb\r"], Some(BareNewline::Reject)).is_err());
    }
}
