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
    server::{self, Server},
};

/// What looks like the end of a message, and what is handed on of it under
/// [`BareNewline::Normalize`], by DATA and by BDAT: a dot behind CRLF is one that was put there.
const LOOK_ALIKES: [(&str, &str, &str); 14] = [
    ("\n.\n", "\r\n.\r\n", "\r\n.\r\n"),
    ("\n.\r", "\r\n.\r\n", "\r\n.\r\n"),
    ("\r.\n", "\r\n.\r\n", "\r\n.\r\n"),
    ("\r.\r", "\r\n.\r\n", "\r\n.\r\n"),
    ("\n.\r\n", "\r\n.\r\n", "\r\n.\r\n"),
    ("\r.\r\n", "\r\n.\r\n", "\r\n.\r\n"),
    ("\r\n.\n", "\r\n\r\n", "\r\n.\r\n"),
    ("\r\n.\r", "\r\n\r\n", "\r\n.\r\n"),
    ("\r\n.\r\r\n", "\r\n\r\n\r\n", "\r\n.\r\n\r\n"),
    ("\r\r\n.\r\r\n", "\r\n\r\n\r\n\r\n", "\r\n\r\n.\r\n\r\n"),
    // Nothing stands alone in these: they are text under either policy.
    ("\r\n\0.\r\n", "\r\n\0.\r\n", "\r\n\0.\r\n"),
    ("\r\n.\0\r\n", "\r\n\0\r\n", "\r\n.\0\r\n"),
    ("\r\n. \r\n", "\r\n \r\n", "\r\n. \r\n"),
    ("\r\n..\r\n", "\r\n.\r\n", "\r\n..\r\n"),
];

/// What stands in front of it: text, a line, or nothing, so that it comes right behind 354.
const BEFORE: [&str; 3] = ["lorem", "lorem\r\n", ""];

/// A second message, in case something takes the look-alike for the end of the first.
const SMUGGLED: &str = "MAIL FROM:<admin@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nsmuggled";

fn is_bare(text: &str) -> bool {
    let others = text.replace("\r\n", "");
    others.contains(['\r', '\n'])
}

/// Each look-alike behind each beginning, and without its first CRLF behind what ends in one; with
/// what is handed on of it by DATA and by BDAT.
fn table() -> impl Iterator<Item = (String, String, String)> {
    let cases = LOOK_ALIKES.into_iter().flat_map(|(wire, data, bdat)| {
        let whole = BEFORE.map(|before| (before, wire, data, bdat));
        let rest = wire.strip_prefix("\r\n").into_iter().flat_map(move |wire| {
            let (data, bdat) = (&data["\r\n".len()..], &bdat["\r\n".len()..]);
            ["lorem\r\n", ""].map(|before| (before, wire, data, bdat))
        });
        whole.into_iter().chain(rest)
    });
    cases.map(|(before, wire, data, bdat)| {
        let text = |middle: &str| format!("{before}{middle}{SMUGGLED}\r\n");
        (text(wire), text(data), text(bdat))
    })
}

fn codes(said: &str) -> Vec<String> {
    dialogue::replies(said).iter().map(|one| one[..3].to_owned()).collect()
}

/// Sends a text as one message, cut everywhere. Returns the codes that were said, and the messages
/// and abortions that were told.
fn served_with(config: server::Config, wire: &str) -> (Vec<String>, Vec<String>) {
    let hello = if wire.contains("LHLO") { "" } else { "EHLO c\r\n" };
    let wire = format!("{hello}{wire}QUIT\r\n");
    let make = || (Server::new(config.clone()), application());
    let replayed = cut_everywhere(make, &[wire.as_bytes()], false);
    let told = replayed.log.into_iter();
    let told = told.filter(|line| line.starts_with("message") || line.starts_with("aborted"));
    (codes(std::str::from_utf8(&replayed.output).unwrap()), told.collect())
}

const ENVELOPE: &str = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

