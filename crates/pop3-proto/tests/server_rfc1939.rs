//! The dialogues of RFC 1939, at the server's end.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use common::{App, lines, open, serve};
use mail_wire::testing::Ended;
use pop3_proto::Timestamp;

const LOGIN: &str = "USER mrose\r\nPASS tanstaaf\r\n";

/// Runs commands after a login, and returns what was answered to them.
fn transaction(app: &App, commands: &[&str]) -> String {
    transaction_of(app, "2 messages (320 octets)", commands)
}

/// The same with a maildrop of another size.
fn transaction_of(app: &App, size: &str, commands: &[&str]) -> String {
    let replay = serve(&open(), app, &[&format!("{LOGIN}{}", lines(commands))]);
    let let_in = format!("+OK POP3 server ready\r\n+OK send PASS\r\n+OK maildrop has {size}\r\n");
    replay.text().strip_prefix(&let_in).expect("logged in").to_owned()
}

fn two() -> App {
    App::of_sizes(&[120, 200])
}

/// RFC 1939 10.
#[test]
fn ok_the_example_session() {
    let timestamp = Timestamp::new("<1896.697170952@dbc.mtview.ca.us>").unwrap();
    let apop = "APOP mrose c4c9334bac560ecc979e58001b3e22fb";
    let commands = lines(&[apop, "STAT", "LIST", "RETR 1", "DELE 1", "RETR 2", "DELE 2", "QUIT"]);
    let replay = serve(&open().apop(timestamp), &two(), &[&commands]);
    let (one, other) = ("x".repeat(104), "x".repeat(184));
    let expected = lines(&[
        "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
        "+OK maildrop has 2 messages (320 octets)",
        "+OK 2 320",
        "+OK 2 messages (320 octets)",
        "1 120",
        "2 200",
        ".",
        "+OK 120 octets",
        "Subject: x",
        "",
        &one,
        ".",
        "+OK message 1 deleted",
        "+OK 200 octets",
        "Subject: x",
        "",
        &other,
        ".",
        "+OK message 2 deleted",
        "+OK signing off",
    ]);
    assert_eq!(replay.text(), expected);
    assert_eq!(replay.log, ["apop mrose", "commit [1, 2]"]);
    assert_eq!(replay.ended, Ended::Closed);
}

/// RFC 1939 5, STAT and LIST.
#[test]
fn ok_sizes() {
    let said = transaction(&two(), &["STAT", "LIST", "LIST 2", "LIST 3"]);
    let expected = [
        "+OK 2 320",
        "+OK 2 messages (320 octets)",
        "1 120",
        "2 200",
        ".",
        "+OK 2 200",
        "-ERR no such message",
    ];
    assert_eq!(said, lines(&expected));
}

/// RFC 1939 5, DELE and RSET.
#[test]
fn ok_marks_and_takes_them_away() {
    let commands = [
        "DELE 1", "DELE 1", "STAT", "LIST", "LIST 1", "RETR 1", "TOP 1 0", "UIDL 1", "RSET", "STAT",
    ];
    let expected = [
        "+OK message 1 deleted",
        "-ERR no such message",
        "+OK 1 200",
        "+OK 1 messages (200 octets)",
        "2 200",
        ".",
        "-ERR no such message",
        "-ERR no such message",
        "-ERR no such message",
        "-ERR no such message",
        "+OK maildrop has 2 messages (320 octets)",
        "+OK 2 320",
    ];
    assert_eq!(transaction(&two(), &commands), lines(&expected));
}

/// RFC 1939 7, UIDL.
#[test]
fn ok_unique_ids_but_of_what_is_deleted() {
    let said = transaction(&two(), &["UIDL", "UIDL 2", "UIDL 3", "DELE 1", "UIDL"]);
    let expected = [
        "+OK unique-id listing follows",
        "1 id-1",
        "2 id-2",
        ".",
        "+OK 2 id-2",
        "-ERR no such message",
        "+OK message 1 deleted",
        "+OK unique-id listing follows",
        "2 id-2",
        ".",
    ];
    assert_eq!(said, lines(&expected));
}

#[test]
fn ok_unique_ids_around_what_is_deleted() {
    let app = App::of_sizes(&[20, 20, 20, 20]);
    let said =
        transaction_of(&app, "4 messages (80 octets)", &["DELE 2", "DELE 4", "UIDL", "LIST"]);
    let expected = [
        "+OK message 2 deleted",
        "+OK message 4 deleted",
        "+OK unique-id listing follows",
        "1 id-1",
        "3 id-3",
        ".",
        "+OK 2 messages (40 octets)",
        "1 20",
        "3 20",
        ".",
    ];
    assert_eq!(said, lines(&expected));
}

