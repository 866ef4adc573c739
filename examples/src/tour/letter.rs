//! Messages: written, and read again.

use bytes::Bytes;
use mail_errors::{
    Reply,
    dsn::{Bounce, Recipient},
};
use mail_message::{
    DateTime, Message,
    compose::{Draft, Mailbox, MessageId},
};

use super::trouble::{Flaw, Trouble};
use crate::office::clock;

/// A word that no other run has. It stands in every subject.
pub(super) fn token() -> String {
    let mut octets = [0; 6];
    if getrandom::fill(&mut octets).is_err() {
        // Without randomness it is at least the word of this second and this process.
        let seed = clock::wall().seconds().unsigned_abs() ^ u64::from(std::process::id()) << 32;
        octets.iter_mut().zip(seed.to_be_bytes()).for_each(|(to, from)| *to = from);
    }
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Writes a message.
pub(super) fn write(
    from: &str,
    to: &str,
    name: &str,
    subject: &str,
    text: &str,
) -> Result<Bytes, Trouble> {
    let date = DateTime::from_unix(clock::wall().seconds(), 0).ok_or(Flaw::Changed)?;
    let id = MessageId::new(&token(), "north.test")?;
    let draft = Draft::new(Mailbox::new(from)?.named(name)?, date, id)
        .to(Mailbox::new(to)?)
        .subject(subject)?
        .text(text)
        .eight_bit();
    Ok(draft.to_bytes().into())
}

/// The same message as it is after so many hops, which have all left their mark (RFC 5321 4.4).
pub(super) fn travelled(message: &[u8], hops: usize) -> Bytes {
    let mut out = Vec::new();
    for hop in (1..=hops).rev() {
        let (from, by) = if hop % 2 == 0 { ("a", "b") } else { ("b", "a") };
        let field = format!(
            "Received: from {from}.loop.test by {by}.loop.test; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
        );
        out.extend_from_slice(field.as_bytes());
    }
    out.extend_from_slice(message);
    out.into()
}

/// A header field as one line, decoded: `Subject: ...`.
pub(super) fn field(message: &[u8], name: &str) -> String {
    let header = Message::new(message).header();
    header.field(name).map_or_else(String::new, |field| format!("{name}: {}", field.text()))
}

/// All header fields of a name, a tab where each was folded, the oldest first: trace fields are put
/// in front.
pub(super) fn fields(message: &[u8], name: &str) -> Vec<String> {
    let header = Message::new(message).header();
    let mut lines: Vec<_> = header.fields_named(name).map(|field| field.text().into()).collect();
    lines.reverse();
    lines
}

/// A field with a line for each of its folds.
pub(super) fn folded(field: &str) -> String {
    field.replace('\t', "\n    ")
}

/// The text of a message as it is to be read.
pub(super) fn text(message: &[u8]) -> String {
    let read = Message::new(message);
    let encoding = read.header().field("Content-Transfer-Encoding");
    let quoted =
        encoding.is_some_and(|field| field.text().eq_ignore_ascii_case("quoted-printable"));
    let body = if quoted { unquoted(read.body()) } else { read.body().to_vec() };
    String::from_utf8_lossy(&body).into_owned()
}

/// > quoted-printable                                                 RFC 2045 6.7
fn unquoted(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet != b'=' {
            out.push(octet);
        } else if let Some(next) = behind.strip_prefix(b"\r\n") {
            rest = next;
        } else if let Some((digits, next)) = behind.split_first_chunk::<2>()
            && let Some(octet) = std::str::from_utf8(digits).ok().and_then(hexadecimal)
        {
            out.push(octet);
            rest = next;
        } else {
            out.push(octet);
        }
    }
    out
}

fn hexadecimal(digits: &str) -> Option<u8> {
    u8::from_str_radix(digits, 16).ok()
}

/// Finds what a notice says about a recipient: the reply of the server that refused.
pub(super) fn reason(notice: &Bounce, recipient: &str) -> Option<Reply> {
    let is_it = |it: &&Recipient| *it.address().as_address() == *recipient.as_bytes();
    notice.report().recipients().iter().find(is_it)?.reply()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_quoted_printable_reads_back() {
        assert_eq!(unquoted(b"a=3Db=\r\nc =E3=81=82=\r\n.\r\n"), "a=bc あ.\r\n".as_bytes());
        assert_eq!(unquoted(b"=zz =1"), b"=zz =1");
    }

    #[test]
    fn ok_reason_of_a_notice() {
        let notice = b"Return-Path: <>\r\n\r\n<b@south.test>: 550 5.1.1 no such mailbox here\r\n";
        let notice = Bounce::read(notice).expect("a bounce");
        let reply = reason(&notice, "b@south.test").expect("there is one");
        assert_eq!(reply.to_string(), "550 5.1.1 no such mailbox here");
        assert_eq!(reason(&notice, "c@south.test"), None);
    }

    #[test]
    fn ok_a_travelled_message_has_as_many_marks() {
        let message = write("a@b.test", "c@d.test", "A", "s", "t\n").expect("written");
        let travelled = travelled(&message, 99);
        assert_eq!(Message::new(&travelled).header().hops(), 99);
        assert!(travelled.ends_with(&message));
    }

    #[test]
    fn ok_tokens_differ() {
        assert_ne!(token(), token());
    }
}
