//! What a failure means: its reason, whether to try again, whether the address is dead.

mod blocklist;
mod classification;
mod classifier;
mod client;
mod codes;
mod failure;
mod find;
mod labels;
mod lexicon;
mod message;
mod provider;
mod reason;
mod recipient;
mod rules;
mod scan;
mod scores;
mod server;
mod sets;

pub use blocklist::Blocklist;
pub use classification::{Classification, Confidence, Evidence};
pub use classifier::Classifier;
pub use failure::{ConnectionOutcome, DnsOutcome, Failure, Stage, TlsOutcome, What};
pub use provider::Provider;
pub use reason::{Blame, Reason, Retry, Scope};
