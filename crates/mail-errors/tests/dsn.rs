//! Delivery status notifications: round trips, what the RFCs show, and what others write.

#![cfg(feature = "dsn")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mail_errors::diagnosis::Language;
use mail_errors::dsn::{
    self, Action, Bounce, Extension, Form, NotABounce, Notification, ReadLimits, Recipient, Report,
    Returned, Typed,
};
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use mail_message::compose::{Mailbox, MessageId};
use mail_message::mime::Tree;
use mail_message::{DateTime, Header};
use proptest::prelude::*;

/// Reads a text in lines that end in LF as a message.
fn read(text: &str) -> Result<Bounce, NotABounce> {
    let read = Bounce::read(text.as_bytes());
    let crlf = Bounce::read(text.replace('\n', "\r\n").as_bytes());
    assert_eq!(read, crlf, "line ends make no difference");
    read
}

/// Shows what a bounce says of each recipient: address, action, status, reply.
fn told(bounce: &Bounce) -> Vec<String> {
    let one = |it: &Recipient| {
        let address = String::from_utf8_lossy(&it.address().as_address()).into_owned();
        let status = it.status().map_or("-".to_owned(), |status| status.to_string());
        let reply = it.reply().map_or("-".to_owned(), |reply| reply.to_string());
        format!("{address} {} {status}: {reply}", it.action())
    };
    bounce.report().recipients().iter().map(one).collect()
}

fn notification(report: &Report) -> Notification<'_> {
    let from = Mailbox::new("postmaster@example.org").unwrap();
    let to = Mailbox::new("mary@example.org").unwrap();
    let date = DateTime::from_unix(880_127_706, 0).unwrap();
    let id = MessageId::new("1234", "mx.example.org").unwrap();
    Notification::new(report, from, to, date, id).unwrap()
}

fn failed() -> Report {
    let reply = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, "5.1.1 no such user").unwrap();
    let address = Typed::address("nobody@example.net").unwrap();
    let recipient = Recipient::refused(address, Action::Failed, &reply, Some("mx.example.net"));
    Report::by("mx.example.org").unwrap().recipient(recipient.unwrap())
}

#[test]
fn notification_has_the_parts_of_rfc_6522() {
    let report = failed();
    let message = b"Message-ID: <1@x.test>\r\nSubject: =?UTF-8?Q?=C3=BC?=\r\n\r\nbody\r\n";
    let raw = notification(&report)
        .subject(dsn::subject(&report, Language::English))
        .text(dsn::explain(&report, Language::English, |_| "Why: because.".into()))
        .returning(Returned::Message(message))
        .to_bytes();
    let tree = Tree::parse(&raw);
    let root = tree.root();
    let value = |name: &str| root.header().field(name).unwrap().text().into_owned();
    assert!(root.content_type().is("multipart", "report"));
    let kind = root.content_type().parameters().text("report-type");
    assert_eq!(kind.as_deref(), Some("delivery-status"));
    assert_eq!(value("Auto-Submitted"), "auto-replied");
    assert_eq!(value("Subject"), "Your message could not be delivered");
    assert_eq!(
        (value("In-Reply-To"), value("References")),
        ("<1@x.test>".into(), "<1@x.test>".into())
    );
    let parts: Vec<_> = root.children().collect();
    let kinds: Vec<_> = parts.iter().map(|part| part.content_type()).collect();
    assert!(kinds[0].is("text", "plain"));
    assert!(kinds[1].is("message", "delivery-status"));
    assert!(kinds[2].is("message", "rfc822"));
    assert_eq!(parts[2].body(), message);
    assert_eq!(
        String::from_utf8_lossy(parts[1].body()),
        "Reporting-MTA: dns; mx.example.org\r\n\r\n\
         Final-Recipient: rfc822; nobody@example.net\r\n\
         Action: failed\r\n\
         Status: 5.1.1\r\n\
         Remote-MTA: dns; mx.example.net\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
    );
    let text = String::from_utf8(parts[0].decoded().into_owned()).unwrap();
    assert!(text.contains("<nobody@example.net>\r\n  Why: because.\r\n"), "{text}");
    assert!(text.contains("The server") || text.contains("mx.example.net says:"), "{text}");

    let bounce = Bounce::read(&raw).unwrap();
    assert_eq!((bounce.form(), bounce.report(), bounce.is_cut()), (Form::Report, &report, false));
    assert_eq!(bounce.original_message_id(), Some(&b"1@x.test"[..]));
    assert_eq!(bounce.original_subject(), Some("ü"));
}

