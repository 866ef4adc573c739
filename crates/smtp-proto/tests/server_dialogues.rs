//! The server in the dialogues of RFC 5321 appendix D, and out of order.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{mx, offers, served, with_server};
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use mail_wire::{Next, Session, testing::start};
use smtp_proto::{
    Extension, Verb,
    server::{Event, Server, replies},
};

/// RFC 5321 D.1, with a recipient that does not exist.
#[test]
fn ok_a_typical_transaction() {
    served(mx())
        .s("220 mx.example.com ESMTP\r\n")
        .c("EHLO bar.com")
        .s(&offers("250 ENHANCEDSTATUSCODES\r\n"))
        .e("hello bar.com")
        .c("MAIL FROM:<Smith@bar.com>")
        .e("from <Smith@bar.com>")
        .s("250 2.1.0 ")
        .c("RCPT TO:<Jones@foo.com>")
        .e("to <Jones@foo.com>")
        .s("250 2.1.5 ")
        .c("RCPT TO:<nobody@foo.com>")
        .e("to <nobody@foo.com>")
        .s("550 5.1.1 ")
        .c("RCPT TO:<Brown@foo.com>")
        .e("to <Brown@foo.com>")
        .s("250 2.1.5 ")
        .c("DATA")
        .e("data")
        .s("354 ")
        .c("Blah blah blah...")
        .c("..etc. etc. etc.")
        .c(".")
        .e("message \"Blah blah blah...\\r\\n.etc. etc. etc.\\r\\n\"")
        .s("250 2.6.0 ")
        .c("QUIT")
        .s("221 2.0.0 ")
        .e("quit")
        .closed();
}

/// RFC 5321 D.2.
#[test]
fn ok_an_aborted_transaction() {
    served(mx())
        .s("220 ")
        .c("EHLO bar.com")
        .s("250-")
        .e("hello bar.com")
        .c("MAIL FROM:<Smith@bar.com>")
        .e("from <Smith@bar.com>")
        .s("250 ")
        .c("RCPT TO:<Jones@foo.com>")
        .e("to <Jones@foo.com>")
        .s("250 ")
        .c("RCPT TO:<nobody@foo.com>")
        .e("to <nobody@foo.com>")
        .s("550 ")
        .c("RSET")
        .s("250 2.0.0 ")
        .e("reset")
        .c("QUIT")
        .s("221 ")
        .e("quit")
        .closed();
}

/// RFC 5321 D.4, and the other commands that ask.
#[test]
fn ok_verifying_and_asking() {
    served(mx())
        .s("220 ")
        .c("HELO bar.com")
        .s("250 mx.example.com\r\n")
        .e("hello bar.com")
        .c("VRFY Crispin")
        .e("verify Crispin")
        .s("252 ")
        .c("EXPN staff")
        .s("502 5.5.1 ")
        .e("refused EXPN 502")
        .c("HELP")
        .s("214 ")
        .c("NOOP whatever")
        .s("250 2.0.0 ")
        .c("VRFY")
        .s("501 5.5.4 expected a blank at offset 4\r\n")
        .e("refused VRFY 501")
        .open();
}

#[test]
fn ok_ehlo_within_a_transaction_resets_it() {
    served(mx())
        .s("220 ")
        .c("HELO a")
        .s("250 ")
        .e("hello a")
        .c("MAIL FROM:<>")
        .e("from <>")
        .s("250 ")
        .c("EHLO b")
        .s("250-")
        .e("reset")
        .e("hello b")
        .c("RCPT TO:<c@d>")
        .s("503 ")
        .e("refused RCPT 503")
        .open();
}

