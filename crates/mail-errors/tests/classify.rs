//! Failures of every kind, and what they mean.

#![cfg(feature = "classify")]

use mail_errors::classify::{
    Classification, Classifier, ConnectionOutcome, DnsOutcome, Evidence, Failure, Provider, Reason,
    Retry, Scope, Stage, TlsOutcome, What,
};
use proptest::prelude::*;

fn told(line: &str) -> Classification<'_> {
    Failure::read(line.as_bytes()).expect("a reply").classify()
}

#[track_caller]
fn all(reason: Reason, lines: &[&str]) {
    for line in lines {
        let told = told(line);
        assert_eq!(told.reason(), reason, "{line}: {:?}", told.evidence());
    }
}

#[test]
fn ok_japanese() {
    all(Reason::MailboxUnknown, &["550 宛先不明", "550 宛先のユーザーが見つかりません"]);
    all(Reason::MailboxFull, &["552 受信者のメールボックスがいっぱいです", "550 容量不足"]);
    all(Reason::MailboxDisabled, &["550 このメールアドレスは現在使われておりません"]);
    all(Reason::MessageTooLarge, &["552 メッセージサイズが制限を超えています"]);
    all(Reason::SpamContent, &["550 迷惑メールと判定されたため受信を拒否しました"]);
    all(Reason::AuthRejected, &["535 認証に失敗しました"]);
}

#[test]
fn ok_german_in_utf8_and_latin1() {
    all(Reason::MailboxUnknown, &["550 Benutzer unbekannt", "550 Empfänger existiert nicht"]);
    all(Reason::MailboxFull, &["552 Postfach voll", "452 4.2.2 Das Postfach ist überfüllt"]);
    all(Reason::MessageTooLarge, &["554 Nachricht zu groß"]);
    let told = Failure::read(b"552 Das Postfach ist \xfcberf\xfcllt").expect("a reply").classify();
    assert_eq!(told.reason(), Reason::MailboxFull);
}

#[test]
fn ok_french() {
    all(Reason::MailboxUnknown, &["550 Utilisateur inconnu", "550 Cette adresse n'existe pas"]);
    all(
        Reason::MailboxFull,
        &["552 Boîte aux lettres pleine", "552 Boite du destinataire pleine."],
    );
    all(Reason::SenderRejected, &["501 Emetteur invalide. Invalid Sender."]);
    all(Reason::TooManyConnections, &["421 Trop de connexions"]);
}

#[test]
fn ok_chinese() {
    all(Reason::MailboxUnknown, &["550 用户不存在"]);
    all(Reason::MailboxFull, &["552 收件人邮箱已满"]);
    all(Reason::SpamContent, &["554 垃圾邮件被拒绝"]);
}

#[test]
fn ok_stages_tell_sender_from_recipient() {
    let line = b"550 5.1.1 no such domain";
    let at = |stage| Failure::read(line).expect("a reply").at(stage).classify();
    assert_eq!(at(Stage::Rcpt).scope(), Scope::Recipient);
    assert!(at(Stage::Rcpt).suppress());
    assert!(!at(Stage::Mail).suppress());
    assert!(!at(Stage::Connect).suppress());
}

#[test]
fn ok_no_log_in_gives_up_an_address() {
    for stage in [Stage::Auth, Stage::Pop3Login, Stage::ImapLogin] {
        for line in ["535 5.1.1 user unknown", "535 account disabled", "550 mailbox not found"] {
            let told = Failure::read(line.as_bytes()).expect("a reply").at(stage).classify();
            assert_eq!((told.scope(), told.suppress()), (Scope::Access, false), "{line}");
        }
    }
}

