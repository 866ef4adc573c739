//! Decides whether SEARCH finds a message, RFC 9051 section 6.4.4.
//!
//! A store that can answer a test by an index does so and leaves the rest to [`Candidate`].
//!
//! # Not supported
//! * BODY and TEXT look at the octets of the body as they are: what is in base64 or
//!   quoted-printable is not decoded.

use std::borrow::Cow;

use mail_message::Header;
use memchr::memmem;

use crate::{Date, DateTime, Flag, Flags, IString, Query, SearchKey, SequenceSet};

/// What SEARCH can know of one message.
///
/// ```
/// use imap_proto::{Flag, Flags, Query, search_match::Candidate};
///
/// let query = Query::parse(b"UNSEEN SUBJECT \"gr\xc3\xbc\xc3\x9fe\"")?;
/// let header = b"Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= aus Wien\r\n\r\n";
/// let flags = Flags::new([Flag::Flagged]);
/// assert!(Candidate::new(7, &flags).header(header).is_found_by(&query));
/// # Ok::<(), mail_errors::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'m> {
    uid: u32,
    flags: &'m Flags<'m>,
    recent: bool,
    internal_date: Option<DateTime>,
    size: u64,
    header: &'m [u8],
    body: &'m [u8],
}

/// What a query needs to know of messages, so that no more is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Needs {
    /// The octets of the header.
    pub header: bool,
    /// The octets of the body.
    pub body: bool,
}

impl Needs {
    /// Finds out what this query needs.
    #[must_use]
    pub fn of(query: &Query<'_>) -> Self {
        let mut needs = Self::default();
        for key in query.tests() {
            let (header, body) = match key {
                SearchKey::Body(_) => (false, true),
                SearchKey::Text(_) => (true, true),
                SearchKey::Bcc(_)
                | SearchKey::Cc(_)
                | SearchKey::From(_)
                | SearchKey::Subject(_)
                | SearchKey::To(_)
                | SearchKey::Header { .. }
                | SearchKey::SentBefore(_)
                | SearchKey::SentOn(_)
                | SearchKey::SentSince(_) => (true, false),
                SearchKey::All
                | SearchKey::Answered
                | SearchKey::Deleted
                | SearchKey::Draft
                | SearchKey::Flagged
                | SearchKey::New
                | SearchKey::Old
                | SearchKey::Recent
                | SearchKey::Seen
                | SearchKey::Unanswered
                | SearchKey::Undeleted
                | SearchKey::Undraft
                | SearchKey::Unflagged
                | SearchKey::Unseen
                | SearchKey::Keyword(_)
                | SearchKey::Unkeyword(_)
                | SearchKey::Before(_)
                | SearchKey::On(_)
                | SearchKey::Since(_)
                | SearchKey::Larger(_)
                | SearchKey::Smaller(_)
                | SearchKey::Uid(_)
                | SearchKey::Sequence(_) => (false, false),
            };
            needs.header |= header;
            needs.body |= body;
        }
        needs
    }
}

impl<'m> Candidate<'m> {
    /// Starts with a message's UID and flags, of which `\Recent` says whether it is recent.
    #[must_use]
    pub fn new(uid: u32, flags: &'m Flags<'m>) -> Self {
        let recent = flags.contains(&Flag::Recent);
        Self { uid, flags, recent, internal_date: None, size: 0, header: b"", body: b"" }
    }

    /// Says whether it is `\Recent` in this session.
    #[must_use]
    pub const fn recent(mut self, recent: bool) -> Self {
        self.recent = recent;
        self
    }

    /// Adds the internal date.
    #[must_use]
    pub const fn internal_date(mut self, date: DateTime) -> Self {
        self.internal_date = Some(date);
        self
    }

    /// Adds the length in octets.
    #[must_use]
    pub const fn size(mut self, octets: u64) -> Self {
        self.size = octets;
        self
    }

    /// Adds the octets of the header.
    #[must_use]
    pub const fn header(mut self, octets: &'m [u8]) -> Self {
        self.header = octets;
        self
    }

