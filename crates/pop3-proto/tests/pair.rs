//! Both ends against each other, and clocks that jump.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use std::time::Duration;

use bytes::Buf;
use common::{App, bold, mrose, open, tell};
use mail_errors::{Fault, FaultKind};
use mail_wire::testing::{Act, Happening, Pair, pretend, start};
use mail_wire::{Next, Session as _, Upgrade};
use pop3_proto::client::{self, Client, Event};
use pop3_proto::server::{self, Server};
use pop3_proto::{ClientLimits, MessageNumber, ServerLimits, State, Violation};

/// Runs both ends until they rest, and returns what each told.
fn run(pair: &mut Pair<Client, Server>, app: &App) -> (Vec<String>, Vec<String>) {
    let (mut at_client, mut at_server) = (Vec::new(), Vec::new());
    let mut body = Vec::new();
    loop {
        let (log, act) = match pair.step() {
            Happening::Client(event) => (&mut at_client, tell(event)),
            Happening::Server(event) => (&mut at_server, app.act(&mut pair.server, event)),
            Happening::Quiet => break,
            Happening::Over(client, server) => {
                assert_eq!((client, server), (Ok(()), Ok(())));
                break;
            }
        };
        match act {
            Act::Piece(_, octets) => body.extend(octets),
            Act::Log(line) if line == "end of body" => {
                log.push(format!("message {:?}", String::from_utf8_lossy(&body)));
                body.clear();
            }
            Act::Log(line) => log.push(line),
            Act::Quiet => {}
        }
    }
    assert_eq!(pair.client.state(), pair.server.state());
    (at_client, at_server)
}

fn number(number: u32) -> MessageNumber {
    MessageNumber::new(number).unwrap()
}

/// Every command once, each answered before the next, with the states compared at each rest.
#[test]
fn the_ends_agree_after_every_command() {
    let app = App::new(&[b"A: b\r\n\r\n.one\r\ntwo\r\n", b".", b""]);
    let mut pair = Pair::new(Client::new(bold()), Server::new(open()));
    run(&mut pair, &app);
    let mut told = Vec::new();
    let commands: [fn(&mut Client); 11] = [
        |client| _ = client.login(mrose()).unwrap(),
        |client| _ = client.stat().unwrap(),
        |client| _ = client.list().unwrap(),
        |client| _ = client.uidl_one(number(2)).unwrap(),
        |client| _ = client.retr(number(2)).unwrap(),
        |client| _ = client.top(number(1), 1).unwrap(),
        |client| _ = client.dele(number(3)).unwrap(),
        |client| _ = client.list_one(number(3)).unwrap(),
        |client| _ = client.rset().unwrap(),
        |client| _ = client.dele(number(2)).unwrap(),
        |client| _ = client.quit().unwrap(),
    ];
    for command in commands {
        command(&mut pair.client);
        let (client, server) = run(&mut pair, &app);
        told.extend(client);
        told.extend(server);
    }
    let expected = [
        "PASS +OK maildrop has 3 messages (20 octets)",
        "login mrose",
        "stat 3 20",
        "STAT +OK 3 20",
        "size 1 19",
        "size 2 1",
        "size 3 0",
        "LIST +OK 3 messages (20 octets)",
        "id 2 id-2",
        "UIDL +OK 2 id-2",
        r#"message ".\r\n""#,
        "RETR +OK 1 octets",
        r#"message "A: b\r\n\r\n.one\r\n""#,
        "TOP +OK top of message follows",
        "enough",
        "DELE +OK message 3 deleted",
        "LIST -ERR no such message",
        "refused LIST Missing(Deleted)",
        "RSET +OK maildrop has 3 messages (20 octets)",
        "DELE +OK message 2 deleted",
        "QUIT +OK signing off",
        "commit [2]",
    ];
    assert_eq!(told, expected);
    assert_eq!(pair.client.state(), State::Update);
}

