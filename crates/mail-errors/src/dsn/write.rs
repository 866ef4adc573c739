//! A report as a message: RFC 3464 in the envelope of RFC 6522.

use mail_message::compose::{ComposeError, Draft, Mailbox, MessageId, Part};
use mail_message::{DateTime, Message, MessageIdRef};

use crate::Misuse;
use crate::dsn::{Report, fields};

/// What a report gives back of the message it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Returned<'a> {
    /// Nothing, because it is not there any more.
    #[default]
    Nothing,
    /// The header; what stands behind it is left out.
    Headers(&'a [u8]),
    /// All of it.
    Message(&'a [u8]),
}

/// A report on its way to the sender: a text for people, the report for programs, and the message
/// or its header (RFC 6522 section 3).
///
/// It must go to the reverse path of the message, and have the null path as its own (RFC 5321
/// section 4.5.5); [`Silence::about`](super::Silence::about) says when it must not be sent at all.
#[derive(Debug, Clone)]
pub struct Notification<'a> {
    report: &'a Report,
    from: Mailbox,
    to: Mailbox,
    date: DateTime,
    id: MessageId,
    subject: String,
    text: String,
    returned: Returned<'a>,
    eight_bit: bool,
}

impl<'a> Notification<'a> {
    /// Begins a notification: who writes, to whom, when, and an identifier that no other message
    /// ever has.
    ///
    /// # Errors
    /// [`Misuse::Invalid`] if the report names no reporting server, or no recipient (RFC 3464
    /// sections 2.1 and 2.2.2).
    pub fn new(
        report: &'a Report,
        from: Mailbox,
        to: Mailbox,
        date: DateTime,
        id: MessageId,
    ) -> Result<Self, Misuse> {
        const WHAT: &str = "report";
        if report.reporting_mta.is_none() {
            return Err(Misuse::Invalid { what: WHAT, why: "it names no reporting server" });
        }
        if report.recipients.is_empty() {
            return Err(Misuse::Invalid { what: WHAT, why: "it names no recipient" });
        }
        let subject = "Delivery status notification".to_owned();
        let (text, returned) = (String::new(), Returned::Nothing);
        let eight_bit = false;
        Ok(Self { report, from, to, date, id, subject, text, returned, eight_bit })
    }

    /// Sets the subject; control characters in it become blanks.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self
    }

    /// Sets the text for people; [`explain`](super::explain) writes one.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Gives back the message, or its header; see [`Return::of`](super::Return::of).
    #[must_use]
    pub const fn returning(mut self, returned: Returned<'a>) -> Self {
        self.returned = returned;
        self
    }

    /// Says that whoever takes the notification takes octets over 127 (SMTP's 8BITMIME, RFC 6152).
    #[must_use]
    pub const fn eight_bit(mut self) -> Self {
        self.eight_bit = true;
        self
    }

    /// Writes the notification.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.draft().expect("nothing in a notification can break out of its place").to_bytes()
    }

    fn draft(&self) -> Result<Draft, ComposeError> {
        let mut parts = vec![Part::text(self.text.as_str()).described("Notification")?];
        parts.push(self.report_part()?.described("Delivery report")?);
        parts.extend(self.returned_part()?);
        let draft = Draft::new(self.from.clone(), self.date, self.id.clone())
            .to(self.to.clone())
            .subject(&self.subject)?
            // RFC 3834 5: nobody is to answer to this by himself.
            .field("Auto-Submitted", "auto-replied")?;
        // RFC 3834 3.1.5: so that it is shown beside the message.
        let draft = match self.original_id() {
            Some(id) => draft.field("In-Reply-To", &id)?.field("References", &id)?,
            None => draft,
        };
        let draft = draft.multipart("report", &[("report-type", "delivery-status")], parts)?;
        Ok(if self.eight_bit { draft.eight_bit() } else { draft })
    }

    /// RFC 3464 section 2.1, and RFC 6533 section 5 where anything is not ASCII.
    fn report_part(&self) -> Result<Part, ComposeError> {
        let content = fields::write(self.report);
        match fields::is_utf8(self.report) {
            false => Part::of_type("message/delivery-status", content),
            true => Part::of_type("message/global-delivery-status", fields::as_utf8(content)),
        }
    }

    /// RFC 6522 sections 3 and 4, and RFC 6533 section 6 where the header is in UTF-8.
    fn returned_part(&self) -> Result<Option<Part>, ComposeError> {
        let (octets, words, kinds) = match self.returned {
            Returned::Nothing => return Ok(None),
            Returned::Headers(message) => {
                let header = Message::new(message).header().as_bytes();
                // RFC 6522 4: the header, without the empty line behind it.
                let header = header.strip_suffix(b"\r\n\r\n").unwrap_or(header);
                let kinds = ["text/rfc822-headers", "message/global-headers"];
                (header, "Headers of the undelivered message", kinds)
            }
            Returned::Message(message) => {
                (message, "Undelivered message", ["message/rfc822", "message/global"])
            }
        };
        let header = Message::new(octets).header();
        let is_utf8 = !header.as_bytes().is_ascii() && str::from_utf8(header.as_bytes()).is_ok();
        let [plain, global] = kinds;
        let kind = if is_utf8 { global } else { plain };
        Part::of_type(kind, octets)?.described(words).map(Some)
    }

    fn original_id(&self) -> Option<String> {
        let (Returned::Headers(message) | Returned::Message(message)) = self.returned else {
            return None;
        };
        let field = Message::new(message).header().field("Message-ID")?;
        let id = MessageIdRef::parse(field.raw_value()).ok()?;
        let id = str::from_utf8(id.as_bytes()).ok().filter(|id| id.len() <= 900)?;
        id.bytes().all(|octet| octet.is_ascii_graphic()).then(|| format!("<{id}>"))
    }
}
