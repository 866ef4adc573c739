//! The dialogues of RFC 1939, 2449 and 2595, at the client's end; and servers that know no POP3.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use bytes::Buf;
use common::{bold, fetch, mrose, tell};
use mail_errors::{Fault, FaultKind};
use mail_wire::testing::{Ended, pretend, replay, start};
use mail_wire::{BareNewline, Goodbye, Next, Session as _, Upgrade};
use pop3_proto::client::{Client, Config, Event, NotSent, PlaintextLogin, Tls};
use pop3_proto::{ClientLimits, Deviation, MessageNumber, Profile, State, Violation};

const ONE: MessageNumber = MessageNumber::FIRST;

/// A server without CAPA, up to the end of the login.
const OLD: [&[u8]; 4] = [b"+OK ready\r\n", b"-ERR what?\r\n", b"+OK\r\n", b"+OK in\r\n"];

/// Plays answers to commands that follow a login, and returns what was told of them.
fn after_login(give: fn(&mut Client), answers: &[&[u8]]) -> (Vec<String>, Ended) {
    let answers = [&OLD, answers].concat();
    let replay = fetch(&bold(), give, &answers);
    let told =
        replay.log.strip_prefix(&["greeting +OK ready", "ready", "PASS +OK in"].map(String::from));
    (told.expect("logged in").to_vec(), replay.ended)
}

/// RFC 1939 10, with APOP.
#[test]
fn ok_the_example_session() {
    let give = |client: &mut Client| {
        client.apop(mrose()).unwrap();
        client.stat().unwrap();
        client.list().unwrap();
        client.retr(ONE).unwrap();
        client.dele(ONE).unwrap();
        client.quit().unwrap();
    };
    let answers: [&[u8]; 8] = [
        b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n",
        b"-ERR unknown command\r\n",
        b"+OK mrose's maildrop has 2 messages (320 octets)\r\n",
        b"+OK 2 320\r\n",
        b"+OK 2 messages (320 octets)\r\n1 120\r\n2 200\r\n.\r\n",
        b"+OK 120 octets\r\nSubject: x\r\n\r\n..\r\n...\r\n.\r\n",
        b"+OK message 1 deleted\r\n",
        b"+OK dewey POP3 server signing off (maildrop empty)\r\n",
    ];
    let replay = fetch(&bold(), give, &answers);
    let sent = "CAPA\r\nAPOP mrose c4c9334bac560ecc979e58001b3e22fb\r\nSTAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n";
    assert_eq!(replay.text(), sent);
    let log = [
        "greeting +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
        "ready",
        "APOP +OK mrose's maildrop has 2 messages (320 octets)",
        "stat 2 320",
        "STAT +OK 2 320",
        "size 1 120",
        "size 2 200",
        "LIST +OK 2 messages (320 octets)",
        r#"body "Subject: x\r\n\r\n.\r\n..\r\n""#,
        "end of body",
        "RETR +OK 120 octets",
        "DELE +OK message 1 deleted",
        "QUIT +OK dewey POP3 server signing off (maildrop empty)",
    ];
    assert_eq!(replay.log, log);
    assert_eq!(replay.ended, Ended::Closed);
}

/// RFC 1939 5 and 7: one line for one message, many for all.
#[test]
fn ok_lists_of_one_and_of_all() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.list_one(ONE).unwrap();
        client.uidl_one(ONE).unwrap();
        client.uidl().unwrap();
        client.list_one(MessageNumber::new(3).unwrap()).unwrap();
    };
    let answers: [&[u8]; 4] = [
        b"+OK 1 120\r\n",
        b"+OK 1 whqtswO00WBw418f9t5JxYwZ\r\n",
        b"+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n2 QhdPYR:00WBw1Ph7x7\r\n.\r\n",
        b"-ERR no such message, only 2 messages in maildrop\r\n",
    ];
    let (told, _) = after_login(give, &answers);
    let expected = [
        "size 1 120",
        "LIST +OK 1 120",
        "id 1 whqtswO00WBw418f9t5JxYwZ",
        "UIDL +OK 1 whqtswO00WBw418f9t5JxYwZ",
        "id 1 whqtswO00WBw418f9t5JxYwZ",
        "id 2 QhdPYR:00WBw1Ph7x7",
        "UIDL +OK",
        "LIST -ERR no such message, only 2 messages in maildrop",
    ];
    assert_eq!(told, expected);
}

