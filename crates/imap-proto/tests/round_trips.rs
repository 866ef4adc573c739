//! What is written reads as itself: every command and every response, in every literal mode.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test may panic")]

use std::num::NonZeroU32;

use imap_proto::{
    Append, Atom, Authenticate, BodyText, Capabilities, Capability, Charsets, Code, CodeText,
    Command, CommandBody, Date, DateTime, Defects, Delimiter, Deviation, Esearch, EsearchResult,
    FetchAttribute, FetchItem, FetchItems, FetchMacro, Fetched, Flag, FlagName, Flags, HeaderNames,
    IString, IdField, List, ListPattern, ListReturn, ListSelect, LiteralHeader, Login,
    MailboxAttribute, MailboxListing, MailboxName, MailboxStatus, NumberSet, Part, Partial,
    PlainCode, Query, Raw, Response, ResponseText, Search, SearchKey, SearchNumbers, SearchReturn,
    Section, SectionText, SequenceSet, Status, StatusItem, StatusValue, StoreAction, Tag, Text,
    UidSet,
    encode::{self, LiteralMode},
    parse,
};
use mail_errors::Secret;
use proptest::{option, prelude::*, sample::select};

fn nz() -> impl Strategy<Value = NonZeroU32> {
    prop_oneof![1..30_u32, Just(u32::MAX)].prop_map(|n| NonZeroU32::new(n).unwrap())
}

fn number63() -> impl Strategy<Value = u64> {
    prop_oneof![0..5000_u64, Just(i64::MAX as u64)]
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z$&'_!.,:;|~=/<>@`^#?+-][A-Za-z0-9$._+/=-]{0,12}"
}

fn atom() -> impl Strategy<Value = Atom<'static>> {
    name().prop_map(|name| Atom::new(name.into_bytes()).unwrap())
}

/// A name that is none of those with a meaning.
fn x_atom() -> impl Strategy<Value = Atom<'static>> {
    name().prop_map(|name| Atom::new(format!("X-{name}").into_bytes()).unwrap())
}

fn text() -> impl Strategy<Value = Text<'static>> {
    "[^\\r\\n\\x00]{0,20}".prop_map(|text| Text::new(text.into_bytes()).unwrap())
}

/// Strings of all sorts: atoms, what must be quoted, what must be a literal, and long ones.
fn string() -> impl Strategy<Value = IString<'static>> {
    let octets = prop_oneof![
        4 => "[A-Za-z0-9]{0,12}".prop_map(String::into_bytes),
        4 => "[ -~]{0,20}".prop_map(String::into_bytes),
        2 => prop::collection::vec(1..=255_u8, 0..20),
        1 => select(vec![&b"NIL"[..], b"", b"{3}", b"a\r\nb NOOP", b"\"\\\"", b"]", b"a]b", b"%*"])
            .prop_map(<[u8]>::to_vec),
        1 => (990..1010_usize).prop_map(|len| vec![b'x'; len]),
    ];
    octets.prop_map(|octets| IString::new(octets).unwrap())
}

fn mailbox() -> impl Strategy<Value = MailboxName<'static>> {
    prop_oneof![
        Just(MailboxName::INBOX),
        string().prop_map(|s| MailboxName::new(s.as_bytes().to_vec()).unwrap()),
    ]
}

fn flag() -> impl Strategy<Value = Flag<'static>> {
    prop_oneof![
        select(vec![Flag::Seen, Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Draft]),
        select(vec![Flag::Recent, Flag::Any]),
        (any::<bool>(), name()).prop_map(|(system, name)| {
            let name = if system { format!("\\{name}") } else { name };
            Flag::new(&name).unwrap().into_owned()
        }),
    ]
}

fn flags() -> impl Strategy<Value = Flags<'static>> {
    prop::collection::vec(flag(), 0..5).prop_map(Flags::from_iter)
}

fn capabilities() -> impl Strategy<Value = Capabilities<'static>> {
    prop::collection::vec(name(), 1..5)
        .prop_map(|names| names.iter().map(|name| Capability::new(name).unwrap()).collect())
}

fn numbers() -> impl Strategy<Value = NumberSet> {
    let range = (1..200_u32, 1..200_u32);
    prop::collection::vec(range, 1..6).prop_map(NumberSet::from_ranges)
}

