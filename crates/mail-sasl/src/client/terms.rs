//! What a client makes of a server's offer.

use super::Identity;
use crate::{ChannelBindings, Mechanism, Nonce, SaslError};

/// On what terms a client authenticates: what is known of the connection, and what may be sent over
/// it. The default is the careful one: no TLS is known of, and no password is sent.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    plaintext: bool,
    bindings: ChannelBindings,
    only: Option<Mechanism>,
    nonce: Option<Nonce>,
}

impl Terms {
    /// Starts with a connection in the clear.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether a password or a token may be sent as it is: yes under TLS, and in the clear
    /// only if somebody asked for that by name.
    #[must_use]
    pub const fn plaintext(mut self, allowed: bool) -> Self {
        self.plaintext = allowed;
        self
    }

    /// Says what the TLS below can be bound to. With it the mechanisms with channel binding can be
    /// chosen.
    #[must_use]
    pub fn bindings(mut self, bindings: ChannelBindings) -> Self {
        self.bindings = bindings;
        self
    }

    /// Insists on one mechanism.
    #[must_use]
    pub const fn only(mut self, mechanism: Mechanism) -> Self {
        self.only = Some(mechanism);
        self
    }

    /// Gives the nonce for SCRAM, which is drawn from the operating system else. It is for one
    /// exchange: whoever uses it twice can be played back to.
    #[must_use]
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    pub(crate) const fn channel_bindings(&self) -> &ChannelBindings {
        &self.bindings
    }

    pub(crate) const fn fixed_nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// Picks the strongest mechanism on offer. Answers also whether the same is on offer with
    /// channel binding.
    pub(super) fn choose<'a>(
        &self,
        offered: impl IntoIterator<Item = &'a [u8]>,
        identity: &Identity,
    ) -> Result<(Mechanism, bool), SaslError> {
        let offered: Vec<Mechanism> =
            offered.into_iter().filter_map(|name| Mechanism::parse(name).ok()).collect();
        let fits = |mechanism: &Mechanism| {
            identity.fits(*mechanism)
                && self.only.is_none_or(|only| only == *mechanism)
                && !(mechanism.is_bound() && self.bindings.is_empty())
        };
        let all = offered.iter().copied().filter(fits);
        let may = all.clone().filter(|mechanism| self.plaintext || !mechanism.is_plaintext());
        match may.min_by_key(|mechanism| mechanism.rank()) {
            Some(best) => Ok((best, best.bound().is_some_and(|bound| offered.contains(&bound)))),
            None if all.count() > 0 => Err(SaslError::OnlyPlaintext),
            None => Err(SaslError::NoMechanism),
        }
    }
}
