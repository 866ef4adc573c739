//! What was acknowledged is on disk: the write-ahead log is synced before the answer leaves.
//!
//! Killing the program shows nothing of this, because what it wrote stays in the page cache; so its
//! system calls are watched.

mod office_support;

use std::{path::Path, process::Command, thread, time::Duration};

use office_support::{Client, Dir, config, served::*};

const BOB: [&str; 1] = ["bob@post-office.test"];
const MESSAGE: &str = "Subject: hello\r\n\r\nhello\r\n";

/// Tells whether `strace` is there and may be used. Where `MAIL_STRACE` is set it has to be.
#[expect(clippy::print_stdout, reason = "what is skipped has to be seen")]
fn strace() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let usable = tried.is_ok_and(|output| output.status.success());
    if !usable {
        assert!(std::env::var_os("MAIL_STRACE").is_none(), "strace cannot be used");
        println!("skipped: strace");
    }
    usable
}

/// A post office whose system calls are written down.
struct Watched {
    served: Option<Served>,
    dir: Dir,
    /// The process itself, beneath strace.
    pid: String,
}

impl Watched {
    fn start(name: &str) -> Self {
        let dir = Dir::new(name);
        Served::configure(dir.path(), &config(""));
        let mut command = Command::new("strace");
        let calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg,read,readv,recvfrom,recvmsg";
        command.args(["-f", "-yy", "-s", "80", "-e", calls, "-o"]);
        command.arg(dir.path().join("trace")).arg(POST_OFFICE);
        let served = Served::start_by(command, dir.path());
        let trace = std::fs::read_to_string(dir.path().join("trace")).expect("a trace");
        let pid = trace.split(' ').next().expect("a first line").to_owned();
        Self { served: Some(served), dir, pid }
    }

    fn served(&self) -> &Served {
        self.served.as_ref().expect("it runs")
    }

    fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What happened, as far as it was written down when a connection's last answer was read.
    fn calls(&self) -> Vec<Call> {
        let mut text = Vec::new();
        // The answer may be here before its line is there.
        loop {
            thread::sleep(Duration::from_millis(200));
            let before = text.len();
            text = std::fs::read(self.dir().join("trace")).expect("a trace");
            if text.len() == before {
                return Call::all(&String::from_utf8_lossy(&text));
            }
        }
    }

    fn signal(&self, signal: &str) -> bool {
        let sent = Command::new("kill").args([signal, &self.pid]).output();
        sent.is_ok_and(|sent| sent.status.success())
    }

    fn end(mut self) {
        assert!(self.signal("-TERM"));
        let served = self.served.take().expect("it runs");
        assert!(served.wait().success(), "strace ends as what it watches");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Who kills strace alone lets the other go on.
        if self.served.is_some() {
            self.signal("-KILL");
        }
    }
}

/// A system call that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    /// A sync of the write-ahead log has come to its end.
    Synced,
    /// Octets have come from the client at this port.
    Read { port: u16, text: String },
    /// Octets begin to go to the client at this port.
    Write { port: u16, text: String },
}

impl Call {
    /// Reads what strace wrote.
    fn all(trace: &str) -> Vec<Self> {
        let mut calls = Vec::new();
        let mut begun: Vec<(&str, &str)> = Vec::new();
        for line in trace.lines() {
            let Some((pid, rest)) = line.split_once(' ') else { continue };
            let rest = rest.trim_start();
            // Another thread's call came between the beginning and the end of this one.
            if let Some(beginning) = rest.strip_suffix(" <unfinished ...>") {
                calls.extend(Self::began(beginning));
                begun.push((pid, beginning));
            } else if rest.starts_with("<... ") {
                let at = begun.iter().position(|(other, _)| *other == pid);
                let beginning = begun.swap_remove(at.expect("it began")).1;
                calls.extend(Self::ended(beginning, rest));
            } else {
                calls.extend(Self::began(rest));
                calls.extend(Self::ended(rest, rest));
            }
        }
        calls
    }

    fn began(call: &str) -> Option<Self> {
        let (name, arguments) = call.split_once('(')?;
        let port = client(arguments)?;
        ["write", "writev", "sendto", "sendmsg"]
            .contains(&name)
            .then(|| Self::Write { port, text: arguments.to_owned() })
    }

