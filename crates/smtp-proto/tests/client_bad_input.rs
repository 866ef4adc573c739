//! Servers that talk without end, hang up in the middle, or change their mind about TLS: what
//! became of each recipient is right all the same, and memory stays bounded.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use bytes::{Buf, Bytes, BytesMut};
use dialogue::{laptop, mx, sending, sent};
use mail_wire::{Goodbye, Next, Session, testing::start};
use smtp_proto::{
    Mailbox, ReplyError, Verb,
    client::{Chunking, Client, Config, Envelope, Error, Event, NotSent, Outcome, TlsPolicy},
    limits::ClientLimits,
    server::{self, Server, replies},
};

const NAMES: [&str; 4] = ["bob@d", "nobody@d", "carol@d", "dave@d"];

fn envelope() -> Envelope {
    let mailbox = |text: &str| Mailbox::parse(text).unwrap();
    Envelope::new(mailbox("a@b")).to_all(NAMES.map(|one| mailbox(one).into()))
}

struct Sender {
    client: Client,
    body: Vec<Bytes>,
    outcomes: Vec<Option<Outcome>>,
}

impl Sender {
    fn new(config: Config, body: &[&str]) -> Self {
        let mut client = Client::new(config);
        client.send(envelope()).unwrap();
        let body = body.iter().rev().map(|part| Bytes::copy_from_slice(part.as_bytes())).collect();
        Self { client, body, outcomes: vec![None; NAMES.len()] }
    }

    /// Works off what there is. Fails when the conversation is over before its time.
    fn pump(&mut self) -> Result<bool, Error> {
        loop {
            match self.client.next_event(start())? {
                Next::Event(Event::WantBody { id, .. }) => match self.body.pop() {
                    Some(part) => self.client.body(id, part).unwrap(),
                    None => self.client.body_end(id).unwrap(),
                },
                Next::Event(Event::Recipient { index, outcome, .. }) => {
                    let told = self.outcomes[index].replace(outcome);
                    assert_eq!(told, None, "told twice");
                }
                Next::Event(Event::Done { .. }) => {
                    assert!(self.outcomes.iter().all(Option::is_some));
                    self.client.close(Goodbye::Done);
                }
                Next::Event(_) => {}
                Next::Closed => return Ok(true),
                _ => return Ok(false),
            }
        }
    }
}

/// What a server does for its recipients, with the octets that reach it.
struct Receiver {
    server: Server,
    taken: Vec<String>,
    /// Those who have got the message.
    delivered: Vec<String>,
    message: Vec<u8>,
    whole: Vec<u8>,
}

impl Receiver {
    fn new(config: server::Config, whole: &str) -> Self {
        let whole = whole.as_bytes().to_vec();
        let (taken, delivered, message) = (Vec::new(), Vec::new(), Vec::new());
        Self { server: Server::new(config), taken, delivered, message, whole }
    }

    fn pump(&mut self) {
        while let Ok(Next::Event(event)) = self.server.next_event(start()) {
            match event {
                server::Event::Rcpt(rcpt) => {
                    let name = rcpt.forward_path().mailbox().unwrap().to_string();
                    if name == NAMES[1] {
                        self.server.reply(replies::NO_SUCH_MAILBOX).unwrap();
                    } else {
                        self.taken.push(name);
                        self.server.accept().unwrap();
                    }
                }
                server::Event::Body(octets) => self.message.extend_from_slice(&octets),
                server::Event::BodyEnd { .. } => {
                    assert_eq!(self.message, self.whole, "a torn message");
                    self.delivered = self.taken.clone();
                    while self.server.owes().is_some() {
                        self.server.accept().unwrap();
                    }
                }
                _ if self.server.owes().is_some() => self.server.accept().unwrap(),
                _ => {}
            }
        }
    }
}

/// Carries so many octets, each way counted for itself, and then cuts the connection. Returns how
/// many there were.
fn carry(sender: &mut Sender, receiver: &mut Receiver, up: usize, down: usize) -> (usize, usize) {
    let (mut ups, mut downs) = (0, 0);
    loop {
        let over = sender.pump();
        let mut moved = false;
        let out = sender.client.buffers().1;
        while out.has_remaining() && ups < up {
            let octet = out.copy_to_bytes(1);
            receiver.server.buffers().0.extend_from_slice(&octet);
            (ups, moved) = (ups + 1, true);
        }
        receiver.pump();
        let out = receiver.server.buffers().1;
        while out.has_remaining() && downs < down {
            let octet = out.copy_to_bytes(1);
            sender.client.buffers().0.extend_from_slice(&octet);
            (downs, moved) = (downs + 1, true);
        }
        match (over, moved) {
            (Ok(true) | Err(_), _) => return (ups, downs),
            (Ok(false), true) => {}
            (Ok(false), false) => {
                sender.client.recv_eof();
                let _ = sender.pump();
                return (ups, downs);
            }
        }
    }
}

