//! Responses and their codes: RFC 1939 3, RFC 2449 8, RFC 3206, RFC 6856 5.

use std::fmt;

use mail_errors::{Misuse, ParseError};

use crate::{Text, encode, parse};

/// How a response begins. RFC 1939 3: "There are currently two status indicators".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// `+OK`.
    Ok,
    /// `-ERR`.
    Err,
}

impl Status {
    /// Returns the indicator. RFC 1939 3 asks for upper case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "+OK",
            Self::Err => "-ERR",
        }
    }
}

/// Why a command was refused, for programs. RFC 2449 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseCode<'a> {
    /// `IN-USE`: the maildrop is locked by another session. The password was right. RFC 2449 8.1.2.
    InUse,
    /// `LOGIN-DELAY`: the last login was too short a time ago. RFC 2449 8.1.1.
    LoginDelay,
    /// `SYS/TEMP`: the system's trouble, which may pass; do not ask for another password.
    /// RFC 3206 4.
    SysTemp,
    /// `SYS/PERM`: the system's trouble, which somebody must repair. RFC 3206 4.
    SysPerm,
    /// `AUTH`: the credentials are wrong; ask for others. RFC 3206 5.
    Auth,
    /// `UTF8`: the message has UTF-8 where ASCII is the rule, and the client did not say UTF8.
    /// RFC 6856 5.
    Utf8,
    /// A code that is not known here.
    Other(OtherCode<'a>),
}

impl<'a> ResponseCode<'a> {
    /// Reads what stands between the brackets, in upper or lower case.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that cannot be in a code.
    pub fn new(code: &'a [u8]) -> Result<Self, ParseError> {
        parse::response_code(code)
    }

    /// Returns what stands between the brackets.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::InUse => b"IN-USE",
            Self::LoginDelay => b"LOGIN-DELAY",
            Self::SysTemp => b"SYS/TEMP",
            Self::SysPerm => b"SYS/PERM",
            Self::Auth => b"AUTH",
            Self::Utf8 => b"UTF8",
            Self::Other(other) => other.0,
        }
    }

    /// Tells whether it may be another story later: somebody else is in, it was too early, or the
    /// system's trouble may pass. RFC 2449 8.1, RFC 3206 4.
    ///
    /// ```
    /// use pop3_proto::ResponseCode;
    ///
    /// assert!(ResponseCode::new(b"in-use")?.is_transient());
    /// // RFC 2449 8: who does not know a level goes by those in front of it.
    /// assert!(ResponseCode::new(b"SYS/TEMP/DISK")?.is_transient());
    /// assert!(!ResponseCode::new(b"SYS/PERM")?.is_transient());
    /// # Ok::<(), mail_errors::ParseError>(())
    /// ```
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::InUse | Self::LoginDelay | Self::SysTemp => true,
            Self::SysPerm | Self::Auth | Self::Utf8 => false,
            Self::Other(code) => {
                let mut levels = code.levels();
                [&b"SYS"[..], b"TEMP"].into_iter().all(|known| {
                    levels.next().is_some_and(|level| level.eq_ignore_ascii_case(known))
                })
            }
        }
    }

    pub(crate) fn checked(code: &'a [u8]) -> Self {
        const KNOWN: [ResponseCode<'static>; 6] = [
            ResponseCode::InUse,
            ResponseCode::LoginDelay,
            ResponseCode::SysTemp,
            ResponseCode::SysPerm,
            ResponseCode::Auth,
            ResponseCode::Utf8,
        ];
        let known = KNOWN.into_iter().find(|known| code.eq_ignore_ascii_case(known.as_bytes()));
        known.unwrap_or(Self::Other(OtherCode(code)))
    }
}

/// The text of a response code that is not known here: legal, and never one of the known ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OtherCode<'a>(&'a [u8]);

impl<'a> OtherCode<'a> {
    /// Returns what stands between the brackets.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Iterates over the levels between the slashes, the most general first. Whoever does not know
    /// a code may act on the levels that it does know.
    pub fn levels(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.split(|&octet| octet == b'/')
    }
}

impl fmt::Debug for OtherCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherCode({})", self.0.escape_ascii())
    }
}

/// A status, maybe a code, and text for people. RFC 2449 3.
///
/// ```
/// use pop3_proto::{Defects, Profile, Response, ResponseCode, Status, parse};
///
/// let line = b"-ERR [IN-USE] Do you have another POP session running?";
/// let response = parse::response(line, Profile::STRICT, &mut Defects::new())?;
/// assert_eq!(response.status(), Status::Err);
/// assert_eq!(response.code(), Some(ResponseCode::InUse));
/// assert_eq!(response.text(), b"Do you have another POP session running?");
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Response<'a> {
    status: Status,
    /// Everything behind the space behind the status, the code included.
    line: Text<'a>,
}

