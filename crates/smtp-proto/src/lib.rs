//! SMTP (RFC 5321) as a sans-IO library: a parser, an encoder, and both ends of a conversation as
//! [sessions](mail_wire::Session) that own no socket, no clock and no thread.
//!
//! # The loop
//!
//! A session is two buffers and one question. A driver of [`mail_wire::drive`] moves the octets
//! and asks; the application acts on the events. Both ends, over a real connection:
//!
//! ```
//! use std::{net::{TcpListener, TcpStream}, thread};
//!
//! use mail_wire::drive::{Driven, blocking::drive};
//! use smtp_proto::{Domain, Mailbox};
//! use smtp_proto::client::{Client, Envelope, Outcome, TlsPolicy, deliver};
//! use smtp_proto::server::{Event, Server, replies};
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let config = smtp_proto::server::Config::new(&Domain::parse("mx.example.com")?);
//! let receiving = thread::spawn(move || {
//!     let (mut stream, _) = listener.accept().expect("somebody connects");
//!     let (mut server, mut message) = (Server::new(config), Vec::new());
//!     while let Ok(Driven::Event(event)) = drive(&mut server, &mut stream, None) {
//!         let answered = match event {
//!             Event::Rcpt(rcpt) => match rcpt.forward_path().mailbox() {
//!                 Some(to) if to.domain().as_name() == Some("example.com") => server.accept(),
//!                 _ => server.reply(replies::RELAY_DENIED),
//!             },
//!             Event::Body(octets) => Ok(message.extend_from_slice(&octets)),
//!             // MAIL, DATA and the end of the message. Store it first: 250 takes responsibility.
//!             _ if server.owes().is_some() => server.accept(),
//!             _ => Ok(()),
//!         };
//!         answered.expect("each is answered once, in kind");
//!     }
//!     message
//! });
//!
//! let config = smtp_proto::client::Config::new(Domain::parse("[127.0.0.1]")?);
//! let mut client = Client::new(config.tls(TlsPolicy::Never));
//! let mut stream = TcpStream::connect(address)?;
//! let envelope = Envelope::new(Mailbox::parse("alice@example.net")?)
//!     .to(Mailbox::parse("bob@example.com")?)
//!     .to(Mailbox::parse("eve@example.org")?);
//! let text = &b"Subject: lunch\r\n\r\nNoon?\r\n"[..];
//! let delivered = deliver(&mut client, |client| client, &mut stream, envelope, text);
//!
//! assert!(matches!(delivered.outcomes[0], Outcome::Accepted(_)));
//! assert!(matches!(&delivered.outcomes[1], Outcome::Refused { reply, .. }
//!     if reply.to_string() == "550 5.7.1 relaying denied"));
//! assert_eq!(receiving.join().expect("the server is done"), text);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! TLS is a layer around a session (`mail_wire::layered`, feature `rustls` there) or around the
//! stream; sessions only say when it has to be in place.
//!
//! # Contents
//!
//! | where | what | RFC |
//! |---|---|---|
//! | [`server`] | the server's session: [MX and submission](server::Config), LMTP | 5321, 6409, 2033, 3030, 4954 |
//! | [`client`] | the client's session, and [`client::deliver`] | 5321, 2920, 3207, 4954 |
//! | [`Mailbox`], [`Domain`], [`ReversePath`], [`ForwardPath`] | addresses | 5321 4.1.2 |
//! | [`Command`], [`MailParams`], [`RcptParams`] | what clients say | 5321 4.1.1 |
//! | [`ReplyReader`] | what servers say, as [`mail_errors::Reply`] | 5321 4.2, 2034 |
//! | [`Capabilities`] | what servers offer: SIZE, 8BITMIME, ... | 1870, 6152, 2920, 4954 |
//! | [`State`], [`Verb`], [`Severity`] | the table that both ends go by | 5321 3 |
//! | [`Profile`], [`Deviation`], [`Defect`] | what is tolerated, and the report of it | |
//! | [`limits`] | how much, how long, how many | 5321 4.5.3 |
//! | [`parse`], [`encode`] | the layer below: lines to views without a copy, and back | 5321 4 |
//! | `codec` | commands and replies as frames of tokio-util (feature `codec`) | 5321 4, 3030 |
//!
//! Whatever leaves a session is an owned value; the bodies of messages leave the server in slices
//! of its receive buffer, and reach the client as the application gives them. No line end but CRLF
//! gets in or out (see [`mail_wire::BareNewline`]), and nothing that only looks like the end of a
//! message ends one.
//!
//! # Features
//!
//! `codec`, off by default: `CommandCodec` and `ReplyCodec` for `tokio_util::codec`.
//!
//! # Not supported
//!
//! * BURL (RFC 4468) is read and written, and no URL is ever fetched: a server answers it with 502, a
//!   client does not send it.
//! * What is to be done for DSN, DELIVERBY, FUTURERELEASE, MT-PRIORITY, RRVS and REQUIRETLS behind the
//!   conversation is the application's; a server offers of them what [`server::Config::offer`] says,
//!   and nothing else.
//! * Messages are octets: nothing is added to a header (`Received` is the application's, RFC 5321 4.4),
//!   nothing is put right in one (RFC 6409 8), and no message is turned into 7 bits for a server
//!   without 8BITMIME (RFC 6152 3).
//! * Domains are not mapped between UTF-8 and ASCII: see [`Domain`].
//! * TURN, SEND, SOML and SAML (RFC 5321 appendix F) and ATRN (RFC 2645) are not commands here.

mod address;
mod binding;
pub mod client;
mod clock;
#[cfg(feature = "codec")]
pub mod codec;
mod command;
pub mod encode;
mod extensions;
mod fault;
pub mod limits;
mod octets;
pub mod parse;
mod profile;
mod reply_reader;
pub mod server;
mod state;

pub use address::{
    Domain, DomainName, ForwardPath, LocalPart, Mailbox, ReversePath, TaggedLiteral,
};
pub use command::{AuthArguments, Command, HelloName, Lookup, Text};
pub use extensions::{
    Attribute, Attributes, BodyType, Burl, ByMode, Capabilities, Chunk, DeliverBy, EnvelopeId,
    Extension, Extensions, FutureRelease, Hold, HoldSeconds, Limits, MailParams, Notify, Offer,
    OriginalRecipient, Param, Priority, RawOffer, RcptParams, Ret, Solicitation, Submitter,
    Timestamp, Turn, TurnKind, ValidSince, WithoutSupport, Words, Xtext,
};
pub use fault::{CommandError, CommandFault};
pub use octets::Octets;
pub use profile::{Defect, Defects, Deviation, Profile};
pub use reply_reader::{Read, ReplyError, ReplyReader};
#[doc(hidden)]
pub use state::transitions;
pub use state::{Severity, State, Transition, Verb};

/// The workspace's README, so that its example is one that compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
