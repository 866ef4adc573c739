//! The framers, cut everywhere: what comes out does not depend on how the octets come in.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test may panic")]

use bytes::BytesMut;
use imap_proto::{
    CommandLimits, Profile, ResponseLimits,
    frame::{CommandFramer, CommandStep, FrameError, ResponseFramer, ResponseStep},
};
use mail_wire::BareNewline;

const COMMANDS: CommandLimits =
    CommandLimits { line: 64, literal: 40, frame: 120, literals: 3, swallow: 400 };
const RESPONSES: ResponseLimits =
    ResponseLimits { line: 100, literal: 40, frame: 200, literals: 4, stream_from: 20 };
const LENIENT: Profile = Profile { bare_newline: BareNewline::Normalize };

/// Octets in one line.
fn show(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    text.replace('\r', "\\r").replace('\n', "\\n").replace('\0', "\\0")
}

/// What a command framer says, one line each, chunks joined.
struct Server {
    framer: CommandFramer,
    input: BytesMut,
    said: Vec<String>,
    message: Option<Vec<u8>>,
    /// Whether literals that ask are let in.
    welcome: bool,
    most: usize,
}

impl Server {
    fn new(limits: CommandLimits, profile: Profile) -> Self {
        let framer = CommandFramer::new(limits, profile);
        Self {
            framer,
            input: BytesMut::new(),
            said: Vec::new(),
            message: None,
            welcome: true,
            most: 0,
        }
    }

    fn feed(&mut self, piece: &[u8]) {
        self.input.extend_from_slice(piece);
        self.most = self.most.max(self.input.len());
        loop {
            let step = self.framer.next(&mut self.input);
            let line = match step {
                CommandStep::Starved => return,
                CommandStep::Endless => {
                    if self.said.last().is_none_or(|last| last != "endless") {
                        self.said.push("endless".to_owned());
                    }
                    return;
                }
                CommandStep::Command(frame) => format!("command {}", show(&frame)),
                CommandStep::Literal(header) => {
                    let line = format!("+ {}", header.octets);
                    self.decide();
                    line
                }
                CommandStep::Append { head, literal, first } => {
                    assert_eq!(self.framer.next(&mut self.input), CommandStep::Undecided);
                    self.decide();
                    let first = if first { "" } else { "more " };
                    format!("append {first}{} of {}", show(&head), literal.octets)
                }
                CommandStep::Chunk(chunk) => {
                    assert!(!chunk.is_empty() && self.framer.is_in_message());
                    self.message.get_or_insert_default().extend_from_slice(&chunk);
                    continue;
                }
                CommandStep::MessageEnd => {
                    let message = self.message.take().unwrap_or_default();
                    format!("message {}", show(&message))
                }
                CommandStep::Tail(tail) => format!("tail {}", show(&tail)),
                CommandStep::Refused { tag, why } => {
                    let tag = tag.map_or("*".to_owned(), |tag| tag.to_string());
                    format!("refused {tag} {why:?}")
                }
                CommandStep::Undecided => panic!("nothing is to be decided"),
            };
            self.said.push(line);
        }
    }

    fn decide(&mut self) {
        if self.welcome {
            self.framer.accept();
        } else {
            self.framer.refuse(&mut self.input);
        }
    }
}

/// Runs the octets whole, byte by byte and cut at every offset; all must say the same.
fn commands(octets: &[u8], configure: impl Fn() -> Server) -> Vec<String> {
    let run = |pieces: &[&[u8]]| {
        let mut server = configure();
        pieces.iter().for_each(|piece| server.feed(piece));
        (server.said, server.framer.is_between_commands() && server.input.is_empty())
    };
    let whole = run(&[octets]);
    for at in 0..=octets.len() {
        let (head, tail) = octets.split_at(at);
        assert_eq!(run(&[head, tail]), whole, "cut at {at}");
    }
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(run(&single), whole, "one octet at a time");
    whole.0
}

fn strict(octets: &str) -> Vec<String> {
    commands(octets.as_bytes(), || Server::new(COMMANDS, Profile::default()))
}

#[test]
fn ok_commands_one_after_the_other() {
    assert_eq!(strict("a NOOP\r\nb LOGOUT\r\nc "), ["command a NOOP", "command b LOGOUT"]);
}

#[test]
fn ok_literals_are_joined_whatever_is_in_them() {
    let said = strict("a LOGIN {8}\r\nx\r\nb {9}\r {4+}\r\n\r\n\r\n\r\nb NOOP\r\n");
    assert_eq!(
        said,
        [
            "+ 8",
            "command a LOGIN {8}\\r\\nx\\r\\nb {9}\\r {4+}\\r\\n\\r\\n\\r\\n",
            "command b NOOP"
        ]
    );
    assert_eq!(strict("a X {0}\r\n\r\n"), ["+ 0", "command a X {0}\\r\\n"]);
}

