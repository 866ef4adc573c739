//! The mirror of [`parse`](crate::parse): commands and replies as they stand on the wire.
//!
//! Every value has been parsed or checked, so each line that is written has its one CRLF at its
//! end.

use std::fmt::{self, Write};

use mail_errors::Reply;
use mail_wire::{Sink, grammar::cut};

use crate::{Command, Domain, Mailbox, Verb, limits};

/// Appends a command with its CRLF.
pub fn command<T: AsRef<[u8]>>(command: &Command<T>, out: &mut impl Sink) {
    // With LAST these have a verb of their own, but not on the wire.
    let verb = if let Command::Bdat(_) = command {
        Verb::Bdat
    } else if let Command::Burl(_) = command {
        Verb::Burl
    } else {
        command.verb()
    };
    out.put(verb.as_str().as_bytes());
    match command {
        Command::Ehlo(name) | Command::Helo(name) | Command::Lhlo(name) => {
            word(name.as_str().as_bytes(), out);
        }
        Command::Auth(arguments) => {
            word(arguments.mechanism(), out);
            if let Some(initial) = arguments.initial() {
                word(initial, out);
            }
        }
        Command::Mail { from, params } => {
            out.put(b" FROM:<");
            path(from.mailbox(), b"", params.as_wire(), out);
        }
        Command::Rcpt { to, params } => {
            out.put(b" TO:<");
            path(to.mailbox(), b"Postmaster", params.as_wire(), out);
        }
        Command::Bdat(chunk) => {
            out.put(b" ");
            out.put_number(chunk.octets());
            end_marker(chunk.is_last(), out);
        }
        Command::Burl(burl) => {
            word(burl.url().as_bytes(), out);
            end_marker(burl.is_last(), out);
        }
        Command::Noop(None) | Command::Help(None) => {}
        Command::Noop(Some(text)) | Command::Help(Some(text)) => {
            word(text.as_str().as_bytes(), out);
        }
        Command::Vrfy(lookup) | Command::Expn(lookup) => word(lookup.as_wire(), out),
        Command::Etrn(turn) => word(turn.as_wire().as_bytes(), out),
        Command::Xclient(all) | Command::Xforward(all) => word(all.as_wire(), out),
        Command::StartTls | Command::Data | Command::Rset | Command::Quit => {}
    }
    out.put(b"\r\n");
}

/// Appends a reply, each line with its CRLF and with the enhanced code if the reply has one (RFC
/// 2034 4). A text that would make a line longer than [`limits::REPLY_LINE`] goes on in the next.
pub fn reply(reply: &Reply, out: &mut impl Sink) {
    let digits = reply.code().digits();
    let enhanced = reply.enhanced().map(|code| format!("{code} ")).unwrap_or_default();
    let room = limits::REPLY_LINE - digits.len() - 1 - enhanced.len() - 2;
    let mut lines = reply.lines().peekable();
    while let Some(mut line) = lines.next() {
        loop {
            let (head, rest) = wrap(line, room);
            out.put(&digits);
            let is_last = rest.is_empty() && lines.peek().is_none();
            out.put(if is_last { b" " } else { b"-" });
            out.put(enhanced.as_bytes());
            out.put(head);
            out.put(b"\r\n");
            if rest.is_empty() {
                break;
            }
            line = rest;
        }
    }
}

/// Parts a text that is too long behind its last blank that fits, or in front of a character.
fn wrap(text: &[u8], room: usize) -> (&[u8], &[u8]) {
    if text.len() <= room {
        return (text, &[]);
    }
    let (fits, _) = cut(text, room);
    if let Some(blank) = fits.iter().rposition(|&octet| octet == b' ').filter(|at| *at > 0) {
        let (head, rest) = cut(text, blank);
        return (head, rest.strip_prefix(b" ").unwrap_or(rest));
    }
    let continues = |at: usize| text.get(at).is_some_and(|octet| octet & 0xc0 == 0x80);
    let at = (room.saturating_sub(3)..=room).rev().find(|at| !continues(*at)).unwrap_or(room);
    cut(text, at)
}

fn word(word: &[u8], out: &mut impl Sink) {
    out.put(b" ");
    out.put(word);
}

fn end_marker(is_last: bool, out: &mut impl Sink) {
    if is_last {
        out.put(b" LAST");
    }
}

/// What stands behind the opening bracket.
fn path<T: AsRef<[u8]>>(
    mailbox: Option<&Mailbox<T>>,
    otherwise: &[u8],
    params: &[u8],
    out: &mut impl Sink,
) {
    match mailbox {
        None => out.put(otherwise),
        Some(mailbox) => {
            out.put(mailbox.local().as_wire());
            out.put(b"@");
            if let Domain::Name(name) = mailbox.domain() {
                out.put(name.as_str().as_bytes());
            } else {
                // A sink takes everything.
                let _ = write!(Writer(out), "{}", mailbox.domain());
            }
        }
    }
    out.put(b">");
    if !params.is_empty() {
        word(params, out);
    }
}

struct Writer<'s, S>(&'s mut S);

impl<S: Sink> Write for Writer<'_, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.put(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mail_errors::{EnhancedStatusCode, ReplyCode};

    use super::*;

    fn encoded(what: &Reply) -> String {
        let mut out = Vec::new();
        reply(what, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ok_enhanced_code_stands_on_each_line() {
        let gone = EnhancedStatusCode::BAD_MAILBOX;
        let reply = Reply::multiline(ReplyCode::MAILBOX_UNAVAILABLE, gone, ["no", "", "x"]);
        assert_eq!(encoded(&reply.unwrap()), "550-5.1.1 no\r\n550-5.1.1 \r\n550 5.1.1 x\r\n");
    }

    #[test]
    fn ok_long_text_goes_on_in_the_next_line() {
        for text in ["word ".repeat(400), "x".repeat(2000), "\u{3042}".repeat(700)] {
            let reply = Reply::new(ReplyCode::OK, EnhancedStatusCode::OK, &text).unwrap();
            let wire = encoded(&reply);
            assert!(wire.lines().count() >= 4);
            for line in wire.split_inclusive("\r\n") {
                assert!(line.len() <= limits::REPLY_LINE && line.len() > 20, "{}", line.len());
            }
            let back: String = wire.lines().map(|line| &line[10..]).collect();
            assert_eq!(back.replace(' ', ""), text.replace(' ', ""));
        }
    }
}
