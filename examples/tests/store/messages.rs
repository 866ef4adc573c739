//! Messages in mailboxes.

use mail_examples::store::*;

use super::support::*;

fn append(store: &Fixture, mailbox: MailboxId, text: &str, flags: &Flags) -> Arrival {
    let message = Spooled::from_octets(text.to_owned());
    store.append(mailbox, &message, flags, InternalDate::utc(NOW)).expect("appended")
}

fn noted(entries: &[MessageEntry]) -> Vec<u32> {
    entries.iter().map(|entry| entry.uid.number()).collect()
}

#[test]
fn ok_append_keeps_flags_date_and_octets() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    let flags = flags(&[SystemFlag::Seen, SystemFlag::Draft], &["$MDNSent", "work"]);
    let date = InternalDate::new(UnixTime::new(-5), -570).expect("a zone");
    let message = Spooled::from_octets("Subject: é\r\n\r\nbody");
    let arrival = store.append(inbox, &message, &flags, date).expect("appended");
    let view = store.view(inbox).expect("a view");
    assert_eq!(view.messages, std::slice::from_ref(&arrival.entry));
    assert_eq!(arrival.uid_validity, view.status.uid_validity);
    assert_eq!((&arrival.entry.flags, arrival.entry.date), (&flags, date));
    assert_eq!(arrival.entry.modseq, view.status.highest_modseq);
    assert_eq!(store.text(arrival.entry.id), "Subject: é\r\n\r\nbody");
    let body = store.open_body(arrival.entry.id).expect("opens");
    assert_eq!((body.size(), body.header_size()), (19, 15));
}

#[test]
fn ok_change_flags_tells_changed_from_unchanged() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    append(&store, inbox, "1", &flags(&[SystemFlag::Seen], &["a"]));
    append(&store, inbox, "2", &flags(&[], &[]));
    let before = store.status(inbox).expect("is there").highest_modseq;
    let add = FlagChange::Add(flags(&[SystemFlag::Seen], &["A"]));
    let answer = store.change_flags(inbox, &[uid(1), uid(2), uid(9)], &add).expect("changed");
    assert_eq!((noted(&answer.changed), noted(&answer.unchanged)), (vec![2], vec![1]));
    assert!(answer.changed[0].modseq > before);
    assert!(answer.unchanged[0].modseq <= before);
    let listed = store.listed(inbox, &[uid(2), uid(1)]).expect("listed");
    assert_eq!(listed, [answer.unchanged[0].clone(), answer.changed[0].clone()]);
    let status = store.status(inbox).expect("is there");
    assert_eq!(status.highest_modseq, answer.changed[0].modseq);
    let again = store.change_flags(inbox, &[uid(1), uid(2)], &add).expect("changed");
    assert_eq!(noted(&again.unchanged), [1, 2]);
    assert_eq!(store.status(inbox), Ok(status), "nothing changed, so no number did");
}

#[test]
fn err_too_many_keywords_changes_none() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    let words: Vec<_> = (0..Flags::MOST_KEYWORDS).map(|n| format!("k{n}")).collect();
    let full = flags(&[], &words.iter().map(String::as_str).collect::<Vec<_>>());
    append(&store, inbox, "1", &Flags::default());
    append(&store, inbox, "2", &full);
    let add = FlagChange::Add(flags(&[], &["one-more"]));
    let answer = store.change_flags(inbox, &[uid(1), uid(2)], &add);
    assert!(matches!(answer, Err(StoreError::TooMany { what: Noun::Keyword, .. })));
    assert!(store.listed(inbox, &[uid(1)]).expect("listed")[0].flags.is_empty());
}

