//! Passwords and accounts: how they are made, and how a log-in is checked.
//!
//! A password is kept as SCRAM-SHA-256 keys (RFC 7677), with which a client proves that it knows the
//! password without sending it, and which check PLAIN and LOGIN as well. APOP
//! (RFC 1939 7) needs the password itself, so it is kept in plain for those alone who asked for it;
//! whoever steals the store then has these passwords, and not merely a way of guessing at them.

use mail_errors::{Misuse, Secret};
use mail_sasl::{ScramHash, ScramKeys};
use thiserror::Error;

use crate::config::{AccountConfig, Config, PasswordConfig};
use crate::store::{
    Account, Address, AliasTarget, Credentials, Domain, LoginName, NewAccount, Store, StoreError,
};

/// The price of one guess, in hashes.
pub const ITERATIONS: u32 = 20_000;

/// An account that could not be made or checked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The system gives no random numbers.
    #[error("no random numbers: {reason}")]
    Random {
        /// What it said.
        reason: getrandom::Error,
    },
    /// The password cannot be one.
    #[error("the password cannot be used: {0}")]
    Password(#[from] Misuse),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<getrandom::Error> for AccountError {
    fn from(reason: getrandom::Error) -> Self {
        Self::Random { reason }
    }
}

/// Derives what is kept of a password; with `apop` the password as well.
///
/// # Errors
///
/// [`AccountError::Random`], or [`AccountError::Password`] for an empty one.
pub fn credentials(password: &Secret, apop: bool) -> Result<Credentials, AccountError> {
    if password.expose().is_empty() {
        return Err(Misuse::Invalid { what: "password", why: "it is empty" }.into());
    }
    let keys = ScramKeys::derive(password, &random::<16>()?, ITERATIONS)?;
    Ok(Credentials {
        scram: Secret::from(keys.to_text().as_str()),
        apop: apop.then(|| password.clone()),
    })
}

/// Makes a password of 20 letters and digits that look like no others: 100 bits.
///
/// # Errors
///
/// [`AccountError::Random`].
pub fn random_password() -> Result<Secret, AccountError> {
    let letters: Vec<u8> = random::<20>()?
        .into_iter()
        .filter_map(|octet| ALPHABET.get(usize::from(octet) % ALPHABET.len()).copied())
        .collect();
    Ok(Secret::new(letters))
}

/// Checks passwords, and takes as long for an account that is not there as for a wrong password.
#[derive(Debug)]
pub struct Authenticator {
    /// Belongs to nobody.
    decoy: ScramKeys,
    /// What the keys are made of that are shown for names without an account.
    secret: Secret,
}

impl Authenticator {
    /// Makes an authenticator.
    ///
    /// # Errors
    ///
    /// [`AccountError::Random`].
    pub fn new() -> Result<Self, AccountError> {
        let password = Secret::new(random::<32>()?);
        let decoy = ScramKeys::derive(&password, &random::<16>()?, ITERATIONS)?;
        Ok(Self { decoy, secret: Secret::new(random::<32>()?) })
    }

    /// Returns the keys of an account for SCRAM-SHA-256, and for a name without an account keys
    /// that nobody's password fits: the same each time, so that nothing tells who has an account.
    ///
    /// # Errors
    ///
    /// As [`Authenticator::check_password`].
    pub fn scram_keys(&self, store: &dyn Store, login: &str) -> Result<ScramKeys, AccountError> {
        match find(store, login)? {
            Some(account) => keys(&account),
            // One account, one decoy, in whatever case the name is written.
            None => {
                let login = login.to_lowercase();
                Ok(ScramKeys::decoy(ScramHash::Sha256, &self.secret, &login, ITERATIONS)?)
            }
        }
    }

    /// Returns the account of somebody who has shown that they know its password.
    ///
    /// # Errors
    ///
    /// As [`Authenticator::check_password`].
    pub fn proven(&self, store: &dyn Store, login: &str) -> Result<Option<Account>, AccountError> {
        find(store, login)
    }

