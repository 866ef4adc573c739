//! What a message asks for, where it is offered and where it is not.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{Sending, laptop, sending};
use mail_errors::Secret;
use mail_sasl::Credentials;
use smtp_proto::{
    Attributes, ByMode, DeliverBy, EnvelopeId, Hold, HoldSeconds, Mailbox, Notify,
    OriginalRecipient, Priority, Ret, Solicitation, Submitter, Timestamp, ValidSince,
    WithoutSupport,
    client::{Config, Envelope, Recipient, TlsPolicy},
};

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

fn from() -> Envelope {
    Envelope::new(mailbox("a@b"))
}

fn to_carol() -> Envelope {
    from().to(mailbox("c@d"))
}

fn offering(envelopes: &[Envelope], offers: &[&str]) -> Sending {
    let messages: Vec<(Envelope, &[&str])> =
        envelopes.iter().map(|one| (one.clone(), &["x"][..])).collect();
    say_hello(sending(laptop(), &messages).s("220 mx"), offers)
}

fn say_hello(dialogue: Sending, offers: &[&str]) -> Sending {
    let mut dialogue = dialogue.c("EHLO laptop.example.com").s("250-mx");
    for offer in offers {
        dialogue = dialogue.s(&format!("250-{offer}"));
    }
    dialogue.s("250 PIPELINING")
}

fn sent(dialogue: Sending, mail: &str, rcpt: &str) {
    let commands = [format!("MAIL FROM:{mail}"), format!("RCPT TO:{rcpt}")];
    dialogue.c(&commands[0]).c(&commands[1]).c("DATA").open();
}

fn not_sent(dialogue: Sending, why: &str) {
    dialogue.e(&format!("0 not sent: {why}")).c("QUIT").s("221 bye").closed();
}

/// RFC 3461 4 and 5.2.2.
#[test]
fn ok_dsn_and_without_it_a_word() {
    let original = OriginalRecipient::rfc822("Carol@Ivory.EDU").unwrap();
    let carol = Recipient::from(mailbox("c@d"))
        .notify(Notify::ON_SUCCESS.and(Notify::ON_FAILURE))
        .original(original);
    let envelope = from().to(carol).ret(Ret::Headers).envelope_id(EnvelopeId::new("QQ=1").unwrap());
    let mail = "<a@b> RET=HDRS ENVID=QQ+3D1";
    let rcpt = "<c@d> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Carol@Ivory.EDU";
    sent(offering(std::slice::from_ref(&envelope), &["DSN"]), mail, rcpt);
    sent(offering(&[envelope], &[]).e("without DSN"), "<a@b>", "<c@d>");
    let notify = from().to(Recipient::from(mailbox("c@d")).notify(Notify::NEVER));
    sent(offering(&[notify], &[]).e("without DSN"), "<a@b>", "<c@d>");
}

/// RFC 6533 3: the original address is written in ASCII, which can stand anywhere.
#[test]
fn ok_original_recipient_in_utf8() {
    let original = OriginalRecipient::parse("utf-8;\u{e9}x@d".as_bytes()).unwrap();
    let carol = Recipient::from(mailbox("c@d")).original(original);
    let rcpt = "<c@d> ORCPT=utf-8;\\x{E9}x@d";
    sent(offering(&[from().to(carol.clone())], &["DSN"]), "<a@b>", rcpt);
    let offers = ["DSN", "SMTPUTF8", "8BITMIME"];
    sent(offering(&[from().to(carol).smtp_utf8()], &offers), "<a@b> SMTPUTF8", rcpt);
}

