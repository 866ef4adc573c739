//! The client's dialogues: in lock step, pipelined (RFC 2920), and all that servers can answer.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{Sending, laptop, sending};
use mail_errors::Misuse;
use mail_wire::{BareNewline, Goodbye, Next, Session, testing::start};
use smtp_proto::{
    BodyType, Mailbox, ReversePath,
    client::{Client, Config, EightBit, Envelope, Error, Event, NotSent, Outcome},
    limits::ClientLimits,
};

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

fn to(recipients: &[&str]) -> Envelope {
    let recipients = recipients.iter().map(|one| mailbox(one).into());
    Envelope::new(mailbox("a@b")).to_all(recipients)
}

/// Up to MAIL, which the server of these dialogues has not answered yet.
fn plain(config: Config, messages: &[(Envelope, &[&str])]) -> Sending {
    sending(config, messages).s("220 mx").c("EHLO laptop.example.com").s("250 mx")
}

fn pipelined(config: Config, messages: &[(Envelope, &[&str])]) -> Sending {
    sending(config, messages)
        .s("220 mx")
        .c("EHLO laptop.example.com")
        .s("250-mx")
        .s("250-SIZE 1000")
        .s("250-8BITMIME")
        .s("250 PIPELINING")
}

#[test]
fn ok_lock_step_without_pipelining() {
    plain(laptop(), &[(to(&["c@d", "e@f"]), &["Hi\r\n.dot\r\n", "bye"])])
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("250 ok")
        .c("RCPT TO:<e@f>")
        .s("251 will forward")
        .c("DATA")
        .s("354 go")
        .c("Hi")
        .c("..dot")
        .c("bye")
        .c(".")
        .s("250 2.6.0 taken")
        .e("0 accepted: 250 2.6.0 taken")
        .e("1 accepted: 250 2.6.0 taken")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 2920 4, the third example: everything up to DATA in one go.
#[test]
fn ok_pipelined() {
    let envelope = to(&["c@d", "e@f"]).size(4).body(BodyType::EightBitMime);
    pipelined(laptop(), &[(envelope, &["Hi\r\n"]), (to(&["g@h"]), &["x"])])
        .c("MAIL FROM:<a@b> SIZE=4 BODY=8BITMIME")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<e@f>")
        .c("DATA")
        .s("250 ok")
        .s("250 ok")
        .s("550 5.1.1 no such user")
        .s("354 go")
        .e("1 refused at RCPT: 550 5.1.1 no such user")
        .c("Hi")
        .c(".")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        // The connection serves for another.
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<g@h>")
        .c("DATA")
        .s("250 ok")
        .s("250 ok")
        .s("354 go")
        .c("x")
        .c(".")
        .s("452 4.3.1 full")
        .e("0 refused at end of data: 452 4.3.1 full")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 2920 3.1: 354 although no recipient was taken is ended by a lone dot.
#[test]
fn ok_every_recipient_refused_but_data_taken() {
    pipelined(laptop(), &[(to(&["c@d", "e@f"]), &["never sent"])])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<e@f>")
        .c("DATA")
        .s("250 ok")
        .s("550 no")
        .s("451 later")
        .s("354 go")
        .e("0 refused at RCPT: 550 no")
        .e("1 refused at RCPT: 451 later")
        .c(".")
        .s("554 no valid recipients")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// A server that takes a recipient without a sender would deliver what a lone dot ends.
#[test]
fn err_sender_refused_but_recipient_and_data_taken() {
    pipelined(laptop(), &[(to(&["c@d"]), &["never sent"])])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("DATA")
        .s("550 no")
        .e("0 refused at MAIL: 550 no")
        .s("250 ok")
        .s("354 go")
        .c("QUIT")
        .fails("Unexpected");
}

#[test]
fn ok_every_recipient_refused_and_data_too() {
    pipelined(laptop(), &[(to(&["c@d"]), &["x"]), (to(&["e@f"]), &["y"])])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("DATA")
        .s("250 ok")
        .s("550 no")
        .s("554 no valid recipients")
        .e("0 refused at RCPT: 550 no")
        .c("RSET")
        .s("250 ok")
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<e@f>")
        .c("DATA")
        .s("250 ok")
        .s("250 ok")
        .s("451 not now")
        .e("0 refused at DATA: 451 not now")
        .c("RSET")
        .s("250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn ok_every_recipient_refused_in_lock_step_sends_no_data() {
    plain(laptop(), &[(to(&["c@d"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("550 no")
        .e("0 refused at RCPT: 550 no")
        .c("RSET")
        .s("250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn err_sender_refused_concerns_every_recipient() {
    pipelined(laptop(), &[(to(&["c@d", "e@f"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<e@f>")
        .c("DATA")
        .s("550 5.1.8 bad sender")
        .s("503 mail first")
        .s("503 mail first")
        .s("503 mail first")
        .e("0 refused at MAIL: 550 5.1.8 bad sender")
        .e("1 refused at MAIL: 550 5.1.8 bad sender")
        .c("QUIT")
        .s("221 bye")
        .closed();
    plain(laptop(), &[(to(&["c@d"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .s("450 later")
        .e("0 refused at MAIL: 450 later")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 5321 3.2.
#[test]
fn ok_helo_where_ehlo_is_not_known() {
    sending(laptop(), &[(Envelope::new(ReversePath::Null).to(mailbox("c@d")), &[""])])
        .s("220-mx")
        .s("220 at your service")
        .c("EHLO laptop.example.com")
        .s("502 what?")
        .c("HELO laptop.example.com")
        .s("250 mx")
        .c("MAIL FROM:<>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("250 ok")
        .c("DATA")
        .s("354 go")
        .c(".")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

#[test]
fn err_greeting_or_hello_refused() {
    sending(laptop(), &[(to(&["c@d"]), &["x"])])
        .s("554 go away")
        .e("0 refused at connection: 554 go away")
        .c("QUIT")
        .fails("Refused { stage: Connect");
    sending(laptop(), &[(to(&["c@d"]), &["x"])])
        .s("220 mx")
        .c("EHLO laptop.example.com")
        .s("450 not now")
        .e("0 refused at EHLO: 450 not now")
        .c("QUIT")
        .fails("Refused { stage: Ehlo");
}

/// RFC 1870 5.
#[test]
fn err_too_big_for_the_server_is_not_sent() {
    pipelined(laptop(), &[(to(&["c@d"]).size(1001), &["x"])])
        .e("0 not sent: TooBig { size: 1001, limit: 1000 }")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 6152 3.
#[test]
fn err_eight_bit_is_not_sent_where_it_is_not_offered() {
    let message: (Envelope, &[&str]) = (to(&["c@d"]).body(BodyType::EightBitMime), &["\u{3042}"]);
    plain(laptop(), std::slice::from_ref(&message))
        .e("0 not sent: NotOffered(EightBitMime)")
        .c("QUIT")
        .s("221 bye")
        .closed();
    plain(laptop().eight_bit(EightBit::SendAnyway), &[message])
        .e("without 8BITMIME")
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("250 ok")
        .c("DATA")
        .s("354 go")
        .c("\u{3042}")
        .c(".")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// The end is never sent, so nobody takes the part for the whole.
#[test]
fn err_body_failed_cuts_the_connection() {
    let to_data = |message: (Envelope, &[&str])| {
        plain(laptop(), &[message])
            .c("MAIL FROM:<a@b>")
            .s("250 ok")
            .c("RCPT TO:<c@d>")
            .s("250 ok")
            .c("DATA")
            .s("354 go")
    };
    to_data((to(&["c@d"]), &["part of it\r\n", "fail"]))
        .c("part of it")
        .e("0 not sent: BodyFailed")
        .fails("Cut");
    to_data((to(&["c@d"]), &["line\r\n", "a\nb"]))
        .c("line")
        .e("message holds octet 0x0a at 7, which cannot be sent")
        .e("0 not sent: BareNewline(BareOctet { octet: 10, offset: 7 })")
        .fails("Cut");
}

#[test]
fn ok_bare_newlines_become_crlf_when_normalizing() {
    plain(laptop().bare_newline(BareNewline::Normalize), &[(to(&["c@d"]), &["a\nb\r", "c\n.\n"])])
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("250 ok")
        .c("DATA")
        .s("354 go")
        .c("a")
        .c("b")
        .c("c")
        .c("..")
        .c(".")
        .s("250 ok")
        .e("0 accepted: 250 ok")
        .c("QUIT")
        .s("221 bye")
        .closed();
}

/// RFC 5321 3.8, at every moment.
#[test]
fn err_server_closes_by_421() {
    let mx = |text: &str| format!("421 4.3.2 {text}");
    sending(laptop(), &[(to(&["c@d"]), &["x"])])
        .s(&mx("busy"))
        .e("0 refused at connection: 421 4.3.2 busy")
        .fails("Closing");
    pipelined(laptop(), &[(to(&["c@d", "e@f", "g@h"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .c("RCPT TO:<c@d>")
        .c("RCPT TO:<e@f>")
        .c("RCPT TO:<g@h>")
        .c("DATA")
        .s("250 ok")
        .s("550 no")
        .s(&mx("enough"))
        .e("0 refused at RCPT: 550 no")
        .e("1 refused at RCPT: 421 4.3.2 enough")
        .e("2 refused at RCPT: 421 4.3.2 enough")
        .fails("Closing");
    plain(laptop(), &[(to(&["c@d"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .s("250 ok")
        .c("RCPT TO:<c@d>")
        .s("250 ok")
        .c("DATA")
        .s("354 go")
        .c("x")
        .c(".")
        .s(&mx("going down"))
        .e("0 refused at end of data: 421 4.3.2 going down")
        .fails("Closing");
}

#[test]
fn err_connection_lost_before_and_after_the_end_of_the_message() {
    let to_data = || {
        pipelined(laptop(), &[(to(&["c@d", "e@f"]), &["x"])])
            .c("MAIL FROM:<a@b>")
            .c("RCPT TO:<c@d>")
            .c("RCPT TO:<e@f>")
            .c("DATA")
            .s("250 ok")
            .s("550 no")
            .s("250 ok")
    };
    to_data().e("0 refused at RCPT: 550 no").hang_up().e("1 not sent: Lost").fails("Disconnected");
    to_data()
        .s("354 go")
        .e("0 refused at RCPT: 550 no")
        .c("x")
        .c(".")
        .hang_up()
        .e("1 unknown")
        .fails("Disconnected { state: Message }");
    sending(laptop(), &[(to(&["c@d"]), &["x"])])
        .hang_up()
        .e("0 not sent: Lost")
        .fails("Disconnected { state: Connected }");
}

/// Whatever happens after QUIT was said is no failure.
#[test]
fn ok_server_hangs_up_instead_of_answering_quit() {
    sending(laptop(), &[]).s("220 mx").c("QUIT").hang_up().closed();
    sending(laptop(), &[]).s("220 mx").c("QUIT").s("500 quit?").closed();
}

#[test]
fn err_replies_that_answer_nothing() {
    plain(laptop(), &[(to(&["c@d"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .s("354 go")
        .e("0 not sent: Lost")
        .c("QUIT")
        .fails("Unexpected { verb: Some(Mail)");
    plain(laptop(), &[(to(&["c@d"]), &["x"])])
        .c("MAIL FROM:<a@b>")
        .s("mail from what?")
        .e("0 not sent: Lost")
        .fails("Malformed");
}

/// A second answer must not pass for the answer to what is asked next: a recipient would be told
/// what became of another.
#[test]
fn err_two_replies_to_one_command() {
    let mut client = Client::new(laptop());
    client.send(to(&["c@d"])).unwrap();
    let mut script = ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n250 and ok\r\n"].into_iter();
    let error = loop {
        match client.next_event(start()) {
            Ok(Next::NeedInput { .. }) => {
                client.buffers().0.extend_from_slice(script.next().unwrap().as_bytes());
            }
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.to_string(), "reply does not answer anything: 250 and ok");
    assert!(!dialogue::sent(&mut client).windows(4).any(|word| word == b"RCPT"));
}

/// What was tolerated is told.
#[test]
fn ok_sloppy_server() {
    sending(laptop(), &[(to(&["c@d"]), &["x"])])
        .raw(b"220\n")
        .e("tolerated line of a reply that ends in LF alone at offset 3")
        .e("tolerated reply without text at offset 3")
        .c("EHLO laptop.example.com")
        .s("250")
        .e("tolerated reply without text at offset 3")
        .c("MAIL FROM:<a@b>")
        .s("211-5.1.0 whatever")
        .s("250")
        .e("tolerated several codes in one reply at offset 20")
        .e("tolerated reply without text at offset 23")
        .c("RCPT TO:<c@d>")
        .s("222 ok\0")
        .e("tolerated control character in a reply at offset 6")
        .c("DATA")
        .s("399")
        .e("tolerated reply without text at offset 3")
        .c("x")
        .c(".")
        .s("299-a")
        .s("250 2.0.0 b")
        .e("tolerated several codes in one reply at offset 7")
        .e("0 accepted: 250 2.0.0 a / b")
        .c("QUIT")
        .s("221")
        .e("tolerated reply without text at offset 3")
        .closed();
}

#[test]
fn misuse_leaves_the_session_unharmed() {
    let mut client = Client::new(laptop());
    assert!(matches!(client.send(to(&[])), Err(Misuse::Invalid { .. })));
    let id = client.send(to(&["c@d"])).unwrap();
    assert!(matches!(client.send(to(&["c@d"])), Err(Misuse::WrongMoment { .. })));
    assert!(matches!(client.body(id, "x".into()), Err(Misuse::UnknownId { .. })));
    assert!(matches!(client.body_end(id), Err(Misuse::UnknownId { .. })));
    client.body_failed(id).unwrap();
    assert!(matches!(client.body_failed(id), Err(Misuse::UnknownId { .. })));
    client.close(Goodbye::Done);
    let mut client = Client::new(laptop());
    client.close(Goodbye::Done);
    assert!(matches!(client.send(to(&["c@d"])), Err(Misuse::WrongMoment { .. })));
}

/// RFC 5321 4.1.1.5. At every moment up to DATA: nothing of the message arrives, its recipients are
/// told, and the next one goes. Between DATA and 354 there is no way back, and behind it the
/// connection is cut.
#[test]
fn a_message_is_taken_back_before_its_text_is_asked_for() {
    let replies =
        ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "550 no\r\n", "250 ok\r\n", "354 go\r\n"];
    for at in 0..=replies.len() {
        let mut client = Client::new(laptop());
        let id = client.send(to(&["nobody@d", "c@d"])).unwrap();
        let mut outcomes = Vec::new();
        let mut pump = |client: &mut Client| loop {
            match client.next_event(start()) {
                Ok(Next::Event(Event::Recipient { outcome, .. })) => outcomes.push(outcome),
                Ok(Next::Event(Event::Done { .. })) => break Ok(true),
                Ok(Next::Event(_)) => {}
                Ok(_) => break Ok(false),
                Err(error) => break Err(error),
            }
        };
        for reply in &replies[..at] {
            assert_eq!(pump(&mut client), Ok(false));
            client.buffers().0.extend_from_slice(reply.as_bytes());
        }
        assert_eq!(pump(&mut client), Ok(false));
        dialogue::sent(&mut client);
        let taken_back = client.body_failed(id);
        match at {
            5 => {
                assert!(matches!(taken_back, Err(Misuse::UnknownId { .. })));
                continue;
            }
            6 => {
                assert_eq!(pump(&mut client), Ok(true));
                assert_eq!(pump(&mut client), Err(Error::Cut));
                continue;
            }
            _ => taken_back.unwrap(),
        }
        // What was said is answered, RSET where it has to be, and then it is over.
        let mut rest = replies[at..].iter().take(if at < 2 { 2 - at } else { 1 });
        let mut is_reset = false;
        loop {
            match pump(&mut client) {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => panic!("{at}: {error}"),
            }
            let out = dialogue::sent(&mut client);
            is_reset |= out == b"RSET\r\n";
            assert!(out.is_empty() || out == b"RSET\r\n" || out.starts_with(b"EHLO"), "{at}");
            let reply = rest.next().copied().unwrap_or("250 ok\r\n");
            client.buffers().0.extend_from_slice(reply.as_bytes());
        }
        assert_eq!(is_reset, at >= 2, "{at}");
        assert_eq!(outcomes.len(), 2, "{at}: {outcomes:?}");
        assert_eq!(outcomes[1], Outcome::NotSent(NotSent::BodyFailed), "{at}");
        client.send(to(&["c@d"])).unwrap();
        while matches!(client.next_event(start()), Ok(Next::Event(_))) {}
        assert!(dialogue::sent(&mut client).starts_with(b"MAIL FROM:"), "{at}");
    }
}

/// RFC 2920 3.1: what is on its way fits into both ends' buffers, whatever a driver can do.
#[test]
fn ok_large_groups_are_cut() {
    let recipients: Vec<_> = (0..1000).map(|n| format!("user{n}@example.com")).collect();
    let recipients: Vec<_> = recipients.iter().map(String::as_str).collect();
    let limits = ClientLimits { group: 1000, ..Default::default() };
    let mut client = Client::new(laptop().limits(limits));
    client.send(to(&recipients)).unwrap();
    let mut setup = ["220 mx\r\n", "250-mx\r\n250 PIPELINING\r\n"].into_iter();
    let (mut unanswered, mut most, mut commands) = (0, 0, 0);
    loop {
        match client.next_event(start()).unwrap() {
            Next::Event(_) => {}
            Next::NeedInput { .. } => {
                let said = dialogue::sent(&mut client);
                if let Some(reply) = setup.next() {
                    client.buffers().0.extend_from_slice(reply.as_bytes());
                    continue;
                }
                let mail = said.windows(4).position(|word| word == b"MAIL");
                let fresh = if commands == 0 { &said[mail.unwrap()..] } else { &said[..] };
                commands += fresh.iter().filter(|octet| **octet == b'\n').count();
                unanswered += fresh.iter().filter(|octet| **octet == b'\n').count();
                most = most.max(fresh.len());
                if fresh.ends_with(b"DATA\r\n") {
                    break;
                }
                assert!(unanswered > 1, "it waits for each reply");
                // Answer one: the group moves on.
                client.buffers().0.extend_from_slice(b"250 ok\r\n");
                unanswered -= 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(commands, 1 + 1000 + 1);
    assert!(most <= 1000, "{most}");
}