#[test]
fn err_commands_out_of_order() {
    served(mx())
        .s("220 ")
        .c("MAIL FROM:<a@b>")
        .s("503 5.5.1 ")
        .e("refused MAIL 503")
        .c("AUTH PLAIN")
        .s("503 ")
        .e("refused AUTH 503")
        .c("RSET")
        .s("250 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("DATA")
        .s("503 ")
        .e("refused DATA 503")
        .c("RCPT TO:<d@e>")
        .s("503 ")
        .e("refused RCPT 503")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 ")
        .c("MAIL FROM:<a@b>")
        .s("503 ")
        .e("refused MAIL 503")
        .c("STARTTLS")
        .s("503 ")
        .e("refused STARTTLS 503")
        .c("DATA")
        .s("503 ")
        .e("refused DATA 503")
        .c("RCPT TO:<d@e>")
        .e("to <d@e>")
        .s("250 ")
        .open();
}

#[test]
fn err_malformed_commands_say_why_and_change_nothing() {
    served(mx())
        .s("220 ")
        .c("")
        .s("500 5.5.2 ")
        .e("refused ? 500")
        .c("EHLO \u{7f}")
        .s("501 ")
        .e("refused EHLO 501")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("XYZZY plugh")
        .s("500 5.5.2 ")
        .e("refused ? 500")
        .c("MAIL FROM:<a@b>X")
        .s("501 5.5.4 expected a blank at offset 15\r\n")
        .e("refused MAIL 501")
        .c("MAIL FROM:<a@b> SIZE=1KB")
        .s("501 5.5.4 ")
        .e("refused MAIL 501")
        .c("MAIL FROM:<a@b> X-NEW=1")
        .s("555 5.5.4 ")
        .e("refused MAIL 555")
        .c("MAIL FROM: <a@b> SIZE=1")
        .e("tolerated blank at the colon at offset 10")
        .e("from <a@b> 1")
        .s("250 ")
        .c("RCPT TO:<c@d> X-NOTIFY=NEVER")
        .s("555 ")
        .e("refused RCPT 555")
        .c("DATA now")
        .s("501 ")
        .e("refused DATA 501")
        .c("QUIT")
        .e("reset")
        .s("221 ")
        .e("quit")
        .closed();
}

#[test]
fn err_nul_and_eight_bit_in_commands() {
    served(mx())
        .s("220 ")
        .raw(b"NO\0OP\r\n")
        .s("500 ")
        .e("refused ? 500")
        .raw(b"EHLO \xe3\x81\r\n")
        .s("501 ")
        .e("refused EHLO 501")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .raw(b"MAIL FROM:<\xe3\x81\x82@b>\r\n")
        .s("553 5.6.7 ")
        .e("refused MAIL 553")
        .raw(b"MAIL FROM:<a@b>\0\r\n")
        .s("501 ")
        .e("refused MAIL 501")
        .open();
}

#[test]
fn err_no_recipient_was_taken() {
    served(mx())
        .s("220 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 ")
        .c("RCPT TO:<nobody@b>")
        .e("to <nobody@b>")
        .s("550 ")
        .c("DATA")
        .s("554 5.5.1 ")
        .e("refused DATA 554")
        .c("RSET")
        .s("250 ")
        .e("reset")
        .open();
}

#[test]
fn ok_message_refused_after_it_came_ends_the_transaction() {
    served(mx())
        .s("220 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 ")
        .c("RCPT TO:<c@d>")
        .e("to <c@d>")
        .s("250 ")
        .c("DATA")
        .e("data")
        .s("354 ")
        .c("spam")
        .c(".")
        .e("message \"spam\\r\\n\"")
        .s("550 5.7.1 ")
        .c("RCPT TO:<c@d>")
        .s("503 ")
        .e("refused RCPT 503")
        .open();
}

/// RFC 5321 3.1.
#[test]
fn ok_turned_away_with_554_waits_for_quit() {
    // RFC 7504 3: 521 where no mail is taken at all.
    for code in [554, 521] {
        let full = move || Reply::new(ReplyCode::new(code).unwrap(), None, "no mail here").unwrap();
        with_server(move || Server::turning_away(mx(), full()).unwrap())
            .s(&format!("{code} no mail here"))
            .c("EHLO c")
            .s("503 ")
            .e("refused EHLO 503")
            .c("QUIT")
            .s("221 ")
            .e("quit")
            .closed();
    }
}

#[test]
fn ok_turned_away_with_421_closes() {
    with_server(|| Server::turning_away(mx(), replies::OVERLOADED).unwrap())
        .s("421 4.3.2 ")
        .closed();
    assert!(Server::turning_away(mx(), replies::OK).is_err());
}

#[test]
fn err_client_hangs_up() {
    let torn = |torn: bool| format!("torn: {torn}");
    served(mx()).s("220 ").hang_up().fails(&torn(false));
    served(mx()).s("220 ").c("NOOP").s("250 ").hang_up().fails(&torn(false));
    served(mx()).s("220 ").raw(b"NOO").hang_up().fails(&torn(true));
    let sender = || {
        served(mx())
            .s("220 ")
            .c("HELO c")
            .s("250 ")
            .e("hello c")
            .c("MAIL FROM:<a@b>")
            .e("from <a@b>")
            .s("250 ")
    };
    sender().hang_up().e("reset").fails("HasSender");
    sender()
        .c("RCPT TO:<c@d>")
        .e("to <c@d>")
        .s("250 ")
        .c("DATA")
        .e("data")
        .s("354 ")
        .raw(b"half a mess")
        .hang_up()
        .e("aborted Disconnected")
        .fails("Message");
}

#[test]
fn err_other_protocols() {
    served(mx()).s("220 ").c("GET / HTTP/1.1").s("554 ").fails("HTTP");
    served(mx()).s("220 ").c("POST / HTTP/1.1").s("554 ").fails("HTTP");
    served(mx()).s("220 ").raw(b"\x16\x03\x01\x02\0\x01").s("554 ").fails("TLS");
}

#[test]
fn misuse_leaves_the_session_unharmed() {
    use mail_errors::Misuse;
    use mail_wire::{Next, Session, testing::start};

    let mut server = Server::new(mx());
    assert!(matches!(server.accept(), Err(Misuse::WrongMoment { .. })));
    server.buffers().0.extend_from_slice(b"HELO c\r\nMAIL FROM:<a@b>\r\n");
    while !matches!(server.next_event(start()), Ok(Next::NeedReply { .. })) {}
    let go = replies::GO_AHEAD;
    assert!(matches!(server.reply(go), Err(Misuse::Invalid { .. })));
    let odd = Reply::fixed(ReplyCode::new(699).unwrap(), None, "");
    assert!(matches!(server.reply(odd), Err(Misuse::Invalid { .. })));
    assert!(matches!(server.next_event(start()), Ok(Next::NeedReply { .. })));
    let slow = Reply::fixed(ReplyCode::OK, Some(EnhancedStatusCode::OK), "late, but yes");
    server.reply(slow).unwrap();
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    assert!(dialogue::sent(&mut server).ends_with(b"250 2.0.0 late, but yes\r\n"));
}

/// What was tolerated in a command is told before the command: it is no question yet.
#[test]
fn nothing_is_owed_before_the_question_is_told() {
    let mut server = Server::new(mx());
    server.buffers().0.extend_from_slice(b"EHLO c\r\nMAIL FROM: <a@b>\r\n");
    let mut told = Vec::new();
    while let Ok(Next::Event(event)) = server.next_event(start()) {
        match event {
            Event::Mail(_) => assert_eq!(server.owes(), Some(Verb::Mail)),
            other => {
                assert_eq!(server.owes(), None, "{other:?}");
                assert!(server.accept().is_err());
                told.push(other);
            }
        }
    }
    assert!(matches!(told[..], [Event::Hello { .. }, Event::Tolerated(_)]), "{told:?}");
    assert_eq!(server.accept(), Ok(()));
}

/// RFC 2034 4: the codes belong to the extension, whoever words the reply.
#[test]
fn no_enhanced_codes_where_the_extension_is_off() {
    let config = mx().without(Extension::EnhancedStatusCodes);
    served(config)
        .s("220 ")
        .c("EHLO c")
        .s(&offers("").replace("250-CHUNKING", "250 CHUNKING"))
        .e("hello c")
        .c("NOOP")
        .s("250 ok\r\n")
        .c("FOO")
        .s("500 command not recognized\r\n")
        .e("refused ? 500")
        .c("MAIL FROM:<a@b> FOO=1")
        .s("555 parameter not recognized\r\n")
        .e("refused MAIL 555")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 sender ok\r\n")
        .c("RCPT TO:<nobody@x>")
        .e("to <nobody@x>")
        .s("550 no such mailbox here\r\n")
        .c("BDAT 2 LAST")
        .raw(b"Hi")
        .s("554 no valid recipients\r\n")
        .e("reset")
        .e("refused last chunk 554")
        .c("QUIT")
        .s("221 bye\r\n")
        .e("quit")
        .closed();
}

/// RFC 2034 4, in LMTP: each of the replies behind a message.
#[test]
fn no_enhanced_codes_for_recipients_of_lmtp_where_the_extension_is_off() {
    let config = mx().lmtp().without(Extension::EnhancedStatusCodes);
    served(config)
        .s("220 ")
        .c("LHLO c")
        .s("250-")
        .e("hello c")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 sender ok\r\n")
        .c("RCPT TO:<c@x>")
        .e("to <c@x>")
        .s("250 recipient ok\r\n")
        .c("RCPT TO:<d@x>")
        .e("to <d@x>")
        .s("250 recipient ok\r\n")
        .c("BDAT 2 LAST")
        .raw(b"Hi")
        .e("data")
        .e("message \"Hi\"")
        .s("250 message accepted\r\n")
        .s("250 message accepted\r\n")
        .open();
}

/// Where in the line they stand: Exchange's AUTH=<>, and DSN that nobody offered.
#[test]
fn tolerated_parameters_are_told_with_their_offset() {
    served(mx())
        .s("220 ")
        .c("EHLO c")
        .s("250-")
        .e("hello c")
        .c("MAIL FROM:<a@b> SIZE=1 AUTH=<>")
        .e("tolerated AUTH=<> that was not offered at offset 23")
        .e("from <a@b> 1")
        .s("250 ")
        .c("RCPT TO:<c@d> NOTIFY=NEVER")
        .e("tolerated parameter of DSN that was not offered at offset 14")
        .e("to <c@d>")
        .s("250 ")
        .open();
}
