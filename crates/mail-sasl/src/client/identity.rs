//! Who a client says it is, and what it has to show for it.

use mail_errors::{Misuse, Secret};

use crate::credentials::check_identity;
use crate::{BearerToken, Credentials, Mechanism, names};

/// Who a client says it is, and what it has to show for it. Made of [`Credentials`] (a name and a
/// password), of a [`BearerToken`], or of nothing.
///
/// ```
/// use mail_errors::Secret;
/// use mail_sasl::client::Identity;
/// use mail_sasl::{BearerToken, Credentials, Mechanism};
///
/// let by_password = Identity::from(Credentials::new("tim", Secret::from("tanstaaf"))?);
/// assert!(by_password.fits(Mechanism::ScramSha256));
/// let by_token = Identity::from(BearerToken::new(Secret::from("vF9dft4qmT"))?.user("tim")?);
/// assert!(by_token.fits(Mechanism::XOAuth2) && !by_token.fits(Mechanism::Plain));
/// # Ok::<(), mail_errors::Misuse>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(pub(super) Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Password(Credentials),
    Token(BearerToken),
    External(Option<String>),
    Anonymous(String),
}

impl Identity {
    /// The server knows who it is from elsewhere, mostly from the client's certificate. The
    /// authorization identity is needed where one certificate is good for several accounts.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if the identity is empty, too long, or holds a control character.
    pub fn external(authorization_identity: Option<&str>) -> Result<Self, Misuse> {
        if let Some(identity) = authorization_identity {
            check_identity(identity.as_bytes())
                .map_err(|flaw| flaw.into_misuse("authorization identity"))?;
        }
        Ok(Self(Kind::External(authorization_identity.map(str::to_owned))))
    }

    /// Nobody in particular. The trace is for the server's log; it may be empty, and is an address
    /// at which somebody answers for what the client does, or a word (RFC 4505 section 2).
    ///
    /// # Errors
    ///
    /// [`Misuse`] if it is longer than [`TRACE`](crate::limits::TRACE), or holds a control
    /// character.
    pub fn anonymous(trace: &str) -> Result<Self, Misuse> {
        let why = "it is too long or holds a control character";
        let trace = names::anonymous(trace.as_bytes());
        let trace = trace.map_err(|_| Misuse::Invalid { what: "trace", why })?;
        Ok(Self(Kind::Anonymous(trace)))
    }

    /// Returns the user name; none if the server knows it from elsewhere.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match &self.0 {
            Kind::Password(credentials) => Some(credentials.user()),
            Kind::Token(token) => token.user_name(),
            Kind::External(_) | Kind::Anonymous(_) => None,
        }
    }

    /// Returns name and password, for the log-ins of a protocol that are no SASL; none if there is
    /// no password.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Credentials> {
        match &self.0 {
            Kind::Password(credentials) => Some(credentials),
            Kind::Token(_) | Kind::External(_) | Kind::Anonymous(_) => None,
        }
    }

    /// Tells whether a mechanism can carry this.
    #[must_use]
    pub fn fits(&self, mechanism: Mechanism) -> bool {
        match (&self.0, mechanism) {
            (
                Kind::Password(credentials),
                Mechanism::ScramSha256Plus
                | Mechanism::ScramSha1Plus
                | Mechanism::ScramSha256
                | Mechanism::ScramSha1
                | Mechanism::CramMd5
                | Mechanism::Plain
                | Mechanism::Login,
            ) => {
                mechanism.has_authorization_identity()
                    || credentials.authorization_identity().is_none()
            }
            (Kind::Token(_), Mechanism::OAuthBearer)
            | (Kind::External(_), Mechanism::External)
            | (Kind::Anonymous(_), Mechanism::Anonymous) => true,
            (Kind::Token(token), Mechanism::XOAuth2) => token.user_name().is_some(),
            (Kind::Password(_) | Kind::Token(_) | Kind::External(_) | Kind::Anonymous(_), _) => {
                false
            }
        }
    }

    /// Whether anything is sent that has to be kept from others.
    pub(super) fn message(&self) -> Option<Secret> {
        match &self.0 {
            Kind::External(identity) => Some(Secret::from(identity.as_deref().unwrap_or_default())),
            Kind::Anonymous(trace) => Some(Secret::from(&**trace)),
            Kind::Password(_) | Kind::Token(_) => None,
        }
    }
}

impl From<Credentials> for Identity {
    fn from(credentials: Credentials) -> Self {
        Self(Kind::Password(credentials))
    }
}

impl From<BearerToken> for Identity {
    fn from(token: BearerToken) -> Self {
        Self(Kind::Token(token))
    }
}