impl<'a> Response<'a> {
    /// Longest line in octets, CRLF included. RFC 2449 4: "The maximum length of the first line of
    /// a command response (including the initial greeting) is unchanged at 512 octets".
    pub const MAX: usize = 512;

    /// Makes a response that says yes.
    ///
    /// # Errors
    /// [`Misuse`] if the text cannot be sent: CR, LF or NUL, or more than [`Response::MAX`].
    pub fn ok(text: impl AsRef<[u8]>) -> Result<Response<'static>, Misuse> {
        Response::new(Status::Ok, text.as_ref().to_vec())
    }

    /// Makes a response that says no, and why.
    ///
    /// # Errors
    /// [`Misuse`] if the text cannot be sent: CR, LF or NUL, or more than [`Response::MAX`].
    pub fn err<'c>(
        code: impl Into<Option<ResponseCode<'c>>>,
        text: impl AsRef<[u8]>,
    ) -> Result<Response<'static>, Misuse> {
        let mut line = Vec::new();
        if let Some(code) = code.into() {
            encode::response_code(code, &mut line);
        }
        line.extend_from_slice(text.as_ref());
        Response::new(Status::Err, line)
    }

    fn new(status: Status, line: Vec<u8>) -> Result<Response<'static>, Misuse> {
        let line = Text::named("response text", line.into())?;
        let len = status.as_str().len() + 1 + line.as_bytes().len() + 2;
        if len > Self::MAX {
            let limit = Self::MAX as u64;
            return Err(Misuse::TooLong { what: "response", len: len as u64, limit });
        }
        Ok(Response { status, line })
    }

    pub(crate) const fn received(status: Status, line: Text<'a>) -> Self {
        Self { status, line }
    }

    /// Returns the status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Returns the code in brackets, if the text begins with one.
    ///
    /// From a server that does not announce RESP-CODES it may be no code but text that happens to
    /// stand in brackets: act on the known ones only. RFC 2449 6.4.
    #[must_use]
    pub fn code(&self) -> Option<ResponseCode<'_>> {
        parse::leading_code(self.line.as_bytes()).map(|(code, _)| code)
    }

    /// Returns the text for people, without the code.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        let line = self.line.as_bytes();
        parse::leading_code(line).map_or(line, |(_, text)| text)
    }

    /// Returns everything behind the status, the code included.
    #[must_use]
    pub const fn line(&self) -> &Text<'a> {
        &self.line
    }

    /// Copies the text, if it is only borrowed.
    #[must_use]
    pub fn into_owned(self) -> Response<'static> {
        Response { status: self.status, line: self.line.into_owned() }
    }
}

impl fmt::Display for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.as_str())?;
        if !self.line.as_bytes().is_empty() {
            write!(f, " {}", self.line)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_the_rfcs() {
        for (line, code, text) in [
            // RFC 2449 8.1.1 and 8.1.2, RFC 3206 4 and 5.
            (&b"[LOGIN-DELAY] wait"[..], Some(ResponseCode::LoginDelay), &b"wait"[..]),
            (b"[in-use] locked", Some(ResponseCode::InUse), b"locked"),
            (b"[SYS/TEMP]", Some(ResponseCode::SysTemp), b""),
            (b"[SYS/PERM] call us", Some(ResponseCode::SysPerm), b"call us"),
            (b"[AUTH] wrong", Some(ResponseCode::Auth), b"wrong"),
            (b"[UTF8] send UTF8 first", Some(ResponseCode::Utf8), b"send UTF8 first"),
            (b"[] none", None, b"[] none"),
            (b"[no end", None, b"[no end"),
            (b"[a b] space", None, b"[a b] space"),
            (b"plain", None, b"plain"),
        ] {
            let response = Response::err(None, line).unwrap();
            assert_eq!((response.code(), response.text()), (code, text));
        }
    }

    #[test]
    fn ok_unknown_code_keeps_its_levels() {
        let response = Response::err(None, "[SYS/DISK/FULL] x").unwrap();
        let Some(ResponseCode::Other(code)) = response.code() else { panic!("{response:?}") };
        assert_eq!(code.levels().collect::<Vec<_>>(), [&b"SYS"[..], b"DISK", b"FULL"]);
    }

    #[test]
    fn err_response_over_512_octets_or_with_a_second_line() {
        assert!(Response::ok(vec![b'x'; 512 - 4 - 2]).is_ok());
        let error = Response::ok(vec![b'x'; 512 - 4 - 1]).unwrap_err();
        assert_eq!(error.to_string(), "response of 513 octets is over the limit of 512");
        assert!(Response::err(ResponseCode::Auth, "no\r\n+OK").is_err());
    }

    #[test]
    fn prints_as_on_the_wire() {
        let response = Response::err(ResponseCode::InUse, "locked").unwrap();
        assert_eq!(response.to_string(), "-ERR [IN-USE] locked");
        assert_eq!(Response::ok("").unwrap().to_string(), "+OK");
    }
}
