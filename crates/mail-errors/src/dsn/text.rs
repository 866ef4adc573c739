//! Recipients in a text that is meant for people.
//!
//! Each mail system has its own words, and they change; what they share is that an address stands at
//! the start of a line, and that what became of it follows. So the text is not parsed by the habits
//! of each: it is cut into blocks, from one such line to the next, and the reply, or else the first
//! paragraph that tells why, is what the block says.

use std::collections::{HashMap, HashSet};

use crate::dsn::said::{host, is_telling, said, status};
use crate::dsn::{Action, Recipient, Typed, diagnostic};

/// What is known of a text before it is read.
#[derive(Debug, Clone)]
pub(super) struct About<'a> {
    /// What became of those that it names.
    pub(super) action: Action,
    /// At most so many.
    pub(super) most: usize,
    /// The addresses that it went to: those of the sender, in lower case.
    pub(super) sender: &'a HashSet<Vec<u8>>,
}

/// Returns the recipients that a text names, and whether there are more.
pub(super) fn recipients(text: &[u8], about: &About<'_>) -> (Vec<Recipient>, bool) {
    let lines: Vec<&[u8]> = text.split(|&octet| octet == b'\n').map(<[u8]>::trim_ascii).collect();
    let begins = |line: &&[u8]| memchr::memmem::find(line, DID_NOT_REACH).is_some();
    let lead = lines.iter().position(begins).map_or(0, |line| line + 1);
    let lines = lines.get(lead..).unwrap_or_default();
    let mut blocks = blocks(lines, address_line, None);
    for reads in [labelled_line, loose_line] {
        if blocks.is_empty() {
            blocks = self::blocks(lines, reads, Some(about.sender));
        }
    }
    // Some say first why, and then of whom.
    let before = blocks.first().map_or(0, |block| block.line);
    let before = words(said(lines.iter().take(before).copied()));
    let mut out: Vec<Recipient> = Vec::new();
    // What stands behind the last of several addresses is said of all of them.
    let mut shared: Option<Vec<u8>> = None;
    for block in blocks.iter().rev() {
        let mut said = said([block.rest].into_iter().chain(block.lines.iter().copied()));
        if said.is_empty() {
            said = shared.clone().unwrap_or_default();
        }
        if words(said.clone()).is_none()
            && let Some(before) = &before
        {
            said.clone_from(before);
        }
        shared = Some(said.clone());
        let Some(address) = Typed::read(block.address, Typed::RFC822) else { continue };
        let mut one = recipient(address.text(), &said, about.action);
        if let Some(one) = &mut one {
            one.original = block.original();
        }
        out.extend(one);
    }
    out.reverse();
    unique(out, about.most)
}

/// Words that tell why, or hold a code.
fn words(said: Vec<u8>) -> Option<Vec<u8>> {
    (diagnostic::find(&said).is_some() || is_telling(&said)).then_some(said)
}

/// A text may say the same twice, shorter first; what has a reply wins.
fn unique(named: Vec<Recipient>, most: usize) -> (Vec<Recipient>, bool) {
    let mut unique: Vec<Recipient> = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut cut = false;
    for recipient in named {
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

/// Returns what a text says of addresses that stand elsewhere.
pub(super) fn said_of_all(text: &[u8]) -> Vec<u8> {
    said(text.split(|&octet| octet == b'\n').map(<[u8]>::trim_ascii))
}

/// Makes a recipient of an address and what is said of it.
pub(super) fn recipient(address: &[u8], said: &[u8], action: Action) -> Option<Recipient> {
    let address = Typed::new(kind_of(address), address).ok()?;
    Some(Recipient {
        status: status(said),
        remote_mta: host(said),
        diagnostic: Typed::new(Typed::SMTP, said).ok(),
        ..Recipient::read(address, action)
    })
}

const fn kind_of(address: &[u8]) -> &'static str {
    if address.is_ascii() { Typed::RFC822 } else { Typed::UTF8 }
}

/// Exchange quotes the header first, in which other recipients stand.
const DID_NOT_REACH: &[u8] = b"did not reach the following recipient(s)";

/// An address and what follows it.
struct Block<'t, 'a> {
    /// The line on which it stands.
    line: usize,
    address: &'a [u8],
    /// What stands behind the address on its line.
    rest: &'a [u8],
    lines: &'t [&'a [u8]],
}

impl Block<'_, '_> {
    /// Returns whom the sender had named, where an alias led here: `(expanded from: <a@b>)`,
    /// `(generated from a@b)`.
    fn original(&self) -> Option<Typed> {
        let line = match self.rest {
            [] => self.lines.first()?,
            rest => rest,
        };
        let at = [&b"expanded from"[..], b"generated from"].iter().find_map(|words| {
            Some(memchr::memmem::find(line.get(..40.min(line.len()))?, words)? + words.len())
        })?;
        let rest = line.get(at..)?.trim_ascii_start();
        let rest = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii_start();
        let rest = rest.strip_prefix(b"<").unwrap_or(rest);
        let end = rest.iter().position(|octet| b">) \t".contains(octet)).unwrap_or(rest.len());
        let address = rest.get(..end).filter(|it| is_address(it))?;
        Typed::new(kind_of(address), address).ok()
    }
}