#[test]
fn ok_expunge_takes_only_the_deleted_ones_if_told_so() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    for n in 1..=4 {
        let deleted: &[_] = if n % 2 == 0 { &[SystemFlag::Deleted] } else { &[] };
        append(&store, inbox, "x", &Flags::of(deleted));
    }
    let all = [uid(4), uid(3), uid(2), uid(1), uid(77)];
    let gone = store.expunge(inbox, &all, ExpungeRule::IfDeleted).expect("expunged");
    assert_eq!(gone.uids, [uid(2), uid(4)]);
    assert_eq!(gone.modseq, Some(store.status(inbox).expect("is there").highest_modseq));
    let none = store.expunge(inbox, &all, ExpungeRule::IfDeleted).expect("expunged");
    assert_eq!(none, Expunged::default());
    let rest = store.expunge(inbox, &all, ExpungeRule::All).expect("expunged");
    assert_eq!(rest.uids, [uid(1), uid(3)]);
    // UIDs are not given out again.
    assert_eq!(append(&store, inbox, "x", &Flags::default()).entry.uid, uid(5));
}

#[test]
fn ok_copy_shares_the_octets() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let [inbox, other] = [store.inbox(alice), store.create(alice, "other")];
    let seen = flags(&[SystemFlag::Seen], &["k"]);
    let first = append(&store, inbox, "one", &seen);
    append(&store, inbox, "two", &Flags::default());
    append(&store, other, "was here", &Flags::default());
    let copied = store.copy(inbox, &[uid(2), uid(1)], other).expect("copied");
    assert_eq!(copied.uid_validity, store.status(other).expect("is there").uid_validity);
    let pairs: Vec<_> =
        copied.pairs.iter().map(|(from, to)| (from.number(), to.uid.number())).collect();
    assert_eq!(pairs, [(1, 2), (2, 3)]);
    let copy = &copied.pairs[0].1;
    assert_eq!((copy.id, &copy.flags, copy.date), (first.entry.id, &seen, first.entry.date));
    assert_eq!(store.usage(alice).expect("usage").used, 6 + 8 + 6);
    // The last reference keeps the octets.
    store.expunge(inbox, &[uid(1)], ExpungeRule::All).expect("expunged");
    store.tidy().expect("tidy");
    assert_eq!(store.text(copy.id), "one");
    store.expunge(other, &[uid(2)], ExpungeRule::All).expect("expunged");
    let gone = store.open_body(copy.id).map(drop);
    assert_eq!(gone, Err(StoreError::NotFound { what: Noun::Message }));
}

#[test]
fn ok_move_is_copy_and_expunge_in_one() {
    let store = Fixture::new();
    let alice = store.add_account("alice", Some(6));
    let [inbox, other] = [store.inbox(alice), store.create(alice, "other")];
    append(&store, inbox, "one", &Flags::default());
    append(&store, inbox, "two", &Flags::default());
    // Full to the brim, but nothing grows.
    let moved = store.move_to(inbox, &[uid(2), uid(3)], other).expect("moved");
    assert_eq!(moved.expunged.uids, [uid(2)]);
    assert_eq!(noted(&[moved.copied.pairs[0].1.clone()]), [1]);
    assert_eq!((store.uids(inbox), store.uids(other)), (vec![1], vec![1]));
    let within = store.move_to(inbox, &[uid(1)], inbox).expect("moved");
    assert_eq!((within.expunged.uids, store.uids(inbox)), (vec![uid(1)], vec![3]));
    assert_eq!(store.usage(alice).expect("usage").used, 6);
}

#[test]
fn err_copy_over_quota_copies_none() {
    let store = Fixture::new();
    let alice = store.add_account("alice", Some(10));
    let [inbox, other] = [store.inbox(alice), store.create(alice, "other")];
    append(&store, inbox, "1234", &Flags::default());
    append(&store, inbox, "567", &Flags::default());
    let copied = store.copy(inbox, &[uid(1), uid(2)], other);
    assert_eq!(copied, Err(StoreError::OverQuota { account: alice, quota: 10, needed: 14 }));
    assert!(store.uids(other).is_empty());
    assert_eq!(store.status(other).expect("is there").uid_next, Some(uid(1)));
    store.copy(inbox, &[uid(2)], other).expect("this much fits");
}