/// RFC 2449 5 and RFC 2595 4: CAPA again after TLS, and after the login.
#[test]
fn ok_stls_and_capabilities_each_time() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.capa().unwrap();
        client.quit().unwrap();
    };
    let answers: [&[u8]; 9] = [
        b"+OK ready\r\n",
        b"+OK\r\nSTLS\r\n.\r\n",
        b"+OK begin\r\n",
        b"+OK\r\nUSER\r\n.\r\n",
        b"+OK\r\n",
        b"+OK in\r\n",
        b"+OK\r\nTOP\r\n.\r\n",
        b"+OK\r\nUIDL\r\n..X-DOT\r\n.\r\n",
        b"+OK bye\r\n",
    ];
    let replay = fetch(&Config::new(), give, &answers);
    let sent = "CAPA\r\nSTLS\r\nCAPA\r\nUSER mrose\r\nPASS tanstaaf\r\nCAPA\r\nCAPA\r\nQUIT\r\n";
    assert_eq!(replay.text(), sent);
    let log = [
        "greeting +OK ready",
        "tls",
        "ready",
        "PASS +OK in",
        "offers [Uidl, Other(Text(.X-DOT))]",
        "CAPA +OK",
        "QUIT +OK bye",
    ];
    assert_eq!(replay.log, log);
}

#[test]
fn err_tls_that_is_required_and_not_to_be_had() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
    };
    for (answers, error) in [
        (vec![&b"+OK ready\r\n"[..], b"-ERR\r\n"], "TlsNotOffered"),
        (vec![b"+OK ready\r\n", b"+OK\r\nUSER\r\n.\r\n"], "TlsNotOffered"),
        (
            vec![b"+OK ready\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"-ERR no\r\n"],
            "TlsRefused(Response(-ERR no))",
        ),
    ] {
        let replay = fetch(&Config::new(), give, &answers);
        assert_eq!(replay.ended, Ended::Failed(error.into()));
        assert!(!replay.text().contains("USER"), "{}", replay.text());
    }
}

