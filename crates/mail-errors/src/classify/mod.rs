//! What a failure means: its reason, whether to try again, whether the address is dead.
//!
//! A [`Failure`] is a reply, or what came instead of one; the [`Classifier`] says in a
//! [`Classification`] which [`Reason`] it has. Words weigh most, then the enhanced code, then the
//! reply code (RFC 5321 4.2.3): codes alone are poor witnesses, `550 5.7.1` is given for more than
//! a dozen reasons. Where nothing speaks clearly the reason is [`Reason::Unknown`].
//!
//! | what | where |
//! |---|---|
//! | [`Failure`], [`What`], [`Stage`], [`Provider`] | what failed, where, and with whom |
//! | [`Classifier`], [`Classification`], [`Evidence`], [`Confidence`], [`Blocklist`] | what it means, and by what |
//! | [`Reason`], [`Scope`], [`Retry`], [`Blame`] | the answers; [`Reason`] also knows what sisimai, KumoMTA and RFC 3463 call it |
//! | [`Schedule`], [`Next`] | when to try again, and when to give up |
//!
//! ```
//! use mail_errors::classify::{Evidence, Failure, Reason, Retry, Scope, Stage};
//!
//! let line = b"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org";
//! let told = Failure::read(line).expect("a reply").at(Stage::Rcpt).classify();
//! assert_eq!((told.reason(), told.scope()), (Reason::IpBlocklisted, Scope::ClientAddress));
//! assert_eq!(told.retry(), Retry::AnotherRoute);
//! assert!(told.is_permanent() && !told.suppress());
//! assert_eq!(told.blocklist().map(|list| list.name()), Some("Spamhaus"));
//! assert!(matches!(told.evidence(), Evidence::Words { .. }));
//! assert!(told.words().ends_with(b"blocked using zen"));
//! ```
//!
//! How good it is stands in the README of the crate, with how to measure it. It knows what servers
//! say in English, and the commonest in Japanese, German, French, Chinese, Spanish and Italian.
//!
//! Not supported: encodings other than UTF-8 and Latin-1, and anything behind the first 4 KiB.

mod blocklist;
mod classification;
mod classifier;
mod clue;
mod compile;
mod failure;
mod find;
mod fold;
mod giving_up;
#[cfg(test)]
mod learn;
mod learned;
mod lexicon;
mod names;
mod provider;
mod reason;
mod rules;
mod scan;
mod schedule;
mod scores;
mod script;
mod tables;

pub use blocklist::Blocklist;
pub use classification::{Classification, Confidence, Evidence};
pub use classifier::Classifier;
pub use failure::{ConnectionOutcome, DnsOutcome, Failure, Stage, TlsOutcome, What};
pub use provider::Provider;
pub use reason::{Blame, Reason, Retry, Scope};
pub use schedule::{Next, Schedule};
