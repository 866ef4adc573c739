//! Clients that know no POP3, or too much of it; and applications that answer wrongly.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use bytes::{Buf, Bytes};
use common::{App, lines, open, serve, serve_octets};
use mail_errors::Misuse;
use mail_sasl::Mechanism;
use mail_wire::testing::{Act, Ended, replay, start};
use mail_wire::{BareNewline, Goodbye, Next, Session as _};
use pop3_proto::server::{Event, Server};
use pop3_proto::{Deviation, Maildrop, Profile, Response, ServerLimits, UniqueId, Violation};

const LOGIN: &str = "USER mrose\r\nPASS tanstaaf\r\n";

fn one() -> App {
    App::of_sizes(&[100])
}

#[test]
fn err_numbers_that_are_none() {
    let commands =
        ["RETR 0", "DELE -1", "LIST x", "TOP 1", "TOP 1 -1", "RETR 4294967296", "UIDL 1 2"];
    let replay = serve(&open(), &one(), &[&format!("{LOGIN}{}", lines(&commands))]);
    assert!(replay.text().ends_with(&"-ERR malformed arguments\r\n".repeat(7)));
    assert_eq!(replay.log.len(), 1 + 7);
    assert!(replay.log.iter().skip(1).all(|line| line.contains("Malformed")));
}

#[test]
fn err_number_of_10_000_digits_and_argument_of_1_mib() {
    let mut server = Server::new(open());
    let app = one();
    let mut act = |server: &mut Server, event| app.act(server, event);
    let number = format!("RETR {}\r\n", "9".repeat(10_000));
    let long = format!("USER {}\r\n", "x".repeat(1 << 20));
    let script = format!("{LOGIN}{number}{long}NOOP\r\n");
    let parts: Vec<&[u8]> = script.as_bytes().chunks(1500).collect();
    let run = replay(&mut server, &mut act, &parts, false);
    assert!(
        run.text().ends_with("-ERR line too long\r\n-ERR line too long\r\n+OK nothing done\r\n")
    );
    assert_eq!(run.log[1..], ["refused ? TooLong { limit: 1024 }"; 2]);
    assert!(run.room < 8192, "{}", run.room);
}

#[test]
fn err_command_without_end_ends_the_conversation() {
    let limits = ServerLimits { swallow_line: 64 * 1024, ..ServerLimits::default() };
    let mut server = Server::new(open().limits(limits));
    let app = one();
    let mut act = |server: &mut Server, event| app.act(server, event);
    let endless = [b'x'; 1000];
    let run = replay(&mut server, &mut act, &[&endless[..]; 100], false);
    assert_eq!(run.ended, Ended::Failed("LineTooLong { limit: 65536 }".into()));
    assert_eq!(run.log, ["refused ? TooLong { limit: 1024 }"]);
    assert!(run.room < 8192, "{}", run.room);
}

#[test]
fn err_more_bad_commands_than_are_borne() {
    let replay = serve(&open(), &one(), &[&"EHLO x\r\n".repeat(30)]);
    assert_eq!(replay.log, vec!["refused ? Unknown"; 21]);
    assert_eq!(replay.ended, Ended::Failed("TooManyErrors { limit: 20 }".into()));
    assert_eq!(replay.text().matches("-ERR unknown command\r\n").count(), 21);
}

/// Whoever asks for what is gone is no attacker.
#[test]
fn ok_any_number_of_messages_that_are_not_there() {
    let script = format!("{LOGIN}{}NOOP\r\n", "RETR 9\r\n".repeat(50));
    let replay = serve(&open(), &one(), &[&script]);
    assert!(replay.text().ends_with("+OK nothing done\r\n"));
}

#[test]
fn err_octets_that_are_no_text() {
    let script = b"USER a\0b\r\nUSER \xff\r\nNO\0OP\r\n\r\n \r\n\x80\xff\r\nUSER a\rb\r\n";
    let replay = serve_octets(&open(), &one(), &[script]);
    assert_eq!(replay.text().matches("-ERR ").count(), 7);
    assert_eq!(replay.ended, Ended::Closed);
}

#[test]
fn ok_nul_in_a_password_is_refused_and_spaces_are_not() {
    let script = b"USER mrose\r\nPASS a\0b\r\nUSER mrose\r\nPASS a b \r\n";
    let replay = serve_octets(&open(), &one(), &[script]);
    let refusal = "-ERR [AUTH] wrong name or password\r\n";
    let expected = format!("-ERR malformed arguments\r\n+OK send PASS\r\n{refusal}");
    assert!(replay.text().ends_with(&expected), "{}", replay.text());
}

