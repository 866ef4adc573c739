//! `post-office serve` as a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use mail_examples::config::Service;

use super::{Client, PASSWORD, connect, plain};

/// The program.
pub(crate) const POST_OFFICE: &str = env!("CARGO_BIN_EXE_post-office");

/// One that runs. It is killed when it goes out of scope.
pub(crate) struct Served {
    child: Child,
    /// What it said before it was ready.
    pub(crate) said: String,
}

impl Served {
    /// Starts it in a directory, with the configuration there, on ports that nobody has.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::start_by(Command::new(POST_OFFICE), dir)
    }

    /// Starts it by a command that only lacks its arguments.
    pub(crate) fn start_by(mut command: Command, dir: &Path) -> Self {
        command.arg("serve").arg("--config").arg(dir.join("post-office.toml"));
        for service in Service::ALL {
            command.arg("--port").arg(format!("{}=0", service.name()));
        }
        let log = std::fs::File::options().append(true).create(true).open(dir.join("log"));
        let log = log.expect("a log");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut said = String::new();
        while !said.ends_with("\nready\n") {
            let read = out.read_line(&mut said).expect("text");
            assert_ne!(read, 0, "it ended, having said {said:?}");
        }
        Self { child, said }
    }

    /// Writes the configuration that [`Served::start`] looks for.
    pub(crate) fn configure(dir: &Path, text: &str) {
        std::fs::write(dir.join("post-office.toml"), format!("data = 'data'\n{text}"))
            .expect("written");
    }

    pub(crate) fn address(&self, service: Service) -> SocketAddr {
        let listening = |line: &str| {
            let mut words = line.strip_prefix("listening ")?.split_whitespace();
            (words.next()? == service.name()).then(|| words.next()?.parse().ok()).flatten()
        };
        self.said.lines().find_map(listening).expect("it says where it listens")
    }

    pub(crate) fn connect(&self, service: Service, dir: &Path) -> Client {
        connect(service, self.address(service), &dir.join("data"))
    }

    pub(crate) fn smtp(&self, dir: &Path) -> Client {
        let mut client = self.connect(Service::Smtp, dir);
        client.smtp("EHLO client.example").code(250);
        client
    }

    pub(crate) fn submission(&self, user: &str, dir: &Path) -> Client {
        let mut client = self.connect(Service::Submissions, dir);
        client.smtp("EHLO client.example").code(250);
        client.smtp(&format!("AUTH PLAIN {}", plain(user))).code(235);
        client
    }

    pub(crate) fn pop3(&self, user: &str, dir: &Path) -> Client {
        let mut client = self.connect(Service::Pop3s, dir);
        client.pop3(&format!("USER {user}@post-office.test")).ok();
        client.pop3(&format!("PASS {PASSWORD}")).ok();
        client
    }

    pub(crate) fn imap(&self, user: &str, dir: &Path) -> Client {
        let mut client = self.connect(Service::Imaps, dir);
        client.imap(&format!("LOGIN {user}@post-office.test \"{PASSWORD}\"")).ok();
        client
    }

    /// Its process, or that of who runs it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a service manager does, and returns how it ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill is there");
        assert!(sent.success(), "there was nothing to end");
        self.child.wait().expect("ends")
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("ends")
    }

    /// Kills it on the spot.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("was there");
        self.child.wait().expect("ends");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
