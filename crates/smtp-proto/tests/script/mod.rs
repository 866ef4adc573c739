//! Dialogues in files, `tests/data/rfcNNNN.txt`, as RFCs print them. A file has any number:
//!
//! ```text
//! # Free text, up to the next line of another sort.
//! [4.1] where it stands in the RFC, or "own" if the RFC shows none; and what it shows
//! S: 220 host what the server says
//! C: EHLO laptop what the client says; CRLF follows
//! B: what the client says without CRLF, with \r \n \0 \t \\ and \xff in it
//! E: from <a@b> SIZE=7     what the server's session tells its application
//! A: 550 5.1.1 no        what the application answers to that; it says yes where none stands
//! X: what cannot be seen on the wire:
//!    as USER PASSWORD           who logs in
//!    nonces CLIENT SERVER       what is new in each exchange
//!    MAIL FROM..., RCPT TO...   what the client is asked to send and does not
//!    not sent WHY, not sent 2 WHY, without EXTENSION    what it tells of that
//! only server: why no client of ours would say so; the client is not tested with it
//! only client: why no server of ours would say so
//! apart: why our ends talk otherwise with each other
//! client C: a line of any sort that holds where our client is, alone or with our server
//! server C: a line that holds for our server alone with the file's client
//! ```
//!
//! The server that is tested offers what the file's reply to EHLO offers. Its words are its own, so
//! that of a reply the code counts, of an offer the keyword, and of what the application says all.
//! The client is asked for what makes it say the file's lines; every octet of it counts, and what
//! it tells follows from the replies.

#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

pub mod client;
mod server;

/// Makes a test of each file: with how many dialogues of the text that it is of, and how many are
/// run by our server, by our client, and by both with each other. One that is left out by mistake
/// is missed.
macro_rules! files {
    ($run:ident) => {
        files! { $run:
            ok_rfc1870_size = "rfc1870.txt", [1, 2, 2, 2];
            ok_rfc1985_etrn = "rfc1985.txt", [1, 3, 1, 1];
            ok_rfc2033_lmtp = "rfc2033.txt", [1, 6, 2, 2];
            ok_rfc2034_enhanced_codes = "rfc2034.txt", [1, 1, 1, 1];
            ok_rfc2852_deliver_by = "rfc2852.txt", [3, 5, 3, 3];
            ok_rfc2920_pipelining = "rfc2920.txt", [4, 3, 4, 2];
            ok_rfc3030_chunks = "rfc3030.txt", [2, 10, 3, 3];
            ok_rfc3207_starttls = "rfc3207.txt", [1, 2, 1, 1];
            ok_rfc3461_dsn = "rfc3461.txt", [5, 6, 5, 4];
            ok_rfc3865_no_soliciting = "rfc3865.txt", [2, 5, 3, 3];
            err_rfc4468_burl = "rfc4468.txt", [4, 5, 0, 0];
            ok_rfc4865_future_release = "rfc4865.txt", [0, 4, 3, 3];
            ok_rfc4954_auth = "rfc4954.txt", [6, 5, 6, 5];
            ok_rfc5321_appendix_d = "rfc5321.txt", [7, 9, 9, 9];
            ok_rfc6152_eight_bits = "rfc6152.txt", [1, 2, 2, 2];
            ok_rfc6531_smtputf8 = "rfc6531.txt", [0, 4, 2, 2];
            ok_rfc6710_priorities = "rfc6710.txt", [3, 5, 3, 3];
            ok_rfc7293_valid_since = "rfc7293.txt", [2, 5, 3, 2];
            ok_rfc7504_no_mail = "rfc7504.txt", [0, 1, 1, 1];
            ok_rfc8689_require_tls = "rfc8689.txt", [1, 4, 2, 2];
            ok_rfc9422_limits = "rfc9422.txt", [1, 3, 2, 2];
            ok_postfix_proxies = "postfix_proxies.txt", [2, 5, 2, 2];
        }
    };
    ($run:ident: $($name:ident = $file:literal, $counts:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let text = include_str!(concat!("data/", $file));
                script::count($file, text, $counts);
                $run($file, text);
            }
        )*

        #[test]
        fn no_file_is_forgotten() {
            let mut files = vec![$($file),*];
            let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
            let there = std::fs::read_dir(data).unwrap();
            let there: Vec<_> = there.map(|file| file.unwrap().file_name()).collect();
            files.retain(|file| there.iter().any(|one| one == file));
            assert_eq!(files.len(), there.len());
        }
    };
}

use std::{collections::VecDeque, fmt::Write as _};

use bytes::BytesMut;
use mail_errors::Reply;
use smtp_proto::{
    Capabilities, Profile, Read, ReplyReader, Severity, State, Verb, parse, transitions,
};

/// One dialogue.
#[derive(Debug, Clone)]
pub struct Script {
    pub file: &'static str,
    pub title: String,
    pub turns: Vec<Turn>,
    /// The one end that is tested with it.
    only: Option<End>,
    apart: bool,
}

