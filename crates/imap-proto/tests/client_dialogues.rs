//! Dialogues of the client session as RFC 3501 section 8, RFC 9051 and RFC 2177 tell them. Each
//! also runs cut at every offset and under the contract.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test names what it looks for")]

mod client_support;

use bytes::Bytes;
use client_support::*;
use imap_proto::{
    Code, Flag, Flags, IdField, IdFields, List, ListPattern, MailboxName, Query, Search,
    StatusItem, StatusItems,
    client::{AppendMessage, Config, Event, StoreFlags, Tls},
};
use mail_sasl::Mechanism;
use mail_wire::testing::Ended;

const OPEN: Ended = Ended::WantsInput;

/// The connection of RFC 3501 section 8.
#[test]
fn ok_the_sample_connection() {
    let (log, ended) = dialogue(|session| {
        session.log_in(tim())?;
        session.select(MailboxName::INBOX)?;
        let items = imap_proto::FetchMacro::Full.into();
        session.fetch(false, set("12"), items)?;
        let header = imap_proto::Section::parse(b"HEADER").expect("a section");
        let header = imap_proto::FetchItem::Section { section: header, peek: false, partial: None };
        session.fetch(false, set("12"), items_of(header))?;
        session.store(false, set("12"), StoreFlags::add(Flags::new([Flag::Deleted])))?;
        session.logout()?;
        Ok(())
    })
    .s("* OK IMAP4rev1 Service Ready")
    .c("A1 CAPABILITY")
    .s("* CAPABILITY IMAP4rev1")
    .s("A1 OK done")
    .c("A2 LOGIN tim tanstaaf")
    .s("A2 OK LOGIN completed")
    .c("A3 CAPABILITY")
    .s("* CAPABILITY IMAP4rev1")
    .s("A3 OK done")
    .c("A4 SELECT INBOX")
    .s("* 18 EXISTS")
    .s("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
    .s("* 2 RECENT")
    .s("* OK [UNSEEN 17] Message 17 is the first unseen message")
    .s("* OK [UIDVALIDITY 3857529045] UIDs valid")
    .s("A4 OK [READ-WRITE] SELECT completed")
    .c("A5 FETCH 12 FULL")
    .s("* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 \
        ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" NIL NIL NIL NIL NIL NIL NIL NIL \
        \"<B27397-0100000@cac.washington.edu>\") BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") \
        NIL NIL \"7BIT\" 3028 92))")
    .s("A5 OK FETCH completed")
    .c("A6 FETCH 12 BODY[HEADER]")
    .raw("* 12 FETCH (BODY[HEADER] {20}\r\nSubject: summary\r\n\r\n)\r\n")
    .s("A6 OK FETCH completed")
    .c("A7 STORE 12 +FLAGS (\\Deleted)")
    .s("* 12 FETCH (FLAGS (\\Seen \\Deleted))")
    .s("A7 OK +FLAGS completed")
    .c("A8 LOGOUT")
    .s("* BYE IMAP4rev1 server terminating connection")
    .s("A8 OK LOGOUT completed")
    .run();
    assert_eq!(ended, Ended::Closed);
    assert_eq!(log.first().map(String::as_str), Some("greeting None IMAP4rev1 Service Ready"));
    assert_eq!(lines_with(&log, "Handle(1)"), ["Handle(1) OK LOGIN completed"]);
    assert_eq!(lines_with(&log, "Handle(2)").len(), 6);
    let header = lines_with(&log, "Handle(4)");
    assert!(header[0].starts_with("Handle(4) 12 uid None Section"), "{header:?}");
    assert_eq!(header.get(1), Some(&"BodyEnd { handle: Handle(4) }"));
    assert_eq!(lines_with(&log, "body \""), ["body \"Subject: summary\\r\\n\\r\\n\""]);
    let store = lines_with(&log, "Handle(5)");
    assert!(store[0].contains("Flags([Seen, Deleted])"), "{store:?}");
    let end = log.get(log.len() - 2..).unwrap_or_default();
    let bye = "bye IMAP4rev1 server terminating connection";
    assert_eq!(end, [bye, "Handle(6) OK LOGOUT completed"]);
}

