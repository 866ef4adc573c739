//! Several programs in one mailbox at once.

mod office_support;

use std::time::Duration;

use mail_examples::config::Service;

use office_support::{Client, Office};

const BOB: [&str; 1] = ["bob@post-office.test"];

fn message(subject: &str) -> String {
    format!("Subject: {subject}\r\n\r\n.{subject}\r\n")
}

/// Delivers messages, stuffed as SMTP wants them.
fn deliver(office: &Office, subjects: &[&str]) {
    let mut client = office.smtp();
    for subject in subjects {
        let stuffed = message(subject).replace("\r\n.", "\r\n..");
        client.message("x@elsewhere.test", &BOB, &stuffed).code(250);
    }
}

/// Reads what is told in IDLE up to a line that begins so, and returns that line.
fn told(client: &mut Client, begin: &str) -> String {
    let mut lines = Vec::new();
    while lines.len() < 10 {
        let line = client.line();
        if line.starts_with(begin) {
            return line;
        }
        lines.push(line);
    }
    panic!("{begin} is not among {lines:?}")
}

#[test]
fn ok_two_imap_devices_stay_in_step() {
    let office = Office::open("devices-step", "");
    deliver(&office, &["one", "two"]);
    let (mut phone, mut desk) = (office.imap("bob"), office.imap("bob"));
    for device in [&mut phone, &mut desk] {
        assert!(device.imap("SELECT INBOX").ok().contains("* 2 EXISTS\r\n"));
    }
    phone.idle();

    deliver(&office, &["three"]);
    told(&mut phone, "* 3 EXISTS");
    assert!(desk.imap("NOOP").ok().contains("* 3 EXISTS\r\n"));

    desk.imap("STORE 2 +FLAGS (\\Flagged)").ok();
    let line = told(&mut phone, "* 2 FETCH");
    assert!(line.contains("\\Flagged"), "{line}");

    desk.imap("STORE 1 +FLAGS.SILENT (\\Deleted)").ok();
    told(&mut phone, "* 1 FETCH");
    let expunged = desk.imap("EXPUNGE").ok();
    assert!(expunged.contains("* 1 EXPUNGE\r\n"), "{expunged}");
    told(&mut phone, "* 1 EXPUNGE");
    phone.done().ok();

    // Both see the same under the same numbers.
    let seen = [&mut phone, &mut desk].map(|device| {
        let reply = device.imap("FETCH 1:* (UID FLAGS BODY.PEEK[TEXT])").ok();
        // Which of the two sees \Recent depends on who came first (RFC 3501 2.3.2).
        let flags = reply.replace("\\Recent ", "").replace(" \\Recent", "").replace("\\Recent", "");
        flags.lines().filter(|line| !line.starts_with('a')).collect::<Vec<_>>().join("\n")
    });
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains("* 1 FETCH (UID 2 ") && seen[0].contains(".three"), "{}", seen[0]);
}

#[test]
fn ok_expunge_is_not_told_while_numbers_are_in_use() {
    let office = Office::open("devices-hold", "");
    deliver(&office, &["one", "two", "three"]);
    let (mut phone, mut desk) = (office.imap("bob"), office.imap("bob"));
    phone.imap("SELECT INBOX").ok();
    desk.imap("SELECT INBOX").ok();
    desk.imap("STORE 1 +FLAGS.SILENT (\\Deleted)").ok();
    desk.imap("EXPUNGE").ok();
    // RFC 9051 7.5.1: never during FETCH, STORE or SEARCH by number.
    for command in ["FETCH 3 (UID)", "STORE 3 +FLAGS (\\Seen)", "SEARCH UNFLAGGED"] {
        let reply = phone.imap(command).0;
        assert!(!reply.contains("EXPUNGE\r\n"), "{command}: {reply}");
    }
    let reply = phone.imap("FETCH 3 (UID)").ok();
    assert!(reply.contains("* 3 FETCH (UID 3)"), "the third is still the third: {reply}");
    assert!(phone.imap("NOOP").ok().contains("* 1 EXPUNGE\r\n"));
    assert!(phone.imap("FETCH 2 (UID)").ok().contains("* 2 FETCH (UID 3)"));
}

