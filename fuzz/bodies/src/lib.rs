//! The bodies of the fuzz targets: one function a target, for any octets, callable on stable.
//!
//! A body asserts more than that nothing panics: what is read and written again reads the same,
//! how the octets are cut changes nothing, and no buffer outgrows its limit. `tests/replay.rs` runs
//! each over its corpus and over ten thousand inputs made from that, the same in every run; the
//! targets in `fuzz/fuzz_targets` hand the same functions to libFuzzer.

#![allow(clippy::wildcard_enum_match_arm, reason = "a body logs what it does not look into")]

mod cut;
mod dns;
mod dsn;
mod errors;
mod imap;
mod imap_ends;
mod lockstep;
mod message;
mod mutate;
mod pop3;
mod pop3_ends;
mod proxy;
mod random;
mod sasl;
mod session;
mod smtp;
mod smtp_ends;
mod wire;

pub use mutate::input;
pub use random::Random;

use mail_errors::ParseError;

/// A fuzz target: what runs over octets, under the name of its corpus.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of the target, of its file and of its corpus.
    pub name: &'static str,
    /// The body.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident = $body:path;)*) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), run: $body }),*];

        $(
            #[doc = concat!("The body of the target `", stringify!($name), "`.")]
            ///
            /// # Panics
            /// If a property that has to hold for any octets does not.
            pub fn $name(data: &[u8]) {
                $body(data);
            }
        )*
    };
}

targets! {
    wire_dots = wire::dots;
    wire_lines = wire::lines;
    wire_proxy = proxy::proxy;
    errors_enhanced_code = errors::enhanced_code;
    errors_reply = errors::reply;
    classify = errors::classify;
    sasl_framing = sasl::framing;
    sasl_exchange = sasl::exchange;
    message_header = message::header;
    message_address = message::address;
    message_date = message::date;
    message_encoded_word = message::encoded_word;
    mime = dsn::mime;
    dsn = dsn::dsn;
    dns_name = dns::name;
    dns_query = dns::query;
    dns_response = dns::response;
    smtp_command = smtp::command;
    smtp_reply = smtp::reply;
    smtp_server = smtp_ends::server;
    smtp_client = smtp_ends::client;
    pop3_command = pop3::command;
    pop3_response = pop3::response;
    pop3_server = pop3_ends::server;
    pop3_client = pop3_ends::client;
    imap_command = imap::command;
    imap_response = imap::response;
    imap_command_frames = imap::command_frames;
    imap_response_frames = imap::response_frames;
    imap_server = imap_ends::server;
    imap_client = imap_ends::client;
}

/// An error points into what was parsed, or right behind it.
fn expect_offset(error: &ParseError, data: &[u8]) {
    assert!(error.offset() <= data.len(), "offset {} of {}", error.offset(), data.len());
    assert!(!error.expected().is_empty());
}
