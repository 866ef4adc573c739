//! What the text of a reply gives away.
//!
//! Not supported: weighing of phrases. Only what is hard to misread is here; a reply that holds
//! several clues is decided by the order of the tables.

use crate::{EnhancedClass, EnhancedStatusCode, Reply};

use super::Cause;

/// Octets of text that are searched. Servers say what is wrong at once; what follows is advice.
const SEARCHED: usize = 4096;

/// The words of a reply.
pub(super) struct Evidence(String);

impl Evidence {
    /// Takes the text in lower case with one space between words, without mail addresses, whose
    /// words (`spam@`, `relay@`) say nothing.
    pub(super) fn of(reply: &Reply) -> Self {
        let text = String::from_utf8_lossy(searched(reply)).to_ascii_lowercase();
        let mut words = String::with_capacity(text.len());
        for word in text.split_whitespace().filter(|word| !word.contains('@')) {
            words.push_str(word);
            words.push(' ');
        }
        Self(words)
    }

    /// Finds the cause that the text names; no code says it better.
    pub(super) fn names(&self) -> Option<Cause> {
        self.first_of(NAMED)
    }

    /// Finds the cause that the text hints at, where the codes leave everything open.
    pub(super) fn hints(&self) -> Option<Cause> {
        self.first_of(HINTED)
    }

    fn first_of(&self, clues: &[(Cause, &[&str])]) -> Option<Cause> {
        let told = |phrases: &[&str]| phrases.iter().any(|phrase| holds(&self.0, phrase));
        clues.iter().find(|(_, phrases)| told(phrases)).map(|&(cause, _)| cause)
    }
}

/// Finds an enhanced code within the text, as qmail and its kin write it: `(#5.1.1)`.
pub(super) fn enhanced(reply: &Reply) -> Option<EnhancedStatusCode> {
    let class = if reply.is_permanent() {
        EnhancedClass::Permanent
    } else if reply.is_transient() {
        EnhancedClass::Transient
    } else {
        return None;
    };
    searched(reply)
        .split(|octet| !matches!(octet, b'0'..=b'9' | b'.'))
        .map(|token| token.strip_suffix(b".").unwrap_or(token))
        .filter_map(|token| EnhancedStatusCode::parse(token).ok())
        .find(|found| found.class() == class)
}

fn searched(reply: &Reply) -> &[u8] {
    reply.text().get(..SEARCHED).unwrap_or(reply.text())
}

/// Tells whether the text holds the phrase as whole words.
fn holds(text: &str, phrase: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric();
    text.match_indices(phrase).any(|(start, _)| {
        let before = text.get(..start).unwrap_or_default();
        let behind = text.get(start + phrase.len()..).unwrap_or_default();
        !before.ends_with(is_word) && !behind.starts_with(is_word)
    })
}

