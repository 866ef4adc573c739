//! `explain-reply`: what a mail server's answer means, whose turn it is, and what helps.

#[path = "explain-reply/dsn.rs"]
mod dsn;

use std::{
    io::{self, BufRead, IsTerminal as _, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};
use mail_errors::{
    classify::{Classification, Evidence, Failure, Reason, Retry},
    diagnosis::{Checklist, Diagnosis, Language, Symptom},
};
use mail_examples::client::args::{failed, language};
use serde::Serialize;

/// Say what a mail server's reply means: the cause, who has to act, and what helps.
///
/// A line that merely quotes a reply does as well: what stands in front of the code is passed over.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  explain-reply '550 5.1.1 user unknown'\n  \
                  explain-reply --lang ja --json < /var/log/mail.log\n  explain-reply dsn bounce.eml"
)]
struct Cli {
    /// The reply, as it stands in the bounce or the log; without it standard input is read, one
    /// reply or line of a log a line.
    reply: Vec<String>,
    /// The language: en or ja.
    #[arg(long, global = true, value_name = "LANG", default_value = "en", value_parser = language)]
    lang: Language,
    /// Write a JSON object for each line, in their order, also for those that are no reply; or for
    /// each bounce.
    #[arg(long, global = true)]
    json: bool,
    /// Colours: when standard output is a terminal, always, or never.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what a bounce message tells: what became of each recipient, why, and what helps.
    ///
    /// Reads delivery status notifications (RFC 3464), and the texts of mail systems that write
    /// none. The exit code is 1 if a file is no bounce.
    Dsn {
        /// The message, headers and all; - for standard input.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let told = match &cli.command {
        Some(Command::Dsn { files }) => dsn::explain(files, cli.json, cli.lang, &mut out),
        None if cli.reply.is_empty() => all(&cli, &mut io::stdin().lock(), &mut out).map(|()| true),
        None => one(&cli, cli.reply.join(" ").as_bytes(), &mut out).map(|()| true),
    };
    match told.and_then(|told| out.flush().map(|()| told)) {
        // Whoever reads has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed("explain-reply", &error, false),
    }
}

/// Explains the one reply of the command line, which may have several lines.
fn one(cli: &Cli, text: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut text = text.to_vec();
    unescape(&mut text);
    let text = &text[..];
    let lines = || text.split(|&octet| octet == b'\n');
    let failure = Failure::read(text).or_else(|| lines().find_map(Failure::find));
    if cli.json {
        return json(failure, cli.lang, out);
    }
    match failure {
        Some(failure) => person(cli, failure, out),
        None => helpless(cli.lang, out),
    }
}

/// Explains every line. What is no reply is passed over when a person reads along.
fn all(cli: &Cli, input: &mut impl BufRead, out: &mut impl Write) -> io::Result<()> {
    let (mut line, mut told) = (Vec::new(), false);
    while read_line(input, &mut line)? {
        unescape(&mut line);
        let failure = Failure::find(&line);
        if cli.json {
            json(failure, cli.lang, out)?;
        } else if let Some(failure) = failure {
            if told {
                writeln!(out)?;
            }
            person(cli, failure, out)?;
            told = true;
        }
    }
    if told || cli.json { Ok(()) } else { helpless(cli.lang, out) }
}

/// Reads a line without its end, of which what is over the limit is dropped. `false` at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|&octet| octet == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        let room = LONGEST.saturating_sub(line.len());
        line.extend_from_slice(part.get(..room).unwrap_or(part));
        let taken = end.map_or(buffer.len(), |end| end + 1);
        input.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Makes line ends of `\r` and `\n` in words, as logs and JSON have them within a reply of several
/// lines. Nothing else moves.
fn unescape(line: &mut [u8]) {
    let mut at = 0;
    while let Some(pair) = line.get_mut(at..at + 2) {
        match pair {
            [b'\\', b'n'] => pair.copy_from_slice(b" \n"),
            [b'\\', b'r'] => pair.copy_from_slice(b"  "),
            _ => {}
        }
        at += 1;
    }
}

