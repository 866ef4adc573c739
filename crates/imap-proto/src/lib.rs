//! IMAP as a sans-IO library: parser, encoder, client and server sessions.
//!
//! IMAP4rev1 (RFC 3501) and the shapes of IMAP4rev2 (RFC 9051), without a socket, a clock, a thread
//! or a mailbox store. Everything here is a plain value: octets go in, events come out, answers go
//! in, octets come out.
//!
//! # The loop
//!
//! Both ends are [`mail_wire::Session`]s: two buffers, and one question. Here they talk to each
//! other; with a driver of [`mail_wire::drive`] each talks to a socket.
//!
//! ```
//! use std::time::Instant;
//!
//! use bytes::Buf;
//! use imap_proto::{State, client, server};
//! use mail_errors::Secret;
//! use mail_sasl::Credentials;
//! use mail_wire::{Next, Session};
//!
//! /// Carries what one end has to say to the other.
//! fn carry(from: &mut impl Session, to: &mut impl Session) {
//!     let (_, out) = from.buffers();
//!     let octets = out.copy_to_bytes(out.remaining());
//!     to.buffers().0.extend_from_slice(&octets);
//! }
//!
//! // Loopback: no TLS. Left alone, both configurations insist on it.
//! let mut server = server::Server::new(
//!     server::Config::new().plaintext_login(server::PlaintextLogin::Allow),
//! );
//! let mut client = client::Client::new(
//!     client::Config::new()
//!         .tls(client::Tls::Never)
//!         .plaintext_login(client::PlaintextLogin::Allow),
//! );
//! client.log_in(Credentials::new("tim", Secret::from("tanstaaf"))?)?;
//! # #[expect(clippy::disallowed_methods)]
//! let now = Instant::now();
//! while client.state() != State::Authenticated {
//!     while let Next::Event(event) = server.next_event(now)? {
//!         if let server::Event::Login(login) = event {
//!             assert_eq!(login.user(), "tim");
//!             server.authenticated()?; // having checked the password
//!         }
//!     }
//!     carry(&mut server, &mut client);
//!     while let Next::Event(event) = client.next_event(now)? {
//!         println!("{event:?}");
//!     }
//!     carry(&mut client, &mut server);
//! }
//! assert_eq!(server.state(), client.state());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The layer below
//!
//! Whoever wants lines and not sessions parses and encodes by themselves. What is parsed borrows
//! from the frame and allocates nothing; `into_owned` copies it once.
//!
//! ```
//! use imap_proto::{CommandBody, FetchItem, encode, encode::LiteralMode, parse};
//!
//! let command = parse::command(b"a1 UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (From)])")?;
//! let CommandBody::Fetch { uid: true, set, items } = &command.body else { panic!() };
//! assert_eq!(set.resolve(23).ranges().collect::<Vec<_>>(), [(1, 23)]);
//! assert_eq!(items.iter().next(), Some(FetchItem::Flags));
//!
//! let encoded = encode::command(&command, LiteralMode::Plus);
//! assert!(encoded.as_bytes().ends_with(b"(FLAGS BODY.PEEK[HEADER.FIELDS (From)])\r\n"));
//! # Ok::<(), mail_errors::ParseError>(())
//! ```
//!
//! # Contents
//!
//! | where | what |
//! |---|---|
//! | [`client`], [`server`] | the two ends of a conversation |
//! | [`view`], [`hub`] | a session's numbers against UIDs, and what other sessions changed |
//! | [`search_match`] | whether SEARCH finds a message |
//! | [`Command`], [`Response`] | what clients and servers say, and the parts of it |
//! | [`SequenceSet`], [`UidSet`], [`NumberSet`] | sets of messages, which stay ranges |
//! | [`MailboxName`], [`utf7`] | names of mailboxes and their two forms |
//! | [`frame`] | where commands and responses begin and end, and their literals |
//! | [`parse`], [`encode`] | the grammar, both ways |
//! | [`state`] | the one table of states, for both ends |
//! | [`CommandLimits`], [`ResponseLimits`], [`Profile`] | what is borne, and what is tolerated |
//! | [`Deviation`], [`Defects`] | what servers get wrong and was read all the same |
//!
//! # Not supported
//!
//! * ENVELOPE, BODYSTRUCTURE and NAMESPACE are carried [raw](Raw), checked for balance alone.
//! * [`Defects`] are told by [`parse::response_noting`]. The client's session does not ask for them.
//! * CONDSTORE, QRESYNC, MULTIAPPEND, CATENATE, SORT, THREAD, METADATA, ACL and QUOTA. Their
//!   responses arrive as unknown data, codes and items, none of which is lost.

mod binding;
mod capability;
mod clock;
mod code;
mod command;
mod date;
pub mod encode;
mod fetch;
mod flag;
pub mod frame;
mod limits;
mod list;
mod mailbox;
mod numbers;
pub mod parse;
mod profile;
mod response;
mod search;
mod section;
mod sequence;
pub mod state;
mod status;
mod text;
pub mod utf7;
mod wire_list;

pub mod client;
pub mod hub;
pub mod search_match;
pub mod server;
pub mod view;

pub use capability::{Capabilities, Capability};
pub use code::{Charsets, Code, CodeText, PlainCode};
pub use command::{
    Append, Authenticate, Command, CommandBody, LiteralHeader, Login, Search, SearchReturn,
    StoreAction,
};
pub use date::{Date, DateTime};
pub use fetch::{BodyText, FetchAttribute, FetchAttributes, FetchItem, FetchItems, FetchMacro};
pub use flag::{Flag, FlagName, Flags};
pub use limits::{CommandLimits, ResponseLimits};
pub use list::{
    Delimiter, List, ListPattern, ListPatterns, ListReturn, ListSelect, MailboxAttribute,
    MailboxAttributes, MailboxListing,
};
pub use mailbox::{MailboxName, NameForm};
pub use numbers::NumberSet;
pub use profile::{Defect, Defects, Deviation, Profile};
pub use response::{
    Esearch, EsearchResult, EsearchResults, Fetched, IdField, IdFields, Response, ResponseText,
    SearchNumbers, Status, UnknownData,
};
pub use search::{Branches, Expr, MAX_DEPTH, Query, SearchKey};
pub use section::{HeaderNames, Part, Partial, Section, SectionText};
pub use sequence::{SequenceNumber, SequenceRange, SequenceSet, UidSet};
pub use state::{Access, Greeting, Outcome, State, Verb};
pub use status::{MailboxStatus, StatusItem, StatusItems, StatusValue, StatusValues};
pub use text::{Atom, IString, Raw, Tag, Text};
