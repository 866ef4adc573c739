//! Finds the reply in a line of a log, a bounce or a report.

use crate::{EnhancedClass, EnhancedStatusCode};

use super::{Failure, Stage, What};

/// Octets of a line that are searched for a reply.
const SEARCHED: usize = 16 * 1024;

impl<'a> Failure<'a> {
    /// Finds the failure that a line quotes: a reply that begins the line or stands within it
    /// (`host mx said: 550 5.1.1 ... (in reply to RCPT TO command)`), `-ERR` of POP3, `NO` of IMAP,
    /// what Postfix notes behind `status=`, or a reply of which only the enhanced code is left
    /// (`5.1.1 User unknown`). The stage is taken from the words if they name it. `None` if there
    /// is nothing of the kind.
    ///
    /// ```
    /// use mail_errors::classify::{Failure, Reason, Stage};
    ///
    /// let line = b"postfix/smtp[9]: 4B: status=bounced (host mx[192.0.2.1] said: \
    ///     552 5.2.2 over quota (in reply to RCPT TO command))";
    /// let failure = Failure::find(line).expect("a reply");
    /// assert_eq!(failure.stage(), Some(Stage::Rcpt));
    /// assert_eq!(failure.classify().reason(), Reason::MailboxFull);
    /// assert_eq!(Failure::find(b"it does not work"), None);
    /// ```
    #[must_use]
    pub fn find(line: &'a [u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let start = line.get(..SEARCHED).unwrap_or(line);
        if let Some(failure) = Self::read(line) {
            return Some(failure.at_if(stage(start)));
        }
        if let Some(text) = strip(line, b"-ERR") {
            return Some(Self::refusal(text, Stage::Pop3Login));
        }
        let quoted = quoted(start);
        let has_lost_its_code = EnhancedStatusCode::split_from(line)
            .is_some_and(|(code, _)| code.class() != EnhancedClass::Success);
        if has_lost_its_code && quoted.is_none_or(|(doubt, _)| doubt > 2) {
            return Some(Self::new(What::Words { text: line }).at_if(stage(start)));
        }
        if let Some((_, at)) = quoted {
            return Self::read(line.get(at..)?).map(|found| found.at_if(stage(start)));
        }
        if let Some(text) = tagged(line) {
            return Some(Self::refusal(text, Stage::ImapLogin));
        }
        [&b"status=deferred ("[..], b"status=bounced (", b"status=undeliverable ("]
            .iter()
            .find_map(|mark| {
                start.windows(mark.len()).position(|at| at == *mark).map(|at| at + mark.len())
            })
            .and_then(|at| line.get(at..))
            .map(|text| Self::new(What::Words { text }).at_if(stage(start)))
    }

    const fn at_if(self, stage: Option<Stage>) -> Self {
        match stage {
            Some(stage) => self.at(stage),
            None => self,
        }
    }
}

/// The text behind a word that begins the line.
fn strip<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (start, text) = line.split_at_checked(word.len())?;
    let ends = matches!(text.first(), None | Some(b' '));
    (ends && start.eq_ignore_ascii_case(word)).then_some(text.trim_ascii_start())
}

/// The text of `tag NO text`, `* BYE text` and the like. RFC 9051 7.1.
fn tagged(line: &[u8]) -> Option<&[u8]> {
    let space = line.iter().position(|&octet| octet == b' ')?;
    let (tag, rest) = line.split_at_checked(space)?;
    let is_tag = matches!(tag.len(), 1..=16)
        && (tag == b"*"
            || tag.iter().all(u8::is_ascii_alphanumeric) && tag.iter().any(u8::is_ascii_digit));
    let rest = rest.trim_ascii_start();
    let word = [&b"NO"[..], b"BAD", b"BYE"].iter().find_map(|word| {
        // As servers write it: a line of prose has no `NO` in capitals behind its first word.
        rest.starts_with(word).then(|| strip(rest, word)).flatten()
    });
    if is_tag { word } else { None }
}

/// Finds where a reply begins within a line, and how doubtful that is, 0 to 4. A code is three
/// digits that stand alone, `4yz` or `5yz`; the surest has an enhanced code behind it or a word like
/// `said:` before it.
fn quoted(line: &[u8]) -> Option<(u8, usize)> {
    let mut best: Option<(u8, usize)> = None;
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let Some(digit) = rest.iter().position(u8::is_ascii_digit) else { break };
        let start = at + digit;
        let number = line.get(start..)?;
        let length =
            number.iter().position(|octet| !octet.is_ascii_digit()).unwrap_or(number.len());
        at = start + length;
        let (before, behind) = (line.get(..start)?, line.get(at..)?);
        let is_code = length == 3
            && matches!(number, [b'4' | b'5', b'0'..=b'7', ..])
            && !before.last().is_some_and(|&octet| is_word(octet))
            && !behind.first().is_some_and(|&octet| is_word(octet));
        if !is_code {
            continue;
        }
        let introduced = INTRODUCED.iter().any(|mark| ends_with(before, mark));
        let enhanced = matches!(
            behind,
            [b' ' | b'-', c @ (b'4' | b'5'), b'.', b'0'..=b'9', ..] if Some(c) == number.first()
        );
        let text = matches!(behind.first(), None | Some(b' ' | b'-'));
        let doubt = match (introduced, enhanced, text) {
            (true, true, _) => 0,
            (_, true, _) => 1,
            (true, _, true) => 2,
            (_, _, true) => 3,
            (_, _, false) => 4,
        };
        if best.is_none_or(|(least, _)| doubt < least) {
            best = Some((doubt, start));
        }
    }
    best
}

