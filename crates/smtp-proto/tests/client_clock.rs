//! The client's deadlines, RFC 5321 4.5.3.2. The clock jumps.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use std::time::{Duration, Instant};

use bytes::Bytes;
use dialogue::{laptop, sent};
use mail_wire::{Goodbye, Next, Session, testing::start};
use smtp_proto::{
    Mailbox, Verb,
    client::{Client, Envelope, Error, Event, NotSent, Outcome},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Timed {
    client: Client,
    now: Instant,
    outcomes: Vec<Outcome>,
    body: Vec<Bytes>,
}

impl Timed {
    fn new() -> Self {
        let mut client = Client::new(laptop());
        let mailbox = |text| Mailbox::parse(text).unwrap();
        client.send(Envelope::new(mailbox("a@b")).to(mailbox("c@d"))).unwrap();
        Self { client, now: start(), outcomes: Vec::new(), body: Vec::new() }
    }

    fn pump(&mut self) -> Result<Next<Event>, Error> {
        loop {
            match self.client.next_event(self.now)? {
                Next::Event(Event::WantBody { id, .. }) => match self.body.pop() {
                    Some(part) => self.client.body(id, part).unwrap(),
                    None => self.client.body_end(id).unwrap(),
                },
                Next::Event(Event::Recipient { outcome, .. }) => self.outcomes.push(outcome),
                Next::Event(_) => {}
                next => return Ok(next),
            }
        }
    }

    fn server(&mut self, reply: &str) {
        let _ = self.pump().unwrap();
        sent(&mut self.client);
        self.client.buffers().0.extend_from_slice(reply.as_bytes());
    }

    fn until(&mut self) -> Duration {
        let next = self.pump().unwrap();
        sent(&mut self.client);
        assert!(matches!(next, Next::NeedInput { .. }), "{next:?}");
        let next = self.pump().unwrap();
        next.until().unwrap() - self.now
    }

    fn fails_after(&mut self, time: Duration) -> Error {
        assert_eq!(self.until(), time);
        self.now += time - SECOND;
        let _ = self.pump().unwrap();
        self.now += SECOND;
        self.pump().unwrap_err()
    }
}

const SCRIPT: [(&str, u32, Verb); 6] = [
    ("", 5, Verb::Connect),
    ("220 mx\r\n", 5, Verb::Ehlo),
    ("250 mx\r\n", 5, Verb::Mail),
    ("250 ok\r\n", 5, Verb::Rcpt),
    ("250 ok\r\n", 2, Verb::Data),
    ("354 go\r\n", 10, Verb::EndOfData),
];

#[test]
fn err_server_does_not_answer() {
    for silent in 0..SCRIPT.len() {
        let mut timed = Timed::new();
        for (reply, ..) in &SCRIPT[..=silent] {
            // Each has its time for itself.
            timed.now += MINUTE;
            timed.server(reply);
        }
        let (_, minutes, verb) = SCRIPT[silent];
        let error = timed.fails_after(minutes * MINUTE);
        assert_eq!(error, Error::TimedOut { verb });
        let lost = Outcome::NotSent(NotSent::Lost);
        let outcome = if verb == Verb::EndOfData { Outcome::Unknown } else { lost };
        assert_eq!(timed.outcomes, [outcome]);
        assert_eq!(timed.pump(), Err(error));
        assert!(sent(&mut timed.client).is_empty());
    }
}

/// A reply in drops is no reply.
#[test]
fn err_reply_comes_in_drops() {
    let mut timed = Timed::new();
    for _ in 0..4 {
        timed.server("220-mx\r\n");
        timed.now += MINUTE;
    }
    assert_eq!(timed.until(), MINUTE);
    assert!(matches!(timed.fails_after(MINUTE), Error::TimedOut { verb: Verb::Connect }));
}

/// RFC 5321 4.5.3.2.5: three minutes for a block that does not move.
#[test]
fn err_server_takes_no_body() {
    let mut timed = Timed::new();
    for (reply, ..) in &SCRIPT {
        timed.server(reply);
    }
    timed.body = vec![Bytes::from(vec![b'x'; 1_000_000])];
    let next = timed.pump().unwrap();
    let Next::NeedOutput { until: Some(until) } = next else { panic!("{next:?}") };
    assert_eq!(until - timed.now, 3 * MINUTE);
    timed.now += 2 * MINUTE;
    bytes::Buf::advance(timed.client.buffers().1, 1);
    let next = timed.pump().unwrap();
    assert_eq!(next.until().unwrap() - timed.now, 3 * MINUTE);
    timed.now += 3 * MINUTE;
    assert_eq!(timed.pump(), Err(Error::Stuck));
    assert_eq!(timed.outcomes, [Outcome::NotSent(NotSent::Lost)]);
    assert!(sent(&mut timed.client).is_empty());
}

#[test]
fn stops_while_the_application_looks_for_the_body() {
    let mut timed = Timed::new();
    for (reply, ..) in &SCRIPT {
        timed.server(reply);
    }
    let wanted = loop {
        match timed.client.next_event(timed.now).unwrap() {
            Next::Event(Event::WantBody { id, .. }) => break id,
            Next::Event(_) => {}
            other => panic!("{other:?}"),
        }
    };
    timed.now += 60 * MINUTE;
    let next = timed.client.next_event(timed.now).unwrap();
    assert!(matches!(next, Next::NeedReply { until: None }), "{next:?}");
    timed.now += 60 * MINUTE;
    timed.client.body_end(wanted).unwrap();
    assert_eq!(timed.until(), 10 * MINUTE);
}

#[test]
fn ok_server_does_not_answer_quit() {
    let mut timed = Timed::new();
    for (reply, ..) in &SCRIPT {
        timed.server(reply);
    }
    timed.server("250 ok\r\n");
    let _ = timed.pump().unwrap();
    timed.client.close(Goodbye::Done);
    assert_eq!(timed.until(), 10 * SECOND);
    timed.now += 10 * SECOND;
    assert!(matches!(timed.pump(), Ok(Next::Closed)));
}

#[test]
fn ok_close_before_the_message_began_and_while_it_is_on_its_way() {
    let mut timed = Timed::new();
    timed.server("220 mx\r\n");
    timed.client.close(Goodbye::Shutdown);
    let _ = timed.pump().unwrap();
    assert_eq!(timed.outcomes, [Outcome::NotSent(NotSent::Closing)]);
    assert_eq!(sent(&mut timed.client), b"QUIT\r\n");

    let mut timed = Timed::new();
    for (reply, ..) in &SCRIPT {
        timed.server(reply);
    }
    timed.client.close(Goodbye::Shutdown);
    timed.server("250 ok\r\n");
    let _ = timed.pump().unwrap();
    assert!(matches!(timed.outcomes[..], [Outcome::Accepted(_)]));
    assert_eq!(sent(&mut timed.client), b"QUIT\r\n");
}
