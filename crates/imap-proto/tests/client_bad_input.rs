//! What the client session does when the server, somebody on the way, or its own application does
//! what it must not.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_support;

use bytes::{Buf, Bytes};
use client_support::*;
use imap_proto::{
    Flag, Flags, Status,
    client::{AppendMessage, Client, ClientError, Config, Event, PlaintextLogin, StoreFlags, Tls},
};
use mail_errors::{Fault, FaultKind, Misuse};
use mail_wire::{
    Goodbye, Next, Session as _,
    testing::{Ended, pretend, start},
};

fn failed(error: &ClientError) -> Ended {
    Ended::Failed(format!("{error:?}"))
}

/// Runs what the server says and returns the events and the error.
fn fails(config: Config, said: &[u8]) -> (Vec<Event>, ClientError) {
    let mut session = Client::new(config);
    session.log_in(tim()).expect("it is taken");
    session.buffers().0.extend_from_slice(said);
    let mut events = Vec::new();
    loop {
        match session.next_event(start()) {
            Ok(Next::Event(event)) => events.push(event),
            Ok(Next::Upgrade { to, .. }) => session.upgraded(pretend(to)).expect("it was asked"),
            Ok(Next::NeedInput { .. }) => session.recv_eof(),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (events, error),
        }
    }
}

#[test]
fn err_completion_for_a_command_that_is_not_in_flight() {
    for tag in ["A2", "A0", "A01", "B1", "A1.", "a1"] {
        let (_, error) = fails(clear(), format!("{HELLO}\r\n{tag} OK done\r\n").as_bytes());
        assert_eq!(error, ClientError::UnknownTag, "{tag}");
        assert_eq!(error.kind(), FaultKind::Misbehaved);
    }
    // Twice is once too often.
    let (_, error) = fails(clear(), format!("{HELLO}\r\nA1 NO no\r\nA1 NO no\r\n").as_bytes());
    assert_eq!(error, ClientError::UnknownTag);
}

#[test]
fn err_continuation_where_none_is_due() {
    for said in ["+ go on\r\n", "A1 NO no\r\n+ go on\r\n", "+\r\n"] {
        let (_, error) = fails(clear(), format!("{HELLO}\r\n{said}").as_bytes());
        assert_eq!(error, ClientError::UnexpectedContinuation, "{said}");
    }
}

#[test]
fn err_unsolicited_bye_after_its_words_and_what_was_not_sent() {
    let (log, ended) = selected(|session| {
        enter(session)?;
        session.noop()?;
        session.expunge().map(drop)
    })
    .c("A3 NOOP")
    .s("* BYE Autologout; idle for too long")
    .run();
    assert_eq!(ended, failed(&ClientError::Bye));
    assert_eq!(
        log.get(log.len() - 2..).unwrap_or_default(),
        ["bye Autologout; idle for too long", "Handle(4) not sent: the conversation is over",]
    );
}

#[test]
fn err_bye_for_a_greeting() {
    let (log, ended) = dialogue(|_| Ok(())).s("* BYE too many connections").run();
    assert_eq!(
        (log, ended),
        (vec!["bye too many connections".to_owned()], failed(&ClientError::Bye))
    );
}

#[test]
fn err_what_is_no_greeting() {
    for said in ["* NO no\r\n", "* 3 EXISTS\r\n", "A1 OK done\r\n", "+ go on\r\n"] {
        assert_eq!(fails(clear(), said.as_bytes()).1, ClientError::NoGreeting, "{said}");
    }
    for said in ["HTTP/1.1 400 Bad Request\r\n", "\r\n", "220 mx ESMTP\r\n"] {
        let (_, error) = fails(clear(), said.as_bytes());
        assert!(matches!(error, ClientError::Malformed(_)), "{said:?} {error:?}");
    }
    // PREAUTH is a greeting alone.
    let said = format!("{HELLO}\r\n* PREAUTH again\r\n");
    assert_eq!(fails(clear(), said.as_bytes()).1, ClientError::NoGreeting);
}

#[test]
fn err_octets_behind_the_ok_to_starttls() {
    // RFC 9051 11.1 and CVE-2021-33515: whoever put them there speaks for the server.
    let hello = "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n";
    for injected in ["* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "A2 OK\r\n", "x", "\r\n"] {
        let said = format!("{hello}A1 OK go ahead\r\n{injected}");
        let (events, error) = fails(Config::new(), said.as_bytes());
        assert_eq!(error, ClientError::Injected { octets: injected.len() });
        assert!(!events.iter().any(|event| matches!(event, Event::Tls(_))));
    }
}

