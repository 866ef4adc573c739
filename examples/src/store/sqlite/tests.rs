//! How much work SQLite does: counted, not timed.

use std::path::PathBuf;

use rusqlite::{Connection, StatementStatus, params};

use super::*;
use crate::store::{
    Credentials, Flags, InternalDate, LoginName, MailboxId, MailboxName, Mailboxes as _,
    NewAccount, Spooled, SystemFlag,
};
use crate::store::{Directory as _, Messages as _};

const COUNT: u32 = 100_000;

struct Big {
    store: Option<SqliteStore>,
    mailbox: MailboxId,
    path: PathBuf,
}

impl Big {
    /// A store with a mailbox of 100,000 messages.
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mail-big-{name}-{}", std::process::id()));
        let store = SqliteStore::open(&path, UnixTime::new(1_700_000_000)).expect("opens");
        let account = store
            .create_account(&NewAccount {
                login: LoginName::parse("alice").expect("a login"),
                credentials: Credentials { scram: "keys".into(), apop: None },
                quota: None,
                addresses: vec![],
                senders: vec![],
            })
            .expect("made");
        let mailbox = store.mailbox(account, &MailboxName::inbox()).expect("INBOX");
        let big = Self { store: Some(store), mailbox, path };
        big.store()
            .writer
            .run(move |connection| {
                connection.execute_batch(
                    "INSERT INTO body VALUES (1, 5, 5, 0, 0);
                     INSERT INTO content VALUES (1, 1, x'', 0)",
                )?;
                connection.execute(
                    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
                     INSERT INTO message SELECT ?1, n, 1, 5, 0, 0, n % 2, NULL, 1 FROM n",
                    params![int(mailbox.number()), COUNT],
                )?;
                connection.execute("UPDATE mailbox SET uid_next = ?1 + 1", [COUNT])?;
                Ok(())
            })
            .expect("filled");
        big
    }

    fn store(&self) -> &SqliteStore {
        self.store.as_ref().expect("is there until it is dropped")
    }

    /// Runs a query to its end and returns the steps of SQLite's machine.
    fn steps(&self, query: &str, params: impl rusqlite::Params) -> (usize, i32) {
        let connection = Connection::open(self.path.join("store.sqlite")).expect("opens");
        let mut query = connection.prepare(query).expect("a query");
        let mut rows = query.query(params).expect("runs");
        let mut count = 0;
        while rows.next().expect("a row").is_some() {
            count += 1;
        }
        drop(rows);
        assert_eq!(query.get_status(StatementStatus::FullscanStep), 0, "no scan");
        (count, query.get_status(StatementStatus::VmStep))
    }
}

impl Drop for Big {
    fn drop(&mut self) {
        drop(self.store.take());
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[test]
fn ok_listing_is_one_walk_without_sorting() {
    let big = Big::new("listing");
    let mailbox = int(big.mailbox.number());
    let (rows, steps) = big.steps(messages::ALL, [mailbox]);
    assert_eq!(rows, COUNT as usize);
    assert!(steps < 20 * COUNT as i32, "{steps} steps");
    // A page in the middle costs what a page costs.
    let (rows, steps) = big.steps(messages::RANGE, params![mailbox, COUNT / 2, COUNT, 100]);
    assert_eq!(rows, 100);
    assert!(steps < 20 * 100, "{steps} steps");
    let some: Vec<Uid> = (1..=100).filter_map(|n| Uid::new(n * 997)).collect();
    let (rows, steps) = big.steps(messages::LISTED, params![mailbox, listed(&some)]);
    assert_eq!(rows, 100);
    assert!(steps < 100 * 100, "{steps} steps");
    let (rows, steps) = big.steps(messages::HEADERS, params![mailbox, listed(&some), 1000, 65_536]);
    assert_eq!(rows, 100);
    assert!(steps < 200 * 100, "{steps} steps");
}

#[test]
fn ok_status_does_not_depend_on_the_messages() {
    let big = Big::new("status");
    big.store().claim_recent(big.mailbox).expect("claimed");
    let status = big.store().status(big.mailbox).expect("is there");
    assert_eq!((status.messages, status.unseen), (u64::from(COUNT), u64::from(COUNT / 2)));
    assert_eq!(status.recent, 0);
    let (_, steps) = big.steps(mailboxes::STATUS, [int(big.mailbox.number())]);
    assert!(steps < 200, "{steps} steps");
}

#[test]
fn ok_whole_mailbox_is_changed_moved_and_expunged_at_once() {
    use crate::store::{ExpungeRule, FlagChange};
    let big = Big::new("change");
    let store = big.store();
    let view = store.view(big.mailbox).expect("a view");
    assert_eq!(view.messages.len(), COUNT as usize);
    let uids: Vec<Uid> = view.messages.iter().map(|entry| entry.uid).collect();
    let delete = FlagChange::Add(Flags::of(&[SystemFlag::Deleted]));
    let changed = store.change_flags(big.mailbox, &uids, &delete).expect("changed");
    assert_eq!(changed.changed.len(), COUNT as usize);
    let account = view.status.account;
    let other = MailboxName::parse("other").expect("a name");
    let other = store.create_mailbox(account, &other).expect("made")[0].0;
    let moved = store.move_to(big.mailbox, &uids, other).expect("moved");
    assert_eq!(moved.copied.pairs.len(), COUNT as usize);
    let gone = store.expunge(other, &uids, ExpungeRule::IfDeleted).expect("expunged");
    assert_eq!(gone.uids, uids);
    assert_eq!(store.usage(account).expect("usage").used, 0);
}

#[test]
fn err_full_disk_loses_nothing_and_heals() {
    let big = Big::new("full");
    let store = big.store();
    let date = InternalDate::utc(UnixTime::new(0));
    let append = |text: String| {
        store.append(big.mailbox, &Spooled::from_octets(text), &Flags::default(), date)
    };
    // No page more than there are.
    let limit = |pages: &'static str| {
        let set = move |connection: &Connection| {
            connection.query_row(pages, [], |_| Ok(()))?;
            Ok(())
        };
        store.writer.run(set).expect("set");
    };
    limit("PRAGMA max_page_count = 1");
    assert_eq!(append("x".repeat(200_000)), Err(StoreError::Full));
    limit("PRAGMA max_page_count = 1000000");
    let arrival = append("x".repeat(200_000)).expect("there is room again");
    assert_eq!(arrival.entry.uid.number(), COUNT + 1);
    assert_eq!(store.status(big.mailbox).expect("is there").messages, u64::from(COUNT) + 1);
}
