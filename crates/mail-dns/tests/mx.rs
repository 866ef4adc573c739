//! Where mail goes: one table entry for each case of RFC 5321 5.1 and RFC 7505.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod support;

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use mail_dns::{
    Budget, Evaluate, Outcome, Question, RecordType, Security, Step,
    mx::{MxPlan, MxVerdict, NoMail, Plan, TryLater},
};
use support::{ask, budget, name, resolve, zones};

const ZONES: &str = "
    example.org SOA
    example.org MX 20 mx2.example.org
    example.org MX 10 mx1.example.org
    mx1.example.org A 192.0.2.1
    mx1.example.org AAAA 2001:db8::1
    mx2.example.org A 192.0.2.2
    null.example.org MX 0 .
    odd-null.example.org MX 10 .
    half-null.example.org MX 0 .
    half-null.example.org MX 10 mx1.example.org
    implicit.example.org A 192.0.2.3
    nothing.example.org TXT hello
    alias.example.org CNAME example.org
    dangling.example.org CNAME no.example.org
    alias-implicit.example.org CNAME implicit.example.org
    alias-target.example.org MX 10 mx-alias.example.org
    mx-alias.example.org CNAME mx1.example.org
    dead-target.example.org MX 10 no.example.org
    dead-target.example.org MX 20 nothing.example.org
    one-dead.example.org MX 10 no.example.org
    one-dead.example.org MX 20 mx2.example.org
    not-hosts.example.org MX 10 zero.example.org
    zero.example.org A 0.0.0.0
    zero.example.org A 224.0.0.1
    zero.example.org A 255.255.255.255
    zero.example.org AAAA ::
    zero.example.org AAAA ::ffff:0.0.0.0
    backup.example.org MX 10 mx1.example.org
    backup.example.org MX 20 us.example.org
    backup.example.org MX 20 mx2.example.org
    backup.example.org MX 30 mx3.example.org
    us.example.org A 192.0.2.9
    mx3.example.org A 192.0.2.10
    best-us.example.org MX 10 us.example.org
    best-us.example.org MX 20 mx1.example.org
    hidden-us.example.org MX 10 mx1.example.org
    hidden-us.example.org MX 20 us-alias.example.org
    hidden-us.example.org MX 30 mx2.example.org
    us-alias.example.org CNAME us.example.org
    example.net SOA
    elsewhere.example.org MX 10 mx.example.net
    mx.example.net A 198.51.100.1
";

fn plan_for(domain: &str) -> MxPlan {
    MxPlan::new(name(domain), 1, budget(50))
}

/// The verdict in one line, and the trace.
fn verdict_of(mut plan: MxPlan, network: impl Fn(&Question) -> Outcome) -> (String, String) {
    let verdict = resolve(&mut plan, network);
    (line(&verdict), plan.trace().to_string())
}

fn line(verdict: &MxVerdict) -> String {
    match verdict {
        MxVerdict::Deliver(plan) => hosts(plan).join(", "),
        MxVerdict::NoMail(why) => format!("{} {} {why}", why.reply_code(), why.enhanced()),
        MxVerdict::TryLater(why) => format!("{} {} {why}", why.reply_code(), why.enhanced()),
    }
}

fn hosts(plan: &Plan) -> Vec<String> {
    let target = |target: &mail_dns::mx::Target| {
        let addresses: Vec<_> = target.addresses().iter().map(IpAddr::to_string).collect();
        format!("{} {} [{}]", target.preference(), target.host(), addresses.join(" "))
    };
    plan.targets().iter().map(target).collect()
}

fn verdict(domain: &str) -> (String, String) {
    let zones = zones(ZONES);
    verdict_of(plan_for(domain), |question| zones.outcome(question))
}

