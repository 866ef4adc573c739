//! The dialogues of `tests/data` with our client, step by step and cut everywhere, and with our
//! server at the other end.
//!
//! The client sets a conversation up as it likes: the CAPA that it asks by itself is answered as the
//! file's server would, wherever the file has none. What it would never say (half a login, a
//! command that does not exist) is no dialogue of it; how many of each file are, is counted.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod script;

use bytes::Buf;
use mail_errors::Secret;
use mail_sasl::{Credentials, Mechanism, client::Identity};
use mail_wire::{
    Next, Session,
    testing::{Act, Happening, Pair, contract, cut_everywhere, pretend, start},
};
use pop3_proto::{
    Capability, Command, Defects, Profile, Response, Status, Verb,
    client::{self, Client, Event, PlaintextLogin, Tls, Utf8},
    encode, parse,
    server::Server,
};
use script::{Said, Script, Turn, scripts};

/// `count` dialogues are in the file, `spoken` of them are what our client says, and `both` of
/// those can be said to a server of ours.
fn run(file: &'static str, text: &str, count: usize, spoken: usize, both: usize) {
    let scripts = scripts(file, text);
    let (mut client_side, mut pairs, mut others) = (0, 0, Vec::new());
    for script in &scripts {
        match step_by_step(script) {
            Err(why) => others.push(format!("{}: {why}", script.title)),
            Ok(flights) => {
                client_side += 1;
                let flights: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
                let make = || {
                    let act =
                        |_: &mut Client, event: Event| tell(&event).map_or(Act::Quiet, Act::Log);
                    (begin(script).unwrap(), act)
                };
                contract(make, &flights);
                let replayed = cut_everywhere(make, &flights, false);
                assert_eq!(replayed.log, expected(script), "{file} {}", script.title);
                if !script.is_for_the_client_alone() {
                    pairs += usize::from(both_ends(script));
                }
            }
        }
    }
    assert_eq!((scripts.len(), client_side, pairs), (count, spoken, both), "{file}: {others:#?}");
}

/// The verdicts on the application's commands, as the file has them.
fn expected(script: &Script) -> Vec<String> {
    let mut told = Vec::new();
    for answer in script.answers() {
        let Some(verb) = answer.to.as_deref().and_then(parse::verb) else { continue };
        let (Said::One(response) | Said::Many(response, _)) = &answer.said else { continue };
        let is_ok = response.status() == Status::Ok;
        match verb {
            Verb::Capa | Verb::Stls => {}
            // The session says it by itself.
            Verb::Utf8 if is_ok => {}
            // It is done when PASS is.
            Verb::User if is_ok => {}
            _ => told.push(format!("{verb} {}", response.status().as_str())),
        }
    }
    told
}

fn tell(event: &Event) -> Option<String> {
    match event {
        Event::Done { verb, response, .. } | Event::Refused { verb, response, .. } => {
            Some(format!("{verb} {}", response.status().as_str()))
        }
        Event::NotSent { why, .. } => Some(format!("not sent: {why}")),
        _ => None,
    }
}

/// A client that was given what the file's client says.
fn begin(script: &Script) -> Result<Client, String> {
    let mut config = client::Config::new().tls(Tls::Never).plaintext_login(PlaintextLogin::Allow);
    let lines: Vec<&[u8]> = script
        .turns
        .iter()
        .filter_map(|turn| match turn {
            Turn::Client(octets) => octets.strip_suffix(b"\r\n"),
            Turn::Server(_) | Turn::Event(..) => None,
        })
        .collect();
    if script.events().any(|event| event == "tls") {
        config = config.tls(Tls::Required);
    }
    if !lines.contains(&&b"UTF8"[..]) {
        config = config.utf8(Utf8::Never);
    }
    let mut client = Client::new(config);
    let mut user = None;
    for line in lines {
        let text = String::from_utf8(line.to_vec()).map_err(|error| error.to_string())?;
        let Ok(command) = parse::command(line, Profile::STRICT, &mut Defects::new()) else {
            // A response of an exchange, or nothing that it says.
            continue;
        };
        let given = match command {
            Command::Capa | Command::Stls | Command::Utf8 => continue,
            Command::User(name) => {
                user = Some(name.as_str().to_owned());
                let next = password_behind(script, line);
                let password = next.unwrap_or_else(|| Secret::from("x"));
                let who = Credentials::new(user.clone().unwrap(), password);
                client.login(who.map_err(|error| error.to_string())?)
            }
            Command::Pass(_) if user.is_some() => continue,
            Command::Apop(name, _) => {
                let who = Credentials::new(name.as_str(), Secret::from("tanstaaf"));
                client.apop(who.map_err(|error| error.to_string())?)
            }
            Command::Auth(Some(auth)) => {
                let mechanism = Mechanism::parse(auth.mechanism()).map_err(|it| it.to_string())?;
                client.authenticate(mechanism, identity(script, mechanism)?)
            }
            Command::Stat => client.stat(),
            Command::List(None) => client.list(),
            Command::List(Some(number)) => client.list_one(number),
            Command::Uidl(None) => client.uidl(),
            Command::Uidl(Some(number)) => client.uidl_one(number),
            Command::Retr(number) => client.retr(number),
            Command::Top(number, lines) => client.top(number, lines),
            Command::Dele(number) => client.dele(number),
            Command::Rset => client.rset(),
            Command::Noop => client.noop(),
            Command::Lang(None) => client.languages(),
            Command::Lang(Some(language)) => client.speak(language),
            Command::Quit => client.quit(),
            _ => return Err(format!("it never says {text}")),
        };
        given.map_err(|error| format!("{text}: {error}"))?;
    }
    Ok(client)
}