    /// Returns the account if login name and password are right, in whatever case the name is
    /// written.
    ///
    /// Costs some milliseconds of computing: not for the thread of an event loop.
    ///
    /// # Errors
    ///
    /// [`AccountError::Store`], which is no answer to the question: 454 4.7.0, not 535.
    pub fn check_password(
        &self,
        store: &dyn Store,
        login: &str,
        password: &Secret,
    ) -> Result<Option<Account>, AccountError> {
        let account = find(store, login)?;
        let Some(account) = account else {
            // The same work for nothing, or the time would tell who has an account.
            let _never = self.decoy.verify_password(password);
            return Ok(None);
        };
        Ok(keys(&account)?.verify_password(password).then_some(account))
    }

    /// Returns the account if it may use APOP (RFC 1939 7) and `verify` finds that the digest was
    /// made with its password.
    ///
    /// # Errors
    ///
    /// As [`Authenticator::check_password`].
    pub fn check_apop(
        &self,
        store: &dyn Store,
        login: &str,
        verify: impl FnOnce(&Secret) -> bool,
    ) -> Result<Option<Account>, AccountError> {
        let account = find(store, login)?;
        let secret = account.as_ref().and_then(|account| account.credentials.apop.clone());
        let known = secret.is_some();
        // Somebody without a secret takes as long, and never gets in.
        let secret = secret.unwrap_or_else(|| self.decoy.server_key());
        let right = verify(&secret);
        Ok(account.filter(|_| known && right))
    }
}

/// A log-in that was made up, to be told to a person once.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// The name.
    pub login: LoginName,
    /// The password.
    pub password: Secret,
}

/// Brings domains, accounts and aliases of the configuration into the store. When there is no
/// account after that, makes `alice@` and `bob@` of the first domain, with passwords that
/// nobody knows yet, and returns them.
///
/// An account that is there already keeps its mail; password, quota and addresses are set to
/// what the configuration says. `postmaster@` of every domain leads to the first account, unless
/// somebody else has it (RFC 5321 4.5.1).
///
/// # Errors
///
/// [`AccountError`]; what was done up to there stays done, and doing it again does no harm.
pub fn set_up(store: &dyn Store, config: &Config) -> Result<Vec<NewLogin>, AccountError> {
    for domain in &config.domains {
        store.add_domain(domain)?;
    }
    for account in &config.accounts {
        bring_in(store, account)?;
    }
    let mut made = Vec::new();
    if store.accounts()?.is_empty()
        && let Some(domain) = config.domains.first()
    {
        for name in ["alice", "bob"] {
            made.push(first_account(store, name, domain, config.limits.quota)?);
        }
    }
    for (alias, targets) in &config.aliases {
        let targets: Vec<_> = targets.iter().cloned().map(AliasTarget::Address).collect();
        store.set_alias(alias, &targets)?;
    }
    set_postmasters(store, &config.domains)?;
    Ok(made)
}

fn bring_in(store: &dyn Store, config: &AccountConfig) -> Result<(), AccountError> {
    let Some(account) = store.account_by_login(&config.login)? else {
        store.create_account(&NewAccount {
            login: config.login.clone(),
            credentials: new_credentials(&config.password)?,
            quota: config.quota,
            addresses: config.addresses.clone(),
            senders: config.senders.clone(),
        })?;
        return Ok(());
    };
    if !is_kept(&account, &config.password)? {
        store.set_credentials(account.id, &new_credentials(&config.password)?)?;
    }
    if account.quota != config.quota {
        store.set_quota(account.id, config.quota)?;
    }
    let same = |ours: &[Address], theirs: &[Address]| {
        let sorted = |list: &[Address]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        sorted(ours) == sorted(theirs)
    };
    if !same(&account.addresses, &config.addresses) || !same(&account.senders, &config.senders) {
        store.set_addresses(account.id, &config.addresses, &config.senders)?;
    }
    Ok(())
}

