//! Bounces that somebody made to break a reader: each is over at once, and says what it holds.

#![cfg(feature = "dsn")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mail_errors::diagnosis::Language;
use mail_errors::dsn::{self, Action, Bounce, NotABounce, ReadLimits, Typed};

const GROUP: &str = "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.1.1\n\
                     Diagnostic-Code: smtp; 550 5.1.1 no\n";

/// A report with this in its part for programs, and what the part says of itself.
fn report(kind: &str, content: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.test\nContent-Type: multipart/report; \
         report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\n\
         Content-Type: {kind}\n\n{content}\n--b--\n"
    )
}

/// Reads, and looks at everything that was read.
fn told(message: &[u8]) -> Result<Vec<String>, NotABounce> {
    let bounce = Bounce::read(message)?;
    let _ = dsn::explain(bounce.report(), Language::Japanese, |_| String::new());
    let one = |it: &dsn::Recipient| {
        let _ = it.failure().map(|failure| failure.classify().reason());
        let reply = it.reply().map_or("-".to_owned(), |reply| reply.to_string());
        let address = String::from_utf8_lossy(&it.address().as_address()).into_owned();
        format!("{address} {}: {reply}", it.action())
    };
    Ok(bounce.report().recipients().iter().map(one).collect())
}

#[track_caller]
fn check(message: &str, wanted: &[&str]) {
    assert_eq!(told(message.as_bytes()).unwrap(), wanted, "{message}");
}

const FAILED: [&str; 1] = ["a@b.test failed: 550 5.1.1 no"];

#[test]
fn ok_reports_in_broken_mime() {
    let whole = report("message/delivery-status", GROUP);
    for message in [
        // The boundary is missing, empty, another one, and never closed.
        whole.replace("; boundary=b", ""),
        whole.replace("boundary=b", "boundary=\"\""),
        whole.replace("boundary=b", "boundary=c"),
        whole.replace("--b--\n", ""),
        whole.replace("--b--\n", "--b"),
        // A header that ends in mid-line, no blank line, a type that is none.
        whole.replace("multipart/report;", "multipart/report"),
        whole.replace("multipart/report", "text/plain"),
        whole.replace("multipart/report", "multipart"),
        whole.replace("message/delivery-status", "text/plain; charset=\"us-ascii"),
        whole.replace("message/delivery-status", "MESSAGE/Delivery-Status; x=\";"),
        whole.replace("message/delivery-status", "message/global-delivery-status"),
        // Two content types: the first counts.
        whole
            .replace("Content-Type: multipart", "Content-Type: text/html\nContent-Type: multipart"),
        // Preamble, epilogue, and line ends of three sorts.
        whole.replace("\n\n--b\n\nSorry", "\n\n--bb\nFinal-Recipient\n--b\n\nSorry") + "\n--b\nx",
        whole.replace("--b\n", "--b \t\r\n"),
    ] {
        check(&message, &FAILED);
        check(&message.replace('\n', "\r\n"), &FAILED);
    }
}

#[test]
fn ok_reports_in_transfer_encodings() {
    let base64 = "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7YUBiLnRlc3QKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEu\n\
                  MQpEaWFnbm9zdGljLUNvZGU6IHNtdHA7IDU1MCA1LjEuMSBubwo=\n";
    for (encoding, content) in [
        ("base64", base64.to_owned()),
        ("BASE64 (really)", base64.replace('\n', "\n \t!")),
        ("base64", base64.replace("Cg==", "").replace("Cw==", "")),
        ("quoted-printable", GROUP.replace("a@b", "a=40b").replace("no\n", "n=\no\n")),
        ("quoted-printable", GROUP.replace("5.1.1\n", "5.1.1=20=\n\n")),
        ("8bit", GROUP.to_owned()),
        ("x-unknown", GROUP.to_owned()),
    ] {
        let kind = format!("message/delivery-status\nContent-Transfer-Encoding: {encoding}");
        check(&report(&kind, &content), &FAILED);
    }
}

