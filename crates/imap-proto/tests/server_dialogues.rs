//! Whole dialogues, as RFC 3501 section 8 and RFC 9051 have them. Each also runs cut at every
//! offset and octet by octet.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests may panic")]

mod server_support;

use imap_proto::server::Config;
use server_support::{App, config, dialogue, dialogue_with, selected};

#[test]
fn ok_rfc3501_section_8() {
    dialogue(
        "
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID SASL-IR AUTH=PLAIN AUTH=LOGIN] ready
        C: a001 login tim tanstaaf
        S: a001 OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE UNSELECT UIDPLUS MOVE ESEARCH APPENDLIMIT=52428800] logged in
        C: a002 select inbox
        S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 2] first unseen
        S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags that last
        S: * OK [UIDNEXT 10] predicted next UID
        S: * OK [UIDVALIDITY 3857529045] UIDs valid
        S: a002 OK [READ-WRITE] selected
        C: a003 fetch 1 fast
        S: * 1 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 163)
        S: a003 OK FETCH completed
        C: a004 fetch 1 body[header]
        S: * 1 FETCH (BODY[HEADER] {116}
        S: From: Terry Gray <gray@cac.test>
        S: Subject: IMAP4rev1 WG mtg summary
        S: Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
        S:
        S: )
        S: a004 OK FETCH completed
        C: a005 store 1 +flags \\deleted
        S: * 1 FETCH (FLAGS (\\Seen \\Deleted))
        S: a005 OK STORE completed
        C: a006 logout
        S: * BYE good-bye
        S: a006 OK LOGOUT completed",
    );
}

#[test]
fn ok_examine_looks_and_does_not_touch() {
    let replay = dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 EXAMINE INBOX
        S: * FLAGS ...
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 2] ...
        S: * OK [PERMANENTFLAGS ()] ...
        S: * OK [UIDNEXT 10] ...
        S: * OK [UIDVALIDITY 3857529045] ...
        S: 2 OK [READ-ONLY] selected
        C: 3 STORE 1 +FLAGS (\\Deleted)
        S: 3 NO [READ-ONLY] ...
        C: 4 EXPUNGE
        S: 4 NO [READ-ONLY] ...
        C: 5 UID EXPUNGE 1:*
        S: 5 NO [READ-ONLY] ...
        C: 6 MOVE 1 work/old
        S: 6 NO [READ-ONLY] ...
        C: 7 FETCH 2 BODY[TEXT]
        S: * 2 FETCH (BODY[TEXT] {13}
        S: body of two
        S: )
        S: 7 OK ...
        C: 8 FETCH 2 FLAGS
        S: * 2 FETCH (FLAGS ())
        S: 8 OK ...
        C: 9 CLOSE
        S: 9 OK ...",
    );
    assert!(!replay.log.iter().any(|line| line.starts_with("Expunge")), "{:#?}", replay.log);
    assert_eq!(replay.log.iter().filter(|line| line.contains("ReadOnly")).count(), 4);
}

#[test]
fn ok_fetch_what_was_asked_for_by_uid_and_by_number() {
    selected(
        "
        C: 1 UID FETCH 5:* (FLAGS)
        S: * 2 FETCH (UID 5 FLAGS ())
        S: * 3 FETCH (UID 9 FLAGS (\\Deleted))
        S: 1 OK FETCH completed
        C: 2 FETCH 3:2 UID
        S: * 2 FETCH (UID 5)
        S: * 3 FETCH (UID 9)
        S: 2 OK FETCH completed
        C: 3 UID FETCH 6:8,100 FLAGS
        S: 3 OK FETCH completed
        C: 4 FETCH 4 FLAGS
        S: 4 BAD there is no such message
        C: 5 FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)] BODY.PEEK[]<6.5> BODY.PEEK[TEXT]<999.1>)
        S: * 1 FETCH (BODY[HEADER.FIELDS (Subject)] {37}
        S: Subject: IMAP4rev1 WG mtg summary
        S:
        S:  BODY[TEXT]<999> {0}
        S:  BODY[]<6> {5}
        S: Terry)
        S: 5 OK FETCH completed",
    );
}

