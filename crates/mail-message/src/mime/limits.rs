//! How much of a MIME tree is too much.

/// What [`Tree::parse`](super::Tree::parse) takes in. What is beyond is not lost: a part that would
/// be opened too deep stays one part, and behind the last part that may begin all is its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MimeLimits {
    /// Most levels below the message itself; each multipart and each message in a message is one.
    /// No RFC bounds it; Dovecot, Cyrus and Python stop at about a hundred. Default 100.
    pub depth: u16,
    /// Most parts, the message itself counted. No RFC bounds it; a digest has some hundred. A part
    /// takes about 80 octets of memory. Default 10,000.
    pub parts: usize,
}

impl Default for MimeLimits {
    fn default() -> Self {
        Self { depth: 100, parts: 10_000 }
    }
}

/// What a tree had to put up with.
///
/// None of it loses a part, and all of it is common in mail that programs write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MimeDefect {
    /// A multipart without a boundary, or one longer than any line: it is one part.
    NoBoundary,
    /// A multipart whose boundary does not stand in it: it has no parts.
    NoParts,
    /// A multipart that is not closed before the one around it ends, or the message does.
    NotClosed,
    /// A message or a multipart that is encoded, which RFC 2045 section 6.4 forbids (RFC 6532
    /// section 3.7 allows it for `message/global`): it is one part, to be decoded and read anew.
    Encoded,
    /// More levels than [`MimeLimits::depth`].
    TooDeep,
    /// More parts than [`MimeLimits::parts`].
    TooMany,
}