#[test]
fn ok_pop3_and_imap_log_ins() {
    for (text, stage, reason) in [
        ("[AUTH] invalid user name or password", Stage::Pop3Login, Reason::AuthRejected),
        ("[SYS/TEMP] try again later", Stage::Pop3Login, Reason::SystemError),
        ("[IN-USE] maildrop already locked", Stage::Pop3Login, Reason::SystemError),
        ("[LOGIN-DELAY] wait a minute", Stage::Pop3Login, Reason::RateLimited),
        ("authorization failed", Stage::Pop3Login, Reason::AuthRejected),
        ("no such user", Stage::Pop3Login, Reason::AuthRejected),
        ("[AUTHENTICATIONFAILED] Authentication failed.", Stage::ImapLogin, Reason::AuthRejected),
        ("[AUTHORIZATIONFAILED] no", Stage::ImapLogin, Reason::AuthRejected),
        ("[EXPIRED] password expired", Stage::ImapLogin, Reason::AuthRejected),
        ("[PRIVACYREQUIRED] plaintext login disabled", Stage::ImapLogin, Reason::TlsRequired),
        ("[UNAVAILABLE] Temporary authentication failure", Stage::ImapLogin, Reason::SystemError),
        ("[CONTACTADMIN] call us", Stage::ImapLogin, Reason::SystemError),
        (
            "[ALERT] Too many simultaneous connections.",
            Stage::ImapLogin,
            Reason::TooManyConnections,
        ),
        ("[ALERT] Application-specific password required", Stage::ImapLogin, Reason::AuthRejected),
        ("LOGIN failed.", Stage::ImapLogin, Reason::AuthRejected),
    ] {
        let told = Failure::refusal(text.as_bytes(), stage).classify();
        assert_eq!(told.reason(), reason, "{text}: {:?}", told.evidence());
        assert!(!told.suppress());
        assert_eq!(told.code(), None);
    }
}

#[test]
fn ok_what_comes_without_a_reply() {
    let told = |what| Failure::new(what).classify();
    for (what, reason, retry, suppress) in [
        (What::Dns(DnsOutcome::NoDomain), Reason::DomainUnknown, Retry::Never, true),
        (What::Dns(DnsOutcome::NoAddress), Reason::DomainUnknown, Retry::Never, true),
        (What::Dns(DnsOutcome::NullMx), Reason::DomainNoMail, Retry::Never, true),
        (What::Dns(DnsOutcome::UselessMx), Reason::SystemError, Retry::Later, false),
        (What::Dns(DnsOutcome::TimedOut), Reason::Network, Retry::Later, false),
        (What::Dns(DnsOutcome::Failed), Reason::Network, Retry::Later, false),
        (What::Connection(ConnectionOutcome::Refused), Reason::Network, Retry::AnotherRoute, false),
        (
            What::Connection(ConnectionOutcome::TimedOut),
            Reason::Network,
            Retry::AnotherRoute,
            false,
        ),
        (What::Connection(ConnectionOutcome::Lost), Reason::Network, Retry::Later, false),
        (What::Tls(TlsOutcome::Name), Reason::TlsRequired, Retry::AnotherRoute, false),
        (What::Tls(TlsOutcome::Expiry), Reason::TlsRequired, Retry::AnotherRoute, false),
        (What::Tls(TlsOutcome::PlainToTlsPort), Reason::ProtocolError, Retry::AfterChange, false),
        (What::Tls(TlsOutcome::TlsToPlainPort), Reason::ProtocolError, Retry::AfterChange, false),
    ] {
        let told = told(what);
        let answer = (told.reason(), told.retry(), told.suppress());
        assert_eq!(answer, (reason, retry, suppress), "{what:?}");
        assert_eq!(told.evidence(), &Evidence::Outcome);
    }
}

#[test]
fn ok_transient_is_tried_again_but_for_the_dead() {
    assert_eq!(
        told("450 4.1.1 <a@b>: Recipient address rejected: User unknown").retry(),
        Retry::Never
    );
    assert!(told("450 4.1.2 <a@b>: Recipient address rejected: Domain not found").suppress());
    assert!(!told("450 4.3.0 user unknown for now").suppress());
    assert_eq!(told("451 4.7.1 message rejected as spam").retry(), Retry::Later);
    assert_eq!(told("452 4.5.3 too many recipients").retry(), Retry::Later);
}

