//! Bounces in the forms that mail systems give them, each restated in its shortest.

#![cfg(feature = "dsn")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mail_errors::classify::Reason;
use mail_errors::dsn::{Bounce, Extension, NotABounce, Recipient};

const DAEMON: &str = "From: MAILER-DAEMON@mx.test\nTo: me@x.test\nSubject: failure\n\n";

/// Shows what a bounce says of each recipient: address, whom the sender had named, action, reason,
/// words.
fn told(bounce: &Bounce) -> Vec<String> {
    let address = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let one = |it: &Recipient| {
        let original = it.original().map(|it| format!(" ({})", address(&it.as_address())));
        let reason = it.failure().map_or("-", |it| it.classify().reason().name());
        let words = it.diagnostic().map_or("-".into(), |it| it.text_lossy().into_owned());
        let original = original.unwrap_or_default();
        format!(
            "{}{original} {} {reason}: {words}",
            address(&it.address().as_address()),
            it.action()
        )
    };
    bounce.report().recipients().iter().map(one).collect()
}

#[track_caller]
fn check(message: &str, wanted: &[&str]) {
    let bounce = Bounce::read(message.as_bytes());
    let bounce = bounce.unwrap_or_else(|error| panic!("{error}:\n{message}"));
    assert_eq!(told(&bounce), wanted, "{message}");
}

fn report(text: &str, groups: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.test\nContent-Type: multipart/report; \
         report-type=delivery-status; boundary=b\n\n--b\n\n{text}\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n{groups}\n--b--\n"
    )
}

/// What stands in front of the words that count, and the advice behind them, is not taken for them.
#[test]
fn ok_words_that_tell_why_among_those_that_do_not() {
    for (text, wanted) in [
        (
            "This is the Mail Agent at mx.test.\n\nThere was an error delivering your mail to \
             <a@b.test>.\n\nCould not deliver for the last 5 days. Giving up.\n",
            "a@b.test failed expired: Could not deliver for the last 5 days. Giving up.",
        ),
        (
            "----- Failure Reasons -----\n\nUser not listed in public Name & Address Book\na@b.test\n\n\
             ----- Returned Message -----\nFrom: me@x.test\n",
            "a@b.test failed mailbox_unknown: User not listed in public Name & Address Book",
        ),
        (
            "Your message:\n  From: me@x.test\nCould not be delivered because of\n\n\
             550 5.1.1 User unknown\n\nThe following recipients were affected:\n  a@b.test\n\n\
             Additional Information\n======\nSender: <me@x.test>\n",
            "a@b.test failed mailbox_unknown: 550 5.1.1 User unknown",
        ),
        (
            "The mail for a@b.test was not delivered.\n\nreject reason: Mailbox full\n\n\
             target mail address: a@b.test\n------\nbounced E-Mail:\n",
            "a@b.test failed mailbox_full: reject reason: Mailbox full",
        ),
        (
            "*****************\nYour message could not be delivered to\na@b.test\n*****************\n",
            "a@b.test failed unknown: -",
        ),
    ] {
        check(&format!("{DAEMON}{text}"), &[wanted]);
    }
}

/// The copy of a message is full of addresses, and none of them failed.
#[test]
fn ok_the_copy_of_the_message_is_not_read_as_the_bounce() {
    let header = "Return-Path: <list-bounces@l.test>\nReceived: from l.test by b.test\n\
                  To: list@l.test\nMessage-ID: <m@l.test>\n\nwrite to <help@l.test>: 550 no\n";
    for line in [
        "--------RETURNED MAIL FOLLOWS--------\n",
        "|------------------------- Message text follows: ------------------------|\n",
        "---- START OF RETURNED MESSAGE ----\n",
        "The first 50 lines of your original message follow:\n",
        "Original mail as follows:\n",
        // Nothing at all, but for the header itself.
        "\n",
        "------_=_NextPart\nContent-Type: message/rfc822\n\n",
    ] {
        let text = format!("{DAEMON}Intended recipient: a@b.test\nunknown host\n\n{line}{header}");
        check(
            &text,
            &["a@b.test failed domain_unknown: Intended recipient: a@b.test unknown host"],
        );
        let bounce = Bounce::read(text.as_bytes()).unwrap();
        assert_eq!(bounce.original_message_id(), Some(&b"m@l.test"[..]), "{line}");
    }
    let quoted = header.replace('\n', "\n> ");
    let text = format!("{DAEMON}<a@b.test>:\n550 5.1.1 no\n\n> {quoted}");
    check(&text, &["a@b.test failed mailbox_unknown: 550 5.1.1 no"]);
}

