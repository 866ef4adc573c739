//! Large mailboxes and large messages at constant memory, in linear time.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use bytes::{Buf, Bytes};
use imap_proto::{
    Flag, Flags, NumberSet,
    server::{Event, Message, Selected, Server},
};
use mail_wire::{BODY_BLOCK, Next, Session as _, testing::start};
use server_support::{config, number};

const MANY: u32 = 100_000;

/// What a run of a session with a large mailbox came to.
#[derive(Default)]
struct Seen {
    events: u64,
    octets: u64,
    lines: u64,
    most_out: usize,
    most_in: usize,
    last: Vec<u8>,
}

/// Selects a mailbox of many messages with gaps between them, and says something.
fn run(said: &[u8], mut act: impl FnMut(&mut Server, Event)) -> Seen {
    let mut session = Server::new(config());
    let mut seen = Seen::default();
    let script = [b"1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n", said].concat();
    let mut input = script.chunks(BODY_BLOCK);
    loop {
        match session.next_event(start()).unwrap() {
            Next::Event(Event::Login(_)) => session.authenticated().unwrap(),
            Next::Event(Event::Select { .. }) => {
                let uids: NumberSet = (1..=MANY).map(|n| n * 2).collect();
                session.selected(Selected::new(number(1), uids)).unwrap();
            }
            Next::Event(event) => {
                seen.events += 1;
                act(&mut session, event);
            }
            Next::NeedInput { .. } => match input.next() {
                Some(piece) => {
                    let (buffer, _) = session.buffers();
                    buffer.extend_from_slice(piece);
                    seen.most_in = seen.most_in.max(buffer.capacity());
                }
                None => break,
            },
            Next::NeedOutput { .. } => {}
            other => panic!("{other:?}"),
        }
        let (_, out) = session.buffers();
        // The peer reads in small steps, so the buffer stays full.
        if out.len() > 60_000 || out.len() < 1000 {
            seen.read(out);
        }
        seen.most_out = seen.most_out.max(session.buffers().1.len());
    }
    seen.read(session.buffers().1);
    seen
}

impl Seen {
    fn read(&mut self, out: &mut mail_wire::SendBuffer) {
        self.most_out = self.most_out.max(out.len());
        while out.has_remaining() {
            let chunk = out.chunk();
            self.octets += chunk.len() as u64;
            self.lines += memchr::memchr_iter(b'\n', chunk).count() as u64;
            let tail = chunk.len().saturating_sub(60);
            self.last.extend_from_slice(&chunk[tail..]);
            let len = chunk.len();
            out.advance(len);
        }
    }

    fn ends(&self, with: &str) {
        assert!(self.last.ends_with(with.as_bytes()), "{}", self.last.escape_ascii());
    }
}

#[test]
fn fetch_of_a_hundred_thousand_messages_is_pulled() {
    let mut asked = 0;
    let seen = run(b"3 FETCH 1:* (FLAGS UID RFC822.SIZE)\r\n", |session, event| {
        let Event::Fetch(slice) = event else { panic!("{event:?}") };
        assert!(slice.uids.len() <= 100);
        for uid in slice.uids {
            asked += 1;
            assert_eq!(uid, asked * 2, "each once, ascending");
            let flags = Flags::new([Flag::Seen]);
            session.message(uid, Message::new().flags(flags).size(uid.into())).unwrap();
        }
        session.done().unwrap();
    });
    assert_eq!((asked, seen.events), (MANY, 1000));
    assert_eq!(seen.lines, u64::from(MANY) + 1 + 6 + 1 + 1);
    assert!(seen.most_out < 128 * 1024, "{}", seen.most_out);
    seen.ends("3 OK FETCH completed\r\n");
}

#[test]
fn header_fields_of_many_messages_are_put_together_a_few_at_a_time() {
    const HEADER: usize = 60 * 1024;
    let header = Bytes::from([&b"Subject: "[..], &[b'x'; HEADER - 13], b"\r\n\r\n"].concat());
    let items = (0..8).map(|n| format!("BODY.PEEK[HEADER.FIELDS.NOT (x{n})]"));
    let items = items.collect::<Vec<_>>().join(" ");
    let said = format!("3 UID FETCH 1:200 ({items})\r\n");
    let seen = run(said.as_bytes(), |session, event| {
        let Event::Fetch(slice) = event else { panic!("{event:?}") };
        for uid in slice.uids {
            let message = Message::new().size(HEADER as u64).header_size(HEADER as u64);
            session.message(uid, message.header(header.clone())).unwrap();
        }
        session.done().unwrap();
    });
    assert!(seen.octets > 100 * 8 * HEADER as u64);
    assert!(seen.most_out < 16 * HEADER + 128 * 1024, "{}", seen.most_out);
    seen.ends("3 OK FETCH completed\r\n");
}