/// One message, or none: never two, whatever is in it, by DATA.
#[test]
fn ok_no_look_alike_ends_a_message() {
    for (wire, normal, _) in table() {
        let sent = format!("{ENVELOPE}DATA\r\n{wire}.\r\n");
        let (said, told) = served_with(mx().bare_newline(BareNewline::Normalize), &sent);
        assert_eq!(said, ["220", "250", "250", "250", "354", "250", "221"], "{wire:?}");
        assert_eq!(told, [format!("message {normal:?}")], "{wire:?}");

        let (said, told) = served_with(mx(), &sent);
        if is_bare(&wire) {
            assert_eq!(said, ["220", "250", "250", "250", "354", "550", "221"], "{wire:?}");
            let [aborted] = &told[..] else { panic!("{wire:?}: {told:?}") };
            assert!(aborted.starts_with("aborted BareNewline"), "{aborted}");
        } else {
            assert_eq!(said, ["220", "250", "250", "250", "354", "250", "221"], "{wire:?}");
            assert_eq!(told, [format!("message {normal:?}")], "{wire:?}");
        }
    }
}

/// All ways to cut a window out of a text into reads, with what stands before and behind it whole.
fn partitions(text: &str, window: std::ops::Range<usize>) -> impl Iterator<Item = Vec<&[u8]>> {
    let text = text.as_bytes();
    let places: Vec<_> = window.collect();
    (0..1_u32 << places.len()).map(move |cuts| {
        let (mut parts, mut from) = (Vec::new(), 0);
        for (nth, at) in places.iter().enumerate() {
            if cuts & (1 << nth) != 0 {
                parts.push(&text[from..*at]);
                from = *at;
            }
        }
        parts.push(&text[from..]);
        parts
    })
}

/// However many reads the look-alike comes in, and wherever they end.
#[test]
fn ok_no_look_alike_ends_a_message_in_any_number_of_reads() {
    for (look_alike, normal, _) in LOOK_ALIKES {
        for before in BEFORE {
            let head = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{before}");
            let wire = format!("{head}{look_alike}{SMUGGLED}\r\n.\r\n");
            let expected = format!("message {:?}", format!("{before}{normal}{SMUGGLED}\r\n"));
            let window = head.len() - 1..head.len() + look_alike.len() + 2;
            for parts in partitions(&wire, window) {
                for policy in [BareNewline::Normalize, BareNewline::Reject] {
                    let mut server = Server::new(mx().bare_newline(policy));
                    let replayed =
                        mail_wire::testing::replay(&mut server, &mut application(), &parts, false);
                    let told = replayed.log.iter();
                    let told: Vec<_> = told
                        .filter(|line| line.starts_with("message") || line.starts_with("aborted"))
                        .collect();
                    let is_refused = policy == BareNewline::Reject && is_bare(&wire);
                    match told[..] {
                        [aborted] if is_refused => {
                            assert!(aborted.starts_with("aborted BareNewline"), "{parts:?}");
                        }
                        [message] => assert_eq!(*message, expected, "{parts:?}"),
                        _ => panic!("{parts:?}: {told:?}"),
                    }
                    assert_eq!(codes(&replayed.text()).len(), 6, "{parts:?}");
                }
            }
        }
    }
}

/// CRLF "." CRLF does, right behind 354 too, where the CRLF of DATA is its first.
#[test]
fn ok_crlf_dot_crlf_ends_a_message_in_every_split() {
    for (text, message) in [("", ""), ("\r\n", "\r\n"), ("lorem\r\n", "lorem\r\n")] {
        let one = format!("{ENVELOPE}DATA\r\n{text}.\r\n");
        let twice = format!("{one}{one}");
        for policy in [BareNewline::Normalize, BareNewline::Reject] {
            let (said, told) = served_with(mx().bare_newline(policy), &twice);
            let each = ["250", "250", "354", "250"];
            let expected = [&["220", "250"], &each[..], &each, &["221"]].concat();
            assert_eq!(said, expected, "{text:?}");
            assert_eq!(told, [format!("message {message:?}"), format!("message {message:?}")]);
            let lmtp = mx().lmtp().bare_newline(policy);
            let (said, told) = served_with(lmtp, &format!("LHLO c\r\n{twice}"));
            assert_eq!(
                (said.iter().map(String::as_str).collect(), told.len()),
                (expected, 2),
                "{text:?}"
            );
            let head = format!("EHLO c\r\n{ENVELOPE}DATA\r\n{text}");
            let wire = format!("{head}.\r\nNOOP\r\n");
            for parts in partitions(&wire, head.len() - 2..head.len() + 5) {
                let mut server = Server::new(mx().bare_newline(policy));
                let (mut act, parts) = (application(), &parts);
                let replayed = mail_wire::testing::replay(&mut server, &mut act, parts, false);
                assert_eq!(codes(&replayed.text())[4..], ["354", "250", "250"], "{parts:?}");
            }
        }
    }
}

