//! LOGIN-DELAY and EXPIRE (RFC 2449 6.5, 6.7), UTF8 and LANG (RFC 6856), and what is deleted when.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use std::{num::NonZeroU32, time::Duration};

use bytes::Buf;
use common::{App, lines, open, serve};
use mail_errors::Misuse;
use mail_sasl::Mechanism;
use mail_wire::testing::{Act, Ended, replay, start};
use mail_wire::{Next, Session as _};
use pop3_proto::server::{Config, Event, Language, Phrase, Policy, Retention, Server, Tls, Utf8};
use pop3_proto::{
    LanguageListing, LanguageTag, Maildrop, Response, ResponseCode, ServerLimits, Text, Violation,
};
use proptest::prelude::*;

const LOGIN: &str = "USER mrose\r\nPASS tanstaaf\r\n";

fn three() -> App {
    App::of_sizes(&[100, 110, 120])
}

fn commits(config: &Config, commands: &[&str]) -> Vec<String> {
    let replay = serve(config, &three(), &[&format!("{LOGIN}{}", lines(commands))]);
    replay.log.into_iter().filter(|line| line.starts_with("commit")).collect()
}

/// RFC 2449 6.7: "EXPIRE 0".
#[test]
fn ok_what_was_fetched_whole_is_deleted_if_that_is_the_policy() {
    let config = open().policy(Policy::new().retention(Retention::DeleteRetrieved));
    let fetch = ["RETR 1", "TOP 2 0", "DELE 3", "QUIT"];
    assert_eq!(commits(&config, &fetch), ["commit [1, 3]"]);
    assert_eq!(commits(&config, &["RETR 1", "RETR 1", "DELE 1", "QUIT"]), ["commit [1]"]);
    // RSET takes marks away; that a message was fetched stays true.
    assert_eq!(commits(&config, &["RETR 2", "DELE 1", "RSET", "QUIT"]), ["commit [2]"]);
    // Without QUIT nothing goes.
    assert_eq!(commits(&config, &["RETR 1", "DELE 2"]), [""; 0]);
    for other in [Retention::Keep, Retention::Days(NonZeroU32::MIN)] {
        let config = open().policy(Policy::new().retention(other));
        assert_eq!(commits(&config, &fetch), ["commit [3]"]);
    }
}

/// Until its end was sent a message is not fetched.
#[test]
fn ok_message_that_breaks_off_is_kept() {
    let config = open().policy(Policy::new().retention(Retention::DeleteRetrieved));
    let mut server = Server::new(config);
    let app = three();
    let mut fetched = Vec::new();
    let mut act = |server: &mut Server, event: Event| match event {
        Event::WantBody(want) if want.number().get() == 2 => {
            server.body_failed(want.id()).unwrap();
            Act::Quiet
        }
        Event::Commit(deletions) => {
            fetched.extend(deletions.retrieved());
            app.act(server, Event::Commit(deletions))
        }
        event => app.act(server, event),
    };
    let script = format!("{LOGIN}RETR 1\r\nRETR 2\r\nRETR 3\r\nDELE 3\r\nQUIT\r\n");
    let run = replay(&mut server, &mut act, &[script.as_bytes()], false);
    assert_eq!(run.log.last().unwrap(), "commit [1, 3]");
    let fetched: Vec<_> = fetched.into_iter().map(|number| number.get()).collect();
    assert_eq!(fetched, [1, 3]);
}

#[test]
fn err_policy_when_nobody_logs_in() {
    let mut server = Server::new(open());
    assert!(matches!(server.set_policy(Policy::new()), Err(Misuse::WrongAnswer { .. })));
}