/// RFC 1939 7: PASS may come behind a USER that was taken, and behind nothing that was not.
#[test]
fn err_password_behind_what_was_refused() {
    let long = "x".repeat(13_000);
    let config = open().auth(&[Mechanism::Plain]);
    let strict = config.clone().profile(Profile::STRICT);
    for (config, refused) in [
        (&config, "USER"),
        (&config, "USER \u{7f}"),
        (&config, "APOP mrose"),
        (&config, "AUTH GSSAPI"),
        (&config, "PASS"),
        (&config, &format!("PASS {long}")),
        (&config, &format!("AUTH PLAIN\r\n{long}")),
        (&strict, "AUTH PLAIN\r\nAG1yb3NlAHRhbnN0YWFm\n*"),
    ] {
        let script = format!("USER mrose\r\n{refused}\r\nPASS tanstaaf\r\n");
        let replay = serve(config, &one(), &[&script]);
        assert!(replay.text().ends_with("-ERR not possible now\r\n"), "{refused:.20}");
    }
    // What has nothing to do with it may come in between.
    for between in ["CAPA", "NOOP", "WHAT", "LANG", "QUIT now", "DELE 1"] {
        let replay = serve(&config, &one(), &[&lines(&["USER mrose", between, "PASS tanstaaf"])]);
        assert_eq!(replay.log.last().unwrap(), "login mrose", "{between}");
    }
}

/// A limit that is told does not depend on how the line came.
#[test]
fn err_long_line_of_auth_however_it_comes() {
    let config = open().auth(&[Mechanism::Plain]);
    let auth = format!("AUTH PLAIN {}\r\n", "A".repeat(13_000));
    let other = format!("{}AUTH PLAIN\r\n", "x".repeat(1030));
    for (line, limit) in [(auth, 12_288), (other, 1024)] {
        for step in [1, 1000, 1024, 1030, 16_384] {
            let mut server = Server::new(config.clone());
            let app = one();
            let mut act = |server: &mut Server, event| app.act(server, event);
            let parts: Vec<&[u8]> = line.as_bytes().chunks(step).collect();
            let run = replay(&mut server, &mut act, &parts, false);
            assert_eq!(run.log, [format!("refused ? TooLong {{ limit: {limit} }}")], "{step}");
        }
    }
}

#[test]
fn prints_nothing_of_what_came_in() {
    let mut server = Server::new(open());
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS hunter2\r\n");
    let shown = format!("{server:?}");
    assert!(!shown.contains("hunter2") && shown.contains("input: 26"), "{shown}");
}

#[test]
fn line_that_ends_in_lf_alone_is_what_the_profile_says() {
    let replay = serve(&open(), &one(), &["QUIT\n"]);
    assert!(replay.text().ends_with("+OK signing off\r\n"));
    let told = "tolerated command that ends in LF alone at offset 4";
    assert!(replay.log.iter().any(|event| event == told), "{:?}", replay.log);
    let strict = Profile::COMPAT.refusing(Deviation::BareNewlineInCommand);
    let replay = serve(&open().profile(strict), &one(), &["QUIT\nQUIT\r\n"]);
    let expected = "-ERR lines must end in CR and LF\r\n+OK signing off\r\n";
    assert!(replay.text().ends_with(expected));
}