#[test]
fn ok_expunge_by_another_device_tears_no_message_that_is_being_sent() {
    let office = Office::open("devices-tear", "");
    // More than what the sockets and the session hold between them.
    let long =
        format!("Subject: long\r\n\r\n{}", format!("{}\r\n", "x".repeat(998)).repeat(16_000));
    deliver(&office, &["short"]);
    office.smtp().message("x@elsewhere.test", &BOB, &long).code(250);
    let (mut phone, mut desk) = (office.imap("bob"), office.imap("bob"));
    phone.imap("SELECT INBOX").ok();
    desk.imap("SELECT INBOX").ok();
    phone.send("f FETCH 2 (BODY.PEEK[TEXT])\r\n");
    let first = phone.line();
    assert!(first.starts_with("* 2 FETCH (BODY[TEXT] {16000000}"), "{first}");
    desk.imap("STORE 1:2 +FLAGS.SILENT (\\Deleted)").ok();
    assert_eq!(desk.imap("EXPUNGE").ok().matches(" EXPUNGE\r\n").count(), 2);
    // RFC 2180 4.1: what has been begun is told to its end.
    for _ in 0..16_000 {
        assert_eq!(phone.line().len(), 1000);
    }
    assert_eq!(phone.line(), ")\r\n");
    assert!(phone.line().starts_with("f OK"));
    assert_eq!(phone.imap("NOOP").ok().matches(" EXPUNGE\r\n").count(), 2);
}

#[test]
fn ok_quit_of_pop3_deletes_and_imap_is_told() {
    let office = Office::open("devices-pop3", "");
    deliver(&office, &["one", "two", "three"]);
    let mut phone = office.imap("bob");
    phone.imap("SELECT INBOX").ok();
    phone.idle();
    let mut pop3 = office.pop3("bob");
    pop3.pop3("DELE 2").ok();
    pop3.pop3("QUIT").ok();
    told(&mut phone, "* 2 EXPUNGE");
    phone.done().ok();
    let left = office.inbox("bob");
    assert!(left[0].ends_with(&message("one")) && left[1].ends_with(&message("three")));
    assert_eq!(left.len(), 2);
}

#[test]
fn ok_lost_connection_of_pop3_deletes_nothing() {
    let office = Office::open("devices-lost", "");
    deliver(&office, &["one", "two"]);
    let mut pop3 = office.pop3("bob");
    pop3.pop3("DELE 1").ok();
    pop3.pop3("DELE 2").ok();
    pop3.hang_up();
    assert_eq!(office.inbox("bob").len(), 2, "RFC 1939 6: without QUIT nothing is deleted");
    // Nor does QUIT with half of its line.
    let mut pop3 = office.pop3("bob");
    pop3.pop3("DELE 1").ok();
    pop3.send("QUIT");
    pop3.hang_up();
    assert_eq!(office.inbox("bob").len(), 2);
    // A RSET takes it back.
    let mut pop3 = office.pop3("bob");
    pop3.pop3("DELE 1").ok();
    pop3.pop3("RSET").ok();
    pop3.pop3("QUIT").ok();
    assert_eq!(office.inbox("bob").len(), 2);
}

#[test]
fn err_maildrop_that_another_has_open() {
    let office = Office::open("devices-lock", "");
    deliver(&office, &["one"]);
    let mut first = office.pop3("bob");
    let mut second = office.connect(Service::Pop3s);
    second.pop3("USER bob@post-office.test").ok();
    second.pop3(&format!("PASS {}", office_support::PASSWORD)).no("[IN-USE]");
    first.pop3("QUIT").ok();
    drop(office.pop3("bob"));
}

/// A client that comes back at once is not told of the session that it just lost.
#[test]
fn ok_maildrop_that_is_given_back_while_a_login_waits() {
    let office = Office::open("devices-lock-wait", "");
    deliver(&office, &["one"]);
    let first = office.pop3("bob");
    let mut second = office.connect(Service::Pop3s);
    second.pop3("USER bob@post-office.test").ok();
    second.send(format!("PASS {}\r\n", office_support::PASSWORD));
    // The password is checked, and the maildrop found in use.
    std::thread::sleep(Duration::from_millis(300));
    first.hang_up();
    let answer = second.line();
    assert!(answer.starts_with("+OK"), "{answer:?}");
    second.pop3("QUIT").ok();
}