#[test]
fn ok_opportunistic_goes_on_without_tls() {
    let config = bold().tls(Tls::Opportunistic);
    let give = |client: &mut Client| {
        client.noop().unwrap();
    };
    for answers in [
        vec![&b"+OK ready\r\n"[..], b"+OK\r\nTOP\r\n.\r\n"],
        vec![b"+OK ready\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"-ERR no\r\n"],
    ] {
        let replay = fetch(&config, give, &answers);
        let log = ["greeting +OK ready", "ready", "not sent: not possible in authorization state"];
        assert_eq!(replay.log, log);
    }
}

#[test]
fn err_plaintext_behind_the_answer_to_stls() {
    let mut client = Client::new(Config::new());
    let mut act = |_: &mut Client, event| tell(event);
    let answers: [&[u8]; 3] =
        [b"+OK ready\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"+OK begin\r\n+OK\r\nUSER\r\n.\r\n"];
    replay(&mut client, &mut act, &answers[..2], false);
    client.buffers().0.extend_from_slice(answers[2]);
    assert_eq!(client.next_event(start()).unwrap_err(), Violation::Injected, "no handshake");

    let mut client = Client::new(Config::new());
    replay(&mut client, &mut act, &answers[..2], false);
    client.buffers().0.extend_from_slice(b"+OK begin\r\n");
    assert!(matches!(client.next_event(start()), Ok(Next::Upgrade { .. })));
    client.buffers().0.extend_from_slice(b"+OK\r\n");
    assert_eq!(client.upgraded(pretend(Upgrade::Tls)), Err(Violation::Injected));
}

/// RFC 2595 4: the client must discard what it learnt in the clear.
#[test]
fn forgets_the_capabilities_that_were_told_in_the_clear() {
    let mut client = Client::new(Config::new());
    let mut act = |_: &mut Client, event| tell(event);
    let answers: [&[u8]; 4] =
        [b"+OK ready\r\n", b"+OK\r\nSTLS\r\nPIPELINING\r\n.\r\n", b"+OK\r\n", b"-ERR\r\n"];
    let run = replay(&mut client, &mut act, &answers, false);
    assert_eq!(run.log.last().unwrap(), "ready");
    assert_eq!(client.capabilities(), None);
    assert!(client.tls().is_some());
}

/// CVE-2007-1558, and RFC 2595 4: a timestamp that came in the clear is forgotten under TLS.
#[test]
fn refuses_apop_without_a_timestamp_to_trust() {
    let give = |client: &mut Client| {
        client.apop(mrose()).unwrap();
    };
    let not_sent = "not sent: the server does not offer APOP";
    for greeting in [&b"+OK ready\r\n"[..], b"+OK <no-at>\r\n", b"+OK <a\x80\x01@b>\r\n"] {
        let replay = fetch(&bold(), give, &[greeting, b"-ERR\r\n"]);
        assert_eq!(replay.log.last().unwrap(), not_sent);
    }
    let answers: [&[u8]; 4] =
        [b"+OK <1@a>\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"+OK begin\r\n", b"-ERR\r\n"];
    let replay = fetch(&Config::new(), give, &answers);
    assert_eq!(replay.log.last().unwrap(), not_sent);
    assert!(!replay.text().contains("APOP"));
}

#[test]
fn refuses_to_send_a_password_in_the_clear_or_in_vain() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
    };
    let config = bold().plaintext_login(PlaintextLogin::Refuse);
    let replay = fetch(&config, give, &[b"+OK ready\r\n", b"-ERR\r\n"]);
    assert_eq!(replay.log.last().unwrap(), "not sent: a password is not sent without TLS");
    let replay = fetch(&bold(), give, &[b"+OK ready\r\n", b"+OK\r\nTOP\r\n.\r\n"]);
    assert_eq!(replay.log.last().unwrap(), "not sent: the server does not offer USER");
    assert!(!replay.text().contains("mrose"));
}

#[test]
fn login_that_fails_leaves_the_rest_unsent_but_quit() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.stat().unwrap();
        client.quit().unwrap();
    };
    let answers: [&[u8]; 5] =
        [b"+OK ready\r\n", b"-ERR\r\n", b"+OK\r\n", b"-ERR [AUTH] wrong\r\n", b"+OK bye\r\n"];
    let replay = fetch(&bold(), give, &answers);
    let log =
        ["PASS -ERR [AUTH] wrong", "not sent: not possible in authorization state", "QUIT +OK bye"];
    assert_eq!(replay.log[2..], log);
    let answers: [&[u8]; 4] = [b"+OK ready\r\n", b"-ERR\r\n", b"-ERR no mailbox\r\n", b"+OK\r\n"];
    let replay = fetch(&bold(), give, &answers);
    assert_eq!(replay.log[2], "USER -ERR no mailbox");
    assert!(!replay.text().contains("tanstaaf"));
}

/// RFC 2449 6.6.
#[test]
fn pipelines_where_that_is_offered_and_no_more_than_a_group() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        for _ in 0..1000 {
            client.noop().unwrap();
        }
        client.quit().unwrap();
    };
    let mut client = Client::new(bold().limits(ClientLimits { group: 100, ..Default::default() }));
    give(&mut client);
    let mut act = |_: &mut Client, event| tell(event);
    let answers: [&[u8]; 5] = [
        b"+OK ready\r\n",
        b"+OK\r\nUSER\r\nPIPELINING\r\n.\r\n",
        b"+OK\r\n",
        b"+OK in\r\n",
        b"+OK\r\nPIPELINING\r\n.\r\n",
    ];
    let run = replay(&mut client, &mut act, &answers, false);
    let group = run.text().split_once("PASS tanstaaf\r\nCAPA\r\n").unwrap().1.to_owned();
    assert_eq!(group, "NOOP\r\n".repeat(11), "up to 100 octets, with room for the longest");
    let run = replay(&mut client, &mut act, &[&b"+OK\r\n".repeat(1001)], false);
    assert_eq!(run.text().matches("NOOP").count(), 1000 - 11);
    assert_eq!((run.ended, client.state()), (Ended::Closed, State::Update));

    let mut client = Client::new(bold());
    give(&mut client);
    let run = replay(&mut client, &mut act, &OLD, false);
    assert!(run.text().ends_with("PASS tanstaaf\r\nNOOP\r\n"), "one at a time");
}

