//! Writes a simple message: a correct header and one text body (RFC 5322, RFC 2045, RFC 2047).
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
//! - Addresses outside of ASCII (RFC 6532).
//! - Attachments and other types than `text/plain`.
//! - `Bcc`: who is not to be shown stands in the envelope alone.

mod body;
mod fold;
mod values;

pub use values::{ComposeError, Mailbox, MessageId};

use crate::DateTime;
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
    text: String,
    eight_bit: bool,
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
            text: String::new(),
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
        self.text = text.into();
        self
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
        let encoding = Encoding::choose(&self.text, self.eight_bit);
        let mut out = Vec::with_capacity(self.text.len() + 512);
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
        FieldWriter::new(&mut out, "MIME-Version").raw("1.0");
        FieldWriter::new(&mut out, "Content-Type").raw("text/plain; charset=utf-8");
        FieldWriter::new(&mut out, "Content-Transfer-Encoding").raw(encoding.as_str());
        out.extend_from_slice(b"\r\n");
        encoding.write(&self.text, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
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
