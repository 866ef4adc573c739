//! What the tests of the server session share: an application whose mailboxes are in memory, and
//! dialogues that read as they stand in the RFCs.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::{collections::BTreeMap, num::NonZeroU32, sync::LazyLock};

use bytes::Bytes;
use imap_proto::{
    Date, DateTime, Flag, Flags, MailboxAttribute, MailboxAttributes, MailboxName, NumberSet,
    PlainCode, ResponseText, StatusItem, StatusValue, StatusValues, StoreAction, UidSet,
    search_match::Candidate,
    server::{Config, Event, Message, PlaintextLogin, Selected, Server},
    view::Change,
};
use mail_errors::Secret;
use mail_sasl::{
    Nonce, ScramHash, ScramKeys,
    server::{Claim, Kept, Lookup},
};
use mail_wire::testing::{Act, Replay, cut_everywhere};

/// One message in memory.
#[derive(Debug, Clone)]
pub struct Mail {
    pub uid: u32,
    pub flags: Vec<Flag<'static>>,
    pub date: DateTime,
    pub raw: Vec<u8>,
}

/// Mailboxes in memory, of one user: tim, whose password is tanstaaf.
#[derive(Debug, Clone, Default)]
pub struct App {
    pub mailboxes: BTreeMap<Vec<u8>, Vec<Mail>>,
    pub subscribed: Vec<Vec<u8>>,
    pub selected: Option<Vec<u8>>,
    /// The message that is coming in, and where to.
    coming: Option<(Vec<u8>, Vec<Flag<'static>>, Vec<u8>)>,
    /// Octets that are given at once.
    pub chunk: usize,
}

pub fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("not zero")
}

pub fn mail(uid: u32, flags: &[Flag<'static>], raw: &str) -> Mail {
    let day = Date::new(1996, 7, 17).expect("a day");
    let date = DateTime::new(day, (2, 44, 25), -420).expect("a time");
    Mail { uid, flags: flags.to_vec(), date, raw: raw.replace('\n', "\r\n").into_bytes() }
}

pub const HELLO: &str = "From: Terry Gray <gray@cac.test>\nSubject: IMAP4rev1 WG mtg summary\n\
    Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\n\nHello Joe, do you think we can meet\nat 3:30?\n";

pub fn name(text: &str) -> MailboxName<'static> {
    MailboxName::new(text.as_bytes().to_vec()).expect("a name")
}

