//! `pop3-fetch`: downloads what lies in a maildrop.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use mail_examples::{
    client::{
        ClientError, Connection,
        args::{ArgsError, EXIT_CODES, Encryption, ServerArgs, failed},
        folder::Folder,
        pop3,
    },
    tap::Protocol,
};
use pop3_proto::{
    Violation,
    client::{Client, Config, PlaintextLogin, Tls},
};

/// Download the messages of a maildrop by POP3.
///
/// STLS is insisted on unless --tls or --plain is given. With --to only what is not there yet is
/// downloaded.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    server: ServerArgs,
    /// Log in by APOP, which does not show the password but rests on MD5. It only works without
    /// STLS.
    #[arg(long)]
    apop: bool,
    /// Delete from the server what has been downloaded, once it is on disk.
    #[arg(long)]
    delete: bool,
    /// The directory for the messages, a file each, named as the server names them: one directory
    /// for each maildrop. Without it they go to standard output.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("--user is needed")]
    NoUser,
    #[error(transparent)]
    Args(#[from] ArgsError),
    #[error(transparent)]
    Client(#[from] ClientError<Violation>),
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match fetch(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let later = matches!(&failure, Failure::Client(error) if error.is_transient());
            failed("pop3-fetch", &failure, later)
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
    let (peer, until) = (cli.server.peer(false)?, cli.server.until());
    let tap = cli.server.tap(Protocol::Pop3);
    let mut drop = Connection::open(Client::new(config), &peer, tap, until).await?;
    let log_in = |client: &mut Client| match cli.apop {
        true => client.apop(credentials),
        false => client.log_in(credentials),
    };
    pop3::run(&mut drop, log_in, until, |_| Ok(())).await?;

    for message in pop3::list(&mut drop, until).await? {
        let name = message.id.as_ref().map_or(message.number.to_string(), |id| id.to_string());
        // A number names another message next time, a unique id never does (RFC 1939 7).
        let is_there = message.id.is_some() && folder.as_ref().is_some_and(|it| it.has(&name));
        match &folder {
            _ if is_there => {}
            Some(folder) => {
                let mut page = folder.begin(&name)?;
                let piece = |octets: bytes::Bytes| page.write_all(&octets);
                pop3::retrieve(&mut drop, message.number, until, piece).await?;
                page.finish()?;
                writeln!(io::stdout(), "{name}: {} octets", message.size)?;
            }
            None => {
                let piece = |octets: bytes::Bytes| io::stdout().write_all(&octets);
                pop3::retrieve(&mut drop, message.number, until, piece).await?;
                io::stdout().flush()?;
            }
        }
        if cli.delete {
            pop3::run(&mut drop, |it| it.dele(message.number), until, |_| Ok(())).await?;
        }
    }
    // Only now is deleted what is marked.
    pop3::run(&mut drop, Client::quit, until, |_| Ok(())).await?;
    Ok(drop.close(until).await?)
}
