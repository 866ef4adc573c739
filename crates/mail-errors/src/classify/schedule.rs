//! When to try again, and when to give up.

use std::time::Duration;

use super::{Classification, Reason, Retry};

/// The times of a queue, as data. RFC 5321 4.5.4.1.
///
/// The default waits 30 minutes at least between tries, more with each one, and gives up after five
/// days, as the RFC asks: "at least 4-5 days". Single reasons have their own times: greylisting is
/// over soon, a rate limit later, and who is blocked gains nothing by hurry.
///
/// ```
/// use std::time::Duration;
/// use mail_errors::classify::{Failure, Next, Schedule};
///
/// let told = Failure::read(b"450 4.2.0 Greylisted, try again later").expect("a reply").classify();
/// let hour = Duration::from_secs(3600);
/// // The first try failed at once; the caller's jitter is in the middle.
/// let next = Schedule::default().next(&told, 1, Duration::ZERO, 0.5);
/// assert!(matches!(next, Next::After(wait) if wait < hour / 2));
/// // Five days later it is enough.
/// assert_eq!(Schedule::default().next(&told, 40, 121 * hour, 0.5), Next::GiveUp);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    first: Duration,
    longest: Duration,
    give_up: Duration,
}

/// What to do with a message that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a message is neither tried again nor given up"]
pub enum Next {
    /// Try again when this time has passed.
    After(Duration),
    /// Give up, and tell the sender.
    GiveUp,
}

impl Default for Schedule {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        // RFC 5321 4.5.4.1: "the retry interval SHOULD be at least 30 minutes", "the give-up time
        // generally needs to be at least 4-5 days".
        Self { first: 30 * minute, longest: 4 * 60 * minute, give_up: 5 * 24 * 60 * minute }
    }
}