pub fn text(code: Option<PlainCode>, words: &'static str) -> ResponseText<'static> {
    ResponseText::new(code.map(Into::into), words).expect("a text")
}

/// What is kept of everybody.
pub fn kept(lookup: &Lookup) -> Kept {
    static KEYS: LazyLock<[ScramKeys; 2]> = LazyLock::new(|| {
        let password = Secret::from("tanstaaf");
        let hashes = [ScramHash::Sha256, ScramHash::Sha1];
        hashes.map(|hash| ScramKeys::derive_for(hash, &password, b"salt", 4096).unwrap())
    });
    match lookup {
        Lookup::Keys { hash, .. } => {
            Kept::Keys(KEYS.iter().find(|keys| keys.hash() == *hash).unwrap().clone())
        }
        _ => Kept::Password(Secret::from("tanstaaf")),
    }
}

pub fn config() -> Config {
    Config::new().plaintext_login(PlaintextLogin::Allow)
}

impl App {
    /// INBOX with three messages, of UIDs 4, 5 and 9, and an empty mailbox.
    pub fn new() -> Self {
        let mut app = Self { chunk: usize::MAX, ..Self::default() };
        let inbox = vec![
            mail(4, &[Flag::Seen], HELLO),
            mail(5, &[], "Subject: two\n\nbody of two\n"),
            mail(9, &[Flag::Deleted], "From: fred@foo.test\nSubject: three\n\nbody of three\n"),
        ];
        app.mailboxes.insert(b"INBOX".to_vec(), inbox);
        app.mailboxes.insert(b"work/old".to_vec(), Vec::new());
        app
    }

    /// The mailbox that is selected.
    pub fn here(&mut self) -> &mut Vec<Mail> {
        let name = self.selected.clone().expect("one is selected");
        self.mailboxes.get_mut(&name).expect("it is there")
    }

    fn find(&mut self, uid: u32) -> Option<&mut Mail> {
        self.here().iter_mut().find(|mail| mail.uid == uid)
    }

    fn add(&mut self, to: &[u8], flags: Vec<Flag<'static>>, raw: Vec<u8>) -> u32 {
        let mailbox = self.mailboxes.get_mut(to).expect("it is there");
        let uid = mailbox.last().map_or(1, |mail| mail.uid + 1);
        mailbox.push(Mail { raw, flags, ..mail(uid, &[], "") });
        uid
    }

    /// Does what any event asks for. Panics if the session takes an answer for the wrong one.
    pub fn act(&mut self, session: &mut Server, event: Event) -> Act {
        let act = match &event {
            Event::AppendChunk(octets) => Act::Piece("octets", octets.to_vec()),
            Event::Refused(refused) => Act::Log(format!("refused {refused:?}")),
            Event::WantBody(_) | Event::WantResponses { .. } => Act::Quiet,
            other => Act::log(other),
        };
        self.answer(session, event).expect("the answer that is owed");
        act
    }

    fn answer(&mut self, session: &mut Server, event: Event) -> Result<(), mail_errors::Misuse> {
        match event {
            Event::Login(credentials) => {
                if credentials.password().expose() == b"tanstaaf" {
                    session.authenticated()
                } else {
                    session.login_refused()
                }
            }
            Event::Lookup(lookup) => {
                session.supply(kept(&lookup))?;
                // Another exchange must not differ from run to run.
                session.set_nonce(Nonce::new("server").unwrap());
                Ok(())
            }
            Event::Authenticate(claim) => match &claim {
                Claim::Token(token) if token.token().expose() != b"tanstaaf" => {
                    session.login_refused()
                }
                // What is shown already, and what anybody may.
                _ => session.authenticated(),
            },
            Event::Select { mailbox, .. } => {
                let Some(mails) = self.mailboxes.get(mailbox.as_bytes()) else {
                    return session.no(text(Some(PlainCode::NonExistent), "no such mailbox"));
                };
                let uids: NumberSet = mails.iter().map(|mail| mail.uid).collect();
                let unseen = mails.iter().find(|mail| !mail.flags.contains(&Flag::Seen));
                let next = mails.last().map_or(1, |mail| mail.uid + 1);
                let all = [Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
                let permanent = Flags::new(all.clone().into_iter().chain([Flag::Any]));
                let selected = Selected::new(number(3_857_529_045), uids)
                    .uid_next(number(next))
                    .flags(Flags::new(all), permanent)
                    .first_unseen(unseen.map(|mail| number(mail.uid)));
                self.selected = Some(mailbox.as_bytes().to_vec());
                session.selected(selected)
            }
            Event::Deselected => {
                self.selected = None;
                Ok(())
            }
            Event::Create { mailbox } => {
                if self.mailboxes.contains_key(mailbox.as_bytes()) {
                    return session.no(text(Some(PlainCode::AlreadyExists), "there is one"));
                }
                self.mailboxes.insert(mailbox.as_bytes().to_vec(), Vec::new());
                session.done()
            }
            Event::Delete { mailbox } => match self.mailboxes.remove(mailbox.as_bytes()) {
                Some(_) => session.done(),
                None => session.no(text(Some(PlainCode::NonExistent), "no such mailbox")),
            },
            Event::Rename { from, to } => {
                let mails = self.mailboxes.remove(from.as_bytes()).expect("it is there");
                self.mailboxes.insert(to.as_bytes().to_vec(), mails);
                session.done()
            }
            Event::Subscribe { mailbox, on } => {
                self.subscribed.retain(|other| other != mailbox.as_bytes());
                if on {
                    self.subscribed.push(mailbox.as_bytes().to_vec());
                }
                session.done()
            }
            Event::List(request) => {
                let names: Vec<_> = match request.subscribed() {
                    true => self.subscribed.clone(),
                    false => self.mailboxes.keys().cloned().collect(),
                };
                for name in names {
                    let leaf = MailboxAttribute::new("HasNoChildren")?;
                    session.listed(&MailboxName::new(name)?, MailboxAttributes::new([leaf]))?;
                }
                session.done()
            }
            Event::Status { mailbox, items } => {
                let Some(mails) = self.mailboxes.get(mailbox.as_bytes()) else {
                    return session.no(text(Some(PlainCode::NonExistent), "no such mailbox"));
                };
                let values = items.iter().map(|item| {
                    let value = match item {
                        StatusItem::Messages => mails.len() as u64,
                        StatusItem::UidNext => mails.last().map_or(1, |m| u64::from(m.uid) + 1),
                        _ => 7,
                    };
                    StatusValue::Known(item, value)
                });
                session.status(StatusValues::new(values))
            }
            Event::Append(request) => {
                if !self.mailboxes.contains_key(request.mailbox.as_bytes()) {
                    let code = Some(imap_proto::Code::TryCreate);
                    return session.no(ResponseText::new(code, "no such mailbox")?);
                }
                let flags = request.flags.iter().map(Flag::into_owned).collect();
                let to = request.mailbox.as_bytes().to_vec();
                self.coming = Some((to, flags, Vec::new()));
                session.accept_append()
            }
            Event::AppendChunk(octets) => {
                self.coming.as_mut().expect("accepted").2.extend_from_slice(&octets);
                Ok(())
            }
            Event::AppendEnd => {
                let (to, flags, raw) = self.coming.take().expect("accepted");
                let uid = self.add(&to, flags, raw);
                if self.selected.as_ref() == Some(&to) {
                    session.mailbox_changed(Change::Arrived([uid].into_iter().collect()));
                }
                session.appended(Some((number(7), number(uid))))
            }
            Event::AppendAborted => {
                self.coming = None;
                Ok(())
            }
            Event::Fetch(slice) => {
                for uid in slice.uids {
                    let Some(mail) = self.find(uid) else { continue };
                    let mut message = Message::new();
                    if slice.set_seen && !mail.flags.contains(&Flag::Seen) {
                        mail.flags.push(Flag::Seen);
                        message = message.newly_seen();
                    }
                    let header = mail_message::Message::new(&mail.raw).body_offset();
                    let message = message
                        .flags(Flags::new(mail.flags.clone()))
                        .internal_date(mail.date)
                        .size(mail.raw.len() as u64)
                        .header_size(header as u64)
                        .header(Bytes::copy_from_slice(&mail.raw[..header]));
                    session.message(uid, message)?;
                }
                session.done()
            }
            Event::WantBody(want) => {
                let most = want.room.min(self.chunk);
                let raw = &self.find(want.uid).expect("it is there").raw;
                let rest = &raw[want.offset as usize..];
                let octets = Bytes::copy_from_slice(&rest[..most.min(rest.len())]);
                session.body(want.id, octets)
            }
            Event::Store(slice) => {
                let change: Vec<_> = slice.flags.iter().map(Flag::into_owned).collect();
                for uid in slice.uids {
                    let Some(mail) = self.find(uid) else { continue };
                    if slice.action == StoreAction::Replace {
                        mail.flags.clear();
                    }
                    mail.flags.retain(|flag| !change.contains(flag));
                    if slice.action != StoreAction::Remove {
                        mail.flags.extend(change.iter().cloned());
                    }
                    let flags = Flags::new(mail.flags.clone());
                    session.flags(uid, &flags)?;
                }
                session.done()
            }
            Event::Copy(request) => {
                let to = request.to.as_bytes().to_vec();
                if !self.mailboxes.contains_key(&to) {
                    let code = Some(imap_proto::Code::TryCreate);
                    return session.no(ResponseText::new(code, "no such mailbox")?);
                }
                let (mut from, mut made) = (Vec::new(), Vec::new());
                for uid in request.uids.iter() {
                    let Some(mail) = self.find(uid).cloned() else { continue };
                    made.push(number(self.add(&to, mail.flags, mail.raw)));
                    from.push(number(uid));
                }
                if request.remove {
                    self.here().retain(|mail| !request.uids.contains(mail.uid));
                }
                let sets = UidSet::in_order(from).ok().zip(UidSet::in_order(made).ok());
                session.copied(sets.map(|(from, to)| (number(7), from, to)))
            }
            Event::Search(request) => {
                let found: Vec<u32> = self
                    .here()
                    .iter()
                    .filter(|mail| {
                        let flags = Flags::new(mail.flags.clone());
                        let body = mail_message::Message::new(&mail.raw).body_offset();
                        Candidate::new(mail.uid, &flags)
                            .internal_date(mail.date)
                            .size(mail.raw.len() as u64)
                            .header(&mail.raw[..body])
                            .body(&mail.raw[body..])
                            .is_found_by(&request.query)
                    })
                    .map(|mail| mail.uid)
                    .collect();
                session.found(found)?;
                session.done()
            }
            Event::Expunge { among } => {
                let goes =
                    |mail: &Mail| among.contains(mail.uid) && mail.flags.contains(&Flag::Deleted);
                let gone: NumberSet =
                    self.here().iter().filter(|mail| goes(mail)).map(|mail| mail.uid).collect();
                self.here().retain(|mail| !goes(mail));
                session.expunged(&gone)
            }
            Event::Reread => {
                let uids: NumberSet = self.here().iter().map(|mail| mail.uid).collect();
                session.reread(&uids)
            }
            _ => Ok(()),
        }
    }
}

/// Runs a dialogue, whole, cut at every offset and octet by octet; see [`dialogue_with`].
pub fn dialogue(lines: &str) -> Replay {
    dialogue_with(config, App::new, lines)
}

/// Logs in and selects INBOX before the dialogue.
pub fn selected(lines: &str) -> Replay {
    let before = "
        S: * OK ...
        C: i LOGIN tim tanstaaf
        S: i OK ...
        C: j SELECT INBOX
        S: * FLAGS ...
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 2] ...
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT 10] ...
        S: * OK [UIDVALIDITY 3857529045] ...
        S: j OK [READ-WRITE] ...";
    dialogue(&format!("{before}{lines}"))
}

