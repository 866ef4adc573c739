//! IMAP's two ends, each with a peer that sends anything.

use std::num::NonZeroU32;

use bytes::Bytes;
use imap_proto::client::{self, AppendMessage, Client, StoreFlags};
use imap_proto::server::{self, Event, Message, Selected, Server};
use imap_proto::{
    Date, DateTime, FetchItem, FetchItems, Flag, Flags, MailboxAttribute, MailboxAttributes,
    MailboxName, NumberSet, PlainCode, ResponseText, Section, SequenceSet, StatusValue,
    StatusValues, UidSet, view::Change,
};
use mail_errors::{Misuse, Secret};
use mail_sasl::{Credentials, Mechanism};
use mail_wire::testing::Act;

use crate::lockstep;
use crate::random::Random;
use crate::sasl::{kept, nonce};
use crate::session::{Cutting, hold};

/// A frame may be as long as its limit says.
const HOLDS: usize = 256 * 1024;

const RAW: &[u8] = b"From: a@b\r\nSubject: x\r\n\r\nhello\r\nthere\r\n";
const HEADER: usize = 25;

/// Octets are what a client sends; the application says yes and no as it likes.
pub(crate) fn server(data: &[u8]) {
    let plain = server::Config::new()
        .plaintext_login(server::PlaintextLogin::Allow)
        .auth(&Mechanism::BY_STRENGTH);
    let make = |config: server::Config| {
        move || {
            let mut app = App { random: Random::of(data), uids: vec![3, 5, 8], coming: 0 };
            let act = move |server: &mut Server, event: Event| app.act(server, event);
            let mut server = Server::new(config.clone());
            server.set_nonce(nonce("server"));
            (server, act)
        }
    };
    let run = hold(make(plain.clone()), data, HOLDS, Cutting::Anywhere);
    lockstep::imap(data, &run);
    hold(make(plain.tls(server::Tls::StartTls)), data, HOLDS, Cutting::Matters);
}

/// A mailbox with three messages, all alike.
struct App {
    random: Random,
    uids: Vec<u32>,
    /// How many octets of an APPEND are to come.
    coming: u64,
}

impl App {
    fn act(&mut self, server: &mut Server, event: Event) -> Act {
        let is_appended = matches!(event, Event::AppendEnd);
        assert!(is_appended || server.appended(None).is_err(), "no answer to {event:?}");
        let act = match &event {
            Event::AppendChunk(octets) => Act::Piece("octets", octets.to_vec()),
            Event::WantBody(_) | Event::WantResponses { .. } => Act::Quiet,
            other => Act::log(other),
        };
        self.answer(server, event).expect("the answer that is owed");
        act
    }

    fn answer(&mut self, server: &mut Server, event: Event) -> Result<(), Misuse> {
        server.set_nonce(nonce("server"));
        // How many pieces there are depends on the cutting; what is decided must not.
        let is_piece = matches!(event, Event::AppendChunk(_) | Event::WantBody(_));
        let refuses = !is_piece && self.random.below(6) == 0;
        match event {
            Event::Login(_) | Event::Lookup(_) | Event::Authenticate(_) if refuses => {
                server.login_refused()
            }
            Event::Lookup(lookup) => server.supply(kept(&lookup)),
            Event::Login(_) | Event::Authenticate(_) => server.authenticated(),
            Event::Select { .. }
            | Event::Create { .. }
            | Event::Delete { .. }
            | Event::Rename { .. }
            | Event::Subscribe { .. }
            | Event::List(_)
            | Event::Status { .. }
            | Event::Append(_)
            | Event::Copy(_)
            | Event::Search(_)
            | Event::Expunge { .. }
                if refuses =>
            {
                server.no(ResponseText::new(Some(PlainCode::Cannot.into()), "not now")?)
            }
            Event::Select { .. } => {
                let flags = || Flags::new([Flag::Seen, Flag::Deleted]);
                let uids = self.uids.iter().copied().collect();
                server.selected(Selected::new(number(7), uids).flags(flags(), flags()))
            }
            Event::Create { .. }
            | Event::Delete { .. }
            | Event::Rename { .. }
            | Event::Subscribe { .. } => server.done(),
            Event::List(_) => {
                for name in ["INBOX", "a/b", "x {3}", "\u{e9}t\u{e9}", ""] {
                    let leaf = MailboxAttribute::new("HasNoChildren")?;
                    server.listed(&mailbox(name), MailboxAttributes::new([leaf]))?;
                }
                server.done()
            }
            Event::Status { items, .. } => {
                let values = items.iter().map(|item| StatusValue::Known(item, 7));
                server.status(StatusValues::new(values))
            }
            Event::Append(request) => {
                self.coming = request.size;
                server.accept_append()
            }
            Event::AppendChunk(octets) => {
                assert!(!octets.is_empty());
                let left = self.coming.checked_sub(octets.len() as u64);
                self.coming = left.expect("no more than was announced");
                Ok(())
            }
            Event::AppendEnd => {
                assert_eq!(self.coming, 0, "the message is torn");
                server.appended(None)
            }
            Event::Fetch(slice) => {
                for uid in slice.uids {
                    assert!(self.uids.contains(&uid), "{uid} is not there");
                    server.message(uid, whole())?;
                }
                server.done()
            }
            Event::WantBody(want) => {
                assert!(want.room > 0 && want.remaining >= want.room as u64);
                let from = usize::try_from(want.offset).expect("small");
                let rest = RAW.get(from..).expect("not behind the end");
                let piece = rest.get(..want.room.min(7)).expect("as much as is there");
                server.body(want.id, Bytes::from_static(piece))
            }
            Event::Store(slice) => {
                for uid in slice.uids {
                    server.flags(uid, &Flags::new([Flag::Seen]))?;
                }
                // Meanwhile somebody else does something.
                if refuses {
                    self.news(server);
                }
                server.done()
            }
            Event::Copy(request) => {
                let uids: Vec<_> = request.uids.iter().filter_map(NonZeroU32::new).collect();
                if request.remove {
                    self.uids.retain(|uid| !request.uids.contains(*uid));
                }
                let from = UidSet::in_order(uids.clone()).ok();
                let to = UidSet::in_order(uids).ok();
                server.copied(from.zip(to).map(|(from, to)| (number(9), from, to)))
            }
            Event::Search(request) => {
                server.found(request.among.iter().filter(|uid| uid % 2 == 1))?;
                server.done()
            }
            Event::Expunge { among } => {
                let gone: NumberSet =
                    self.uids.iter().copied().filter(|uid| among.contains(*uid)).collect();
                self.uids.retain(|uid| !among.contains(*uid));
                server.expunged(&gone)
            }
            Event::Reread => server.reread(&self.uids.iter().copied().collect()),
            _ => {
                assert!(server.done().is_err(), "nothing is owed");
                Ok(())
            }
        }
    }

