//! BDAT (RFC 3030) with what a client can do wrong, and what the server does not know beforehand.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use std::time::Duration;

use bytes::Bytes;
use dialogue::{Served, application, mx, sent, served};
use mail_errors::{Fault, FaultKind};
use mail_wire::{
    BODY_BLOCK, BareNewline, Goodbye, Next, Session,
    testing::{Act, Ended, cut_everywhere, replay, start},
};
use smtp_proto::{
    BodyType, Extension, Offer, State, Verb,
    limits::ServerLimits,
    server::{Aborted, Config, Error, Event, Server, replies},
};

const RECIPIENT: &str = "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

fn with_recipient(config: Config) -> Served {
    let hello = served(config).s("220 ").c("EHLO c").s("250-").e("hello c");
    let sender = hello.c("MAIL FROM:<a@b>").e("from <a@b>").s("250 ");
    sender.c("RCPT TO:<c@d>").e("to <c@d>").s("250 ")
}

/// Where the next command starts nobody knows, so none of what follows is one.
#[test]
fn err_argument_that_cannot_be_read_ends_the_conversation() {
    let sizes = ["", " ", " x", " -1", " +5", " 5 last now", " 0x5", " 5LAST", " 5,LAST", " 1.5"];
    for size in sizes {
        let smuggled = "MAIL FROM:<admin@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nsmuggled\r\n.\r\n";
        let wire = format!("{RECIPIENT}BDAT{size}\r\n{smuggled}");
        let make = || (Server::new(mx()), application());
        let replayed = cut_everywhere(make, &[wire.as_bytes()], false);
        assert_eq!(replayed.ended, Ended::Failed("BadChunk".to_owned()), "{size:?}");
        assert!(!replayed.log.iter().any(|line| line.contains("admin")), "{:?}", replayed.log);
        let said = replayed.text();
        assert!(said.lines().last().unwrap().starts_with("501 5.5.4 "), "{size:?}: {said}");
    }
    assert_eq!(Error::BadChunk.kind(), FaultKind::Malformed);
}

/// The same for a line that ends in LF: who stands in front of us may have seen another end.
#[test]
fn err_bare_newline_behind_the_size() {
    with_recipient(mx()).raw(b"BDAT 6\nRSET\r\n").e("reset").s("500 5.5.2 ").fails("BadChunk");
    with_recipient(mx().bare_newline(BareNewline::Normalize))
        .raw(b"BDAT 6\nRSET\r\n")
        .e("data")
        .s("250 2.0.0 6 octets")
        .open();
}

/// More than can be written into 64 bits, and more than is swallowed: at once, not after it came.
#[test]
fn err_size_that_nobody_waits_for() {
    with_recipient(mx()).c("BDAT 18446744073709551616").e("reset").s("501 ").fails("BadChunk");
    for size in ["18446744073709551615", "9999999999"] {
        let size = format!("BDAT {size} LAST");
        with_recipient(mx()).c(&size).e("reset").s("552 5.3.4 ").fails("EndlessMessage");
    }
}

/// RFC 1870 6.3: read to its end, then refused.
#[test]
fn err_chunk_over_the_limit() {
    let limits = || ServerLimits { message: 10, swallow_message: 20, ..Default::default() };
    let config = || mx().limits(limits());
    // The first of them: the application is not asked for a message that is none.
    with_recipient(config())
        .c("BDAT 11 LAST")
        .raw(b"012345678\r\n")
        .e("reset")
        .s("552 5.3.4 ")
        .e("refused last chunk 552")
        .c("MAIL FROM:<a@b>")
        .e("from <a@b>")
        .s("250 ")
        .open();
    // A later one; and those behind it that came in the same go are no errors, but octets.
    with_recipient(config())
        .c("BDAT 8")
        .raw(b"012345\r\n")
        .e("data")
        .s("250 ")
        .c("BDAT 3")
        .e("aborted TooBig { limit: 10 }")
        .raw(b"x\r\n")
        .s("552 5.3.4 ")
        .c("BDAT 6 LAST")
        .raw(b"RSET\r\n")
        .s("503 ")
        .e("refused last chunk 503")
        .c("RSET")
        .s("250 ")
        .open();
    // All that is swallowed together is bounded.
    with_recipient(config())
        .c("BDAT 16")
        .raw(&[b'x'; 16])
        .e("reset")
        .s("552 ")
        .e("refused BDAT 552")
        .c("BDAT 15")
        .s("552 ")
        .fails("EndlessMessage");
}

#[test]
fn err_empty_chunks_without_end() {
    let limits = ServerLimits { idle_commands: 3, ..Default::default() };
    let mut dialogue = with_recipient(mx().limits(limits)).c("BDAT 0").e("data").s("250 ");
    for _ in 0..3 {
        dialogue = dialogue.c("BDAT 0").s("250 ");
    }
    dialogue.e("aborted TooSlow").s("421 4.7.0 ").fails("TooManyIdle");
}

