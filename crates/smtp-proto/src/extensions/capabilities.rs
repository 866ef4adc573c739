//! What a server offers in its reply to EHLO: RFC 5321 4.1.1.1.

use std::fmt;
use std::num::NonZeroU64;

use mail_errors::{Misuse, ParseError, Reply, ReplyCode};
use mail_wire::grammar::{ByteSet, complete, number, span};

use crate::HelloName;

/// > ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")                 RFC 5321 4.1.1.1
const KEYWORD: ByteSet = ByteSet::ALNUM.with(b"-");
/// > ehlo-param = 1*(%d33-126)
const PARAMS: ByteSet = ByteSet::VCHAR.with(b" ");

/// What a server offers. Read by the client, written by the server.
///
/// ```
/// use mail_errors::{Reply, ReplyCode};
/// use smtp_proto::Capabilities;
///
/// let lines = ["mx.example.com", "PIPELINING", "SIZE 1000000", "AUTH PLAIN LOGIN", "X-EXTRA 1"];
/// let offered = Capabilities::read(&Reply::multiline(ReplyCode::OK, None, lines)?);
/// assert!(offered.has_pipelining());
/// assert_eq!(offered.largest_message(), Some(1_000_000));
/// assert_eq!(offered.mechanisms().collect::<Vec<_>>(), [&b"PLAIN"[..], b"LOGIN"]);
/// assert!(offered.has("x-extra"));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    offers: Vec<Offer>,
}

/// One line of what a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Offer {
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
    Auth(Mechanisms),
    /// Anything else, as it came.
    Other(RawOffer),
}

/// The mechanisms behind AUTH, as they came.
#[derive(Clone, PartialEq, Eq)]
pub struct Mechanisms(Box<[u8]>);

/// A line that is not known here: keyword and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct RawOffer(Box<[u8]>);

impl Capabilities {
    /// Starts with nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { offers: Vec::new() }
    }

    /// Adds an offer.
    #[must_use]
    pub fn with(mut self, offer: Offer) -> Self {
        self.offers.push(offer);
        self
    }

    /// Reads the reply to EHLO: each line but the first is an offer. What does not have the form of
    /// one that is known is kept as [`Offer::Other`].
    #[must_use]
    pub fn read(reply: &Reply) -> Self {
        Self { offers: reply.lines().skip(1).map(Offer::read).collect() }
    }

    /// Writes the reply to EHLO of a server of this name.
    ///
    /// # Errors
    /// None as long as name and offers were made by this crate.
    pub fn reply(&self, host: &HelloName) -> Result<Reply, Misuse> {
        let first = host.as_str().as_bytes().to_vec();
        let lines = std::iter::once(first).chain(self.offers.iter().map(Offer::line));
        Reply::multiline(ReplyCode::OK, None, lines)
    }

    /// Returns everything that is offered, in the order in which it stands.
    pub fn iter(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter()
    }

    /// Tells whether there is an offer of this keyword, in any case of letters.
    #[must_use]
    pub fn has(&self, keyword: &str) -> bool {
        let keyword = keyword.as_bytes();
        self.iter().any(|offer| offer.keyword().eq_ignore_ascii_case(keyword))
    }

    /// Tells whether several commands may be sent in one go. RFC 2920.
    #[must_use]
    pub fn has_pipelining(&self) -> bool {
        self.offers.contains(&Offer::Pipelining)
    }

    /// Tells whether messages may hold octets of 0x80 and above. RFC 6152.
    #[must_use]
    pub fn has_eight_bit_mime(&self) -> bool {
        self.offers.contains(&Offer::EightBitMime)
    }

    /// Tells whether replies carry enhanced codes. RFC 2034.
    #[must_use]
    pub fn has_enhanced_status_codes(&self) -> bool {
        self.offers.contains(&Offer::EnhancedStatusCodes)
    }

    /// Tells whether STARTTLS is offered. RFC 3207.
    #[must_use]
    pub fn has_start_tls(&self) -> bool {
        self.offers.contains(&Offer::StartTls)
    }

    /// Tells whether SIZE is offered, with a limit or without. RFC 1870.
    #[must_use]
    pub fn has_size(&self) -> bool {
        self.iter().any(|offer| matches!(offer, Offer::Size(_)))
    }

    /// Returns the largest message in octets that the server takes, if it says so. RFC 1870.
    #[must_use]
    pub fn largest_message(&self) -> Option<u64> {
        self.iter().find_map(|offer| match offer {
            Offer::Size(limit) => limit.map(NonZeroU64::get),
            Offer::Pipelining
            | Offer::EightBitMime
            | Offer::EnhancedStatusCodes
            | Offer::StartTls
            | Offer::Auth(_)
            | Offer::Other(_) => None,
        })
    }

    /// Returns the names of the mechanisms that AUTH offers. RFC 4954.
    pub fn mechanisms(&self) -> impl Iterator<Item = &[u8]> {
        self.iter().flat_map(|offer| match offer {
            Offer::Auth(mechanisms) => words(&mechanisms.0),
            Offer::Pipelining
            | Offer::Size(_)
            | Offer::EightBitMime
            | Offer::EnhancedStatusCodes
            | Offer::StartTls
            | Offer::Other(_) => words(&[]),
        })
    }
}

