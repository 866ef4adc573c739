//! Acceptance: one transaction, one body, many mailboxes.

use std::thread;

use mail_examples::store::*;

use super::support::*;

#[test]
fn ok_one_body_in_two_mailboxes_with_a_trace_each() {
    let store = Fixture::new();
    let [alice, bob] = [store.add_account("alice", None), store.add_account("bob", None)];
    let mut message = incoming("Subject: x\r\n\r\nhi\r\n", &[alice, bob]);
    message.deliveries[0].trace = "Return-Path: <a@b>\r\n".into();
    message.deliveries[1].trace = "Return-Path: <a@b>\r\nReceived: for bob\r\n".into();
    let arrivals = store.accept(&message).expect("accepted").delivered;
    let texts: Vec<_> = arrivals.iter().map(|arrival| store.text(arrival.entry.id)).collect();
    assert_eq!(texts[0], "Return-Path: <a@b>\r\nSubject: x\r\n\r\nhi\r\n");
    assert_eq!(texts[1], "Return-Path: <a@b>\r\nReceived: for bob\r\nSubject: x\r\n\r\nhi\r\n");
    assert_eq!(arrivals[1].entry.size, texts[1].len() as u64);
    assert_eq!((arrivals[0].account, arrivals[1].account), (alice, bob));
    // One goes, the other stays whole.
    store.expunge(arrivals[0].mailbox, &[uid(1)], ExpungeRule::All).expect("expunged");
    store.tidy().expect("tidy");
    assert_eq!(store.text(arrivals[1].entry.id), texts[1]);
}

#[test]
fn ok_mailbox_that_is_named_twice_gets_it_once() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    let mut message = incoming("x", &[alice, alice]);
    message.deliveries.push(Delivery { place: Place::Mailbox(inbox), trace: "".into() });
    assert_eq!(store.accept(&message).expect("accepted").delivered.len(), 1);
    assert_eq!(store.uids(inbox), [1]);
}

#[test]
fn err_over_quota_delivers_and_queues_nothing() {
    let store = Fixture::new();
    let [alice, bob] = [store.add_account("alice", None), store.add_account("bob", Some(10))];
    let mut message = incoming("twelve octet", &[alice, bob]);
    message.relay = relayed(&["x@example.net"]).relay;
    let refused = store.accept(&message);
    assert_eq!(refused, Err(StoreError::OverQuota { account: bob, quota: 10, needed: 12 }));
    assert!(store.uids(store.inbox(alice)).is_empty());
    assert_eq!(store.queue_length(), Ok(0));
    assert!(!store.usage(bob).expect("usage").has_room(12));
    // The same without the one that has no room.
    message.deliveries.pop();
    let accepted = store.accept(&message).expect("accepted");
    assert_eq!((accepted.delivered.len(), accepted.queued.is_some()), (1, true));
}

#[test]
fn err_delivery_to_nobody() {
    let store = Fixture::new();
    let missing = store.accept(&incoming("x", &[AccountId::new(99)]));
    assert_eq!(missing, Err(StoreError::NotFound { what: Noun::Account }));
    let missing = store.append(
        MailboxId::new(99),
        &Spooled::from_octets("x"),
        &Flags::default(),
        InternalDate::utc(NOW),
    );
    assert_eq!(missing, Err(StoreError::NotFound { what: Noun::Mailbox }));
}

/// Over the size at which a body is written piece by piece, and through the spool's file.
#[test]
fn ok_long_message_comes_back_unchanged() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let line = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n";
    let mut spool = store.spool();
    spool.write(b"Subject: long\r\n\r\n").expect("room");
    for _ in 0..200_000 {
        spool.write(line.as_bytes()).expect("room");
    }
    let mut message = incoming("", &[alice]);
    message.message = spool.finish();
    let arrival = store.accept(&message).expect("accepted").delivered.remove(0);
    assert_eq!(arrival.entry.size, 17 + 200_000 * 64);
    let store = store.reopened();
    let mut body = store.open_body(arrival.entry.id).expect("opens");
    assert_eq!(body.header_size(), 17);
    let mut at = 17;
    let mut read = Vec::new();
    while at < body.size() {
        let piece = body.read(at, usize::MAX).expect("reads");
        read.extend_from_slice(&piece);
        at += piece.len() as u64;
        let whole = read.len() / 64 * 64;
        for told in read.chunks_exact(64) {
            assert_eq!(told, line.as_bytes());
        }
        read.drain(..whole);
    }
    assert!(read.is_empty());
    // No file stays behind.
    let files = std::fs::read_dir(store.dir.path()).expect("lists");
    let names = files.map(|file| file.expect("lists").file_name().into_string().expect("text"));
    assert!(names.into_iter().all(|name| name.starts_with("store.sqlite")));
}

#[test]
fn err_long_message_over_quota_leaves_no_body() {
    let store = Fixture::new();
    let alice = store.add_account("alice", Some(1000));
    let mut message = incoming("", &[alice]);
    message.message = Spooled::from_octets(vec![b'x'; 5 << 20]);
    assert!(matches!(store.accept(&message), Err(StoreError::OverQuota { .. })));
    store.tidy().expect("tidy");
    let path = store.dir.path().join("store.sqlite");
    let store = store.reopened();
    let free = rusqlite::Connection::open(path).expect("opens");
    let bodies: i64 =
        free.query_row("SELECT count(*) FROM chunk", [], |row| row.get(0)).expect("counts");
    assert_eq!(bodies, 0);
    drop(store);
}

#[test]
fn ok_concurrent_deliveries_get_a_uid_each() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let bob = store.add_account("bob", None);
    thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let mut last = 0;
                for n in 0..25 {
                    let text = format!("message {thread}.{n}");
                    let arrivals = store.accept(&incoming(&text, &[alice, bob])).expect("accepted");
                    let entry = &arrivals.delivered[0].entry;
                    assert!(entry.uid.number() > last, "ascending for each sender");
                    last = entry.uid.number();
                    assert_eq!(store.text(entry.id), text);
                }
            });
        }
    });
    let all: Vec<u32> = (1..=200).collect();
    assert_eq!(store.uids(store.inbox(alice)), all);
    assert_eq!(store.uids(store.inbox(bob)), all);
    let view = store.view(store.inbox(alice)).expect("a view");
    let mut texts: Vec<_> = view.messages.iter().map(|entry| store.text(entry.id)).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 200);
}

#[test]
fn ok_quota_holds_under_a_race() {
    let store = Fixture::new();
    let alice = store.add_account("alice", Some(100));
    let accepted: usize = thread::scope(|scope| {
        let deliver = || {
            let message = incoming("0123456789", &[alice]);
            (0..5).filter(|_| store.accept(&message).is_ok()).count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(deliver)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(accepted, 10, "as many as fit, no more and no fewer");
    assert_eq!(store.usage(alice), Ok(Usage { used: 100, quota: Some(100) }));
}

/// A failing call in the same commit as others takes none of them along.
#[test]
fn ok_failures_among_concurrent_deliveries_stay_alone() {
    let store = Fixture::new();
    let [alice, full] = [store.add_account("alice", None), store.add_account("full", Some(0))];
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    store.accept(&incoming("x", &[alice])).expect("accepted");
                    store.accept(&incoming("x", &[alice, full])).expect_err("no room");
                }
            });
        }
    });
    assert_eq!(store.uids(store.inbox(alice)), (1..=80).collect::<Vec<_>>());
}
