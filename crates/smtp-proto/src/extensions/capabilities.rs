//! What a server offers in its reply to EHLO: RFC 5321 4.1.1.1.

use std::{fmt, num::NonZeroU64};

use mail_errors::{Misuse, Reply, ReplyCode};
use mail_wire::grammar::{consumed, cut};

use crate::{
    Defects, Deviation, Extension, Extensions, HelloName, Limits, Octets, Offer, Profile,
    extensions::offer::words,
    parse::regular::{Heads, line},
};

/// What a server offers. Read by the client, written by the server.
///
/// ```
/// use mail_errors::{Reply, ReplyCode};
/// use smtp_proto::{Capabilities, Extension};
///
/// let lines = ["mx.example.com", "PIPELINING", "SIZE 1000000", "AUTH PLAIN LOGIN", "X-EXTRA 1"];
/// let offered = Capabilities::read(&Reply::multiline(ReplyCode::OK, None, lines)?);
/// assert!(offered.offers(Extension::Pipelining));
/// assert_eq!(offered.largest_message(), Some(1_000_000));
/// assert_eq!(offered.mechanisms().collect::<Vec<_>>(), [&b"PLAIN"[..], b"LOGIN"]);
/// assert!(offered.has("x-extra"));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Clone, Copy)]
pub struct Capabilities<T: AsRef<[u8]> = Octets> {
    /// The lines as they stand behind the code, with LF between; or as they stand on the wire,
    /// without the last CRLF.
    text: T,
    /// How many octets of each line are none of the offer: those of the code, on the wire.
    head: usize,
    known: Extensions,
    largest_message: Option<NonZeroU64>,
    /// `AUTH=` counts.
    takes_old_auth: bool,
}

impl Capabilities {
    /// Starts with nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            text: Octets::new(),
            head: 0,
            known: Extensions::NONE,
            largest_message: None,
            takes_old_auth: true,
        }
    }

    /// Adds an offer.
    #[must_use]
    pub fn with(self, offer: Offer) -> Self {
        let mut text = Vec::new();
        for line in self.lines() {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        offer.write(&mut text);
        let profile = Profile::STRICT.tolerating(Deviation::OldAuthOffer);
        let read = Capabilities::of_lines(&text, profile, &mut Defects::new());
        Self {
            known: read.known,
            largest_message: read.largest_message,
            takes_old_auth: true,
            text: text.into(),
            head: 0,
        }
    }

    /// Reads the reply to EHLO: each line but the first is an offer. What does not have the form of
    /// one that is known is kept as [`Offer::Other`].
    #[must_use]
    pub fn read(reply: &Reply) -> Self {
        Capabilities::view(reply, Profile::COMPAT, &mut Defects::new()).into_owned()
    }

    /// The same, of a reply that has just come: `profile` decides, and what it tolerates is reported
    /// with its offset on the wire, where each line has a code and a mark in front and CRLF behind.
    pub(crate) fn hear(reply: &Reply, profile: Profile, defects: &mut Defects) -> Self {
        let mut found = Defects::new();
        let read = Capabilities::view(reply, profile, &mut found).into_owned();
        for defect in found.iter() {
            let (before, _) = cut(reply.text(), defect.offset());
            let lines = before.iter().filter(|&&octet| octet == b'\n').count();
            let offset = before.len() + lines + "250-".len() * (lines + 1);
            defects.tolerate(profile, defect.deviation(), offset);
        }
        read
    }

    /// Writes the reply to EHLO of a server of this name.
    ///
    /// # Errors
    /// None as long as name and offers were made by this crate.
    pub fn reply(&self, host: &HelloName) -> Result<Reply, Misuse> {
        let first = std::iter::once(host.as_str().as_bytes());
        Reply::multiline(ReplyCode::OK, None, first.chain(self.lines()))
    }
}

impl<'a> Capabilities<&'a [u8]> {
    /// Reads the reply to EHLO without a copy. What `profile` tolerates is reported into
    /// `defects`, with its offset in the reply's [text](Reply::text).
    #[must_use]
    pub fn view(reply: &'a Reply, profile: Profile, defects: &mut Defects) -> Self {
        let text = reply.text();
        let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
        let lines = text.get(end..).unwrap_or_default();
        let mut found = Defects::new();
        let read = Self::of_lines(lines, profile, &mut found);
        defects.add(&found, end);
        read
    }

