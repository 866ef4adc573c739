//! What senders are told of mail that arrives, when they ask: RFC 3461.

mod office_support;

use mail_errors::dsn::{Bounce, Report};

use office_support::{Office, account, config};

const MESSAGE: &str = "Subject: hello\r\nMessage-ID: <1@post-office.test>\r\n\r\nhello\r\n";
const ALICE: &str = "alice@post-office.test";
const BOB: &str = "bob@post-office.test";

/// Sends a message from alice, with these words behind MAIL, and to each with these behind RCPT.
fn send(office: &Office, of_message: &str, to: &[(&str, &str)], message: &str) {
    let mut client = office.submission("alice");
    client.smtp(&format!("MAIL FROM:<{ALICE}>{of_message}")).code(250);
    for (to, asked) in to {
        client.smtp(&format!("RCPT TO:<{to}>{asked}")).code(250);
    }
    client.smtp("DATA").code(354);
    client.smtp(&format!("{message}.")).code(250);
}

/// Returns the only message of alice, and what it tells.
fn notice(office: &Office) -> (String, Report) {
    let [notice] = &office.inbox("alice")[..] else { panic!("one notice") };
    let bounce = Bounce::read(notice.as_bytes()).expect("a report");
    assert_eq!(bounce.original_message_id(), Some(&b"1@post-office.test"[..]));
    (notice.clone(), bounce.report().clone())
}

/// Shows what became of recipients.
fn told(report: &Report) -> Vec<String> {
    let one = |it: &mail_errors::dsn::Recipient| {
        let original = it.original().map_or("-".to_owned(), ToString::to_string);
        let status = it.status().map_or("-".to_owned(), |status| status.to_string());
        format!("{} {original} {} {status}", it.address().text_lossy(), it.action())
    };
    report.recipients().iter().map(one).collect()
}

#[test]
fn ok_what_is_offered() {
    let office = Office::open("dsn-offered", "");
    assert!(office.smtp().smtp("EHLO x.test").code(250).contains("DSN"));
    assert!(office.submission("alice").smtp("EHLO x.test").code(250).contains("DSN"));
    let mut client = office.smtp();
    client.smtp("MAIL FROM:<x@elsewhere.test> RET=ALL").code(501);
    client.smtp("MAIL FROM:<x@elsewhere.test> RET=FULL ENVID=1").code(250);
    client.smtp(&format!("RCPT TO:<{BOB}> NOTIFY=NEVER,SUCCESS")).code(501);
    client.smtp(&format!("RCPT TO:<{BOB}> ORCPT=rfc822;a+4")).code(501);
}

/// RFC 3461 §5.2, §6: of a delivery those hear who asked.
#[test]
fn ok_delivered() {
    let office = Office::open("dsn-delivered", "");
    for quiet in ["", " NOTIFY=NEVER", " NOTIFY=FAILURE,DELAY"] {
        send(&office, "", &[(BOB, quiet)], MESSAGE);
    }
    assert_eq!(office.inbox("alice"), [""; 0]);

    let asked = " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2Bx@post-office.test";
    send(&office, " RET=FULL ENVID=Q+2B1", &[(BOB, asked)], MESSAGE);
    let (notice, report) = notice(&office);
    assert_eq!(told(&report), [format!("{BOB} rfc822; Bob+x@post-office.test delivered 2.0.0")]);
    assert_eq!(report.original_envelope_id(), Some("Q+1"));
    assert!(report.arrival().is_some() && report.recipients()[0].last_attempt().is_some());
    assert!(notice.starts_with("Return-Path: <>\r\n"), "{notice}");
    assert!(notice.contains("was delivered") && notice.contains("Auto-Submitted: auto-replied"));
    // RFC 3461 §4.3: RET is about failures; of success the header comes back.
    assert!(notice.contains("Content-Type: text/rfc822-headers\r\n"), "{notice}");
    assert_eq!(office.inbox("bob").len(), 4);
}

/// RFC 3461 §5.2.7.4: an address that leads to several.
#[test]
fn ok_expanded() {
    let office = Office::open(
        "dsn-expanded",
        "[aliases]\n'team@post-office.test' = ['alice@post-office.test', 'bob@post-office.test']\n\
         'desk@post-office.test' = ['bob@post-office.test']\n",
    );
    let asked = " NOTIFY=SUCCESS";
    let to = [("team@post-office.test", asked), ("desk@post-office.test", asked), (BOB, "")];
    send(&office, "", &to, MESSAGE);
    let inbox = office.inbox("alice");
    let notices: Vec<_> = inbox.iter().filter(|it| it.contains("delivery-status")).collect();
    let [notice] = notices[..] else { panic!("one notice: {inbox:?}") };
    let report = Bounce::read(notice.as_bytes()).expect("a report").report().clone();
    assert_eq!(
        told(&report),
        ["team@post-office.test - expanded 2.0.0", "desk@post-office.test - delivered 2.0.0",]
    );
    assert_eq!(office.inbox("bob").len(), 1);
}

