//! Who wrote a bounce, as far as its words tell.

/// In what form a bounce tells what became of its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// The report for programs of RFC 3464.
    Report,
    /// The text of qmail and its descendants (QSBMF).
    Qmail,
    /// The text of Exim.
    Exim,
    /// The text of Sendmail, with the transcript of a session.
    Sendmail,
    /// The text of Postfix.
    Postfix,
    /// The text of Microsoft Exchange.
    Exchange,
    /// The text of Courier.
    Courier,
    /// The text of Lotus Domino.
    Domino,
    /// The text of Gmail.
    Gmail,
    /// The text of Yahoo.
    Yahoo,
    /// Some other text.
    Text,
}

impl Form {
    /// Returns its name, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Qmail => "qmail",
            Self::Exim => "exim",
            Self::Sendmail => "sendmail",
            Self::Postfix => "postfix",
            Self::Exchange => "exchange",
            Self::Courier => "courier",
            Self::Domino => "domino",
            Self::Gmail => "gmail",
            Self::Yahoo => "yahoo",
            Self::Text => "text",
        }
    }

    /// Finds who wrote a text, by what each writes at the same place every time.
    pub(super) fn of(text: &[u8]) -> Self {
        let marks: [(&[u8], Self); 16] = [
            (b"Hi. This is the", Self::Qmail),
            (b"This message was created automatically by mail delivery software", Self::Exim),
            (b"This message was created automatically by the mail system", Self::Exim),
            (b"This is the mail system at host", Self::Postfix),
            (b"This is the Postfix program", Self::Postfix),
            (b"This is the Courier", Self::Courier),
            (b"running the Courier mail server", Self::Courier),
            (b"Transcript of session follows", Self::Sendmail),
            (b"permanent fatal errors", Self::Sendmail),
            (b"Diagnostic information for administrators:", Self::Exchange),
            (b"did not reach the following recipient(s)", Self::Exchange),
            (b"was not delivered to:", Self::Domino),
            (b"Technical details of permanent failure:", Self::Gmail),
            (b"Technical details of temporary failure:", Self::Gmail),
            (b"Delivery to the following recipient", Self::Gmail),
            (
                b"Sorry, we were unable to deliver your message to the following address",
                Self::Yahoo,
            ),
        ];
        let found = marks.iter().find(|(mark, _)| memchr::memmem::find(text, mark).is_some());
        found.map_or(Self::Text, |(_, form)| *form)
    }
}
