//! `wire-inspect`: what it makes of conversations, however they are cut, and of lines from the wild.

#![allow(clippy::print_stdout, reason = "says what was skipped")]

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use mail_examples::inspect::{Element, Inspection, Kind, Protocol, Speaker, Strictness};
use serde_json::Value;

use Protocol::{Imap, Lmtp, Pop3, Smtp};
use Speaker::{Client, Server};
use Strictness::{Strict, Tolerant};

fn inspect(
    (protocol, speaker, strictness): (Protocol, Speaker, Strictness),
    after: &[&str],
    pieces: &[&[u8]],
) -> Vec<Element> {
    let after: Vec<_> = after.iter().map(|&command| command.to_owned()).collect();
    let mut inspection = Inspection::new(protocol, speaker, strictness, &after).expect("known");
    let mut seen = Vec::new();
    for piece in pieces {
        let told = inspection.feed(piece, |element| {
            seen.push(element);
            Ok(())
        });
        told.expect("nothing fails");
    }
    let told = inspection.finish(|element| {
        seen.push(element);
        Ok(())
    });
    told.expect("nothing fails");
    seen
}

/// Inspects it whole, and cut at every offset and octet by octet, which must make no difference.
/// The elements stand one behind the other and leave nothing out.
fn cut_everywhere(
    what: (Protocol, Speaker, Strictness),
    after: &[&str],
    octets: &[u8],
) -> Vec<Element> {
    let whole = inspect(what, after, &[octets]);
    for at in 0..octets.len() {
        let (head, tail) = octets.split_at(at);
        assert_eq!(inspect(what, after, &[head, tail]), whole, "cut at {at}");
    }
    let single: Vec<_> = octets.chunks(1).collect();
    assert_eq!(inspect(what, after, &single), whole);
    let end = whole.iter().fold(0, |end, element| {
        assert_eq!(element.offset, end, "{whole:?}");
        end + element.len
    });
    assert_eq!(end, octets.len() as u64, "{whole:?}");
    whole
}

fn kinds(elements: &[Element]) -> Vec<Kind> {
    elements.iter().map(|element| element.kind).collect()
}

fn errors(elements: &[Element]) -> Vec<(u64, &str)> {
    let errors = elements.iter().filter_map(|element| element.error.as_ref());
    errors.map(|error| (error.offset, &*error.expected)).collect()
}

#[test]
fn ok_smtp_client_with_auth_data_and_bdat() {
    let said = b"EHLO c.example\r\nAUTH LOGIN\r\nYQ==\r\nTk9P\r\nMAIL FROM: <a@b.example>\r\n\
        RCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nBDAT 5\r\nQU\r\nBDAT 3 LAST\r\n\
        IT\nRSET\r\n";
    let seen = cut_everywhere((Smtp, Client, Tolerant), &[], said);
    use Kind::{Body, Chunk, Sasl};
    let said = Kind::Command;
    assert_eq!(
        kinds(&seen),
        [said, said, Sasl, Sasl, said, said, said, Body, said, Chunk, Kind::Raw, Kind::Raw, said],
        "the first chunk takes one octet of the next command"
    );
    assert_eq!(seen[4].defects, ["blank at the colon at offset 10"]);
    assert_eq!(seen[7].value, "17 octets");
    assert!(!format!("{seen:?}").contains("Tk9P"), "a password is nobody's business");
    assert!(seen[..10].iter().all(Element::is_read));
}

#[test]
fn ok_body_ends_in_crlf_dot_crlf_alone() {
    for (octets, strict, tolerant) in [
        (&b".\r\n"[..], true, true),
        (b"a\r\n.\r\n", true, true),
        (b"a\n.\n\r\n.\r\n", false, true),
        (b"a\r\n.\n\r\n.\r\n", false, true),
        (b"a\r.\r\n\r\n.\r\n", false, true),
    ] {
        for (strictness, read) in [(Strict, strict), (Tolerant, tolerant)] {
            let seen = cut_everywhere((Smtp, Client, strictness), &["DATA"], octets);
            assert_eq!(kinds(&seen), [Kind::Body], "{seen:?}");
            assert_eq!(seen[0].is_read(), read, "{octets:?} {strictness:?}");
        }
    }
    let seen = cut_everywhere((Smtp, Client, Tolerant), &["DATA"], b"a\n.\n");
    assert_eq!(errors(&seen), [(4, "the dot that ends the message")]);
}

