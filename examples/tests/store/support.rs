//! A store in a directory of its own, and short words for what is in it.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use mail_errors::Secret;
use mail_examples::store::*;

/// A directory that goes with the test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mail-store-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn open(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open(&self.0, NOW).expect("opens"))
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store with the domain example.org.
pub(crate) struct Fixture {
    store: Box<dyn Store>,
    pub(crate) dir: Dir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = Dir::new();
        let store = dir.open();
        store.add_domain(&domain("example.org")).expect("a domain");
        Self { store, dir }
    }

    /// Closes the file and opens it again, as after a restart.
    pub(crate) fn reopened(self) -> Self {
        drop(self.store);
        Self { store: self.dir.open(), dir: self.dir }
    }

    pub(crate) fn add_account(&self, name: &str, quota: Option<u64>) -> AccountId {
        self.store.create_account(&new_account(name, quota)).expect("an account")
    }

    pub(crate) fn inbox(&self, account: AccountId) -> MailboxId {
        self.store.mailbox(account, &MailboxName::inbox()).expect("INBOX")
    }

    pub(crate) fn create(&self, account: AccountId, mailbox: &str) -> MailboxId {
        let made = self.store.create_mailbox(account, &name(mailbox)).expect("a mailbox");
        made.last().expect("one was made").0
    }

    pub(crate) fn deliver(&self, account: AccountId, text: &str) -> Arrival {
        let accepted = self.store.accept(&incoming(text, &[account])).expect("accepted");
        accepted.delivered.into_iter().next().expect("one arrival")
    }

    pub(crate) fn uids(&self, mailbox: MailboxId) -> Vec<u32> {
        let view = self.store.view(mailbox).expect("a view");
        view.messages.iter().map(|entry| entry.uid.number()).collect()
    }

    pub(crate) fn text(&self, message: MessageId) -> String {
        let mut body = self.store.open_body(message).expect("opens");
        let mut octets = vec![0; usize::try_from(body.size()).expect("small")];
        assert_eq!(body.read_at(0, &mut octets).expect("reads"), octets.len());
        String::from_utf8(octets).expect("text")
    }

    /// The names of the mailboxes; `-` in front of one that cannot be selected.
    pub(crate) fn names(&self, account: AccountId) -> Vec<String> {
        let mailboxes = self.store.mailboxes(account).expect("a list");
        let text = |m: &Mailbox| format!("{}{}", if m.selectable { "" } else { "-" }, m.name);
        mailboxes.iter().map(text).collect()
    }
}

impl Deref for Fixture {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

pub(crate) fn new_account(name: &str, quota: Option<u64>) -> NewAccount {
    NewAccount {
        login: LoginName::parse(name).expect("a login"),
        credentials: Credentials { scram: Secret::from("keys"), apop: None },
        quota,
        addresses: vec![address(&format!("{name}@example.org"))],
        senders: vec![],
    }
}

pub(crate) fn incoming(text: &str, accounts: &[AccountId]) -> Incoming {
    let to = |account: &AccountId| Delivery { place: Place::Inbox(*account), trace: "".into() };
    Incoming {
        message: Spooled::from_octets(text.to_owned()),
        date: InternalDate::utc(NOW),
        deliveries: accounts.iter().map(to).collect(),
        relay: None,
    }
}

pub(crate) fn relayed(recipients: &[&str]) -> Incoming {
    let mut incoming = incoming("Subject: out\r\n\r\nhi\r\n", &[]);
    incoming.relay = Some(Relay {
        sender: Some(address("alice@example.org")),
        recipients: recipients.iter().map(|text| address(text)).collect(),
        trace: "Received: here\r\n".into(),
        asked: Asked::default(),
    });
    incoming
}

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).expect("a domain")
}

pub(crate) fn name(text: &str) -> MailboxName {
    MailboxName::parse(text).expect("a name")
}

pub(crate) fn uid(number: u32) -> Uid {
    Uid::new(number).expect("not 0")
}

pub(crate) fn flags(system: &[SystemFlag], keywords: &[&str]) -> Flags {
    let mut flags = Flags::of(system);
    for keyword in keywords {
        assert!(flags.insert_keyword(Keyword::new(keyword).expect("a keyword")));
    }
    flags
}

pub(crate) const NOW: UnixTime = UnixTime::new(1_700_000_000);
