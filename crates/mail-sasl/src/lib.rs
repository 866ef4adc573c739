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
//! Both ends, with the lines that would cross the wire. The server offers two mechanisms, and the
//! client takes the stronger one:
//!
//! ```
//! use mail_errors::Secret;
//! use mail_sasl::framing::{Decoded, decode_initial, decode_response, encode, encode_initial};
//! use mail_sasl::server::{Claim, Kept, Step, Verdict};
//! use mail_sasl::{Credentials, Mechanism, ScramKeys, client, server};
//!
//! // What the server keeps: keys, not the password.
//! let kept = ScramKeys::derive(&Secret::from("tanstaaf"), b"a salt per user!", 4096)?;
//!
//! let offered = [b"PLAIN".as_slice(), b"SCRAM-SHA-256"];
//! let tim = Credentials::new("tim", Secret::from("tanstaaf"))?;
//! let mut client = client::Exchange::choose(offered, tim, &client::Terms::new())?;
//! let mut server = server::Exchange::new(client.mechanism());
//!
//! // Client: `AUTH SCRAM-SHA-256`, with the initial response behind it when there is one.
//! let initial = client.initial().map(|response| encode_initial(response.expose()));
//! let initial = initial.map(|argument| decode_initial(argument.expose())).transpose()?;
//! let mut step = server.start(initial.as_ref().map(Secret::expose))?;
//! loop {
//!     step = match step {
//!         // Server: `334 <base64>`; client: a line of base64.
//!         Step::Challenge(octets) => {
//!             let line = client.respond(encode(&octets).expose())?;
//!             match decode_response(line.expose())? {
//!                 Decoded::Response(response) => server.step(response.expose())?,
//!                 Decoded::Cancelled => unreachable!("this client does not give up"),
//!             }
//!         }
//!         // What is kept of this user? The answer may take its time.
//!         Step::Lookup(lookup) => {
//!             assert_eq!(lookup.user(), "tim");
//!             server.supply(Kept::Keys(kept.clone()))?
//!         }
//!         // May this user come in?
//!         Step::Check(Claim::Proven(who)) => {
//!             assert_eq!(who.user(), "tim");
//!             server.answer(Verdict::Accept)?
//!         }
//!         Step::Check(_) | Step::Refused => unreachable!("the password is right"),
//!         // Server: `235`. The client makes sure that the server may say so already.
//!         Step::Accepted => break client.finish()?,
//!     };
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Contents
//!
//! | where | what |
//! |---|---|
//! | [`Mechanism`] | the mechanisms, their names and their order of strength |
//! | [`client::Identity`] | who a client is: [`Credentials`], a [`BearerToken`], or neither |
//! | [`client`], [`server`] | the two ends of an exchange |
//! | [`framing`] | the base64 lines that all mail protocols share |
//! | [`ScramKeys`] | what a server keeps in place of a password (RFC 5802, RFC 7677) |
//! | [`ChannelBindings`] | what ties an exchange to the TLS below it (RFC 5929, RFC 9266) |
//! | [`saslprep()`] | one form for names and passwords that look the same (RFC 4013) |
//! | [`apop`] | the digest of POP3's APOP command (RFC 1939) |
//! | [`limits`] | how long things may be |
//!
//! SCRAM-SHA-1 and SCRAM-SHA-256 with and without channel binding (RFC 5802, RFC 7677), CRAM-MD5
//! (RFC 2195), OAUTHBEARER (RFC 7628) and XOAUTH2, PLAIN (RFC 4616), LOGIN, EXTERNAL (RFC 4422
//! appendix A) and ANONYMOUS (RFC 4505).
//!
//! # Not supported
//!
//! - `tls-unique`, the channel binding of RFC 5929 section 3: TLS 1.3 has none (RFC 9266).
//! - Security layers. Mail has TLS for that.
//! - Kerberos and other mechanisms that need a third party of their own.

mod binding;
mod cram_md5;
mod credentials;
mod error;
mod login;
mod mechanism;
mod names;
mod nonce;
mod plain;
mod prepare;
mod scram;
mod token;

pub mod apop;
pub mod client;
pub mod framing;
pub mod limits;
pub mod server;

pub use binding::{BindingType, ChannelBindings};
pub use credentials::Credentials;
pub use error::SaslError;
pub use mechanism::Mechanism;
pub use nonce::Nonce;
pub use prepare::saslprep;
pub use scram::{ScramHash, ScramKeys};
pub use token::{BearerToken, TokenFailure};