#[test]
fn err_octets_that_come_while_the_handshake_is_prepared() {
    let mut session = Client::new(Config::new().tls(Tls::Implicit));
    assert!(matches!(session.next_event(start()), Ok(Next::Upgrade { .. })));
    session.buffers().0.extend_from_slice(b"* PREAUTH me\r\n");
    let error = session.upgraded(pretend(mail_wire::Upgrade::Tls)).expect_err("it is over");
    assert_eq!(error, ClientError::Injected { octets: 14 });
    assert_eq!(session.next_event(start()).expect_err("it is over"), error);
}

#[test]
fn err_tls_that_nobody_asked_for() {
    let mut session = Client::new(clear());
    let error = session.upgraded(pretend(mail_wire::Upgrade::Tls)).expect_err("it is over");
    assert_eq!(error, ClientError::UnaskedUpgrade);
}

#[test]
fn err_no_tls_where_it_is_required() {
    for said in [
        "* OK [CAPABILITY IMAP4rev1] ready\r\n",
        "* OK ready\r\n* CAPABILITY IMAP4rev1\r\nA1 OK done\r\n",
        "* OK ready\r\nA1 BAD what\r\n",
        "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\nA1 NO not now\r\n",
        "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\nA1 BAD what\r\n",
    ] {
        let (events, error) = fails(Config::new(), said.as_bytes());
        assert_eq!(error, ClientError::NoStartTls, "{said}");
        assert!(!events.iter().any(|event| matches!(event, Event::Ready { .. })));
    }
    let (_, error) = fails(Config::new(), b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n");
    assert_eq!(error, ClientError::PreAuthInClear);
}

#[test]
fn ok_opportunistic_tls_goes_on_without() {
    let config = || clear().tls(Tls::Opportunistic);
    let (log, _) = dialogue(|session| session.noop().map(drop))
        .config(config())
        .s("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready")
        .c("A1 STARTTLS")
        .s("A1 NO not now")
        .c("A2 NOOP")
        .s("A2 OK done")
        .run();
    assert_eq!(log.last().map(String::as_str), Some("Handle(1) OK done"));
    let (log, _) = dialogue(|session| session.select(name("a")).map(drop))
        .config(config())
        .s("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi")
        .c("A1 SELECT a")
        .s("A1 OK done")
        .run();
    assert_eq!(log.get(1).map(String::as_str), Some("Ready { authenticated: true }"));
}

#[test]
fn refuses_to_send_a_password_in_the_clear() {
    let strict = || clear().plaintext_login(PlaintextLogin::Refuse);
    for hello in [
        "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready",
        "* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready",
        "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready",
        "* OK [CAPABILITY IMAP4rev1] ready",
    ] {
        let (log, _) = dialogue(|session| {
            session.log_in(tim())?;
            session.login(&tim()).map(drop)
        })
        .config(strict())
        .s(hello)
        .run();
        let no = "not sent: a password is not sent without TLS";
        assert_eq!(lines_with(&log, no).len(), 2, "{log:?}");
    }
}

#[test]
fn refuses_to_log_in_where_the_server_does_not_want_it() {
    let (log, _) = dialogue(|session| {
        session.log_in(tim())?;
        session.login(&tim())?;
        session.authenticate(mail_sasl::Mechanism::Plain, tim())?;
        session.log_in(tim().acting_as("kurt")?)?;
        session.idle()?;
        Ok(())
    })
    .s("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI] ready")
    .run();
    assert_eq!(
        lines_with(&log, "not sent"),
        [
            "Handle(1) not sent: the server does not accept logins now",
            "Handle(2) not sent: the server does not accept logins now",
            "Handle(3) not sent: the server does not offer PLAIN",
            "Handle(4) not sent: no mechanism on offer can carry the credentials",
            "Handle(5) not sent: not possible while NotAuthenticated",
        ]
    );
}

#[test]
fn err_success_before_the_credentials_were_sent() {
    let said = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\nA1 OK welcome, whoever you are\r\n";
    let (events, error) = fails(clear(), said.as_bytes());
    assert!(matches!(error, ClientError::Sasl(_)), "{error:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::Done { .. })));
}

#[test]
fn ok_a_challenge_too_many_is_cancelled() {
    let (log, _) = dialogue(|session| session.log_in(tim()).map(drop))
        .s("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready")
        .c("A1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZg==")
        .s("+ bW9yZQ==")
        .c("*")
        .s("A1 BAD cancelled")
        .run();
    assert_eq!(log.last().map(String::as_str), Some("Handle(1) BAD cancelled"));
}

#[test]
fn err_ok_in_the_middle_of_a_literal() {
    let (_, ended) = dialogue(|session| {
        session.log_in(tim())?;
        session.create(name("a\r\nb")).map(drop)
    })
    .s(HELLO)
    .c("A1 LOGIN tim tanstaaf")
    .s(&format!("A1 {WELCOME}"))
    .c("A2 CREATE {4}")
    .s("A2 OK done")
    .run();
    assert_eq!(ended, failed(&ClientError::EndedEarly));
}

#[test]
fn ok_no_and_bad_to_every_command() {
    for status in ["NO", "BAD"] {
        let (log, ended) = selected(|session| {
            enter(session)?;
            session.fetch(false, set("1"), whole())?;
            session.store(false, set("1"), StoreFlags::replace(Flags::new([Flag::Seen])))?;
            session.expunge()?;
            session.idle()?;
            session.append(AppendMessage::new(name("a"), 3))?;
            session.close_mailbox()?;
            session.logout().map(drop)
        })
        .c("A3 FETCH 1 BODY.PEEK[]")
        .s(&format!("A3 {status} [X-WHY (a)] no"))
        .c("A4 STORE 1 FLAGS (\\Seen)")
        .s(&format!("A4 {status} no"))
        .c("A5 EXPUNGE")
        .s(&format!("A5 {status} no"))
        .c("A6 IDLE")
        .s(&format!("A6 {status} no"))
        .c("A7 APPEND a {3}")
        .s(&format!("A7 {status} no"))
        .c("A8 CLOSE")
        .s(&format!("A8 {status} no"))
        .c("A9 LOGOUT")
        .s(&format!("A9 {status} no"))
        .run();
        assert_eq!(ended, Ended::WantsInput);
        assert_eq!(lines_with(&log, &format!("{status} no")).len(), 7, "{log:#?}");
    }
}

#[test]
fn err_torn_texts_and_responses() {
    let log_in = format!("{HELLO}\r\nA1 {WELCOME}\r\n");
    for (torn, what) in
        [("* 1 FETCH (BO", "a response"), ("* LIST () \"/\" {5}\r\nab", "a response")]
    {
        let (_, error) = fails(clear(), format!("{log_in}{torn}").as_bytes());
        assert_eq!(error, ClientError::Truncated(what), "{torn}");
    }
    assert_eq!(fails(clear(), log_in.as_bytes()).1, ClientError::Disconnected);

    let (log, ended) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1"), whole()).map(drop)
    })
    .c("A3 FETCH 1 BODY.PEEK[]")
    .raw("* 1 FETCH (BODY[] {9}\r\nhello")
    .eof()
    .run();
    assert_eq!(ended, failed(&ClientError::Truncated("the text of a message")));
    assert_eq!(log.last().map(String::as_str), Some("BodyAborted { handle: Handle(3) }"));
}