fn new_credentials(password: &PasswordConfig) -> Result<Credentials, AccountError> {
    match password {
        PasswordConfig::Plain { password, apop } => credentials(password, *apop),
        PasswordConfig::Scram(keys) => {
            Ok(Credentials { scram: Secret::from(keys.to_text().as_str()), apop: None })
        }
    }
}

/// Tells whether the store holds what the configuration says: keys have another salt each time.
fn is_kept(account: &Account, password: &PasswordConfig) -> Result<bool, AccountError> {
    match password {
        PasswordConfig::Plain { password, apop } => {
            let wanted = apop.then_some(password);
            Ok(account.credentials.apop.as_ref() == wanted
                && keys(account)?.verify_password(password))
        }
        PasswordConfig::Scram(keys) => {
            let text = keys.to_text();
            Ok(account.credentials.scram.expose() == text.as_bytes()
                && account.credentials.apop.is_none())
        }
    }
}

fn first_account(
    store: &dyn Store,
    name: &str,
    domain: &Domain,
    quota: Option<u64>,
) -> Result<NewLogin, AccountError> {
    let address = Address::parse(&format!("{name}@{domain}")).map_err(StoreError::backend)?;
    let login = LoginName::parse(address.as_str()).map_err(StoreError::backend)?;
    let password = random_password()?;
    store.create_account(&NewAccount {
        login: login.clone(),
        credentials: credentials(&password, false)?,
        quota,
        addresses: vec![address],
        senders: Vec::new(),
    })?;
    Ok(NewLogin { login, password })
}

fn set_postmasters(store: &dyn Store, domains: &[Domain]) -> Result<(), AccountError> {
    let accounts = store.accounts()?;
    let Some((first, _)) = accounts.first() else { return Ok(()) };
    for domain in domains {
        let address =
            Address::parse(&format!("postmaster@{domain}")).map_err(StoreError::backend)?;
        if store.resolve(&address)? == crate::store::Resolved::Unknown {
            store.set_alias(&address, &[AliasTarget::Account(*first)])?;
        }
    }
    Ok(())
}

fn find(store: &dyn Store, login: &str) -> Result<Option<Account>, AccountError> {
    let Ok(login) = LoginName::parse(login) else { return Ok(None) };
    Ok(store.account_by_login(&login)?)
}

fn keys(account: &Account) -> Result<ScramKeys, AccountError> {
    let text = str::from_utf8(account.credentials.scram.expose()).unwrap_or_default();
    let damaged = |_| StoreError::corrupt(format_args!("the keys of account {}", account.id));
    Ok(ScramKeys::parse(text).map_err(damaged)?)
}

fn random<const N: usize>() -> Result<[u8; N], AccountError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)?;
    Ok(octets)
}

/// 32 characters, so that every octet falls on one of them equally often; without 0, o, 1 and l.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_alphabet_divides_an_octet() {
        assert_eq!(256 % ALPHABET.len(), 0);
        let mut letters = ALPHABET.to_vec();
        letters.dedup();
        assert_eq!(letters.len(), 32);
    }

    #[test]
    fn ok_random_passwords_differ() {
        let [a, b] = [random_password().expect("random"), random_password().expect("random")];
        assert_ne!(a, b);
        assert_eq!(a.expose().len(), 20);
    }

    #[test]
    fn ok_apop_keeps_the_password_and_nothing_else_does() {
        let password = Secret::from("hunter2");
        let kept = credentials(&password, true).expect("keys");
        assert_eq!(kept.apop, Some(password.clone()));
        let kept = credentials(&password, false).expect("keys");
        assert_eq!(kept.apop, None);
        let text = String::from_utf8(kept.scram.expose().to_vec()).expect("text");
        let keys = ScramKeys::parse(&text).expect("keys");
        assert!(keys.verify_password(&password));
        assert_eq!(keys.iterations(), ITERATIONS);
        assert!(keys.salt().len() >= 16);
        assert!(credentials(&Secret::from(""), false).is_err());
    }
}
