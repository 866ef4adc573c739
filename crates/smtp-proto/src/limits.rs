//! Every limit, with what RFC 5321 asks for at least and a safe default.

use std::time::Duration;

/// Longest local part in octets. RFC 5321 4.5.3.1.1.
pub const LOCAL_PART: usize = 64;
/// Longest domain in octets. RFC 5321 4.5.3.1.2.
pub const DOMAIN: usize = 255;
/// Longest path in octets, brackets included. RFC 5321 4.5.3.1.3.
pub const PATH: usize = 256;
/// Longest label of a domain name in octets. RFC 1035 2.3.4.
pub const LABEL: usize = 63;
/// Longest line of a reply that is sent, in octets, CRLF included. RFC 5321 4.5.3.1.5.
pub const REPLY_LINE: usize = 512;
/// Longest envelope id in octets, in xtext. RFC 3461 4.4.
pub const ENVELOPE_ID: usize = 100;
/// Longest original recipient in octets, type and xtext. RFC 3461 4.2.
pub const ORIGINAL_RECIPIENT: usize = 500;
/// Longest list of solicitation keywords in octets. RFC 3865 2.
pub const SOLICITATION: usize = 1000;
/// Longest line of a SASL exchange in octets, CRLF included. RFC 4954 4.
pub const AUTH_LINE: usize = 12_288;

/// The limits of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// Longest command line in octets, CRLF included. RFC 5321 4.5.3.1.4 asks for at least 512;
    /// SIZE adds 26, 8BITMIME 17, AUTH= 500, DSN 500, SOLICIT 1000 and all others together less
    /// than 200. Lines that start with AUTH may have [`AUTH_LINE`] octets. Default 4096.
    pub command_line: usize,
    /// How many octets of an over-long line are read and thrown away before the connection is
    /// given up. Default 64 KiB.
    pub swallow_line: u64,
    /// Largest message in octets, announced by SIZE. RFC 5321 4.5.3.1.7 asks for at least 64 KiB.
    /// Default 50 MiB.
    pub message: u64,
    /// How many octets over `message` a message that will be refused may have, to be read to its
    /// end and thrown away, before the connection is given up. Default 64 MiB.
    pub swallow_message: u64,
    /// Most recipients of a message. RFC 5321 4.5.3.1.8 asks for at least 100. Default 1000.
    pub recipients: usize,
    /// How many commands may be malformed or out of place before the connection is given up. What
    /// the application refuses does not count. Default 20.
    pub errors: u32,
    /// How many commands may be turned down for a reason that a client which pipelines could not
    /// know, such as a RCPT behind a MAIL that was refused, before more of them count as `errors`.
    /// A message that is taken starts the count anew. Default 200,000.
    pub turned_down: u32,
    /// How many commands that do nothing for any message (NOOP, RSET, VRFY, EXPN, HELP, ETRN) may
    /// come before the connection is given up. A message that is taken starts the count anew.
    /// Default 100.
    pub idle_commands: u32,
    /// How many attempts to authenticate may fail before the connection is given up. Default 3.
    pub auth_failures: u32,
    /// How many unsent octets may wait before no more work is taken on. Default 64 KiB.
    pub output: usize,
    /// How long the greeting is held back, to see whether the client waits for it as RFC 5321 4.3.1
    /// asks: 554 answers whoever does not. Clients wait five minutes (4.5.3.2.1). Default none.
    pub greeting_delay: Duration,
    /// How long a client may be silent, and how long a line may take from its first octet to its
    /// last. RFC 5321 4.5.3.2.7 asks for at least five minutes, which is the default.
    pub command_time: Duration,
    /// How long a TLS handshake may take. Default one minute.
    pub handshake_time: Duration,
    /// How long written octets may wait for the client to take any. Default five minutes.
    pub output_time: Duration,
    /// Over how long a body's rate is measured. RFC 5321 4.5.3.2.5 gives three minutes for each
    /// block. Default five minutes.
    pub body_window: Duration,
    /// Lowest rate of a body in octets per second, on the average of a `body_window`. Default 100.
    pub body_rate: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            command_line: 4096,
            swallow_line: 64 * 1024,
            message: 50 * 1024 * 1024,
            swallow_message: 64 * 1024 * 1024,
            recipients: 1000,
            errors: 20,
            turned_down: 200_000,
            idle_commands: 100,
            auth_failures: 3,
            output: 64 * 1024,
            greeting_delay: Duration::ZERO,
            command_time: Duration::from_secs(300),
            handshake_time: Duration::from_secs(60),
            output_time: Duration::from_secs(300),
            body_window: Duration::from_secs(300),
            body_rate: 100,
        }
    }
}

/// The limits of a client. The times are those of RFC 5321 4.5.3.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLimits {
    /// Longest line of a reply that is read, in octets, CRLF included. RFC 5321 4.5.3.1.5 allows
    /// servers 512. Default 4096.
    pub reply_line: usize,
    /// Longest reply in octets. Default 64 KiB.
    pub reply: usize,
    /// How many octets of commands may be on their way unanswered, and as many of their replies
    /// (RFC 2920 3.1). A driver that cannot read while it writes hangs if this is more than the
    /// system buffers. Default 4 KiB.
    pub group: usize,
    /// How many unsent octets of a body may wait before no more is asked for. Default 64 KiB.
    pub output: usize,
    /// How many octets of a message are gathered for a chunk (RFC 3030). Default 64 KiB.
    pub chunk: usize,
    /// Wait for the greeting. RFC 5321 4.5.3.2.1: five minutes.
    pub greeting_time: Duration,
    /// Wait for the reply to a command. RFC 5321 4.5.3.2.2 and 3: five minutes.
    pub command_time: Duration,
    /// Wait for 354. RFC 5321 4.5.3.2.4: two minutes.
    pub data_time: Duration,
    /// Wait for the server to take any of what is written. RFC 5321 4.5.3.2.5: three minutes.
    pub block_time: Duration,
    /// Wait for the reply to the end of the message. RFC 5321 4.5.3.2.6: ten minutes.
    pub end_time: Duration,
    /// How long a TLS handshake may take. Default one minute.
    pub handshake_time: Duration,
    /// Wait for the reply to QUIT, which nothing depends on any more. Default ten seconds.
    pub quit_time: Duration,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            reply_line: 4096,
            reply: 64 * 1024,
            group: 4 * 1024,
            output: 64 * 1024,
            chunk: 64 * 1024,
            greeting_time: Duration::from_secs(300),
            command_time: Duration::from_secs(300),
            data_time: Duration::from_secs(120),
            block_time: Duration::from_secs(180),
            end_time: Duration::from_secs(600),
            handshake_time: Duration::from_secs(60),
            quit_time: Duration::from_secs(10),
        }
    }
}
