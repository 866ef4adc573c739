//! SMTP (RFC 5321) as a sans-IO library: parser, encoder, and both ends as sessions.

mod address;
pub mod client;
mod clock;
mod command;
pub mod encode;
mod extensions;
pub mod limits;
pub mod parse;
mod profile;
mod reply_reader;
pub mod server;
mod state;

pub use address::{
    Domain, DomainName, ForwardPath, LocalPart, Mailbox, ReversePath, TaggedLiteral,
};
pub use command::{AuthArguments, Command, HelloName, Param, Params, Text};
pub use extensions::{BodyType, Capabilities, Mechanisms, Offer, RawOffer};
pub use parse::{MailParams, ParamFault};
pub use profile::{Defect, Defects, Deviation, Profile};
pub use reply_reader::{Read, ReplyError, ReplyReader};
#[doc(hidden)]
pub use state::transitions;
pub use state::{Outcome, State, Transition, Verb};
