//! What servers get wrong, and where it is said to stand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use bytes::BytesMut;
use imap_proto::{
    Defects,
    Deviation::{self, *},
    Profile, ResponseLimits,
    frame::{ResponseFramer, ResponseStep},
    parse,
};
use mail_wire::BareNewline;

/// What is met in a response, in the order of the names.
fn met(frame: &[u8]) -> Vec<(Deviation, usize)> {
    let mut defects = Defects::new();
    let noting = parse::response_noting(frame, &mut defects);
    assert_eq!(noting, parse::response(frame), "{}: as without notes", frame.escape_ascii());
    noting.unwrap_or_else(|error| panic!("{}: {error}", frame.escape_ascii()));
    defects.iter().map(|one| (one.deviation(), one.offset())).collect()
}

#[test]
fn ok_each_where_it_stands() {
    let lines: &[(&[u8], &[_])] = &[
        // A missing blank.
        (b"+", &[(MissingSpace, 1)]),
        (b"+go on", &[(MissingSpace, 1)]),
        (b"* OK", &[(MissingSpace, 4)]),
        (b"a1 OK", &[(MissingSpace, 5)]),
        (b"* BYE", &[(MissingSpace, 5)]),
        (b"* OK [UNSEEN 17]", &[(MissingSpace, 16)]),
        (b"* OK [UNSEEN 17]first", &[(MissingSpace, 16)]),
        (b"* SEARCH 2 3(MODSEQ 9)", &[(MissingSpace, 12)]),
        // A blank more.
        (b"* CAPABILITY  IMAP4rev1   IDLE", &[(ExtraSpace, 13)]),
        (b"* FLAGS (\\Seen $Forwarded )", &[(ExtraSpace, 25)]),
        (b"* FLAGS ( \\Seen)", &[(ExtraSpace, 9)]),
        (b"* STATUS  x  ( MESSAGES  1 )", &[(ExtraSpace, 9)]),
        (b"* LIST (\\Marked  \\Trash) \"/\" x", &[(ExtraSpace, 16)]),
        (b"* 1 FETCH (UID  7)", &[(ExtraSpace, 15)]),
        (b"* 1  FETCH (UID 7)", &[(ExtraSpace, 4)]),
        (b"* 1 FETCH (ENVELOPE (NIL  \"s\" NIL ))", &[(ExtraSpace, 25)]),
        (b"* 1 FETCH (ENVELOPE ( NIL))", &[(ExtraSpace, 21)]),
        (b"* OK [READ-WRITE ] x", &[(ExtraSpace, 16)]),
        (b"* QUOTA \"\" (MESSAGE 0  1)", &[(ExtraSpace, 22)]),
        (b"* SEARCH 2  (MODSEQ 9)", &[(ExtraSpace, 11)]),
        (b"* ESEARCH  UID  MIN 3", &[(ExtraSpace, 10)]),
        // Blanks at the end.
        (b"* CAPABILITY IMAP4rev1  ", &[(TrailingSpace, 22)]),
        (b"* STATUS Sent (UIDNEXT 107) ", &[(TrailingSpace, 27)]),
        (b"* SEARCH 1 2 ", &[(TrailingSpace, 12)]),
        (b"* ENABLED ", &[(TrailingSpace, 9)]),
        (b"* ESEARCH UID ", &[(TrailingSpace, 13)]),
        (b"* 3 EXISTS ", &[(TrailingSpace, 10)]),
        (b"* XFOO bar ", &[(TrailingSpace, 10)]),
        // Texts and codes.
        (b"* OK Willk\xfcommen", &[(NonUtf8Text, 5)]),
        (b"a1 NO [x", &[(BrokenCode, 6)]),
        (b"a1 NO [] x", &[(BrokenCode, 6)]),
        (b"* OK [COPYUID] x", &[(OddCode, 6)]),
        (b"* OK [UIDNEXT 0] x", &[(OddCode, 6)]),
        (b"* OK [overquota 3] x", &[(OddCode, 6)]),
        // What of a code that is none after all was met does not count.
        (b"* OK [CAPABILITY  a b(] x", &[(OddCode, 6)]),
        // Values.
        (b"* 1 FETCH (UID 0 RFC822.SIZE 3)", &[(OddValue, 11)]),
        (b"* 1 FETCH (FLAGS (a]  \x04) UID 3)", &[(OddValue, 11), (ExtraSpace, 21)]),
        (b"* STATUS x (MESSAGES y UIDNEXT 0)", &[(OddValue, 12), (ZeroNumber, 31)]),
        (b"* ESEARCH MIN 0", &[(OddValue, 10)]),
        // Flags, attributes and names.
        (b"* FLAGS (\\Seen *)", &[(BareAsterisk, 15), (StrayAsterisk, 15)]),
        (b"* FLAGS (OIB-[Gmail]/All \\*)", &[(StrayAsterisk, 25), (BracketInKeyword, 9)]),
        (
            b"* LIST (HasNoChildren) \"\" Entw\xfcrfe",
            &[(MissingBackslash, 8), (EmptyDelimiter, 23), (UnquotedName, 26)],
        ),
        (b"* OK [PERMANENTFLAGS (Seen *)] x", &[(BareAsterisk, 27)]),
        (b"* 1 FETCH (INTERNALDATE \"1-Jan-2026 10:00:00 +0000\")", &[(NarrowDay, 25)]),
    ];
    for (line, expected) in lines {
        let mut expected = expected.to_vec();
        expected.sort_by_key(|(deviation, _)| *deviation as usize);
        assert_eq!(met(line), expected, "{}", line.escape_ascii());
    }
}

