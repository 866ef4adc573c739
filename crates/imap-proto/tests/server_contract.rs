//! The contract of a session (`mail_wire::Session`), and what a wrong call comes to.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use imap_proto::{
    Flags, NumberSet, State, StatusValues,
    server::{
        BodyId, Config, Event, Limits, Message, Selected, Server, ServerError, Tls, WantBody,
    },
};
use mail_errors::{Fault, FaultKind, Misuse};
use mail_wire::{
    Goodbye, Next, Session as _, Upgraded,
    testing::{contract, pretend, start},
};
use server_support::{App, config, number, text};

fn check(config: impl Fn() -> Config, script: &[&[u8]]) {
    let make = || {
        let mut app = App::new();
        // Two octets at a time, so that bodies are pulled often.
        app.chunk = 2;
        (Server::new(config()), move |session: &mut Server, event| app.act(session, event))
    };
    contract(make, script);
}

#[test]
fn ok_contract_of_a_whole_conversation() {
    check(
        config,
        &[
            b"1 LOGIN {3}\r\n",
            b"tim tanstaaf\r\n2 LIST \"\" *\r\n3 SELECT INBOX\r\n",
            b"4 FETCH 1:* (FLAGS BODY[HEADER] BODY[TEXT])\r\n5 SEARCH ALL\r\n6 IDLE\r\n",
            b"DONE\r\n7 STORE 1:2 +FLAGS (\\Deleted)\r\n8 EXPUNGE\r\n9 COPY 1 work/old\r\n",
            b"10 APPEND INBOX {20}\r\n",
            b"a message\r\nof twenty\r\n11 CLOSE\r\n12 LOGOUT\r\n",
        ],
    );
}

#[test]
fn ok_contract_of_tls_and_authenticate() {
    check(
        || Config::new().tls(Tls::StartTls),
        &[b"1 STARTTLS\r\n", b"2 AUTHENTICATE LOGIN\r\n", b"dGlt\r\n", b"dGFuc3RhYWY=\r\n"],
    );
    check(|| Config::new().tls(Tls::Implicit), &[b"1 AUTHENTICATE PLAIN\r\n*\r\n2 LOGOUT\r\n"]);
}

#[test]
fn ok_contract_of_what_is_refused() {
    let small = || {
        let mut limits = Limits::default();
        limits.append = 5;
        limits.command_before_login.line = 30;
        config().limits(limits)
    };
    check(
        small,
        &[
            b"1 NOOP 1234567890123456789012345\r\nxyzzy\r\n2 LOGIN tim tanstaaf\r\n",
            b"3 APPEND INBOX {6+}\r\nabcdef\r\n4 APPEND INBOX {3+}\r\nabc no\r\n",
            b"5 APPEND nowhere {3+}\r\nabc\r\n6 LOGIN {3+}\r\n\0\0\0 a\r\n",
        ],
    );
}

/// A limit of `Duration::MAX` says that there is none.
#[test]
fn ok_contract_without_limits_of_time() {
    let patient = || {
        let mut limits = Limits::default();
        limits.handshake = Duration::MAX;
        limits.login = Duration::MAX;
        limits.inactivity = Duration::MAX;
        limits.rest_of_command = Duration::MAX;
        limits.reading = Duration::MAX;
        config().limits(limits)
    };
    check(
        patient,
        &[b"1 LOGIN tim tanstaaf\r\n2 APPEND INBOX {9}\r\n", b"a message\r\n3 LOGOUT\r\n"],
    );
}

/// A session that has been told this, and the event it waits for an answer to.
fn asked(said: &str) -> (Server, Event) {
    asked_with(config(), said)
}

fn asked_with(config: Config, said: &str) -> (Server, Event) {
    let mut session = Server::new(config);
    let said = format!("1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n{said}\r\n");
    session.buffers().0.extend_from_slice(said.as_bytes());
    loop {
        match event(&mut session) {
            Event::Login(_) => session.authenticated().unwrap(),
            Event::Select { .. } => {
                let uids: NumberSet = (1..=3).collect();
                session.selected(Selected::new(number(1), uids)).unwrap();
            }
            other => return (session, other),
        }
    }
}

