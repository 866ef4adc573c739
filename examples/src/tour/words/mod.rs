//! What the tour says, in each language.

mod en;
mod ja;

use std::time::Duration;

use mail_errors::diagnosis::Language;

use super::{Flaw, Step, Trouble};

/// Everything that is said in one language. Lines are at most 76 columns wide.
pub(super) trait Phrasebook: Sync {
    /// The heading.
    fn title(&self) -> &'static str;
    /// What there is to see, and who is who.
    fn introduction(&self) -> &'static str;
    /// Where both towns take mail from other hosts.
    fn relay_port(&self, port: u16) -> String;
    /// The heading of what somebody types into a mail program.
    fn settings(&self, who: &str) -> String;
    /// What happens before the first step.
    fn waiting(&self) -> &'static str;
    /// The title of a step, and what happens in it.
    fn step(&self, step: Step) -> (&'static str, &'static str);
    /// The heading of the messages that come back.
    fn refusals(&self) -> &'static str;
    /// The words in front of a fact, with punctuation and spaces.
    fn label(&self, label: Label) -> &'static str;
    /// What Alice writes.
    fn letter(&self) -> &'static str;
    /// The last words.
    fn farewell(&self, steps: usize, token: &str, time: Duration) -> String;
    /// The step that failed, or that it could not even begin; and why. One line.
    fn failed(&self, step: Option<Step>, why: &str) -> String;
    /// Why a step failed; no sentence.
    fn trouble(&self, trouble: &Trouble) -> String;
    /// What is not as it should be; no sentence.
    fn flaw(&self, flaw: Flaw) -> &'static str;
}

/// What is told of something that was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Server,
    Encryption,
    Login,
    OnTheWire,
    Answer,
    QueuedFor,
    For,
    Question,
    DnsAnswer,
    Mailbox,
    Octets,
    News,
    Left,
    Notice,
    About,
}

pub(super) fn of(language: Language) -> &'static dyn Phrasebook {
    match language {
        Language::Japanese => &ja::Japanese,
        // A language that came later is told in English until its words are here.
        Language::English | _ => &en::English,
    }
}

/// Seconds to one place.
fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many columns a terminal takes for a text.
    fn columns(text: &str) -> usize {
        text.chars().map(|letter| if letter < '\u{1100}' { 1 } else { 2 }).sum()
    }

    #[test]
    fn ok_lines_fit_a_terminal_and_each_step_has_its_own_words() {
        for &language in Language::ALL {
            let book = of(language);
            let mut titles = Vec::new();
            for step in Step::ALL {
                let (title, why) = book.step(step);
                assert!(columns(title) <= 72 && !titles.contains(&title), "{title}");
                titles.push(title);
                for line in why.lines() {
                    assert!(columns(line) <= 76 && line.trim() == line, "{line}");
                }
            }
            let all = [book.introduction(), book.waiting(), book.letter(), &book.relay_port(65535)]
                .join("\n");
            for line in all.lines() {
                assert!(columns(line) <= 76, "{line}");
            }
        }
    }

    #[test]
    fn ok_japanese_is_japanese() {
        let book = of(Language::Japanese);
        for step in Step::ALL {
            let (title, why) = book.step(step);
            assert!([title, why].iter().all(|text| !text.is_ascii()), "{title}");
        }
    }
}
