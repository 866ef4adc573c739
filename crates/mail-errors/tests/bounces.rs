//! Replies seen in the wild against the classifier, with figures. The sample is read from the data
//! folder of `MAIL_SUITES`; where its labels are wrong `tests/data/labels.txt` says so and why.
//!
//! `cargo test -p mail-errors --features classify --test bounces -- --nocapture` prints the tables.

#![cfg(feature = "classify")]
#![allow(clippy::print_stdout, reason = "the figures are what this file is for")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use mail_errors::classify::{Failure, Reason, Scope};
use mail_errors::diagnosis::{Diagnosis, Language};

struct Bounce {
    source: String,
    reply: String,
    reason: Reason,
    hard: bool,
}

/// What was said of a sample, and how much of it is right.
#[derive(Default)]
struct Figures {
    all: usize,
    right: usize,
    unknown: usize,
    fine: usize,
    false_hard: usize,
    missed_hard: usize,
    confused: BTreeMap<(Reason, Reason), usize>,
}

impl Figures {
    fn count(&mut self, bounce: &Bounce, reason: Reason, suppress: bool) {
        self.all += 1;
        let same = reason.scope() == bounce.reason.scope();
        self.right += usize::from(same);
        self.unknown += usize::from(!same && reason == Reason::Unknown);
        self.fine += usize::from(reason == bounce.reason);
        self.false_hard += usize::from(suppress && !bounce.hard);
        self.missed_hard += usize::from(!suppress && bounce.hard);
        if reason != bounce.reason {
            *self.confused.entry((bounce.reason, reason)).or_default() += 1;
        }
    }

    fn share(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.all.max(1) as f64
    }

    fn wrong(&self) -> usize {
        self.all - self.right - self.unknown
    }

    fn print(&self, name: &str) {
        println!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} |",
            self.all,
            self.share(self.right),
            self.share(self.wrong()),
            self.share(self.unknown),
            self.share(self.fine),
            self.share(self.false_hard),
            self.share(self.missed_hard),
        );
    }
}

const HEAD: &str = "| sample | replies | coarse right % | wrong % | unknown % | fine right % | \
                    false hard % | missed hard % |\n|---|---|---|---|---|---|---|---|";

/// Reads the sample; `None` if no suites are set.
fn bounces() -> Option<Vec<Bounce>> {
    let Some(suites) = std::env::var_os("MAIL_SUITES") else {
        println!("skipped: MAIL_SUITES");
        return None;
    };
    let path = PathBuf::from(suites).join("../data/bounces.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let corrected = corrections();
    let bounces = lines.lines().map(|line| {
        let reply = field(line, "reply");
        let label = corrected.get(&*reply).copied();
        let given = Reason::from_name(&field(line, "reason")).expect("a reason of the list");
        let hard = label.map_or(line.contains("\"hard\": true"), Reason::is_hard);
        Bounce { source: field(line, "source"), reason: label.unwrap_or(given), reply, hard }
    });
    Some(bounces.collect())
}

/// Reads the labels that are corrected: a reason and a reply a line, `#` says why.
fn corrections() -> BTreeMap<&'static str, Reason> {
    include_str!("data/labels.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (reason, reply) = line.split_once(' ').expect("a reason and a reply");
            (reply, Reason::from_name(reason).expect("a reason of the list"))
        })
        .collect()
}

/// Returns a string field of a line of JSON that has no nested objects.
fn field(line: &str, name: &str) -> String {
    let key = format!("\"{name}\": \"");
    let start = line.find(&key).unwrap_or_else(|| panic!("{name} in {line}")) + key.len();
    let mut octets = line[start..].chars();
    let mut units = Vec::new();
    loop {
        let c = match octets.next().expect("a string that ends") {
            '"' => return String::from_utf16(&units).expect("whole surrogate pairs"),
            '\\' => match octets.next().expect("an escape that ends") {
                'u' => {
                    let hex: String = octets.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&hex, 16).expect("four hex digits"));
                    continue;
                }
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                c => c,
            },
            c => c,
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
}

fn classified<'a>(bounces: impl Iterator<Item = &'a Bounce>) -> Figures {
    let mut figures = Figures::default();
    for bounce in bounces {
        let told = Failure::read(bounce.reply.as_bytes()).expect("a reply").classify();
        figures.count(bounce, told.reason(), told.suppress());
    }
    figures
}

