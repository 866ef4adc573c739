//! The dialogues of `tests/data` with our server, step by step, in one go, and cut everywhere.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod script;

use bytes::Buf;
use mail_wire::{
    Next, Session,
    testing::{Act, contract, cut_everywhere, pretend, start},
};
use pop3_proto::{
    Capability, Defects, Profile, Verb, parse,
    server::{Event, Server},
};
use script::{Answer, Reader, Said, Script, Turn, scripts};

/// `texts` dialogues of the file are the RFC's and `own` are ours; `served` of them are what a server
/// of ours can say.
fn run(file: &'static str, text: &str, texts: usize, own: usize, served: usize) {
    let scripts = scripts(file, text);
    let count = |is: fn(&&Script) -> bool| scripts.iter().filter(is).count();
    let counts = (count(|it| !it.is_own()), count(|it| it.is_own()));
    let can_be_said = count(|it| !it.is_for_the_client_alone());
    assert_eq!((counts, can_be_said), ((texts, own), served), "dialogues in {file}");
    for script in scripts.iter().filter(|script| !script.is_for_the_client_alone()) {
        step_by_step(script);
        let flights = script.flights();
        let flights: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
        let make = || (Server::new(script.config()), script.application());
        contract(make, &flights);
        let replayed = cut_everywhere(make, &flights, false);
        let name = &script.title;
        let mut reader = Reader::new();
        for turn in &script.turns {
            if let Turn::Client(octets) = turn {
                reader.client(octets);
            }
        }
        let said = reader.wire(&replayed.output);
        assert!(reader.is_between_answers(), "{name}");
        let expected: Vec<_> = script.answers().collect();
        assert_eq!(said.len(), expected.len(), "{file} {name}: {:#?}", replayed.text());
        for ((said, expected), given) in said.iter().zip(expected).zip(script.given()) {
            same(script, said, expected);
            assert!(!given || said == expected, "{name}: {said:?} where {expected:?} was given");
        }
        let told: Vec<_> = script.events().collect();
        assert_eq!(replayed.log, told, "{file} {name}");
    }
}

/// Each turn must have had its effect before the next is taken, and at the end the server stands
/// where who reads along sees it.
fn step_by_step(script: &Script) {
    let (mut server, mut act) = (Server::new(script.config()), script.application());
    let (mut said, mut told) = (Vec::new(), Vec::new());
    let mut reader = Reader::new();
    let name = &script.title;
    for turn in &script.turns {
        if let Turn::Client(octets) = turn {
            assert!(said.is_empty(), "{name}: not expected: {said:?}");
            server.buffers().0.extend_from_slice(octets);
            reader.client(octets);
            continue;
        }
        pump(&mut server, &mut act, &mut reader, &mut said, &mut told);
        match turn {
            Turn::Server(answer) => {
                assert!(!said.is_empty(), "{name}: nothing where {answer:?} is expected");
                same(script, &said.remove(0), answer);
            }
            Turn::Event(event, _) => {
                assert!(!told.is_empty(), "{name}: nothing where {event:?} is expected");
                assert_eq!(&told.remove(0), event, "{name}");
            }
            Turn::Client(_) => {}
        }
    }
    pump(&mut server, &mut act, &mut reader, &mut said, &mut told);
    assert!(said.is_empty() && told.is_empty(), "{name}: not expected: {said:?} {told:?}");
    assert_eq!(server.state(), script.end(), "{name}");
}

fn pump(
    server: &mut Server,
    act: &mut impl FnMut(&mut Server, Event) -> Act,
    reader: &mut Reader,
    said: &mut Vec<Answer>,
    told: &mut Vec<String>,
) {
    loop {
        let answer = server.next_event(start());
        let (_, out) = server.buffers();
        said.extend(reader.wire(&out.copy_to_bytes(out.remaining())));
        match answer {
            Ok(Next::Event(event)) => {
                if let Act::Log(line) = act(server, event) {
                    told.push(line);
                }
            }
            Ok(Next::Upgrade { to, .. }) => server.upgraded(pretend(to)).unwrap(),
            Ok(_) | Err(_) => break,
        }
    }
}

/// The words of a first line are each server's own, its code and the numbers in it are not.
fn same(script: &Script, said: &Answer, expected: &Answer) {
    let name = &script.title;
    let context = format!("{name}: {said:?} where {expected:?} is expected");
    assert_eq!(said.to, expected.to, "{context}");
    let verb = expected.to.as_deref().and_then(parse::verb);
    match (&said.said, &expected.said) {
        (Said::Challenge(said), Said::Challenge(expected)) => {
            assert_eq!(said, expected, "{context}")
        }
        (Said::One(said), Said::One(expected)) => {
            assert_eq!(said.status(), expected.status(), "{context}");
            if expected.code().is_some() {
                assert_eq!(said.code(), expected.code(), "{context}");
            }
            let is_ok = expected.status() == pop3_proto::Status::Ok;
            let (said, expected) = (said.line().words(), expected.line().words());
            match verb {
                Some(Verb::Stat) if is_ok => assert!(said.eq(expected.take(2)), "{context}"),
                Some(Verb::List | Verb::Uidl) if is_ok => assert!(said.eq(expected), "{context}"),
                Some(Verb::Lang) if is_ok => {
                    assert!(said.take(1).eq(expected.take(1)), "{context}")
                }
                _ => {}
            }
        }
        (Said::Many(_, said), Said::Many(_, expected)) if verb == Some(Verb::Capa) => {
            offers(said, expected, &context);
        }
        (Said::Many(_, said), Said::Many(_, expected)) => assert_eq!(said, expected, "{context}"),
        _ => panic!("{context}"),
    }
}

/// Ours offers what the file's does, and may offer more; of mechanisms those that there are.
fn offers(said: &[Vec<u8>], expected: &[Vec<u8>], context: &str) {
    let said: Vec<_> = said
        .iter()
        .map(|line| parse::capability(line, Profile::STRICT, &mut Defects::new()).unwrap())
        .collect();
    for line in expected {
        match parse::capability(line, Profile::STRICT, &mut Defects::new()).unwrap() {
            Capability::Sasl(names) => {
                let ours = said.iter().find_map(|offer| match offer {
                    Capability::Sasl(names) => Some(names),
                    _ => None,
                });
                for name in names.words().filter(|name| mail_sasl::Mechanism::parse(name).is_ok()) {
                    assert!(ours.unwrap().words().any(|ours| ours == name), "{context}");
                }
            }
            other => assert!(said.contains(&other), "{other:?} is missing, {context}"),
        }
    }
}

macro_rules! rfcs {
    ($($name:ident = $file:literal, $texts:literal, $own:literal, $served:literal;)*) => {$(
        #[test]
        fn $name() {
            run($file, include_str!(concat!("data/", $file)), $texts, $own, $served);
        }
    )*};
}

rfcs! {
    ok_rfc1939_pop3 = "rfc1939.txt", 22, 2, 23;
    ok_rfc1734_auth = "rfc1734.txt", 2, 0, 1;
    ok_rfc2449_capabilities = "rfc2449.txt", 2, 7, 9;
    ok_rfc2595_stls = "rfc2595.txt", 2, 2, 4;
    ok_rfc5034_sasl = "rfc5034.txt", 4, 3, 6;
    ok_rfc6856_utf8_and_languages = "rfc6856.txt", 2, 5, 6;
}
