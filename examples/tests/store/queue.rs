//! The relay queue: claims, leases, outcomes.

use std::time::Duration;

use mail_examples::store::*;

use super::support::*;

const LEASE: Duration = Duration::from_secs(600);

fn later(seconds: u64) -> UnixTime {
    NOW.after(Duration::from_secs(seconds))
}

fn claims(store: &Fixture, now: UnixTime) -> Vec<Claim> {
    store.claim_due(now, LEASE, 100).expect("claims").claims
}

fn addresses(claim: &Claim) -> Vec<&str> {
    claim.recipients.iter().map(|recipient| recipient.address.as_str()).collect()
}

fn all(claim: &Claim, outcome: &Outcome) -> Vec<(RecipientId, Outcome)> {
    claim.recipients.iter().map(|recipient| (recipient.id, outcome.clone())).collect()
}

/// RFC 3461: what the sender asks for goes on with each of them, and outlives the program.
#[test]
fn ok_what_the_sender_asks_for_is_kept() {
    let store = Fixture::new();
    let mut incoming = relayed(&["a@one.test", "b@one.test"]);
    let relay = incoming.relay.as_mut().expect("there is one");
    relay.asked.of_message = "RET=HDRS ENVID=Q1".to_owned();
    relay.asked.of_recipients.insert(address("b@one.test"), "NOTIFY=NEVER".to_owned());
    store.accept(&incoming).expect("accepted");
    let [claim] = &claims(&store, NOW)[..] else { panic!("one domain") };
    assert_eq!(claim.asked, "RET=HDRS ENVID=Q1");
    let asked: Vec<_> = claim.recipients.iter().map(|to| to.asked.as_str()).collect();
    assert_eq!(asked, ["", "NOTIFY=NEVER"]);
}

#[test]
fn ok_claims_are_one_for_each_domain() {
    let store = Fixture::new();
    let recipients = ["A@one.test", "b@two.test", "c@ONE.test", "A@one.test"];
    let queued = store.accept(&relayed(&recipients)).expect("accepted").queued;
    assert_eq!(store.queue_length(), Ok(3));
    assert_eq!(store.next_due(), Ok(Some(NOW)));
    let claims = claims(&store, NOW);
    assert_eq!(claims.len(), 2);
    assert_eq!(addresses(&claims[0]), ["A@one.test", "c@one.test"]);
    assert_eq!(addresses(&claims[1]), ["b@two.test"]);
    for claim in &claims {
        assert_eq!(Some(claim.queue), queued);
        assert_eq!(claim.sender, Some(address("alice@example.org")));
        assert_eq!((claim.queued_at, claim.eight_bit), (NOW, false));
        let text = store.text(claim.message);
        assert_eq!(text, "Received: here\r\nSubject: out\r\n\r\nhi\r\n");
        assert_eq!(claim.size, text.len() as u64);
    }
}

#[test]
fn ok_nothing_is_claimed_twice_until_the_lease_ends() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test"])).expect("accepted");
    assert_eq!(claims(&store, NOW).len(), 1);
    assert!(claims(&store, later(599)).is_empty());
    assert_eq!(store.next_due(), Ok(Some(later(600))));
    assert_eq!(claims(&store, later(600)).len(), 1);
}

#[test]
fn ok_claim_survives_a_restart_and_becomes_due_when_the_lease_ends() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test", "b@two.test"])).expect("accepted");
    let claimed = store.claim_due(NOW, LEASE, 1).expect("claims").claims;
    assert_eq!(addresses(&claimed[0]), ["a@one.test"]);
    let store = store.reopened();
    let rest = claims(&store, later(1));
    assert_eq!(rest.iter().map(addresses).collect::<Vec<_>>(), [["b@two.test"]]);
    let again = claims(&store, later(600));
    assert_eq!(again.iter().map(addresses).collect::<Vec<_>>(), [["a@one.test"]]);
    assert_eq!(again[0].recipients[0].attempts, 0);
    assert_eq!(store.text(again[0].message).len() as u64, again[0].size);
}

#[test]
fn ok_claims_of_who_died_are_due_at_once_for_who_serves_next() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test", "b@two.test"])).expect("accepted");
    let lost = store.claim_due(NOW, LEASE, 1).expect("claims").claims.remove(0);
    let deferred = store.claim_due(NOW, LEASE, 1).expect("claims").claims.remove(0);
    let outcome = Outcome::Deferred { until: later(60), diagnostic: String::new() };
    store.settle(deferred.id, &all(&deferred, &outcome), None).expect("settled");
    let store = store.reopened();
    assert_eq!(store.release_claims(later(1)), Ok(1));
    let again = claims(&store, later(1));
    assert_eq!(again.iter().map(addresses).collect::<Vec<_>>(), [["a@one.test"]]);
    // What was put off on purpose stays put off, and who died may not come back.
    assert_eq!(store.next_due(), Ok(Some(later(60))));
    let settled = store.settle(lost.id, &all(&lost, &Outcome::Delivered), None);
    assert!(matches!(settled, Err(StoreError::Conflict { what: Noun::Claim, .. })));
    assert_eq!(store.release_claims(later(1)), Ok(1));
    assert_eq!(store.release_claims(later(1)), Ok(0));
}

