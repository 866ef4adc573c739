//! Recipients in a text that is meant for people.
//!
//! Each mail system has its own words, and they change; what they share is that an address stands at
//! the start of a line, and that what became of it follows. So the text is not parsed by the habits
//! of each: it is cut into blocks, from one such line to the next, and the reply, or else the first
//! paragraph, is what the block says.

use std::collections::HashMap;

use crate::EnhancedStatusCode;
use crate::dsn::{Action, Recipient, Typed, diagnostic};

/// Returns the recipients that a text names, at most so many, and whether there are more.
pub(super) fn recipients(text: &[u8], action: Action, most: usize) -> (Vec<Recipient>, bool) {
    let lines: Vec<&[u8]> = text.split(|&octet| octet == b'\n').map(<[u8]>::trim_ascii).collect();
    let mut blocks = blocks(&lines, address_line);
    for reads in [labelled_line, loose_line] {
        if blocks.is_empty() {
            blocks = self::blocks(&lines, reads);
        }
    }
    let mut out: Vec<Recipient> = Vec::new();
    // What stands behind the last of several addresses is said of all of them.
    let mut shared: Option<Vec<u8>> = None;
    let mut cut = false;
    for block in blocks.iter().rev() {
        let said = said(block);
        let said = if said.is_empty() { shared.clone().unwrap_or_default() } else { said };
        shared = Some(said.clone());
        let Some(address) = Typed::read(block.address, Typed::RFC822) else { continue };
        let Ok(address) = Typed::new(kind_of(address.text()), address.text()) else { continue };
        out.push(Recipient {
            status: status(&said),
            remote_mta: host(&said),
            diagnostic: Typed::new(Typed::SMTP, &said).ok(),
            ..Recipient::read(address, action)
        });
    }
    out.reverse();
    // A text may say the same twice, shorter first; what has a reply wins.
    let mut unique: Vec<Recipient> = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    for recipient in out {
        let key = recipient.address.text().to_ascii_lowercase();
        if let Some(&at) = known.get(&key) {
            if let Some(before) = unique.get_mut(at)
                && !before.has_reply_code()
                && recipient.has_reply_code()
            {
                *before = recipient;
            }
        } else if unique.len() < most {
            known.insert(key, unique.len());
            unique.push(recipient);
        } else {
            cut = true;
        }
    }
    (unique, cut)
}

/// Makes a recipient of an address that stands elsewhere, with what the text says of it.
pub(super) fn named(address: &[u8], text: &[u8], action: Action) -> Option<Recipient> {
    let address = Typed::new(kind_of(address), address).ok()?;
    let lines: Vec<&[u8]> = text.split(|&octet| octet == b'\n').map(<[u8]>::trim_ascii).collect();
    let said = said(&Block { address: b"", rest: b"", lines: &lines });
    Some(Recipient {
        status: status(&said),
        remote_mta: host(&said),
        diagnostic: Typed::new(Typed::SMTP, &said).ok(),
        ..Recipient::read(address, action)
    })
}

const fn kind_of(address: &[u8]) -> &'static str {
    if address.is_ascii() { Typed::RFC822 } else { Typed::UTF8 }
}

/// Cuts off the copy of the message that stands behind the text: where it begins, if it does.
pub(super) fn end_of_words(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive(|&octet| octet == b'\n') {
        if is_separator(line.trim_ascii()) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// Tells whether behind this line the message stands that came back.
fn is_separator(line: &[u8]) -> bool {
    let starts = [
        &b"original message follows"[..],
        b"original message headers:",
        b"below is a copy of the original message",
        b"below this line is a copy of the message",
        b"a copy of the original message",
        b"the original message follows",
    ];
    let holds = [
        &b"copy of "[..],
        b"original message",
        b"original headers",
        b"unsent message",
        b"returned message",
        b"message follows",
        b"message header",
        b"message text follows",
    ];
    let bare = line.iter().position(|octet| !b"-=*_+ ".contains(octet));
    let (rule, words) = line.split_at_checked(bare.unwrap_or(line.len())).unwrap_or((line, b""));
    let words = words.to_ascii_lowercase();
    let is_ruled = rule.len() >= 2 && rule.iter().any(|octet| *octet != b' ');
    starts.iter().any(|start| words.starts_with(start))
        || is_ruled && holds.iter().any(|held| memchr::memmem::find(&words, held).is_some())
}

/// An address and what follows it.
struct Block<'t, 'a> {
    address: &'a [u8],
    /// What stands behind the address on its line.
    rest: &'a [u8],
    lines: &'t [&'a [u8]],
}

type AddressLine = for<'a> fn(&'a [u8]) -> Option<(&'a [u8], &'a [u8])>;