#[test]
fn ok_only_dead_addresses_are_given_up() {
    for line in [
        "552 5.2.2 mailbox full",
        "550 5.7.1 blocked using zen.spamhaus.org",
        "554 5.7.1 message rejected as spam",
        "550 5.7.1 relaying denied",
        "550 5.7.1 denied by policy",
        "535 5.7.8 authentication failed",
        "550 5.7.26 DMARC",
        "550 5.1.0 <a@b>: Sender address rejected: User unknown in local recipient table",
        "550 5.1.7 no such domain",
        "550 Unroutable sender address",
        "550 recipient has blocked you",
        "550 5.7.1 <a@b>... Access denied",
        "550",
        "550 5.5.0",
    ] {
        assert!(!told(line).suppress(), "{line}");
    }
    for line in [
        "550 5.1.1 user unknown",
        "550 5.2.1 the account is disabled",
        "551 5.1.6 user has moved",
        "550 5.1.2 host unknown",
        "556 5.1.10 null MX",
    ] {
        assert!(told(line).suppress(), "{line}");
    }
}

#[test]
fn ok_contradicting_codes_are_told_and_the_reply_code_wins() {
    let soft = told("450 5.1.1 user unknown");
    assert!(soft.contradicts() && !soft.is_permanent());
    let hard = told("550 4.2.2 mailbox full");
    assert!(hard.contradicts() && hard.is_permanent());
    assert_eq!(hard.reason(), Reason::MailboxFull);
    assert!(!told("550 5.2.2 mailbox full").contradicts());
    assert!(!told("550 mailbox full").contradicts());
}

#[test]
fn ok_block_lists_by_name_and_page() {
    for (line, name, url) in [
        (
            "554 5.7.1 blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1",
            "Spamhaus",
            Some("https://www.spamhaus.org/query/ip/192.0.2.1"),
        ),
        ("550 listed at bl.spamcop.net", "SpamCop", Some("https://www.spamcop.net/bl.shtml")),
        ("554 blocked using bl.example.net", "bl.example.net", None),
        (
            "554 rejected, [192.0.2.1] listed in rbl.example.org, see http://example.org/why?192.0.2.1",
            "rbl.example.org",
            Some("http://example.org/why?192.0.2.1"),
        ),
    ] {
        let told = told(line);
        assert_eq!(told.reason(), Reason::IpBlocklisted, "{line}");
        let list = told.blocklist().expect("a list");
        assert_eq!((list.name(), list.url()), (name, url), "{line}");
    }
    assert_eq!(told("554 blacklisted").blocklist(), None);
    assert_eq!(told("550 user unknown, see http://www.spamhaus.org").blocklist(), None);
}

#[test]
fn ok_evidence_points_into_the_text() {
    let told = told("550 5.1.1 <gone@example.org>... No Such User here");
    assert_eq!(told.text(), b"<gone@example.org>... No Such User here");
    assert_eq!(told.words(), b"No Such User");
    let Evidence::Words { span, rule } = told.evidence() else { panic!("no words") };
    assert_eq!((span.clone(), *rule), (22..34, "no such {box}"));
}

#[test]
fn ok_lines_of_one_reply_are_read_together() {
    let told = told(
        "550-5.1.1 The email account that you tried to reach does\r\n550-5.1.1 not exist.\r\n550 5.1.1 bye",
    );
    assert_eq!(told.reason(), Reason::MailboxUnknown);
}