/// The same conversation, pipelined, over TLS, on wires that carry few octets at once.
#[test]
fn the_ends_agree_however_little_the_wire_carries() {
    let app = App::new(&[b"A: b\r\n\r\n.one\r\ntwo\r\n", b".\r\n.\r\n", b"x\ny\rz"]);
    let mut seen = None;
    for carry in [1, 2, 3, 7, 64, usize::MAX] {
        let client = Client::new(client::Config::new());
        let server = Server::new(server::Config::new().tls(server::Tls::StartTls));
        let mut pair = Pair::new(client, server).carrying(carry);
        pair.client.login(mrose()).unwrap();
        pair.client.list().unwrap();
        pair.client.uidl().unwrap();
        for n in 1..=3 {
            pair.client.retr(number(n)).unwrap();
            pair.client.dele(number(n)).unwrap();
        }
        pair.client.quit().unwrap();
        let told = run(&mut pair, &app);
        assert_eq!(told.0.iter().filter(|line| line.starts_with("message")).count(), 3);
        assert_eq!(told.1, ["tls", "login mrose", "commit [1, 2, 3]"]);
        assert_eq!(seen.get_or_insert_with(|| told.clone()), &told, "carrying {carry}");
    }
}

#[test]
fn the_ends_agree_on_apop() {
    let timestamp = pop3_proto::Timestamp::new("<1@example.com>").unwrap();
    let mut pair = Pair::new(Client::new(bold()), Server::new(open().apop(timestamp)));
    pair.client.apop(mrose()).unwrap();
    let told = run(&mut pair, &App::of_sizes(&[50]));
    assert_eq!(told.0.last().unwrap(), "APOP +OK maildrop has 1 messages (50 octets)");
    assert_eq!(pair.client.state(), State::Transaction);
}

#[test]
fn the_ends_agree_when_the_login_fails() {
    let mut pair = Pair::new(Client::new(bold()), Server::new(open()));
    let wrong = mail_sasl::Credentials::new("mrose", "guess".into()).unwrap();
    pair.client.login(wrong).unwrap();
    run(&mut pair, &App::of_sizes(&[50]));
    assert_eq!(pair.client.state(), State::Authorization);
    pair.client.login(mrose()).unwrap();
    run(&mut pair, &App::of_sizes(&[50]));
    assert_eq!(pair.client.state(), State::Transaction);
}

/// RFC 1939 3: the auto-logout timer runs for at least ten minutes, and nothing is said or deleted
/// when it goes off.
#[test]
fn err_client_that_is_silent_for_ten_minutes() {
    let mut server = Server::new(open());
    let now = start();
    let answer = server.next_event(now).unwrap();
    assert_eq!(answer.until(), Some(now + Duration::from_secs(600)));
    server.buffers().1.advance("+OK POP3 server ready\r\n".len());

    // Half a command does not move it, a whole one does.
    let later = now + Duration::from_secs(500);
    server.buffers().0.extend_from_slice(b"CA");
    assert_eq!(server.next_event(later).unwrap().until(), answer.until());
    server.buffers().0.extend_from_slice(b"PA\r\n");
    let until = server.next_event(later).unwrap().until().unwrap();
    assert_eq!(until, later + Duration::from_secs(600));
    let (_, out) = server.buffers();
    out.advance(out.remaining());

    let just_before = until - Duration::from_secs(1);
    assert!(matches!(server.next_event(just_before), Ok(Next::NeedInput { .. })));
    let error = server.next_event(until).unwrap_err();
    assert_eq!(error, Violation::TimedOut { what: "next command" });
    assert_eq!(server.next_event(until).unwrap_err(), error, "for ever");
    assert!(server.buffers().1.is_empty(), "nothing is said");
}

#[test]
fn timers_stand_still_while_the_application_thinks() {
    let mut server = Server::new(open());
    let now = start();
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\n");
    let Ok(Next::Event(server::Event::Login(_))) = server.next_event(now) else { panic!() };
    let unsent = server.buffers().1.len();
    server.buffers().1.advance(unsent);
    let day = Duration::from_secs(24 * 3600);
    assert!(matches!(server.next_event(now + day), Ok(Next::NeedReply { until: None })));
    server.accept(pop3_proto::Maildrop::default()).unwrap();
    let answer = server.next_event(now + 2 * day).unwrap();
    assert_eq!(answer.until(), Some(now + 2 * day + Duration::from_secs(600)));
}

#[test]
fn err_tls_handshake_that_never_ends() {
    let mut server = Server::new(open().tls(server::Tls::Implicit));
    let mut client = Client::new(client::Config::new().tls(client::Tls::Implicit));
    let now = start();
    let until = server.next_event(now).unwrap().until().unwrap();
    assert_eq!(client.next_event(now).unwrap().until(), Some(until));
    assert_eq!(server.next_event(until).unwrap_err().kind(), FaultKind::TimedOut);
    assert_eq!(client.next_event(until).unwrap_err().kind(), FaultKind::TimedOut);
}