/// No message is lost and none is doubled: who is told "accepted" has it, who is told "refused" or
/// "not sent" has it not, and "unknown" is said only when the whole of it was on its way.
#[test]
fn err_connection_is_cut_at_every_octet_in_either_direction() {
    let small = ClientLimits { chunk: 8, ..Default::default() };
    let body = ["Subject: x\r\n\r\n", ".dot\r\n", "end\r\n"];
    for (client, server) in [
        (laptop().chunking(Chunking::Never), mx()),
        (laptop().limits(small.clone()), mx()),
        (laptop().lmtp().chunking(Chunking::Never), mx().lmtp()),
        (laptop().lmtp().limits(small), mx().lmtp()),
    ] {
        let client = client.tls(TlsPolicy::Never);
        let run = |up, down| {
            let mut sender = Sender::new(client.clone(), &body);
            let mut receiver = Receiver::new(server.clone(), &body.concat());
            let count = carry(&mut sender, &mut receiver, up, down);
            let outcomes: Vec<_> = sender.outcomes.into_iter().map(Option::unwrap).collect();
            for (name, outcome) in NAMES.iter().zip(&outcomes) {
                let has_it = receiver.delivered.iter().any(|one| one == name);
                match outcome {
                    Outcome::Accepted(_) => assert!(has_it, "{name} lost it at {up}, {down}"),
                    Outcome::Refused { .. } | Outcome::NotSent(_) => {
                        assert!(!has_it, "{name} would get it twice at {up}, {down}");
                    }
                    Outcome::Unknown => assert!(*name != NAMES[1]),
                }
            }
            (count, outcomes)
        };
        let ((ups, downs), whole) = run(usize::MAX, usize::MAX);
        let accepted =
            |all: &[Outcome]| all.iter().filter(|one| matches!(one, Outcome::Accepted(_))).count();
        assert_eq!(accepted(&whole), 3);
        let mut unknown = 0;
        for cut in 0..ups {
            let (_, outcomes) = run(cut, usize::MAX);
            unknown += usize::from(outcomes.contains(&Outcome::Unknown));
        }
        assert_eq!(unknown, 0, "what was not written to its end cannot have arrived");
        for cut in 0..downs {
            unknown += usize::from(run(usize::MAX, cut).1.contains(&Outcome::Unknown));
        }
        assert!(unknown > 0, "nobody is left in doubt");
    }
}

