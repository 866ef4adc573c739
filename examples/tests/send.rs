//! `smtp-send`: what it tells of each recipient, the bar of a large message, and its exit codes.

mod office_support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
};

use mail_examples::config::Service;

use office_support::{Dir, Office, PASSWORD};

/// A sink that runs meanwhile.
struct Sink {
    child: Child,
    address: String,
}

impl Sink {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-sink"));
        command.arg("127.0.0.1:0").args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        out.read_line(&mut line).expect("text");
        let address = line.strip_prefix("listening ").expect("it says where").trim().to_owned();
        Self { child, address }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // One that has ended is not killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn send(address: &str, arguments: &[&str], message: &[u8]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-send"));
    command.arg(address).args(["--from", "a@b.example", "--helo", "c.example"]).args(arguments);
    command.env_remove("MAIL_PASSWORD");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    let message = message.to_vec();
    // A program that does not read its input is no failure of the test.
    let feeding = thread::spawn(move || _ = stdin.write_all(&message));
    let output = child.wait_with_output().expect("ends");
    feeding.join().expect("no panic");
    let text = |octets| String::from_utf8(octets).expect("text");
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

const TO: [&str; 4] = ["--to", "x@d.example", "--to", "y@d.example"];

#[test]
fn ok_from_a_file_and_from_standard_input_as_it_is() {
    let dir = Dir::new("send-maildir");
    let (mails, file) = (dir.path().join("mails"), dir.path().join("message"));
    let sink = Sink::start(&["--maildir", mails.to_str().expect("plain")]);
    let message = b"Subject: x\n\n.a\rb\r\nc";
    fs::write(&file, message).expect("written");
    let file = file.to_str().expect("plain");
    for (arguments, input) in [(&[file][..], &b""[..]), (&["-"], message), (&[], message)] {
        let sent = send(&sink.address, &[&TO, arguments].concat(), input);
        assert_eq!(sent.code, Some(0), "{}", sent.err);
        let accepted = "x@d.example: accepted: 250 2.6.0 message accepted\n";
        assert_eq!(sent.out, [accepted, &accepted.replace("x@", "y@")].concat());
        assert_eq!(sent.err, "");
    }
    let mut stored = 0;
    for entry in fs::read_dir(mails.join("new")).expect("made") {
        let octets = fs::read(entry.expect("there").path()).expect("there");
        assert_eq!(octets, b"Subject: x\r\n\r\n.a\r\nb\r\nc\r\n");
        stored += 1;
    }
    assert_eq!(stored, 3);
}

#[test]
fn ok_bar_of_a_large_message() {
    let sink = Sink::start(&[]);
    let message = [&b"Subject: large\r\n\r\n"[..], &b"0123456\r\n".repeat(300_000)].concat();
    let quiet = send(&sink.address, &TO, &message);
    assert_eq!((quiet.code, &*quiet.err), (Some(0), ""), "nobody looks");
    let shown = send(&sink.address, &[&TO[..], &["--progress", "always"]].concat(), &message);
    assert_eq!(shown.code, Some(0));
    let last = "\r[#########################] 100 % of 2.6 MiB\n";
    assert!(shown.err.ends_with(last) && shown.err.contains("  50 % of"), "{}", shown.err);
}

#[test]
fn err_exit_codes() {
    for (sink, code, told) in [
        (&["--reject", "RCPT"][..], 69, "refused at RCPT: 554 5.7.0"),
        (&["--tempfail", "RCPT"], 75, "refused at RCPT: 451 4.7.0"),
        (&["--reject", "MAIL"], 69, "refused at MAIL: 554 5.7.0"),
        (&["--reject", "DATA"], 69, "refused at last chunk: 554 5.7.0"),
        (&["--tempfail", "."], 75, "refused at last chunk: 451 4.7.0"),
        (&["--reject", "CONNECT"], 69, "refused at connection: 554 5.7.0"),
        (&["--tempfail", "CONNECT"], 75, "421 4.3.2"),
        (&["--size", "10"], 65, "not sent: TooBig"),
    ] {
        let sink = Sink::start(sink);
        let sent = send(&sink.address, &TO, b"Subject: x\r\n\r\nx\r\n");
        assert_eq!(sent.code, Some(code), "{told}: {} {}", sent.out, sent.err);
        assert_eq!(sent.out.lines().count(), 2, "{}", sent.out);
        assert!(sent.out.lines().all(|line| line.contains(told)), "{told}: {}", sent.out);
    }
    let sink = Sink::start(&[]);
    let insists = send(&sink.address, &[&TO[..], &["--starttls", "--insecure"]].concat(), b"x\r\n");
    assert_eq!(insists.code, Some(69), "{}", insists.err);
    let missing = send(&sink.address, &[&TO[..], &["/nonexistent/message"]].concat(), b"");
    assert_eq!(missing.code, Some(66), "{}", missing.err);
    let nobody = send(&sink.address, &[&TO[..], &["--auth", "a"]].concat(), b"x\r\n");
    assert_eq!(nobody.code, Some(78), "{}", nobody.err);
}

#[test]
fn ok_lmtp_tells_of_each_recipient() {
    let sink = Sink::start(&["--lmtp"]);
    let sent = send(&sink.address, &[&TO[..], &["--lmtp"]].concat(), b"x\r\n");
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    assert_eq!(sent.out.matches("accepted: 250 2.6.0").count(), 2, "{}", sent.out);
    // RFC 2033 4.1: an LMTP server knows no EHLO.
    let sent = send(&sink.address, &TO, b"x\r\n");
    assert_ne!(sent.code, Some(0), "{}", sent.out);
}

#[test]
fn ok_mechanism_that_is_asked_for_and_no_other() {
    let office = Office::open("send-mechanism", "");
    let at = office.address(Service::Submission).to_string();
    let common = ["--auth", "alice@post-office.test", "--insecure", "--password", PASSWORD];
    let ours = ["--from", "alice@post-office.test", "--to", "bob@post-office.test", "--wire"];
    let by = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smtp-send"));
        command.arg(&at).args(common).args(ours).args(["--starttls", "--mechanism", name]);
        let output = command.stdin(Stdio::null()).output().expect("starts");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    for name in ["PLAIN", "login", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"] {
        let (code, wire) = by(name);
        assert_eq!(code, Some(0), "{wire}");
        assert!(wire.contains(&format!("C: AUTH {}", name.to_uppercase())), "{wire}");
    }
    assert_ne!(by("CRAM-MD5").0, Some(0), "it is not offered");
    assert_eq!(by("ROT13").0, Some(2));
}

#[test]
fn err_log_in_refused() {
    let office = Office::open("send-log-in", "");
    let at = office.address(Service::Submission).to_string();
    let log_in = ["--auth", "alice@post-office.test", "--insecure", "--password"];
    let refused = send(&at, &[&TO[..], &log_in, &["wrong"]].concat(), b"x\r\n");
    assert_eq!(refused.code, Some(77), "{} {}", refused.out, refused.err);
    let told = refused.out.lines().filter(|line| line.contains(": refused at AUTH: 535 5.7.8 "));
    assert_eq!(told.count(), 2, "{}", refused.out);
    assert!(!refused.err.contains("wrong"));
    // The address is not one of this account, which is said of the message.
    let refused = send(&at, &[&TO[..], &log_in, &[PASSWORD]].concat(), b"x\r\n");
    assert_eq!(refused.code, Some(69), "{} {}", refused.out, refused.err);
}

#[test]
fn err_server_that_says_nothing_is_waited_for_no_longer_than_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let sent = send(&address, &[&TO[..], &["--timeout", "1"]].concat(), b"x\r\n");
    assert_eq!(sent.code, Some(75), "{}", sent.err);
    assert!(sent.err.contains("no answer in time"), "{}", sent.err);
    assert_eq!(sent.out, "x@d.example: not sent\ny@d.example: not sent\n");
}

#[test]
fn err_lost_behind_the_end_of_the_message_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody");
        let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
        write!(stream, "220 mx\r\n").expect("sent");
        loop {
            let line = lines.next().expect("more").expect("text");
            match line.get(..4) {
                Some("DATA") => write!(stream, "354 go\r\n").expect("sent"),
                Some("EHLO" | "MAIL" | "RCPT") => write!(stream, "250 ok\r\n").expect("sent"),
                _ if line == "." => return,
                _ => {}
            }
        }
    });
    let sent = send(&address, &TO, b"x\r\n");
    serving.join().expect("served");
    assert_eq!(sent.code, Some(75), "{}", sent.err);
    let unknown = "x@d.example: unknown: the connection was lost before the answer\n";
    assert_eq!(sent.out, [unknown, &unknown.replace("x@", "y@")].concat());
}