fn items_of(item: imap_proto::FetchItem<'static>) -> imap_proto::FetchItems<'static> {
    items(&[item])
}

#[test]
fn ok_starttls_and_all_is_asked_anew() {
    let (log, ended) = dialogue(|session| {
        session.log_in(tim())?;
        session.list(List::new(name(""), &ListPattern::new(b"*")?))?;
        Ok(())
    })
    .config(Config::new())
    .s("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready")
    .c("A1 STARTTLS")
    .s("A1 OK begin TLS negotiation now")
    .c("A2 CAPABILITY")
    .s("* CAPABILITY IMAP4rev1 SASL-IR AUTH=LOGIN AUTH=PLAIN")
    .s("A2 OK done")
    .c("A3 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZg==")
    .s("A3 OK [CAPABILITY IMAP4rev1] welcome")
    .c("A4 LIST \"\" *")
    .s("* LIST (\\HasNoChildren) \"/\" INBOX")
    .s("A4 OK done")
    .run();
    assert_eq!(ended, OPEN);
    assert_eq!(
        log.get(1..4).unwrap_or_default(),
        ["tls", "Ready { authenticated: false }", "Handle(1) OK welcome",]
    );
}

#[test]
fn ok_implicit_tls_comes_before_the_greeting() {
    let (log, _) = dialogue(|_| Ok(())).config(Config::new().tls(Tls::Implicit)).s(HELLO).run();
    assert_eq!(log.first().map(String::as_str), Some("tls"));
    assert_eq!(log.last().map(String::as_str), Some("Ready { authenticated: false }"));
}

#[test]
fn ok_authenticate_waits_for_the_challenge_without_sasl_ir() {
    let (log, _) = dialogue(|session| session.log_in(tim()).map(drop))
        .s("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] ready")
        .c("A1 AUTHENTICATE PLAIN")
        .s("+ ")
        .c("AHRpbQB0YW5zdGFhZg==")
        .s("* CAPABILITY IMAP4rev1 IDLE")
        .s("A1 OK told you before")
        .run();
    assert_eq!(log.last().map(String::as_str), Some("Handle(1) OK told you before"));
}

#[test]
fn ok_authenticate_by_login_and_its_prompts() {
    let (log, _) = dialogue(|session| session.authenticate(Mechanism::Login, tim()).map(drop))
        .s("* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready")
        .c("A1 AUTHENTICATE LOGIN")
        .s("+ VXNlcm5hbWU6")
        .c("dGlt")
        .s("+ UGFzc3dvcmQ6")
        .c("dGFuc3RhYWY=")
        .s("A1 NO [AUTHENTICATIONFAILED] no")
        .run();
    assert_eq!(log.last().map(String::as_str), Some("Handle(1) NO no"));
}

#[test]
fn ok_capabilities_that_are_not_told_are_asked_for_after_login() {
    dialogue(|session| session.log_in(tim()).map(drop))
        .s("* OK ready")
        .c("A1 CAPABILITY")
        .s("* CAPABILITY IMAP4rev1")
        .s("A1 OK done")
        .c("A2 LOGIN tim tanstaaf")
        .s("A2 OK welcome")
        .c("A3 CAPABILITY")
        .s("* CAPABILITY IMAP4rev1 IDLE")
        .s("A3 OK done")
        .run();
}

#[test]
fn ok_literals_wait_for_the_server() {
    let (log, _) = dialogue(|session| {
        enter(session)?;
        session.create(name("a\r\nb"))?;
        session.rename(name("a\r\nb"), name("c\u{7f}\r\nd"))?;
        Ok(())
    })
    .s(HELLO)
    .c("A1 LOGIN tim tanstaaf")
    .s(&format!("A1 {WELCOME}"))
    .c("A2 SELECT INBOX")
    .s("A2 OK [READ-WRITE] done")
    .c("A3 CREATE {4}")
    .s("+ go ahead")
    .c("a\r\nb")
    .s("A3 NO not such a name")
    .c("A4 RENAME {4}")
    .s("+ go ahead")
    .c("a\r\nb {5}")
    .s("A4 BAD I have seen enough")
    .run();
    assert_eq!(lines_with(&log, "Handle(3)"), ["Handle(3) NO not such a name"]);
    assert_eq!(lines_with(&log, "Handle(4)"), ["Handle(4) BAD I have seen enough"]);
}

#[test]
fn ok_literals_do_not_wait_where_literal_plus_is_offered() {
    dialogue(|session| {
        session.log_in(tim())?;
        session.create(name("a\r\nb"))?;
        Ok(())
    })
    .s("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready")
    .c("A1 LOGIN tim tanstaaf")
    .s("A1 OK [CAPABILITY IMAP4rev1 LITERAL+] welcome")
    .c_raw("A2 CREATE {4+}\r\na\r\nb\r\n")
    .s("A2 OK done")
    .run();
}

/// The APPEND of RFC 9051 section 6.3.12.
fn append(session: &mut imap_proto::client::Client) -> Result<(), mail_errors::Misuse> {
    session.log_in(tim())?;
    let message = AppendMessage::new(name("saved-messages"), 12);
    session.append(message.flags(Flags::new([Flag::Seen])))?;
    session.noop()?;
    Ok(())
}

fn deliver(session: &mut imap_proto::client::Client, event: &Event) {
    if let Event::WantBody { handle, room } = event {
        if *room > 0 {
            session.body(*handle, Bytes::from_static(b"Hello ")).expect("it is wanted");
            session.body(*handle, Bytes::from_static(b"Joe.\r\n")).expect("it is wanted");
        }
        session.body_end(*handle).expect("it is complete");
    }
}

#[test]
fn ok_append_waits_and_then_sends_exactly_what_was_announced() {
    let (log, _) = dialogue(append)
        .act(deliver)
        .s(HELLO)
        .c("A1 LOGIN tim tanstaaf")
        .s(&format!("A1 {WELCOME}"))
        .c("A2 APPEND saved-messages (\\Seen) {12}")
        .s("+ Ready for literal data")
        .c("Hello Joe.\r\n")
        .s("A2 OK [APPENDUID 38505 3955] APPEND completed")
        .c("A3 NOOP")
        .s("A3 OK done")
        .run();
    assert_eq!(lines_with(&log, "Handle(2)"), ["Handle(2) OK APPEND completed"]);
}

#[test]
fn ok_append_that_is_refused_sends_no_message() {
    let (log, _) = dialogue(append)
        .act(deliver)
        .s(HELLO)
        .c("A1 LOGIN tim tanstaaf")
        .s(&format!("A1 {WELCOME}"))
        .c("A2 APPEND saved-messages (\\Seen) {12}")
        .s("A2 NO [TRYCREATE] no such mailbox")
        .c("A3 NOOP")
        .s("A3 OK done")
        .run();
    assert_eq!(lines_with(&log, "Handle(2)"), ["Handle(2) NO no such mailbox"]);
}

#[test]
fn ok_append_by_literal_plus_goes_on_when_refused_early() {
    let (log, _) = dialogue(append)
        .act(deliver)
        .s("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready")
        .c("A1 LOGIN tim tanstaaf")
        .s("A1 OK [CAPABILITY IMAP4rev1 LITERAL+] welcome")
        .c("A2 APPEND saved-messages (\\Seen) {12+}")
        .c("Hello Joe.\r\n")
        .s("A2 NO [OVERQUOTA] full")
        .c("A3 NOOP")
        .s("A3 OK done")
        .run();
    assert_eq!(lines_with(&log, "Handle(2)"), ["Handle(2) NO full"]);
}

/// RFC 2177 section 3.
#[test]
fn ok_idle_tells_news_until_done() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.idle().map(drop)
    })
    .act(|session, event| {
        if let Event::Unsolicited(imap_proto::Response::Exists(4)) = event {
            let mailbox = session.mailbox().expect("one is selected");
            assert_eq!(mailbox.exists(), 4);
            // A command ends the IDLE by itself.
            session.noop().expect("it is taken");
        }
    })
    .c("A3 IDLE")
    .s("+ idling")
    .s("* 2 EXPUNGE")
    .s("* 3 EXISTS")
    .s("* 4 EXISTS")
    .c("DONE")
    .s("A3 OK IDLE terminated")
    .c("A4 NOOP")
    .s("A4 OK done")
    .run();
    let news: Vec<_> = log.iter().skip_while(|line| !line.starts_with("Idling")).collect();
    assert_eq!(
        news,
        [
            "Idling(Handle(3))",
            "Expunged { handle: None, number: 2, uid: None }",
            "news Exists(3)",
            "news Exists(4)",
            "Handle(3) OK IDLE terminated",
            "Handle(4) OK done",
        ]
    );
}

