//! What a text says of a recipient: the reply, or else the words that mean most.

use crate::EnhancedStatusCode;
use crate::classify::{Failure, Reason, What};
use crate::dsn::{Typed, diagnostic};

/// The most octets that are kept of it.
const LONGEST: usize = 2000;

/// Returns what lines say: those from the first reply code on, or the first paragraph that tells
/// why, or else the first one at all.
pub(super) fn said<'a>(lines: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let has_code = |line: &[u8]| diagnostic::find(line).is_some() && !is_command(line);
    if let Some(from) = lines.clone().position(has_code) {
        // In mid-paragraph a host is named in front of what it said.
        let before = from.checked_sub(1).and_then(|before| lines.clone().nth(before));
        let names_host = before.is_some_and(|line| names_host(line) && !is_frame(line));
        return paragraph(lines.skip(from - usize::from(names_host)));
    }
    let mut best: Option<(u8, Vec<u8>)> = None;
    let mut rest = lines;
    for _ in 0..PARAGRAPHS {
        let Some(begin) = rest.clone().position(|line| !is_gap(line)) else { break };
        rest.by_ref().take(begin).for_each(drop);
        let words = paragraph(rest.clone());
        if !is_greeting(&words) {
            let sure = certainty(&words);
            if best.as_ref().is_none_or(|(before, _)| before + MARGIN <= sure) {
                best = Some((sure, words));
            }
        }
        let end = rest.clone().position(is_gap);
        rest.by_ref().take(end.unwrap_or(usize::MAX)).for_each(drop);
    }
    best.map(|(_, words)| words).unwrap_or_default()
}

/// By how much surer, in percent, a classifier has to be of a later paragraph: what stands first is
/// about the recipient, what follows may be advice.
const MARGIN: u8 = 20;

/// Paragraphs that are looked at for one that tells why.
const PARAGRAPHS: usize = 12;

/// Joins lines up to the end of their paragraph.
fn paragraph<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, line) in lines.enumerate() {
        let line = line.strip_prefix(b"<<< ").unwrap_or(line);
        // `because:` alone says nothing yet.
        if line.is_empty() && out.ends_with(b":") {
            continue;
        }
        if n > 0 && is_gap(line) || out.len() > LONGEST {
            break;
        }
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend(line.iter().copied().filter(|octet| !b"\r\0".contains(octet)));
    }
    // Sendmail puts the reply in parentheses.
    let reason = out.strip_prefix(b"(reason: ").and_then(|inner| inner.strip_suffix(b")"));
    let mut out = reason.map_or_else(|| out.clone(), <[u8]>::to_vec);
    out.truncate(LONGEST);
    out
}

/// Tells whether words say why, as far as a classifier understands them.
pub(super) fn is_telling(words: &[u8]) -> bool {
    certainty(words) > 0
}

/// Returns how sure a classifier is of what words mean, in percent; 0 if it knows nothing.
fn certainty(words: &[u8]) -> u8 {
    let found = Failure::new(What::Words { text: words }).classify();
    if found.reason() == Reason::Unknown { 0 } else { found.confidence().percent() }
}

/// Tells whether a paragraph is one with which mail systems begin, whatever happened.
fn is_greeting(words: &[u8]) -> bool {
    [
        &b"This is the "[..],
        b"This message was created automatically",
        b"This is an automatic",
        b"This is a MIME-encapsulated",
        b"A message that you sent",
        b"Hi! ",
        b"Hi. This is the",
        b"Hello",
        b"I'm sorry to have to inform you",
        b"For further assistance",
        b"The original message was received at",
        b"THIS IS A WARNING MESSAGE ONLY",
        b"YOU DO NOT NEED TO",
        b"Your message",
        b"Delivery to the following recipient",
        b"The following address",
        b"There was an error delivering your mail",
        b"If you do so",
        b"Learn more",
        b"Action:",
        b"Please ",
    ]
    .iter()
    .any(|start| words.starts_with(start))
}

/// Tells whether a line parts paragraphs.
fn is_gap(line: &[u8]) -> bool {
    line.is_empty() || is_command(line) || is_frame(line)
}

fn is_command(line: &[u8]) -> bool {
    line.starts_with(b">>>")
}

/// Lines that part the text and say nothing.
fn is_frame(line: &[u8]) -> bool {
    line.starts_with(b"---")
        || line.starts_with(b"___")
        || line.starts_with(b"Giving up on ")
        || line.starts_with(b"...")
        || !line.is_empty() && line.iter().all(|&octet| octet.is_ascii_punctuation())
}

fn names_host(line: &[u8]) -> bool {
    line.starts_with(b"host ") || memchr::memmem::find(line, b": host ").is_some()
}

/// Finds the server that spoke: `host mx.example.com [192.0.2.1] said`.
pub(super) fn host(said: &[u8]) -> Option<Typed> {
    let at = match said.starts_with(b"host ") {
        true => 5,
        false => memchr::memmem::find(said, b" host ")? + 6,
    };
    let rest = said.get(at..)?;
    let end = rest.iter().position(|octet| b" [,;(".contains(octet))?;
    let name = rest.get(..end)?;
    let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || b"-.".contains(octet);
    let is_host = name.iter().all(is_name) && name.contains(&b'.');
    is_host.then(|| Typed::new(Typed::DNS, name).ok())?
}

/// Finds a status that stands alone in words: `(#5.1.1)`.
pub(super) fn status(said: &[u8]) -> Option<EnhancedStatusCode> {
    let inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'-';
    let words = said.split(|&octet| !inside(octet));
    words
        .filter(|word| matches!(word, [b'4' | b'5', b'.', ..]))
        .find_map(|word| EnhancedStatusCode::parse(word.strip_suffix(b".").unwrap_or(word)).ok())
}
