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
        args::{Encryption, ServerArgs, TEMPORARY, language},
        paved,
        progress::{Progress, When},
    },
    tap::Protocol,
};
use mail_sasl::{Mechanism, SaslError};
use mail_wire::{BareNewline, drive::DriveError, layered::LayeredError};
use smtp_proto::{
    BodyType, Domain, Mailbox, ReversePath, Verb,
    client::{Client, Config, Delivered, EightBit, Envelope, Error, NotSent, Outcome, TlsPolicy},
};

/// Send one message by SMTP or LMTP. Its lines may end in any way; they are sent with CRLF.
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
    /// Speak LMTP: each recipient is answered for at the end of the message.
    #[arg(long)]
    lmtp: bool,
    /// Log in by this mechanism alone, as PLAIN or SCRAM-SHA-256-PLUS [default: the strongest that is
    /// offered and fits].
    #[arg(long, value_name = "NAME", requires = "user", value_parser = mechanism)]
    mechanism: Option<Mechanism>,
    /// Explain refusals in this language: en or ja.
    #[arg(long, value_name = "LANG", value_parser = language)]
    explain: Option<Language>,
    /// Show how far the message is, on standard error. On its own that is done for more than 1 MiB,
    /// on a terminal.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    progress: When,
    /// The message; - or nothing is standard input.
    #[arg(value_name = "FILE")]
    message: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match send(&cli) {
        Ok(code) => code.into(),
        Err(NotBegun { error, exit }) => {
            // Nothing is left to be done if even this cannot be said.
            let _ = writeln!(io::stderr(), "smtp-send: {error}");
            exit.into()
        }
    }
}

/// How it ended, as `sysexits.h` has it. The later is the worse: that of the worst recipient counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Exit {
    Accepted = 0,
    /// `EX_TEMPFAIL`: nobody said no for good.
    Temporary = TEMPORARY,
    /// `EX_UNAVAILABLE`: somebody did.
    Refused = 69,
    /// `EX_DATAERR`: the server takes no message like this.
    Message = 65,
    /// `EX_NOPERM`: it does not take the log-in.
    NoPermission = 77,
    /// `EX_NOINPUT`: the message cannot be read.
    NoInput = 66,
    /// `EX_CONFIG`: password, certificates or the host's name are missing.
    Config = 78,
}

