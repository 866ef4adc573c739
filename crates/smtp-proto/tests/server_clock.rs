//! The server's deadlines. The clock jumps.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use std::time::{Duration, Instant};

use dialogue::{mx, sent};
use mail_wire::{Goodbye, Next, Session, testing::start};
use smtp_proto::{
    Verb,
    limits::ServerLimits,
    server::{Aborted, Error, Event, Server, TlsUse},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Timed {
    server: Server,
    now: Instant,
    told: Vec<Event>,
}

impl Timed {
    fn new(server: Server) -> Self {
        let mut timed = Self { server, now: start(), told: Vec::new() };
        let _ = timed.pump();
        timed
    }

    /// Drives the session, and it wants more.
    fn goes_on(&mut self) {
        let next = self.pump();
        assert!(matches!(next, Ok(Next::NeedInput { .. })), "{next:?}");
    }

    /// Drives the session, answering with yes, until it wants something.
    fn pump(&mut self) -> Result<Next<Event>, Error> {
        loop {
            match self.server.next_event(self.now)? {
                Next::Event(event) => {
                    self.told.push(event);
                    if self.server.owes().is_some() {
                        self.server.accept().unwrap();
                    }
                }
                next => return Ok(next),
            }
        }
    }

    fn client(&mut self, octets: &[u8]) {
        self.server.buffers().0.extend_from_slice(octets);
        self.goes_on();
        self.read();
    }

    fn read(&mut self) -> String {
        String::from_utf8(sent(&mut self.server)).unwrap()
    }

    fn until(&mut self) -> Duration {
        let next = self.pump().unwrap();
        next.until().unwrap() - self.now
    }

    fn fails_after(&mut self, time: Duration) -> Error {
        self.read();
        self.now += time - SECOND;
        let _ = self.pump().unwrap();
        self.now += SECOND;
        self.pump().unwrap_err()
    }
}

/// A limit of `Duration::MAX` says that there is none.
#[test]
fn ok_server_without_limits_of_time() {
    let limits = ServerLimits {
        greeting_delay: SECOND,
        command_time: Duration::MAX,
        handshake_time: Duration::MAX,
        output_time: Duration::MAX,
        body_window: Duration::MAX,
        ..ServerLimits::default()
    };
    let mut timed = Timed::new(Server::new(mx().limits(limits)));
    timed.now += SECOND;
    timed.goes_on();
    timed.server.buffers().0.extend_from_slice(b"EHLO client.example\r\n");
    timed.now += 100 * 365 * 24 * 60 * MINUTE / 101;
    timed.goes_on();
}

/// RFC 5321 4.5.3.2.7.
#[test]
fn err_client_is_silent() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.read();
    assert_eq!(timed.until(), 5 * MINUTE);
    let error = timed.fails_after(5 * MINUTE);
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    assert!(timed.read().starts_with("421 4.4.2 "));
    timed.now += MINUTE;
    assert_eq!(timed.pump(), Err(error));
}

/// From the first octet of a line to its last, not from octet to octet.
#[test]
fn err_line_comes_in_drops() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.now += 4 * MINUTE;
    timed.client(b"N");
    assert_eq!(timed.until(), 5 * MINUTE);
    for octet in [b"O", b"O", b"P"] {
        timed.now += MINUTE;
        timed.client(octet);
    }
    assert_eq!(timed.until(), 2 * MINUTE);
    timed.fails_after(2 * MINUTE);
}

#[test]
fn ok_each_command_starts_anew() {
    let mut timed = Timed::new(Server::new(mx()));
    for _ in 0..10 {
        timed.now += 4 * MINUTE;
        timed.client(b"NOOP\r\n");
    }
}

#[test]
fn stops_while_the_application_thinks() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.client(b"EHLO c\r\n");
    timed.server.buffers().0.extend_from_slice(b"MAIL FROM:<a@b>\r\nNO");
    let mail = timed.server.next_event(timed.now).unwrap();
    assert!(matches!(mail, Next::Event(Event::Mail(_))));
    timed.now += 60 * MINUTE;
    let next = timed.server.next_event(timed.now).unwrap();
    assert!(matches!(next, Next::NeedReply { until: None }), "{next:?}");
    timed.now += 60 * MINUTE;
    timed.server.accept().unwrap();
    timed.goes_on();
    timed.read();
    assert_eq!(timed.until(), 5 * MINUTE);
}