#[test]
fn bad_items_do_not_lose_the_rest() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.stat().unwrap();
        client.list().unwrap();
        client.uidl().unwrap();
    };
    let long = [&b"+OK\r\n1 "[..], &b"x".repeat(5000), b"\r\n2 b\r\n.\r\n"].concat();
    let answers: [&[u8]; 3] =
        [b"+OK many\r\n", b"+OK\r\n1 120\r\nx\r\n0 1\r\n2 200\r\n.\r\n", &long];
    let (told, _) = after_login(give, &answers);
    let expected = [
        "malformed: expected the number of messages at offset 0",
        "STAT +OK many",
        "size 1 120",
        "malformed: expected a message number at offset 0",
        "malformed: expected a message number above 0 at offset 0",
        "size 2 200",
        "LIST +OK",
        "malformed: expected end of line at offset 4096",
        "id 2 b",
        "UIDL +OK",
    ];
    assert_eq!(told, expected);
}

#[test]
fn err_message_without_terminator_is_aborted() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.retr(ONE).unwrap();
    };
    let (told, ended) = after_login(give, &[b"+OK\r\nhalf of\r\n."]);
    assert_eq!(told, [r#"body "half of\r\n""#, "body aborted"]);
    assert_eq!(ended, Ended::Failed(r#"Truncated { within: "a message" }"#.into()));
}

#[test]
fn bare_newlines_in_a_message_are_what_was_asked_for() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.retr(ONE).unwrap();
    };
    let message = b"+OK\r\none\ntwo\n.\nthree\r\n.\r\n";
    let (told, _) = after_login(give, &[message]);
    assert_eq!(told[0], r#"body "one\r\ntwo\r\n.\r\nthree\r\n""#);
    let tolerated = "tolerated CR or LF alone in a message at offset 3";
    assert_eq!(told[1..], [tolerated, "end of body", "RETR +OK"]);
    let strict = bold().bare_newlines(BareNewline::Reject);
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.retr(ONE).unwrap();
        client.noop().unwrap();
    };
    let replay = fetch(&strict, give, &[&OLD[..], &[message, b"+OK\r\n"]].concat());
    // It did not come whole, so RETR is not done: who deletes what is done keeps it.
    assert_eq!(replay.log[replay.log.len() - 2..], ["body aborted", "NOOP +OK"]);
}

/// What is in the buffers may be anybody's mail, or a password.
#[test]
fn prints_no_octets_of_its_buffers() {
    let mut client = Client::new(bold());
    client.login(mrose()).unwrap();
    for answer in [&b"+OK ready\r\n-ERR\r\n"[..], b"+OK\r\nmail"] {
        client.buffers().0.extend_from_slice(answer);
        while let Ok(Next::Event(_)) = client.next_event(start()) {}
        let printed = format!("{client:?}");
        assert!(!printed.contains("tanstaaf") && !printed.contains("mail"), "{printed}");
    }
    assert!(client.buffers().1.chunk().ends_with(b"PASS tanstaaf\r\n"));
}

/// A server that sends the lines of its disk, and ends them as it ends its own.
#[test]
fn ok_message_of_lines_that_end_in_lf_alone() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.retr(ONE).unwrap();
        client.noop().unwrap();
    };
    let (told, _) = after_login(give, &[b"+OK\r\none\n..two\n.\r\n", b"+OK\r\n"]);
    assert_eq!(told[0], r#"body "one\r\n.two\r\n""#);
    assert_eq!(told[2..], ["end of body", "RETR +OK", "NOOP +OK"]);
}

