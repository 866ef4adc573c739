//! SASL exchanges for mail (RFC 4422), both ends, as steps.
//!
//! SMTP, POP3 and IMAP authenticate alike: the client names a [`Mechanism`], then lines of base64
//! go to and fro until the server says yes or no. This crate knows the mechanisms and the base64,
//! and nothing of the connection: an exchange is a plain value that is fed the peer's octets and
//! answers with what to send. There is no callback. A server that needs to know whether a password
//! is right says so ([`server::Step::Check`]) and is told later ([`server::Exchange::answer`]), so
//! the look-up may take its time, on any thread.
//!
//! # The loop
//!
//! Both ends of `AUTH LOGIN`, with the lines that would cross the wire:
//!
//! ```
//! use mail_errors::Secret;
//! use mail_sasl::framing::{Decoded, decode_challenge, decode_response, encode};
//! use mail_sasl::server::{Step, Verdict};
//! use mail_sasl::{Credentials, Mechanism, ScramKeys, client, server};
//!
//! // What the server keeps: keys, not the password.
//! let kept = ScramKeys::derive(&Secret::from("tanstaaf"), b"a salt per user!", 4096)?;
//!
//! let offered = [b"LOGIN".as_slice(), b"X-UNKNOWN"];
//! let mechanism = Mechanism::strongest(offered).expect("LOGIN is known");
//! let mut client =
//!     client::Exchange::new(mechanism, Credentials::new("tim", Secret::from("tanstaaf"))?)?;
//! let mut server = server::Exchange::new(mechanism);
//!
//! // Client: `AUTH LOGIN`, with the initial response behind it when there is one.
//! let initial = client.initial();
//! let mut step = server.start(initial.as_ref().map(Secret::expose))?;
//! loop {
//!     step = match step {
//!         // Server: `334 <base64>`; client: a line of base64.
//!         Step::Challenge(octets) => {
//!             let challenge = decode_challenge(encode(&octets).expose())?;
//!             let line = encode(client.step(&challenge)?.expose());
//!             match decode_response(line.expose())? {
//!                 Decoded::Response(response) => server.step(response.expose())?,
//!                 Decoded::Cancelled => unreachable!("this client does not give up"),
//!             }
//!         }
//!         Step::Check(credentials) => {
//!             assert_eq!(credentials.user(), "tim");
//!             let good = kept.verify_password(credentials.password());
//!             server.answer(if good { Verdict::Accept } else { Verdict::Refuse })?
//!         }
//!         // Server: `235`. The client makes sure that the server may say so already.
//!         Step::Accepted => break client.finish()?,
//!         Step::Refused => unreachable!("the password is right"),
//!     };
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Contents
//!
//! | where | what |
//! |---|---|
//! | [`Mechanism`] | PLAIN (RFC 4616) and LOGIN, their names and their order of strength |
//! | [`Credentials`] | who wants in, as whom, with which password |
//! | [`client`], [`server`] | the two ends of an exchange |
//! | [`framing`] | the base64 lines that all mail protocols share |
//! | [`ScramKeys`] | what a server keeps in place of a password (RFC 5802, RFC 7677) |
//! | [`apop`] | the digest of POP3's APOP command (RFC 1939) |
//! | [`limits`] | how long things may be |
//!
//! # Not supported
//!
//! - SASLprep (RFC 4013) and its successors. Names and passwords are used octet by octet, which is
//!   the same thing as long as they are printable ASCII. Any other password verifies only if the
//!   client sends the very octets from which the keys were derived.
//! - SCRAM as an exchange: its keys are here, its messages are not.
//! - Security layers. Mail has TLS for that.

mod credentials;
mod error;
mod login;
mod mechanism;
mod plain;
mod scram;

pub mod apop;
pub mod client;
pub mod framing;
pub mod limits;
pub mod server;

pub use credentials::Credentials;
pub use error::SaslError;
pub use mechanism::Mechanism;
pub use scram::ScramKeys;
