//! SMTP replies in a report: how they are written into one line, and found in other words.

use memchr::memchr;

use crate::classify::{Failure, Provider, What};
use crate::dsn::{Action, Recipient, Typed};
use crate::{EnhancedClass, EnhancedStatusCode, Reply, ReplyClass, ReplyCode};

/// Writes a reply as a diagnosis: all lines in one, each with its codes as on the wire, which is how
/// Postfix and Sendmail do it (RFC 3464 section 2.3.6 has no rule for more than one line).
pub(super) fn of(reply: &Reply) -> Typed {
    let mut text = Vec::new();
    let last = reply.lines().count().saturating_sub(1);
    for (n, line) in reply.lines().enumerate() {
        if n > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(&reply.code().digits());
        text.push(if n < last { b'-' } else { b' ' });
        if let Some(enhanced) = reply.enhanced() {
            text.extend_from_slice(format!("{enhanced} ").as_bytes());
        }
        text.extend_from_slice(line);
    }
    text.truncate(Typed::LONGEST);
    Typed::new(Typed::SMTP, &text).expect("a code, and a text without CR, LF and NUL")
}

/// Returns the reply that the words of a recipient tell of; see [`Recipient::reply`].
pub(super) fn reply(recipient: &Recipient) -> Reply {
    let words = recipient.diagnostic.as_ref().map(Typed::text).unwrap_or_default();
    let status = recipient.status.filter(|status| (status.subject(), status.detail()) != (0, 0));
    if let Some(found) = find(words) {
        let rest = words.get(found.at + 3..).unwrap_or_default();
        let made = Reply::multiline(found.code, None, lines(found.code, rest));
        let own = made.as_ref().ok().and_then(Reply::enhanced);
        if let (None, Some(status)) = (own, status)
            && let Ok(made) = Reply::multiline(found.code, status, lines(found.code, rest))
        {
            return made;
        }
        return made.unwrap_or_else(|_| Reply::fixed(found.code, None, ""));
    }
    let code = code_of(recipient);
    let made = Reply::new(code, status, words).or_else(|_| Reply::new(code, None, words));
    made.unwrap_or_else(|_| Reply::fixed(code, None, ""))
}

/// Returns what happened to a recipient; see [`Recipient::failure`].
pub(super) fn failure(recipient: &Recipient) -> Failure<'_> {
    let words = recipient.diagnostic.as_ref().map(Typed::text).unwrap_or_default();
    let status = recipient.status.filter(|status| (status.subject(), status.detail()) != (0, 0));
    let what = match (find(words), status) {
        (Some(Found { code, at }), status) => {
            let text = words.get(at + 3..).unwrap_or_default();
            let text = blanks_off(without_mark(text.strip_prefix(b"-").unwrap_or(text)));
            let (own, text) = match Reply::split_enhanced(code, text) {
                Some((own, text)) => (Some(own), blanks_off(text)),
                None => (None, text),
            };
            What::Reply { code, enhanced: own.or(status), text }
        }
        (None, Some(_)) => What::Reply { code: code_of(recipient), enhanced: status, text: words },
        (None, None) => What::Words { text: words },
    };
    let host = recipient.remote_mta.as_ref().map(Typed::text_lossy);
    Failure::new(what).by(host.and_then(|host| Provider::of_host(&host)))
}

/// The code that says least, where no server gave one.
fn code_of(recipient: &Recipient) -> ReplyCode {
    // RFC 3463 3.1: the class of the status says more than the action, of which a message is
    // "failed" too that was delayed for too long.
    let class = recipient.status.map(EnhancedStatusCode::class);
    match (class, recipient.action) {
        (Some(EnhancedClass::Permanent), _) | (None, Action::Failed) => {
            ReplyCode::TRANSACTION_FAILED
        }
        _ => ReplyCode::LOCAL_ERROR,
    }
}

/// A reply code in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) code: ReplyCode,
    pub(super) at: usize,
}

/// Finds the code of a failure: the first that an enhanced code follows, else the first.
pub(super) fn find(words: &[u8]) -> Option<Found> {
    let mut first = None;
    for (at, window) in words.windows(3).enumerate() {
        let Some(code) = code_of_failure(window) else { continue };
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let rest = words.get(at + 3..).unwrap_or_default();
        // Part of a word, of a larger number or of an address.
        if before.is_some_and(|&octet| octet.is_ascii_alphanumeric() || b".-_@/".contains(&octet)) {
            continue;
        }
        if rest.first().is_some_and(|&next| next.is_ascii_alphanumeric() || b"._@/".contains(&next))
        {
            continue;
        }
        let behind = rest.get(1..).unwrap_or_default();
        if EnhancedStatusCode::split_from(trim_blanks(behind)).is_some() {
            return Some(Found { code, at });
        }
        first = first.or(Some(Found { code, at }));
    }
    first
}

/// Reads three digits as the code of a failure: those that RFC 5321 section 4.2.1 has room for.
fn code_of_failure(digits: &[u8]) -> Option<ReplyCode> {
    let digits = <[u8; 3]>::try_from(digits).ok()?;
    let [b'4' | b'5', b'0'..=b'5' | b'7', _] = digits else { return None };
    let code = ReplyCode::from_digits(digits).ok()?;
    let is_failure =
        matches!(code.class(), ReplyClass::TransientNegative | ReplyClass::PermanentNegative);
    is_failure.then_some(code)
}

