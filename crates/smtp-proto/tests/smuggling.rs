//! Nothing that only looks like the end of a message ends one: <https://smtpsmuggling.com>,
//! CVE-2023-51764 to 51766.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use bytes::{Bytes, BytesMut};
use dialogue::{application, laptop, mx, sent};
use mail_errors::Misuse;
use mail_wire::{
    BareNewline, Next, Session,
    testing::{cut_everywhere, start},
};
use smtp_proto::{
    Mailbox,
    client::{Client, Envelope, Event, NotSent, Outcome},
    server::Server,
};

const LOOK_ALIKES: [&str; 10] = [
    "\n.\n",
    "\n.\r",
    "\r.\n",
    "\r.\r",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r\n",
    "\r\n.\r\r\n",
    "\r\r\n.\r\r\n",
    "\r\n\0.\r\n",
];

/// A second message, in case something takes the look-alike for the end of the first.
const SMUGGLED: &str = "MAIL FROM:<admin@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nsmuggled";

fn served_with(look_alike: &str, policy: BareNewline) -> (String, Vec<String>) {
    let wire = format!(
        "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\
         lorem{look_alike}{SMUGGLED}\r\n.\r\nQUIT\r\n"
    );
    let make = || (Server::new(mx().bare_newline(policy)), application());
    let replayed = cut_everywhere(make, &[wire.as_bytes()], false);
    (replayed.text(), replayed.log)
}

#[test]
fn err_look_alikes_are_rejected_with_the_whole_message() {
    for look_alike in LOOK_ALIKES.into_iter().filter(|one| !one.contains('\0')) {
        let (said, told) = served_with(look_alike, BareNewline::Reject);
        let codes: Vec<_> =
            dialogue::replies(&said).iter().map(|one| one[..3].to_owned()).collect();
        assert_eq!(codes, ["220", "250", "250", "250", "354", "550", "221"], "{look_alike:?}");
        let aborted = told.iter().filter(|line| line.starts_with("aborted BareNewline"));
        assert_eq!(aborted.count(), 1, "{look_alike:?}: {told:?}");
        assert!(!told.iter().any(|line| line.starts_with("message")), "{told:?}");
    }
}

#[test]
fn ok_look_alikes_become_text_when_normalized() {
    for look_alike in LOOK_ALIKES {
        let (said, told) = served_with(look_alike, BareNewline::Normalize);
        assert_eq!(said.matches("354 ").count(), 1, "{look_alike:?}");
        let messages: Vec<_> = told.iter().filter(|line| line.starts_with("message")).collect();
        let [message] = messages[..] else { panic!("{look_alike:?}: {told:?}") };
        assert!(message.contains("smuggled"), "{message}");
        // What is handed on has no look-alike in it any more.
        let stripped = message.replace("\\r\\n", "");
        assert!(!stripped.contains("\\r") && !stripped.contains("\\n"), "{message}");
    }
}

/// RFC 5321 2.3.8: the same for commands.
#[test]
fn err_commands_that_end_in_lf_alone() {
    let wire = &b"EHLO c\nNOOP\r\nNOOP\rNOOP\r\n"[..];
    let replayed = cut_everywhere(|| (Server::new(mx()), application()), &[wire], false);
    assert_eq!(replayed.log, ["refused EHLO 500", "refused ? 500"]);
    let normalizing = || Server::new(mx().bare_newline(BareNewline::Normalize));
    let replayed = cut_everywhere(|| (normalizing(), application()), &[wire], false);
    assert_eq!(replayed.log, ["hello c", "refused ? 500"]);
}

/// Octets that stand in a command so that a lenient server might see two.
#[test]
fn err_line_ends_within_commands() {
    for inner in ["\r", "\n", "\r\r\n", "\0"] {
        let wire = format!("EHLO c\r\nMAIL FROM:<a@b>{inner}RCPT TO:<c@d>\r\n");
        let make = || (Server::new(mx()), application());
        let replayed = cut_everywhere(make, &[wire.as_bytes()], false);
        assert!(!replayed.log.iter().any(|line| line.starts_with("to ")), "{:?}", replayed.log);
    }
}

/// Gives a message to a client that is being asked for it.
fn offered(parts: &[Bytes], policy: BareNewline) -> (Client, Vec<Result<(), Misuse>>, Vec<Event>) {
    let mut client = Client::new(laptop().bare_newline(policy));
    let envelope = Envelope::new(Mailbox::parse("a@b").unwrap());
    client.send(envelope.to(Mailbox::parse("c@d").unwrap())).unwrap();
    let mut parts = parts.iter();
    let mut script = ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"].iter();
    let (mut given, mut told) = (Vec::new(), Vec::new());
    loop {
        match client.next_event(start()) {
            Ok(Next::Event(Event::WantBody { id, .. })) => given.push(match parts.next() {
                Some(part) => client.body(id, part.clone()),
                None => client.body_end(id),
            }),
            Ok(Next::Event(event)) => told.push(event),
            Ok(Next::NeedInput { .. }) => match script.next() {
                Some(line) => client.buffers().0.extend_from_slice(line.as_bytes()),
                None => break,
            },
            Ok(Next::Upgrade { .. } | Next::NeedReply { .. } | Next::NeedOutput { .. }) => {
                panic!("nobody asked for that")
            }
            Ok(Next::Closed) | Err(_) => break,
        }
    }
    (client, given, told)
}

fn splits(body: &str) -> impl Iterator<Item = Vec<Bytes>> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    (0..=body.len()).map(move |at| vec![body.slice(..at), body.slice(at..)])
}

#[test]
fn err_client_never_sends_a_look_alike() {
    for look_alike in LOOK_ALIKES.into_iter().filter(|one| !one.contains('\0')) {
        for parts in splits(&format!("lorem{look_alike}{SMUGGLED}")) {
            let (mut client, given, told) = offered(&parts, BareNewline::Reject);
            assert!(matches!(given.last(), Some(Err(Misuse::Unencodable { .. }))), "{parts:?}");
            let bare = told.iter().any(|event| {
                let Event::Recipient { outcome, .. } = event else { return false };
                matches!(outcome, Outcome::NotSent(NotSent::BareNewline(_)))
            });
            assert!(bare, "{told:?}");
            // The connection is cut, and what had been sent of the message has no end.
            assert!(client.next_event(start()).is_err());
            assert!(!sent(&mut client).ends_with(b".\r\n"));
        }
    }
}

#[test]
fn ok_client_sends_crlf_alone_when_normalizing() {
    for look_alike in LOOK_ALIKES {
        for parts in splits(&format!("lorem{look_alike}{SMUGGLED}")) {
            let (mut client, given, _) = offered(&parts, BareNewline::Normalize);
            assert!(given.iter().all(Result::is_ok), "{given:?}");
            let said = sent(&mut client);
            let body = said.split(|octet| *octet == b'\n').collect::<Vec<_>>();
            assert!(body[..body.len() - 1].iter().all(|line| line.ends_with(b"\r")
                && line.iter().filter(|octet| **octet == b'\r').count() == 1));
            // Our own server reads one message out of it.
            let mut input = BytesMut::from(&b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"[..]);
            let at = said.windows(6).position(|window| window == b"DATA\r\n").unwrap();
            input.extend_from_slice(&said[at..]);
            let make = || (Server::new(mx()), application());
            let (mut server, mut act) = make();
            let replayed = mail_wire::testing::replay(&mut server, &mut act, &[&input], false);
            let messages = replayed.log.iter().filter(|line| line.starts_with("message"));
            assert_eq!(messages.count(), 1, "{:?}", replayed.log);
        }
    }
}