fn set() -> impl Strategy<Value = SequenceSet<'static>> {
    prop_oneof![
        numbers().prop_map(|n| SequenceSet::from_numbers(&n).unwrap()),
        (numbers(), nz()).prop_map(|(numbers, first)| SequenceSet::with_tail(&numbers, first)),
        Just(SequenceSet::ALL),
        Just(SequenceSet::SAVED),
        select(vec!["*:4,7", "9:2", "1,1,1"])
            .prop_map(|wire| SequenceSet::parse(wire.as_bytes()).unwrap()),
    ]
}

fn uid_set() -> impl Strategy<Value = UidSet<'static>> {
    prop::collection::vec(nz(), 1..6).prop_map(|uids| UidSet::in_order(uids).unwrap())
}

fn date_time() -> impl Strategy<Value = DateTime> {
    (-60_000_000_000..250_000_000_000_i64, -5999..5999_i16)
        .prop_map(|(seconds, zone)| DateTime::from_unix_seconds(seconds, zone).unwrap())
}

fn date() -> impl Strategy<Value = Date> {
    date_time().prop_map(DateTime::date)
}

fn part() -> impl Strategy<Value = Part<'static>> {
    prop::collection::vec(nz(), 0..4).prop_map(Part::new)
}

fn section() -> impl Strategy<Value = Section<'static>> {
    let names = || prop::collection::vec(string(), 1..4).prop_map(HeaderNames::from_iter);
    let section_text = option::of(prop_oneof![
        Just(SectionText::Header),
        Just(SectionText::Text),
        Just(SectionText::Mime),
        names().prop_map(SectionText::HeaderFields),
        names().prop_map(SectionText::HeaderFieldsNot),
    ]);
    (part(), section_text).prop_map(|(part, text)| Section::new(part, text).unwrap_or(Section::ALL))
}

fn partial() -> impl Strategy<Value = Option<Partial>> {
    option::of((number63(), 1..5000_u64).prop_map(|(at, len)| Partial::new(at, len).unwrap()))
}

fn fetch_item() -> impl Strategy<Value = FetchItem<'static>> {
    let simple = vec![
        FetchItem::Flags,
        FetchItem::Uid,
        FetchItem::InternalDate,
        FetchItem::Rfc822Size,
        FetchItem::Envelope,
        FetchItem::Body,
        FetchItem::BodyStructure,
        FetchItem::Rfc822,
        FetchItem::Rfc822Header,
        FetchItem::Rfc822Text,
    ];
    prop_oneof![
        select(simple),
        (section(), any::<bool>(), partial())
            .prop_map(|(section, peek, partial)| FetchItem::Section { section, peek, partial }),
        (part(), any::<bool>(), partial()).prop_map(|(part, peek, partial)| FetchItem::Binary {
            part,
            peek,
            partial
        }),
        part().prop_map(FetchItem::BinarySize),
    ]
}

fn fetch_items() -> impl Strategy<Value = FetchItems<'static>> {
    prop_oneof![
        prop::collection::vec(fetch_item(), 1..5).prop_map(|items| FetchItems::new(items).unwrap()),
        select(vec![FetchMacro::All, FetchMacro::Fast, FetchMacro::Full])
            .prop_map(FetchItems::from),
    ]
}

fn search_key() -> impl Strategy<Value = SearchKey<'static>> {
    let simple = vec![
        SearchKey::All,
        SearchKey::Answered,
        SearchKey::Deleted,
        SearchKey::Draft,
        SearchKey::Flagged,
        SearchKey::New,
        SearchKey::Old,
        SearchKey::Recent,
        SearchKey::Seen,
        SearchKey::Unanswered,
        SearchKey::Undeleted,
        SearchKey::Undraft,
        SearchKey::Unflagged,
        SearchKey::Unseen,
    ];
    let keyword = || name().prop_map(|name| FlagName::new(&name).unwrap().into_owned());
    prop_oneof![
        3 => select(simple),
        1 => keyword().prop_map(SearchKey::Keyword),
        1 => keyword().prop_map(SearchKey::Unkeyword),
        1 => string().prop_map(SearchKey::Bcc),
        1 => string().prop_map(SearchKey::Cc),
        1 => string().prop_map(SearchKey::From),
        1 => string().prop_map(SearchKey::Subject),
        1 => string().prop_map(SearchKey::To),
        1 => string().prop_map(SearchKey::Body),
        1 => string().prop_map(SearchKey::Text),
        1 => (string(), string()).prop_map(|(name, value)| SearchKey::Header { name, value }),
        1 => date().prop_map(SearchKey::Before),
        1 => date().prop_map(SearchKey::On),
        1 => date().prop_map(SearchKey::Since),
        1 => date().prop_map(SearchKey::SentBefore),
        1 => date().prop_map(SearchKey::SentOn),
        1 => date().prop_map(SearchKey::SentSince),
        1 => number63().prop_map(SearchKey::Larger),
        1 => number63().prop_map(SearchKey::Smaller),
        1 => set().prop_map(SearchKey::Uid),
        1 => set().prop_map(SearchKey::Sequence),
    ]
}