#[test]
fn bodies_of_many_messages_are_pulled_one_by_one() {
    let body = Bytes::from(vec![b'x'; 200]);
    let mut open = 0;
    let seen = run(b"3 UID FETCH 1:2000 BODY.PEEK[]\r\n", |session, event| match event {
        Event::Fetch(slice) => {
            assert_eq!((slice.uids.len(), open), (1, 0), "one message at a time");
            session.message(slice.uids[0], Message::new().size(400)).unwrap();
            session.done().unwrap();
            open = 1;
        }
        Event::WantBody(want) => {
            open = u32::from(want.offset == 0);
            session.body(want.id, body.clone()).unwrap();
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(seen.events, 1000 + 2000);
    assert!(seen.most_out < 128 * 1024, "{}", seen.most_out);
    seen.ends("xxx)\r\n3 OK FETCH completed\r\n");
}

#[test]
fn a_message_of_a_gibibyte_goes_out_at_constant_memory() {
    const SIZE: u64 = 1 << 30;
    let block = Bytes::from(vec![b'x'; 64 * 1024]);
    let mut given = 0;
    let seen = run(b"3 FETCH 7 RFC822\r\n", |session, event| match event {
        Event::Fetch(_) => {
            let message = Message::new().size(SIZE).flags(Flags::new([Flag::Seen]));
            session.message(14, message).unwrap();
            session.done().unwrap();
        }
        Event::WantBody(want) => {
            assert_eq!(want.offset, given);
            given += want.room as u64;
            session.body(want.id, block.slice(..want.room)).unwrap();
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(given, SIZE);
    assert!(seen.octets > SIZE && seen.octets < SIZE + 2000);
    assert!(seen.most_out < 160 * 1024, "{}", seen.most_out);
    seen.ends(")\r\n3 OK FETCH completed\r\n");
}

#[test]
fn a_large_message_comes_in_at_constant_memory() {
    const SIZE: usize = 32 << 20;
    let mut said = format!("3 APPEND INBOX {{{SIZE}+}}\r\n").into_bytes();
    said.resize(said.len() + SIZE, b'x');
    said.extend_from_slice(b"\r\n");
    let mut got = 0;
    let seen = run(&said, |session, event| match event {
        Event::Append(request) => {
            assert_eq!(request.size, SIZE as u64);
            session.accept_append().unwrap();
        }
        Event::AppendChunk(octets) => got += octets.len(),
        Event::AppendEnd => session.appended(None).unwrap(),
        other => panic!("{other:?}"),
    });
    assert_eq!(got, SIZE);
    assert!(seen.most_in <= 4 * BODY_BLOCK, "{}", seen.most_in);
    seen.ends("3 OK APPEND completed\r\n");
}

#[test]
fn a_search_that_finds_everything_is_written_in_pieces() {
    let seen = run(b"3 SEARCH ALL\r\n4 UID SEARCH RETURN (ALL) 1:10\r\n", |session, event| {
        let Event::Search(request) = event else { panic!("{event:?}") };
        session.found(request.among.iter()).unwrap();
        session.done().unwrap();
    });
    // Every number once, with the space in front of it.
    let numbers: u64 = (1..=u64::from(MANY)).map(|n| n.to_string().len() as u64 + 1).sum();
    assert!(seen.octets > numbers, "{}", seen.octets);
    assert!(seen.most_out < 2 * 1024 * 1024, "{}", seen.most_out);
    seen.ends("4 OK SEARCH completed\r\n");
}

#[test]
fn a_query_of_many_sets_over_many_messages_does_not_grow() {
    let sets = ["1:*"; 10_000].join(" ");
    let said = format!("3 SEARCH {sets}\r\n");
    let seen = run(said.as_bytes(), |session, event| {
        let Event::Search(request) = event else { panic!("{event:?}") };
        assert!(format!("{:?}", request.query).len() < 400_000);
        session.done().unwrap();
    });
    seen.ends("* SEARCH\r\n3 OK SEARCH completed\r\n");
}

#[test]
fn expunging_every_message_is_told_in_linear_time() {
    let seen = run(b"3 EXPUNGE\r\n", |session, event| {
        let Event::Expunge { among } = event else { panic!("{event:?}") };
        assert_eq!(among.len(), u64::from(MANY));
        session.expunged(&among).unwrap();
    });
    assert_eq!(seen.lines, u64::from(MANY) + 1 + 6 + 1 + 1);
    assert!(seen.most_out < 128 * 1024, "{}", seen.most_out);
    seen.ends("* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n3 OK EXPUNGE completed\r\n");
}
