//! What is asked of a server between messages: NOOP, VRFY, EXPN, HELP, ETRN.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod dialogue;

use dialogue::{laptop, sent};
use mail_errors::Misuse;
use mail_wire::{Goodbye, Next, Session, testing::start};
use smtp_proto::{
    Extension, Lookup, Mailbox, Text, Turn,
    client::{Client, Envelope, Error, Event, NotSent, Request},
};

/// Takes what the client says and tells now.
fn pump(client: &mut Client) -> (String, Vec<Event>, Option<Error>) {
    let mut told = Vec::new();
    let error = loop {
        match client.next_event(start()) {
            Ok(Next::Event(event)) => told.push(event),
            Ok(_) => break None,
            Err(error) => break Some(error),
        }
    };
    (String::from_utf8(sent(client)).unwrap(), told, error)
}

fn say(client: &mut Client, reply: &str) -> (String, Vec<Event>, Option<Error>) {
    client.buffers().0.extend_from_slice(reply.as_bytes());
    pump(client)
}

fn ready(offers: &str) -> Client {
    let mut client = Client::new(laptop());
    pump(&mut client);
    say(&mut client, "220 mx\r\n");
    let (_, told, _) = say(&mut client, offers);
    assert_eq!(told, [Event::Ready]);
    client
}

#[test]
fn ok_one_after_the_other_and_in_front_of_a_message() {
    let mut client = ready("250-mx\r\n250-PIPELINING\r\n250 ETRN\r\n");
    let turn = Turn::parse("@example.com").unwrap();
    let requests = [
        (Request::Noop(None), "NOOP\r\n", "250 ok\r\n"),
        (Request::Verify(Lookup::new("Fred").unwrap()), "VRFY Fred\r\n", "252 perhaps\r\n"),
        (Request::Expand(Lookup::new("staff").unwrap()), "EXPN staff\r\n", "550 no\r\n"),
        (Request::Help(Some(Text::parse("DATA").unwrap())), "HELP DATA\r\n", "214 it sends\r\n"),
        (Request::Turn(turn), "ETRN @example.com\r\n", "250 queuing\r\n"),
    ];
    let ids: Vec<_> = requests.iter().map(|(one, ..)| client.ask(one.clone()).unwrap()).collect();
    let mailbox = |text| Mailbox::parse(text).unwrap();
    client.send(Envelope::new(mailbox("a@b")).to(mailbox("c@d"))).unwrap();
    let (mut said, _, _) = pump(&mut client);
    for (id, (_, command, reply)) in ids.into_iter().zip(requests) {
        assert_eq!(said, command);
        let (next, told, _) = say(&mut client, reply);
        let [Event::Answer { id: answered, answer: Ok(answer) }] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((*answered, format!("{answer}\r\n").as_str()), (id, reply));
        said = next;
    }
    assert_eq!(said, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    // Not before that is over.
    client.ask(Request::Noop(None)).unwrap();
    assert_eq!(pump(&mut client).0, "");
    assert_eq!(say(&mut client, "250 ok\r\n550 no\r\n554 no\r\n").0, "RSET\r\n");
    assert_eq!(say(&mut client, "250 ok\r\n").0, "NOOP\r\n");
}

#[test]
fn err_what_the_server_does_not_offer_is_not_asked() {
    let mut client = ready("250 mx\r\n");
    client.ask(Request::Turn(Turn::parse("example.com").unwrap())).unwrap();
    client.ask(Request::Verify(Lookup::new("Fr\u{e9}d").unwrap())).unwrap();
    let (said, told, _) = pump(&mut client);
    assert_eq!(said, "");
    let why: Vec<_> = told
        .into_iter()
        .map(|event| match event {
            Event::Answer { answer, .. } => answer.unwrap_err(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(why, [Extension::Etrn, Extension::SmtpUtf8].map(NotSent::NotOffered));
}

/// Whatever happens, each is answered once.
#[test]
fn err_server_closes_or_is_told_good_bye() {
    let answers = |told: &[Event]| -> Vec<String> {
        let answer = |event: &Event| match event {
            Event::Answer { answer: Ok(reply), .. } => reply.to_string(),
            Event::Answer { answer: Err(why), .. } => format!("{why:?}"),
            other => panic!("{other:?}"),
        };
        told.iter().map(answer).collect()
    };
    let asking = || {
        let mut client = ready("250 mx\r\n");
        client.ask(Request::Noop(None)).unwrap();
        client.ask(Request::Help(None)).unwrap();
        assert_eq!(pump(&mut client).0, "NOOP\r\n");
        client
    };
    let mut client = asking();
    let (_, told, error) = say(&mut client, "421 bye\r\n");
    assert_eq!(answers(&told), ["421 bye", "Lost"]);
    assert!(matches!(error, Some(Error::Closing { .. })));
    let mut client = asking();
    client.recv_eof();
    assert_eq!(answers(&pump(&mut client).1), ["Lost", "Lost"]);
    let mut client = asking();
    client.close(Goodbye::Done);
    assert!(matches!(client.ask(Request::Noop(None)), Err(Misuse::WrongMoment { .. })));
    let (said, told, _) = say(&mut client, "250 ok\r\n");
    assert_eq!(
        (said.as_str(), answers(&told)),
        ("QUIT\r\n", vec!["250 ok".into(), "Closing".into()])
    );
}

/// RFC 5321 3.8: at rest too.
#[test]
fn err_unsolicited_421_on_an_idle_connection() {
    let mut client = ready("250 mx\r\n");
    let (_, _, error) = say(&mut client, "421 4.4.2 idle for too long\r\n");
    let error = error.unwrap().to_string();
    assert_eq!(error, "server closes the connection: 421 4.4.2 idle for too long");
}