#[test]
fn ok_next_line_is_read_after_one_that_cannot_be() {
    let long = [&b"NOOP "[..], &b"x".repeat(20_000), b"\r\nNOOP\r\n"].concat();
    let seen = inspect((Smtp, Client, Tolerant), &[], &[&long]);
    assert_eq!(kinds(&seen), [Kind::Stray, Kind::Command]);
    assert_eq!((seen[0].len, seen[0].is_read()), (20_007, false));

    let seen = cut_everywhere(
        (Smtp, Server, Tolerant),
        &[],
        b"250-a\r\nhm\r\n250 ok\r\n25\n250 ok\n550-x\r\n",
    );
    assert_eq!(kinds(&seen), [Kind::Raw, Kind::Reply, Kind::Raw, Kind::Reply, Kind::Raw]);
    let last = (36, "the last line of the reply");
    assert_eq!(errors(&seen), [(7, "three digits"), (19, "three digits"), last]);
    assert_eq!(seen[0].len, 11, "with the reply that it tears");
    assert_eq!(seen[4].value, "\"550-x\"");

    let endless = [&b"250 "[..], &b"x".repeat(100_000), b"\r\n250 ok\r\n"].concat();
    let seen = inspect((Smtp, Server, Strict), &[], &endless.chunks(1000).collect::<Vec<_>>());
    assert_eq!(kinds(&seen), [Kind::Stray, Kind::Reply]);
    assert_eq!(seen[0].len, 100_006);
}

#[test]
fn ok_what_is_under_tls_is_skipped() {
    let said = b"STARTTLS\r\n\x16\x03\x01\x02\x00\nNOOP\r\n";
    let seen = cut_everywhere((Smtp, Client, Tolerant), &[], said);
    assert_eq!(kinds(&seen), [Kind::Command, Kind::Stray]);
    assert_eq!(seen[1].len, 12);
}

#[test]
fn ok_what_a_proxy_says_comes_first() {
    let v1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 42273 25\r\n";
    let v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x0a\xcb\0\x71\x07\x12\x34\0\x19";
    let behind = [
        (Smtp, &b"EHLO c\r\n"[..], Kind::Command),
        (Lmtp, b"LHLO c\r\n", Kind::Command),
        (Pop3, b"NOOP\r\n", Kind::Command),
        (Imap, b"a NOOP\r\n", Kind::Command),
        (Smtp, b"\x16\x03\x01\x02\0\n\n", Kind::Stray),
    ];
    for (protocol, line, kind) in behind {
        for (header, shown) in [(&v1[..], "192.0.2.1:42273"), (v2, "198.51.100.10:4660")] {
            let said = [header, line].concat();
            let seen = cut_everywhere((protocol, Client, Strict), &[], &said);
            assert_eq!(kinds(&seen), [Kind::Proxy, kind], "{seen:?}");
            assert!(seen[0].is_read() && seen[0].value.contains(shown), "{}", seen[0].value);
            assert_eq!(seen[0].len, header.len() as u64);
            // Once, and in front.
            let seen = cut_everywhere((protocol, Client, Strict), &[], &[line, v1].concat());
            assert!(seen.iter().all(|one| one.kind != Kind::Proxy), "{seen:?}");
        }
    }
}

