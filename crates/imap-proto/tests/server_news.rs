//! What one session does and another is told: two sessions, a hub, one mailbox.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use std::time::Duration;

use bytes::Buf;
use imap_proto::{
    Flag, Flags, NumberSet,
    hub::{Hub, SubscriberId},
    server::{Event, Server},
    view::Change,
};
use mail_wire::{Goodbye, Next, Session as _, testing::start};
use server_support::{App, compare, config};

/// Sessions on one store, with a hub between them.
struct House {
    app: App,
    hub: Hub<&'static str>,
    sessions: Vec<(Server, Option<SubscriberId>)>,
}

impl House {
    fn of(sessions: usize) -> Self {
        let sessions = (0..sessions).map(|_| (Server::new(config()), None)).collect();
        let mut house = Self { app: App::new(), hub: Hub::new(100), sessions };
        for nth in 0..house.sessions.len() {
            house.say(nth, "l LOGIN tim tanstaaf\r\ns SELECT INBOX\r\n");
            house.hear(nth);
        }
        house
    }

    fn say(&mut self, nth: usize, said: &str) {
        self.sessions[nth].0.buffers().0.extend_from_slice(said.as_bytes());
        self.run(nth);
    }

    /// Acts for one session until it rests, and publishes what its commands changed.
    fn run(&mut self, nth: usize) {
        let mut wake = Vec::new();
        loop {
            let (session, subscriber) = &mut self.sessions[nth];
            let Next::Event(event) = session.next_event(start()).unwrap() else { break };
            let from = *subscriber;
            match &event {
                Event::Select { .. } => *subscriber = Some(self.hub.subscribe("INBOX")),
                Event::Deselected => self.hub.unsubscribe(subscriber.take().unwrap()),
                _ => {}
            }
            self.app.selected = Some(b"INBOX".to_vec());
            let before = self.app.here().clone();
            self.app.act(session, event);
            self.app.selected = Some(b"INBOX".to_vec());
            for change in changes(&before, self.app.here()) {
                wake.extend(self.hub.publish(&"INBOX", &change, from));
            }
        }
        for id in wake {
            let other = self.sessions.iter().position(|(_, own)| *own == Some(id)).unwrap();
            let news = self.hub.take(id);
            self.sessions[other].0.mailbox_news(news);
            self.run(other);
        }
    }

    /// Says what the session has sent since the last time.
    fn hear(&mut self, nth: usize) -> String {
        let (_, out) = self.sessions[nth].0.buffers();
        String::from_utf8(out.copy_to_bytes(out.remaining()).to_vec()).unwrap()
    }

    fn expect(&mut self, nth: usize, lines: &[&str]) {
        let said = self.hear(nth);
        compare(&said, lines);
    }
}

fn changes(before: &[server_support::Mail], after: &[server_support::Mail]) -> Vec<Change> {
    let mut changes = Vec::new();
    for mail in before {
        match after.iter().find(|other| other.uid == mail.uid) {
            None => changes.push(Change::Expunged([mail.uid].into_iter().collect())),
            Some(other) if other.flags != mail.flags => {
                let flags = Flags::new(other.flags.clone());
                changes.push(Change::Flags { uid: mail.uid, flags });
            }
            Some(_) => {}
        }
    }
    let known = |uid| before.iter().any(|mail| mail.uid == uid);
    let arrived: NumberSet = after.iter().map(|mail| mail.uid).filter(|uid| !known(*uid)).collect();
    if !arrived.is_empty() {
        changes.push(Change::Arrived(arrived));
    }
    changes
}

