//! What the measurements in `peers/` share: an allocator that counts, and the table at the end.

pub mod counting;
pub mod table;