#[test]
fn every_case_of_the_rfcs() {
    const MX1: &str = "mx1.example.org [2001:db8::1 192.0.2.1]";
    let cases = [
        ("example.org", format!("10 {MX1}, 20 mx2.example.org [192.0.2.2]"), ""),
        ("null.example.org", "556 5.1.10 the domain takes no mail (null MX)".into(), ""),
        ("odd-null.example.org", "556 5.1.10 the domain takes no mail (null MX)".into(), ""),
        ("half-null.example.org", format!("10 {MX1}"), "null MX beside other MX records"),
        (
            "implicit.example.org",
            "0 implicit.example.org [192.0.2.3]".into(),
            "no MX records: implicit.example.org itself is the host",
        ),
        (
            "nothing.example.org",
            "550 5.4.4 no mail host of the domain has an address".into(),
            "nothing.example.org has no address",
        ),
        ("no.example.org", "550 5.1.2 the domain does not exist".into(), "MX: no such name"),
        (
            "alias.example.org",
            format!("10 {MX1}, 20 mx2.example.org [192.0.2.2]"),
            "(via example.org)",
        ),
        ("dangling.example.org", "550 5.1.2 the domain does not exist".into(), ""),
        // RFC 5321 5.1: the resulting name is processed as if it were the initial name.
        ("alias-implicit.example.org", "0 implicit.example.org [192.0.2.3]".into(), ""),
        (
            "alias-target.example.org",
            "10 mx-alias.example.org [2001:db8::1 192.0.2.1]".into(),
            "MX host mx-alias.example.org is an alias of mx1.example.org, which is followed",
        ),
        (
            "dead-target.example.org",
            "550 5.4.4 no mail host of the domain has an address".into(),
            "no.example.org has no address",
        ),
        ("one-dead.example.org", "20 mx2.example.org [192.0.2.2]".into(), "no.example.org has no"),
        (
            "not-hosts.example.org",
            "550 5.4.4 no mail host of the domain has an address".into(),
            "zero.example.org has no address",
        ),
        ("elsewhere.example.org", "10 mx.example.net [198.51.100.1]".into(), ""),
        ("example.com", "451 4.4.3 the DNS servers failed to answer for the domain".into(), ""),
    ];
    for (domain, expected, remark) in cases {
        let (verdict, trace) = verdict(domain);
        assert_eq!(verdict, expected, "{domain}\n{trace}");
        assert!(trace.contains(remark), "{domain}\n{trace}");
    }
}

#[test]
fn implicit_is_said() {
    let zones = zones(ZONES);
    for (domain, implicit) in [("implicit.example.org", true), ("example.org", false)] {
        let verdict = resolve(&mut plan_for(domain), |q| zones.outcome(q));
        let MxVerdict::Deliver(plan) = verdict else { panic!("{verdict:?}") };
        assert_eq!(plan.is_implicit(), implicit);
        assert_eq!(plan.security(), Security::Unchecked);
        assert_eq!(plan.targets()[0].security(), Security::Unchecked);
    }
}

#[test]
fn null_mx_asks_nothing_more() {
    let (_, trace) = verdict("null.example.org");
    assert_eq!(trace, "null.example.org MX: 0 .\n");
}

#[test]
fn we_are_among_the_hosts() {
    let zones = zones(ZONES);
    let us = || [name("US.example.org")];
    let cases = [
        ("backup.example.org", "10 mx1.example.org [2001:db8::1 192.0.2.1]"),
        ("best-us.example.org", "554 5.4.6 mail for the domain would loop back to this server"),
        ("hidden-us.example.org", "10 mx1.example.org [2001:db8::1 192.0.2.1]"),
        // An implicit MX that is ourselves.
        ("us.example.org", "554 5.4.6 mail for the domain would loop back to this server"),
    ];
    for (domain, expected) in cases {
        let plan = plan_for(domain).with_we_are(us());
        let (verdict, trace) = verdict_of(plan, |question| zones.outcome(question));
        assert_eq!(verdict, expected, "{domain}\n{trace}");
        assert!(trace.contains("only better ones are tried"), "{trace}");
    }
}

#[test]
fn we_are_at_an_address_of_a_host() {
    let zones = zones(ZONES);
    let us: [IpAddr; 1] = ["::ffff:192.0.2.2".parse().unwrap()];
    for (domain, expected) in [
        ("example.org", "10 mx1.example.org [2001:db8::1 192.0.2.1]"),
        ("one-dead.example.org", "550 5.4.4 no mail host of the domain has an address"),
        ("implicit.example.org", "0 implicit.example.org [192.0.2.3]"),
    ] {
        let plan = plan_for(domain).with_we_are_at(us);
        let (verdict, trace) = verdict_of(plan, |question| zones.outcome(question));
        assert_eq!(verdict, expected, "{domain}\n{trace}");
    }
}

