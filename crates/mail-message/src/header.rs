//! The fields of a header (RFC 5322 section 2.2), lazily.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use crate::byte_set::ByteSet;
use crate::{Message, encoded_word};

/// The header of a message: a view that finds fields as it is asked for them.
///
/// A look-up walks the header once; nothing is allocated and nothing is remembered. See
/// [`Limits`](crate::Limits) for when to refuse a header.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a>(&'a [u8]);

impl<'a> Header<'a> {
    /// Views the header at the start of `raw`: up to the first empty line, or all of it.
    #[must_use]
    pub fn new(raw: &'a [u8]) -> Self {
        Message::new(raw).header()
    }

    pub(crate) const fn of(section: &'a [u8]) -> Self {
        Self(section)
    }

    /// Iterates over the fields in their order. Lines that are none are passed over; see
    /// [`items`](Self::items).
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        self.items().filter_map(Result::ok)
    }

    /// Iterates over the fields of this name, in any case of letters.
    pub fn fields_named<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = Field<'a>> + Clone + use<'a, 'n> {
        self.fields().filter(move |field| field.is(name))
    }

    /// Returns the first field of this name, in any case of letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field<'a>> {
        self.fields_named(name).next()
    }

    /// Iterates over the fields and, where they stand, over the lines that are none.
    #[must_use]
    pub const fn items(&self) -> Items<'a> {
        Items { header: self.0, at: 0 }
    }

    /// Counts the `Received` fields, one of which every server on the way adds. RFC 5321
    /// section 6.3: a message with more of them than at least 100 is in a loop.
    #[must_use]
    pub fn hops(&self) -> usize {
        self.fields_named("Received").count()
    }

    /// Returns the octets of the header, its empty line included.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// One field: a name, a colon, and a value that may be folded over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    raw: &'a [u8],
    start: usize,
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Field<'a> {
    /// Returns the name as it is written, without the colon.
    #[must_use]
    pub const fn name(&self) -> &'a [u8] {
        self.name
    }

    /// Tells whether this is the name, in any case of letters.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Returns the value as it is written: from behind the colon up to, and without, the end of
    /// its last line.
    #[must_use]
    pub const fn raw_value(&self) -> &'a [u8] {
        self.value
    }

    /// Returns the value unfolded, without the white space around it.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        match unfold(self.value) {
            Cow::Borrowed(value) => Cow::Borrowed(value.trim_ascii()),
            Cow::Owned(value) => Cow::Owned(value.trim_ascii().to_vec()),
        }
    }

    /// Returns the value as a person reads it: unfolded, encoded-words decoded
    /// ([`encoded_word::decode`]). Right for unstructured fields such as `Subject`; in an address
    /// field decode after parsing (RFC 2047 section 6.2), as [`address`](crate::address) does.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match self.value() {
            Cow::Borrowed(value) => encoded_word::decode(value),
            Cow::Owned(value) => Cow::Owned(encoded_word::decode(&value).into_owned()),
        }
    }

    /// Tells whether the value runs over more than one line.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        memchr(b'\n', self.value).is_some()
    }

    /// Returns the whole field as it is written, with the end of its last line (unless the header
    /// breaks off in it).
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// Returns where in the message the whole field stands.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }

    /// Returns where in the message the raw value stands.
    #[must_use]
    pub fn value_range(&self) -> Range<usize> {
        // The value ends where the field's last line end begins.
        let end = self.start + without_line_end(self.raw).len();
        end - self.value.len()..end
    }
}

/// A line in a header, with the lines that continue it, that is no field: no colon, or something
/// before it that cannot be a name. The `From ` line of an mbox file is the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAField<'a> {
    raw: &'a [u8],
    start: usize,
}

impl<'a> NotAField<'a> {
    /// Returns the octets, with the end of the last line.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// Returns where in the message they stand.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }
}

/// Iterates over all that stands in a header. Made by [`Header::items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    header: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Field<'a>, NotAField<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.header.get(self.at..)?;
        if matches!(rest, [] | [b'\n', ..] | [b'\r', b'\n', ..]) {
            return None;
        }
        let first_line = line_len(rest);
        let mut len = first_line;
        // RFC 5322 2.2.3: a line that begins with white space continues the one before.
        while let Some(more @ [b' ' | b'\t', ..]) = rest.get(len..) {
            len += line_len(more);
        }
        let start = self.at;
        self.at += len;
        let raw = rest.get(..len)?;
        Some(field(raw, first_line, start).ok_or(NotAField { raw, start }))
    }
}

/// > fields name ":" unstructured CRLF                         RFC 5322 sections 2.2, 3.6.8
///
/// White space before the colon is obsolete (section 4.5) and not part of the name.
fn field(raw: &[u8], first_line: usize, start: usize) -> Option<Field<'_>> {
    let colon = memchr(b':', raw.get(..first_line)?)?;
    let name = raw.get(..colon)?;
    let blanks = name.iter().rev().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    let name = name.get(..colon - blanks)?;
    let value = without_line_end(raw).get(colon + 1..)?;
    ByteSet::FTEXT.is_all(name).then_some(Field { raw, start, name, value })
}

