//! AUTH, RFC 4954, at the server. The password is that of its examples.

#![allow(clippy::unwrap_used)]

mod dialogue;

use dialogue::{Served, mx, offers, served};
use mail_sasl::Mechanism;
use smtp_proto::{Domain, Offer, limits::ServerLimits, server::Config};

/// `\0tim\0tanstaaftanstaaf`, RFC 4616 4.
const TIM: &str = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
/// `\0tim\0wrong`
const WRONG: &str = "AHRpbQB3cm9uZw==";

fn submission() -> Config {
    mx().auth(&Mechanism::PASSWORD).require_auth().allow_auth_in_clear()
}

fn greeted(config: Config) -> Served {
    served(config).s("220 ").c("EHLO c").s("250-").e("hello c")
}

#[test]
fn ok_plain_with_initial_response() {
    greeted(submission())
        .c(&format!("AUTH PLAIN {TIM}"))
        .e("PLAIN tim")
        .s("235 2.7.0 ")
        .c("MAIL FROM:<tim@example.com>")
        .e("from <tim@example.com>")
        .s("250 ")
        .open();
}

#[test]
fn ok_plain_without_initial_response() {
    let auth = greeted(submission()).c("AUTH plain").s("334 \r\n").c(TIM).e("PLAIN tim");
    auth.s("235 ").open();
}

/// `Username:` and `Password:`.
#[test]
fn ok_login() {
    greeted(submission())
        .c("AUTH LOGIN")
        .s("334 VXNlcm5hbWU6\r\n")
        .c("dGlt")
        .s("334 UGFzc3dvcmQ6\r\n")
        .c("dGFuc3RhYWZ0YW5zdGFhZg==")
        .e("LOGIN tim")
        .s("235 ")
        .c("AUTH LOGIN")
        .s("503 ")
        .e("refused AUTH 503")
        .open();
}

#[test]
fn err_nothing_is_sent_without_auth() {
    greeted(submission())
        .c("MAIL FROM:<tim@example.com>")
        .s("530 5.7.0 ")
        .e("refused MAIL 530")
        // A client that pipelines has sent these already.
        .c("RCPT TO:<a@b>")
        .s("503 ")
        .e("refused RCPT 503")
        .c("DATA")
        .s("503 ")
        .e("refused DATA 503")
        .c("VRFY tim")
        .s("530 ")
        .e("refused VRFY 530")
        .c("NOOP")
        .s("250 ")
        .open();
}

/// RFC 6409 4.3 and 7, RFC 3207 4, RFC 4954 4 and 6.
#[test]
fn ok_submission_is_tls_then_auth_then_mail() {
    let host = Domain::parse("mx.example.com").unwrap();
    let config = Config::submission(&host).offer(Offer::Etrn);
    served(config)
        .s("220 ")
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"))
        .e("hello c")
        .c("MAIL FROM:<tim@example.com>")
        .s("530 5.7.0 must issue STARTTLS")
        .e("refused MAIL 530")
        .c(&format!("AUTH PLAIN {TIM}"))
        .s("530 5.7.0 ")
        .e("refused AUTH 530")
        .c("STARTTLS")
        .s("220 ")
        .e("tls")
        .flight()
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN\r\n"))
        .e("hello c")
        .c("MAIL FROM:<tim@example.com>")
        .s("530 5.7.0 authentication required")
        .e("refused MAIL 530")
        .c("ETRN example.com")
        .s("530 ")
        .e("refused ETRN 530")
        .c(&format!("AUTH PLAIN {TIM}"))
        .e("PLAIN tim")
        .s("235 2.7.0 ")
        .c("ETRN example.com")
        .s("502 ")
        .e("refused ETRN 502")
        .c("MAIL FROM:<tim@example.com>")
        .e("from <tim@example.com>")
        .s("250 ")
        .open();
}

#[test]
fn ok_submissions_begins_with_tls() {
    let host = Domain::parse("mx.example.com").unwrap();
    served(Config::submissions(&host))
        .e("tls")
        .s("220 ")
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN\r\n"))
        .e("hello c")
        .c("MAIL FROM:<tim@example.com>")
        .s("530 5.7.0 authentication required")
        .e("refused MAIL 530")
        .open();
}