/// By BDAT nothing in the text ends anything, CRLF "." CRLF included; its policy is the same, since
/// the next host may get it by DATA.
#[test]
fn ok_nothing_in_a_chunk_ends_a_message() {
    let terminator = format!("lorem\r\n.\r\n{SMUGGLED}\r\n");
    let genuine = std::iter::once((terminator.clone(), String::new(), terminator));
    for (wire, _, normal) in table().chain(genuine) {
        let (head, tail) = wire.split_at(wire.find("MAIL").unwrap());
        let (one, two) = (head.len(), tail.len());
        let sent = format!("{ENVELOPE}BDAT {one}\r\n{head}BDAT {two} LAST\r\n{tail}");
        let (said, told) = served_with(mx().bare_newline(BareNewline::Normalize), &sent);
        assert_eq!(said, ["220", "250", "250", "250", "250", "250", "221"], "{wire:?}");
        assert_eq!(told, [format!("message {normal:?}")], "{wire:?}");

        let (said, told) = served_with(mx(), &sent);
        if is_bare(&wire) {
            // Where the chunk ends in a CR, what follows shows that it stands alone.
            let bare_in_first = is_bare(head.strip_suffix('\r').unwrap_or(head));
            let chunks = if bare_in_first { ["550", "503"] } else { ["250", "550"] };
            assert_eq!(said[4..6], chunks, "{wire:?}");
            let [aborted] = &told[..] else { panic!("{wire:?}: {told:?}") };
            assert!(aborted.starts_with("aborted BareNewline"), "{aborted}");
        } else {
            assert_eq!(told, [format!("message {normal:?}")], "{wire:?}");
        }
    }
}

/// In LMTP each recipient hears what became of the one message.
#[test]
fn ok_no_look_alike_ends_a_message_in_lmtp() {
    for (wire, normal, _) in table() {
        let sent = format!("LHLO c\r\n{ENVELOPE}RCPT TO:<e@f>\r\nDATA\r\n{wire}.\r\n");
        let (said, told) = served_with(mx().lmtp(), &sent);
        let end = if is_bare(&wire) { "550" } else { "250" };
        assert_eq!(said, ["220", "250", "250", "250", "250", "354", end, end, "221"], "{wire:?}");
        assert_eq!(told.len(), 1, "{wire:?}: {told:?}");
        assert_eq!(told[0] == format!("message {normal:?}"), end == "250", "{told:?}");
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

/// In two at every offset, and octet by octet.
fn splits(body: &str) -> impl Iterator<Item = Vec<Bytes>> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let octets = (0..body.len()).map(|at| body.slice(at..=at)).collect();
    let in_two = (0..=body.len()).map(move |at| vec![body.slice(..at), body.slice(at..)]);
    in_two.chain([octets])
}

#[test]
fn err_client_never_sends_a_look_alike() {
    for (text, ..) in table().filter(|(text, ..)| is_bare(text)) {
        for parts in splits(&text) {
            let (mut client, given, told) = offered(&parts, BareNewline::Reject);
            let refused = given.iter().any(|one| matches!(one, Err(Misuse::Unencodable { .. })));
            assert!(refused, "{parts:?}");
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
    for (text, _, normal) in table() {
        for parts in splits(&text) {
            let (mut client, given, _) = offered(&parts, BareNewline::Normalize);
            assert!(given.iter().all(Result::is_ok), "{given:?}");
            let said = sent(&mut client);
            let body = said.split(|octet| *octet == b'\n').collect::<Vec<_>>();
            assert!(body[..body.len() - 1].iter().all(|line| line.ends_with(b"\r")
                && line.iter().filter(|octet| **octet == b'\r').count() == 1));
            // Our own server reads one message out of it, and this one.
            let mut input = BytesMut::from(format!("EHLO c\r\n{ENVELOPE}").as_bytes());
            let at = said.windows(6).position(|window| window == b"DATA\r\n").unwrap();
            input.extend_from_slice(&said[at..]);
            let (mut server, mut act) = (Server::new(mx()), application());
            let replayed = mail_wire::testing::replay(&mut server, &mut act, &[&input], false);
            let messages = replayed.log.iter().filter(|line| line.starts_with("message"));
            assert_eq!(messages.collect::<Vec<_>>(), [&format!("message {normal:?}")]);
        }
    }
}
