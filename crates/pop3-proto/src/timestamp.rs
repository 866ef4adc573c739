//! The timestamp in a greeting, on which APOP rests: RFC 1939 7.

use std::fmt;

use mail_errors::ParseError;

use crate::parse;

/// The timestamp of a greeting, angle brackets included: a message id by RFC 5322 3.6.4.
///
/// That is checked at both ends. A client that takes any octets in angle brackets can be made to
/// give its password away bit by bit, through collisions of MD5 (CVE-2007-1558): those need octets
/// that no message id has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// Most octets, brackets included.
    pub const MAX: usize = 250;

    /// Takes a timestamp. A server must make another for each connection, such as
    /// `<process-id.clock@hostname>`.
    ///
    /// ```
    /// use pop3_proto::Timestamp;
    ///
    /// assert!(Timestamp::new("<1896.697170952@dbc.mtview.ca.us>").is_ok());
    /// assert!(Timestamp::new("<no at sign>").is_err());
    /// ```
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit a message id.
    pub fn new(timestamp: &str) -> Result<Self, ParseError> {
        parse::timestamp(timestamp.as_bytes())
    }

    pub(crate) fn checked(timestamp: &str) -> Self {
        Self(timestamp.into())
    }

    /// Finds the timestamp in the text of a greeting; `None` if there is none, or none that may be
    /// used.
    ///
    /// > greeting = "+OK" \[resp-code\] *gchar \[timestamp\] *gchar CRLF      RFC 2449 3
    #[must_use]
    pub fn find(greeting: &[u8]) -> Option<Self> {
        let start = memchr::memchr(b'<', greeting)?;
        let rest = greeting.get(start..)?;
        let end = memchr::memchr(b'>', rest)?;
        parse::timestamp(rest.get(..=end)?).ok()
    }

    /// Returns the timestamp with its angle brackets.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_where_the_greeting_has_it() {
        let greeting = b"POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
        let found = Timestamp::find(greeting).unwrap();
        assert_eq!(found.as_str(), "<1896.697170952@dbc.mtview.ca.us>");
        assert!(Timestamp::find(b"<1@[127.0.0.1]> first").is_some());
    }

    /// CVE-2007-1558.
    #[test]
    fn err_timestamps_that_are_no_message_id() {
        for greeting in [
            &b"ready"[..],
            b"<>",
            b"<@>",
            b"<a@>",
            b"<@b>",
            b"<ab>",
            b"<a@b",
            b"<a@b@c>",
            b"<a b@c>",
            b"<.a@b>",
            b"<a.@b>",
            b"<a..b@c>",
            b"<a@b\x80>",
            b"<a\xff@b>",
            b"<a\x01@b>",
            b"<<a@b>>",
            b"<a@[b>",
            b"<a@[b]c>",
        ] {
            assert_eq!(Timestamp::find(greeting), None, "{}", greeting.escape_ascii());
        }
        let long = format!("<{}@b>", "a".repeat(Timestamp::MAX));
        assert_eq!(Timestamp::find(long.as_bytes()), None);
    }
}