/// RFC 5321, for anybody: STARTTLS may be used, and there is no AUTH.
#[test]
fn ok_mx_takes_mail_from_anybody() {
    let host = Domain::parse("mx.example.com").unwrap();
    served(Config::mx(&host))
        .s("220 ")
        .c("EHLO c")
        .s(&offers("250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n"))
        .e("hello c")
        .c(&format!("AUTH PLAIN {TIM}"))
        .s("502 ")
        .e("refused AUTH 502")
        .c("MAIL FROM:<tim@example.com>")
        .e("from <tim@example.com>")
        .s("250 ")
        .open();
}

#[test]
fn err_wrong_password_and_another_try() {
    greeted(submission())
        .c(&format!("AUTH PLAIN {WRONG}"))
        .e("PLAIN tim")
        .s("535 5.7.8 ")
        .c("MAIL FROM:<a@b>")
        .s("530 ")
        .e("refused MAIL 530")
        .c(&format!("AUTH PLAIN {TIM}"))
        .e("PLAIN tim")
        .s("235 ")
        .open();
}

#[test]
fn err_too_many_wrong_passwords() {
    let try_once =
        |dialogue: Served| dialogue.c(&format!("AUTH PLAIN {WRONG}")).e("PLAIN tim").s("535 ");
    try_once(try_once(try_once(greeted(submission()))))
        .s("421 4.7.0 ")
        .fails("TooManyAuthFailures { limit: 3 }");
}

#[test]
fn err_cancelled_and_malformed_exchanges() {
    greeted(submission())
        .c("AUTH PLAIN")
        .s("334 \r\n")
        .c("*")
        .s("501 5.7.0 ")
        .e("refused response 501")
        .c("AUTH PLAIN")
        .s("334 \r\n")
        .c("no base64!")
        .s("501 5.5.2 ")
        .e("refused response 501")
        .c("AUTH PLAIN dGlt")
        .s("501 ")
        .e("refused AUTH 501")
        .c("AUTH PLAIN =")
        .s("501 ")
        .e("refused AUTH 501")
        .c("AUTH PLAIN ab%c")
        .s("501 ")
        .e("refused AUTH 501")
        .c("AUTH GSSAPI")
        .s("504 5.5.4 ")
        .e("refused AUTH 504")
        .c("NOOP")
        .s("250 ")
        .open();
}

#[test]
fn err_not_offered_or_within_a_transaction() {
    greeted(mx()).c("AUTH PLAIN").s("502 ").e("refused AUTH 502").open();
    greeted(mx().auth(&Mechanism::PASSWORD).allow_auth_in_clear())
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 ")
        .c("AUTH PLAIN")
        .s("503 ")
        .e("refused AUTH 503")
        .open();
}

/// RFC 4954 4: not in the clear, and not offered there.
#[test]
fn refuses_plaintext_without_tls() {
    served(mx().auth(&Mechanism::PASSWORD))
        .s("220 ")
        .c("EHLO c")
        .s(&offers("250 ENHANCEDSTATUSCODES\r\n"))
        .e("hello c")
        .c(&format!("AUTH PLAIN {TIM}"))
        .s("538 5.7.11 ")
        .e("refused AUTH 538")
        .open();
}

/// RFC 4954 4: 12288 octets, where a command has far less.
#[test]
fn ok_long_response_and_err_longer() {
    let short = || submission().limits(ServerLimits { command_line: 600, ..Default::default() });
    let line = |octets: usize| "A".repeat(octets - 2);
    for (response, reply) in [(12_288, "501 "), (12_289, "500 5.5.6 ")] {
        let refused = format!("refused response {}", &reply[..3]);
        quickly(greeted(short()).c("AUTH PLAIN").s("334 ").c(&line(response)).s(reply).e(&refused));
    }
    let auth = "AUTH PLAIN ";
    let initial = format!("{auth}{}", line(12_288 - auth.len()));
    quickly(greeted(short()).c(&initial).s("501 ").e("refused AUTH 501"));
    quickly(greeted(short()).c(&format!("NOOP {}", line(700))).s("500 ").e("refused ? 500"));
}

/// Long lines are not cut at each of their octets.
fn quickly(dialogue: Served) {
    dialogue.uncut();
}
