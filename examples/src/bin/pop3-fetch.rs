//! `pop3-fetch`: downloads what is new in a maildrop.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use clap::Parser;
use mail_examples::{
    client::{
        ClientError,
        args::{ArgsError, EXIT_CODES, Encryption, ServerArgs, failed},
        fetch::{Printed, Shown, fetch},
        mailbox::Mailbox,
        progress::When,
    },
    office::clock,
    tap::Protocol,
};
use mail_sasl::{BearerToken, Mechanism, SaslError, client::Identity};
use mail_wire::{drive::DriveError, layered::LayeredError};
use pop3_proto::{
    Violation,
    client::{
        Client, Config, Fetched, Leave, Order, PlaintextLogin, Plan, Seen, Tls, Utf8, Utf8Logins,
    },
};

/// Download the messages of a maildrop by POP3, each of them once.
///
/// STLS is insisted on unless --tls or --plain is given. With --to or --mbox only what has not come
/// yet is downloaded, whenever and however the last run ended; what has come is remembered beside it,
/// apart for each server and account (ports 110 and 995 of a host are one server). From a server that
/// gives messages no unique ids all are downloaded, and those that have come before thrown away.
/// Without both, all messages go to standard output.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// Log in by APOP, which does not show the password but rests on MD5. It only works without
    /// STLS.
    #[arg(long, conflicts_with_all = ["mechanism", "token"])]
    apop: bool,
    /// Log in by this mechanism alone, as PLAIN or SCRAM-SHA-256, or by USER, that is, USER and PASS
    /// [default: the strongest that is offered].
    #[arg(long, value_name = "NAME", value_parser = way)]
    mechanism: Option<Way>,
    /// The password is a token for OAUTHBEARER or XOAUTH2.
    #[arg(long)]
    token: bool,
    /// Do not say UTF8 to a server that offers it: messages with UTF-8 in their header come changed
    /// then, or not at all.
    #[arg(long)]
    no_utf8: bool,
    /// Leave all messages on the server. This is the default.
    #[arg(long, group = "leave")]
    keep: bool,
    /// Delete from the server what has been downloaded, once it is on disk.
    #[arg(long, group = "leave")]
    delete: bool,
    /// Delete from the server what was downloaded so many days ago; 0 is --delete.
    #[arg(long, group = "leave", value_name = "DAYS")]
    delete_after: Option<u32>,
    /// The Maildir for the messages.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The mbox for the messages.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    mbox: Option<PathBuf>,
    /// Show how much has come.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    progress: When,
}