#[test]
fn err_body_is_too_slow() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.client(b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    assert_eq!(timed.until(), 5 * MINUTE);
    // 100 octets a second will do.
    for _ in 0..10 {
        timed.client(&[b'x'; 30_000]);
        timed.now += 5 * MINUTE;
        timed.goes_on();
    }
    timed.client(&[b'x'; 29_999]);
    let error = timed.fails_after(5 * MINUTE);
    assert!(matches!(error, Error::TimedOut { .. }));
    assert!(timed.read().starts_with("421 4.4.2 "));
    assert_eq!(timed.told.last(), Some(&Event::BodyAborted(Aborted::TooSlow)));
}

#[test]
fn ok_slow_application_is_not_the_clients_fault() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.client(b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    for _ in 0..10 {
        timed.server.buffers().0.extend_from_slice(b"x");
        let piece = timed.server.next_event(timed.now).unwrap();
        assert!(matches!(piece, Next::Event(Event::Body(_))));
        timed.now += 10 * MINUTE;
        timed.goes_on();
    }
}

#[test]
fn err_client_takes_no_output() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.server.buffers().0.extend_from_slice(b"NOOP\r\n");
    assert_eq!(timed.until(), 5 * MINUTE);
    timed.now += 4 * MINUTE;
    timed.server.buffers().0.extend_from_slice(b"NOOP\r\n");
    // One octet taken, and it has all the time again.
    bytes::Buf::advance(timed.server.buffers().1, 1);
    assert_eq!(timed.until(), 5 * MINUTE);
    timed.now += 5 * MINUTE;
    assert_eq!(timed.pump(), Err(Error::Stuck));
    assert_eq!(timed.read(), "");
}

#[test]
fn err_handshake_takes_too_long() {
    let mut timed = Timed::new(Server::new(mx().tls(TlsUse::Implicit)));
    assert_eq!(timed.until(), MINUTE);
    assert!(matches!(timed.fails_after(MINUTE), Error::TimedOut { .. }));
    assert_eq!(timed.read(), "");
}

/// RFC 5321 3.8: 421 at the next moment that allows it.
/// Whatever is owed, and whatever was to be the last word before.
#[test]
fn err_answer_that_will_never_come_is_421() {
    let script = b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHi\r\n.\r\n";
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::EndOfData] {
        let (mut server, now) = (Server::new(mx()), start());
        assert!(matches!(server.next_event(now), Ok(Next::NeedInput { .. })));
        server.buffers().0.extend_from_slice(script);
        while let Ok(Next::Event(_)) = server.next_event(now) {
            if server.owes().is_some_and(|owed| owed != verb) {
                server.accept().unwrap();
            }
        }
        assert_eq!(server.owes(), Some(verb));
        server.close(Goodbye::Shutdown);
        assert!(matches!(server.next_event(now), Ok(Next::NeedReply { .. })), "{verb:?}");
        server.close(Goodbye::InternalError);
        let mut next = server.next_event(now);
        while let Ok(Next::Event(event)) = next {
            assert!(matches!(event, Event::Reset), "{event:?}");
            next = server.next_event(now);
        }
        assert!(matches!(next, Ok(Next::Closed)), "{next:?}");
        let said = String::from_utf8(sent(&mut server)).unwrap();
        assert!(said.lines().last().unwrap().starts_with("421 4.3.0 "), "{verb:?}: {said}");
        assert!(server.accept().is_err());
    }
}

#[test]
fn says_goodbye_when_it_may() {
    let mut timed = Timed::new(Server::new(mx()));
    timed.client(b"EHLO c\r\n");
    timed.server.close(Goodbye::Shutdown);
    assert!(matches!(timed.pump(), Ok(Next::Closed)));
    assert!(timed.read().starts_with("421 4.3.2 "));

    // Not within a message, and not before what is owed.
    let mut timed = Timed::new(Server::new(mx()));
    timed.client(b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf");
    timed.server.close(Goodbye::Shutdown);
    assert!(matches!(timed.pump(), Ok(Next::NeedInput { .. })));
    timed.server.buffers().0.extend_from_slice(b"\r\n.\r\nNOOP\r\n");
    assert!(matches!(timed.pump(), Ok(Next::Closed)));
    let said = timed.read();
    assert!(said.starts_with("250 2.6.0 ") && said.contains("\r\n421 4.3.2 "), "{said}");
    assert_eq!(said.lines().count(), 2);
}
