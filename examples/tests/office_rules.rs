//! What a post office does with mail and with people: aliases, quotas, loops, trace fields, limits.

mod office_support;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_examples::{config::Service, office::clock::monotonic};

use office_support::{Office, PASSWORD, account};

const MESSAGE: &str = "Subject: hello\r\n\r\nhello\r\n";

#[test]
fn ok_alias_leads_to_several_accounts_and_to_each_once() {
    let text = "[aliases]
        'team@post-office.test' = ['alice@post-office.test', 'bob@post-office.test']
        'all@post-office.test' = ['team@post-office.test', 'x@elsewhere.test']";
    let office = Office::open("rules-alias", text);
    let mut client = office.smtp();
    let to = ["TEAM@post-office.test", "bob@post-office.test"];
    client.message("x@elsewhere.test", &to, MESSAGE).code(250);
    assert_eq!((office.inbox("alice").len(), office.inbox("bob").len()), (1, 1));
    assert_eq!(office.queued(), 0);
    // An alias may also lead out: who set it wanted that.
    client.message("x@elsewhere.test", &["all@post-office.test"], MESSAGE).code(250);
    assert_eq!((office.inbox("alice").len(), office.inbox("bob").len()), (2, 2));
    assert_eq!(office.queued(), 1);
}

#[test]
fn ok_postmaster_is_there_without_a_domain_too() {
    let office = Office::open("rules-postmaster", "");
    let mut client = office.smtp();
    // RFC 5321 4.5.1
    for to in ["postmaster", "Postmaster@post-office.test"] {
        client.message("x@elsewhere.test", &[to], MESSAGE).code(250);
    }
    assert_eq!(office.inbox("alice").len(), 2);
}

#[test]
fn err_account_over_its_quota() {
    let office = Office::open("rules-quota", &account("carol", "quota = 2000"));
    let carol = "carol@post-office.test";
    let mut client = office.smtp();
    // The size that is announced counts at RCPT (RFC 1870 6.1).
    client.smtp("MAIL FROM:<x@elsewhere.test> SIZE=3000").code(250);
    client.smtp(&format!("RCPT TO:<{carol}>")).codes(552, "5.2.2");
    client.smtp("RCPT TO:<bob@post-office.test>").code(250);
    client.smtp("RSET").code(250);
    // One that is not announced, at the end of the data.
    let large = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(150));
    client.message("x@elsewhere.test", &[carol], &large).codes(552, "5.2.2");
    assert_eq!(office.inbox("carol").len(), 0);
    // What fits still comes, until no more does.
    let small = format!("Subject: small\r\n\r\n{}", "0123456789abcdef\r\n".repeat(30));
    let mut came = 0;
    let full = loop {
        let reply = client.message("x@elsewhere.test", &[carol], &small).0;
        if !reply.starts_with("250") {
            break reply;
        }
        came += 1;
        assert!(came < 10, "a quota of 2000 holds all");
    };
    assert!(full.starts_with("552 5.2.2"), "{full}");
    assert_eq!(office.inbox("carol").len(), came);
    assert!(came >= 2, "{came}");
    // IMAP says the same in its words.
    let mut imap = office.imap("carol");
    imap.append("INBOX", &large).no("[OVERQUOTA]");
    // Room that is made is there at once.
    imap.imap("SELECT INBOX").ok();
    imap.imap("STORE 1:* +FLAGS.SILENT (\\Deleted)").ok();
    imap.imap("EXPUNGE").ok();
    client.message("x@elsewhere.test", &[carol], &small).code(250);
}

#[test]
fn err_message_over_the_size_limit() {
    let office = Office::open("rules-size", "[limits]\nmessage_size = '64KiB'");
    let mut client = office.smtp();
    client.smtp("MAIL FROM:<x@elsewhere.test> SIZE=70000").codes(552, "5.3.4");
    let large = "x".repeat(76) + "\r\n";
    let large = format!("Subject: large\r\n\r\n{}", large.repeat(1000));
    let bob = ["bob@post-office.test"];
    client.message("x@elsewhere.test", &bob, &large).codes(552, "5.3.4");
    // The connection is still good, and the message was not taken.
    client.message("x@elsewhere.test", &bob, MESSAGE).code(250);
    assert_eq!(office.inbox("bob").len(), 1);
}

/// RFC 3030: what comes in chunks is stored like what comes by DATA, and ends in a line end.
#[test]
fn ok_message_in_chunks() {
    let office = Office::open("rules-chunks", "");
    let mut client = office.smtp();
    client.smtp("MAIL FROM:<x@elsewhere.test>").code(250);
    client.smtp("RCPT TO:<bob@post-office.test>").code(250);
    client.send("BDAT 19\r\nSubject: hello\r\n\r\n.BDAT 5 LAST\r\nhello");
    client.reply().code(250);
    client.reply().code(250);
    client.message("x@elsewhere.test", &["bob@post-office.test"], MESSAGE).code(250);
    let [chunks, data] = &office.inbox("bob")[..] else { panic!("two messages went in") };
    assert!(chunks.ends_with("\r\n\r\n.hello\r\n"), "{chunks}");
    assert!(data.ends_with("\r\n\r\nhello\r\n"), "{data}");
    // What the office cannot honour it does not offer.
    let offered = client.smtp("EHLO x.test").code(250);
    for extension in ["BINARYMIME", "REQUIRETLS", "DELIVERBY", "ETRN", "XCLIENT"] {
        assert!(!offered.contains(extension), "{offered}");
    }
}