#[test]
fn err_chunks_out_of_place_count_as_errors() {
    let limits = ServerLimits { errors: 2, ..Default::default() };
    let mut dialogue = served(mx().limits(limits)).s("220 ").c("EHLO c").s("250-").e("hello c");
    for _ in 0..3 {
        dialogue = dialogue.c("BDAT 6 LAST").raw(b"QUIT\r\n").s("503 ");
        dialogue = dialogue.e("refused last chunk 503");
    }
    dialogue.s("421 ").fails("TooManyErrors");
}

/// The client hangs up at every octet: no message, and the application is told.
#[test]
fn err_size_that_is_not_sent() {
    let whole = format!("{RECIPIENT}BDAT 6\r\nHalf\r\nBDAT 20 LAST\r\nof a message...\r\n");
    let wire = whole.as_bytes();
    let begun = RECIPIENT.len() + "BDAT 6\r\n".len();
    for end in begun + 1..wire.len() {
        let mut server = Server::new(mx());
        let replayed = replay(&mut server, &mut application(), &[&wire[..end]], true);
        assert_eq!(replayed.log.last().unwrap(), "aborted Disconnected", "{end}");
        assert!(!replayed.log.iter().any(|line| line.starts_with("message")), "{end}");
        let inside = !(begun + 6..=begun + 6).contains(&end);
        assert_eq!(
            replayed.ended,
            Ended::Failed(format!(
                "Disconnected {{ state: {:?}, torn: {inside} }}",
                if end < begun + 6 { State::HasRecipient } else { State::Chunks }
            )),
            "{end}"
        );
    }
}

/// RFC 5321 4.5.3.2.7, for a chunk as for a message.
#[test]
fn err_chunk_that_comes_too_slowly() {
    let (mut server, mut now) = (Server::new(mx()), start());
    let wire = format!("{RECIPIENT}BDAT 100000 LAST\r\n");
    server.buffers().0.extend_from_slice(wire.as_bytes());
    server.buffers().0.extend_from_slice(&[b'x'; 29_999]);
    let pump = |server: &mut Server, now| loop {
        match server.next_event(now) {
            Ok(Next::Event(_)) if server.owes().is_some() => server.accept().unwrap(),
            Ok(Next::Event(event)) if matches!(event, Event::BodyAborted(_)) => {
                assert_eq!(event, Event::BodyAborted(Aborted::TooSlow));
            }
            Ok(Next::Event(_)) => {}
            other => return other,
        }
    };
    let until = pump(&mut server, now).unwrap().until().unwrap();
    assert_eq!(until - now, Duration::from_secs(300));
    sent(&mut server);
    now = until;
    assert!(matches!(pump(&mut server, now), Err(Error::TimedOut { .. })));
    assert!(String::from_utf8(sent(&mut server)).unwrap().starts_with("421 4.4.2 "));
}

/// RFC 5321 3.8: 421 between chunks, but not within one.
#[test]
fn says_goodbye_between_chunks() {
    let mut server = Server::new(mx());
    let wire = format!("{RECIPIENT}BDAT 6\r\nHal");
    replay(&mut server, &mut application(), &[wire.as_bytes()], false);
    server.close(Goodbye::Shutdown);
    assert!(matches!(server.next_event(start()), Ok(Next::NeedInput { .. })));
    server.buffers().0.extend_from_slice(b"f\r\n");
    let mut told = Vec::new();
    while let Ok(Next::Event(event)) = server.next_event(start()) {
        told.push(event);
    }
    assert_eq!(told.last(), Some(&Event::BodyAborted(Aborted::Disconnected)));
    let said = String::from_utf8(sent(&mut server)).unwrap();
    assert!(said.starts_with("250 2.0.0 6 octets") && said.contains("\r\n421 4.3.2 "), "{said}");
}

/// What the application is asked is the same for DATA and BDAT, and so is what it says.
#[test]
fn ok_bdat_and_data_look_the_same() {
    let data = format!("{RECIPIENT}DATA\r\n..Hi\r\n.\r\n");
    let bdat = format!("{RECIPIENT}BDAT 3\r\n.HiBDAT 2 LAST\r\n\r\n");
    let logs = [data, bdat].map(|wire| {
        let owed = std::cell::RefCell::new(Vec::new());
        let mut act = application();
        let mut server = Server::new(mx());
        let mut act = |server: &mut Server, event| {
            owed.borrow_mut().extend(server.owes());
            act(server, event)
        };
        let replayed = replay(&mut server, &mut act, &[wire.as_bytes()], false);
        (replayed.log, owed.into_inner(), server.state())
    });
    assert_eq!(logs[0], logs[1]);
    let owed = &logs[0].1;
    assert_eq!(owed[..], [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::EndOfData]);
}