    /// Reads the reply to EHLO where it stands, in one go, and says how many octets it has. `None`
    /// unless `input` starts with one that is whole and regular, as
    /// [`ReplyView`](crate::parse::ReplyView) has it, of code 250 and without `AUTH=`.
    ///
    /// ```
    /// use smtp_proto::{Capabilities, Extension};
    ///
    /// let wire = b"250-mx.example.com\r\n250-SIZE 1000\r\n250 DSN\r\n";
    /// let (offered, octets) = Capabilities::on_the_wire(wire).expect("it is whole and regular");
    /// assert!(offered.offers(Extension::Dsn) && octets == wire.len());
    /// assert_eq!(offered.largest_message(), Some(1000));
    /// ```
    #[must_use]
    #[inline]
    pub fn on_the_wire(input: &'a [u8]) -> Option<(Self, usize)> {
        let heads = Heads::new(input).filter(|_| input.starts_with(b"250"))?;
        let (mut is_last, text) = heads.next(input)?;
        let (host, mut rest) = line(text)?;
        if host.get(1) == Some(&b'.') || (is_last && host.is_empty()) {
            return None;
        }
        let (mut read, offers) = (Self::nothing(), rest);
        while !is_last {
            let text;
            (is_last, text) = heads.next(rest)?;
            if let Some((extension, [b'\r', b'\n', behind @ ..])) = Extension::split_from(text)
                && Offer::can_stand_alone(extension)
            {
                read.known = read.known.with(extension);
                rest = behind;
                continue;
            }
            let (line, behind) = line(text)?;
            let offer = Offer::read(line);
            // An enhanced code, or what a profile has a say in.
            let is_odd = line.get(1) == Some(&b'.') || (is_last && line.is_empty());
            if is_odd || matches!(offer, Offer::OldAuth(_)) {
                return None;
            }
            read.add(offer);
            rest = behind;
        }
        let octets = input.len() - rest.len();
        let text = consumed(offers, rest);
        read.text = text.strip_suffix(b"\r\n").unwrap_or(text);
        read.head = "250 ".len();
        Some((read, octets))
    }

    const fn nothing() -> Self {
        let known = Extensions::NONE;
        Self { text: &[], head: 0, known, largest_message: None, takes_old_auth: true }
    }

    #[inline(always)]
    fn add(&mut self, offer: Offer<&[u8]>) {
        if let Offer::Size(limit) = offer {
            self.largest_message = self.largest_message.or(limit);
        }
        self.known = offer.extension().into_iter().fold(self.known, Extensions::with);
    }

    fn of_lines(text: &'a [u8], profile: Profile, defects: &mut Defects) -> Self {
        let takes_old_auth = profile.tolerates(Deviation::OldAuthOffer);
        let mut read = Self { text, takes_old_auth, ..Self::nothing() };
        for line in lines(text) {
            let offer = Offer::read(line);
            let offset = || line.as_ptr() as usize - text.as_ptr() as usize;
            if let Offer::OldAuth(_) = offer
                && !defects.tolerate(profile, Deviation::OldAuthOffer, offset())
            {
                continue;
            }
            read.add(offer);
        }
        read
    }

    /// Copies the text.
    #[must_use]
    pub fn into_owned(self) -> Capabilities {
        let Self { text, head, known, largest_message, takes_old_auth } = self;
        Capabilities { text: text.into(), head, known, largest_message, takes_old_auth }
    }
}

impl<T: AsRef<[u8]>> Capabilities<T> {
    /// Returns everything that is offered, in the order in which it stands.
    pub fn iter(&self) -> impl Iterator<Item = Offer<&[u8]>> {
        self.lines().map(Offer::read)
    }

    /// Returns the extensions that are offered and known here.
    pub const fn extensions(&self) -> Extensions {
        self.known
    }

    /// Tells whether this extension is offered.
    pub const fn offers(&self, extension: Extension) -> bool {
        self.known.has(extension)
    }

    /// Tells whether there is an offer of this keyword, in any case of letters.
    pub fn has(&self, keyword: &str) -> bool {
        let keyword = keyword.as_bytes();
        self.iter().any(|offer| offer.keyword().eq_ignore_ascii_case(keyword))
    }