#[test]
fn ok_every_action_in_both_languages() {
    for action in Action::ALL {
        let address = Typed::address("a@b.test").unwrap();
        let original = Typed::from_orcpt("rfc822;list+2Bx@b.test").unwrap();
        let class = match action {
            Action::Failed => 5,
            Action::Delayed => 4,
            Action::Delivered | Action::Relayed | Action::Expanded => 2,
        };
        let status = EnhancedStatusCode::new(class, 1, 5).unwrap();
        let moment = DateTime::from_unix(880_127_706, 540).unwrap();
        let mut recipient =
            Recipient::new(address, action, status).originally(original).tried_at(moment);
        if action == Action::Delayed {
            recipient = recipient.retried_until(moment);
        }
        let report = Report::by("mx.test").unwrap().envelope_id("ID 1+2").unwrap();
        let report = report.arrived_at(moment).recipient(recipient);
        for language in [Language::English, Language::Japanese] {
            let text = dsn::explain(&report, language, |_| String::new());
            assert!(text.contains("<a@b.test>") && text.contains("<list+x@b.test>"), "{text}");
            assert_eq!(text.contains("+0900"), action == Action::Delayed, "{text}");
            let raw = notification(&report).subject(dsn::subject(&report, language)).text(text);
            let raw = raw.to_bytes();
            assert_eq!(Bounce::read(&raw).unwrap().report(), &report);
            let subject = Header::new(&raw).field("Subject").unwrap().text().into_owned();
            assert_eq!(subject, dsn::subject(&report, language));
        }
    }
}

/// RFC 6533 sections 3, 5 and 6.
#[test]
fn ok_addresses_in_utf8() {
    let address = Typed::address("イロ@例.test").unwrap();
    let recipient = Recipient::new(address, Action::Failed, EnhancedStatusCode::BAD_MAILBOX);
    let report = Report::by("mx.test").unwrap().recipient(recipient);
    let message = "From: イ@例.test\r\n\r\nü\r\n".as_bytes();
    for (returned, kind) in
        [(Returned::Headers(message), "global-headers"), (Returned::Message(message), "global")]
    {
        for eight_bit in [false, true] {
            let mut draft = notification(&report).returning(returned);
            if eight_bit {
                draft = draft.eight_bit();
            }
            let raw = draft.to_bytes();
            assert_eq!(raw.is_ascii(), !eight_bit);
            let tree = Tree::parse(&raw);
            let kinds: Vec<_> = tree.root().children().map(|part| part.content_type()).collect();
            assert!(kinds[1].is("message", "global-delivery-status"));
            assert!(kinds[2].is("message", kind), "{kind}");
            assert_eq!(Bounce::read(&raw).unwrap().report(), &report);
        }
    }
    // An address in UTF-8 that went through a server that has ASCII alone.
    let ascii = "Final-Recipient: utf-8; \\x{30A4}\\x{30ED}@example.test\nAction: failed\n";
    let bounce = read(&report_of(ascii)).unwrap();
    assert_eq!(told(&bounce), ["イロ@example.test failed -: 554"]);
}

#[test]
fn headers_alone_are_text_without_the_body() {
    let report = failed();
    let returned = Returned::Headers(b"Subject: x\r\nX: y\r\n\r\nsecret\r\n");
    let raw = notification(&report).returning(returned).to_bytes();
    let tree = Tree::parse(&raw);
    let part = tree.root().children().nth(2).unwrap();
    assert!(part.content_type().is("text", "rfc822-headers"));
    assert_eq!(&*part.decoded(), b"Subject: x\r\nX: y\r\n");
    assert_eq!(Bounce::read(&raw).unwrap().original_subject(), Some("x"));
}

