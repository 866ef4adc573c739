//! How often users may come, and how long their messages are kept: RFC 2449 6.5 and 6.7.

use std::num::NonZeroU32;

use mail_errors::Misuse;

use crate::{Capability, Verb};

use super::{Server, Work};

/// How often users may come, and how long their messages are kept. Nothing is promised unless it is
/// said here.
///
/// ```
/// use pop3_proto::server::{Config, Policy, Retention};
///
/// // Ten minutes between two logins, and what was fetched is gone at QUIT.
/// let policy = Policy::new().login_delay(600).retention(Retention::DeleteRetrieved);
/// let config = Config::new().policy(policy);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    login_delay: Option<u32>,
    retention: Option<Retention>,
}

/// What becomes of messages that the client leaves in the maildrop. RFC 2449 6.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// They are kept until the client deletes them: `EXPIRE NEVER`.
    Keep,
    /// They are kept for at least so many days: `EXPIRE n`. Deleting them is the application's part;
    /// what was fetched shows in [`Deletions::retrieved`](crate::Deletions::retrieved).
    Days(NonZeroU32),
    /// What was fetched whole by RETR is deleted at QUIT: `EXPIRE 0`. The session adds it to
    /// [`Event::Commit`](super::Event::Commit).
    DeleteRetrieved,
}

impl Policy {
    /// Starts with no promise at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { login_delay: None, retention: None }
    }

    /// Sets the shortest time between two logins of a user, in seconds. RFC 2449 6.5.
    ///
    /// It is announced here and kept by the application, which alone knows of other sessions: who
    /// comes too early is refused with [`ResponseCode::LoginDelay`](crate::ResponseCode::LoginDelay).
    #[must_use]
    pub const fn login_delay(mut self, seconds: u32) -> Self {
        self.login_delay = Some(seconds);
        self
    }

    /// Sets what becomes of messages that are left in the maildrop. RFC 2449 6.7.
    #[must_use]
    pub const fn retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// What CAPA says of the delay.
    pub(super) fn delay_offer(self, per_user: bool) -> Option<Capability<'static>> {
        self.login_delay.map(|seconds| Capability::LoginDelay { seconds, per_user })
    }

    /// What CAPA says of the retention.
    pub(super) fn expire_offer(self, per_user: bool) -> Option<Capability<'static>> {
        self.retention.map(|retention| match retention {
            // Where the shortest time is for ever, it is so for everybody.
            Retention::Keep => Capability::Expire { days: None, per_user: false },
            Retention::Days(days) => Capability::Expire { days: Some(days.get()), per_user },
            Retention::DeleteRetrieved => Capability::Expire { days: Some(0), per_user },
        })
    }

    pub(super) fn deletes_retrieved(self) -> bool {
        self.retention == Some(Retention::DeleteRetrieved)
    }
}

impl Server {
    /// Sets the policy for this user: what CAPA says when they are in. Call it before
    /// [`accept`](Self::accept). Of a user who is refused then, it counts no more.
    ///
    /// # Errors
    /// [`Misuse`] if no login waits for an answer.
    pub fn set_policy(&mut self, policy: Policy) -> Result<(), Misuse> {
        let Work::Login(_) = self.work else { return Err(self.not_owed("set_policy")) };
        self.user_policy = Some(policy);
        Ok(())
    }

    /// Returns the policy of the user who is in, or that of everybody.
    pub(super) fn policy(&self) -> Policy {
        self.user_policy.unwrap_or(self.config.policy)
    }

    /// Tells whether LOGIN-DELAY and EXPIRE are said to differ from user to user: not to one who is
    /// in, for those numbers are theirs.
    pub(super) fn says_per_user(&self) -> bool {
        self.config.policy_per_user && self.state.allows(Verb::User)
    }
}