#[test]
fn ok_reading_sets_seen_and_says_so_once() {
    selected(
        "
        C: 1 FETCH 2 BODY[TEXT]
        S: * 2 FETCH (FLAGS (\\Seen) BODY[TEXT] {13}
        S: body of two
        S: )
        S: 1 OK ...
        C: 2 FETCH 2 RFC822.TEXT
        S: * 2 FETCH (RFC822.TEXT {13}
        S: body of two
        S: )
        S: 2 OK ...
        C: 3 FETCH 3 (RFC822.HEADER FLAGS)
        S: * 3 FETCH (FLAGS (\\Deleted) RFC822.HEADER {39}
        S: From: fred@foo.test
        S: Subject: three
        S:
        S: )
        S: 3 OK ...",
    );
}

#[test]
fn ok_first_part_of_a_simple_message_and_no_other() {
    selected(
        "
        C: 1 FETCH 2 (BODY.PEEK[1] BODY.PEEK[2])
        S: * 2 FETCH (BODY[2] NIL BODY[1] {13}
        S: body of two
        S: )
        S: 1 OK ...
        C: 2 FETCH 2 ENVELOPE
        S: 2 NO [CANNOT] ...
        C: 3 FETCH 2 ALL
        S: 3 NO [CANNOT] ...
        C: 4 FETCH 2 BINARY[1]
        S: 4 BAD ...",
    );
}

#[test]
fn err_parts_of_a_multipart_are_not_served_and_it_says_so() {
    let app = || {
        let mut app = App::new();
        let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n";
        app.mailboxes.insert(b"m".to_vec(), vec![server_support::mail(1, &[], raw)]);
        app
    };
    dialogue_with(
        config,
        app,
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 EXAMINE m
        S: * FLAGS ...
        S: * 1 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 1] ...
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT ...
        S: * OK [UIDVALIDITY ...
        S: 2 OK ...
        C: 3 FETCH 1 (UID BODY[1])
        S: * 1 FETCH (UID 1)
        S: 3 NO [CANNOT] ...
        C: 4 FETCH 1 BODY[1.MIME]
        S: 4 NO [CANNOT] ...",
    );
}

#[test]
fn ok_a_nul_that_came_another_way_is_told_as_another_octet() {
    let app = || {
        let mut app = App::new();
        let mail = server_support::mail(1, &[], "Subject: a\0b\n\nc\0d\n");
        app.mailboxes.insert(b"m".to_vec(), vec![mail]);
        app
    };
    let replay = dialogue_with(
        config,
        app,
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 EXAMINE m
        S: * FLAGS ...
        S: * 1 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 1] ...
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT ...
        S: * OK [UIDVALIDITY ...
        S: 2 OK ...
        C: 3 FETCH 1 (BODY[HEADER.FIELDS (Subject)] BODY[TEXT])
        S: * 1 FETCH (BODY[HEADER.FIELDS (Subject)] {16}
        S: Subject: a...b
        S:
        S:  BODY[TEXT] {5}
        S: c...d
        S: )
        S: 3 OK ...",
    );
    assert!(!replay.text().contains('\0'));
}

#[test]
fn ok_store_in_all_its_forms() {
    selected(
        "
        C: 1 STORE 1:2 FLAGS (\\Flagged $Forwarded)
        S: * 1 FETCH (FLAGS (\\Flagged $Forwarded))
        S: * 2 FETCH (FLAGS (\\Flagged $Forwarded))
        S: 1 OK STORE completed
        C: 2 UID STORE 5 -FLAGS $forwarded
        S: * 2 FETCH (UID 5 FLAGS (\\Flagged))
        S: 2 OK STORE completed
        C: 3 STORE 1 +FLAGS.SILENT (\\Seen)
        S: 3 OK STORE completed
        C: 4 FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS (\\Flagged $Forwarded \\Seen))
        S: 4 OK ...
        C: 5 STORE 1 +FLAGS (\\Recent)
        S: 5 BAD that flag cannot be set",
    );
}

