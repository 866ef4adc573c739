//! What a post office does when a peer breaks off, or tries to put something over.

mod office_support;

use mail_examples::config::Service;

use office_support::Office;

const BOB: [&str; 1] = ["bob@post-office.test"];
const MESSAGE: &str = "Subject: hello\r\n\r\nhello\r\n";

#[test]
fn ok_connection_lost_in_the_data_delivers_nothing() {
    let office = Office::open("edges-data", "");
    let torn = ["", "Subject: x", "Subject: x\r\n\r\nhalf", "Subject: x\r\n\r\nall\r\n", "x\r\n."];
    for part in torn {
        let mut client = office.smtp();
        client.smtp("MAIL FROM:<x@elsewhere.test>").code(250);
        client.smtp("RCPT TO:<bob@post-office.test>").code(250);
        client.smtp("DATA").code(354);
        client.send(part);
        client.hang_up();
    }
    // Behind these a whole one comes, so they were worked off or never will be.
    office.smtp().message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    let inbox = office.inbox("bob");
    assert_eq!(inbox.len(), 1, "{inbox:?}");
}

#[test]
fn ok_connection_lost_in_an_append_keeps_nothing() {
    let office = Office::open("edges-append", "");
    for part in ["", "Subject: x\r\n", "Subject: x\r\n\r\nhello\r\n"] {
        let mut imap = office.imap("bob");
        imap.send(format!("x APPEND INBOX {{100+}}\r\n{part}"));
        imap.hang_up();
    }
    // All octets of the literal, but not the end of the command.
    let mut imap = office.imap("bob");
    imap.send(format!("x APPEND INBOX {{{}+}}\r\n{MESSAGE}", MESSAGE.len()));
    imap.hang_up();
    let mut imap = office.imap("bob");
    imap.append("INBOX", MESSAGE).ok();
    assert!(imap.imap("SELECT INBOX").ok().contains("* 1 EXISTS\r\n"));
}

#[test]
fn err_bare_newlines_smuggle_no_second_message() {
    let office = Office::open("edges-smuggle", "");
    let second = "MAIL FROM:<alice@post-office.test>\r\nRCPT TO:<bob@post-office.test>\r\nDATA\r\n\
                  Subject: smuggled\r\n\r\nsmuggled\r\n.\r\n";
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n\n.\r\n"] {
        let mut client = office.smtp();
        client.smtp("MAIL FROM:<x@elsewhere.test>").code(250);
        client.smtp("RCPT TO:<bob@post-office.test>").code(250);
        client.smtp("DATA").code(354);
        client.send(format!("Subject: first\r\n\r\nfirst{end}{second}"));
        let reply = client.reply().0;
        assert!(reply.starts_with('5'), "{end:?}: {reply}");
        client.hang_up();
    }
    assert_eq!(office.inbox("bob"), [""; 0]);
}

#[test]
fn err_command_behind_starttls_is_not_taken_into_tls() {
    let office = Office::open("edges-inject", "");
    let cases = [
        (Service::Smtp, "STARTTLS\r\nEHLO injected.example\r\n", "220"),
        (Service::Submission, "STARTTLS\r\nEHLO injected.example\r\n", "220"),
        (Service::Pop3, "STLS\r\nUSER alice@post-office.test\r\n", "+OK"),
        (Service::Imap, "a STARTTLS\r\nb NOOP\r\n", "a OK"),
    ];
    for (service, injected, go_ahead) in cases {
        let mut client = office.connect(service);
        if matches!(service, Service::Smtp | Service::Submission) {
            client.smtp("EHLO client.example").code(250);
        }
        client.send(injected);
        let line = client.line();
        assert!(!line.starts_with(go_ahead), "{}: {line}", service.name());
        // And it is over: nobody takes TLS up behind this.
        while !client.line().is_empty() {}
    }
}

