//! `parse(encode(x)) == x` for every value.

#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use mail_errors::{EnhancedStatusCode, Reply, ReplyCode};
use proptest::prelude::*;
use smtp_proto::{
    Attributes, BodyType, Burl, ByMode, Chunk, Command, Defects, DeliverBy, Domain, EnvelopeId,
    ForwardPath, Hold, HoldSeconds, Lookup, MailParams, Mailbox, Notify, OriginalRecipient,
    Priority, Profile, RcptParams, Read, ReplyReader, Ret, ReversePath, Solicitation, Submitter,
    Text, Timestamp, Turn, ValidSince, WithoutSupport, Xtext, encode, limits, parse,
};

fn domain() -> impl Strategy<Value = Domain> {
    let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?";
    prop_oneof![
        proptest::collection::vec(label, 1..4).prop_map(|labels| labels.join(".")),
        any::<std::net::Ipv4Addr>().prop_map(|address| format!("[{address}]")),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[IPv6:{address}]")),
        "[a-z\u{e9}\u{3042}]{1,9}\\.[\u{5b6b}a-z]{1,5}".prop_map(|name| name),
        "\\[x[a-z0-9]{0,5}:[!-Z^-~]{1,9}\\]".prop_map(|literal| literal),
    ]
    .prop_map(|text| Domain::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    let local = prop_oneof![
        "[a-z\u{e9}\u{3042}]{1,9}(\\.[\u{5b6b}a-z]{1,5})?",
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

/// What sets one parameter.
type Set<P> = Box<dyn Fn(P) -> P>;

fn setting<P: 'static, V: std::fmt::Debug + Clone + 'static>(
    values: impl Strategy<Value = V> + 'static,
    set: impl Fn(P, V) -> P + Clone + 'static,
) -> BoxedStrategy<std::sync::Arc<Setting<P>>> {
    values
        .prop_map(move |value| {
            let (shown, set) = (format!("{value:?}"), set.clone());
            let set: Set<P> = Box::new(move |params| set(params, value.clone()));
            std::sync::Arc::new(Setting { shown, set })
        })
        .boxed()
}

struct Setting<P> {
    shown: String,
    set: Set<P>,
}

impl<P> std::fmt::Debug for Setting<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>().prop_map(Timestamp::from_unix_seconds),
        (0..253_402_300_800_i64).prop_map(Timestamp::from_unix_seconds),
        "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
            .prop_map(|text| Timestamp::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"))),
    ]
}

fn deliver_by() -> impl Strategy<Value = DeliverBy> {
    let most = DeliverBy::MOST_SECONDS;
    let by = prop_oneof![
        (-most..=most).prop_map(|seconds| DeliverBy::new(seconds, ByMode::Notify).unwrap()),
        (1..=most).prop_map(|seconds| DeliverBy::new(seconds, ByMode::Return).unwrap()),
    ];
    (by, any::<bool>()).prop_map(|(by, traced)| if traced { by.traced() } else { by })
}

fn valid_since() -> impl Strategy<Value = ValidSince> {
    (timestamp(), 0..3).prop_map(|(time, otherwise)| match otherwise {
        0 => ValidSince::new(time),
        1 => ValidSince::new(time).otherwise(WithoutSupport::Continue),
        _ => ValidSince::new(time).otherwise(WithoutSupport::Reject),
    })
}

fn notify() -> impl Strategy<Value = Notify> {
    let one = prop_oneof![
        Just(Notify::NEVER),
        Just(Notify::ON_SUCCESS),
        Just(Notify::ON_FAILURE),
        Just(Notify::ON_DELAY),
    ];
    (one.clone(), one).prop_map(|(a, b)| a.and(b))
}

fn envelope_id() -> impl Strategy<Value = EnvelopeId> {
    "[ -~]{1,33}".prop_map(|id| EnvelopeId::new(&id).unwrap())
}

fn original() -> impl Strategy<Value = OriginalRecipient> {
    prop_oneof![
        "[ -~]{1,60}".prop_map(|address| OriginalRecipient::rfc822(&address).unwrap()),
        "[a-z]{1,9};[!-*,-<>-~]{1,20}".prop_map(|text| {
            OriginalRecipient::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
        }),
        "utf-8;[!-*,-<>-\\[\\]-~\u{e9}\u{3042}]{1,20}(\\\\x\\{5B6B\\})?".prop_map(|text| {
            OriginalRecipient::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
        }),
    ]
}

fn submitter() -> impl Strategy<Value = Submitter> {
    prop_oneof![Just(Submitter::Unknown), mailbox().prop_map(|mailbox| (&mailbox).into())]
}

fn solicitation() -> impl Strategy<Value = Solicitation> {
    "[A-Za-z][A-Za-z0-9.:_-]{0,20}(,[a-z][a-z0-9]{0,9}){0,3}"
        .prop_map(|text| Solicitation::parse(text).unwrap())
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let value = proptest::collection::vec(any::<u8>(), 1..20);
    proptest::collection::vec(("[A-Z]{1,9}", value), 1..4).prop_map(|all| {
        Attributes::new(all.iter().map(|(name, value)| (name.as_str(), value.as_slice()))).unwrap()
    })
}

fn mail_params() -> impl Strategy<Value = MailParams> {
    let hold = prop_oneof![
        (1_u32..=999_999_999).prop_map(|n| Hold::For(HoldSeconds::new(n).unwrap())),
        timestamp().prop_map(Hold::Until),
    ];
    let body = prop_oneof![
        Just(BodyType::SevenBit),
        Just(BodyType::EightBitMime),
        Just(BodyType::BinaryMime),
    ];
    let one = prop_oneof![
        setting(any::<u64>(), MailParams::with_size),
        setting(body, MailParams::with_body),
        setting(prop_oneof![Just(Ret::Full), Just(Ret::Headers)], MailParams::with_ret),
        setting(envelope_id(), |params: MailParams, id| params.with_envelope_id(&id)),
        setting(submitter(), |params: MailParams, who| params.with_auth(&who)),
        setting(Just(()), |params: MailParams, ()| params.with_smtp_utf8()),
        setting(Just(()), |params: MailParams, ()| params.with_require_tls()),
        setting(deliver_by(), MailParams::with_deliver_by),
        setting(hold, MailParams::with_hold),
        setting((-9_i8..=9).prop_map(|n| Priority::new(n).unwrap()), MailParams::with_priority),
        setting(solicitation(), |params: MailParams, all| params.with_solicitation(&all)),
    ];
    (others(), proptest::collection::vec(one, 0..6)).prop_map(|(others, all)| {
        let params = others.iter().fold(MailParams::new(), |params, (keyword, value)| {
            params.with_other(keyword, value.as_ref().map(String::as_bytes)).unwrap()
        });
        all.iter().fold(params, |params, one| (one.set)(params))
    })
}

fn rcpt_params() -> impl Strategy<Value = RcptParams> {
    let one = prop_oneof![
        setting(notify(), RcptParams::with_notify),
        setting(original(), |params: RcptParams, original| params.with_original(&original)),
        setting(valid_since(), RcptParams::with_valid_since),
    ];
    (others(), proptest::collection::vec(one, 0..4)).prop_map(|(others, all)| {
        let params = others.iter().fold(RcptParams::new(), |params, (keyword, value)| {
            params.with_other(keyword, value.as_ref().map(String::as_bytes)).unwrap()
        });
        all.iter().fold(params, |params, one| (one.set)(params))
    })
}

fn lookup() -> impl Strategy<Value = Lookup> {
    ("[!-~\u{e9}\u{3042}]([ -~\u{e9}]{0,20}[!-~])?", any::<bool>()).prop_map(|(text, utf8)| {
        let lookup = Lookup::new(&text).unwrap();
        if utf8 { lookup.with_smtp_utf8() } else { lookup }
    })
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
        domain().prop_map(|domain| Command::Lhlo((&domain).into())),
        any::<u64>().prop_map(|octets| Command::Bdat(Chunk::new(octets))),
        any::<u64>().prop_map(|octets| Command::Bdat(Chunk::last(octets))),
        ("imap://[!-~]{1,30}", any::<bool>())
            .prop_map(|(url, last)| Command::Burl(Burl::new(&url, last).unwrap())),
        "[@]?[a-z0-9]{1,9}(\\.[a-z]{1,9})?|#[!-~]{1,9}"
            .prop_map(|text| Command::Etrn(Turn::parse(text).unwrap())),
        attributes().prop_map(Command::Xclient),
        attributes().prop_map(Command::Xforward),
        (reverse, mail_params()).prop_map(|(from, params)| {
            let params = if from.is_ascii() { params } else { params.with_smtp_utf8() };
            Command::Mail { from, params }
        }),
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
        prop_assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
        // What is not ASCII is said to be so, but for the name in EHLO and the parameters of RCPT.
        let is_hello = matches!(command, Command::Ehlo(_) | Command::Helo(_) | Command::Lhlo(_));
        let profile = if is_hello { Profile::COMPAT } else { Profile::STRICT };
        let back = parse::command(line, profile, &mut Defects::new());
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
        let mut reader = ReplyReader::new(Profile::COMPAT, limits::REPLY_LINE, 64 * 1024);
        let Ok(Read::Reply(back, _)) = reader.next(&mut wire) else { panic!("{reply:?}") };
        prop_assert_eq!(back, reply);
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

    #[test]
    fn ok_values_of_parameters_come_back(
        (by, since, time) in (deliver_by(), valid_since(), timestamp()),
        (notify, original, submitter) in (notify(), original(), submitter()),
        (id, text) in ("[ -~]{1,33}", proptest::collection::vec(any::<u8>(), 0..40)),
    ) {
        prop_assert_eq!(DeliverBy::parse(by.to_string()), Ok(by));
        prop_assert_eq!(ValidSince::parse(since.to_string()), Ok(since));
        prop_assert_eq!(Timestamp::parse(time.to_string()), Ok(time));
        prop_assert_eq!(Notify::parse(notify.to_string()), Ok(notify));
        prop_assert_eq!(Submitter::parse(submitter.as_wire()), Ok(submitter.clone()));
        let wire = [original.kind(), original.as_wire()].join(&b';');
        prop_assert_eq!(OriginalRecipient::parse(wire), Ok(original));
        prop_assert_eq!(EnvelopeId::new(&id).unwrap().decode(), id);
        prop_assert_eq!(Xtext::encode(&text).decode(), text.clone());
        if !text.is_empty() {
            let encoded = Xtext::encode(&text);
            prop_assert_eq!(Xtext::parse(encoded.as_wire()), Ok(encoded));
        }
    }

    /// Whatever is tried, no value holds what would end a line or a string.
    #[test]
    fn err_values_with_cr_lf_or_nul(
        before in "[a-z]{0,5}", octet in prop_oneof![Just('\r'), Just('\n'), Just('\0')],
        after in "[a-z]{0,5}",
    ) {
        let bad = [before, octet.to_string(), after].concat();
        let around = |before: &str, after: &str| [before, &bad, after].concat();
        let refused = [
            Mailbox::parse(around("", "@b")).is_err(),
            Mailbox::parse(around("\"", "\"@b")).is_err(),
            Mailbox::parse(around("a@", "")).is_err(),
            Mailbox::parse(around("a@[x:", "]")).is_err(),
            Domain::parse(&bad).is_err(),
            ReversePath::parse(around("<", "@b>")).is_err(),
            ForwardPath::parse(around("<a@", ">")).is_err(),
            Text::parse(&bad).is_err(),
            Lookup::new(&bad).is_err(),
            Xtext::parse(&bad).is_err(),
            OriginalRecipient::rfc822(&bad).is_err(),
            EnvelopeId::new(&bad).is_err(),
            OriginalRecipient::parse(around("utf-8;", "")).is_err(),
            Submitter::parse(&bad).is_err(),
            Solicitation::parse(&bad).is_err(),
            Turn::parse(&bad).is_err(),
            Turn::parse(around("#", "")).is_err(),
            Burl::new(&around("imap://", ""), true).is_err(),
            Attributes::parse(around("NAME=", "")).is_err(),
            Attributes::new([(bad.as_str(), &b"x"[..])]).is_err(),
            MailParams::new().with_other(&bad, None).is_err(),
            MailParams::new().with_other("X", bad.as_bytes()).is_err(),
            RcptParams::new().with_other("X", bad.as_bytes()).is_err(),
        ];
        prop_assert_eq!(refused, [true; 23]);
        // Encoded it is another thing.
        let attributes = Attributes::new([("NAME", bad.as_bytes())]).unwrap();
        prop_assert!(!attributes.as_wire().contains(&(octet as u8)));
    }
}