#[test]
fn idle_hears_what_others_do_as_it_happens() {
    let mut house = House::of(2);
    house.say(0, "1 IDLE\r\n");
    house.expect(0, &["+ idling"]);
    assert!(house.sessions[0].0.is_idle());
    house.say(1, "2 STORE 2 +FLAGS (\\Flagged)\r\n");
    house.expect(0, &["* 2 FETCH (UID 5 FLAGS (\\Flagged))"]);
    house.say(1, "3 APPEND INBOX {5+}\r\nhello\r\n");
    house.expect(0, &["* 4 EXISTS", "* 1 RECENT"]);
    house.say(1, "4 EXPUNGE\r\n");
    house.expect(0, &["* 3 EXPUNGE"]);
    house.say(0, "DONE\r\n");
    house.expect(0, &["1 OK IDLE completed"]);
    house.expect(
        1,
        &[
            "* 2 FETCH (FLAGS (\\Flagged))",
            "2 OK STORE completed",
            "* 4 EXISTS",
            "* 1 RECENT",
            "3 OK [APPENDUID 7 10] APPEND completed",
            "* 3 EXPUNGE",
            "4 OK EXPUNGE completed",
        ],
    );
}

#[test]
fn expunge_waits_while_numbers_are_in_use() {
    let mut house = House::of(2);
    house.say(1, "1 STORE 1 +FLAGS.SILENT (\\Deleted)\r\n2 EXPUNGE\r\n");
    house.hear(1);
    // RFC 9051 7.5.1: not during FETCH, STORE and SEARCH, whose numbers would mean others.
    house.say(0, "1 FETCH 2 UID\r\n");
    house.expect(0, &["* 2 FETCH (UID 5)", "1 OK FETCH completed"]);
    house.say(0, "2 STORE 2 +FLAGS.SILENT (\\Seen)\r\n");
    house.expect(0, &["2 OK STORE completed"]);
    house.say(0, "3 SEARCH ALL\r\n");
    house.expect(0, &["* SEARCH 2", "3 OK SEARCH completed"]);
    // What is gone cannot be told of, and the client may not know yet (RFC 2180 4.1.2).
    house.say(0, "4 FETCH 1 FLAGS\r\n");
    house.expect(0, &["4 NO [EXPUNGEISSUED] some of them are gone"]);
    house.say(0, "5 UID FETCH 5 UID\r\n");
    house.expect(0, &["* 2 FETCH (UID 5)", "* 3 EXPUNGE", "* 1 EXPUNGE", "5 OK FETCH completed"]);
    house.say(0, "6 FETCH 1 UID\r\n");
    house.expect(0, &["* 1 FETCH (UID 5)", "6 OK FETCH completed"]);
}

#[test]
fn noop_tells_the_last_flags_of_each_message_once() {
    let mut house = House::of(2);
    for nth in 0..10 {
        let sign = if nth % 2 == 0 { '+' } else { '-' };
        house.say(1, &format!("1 STORE 1:2 {sign}FLAGS.SILENT (\\Flagged)\r\n"));
    }
    house.say(1, "1 STORE 2 +FLAGS.SILENT ($Done)\r\n");
    house.expect(0, &[]);
    house.say(0, "2 NOOP\r\n");
    house.expect(
        0,
        &[
            "* 1 FETCH (UID 4 FLAGS (\\Seen))",
            "* 2 FETCH (UID 5 FLAGS ($Done))",
            "2 OK NOOP completed",
        ],
    );
    house.say(0, "3 NOOP\r\n");
    house.expect(0, &["3 OK NOOP completed"]);
}

#[test]
fn news_from_before_does_not_undo_an_own_store() {
    let mut house = House::of(2);
    house.say(1, "1 STORE 2 +FLAGS.SILENT (\\Seen)\r\n");
    house.say(0, "2 STORE 2 +FLAGS (\\Flagged)\r\n");
    // Last comes what is true last, or the client thinks that its \Flagged is gone.
    house.expect(
        0,
        &[
            "* 2 FETCH (FLAGS (\\Seen \\Flagged))",
            "* 2 FETCH (UID 5 FLAGS (\\Seen \\Flagged))",
            "2 OK STORE completed",
        ],
    );
    house.say(1, "3 STORE 2 -FLAGS.SILENT (\\Seen)\r\n");
    house.say(0, "4 FETCH 2 BODY[TEXT]<0.4>\r\n");
    house.expect(
        0,
        &[
            "* 2 FETCH (FLAGS (\\Flagged \\Seen) BODY[TEXT]<0> {4}",
            "body)",
            "* 2 FETCH (UID 5 FLAGS (\\Flagged \\Seen))",
            "4 OK FETCH completed",
        ],
    );
}

