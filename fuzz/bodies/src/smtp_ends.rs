//! SMTP's two ends, each with a peer that sends anything.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use bytes::Bytes;
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode, Secret};
use mail_sasl::{Credentials, Mechanism};
use mail_wire::BareNewline;
use mail_wire::proxy::{Network, Trusted};
use mail_wire::testing::{Act, Ended, replay};
use smtp_proto::client::{self, Chunking, Client, Envelope, Recipient, Request, TlsPolicy};
use smtp_proto::limits::ClientLimits;
use smtp_proto::server::{self, Server, TlsUse, replies};
use smtp_proto::{
    ByMode, DeliverBy, Domain, EnvelopeId, ForwardPath, FutureRelease, Limits, Notify, Offer,
    Profile, ReversePath, Solicitation, Timestamp,
};

use crate::lockstep;
use crate::random::Random;
use crate::sasl::{kept, nonce};
use crate::session::{Cutting, hold};

/// How the application says no to a recipient or a message; to one that has not come yet it does
/// so in other words.
pub(crate) const NOBODY: &str = "nobody of that name";
pub(crate) const LATER: &str = "come back later";
/// Longer than any line of either end.
const HOLDS: usize = 64 * 1024;

/// Octets are what a client sends; the application says yes and no as it likes.
pub(crate) fn server(data: &[u8]) {
    let host = Domain::parse("mx.example.org").expect("a domain");
    let plain = server::Config::new(&host).auth(&Mechanism::BY_STRENGTH).allow_auth_in_clear();
    for policy in [BareNewline::Reject, BareNewline::Normalize] {
        let config = plain.clone().bare_newline(policy);
        let run = hold(|| (start(&config), application(data)), data, HOLDS, Cutting::Anywhere);
        lockstep::smtp(data, &run, policy);
    }
    for config in [everything(plain.clone()), everything(plain.clone()).lmtp()] {
        hold(|| (start(&config), application(data)), data, HOLDS, Cutting::Anywhere);
    }
    for tls in [TlsUse::Required, TlsUse::Implicit] {
        let config = plain.clone().tls(tls).profile(Profile::STRICT);
        hold(|| (start(&config), application(data)), data, HOLDS, Cutting::Matters);
    }
}

/// With all that can be offered, to whoever it is.
fn everything(config: server::Config) -> server::Config {
    let until = Timestamp::parse("2030-01-01T00:00:00Z").expect("a time");
    let two = NonZeroU32::new(2);
    let mut limits = Limits::default();
    (limits.messages, limits.recipients, limits.recipient_domains) = (NonZeroU32::new(5), two, two);
    let anybody = || Trusted::new([Network::parse("0.0.0.0/0").expect("a network")]);
    [
        Offer::BinaryMime,
        Offer::Dsn,
        Offer::SmtpUtf8,
        Offer::RequireTls,
        Offer::DeliverBy(two),
        Offer::FutureRelease(FutureRelease::new(60, until).expect("a time")),
        Offer::MtPriority(None),
        Offer::Rrvs,
        Offer::Limits(limits),
        Offer::NoSoliciting(Some(Solicitation::parse("org.example:ADV").expect("a keyword"))),
        Offer::Etrn,
        Offer::Expn,
        Offer::Help,
    ]
    .into_iter()
    .fold(config, server::Config::offer)
    .xclient(anybody())
    .xforward(anybody())
}

fn start(config: &server::Config) -> Server {
    let mut server = Server::new(config.clone()).peer(Ipv4Addr::LOCALHOST.into());
    server.set_nonce(nonce("server"));
    server
}