/// Binary octets are handed on where they lie.
#[test]
fn ok_binary_message_is_not_touched() {
    let (mut server, now) = (Server::new(mx().offer(Offer::BinaryMime)), start());
    let mut input = b"EHLO c\r\nMAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\n".to_vec();
    input.extend_from_slice(b"BDAT 16384 LAST\r\n");
    let octets: Vec<u8> = (0..16_384_u32).map(|n| (n * 7 % 256) as u8).collect();
    input.extend_from_slice(&octets);
    let buffer = server.buffers().0;
    buffer.extend_from_slice(&input);
    let end = buffer.as_ptr() as usize + buffer.len();
    let mut pieces: Vec<Bytes> = Vec::new();
    while let Ok(Next::Event(event)) = server.next_event(now) {
        match event {
            Event::Mail(mail) => {
                assert_eq!(mail.body(), BodyType::BinaryMime);
                server.accept().unwrap();
            }
            Event::Body(piece) => pieces.push(piece),
            _ if server.owes().is_some() => server.accept().unwrap(),
            _ => {}
        }
    }
    let [piece] = &pieces[..] else { panic!("{} pieces", pieces.len()) };
    assert_eq!(piece, &octets);
    assert_eq!(piece.as_ptr() as usize + piece.len(), end, "it was copied");
}

/// Ten megabytes in chunks are not held, whatever the reads and however large the chunks.
#[test]
fn ok_chunks_are_streamed_in_bounded_memory() {
    let text = b"0123456789012345678901234567890123456789\r\n".repeat(10 * 1024 * 1024 / 42);
    for (chunk, read) in [(1000, 16_384), (1 << 20, 1000), (text.len(), 65_536)] {
        let mut server = Server::new(mx());
        let mut wire = RECIPIENT.as_bytes().to_vec();
        let mut chunks = text.chunks(chunk).peekable();
        while let Some(chunk) = chunks.next() {
            let last = if chunks.peek().is_none() { " LAST" } else { "" };
            wire.extend_from_slice(format!("BDAT {}{last}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
        }
        let parts: Vec<_> = wire.chunks(read).collect();
        let mut octets = 0;
        let mut done = None;
        let mut act = |server: &mut Server, event| {
            match event {
                Event::Body(piece) => octets += piece.len(),
                Event::BodyEnd { octets } => {
                    done = Some(octets);
                    server.accept().unwrap();
                }
                _ if server.owes().is_some() => server.accept().unwrap(),
                _ => {}
            }
            Act::Quiet
        };
        let replayed = replay(&mut server, &mut act, &parts, false);
        assert_eq!((octets, done), (text.len(), Some(text.len() as u64)));
        assert!(replayed.room <= 2 * BODY_BLOCK + 2 * read, "{} of {read}", replayed.room);
        assert!(server.buffers().0.capacity() <= 4096);
    }
}

#[test]
fn ok_chunking_can_be_withdrawn() {
    let config = mx().without(Extension::Chunking).offer(Offer::BinaryMime);
    let mut server = Server::new(config);
    let wire = format!("{RECIPIENT}BDAT 6\r\nQUIT\r\nNOOP\r\n");
    let replayed = replay(&mut server, &mut application(), &[wire.as_bytes()], false);
    let said = replayed.text();
    assert!(!said.contains("CHUNKING") && !said.contains("BINARYMIME"), "{said}");
    assert!(said.contains("\r\n502 ") && said.ends_with("250 2.0.0 ok\r\n"), "{said}");
}

/// What is owed at the first chunk is owed like an answer to DATA: 354 or no.
#[test]
fn misuse_of_the_answer_to_a_first_chunk() {
    let (mut server, now) = (Server::new(mx()), start());
    let wire = format!("{RECIPIENT}BDAT 4 LAST\r\nHi\r\n");
    server.buffers().0.extend_from_slice(wire.as_bytes());
    while server.owes() != Some(Verb::Data) {
        if server.owes().is_some() {
            server.accept().unwrap();
        }
        assert!(matches!(server.next_event(now), Ok(Next::Event(_))));
    }
    sent(&mut server);
    assert!(server.reply(replies::MESSAGE_OK).is_err());
    server.accept().unwrap();
    assert!(matches!(server.next_event(now), Ok(Next::Event(Event::Body(_)))));
    assert!(sent(&mut server).is_empty(), "354 was said to BDAT");
    assert!(matches!(server.next_event(now), Ok(Next::Event(Event::BodyEnd { octets: 4 }))));
    assert!(server.reply(replies::GO_AHEAD).is_err());
    server.accept().unwrap();
    assert!(sent(&mut server).starts_with(b"250 2.6.0 "));
    // Said, but 421 to it ends the conversation.
    let mut server = Server::new(mx());
    server.buffers().0.extend_from_slice(wire.as_bytes());
    while let Ok(Next::Event(event)) = server.next_event(now) {
        match event {
            Event::Data => server.reply(replies::BROKEN).unwrap(),
            _ if server.owes().is_some() => server.accept().unwrap(),
            _ => {}
        }
    }
    assert!(matches!(server.next_event(now), Ok(Next::Closed)));
}
