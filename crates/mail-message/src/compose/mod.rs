//! Writes a message: a correct header and a text or several parts (RFC 5322, 2045, 2046, 2047).
//!
//! Whatever the texts hold, the header cannot be broken out of: a CR, LF or NUL in a subject or a
//! name is an error, what is not printable ASCII is encoded, and long lines are folded.
//!
//! ```
//! use mail_message::DateTime;
//! use mail_message::compose::{Draft, Mailbox, MessageId};
//!
//! let date = DateTime::from_unix(880_127_706, -360).expect("a year of four digits");
//! let from = Mailbox::new("john.doe@example.org")?.named("John Doe")?;
//! let raw = Draft::new(from, date, MessageId::new("1234", "local.example.org")?)
//!     .to(Mailbox::new("mary@example.net")?)
//!     .subject("Grüße")?
//!     .text("How are you?\n")
//!     .to_bytes();
//! assert_eq!(
//!     String::from_utf8_lossy(&raw),
//!     "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n\
//!      From: John Doe <john.doe@example.org>\r\n\
//!      To: mary@example.net\r\n\
//!      Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n\
//!      Message-ID: <1234@local.example.org>\r\n\
//!      MIME-Version: 1.0\r\n\
//!      Content-Type: text/plain; charset=utf-8\r\n\
//!      Content-Transfer-Encoding: 7bit\r\n\
//!      \r\n\
//!      How are you?\r\n"
//! );
//! # Ok::<(), mail_message::compose::ComposeError>(())
//! ```
//!
//! # Not supported
//!
//! - A multipart in a multipart.
//! - `Bcc`: who is not to be shown stands in the envelope alone.

mod body;
mod fold;
mod part;
mod values;

pub use part::Part;
pub use values::{ComposeError, Mailbox, MessageId};

use memchr::memmem;

use crate::DateTime;
use crate::byte_set::ByteSet;
use crate::compose::body::Encoding;
use crate::compose::fold::FieldWriter;

/// A message to be written.
///
/// [`to_bytes`](Self::to_bytes) can be called at any time and cannot fail: a draft is always
/// correct.
#[derive(Debug, Clone)]
pub struct Draft {
    date: DateTime,
    from: Mailbox,
    to: Vec<Mailbox>,
    cc: Vec<Mailbox>,
    subject: String,
    message_id: MessageId,
    fields: Vec<(&'static str, String)>,
    body: Body,
    eight_bit: bool,
}

#[derive(Debug, Clone)]
enum Body {
    Text(String),
    Multipart { subtype: &'static str, parameters: String, parts: Vec<Part> },
}

impl Draft {
    /// Begins a message with what every message needs: its author, the moment it is finished, and
    /// an identifier that no other message ever has (RFC 5322 section 3.6).
    #[must_use]
    pub const fn new(from: Mailbox, date: DateTime, message_id: MessageId) -> Self {
        Self {
            date,
            from,
            to: Vec::new(),
            cc: Vec::new(),
            subject: String::new(),
            message_id,
            fields: Vec::new(),
            body: Body::Text(String::new()),
            eight_bit: false,
        }
    }

    /// Adds a recipient.
    #[must_use]
    pub fn to(mut self, mailbox: Mailbox) -> Self {
        self.to.push(mailbox);
        self
    }

    /// Adds somebody to whom a copy goes.
    #[must_use]
    pub fn cc(mut self, mailbox: Mailbox) -> Self {
        self.cc.push(mailbox);
        self
    }

    /// Sets the subject.
    ///
    /// # Errors
    ///
    /// [`ComposeError::Octet`] if it holds CR, LF or NUL.
    pub fn subject(mut self, subject: &str) -> Result<Self, ComposeError> {
        values::check("subject", subject)?;
        subject.clone_into(&mut self.subject);
        Ok(self)
    }

    /// Sets the body. Lines may end in LF, CRLF or CR; all become CRLF, and the last one gets its
    /// line end. Any text is possible, also one that has to be encoded.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = Body::Text(text.into());
        self
    }