#[test]
fn ok_done_before_idle_has_begun() {
    let (log, _) = selected(|session| {
        enter(session)?;
        let idle = session.idle()?;
        session.noop()?;
        session.done(idle)?;
        let idle = session.idle()?;
        session.noop()?;
        assert!(session.done(idle).is_ok() && session.done(idle).is_err());
        Ok(())
    })
    .c("A3 NOOP")
    .c("A4 NOOP")
    .s("A3 OK done")
    .s("A4 OK done")
    .run();
    assert_eq!(
        lines_with(&log, "not sent"),
        ["Handle(3) not sent: it was cancelled", "Handle(5) not sent: it was cancelled",]
    );
}

#[test]
fn ok_what_is_unambiguous_goes_together_and_comes_back_apart() {
    let (log, _) = selected(|session| {
        enter(session)?;
        let items = StatusItems::default().with(StatusItem::Messages);
        session.status(name("work"), items)?;
        session.status(name("home"), items)?;
        session.list(List::new(name(""), &ListPattern::new(b"%")?))?;
        session.status(name("work"), items)?;
        session.create(name("new"))?;
        session.noop()?;
        Ok(())
    })
    .c("A3 STATUS work (MESSAGES)")
    .c("A4 STATUS home (MESSAGES)")
    .c("A5 LIST \"\" %")
    .s("* STATUS home (MESSAGES 2)")
    .s("* LIST () \"/\" work")
    .s("* STATUS work (MESSAGES 1)")
    .s("A5 OK done")
    .s("A4 OK done")
    .s("A3 OK done")
    .c("A6 STATUS work (MESSAGES)")
    .s("* STATUS work (MESSAGES 3)")
    .s("* STATUS else (MESSAGES 9)")
    .s("A6 OK done")
    .c("A7 CREATE new")
    .s("A7 OK done")
    .c("A8 NOOP")
    .s("A8 OK done")
    .run();
    for (handle, data) in [(3, "work"), (4, "home"), (5, "work"), (6, "work")] {
        let own = lines_with(&log, &format!("Handle({handle})"));
        assert!(own.len() == 2 && own[0].contains(data), "{own:?}");
    }
    assert_eq!(lines_with(&log, "news").len(), 1);
}