#[test]
fn ok_braces_in_quotes_are_no_literal() {
    assert_eq!(
        strict("a X \"{5}\"\r\nb X \"\\\"{5}\r\n"),
        ["command a X \"{5}\"", "command b X \"\\\"{5}"]
    );
}

#[test]
fn ok_append_is_streamed_and_its_mailbox_is_not() {
    let said = strict("a APPEND {5}\r\nSaved (\\Seen) {10+}\r\nhi {5}\r\nb \r\nb NOOP\r\n");
    assert_eq!(
        said,
        [
            "+ 5",
            "append a APPEND {5}\\r\\nSaved (\\Seen) {10+} of 10",
            "message hi {5}\\r\\nb ",
            "tail ",
            "command b NOOP"
        ]
    );
    assert_eq!(
        strict("a append x {0}\r\n\r\n"),
        ["append a append x {0} of 0", "message ", "tail "]
    );
    // Of another command a literal is an argument, whatever it is called.
    assert_eq!(strict("a X APPEND {1+}\r\ny\r\n"), ["command a X APPEND {1+}\\r\\ny"]);
}

#[test]
fn ok_what_stands_behind_a_message_is_told() {
    assert_eq!(
        strict("a APPEND x {1+}\r\nm junk\r\nb NOOP\r\n"),
        ["append a APPEND x {1+} of 1", "message m", "tail  junk", "command b NOOP"]
    );
    assert_eq!(
        strict("a APPEND x {1+}\r\nm (\\Seen) {2+}\r\nno\r\n"),
        [
            "append a APPEND x {1+} of 1",
            "message m",
            "append more  (\\Seen) {2+} of 2",
            "message no",
            "tail "
        ]
    );
}

#[test]
fn refused_literals_leave_the_next_command_whole() {
    let unwelcome = || Server { welcome: false, ..Server::new(COMMANDS, Profile::default()) };
    // A client that was refused a synchronising literal sends the next command.
    let said = commands(b"a LOGIN {3}\r\nb APPEND x {3}\r\nc NOOP\r\n", unwelcome);
    assert_eq!(said, ["+ 3", "append b APPEND x {3} of 3", "command c NOOP"]);
    // One that could not be asked has sent it already.
    let said = commands(b"b APPEND x {9+}\r\nd NOOP\r\nx {1+}\r\nx\r\nc NOOP\r\n", unwelcome);
    assert_eq!(said, ["append b APPEND x {9+} of 9", "command c NOOP"]);
}

#[test]
fn refuses_a_literal_over_the_limit() {
    // Synchronising: it does not come.
    assert_eq!(
        strict("a LOGIN {41}\r\nb NOOP\r\n"),
        ["refused a Literal { octets: 41 }", "command b NOOP"]
    );
    // Not synchronising: it is swallowed with what is behind it.
    let long = "x".repeat(41);
    assert_eq!(
        strict(&format!("a LOGIN {{41+}}\r\n{long} {{2+}}\r\n\r\n y\r\nb NOOP\r\n")),
        ["refused a Literal { octets: 41 }", "command b NOOP"]
    );
}

#[test]
fn refuses_too_many_literals_and_too_long_commands() {
    assert_eq!(
        strict(&("a X".to_owned() + &" {1+}\r\nx".repeat(4) + "\r\nb NOOP\r\n")),
        ["refused a Literals", "command b NOOP"]
    );
    let long =
        format!("a X {{40+}}\r\n{0} {{40+}}\r\n{0} {{40+}}\r\n{0}\r\nb NOOP\r\n", "x".repeat(40));
    assert_eq!(strict(&long), ["refused a Frame", "command b NOOP"]);
}

#[test]
fn refuses_a_long_line_and_finds_the_next_one() {
    let long = "x".repeat(100);
    assert_eq!(strict(&format!("a {long}\r\nb NOOP\r\n")), ["refused a Line", "command b NOOP"]);
    assert_eq!(strict(&format!("{long}\r\nb NOOP\r\n")), ["refused * Line", "command b NOOP"]);
    // Its literal is swallowed with it, however the line was cut.
    assert_eq!(
        strict(&format!("a {long} {{8+}}\r\nx NOOP\r\n\r\nb NOOP\r\n")),
        ["refused a Line", "command b NOOP"]
    );
    // For a synchronising one the client waits until it is refused.
    assert_eq!(
        strict(&format!("a {long} {{8}}\r\nb NOOP\r\n")),
        ["refused a Line", "command b NOOP"]
    );
    // The longest legal line.
    let legal = format!("a {}\r\n", "x".repeat(60));
    assert_eq!(strict(&legal).len(), 1);
    assert_eq!(strict(&format!("a {}\r\n", "x".repeat(61))), ["refused a Line"]);
}

