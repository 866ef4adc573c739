//! What mail asks of DNS, without a socket, a clock or a thread inside.
//!
//! Every standard that mail builds on DNS is a machine with one contract, [`Evaluate`]: it asks
//! questions, takes outcomes, and ends in a verdict that says which SMTP reply it stands for and can
//! explain itself line by line. Who carries the questions is the caller's affair: the [`wire`]
//! module has an exchange for one question and a cache; a test answers from a
//! [`zone::Authority`].
//!
//! ```
//! # #![allow(clippy::disallowed_methods)]
//! use std::time::{Duration, Instant};
//!
//! use mail_dns::{
//!     Budget, Evaluate, Name, Rdata, Soa, Step, Ttl,
//!     mx::{MxPlan, MxVerdict},
//!     zone::{Authority, Zone},
//! };
//!
//! // A zone that stands for the network.
//! let domain: Name = "example.org".parse()?;
//! let host: Name = "mx.example.org".parse()?;
//! let ttl = Ttl::from_secs(300);
//! let soa = Soa {
//!     primary: host.clone(), mailbox: domain.with_label(b"postmaster")?,
//!     serial: 1, refresh: 3600, retry: 600, expire: 86400, minimum: 300,
//! };
//! let mut zone = Zone::new(domain.clone(), ttl, soa);
//! zone.add(&domain, ttl, Rdata::Mx { preference: 10, exchange: host.clone() })?;
//! zone.add(&host, ttl, Rdata::A([192, 0, 2, 25].into()))?;
//! let network = Authority::from_iter([zone]);
//!
//! // Where does mail for example.org go?
//! let budget = Budget::new(30, Instant::now() + Duration::from_secs(20));
//! let mut plan = MxPlan::new(domain, 0x5eed, budget);
//! let verdict = loop {
//!     match plan.poll(Instant::now()) {
//!         Step::Ask(queries) => {
//!             for query in queries {
//!                 plan.answer(query.id(), network.outcome(query.question()))?;
//!             }
//!         }
//!         Step::Done(verdict) => break verdict,
//!         Step::Fetch { .. } | Step::Waiting { .. } => unreachable!("all is answered at once"),
//!     }
//! };
//! let MxVerdict::Deliver(route) = verdict else { panic!("{verdict:?}") };
//! assert_eq!(route.targets()[0].host(), &host);
//! assert_eq!(route.targets()[0].addresses(), ["192.0.2.25".parse::<std::net::IpAddr>()?]);
//! assert_eq!(plan.trace().to_string(), "\
//! example.org MX: 10 mx.example.org
//! mx.example.org A: 192.0.2.25
//! mx.example.org AAAA: no data
//! ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what | RFC |
//! |---|---|---|
//! | the root | [`Name`], [`Question`], [`Outcome`], records; [`Evaluate`], [`Budget`], [`Trace`] | 1034, 1035, 2181, 2308 |
//! | [`mx`] | where a domain's mail goes | 5321, 7505 |
//! | [`wire`] | messages, the exchange over UDP and TCP, the cache | 1035, 5452, 6891, 7766, 9520 |
//! | [`zone`] | a small authoritative server's answers | 1034, 8020, 8482 |
//!
//! Not supported yet: SPF, DKIM, DMARC, MTA-STS, DANE, DNS lists; U-labels in names.

mod budget;
mod evaluate;
mod lookups;
pub mod mx;
mod name;
mod outcome;
mod question;
mod record;
mod trace;
pub mod wire;
pub mod zone;

pub use budget::Budget;
pub use evaluate::{Evaluate, FetchError, Step, Unsolicited};
pub use name::{Labels, Name, NameError};
pub use outcome::{Answer, Negative, Outcome, Security};
pub use question::{Query, QueryId, Question, RecordType};
pub use record::{Opaque, Rdata, Record, Soa, Ttl, Txt};
pub use trace::{Entry, Trace};
