//! Who is there: domains, accounts, addresses and aliases.

use mail_errors::Secret;

use super::{AccountId, Address, Domain, LoginName, StoreError};

/// How an account proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// SCRAM-SHA-256 keys (RFC 7677) as text; they also check PLAIN and LOGIN.
    pub scram: Secret,
    /// The password itself, for APOP (RFC 1939 7) alone, which cannot do with less.
    pub apop: Option<Secret>,
}

/// An account that is to be made. Its INBOX is made with it.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name it logs in with.
    pub login: LoginName,
    /// How it proves who it is.
    pub credentials: Credentials,
    /// The most octets it may hold; `None`: as many as the disk takes.
    pub quota: Option<u64>,
    /// The addresses it gets mail at, and may send from. No other account or alias has them.
    pub addresses: Vec<Address>,
    /// Further addresses it may send from: those of a role, or of an alias that leads to it.
    pub senders: Vec<Address>,
}

/// An account as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// The name it logs in with.
    pub login: LoginName,
    /// How it proves who it is.
    pub credentials: Credentials,
    /// The most octets it may hold.
    pub quota: Option<u64>,
    /// The addresses it gets mail at, and may send from.
    pub addresses: Vec<Address>,
    /// Further addresses it may send from.
    pub senders: Vec<Address>,
}

impl Account {
    /// Tells whether this account may send from an address (RFC 6409 6.1), in any case of letters.
    #[must_use]
    pub fn may_send_from(&self, address: &Address) -> bool {
        let wanted = address.folded();
        self.addresses.iter().chain(&self.senders).any(|own| own.folded() == wanted)
    }
}

/// How much an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The octets of all messages in all its mailboxes, a copy counted like any other message.
    pub used: u64,
    /// The most octets it may hold.
    pub quota: Option<u64>,
}

impl Usage {
    /// Tells whether a message of this size still goes in. The last word has the call that puts it
    /// there; this one lets RCPT and MAIL SIZE= answer early (RFC 1870 6.1).
    #[must_use]
    pub const fn has_room(self, size: u64) -> bool {
        match self.quota {
            Some(quota) => self.used.saturating_add(size) <= quota,
            None => true,
        }
    }
}

/// Where mail for an alias goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasTarget {
    /// To an account.
    Account(AccountId),
    /// To another address, here or elsewhere.
    Address(Address),
}

/// Where mail for an address goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// To these accounts and on to these addresses of other domains, each once, not both empty.
    To {
        /// The accounts, ascending.
        accounts: Vec<AccountId>,
        /// The addresses that are not ours.
        relay: Vec<Address>,
    },
    /// The domain is ours, the address leads nowhere: 550 5.1.1.
    Unknown,
    /// The domain is not ours: to be relayed for those who may, else 550 5.7.1.
    NotLocal,
}

/// The domains, accounts and aliases of a store.
pub trait Directory {
    /// Takes mail for this domain from now on. No harm if it does already.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn add_domain(&self, domain: &Domain) -> Result<(), StoreError>;

    /// Takes no more mail for this domain. What its accounts hold stays.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn remove_domain(&self, domain: &Domain) -> Result<(), StoreError>;

    /// Lists the domains in the order in which they were added.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn domains(&self) -> Result<Vec<Domain>, StoreError>;

    /// Makes an account and its INBOX.
    ///
    /// # Errors
    ///
    /// `Exists` (account, address or alias) if the login name or one of the addresses is taken;
    /// `NotFound` (domain) if an address is of a domain that is not ours.
    fn create_account(&self, account: &NewAccount) -> Result<AccountId, StoreError>;

    /// Returns an account.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn account(&self, id: AccountId) -> Result<Account, StoreError>;

    /// Returns the account that logs in with this name, if there is one.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn account_by_login(&self, login: &LoginName) -> Result<Option<Account>, StoreError>;

    /// Lists the accounts in the order in which they were made, without their credentials.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn accounts(&self) -> Result<Vec<(AccountId, LoginName)>, StoreError>;

    /// Tells whether any account may log in by APOP: a server that offers it for nothing sends
    /// those astray who try it first.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn knows_apop(&self) -> Result<bool, StoreError>;

    /// Changes how an account proves who it is.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn set_credentials(&self, id: AccountId, credentials: &Credentials) -> Result<(), StoreError>;

    /// Changes the quota. An account that holds more keeps it, and gets nothing new.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn set_quota(&self, id: AccountId, quota: Option<u64>) -> Result<(), StoreError>;

    /// Changes the addresses of an account and the further ones it may send from.
    ///
    /// # Errors
    ///
    /// As [`Directory::create_account`]; `NotFound` (account).
    fn set_addresses(
        &self,
        id: AccountId,
        addresses: &[Address],
        senders: &[Address],
    ) -> Result<(), StoreError>;

    /// Removes an account with all it holds, and takes it out of every alias.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn remove_account(&self, id: AccountId) -> Result<(), StoreError>;

    /// Returns how much an account holds.
    ///
    /// # Errors
    ///
    /// `NotFound`.
    fn usage(&self, id: AccountId) -> Result<Usage, StoreError>;

    /// Lets mail for an address go to these targets, instead of those it went to before. No
    /// targets: removes the alias.
    ///
    /// # Errors
    ///
    /// `Exists` (address) if an account has this address; `NotFound` if its domain is not ours or
    /// a target account is not there; `TooMany` over [`MOST_TARGETS`] targets.
    fn set_alias(&self, alias: &Address, targets: &[AliasTarget]) -> Result<(), StoreError>;

    /// Lists the aliases with their targets, ascending.
    ///
    /// # Errors
    ///
    /// Only those of the machinery.
    fn aliases(&self) -> Result<Vec<(Address, Vec<AliasTarget>)>, StoreError>;

    /// Finds out where mail for an address goes. Aliases of aliases are followed; one that leads
    /// back to itself is passed over.
    ///
    /// # Errors
    ///
    /// `TooMany` (alias) if it leads to more than [`MOST_TARGETS`] places.
    fn resolve(&self, address: &Address) -> Result<Resolved, StoreError>;
}

/// The most places an alias leads to, also through further aliases.
pub const MOST_TARGETS: usize = 1000;
