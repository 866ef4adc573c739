//! One line of what a server offers: RFC 5321 4.1.1.1 and the extensions.

use std::{
    fmt,
    num::{NonZeroU32, NonZeroU64},
};

use mail_errors::{Misuse, ParseError};
use mail_wire::{
    Sink,
    grammar::{ByteSet, complete, number, span},
};

use crate::{Extension, Hold, Octets, Solicitation, Timestamp, parse};

/// > ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")                 RFC 5321 4.1.1.1
const KEYWORD: ByteSet = ByteSet::ALNUM.with(b"-");
/// > ehlo-param = 1*(%d33-126)
const PARAMS: ByteSet = ByteSet::VCHAR.with(b" ");

/// One line of what a server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Offer<T: AsRef<[u8]> = Octets> {
    /// Several commands in one go. RFC 2920.
    Pipelining,
    /// The largest message in octets, if there is a fixed limit. RFC 1870.
    Size(Option<NonZeroU64>),
    /// Octets of 0x80 and above in messages. RFC 6152.
    EightBitMime,
    /// Replies carry enhanced codes. RFC 2034.
    EnhancedStatusCodes,
    /// STARTTLS is granted. RFC 3207.
    StartTls,
    /// AUTH with these mechanisms. RFC 4954.
    Auth(Words<T>),
    /// `AUTH=`, the same in a form from before RFC 2554, which some old clients need beside the
    /// right one.
    OldAuth(Words<T>),
    /// BDAT. RFC 3030.
    Chunking,
    /// Messages that need not be lines. RFC 3030.
    BinaryMime,
    /// NOTIFY, ORCPT, RET and ENVID. RFC 3461.
    Dsn,
    /// Addresses and headers in UTF-8. RFC 6531.
    SmtpUtf8,
    /// REQUIRETLS. RFC 8689.
    RequireTls,
    /// BY, with the fewest seconds that the server promises to keep. RFC 2852.
    DeliverBy(Option<NonZeroU32>),
    /// HOLDFOR and HOLDUNTIL, with the most that the server holds. RFC 4865.
    FutureRelease(FutureRelease<T>),
    /// MT-PRIORITY, with the name of a profile. RFC 6710.
    MtPriority(Option<Words<T>>),
    /// RRVS. RFC 7293.
    Rrvs,
    /// How much at once. RFC 9422.
    Limits(Limits),
    /// SOLICIT, with what is not taken. RFC 3865.
    NoSoliciting(Option<Solicitation<T>>),
    /// BURL, with the URLs that it takes. RFC 4468.
    Burl(Words<T>),
    /// ETRN. RFC 1985.
    Etrn,
    /// VRFY. RFC 5321 4.1.1.6.
    Vrfy,
    /// EXPN. RFC 5321 4.1.1.7.
    Expn,
    /// HELP. RFC 5321 4.1.1.8.
    Help,
    /// XCLIENT, with the attributes that it takes.
    Xclient(Words<T>),
    /// XFORWARD, with the attributes that it takes.
    Xforward(Words<T>),
    /// Anything else, as it came.
    Other(RawOffer<T>),
}

/// The words behind a keyword: printable ASCII with blanks between, as they came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Words<T: AsRef<[u8]> = Octets>(T);

/// The most that FUTURERELEASE holds a message back. RFC 4865 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FutureRelease<T: AsRef<[u8]> = Octets> {
    seconds: u64,
    until: Words<T>,
}

/// How much a server takes at once: LIMITS. RFC 9422 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Limits {
    /// `MAILMAX`: most messages in a session.
    pub messages: Option<NonZeroU32>,
    /// `RCPTMAX`: most recipients of a message.
    pub recipients: Option<NonZeroU32>,
    /// `RCPTDOMAINMAX`: most domains among the recipients of a session.
    pub recipient_domains: Option<NonZeroU32>,
}

/// A line that is not known here: keyword and parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawOffer<T: AsRef<[u8]> = Octets>(T);

