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
        assert!(
            plan.says.starts_with(&said) || said.starts_with(&plan.says),
            "{name}: {}",
            text(&said)
        );
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
/// both wait, for their applications too, they are in the same state.
fn both_ends(script: &Script, carry: usize) {
    let plan = Plan::read(script);
    let name = format!("{} {}", script.file, script.title);
    let (client, mut sender) = plan.start();
    let mut receiver = script.application();
    let mut pair = Pair::new(client, script.server()).carrying(carry);
    let (mut told, mut heard) = (Vec::new(), Vec::new());
    // The applications take their time: what is asked of them is answered when all is quiet.
    let (mut of_client, mut of_server) = (None, None);
    loop {
        let act = match pair.step() {
            Happening::Client(event @ client::Event::WantBody { .. }) => {
                of_client = Some(event);
                continue;
            }
            Happening::Client(event) => (&mut told, sender(&mut pair.client, event)),
            Happening::Server(event) if pair.server.owes().is_some() => {
                of_server = Some(event);
                continue;
            }
            Happening::Server(event) => (&mut heard, receiver(&mut pair.server, event)),
            Happening::Quiet => {
                let (client, server) = (pair.client.state(), pair.server.state());
                assert_eq!(client, server, "{name}: {of_client:?} {of_server:?}");
                if let Some(event) = of_server.take() {
                    (&mut heard, receiver(&mut pair.server, event))
                } else if let Some(event) = of_client.take() {
                    (&mut told, sender(&mut pair.client, event))
                } else {
                    break;
                }
            }
            Happening::Over(client, server) => {
                assert!(client.is_ok() && server.is_ok(), "{name}: {client:?} {server:?}");
                assert_eq!(pair.client.state(), pair.server.state(), "{name}");
                break;
            }
        };
        if let (log, Act::Log(line)) = act {
            log.push(line);
        }
    }
    let expected: Vec<_> = script.events().collect();
    if script.breaks_off() {
        heard.truncate(expected.len());
    }
    assert_eq!(heard, expected, "{name}");
    // The server has words of its own; what it answers with is the same.
    let codes = |lines: &[String]| {
        let mut codes: Vec<_> = lines.iter().map(|line| code(line)).collect();
        codes.sort();
        codes
    };
    // That no more is wanted is told to who still has some.
    told.retain(|line| !line.ends_with(": enough"));
    let (mut told, expected) = (codes(&told), codes(&plan.tells));
    if script.breaks_off() {
        told.retain(|line| expected.contains(line));
    }
    assert_eq!(told, expected, "{name}");
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
