//! What no client should send: each gets the right answer, holds bounded memory, and loses nothing
//! of what comes behind it.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use imap_proto::{
    CommandLimits,
    server::{Config, Limits, Refusal, Server, ServerError, Tls},
};
use mail_wire::testing::{Ended, Replay, cut_everywhere, replay};
use proptest::prelude::*;
use server_support::{App, compare, config, dialogue, dialogue_with};

/// Sends octets as they are, at once, and tells what came of it.
fn send(config: Config, said: &[&[u8]]) -> Replay {
    let mut app = App::new();
    let mut act = |session: &mut Server, event| app.act(session, event);
    replay(&mut Server::new(config), &mut act, said, false)
}

fn small() -> Config {
    let mut limits = Limits::default();
    limits.command_before_login =
        CommandLimits { line: 60, literal: 20, frame: 100, literals: 3, swallow: 1000 };
    config().limits(limits)
}

#[test]
fn err_commands_in_the_wrong_state() {
    dialogue(
        "
        S: * OK ...
        C: 1 SELECT INBOX
        S: 1 BAD not in this state
        C: 2 FETCH 1 FLAGS
        S: 2 BAD not in this state
        C: 3 APPEND INBOX {5}
        S: 3 BAD not in this state
        C: 4 APPEND INBOX {5+}
        C: hello
        S: 4 BAD not in this state
        C: 5 IDLE
        S: 5 BAD not in this state
        C: 6 LOGIN tim tanstaaf
        S: 6 OK ...
        C: 7 LOGIN tim tanstaaf
        S: 7 BAD not in this state
        C: 8 EXPUNGE
        S: 8 BAD not in this state",
    );
}