fn query() -> impl Strategy<Value = Query<'static>> {
    search_key().prop_map(Query::from).prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| Query::and(all).unwrap()),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Query::or(a, b).unwrap()),
            inner.prop_map(|query| query.negate().unwrap()),
        ]
    })
}

fn search() -> impl Strategy<Value = Search<'static>> {
    let give =
        option::of(any::<[bool; 5]>().prop_map(|[min, max, all, count, save]| SearchReturn {
            min,
            max,
            all,
            count,
            save,
        }));
    (any::<bool>(), give, option::of(string()), query())
        .prop_map(|(uid, give, charset, query)| Search { uid, give, charset, query })
}

fn status_items() -> impl Strategy<Value = Vec<StatusItem>> {
    let all = vec![
        StatusItem::Messages,
        StatusItem::Recent,
        StatusItem::UidNext,
        StatusItem::UidValidity,
        StatusItem::Unseen,
        StatusItem::Deleted,
        StatusItem::Size,
        StatusItem::HighestModSeq,
    ];
    prop::sample::subsequence(all, 1..8)
}

fn list() -> impl Strategy<Value = List<'static>> {
    let patterns = prop::collection::vec(string(), 1..3);
    (any::<[bool; 7]>(), mailbox(), patterns, option::of(status_items())).prop_map(
        |(on, reference, patterns, status)| List {
            select: ListSelect {
                subscribed: on[0],
                remote: on[1],
                recursive_match: on[0] && on[2],
                special_use: on[3],
            },
            reference,
            patterns: patterns.iter().map(|p| ListPattern::new(p.as_bytes()).unwrap()).collect(),
            give: ListReturn {
                subscribed: on[4],
                children: on[5],
                special_use: on[6],
                status: status.into_iter().flatten().collect(),
            },
        },
    )
}

fn append() -> impl Strategy<Value = Append<'static>> {
    let literal = (number63(), any::<bool>(), any::<bool>())
        .prop_map(|(octets, sync, binary)| LiteralHeader { octets, synchronizing: sync, binary });
    (mailbox(), flags(), option::of(date_time()), literal)
        .prop_map(|(mailbox, flags, date, literal)| Append { mailbox, flags, date, literal })
}

fn id_field() -> impl Strategy<Value = IdField<'static>> {
    (string(), option::of(string())).prop_map(|(name, value)| IdField { name, value })
}

