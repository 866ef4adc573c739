//! How much a peer may make us hold.

/// Limits of what a server reads. All lengths are in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandLimits {
    /// Longest line, its end included; a command with literals has several. RFC 7162 section 4 asks
    /// for at least 8,192. Default 64 KiB.
    pub line: usize,
    /// Longest literal that is joined into its command: every literal but the message of APPEND.
    /// Default 64 KiB.
    pub literal: u64,
    /// Longest command, with its literals joined in. Default 128 KiB.
    pub frame: usize,
    /// How many literals one command may have. Default 256.
    pub literals: usize,
    /// How much of one command that is over a limit is read and thrown away while looking for its
    /// end; after that it counts as endless. Default 64 MiB.
    pub swallow: u64,
}

/// Limits of what a client reads. All lengths are in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseLimits {
    /// Longest line, its end included. A SEARCH response of a large mailbox is one line.
    /// Default 4 MiB.
    pub line: usize,
    /// Longest literal that is joined into its response. Default 256 KiB.
    pub literal: u64,
    /// Longest response, with its literals joined in and without those that are streamed.
    /// Default 8 MiB.
    pub frame: usize,
    /// How many literals one response may have. Default 10,000.
    pub literals: usize,
    /// From which length on the text of a message is streamed. Default 4 KiB.
    pub stream_from: u64,
}

impl Default for CommandLimits {
    fn default() -> Self {
        Self {
            line: 64 * 1024,
            literal: 64 * 1024,
            frame: 128 * 1024,
            literals: 256,
            swallow: 64 * 1024 * 1024,
        }
    }
}

impl Default for ResponseLimits {
    fn default() -> Self {
        Self {
            line: 4 * 1024 * 1024,
            literal: 256 * 1024,
            frame: 8 * 1024 * 1024,
            literals: 10_000,
            stream_from: 4 * 1024,
        }
    }
}
