//! Many responses and large texts: in linear time, at constant memory.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_support;

use client_support::*;
use imap_proto::{
    FetchItem, ResponseLimits,
    client::{Client, ClientError, Config, Event, PlaintextLogin, Tls},
    frame::FrameError,
};
use mail_wire::{BODY_BLOCK, Next, Session as _, testing::start};

/// A session with the INBOX selected and these messages fetched, with the default limits.
fn fetching(by_uid: bool, wire: &'static str, text: bool) -> Client {
    let config = Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow);
    let mut session = Client::new(config);
    enter(&mut session).expect("it is taken");
    let what = if text { whole() } else { items(&[FetchItem::Flags, FetchItem::Uid]) };
    session.fetch(by_uid, set(wire), what).expect("it is taken");
    let mut out = Vec::new();
    for said in [format!("{HELLO}\r\n"), format!("A1 {WELCOME}\r\n"), "A2 OK done\r\n".to_owned()] {
        session.buffers().0.extend_from_slice(said.as_bytes());
        pump(&mut session, |_, _| {}, &mut out);
    }
    session
}

#[test]
fn ok_a_hundred_thousand_responses() {
    const MANY: u32 = 100_000;
    let mut session = fetching(true, "1:*", false);
    session.buffers().0.extend_from_slice(format!("* {MANY} EXISTS\r\n").as_bytes());
    let (mut told, mut most) = (0, 0);
    for number in 1..=MANY {
        let line = format!("* {number} FETCH (FLAGS (\\Seen) UID {})\r\n", number * 2);
        session.buffers().0.extend_from_slice(line.as_bytes());
        while let Next::Event(event) = session.next_event(start()).expect("it goes on") {
            told += u32::from(matches!(event, Event::Data { .. }));
        }
        most = most.max(session.buffers().0.capacity());
    }
    assert_eq!(told, MANY);
    assert!(most <= 2 * BODY_BLOCK, "{most} octets held");
    let mailbox = session.mailbox().expect("one is selected");
    assert!(mailbox.is_consistent());
    assert_eq!(mailbox.numbers().seq(2 * MANY), Some(MANY));
    for _ in 0..MANY {
        session.buffers().0.extend_from_slice(b"* 1 EXPUNGE\r\n");
        assert!(matches!(session.next_event(start()), Ok(Next::Event(Event::Expunged { .. }))));
    }
    assert_eq!(session.mailbox().map(imap_proto::client::Mailbox::exists), Some(0));
}

#[test]
fn ok_responses_to_a_set_of_many_ranges_find_their_way() {
    let wire: String = (1..=20_000).map(|n| format!("{},", n * 3)).collect();
    let wire: &'static str = Box::leak(format!("{wire}60003").into_boxed_str());
    let mut session = fetching(false, wire, false);
    session.buffers().0.extend_from_slice(b"* 70000 EXISTS\r\n");
    let (mut own, mut news) = (0, 0);
    for number in 1..=60_000 {
        let line = format!("* {number} FETCH (FLAGS ())\r\n");
        session.buffers().0.extend_from_slice(line.as_bytes());
        while let Next::Event(event) = session.next_event(start()).expect("it goes on") {
            own += u32::from(matches!(event, Event::Data { .. }));
            news += u32::from(matches!(event, Event::Unsolicited(_)));
        }
    }
    assert_eq!((own, news), (20_000, 40_001));
}

#[test]
fn ok_a_large_text_passes_at_constant_memory() {
    const PIECES: u64 = 4096;
    let mut session = fetching(false, "1", true);
    let piece = vec![b'x'; BODY_BLOCK];
    let size = PIECES * BODY_BLOCK as u64;
    let start_of = format!("* 1 FETCH (UID 4 BODY[] {{{size}}}\r\n");
    session.buffers().0.extend_from_slice(start_of.as_bytes());
    let (mut came, mut most) = (0, 0);
    for _ in 0..PIECES {
        while let Next::Event(event) = session.next_event(start()).expect("it goes on") {
            if let Event::Body { octets, .. } = event {
                came += octets.len() as u64;
            }
        }
        let input = session.buffers().0;
        input.extend_from_slice(&piece);
        most = most.max(input.capacity());
    }
    session.buffers().0.extend_from_slice(b")\r\nA3 OK done\r\n");
    let mut last = None;
    while let Next::Event(event) = session.next_event(start()).expect("it goes on") {
        if let Event::Body { octets, .. } = &event {
            came += octets.len() as u64;
        }
        last = Some(event);
    }
    assert_eq!(came, size);
    assert!(matches!(last, Some(Event::Done { .. })), "{last:?}");
    assert!(most <= 3 * BODY_BLOCK, "{most} octets held");
}

#[test]
fn err_literals_and_lines_over_the_limit_before_they_come() {
    let limits = ResponseLimits::default();
    for (said, error) in [
        (
            "* LIST () \"/\" {9223372036854775807}\r\n",
            FrameError::Literal { octets: i64::MAX as u64, limit: limits.literal },
        ),
        (
            "* 1 FETCH (ENVELOPE {300000}\r\n",
            FrameError::Literal { octets: 300_000, limit: limits.literal },
        ),
    ] {
        let mut session = fetching(false, "1", true);
        session.buffers().0.extend_from_slice(said.as_bytes());
        assert_eq!(session.next_event(start()).expect_err("it is over"), ClientError::Frame(error));
    }
    let mut session = fetching(false, "1", true);
    let mut error = None;
    for _ in 0..2 * limits.line / BODY_BLOCK {
        session.buffers().0.extend_from_slice(&[b'x'; BODY_BLOCK]);
        error = session.next_event(start()).err();
        assert!(session.buffers().0.capacity() <= 3 * limits.line);
        if error.is_some() {
            break;
        }
    }
    let line = FrameError::Line { limit: limits.line };
    assert_eq!(error, Some(ClientError::Frame(line)));
}

#[test]
fn ok_a_text_of_any_announced_length_is_only_counted() {
    let mut session = fetching(false, "1", true);
    let said = b"* 1 FETCH (BODY[] {9223372036854775807}\r\nhello";
    session.buffers().0.extend_from_slice(said);
    let Ok(Next::Event(Event::BodyStart(body))) = session.next_event(start()) else {
        panic!("a text starts");
    };
    assert_eq!(body.octets, i64::MAX as u64);
    assert!(matches!(session.next_event(start()), Ok(Next::Event(Event::Body { .. }))));
    session.recv_eof();
    assert!(matches!(session.next_event(start()), Ok(Next::Event(Event::BodyAborted { .. }))));
    let torn = ClientError::Truncated("the text of a message");
    assert_eq!(session.next_event(start()).expect_err("it is over"), torn);
}

#[test]
fn err_parentheses_nested_a_million_deep() {
    let mut session = fetching(false, "1", true);
    let said = format!("* 1 FETCH (X {})\r\n", "(".repeat(1_000_000));
    session.buffers().0.extend_from_slice(said.as_bytes());
    let answer = session.next_event(start());
    assert!(matches!(answer, Ok(Next::Event(Event::Malformed(_)))), "{answer:?}");
}