#[test]
fn ok_a_malformed_response_loses_nothing_else() {
    let (log, ended) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1:2"), whole()).map(drop)
    })
    .c("A3 FETCH 1:2 BODY.PEEK[]")
    .s("* 1 FETCH (BODY[] \"torn)")
    .s("* STATUS")
    .s("* 2 FETCH (BODY[] \"whole\")")
    .s("A3 OK done")
    .run();
    assert_eq!(ended, Ended::WantsInput);
    assert_eq!(lines_with(&log, "Malformed").len(), 2, "{log:#?}");
    assert_eq!(lines_with(&log, "body \"whole\"").len(), 1);
}

#[test]
fn err_too_many_malformed_responses() {
    let said = format!("{HELLO}\r\n{}", "* STATUS\r\n".repeat(101));
    let (events, error) = fails(clear(), said.as_bytes());
    assert!(matches!(error, ClientError::Malformed(_)));
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Malformed(_))).count(), 100);
}

#[test]
fn ok_a_text_that_nobody_asked_for_is_passed_over() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.noop().map(drop)
    })
    .c("A3 NOOP")
    .raw("* 1 FETCH (BODY[] {9}\r\nA3 OK no\r FLAGS ())\r\n")
    .s("A3 OK done")
    .run();
    assert_eq!(lines_with(&log, "body").len(), 0);
    assert_eq!(lines_with(&log, "news Fetch").len(), 1, "{log:#?}");
    assert_eq!(log.last().map(String::as_str), Some("Handle(3) OK done"));
}

#[test]
fn ok_numbers_that_cannot_be_are_doubted() {
    for lie in ["* 9 EXPUNGE", "* 2 EXISTS", "* 7 FETCH (UID 7)"] {
        let (_, _) = selected(|session| {
            enter(session)?;
            session.noop().map(drop)
        })
        .act(|session, event| {
            if let (Event::Done { handle, .. }, Some(mailbox)) = (event, session.mailbox()) {
                let after = format!("{handle:?}") == "Handle(3)";
                assert_eq!(mailbox.is_consistent(), !after);
            }
        })
        .c("A3 NOOP")
        .s(lie)
        .s("A3 OK done")
        .run();
    }
}