impl Offer {
    fn read(line: &[u8]) -> Self {
        let (keyword, rest) = span(line, &KEYWORD);
        let params = rest.trim_ascii();
        let is = |name: &[u8]| keyword.eq_ignore_ascii_case(name);
        if params.is_empty() {
            if is(b"PIPELINING") {
                return Self::Pipelining;
            } else if is(b"SIZE") {
                return Self::Size(None);
            } else if is(b"8BITMIME") {
                return Self::EightBitMime;
            } else if is(b"ENHANCEDSTATUSCODES") {
                return Self::EnhancedStatusCodes;
            } else if is(b"STARTTLS") {
                return Self::StartTls;
            }
        } else if is(b"SIZE") && rest.first() == Some(&b' ') {
            // RFC 1870 4: 0 means that there is no fixed limit.
            if let Ok(limit) = complete(params, |i| number(i, &"a size")) {
                return Self::Size(NonZeroU64::new(limit));
            }
        } else if is(b"AUTH") && matches!(rest.first(), Some(b' ' | b'=')) {
            // `AUTH=LOGIN PLAIN` is from before RFC 2554 and is still sent beside the right form.
            let names = rest.get(1..).unwrap_or_default().trim_ascii();
            return Self::Auth(Mechanisms(names.into()));
        }
        Self::Other(RawOffer(line.into()))
    }

    fn keyword(&self) -> &[u8] {
        match self {
            Self::Pipelining => b"PIPELINING",
            Self::Size(_) => b"SIZE",
            Self::EightBitMime => b"8BITMIME",
            Self::EnhancedStatusCodes => b"ENHANCEDSTATUSCODES",
            Self::StartTls => b"STARTTLS",
            Self::Auth(_) => b"AUTH",
            Self::Other(raw) => raw.keyword(),
        }
    }

    fn line(&self) -> Vec<u8> {
        let params = match self {
            Self::Size(Some(limit)) => limit.to_string().into_bytes(),
            Self::Auth(mechanisms) => mechanisms.0.to_vec(),
            Self::Other(raw) => return raw.0.to_vec(),
            Self::Size(None)
            | Self::Pipelining
            | Self::EightBitMime
            | Self::EnhancedStatusCodes
            | Self::StartTls => return self.keyword().to_vec(),
        };
        [self.keyword(), &params].join(&b' ')
    }
}

impl Mechanisms {
    /// Names the mechanisms that a server offers.
    #[must_use]
    pub fn new(mechanisms: &[mail_sasl::Mechanism]) -> Self {
        let names: Vec<_> = mechanisms.iter().map(|one| one.as_str().as_bytes()).collect();
        Self(names.join(&b' ').into())
    }

    /// Returns their names.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        words(&self.0)
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

    /// Returns the first word.
    #[must_use]
    pub fn keyword(&self) -> &[u8] {
        words(&self.0).next().unwrap_or_default()
    }

    /// Returns the words behind the first.
    pub fn params(&self) -> impl Iterator<Item = &[u8]> {
        words(&self.0).skip(1)
    }

    /// Returns the line as it came.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Mechanisms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mechanisms({})", String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for RawOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawOffer({})", String::from_utf8_lossy(&self.0))
    }
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&octet| octet == b' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Capabilities {
        let lines = ["mx.example.com"].iter().chain(lines);
        Capabilities::read(&Reply::multiline(ReplyCode::OK, None, lines).unwrap())
    }

    #[test]
    fn ok_size_with_and_without_limit() {
        assert_eq!(read(&["SIZE 100"]).largest_message(), Some(100));
        for line in ["SIZE", "size 0", "SIZE "] {
            let offered = read(&[line]);
            assert!(offered.has_size() && offered.largest_message().is_none(), "{line}");
        }
    }

    #[test]
    fn keeps_what_is_not_known_or_malformed_as_it_came() {
        let offered = read(&["SIZE many", "STARTTLS now", "X-FOO  bar", "??", ""]);
        assert!(!offered.has_size() && !offered.has_start_tls());
        let raw: Vec<_> = offered.iter().map(Offer::line).collect();
        assert_eq!(raw, [&b"SIZE many"[..], b"STARTTLS now", b"X-FOO  bar", b"??", b""]);
    }

    #[test]
    fn ok_both_forms_of_auth() {
        let offered = read(&["AUTH=LOGIN", "AUTH PLAIN XOAUTH2"]);
        assert_eq!(offered.mechanisms().collect::<Vec<_>>(), [&b"LOGIN"[..], b"PLAIN", b"XOAUTH2"]);
    }

    #[test]
    fn err_offer_that_would_break_the_line() {
        for line in ["X\r\nEVIL", "", "-X", "X\0", "X=1"] {
            assert!(RawOffer::parse(line).is_err(), "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn ok_round_trip(lines in proptest::collection::vec("[ -~]{0,30}|SIZE [0-9]{1,9}", 0..6)) {
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let offered = read(&lines);
            let host = HelloName::from(&crate::Domain::parse("mx.example.com").unwrap());
            prop_assert_eq!(Capabilities::read(&offered.reply(&host).unwrap()), offered);
        }
    }
}