fn body() -> impl Strategy<Value = CommandBody<'static>> {
    use CommandBody as B;
    let plain = vec![
        B::Capability,
        B::Noop,
        B::Logout,
        B::StartTls,
        B::Namespace,
        B::Idle,
        B::Check,
        B::Close,
        B::Unselect,
        B::Expunge,
    ];
    let on_mailbox: Vec<fn(MailboxName<'static>) -> B<'static>> =
        vec![B::Select, B::Examine, B::Create, B::Delete, B::Subscribe, B::Unsubscribe];
    let action = select(vec![StoreAction::Replace, StoreAction::Add, StoreAction::Remove]);
    prop_oneof![
        select(plain),
        (select(on_mailbox), mailbox()).prop_map(|(make, name)| make(name)),
        prop::collection::vec(id_field(), 0..3)
            .prop_map(|fields| B::Id(fields.into_iter().collect())),
        (string(), string()).prop_map(|(user, password)| {
            B::Login(Login::new(user, Secret::from(password.as_bytes())).unwrap())
        }),
        (atom(), option::of("[A-Za-z0-9+/]{1,20}={0,2}")).prop_map(|(mechanism, initial)| {
            let initial = initial.map(|base64| Secret::from(&*base64));
            B::Authenticate(Authenticate::new(mechanism, initial).unwrap())
        }),
        capabilities().prop_map(B::Enable),
        (mailbox(), mailbox()).prop_map(|(from, to)| B::Rename { from, to }),
        list().prop_map(B::List),
        (mailbox(), string()).prop_map(|(reference, pattern)| {
            let pattern = ListPattern::new(pattern.as_bytes()).unwrap().into_owned();
            B::Lsub { reference, pattern }
        }),
        (mailbox(), status_items()).prop_map(|(mailbox, items)| {
            B::Status { mailbox, items: items.into_iter().collect() }
        }),
        append().prop_map(B::Append),
        set().prop_map(B::UidExpunge),
        search().prop_map(B::Search),
        (any::<bool>(), set(), fetch_items()).prop_map(|(uid, set, items)| B::Fetch {
            uid,
            set,
            items
        }),
        (any::<bool>(), set(), action, any::<bool>(), flags()).prop_map(
            |(uid, set, action, silent, flags)| B::Store { uid, set, action, silent, flags }
        ),
        (any::<bool>(), set(), mailbox()).prop_map(|(uid, set, mailbox)| B::Copy {
            uid,
            set,
            mailbox
        }),
        (any::<bool>(), set(), mailbox()).prop_map(|(uid, set, mailbox)| B::Move {
            uid,
            set,
            mailbox
        }),
    ]
}

fn tag() -> impl Strategy<Value = Tag<'static>> {
    "[A-Za-z0-9.\\]]{1,8}".prop_map(|tag| Tag::new(tag.into_bytes()).unwrap())
}

fn code() -> impl Strategy<Value = Code<'static>> {
    let plain = vec![
        Code::Alert,
        Code::Parse,
        Code::ReadOnly,
        Code::ReadWrite,
        Code::TryCreate,
        Code::UidNotSticky,
        Code::Closed,
        Code::NoModSeq,
        PlainCode::AuthenticationFailed.into(),
        PlainCode::UnknownCte.into(),
        PlainCode::TooBig.into(),
        PlainCode::HasChildren.into(),
    ];
    prop_oneof![
        3 => select(plain),
        1 => prop::collection::vec("[ -~]{0,20}", 0..3).prop_map(|names| {
            let names = names.into_iter().map(|name| IString::new(name.into_bytes()).unwrap());
            Code::BadCharset(Charsets::from_iter(names))
        }),
        1 => capabilities().prop_map(Code::Capability),
        1 => flags().prop_map(Code::PermanentFlags),
        1 => nz().prop_map(Code::UidNext),
        1 => nz().prop_map(Code::UidValidity),
        1 => nz().prop_map(Code::Unseen),
        1 => (nz(), uid_set()).prop_map(|(validity, uids)| Code::AppendUid { validity, uids }),
        1 => (nz(), uid_set(), uid_set())
            .prop_map(|(validity, from, to)| Code::CopyUid { validity, from, to }),
        1 => number63().prop_map(Code::HighestModSeq),
        1 => number63().prop_map(Code::AppendLimit),
        1 => (x_atom(), option::of("[^\\r\\n\\]\\x00]{1,12}")).prop_map(|(name, arguments)| {
            let arguments = arguments.map(|text| CodeText::new(&text).unwrap().into_owned());
            Code::Other { name, arguments }
        }),
    ]
}

fn response_text() -> impl Strategy<Value = ResponseText<'static>> {
    (option::of(code()), "[^\\r\\n\\x00]{0,20}").prop_map(|(code, text)| {
        let text = ResponseText::new(code, &text).map(ResponseText::into_owned);
        text.unwrap_or_else(|_| ResponseText::new(None, "").unwrap())
    })
}

fn raw() -> impl Strategy<Value = Raw<'static>> {
    select(vec![
        "NIL",
        "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 2279 48)",
        "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))",
        "({3}\r\na)b \"(\\\"\")",
        "12345",
        "()",
    ])
    .prop_map(|wire| Raw::parse(wire.as_bytes()).unwrap())
}

fn body_text() -> impl Strategy<Value = BodyText<'static>> {
    prop_oneof![
        Just(BodyText::Nil),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(BodyText::new),
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|octets| BodyText::Binary(octets.into())),
    ]
}

