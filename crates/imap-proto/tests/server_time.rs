//! Deadlines: the clock jumps, nobody sleeps.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use std::time::{Duration, Instant};

use bytes::Buf;
use imap_proto::server::{Event, Limits, Pending, Server, ServerError, Tls};
use mail_wire::{Next, Session as _, testing::start};
use server_support::{App, config};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Run {
    session: Server,
    app: App,
    now: Instant,
}

impl Run {
    fn new() -> Self {
        let mut run = Self { session: Server::new(config()), app: App::new(), now: start() };
        let _ = run.rest().expect("a greeting");
        run
    }

    fn logged_in() -> Self {
        let mut run = Self::new();
        run.say(b"1 LOGIN tim tanstaaf\r\n2 SELECT INBOX\r\n");
        run
    }

    fn say(&mut self, octets: &[u8]) {
        self.session.buffers().0.extend_from_slice(octets);
        let _ = self.rest().expect("still there");
    }

    /// Lets the session come to rest, and the peer read all that was sent.
    fn rest(&mut self) -> Result<Next<Event>, ServerError> {
        loop {
            let next = self.session.next_event(self.now);
            let (_, out) = self.session.buffers();
            let sent = out.remaining();
            out.advance(sent);
            match next {
                Ok(Next::Event(event)) => {
                    self.app.act(&mut self.session, event);
                }
                Ok(_) if sent > 0 => {}
                other => return other,
            }
        }
    }

    /// When the session wants to be asked again.
    fn until(&mut self) -> Duration {
        self.rest().unwrap().until().expect("a deadline").duration_since(self.now)
    }

    /// Lets the clock jump to the deadline; says what the session says and how it ends.
    fn expire(&mut self) -> (ServerError, String) {
        let until = self.until();
        self.now += until;
        let error = self.session.next_event(self.now).map(|_| ()).unwrap_err();
        assert_eq!(self.session.next_event(self.now + MINUTE).map(|_| ()), Err(error.clone()));
        let (_, out) = self.session.buffers();
        (error, String::from_utf8(out.copy_to_bytes(out.remaining()).to_vec()).unwrap())
    }
}

fn late(pending: Pending, words: &str) -> (ServerError, String) {
    (ServerError::TimedOut(pending), words.to_owned())
}

const BYE: &str = "* BYE you took too long\r\n";

#[test]
fn err_nobody_logs_in() {
    let mut run = Run::new();
    run.now += 2 * MINUTE;
    run.say(b"1 NOOP\r\n");
    assert_eq!(run.until(), MINUTE);
    assert_eq!(run.expire(), late(Pending::Login, BYE));
}

#[test]
fn err_half_an_hour_of_nothing() {
    let mut run = Run::logged_in();
    assert_eq!(run.until(), 30 * MINUTE);
    run.now += 29 * MINUTE;
    run.say(b"3 NOOP\r\n");
    assert_eq!(run.until(), 30 * MINUTE);
    assert_eq!(run.expire(), late(Pending::Command, BYE));
}

#[test]
fn err_half_an_hour_of_idle_and_news_is_no_excuse() {
    let mut run = Run::logged_in();
    run.say(b"3 IDLE\r\n");
    run.now += 20 * MINUTE;
    let seen = imap_proto::Flags::new([imap_proto::Flag::Seen]);
    run.session.mailbox_changed(imap_proto::view::Change::Flags { uid: 5, flags: seen });
    assert_eq!(run.until(), 10 * MINUTE);
    assert_eq!(run.expire(), late(Pending::Command, BYE));
}

#[test]
fn err_a_command_that_drips() {
    let mut run = Run::logged_in();
    for octet in b"3 NOO" {
        run.say(&[*octet]);
        run.now += 10 * SECOND;
    }
    // From the first octet on, not from octet to octet.
    assert_eq!(run.until(), 10 * SECOND);
    assert_eq!(run.expire(), late(Pending::RestOfCommand, BYE));
}