impl<'a> Offer<&'a [u8]> {
    /// Reads a line. What does not have the form of one that is known is [`Offer::Other`].
    #[inline]
    pub(crate) fn read(line: &'a [u8]) -> Self {
        let known = match Extension::split_from(line) {
            Some((extension, [])) => Self::without_params(extension),
            Some((extension, [b' ', params @ ..])) => match params.trim_ascii() {
                [] => Self::without_params(extension),
                params => Self::with_params(extension, params),
            },
            _ => Self::old_auth(line),
        };
        known.unwrap_or(Self::Other(RawOffer(line)))
    }

    #[cold]
    fn old_auth(line: &'a [u8]) -> Option<Self> {
        let (keyword, names) = line.split_first_chunk::<5>()?;
        let is_auth = keyword.eq_ignore_ascii_case(b"AUTH=");
        is_auth.then(|| Self::OldAuth(Words(names.trim_ascii())))
    }

    /// Tells whether the keyword alone is an offer.
    pub(crate) const fn can_stand_alone(extension: Extension) -> bool {
        !matches!(extension, Extension::Auth | Extension::FutureRelease)
    }

    #[inline(always)]
    fn without_params(extension: Extension) -> Option<Self> {
        Some(match extension {
            Extension::Pipelining => Self::Pipelining,
            Extension::Size => Self::Size(None),
            Extension::EightBitMime => Self::EightBitMime,
            Extension::EnhancedStatusCodes => Self::EnhancedStatusCodes,
            Extension::StartTls => Self::StartTls,
            Extension::Chunking => Self::Chunking,
            Extension::BinaryMime => Self::BinaryMime,
            Extension::Dsn => Self::Dsn,
            Extension::SmtpUtf8 => Self::SmtpUtf8,
            Extension::RequireTls => Self::RequireTls,
            Extension::DeliverBy => Self::DeliverBy(None),
            Extension::MtPriority => Self::MtPriority(None),
            Extension::Rrvs => Self::Rrvs,
            Extension::Limits => Self::Limits(Limits::default()),
            Extension::NoSoliciting => Self::NoSoliciting(None),
            Extension::Burl => Self::Burl(Words(&[])),
            Extension::Etrn => Self::Etrn,
            Extension::Vrfy => Self::Vrfy,
            Extension::Expn => Self::Expn,
            Extension::Help => Self::Help,
            Extension::Xclient => Self::Xclient(Words(&[])),
            Extension::Xforward => Self::Xforward(Words(&[])),
            Extension::Auth | Extension::FutureRelease => return None,
        })
    }

    #[inline(always)]
    fn with_params(extension: Extension, params: &'a [u8]) -> Option<Self> {
        let words = Words(params);
        Some(match extension {
            // RFC 1870 4: 0 means that there is no fixed limit.
            Extension::Size => Self::Size(NonZeroU64::new(whole_number(params)?)),
            Extension::Auth => Self::Auth(words),
            Extension::DeliverBy => {
                let seconds = u32::try_from(whole_number(params)?).ok()?;
                Self::DeliverBy(Some(NonZeroU32::new(seconds)?))
            }
            Extension::FutureRelease => {
                let (seconds, until) = span(params, &ByteSet::DIGIT);
                let seconds = whole_number(seconds)?;
                Self::FutureRelease(FutureRelease { seconds, until: Words(until.trim_ascii()) })
            }
            Extension::MtPriority => Self::MtPriority(Some(words)),
            Extension::Limits => Self::Limits(Limits::read(params)),
            Extension::NoSoliciting => Self::NoSoliciting(Some(parse::solicitation(params).ok()?)),
            Extension::Burl => Self::Burl(words),
            Extension::Xclient => Self::Xclient(words),
            Extension::Xforward => Self::Xforward(words),
            Extension::Pipelining
            | Extension::EightBitMime
            | Extension::EnhancedStatusCodes
            | Extension::StartTls
            | Extension::Chunking
            | Extension::BinaryMime
            | Extension::Dsn
            | Extension::SmtpUtf8
            | Extension::RequireTls
            | Extension::Rrvs
            | Extension::Etrn
            | Extension::Vrfy
            | Extension::Expn
            | Extension::Help => return None,
        })
    }
}

