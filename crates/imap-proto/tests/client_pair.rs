//! Both ends against each other: whenever the wire is empty, their states are equal.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_support;
mod server_support;

use bytes::Bytes;
use client_support::{clear, items, name, set, tim};
use imap_proto::{
    Code, FetchItem, Flag, Flags, List, ListPattern, MailboxName, Query, Response, Search, Section,
    State, Status, StatusItem, StatusItems,
    client::{self, AppendMessage, Handle, StoreFlags},
    server,
};
use mail_errors::Secret;
use mail_sasl::Credentials;
use mail_wire::testing::{Happening, Pair};
use server_support::{App, HELLO, config};

/// A pair with the server's application in memory.
struct Both {
    pair: Pair<client::Client, server::Server>,
    app: App,
    /// What the client was told since it was last looked at.
    told: Vec<client::Event>,
    message: Vec<u8>,
}

impl Both {
    fn new(client: client::Config, server: server::Config, carry: usize) -> Self {
        let pair = Pair::new(client::Client::new(client), server::Server::new(server));
        let message = HELLO.replace('\n', "\r\n").into_bytes();
        let mut both =
            Self { pair: pair.carrying(carry), app: App::new(), told: Vec::new(), message };
        both.settle();
        both
    }

    /// Lets both go on until the wire is empty, and holds their states against each other.
    fn settle(&mut self) {
        loop {
            match self.pair.step() {
                Happening::Server(event) => {
                    let _ = self.app.act(&mut self.pair.server, event);
                }
                Happening::Client(client::Event::WantBody { handle, .. }) => {
                    let client = &mut self.pair.client;
                    client.body(handle, Bytes::from(self.message.clone())).expect("it is wanted");
                    client.body_end(handle).expect("it is whole");
                }
                Happening::Client(event) => self.told.push(event),
                Happening::Quiet => break,
                Happening::Over(client, server) => {
                    assert_eq!((client, server), (Ok(()), Ok(())));
                    break;
                }
            }
        }
        assert_eq!(self.pair.client.state(), self.pair.server.state());
        if let (Some(ours), Some(theirs)) = (self.pair.client.mailbox(), self.pair.server.view()) {
            assert!(ours.is_consistent());
            assert_eq!(ours.exists(), theirs.numbers().exists());
            let known = ours.numbers().uids(1..=u32::MAX);
            assert!(known.iter().all(|uid| ours.numbers().seq(uid) == theirs.numbers().seq(uid)));
        }
    }

    /// Gives a command, lets it be carried out, and returns its answers.
    fn run<E: std::fmt::Debug>(
        &mut self,
        give: impl FnOnce(&mut client::Client) -> Result<Handle, E>,
    ) -> (Status, Vec<client::Event>) {
        let handle = give(&mut self.pair.client).expect("it is taken");
        self.settle();
        let mut own = Vec::new();
        for event in std::mem::take(&mut self.told) {
            if event.handle() == Some(handle) {
                own.push(event);
            }
        }
        match own.pop() {
            Some(client::Event::Done { status, text, .. }) => {
                own.push(client::Event::Done { handle, status, text });
                (status, own)
            }
            other => panic!("{other:?}"),
        }
    }
}

fn texts(events: &[client::Event]) -> Vec<u8> {
    let octets = events.iter().filter_map(|event| match event {
        client::Event::Body { octets, .. } => Some(octets.as_ref()),
        _ => None,
    });
    octets.collect::<Vec<_>>().concat()
}

fn data(events: &[client::Event]) -> Vec<&Response<'static>> {
    let data = events.iter().filter_map(|event| match event {
        client::Event::Data { response, .. } => Some(response),
        _ => None,
    });
    data.collect()
}