fn event(session: &mut Server) -> Event {
    match session.next_event(start()) {
        Ok(Next::Event(event)) => event,
        other => panic!("no event: {other:?}"),
    }
}

fn said(session: &mut Server) -> String {
    let (_, out) = session.buffers();
    String::from_utf8(out.copy_to_bytes(out.remaining()).to_vec()).unwrap()
}

fn rest(session: &mut Server, now: Instant) -> Next<Event> {
    session.next_event(now).unwrap()
}

#[test]
fn err_any_answer_that_is_not_owed_and_the_session_is_unharmed() {
    let (mut session, event) = asked("3 STATUS INBOX (MESSAGES)");
    assert!(matches!(event, Event::Status { .. }));
    let before = said(&mut session);
    assert!(before.ends_with("2 OK [READ-WRITE] selected\r\n"), "{before}");
    let uid = |n| Ok::<_, Misuse>(number(n));
    let wrong = [
        session.done(),
        session.authenticated(),
        session.login_refused(),
        session.selected(Selected::new(uid(1).unwrap(), NumberSet::new())),
        session.listed(&server_support::name("a"), Default::default()),
        session.respond_later(),
        session.accept_append(),
        session.appended(None),
        session.message(1, Message::new()),
        session.flags(1, &Flags::default()),
        session.copied(None),
        session.found([1]),
        session.expunged(&NumberSet::new()),
        session.reread(&NumberSet::new()),
    ];
    for answer in wrong {
        let error = answer.unwrap_err();
        assert!(matches!(error, Misuse::WrongAnswer { owed: "status or no", .. }), "{error}");
        assert_eq!(error.kind(), FaultKind::Misuse);
    }
    assert_eq!(said(&mut session), "");
    assert!(matches!(rest(&mut session, start()), Next::NeedReply { .. }));
    session.status(StatusValues::default()).unwrap();
    assert!(session.status(StatusValues::default()).is_err());
    let _ = session.next_event(start());
    assert_eq!(said(&mut session), "* STATUS INBOX ()\r\n3 OK STATUS completed\r\n");
}

#[test]
fn err_a_message_that_lacks_what_is_wanted() {
    let (mut session, event) = asked("3 FETCH 2:3 (FLAGS RFC822.SIZE)");
    let Event::Fetch(slice) = event else { panic!("{event:?}") };
    assert_eq!(slice.uids, [2, 3]);
    assert!(slice.wants.flags && slice.wants.size && !slice.wants.header && !slice.set_seen);
    let whole = || Message::new().size(5).flags(Flags::default());
    assert!(matches!(session.message(2, Message::new().size(5)), Err(Misuse::Invalid { .. })));
    assert!(matches!(session.message(1, whole()), Err(Misuse::UnknownId { id: 1, .. })));
    session.message(2, whole()).unwrap();
    assert!(matches!(session.message(2, whole()), Err(Misuse::UnknownId { .. })));
    // The third is gone.
    session.done().unwrap();
    let _ = session.next_event(start());
    let told = said(&mut session);
    let ends =
        "* 2 FETCH (FLAGS () RFC822.SIZE 5)\r\n3 NO [EXPUNGEISSUED] some of them are gone\r\n";
    assert!(told.ends_with(ends), "{told}");
}

#[test]
fn tells_ahead_whether_the_octets_of_a_message_will_be_asked_for() {
    let items = [
        ("BODY.PEEK[]", true),
        ("(FLAGS RFC822.HEADER)", true),
        ("BODY.PEEK[TEXT]<0.9>", true),
        ("(FLAGS RFC822.SIZE)", false),
        ("BODY.PEEK[HEADER.FIELDS (SUBJECT)]", false),
    ];
    for (items, body) in items {
        let (_, event) = asked(&format!("3 FETCH 2:3 {items}"));
        let Event::Fetch(slice) = event else { panic!("{event:?}") };
        assert_eq!((slice.wants.body, slice.uids.len()), (body, if body { 1 } else { 2 }));
    }
}

