//! `post-office account` and `post-office alias`.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, Read as _},
};

use clap::{Args, Subcommand};
use mail_errors::Secret;
use mail_examples::{
    accounts::{credentials, random_password},
    config::parse_size,
    store::{
        Account, Address, AliasTarget, Directory as _, Domain, LoginName, NewAccount, SqliteStore,
        StoreError,
    },
};

use crate::{Failure, Place, open, say};

/// What can be done with accounts. One that stands in the configuration file is set to what the
/// file says each time the post office starts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account that logs in with its address.
    Add(Add),
    /// List the accounts, what they hold, and their addresses.
    List(Place),
    /// Remove an account and all its mail.
    Remove {
        /// The name it logs in with.
        login: String,
        #[command(flatten)]
        place: Place,
    },
    /// Change the password of an account; a new one is made up if none is given.
    Password {
        /// The name it logs in with.
        login: String,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        place: Place,
    },
}

/// What can be done with aliases.
#[derive(Debug, Subcommand)]
pub(crate) enum AliasCommand {
    /// Let mail for an address go to others, here or elsewhere, instead of where it went before.
    Set {
        /// The address.
        alias: String,
        /// Where its mail goes.
        #[arg(required = true)]
        target: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the aliases.
    List(Place),
    /// Remove an alias.
    Remove {
        /// The address.
        alias: String,
        #[command(flatten)]
        place: Place,
    },
}

/// An account that is to be made.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The address of the account, which it also logs in with.
    address: String,
    #[command(flatten)]
    password: NewPassword,
    /// The most that it may hold, like 500MB or 1GiB, or unlimited [default: as the file says, or
    /// 1GiB].
    #[arg(long, value_name = "SIZE", value_parser = quota)]
    quota: Option<Quota>,
    /// Let the account log in by APOP as well. This costs: the password itself is then stored in
    /// clear text, and whoever gets hold of the store can read it, where otherwise there are only
    /// keys that it cannot be read from. APOP also rests on MD5, which is broken, and once
    /// one account has it the server offers it, which some mail programs then try for every account.
    /// Better use POP3 over TLS.
    #[arg(long)]
    apop: bool,
    /// A further address that the account may send from; may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    sender: Vec<String>,
    /// A further address whose mail goes to the account, beside all who get it already; may be given
    /// several times.
    #[arg(long, value_name = "ADDRESS")]
    alias: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// Where a password comes from; it is made up, and told, if it comes from nowhere.
#[derive(Debug, Args)]
pub(crate) struct NewPassword {
    /// Read the password from standard input: its first line.
    #[arg(long, conflicts_with = "password")]
    password_stdin: bool,
    /// The password. Everybody on this machine can see it while the command runs.
    #[arg(long, value_name = "PASSWORD", value_parser = secret)]
    password: Option<Secret>,
}

#[derive(Debug, Clone, Copy)]
enum Quota {
    Octets(u64),
    Unlimited,
}

impl Command {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(),
            Self::List(place) => list(&open(&place.config()?)?),
            Self::Remove { login, place } => {
                let store = open(&place.config()?)?;
                store.remove_account(find(&store, login)?.id)?;
                say(format_args!("removed {login}\n"))
            }
            Self::Password { login, password, place } => {
                let store = open(&place.config()?)?;
                let account = find(&store, login)?;
                let (secret, told) = password.take()?;
                // Who asked for APOP once would else be locked out of it.
                let apop = account.credentials.apop.is_some();
                store.set_credentials(account.id, &credentials(&secret, apop)?)?;
                say(format_args!("changed {login}{told}\n"))
            }
        }
    }
}

impl AliasCommand {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Set { alias, target, place } => {
                let store = with_domains(place)?.1;
                let alias = address(alias)?;
                served(&store, alias.domain())?;
                let targets: Vec<_> = target.iter().map(|text| address(text)).collect();
                let targets: Vec<_> = targets.into_iter().collect::<Result<_, _>>()?;
                let targets: Vec<_> = targets.into_iter().map(AliasTarget::Address).collect();
                store.set_alias(&alias, &targets)?;
                say(format_args!("set {alias}\n"))
            }
            Self::List(place) => {
                let store = open(&place.config()?)?;
                for (alias, targets) in store.aliases()? {
                    say(format_args!("{alias} ->"))?;
                    for target in targets {
                        match target {
                            AliasTarget::Account(id) => {
                                say(format_args!(" {}", store.account(id)?.login))?;
                            }
                            AliasTarget::Address(address) => say(format_args!(" {address}"))?,
                        }
                    }
                    say(format_args!("\n"))?;
                }
                Ok(())
            }
            Self::Remove { alias, place } => {
                let store = open(&place.config()?)?;
                let alias = address(alias)?;
                if !store.aliases()?.iter().any(|(known, _)| known.folded() == alias.folded()) {
                    return Err(Failure::NoAlias(alias));
                }
                store.set_alias(&alias, &[])?;
                say(format_args!("removed {alias}\n"))
            }
        }
    }
}