#[test]
fn err_reports_that_lack_what_they_need() {
    let new = |report: &Report| {
        let from = Mailbox::new("a@b.test").unwrap();
        let date = DateTime::from_unix(0, 0).unwrap();
        let id = MessageId::new("1", "b.test").unwrap();
        Notification::new(report, from.clone(), from, date, id).map(|_| ())
    };
    assert!(new(&Report::default()).is_err());
    assert!(new(&Report::by("mx.test").unwrap()).is_err());
    assert!(new(&failed()).is_ok());
    assert!(Report::by("mx\r\ntest").is_err());
    assert!(Report::by("x").unwrap().envelope_id("a\nb").is_err());
    assert!(Report::by("x").unwrap().envelope_id("").is_err());
}

/// A report as a server writes it, with these groups.
fn report_of(groups: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.test\nContent-Type: multipart/report; report-type=delivery-status;\n\
         \tboundary=\"b/1\"\n\n--b/1\nContent-Type: text/plain\n\nSorry.\n\n--b/1\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n{groups}\n--b/1\n\
         Content-Type: text/rfc822-headers\n\nMessage-ID: <m@x.test>\nSubject: hello\n\n--b/1--\n"
    )
}

#[test]
fn reports_with_holes_are_read_as_far_as_they_go() {
    for (groups, wanted) in [
        // Sendmail, Postfix.
        (
            "Final-Recipient: RFC822; a@b.test\nAction: failed\nStatus: 5.2.2\n\
             Remote-MTA: DNS; mx.b.test\nDiagnostic-Code: SMTP; 552 5.2.2 <a@b.test>... full\n",
            &["a@b.test failed 5.2.2: 552 5.2.2 <a@b.test>... full"][..],
        ),
        // Amazon SES, AOL: words behind the status.
        (
            "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.0.0 (permanent failure)\n\
             Diagnostic-Code: smtp; 5.1.0 - Unknown address error 550-'5.7.1 denied'\n",
            &["a@b.test failed 5.0.0: 550 '5.7.1 denied'"],
        ),
        // Gmail: a reply of several lines.
        (
            "Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1\n\
             Diagnostic-Code: smtp; 550-5.1.1 The account does not\n 550-5.1.1 exist. 550 5.1.1 x\n",
            &["a@b.test failed 5.1.1: 550 5.1.1 The account does not / exist. / x"],
        ),
        // Exchange: no diagnosis, no action, one blank line too many, and another order.
        (
            "\n\nStatus: 5.1.10\nfinal-recipient:rfc822;<a@b.test>\nX-Display-Name: A\n\n\n\n\
             Original-Recipient: rfc822;c@d.test\nStatus: 4.4.7\n",
            &["a@b.test failed 5.1.10: 554 5.1.10", "c@d.test delayed 4.4.7: 451 4.4.7"],
        ),
        // Domino.
        (
            "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.0.0\n\
             Diagnostic-Code: X-Notes; User A not listed\n",
            &["a@b.test failed 5.0.0: 554 User A not listed"],
        ),
        // What went well has no reply, and a message that was tried for too long has that of the
        // last attempt.
        (
            "Final-Recipient: rfc822;a@b.test\nAction: delivered (to mailbox)\nStatus: 2.0.0\n\n\
             Final-Recipient: rfc822;c@d.test\nAction: failed\nStatus: 4.4.1\n\
             Diagnostic-Code: x-postfix; connect to mx.d.test[192.0.2.1]:25: timed out\n",
            &[
                "a@b.test delivered 2.0.0: -",
                "c@d.test failed 4.4.1: 451 4.4.1 connect to mx.d.test[192.0.2.1]:25: timed out",
            ],
        ),
    ] {
        let bounce = read(&report_of(groups)).unwrap();
        assert_eq!(told(&bounce), wanted);
        assert_eq!(bounce.form(), Form::Report);
        assert_eq!(bounce.report().reporting_mta().unwrap().text(), b"mx.test");
        assert_eq!(bounce.original_message_id(), Some(&b"m@x.test"[..]));
        assert_eq!(bounce.original_subject(), Some("hello"));
    }
}

