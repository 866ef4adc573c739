//! Accounts as a post office sets them up and checks them, on a real store.

use std::path::PathBuf;

use mail_errors::Secret;
use mail_examples::accounts::{Authenticator, credentials, set_up};
use mail_examples::config::Config;
use mail_examples::store::*;
use mail_sasl::apop;

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mail-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.0, UnixTime::new(1_700_000_000)).expect("opens")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn logs_in(store: &dyn Store, login: &str, password: &Secret) -> bool {
    let authenticator = Authenticator::new().expect("random");
    authenticator.check_password(store, login, password).expect("checked").is_some()
}

#[test]
fn ok_first_start_makes_two_accounts_and_the_second_none() {
    let dir = Dir::new("first-start");
    let store = dir.open();
    let config = Config::parse("domains = ['example.org', 'example.net']").expect("legal");
    let made = set_up(&store, &config).expect("set up");
    let names: Vec<_> = made.iter().map(|new| new.login.as_str()).collect();
    assert_eq!(names, ["alice@example.org", "bob@example.org"]);
    let [alice, bob] = &made[..] else { panic!("two") };
    assert!(logs_in(&store, "alice@example.org", &alice.password));
    assert!(logs_in(&store, "BOB@Example.org", &bob.password));
    assert!(!logs_in(&store, "bob@example.org", &alice.password));
    assert_eq!(store.accounts().expect("lists").len(), 2);
    // RFC 5321 4.5.1: somebody reads it.
    for domain in ["example.org", "example.net"] {
        let postmaster = store.resolve(&address(&format!("Postmaster@{domain}")));
        assert!(matches!(postmaster, Ok(Resolved::To { .. })), "{postmaster:?}");
    }
    drop(store);
    let store = dir.open();
    assert!(set_up(&store, &config).expect("set up").is_empty());
    assert!(logs_in(&store, "alice@example.org", &alice.password));
}

#[test]
fn err_wrong_password_unknown_account_and_illegal_name() {
    let dir = Dir::new("wrong");
    let store = dir.open();
    let made = set_up(&store, &Config::default()).expect("set up");
    let good = &made[0].password;
    assert!(!store.knows_apop().expect("tells"), "nobody asked for it");
    assert!(!logs_in(&store, "alice@post-office.test", &Secret::from("guess")));
    assert!(!logs_in(&store, "alice@post-office.test", &Secret::from("")));
    for login in ["nobody@post-office.test", "alice", "", "alice@post-office.test\0", "a b"] {
        assert!(!logs_in(&store, login, good), "{login:?}");
    }
}

#[test]
fn ok_apop_for_those_alone_who_asked_for_it() {
    let dir = Dir::new("apop");
    let store = dir.open();
    let text = "domains = ['example.org']
        [[account]]\nlogin = 'carol@example.org'\npassword = 'tanstaaf'\napop = true
        [[account]]\nlogin = 'dave@example.org'\npassword = 'tanstaaf'";
    set_up(&store, &Config::parse(text).expect("legal")).expect("set up");
    let authenticator = Authenticator::new().expect("random");
    let timestamp = b"<1896.697170952@dbc.mtview.ca.us>";
    let check = |login, password| {
        let digest = apop::Digest::new(timestamp, &Secret::from(password));
        let verify =
            |own: &Secret| apop::Digest::new(timestamp, own).verify(digest.as_str().as_bytes());
        let account = authenticator.check_apop(&store, login, verify);
        account.expect("checked").is_some()
    };
    assert!(store.knows_apop().expect("tells"));
    assert!(check("carol@example.org", "tanstaaf"));
    assert!(!check("carol@example.org", "other"));
    assert!(!check("dave@example.org", "tanstaaf"));
    assert!(!check("nobody@example.org", "tanstaaf"));
    // Both log in with the password.
    assert!(logs_in(&store, "carol@example.org", &Secret::from("tanstaaf")));
    assert!(logs_in(&store, "dave@example.org", &Secret::from("tanstaaf")));
}

#[test]
fn ok_changed_configuration_changes_accounts_and_keeps_mail() {
    let dir = Dir::new("changed");
    let store = dir.open();
    let config = |rest: &str| {
        let text = format!(
            "domains = ['example.org']\n[[account]]\nlogin = 'carol@example.org'\n{rest}\n\
             [aliases]\n'office@example.org' = ['carol@example.org', 'x@elsewhere.test']"
        );
        Config::parse(&text).expect("legal")
    };
    let first = config("password = 'one'\nquota = '1MB'");
    assert!(set_up(&store, &first).expect("set up").is_empty(), "no alice and no bob");
    let login = LoginName::parse("carol@example.org").expect("a login");
    let before = store.account_by_login(&login).expect("reads").expect("is there");
    set_up(&store, &first).expect("set up again");
    let same = store.account_by_login(&login).expect("reads").expect("is there");
    assert_eq!(before, same, "not even another salt");

    let second = config("password = 'two'\nquota = 'unlimited'\nsenders = ['office@example.org']");
    set_up(&store, &second).expect("set up anew");
    let after = store.account_by_login(&login).expect("reads").expect("is there");
    assert_eq!((after.id, after.quota), (before.id, None));
    assert!(after.may_send_from(&address("office@example.org")));
    assert!(logs_in(&store, "carol@example.org", &Secret::from("two")));
    assert!(!logs_in(&store, "carol@example.org", &Secret::from("one")));
    let office = store.resolve(&address("office@example.org")).expect("resolves");
    let relay = vec![address("x@elsewhere.test")];
    assert_eq!(office, Resolved::To { accounts: vec![after.id], relay });
}

/// SCRAM asks for keys before anybody has shown anything.
#[test]
fn keys_do_not_tell_who_has_an_account() {
    let dir = Dir::new("scram");
    let store = dir.open();
    let made = set_up(&store, &Config::default()).expect("set up");
    let authenticator = Authenticator::new().expect("random");
    let keys = |login: &str| authenticator.scram_keys(&store, login).expect("looked up");
    let alice = keys("ALICE@post-office.test");
    assert!(alice.verify_password(&made[0].password));
    let nobody = keys("nobody@post-office.test");
    assert_eq!(nobody, keys("Nobody@post-office.test"), "the same each time");
    assert_ne!(nobody.salt(), keys("noone@post-office.test").salt());
    assert_eq!(nobody.iterations(), alice.iterations());
    assert_eq!(nobody.salt().len(), alice.salt().len());
    assert!(!nobody.verify_password(&made[0].password));
    let proven = |login: &str| authenticator.proven(&store, login).expect("looked up").is_some();
    assert!(proven("alice@post-office.test") && !proven("nobody@post-office.test"));
}

#[test]
fn err_keys_that_are_no_keys_are_damage_and_not_a_wrong_password() {
    let dir = Dir::new("damage");
    let store = dir.open();
    let id = set_up(&store, &Config::default()).map(|_| store.accounts().expect("lists")[0].0);
    let id = id.expect("set up");
    store.set_credentials(id, &Credentials { scram: "x".into(), apop: None }).expect("set");
    let authenticator = Authenticator::new().expect("random");
    let login = "alice@post-office.test";
    assert!(authenticator.check_password(&store, login, &Secret::from("x")).is_err());
    let good = credentials(&Secret::from("x"), false).expect("keys");
    store.set_credentials(id, &good).expect("set");
    assert!(logs_in(&store, login, &Secret::from("x")));
}