#[test]
fn err_hundred_hops() {
    let office = Office::open("rules-hops", "");
    let mut client = office.smtp();
    let hop = "Received: from a.test\r\n\tby b.test; Tue, 14 Nov 2023 22:13:20 +0000\r\n";
    let bob = ["bob@post-office.test"];
    let circling = hop.repeat(100) + MESSAGE;
    client.message("x@elsewhere.test", &bob, &circling).codes(554, "5.4.6");
    assert_eq!(office.inbox("bob").len(), 0);
    let long_way = hop.repeat(99) + MESSAGE;
    client.message("x@elsewhere.test", &bob, &long_way).code(250);
    // What only looks like a hop, in the body, is none.
    let told = MESSAGE.to_owned() + &hop.repeat(100);
    client.message("x@elsewhere.test", &bob, &told).code(250);
    assert_eq!(office.inbox("bob").len(), 2);
}

#[test]
fn ok_trace_fields_of_a_final_delivery() {
    let office = Office::open("rules-trace", "");
    let mut client = office.smtp();
    // A Return-Path that somebody brought along is not ours (RFC 5321 4.4), but stays.
    let forged = format!("Return-Path: <forged@elsewhere.test>\r\n{MESSAGE}");
    client.message("X.Y@Elsewhere.test", &["bob@post-office.test"], &forged).code(250);
    let two = ["bob@post-office.test", "alice@post-office.test"];
    client.message("", &two, MESSAGE).code(250);
    let [first, second] = &office.inbox("bob")[..] else { panic!("two messages") };

    let lines: Vec<&str> = first.split_inclusive("\r\n").collect();
    assert_eq!(lines[0].to_lowercase(), "return-path: <x.y@elsewhere.test>\r\n", "{first}");
    let (trace, rest) = received(&lines[1..]);
    assert!(trace.starts_with("Received: from client.example ([127.0.0.1])"), "{trace}");
    assert!(trace.contains("by mail.post-office.test with ESMTP"), "{trace}");
    assert!(trace.contains("for <bob@post-office.test>;"), "{trace}");
    assert_eq!(rest, forged, "and nothing else was changed");

    let lines: Vec<&str> = second.split_inclusive("\r\n").collect();
    assert_eq!(lines[0], "Return-Path: <>\r\n");
    let (trace, rest) = received(&lines[1..]);
    // RFC 5321 7.2: the other recipients are nobody's business.
    assert!(!trace.contains("for <") && !trace.contains("alice"), "{trace}");
    assert_eq!(rest, MESSAGE);

    // RFC 3848: what is said of TLS and AUTH.
    let mut client = office.submission("alice");
    client.message("alice@post-office.test", &["bob@post-office.test"], MESSAGE).code(250);
    let third = office.inbox("bob").pop().expect("three");
    assert!(third.contains("with ESMTPSA"), "{third}");
}

/// Parts the `Received` field, unfolded, from what stands behind it.
fn received(lines: &[&str]) -> (String, String) {
    let folded = lines.iter().skip(1).take_while(|line| line.starts_with(['\t', ' '])).count();
    let (field, rest) = lines.split_at(1 + folded);
    let unfolded = field.concat().replace("\r\n", "").replace('\t', " ");
    let date = unfolded.rsplit_once("; ").expect("a date").1;
    assert!(date.ends_with(" +0000") && date.contains(", "), "{date}");
    assert!(field.iter().all(|line| line.len() <= 80), "{field:?}");
    (unfolded, rest.concat())
}

#[test]
fn err_more_messages_in_an_hour_than_are_allowed() {
    let office = Office::open("rules-hourly", "[limits]\nmessages_per_hour = 3");
    for n in 0..3 {
        // Over a new connection each, and to several: it is messages that count.
        let mut client = office.submission("alice");
        let to = ["bob@post-office.test", "x@elsewhere.test"];
        let reply = client.message("alice@post-office.test", &to, MESSAGE);
        assert!(reply.0.starts_with("250"), "message {n}: {reply:?}");
    }
    let mut client = office.submission("alice");
    let from = "alice@post-office.test";
    client.message(from, &["bob@post-office.test"], MESSAGE).codes(451, "4.7.");
    assert_eq!(office.inbox("bob").len(), 3);
    assert_eq!(office.queued(), 3);
    // Others are not in the way of each other.
    let mut client = office.submission("bob");
    client.message("bob@post-office.test", &["alice@post-office.test"], MESSAGE).code(250);
    // What comes from outside is not sent by an account.
    let mut client = office.smtp();
    for _ in 0..5 {
        client.message("alice@post-office.test", &["bob@post-office.test"], MESSAGE).code(250);
    }
}

