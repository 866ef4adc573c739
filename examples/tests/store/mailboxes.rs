//! The mailbox tree.

use mail_examples::store::*;

use super::support::*;

#[test]
fn ok_create_makes_what_is_missing_above() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let made = store.create_mailbox(alice, &name("a/b/c/")).expect("made");
    let names: Vec<_> = made.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["a", "a/b", "a/b/c"]);
    assert_eq!(store.names(alice), ["INBOX", "a", "a/b", "a/b/c"]);
    let again = store.create_mailbox(alice, &name("a/b"));
    assert_eq!(again, Err(StoreError::Exists { what: Noun::Mailbox }));
    let inbox = store.create_mailbox(alice, &name("inbox"));
    assert_eq!(inbox, Err(StoreError::Exists { what: Noun::Mailbox }));
}

#[test]
fn ok_list_tells_children_and_subscriptions() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    for mailbox in ["a-b", "a/x", "a0"] {
        store.create(alice, mailbox);
    }
    store.subscribe(alice, &name("a")).expect("subscribed");
    store.subscribe(alice, &name("a")).expect("no harm");
    store.subscribe(alice, &name("not/there")).expect("names need no mailbox");
    let list = store.mailboxes(alice).expect("a list");
    let told: Vec<_> =
        list.iter().map(|m| (m.name.as_str(), m.has_children, m.subscribed)).collect();
    let wanted = [
        ("INBOX", false, false),
        ("a", true, true),
        ("a/x", false, false),
        ("a-b", false, false),
        ("a0", false, false),
    ];
    assert_eq!(told, wanted);
    store.unsubscribe(alice, &name("a")).expect("unsubscribed");
    assert_eq!(store.subscriptions(alice).expect("a list"), [name("not/there")]);
}

#[test]
fn ok_deleted_and_made_again_is_another_mailbox() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let first = store.create(alice, "a");
    let before = store.status(first).expect("is there");
    store
        .append(first, &Spooled::from_octets("x"), &Flags::default(), InternalDate::utc(NOW))
        .expect("in");
    let deleted = store.delete_mailbox(alice, &name("a")).expect("deleted");
    assert_eq!(deleted, Deleted { mailbox: first, name_stays: false });
    assert_eq!(store.usage(alice).expect("usage").used, 0);
    assert_eq!(store.status(first), Err(StoreError::NotFound { what: Noun::Mailbox }));
    let second = store.create(alice, "a");
    assert_ne!(first, second);
    assert!(store.status(second).expect("is there").uid_validity > before.uid_validity);
}

#[test]
fn ok_uid_validity_is_given_out_once_across_restarts() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let validity = |store: &Fixture, id| store.status(id).expect("is there").uid_validity.number();
    let mut seen = vec![validity(&store, store.inbox(alice))];
    let mut store = store;
    for _ in 0..3 {
        seen.push(validity(&store, store.create(alice, "a")));
        store.delete_mailbox(alice, &name("a")).expect("deleted");
        store = store.reopened();
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    assert!(i64::from(seen[0]) > NOW.seconds(), "begins with the time of making");
}

#[test]
fn ok_delete_with_children_leaves_the_name() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let parent = store.create(alice, "a");
    store.create(alice, "a/b/c");
    let deleted = store.delete_mailbox(alice, &name("a")).expect("deleted");
    assert_eq!(deleted, Deleted { mailbox: parent, name_stays: true });
    assert_eq!(store.names(alice), ["INBOX", "-a", "a/b", "a/b/c"]);
    // RFC 9051 6.3.5: an error now.
    let again = store.delete_mailbox(alice, &name("a"));
    assert!(matches!(again, Err(StoreError::Conflict { what: Noun::Mailbox, .. })));
    assert!(store.mailbox(alice, &name("a")).is_err());
    store.delete_mailbox(alice, &name("a/b")).expect("deleted");
    assert_eq!(store.names(alice), ["INBOX", "-a", "-a/b", "a/b/c"]);
    // The last one takes the names above along.
    store.delete_mailbox(alice, &name("a/b/c")).expect("deleted");
    assert_eq!(store.names(alice), ["INBOX"]);
}

#[test]
fn ok_create_makes_a_bare_name_selectable() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let first = store.create(alice, "a");
    store.create(alice, "a/b");
    store.delete_mailbox(alice, &name("a")).expect("deleted");
    let second = store.create(alice, "a");
    assert_ne!(first, second);
    assert_eq!(store.names(alice), ["INBOX", "a", "a/b"]);
}

#[test]
fn err_delete_inbox_and_what_is_not_there() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.delete_mailbox(alice, &name("INBOX"));
    assert!(matches!(inbox, Err(StoreError::Conflict { .. })));
    let none = store.delete_mailbox(alice, &name("none"));
    assert_eq!(none, Err(StoreError::NotFound { what: Noun::Mailbox }));
}

#[test]
fn ok_rename_takes_children_along_and_keeps_the_mailboxes() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let a = store.create(alice, "a");
    let b = store.create(alice, "a/b");
    store.create(alice, "ab");
    let before = store.status(a).expect("is there");
    let renamed = store.rename_mailbox(alice, &name("a"), &name("x/y")).expect("renamed");
    assert_eq!(renamed, Renamed::Names(vec![(a, name("x/y")), (b, name("x/y/b"))]));
    assert_eq!(store.names(alice), ["INBOX", "ab", "x", "x/y", "x/y/b"]);
    assert_eq!(store.status(a).expect("is there"), before);
}

