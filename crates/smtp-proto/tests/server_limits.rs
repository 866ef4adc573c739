//! The server's limits: size, recipients, errors, lines, memory, output.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{Served, application, mx, sent, served};
use mail_wire::{
    BODY_BLOCK, Next, Session,
    testing::{Ended, replay, start},
};
use smtp_proto::{
    limits::ServerLimits,
    server::{Config, Event, Server},
};

fn limited(limits: ServerLimits) -> Config {
    mx().limits(limits)
}

fn hello(config: Config) -> Served {
    served(config).s("220 ").c("EHLO c").s("250-").e("hello c")
}

fn with_recipient(config: Config) -> Served {
    let sender = hello(config).c("MAIL FROM:<a@b>").e("from <a@b>").s("250 ");
    sender.c("RCPT TO:<c@d>").e("to <c@d>").s("250 ").c("DATA").e("data").s("354 ")
}

/// RFC 1870 6.1.
#[test]
fn err_declared_size_over_the_limit() {
    let config = || limited(ServerLimits { message: 1000, ..Default::default() });
    hello(config())
        .c("MAIL FROM:<a@b> SIZE=1001")
        .s("552 5.3.4 ")
        .e("refused MAIL 552")
        // These came in the same group.
        .c("RCPT TO:<c@d>")
        .s("503 ")
        .e("refused RCPT 503")
        .c("DATA")
        .s("503 ")
        .e("refused DATA 503")
        .c("MAIL FROM:<a@b> SIZE=1000")
        .e("from <a@b> 1000")
        .s("250 ")
        .open();
}

/// RFC 1870 6.3: read to its end, then refused.
#[test]
fn err_message_over_the_limit() {
    let config = || limited(ServerLimits { message: 10, ..Default::default() });
    with_recipient(config()).c("12345678").c(".").e("message \"12345678\\r\\n\"").s("250 ").open();
    with_recipient(config())
        .c("123456789")
        .e("aborted TooBig { limit: 10 }")
        .c("MAIL FROM:<x@y>")
        .c(".")
        .s("552 5.3.4 ")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 ")
        .open();
}

#[test]
fn err_refused_message_without_end() {
    let limits = ServerLimits { message: 10, swallow_message: 40, ..Default::default() };
    with_recipient(limited(limits))
        .raw(&[b'x'; 60])
        .e("aborted TooBig { limit: 10 }")
        .s("552 ")
        .fails("EndlessMessage { limit: 40 }");
}

/// RFC 5321 4.5.3.1.10.
#[test]
fn err_too_many_recipients_do_not_count_as_errors() {
    let limits = ServerLimits { recipients: 2, errors: 0, ..Default::default() };
    let mut dialogue = hello(limited(limits)).c("MAIL FROM:<a@b>").e("from <a@b>").s("250 ");
    for _ in 0..2 {
        dialogue = dialogue.c("RCPT TO:<c@d>").e("to <c@d>").s("250 ");
    }
    for _ in 0..3 {
        dialogue = dialogue.c("RCPT TO:<c@d>").s("452 4.5.3 ").e("refused RCPT 452");
    }
    dialogue.c("DATA").e("data").s("354 ").c(".").e("message \"\"").s("250 ").open();
}

#[test]
fn err_too_many_errors() {
    let limits = ServerLimits { errors: 2, ..Default::default() };
    let mut dialogue = served(limited(limits)).s("220 ");
    for _ in 0..3 {
        dialogue = dialogue.c("XYZZY").s("500 ").e("refused ? 500");
    }
    dialogue.s("421 4.7.0 ").fails("TooManyErrors { limit: 2 }");
}

#[test]
fn err_line_too_long_is_swallowed_to_its_end() {
    let config = || limited(ServerLimits { command_line: 64, ..Default::default() });
    let noop = |octets: usize| format!("NOOP {}", "x".repeat(octets - 7));
    served(config()).s("220 ").c(&noop(64)).s("250 ").open();
    served(config())
        .s("220 ")
        .c(&noop(65))
        .s("500 5.5.2 ")
        .e("refused ? 500")
        .c("NOOP")
        .s("250 ")
        .open();
}

#[test]
fn err_line_without_end_is_held_in_bounded_memory() {
    let mut server = Server::new(mx());
    let part = [b'x'; 8192];
    let parts: Vec<&[u8]> = vec![&part; 10 * 1024 * 1024 / part.len()];
    let replayed = replay(&mut server, &mut application(), &parts, false);
    assert!(matches!(&replayed.ended, Ended::Failed(error) if error.contains("EndlessLine")));
    assert!(replayed.text().contains("\r\n500 "), "{}", replayed.text());
    assert!(replayed.room <= 2 * BODY_BLOCK, "{}", replayed.room);
}

