//! Input that no peer should send, and ends that go away: every recipient has the right outcome,
//! memory stays bounded, and the error says what happened. What servers send is in
//! `client_bad_input`.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use dialogue::{application, laptop, mx, sent};
use mail_errors::Secret;
use mail_sasl::{Credentials, Mechanism};
use mail_wire::{
    BODY_BLOCK, Goodbye, Next, SendBuffer, Session, Upgrade,
    proxy::{Event, Header, Limits, Preceded, Version},
    testing::{Act, Ended, Happening, Pair, replay, start},
};
use smtp_proto::{
    Mailbox, ReplyError, State,
    client::{self, Chunking, Client, Envelope, NotSent, Outcome, TlsPolicy},
    limits::ClientLimits,
    server::{self, Server, TlsUse, replies},
};

const NAMES: [&str; 3] = ["bob@d", "nobody@d", "carol@d"];

fn envelope() -> Envelope {
    let mailbox = |text: &str| Mailbox::parse(text).unwrap();
    Envelope::new(mailbox("a@b")).to_all(NAMES.map(|one| mailbox(one).into()))
}

/// Who goes away, at which of its events, and how.
#[derive(Debug, Clone, Copy)]
struct Leaving {
    is_server: bool,
    at: usize,
    how: Goodbye,
}

/// What came of a message: each recipient's outcome, how often each has got it, and how many events
/// there were at the client and at the server.
struct Came {
    outcomes: [Outcome; 3],
    got: [usize; 3],
    events: [usize; 2],
}

fn send(client: client::Config, server: server::Config, leaving: Option<Leaving>) -> Came {
    let mut pair = Pair::new(Client::new(client), Server::new(server));
    pair.client.send(envelope()).unwrap();
    let mut parts = vec![Bytes::from("end\r\n"), Bytes::from("Subject: x\r\n\r\n.dot\r\n")];
    let (mut outcomes, mut taken, mut got) = ([const { None }; 3], Vec::new(), [0; 3]);
    let (mut body, mut events) = (Vec::new(), [0; 2]);
    loop {
        let leaves = |is_server: bool, events: usize| {
            let at_this = |one: &Leaving| one.is_server == is_server && one.at == events;
            leaving.filter(at_this).map(|one| one.how)
        };
        match pair.step() {
            Happening::Client(event) => {
                if let Some(how) = leaves(false, events[0]) {
                    pair.client.close(how);
                }
                events[0] += 1;
                match event {
                    client::Event::WantBody { id, .. } => match parts.pop() {
                        Some(part) => pair.client.body(id, part).unwrap(),
                        None => pair.client.body_end(id).unwrap(),
                    },
                    client::Event::Recipient { index, outcome, .. } => {
                        assert_eq!(outcomes[index].replace(outcome), None, "told twice");
                    }
                    client::Event::Done { .. } => pair.client.close(Goodbye::Done),
                    _ => {}
                }
            }
            Happening::Server(event) => {
                if let Some(how) = leaves(true, events[1]) {
                    pair.server.close(how);
                }
                events[1] += 1;
                let is_end = matches!(event, server::Event::BodyEnd { .. });
                match event {
                    server::Event::Rcpt(rcpt) if pair.server.owes().is_some() => {
                        let name = rcpt.forward_path().mailbox().unwrap().to_string();
                        let index = NAMES.iter().position(|one| *one == name).unwrap();
                        if index == 1 {
                            pair.server.reply(replies::NO_SUCH_MAILBOX).unwrap();
                        } else {
                            taken.push(index);
                            pair.server.accept().unwrap();
                        }
                    }
                    server::Event::Body(octets) => body.extend_from_slice(&octets),
                    _ => {}
                }
                if is_end && pair.server.owes().is_some() {
                    assert_eq!(body, b"Subject: x\r\n\r\n.dot\r\nend\r\n", "a torn message");
                    taken.iter().for_each(|index| got[*index] += 1);
                }
                while pair.server.owes().is_some() {
                    pair.server.accept().unwrap();
                }
            }
            Happening::Over(..) => break,
            Happening::Quiet => panic!("{leaving:?}: nothing goes on"),
        }
    }
    let outcomes = outcomes.map(|one| one.unwrap_or_else(|| panic!("{leaving:?}: not told")));
    Came { outcomes, got, events }
}

