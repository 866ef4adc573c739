//! The examples of RFC 9051, RFC 3501 and the extensions: each line reads, and is written as it
//! stands there.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test may panic")]

use imap_proto::{
    BodyText, Code, Command, CommandBody, FetchAttribute, FetchItem, FetchMacro, Flag, IString,
    LiteralHeader, NameForm, PlainCode, Response, ResponseText, SearchKey, Section, SectionText,
    SequenceSet, State, Status, StatusItem, StoreAction, Verb,
    encode::{self, LiteralMode},
    parse,
    state::legal,
};

fn command(line: &str) -> Command<'_> {
    parse::command(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn response(line: &str) -> Response<'_> {
    parse::response(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn no_command(line: &str) -> String {
    match parse::command(line.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(command) => panic!("{line}: {command:?}"),
    }
}

/// What the line becomes when it is read and written again.
fn rewritten(line: &str) -> String {
    let mut octets = Vec::new();
    encode::response(&mut octets, &response(line));
    String::from_utf8(octets).unwrap().trim_end_matches("\r\n").to_owned()
}

#[test]
fn ok_commands_of_the_rfcs_in_their_own_spelling() {
    for line in [
        "abcd CAPABILITY",
        "a002 NOOP",
        "A023 LOGOUT",
        "a023 ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" \"Pink Floyd Music Limited\")",
        "a042 ID NIL",
        "a002 STARTTLS",
        "a001 LOGIN SMITH SESAME",
        "A01 AUTHENTICATE GSSAPI",
        "A01 AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=",
        "A01 AUTHENTICATE EXTERNAL =",
        "t2 ENABLE CONDSTORE X-GOOD-IDEA",
        "A142 SELECT INBOX",
        "A932 EXAMINE blurdybloop",
        "A003 CREATE owatagusiam/",
        "A683 DELETE blurdybloop",
        "A684 RENAME INBOX old-mail",
        "A002 SUBSCRIBE #news.comp.mail.mime",
        "A002 UNSUBSCRIBE #news.comp.mail.mime",
        "A101 LIST \"\" \"\"",
        "A102 LIST #news.comp.mail.misc \"\"",
        "A202 LIST ~/Mail/ %",
        "A03 LIST (SUBSCRIBED) \"\" *",
        "A04 LIST (REMOTE) \"\" (INBOX Drafts Sent/%)",
        "A05 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" *",
        "A06 LIST \"\" % RETURN (SUBSCRIBED CHILDREN)",
        "A07 LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))",
        "A002 LSUB #news. comp.mail.*",
        "A001 NAMESPACE",
        "A042 STATUS blurdybloop (MESSAGES UIDNEXT)",
        "FXXZ CHECK",
        "A341 CLOSE",
        "A341 UNSELECT",
        "A202 EXPUNGE",
        "A003 UID EXPUNGE 3000:3002",
        "A282 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
        "A283 SEARCH TEXT \"string not in mailbox\"",
        "A284 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
        "A301 SEARCH CHARSET UTF-8 TEXT XXXXXX",
        "A302 UID SEARCH RETURN () UID 1:* OR (SEEN DRAFT) NOT HEADER Message-ID \"\"",
        "A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
        "A003 FETCH 12 FULL",
        "A004 FETCH 12 BODY[HEADER]",
        "A004 FETCH 1:* (UID BODY.PEEK[1.2.MIME]<0.2048> BINARY.SIZE[3])",
        "A003 STORE 2:4 +FLAGS (\\Deleted)",
        "A003 UID STORE 5 -FLAGS.SILENT (\\Seen $Forwarded)",
        "A003 COPY 2:4 MEETING",
        "a UID MOVE 42:69 foo",
        "A999 UID FETCH 4827313:4828442 FLAGS",
        "A002 IDLE",
        "$1 UID COPY $ \"Archive 2026\"",
    ] {
        let command = command(line);
        let encoded = encode::command(&command, LiteralMode::Synchronizing);
        assert_eq!(String::from_utf8_lossy(encoded.as_bytes()), format!("{line}\r\n"));
        assert!(encoded.stops().is_empty(), "{line}");
        let somewhere = [State::NotAuthenticated, State::Authenticated];
        let selected = State::Selected(imap_proto::Access::ReadWrite);
        let verb = command.body.verb();
        assert!(somewhere.into_iter().chain([selected]).any(|state| legal(state, verb)), "{line}");
    }
}

#[test]
fn ok_words_in_any_case() {
    for line in ["a fetch 1 (flags body.peek[1.text])", "a uid Search nOt Seen"] {
        let upper = line.to_uppercase();
        assert_eq!(command(line).body, command(&upper).body);
    }
    assert_eq!(command("a select inBox").body, command("a SELECT INBOX").body);
}

#[test]
fn ok_literals_in_commands() {
    let line = "A001 LOGIN {11}\r\nFRED FOOBAR {7+}\r\nfat man";
    let CommandBody::Login(login) = command(line).body else { panic!() };
    assert_eq!(login.user().as_bytes(), b"FRED FOOBAR");
    assert_eq!(login.password().expose(), b"fat man");
    let line = "A FETCH 1 BODY[HEADER.FIELDS ({4}\r\nDATE \"FROM\")]";
    let CommandBody::Fetch { items, .. } = command(line).body else { panic!() };
    let Some(FetchItem::Section { section, peek: false, .. }) = items.iter().next() else {
        panic!()
    };
    let Some(SectionText::HeaderFields(names)) = section.text() else { panic!() };
    assert!(names.has("date") && names.has("from"));
}

#[test]
fn ok_append_ends_with_the_header_of_its_message() {
    let line = "A003 APPEND saved-messages (\\Seen) \" 7-Feb-1994 21:52:25 -0800\" {326+}";
    let CommandBody::Append(append) = command(line).body else { panic!() };
    assert_eq!(append.mailbox.as_bytes(), b"saved-messages");
    assert!(append.flags.contains(&Flag::Seen));
    assert_eq!(append.date.map(|date| date.to_unix_seconds()), Some(760_686_745));
    let header = LiteralHeader { octets: 326, synchronizing: false, binary: false };
    assert_eq!(append.literal, header);
    let CommandBody::Append(binary) = command("A APPEND x ~{1}").body else { panic!() };
    assert!(binary.literal.binary && binary.literal.synchronizing && binary.date.is_none());
}

#[test]
fn ok_store_without_parentheses() {
    let CommandBody::Store { action, silent, flags, .. } =
        command("a STORE 1 +flags.silent \\Seen x").body
    else {
        panic!()
    };
    assert_eq!((action, silent), (StoreAction::Add, true));
    assert_eq!(flags.iter().collect::<Vec<_>>(), [Flag::Seen, Flag::new("X").unwrap()]);
}

#[test]
fn ok_fetch_macros_are_what_they_stand_for() {
    let items = |line: &'static str| match command(line).body {
        CommandBody::Fetch { items, .. } => items,
        other => panic!("{other:?}"),
    };
    assert_eq!(items("a FETCH 1 all").as_macro(), Some(FetchMacro::All));
    assert_eq!(
        items("a FETCH 1 FULL"),
        items("a FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)")
    );
    assert_eq!(no_command("a FETCH 1 (ALL)"), "expected an item to fetch at offset 11");
}

#[test]
fn ok_search_keys_of_rfc_3501() {
    let CommandBody::Search(search) =
        command("A SEARCH NEW OLD KEYWORD $Junk LARGER 4294967296 2,4:* BEFORE \"1-Jan-2000\"")
            .body
    else {
        panic!()
    };
    let tests: Vec<_> = search.query.tests().collect();
    assert_eq!(tests[0], &SearchKey::New);
    assert_eq!(tests[3], &SearchKey::Larger(1 << 32));
    assert_eq!(tests[4], &SearchKey::Sequence(SequenceSet::parse(b"2,4:*").unwrap()));
    assert_eq!(tests.len(), 6);
}

#[test]
fn err_commands_say_where_and_why() {
    for (line, error) in [
        ("", "expected a tag at offset 0"),
        ("a", "expected SP at offset 1"),
        ("+ NOOP", "expected a tag at offset 0"),
        ("a BLURDYBLOOP", "expected a command at offset 2"),
        ("a NOOP x", "expected end of line at offset 6"),
        ("a NOOP ", "expected end of line at offset 6"),
        ("a  NOOP", "expected a command at offset 2"),
        ("a SELECT", "expected SP at offset 8"),
        ("a SELECT (x)", "expected an atom or string at offset 9"),
        ("a SELECT \"x", "expected the end of a quoted string at offset 11"),
        ("a SELECT {4}\r\nabc", "expected the octets of the literal at offset 14"),
        ("a SELECT {3}abc", "expected CRLF at offset 12"),
        ("a SELECT {3}\r\na\0c", "expected a string without NUL at offset 9"),
        ("a FETCH 0 FLAGS", "expected a number above 0 at offset 8"),
        ("a FETCH 4294967296 FLAGS", "expected a number below 2^32 at offset 8"),
        ("a FETCH 1 ()", "expected a list that is not empty at offset 10"),
        ("a FETCH 1 BODY[]<0.0>", "expected a number above 0 at offset 19"),
        ("a FETCH 1 BODY[MIME]", "expected a part number in front of MIME at offset 15"),
        ("a FETCH 1 (FLAGS", "expected SP or ) at offset 16"),
        ("a UID NOOP", "expected a command that takes UIDs at offset 6"),
        ("a STORE 1 FLAGS", "expected SP at offset 15"),
        ("a SEARCH", "expected SP at offset 8"),
        ("a SEARCH BOGUS", "expected a search key at offset 9"),
        ("a SEARCH SINCE 30-Feb-2024", "expected a day that exists at offset 15"),
        ("a SEARCH ()", "expected a search key at offset 10"),
        ("a SEARCH OR SEEN", "expected SP at offset 16"),
        ("a STATUS x ()", "expected a list that is not empty at offset 11"),
        (
            "a LIST (RECURSIVEMATCH) \"\" *",
            "expected a selection option beside RECURSIVEMATCH at offset 7",
        ),
        ("a APPEND x (\\Seen)", "expected SP at offset 18"),
        ("a LOGIN tim\r\n b", "expected SP at offset 11"),
        ("a\r\nb NOOP", "expected SP at offset 1"),
    ] {
        assert_eq!(no_command(line), error, "{line:?}");
    }
}

#[test]
fn tag_of_a_line_that_is_no_command() {
    assert_eq!(parse::tag(b"a1 BLURDYBLOOP {3}").unwrap().as_bytes(), b"a1");
    assert_eq!(parse::tag(b"a1").unwrap().as_bytes(), b"a1");
    assert!(
        parse::tag(b"").is_err() && parse::tag(b"(a b").is_err() && parse::tag(b"a\0 b").is_err()
    );
}

#[test]
fn ok_responses_of_the_rfcs_in_their_own_spelling() {
    for line in [
        "* OK IMAP4rev2 server ready",
        "* OK [UNSEEN 12] Message 12 is first unseen",
        "* OK [UIDVALIDITY 3857529045] UIDs valid",
        "* OK [UIDNEXT 4392] Predicted next UID",
        "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited",
        "* OK [CLOSED] Previous mailbox is now closed",
        "* OK [HIGHESTMODSEQ 715194045007] ",
        "* PREAUTH IMAP4rev2 server logged in as Smith",
        "* BYE Autologout; idle for too long",
        "* BAD Disk crash, attempting salvage to a new disk!",
        "A142 OK [READ-WRITE] SELECT completed",
        "A142 NO [TRYCREATE] No such mailbox",
        "A223 NO COPY failed: disk is full",
        "A003 OK [APPENDUID 38505 3955] APPEND completed",
        "A004 OK [COPYUID 38505 304,319:320 3956:3958] Done",
        "b NO [UNKNOWN-CTE] cannot decode",
        "A NO [BADCHARSET (US-ASCII UTF-8)] unknown charset",
        "A OK [CAPABILITY IMAP4rev2 AUTH=PLAIN] Logged in",
        "C OK [XNEW what ever] text",
        "* CAPABILITY IMAP4rev2 STARTTLS AUTH=GSSAPI LOGINDISABLED",
        "* ENABLED X-GOOD-IDEA",
        "* ENABLED",
        "* LIST (\\Noselect) \"/\" \"\"",
        "* LIST (\\Noselect) NIL ~/Mail/foo",
        "* LIST (\\Subscribed \\NonExistent) \"\\\\\" \"Fruit Salad\" (\"CHILDINFO\" (\"SUBSCRIBED\"))",
        "* LSUB () \".\" #news.comp.mail.misc",
        "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)",
        "* STATUS x (MAILBOXID (F2212ea87))",
        "* SEARCH 2 84 882",
        "* SEARCH",
        "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3",
        "* ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800",
        "* ESEARCH (TAG \"A284\") ALL 2,10:11",
        "* ESEARCH",
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
        "* 172 EXISTS",
        "* 0 RECENT",
        "* 44 EXPUNGE",
        "* 23 FETCH (FLAGS (\\Seen) RFC822.SIZE 44827)",
        "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" UID 4827313)",
        "* 12 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92))",
        "* 1 FETCH (MODSEQ (624140003) X-GM-MSGID 1278455344230334865)",
        "* 2 FETCH (BODY[1]<4> NIL BODY[HEADER.FIELDS (DATE)] {4}\r\na: b BINARY[2] ~{1}\r\nx)",
        "* ID (\"name\" \"Cyrus\" \"os\" NIL)",
        "* ID NIL",
        "* NAMESPACE ((\"\" \"/\")) NIL ((\"Public Folders/\" \"/\"))",
        "* XFOO whatever it's \"worth",
        "+ Ready for additional command text",
        "+ ",
    ] {
        assert_eq!(rewritten(line), line);
    }
}

