//! Dialogues in files, `tests/data/rfcNNNN.txt`, as RFCs print them. A file has any number:
//!
//! ```text
//! # Free text, up to the next line of another sort.
//! [5 STAT] where it stands in the RFC, "own" in front if it is ours and the RFC has only the rule,
//!          and "client" behind if no server of ours would say so; and what it shows
//! S: +OK what the server says
//! C: STAT what the client says; CRLF follows
//! B: what the client says without CRLF, with \r \n \0 \t \\ and \xff in it
//! E: login mrose secret    what the server's session tells its application
//! A: +OK 120 200           what the application answers to that: the sizes of the messages, or
//!                          "-ERR [IN-USE] no"; to a commit it says yes where none stands
//! X: whatever is for the client's side of the test alone
//! ```
//!
//! The events that a file tells are `login USER PASSWORD`, `apop USER`, `authenticate USER`, `commit
//! NUMBERS`, `refused VERB`, `tls`, and `body NUMBER` and `ids` where they are refused. Bodies and ids
//! are those that the file's server sends.
//!
//! The server that is tested offers what the file's answer to CAPA offers. Its words are its own, so
//! that of a response the status and the code count, of many lines all, and of what the application
//! says all.

#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroU32,
};

use bytes::Bytes;
use mail_errors::Secret;
use mail_sasl::{Mechanism, server::Claim};
use mail_wire::testing::Act;
use pop3_proto::{
    Capability, Defects, Maildrop, MessageNumber, Profile, Response, State, Status, Timestamp,
    UniqueId, Verb, parse,
    server::{
        Config, Event, Language, Phrase, PlaintextLogin, Policy, Retention, Server, Sizes, Tls,
        Utf8,
    },
    transitions,
};

/// One dialogue.
#[derive(Debug, Clone)]
pub struct Script {
    pub file: &'static str,
    pub title: String,
    pub turns: Vec<Turn>,
    /// The lines behind `X:`.
    pub client: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Octets from the client.
    Client(Vec<u8>),
    /// A whole answer.
    Server(Answer),
    /// What the application is told, and what it answers.
    Event(String, Vec<String>),
}

/// An answer of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The command that it answers, without CRLF; `None` for the greeting.
    pub to: Option<Vec<u8>>,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The octets in base64 of a challenge.
    Challenge(Vec<u8>),
    One(Response<'static>),
    /// The lines between the first and the lone dot, dots that were stuffed taken off.
    Many(Response<'static>, Vec<Vec<u8>>),
}

/// Reads answers: which have many lines depends on what was asked.
#[derive(Debug, Clone)]
pub struct Reader {
    /// What waits for an answer; `None` is the greeting.
    asked: VecDeque<Option<Vec<u8>>>,
    challenged: bool,
    first: Option<Response<'static>>,
    lines: Vec<Vec<u8>>,
    torn: Vec<u8>,
}

impl Reader {
    /// Waits for the greeting.
    pub fn new() -> Self {
        Self {
            asked: [None].into(),
            challenged: false,
            first: None,
            lines: Vec::new(),
            torn: Vec::new(),
        }
    }

    /// The client has said this.
    pub fn client(&mut self, octets: &[u8]) {
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            // What answers a challenge, or stands ready to, is no command.
            let within = self.asked.front().is_some_and(|asked| {
                asked.as_ref().is_some_and(|asked| {
                    self.challenged && asked.to_ascii_uppercase().starts_with(b"AUTH ")
                })
            });
            if within {
                self.challenged = false;
            } else {
                let end = line.iter().rposition(|octet| !b"\r\n".contains(octet));
                self.asked.push_back(Some(line[..end.map_or(0, |end| end + 1)].to_vec()));
            }
        }
    }

    /// The server has said this, which may end within a line. Answers the answers that it ends.
    pub fn wire(&mut self, octets: &[u8]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            self.torn.extend_from_slice(piece);
            if let Some(line) = self.torn.strip_suffix(b"\r\n") {
                let line = line.to_vec();
                self.torn.clear();
                answers.extend(self.server(&line));
            }
        }
        answers
    }

    /// The server has said this line. Answers the answer that it ends.
    pub fn server(&mut self, line: &[u8]) -> Option<Answer> {
        if let Some(first) = &self.first {
            if line != b"." {
                self.lines.push(line.strip_prefix(b".").unwrap_or(line).to_vec());
                return None;
            }
            let said = Said::Many(first.clone(), std::mem::take(&mut self.lines));
            self.first = None;
            return Some(Answer { to: self.asked.pop_front().unwrap(), said });
        }
        let to = self.asked.front().unwrap_or_else(|| panic!("{}", line.escape_ascii())).clone();
        if let Some(challenge) = line.strip_prefix(b"+ ") {
            self.challenged = true;
            return Some(Answer { to, said: Said::Challenge(challenge.to_vec()) });
        }
        let response =
            parse::response(line, Profile::STRICT, &mut Defects::new()).unwrap().into_owned();
        if response.status() == Status::Ok && to.as_deref().is_some_and(has_many_lines) {
            self.first = Some(response);
            return None;
        }
        self.asked.pop_front();
        Some(Answer { to, said: Said::One(response) })
    }

    /// Tells whether no answer has begun.
    pub fn is_between_answers(&self) -> bool {
        self.first.is_none() && self.torn.is_empty()
    }
}