    /// Sets the body to parts, such as of a `mixed` or a `report` (RFC 6522). The boundary is made
    /// of the message's identifier and stands in none of the parts.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] if the subtype or the name of a parameter is no token, or a parameter's
    /// value holds what is not printable ASCII.
    pub fn multipart(
        mut self,
        subtype: &'static str,
        parameters: &[(&'static str, &str)],
        parts: Vec<Part>,
    ) -> Result<Self, ComposeError> {
        let is_token = |name: &str| ByteSet::TOKEN.is_all(name.as_bytes());
        if !is_token(subtype) {
            return Err(ComposeError::Malformed { what: "subtype" });
        }
        let mut written = String::new();
        for (name, value) in parameters {
            let is_plain = value.bytes().all(|octet| (b' '..=b'~').contains(&octet));
            if !is_token(name) || !is_plain {
                return Err(ComposeError::Malformed { what: "parameter" });
            }
            written.push_str(&format!("{}; ", part::parameter(name, value)));
        }
        self.body = Body::Multipart { subtype, parameters: written, parts };
        Ok(self)
    }

    /// Adds a field, such as `Auto-Submitted` (RFC 3834). What is not printable ASCII in its value
    /// is encoded as in an unstructured field.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] if the name is none, or one that every draft has, or if the value holds CR,
    /// LF or NUL.
    pub fn field(mut self, name: &'static str, value: &str) -> Result<Self, ComposeError> {
        let is_ours = OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name));
        if !ByteSet::FTEXT.is_all(name.as_bytes()) || name.len() > 70 || is_ours {
            return Err(ComposeError::Malformed { what: "field name" });
        }
        values::check("field", value)?;
        self.fields.push((name, value.to_owned()));
        Ok(self)
    }

    /// Says that whoever takes the message takes octets over 127 in its body (SMTP's 8BITMIME,
    /// RFC 6152), so that text outside of ASCII need not be encoded.
    #[must_use]
    pub const fn eight_bit(mut self) -> Self {
        self.eight_bit = true;
        self
    }

    /// Writes the message. No line of the header is longer than 78 octets unless one word of it is,
    /// and no line at all longer than 998 (RFC 5322 section 2.1.1).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        FieldWriter::new(&mut out, "Date").raw(&self.date.to_string());
        FieldWriter::new(&mut out, "From").mailboxes(std::slice::from_ref(&self.from));
        // RFC 5322 3.6: an address list is never empty, so the field goes instead.
        for (name, mailboxes) in [("To", &self.to), ("Cc", &self.cc)] {
            if !mailboxes.is_empty() {
                FieldWriter::new(&mut out, name).mailboxes(mailboxes);
            }
        }
        FieldWriter::new(&mut out, "Subject").text(&self.subject);
        FieldWriter::new(&mut out, "Message-ID").raw(&self.message_id.to_string());
        for (name, value) in &self.fields {
            FieldWriter::new(&mut out, name).text(value);
        }
        FieldWriter::new(&mut out, "MIME-Version").raw("1.0");
        match &self.body {
            Body::Text(text) => self.write_text(text, &mut out),
            Body::Multipart { subtype, parameters, parts } => {
                self.write_parts(subtype, parameters, parts, &mut out);
            }
        }
        out
    }

    fn write_text(&self, text: &str, out: &mut Vec<u8>) {
        let encoding = Encoding::choose(text, self.eight_bit);
        FieldWriter::new(out, "Content-Type").raw("text/plain; charset=utf-8");
        FieldWriter::new(out, "Content-Transfer-Encoding").raw(encoding.as_str());
        out.extend_from_slice(b"\r\n");
        encoding.write(text, out);
    }