/// What servers write, in lower case. The first line that fits decides, so what is certain stands
/// before what may be said in passing.
const NAMED: &[(Cause, &[&str])] = &[
    (
        Cause::MailboxFull,
        &[
            "over quota",
            "overquota",
            "quota exceeded",
            "exceeded quota",
            "exceeded the quota",
            "mailbox full",
            "mailbox is full",
            "inbox is full",
            "out of storage space",
            "exceeded storage",
            "exhausted allowed storage",
            "too many messages on the server",
            "insufficient disk space",
        ],
    ),
    (
        Cause::MessageTooLarge,
        &[
            "message too large",
            "message too big",
            "message is too large",
            "message is too big",
            "message size exceeds",
            "message size limit",
            "message size limits",
            "size limit",
            "size limits",
            "maximum message size",
            "databytes limit",
        ],
    ),
    (
        Cause::RoutingLoop,
        &["too many hops", "hop count exceeded", "mail loop", "looping", "loop detected"],
    ),
    (
        Cause::RelayDenied,
        &[
            "relay access denied",
            "relaying denied",
            "relay denied",
            "relaying not allowed",
            "relay not permitted",
            "not permitted to relay",
            "relaying prohibited",
            "unable to relay",
            "no relaying",
            "credentials for relay",
            "allowed rcpthosts",
        ],
    ),
    (
        Cause::SenderUnverified,
        &["spf", "dkim", "dmarc", "anti-spoofing", "authentication checks", "unauthenticated"],
    ),
    (
        Cause::AuthenticationRequired,
        &[
            "authentication required",
            "authentication is required",
            "authenticate first",
            "must authenticate",
            "must be authenticated",
            "not authenticated",
            "smtp auth",
            "pop before smtp",
        ],
    ),
    (
        Cause::CredentialsRefused,
        &[
            "authentication failed",
            "authentication failure",
            "authentication unsuccessful",
            "authentication credentials invalid",
            "password not accepted",
            "password required",
            "login attempts",
        ],
    ),
    (
        Cause::TlsRequired,
        &["starttls", "tls required", "tls is required", "encryption required", "support tls"],
    ),
    (
        Cause::ClientBlocked,
        &[
            "spamhaus",
            "spamhaus's",
            "sorbs",
            "spamcop",
            "dnsbl",
            "dnsbls",
            "rbl",
            "barracuda",
            "blacklist",
            "blacklisted",
            "black list",
            "black listed",
            "blocklist",
            "blocklisted",
            "block list",
            "banned",
            "is listed",
            "listed at",
            "listed by",
            "reputation",
            "blocked using",
            "client host blocked",
            "bad ip",
            "ip blocked",
            "access from ip",
            "blocked - see",
        ],
    ),
    (Cause::NoReverseName, &["reverse dns", "rdns", "ptr", "helo", "ehlo", "mismatches client ip"]),
    (Cause::Greylisted, &["greylist", "greylisted", "greylisting", "graylisted"]),
    (Cause::TooManyRecipients, &["too many recipients"]),
    (
        Cause::TooMuchMail,
        &[
            "rate limit",
            "rate limited",
            "unusual rate",
            "too many connections",
            "too many concurrent",
            "too many messages",
            "too quickly",
            "too much email",
            "frequency limited",
            "excessive volume",
            "relay limit exceeded",
            "maximum number of connections",
        ],
    ),
    (Cause::VirusFound, &["virus", "malware", "infected"]),
    (
        Cause::SenderRefused,
        &[
            "sender address",
            "sender rejected",
            "sender denied",
            "invalid sender",
            "domain of sender",
            "sender domain",
            "sender verify failed",
            "from: domain is invalid",
        ],
    ),
    (
        Cause::MailboxDisabled,
        &[
            "is disabled",
            "been disabled",
            "account disabled",
            "mailbox disabled",
            "disabled recipient",
            "inactive",
            "is frozen",
            "suspended",
            "suspend the service",
            "temporary locked",
            "no longer valid",
        ],
    ),
    (
        Cause::MailboxMoved,
        &["has moved", "user not local", "been replaced by", "forwarding address"],
    ),
    (
        Cause::MailboxUnknown,
        &[
            "user unknown",
            "unknown user",
            "no such user",
            "no such recipient",
            "no such mailbox",
            "no such address",
            "no such account",
            "no mailbox here",
            "user doesn't exist",
            "user does not exist",
            "account does not exist",
            "mailbox does not exist",
            "mailbox not found",
            "user not found",
            "recipient not found",
            "recipient unknown",
            "unknown recipient",
            "invalid recipient",
            "invalid mailbox",
            "not a valid recipient",
            "recipient no longer on server",
            "this user doesn't have",
            "unknown local part",
            "unknown or illegal alias",
            // So Microsoft says it, with a 5.4.1 that means something else.
            "recipient address rejected: access denied",
        ],
    ),
    (
        Cause::DomainUnknown,
        &[
            "host unknown",
            "unknown host",
            "host not found",
            "domain not found",
            "domain name not found",
            "unknown domain",
            "invalid domain",
            "no such domain",
            "domain does not exist",
            "domain is not reachable",
            "recipient domain",
            "unrouteable address",
            "unroutable address",
        ],
    ),
    (Cause::DomainTakesNoMail, &["does not accept mail", "null mx"]),
    (
        Cause::ReceiverTrouble,
        &[
            "configuration error",
            "config error",
            "system error",
            "local error",
            "server error",
            "server busy",
            "system full",
            "currently unavailable",
            "temporarily unavailable",
        ],
    ),
    (
        Cause::NetworkTrouble,
        &["connection refused", "connection reset", "connection timed out", "no route to host"],
    ),
];

