//! How codes and words narrow the causes down.

use mail_errors::diagnosis::{Basis, Blame, Cause, Diagnosis, Language, Retry};
use mail_errors::{Reply, ReplyCode};
use proptest::prelude::*;

/// The diagnosis of a reply of one line as it stands on the wire.
fn diagnosis(line: &str) -> Diagnosis {
    let (code, text) = line.split_once(' ').unwrap_or((line, ""));
    let code = ReplyCode::new(code.parse().expect("digits")).expect("three digits");
    Diagnosis::of(&Reply::new(code, None, text).expect("a text of one line"))
}

#[track_caller]
fn first(line: &str, cause: Cause, basis: Basis) {
    let diagnosis = diagnosis(line);
    assert_eq!((diagnosis.causes().first(), diagnosis.basis()), (Some(&cause), basis), "{line}");
}

#[test]
fn words_go_before_codes() {
    first("552 5.1.1 Recipient overquota", Cause::MailboxFull, Basis::Text);
    first("550 5.7.1 Unable to relay for a@b.example", Cause::RelayDenied, Basis::Text);
    first("550 Host unknown", Cause::DomainUnknown, Basis::Text);
    first("554 5.7.1 flagged as Spam", Cause::SpamSuspected, Basis::Text);
    first("553 authentication required", Cause::AuthenticationRequired, Basis::Text);
}

#[test]
fn enhanced_codes_go_before_hints_and_reply_codes() {
    first("552 5.3.4 too many attachments", Cause::MessageTooLarge, Basis::EnhancedCode);
    first("550 5.2.2", Cause::MailboxFull, Basis::EnhancedCode);
    first("554 5.4.6", Cause::RoutingLoop, Basis::EnhancedCode);
    first("550 5.7.23", Cause::SenderUnverified, Basis::EnhancedCode);
    first("550 5.7.25", Cause::NoReverseName, Basis::EnhancedCode);
    first("550 5.7.30", Cause::TlsRequired, Basis::EnhancedCode);
    first("556 5.1.10", Cause::DomainTakesNoMail, Basis::EnhancedCode);
}

#[test]
fn reply_codes_that_say_whom_go_before_enhanced_codes_that_leave_all_open() {
    first("551 5.7.1 this domain is not served here", Cause::NotServedHere, Basis::Code);
    first("553 5.7.1 not an address of yours", Cause::SenderRefused, Basis::Code);
    first("553 5.7.1 relaying denied", Cause::RelayDenied, Basis::Text);
    first("551 5.1.6", Cause::MailboxMoved, Basis::EnhancedCode);
    first("550 5.7.1 no", Cause::ClientBlocked, Basis::EnhancedCode);
}

#[test]
fn enhanced_code_within_the_text_counts() {
    let diagnosis = diagnosis("552 sorry (#5.2.3)");
    assert_eq!(diagnosis.causes(), [Cause::MessageTooLarge]);
    assert_eq!(diagnosis.enhanced().map(|code| code.to_string()), Some("5.2.3".into()));
}

#[test]
fn plain_enhanced_code_stands_beside_the_words() {
    let diagnosis = diagnosis("550 5.2.1 User unknown");
    assert_eq!(diagnosis.causes(), [Cause::MailboxUnknown, Cause::MailboxDisabled]);
}

#[test]
fn reply_code_alone_leaves_its_causes_open() {
    for (code, causes) in [
        (550, &[Cause::MailboxUnknown, Cause::DomainUnknown, Cause::ReceiverDns][..]),
        (551, &[Cause::NotServedHere, Cause::ServiceEnded, Cause::AccessDenied]),
        (552, &[Cause::MessageTooLarge, Cause::MailboxFull]),
        (553, &[Cause::SenderRefused, Cause::AuthenticationRequired, Cause::NotServedHere]),
        (554, &[Cause::ReceiverTrouble, Cause::ForwardingFailed]),
    ] {
        // 5.0.0 and 5.5.0 say no more than that it failed.
        for text in ["", "refused", "5.0.0 refused", "5.5.0 refused"] {
            let diagnosis = diagnosis(&format!("{code} {text}"));
            assert!(diagnosis.causes().starts_with(causes), "{diagnosis:?}");
            assert_eq!(diagnosis.basis(), Basis::Code);
            assert_eq!(diagnosis.checklist(), None);
        }
    }
}

#[test]
fn blame_and_retry_follow_the_likeliest_cause() {
    for (line, blame, retry) in [
        ("550 5.1.1", Blame::Sender, Retry::AfterChange),
        ("552 5.2.2", Blame::Recipient, Retry::Later),
        ("550 5.7.23", Blame::SendersProvider, Retry::AfterChange),
        ("554 5.3.5", Blame::ReceiversProvider, Retry::Later),
        ("554 5.4.2", Blame::Network, Retry::Later),
        ("452 4.2.2", Blame::Recipient, Retry::Automatic),
    ] {
        let diagnosis = diagnosis(line);
        assert_eq!((diagnosis.blame(), diagnosis.retry()), (Some(blame), retry), "{line}");
    }
}

#[test]
fn a_temporary_unknown_mailbox_does_not_come_to_life() {
    assert_eq!(diagnosis("450 4.1.1 User unknown").retry(), Retry::AfterChange);
    assert!(!diagnosis("450 4.1.1 User unknown").is_permanent());
}

#[test]
fn nothing_is_wrong_with_positive_replies() {
    for line in ["250 2.0.0 spam relay user unknown", "354 over quota"] {
        let diagnosis = diagnosis(line);
        assert!(diagnosis.causes().is_empty());
        assert_eq!(diagnosis.retry(), Retry::NotNeeded);
        assert_eq!(diagnosis.checklist(), None);
    }
    let told = diagnosis("250 ok").explain(Language::English).to_string();
    assert_eq!(told, "250: Done; nothing is wrong.\nNothing has to be done.");
}

#[test]
fn codes_of_no_class_are_the_protocols_fault() {
    first("611 what", Cause::ProtocolMismatch, Basis::Code);
    first("199 no hello for you", Cause::ProtocolMismatch, Basis::Code);
}

proptest! {
    #[test]
    fn ok_every_reply_is_explained(
        code in 100u16..1000,
        text in "([245]\\.[0-9]{1,2}\\.[0-9]{1,2} )?(\\PC|user unknown|quota|#5\\.1\\.1){0,60}",
    ) {
        let reply = Reply::new(ReplyCode::new(code).unwrap(), None, text).unwrap();
        let diagnosis = Diagnosis::of(&reply);
        let failed = !(reply.is_positive() || reply.is_intermediate());
        prop_assert_eq!(diagnosis.retry() != Retry::NotNeeded, failed);
        prop_assert_eq!(diagnosis.causes().is_empty(), diagnosis.basis() == Basis::Class);
        for (at, cause) in diagnosis.causes().iter().enumerate() {
            prop_assert!(!diagnosis.causes()[..at].contains(cause), "{:?} twice", cause);
        }
        for &language in Language::ALL {
            prop_assert!(diagnosis.explain(language).to_string().lines().count() >= 2);
        }
    }

    #[test]
    fn ok_octets_that_are_no_text(octets in prop::collection::vec(1u8..=255, 0..6000)) {
        let octets: Vec<u8> = octets.into_iter().filter(|o| !b"\r\n".contains(o)).collect();
        let reply = Reply::new(ReplyCode::TRANSACTION_FAILED, None, octets).unwrap();
        prop_assert!(!Diagnosis::of(&reply).causes().is_empty());
    }
}
