//! DNS messages: encoding, decoding, and the exchange of one query (RFC 1035 4, RFC 6891, RFC 7766,
//! RFC 5452).
//!
//! This is the one place that knows hickory-proto; none of its types shows.
//!
//! * a client: [`Exchange`] asks one question over UDP and TCP, [`Cache`] keeps the outcomes;
//! * a server: [`decode_query`] and [`encode_response`], or [`Authority::respond`] which is both
//!   around a set of zones;
//! * both: [`encode_query`] and [`decode_response`], for other transports.
//!
//! Not supported: mixed case as extra entropy ("0x20"), DNS cookies, TSIG, zone transfers, DNSSEC
//! validation (ask a resolver you trust and believe its AD bit), DNS over TLS or HTTPS (carry the
//! messages of the client functions over a layer of your own).
//!
//! [`Authority::respond`]: crate::zone::Authority::respond

mod bridge;
mod cache;
mod exchange;
mod head;
mod pointers;
mod query;
mod response;
mod server;

pub(crate) use self::response::negative_ttl;
pub use self::{
    cache::Cache,
    exchange::{Action, Config, Exchange},
    query::{QueryFlags, encode_query},
    response::{MAX_RECORDS, Rejected, Response, decode_response},
    server::{NotQuery, ReceivedQuery, Transport, decode_query, encode_response},
};