#[test]
fn ok_whom_the_sender_had_named() {
    for (text, wanted) in [
        (
            "   ----- The following addresses had permanent fatal errors -----\nuser@host.b.test\n    \
             (expanded from: <a@b.test>)\n\n554 5.1.1 User unknown\n",
            "user@host.b.test (a@b.test) failed mailbox_unknown: 554 5.1.1 User unknown",
        ),
        (
            "This message was created automatically by mail delivery software.\n\n  user@c.test\n    \
             (ultimately generated from a@b.test)\n    retry timeout exceeded\n",
            "user@c.test (a@b.test) failed expired: (ultimately generated from a@b.test) retry \
             timeout exceeded",
        ),
        (
            "did not reach the following recipient(s):\n\nc=US;a= ;p=B;dda:SMTP=A@B.TEST; on Fri\n    \
             The recipient name is not recognized\n",
            "A@B.TEST failed mailbox_unknown: The recipient name is not recognized",
        ),
        (
            "[Status: Error, Address: <a@b.test>, ResponseCode 550, , User unknown.]\n",
            "a@b.test failed mailbox_unknown: [Status: Error, Address: <a@b.test>, ResponseCode 550, \
             , User unknown.]",
        ),
        (
            "You wrote from me@x.test to 'a@b.test', which failed: user unknown. Questions? Please \
             contact postmaster@b.test about the failed message.\n",
            "a@b.test failed mailbox_unknown: ",
        ),
    ] {
        let message = format!("{DAEMON}{text}");
        let bounce = Bounce::read(message.as_bytes()).unwrap();
        let told = told(&bounce);
        assert!(told.len() == 1 && told[0].starts_with(wanted), "{told:?}: {message}");
    }
}

#[test]
fn ok_failed_recipients_of_the_header() {
    let head = "From: Mail Delivery <mailer-daemon@x.test>\nTo: me@x.test\n\
                X-Failed-Recipients: group@b.test\n\n";
    // An answer to the sender by name.
    check(
        &format!("{head}me@x.test 様\n\nThe mailbox does not exist.\n"),
        &["group@b.test failed mailbox_unknown: The mailbox does not exist."],
    );
    check(
        &format!(
            "{head}This message was created automatically by mail delivery software.\n\n  \
                  save to /var/mail/group\n    mailbox is full\n"
        ),
        &["group@b.test failed mailbox_full: save to /var/mail/group mailbox is full"],
    );
    check(
        &format!(
            "{head}This message was created automatically by mail delivery software.\n\n  \
                  pipe to |/bin/filter\n\ncannot open /home/a/.filter/group@b.test: disk quota exceeded\n"
        ),
        &["group@b.test failed mailer_error: pipe to |/bin/filter"],
    );
    // Of many there is one text, and it is read once.
    let many: Vec<String> = (0..5000).map(|n| format!("a{n}@b.test")).collect();
    let head = head.replace("group@b.test", &many.join(",\n "));
    let text = "It was refused for no reason.\n\n".repeat(2000);
    let bounce = Bounce::read(format!("{head}{text}").as_bytes()).unwrap();
    assert_eq!(bounce.report().recipients().len(), 5000);
}

#[test]
fn ok_reports_that_leave_the_words_to_the_text() {
    let group = "Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.0.0\n";
    check(
        &report("list of recipients:\n\na@b.test: Domain does not exist\n", group),
        &["a@b.test failed domain_unknown: Domain does not exist"],
    );
    // What says nothing is no better than nothing.
    check(
        &report("We are sorry about:\n\na@b.test: Something happened\n", group),
        &["a@b.test failed unknown: -"],
    );
    let commented = group.replace("5.0.0", "5.4.4 (Illegal host/domain name found)");
    check(
        &report("Sorry.", &commented),
        &["a@b.test failed domain_unknown: Illegal host/domain name found"],
    );
    check(
        &report("<a@b.test>:\n550 5.1.1 User unknown\n", &commented),
        &["a@b.test failed mailbox_unknown: 550 5.1.1 User unknown"],
    );
    // A file or a program, and half an address.
    let exim = group.replace("rfc822; a@b.test", "rfc822;|/bin/filter a@b.test /home/a");
    let exim = report("pipe to |/bin/filter\n", &exim);
    let exim = exim.replace(
        "Content-Type: multipart",
        "X-Failed-Recipients: a@b.test\nContent-Type: multipart",
    );
    check(&exim, &["|/bin/filter a@b.test /home/a (a@b.test) failed unknown: -"]);
    let half = group.replace("a@b.test", "@mx.b.test");
    check(
        &report("<a@b.test>\n    (reason: 550 Host unknown)\n", &half),
        &["@mx.b.test (a@b.test) failed domain_unknown: 550 Host unknown"],
    );
}