#[test]
fn ok_untagged_data_between_anything() {
    let (log, _) = selected(|session| {
        enter(session)?;
        let keys = Query::parse(b"SEEN").expect("a query");
        session.search(Search { uid: false, give: None, charset: None, query: keys })?;
        session.fetch(true, set("7"), whole())?;
        Ok(())
    })
    .c("A3 SEARCH SEEN")
    .s("* 1 FETCH (FLAGS (\\Seen))")
    .s("* 4 EXISTS")
    .s("* SEARCH 1 2")
    .s("* OK Still here")
    .s("* X-PLUGH (plover) xyzzy")
    .s("A3 OK done")
    .c("A4 UID FETCH 7 BODY.PEEK[]")
    .s("* 2 FETCH (FLAGS () UID 5)")
    .s("* 1 EXPUNGE")
    .raw("* 2 FETCH (BODY[] {5}\r\nhello UID 7 FLAGS (\\Seen))\r\n")
    .s("* NO [ALERT] disk is nearly full")
    .s("* 0 RECENT")
    .s("A4 OK done")
    .run();
    let search = lines_with(&log, "Handle(3)");
    assert_eq!(search, ["Handle(3) Search([1, 2])", "Handle(3) OK done"]);
    assert_eq!(lines_with(&log, "news").len(), 7, "{log:#?}");
    assert_eq!(lines_with(&log, "body \"hello\"").len(), 1);
    let fetch = lines_with(&log, "Handle(4)");
    assert_eq!(fetch.len(), 4, "{fetch:?}");
    assert_eq!(lines_with(&log, "Expunged").len(), 1);
}

#[test]
fn ok_texts_come_alike_however_they_are_sent() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1:3"), whole())?;
        Ok(())
    })
    .c("A3 FETCH 1:3 BODY.PEEK[]")
    .s("* 1 FETCH (UID 4 BODY[] \"quoted\")")
    .raw("* 2 FETCH (UID 5 BODY[] {7}\r\nliteral)\r\n")
    .s("* 3 FETCH (UID 6 BODY[] NIL)")
    .s("A3 OK done")
    .run();
    let texts: Vec<_> = log.iter().filter(|line| line.starts_with("body ")).collect();
    assert_eq!(texts, ["body \"quoted\"", "body \"literal\""]);
    let starts = lines_with(&log, "uid Some");
    assert!(starts[0].starts_with("Handle(3) 1 uid Some(4) Section"), "{starts:?}");
    assert!(starts[1].starts_with("Handle(3) 2 uid Some(5) Section"), "{starts:?}");
    assert_eq!(starts.len(), 2);
}

