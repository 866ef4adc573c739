//! What the tests of both ends share: an application with a maildrop.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may")]

use std::sync::LazyLock;

use bytes::Bytes;
use mail_errors::Secret;
use mail_sasl::{
    Credentials, Nonce, ScramHash, ScramKeys,
    server::{Claim, Kept, Lookup},
};
use mail_wire::testing::{Act, Replay, contract, cut_everywhere};
use pop3_proto::client::{self, Client};
use pop3_proto::server::{Config, Event, PlaintextLogin, Server};
use pop3_proto::{Deviation, Maildrop, Response, ResponseCode, UniqueId};

/// What stands behind a server in the tests: the user `mrose` with the password `tanstaaf`.
#[derive(Debug, Clone)]
pub struct App {
    pub messages: Vec<Vec<u8>>,
    /// How many octets of a message are given at once.
    pub piece: usize,
    /// What is in each message's id.
    pub id_of: Vec<usize>,
}

impl App {
    /// A maildrop of these messages.
    pub fn new(messages: &[&[u8]]) -> Self {
        let id_of = (1..=messages.len()).collect();
        Self { messages: messages.iter().map(|text| text.to_vec()).collect(), piece: 7, id_of }
    }

    /// A maildrop of messages of these sizes, as in RFC 1939.
    pub fn of_sizes(sizes: &[usize]) -> Self {
        let message = |&size: &usize| {
            let mut text = b"Subject: x\r\n\r\n".to_vec();
            text.resize(size - 2, b'x');
            text.extend(b"\r\n");
            text
        };
        let id_of = (1..=sizes.len()).collect();
        Self { messages: sizes.iter().map(message).collect(), piece: 50, id_of }
    }

    /// Answers an event as a good application does.
    pub fn act(&self, session: &mut Server, event: Event) -> Act {
        match event {
            Event::Login(who) => {
                let good = who.user() == "mrose" && who.password().expose() == b"tanstaaf";
                self.log_in(session, good);
                Act::Log(format!("login {}", who.user()))
            }
            Event::Lookup(lookup) => {
                session.supply(kept(&lookup)).unwrap();
                // Another exchange must not differ from run to run.
                session.set_nonce(Nonce::new("server").unwrap());
                Act::Log(format!("look up {}", lookup.user()))
            }
            Event::Authenticate(claim) => {
                let good = match &claim {
                    Claim::Token(token) => token.token().expose() == b"tanstaaf",
                    // What is shown already, and what anybody may.
                    _ => true,
                };
                self.log_in(session, good);
                Act::Log(format!("authenticate {}", claim.user().unwrap_or("?")))
            }
            Event::Apop(who) => {
                let good = who.user() == "mrose" && who.verify(&Secret::from("tanstaaf"));
                self.log_in(session, good);
                Act::Log(format!("apop {}", who.user()))
            }
            Event::WantBody(want) => {
                let message = &self.messages[want.number().index()];
                match message.get(want.offset() as usize..) {
                    None | Some([]) => session.body_end(want.id()).unwrap(),
                    Some(rest) => {
                        let piece = &rest[..rest.len().min(self.piece)];
                        session.body(want.id(), Bytes::copy_from_slice(piece)).unwrap();
                    }
                }
                Act::Quiet
            }
            Event::WantIds(want) => {
                let id = |index: usize| UniqueId::new(format!("id-{}", self.id_of[index])).unwrap();
                session.ids(want.indexes().map(id)).unwrap();
                Act::Quiet
            }
            Event::Commit(deletions) => {
                session.committed().unwrap();
                let numbers: Vec<_> = deletions.iter().map(|number| number.get()).collect();
                Act::Log(format!("commit {numbers:?}"))
            }
            Event::Refused(refused) => {
                let verb = refused.verb().map_or("?", |verb| verb.as_str());
                Act::Log(format!("refused {verb} {:?}", refused.why()))
            }
            Event::Tolerated(defect) => Act::Log(format!("tolerated {defect}")),
            Event::Tls(_) => Act::Log("tls".into()),
            Event::BodyEnough(_) => Act::Log("enough".into()),
            other => panic!("{other:?}"),
        }
    }

