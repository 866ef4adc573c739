//! Every limit, with the RFC's own and a safe default.

use std::time::Duration;

/// Longest line of an AUTH exchange in octets, CRLF included: those of SMTP (RFC 4954 4), because
/// RFC 5034 4 names none, and AUTH itself with an initial response.
pub(crate) const AUTH_LINE: usize = mail_sasl::limits::LINE + 2;

/// How much a server takes, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// Longest command line in octets, CRLF included. RFC 2449 4 asks for 255; UTF-8 names and
    /// passwords need more. Default 1024.
    pub command_line: usize,
    /// How many octets of an over-long command line are read and thrown away before the
    /// conversation is given up; they cost no memory. Default 2 MiB: so who pastes a file hears what
    /// is wrong, where a connection that is cut too soon loses the answer.
    pub swallow_line: u64,
    /// Unsent octets above which no new work is taken on. Default 64 KiB.
    pub output: usize,
    /// Commands that may be refused as unknown, malformed, over-long or out of order. Default 20.
    pub errors: u32,
    /// Logins that may fail. Default 3.
    pub auth_failures: u32,
    /// Commands before somebody is logged in. Whoever only asks what is offered, again and again, keeps
    /// a connection for nothing. Default 100.
    pub commands_before_login: u32,
    /// Most messages in a maildrop. Default 4,000,000.
    pub messages: u32,
    /// Most unique ids that are asked for at once. Default 256.
    pub ids: u32,
    /// Longest time without a command. RFC 1939 3: "at least 10 minutes' duration".
    /// Default ten minutes.
    pub idle_time: Duration,
    /// Lowest rate at which the peer must take what it asked for, in octets a second. Default 64.
    pub body_rate: u32,
    /// The time over which `body_rate` is an average. Default two minutes.
    pub body_window: Duration,
    /// How long a TLS handshake may take. Default one minute.
    pub handshake_time: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            command_line: 1024,
            swallow_line: 2 * 1024 * 1024,
            output: 64 * 1024,
            errors: 20,
            auth_failures: 3,
            commands_before_login: 100,
            messages: 4_000_000,
            ids: 256,
            idle_time: Duration::from_secs(600),
            body_rate: 64,
            body_window: Duration::from_secs(120),
            handshake_time: Duration::from_secs(60),
        }
    }
}

/// How much a client takes, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLimits {
    /// Longest line in octets, CRLF included, of a response and of a listing. RFC 2449 4 gives a
    /// response 512. Default 4096.
    pub response_line: usize,
    /// How many octets of an over-long line in a listing are read and thrown away before the
    /// conversation is given up. Default 1 MiB.
    pub swallow_line: u64,
    /// Most octets that the answer to CAPA may have, in lines that cannot be read too. Default 16 KiB.
    pub capabilities: usize,
    /// Most lines in the answer to LIST, UIDL or LANG, those that cannot be read too: so many messages
    /// are held by who collects them, as [`fetch_new`](crate::client::fetch_new) does. A server that
    /// lists on ends the conversation. Default 1,000,000.
    pub listing: u32,
    /// Longest unique id in octets, if [`Deviation::LongId`](crate::Deviation::LongId) is tolerated:
    /// RFC 1939 7 gives it 70. A line with a longer one is told as
    /// [`Event::Malformed`](crate::client::Event::Malformed). Default 255, the longest name of a file.
    pub unique_id: usize,
    /// Most commands that wait to be sent. Default 4096.
    pub queue: usize,
    /// Most octets of commands that are sent ahead of their answers, where the server offers
    /// PIPELINING: so many fit into the buffers of any connection, and a driver that cannot read
    /// while it writes does not lock up. RFC 2449 6.6. Default 4 KiB.
    pub group: usize,
    /// How long the greeting may take, in all. Default five minutes.
    pub greeting_time: Duration,
    /// How long the first line of an answer may take, in all. Default five minutes.
    pub answer_time: Duration,
    /// Lowest rate at which listings and messages must come, in octets a second. Default 64.
    pub body_rate: u32,
    /// The time over which `body_rate` is an average. Default two minutes.
    pub body_window: Duration,
    /// How long a TLS handshake may take. Default one minute.
    pub handshake_time: Duration,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            response_line: 4096,
            swallow_line: 1024 * 1024,
            capabilities: 16 * 1024,
            listing: 1_000_000,
            unique_id: 255,
            queue: 4096,
            group: 4096,
            greeting_time: Duration::from_secs(300),
            answer_time: Duration::from_secs(300),
            body_rate: 64,
            body_window: Duration::from_secs(120),
            handshake_time: Duration::from_secs(60),
        }
    }
}