#[test]
fn reports_are_found_in_whatever_they_are_wrapped() {
    let groups = "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.1.1\n";
    let wanted = ["a@b.test failed 5.1.1: 554 5.1.1"];
    let plain = report_of(groups);
    let wrapped = [
        // Forwarded, as an attachment of an attachment.
        format!(
            "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nsee below\n--o\n\
                 Content-Type: message/rfc822\n\n{plain}\n--o--\n"
        ),
        format!("Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n{plain}"),
        // The boundary is another one, or none.
        plain.replace("--b/1", "--b/2"),
        plain.replace("\tboundary=\"b/1\"\n", "\tx=y\n"),
        // Not closed, and cut off behind the report.
        plain.split("--b/1\nContent-Type: text/rfc822").next().unwrap().to_owned(),
        // A line of an mbox in front.
        format!("From MAILER-DAEMON Thu Apr 29 23:34:45 2004\n{plain}"),
    ];
    for text in wrapped {
        assert_eq!(told(&read(&text).unwrap()), wanted, "{text}");
    }
    let encoded = plain.replace(
        &format!(
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n{groups}"
        ),
        "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n\
         RmluYWwtUmVjaXBpZW50OiByZmM4MjI7YUBiLnRlc3QKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=\n",
    );
    assert_eq!(told(&read(&encoded).unwrap()), wanted);
}

#[test]
fn the_report_of_a_bounce_that_came_back_is_not_taken_for_its_own() {
    let inner = report_of("Final-Recipient: rfc822;inner@b.test\nAction: failed\nStatus: 5.1.1\n");
    let outer = report_of("Final-Recipient: rfc822;outer@b.test\nAction: failed\nStatus: 5.2.1\n");
    let (outer, inner) = (outer.replace("b/1", "b/2"), inner);
    let outer = outer.replace(
        "Content-Type: text/rfc822-headers\n\nMessage-ID: <m@x.test>\nSubject: hello\n",
        &format!("Content-Type: message/rfc822\n\n{inner}"),
    );
    assert_eq!(told(&read(&outer).unwrap()), ["outer@b.test failed 5.2.1: 554 5.2.1"]);
}

#[test]
fn what_the_report_leaves_out_is_taken_from_the_text() {
    let groups = "Final-Recipient: rfc822;A@b.test\nAction: failed\nStatus: 5.1.1\n";
    let text = report_of(groups).replace(
        "Sorry.\n",
        "Diagnostic information for administrators:\n\nGenerating server: mx.test\n\na@b.test\n\
         #550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n\n\
         Subject: x\n",
    );
    assert_eq!(
        told(&read(&text).unwrap()),
        ["A@b.test failed 5.1.1: 550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##"]
    );
}

