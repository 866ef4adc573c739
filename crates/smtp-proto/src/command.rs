//! The commands of RFC 5321 4.1, STARTTLS (RFC 3207) and AUTH (RFC 4954).

use std::fmt;

use bytes::Bytes;
use mail_errors::{Misuse, ParseError, Secret};
use mail_wire::Sink;

use crate::{Domain, ForwardPath, Profile, ReversePath, Verb, parse, profile::Defects};

/// A command with its arguments.
///
/// `Command` alone is owned: one copy of the line and ranges into it. `Command<&[u8]>` is the view
/// that [`parse::command`] gives.
///
/// ```
/// use smtp_proto::{Command, Verb};
///
/// let command = Command::parse(b"MAIL FROM:<alice@example.com> SIZE=1234")?;
/// assert_eq!(command.verb(), Verb::Mail);
/// let Command::Mail { from, params } = command else { unreachable!() };
/// assert_eq!(from.to_string(), "<alice@example.com>");
/// assert_eq!(params.get("SIZE").and_then(|param| param.value), Some(&b"1234"[..]));
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<T: AsRef<[u8]> = Bytes> {
    /// `EHLO name`, RFC 5321 4.1.1.1.
    Ehlo(HelloName<T>),
    /// `HELO name`, RFC 5321 4.1.1.1.
    Helo(HelloName<T>),
    /// `STARTTLS`, RFC 3207 4.
    StartTls,
    /// `AUTH mechanism [initial-response]`, RFC 4954 4.
    Auth(AuthArguments<T>),
    /// `MAIL FROM:<reverse-path> [parameters]`, RFC 5321 4.1.1.2.
    Mail {
        /// Whom to tell if the message cannot be delivered.
        from: ReversePath<T>,
        /// What stands behind the path.
        params: Params<T>,
    },
    /// `RCPT TO:<forward-path> [parameters]`, RFC 5321 4.1.1.3.
    Rcpt {
        /// Whom the message is for.
        to: ForwardPath<T>,
        /// What stands behind the path.
        params: Params<T>,
    },
    /// `DATA`, RFC 5321 4.1.1.4.
    Data,
    /// `RSET`, RFC 5321 4.1.1.5.
    Rset,
    /// `NOOP [text]`, RFC 5321 4.1.1.9.
    Noop(Option<Text<T>>),
    /// `VRFY text`, RFC 5321 4.1.1.6.
    Vrfy(Text<T>),
    /// `EXPN text`, RFC 5321 4.1.1.7.
    Expn(Text<T>),
    /// `HELP [text]`, RFC 5321 4.1.1.8.
    Help(Option<Text<T>>),
    /// `QUIT`, RFC 5321 4.1.1.10.
    Quit,
}

impl Command {
    /// Reads a command line without its CRLF, with what [`Profile::COMPAT`] tolerates.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(line: &[u8]) -> Result<Self, ParseError> {
        let command = parse::command(line, Profile::COMPAT, &mut Defects::new())?;
        Ok(command.into_owned(line))
    }
}

impl<'a> Command<&'a [u8]> {
    /// Copies `line`, of which this is a view, once, and keeps ranges into the copy.
    #[must_use]
    pub fn into_owned(self, line: &'a [u8]) -> Command {
        let frame = Bytes::copy_from_slice(line);
        let own = |part: &[u8]| {
            let at = (part.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
            match frame.get(at..at.wrapping_add(part.len())) {
                Some(same) if same == part => frame.slice(at..at + part.len()),
                _ => Bytes::copy_from_slice(part),
            }
        };
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.map(own)),
            Self::Helo(name) => Command::Helo(name.map(own)),
            Self::StartTls => Command::StartTls,
            Self::Auth(AuthArguments { mechanism, initial }) => Command::Auth(AuthArguments {
                mechanism: own(mechanism),
                initial: initial.map(own),
            }),
            Self::Mail { from, params } => {
                Command::Mail { from: from.map(own), params: Params(own(params.0)) }
            }
            Self::Rcpt { to, params } => {
                Command::Rcpt { to: to.map(own), params: Params(own(params.0)) }
            }
            Self::Data => Command::Data,
            Self::Rset => Command::Rset,
            Self::Noop(text) => Command::Noop(text.map(|text| Text(own(text.0)))),
            Self::Vrfy(text) => Command::Vrfy(Text(own(text.0))),
            Self::Expn(text) => Command::Expn(Text(own(text.0))),
            Self::Help(text) => Command::Help(text.map(|text| Text(own(text.0)))),
            Self::Quit => Command::Quit,
        }
    }
}

impl<T: AsRef<[u8]>> Command<T> {
    /// Returns the command's verb.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Ehlo(_) => Verb::Ehlo,
            Self::Helo(_) => Verb::Helo,
            Self::StartTls => Verb::StartTls,
            Self::Auth(_) => Verb::Auth,
            Self::Mail { .. } => Verb::Mail,
            Self::Rcpt { .. } => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::Rset => Verb::Rset,
            Self::Noop(_) => Verb::Noop,
            Self::Vrfy(_) => Verb::Vrfy,
            Self::Expn(_) => Verb::Expn,
            Self::Help(_) => Verb::Help,
            Self::Quit => Verb::Quit,
        }
    }
}

/// What a client calls itself in EHLO or HELO: printable ASCII without blanks, else as it came.
///
/// RFC 5321 4.1.4 forbids to refuse mail because this name is wrong, so it need not be a domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HelloName<T: AsRef<[u8]> = Bytes>(T);