/// How to log in, if it is not the strongest that is offered: some servers offer what they cannot do.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// USER and PASS.
    User,
    Sasl(Mechanism),
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("--user is needed")]
    NoUser,
    #[error("--delete-after needs --to or --mbox: there is nowhere to remember what has come")]
    NowhereToRemember,
    #[error(transparent)]
    Args(#[from] ArgsError),
    #[error(transparent)]
    Sasl(#[from] mail_errors::Misuse),
    #[error(transparent)]
    Client(#[from] ClientError<Violation>),
    #[error("{0}")]
    Conversation(DriveError<LayeredError<Violation>>),
    #[error("{what} refused: {answer}")]
    Refused { what: &'static str, answer: String, transient: bool },
    #[error("not sent: {0}")]
    NotSent(pop3_proto::client::NotSent),
    #[error("{0} of the messages did not come")]
    Skipped(usize),
    #[error("{0} of the messages were not deleted")]
    Undeleted(usize),
    #[error("the server ended the conversation")]
    Ended,
    #[error("{place}: {error}")]
    Keeping { place: String, error: io::Error },
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed("pop3-fetch", &failure, failure.is_transient()),
    }
}

impl Failure {
    fn is_transient(&self) -> bool {
        match self {
            Self::Client(error) => error.is_transient(),
            Self::Conversation(error) => error.kind().is_transient(),
            Self::Refused { transient, .. } => *transient,
            Self::Keeping { error, .. } => error.kind() == io::ErrorKind::WouldBlock,
            Self::Skipped(_) | Self::Ended => true,
            Self::NoUser
            | Self::NowhereToRemember
            | Self::Undeleted(_)
            | Self::Args(_)
            | Self::Sasl(_)
            | Self::NotSent(_) => false,
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let credentials = cli.server.credentials()?.ok_or(Failure::NoUser)?;
    let config = match cli.server.encryption() {
        Encryption::Unsaid | Encryption::StartTls => Config::new().tls(Tls::Required),
        Encryption::Implicit => Config::new().tls(Tls::Implicit),
        Encryption::Never => Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow),
    };
    let utf8 = if cli.no_utf8 { Utf8::Never } else { Utf8::IfOffered };
    // Servers without RFC 6856 compare passwords octet by octet, and this one is what its owner typed.
    let config = config.utf8(utf8).utf8_logins(Utf8Logins::Always);
    let leave = match cli.delete_after {
        Some(days) => Leave::days(days),
        None if cli.delete => Leave::Never,
        None => Leave::Forever,
    };
    let (peer, until) = (cli.server.peer(false)?, cli.server.until());
    let now = clock::wall().seconds();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.unsigned_abs());
    let (host, port) = &peer.address;
    let account = account(host, *port, credentials.user());
    let place = cli.to.as_ref().or(cli.mbox.as_ref()).map(PathBuf::as_path);
    let keeping = |error| {
        let place = place.unwrap_or(Path::new("standard output")).display().to_string();
        Failure::Keeping { place, error }
    };
    let mailbox = match (&cli.to, &cli.mbox) {
        (Some(path), _) => Some(Mailbox::maildir(path, &account, now).map_err(keeping)?),
        (None, Some(path)) => Some(Mailbox::mbox(path, &account, now).map_err(keeping)?),
        (None, None) if matches!(leave, Leave::For(_)) => return Err(Failure::NowhereToRemember),
        (None, None) => None,
    };
    let identity = match cli.token {
        true => {
            let token = BearerToken::new(credentials.password().clone())?;
            Identity::from(token.user(credentials.user())?.server(host.clone(), *port)?)
        }
        false => Identity::from(credentials.clone()),
    };
    let log_in = |client: &mut Client| match cli.mechanism {
        _ if cli.apop => client.apop(credentials),
        Some(Way::User) => client.login(credentials),
        Some(Way::Sasl(mechanism)) => client.authenticate(mechanism, identity),
        None => client.log_in(identity),
    };
    let (client, tap) = (Client::new(config), cli.server.tap(Protocol::Pop3));
    let fetched = match mailbox {
        Some(mailbox) => {
            let seen = mailbox.seen().clone();
            let order = Order { seen: &seen, leave, now };
            let mut keep = Shown::new(mailbox, cli.progress, io::stderr());
            let fetched = fetch(client, &peer, tap, log_in, order, &mut keep, until)?;
            forget(keep.into_inner(), order, &fetched).map_err(keeping)?;
            fetched
        }
        None => {
            let (seen, mut keep) = (Seen::new(), Printed);
            let order = Order { seen: &seen, leave, now };
            fetch(client, &peer, tap, log_in, order, &mut keep, until)?
        }
    };
    judge(fetched, keeping)
}

/// Names a maildrop. Whoever logs in elsewhere, or as another, has other messages, whatever their
/// ids are. The two ports of POP3 lead to one maildrop; behind any other port there may be another
/// server, at the end of a tunnel.
fn account(host: &str, port: u16, user: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match port {
        110 | 995 => format!("{host} {user}"),
        port => format!("{host}:{port} {user}"),
    }
}

/// Forgets what the server has not any more, because it may call others so. Listings that contradict
/// each other are not believed, nor is one where ids are missing.
fn forget(
    mut mailbox: Mailbox,
    order: Order<'_>,
    fetched: &Fetched<LayeredError<Violation>>,
) -> io::Result<()> {
    let inbox = fetched.inbox.as_ref().filter(|it| !fetched.is_unsettled && it.without_id() == 0);
    let plan = inbox.map(|inbox| Plan::new(inbox, order.seen, order.leave, order.now));
    mailbox.forget(&fetched.deleted, plan.as_ref().map_or(&[], Plan::gone))?;
    if fetched.is_complete() && !fetched.is_unsettled { mailbox.forget_nameless() } else { Ok(()) }
}

/// Says what went wrong, the worst first.
fn judge(
    fetched: Fetched<LayeredError<Violation>>,
    keeping: impl Fn(io::Error) -> Failure,
) -> Result<(), Failure> {
    let said = fetched.skipped.iter().filter_map(|(entry, why)| Some((entry, why.as_ref()?)));
    let undeleted = fetched.undeleted.iter().map(|(entry, why)| (entry, why));
    for (entry, why) in said.chain(undeleted) {
        // Nothing is left to be done if even this cannot be said.
        let _ = writeln!(io::stderr(), "pop3-fetch: message {}: {why}", entry.number());
    }
    // Where the connection broke, there may be a million.
    let unsaid = fetched.skipped.iter().filter(|(_, why)| why.is_none()).count();
    if unsaid > 0 && fetched.error.is_some() {
        let _ = writeln!(io::stderr(), "pop3-fetch: {unsaid} of the messages did not come");
    }
    if let Some(misuse) = fetched.misuse {
        return Err(misuse.into());
    }
    if let Some(error) = fetched.keeping {
        return Err(keeping(error));
    }
    if let Some(error) = fetched.error {
        return Err(Failure::Conversation(error));
    }
    if let Some((verb, response)) = fetched.refused {
        let transient = response.code().is_some_and(|code| code.is_transient());
        let answer = response.to_string();
        return Err(Failure::Refused { what: verb.as_str(), answer, transient });
    }
    if let Some(why) = fetched.not_sent {
        return Err(Failure::NotSent(why));
    }
    match (fetched.skipped.len() + fetched.unlisted, fetched.undeleted.len()) {
        (0, 0) if fetched.inbox.is_none() => Err(Failure::Ended),
        (0, 0) => Ok(()),
        (0, some) => Err(Failure::Undeleted(some)),
        (some, _) => Err(Failure::Skipped(some)),
    }
}

fn way(text: &str) -> Result<Way, SaslError> {
    match text {
        user if user.eq_ignore_ascii_case("USER") => Ok(Way::User),
        mechanism => Mechanism::parse(mechanism.as_bytes()).map(Way::Sasl),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_ports_of_pop3_lead_to_one_maildrop_and_no_others_do() {
        let one = account("pop.example.org", 110, "a");
        assert_eq!(account("POP.example.org.", 995, "a"), one);
        for (host, port, user) in [
            ("pop.example.org", 110, "b"),
            ("pop.example.org", 1110, "a"),
            ("pop.example.org", 1995, "a"),
            ("example.org", 110, "a"),
        ] {
            assert_ne!(account(host, port, user), one);
        }
    }
}