/// Brings a session to where the message of an APPEND is wanted.
fn appending(size: u64) -> (Client, imap_proto::client::Handle) {
    let mut session = Client::new(clear());
    session.log_in(tim()).expect("it is taken");
    let handle = session.append(AppendMessage::new(name("a"), size)).expect("it is taken");
    let said = format!("{HELLO}\r\nA1 {WELCOME}\r\n+ go on\r\n");
    for line in said.split_inclusive('\n') {
        session.buffers().0.extend_from_slice(line.as_bytes());
        loop {
            match session.next_event(start()) {
                Ok(Next::Event(Event::WantBody { handle: own, .. })) => {
                    assert_eq!(own, handle);
                    drain(&mut session);
                    return (session, handle);
                }
                Ok(Next::Event(_)) => {}
                Ok(Next::NeedInput { .. }) => break,
                other => panic!("{other:?}"),
            }
        }
    }
    panic!("no body is wanted");
}

fn drain(session: &mut Client) -> Vec<u8> {
    let out = session.buffers().1;
    out.copy_to_bytes(out.remaining()).to_vec()
}

#[test]
fn err_a_message_that_is_not_as_long_as_announced_cuts_the_connection() {
    type Wrong = fn(&mut Client, imap_proto::client::Handle);
    let wrongs: [(Wrong, u64); 3] = [
        (|s, h| s.body(h, Bytes::from_static(b"hello world")).expect("taken"), 0),
        (
            |s, h| {
                s.body(h, Bytes::from_static(b"hell")).expect("taken");
                s.body_end(h).expect("taken");
            },
            6,
        ),
        (|s, h| s.body_failed(h).expect("taken"), 10),
    ];
    for (wrong, missing) in wrongs {
        let (mut session, handle) = appending(10);
        wrong(&mut session, handle);
        assert_eq!(
            session.next_event(start()).expect_err("it is over"),
            ClientError::TornBody { missing }
        );
        assert_eq!(drain(&mut session), b"", "nothing of it may look whole");
        assert!(session.body(handle, Bytes::new()).is_err());
        assert!(session.noop().is_err());
    }
}

#[test]
fn err_nul_in_a_message_is_not_sent() {
    let (mut session, handle) = appending(3);
    let nul = session.body(handle, Bytes::from_static(b"a\0b")).expect_err("it is over");
    assert_eq!(nul, Misuse::Unencodable { what: "message", octet: 0, offset: 1 });
    assert!(session.forget(handle).is_err());
    session.body(handle, Bytes::from_static(b"a b")).expect("the session is unharmed");
    session.body_end(handle).expect("it is complete");
    assert_eq!(drain(&mut session), b"a b\r\n");
    session.buffers().0.extend_from_slice(b"A2 OK done\r\n");
    let done = session.next_event(start());
    assert!(matches!(done, Ok(Next::Event(Event::Done { status: Status::Ok, .. }))), "{done:?}");
}

#[test]
fn misuse_leaves_the_session_unharmed() {
    let mut session = Client::new(clear());
    assert!(session.append(AppendMessage::new(name("a"), 0)).is_err());
    assert!(session.status(name("a"), Default::default()).is_err());
    assert!(session.command(imap_proto::CommandBody::StartTls).is_err());
    let noop = session.noop().expect("it is taken");
    assert!(session.done(noop).is_err() && session.body_end(noop).is_err());
    for _ in 1..1000 {
        session.noop().expect("there is room");
    }
    assert!(matches!(session.noop(), Err(Misuse::TooLong { limit: 1000, .. })));
}

#[test]
fn ok_close_says_logout_once_what_runs_is_done() {
    let (log, ended) = selected(|session| {
        enter(session)?;
        session.idle()?;
        Ok(())
    })
    .act(|session, event| {
        if let Event::Idling(_) = event {
            session.close(Goodbye::Shutdown);
            assert!(session.noop().is_err());
        }
    })
    .c("A3 IDLE")
    .s("+ idling")
    .c("DONE")
    .s("A3 OK done")
    .c("A4 LOGOUT")
    .s("* BYE bye")
    .eof()
    .run();
    assert_eq!(ended, Ended::Closed);
    assert_eq!(log.last().map(String::as_str), Some("bye bye"));
}

#[test]
fn ok_close_does_not_ask_twice() {
    let (_, ended) = dialogue(|_| Ok(()))
        .act(|session, event| {
            if let Event::Ready { .. } = event {
                session.close(Goodbye::Done);
            }
        })
        .s(HELLO)
        .c("A1 LOGOUT")
        .s("A1 BAD stay")
        .run();
    assert_eq!(ended, Ended::Closed);
}

#[test]
fn ok_more_texts_than_were_asked_for_are_not_told_as_such() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1"), whole()).map(drop)
    })
    .c("A3 FETCH 1 BODY.PEEK[]")
    .s(&format!("* 1 FETCH (BODY[] \"one\"{})", " BODY[] \"more\"".repeat(20)))
    .s("A3 OK done")
    .run();
    assert_eq!(lines_with(&log, "body \""), ["body \"one\""]);
}
