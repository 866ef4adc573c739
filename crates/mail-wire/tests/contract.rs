//! The contract test, on a session that keeps it and on some that do not.

mod chat;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use bytes::BytesMut;
use chat::{Chat, ChatError, Event, echo};
use mail_wire::{
    Goodbye, Next, SendBuffer, Session, Upgraded,
    testing::{Act, contract, cut_everywhere},
};

fn act(chat: &mut Chat, event: Event) -> Act {
    echo(chat, &event);
    Act::log(&event)
}

#[test]
fn ok_session_that_keeps_the_contract() {
    contract(|| (Chat::default(), act), &[b"one\r\ntwo\r\nTLS\r\n", b"three\r\nBYE\r\n"]);
    contract(|| (Chat::implicit(), act), &[b"one\r\n"]);
}

#[test]
fn a_script_has_one_outcome() {
    let script: [&[u8]; 2] = [b"TLS\r\n", b"hello\r\nBYE\r\n"];
    let replay = cut_everywhere(|| (Chat::default(), act), &script, false);
    assert_eq!(replay.text(), "go\r\nhello\r\nBYE\r\n");
    assert_eq!(replay.log, [r#"Line("TLS")"#, "Secure", r#"Line("hello")"#, r#"Line("BYE")"#]);
}

#[test]
fn err_plaintext_behind_the_upgrade() {
    let replay = cut_everywhere(|| (Chat::default(), act), &[b"hi\r\nTLS\r\n", b""], true);
    assert_eq!(replay.text(), "hi\r\ngo\r\n");
    let (mut chat, mut answer) = (Chat::default(), act);
    let replay =
        mail_wire::testing::replay(&mut chat, &mut answer, &[b"TLS\r\ninjected\r\n"], false);
    assert_eq!(replay.ended, mail_wire::testing::Ended::Failed("Injected".into()));
}

#[test]
fn finds_a_session_that_depends_on_how_its_input_is_cut() {
    let broken = || {
        let mut calls = 0;
        let answer = move |_: &mut Chat, event: Event| {
            calls += 1;
            // Logs how often it was called when the pieces came, which no cut may change.
            Act::Log(format!("{calls} {event:?} {}", calls % 2))
        };
        (Chat::default(), answer)
    };
    contract(broken, &[b"one\r\ntwo\r\n"]);

    let peeks = || {
        (Chat::default(), |chat: &mut Chat, event: Event| {
            let held = Session::buffers(chat).0.len();
            Act::Log(format!("{event:?} with {held} octets behind it"))
        })
    };
    let caught = catch_unwind(AssertUnwindSafe(|| contract(peeks, &[b"one\r\ntwo\r\n"])));
    assert!(caught.is_err());
}

/// Gives one answer that would keep a driver spinning instead of asking for input.
struct Spinning(Chat, fn(Instant) -> Next<Event>);

impl Session for Spinning {
    type Event = Event;
    type Error = ChatError;

    fn buffers(&mut self) -> (&mut BytesMut, &mut SendBuffer) {
        self.0.buffers()
    }

    fn recv_eof(&mut self) {
        self.0.recv_eof();
    }

    fn next_event(&mut self, now: Instant) -> Result<Next<Event>, ChatError> {
        let next = self.0.next_event(now)?;
        Ok(if matches!(next, Next::NeedInput { .. }) { self.1(now) } else { next })
    }

    fn upgraded(&mut self, to: Upgraded) -> Result<(), ChatError> {
        self.0.upgraded(to)
    }

    fn close(&mut self, why: Goodbye) {
        self.0.close(why);
    }
}

#[test]
fn finds_a_session_that_keeps_its_driver_spinning() {
    let answers: [fn(Instant) -> Next<Event>; 2] =
        [|now| Next::NeedInput { until: Some(now) }, |_| Next::NeedOutput { until: None }];
    for answer in answers {
        let make = || (Spinning(Chat::default(), answer), |_: &mut Spinning, _| Act::Quiet);
        let caught = catch_unwind(AssertUnwindSafe(|| contract(make, &[b"one\r\n"])));
        assert!(caught.is_err());
    }
}
