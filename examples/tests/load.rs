//! `smtp-sink` and `smtp-load`, against each other and against hands.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread::{self, JoinHandle},
};

/// A sink that runs meanwhile.
struct Sink {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    address: String,
}

impl Sink {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-sink"));
        command.arg("127.0.0.1:0").args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("text");
        let address = line.strip_prefix("listening ").expect("it says where").trim().to_owned();
        Self { child, out, address }
    }

    /// Says this and returns the last line of each answer.
    fn say(&self, lines: &[&str]) -> Vec<String> {
        let mut stream = TcpStream::connect(&self.address).expect("listens");
        let mut answers = BufReader::new(stream.try_clone().expect("a handle")).lines();
        let mut next = || loop {
            let line = answers.next().expect("an answer").expect("text");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        };
        let greeting = next();
        let mut said = vec![greeting];
        for line in lines {
            write!(stream, "{line}\r\n").expect("sent");
            said.push(next());
        }
        said
    }

    /// Waits until it has had enough; returns the last it says.
    fn ended(mut self) -> String {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("text");
        assert!(self.child.wait().expect("ends").success());
        rest.lines().last().expect("it says what came").to_owned()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // One that has ended is not killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn load(sink: &Sink, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-load"));
    let Output { status, stdout, stderr } =
        command.arg(&sink.address).args(arguments).output().expect("starts");
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8(said).expect("text"))
}

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("mail-load-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

const MAIL: [&str; 4] =
    ["EHLO c.example", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"];

#[test]
fn ok_all_messages_are_taken_and_counted() {
    for how in [&[][..], &["--no-pipelining"], &["--bdat"], &["--per-connection", "7"]] {
        let sink = Sink::start(&["--messages", "100"]);
        let few = ["--messages", "100", "--sessions", "8", "--recipients", "3", "--size", "5000"];
        let (code, said) = load(&sink, &[&few, how].concat());
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("messages accepted 100 rejected 0 put-off 0\nrate "), "{said}");
        assert!(said.contains("\nlatency p50 "), "{said}");
        let counted = sink.ended();
        let came = " messages 100 recipients 300 octets 500000 refused 0 broken 0";
        assert!(counted.ends_with(came), "{counted}");
        let connections: u32 =
            counted.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a number");
        let expected = if how.len() == 2 { 15..=22 } else { 1..=8 };
        assert!(expected.contains(&connections), "{counted} with {how:?}");
    }
}

#[test]
fn ok_messages_are_stored_whole_and_nothing_else_is() {
    let path = scratch("maildir");
    let sink =
        Sink::start(&["--maildir", path.to_str().expect("plain"), "--sync", "--messages", "2"]);
    let first = sink.say(&[&MAIL[..], &["a\r\n..b\r\n."]].concat());
    assert!(first.last().is_some_and(|reply| reply.starts_with("250 2.6.0")), "{first:?}");
    // Broken off in the middle.
    let torn = sink.say(&MAIL);
    assert!(torn.last().is_some_and(|reply| reply.starts_with("354")), "{torn:?}");
    sink.say(&[&MAIL[..], &["c\r\n.", "QUIT"]].concat());
    let files = |part: &str| {
        let entries = fs::read_dir(path.join(part)).expect("made");
        let paths = entries.map(|entry| entry.expect("there").path());
        let mut texts: Vec<_> = paths.map(|it| fs::read_to_string(it).expect("text")).collect();
        texts.sort();
        texts
    };
    assert!(sink.ended().contains(" messages 2 "));
    assert_eq!(files("new"), ["a\r\n.b\r\n", "c\r\n"]);
    assert!(files("tmp").len() <= 1, "at most what was broken off last");
    fs::remove_dir_all(&path).expect("there");
}

#[test]
fn err_refused_at_each_point_for_good_and_for_now() {
    for (at, lines, good, now) in [
        ("CONNECT", 0, "554 5.7.0", "421 4.3.2"),
        ("MAIL", 2, "554 5.7.0", "451 4.7.0"),
        ("rcpt", 3, "554 5.7.0", "451 4.7.0"),
        ("DATA", 4, "554 5.7.0", "451 4.7.0"),
        (".", 5, "554 5.7.0", "451 4.7.0"),
    ] {
        for (how, code, exit) in [("--reject", good, 1), ("--tempfail", now, 75)] {
            let sink = Sink::start(&[how, at]);
            let dialogue = [&MAIL[..], &["x\r\n."]].concat();
            let said = sink.say(dialogue.get(..lines).expect("so many"));
            assert!(
                said.last().is_some_and(|reply| reply.starts_with(code)),
                "{how} {at}: {said:?}"
            );
            let (exited, said) = load(&sink, &["--messages", "3", "--sessions", "1"]);
            assert_eq!(exited, Some(exit), "{how} {at}: {said}");
            assert!(said.starts_with("messages accepted 0 "), "{said}");
        }
    }
    let sink = Sink::start(&["--reject", "VRFY"]);
    let said = sink.say(&["EHLO c", "VRFY x"]);
    assert!(said.last().is_some_and(|reply| reply.starts_with("554")), "{said:?}");
}

#[test]
fn ok_lmtp_answers_for_each_recipient() {
    let sink = Sink::start(&["--lmtp", "--messages", "1"]);
    assert!(sink.say(&["EHLO c"]).last().is_some_and(|reply| reply.starts_with("5")));
    let mut dialogue = vec!["LHLO c", MAIL[1], MAIL[2], "RCPT TO:<e@d.example>", "DATA", "x\r\n."];
    // The answer for the second recipient is read behind a line that has none of its own.
    dialogue.push("QUIT");
    let said = sink.say(&dialogue);
    let ends: Vec<_> = said.iter().skip(6).map(|reply| reply.get(..3)).collect();
    assert_eq!(ends, [Some("250"), Some("250")], "{said:?}");
    assert!(sink.ended().contains(" messages 1 recipients 2 octets 3 "));
}

#[test]
fn ok_chunks_are_taken_as_well() {
    let sink = Sink::start(&["--messages", "1"]);
    let chunks = ["BDAT 4\r\nab", "BDAT 3 LAST\r\nc"];
    let said = sink.say(&[&MAIL[..3], &chunks[..], &["QUIT"]].concat());
    assert!(said.iter().skip(4).all(|reply| reply.starts_with("2")), "{said:?}");
    assert!(sink.ended().contains(" octets 7 refused 0 "));
}

/// Answers one client that is to say all this, `BDAT` with its octets behind it.
fn script(offers: &'static str, expected: &'static [&'static str]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut input = BufReader::new(stream.try_clone().expect("a handle"));
        write!(stream, "220 mx\r\n").expect("sent");
        for &wanted in expected {
            let mut line = String::new();
            input.read_line(&mut line).expect("text");
            assert_eq!(line.trim_end(), wanted);
            if let Some(octets) = wanted.strip_prefix("BDAT ") {
                let octets = octets.trim_end_matches(" LAST").parse().expect("a number");
                let mut chunk = vec![0; octets];
                input.read_exact(&mut chunk).expect("all of it");
            }
            let answer = if wanted.starts_with("EHLO") { offers } else { "250 ok\r\n" };
            write!(stream, "{answer}").expect("sent");
        }
    });
    (address, serving)
}