/// Ten megabytes in a message are not held either, whatever the reads.
#[test]
fn ok_message_is_streamed_in_bounded_memory() {
    for step in [1_000, 16_384, 65_536] {
        let mut server = Server::new(mx());
        let head = b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
        let body = b"0123456789012345678901234567890123456789\r\n".repeat(10 * 1024 * 1024 / 42);
        let mut parts: Vec<&[u8]> = vec![head];
        parts.extend(body.chunks(step));
        parts.push(b".\r\n");
        let mut octets = 0;
        let mut act = |server: &mut Server, event| {
            match event {
                Event::Body(piece) => octets += piece.len(),
                _ if server.owes().is_some() => server.accept().unwrap(),
                _ => {}
            }
            mail_wire::testing::Act::Quiet
        };
        let replayed = replay(&mut server, &mut act, &parts, false);
        assert_eq!(octets, body.len());
        assert!(replayed.room <= 2 * BODY_BLOCK + 2 * step, "{} in steps of {step}", replayed.room);
        // At rest after it, the block is given back.
        assert!(server.buffers().0.capacity() <= 4096);
    }
}

/// 10^5 recipients in one octet a read: what is counted is how often the session is asked, which
/// stands for its work because each answer looks at what is new alone.
#[test]
fn ok_many_recipients_one_octet_a_read() {
    let count = |recipients: usize| {
        let limits = ServerLimits { recipients: usize::MAX, ..Default::default() };
        let mut server = Server::new(limited(limits));
        let mut wire = b"EHLO c\r\nMAIL FROM:<a@b>\r\n".to_vec();
        wire.extend(b"RCPT TO:<c@d>\r\n".repeat(recipients));
        let (mut taken, mut asked) = (0, 0_usize);
        for octet in wire.chunks(1) {
            server.buffers().0.extend_from_slice(octet);
            loop {
                asked += 1;
                match server.next_event(start()).unwrap() {
                    Next::Event(Event::Rcpt(_)) => {
                        taken += 1;
                        server.accept().unwrap();
                    }
                    Next::Event(_) if server.owes().is_some() => server.accept().unwrap(),
                    Next::Event(_) => {}
                    Next::NeedOutput { .. } | Next::NeedInput { .. } => break,
                    other => panic!("{other:?}"),
                }
            }
            sent(&mut server);
            assert!(server.buffers().0.capacity() <= 8192);
        }
        assert_eq!(taken, recipients);
        asked
    };
    let (few, many) = (count(1_000), count(100_000));
    assert!(many <= few * 110, "{few} for 1000, {many} for 100000");
}

/// Unsent octets are over the limit, and no new work is taken on.
#[test]
fn waits_for_a_client_that_does_not_read() {
    let limits = ServerLimits { output: 1000, idle_commands: 1000, ..Default::default() };
    let mut server = Server::new(limited(limits));
    server.buffers().0.extend_from_slice(&b"NOOP\r\n".repeat(1000));
    assert!(matches!(server.next_event(start()), Ok(Next::NeedOutput { until: Some(_) })));
    let (input, output) = server.buffers();
    assert!(!input.is_empty() && output.len() < 1100, "{}", output.len());
    let mut replies = 1;
    while !matches!(server.next_event(start()), Ok(Next::NeedInput { .. })) {
        replies += sent(&mut server).iter().filter(|octet| **octet == b'\n').count();
    }
    replies += sent(&mut server).iter().filter(|octet| **octet == b'\n').count();
    assert_eq!(replies, 1 + 1 + 1000);
}

/// How many octets follow is said in a line that is not read: they are no commands.
#[test]
fn err_chunk_whose_line_is_too_long() {
    let limits = || ServerLimits { command_line: 64, ..Default::default() };
    let size = format!("bdat {:0>70} LAST\r\n", 12);
    hello(limited(limits())).raw(size.as_bytes()).s("500 5.5.2 ").fails("BadChunk");
    let sender = hello(limited(limits())).c("MAIL FROM:<a@b>").e("from <a@b>").s("250 ");
    sender.raw(size.as_bytes()).e("reset").s("500 5.5.2 ").fails("BadChunk");
}