    /// Tells whether several commands may be sent in one go. RFC 2920.
    pub const fn has_pipelining(&self) -> bool {
        self.offers(Extension::Pipelining)
    }

    /// Tells whether messages may hold octets of 0x80 and above. RFC 6152.
    pub const fn has_eight_bit_mime(&self) -> bool {
        self.offers(Extension::EightBitMime)
    }

    /// Tells whether replies carry enhanced codes. RFC 2034.
    pub const fn has_enhanced_status_codes(&self) -> bool {
        self.offers(Extension::EnhancedStatusCodes)
    }

    /// Tells whether STARTTLS is offered. RFC 3207.
    pub const fn has_start_tls(&self) -> bool {
        self.offers(Extension::StartTls)
    }

    /// Tells whether SIZE is offered, with a limit or without. RFC 1870.
    pub const fn has_size(&self) -> bool {
        self.offers(Extension::Size)
    }

    /// Returns the largest message in octets that the server takes, if it says so. RFC 1870.
    pub fn largest_message(&self) -> Option<u64> {
        self.largest_message.map(NonZeroU64::get)
    }

    /// Returns how much the server takes at once. RFC 9422.
    pub fn limits(&self) -> Limits {
        let mut found = self.iter().filter_map(|offer| {
            if let Offer::Limits(limits) = offer { Some(limits) } else { None }
        });
        found.next().unwrap_or_default()
    }

    /// Returns the names of the mechanisms that AUTH offers. RFC 4954.
    pub fn mechanisms(&self) -> impl Iterator<Item = &[u8]> {
        self.lines().flat_map(|line| {
            let offer = Offer::read(line);
            let is_auth = offer.extension() == Some(Extension::Auth);
            let counts = is_auth && (self.takes_old_auth || matches!(offer, Offer::Auth(_)));
            // Behind the keyword stands a blank or `=`.
            let names = line.get("AUTH ".len()..).filter(|_| counts);
            words(names.unwrap_or_default())
        })
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let head = self.head;
        lines(self.text.as_ref()).map(move |line| match line.get(head..) {
            Some([offer @ .., b'\r']) if head > 0 => offer,
            offer => offer.unwrap_or_default(),
        })
    }
}

impl<T: AsRef<[u8]>> PartialEq for Capabilities<T> {
    fn eq(&self, other: &Self) -> bool {
        self.takes_old_auth == other.takes_old_auth && self.lines().eq(other.lines())
    }
}

impl<T: AsRef<[u8]>> Eq for Capabilities<T> {}