fn application(data: &[u8]) -> impl FnMut(&mut Server, server::Event) -> Act {
    use server::Event;
    const NO: [Reply; 2] = [
        Reply::fixed(ReplyCode::MAILBOX_UNAVAILABLE, Some(EnhancedStatusCode::BAD_MAILBOX), NOBODY),
        Reply::fixed(ReplyCode::LOCAL_ERROR, None, LATER),
    ];
    // Whether a chunk was refused before it came or when all had come shows by the words.
    const NO_DATA: Reply = Reply::fixed(ReplyCode::LOCAL_ERROR, None, "no message now");
    let mut random = Random::of(data);
    let mut body = Vec::new();
    let upper = data.to_ascii_uppercase();
    let has = |word: &[u8]| upper.windows(word.len()).any(|octets| octets == word);
    let (has_chunks, is_binary) = (has(b"BDAT"), has(b"BINARYMIME"));
    move |server, event| {
        server.set_nonce(nonce("server"));
        let is_question = matches!(
            event,
            Event::Auth { .. }
                | Event::AuthLookup(_)
                | Event::Mail(_)
                | Event::Rcpt(_)
                | Event::Data
                | Event::BodyEnd { .. }
                | Event::Verify(_)
                | Event::Expand(_)
                | Event::Help(_)
                | Event::Etrn(_)
                | Event::Xclient(_)
        );
        assert_eq!(server.owes().is_some(), is_question, "{event:?}");
        let before = server.state();
        if is_question {
            // What goes on after DATA ends all else, and the other way round.
            let wrong = if event == Event::Data { replies::OK } else { replies::GO_AHEAD };
            let owed = server.owes();
            assert!(server.reply(wrong).is_err(), "no answer to {event:?}");
            assert_eq!((server.owes(), server.state()), (owed, before), "a mistake of ours counts");
            // In LMTP once for each recipient.
            for _ in 0..server.answers_owed() {
                // Seldom no: a message needs four times yes.
                match random.below(16) {
                    0 | 1 if event == Event::Data => server.reply(NO_DATA),
                    0 => server.reply(NO[0].clone()),
                    1 => server.reply(NO[1].clone()),
                    _ => match &event {
                        Event::AuthLookup(lookup) => server.supply(kept(lookup)),
                        _ => server.accept(),
                    },
                }
                .expect("it is owed");
            }
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
                assert!(has_chunks || body.is_empty() || body.ends_with(b"\r\n"));
                let text = std::mem::take(&mut body);
                let bare =
                    !is_binary && text.windows(2).any(|two| (two[0] == b'\r') != (two[1] == b'\n'));
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
        (plain.clone(), Cutting::WithinLines),
        (plain.clone().chunking(Chunking::Never).limits(few()), Cutting::WithinLines),
        (plain.clone().limits(few()), Cutting::WithinLines),
        (plain.lmtp(), Cutting::WithinLines),
        (with_auth.clone(), Cutting::WithinLines),
        (with_auth.clone().tls(TlsPolicy::Opportunistic), Cutting::Matters),
        (with_auth.tls(TlsPolicy::Required), Cutting::Matters),
    ] {
        let make = || {
            let mut client = Client::new(config.clone());
            client.set_nonce(nonce("client"));
            client.ask(Request::Noop(None)).expect("nothing is over");
            client.send(envelope()).expect("nothing is under way");
            (client, sender())
        };
        hold(make, data, HOLDS, cutting);

        // However the connection ends, what became of each recipient is known.
        let (mut client, mut act) = make();
        let run = replay(&mut client, &mut act, &[data], true);
        assert!(matches!(run.ended, Ended::Closed | Ended::Failed(_)), "{:?}", run.ended);
        let told = |name: &str| run.log.iter().filter(|line| line.starts_with(name)).count();
        let all = (told("Recipient "), told("Done "), told("Answer "));
        assert_eq!(all, (2, 1, 1), "{:#?}", run.log);
    }
}

fn envelope() -> Envelope {
    let from = ReversePath::parse("<tim@example.org>").expect("a path");
    let to = |path: &str| ForwardPath::parse(path).expect("a path");
    let b = Recipient::from(to("<b@example.com>")).notify(Notify::NEVER);
    let id = EnvelopeId::new("a=b").expect("an id");
    let by = DeliverBy::new(60, ByMode::Notify).expect("in range");
    Envelope::new(from).to(to("<a@example.com>")).to(b).envelope_id(id).deliver_by(by).size(40)
}

/// Chunks of a few octets, and groups of a few commands.
fn few() -> ClientLimits {
    ClientLimits { chunk: 8, group: 600, ..ClientLimits::default() }
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
