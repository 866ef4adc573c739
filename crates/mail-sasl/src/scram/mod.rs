//! SCRAM (RFC 5802, RFC 7677): for now, what a server keeps. The exchange gets its own files here.

mod keys;

pub use keys::ScramKeys;
