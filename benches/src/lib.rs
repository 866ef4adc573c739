//! What is measured: each operation once for us and once for each peer, over the same octets.
//!
//! `speed.rs` and `allocations.rs` run them. A function returns something of its result, so that no
//! work is optimised away, and panics if the octets are not understood.

pub mod dots;
pub mod imap;
pub mod smtp;

/// The name of an operation, of who carries it out, and the operation.
pub type Row = (&'static str, &'static str, fn() -> usize);

/// All rows but those of whole bodies.
pub fn rows() -> impl Iterator<Item = Row> {
    smtp::ROWS.iter().chain(imap::ROWS).copied()
}