#[test]
fn err_server_that_does_not_answer() {
    let mut client = Client::new(bold());
    let now = start();
    let until = client.next_event(now).unwrap().until().unwrap();
    assert_eq!(until, now + ClientLimits::default().greeting_time);
    let mut silent = Client::new(bold());
    assert!(silent.next_event(now).is_ok());
    let error = silent.next_event(until).unwrap_err();
    assert_eq!(error, Violation::TimedOut { what: "greeting" });

    client.buffers().0.extend_from_slice(b"+OK ready\r\n");
    assert!(matches!(client.next_event(now), Ok(Next::Event(Event::Greeting(_)))));
    let until = client.next_event(now).unwrap().until().unwrap();
    client.buffers().0.extend_from_slice(b"+O");
    assert_eq!(client.next_event(until - Duration::from_secs(1)).unwrap().until(), Some(until));
    assert_eq!(client.next_event(until).unwrap_err(), Violation::TimedOut { what: "answer" });
}

/// Each answer has its own time, and that of a message is over with it.
#[test]
fn every_answer_has_its_own_time() {
    let mut client = Client::new(bold());
    let mut now = start();
    client.login(mrose()).unwrap();
    client.retr(MessageNumber::FIRST).unwrap();
    client.noop().unwrap();
    client.noop().unwrap();
    let answer_time = ClientLimits::default().answer_time;
    client.buffers().0.extend_from_slice(b"+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK\r\nhalf");
    let wait = |client: &mut Client, now| loop {
        match client.next_event(now).unwrap() {
            Next::Event(_) => {}
            next => break next.until(),
        }
    };
    assert_eq!(wait(&mut client, now), Some(now + ClientLimits::default().body_window));
    for answer in [&b"\r\n.\r\n"[..], b"+OK\r\n"] {
        now += Duration::from_secs(100);
        client.buffers().0.extend_from_slice(answer);
        assert_eq!(wait(&mut client, now), Some(now + answer_time));
    }
    assert!(
        client.buffers().0.capacity() < 4 * mail_wire::COMMAND_BLOCK,
        "the block is given back"
    );
}

/// What came before a message does not make up for it.
#[test]
fn err_message_that_does_not_come_after_many_answers_that_did() {
    let mut client = Client::new(bold());
    let now = start();
    client.login(mrose()).unwrap();
    let mut answers = b"+OK\r\n-ERR\r\n+OK\r\n+OK\r\n".to_vec();
    for _ in 0..100 {
        client.noop().unwrap();
        answers.extend(b"+OK ".iter().chain(&[b'x'; 100]).chain(b"\r\n"));
    }
    client.retr(MessageNumber::FIRST).unwrap();
    answers.extend(b"+OK\r\n");
    client.buffers().0.extend_from_slice(&answers);
    let until = loop {
        match client.next_event(now).unwrap() {
            Next::Event(_) => {}
            next => break next.until().unwrap(),
        }
    };
    assert!(matches!(client.next_event(until), Ok(Next::Event(Event::BodyAborted { .. }))));
    assert_eq!(client.next_event(until).unwrap_err().kind(), FaultKind::TimedOut);
}

/// Who waits for the application's answer waits for the peer as well, if that does not read.
#[test]
fn err_peer_that_reads_nothing_while_an_answer_is_owed() {
    let mut now = start();
    let mut server = Server::new(open());
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\n");
    while let Next::Event(_) = server.next_event(now).unwrap() {}
    let window = ServerLimits::default().body_window;
    let next = server.next_event(now).unwrap();
    assert!(matches!(next, Next::NeedReply { until } if until == Some(now + window)), "{next:?}");
    let unsent = server.buffers().1.len();
    server.buffers().1.advance(unsent - 1);
    assert!(matches!(server.next_event(now), Ok(Next::NeedReply { until: Some(_) })));
    now += window;
    assert_eq!(server.next_event(now).unwrap_err().kind(), FaultKind::TimedOut);

    // Once all is read, only the application is waited for.
    let mut server = Server::new(open());
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\n");
    while let Next::Event(_) = server.next_event(now).unwrap() {}
    let unsent = server.buffers().1.len();
    server.buffers().1.advance(unsent);
    assert!(matches!(server.next_event(now + window), Ok(Next::NeedReply { until: None })));
}