impl Default for Capabilities {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Capabilities<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// No text is no line; else each LF parts two.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = (!text.is_empty()).then_some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (line, behind) = match memchr::memchr(b'\n', text) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)),
            None => (text, None),
        };
        rest = behind;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{RawOffer, Timestamp, Words};

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
        let all = ["SIZE many", "STARTTLS now", "X-FOO  bar", "PIPE_CONNECT", "??", "", "DSN"];
        let offered = read(&all);
        assert!(offered.extensions() == Extensions::NONE.with(Extension::Dsn));
        let raw: Vec<_> = offered
            .iter()
            .filter_map(|offer| {
                let Offer::Other(raw) = offer else { return None };
                Some(String::from_utf8(raw.as_wire().to_vec()).unwrap())
            })
            .collect();
        assert_eq!(raw, all[..6]);
    }

    #[test]
    fn ok_both_forms_of_auth() {
        let offered = read(&["AUTH=LOGIN", "AUTH PLAIN XOAUTH2"]);
        assert_eq!(offered.mechanisms().collect::<Vec<_>>(), [&b"LOGIN"[..], b"PLAIN", b"XOAUTH2"]);
    }

    #[test]
    fn reports_old_auth_and_strictly_does_not_count_it() {
        let reply = Reply::multiline(ReplyCode::OK, None, ["mx", "DSN", "AUTH=LOGIN"]).unwrap();
        let mut defects = Defects::new();
        let offered = Capabilities::view(&reply, Profile::COMPAT, &mut defects);
        assert_eq!(offered.mechanisms().count(), 1);
        let found: Vec<_> = defects.iter().map(|one| (one.deviation(), one.offset())).collect();
        assert_eq!(found, [(Deviation::OldAuthOffer, "mx\nDSN\n".len())]);
        let offered = Capabilities::view(&reply, Profile::STRICT, &mut defects);
        assert!(!offered.offers(Extension::Auth) && offered.mechanisms().next().is_none());
    }

    #[test]
    fn ok_arguments_of_the_extensions() {
        let offered = read(&[
            "limits RCPTMAX=20 MAILMAX=5 X-NEW=1 RCPTDOMAINMAX=x",
            "DELIVERBY 240",
            "FUTURERELEASE 604800 1777527456",
            "MT-PRIORITY MIXER",
            "NO-SOLICITING net.example:ADV",
            "XFORWARD NAME ADDR",
        ]);
        assert_eq!(offered.limits().to_string(), "MAILMAX=5 RCPTMAX=20");
        let all: Vec<_> = offered.iter().collect();
        assert!(matches!(all[1], Offer::DeliverBy(Some(least)) if least.get() == 240));
        let Offer::FutureRelease(most) = all[2] else { panic!("{all:?}") };
        assert_eq!((most.seconds(), most.until_as_wire()), (604_800, &b"1777527456"[..]));
        assert_eq!(most.until().unwrap().to_string(), "2026-04-30T05:37:36Z");
        assert!(matches!(all[3], Offer::MtPriority(Some(profile)) if profile.has("mixer")));
        assert!(matches!(all[4], Offer::NoSoliciting(Some(_))));
        assert!(matches!(all[5], Offer::Xforward(names) if names.iter().count() == 2));
    }

    #[test]
    fn ok_everything_that_can_be_offered_comes_back() {
        let words = || Words::new(["ONE", "TWO"]).unwrap();
        let until = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
        let limits = Limits { recipients: std::num::NonZeroU32::new(9), ..Limits::default() };
        let offers = [
            Offer::Pipelining,
            Offer::Size(None),
            Offer::EightBitMime,
            Offer::EnhancedStatusCodes,
            Offer::StartTls,
            Offer::Auth(words()),
            Offer::OldAuth(words()),
            Offer::Chunking,
            Offer::BinaryMime,
            Offer::Dsn,
            Offer::SmtpUtf8,
            Offer::RequireTls,
            Offer::DeliverBy(std::num::NonZeroU32::new(60)),
            Offer::FutureRelease(crate::FutureRelease::new(60, until).unwrap()),
            Offer::MtPriority(Some(Words::new(["MIXER"]).unwrap())),
            Offer::Rrvs,
            Offer::Limits(limits),
            Offer::NoSoliciting(Some(crate::Solicitation::parse("a:b").unwrap())),
            Offer::Burl(words()),
            Offer::Etrn,
            Offer::Vrfy,
            Offer::Expn,
            Offer::Help,
            Offer::Xclient(words()),
            Offer::Xforward(words()),
            Offer::Other(RawOffer::parse("X-NEW 1").unwrap()),
        ];
        let all = offers.iter().cloned().fold(Capabilities::new(), Capabilities::with);
        assert_eq!(all.extensions().iter().count(), Extension::ALL.len());
        let written: Vec<_> = all.iter().map(|offer| format!("{offer:?}")).collect();
        assert_eq!(written, offers.clone().map(|offer| format!("{offer:?}")));
        assert_eq!(all.iter().map(Offer::into_owned).collect::<Vec<_>>(), offers);
        let host = HelloName::from(&crate::Domain::parse("mx.example.com").unwrap());
        assert_eq!(Capabilities::read(&all.reply(&host).unwrap()), all);
    }

    #[test]
    fn err_offer_that_would_break_the_line() {
        for line in ["X\r\nEVIL", "", "-X", "X\0", "X=1"] {
            assert!(RawOffer::parse(line).is_err(), "{line:?}");
        }
        for word in ["A\r\nB", "", "a b", "\0"] {
            assert!(Words::new([word]).is_err(), "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn ok_round_trip(lines in proptest::collection::vec("[ -~]{1,30}|SIZE [0-9]{1,9}", 0..6)) {
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let offered = read(&lines);
            let host = HelloName::from(&crate::Domain::parse("mx.example.com").unwrap());
            prop_assert_eq!(Capabilities::read(&offered.reply(&host).unwrap()), offered);
        }
    }
}
