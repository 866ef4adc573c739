//! The commands of RFC 5321 4.1, LMTP (RFC 2033) and the extensions.

use std::fmt;

use mail_errors::{Misuse, ParseError, Secret};

use crate::{
    Attributes, Burl, Chunk, CommandError, Defects, Domain, ForwardPath, MailParams, Octets,
    Profile, RcptParams, ReversePath, Turn, Verb, parse,
};

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
/// assert_eq!(params.size(), Some(1234));
/// # Ok::<(), smtp_proto::CommandError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<T: AsRef<[u8]> = Octets> {
    /// `EHLO name`, RFC 5321 4.1.1.1.
    Ehlo(HelloName<T>),
    /// `HELO name`, RFC 5321 4.1.1.1.
    Helo(HelloName<T>),
    /// `LHLO name`, RFC 2033 4.1.
    Lhlo(HelloName<T>),
    /// `STARTTLS`, RFC 3207 4.
    StartTls,
    /// `AUTH mechanism [initial-response]`, RFC 4954 4.
    Auth(AuthArguments<T>),
    /// `MAIL FROM:<reverse-path> [parameters]`, RFC 5321 4.1.1.2.
    Mail {
        /// Whom to tell if the message cannot be delivered.
        from: ReversePath<T>,
        /// What stands behind the path.
        params: MailParams<T>,
    },
    /// `RCPT TO:<forward-path> [parameters]`, RFC 5321 4.1.1.3.
    Rcpt {
        /// Whom the message is for.
        to: ForwardPath<T>,
        /// What stands behind the path.
        params: RcptParams<T>,
    },
    /// `DATA`, RFC 5321 4.1.1.4.
    Data,
    /// `BDAT size [LAST]`, RFC 3030 2. The octets follow the line.
    Bdat(Chunk),
    /// `BURL url [LAST]`, RFC 4468 3.
    Burl(Burl<T>),
    /// `RSET`, RFC 5321 4.1.1.5.
    Rset,
    /// `NOOP [text]`, RFC 5321 4.1.1.9.
    Noop(Option<Text<T>>),
    /// `VRFY text [SMTPUTF8]`, RFC 5321 4.1.1.6.
    Vrfy(Lookup<T>),
    /// `EXPN text [SMTPUTF8]`, RFC 5321 4.1.1.7.
    Expn(Lookup<T>),
    /// `HELP [text]`, RFC 5321 4.1.1.8.
    Help(Option<Text<T>>),
    /// `ETRN name`, RFC 1985 5.
    Etrn(Turn<T>),
    /// `XCLIENT attributes`, Postfix's.
    Xclient(Attributes<T>),
    /// `XFORWARD attributes`, Postfix's.
    Xforward(Attributes<T>),
    /// `QUIT`, RFC 5321 4.1.1.10.
    Quit,
}

impl Command {
    /// Reads a command line without its CRLF, with what [`Profile::COMPAT`] tolerates.
    ///
    /// # Errors
    /// [`CommandError`] at the first octet that does not fit.
    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let command = parse::command(line, Profile::COMPAT, &mut Defects::new())?;
        Ok(command.into_owned(line))
    }
}

impl<'a> Command<&'a [u8]> {
    /// Copies `line`, of which this is a view, once, and keeps ranges into the copy.
    #[must_use]
    pub fn into_owned(self, line: &'a [u8]) -> Command {
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.map(Octets::sharing(line))),
            Self::Helo(name) => Command::Helo(name.map(Octets::sharing(line))),
            Self::Lhlo(name) => Command::Lhlo(name.map(Octets::sharing(line))),
            Self::StartTls => Command::StartTls,
            Self::Auth(AuthArguments { mechanism, initial }) => {
                let own = Octets::sharing(line);
                let (mechanism, initial) = (own(mechanism), initial.map(own));
                Command::Auth(AuthArguments { mechanism, initial })
            }
            Self::Mail { from, params } => {
                let own = Octets::sharing(line);
                Command::Mail { from: from.map(&own), params: params.map(&own) }
            }
            Self::Rcpt { to, params } => {
                let own = Octets::sharing(line);
                Command::Rcpt { to: to.map(&own), params: params.map(&own) }
            }
            Self::Data => Command::Data,
            Self::Bdat(chunk) => Command::Bdat(chunk),
            Self::Burl(burl) => Command::Burl(burl.map(Octets::sharing(line))),
            Self::Rset => Command::Rset,
            Self::Noop(text) => Command::Noop(text.map(|text| text.map(Octets::from))),
            Self::Vrfy(text) => Command::Vrfy(text.map(Octets::from)),
            Self::Expn(text) => Command::Expn(text.map(Octets::from)),
            Self::Help(text) => Command::Help(text.map(|text| text.map(Octets::from))),
            Self::Etrn(turn) => Command::Etrn(turn.map(Octets::from)),
            Self::Xclient(all) => Command::Xclient(all.map(Octets::from)),
            Self::Xforward(all) => Command::Xforward(all.map(Octets::from)),
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
            Self::Lhlo(_) => Verb::Lhlo,
            Self::StartTls => Verb::StartTls,
            Self::Auth(_) => Verb::Auth,
            Self::Mail { .. } => Verb::Mail,
            Self::Rcpt { .. } => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::Bdat(chunk) if chunk.is_last() => Verb::LastChunk,
            Self::Burl(burl) if burl.is_last() => Verb::LastChunk,
            Self::Bdat(_) => Verb::Bdat,
            Self::Burl(_) => Verb::Burl,
            Self::Rset => Verb::Rset,
            Self::Noop(_) => Verb::Noop,
            Self::Vrfy(_) => Verb::Vrfy,
            Self::Expn(_) => Verb::Expn,
            Self::Help(_) => Verb::Help,
            Self::Etrn(_) => Verb::Etrn,
            Self::Xclient(_) => Verb::Xclient,
            Self::Xforward(_) => Verb::Xforward,
            Self::Quit => Verb::Quit,
        }
    }
}