#[test]
fn err_servers_that_do_not_speak_pop3() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
    };
    let strict = Profile::COMPAT.refusing(Deviation::BareNewlineInResponse);
    for (config, answers, error) in [
        (bold(), vec![&b"220 mx ESMTP\r\n"[..]], "response: expected +OK or -ERR at offset 0"),
        (
            bold(),
            vec![b"-ERR [SYS/TEMP] busy\r\n"],
            "server ends the conversation: -ERR [SYS/TEMP] busy",
        ),
        (bold(), vec![b""], "connection ended in the greeting"),
        (bold(), vec![b"+OK ready\r\n", b"+OK\r\nTOP\r\n"], "connection ended in a list"),
        (bold(), vec![b"+OK ready\r\n", b"-ERR\r\n+OK\r\n"], "connection ended in an answer"),
        (bold().profile(strict), vec![b"+OK ready\n"], "line ended in LF without CR"),
        (
            bold(),
            vec![b"+OK ready\r\n", b"maybe\r\n"],
            "response: expected +OK or -ERR at offset 0",
        ),
    ] {
        let mut client = Client::new(config);
        give(&mut client);
        let mut act = |_: &mut Client, event| tell(event);
        replay(&mut client, &mut act, &answers, true);
        assert_eq!(client.next_event(start()).unwrap_err().to_string(), error);
    }
}

#[test]
fn err_lines_and_lists_without_end() {
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
    };
    let mut act = |_: &mut Client, event| tell(event);
    for (answers, error) in [
        (vec![vec![b'x'; 1000]; 10], "line longer than 4096 octets"),
        (
            [vec![b"+OK\r\n+OK\r\n".to_vec()], vec![b"X-CAPA\r\n".repeat(100); 100]].concat(),
            "capabilities of more than 16384 octets",
        ),
        // Lines that cannot be read, of which nothing is kept.
        (
            [vec![b"+OK\r\n+OK\r\n".to_vec()], vec![b"\r\n \r\n".repeat(1000); 10]].concat(),
            "capabilities of more than 16384 octets",
        ),
        (
            [
                vec![b"+OK\r\n+OK\r\n".to_vec()],
                vec![[[b'x'; 5000].as_slice(), b"\r\n"].concat(); 5],
            ]
            .concat(),
            "capabilities of more than 16384 octets",
        ),
    ] {
        let mut client = Client::new(bold());
        give(&mut client);
        let answers: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
        let run = replay(&mut client, &mut act, &answers, false);
        let violation = client.next_event(start()).unwrap_err();
        assert_eq!(
            (violation.to_string().as_str(), violation.kind()),
            (error, FaultKind::LimitExceeded)
        );
        assert!(run.room < 16 * 1024, "{}", run.room);
    }
}

/// What is listed is told line by line, and there is an end to it, whatever the lines hold.
#[test]
fn err_listings_of_more_lines_than_are_borne() {
    let limits = ClientLimits { listing: 3, ..ClientLimits::default() };
    let give: [fn(&mut Client); 4] = [
        |client| {
            let _ = client.list().unwrap();
        },
        |client| {
            let _ = client.uidl().unwrap();
        },
        |client| {
            let _ = client.languages().unwrap();
        },
        // One line was asked for.
        |client| {
            let _ = client.uidl_one(ONE).unwrap();
        },
    ];
    let long = [[b'x'; 5000].as_slice(), b"\r\n"].concat();
    for give in give {
        for line in ["1 7\r\n", "\r\n", ".. \r\n"] {
            let make = || {
                let mut client = Client::new(bold().limits(limits.clone()));
                client.login(mrose()).unwrap();
                give(&mut client);
                client
            };
            let play = |end: &str| {
                let answer = format!("+OK all\r\n{}{end}", line.repeat(3));
                let answers = [&OLD[..], &[answer.as_bytes()]].concat();
                let mut client = make();
                let mut act = |_: &mut Client, event| tell(event);
                let run = replay(&mut client, &mut act, &answers, false);
                let log = run.log.into_iter().skip(3);
                let lines = log.filter(|line| !line.starts_with("tolerated")).count();
                (lines, run.ended)
            };
            assert_eq!(play(".\r\n").0, 3 + 1, "{line}");
            let too_long = Ended::Failed("ListingTooLong { limit: 3 }".into());
            assert_eq!(play(line), (3, too_long.clone()), "{line}");
            assert_eq!(play(str::from_utf8(&long).unwrap()), (3, too_long), "{line}");
        }
    }
}