/// The most octets of a line that are kept.
const LONGEST: usize = 64 * 1024;

fn person(cli: &Cli, failure: Failure<'_>, out: &mut impl Write) -> io::Result<()> {
    let paint = match cli.color {
        Colour::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        Colour::Always => true,
        Colour::Never => false,
    };
    let diagnosis = Diagnosis::from(failure.classify());
    let text = diagnosis.explain(cli.lang).to_string();
    if !paint {
        return writeln!(out, "{text}");
    }
    let told = diagnosis.classification();
    for (at, line) in text.lines().enumerate() {
        let style = match () {
            () if at == 0 => colour(told),
            () if line.starts_with("  ") => "0",
            () => "1",
        };
        writeln!(out, "\x1b[{style}m{line}\x1b[0m")?;
    }
    Ok(())
}

/// Red for what is dead, green for what comes by itself, yellow for what somebody has to mend.
fn colour(told: &Classification<'_>) -> &'static str {
    match told.retry() {
        Retry::Never => "1;31",
        Retry::Later => "1;32",
        Retry::AnotherRoute | Retry::AfterChange => "1;33",
    }
}

/// What to check when nothing is a reply.
fn helpless(lang: Language, out: &mut impl Write) -> io::Result<()> {
    [Symptom::NotSent, Symptom::NotReceived]
        .into_iter()
        .try_for_each(|symptom| writeln!(out, "{}", Checklist::of(symptom).explain(lang)))
}

/// A classification as programs read it.
#[derive(Debug, Serialize)]
struct Told {
    code: Option<u16>,
    enhanced: Option<String>,
    reason: &'static str,
    scope: &'static str,
    retry: &'static str,
    suppress: bool,
    permanent: bool,
    confidence: f64,
    blocklist: Option<Listed>,
    evidence: Option<Shown>,
    contradiction: bool,
    cause: &'static str,
    remedy: String,
    operator_remedy: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    url: Option<String>,
}

#[derive(Debug, Serialize)]
struct Shown {
    /// words, code, enhanced_code or outcome
    by: &'static str,
    text: String,
    start: usize,
    end: usize,
    rule: &'static str,
}

fn json(failure: Option<Failure<'_>>, lang: Language, out: &mut impl Write) -> io::Result<()> {
    let told = match &failure {
        Some(failure) => Told::of(failure.classify(), lang),
        None => Told::unread(lang),
    };
    serde_json::to_writer(&mut *out, &told)?;
    writeln!(out)
}

impl Told {
    fn of(told: Classification<'_>, lang: Language) -> Self {
        let diagnosis = Diagnosis::from(told);
        let told = diagnosis.classification();
        Self {
            code: told.code().map(|code| code.get()),
            enhanced: told.enhanced().map(|enhanced| enhanced.to_string()),
            reason: told.reason().name(),
            scope: told.scope().name(),
            retry: told.retry().name(),
            suppress: told.suppress(),
            permanent: told.is_permanent(),
            confidence: f64::from(told.confidence().percent()) / 100.0,
            blocklist: told.blocklist().map(|list| Listed {
                name: list.name().to_owned(),
                url: list.url().map(str::to_owned),
            }),
            evidence: shown(told),
            contradiction: told.contradicts(),
            cause: diagnosis.cause(lang),
            remedy: diagnosis.remedy(lang).to_string(),
            operator_remedy: diagnosis.operator_remedy(lang).to_string(),
        }
    }

    /// A line that is no reply, of which nothing is known.
    fn unread(lang: Language) -> Self {
        Self {
            code: None,
            enhanced: None,
            reason: Reason::Unknown.name(),
            scope: Reason::Unknown.scope().name(),
            retry: Reason::Unknown.retry().name(),
            suppress: false,
            permanent: false,
            confidence: 0.0,
            blocklist: None,
            evidence: None,
            contradiction: false,
            cause: Reason::Unknown.cause(lang),
            remedy: Reason::Unknown.remedy(lang).to_string(),
            operator_remedy: Reason::Unknown.operator_remedy(lang).to_string(),
        }
    }
}

fn shown(told: &Classification<'_>) -> Option<Shown> {
    let by = told.evidence().name();
    match told.evidence() {
        Evidence::Nothing => None,
        Evidence::Words { span, rule } => {
            let text = String::from_utf8_lossy(told.words()).into_owned();
            Some(Shown { by, text, start: span.start, end: span.end, rule })
        }
        Evidence::Code | Evidence::EnhancedCode | Evidence::Outcome => {
            Some(Shown { by, text: String::new(), start: 0, end: 0, rule: by })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str], input: &str) -> String {
        let cli = Cli::parse_from([&["explain-reply"], args].concat());
        let mut out = Vec::new();
        match cli.reply.is_empty() {
            true => all(&cli, &mut input.as_bytes(), &mut out),
            false => one(&cli, cli.reply.join(" ").as_bytes(), &mut out),
        }
        .expect("a vector takes all");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn ok_json_is_one_object_a_line_in_their_order() {
        let long = "x".repeat(LONGEST * 2);
        let input = format!("550 5.1.1 user unknown\n\nnonsense\r\n\u{0}\u{1}\n{long}\n421 busy");
        let told = run(&["--json"], &input);
        let reasons: Vec<_> = told
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an object"))
            .map(|told| told["reason"].as_str().expect("a string").to_owned())
            .collect();
        assert_eq!(
            reasons,
            ["mailbox_unknown", "unknown", "unknown", "unknown", "unknown", "system_error"]
        );
    }

    #[test]
    fn ok_json_has_every_field() {
        let told = run(&["--json", "554 5.7.1 [192.0.2.1] blocked using zen.spamhaus.org"], "");
        let told: serde_json::Value = serde_json::from_str(&told).expect("an object");
        assert_eq!(told["code"], 554);
        assert_eq!(told["enhanced"], "5.7.1");
        assert_eq!(told["reason"], "ip_blocklisted");
        assert_eq!(told["scope"], "client_address");
        assert_eq!(told["retry"], "another_route");
        assert_eq!(told["suppress"], false);
        assert_eq!(told["permanent"], true);
        assert_eq!(told["blocklist"]["name"], "Spamhaus");
        assert!(told["confidence"].as_f64().is_some_and(|sure| (0.5..=1.0).contains(&sure)));
        for field in ["cause", "remedy"] {
            assert!(told[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
        }
        assert!(told["evidence"]["text"].as_str().is_some_and(|text| text.contains("blocked")));
    }

    #[test]
    fn ok_a_log_is_told_to_a_person_in_the_language_asked_for() {
        let log = "Nov 1 mx postfix/qmgr[1]: 4B: removed\n\
                   Nov 1 mx postfix/smtp[2]: 4B: to=<a@b>, dsn=5.1.1, status=bounced (host mx said: \
                   550 5.1.1 no such user (in reply to RCPT TO command))\n";
        let told = run(&["--lang", "ja"], log);
        assert!(told.contains("原因：") && told.contains("存在しません"), "{told}");
        assert_eq!(told.matches("550").count(), 1);
        let told = run(&["--lang", "en", "--color", "always"], log);
        assert!(told.starts_with("\u{1b}[1;31m550"), "{told}");
        assert!(run(&[], "nothing here\n").contains("If mail does not go out"));
    }

    #[test]
    fn ok_reply_of_several_lines_as_an_argument() {
        let told = run(&["550-5.1.1 no such user\n550 5.1.1 check the address"], "");
        assert!(told.starts_with("550: "), "{told}");
        // As logs have them.
        for told in [
            run(&[r"550-mailbox\r\n550-full\r\n550 up"], ""),
            run(&[], r#"{"reply":"550-mailbox\n550 full"}"#),
        ] {
            assert!(told.starts_with("550: ") && told.contains("full"), "{told}");
        }
        assert!(run(&["host", "mx", "said:", "552", "mailbox", "full"], "").starts_with("552: "));
    }
}