/// The password that stands behind a USER.
fn password_behind(script: &Script, user: &[u8]) -> Option<Secret> {
    let said = |turn: &Turn| match turn {
        Turn::Client(octets) => octets.strip_suffix(b"\r\n").map(<[u8]>::to_vec),
        Turn::Server(_) | Turn::Event(..) => None,
    };
    let lines: Vec<_> = script.turns.iter().filter_map(said).collect();
    let at = lines.iter().position(|line| line == user)?;
    Some(Secret::from(lines.get(at + 1)?.strip_prefix(b"PASS ")?))
}

/// Who the file's client is.
fn identity(script: &Script, mechanism: Mechanism) -> Result<Identity, String> {
    if mechanism == Mechanism::Anonymous {
        return Identity::anonymous("").map_err(|error| error.to_string());
    }
    let told = script.events().find_map(|event| {
        let mut words = event.split(' ');
        (words.next() == Some("login")).then(|| (words.next(), words.next()))
    });
    let (Some(user), Some(password)) = told.unwrap_or((Some("test"), Some("test"))) else {
        return Err("nobody".to_owned());
    };
    let who = Credentials::new(user, Secret::from(password)).map_err(|error| error.to_string())?;
    // RFC 5034 6: its client says as whom it acts, too.
    match mechanism {
        Mechanism::Plain => who.acting_as(user).map(Identity::from).map_err(|it| it.to_string()),
        _ => Ok(Identity::from(who)),
    }
}

/// The file's server: it answers what the file's client says, and CAPA besides.
struct Play<'s> {
    script: &'s Script,
    at: usize,
    is_secure: bool,
}

