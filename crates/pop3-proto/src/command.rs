//! Commands: RFC 1939 5, 6 and 7, RFC 2449 5, RFC 2595 4, RFC 5034 4, RFC 6856.

use std::{borrow::Cow, fmt};

use mail_errors::{Misuse, ParseError, Secret};

use crate::{LanguageRange, MessageNumber, parse, text::unsendable};

/// The name of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// Who wants in. RFC 1939 7.
    User,
    /// The password. RFC 1939 7.
    Pass,
    /// Who wants in, and the digest of password and greeting. RFC 1939 7.
    Apop,
    /// Who wants in, by SASL. RFC 5034 4.
    Auth,
    /// What the server offers. RFC 2449 5.
    Capa,
    /// TLS from here on. RFC 2595 4.
    Stls,
    /// UTF-8 from here on, in messages and in what the server says. RFC 6856 2.
    Utf8,
    /// The language of what the server says. RFC 6856 3.
    Lang,
    /// How many messages and octets there are. RFC 1939 5.
    Stat,
    /// How large messages are. RFC 1939 5.
    List,
    /// What messages are called for good. RFC 1939 7.
    Uidl,
    /// A message. RFC 1939 5.
    Retr,
    /// The header and some lines of a message. RFC 1939 7.
    Top,
    /// Marks a message as deleted. RFC 1939 5.
    Dele,
    /// Takes all marks away. RFC 1939 5.
    Rset,
    /// Nothing. RFC 1939 5.
    Noop,
    /// The end; what is marked is deleted. RFC 1939 6.
    Quit,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 17] = [
        Self::User,
        Self::Pass,
        Self::Apop,
        Self::Auth,
        Self::Capa,
        Self::Stls,
        Self::Utf8,
        Self::Lang,
        Self::Stat,
        Self::List,
        Self::Uidl,
        Self::Retr,
        Self::Top,
        Self::Dele,
        Self::Rset,
        Self::Noop,
        Self::Quit,
    ];

    /// Returns the keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Pass => "PASS",
            Self::Apop => "APOP",
            Self::Auth => "AUTH",
            Self::Capa => "CAPA",
            Self::Stls => "STLS",
            Self::Utf8 => "UTF8",
            Self::Lang => "LANG",
            Self::Stat => "STAT",
            Self::List => "LIST",
            Self::Uidl => "UIDL",
            Self::Retr => "RETR",
            Self::Top => "TOP",
            Self::Dele => "DELE",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A command, as it is parsed and encoded. Borrowed from its line until [`Command::into_owned`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// USER name.
    User(UserName<'a>),
    /// PASS password.
    Pass(Password<'a>),
    /// APOP name digest.
    Apop(UserName<'a>, ApopDigest),
    /// AUTH mechanism, perhaps with an initial response. Without a mechanism it asks for the list
    /// of them: that is no RFC's, but older than RFC 2449 and still in use.
    Auth(Option<AuthArguments<'a>>),
    /// CAPA.
    Capa,
    /// STLS.
    Stls,
    /// UTF8.
    Utf8,
    /// LANG, for the list of languages or for one.
    Lang(Option<LanguageRange<'a>>),
    /// STAT.
    Stat,
    /// LIST, for all messages or for one.
    List(Option<MessageNumber>),
    /// UIDL, for all messages or for one.
    Uidl(Option<MessageNumber>),
    /// RETR message.
    Retr(MessageNumber),
    /// TOP message lines.
    Top(MessageNumber, u64),
    /// DELE message.
    Dele(MessageNumber),
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
}

impl Command<'_> {
    /// Returns the name of the command.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Apop(..) => Verb::Apop,
            Self::Auth(_) => Verb::Auth,
            Self::Capa => Verb::Capa,
            Self::Stls => Verb::Stls,
            Self::Utf8 => Verb::Utf8,
            Self::Lang(_) => Verb::Lang,
            Self::Stat => Verb::Stat,
            Self::List(_) => Verb::List,
            Self::Uidl(_) => Verb::Uidl,
            Self::Retr(_) => Verb::Retr,
            Self::Top(..) => Verb::Top,
            Self::Dele(_) => Verb::Dele,
            Self::Rset => Verb::Rset,
            Self::Noop => Verb::Noop,
            Self::Quit => Verb::Quit,
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Command<'static> {
        match self {
            Self::User(name) => Command::User(name.into_owned()),
            Self::Pass(password) => Command::Pass(password.into_owned()),
            Self::Apop(name, digest) => Command::Apop(name.into_owned(), digest),
            Self::Auth(arguments) => Command::Auth(arguments.map(AuthArguments::into_owned)),
            Self::Capa => Command::Capa,
            Self::Stls => Command::Stls,
            Self::Utf8 => Command::Utf8,
            Self::Lang(range) => Command::Lang(range.map(LanguageRange::into_owned)),
            Self::Stat => Command::Stat,
            Self::List(number) => Command::List(number),
            Self::Uidl(number) => Command::Uidl(number),
            Self::Retr(number) => Command::Retr(number),
            Self::Top(number, lines) => Command::Top(number, lines),
            Self::Dele(number) => Command::Dele(number),
            Self::Rset => Command::Rset,
            Self::Noop => Command::Noop,
            Self::Quit => Command::Quit,
        }
    }
}

/// The name of a mailbox: 1 to 255 octets of UTF-8 without control characters, with no space at
/// either end.
///
/// RFC 1939 7 calls it "a string"; in the middle of it spaces are let pass, as Dovecot does. UTF-8
/// is RFC 6856's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserName<'a>(Cow<'a, str>);

impl<'a> UserName<'a> {
    /// Most octets in a name. RFC 2449 4 gives the whole line 255.
    pub const MAX: usize = 255;

    /// Takes a name.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that cannot be in a name.
    pub fn new(name: &'a str) -> Result<Self, ParseError> {
        parse::user_name(name.as_bytes())
    }

    pub(crate) const fn checked(name: &'a str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Copies the name, if it is only borrowed.
    #[must_use]
    pub fn into_owned(self) -> UserName<'static> {
        UserName(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for UserName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The argument of PASS: one octet or more without CR, LF and NUL, spaces included. It does not
/// print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password<'a>(Cow<'a, [u8]>);

impl<'a> Password<'a> {
    /// Takes a password.
    ///
    /// # Errors
    /// [`Misuse`] if it is empty, or at the first octet that cannot be sent.
    pub fn new(password: impl Into<Cow<'a, [u8]>>) -> Result<Self, Misuse> {
        let password = password.into();
        if password.is_empty() {
            return Err(Misuse::Invalid { what: "password", why: "it is empty" });
        }
        match unsendable(&password) {
            Some((offset, octet)) => Err(Misuse::Unencodable { what: "password", octet, offset }),
            None => Ok(Self(password)),
        }
    }

    pub(crate) const fn checked(password: &'a [u8]) -> Self {
        Self(Cow::Borrowed(password))
    }

    /// Returns the octets.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Copies the octets into a secret.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        Secret::from(self.expose())
    }

    /// Copies the octets, if they are only borrowed.
    #[must_use]
    pub fn into_owned(self) -> Password<'static> {
        Password(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The arguments of AUTH: a mechanism's name of 1 to 20 letters, digits, hyphens and underscores,
/// and perhaps an initial response in base64, which does not print. RFC 5034 7.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthArguments<'a> {
    mechanism: Cow<'a, [u8]>,
    initial: Option<Cow<'a, [u8]>>,
}

impl<'a> AuthArguments<'a> {
    /// Takes a name, and the initial response as
    /// [`encode_initial`](mail_sasl::framing::encode_initial) makes it.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that cannot be in it, counted from the name.
    pub fn new(mechanism: &'a str, initial: Option<&'a Secret>) -> Result<Self, ParseError> {
        let mechanism = parse::mechanism(mechanism.as_bytes())?;
        let initial = initial.map(|initial| parse::initial_response(initial.expose()));
        Ok(Self::checked(mechanism, initial.transpose()?))
    }

    pub(crate) const fn checked(mechanism: &'a [u8], initial: Option<&'a [u8]>) -> Self {
        let initial = match initial {
            Some(initial) => Some(Cow::Borrowed(initial)),
            None => None,
        };
        Self { mechanism: Cow::Borrowed(mechanism), initial }
    }

    /// Returns the mechanism's name.
    #[must_use]
    pub fn mechanism(&self) -> &[u8] {
        &self.mechanism
    }

    /// Returns the initial response, in base64; `=` is an empty one.
    #[must_use]
    pub fn initial(&self) -> Option<&[u8]> {
        self.initial.as_deref()
    }

    /// Copies the octets, if they are only borrowed.
    #[must_use]
    pub fn into_owned(self) -> AuthArguments<'static> {
        AuthArguments {
            mechanism: Cow::Owned(self.mechanism.into_owned()),
            initial: self.initial.map(|initial| Cow::Owned(initial.into_owned())),
        }
    }
}

impl fmt::Debug for AuthArguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let initial = if self.initial.is_some() { ", .." } else { "" };
        write!(f, "AuthArguments({}{initial})", self.mechanism.escape_ascii())
    }
}

/// The digest of an APOP command as it was sent: 32 lower-case hexadecimal digits. It does not
/// print, because whoever sees it can guess at the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApopDigest([u8; 32]);

impl ApopDigest {
    /// Takes the digits.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that is no lower-case hexadecimal digit.
    pub fn new(digits: [u8; 32]) -> Result<Self, ParseError> {
        parse::apop_digest(&digits)
    }

    pub(crate) const fn checked(digits: [u8; 32]) -> Self {
        Self(digits)
    }

    /// Returns the digits.
    #[must_use]
    pub const fn digits(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ApopDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApopDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_neither_password_nor_digest() {
        let pass = Command::Pass(Password::new(&b"hunter2"[..]).unwrap());
        assert_eq!(format!("{pass:?}"), "Pass(Password(..))");
        let digest = ApopDigest::new(*b"c4c9334bac560ecc979e58001b3e22fb").unwrap();
        assert_eq!(format!("{digest:?}"), "ApopDigest(..)");
    }

    #[test]
    fn err_second_command_smuggled_in_a_password() {
        for octet in [b'\r', b'\n', 0] {
            let error = Password::new(vec![b'x', octet]).unwrap_err();
            assert_eq!(error, Misuse::Unencodable { what: "password", octet, offset: 1 });
        }
        assert!(Password::new(&b""[..]).is_err());
    }
}