#[test]
fn ok_fields_folded_doubled_and_torn() {
    for group in [
        GROUP.replace("rfc822;a@b.test", "\n rfc822\n\t;\n a@b.test"),
        GROUP.replace("Status: 5.1.1", "Status: 5.1.1\nStatus: 4.2.2\nAction: delayed"),
        GROUP.replace("Final-Recipient", "FINAL-RECIPIENT  "),
        format!("{GROUP}Final-Recipient: rfc822;second@b.test\n"),
        format!("\n\n \n{GROUP}"),
        format!("nonsense\n{GROUP}: x\n\x00\x00\n"),
        GROUP.replace("550 5.1.1 no", "550\n 5.1.1\n\tno"),
        GROUP.replace("smtp;", "smtp;\0").replace("5.1.1 no", "5.1.1 no\0"),
    ] {
        check(&report("message/delivery-status", &group), &FAILED);
    }
    // Torn in mid-field: what is whole counts.
    let torn = report("message/delivery-status", GROUP);
    let torn = torn.split("Diagnostic").next().unwrap();
    check(torn, &["a@b.test failed: 554 5.1.1"]);
    check(torn.split("5.1.1").next().unwrap(), &["a@b.test failed: 554"]);
}

#[test]
fn ok_recipients_among_groups_that_name_none() {
    let groups = format!(
        "{GROUP}\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient:\nAction: failed\n\n\
         Final-Recipient: rfc822;\n\nOriginal-Recipient: rfc822;c@d.test\nAction: delayed\n\n\
         Final-Recipient: x400; /S=e/\nAction: relayed\n\n\n\n{GROUP}"
    );
    check(
        &report("message/delivery-status", &groups),
        &[FAILED[0], "c@d.test delayed: 451", "/S=e/ relayed: -", FAILED[0]],
    );
    let none = report("message/delivery-status", "Action: failed\nStatus: 5.1.1\n");
    assert_eq!(told(none.as_bytes()), Err(NotABounce::NoRecipient));
}