/// Takes apart what stands behind the first code: each `550-` or `550 ` begins a line, if the first
/// one ended in a hyphen.
fn lines(code: ReplyCode, rest: &[u8]) -> Vec<&[u8]> {
    let digits = code.digits();
    let Some((b'-', mut rest)) = rest.split_first().map(|(&first, rest)| (first, rest)) else {
        return vec![blanks_off(without_mark(rest))];
    };
    let mut lines = Vec::new();
    let mut from = 0;
    while let Some(n) = memchr(b' ', rest.get(from..).unwrap_or_default()) {
        let blank = from + n;
        from = blank + 1;
        let Some(next) = rest.get(from..).and_then(|next| next.strip_prefix(&digits)) else {
            continue;
        };
        let (line, more) = match next {
            [b'-', more @ ..] => (blank, Some(more)),
            [b' ', more @ ..] => (blank, Some(more)),
            [] => (blank, Some(next)),
            _ => (blank, None),
        };
        let Some(more) = more else { continue };
        lines.push(blanks_off(rest.get(..line).unwrap_or_default()));
        let was_last = next.first() != Some(&b'-');
        rest = more;
        from = 0;
        if was_last {
            break;
        }
    }
    lines.push(blanks_off(rest));
    lines
}

/// Takes off what stands between a code and its text.
fn without_mark(text: &[u8]) -> &[u8] {
    match text {
        [b' ', rest @ ..] => rest,
        [b':' | b',' | b';' | b'\'' | b'"' | b')', rest @ ..] => trim_blanks(rest),
        _ => text,
    }
}

/// Takes off the blanks of a fold.
fn blanks_off(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

fn trim_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'#', rest @ ..] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(action: Action, status: &str, words: &str) -> String {
        let mut recipient = Recipient::read(Typed::address("a@b").unwrap(), action);
        recipient.status = EnhancedStatusCode::parse(status.as_bytes()).ok();
        recipient.diagnostic = Typed::new("smtp", words).ok();
        recipient.reply().expect("it failed").to_string()
    }

    #[test]
    fn ok_replies_in_other_words() {
        for (status, words, reply) in [
            ("5.1.1", "550 5.1.1 no such user", "550 5.1.1 no such user"),
            ("5.1.1", "550 no such user", "550 5.1.1 no such user"),
            ("5.0.0", "550 no such user", "550 no such user"),
            ("5.1.1", "550 5.7.1 no", "550 5.7.1 no"),
            (
                "5.1.1",
                "550-5.1.1 The account does not exist. Please try 550-5.1.1 double-checking 550 \
                 5.1.1 it. gsmtp",
                "550 5.1.1 The account does not exist. Please try / double-checking / it. gsmtp",
            ),
            (
                "4.4.1",
                "connect to mx[192.0.2.1]:25: timed out",
                "451 4.4.1 connect to \
              mx[192.0.2.1]:25: timed out",
            ),
            ("", "host 192.0.2.550 said: 452 full", "452 full"),
            ("", "after 450 minutes: 552-5.2.2 full", "552 5.2.2 full"),
            ("", "port 5500, x550 550.1", "554 port 5500, x550 550.1"),
            ("5.2.2", "", "554 5.2.2"),
            ("5.1.1", "#550 5.1.1 RESOLVER ##", "550 5.1.1 RESOLVER ##"),
            ("5.1.1", "550", "550 5.1.1"),
            // Where a field is folded there may be many.
            ("5.0.0", "550    5.1.1 no", "550 5.1.1 no"),
            ("5.0.0", "550-   5.1.1 a 550    5.1.1 b", "550 5.1.1 a / b"),
        ] {
            assert_eq!(told(Action::Failed, status, words), reply, "{words}");
        }
        assert_eq!(told(Action::Delayed, "", "no route"), "451 no route");
    }

    #[test]
    fn delivered_has_no_reply() {
        let address = Typed::address("a@b").unwrap();
        let done = Recipient::new(address, Action::Delivered, EnhancedStatusCode::OK);
        assert_eq!(done.reply(), None);
    }

    #[test]
    fn a_flood_of_codes_is_linear() {
        let flood = format!("550-{}", "x 550-".repeat(600));
        assert!(told(Action::Failed, "", &flood).len() > 1000);
    }

    proptest! {
        #[test]
        fn ok_replies_come_back(
            code in prop::sample::select(vec![421, 450, 451, 452, 550, 552, 554]),
            lines in prop::collection::vec("[a-z<>@. ]{0,30}[a-z]", 1..4),
            enhanced: bool,
        ) {
            let code = ReplyCode::new(code).unwrap();
            let class = code.get() / 100;
            let enhanced = enhanced.then(|| EnhancedStatusCode::new(class, 7, 1).unwrap());
            let lines: Vec<_> = lines.iter().map(|line| line.trim()).collect();
            let reply = Reply::multiline(code, enhanced, lines).unwrap();
            let address = Typed::address("a@b").unwrap();
            let action = if class == 4 { Action::Delayed } else { Action::Failed };
            let recipient = Recipient::refused(address, action, &reply, None).unwrap();
            prop_assert_eq!(recipient.reply(), Some(reply));
        }
    }
}