/// A limit of `Duration::MAX` says that there is none.
#[test]
fn ok_ends_without_limits_of_time() {
    let limits = ServerLimits {
        idle_time: Duration::MAX,
        body_window: Duration::MAX,
        handshake_time: Duration::MAX,
        ..ServerLimits::default()
    };
    let app = App::new(&[b"Subject: x\r\n\r\nhi\r\n"]);
    let server = Server::new(open().limits(limits));
    let limits = ClientLimits {
        greeting_time: Duration::MAX,
        answer_time: Duration::MAX,
        body_window: Duration::MAX,
        ..ClientLimits::default()
    };
    let mut pair = Pair::new(Client::new(bold().limits(limits)), server);
    pair.client.login(mrose()).unwrap();
    pair.client.retr(MessageNumber::FIRST).unwrap();
    let (told, _) = run(&mut pair, &app);
    assert!(told.iter().any(|line| line.starts_with("message")), "{told:?}");
}

#[test]
fn time_of_the_handshake_is_over_with_it() {
    let now = start();
    let mut server = Server::new(open().tls(server::Tls::Implicit));
    let mut client = Client::new(client::Config::new().tls(client::Tls::Implicit));
    assert!(server.next_event(now).is_ok() && client.next_event(now).is_ok());
    server.upgraded(pretend(Upgrade::Tls)).unwrap();
    client.upgraded(pretend(Upgrade::Tls)).unwrap();
    assert!(matches!(server.next_event(now), Ok(Next::Event(server::Event::Tls(_)))));
    assert!(matches!(client.next_event(now), Ok(Next::Event(Event::Tls(_)))));
    let idle = ServerLimits::default().idle_time;
    assert_eq!(server.next_event(now).unwrap().until(), Some(now + idle));
    let greeting = ClientLimits::default().greeting_time;
    assert_eq!(client.next_event(now).unwrap().until(), Some(now + greeting));
}

/// A message that trickles is aborted; one whose octets the application is slow to take is not.
#[test]
fn err_message_slower_than_the_lowest_rate() {
    let limits = ClientLimits::default();
    let (rate, window) = (limits.body_rate as usize, limits.body_window);
    for (octets, late, fails) in
        [(rate, false, true), (rate, true, false), (2 * rate * 120, false, false)]
    {
        let mut client = Client::new(bold());
        let mut now = start();
        client.login(mrose()).unwrap();
        client.retr(MessageNumber::FIRST).unwrap();
        client.buffers().0.extend_from_slice(b"+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK\r\n");
        let mut aborted = false;
        let failed = 'conversation: {
            for _ in 0..5 {
                loop {
                    match client.next_event(now) {
                        Ok(Next::Event(Event::Body { .. })) if late => now += window * 3,
                        Ok(Next::Event(event)) => {
                            aborted |= matches!(event, Event::BodyAborted { .. });
                        }
                        Ok(Next::NeedInput { .. }) => break,
                        Ok(other) => panic!("{other:?}"),
                        Err(error) => {
                            assert_eq!(error, Violation::TimedOut { what: "message" });
                            break 'conversation true;
                        }
                    }
                }
                if !late {
                    now += window;
                }
                client.buffers().0.extend_from_slice(&b"x".repeat(octets));
            }
            false
        };
        assert_eq!(failed, fails, "{octets} octets in {window:?}, late: {late}");
        assert_eq!(aborted, fails, "the application knows");
    }
}

/// Time in which nothing was to be read does not count.
#[test]
fn ok_reader_that_comes_back_after_a_while() {
    let mut server = Server::new(open());
    let app = App { piece: 16 * 1024, ..App::of_sizes(&[100_000]) };
    let mut now = start();
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\n");
    for _ in 0..3 {
        server.buffers().0.extend_from_slice(b"RETR 1\r\n");
        let mut blocked = 0;
        loop {
            match server.next_event(now).unwrap() {
                Next::Event(event) => drop(app.act(&mut server, event)),
                Next::NeedInput { .. } => break,
                Next::NeedOutput { .. } => blocked += 1,
                other => panic!("{other:?}"),
            }
            if blocked > 0 {
                let (_, out) = server.buffers();
                out.advance(out.remaining());
            }
        }
        assert!(blocked > 0);
        // All is read; what follows is a pause.
        for _ in 0..4 {
            let (_, out) = server.buffers();
            out.advance(out.remaining());
            now += Duration::from_secs(500);
            server.buffers().0.extend_from_slice(b"NOOP\r\n");
            assert!(matches!(server.next_event(now), Ok(Next::NeedInput { .. })));
        }
    }
}