impl Offer<&[u8]> {
    /// Copies what it refers to.
    #[must_use]
    pub fn into_owned(self) -> Offer {
        match self {
            Self::Pipelining => Offer::Pipelining,
            Self::Size(limit) => Offer::Size(limit),
            Self::EightBitMime => Offer::EightBitMime,
            Self::EnhancedStatusCodes => Offer::EnhancedStatusCodes,
            Self::StartTls => Offer::StartTls,
            Self::Auth(words) => Offer::Auth(words.into_owned()),
            Self::OldAuth(words) => Offer::OldAuth(words.into_owned()),
            Self::Chunking => Offer::Chunking,
            Self::BinaryMime => Offer::BinaryMime,
            Self::Dsn => Offer::Dsn,
            Self::SmtpUtf8 => Offer::SmtpUtf8,
            Self::RequireTls => Offer::RequireTls,
            Self::DeliverBy(least) => Offer::DeliverBy(least),
            Self::FutureRelease(FutureRelease { seconds, until }) => {
                Offer::FutureRelease(FutureRelease { seconds, until: until.into_owned() })
            }
            Self::MtPriority(words) => Offer::MtPriority(words.map(Words::into_owned)),
            Self::Rrvs => Offer::Rrvs,
            Self::Limits(limits) => Offer::Limits(limits),
            Self::NoSoliciting(unwanted) => {
                Offer::NoSoliciting(unwanted.map(Solicitation::into_owned))
            }
            Self::Burl(words) => Offer::Burl(words.into_owned()),
            Self::Etrn => Offer::Etrn,
            Self::Vrfy => Offer::Vrfy,
            Self::Expn => Offer::Expn,
            Self::Help => Offer::Help,
            Self::Xclient(words) => Offer::Xclient(words.into_owned()),
            Self::Xforward(words) => Offer::Xforward(words.into_owned()),
            Self::Other(RawOffer(line)) => Offer::Other(RawOffer(line.into())),
        }
    }
}

fn whole_number(text: &[u8]) -> Option<u64> {
    complete(text, |i| number(i, &"a number")).ok()
}

impl<T: AsRef<[u8]>> Offer<T> {
    /// Returns the extension that is offered, if it is one that is known here.
    pub const fn extension(&self) -> Option<Extension> {
        Some(match self {
            Self::Pipelining => Extension::Pipelining,
            Self::Size(_) => Extension::Size,
            Self::EightBitMime => Extension::EightBitMime,
            Self::EnhancedStatusCodes => Extension::EnhancedStatusCodes,
            Self::StartTls => Extension::StartTls,
            Self::Auth(_) | Self::OldAuth(_) => Extension::Auth,
            Self::Chunking => Extension::Chunking,
            Self::BinaryMime => Extension::BinaryMime,
            Self::Dsn => Extension::Dsn,
            Self::SmtpUtf8 => Extension::SmtpUtf8,
            Self::RequireTls => Extension::RequireTls,
            Self::DeliverBy(_) => Extension::DeliverBy,
            Self::FutureRelease(_) => Extension::FutureRelease,
            Self::MtPriority(_) => Extension::MtPriority,
            Self::Rrvs => Extension::Rrvs,
            Self::Limits(_) => Extension::Limits,
            Self::NoSoliciting(_) => Extension::NoSoliciting,
            Self::Burl(_) => Extension::Burl,
            Self::Etrn => Extension::Etrn,
            Self::Vrfy => Extension::Vrfy,
            Self::Expn => Extension::Expn,
            Self::Help => Extension::Help,
            Self::Xclient(_) => Extension::Xclient,
            Self::Xforward(_) => Extension::Xforward,
            Self::Other(_) => return None,
        })
    }