/// The shortest of each form, in our own words where the form has none.
#[test]
fn texts_without_a_report_are_read() {
    let header = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\nSubject: failure notice\n\n";
    let back = "Message-ID: <m@x.test>\nSubject: hello\n\nbody, c@d.test: 550 not this one\n";
    for (form, text, wanted) in [
        (
            Form::Qmail,
            "Hi. This is the qmail-send program at mx.test.\nI'm afraid I wasn't able to deliver.\n\
             \n<a@b.test>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 <a@b.test>\
             ... no\nGiving up on 192.0.2.1.\n\n<x-c@d.test>:\nSorry, no mailbox here by that name. \
             (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n",
            &[
                "a@b.test failed 5.1.1: 550 5.1.1 <a@b.test>... no",
                "x-c@d.test failed 5.1.1: 554 5.1.1 Sorry, no mailbox here by that name. (#5.1.1)",
            ][..],
        ),
        (
            Form::Exim,
            "This message was created automatically by mail delivery software.\n\nThe following \
             address(es) failed:\n\n  a@b.test\n    SMTP error from remote mail server after RCPT \
             TO:<a@b.test>:\n    host mx.b.test [192.0.2.1]: 554 5.7.1 <a@b.test>:\n    rejected\n\n\
             ------ This is a copy of the message, including all the headers. ------\n\n",
            &["a@b.test failed 5.7.1: 554 5.7.1 <a@b.test>: rejected"],
        ),
        (
            Form::Sendmail,
            "The original message was received at Thu, 29 Apr 2004 23:45:23 +0900\n\n   ----- The \
             following addresses had permanent fatal errors -----\n<a@b.test>\n    (reason: 550 5.1.1 \
             no)\n\n   ----- Transcript of session follows -----\n... while talking to mx.b.test.:\n\
             >>> RCPT To:<a@b.test>\n<<< 550 5.1.1 no\n550 5.1.1 <a@b.test>... User unknown\n\n   \
             ----- Original message follows -----\n\n",
            &["a@b.test failed 5.1.1: 550 5.1.1 no"],
        ),
        (
            Form::Postfix,
            "This is the mail system at host mx.test.\n\n<a@b.test> (expanded from <l@mx.test>): host\n    \
             mx.b.test[192.0.2.1] said: 452 4.2.2\n    full (in reply to RCPT TO command)\n\n\
             --- Below this line is a copy of the message.\n\n",
            &["a@b.test failed 4.2.2: 452 4.2.2 full (in reply to RCPT TO command)"],
        ),
        (
            Form::Exchange,
            "Your message\n\n  To:      a@b.test\n  Subject: x\n\ndid not reach the following \
             recipient(s):\n\na@b.test on Thu, 29 Apr 2004 23:00:00 -0400\n    The recipient name is \
             not recognized\n\n----- Original message follows -----\n",
            &["a@b.test failed -: 554 The recipient name is not recognized"],
        ),
        (
            Form::Courier,
            "This is a delivery status notification from mx.test,\nrunning the Courier mail server.\n\
             \n<a@b.test>:\n    mx.b.test [192.0.2.1]:\n>>> RCPT TO:<a@b.test>\n<<< 550 5.1.1 no\n\n\
             --- Original message follows.\n",
            &["a@b.test failed 5.1.1: 550 5.1.1 no"],
        ),
        (
            Form::Domino,
            "Your message\n\n  Subject: x\n\nwas not delivered to:\n\n  a@b.test\n\nbecause:\n\n  User A \
             (a@b.test) not listed in Domino Directory\n\n--- Original message follows.\n",
            &["a@b.test failed -: 554 because: User A (a@b.test) not listed in Domino Directory"],
        ),
        (
            Form::Gmail,
            "Delivery to the following recipient failed permanently:\n\n     a@b.test\n\nTechnical \
             details of permanent failure: \nThe error that the other server returned was:\n550 5.1.1 \
             no\n\n----- Original message -----\n\n",
            &["a@b.test failed 5.1.1: 550 5.1.1 no"],
        ),
        (
            Form::Yahoo,
            "Sorry, we were unable to deliver your message to the following address.\n\n<a@b.test>:\n\
             Remote host said: 550 5.1.1 no [RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n",
            &["a@b.test failed 5.1.1: 550 5.1.1 no [RCPT_TO]"],
        ),
        (
            Form::Text,
            "There was an error delivering your mail to <a@b.test>.\n\nmx.b.test [192.0.2.1] did not \
             like it:\n550-5.7.26 first\n550 5.7.26 second\n\nOriginal message follows.\n\n",
            &["a@b.test failed 5.7.26: 550 5.7.26 first / second"],
        ),
        (
            Form::Text,
            "Unknown user: a@b.test\n\nOriginal message follows.\n\n",
            &["a@b.test failed -: 554 Unknown user: a@b.test"],
        ),
    ] {
        let bounce = read(&format!("{header}{text}{back}")).unwrap();
        assert_eq!(told(&bounce), wanted, "{text}");
        assert_eq!(bounce.form(), form, "{text}");
        assert_eq!(bounce.original_message_id(), Some(&b"m@x.test"[..]), "{text}");
    }
}

#[test]
fn a_warning_is_no_failure() {
    let text = "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.test>\n\
                Subject: Warning: could not send message for past 4 hours\n\n\
                THIS IS A WARNING MESSAGE ONLY\n\n<a@b.test>... Deferred: Connection timed out\n";
    assert_eq!(
        told(&read(text).unwrap()),
        ["a@b.test delayed -: 451 Deferred: Connection timed out"]
    );
}