/// RFC 2449 6.5 and 6.7: USER says that it may be another one, until the user is known.
#[test]
fn ok_policy_of_each_user() {
    let strictest = Policy::new().login_delay(900).retention(Retention::DeleteRetrieved);
    let days = Retention::Days(NonZeroU32::new(30).unwrap());
    let mut server = Server::new(open().policy_per_user(strictest));
    let mut act = |server: &mut Server, event: Event| {
        assert!(matches!(event, Event::Login(_)), "{event:?}");
        server.set_policy(Policy::new().login_delay(60).retention(days)).unwrap();
        server.accept(Maildrop::from_sizes([]).unwrap()).unwrap();
        Act::Quiet
    };
    let script = format!("CAPA\r\n{LOGIN}CAPA\r\n");
    let text = replay(&mut server, &mut act, &[script.as_bytes()], false).text().to_owned();
    let (before, after) = text.split_once("send PASS").unwrap();
    assert!(before.contains("LOGIN-DELAY 900 USER\r\nEXPIRE 0 USER\r\n"), "{before}");
    assert!(after.contains("LOGIN-DELAY 60\r\nEXPIRE 30\r\n"), "{after}");
}

/// RFC 2449 6.7: what is true of one user is not of the next.
#[test]
fn ok_policy_of_a_user_who_was_refused_is_forgotten() {
    let mut server = Server::new(open());
    let app = three();
    let mut refused = false;
    let mut act = |server: &mut Server, event: Event| match event {
        Event::Login(_) if !std::mem::replace(&mut refused, true) => {
            server.set_policy(Policy::new().retention(Retention::DeleteRetrieved)).unwrap();
            let in_use = Response::err(ResponseCode::InUse, "another has it open").unwrap();
            server.refuse(&in_use).unwrap();
            Act::Quiet
        }
        event => app.act(server, event),
    };
    let script = format!("{LOGIN}CAPA\r\n{LOGIN}RETR 1\r\nQUIT\r\n");
    let run = replay(&mut server, &mut act, &[script.as_bytes()], false);
    assert_eq!(run.log, ["login mrose", "commit []"]);
    assert!(!run.text().contains("EXPIRE"), "{}", run.text());
}

fn german(phrase: Phrase) -> Text<'static> {
    match phrase {
        Phrase::Deleted => Text::fixed("Nachricht {0} gelöscht {1}{"),
        Phrase::Maildrop => Text::fixed("{1} Oktette in {0} Nachrichten"),
        Phrase::LanguageChanged => Text::fixed("Sprache gewechselt"),
        Phrase::UnknownCommand => Text::fixed("unbekannter Befehl"),
        other => other.english(),
    }
}

fn listing(tag: &'static str, name: &'static str) -> LanguageListing<'static> {
    LanguageListing::new(LanguageTag::new(tag).unwrap(), name).unwrap()
}

/// RFC 6856 3.
#[test]
fn ok_everything_is_said_in_the_language_that_was_chosen() {
    let config = open()
        .language(Language::english())
        .language(Language::new(listing("de", "Deutsch"), german));
    let commands = ["WHAT", "LANG de-AT", "WHAT", "RSET", "DELE 1", "LANG xx", "LANG EN", "NOOP"];
    let replay = serve(&config, &three(), &[&format!("{LOGIN}CAPA\r\n{}", lines(&commands))]);
    assert!(replay.text().contains("\r\nLANG\r\n.\r\n"), "{}", replay.text());
    let expected = [
        "-ERR unknown command",
        "+OK de Sprache gewechselt",
        "-ERR unbekannter Befehl",
        "+OK 330 Oktette in 3 Nachrichten",
        "+OK Nachricht 1 gelöscht {1}{",
        "-ERR no such language",
        "+OK en language changed",
        "+OK nothing done",
    ];
    assert!(replay.text().ends_with(&lines(&expected)), "{}", replay.text());
}

/// RFC 6856 3: what is said is UTF-8, and a character that does not fit is left out whole.
#[test]
fn ok_long_words_are_cut_between_characters() {
    for character in ["x", "ñ", "€", "🐞"] {
        for before in 0..4 {
            let text = "-".repeat(before) + &character.repeat(210);
            let config = open().greeting(Text::new(text.into_bytes()).unwrap());
            let said = String::from_utf8(serve(&config, &three(), &[]).output).unwrap();
            let words = said.strip_prefix("+OK ").unwrap().trim_end();
            let fit = (200 - before) / character.len() * character.len() + before;
            assert_eq!(words.len(), fit, "{said}");
        }
    }
}