#[test]
fn ok_status_responses_and_their_codes() {
    let Response::Done { tag, status, text } = response("a NO [AUTHENTICATIONFAILED] no") else {
        panic!()
    };
    assert_eq!((tag.as_bytes(), status), (&b"a"[..], Status::No));
    assert_eq!(text.code(), Some(&Code::Plain(PlainCode::AuthenticationFailed)));
    assert_eq!(text.text().as_bytes(), b"no");
    let Response::Status { text, .. } = response("* OK [COPYUID 1 304,319:320 3956:3958] x") else {
        panic!()
    };
    let Some(Code::CopyUid { from, to, .. }) = text.code() else { panic!() };
    let pairs: Vec<_> = from.uids().zip(to.uids()).collect();
    assert_eq!(pairs, [(304, 3956), (319, 3957), (320, 3958)]);
}

#[test]
fn ok_what_servers_leave_out_or_put_in() {
    for (line, proper) in [
        ("* OK", "* OK "),
        ("A1 OK", "A1 OK "),
        ("* BYE", "* BYE "),
        ("+", "+ "),
        ("* OK [UNSEEN 17]", "* OK [UNSEEN 17] "),
        ("* OK [ALERT]text", "* OK [ALERT] text"),
        ("* SEARCH ", "* SEARCH"),
        ("* SEARCH 1 2 ", "* SEARCH 1 2"),
        ("* SEARCH 2 5 (MODSEQ 917162500)", "* SEARCH 2 5"),
        ("* 3 EXISTS ", "* 3 EXISTS"),
        ("* FLAGS (\\Answered \\Seen )", "* FLAGS (\\Answered \\Seen)"),
        ("* FLAGS ( \\Answered  * )", "* FLAGS (\\Answered \\*)"),
        ("* LIST (\\HasNoChildren) \"\" INBOX", "* LIST (\\HasNoChildren) NIL INBOX"),
        ("* LIST (HasChildren) \"/\" inbox", "* LIST (\\HasChildren) \"/\" INBOX"),
        ("* 1 FETCH (FLAGS (\\Seen)  UID 3 )", "* 1 FETCH (FLAGS (\\Seen) UID 3)"),
        ("* 1 FETCH ()", "* 1 FETCH ()"),
        ("* 4 FETCH  (UID  7 RFC822.TEXT  {1}\r\nx)", "* 4 FETCH (UID 7 RFC822.TEXT {1}\r\nx)"),
        ("* STATUS  x  ( UNSEEN  3 )", "* STATUS x (UNSEEN 3)"),
        ("* LIST  ()  NIL  x", "* LIST () NIL x"),
        ("* CAPABILITY IMAP4rev1  IDLE ", "* CAPABILITY IMAP4rev1 IDLE"),
        ("* NO [BADCHARSET ] x", "* NO [BADCHARSET] x"),
        ("* OK [ALERT ](y)] x", "* OK [ALERT] (y)] x"),
        ("* ESEARCH (TAG A1) ALL 1", "* ESEARCH (TAG \"A1\") ALL 1"),
        ("* ESEARCH (TAG A1)  UID  ALL 1", "* ESEARCH (TAG \"A1\") UID ALL 1"),
        (
            "* 1 FETCH (INTERNALDATE \"1-Jan-2024 00:00:00 +0000\")",
            "* 1 FETCH (INTERNALDATE \" 1-Jan-2024 00:00:00 +0000\")",
        ),
    ] {
        assert_eq!(rewritten(line), proper, "{line}");
    }
}