/// 421 in the middle of a pipeline, by a server that shuts down or breaks, and clients that have had
/// enough: nobody's message is lost, and nobody's arrives although it was told not to.
#[test]
fn err_either_end_goes_away_at_every_event() {
    let small = ClientLimits { chunk: 8, ..Default::default() };
    for (client, server) in [
        (laptop().chunking(Chunking::Never), mx()),
        (laptop().limits(small.clone()), mx()),
        (laptop().lmtp().chunking(Chunking::Never), mx().lmtp()),
        (laptop().lmtp().limits(small), mx().lmtp()),
    ] {
        let whole = send(client.clone(), server.clone(), None);
        assert_eq!(whole.got, [1, 0, 1]);
        let ends = [(false, whole.events[0]), (true, whole.events[1])];
        for (is_server, events) in ends {
            assert!(events > 5);
            let hows = [Goodbye::Shutdown, Goodbye::Overloaded, Goodbye::InternalError];
            for (at, how) in (0..events).flat_map(|at| hows.map(|how| (at, how))) {
                let leaving = Leaving { is_server, at, how };
                let came = send(client.clone(), server.clone(), Some(leaving));
                for (outcome, got) in came.outcomes.iter().zip(came.got) {
                    match outcome {
                        Outcome::Accepted(_) => assert_eq!(got, 1, "{leaving:?}: lost"),
                        Outcome::Refused { .. } | Outcome::NotSent(_) => {
                            assert_eq!(got, 0, "{leaving:?}: would arrive twice");
                        }
                        Outcome::Unknown => assert!(got <= 1),
                    }
                }
                assert_eq!(came.got[1], 0);
            }
        }
    }
}

/// A message of one line without end, in bounded memory at both ends, by DATA and by BDAT.
#[test]
fn ok_a_line_of_ten_mebibytes_in_a_message() {
    const PART: usize = 64 * 1024;
    const PARTS: usize = 160;
    for (client, octet) in [(laptop().chunking(Chunking::Never), b'.'), (laptop(), b'x')] {
        let part = Bytes::from(vec![octet; PART]);
        let mut pair = Pair::new(Client::new(client), Server::new(mx()));
        pair.client.send(envelope()).unwrap();
        let (mut given, mut taken, mut most, mut told) = (0, 0, 0, Vec::new());
        loop {
            match pair.step() {
                Happening::Client(client::Event::WantBody { id, .. }) if given == PARTS => {
                    pair.client.body_end(id).unwrap();
                }
                Happening::Client(client::Event::WantBody { id, .. }) => {
                    given += 1;
                    pair.client.body(id, part.clone()).unwrap();
                }
                Happening::Client(client::Event::Recipient { outcome, .. }) => told.push(outcome),
                Happening::Client(_) => {}
                Happening::Server(server::Event::Body(octets)) => taken += octets.len(),
                Happening::Server(_) if pair.server.owes().is_some() => {
                    pair.server.accept().unwrap();
                }
                Happening::Server(_) => {}
                Happening::Quiet => break,
                Happening::Over(..) => panic!("over"),
            }
            let held =
                |(input, output): (&mut BytesMut, &mut SendBuffer)| input.capacity() + output.len();
            most = most.max(held(pair.client.buffers()) + held(pair.server.buffers()));
        }
        // The line gets its end.
        assert_eq!(taken, PARTS * PART + 2);
        assert!(told.len() == 3 && told.iter().all(|one| matches!(one, Outcome::Accepted(_))));
        assert!(most < 1 << 20, "{most}");
    }
}

/// RFC 4954 4: what is over the limit is refused, and what has no end ends the conversation; none of
/// it is kept, and nobody is asked about it.
#[test]
fn err_authentication_without_end() {
    let config = || mx().auth(&Mechanism::BY_STRENGTH).allow_auth_in_clear();
    let part = [b'A'; 8192];
    let starts = ["AUTH PLAIN ", "AUTH PLAIN\r\n", "AUTH LOGIN\r\n", "AUTH SCRAM-SHA-256\r\n"];
    for auth in starts.map(|auth| format!("EHLO c\r\n{auth}")) {
        let mut server = Server::new(config());
        let mut parts: Vec<&[u8]> = vec![auth.as_bytes()];
        parts.extend(vec![&part[..]; 10 * 1024 * 1024 / part.len()]);
        let replayed = replay(&mut server, &mut application(), &parts, false);
        let ended =
            matches!(&replayed.ended, Ended::Failed(error) if error.contains("EndlessLine"));
        assert!(ended, "{auth:?}: {:?}", replayed.ended);
        assert!(replayed.room <= 2 * BODY_BLOCK, "{}", replayed.room);
        assert!(
            replayed.log.iter().all(|line| !line.contains("PLAIN") && !line.contains("look up"))
        );
        // With its end it is refused, and the next command is heard.
        let mut server = Server::new(config());
        let long = format!("{auth}{}\r\nNOOP\r\n", "A".repeat(20_000));
        let replayed = replay(&mut server, &mut application(), &[long.as_bytes()], false);
        assert_eq!(replayed.ended, Ended::WantsInput);
        let said = replayed.text();
        let codes: Vec<_> =
            dialogue::replies(&said).iter().map(|one| one[..3].to_owned()).collect();
        assert_eq!(codes[codes.len() - 2..], ["500", "250"], "{said}");
    }
}