fn body_of(size: u64) -> (Server, WantBody) {
    let (mut session, event) = asked("3 FETCH 1 BODY.PEEK[]");
    assert!(matches!(event, Event::Fetch(_)));
    session.message(1, Message::new().size(size)).unwrap();
    session.done().unwrap();
    let Event::WantBody(want) = self::event(&mut session) else { panic!() };
    assert_eq!((want.uid, want.offset, want.remaining), (1, 0, size));
    said(&mut session);
    (session, want)
}

#[test]
fn ok_a_body_in_any_chunks() {
    let (mut session, want) = body_of(5);
    session.body(want.id, Bytes::from_static(b"he")).unwrap();
    let Event::WantBody(more) = event(&mut session) else { panic!() };
    assert_eq!((more.id, more.offset, more.remaining, more.room), (want.id, 2, 3, 3));
    session.body(want.id, Bytes::from_static(b"llo")).unwrap();
    assert!(matches!(rest(&mut session, start()), Next::NeedInput { .. }));
    assert_eq!(said(&mut session), "hello)\r\n3 OK FETCH completed\r\n");
    assert!(matches!(session.body(want.id, Bytes::new()), Err(Misuse::UnknownId { .. })));
}

#[test]
fn err_a_body_of_another_length_cuts_the_connection() {
    for (octets, missing) in [(&b"hello you"[..], 0), (b"", 5)] {
        let (mut session, want) = body_of(5);
        session.body(want.id, Bytes::from_static(octets)).unwrap();
        let error = session.next_event(start()).map(|_| ()).unwrap_err();
        assert_eq!(error, ServerError::TornBody { missing });
        assert_eq!(said(&mut session), "", "a torn message never looks whole");
    }
    let (mut session, want) = body_of(5);
    session.body(want.id, Bytes::from_static(b"hel")).unwrap();
    event(&mut session);
    session.body_failed(want.id).unwrap();
    assert_eq!(session.next_event(start()).map(|_| ()), Err(ServerError::TornBody { missing: 2 }));
    assert_eq!(said(&mut session), "hel");
}

#[test]
fn err_another_body_or_answer_while_one_is_pulled() {
    let (mut session, want) = body_of(5);
    assert!(matches!(session.no(text(None, "no")), Err(Misuse::WrongAnswer { .. })));
    assert!(matches!(session.message(1, Message::new().size(5)), Err(Misuse::WrongAnswer { .. })));
    let other = WantBody { ..want };
    session.body(other.id, Bytes::from_static(b"hello")).unwrap();
    let id: BodyId = want.id;
    assert!(session.body(id, Bytes::from_static(b"hello")).is_err(), "it was not asked for yet");
}

#[test]
fn good_bye_waits_for_the_end_of_a_response() {
    let (mut session, want) = body_of(5);
    session.close(Goodbye::Shutdown);
    assert!(matches!(rest(&mut session, start()), Next::NeedReply { .. }));
    session.body(want.id, Bytes::from_static(b"hello")).unwrap();
    assert!(matches!(rest(&mut session, start()), Next::Closed));
    assert_eq!(said(&mut session), "hello)\r\n* BYE [UNAVAILABLE] the server is shutting down\r\n");
    assert_eq!(session.state(), State::Logout);
    let late = session.done().unwrap_err();
    assert!(matches!(late, Misuse::WrongMoment { .. }), "{late}");
}