impl Schedule {
    /// Makes a schedule: how long to wait after the first failure, which doubles from try to try up
    /// to `longest`, and after how long to give up.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration, give_up: Duration) -> Self {
        Self { first, longest, give_up }
    }

    /// Returns how long to wait after the first failure.
    #[must_use]
    pub const fn first(&self) -> Duration {
        self.first
    }

    /// Returns the longest wait between two tries.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.longest
    }

    /// Returns after how long a message is given up.
    #[must_use]
    pub const fn give_up(&self) -> Duration {
        self.give_up
    }

    /// Returns the times that a reason has: this schedule, or what is better for the reason.
    #[must_use]
    pub fn of(&self, reason: Reason) -> Self {
        let minute = Duration::from_secs(60);
        let (first, longest, give_up) = match reason {
            // Greylists open after five to fifteen minutes, and forget after some hours.
            Reason::Greylisted => (10 * minute, 60 * minute, self.give_up),
            Reason::TooManyConnections => (5 * minute, 60 * minute, self.give_up),
            // The rest of the recipients goes at once, in a transaction of their own.
            // RFC 5321 4.5.3.1.10.
            Reason::TooManyRecipients => (minute, 30 * minute, self.give_up),
            Reason::RateLimited | Reason::RecipientRateLimited => {
                (2 * self.first, self.longest, self.give_up)
            }
            // Nobody empties a mailbox within the hour.
            Reason::MailboxFull => (4 * self.first, 2 * self.longest, self.give_up),
            // A list is left in a day or not at all; the sender should hear of it before long.
            Reason::IpBlocklisted | Reason::IpBlocked | Reason::BadReputation => {
                (2 * self.first, self.longest, self.give_up.min(48 * 60 * minute))
            }
            // What only a change helps seldom changes meanwhile.
            Reason::AuthSpf
            | Reason::AuthDkim
            | Reason::AuthDmarc
            | Reason::AuthFailed
            | Reason::SenderRejected
            | Reason::NoPtr
            | Reason::BadHelo
            | Reason::TlsRequired
            | Reason::Policy => (2 * self.first, self.longest, self.give_up.min(24 * 60 * minute)),
            Reason::MailboxUnknown
            | Reason::MailboxDisabled
            | Reason::MailboxMoved
            | Reason::RecipientRefused
            | Reason::DomainUnknown
            | Reason::DomainNoMail
            | Reason::MessageTooLarge
            | Reason::ContentMalformed
            | Reason::ContentRejected
            | Reason::EncodingUnsupported
            | Reason::SpamContent
            | Reason::Virus
            | Reason::RelayDenied
            | Reason::AuthRequired
            | Reason::AuthRejected
            | Reason::Network
            | Reason::RoutingLoop
            | Reason::Expired
            | Reason::SystemError
            | Reason::SystemFull
            | Reason::MailerError
            | Reason::ProtocolError
            | Reason::Suppressed
            | Reason::Unknown => (self.first, self.longest, self.give_up),
        };
        Self { first, longest, give_up }
    }

    /// Decides what becomes of a message that failed for the `tries`-th time, `waited` after it was
    /// taken in. `jitter` is a number from 0 to 1 of the caller's, so that not all messages come
    /// back at the same moment: it moves the wait by a tenth each way. Anything else counts as 0.5.
    pub fn next(
        &self,
        told: &Classification<'_>,
        tries: u32,
        waited: Duration,
        jitter: f64,
    ) -> Next {
        // RFC 5321 4.2.1: what got a 5yz is not tried again by itself, and a dead address never.
        if told.is_permanent() || told.suppress() || told.retry() == Retry::Never {
            return Next::GiveUp;
        }
        let own = self.of(told.reason());
        if waited >= own.give_up {
            return Next::GiveUp;
        }
        let doubled = 2u32.saturating_pow(tries.saturating_sub(1).min(16));
        let wait = own.first.saturating_mul(doubled).min(own.longest);
        let jitter = if (0.0..=1.0).contains(&jitter) { jitter } else { 0.5 };
        let wait = wait.mul_f64(0.9 + 0.2 * jitter);
        // The last try is at the end of the time, not after it.
        Next::After(wait.min(own.give_up.saturating_sub(waited)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Failure;

    const HOUR: Duration = Duration::from_secs(3600);

    fn next(reply: &str, tries: u32, waited: Duration) -> Next {
        let told = Failure::read(reply.as_bytes()).expect("a reply").classify();
        Schedule::default().next(&told, tries, waited, 0.5)
    }

    #[test]
    fn ok_waits_grow_from_half_an_hour_to_the_longest() {
        let reply = "451 4.3.0 internal error";
        let waits: Vec<_> = (1..=6).map(|tries| next(reply, tries, HOUR)).collect();
        let minutes = [30, 60, 120, 240, 240, 240];
        assert_eq!(waits, minutes.map(|m| Next::After(Duration::from_secs(60 * m))));
        assert_eq!(next(reply, u32::MAX, HOUR), Next::After(4 * HOUR));
        assert_eq!(next(reply, 0, HOUR), Next::After(HOUR / 2));
    }

    #[test]
    fn ok_five_days_and_no_longer() {
        let reply = "451 4.3.0 internal error";
        assert_eq!(next(reply, 30, 119 * HOUR), Next::After(HOUR));
        assert_eq!(next(reply, 30, 120 * HOUR), Next::GiveUp);
    }

    #[test]
    fn ok_reasons_have_their_own_times() {
        let first = |reply| match next(reply, 1, Duration::ZERO) {
            Next::After(wait) => wait,
            Next::GiveUp => panic!("given up: {reply}"),
        };
        let plain = first("451 4.3.0 internal error");
        assert!(first("450 4.2.0 Greylisted") < plain);
        assert!(first("421 4.7.0 rate limit exceeded") > plain);
        assert!(first("452 4.2.2 mailbox full") > plain);
        let listed = "421 4.7.1 blocked using zen.spamhaus.org";
        assert_eq!(next(listed, 9, 49 * HOUR), Next::GiveUp);
    }

    #[test]
    fn ok_hard_never() {
        for reply in ["550 5.1.1 user unknown", "450 4.1.1 user unknown", "554 5.7.1 spam"] {
            assert_eq!(next(reply, 1, Duration::ZERO), Next::GiveUp, "{reply}");
        }
    }

    #[test]
    fn ok_jitter_is_the_callers_and_bounded() {
        let told = Failure::read(b"451 4.3.0 internal error").expect("a reply").classify();
        let at = |jitter| Schedule::default().next(&told, 1, Duration::ZERO, jitter);
        assert_eq!(at(0.0), Next::After(Duration::from_secs(27 * 60)));
        assert_eq!(at(1.0), Next::After(Duration::from_secs(33 * 60)));
        for odd in [f64::NAN, -1.0, 7.0, f64::INFINITY] {
            assert_eq!(at(odd), at(0.5));
        }
    }
}
