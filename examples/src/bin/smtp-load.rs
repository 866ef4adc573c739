//! `smtp-load`: many messages over many connections, and how fast they were taken.

use std::{
    io::{self, Write as _},
    net::ToSocketAddrs as _,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use mail_errors::ParseError;
use mail_examples::{
    client::args::{TEMPORARY, failed},
    load::{Load, Report, message, run},
};
use smtp_proto::{
    Domain, Mailbox,
    client::{Config, Envelope, TlsPolicy},
    limits::ClientLimits,
};

/// Send many messages over many connections at once, and tell how many a second were taken and how
/// long one took.
///
/// Nothing is encrypted. Where the server offers PIPELINING, the commands of a message go out in
/// one go.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    /// The server.
    #[arg(value_name = "HOST:PORT")]
    server: String,
    /// How many connections at once.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    sessions: u16,
    /// How many messages altogether.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    messages: u64,
    /// How many messages over one connection, at most [default: all].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    per_connection: Option<u64>,
    /// How large a message is, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 4096)]
    size: usize,
    /// How many recipients a message has.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    recipients: u16,
    /// Who sends.
    #[arg(long, value_name = "ADDRESS", default_value = "load@load.example", value_parser = mailbox)]
    from: Mailbox,
    /// Who gets it. With more than one recipient each has its number: user+7@example.org.
    #[arg(long, value_name = "ADDRESS", default_value = "sink@sink.example", value_parser = mailbox)]
    to: Mailbox,
    /// Wait for the answer to each command before the next, PIPELINING or not.
    #[arg(long)]
    no_pipelining: bool,
    /// Send messages by BDAT instead of DATA (RFC 3030). A server that does not offer CHUNKING gets
    /// none.
    #[arg(long)]
    bdat: bool,
    /// What this host is called.
    #[arg(long, value_name = "NAME", default_value = "load.example", value_parser = domain)]
    helo: Domain,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let report = match load(&cli) {
        Ok(load) => run(load).await,
        Err(error) => return failed("smtp-load", &error, false),
    };
    if let Err(error) = tell(&cli, &report) {
        return failed("smtp-load", &error, false);
    }
    match report {
        Report { rejected: 1.., .. } => ExitCode::FAILURE,
        Report { put_off: 1.., .. } => ExitCode::from(TEMPORARY),
        _ => ExitCode::SUCCESS,
    }
}

fn load(cli: &Cli) -> Result<Load, Box<dyn std::error::Error>> {
    let server = cli.server.to_socket_addrs()?.next().ok_or("the host has no address")?;
    let mut limits = ClientLimits::default();
    if cli.no_pipelining {
        // Not even two commands fit.
        limits.group = 0;
    }
    let config = Config::new(cli.helo.clone()).tls(TlsPolicy::Never).limits(limits);
    let mut envelope = Envelope::new(cli.from.clone()).size(cli.size as u64);
    for number in 0..cli.recipients {
        envelope = envelope.to(if cli.recipients == 1 {
            cli.to.clone()
        } else {
            let address = cli.to.to_string();
            let (local, domain) = address.rsplit_once('@').ok_or("an address without @")?;
            Mailbox::parse(format!("{local}+{number}@{domain}"))?
        });
    }
    Ok(Load {
        server,
        config,
        bdat: cli.bdat,
        envelope,
        message: message(cli.size),
        sessions: cli.sessions.into(),
        messages: cli.messages,
        per_connection: cli.per_connection.unwrap_or(u64::MAX),
    })
}

fn tell(cli: &Cli, report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Report { accepted, rejected, put_off, errors, time, latencies, .. } = report;
    let seconds = time.as_secs_f64();
    let (rate, size) = (*accepted as f64 / seconds, cli.size as f64 / f64::from(1 << 20));
    writeln!(out, "messages accepted {accepted} rejected {rejected} put-off {put_off}")?;
    writeln!(out, "rate {rate:.0} messages/s {:.1} MiB/s in {seconds:.3} s", rate * size)?;
    let of = |percent| millis(latencies.percentile(percent));
    let (half, most, all) = (of(50.0), of(90.0), of(99.0));
    let longest = millis(latencies.longest());
    writeln!(out, "latency p50 {half} p90 {most} p99 {all} max {longest} ms")?;
    let mut err = io::stderr().lock();
    errors.iter().try_for_each(|error| writeln!(err, "smtp-load: {error}"))
}

fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

fn mailbox(text: &str) -> Result<Mailbox, ParseError> {
    Mailbox::parse(text)
}

fn domain(text: &str) -> Result<Domain, ParseError> {
    Domain::parse(text)
}

const EXIT_CODES: &str = "Exit codes: 0 every message was accepted, 1 some were refused for good, \
     2 the command line is wrong, 75 some were refused for now or could not be sent.";
