//! Every body over its corpus, and over ten thousand inputs made from that.
//!
//! The inputs are the same in every run. `MAIL_FUZZ_SEED` gives others, `MAIL_FUZZ_INPUTS` more.

#![allow(clippy::disallowed_methods, reason = "tells how long each took")]

use std::collections::BTreeSet;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mail_fuzz_bodies::{Random, TARGETS, Target, input};

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let octets = std::fs::read(&path).expect("a readable seed");
        (path, octets)
    };
    paths.into_iter().map(read).collect()
}

/// Runs the body over one input; `Err` says which one it was, if it panics.
fn run(target: &Target, data: &[u8], what: impl std::fmt::Display) -> Result<(), String> {
    let octets = || data.escape_ascii().to_string();
    panic::catch_unwind(|| (target.run)(data))
        .map_err(|_| format!("{} fails on {what}: b\"{}\"", target.name, octets()))
}

fn replay(target: &Target) -> Result<(), String> {
    let (seed, inputs) = (number("MAIL_FUZZ_SEED", 1), number("MAIL_FUZZ_INPUTS", 10_000));
    let seeds = seeds(target.name);
    assert!(seeds.len() >= 3, "{} has a corpus of {}", target.name, seeds.len());
    for (path, data) in &seeds {
        run(target, data, path.display())?;
    }
    let seeds: Vec<_> = seeds.into_iter().map(|(_, data)| data).collect();
    let seed = seed ^ Random::of(target.name.as_bytes()).next();
    for nth in 0..inputs {
        let data = input(&seeds, seed, nth);
        run(target, &data, format_args!("input {nth}"))?;
    }
    Ok(())
}

#[test]
fn every_body_holds_over_its_corpus_and_what_grows_from_it() {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(target) = TARGETS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            if let Err(failure) = replay(target) {
                failures.lock().unwrap().push(failure);
            }
            println!("{}: {:?}", target.name, start.elapsed());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_target_has_a_shim_and_every_corpus_a_target() {
    let files = |folder: PathBuf, cut: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.map(|name| name.trim_end_matches(cut).to_owned()).collect()
    };
    let known: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(files(corpus("../fuzz_targets"), ".rs"), known);
    assert_eq!(files(corpus(""), ""), known);
    let manifest = std::fs::read_to_string(corpus("../Cargo.toml")).unwrap();
    for name in &known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is in no manifest");
    }
}