#[test]
fn ok_addresses_as_some_write_them() {
    for (written, address) in [
        ("rfc/822;a@b.test", "a@b.test"),
        ("RFC-822; a@b.test", "a@b.test"),
        ("rfc822;<a@b.test>>", "a@b.test"),
        ("rfc822;@mx.test:a@b.test", "a@b.test"),
        ("rfc822;<@mx.test,@y.test:a@b.test>", "a@b.test"),
        ("rfc822;\"a b\"@b.test", "\"a b\"@b.test"),
    ] {
        let group = format!("Final-Recipient: {written}\nAction: failed\nStatus: 5.1.1\n");
        check(&report("", &group), &[&format!("{address} failed mailbox_unknown: -")]);
    }
    for (action, reads) in [("deliverable", "delivered"), ("undeliverable", "failed")] {
        let group = format!("Final-Recipient: rfc822;a@b.test\nAction: {action}\n");
        let bounce = Bounce::read(report("", &group).as_bytes()).unwrap();
        assert_eq!(bounce.report().recipients()[0].action().as_str(), reads);
    }
}

#[test]
fn ok_what_a_report_says_of_the_message_counts_without_recipients() {
    let message = report("<a@b.test>:\nuser is over quota\n", "");
    check(&message, &["a@b.test failed mailbox_full: user is over quota"]);
    let bounce = Bounce::read(message.as_bytes()).unwrap();
    let mta = bounce.report().reporting_mta().unwrap().to_string();
    assert_eq!(mta, "dns; mx.test");
}

#[test]
fn ok_html_alone() {
    check(
        "From: postmaster@mx.test\nContent-Type: text/html\n\n<style>p { x: \"a@b.test\" }</style>\
         <p>Delivery failed</p><p>&lt;a@b.test&gt;:<br>&nbsp;550&#32;5.1.1 no&#x20;user\n",
        &["a@b.test failed mailbox_unknown: 550 5.1.1 no user"],
    );
}

#[test]
fn ok_a_report_quoted_by_the_one_who_forwards_it() {
    let group = "Reporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; a@b.test\nAction: \
                 failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full\n";
    let quoted = group.replace('\n', "\n> ");
    let text =
        format!("From: me@x.test\nSubject: Fwd: Returned mail\n\nSee below.\n\n> {quoted}\n");
    check(&text, &["a@b.test failed mailbox_full: 552 full"]);
    let bounce = Bounce::read(text.as_bytes()).unwrap();
    assert!(bounce.report().reporting_mta().is_some());
}

#[test]
fn ok_line_ends_of_an_old_macintosh() {
    let text = format!("{DAEMON}<a@b.test>:\n550 5.1.1 no\n").replace('\n', "\r");
    check(&text, &["a@b.test failed mailbox_unknown: 550 5.1.1 no"]);
}

/// An answer of somebody who is away says nothing of a failure, whatever addresses it names.
#[test]
fn err_answers_are_no_bounces() {
    for header in [
        "Return-Path: <>\nSubject: Out of office\n",
        "Return-Path: <>\nAuto-Submitted: auto-replied\nSubject: Re: hello\n",
        "From: a@b.test\nSubject: Automatic reply: hello\n",
        "Return-Path: <>\nX-Autoreply: yes\nSubject: Thank you\n",
    ] {
        let message = format!("{header}\nI am away.\n\na@b.test\n");
        assert_eq!(Bounce::read(message.as_bytes()), Err(NotABounce::AutoReply), "{header}");
    }
    let thanks = "Return-Path: <>\nFrom: a@b.test\nSubject: Thanks\n\nThank you.\n\na@b.test\n";
    assert_eq!(Bounce::read(thanks.as_bytes()), Err(NotABounce::NoRecipient));
    // Mail systems mark their reports so too.
    let system = format!("Auto-Submitted: auto-replied\n{DAEMON}<a@b.test>:\n550 5.1.1 no\n");
    check(&system, &["a@b.test failed mailbox_unknown: 550 5.1.1 no"]);
    let words = "Return-Path: <>\nFrom: x@b.test\n\n<a@b.test>:\nuser unknown\n";
    let bounce = Bounce::read(words.as_bytes()).unwrap();
    let failure = bounce.report().recipients()[0].failure().unwrap();
    assert_eq!(failure.classify().reason(), Reason::MailboxUnknown);
}

/// The only one in the header of the copy may be a list, which has not failed.
#[test]
fn err_a_list_is_not_its_member() {
    let copy = "To: list@l.test\nList-Post: <mailto:List@l.test>\n\nhello\n";
    let text = format!("{DAEMON}It could not be delivered.\n\nOriginal message follows.\n\n{copy}");
    assert_eq!(Bounce::read(text.as_bytes()), Err(NotABounce::NoRecipient));
    let member = text.replace("To: list@l.test", "To: a@b.test");
    check(&member, &["a@b.test failed unknown: It could not be delivered."]);
}