    /// Adds the octets of the body.
    #[must_use]
    pub const fn body(mut self, octets: &'m [u8]) -> Self {
        self.body = octets;
        self
    }

    /// Tells whether the query finds it. What was not put in is nowhere found.
    #[must_use]
    pub fn is_found_by(&self, query: &Query<'_>) -> bool {
        query.matches(|key| self.test(key))
    }

    /// Tells how a single test comes out.
    #[must_use]
    pub fn test(&self, key: &SearchKey<'_>) -> bool {
        let has = |flag: Flag<'_>| self.flags.contains(&flag);
        match key {
            SearchKey::All => true,
            SearchKey::Answered => has(Flag::Answered),
            SearchKey::Deleted => has(Flag::Deleted),
            SearchKey::Draft => has(Flag::Draft),
            SearchKey::Flagged => has(Flag::Flagged),
            // RFC 3501 6.4.4: "equivalent to (RECENT UNSEEN)".
            SearchKey::New => self.recent && !has(Flag::Seen),
            SearchKey::Old => !self.recent,
            SearchKey::Recent => self.recent,
            SearchKey::Seen => has(Flag::Seen),
            SearchKey::Unanswered => !has(Flag::Answered),
            SearchKey::Undeleted => !has(Flag::Deleted),
            SearchKey::Undraft => !has(Flag::Draft),
            SearchKey::Unflagged => !has(Flag::Flagged),
            SearchKey::Unseen => !has(Flag::Seen),
            SearchKey::Keyword(name) => has(Flag::Keyword(name.clone())),
            SearchKey::Unkeyword(name) => !has(Flag::Keyword(name.clone())),
            SearchKey::Bcc(text) => self.field("bcc", text),
            SearchKey::Cc(text) => self.field("cc", text),
            SearchKey::From(text) => self.field("from", text),
            SearchKey::Subject(text) => self.field("subject", text),
            SearchKey::To(text) => self.field("to", text),
            SearchKey::Header { name, value } => {
                name.to_str().is_some_and(|name| self.field(name, value))
            }
            SearchKey::Body(text) => contains(Cow::Borrowed(self.body), text.as_bytes()),
            SearchKey::Text(text) => {
                Header::new(self.header)
                    .fields()
                    .any(|field| contains(decoded(field.text()), text.as_bytes()))
                    || contains(Cow::Borrowed(self.header), text.as_bytes())
                    || contains(Cow::Borrowed(self.body), text.as_bytes())
            }
            // RFC 9051 6.4.4: "disregarding time and timezone".
            SearchKey::Before(date) => self.day().is_some_and(|day| day < *date),
            SearchKey::On(date) => self.day().is_some_and(|day| day == *date),
            SearchKey::Since(date) => self.day().is_some_and(|day| day >= *date),
            SearchKey::SentBefore(date) => self.sent().is_some_and(|day| day < *date),
            SearchKey::SentOn(date) => self.sent().is_some_and(|day| day == *date),
            SearchKey::SentSince(date) => self.sent().is_some_and(|day| day >= *date),
            SearchKey::Larger(octets) => self.size > *octets,
            SearchKey::Smaller(octets) => self.size < *octets,
            SearchKey::Uid(set) => self.is_in(set),
            // The session has turned them into UIDs.
            SearchKey::Sequence(_) => false,
        }
    }

    fn field(&self, name: &str, text: &IString<'_>) -> bool {
        let fields = Header::new(self.header);
        let mut fields = fields.fields().filter(|field| field.is(name));
        // RFC 9051 6.4.4: a zero-length string finds all that have the field.
        fields.any(|field| contains(decoded(field.text()), text.as_bytes()))
    }

    fn day(&self) -> Option<Date> {
        self.internal_date.map(DateTime::date)
    }

    fn sent(&self) -> Option<Date> {
        let field = Header::new(self.header).field("date")?;
        Some(mail_message::DateTime::parse(field.raw_value()).ok()?.date().into())
    }