/// What an enhanced code says by the registry, or else the reply code by RFC 5321 4.2.3.
fn by_code_alone(reply: &str) -> (Reason, bool) {
    let told = Failure::read(reply.as_bytes()).expect("a reply").classify();
    let code = told.code().map_or(0, |code| code.get());
    let enhanced = told.enhanced().map(|code| (code.subject(), code.detail()));
    let reason = match (enhanced, code) {
        (Some((1, 2)), _) => Reason::DomainUnknown,
        (Some((1, 6)), _) => Reason::MailboxMoved,
        (Some((1, 7 | 8)), _) => Reason::SenderRejected,
        (Some((1, 10)), _) => Reason::DomainNoMail,
        (Some((1, _)), _) => Reason::MailboxUnknown,
        (Some((2, 1)), _) => Reason::MailboxDisabled,
        (Some((2, 2)), _) => Reason::MailboxFull,
        (Some((2, 3) | (3, 4)), _) => Reason::MessageTooLarge,
        (Some((2, _)), _) => Reason::MailboxDisabled,
        (Some((3, 1)), _) => Reason::SystemFull,
        (Some((3, _)), _) => Reason::SystemError,
        (Some((4, 6)), _) => Reason::RoutingLoop,
        (Some((4, 7)), _) => Reason::Expired,
        (Some((4, _)), _) => Reason::Network,
        (Some((5, 3)), _) => Reason::TooManyRecipients,
        (Some((5, 1..)), _) => Reason::ProtocolError,
        (Some((6, _)), _) => Reason::ContentMalformed,
        (Some((7, 8 | 9)), _) => Reason::AuthRejected,
        (Some((7, 10 | 11)), _) => Reason::TlsRequired,
        (Some((7, 20..=22)), _) => Reason::AuthDkim,
        (Some((7, 23 | 24)), _) => Reason::AuthSpf,
        (Some((7, 25)), _) => Reason::NoPtr,
        (Some((7, 26)), _) => Reason::AuthFailed,
        (Some((7, _)), _) => Reason::Policy,
        (_, 421 | 451) => Reason::SystemError,
        (_, 450) => Reason::Greylisted,
        (_, 452) => Reason::SystemFull,
        (_, 500..=504) => Reason::ProtocolError,
        (_, 521 | 556) => Reason::DomainNoMail,
        (_, 530) => Reason::AuthRequired,
        (_, 535) => Reason::AuthRejected,
        (_, 550 | 551 | 553) => Reason::MailboxUnknown,
        (_, 552) => Reason::MailboxFull,
        (_, 554) => Reason::Policy,
        _ => Reason::Unknown,
    };
    (reason, reason.is_hard() && told.is_permanent())
}

/// The floors were measured on the sample that the phrases were chosen from: they show that nothing
/// got worse, not how well other replies fare. For that see the README of the crate.
#[test]
fn ok_figures_over_the_sample() {
    let Some(bounces) = bounces() else { return };
    assert!(bounces.len() >= 400, "{} replies", bounces.len());
    let mut baseline = Figures::default();
    for bounce in &bounces {
        let (reason, suppress) = by_code_alone(&bounce.reply);
        baseline.count(bounce, reason, suppress);
    }
    let told = classified(bounces.iter());
    println!("{HEAD}");
    baseline.print("codes alone");
    told.print("classifier");
    for &scope in Scope::ALL {
        classified(bounces.iter().filter(|bounce| bounce.reason.scope() == scope))
            .print(&format!("of which {scope}"));
    }
    println!("\ntold as another reason:");
    for ((label, reason), count) in &told.confused {
        println!("{count:4} {label} as {reason}");
    }
    assert!(told.share(told.right) >= 95.0, "coarse {:.1} %", told.share(told.right));
    assert!(told.share(told.wrong()) <= 3.0, "wrong {:.1} %", told.share(told.wrong()));
    assert!(told.share(told.fine) >= 88.0, "fine {:.1} %", told.share(told.fine));
    assert!(told.share(told.false_hard) < 1.0, "false hard {}", told.false_hard);
    assert!(baseline.share(baseline.right) < 65.0, "the baseline is what is to be beaten");
}

/// No source does much worse than the rest: the rules are not made for one of them.
#[test]
fn ok_every_source_fares_alike() {
    let Some(bounces) = bounces() else { return };
    let mut sources: BTreeMap<&str, Vec<&Bounce>> = BTreeMap::new();
    for bounce in &bounces {
        sources.entry(family(&bounce.source)).or_default().push(bounce);
    }
    println!("{HEAD}");
    for (source, bounces) in sources {
        let figures = classified(bounces.iter().copied());
        figures.print(source);
        assert!(figures.share(figures.right) >= 85.0, "{source}");
    }
}

fn family(source: &str) -> &'static str {
    match source {
        _ if source.starts_with("sisimai/set-of-emails") => "bounces that programs wrote",
        _ if source.contains("rhost") => "codes that providers explain",
        _ if source.contains("zone-mta") => "a rule set's examples",
        _ if source.starts_with("sisimai") => "a rule set's tests",
        _ => "postmasters' pages and defaults of servers",
    }
}

#[test]
fn ok_confidence_means_what_it_says() {
    let Some(bounces) = bounces() else { return };
    let mut sure: BTreeMap<u8, (usize, usize)> = BTreeMap::new();
    for bounce in &bounces {
        let told = Failure::read(bounce.reply.as_bytes()).expect("a reply").classify();
        let band = sure.entry(told.confidence().percent() / 10 * 10).or_default();
        band.0 += usize::from(told.reason() == bounce.reason);
        band.1 += 1;
    }
    println!("{sure:?}");
    let share = |from: u8| {
        let (right, all) = sure
            .range(from..)
            .fold((0, 0), |(right, all), (_, band)| (right + band.0, all + band.1));
        right * 100 / all.max(1)
    };
    assert!(share(90) >= 90, "{}", share(90));
}

#[test]
fn ok_every_reply_is_explained_in_every_language() {
    let Some(bounces) = bounces() else { return };
    for Bounce { reply, .. } in &bounces {
        let diagnosis =
            Diagnosis::from(Failure::read(reply.as_bytes()).expect("a reply").classify());
        for &language in Language::ALL {
            let text = diagnosis.explain(language).to_string();
            assert!(text.starts_with(&reply[..3]), "{text}");
            assert!(text.lines().count() >= 3 && !text.ends_with('\n'), "{text}");
        }
    }
}
