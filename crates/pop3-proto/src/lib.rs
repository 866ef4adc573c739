//! POP3.

mod capabilities;
pub mod client;
mod clock;
mod command;
pub mod encode;
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
pub use command::{ApopDigest, Command, Password, UserName, Verb};
pub use limits::{ClientLimits, ServerLimits};
pub use listing::{DropListing, ScanListing, UniqueId, UniqueIdListing};
pub use maildrop::{Deletions, Maildrop, Missing};
pub use message_number::MessageNumber;
pub use profile::{Deviation, Profile};
pub use response::{OtherCode, Response, ResponseCode, Status};
pub use state::State;
#[doc(hidden)]
pub use state::{Transition, transitions};
pub use text::Text;
pub use timestamp::Timestamp;
pub use violation::Violation;