#[test]
fn ok_expunge_copy_and_move() {
    selected(
        "
        C: 1 COPY 1:2 work/old
        S: 1 OK [COPYUID 7 4:5 1:2] COPY completed
        C: 2 UID COPY 77 work/old
        S: 2 OK ...
        C: 3 COPY 1 nowhere
        S: 3 NO [TRYCREATE] no such mailbox
        C: 4 EXPUNGE
        S: * 3 EXPUNGE
        S: 4 OK EXPUNGE completed
        C: 5 UID MOVE 4 work/old
        S: * OK [COPYUID 7 4 3] moved
        S: * 1 EXPUNGE
        S: 5 OK MOVE completed
        C: 6 FETCH 1:* UID
        S: * 1 FETCH (UID 5)
        S: 6 OK ...
        C: 7 STATUS work/old (MESSAGES UIDNEXT)
        S: * STATUS work/old (MESSAGES 3 UIDNEXT 4)
        S: 7 OK ...",
    );
}

#[test]
fn ok_uid_expunge_takes_only_what_it_names() {
    selected(
        "
        C: 1 STORE 1:3 +FLAGS.SILENT \\Deleted
        S: 1 OK ...
        C: 2 UID EXPUNGE 4:5
        S: * 2 EXPUNGE
        S: * 1 EXPUNGE
        S: 2 OK ...
        C: 3 FETCH 1 UID
        S: * 1 FETCH (UID 9)
        S: 3 OK ...",
    );
}

#[test]
fn ok_close_expunges_in_silence_and_unselect_does_not() {
    let replay = selected(
        "
        C: 1 UNSELECT
        S: 1 OK closed
        C: 2 FETCH 1 FLAGS
        S: 2 BAD not in this state
        C: 3 SELECT INBOX
        S: * FLAGS ...
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 2] ...
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT 10] ...
        S: * OK [UIDVALIDITY ...
        S: 3 OK [READ-WRITE] ...
        C: 4 CLOSE
        S: 4 OK closed
        C: 5 STATUS INBOX (MESSAGES)
        S: * STATUS INBOX (MESSAGES 2)
        S: 5 OK ...",
    );
    assert_eq!(replay.log.iter().filter(|line| *line == "Deselected").count(), 2);
}

#[test]
fn ok_select_anew_closes_the_other_first() {
    let replay = selected(
        "
        C: 1 SELECT work/old
        S: * OK [CLOSED] ...
        S: * FLAGS ...
        S: * 0 EXISTS
        S: * 0 RECENT
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT 1] ...
        S: * OK [UIDVALIDITY ...
        S: 1 OK [READ-WRITE] ...
        C: 2 SELECT nowhere
        S: * OK [CLOSED] ...
        S: 2 NO [NONEXISTENT] no such mailbox
        C: 3 CHECK
        S: 3 BAD not in this state",
    );
    assert_eq!(replay.log.iter().filter(|line| *line == "Deselected").count(), 2);
}

