//! Who is this? One answer for all protocols, slow for those who guess.

use std::net::IpAddr;

use mail_errors::Secret;
use mail_sasl::Credentials;
use tokio::task::block_in_place;
use tracing::{info, warn};

use super::{Office, clock};
use crate::{
    accounts::AccountError,
    store::{Account, LoginName},
};

/// Why somebody does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Name or password is wrong, or they act for somebody else.
    Credentials,
    /// It could not be found out.
    System,
}

impl Office {
    /// Checks a name and a password, after the wait that earlier failures cost.
    pub(super) async fn log_in(&self, who: &Credentials, peer: IpAddr) -> Result<Account, Refused> {
        // RFC 4616 §2: acting for another account would need a permission that nobody has here.
        let own = who.authorization_identity().is_none_or(|other| other == who.user());
        let check = |office: &Self| {
            office.authenticator.check_password(office.store(), who.user(), who.password())
        };
        let account = self.throttled(who.user(), peer, check).await?;
        if own { Ok(account) } else { Err(Refused::Credentials) }
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