/// A mailbox that fills while the message comes in, behind an address that another shares.
#[test]
fn err_mailbox_that_fills_meanwhile_is_told_as_the_sender_asks() {
    let long = format!("{MESSAGE}{}", "0123456789abcdef\r\n".repeat(200));
    let carol = "carol@post-office.test";
    for (nth, (asked, told_of)) in [
        (" NOTIFY=NEVER", None),
        (" NOTIFY=SUCCESS", None),
        (" NOTIFY=FAILURE ORCPT=rfc822;c+2Bc@x.test", Some("rfc822; c+c@x.test")),
        ("", Some("-")),
    ]
    .into_iter()
    .enumerate()
    {
        let text = config(&account("carol", "quota = 2000"));
        let office = Office::with(&format!("dsn-full-{nth}"), &text);
        send(&office, " RET=HDRS ENVID=Q1", &[(carol, asked), (BOB, " NOTIFY=NEVER")], &long);
        assert_eq!((office.inbox("carol").len(), office.inbox("bob").len()), (0, 1));
        let Some(original) = told_of else {
            assert_eq!(office.inbox("alice"), [""; 0], "{asked}");
            continue;
        };
        let (notice, report) = notice(&office);
        assert_eq!(told(&report), [format!("{carol} {original} failed 5.2.2")]);
        assert_eq!(report.original_envelope_id(), Some("Q1"));
        assert!(notice.contains("Content-Type: text/rfc822-headers\r\n"), "{notice}");
    }
}

/// RFC 3461 §6: nobody hears of success who has no address to hear it at.
#[test]
fn err_no_notice_to_the_null_path() {
    let office = Office::open("dsn-null", "");
    let mut client = office.smtp();
    client.smtp("MAIL FROM:<>").code(250);
    client.smtp(&format!("RCPT TO:<{BOB}> NOTIFY=SUCCESS")).code(250);
    client.smtp("DATA").code(354);
    client.smtp(&format!("{MESSAGE}.")).code(250);
    assert_eq!((office.inbox("bob").len(), office.inbox("alice").len()), (1, 0));
}

/// RFC 6531: from an address in UTF-8, to one, and what is refused without the word for it.
#[test]
fn ok_addresses_in_utf8() {
    let text = config(&account("ビル", ""));
    let office = Office::with("dsn-utf8", &text);
    let bill = "ビル@post-office.test";
    let mut client = office.smtp();
    assert!(client.smtp("EHLO x.test").code(250).contains("SMTPUTF8"));
    client.smtp("MAIL FROM:<ü@elsewhere.test>").code(553);
    client.smtp("MAIL FROM:<x@elsewhere.test>").code(250);
    client.smtp(&format!("RCPT TO:<{bill}>")).code(553);
    client.smtp("RSET").code(250);
    client.smtp("MAIL FROM:<ü@elsewhere.test> SMTPUTF8").code(250);
    client.smtp(&format!("RCPT TO:<{bill}>")).code(250);
    client.smtp("DATA").code(354);
    client.smtp(&format!("{MESSAGE}.")).code(250);
    let [stored] = &office.inbox("ビル")[..] else { panic!("one message") };
    // The client shows each octet as a character.
    let octets = stored.chars().map(|c| u8::try_from(c).expect("an octet")).collect();
    let stored = String::from_utf8(octets).expect("UTF-8");
    assert!(stored.starts_with("Return-Path: <ü@elsewhere.test>\r\n"), "{stored}");
    assert!(stored.contains(" with UTF8SMTP\r\n") && stored.contains(bill), "{stored}");
    // What became of it is told with the address as it is (RFC 6533).
    let mut client = office.submission("alice");
    client.smtp(&format!("MAIL FROM:<{ALICE}> SMTPUTF8")).code(250);
    client.smtp(&format!("RCPT TO:<{bill}> NOTIFY=SUCCESS")).code(250);
    client.smtp("DATA").code(354);
    client.smtp(&format!("{MESSAGE}.")).code(250);
    let (notice, report) = notice(&office);
    assert_eq!(told(&report), [format!("{bill} - delivered 2.0.0")]);
    assert!(notice.contains("message/global-delivery-status"), "{notice}");
}