#[test]
fn err_torn_command() {
    let replay = serve(&open(), &one(), &["NOOP\r\nQUI"]);
    assert_eq!(replay.ended, Ended::Failed(r#"Truncated { within: "a command" }"#.into()));
}

#[test]
fn err_torn_command_that_was_too_long_already() {
    let mut server = Server::new(open());
    let app = one();
    let mut act = |server: &mut Server, event| app.act(server, event);
    let run = replay(&mut server, &mut act, &[&[b'x'; 2000]], true);
    assert_eq!(run.ended, Ended::Failed(r#"Truncated { within: "a command" }"#.into()));
}

/// Serves until the application is to say something, which `answer` does.
fn at_first(script: &str, mut answer: impl FnMut(&mut Server, Event)) -> Server {
    let mut server = Server::new(open());
    server.buffers().0.extend_from_slice(script.as_bytes());
    let app = one();
    loop {
        match server.next_event(start()).unwrap() {
            Next::Event(event @ Event::Login(_)) => drop(app.act(&mut server, event)),
            Next::Event(event) => {
                answer(&mut server, event);
                return server;
            }
            Next::NeedOutput { .. } => drop(said(&mut server)),
            other => panic!("{other:?}"),
        }
    }
}

fn said(server: &mut Server) -> String {
    let (_, out) = server.buffers();
    let said = out.copy_to_bytes(out.remaining());
    String::from_utf8(said.to_vec()).unwrap()
}

#[test]
fn misuse_leaves_the_session_unharmed() {
    let mut server = at_first(&format!("{LOGIN}UIDL\r\n"), |server, event| {
        let Event::WantIds(want) = event else { panic!("{event:?}") };
        assert_eq!((want.first().get(), want.len()), (1, 1));
        let owed = server.accept(Maildrop::default()).unwrap_err();
        assert_eq!(owed.to_string(), "accept given, but ids is owed");
        assert!(server.committed().is_err());
        let id = UniqueId::new("a").unwrap();
        assert!(matches!(server.ids([]), Err(Misuse::Invalid { .. })));
        assert!(matches!(server.ids([id.clone(), id.clone()]), Err(Misuse::Invalid { .. })));
        let yes = Response::ok("yes").unwrap();
        assert!(matches!(server.refuse(&yes), Err(Misuse::Invalid { .. })));
        server.ids([id]).unwrap();
    });
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    assert!(said(&mut server).ends_with("+OK unique-id listing follows\r\n1 a\r\n.\r\n"));
}

#[test]
fn message_that_cannot_be_read_is_refused_before_it_has_begun() {
    let mut server = at_first(&format!("{LOGIN}RETR 1\r\nNOOP\r\n"), |server, event| {
        let Event::WantBody(want) = event else { panic!("{event:?}") };
        server.body_failed(want.id()).unwrap();
        let late = server.body(want.id(), Bytes::from_static(b"x")).unwrap_err();
        assert_eq!(late.to_string(), "body given, but nothing is owed");
    });
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    let expected = "-ERR [SYS/TEMP] message cannot be read\r\n+OK nothing done\r\n";
    assert!(said(&mut server).ends_with(expected));
}

/// A torn message never looks whole.
#[test]
fn message_that_breaks_off_cuts_the_connection_without_terminator() {
    let script = format!("{LOGIN}RETR 1\r\nNOOP\r\n");
    let begun = |server: &mut Server, event: Event| {
        let Event::WantBody(want) = event else { panic!("{event:?}") };
        server.body(want.id(), Bytes::from_static(b"half of")).unwrap();
        assert!(server.refuse(&Response::err(None, "no").unwrap()).is_err(), "too late");
        assert!(matches!(server.next_event(start()), Ok(Next::Event(Event::WantBody(_)))));
    };
    let mut failed = at_first(&script, begun);
    let Ok(Next::NeedReply { .. }) = failed.next_event(start()) else { panic!() };
    failed.close(Goodbye::InternalError);
    assert!(matches!(failed.next_event(start()), Ok(Next::Closed)));
    assert!(said(&mut failed).ends_with("+OK 100 octets\r\nhalf of"));

    let mut failed = at_first(&script, |server, event| {
        let Event::WantBody(want) = event else { panic!("{event:?}") };
        server.body(want.id(), Bytes::from_static(b"half of")).unwrap();
        let Ok(Next::Event(Event::WantBody(more))) = server.next_event(start()) else { panic!() };
        assert_eq!((more.id(), more.offset()), (want.id(), 7));
        server.body_failed(more.id()).unwrap();
    });
    assert!(matches!(failed.next_event(start()), Ok(Next::Closed)));
    assert!(said(&mut failed).ends_with("+OK 100 octets\r\nhalf of"));
}

#[test]
fn listing_that_breaks_off_gets_no_terminator_either() {
    let limits = ServerLimits { ids: 1, ..ServerLimits::default() };
    let mut server = Server::new(open().limits(limits));
    server.buffers().0.extend_from_slice(format!("{LOGIN}UIDL\r\n").as_bytes());
    let app = App::of_sizes(&[20, 20]);
    let mut slices = 0;
    while let Ok(Next::Event(event)) = server.next_event(start()) {
        slices += u32::from(matches!(event, Event::WantIds(_)));
        if slices == 2 {
            server.close(Goodbye::InternalError);
        } else {
            drop(app.act(&mut server, event));
        }
    }
    assert!(matches!(server.next_event(start()), Ok(Next::Closed)));
    assert!(said(&mut server).ends_with("+OK unique-id listing follows\r\n1 id-1\r\n"));
}

#[test]
fn err_bare_newline_in_a_message_cuts_the_connection_if_so_asked() {
    let mut server = Server::new(open().bare_newlines(BareNewline::Reject));
    let app = App::new(&[b"one\ntwo"]);
    let mut act = |server: &mut Server, event: Event| match event {
        Event::WantBody(want) => {
            let error = server.body(want.id(), Bytes::from_static(b"one\ntwo")).unwrap_err();
            assert_eq!(error.to_string(), "message holds octet 0x0a at 3, which cannot be sent");
            Act::Log("cut".into())
        }
        event => app.act(server, event),
    };
    let script = format!("{LOGIN}RETR 1\r\n");
    let run = replay(&mut server, &mut act, &[script.as_bytes()], false);
    assert_eq!((run.log.last().unwrap().as_str(), run.ended), ("cut", Ended::Closed));
    assert!(!run.output.ends_with(b".\r\n"));
}

#[test]
fn deletion_that_fails_is_told() {
    let mut server = at_first(&format!("{LOGIN}DELE 1\r\nQUIT\r\n"), |server, event| {
        let Event::Commit(deletions) = event else { panic!("{event:?}") };
        assert_eq!(deletions.iter().count(), 1);
        server.refuse(&Response::err(None, "some deleted messages not removed").unwrap()).unwrap();
    });
    assert!(matches!(server.next_event(start()), Ok(Next::Closed)));
    assert!(said(&mut server).ends_with("-ERR some deleted messages not removed\r\n"));
}

#[test]
fn maildrop_over_the_limit_is_the_applications_mistake() {
    let limits = ServerLimits { messages: 2, ..ServerLimits::default() };
    let mut server = Server::new(open().limits(limits));
    server.buffers().0.extend_from_slice(LOGIN.as_bytes());
    let Ok(Next::Event(Event::Login(_))) = server.next_event(start()) else { panic!() };
    let error = server.accept(Maildrop::from_sizes([1, 2, 3]).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "maildrop is not valid: it has too many messages");
    server.accept(Maildrop::from_sizes([1, 2]).unwrap()).unwrap();
}

#[test]
fn closing_waits_for_what_is_owed_and_greets_nobody() {
    let mut server = Server::new(open());
    server.close(Goodbye::Shutdown);
    assert!(matches!(server.next_event(start()), Ok(Next::Closed)));
    assert_eq!(said(&mut server), "-ERR [SYS/TEMP] not now, try again later\r\n");

    let mut server = at_first(&format!("{LOGIN}DELE 1\r\nQUIT\r\n"), |server, event| {
        assert!(matches!(event, Event::Commit(_)));
        server.close(Goodbye::Shutdown);
        assert!(matches!(server.next_event(start()), Ok(Next::NeedReply { .. })));
        server.committed().unwrap();
    });
    assert!(matches!(server.next_event(start()), Ok(Next::Closed)));
    assert!(said(&mut server).ends_with("+OK signing off\r\n"));

    let mut server = Server::new(open());
    server.buffers().0.extend_from_slice(LOGIN.as_bytes());
    let Ok(Next::Event(Event::Login(_))) = server.next_event(start()) else { panic!() };
    server.close(Goodbye::InternalError);
    assert!(matches!(server.next_event(start()), Ok(Next::Closed)));
    assert!(server.accept(Maildrop::default()).is_err());
    assert!(said(&mut server).ends_with("-ERR [SYS/TEMP] internal error\r\n"));
}

/// Nobody reads: no more is taken on, and what is held stays bounded.
#[test]
fn err_client_that_asks_and_never_reads() {
    let mut server = Server::new(open());
    let app = one();
    let now = start();
    server.buffers().0.extend_from_slice(LOGIN.as_bytes());
    let until = loop {
        match server.next_event(now).unwrap() {
            Next::Event(event) => drop(app.act(&mut server, event)),
            Next::NeedInput { .. } => {
                server.buffers().0.extend_from_slice(&b"RETR 1\r\n".repeat(100));
            }
            Next::NeedOutput { until } => break until.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert!(server.buffers().1.len() < 2 * 64 * 1024);
    let error = server.next_event(until).unwrap_err();
    assert_eq!(error, Violation::TimedOut { what: "reading of what was sent" });
}