/// Octets of one character set as a message in it.
fn in_charset(charset: &str, octets: &[u8]) -> Vec<u8> {
    let head =
        format!("From: MAILER-DAEMON@mx.test\nContent-Type: text/plain; charset={charset}\n\n");
    [head.as_bytes(), b"<a@b.test>:\n", octets, b"\n"].concat()
}

#[test]
fn ok_texts_in_other_character_sets() {
    for (charset, octets, words) in [
        // 宛先不明です
        ("ISO-2022-JP", &b"\x1b$B08@hITL@$G$9\x1b(B"[..], "宛先不明です"),
        ("us-ascii", b"\x1b$B08@hITL@$G$9\x1b(B", "宛先不明です"),
        ("Shift_JIS", b"\x88\xb6\x90\xe6\x95s\x96\xbe\x82\xc5\x82\xb7", "宛先不明です"),
        ("EUC-JP", b"\xb0\xb8\xc0\xe8\xc9\xd4\xcc\xc0\xa4\xc7\xa4\xb9", "宛先不明です"),
        ("iso-8859-1", b"Bo\xeete pleine", "Boîte pleine"),
        ("GB2312", b"\xd3\xc3\xbb\xa7\xb2\xbb\xb4\xe6\xd4\xda", "用户不存在"),
    ] {
        let bounce = Bounce::read(&in_charset(charset, octets)).unwrap();
        let told = bounce.report().recipients()[0].diagnostic().unwrap().text_lossy().into_owned();
        assert_eq!(told, words, "{charset}");
    }
    let gb = in_charset("GB18030", b"\xd3\xc3\xbb\xa7\xb2\xbb\xb4\xe6\xd4\xda");
    let bounce = Bounce::read(&gb).unwrap();
    let failure = bounce.report().recipients()[0].failure().unwrap();
    assert_eq!(failure.classify().reason(), Reason::MailboxUnknown);
    // Kanji in a field that may hold ASCII alone, as Domino writes it; and in a subject.
    let group = "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.0.0\n\
                 Diagnostic-Code: X-Notes; \x1b$B08@hITL@$G$9\x1b(B\n";
    let text = report("", group).replace(
        "--b--",
        "--b\nContent-Type: text/rfc822-headers\n\n\
         Subject: =?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?=\n\n--b--",
    );
    let bounce = Bounce::read(text.as_bytes()).unwrap();
    let words = bounce.report().recipients()[0].diagnostic().unwrap().to_string();
    assert_eq!(words, "X-Notes; 宛先不明です");
    assert_eq!(bounce.original_subject(), Some("メール"));
}

/// RFC 3464 sections 2.2.1, 2.3.1 and 2.4
#[test]
fn ok_fields_of_others_are_kept() {
    let text = report(
        "",
        "X-Postfix-Queue-ID: 4BCD\nX-Postfix-Sender: rfc822;\n  me@x.test\n\n\
         Final-Recipient: rfc822;a@b.test\nAction: failed\nX-Actual-Recipient: rfc822; c@b.test\n\
         Content-Type: none\nX-Empty:\n\n\
         Return-Path: <me@x.test>\nX-Mailer: none of the report\n",
    );
    let text = text.replace("mx.test\n\nX-Postfix", "mx.test\nX-Postfix");
    let bounce = Bounce::read(text.as_bytes()).unwrap();
    let shown = |all: &[Extension]| -> Vec<String> {
        all.iter().map(|it| format!("{}={}", it.name(), it.value_lossy())).collect()
    };
    let report = bounce.report();
    let sender = "X-Postfix-Sender=rfc822;  me@x.test";
    assert_eq!(shown(report.extensions()), ["X-Postfix-Queue-ID=4BCD", sender]);
    assert_eq!(shown(report.recipients()[0].extensions()), ["X-Actual-Recipient=rfc822; c@b.test"]);
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("Status", "x"),
        ("content-type", "x"),
        ("X-A", " "),
        ("X-A", "a\r\nb"),
        ("X-A", "a\0"),
    ] {
        assert!(Extension::new(name, value).is_err(), "{name} {value}");
    }
    // A flood of them is cut, and of the recipients none is lost.
    let flood: String = (0..10_000).map(|n| format!("X-{n}: y\n")).collect();
    let group = format!("{flood}Final-Recipient: rfc822;a@b.test\nAction: failed\n");
    let bounce = Bounce::read(self::report("", &group).as_bytes()).unwrap();
    assert_eq!(bounce.report().recipients()[0].extensions().len(), 32);
}
