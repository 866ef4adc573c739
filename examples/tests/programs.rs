//! The small programs against a post office: what they do, what they say, and their exit codes.

mod office_support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

use mail_examples::{config::Service, tls::CERTIFICATE};

use office_support::{Dir, Office, PASSWORD};

const SEND: &str = env!("CARGO_BIN_EXE_smtp-send");
const POP3: &str = env!("CARGO_BIN_EXE_pop3-fetch");
const IMAP: &str = env!("CARGO_BIN_EXE_imap-fetch");
const EXPLAIN: &str = env!("CARGO_BIN_EXE_explain-reply");
const OFFICE: &str = env!("CARGO_BIN_EXE_post-office");

/// What a program said and how it ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(program: &str, arguments: &[&str], input: &str) -> Ended {
    let mut command = Command::new(program);
    command.args(arguments).env_remove("MAIL_PASSWORD");
    feed(command, input)
}

fn feed(mut command: Command, input: &str) -> Ended {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("starts");
    // A program that does not read its input is no failure of the test.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().expect("ends");
    let text = |octets| String::from_utf8(octets).expect("text");
    Ended { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// A post office, and what the programs are told of it.
struct Scene {
    office: Office,
    ca: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        let office = Office::open(name, "");
        let ca = office.dir().join(CERTIFICATE).display().to_string();
        Self { office, ca }
    }

    fn at(&self, service: Service) -> String {
        self.office.address(service).to_string()
    }

    /// Runs a program at a service, as one of the accounts.
    fn run(&self, program: &str, service: Service, more: &[&str], input: &str) -> Ended {
        let at = self.at(service);
        let (user, password) = ("alice@post-office.test", PASSWORD);
        let common = [&at, "--ca", &self.ca, "--user", user, "--password", password];
        run(program, &[&common, more].concat(), input)
    }
}

const ALICE: [&str; 2] = ["--from", "alice@post-office.test"];
const MESSAGE: &str = "From: alice@post-office.test\nSubject: hello\n\n.a dot\nGrüße\n";

/// What arrives of it: CRLF at each line end.
fn arrived() -> String {
    MESSAGE.replace('\n', "\r\n")
}

#[test]
fn ok_sent_in_three_ways_and_fetched_in_two() {
    let scene = Scene::new("programs-all");
    let to = ["--to", "alice@post-office.test", "--to", "bob@post-office.test"];
    for (service, how) in [
        (Service::Submission, &["--starttls"][..]),
        (Service::Submissions, &["--tls"]),
        (Service::Submission, &[]),
    ] {
        let sent = scene.run(SEND, service, &[&ALICE, &to[..], how].concat(), MESSAGE);
        assert_eq!(sent.code, Some(0), "{} {}", sent.out, sent.err);
        assert_eq!(sent.out.lines().filter(|line| line.contains("accepted: 250")).count(), 2);
    }
    // From another host, without anybody logging in.
    let at = scene.at(Service::Smtp);
    let bob = ["--from", "", "--to", "bob@post-office.test"];
    let sent = run(SEND, &[&[at.as_str()], &bob[..]].concat(), MESSAGE);
    assert_eq!(sent.code, Some(0), "{} {}", sent.out, sent.err);
    assert_eq!(scene.office.inbox("bob").len(), 4);

    let listed = scene.run(IMAP, Service::Imap, &[], "");
    assert_eq!((listed.code, listed.out.lines().count()), (Some(0), 3), "{}", listed.err);
    assert!(listed.out.starts_with("1  uid 1  "), "{}", listed.out);

    for (name, program, service, how) in [
        ("imap", IMAP, Service::Imap, &[][..]),
        ("imaps", IMAP, Service::Imaps, &["--tls"]),
        ("pop3", POP3, Service::Pop3, &["--stls"]),
        ("pop3s", POP3, Service::Pop3s, &["--tls"]),
    ] {
        let dir = Dir::new(&format!("programs-{name}"));
        let into = ["--to", dir.path().to_str().expect("a plain name")];
        let fetched = scene.run(program, service, &[&into, how].concat(), "");
        assert_eq!(fetched.code, Some(0), "{name}: {}", fetched.err);
        let (files, end) = match name.starts_with("pop3") {
            // A Maildir has the line ends of this system.
            true => (in_maildir(dir.path()), MESSAGE.to_owned()),
            false => (messages(dir.path()), arrived()),
        };
        assert_eq!(files.len(), 3, "{name}: {}", fetched.out);
        assert!(files.iter().all(|message| message.ends_with(&end)), "{name}");
    }
}

/// The files of a directory, all of them whole messages.
fn messages(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).expect("is there").map(|entry| entry.expect("is there").path());
    let read = |path: std::path::PathBuf| {
        assert_eq!(path.extension().and_then(|it| it.to_str()), Some("eml"), "{path:?}");
        fs::read_to_string(path).expect("text")
    };
    files.map(read).collect()
}

