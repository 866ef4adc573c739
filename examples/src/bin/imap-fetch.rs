//! `imap-fetch`: lists or downloads what lies in a mailbox, and waits for more.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use imap_proto::{
    FetchAttribute, FetchItem, FetchItems, MailboxName, NameForm, Response, Section, SequenceSet,
    client::{Client, ClientError as Error, Config, Event, PlaintextLogin, Tls},
};
use mail_errors::Misuse;
use mail_examples::{
    client::{
        ClientError, Connection,
        args::{ArgsError, EXIT_CODES, Encryption, ServerArgs, failed},
        folder::{Folder, Page},
        imap::{self, Fetched},
        within,
    },
    tap::Protocol,
};

/// List the messages of a mailbox by IMAP or, with --to, download them.
///
/// STARTTLS is insisted on unless --tls or --plain is given. The mailbox is opened for reading
/// only: nothing in it changes.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// The mailbox.
    #[arg(long, value_name = "NAME", default_value = "INBOX")]
    mailbox: String,
    /// The directory for the messages, a file each, named by UIDVALIDITY and UID. Without it they
    /// are listed.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Then wait so long for more.
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("--user is needed")]
    NoUser,
    #[error(transparent)]
    Args(#[from] ArgsError),
    #[error(transparent)]
    Client(#[from] ClientError<Error>),
    #[error(transparent)]
    Misuse(#[from] Misuse),
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match fetch(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let later = matches!(&failure, Failure::Client(error) if error.is_transient());
            failed("imap-fetch", &failure, later)
        }
    }
}

async fn fetch(cli: &Cli) -> Result<(), Failure> {
    let credentials = cli.server.credentials()?.ok_or(Failure::NoUser)?;
    let config = match cli.server.encryption() {
        Encryption::Unsaid | Encryption::StartTls => Config::new().tls(Tls::Required),
        Encryption::Implicit => Config::new().tls(Tls::Implicit),
        Encryption::Never => Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow),
    };
    let folder = cli.to.as_deref().map(Folder::new).transpose()?;
    let name = MailboxName::from_utf8(&cli.mailbox, NameForm::Utf7)?;
    let (peer, until) = (cli.server.peer(false)?, cli.server.until());
    let tap = cli.server.tap(Protocol::Imap);
    let mut mailbox = Connection::open(Client::new(config), &peer, tap, until).await?;
    imap::run(&mut mailbox, "LOGIN", |it| it.log_in(credentials), until, |_| Ok(())).await?;
    imap::run(&mut mailbox, "EXAMINE", |it| it.examine(name), until, |_| Ok(())).await?;

    let waited = cli.idle.map(|seconds| within(Duration::from_secs(seconds.into())));
    let mut new = 1..=imap::count(&mut mailbox);
    loop {
        if !new.is_empty() {
            let set = format!("{}:{}", new.start(), new.end());
            match &folder {
                Some(folder) => download(&mut mailbox, folder, &set, until).await?,
                None => list(&mut mailbox, &set, until).await?,
            }
        }
        let Some(waited) = waited else { break };
        let known = imap::idle(&mut mailbox, *new.end(), until).await?;
        new = match imap::wait_for_more(&mut mailbox, known, waited.min(until)).await {
            Ok(new) => new,
            Err(ClientError::TooLate) => break,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(mailbox.close(until).await?)
}

/// Downloads messages, each straight into its file.
async fn download(
    mailbox: &mut Connection<Client>,
    folder: &Folder,
    set: &str,
    until: Instant,
) -> Result<(), Failure> {
    let validity = mailbox.session().mailbox().and_then(|mailbox| mailbox.uid_validity());
    let validity = validity.map_or(0, |validity| validity.get());
    let mut open: Option<(String, Page)> = None;
    let set = SequenceSet::parse(set.as_bytes()).map_err(|_| NO_SET)?;
    let see = |part| match (part, &mut open) {
        (Fetched::Begin(start), open) => {
            let uid = start.uid.map_or(0, |uid| uid.get());
            let name = format!("{validity}.{uid}");
            *open = Some((name.clone(), folder.begin(&name)?));
            writeln!(io::stdout(), "{name}: {} octets", start.octets)
        }
        (Fetched::Piece(octets), Some((_, page))) => page.write_all(&octets),
        (Fetched::End, open) => open.take().map_or(Ok(()), |(_, page)| page.finish()),
        (Fetched::Piece(_), None) => Ok(()),
    };
    Ok(imap::fetch(mailbox, set, Section::ALL, true, until, see).await?)
}

/// Lists messages: UID, octets, when they came in, and flags.
#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is asked for")]
async fn list(mailbox: &mut Connection<Client>, set: &str, until: Instant) -> Result<(), Failure> {
    let set = SequenceSet::parse(set.as_bytes()).map_err(|_| NO_SET)?;
    let wanted = [FetchItem::Uid, FetchItem::Rfc822Size, FetchItem::InternalDate, FetchItem::Flags];
    let items = FetchItems::new(wanted)?;
    let see = |event| {
        let Event::Data { response: Response::Fetch(fetched), .. } = event else { return Ok(()) };
        let told = fetched.attributes.iter().filter_map(|attribute| match attribute {
            FetchAttribute::Uid(uid) => Some(format!("  uid {uid}")),
            FetchAttribute::Rfc822Size(octets) => Some(format!("  {octets} octets")),
            FetchAttribute::InternalDate(date) => Some(format!("  {date}")),
            FetchAttribute::Flags(flags) => {
                Some(flags.iter().map(|it| format!("  {it}")).collect())
            }
            _ => None,
        });
        let line: String = [fetched.number.to_string()].into_iter().chain(told).collect();
        writeln!(io::stdout(), "{line}")
    };
    Ok(imap::run(mailbox, "FETCH", |it| it.fetch(false, set, items), until, see).await?)
}

const NO_SET: Misuse = Misuse::Invalid { what: "sequence set", why: "it is none" };