#[test]
fn ok_two_texts_in_one_response() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1"), whole()).map(drop)
    })
    .c("A3 FETCH 1 BODY.PEEK[]")
    .raw("* 1 FETCH (BODY[HEADER] {3}\r\none UID 9 BODY[TEXT] {4}\r\ntwo. FLAGS ())\r\n")
    .s("A3 OK done")
    .run();
    let texts: Vec<_> = log.iter().filter(|line| line.starts_with("body ")).collect();
    assert_eq!(texts, ["body \"one\"", "body \"two.\""]);
    let starts = lines_with(&log, "Handle(3) 1 uid");
    assert!(starts[0].contains("uid None") && starts[1].contains("uid Some(9)"), "{starts:?}");
}

#[test]
fn ok_expunge_tells_uids_and_moves_numbers() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1:*"), items(&[imap_proto::FetchItem::Uid]))?;
        session.expunge().map(drop)
    })
    .act(|session, event| {
        if let Event::Expunged { uid: Some(uid), .. } = event {
            let numbers = session.mailbox().expect("one is selected").numbers();
            assert_eq!(numbers.seq(uid.get()), None);
        }
    })
    .c("A3 FETCH 1:* UID")
    .s("* 1 FETCH (UID 4)")
    .s("* 2 FETCH (UID 5)")
    .s("* 3 FETCH (UID 9)")
    .s("A3 OK done")
    .c("A4 EXPUNGE")
    .s("* 1 EXPUNGE")
    .s("* 2 EXPUNGE")
    .s("A4 OK done")
    .run();
    assert_eq!(
        lines_with(&log, "Expunged"),
        [
            "Expunged { handle: Some(Handle(4)), number: 1, uid: Some(4) }",
            "Expunged { handle: Some(Handle(4)), number: 2, uid: Some(9) }",
        ]
    );
}

#[test]
fn ok_numbers_that_an_expunge_has_moved_are_not_sent() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.noop()?;
        session.store(true, set("9"), StoreFlags::add(Flags::new([Flag::Seen])).silent())?;
        session.store(false, set("3"), StoreFlags::add(Flags::new([Flag::Deleted])))?;
        session.search(among("NOT 2:3"))?;
        session.search(among("UID 9"))?;
        Ok(())
    })
    .c("A3 NOOP")
    .s("A3 OK done")
    .c("A4 UID STORE 9 +FLAGS.SILENT (\\Seen)")
    .s("* 1 EXPUNGE")
    .s("A4 OK done")
    .c("A5 SEARCH UID 9")
    .s("* SEARCH 2")
    .s("A5 OK done")
    .run();
    let why = "not sent: messages were expunged in the meantime";
    assert_eq!(
        lines_with(&log, "not sent"),
        [format!("Handle(5) {why}"), format!("Handle(6) {why}")]
    );
}

fn among(query: &'static str) -> Search<'static> {
    let query = Query::parse(query.as_bytes()).expect("a query");
    Search { uid: false, give: None, charset: None, query }
}

#[test]
fn ok_forgotten_commands_are_read_on_and_dropped() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.fetch(false, set("1:2"), whole())?;
        let lost = session.noop()?;
        session.forget(lost)?;
        assert!(session.forget(lost).is_err());
        session.noop().map(drop)
    })
    .act(|session, event| {
        if let Event::BodyStart(body) = event {
            session.forget(body.handle).expect("it is in flight");
        }
    })
    .c("A3 FETCH 1:2 BODY.PEEK[]")
    .raw("* 1 FETCH (BODY[] {5}\r\nhello)\r\n")
    .raw("* 2 FETCH (BODY[] {5}\r\nworld)\r\n")
    .s("* 4 EXISTS")
    .s("A3 OK done")
    .c("A4 NOOP")
    .s("A4 OK done")
    .run();
    assert_eq!(lines_with(&log, "Handle(3)").len(), 1, "{log:#?}");
    assert_eq!(lines_with(&log, "body").len(), 0);
    assert_eq!(log.last().map(String::as_str), Some("Handle(5) OK done"));
    assert_eq!(lines_with(&log, "news"), ["news Exists(4)"]);
}