/// The messages that have come into a Maildir; nothing else is left in it.
fn in_maildir(dir: &Path) -> Vec<String> {
    let read = |part| {
        let files = fs::read_dir(dir.join(part)).expect("is there");
        let text = |entry: fs::DirEntry| fs::read_to_string(entry.path()).expect("text");
        files.map(|entry| text(entry.expect("is there"))).collect::<Vec<_>>()
    };
    assert!(read("tmp").is_empty() && read("cur").is_empty());
    read("new")
}

#[test]
fn ok_pop3_takes_each_message_once_and_deletes_what_it_has() {
    let scene = Scene::new("programs-pop3");
    let to = ["--to", "alice@post-office.test"];
    let send = || scene.run(SEND, Service::Submission, &[&ALICE, &to[..]].concat(), MESSAGE);
    assert_eq!(send().code, Some(0));
    let dir = Dir::new("programs-pop3-files");
    let into = ["--to", dir.path().to_str().expect("a plain name")];
    assert_eq!(scene.run(POP3, Service::Pop3, &into, "").out.lines().count(), 1);
    assert_eq!(scene.run(POP3, Service::Pop3, &into, "").out, "", "it is there already");
    let out = scene.run(POP3, Service::Pop3, &["--delete"], "").out;
    assert!(out.ends_with(&arrived()), "{out}");
    assert_eq!(scene.office.inbox("alice").len(), 0);
}

#[test]
fn ok_pop3_into_an_mbox_and_deleted_when_it_is_time() {
    let scene = Scene::new("programs-mbox");
    let to = ["--to", "alice@post-office.test"];
    let send = || scene.run(SEND, Service::Submission, &[&ALICE, &to[..]].concat(), MESSAGE);
    let dir = Dir::new("programs-mbox-files");
    let mbox = dir.path().join("mbox");
    let into = ["--mbox", mbox.to_str().expect("a plain name")];
    let fetch = |more: &[&str]| {
        let fetched = scene.run(POP3, Service::Pop3s, &[&into[..], &["--tls"], more].concat(), "");
        assert_eq!(fetched.code, Some(0), "{}", fetched.err);
        let text = fs::read_to_string(&mbox).unwrap_or_default();
        (fetched.out.lines().count(), text.matches("\n\n.a dot\nGrüße\n\n").count())
    };
    assert_eq!(send().code, Some(0));
    assert_eq!(fetch(&["--delete-after", "1", "--mechanism", "PLAIN"]), (1, 1));
    assert_eq!(send().code, Some(0));
    assert_eq!(fetch(&["--keep"]), (1, 2));
    assert_eq!(scene.office.inbox("alice").len(), 2);
    assert_eq!(fetch(&["--delete"]), (0, 2), "they are here already");
    assert_eq!(scene.office.inbox("alice").len(), 0);
    // What is deleted is forgotten, and nothing is left behind.
    let state = fs::read_dir(dir.path().join("mbox.pop3-fetch")).expect("is there");
    let state: Vec<_> = state.map(|entry| entry.expect("is there").path()).collect();
    assert!(state.iter().any(|it| it.extension().is_some_and(|it| it == "state")), "{state:?}");
    assert!(!dir.path().join("mbox.lock").exists());
}