/// Takes out the folding of a value: each CRLF or LF before white space, and nothing else, so that
/// the white space stays (RFC 5322 section 2.2.3).
///
/// ```
/// use mail_message::unfold;
///
/// assert_eq!(unfold(b"This\r\n is a test"), b"This is a test".as_slice());
/// ```
#[must_use]
pub fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(n) = value.get(at..).and_then(|rest| memchr(b'\n', rest)) {
        let lf = at + n;
        at = lf + 1;
        if let Some(b' ' | b'\t') = value.get(at) {
            let line = value.get(copied..lf).unwrap_or_default();
            out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(value);
    }
    out.extend_from_slice(value.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn line_len(rest: &[u8]) -> usize {
    memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1)
}

fn without_line_end(line: &[u8]) -> &[u8] {
    match line {
        [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => line,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 5322 appendix A.5, shortened, with a folded subject.
    const RAW: &[u8] = b"From: Pete <pete@silly.test>\r\n\
        Subject: Testing\r\n\
        \t 123\r\n\
        \x20 four\r\n\
        RECEIVED : one\r\n\
        received:two\r\n\
        \r\n\
        Subject: body\r\n";

    fn texts(raw: &[u8]) -> Vec<(String, String)> {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Header::new(raw).fields().map(|field| (text(field.name()), text(&field.value()))).collect()
    }

    #[test]
    fn ok_fields_in_order_unfolded() {
        let expected = [
            ("From", "Pete <pete@silly.test>"),
            ("Subject", "Testing\t 123  four"),
            ("RECEIVED", "one"),
            ("received", "two"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(texts(RAW), expected);
    }

    #[test]
    fn ok_look_up_in_any_case_and_not_in_the_body() {
        let header = Header::new(RAW);
        let subject = header.field("SUBJECT").unwrap();
        assert!(subject.is_folded());
        assert_eq!(subject.raw_value(), b" Testing\r\n\t 123\r\n  four");
        assert_eq!(header.fields_named("subject").count(), 1);
        assert_eq!(header.field("Subj"), None);
        assert_eq!(header.hops(), 2);
    }

    #[test]
    fn ranges_point_into_the_message() {
        for field in Header::new(RAW).fields() {
            assert_eq!(&RAW[field.range()], field.as_bytes());
            assert_eq!(&RAW[field.value_range()], field.raw_value());
        }
    }

    #[test]
    fn ok_lf_alone_and_a_header_that_breaks_off() {
        assert_eq!(texts(b"A: 1\n 2\nB: 3").len(), 2);
        assert_eq!(texts(b"A: 1\n 2\nB: 3")[0].1, "1 2");
        assert_eq!(texts(b"A: 1\r")[0].1, "1");
        assert_eq!(texts(b"A:\r\n")[0].1, "");
        assert_eq!(texts(b"A:\r\n \r\nB:x\r\n").len(), 2);
    }

    #[test]
    fn err_lines_that_are_no_field_do_not_lose_the_rest() {
        let raw =
            b"From me@x Thu Jan  1 00:00:00 1970\r\n more\r\nA: 1\r\n: no name\r\nno colon\r\n\
            B\xff: 2\r\nC: 3\r\n";
        let bad: Vec<_> = Header::new(raw).items().filter_map(Result::err).collect();
        let starts: Vec<_> = bad.iter().map(|bad| &bad.as_bytes()[..2]).collect();
        assert_eq!(starts, [b"Fr", b": ", b"no", b"B\xff"]);
        assert_eq!(&raw[bad[0].range()], b"From me@x Thu Jan  1 00:00:00 1970\r\n more\r\n");
        assert_eq!(Header::new(raw).fields().count(), 2);
        assert_eq!(Header::new(b" folded from nowhere\r\nA: 1").fields().count(), 1);
    }

    #[test]
    fn decodes_the_text_but_not_the_value() {
        let header = Header::new(b"Subject: =?UTF-8?Q?caf=C3=A9?=\r\n =?UTF-8?Q?s?= ok\r\n");
        let subject = header.field("Subject").unwrap();
        assert_eq!(subject.text(), "cafés ok");
        assert_eq!(&*subject.value(), b"=?UTF-8?Q?caf=C3=A9?= =?UTF-8?Q?s?= ok");
    }

    #[test]
    fn unfolds_only_what_is_folded() {
        assert_eq!(unfold(b"a\r\nb"), b"a\r\nb".as_slice(), "no white space behind");
        assert_eq!(unfold(b"a\n\tb\r\n c"), b"a\tb c".as_slice());
        assert_eq!(unfold(b"a\rb\r\n"), b"a\rb\r\n".as_slice());
        assert_eq!(unfold(b"\r\n a"), b" a".as_slice());
    }

    #[test]
    fn ok_a_hundred_thousand_fields() {
        let mut raw = b"Received: x\r\n".repeat(100_000);
        raw.extend_from_slice(b"Subject: last\r\n\r\n");
        let header = Header::new(&raw);
        assert_eq!(header.hops(), 100_000);
        assert_eq!(header.field("Subject").unwrap().text(), "last");
    }

    #[test]
    fn ok_a_hundred_thousand_folds() {
        let raw = [b"Subject: a".as_slice(), &b"\r\n b".repeat(100_000), b"\r\n\r\n"].concat();
        let header = Header::new(&raw);
        assert_eq!(header.field("Subject").unwrap().value().len(), 1 + 2 * 100_000);
        assert_eq!(header.fields().count(), 1);
    }

    proptest! {
        #[test]
        fn items_cover_the_header_without_gap(raw in "[aA:\r\n \t\\x00é]{0,60}") {
            let raw = raw.as_bytes();
            let header = Header::new(raw);
            let mut at = 0;
            for item in header.items() {
                let range = match item {
                    Ok(field) => {
                        prop_assert_eq!(&raw[field.value_range()], field.raw_value());
                        prop_assert!(memchr(b'\n', &field.value()).is_none());
                        field.range()
                    }
                    Err(bad) => bad.range(),
                };
                prop_assert_eq!(range.start, at);
                prop_assert!(range.end > at);
                at = range.end;
            }
            let blank = &header.as_bytes()[at..];
            prop_assert!(matches!(blank, b"" | b"\n" | b"\r\n"), "{:?} is left", blank);
        }
    }
}
