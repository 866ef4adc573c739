//! POP3's two ends, each with a peer that sends anything.

use std::collections::BTreeSet;

use bytes::Bytes;
use mail_errors::Secret;
use mail_sasl::{Credentials, Mechanism};
use mail_wire::testing::Act;
use pop3_proto::client::{self, Client};
use pop3_proto::server::{self, Server};
use pop3_proto::{
    ClientLimits, Maildrop, MessageNumber, Response, ResponseCode, Timestamp, UniqueId,
};

use crate::lockstep;
use crate::random::Random;
use crate::sasl::{kept, nonce};
use crate::session::{Cutting, hold};

/// Longer than any line of either end.
const HOLDS: usize = 64 * 1024;

const MESSAGES: [&[u8]; 3] =
    [b"Subject: one\r\n\r\n.\r\n..\r\nend\r\n", b"", b"Subject: two\n\nbare\nlines"];

/// Octets are what a client sends; the application says yes and no as it likes.
pub(crate) fn server(data: &[u8]) {
    let stamp = Timestamp::new("<1896.697170952@dbc.mtview.ca.us>").expect("a timestamp");
    let plain = server::Config::new()
        .plaintext_login(server::PlaintextLogin::Allow)
        .apop(stamp)
        .utf8(server::Utf8::OfferedWithNames)
        .language(server::Language::english())
        .auth(&Mechanism::BY_STRENGTH);
    let make = |config: server::Config| {
        move || {
            let mut server = Server::new(config.clone());
            server.set_nonce(nonce("server"));
            (server, application(data))
        }
    };
    let run = hold(make(plain.clone()), data, HOLDS, Cutting::Anywhere);
    lockstep::pop3(data, &run);
    let policy = server::Policy::new().retention(server::Retention::DeleteRetrieved);
    hold(make(plain.clone().policy(policy)), data, HOLDS, Cutting::Anywhere);
    for tls in [server::Tls::StartTls, server::Tls::Implicit] {
        hold(make(plain.clone().tls(tls)), data, HOLDS, Cutting::Matters);
    }
}

fn application(data: &[u8]) -> impl FnMut(&mut Server, server::Event) -> Act {
    use server::Event;
    let mut random = Random::of(data);
    move |server, event| {
        server.set_nonce(nonce("server"));
        let mut log_in = |server: &mut Server| {
            if random.below(4) == 0 {
                let no = Response::err(ResponseCode::Auth, "no").expect("a response");
                server.refuse(&no)
            } else {
                let sizes = MESSAGES.iter().map(|text| text.len() as u64);
                server.accept(Maildrop::from_sizes(sizes).expect("a small maildrop"))
            }
        };
        let is_commit = matches!(event, Event::Commit(_));
        assert!(is_commit || server.committed().is_err(), "nothing is deleted by {event:?}");
        match &event {
            Event::Login(_) | Event::Apop(_) | Event::Authenticate(_) => {
                log_in(server).expect("it is owed");
            }
            Event::Lookup(lookup) => server.supply(kept(lookup)).expect("it is owed"),
            Event::WantBody(want) => {
                let text = MESSAGES.get(want.number().index()).expect("one that is there");
                let from = usize::try_from(want.offset()).expect("small");
                let rest = text.get(from..).expect("not behind the end");
                match rest.get(..rest.len().min(7)) {
                    None | Some([]) => server.body_end(want.id()),
                    Some(piece) => server.body(want.id(), Bytes::copy_from_slice(piece)),
                }
                .expect("it is wanted");
                return Act::Quiet;
            }
            Event::WantIds(want) => {
                let id = |index| UniqueId::new(format!("id-{index}")).expect("an id");
                server.ids(want.indexes().map(id)).expect("they are wanted");
                return Act::Quiet;
            }
            Event::Commit(deletions) => {
                server.committed().expect("it is owed");
                let numbers: BTreeSet<u32> = deletions.iter().map(MessageNumber::get).collect();
                return Act::Log(format!("commit {numbers:?}"));
            }
            _ => {}
        }
        Act::log(&event)
    }
}

/// Octets are what a server sends to a client that wants everything.
pub(crate) fn client(data: &[u8]) {
    let plain = client::Config::new()
        .tls(client::Tls::Never)
        .plaintext_login(client::PlaintextLogin::Allow);
    for (tls, cutting) in [
        (client::Tls::Never, Cutting::WithinLines),
        (client::Tls::Opportunistic, Cutting::Matters),
        (client::Tls::Required, Cutting::Matters),
    ] {
        // Some lists are short enough to be too long.
        let limits = match tls {
            client::Tls::Opportunistic => few(),
            _ => ClientLimits::default(),
        };
        let config = plain.clone().tls(tls).limits(limits);
        for by_sasl in [false, true] {
            let make = || {
                let mut client = Client::new(config.clone());
                client.set_nonce(nonce("client"));
                give(&mut client, by_sasl).expect("the queue has room");
                (client, reader())
            };
            hold(make, data, HOLDS, cutting);
        }
    }
}

fn few() -> ClientLimits {
    ClientLimits { listing: 3, unique_id: 70, capabilities: 100, ..ClientLimits::default() }
}

fn give(client: &mut Client, by_sasl: bool) -> Result<(), mail_errors::Misuse> {
    let one = MessageNumber::new(1).expect("a number");
    let tim = Credentials::new("tim", Secret::from("tanstaaf"))?;
    client.utf8()?;
    if by_sasl {
        client.log_in(tim)?
    } else {
        client.login(tim)?
    };
    client.stat()?;
    client.list()?;
    client.uidl()?;
    client.list_one(one)?;
    client.uidl_one(one)?;
    client.languages()?;
    client.retr(one)?;
    client.top(one, 1)?;
    client.dele(one)?;
    client.quit()?;
    Ok(())
}

/// Logs what comes, a message only when it is whole.
fn reader() -> impl FnMut(&mut Client, client::Event) -> Act {
    use client::Event;
    let mut text = Vec::new();
    move |_, event| match event {
        Event::Body { octets, .. } => {
            assert!(!octets.is_empty());
            text.extend_from_slice(&octets);
            Act::Quiet
        }
        Event::BodyEnd { .. } => {
            let text = std::mem::take(&mut text);
            Act::Log(format!("message {}", text.escape_ascii()))
        }
        Event::BodyAborted { .. } => {
            text.clear();
            Act::log(&event)
        }
        other => Act::log(&other),
    }
}