#[test]
fn ok_range_pages_through_a_mailbox() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    for _ in 0..7 {
        append(&store, inbox, "x", &Flags::default());
    }
    store.expunge(inbox, &[uid(2), uid(5)], ExpungeRule::All).expect("expunged");
    let page = store.range(inbox, uid(2)..=Uid::MAX, 3).expect("a page");
    assert_eq!(noted(&page), [3, 4, 6]);
    assert_eq!(noted(&store.range(inbox, uid(7)..=uid(7), 9).expect("a page")), [7]);
    assert_eq!(store.range(inbox, uid(5)..=uid(2), 9), Ok(vec![]));
}

#[test]
fn ok_headers_of_many_in_one_go() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let long = format!("X: {}\r\n\r\nbody", "y".repeat(150_000));
    let mut first = incoming("A: b\r\n\r\nbody", &[alice]);
    first.deliveries[0].trace = "Return-Path: <>\r\n".into();
    let inbox = store.inbox(alice);
    store.accept(&first).expect("accepted");
    append(&store, inbox, &long, &Flags::default());
    append(&store, inbox, "", &Flags::default());
    append(&store, inbox, "No: body\r\n", &Flags::default());
    let all: Vec<_> = (1..=5).map(uid).collect();
    let headers = store.headers(inbox, &all, usize::MAX).expect("headers");
    let texts: Vec<_> = headers.iter().map(|(uid, text)| (uid.number(), &text[..])).collect();
    let wanted: [(u32, &[u8]); 4] = [
        (1, b"Return-Path: <>\r\nA: b\r\n\r\n"),
        (2, &long.as_bytes()[..long.len() - 4]),
        (3, b""),
        (4, b"No: body\r\n"),
    ];
    assert_eq!(texts, wanted);
    for most in [0, 3, 17, 20, 65_536, 70_000] {
        for ((_, cut), (_, whole)) in
            store.headers(inbox, &all, most).expect("headers").iter().zip(&texts)
        {
            assert_eq!(cut, &whole[..whole.len().min(most)], "cut at {most}");
        }
    }
}

#[test]
fn ok_body_reads_at_any_offset() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let text: String = (0..30_000).map(|n| format!("line {n}\r\n")).collect();
    let mut message = incoming(&text, &[alice]);
    message.deliveries[0].trace = "Return-Path: <a@b>\r\n".into();
    let arrival = store.accept(&message).expect("accepted").delivered.remove(0);
    let whole = format!("Return-Path: <a@b>\r\n{text}").into_bytes();
    let mut body = store.open_body(arrival.entry.id).expect("opens");
    assert_eq!(body.size(), whole.len() as u64);
    for at in [
        0,
        19,
        20,
        21,
        65_535,
        65_555,
        65_556,
        131_091,
        131_092,
        whole.len() - 1,
        whole.len(),
        usize::MAX,
    ] {
        let rest = whole.get(at..).unwrap_or_default();
        for most in [0, 1, 7, 65_536, 200_000] {
            let piece = body.read(at as u64, most).expect("reads");
            assert_eq!(piece, rest[..piece.len()], "{most} octets at {at}");
            assert!(piece.len() <= most.min(65_536));
            assert_eq!(piece.is_empty(), most == 0 || rest.is_empty(), "{most} octets at {at}");
            let mut to = vec![0; most];
            let count = body.read_at(at as u64, &mut to).expect("reads");
            assert_eq!((count, &to[..count]), (rest.len().min(most), &rest[..count]));
        }
    }
}

#[test]
fn ok_body_is_read_to_its_end_though_it_is_expunged() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let text = "0123456789".repeat(20_000);
    let arrival = store.deliver(alice, &text);
    let mut body = store.open_body(arrival.entry.id).expect("opens");
    assert_eq!(body.read(0, 5).expect("reads"), "01234");
    store.expunge(arrival.mailbox, &[uid(1)], ExpungeRule::All).expect("expunged");
    store.tidy().expect("tidy");
    let mut octets = vec![0; text.len()];
    assert_eq!(body.read_at(0, &mut octets).expect("reads"), text.len());
    assert_eq!(octets, text.as_bytes());
    assert!(store.open_body(arrival.entry.id).is_err());
}