fn blocks<'t, 'a>(lines: &'t [&'a [u8]], reads: AddressLine) -> Vec<Block<'t, 'a>> {
    let mut starts: Vec<(usize, &'a [u8], &'a [u8])> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        // Named again in what is said of it, an address begins nothing new.
        let is_new = |address: &[u8]| {
            starts.last().is_none_or(|(_, before, _)| !before.eq_ignore_ascii_case(address))
        };
        if let Some((address, rest)) = reads(line).filter(|(address, _)| is_new(address)) {
            starts.push((n, address, rest));
        }
    }
    let ends = starts.iter().skip(1).map(|(n, ..)| *n).chain([lines.len()]);
    let block = |((n, address, rest), end): (&(usize, &'a [u8], &'a [u8]), usize)| Block {
        address,
        rest,
        lines: lines.get(n + 1..end).unwrap_or_default(),
    };
    starts.iter().zip(ends).map(block).collect()
}

/// Reads a line that begins with an address: `<a@b>:`, `a@b`, `a@b: 550 no`, `a@b on Thu, ...`,
/// `550 5.1.1 <a@b>... no`, `Name<mailto:a@b>`.
fn address_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_prefix(b"* ").unwrap_or(line);
    if let Some(inner) = line.strip_prefix(b"<") {
        let (address, rest) = split_at_octet(inner, b'>')?;
        let address = address.strip_prefix(b"mailto:").unwrap_or(address);
        let goes_on = rest.is_empty() || b":.,( \t".contains(rest.first()?);
        return (goes_on && is_address(address)).then_some((address, after_address(rest)));
    }
    // Sendmail's verdict, behind what it tried.
    if let [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..] = line
        && let Some((_, behind)) = split_at_octet(line, b'<')
        && let Some((address, rest)) = split_at_octet(behind, b'>')
        && rest.starts_with(b"...")
        && is_address(address)
    {
        return Some((address, line));
    }
    if let Some(before) = line.strip_suffix(b">")
        && let Some(at) = memchr::memmem::find(before, b"<mailto:")
    {
        let address = before.get(at + 8..)?;
        return is_address(address).then_some((address, b""));
    }
    let end = line.iter().position(|octet| b" \t,;:(<".contains(octet)).unwrap_or(line.len());
    let (address, rest) = line.split_at_checked(end)?;
    let goes_on = match rest {
        [] | [b':', ..] | [b',' | b';'] => true,
        [b' ', rest @ ..] => {
            let rest = rest.trim_ascii_start();
            [&b"on "[..], b"(", b"...", b":", b"<"].iter().any(|start| rest.starts_with(start))
        }
        _ => false,
    };
    let address = address.strip_suffix(b"...").unwrap_or(address);
    (goes_on && is_address(address)).then_some((address, after_address(rest)))
}

/// Takes off what joins an address to what is said of it.
fn after_address(rest: &[u8]) -> &[u8] {
    let rest = rest.trim_ascii_start();
    match rest.strip_prefix(b"on ") {
        // Exchange says when it was.
        Some(_) => b"",
        None => {
            let joins = |octet: &u8| b":.,; \t".contains(octet);
            let at = rest.iter().position(|octet| !joins(octet)).unwrap_or(rest.len());
            rest.get(at..).unwrap_or_default()
        }
    }
}

/// Reads a line that says of an address what it is: `Unknown user: a@b`, `Recipient: <a@b>`.
fn labelled_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (label, rest) = split_at_octet(line, b':')?;
    let label = label.to_ascii_lowercase();
    let labels = [&b"recipient"[..], b"user", b"address", b"mailbox", b"failed", b"to whom"];
    if label.len() > 60
        || !labels.iter().any(|known| memchr::memmem::find(&label, known).is_some())
        || memchr::memmem::find(&label, b"sender").is_some()
    {
        return None;
    }
    let rest = rest.trim_ascii();
    let bare = rest.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).unwrap_or(rest);
    let bare = bare.strip_prefix(b"rfc822;").unwrap_or(bare).trim_ascii();
    is_address(bare).then_some((bare, line))
}