/// Two servers whose messages have the same unique ids share a directory.
#[test]
fn ok_pop3_does_not_mix_two_servers_in_one_directory() {
    let (one, other) = (Scene::new("programs-one"), Scene::new("programs-other"));
    let dir = Dir::new("programs-two-servers");
    let into = ["--to", dir.path().to_str().expect("a plain name")];
    let to = ["--to", "alice@post-office.test"];
    for (scene, count) in [(&one, 1), (&other, 2), (&one, 2), (&other, 2)] {
        if in_maildir_count(dir.path()) < count {
            let sent = scene.run(SEND, Service::Submission, &[&ALICE, &to[..]].concat(), MESSAGE);
            assert_eq!(sent.code, Some(0));
        }
        let fetched = scene.run(POP3, Service::Pop3, &into, "");
        assert_eq!(fetched.code, Some(0), "{}", fetched.err);
        assert_eq!(in_maildir(dir.path()).len(), count, "{}", fetched.out);
    }
}

fn in_maildir_count(dir: &Path) -> usize {
    fs::read_dir(dir.join("new")).map_or(0, Iterator::count)
}

#[test]
fn ok_imap_waits_for_more() {
    let scene = Scene::new("programs-idle");
    let at = scene.at(Service::Imap);
    let to = ["--to", "alice@post-office.test"];
    let send = || scene.run(SEND, Service::Submission, &[&ALICE, &to[..]].concat(), MESSAGE);
    assert_eq!(send().code, Some(0));
    let alice = ["--user", "alice@post-office.test", "--idle", "60", "--timeout", "20", "--wire"];
    let mut command = Command::new(IMAP);
    command.arg(&at).args(["--ca", &scene.ca]).args(alice).env("MAIL_PASSWORD", PASSWORD);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut waiting = command.spawn().expect("starts");
    let mut lines = BufReader::new(waiting.stdout.take().expect("piped")).lines();
    let mut next = || lines.next().expect("does not give up").expect("text");
    assert!(next().starts_with("1  uid 1  "));
    assert_eq!(send().code, Some(0));
    assert!(next().starts_with("2  uid 2  "));
    waiting.kill().expect("runs still");
    let said = waiting.wait_with_output().expect("ended").stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains(" IDLE") && !said.contains(PASSWORD), "{said}");
}

#[test]
fn err_exit_codes_tell_for_good_from_for_now() {
    let scene = Scene::new("programs-codes");
    let to = |address| [&ALICE[..], &["--to", address]].concat();
    let unknown = to("nobody@post-office.test");
    let refused = scene.run(SEND, Service::Submission, &unknown, MESSAGE);
    assert_eq!(refused.code, Some(69));
    assert!(refused.out.contains("refused at RCPT: 550 5.1.1"), "{}", refused.out);
    let japanese = [&unknown[..], &["--explain", "ja"]].concat();
    assert!(scene.run(SEND, Service::Submission, &japanese, MESSAGE).out.contains("原因："));

    // One of two is for good: the whole is, and the other got it.
    let both = [&unknown[..], &["--to", "bob@post-office.test"]].concat();
    let half = scene.run(SEND, Service::Submission, &both, MESSAGE);
    assert_eq!(half.code, Some(69));
    assert!(half.out.contains("bob@post-office.test: accepted"), "{}", half.out);

    let nobody_listens = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("it has one").to_string()
    };
    let alice = [&[nobody_listens.as_str()][..], &to("bob@post-office.test")].concat();
    let lost = run(SEND, &alice, MESSAGE);
    assert_eq!(lost.code, Some(75), "{} {}", lost.out, lost.err);
    let fetch = [&nobody_listens, "--insecure", "--user", "a", "--password", "b"];
    assert_eq!(run(POP3, &fetch, "").code, Some(75));
    assert_eq!(run(IMAP, &fetch, "").code, Some(75));

    let wrong = ["--insecure", "--user", "alice@post-office.test", "--password", "no"];
    for (program, service) in [(POP3, Service::Pop3), (IMAP, Service::Imap)] {
        let at = scene.at(service);
        let refused = run(program, &[&[at.as_str()], &wrong[..]].concat(), "");
        assert_eq!(refused.code, Some(1), "{}", refused.err);
    }
    assert_eq!(run(SEND, &["localhost"], "").code, Some(2), "no port");
}

