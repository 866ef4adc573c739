//! What a server offers: RFC 2449 5 and 6, RFC 2595 4, RFC 3206 6, RFC 6856.

use std::fmt;

use mail_errors::ParseError;

use crate::{Defects, Profile, Text, parse};

/// One line of the answer to CAPA.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability<'a> {
    /// TOP. RFC 2449 6.1.
    Top,
    /// USER and PASS. RFC 2449 6.2.
    User,
    /// AUTH with these mechanisms. RFC 2449 6.3, RFC 5034 3.
    Sasl(Text<'a>),
    /// Text in brackets behind `+OK` and `-ERR` is a code. RFC 2449 6.4.
    RespCodes,
    /// The server may refuse logins that follow each other faster. RFC 2449 6.5.
    LoginDelay {
        /// The shortest time between two logins, in seconds.
        seconds: u32,
        /// It may be another one for each user; it is the largest until the user is known.
        per_user: bool,
    },
    /// Commands may be sent without waiting for answers. RFC 2449 6.6.
    Pipelining,
    /// The server deletes messages by itself. RFC 2449 6.7.
    Expire {
        /// After how many days; `None` for `NEVER`.
        days: Option<u32>,
        /// It may be another one for each user; it is the smallest until the user is known.
        per_user: bool,
    },
    /// UIDL. RFC 2449 6.8.
    Uidl,
    /// What program this is. RFC 2449 6.9.
    Implementation(Text<'a>),
    /// STLS. RFC 2595 4.
    Stls,
    /// The command UTF8, and messages in UTF-8 behind it. RFC 6856 2.
    Utf8 {
        /// Names and passwords may be in UTF-8 too: the argument `USER`. RFC 6856 2.2.
        names: bool,
    },
    /// LANG. RFC 6856 3.
    Lang,
    /// The codes SYS and AUTH tell failures of logins apart. RFC 3206 6.
    AuthRespCode,
    /// A line that is not known here, or whose parameters do not parse.
    Other(Text<'a>),
}

/// What a server offers, as it answered CAPA.
///
/// ```
/// use pop3_proto::{Capabilities, Capability};
///
/// let mut offers = Capabilities::default();
/// for line in [&b"TOP"[..], b"LOGIN-DELAY 900", b"SASL CRAM-MD5 KERBEROS_V4"] {
///     offers.push(line);
/// }
/// assert!(offers.has(&Capability::Top));
/// assert!(offers.iter().any(|c| c == Capability::LoginDelay { seconds: 900, per_user: false }));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    profile: Profile,
    /// The lines, each ended by LF.
    lines: Vec<u8>,
}

impl Capabilities {
    /// Starts with none. What is tolerated in their lines is given; by default it is everything.
    #[must_use]
    pub const fn new(profile: Profile) -> Self {
        Self { profile, lines: Vec::new() }
    }

    /// Adds a line as it came, without its end. A line that cannot be read is left out.
    pub fn push(&mut self, line: &[u8]) {
        // Who wants the error or the defects asks the parser.
        let _ = self.add(line, &mut Defects::new());
    }

    /// Adds a line as it came, without its end, and says what was tolerated in it.
    ///
    /// # Errors
    /// [`ParseError`]; the line is left out then.
    pub fn add(&mut self, line: &[u8], defects: &mut Defects) -> Result<(), ParseError> {
        parse::capability(line, self.profile, defects)?;
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
        Ok(())
    }

    /// Iterates over the capabilities, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = Capability<'_>> {
        let read = |line| parse::capability(line, self.profile, &mut Defects::new()).ok();
        self.lines.split(|&octet| octet == b'\n').filter_map(read)
    }

    /// Tells whether this very capability, parameters included, is offered.
    #[must_use]
    pub fn has(&self, capability: &Capability<'_>) -> bool {
        self.iter().any(|offered| offered == *capability)
    }

    /// Returns how many octets all lines have, LF for CRLF.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.lines.len()
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(line: &str) -> Result<Capability<'_>, ParseError> {
        parse::capability(line.as_bytes(), Profile::STRICT, &mut Defects::new())
    }

    /// RFC 2449 5, and the examples of 6.
    #[test]
    fn ok_the_rfcs_own_lines() {
        for (line, expected) in [
            ("TOP", Capability::Top),
            ("top", Capability::Top),
            ("USER", Capability::User),
            ("SASL CRAM-MD5 KERBEROS_V4", Capability::Sasl(Text::fixed("CRAM-MD5 KERBEROS_V4"))),
            ("UIDL", Capability::Uidl),
            ("RESP-CODES", Capability::RespCodes),
            ("PIPELINING", Capability::Pipelining),
            ("STLS", Capability::Stls),
            ("AUTH-RESP-CODE", Capability::AuthRespCode),
            ("UTF8", Capability::Utf8 { names: false }),
            ("UTF8 USER", Capability::Utf8 { names: true }),
            ("LANG", Capability::Lang),
            ("LOGIN-DELAY 900", Capability::LoginDelay { seconds: 900, per_user: false }),
            ("LOGIN-DELAY 600 USER", Capability::LoginDelay { seconds: 600, per_user: true }),
            ("EXPIRE 60", Capability::Expire { days: Some(60), per_user: false }),
            ("EXPIRE 5 USER", Capability::Expire { days: Some(5), per_user: true }),
            ("EXPIRE NEVER", Capability::Expire { days: None, per_user: false }),
            (
                "IMPLEMENTATION Shlemazle-Plotz-v302",
                Capability::Implementation(Text::fixed("Shlemazle-Plotz-v302")),
            ),
        ] {
            assert_eq!(strict(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn ok_what_is_not_known_or_does_not_parse_is_kept() {
        for line in
            ["UTF8 ALL", "LANG en", "X-FOO", "LOGIN-DELAY soon", "EXPIRE", "TOP 3", "PIPELININGX"]
        {
            let kept = Capability::Other(Text::fixed(line));
            assert_eq!(strict(line), Ok(kept));
        }
    }

    #[test]
    fn err_line_that_could_not_have_been_sent() {
        let mut offers = Capabilities::default();
        offers.push(b"TOP\nSTLS");
        offers.push(b"");
        offers.push(b" \t");
        assert_eq!(offers, Capabilities::default());
    }
}