/// As [`NAMED`], but said of many things: "to protect our users from spam" ends many a reply that
/// is about something else.
const HINTED: &[(Cause, &[&str])] = &[
    (
        Cause::ContentRefused,
        &["attachment", "rfc 5322", "malformed", "content rejected", "message header"],
    ),
    (
        Cause::SpamSuspected,
        &["spam", "unsolicited", "junk", "junkmail", "bulk mail", "flagged as spam"],
    ),
    (
        Cause::AccessDenied,
        &["policy", "access denied", "not allowed", "not authorized", "access forbidden"],
    ),
];

#[cfg(test)]
mod tests {
    use crate::ReplyCode;

    use super::*;

    fn reply(text: &str) -> Reply {
        Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, text).unwrap()
    }

    fn cause(reply: &Reply) -> Option<Cause> {
        let evidence = Evidence::of(reply);
        evidence.names().or_else(|| evidence.hints())
    }

    #[test]
    fn ok_phrases_are_whole_words_in_any_case() {
        assert_eq!(cause(&reply("User  UNKNOWN.")), Some(Cause::MailboxUnknown));
        assert_eq!(cause(&reply("superuser unknowns")), None);
        assert_eq!(cause(&reply("marble rblx")), None);
    }

    #[test]
    fn ok_words_of_addresses_are_no_evidence() {
        assert_eq!(cause(&reply("<spam.virus@dkim.example>: over here")), None);
        let text = "<spam@x.example>... No such user here";
        assert_eq!(cause(&reply(text)), Some(Cause::MailboxUnknown));
    }

    #[test]
    fn ok_what_is_certain_goes_before_what_is_said_in_passing() {
        let text = "There is no PTR record. To protect our users from spam, mail was blocked.";
        assert_eq!(cause(&reply(text)), Some(Cause::NoReverseName));
    }

    #[test]
    fn ok_enhanced_code_within_the_text() {
        let code = |text| enhanced(&reply(text)).map(|code| code.to_string());
        assert_eq!(code("sorry, no mailbox here (#5.1.1 - chkusr)"), Some("5.1.1".into()));
        assert_eq!(code("not allowed - 5.7.1 [BL23]"), Some("5.7.1".into()));
        assert_eq!(code("It failed with 5.2.2."), Some("5.2.2".into()));
        assert_eq!(code("listed: 5.1.1.7, 2.0.0, 4.2.2"), None);
    }

    #[test]
    fn ok_text_past_the_searched_part_is_left_alone() {
        let text = format!("{} user unknown", "x ".repeat(SEARCHED));
        assert_eq!(cause(&reply(&text)), None);
    }

    #[test]
    fn ok_clues_are_lower_case_and_none_is_hidden_by_one_above() {
        let clues = NAMED.iter().chain(HINTED);
        let all: Vec<_> =
            clues.flat_map(|(cause, phrases)| phrases.iter().map(move |p| (cause, p))).collect();
        for (at, (cause, phrase)) in all.iter().enumerate() {
            assert_eq!(phrase.to_ascii_lowercase(), **phrase);
            assert_eq!(phrase.split_whitespace().collect::<Vec<_>>().join(" "), **phrase);
            for (other, above) in all.iter().take(at) {
                assert!(cause == other || !holds(phrase, above), "{above:?} hides {phrase:?}");
            }
        }
    }
}
