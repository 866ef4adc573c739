//! Whether an address is given up: nobody is to mail it again.
//!
//! To mail a dead address once more costs little, and to give up one that is alive loses mail. So
//! it takes more than the likeliest reason: certainty, a refusal for good, at a moment when a
//! recipient has been named, and no word that takes it back.

use crate::EnhancedStatusCode;

use super::classification::Confidence;
use super::rules::Rules;
use super::scan::Found;
use super::scores::Verdict;
use super::{Reason, Stage};

/// How sure it must be that an address is dead.
pub(super) const SURE: Confidence = Confidence(95);

/// What speaks for giving up an address, and against it.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) verdict: Verdict,
    pub(super) stage: Option<Stage>,
    /// The refusal is for good.
    pub(super) for_good: bool,
    pub(super) enhanced: Option<EnhancedStatusCode>,
    /// The phrase that speaks most for the reason.
    pub(super) phrase: Option<&'static str>,
    pub(super) found: &'a Found<'a>,
}

impl Case<'_> {
    /// Tells whether nobody is to mail the address again.
    pub(super) fn is_lost(&self, rules: &Rules) -> bool {
        self.verdict.reason.is_hard()
            && self.verdict.dead >= SURE
            && self.names_a_recipient()
            && (self.for_good || self.is_hard_for_now(rules))
            && !rules.for_now.iter().any(|set| rules.speak_of(self.found.tokens, *set))
            && !self.is_a_frame()
    }

    /// Before RCPT nobody has named a recipient, and who logs in is none.
    const fn names_a_recipient(&self) -> bool {
        match self.stage {
            None | Some(Stage::Rcpt | Stage::Data | Stage::EndOfData) => true,
            Some(
                Stage::Connect
                | Stage::Ehlo
                | Stage::StartTls
                | Stage::Auth
                | Stage::Mail
                | Stage::Pop3Login
                | Stage::ImapLogin,
            ) => false,
        }
    }

    /// Postfix gives 450 4.1.1 and 4.1.2, and nobody makes such a mailbox meanwhile. With 4.1.2 it
    /// also tells of a DNS that fails.
    fn is_hard_for_now(&self, rules: &Rules) -> bool {
        let code = self.enhanced.map(|code| (code.subject(), code.detail()));
        let is_absent = matches!(
            (code, self.verdict.reason),
            (Some((1, 1)), Reason::MailboxUnknown) | (Some((1, 2)), Reason::DomainUnknown)
        );
        is_absent && !rules.speak_of(self.found.tokens, rules.failed)
    }

    /// RFC 5321 4.2.3: the words of 550 itself, which servers also put before a refusal for other
    /// reasons, on a page or by the code.
    fn is_a_frame(&self) -> bool {
        let unavailable = self.phrase.is_some_and(|phrase| phrase.contains("unavailable"));
        let for_policy = self.enhanced.is_some_and(|code| code.subject() == 7);
        unavailable && (self.found.url.is_some() || for_policy)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Failure;
    use super::*;

    fn is_lost(line: &str, stage: Option<Stage>) -> bool {
        let failure = Failure::find(line.as_bytes()).expect("a failure");
        stage.map_or(failure, |stage| failure.at(stage)).classify().suppress()
    }

    #[test]
    fn gives_up_who_is_not_there() {
        for line in [
            "550 5.1.1 <joe@example.org>: Recipient address rejected: User unknown in local table",
            "550 no such user here",
            "550 5.2.1 this account has been closed",
            "550 5.1.2 Host unknown (Name server: host not found)",
            "450 4.1.1 <joe@example.org>: Recipient address rejected: User unknown",
            "450 4.1.2 <joe@example.org>: Recipient address rejected: Domain not found",
            "550 Requested action not taken: mailbox unavailable",
        ] {
            assert!(is_lost(line, None), "{line}");
            assert!(is_lost(line, Some(Stage::Rcpt)), "{line}");
        }
    }

    #[test]
    fn keeps_who_may_come_back() {
        for line in [
            "550 mailbox temporarily unavailable",
            "550 5.2.1 Account temporarily disabled",
            "450 4.1.1 mailbox temporarily unavailable, try again later",
            "450 4.1.1 Recipient verify failed: callout timeout",
            "450 4.1.1 mailbox disabled",
            "450 4.1.2 host not found, DNS timeout",
            "450 4.1.2 DNS lookup failed for domain",
            "450 user does not exist",
            "550 mailbox server is down for maintenance",
            "552 5.2.2 mailbox full because the user has not logged in for months",
            "550 mailbox unavailable. For explanation visit https://postmaster.example/?c=rdns",
            "550 5.7.1 mailbox unavailable",
            "550 could not resolve address of your mail server",
            "550 5.7.25 could not resolve address 192.0.2.1 to a hostname",
            "550 Absender existiert nicht",
            "550 发件人不存在",
            "550 sender address: local part too long",
        ] {
            assert!(!is_lost(line, None), "{line}");
        }
    }

    #[test]
    fn keeps_who_was_not_named_yet() {
        for stage in [
            Stage::Connect,
            Stage::Ehlo,
            Stage::StartTls,
            Stage::Auth,
            Stage::Mail,
            Stage::Pop3Login,
            Stage::ImapLogin,
        ] {
            for line in ["550 unknown host", "550 unknown domain", "550 5.1.1 user unknown"] {
                assert!(!is_lost(line, Some(stage)), "{line} at {stage:?}");
            }
        }
    }
}