#[test]
fn err_what_is_no_command_is_answered_with_its_tag() {
    let replay = dialogue(
        "
        S: * OK ...
        C: a1 XYZZY
        S: a1 BAD that is no command
        C: a2
        S: a2 BAD that is no command
        C: a3 FETCH one FLAGS
        S: a3 BAD that is no command
        C: (
        S: * BAD that is no command
        C:
        S: * BAD that is no command
        C: a4 LOGIN \"tim
        S: a4 BAD that is no command
        C: a5 NOOP now
        S: a5 BAD that is no command
        C: a6 NOOP
        S: a6 OK NOOP completed",
    );
    assert_eq!(replay.log.iter().filter(|line| line.contains("Malformed")).count(), 7);
}

#[test]
fn err_eight_bit_and_nul_in_a_command() {
    let replay = cut_everywhere(
        || {
            let mut app = App::new();
            (Server::new(config()), move |s: &mut Server, event| app.act(s, event))
        },
        &[b"1 NOOP\xff\r\n2 LOGIN a\0b c\r\n3 LOGIN {3+}\r\n\0\0\0 x\r\n4 NOOP\r\n"],
        false,
    );
    compare(
        &replay.text(),
        &["* OK ...", "1 BAD ...", "2 BAD ...", "3 BAD ...", "4 OK NOOP completed"],
    );
}

#[test]
fn err_bare_lf_is_refused_and_the_next_command_is_found() {
    let replay = send(config(), &[b"1 NOOP\n2 NOOP\r\n"]);
    compare(&replay.text(), &["* OK ...", "1 BAD lines end in CRLF", "2 OK NOOP completed"]);
}

#[test]
fn err_lines_and_literals_over_the_limits() {
    dialogue_with(
        small,
        App::new,
        "
        S: * OK ...
        C: 1 NOOP 9012345678901234567890123456789012345678901234567890123456789
        S: 1 BAD that line is too long
        C: 2 LOGIN {21}
        S: 2 NO [TOOBIG] that literal is too big
        C: 3 LOGIN {21+}
        C: 1 NOOP and so on, 21 o
        S: 3 NO [TOOBIG] that literal is too big
        C: 4 LOGIN {9223372036854775807}
        S: 4 NO [TOOBIG] that literal is too big
        C: 5 ID ({1+}
        C: a {1+}
        C: b {1+}
        C: c {1+}
        C: d)
        S: 5 BAD there are too many literals in it
        C: 6 NOOP
        S: 6 OK NOOP completed",
    );
}

#[test]
fn err_what_cannot_be_swallowed_ends_the_session() {
    let line = vec![b'x'; 5000];
    let replay = send(small(), &[b"1 NOOP\r\n2 ", &line]);
    compare(&replay.text(), &["* OK ...", "1 OK ...", "* BYE [TOOBIG] ..."]);
    let limit = ServerError::Endless { what: "command", limit: 1000 };
    assert_eq!(replay.ended, Ended::Failed(format!("{limit:?}")));

    let replay = send(small(), &[b"1 LOGIN {2000+}\r\n", &line]);
    assert!(matches!(replay.ended, Ended::Failed(_)), "{:?}", replay.ended);
    assert!(replay.room < 64 * 1024, "{}", replay.room);
}

#[test]
fn err_a_million_parentheses() {
    let parens = vec![b'('; 1_000_000];
    let mut flights: Vec<&[u8]> = vec![b"1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n3 SEARCH "];
    flights.extend(parens.chunks(1000));
    flights.push(b"\r\n4 NOOP\r\n");
    let replay = send(config(), &flights);
    let said = replay.text();
    assert!(said.ends_with("3 BAD that line is too long\r\n4 OK NOOP completed\r\n"), "{said}");
    assert!(replay.room < 256 * 1024, "{}", replay.room);

    // As many as a line takes.
    let mut line = b"3 SEARCH ".to_vec();
    line.extend_from_slice(&parens[..60_000]);
    let before = b"1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n";
    let replay = send(config(), &[before, &line, b"\r\n4 NOOP\r\n"]);
    let said = replay.text();
    assert!(said.ends_with("3 BAD that is no command\r\n4 OK NOOP completed\r\n"), "{said}");
}

#[test]
fn err_a_flood_of_bad_commands_ends_the_session() {
    let flood = b"x\r\n".repeat(100_000);
    let replay = send(config(), &[&flood]);
    let said = replay.text();
    assert_eq!(said.matches(" BAD ").count(), 21);
    assert!(said.ends_with("* BYE too many bad commands\r\n"), "{said}");
    assert_eq!(replay.ended, Ended::Failed(format!("{:?}", ServerError::TooManyBad { limit: 20 })));
}

#[test]
fn err_guessing_ends_the_session() {
    let replay = dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim one
        C: 2 LOGIN {3+}
        C: tim two
        C: 3 LOGIN \"\" three
        C: 4 LOGIN tim tanstaaf
        S: 1 NO [AUTHENTICATIONFAILED] name or password is wrong
        S: 2 NO [AUTHENTICATIONFAILED] name or password is wrong
        S: 3 NO [AUTHENTICATIONFAILED] name or password is wrong
        S: * BYE too many failed logins",
    );
    let error = ServerError::TooManyLogins { limit: 3 };
    assert_eq!(replay.ended, Ended::Failed(format!("{error:?}")));
}

#[test]
fn err_plaintext_behind_starttls_ends_the_session_unanswered() {
    let tls = Config::new().tls(Tls::StartTls);
    let replay = send(tls, &[b"1 STARTTLS\r\n2 LOGIN tim tanstaaf\r\n"]);
    compare(&replay.text(), &["* OK ..."]);
    let error = ServerError::Injected { octets: 22 };
    assert_eq!(replay.ended, Ended::Failed(format!("{error:?}")));
}

#[test]
fn err_idle_ended_by_anything_but_done() {
    dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 IDLE
        S: + idling
        C: 3 NOOP
        S: 2 BAD IDLE ends with DONE
        C: 4 IDLE
        S: + idling
        C: done
        S: 4 OK IDLE completed",
    );
}

#[test]
fn err_a_fetch_of_very_many_items() {
    let items = (0..200).map(|n| format!("BODY[]<{n}.1>")).collect::<Vec<_>>().join(" ");
    let said = format!("1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n3 FETCH 1 ({items})\r\n");
    let replay = send(config(), &[said.as_bytes()]);
    assert!(replay.text().ends_with("3 NO [CANNOT] that is too much at once\r\n"));
}