#[test]
fn ok_nothing_where_nothing_is_wrong() {
    for line in [
        &b"+ "[..],
        b"+ go on",
        b"* OK ",
        b"* OK [READ-WRITE] ",
        b"* OK hello ",
        b"a1 OK [PERMANENTFLAGS (\\Seen \\*)] x",
        b"* NO [XFOO anything  goes] x",
        b"* BYE \xe2\x82\xac",
        b"* CAPABILITY IMAP4rev1 IDLE",
        b"* ENABLED",
        b"* FLAGS ()",
        b"* FLAGS (\\Seen $Forwarded)",
        b"* LIST (\\Marked) NIL Entwuerfe",
        b"* LIST () \"/\" \"Entw\xc3\xbcrfe\"",
        b"* LIST () \"/\" {3}\r\nf\xc3\xbc (\"CHILDINFO\" (\"SUBSCRIBED\"))",
        b"* STATUS x (MESSAGES 0 UIDNEXT 1)",
        b"* STATUS x (XFOO (1 2))",
        b"* SEARCH",
        b"* SEARCH 2 84 (MODSEQ 917162500)",
        b"* ESEARCH (TAG \"A2\") UID MIN 2 COUNT 0 ALL 2,10:11 XFOO (a)",
        b"* 1 EXPUNGE",
        b"* 1 FETCH (UID 4 FLAGS (\\Recent) INTERNALDATE \" 1-Jan-2026 10:00:00 +0000\" XFOO 3)",
        b"* 1 FETCH (BODYSTRUCTURE ((\"text\" \"plain\" NIL NIL NIL \"7bit\" 3 1)(\"a\" \"b\" \
            (\"c\" \"d\") NIL NIL \"7bit\" 3) \"mixed\") BODY[] {3}\r\n   )",
        b"* ID (\"name\" \"x\" \"version\" NIL)",
        b"* NAMESPACE ((\"\" \"/\")) NIL NIL",
        b"* XFOO 2 (a b)",
        b"* XTEXT it's (open",
    ] {
        assert_eq!(met(line), [], "{}", line.escape_ascii());
    }
}

#[test]
fn err_keeps_what_was_met_before() {
    let mut defects = Defects::new();
    assert!(parse::response_noting(b"* FLAGS ( \\Seen", &mut defects).is_err());
    let met: Vec<_> = defects.iter().map(|one| one.to_string()).collect();
    assert_eq!(met, ["more than one blank at offset 9"]);
}

#[test]
fn ok_bare_newlines_by_the_framer() {
    let profile = Profile { bare_newline: BareNewline::Normalize };
    let limits = ResponseLimits { stream_from: 4, ..ResponseLimits::default() };
    let mut framer = ResponseFramer::new(limits, profile);
    let mut input = BytesMut::from(
        &b"* OK a\n* OK b\r\n* LIST () NIL {3}\nfoo\r\n\
        * 1 FETCH (BODY[] {4}\r\nbody UID 3)\n* 2 EXISTS\r\n"[..],
    );
    let mut found = Vec::new();
    loop {
        match framer.next(&mut input).unwrap() {
            ResponseStep::Response(frame) => {
                let at = framer.tolerated().map(|defect| {
                    assert_eq!(defect.deviation(), BareNewline);
                    defect.offset()
                });
                assert!(at.is_none_or(|at| at <= frame.len()));
                found.push(at);
            }
            ResponseStep::Starved => break,
            ResponseStep::LiteralStart { .. }
            | ResponseStep::Chunk(_)
            | ResponseStep::LiteralEnd => {}
        }
    }
    let whole = "* 1 FETCH (BODY[] \0{4} UID 3)".len();
    assert_eq!(found, [Some(6), None, Some(17), Some(whole), None]);
}
