//! Where the text of a section stands in a message, RFC 9051 section 6.4.5.1.

use std::ops::Range;

use mail_message::Header;

use crate::{HeaderNames, Partial, Section, SectionText};

/// Where the text of a section stands in a message: so that a large body goes from the store to
/// the wire without ever being loaded.
///
/// # Not supported
/// Parts of a multipart message, and the message in a `message/rfc822`: [`SectionPlan::Unserved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionPlan {
    /// These octets of the message.
    Octets(Range<u64>),
    /// These octets, put together from header fields.
    Text(Vec<u8>),
    /// The message has no such part.
    Nil,
    /// The message may have such a part, but this crate does not take it apart.
    Unserved,
}

/// What [`SectionPlan::of`] must know of a message.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'m> {
    /// The length of the message in octets.
    pub size: u64,
    /// The length of the header in octets, the empty line behind it included.
    pub header_size: u64,
    /// The octets of the header.
    pub header: &'m [u8],
}

impl SectionPlan {
    /// Finds the text of a section, or the part of it that `partial` names. Octets past the end
    /// are none: the text is empty then.
    ///
    /// ```
    /// use imap_proto::{Partial, Section, server::{Layout, SectionPlan}};
    ///
    /// let header = b"Subject: hi\r\nFrom: me\r\n\r\n";
    /// let layout = Layout { size: 1000, header_size: 25, header };
    /// let plan = |section, partial| SectionPlan::of(&Section::parse(section).unwrap(), partial, layout);
    ///
    /// assert_eq!(plan(b"TEXT", None), SectionPlan::Octets(25..1000));
    /// let some = Partial::new(10, 5)?;
    /// assert_eq!(plan(b"", Some(some)), SectionPlan::Octets(10..15));
    /// let subject = b"Subject: hi\r\n\r\n".to_vec();
    /// assert_eq!(plan(b"HEADER.FIELDS (SUBJECT)", None), SectionPlan::Text(subject));
    /// # Ok::<(), mail_errors::Misuse>(())
    /// ```
    #[must_use]
    pub fn of(section: &Section<'_>, partial: Option<Partial>, layout: Layout<'_>) -> Self {
        let header_size = layout.header_size.min(layout.size);
        let whole = match Self::target(section, layout.header) {
            Target::Message => Self::Octets(0..layout.size),
            Target::Header => Self::Octets(0..header_size),
            Target::Text => Self::Octets(header_size..layout.size),
            Target::Fields(names, wanted) => Self::Text(fields(layout.header, names, wanted)),
            Target::Nothing => Self::Nil,
            Target::Unserved => Self::Unserved,
        };
        match (whole, partial) {
            (Self::Octets(range), Some(partial)) => {
                let part = partial.of(range.end - range.start);
                Self::Octets(range.start + part.start..range.start + part.end)
            }
            (Self::Text(text), Some(partial)) => {
                let part = partial.of(text.len() as u64);
                let part = part.start as usize..part.end as usize;
                Self::Text(text.get(part).unwrap_or_default().to_vec())
            }
            (whole, _) => whole,
        }
    }

    fn target<'s>(section: &'s Section<'_>, header: &[u8]) -> Target<'s> {
        if section.part().is_empty() {
            return match section.text() {
                None => Target::Message,
                Some(SectionText::Header) => Target::Header,
                Some(SectionText::HeaderFields(names)) => Target::Fields(names, true),
                Some(SectionText::HeaderFieldsNot(names)) => Target::Fields(names, false),
                Some(SectionText::Text) => Target::Text,
                // MIME stands behind a part number alone.
                Some(SectionText::Mime) => Target::Nothing,
            };
        }
        if has_parts(header) {
            return Target::Unserved;
        }
        // RFC 9051 6.4.5.1: "Every message has at least one part number", of a message that is no
        // multipart the first and only one is its text.
        match (section.part().numbers().eq([1]), section.text()) {
            (true, None) => Target::Text,
            (true, Some(SectionText::Mime)) => Target::Header,
            _ => Target::Nothing,
        }
    }
}

impl Section<'_> {
    /// Tells whether the octets of the header are needed to find this section.
    pub(super) fn needs_header(&self) -> bool {
        !self.part().is_empty()
            || matches!(
                self.text(),
                Some(SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_))
            )
    }
}

enum Target<'s> {
    Message,
    Header,
    Text,
    Fields(&'s HeaderNames<'s>, bool),
    Nothing,
    Unserved,
}