/// Runs a dialogue. `C: ` says a line of the client, `S: ` the line of the server that must come,
/// in which `...` stands for anything. What the client says without a line of the server in between
/// goes out at once. Returns what the session told.
///
/// # Panics
/// If the server says anything else, or if cutting the input changes anything.
pub fn dialogue_with(config: impl Fn() -> Config, app: impl Fn() -> App, lines: &str) -> Replay {
    let mut flights: Vec<Vec<u8>> = Vec::new();
    let mut expected: Vec<&str> = Vec::new();
    let mut speaks = false;
    for line in lines.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
        if let Some(said) = line.strip_prefix("C: ").or_else(|| line.strip_prefix("C:")) {
            if !std::mem::replace(&mut speaks, true) {
                flights.push(Vec::new());
            }
            let flight = flights.last_mut().expect("just made");
            flight.extend_from_slice(said.as_bytes());
            flight.extend_from_slice(b"\r\n");
        } else if let Some(said) = line.strip_prefix("S: ").or_else(|| line.strip_prefix("S:")) {
            speaks = false;
            expected.push(said);
        } else {
            panic!("neither client nor server: {line:?}");
        }
    }
    let script: Vec<&[u8]> = flights.iter().map(Vec::as_slice).collect();
    let make = || {
        let mut app = app();
        let act = move |session: &mut Server, event: Event| app.act(session, event);
        let mut server = Server::new(config());
        server.set_nonce(Nonce::new("server").unwrap());
        (server, act)
    };
    let replay = cut_everywhere(make, &script, false);
    compare(&replay.text(), &expected);
    replay
}

/// Compares what the server said with what it must say.
pub fn compare(said: &str, expected: &[&str]) {
    let mut lines: Vec<&str> = said.split("\r\n").collect();
    assert_eq!(lines.pop(), Some(""), "the last line has no end");
    for (nth, want) in expected.iter().enumerate() {
        let line = lines.get(nth).copied().unwrap_or("(nothing)");
        assert!(fits(line, want), "line {nth}: {line:?} is not {want:?}; all:\n{said}");
    }
    assert_eq!(lines.len(), expected.len(), "more was said:\n{said}");
}

fn fits(line: &str, want: &str) -> bool {
    let mut parts = want.split("...");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = "";
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = part;
    }
    rest.is_empty() || (want.contains("...") && (last.is_empty() || line.ends_with(last)))
}
