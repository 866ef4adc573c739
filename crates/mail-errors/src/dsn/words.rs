//! The part of a notification that people read (RFC 3464 section 1.3, RFC 6522 section 3).

use std::fmt::Write as _;

use crate::diagnosis::Language;
use crate::dsn::{Action, Recipient, Report, Typed};

/// Returns a subject line for a report.
#[must_use]
pub fn subject(report: &Report, language: Language) -> &'static str {
    let worst = worst(report);
    match language {
        Language::English => match worst {
            Action::Failed => "Your message could not be delivered",
            Action::Delayed => "Your message is delayed",
            Action::Delivered => "Your message was delivered",
            Action::Relayed => "Your message was passed on",
            Action::Expanded => "Your message was delivered to a list",
        },
        Language::Japanese => match worst {
            Action::Failed => "メールを配信できませんでした",
            Action::Delayed => "メールの配信が遅れています",
            Action::Delivered => "メールを配信しました",
            Action::Relayed => "メールを次のサーバーに転送しました",
            Action::Expanded => "メールをメーリングリストに配信しました",
        },
    }
}

/// Writes the text for people: what became of each recipient, in what words the server said so, and
/// what `why` knows of it: cause and remedy, in the same language.
#[must_use]
pub fn explain(
    report: &Report,
    language: Language,
    mut why: impl FnMut(&Recipient) -> String,
) -> String {
    let words = Words::of(language);
    let mut text = String::new();
    if let Some(host) = &report.reporting_mta {
        let _ = writeln!(text, "{}\n", words.greeting.replace("{}", &clean(host)));
    }
    for action in Action::ALL {
        let mut those = report.recipients.iter().filter(|it| it.action == action).peekable();
        if those.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "{}", words.of_action(action));
        for recipient in those {
            let _ = write!(text, "\n<{}>", address(&recipient.address));
            let original = recipient.original.as_ref().map(address);
            if let Some(original) = original.filter(|it| *it != address(&recipient.address)) {
                let _ = write!(text, " {}", words.original.replace("{}", &original));
            }
            text.push('\n');
            indent(&mut text, &why(recipient));
            if let Some(diagnostic) = &recipient.diagnostic {
                let said = match &recipient.remote_mta {
                    Some(host) => words.said_by.replace("{}", &clean(host)),
                    None => words.said.to_owned(),
                };
                let _ = writeln!(text, "  {said}\n    {}", clean(diagnostic));
            }
            if let Some(until) = recipient.retry_until {
                let _ = writeln!(text, "  {}", words.until.replace("{}", &until.to_string()));
            }
        }
        text.push('\n');
    }
    text.push_str(words.rest);
    text.push('\n');
    text
}

/// What concerns the sender most.
fn worst(report: &Report) -> Action {
    let has = |action: &Action| report.recipients.iter().any(|it| it.action == *action);
    Action::ALL.into_iter().find(has).unwrap_or(Action::Failed)
}

struct Words {
    greeting: &'static str,
    original: &'static str,
    said: &'static str,
    said_by: &'static str,
    until: &'static str,
    rest: &'static str,
    /// In the order of [`Action::ALL`].
    actions: [&'static str; 5],
}

impl Words {
    const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Japanese => &JAPANESE,
        }
    }

    const fn of_action(&self, action: Action) -> &'static str {
        let [failed, delayed, delivered, relayed, expanded] = self.actions;
        match action {
            Action::Failed => failed,
            Action::Delayed => delayed,
            Action::Delivered => delivered,
            Action::Relayed => relayed,
            Action::Expanded => expanded,
        }
    }
}

const ENGLISH: Words = Words {
    greeting: "This is the mail system at {}.",
    original: "(you wrote to <{}>)",
    said: "What the mail system says:",
    said_by: "What the server {} says:",
    until: "It will be tried until {}.",
    rest: "The same for programs, and your message or its header, are attached.",
    actions: [
        "Your message could not be delivered to these recipients, and will not be tried again:",
        "Your message could not be delivered to these recipients yet. It will be tried again; you \
         need not send it again:",
        "Your message was delivered to these recipients:",
        "Your message was passed on for these recipients to a server that may not tell you what \
         becomes of it:",
        "Your message was delivered to these lists, which send it on to their members:",
    ],
};

const JAPANESE: Words = Words {
    greeting: "{} のメールシステムからのお知らせです。",
    original: "(宛先として書かれたアドレス: <{}>)",
    said: "メールシステムの応答:",
    said_by: "サーバー {} の応答:",
    until: "{} まで再送を試みます。",
    rest: "プログラム用の同じ内容と、元のメールまたはそのヘッダーを添付しています。",
    actions: [
        "次の宛先にメールを配信できませんでした。再送は行いません。",
        "次の宛先にまだメールを配信できていません。自動的に再送しますので、送り直す必要はありません。",
        "次の宛先にメールを配信しました。",
        "次の宛先のメールを、その後の結果を通知しないことがあるサーバーに転送しました。",
        "次のメーリングリストにメールを配信しました。メンバーにはリストから送られます。",
    ],
};

fn address(typed: &Typed) -> String {
    let address = typed.as_address();
    String::from_utf8_lossy(&address).chars().filter(|c| !c.is_control()).collect()
}

fn clean(typed: &Typed) -> String {
    typed.text_lossy().chars().filter(|c| !c.is_control()).collect()
}

fn indent(text: &mut String, lines: &str) {
    for line in lines.lines() {
        match line {
            "" => text.push('\n'),
            line => {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
}