    /// RFC 2046 section 5.1.1.
    fn write_parts(&self, subtype: &str, parameters: &str, parts: &[Part], out: &mut Vec<u8>) {
        let mut bodies = Vec::with_capacity(parts.len());
        for part in parts {
            let mut body = Vec::new();
            part.write(self.eight_bit, &mut body);
            bodies.push(body);
        }
        let boundary = self.boundary(&bodies);
        let value = format!("multipart/{subtype}; {parameters}boundary=\"{boundary}\"");
        FieldWriter::new(out, "Content-Type").words(&value);
        // RFC 2045 6.4: what a multipart says is the widest of what is in it.
        if bodies.iter().any(|body| !body.is_ascii()) {
            FieldWriter::new(out, "Content-Transfer-Encoding").raw("8bit");
        }
        out.extend_from_slice(b"\r\n");
        for body in &bodies {
            out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            // The line end in front of a boundary is the boundary's, and the body has its own.
            out.extend_from_slice(body);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    }

    /// Returns a boundary that stands in none of the bodies.
    fn boundary(&self, bodies: &[Vec<u8>]) -> String {
        let id = self.message_id.to_string();
        let of_id = id.bytes().filter(u8::is_ascii_alphanumeric).take(48).map(char::from);
        // `=_` stands in no quoted-printable and no base64.
        let stem: String = "=_".chars().chain(of_id).collect();
        let finder = memmem::Finder::new(stem.as_bytes());
        // What follows it where it stands, if somebody has put it there.
        let mut taken = Vec::new();
        for body in bodies {
            taken.extend(finder.find_iter(body).map(|at| {
                let number = body.get(at + stem.len()..at + stem.len() + NUMBER);
                number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok())
            }));
        }
        if taken.is_empty() {
            return stem;
        }
        taken.sort_unstable();
        taken.dedup();
        let free = (0..).zip(taken.iter().flatten()).find(|(n, number)| n != *number);
        let free = free.map_or(taken.iter().flatten().count(), |(n, _)| n as usize);
        format!("{stem}{free:0NUMBER$}")
    }
}

/// Digits of the number that makes a boundary differ from all that stands in the parts.
const NUMBER: usize = 8;