/// Three wrong passwords are free, the fourth attempt waits until a second after the third, the
/// fifth until two seconds after the fourth: on every protocol, and for the right password too.
///
/// Only what must take long is measured closely, so that a busy machine fails no test.
fn assert_guessing_is_slow(office: &Office, mut guess: impl FnMut()) {
    let began = monotonic();
    for _ in 0..4 {
        guess();
    }
    drop(office.pop3("alice"));
    let five = began.elapsed();
    assert!(five >= Duration::from_secs(3), "five attempts took {five:?}");
    // The sixth would wait four seconds, had the success not cleared the account; and nobody else
    // waits at all.
    for user in ["alice", "bob"] {
        let began = monotonic();
        drop(office.imap(user));
        let next = began.elapsed();
        assert!(next < Duration::from_secs(3), "{user} took {next:?}");
    }
}

#[test]
fn err_guessing_passwords_over_smtp_is_slow() {
    let office = Office::open("rules-guess-smtp", "");
    let wrong = STANDARD.encode("\0alice@post-office.test\0guess");
    assert_guessing_is_slow(&office, || {
        let mut client = office.connect(Service::Submissions);
        client.smtp("EHLO client.example").code(250);
        client.smtp(&format!("AUTH PLAIN {wrong}")).codes(535, "5.7.8");
    });
}

#[test]
fn err_guessing_passwords_over_pop3_is_slow() {
    let office = Office::open("rules-guess-pop3", "");
    assert_guessing_is_slow(&office, || {
        let mut client = office.connect(Service::Pop3s);
        client.pop3("USER alice@post-office.test").ok();
        client.pop3("PASS guess").no("[AUTH]");
    });
}

#[test]
fn err_guessing_passwords_over_imap_is_slow() {
    let office = Office::open("rules-guess-imap", "");
    assert_guessing_is_slow(&office, || {
        let mut client = office.connect(Service::Imaps);
        client.imap("LOGIN alice@post-office.test guess").no("[AUTHENTICATIONFAILED]");
    });
}

#[test]
fn err_unknown_account_is_refused_in_the_same_words() {
    let office = Office::open("rules-unknown", "");
    let mut replies = Vec::new();
    for login in ["alice@post-office.test", "nobody@post-office.test", "nobody"] {
        let mut smtp = office.connect(Service::Submissions);
        smtp.smtp("EHLO client.example").code(250);
        let wrong = STANDARD.encode(format!("\0{login}\0guess"));
        let smtp = smtp.smtp(&format!("AUTH PLAIN {wrong}")).codes(535, "5.7.8");
        let mut pop3 = office.connect(Service::Pop3s);
        let user = pop3.pop3(&format!("USER {login}")).0;
        let pop3 = pop3.pop3("PASS guess").0;
        let mut imap = office.connect(Service::Imaps);
        let imap = imap.imap(&format!("LOGIN {login} guess")).0;
        replies.push([smtp, user, pop3, imap]);
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(replies[0], replies[2]);
}

#[test]
fn err_password_before_tls() {
    let office = Office::open("rules-clear", "");
    let mut pop3 = office.connect(Service::Pop3);
    pop3.pop3("USER alice@post-office.test").no("");
    pop3.pop3(&format!("PASS {PASSWORD}")).no("");
    let mut imap = office.connect(Service::Imap);
    let offered = imap.imap("CAPABILITY").ok();
    assert!(offered.contains(" STARTTLS") && offered.contains(" LOGINDISABLED"), "{offered}");
    imap.imap(&format!("LOGIN alice@post-office.test \"{PASSWORD}\"")).no("[PRIVACYREQUIRED]");
    imap.imap("SELECT INBOX").no("");
    // With TLS it goes on the same ports.
    pop3.pop3("STLS").ok();
    let mut pop3 = pop3.into_tls(office.dir());
    pop3.pop3("USER alice@post-office.test").ok();
    pop3.pop3(&format!("PASS {PASSWORD}")).ok();
    imap.imap("STARTTLS").ok();
    let mut imap = imap.into_tls(office.dir());
    imap.imap(&format!("LOGIN alice@post-office.test \"{PASSWORD}\"")).ok();
}

/// Who is told that the account is full deletes mail, which would help nobody here.
#[test]
fn err_store_that_fails_is_no_full_account() {
    let office = Office::open("rules-store", "");
    let mut imap = office.imap("bob");
    let store = rusqlite::Connection::open(office.dir().join("store.sqlite")).expect("opens");
    store.execute_batch("ALTER TABLE account RENAME TO away").expect("renamed");
    imap.append("INBOX", "Subject: x\r\n\r\n").no("[UNAVAILABLE]");
    store.execute_batch("ALTER TABLE away RENAME TO account").expect("renamed");
    imap.append("INBOX", "Subject: x\r\n\r\n").ok();
}
