//! Who is to blame when mail fails, and what to do about it.
pub mod diagnosis;
mod enhanced;
mod fault;
pub mod registry;
mod reply;
mod reply_code;
mod secret;

pub use enhanced::{EnhancedClass, EnhancedStatusCode};
pub use fault::{Fault, FaultKind, Misuse, ParseError};
pub use reply::Reply;
pub use reply_code::{ReplyClass, ReplyCode};
pub use secret::Secret;
