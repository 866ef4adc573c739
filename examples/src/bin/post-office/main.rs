//! `post-office`: a mail server for a few domains in one program, and what administers it.
//!
//! `post-office serve` runs it, `post-office account` and `post-office alias` say who gets mail.
//! They may be called while it runs. `post-office tour` needs nothing: it shows the whole way of a
//! message.

mod account;
mod serve;
mod tour;

use std::{
    fmt,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use mail_examples::{
    accounts::AccountError,
    config::{Config, ConfigError},
    office::{OfficeError, clock},
    store::{Address, Domain, LoginName, NameError, SqliteStore, StoreError},
    tour::TourError,
};

/// A post office: SMTP, submission, POP3, IMAP and DNS for a few domains.
#[derive(Debug, Parser)]
#[command(name = "post-office", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the post office until Ctrl-C.
    Serve(serve::Serve),
    /// Say who has an account.
    #[command(subcommand)]
    Account(account::Command),
    /// Say where mail for further addresses goes.
    #[command(subcommand)]
    Alias(account::AliasCommand),
    /// Show the whole way of a message, step by step, and five that come back. Nothing else is
    /// needed, and nothing stays behind.
    Tour(tour::Tour),
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 the command line or the file is wrong.";

/// Where the configuration and the mail are.
#[derive(Debug, Args)]
struct Place {
    /// The configuration file; without it everything has its default.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory of the store and the certificate [default: ./post-office-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    /// Reads the file, if there is one.
    fn config(&self) -> Result<Config, Failure> {
        let mut config = match &self.config {
            Some(path) => Config::load(path).map_err(|error| Failure::config(path, error))?,
            None => Config::default(),
        };
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

/// Opens the store of a configuration.
fn open(config: &Config) -> Result<SqliteStore, Failure> {
    SqliteStore::open(&config.data, clock::wall())
        .map_err(|source| Failure::Open { data: config.data.clone(), source })
}

/// Why a command was not carried out, as it is told in one line.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The configuration file is wrong.
    #[error("{}: {source}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ConfigError,
    },
    /// The store does not open.
    #[error("cannot open the store in {}: {source}", data.display())]
    Open {
        /// Its directory.
        data: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// Something on the command line is wrong in a way that only shows with the rest.
    #[error("{0}")]
    Usage(String),
    /// A name on the command line is none.
    #[error("{text}: {source}")]
    Name {
        /// What was given.
        text: String,
        /// Why it is none.
        source: NameError,
    },
    /// A domain that this office does not serve.
    #[error(
        "{0} is not a domain of this post office: \
         name it in the file, or run `post-office serve --domain {0}` once"
    )]
    NotServed(Domain),
    /// The account is not there.
    #[error("there is no account {0}")]
    NoAccount(LoginName),
    /// The alias is not there.
    #[error("there is no alias {0}")]
    NoAlias(Address),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The office does not open.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// A step of the tour failed.
    #[error(transparent)]
    Tour(TourError),
    /// Ctrl-C, or SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// Standard input or output failed, or the runtime.
    #[error("{what}: {source}")]
    Io {
        /// What could not be done.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl Failure {
    fn config(path: &std::path::Path, source: ConfigError) -> Self {
        Self::Config { path: path.to_owned(), source }
    }

    fn name(text: &str) -> impl FnOnce(NameError) -> Self {
        let text = text.to_owned();
        move |source| Self::Name { text, source }
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config { .. }
            | Self::Usage(_)
            | Self::Name { .. }
            | Self::NotServed(_)
            | Self::Office(OfficeError::Host { .. }) => ExitCode::from(2),
            Self::Open { .. }
            | Self::NoAccount(_)
            | Self::NoAlias(_)
            | Self::Store(_)
            | Self::Account(_)
            | Self::Office(_)
            | Self::Tour(_)
            | Self::Interrupted
            | Self::Io { .. } => ExitCode::FAILURE,
        }
    }
}

/// Says something on standard output, at once.
fn say(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let said = out.write_fmt(text).and_then(|()| out.flush());
    said.map_err(|source| Failure::Io { what: "cannot write to standard output", source })
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Account(command) => command.run(),
        Command::Alias(command) => command.run(),
        Command::Tour(tour) => tour.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to be done if even this cannot be said.
            let _ = writeln!(io::stderr(), "post-office: {failure}");
            failure.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn ok_command_line_makes_sense() {
        Cli::command().debug_assert();
    }
}
