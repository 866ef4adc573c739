//! 550 to 554 and their variants, with the words that providers' help pages quote them in: each
//! has its own reason, told in both languages.

#![cfg(feature = "classify")]

use mail_errors::classify::{Failure, Reason, Retry};
use mail_errors::diagnosis::{Diagnosis, Language};

#[track_caller]
fn told(line: &str, reason: Reason, english: &str, japanese: &str) {
    let told = Failure::read(line.as_bytes()).expect("a reply").classify();
    assert_eq!(told.reason(), reason, "{line}: {:?}", told.evidence());
    let diagnosis = Diagnosis::from(told);
    for (language, cause) in [(Language::English, english), (Language::Japanese, japanese)] {
        let text = diagnosis.explain(language).to_string();
        assert!(text.contains(cause), "{line}: {text}");
        assert!(text.contains(&diagnosis.remedy(language).to_string()[..12]), "{line}: {text}");
    }
}

#[test]
fn ok_550_user_unknown() {
    for line in
        ["550 UserUnknown", "550 User Unknown", "550 5.1.1 unknown user", "550 no such user"]
    {
        told(
            line,
            Reason::MailboxUnknown,
            "there is no such mailbox",
            "間違っているか、存在しません",
        );
    }
}

#[test]
fn ok_550_host_unknown() {
    for line in
        ["550 HostUnknown", "550 Host unknown", "550 5.1.2 unknown host", "550 Domain not found"]
    {
        told(line, Reason::DomainUnknown, "The domain behind the @", "宛先のドメイン");
    }
}

#[test]
fn ok_550_access_denied_by_policy_or_for_the_address() {
    told("550 5.7.1 denied by policy", Reason::Policy, "policy does not allow", "ポリシーにより");
    let line = "550 5.4.1 Recipient address rejected: Access denied";
    told(line, Reason::MailboxUnknown, "there is no such mailbox", "存在しません");
}

#[test]
fn ok_551_access_denied() {
    for line in ["551 Access denied", "551 Access Denied."] {
        told(line, Reason::Policy, "policy does not allow", "ポリシーにより");
    }
}

#[test]
fn ok_551_user_has_moved() {
    let line = "551 5.1.6 User not local; please try <new@example.org>";
    told(line, Reason::MailboxMoved, "moved to another address", "変更されています");
}

#[test]
fn ok_552_size_is_not_quota() {
    for line in
        ["552 Message is too large", "552 message too large", "552 5.3.4 size limit exceeded"]
    {
        told(line, Reason::MessageTooLarge, "over the size limit", "サイズが上限");
    }
    for line in ["552 mailbox full", "552 5.2.2 over quota", "552 Mailbox size limit exceeded"] {
        told(line, Reason::MailboxFull, "mailbox is full", "容量がいっぱい");
    }
}

#[test]
fn ok_553_recipient_is_not_local() {
    for line in ["553 Recipient is not local", "553 sorry, recipient is not local"] {
        told(
            line,
            Reason::RelayDenied,
            "not local to this server",
            "このサーバーで扱っていない宛先",
        );
    }
}

#[test]
fn ok_553_spam_is_not_the_address() {
    let line = "553 Spam or junk mail threshold exceeded";
    told(line, Reason::SpamContent, "judged to be spam", "迷惑メールと判定");
    let line = "553 5.1.8 Sender address rejected: Domain not found";
    told(line, Reason::SenderRejected, "sender's address", "送信者のメールアドレス");
    told("553 Authentication is required", Reason::AuthRequired, "log in first", "SMTP 認証");
}

#[test]
fn ok_554_service_unavailable() {
    for line in ["554 Service unavailable", "554 5.3.0 Service unavailable"] {
        told(line, Reason::SystemError, "down, overloaded", "停止しているか、混雑");
    }
    let line =
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.net";
    told(line, Reason::IpBlocklisted, "on a block list", "ブロックリストに登録");
}

#[test]
fn ok_each_has_its_own_advice() {
    let retry = |line: &str| Failure::read(line.as_bytes()).expect("a reply").classify().retry();
    assert_eq!(retry("550 UserUnknown"), Retry::Never);
    assert_eq!(retry("552 Message is too large"), Retry::AfterChange);
    assert_eq!(retry("552 mailbox full"), Retry::Later);
    assert_eq!(retry("554 Service unavailable"), Retry::Later);
    assert_eq!(retry("554 blocked using zen.spamhaus.org"), Retry::AnotherRoute);
}
