//! When to be silent, and how much of a message to give back: RFC 3461, RFC 3834, RFC 5321.

use mail_message::Header;
use mail_message::mime::ContentType;

use crate::dsn::Report;

/// Why no report is written about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Silence {
    /// The reverse path is null: nobody wants to know (RFC 5321 section 4.5.5, RFC 3461 section 6).
    NullPath,
    /// The message comes from a mail system, by its reverse path (`MAILER-DAEMON@...`): one that
    /// does not send its reports from the null path, and would answer to ours.
    MailSystem,
    /// The message is a report itself, of delivery or of reading (RFC 3464 section 2).
    Report,
    /// The message answers another by itself (RFC 3834 section 2).
    AutoReply,
}

impl Silence {
    /// Tells whether to be silent about a message: by its reverse path, `None` for `<>`, and by its
    /// header.
    ///
    /// A message that a program made of its own (`Auto-Submitted: auto-generated`) is none of
    /// those: whoever runs the program wants to hear of failures.
    ///
    /// ```
    /// use mail_errors::dsn::Silence;
    /// use mail_message::Header;
    ///
    /// let reply = Header::new(b"Auto-Submitted: auto-replied (vacation)\r\n\r\n");
    /// assert_eq!(Silence::about(Some("a@x.test"), &reply), Some(Silence::AutoReply));
    /// let job = Header::new(b"Auto-Submitted: auto-generated\r\n\r\n");
    /// assert_eq!(Silence::about(Some("a@x.test"), &job), None);
    /// assert_eq!(Silence::about(None, &job), Some(Silence::NullPath));
    /// ```
    #[must_use]
    pub fn about(reverse_path: Option<&str>, header: &Header<'_>) -> Option<Self> {
        let Some(sender) = reverse_path.filter(|path| !path.is_empty() && *path != "<>") else {
            return Some(Self::NullPath);
        };
        let local = sender.trim_matches(['<', '>']).split('@').next().unwrap_or_default();
        if local.eq_ignore_ascii_case("mailer-daemon") {
            return Some(Self::MailSystem);
        }
        let kind = header.field("Content-Type");
        let kind = kind.map(|field| ContentType::parse(field.raw_value()));
        if kind.is_some_and(|kind| kind.is("multipart", "report")) {
            return Some(Self::Report);
        }
        // RFC 3834 5.1: a keyword, and perhaps parameters and comments behind it.
        let replied = header.fields_named("Auto-Submitted").any(|field| {
            let value = field.value();
            let is_word = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
            let end = value.iter().position(|octet| !is_word(octet)).unwrap_or(value.len());
            let word = value.get(..end).unwrap_or_default();
            // `auto-notified` is of RFC 5436 section 2.7.1.
            [&b"auto-replied"[..], b"auto-notified"].iter().any(|it| word.eq_ignore_ascii_case(it))
        });
        replied.then_some(Self::AutoReply)
    }
}

/// How much of the message a report gives back (RFC 3461 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Return {
    /// All of it.
    Full,
    /// The header.
    Headers,
}

impl Return {
    /// Decides that for a report: what the sender asked for by RET, by default all of it; but only
    /// the header where nothing failed (RFC 3461 section 4.3), and where the message is longer than
    /// `most` octets.
    #[must_use]
    pub fn of(asked: Option<Self>, report: &Report, size: u64, most: u64) -> Self {
        match asked {
            Some(Self::Headers) => Self::Headers,
            Some(Self::Full) | None if !report.tells_failure() || size > most => Self::Headers,
            Some(Self::Full) | None => Self::Full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EnhancedStatusCode;
    use crate::dsn::{Action, Recipient, Typed};

    #[test]
    fn silent_about_what_would_make_a_loop() {
        use Silence::{AutoReply, MailSystem, NullPath, Report};
        for (path, header, silence) in [
            (None, "", Some(NullPath)),
            (Some(""), "", Some(NullPath)),
            (Some("<>"), "", Some(NullPath)),
            (Some("Mailer-Daemon@x.test"), "", Some(MailSystem)),
            (Some("<MAILER-DAEMON>"), "", Some(MailSystem)),
            (Some("a@x.test"), "Content-Type: Multipart/Report; boundary=x\r\n", Some(Report)),
            (Some("a@x.test"), "AUTO-SUBMITTED: (x)\r\n", None),
            (Some("a@x.test"), "Auto-Submitted: Auto-Replied\r\n", Some(AutoReply)),
            (Some("a@x.test"), "Auto-Submitted: auto-notified; owner=x\r\n", Some(AutoReply)),
            (Some("a@x.test"), "Auto-Submitted: no\r\n", None),
            (Some("a@x.test"), "Auto-Submitted: auto-generated\r\n", None),
            (Some("mailer@x.test"), "Content-Type: multipart/mixed\r\n", None),
        ] {
            let header = format!("{header}\r\n");
            let told = Silence::about(path, &Header::new(header.as_bytes()));
            assert_eq!(told, silence, "{path:?} {header:?}");
        }
    }

    #[test]
    fn returns_what_was_asked_for_within_bounds() {
        let report = |action| {
            let address = Typed::address("a@b.test").unwrap();
            let recipient = Recipient::new(address, action, EnhancedStatusCode::OK);
            Report::by("mx.test").unwrap().recipient(recipient)
        };
        let (failed, delayed) = (report(Action::Failed), report(Action::Delayed));
        for (asked, report, size, returned) in [
            (None, &failed, 10, Return::Full),
            (Some(Return::Full), &failed, 10, Return::Full),
            (Some(Return::Headers), &failed, 10, Return::Headers),
            (Some(Return::Full), &failed, 11, Return::Headers),
            (Some(Return::Full), &delayed, 1, Return::Headers),
            (None, &delayed, 1, Return::Headers),
        ] {
            assert_eq!(Return::of(asked, report, size, 10), returned);
        }
    }
}
