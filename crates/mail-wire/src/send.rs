//! Octets on their way to the peer.

use std::{collections::VecDeque, fmt, io::IoSlice};

use bytes::{Buf, Bytes, BytesMut};

/// Where encoders write to.
///
/// One encoder serves sessions ([`SendBuffer`]), `tokio_util` codecs ([`BytesMut`]) and tests
/// (`Vec<u8>`).
pub trait Sink {
    /// Appends a copy of these octets.
    fn put(&mut self, octets: &[u8]);

    /// Appends a number in decimal digits.
    fn put_number(&mut self, number: u64) {
        let mut digits = [0_u8; 20];
        let mut left = number;
        let mut used = 0;
        for slot in digits.iter_mut().rev() {
            *slot = b'0' + (left % 10) as u8;
            left /= 10;
            used += 1;
            if left == 0 {
                break;
            }
        }
        self.put(digits.get(digits.len() - used..).unwrap_or_default());
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }
}

impl Sink for BytesMut {
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }
}

/// Octets on their way to the peer: small ones are gathered, [`Bytes`] pass through uncopied, and
/// the whole leaves in vectored writes through [`Buf`].
///
/// Empty, it holds no heap memory but one small block for the next line.
#[derive(Default)]
pub struct SendBuffer {
    queue: VecDeque<Bytes>,
    /// The lines after the last of `queue`.
    tail: BytesMut,
    /// How much of the tail's block, at most, lies before the tail: it is held as well.
    before: usize,
    queued: usize,
    written: u64,
}

impl SendBuffer {
    /// Pieces shorter than this are copied: a slice costs more than the copy.
    pub(crate) const COPY_BELOW: usize = 1024;
    /// Room that is kept for the next line when all has been sent.
    const KEEP: usize = 512;

    /// Makes an empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends octets without copying them, unless they are few.
    pub fn put_bytes(&mut self, octets: Bytes) {
        if octets.len() < Self::COPY_BELOW {
            self.tail.extend_from_slice(&octets);
            return;
        }
        self.seal();
        self.queued += octets.len();
        self.queue.push_back(octets);
    }

    /// Makes room for so many octets that will be [put](Sink::put), at once instead of step by step.
    pub(crate) fn reserve(&mut self, octets: usize) {
        self.tail.reserve(octets);
    }

    /// Returns how many octets wait to be sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queued + self.tail.len()
    }

    /// Tells whether nothing waits to be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many octets have ever left this buffer: how a session sees that the peer reads.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// Drops everything that has not left yet: what a cut connection does.
    pub fn discard(&mut self) {
        self.queue = VecDeque::new();
        self.queued = 0;
        (self.tail, self.before) = (BytesMut::new(), 0);
    }

    /// Takes the next contiguous piece out, at most `most` octets of it, without copying it.
    #[must_use]
    pub fn take_piece(&mut self, most: usize) -> Option<Bytes> {
        if self.queue.is_empty() {
            self.seal();
        }
        let front = self.queue.front_mut()?;
        let piece = front.split_to(front.len().min(most.max(1)));
        if front.is_empty() {
            self.queue.pop_front();
        }
        self.queued -= piece.len();
        self.written += piece.len() as u64;
        self.give_back();
        Some(piece)
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.queued += self.tail.len();
            self.before += self.tail.len();
            self.queue.push_back(self.tail.split().freeze());
        }
    }

    /// Lets go of memory that nothing waits in.
    fn give_back(&mut self) {
        // What has left the tail's block still belongs to it.
        if self.tail.is_empty() && self.before + self.tail.capacity() > Self::KEEP {
            (self.tail, self.before) = (BytesMut::new(), 0);
        }
        if self.queue.is_empty() && self.queue.capacity() > 16 {
            self.queue = VecDeque::new();
        }
    }
}

/// Says nothing of what is in it: passwords pass through here.
impl fmt::Debug for SendBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, written) = (self.len(), self.written);
        f.debug_struct("SendBuffer").field("len", &len).field("written", &written).finish()
    }
}

impl Sink for SendBuffer {
    fn put(&mut self, octets: &[u8]) {
        self.tail.extend_from_slice(octets);
    }
}