#[test]
fn temporary_failures_never_give_mail_back() {
    let zones = zones(ZONES);
    let failing = |which: &'static str, rtype: RecordType, how: Outcome| {
        let zones = &zones;
        move |question: &Question| {
            let hit = *question.name() == name(which) && question.rtype() == rtype;
            if hit { how.clone() } else { zones.outcome(question) }
        }
    };
    let (a, aaaa, mx) = (RecordType::A, RecordType::AAAA, RecordType::MX);
    let (fail, late) = (Outcome::ServFail, Outcome::Timeout);
    let cases = [
        ("example.org", "example.org", mx, &fail, "451 4.4.3 the DNS servers failed"),
        ("example.org", "example.org", mx, &late, "451 4.4.3 no DNS answer came in time"),
        // One host that is known is enough.
        ("example.org", "mx2.example.org", a, &fail, "10 mx1.example.org [2001:db8::1 192.0.2.1]"),
        // And so is one family of it.
        ("implicit.example.org", "implicit.example.org", aaaa, &late, "0 implicit.example.org ["),
        // No address now, but there may be one.
        ("implicit.example.org", "implicit.example.org", a, &late, "451 4.4.3 no DNS answer"),
        ("dead-target.example.org", "no.example.org", aaaa, &fail, "451 4.4.3 the DNS servers"),
    ];
    for (domain, which, rtype, how, expected) in cases {
        let network = failing(which, rtype, how.clone());
        let (verdict, trace) = verdict_of(plan_for(domain), network);
        assert!(verdict.starts_with(expected), "{domain}: {verdict}\n{trace}");
    }
}

#[test]
fn all_addresses_are_asked_for_together() {
    let zones = zones(ZONES);
    let mut plan = plan_for("example.org");
    let now = Instant::now();
    let Step::Ask(first) = plan.poll(now) else { panic!() };
    assert_eq!(first.len(), 1);
    assert!(matches!(plan.poll(now), Step::Waiting { .. }));
    let outcome = zones.outcome(first[0].question());
    plan.answer(first[0].id(), outcome).unwrap();
    let Step::Ask(second) = plan.poll(now) else { panic!() };
    let asked: Vec<_> = second.iter().map(|query| query.question().to_string()).collect();
    let expected =
        ["mx1.example.org A", "mx1.example.org AAAA", "mx2.example.org A", "mx2.example.org AAAA"];
    assert_eq!(asked, expected);
}

#[test]
fn ipv4_only_asks_half() {
    let zones = zones(ZONES);
    let (verdict, trace) =
        verdict_of(plan_for("example.org").without_ipv6(), |question| zones.outcome(question));
    assert_eq!(verdict, "10 mx1.example.org [192.0.2.1], 20 mx2.example.org [192.0.2.2]");
    assert!(!trace.contains("AAAA"));
}

#[test]
fn deadline_ends_the_waiting_with_what_is_known() {
    let zones = zones(ZONES);
    let start = Instant::now();
    let deadline = start + Duration::from_secs(20);
    let mut plan = MxPlan::new(name("example.org"), 1, Budget::new(50, deadline));
    let Step::Ask(first) = plan.poll(start) else { panic!() };
    plan.answer(first[0].id(), zones.outcome(first[0].question())).unwrap();
    let Step::Ask(second) = plan.poll(start) else { panic!() };
    let a = second.iter().find(|q| q.question() == &ask("mx2.example.org", RecordType::A)).unwrap();
    plan.answer(a.id(), zones.outcome(a.question())).unwrap();
    assert_eq!(plan.poll(start), Step::Waiting { until: deadline });
    let Step::Done(verdict) = plan.poll(deadline) else { panic!() };
    assert_eq!(line(&verdict), "20 mx2.example.org [192.0.2.2]");
    // What comes too late is refused, and the verdict stays.
    assert!(plan.answer(second[0].id(), Outcome::ServFail).is_err());
    assert_eq!(plan.poll(start), Step::Done(verdict));
}

#[test]
fn no_answer_until_the_deadline_is_to_be_tried_later() {
    let start = Instant::now();
    let deadline = start + Duration::from_secs(20);
    let mut plan = MxPlan::new(name("example.org"), 1, Budget::new(50, deadline));
    assert!(matches!(plan.poll(start), Step::Ask(_)));
    let before = deadline - Duration::from_nanos(1);
    assert_eq!(plan.poll(before), Step::Waiting { until: deadline });
    assert_eq!(plan.poll(deadline), Step::Done(MxVerdict::TryLater(TryLater::NoAnswer)));
}

#[test]
fn budget_is_charged_in_order_and_used_up_is_later() {
    let zones = zones(ZONES);
    // MX, and both addresses of the first host only.
    let mut plan = MxPlan::new(name("example.org"), 1, budget(3));
    let verdict = resolve(&mut plan, |question| zones.outcome(question));
    assert_eq!(line(&verdict), "10 mx1.example.org [2001:db8::1 192.0.2.1]");
    assert!(plan.trace().to_string().contains("mx2.example.org A: not asked, budget used up"));
    let mut plan = MxPlan::new(name("example.org"), 1, budget(0));
    let verdict = resolve(&mut plan, |question| zones.outcome(question));
    assert_eq!(verdict, MxVerdict::TryLater(TryLater::NoAnswer));
}