#[test]
fn err_unique_id_that_is_longer_than_is_borne_is_one_bad_line() {
    let line = |octets| format!("1 {}\r\n", "x".repeat(octets));
    let answer = format!("+OK\r\n{}{}2 b\r\n.\r\n", line(256), line(255));
    let give = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.uidl().unwrap();
    };
    let run = fetch(&bold(), give, &[&OLD[..], &[answer.as_bytes()]].concat());
    let told = run.log.iter().skip(3);
    let told: Vec<_> = told.map(|line| line.get(..40).unwrap_or(line)).collect();
    let tolerated = "tolerated unique id of more than 70 char";
    assert_eq!((told[0], told[2]), (tolerated, tolerated));
    assert_eq!(told[1], "malformed: expected end of the unique id");
    assert_eq!((told[3].len(), told[4]), (40, "id 2 b"));
}

/// Dovecot says `-ERR Disconnected for inactivity.` and hangs up.
#[test]
fn err_server_that_speaks_unasked() {
    for (said, expected) in [
        (&b"-ERR Disconnected for inactivity.\r\n"[..], FaultKind::Disconnected),
        (b"+OK hello?\r\n", FaultKind::Misbehaved),
        (b"hello?\r\n", FaultKind::Misbehaved),
    ] {
        let mut client = Client::new(bold());
        let mut act = |_: &mut Client, event| tell(event);
        let run = replay(&mut client, &mut act, &[b"+OK ready\r\n", b"-ERR\r\n"], false);
        assert_eq!(run.ended, Ended::WantsReply, "nothing is asked for");
        client.buffers().0.extend_from_slice(said);
        assert_eq!(client.next_event(start()).unwrap_err().kind(), expected);
    }
}

#[test]
fn closing_says_quit_and_breaking_off_says_nothing() {
    let mut act = |_: &mut Client, event| tell(event);
    let logged_in = |client: &mut Client| {
        client.login(mrose()).unwrap();
        client.dele(ONE).unwrap();
        let mut act = |_: &mut Client, event| tell(event);
        replay(client, &mut act, &OLD, false);
    };
    let mut client = Client::new(bold());
    logged_in(&mut client);
    client.stat().unwrap();
    client.close(Goodbye::Done);
    assert!(client.noop().is_err());
    let run = replay(&mut client, &mut act, &[b"+OK\r\n", b"+OK bye\r\n"], false);
    assert_eq!(run.log, ["not sent: the conversation is over", "DELE +OK", "QUIT +OK bye"]);
    assert_eq!((run.text().as_str(), client.state()), ("QUIT\r\n", State::Update));

    let mut client = Client::new(bold());
    logged_in(&mut client);
    client.stat().unwrap();
    client.quit().unwrap();
    client.close(Goodbye::Shutdown);
    let run = replay(&mut client, &mut act, &[b"+OK\r\n", b"+OK bye\r\n"], false);
    assert_eq!(run.log, ["not sent: the conversation is over", "DELE +OK", "QUIT +OK bye"]);

    let mut client = Client::new(bold());
    client.stat().unwrap();
    client.close(Goodbye::Done);
    let run = replay(&mut client, &mut act, &[], false);
    assert_eq!((run.text().as_str(), run.ended), ("", Ended::Closed), "no command could go yet");
    assert_eq!(run.log, ["not sent: the conversation is over"]);

    let mut client = Client::new(bold());
    logged_in(&mut client);
    client.quit().unwrap();
    client.close(Goodbye::InternalError);
    let run = replay(&mut client, &mut act, &[], false);
    assert_eq!((run.text().as_str(), run.ended), ("", Ended::Closed), "nothing is deleted");
    assert_eq!(client.state(), State::Transaction);
}

