//! `explain-reply`: what a mail server's answer means, whose turn it is, and what helps.

use std::{
    io::{self, Read as _, Write as _},
    process::ExitCode,
};

use clap::Parser;
use mail_errors::{
    Reply,
    diagnosis::{Checklist, Diagnosis, Language, Symptom},
};
use mail_examples::client::args::{failed, language};
use smtp_proto::{Profile, Read, ReplyReader, limits::ClientLimits};

/// Say what a mail server's reply means: the cause, who has to act, and what helps.
///
/// A line that merely quotes a reply does as well: what stands in front of the code is passed over.
#[derive(Debug, Parser)]
#[command(version, after_help = "Example: explain-reply '550 5.1.1 user unknown'")]
struct Cli {
    /// The reply, as it stands in the bounce or the log; without it standard input is read.
    reply: Vec<String>,
    /// The language: en or ja.
    #[arg(long, value_name = "LANG", default_value = "en", value_parser = language)]
    lang: Language,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let given = if cli.reply.is_empty() { stdin() } else { Ok(cli.reply.join(" ")) };
    let told = given.and_then(|given| {
        let mut out = io::stdout().lock();
        match parse(&given) {
            Some(reply) => writeln!(out, "{}", Diagnosis::of(&reply).explain(cli.lang)),
            None => [Symptom::NotSent, Symptom::NotReceived].into_iter().try_for_each(|symptom| {
                writeln!(out, "{}", Checklist::of(symptom).explain(cli.lang))
            }),
        }
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed("explain-reply", &error, false),
    }
}

/// Reads the reply that stands in a text, its lines as a server sends them or one of them quoted.
fn parse(text: &str) -> Option<Reply> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    whole(lines.clone()).or_else(|| lines.filter_map(quoted).find_map(|line| whole([&*line])))
}

fn whole<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<Reply> {
    let limits = ClientLimits::default();
    let mut reader = ReplyReader::new(Profile::default(), limits.reply_line, limits.reply);
    let wire: String = lines.into_iter().flat_map(|line| [line, "\r\n"]).collect();
    match reader.next(&mut wire.as_bytes().into()) {
        Ok(Read::Reply(reply, _)) => Some(reply),
        Ok(Read::Starved) | Err(_) => None,
    }
}

/// Finds the first word that is the code of a failure, and returns all from there on. The code may
/// stand with the text by a hyphen (`550-5.1.1 ...`), which makes one line look like many.
fn quoted(line: &str) -> Option<String> {
    let words = line.match_indices(|c: char| c.is_ascii_digit());
    words.map(|(at, _)| at).find_map(|at| {
        let (before, rest) = line.split_at_checked(at)?;
        let (code, text) = rest.split_at_checked(3)?;
        let is_code = matches!(code.as_bytes(), [b'4' | b'5', b'0'..=b'5', b'0'..=b'9']);
        let stands_alone = before.chars().next_back().is_none_or(|c| !is_word(c))
            && text.chars().next().is_none_or(|c| !is_word(c));
        let text = text.trim_start_matches(['-', ' ', ':', ',', ';']);
        (is_code && stands_alone).then(|| format!("{code} {text}"))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '.'
}

fn stdin() -> io::Result<String> {
    let mut octets = Vec::new();
    io::stdin().lock().take(LONGEST).read_to_end(&mut octets)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

/// The most octets of standard input that are looked at.
const LONGEST: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_replies_as_people_have_them() {
        for (text, reply) in [
            ("550 5.1.1 user unknown", "550 5.1.1 user unknown"),
            (
                "550-5.1.1 no such user\n550 5.1.1 check the address",
                "550 5.1.1 no such user / check the address",
            ),
            (
                "host mx said: 552 5.2.2 mailbox full (in reply to RCPT)",
                "552 5.2.2 mailbox full (in reply to RCPT)",
            ),
            ("Remote server: '554-5.7.1 rejected'", "554 5.7.1 rejected'"),
            ("status=bounced (421 4.3.2 closing)", "421 4.3.2 closing)"),
            ("Dear user,\r\nsorry. 192.0.2.550 said\r\n<a@b>: 551 not here\r\n", "551 not here"),
        ] {
            assert_eq!(
                parse(text).map(|reply| reply.to_string()).as_deref(),
                Some(reply),
                "{text}"
            );
        }
    }

    #[test]
    fn none_where_nothing_is_a_reply() {
        for text in ["", "it does not work", "since 2024 nothing", "port 5500", "1.550.2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
