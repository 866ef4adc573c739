//! `smtp-sink`: an SMTP or LMTP server that takes every message and throws it away, or stores it.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use mail_errors::ParseError;
use mail_examples::{
    client::args::failed,
    sink::{Counted, Refusals, Sink, Stage},
};
use mail_wire::BareNewline;
use smtp_proto::{Domain, Extension, limits::ServerLimits, server::Config};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::{Instant, interval_at},
};

/// Take mail from anybody for anybody and count it, to test and measure whoever sends it.
///
/// Everything runs on one thread, which serves thousands of connections; each takes a descriptor
/// (`ulimit -n`). What has come is told at the end: Ctrl-C, SIGTERM, or --messages.
#[derive(Debug, Parser)]
#[command(version, after_help = "Exit codes: 0 done, 1 failed, 2 the command line is wrong.")]
struct Cli {
    /// Where to listen; port 0 takes one that is free. The first line of output tells which.
    #[arg(value_name = "ADDRESS:PORT", default_value = "127.0.0.1:2525")]
    listen: String,
    /// Speak LMTP: each recipient of a message has an answer of its own at its end.
    #[arg(long)]
    lmtp: bool,
    /// Refuse for good at CONNECT, MAIL, RCPT, DATA, VRFY or . (the end of the message). May be
    /// given several times.
    #[arg(long, value_name = "VERB")]
    reject: Vec<Stage>,
    /// Refuse for now, at the same points.
    #[arg(long, value_name = "VERB")]
    tempfail: Vec<Stage>,
    /// Store the messages in this Maildir, which is made if it is missing.
    #[arg(long, value_name = "DIR")]
    maildir: Option<PathBuf>,
    /// Have each message on disk before it is taken.
    #[arg(long, requires = "maildir")]
    sync: bool,
    /// Do not offer this extension: PIPELINING, 8BITMIME, CHUNKING or ENHANCEDSTATUSCODES. May be
    /// given several times.
    #[arg(long, value_name = "EXTENSION", value_parser = extension)]
    without: Vec<Extension>,
    /// Take line ends of every sort, as if they were CRLF.
    #[arg(long)]
    normalize: bool,
    /// The largest message, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 50 << 20)]
    size: u64,
    /// What the greeting says that this host is called.
    #[arg(long, value_name = "NAME", default_value = "sink.example", value_parser = domain)]
    host: Domain,
    /// End after so many messages.
    #[arg(long, value_name = "COUNT")]
    messages: Option<u64>,
    /// Tell what has come every so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed("smtp-sink", &error, false),
    }
}

async fn serve(cli: &Cli) -> io::Result<()> {
    let sink = Arc::new(sink(cli)?);
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let listener = TcpListener::bind(&cli.listen).await?;
    say(format_args!("listening {}", listener.local_addr()?))?;
    let serving = sink.serve(&listener);
    tokio::pin!(serving);
    // Without --every there is a tick in a century, which nobody sees.
    let every = Duration::from_secs(cli.every.map_or(100 * 365 * 24 * 3600, u64::from));
    let mut ticks = interval_at(far(every), every);
    loop {
        tokio::select! {
            () = &mut serving => break,
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = ticks.tick() => tell(&sink.counted())?,
        }
    }
    tell(&sink.counted())
}

fn sink(cli: &Cli) -> io::Result<Sink> {
    let limits = ServerLimits { message: cli.size, ..ServerLimits::default() };
    let bare = if cli.normalize { BareNewline::Normalize } else { BareNewline::Reject };
    let config = Config::new(&cli.host).limits(limits).bare_newline(bare);
    let config = if cli.lmtp { config.lmtp() } else { config };
    let config = cli.without.iter().fold(config, |config, &one| config.without(one));
    let refusals = cli.reject.iter().fold(Refusals::default(), |all, &at| all.reject(at));
    let refusals = cli.tempfail.iter().fold(refusals, |all, &at| all.tempfail(at));
    let mut sink = Sink::new(config, refusals);
    if let Some(messages) = cli.messages {
        sink = sink.ending_after(messages);
    }
    match &cli.maildir {
        Some(path) => sink.storing(path, cli.sync),
        None => Ok(sink),
    }
}

fn tell(counted: &Counted) -> io::Result<()> {
    let Counted { sessions, open, messages, recipients, octets, refused, broken, .. } = counted;
    say(format_args!(
        "sessions {sessions} open {open} messages {messages} recipients {recipients} \
         octets {octets} refused {refused} broken {broken}"
    ))
}

fn say(line: std::fmt::Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn far(time: Duration) -> Instant {
    mail_examples::client::within(time).into()
}

fn extension(text: &str) -> Result<Extension, String> {
    let all = [
        Extension::Pipelining,
        Extension::EightBitMime,
        Extension::Chunking,
        Extension::EnhancedStatusCodes,
    ];
    let named = |one: &Extension| one.as_str().eq_ignore_ascii_case(text);
    all.into_iter()
        .find(named)
        .ok_or_else(|| format!("one of {}", all.map(Extension::as_str).join(", ")))
}

fn domain(text: &str) -> Result<Domain, ParseError> {
    Domain::parse(text)
}