    fn log_in(&self, session: &mut Server, good: bool) {
        if good {
            let sizes = self.messages.iter().map(|text| text.len() as u64);
            session.accept(Maildrop::from_sizes(sizes).unwrap()).unwrap();
        } else {
            let no = Response::err(ResponseCode::Auth, "wrong name or password").unwrap();
            session.refuse(&no).unwrap();
        }
    }
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

/// A server on loopback: passwords may come in the clear.
pub fn open() -> Config {
    Config::new().plaintext_login(PlaintextLogin::Allow)
}

/// Runs a dialogue whole, cut at every offset and octet by octet, and holds it to the contract.
pub fn serve(config: &Config, app: &App, flights: &[&str]) -> Replay {
    let flights: Vec<&[u8]> = flights.iter().map(|flight| flight.as_bytes()).collect();
    serve_octets(config, app, &flights)
}

/// The same with octets that are no text.
pub fn serve_octets(config: &Config, app: &App, flights: &[&[u8]]) -> Replay {
    let make = || {
        let app = app.clone();
        let act = move |session: &mut Server, event| app.act(session, event);
        let mut server = Server::new(config.clone());
        server.set_nonce(Nonce::new("server").unwrap());
        (server, act)
    };
    contract(make, flights);
    cut_everywhere(make, flights, true)
}

/// Joins lines as they stand on the wire.
pub fn lines(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\r\n"]).collect()
}

/// Plays a server's answers to a client that was given commands, whole and cut everywhere.
pub fn fetch(config: &client::Config, give: fn(&mut Client), answers: &[&[u8]]) -> Replay {
    let make = || {
        let mut client = Client::new(config.clone());
        client.set_nonce(Nonce::new("client").unwrap());
        give(&mut client);
        (client, |_: &mut Client, event| tell(event))
    };
    contract(make, answers);
    cut_everywhere(make, answers, true)
}

/// A client on loopback: passwords may go in the clear.
pub fn bold() -> client::Config {
    client::Config::new().tls(client::Tls::Never).plaintext_login(client::PlaintextLogin::Allow)
}

/// The credentials that [`App`] takes.
pub fn mrose() -> Credentials {
    Credentials::new("mrose", Secret::from("tanstaaf")).unwrap()
}

/// Says in a line what a client told.
pub fn tell(event: client::Event) -> Act {
    use client::Event as E;
    Act::Log(match event {
        E::Greeting(response) => format!("greeting {response}"),
        E::Tls(_) => "tls".into(),
        E::Ready => "ready".into(),
        E::Capabilities { capabilities, .. } => format!("offers {capabilities:?}"),
        E::Stat { listing, .. } => {
            format!("stat {} {}", listing.messages(), size(listing.octets()))
        }
        E::Listed { listing, .. } => {
            format!("size {} {}", listing.number(), size(listing.octets()))
        }
        E::Id { listing, .. } => {
            let id = listing.id().map_or("?".into(), |id| id.to_string());
            format!("id {} {id}", listing.number())
        }
        E::Language { listing, .. } => format!("speaks {}", listing.tag()),
        // Which is legal, and common in here.
        E::Tolerated { defect, .. } if defect.deviation() == Deviation::StatusWithoutText => {
            return Act::Quiet;
        }
        E::Tolerated { defect, .. } => format!("tolerated {defect}"),
        E::Body { octets, .. } => return Act::Piece("body", octets.to_vec()),
        E::BodyEnd { .. } => "end of body".into(),
        E::BodyAborted { .. } => "body aborted".into(),
        E::Malformed { error, .. } => format!("malformed: {error}"),
        E::Done { verb, response, .. } => format!("{verb} {response}"),
        E::Refused { verb, response, .. } => format!("{verb} {response}"),
        E::NotSent { why, .. } => format!("not sent: {why}"),
        other => panic!("{other:?}"),
    })
}

fn size(octets: Option<u64>) -> String {
    octets.map_or("?".into(), |octets| octets.to_string())
}