/// Which end of a dialogue is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Client,
    Server,
    Both,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Octets from the client.
    Client(Vec<u8>),
    /// A whole reply.
    Server(Reply),
    /// What the application is told, and what it answers.
    Event(String, Vec<Reply>),
    /// What cannot be seen on the wire.
    Known(String),
}

/// Reads those dialogues of a file that this end is tested with.
pub fn scripts(file: &'static str, text: &str, end: End) -> Vec<Script> {
    let mut all: Vec<Script> = Vec::new();
    let (mut reply, mut answer) = (String::new(), String::new());
    for (number, line) in text.lines().enumerate() {
        let at = || format!("{file}, line {}", number + 1);
        if let Some(title) = line.strip_prefix('[') {
            let title = format!("[{title}");
            all.push(Script { file, title, turns: Vec::new(), only: None, apart: false });
            continue;
        }
        let (whose, line) = match line.split_once(' ') {
            Some(("client", line)) => (Some(End::Client), line),
            Some(("server", line)) => (Some(End::Server), line),
            _ => (None, line),
        };
        // Our client speaks as it does, whoever it speaks with.
        let ours = if end == End::Server { End::Server } else { End::Client };
        if whose.is_some_and(|whose| whose != ours) {
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
            "S" => {
                let _ = write!(reply, "{rest}\r\n");
                if rest.as_bytes().get(3) != Some(&b'-') {
                    turns.push(Turn::Server(read_reply(&std::mem::take(&mut reply))));
                }
            }
            "C" => turns.push(Turn::Client([rest.as_bytes(), b"\r\n"].concat())),
            "B" => turns.push(Turn::Client(unescape(rest))),
            "E" => turns.push(Turn::Event(rest.to_owned(), Vec::new())),
            "A" => {
                let _ = write!(answer, "{rest}\r\n");
                if rest.as_bytes().get(3) != Some(&b'-') {
                    match turns.last_mut() {
                        Some(Turn::Event(_, answers)) => {
                            answers.push(read_reply(&std::mem::take(&mut answer)));
                        }
                        other => panic!("{}: answers {other:?}", at()),
                    }
                }
            }
            "X" => turns.push(Turn::Known(rest.to_owned())),
            "only server" => script.only = Some(End::Server),
            "only client" => script.only = Some(End::Client),
            "apart" => script.apart = true,
            _ => panic!("{}: {line}", at()),
        }
    }
    assert!(reply.is_empty() && !all.is_empty(), "{file} breaks off, or has no dialogue");
    all.retain(|script| match end {
        End::Both => script.only.is_none() && !script.apart,
        one => script.only.is_none_or(|only| only == one),
    });
    all
}

/// Asserts that as many dialogues of a file are of its text, and are run by each end, as are said.
pub fn count(file: &'static str, text: &str, counts: [usize; 4]) {
    let of_text = text.lines().filter(|line| line.starts_with('[') && !line.starts_with("[own"));
    let run = |end| scripts(file, text, end).len();
    let found = [of_text.count(), run(End::Server), run(End::Client), run(End::Both)];
    assert_eq!(found, counts, "{file}");
    // And the list of what is here says so.
    let row =
        format!("| `{file}` | {} | {} | {} | {} |", counts[0], counts[1], counts[2], counts[3]);
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../../RFCS.md");
    let list = std::fs::read_to_string(list).unwrap();
    assert!(list.lines().any(|line| line.starts_with(&row)), "RFCS.md does not have: {row}");
}

fn read_reply(text: &str) -> Reply {
    let mut reader = ReplyReader::new(Profile::STRICT, 4096, 64 * 1024);
    match reader.next(&mut BytesMut::from(text)) {
        Ok(Read::Reply(reply, _)) => reply,
        other => panic!("{text:?}: {other:?}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        (out, rest) = match (octet, behind) {
            (b'\\', [b'x', a, b, behind @ ..]) => {
                let digits = [*a, *b];
                let hex = std::str::from_utf8(&digits).unwrap();
                out.push(u8::from_str_radix(hex, 16).unwrap());
                (out, behind)
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
                (out, behind)
            }
            _ => {
                out.push(octet);
                (out, behind)
            }
        };
    }
    out
}

