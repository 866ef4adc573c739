//! The service extensions of RFC 5321 2.2 that are known here.

mod body_type;
mod capabilities;

pub use body_type::BodyType;
pub use capabilities::{Capabilities, Mechanisms, Offer, RawOffer};