impl Add {
    fn run(&self) -> Result<(), Failure> {
        let (quota, store) = with_domains(&self.place)?;
        let own = address(&self.address)?;
        served(&store, own.domain())?;
        let senders = self.sender.iter().map(|text| address(text)).collect::<Result<_, _>>()?;
        let aliases = self.alias.iter().map(|text| address(text));
        let aliases: Vec<_> = aliases.collect::<Result<_, _>>()?;
        for alias in &aliases {
            served(&store, alias.domain())?;
        }
        let (secret, told) = self.password.take()?;
        let id = store.create_account(&NewAccount {
            login: LoginName::parse(own.as_str()).map_err(Failure::name(&self.address))?,
            credentials: credentials(&secret, self.apop)?,
            quota: match self.quota {
                Some(Quota::Octets(octets)) => Some(octets),
                Some(Quota::Unlimited) => None,
                None => quota,
            },
            addresses: vec![own.clone()],
            senders,
        })?;
        let led_here = aliases.iter().try_for_each(|alias| {
            let known = store.aliases()?;
            let known = known.into_iter().find(|(known, _)| known.folded() == alias.folded());
            let mut targets = known.map(|(_, targets)| targets).unwrap_or_default();
            targets.push(AliasTarget::Account(id));
            store.set_alias(alias, &targets)
        });
        if let Err(error) = led_here {
            // Nobody has been told the password, so that nobody could use what is left.
            store.remove_account(id)?;
            return Err(error.into());
        }
        say(format_args!("added {own}{told}\n"))
    }
}

impl NewPassword {
    /// Takes the password, and what a person must be told of it.
    fn take(&self) -> Result<(Secret, String), Failure> {
        if let Some(password) = &self.password {
            return Ok((password.clone(), String::new()));
        }
        if !self.password_stdin {
            let made = random_password()?;
            let told = format!(" password {}", String::from_utf8_lossy(made.expose()));
            return Ok((made, told));
        }
        let mut line = Vec::new();
        let read = io::stdin().lock().take(LONGEST_PASSWORD + 2).read_until(b'\n', &mut line);
        read.map_err(|source| Failure::Io { what: "cannot read the password", source })?;
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() as u64 > LONGEST_PASSWORD {
            return Err(Failure::Usage(format!(
                "the password is longer than {LONGEST_PASSWORD} octets"
            )));
        }
        Ok((Secret::new(line), String::new()))
    }
}

/// Opens the store, with the domains of the file in it; a store without any gets the default. Also
/// returns the quota of those who get none of their own.
fn with_domains(place: &Place) -> Result<(Option<u64>, SqliteStore), Failure> {
    let config = place.config()?;
    let store = open(&config)?;
    if place.config.is_some() || store.domains()?.is_empty() {
        for domain in &config.domains {
            store.add_domain(domain)?;
        }
    }
    Ok((config.limits.quota, store))
}

fn served(store: &SqliteStore, domain: &Domain) -> Result<(), Failure> {
    match store.domains()?.contains(domain) {
        true => Ok(()),
        false => Err(Failure::NotServed(domain.clone())),
    }
}

fn find(store: &SqliteStore, login: &str) -> Result<Account, Failure> {
    let name = LoginName::parse(login).map_err(Failure::name(login))?;
    store.account_by_login(&name)?.ok_or(Failure::NoAccount(name))
}

fn list(store: &SqliteStore) -> Result<(), Failure> {
    for (id, login) in store.accounts()? {
        let account = match store.account(id) {
            Ok(account) => account,
            // Somebody else has removed it meanwhile.
            Err(StoreError::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let usage = store.usage(id)?;
        let mut line = format!("{login}  {}", human(usage.used));
        let written = match usage.quota {
            Some(quota) => write!(line, " of {}", human(quota)),
            None => write!(line, ", no quota"),
        };
        written.expect("a string takes all");
        if account.credentials.apop.is_some() {
            line.push_str("  APOP (password in clear text)");
        }
        say(format_args!("{line}\n"))?;
        for address in &account.addresses {
            say(format_args!("    gets and sends {address}\n"))?;
        }
        for address in &account.senders {
            say(format_args!("    sends {address}\n"))?;
        }
    }
    Ok(())
}

/// A size as people read it, rounded down to three digits or so.
fn human(octets: u64) -> String {
    let units = ["octets", "KiB", "MiB", "GiB", "TiB"];
    let fits = |power: &u32| octets >> (10 * power) < 1024;
    let power = (0..4).find(fits).unwrap_or(4);
    let unit = units.get(power as usize).copied().unwrap_or("TiB");
    let whole = octets >> (10 * power);
    if power == 0 || whole >= 100 {
        return format!("{whole} {unit}");
    }
    let tenths = (octets >> (10 * (power - 1))) % 1024 * 10 / 1024;
    match tenths {
        0 => format!("{whole} {unit}"),
        _ => format!("{whole}.{tenths} {unit}"),
    }
}

fn address(text: &str) -> Result<Address, Failure> {
    Address::parse(text).map_err(Failure::name(text))
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::from(text))
}

fn quota(text: &str) -> Result<Quota, String> {
    if text == "unlimited" {
        return Ok(Quota::Unlimited);
    }
    let octets = parse_size(text).ok_or("not a size like 512, 1GiB or unlimited")?;
    Ok(Quota::Octets(octets))
}

/// The longest password that is read, in octets; PLAIN could not carry a much longer one.
const LONGEST_PASSWORD: u64 = 1024;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn ok_sizes_as_people_read_them() {
        let cases = [
            (0, "0 octets"),
            (1023, "1023 octets"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (200 << 10, "200 KiB"),
            ((1 << 30) - 1, "1023 MiB"),
            (1 << 30, "1 GiB"),
            (u64::MAX, "16777215 TiB"),
        ];
        for (octets, text) in cases {
            assert_eq!(human(octets), text);
        }
    }

    #[test]
    fn ok_help_of_apop_says_what_it_costs() {
        let mut cli = crate::Cli::command();
        let account = cli.find_subcommand_mut("account").expect("is there");
        let add = account.find_subcommand_mut("add").expect("is there");
        let help = add.render_long_help().to_string();
        let apop = help.split_once("--apop").expect("is there").1;
        assert!(apop.contains("clear text"), "{help}");
    }
}
