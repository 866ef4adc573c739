//! Every look-alike of an end of message through our client into our server, in every split, by DATA
//! and by chunks: one message or none arrives, and it is the one that was given.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use bytes::Bytes;
use dialogue::{laptop, mx};
use mail_wire::{
    BareNewline,
    testing::{Happening, Pair},
};
use smtp_proto::{
    Mailbox,
    client::{self, Chunking, Client, Config, Envelope, NotSent, Outcome},
    limits::ClientLimits,
    server::{self, Server},
};

const LOOK_ALIKES: [&str; 10] = [
    "\n.\n",
    "\n.\r",
    "\r.\n",
    "\r.\r",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r\n",
    "\r\n\0.\r\n",
    "\r\n.\r\r\n",
    "\r\r\n.\r\r\n",
];

/// The end itself, which is text where an application gives it.
const GENUINE: &str = "\r\n.\r\n";
const SMUGGLED: &str = "MAIL FROM:<admin@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nsmuggled\r\n";

/// Each CR, LF and CRLF as a CRLF.
fn normalized(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

fn is_bare(text: &str) -> bool {
    text.replace("\r\n", "").contains(['\r', '\n'])
}

/// Returns the outcome and what arrived.
fn delivered(config: Config, parts: &[Bytes]) -> (Outcome, Vec<String>) {
    let mut pair = Pair::new(Client::new(config), Server::new(mx()));
    let mailbox = |text| Mailbox::parse(text).unwrap();
    pair.client.send(Envelope::new(mailbox("a@b")).to(mailbox("c@d"))).unwrap();
    let mut parts = parts.iter();
    let (mut outcome, mut arrived, mut body) = (None, Vec::new(), Vec::new());
    loop {
        match pair.step() {
            Happening::Client(client::Event::WantBody { id, .. }) => {
                // What is wrong with it is told by the outcome.
                let _ = match parts.next() {
                    Some(part) => pair.client.body(id, part.clone()),
                    None => pair.client.body_end(id),
                };
            }
            Happening::Client(client::Event::Recipient { outcome: told, .. }) => {
                assert_eq!(outcome.replace(told), None);
            }
            Happening::Client(_) => {}
            Happening::Server(server::Event::Body(octets)) => body.extend_from_slice(&octets),
            Happening::Server(server::Event::BodyEnd { .. }) => {
                arrived.push(String::from_utf8(std::mem::take(&mut body)).unwrap());
                pair.server.accept().unwrap();
            }
            Happening::Server(_) if pair.server.owes().is_some() => pair.server.accept().unwrap(),
            Happening::Server(_) => {}
            Happening::Quiet | Happening::Over(..) => return (outcome.unwrap(), arrived),
        }
    }
}

/// In two at every offset, and octet by octet.
fn splits(text: &str) -> impl Iterator<Item = Vec<Bytes>> {
    let text = Bytes::copy_from_slice(text.as_bytes());
    let octets = (0..text.len()).map(|at| text.slice(at..=at)).collect();
    let in_two = move |at| vec![text.slice(..at), text.slice(at..)];
    let length = 1 + GENUINE.len() + 10;
    (0..=length).map(in_two).chain([octets])
}

#[test]
fn err_no_look_alike_makes_two_messages_of_one() {
    let by_chunks = |chunk| laptop().limits(ClientLimits { chunk, ..Default::default() });
    let configs = [laptop().chunking(Chunking::Never), by_chunks(1), by_chunks(7), laptop()];
    for look_alike in LOOK_ALIKES.into_iter().chain([GENUINE]) {
        // At the start of the message and behind a line.
        for text in [format!("{look_alike}{SMUGGLED}"), format!("lorem{look_alike}{SMUGGLED}")] {
            for parts in splits(&text) {
                for config in configs.clone() {
                    let normalizing = config.clone().bare_newline(BareNewline::Normalize);
                    let (outcome, arrived) = delivered(normalizing, &parts);
                    assert!(matches!(outcome, Outcome::Accepted(_)), "{parts:?}: {outcome:?}");
                    assert_eq!(arrived, [normalized(&text)], "{parts:?}");
                    let (outcome, arrived) = delivered(config, &parts);
                    if is_bare(&text) {
                        let refused = matches!(outcome, Outcome::NotSent(NotSent::BareNewline(_)));
                        assert!(refused && arrived.is_empty(), "{parts:?}: {outcome:?}");
                    } else {
                        assert!(matches!(outcome, Outcome::Accepted(_)), "{parts:?}: {outcome:?}");
                        assert_eq!(arrived, [&*text], "{parts:?}");
                    }
                }
            }
        }
    }
}

/// The look-alike, and an octet on either side of it, in all ways that parts can be cut, by DATA and
/// by chunks that end where it likes.
#[test]
fn err_no_look_alike_in_any_number_of_parts() {
    let chunks = laptop().limits(ClientLimits { chunk: 3, ..Default::default() });
    for look_alike in LOOK_ALIKES.into_iter().chain([GENUINE]) {
        for before in ["", "lorem\r\n"] {
            let text = format!("{before}{look_alike}{SMUGGLED}");
            let whole = Bytes::copy_from_slice(text.as_bytes());
            let from = before.len().max(1);
            let places: Vec<_> = (from..before.len() + look_alike.len() + 1).collect();
            for cuts in 0..1_u32 << places.len() {
                let (mut parts, mut rest) = (Vec::new(), whole.clone());
                for (nth, at) in places.iter().enumerate().rev() {
                    if cuts & (1 << nth) != 0 {
                        parts.push(rest.split_off(*at));
                    }
                }
                parts.push(rest);
                parts.reverse();
                for config in [laptop().chunking(Chunking::Never), chunks.clone()] {
                    let normalizing = config.clone().bare_newline(BareNewline::Normalize);
                    let (outcome, arrived) = delivered(normalizing, &parts);
                    assert!(matches!(outcome, Outcome::Accepted(_)), "{parts:?}: {outcome:?}");
                    assert_eq!(arrived, [normalized(&text)], "{parts:?}");
                    let (_, arrived) = delivered(config, &parts);
                    match is_bare(&text) {
                        true => assert!(arrived.is_empty(), "{parts:?}"),
                        false => assert_eq!(arrived, [&*text], "{parts:?}"),
                    }
                }
            }
        }
    }
}
