//! What is sent of a message is what LIST and `+OK` announced, or does not look whole.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod common;

use bytes::{Buf, Bytes};
use common::{App, open};
use mail_errors::Misuse;
use mail_wire::testing::start;
use mail_wire::{Next, Session as _};
use pop3_proto::Maildrop;
use pop3_proto::server::{Event, Server, Sizes};

const WRONG: Misuse =
    Misuse::Invalid { what: "message", why: "it has another length than the maildrop says" };

/// What a client hears of this command if a message of this size is given so, and what the
/// application is told of it.
fn sent(
    sizes: Sizes,
    size: u64,
    command: &str,
    given: &[&'static [u8]],
) -> (String, Result<(), Misuse>) {
    let mut server = Server::new(open().sizes(sizes));
    let script = format!("USER mrose\r\nPASS tanstaaf\r\n{command}\r\nNOOP\r\n");
    server.buffers().0.extend_from_slice(script.as_bytes());
    let (mut given, mut told, mut at) = (given.iter(), Ok(()), 0);
    loop {
        match server.next_event(start()).unwrap() {
            Next::Event(Event::Login(_)) => {
                server.accept(Maildrop::from_sizes([size]).unwrap()).unwrap();
                at = server.buffers().1.len();
            }
            Next::Event(Event::WantBody(want)) => {
                told = match given.next() {
                    Some(piece) => server.body(want.id(), Bytes::from_static(piece)),
                    None => server.body_end(want.id()),
                };
            }
            Next::Event(Event::BodyEnough(_)) => {}
            Next::NeedInput { .. } | Next::Closed => break,
            other => panic!("{other:?}"),
        }
    }
    let (_, out) = server.buffers();
    out.advance(at);
    (String::from_utf8(out.copy_to_bytes(out.remaining()).to_vec()).unwrap(), told)
}

const GOES_ON: &str = "+OK nothing done\r\n";

#[test]
fn ok_message_of_the_announced_size_as_it_is_given_or_as_it_is_sent() {
    for (size, given, text) in [
        (13, &[&b".\r\n..\r"[..], b"\nends\r\n"][..], "..\r\n...\r\nends\r\n"),
        (0, &[], ""),
        // Without the last line end: what is stored, and what is sent.
        (3, &[b"end"], "end\r\n"),
        (5, &[b"end"], "end\r\n"),
        (4, &[b"end\r"], "end\r\n"),
        (5, &[b"end\r"], "end\r\n"),
        // Bare line ends.
        (8, &[b"one\n", b"two\n"], "one\r\ntwo\r\n"),
        (10, &[b"one\n", b"two\n"], "one\r\ntwo\r\n"),
        (10, &[b"one\r", b"two\n"], "one\r\ntwo\r\n"),
    ] {
        let (said, told) = sent(Sizes::Exact, size, "RETR 1", given);
        assert_eq!(said, format!("+OK {size} octets\r\n{text}.\r\n{GOES_ON}"));
        assert_eq!(told, Ok(()));
    }
}

/// A torn message never looks whole.
#[test]
fn err_message_of_another_length_than_announced_never_looks_whole() {
    let (said, told) = sent(Sizes::Exact, 20, "RETR 1", &[b"Subject: x\r\n"]);
    assert_eq!((said, told), ("+OK 20 octets\r\nSubject: x\r\n".into(), Err(WRONG)));
    let (said, told) =
        sent(Sizes::Exact, 20, "RETR 1", &[b"Subject: x\r\n", b"\r\n", b"more text"]);
    assert_eq!((said.contains("\r\n.\r\n"), told), (false, Err(WRONG)));
    // Nothing has left yet: it can be told.
    let (said, told) = sent(Sizes::Exact, 20, "RETR 1", &[]);
    let refused = format!("-ERR [SYS/TEMP] message cannot be read\r\n{GOES_ON}");
    assert_eq!((said, told), (refused, Err(WRONG)));
}

/// Of a message that ends before TOP has its lines nobody knows whether that was all.
#[test]
fn err_top_of_a_message_that_breaks_off() {
    const HEAD: &[u8] = b"Subject: x\r\n\r\n";
    let (said, told) = sent(Sizes::Exact, 20, "TOP 1 0", &[HEAD]);
    assert_eq!((said.ends_with(&format!("\r\n\r\n.\r\n{GOES_ON}")), told), (true, Ok(())));
    let (said, told) = sent(Sizes::Exact, 20, "TOP 1 1", &[HEAD]);
    assert_eq!((said.ends_with("Subject: x\r\n\r\n"), told), (true, Err(WRONG)));
    let (said, told) = sent(Sizes::Exact, 14, "TOP 1 1", &[HEAD]);
    assert_eq!((said.ends_with(GOES_ON), told), (true, Ok(())));
}

#[test]
fn ok_sizes_that_are_estimated() {
    for given in [&[&b"short\r\n"[..]][..], &[b"longer than", b" that\r\n"]] {
        let (said, told) = sent(Sizes::Estimated, 10, "RETR 1", given);
        assert_eq!((said.ends_with(&format!("\r\n.\r\n{GOES_ON}")), told), (true, Ok(())));
    }
}

/// RFC 2449 6.7: what did not come whole is not deleted by the server's own policy.
#[test]
fn err_torn_message_is_not_among_those_that_were_fetched() {
    let mut server = Server::new(open());
    let app = App::of_sizes(&[100]);
    server.buffers().0.extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\nRETR 1\r\n");
    loop {
        match server.next_event(start()).unwrap() {
            Next::Event(Event::WantBody(want)) => {
                assert_eq!(server.body_end(want.id()), Err(WRONG));
                assert_eq!(server.maildrop().retrieved().count(), 0);
                return;
            }
            Next::Event(event) => drop(app.act(&mut server, event)),
            other => panic!("{other:?}"),
        }
    }
}