/// A challenge without end, in one line or in many, reaches no mechanism.
#[test]
fn err_challenge_without_end() {
    let tim = Credentials::new("tim", Secret::from("tanstaaf")).unwrap();
    for (line, limit) in [(&b"334 AAAAAAAAAAAA"[..], 4096), (b"334-AAAAAAAAAAAA\r\n", 64 * 1024)] {
        let config = laptop().tls(TlsPolicy::Never).auth(tim.clone()).mechanism(Mechanism::CramMd5);
        let mut client = Client::new(config);
        client.send(envelope()).unwrap();
        for reply in ["220 mx\r\n", "250-mx\r\n250 AUTH CRAM-MD5\r\n"] {
            while matches!(client.next_event(start()), Ok(Next::Event(_))) {}
            client.buffers().0.extend_from_slice(reply.as_bytes());
        }
        assert!(matches!(client.next_event(start()), Ok(Next::NeedInput { .. })));
        assert!(sent(&mut client).ends_with(b"AUTH CRAM-MD5\r\n"));
        let mut told = Vec::new();
        let error = loop {
            let input = client.buffers().0;
            input.extend_from_slice(line);
            assert!(input.capacity() < 64 * 1024, "{}", input.capacity());
            match client.next_event(start()) {
                Ok(Next::Event(client::Event::Recipient { outcome, .. })) => told.push(outcome),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error, client::Error::Reply(ReplyError::TooLong { limit }));
        assert_eq!(told, [const { Outcome::NotSent(NotSent::Lost) }; 3]);
        assert!(sent(&mut client).is_empty());
    }
}

/// TLS that was granted and then does not come, at the server.
#[test]
fn err_client_refuses_tls_behind_220() {
    let mut server = Server::new(mx().tls(TlsUse::Offered));
    server.buffers().0.extend_from_slice(b"EHLO c\r\nSTARTTLS\r\n");
    while !matches!(server.next_event(start()), Ok(Next::Upgrade { to: Upgrade::Tls, .. })) {}
    assert!(sent(&mut server).ends_with(b"220 2.0.0 ready to start TLS\r\n"));
    // The layer gives up, which is the end of the connection.
    server.recv_eof();
    let error = server.next_event(start()).unwrap_err();
    assert_eq!(error, server::Error::Disconnected { state: State::Handshake, torn: true });
    assert!(sent(&mut server).is_empty() && !server.is_tls());
}

/// PROXY, version 2, in front of the conversation: whatever its length says, nothing of SMTP is
/// said unless it is true, and no octet of it is taken for a command.
#[test]
fn err_lying_lengths_of_a_proxy() {
    let addresses = |port| SocketAddr::from(([192, 0, 2, 1], port));
    let header = Header::new(Version::V2, addresses(50_000), addresses(25));
    let mut out = SendBuffer::new();
    header.encode(&mut out);
    let header = out.copy_to_bytes(out.len()).to_vec();
    let truth = header.len() - 16;
    let lengths = (0..600).chain([1_000, 4_096, 32_768, 65_535]);
    for length in lengths {
        let mut wire = header.clone();
        wire[14..16].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        wire.extend_from_slice(b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
        for step in [1, 7, wire.len()] {
            let mut session = Preceded::expecting(Server::new(mx()), Limits::default());
            let mut heard = 0;
            let mut act = |session: &mut Preceded<Server>, event: Event<server::Event>| {
                heard += usize::from(matches!(event, Event::Session(_)));
                if session.get_ref().owes().is_some() {
                    session.get_mut().accept().unwrap();
                }
                Act::Quiet
            };
            let parts: Vec<&[u8]> = wire.chunks(step).collect();
            let replayed = replay(&mut session, &mut act, &parts, true);
            if length == truth {
                // The name, the sender, the recipient, and that nothing comes of it.
                assert!(replayed.text().starts_with("220 ") && heard == 4, "{heard}");
            } else {
                let failed =
                    matches!(&replayed.ended, Ended::Failed(error) if error.contains("Proxy"));
                assert!(failed, "{length}: {:?}", replayed.ended);
                assert!(replayed.output.is_empty() && heard == 0, "{length}");
            }
        }
    }
}
