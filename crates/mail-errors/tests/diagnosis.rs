//! What a diagnosis goes by, and what it leaves open.

#![cfg(feature = "classify")]

use mail_errors::classify::{Blame, Evidence, Reason, Retry};
use mail_errors::diagnosis::{Diagnosis, Language};
use mail_errors::{Reply, ReplyCode};
use proptest::prelude::*;

/// A reply of one line as it stands on the wire.
fn reply(line: &str) -> Reply {
    let (code, text) = line.split_once(' ').unwrap_or((line, ""));
    let code = ReplyCode::new(code.parse().expect("digits")).expect("three digits");
    Reply::new(code, None, text).expect("a text of one line")
}

#[track_caller]
fn first(line: &str, reason: Reason, evidence: &str) {
    let reply = reply(line);
    let diagnosis = Diagnosis::of(&reply);
    let told = diagnosis.classification();
    assert_eq!((told.reason(), told.evidence().name()), (reason, evidence), "{line}");
}

#[test]
fn words_go_before_codes() {
    first("552 5.1.1 Recipient overquota", Reason::MailboxFull, "words");
    first("550 5.7.1 Unable to relay for a@b.example", Reason::RelayDenied, "words");
    first("550 Host unknown", Reason::DomainUnknown, "words");
    first("554 5.7.1 flagged as Spam", Reason::SpamContent, "words");
    first("553 authentication required", Reason::AuthRequired, "words");
    first("550 5.2.1 User unknown", Reason::MailboxUnknown, "words");
    first("553 5.7.1 relaying denied", Reason::RelayDenied, "words");
}

#[test]
fn codes_speak_where_words_do_not() {
    first("550 5.2.2", Reason::MailboxFull, "enhanced_code");
    first("552 5.3.4 nothing else", Reason::MessageTooLarge, "enhanced_code");
    first("554 5.4.6", Reason::RoutingLoop, "enhanced_code");
    first("550 5.7.23", Reason::AuthSpf, "enhanced_code");
    first("550 5.7.25", Reason::NoPtr, "enhanced_code");
    first("550 5.7.30", Reason::TlsRequired, "enhanced_code");
    first("556 5.1.10", Reason::DomainNoMail, "enhanced_code");
    first("551 5.1.6", Reason::MailboxMoved, "enhanced_code");
    first("552 x (#5.2.3)", Reason::MessageTooLarge, "enhanced_code");
    first("521", Reason::DomainNoMail, "code");
    first("556", Reason::DomainNoMail, "code");
    first("535", Reason::AuthRejected, "code");
}

#[test]
fn reply_code_alone_leaves_its_reasons_open() {
    for (code, reasons) in [
        (550, &[Reason::MailboxUnknown, Reason::DomainUnknown, Reason::Policy][..]),
        (551, &[Reason::MailboxUnknown, Reason::MailboxMoved, Reason::RelayDenied]),
        (552, &[Reason::MessageTooLarge, Reason::MailboxFull]),
        (553, &[Reason::SenderRejected, Reason::AuthRequired, Reason::MailboxUnknown]),
        (554, &[Reason::SystemError, Reason::RoutingLoop]),
    ] {
        // 5.0.0 and 5.5.0 say no more than that it failed.
        for text in ["", "zzz", "5.0.0 zzz", "5.5.0 zzz"] {
            let reply = reply(&format!("{code} {text}"));
            let diagnosis = Diagnosis::of(&reply);
            assert_eq!(diagnosis.classification().reason(), Reason::Unknown, "{reply}");
            assert_eq!(diagnosis.classification().evidence(), &Evidence::Nothing);
            assert!(diagnosis.reasons().starts_with(reasons), "{diagnosis:?}");
            assert_eq!(diagnosis.checklist(), None);
        }
    }
}

#[test]
fn blame_and_retry_follow_the_reason() {
    for (line, blame, retry) in [
        ("550 5.1.1", Blame::Sender, Retry::Never),
        ("552 5.2.2", Blame::Recipient, Retry::Later),
        ("550 5.7.23", Blame::SendersProvider, Retry::AfterChange),
        ("554 5.3.5", Blame::ReceiversProvider, Retry::Later),
        ("554 5.4.2", Blame::Network, Retry::AnotherRoute),
        ("452 4.2.2", Blame::Recipient, Retry::Later),
    ] {
        let reply = reply(line);
        let diagnosis = Diagnosis::of(&reply);
        let told = diagnosis.classification();
        assert_eq!((diagnosis.blame(), told.retry()), (Some(blame), retry), "{line}");
    }
}

#[test]
fn nothing_is_wrong_with_positive_replies() {
    for line in ["250 2.0.0 spam relay user unknown", "354 over quota"] {
        let reply = reply(line);
        let diagnosis = Diagnosis::of(&reply);
        assert!(diagnosis.reasons().is_empty());
        assert!(!diagnosis.failed());
        assert_eq!(diagnosis.checklist(), None);
    }
    let told = Diagnosis::of(&reply("250 ok")).explain(Language::English).to_string();
    assert_eq!(told, "250: Done; nothing is wrong.\nNothing has to be done.");
}

#[test]
fn a_named_block_list_is_told_with_its_page() {
    let reply = reply("554 5.7.1 [192.0.2.1] blocked using zen.spamhaus.org");
    let told = Diagnosis::of(&reply).explain(Language::English).to_string();
    assert!(told.contains("\nBlock list: Spamhaus (https://check.spamhaus.org/)\n"), "{told}");
    let told = Diagnosis::of(&reply).explain(Language::Japanese).to_string();
    assert!(told.contains("\nブロックリスト：Spamhaus（https://check.spamhaus.org/）\n"), "{told}");
}

#[test]
fn every_reason_has_its_own_words_in_every_language() {
    for &language in Language::ALL {
        for &reason in Reason::ALL {
            let same = |other: &&Reason| other.cause(language) == reason.cause(language);
            assert_eq!(Reason::ALL.iter().filter(same).count(), 1, "{reason}");
            assert!(!reason.remedy(language).to_string().is_empty(), "{reason}");
            assert!(!reason.operator_remedy(language).to_string().is_empty(), "{reason}");
        }
    }
}

proptest! {
    #[test]
    fn ok_every_reply_is_explained(
        code in 100u16..1000,
        text in "([245]\\.[0-9]{1,2}\\.[0-9]{1,2} )?(\\PC|user unknown|quota|#5\\.1\\.1){0,60}",
    ) {
        let reply = Reply::new(ReplyCode::new(code).unwrap(), None, text).unwrap();
        let diagnosis = Diagnosis::of(&reply);
        let told = diagnosis.classification();
        prop_assert_eq!(diagnosis.failed(), !(reply.is_positive() || reply.is_intermediate()));
        prop_assert_eq!(told.reason() == Reason::Unknown, told.confidence().percent() == 0);
        prop_assert!(!told.suppress() || told.reason().is_hard());
        for &language in Language::ALL {
            prop_assert!(diagnosis.explain(language).to_string().lines().count() >= 2);
        }
    }

    #[test]
    fn ok_octets_that_are_no_text(octets in prop::collection::vec(1u8..=255, 0..6000)) {
        let octets: Vec<u8> = octets.into_iter().filter(|o| !b"\r\n".contains(o)).collect();
        let reply = Reply::new(ReplyCode::TRANSACTION_FAILED, None, octets).unwrap();
        prop_assert!(!Diagnosis::of(&reply).reasons().is_empty());
    }
}
