//! `explain-reply dsn`: what a bounce message says, for people and for programs.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
};

use mail_errors::{
    diagnosis::{Diagnosis, Language},
    dsn::{Bounce, Extension, ReadLimits, Recipient, Typed},
};
use mail_message::DateTime;
use serde::Serialize;

use super::Told;

/// Explains the bounces in files, `-` for standard input. Returns whether all of them were bounces.
pub(super) fn explain(
    files: &[PathBuf],
    as_json: bool,
    language: Language,
    out: &mut impl Write,
) -> io::Result<bool> {
    let mut all = true;
    for (nth, path) in files.iter().enumerate() {
        let shown = path.to_string_lossy();
        let raw = read(path).map_err(|e| io::Error::new(e.kind(), format!("{shown}: {e}")))?;
        let bounce = Bounce::read(&raw);
        all &= bounce.is_ok();
        if as_json {
            let told = match &bounce {
                Ok(bounce) => Answer::of(&shown, bounce, language),
                Err(error) => Answer { error: Some(error.to_string()), ..Answer::new(&shown) },
            };
            serde_json::to_writer(&mut *out, &told)?;
            writeln!(out)?;
            continue;
        }
        if nth > 0 {
            writeln!(out)?;
        }
        match &bounce {
            Ok(bounce) => person(&shown, bounce, language, out)?,
            Err(error) => writeln!(out, "{}: {error}", clean(&shown))?,
        }
    }
    Ok(all)
}

/// Reads no more than what is looked at, whatever the file is.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    // One more, so that it shows that there is more.
    let most = ReadLimits::default().octets as u64 + 1;
    let mut octets = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut octets)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut octets)?;
    }
    Ok(octets)
}

fn person(file: &str, bounce: &Bounce, lang: Language, out: &mut impl Write) -> io::Result<()> {
    let report = bounce.report();
    write!(out, "{}: {}", clean(file), bounce.form().as_str())?;
    if let Some(host) = report.reporting_mta() {
        write!(out, " of {}", clean(&host.text_lossy()))?;
    }
    if let Some(arrival) = report.arrival() {
        write!(out, ", for a message of {arrival}")?;
    }
    writeln!(out)?;
    if let Some(subject) = bounce.original_subject() {
        writeln!(out, "Subject: {}", clean(subject))?;
    }
    if let Some(id) = bounce.original_message_id() {
        writeln!(out, "Message-ID: <{}>", clean(&String::from_utf8_lossy(id)))?;
    }
    for recipient in report.recipients() {
        write!(out, "\n<{}>: {}", address(recipient.address()), recipient.action())?;
        if let Some(original) = recipient.original() {
            write!(out, " (sent to <{}>)", address(original))?;
        }
        writeln!(out)?;
        if let Some(host) = recipient.remote_mta() {
            write!(out, "{} says: ", clean(&host.text_lossy()))?;
        }
        if let Some(words) = recipient.diagnostic() {
            writeln!(out, "{}", clean(&words.text_lossy()))?;
        } else if let Some(status) = recipient.status() {
            writeln!(out, "{status}")?;
        }
        if let Some(until) = recipient.retry_until() {
            writeln!(out, "Will be tried until {until}")?;
        }
        if let Some(failure) = recipient.failure() {
            writeln!(out, "{}", Diagnosis::from(failure.classify()).explain(lang))?;
        }
    }
    if bounce.is_cut() {
        writeln!(out, "\nThere are more recipients than are shown.")?;
    }
    Ok(())
}

/// A bounce as programs read it: one object for each file.
#[derive(Debug, Default, Serialize)]
struct Answer {
    file: String,
    /// Why it is no bounce.
    error: Option<String>,
    form: Option<&'static str>,
    reporting_mta: Option<String>,
    arrival_date: Option<String>,
    envelope_id: Option<String>,
    original_message_id: Option<String>,
    original_subject: Option<String>,
    /// There are more recipients than are shown.
    truncated: bool,
    /// The fields of the message that RFC 3464 does not have.
    extensions: Vec<Other>,
    recipients: Vec<One>,
}

/// A field that RFC 3464 does not have.
#[derive(Debug, Serialize)]
struct Other {
    name: String,
    value: String,
}

/// What became of a recipient, with what is known of a failure.
#[derive(Debug, Serialize)]
struct One {
    recipient: String,
    original_recipient: Option<String>,
    action: &'static str,
    status: Option<String>,
    remote_mta: Option<String>,
    diagnostic_type: Option<String>,
    diagnostic: Option<String>,
    last_attempt: Option<String>,
    will_retry_until: Option<String>,
    extensions: Vec<Other>,
    #[serde(flatten)]
    told: Option<Told>,
}