    /// Returns the keyword, of one that is not known as it came.
    pub fn keyword(&self) -> &[u8] {
        match (self.extension(), self) {
            (None, Self::Other(raw)) => raw.keyword(),
            (known, _) => known.map_or("", Extension::as_str).as_bytes(),
        }
    }

    /// Writes the line, without code and line end.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if let Self::Other(raw) = self {
            return out.put(raw.as_wire());
        }
        out.put(self.keyword());
        let mut words = |words: &[u8]| {
            if !words.is_empty() {
                out.put(b" ");
                out.put(words);
            }
        };
        match self {
            Self::Auth(some) | Self::Burl(some) | Self::Xclient(some) | Self::Xforward(some) => {
                words(some.as_wire());
            }
            Self::MtPriority(Some(some)) => words(some.as_wire()),
            Self::NoSoliciting(Some(some)) => words(some.as_str().as_bytes()),
            Self::Size(Some(limit)) => words(limit.to_string().as_bytes()),
            Self::DeliverBy(Some(seconds)) => words(seconds.to_string().as_bytes()),
            Self::FutureRelease(most) => {
                words(most.seconds.to_string().as_bytes());
                words(most.until.as_wire());
            }
            Self::Limits(limits) => words(limits.to_string().as_bytes()),
            Self::OldAuth(some) => {
                out.put(b"=");
                out.put(some.as_wire());
            }
            Self::Pipelining
            | Self::Size(None)
            | Self::EightBitMime
            | Self::EnhancedStatusCodes
            | Self::StartTls
            | Self::Chunking
            | Self::BinaryMime
            | Self::Dsn
            | Self::SmtpUtf8
            | Self::RequireTls
            | Self::DeliverBy(None)
            | Self::MtPriority(None)
            | Self::Rrvs
            | Self::NoSoliciting(None)
            | Self::Etrn
            | Self::Vrfy
            | Self::Expn
            | Self::Help
            | Self::Other(_) => {}
        }
    }
}

impl Words {
    /// Takes words to be offered.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if there are none, or one is empty or holds anything but printable
    /// ASCII.
    pub fn new<W: AsRef<[u8]>>(all: impl IntoIterator<Item = W>) -> Result<Self, Misuse> {
        let mut text = Vec::new();
        for word in all {
            let word = word.as_ref();
            if word.is_empty() || !span(word, &ByteSet::VCHAR).1.is_empty() {
                let why = "it is empty or not printable ASCII";
                return Err(Misuse::Invalid { what: "word of an offer", why });
            }
            if !text.is_empty() {
                text.push(b' ');
            }
            text.put(word);
        }
        if text.is_empty() {
            return Err(Misuse::Invalid { what: "words of an offer", why: "there are none" });
        }
        Ok(Self(text.into()))
    }

    /// Names the mechanisms that a server offers.
    #[must_use]
    pub fn mechanisms(mechanisms: &[mail_sasl::Mechanism]) -> Self {
        let names: Vec<_> = mechanisms.iter().map(|one| one.as_str().as_bytes()).collect();
        Self(names.join(&b' ').into())
    }
}

impl Words<&[u8]> {
    /// Copies them.
    #[must_use]
    pub fn into_owned(self) -> Words {
        Words(self.0.into())
    }
}