/// A peer that reads too slowly is given up, one that keeps the lowest rate is served.
#[test]
fn reader_is_held_to_the_lowest_rate() {
    let limits = ServerLimits::default();
    let (rate, window) = (limits.body_rate as usize, limits.body_window);
    for (octets, served) in [(rate * 60, false), (rate * 240, true)] {
        let mut server = Server::new(open());
        let app = App::of_sizes(&[4_000_000]);
        let app = App { piece: 16 * 1024, ..app };
        let mut now = start();
        let script = b"USER mrose\r\nPASS tanstaaf\r\nRETR 1\r\n";
        server.buffers().0.extend_from_slice(script);
        let mut turns = 0;
        let result = loop {
            match server.next_event(now) {
                Ok(Next::Event(event)) => drop(app.act(&mut server, event)),
                Ok(Next::NeedOutput { .. }) if turns == 20 => break Ok(()),
                Ok(Next::NeedOutput { .. }) => {
                    turns += 1;
                    now += window;
                    let (_, out) = server.buffers();
                    out.advance(octets);
                }
                Ok(other) => panic!("{other:?}"),
                Err(error) => break Err(error),
            }
        };
        assert_eq!(result.is_ok(), served, "{octets} octets in {window:?}: {result:?}");
    }
}

/// Asks for messages that do not fit the output, then says `last`; plays the peer that takes
/// `octets` in each window until the server waits for a command or is over.
fn read_slowly(octets: usize, last: &str) -> Result<(Next<()>, usize), Violation> {
    let window = ServerLimits::default().body_window;
    let mut server = Server::new(open());
    let app = App { piece: 16 * 1024, ..App::of_sizes(&[100_000]) };
    let mut now = start();
    let script = format!("USER mrose\r\nPASS tanstaaf\r\nRETR 1\r\n{last}");
    server.buffers().0.extend_from_slice(script.as_bytes());
    loop {
        let next = server.next_event(now)?;
        assert!(next.until().is_none_or(|until| until > now), "a driver would spin");
        let (_, out) = server.buffers();
        match next {
            Next::Event(event) => drop(app.act(&mut server, event)),
            Next::NeedOutput { .. } | Next::NeedInput { .. } if !out.is_empty() => {
                out.advance(octets.min(out.len()));
                now += window;
            }
            over => return Ok((over.map(drop), out.len())),
        }
    }
}

/// The last part of a message is less than what makes the server wait, and takes its time too.
#[test]
fn ok_reader_takes_the_end_of_a_message_slowly() {
    let slow = 2 * ServerLimits::default().body_rate as usize * 120;
    assert!(matches!(read_slowly(slow, ""), Ok((Next::NeedInput { .. }, 0))));
    let too_slow = Violation::TimedOut { what: "reading of what was sent" };
    assert_eq!(read_slowly(slow / 4, ""), Err(too_slow));
}

/// RFC 2449 6.6: QUIT may come before the message is read. Who hangs up then loses the message.
#[test]
fn ok_quit_behind_a_message_that_is_read_slowly() {
    let slow = 2 * ServerLimits::default().body_rate as usize * 120;
    let (next, unsent) = read_slowly(slow, "QUIT\r\n").unwrap();
    assert!(matches!(next, Next::Closed) && unsent <= 512, "{unsent} octets are unsent");
    let too_slow = Violation::TimedOut { what: "reading of what was sent" };
    assert_eq!(read_slowly(slow / 4, "QUIT\r\n"), Err(too_slow));
}

/// At the end nobody waits for a command any more, only for the reader.
#[test]
fn closing_lets_the_peer_take_what_was_sent() {
    let limits = ServerLimits::default();
    let mut server = Server::new(open());
    let app = App { piece: 16 * 1024, ..App::of_sizes(&[40_000]) };
    let mut now = start();
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\nRETR 1\r\n");
    while let Next::Event(event) = server.next_event(now).unwrap() {
        app.act(&mut server, event);
    }
    now += limits.idle_time - Duration::from_secs(1);
    server.close(mail_wire::Goodbye::Shutdown);
    let error = loop {
        match server.next_event(now) {
            Ok(Next::NeedOutput { until: Some(until) }) if until > now => now = until,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error, Violation::TimedOut { what: "reading of what was sent" });
}