#[test]
fn err_a_fetch_of_many_lists_of_header_fields() {
    let items = (0..20).map(|n| format!("BODY[HEADER.FIELDS.NOT (x{n})]"));
    let items = items.collect::<Vec<_>>().join(" ");
    let said = format!("1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n3 FETCH 1 ({items})\r\n");
    let replay = send(config(), &[said.as_bytes()]);
    assert!(replay.text().ends_with("3 NO [CANNOT] that is too much at once\r\n"));
}

#[test]
fn err_a_pattern_longer_than_any_name() {
    let pattern = "%a".repeat(5000);
    let said = format!("1 LOGIN tim tanstaaf\r\n2 LIST \"\" \"{pattern}\"\r\n");
    let replay = send(config(), &[said.as_bytes()]);
    assert!(replay.text().ends_with("2 NO [LIMIT] that is longer than any name\r\n"));
}

#[test]
fn ok_the_same_item_twice_is_told_once() {
    let said =
        b"1 LOGIN tim tanstaaf\r\n2 EXAMINE INBOX\r\n3 FETCH 2 (BODY[1] BODY[1] UID UID)\r\n";
    let replay = send(config(), &[said]);
    let told = "* 2 FETCH (UID 5 BODY[1] {13}\r\nbody of two\r\n)\r\n3 OK FETCH completed\r\n";
    assert!(replay.text().ends_with(told), "{}", replay.text());
}

#[test]
fn refused_commands_are_told_without_their_octets() {
    let replay = send(config(), &[b"1 LOGIN tim \"hunter2\" x\r\n2 SELECT a\r\n"]);
    assert!(replay.log[0].contains("Malformed"), "{:#?}", replay.log);
    assert!(replay.log.iter().all(|line| !line.contains("hunter2")), "{:#?}", replay.log);
    assert_eq!(replay.log[1], format!("refused {:?}", refused("SELECT", Refusal::WrongState)));
}

fn refused(command: &'static str, why: Refusal) -> imap_proto::server::Refused {
    imap_proto::server::Refused { command: Some(command), why }
}

#[test]
fn a_session_prints_no_password() {
    use mail_wire::Session as _;
    let mut session = Server::new(config());
    session.buffers().0.extend_from_slice(b"1 LOGIN tim hunter2");
    let shown = format!("{session:?}");
    assert!(shown.contains("input: 19") && !shown.contains("hunter2"), "{shown}");
}

/// Pieces that commands are made of, legal and not.
const SCRAPS: [&[u8]; 40] = [
    b"a ",
    b"b ",
    b"LOGIN tim tanstaaf\r\n",
    b"SELECT INBOX\r\n",
    b"EXAMINE work/old\r\n",
    b"FETCH ",
    b"UID ",
    b"STORE ",
    b"SEARCH ",
    b"COPY ",
    b"MOVE ",
    b"1:* ",
    b"2 ",
    b"$ ",
    b"*:4,9 ",
    b"FLAGS",
    b"+FLAGS (\\Deleted)",
    b"BODY[]",
    b"BODY[TEXT]<3.4>",
    b"(UID FLAGS)",
    b"ALL",
    b"NOT ",
    b"OR ",
    b"work/old",
    b"\r\n",
    b"\r\n",
    b"\r\n",
    b"\n",
    b"\0",
    b"\xff",
    b"(",
    b")",
    b"\"",
    b"{3}\r\n",
    b"{3+}\r\n",
    b"EXPUNGE",
    b"IDLE\r\n",
    b"DONE\r\n",
    b"APPEND INBOX ",
    b"CLOSE",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    /// Neither a panic nor an answer that is not owed, whatever comes; and cut into octets the
    /// same comes out.
    #[test]
    fn ok_anything_may_come(scraps in prop::collection::vec(0..SCRAPS.len(), 0..60)) {
        let mut said = b"a LOGIN tim tanstaaf\r\na SELECT INBOX\r\n".to_vec();
        scraps.iter().for_each(|&nth| said.extend_from_slice(SCRAPS[nth]));
        let whole = send(config(), &[&said]);
        let octets: Vec<&[u8]> = said.chunks(1).collect();
        let cut = send(config(), &octets);
        prop_assert_eq!(whole.text(), cut.text());
        prop_assert_eq!((whole.log, whole.ended), (cut.log, cut.ended));
    }
}