/// RFC 1939 3: "If any line begins with the termination octet, the line is "byte-stuffed"".
#[test]
fn ok_message_of_dots_is_stuffed() {
    let text = b".\r\n..\r\n.a\r\n\r\n.";
    let replay = serve(&open(), &App::new(&[text]), &[&format!("{LOGIN}RETR 1\r\n")]);
    assert!(replay.text().ends_with("+OK 14 octets\r\n..\r\n...\r\n..a\r\n\r\n..\r\n.\r\n"));
}

#[test]
fn ok_bare_newlines_in_a_stored_message_are_normalized() {
    let text = b"A: b\n\none\rtwo\n.\r\n.\n";
    let replay = serve(&open(), &App::new(&[text]), &[&format!("{LOGIN}RETR 1\r\nNOOP\r\n")]);
    let sent = "A: b\r\n\r\none\r\ntwo\r\n..\r\n..\r\n.\r\n+OK nothing done\r\n";
    assert!(replay.text().ends_with(sent), "{}", replay.text());
}

/// RFC 1939 7, TOP.
#[test]
fn ok_top_is_cut_behind_its_lines() {
    let text = b"A: b\r\nC: d\r\n\r\n.one\r\ntwo\r\nthree\r\n";
    let commands = format!("{LOGIN}TOP 1 0\r\nTOP 1 2\r\nTOP 1 99\r\n");
    let replay = serve(&open(), &App::new(&[text]), &[&commands]);
    let head = "+OK top of message follows\r\nA: b\r\nC: d\r\n\r\n";
    let expected =
        format!("{head}.\r\n{head}..one\r\ntwo\r\n.\r\n{head}..one\r\ntwo\r\nthree\r\n.\r\n");
    assert!(replay.text().ends_with(&expected), "{}", replay.text());
    assert_eq!(replay.log, ["login mrose", "enough", "enough"]);
}

#[test]
fn ok_empty_maildrop_and_empty_message() {
    let commands = format!("{LOGIN}STAT\r\nLIST\r\nUIDL\r\nQUIT\r\n");
    let replay = serve(&open(), &App::new(&[]), &[&commands]);
    let expected = [
        "+OK 0 0",
        "+OK 0 messages (0 octets)",
        ".",
        "+OK unique-id listing follows",
        ".",
        "+OK signing off",
    ];
    assert!(replay.text().ends_with(&lines(&expected)));
    assert_eq!(replay.log.last().unwrap(), "commit []");
    let replay = serve(&open(), &App::new(&[b""]), &[&format!("{LOGIN}RETR 1\r\n")]);
    assert!(replay.text().ends_with("+OK 0 octets\r\n.\r\n"));
}

/// RFC 1939 6: without QUIT nothing is deleted, and QUIT before a login deletes nothing either.
#[test]
fn connection_that_is_lost_deletes_nothing() {
    let replay = serve(&open(), &two(), &[&format!("{LOGIN}DELE 1\r\n")]);
    assert_eq!(replay.log, ["login mrose"]);
    assert_eq!(replay.ended, Ended::Closed);
    let replay = serve(&open(), &two(), &["QUIT\r\n"]);
    assert_eq!(replay.text(), "+OK POP3 server ready\r\n+OK signing off\r\n");
    assert_eq!((replay.log.len(), replay.ended), (0, Ended::Closed));
}

/// RFC 1939 7, PASS: spaces may be part of the password.
#[test]
fn ok_login_only_with_the_right_name_and_password() {
    let attempts =
        "USER mrose\r\nPASS tan staaf\r\nPASS tanstaaf\r\nuser frated\r\npass tanstaaf\r\n";
    let replay = serve(&open(), &two(), &[&format!("{attempts}STAT\r\n{LOGIN}")]);
    let expected = [
        "+OK POP3 server ready",
        "+OK send PASS",
        "-ERR [AUTH] wrong name or password",
        "-ERR not possible now",
        "+OK send PASS",
        "-ERR [AUTH] wrong name or password",
        "-ERR not possible now",
        "+OK send PASS",
        "+OK maildrop has 2 messages (320 octets)",
    ];
    assert_eq!(replay.text(), lines(&expected));
    let log = [
        "login mrose",
        "refused PASS WrongState",
        "login frated",
        "refused STAT WrongState",
        "login mrose",
    ];
    assert_eq!(replay.log, log);
}

#[test]
fn err_third_failed_login_ends_the_conversation() {
    let attempt = "USER mrose\r\nPASS guess\r\n";
    let replay = serve(&open(), &two(), &[&attempt.repeat(4)]);
    assert_eq!(replay.log, ["login mrose"; 3]);
    assert_eq!(replay.ended, Ended::Failed("TooManyLogins { limit: 3 }".into()));
    assert!(replay.text().ends_with("-ERR [AUTH] wrong name or password\r\n"));
}