#[test]
fn refuses_to_break_a_line_of_text_by_a_literal() {
    let names = [&b"UTF-8"[..], b"\xe9", b"a\r\n* BYE", b"a b"].map(|n| IString::new(n).unwrap());
    for (names, code) in [(&names[..], "BADCHARSET (UTF-8 \"a b\")"), (&names[1..3], "BADCHARSET")]
    {
        let code_of_names = Code::BadCharset(names.iter().cloned().collect());
        let text = ResponseText::new(Some(code_of_names), "x").unwrap();
        let mut out = Vec::new();
        encode::response(&mut out, &Response::Status { status: Status::No, text });
        assert_eq!(String::from_utf8(out).unwrap(), format!("* NO [{code}] x\r\n"));
    }
    let Ok(Response::Status { text, .. }) = parse::response(b"* NO [BADCHARSET (\xe9)] x") else {
        panic!()
    };
    assert!(matches!(text.code(), Some(Code::Other { .. })), "carried raw: {text:?}");
}

#[test]
fn ok_codes_that_are_malformed_are_carried_raw() {
    for line in ["[COPYUID] missing", "[UIDNEXT 0] x", "[COPYUID 701  ] x", "[APPENDUID 1 *] x"] {
        let line = format!("* OK {line}");
        let Response::Status { text, .. } = response(&line) else { panic!() };
        assert!(matches!(text.code(), Some(Code::Other { .. })), "{line}: {text:?}");
        assert_eq!(rewritten(&line), line);
    }
    let Response::Done { text, .. } = response("A1 NO [XFOO see bar mailbox is busy") else {
        panic!()
    };
    assert_eq!(
        (text.code(), text.text().as_bytes()),
        (None, &b"[XFOO see bar mailbox is busy"[..])
    );
}

