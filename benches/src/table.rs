//! The rows of a run, and the table of them.

use std::{
    fmt::{self, Write as _},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use criterion::Criterion;

use crate::counting::{Allocations, per_operation};

/// The rate of the stuffed and unstuffed body over that of memcpy that is asked for at least.
pub const AT_LEAST_OF_MEMCPY: f64 = 1.0 / 3.0;

/// The contestant that others are held against where a body is moved.
pub const MEMCPY: &str = "memcpy";

/// What the sessions do.
const OURS: &str = "ours";

/// A first draft is measured for want of a peer, and is none.
const DRAFT: &str = "octet by octet";

/// What the name of a contestant says that keeps nothing borrowed.
const OWNED: &str = ", owned";

/// Runs rows in one criterion run and remembers what it ran.
pub struct Rows {
    criterion: Criterion,
    home: PathBuf,
    started: SystemTime,
    ran: Vec<Ran>,
}

/// One contestant in a row that has run.
#[derive(Debug, Clone)]
struct Ran {
    row: &'static str,
    who: &'static str,
    /// How many octets an operation works on, where a rate says something.
    octets: Option<u64>,
    allocations: Allocations,
}

/// What criterion found for one contestant.
#[derive(Debug, Clone)]
struct Measured {
    ran: Ran,
    nanoseconds: f64,
}

impl Rows {
    /// Starts a run that leaves its measurements in the folder `home`.
    #[must_use]
    pub fn new(criterion: Criterion, home: PathBuf) -> Self {
        let criterion = criterion.output_directory(&home);
        #[expect(clippy::disallowed_methods, reason = "tells this run's measurements from older")]
        let started = SystemTime::now();
        Self { criterion, home, started, ran: Vec::new() }
    }

    /// Measures a small operation.
    pub fn run<O>(&mut self, row: &'static str, who: &'static str, operation: impl FnMut() -> O) {
        self.measure(row, who, None, 64, operation);
    }

    /// Measures an operation on a body of so many octets.
    pub fn run_body<O>(
        &mut self,
        row: &'static str,
        who: &'static str,
        octets: u64,
        operation: impl FnMut() -> O,
    ) {
        self.measure(row, who, Some(octets), 2, operation);
    }

    fn measure<O>(
        &mut self,
        row: &'static str,
        who: &'static str,
        octets: Option<u64>,
        counted: u32,
        mut operation: impl FnMut() -> O,
    ) {
        let allocations = per_operation(counted, &mut operation);
        let mut group = self.criterion.benchmark_group(row);
        group.bench_function(who, |bencher| bencher.iter(&mut operation));
        group.finish();
        self.ran.push(Ran { row, who, octets, allocations });
    }

    /// Ends the run. There is no table if nothing was measured, as under `--test`.
    #[must_use]
    pub fn finish(self) -> Option<Table> {
        self.criterion.final_summary();
        let measured = |ran: &Ran| {
            let path = self.home.join(ran.row).join(ran.who).join("new/estimates.json");
            let nanoseconds = median(&path, self.started)?;
            Some(Measured { ran: ran.clone(), nanoseconds })
        };
        let measured: Vec<_> = self.ran.iter().filter_map(measured).collect();
        (!measured.is_empty()).then_some(Table(measured))
    }
}

/// Reads the median, in nanoseconds, that criterion has written since then.
fn median(path: &Path, since: SystemTime) -> Option<f64> {
    if fs::metadata(path).ok()?.modified().ok()? < since {
        return None;
    }
    let estimates: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

/// What a run has found, as a table in Markdown.
#[derive(Debug)]
pub struct Table(Vec<Measured>);

impl Table {
    /// Returns where a session moves a body without leading dots slower than [`AT_LEAST_OF_MEMCPY`].
    pub fn too_slow(&self) -> impl Iterator<Item = String> {
        let asked = |found: &&Measured| {
            found.ran.row.ends_with("without leading dots") && found.ran.who == OURS
        };
        self.0.iter().filter(asked).filter_map(|found| {
            let share = self.reference(found)?.nanoseconds / found.nanoseconds;
            let line = || format!("{}, {}: {share:.2} of memcpy", found.ran.row, found.ran.who);
            (share < AT_LEAST_OF_MEMCPY).then(line)
        })
    }

    /// What a contestant is held against: memcpy where a body is moved, else what is of ours and
    /// owned like it, or borrowed like it.
    fn reference(&self, of: &Measured) -> Option<&Measured> {
        let who = match (of.ran.octets, of.ran.who.contains(OWNED)) {
            (Some(_), _) => MEMCPY,
            (None, true) => "ours, owned",
            (None, false) => OURS,
        };
        self.0.iter().find(|found| found.ran.row == of.ran.row && found.ran.who == who)
    }

    /// Returns what is of ours, each with the fastest peer that does it in the same way: what stands
    /// behind the comma is the same.
    fn beside_peers(&self) -> impl Iterator<Item = (&Measured, &Measured)> {
        self.0.iter().filter_map(|ours| {
            let way = ours.ran.who.strip_prefix(OURS)?;
            let is_peer = |found: &&Measured| {
                let is_other =
                    !found.ran.who.starts_with(OURS) && ![MEMCPY, DRAFT].contains(&found.ran.who);
                let of = found.ran.who.find(',').map_or("", |comma| &found.ran.who[comma..]);
                is_other && found.ran.row == ours.ran.row && of == way
            };
            let peers = self.0.iter().filter(is_peer);
            let fastest = peers.min_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds))?;
            Some((ours, fastest))
        })
    }

    fn write_beside_peers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| what | ours | time | fastest peer | its time | its time over ours |\n")?;
        f.write_str("|---|---|--:|---|--:|--:|\n")?;
        for (ours, peer) in self.beside_peers() {
            writeln!(
                f,
                "| {} | {} | {} | {} | {} | {} |",
                ours.ran.row,
                ours.ran.who,
                Time(ours.nanoseconds),
                peer.ran.who,
                Time(peer.nanoseconds),
                Ratio(Some(peer.nanoseconds / ours.nanoseconds)),
            )?;
        }
        f.write_char('\n')
    }

    fn write_parsed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| what | who | time | time over ours | allocations | octets allocated |\n")?;
        f.write_str("|---|---|--:|--:|--:|--:|\n")?;
        for found in self.0.iter().filter(|found| found.ran.octets.is_none()) {
            let Ran { row, who, allocations, .. } = &found.ran;
            let ratio = self.reference(found).map(|ours| found.nanoseconds / ours.nanoseconds);
            writeln!(
                f,
                "| {row} | {who} | {} | {} | {} | {:.0} |",
                Time(found.nanoseconds),
                Ratio(ratio),
                Count(allocations.count),
                allocations.octets,
            )?;
        }
        Ok(())
    }

    fn write_bodies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| what | who | time | GiB/s | rate over memcpy | allocations |\n")?;
        f.write_str("|---|---|--:|--:|--:|--:|\n")?;
        for found in &self.0 {
            let Ran { row, who, octets: Some(octets), allocations } = &found.ran else { continue };
            let rate = *octets as f64 / found.nanoseconds * 1e9 / f64::from(1 << 30);
            let share = self.reference(found).map(|memcpy| memcpy.nanoseconds / found.nanoseconds);
            writeln!(
                f,
                "| {row} | {who} | {} | {rate:.2} | {} | {} |",
                Time(found.nanoseconds),
                Ratio(share),
                Count(allocations.count),
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bodies, parsed) = (
            |found: &Measured| found.ran.octets.is_some(),
            |found: &Measured| found.ran.octets.is_none(),
        );
        self.write_beside_peers(f)?;
        if self.0.iter().any(parsed) {
            self.write_parsed(f)?;
        }
        if self.0.iter().any(bodies) {
            f.write_char('\n')?;
            self.write_bodies(f)?;
        }
        Ok(())
    }
}

struct Time(f64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            nanoseconds if nanoseconds < 1e3 => write!(f, "{nanoseconds:.1} ns"),
            nanoseconds if nanoseconds < 1e6 => write!(f, "{:.2} µs", nanoseconds / 1e3),
            nanoseconds => write!(f, "{:.2} ms", nanoseconds / 1e6),
        }
    }
}

struct Ratio(Option<f64>);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ratio) => write!(f, "{ratio:.2}"),
            None => f.write_str("–"),
        }
    }
}

struct Count(f64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = if self.0.fract() == 0.0 { 0 } else { 1 };
        write!(f, "{:.decimals$}", self.0)
    }
}
