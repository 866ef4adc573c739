//! The dialogues of `tests/data` with our server, step by step, in one go, and cut everywhere.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

#[macro_use]
mod script;

use bytes::{Buf, BytesMut};
use mail_errors::Reply;
use mail_wire::{
    Next, Session,
    testing::{Act, contract, cut_everywhere, pretend, start},
};
use script::{End, Script, Turn, scripts};
use smtp_proto::{
    Profile, Read, ReplyReader,
    server::{Event, Server},
};

fn run(file: &'static str, text: &str) {
    for script in &scripts(file, text, End::Server) {
        step_by_step(script);
        let flights = script.flights();
        let flights: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
        let make = || (script.server(), script.application());
        contract(make, &flights);
        let replayed = cut_everywhere(make, &flights, false);
        let said = replies(&replayed.output);
        let expected: Vec<_> = script.replies().cloned().collect();
        let name = &script.title;
        assert_eq!(said.len(), expected.len(), "{file} {name}: {:#?}", replayed.text());
        for ((said, expected), given) in said.iter().zip(&expected).zip(script.given()) {
            same(script, said, expected);
            assert!(!given || said == expected, "{name}: {said} where {expected} was given");
        }
        let told: Vec<_> = script.events().collect();
        assert_eq!(replayed.log, told, "{file} {name}");
    }
}

/// Each turn must have had its effect before the next is taken, and at the end the server stands
/// where who reads along sees it.
fn step_by_step(script: &Script) {
    let (mut server, mut act) = (script.server(), script.application());
    let (mut said, mut told) = (Vec::new(), Vec::new());
    let name = &script.title;
    for turn in &script.turns {
        if let Turn::Client(octets) = turn {
            assert!(said.is_empty(), "{name}: not expected: {said:?}");
            server.buffers().0.extend_from_slice(octets);
            continue;
        }
        pump(&mut server, &mut act, &mut said, &mut told);
        match turn {
            Turn::Server(reply) => {
                assert!(!said.is_empty(), "{name}: nothing where {reply} is expected");
                same(script, &said.remove(0), reply);
            }
            Turn::Event(event, _) => {
                assert!(!told.is_empty(), "{name}: nothing where {event:?} is expected");
                assert_eq!(&told.remove(0), event, "{name}");
            }
            Turn::Client(_) | Turn::Known(_) => {}
        }
    }
    pump(&mut server, &mut act, &mut said, &mut told);
    assert!(said.is_empty() && told.is_empty(), "{name}: not expected: {said:?} {told:?}");
    assert_eq!(server.state(), script.end(), "{name}");
}

fn pump(
    server: &mut Server,
    act: &mut impl FnMut(&mut Server, Event) -> Act,
    said: &mut Vec<Reply>,
    told: &mut Vec<String>,
) {
    loop {
        let answer = server.next_event(start());
        let (_, out) = server.buffers();
        said.extend(replies(&out.copy_to_bytes(out.remaining())));
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

fn replies(wire: &[u8]) -> Vec<Reply> {
    let mut input = BytesMut::from(wire);
    let mut reader = ReplyReader::new(Profile::STRICT, 512, 64 * 1024);
    let mut replies = Vec::new();
    while let Read::Reply(reply, _) = reader.next(&mut input).unwrap() {
        replies.push(reply);
    }
    assert!(input.is_empty(), "ends within a reply");
    replies
}

/// Of a reply the code counts, and of a reply to EHLO the keywords as well.
fn same(script: &Script, said: &Reply, expected: &Reply) {
    let name = &script.title;
    assert_eq!(said.code(), expected.code(), "{name}: {said} where {expected} is expected");
    if expected.lines().count() > 1 && expected.code().get() == 250 {
        let keywords = |reply: &Reply| {
            let lines = reply.lines().skip(1);
            let mut words: Vec<_> = lines
                .map(|line| line.split(|octet| *octet == b' ').next().unwrap().to_ascii_uppercase())
                .collect();
            words.sort();
            words
        };
        assert_eq!(keywords(said), keywords(expected), "{name}: {said}");
    }
}

files!(run);
