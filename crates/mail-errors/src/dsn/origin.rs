//! Who wrote a message, as far as its header tells: whether it may be a bounce at all.

use mail_message::Header;
use mail_message::mime::ContentType;

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

/// Returns who seems to have written a message.
pub(super) fn of(header: &Header<'_>) -> Origin {
    let lower =
        |name: &str| header.field(name).map(|it| charset::decode_words(&it.text()).to_lowercase());
    let from = lower("From").unwrap_or_default();
    let subject = lower("Subject").unwrap_or_default();
    let holds = |text: &str, words: &[&str]| words.iter().any(|it| text.contains(it));
    if answers(header, &subject) {
        return Origin::Answer;
    }
    let kind = header.field("Content-Type").map(|it| ContentType::parse(it.raw_value()));
    let kind = kind.and_then(|it| it.parameters().text("report-type")).unwrap_or_default();
    if header.field("X-Failed-Recipients").is_some()
        || kind.eq_ignore_ascii_case("delivery-status")
        || holds(&from, &FROM)
        || holds(&subject, &SUBJECTS)
    {
        return Origin::MailSystem;
    }
    let path = header.field("Return-Path").map(|field| field.value());
    let is_null = path.is_some_and(|path| path.trim_ascii() == b"<>");
    if is_null || from.trim_end().ends_with("<>") { Origin::Program } else { Origin::Anybody }
}

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

/// Tells whether a program answers by itself, and does not say that it could not deliver.
fn answers(header: &Header<'_>, subject: &str) -> bool {
    let marks = ["X-Autoreply", "X-Autorespond", "X-AutoReply-From"];
    let is_marked = marks.iter().any(|name| header.field(name).is_some());
    let value = |name: &str| header.field(name).map(|it| it.text().to_lowercase());
    let precedence = value("Precedence").unwrap_or_default();
    let submitted = value("Auto-Submitted").unwrap_or_default();
    // Mail systems mark their reports so too.
    let says_so = submitted.starts_with("auto-replied") || precedence.trim() == "auto_reply";
    let away = ["out of office", "out of the office", "automatic reply", "autoreply", "vacation"];
    let begins =
        ["auto:", "auto reply", "auto-reply", "automatische antwort", "réponse automatique"];
    let is_away = away.iter().any(|it| subject.contains(it))
        || begins.iter().any(|it| subject.trim_start().starts_with(it));
    let says_failure = SUBJECTS.iter().any(|it| subject.contains(it));
    is_away || !says_failure && (is_marked || says_so) && !is_daemon(header)
}

fn is_daemon(header: &Header<'_>) -> bool {
    let from = header.field("From").map(|it| it.text().to_lowercase()).unwrap_or_default();
    from.trim_end().ends_with("<>") || FROM.iter().any(|it| from.contains(it))
}

/// Tells a warning from a failure.
pub(super) fn action(header: &Header<'_>, said: &[u8]) -> Action {
    let subject = header.field("Subject").map(|field| field.text().to_lowercase());
    let subject = subject.unwrap_or_default();
    let head = said.get(..2000).unwrap_or(said).to_ascii_lowercase();
    let in_text = [
        &b"warning message only"[..],
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
    let is_delay = subject.starts_with("warning: could not send")
        || subject.starts_with("warning: message")
        || subject.contains("(delay)")
        || subject.contains("delayed")
        || in_text.iter().any(|words| memchr::memmem::find(&head, words).is_some());
    if is_delay { Action::Delayed } else { Action::Failed }
}