    /// The arguments of reads stand at the end: they are not known before.
    fn ended(beginning: &str, end: &str) -> Option<Self> {
        let (name, arguments) = beginning.split_once('(')?;
        let result = end.rsplit_once(" = ")?.1;
        match name {
            "fsync" | "fdatasync" => {
                let log = arguments.contains("-wal>");
                (log && result == "0").then_some(Self::Synced)
            }
            "read" | "readv" | "recvfrom" | "recvmsg" => {
                let port = client(arguments)?;
                let octets: u64 = result.parse().unwrap_or(0);
                (octets > 0).then(|| Self::Read { port, text: end.to_owned() })
            }
            _ => None,
        }
    }
}

/// The client's port in `12<TCP:[127.0.0.1:2525->127.0.0.1:51234]>, ...`.
fn client(arguments: &str) -> Option<u16> {
    let descriptor = arguments.split_once(", ").map_or(arguments, |(first, _)| first);
    let socket = descriptor.split_once("<TCP:[")?.1.split_once("]>")?.0;
    let (_, peer) = socket.split_once("->")?;
    peer.rsplit_once(':')?.1.parse().ok()
}

/// The answer to what a client said last: everything between the last octets that came from it and
/// the first that went to it.
fn before_the_last_answer(calls: &[Call], client: &Client) -> (String, Vec<Call>, String) {
    let port = client.port();
    let heard = |call: &Call| matches!(call, Call::Read { port: other, .. } if *other == port);
    let said = |call: &Call| matches!(call, Call::Write { port: other, .. } if *other == port);
    let read = calls.iter().rposition(heard).expect("it said something");
    let rest = &calls[read + 1..];
    let write = rest.iter().position(said).expect("it was answered");
    let (Call::Read { text: asked, .. }, Call::Write { text: answer, .. }) =
        (&calls[read], &rest[write])
    else {
        panic!("a read and a write")
    };
    (asked.clone(), rest[..write].to_vec(), answer.clone())
}

#[track_caller]
fn assert_synced(watched: &Watched, client: &Client, what: &str) -> (String, String) {
    let (asked, between, answer) = before_the_last_answer(&watched.calls(), client);
    assert!(between.contains(&Call::Synced), "{what}: {asked}\n{between:?}\n{answer}");
    (asked, answer)
}

/// That commands which change nothing sync nothing shows that a sync is no mere noise.
#[track_caller]
fn assert_not_synced(watched: &Watched, client: &Client, what: &str) {
    let (asked, between, answer) = before_the_last_answer(&watched.calls(), client);
    assert!(!between.contains(&Call::Synced), "{what}: {asked}\n{between:?}\n{answer}");
}

#[test]
fn ok_smtp_syncs_before_it_takes_responsibility() {
    if !strace() {
        return;
    }
    let watched = Watched::start("sync-smtp");
    let mut smtp = watched.served().smtp(watched.dir());
    assert_not_synced(&watched, &smtp, "EHLO");
    for _ in 0..3 {
        smtp.message("x@elsewhere.test", &BOB, MESSAGE).code(250);
        // In the clear, so that the words can be seen.
        let (asked, answer) = assert_synced(&watched, &smtp, "the end of data");
        assert!(asked.contains(".\\r\\n\""), "{asked}");
        assert!(answer.contains("\"250 "), "{answer}");
    }
    smtp.smtp("NOOP").code(250);
    assert_not_synced(&watched, &smtp, "NOOP");
    // What is refused needs no disk.
    smtp.message("x@elsewhere.test", &["nobody@post-office.test"], MESSAGE).code(550);
    assert_not_synced(&watched, &smtp, "a refused recipient");
    // What is to be relayed lies in the queue, on disk too.
    let mut submission = watched.served().submission("alice", watched.dir());
    submission.message("alice@post-office.test", &["x@elsewhere.test"], MESSAGE).code(250);
    assert_synced(&watched, &submission, "the end of submitted data");
    watched.end();
}

