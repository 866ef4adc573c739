//! SCRAM (RFC 5802, RFC 7677): the keys, the four messages, and what each end makes of them.

mod client;
mod hash;
mod keys;
mod messages;
mod server;

pub use hash::ScramHash;
pub use keys::ScramKeys;

pub(crate) use client::{Begun, Signed};
pub(crate) use messages::{decode_saslname, saslname};
pub(crate) use server::{Asked, Challenged};