#[test]
fn err_an_exchange_that_is_left_alone() {
    let mut run = Run::new();
    run.say(b"1 AUTHENTICATE PLAIN\r\n");
    assert_eq!(run.expire(), late(Pending::RestOfCommand, BYE));
}

#[test]
fn err_a_message_that_drips_is_aborted() {
    let mut run = Run::logged_in();
    run.say(b"3 APPEND INBOX {1000000+}\r\nhello");
    let until = run.until();
    run.now += until;
    let event = run.session.next_event(run.now);
    assert!(matches!(event, Ok(Next::Event(Event::AppendAborted))), "{event:?}");
    let end = run.session.next_event(run.now).map(|_| ());
    assert_eq!(end, Err(ServerError::TimedOut(Pending::Append)));
}

#[test]
fn ok_a_message_at_a_steady_rate_may_take_hours() {
    let mut run = Run::logged_in();
    run.say(b"3 APPEND INBOX {1000000+}\r\n");
    for _ in 0..100 {
        run.now += 59 * SECOND;
        run.say(&[b'x'; 10_000]);
    }
    run.say(b"\r\n");
    assert_eq!(run.app.mailboxes[&b"INBOX"[..]].last().map(|mail| mail.raw.len()), Some(1_000_000));
}

#[test]
fn err_nobody_reads_what_was_sent() {
    let mut run = Run::logged_in();
    run.session.buffers().0.extend_from_slice(b"3 NOOP\r\n");
    let next = run.session.next_event(run.now).unwrap();
    assert_eq!(next.until(), Some(run.now + 5 * MINUTE));
    // Reading something moves it.
    run.now += 4 * MINUTE;
    run.session.buffers().1.advance(1);
    let next = run.session.next_event(run.now).unwrap();
    assert_eq!(next.until(), Some(run.now + 5 * MINUTE));
    run.now += 5 * MINUTE;
    let end = run.session.next_event(run.now).map(|_| ());
    assert_eq!(end, Err(ServerError::TimedOut(Pending::Reading)));
    assert!(run.session.buffers().1.is_empty());
}

#[test]
fn ok_the_application_may_think_for_as_long_as_it_likes() {
    let mut run = Run::new();
    run.session.buffers().0.extend_from_slice(b"1 LOGIN tim tanstaaf\r\n");
    assert!(matches!(run.session.next_event(run.now), Ok(Next::Event(Event::Login(_)))));
    run.now += 10_000 * MINUTE;
    assert_eq!(run.session.next_event(run.now).map(|next| next.until()), Ok(None));
    run.session.login_refused().unwrap();
    assert!(run.until() <= 3 * MINUTE && run.until() > 2 * MINUTE);
}

#[test]
fn err_a_handshake_that_does_not_come() {
    let mut session = Server::new(config().tls(Tls::Implicit));
    let now = start();
    let next = session.next_event(now).unwrap();
    assert!(matches!(next, Next::Upgrade { until: Some(_), .. }));
    let at = next.until().unwrap();
    assert_eq!(at, now + Limits::default().handshake);
    let end = session.next_event(at).map(|_| ());
    assert_eq!(end, Err(ServerError::TimedOut(Pending::Handshake)));
    assert!(session.buffers().1.is_empty(), "nothing is said in the clear");
}

#[test]
fn ok_a_slow_disk_is_not_held_against_the_client() {
    let mut run = Run::logged_in();
    run.session.buffers().0.extend_from_slice(b"3 APPEND INBOX {1000000+}\r\nhello");
    assert!(matches!(run.session.next_event(run.now), Ok(Next::Event(Event::Append(_)))));
    run.session.accept_append().unwrap();
    assert!(matches!(run.session.next_event(run.now), Ok(Next::Event(Event::AppendChunk(_)))));
    run.now += 60 * MINUTE;
    let next = run.session.next_event(run.now);
    assert!(matches!(next, Ok(Next::NeedInput { .. })), "{next:?}");
}