/// What stands before a reply that is quoted.
const INTRODUCED: &[&[u8]] = &[
    b"said: ",
    b"says: ",
    b"to me: ",
    b"smtp; ",
    b"smtp;",
    b": ",
    b"<<< ",
    b"returned '",
    b"'",
    b"\"",
    b"(",
    b"-> ",
    b"> ",
];

fn ends_with(text: &[u8], mark: &[u8]) -> bool {
    text.len()
        .checked_sub(mark.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(mark))
}

const fn is_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'_' | b'=' | 0x80..)
}

/// The stage that Postfix, Exim and their kin note beside a reply.
fn stage(line: &[u8]) -> Option<Stage> {
    let at = |marks: &[&[u8]]| {
        marks.iter().find_map(|mark| {
            line.windows(mark.len())
                .position(|at| at.eq_ignore_ascii_case(mark))
                .map(|at| at + mark.len())
        })
    };
    let marks: &[&[u8]] = &[b"in reply to ", b"after pipelined ", b"remote mail server after "];
    let command = line.get(at(marks)?..)?;
    let is =
        |word: &[u8]| command.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word));
    STAGES.iter().find(|(word, _)| is(word)).map(|(_, stage)| *stage)
}

const STAGES: &[(&[u8], Stage)] = &[
    (b"RCPT", Stage::Rcpt),
    (b"MAIL", Stage::Mail),
    (b"end of data", Stage::EndOfData),
    (b"DATA", Stage::Data),
    (b"EHLO", Stage::Ehlo),
    (b"HELO", Stage::Ehlo),
    (b"LHLO", Stage::Ehlo),
    (b"AUTH", Stage::Auth),
    (b"STARTTLS", Stage::StartTls),
    (b"initial connection", Stage::Connect),
];

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    fn found(line: &str) -> Option<String> {
        let failure = Failure::find(line.as_bytes())?;
        let text = String::from_utf8_lossy(failure.text()).into_owned();
        Some(match failure.what() {
            What::Reply { code, enhanced: Some(enhanced), .. } => {
                format!("{code} {enhanced} {text}")
            }
            What::Reply { code, enhanced: None, .. } => format!("{code} {text}"),
            What::Words { .. } | What::Dns(_) | What::Connection(_) | What::Tls(_) => text,
        })
    }

    #[test]
    fn ok_replies_as_people_have_them() {
        for (line, reply) in [
            ("550 5.1.1 user unknown", "550 5.1.1 user unknown"),
            ("550-5.1.1 no such user", "550 5.1.1 no such user"),
            ("host mx said: 552 5.2.2 mailbox full", "552 5.2.2 mailbox full"),
            ("Remote server: '554-5.7.1 rejected'", "554 5.7.1 rejected'"),
            ("status=bounced (421 4.3.2 closing)", "421 4.3.2 closing)"),
            ("<a@b>: 551 not here", "551 not here"),
            ("delay=450, status=deferred (host mx said: 451 try later)", "451 try later)"),
            ("Diagnostic-Code: smtp; 550 5.7.1 no", "550 5.7.1 no"),
            ("-ERR [AUTH] no", "[AUTH] no"),
            ("a1 NO [AUTHENTICATIONFAILED] no", "[AUTHENTICATIONFAILED] no"),
            (
                "4B: status=deferred (connect to mx:25: Connection refused)",
                "connect to mx:25: Connection refused)",
            ),
        ] {
            assert_eq!(found(line).as_deref(), Some(reply), "{line}");
        }
    }

    #[test]
    fn ok_replies_that_have_lost_their_code() {
        for (line, reason, permanent, suppress) in [
            ("5.1.1 User unknown", Reason::MailboxUnknown, true, true),
            ("4.1.1 User unknown", Reason::MailboxUnknown, false, true),
            ("4.7.1 Greylisted, come back in 300 seconds", Reason::Greylisted, false, false),
            ("5.2.2 xyz", Reason::MailboxFull, true, false),
            ("4.2.0 xyz", Reason::Unknown, false, false),
        ] {
            let told = Failure::find(line.as_bytes()).expect("an enhanced code").classify();
            let said = (told.reason(), told.is_permanent(), told.suppress());
            assert_eq!(said, (reason, permanent, suppress), "{line}");
            assert!(told.enhanced().is_some() && told.code().is_none(), "{line}");
        }
        assert_eq!(found("2.1.5 fine"), None);
    }

    #[test]
    fn none_where_nothing_is_a_reply() {
        for line in
            ["", "it does not work", "since 2024 nothing", "port 5500", "1.550.2", "x550 no"]
        {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[test]
    fn ok_stage_that_the_line_names() {
        let stage = |line: &str| Failure::find(line.as_bytes()).and_then(|found| found.stage());
        assert_eq!(stage("said: 550 no (in reply to RCPT TO command)"), Some(Stage::Rcpt));
        assert_eq!(stage("said: 550 no (in reply to end of DATA command)"), Some(Stage::EndOfData));
        let exim = "SMTP error from remote mail server after MAIL FROM:<a@b>: 550 no";
        assert_eq!(stage(exim), Some(Stage::Mail));
        assert_eq!(stage("550 no"), None);
    }
}
