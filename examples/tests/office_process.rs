//! `post-office` as a program: how it starts, ends, is killed, and starts again.

mod office_support;

use std::{
    io::Write as _,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use mail_dns::{Question, RecordType, wire};
use mail_examples::{config::Service, office::resolve::Resolver};

use office_support::{Dir, PASSWORD, config, served::*};

const BOB: [&str; 1] = ["bob@post-office.test"];

fn message(subject: &str) -> String {
    format!("Subject: {subject}\r\n\r\n{subject}\r\n")
}

/// Runs the program to its end.
fn run(dir: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(POST_OFFICE)
        .args(arguments)
        .current_dir(dir)
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("a pipe").write_all(stdin.as_bytes()).expect("written");
    child.wait_with_output().expect("ends")
}

/// What it said, if it ended well.
#[track_caller]
fn done(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it said in one line, if it ended with this code.
#[track_caller]
fn failed(output: &Output, code: i32) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

/// All that IMAP can tell of an account.
fn everything(served: &Served, dir: &Path) -> String {
    let mut imap = served.imap("bob", dir);
    let mut all = imap.imap("LIST \"\" *").ok() + &imap.imap("LSUB \"\" *").ok();
    for mailbox in ["INBOX", "Kept", "Kept/2023"] {
        let items = "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)";
        all += &imap.imap(&format!("STATUS {mailbox} {items}")).ok();
        imap.imap(&format!("EXAMINE {mailbox}")).ok();
        let items = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])";
        all += &imap.imap(&format!("UID FETCH 1:* {items}")).ok().replace("\\Recent", "");
    }
    all
}

#[test]
fn ok_restart_keeps_everything() {
    let dir = Dir::new("process-restart");
    Served::configure(dir.path(), &config(""));
    let served = Served::start(dir.path());
    let mut smtp = served.smtp(dir.path());
    for subject in ["one", "two", "three"] {
        smtp.message("x@elsewhere.test", &BOB, &message(subject)).code(250);
    }
    let mut imap = served.imap("bob", dir.path());
    for command in [
        "CREATE Kept/2023",
        "SUBSCRIBE Kept",
        "SELECT INBOX",
        "STORE 1 +FLAGS (\\Flagged $Work)",
        "COPY 2 Kept/2023",
        "STORE 3 +FLAGS (\\Deleted)",
        "EXPUNGE",
    ] {
        imap.imap(command).ok();
    }
    imap.append("Kept", "no header, no end").ok();
    let before = everything(&served, dir.path());
    // Connections that are open do not keep it from ending, and are told.
    imap.imap("NOOP").ok();
    assert!(served.terminate().success());
    assert!(imap.line().starts_with("* BYE "), "IMAP sessions are told");
    assert_eq!(smtp.reply().code(421).lines().count(), 1);

    let served = Served::start(dir.path());
    assert_eq!(everything(&served, dir.path()), before);
    assert!(before.contains("$Work") && before.contains("no header, no end"), "{before}");
}