#[test]
fn ok_rename_of_the_last_child_takes_a_bare_name_along() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    store.create(alice, "a/b");
    store.delete_mailbox(alice, &name("a")).expect("deleted");
    store.rename_mailbox(alice, &name("a/b"), &name("c")).expect("renamed");
    assert_eq!(store.names(alice), ["INBOX", "c"]);
}

#[test]
fn err_rename_onto_a_name_or_below_itself() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    store.create(alice, "a");
    store.create(alice, "b");
    let rename = |from, to| store.rename_mailbox(alice, &name(from), &name(to));
    assert_eq!(rename("a", "b"), Err(StoreError::Exists { what: Noun::Mailbox }));
    assert_eq!(rename("a", "Inbox"), Err(StoreError::Exists { what: Noun::Mailbox }));
    assert_eq!(rename("none", "c"), Err(StoreError::NotFound { what: Noun::Mailbox }));
    assert!(matches!(rename("a", "a/x"), Err(StoreError::Conflict { .. })));
    assert_eq!(store.names(alice), ["INBOX", "a", "b"]);
}

#[test]
fn err_rename_to_names_that_grow_too_deep_changes_nothing() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let deep = vec!["x"; MailboxName::DEEPEST - 1].join("/");
    store.create(alice, &format!("a/{deep}"));
    let before = store.names(alice);
    let renamed = store.rename_mailbox(alice, &name("a"), &name("b/c"));
    assert!(matches!(renamed, Err(StoreError::Conflict { .. })));
    assert_eq!(store.names(alice), before);
}

/// RFC 9051 6.3.6: "all messages in INBOX are moved to a new mailbox with the given name, leaving
/// INBOX empty", and its children are unaffected.
#[test]
fn ok_rename_inbox_empties_it() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    store.create(alice, "INBOX/child");
    for text in ["one", "two", "three"] {
        store.deliver(alice, text);
    }
    store.expunge(inbox, &[uid(2)], ExpungeRule::All).expect("expunged");
    let before = store.status(inbox).expect("is there");
    let renamed = store.rename_mailbox(alice, &name("inbox"), &name("old/mail")).expect("renamed");
    let Renamed::InboxEmptied { inbox: emptied, expunged, modseq, created } = renamed else {
        panic!("{renamed:?}")
    };
    assert_eq!((emptied, expunged), (inbox, vec![uid(1), uid(3)]));
    assert!(modseq > Some(before.highest_modseq));
    assert_eq!(store.names(alice), ["INBOX", "INBOX/child", "old", "old/mail"]);
    let after = store.status(inbox).expect("is there");
    assert_eq!((after.messages, after.size, after.unseen), (0, 0, 0));
    // The same mailbox: its UIDs go on.
    assert_eq!((after.uid_validity, after.uid_next), (before.uid_validity, before.uid_next));
    let moved = store.view(created).expect("a view");
    assert_ne!(moved.status.uid_validity, before.uid_validity);
    let texts: Vec<_> = moved.messages.iter().map(|entry| store.text(entry.id)).collect();
    assert_eq!(texts, ["one", "three"]);
    assert_eq!(store.usage(alice).expect("usage").used, 8);
    assert_eq!(store.deliver(alice, "four").entry.uid, uid(4));
}

#[test]
fn ok_status_counts_what_is_there() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    for text in ["1", "22", "333"] {
        store.deliver(alice, text);
    }
    let mark = |uids: &[Uid], flag| {
        let change = FlagChange::Add(Flags::of(&[flag]));
        store.change_flags(inbox, uids, &change).expect("changed")
    };
    mark(&[uid(1), uid(2)], SystemFlag::Seen);
    mark(&[uid(2), uid(3)], SystemFlag::Deleted);
    let status = store.status(inbox).expect("is there");
    assert_eq!((status.messages, status.unseen, status.deleted, status.size), (3, 1, 2, 6));
    assert_eq!((status.recent, status.uid_next, status.account), (3, Some(uid(4)), alice));
    store.expunge(inbox, &[uid(3)], ExpungeRule::All).expect("expunged");
    let replace = FlagChange::Replace(Flags::default());
    store.change_flags(inbox, &[uid(1), uid(2)], &replace).expect("changed");
    let status = store.status(inbox).expect("is there");
    assert_eq!((status.messages, status.unseen, status.deleted, status.size), (2, 2, 0, 3));
}

#[test]
fn ok_recent_messages_are_claimed_once() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let inbox = store.inbox(alice);
    assert_eq!(store.claim_recent(inbox), Ok(None));
    store.deliver(alice, "1");
    store.deliver(alice, "2");
    assert_eq!(store.view(inbox).expect("a view").first_recent, Some(uid(1)));
    assert_eq!(store.claim_recent(inbox), Ok(Some(uid(1))));
    assert_eq!(store.claim_recent(inbox), Ok(None));
    store.deliver(alice, "3");
    assert_eq!(store.status(inbox).expect("is there").recent, 1);
    assert_eq!(store.claim_recent(inbox), Ok(Some(uid(3))));
}