#[test]
fn ok_bdat_says_its_size_and_data_is_not_said() {
    let offers = "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";
    let (address, serving) = script(
        offers,
        &[
            "EHLO load.example",
            "MAIL FROM:<load@load.example>",
            "RCPT TO:<sink@sink.example>",
            "BDAT 5000 LAST",
            "QUIT",
        ],
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-load"));
    let one = ["--messages", "1", "--sessions", "1", "--size", "5000", "--bdat"];
    let ended = command.arg(address).args(one).output().expect("starts");
    serving.join().expect("all was said");
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}

#[test]
fn ok_data_without_bdat_whatever_is_offered() {
    let offers = "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";
    let (address, serving) = script(
        offers,
        &[
            "EHLO load.example",
            "MAIL FROM:<load@load.example>",
            "RCPT TO:<sink@sink.example>",
            "DATA",
        ],
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-load"));
    let one = ["--messages", "1", "--sessions", "1"];
    // 250 is no answer to DATA, and then nobody is there.
    let ended = command.arg(address).args(one).output().expect("starts");
    serving.join().expect("all was said");
    assert_eq!(ended.status.code(), Some(75), "{ended:?}");
}

#[test]
fn err_bdat_that_is_not_offered() {
    let sink = Sink::start(&["--without", "CHUNKING"]);
    let said = sink.say(&[&MAIL[..3], &["BDAT 0 LAST"]].concat());
    assert!(said.last().is_some_and(|reply| reply.starts_with("502")), "{said:?}");
    let (code, said) = load(&sink, &["--messages", "9", "--sessions", "3", "--bdat"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("messages accepted 0 rejected 3 put-off 6\n"), "{said}");
    assert_eq!(said.matches("the server does not offer CHUNKING").count(), 1, "{said}");
}

#[test]
fn ok_hundreds_of_connections_at_once() {
    let sink = Sink::start(&["--messages", "300"]);
    let (code, said) = load(&sink, &["--messages", "300", "--sessions", "300", "--size", "200"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(sink.ended().starts_with("sessions 300 "), "one message each");
}

#[test]
fn err_nobody_listens() {
    let sink = Sink::start(&[]);
    let address = sink.address.clone();
    drop(sink);
    let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-load"));
    let ended = command.arg(address).args(["--messages", "5"]).output().expect("starts");
    assert_eq!(ended.status.code(), Some(75));
    let said = String::from_utf8(ended.stdout).expect("text");
    assert!(said.starts_with("messages accepted 0 rejected 0 put-off 5"), "{said}");
}
