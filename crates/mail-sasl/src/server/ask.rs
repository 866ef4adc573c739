//! What a server asks of its application, and what it is answered.

use mail_errors::Secret;

use crate::{BearerToken, Credentials, Mechanism, ScramHash, ScramKeys};

/// What the server has to do next. The set is closed on purpose: whoever carries an exchange over
/// a protocol has to do something with each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the exchange waits for this"]
pub enum Step {
    /// Send this challenge (it may be empty), and give the response to
    /// [`Exchange::step`](super::Exchange::step).
    Challenge(Vec<u8>),
    /// Look up what is kept of this user, and give it to
    /// [`Exchange::supply`](super::Exchange::supply).
    Lookup(Lookup),
    /// Find out whether the client may come in, and tell
    /// [`Exchange::answer`](super::Exchange::answer).
    Check(Claim),
    /// The client is who it says. Tell it so.
    Accepted,
    /// The client is not let in. Tell it so, after a pause that slows down guessing.
    Refused,
}

/// What has to be looked up before the client can show that it knows the password.
///
/// Of a user who does not exist something has to be kept as well, or the answer tells who exists:
/// see [`ScramKeys::decoy`]. To a refusal instead, [`Verdict::Refuse`], the client is refused at
/// once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lookup {
    /// The user's keys for SCRAM with this hash. Answer [`Kept::Keys`].
    Keys {
        /// Whose; prepared by SASLprep.
        user: String,
        /// For which hash.
        hash: ScramHash,
    },
    /// The user's password itself, for CRAM-MD5. Answer [`Kept::Password`].
    Password {
        /// Whose.
        user: String,
    },
}

impl Lookup {
    /// Returns the user.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Keys { user, .. } | Self::Password { user } => user,
        }
    }
}

/// What a server keeps of a user: the answer to a [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// The keys.
    Keys(ScramKeys),
    /// The password.
    Password(Secret),
}

/// Who the client is, or says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// PLAIN, LOGIN: is this the user's password, and may they act as whom they name?
    Password(Credentials),
    /// SCRAM, CRAM-MD5: the client has shown that it knows the password. May they come in, and act
    /// as whom they name?
    Proven(Proven),
    /// OAUTHBEARER, XOAUTH2: is this token good, and for this user?
    Token(BearerToken),
    /// EXTERNAL: does the client's certificate, or whatever else is known of it, allow it to act as
    /// this user; or, if none is named, as whom?
    External(Option<String>),
    /// ANONYMOUS: may anybody come in? The trace is for the log; it may say anything.
    Anonymous(String),
}

impl Claim {
    /// Returns whose password or token it is; none if the client does not say.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Password(credentials) => Some(credentials.user()),
            Self::Proven(proven) => Some(proven.user()),
            Self::Token(token) => token.user_name(),
            Self::External(_) | Self::Anonymous(_) => None,
        }
    }

    /// Returns as whom the client wants to act, if it says so. A server that does not let users act
    /// for one another must refuse when this is `Some` and is not the user itself.
    #[must_use]
    pub fn authorization_identity(&self) -> Option<&str> {
        match self {
            Self::Password(credentials) => credentials.authorization_identity(),
            Self::Proven(proven) => proven.authorization_identity(),
            Self::External(identity) => identity.as_deref(),
            Self::Token(_) | Self::Anonymous(_) => None,
        }
    }

    /// Parts claims by what has to be done: name and password, which have to be checked, from all
    /// others.
    ///
    /// # Errors
    ///
    /// The claim itself, if there is no password.
    pub fn into_credentials(self) -> Result<Credentials, Self> {
        match self {
            Self::Password(credentials) => Ok(credentials),
            other @ (Self::Proven(_) | Self::Token(_) | Self::External(_) | Self::Anonymous(_)) => {
                Err(other)
            }
        }
    }

    /// Returns name and password, if it is them that have to be checked.
    #[must_use]
    pub const fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::Password(credentials) => Some(credentials),
            Self::Proven(_) | Self::Token(_) | Self::External(_) | Self::Anonymous(_) => None,
        }
    }
}

/// A user who has shown that they know the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    pub(crate) user: String,
    pub(crate) acting_as: Option<String>,
}

impl Proven {
    /// Returns the authentication identity: who knows the password. It is the name that was looked
    /// up.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the authorization identity, if one was given.
    #[must_use]
    pub fn authorization_identity(&self) -> Option<&str> {
        self.acting_as.as_deref()
    }
}

/// The application's answer to [`Step::Check`], and its refusal of [`Step::Lookup`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Password or token are the user's, and the user may act as whom the claim names.
    Accept,
    /// They are not, or may not; or nobody can say at the moment, for which the protocol has its
    /// own reply (SMTP: 454).
    Refuse,
}

/// Returns the mechanisms of a server's list that can be offered on this connection, in the order
/// of the list: `is_protected` says that there is TLS or that passwords may go in the clear,
/// `has_bindings` that the -PLUS mechanisms have something to bind to.
pub fn offered(
    mechanisms: &[Mechanism],
    is_protected: bool,
    has_bindings: bool,
) -> impl Iterator<Item = Mechanism> {
    mechanisms.iter().copied().filter(move |mechanism| {
        (is_protected || !mechanism.is_plaintext()) && (has_bindings || !mechanism.is_bound())
    })
}