fn has_many_lines(command: &[u8]) -> bool {
    let alone = !command.contains(&b' ');
    match parse::verb(command) {
        Some(Verb::Retr | Verb::Top | Verb::Capa) => true,
        Some(Verb::List | Verb::Uidl | Verb::Auth | Verb::Lang) => alone,
        _ => false,
    }
}

/// Reads the dialogues of a file.
pub fn scripts(file: &'static str, text: &str) -> Vec<Script> {
    let mut all: Vec<Script> = Vec::new();
    let mut reader = Reader::new();
    for (number, line) in text.lines().enumerate() {
        let at = || format!("{file}, line {}", number + 1);
        if let Some(title) = line.strip_prefix('[') {
            let title = format!("[{title}");
            all.push(Script { file, title, turns: Vec::new(), client: Vec::new() });
            reader = Reader::new();
            continue;
        }
        let Some((kind, rest)) = line.split_once(':') else {
            assert!(line.trim().is_empty() || all.is_empty() || line.starts_with('#'), "{}", at());
            continue;
        };
        if line.starts_with('#') {
            continue;
        }
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let script = all.last_mut().unwrap_or_else(|| panic!("{}: no title", at()));
        let turns = &mut script.turns;
        match kind {
            "S" => turns.extend(reader.server(rest.as_bytes()).map(Turn::Server)),
            "C" | "B" => {
                let octets = match kind {
                    "C" => [rest.as_bytes(), b"\r\n"].concat(),
                    _ => unescape(rest),
                };
                reader.client(&octets);
                turns.push(Turn::Client(octets));
            }
            "E" => turns.push(Turn::Event(rest.to_owned(), Vec::new())),
            "A" => match turns.last_mut() {
                Some(Turn::Event(_, answers)) => answers.push(rest.to_owned()),
                other => panic!("{}: answers {other:?}", at()),
            },
            "X" => script.client.push(rest.to_owned()),
            _ => panic!("{}: {line}", at()),
        }
    }
    assert!(!all.is_empty(), "{file} has no dialogue");
    all
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = match (octet, behind) {
            (b'\\', [b'x', a, b, behind @ ..]) => {
                let digits = [*a, *b];
                let hex = std::str::from_utf8(&digits).unwrap();
                out.push(u8::from_str_radix(hex, 16).unwrap());
                behind
            }
            (b'\\', [what, behind @ ..]) => {
                out.push(match what {
                    b'r' => b'\r',
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'0' => 0,
                    b'\\' => b'\\',
                    other => panic!("\\{} is no escape", char::from(*other)),
                });
                behind
            }
            _ => {
                out.push(octet);
                behind
            }
        };
    }
    out
}