/// What a client calls itself in EHLO, HELO or LHLO: UTF-8 without blanks and controls, as it came.
///
/// RFC 5321 4.1.4 forbids to refuse mail because this name is wrong, so it need not be a domain. It
/// is empty if [`Deviation::EmptyHelloName`](crate::Deviation::EmptyHelloName) was tolerated.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HelloName<T: AsRef<[u8]> = Octets>(T);

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
pub struct AuthArguments<T: AsRef<[u8]> = Octets> {
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
        Ok(Self { mechanism: read.mechanism.into(), initial: read.initial.map(Octets::from) })
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

/// The free argument of HELP or NOOP: printable ASCII and blanks, as it came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<T: AsRef<[u8]> = Octets>(T);

impl Text {
    /// Takes a text to be sent.
    ///
    /// # Errors
    /// [`ParseError`] if it is empty, starts or ends in a blank, or holds anything but printable
    /// ASCII and blanks.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        Ok(parse::text(text.as_ref())?.map(Octets::from))
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

    fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Text<U> {
        Text(own(self.0))
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({})", self.as_str())
    }
}

/// The argument of VRFY or EXPN: a mailbox, a user's or a list's name, as it came, and whether the
/// answer may be in UTF-8 (RFC 6531 3.7.4.2).
///
/// ```
/// use smtp_proto::Lookup;
///
/// let lookup = Lookup::new("Fred Bloggs")?.with_smtp_utf8();
/// assert_eq!(lookup.as_str(), "Fred Bloggs");
/// assert!(lookup.is_smtp_utf8());
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lookup<T: AsRef<[u8]> = Octets> {
    /// With the parameter, if it is there.
    argument: T,
    /// Length of the text in front of the parameter.
    text: usize,
}

impl Lookup {
    /// Takes a text to be sent. If it is not ASCII, SMTPUTF8 is sent behind it.
    ///
    /// # Errors
    /// [`ParseError`] if it is empty, starts or ends in a blank, holds a control character, or ends
    /// in the word SMTPUTF8, which would be read as the parameter.
    pub fn new(text: &str) -> Result<Self, ParseError> {
        parse::lookup(text.as_bytes())?;
        let lookup = Self { argument: text.as_bytes().into(), text: text.len() };
        Ok(if text.is_ascii() { lookup } else { lookup.with_smtp_utf8() })
    }

    /// Asks for an answer in UTF-8.
    #[must_use]
    pub fn with_smtp_utf8(self) -> Self {
        let (text, argument) = (self.text, [self.as_str(), " SMTPUTF8"].concat());
        Self { argument: argument.into(), text }
    }
}

impl<T: AsRef<[u8]>> Lookup<T> {
    pub(crate) const fn from_checked(argument: T, text: usize) -> Self {
        Self { argument, text }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        let text = self.as_wire().get(..self.text).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// Tells whether the answer may be in UTF-8.
    pub fn is_smtp_utf8(&self) -> bool {
        self.as_wire().len() > self.text
    }

    /// Returns the whole argument as it stands on the wire.
    pub fn as_wire(&self) -> &[u8] {
        self.argument.as_ref()
    }

    fn map<U: AsRef<[u8]>>(self, own: impl Fn(T) -> U) -> Lookup<U> {
        Lookup { argument: own(self.argument), text: self.text }
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Lookup<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lookup({})", self.as_wire().escape_ascii())
    }
}