#[test]
fn ok_nonsense_on_every_port_leaves_the_office_open() {
    let office = Office::open("edges-nonsense", "");
    let nonsense: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for service in Service::ALL {
        for octets in [&nonsense[..], b"\r\n\r\n\r\n", b"\0", b"GET / HTTP/1.1\r\n\r\n", b""] {
            let mut client = office_support::Client::plain(office.address(service));
            // It may hang up in the middle of this.
            let _ = client.try_send(octets);
            client.hang_up();
        }
    }
    office.smtp().message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    assert_eq!(office.inbox("bob").len(), 1);
    assert!(office.imap("bob").imap("STATUS INBOX (MESSAGES)").ok().contains("(MESSAGES 1)"));
}

#[test]
fn ok_closing_tells_everybody_who_is_connected() {
    let office = Office::open("edges-close", "");
    let (mut smtp, mut pop3, mut imap) = (office.smtp(), office.pop3("bob"), office.imap("bob"));
    imap.imap("SELECT INBOX").ok();
    imap.idle();
    drop(office);
    smtp.reply().code(421);
    assert!(imap.line().starts_with("* BYE "));
    // POP3 has no word for it (RFC 1939 3): the connection ends, and nothing was deleted.
    let last = pop3.line();
    assert!(last.is_empty() || last.starts_with("-ERR"), "{last}");
    for client in [&mut smtp, &mut pop3, &mut imap] {
        assert_eq!(client.line(), "", "and then it is quiet");
    }
}

#[test]
fn err_one_host_cannot_take_every_connection() {
    let office = Office::open("edges-many", "");
    let mut clients: Vec<_> = (0..100).map(|_| office.connect(Service::Smtp)).collect();
    // Of all services together, and everybody is told in the words of theirs.
    let refused = |service| office_support::Client::plain(office.address(service)).line();
    assert!(refused(Service::Smtp).starts_with("421 "));
    assert!(refused(Service::Imap).starts_with("* BYE "));
    let last = refused(Service::Pop3);
    assert!(last.is_empty() || last.starts_with("-ERR"), "{last}");
    assert_eq!(refused(Service::Imaps), "", "there is no TLS yet to say anything in");
    // Those who are in stay in, and who leaves makes room.
    for client in &mut clients {
        client.smtp("NOOP").code(250);
    }
    let mut left = clients.pop().expect("one of them");
    left.smtp("QUIT").code(221);
    left.hang_up();
    let is_in = || refused(Service::Pop3).starts_with("+OK");
    assert!((0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        is_in()
    }));
}

/// RFC 1939 5 and 11: the exact size, each line end two octets, and no dot counted twice. What came by
/// APPEND with other line ends than CRLF is listed as it is stored, and comes whole.
#[test]
fn ok_size_that_is_listed_is_what_is_sent() {
    let office = Office::open("edges-sizes", "");
    for text in ["", "\r\n", "..\r\n", "...\r\nx\r\n"] {
        let message = format!("Subject: x\r\n\r\n{text}");
        office.smtp().message("x@elsewhere.test", &BOB, &message).code(250);
    }
    let appended = ["", ".\r\n", "..\r\n.x\r\n", ".", "a\nb\n", "a\rb\r", "a\r\nend", "end\r"];
    let sent = [
        "",
        ".\r\n",
        "..\r\n.x\r\n",
        ".\r\n",
        "a\r\nb\r\n",
        "a\r\nb\r\n",
        "a\r\nend\r\n",
        "end\r\n",
    ];
    for text in appended {
        office.imap("bob").append("INBOX", &format!("Subject: x\r\n\r\n{text}")).ok();
    }
    let mut pop3 = office.pop3("bob");
    let listed = pop3.pop3_lines("LIST");
    assert_eq!(listed.len(), 12);
    let mut come = listed.iter().map(|line| {
        let (number, size) = line.trim_end().split_once(' ').expect("two numbers");
        (
            size.parse::<usize>().expect("a size"),
            pop3.pop3_lines(&format!("RETR {number}")).concat(),
        )
    });
    for (size, message) in come.by_ref().take(4) {
        assert_eq!(size, message.len(), "{message}");
    }
    for ((size, message), (stored, sent)) in come.zip(appended.iter().zip(sent)) {
        assert_eq!(message, format!("Subject: x\r\n\r\n{sent}"));
        assert_eq!(message.len() - size, sent.len() - stored.len());
    }
}
