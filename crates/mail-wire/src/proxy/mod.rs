//! The PROXY protocol, versions 1 and 2: what a proxy says in front of a connection about where that
//! came from. Sections are those of haproxy's `proxy-protocol.txt`.
//!
//! [`Header`] is the value, read from octets and written to them. [`Preceded`] is a session behind
//! such a header, whatever the protocol: it reads the header under [`Limits`], tells it as
//! [`Event::Header`] before the session inside is asked for the first time, so before TLS and
//! before the greeting, and from then on is out of the way. What follows the header in the same
//! read goes to the session, or to its TLS layer.
//!
//! Only those who are configured as proxies may say who somebody else is (section 5):
//! [`Preceded::at_door`] expects a header from the peers in [`Trusted`] and from nobody else. A
//! header from another peer is for the session inside like anything else that is not of its
//! protocol.
//!
//! ```
//! use std::net::IpAddr;
//!
//! use mail_wire::{Next, Session, proxy::{Event, Limits, Network, Preceded, Trusted}};
//! # use mail_wire::drive::Tapped;
//! # #[derive(Default)]
//! # struct Server(bytes::BytesMut, mail_wire::SendBuffer, bool);
//! # #[derive(Debug, Clone, thiserror::Error)] #[error("")] struct Never;
//! # impl mail_errors::Fault for Never {
//! #     fn kind(&self) -> mail_errors::FaultKind { mail_errors::FaultKind::Misuse }
//! # }
//! # impl Session for Server {
//! #     type Event = (); type Error = Never;
//! #     fn buffers(&mut self) -> (&mut bytes::BytesMut, &mut mail_wire::SendBuffer) {
//! #         (&mut self.0, &mut self.1)
//! #     }
//! #     fn recv_eof(&mut self) {}
//! #     fn next_event(&mut self, _: std::time::Instant) -> Result<Next<()>, Never> {
//! #         if !std::mem::replace(&mut self.2, true) {
//! #             mail_wire::Sink::put(&mut self.1, b"220 mx.example\r\n");
//! #         }
//! #         Ok(Next::NeedInput { until: None })
//! #     }
//! #     fn upgraded(&mut self, _: mail_wire::Upgraded) -> Result<(), Never> { Ok(()) }
//! #     fn close(&mut self, _: mail_wire::Goodbye) {}
//! # }
//! # let server = Server::default();
//! # let now = mail_wire::testing::start();
//!
//! let trusted = Trusted::new([Network::parse("192.0.2.0/24")?]);
//! let peer: IpAddr = "192.0.2.7".parse()?;
//! let mut session = Preceded::at_door(server, peer, &trusted, Limits::default());
//!
//! // What a driver reads: the header, and behind it what the client has said already.
//! let read = b"PROXY TCP4 198.51.100.22 203.0.113.7 35646 25\r\nEHLO client.example\r\n";
//! session.buffers().0.extend_from_slice(read);
//! let Next::Event(Event::Header(header)) = session.next_event(now)? else { panic!("no header") };
//! assert_eq!(header.source(), Some("198.51.100.22:35646".parse()?));
//! assert!(session.buffers().1.is_empty(), "the server has not greeted yet");
//! let _ = session.next_event(now)?;
//! assert_eq!(bytes::Buf::chunk(session.buffers().1), b"220 mx.example\r\n");
//! assert_eq!(&**session.buffers().0, b"EHLO client.example\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Who sends a header, [encodes](Header::encode) it into the buffer of its client's session before
//! that is driven for the first time.
//!
//! # Not supported
//!
//! A header inside of TLS. The certificate in `PP2_SUBTYPE_SSL_CLIENT_CERT` is not looked into.

mod crc32c;
mod encode;
mod error;
mod header;
mod parse;
mod preceded;
pub mod tlv;
mod trusted;

pub use error::{Error, PrecededError};
pub use header::{Header, Transport, Version};
pub use preceded::{Event, Limits, Preceded};
pub use tlv::{Ssl, Tlv, Tlvs};
pub use trusted::{Network, NetworkError, Trusted};