#[test]
fn err_settling_what_somebody_else_claimed() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test"])).expect("accepted");
    let slow = claims(&store, NOW).remove(0);
    let quick = claims(&store, later(600)).remove(0);
    let settled = store.settle(slow.id, &all(&slow, &Outcome::Delivered), None);
    assert!(matches!(settled, Err(StoreError::Conflict { what: Noun::Claim, .. })));
    assert_eq!(store.queue_length(), Ok(1));
    store.settle(quick.id, &all(&quick, &Outcome::Delivered), None).expect("settled");
    let twice = store.settle(quick.id, &all(&quick, &Outcome::Delivered), None);
    assert!(matches!(twice, Err(StoreError::Conflict { what: Noun::Claim, .. })));
}

#[test]
fn ok_late_settling_that_nobody_forestalled() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test"])).expect("accepted");
    let claim = claims(&store, NOW).remove(0);
    // Nobody else asked since the lease ended.
    store.settle(claim.id, &all(&claim, &Outcome::Delivered), None).expect("settled");
    assert_eq!(store.next_due(), Ok(None));
}

#[test]
fn ok_deferred_comes_again_with_its_history() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test"])).expect("accepted");
    let long = "é".repeat(1000);
    for (attempt, now) in [NOW, later(60), later(180)].into_iter().enumerate() {
        let claim = claims(&store, now).remove(0);
        let recipient = &claim.recipients[0];
        assert_eq!(recipient.attempts as usize, attempt);
        assert_eq!(recipient.diagnostic.is_some(), attempt > 0);
        if let Some(text) = &recipient.diagnostic {
            assert_eq!(text, &"é".repeat(500), "cut between characters");
        }
        let until = now.after(Duration::from_secs(60 << attempt));
        let outcome = Outcome::Deferred { until, diagnostic: long.clone() };
        store.settle(claim.id, &all(&claim, &outcome), None).expect("settled");
        assert_eq!(store.next_due(), Ok(Some(until)));
        assert!(claims(&store, now).is_empty());
    }
}

#[test]
fn ok_last_recipient_takes_the_message_along() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test", "b@one.test"])).expect("accepted");
    let claim = claims(&store, NOW).remove(0);
    let [a, b] = [claim.recipients[0].id, claim.recipients[1].id];
    store.settle(claim.id, &[(a, Outcome::Delivered)], None).expect("settled");
    assert!(store.open_body(claim.message).is_ok());
    // The other one stays claimed.
    assert!(claims(&store, later(1)).is_empty());
    store.settle(claim.id, &[(b, Outcome::Failed)], None).expect("settled");
    assert_eq!(store.queue_length(), Ok(0));
    let gone = store.open_body(claim.message).map(drop);
    assert_eq!(gone, Err(StoreError::NotFound { what: Noun::Message }));
}

#[test]
fn ok_notice_comes_with_the_failure_or_neither_does() {
    let store = Fixture::new();
    let alice = store.add_account("alice", Some(30));
    store.accept(&relayed(&["a@one.test"])).expect("accepted");
    let claim = claims(&store, NOW).remove(0);
    let failed = all(&claim, &Outcome::Failed);
    let too_long = incoming(&"x".repeat(31), &[alice]);
    let refused = store.settle(claim.id, &failed, Some(&too_long));
    assert!(matches!(refused, Err(StoreError::OverQuota { .. })));
    assert_eq!(store.queue_length(), Ok(1), "still to be told");
    let notice = incoming("Subject: failed\r\n\r\n", &[alice]);
    let told = store.settle(claim.id, &failed, Some(&notice)).expect("settled");
    assert_eq!(store.text(told.delivered[0].entry.id), "Subject: failed\r\n\r\n");
    assert_eq!(store.queue_length(), Ok(0));
}

#[test]
fn ok_notice_to_a_sender_elsewhere_goes_into_the_queue() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test"])).expect("accepted");
    let claim = claims(&store, NOW).remove(0);
    let mut notice = relayed(&["sender@two.test"]);
    notice.relay.as_mut().expect("a relay").sender = None;
    let failed = all(&claim, &Outcome::Failed);
    assert!(store.settle(claim.id, &failed, Some(&notice)).expect("settled").queued.is_some());
    let bounce = claims(&store, NOW).remove(0);
    assert_eq!((bounce.sender, bounce.domain), (None, domain("two.test")));
}

