//! The deadlines of the client session. The clock jumps; nothing sleeps.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_support;

use std::time::{Duration, Instant};

use bytes::Buf;
use client_support::*;
use imap_proto::client::{Client, ClientError, Config, Event, Limits, Pending, Tls};
use mail_wire::{Next, Session as _, testing::start};

/// Feeds octets and asks until the session waits; returns until when.
fn wait(session: &mut Client, said: &str, now: Instant) -> Option<Instant> {
    session.buffers().0.extend_from_slice(said.as_bytes());
    loop {
        match session.next_event(now).expect("it goes on") {
            Next::Event(_) => {}
            other => return other.until(),
        }
    }
}

fn sent(session: &mut Client) -> String {
    let out = session.buffers().1;
    String::from_utf8_lossy(&out.copy_to_bytes(out.remaining())).into_owned()
}

/// A session with the INBOX selected, at rest.
fn ready(now: Instant) -> Client {
    let mut session = Client::new(clear());
    enter(&mut session).expect("it is taken");
    let until = wait(&mut session, &format!("{HELLO}\r\n"), now);
    assert!(until.is_some(), "an answer is due");
    sent(&mut session);
    wait(&mut session, &format!("A1 {WELCOME}\r\n"), now);
    sent(&mut session);
    let until = wait(&mut session, "A2 OK [READ-WRITE] done\r\n", now);
    assert_eq!(until, None, "nothing is due");
    session
}

fn times_out(session: &mut Client, at: Instant, over: Pending) {
    let error = session.next_event(at).expect_err("it is over");
    assert_eq!(error, ClientError::TimedOut(over));
    assert_eq!(session.next_event(at).expect_err("it is over"), error);
}

#[test]
fn err_no_greeting_no_handshake() {
    let now = start();
    let mut session = Client::new(clear());
    let until = wait(&mut session, "", now).expect("the greeting is due");
    assert_eq!(until, now + Limits::default().greeting);
    times_out(&mut session, until, Pending::Greeting);

    let mut session = Client::new(Config::new().tls(Tls::Implicit));
    let until = wait(&mut session, "", now).expect("the handshake is due");
    times_out(&mut session, until, Pending::Handshake);
}

#[test]
fn err_no_answer_but_each_response_gives_new_time() {
    let now = start();
    let mut session = ready(now);
    session.noop().expect("it is taken");
    let until = wait(&mut session, "", now).expect("an answer is due");
    sent(&mut session);
    let later = until - Duration::from_secs(1);
    let until = wait(&mut session, "* OK Still here\r\n", later).expect("an answer is due");
    assert_eq!(until, later + Limits::default().answer);
    times_out(&mut session, until, Pending::Answer);
}

#[test]
fn err_a_response_octet_by_octet() {
    let mut now = start();
    let mut session = ready(now);
    let end = now + Limits::default().rest_of_response;
    for octet in "* OK Still here".chars() {
        let until = wait(&mut session, &octet.to_string(), now).expect("the rest is due");
        assert_eq!(until, end, "it does not move");
        now += Duration::from_secs(3);
    }
    times_out(&mut session, end, Pending::RestOfResponse);
}

#[test]
fn err_a_text_that_trickles() {
    let now = start();
    let mut session = ready(now);
    session.fetch(false, set("1"), whole()).expect("it is taken");
    wait(&mut session, "", now);
    sent(&mut session);
    let until = wait(&mut session, "* 1 FETCH (BODY[] {10000}\r\nab", now).expect("more is due");
    match session.next_event(until) {
        Ok(Next::Event(Event::BodyAborted { .. })) => {}
        other => panic!("{other:?}"),
    }
    times_out(&mut session, until, Pending::Body);
}

#[test]
fn err_a_server_that_does_not_read() {
    let now = start();
    let mut session = ready(now);
    session.noop().expect("it is taken");
    wait(&mut session, "", now);
    let end = now + Limits::default().reading;
    wait(&mut session, "* OK Still here\r\n", end - Duration::from_secs(1));
    times_out(&mut session, end, Pending::Reading);
}

#[test]
fn ok_idle_is_begun_anew_in_time() {
    let now = start();
    let mut session = ready(now);
    let idle = session.idle().expect("it is taken");
    wait(&mut session, "", now);
    assert_eq!(sent(&mut session), "A3 IDLE\r\n");
    let until = wait(&mut session, "+ idling\r\n", now).expect("it is begun anew");
    assert!(until < now + Duration::from_secs(29 * 60), "RFC 2177 section 3");
    assert!(session.is_at_rest());

    wait(&mut session, "", until);
    assert_eq!(sent(&mut session), "DONE\r\n");
    session.buffers().0.extend_from_slice(b"* 4 EXISTS\r\nA3 OK done\r\n");
    let news = session.next_event(until);
    assert!(matches!(news, Ok(Next::Event(Event::Unsolicited(_)))), "{news:?}");
    assert!(matches!(session.next_event(until), Ok(Next::NeedInput { .. })), "nobody is told");
    assert_eq!(sent(&mut session), "A4 IDLE\r\n");
    session.buffers().0.extend_from_slice(b"+ idling\r\n");
    assert!(matches!(session.next_event(until), Ok(Next::NeedInput { .. })), "nobody is told");

    session.done(idle).expect("it goes on");
    assert_eq!(sent(&mut session), "DONE\r\n");
    session.buffers().0.extend_from_slice(b"A4 OK done\r\n");
    let done = session.next_event(until);
    assert!(matches!(done, Ok(Next::Event(Event::Done { handle, .. })) if handle == idle));
}

#[test]
fn ok_time_stands_still_while_the_application_thinks() {
    let now = start();
    let mut session = ready(now);
    session.noop().expect("it is taken");
    wait(&mut session, "", now);
    sent(&mut session);
    session.buffers().0.extend_from_slice(b"* OK Still here\r\n* 1 EXI");
    assert!(matches!(session.next_event(now), Ok(Next::Event(_))));
    // An hour later the rest is still in the socket.
    let later = now + Duration::from_secs(3600);
    let until = wait(&mut session, "STS\r\n", later).expect("an answer is due");
    assert!(until > later);
}
