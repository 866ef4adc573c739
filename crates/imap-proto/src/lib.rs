//! IMAP as a sans-IO library: parser, encoder, client and server sessions.

mod capability;
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
pub use profile::Profile;
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
