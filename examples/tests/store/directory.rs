//! Domains, accounts and aliases.

use mail_examples::store::*;

use super::support::*;

fn to(accounts: &[AccountId], relay: &[&str]) -> Resolved {
    Resolved::To {
        accounts: accounts.to_vec(),
        relay: relay.iter().map(|text| address(text)).collect(),
    }
}

#[test]
fn ok_account_comes_back_as_it_was_made() {
    let store = Fixture::new();
    let mut new = new_account("Alice", Some(1000));
    new.senders = vec![address("office@example.org")];
    let id = store.create_account(&new).expect("made");
    let login = LoginName::parse("ALICE").expect("a login");
    let account = store.account_by_login(&login).expect("reads").expect("is there");
    assert_eq!(account, store.account(id).expect("is there"));
    assert_eq!(account.login.as_str(), "alice");
    assert_eq!(account.quota, Some(1000));
    assert!(account.may_send_from(&address("ALICE@Example.org")));
    assert!(account.may_send_from(&address("office@example.org")));
    assert!(!account.may_send_from(&address("bob@example.org")));
    assert_eq!(store.names(id), ["INBOX"]);
    assert_eq!(store.accounts().expect("lists"), [(id, login)]);
}

#[test]
fn err_taken_login_and_taken_address() {
    let store = Fixture::new();
    store.add_account("alice", None);
    let again = store.create_account(&new_account("alice", None));
    assert_eq!(again, Err(StoreError::Exists { what: Noun::Account }));
    let mut thief = new_account("mallory", None);
    thief.addresses.push(address("Alice@example.org"));
    assert_eq!(store.create_account(&thief), Err(StoreError::Exists { what: Noun::Address }));
    // Nothing of the second one stayed behind.
    assert_eq!(store.accounts().expect("lists").len(), 1);
    let mallory = address("mallory@example.org");
    assert_eq!(store.resolve(&mallory), Ok(Resolved::Unknown));
}

#[test]
fn err_address_of_a_domain_that_is_not_ours() {
    let store = Fixture::new();
    let mut new = new_account("alice", None);
    new.addresses.push(address("alice@example.net"));
    assert_eq!(store.create_account(&new), Err(StoreError::NotFound { what: Noun::Domain }));
}

#[test]
fn ok_resolve_tells_unknown_from_not_local() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    assert_eq!(store.resolve(&address("ALICE@EXAMPLE.ORG")), Ok(to(&[alice], &[])));
    assert_eq!(store.resolve(&address("nobody@example.org")), Ok(Resolved::Unknown));
    assert_eq!(store.resolve(&address("alice@example.net")), Ok(Resolved::NotLocal));
    store.remove_domain(&domain("example.org")).expect("removed");
    assert_eq!(store.resolve(&address("alice@example.org")), Ok(Resolved::NotLocal));
}

#[test]
fn ok_alias_leads_to_accounts_and_to_other_hosts() {
    let store = Fixture::new();
    let [alice, bob] = [store.add_account("alice", None), store.add_account("bob", None)];
    let all = address("all@example.org");
    let targets = [
        AliasTarget::Account(bob),
        AliasTarget::Address(address("alice@example.org")),
        AliasTarget::Address(address("Carol@example.net")),
    ];
    store.set_alias(&all, &targets).expect("set");
    store
        .set_alias(&address("team@example.org"), &[AliasTarget::Address(all.clone())])
        .expect("set");
    let team = store.resolve(&address("TEAM@example.org"));
    assert_eq!(team, Ok(to(&[alice, bob], &["Carol@example.net"])));
    assert_eq!(store.aliases().expect("lists")[0], (all.clone(), targets.to_vec()));
    store.set_alias(&all, &[]).expect("removed");
    assert_eq!(store.resolve(&all), Ok(Resolved::Unknown));
}

#[test]
fn ok_aliases_in_a_ring_end() {
    let store = Fixture::new();
    let [a, b] = [address("a@example.org"), address("b@example.org")];
    store.set_alias(&a, &[AliasTarget::Address(b.clone())]).expect("set");
    store.set_alias(&b, &[AliasTarget::Address(a.clone())]).expect("set");
    assert_eq!(store.resolve(&a), Ok(Resolved::Unknown));
}

#[test]
fn err_alias_of_an_address_that_an_account_has() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let taken = store.set_alias(&address("alice@example.org"), &[AliasTarget::Account(alice)]);
    assert_eq!(taken, Err(StoreError::Exists { what: Noun::Address }));
    store.set_alias(&address("bob@example.org"), &[AliasTarget::Account(alice)]).expect("set");
    let taken = store.create_account(&new_account("bob", None));
    assert_eq!(taken, Err(StoreError::Exists { what: Noun::Alias }));
}

#[test]
fn err_alias_that_leads_to_too_many() {
    let store = Fixture::new();
    let target = |n| AliasTarget::Address(address(&format!("u{n}@example.net")));
    let many: Vec<_> = (0..=MOST_TARGETS).map(target).collect();
    let too_many = Err(StoreError::TooMany { what: Noun::Alias, limit: MOST_TARGETS as u64 });
    assert_eq!(store.set_alias(&address("all@example.org"), &many), too_many);
    store.set_alias(&address("all@example.org"), &many[..MOST_TARGETS]).expect("set");
    let ring = [AliasTarget::Address(address("all@example.org")), target(5000)];
    store.set_alias(&address("more@example.org"), &ring).expect("set");
    assert!(store.resolve(&address("more@example.org")).is_err());
}

#[test]
fn ok_removed_account_takes_all_it_had_with_it() {
    let store = Fixture::new();
    let [alice, bob] = [store.add_account("alice", None), store.add_account("bob", None)];
    let arrival = store.deliver(alice, "one");
    store.subscribe(alice, &name("INBOX")).expect("subscribed");
    let both = [AliasTarget::Account(alice), AliasTarget::Account(bob)];
    store.set_alias(&address("all@example.org"), &both).expect("set");
    store.remove_account(alice).expect("removed");
    assert_eq!(store.resolve(&address("all@example.org")), Ok(to(&[bob], &[])));
    assert_eq!(store.resolve(&address("alice@example.org")), Ok(Resolved::Unknown));
    assert!(store.open_body(arrival.entry.id).is_err());
    assert!(store.view(arrival.mailbox).is_err());
    assert_eq!(store.remove_account(alice), Err(StoreError::NotFound { what: Noun::Account }));
    // The number is not given out again.
    assert!(store.add_account("alice", None) > bob);
}

#[test]
fn ok_changes_of_an_account() {
    let store = Fixture::new();
    let alice = store.add_account("alice", None);
    let credentials = Credentials { scram: "new".into(), apop: Some("secret".into()) };
    store.set_credentials(alice, &credentials).expect("set");
    store.set_quota(alice, Some(7)).expect("set");
    let [new, sender] = [address("a@example.org"), address("s@example.net")];
    store
        .set_addresses(alice, std::slice::from_ref(&new), std::slice::from_ref(&sender))
        .expect("set");
    let account = store.account(alice).expect("is there");
    assert_eq!(account.credentials, credentials);
    assert_eq!((account.addresses, account.senders), (vec![new], vec![sender]));
    assert_eq!(store.usage(alice), Ok(Usage { used: 0, quota: Some(7) }));
    assert_eq!(store.resolve(&address("alice@example.org")), Ok(Resolved::Unknown));
}