#[test]
fn ok_many_recipients_are_claimed_in_groups() {
    let store = Fixture::new();
    let many: Vec<_> = (0..250).map(|n| format!("u{n}@one.test")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    store.accept(&relayed(&many)).expect("accepted");
    let mut sizes = Vec::new();
    while let Some(claim) = store.claim_due(NOW, LEASE, 1).expect("claims").claims.pop() {
        sizes.push(claim.recipients.len());
    }
    assert_eq!(sizes, [100, 100, 50]);
}

#[test]
fn ok_the_longest_due_comes_first() {
    let store = Fixture::new();
    for (recipient, after) in [("b@late.test", 20), ("a@early.test", 10)] {
        let mut message = relayed(&[recipient]);
        message.date = InternalDate::utc(later(after));
        store.accept(&message).expect("accepted");
    }
    assert_eq!(store.next_due(), Ok(Some(later(10))));
    let due = store.claim_due(later(30), LEASE, 1).expect("claims").claims;
    assert_eq!(addresses(&due[0]), ["a@early.test"]);
}

/// Makes what the queue holds something that no version of this program wrote.
fn damage(store: &Fixture, sql: &str) {
    let raw = rusqlite::Connection::open(store.dir.path().join("store.sqlite")).expect("opens");
    raw.execute_batch(sql).expect("damaged");
}

#[test]
fn ok_row_that_cannot_be_read_holds_up_no_other() {
    for (sql, sender, shown) in [
        ("UPDATE recipient SET address = 'no address' WHERE id = 1", true, "no address"),
        ("UPDATE recipient SET address = CAST(x'610d0a' AS TEXT) WHERE id = 1", true, "a\\r\\n"),
        ("UPDATE recipient SET address = CAST(x'61ff' AS TEXT) WHERE id = 1", true, "a\u{fffd}"),
        ("UPDATE recipient SET attempts = 'many' WHERE id = 1", true, "a@one.test"),
        ("UPDATE recipient SET domain = '..' WHERE id = 1", true, "a@one.test"),
        ("UPDATE recipient SET domain = x'ff' WHERE id = 1", true, "a@one.test"),
        ("UPDATE queue SET sender = 'nobody' WHERE id = 1", false, "a@one.test"),
        ("UPDATE queue SET content = 99 WHERE id = 1", true, "a@one.test"),
    ] {
        let store = Fixture::new();
        let queued = store.accept(&relayed(&["a@one.test"])).expect("accepted").queued;
        store.accept(&relayed(&["b@two.test"])).expect("accepted");
        damage(&store, sql);
        let due = store.claim_due(NOW, LEASE, 100).expect(sql);
        assert_eq!(due.claims.iter().map(addresses).collect::<Vec<_>>(), [["b@two.test"]], "{sql}");
        let [broken] = &due.unreadable[..] else { panic!("{sql}: {:?}", due.unreadable) };
        assert_eq!(Some(broken.queue), queued);
        assert_eq!(broken.sender, sender.then(|| address("alice@example.org")), "{sql}");
        assert_eq!(broken.recipients, [(RecipientId::new(1), shown.to_owned())], "{sql}");
        assert!(!broken.why.is_empty());
        // Leased, like everything that is claimed.
        assert_eq!(store.claim_due(later(1), LEASE, 100), Ok(Due::default()));
        store.settle(due.claims[0].id, &all(&due.claims[0], &Outcome::Delivered), None).expect(sql);
        let aside = Outcome::SetAside { diagnostic: broken.why.clone() };
        let notice = relayed(&["alice@three.test"]);
        store.settle(broken.id, &[(broken.recipients[0].0, aside)], Some(&notice)).expect(sql);
        // It is kept, and does not come again.
        assert_eq!(store.queue_length(), Ok(2), "{sql}");
        let told = store.claim_due(later(1), LEASE, 100).expect(sql);
        assert_eq!(told.claims.iter().map(addresses).collect::<Vec<_>>(), [["alice@three.test"]]);
        let told = &told.claims[0];
        store.settle(told.id, &all(told, &Outcome::Delivered), None).expect(sql);
        assert_eq!(store.release_claims(later(2)), Ok(0));
        assert_eq!(store.next_due(), Ok(None), "{sql}");
        assert_eq!(store.claim_due(UnixTime::new(i64::MAX), LEASE, 100), Ok(Due::default()));
    }
}

#[test]
fn ok_recipient_that_cannot_be_read_does_not_keep_its_neighbours() {
    let store = Fixture::new();
    store.accept(&relayed(&["a@one.test", "b@one.test"])).expect("accepted");
    damage(&store, "UPDATE recipient SET address = 'b' WHERE address = 'b@one.test'");
    let due = store.claim_due(NOW, LEASE, 100).expect("claims");
    assert_eq!(due.claims.iter().map(addresses).collect::<Vec<_>>(), [["a@one.test"]]);
    assert_eq!(due.unreadable[0].recipients, [(RecipientId::new(2), "b".to_owned())]);
}