#[test]
fn remote_host_of_a_text() {
    let text = "Return-Path: <>\n\n<a@b.test>: host mx.b.test[192.0.2.1] said: 550 no\n";
    let bounce = read(text).unwrap();
    let host = bounce.report().recipients()[0].remote_mta().unwrap().to_string();
    assert_eq!(host, "dns; mx.b.test");
}

#[test]
fn err_what_is_no_bounce_says_what_it_is() {
    for (text, error) in [
        ("", NotABounce::Unlike),
        ("From: a@b.test\nSubject: hello\n\nc@d.test: 550 is a code\n", NotABounce::Unlike),
        ("Return-Path: <>\nSubject: Out of office\n\nI am away.\n", NotABounce::AutoReply),
        (
            "Content-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n\
             Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n--x--\n",
            NotABounce::Complaint,
        ),
        (
            "Content-Type: multipart/report; boundary=x\n\n--x\n\
             Content-Type: message/disposition-notification\n\nDisposition: x\n--x--\n",
            NotABounce::ReadingReceipt,
        ),
    ] {
        assert_eq!(read(text), Err(error), "{text}");
    }
}

#[test]
fn limits_bound_what_is_read() {
    let group = |n: usize| format!("Final-Recipient: rfc822;a{n}@b.test\nAction: failed\n\n");
    let many: String = (0..50).map(group).collect();
    let raw = report_of(&many);
    let limits = ReadLimits { recipients: 10, ..ReadLimits::default() };
    let bounce = Bounce::read_within(raw.as_bytes(), &limits).unwrap();
    assert_eq!((bounce.report().recipients().len(), bounce.is_cut()), (10, true));
    let limits = ReadLimits { octets: raw.len() / 2, ..ReadLimits::default() };
    let bounce = Bounce::read_within(raw.as_bytes(), &limits).unwrap();
    assert!((1..50).contains(&bounce.report().recipients().len()) && bounce.is_cut());
    assert!(!Bounce::read(raw.as_bytes()).unwrap().is_cut());

    let text: String = (0..50).map(|n| format!("<a{n}@b.test>:\n550 no\n\n")).collect();
    let raw = format!("Return-Path: <>\n\n{text}");
    let limits = ReadLimits { recipients: 10, ..ReadLimits::default() };
    let bounce = Bounce::read_within(raw.as_bytes(), &limits).unwrap();
    assert_eq!((bounce.report().recipients().len(), bounce.is_cut()), (10, true));
}

/// Each is over at once if every pass is linear and bounded, and not otherwise.
#[test]
fn a_hundred_mebibytes_are_bounded() {
    let report = report_of("Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.1.1\n");
    let report = report.strip_suffix("--b/1--\n").unwrap();
    let mut long = report.replace("text/rfc822-headers", "message/rfc822").into_bytes();
    long.resize(100 * 1024 * 1024, b'x');
    let bounce = Bounce::read(&long).unwrap();
    assert_eq!((told(&bounce).len(), bounce.is_cut()), (1, false));
    for flood in ["<a@b.test>:\n550 no\n", "550 ", "<", "a@b ", "\n", "(", "Final-Recipient:\n"] {
        let head = "Return-Path: <>\n\n";
        let _ = Bounce::read(format!("{head}{}", flood.repeat(2_000_000 / flood.len())).as_bytes());
        let _ = Bounce::read(report_of(&flood.repeat(500_000 / flood.len())).as_bytes());
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[!-:<-~]{1,12}", "[a-z]{1,8}", "[あ-ん]{1,5}", "[a-z]{100}"]
}

fn typed(kinds: &'static [&'static str]) -> impl Strategy<Value = Typed> {
    (prop::sample::select(kinds), prop::collection::vec(word(), 1..12), 1..3_usize).prop_map(
        |(kind, words, blanks)| Typed::new(kind, words.join(&" ".repeat(blanks))).unwrap(),
    )
}

