//! `parse(encode(x)) == x` for every value.

#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use proptest::prelude::*;
use smtp_proto::{
    Command, Defects, Domain, ForwardPath, Lookup, MailParams, Mailbox, Profile, RcptParams, Read,
    ReplyReader, ReversePath, Text, encode, limits, parse,
};

fn domain() -> impl Strategy<Value = Domain> {
    let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?";
    prop_oneof![
        proptest::collection::vec(label, 1..4).prop_map(|labels| labels.join(".")),
        any::<std::net::Ipv4Addr>().prop_map(|address| format!("[{address}]")),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[IPv6:{address}]")),
        "\\[x[a-z0-9]{0,5}:[!-Z^-~]{1,9}\\]".prop_map(|literal| literal),
    ]
    .prop_map(|text| Domain::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    let local = prop_oneof![
        "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,9}){0,3}",
        "\"([ !#-\\[\\]-~]|\\\\[ -~]){0,20}\"",
    ];
    (local, domain()).prop_map(|(local, domain)| {
        let text = format!("{local}@{domain}");
        Mailbox::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
    })
}

fn others() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    let value = proptest::option::of("[!-<>-~]{1,9}");
    proptest::collection::vec(("X[A-Z0-9-]{0,8}", value), 0..4)
}

fn mail_params() -> impl Strategy<Value = MailParams> {
    others().prop_map(|all| {
        all.iter().fold(MailParams::new(), |params, (keyword, value)| {
            params.with_other(keyword, value.as_ref().map(String::as_bytes)).unwrap()
        })
    })
}

fn rcpt_params() -> impl Strategy<Value = RcptParams> {
    others().prop_map(|all| {
        all.iter().fold(RcptParams::new(), |params, (keyword, value)| {
            params.with_other(keyword, value.as_ref().map(String::as_bytes)).unwrap()
        })
    })
}

fn lookup() -> impl Strategy<Value = Lookup> {
    "[!-~]([ -~]{0,20}[!-~])?".prop_map(|text| Lookup::new(&text).unwrap())
}

fn text() -> impl Strategy<Value = Text> {
    "[!-~]([ -~]{0,20}[!-~])?".prop_map(|text| Text::parse(text).unwrap())
}

fn command() -> impl Strategy<Value = Command> {
    let reverse = prop_oneof![Just(ReversePath::Null), mailbox().prop_map(ReversePath::Mailbox)];
    let forward =
        prop_oneof![Just(ForwardPath::Postmaster), mailbox().prop_map(ForwardPath::Mailbox)];
    let auth = "AUTH [A-Z0-9_-]{1,20}( [A-Za-z0-9+/]{1,30}={0,2})?";
    prop_oneof![
        domain().prop_map(|domain| Command::Ehlo((&domain).into())),
        domain().prop_map(|domain| Command::Helo((&domain).into())),
        (reverse, mail_params()).prop_map(|(from, params)| Command::Mail { from, params }),
        (forward, rcpt_params()).prop_map(|(to, params)| Command::Rcpt { to, params }),
        proptest::option::of(text()).prop_map(Command::Noop),
        proptest::option::of(text()).prop_map(Command::Help),
        lookup().prop_map(Command::Vrfy),
        lookup().prop_map(Command::Expn),
        auth.prop_map(|line| Command::parse(line.as_bytes()).unwrap()),
        Just(Command::Data),
        Just(Command::Rset),
        Just(Command::StartTls),
        Just(Command::Quit),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    let enhanced = proptest::option::of((0_u16..1000, 0_u16..1000));
    let line = proptest::collection::vec(
        any::<u8>().prop_filter("line end", |octet| !matches!(octet, b'\r' | b'\n' | 0)),
        0..200,
    );
    (100_u16..1000, enhanced, proptest::collection::vec(line, 1..5)).prop_map(
        |(code, enhanced, lines)| {
            let class = code / 100;
            let enhanced = enhanced.and_then(|(s, d)| EnhancedStatusCode::new(class, s, d));
            Reply::multiline(ReplyCode::new(code).unwrap(), enhanced, lines).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn ok_every_command_comes_back_and_has_one_line_end(command in command()) {
        let mut wire = Vec::new();
        encode::command(&command, &mut wire);
        let line = wire.strip_suffix(b"\r\n").unwrap();
        prop_assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0 | 0x80..)));
        let back = parse::command(line, Profile::STRICT, &mut Defects::new());
        prop_assert_eq!(back.map(|back| back.into_owned(line)), Ok(command));
    }

    #[test]
    fn ok_every_reply_comes_back(reply in reply()) {
        let mut wire = BytesMut::new();
        encode::reply(&reply, &mut wire);
        for line in wire.split_inclusive(|&octet| octet == b'\n') {
            prop_assert!(line.ends_with(b"\r\n") && line.len() <= limits::REPLY_LINE);
            prop_assert!(!line[..line.len() - 2].iter().any(|octet| matches!(octet, b'\r' | 0)));
        }
        let mut reader = ReplyReader::new(Profile::STRICT, limits::REPLY_LINE, 64 * 1024);
        prop_assert_eq!(reader.next(&mut wire), Ok(Read::Reply(reply, Defects::new())));
        prop_assert!(wire.is_empty());
    }

    #[test]
    fn ok_values_come_back(mailbox in mailbox(), domain in domain()) {
        prop_assert_eq!(Mailbox::parse(mailbox.to_string()), Ok(mailbox));
        prop_assert_eq!(Domain::parse(domain.to_string()), Ok(domain));
    }

    #[test]
    fn what_is_read_is_written_so_that_it_reads_the_same(
        verb in "MAIL FROM:|RCPT TO:|EHLO |AUTH |NOOP |VRFY ",
        rest in proptest::collection::vec(
            prop_oneof![any::<u8>(), proptest::sample::select(&b"<>@.: \"\\[]=a1"[..])], 0..40),
    ) {
        let line = Bytes::from([verb.as_bytes(), &rest].concat());
        if let Ok(command) = Command::parse(&line) {
            let mut wire = Vec::new();
            encode::command(&command, &mut wire);
            let back = Command::parse(wire.strip_suffix(b"\r\n").unwrap());
            prop_assert_eq!(back, Ok(command));
        }
    }
}
