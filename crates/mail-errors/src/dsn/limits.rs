//! How much of a bounce is looked at.

/// What [`Bounce::read_within`](super::Bounce::read_within) looks at. Nothing beyond is an error: a
/// report stands in front of the message that it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Most octets, from the first on. Default 8 MiB: a report of 10,000 recipients is half of that.
    pub octets: usize,
    /// Most parts; see [`MimeLimits`](mail_message::mime::MimeLimits). Default 1,000.
    pub parts: usize,
    /// Most recipients. RFC 5321 section 4.5.3.1.8 lets a message have any number of them; most
    /// servers write a report for each message of at most 1,000. Default 10,000.
    pub recipients: usize,
    /// Most octets of text for people in which recipients are looked for, where there is no report
    /// for programs. Default 64 KiB.
    pub text: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { octets: 8 * 1024 * 1024, parts: 1_000, recipients: 10_000, text: 64 * 1024 }
    }
}
