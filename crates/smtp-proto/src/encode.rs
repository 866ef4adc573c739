//! The mirror of [`parse`](crate::parse): commands and replies as they stand on the wire.
//!
//! Every value has been parsed or checked, so each line that is written has its one CRLF at its
//! end.

use std::fmt::{self, Write};

use mail_errors::Reply;
use mail_wire::{Sink, grammar::cut};

use crate::{Command, Params, Text, limits};

/// Appends a command with its CRLF.
pub fn command<T: AsRef<[u8]>>(command: &Command<T>, out: &mut impl Sink) {
    out.put(command.verb().as_str().as_bytes());
    match command {
        Command::Ehlo(name) | Command::Helo(name) => word(name.as_str().as_bytes(), out),
        Command::Auth(arguments) => {
            word(arguments.mechanism(), out);
            if let Some(initial) = arguments.initial() {
                word(initial, out);
            }
        }
        Command::Mail { from, params } => with_path(" FROM:", from, params, out),
        Command::Rcpt { to, params } => with_path(" TO:", to, params, out),
        Command::Noop(None) | Command::Help(None) => {}
        Command::Noop(Some(text)) | Command::Help(Some(text)) => argument(text, out),
        Command::Vrfy(text) | Command::Expn(text) => argument(text, out),
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

fn argument<T: AsRef<[u8]>>(text: &Text<T>, out: &mut impl Sink) {
    word(text.as_str().as_bytes(), out);
}

fn with_path<T: AsRef<[u8]>>(
    keyword: &str,
    path: &impl fmt::Display,
    params: &Params<T>,
    out: &mut impl Sink,
) {
    let mut writer = Writer(out);
    // A sink takes everything.
    let _ = write!(writer, "{keyword}{path}");
    if !params.is_empty() {
        word(params.as_wire(), out);
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