impl<T: AsRef<[u8]>> Words<T> {
    /// Returns them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        words(self.as_wire())
    }

    /// Tells whether this is one of them, in any case of letters.
    pub fn has(&self, word: &str) -> bool {
        self.iter().any(|one| one.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// Returns them as they stand on the wire.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl FutureRelease {
    /// Sets the most seconds and the latest time.
    ///
    /// # Errors
    /// None: a time has the syntax of one.
    pub fn new(seconds: u32, until: Timestamp) -> Result<Self, Misuse> {
        let until = Words::new([until.to_string()])?;
        Ok(Self { seconds: seconds.into(), until })
    }
}

impl<T: AsRef<[u8]>> FutureRelease<T> {
    /// Returns the most seconds that HOLDFOR may ask for.
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Returns the latest time that HOLDUNTIL may ask for. Some servers give it as seconds since
    /// 1970, which is read too.
    pub fn until(&self) -> Option<Timestamp> {
        let text = self.until.as_wire();
        let from_seconds = || {
            let seconds = i64::try_from(whole_number(text)?).ok()?;
            Some(Timestamp::from_unix_seconds(seconds))
        };
        Timestamp::parse(text).ok().or_else(from_seconds)
    }

    /// Tells whether a message is kept back for so long. RFC 4865 4. A latest time that cannot be
    /// read forbids nothing.
    pub fn holds(&self, hold: Hold) -> bool {
        match hold {
            Hold::For(time) => u64::from(time.get()) <= self.seconds,
            Hold::Until(time) => {
                self.until().is_none_or(|last| time.unix_seconds() <= last.unix_seconds())
            }
        }
    }

    /// Returns the latest time as it came.
    pub fn until_as_wire(&self) -> &[u8] {
        self.until.as_wire()
    }
}

impl Limits {
    /// Most that can be written. RFC 9422 3: six digits.
    pub const MOST: u32 = 999_999;

    /// > limits = "LIMITS" 1*(SP limit-name-value);  limit-value = %x31-39 0*5DIGIT  RFC 9422 3
    ///
    /// RFC 9422 3: "a client MUST ignore any limit that it does not recognize".
    fn read(params: &[u8]) -> Self {
        let mut limits = Self::default();
        for word in words(params) {
            let Some(equals) = word.iter().position(|&octet| octet == b'=') else { continue };
            let (name, value) = word.split_at_checked(equals).unwrap_or_default();
            let number = whole_number(value.get(1..).unwrap_or_default());
            let number = number.and_then(|number| u32::try_from(number).ok()?.try_into().ok());
            if name.eq_ignore_ascii_case(b"MAILMAX") {
                limits.messages = number;
            } else if name.eq_ignore_ascii_case(b"RCPTMAX") {
                limits.recipients = number;
            } else if name.eq_ignore_ascii_case(b"RCPTDOMAINMAX") {
                limits.recipient_domains = number;
            }
        }
        limits
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            ("MAILMAX", self.messages),
            ("RCPTMAX", self.recipients),
            ("RCPTDOMAINMAX", self.recipient_domains),
        ];
        let mut between = "";
        for (name, limit) in all {
            if let Some(limit) = limit {
                write!(f, "{between}{name}={}", limit.get().min(Self::MOST))?;
                between = " ";
            }
        }
        Ok(())
    }
}

impl RawOffer {
    /// Reads `keyword params` to be offered by a server.
    ///
    /// # Errors
    /// [`ParseError`] at the first octet that does not fit.
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        let line = line.as_bytes();
        let (keyword, params) = span(line, &KEYWORD);
        let (_, rest) = span(params, &PARAMS);
        let at = |rest: &[u8], what| Err(ParseError::at(line, line.len() - rest.len(), what));
        match keyword {
            [] | [b'-', ..] => return at(line, "an extension's keyword"),
            _ if !matches!(params.first(), None | Some(b' ')) => return at(params, "a blank"),
            _ if !rest.is_empty() => return at(rest, "printable text"),
            _ => {}
        }
        Ok(Self(line.into()))
    }
}

impl<T: AsRef<[u8]>> RawOffer<T> {
    /// Returns the first word.
    pub fn keyword(&self) -> &[u8] {
        words(self.as_wire()).next().unwrap_or_default()
    }

    /// Returns the words behind the first.
    pub fn params(&self) -> impl Iterator<Item = &[u8]> {
        words(self.as_wire()).skip(1)
    }

    /// Returns the line as it came.
    pub fn as_wire(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Words<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({})", self.as_wire().escape_ascii())
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for RawOffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawOffer({})", self.as_wire().escape_ascii())
    }
}

pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&octet| octet == b' ').filter(|word| !word.is_empty())
}
