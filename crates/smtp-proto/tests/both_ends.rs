//! Our client against our server. Whenever the wire is empty and both ends want input, both are in
//! the same state.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use bytes::{Bytes, BytesMut};
use dialogue::{laptop, mx};
use mail_errors::Secret;
use mail_sasl::{Credentials, Mechanism};
use mail_wire::{
    Goodbye, SendBuffer, Session,
    testing::{Happening, Pair},
};
use proptest::prelude::*;
use smtp_proto::{
    BodyType, ByMode, DeliverBy, EnvelopeId, FutureRelease, Hold, HoldSeconds, Mailbox, Notify,
    Offer, OriginalRecipient, Priority, Ret, Solicitation, Timestamp, ValidSince,
    client::{self, Chunking, Client, Envelope, NotSent, Outcome, Recipient, TlsPolicy},
    limits::{ClientLimits, ServerLimits},
    server::{self, Server, TlsUse, replies},
};

struct Ends {
    pair: Pair<Client, Server>,
    body: Vec<Bytes>,
    received: Vec<u8>,
    messages: Vec<Vec<u8>>,
    /// What stood behind the paths of MAIL and RCPT.
    params: Vec<String>,
    outcomes: Vec<(usize, Outcome)>,
}

impl Ends {
    fn new(client: client::Config, server: server::Config, carry: usize) -> Self {
        let pair = Pair::new(Client::new(client), Server::new(server)).carrying(carry);
        Self {
            pair,
            body: Vec::new(),
            received: Vec::new(),
            messages: Vec::new(),
            params: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Sends a message; the server refuses the recipients that are called `nobody`.
    fn send(&mut self, envelope: Envelope, body: &[Bytes]) -> Vec<Outcome> {
        self.pair.client.send(envelope).unwrap();
        self.body = body.iter().rev().cloned().collect();
        self.outcomes.clear();
        while self.step() {}
        self.same_state();
        self.outcomes.sort_by_key(|(index, _)| *index);
        self.outcomes.drain(..).map(|(_, outcome)| outcome).collect()
    }

    fn same_state(&self) {
        assert_eq!(self.pair.client.state(), self.pair.server.state());
    }

    fn step(&mut self) -> bool {
        match self.pair.step() {
            Happening::Client(event) => self.client(event),
            Happening::Server(event) => self.server(event),
            Happening::Quiet => return false,
            Happening::Over(client, server) => {
                client.unwrap();
                server.unwrap();
                return false;
            }
        }
        true
    }

    fn client(&mut self, event: client::Event) {
        use client::Event;
        match event {
            Event::WantBody { id, .. } => match self.body.pop() {
                Some(part) => self.pair.client.body(id, part).unwrap(),
                None => self.pair.client.body_end(id).unwrap(),
            },
            Event::Recipient { index, outcome, .. } => self.outcomes.push((index, outcome)),
            _ => {}
        }
    }

    fn server(&mut self, event: server::Event) {
        use server::Event;
        let server = &mut self.pair.server;
        match &event {
            Event::Mail(mail) => self.params.push(mail.params().to_string()),
            Event::Rcpt(rcpt) => self.params.push(rcpt.params().to_string()),
            _ => {}
        }
        match event {
            Event::Rcpt(rcpt) if rcpt.forward_path().to_string().starts_with("<nobody@") => {
                server.reply(replies::NO_SUCH_MAILBOX).unwrap();
            }
            Event::Body(octets) => self.received.extend_from_slice(&octets),
            Event::BodyEnd { .. } => {
                self.messages.push(std::mem::take(&mut self.received));
                // In LMTP once for each.
                while server.owes().is_some() {
                    server.accept().unwrap();
                }
            }
            Event::BodyAborted(_) => self.received.clear(),
            Event::Tolerated(defect) => panic!("our client is sloppy: {defect}"),
            Event::Refused(refused) => {
                let pipelined = [503, 552, 554, 452].contains(&refused.reply().code().get());
                assert!(pipelined, "our client is wrong: {refused:?}");
            }
            _ if server.owes().is_some() => server.accept().unwrap(),
            _ => {}
        }
    }

    fn quit(mut self) -> Vec<Vec<u8>> {
        self.pair.client.close(Goodbye::Done);
        while self.step() {}
        self.same_state();
        self.messages
    }
}

fn to(recipients: &[&str]) -> Envelope {
    let recipients = recipients.iter().map(|one| Mailbox::parse(one).unwrap().into());
    Envelope::new(Mailbox::parse("alice@example.com").unwrap()).to_all(recipients)
}

fn accepted(outcomes: &[Outcome]) -> Vec<bool> {
    outcomes.iter().map(|outcome| matches!(outcome, Outcome::Accepted(_))).collect()
}

#[test]
fn ok_messages_arrive_as_they_were_sent_in_every_step() {
    let bodies = ["", "Hi\r\n", ".\r\n..\r\n.x\r\n", "no end", "\r\n\r\n", "\u{3042}\r\n"];
    let chunks = |chunk| laptop().limits(ClientLimits { chunk, ..Default::default() });
    let by_data = || laptop().chunking(Chunking::Never);
    let clients = [by_data(), chunks(1), chunks(5), laptop()];
    let smtp = clients.into_iter().map(|client| (client, mx()));
    let lmtp = [by_data(), chunks(5)].map(|client| (client.lmtp(), mx().lmtp()));
    let carries = [1, 2, 3, 7, 64, 100_000];
    let all = smtp.chain(lmtp).flat_map(|ends| carries.map(|carry| (ends.clone(), carry)));
    for ((client, server), carry) in all {
        let mut ends = Ends::new(client, server, carry);
        for body in bodies {
            let envelope = to(&["bob@example.net", "nobody@example.net", "carol@example.net"])
                .body(BodyType::EightBitMime);
            let outcomes = ends.send(envelope, &[Bytes::from(body)]);
            assert_eq!(accepted(&outcomes), [true, false, true]);
        }
        let whole = |body: &str| match body.is_empty() || body.ends_with("\r\n") {
            true => body.to_owned(),
            false => format!("{body}\r\n"),
        };
        let messages = ends.quit();
        assert_eq!(messages.len(), bodies.len());
        for (message, body) in messages.iter().zip(bodies) {
            assert_eq!(message, whole(body).as_bytes());
        }
    }
}

#[test]
fn ok_every_parameter_arrives() {
    let most = FutureRelease::new(3600, Timestamp::parse("2040-01-01T00:00:00Z").unwrap());
    let offers = [
        Offer::Dsn,
        Offer::SmtpUtf8,
        Offer::RequireTls,
        Offer::DeliverBy(None),
        Offer::FutureRelease(most.unwrap()),
        Offer::MtPriority(None),
        Offer::Rrvs,
        Offer::NoSoliciting(None),
    ];
    let server = offers.into_iter().fold(mx().tls(TlsUse::Required), server::Config::offer);
    let since = ValidSince::new(Timestamp::parse("2014-04-03T23:01:00Z").unwrap());
    let bob = Recipient::from(Mailbox::parse("bob@example.net").unwrap())
        .notify(Notify::ON_DELAY)
        .original(OriginalRecipient::rfc822("bob@example.org").unwrap())
        .valid_since(since);
    let envelope = to(&[])
        .to(bob)
        .size(4)
        .body(BodyType::EightBitMime)
        .smtp_utf8()
        .ret(Ret::Full)
        .envelope_id(EnvelopeId::new("id").unwrap())
        .require_tls()
        .deliver_by(DeliverBy::new(7200, ByMode::Return).unwrap())
        .hold(Hold::For(HoldSeconds::new(60).unwrap()))
        .priority(Priority::new(-2).unwrap())
        .solicitation(Solicitation::parse("a:b").unwrap());
    let mut ends = Ends::new(laptop().tls(TlsPolicy::Required), server, 50);
    assert_eq!(accepted(&ends.send(envelope, &[Bytes::from("Hi\r\n")])), [true]);
    let mail = "SIZE=4 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=id REQUIRETLS BY=7200;R HOLDFOR=60 \
                MT-PRIORITY=-2 SOLICIT=a:b";
    let rcpt = "NOTIFY=DELAY ORCPT=rfc822;bob@example.org RRVS=2014-04-03T23:01:00Z";
    assert_eq!(ends.params, [mail, rcpt]);
}

#[test]
fn ok_submission_with_starttls_and_auth() {
    let server = || {
        let submission = mx().tls(TlsUse::Required).auth(&Mechanism::PASSWORD);
        submission.require_auth()
    };
    let tim = Credentials::new("tim", Secret::from("tanstaaf")).unwrap();
    let client = || laptop().tls(TlsPolicy::Required).auth(tim.clone());
    for carry in [1, 5, 100_000] {
        let mut ends = Ends::new(client(), server(), carry);
        let outcomes = ends.send(to(&["bob@example.net"]), &[Bytes::from("Hi\r\n")]);
        assert_eq!(accepted(&outcomes), [true]);
        assert!(ends.pair.server.is_tls() && ends.pair.server.is_authenticated());
        assert_eq!(ends.quit(), [b"Hi\r\n"]);
    }
    let implicit = mx().tls(TlsUse::Implicit);
    let mut ends = Ends::new(laptop().tls(TlsPolicy::Implicit), implicit, 1);
    assert_eq!(accepted(&ends.send(to(&["bob@example.net"]), &[])), [true]);
    assert!(ends.pair.client.is_tls());
}

#[test]
fn err_every_recipient_refused_leaves_the_connection_of_use() {
    let mut ends = Ends::new(laptop(), mx(), 9);
    for _ in 0..3 {
        let outcomes = ends.send(to(&["nobody@a", "nobody@b"]), &[Bytes::from("x")]);
        assert_eq!(accepted(&outcomes), [false, false]);
        let outcomes = ends.send(to(&["bob@example.net"]), &[Bytes::from("x")]);
        assert_eq!(accepted(&outcomes), [true]);
    }
    assert_eq!(ends.quit().len(), 3);
}

#[test]
fn err_too_big_by_announcement_and_by_surprise() {
    let limits = ServerLimits { message: 100, ..Default::default() };
    let mut ends = Ends::new(laptop(), mx().limits(limits), 1000);
    let outcomes = ends.send(to(&["bob@example.net"]).size(101), &[]);
    let too_big = NotSent::TooBig { size: 101, limit: 100 };
    assert_eq!(outcomes, [Outcome::NotSent(too_big)]);
    let parts = vec![Bytes::from_static(b"x"); 1000];
    let outcomes = ends.send(to(&["bob@example.net"]), &parts);
    let [Outcome::Refused { reply, .. }] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(*reply, replies::TOO_BIG);
    assert_eq!(accepted(&ends.send(to(&["bob@example.net"]), &[])), [true]);
}

/// 10^5 recipients, of whom the server takes a thousand; every one is told.
#[test]
fn ok_very_many_recipients() {
    let limits = ServerLimits { errors: 0, ..Default::default() };
    let limits = mx().limits(limits);
    let mut ends = Ends::new(laptop().limits(ClientLimits::default()), limits, 100_000);
    let bob = Recipient::from(Mailbox::parse("bob@example.net").unwrap());
    let envelope = to(&[]).to_all(std::iter::repeat_n(bob, 100_000));
    let outcomes = ends.send(envelope, &[Bytes::from("x")]);
    assert_eq!(outcomes.len(), 100_000);
    let (taken, rest) = outcomes.split_at(1000);
    assert!(taken.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
    assert!(rest.iter().all(|outcome| matches!(outcome, Outcome::Refused { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ok_any_body_arrives(
        lines in proptest::collection::vec(
            proptest::collection::vec(
                any::<u8>().prop_filter("line end", |octet| !matches!(octet, b'\r' | b'\n')),
                0..40,
            ),
            0..20,
        ),
        cut in 1_usize..50,
        carry in 1_usize..200,
    ) {
        let mut body: Vec<u8> = lines.join(&b"\r\n"[..]);
        body.extend_from_slice(b"\r\n");
        let parts: Vec<_> = body.chunks(cut).map(Bytes::copy_from_slice).collect();
        let mut ends = Ends::new(laptop(), mx(), carry);
        let envelope = to(&["bob@example.net"]).body(BodyType::EightBitMime);
        prop_assert_eq!(accepted(&ends.send(envelope, &parts)), [true]);
        prop_assert_eq!(ends.quit(), [body]);
    }
}

/// A gibibyte goes from end to end, and neither holds more than a few blocks of it at any time.
#[test]
fn ok_a_gibibyte_in_bounded_memory() {
    const PART: usize = 64 * 1024;
    let part = Bytes::from(
        b"a line that has as many octets as one with its end should have\r\n".repeat(PART / 64),
    );
    let parts = (1 << 30) / part.len();
    let limits = ServerLimits { message: u64::MAX, ..Default::default() };
    let mut pair = Pair::new(Client::new(laptop()), Server::new(mx().limits(limits)));
    pair.client.send(to(&["bob@example.net"])).unwrap();
    let (mut given, mut taken, mut most) = (0, 0, 0);
    loop {
        match pair.step() {
            Happening::Client(client::Event::WantBody { id, .. }) => match given == parts {
                true => pair.client.body_end(id).unwrap(),
                false => {
                    given += 1;
                    pair.client.body(id, part.clone()).unwrap();
                }
            },
            Happening::Client(client::Event::Recipient { outcome, .. }) => {
                assert_eq!(accepted(&[outcome]), [true]);
            }
            Happening::Client(_) => {}
            Happening::Server(server::Event::Body(octets)) => taken += octets.len(),
            Happening::Server(_) if pair.server.owes().is_some() => pair.server.accept().unwrap(),
            Happening::Server(_) => {}
            Happening::Quiet => break,
            Happening::Over(..) => panic!("over"),
        }
        let held =
            |(input, output): (&mut BytesMut, &mut SendBuffer)| input.capacity() + output.len();
        most = most.max(held(pair.client.buffers()) + held(pair.server.buffers()));
    }
    assert_eq!(taken, 1 << 30);
    assert!(most < 1 << 20, "{most}");
}