#[test]
fn what_has_no_end_is_given_up() {
    let said = strict(&("a ".to_owned() + &"x".repeat(600) + "\r\nb NOOP\r\n"));
    assert_eq!(said.last().map(String::as_str), Some("endless"));
    assert_eq!(strict("a X {401+}\r\n"), ["endless"]);
    assert_eq!(strict("a X {9999999999999999999+}\r\n"), ["endless"]);
    assert_eq!(
        strict("a X {9999999999999999999}\r\nb NOOP\r\n"),
        ["refused a Literal { octets: 9999999999999999999 }", "command b NOOP"]
    );
}

#[test]
fn bare_newlines_by_policy() {
    assert_eq!(strict("a NOOP\nb NOOP\r\n"), ["refused a BareNewline", "command b NOOP"]);
    assert_eq!(
        strict("a LOGIN {1+}\nx\r\nb NOOP\r\n"),
        ["refused a BareNewline", "command b NOOP"]
    );
    assert_eq!(
        strict("a APPEND x {1+}\nm\r\nb NOOP\r\n"),
        ["refused a BareNewline", "command b NOOP"]
    );
    let said = commands(b"a NOOP\nb LOGIN {1}\nx y\n\n", || Server::new(COMMANDS, LENIENT));
    assert_eq!(said, ["command a NOOP", "+ 1", "command b LOGIN {1}\\nx y", "command "]);
}

#[test]
fn a_message_can_be_given_up_in_the_middle() {
    let mut server = Server::new(COMMANDS, Profile::default());
    server.feed(b"a APPEND x {10+}\r\n123");
    assert!(server.framer.is_in_message());
    server.framer.abandon_message();
    server.feed(b"4567890 junk\r\nb NOOP\r\n");
    assert_eq!(server.said.last().map(String::as_str), Some("command b NOOP"));
}

#[test]
fn memory_stays_bounded_and_work_linear() {
    // 10^6 literals in one command, each of which could be joined.
    let mut server = Server::new(CommandLimits::default(), Profile::default());
    server.feed(b"a X");
    for _ in 0..1_000_000 {
        server.feed(b" {1+}\r\nx");
    }
    server.feed(b"\r\nb NOOP\r\n");
    assert_eq!(server.said, ["refused a Literals", "command b NOOP"]);
    assert!(server.most < 8 * 1024, "{}", server.most);
    // A large message in small reads.
    let mut server = Server::new(CommandLimits::default(), Profile::default());
    server.feed(b"a APPEND x {10000000+}\r\n");
    for _ in 0..10_000 {
        server.feed(&[b'\n'; 1000]);
        assert!(server.input.is_empty());
    }
    assert_eq!(server.said.last().map(String::len), Some("message ".len() + 2 * 10_000_000));
    // One octet a read: a line that is searched anew each time would take 10^9 steps.
    let limits = CommandLimits { line: 100_000, frame: 100_000, ..CommandLimits::default() };
    let mut server = Server::new(limits, Profile::default());
    for _ in 0..99_000 {
        server.feed(b"(");
    }
    server.feed(b"\r\n");
    assert_eq!(server.said.len(), 1);
}

/// What a response framer says.
fn responses_with(octets: &[u8], profile: Profile) -> Result<Vec<String>, FrameError> {
    let run = |pieces: &[&[u8]]| {
        let mut framer = ResponseFramer::new(RESPONSES, profile);
        let (mut input, mut said, mut literal) = (BytesMut::new(), Vec::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            loop {
                match framer.next(&mut input) {
                    Err(error) => {
                        assert_eq!(framer.next(&mut input), Err(error));
                        return (said, Err(error));
                    }
                    Ok(ResponseStep::Starved) => break,
                    Ok(ResponseStep::Response(frame)) => said.push(show(&frame)),
                    Ok(ResponseStep::LiteralStart { head, first }) => {
                        assert!(framer.is_in_literal());
                        said.push(format!("{first} {}", show(&head)));
                    }
                    Ok(ResponseStep::Chunk(chunk)) => literal.extend_from_slice(&chunk),
                    Ok(ResponseStep::LiteralEnd) => {
                        said.push(format!("= {}", show(&literal)));
                        literal.clear();
                    }
                }
            }
        }
        (said, Ok(framer.is_between_responses() && input.is_empty()))
    };
    let whole = run(&[octets]);
    for at in 0..=octets.len() {
        let (head, tail) = octets.split_at(at);
        assert_eq!(run(&[head, tail]), whole, "cut at {at}");
    }
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(run(&single), whole, "one octet at a time");
    whole.1.map(|_| whole.0)
}

fn responses(octets: &str) -> Result<Vec<String>, FrameError> {
    responses_with(octets.as_bytes(), Profile::default())
}

