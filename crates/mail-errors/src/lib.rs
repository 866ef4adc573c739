//! Who is to blame when mail fails, and what to do about it.

mod fault;
mod secret;

pub use fault::{Fault, FaultKind, Misuse, ParseError};
pub use secret::Secret;
