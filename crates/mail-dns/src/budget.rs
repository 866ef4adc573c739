//! How much may be asked for one message.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

/// What all evaluations of one message may use up together: questions and time.
///
/// A clone shares the account, so that a message that causes many evaluations cannot ask more than
/// one that causes few.
#[derive(Debug, Clone)]
pub struct Budget {
    queries: Arc<AtomicU32>,
    deadline: Instant,
}

impl Budget {
    /// Grants this many questions until `deadline`.
    #[must_use]
    pub fn new(queries: u32, deadline: Instant) -> Self {
        Self { queries: Arc::new(AtomicU32::new(queries)), deadline }
    }

    /// Returns when all evaluations give up waiting.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns how many questions are left.
    #[must_use]
    pub fn queries_left(&self) -> u32 {
        self.queries.load(Ordering::Relaxed)
    }

    /// Takes one question off; tells whether there was one left.
    pub(crate) fn charge(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.queries.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)]
    fn clones_share_the_account_and_it_never_wraps() {
        let budget = Budget::new(2, Instant::now());
        let clone = budget.clone();
        assert!(budget.charge() && clone.charge());
        assert!(!budget.charge() && !clone.charge());
        assert_eq!(budget.queries_left(), 0);
    }
}
