//! What the mail protocols share on a wire: the [`Session`] contract, buffers, framing, deadlines,
//! and the drivers that join a session to a connection.
//!
//! A session is one end of one conversation, without the connection: octets from the peer go into
//! one buffer, octets for the peer come out of another, and [`Session::next_event`] says what
//! happened or what must happen next. Time is its argument. So one driver serves all protocols, and
//! so do one contract test and one pair of ends under a clock that jumps.
//!
//! # The loop
//!
//! Who keeps the contract need not know the network, and who drives need not know the protocol.
//! Here is a session that greets whoever gives a name, between a connection and an application:
//!
//! ```
//! use std::{
//!     io::{Read, Write},
//!     net::{TcpListener, TcpStream},
//!     thread,
//!     time::{Duration, Instant},
//! };
//!
//! use bytes::{Buf, BytesMut};
//! use mail_errors::{Fault, FaultKind};
//! use mail_wire::drive::{Driven, blocking::drive};
//! use mail_wire::{
//!     COMMAND_BLOCK, Deadlines, Goodbye, Line, LineFramer, LineLimits, Next, SendBuffer, Session,
//!     Sink, Upgraded, reserve_block,
//! };
//!
//! #[derive(Default)]
//! struct Greeter {
//!     input: BytesMut,
//!     output: SendBuffer,
//!     lines: LineFramer,
//!     deadlines: Deadlines<()>,
//!     eof: bool,
//!     closed: bool,
//!     failed: Option<Violation>,
//! }
//!
//! /// What the peer can do wrong.
//! #[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
//! enum Violation {
//!     #[error("no line within a minute")]
//!     TimedOut,
//!     #[error("a line longer than 64 octets")]
//!     TooLong,
//!     #[error("the connection ended within a line")]
//!     Torn,
//!     #[error("there is nothing to upgrade")]
//!     Upgrade,
//! }
//!
//! impl Fault for Violation {
//!     fn kind(&self) -> FaultKind {
//!         match self {
//!             Self::TimedOut => FaultKind::TimedOut,
//!             Self::TooLong => FaultKind::LimitExceeded,
//!             Self::Torn => FaultKind::Disconnected,
//!             Self::Upgrade => FaultKind::Misuse,
//!         }
//!     }
//! }
//!
//! impl Greeter {
//!     /// The answer of the application, which owns the words.
//!     fn greet(&mut self, name: &str) {
//!         self.output.put(b"hello ");
//!         self.output.put(name.as_bytes());
//!         self.output.put(b"\r\n");
//!     }
//!
//!     fn fail(&mut self, violation: Violation) -> Violation {
//!         *self.failed.get_or_insert(violation)
//!     }
//! }
//!
//! impl Session for Greeter {
//!     type Event = String;
//!     type Error = Violation;
//!
//!     fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
//!         reserve_block(&mut self.input, COMMAND_BLOCK);
//!         (&mut self.input, &mut self.output)
//!     }
//!
//!     fn recv_eof(&mut self) {
//!         self.eof = true;
//!     }
//!
//!     fn next_event(&mut self, now: Instant) -> Result<Next<String>, Violation> {
//!         if let Some(violation) = self.failed {
//!             return Err(violation); // the same for ever
//!         }
//!         if self.closed {
//!             return Ok(Next::Closed);
//!         }
//!         self.deadlines.set_once((), now + Duration::from_secs(60));
//!         let until = self.deadlines.next();
//!         if self.output.len() > 1024 {
//!             return Ok(Next::NeedOutput { until });
//!         }
//!         match self.lines.next(&mut self.input, LineLimits { line: 64, swallow: 1024 }) {
//!             Line::Whole { text, octets, .. } => {
//!                 let name = String::from_utf8_lossy(&self.input[..text]).into_owned();
//!                 self.input.advance(octets);
//!                 self.deadlines.clear(());
//!                 Ok(Next::Event(name))
//!             }
//!             Line::TooLong { .. } | Line::Endless => Err(self.fail(Violation::TooLong)),
//!             Line::Starved if self.eof && self.input.is_empty() => {
//!                 self.closed = true;
//!                 Ok(Next::Closed)
//!             }
//!             Line::Starved if self.eof => Err(self.fail(Violation::Torn)),
//!             Line::Starved if self.deadlines.expired(now).is_some() => {
//!                 Err(self.fail(Violation::TimedOut))
//!             }
//!             Line::Starved => Ok(Next::NeedInput { until }),
//!         }
//!     }
//!
//!     fn upgraded(&mut self, _: Upgraded) -> Result<(), Violation> {
//!         Err(self.fail(Violation::Upgrade))
//!     }
//!
//!     fn close(&mut self, _: Goodbye) {
//!         self.closed = true;
//!     }
//! }
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let mut peer = TcpStream::connect(listener.local_addr()?)?;
//! let (mut connection, _) = listener.accept()?;
//! let served = thread::spawn(move || {
//!     let mut greeter = Greeter::default();
//!     loop {
//!         // Reads, writes and waits until there is something for the application.
//!         match drive(&mut greeter, &mut connection, None)? {
//!             Driven::Event(name) => greeter.greet(&name),
//!             other => return Ok::<_, mail_wire::drive::DriveError<Violation>>(other),
//!         }
//!     }
//! });
//!
//! peer.write_all(b"world\r\nmoon\r\n")?;
//! peer.shutdown(std::net::Shutdown::Write)?;
//! let mut said = String::new();
//! peer.read_to_string(&mut said)?;
//! assert_eq!(said, "hello world\r\nhello moon\r\n");
//! assert_eq!(served.join().expect("no panic")?, Driven::Closed);
//!
//! // Feature `test-util`: the contract, whole and cut at every offset.
//! use mail_wire::testing::{Act, contract};
//! let act = |greeter: &mut Greeter, name: String| {
//!     greeter.greet(&name);
//!     Act::Log(name)
//! };
//! contract(|| (Greeter::default(), act), &[b"world\r\nmo", b"on\r\n"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Contents
//!
//! | where | what |
//! |---|---|
//! | [`Session`], [`Next`], [`Upgrade`], [`Goodbye`] | the contract |
//! | [`drive`] | drivers for blocking streams and tokio; [`drive::Tapped`] looks at the octets |
//! | `layered` | TLS under a session, from the start or in mid-connection |
//! | [`TlsInfo`] | what a session is told of the TLS under it |
//! | [`proxy`] | the PROXY protocol in front of a session: who the client behind a proxy is |
//! | [`LineFramer`] | lines under limits, no octet looked at twice |
//! | [`DotStuffer`], [`DotUnstuffer`], [`BareNewline`] | bodies up to a lone dot, RFC 5321 4.5.2 |
//! | [`LineEnds`] | bodies of a known length, RFC 3030 |
//! | [`SendBuffer`], [`Sink`] | what is to be sent: lines gathered, large pieces uncopied |
//! | [`reserve_block`], [`take_piece`], [`shrink`] | the one policy for room in receive buffers |
//! | [`Deadlines`], [`Pace`] | named times; they stop while the application thinks |
//! | [`grammar`] | what the protocols' parsers are made of |
//! | [`deviations!`], [`profile!`] | what a crate's parsers tolerate, and the report of it |
//! | `testing` | the contract as a test, dialogues cut everywhere, two ends under one clock |
//!
//! # Features
//!
//! None is on by default, and none changes what the others do.
//!
//! | feature | what |
//! |---|---|
//! | `tokio` | the driver for tokio, `drive::tokio` |
//! | `rustls` | `layered`, with rustls 0.23; the blocking driver over `rustls::StreamOwned` |
//! | `test-util` | `testing` |
//!
//! # Not supported
//!
//! COMPRESS=DEFLATE (RFC 4978): a session can ask for it, and `Layered` passes the question on.

mod buffer;
mod deadlines;
mod deviations;
mod dots;
pub mod drive;
#[cfg(feature = "rustls")]
mod end_point;
pub mod grammar;
#[cfg(feature = "rustls")]
pub mod layered;
mod line;
mod line_ends;
pub mod proxy;
mod send;
mod session;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod tls_info;

pub use buffer::{BODY_BLOCK, COMMAND_BLOCK, reserve_block, shrink, take_piece};
pub use deadlines::{Deadlines, Pace, later};
pub use dots::{BareOctet, BodyPiece, DotStuffer, DotUnstuffer, Terminator, Unstuffed};
pub use line::{BareNewline, Line, LineFramer, LineLimits};
pub use line_ends::LineEnds;
pub use send::{SendBuffer, Sink};
pub use session::{Goodbye, Next, Session, Upgrade, Upgraded};
pub use tls_info::{TlsInfo, TlsVersion};
