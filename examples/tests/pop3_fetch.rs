//! `pop3-fetch` against servers as people meet them: what comes, what stays, and what is said of it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use mail_examples::office::clock;

const FETCH: &str = env!("CARGO_BIN_EXE_pop3-fetch");

/// A message: its unique id, and its lines.
type Message = (&'static str, &'static str);

const ONE: Message = ("a", "Subject: one\r\n\r\n.dot\r\n");
const TWO: Message = ("b", "Subject: two\r\n\r\nFrom here\r\n");

/// What a server has, and the answers that are not what they should be.
#[derive(Default)]
struct Maildrop {
    messages: Vec<Message>,
    odd: Vec<(&'static str, &'static str)>,
    heard: Vec<String>,
}

/// A server that hangs up where its answer is empty.
#[derive(Clone)]
struct Server {
    port: u16,
    maildrop: Arc<Mutex<Maildrop>>,
}

impl Server {
    fn new(messages: &[Message]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let messages = messages.to_vec();
        let maildrop = Arc::new(Mutex::new(Maildrop { messages, ..Maildrop::default() }));
        let server = Self { port, maildrop };
        let serving = server.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|it| serving.serve(it)));
        server
    }

    /// Answers so to commands that begin so.
    fn says(self, command: &'static str, answer: &'static str) -> Self {
        self.with(|it| it.odd.push((command, answer)));
        self
    }

    fn with<T>(&self, what: impl FnOnce(&mut Maildrop) -> T) -> T {
        what(&mut self.maildrop.lock().expect("no panic"))
    }

    fn serve(&self, mut stream: TcpStream) {
        let lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        let mut marked = Vec::new();
        let mut say = |text: &str| stream.write_all(text.as_bytes());
        let _ = say("+OK <1@example.org>\r\n");
        for line in lines.map_while(Result::ok) {
            let answer = self.with(|it| it.answer(&line, &mut marked));
            if answer.is_empty() || say(&answer).is_err() || line == "QUIT" {
                return;
            }
        }
    }

    fn fetch(&self, arguments: &[&str]) -> Ended {
        self.fetch_as("mrose", arguments)
    }

    fn fetch_as(&self, user: &str, arguments: &[&str]) -> Ended {
        self.run(Command::new(FETCH).env("MAIL_PASSWORD", "x"), user, arguments)
    }

    fn run(&self, command: &mut Command, user: &str, arguments: &[&str]) -> Ended {
        let server = format!("127.0.0.1:{}", self.port);
        command.args([&server, "--plain", "--user", user]).args(arguments);
        let ended = command.stdin(Stdio::null()).output().expect("starts");
        let text = |octets| String::from_utf8(octets).expect("text");
        Ended { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
    }
}

