//! Whoever knocks at the port for other hosts gets mail to the own accounts delivered and nothing
//! else; whoever wants more logs in, and then writes in their own name.

mod office_support;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_examples::config::Service;

use office_support::{Client, Office, PASSWORD, plain};

/// Ways to write an address that have opened relays, each with what it is.
const TRICKS: [(&str, &str); 22] = [
    ("<victim@elsewhere.test>", "another domain"),
    ("<victim@ELSEWHERE.test>", "another domain, shouted"),
    ("<victim@post-office.test.elsewhere.test>", "a domain that begins like ours"),
    ("<victim@elsewhere-post-office.test>", "a domain that ends like ours"),
    ("<victim@sub.post-office.test>", "a domain inside of ours"),
    ("<victim@localhost>", "this machine"),
    ("<victim@127.0.0.1>", "an address without brackets"),
    ("<victim@[127.0.0.1]>", "an address literal"),
    ("<victim@[IPv6:::1]>", "an address literal of IPv6"),
    ("<victim%elsewhere.test@post-office.test>", "the percent hack"),
    ("<victim%elsewhere.test@[127.0.0.1]>", "the percent hack at an address"),
    ("<elsewhere.test!victim@post-office.test>", "a bang path at our domain"),
    ("<elsewhere.test!victim>", "a bang path"),
    ("<\"victim@elsewhere.test\"@post-office.test>", "an address as quoted local part"),
    ("<\"victim@elsewhere.test\">", "a quoted address"),
    ("<victim@elsewhere.test@post-office.test>", "two domains"),
    ("<@post-office.test:victim@elsewhere.test>", "a source route by way of us"),
    ("<@a.test,@post-office.test:victim@elsewhere.test>", "a longer source route"),
    ("<bob@post-office.test,victim@elsewhere.test>", "two addresses"),
    ("<victim@elsewhere.test(bob@post-office.test)>", "a comment"),
    ("victim@elsewhere.test", "no brackets"),
    ("<victim>", "no domain"),
];

#[test]
fn err_recipient_elsewhere_however_it_is_written() {
    let office = Office::open("relay-tricks", "");
    let greetings = ["EHLO post-office.test", "EHLO [127.0.0.1]", "HELO localhost"];
    let senders = ["<alice@post-office.test>", "<>", "<x@elsewhere.test>"];
    for greeting in greetings {
        let mut client = office.connect(Service::Smtp);
        client.smtp(greeting).code(250);
        for sender in senders {
            try_all(&mut client, sender);
        }
    }
    let mut client = office.smtp();
    client.smtp("STARTTLS").code(220);
    let mut client = client.into_tls(office.dir());
    client.smtp("EHLO post-office.test").code(250);
    try_all(&mut client, "<alice@post-office.test>");
    assert_eq!(office.queued(), 0, "nothing waits to be relayed");
    assert_eq!(office.inbox("bob").len(), 0);
}

/// Tries every trick in one transaction, which must be left without a recipient.
fn try_all(client: &mut Client, sender: &str) {
    client.smtp(&format!("MAIL FROM:{sender}")).code(250);
    for (path, what) in TRICKS {
        let reply = client.smtp(&format!("RCPT TO:{path}")).0;
        let code = reply.get(..3).unwrap_or_default();
        assert!(["501", "550", "551", "553", "554"].contains(&code), "{what}: {reply}");
    }
    client.smtp("RCPT TO:<victim@elsewhere.test>").codes(551, "5.7.1");
    let reply = client.smtp("DATA").0;
    assert!(reply.starts_with("503") || reply.starts_with("554"), "{reply}");
    client.smtp("RSET").code(250);
}

#[test]
fn err_recipient_elsewhere_beside_one_of_ours() {
    let office = Office::open("relay-beside", "");
    let mut client = office.smtp();
    client.smtp("MAIL FROM:<x@elsewhere.test>").code(250);
    client.smtp("RCPT TO:<bob@post-office.test>").code(250);
    client.smtp("RCPT TO:<victim@elsewhere.test>").codes(551, "5.7.1");
    client.smtp("DATA").code(354);
    client
        .send("Subject: x\r\nTo: victim@elsewhere.test\r\nBcc: victim@elsewhere.test\r\n\r\nx\r\n");
    client.smtp(".").code(250);
    assert_eq!(office.queued(), 0, "the header says nothing about where mail goes");
    assert_eq!(office.inbox("bob").len(), 1);
}

#[test]
fn ok_source_route_to_one_of_ours_is_delivered_here() {
    let office = Office::open("relay-route", "");
    let mut client = office.smtp();
    // RFC 5321 C: the route is ignored.
    let routed = "@elsewhere.test,@b.test:bob@post-office.test";
    client.message("x@elsewhere.test", &[routed], "Subject: x\r\n\r\nx\r\n").code(250);
    assert_eq!(office.queued(), 0);
    assert_eq!(office.inbox("bob").len(), 1);
}