/// The fields of these names (or all others), and the empty line: "the delimiting blank line is
/// always included", RFC 9051 6.4.5.1.
fn fields(header: &[u8], names: &HeaderNames<'_>, wanted: bool) -> Vec<u8> {
    // A set, because both lists can be long.
    let names: std::collections::HashSet<Vec<u8>> =
        names.iter().map(|name| name.as_bytes().to_ascii_lowercase()).collect();
    let mut text = Vec::new();
    for field in Header::new(header).fields() {
        if names.contains(&field.name().to_ascii_lowercase()) == wanted {
            text.extend_from_slice(field.as_bytes());
            if !text.ends_with(b"\n") {
                text.extend_from_slice(b"\r\n");
            }
        }
    }
    text.extend_from_slice(b"\r\n");
    text
}

/// Whether the header says that the message is made of parts, or is a message in a message.
fn has_parts(header: &[u8]) -> bool {
    let Some(field) = Header::new(header).field("content-type") else { return false };
    let value = field.value().to_ascii_lowercase();
    value.starts_with(b"multipart/") || value.starts_with(b"message/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"Received: a\r\nsubject: one\r\n two\r\nFrom: me\r\nReceived: b\r\n\r\n";

    fn plan(section: &str, partial: Option<(u64, u64)>) -> SectionPlan {
        planned(HEADER, section, partial)
    }

    fn planned(header: &[u8], section: &str, partial: Option<(u64, u64)>) -> SectionPlan {
        let section = Section::parse(section.as_bytes()).unwrap();
        let partial = partial.map(|(offset, length)| Partial::new(offset, length).unwrap());
        let header_size = header.len() as u64;
        let layout = Layout { size: header_size + 100, header_size, header };
        SectionPlan::of(&section, partial, layout)
    }

    fn text(text: &str) -> SectionPlan {
        SectionPlan::Text(text.into())
    }

    #[test]
    fn ok_header_text_and_whole_are_ranges() {
        let h = HEADER.len() as u64;
        assert_eq!(plan("", None), SectionPlan::Octets(0..h + 100));
        assert_eq!(plan("HEADER", None), SectionPlan::Octets(0..h));
        assert_eq!(plan("TEXT", None), SectionPlan::Octets(h..h + 100));
    }

    #[test]
    fn ok_partials_are_cut_at_the_end() {
        let h = HEADER.len() as u64;
        assert_eq!(plan("TEXT", Some((90, 50))), SectionPlan::Octets(h + 90..h + 100));
        assert_eq!(plan("TEXT", Some((500, 50))), SectionPlan::Octets(h + 100..h + 100));
        assert_eq!(plan("HEADER.FIELDS (From)", Some((2, 4))), text("om: "));
        assert_eq!(plan("HEADER.FIELDS (From)", Some((99, 4))), text(""));
    }

    #[test]
    fn ok_fields_in_any_case_as_they_stand() {
        let some = "Received: a\r\nsubject: one\r\n two\r\nReceived: b\r\n\r\n";
        assert_eq!(plan("HEADER.FIELDS (SUBJECT received Date)", None), text(some));
        assert_eq!(plan("HEADER.FIELDS.NOT (SUBJECT RECEIVED)", None), text("From: me\r\n\r\n"));
        assert_eq!(plan("HEADER.FIELDS (Date)", None), text("\r\n"));
    }

    #[test]
    fn ok_first_part_of_a_message_without_parts_is_its_text() {
        let h = HEADER.len() as u64;
        assert_eq!(plan("1", None), SectionPlan::Octets(h..h + 100));
        assert_eq!(plan("1", Some((0, 7))), SectionPlan::Octets(h..h + 7));
        assert_eq!(plan("1.MIME", None), SectionPlan::Octets(0..h));
        for none in ["2", "1.1", "1.HEADER", "1.TEXT"] {
            assert_eq!(plan(none, None), SectionPlan::Nil, "{none}");
        }
    }

    #[test]
    fn parts_of_a_multipart_are_not_served_and_it_says_so() {
        let header = b"Content-Type: Multipart/mixed; boundary=x\r\n\r\n";
        assert_eq!(planned(header, "1", None), SectionPlan::Unserved);
        assert_eq!(planned(header, "TEXT", Some((0, 1))), SectionPlan::Octets(45..46));
    }
}