impl Maildrop {
    fn answer(&mut self, line: &str, marked: &mut Vec<usize>) -> String {
        self.heard.push(line.to_owned());
        if let Some((_, odd)) = self.odd.iter().find(|(command, _)| line.starts_with(command)) {
            return (*odd).to_owned();
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let listed = |of: fn(&Message) -> String| {
            let lines = (1..).zip(&self.messages).map(|(n, it)| format!("{n} {}\r\n", of(it)));
            format!("+OK\r\n{}.\r\n", lines.collect::<String>())
        };
        match verb {
            "CAPA" => "-ERR\r\n".to_owned(),
            "STAT" => format!("+OK {} 0\r\n", self.messages.len()),
            "LIST" => listed(|(_, text)| text.len().to_string()),
            "UIDL" => listed(|(id, _)| (*id).to_owned()),
            "RETR" => {
                let (_, text) = self.messages[argument.parse::<usize>().expect("a number") - 1];
                format!("+OK\r\n{}.\r\n", text.replace("\r\n.", "\r\n.."))
            }
            "DELE" => {
                marked.push(argument.parse::<usize>().expect("a number"));
                "+OK\r\n".to_owned()
            }
            "QUIT" => {
                marked.sort_unstable();
                for number in marked.drain(..).rev() {
                    self.messages.remove(number - 1);
                }
                "+OK bye\r\n".to_owned()
            }
            _ => "+OK\r\n".to_owned(),
        }
    }
}

/// What the program said and how it ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A directory that goes with the test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pop3-fetch-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("made");
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How many messages have come into a Maildir.
fn count(maildir: &str) -> usize {
    fs::read_dir(Path::new(maildir).join("new")).map_or(0, Iterator::count)
}

/// RFC 1939 7 lets a server call a message like one that is gone.
#[test]
fn ok_id_of_a_message_that_is_gone_means_another_one() {
    let (server, dir) = (Server::new(&[ONE]), Dir::new("gone"));
    let into = dir.file("mail");
    server.fetch(&["--to", &into]);
    // Somebody else has deleted it.
    server.with(|it| it.messages.clear());
    server.fetch(&["--to", &into]);
    server.with(|it| it.messages.push(("a", TWO.1)));
    let ended = server.fetch(&["--to", &into, "--delete"]);
    assert_eq!((ended.code, count(&into)), (Some(0), 2), "{ended:?}");
    assert!(server.with(|it| it.messages.is_empty()));
}

/// Nor is anything forgotten because of a listing that is not whole.
#[test]
fn ok_listing_that_lacks_what_stat_counted_is_not_believed() {
    let (server, dir) = (Server::new(&[ONE, TWO]), Dir::new("unsettled"));
    let into = dir.file("mail");
    server.fetch(&["--to", &into]);
    server.with(|it| it.odd = vec![("LIST", "+OK\r\n.\r\n"), ("UIDL", "+OK\r\n.\r\n")]);
    server.fetch(&["--to", &into]);
    server.with(|it| it.odd.clear());
    let ended = server.fetch(&["--to", &into]);
    assert_eq!((ended.code, ended.out.as_str(), count(&into)), (Some(0), "", 2), "{ended:?}");
}

#[test]
fn ok_server_without_ids_gives_each_message_once() {
    for mode in ["--keep", "--delete-after=1", "--mbox"] {
        let server = Server::new(&[ONE, TWO, ONE]).says("UIDL", "-ERR what?\r\n");
        let dir = Dir::new(&format!("nameless{mode}"));
        let into = dir.file("mail");
        let how: Vec<&str> = match mode {
            "--mbox" => vec!["--mbox", &into],
            mode => vec!["--to", &into, mode],
        };
        let come =
            |times| (0..times).map(|_| server.fetch(&how).out.lines().count()).sum::<usize>();
        assert_eq!(come(3), 3, "two that are the same are two");
        server.with(|it| it.messages.push(("d", ONE.1)));
        assert_eq!(come(2), 1, "one that is the same");
        server.with(|it| drop(it.messages.drain(..2)));
        assert_eq!(come(2), 0);
        server.with(|it| it.messages.push(("e", TWO.1)));
        assert_eq!(come(2), 1, "what was gone is forgotten");
    }
}

#[test]
fn ok_server_without_ids_whose_answer_to_quit_is_lost() {
    let server = Server::new(&[ONE, TWO]).says("UIDL", "-ERR\r\n").says("QUIT", "");
    let dir = Dir::new("lost");
    let into = dir.file("mail");
    assert_eq!(server.fetch(&["--to", &into, "--delete"]).code, Some(75));
    server.with(|it| it.odd.pop());
    let ended = server.fetch(&["--to", &into, "--delete"]);
    assert_eq!((ended.code, count(&into)), (Some(0), 2), "{ended:?}");
    assert!(server.with(|it| it.messages.is_empty()));
}

#[test]
fn err_deletions_that_are_refused_are_told() {
    let server = Server::new(&[ONE, TWO]).says("DELE 1", "-ERR read-only\r\n");
    let dir = Dir::new("undeleted");
    let ended = server.fetch(&["--to", &dir.file("mail"), "--delete"]);
    assert_eq!(ended.code, Some(1));
    let said = "pop3-fetch: message 1: -ERR read-only\n\
        pop3-fetch: 1 of the messages were not deleted\n";
    assert_eq!(ended.err, said);
}

/// RFC 2449 8, RFC 3206 4: codes in any case, and with levels that nobody knows.
#[test]
fn err_login_that_is_refused_for_now_is_worth_another_try() {
    for (answer, code) in [
        ("-err [in-use] locked\r\n", 75),
        ("-ERR [LOGIN-DELAY] too soon\r\n", 75),
        ("-ERR [SYS/TEMP/DISK] later\r\n", 75),
        ("-ERR [SYS/PERM] call somebody\r\n", 1),
        ("-ERR [AUTH] wrong\r\n", 1),
        ("-ERR [SYS] hm\r\n", 1),
        ("-ERR\r\n", 1),
    ] {
        let ended = Server::new(&[ONE]).says("PASS", answer).fetch(&[]);
        assert_eq!(ended.code, Some(code), "{answer}: {ended:?}");
    }
}

#[test]
fn err_name_that_cannot_be_sent_is_told() {
    let ended = Server::new(&[ONE]).fetch_as("mrose ", &["--apop"]);
    assert!(ended.code == Some(1) && ended.err.contains("user name"), "{ended:?}");
}

#[test]
fn ok_password_in_another_encoding() {
    let server = Server::new(&[]);
    let mut command = Command::new(FETCH);
    command.env("MAIL_PASSWORD", std::ffi::OsStr::from_bytes(b" Stra\xdfe "));
    let ended = server.run(&mut command, "mrose", &["--wire"]);
    // The server here reads text, and hangs up on what is none.
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(ended.err.contains("C: PASS ***") && !ended.err.contains("Stra"), "{ended:?}");
}

/// RFC 6856 2 and 5: a server may keep what has UTF-8 in its header from those who do not say UTF8.
#[test]
fn ok_utf8_is_said_where_it_is_offered_unless_the_user_says_no() {
    let offer = "+OK\r\nUSER\r\nUIDL\r\nUTF8\r\n.\r\n";
    for (arguments, heard) in
        [(&[][..], "CAPA UTF8 USER"), (&["--no-utf8"], "CAPA USER mrose PASS")]
    {
        let server = Server::new(&[ONE]).says("CAPA", offer);
        let ended = server.fetch(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let said = server.with(|it| it.heard.join(" "));
        assert!(said.starts_with(heard), "{said}");
    }
}

/// Some servers offer mechanisms that nobody has set up.
#[test]
fn ok_user_and_pass_although_something_stronger_is_offered() {
    let server = Server::new(&[]).says("CAPA", "+OK\r\nUSER\r\nSASL CRAM-MD5 PLAIN\r\n.\r\n");
    let server = server.says("AUTH", "-ERR [AUTH] no\r\n");
    assert_eq!(server.fetch(&[]).code, Some(1));
    assert_eq!(server.fetch(&["--mechanism", "user"]).code, Some(0));
    assert!(server.with(|it| it.heard.contains(&"PASS x".to_owned())));
}

#[test]
fn err_time_is_up_when_it_is_up() {
    let server = Server::new(&[ONE, TWO]).says("RETR", "+OK\r\nhalf");
    let (dir, begun) = (Dir::new("late"), clock::monotonic());
    let ended = server.fetch(&["--to", &dir.file("mail"), "--timeout", "4"]);
    assert_eq!(ended.code, Some(75));
    let said = "pop3-fetch: 2 of the messages did not come\n\
        pop3-fetch: connection: no answer in time\n";
    assert_eq!(ended.err, said);
    assert!(begun.elapsed() < Duration::from_millis(7500), "{:?}", begun.elapsed());
}

/// Procmail and others write no number into their locks, or 0.
#[test]
fn ok_lock_of_another_program_is_waited_for() {
    let (server, dir) = (Server::new(&[ONE]), Dir::new("locked"));
    let (mbox, lock) = (dir.file("mbox"), dir.0.join("mbox.lock"));
    fs::write(&lock, "0").expect("written");
    let holder = {
        let mbox = mbox.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_secs(1));
            let untouched = lock.exists() && !Path::new(&mbox).exists();
            fs::remove_file(&lock).expect("it is ours");
            untouched
        })
    };
    let ended = server.fetch(&["--mbox", &mbox]);
    assert!(holder.join().expect("no panic"), "nobody else wrote meanwhile");
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "a: 22 octets\n"), "{ended:?}");
}

