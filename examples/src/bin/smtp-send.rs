//! `smtp-send`: hands one message to an SMTP server and tells what became of each recipient.

use std::{
    fs::{self, File},
    io::{self, Read, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use mail_errors::{
    ParseError, Reply,
    diagnosis::{Diagnosis, Language},
};
use mail_examples::{
    client::{
        Connection,
        args::{EXIT_CODES, Encryption, ServerArgs, TEMPORARY, failed, language},
        smtp::{Sent, deliver},
    },
    tap::Protocol,
};
use mail_wire::BareNewline;
use smtp_proto::{
    BodyType, Domain, Mailbox, ReversePath,
    client::{Client, Config, EightBit, Envelope, NotSent, Outcome, TlsPolicy},
};

/// Send one message by SMTP. Its lines may end in any way; they are sent with CRLF.
///
/// Without --starttls, --tls or --plain the connection is encrypted if the server offers that, and
/// without --user its certificate is then not checked, as is the custom between servers (RFC 7435).
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// Who is told if the message cannot be delivered; <> for nobody.
    #[arg(long, value_name = "ADDRESS", value_parser = sender)]
    from: ReversePath,
    /// A recipient; may be given several times.
    #[arg(long, value_name = "ADDRESS", required = true, value_parser = mailbox)]
    to: Vec<Mailbox>,
    /// What this host is called [default: its name, or [127.0.0.1]].
    #[arg(long, value_name = "NAME", value_parser = domain)]
    helo: Option<Domain>,
    /// Explain refusals in this language: en or ja.
    #[arg(long, value_name = "LANG", value_parser = language)]
    explain: Option<Language>,
    /// The message; - or nothing is standard input.
    #[arg(value_name = "FILE")]
    message: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match send(&cli).await.and_then(|sent| Ok(tell(&cli, &sent)?)) {
        Ok(code) => code,
        Err(error) => failed("smtp-send", &error, false),
    }
}

async fn send(cli: &Cli) -> Result<Sent, Box<dyn std::error::Error>> {
    let credentials = cli.server.credentials()?;
    let message = read(cli)?;
    let policy = match cli.server.encryption() {
        Encryption::Unsaid => TlsPolicy::Opportunistic,
        Encryption::StartTls => TlsPolicy::Required,
        Encryption::Implicit => TlsPolicy::Implicit,
        Encryption::Never => TlsPolicy::Never,
    };
    let mut config = Config::new(cli.helo.clone().unwrap_or_else(own_name))
        .tls(policy)
        .bare_newline(BareNewline::Normalize)
        .eight_bit(EightBit::SendAnyway);
    let anybody = credentials.is_none() && policy == TlsPolicy::Opportunistic;
    if let Some(credentials) = credentials {
        config = config.auth(credentials);
    }
    if policy == TlsPolicy::Never {
        config = config.allow_auth_in_clear();
    }
    let mut envelope = Envelope::new(cli.from.clone())
        .to_all(cli.to.iter().cloned().map(Into::into))
        .size(message.len() as u64);
    if !message.is_ascii() {
        envelope = envelope.body(BodyType::EightBitMime);
    }
    let (peer, until) = (cli.server.peer(anybody)?, cli.server.until());
    let tap = cli.server.tap(Protocol::Smtp);
    match Connection::open(Client::new(config), &peer, tap, until).await {
        Ok(connection) => Ok(deliver(connection, envelope, message.into(), until).await),
        // Nobody was asked, so all may be asked again.
        Err(error) => {
            let outcomes = vec![Outcome::NotSent(NotSent::Lost); cli.to.len()];
            Ok(Sent { outcomes, tls: None, error: Some(error) })
        }
    }
}

/// Tells what became of each recipient. The worst of it is the exit code.
fn tell(cli: &Cli, sent: &Sent) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let lost = sent.error.as_ref();
    let (mut permanent, mut temporary) = (false, false);
    for (to, outcome) in cli.to.iter().zip(&sent.outcomes) {
        let mut refused: Option<&Reply> = None;
        let told = match outcome {
            Outcome::Accepted(reply) => format!("accepted: {reply}"),
            Outcome::Refused { stage, reply } => {
                refused = Some(reply);
                permanent |= reply.is_permanent();
                temporary |= !reply.is_permanent();
                format!("refused at {}: {reply}", stage.as_str())
            }
            Outcome::NotSent(NotSent::Lost | NotSent::Closing) => {
                let later = lost.is_none_or(|error| error.is_transient());
                permanent |= !later;
                temporary |= later;
                "not sent".to_owned()
            }
            Outcome::NotSent(why) => {
                permanent = true;
                format!("not sent: {why:?}")
            }
            Outcome::Unknown => {
                temporary = true;
                "unknown: the connection was lost before the answer".to_owned()
            }
        };
        writeln!(out, "{to}: {told}")?;
        if let (Some(reply), Some(language)) = (refused, cli.explain) {
            writeln!(out, "{}", Diagnosis::of(reply).explain(language))?;
        }
    }
    if let Some(error) = lost {
        writeln!(io::stderr(), "smtp-send: {error}")?;
    }
    Ok(match (permanent, temporary) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::from(TEMPORARY),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// Reads the message whole: its size and whether it is 8-bit are said before it.
fn read(cli: &Cli) -> io::Result<Vec<u8>> {
    let input: Box<dyn Read> = match &cli.message {
        Some(path) if path.as_os_str() != "-" => Box::new(File::open(path)?),
        Some(_) | None => Box::new(io::stdin().lock()),
    };
    let mut message = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut message)?;
    if message.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the message is over 256 MiB"));
    }
    Ok(message)
}

/// RFC 5321 4.1.4: the host's name or, without one, its address.
fn own_name() -> Domain {
    let name = fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name = Domain::parse(name.trim()).or_else(|_| Domain::parse("[127.0.0.1]"));
    name.expect("an address literal is one")
}

fn sender(text: &str) -> Result<ReversePath, String> {
    match text {
        "" | "<>" => Ok(ReversePath::Null),
        text => Mailbox::parse(text).map(Into::into).map_err(|error| error.to_string()),
    }
}

fn mailbox(text: &str) -> Result<Mailbox, ParseError> {
    Mailbox::parse(text)
}

fn domain(text: &str) -> Result<Domain, ParseError> {
    Domain::parse(text)
}

/// The most octets of a message. No server takes as many.
const LARGEST: u64 = 256 << 20;