#[test]
fn good_bye_while_an_answer_is_owed_or_a_message_comes() {
    let (mut session, _) = asked("3 STATUS INBOX (MESSAGES)");
    said(&mut session);
    session.close(Goodbye::Done);
    assert!(matches!(rest(&mut session, start()), Next::Closed));
    assert_eq!(said(&mut session), "* BYE good-bye\r\n");

    let (mut session, _) = asked("3 APPEND INBOX {5+}\r\nhe");
    session.accept_append().unwrap();
    assert!(matches!(event(&mut session), Event::AppendChunk(_)));
    session.close(Goodbye::InternalError);
    assert!(matches!(event(&mut session), Event::AppendAborted));
    assert!(matches!(rest(&mut session, start()), Next::Closed));
}

#[test]
fn ok_an_append_that_is_refused_while_it_comes() {
    let (mut session, _) = asked("3 APPEND INBOX {10+}\r\nhello");
    session.accept_append().unwrap();
    assert!(matches!(event(&mut session), Event::AppendChunk(_)));
    session.no(text(Some(imap_proto::PlainCode::OverQuota), "full")).unwrap();
    said(&mut session);
    session.buffers().0.extend_from_slice(b"4 N\r\n4 NOOP\r\n");
    let next = rest(&mut session, start());
    assert!(matches!(next, Next::NeedInput { .. }), "{next:?}");
    assert_eq!(said(&mut session), "3 NO [OVERQUOTA] full\r\n4 OK NOOP completed\r\n");
}

#[test]
fn err_an_upgrade_nobody_asked_for() {
    let mut session = Server::new(config());
    let tls = pretend(mail_wire::Upgrade::Tls);
    assert_eq!(session.upgraded(tls), Err(ServerError::UnaskedUpgrade));
    assert_eq!(session.next_event(start()).map(|_| ()), Err(ServerError::UnaskedUpgrade));
    let mut session = Server::new(config().tls(Tls::Implicit));
    assert!(matches!(session.next_event(start()), Ok(Next::Upgrade { .. })));
    assert_eq!(session.upgraded(Upgraded::Deflate), Err(ServerError::UnaskedUpgrade));
}

#[test]
fn err_octets_between_starttls_and_the_handshake() {
    let mut session = Server::new(Config::new().tls(Tls::StartTls));
    session.buffers().0.extend_from_slice(b"1 STARTTLS\r\n");
    assert!(matches!(session.next_event(start()), Ok(Next::Upgrade { .. })));
    session.buffers().0.extend_from_slice(b"2 NOOP\r\n");
    let error = ServerError::Injected { octets: 8 };
    assert_eq!(session.upgraded(pretend(mail_wire::Upgrade::Tls)), Err(error.clone()));
    assert_eq!(session.next_event(start()).map(|_| ()), Err(error));
}

#[test]
fn answers_come_when_there_is_room_for_them() {
    let mut limits = Limits::default();
    limits.output = 1000;
    let (mut session, event) = asked_with(config().limits(limits), "3 LIST \"\" *");
    assert!(matches!(event, Event::List(_)));
    said(&mut session);
    session.respond_later().unwrap();
    let (mut given, mut heard) = (0, String::new());
    loop {
        match session.next_event(start()).unwrap() {
            Next::Event(Event::WantResponses { room }) => {
                assert!(room <= 1000);
                for _ in 0..10 {
                    let name = server_support::name(&format!("mailbox/{given}"));
                    session.listed(&name, Default::default()).unwrap();
                    given += 1;
                }
                if given == 10_000 {
                    session.done().unwrap();
                }
            }
            Next::NeedOutput { .. } => {
                let more = said(&mut session);
                assert!(more.len() < 2000, "{}", more.len());
                heard.push_str(&more);
            }
            other => {
                assert!(matches!(other, Next::NeedInput { .. }), "{other:?}");
                break;
            }
        }
    }
    heard.push_str(&said(&mut session));
    assert_eq!(heard.matches("* LIST ").count(), 10_000);
    assert!(heard.ends_with("3 OK completed\r\n"));
}