#[test]
fn ok_search() {
    selected(
        "
        C: 1 SEARCH UNSEEN
        S: * SEARCH 2 3
        S: 1 OK SEARCH completed
        C: 2 UID SEARCH FROM fred SUBJECT THREE
        S: * SEARCH 9
        S: 2 OK ...
        C: 3 SEARCH 2:3 NOT DELETED SINCE 17-Jul-1996
        S: * SEARCH 2
        S: 3 OK ...
        C: 4 SEARCH SINCE 18-Jul-1996
        S: * SEARCH
        S: 4 OK ...
        C: 5 UID SEARCH RETURN (MIN MAX COUNT) 1:*
        S: * ESEARCH (TAG \"5\") UID MIN 4 MAX 9 COUNT 3
        S: 5 OK ...
        C: 6 SEARCH RETURN () UID 9:*
        S: * ESEARCH (TAG \"6\") ALL 3
        S: 6 OK ...
        C: 7 SEARCH CHARSET KOI8-R SUBJECT x
        S: 7 NO [BADCHARSET (US-ASCII UTF-8)] ...
        C: 8 SEARCH 4
        S: 8 BAD there is no such message
        C: 9 SEARCH RETURN (SAVE) ALL
        S: 9 BAD ...
        C: 10 SEARCH CHARSET UTF-8 BODY {5+}
        C: TWO
        C:
        S: * SEARCH 2
        S: 10 OK ...",
    );
}

#[test]
fn ok_mailboxes() {
    dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 LIST \"\" \"\"
        S: * LIST (\\Noselect) \"/\" \"\"
        S: 2 OK ...
        C: 3 LIST \"\" %
        S: * LIST (\\HasNoChildren) \"/\" INBOX
        S: 3 OK completed
        C: 4 CREATE work/new/
        S: 4 OK ...
        C: 5 LIST work/ *
        S: * LIST (\\HasNoChildren) \"/\" work/new
        S: * LIST (\\HasNoChildren) \"/\" work/old
        S: 5 OK ...
        C: 6 RENAME work/new play
        S: 6 OK ...
        C: 7 SUBSCRIBE play
        S: 7 OK ...
        C: 8 LSUB \"\" *
        S: * LSUB (\\HasNoChildren) \"/\" play
        S: 8 OK ...
        C: 9 UNSUBSCRIBE play
        S: 9 OK ...
        C: 10 LSUB \"\" *
        S: 10 OK ...
        C: 11 DELETE play
        S: 11 OK ...
        C: 12 DELETE play
        S: 12 NO [NONEXISTENT] no such mailbox
        C: 13 DELETE inbox
        S: 13 NO [CANNOT] ...
        C: 14 CREATE INBOX
        S: 14 NO [CANNOT] ...
        C: 15 STATUS nowhere (MESSAGES)
        S: 15 NO ...
        C: 16 NAMESPACE
        S: * NAMESPACE ((\"\" \"/\")) NIL NIL
        S: 16 OK ...
        C: 17 ENABLE CONDSTORE
        S: * ENABLED
        S: 17 OK ...
        C: 18 ID NIL
        S: * ID NIL
        S: 18 OK ...
        C: 19 LIST (SUBSCRIBED) \"\" *
        S: 19 BAD ...",
    );
}

#[test]
fn ok_rfc3501_6_3_9_lsub_tells_the_level_above_a_subscription() {
    dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 SUBSCRIBE a/b/c
        C: 3 SUBSCRIBE a/x
        C: 4 SUBSCRIBE d/y
        C: 5 SUBSCRIBE d
        S: 2 OK ...
        S: 3 OK ...
        S: 4 OK ...
        S: 5 OK ...
        C: 6 LSUB \"\" %
        S: * LSUB (\\HasNoChildren) \"/\" d
        S: * LSUB (\\Noselect) \"/\" a
        S: 6 OK ...
        C: 7 LSUB a/ %
        S: * LSUB (\\HasNoChildren) \"/\" a/x
        S: * LSUB (\\Noselect) \"/\" a/b
        S: 7 OK ...
        C: 8 LSUB \"\" *b
        S: 8 OK ...
        C: 9 LIST \"\" w%
        S: 9 OK ...",
    );
}

#[test]
fn err_inbox_by_another_spelling_is_no_new_mailbox() {
    dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 CREATE inbox/
        S: 2 NO [CANNOT] INBOX exists
        C: 3 RENAME work/old INBOX/
        S: 3 NO [CANNOT] INBOX exists",
    );
}

#[test]
fn ok_id_tells_a_name_that_was_set() {
    let named = || config().name(imap_proto::Text::try_from("post office").unwrap());
    dialogue_with(
        named,
        App::new,
        "
        S: * OK ...
        C: 1 ID (\"name\" \"sodr\" \"version\" NIL)
        S: * ID (\"name\" \"post office\")
        S: 1 OK ...",
    );
}

#[test]
fn ok_authenticate_plain_with_and_without_initial_response() {
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE PLAIN
        S: + ...
        C: AHRpbQB0YW5zdGFhZg==
        S: 1 OK [CAPABILITY ...
        C: 2 AUTHENTICATE PLAIN
        S: 2 BAD not in this state",
    );
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZg==
        S: 1 OK [CAPABILITY ...",
    );
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE LOGIN
        S: + VXNlcm5hbWU6
        C: dGlt
        S: + UGFzc3dvcmQ6
        C: dGFuc3RhYWY=
        S: 1 OK [CAPABILITY ...",
    );
}

#[test]
fn err_authenticate_cancelled_or_garbled() {
    dialogue(
        "
        S: * OK ...
        C: 1 AUTHENTICATE PLAIN
        S: + ...
        C: *
        S: 1 BAD cancelled
        C: 2 AUTHENTICATE PLAIN
        S: + ...
        C: not base64!
        S: 2 BAD that is no base64
        C: 3 AUTHENTICATE GSSAPI
        S: 3 NO [CANNOT] ...
        C: 4 AUTHENTICATE PLAIN AHRpbQB3cm9uZw==
        S: 4 NO [AUTHENTICATIONFAILED] name or password is wrong
        C: 5 AUTHENTICATE PLAIN dGlt
        S: 5 NO [AUTHENTICATIONFAILED] ...",
    );
}

#[test]
fn ok_append_with_and_without_waiting() {
    let replay = selected(
        "
        C: 1 APPEND work/old (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {15}
        S: + go ahead
        C: Subject: hi
        C:
        C:
        S: 1 OK [APPENDUID 7 1] APPEND completed
        C: 2 APPEND INBOX {5+}
        C: hello
        S: * 4 EXISTS
        S: * 1 RECENT
        S: 2 OK [APPENDUID 7 10] APPEND completed
        C: 3 FETCH 4 (FLAGS BODY.PEEK[])
        S: * 4 FETCH (FLAGS (\\Recent) BODY[] {5}
        S: hello)
        S: 3 OK ...
        C: 4 APPEND INBOX {0+}
        C:
        S: * 5 EXISTS
        S: * 2 RECENT
        S: 4 OK [APPENDUID 7 11] ...",
    );
    assert!(replay.log.iter().any(|line| line == "octets \"hello\""), "{:#?}", replay.log);
}

#[test]
fn err_append_refused_before_its_octets_cross_the_wire() {
    let small = || {
        let mut limits = imap_proto::server::Limits::default();
        limits.append = 10;
        config().limits(limits)
    };
    dialogue_with(
        small,
        App::new,
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...
        C: 2 APPEND nowhere {5}
        S: 2 NO [TRYCREATE] no such mailbox
        C: 3 APPEND nowhere {5+}
        C: hello
        S: 3 NO [TRYCREATE] no such mailbox
        C: 4 APPEND INBOX {11}
        S: 4 NO [TOOBIG] that message is too big
        C: 5 APPEND INBOX {11+}
        C: hello again
        S: 5 NO [TOOBIG] that message is too big
        C: 6 APPEND INBOX (\\Recent) {1+}
        C: x
        S: 6 BAD that flag cannot be set
        C: 7 NOOP
        S: 7 OK NOOP completed",
    );
}

#[test]
fn err_append_of_two_messages_is_aborted() {
    let replay = selected(
        "
        C: 1 APPEND INBOX {5+}
        C: hello {3+}
        C: you
        S: 1 BAD ...
        C: 2 NOOP
        S: 2 OK NOOP completed",
    );
    assert!(replay.log.iter().any(|line| line == "AppendAborted"));
}

#[test]
fn err_nul_in_a_message_aborts_the_append() {
    let replay = selected(
        "
        C: 1 APPEND INBOX {11+}
        C: hel\0lo\0you\0
        C: 2 APPEND work/old {3+}
        C: you
        S: 1 BAD there is a NUL in that message
        S: 2 OK [APPENDUID ...",
    );
    assert_eq!(replay.log.iter().filter(|line| *line == "AppendAborted").count(), 1);
}

#[test]
fn ok_literals_wait_or_do_not() {
    dialogue(
        "
        S: * OK ...
        C: 1 LOGIN {3}
        S: + go ahead
        C: tim {8}
        S: + go ahead
        C: tanstaaf
        S: 1 OK ...
        C: 2 STATUS {8+}
        C: work/old (MESSAGES)
        S: * STATUS work/old (MESSAGES 0)
        S: 2 OK ...",
    );
}

#[test]
fn ok_commands_in_one_flight_are_answered_in_order() {
    dialogue(
        "
        S: * OK ...
        C: 1 LOGIN tim tanstaaf
        C: 2 SELECT work/old
        C: 3 SELECT INBOX
        C: 4 FETCH 1 UID
        C: 5 IDLE
        C: DONE
        C: 6 LOGOUT
        C: 7 NOOP
        S: 1 OK ...
        S: * FLAGS ...
        S: * 0 EXISTS
        S: * 0 RECENT
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT 1] ...
        S: * OK [UIDVALIDITY ...
        S: 2 OK ...
        S: * OK [CLOSED] ...
        S: * FLAGS ...
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UNSEEN 2] ...
        S: * OK [PERMANENTFLAGS ...
        S: * OK [UIDNEXT 10] ...
        S: * OK [UIDVALIDITY ...
        S: 3 OK ...
        S: * 1 FETCH (UID 4)
        S: 4 OK ...
        S: + idling
        S: 5 OK IDLE completed
        S: * BYE ...
        S: 6 OK ...",
    );
}

#[test]
fn ok_no_password_in_the_clear_unless_allowed() {
    dialogue_with(
        Config::new,
        App::new,
        "
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID LOGINDISABLED] ready
        C: 1 LOGIN tim tanstaaf
        S: 1 NO [PRIVACYREQUIRED] not without TLS
        C: 2 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZg==
        S: 2 NO [PRIVACYREQUIRED] not without TLS
        C: 3 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ ID LOGINDISABLED
        S: 3 OK ...
        C: 4 STARTTLS
        S: 4 BAD that extension is not offered here",
    );
}

#[test]
fn ok_starttls_and_what_was_learnt_is_forgotten() {
    let tls = || Config::new().tls(imap_proto::server::Tls::StartTls);
    let replay = dialogue_with(
        tls,
        App::new,
        "
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID STARTTLS LOGINDISABLED] ready
        C: 1 STARTTLS
        S: 1 OK begin TLS now
        C: 2 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ ID SASL-IR AUTH=PLAIN AUTH=LOGIN
        S: 2 OK ...
        C: 3 LOGIN tim tanstaaf
        S: 3 OK ...
        C: 4 STARTTLS
        S: 4 BAD not in this state",
    );
    assert!(replay.log.iter().any(|line| line.starts_with("Tls(")));
}

#[test]
fn ok_implicit_tls_comes_before_the_greeting() {
    let tls = || Config::new().tls(imap_proto::server::Tls::Implicit);
    dialogue_with(
        tls,
        App::new,
        "
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ ID SASL-IR AUTH=PLAIN AUTH=LOGIN] ready
        C: 1 LOGIN tim tanstaaf
        S: 1 OK ...",
    );
}
