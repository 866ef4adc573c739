//! The dialogues of `tests/data` with our client: step by step, cut everywhere, and with our server
//! at the other end.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

#[macro_use]
mod script;

use bytes::Buf;
use mail_wire::{
    Next, Session,
    testing::{Act, Happening, Pair, contract, cut_everywhere, pretend, start},
};
use script::{
    End, Script,
    client::{Answer, Plan},
    scripts,
};
use smtp_proto::{
    client::{self, Client},
    encode,
};

fn run(file: &'static str, text: &str) {
    for script in &scripts(file, text, End::Client) {
        let plan = Plan::read(script);
        let flights = step_by_step(script, &plan);
        let flights: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
        contract(|| plan.start(), &flights);
        let replayed = cut_everywhere(|| plan.start(), &flights, false);
        said_so(script, &plan, &replayed.output);
        told_so(script, &plan, replayed.log);
    }
    for script in &scripts(file, text, End::Both) {
        for carry in [usize::MAX, 1, 7] {
            both_ends(script, carry);
        }
    }
}

/// Gives each reply when it is due, and not before. Returns what of them comes in one go.
fn step_by_step(script: &Script, plan: &Plan) -> Vec<Vec<u8>> {
    let (mut client, mut act) = plan.start();
    let (mut said, mut told, mut flights) = (Vec::new(), Vec::new(), Vec::new());
    let name = format!("{} {}", script.file, script.title);
    let mut replies = plan.replies.iter().peekable();
    loop {
        pump(&mut client, &mut act, &mut said, &mut told);
        assert!(plan.says.starts_with(&said) || said.starts_with(&plan.says), "{name}: {}", text(&said));
        let mut flight = Vec::new();
        while let Some(Answer { reply, due, is_pipelined }) =
            replies.next_if(|one| one.due <= said.len())
        {
            // Without PIPELINING nothing goes out that is not waited for.
            let is_ahead = said.len() > *due;
            assert!(!is_ahead || *is_pipelined, "{name}: too early: {}", text(&said[*due..]));
            let mut wire = Vec::new();
            encode::reply(reply, &mut wire);
            flight.extend_from_slice(&wire);
            if !is_pipelined {
                break;
            }
        }
        if flight.is_empty() {
            break;
        }
        client.buffers().0.extend_from_slice(&flight);
        flights.push(flight);
    }
    assert!(replies.peek().is_none(), "{name}: said {:?} of {:?}", text(&said), text(&plan.says));
    said_so(script, plan, &said);
    told_so(script, plan, told);
    flights
}

fn pump(
    client: &mut Client,
    act: &mut impl FnMut(&mut Client, client::Event) -> Act,
    said: &mut Vec<u8>,
    told: &mut Vec<String>,
) {
    loop {
        let answer = client.next_event(start());
        let (_, out) = client.buffers();
        said.extend_from_slice(&out.copy_to_bytes(out.remaining()));
        match answer {
            Ok(Next::Event(event)) => {
                if let Act::Log(line) = act(client, event) {
                    told.push(line);
                }
            }
            Ok(Next::Upgrade { to, .. }) => client.upgraded(pretend(to)).unwrap(),
            Ok(_) | Err(_) => break,
        }
    }
}

fn text(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}

/// Every octet is the file's. Where that breaks off within a message, the client goes on.
fn said_so(script: &Script, plan: &Plan, said: &[u8]) {
    let name = format!("{} {}", script.file, script.title);
    let more = said.strip_prefix(plan.says.as_slice());
    let more = more.unwrap_or_else(|| {
        panic!("{name}:\n{}\nwhere this is expected:\n{}", text(said), text(&plan.says))
    });
    let goes_on = script.breaks_off() && matches!(more, b"DATA\r\n" | b"RSET\r\n");
    assert!(more.is_empty() || goes_on, "{name}: {}", text(more));
}

fn told_so(script: &Script, plan: &Plan, mut told: Vec<String>) {
    told.sort();
    assert_eq!(told, plan.tells, "{} {}", script.file, script.title);
}

/// Our client with our server: both tell what the file has, and whenever the wire is empty and
/// both wait, they are in the same state.
fn both_ends(script: &Script, carry: usize) {
    let plan = Plan::read(script);
    let (client, mut sender) = plan.start();
    let mut receiver = script.application();
    let mut pair = Pair::new(client, script.server()).carrying(carry);
    let (mut told, mut heard) = (Vec::new(), Vec::new());
    let name = format!("{} {}", script.file, script.title);
    let mut met = 0;
    loop {
        match pair.step() {
            Happening::Client(event) => {
                if let Act::Log(line) = sender(&mut pair.client, event) {
                    told.push(line);
                }
            }
            Happening::Server(event) => {
                if let Act::Log(line) = receiver(&mut pair.server, event) {
                    heard.push(line);
                }
            }
            Happening::Quiet => break,
            Happening::Over(client, server) => {
                assert!(client.is_ok() && server.is_ok(), "{name}: {client:?} {server:?}");
                break;
            }
        }
        let idle = |(input, output): (&mut bytes::BytesMut, &mut mail_wire::SendBuffer)| {
            input.is_empty() && output.is_empty()
        };
        if idle(pair.client.buffers()) && idle(pair.server.buffers()) {
            met += 1;
        }
    }
    assert_eq!(pair.client.state(), pair.server.state(), "{name}");
    assert!(met > 0, "{name}");
    let expected: Vec<_> = script.events().collect();
    let goes_on = script.breaks_off() && heard.len() > expected.len();
    assert!(heard == expected || goes_on && heard.iter().zip(&expected).all(|(a, b)| a == b), "{name}: {heard:#?} {expected:#?}");
    // The server has words of its own; what it answers with is the same.
    let codes = |lines: &[String]| {
        let mut codes: Vec<_> = lines.iter().map(|line| code(line)).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes(&told), codes(&plan.tells), "{name}");
}

/// What is told, up to the words behind a code.
fn code(line: &str) -> String {
    let words = line.split(' ');
    let mut kept = Vec::new();
    for word in words {
        kept.push(word);
        if word.len() >= 3 && word.bytes().take(3).all(|octet| octet.is_ascii_digit()) {
            kept.pop();
            kept.push(&word[..3]);
            break;
        }
    }
    kept.join(" ")
}

files!(run);
