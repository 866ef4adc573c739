//! What is on disk when a call has returned, and for whose eyes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use mail_examples::store::*;

use super::support::*;

/// Takes what the disk holds this moment, without giving the store a chance to close: the file and
/// its log, as a crash would leave them.
fn crashed(store: &Fixture) -> Dir {
    let copy = Dir::new();
    fs::create_dir_all(copy.path()).expect("a directory");
    for file in ["store.sqlite", "store.sqlite-wal"] {
        fs::copy(store.dir.path().join(file), copy.path().join(file)).expect("copied");
    }
    copy
}

#[test]
fn ok_everything_answered_survives_a_crash() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let mut message = incoming("Subject: x\r\n\r\n", &[alice]);
    message.relay = relayed(&["x@example.net"]).relay;
    let accepted = store.accept(&message).expect("accepted");
    let inbox = store.inbox(alice);
    let seen = FlagChange::Add(Flags::of(&[SystemFlag::Seen]));
    store.change_flags(inbox, &[uid(1)], &seen).expect("changed");
    store.create(alice, "a/b");

    let dir = crashed(&store);
    let after = dir.open();
    let view = after.view(inbox).expect("a view");
    assert_eq!(view, store.view(inbox).expect("a view"));
    assert!(view.messages[0].flags.contains(SystemFlag::Seen));
    assert_eq!(after.queue_length(), Ok(1));
    assert_eq!(after.mailboxes(alice), store.mailboxes(alice));
    let mut body = after.open_body(accepted.delivered[0].entry.id).expect("opens");
    assert_eq!(body.read(0, 100).expect("reads"), "Subject: x\r\n\r\n");
}

#[test]
fn ok_body_whose_writing_was_cut_off_is_tidied_up() {
    let store = Fixture::new();
    let path = store.dir.path().join("store.sqlite");
    let raw = rusqlite::Connection::open(&path).expect("opens");
    let begun = "INSERT INTO body (id, size, header_size, eight_bit) VALUES (1, 9, 9, 0);
                 INSERT INTO chunk VALUES (1, 0, x'00')";
    raw.execute_batch(begun).expect("written");
    fs::write(store.dir.path().join("spool-1-1"), "left over").expect("written");
    let store = store.reopened();
    store.tidy().expect("tidy");
    let chunks: i64 =
        raw.query_row("SELECT count(*) FROM chunk", [], |row| row.get(0)).expect("counts");
    assert_eq!(chunks, 0);
    assert!(!store.dir.path().join("spool-1-1").exists());
}

#[test]
fn ok_only_the_owner_can_read_it() {
    let store = Fixture::new();
    let mode =
        |path: &std::path::Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(store.dir.path()), 0o700);
    for file in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        assert_eq!(mode(&store.dir.path().join(file)), 0o600, "{file}");
    }
}

#[test]
fn ok_two_processes_may_have_it_open() {
    let store = Fixture::new();
    let other = store.dir.open();
    let alice = other.create_account(&new_account("alice", None)).expect("made");
    store.deliver(alice, "x");
    assert_eq!(other.usage(alice).expect("usage").used, 1);
}

/// What was queued by the version before is there, and nothing is asked of it.
#[test]
fn ok_file_of_the_version_before() {
    let dir = Dir::new();
    let store = dir.open();
    store.accept(&relayed(&["x@one.test"])).expect("accepted");
    drop(store);
    let raw = rusqlite::Connection::open(dir.path().join("store.sqlite")).expect("opens");
    raw.execute_batch(
        "ALTER TABLE queue DROP COLUMN asked; ALTER TABLE recipient DROP COLUMN asked;
         PRAGMA user_version = 1",
    )
    .expect("as it was");
    drop(raw);
    let store = dir.open();
    let due = store.claim_due(NOW, Duration::from_secs(60), 1).expect("claims");
    let [claim] = &due.claims[..] else { panic!("{due:?}") };
    assert_eq!((claim.asked.as_str(), claim.recipients[0].asked.as_str()), ("", ""));
}

#[test]
fn err_file_of_a_newer_version_or_of_somebody_else() {
    let dir = Dir::new();
    drop(dir.open());
    let raw = rusqlite::Connection::open(dir.path().join("store.sqlite")).expect("opens");
    raw.pragma_update(None, "user_version", 1000).expect("written");
    let newer = SqliteStore::open(dir.path(), NOW).map(drop);
    assert!(matches!(newer, Err(StoreError::Backend { .. })), "{newer:?}");
    raw.pragma_update(None, "application_id", 7).expect("written");
    let foreign = SqliteStore::open(dir.path(), NOW).map(drop);
    assert!(matches!(foreign, Err(StoreError::Corrupt { .. })), "{foreign:?}");

    let dir = Dir::new();
    fs::create_dir_all(dir.path()).expect("a directory");
    fs::write(dir.path().join("store.sqlite"), "no database".repeat(100)).expect("written");
    let garbage = SqliteStore::open(dir.path(), NOW).map(drop);
    assert!(matches!(garbage, Err(StoreError::Corrupt { .. })), "{garbage:?}");
}

#[test]
fn err_two_that_serve_from_one_store() {
    let first = Fixture::new();
    let busy = || Err(StoreError::Busy { what: Noun::Store });
    let right = first.lock_service().expect("nobody has it");
    assert_eq!(first.lock_service().map(drop), busy());
    assert!(!first.dir.path().join("serving-journal").exists(), "nothing that could stay behind");
    let second = first.dir.open();
    assert_eq!(second.lock_service().map(drop), busy());
    // To be opened once more, and closed, takes nothing from who has it.
    drop(second);
    let third = first.dir.open();
    assert_eq!(third.lock_service().map(drop), busy());
    // Administering goes on.
    third.add_domain(&domain("example.net")).expect("added");
    drop(right);
    assert!(third.lock_service().is_ok());
}