#[test]
fn err_what_only_looks_like_the_header_of_a_proxy() {
    for (said, offset) in [
        (&b"PROXY TCP4 192.0.2.1 192.0.2.2 42273\r\nNOOP\r\n"[..], 36),
        (b"PROXY TCP4 192.0.2.256 192.0.2.2 42273 25\r\nNOOP\r\n", 11),
        (b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x02\n\nNOOP\r\n", 0),
    ] {
        let seen = cut_everywhere((Smtp, Client, Tolerant), &[], said);
        assert!(!seen[0].is_read() && seen[0].kind == Kind::Raw, "{seen:?}");
        assert_eq!(errors(&seen)[0].0, offset, "{seen:?}");
        assert_eq!(seen.last().map(|last| last.kind), Some(Kind::Command), "{seen:?}");
    }
    let seen = cut_everywhere((Smtp, Client, Tolerant), &[], b"\r\n\r\nNOOP\r\n");
    assert_eq!(kinds(&seen), [Kind::Raw, Kind::Raw, Kind::Command]);
    assert_eq!(errors(&seen).iter().map(|one| one.0).collect::<Vec<_>>(), [0, 2]);
    let seen = cut_everywhere((Smtp, Client, Tolerant), &[], b"PROXY TCP4 192.0.2.1");
    assert_eq!(errors(&seen), [(20, "the end of the line")]);
    let seen = cut_everywhere((Smtp, Client, Tolerant), &["DATA"], b"PROXY UNKNOWN\r\n.\r\n");
    assert_eq!(kinds(&seen), [Kind::Body]);
}

#[test]
fn ok_smtp_server_offers() {
    let said = b"220 mx\r\n250-mx\r\n250-SIZE 1000\r\n250 PIPELINING\r\n354 go\r\n";
    let seen = cut_everywhere((Smtp, Server, Strict), &["CONNECT", "EHLO c", "DATA"], said);
    assert_eq!(kinds(&seen), [Kind::Reply; 3]);
    assert!(seen[1].value.contains("Size(Some(1000))"), "{}", seen[1].value);
    assert!(Inspection::new(Smtp, Server, Strict, &["FOO".to_owned()]).is_err());
}

#[test]
fn ok_old_offer_of_auth_is_told_where_it_stands() {
    let said = b"250-mx\r\n250-SIZE\r\n250 AUTH=LOGIN\r\n";
    for after in [&["EHLO c"][..], &["LHLO c"], &[]] {
        let seen = cut_everywhere((Smtp, Server, Tolerant), after, said);
        assert_eq!(seen[0].defects, ["AUTH= in the reply to EHLO at offset 22"]);
        assert_eq!(&said[22..27], b"AUTH=");
    }
    let seen = cut_everywhere((Smtp, Server, Tolerant), &["HELP"], said);
    assert_eq!(seen[0].defects, [""; 0]);
}

#[test]
fn ok_what_ends_where_something_is_to_follow() {
    for said in ["DATA\r\n", "BDAT 5\r\n", "AUTH LOGIN\r\n"] {
        let seen = cut_everywhere((Smtp, Client, Strict), &[], said.as_bytes());
        assert_eq!(kinds(&seen), [Kind::Command], "all that is there was read");
    }
    let seen = cut_everywhere((Smtp, Client, Strict), &[], b"BDAT 5\r\nabc");
    assert_eq!(kinds(&seen), [Kind::Command, Kind::Raw]);
}

#[test]
fn err_hello_of_the_other_protocol() {
    for hello in [&b"EHLO c\r\n"[..], b"HELO c\r\n"] {
        assert!(!cut_everywhere((Lmtp, Client, Tolerant), &[], hello)[0].is_read());
    }
    assert!(!cut_everywhere((Smtp, Client, Tolerant), &[], b"LHLO c\r\n")[0].is_read());
}

#[test]
fn err_parameter_that_nobody_knows() {
    let said = b"MAIL FROM:<a@b> SIZE=3 SIZE147\r\nRCPT TO:<c@d> NOTIFY=NEVER state=1\r\nRSET\r\n";
    let seen = cut_everywhere((Smtp, Client, Tolerant), &[], said);
    assert_eq!(kinds(&seen), [Kind::Raw, Kind::Raw, Kind::Command]);
    let expected = "a parameter that is known";
    assert_eq!(errors(&seen), [(23, expected), (59, expected)]);
}

#[test]
fn ok_pop3_answers_of_many_lines() {
    let said = b"+OK\r\n1 120\r\n2 x\r\n.\r\n+OK\r\n..a\r\n.\r\n+OK 2 3\r\n-ERR\r\n+OK\r\n1 a\r\n";
    let after = ["LIST", "RETR 1", "STAT", "LIST", "UIDL"];
    let seen = cut_everywhere((Pop3, Server, Tolerant), &after, said);
    use Kind::{Body, End, Id, Listing, Raw, Response, Stray};
    assert_eq!(
        kinds(&seen),
        [Response, Listing, Listing, End, Response, Body, Response, Response, Response, Id, Raw]
    );
    assert_eq!(seen[2].defects, ["size that is none at offset 2"]);
    assert_eq!(errors(&seen), [(58, "a line with a dot alone")]);
    assert_eq!(seen[10].len, 0, "only the end is missing");

    let seen = cut_everywhere((Pop3, Server, Tolerant), &[], b"+OK\r\n1 120\r\n.\r\n-ERR no\r\n");
    assert_eq!(kinds(&seen), [Response, Stray, End, Response]);
    let seen = cut_everywhere((Pop3, Client, Strict), &[], b"USER a\r\nPASS b c\r\nTOP 1\r\n");
    assert_eq!(kinds(&seen), [Kind::Command, Kind::Command, Raw]);
    assert!(!seen[1].value.contains("b c"));
}

#[test]
fn ok_pop3_auth() {
    let said = b"AUTH PLAIN\r\nAGEAYg==\r\nSTAT\r\nAUTH LOGIN YQ==\r\n*\r\nQUIT\r\n";
    let seen = cut_everywhere((Pop3, Client, Strict), &[], said);
    use Kind::{Response, Sasl};
    let said = Kind::Command;
    assert_eq!(kinds(&seen), [said, Sasl, said, said, Sasl, said]);
    assert!(!format!("{seen:?}").contains("AGEAYg=="));
    let said = b"+ \r\n+ VXNlcg==\r\n+\r\n+OK in\r\n+ %\r\n";
    let seen = cut_everywhere((Pop3, Server, Strict), &["AUTH LOGIN"], said);
    // RFC 5034 7: the plus has a blank behind it.
    assert_eq!(kinds(&seen), [Sasl, Sasl, Kind::Raw, Response, Kind::Stray]);
    let seen = cut_everywhere((Pop3, Server, Tolerant), &["AUTH LOGIN"], said);
    assert_eq!(kinds(&seen), [Sasl, Sasl, Sasl, Response, Kind::Stray]);
}

#[test]
fn ok_imap_both_sides() {
    let said =
        b"a LOGIN {3}\r\ntim secret\r\nb AUTHENTICATE PLAIN\r\nAGEAYg==\r\nc IDLE\r\nDONE\r\n\
        d APPEND x {4+}\r\na\r\nb\r\ne FOO\r\nf NOOP\r\n";
    let seen = cut_everywhere((Imap, Client, Strict), &[], said);
    use Kind::{Done, Message, Raw, Response, Sasl};
    let said = Kind::Command;
    assert_eq!(kinds(&seen), [said, said, Sasl, said, Done, said, Message, Raw, said]);
    assert!(!format!("{seen:?}").contains("secret"));

    let said =
        b"* OK [UIDNEXT 3] hi {5}\r\n* 1 FETCH (BODY[] {3}\r\n\r\n) UID 3)\r\n* 0 EXPUNGE\r\n\
        * NEWS 1\r\na OK\r\n* OK a\0b\r\n* BYE\r\n";
    let seen = cut_everywhere((Imap, Server, Tolerant), &[], said);
    assert_eq!(kinds(&seen), [Response, Response, Raw, Raw, Response, Raw, Response]);
    assert_eq!(seen.iter().filter(|element| element.is_read()).count(), 4);

    let said = b"* LIST () \"\" {3}\nfoo \r\n* OK\n* 2 EXISTS\r\n";
    let seen = cut_everywhere((Imap, Server, Tolerant), &[], said);
    let defects: Vec<_> = seen.iter().map(|element| element.defects.join(", ")).collect();
    let list = "blank at the end of the line at offset 20, empty delimiter at offset 10, \
        line that ends in LF alone at offset 16";
    let ok = "missing blank at offset 4, line that ends in LF alone at offset 4";
    assert_eq!(defects, [list, ok, ""]);
}

struct Quirk {
    protocol: Protocol,
    speaker: Speaker,
    octets: Vec<u8>,
    expect: String,
}

/// Reads a sample; `None` if no suites are set.
fn quirks(file: &str) -> Option<Vec<Quirk>> {
    let Some(suites) = std::env::var_os("MAIL_SUITES") else {
        println!("skipped: MAIL_SUITES");
        return None;
    };
    let path = PathBuf::from(suites).join("../data").join(file);
    let lines = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let quirks = lines.lines().map(|line| {
        let object: Value = serde_json::from_str(line).expect("an object");
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let protocol = match text("proto") {
            "smtp" => Smtp,
            "lmtp" => Lmtp,
            "pop3" => Pop3,
            _ => Imap,
        };
        // Of SMTP and POP3 one character is one octet, of IMAP only where that is said.
        let octets = match protocol == Imap && text("enc") != "latin1" {
            true => text("line").as_bytes().to_vec(),
            false => text("line").chars().map(|c| u8::try_from(c).expect("an octet")).collect(),
        };
        let speaker = if text("direction") == "C" { Client } else { Server };
        Quirk { protocol, speaker, octets, expect: text("expect").to_owned() }
    });
    Some(quirks.collect())
}

#[test]
fn ok_lines_from_the_wild() {
    let Some(sample) = quirks("smtp_quirks.jsonl") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for Quirk { protocol, speaker, octets, expect } in &sample {
        let read = |strictness| {
            let seen = cut_everywhere((*protocol, *speaker, strictness), &[], octets);
            seen.iter().all(Element::is_read)
        };
        let shown = format!("{} ({expect})", octets.escape_ascii());
        let (strict, tolerant) = (read(Strict), read(Tolerant));
        assert!(tolerant || !strict, "{shown}: what is read strictly is read");
        if expect.contains("lenient accept") {
            accepted += 1;
            assert!(tolerant, "{shown}: is to be tolerated");
        }
        let says_no = ["501", "500", "strict 501", "bad SIZE value", "missing colon", "overflow"];
        if says_no.iter().any(|no| expect.starts_with(no)) || expect.contains("strict 501") {
            refused += 1;
            assert!(!strict, "{shown}: is to be refused");
        }
    }
    assert!(sample.len() > 100 && accepted > 7 && refused > 10, "{accepted} {refused}");

    let Some(sample) = quirks("imap_quirks.jsonl") else { return };
    let (mut read, mut told) = (0, 0);
    for Quirk { protocol, speaker, octets, expect } in &sample {
        let strict = cut_everywhere((*protocol, *speaker, Strict), &[], octets);
        let tolerant = cut_everywhere((*protocol, *speaker, Tolerant), &[], octets);
        let is_read = |seen: &[Element]| seen.iter().all(Element::is_read);
        assert!(is_read(&tolerant) || !is_read(&strict), "{}", octets.escape_ascii());
        if !is_read(&tolerant) {
            continue;
        }
        read += 1;
        let defects: Vec<_> = tolerant.iter().flat_map(|element| &element.defects).collect();
        told += usize::from(!defects.is_empty());
        for (_, defect) in IMAP_DEFECTS.iter().filter(|(start, _)| expect.starts_with(start)) {
            let is_told = defects.iter().any(|one| one.starts_with(defect));
            assert!(is_told, "{} ({expect}): {defects:?}", octets.escape_ascii());
        }
    }
    assert!(sample.len() > 140 && read > 105, "{read} of {}", sample.len());
    assert!(told >= 30, "{told} of {read}");
}

/// What is to be told of the lines of which this is to be expected.
const IMAP_DEFECTS: [(&str, &str); 12] = [
    ("untagged OK, no code", "missing blank at offset 4"),
    ("continuation request without SP", "missing blank at offset 1"),
    ("trailing SP: ignore", "blank at the end of the line"),
    ("SP before ')'", "more than one blank"),
    ("extra SP everywhere", "more than one blank"),
    ("ISO-8859-1 byte in resp-text", "text that is not UTF-8"),
    ("UIDNEXT 0", "response code with arguments that are none of its own"),
    ("invalid date", "item with a value that is none of its own"),
    ("zero where nz-number is required", "0 where a number above 0 belongs"),
    ("bare '*'", "asterisk without its backslash"),
    ("flag keyword", "bracket in a keyword"),
    ("one-digit day", "day of one digit"),
];

/// Runs the program; returns its exit code and its lines.
fn run(arguments: &[&str], input: &[u8]) -> (Option<i32>, Vec<Value>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wire-inspect"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    // One that does not begin does not read.
    let _ = child.stdin.take().expect("piped").write_all(input);
    let output = child.wait_with_output().expect("ends");
    let lines = String::from_utf8(output.stdout).expect("text");
    let lines = lines.lines().map(|line| serde_json::from_str(line).expect("an object"));
    (output.status.code(), lines.collect())
}

#[test]
fn ok_one_json_object_a_line_and_the_exit_code() {
    let (code, lines) = run(&["smtp", "--from", "client"], b"NOOP\r\nDATA\r\nx\r\n.\r\n");
    assert_eq!((code, lines.len()), (Some(0), 3));
    let noop = r#"{"kind":"command","offset":0,"len":6,"value":"Noop(None)","defects":[]}"#;
    assert_eq!(lines[0], serde_json::from_str::<Value>(noop).expect("an object"));
    assert_eq!(lines[2]["kind"], "body");

    let mail = b"MAIL FROM: <a@b.example>\r\n";
    let (code, lines) = run(&["smtp", "--from", "client"], mail);
    assert_eq!(code, Some(0));
    assert_eq!(lines[0]["defects"][0], "blank at the colon at offset 10");
    let (code, lines) = run(&["smtp", "--from", "client", "--profile", "strict"], mail);
    assert_eq!(code, Some(1));
    assert_eq!((&lines[0]["kind"], &lines[0]["error"]["offset"]), (&"raw".into(), &10.into()));

    let (code, lines) =
        run(&["pop3", "--from", "server", "--after", "CAPA"], b"+OK\r\nTOP\r\n.\r\n");
    assert_eq!((code, lines.len()), (Some(0), 3));
    assert_eq!(run(&["imap", "--from", "server"], b"").0, Some(0), "nothing is read whole");
    assert_eq!(run(&["imap"], b"").0, Some(2));
    assert_eq!(run(&["pop3", "--from", "server", "--after", "FOO"], b"").0, Some(1));
}