/// RFC 6531 3.2 and 3.4.
#[test]
fn ok_smtputf8_where_it_is_needed_and_not_sent_without() {
    let offers = ["SMTPUTF8", "8BITMIME"];
    let everything = [
        (to_carol().smtp_utf8(), "<a@b> SMTPUTF8", "<c@d>"),
        (from().to(mailbox("\u{e9}@d")), "<a@b> SMTPUTF8", "<\u{e9}@d>"),
        (Envelope::new(mailbox("\u{e9}@b")).to(mailbox("c@d")), "<\u{e9}@b> SMTPUTF8", "<c@d>"),
    ];
    for (envelope, mail, rcpt) in everything {
        sent(offering(std::slice::from_ref(&envelope), &offers), mail, rcpt);
        not_sent(offering(&[envelope], &["8BITMIME"]), "NotOffered(SmtpUtf8)");
    }
    sent(offering(&[to_carol()], &offers), "<a@b>", "<c@d>");
    // Those whose addresses are ASCII get it all the same.
    let mixed = from().to(mailbox("\u{e9}@d")).to(mailbox("c@d")).to(mailbox("\u{e8}@d"));
    let dialogue = offering(&[mixed], &[])
        .e("0 not sent: NotOffered(SmtpUtf8)")
        .e("2 not sent: NotOffered(SmtpUtf8)")
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("DATA")
        .s("250 ok")
        .s("250 ok")
        .s("354 go")
        .c("x")
        .c(".")
        .s("250 ok");
    dialogue.e("1 accepted: 250 ok").c("QUIT").s("221 bye").closed();
}

/// RFC 8689 4.2.1: over TLS that was insisted on, to a server that offers it, or not at all.
#[test]
fn ok_requiretls_and_not_sent_without() {
    let sending_by = |config: Config| sending(config, &[(to_carol().require_tls(), &["x"])]);
    let under_tls = |policy| {
        let dialogue = say_hello(sending_by(laptop().tls(policy)).s("220 mx"), &["STARTTLS"]);
        dialogue.c("STARTTLS").s("220 go").e("tls")
    };
    let strict = || under_tls(TlsPolicy::Required);
    sent(say_hello(strict(), &["REQUIRETLS"]), "<a@b> REQUIRETLS", "<c@d>");
    not_sent(say_hello(strict(), &[]), "NotOffered(RequireTls)");
    let implicit = sending_by(laptop().tls(TlsPolicy::Implicit)).e("tls").s("220 mx");
    sent(say_hello(implicit, &["REQUIRETLS"]), "<a@b> REQUIRETLS", "<c@d>");
    // Nobody has checked who that is.
    let anybody = under_tls(TlsPolicy::Opportunistic);
    not_sent(say_hello(anybody, &["REQUIRETLS"]), "TlsNotAssured");
    not_sent(offering(&[to_carol().require_tls()], &["REQUIRETLS"]), "TlsNotAssured");
}

/// RFC 2852 4.
#[test]
fn ok_deliver_by_and_where_nobody_promises_it() {
    let by = |seconds, mode| to_carol().deliver_by(DeliverBy::new(seconds, mode).unwrap());
    let returned = || by(120, ByMode::Return);
    sent(offering(&[returned()], &["DELIVERBY 120"]), "<a@b> BY=120;R", "<c@d>");
    sent(offering(&[returned()], &["DELIVERBY"]), "<a@b> BY=120;R", "<c@d>");
    not_sent(offering(&[returned()], &["DELIVERBY 121"]), "DueTooSoon { least: 121 }");
    not_sent(offering(&[returned()], &[]), "NotOffered(DeliverBy)");
    let notified = || by(-5, ByMode::Notify);
    sent(offering(&[notified()], &["DELIVERBY 121"]), "<a@b> BY=-5;N", "<c@d>");
    sent(offering(&[notified()], &[]).e("without DELIVERBY"), "<a@b>", "<c@d>");
}

/// RFC 4865 4 and 5.
#[test]
fn ok_future_release_and_never_too_early() {
    let hold_for = || to_carol().hold(Hold::For(HoldSeconds::new(3600).unwrap()));
    let at = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
    let hold_until = || to_carol().hold(Hold::Until(at));
    let most = "FUTURERELEASE 3600 2030-01-01T00:00:00Z";
    let less = "FUTURERELEASE 3599 2029-12-31T23:59:59Z";
    sent(offering(&[hold_for()], &[most]), "<a@b> HOLDFOR=3600", "<c@d>");
    sent(offering(&[hold_until()], &[most]), "<a@b> HOLDUNTIL=2030-01-01T00:00:00Z", "<c@d>");
    for held in [hold_for(), hold_until()] {
        not_sent(offering(std::slice::from_ref(&held), &[less]), "HeldTooLong { most: 3599 }");
        not_sent(offering(&[held], &[]), "NotOffered(FutureRelease)");
    }
}