#[test]
fn err_log_in_at_the_port_for_other_hosts() {
    let office = Office::open("relay-auth", "");
    let mut client = office.smtp();
    client.smtp("STARTTLS").code(220);
    let mut client = client.into_tls(office.dir());
    let offered = client.smtp("EHLO client.example").code(250);
    assert!(!offered.contains("AUTH"), "{offered}");
    let reply = client.smtp(&format!("AUTH PLAIN {}", plain("alice"))).0;
    assert!(reply.starts_with("50"), "{reply}");
    // Nor do the words of other servers make anybody somebody.
    for line in ["XCLIENT LOGIN=alice@post-office.test", "XFORWARD ADDR=127.0.0.1", "ETRN x.test"] {
        let reply = client.smtp(line).0;
        assert!(reply.starts_with("50"), "{line}: {reply}");
    }
    // RFC 4954 5: a client may claim that somebody else has checked who wrote this.
    client.smtp("MAIL FROM:<alice@post-office.test> AUTH=alice@post-office.test");
    let reply = client.smtp("RCPT TO:<victim@elsewhere.test>").0;
    assert!(reply.starts_with("551") || reply.starts_with("503"), "{reply}");
    client.smtp("RSET").code(250);
    client.smtp("MAIL FROM:<alice@post-office.test>").code(250);
    client.smtp("RCPT TO:<victim@elsewhere.test>").codes(551, "5.7.1");
    assert_eq!(office.queued(), 0);
}

#[test]
fn err_submission_without_log_in() {
    let office = Office::open("relay-anonymous", "");
    for service in [Service::Submission, Service::Submissions] {
        let mut client = office.connect(service);
        client.smtp("EHLO client.example").code(250);
        if service == Service::Submission {
            // RFC 4954 4, RFC 8314 3: no password before TLS.
            let reply = client.smtp(&format!("AUTH PLAIN {}", plain("alice"))).0;
            assert!(reply.starts_with('5'), "{reply}");
            let reply = client.smtp("MAIL FROM:<alice@post-office.test>").0;
            assert!(reply.starts_with("530"), "{reply}");
            client.smtp("STARTTLS").code(220);
            client = client.into_tls(office.dir());
            client.smtp("EHLO client.example").code(250);
        }
        for sender in ["<alice@post-office.test>", "<>", "<x@elsewhere.test>"] {
            client.smtp(&format!("MAIL FROM:{sender}")).codes(530, "5.7.0");
        }
        client.smtp("RCPT TO:<victim@elsewhere.test>").code(503);
        client.smtp("DATA").code(503);
        // A log-in that failed is none.
        let wrong = STANDARD.encode("\0alice@post-office.test\0guess");
        client.smtp(&format!("AUTH PLAIN {wrong}")).codes(535, "5.7.8");
        client.smtp("MAIL FROM:<alice@post-office.test>").codes(530, "5.7.0");
        // Nor is one that was broken off.
        client.smtp("AUTH LOGIN").code(334);
        client.smtp("*").code(501);
        client.smtp("MAIL FROM:<alice@post-office.test>").codes(530, "5.7.0");
    }
    assert_eq!(office.queued(), 0);
}

#[test]
fn err_submission_in_another_name() {
    let text = "[aliases]\n'office@post-office.test' = ['alice@post-office.test']\n";
    let office = Office::open("relay-names", text);
    let mut client = office.submission("alice");
    let others = [
        "<bob@post-office.test>",
        "<x@elsewhere.test>",
        "<>",
        "<nobody@post-office.test>",
        "<\"alice@post-office.test\"@elsewhere.test>",
        "<alice@sub.post-office.test>",
        // Getting the mail of an address is not yet writing in its name.
        "<office@post-office.test>",
    ];
    for sender in others {
        let reply = client.smtp(&format!("MAIL FROM:{sender}")).0;
        assert!(reply.starts_with("55"), "{sender}: {reply}");
        client.smtp("RCPT TO:<victim@elsewhere.test>").code(503);
    }
    assert_eq!(office.queued(), 0);
    // That there is a way shows that the way is what was shut.
    let message = "Subject: x\r\n\r\nx\r\n";
    client.message("Alice@Post-Office.test", &["x@elsewhere.test"], message).code(250);
    assert_eq!(office.queued(), 1);
}

#[test]
fn ok_submission_in_the_name_of_a_role() {
    let text = office_support::account("carol", "senders = ['office@post-office.test']");
    let office = Office::open("relay-role", &text);
    let mut client = office.submission("carol");
    let message = "Subject: x\r\n\r\nx\r\n";
    client.message("office@post-office.test", &["x@elsewhere.test"], message).code(250);
    assert_eq!(office.queued(), 1);
}

#[test]
fn err_log_in_in_the_name_of_another() {
    let office = Office::open("relay-authzid", "");
    let mut client = office.connect(Service::Submissions);
    client.smtp("EHLO client.example").code(250);
    let other = format!("bob@post-office.test\0alice@post-office.test\0{PASSWORD}");
    client.smtp(&format!("AUTH PLAIN {}", STANDARD.encode(other))).codes(535, "5.7.8");
    client.smtp("MAIL FROM:<bob@post-office.test>").codes(530, "5.7.0");
    // RFC 4616 2: naming oneself is nothing special.
    let own = format!("alice@post-office.test\0alice@post-office.test\0{PASSWORD}");
    client.smtp(&format!("AUTH PLAIN {}", STANDARD.encode(own))).code(235);
}