/// The fields that a draft writes by itself.
const OURS: [&str; 10] = [
    "Date",
    "From",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mime::Tree;
    use crate::{Message, address};

    fn draft() -> Draft {
        let date = DateTime::from_unix(0, 540).unwrap();
        let from = Mailbox::new("a@b.test").unwrap();
        Draft::new(from, date, MessageId::new("1", "b.test").unwrap())
    }

    fn lines_are_in_bounds(raw: &[u8]) -> bool {
        raw.ends_with(b"\r\n")
            && raw.split(|&octet| octet == b'\n').all(|line| {
                line.is_empty()
                    || line.len() <= 999
                        && line.ends_with(b"\r")
                        && !line[..line.len() - 1].iter().any(|octet| b"\r\0".contains(octet))
            })
    }

    #[test]
    fn ok_without_recipients_subject_or_text() {
        let raw = draft().to_bytes();
        let header = Message::new(&raw).header();
        assert_eq!(header.field("To"), None);
        assert_eq!(header.field("Subject").unwrap().text(), "");
        assert_eq!(Message::new(&raw).body(), b"");
    }

    #[test]
    fn err_subject_cannot_break_out() {
        for (subject, offset) in [("a\r\nBcc: x@y", 1), ("a\n b", 1), ("\0", 0), ("é\r", 2)] {
            let error = draft().subject(subject).unwrap_err();
            let octet = subject.as_bytes()[offset];
            assert_eq!(error, ComposeError::Octet { what: "subject", octet, offset });
        }
    }

    #[test]
    fn ok_many_recipients_are_folded() {
        let mut draft = draft();
        for n in 0..50 {
            let name = format!("Recipient Number {n}");
            draft = draft.to(Mailbox::new(&format!("r{n}@b.test")).unwrap().named(&name).unwrap());
        }
        let raw = draft.to_bytes();
        assert!(raw.split(|&octet| octet == b'\n').all(|line| line.len() <= 77));
        let to = Message::new(&raw).header().field("To").unwrap();
        let names: Vec<_> = address::mailboxes(to.raw_value())
            .map(|mailbox| mailbox.display_name().unwrap())
            .collect();
        assert_eq!(names.len(), 50);
        assert_eq!(names[49], "Recipient Number 49");
    }

    #[test]
    fn ok_parts_read_back() {
        let parts = vec![
            Part::text("Grüße\n").described("Erklärung").unwrap(),
            Part::of_type("message/rfc822", "Subject: x\r\n\r\n=_1btest\r\n").unwrap(),
            Part::of_type("application/x; name=\"a b\"", [0, 1, 2, 255]).unwrap(),
        ];
        let draft = draft().multipart("report", &[("report-type", "delivery-status")], parts);
        let draft = draft.unwrap().field("Auto-Submitted", "auto-replied").unwrap();
        let raw = draft.to_bytes();
        assert!(lines_are_in_bounds(&raw));
        let tree = Tree::parse(&raw);
        assert_eq!(tree.defects().count(), 0);
        let root = tree.root();
        assert!(root.content_type().is("multipart", "report"));
        let kind = root.content_type().parameters().text("report-type");
        assert_eq!(kind.as_deref(), Some("delivery-status"));
        assert_eq!(root.header().field("auto-submitted").unwrap().text(), "auto-replied");
        let bodies: Vec<_> = root.children().map(|part| part.decoded()).collect();
        assert_eq!(bodies[0], "Grüße\r\n".as_bytes());
        assert_eq!(bodies[1], b"Subject: x\r\n\r\n=_1btest\r\n".as_slice());
        assert_eq!(bodies[2], [0, 1, 2, 255].as_slice());
        let first = root.children().next().unwrap().header();
        assert_eq!(first.field("Content-Description").unwrap().text(), "Erklärung");
    }

    #[test]
    fn boundary_stands_in_no_part() {
        for taken in ["--=_1btest\r\n", "=_1btest00000000 =_1btest00000002", "=_1btest9"] {
            let parts = vec![Part::text("one"), Part::of_type("message/rfc822", taken).unwrap()];
            let raw = draft().multipart("mixed", &[], parts).unwrap().to_bytes();
            let tree = Tree::parse(&raw);
            assert_eq!(tree.root().children().count(), 2);
            let boundary = tree.root().content_type().parameters().text("boundary").unwrap();
            assert!(!taken.contains(&boundary), "{boundary}");
        }
    }

    #[test]
    fn err_fields_and_parts_cannot_break_out() {
        assert!(draft().field("Subject", "x").is_err());
        assert!(draft().field("X Y", "x").is_err());
        assert!(draft().field("X-Y", "x\r\nBcc: y").is_err());
        assert!(draft().multipart("a b", &[], Vec::new()).is_err());
        assert!(draft().multipart("mixed", &[("a", "\r\n")], Vec::new()).is_err());
        assert!(draft().multipart("mixed", &[("a;", "b")], Vec::new()).is_err());
    }

    #[test]
    fn ok_address_in_utf8() {
        let to = Mailbox::internationalized("イロ@例.test").unwrap();
        let raw = draft().to(to).to_bytes();
        let to = Message::new(&raw).header().field("To").unwrap();
        assert_eq!(to.value(), "イロ@例.test".as_bytes());
        assert!(Mailbox::internationalized("a\r\nb@c").is_err());
        assert!(Mailbox::internationalized("a b@c").is_err());
    }

    proptest! {
        #[test]
        fn ok_what_is_written_reads_back(
            subject in "[^\r\n\0]{0,120}",
            name in "[^\r\n\0]{1,80}",
            text in "(\\PC|[\r\n\t\0=. ]){0,300}",
            eight_bit: bool,
        ) {
            let to = Mailbox::new("\"c d\"@[192.0.2.1]").unwrap().named(&name).unwrap();
            let mut draft = draft().subject(&subject).unwrap().to(to).text(text);
            if eight_bit {
                draft = draft.eight_bit();
            }
            let raw = draft.to_bytes();
            prop_assert!(lines_are_in_bounds(&raw));
            let header = Message::new(&raw).header();
            prop_assert_eq!(header.items().filter(Result::is_err).count(), 0);
            prop_assert_eq!(header.fields().count(), 8);
            prop_assert!(header.as_bytes().is_ascii());
            let written = header.field("Subject").unwrap();
            prop_assert_eq!(written.text(), subject);
            let to = header.field("To").unwrap();
            let mut mailboxes = address::mailboxes(to.raw_value());
            let mailbox = mailboxes.next().unwrap();
            prop_assert_eq!(mailbox.display_name().unwrap_or_default(), name);
            prop_assert_eq!(&*mailbox.local_part(), b"c d");
            prop_assert_eq!(mailboxes.next(), None);
            let date = header.field("Date").unwrap();
            prop_assert_eq!(DateTime::parse(date.raw_value()), Ok(draft.date));
        }
    }
}