/// RFC 6710 5, RFC 3865 2, RFC 4954 5.
#[test]
fn ok_priority_solicitation_and_submitter() {
    let urgent = || to_carol().priority(Priority::new(3).unwrap());
    sent(offering(&[urgent()], &["MT-PRIORITY MIXER"]), "<a@b> MT-PRIORITY=3", "<c@d>");
    sent(offering(&[urgent()], &[]).e("without MT-PRIORITY"), "<a@b>", "<c@d>");

    let keyword = || Solicitation::parse("org.example:ADV").unwrap();
    let soliciting = || to_carol().solicitation(keyword());
    let mail = "<a@b> SOLICIT=org.example:ADV";
    sent(offering(&[soliciting()], &["NO-SOLICITING"]), mail, "<c@d>");
    sent(offering(&[soliciting()], &["NO-SOLICITING net.example:ADV"]), mail, "<c@d>");
    let refused = "NO-SOLICITING net.example:ADV,ORG.example:ADV";
    not_sent(offering(&[soliciting()], &[refused]), "Unsolicited");
    sent(offering(&[soliciting()], &[]).e("without NO-SOLICITING"), "<a@b>", "<c@d>");

    let submitted = || to_carol().submitter(Submitter::from(&mailbox("e=mc2@example.com")));
    let mail = "<a@b> AUTH=e+3Dmc2@example.com";
    sent(offering(&[submitted()], &["AUTH PLAIN"]), mail, "<c@d>");
    sent(offering(&[submitted()], &[]).e("without AUTH"), "<a@b>", "<c@d>");
}

/// RFC 7293 3 and 5.2: somebody else may have the mailbox now.
#[test]
fn ok_valid_since_and_nobody_else_reads_it() {
    let since = ValidSince::new(Timestamp::parse("2014-04-03T23:01:00Z").unwrap());
    let carol = |since| from().to(Recipient::from(mailbox("c@d")).valid_since(since));
    sent(offering(&[carol(since)], &["RRVS"]), "<a@b>", "<c@d> RRVS=2014-04-03T23:01:00Z");
    let may_go_on = since.otherwise(WithoutSupport::Continue);
    let rcpt = "<c@d> RRVS=2014-04-03T23:01:00Z;C";
    sent(offering(&[carol(may_go_on)], &["RRVS"]), "<a@b>", rcpt);
    sent(offering(&[carol(may_go_on)], &[]).e("without RRVS"), "<a@b>", "<c@d>");
    for since in [since, since.otherwise(WithoutSupport::Reject)] {
        not_sent(offering(&[carol(since)], &[]), "NotOffered(Rrvs)");
    }
}

/// RFC 9422 3, before anything is sent.
#[test]
fn ok_limits_are_obeyed() {
    let all = ["c@d", "e@f", "g@D"].map(|one| mailbox(one).into());
    let three = || from().to_all(all.clone());
    offering(&[three()], &["LIMITS RCPTMAX=2"])
        .e("2 not sent: TooManyRecipients { most: 2 }")
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<e@f>")
        .c("DATA")
        .open();
    offering(&[three()], &["LIMITS RCPTDOMAINMAX=1"])
        .e("1 not sent: TooManyDomains { most: 1 }")
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<g@D>")
        .c("DATA")
        .open();
    let refused = |dialogue: Sending, rcpt: &str| {
        dialogue
            .c("MAIL FROM:<a@b>")
            .c(&format!("RCPT TO:{rcpt}"))
            .c("DATA")
            .s("450 later")
            .s("503 no")
            .s("503 no")
            .e("0 refused at MAIL: 450 later")
    };
    let two = [to_carol(), to_carol()];
    let one_is_all = refused(offering(&two, &["LIMITS MAILMAX=1"]), "<c@d>");
    not_sent(one_is_all, "TooManyMessages { most: 1 }");
    // The domains of all messages count together.
    let other = [to_carol(), from().to(mailbox("e@f"))];
    let one_is_all = refused(offering(&other, &["LIMITS RCPTDOMAINMAX=1"]), "<c@d>");
    not_sent(one_is_all, "TooManyDomains { most: 1 }");
}