#[test]
fn hosts_and_addresses_are_limited() {
    let mut text = String::from("example.org SOA\n");
    for i in 0..100 {
        text += &format!("example.org MX {i} mx{i}.example.org\n");
        for j in 0..20 {
            text +=
                &format!("mx{i}.example.org A 192.0.2.{j}\nmx{i}.example.org AAAA 2001:db8::{j}\n");
        }
    }
    let zones = zones(&text);
    let mut plan = plan_for("example.org").with_max_hosts(3).with_max_addresses(4);
    let verdict = resolve(&mut plan, |question| zones.outcome(question));
    assert_eq!(
        line(&verdict),
        "0 mx0.example.org [2001:db8:: 192.0.2.0 2001:db8::1 192.0.2.1], \
         1 mx1.example.org [2001:db8:: 192.0.2.0 2001:db8::1 192.0.2.1], \
         2 mx2.example.org [2001:db8:: 192.0.2.0 2001:db8::1 192.0.2.1]"
    );
    assert!(plan.trace().to_string().contains("97 more hosts are left out"));
}

/// Twelve hosts, of which only those have an address that `more` gives one.
fn twelve(more: &str) -> String {
    let host = |n: u32| format!("example.org MX {n} mx{n}.example.org\n");
    format!("example.org SOA\n{}{more}", (1..=12).map(host).collect::<String>())
}

#[test]
fn hosts_behind_ten_without_an_address_are_looked_at() {
    let zones = |more: &str| zones(&twelve(more));
    let found = zones("mx12.example.org A 192.0.2.12");
    let verdict = verdict_of(plan_for("example.org"), |question| found.outcome(question));
    assert_eq!(verdict.0, "12 mx12.example.org [192.0.2.12]");
    // All of them are bad, and only then is that final.
    let none = zones("");
    let verdict = verdict_of(plan_for("example.org"), |question| none.outcome(question));
    assert!(verdict.0.starts_with("550 5.4.4"), "{}", verdict.0);
    // One of the first ten may have an address after all.
    let trouble = |question: &Question| {
        let lame = question.name() == &name("mx3.example.org");
        if lame { Outcome::ServFail } else { none.outcome(question) }
    };
    let verdict = verdict_of(plan_for("example.org"), trouble);
    assert!(verdict.0.starts_with('4'), "{}", verdict.0);
}

#[test]
fn we_are_found_among_the_hosts_behind_ten() {
    let zones = zones(&twelve("mx11.example.org A 192.0.2.11\nmx12.example.org A 192.0.2.12"));
    let plan = plan_for("example.org").with_we_are_at(["192.0.2.11".parse().unwrap()]);
    let verdict = verdict_of(plan, |question| zones.outcome(question));
    // RFC 5321 5.1: neither ourselves nor anybody behind us.
    assert!(verdict.0.starts_with("550 5.4.4"), "{}", verdict.0);
}

#[test]
fn hosts_of_one_preference_take_turns() {
    let zones = zones(
        "example.org SOA
         example.org MX 10 a.example.org
         example.org MX 10 b.example.org
         a.example.org A 192.0.2.1
         b.example.org A 192.0.2.2",
    );
    let first = |seed| {
        let mut plan = MxPlan::new(name("example.org"), seed, budget(9));
        let verdict = resolve(&mut plan, |question| zones.outcome(question));
        let MxVerdict::Deliver(plan) = verdict else { panic!() };
        plan.targets()[0].host().clone()
    };
    let a = (0..1000).filter(|seed| first(*seed) == name("a.example.org")).count();
    assert!((400..600).contains(&a), "{a} of 1000");
}

#[test]
fn trace_explains_and_replays() {
    let zones = zones(ZONES);
    let mut plan = plan_for("one-dead.example.org");
    let verdict = resolve(&mut plan, |question| zones.outcome(question));
    let trace = plan.trace().clone();
    let replay = |question: &Question| trace.outcome(question).expect("was asked").clone();
    let again: MxVerdict = resolve(&mut plan_for("one-dead.example.org"), replay);
    assert_eq!(again, verdict);
}

#[test]
fn reply_codes_are_those_of_the_rfcs() {
    let codes: [(NoMail, &str); 4] = [
        (NoMail::NullMx, "556 5.1.10"),
        (NoMail::NoSuchDomain, "550 5.1.2"),
        (NoMail::NoAddress, "550 5.4.4"),
        (NoMail::Loop, "554 5.4.6"),
    ];
    for (why, expected) in codes {
        assert_eq!(format!("{} {}", why.reply_code(), why.enhanced()), expected);
    }
}
