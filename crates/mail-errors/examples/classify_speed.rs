//! How long a classification takes, over the lines of standard input: a reply or a line of a log each.
//!
//! `cargo run --release -p mail-errors --features classify --example classify_speed < replies.txt`

#![allow(clippy::disallowed_methods, reason = "measures time")]
#![allow(clippy::print_stdout, reason = "tells what it measured")]

use std::hint::black_box;
use std::io::{self, BufRead as _};
use std::time::{Duration, Instant};

use mail_errors::classify::{Classifier, Failure};

fn main() -> io::Result<()> {
    let lines: Vec<Vec<u8>> = io::stdin().lock().split(b'\n').collect::<Result<_, _>>()?;
    let failures: Vec<_> = lines.iter().filter_map(|line| Failure::find(line)).collect();
    let started = Instant::now();
    let classifier = Classifier::shared();
    println!("tables: {} octets, read in {:?}", classifier.size(), started.elapsed());
    let octets: usize = failures.iter().map(|failure| failure.text().len()).sum();
    let count = failures.len().max(1);
    println!("{count} replies of {} octets on average", octets / count);
    // The quickest of many rounds: the machine may have other things to do.
    let mut quickest = Duration::MAX;
    for _ in 0..200 {
        let started = Instant::now();
        for failure in &failures {
            black_box(classifier.classify(black_box(failure)));
        }
        quickest = quickest.min(started.elapsed());
    }
    println!("{:?} a classification", quickest / u32::try_from(count).unwrap_or(u32::MAX));
    Ok(())
}
