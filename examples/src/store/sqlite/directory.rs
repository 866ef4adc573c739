//! Domains, accounts and aliases in SQLite.

use std::collections::{BTreeSet, HashSet};

use mail_errors::Secret;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::Failure;
use super::{SqliteStore, int, mailboxes, uint};
use crate::store::{
    Account, AccountId, Address, AliasTarget, Credentials, Directory, Domain, LoginName,
    MOST_TARGETS, MailboxName, NameError, NewAccount, Noun, Resolved, StoreError, Usage,
};

impl Directory for SqliteStore {
    fn add_domain(&self, domain: &Domain) -> Result<(), StoreError> {
        let domain = domain.clone();
        self.writer.run(move |connection| {
            connection
                .prepare_cached("INSERT OR IGNORE INTO domain (name) VALUES (?1)")?
                .execute([domain.as_str()])?;
            Ok(())
        })
    }

    fn remove_domain(&self, domain: &Domain) -> Result<(), StoreError> {
        let domain = domain.clone();
        self.writer.run(move |connection| {
            let removed = connection
                .prepare_cached("DELETE FROM domain WHERE name = ?1")?
                .execute([domain.as_str()])?;
            one(removed, Noun::Domain)
        })
    }

    fn domains(&self) -> Result<Vec<Domain>, StoreError> {
        self.readers.run(|connection| {
            let mut query = connection.prepare_cached("SELECT name FROM domain ORDER BY id")?;
            let domains = query.query_and_then([], |row| named(Domain::parse(&text(row, 0)?)))?;
            domains.collect()
        })
    }

    fn create_account(&self, account: &NewAccount) -> Result<AccountId, StoreError> {
        let account = account.clone();
        self.writer.run(move |connection| {
            let credentials = &account.credentials;
            let id: i64 = connection
                .prepare_cached(
                    "INSERT INTO account (login, scram, apop, quota) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING RETURNING id",
                )?
                .query_row(
                    params![
                        account.login.as_str(),
                        credentials.scram.expose(),
                        credentials.apop.as_ref().map(Secret::expose),
                        account.quota.map(int),
                    ],
                    |row| row.get(0),
                )
                .optional()?
                .ok_or(Failure::exists(Noun::Account))?;
            let id = AccountId::new(uint(id));
            write_addresses(connection, id, &account.addresses, &account.senders)?;
            mailboxes::insert(connection, id, &MailboxName::inbox())?;
            Ok(id)
        })
    }

    fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        self.readers.run(|connection| {
            let key = int(id.number());
            let query = format!("{ACCOUNT} WHERE id = ?1");
            let account = connection.prepare_cached(&query)?.query_and_then([key], account)?.next();
            complete(connection, account.ok_or(Failure::not_found(Noun::Account))??)
        })
    }

    fn account_by_login(&self, login: &LoginName) -> Result<Option<Account>, StoreError> {
        self.readers.run(|connection| {
            let query = format!("{ACCOUNT} WHERE login = ?1");
            let mut query = connection.prepare_cached(&query)?;
            let account = query.query_and_then([login.as_str()], account)?.next();
            account.map(|account| complete(connection, account?)).transpose()
        })
    }

    fn accounts(&self) -> Result<Vec<(AccountId, LoginName)>, StoreError> {
        self.readers.run(|connection| {
            let mut query =
                connection.prepare_cached("SELECT id, login FROM account ORDER BY id")?;
            let accounts = query.query_and_then([], |row| {
                Ok((account_id(row, 0)?, named(LoginName::parse(&text(row, 1)?))?))
            })?;
            accounts.collect()
        })
    }

    fn knows_apop(&self) -> Result<bool, StoreError> {
        self.readers.run(|connection| {
            let query = "SELECT EXISTS (SELECT 1 FROM account WHERE apop IS NOT NULL)";
            Ok(connection.prepare_cached(query)?.query_row([], |row| row.get(0))?)
        })
    }

    fn set_credentials(&self, id: AccountId, credentials: &Credentials) -> Result<(), StoreError> {
        let credentials = credentials.clone();
        self.writer.run(move |connection| {
            let apop = credentials.apop.as_ref().map(Secret::expose);
            let changed = connection
                .prepare_cached("UPDATE account SET scram = ?2, apop = ?3 WHERE id = ?1")?
                .execute(params![int(id.number()), credentials.scram.expose(), apop])?;
            one(changed, Noun::Account)
        })
    }

    fn set_quota(&self, id: AccountId, quota: Option<u64>) -> Result<(), StoreError> {
        self.writer.run(move |connection| {
            let changed = connection
                .prepare_cached("UPDATE account SET quota = ?2 WHERE id = ?1")?
                .execute(params![int(id.number()), quota.map(int)])?;
            one(changed, Noun::Account)
        })
    }

    fn set_addresses(
        &self,
        id: AccountId,
        addresses: &[Address],
        senders: &[Address],
    ) -> Result<(), StoreError> {
        let (addresses, senders) = (addresses.to_vec(), senders.to_vec());
        self.writer.run(move |connection| {
            exists(connection, id)?;
            for table in ["address", "sender"] {
                let delete = format!("DELETE FROM {table} WHERE account = ?1");
                connection.prepare_cached(&delete)?.execute([int(id.number())])?;
            }
            write_addresses(connection, id, &addresses, &senders)
        })
    }

    fn remove_account(&self, id: AccountId) -> Result<(), StoreError> {
        self.writer.run(move |connection| {
            let id = int(id.number());
            let steps = [
                "DELETE FROM message WHERE mailbox IN (SELECT id FROM mailbox WHERE account = ?1)",
                "DELETE FROM mailbox WHERE account = ?1",
                "DELETE FROM subscription WHERE account = ?1",
                "DELETE FROM address WHERE account = ?1",
                "DELETE FROM sender WHERE account = ?1",
                "DELETE FROM alias WHERE account = ?1",
            ];
            for step in steps {
                connection.prepare_cached(step)?.execute([id])?;
            }
            let delete = "DELETE FROM account WHERE id = ?1";
            one(connection.prepare_cached(delete)?.execute([id])?, Noun::Account)
        })
    }

    fn usage(&self, id: AccountId) -> Result<Usage, StoreError> {
        self.readers.run(|connection| usage(connection, id))
    }

    fn set_alias(&self, alias: &Address, targets: &[AliasTarget]) -> Result<(), StoreError> {
        let (alias, targets) = (alias.clone(), targets.to_vec());
        self.writer.run(move |connection| {
            if targets.len() > MOST_TARGETS {
                return Err(too_many());
            }
            let key = alias.folded();
            connection.prepare_cached("DELETE FROM alias WHERE key = ?1")?.execute([&key])?;
            if targets.is_empty() {
                return Ok(());
            }
            local(connection, alias.domain())?;
            if owner(connection, &key)?.is_some() {
                return Err(Failure::exists(Noun::Address));
            }
            let mut insert = connection.prepare_cached(
                "INSERT INTO alias (key, no, account, address) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (no, target) in (0_i64..).zip(&targets) {
                let (account, address) = match target {
                    AliasTarget::Account(id) => {
                        exists(connection, *id)?;
                        (Some(int(id.number())), None)
                    }
                    AliasTarget::Address(address) => (None, Some(address.as_str())),
                };
                insert.execute(params![key, no, account, address])?;
            }
            Ok(())
        })
    }

    fn aliases(&self) -> Result<Vec<(Address, Vec<AliasTarget>)>, StoreError> {
        self.readers.run(|connection| {
            let query = "SELECT account, address, key FROM alias ORDER BY key, no";
            let mut query = connection.prepare_cached(query)?;
            let mut rows = query.query([])?;
            let mut aliases: Vec<(Address, Vec<AliasTarget>)> = Vec::new();
            while let Some(row) = rows.next()? {
                let alias = named(Address::parse(&text(row, 2)?))?;
                let target = target(row)?;
                match aliases.last_mut().filter(|(last, _)| *last == alias) {
                    Some((_, targets)) => targets.push(target),
                    None => aliases.push((alias, vec![target])),
                }
            }
            Ok(aliases)
        })
    }

    fn resolve(&self, address: &Address) -> Result<Resolved, StoreError> {
        self.readers.run(|connection| {
            if !is_local(connection, address.domain())? {
                return Ok(Resolved::NotLocal);
            }
            let mut accounts = BTreeSet::new();
            let mut relay = Vec::new();
            let mut seen = HashSet::from([address.folded()]);
            let mut todo = vec![address.clone()];
            while let Some(address) = todo.pop() {
                // Each step is one address, and none comes twice: this ends.
                if !is_local(connection, address.domain())? {
                    relay.push(address);
                    continue;
                }
                let key = address.folded();
                accounts.extend(owner(connection, &key)?);
                for target in targets(connection, &key)? {
                    match target {
                        AliasTarget::Account(id) => drop(accounts.insert(id)),
                        AliasTarget::Address(next) if seen.insert(next.folded()) => todo.push(next),
                        AliasTarget::Address(_) => {}
                    }
                }
                if accounts.len() + seen.len() > MOST_TARGETS {
                    return Err(too_many());
                }
            }
            if accounts.is_empty() && relay.is_empty() {
                return Ok(Resolved::Unknown);
            }
            Ok(Resolved::To { accounts: accounts.into_iter().collect(), relay })
        })
    }
}