    fn news(&mut self, server: &mut Server) {
        let next = self.uids.last().map_or(1, |uid| uid + 1);
        if self.random.below(2) == 0 {
            self.uids.push(next);
            server.mailbox_changed(Change::Arrived([next].into_iter().collect()));
        } else if let Some(uid) = self.uids.pop() {
            server.mailbox_changed(Change::Expunged([uid].into_iter().collect()));
        }
    }
}

/// What is known of each message.
fn whole() -> Message {
    let day = Date::new(1996, 7, 17).expect("a day");
    let date = DateTime::new(day, (2, 44, 25), -420).expect("a time");
    let (header, _) = RAW.split_at(HEADER);
    Message::new()
        .flags(Flags::new([Flag::Seen]))
        .internal_date(date)
        .size(RAW.len() as u64)
        .header_size(HEADER as u64)
        .header(Bytes::from_static(header))
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}

fn mailbox(name: &str) -> MailboxName<'static> {
    MailboxName::new(name.as_bytes().to_vec()).expect("a name")
}

/// Octets are what a server sends to a client that has given a little of everything.
pub(crate) fn client(data: &[u8]) {
    let mut limits = client::Limits::default();
    limits.response.stream_from = 4;
    let plain = client::Config::new().plaintext_login(client::PlaintextLogin::Allow).limits(limits);
    for (tls, cutting) in [
        (client::Tls::Never, Cutting::WithinLines),
        (client::Tls::Opportunistic, Cutting::Matters),
        (client::Tls::Required, Cutting::Matters),
    ] {
        let config = plain.clone().tls(tls);
        let make = || {
            let mut client = Client::new(config.clone());
            client.set_nonce(nonce("client"));
            give(&mut client).expect("the queue has room");
            (client, reader())
        };
        hold(make, data, HOLDS, cutting);
    }
}

fn give(client: &mut Client) -> Result<(), Misuse> {
    let set = |wire: &'static str| SequenceSet::parse(wire.as_bytes()).expect("a set");
    let items = FetchItems::new([
        FetchItem::Flags,
        FetchItem::Section { section: Section::ALL, peek: true, partial: None },
    ])?;
    client.log_in(Credentials::new("tim", Secret::from("tanstaaf"))?)?;
    client.select(mailbox("INBOX"))?;
    client.fetch(false, set("1:*"), items)?;
    client.store(false, set("1"), StoreFlags::add(Flags::new([Flag::Seen])))?;
    client.append(AppendMessage::new(mailbox("INBOX"), RAW.len() as u64))?;
    client.expunge()?;
    client.idle()?;
    Ok(())
}

/// Logs what comes, gives its one message when asked, and idles no longer than it must.
fn reader() -> impl FnMut(&mut Client, client::Event) -> Act {
    let mut given = false;
    move |client, event| match event {
        client::Event::Body { octets, .. } => {
            assert!(!octets.is_empty());
            Act::Piece("text", octets.to_vec())
        }
        client::Event::WantBody { handle, .. } => {
            if std::mem::replace(&mut given, true) {
                client.body_end(handle).expect("it is wanted");
            } else {
                client.body(handle, Bytes::from_static(RAW)).expect("it is wanted");
            }
            Act::Quiet
        }
        client::Event::Idling(handle) => {
            client.done(handle).expect("it idles");
            Act::Log("idle".into())
        }
        other => Act::log(&other),
    }
}