impl Script {
    /// Tells whether the RFC does not print it.
    pub fn is_own(&self) -> bool {
        self.title.starts_with("[own")
    }

    /// Tells whether no server of ours would say so.
    pub fn is_for_the_client_alone(&self) -> bool {
        self.title.split(']').next().unwrap().ends_with(", client")
    }

    /// What the client says, in the flights between which it has to wait: it cannot send what comes
    /// under TLS before there is any.
    pub fn flights(&self) -> Vec<Vec<u8>> {
        let mut flights = vec![Vec::new()];
        for turn in &self.turns {
            match turn {
                Turn::Client(octets) => flights.last_mut().unwrap().extend_from_slice(octets),
                Turn::Event(event, _) if event == "tls" => flights.push(Vec::new()),
                _ => {}
            }
        }
        flights.retain(|flight| !flight.is_empty());
        flights
    }

    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Server(answer) => Some(answer),
            Turn::Client(_) | Turn::Event(..) => None,
        })
    }

    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Event(event, _) => Some(event.as_str()),
            Turn::Client(_) | Turn::Server(_) => None,
        })
    }

    /// For each answer: are these the application's words?
    pub fn given(&self) -> Vec<bool> {
        let mut owed = VecDeque::new();
        let mut given = Vec::new();
        for turn in &self.turns {
            match turn {
                Turn::Event(_, answers) => {
                    owed.extend(answers.iter().filter(|answer| answer.starts_with("-ERR")));
                }
                Turn::Server(Answer { said: Said::One(response), .. })
                    if owed.front().is_some_and(|owed| **owed == response.to_string()) =>
                {
                    owed.pop_front();
                    given.push(true);
                }
                Turn::Server(_) => given.push(false),
                Turn::Client(_) => {}
            }
        }
        assert!(owed.is_empty(), "{}: {owed:?} is not said", self.title);
        given
    }

    /// Every answer of many lines to this command.
    fn many(&self, wanted: Verb) -> impl Iterator<Item = (&[u8], &[Vec<u8>])> {
        self.answers().filter_map(move |answer| match (&answer.to, &answer.said) {
            (Some(to), Said::Many(_, lines)) if parse::verb(to) == Some(wanted) => {
                Some((&to[..], &lines[..]))
            }
            _ => None,
        })
    }

    /// What the file's server offers, each time that it is asked.
    pub fn offers(&self) -> Vec<Vec<Capability<'_>>> {
        let read = |line| parse::capability(line, Profile::STRICT, &mut Defects::new()).unwrap();
        self.many(Verb::Capa)
            .map(|(_, lines)| lines.iter().map(|one| read(one)).collect())
            .collect()
    }

    /// The server that the file shows.
    pub fn config(&self) -> Config {
        // Not each message has the size that the text gives.
        let mut config = Config::new().sizes(Sizes::Estimated);
        if let Some(Said::One(greeting)) = self.answers().next().map(|answer| &answer.said)
            && let Some(timestamp) = Timestamp::find(greeting.line().as_bytes())
        {
            config = config.apop(timestamp);
        }
        let offers = self.offers();
        let first = offers.first().map_or(&[][..], Vec::as_slice);
        // Who has TLS and shows no USER before it takes no password in the clear.
        let plain = first.iter().any(|offer| {
            matches!(offer, Capability::Sasl(names) if names.words().any(|name| name == b"PLAIN"))
        });
        if !first.contains(&Capability::Stls) || first.contains(&Capability::User) || plain {
            config = config.plaintext_login(PlaintextLogin::Allow);
        }
        if first.contains(&Capability::Stls) || self.events().any(|event| event == "tls") {
            config = config.tls(Tls::StartTls);
        }
        let mut mechanisms = Vec::new();
        for offer in offers.iter().flatten() {
            if let Capability::Sasl(names) = offer {
                let known = names.words().filter_map(|name| Mechanism::parse(name).ok());
                mechanisms.extend(known);
            }
        }
        mechanisms.dedup();
        config = config.auth(&mechanisms);
        let (policy, per_user) = policy(first);
        config = if per_user { config.policy_per_user(policy) } else { config.policy(policy) };
        for offer in first {
            config = match offer {
                Capability::Utf8 { names: false } => config.utf8(Utf8::Offered),
                Capability::Utf8 { names: true } => config.utf8(Utf8::OfferedWithNames),
                Capability::Implementation(name) => config.name(name.clone().into_owned()),
                _ => config,
            };
        }
        for (_, lines) in self.many(Verb::Lang) {
            for line in lines {
                let listing = parse::language_listing(line).unwrap().into_owned();
                config = config.language(Language::new(listing, Phrase::english));
            }
        }
        for answer in self.answers() {
            if let (Some(b"LANG *"), Said::One(response)) = (answer.to.as_deref(), &answer.said) {
                let tag = response.line().words().next().unwrap();
                let listing = parse::language_listing(tag).unwrap().into_owned();
                config = config.preferred_language(listing.tag().clone());
            }
        }
        config
    }

    /// What the file's server sends of its messages.
    fn messages(&self) -> BTreeMap<u32, Vec<u8>> {
        let mut messages: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        for verb in [Verb::Retr, Verb::Top] {
            for (to, lines) in self.many(verb) {
                let number = to.split(|octet| *octet == b' ').nth(1).unwrap();
                let number = std::str::from_utf8(number).unwrap().parse().unwrap();
                let text = lines.iter().flat_map(|line| [&line[..], b"\r\n"].concat()).collect();
                messages.entry(number).or_insert(text);
            }
        }
        messages
    }

    fn ids(&self) -> BTreeMap<u32, UniqueId> {
        let all = self.many(Verb::Uidl).flat_map(|(_, lines)| lines.iter().map(Vec::as_slice));
        let single = self.answers().filter_map(|answer| match (&answer.to, &answer.said) {
            (Some(to), Said::One(response)) if parse::verb(to) == Some(Verb::Uidl) => {
                (response.status() == Status::Ok).then(|| response.line().as_bytes())
            }
            _ => None,
        });
        let listings = all.chain(single).map(|line| {
            parse::unique_id_listing(line, Profile::STRICT, &mut Defects::new()).unwrap()
        });
        listings.map(|one| (one.number().get(), one.into_id().unwrap())).collect()
    }

    /// What stands behind the server: it answers as the file says.
    pub fn application(&self) -> impl FnMut(&mut Server, Event) -> Act + use<> {
        let (messages, ids) = (self.messages(), self.ids());
        let last = self.offers().last().map(|offers| policy(offers).0);
        let mut answers: VecDeque<(String, Vec<String>)> = VecDeque::new();
        for turn in &self.turns {
            if let Turn::Event(event, given) = turn {
                answers.push_back((event.clone(), given.clone()));
            }
        }
        move |server, event| {
            let told = tell(&event);
            // Bodies and ids are told where the file refuses them.
            let is_next = answers.front().is_some_and(|(event, _)| *event == told);
            let given = if is_next { answers.pop_front().unwrap().1 } else { Vec::new() };
            let refusal = given.iter().find(|one| one.starts_with("-ERR"));
            let refusal = refusal.map(|text| {
                parse::response(text.as_bytes(), Profile::STRICT, &mut Defects::new()).unwrap()
            });
            if let Some(refusal) = refusal {
                server.refuse(&refusal).unwrap();
                return Act::Log(told);
            }
            match event {
                Event::Login(_) | Event::Apop(_) | Event::Authenticate(_) => {
                    if let (Event::Apop(who), false) = (&event, given.is_empty()) {
                        assert!(who.verify(&Secret::from("tanstaaf")), "{told}");
                    }
                    let sizes = given.first().map_or("+OK", String::as_str).split(' ').skip(1);
                    let sizes = sizes.map(|size| size.parse::<u64>().unwrap());
                    if let Some(policy) = last {
                        server.set_policy(policy).unwrap();
                    }
                    server.accept(Maildrop::from_sizes(sizes).unwrap()).unwrap();
                }
                Event::WantBody(want) => {
                    let text = messages.get(&want.number().get()).map_or(&[][..], Vec::as_slice);
                    match text.get(want.offset() as usize..) {
                        None | Some([]) => server.body_end(want.id()).unwrap(),
                        Some(rest) => {
                            let piece = Bytes::copy_from_slice(&rest[..rest.len().min(11)]);
                            server.body(want.id(), piece).unwrap();
                        }
                    }
                    return Act::Quiet;
                }
                Event::WantIds(want) => {
                    let id = |index: usize| {
                        let number = index as u32 + 1;
                        ids.get(&number).cloned().unwrap_or(UniqueId::new("other").unwrap())
                    };
                    server.ids(want.indexes().map(id)).unwrap();
                    return Act::Quiet;
                }
                Event::BodyEnough(_) => return Act::Quiet,
                Event::Commit(_) => server.committed().unwrap(),
                _ => {}
            }
            Act::Log(told)
        }
    }

    /// Where the conversation stands at its end, as the table has it and who reads along sees it.
    pub fn end(&self) -> State {
        let mut state = State::Authorization;
        for answer in self.answers() {
            let Some(verb) = answer.to.as_deref().and_then(parse::verb) else { continue };
            let status = match &answer.said {
                Said::Challenge(_) => continue,
                Said::One(response) | Said::Many(response, _) => response.status(),
            };
            let next = transitions()
                .find(|one| (one.from, one.verb, one.answer) == (state, verb, status))
                // The list of mechanisms lets nobody in.
                .filter(|_| !matches!(answer.said, Said::Many(..)));
            state = next.map_or(state, |one| one.to);
        }
        state
    }
}