/// Fails if there is no such account.
pub(super) fn exists(connection: &Connection, id: AccountId) -> Result<(), Failure> {
    usage(connection, id).map(drop)
}

pub(super) fn usage(connection: &Connection, id: AccountId) -> Result<Usage, Failure> {
    connection
        .prepare_cached("SELECT used, quota FROM account WHERE id = ?1")?
        .query_row([int(id.number())], |row| {
            let quota: Option<i64> = row.get(1)?;
            Ok(Usage { used: uint(row.get(0)?), quota: quota.map(uint) })
        })
        .optional()?
        .ok_or(Failure::not_found(Noun::Account))
}

pub(super) fn account_id(row: &Row<'_>, column: usize) -> Result<AccountId, Failure> {
    Ok(AccountId::new(uint(row.get(column)?)))
}

/// A name that was legal when it was written.
pub(super) fn named<T>(name: Result<T, NameError>) -> Result<T, Failure> {
    name.map_err(Failure::corrupt)
}

pub(super) fn text(row: &Row<'_>, column: usize) -> Result<String, Failure> {
    Ok(row.get(column)?)
}

fn write_addresses(
    connection: &Connection,
    id: AccountId,
    addresses: &[Address],
    senders: &[Address],
) -> Result<(), Failure> {
    let id = int(id.number());
    let mut insert = connection.prepare_cached(
        "INSERT INTO address (key, address, account) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    for address in addresses {
        local(connection, address.domain())?;
        let key = address.folded();
        if !targets(connection, &key)?.is_empty() {
            return Err(Failure::exists(Noun::Alias));
        }
        if insert.execute(params![key, address.as_str(), id])? == 0 {
            return Err(Failure::exists(Noun::Address));
        }
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO sender (account, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for address in senders {
        insert.execute(params![id, address.as_str()])?;
    }
    Ok(())
}

/// Reads a row of [`ACCOUNT`], but for its addresses.
fn account(row: &Row<'_>) -> Result<Account, Failure> {
    let secret = |octets: Vec<u8>| Secret::new(octets);
    Ok(Account {
        id: account_id(row, 0)?,
        login: named(LoginName::parse(&text(row, 1)?))?,
        credentials: Credentials {
            scram: secret(row.get(2)?),
            apop: row.get::<_, Option<Vec<u8>>>(3)?.map(secret),
        },
        quota: row.get::<_, Option<i64>>(4)?.map(uint),
        addresses: Vec::new(),
        senders: Vec::new(),
    })
}

fn complete(connection: &Connection, mut account: Account) -> Result<Account, Failure> {
    let id = int(account.id.number());
    let list = |table: &str| -> Result<Vec<Address>, Failure> {
        let query = format!("SELECT address FROM {table} WHERE account = ?1 ORDER BY address");
        let mut query = connection.prepare_cached(&query)?;
        query.query_and_then([id], |row| named(Address::parse(&text(row, 0)?)))?.collect()
    };
    account.addresses = list("address")?;
    account.senders = list("sender")?;
    Ok(account)
}

fn is_local(connection: &Connection, domain: &Domain) -> Result<bool, Failure> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM domain WHERE name = ?1")?
        .exists([domain.as_str()])?)
}

fn local(connection: &Connection, domain: &Domain) -> Result<(), Failure> {
    if is_local(connection, domain)? { Ok(()) } else { Err(Failure::not_found(Noun::Domain)) }
}

fn owner(connection: &Connection, key: &str) -> Result<Option<AccountId>, Failure> {
    let owner = connection
        .prepare_cached("SELECT account FROM address WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(owner.map(|id| AccountId::new(uint(id))))
}

fn targets(connection: &Connection, key: &str) -> Result<Vec<AliasTarget>, Failure> {
    let query = "SELECT account, address FROM alias WHERE key = ?1 ORDER BY no";
    connection.prepare_cached(query)?.query_and_then([key], target)?.collect()
}

fn target(row: &Row<'_>) -> Result<AliasTarget, Failure> {
    match row.get::<_, Option<i64>>(0)? {
        Some(id) => Ok(AliasTarget::Account(AccountId::new(uint(id)))),
        None => Ok(AliasTarget::Address(named(Address::parse(&text(row, 1)?))?)),
    }
}

const fn too_many() -> Failure {
    Failure::Store(StoreError::TooMany { what: Noun::Alias, limit: MOST_TARGETS as u64 })
}

fn one(changed: usize, what: Noun) -> Result<(), Failure> {
    if changed == 0 { Err(Failure::not_found(what)) } else { Ok(()) }
}

const ACCOUNT: &str = "SELECT id, login, scram, apop, quota FROM account";