#[test]
fn forgotten_commands_tell_nothing() {
    let mut client = Client::new(bold());
    client.login(mrose()).unwrap();
    let retr = client.retr(ONE).unwrap();
    let stat = client.stat().unwrap();
    let noop = client.noop().unwrap();
    let mut act = |_: &mut Client, event| tell(event);
    replay(&mut client, &mut act, &OLD, false);
    client.forget(retr);
    client.forget(stat);
    let run = replay(&mut client, &mut act, &[b"+OK\r\nlong\r\n.\r\n", b"+OK\r\n"], false);
    assert_eq!((run.text().as_str(), run.log), ("NOOP\r\n", vec!["NOOP +OK".to_owned()]));
    client.forget(noop);
    assert_eq!(client.waiting(), 0);

    // In the middle of what is told, and in the middle of a login.
    let stat = client.stat().unwrap();
    client.buffers().0.extend_from_slice(b"+OK 1 2\r\n");
    assert!(matches!(client.next_event(start()), Ok(Next::Event(Event::Stat { .. }))));
    client.forget(stat);
    assert!(matches!(client.next_event(start()), Ok(Next::NeedReply { .. })));
    for answers in [&[&b"+OK\r\n"[..], b"+OK in\r\n"][..], &[b"+OK\r\n", b"-ERR no\r\n"]] {
        let mut client = Client::new(bold());
        let login = client.login(mrose()).unwrap();
        replay(&mut client, &mut act, &OLD[..2], false);
        client.forget(login);
        assert_eq!(replay(&mut client, &mut act, answers, false).log, [""; 0]);
    }
}

#[test]
fn quit_that_is_forgotten_in_time_ends_nothing() {
    let mut act = |_: &mut Client, event| tell(event);
    let mut client = Client::new(bold());
    client.login(mrose()).unwrap();
    client.stat().unwrap();
    let quit = client.quit().unwrap();
    replay(&mut client, &mut act, &OLD, false);
    client.forget(quit);
    client.noop().unwrap();
    client.close(Goodbye::Done);
    let answers: [&[u8]; 2] = [b"+OK 1 2\r\n", b"+OK bye\r\n"];
    let run = replay(&mut client, &mut act, &answers, false);
    assert_eq!((run.text().as_str(), run.ended), ("QUIT\r\n", Ended::Closed));
}

#[test]
fn misuse_sends_nothing() {
    let mut client = Client::new(bold().limits(ClientLimits { queue: 2, ..Default::default() }));
    for user in [" mrose", "mrose "] {
        let credentials = mail_sasl::Credentials::new(user, "x".into()).unwrap();
        assert!(client.login(credentials.clone()).is_err());
        assert!(client.apop(credentials).is_err());
    }
    let smuggled = mail_sasl::Credentials::new("mrose", "x\r\nDELE 1".into()).unwrap();
    assert!(client.login(smuggled).is_err());
    let other = mrose().acting_as("root").unwrap();
    assert!(client.login(other).is_err());
    client.stat().unwrap();
    client.stat().unwrap();
    assert_eq!(
        client.stat().unwrap_err().to_string(),
        "stat is not valid: too many commands wait already"
    );
    assert!(client.buffers().1.remaining() == 0);
}

#[test]
fn not_sent_says_why_to_programs() {
    let mut client = Client::new(bold());
    let handle = client.stat().unwrap();
    client.buffers().0.extend_from_slice(b"+OK ready\r\n-ERR\r\n");
    let mut seen = None;
    while let Ok(Next::Event(event)) = client.next_event(start()) {
        if let Event::NotSent { handle, why } = event {
            seen = Some((handle, why));
        }
    }
    assert_eq!(seen, Some((handle, NotSent::WrongState(State::Authorization))));
}