/// What is told of the policy, and whether it is another for each user.
fn policy(offers: &[Capability<'_>]) -> (Policy, bool) {
    let (mut policy, mut varies) = (Policy::new(), false);
    for offer in offers {
        match *offer {
            Capability::LoginDelay { seconds, per_user } => {
                policy = policy.login_delay(seconds);
                varies |= per_user;
            }
            Capability::Expire { days, per_user } => {
                policy = policy.retention(match days.map(NonZeroU32::new) {
                    None => Retention::Keep,
                    Some(None) => Retention::DeleteRetrieved,
                    Some(Some(days)) => Retention::Days(days),
                });
                varies |= per_user;
            }
            _ => {}
        }
    }
    (policy, varies)
}

/// What a file says of an event.
fn tell(event: &Event) -> String {
    let numbers = |numbers: &mut dyn Iterator<Item = MessageNumber>| {
        numbers.map(|number| format!(" {number}")).collect::<String>()
    };
    match event {
        Event::Tls(_) => "tls".to_owned(),
        Event::Login(who) => {
            let password = String::from_utf8_lossy(who.password().expose());
            format!("login {} {password}", who.user())
        }
        Event::Apop(who) => format!("apop {}", who.user()),
        Event::Authenticate(Claim::Anonymous(_)) => "authenticate anonymous".to_owned(),
        Event::Authenticate(claim) => format!("authenticate {}", claim.user().unwrap_or("?")),
        Event::WantBody(want) => format!("body {}", want.number()),
        Event::WantIds(_) => "ids".to_owned(),
        Event::BodyEnough(_) => "enough".to_owned(),
        Event::Commit(deletions) => format!("commit{}", numbers(&mut deletions.iter())),
        Event::Refused(refused) => {
            format!("refused {}", refused.verb().map_or("?", |verb| verb.as_str()))
        }
        other => panic!("{other:?}"),
    }
}
