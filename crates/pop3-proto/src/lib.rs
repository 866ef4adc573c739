//! POP3 (RFC 1939) as a sans-IO library: parser, encoder, and both ends as sessions.
//!
//! A session is a plain value: octets go in, octets come out, and
//! [`next_event`](mail_wire::Session::next_event) says what happened or what must happen next.
//! There is no socket, no clock and no thread inside; a driver from [`mail_wire::drive`] joins a
//! session to a connection, blocking or with tokio, with or without TLS.
//!
//! # Both ends of a maildrop
//!
//! A server for one message and a client that fetches and deletes it, over TCP:
//!
//! ```
//! use std::net::{TcpListener, TcpStream};
//! use std::thread;
//!
//! use bytes::Bytes;
//! use mail_errors::Secret;
//! use mail_sasl::Credentials;
//! use mail_wire::drive::{Driven, blocking::drive};
//! use pop3_proto::{Maildrop, MessageNumber, Response, ResponseCode, UniqueId, client, server};
//!
//! const MESSAGE: &[u8] = b"Subject: hello\r\n\r\n.dots are stuffed on the way.\r\n";
//!
//! fn serve(mut connection: TcpStream) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
//!     use server::{Config, Event, PlaintextLogin, Server};
//!
//!     // Without TLS, a password is taken only where that is said.
//!     let mut server = Server::new(Config::new().plaintext_login(PlaintextLogin::Allow));
//!     let mut deleted = 0;
//!     loop {
//!         let Driven::Event(event) = drive(&mut server, &mut connection, None)? else {
//!             return Ok(deleted);
//!         };
//!         match event {
//!             Event::Login(who) if who.password() == &Secret::from("tanstaaf") => {
//!                 server.accept(Maildrop::from_sizes([MESSAGE.len() as u64])?)?;
//!             }
//!             Event::Login(_) => {
//!                 server.refuse(&Response::err(ResponseCode::Auth, "wrong password")?)?;
//!             }
//!             Event::WantIds(_) => server.ids([UniqueId::new("one")?])?,
//!             // Messages are pulled piece by piece, whatever their size.
//!             Event::WantBody(want) if want.offset() == 0 => {
//!                 server.body(want.id(), Bytes::from_static(MESSAGE))?;
//!             }
//!             Event::WantBody(want) => server.body_end(want.id())?,
//!             // Only now is anything deleted, and the client is told after it was.
//!             Event::Commit(deletions) => {
//!                 deleted = deletions.len();
//!                 server.committed()?;
//!             }
//!             _ => {}
//!         }
//!     }
//! }
//!
//! fn fetch(mut connection: TcpStream) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
//!     use client::{Client, Config, Event, PlaintextLogin, Tls};
//!
//!     let config = Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow);
//!     let mut client = Client::new(config);
//!     client.login(Credentials::new("mrose", Secret::from("tanstaaf"))?)?;
//!     client.retr(MessageNumber::FIRST)?;
//!     let mut message = Vec::new();
//!     loop {
//!         match drive(&mut client, &mut connection, None)? {
//!             Driven::Event(Event::Body { octets, .. }) => message.extend_from_slice(&octets),
//!             // All of it is here: now it may go there.
//!             Driven::Event(Event::BodyEnd { .. }) => {
//!                 client.dele(MessageNumber::FIRST)?;
//!                 client.quit()?;
//!             }
//!             Driven::Event(Event::Refused { response, .. }) => return Err(response.to_string().into()),
//!             Driven::Event(_) => {}
//!             _ => return Ok(message),
//!         }
//!     }
//! }
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let client = TcpStream::connect(listener.local_addr()?)?;
//! let (connection, _) = listener.accept()?;
//! let server = thread::spawn(|| serve(connection));
//! assert_eq!(fetch(client)?, MESSAGE);
//! assert_eq!(server.join().expect("no panic").map_err(|error| error.to_string())?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a server decides, and what its users are told
//!
//! The [`server`] answers STAT, LIST, UIDL, DELE, RSET, NOOP, CAPA, UTF8 and LANG by itself, from the
//! sizes of the messages and from its [`server::Config`]: how users log in, how often they may
//! ([LOGIN-DELAY](server::Policy::login_delay)), whether what they fetched is kept or deleted
//! ([EXPIRE](server::Retention)), and in which languages it speaks.
//!
//! ```
//! use std::num::NonZeroU32;
//!
//! use mail_sasl::Mechanism;
//! use pop3_proto::server::{Config, Language, Policy, Retention, Tls, Utf8};
//!
//! let days = NonZeroU32::new(30).expect("more than none");
//! let config = Config::new()
//!     .tls(Tls::StartTls)
//!     .auth(&[Mechanism::ScramSha256, Mechanism::Plain])
//!     .policy(Policy::new().login_delay(60).retention(Retention::Days(days)))
//!     .utf8(Utf8::OfferedWithNames)
//!     .language(Language::english());
//! # let mut server = pop3_proto::server::Server::new(config);
//! # use {bytes::Buf, mail_wire::Session};
//! # server.buffers().0.extend_from_slice(b"CAPA\r\n");
//! # let _ = server.next_event(mail_wire::testing::start());
//! # let (_, out) = server.buffers();
//! # let said = out.copy_to_bytes(out.remaining());
//! # let said = std::str::from_utf8(&said).unwrap();
//! # assert!(said.contains("LOGIN-DELAY 60\r\nEXPIRE 30\r\nUTF8 USER\r\nLANG\r\n"), "{said}");
//! ```
//!
//! What was marked is deleted when the client says QUIT, and then alone: [`server::Event::Commit`]
//! asks for it and the answer says whether it was done. A connection that is lost deletes nothing.
//!
//! # Lines without a session
//!
//! For inspectors and programs of another make there are the grammar alone, in [`parse`] and
//! [`encode`], and frames for `tokio_util::codec`, in the module `codec` (feature `codec`).
//!
//! ```
//! use pop3_proto::{Defects, Profile, ResponseCode, encode, parse};
//!
//! let mut wire = Vec::new();
//! let command = parse::command(b"uidl 0007", Profile::STRICT, &mut Defects::new())?;
//! encode::command(&command, &mut wire);
//! assert_eq!(wire, b"UIDL 7\r\n");
//!
//! let line = b"-ERR [IN-USE] another session has it open";
//! let answer = parse::response(line, Profile::STRICT, &mut Defects::new())?;
//! assert_eq!(answer.code(), Some(ResponseCode::InUse));
//! # Ok::<(), mail_errors::ParseError>(())
//! ```
//!
//! # Contents
//!
//! | where | what |
//! |---|---|
//! | [`server`], [`client`] | the two machines, with their events, configuration and loop |
//! | [`Command`], [`Response`], [`Capabilities`] | what crosses the wire |
//! | [`LanguageTag`], [`LanguageRange`], [`LanguageListing`] | what LANG asks for and tells |
//! | [`ScanListing`], [`UniqueIdListing`], [`DropListing`] | what LIST, UIDL and STAT tell |
//! | [`Maildrop`], [`Deletions`] | what a server holds of the messages |
//! | [`State`] | where a conversation stands, the same at both ends |
//! | [`parse`], [`encode`] | lines to values and back |
//! | [`ServerLimits`], [`ClientLimits`] | how much is taken, how long is waited |
//! | [`Profile`] | which departures from the grammar are tolerated |
//! | [`Violation`] | why a conversation ended before its time |
//!
//! # What is supported
//!
//! RFC 1939 whole, with UIDL, TOP, USER, PASS and APOP; CAPA, PIPELINING and response codes
//! (RFC 2449), LOGIN-DELAY and EXPIRE from a policy; STLS and TLS from the start (RFC 2595, RFC 8314); the codes SYS and AUTH (RFC 3206);
//! AUTH with every mechanism of `mail-sasl` (RFC 5034, RFC 1734); UTF8 and LANG (RFC 6856).
//!
//! Not supported: downgrading of messages for clients without UTF8 (RFC 6858).
//!
//! # Features
//!
//! * `codec`: the adapters for `tokio_util::codec`.

mod binding;
mod capabilities;
pub mod client;
mod clock;
#[cfg(feature = "codec")]
pub mod codec;
mod command;
pub mod encode;
mod language;
mod limits;
mod listing;
mod maildrop;
mod message_number;
pub mod parse;
mod profile;
mod response;
pub mod server;
mod state;
mod text;
mod timestamp;
mod violation;

pub use capabilities::{Capabilities, Capability};
pub use command::{ApopDigest, AuthArguments, Command, Password, UserName, Verb};
pub use language::{LanguageListing, LanguageRange, LanguageTag};
pub use limits::{ClientLimits, ServerLimits};
pub use listing::{DropListing, ScanListing, UniqueId, UniqueIdListing};
pub use maildrop::{Deletions, Maildrop, Missing};
pub use message_number::MessageNumber;
pub use profile::{Defect, Defects, Deviation, Profile};
pub use response::{OtherCode, Response, ResponseCode, Status};
#[doc(hidden)]
pub use state::transitions;
pub use state::{State, Transition};
pub use text::Text;
pub use timestamp::Timestamp;
pub use violation::Violation;
