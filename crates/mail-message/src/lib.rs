//! A mail message as byte ranges: header fields, addresses, dates, encoded words, the MIME tree.
//!
//! Nothing here does I/O, and nothing copies a message: a [`Message`] is a view of octets that
//! somebody else keeps, and knows where things stand in them. Everything is lazy and takes one
//! pass, whatever the octets are. Any octets are a message: what no RFC allows is passed over or
//! told, and never loses the rest.
//!
//! # Reading
//!
//! ```
//! use mail_message::{DateTime, Message, address};
//!
//! let raw = b"Received: from x.test by mx.example.org; Fri, 21 Nov 1997 10:01:22 -0600\r\n\
//!     From: =?UTF-8?Q?J=C3=B6rg?= <joerg@x.test>\r\n\
//!     To: Mary Smith\r\n <mary@example.net>, jdoe@example.org\r\n\
//!     Subject: =?ISO-8859-1?Q?Gr=FC=DFe?=\r\n\
//!     Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n\
//!     \r\n\
//!     This is a message just to say hello.\r\n";
//!
//! let message = Message::new(raw);
//! assert!(message.body().starts_with(b"This is"));
//!
//! let header = message.header();
//! assert_eq!(header.hops(), 1);
//! assert_eq!(header.field("subject").map(|field| field.text()).as_deref(), Some("Grüße"));
//!
//! let date = header.field("date").expect("it has one");
//! let date = DateTime::parse(date.raw_value())?;
//! assert_eq!((date.date().year(), date.hour()), (1997, 9));
//!
//! let from = header.field("from").expect("it has one");
//! let author = address::mailboxes(from.raw_value()).next().expect("it names one");
//! assert_eq!(author.display_name().as_deref(), Some("Jörg"));
//!
//! let to = header.field("to").expect("it has one");
//! assert_eq!(address::mailboxes(to.raw_value()).count(), 2);
//! # Ok::<(), mail_message::ParseError>(())
//! ```
//!
//! # Writing
//!
//! [`compose::Draft`] writes a text message that needs no checking afterwards; there is an example
//! at [`compose`].
//!
//! # Contents
//!
//! | where | what |
//! |---|---|
//! | [`Message`], [`HeaderEnd`] | where the header ends, at once or while it arrives |
//! | [`Header`], [`Field`] | fields by order and by name, their ranges, their folding |
//! | [`Date`], [`DateTime`] | dates as mail writes them |
//! | [`address`] | address lists with groups |
//! | [`encoded_word`] | text outside of ASCII |
//! | [`MessageIdRef`] | message identifiers, one or many in a field |
//! | [`mime`] | the tree of parts: content types, parameters, transfer encodings |
//! | [`compose`] | writes a message |
//! | [`Limits`] | how much of a header a server takes |
//!
//! # Not supported
//!
//! - IMAP's ENVELOPE and BODYSTRUCTURE as such; what they are made of is here.
//! - Lines that end in CR alone.

mod byte_set;
mod date;
mod error;
mod header;
mod lexer;
mod limits;
mod message;
mod message_id;

pub mod address;
pub mod compose;
pub mod encoded_word;
pub mod mime;

pub use date::{Date, DateTime};
pub use error::ParseError;
pub use header::{Field, Header, Items, NotAField, unfold};
pub use limits::{Limits, OverLimit};
pub use message::{HeaderEnd, Message};
pub use message_id::MessageIdRef;