/// Every command, one after the other.
fn whole_session(mut both: Both) {
    let wrong = Credentials::new("tim", Secret::from("wrong")).expect("credentials");
    assert_eq!(both.run(|c| c.log_in(wrong)).0, Status::No);
    assert_eq!(both.run(|c| c.log_in(tim())).0, Status::Ok);
    assert_eq!(both.pair.client.state(), State::Authenticated);

    let (_, events) = both.run(|c| c.list(List::new(name(""), &ListPattern::new(b"*")?)));
    assert_eq!(data(&events).len(), 2);
    assert_eq!(both.run(|c| c.create(name("a\"b\r\nc"))).0, Status::Ok);
    assert_eq!(both.run(|c| c.rename(name("a\"b\r\nc"), name("new"))).0, Status::Ok);
    assert_eq!(both.run(|c| c.subscribe(name("new"))).0, Status::Ok);
    let (_, events) = both.run(|c| c.lsub(name(""), ListPattern::new(b"*")?));
    assert_eq!(data(&events).len(), 1);
    assert_eq!(both.run(|c| c.unsubscribe(name("new"))).0, Status::Ok);

    let (status, events) = both.run(|c| {
        let message = AppendMessage::new(name("new"), HELLO.replace('\n', "\r\n").len() as u64);
        c.append(message.flags(Flags::new([Flag::Seen])))
    });
    assert_eq!(status, Status::Ok);
    let Some(client::Event::Done { text, .. }) = events.last() else { panic!() };
    assert!(matches!(text.code(), Some(Code::AppendUid { .. })), "{text:?}");
    let (_, events) =
        both.run(|c| c.status(name("new"), StatusItems::default().with(StatusItem::Messages)));
    let [Response::MailboxStatus(status)] = data(&events)[..] else { panic!("{events:?}") };
    assert_eq!(status.values.of(StatusItem::Messages), Some(1));

    assert_eq!(both.run(|c| c.select(name("nope"))).0, Status::No);
    assert_eq!(both.run(|c| c.select(name("new"))).0, Status::Ok);
    let text = FetchItem::Section { section: Section::ALL, peek: true, partial: None };
    let (_, events) = both.run(|c| c.fetch(false, set("1"), items(&[text])));
    assert_eq!(texts(&events), both.message);

    assert_eq!(both.run(|c| c.select(MailboxName::INBOX)).0, Status::Ok);
    let asked = [FetchItem::Uid, FetchItem::Flags, FetchItem::Rfc822Size, FetchItem::InternalDate];
    let (_, events) = both.run(|c| c.fetch(false, set("1:*"), items(&asked)));
    assert_eq!(data(&events).len(), 3);
    let uids = both.pair.client.mailbox().expect("one is selected").numbers().uids(1..=9);
    assert_eq!(uids.iter().collect::<Vec<_>>(), [4, 5, 9]);
    let (_, events) = both.run(|c| {
        let query = Query::parse(b"UNSEEN SUBJECT two").expect("a query");
        c.search(Search { uid: true, give: None, charset: None, query })
    });
    let [Response::Search(found)] = data(&events)[..] else { panic!("{events:?}") };
    assert_eq!(found.iter().map(u32::from).collect::<Vec<_>>(), [5]);
    let (_, events) =
        both.run(|c| c.store(true, set("5"), StoreFlags::add(Flags::new([Flag::Deleted]))));
    assert_eq!(data(&events).len(), 1, "{events:?}");
    assert_eq!(both.run(|c| c.copy(false, set("1:2"), name("new"))).0, Status::Ok);
    let (_, events) = both.run(client::Client::expunge);
    let gone: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            client::Event::Expunged { uid, .. } => uid.map(u32::from),
            _ => None,
        })
        .collect();
    assert_eq!(gone.len(), 2);
    assert_eq!(both.pair.client.mailbox().map(client::Mailbox::exists), Some(1));

    let idle = both.pair.client.idle().expect("it is taken");
    both.settle();
    both.pair.server.mailbox_changed(imap_proto::view::Change::Arrived([20].into_iter().collect()));
    both.settle();
    let exists =
        |event: &client::Event| matches!(event, client::Event::Unsolicited(Response::Exists(2)));
    assert!(both.told.iter().any(exists), "{:?}", both.told);
    both.pair.client.done(idle).expect("it goes on");
    both.settle();

    assert_eq!(both.run(client::Client::close_mailbox).0, Status::Ok);
    assert_eq!(both.run(|c| c.examine(MailboxName::INBOX)).0, Status::Ok);
    assert_eq!(both.run(client::Client::expunge).0, Status::No);
    assert_eq!(both.run(client::Client::unselect).0, Status::Ok);
    assert_eq!(both.run(|c| c.delete(name("new"))).0, Status::Ok);
    assert_eq!(both.run(client::Client::noop).0, Status::Ok);
    assert_eq!(both.run(client::Client::logout).0, Status::Ok);
    assert_eq!(both.pair.client.state(), State::Logout);
}

#[test]
fn both_ends_agree_after_every_command() {
    for carry in [usize::MAX, 1, 7] {
        whole_session(Both::new(clear(), config(), carry));
    }
}

#[test]
fn both_ends_agree_with_starttls_and_implicit_tls() {
    for (ours, theirs) in [
        (client::Tls::Required, server::Tls::StartTls),
        (client::Tls::Opportunistic, server::Tls::StartTls),
        (client::Tls::Implicit, server::Tls::Implicit),
    ] {
        let client = client::Config::new().tls(ours);
        let both = Both::new(client, server::Config::new().tls(theirs), 5);
        assert!(both.pair.client.is_secured());
        whole_session(both);
    }
}