#[test]
fn ok_select_that_fails_closes_the_mailbox_and_what_waits_is_not_sent() {
    let (log, _) = selected(|session| {
        enter(session)?;
        session.examine(name("nope"))?;
        session.fetch(false, set("1"), whole())?;
        session.close_mailbox().map(drop)
    })
    .act(|session, event| {
        if let Event::NotSent { .. } = event {
            assert!(session.mailbox().is_none());
        }
    })
    .c("A3 EXAMINE nope")
    .s("A3 NO [NONEXISTENT] no such mailbox")
    .run();
    assert_eq!(lines_with(&log, "not sent").len(), 2);
}

#[test]
fn ok_select_keeps_what_the_server_tells_of_the_mailbox() {
    selected(|session| {
        enter(session)?;
        session.select(name("work"))?;
        session.unselect().map(drop)
    })
    .act(|session, event| {
        if let (Event::Done { text, .. }, Some(mailbox)) = (event, session.mailbox())
            && text.code() == Some(&Code::ReadOnly)
        {
            assert_eq!((mailbox.exists(), mailbox.recent()), (7, 1));
            assert_eq!(mailbox.access(), imap_proto::Access::ReadOnly);
            assert_eq!(mailbox.name(), &name("work"));
            assert_eq!(mailbox.uid_validity().map(u32::from), Some(9));
            assert_eq!(mailbox.uid_next().map(u32::from), Some(4392));
            assert!(mailbox.permanent_flags().is_empty() && mailbox.is_consistent());
        }
    })
    .c("A3 SELECT work")
    .s("* 2 EXISTS")
    .s("* OK [CLOSED] INBOX is closed")
    .s("* 7 EXISTS")
    .s("* 1 RECENT")
    .s("* OK [UIDVALIDITY 9] UIDs valid")
    .s("* OK [UIDNEXT 4392] Predicted next UID")
    .s("* OK [PERMANENTFLAGS ()] No permanent flags permitted")
    .s("A3 OK [READ-ONLY] done")
    .c("A4 UNSELECT")
    .s("A4 OK done")
    .run();
}

#[test]
fn ok_id_and_every_other_command_with_its_answer() {
    let (log, _) = selected(|session| {
        enter(session)?;
        let field = IdField { name: "name".try_into()?, value: Some("test".try_into()?) };
        session.id(IdFields::new([field]))?;
        session.command(imap_proto::CommandBody::Namespace)?;
        session.subscribe(name("a"))?;
        session.unsubscribe(name("a"))?;
        session.lsub(name(""), ListPattern::new(b"*")?)?;
        session.copy(true, set("1:5"), name("b"))?;
        session.move_messages(true, set("1:5"), name("b"))?;
        session.uid_expunge(set("1:5"))?;
        session.delete(name("a"))?;
        session.close_mailbox()?;
        Ok(())
    })
    .c("A3 ID (\"name\" \"test\")")
    .c("A4 NAMESPACE")
    .s("* ID (\"name\" \"server\")")
    .s("A3 OK done")
    .s("* NAMESPACE ((\"\" \"/\")) NIL NIL")
    .s("A4 OK done")
    .c("A5 SUBSCRIBE a")
    .s("A5 OK done")
    .c("A6 UNSUBSCRIBE a")
    .s("A6 BAD no")
    .c("A7 LSUB \"\" *")
    .s("* LSUB () \"/\" b")
    .s("A7 OK done")
    .c("A8 UID COPY 1:5 b")
    .s("A8 OK [COPYUID 1 1:2 7:8] done")
    .c("A9 UID MOVE 1:5 b")
    .s("* OK [COPYUID 1 1 9] moved")
    .s("* 1 EXPUNGE")
    .s("A9 OK done")
    .c("A10 UID EXPUNGE 1:5")
    .s("A10 OK done")
    .c("A11 DELETE a")
    .s("A11 NO no")
    .c("A12 CLOSE")
    .s("A12 OK done")
    .run();
    let own = |handle: u32| lines_with(&log, &format!("Handle({handle})")).len();
    let counts: Vec<usize> = (3..=12).map(own).collect();
    assert_eq!(counts, [2, 2, 1, 1, 2, 1, 3, 1, 1, 1], "{log:#?}");
}
