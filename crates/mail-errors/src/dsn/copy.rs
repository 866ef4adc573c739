//! Where the copy of the message begins that stands behind a text.

/// A text for people, and behind it the message that came back, or its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parted<'a> {
    /// What is said of the message.
    pub(super) words: &'a [u8],
    /// The message, as far as it is there.
    pub(super) copy: Option<&'a [u8]>,
}

/// Parts a text from the copy behind it: at a line that says so, or where a header begins.
pub(super) fn part(text: &[u8]) -> Parted<'_> {
    let mut at = 0;
    for line in text.split_inclusive(|&octet| octet == b'\n') {
        let behind = at + line.len();
        let line = line.trim_ascii();
        let copy = match () {
            () if is_separator(line) => Some(behind),
            () if begins_header(line) => Some(at),
            () if begins_part(line) => Some(end_of_group(text, behind)),
            () => None,
        };
        if let Some(copy) = copy {
            let words = text.get(..at).unwrap_or_default();
            return Parted { words, copy: text.get(copy..) };
        }
        at = behind;
    }
    Parted { words: text, copy: None }
}

/// Tells whether behind this line the message stands that came back.
fn is_separator(line: &[u8]) -> bool {
    let starts = [
        &b"original message follows"[..],
        b"original message headers",
        b"original message header:",
        b"original message:",
        b"original message as received",
        b"original mail as follows",
        b"original mail follows",
        b"below is a copy of the original message",
        b"below this line is a copy of the message",
        b"a copy of the original message",
        b"here is a copy of the",
        b"the original message follows",
        b"the header of the original message",
        b"header of the original message",
        b"headers of the original message",
        b"message headers follow",
        b"a summary of the undelivered message",
        b"bounced e-mail:",
        b"bounced message:",
    ];
    let holds = [
        &b"copy of "[..],
        b"original message",
        b"original headers",
        b"unsent message",
        b"undelivered message",
        b"returned message",
        b"returned mail",
        b"message follows",
        b"mail follows",
        b"message header",
        b"header of the ",
        b"message text follows",
    ];
    let bare = line.iter().position(|octet| !b"-=*_+|# ".contains(octet));
    let (rule, words) = line.split_at_checked(bare.unwrap_or(line.len())).unwrap_or((line, b""));
    let words = words.get(..LONGEST.min(words.len())).unwrap_or_default().to_ascii_lowercase();
    let is_ruled = rule.len() >= 2 && rule.iter().any(|octet| *octet != b' ');
    starts.iter().any(|start| words.starts_with(start))
        || is_ruled && holds.iter().any(|held| memchr::memmem::find(&words, held).is_some())
        || memchr::memmem::find(&words, b"lines of your original message follow").is_some()
}

/// The most octets of a line in which such words are looked for.
const LONGEST: usize = 200;

/// Tells whether this is a line with which the header of a message begins, and nobody a sentence.
fn begins_header(line: &[u8]) -> bool {
    let quoted = line.iter().position(|octet| !b"> |".contains(octet)).unwrap_or(line.len());
    let line = line.get(quoted..).unwrap_or_default();
    [&b"Received: from "[..], b"Received: by ", b"Received: (", b"Return-Path: <"]
        .iter()
        .any(|start| line.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Tells whether behind this line the header of a part ends that gives the message back: the
/// boundaries of the bounce are broken.
fn begins_part(line: &[u8]) -> bool {
    let line = line.get(..40.min(line.len())).unwrap_or_default().to_ascii_lowercase();
    [&b"content-type: message/rfc822"[..], b"content-type: text/rfc822-headers"]
        .iter()
        .any(|start| line.starts_with(start))
}

fn end_of_group(text: &[u8], from: usize) -> usize {
    let mut at = from;
    for line in text.get(from..).unwrap_or_default().split_inclusive(|&octet| octet == b'\n') {
        at += line.len();
        if line.trim_ascii().is_empty() {
            break;
        }
    }
    at
}