#[test]
fn ok_maildrop_has_stable_unique_ids() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    for text in ["1", "22", "333"] {
        store.deliver(alice, text);
    }
    let before = store.maildrop(alice).expect("a maildrop");
    let sizes: Vec<_> = before.messages.iter().map(|message| message.size).collect();
    assert_eq!(sizes, [1, 2, 3]);
    store.expunge(before.mailbox, &[uid(1)], ExpungeRule::All).expect("expunged");
    let store = store.reopened();
    let after = store.maildrop(alice).expect("a maildrop");
    let ids = |drop: &Maildrop| drop.messages.iter().map(|m| drop.unique_id(m)).collect::<Vec<_>>();
    assert_eq!(ids(&before)[1..], ids(&after));
    // RFC 1939 7: 1 to 70 octets from 0x21 to 0x7E.
    for id in ids(&before) {
        assert!((1..=70).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()), "{id}");
    }
}

#[test]
fn err_maildrop_that_another_session_holds() {
    let store = Fixture::new();
    let [alice, bob] = [store.add_account("alice", None), store.add_account("bob", None)];
    let lock = store.lock_maildrop(alice).expect("free");
    let busy = store.lock_maildrop(alice).map(drop);
    assert_eq!(busy, Err(StoreError::Busy { what: Noun::Maildrop }));
    store.lock_maildrop(bob).expect("another one");
    drop(lock);
    store.lock_maildrop(alice).expect("free again");
}

#[test]
fn err_every_call_on_a_mailbox_that_is_gone() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let [inbox, gone] = [store.inbox(alice), store.create(alice, "gone")];
    store.deliver(alice, "x");
    store.delete_mailbox(alice, &name("gone")).expect("deleted");
    let uids = [uid(1)];
    let add = FlagChange::Add(Flags::default());
    let message = Spooled::from_octets("x");
    let calls = [
        store.view(gone).map(drop),
        store.range(gone, uid(1)..=uid(2), 1).map(drop),
        store.listed(gone, &uids).map(drop),
        store.claim_recent(gone).map(drop),
        store.append(gone, &message, &Flags::default(), InternalDate::utc(NOW)).map(drop),
        store.change_flags(gone, &uids, &add).map(drop),
        store.copy(gone, &uids, inbox).map(drop),
        store.copy(inbox, &uids, gone).map(drop),
        store.move_to(inbox, &uids, gone).map(drop),
        store.expunge(gone, &uids, ExpungeRule::All).map(drop),
        store.headers(gone, &uids, 1).map(drop),
        store.status(gone).map(drop),
    ];
    for (at, call) in calls.into_iter().enumerate() {
        assert_eq!(call, Err(StoreError::NotFound { what: Noun::Mailbox }), "call {at}");
    }
    assert_eq!(store.uids(inbox), [1]);
}

#[test]
fn ok_short_messages_come_whole_and_in_one_go() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let long = "x".repeat(64 * 1024 + 1);
    let texts = ["one", "", "three", &long, "five"];
    let all: Vec<_> = texts.map(|text| store.deliver(alice, text).entry.id).to_vec();
    let short = |ids: &[MessageId], most| {
        let found = store.short(ids, most).expect("the store works");
        found.into_iter().map(|octets| String::from_utf8(octets.to_vec()).expect("text")).collect()
    };
    let read = |ids: &[MessageId]| ids.iter().map(|id| store.text(*id)).collect::<Vec<_>>();
    let together: Vec<String> = short(&all, usize::MAX);
    assert_eq!(together, read(&all[..3]), "up to the long one");
    let [one, three] = [together[0].len(), together[2].len()];
    let empty = together[1].len();
    assert_eq!(short(&all, one + empty + three - 1), read(&all[..2]), "as many as fit");
    assert_eq!(short(&all, 0), read(&all[..1]), "one always");
    assert_eq!(short(&all[3..], usize::MAX), Vec::<String>::new());
    store.expunge(store.inbox(alice), &[uid(1)], ExpungeRule::All).expect("expunged");
    assert_eq!(short(&all, usize::MAX), Vec::<String>::new(), "one is gone");
}