impl<T: AsRef<[u8]>> HelloName<T> {
    pub(crate) const fn from_checked(octets: T) -> Self {
        Self(octets)
    }

    /// Returns the name as it came.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }

    /// Returns it as a domain or an address literal, if it is one.
    pub fn domain(&self) -> Option<Domain<&[u8]>> {
        parse::domain(self.0.as_ref()).ok()
    }

    fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> HelloName<U> {
        HelloName(own(self.0))
    }
}

impl From<&Domain> for HelloName {
    fn from(domain: &Domain) -> Self {
        Self(domain.to_string().into())
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for HelloName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HelloName({})", self.as_str())
    }
}

/// The arguments of AUTH. The initial response may hold a password, so it does not print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthArguments<T: AsRef<[u8]> = Bytes> {
    mechanism: T,
    initial: Option<T>,
}

impl AuthArguments {
    /// Names a mechanism, with the initial response in base64 if it has one.
    ///
    /// # Errors
    /// [`Misuse`] if one of them holds an octet that its syntax does not allow.
    pub fn new(mechanism: &str, initial: Option<&Secret>) -> Result<Self, Misuse> {
        let invalid = |what| Misuse::Invalid { what, why: "an octet does not fit" };
        let line = match initial {
            None => mechanism.as_bytes().to_vec(),
            Some(initial) => [mechanism.as_bytes(), initial.expose()].join(&b' '),
        };
        let read = parse::auth_arguments(&line).map_err(|_| invalid("AUTH argument"))?;
        if read.initial != initial.map(Secret::expose) {
            return Err(invalid("AUTH argument"));
        }
        Ok(Self {
            mechanism: Bytes::copy_from_slice(read.mechanism),
            initial: read.initial.map(Bytes::copy_from_slice),
        })
    }
}

impl<T: AsRef<[u8]>> AuthArguments<T> {
    pub(crate) const fn from_checked(mechanism: T, initial: Option<T>) -> Self {
        Self { mechanism, initial }
    }

    /// Returns the mechanism's name, as it came.
    pub fn mechanism(&self) -> &[u8] {
        self.mechanism.as_ref()
    }

    /// Returns the initial response in base64; `=` is an empty one.
    pub fn initial(&self) -> Option<&[u8]> {
        self.initial.as_ref().map(T::as_ref)
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for AuthArguments<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let initial = self.initial().map_or(0, <[u8]>::len);
        write!(f, "{} {initial} octets", String::from_utf8_lossy(self.mechanism()))
    }
}

/// The free argument of VRFY, EXPN, HELP or NOOP: printable ASCII and blanks, as it came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<T: AsRef<[u8]> = Bytes>(T);

impl Text {
    /// Takes a text to be sent.
    ///
    /// # Errors
    /// [`ParseError`] if it is empty, starts or ends in a blank, or holds anything but printable
    /// ASCII and blanks.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let text = parse::text(text.as_ref())?;
        Ok(Self(Bytes::copy_from_slice(text.0)))
    }
}

impl<T: AsRef<[u8]>> Text<T> {
    pub(crate) const fn from_checked(octets: T) -> Self {
        Self(octets)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.0.as_ref()).unwrap_or_default()
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({})", self.as_str())
    }
}

/// The parameters behind a path: `SIZE=1234 BODY=8BITMIME`. RFC 5321 4.1.2 (`esmtp-param`).
///
/// That each has the syntax of a parameter is certain; whether it is one that somebody knows is
/// not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Params<T: AsRef<[u8]> = Bytes>(T);

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, as it came. Upper and lower case mean the same.
    pub keyword: &'a [u8],
    /// What stands behind `=`.
    pub value: Option<&'a [u8]>,
}

impl Params {
    /// Starts with none.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if keyword or value do not have the syntax of a parameter.
    pub fn with<'v>(
        self,
        keyword: &str,
        value: impl Into<Option<&'v [u8]>>,
    ) -> Result<Self, Misuse> {
        let value = value.into();
        let mut raw = self.0.to_vec();
        if !raw.is_empty() {
            raw.push(b' ');
        }
        let start = raw.len();
        raw.put(keyword.as_bytes());
        if let Some(value) = value {
            raw.put(b"=");
            raw.put(value);
        }
        match parse::param(raw.get(start..).unwrap_or_default()) {
            Ok(param) if param.value == value => Ok(Self(raw.into())),
            _ => Err(Misuse::Invalid { what: "parameter", why: "an octet does not fit" }),
        }
    }
}

impl Default for Params {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: AsRef<[u8]>> Params<T> {
    pub(crate) const fn from_checked(raw: T) -> Self {
        Self(raw)
    }

    /// Returns them in the order in which they stand.
    pub fn iter(&self) -> impl Iterator<Item = Param<'_>> {
        let words = self.as_wire().split(|octet| matches!(octet, b' ' | b'\t'));
        words.filter(|word| !word.is_empty()).map(|word| {
            let equals = word.iter().position(|&octet| octet == b'=');
            match equals.and_then(|at| word.split_at_checked(at)) {
                Some((keyword, value)) => Param { keyword, value: value.get(1..) },
                None => Param { keyword: word, value: None },
            }
        })
    }

    /// Returns the first of this name, in any case of letters.
    pub fn get(&self, keyword: &str) -> Option<Param<'_>> {
        self.iter().find(|param| param.keyword.eq_ignore_ascii_case(keyword.as_bytes()))
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.as_wire().is_empty()
    }

    /// Returns them as they stand on the wire, without a blank in front.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Params<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({})", String::from_utf8_lossy(self.as_wire()))
    }
}