/// RFC 2449 6.5 and 6.7: what the file says is announced and kept.
#[test]
fn ok_pop3_deletes_what_was_fetched_and_lets_nobody_in_too_early_if_the_file_says_so() {
    let office = Office::open("devices-policy", "[pop3]\nretrieved = 'delete'\nlogin_delay = 3600");
    deliver(&office, &["one", "two", "three"]);
    let mut pop3 = office.pop3("bob");
    let offers = pop3.pop3_lines("CAPA").concat();
    assert!(offers.contains("EXPIRE 0\r\n") && offers.contains("LOGIN-DELAY 3600\r\n"), "{offers}");
    pop3.pop3_lines("RETR 2");
    pop3.pop3("DELE 3").ok();
    let mut second = office.connect(Service::Pop3s);
    let password = format!("PASS {}", office_support::PASSWORD);
    second.pop3("USER bob@post-office.test").ok();
    second.pop3(&password).no("[LOGIN-DELAY]");
    pop3.pop3("QUIT").ok();
    second.pop3("USER bob@post-office.test").ok();
    second.pop3(&password).no("[LOGIN-DELAY]");
    let mut phone = office.imap("bob");
    let left = phone.imap("SELECT INBOX").ok();
    assert!(left.contains("* 1 EXISTS\r\n"), "{left}");
    assert!(phone.imap("FETCH 1 BODY.PEEK[]").ok().contains("Subject: one\r\n"));
}

#[test]
fn ok_pop3_sees_the_maildrop_as_it_was_when_it_was_opened() {
    let office = Office::open("devices-snapshot", "");
    deliver(&office, &["one", "two"]);
    let mut pop3 = office.pop3("bob");
    deliver(&office, &["three"]);
    assert!(pop3.pop3("STAT").ok().starts_with("+OK 2 "), "RFC 1939 8: nothing comes meanwhile");
    // What IMAP expunges meanwhile is refused, and the numbers stay.
    let mut imap = office.imap("bob");
    imap.imap("SELECT INBOX").ok();
    imap.imap("STORE 1 +FLAGS.SILENT (\\Deleted)").ok();
    imap.imap("EXPUNGE").ok();
    let one = pop3.pop3("RETR 1").0;
    let two = if one.starts_with("+OK") {
        // The octets may still be there; then all of them are.
        let mut lines = String::new();
        loop {
            match pop3.line() {
                line if line == ".\r\n" => break,
                line => lines.push_str(&line),
            }
        }
        assert!(lines.ends_with("\r\n\r\n..one\r\n"), "{lines}");
        pop3.pop3_lines("RETR 2").concat()
    } else {
        assert_eq!(one, "-ERR that message is gone\r\n", "RFC 3206 4: no trouble of the system");
        pop3.pop3_lines("RETR 2").concat()
    };
    assert!(two.ends_with(&message("two")), "{two}");
    pop3.pop3("DELE 1").ok();
    pop3.pop3("DELE 2").ok();
    pop3.pop3("QUIT").ok();
    let left = office.inbox("bob");
    assert_eq!(left.len(), 1);
    assert!(left[0].ends_with(&message("three")));
}

#[test]
fn ok_what_comes_over_smtp_is_the_same_over_pop3_and_imap() {
    let office = Office::open("devices-same", "");
    deliver(&office, &["one"]);
    let pop3 = office.inbox("bob").concat();
    let mut imap = office.imap("bob");
    imap.imap("SELECT INBOX").ok();
    let reply = imap.imap("FETCH 1 (BODY.PEEK[])").ok();
    let (_, octets) = reply.split_once("}\r\n").expect("a literal");
    assert!(octets.starts_with(&pop3), "{octets}\n{pop3}");
    assert!(pop3.ends_with(&message("one")));
}