#[test]
fn ok_kill_loses_nothing_that_was_acknowledged() {
    let dir = Dir::new("process-kill");
    Served::configure(dir.path(), &config(""));
    let mut acknowledged = Vec::new();
    let mut round = 0;
    // Three times, and more often where the disk is slow.
    while round < 3 || acknowledged.len() <= 20 {
        assert!(round < 20, "only {} were delivered at all", acknowledged.len());
        round += 1;
        let served = Served::start(dir.path());
        // One is in the middle of its data when it happens.
        let mut torn = served.smtp(dir.path());
        torn.smtp("MAIL FROM:<x@elsewhere.test>").code(250);
        torn.smtp("RCPT TO:<bob@post-office.test>").code(250);
        torn.smtp("DATA").code(354);
        torn.send(format!("Subject: torn\r\n\r\n{}", "half a message\r\n".repeat(10_000)));
        // Others deliver one after another until the connection breaks.
        let senders: Vec<_> = (0..3)
            .map(|sender| {
                let mut client = served.smtp(dir.path());
                thread::spawn(move || {
                    let mut acknowledged = Vec::new();
                    for n in 0.. {
                        let subject = format!("round-{round}-sender-{sender}-number-{n}-");
                        let text = message(&subject);
                        let whole = format!(
                            "MAIL FROM:<x@elsewhere.test>\r\nRCPT TO:<{}>\r\nDATA\r\n{text}.\r\n",
                            BOB[0]
                        );
                        // Pipelined, so that the kill meets it at any place. RFC 2920 wants DATA to
                        // be the last of a group; what stands behind it here is on its way early.
                        if client.try_send(&whole).is_err() {
                            break;
                        }
                        let replies: Vec<_> = (0..4).map(|_| client.try_reply()).collect();
                        match &replies[3] {
                            Some(reply) if reply.starts_with("250 ") => acknowledged.push(subject),
                            Some(reply) => panic!("{reply}"),
                            None => break,
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(270 + 130 * round));
        served.kill();
        for sender in senders {
            acknowledged.extend(sender.join().expect("no panic"));
        }
    }

    let served = Served::start(dir.path());
    let mut imap = served.imap("bob", dir.path());
    let exists = imap.imap("SELECT INBOX").ok();
    let subjects = imap.imap("FETCH 1:* (BODY.PEEK[TEXT])").ok();
    for subject in &acknowledged {
        assert_eq!(subjects.matches(subject.as_str()).count(), 1, "{subject} in {exists}");
    }
    // Each sender may have had one more on its way: the commit was in time, the answer was not.
    let stored = subjects.matches("FETCH (").count();
    assert!(
        stored <= acknowledged.len() + 3 * round as usize,
        "{stored} of {}",
        acknowledged.len()
    );
    assert!(!subjects.contains("half a message"), "nothing torn");
}

/// Runs `serve` where it should end by itself.
fn serve_in_vain(dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["20", POST_OFFICE, "serve", "--config", "post-office.toml"]).args(more);
    for service in Service::ALL {
        command.arg("--port").arg(format!("{}=0", service.name()));
    }
    command.current_dir(dir).env_remove("RUST_LOG").output().expect("timeout is there")
}

#[test]
fn err_two_that_serve_from_one_directory() {
    let dir = Dir::new("process-two");
    Served::configure(dir.path(), &config(""));
    let served = Served::start(dir.path());
    let error = failed(&serve_in_vain(dir.path(), &[]), 1);
    assert!(error.contains("another post office is serving from"), "{error}");
    served.smtp(dir.path()).message("x@elsewhere.test", &BOB, &message("one")).code(250);
    // However the first one ends, the next one may.
    served.kill();
    let served = Served::start(dir.path());
    assert_eq!(served.pop3("bob", dir.path()).pop3_lines("LIST").len(), 1);
}

#[test]
fn ok_kill_while_a_message_is_relayed_does_not_keep_it_waiting() {
    let dir = Dir::new("process-claim");
    // Says nothing, so that the look-up goes on until the kill.
    let resolver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    resolver.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let address = resolver.local_addr().expect("bound");
    Served::configure(dir.path(), &config(&format!("[relay]\nresolver = '{address}'\n")));
    let served = Served::start(dir.path());
    let mut submission = served.submission("alice", dir.path());
    let to = ["x@elsewhere.test"];
    submission.message("alice@post-office.test", &to, &message("one")).code(250);
    resolver.recv(&mut [0; 512]).expect("the message is worked on");
    served.kill();
    resolver.set_nonblocking(true).expect("no waiting");
    while resolver.recv(&mut [0; 512]).is_ok() {}
    resolver.set_nonblocking(false).expect("waiting");

    let _served = Served::start(dir.path());
    resolver.recv(&mut [0; 512]).expect("it is worked on again, long before a lease ends");
}

#[test]
fn err_port_that_is_taken_and_the_passwords_are_told_later() {
    let dir = Dir::new("process-port");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = taken.local_addr().expect("an address");
    let serve = |imap: &str| {
        let mut arguments = vec!["serve", "--port", imap];
        for port in ["smtp=0", "submission=0", "submissions=0", "pop3=0", "pop3s=0", "imaps=0"] {
            arguments.extend(["--port", port]);
        }
        run(dir.path(), &[&arguments[..], &["--port", "dns=0"]].concat(), "")
    };
    let error = failed(&serve(&format!("imap={}", address.port())), 1);
    assert!(error.contains("imap") && error.contains(&address.to_string()), "{error}");
    let listed = done(&run(dir.path(), &["account", "list"], ""));
    assert_eq!(listed, "", "nobody got a password that nobody was told");
}

#[test]
fn ok_first_start_tells_passwords_once_and_settings_every_time() {
    let dir = Dir::new("process-first");
    Served::configure(dir.path(), "domains = ['example.org']");
    let served = Served::start(dir.path());
    let told = |said: &str| {
        let new = |line: &str| line.strip_prefix("new account ").map(str::to_owned);
        said.lines().filter_map(new).collect::<Vec<_>>()
    };
    let made = told(&served.said);
    let [alice, bob] = &made[..] else { panic!("{}", served.said) };
    assert!(bob.starts_with("bob@example.org password "), "{bob}");
    let password = alice.strip_prefix("alice@example.org password ").expect("alice");
    let mut imap = served.connect(Service::Imaps, dir.path());
    imap.imap(&format!("LOGIN alice@example.org {password}")).ok();
    for service in [Service::Imap, Service::Pop3s, Service::Submission] {
        let port = served.address(service).port();
        assert!(served.said.contains(&format!("Port:           {port}\n")), "{}", served.said);
    }
    let certificate = dir.path().join("data/tls-cert.pem");
    let before = std::fs::read(&certificate).expect("is where it says");
    assert!(served.said.contains(certificate.to_str().expect("a name")), "{}", served.said);
    assert!(served.terminate().success());
    let served = Served::start(dir.path());
    assert_eq!(told(&served.said), [""; 0]);
    assert_eq!(std::fs::read(&certificate).expect("is there"), before);
    let log = std::fs::read_to_string(dir.path().join("log")).expect("a log");
    assert!(log.contains("login") && !log.contains(password), "{log}");
}

#[test]
fn err_configuration_is_told_with_line_and_key() {
    let dir = Dir::new("process-config");
    std::fs::write(dir.path().join("wrong.toml"), "[ports]\nimpa = 1\n").expect("written");
    let error = failed(&run(dir.path(), &["serve", "--config", "wrong.toml"], ""), 2);
    assert!(error.contains("wrong.toml: line 2: ports.impa"), "{error}");
    let error = failed(&run(dir.path(), &["serve", "--config", "missing.toml"], ""), 2);
    assert!(error.contains("missing.toml"), "{error}");
}

#[test]
fn err_host_name_that_cannot_be_said() {
    let dir = Dir::new("process-host");
    Served::configure(dir.path(), &config(""));
    for host in ["mail.b\u{fc}cher.test", "[127.0.0.1]", "[abc]"] {
        let error = failed(&serve_in_vain(dir.path(), &["--host", host]), 2);
        assert!(error.contains(host), "{error}");
    }
}

#[test]
fn ok_accounts_and_aliases_change_while_it_runs() {
    let dir = Dir::new("process-accounts");
    Served::configure(dir.path(), &config(""));
    let served = Served::start(dir.path());
    let office = |arguments: &[&str], stdin: &str| {
        let arguments = [arguments, &["--config", "post-office.toml"]].concat();
        run(dir.path(), &arguments, stdin)
    };
    let add = ["account", "add", "Carol@post-office.test", "--password-stdin", "--quota", "1MiB"];
    let more = ["--alias", "team@post-office.test", "--sender", "team@post-office.test"];
    let carol = "carol@post-office.test";
    done(&office(&[&add[..], &more[..]].concat(), &format!("{PASSWORD}\r\nnot this\n")));
    let mut smtp = served.smtp(dir.path());
    smtp.message("x@elsewhere.test", &["team@post-office.test"], &message("one")).code(250);
    let mut imap = served.imap("carol", dir.path());
    assert!(imap.imap("SELECT INBOX").ok().contains("* 1 EXISTS"));
    let mut submission = served.submission("carol", dir.path());
    submission.message("team@post-office.test", &BOB, &message("two")).code(250);

    done(&office(&["alias", "set", "team@post-office.test", carol, BOB[0]], ""));
    smtp.message("x@elsewhere.test", &["team@post-office.test"], &message("three")).code(250);
    let mut bob = served.pop3("bob", dir.path());
    assert_eq!(bob.pop3_lines("LIST").len(), 2);
    let listed = done(&office(&["alias", "list"], ""));
    let line = format!("team@post-office.test -> {carol} {}\n", BOB[0]);
    assert!(listed.to_lowercase().contains(&line), "{listed}");

    let listed = done(&office(&["account", "list"], ""));
    assert!(
        listed.contains("carol@post-office.test  ") && listed.contains(" of 1 MiB"),
        "{listed}"
    );
    let changed = done(&office(&["account", "password", carol], ""));
    let password = changed.trim_end().rsplit_once(" password ").expect("a new one").1;
    let mut imap = served.connect(Service::Imaps, dir.path());
    imap.imap(&format!("LOGIN {carol} \"{PASSWORD}\"")).no("[AUTHENTICATIONFAILED]");
    imap.imap(&format!("LOGIN {carol} {password}")).ok();

    done(&office(&["account", "remove", carol], ""));
    let refused = smtp.message("x@elsewhere.test", &[carol], &message("four"));
    refused.codes(550, "5.1.1");
    smtp.message("x@elsewhere.test", &["team@post-office.test"], &message("five")).code(250);
    done(&office(&["alias", "remove", "team@post-office.test"], ""));
    let gone = smtp.message("x@elsewhere.test", &["team@post-office.test"], &message("six"));
    gone.codes(550, "5.1.1");

    let wrong: [(&[&str], i32, &str); 6] = [
        (&["account", "add", BOB[0]], 1, "exists"),
        (&["account", "add", "x@elsewhere.test"], 2, "elsewhere.test"),
        (&["account", "add", "no address"], 2, "no address"),
        (&["account", "remove", carol], 1, "carol"),
        (&["alias", "set", BOB[0], "x@elsewhere.test"], 1, "exists"),
        (&["alias", "remove", "team@post-office.test"], 1, "team"),
    ];
    for (arguments, code, part) in wrong {
        let error = failed(&office(arguments, ""), code);
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
    // Wholly or not at all: nobody would know the password that was made up.
    let error = failed(&office(&["account", "add", carol, "--alias", BOB[0]], ""), 1);
    assert!(error.contains("exists"), "{error}");
    let listed = done(&office(&["account", "list"], ""));
    assert!(!listed.contains(carol), "{listed}");
    let error = failed(&office(&["account", "password", BOB[0], "--password-stdin"], ""), 1);
    assert!(error.contains("empty"), "{error}");
}

#[test]
fn ok_dns_answers_for_the_own_domains() {
    let dir = Dir::new("process-dns");
    Served::configure(dir.path(), &config("domains = ['post-office.test', 'example.org']"));
    let served = Served::start(dir.path());
    let servers = wire::Config::new(vec![served.address(Service::Dns)]).expect("one server");
    let resolver = Resolver::new(servers);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ask = |name: &str, rtype| {
        let question = Question::new(name.parse().expect("a name"), rtype);
        runtime.block_on(resolver.look_up(question)).outcome.to_string()
    };
    for domain in ["post-office.test", "example.org"] {
        assert_eq!(ask(domain, RecordType::MX), "10 mail.post-office.test");
    }
    assert_eq!(ask("mail.post-office.test", RecordType::A), "127.0.0.1");
    assert_eq!(ask("nobody.example.org", RecordType::MX), "no such name");
}