impl Exit {
    /// How bad it is; the codes themselves are in no order.
    const fn rank(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Temporary => 1,
            Self::Refused => 2,
            Self::Message => 3,
            Self::NoPermission => 4,
            Self::NoInput | Self::Config => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why nobody was asked.
struct NotBegun {
    error: Box<dyn std::error::Error>,
    exit: Exit,
}

impl NotBegun {
    fn because<E: std::error::Error + 'static>(exit: Exit) -> impl Fn(E) -> Self {
        move |error| Self { error: error.into(), exit }
    }
}

/// Sends the message, tells what became of each recipient, and how it ended.
fn send(cli: &Cli) -> Result<Exit, NotBegun> {
    let credentials = cli.server.credentials().map_err(NotBegun::because(Exit::Config))?;
    let message = read(cli).map_err(NotBegun::because(Exit::NoInput))?;
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
    if cli.lmtp {
        config = config.lmtp();
    }
    if let Some(mechanism) = cli.mechanism {
        config = config.mechanism(mechanism);
    }
    let anybody = credentials.is_none() && policy == TlsPolicy::Opportunistic;
    if let Some(credentials) = credentials {
        config = config.auth(credentials);
    }
    if policy == TlsPolicy::Never {
        config = config.allow_auth_in_clear();
    }
    let mut envelope = Envelope::new(cli.from.clone())
        .to_all(cli.to.iter().cloned().map(Into::into))
        .size(size(&message));
    if !message.is_ascii() {
        envelope = envelope.body(BodyType::EightBitMime);
    }
    let peer = cli.server.peer(anybody).map_err(NotBegun::because(Exit::Config))?;
    let (tap, until) = (cli.server.tap(Protocol::Smtp), cli.server.until());
    let all = message.len() as u64;
    let bar = cli.progress.applies(all).then(io::stderr);
    let message = Progress::new(&*message, all, bar);
    match paved::send(Client::new(config), &peer, tap, envelope, message, until) {
        Ok(delivered) => tell(cli, &delivered).map_err(NotBegun::because(Exit::Temporary)),
        // Nobody was asked, so all may be asked again, unless the name can be none.
        Err(error) => {
            let exit = if error.is_transient() { Exit::Temporary } else { Exit::Config };
            Err(NotBegun { error: error.into(), exit })
        }
    }
}

/// Tells what became of each recipient. The worst of it is the exit code.
fn tell(cli: &Cli, delivered: &Delivered<LayeredError<Error>>) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    let lost = delivered.error.as_ref();
    let mut worst = Exit::Accepted;
    for (to, outcome) in cli.to.iter().zip(&delivered.outcomes) {
        let (told, exit) = match outcome {
            Outcome::Accepted(reply) => (format!("accepted: {reply}"), Exit::Accepted),
            Outcome::Refused { stage, reply } => {
                (format!("refused at {}: {reply}", stage.as_str()), of_reply(*stage, reply))
            }
            Outcome::NotSent(NotSent::Lost | NotSent::Closing) => {
                ("not sent".to_owned(), lost.map_or(Exit::Temporary, of_error))
            }
            Outcome::NotSent(why) => (format!("not sent: {why:?}"), Exit::Message),
            Outcome::Unknown => {
                ("unknown: the connection was lost before the answer".to_owned(), Exit::Temporary)
            }
        };
        writeln!(out, "{to}: {told}")?;
        if let (Outcome::Refused { reply, .. }, Some(language)) = (outcome, cli.explain) {
            writeln!(out, "{}", Diagnosis::of(reply).explain(language))?;
        }
        if exit.rank() > worst.rank() {
            worst = exit;
        }
    }
    if let Some(error) = lost {
        writeln!(io::stderr(), "smtp-send: {error}")?;
    }
    Ok(worst)
}

fn of_reply(stage: Verb, reply: &Reply) -> Exit {
    if !reply.is_permanent() {
        Exit::Temporary
    } else if matches!(stage, Verb::Auth | Verb::AuthResponse) {
        Exit::NoPermission
    } else {
        Exit::Refused
    }
}

/// What the end of the conversation means for a message that was not sent.
fn of_error(error: &DriveError<LayeredError<Error>>) -> Exit {
    match error {
        DriveError::Session(LayeredError::Session(Error::Refused { stage, reply })) => {
            of_reply(*stage, reply)
        }
        error if error.kind().is_transient() => Exit::Temporary,
        DriveError::Session(_) | DriveError::Io(_) => Exit::Refused,
    }
}

/// How large the message is with CRLF at each line end, which is how it is sent.
fn size(message: &[u8]) -> u64 {
    let is_bare = |pair: &[u8]| match *pair {
        [b'\r', after] => after != b'\n',
        [before, b'\n'] => before != b'\r',
        _ => false,
    };
    let ends = message.windows(2).filter(|pair| is_bare(pair)).count();
    let ends = ends + usize::from(message.first() == Some(&b'\n'));
    (message.len() + ends + usize::from(message.last() == Some(&b'\r'))) as u64
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

fn mechanism(text: &str) -> Result<Mechanism, SaslError> {
    Mechanism::parse(text.as_bytes())
}

fn mailbox(text: &str) -> Result<Mailbox, ParseError> {
    Mailbox::parse(text)
}

fn domain(text: &str) -> Result<Domain, ParseError> {
    Domain::parse(text)
}

const EXIT_CODES: &str = "\
Each recipient is told in a line of output. Exit codes, those of sysexits.h; with several recipients
that of the worst counts, a refusal for good before one for now:
  0   accepted for every recipient
  75  may go better later: refused for now (4yz), not connected, or lost on the way
  69  refused for good (5yz), or the server does not offer what is insisted on
  65  the server takes no message like this: too large, or 8-bit
  77  the log-in was refused
  66  the message cannot be read
  78  no password, no certificates to trust, or a host name that can be none
  2   the command line is wrong";

/// The most octets of a message. No server takes as many.
const LARGEST: u64 = 256 << 20;