#[test]
fn ok_pop3_syncs_deletions_before_it_answers_quit() {
    if !strace() {
        return;
    }
    let watched = Watched::start("sync-pop3");
    let mut smtp = watched.served().smtp(watched.dir());
    smtp.message("x@elsewhere.test", &BOB, MESSAGE).code(250);
    let mut pop3 = watched.served().pop3("bob", watched.dir());
    pop3.pop3("DELE 1").ok();
    assert_not_synced(&watched, &pop3, "DELE");
    pop3.pop3("QUIT").ok();
    assert_synced(&watched, &pop3, "QUIT");
    let mut pop3 = watched.served().pop3("bob", watched.dir());
    assert!(pop3.pop3("STAT").ok().starts_with("+OK 0 "));
    pop3.pop3("QUIT").ok();
    assert_not_synced(&watched, &pop3, "QUIT without deletions");
    watched.end();
}

#[test]
fn ok_imap_syncs_before_its_tagged_ok() {
    if !strace() {
        return;
    }
    let watched = Watched::start("sync-imap");
    let mut imap = watched.served().imap("bob", watched.dir());
    imap.imap("NOOP").ok();
    assert_not_synced(&watched, &imap, "NOOP");
    imap.append("INBOX", MESSAGE).ok();
    assert_synced(&watched, &imap, "APPEND");
    imap.imap("SELECT INBOX").ok();
    imap.imap("FETCH 1 (FLAGS BODY.PEEK[])").ok();
    assert_not_synced(&watched, &imap, "FETCH");
    let changes = [
        "STORE 1 +FLAGS (\\Flagged)",
        "CREATE Kept",
        "COPY 1 Kept",
        "STORE 1 +FLAGS.SILENT (\\Deleted)",
        "EXPUNGE",
        "RENAME Kept Old",
        "SUBSCRIBE Old",
        "DELETE Old",
    ];
    for command in changes {
        imap.imap(command).ok();
        assert_synced(&watched, &imap, command);
    }
    watched.end();
}

#[test]
fn ok_directories_that_are_made_survive_a_power_cut() {
    if !strace() {
        return;
    }
    let dir = Dir::new("sync-made");
    let top = dir.path().canonicalize().expect("it is there");
    let (trace, data) = (top.join("trace"), top.join("a/b/c"));
    let ended = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync", "-o"])
        .arg(&trace)
        .args([POST_OFFICE, "account", "list", "--data"])
        .arg(&data)
        .output();
    assert!(ended.expect("runs").status.success());
    let trace = std::fs::read_to_string(trace).expect("a trace");
    for synced in data.ancestors().take_while(|it| it.starts_with(&top)) {
        assert!(trace.contains(&format!("<{}>)", synced.display())), "{synced:?}: {trace}");
    }
}

#[test]
fn ok_trace_is_read_as_strace_writes_it() {
    let trace = "\
1 recvfrom(9<TCP:[127.0.0.1:2525->127.0.0.1:5000]>,  <unfinished ...>
2 fdatasync(5</d/mail.sqlite3-wal> <unfinished ...>
1 <... recvfrom resumed>\".\\r\\n\", 8192, 0, NULL, NULL) = 3
1 recvfrom(9<TCP:[127.0.0.1:2525->127.0.0.1:5000]>, 0x7f, 8192, 0, NULL, NULL) = -1 EAGAIN (x)
2 <... fdatasync resumed>)              = 0
2 fdatasync(6</d/other>) = 0
1 sendto(9<TCP:[127.0.0.1:2525->127.0.0.1:5000]>, \"250 ok\\r\\n\", 8, 0, NULL, 0) = 8
1 write(2</d/log>, \"x\", 1) = 1
";
    let calls = Call::all(trace);
    assert!(matches!(&calls[0], Call::Read { port: 5000, text } if text.contains(".\\r\\n")));
    assert_eq!(calls[1], Call::Synced);
    assert!(matches!(&calls[2], Call::Write { port: 5000, text } if text.contains("250 ok")));
    assert_eq!(calls.len(), 3, "{calls:?}");
    // The other way round it is no sync before the answer.
    assert_eq!(Call::all("1 fdatasync(5</d/x-wal>) = -1 EIO (x)\n"), []);
}
