//! Who is this? One answer for all protocols, slow for those who guess.

use std::net::IpAddr;

use mail_errors::Secret;
use mail_sasl::{
    Mechanism,
    server::{Claim, Kept, Lookup},
};
use tokio::task::block_in_place;
use tracing::{info, warn};

use super::{Office, clock};
use crate::{
    accounts::AccountError,
    store::{Account, LoginName},
};

/// What is offered: the keys that are kept serve all of them.
pub(super) const MECHANISMS: [Mechanism; 4] =
    [Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login];

/// Why somebody does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Name or password is wrong, or they act for somebody else.
    Credentials,
    /// It could not be found out.
    System,
}

impl Office {
    /// Checks a name and a password, after the wait that earlier failures cost; or takes the word
    /// of SCRAM, for which the wait was before the look-up.
    pub(super) async fn log_in(&self, who: &Claim, peer: IpAddr) -> Result<Account, Refused> {
        let account = match who {
            Claim::Password(who) => {
                let check = |office: &Self| {
                    office.authenticator.check_password(office.store(), who.user(), who.password())
                };
                self.throttled(who.user(), peer, check).await?
            }
            Claim::Proven(who) => {
                let find = |office: &Self| office.authenticator.proven(office.store(), who.user());
                self.settled(who.user(), peer, find)?
            }
            // No other mechanism is offered.
            Claim::Token(_) | Claim::External(_) | Claim::Anonymous(_) | _ => {
                return Err(Refused::Credentials);
            }
        };
        // RFC 4616 §2: acting for another account would need a permission that nobody has here.
        match who.authorization_identity() {
            Some(other) if Some(other) != who.user() => Err(Refused::Credentials),
            Some(_) | None => Ok(account),
        }
    }

    /// Returns the account of somebody who has logged in elsewhere, as one says whose word is taken.
    pub(super) fn told_to_be(&self, login: &str, peer: IpAddr) -> Result<Account, Refused> {
        self.settled(login, peer, |office| office.authenticator.proven(office.store(), login))
    }

    /// Looks up the keys of an account, after the wait that earlier failures cost. Whoever does not
    /// know the password then has failed once more.
    pub(super) async fn look_up(&self, lookup: &Lookup, peer: IpAddr) -> Result<Kept, Refused> {
        // No mechanism that needs the password itself is offered.
        let Lookup::Keys { user, .. } = lookup else { return Err(Refused::Credentials) };
        if let Ok(name) = LoginName::parse(user) {
            let wait = self.throttle().attempt(&name, peer, clock::monotonic());
            tokio::time::sleep(wait).await;
        }
        match block_in_place(|| self.authenticator.scram_keys(self.store(), user)) {
            Ok(keys) => Ok(Kept::Keys(keys)),
            Err(error) => {
                warn!(%error, "keys could not be looked up");
                Err(Refused::System)
            }
        }
    }

    /// Checks a name and what APOP says of the password.
    pub(super) async fn log_in_by_apop(
        &self,
        login: &str,
        verify: impl FnOnce(&Secret) -> bool,
        peer: IpAddr,
    ) -> Result<Account, Refused> {
        let check = |office: &Self| office.authenticator.check_apop(office.store(), login, verify);
        self.throttled(login, peer, check).await
    }

    async fn throttled(
        &self,
        login: &str,
        peer: IpAddr,
        check: impl FnOnce(&Self) -> Result<Option<Account>, AccountError>,
    ) -> Result<Account, Refused> {
        let name = LoginName::parse(login).map_err(|_| Refused::Credentials)?;
        let wait = self.throttle().attempt(&name, peer, clock::monotonic());
        tokio::time::sleep(wait).await;
        self.settled(login, peer, check)
    }

    /// Asks the store, and settles what the attempt came to.
    fn settled(
        &self,
        login: &str,
        peer: IpAddr,
        check: impl FnOnce(&Self) -> Result<Option<Account>, AccountError>,
    ) -> Result<Account, Refused> {
        let name = LoginName::parse(login).map_err(|_| Refused::Credentials)?;
        match block_in_place(|| check(self)) {
            Ok(Some(account)) => {
                self.throttle().succeeded(&name, peer);
                Ok(account)
            }
            Ok(None) => {
                info!(%peer, login = %name, "login refused");
                Err(Refused::Credentials)
            }
            Err(error) => {
                warn!(%error, "a login could not be checked");
                Err(Refused::System)
            }
        }
    }
}