#[test]
fn ok_brackets_in_flags_do_not_end_the_code() {
    let Response::Status { text, .. } =
        response("* OK [PERMANENTFLAGS (de:hacking $label [css3-page] \\*)] Flags permitted.")
    else {
        panic!()
    };
    let Some(Code::PermanentFlags(flags)) = text.code() else { panic!("{text:?}") };
    assert_eq!(flags.iter().count(), 4);
    assert_eq!(flags.iter().last(), Some(Flag::Any));
}

#[test]
fn ok_one_bad_item_does_not_lose_the_message() {
    let Response::Fetch(fetched) =
        response("* 7 FETCH (UID 0 RFC822.SIZE -1 FLAGS NIL BODYSTRUCTURE NIL UID 9)")
    else {
        panic!()
    };
    let items: Vec<_> = fetched.attributes.iter().collect();
    assert_eq!(items.len(), 5);
    assert!(items[..3].iter().all(|item| matches!(item, FetchAttribute::Other { .. })));
    assert_eq!(fetched.attributes.uid().map(|uid| uid.get()), Some(9));
}

#[test]
fn ok_texts_of_messages_in_all_forms() {
    let Response::Fetch(fetched) = response(
        "* 1 FETCH (BODY[] \"quo\\\"ted\" BODY[TEXT] {3}\r\na\0b BODY[1] nil RFC822 {0}\r\n)",
    ) else {
        panic!()
    };
    let texts: Vec<_> = fetched.attributes.iter().map(|a| a.text().cloned().unwrap()).collect();
    assert_eq!(texts[0].as_bytes(), Some(&b"quo\"ted"[..]));
    assert_eq!(texts[1], BodyText::Binary((&b"a\0b"[..]).into()));
    assert_eq!(texts[2], BodyText::Nil);
    assert_eq!(texts[3].as_bytes(), Some(&b""[..]));
}

