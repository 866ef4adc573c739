//! `wire-inspect`: the octets of a conversation, one JSON object for each element.

use std::{
    io::{self, BufWriter, Read as _, Write as _},
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use mail_examples::{
    client::args::failed,
    inspect::{Inspection, Protocol, Speaker, Strictness},
};

/// Read what one side of a conversation said from standard input, and tell each element of it as a
/// line of JSON: kind, offset, len, value, defects, and for an unreadable one its error.
///
/// Offsets count from the start of the input. An element of which only the line was kept has the
/// kind raw, one that was skipped has the kind stray. What a client says may begin with a header of
/// the PROXY protocol. After something unreadable the next line is
/// read as a new element.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    /// The protocol.
    protocol: Wire,
    /// Who says it.
    #[arg(long, value_name = "SIDE")]
    from: Side,
    /// What is let pass.
    #[arg(long, default_value = "tolerant")]
    profile: Leniency,
    /// A command that has gone before. For a server: that it answers, one for each reply in turn,
    /// `RETR 1`, `LIST`, `EHLO`. For a client: that it continues, `DATA`, `AUTH LOGIN`, `IDLE`.
    #[arg(long, value_name = "COMMAND")]
    after: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wire {
    Smtp,
    Lmtp,
    Pop3,
    Imap,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    Client,
    Server,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Leniency {
    Strict,
    Tolerant,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match inspect(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed("wire-inspect", &error, false),
    }
}

/// Tells whether every element was read.
fn inspect(cli: &Cli) -> Result<bool, Box<dyn std::error::Error>> {
    let protocol = match cli.protocol {
        Wire::Smtp => Protocol::Smtp,
        Wire::Lmtp => Protocol::Lmtp,
        Wire::Pop3 => Protocol::Pop3,
        Wire::Imap => Protocol::Imap,
    };
    let speaker = match cli.from {
        Side::Client => Speaker::Client,
        Side::Server => Speaker::Server,
    };
    let strictness = match cli.profile {
        Leniency::Strict => Strictness::Strict,
        Leniency::Tolerant => Strictness::Tolerant,
    };
    let mut inspection = Inspection::new(protocol, speaker, strictness, &cli.after)?;
    let (mut input, mut out) = (io::stdin().lock(), BufWriter::new(io::stdout().lock()));
    let mut all_read = true;
    let mut tell = |element: mail_examples::inspect::Element| {
        all_read &= element.is_read();
        serde_json::to_writer(&mut out, &element)?;
        out.write_all(b"\n")
    };
    let mut block = [0; BLOCK];
    loop {
        match input.read(&mut block) {
            Ok(0) => break,
            Ok(octets) => {
                inspection.feed(block.get(..octets).unwrap_or_default(), &mut tell)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    inspection.finish(&mut tell)?;
    out.flush()?;
    Ok(all_read)
}

const BLOCK: usize = 64 * 1024;

const EXIT_CODES: &str =
    "Exit codes: 0 every element was read, 1 not every one was, 2 the command line is wrong.";