impl Buf for SendBuffer {
    fn remaining(&self) -> usize {
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        self.queue.front().map_or(&self.tail, |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, to: &mut [IoSlice<'a>]) -> usize {
        let tail = (!self.tail.is_empty()).then_some(&*self.tail);
        let pieces = self.queue.iter().map(|piece| &**piece).chain(tail);
        to.iter_mut().zip(pieces).map(|(slot, piece)| *slot = IoSlice::new(piece)).count()
    }

    /// # Panics
    /// If `count` is more than [`len`](SendBuffer::len), as [`Buf`] asks for.
    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.len(), "advanced past the end of the send buffer");
        self.written += count as u64;
        while let Some(piece) = self.queue.front_mut() {
            let step = count.min(piece.len());
            piece.advance(step);
            self.queued -= step;
            count -= step;
            if !piece.is_empty() {
                return;
            }
            self.queue.pop_front();
        }
        self.tail.advance(count);
        self.before += count;
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(buffer: &mut SendBuffer) -> Vec<u8> {
        let all = buffer.copy_to_bytes(buffer.remaining());
        all.to_vec()
    }

    #[test]
    fn keeps_the_order_of_lines_and_pieces() {
        let mut buffer = SendBuffer::new();
        buffer.put(b"one ");
        buffer.put_bytes(Bytes::from(vec![b'x'; 1200]));
        buffer.put(b" two ");
        buffer.put_bytes(Bytes::from_static(b"small"));
        assert_eq!(buffer.len(), 4 + 1200 + 5 + 5);
        let mut slices = [IoSlice::new(&[]); 8];
        assert_eq!(buffer.chunks_vectored(&mut slices), 3);
        let all = drained(&mut buffer);
        assert!(all.starts_with(b"one xxx") && all.ends_with(b"x two small"));
        assert_eq!((buffer.len(), buffer.written()), (0, 1214));
    }

    #[test]
    fn passes_large_pieces_through_uncopied() {
        let body = Bytes::from(vec![1; 4096]);
        let mut buffer = SendBuffer::new();
        buffer.put_bytes(body.clone());
        assert_eq!(buffer.chunk().as_ptr(), body.as_ptr());
        let piece = buffer.take_piece(usize::MAX).expect("there is one");
        assert_eq!(piece.as_ptr(), body.as_ptr());
    }

    #[test]
    fn takes_pieces_of_at_most_the_length_that_is_asked_for() {
        let mut buffer = SendBuffer::new();
        buffer.put(b"one ");
        buffer.put_bytes(Bytes::from(vec![b'x'; 2000]));
        buffer.put(b" two");
        let mut all = Vec::new();
        while let Some(piece) = buffer.take_piece(300) {
            assert!(piece.len() <= 300);
            all.extend_from_slice(&piece);
            assert_eq!(buffer.len() + all.len(), 2008);
        }
        assert!(all.starts_with(b"one xxx") && all.ends_with(b"xxx two"));
        assert_eq!((buffer.len(), buffer.written()), (0, 2008));
    }

    #[test]
    fn gives_its_memory_back() {
        let mut buffer = SendBuffer::new();
        for _ in 0..10_000 {
            buffer.put(b"250 ok\r\n");
        }
        let len = buffer.len();
        buffer.advance(len);
        assert!(buffer.tail.capacity() <= SendBuffer::KEEP);
    }

    /// An empty rest of a large block pins all of it, however short the rest.
    #[test]
    fn gives_a_block_back_that_was_filled_to_its_end() {
        fn held(mut empty: SendBuffer) -> usize {
            assert!(empty.is_empty());
            // Without another owner of the block, this finds all of it.
            let _ = empty.tail.try_reclaim(usize::from(u16::MAX));
            empty.tail.capacity()
        }
        let full = || {
            let mut buffer = SendBuffer::new();
            buffer.tail.reserve(64 * 1024);
            let room = buffer.tail.capacity() - 10;
            buffer.put(&vec![b'x'; room]);
            buffer
        };
        let mut at_once = full();
        at_once.advance(at_once.len());
        assert!(held(at_once) <= SendBuffer::KEEP);

        let mut bit_by_bit = full();
        while !bit_by_bit.is_empty() {
            bit_by_bit.advance(bit_by_bit.len().min(1000));
        }
        assert!(held(bit_by_bit) <= SendBuffer::KEEP);

        let mut in_pieces = full();
        while in_pieces.take_piece(1000).is_some() {}
        assert!(held(in_pieces) <= SendBuffer::KEEP);

        let mut sealed = full();
        sealed.put_bytes(Bytes::from(vec![b'y'; SendBuffer::COPY_BELOW]));
        assert_eq!(sealed.queue.len(), 2);
        sealed.advance(sealed.len());
        assert!(held(sealed) <= SendBuffer::KEEP);
    }

    /// A password goes out through here.
    #[test]
    fn prints_nothing_of_what_it_holds() {
        let mut buffer = SendBuffer::new();
        buffer.put(b"AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n");
        buffer.put_bytes(Bytes::from(b"secret".repeat(400)));
        assert_eq!(format!("{buffer:?}"), "SendBuffer { len: 2433, written: 0 }");
    }

    #[test]
    fn writes_numbers() {
        for (number, text) in [(0, "0"), (10, "10"), (u64::MAX, "18446744073709551615")] {
            let mut out = Vec::new();
            out.put_number(number);
            assert_eq!(out, text.as_bytes());
        }
    }
}
