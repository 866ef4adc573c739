//! Where commands and responses begin and end: lines, and literals within them.
//!
//! A [`CommandFramer`] or [`ResponseFramer`] looks at each octet once, however the octets come, and
//! hands out whole frames without the CRLF at their end, for [`parse`](crate::parse). Literals
//! that belong to a command or response are joined into it, up to a limit; the message of an
//! APPEND and the large texts of a FETCH come in pieces, at constant memory. What is over a limit
//! is read to its end and thrown away, so that the next command is found.
//!
//! A literal is taken for one only where the grammar has one: `* OK see {5}` is text, and so is
//! `{5}` within an open quoted string.

mod command;
mod response;
mod scan;

pub use command::{CommandFramer, CommandStep, Over};
pub use response::{FrameError, ResponseFramer, ResponseStep};