/// No phrase was written for these: a single word decides, and is shown.
#[test]
fn ok_words_that_no_phrase_was_written_for() {
    for (line, reason, word) in [
        ("550 5.1.1 recipient inexistent at our place", Reason::MailboxUnknown, "recipient"),
        ("550 5.1.1 the user in question has left", Reason::MailboxUnknown, "user"),
        ("452 4.3.1 the disk has room for nothing more", Reason::SystemFull, "disk"),
    ] {
        let told = told(line);
        assert_eq!(told.reason(), reason, "{line}");
        assert_eq!(String::from_utf8_lossy(told.words()), word, "{line}");
        assert!(matches!(told.evidence(), Evidence::Words { rule: "learned", .. }), "{line}");
    }
}

#[test]
fn ok_providers_codes() {
    let line = b"554 no";
    let by = |host: &str| {
        Failure::read(line).expect("a reply").by(Provider::of_host(host)).classify().reason()
    };
    assert_eq!(by("mx00.t-online.de"), Reason::IpBlocked);
    assert_eq!(by("mx.example.org"), Reason::Unknown);
    for (host, provider) in [
        ("aspmx.l.google.com", Some(Provider::Google)),
        ("EXAMPLE-COM.mail.protection.OUTLOOK.com.", Some(Provider::Microsoft)),
        ("mta7.am0.yahoodns.net", Some(Provider::Yahoo)),
        ("outlook.com.example.org", None),
        ("", None),
    ] {
        assert_eq!(Provider::of_host(host), provider, "{host}");
    }
}

#[test]
fn ok_words_of_addresses_and_hosts_say_nothing() {
    for line in [
        "550 <spam.virus@dkim.example>: see below",
        "550 said relay-denied.quota.example",
        "550 see http://spam.example/greylist?user-unknown",
    ] {
        assert_eq!(told(line).reason(), Reason::Unknown, "{line}");
    }
    assert_eq!(told("550 <spam@x.example>... No such user").reason(), Reason::MailboxUnknown);
}

#[test]
fn ok_bad_input_is_bounded() {
    let mib = vec![b'x'; 1 << 20];
    let spaces = vec![b' '; 1 << 20];
    let words = b"user unknown ".repeat(80_000);
    let dots = b"a.".repeat(500_000);
    let high = vec![0xff; 1 << 20];
    let kana = "メ".repeat(300_000).into_bytes();
    let humps = b"aA".repeat(500_000);
    for text in [&mib[..], &spaces, &words, &dots, &high, &kana, &humps, b"\0\0\0", b"\xc3", b""] {
        let line = [b"550 ", text].concat();
        let told = Failure::read(&line).expect("a reply").classify();
        let expected = if text == &words[..] { Reason::MailboxUnknown } else { Reason::Unknown };
        assert_eq!(told.reason(), expected);
        let _ = Failure::find(text);
    }
}

/// The tables stay small enough for the second cache of a processor.
#[test]
fn ok_tables_are_under_256_kib() {
    let size = Classifier::shared().size();
    assert!(size < 256 * 1024, "{size} octets");
}

proptest! {
    #[test]
    fn ok_any_octets(octets in prop::collection::vec(any::<u8>(), 0..3000)) {
        if let Some(failure) = Failure::find(&octets) {
            let told = failure.classify();
            prop_assert!(!told.suppress() || told.reason().is_hard());
            prop_assert!(told.confidence().percent() <= 100);
            if let Evidence::Words { span, .. } = told.evidence() {
                prop_assert!(told.text().get(span.clone()).is_some());
            }
        }
    }

    #[test]
    fn ok_case_and_spaces_change_nothing(at in 0usize..5, upper in any::<bool>()) {
        let line = [
            "550 5.1.1 user unknown",
            "552 5.2.2 mailbox full",
            "554 5.7.1 blocked using zen.spamhaus.org",
            "421 4.7.0 too many connections",
            "550 5.7.1 relaying denied",
        ][at];
        let changed = if upper { line.to_uppercase() } else { line.replace(' ', "  ") };
        let changed = changed.replacen("  ", " ", 2);
        prop_assert_eq!(told(&changed).reason(), told(line).reason());
    }
}