#[test]
fn logout_hears_no_news() {
    let mut house = House::of(2);
    house.say(1, "1 STORE 2 +FLAGS.SILENT (\\Seen)\r\n");
    house.say(0, "2 LOGOUT\r\n");
    house.expect(0, &["* BYE good-bye", "2 OK LOGOUT completed"]);
    house.sessions[1].0.mailbox_changed(Change::Stale);
    house.hear(1);
    house.say(1, "3 LOGOUT\r\n");
    house.expect(1, &["* BYE good-bye", "3 OK LOGOUT completed"]);
}

#[test]
fn err_copy_of_what_another_session_expunged() {
    let mut house = House::of(2);
    house.say(1, "1 STORE 1 +FLAGS.SILENT (\\Deleted)\r\n2 EXPUNGE\r\n");
    // RFC 2180 4.4: OK would say that there is a copy.
    house.say(0, "3 COPY 1 work/old\r\n");
    house.expect(0, &["* 3 EXPUNGE", "* 1 EXPUNGE", "3 NO [EXPUNGEISSUED] some of them are gone"]);
}

#[test]
fn move_to_oneself_and_others_see_both_ends_of_it() {
    let mut house = House::of(2);
    house.say(0, "1 IDLE\r\n");
    house.hear(0);
    house.say(1, "2 MOVE 1 INBOX\r\n");
    house.expect(0, &["* 1 EXPUNGE", "* 3 EXISTS", "* 1 RECENT"]);
    house.expect(1, &["* OK [COPYUID 7 4 10] moved", "* 1 EXPUNGE", "2 OK MOVE completed"]);
}

#[test]
fn too_much_news_and_the_mailbox_is_read_anew() {
    let mut house = House::of(2);
    let old: Vec<_> = (1..=400).map(|uid| server_support::mail(uid * 2 + 10, &[], "x\n")).collect();
    house.app.mailboxes.get_mut(&b"INBOX"[..]).unwrap().extend(old);
    house.sessions[0].0.mailbox_changed(Change::Stale);
    house.sessions[0].0.mailbox_changed(Change::Expunged([4].into_iter().collect()));
    house.app.mailboxes.get_mut(&b"INBOX"[..]).unwrap().remove(0);
    house.say(0, "1 SEARCH UID 9\r\n");
    house.expect(0, &["* SEARCH 3", "1 OK SEARCH completed"]);
    house.say(0, "2 NOOP\r\n");
    house.expect(
        0,
        &[
            "* 1 EXPUNGE",
            "* 402 EXISTS",
            "* 400 RECENT",
            "* 1 FETCH (UID 5 FLAGS ())",
            "* 2 FETCH (UID 9 FLAGS (\\Deleted))",
            "2 OK NOOP completed",
        ],
    );
}

#[test]
fn a_mailbox_that_is_deleted_ends_the_session() {
    let mut house = House::of(1);
    house.say(0, "1 IDLE\r\n");
    house.hear(0);
    house.sessions[0].0.mailbox_changed(Change::Gone);
    let _ = house.sessions[0].0.next_event(start()).unwrap();
    house.expect(0, &["* BYE the selected mailbox was deleted"]);
    assert_eq!(house.sessions[0].0.next_event(start()).map(|_| ()), Ok(()));
}

#[test]
fn news_of_no_mailbox_is_no_news() {
    let mut session = Server::new(config());
    session.mailbox_changed(Change::Flags { uid: 1, flags: Flags::new([Flag::Seen]) });
    session.close(Goodbye::Shutdown);
    let now = start();
    assert!(matches!(session.next_event(now), Ok(Next::Closed)));
    let (_, out) = session.buffers();
    let said = out.copy_to_bytes(out.remaining());
    assert_eq!(said, &b"* BYE [UNAVAILABLE] the server is shutting down\r\n"[..]);
    assert!(matches!(session.next_event(now + Duration::from_secs(99_999)), Ok(Next::Closed)));
}