#[test]
fn ok_start_of_a_fetch_response_whose_literal_is_to_come() {
    let head = b"* 12 FETCH (UID 5 FLAGS () BODY[1.2]<0> {31457280}";
    let start = parse::fetch_start(head).unwrap();
    assert_eq!(start.number.get(), 12);
    assert_eq!(start.before.uid().map(|uid| uid.get()), Some(5));
    assert_eq!(start.attribute.streamed(), Some(31_457_280));
    let FetchAttribute::Section { section, origin: Some(0), .. } = start.attribute else {
        panic!()
    };
    assert_eq!(section, Section::parse(b"1.2").unwrap());
    let next = parse::fetch_next(b" UID 7 BINARY[2] ~{5000}").unwrap();
    assert_eq!(next.attribute.text(), Some(&BodyText::Streamed { octets: 5000, binary: true }));
    for bad in
        ["* 1 FETCH (FLAGS ())", "* 1 FETCH (ENVELOPE {5}", "* 0 FETCH (BODY[] {5}", "* OK {5}"]
    {
        assert!(parse::fetch_start(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn err_responses_say_where_and_why() {
    for (line, error) in [
        ("", "expected a tag at offset 0"),
        ("* ", "expected a response at offset 2"),
        ("A1 YES", "expected OK, NO or BAD at offset 3"),
        ("* FLAGS \\Seen", "expected a list at offset 8"),
        ("* LIST () \"//\" x", "expected a delimiter of one octet or NIL at offset 10"),
        ("* LIST () \"/\"", "expected SP at offset 13"),
        ("* 0 EXPUNGE", "expected a number above 0 at offset 2"),
        ("* 4294967296 EXISTS", "expected a number below 2^32 at offset 2"),
        ("* 1 FETCH (UID 3", "expected SP or ) at offset 16"),
        ("* SEARCH 1 a", "expected end of line at offset 11"),
        ("* OK a\0b", "expected end of line at offset 6"),
    ] {
        match parse::response(line.as_bytes()) {
            Err(found) => assert_eq!(found.to_string(), error, "{line:?}"),
            Ok(response) => panic!("{line}: {response:?}"),
        }
    }
}

#[test]
fn a_streamed_text_cannot_be_forged_by_the_server() {
    // Only the framer may write this mark; it refuses it in what comes from the wire.
    let Response::Fetch(fetched) = response("* 1 FETCH (BODY[] \0{5000} UID 3)") else { panic!() };
    let text = fetched.attributes.iter().next().and_then(|a| a.streamed());
    assert_eq!(text, Some(5000));
    use imap_proto::{Profile, ResponseLimits, frame};
    let mut framer = frame::ResponseFramer::new(ResponseLimits::default(), Profile::default());
    let mut input = bytes::BytesMut::from(&b"* 1 FETCH (BODY[] \0{5000} UID 3)\r\n"[..]);
    assert_eq!(framer.next(&mut input), Err(frame::FrameError::Nul));
}

#[test]
fn names_of_mailboxes_are_carried_as_octets() {
    let Response::List(listing) = response("* LIST () \"/\" Entw&APw-rfe") else { panic!() };
    assert_eq!(listing.mailbox.to_utf8(NameForm::Utf7).as_deref(), Some("Entwürfe"));
    let line = "* LIST () \"/\" \"Entwürfe\"";
    let Response::List(listing) = response(line) else { panic!() };
    assert_eq!(listing.mailbox.to_utf8(NameForm::Utf8).as_deref(), Some("Entwürfe"));
    assert_eq!(listing.mailbox.to_utf8(NameForm::Utf7), None);
    // 8-bit octets in quotes are not legal on every connection: they go as a literal.
    assert_eq!(rewritten(line), "* LIST () \"/\" {9}\r\nEntwürfe");
}

#[test]
fn status_items_by_name() {
    let CommandBody::Status { items, .. } = command("a STATUS x (unseen SIZE DELETED)").body else {
        panic!()
    };
    let known: Vec<_> = items.iter().collect();
    assert_eq!(known, [StatusItem::Unseen, StatusItem::Deleted, StatusItem::Size]);
    let Response::MailboxStatus(status) = response("* STATUS x (SIZE 44421 UNSEEN 1)") else {
        panic!()
    };
    assert_eq!(status.values.of(StatusItem::Size), Some(44421));
    assert_eq!(status.values.of(StatusItem::Messages), None);
    assert_eq!(command("a UID FETCH 1 UID").body.verb(), Verb::Fetch);
}
