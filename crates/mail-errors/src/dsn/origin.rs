//! Who wrote a message, as far as its header tells: whether it may be a bounce at all.

use mail_message::mime::ContentType;
use mail_message::{Field, Header};

use crate::dsn::{Action, charset};

/// What a header says of who wrote the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A mail system, by its name or by what it writes about.
    MailSystem,
    /// Some program, since nobody is to answer.
    Program,
    /// A program that answers whatever comes (RFC 3834).
    Answer,
    /// Anybody.
    Anybody,
}

/// The fields of a message that tell what it is, found in one pass: a header may have millions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head<'a> {
    from: Option<Field<'a>>,
    pub(super) to: Option<Field<'a>>,
    subject: Option<Field<'a>>,
    return_path: Option<Field<'a>>,
    content_type: Option<Field<'a>>,
    auto_submitted: Option<Field<'a>>,
    precedence: Option<Field<'a>>,
    /// What Exim and Gmail add.
    pub(super) failed: Option<Field<'a>>,
    /// A field that only programs write that answer by themselves.
    answers: bool,
}

impl<'a> Head<'a> {
    /// Looks for them; what comes first counts.
    pub(super) fn of(header: &Header<'a>) -> Self {
        let mut head = Self::default();
        for field in header.fields() {
            let place = match () {
                () if field.is("From") => &mut head.from,
                () if field.is("To") => &mut head.to,
                () if field.is("Subject") => &mut head.subject,
                () if field.is("Return-Path") => &mut head.return_path,
                () if field.is("Content-Type") => &mut head.content_type,
                () if field.is("Auto-Submitted") => &mut head.auto_submitted,
                () if field.is("Precedence") => &mut head.precedence,
                () if field.is("X-Failed-Recipients") => &mut head.failed,
                () => {
                    let marks = ["X-Autoreply", "X-Autorespond", "X-AutoReply-From"];
                    head.answers |= marks.iter().any(|name| field.is(name));
                    continue;
                }
            };
            place.get_or_insert(field);
        }
        head
    }

    /// Returns who seems to have written the message.
    pub(super) fn origin(&self) -> Origin {
        let (from, subject) = (lower(self.from), lower(self.subject));
        let holds = |text: &str, words: &[&str]| words.iter().any(|it| text.contains(it));
        if self.is_answer(&from, &subject) {
            return Origin::Answer;
        }
        let kind = self.content_type.map(|it| ContentType::parse(it.raw_value()));
        let kind = kind.and_then(|it| it.parameters().text("report-type")).unwrap_or_default();
        if self.failed.is_some()
            || kind.eq_ignore_ascii_case("delivery-status")
            || holds(&from, &FROM)
            || holds(&subject, &SUBJECTS)
        {
            return Origin::MailSystem;
        }
        let path = self.return_path.map(|field| field.value());
        let is_null = path.is_some_and(|path| path.trim_ascii() == b"<>");
        if is_null || is_nobody(&from) { Origin::Program } else { Origin::Anybody }
    }

    /// Tells whether a mail system wrote the message, and nobody who forwards what one wrote.
    pub(super) fn is_system(&self) -> bool {
        let from = lower(self.from);
        let path = self.return_path.map(|field| field.value());
        let is_null = path.is_some_and(|path| path.trim_ascii() == b"<>");
        is_null || self.failed.is_some() || FROM.iter().any(|it| from.contains(it))
    }

    /// Tells whether a program answers by itself, and does not say that it could not deliver.
    fn is_answer(&self, from: &str, subject: &str) -> bool {
        // Mail systems mark their reports so too.
        let says_so = lower(self.auto_submitted).starts_with("auto-replied")
            || lower(self.precedence).trim() == "auto_reply";
        let is_away = AWAY.iter().any(|it| subject.contains(it))
            || AWAY_BEGINS.iter().any(|it| subject.trim_start().starts_with(it));
        let says_failure = SUBJECTS.iter().any(|it| subject.contains(it));
        let is_daemon = is_nobody(from) || FROM.iter().any(|it| from.contains(it));
        is_away || !says_failure && (self.answers || says_so) && !is_daemon
    }

    /// Tells a warning from a failure.
    pub(super) fn action(&self, said: &[u8]) -> Action {
        let subject = lower(self.subject);
        let head = said.get(..2000).unwrap_or(said).to_ascii_lowercase();
        let is_delay = subject.starts_with("warning: could not send")
            || subject.starts_with("warning: message")
            || subject.contains("(delay)")
            || subject.contains("delayed")
            || DELAYED.iter().any(|words| memchr::memmem::find(&head, words).is_some());
        if is_delay { Action::Delayed } else { Action::Failed }
    }
}

/// Returns a field as a person reads it, in lower case. Nobody writes a longer one.
fn lower(field: Option<Field<'_>>) -> String {
    let text = field.map(|it| it.text());
    let text = text.map(|it| charset::decode_words(it.get(..4000).unwrap_or(&it)).to_lowercase());
    text.unwrap_or_default()
}

/// Tells whether a sender is the null path.
fn is_nobody(from: &str) -> bool {
    from.trim_end().ends_with("<>")
}

const AWAY: [&str; 5] =
    ["out of office", "out of the office", "automatic reply", "autoreply", "vacation"];

const AWAY_BEGINS: [&str; 5] =
    ["auto:", "auto reply", "auto-reply", "automatische antwort", "réponse automatique"];

const DELAYED: [&[u8]; 11] = [
    b"warning message only",
    b"still being retried",
    b"has not yet been delivered",
    b"not been delivered yet",
    b"could not be delivered yet",
    b"will continue to try",
    b"will keep trying",
    b"delivery attempts will continue",
    b"attempts to deliver the message will continue",
    b"no action is required on your part",
    b"will be retried",
];

const FROM: [&str; 11] = [
    "mailer-daemon",
    "mailerdaemon",
    "mailer daemon",
    "mdaemon",
    "postmaster",
    "post_master",
    "post.master",
    "mail delivery",
    "mail administrator",
    "mail system",
    "mailsystem",
];

const SUBJECTS: [&str; 26] = [
    "undeliver",
    "non-deliver",
    "nondeliver",
    "not deliver",
    "could not be delivered",
    "failure notice",
    "failed mail",
    "delivery status",
    "delivery fail",
    "delivery error",
    "delivery problem",
    "delivery notification",
    "delivery report",
    "returned mail",
    "returning to sender",
    "returned to sender",
    "mail failure",
    "mail error",
    "mail system error",
    "mail delivery",
    "bounce notification",
    "user unknown",
    "unzustellbar",
    "メールエラー",
    "配信エラー",
    "退信",
];
