//! The text for people, as plain text: taken out of its parts, encodings and HTML.

use std::borrow::Cow;

use mail_message::mime::{Part, PartKind};

use crate::dsn::read::own;
use crate::dsn::{ReadLimits, charset};

/// Returns the texts for people in front of what came back, up to the limit.
pub(super) fn words(root: Part<'_, '_>, limits: &ReadLimits) -> Vec<u8> {
    let mut out = Vec::new();
    let mut html = None;
    for part in own(root) {
        let kind = part.content_type();
        let is_empty_multipart = kind.is_main("multipart") && part.children().next().is_none();
        if part.kind() == PartKind::Message || kind.is("text", "rfc822-headers") {
            break;
        }
        // Twice the limit: an encoding takes at most thrice what it encodes, but then it is none
        // of ASCII.
        let body = part.body();
        let body = body.get(..limits.text.saturating_mul(2)).unwrap_or(body);
        if is_empty_multipart || part.kind() == PartKind::Leaf && kind.is("text", "plain") {
            let decoded = match is_empty_multipart {
                true => Cow::Borrowed(body),
                false => decoded(&part, body),
            };
            out.extend_from_slice(&decoded);
            out.push(b'\n');
        } else if part.kind() == PartKind::Leaf && kind.is("text", "html") && html.is_none() {
            html = Some(without_tags(&decoded(&part, body)));
        }
        if out.len() > limits.text {
            break;
        }
    }
    if out.trim_ascii().is_empty() {
        out = html.unwrap_or_default();
    }
    out.truncate(limits.text);
    out
}

/// Takes the transfer encoding off, and makes UTF-8 of the rest.
fn decoded<'a>(part: &Part<'_, 'a>, body: &'a [u8]) -> Cow<'a, [u8]> {
    let named = part.content_type().parameters().text("charset");
    charset::decode(part.encoding().decode(body), named.as_deref())
}

/// Takes the tags out of HTML: each becomes a line end, so that what stood apart still does. What is
/// between the tags of a style or a script goes too.
fn without_tags(html: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest) {
        text(rest.get(..at).unwrap_or_default(), &mut out);
        out.push(b'\n');
        let behind = rest.get(at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'>', behind) else { return out };
        let tag = behind.get(1..end).unwrap_or_default();
        rest = behind.get(end + 1..).unwrap_or_default();
        let is =
            |name: &[u8]| tag.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
        if is(b"style") || is(b"script") {
            let end = memchr::memmem::find(rest, b"</").unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    text(rest, &mut out);
    out
}

/// Adds text with its entities resolved, as far as they stand in bounces.
fn text(mut rest: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        let behind = rest.get(at + 1..).unwrap_or_default();
        // The longest names have some twenty letters; those here have six.
        let end = behind.iter().take(8).position(|&octet| octet == b';');
        let name = end.and_then(|end| behind.get(..end)).unwrap_or_default();
        match character(name) {
            Some(c) => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = behind.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                out.push(b'&');
                rest = behind;
            }
        }
    }
    out.extend_from_slice(rest);
}

fn character(name: &[u8]) -> Option<char> {
    let c = match name {
        b"nbsp" => ' ',
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => {
            char::from_u32(u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?)?
        }
        [b'#', digits @ ..] => char::from_u32(str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    (!c.is_control()).then_some(c)
}