/// RFC 2595 4: what was said in the clear is forgotten, the language as well.
#[test]
fn ok_tls_starts_in_english_again() {
    let config =
        open().tls(Tls::StartTls).language(Language::new(listing("de", "Deutsch"), german));
    let flights = ["LANG *\r\nWHAT\r\nSTLS\r\n", "WHAT\r\n"];
    let replay = serve(&config, &three(), &flights);
    let text = replay.text();
    let (clear, tls) = text.split_once("begin TLS").unwrap();
    assert!(clear.contains("-ERR unbekannter Befehl"), "{clear}");
    assert!(tls.contains("-ERR unknown command"), "{tls}");
}

#[test]
fn the_application_sees_language_and_utf8() {
    let config =
        open().utf8(Utf8::Offered).language(Language::new(listing("de", "Deutsch"), german));
    let mut server = Server::new(config);
    assert_eq!((server.language(), server.is_utf8()), ("en", false));
    server.buffers().0.extend_from_slice(b"UTF8\r\nLANG de\r\n");
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    assert_eq!((server.language(), server.is_utf8()), ("de", true));
}

#[test]
fn err_commands_without_end_and_no_login() {
    let limits = ServerLimits { commands_before_login: 9, ..ServerLimits::default() };
    let config = open().limits(limits);
    let replay = serve(&config, &three(), &[&"CAPA\r\n".repeat(20)]);
    assert_eq!(replay.ended, Ended::Failed("TooManyCommands { limit: 9 }".into()));
    assert!(replay.text().ends_with(".\r\n-ERR log in first\r\n"), "{}", replay.text());
    // Who is in may say NOOP for hours.
    let replay = serve(&config, &three(), &[&format!("{LOGIN}{}", "NOOP\r\n".repeat(50))]);
    assert_eq!(replay.ended, Ended::Closed);
}

/// What a client hears that sends this and is cut off then, and what is deleted.
fn cut_off(config: Config, app: &App, sent: &[u8]) -> (String, Option<Vec<u32>>) {
    let mut server = Server::new(config);
    let (mut said, mut deleted) = (Vec::new(), None);
    server.buffers().0.extend_from_slice(sent);
    server.recv_eof();
    loop {
        let answer = server.next_event(start());
        let (_, out) = server.buffers();
        said.extend_from_slice(&out.copy_to_bytes(out.remaining()));
        match answer {
            Ok(Next::Event(Event::Commit(deletions))) => {
                assert!(deleted.is_none(), "twice");
                deleted = Some(deletions.iter().map(|number| number.get()).collect());
                server.committed().unwrap();
            }
            Ok(Next::Event(event)) => drop(app.act(&mut server, event)),
            Ok(Next::NeedOutput { .. }) => {}
            Ok(Next::Closed) | Err(_) => break,
            Ok(other) => panic!("{other:?}"),
        }
    }
    (String::from_utf8(said).unwrap(), deleted)
}

#[test]
fn connection_that_is_cut_at_every_octet_deletes_nothing_before_quit() {
    let script = format!("{LOGIN}RETR 1\r\nDELE 2\r\nDELE 3\r\nQUIT\r\n");
    for policy in [Policy::new(), Policy::new().retention(Retention::DeleteRetrieved)] {
        for at in 0..=script.len() {
            let sent = &script.as_bytes()[..at];
            let (_, deleted) = cut_off(open().policy(policy), &three(), sent);
            assert_eq!(deleted.is_some(), at == script.len(), "cut at {at}");
        }
    }
}