#[test]
fn ok_braces_in_text_are_no_literal() {
    let lines = [
        "* OK see {5}",
        "* NO [ALERT] {5}",
        "* bye {5}",
        "* PREAUTH {5}",
        "a1 OK {5}",
        "+ {5}",
        "+{5}",
        "* LIST () NIL \"{5}",
        "* 1 FETCH {5+}",
    ];
    for line in lines {
        assert_eq!(responses(&format!("{line}\r\n* 1 EXISTS\r\n")).unwrap(), [line, "* 1 EXISTS"]);
    }
}

#[test]
fn ok_small_literals_are_joined() {
    let line = "* LIST () \"/\" {5}\r\na {9}\r\n* 1 FETCH (BODY[] {3}\r\nabc UID 3)\r\n";
    assert_eq!(
        responses(line).unwrap(),
        ["* LIST () \"/\" {5}\\r\\na {9}", "* 1 FETCH (BODY[] {3}\\r\\nabc UID 3)"]
    );
}

#[test]
fn ok_large_texts_are_streamed_and_the_rest_is_one_response() {
    let text = "Subject: x {99}\r\n\r\n* 2 EXPUNGE\r\n";
    let line = format!(
        "* 7 FETCH (UID 5 BODY[HEADER.FIELDS ({{4}}\r\nDATE)]<0> {{{0}}}\r\n{text} FLAGS () \
         RFC822.TEXT ~{{{0}}}\r\n{text})\r\n* 1 EXISTS\r\n",
        text.len()
    );
    let said = responses(&line).unwrap();
    let len = text.len();
    let shown = show(text.as_bytes());
    assert_eq!(
        said,
        [
            format!("true * 7 FETCH (UID 5 BODY[HEADER.FIELDS ({{4}}\\r\\nDATE)]<0> {{{len}}}"),
            format!("= {shown}"),
            format!("false  FLAGS () RFC822.TEXT ~{{{len}}}"),
            format!("= {shown}"),
            format!(
                "* 7 FETCH (UID 5 BODY[HEADER.FIELDS ({{4}}\\r\\nDATE)]<0> \\0{{{len}}} FLAGS () \
             RFC822.TEXT \\0~{{{len}}})"
            ),
            "* 1 EXISTS".to_owned(),
        ]
    );
}

#[test]
fn ok_literals_of_envelopes_are_joined_however_large() {
    let subject = "BODY[] ".repeat(5);
    let line = format!("* 1 FETCH (ENVELOPE (NIL {{{}}}\r\n{subject} NIL))\r\n", subject.len());
    assert_eq!(responses(&line).unwrap(), [line.trim_end().replace("\r\n", "\\r\\n")]);
    // A literal behind one that looks like an item's name is not that item's.
    let line = "* 1 FETCH (ENVELOPE ({6}\r\nBODY[] {20}\r\n01234567890123456789))\r\n";
    assert_eq!(responses(line).unwrap().len(), 1);
}

#[test]
fn err_what_cannot_be_read_on() {
    let long = "x".repeat(101);
    for (octets, error) in [
        (format!("* OK {long}\r\n"), FrameError::Line { limit: 100 }),
        ("* LIST () NIL {41}\r\n".into(), FrameError::Literal { octets: 41, limit: 40 }),
        (
            "* LIST () NIL {1}\r\nx {1}\r\nx {1}\r\nx {1}\r\nx {1}\r\n".into(),
            FrameError::Literals { limit: 4 },
        ),
        (
            format!("* LIST {{40}}\r\n{0} {{40}}\r\n{0} {{40}}\r\n{0} {long}\r\n", &long[..40]),
            FrameError::Frame { limit: 200 },
        ),
        ("* OK a\0b\r\n".into(), FrameError::Nul),
        ("* OK\n".into(), FrameError::BareNewline),
    ] {
        assert_eq!(responses(&octets), Err(error), "{octets:?}");
    }
    assert_eq!(responses_with(b"* OK\n\n", LENIENT).unwrap(), ["* OK", ""]);
}

#[test]
fn ok_nul_in_literals_is_the_parsers_to_judge() {
    assert_eq!(responses("* LIST () NIL {1}\r\n\0\r\n").unwrap(), ["* LIST () NIL {1}\\r\\n\\0"]);
}

#[test]
fn torn_frames_are_known_as_such() {
    let between = |octets: &[u8]| {
        let mut server = Server::new(COMMANDS, Profile::default());
        server.feed(octets);
        server.framer.is_between_commands() && server.input.is_empty()
    };
    assert!(between(b"") && between(b"a NOOP\r\n") && between(b"a APPEND x {1+}\r\nx\r\n"));
    for torn in [&b"a"[..], b"a X {3+}\r\n", b"a APPEND x {1}\r\n", b"a APPEND x {1+}\r\nx"] {
        assert!(!between(torn), "{}", torn.escape_ascii());
    }
}