prop_compose! {
    fn moment()(seconds in 0..4_000_000_000_i64, offset in -720..=720_i16) -> DateTime {
        DateTime::from_unix(seconds, offset).unwrap()
    }
}

prop_compose! {
    fn extension()(name in "X-[A-Za-z]{1,20}", value in word()) -> Extension {
        Extension::new(&name, value).unwrap()
    }
}

prop_compose! {
    fn recipient()(
        address in typed(&["rfc822", "utf-8"]),
        original in prop::option::of(typed(&["rfc822", "x400"])),
        action in prop::sample::select(&Action::ALL[..]),
        (subject, detail) in (0..8_u16, 0..50_u16),
        mta in prop::option::of(typed(&["dns", "x-local"])),
        diagnostic in prop::option::of(typed(&["smtp", "x-unix"])),
        tried in prop::option::of(moment()),
        until in prop::option::of(moment()),
        extensions in prop::collection::vec(extension(), 0..3),
    ) -> Recipient {
        let class = match action {
            Action::Failed => 5,
            Action::Delayed => 4,
            Action::Delivered | Action::Relayed | Action::Expanded => 2,
        };
        let status = EnhancedStatusCode::new(class, subject, detail).unwrap();
        let mut it = Recipient::new(address, action, status);
        if let Some(original) = original { it = it.originally(original); }
        if let Some(mta) = mta { it = it.told_by(mta); }
        // One without a letter is looked for in the text.
        let says = |words: &Typed| words.text().iter().any(|&octet| octet.is_ascii_alphabetic());
        if let Some(words) = diagnostic.filter(says) { it = it.because(words); }
        if let Some(tried) = tried { it = it.tried_at(tried); }
        if let (Some(until), Action::Delayed) = (until, action) { it = it.retried_until(until); }
        extensions.into_iter().fold(it, Recipient::extension)
    }
}

proptest! {
    #[test]
    fn ok_reports_come_back(
        recipients in prop::collection::vec(recipient(), 1..5),
        id in prop::option::of("[!-~]{1,20}"),
        arrival in prop::option::of(moment()),
        extensions in prop::collection::vec(extension(), 0..3),
        body in "[ -~\r\n]{0,100}",
        eight_bit: bool,
    ) {
        let mut report = Report::by("mx.example.org").unwrap();
        for recipient in recipients {
            report = report.recipient(recipient);
        }
        if let Some(id) = id { report = report.envelope_id(&id).unwrap(); }
        if let Some(arrival) = arrival { report = report.arrived_at(arrival); }
        report = extensions.into_iter().fold(report, Report::extension);
        let message = format!("Subject: x\r\n\r\n{body}");
        let mut draft = notification(&report).returning(Returned::Message(message.as_bytes()));
        if eight_bit { draft = draft.eight_bit(); }
        let raw = draft.to_bytes();
        let bounce = Bounce::read(&raw);
        prop_assert_eq!(bounce.as_ref().map(Bounce::report), Ok(&report));
        for line in raw.split(|&octet| octet == b'\n') {
            prop_assert!(line.len() <= 999);
        }
    }

    #[test]
    fn no_octets_panic(pieces in prop::collection::vec(prop_oneof![
        Just("Content-Type: multipart/report; boundary=x\n".to_owned()),
        Just("Content-Type: message/delivery-status\n".to_owned()),
        Just("Final-Recipient: rfc822;".to_owned()),
        Just("Diagnostic-Code: smtp; 550-".to_owned()),
        Just("Return-Path: <>\n".to_owned()),
        Just("X-Failed-Recipients: a@b.test,\n".to_owned()),
        Just("--x\n".to_owned()), Just("\n".to_owned()), Just("<a@b.test>: ".to_owned()),
        "\\PC{0,10}",
    ], 0..30)) {
        if let Ok(bounce) = Bounce::read(pieces.concat().as_bytes()) {
            prop_assert!(!bounce.report().recipients().is_empty());
            for recipient in bounce.report().recipients() {
                let _ = recipient.reply();
            }
            let _ = dsn::explain(bounce.report(), Language::English, |_| String::new());
        }
    }
}