/// RFC 1939 3: the server hangs up "without removing any messages or sending any response".
#[test]
fn err_client_that_falls_silent_wherever_it_stands() {
    let marked = format!("{LOGIN}RETR 1\r\nDELE 2\r\n");
    let long = "x".repeat(5000);
    let deletes = Policy::new().retention(Retention::DeleteRetrieved);
    let config = open().auth(&[Mechanism::Login]).policy(deletes);
    for sent in [
        "",
        "CAPA\r\nUS",
        "USER mrose\r\n",
        "AUTH LOGIN\r\n",
        "AUTH LOGIN\r\nbXJvc2U=\r\ndGF",
        &long,
        &marked,
        &format!("{marked}QUIT"),
        &format!("{marked}{long}"),
    ] {
        let mut server = Server::new(config.clone());
        let app = three();
        server.buffers().0.extend_from_slice(sent.as_bytes());
        let now = start();
        let until = loop {
            let answer = server.next_event(now).unwrap();
            let (_, out) = server.buffers();
            out.advance(out.remaining());
            match answer {
                Next::Event(Event::Commit(_)) => panic!("deletes behind {sent:.20}"),
                Next::Event(event) => drop(app.act(&mut server, event)),
                Next::NeedInput { until } => break until.unwrap(),
                Next::NeedOutput { .. } => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(until, now + ServerLimits::default().idle_time, "{sent:.20}");
        let just_before = until - Duration::from_nanos(1);
        assert!(matches!(server.next_event(just_before), Ok(Next::NeedInput { .. })));
        let error = server.next_event(until).unwrap_err();
        assert_eq!(error, Violation::TimedOut { what: "next command" });
        assert!(server.buffers().1.is_empty(), "nothing is said behind {sent:.20}");
    }
}

/// Who pipelines QUIT and is gone before the message has left has it still.
#[test]
fn nothing_is_deleted_before_what_was_fetched_has_left() {
    let mut server = Server::new(open());
    let app = three();
    let script = format!("{LOGIN}RETR 1\r\nDELE 1\r\nQUIT\r\n");
    server.buffers().0.extend_from_slice(script.as_bytes());
    let wait = loop {
        match server.next_event(start()).unwrap() {
            Next::Event(Event::Commit(_)) => panic!("nothing has left yet"),
            Next::Event(event) => drop(app.act(&mut server, event)),
            other => break other,
        }
    };
    assert!(matches!(wait, Next::NeedOutput { until: Some(_) }), "{wait:?}");
    let (_, out) = server.buffers();
    assert!(out.copy_to_bytes(out.remaining()).ends_with(b".\r\n+OK message 1 deleted\r\n"));
    assert!(matches!(server.next_event(start()), Ok(Next::Event(Event::Commit(_)))));
}

proptest! {
    /// Whatever is asked in whatever order: what is deleted is what the client was told of.
    #[test]
    fn nothing_is_deleted_that_the_client_was_not_told_of(
        commands in prop::collection::vec(
            prop_oneof!["DELE [0-5]", "RETR [0-4]", "RSET", "LIST", "DELE", "UIDL [1-4]", "STLS"], 0..12),
        deletes_retrieved: bool,
        quits: bool,
    ) {
        let retention = if deletes_retrieved { Retention::DeleteRetrieved } else { Retention::Keep };
        let config = open().policy(Policy::new().retention(retention));
        let mut script = LOGIN.to_owned();
        commands.iter().for_each(|command| script += &format!("{command}\r\n"));
        if quits {
            script += "QUIT\r\n";
        }
        let (said, deleted) = cut_off(config, &three(), script.as_bytes());
        prop_assert_eq!(deleted.is_some(), quits);
        let mut told = std::collections::BTreeSet::new();
        for line in said.lines().skip(3) {
            match line.strip_prefix("+OK message ").and_then(|rest| rest.strip_suffix(" deleted")) {
                Some(number) => drop(told.insert(number.parse::<u32>().unwrap())),
                None if line.starts_with("+OK maildrop has") => told.clear(),
                None => {}
            }
        }
        if deletes_retrieved {
            // EXPIRE 0 was told of by CAPA.
            let fetched = commands.iter().filter_map(|command| command.strip_prefix("RETR "));
            let fetched: Vec<u32> = fetched.map(|number| number.parse().unwrap()).collect();
            let mut marked = std::collections::BTreeSet::new();
            for command in &commands {
                match command.split_once(' ') {
                    Some(("DELE", number)) => drop(marked.insert(number.parse::<u32>().unwrap())),
                    Some(("RETR", number)) => {
                        let number = number.parse().unwrap();
                        if !marked.contains(&number) && (1..=3).contains(&number) {
                            told.insert(number);
                        }
                    }
                    _ if command == "RSET" => marked.clear(),
                    _ => {}
                }
            }
            told.retain(|number| fetched.contains(number) || marked.contains(number));
        }
        if let Some(deleted) = deleted {
            prop_assert_eq!(deleted, told.into_iter().collect::<Vec<_>>());
        }
    }
}