type AddressLine = for<'a> fn(&'a [u8]) -> Option<(&'a [u8], &'a [u8])>;

fn blocks<'t, 'a>(
    lines: &'t [&'a [u8]],
    reads: AddressLine,
    sender: Option<&HashSet<Vec<u8>>>,
) -> Vec<Block<'t, 'a>> {
    let is_sender = |address: &[u8]| {
        sender.is_some_and(|sender| sender.contains(&address.to_ascii_lowercase()))
    };
    let mut starts: Vec<(usize, &'a [u8], &'a [u8])> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        // Named again in what is said of it, an address begins nothing new.
        let is_new = |address: &[u8]| {
            starts.last().is_none_or(|(_, before, _)| !before.eq_ignore_ascii_case(address))
        };
        let read = reads(line).filter(|(address, _)| is_new(address) && !is_sender(address));
        if let Some((address, rest)) = read {
            starts.push((n, address, rest));
        }
    }
    let ends = starts.iter().skip(1).map(|(n, ..)| *n).chain([lines.len()]);
    let block = |((line, address, rest), end): (&(usize, &'a [u8], &'a [u8]), usize)| Block {
        line: *line,
        address,
        rest,
        lines: lines.get(line + 1..end).unwrap_or_default(),
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
    // Exchange names by X.400 those whom it does not know.
    if line.starts_with(b"c=")
        && let Some(at) = memchr::memmem::find(line, b":SMTP=")
    {
        let (address, rest) = split_at_octet(line.get(at + 6..)?, b';')?;
        return is_address(address).then_some((address, after_address(rest)));
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
    let labels =
        [&b"recipient"[..], b"user", b"address", b"mailbox", b"failed", b"to whom", b"rcpt to"];
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
    let bare = |word: &'_ [u8]| -> usize {
        word.iter().rev().take_while(|octet| b".:'!".contains(octet)).count()
    };
    let addresses = words.filter_map(|word| {
        let word = word.get(..word.len() - bare(word))?;
        let word = word.strip_prefix(b"'").unwrap_or(word);
        is_address(word).then_some(word)
    });
    let first = addresses.clone().next()?;
    let mut last = addresses.clone().filter(|it| !is_of_sender(line, it));
    let last = last.clone().rfind(|it| !is_role(it)).or_else(|| last.next_back())?;
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
        b"address:",
        b"addressed",
        b"mail to ",
        b"intended",
        b"returned",
        b"failed",
    ];
    let has = |words: &[&[u8]]| words.iter().any(|it| memchr::memmem::find(&lower, it).is_some());
    let refers = is_role(last) && has(&[b"contact", b"please", b"reply", b"question", b"assist"]);
    (has(&told) && !refers).then_some((last, line))
}

/// Tells whether a line names an address as the one from which a message came.
fn is_of_sender(line: &[u8], address: &[u8]) -> bool {
    let at = address.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
    let before = line.get(..at).unwrap_or_default().trim_ascii_end();
    [&b"mail from"[..], b"message from", b"sent from"].iter().any(|words| before.ends_with(words))
}

/// Tells whether an address is of those that a text names as the ones to turn to.
fn is_role(address: &[u8]) -> bool {
    let local = address.split(|&octet| octet == b'@').next().unwrap_or_default();
    [
        &b"postmaster"[..],
        b"abuse",
        b"mailer-daemon",
        b"support",
        b"helpdesk",
        b"hostmaster",
        b"help",
    ]
    .iter()
    .any(|role| local.eq_ignore_ascii_case(role))
}

/// Tells whether this is an address, as far as a text can tell: quoted local parts are none.
fn is_address(text: &[u8]) -> bool {
    let Some(at) = memchr::memrchr(b'@', text) else { return false };
    let (local, domain) = (text.get(..at), text.get(at + 1..));
    let (Some(local), Some(domain)) = (local, domain) else { return false };
    let in_local = |octet: &u8| {
        octet.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(octet) || *octet >= 0x80
    };
    let in_domain = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
    let Ok(domain) = str::from_utf8(domain) else { return false };
    // Paths and programs to which an alias led.
    let is_file = matches!(local.first(), Some(b'/' | b'|'));
    !is_file
        && (1..=128).contains(&local.len())
        && local.iter().all(in_local)
        && (1..=255).contains(&domain.len())
        && domain.chars().all(in_domain)
        && !domain.ends_with(['.', ':'])
}

fn split_at_octet(text: &[u8], octet: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(octet, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
