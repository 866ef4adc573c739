//! The service extensions of RFC 5321 2.2 that are known here, and the values that they bring.

mod body_type;
mod capabilities;
mod chunk;
mod delivery;
mod dsn;
mod extension;
mod offer;
mod params;
mod proxied;
mod solicitation;
mod submitter;
mod timestamp;
mod turn;
mod xtext;

pub use body_type::BodyType;
pub use capabilities::Capabilities;
pub use chunk::{Burl, Chunk};
pub use delivery::{ByMode, DeliverBy, Hold, HoldSeconds, Priority, ValidSince, WithoutSupport};
pub use dsn::{EnvelopeId, Notify, OriginalRecipient, Ret};
pub use extension::{Extension, Extensions};
pub use offer::{FutureRelease, Limits, Offer, RawOffer, Words};
pub(crate) use params::{MailFields, Range, RcptFields};
pub use params::{MailParams, Param, RcptParams};
pub use proxied::{Attribute, Attributes};
pub use solicitation::Solicitation;
pub use submitter::Submitter;
pub use timestamp::Timestamp;
pub use turn::{Turn, TurnKind};
pub use xtext::Xtext;