fn attribute() -> impl Strategy<Value = FetchAttribute<'static>> {
    use FetchAttribute as A;
    prop_oneof![
        flags().prop_map(A::Flags),
        nz().prop_map(A::Uid),
        date_time().prop_map(A::InternalDate),
        number63().prop_map(A::Rfc822Size),
        raw().prop_map(A::Envelope),
        raw().prop_map(A::Body),
        raw().prop_map(A::BodyStructure),
        body_text().prop_map(A::Rfc822),
        body_text().prop_map(A::Rfc822Header),
        body_text().prop_map(A::Rfc822Text),
        (section(), option::of(number63()), body_text())
            .prop_map(|(section, origin, text)| A::Section { section, origin, text }),
        (part(), option::of(number63()), body_text()).prop_map(|(part, origin, text)| A::Binary {
            part,
            origin,
            text
        }),
        (part(), number63()).prop_map(|(part, octets)| A::BinarySize { part, octets }),
        (x_atom(), raw()).prop_map(|(name, value)| A::Other { name, value }),
    ]
}

fn listing() -> impl Strategy<Value = MailboxListing<'static>> {
    let attributes = prop::collection::vec(name(), 0..3);
    let delimiter = option::of(select(b"/.\\\" ".to_vec()));
    let extended = option::of(Just("(\"CHILDINFO\" (\"SUBSCRIBED\"))"));
    (attributes, delimiter, mailbox(), extended).prop_map(
        |(attributes, delimiter, mailbox, extended)| MailboxListing {
            attributes: attributes.iter().map(|a| MailboxAttribute::new(a).unwrap()).collect(),
            delimiter: delimiter.and_then(Delimiter::new),
            mailbox,
            extended: extended.map(|wire| Raw::parse(wire.as_bytes()).unwrap()),
        },
    )
}

fn esearch() -> impl Strategy<Value = Esearch<'static>> {
    let result = prop_oneof![
        nz().prop_map(EsearchResult::Min),
        nz().prop_map(EsearchResult::Max),
        numbers().prop_map(|n| EsearchResult::All(SequenceSet::from_numbers(&n).unwrap())),
        any::<u32>().prop_map(EsearchResult::Count),
        (x_atom(), raw()).prop_map(|(name, value)| EsearchResult::Other { name, value }),
    ];
    (option::of(string()), any::<bool>(), prop::collection::vec(result, 0..4)).prop_map(
        |(tag, uid, results)| Esearch { tag, uid, results: results.into_iter().collect() },
    )
}

fn status_value() -> impl Strategy<Value = StatusValue<'static>> {
    prop_oneof![
        (status_items(), number63()).prop_map(|(items, n)| StatusValue::Known(items[0], n)),
        (x_atom(), raw()).prop_map(|(name, value)| StatusValue::Other { name, value }),
    ]
}

fn response() -> impl Strategy<Value = Response<'static>> {
    let status = || select(vec![Status::Ok, Status::No, Status::Bad]);
    prop_oneof![
        text().prop_map(Response::Continue),
        (tag(), status(), response_text()).prop_map(|(tag, status, text)| Response::Done {
            tag,
            status,
            text
        }),
        (status(), response_text()).prop_map(|(status, text)| Response::Status { status, text }),
        response_text().prop_map(Response::PreAuth),
        response_text().prop_map(Response::Bye),
        capabilities().prop_map(Response::Capability),
        option::of(capabilities()).prop_map(|list| Response::Enabled(list.unwrap_or_default())),
        listing().prop_map(Response::List),
        listing().prop_map(Response::Lsub),
        (mailbox(), prop::collection::vec(status_value(), 0..4)).prop_map(|(mailbox, values)| {
            Response::MailboxStatus(MailboxStatus { mailbox, values: values.into_iter().collect() })
        }),
        prop::collection::vec(nz(), 0..6).prop_map(|n| Response::Search(SearchNumbers::new(n))),
        esearch().prop_map(Response::Esearch),
        flags().prop_map(Response::Flags),
        any::<u32>().prop_map(Response::Exists),
        any::<u32>().prop_map(Response::Recent),
        nz().prop_map(Response::Expunge),
        (nz(), prop::collection::vec(attribute(), 0..5)).prop_map(|(number, attributes)| {
            Response::Fetch(Fetched { number, attributes: attributes.into_iter().collect() })
        }),
        prop::collection::vec(id_field(), 0..3).prop_map(|f| Response::Id(f.into_iter().collect())),
        raw().prop_map(Response::Namespace),
        select(vec!["XFOO bar", "5 XBAR (a b)", "[COPYUID 1 2 3]", "XTEXT it's (open"])
            .prop_map(|data| parse::response(format!("* {data}").as_bytes()).unwrap().into_owned()),
    ]
}