/// Reads a line that begins with an address, whatever follows, or tells in a sentence that one could
/// not be delivered to.
fn loose_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let words = line.split(|octet| b" \t<>\"',;()".contains(octet));
    let bare = |word: &[u8]| -> usize {
        word.iter().rev().take_while(|octet| b".:".contains(octet)).count()
    };
    let addresses = words.filter_map(|word| {
        let word = word.get(..word.len() - bare(word))?;
        is_address(word).then_some(word)
    });
    let first = addresses.clone().next()?;
    let last = addresses.clone().next_back()?;
    let start = line.iter().position(|octet| !b"-* \t\"'<".contains(octet)).unwrap_or(0);
    if line.get(start..).is_some_and(|line| line.starts_with(first)) {
        let rest = line.get(start + first.len()..).unwrap_or_default();
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
        return Some((first, after_address(rest)));
    }
    let lower = line.to_ascii_lowercase();
    let told = [
        &b"deliver"[..],
        b"recipient",
        b"undeliverable",
        b"unknown",
        b"mailbox",
        b"rejected",
        b"rcpt to",
    ];
    let tells = told.iter().any(|told| memchr::memmem::find(&lower, told).is_some());
    tells.then_some((last, line))
}

/// Tells whether this is an address, as far as a text can tell: quoted local parts are none.
fn is_address(text: &[u8]) -> bool {
    let Some(at) = memchr::memrchr(b'@', text) else { return false };
    let (local, domain) = (text.get(..at), text.get(at + 1..));
    let (Some(local), Some(domain)) = (local, domain) else { return false };
    let in_local = |octet: &u8| {
        octet.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(octet) || *octet >= 0x80
    };
    let in_domain =
        |octet: &u8| octet.is_ascii_alphanumeric() || b"-._[]:".contains(octet) || *octet >= 0x80;
    (1..=128).contains(&local.len())
        && local.iter().all(in_local)
        && (1..=255).contains(&domain.len())
        && domain.iter().all(in_domain)
        && !domain.ends_with(b".")
        && !domain.ends_with(b":")
}

/// Returns what a block says: the lines from the first reply code on, or its first paragraph.
fn said(block: &Block<'_, '_>) -> Vec<u8> {
    let lines = || [block.rest].into_iter().chain(block.lines.iter().copied());
    let has_code = |line: &[u8]| diagnostic::find(line).is_some();
    let mut from = lines().position(|line| has_code(line) && !is_command(line));
    if from.is_none() {
        from = lines().position(|line| !line.is_empty() && !is_frame(line));
    }
    // In mid-paragraph a host is named in front of what it said.
    let Some(mut from) = from else { return Vec::new() };
    let before = |n: usize| lines().nth(n).unwrap_or_default();
    if from > 0 && names_host(before(from - 1)) && !is_frame(before(from - 1)) {
        from -= 1;
    }
    let mut out = Vec::new();
    for (n, line) in lines().skip(from).enumerate() {
        let line = line.strip_prefix(b"<<< ").unwrap_or(line);
        // `because:` alone says nothing yet.
        if line.is_empty() && out.ends_with(b":") {
            continue;
        }
        if n > 0 && (line.is_empty() || is_command(line) || is_frame(line)) || out.len() > 2000 {
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
    out.truncate(2000);
    out
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
}

fn names_host(line: &[u8]) -> bool {
    line.starts_with(b"host ") || memchr::memmem::find(line, b": host ").is_some()
}

/// Finds the server that spoke: `host mx.example.com [192.0.2.1] said`.
fn host(said: &[u8]) -> Option<Typed> {
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
fn status(said: &[u8]) -> Option<EnhancedStatusCode> {
    let inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'-';
    let words = said.split(|&octet| !inside(octet));
    words
        .filter(|word| matches!(word, [b'4' | b'5', b'.', ..]))
        .find_map(|word| EnhancedStatusCode::parse(word.strip_suffix(b".").unwrap_or(word)).ok())
}

fn split_at_octet(text: &[u8], octet: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(octet, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