/// RFC 5321 3.2: who knows no EHLO knows no extension.
#[test]
fn ok_helo_drops_everything() {
    let carol = Recipient::from(mailbox("c@d")).notify(Notify::ON_FAILURE);
    let envelope = from().to(carol).size(5).priority(Priority::new(1).unwrap());
    sending(laptop(), &[(envelope, &["x"])])
        .s("220 mx")
        .c("EHLO laptop.example.com")
        .s("500 what?")
        .c("HELO laptop.example.com")
        .s("250 mx")
        .e("without DSN")
        .e("without MT-PRIORITY")
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .open();
}

fn spike() -> Attributes {
    Attributes::new([("NAME", &b"spike.example"[..]), ("ADDR", b"192.0.2.1")]).unwrap()
}

/// Postfix's XCLIENT_README: another greeting follows, and EHLO again.
#[test]
fn ok_xclient_begins_anew_and_err_without_it() {
    let hello = |offers: &[&str]| {
        let config = laptop().client(spike()).tls(TlsPolicy::Never).allow_auth_in_clear();
        let tim = Credentials::new("tim", Secret::from("tanstaaftanstaaf")).unwrap();
        say_hello(sending(config.auth(tim), &[(to_carol(), &["x"])]).s("220 mx"), offers)
    };
    let presented = hello(&["XCLIENT NAME ADDR PORT", "DSN"])
        .c("XCLIENT NAME=spike.example ADDR=192.0.2.1")
        .s("220 mx");
    let anew = say_hello(presented, &["XCLIENT NAME ADDR", "AUTH PLAIN"])
        .c("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
        .s("235 welcome");
    sent(anew, "<a@b>", "<c@d>");
    for offers in [&[][..], &["XCLIENT ADDR"]] {
        hello(offers).e("0 not sent: Lost").c("QUIT").fails("NotOffered");
    }
    hello(&["XCLIENT NAME ADDR"])
        .c("XCLIENT NAME=spike.example ADDR=192.0.2.1")
        .s("550 5.7.0 insufficient authorization")
        .e("0 refused at XCLIENT: 550 5.7.0 insufficient authorization")
        .c("QUIT")
        .fails("Refused { stage: Xclient");
}

/// Postfix's XFORWARD_README: in front of each message, what the server takes of it.
#[test]
fn ok_xforward_goes_with_the_message() {
    let forwarded = || to_carol().forwarded(spike());
    offering(&[forwarded()], &["XFORWARD NAME ADDR"])
        .c("XFORWARD NAME=spike.example ADDR=192.0.2.1")
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("DATA")
        .s("501 5.5.4 bad")
        .s("250 ok")
        .s("250 ok")
        .s("354 go")
        .e("without XFORWARD")
        .c("x")
        .c(".")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
    let partly = offering(&[forwarded()], &["XFORWARD ADDR"]);
    let partly = partly.e("without XFORWARD").c("XFORWARD ADDR=192.0.2.1");
    sent(partly, "<a@b>", "<c@d>");
    sent(offering(&[forwarded()], &[]).e("without XFORWARD"), "<a@b>", "<c@d>");
    // In lines of 512 octets at most.
    let long = "x".repeat(300);
    let client = Attributes::new([("NAME", long.as_bytes()), ("HELO", long.as_bytes())]).unwrap();
    let dialogue = offering(&[to_carol().forwarded(client)], &["XFORWARD NAME HELO"]);
    let dialogue = dialogue.c(&format!("XFORWARD NAME={long}")).c(&format!("XFORWARD HELO={long}"));
    sent(dialogue, "<a@b>", "<c@d>");
}