#[test]
fn err_password_stays_at_home() {
    let scene = Scene::new("programs-trust");
    let to = ["--to", "bob@post-office.test"];
    // A certificate that nobody vouches for, and a server that offers nothing else.
    let at = scene.at(Service::Submission);
    let other = Dir::new("programs-trust-other");
    mail_examples::tls::Identity::in_directory(other.path(), &["x.test"]).expect("made");
    let ca = other.path().join(CERTIFICATE).display().to_string();
    let alice = [&at, "--ca", &ca, "--user", "alice@post-office.test", "--password", PASSWORD];
    let refused = run(SEND, &[&alice, &ALICE[..], &to[..], &["--wire"]].concat(), MESSAGE);
    assert_ne!(refused.code, Some(0));
    assert!(
        refused.err.contains("tls: ") && !refused.err.contains("AUTH PLAIN"),
        "{}",
        refused.err
    );
    assert_eq!(scene.office.inbox("bob").len(), 0);

    let no_password = run(SEND, &[&[&at, "--user", "alice"], &ALICE[..], &to[..]].concat(), "");
    assert_eq!(no_password.code, Some(78));
    assert!(no_password.err.contains("MAIL_PASSWORD"), "{}", no_password.err);

    let mut command = Command::new(SEND);
    command.args([&at, "--ca", &scene.ca, "--auth", "alice@post-office.test"]);
    command.args(ALICE).args(to).env("MAIL_PASSWORD", PASSWORD);
    let sent = feed(command, MESSAGE);
    assert_eq!(sent.code, Some(0), "{}", sent.err);
}

#[test]
fn ok_replies_are_explained() {
    let told = run(EXPLAIN, &["550 5.1.1 user unknown"], "");
    assert_eq!(told.code, Some(0));
    assert!(told.out.contains("To act: the sender"), "{}", told.out);
    let told = run(EXPLAIN, &["--lang", "ja"], "552-5.2.2 mailbox full\r\n552 5.2.2 sorry\r\n");
    assert!(told.out.contains("対応が必要な方：受信者"), "{}", told.out);
    let told = run(EXPLAIN, &["it", "does", "not", "work"], "");
    assert!(told.out.contains("port 587") && told.out.contains("spam folder"), "{}", told.out);
}

#[test]
fn ok_tour_in_one_command_and_its_exit_codes() {
    let dir = Dir::new("programs-tour");
    let tour = |place: &Path, arguments: &[&str]| {
        let mut command = Command::new(OFFICE);
        command.arg("tour").args(arguments).env("TMPDIR", place);
        feed(command, "")
    };
    let told = tour(dir.path(), &["--lang", "ja", "--wire"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.out.contains("15. 554"), "{}", told.out);
    assert_eq!(fs::read_dir(dir.path()).expect("is there").count(), 0, "nothing stays behind");
    let failed = tour(&dir.path().join("missing"), &[]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.contains("the tour could not begin"), "{}", failed.err);
    assert_eq!(tour(dir.path(), &["--lang", "fr"]).code, Some(2));
    for seconds in ["0.2", "0.4", "0.6"] {
        let mut ended = Command::new("timeout");
        ended.args(["-s", "TERM", seconds, OFFICE, "tour"]).env("TMPDIR", dir.path());
        let _ = feed(ended, "");
        assert_eq!(fs::read_dir(dir.path()).expect("is there").count(), 0, "ended by SIGTERM");
    }
}
