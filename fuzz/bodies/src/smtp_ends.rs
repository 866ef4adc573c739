//! SMTP's two ends, each with a peer that sends anything.

use bytes::Bytes;
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode, Secret};
use mail_sasl::{Credentials, Mechanism};
use mail_wire::BareNewline;
use mail_wire::testing::{Act, Ended, replay};
use smtp_proto::client::{self, Client, Envelope, TlsPolicy};
use smtp_proto::server::{self, Server, TlsUse, replies};
use smtp_proto::{Domain, ForwardPath, Profile, ReversePath};

use crate::lockstep;
use crate::random::Random;
use crate::session::{Cutting, hold};

/// Longer than any line of either end.
const HOLDS: usize = 64 * 1024;

/// Octets are what a client sends; the application says yes and no as it likes.
pub(crate) fn server(data: &[u8]) {
    let host = Domain::parse("mx.example.org").expect("a domain");
    let plain = server::Config::new(&host).auth(&Mechanism::BY_STRENGTH).allow_auth_in_clear();
    for policy in [BareNewline::Reject, BareNewline::Normalize] {
        let config = plain.clone().bare_newline(policy);
        let run = hold(
            || (Server::new(config.clone()), application(data)),
            data,
            HOLDS,
            Cutting::Anywhere,
        );
        lockstep::smtp(data, &run, policy);
    }
    for tls in [TlsUse::Required, TlsUse::Implicit] {
        let config = plain.clone().tls(tls).profile(Profile::STRICT);
        hold(|| (Server::new(config.clone()), application(data)), data, HOLDS, Cutting::Matters);
    }
}

fn application(data: &[u8]) -> impl FnMut(&mut Server, server::Event) -> Act {
    use server::Event;
    const NO: [Reply; 2] = [
        Reply::fixed(
            ReplyCode::MAILBOX_UNAVAILABLE,
            Some(EnhancedStatusCode::BAD_MAILBOX),
            "nobody of that name",
        ),
        Reply::fixed(ReplyCode::LOCAL_ERROR, None, "come back later"),
    ];
    let mut random = Random::of(data);
    let mut body = Vec::new();
    move |server, event| {
        let is_question = matches!(
            event,
            Event::Auth { .. }
                | Event::Mail(_)
                | Event::Rcpt(_)
                | Event::Data
                | Event::BodyEnd { .. }
                | Event::Verify(_)
        );
        assert_eq!(server.owes().is_some(), is_question, "{event:?}");
        let before = server.state();
        if is_question {
            // What goes on after DATA ends all else, and the other way round.
            let wrong = if event == Event::Data { replies::OK } else { replies::GO_AHEAD };
            let owed = server.owes();
            assert!(server.reply(wrong).is_err(), "no answer to {event:?}");
            assert_eq!((server.owes(), server.state()), (owed, before), "a mistake of ours counts");
            // Seldom no: a message needs four times yes.
            match random.below(16) {
                0 => server.reply(NO[0].clone()),
                1 => server.reply(NO[1].clone()),
                _ => server.accept(),
            }
            .expect("it is owed");
        } else {
            assert!(server.accept().is_err(), "{event:?} is answered already");
            assert_eq!(server.state(), before, "a mistake of ours moves the session");
        }
        match event {
            Event::Body(octets) => {
                assert!(!octets.is_empty());
                body.extend_from_slice(&octets);
                Act::Quiet
            }
            Event::BodyEnd { octets } => {
                assert_eq!(octets, body.len() as u64);
                assert!(body.is_empty() || body.ends_with(b"\r\n"));
                let text = std::mem::take(&mut body);
                let bare = text.windows(2).any(|two| (two[0] == b'\r') != (two[1] == b'\n'));
                assert!(!bare, "a bare line end goes on");
                Act::Log(format!("message {}", text.escape_ascii()))
            }
            Event::BodyAborted(_) => {
                body.clear();
                Act::log(&event)
            }
            other => Act::log(&other),
        }
    }
}

/// Octets are what a server sends to a client that has a message for two people.
pub(crate) fn client(data: &[u8]) {
    let name = Domain::parse("laptop.example.org").expect("a domain");
    let tim = Credentials::new("tim", Secret::from("tanstaaf")).expect("credentials");
    let plain = client::Config::new(name).tls(TlsPolicy::Never);
    let with_auth = plain.clone().auth(tim).allow_auth_in_clear();
    for (config, cutting) in [
        (plain, Cutting::WithinLines),
        (with_auth.clone(), Cutting::WithinLines),
        (with_auth.clone().tls(TlsPolicy::Opportunistic), Cutting::Matters),
        (with_auth.tls(TlsPolicy::Required), Cutting::Matters),
    ] {
        let make = || {
            let mut client = Client::new(config.clone());
            client.send(envelope()).expect("nothing is under way");
            (client, sender())
        };
        hold(make, data, HOLDS, cutting);

        // However the connection ends, what became of each recipient is known.
        let (mut client, mut act) = make();
        let run = replay(&mut client, &mut act, &[data], true);
        assert!(matches!(run.ended, Ended::Closed | Ended::Failed(_)), "{:?}", run.ended);
        let told = |name: &str| run.log.iter().filter(|line| line.starts_with(name)).count();
        assert_eq!((told("Recipient "), told("Done ")), (2, 1), "{:#?}", run.log);
    }
}

fn envelope() -> Envelope {
    let from = ReversePath::parse("<tim@example.org>").expect("a path");
    let to = |path: &str| ForwardPath::parse(path).expect("a path");
    Envelope::new(from).to(to("<a@example.com>")).to(to("<b@example.com>"))
}

/// Gives a message of three lines, one by one, and counts what becomes of the recipients.
fn sender() -> impl FnMut(&mut Client, client::Event) -> Act {
    use client::Event;
    const LINES: [&[u8]; 3] = [b"Subject: x\r\n\r\n", b".dot\r\n", b"end"];
    let (mut sent, mut told, mut done) = (0, [false; 2], false);
    move |client, event| {
        match &event {
            Event::WantBody { id, .. } => {
                match LINES.get(sent) {
                    Some(line) => client.body(*id, Bytes::from_static(line)),
                    None => client.body_end(*id),
                }
                .expect("it is wanted");
                sent += 1;
                return Act::Quiet;
            }
            Event::Recipient { index, .. } => {
                let told = told.get_mut(*index).expect("one of the two");
                assert!(!std::mem::replace(told, true), "told twice");
            }
            Event::Done { .. } => {
                assert!(told == [true; 2] && !done, "done before all is told");
                done = true;
            }
            _ => {}
        }
        Act::log(&event)
    }
}