    fn is_in(&self, set: &SequenceSet<'_>) -> bool {
        set.resolve(self.uid).contains(self.uid)
    }
}

fn decoded(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Finds a string in another, upper or lower case (RFC 9051 6.4.4), in linear time.
fn contains(text: Cow<'_, [u8]>, part: &[u8]) -> bool {
    part.is_empty() || memmem::find(&folded(&text), &folded(part)).is_some()
}

/// Folds the case of letters; of all letters, where the octets are UTF-8.
fn folded(text: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Ok(text) if !text.is_ascii() => text.to_lowercase().into_bytes(),
        Ok(_) | Err(_) => text.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"From: =?UTF-8?Q?J=C3=B6rg?= Smith <joerg@x.test>\r\n\
        Subject: a long\r\n story\r\n\
        Date: Mon, 07 Feb 1994 23:52:25 -0800\r\n\
        X-Empty:\r\n\r\n";

    fn found(query: &str, flags: &[Flag<'_>]) -> bool {
        let flags = Flags::new(flags.iter().cloned());
        let query = Query::parse(query.as_bytes()).unwrap();
        let date = DateTime::new(Date::new(1994, 2, 8).unwrap(), (1, 0, 0), 540).unwrap();
        Candidate::new(12, &flags)
            .recent(true)
            .internal_date(date)
            .size(1000)
            .header(HEADER)
            .body(b"Hello W\xf6rld")
            .is_found_by(&query)
    }

    #[test]
    fn ok_flags() {
        assert!(found("SEEN UNDELETED", &[Flag::Seen]));
        assert!(!found("SEEN", &[]) && found("NEW", &[]) && !found("NEW", &[Flag::Seen]));
        assert!(!found("OLD", &[]) && found("KEYWORD $JUNK", &[Flag::new("$Junk").unwrap()]));
        assert!(found("UNKEYWORD Seen", &[Flag::Seen]), "a keyword is no system flag");
    }

    #[test]
    fn ok_header_fields_decoded_and_unfolded_in_any_case() {
        assert!(found("FROM smith FROM \"J\u{d6}RG\" FROM x.test", &[]));
        assert!(found("SUBJECT \"LONG STORY\"", &[]) && !found("SUBJECT smith", &[]));
        assert!(found("HEADER x-empty \"\"", &[]) && !found("HEADER X-None \"\"", &[]));
        assert!(!found("TO smith", &[]) && found("NOT CC smith", &[]));
    }

    #[test]
    fn ok_days_without_time_and_zone() {
        assert!(found("SINCE 8-Feb-1994 ON 8-Feb-1994 BEFORE 9-Feb-1994", &[]));
        assert!(!found("SINCE 9-Feb-1994", &[]) && !found("BEFORE 8-Feb-1994", &[]));
        // In UTC it was the 8th already.
        assert!(found("SENTON 7-Feb-1994", &[]) && !found("SENTSINCE 8-Feb-1994", &[]));
    }

    #[test]
    fn ok_sizes_and_uids() {
        assert!(found("LARGER 999 SMALLER 1001", &[]) && !found("LARGER 1000", &[]));
        assert!(found("UID 1,10:20", &[]) && !found("UID 13:20", &[]));
    }

    #[test]
    fn ok_body_and_text() {
        assert!(found("BODY hello", &[]) && !found("BODY smith", &[]));
        assert!(found("TEXT \"j\u{f6}rg\" TEXT HELLO TEXT =?utf-8?q", &[]));
    }

    #[test]
    fn needs_say_what_to_load() {
        let of = |query: &str| Needs::of(&Query::parse(query.as_bytes()).unwrap());
        assert_eq!(of("UNSEEN SINCE 8-Feb-1994 UID 1:5"), Needs::default());
        assert_eq!(of("OR SEEN FROM a"), Needs { header: true, body: false });
        assert_eq!(of("NOT TEXT a"), Needs { header: true, body: true });
    }
}