/// The stages at which a server can begin to misbehave, what it has said until then, and what the
/// recipient of a message is told.
fn stages() -> [(Verb, Vec<&'static str>, Outcome); 6] {
    let lost = || Outcome::NotSent(NotSent::Lost);
    let said = ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"];
    let until = |n: usize| said[..n].to_vec();
    [
        (Verb::Connect, until(0), lost()),
        (Verb::Ehlo, until(1), lost()),
        (Verb::Mail, until(2), lost()),
        (Verb::Rcpt, until(3), lost()),
        (Verb::Data, until(4), lost()),
        (Verb::EndOfData, until(5), Outcome::Unknown),
    ]
}

fn at_stage(said: &[&str]) -> (Client, impl FnMut(&mut Client) -> (Vec<Outcome>, Option<Error>)) {
    let mut client = Client::new(laptop());
    let mailbox = |text| Mailbox::parse(text).unwrap();
    client.send(Envelope::new(mailbox("a@b")).to(mailbox("c@d"))).unwrap();
    let pump = |client: &mut Client| {
        let mut outcomes = Vec::new();
        loop {
            match client.next_event(start()) {
                Ok(Next::Event(Event::WantBody { id, .. })) => client.body_end(id).unwrap(),
                Ok(Next::Event(Event::Recipient { outcome, .. })) => outcomes.push(outcome),
                Ok(Next::Event(_)) => {}
                Ok(_) => return (outcomes, None),
                Err(error) => return (outcomes, Some(error)),
            }
            sent(client);
        }
    };
    for reply in said {
        pump(&mut client);
        sent(&mut client);
        client.buffers().0.extend_from_slice(reply.as_bytes());
    }
    pump(&mut client);
    sent(&mut client);
    (client, pump)
}

/// Replies of 10^5 lines, and lines without end.
#[test]
fn err_reply_without_end_at_every_stage() {
    for (verb, said, outcome) in stages() {
        for (line, limit) in [(&b"250-and so on\r\n"[..], 64 * 1024), (b"250 and so on", 4096)] {
            let (mut client, mut pump) = at_stage(&said);
            let mut lines = 0;
            let error = loop {
                let input: &mut BytesMut = client.buffers().0;
                input.extend_from_slice(line);
                assert!(input.capacity() < 64 * 1024, "{}", input.capacity());
                lines += 1;
                assert!(lines <= 100_000);
                if let (outcomes, Some(error)) = pump(&mut client) {
                    assert_eq!(outcomes, std::slice::from_ref(&outcome), "{verb:?}");
                    break error;
                }
            };
            assert_eq!(error, Error::Reply(ReplyError::TooLong { limit }), "{verb:?}");
            assert!(sent(&mut client).is_empty());
        }
    }
}

/// RFC 5321 3.8, in the middle of a pipeline: those who were told keep what they were told.
#[test]
fn err_421_at_every_place_of_a_pipeline() {
    let answers = ["250 ok", "550 no", "250 ok", "354 go"];
    for at in 0..answers.len() {
        let mailbox = |text: &str| Mailbox::parse(text).unwrap();
        let two = Envelope::new(mailbox("a@b")).to(mailbox("c@d")).to(mailbox("e@f"));
        let mut dialogue = sending(laptop(), &[(two, &["x"])])
            .s("220 mx")
            .c("EHLO laptop.example.com")
            .s("250-mx")
            .s("250 PIPELINING")
            .c("MAIL FROM:<a@b>")
            .c("RCPT TO:<c@d>")
            .c("RCPT TO:<e@f>")
            .c("DATA");
        for answer in &answers[..at] {
            dialogue = dialogue.s(answer);
        }
        dialogue = dialogue.s("421 4.3.2 enough");
        let stage = ["MAIL", "RCPT", "RCPT", "DATA"][at];
        let refused = |n| format!("{n} refused at {stage}: 421 4.3.2 enough");
        dialogue = match at {
            0 | 1 => dialogue.e(&refused(0)),
            _ => dialogue.e("0 refused at RCPT: 550 no"),
        };
        dialogue.e(&refused(1)).fails("Closing");
    }
}

/// TLS that was granted and then does not come.
#[test]
fn err_tls_is_refused_behind_its_220() {
    let start_tls = |policy| {
        let mailbox = |text| Mailbox::parse(text).unwrap();
        let mut client = Client::new(laptop().tls(policy));
        client.send(Envelope::new(mailbox("a@b")).to(mailbox("c@d"))).unwrap();
        for reply in ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n"] {
            while matches!(client.next_event(start()), Ok(Next::Event(_))) {}
            client.buffers().0.extend_from_slice(reply.as_bytes());
        }
        while matches!(client.next_event(start()), Ok(Next::Event(_))) {}
        assert!(sent(&mut client).ends_with(b"STARTTLS\r\n"));
        client
    };
    let told = |client: &mut Client| loop {
        match client.next_event(start()) {
            Ok(Next::Event(Event::Recipient { outcome, .. })) => {
                assert_eq!(outcome, Outcome::NotSent(NotSent::Lost));
            }
            Ok(Next::Event(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error.to_string(),
        }
    };
    for policy in [TlsPolicy::Opportunistic, TlsPolicy::Required] {
        // In words behind the 220, or by a layer that gives up, which is the end of the connection.
        let mut client = start_tls(policy);
        client.buffers().0.extend_from_slice(b"220 go\r\n454 4.7.0 not after all\r\n");
        assert_eq!(told(&mut client), "25 octets behind the reply to STARTTLS");
        assert!(sent(&mut client).is_empty());
        let mut client = start_tls(policy);
        client.buffers().0.extend_from_slice(b"220 go\r\n");
        assert!(matches!(client.next_event(start()), Ok(Next::Upgrade { .. })));
        client.recv_eof();
        assert_eq!(told(&mut client), "server hung up (state: handshake)");
        assert!(sent(&mut client).is_empty());
    }
}