proptest! {
    #[test]
    fn command_reads_as_itself(tag in tag(), body in body()) {
        let command = Command::new(tag, body);
        for mode in [LiteralMode::Synchronizing, LiteralMode::Minus, LiteralMode::Plus] {
            let encoded = encode::command(&command, mode);
            let frame = encoded.as_bytes().strip_suffix(b"\r\n").unwrap();
            let shown = frame.escape_ascii().to_string();
            let parsed = parse::command(frame);
            prop_assert_eq!(parsed.as_ref(), Ok(&command), "{}", shown);
            prop_assert_eq!(&parsed.unwrap().into_owned(), &command);
        }
    }

    #[test]
    fn command_stops_behind_each_literal_header_and_nowhere_else(tag in tag(), body in body()) {
        let command = Command::new(tag, body);
        let encoded = encode::command(&command, LiteralMode::Synchronizing);
        prop_assert_eq!(encoded.pieces().collect::<Vec<_>>().concat(), encoded.as_bytes());
        for piece in encoded.pieces().take(encoded.stops().len()) {
            prop_assert!(piece.ends_with(b"}\r\n"), "{}", piece.escape_ascii());
        }
        if !matches!(command.body, CommandBody::Append(_)) {
            let plus = encode::command(&command, LiteralMode::Plus);
            prop_assert!(plus.stops().is_empty());
        }
    }

    #[test]
    fn response_reads_as_itself(response in response()) {
        let mut octets = Vec::new();
        encode::response(&mut octets, &response);
        let frame = octets.strip_suffix(b"\r\n").unwrap();
        let mut defects = Defects::new();
        let parsed = parse::response_noting(frame, &mut defects);
        prop_assert_eq!(parsed.as_ref(), Ok(&response), "{}", frame.escape_ascii());
        prop_assert_eq!(&parsed.unwrap().into_owned(), &response);
        // What the caller's own values may hold.
        let theirs = [Deviation::StrayAsterisk, Deviation::BrokenCode];
        let ours = defects.iter().find(|one| !theirs.contains(&one.deviation()));
        prop_assert_eq!(ours, None, "in {}", frame.escape_ascii());
    }

    #[test]
    fn garbage_is_no_panic_and_what_is_read_can_be_written(
        octets in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        replay(&octets);
    }

    #[test]
    fn torn_commands_are_no_panic(tag in tag(), body in body(), cut in 0..400_usize, change: u8) {
        let encoded = encode::command(&Command::new(tag, body), LiteralMode::Plus);
        let octets = encoded.as_bytes();
        replay(&octets[..cut.min(octets.len())]);
        let mut changed = octets.to_vec();
        let at = cut % changed.len();
        changed[at] = change;
        replay(&changed);
    }

    #[test]
    fn torn_responses_are_no_panic(response in response(), cut in 0..400_usize, change: u8) {
        let mut octets = Vec::new();
        encode::response(&mut octets, &response);
        replay(&octets[..cut.min(octets.len())]);
        let at = cut % octets.len();
        octets[at] = change;
        replay(&octets);
    }
}

/// Octets, parsed, written, parsed again: the second reading is the first.
fn replay(octets: &[u8]) {
    if let Ok(command) = parse::command(octets) {
        let encoded = encode::command(&command, LiteralMode::Plus);
        let frame = encoded.as_bytes().strip_suffix(b"\r\n").unwrap();
        assert_eq!(parse::command(frame).as_ref(), Ok(&command), "{}", frame.escape_ascii());
    }
    if let Ok(response) = parse::response(octets) {
        let streamed = match &response {
            Response::Fetch(fetched) => fetched.attributes.iter().any(|a| a.streamed().is_some()),
            _ => false,
        };
        if !streamed {
            let mut out = Vec::new();
            encode::response(&mut out, &response);
            let frame = out.strip_suffix(b"\r\n").unwrap();
            assert_eq!(parse::response(frame).as_ref(), Ok(&response), "{}", frame.escape_ascii());
        }
    }
}
