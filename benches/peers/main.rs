//! Ours beside what a user would pick instead, in one criterion run, with a table at its end.

use std::{path::Path, process::ExitCode, time::Duration};

use criterion::Criterion;
use mail_benches::{counting::Counting, table::Rows};

mod bdat;
mod body;
mod classify;
mod imap;
mod pop3;
mod smtp;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40)
        .configure_from_args();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion");
    let mut rows = Rows::new(criterion, home);
    smtp::rows(&mut rows);
    imap::rows(&mut rows);
    pop3::rows(&mut rows);
    classify::rows(&mut rows);
    body::rows(&mut rows);
    bdat::rows(&mut rows);

    let Some(table) = rows.finish() else { return ExitCode::SUCCESS };
    println!("\n{table}");
    let too_slow: Vec<_> = table.too_slow().collect();
    if too_slow.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("slower than a third of memcpy: {}", too_slow.join("; "));
    ExitCode::FAILURE
}
