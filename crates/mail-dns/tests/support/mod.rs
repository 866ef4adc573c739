//! Zones and drivers that the tests share.
#![allow(dead_code, clippy::disallowed_methods, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use mail_dns::{
    Budget, Evaluate, Name, Outcome, Question, Rdata, RecordType, Soa, Step, Ttl, Txt,
    zone::{Authority, Zone},
};

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn ask(text: &str, rtype: RecordType) -> Question {
    Question::new(name(text), rtype)
}

pub(crate) fn soa(origin: &Name) -> Soa {
    Soa {
        primary: name("ns.example.org"),
        mailbox: origin.with_label(b"post.master").unwrap(),
        serial: 2_026_010_100,
        refresh: 3600,
        retry: 600,
        expire: 86_400,
        minimum: 60,
    }
}

/// Reads lines such as `example.org MX 10 mx.example.org` into zones, one for each line
/// `example.org SOA`.
pub(crate) fn zones(text: &str) -> Authority {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let origins = lines().filter_map(|line| line.strip_suffix(" SOA"));
    let mut zones: Vec<_> = origins
        .map(|origin| Zone::new(name(origin), Ttl::from_secs(300), soa(&name(origin))))
        .collect();
    for line in lines().filter(|line| !line.ends_with(" SOA")) {
        let (owner, data) = line.split_once(' ').unwrap();
        let owner = name(owner);
        let zone = zones.iter_mut().find(|zone| owner.is_subdomain_of(zone.origin()));
        zone.expect("a zone for each owner").add(&owner, Ttl::from_secs(300), rdata(data)).unwrap();
    }
    zones.into_iter().collect()
}

fn rdata(text: &str) -> Rdata {
    let words: Vec<_> = text.split(' ').collect();
    match words[..] {
        ["A", address] => Rdata::A(address.parse().unwrap()),
        ["AAAA", address] => Rdata::Aaaa(address.parse().unwrap()),
        ["MX", preference, exchange] => {
            Rdata::Mx { preference: preference.parse().unwrap(), exchange: name(exchange) }
        }
        ["CNAME", target] => Rdata::Cname(name(target)),
        ["TXT", text] => Rdata::Txt(Txt::split(text.as_bytes()).unwrap()),
        _ => panic!("no test record: {text}"),
    }
}

pub(crate) fn budget(queries: u32) -> Budget {
    Budget::new(queries, Instant::now() + Duration::from_secs(30))
}

/// Runs a machine to its verdict against a function that knows all outcomes. Answers come in the
/// reverse order of the questions, because no order may matter.
pub(crate) fn resolve<M: Evaluate>(
    machine: &mut M,
    network: impl Fn(&Question) -> Outcome,
) -> M::Output {
    let now = Instant::now();
    let mut asked: Vec<Question> = Vec::new();
    loop {
        match machine.poll(now) {
            Step::Ask(queries) => {
                for query in queries.into_iter().rev() {
                    assert!(!asked.contains(query.question()), "asked twice: {query:?}");
                    asked.push(query.question().clone());
                    machine.answer(query.id(), network(query.question())).unwrap();
                    let again = machine.answer(query.id(), Outcome::ServFail);
                    assert_eq!(again.unwrap_err().id, query.id());
                }
            }
            Step::Done(output) => return output,
            Step::Fetch { .. } | Step::Waiting { .. } => panic!("all questions are answered"),
        }
    }
}