impl Answer {
    fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    fn of(file: &str, bounce: &Bounce, language: Language) -> Self {
        let report = bounce.report();
        let id = bounce.original_message_id().map(String::from_utf8_lossy);
        Self {
            form: Some(bounce.form().as_str()),
            reporting_mta: report.reporting_mta().map(text),
            arrival_date: report.arrival().map(date),
            envelope_id: report.original_envelope_id().map(str::to_owned),
            original_message_id: id.map(Cow::into_owned),
            original_subject: bounce.original_subject().map(str::to_owned),
            truncated: bounce.is_cut(),
            extensions: others(report.extensions()),
            recipients: report.recipients().iter().map(|it| One::of(it, language)).collect(),
            ..Self::new(file)
        }
    }
}

impl One {
    fn of(it: &Recipient, language: Language) -> Self {
        Self {
            recipient: address(it.address()),
            original_recipient: it.original().map(address),
            action: it.action().as_str(),
            status: it.status().map(|status| status.to_string()),
            remote_mta: it.remote_mta().map(text),
            diagnostic_type: it.diagnostic().map(|words| words.kind().to_ascii_lowercase()),
            diagnostic: it.diagnostic().map(text),
            last_attempt: it.last_attempt().map(date),
            will_retry_until: it.retry_until().map(date),
            extensions: others(it.extensions()),
            told: it.failure().map(|failure| Told::of(failure.classify(), language)),
        }
    }
}

fn others(fields: &[Extension]) -> Vec<Other> {
    let other =
        |it: &Extension| Other { name: it.name().to_owned(), value: it.value_lossy().into_owned() };
    fields.iter().map(other).collect()
}

fn address(typed: &Typed) -> String {
    clean(&String::from_utf8_lossy(&typed.as_address()))
}

fn text(typed: &Typed) -> String {
    typed.text_lossy().into_owned()
}

fn date(moment: DateTime) -> String {
    moment.to_string()
}

/// Leaves out what would make a terminal do something.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNCE: &str = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
        --b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\
        X-Queue-ID: 4BCD\n\nFinal-Recipient: rfc822; a@b.test\nOriginal-Recipient: rfc822; c@d.test\nAction: failed\n\
        Status: 5.2.2\nRemote-MTA: dns; mx.b.test\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n\n\
        Final-Recipient: rfc822; e@f.test\nAction: delivered\nStatus: 2.0.0\n\n\
        --b\nContent-Type: text/rfc822-headers\n\nSubject: hello\x1b[31m\nMessage-ID: <1@x.test>\n\
        --b--\n";

    /// Explains what a file holds.
    fn told(name: &str, octets: &[u8], as_json: bool) -> (bool, String) {
        let path = std::env::temp_dir().join(format!("explain-{}-{name}", std::process::id()));
        std::fs::write(&path, octets).unwrap();
        let mut out = Vec::new();
        let all = explain(std::slice::from_ref(&path), as_json, Language::English, &mut out);
        std::fs::remove_file(path).unwrap();
        (all.unwrap(), String::from_utf8(out).unwrap())
    }

    #[test]
    fn ok_for_people() {
        let (all, text) = told("people", BOUNCE.as_bytes(), false);
        assert!(all);
        for words in [
            ": report of mx.test\nSubject: hello [31m\nMessage-ID: <1@x.test>\n",
            "\n<a@b.test>: failed (sent to <c@d.test>)\nmx.b.test says: 552 5.2.2 mailbox full\n",
            "\n<e@f.test>: delivered\n2.0.0\n",
        ] {
            assert!(text.contains(words), "{words:?} is not in {text}");
        }
    }

    #[test]
    fn ok_for_programs_and_err_what_is_no_bounce() {
        let (all, text) = told("programs", BOUNCE.as_bytes(), true);
        assert!(all);
        assert_eq!(text.lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["form"], "report");
        assert_eq!(value["original_message_id"], "1@x.test");
        assert_eq!(value["extensions"][0]["name"], "X-Queue-ID");
        assert_eq!(value["extensions"][0]["value"], "4BCD");
        let [first, second] = &value["recipients"].as_array().unwrap()[..] else { panic!("two") };
        assert_eq!(first["recipient"], "a@b.test");
        assert_eq!(first["reason"], "mailbox_full");
        assert_eq!(first["code"], 552);
        assert_eq!(second["action"], "delivered");
        assert_eq!(second.get("reason"), None);

        let (all, text) = told("other", b"Subject: hello\n\nhello\n", true);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(!all && value["recipients"].as_array().unwrap().is_empty());
        assert_eq!(value["error"], "it does not tell what became of another message");
    }
}
