//! The one policy for spare room in receive buffers and for pieces that leave them.

use bytes::{Buf, Bytes, BytesMut};

/// Room that is asked for between commands, in octets.
pub const COMMAND_BLOCK: usize = 2 * 1024;

/// Room that is asked for inside of bodies, in octets.
pub const BODY_BLOCK: usize = 16 * 1024;

/// Makes sure that the next read has room: reserves a `block` only when less than an eighth of one
/// is left, so that one-octet reads fill a block before the next is taken.
pub fn reserve_block(input: &mut BytesMut, block: usize) {
    if input.capacity() - input.len() < block / 8 {
        input.reserve(block);
    }
}

/// Gives a large block back when little or nothing is in it, as at the end of a body.
pub fn shrink(input: &mut BytesMut) {
    if input.capacity() > COMMAND_BLOCK && input.len() <= COMMAND_BLOCK {
        let mut small = BytesMut::with_capacity(COMMAND_BLOCK);
        small.extend_from_slice(input);
        *input = small;
    }
}

/// Takes the first `octets` out of the input, as a piece for the application.
///
/// A piece shorter than a quarter of a block is copied, so that whoever keeps it pins at most four
/// times its size.
#[must_use]
pub fn take_piece(input: &mut BytesMut, octets: usize) -> Bytes {
    if octets >= BODY_BLOCK / 4 {
        return input.split_to(octets.min(input.len())).freeze();
    }
    let (head, _) = crate::grammar::cut(input, octets);
    let piece = Bytes::copy_from_slice(head);
    input.advance(piece.len());
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_octet_reads_take_one_block() {
        let mut input = BytesMut::new();
        reserve_block(&mut input, BODY_BLOCK);
        let first = input.as_ptr();
        for _ in 0..BODY_BLOCK / 2 {
            reserve_block(&mut input, BODY_BLOCK);
            input.extend_from_slice(b"x");
        }
        assert_eq!(input.as_ptr(), first);
    }

    #[test]
    fn copies_small_pieces_and_slices_large_ones() {
        let mut input = BytesMut::from(&[b'x'; BODY_BLOCK][..]);
        let start = input.as_ptr();
        assert_ne!(take_piece(&mut input, 5).as_ptr(), start);
        let start = input.as_ptr();
        assert_eq!(take_piece(&mut input, BODY_BLOCK / 2).as_ptr(), start);
    }

    #[test]
    fn gives_a_block_back_and_keeps_what_is_in_it() {
        let mut input = BytesMut::with_capacity(BODY_BLOCK);
        input.extend_from_slice(b"QUIT\r\n");
        shrink(&mut input);
        assert_eq!(&*input, b"QUIT\r\n");
        assert!(input.capacity() <= COMMAND_BLOCK);
    }
}