/// The file of an account beside an mbox.
fn beside(mbox: &str, user: &str, extension: &str) -> PathBuf {
    let ours = fs::read_dir(format!("{mbox}.pop3-fetch")).expect("is there");
    let state = ours.map(|it| it.expect("a file").path()).find(|it| {
        it.extension().is_some_and(|it| it == "state")
            && fs::read_to_string(it).expect("text").lines().next().expect("a line").ends_with(user)
    });
    state.expect("it was here").with_extension(extension)
}

/// Nobody else would touch the mbox until somebody comes and removes it.
#[test]
fn ok_lock_of_a_run_that_was_killed_behind_its_work_is_removed_by_the_next() {
    let (server, dir) = (Server::new(&[ONE]), Dir::new("behind"));
    let mbox = dir.file("mbox");
    assert_eq!(server.fetch(&["--mbox", &mbox]).code, Some(0));
    let (lock, own) = (dir.file("mbox.lock"), dir.file("mbox.pop3-fetch/mbox.held"));
    // Its number may be that of another process by now.
    fs::write(&own, std::process::id().to_string()).expect("written");
    fs::hard_link(&own, &lock).expect("linked");
    let ended = server.fetch(&["--mbox", &mbox]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{ended:?}");
    assert!(!Path::new(&lock).exists() && !Path::new(&own).exists());
}

/// What is killed while it appends leaves a part of it; the run of another account comes first.
#[test]
fn ok_two_accounts_in_one_mbox_of_which_one_was_killed() {
    let (server, dir) = (Server::new(&[ONE, TWO]), Dir::new("two"));
    let mbox = dir.file("mbox");
    let fetch = |user| {
        let ended = server.fetch_as(user, &["--mbox", &mbox, "--delete"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    };
    fetch("killed");
    let (whole, state) = (fs::read(&mbox).expect("there"), beside(&mbox, "killed", "state"));
    let header = fs::read_to_string(&state).expect("text");
    let header = header.lines().next().expect("a line").to_owned();
    let kill = |cut| {
        fs::write(&mbox, &whole[..cut]).expect("written");
        fs::write(state.with_extension("spool"), &whole).expect("written");
        // Torn where it would say that the batch is there.
        let pending = format!("{header}\nP 1 a\nP 1 b\nA 0 {}\nE\nD", whole.len());
        fs::write(&state, pending).expect("written");
    };
    let three = || server.with(|it| it.messages = vec![("c", "Subject: three\r\n\r\n")]);
    for cut in (0..=whole.len()).rev().step_by(7) {
        kill(cut);
        three();
        fetch("other");
        server.with(|it| it.messages = vec![ONE, TWO]);
        fetch("killed");
        let text = fs::read_to_string(&mbox).expect("text");
        let (first, second) = text.split_at(whole.len());
        assert_eq!(first.as_bytes(), whole, "cut at {cut}");
        assert_eq!(second.matches("Subject: ").count(), 1, "cut at {cut}: {second}");
        assert!(server.with(|it| it.messages.is_empty()));
    }
    // Nor does it come again when somebody has moved it away meanwhile.
    kill(0);
    for _ in 0..2 {
        three();
        fetch("other");
        let text = fs::read_to_string(&mbox).expect("text");
        assert!(text.ends_with("\nSubject: three\n\n\n"), "{text}");
        fs::write(&mbox, "").expect("written");
    }
    server.with(|it| it.messages = vec![ONE, TWO]);
    fetch("killed");
    assert_eq!(fs::read_to_string(&mbox).expect("text"), "");
}

#[test]
fn ok_mbox_that_somebody_left_without_its_last_line_end() {
    for before in ["", "From x\n\ntext", "From x\n\ntext\n", "From x\n\ntext\n\n"] {
        let (server, dir) = (Server::new(&[ONE, TWO]), Dir::new("torn"));
        let mbox = dir.file("mbox");
        fs::write(&mbox, before).expect("written");
        assert_eq!(server.fetch(&["--mbox", &mbox]).code, Some(0));
        let text = fs::read_to_string(&mbox).expect("text");
        let old = if before.is_empty() { "" } else { "From x\n\ntext\n\n" };
        let new = text.strip_prefix(old).expect("what was there, and an empty line behind it");
        assert!(new.starts_with("From MAILER-DAEMON "), "{text}");
        assert!(new.ends_with("Subject: two\n\n>From here\n\n"), "{text}");
    }
}

/// A process may have few files open at once, and a batch of messages is large.
#[test]
fn ok_few_files_may_be_open() {
    let (server, dir) = (Server::new(&[ONE; 300]), Dir::new("files"));
    let into = dir.file("mail");
    let limited = ["-c", "ulimit -n 40; exec \"$@\"", "sh", FETCH];
    let mut command = Command::new("sh");
    command.args(limited).env("MAIL_PASSWORD", "x");
    let ended = server.run(&mut command, "mrose", &["--to", &into]);
    assert_eq!((ended.code, count(&into)), (Some(0), 300), "{}", ended.err);
}

#[test]
fn ok_bar_is_drawn_if_asked_for_and_not_into_a_file() {
    let server = Server::new(&[ONE, TWO]);
    for (when, is_drawn) in [("auto", false), ("always", true), ("never", false)] {
        let dir = Dir::new(&format!("bar-{when}"));
        let ended = server.fetch(&["--to", &dir.file("mail"), "--progress", when]);
        let last = "\r[#########################] 100 %, 2 of 2 messages, 0.0 MiB\n";
        assert_eq!(ended.err.ends_with(last), is_drawn, "{ended:?}");
        assert!(is_drawn || ended.err.is_empty(), "{ended:?}");
    }
}

#[test]
fn err_what_cannot_be_a_mailbox_is_named() {
    let (server, dir) = (Server::new(&[ONE]), Dir::new("place"));
    let file = dir.file("file");
    fs::write(&file, "x").expect("written");
    for arguments in [["--to", &file], ["--mbox", dir.0.to_str().expect("text")]] {
        let ended = server.fetch(&arguments);
        let said = format!("pop3-fetch: {}: ", arguments[1]);
        assert!(ended.code == Some(1) && ended.err.starts_with(&said), "{ended:?}");
        assert!(server.with(|it| it.messages.len() == 1));
    }
}