/// RFC 6533 section 3, and what is none of it.
#[test]
fn ok_addresses_in_utf8_and_what_looks_like_them() {
    for (written, address) in [
        ("utf-8; \\x{30A4}\\x{30ED}@\\x{4F8B}.test", "イロ@例.test"),
        ("UTF-8;イロ@例.test", "イロ@例.test"),
        ("utf-8; a\\x{2B}b\\x{5C}c@d.test", "a+b\\c@d.test"),
        (
            "utf-8; \\x{}\\x{110000}\\x{D800}\\x{0}\\x{7F}\\x{41@d.test",
            "\\x{}\\x{110000}\\x{D800}\\x{0}\\x{7F}\\x{41@d.test",
        ),
        // Of another type it is text.
        ("rfc822; \\x{41}@d.test", "\\x{41}@d.test"),
        ("a@b.test", "a@b.test"),
        (";a@b.test", ";a@b.test"),
    ] {
        let group = format!("Final-Recipient: {written}\nAction: delivered\n");
        let wanted = format!("{address} delivered: -");
        check(&report("message/global-delivery-status", &group), &[&wanted]);
    }
    for bad in ["utf-8", "utf-8;", "rfc822;a+", "rfc822;a+G0", "rfc822;a=b", "rfc822;a b", "rf c;a"]
    {
        assert!(Typed::from_orcpt(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_bounce_in_an_attachment_in_a_forward_is_found() {
    let inner = report("message/delivery-status", GROUP);
    let attached = format!(
        "Subject: Fwd: failure\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nLook.\n--o\n\
         Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"x.eml\"\n\n\
         {inner}\n--o--\n"
    );
    check(&attached, &FAILED);
    let twice = format!("Content-Type: message/rfc822\n\n{attached}");
    check(&twice, &FAILED);
}

/// Encoded, which RFC 2045 section 6.4 forbids and gateways do; encoded again, and again.
#[test]
fn a_bounce_in_an_encoded_message_is_found() {
    let wrapped = |message: &str| {
        let quoted: String = message.bytes().map(|octet| format!("={octet:02X}")).collect();
        let lines: Vec<_> = quoted.as_bytes().chunks(75).map(String::from_utf8_lossy).collect();
        format!(
            "Subject: Fwd\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\
             Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n{}\n\
             --o--\n",
            lines.join("=\n")
        )
    };
    let mut message = report("message/delivery-status", GROUP);
    for _ in 0..3 {
        message = wrapped(&message);
        check(&message, &FAILED);
    }
    assert_eq!(told(wrapped(&message).as_bytes()), Err(NotABounce::Unlike));
}

/// What a mail system says goes before what it gives back, and a bounce that somebody sends on is read
/// whoever sends it.
#[test]
fn a_bounce_of_a_bounce_tells_of_its_own_recipient() {
    let inner = report("message/delivery-status", GROUP);
    let outer = |head: &str, text: &str| {
        format!(
            "{head}Content-Type: multipart/mixed; boundary=o\n\n--o\n\n{text}\n--o\n\
             Content-Type: message/rfc822\n\nTo: me@x.test\n{inner}\n--o--\n"
        )
    };
    let system = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\n";
    check(&outer(system, "<c@d.test>:\n550 5.2.1 off"), &["c@d.test failed: 550 5.2.1 off"]);
    for head in [system, "From: postmaster@x.test\n", "From: me@x.test\n", ""] {
        check(&outer(head, "It is below."), &FAILED);
    }
    check(&outer("From: me@x.test\n", "<c@d.test>:\n550 5.2.1 off"), &FAILED);
}

/// 10,000 levels: no stack is that deep, and none of the levels is read twice.
#[test]
fn ten_thousand_levels_are_bounded() {
    let part = "Content-Type: message/rfc822\n\n";
    let nested = part.repeat(10_000) + &report("message/delivery-status", GROUP);
    assert_eq!(told(nested.as_bytes()), Err(NotABounce::Unlike));
    let mut nested = String::from("From: mailer-daemon@x.test\n");
    for level in 0..10_000 {
        nested
            .push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
    }
    nested.push_str(&report("message/delivery-status", GROUP));
    // Deeper than anybody looks the rest is a text, and in that the report stands.
    assert!(matches!(told(nested.as_bytes()), Ok(_) | Err(NotABounce::NoRecipient)));
    let shallow = part.repeat(10) + &report("message/delivery-status", GROUP);
    check(&shallow, &FAILED);
}

#[test]
fn floods_are_bounded() {
    let mib = 1024 * 1024;
    let whole = report("message/delivery-status", GROUP);
    for flood in ["X: y\n", "Received: from x by y\n", "To: a@b.test,\n ", "x", "\0", ":\n", " \n"]
    {
        let head = flood.repeat(mib / flood.len());
        let _ = told(format!("{head}{whole}").as_bytes());
        let _ = told(format!("From: x\nX-Failed-Recipients: {head}\n\n{head}").as_bytes());
    }
    for flood in ["--b\n", "--b\n\n", "=\n", "&lt;", "<style>", "> ", "=?a?b?", "\x1b$B"] {
        let body = flood.repeat(mib / 2 / flood.len());
        for kind in ["text/plain", "text/html; charset=iso-2022-jp", "message/delivery-status"] {
            let _ = told(report(kind, &body).as_bytes());
        }
        let subject = format!("Subject: {}\n{whole}", flood.replace('\n', "").repeat(mib / 8));
        check(&subject, &FAILED);
    }
    // A report of a hundred mebibytes of recipients is cut, and says so.
    let mut many =
        report("message/delivery-status", &format!("{GROUP}\n")).replace("\n--b--\n", "");
    let group = format!("{GROUP}\n");
    many.push_str(&group.repeat(100 * mib / group.len()));
    let bounce = Bounce::read(many.as_bytes()).unwrap();
    assert!(bounce.is_cut());
    assert_eq!(bounce.report().recipients().len(), ReadLimits::default().recipients);
    assert!(bounce.report().recipients().iter().all(|it| it.action() == Action::Failed));
}
