//! Makes the table of what words lean to, from replies with labels.
//!
//! `LEARN_FROM=labelled.txt cargo test --release -p mail-errors --features classify learn`
//! reads a reason and a reply a line (CR LF within a reply as `\r\n`) and writes
//! `src/classify/tables/learned.txt`: multinomial logistic regression with a Gaussian prior, by
//! full-batch steps of Adam, so that the same replies give the same table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::classifier::class;
use super::clue::{Clue, of_codes};
use super::learned::{HEARD, UNITS};
use super::lexicon::{Lexicon, Spelled, Word};
use super::rules::Rules;
use super::scan::{KEPT, Listener, Token, scan};
use super::{Failure, Reason, What, tables};

/// A clue of one reply alone is chance.
const LEAST: usize = 2;

const ROUNDS: i32 = 600;

/// What weighs less is next to nothing, in [`UNITS`].
const LITTLE: i64 = 5;

/// The prior: what a weight costs.
const COST: f64 = 1.0;

/// Every clue of a text, in order.
struct Heard(Vec<Clue>);

impl Listener for Heard {
    fn word(&mut self, _: Word, word: Spelled, _: Range<usize>) {
        if !word.is_number() {
            self.0.push(Clue::word(word));
        }
    }

    fn character(&mut self, character: Clue, _: Range<usize>) {
        self.0.push(character);
    }

    fn sight(&mut self, sight: Word, _: Range<usize>) {
        self.0.push(Clue::sight(sight));
    }
}

fn clues(reply: &[u8], lexicon: &Lexicon) -> Vec<Clue> {
    let failure = Failure::read(reply).unwrap_or(Failure::new(What::Words { text: reply }));
    let (code, enhanced, text) = match failure.what() {
        What::Reply { code, enhanced, text } => (Some(code), enhanced, text),
        What::Words { text } => (None, None, text),
        What::Dns(_) | What::Connection(_) | What::Tls(_) => unreachable!("replies and words"),
    };
    let mut room = [Token::NONE; KEPT];
    let mut heard = Heard(Vec::new());
    let found = scan(text, code.and_then(class), lexicon, &mut room, &mut heard);
    let mut clues: Vec<Clue> = of_codes(code, enhanced.or(found.enhanced)).collect();
    clues.extend(heard.0.into_iter().take(HEARD));
    clues.sort_unstable();
    clues.dedup();
    clues
}

/// Learns the table from lines of a reason and a reply each.
fn table(lines: &str) -> String {
    let rules = Rules::new(tables::RULES);
    let replies: Vec<(usize, Vec<Clue>)> = lines
        .lines()
        .map(|line| {
            let (reason, reply) = line.split_once(' ').expect("a reason and a reply");
            let reason = Reason::from_name(reason).expect("a reason of the list");
            (reason.index(), clues(reply.replace("\\r\\n", "\r\n").as_bytes(), &rules.lexicon))
        })
        .collect();
    let mut counts: BTreeMap<Clue, usize> = BTreeMap::new();
    for clue in replies.iter().flat_map(|(_, clues)| clues) {
        *counts.entry(*clue).or_default() += 1;
    }
    let known: Vec<Clue> =
        counts.into_iter().filter(|(_, count)| *count >= LEAST).map(|(clue, _)| clue).collect();
    let replies: Vec<(usize, Vec<usize>)> = replies
        .into_iter()
        .map(|(reason, clues)| {
            (reason, clues.iter().filter_map(|clue| known.binary_search(clue).ok()).collect())
        })
        .collect();
    let weights = fit(&replies, known.len());
    let mut table = String::from(HEAD);
    for reason in Reason::ALL {
        let of_clue = weights.iter().skip(reason.index()).step_by(Reason::ALL.len());
        let mut leaning: Vec<(i64, String)> = known
            .iter()
            .zip(of_clue)
            .map(|(clue, weight)| ((weight * f64::from(UNITS)).round() as i64, clue.name()))
            .filter(|(weight, _)| weight.abs() >= LITTLE)
            .collect();
        leaning.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
        if leaning.is_empty() {
            continue;
        }
        write!(table, "{}", reason.name()).expect("a string takes all");
        for (weight, name) in leaning {
            write!(table, " {name}:{}", weight.clamp(-127, 127)).expect("a string takes all");
        }
        table.push('\n');
    }
    table
}

const HEAD: &str = "\
# By reason: words by their first six letters, codes and sights, and how much each speaks for it or
# against it, in sixteenths of a logit. Made by `learn`, not by hand.
";

/// Fits weights: by clue, then by reason.
fn fit(replies: &[(usize, Vec<usize>)], clues: usize) -> Vec<f64> {
    let reasons = Reason::ALL.len();
    let mut weights = vec![0.0; clues * reasons];
    let (mut first, mut second) = (weights.clone(), weights.clone());
    for round in 1..=ROUNDS {
        let mut slope: Vec<f64> = weights.iter().map(|weight| weight * COST).collect();
        for (reason, clues) in replies {
            let mut chances = vec![0.0; reasons];
            for clue in clues {
                for (chance, weight) in chances.iter_mut().zip(&weights[clue * reasons..]) {
                    *chance += weight;
                }
            }
            let most = chances.iter().copied().fold(f64::MIN, f64::max);
            chances.iter_mut().for_each(|chance| *chance = (*chance - most).exp());
            let sum: f64 = chances.iter().sum();
            chances.iter_mut().for_each(|chance| *chance /= sum);
            chances[*reason] -= 1.0;
            for clue in clues {
                for (slope, chance) in slope[clue * reasons..].iter_mut().zip(&chances) {
                    *slope += chance;
                }
            }
        }
        let (mean, spread) = (1.0 - 0.9f64.powi(round), 1.0 - 0.999f64.powi(round));
        for (((weight, slope), first), second) in
            weights.iter_mut().zip(&slope).zip(&mut first).zip(&mut second)
        {
            *first = 0.9 * *first + 0.1 * slope;
            *second = 0.999 * *second + 0.001 * slope * slope;
            *weight -= 0.05 * (*first / mean) / ((*second / spread).sqrt() + 1e-8);
        }
    }
    weights
}

#[test]
fn learn() {
    let learned = table(
        "mailbox_full 552 5.2.2 quota is used up\n\
         mailbox_full 452 4.2.2 over quota\n\
         mailbox_unknown 550 5.1.1 stranger\n\
         mailbox_unknown 550 5.1.1 a stranger here\n",
    );
    let units = |reason: &str, clue: &str| -> Option<i32> {
        let line = learned.lines().find_map(|line| line.strip_prefix(reason))?;
        let clues = line.split(' ').filter_map(|clue| clue.rsplit_once(':'));
        clues.filter(|(name, _)| *name == clue).find_map(|(_, units)| units.parse().ok())
    };
    for (reason, own, other) in
        [("mailbox_full", "quota", "strang"), ("mailbox_unknown", "strang", "quota")]
    {
        assert!(units(reason, own) > Some(0), "{reason} {own}: {learned}");
        assert!(units(reason, other).is_none_or(|units| units < 0), "{reason} {other}: {learned}");
    }
    assert!(!learned.contains("strange"), "six letters tell words apart: {learned}");
    assert!(!learned.contains("used"), "once is chance: {learned}");

    if let Ok(path) = std::env::var("LEARN_FROM") {
        let lines = std::fs::read_to_string(path).expect("replies");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/classify/tables/learned.txt");
        std::fs::write(path, table(&lines)).expect("the table");
    }
}
