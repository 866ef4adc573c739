//! A post office behind a proxy that says whom it passes on.

mod office_support;

use mail_examples::config::Service;

use office_support::{Client, Office};

const BOB: [&str; 1] = ["bob@post-office.test"];
const MESSAGE: &str = "Subject: hello\r\n\r\nhello\r\n";
const HEADER: &str = "PROXY TCP4 198.51.100.22 203.0.113.7 35646 25\r\n";

/// Everybody who connects within these tests is trusted, at these services.
const PROXIES: &str =
    "[proxies]\nsmtp = ['127.0.0.0/8']\npop3 = ['127.0.0.1']\nimap = ['127.0.0.1']\n";

fn raw(office: &Office, service: Service) -> Client {
    Client::plain(office.address(service))
}

#[test]
fn ok_received_names_the_client_behind_the_proxy() {
    let office = Office::open("proxy-smtp", PROXIES);
    let mut client = raw(&office, Service::Smtp);
    client.send(HEADER);
    assert!(client.reply().0.starts_with("220 "));
    client.smtp("EHLO client.example").code(250);
    client.message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    let inbox = office.inbox("bob");
    assert!(inbox[0].contains("Received: from client.example ([198.51.100.22])"), "{inbox:?}");
}

#[test]
fn ok_header_of_version_2_and_commands_in_one_piece() {
    let office = Office::open("proxy-v2", PROXIES);
    let mut client = raw(&office, Service::Smtp);
    client.send(
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x17\xcb\0\x71\x07\x12\x34\0\x19\
          EHLO client.example\r\n",
    );
    assert!(client.reply().0.starts_with("220 "));
    assert!(client.reply().0.starts_with("250"));
    client.message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    let inbox = office.inbox("bob");
    assert!(inbox[0].contains("([198.51.100.23])"), "{inbox:?}");
}

#[test]
fn ok_pop3_and_imap_behind_the_proxy() {
    let office = Office::open("proxy-readers", PROXIES);
    let mut client = raw(&office, Service::Pop3);
    client.send(HEADER);
    assert!(client.reply().0.starts_with("+OK"));
    let mut client = raw(&office, Service::Imap);
    client.send(format!("{HEADER}a NOOP\r\n"));
    assert!(client.line().starts_with("* OK"));
    assert!(client.line().starts_with("a OK"));
}

#[test]
fn err_without_a_header_nothing_is_answered() {
    let office = Office::open("proxy-none", PROXIES);
    for first in ["EHLO client.example\r\n", "PROXY TCP4 what\r\n"] {
        let mut client = raw(&office, Service::Smtp);
        client.send(first);
        assert_eq!(client.try_reply(), None);
    }
}

#[test]
fn err_header_where_no_proxy_is_trusted() {
    let office = Office::open("proxy-untrusted", PROXIES);
    // At this service nobody is.
    let mut client = raw(&office, Service::Submission);
    assert!(client.reply().0.starts_with("220 "));
    client.send(HEADER);
    assert!(client.reply().0.starts_with("500 "), "it is no command");
}

const XCLIENT: &str = "[xclient]\nsmtp = ['127.0.0.1']\nsubmissions = ['127.0.0.1']\n";

#[test]
fn ok_received_names_the_client_that_a_trusted_one_speaks_for() {
    let office = Office::open("xclient", XCLIENT);
    let mut client = office.smtp();
    client.smtp("XCLIENT ADDR=192.0.2.7 NAME=pc.example HELO=my+5Fpc PROTO=SMTP").code(220);
    client.smtp("EHLO proxy.example").code(250);
    client.message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    // What is not told again stands, and so does what the client calls itself once it is not told.
    client.smtp("XCLIENT HELO=[UNAVAILABLE] PROTO=[UNAVAILABLE]").code(220);
    client.smtp("EHLO other.example").code(250);
    client.message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    let inbox = office.inbox("bob");
    let from = "Received: from my_pc\r\n\t(pc.example [192.0.2.7])\r\n";
    assert!(inbox[0].contains(from) && inbox[0].contains(" with SMTP\r\n"), "{inbox:?}");
    let from = "Received: from other.example\r\n\t(pc.example [192.0.2.7])\r\n";
    assert!(inbox[1].contains(from) && inbox[1].contains(" with ESMTP\r\n"), "{inbox:?}");
}

#[test]
fn ok_who_is_told_to_have_logged_in_may_submit() {
    let office = Office::open("xclient-login", XCLIENT);
    let mut client = office.connect(Service::Submissions);
    client.smtp("EHLO proxy.example").code(250);
    client.smtp("XCLIENT LOGIN=nobody@post-office.test").code(535);
    client.smtp("MAIL FROM:<alice@post-office.test>").code(530);
    client.smtp("XCLIENT ADDR=192.0.2.7 LOGIN=alice@post-office.test").code(220);
    client.smtp("EHLO proxy.example").code(250);
    client.message("alice@post-office.test", &BOB, MESSAGE).code(250);
    client.smtp("MAIL FROM:<bob@post-office.test>").code(553);
    let inbox = office.inbox("bob");
    assert!(
        inbox[0].contains(" ([192.0.2.7])\r\n") && inbox[0].contains(" with ESMTPSA"),
        "{inbox:?}"
    );
    // The next client has not.
    client.smtp("XCLIENT ADDR=192.0.2.8").code(220);
    client.smtp("EHLO proxy.example").code(250);
    client.smtp("MAIL FROM:<alice@post-office.test>").code(530);
}

#[test]
fn err_xclient_from_whom_nobody_trusts() {
    let office = Office::open("xclient-none", "");
    office.smtp().smtp("XCLIENT ADDR=192.0.2.7").code(502);
    // Nor from the client behind a proxy that would be trusted itself.
    let office = Office::open("xclient-proxied", &[PROXIES, XCLIENT].concat());
    let mut client = raw(&office, Service::Smtp);
    client.send(HEADER);
    assert!(client.reply().0.starts_with("220 "));
    let offers = client.smtp("EHLO client.example");
    assert!(!offers.0.contains("XCLIENT"), "{}", offers.0);
    client.smtp("XCLIENT ADDR=192.0.2.7").code(550);
}