impl Script {
    /// What the client says, in the flights between which it has to wait: it cannot send what comes
    /// under TLS before there is any.
    pub fn flights(&self) -> Vec<Vec<u8>> {
        let mut flights = vec![Vec::new()];
        for turn in &self.turns {
            if let Turn::Client(octets) = turn {
                flights.last_mut().unwrap().extend_from_slice(octets);
                if octets.eq_ignore_ascii_case(b"STARTTLS\r\n") {
                    flights.push(Vec::new());
                }
            }
        }
        flights.retain(|flight| !flight.is_empty());
        flights
    }

    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Server(reply) => Some(reply),
            Turn::Client(_) | Turn::Event(..) | Turn::Known(_) => None,
        })
    }

    /// For each reply: are these the application's words?
    pub fn given(&self) -> Vec<bool> {
        let mut owed = VecDeque::new();
        let mut given = Vec::new();
        for turn in &self.turns {
            match turn {
                Turn::Event(_, answers) => owed.extend(answers),
                Turn::Server(reply) if owed.front() == Some(&reply) => {
                    owed.pop_front();
                    given.push(true);
                }
                Turn::Server(_) => given.push(false),
                Turn::Client(_) | Turn::Known(_) => {}
            }
        }
        assert!(owed.is_empty(), "{}: {owed:?} is not said", self.title);
        given
    }

    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Event(event, _) => Some(event.as_str()),
            Turn::Client(_) | Turn::Server(_) | Turn::Known(_) => None,
        })
    }

    /// What the client says, line by line.
    pub fn said(&self) -> impl Iterator<Item = &[u8]> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::Client(octets) => Some(octets.as_slice()),
            Turn::Server(_) | Turn::Event(..) | Turn::Known(_) => None,
        })
    }

    /// Tells whether the client says a line that begins so.
    pub fn says(&self, start: &[u8]) -> bool {
        self.said().any(|line| line.to_ascii_uppercase().starts_with(start))
    }

    pub fn is_lmtp(&self) -> bool {
        self.says(b"LHLO")
    }

    /// Who logs in, and with which password.
    pub fn login(&self) -> Option<[String; 2]> {
        self.known("as ")
    }

    /// What the client and the server put into an exchange.
    pub fn nonces(&self) -> Option<[String; 2]> {
        self.known("nonces ")
    }

    fn known(&self, what: &str) -> Option<[String; 2]> {
        self.turns.iter().find_map(|turn| {
            let Turn::Known(line) = turn else { return None };
            let (one, other) = line.strip_prefix(what)?.split_once(' ')?;
            Some([one.to_owned(), other.to_owned()])
        })
    }

    /// What the file's server offers, under TLS if it starts that.
    pub fn offered(&self) -> Capabilities {
        self.hellos().last().unwrap_or_default()
    }

    fn hellos(&self) -> impl Iterator<Item = Capabilities> {
        let is_hello = |octets: &[u8]| {
            matches!(octets.get(..4), Some(verb) if verb.eq_ignore_ascii_case(b"EHLO")
                || verb.eq_ignore_ascii_case(b"LHLO"))
        };
        self.turns.windows(2).filter_map(move |turns| match turns {
            [Turn::Client(said), Turn::Server(reply)] if is_hello(said) => {
                Some(Capabilities::read(reply))
            }
            _ => None,
        })
    }

    /// Where the conversation stands at its end, as the table has it and who reads along sees it.
    pub fn end(&self) -> State {
        let mut state = State::Connected;
        let mut asked = VecDeque::from([Verb::Connect]);
        let (mut chunk, mut recipients) = (0, 0);
        for turn in &self.turns {
            match turn {
                Turn::Client(octets) if chunk > 0 => {
                    assert!(octets.len() as u64 <= chunk, "{}: a chunk too long", self.title);
                    chunk -= octets.len() as u64;
                }
                Turn::Client(octets) => match state {
                    State::Message if asked.is_empty() => {
                        if octets == b".\r\n" {
                            asked.push_back(Verb::EndOfData);
                        }
                    }
                    State::Authenticating => asked.push_back(Verb::AuthResponse),
                    _ => {
                        let line = octets.strip_suffix(b"\r\n").unwrap();
                        let mut verb = parse::verb(line).unwrap_or(Verb::Noop);
                        if verb == Verb::Bdat {
                            let line = line.to_ascii_uppercase();
                            let size = line.split(|octet| *octet == b' ').nth(1).unwrap();
                            chunk = std::str::from_utf8(size).unwrap().parse().unwrap();
                            if line.ends_with(b" LAST") {
                                verb = Verb::LastChunk;
                            }
                        }
                        if verb == Verb::Burl && line.ends_with(b" LAST") {
                            verb = Verb::LastChunk;
                        }
                        asked.push_back(verb);
                    }
                },
                Turn::Server(reply) => {
                    assert_eq!(chunk, 0, "{}: a chunk too short", self.title);
                    let verb = *asked.front().unwrap_or(&Verb::Noop);
                    let severity = Severity::from(reply);
                    recipients = match (verb, severity) {
                        (Verb::Mail, _) => 0,
                        (Verb::Rcpt, Severity::Done) => recipients + 1,
                        // RFC 2033 4.2: one reply for each recipient.
                        (Verb::EndOfData | Verb::LastChunk, _)
                            if self.is_lmtp() && recipients > 1 =>
                        {
                            recipients -= 1;
                            continue;
                        }
                        _ => recipients,
                    };
                    asked.pop_front();
                    let next = transitions()
                        .find(|one| (one.from, one.verb, one.severity) == (state, verb, severity));
                    state = next.map_or(state, |one| one.to);
                    if state == State::Handshake {
                        state = State::Greeted;
                    }
                }
                Turn::Event(..) | Turn::Known(_) => {}
            }
        }
        assert!(asked.is_empty(), "{}: no reply to {asked:?}", self.title);
        state
    }

    /// Tells whether it ends before the client takes its leave.
    pub fn breaks_off(&self) -> bool {
        !self.says(b"QUIT")
    }
}