impl Play<'_> {
    /// What the server says up to the client's next line.
    fn answers(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        while let Some(turn) = self.script.turns.get(self.at) {
            match turn {
                Turn::Client(_) => break,
                Turn::Server(answer) => said(&answer.said, &mut wire),
                Turn::Event(event, _) => self.is_secure |= event == "tls",
            }
            self.at += 1;
        }
        wire
    }

    fn next_line(&self) -> Option<&[u8]> {
        match self.script.turns.get(self.at) {
            Some(Turn::Client(octets)) => Some(octets),
            _ => None,
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<Vec<u8>, String> {
        while let Some(b"CAPA\r\n") = self.next_line() {
            self.at += 1;
            let answers = self.answers();
            if line == b"CAPA\r\n" {
                return Ok(answers);
            }
        }
        if self.next_line() == Some(line) {
            self.at += 1;
            return Ok(self.answers());
        }
        if line != b"CAPA\r\n" {
            let wanted = self.next_line().unwrap_or_default().escape_ascii().to_string();
            return Err(format!("it says {} and not {wanted}", line.escape_ascii()));
        }
        Ok(self.offers())
    }

    /// What it offers here, as far as the file says.
    fn offers(&self) -> Vec<u8> {
        let all = self.script.offers();
        let offers = if self.is_secure { all.last() } else { all.first() };
        let starts_tls = self.script.events().any(|event| event == "tls") && !self.is_secure;
        let mut wire = b"+OK\r\n".to_vec();
        match offers {
            None if starts_tls => encode::capability(&Capability::Stls, &mut wire),
            None => return b"-ERR what?\r\n".to_vec(),
            Some(offers) => offers.iter().for_each(|one| encode::capability(one, &mut wire)),
        }
        wire.extend(b".\r\n");
        wire
    }

    fn is_over(&self) -> bool {
        let rest = self.script.turns.get(self.at..).unwrap_or_default();
        let is_capa = |octets: &[u8]| octets == b"CAPA\r\n";
        let mut said = rest.iter().filter_map(|turn| match turn {
            Turn::Client(octets) => Some(octets),
            Turn::Server(_) | Turn::Event(..) => None,
        });
        said.all(|octets| is_capa(octets))
    }
}

fn said(said: &Said, wire: &mut Vec<u8>) {
    let first = |response: &Response<'_>, wire: &mut Vec<u8>| encode::response(response, wire);
    match said {
        Said::Challenge(challenge) => wire.extend([b"+ ", &challenge[..], b"\r\n"].concat()),
        Said::One(response) => first(response, wire),
        Said::Many(response, lines) => {
            first(response, wire);
            for line in lines {
                wire.extend(if line.starts_with(b".") { &b"."[..] } else { b"" });
                wire.extend([&line[..], b"\r\n"].concat());
            }
            wire.extend(b".\r\n");
        }
    }
}

/// Answers each line when it is said. Returns what the server says in one go each time; an error if
/// our client would not speak so.
fn step_by_step(script: &Script) -> Result<Vec<Vec<u8>>, String> {
    let mut client = begin(script)?;
    let mut play = Play { script, at: 0, is_secure: false };
    let (mut flights, mut log, mut torn) = (vec![play.answers()], Vec::new(), Vec::new());
    client.buffers().0.extend_from_slice(&flights[0]);
    loop {
        let next = client.next_event(start());
        let (_, out) = client.buffers();
        torn.extend_from_slice(&out.copy_to_bytes(out.remaining()));
        match next.map_err(|error| error.to_string())? {
            Next::Event(event) => log.extend(tell(&event)),
            Next::Upgrade { to, .. } => client.upgraded(pretend(to)).unwrap(),
            Next::NeedInput { .. } => {
                if torn.is_empty() {
                    return Err("the server says nothing".to_owned());
                }
                let mut flight = Vec::new();
                for line in std::mem::take(&mut torn).split_inclusive(|octet| *octet == b'\n') {
                    flight.extend(play.take(line)?);
                }
                client.buffers().0.extend_from_slice(&flight);
                flights.push(flight);
            }
            Next::NeedReply { .. } | Next::Closed => break,
            other => return Err(format!("{other:?}")),
        }
    }
    let name = &script.title;
    if !play.is_over() {
        return Err("it stops before the end".to_owned());
    }
    if log != expected(script) {
        return Err(format!("it is told {log:?}, not {:?}", expected(script)));
    }
    assert_eq!(client.state(), script.end(), "{name}");
    Ok(flights)
}

/// Our client and our server: they say what the file says, and stand where it says.
fn both_ends(script: &Script) -> bool {
    let mut act = script.application();
    let mut pair = Pair::new(begin(script).unwrap(), Server::new(script.config()));
    let mut log = Vec::new();
    loop {
        match pair.step() {
            Happening::Client(event) => log.extend(tell(&event)),
            Happening::Server(event) => {
                let _: Act = act(&mut pair.server, event);
            }
            Happening::Over(..) => break,
            Happening::Quiet => {
                assert_eq!(pair.client.state(), pair.server.state(), "{}", script.title);
                break;
            }
        }
    }
    log == expected(script) && pair.client.state() == script.end()
}

#[test]
fn ok_rfc1939() {
    run("rfc1939.txt", include_str!("data/rfc1939.txt"), 24, 22, 21);
}

#[test]
fn ok_rfc2449() {
    run("rfc2449.txt", include_str!("data/rfc2449.txt"), 9, 8, 8);
}

#[test]
fn ok_rfc2595() {
    run("rfc2595.txt", include_str!("data/rfc2595.txt"), 4, 1, 1);
}

#[test]
fn ok_rfc5034() {
    run("rfc5034.txt", include_str!("data/rfc5034.txt"), 7, 3, 3);
}

#[test]
fn ok_rfc6856() {
    run("rfc6856.txt", include_str!("data/rfc6856.txt"), 7, 5, 4);
}
