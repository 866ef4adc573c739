//! A post office to try things on, and clients that say exactly what a test tells them to: they know
//! no more of a protocol than where a reply ends.

#![allow(dead_code, reason = "every test uses its part")]

pub(crate) mod served;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_examples::{
    config::{Config, Ports, Service},
    office::{Bound, Running},
    store::{SqliteStore, UnixTime},
    tls::{CERTIFICATE, Trust, certificates, client_config},
};
use rustls::{ClientConnection, StreamOwned};
use tokio::runtime::Runtime;

/// No answer takes longer; the slowest that is waited for on purpose takes some seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The password of everybody.
pub(crate) const PASSWORD: &str = "open sesame";

/// A directory of this test that is gone afterwards.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mail-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A configuration for `post-office.test` with accounts for alice and bob.
pub(crate) fn config(more: &str) -> String {
    let mut text = more.to_owned();
    for name in ["alice", "bob"] {
        text.push_str(&account(name, ""));
    }
    text
}

/// One more account for a configuration.
pub(crate) fn account(name: &str, more: &str) -> String {
    format!("\n[[account]]\nlogin = '{name}@post-office.test'\npassword = '{PASSWORD}'\n{more}\n")
}

/// A post office inside of the test.
pub(crate) struct Office {
    runtime: Runtime,
    running: Option<Running>,
    addresses: Vec<(Service, SocketAddr)>,
    dir: Dir,
}

impl Office {
    /// Opens one; its configuration is that of [`config`].
    pub(crate) fn open(name: &str, more: &str) -> Self {
        Self::with(name, &config(more))
    }

    /// Opens one with just this configuration.
    pub(crate) fn with(name: &str, text: &str) -> Self {
        Self::prepared(name, text, |_| {})
    }

    /// Opens one with just this configuration, and with what is done to it before it opens.
    pub(crate) fn prepared(name: &str, text: &str, prepare: impl FnOnce(&mut Bound)) -> Self {
        let dir = Dir::new(name);
        let mut config = Config::parse(text).expect("a legal configuration");
        config.data = dir.path().to_owned();
        config.ports = Ports::EPHEMERAL;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .expect("a runtime");
        let store = SqliteStore::open(dir.path(), UnixTime::new(1_700_000_000)).expect("opens");
        let bound = runtime.block_on(Bound::new(&config, Arc::new(store)));
        let mut bound = bound.expect("has its ports");
        prepare(&mut bound);
        let addresses = Service::ALL.map(|service| (service, bound.address(service))).to_vec();
        let running = runtime.block_on(async { bound.open() });
        Self { runtime, running: Some(running), addresses, dir }
    }

    /// Closes it; its directory stays for a while.
    pub(crate) fn close(&mut self) {
        let running = self.running.take().expect("is open");
        self.runtime.block_on(running.close());
    }

    pub(crate) fn address(&self, service: Service) -> SocketAddr {
        self.addresses.iter().find(|(known, _)| *known == service).expect("every service").1
    }

    /// Where it keeps its certificate.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// How many recipients wait to be relayed.
    pub(crate) fn queued(&self) -> u64 {
        self.running.as_ref().expect("is open").queue_length().expect("the store answers")
    }

    /// Connects to a service, over TLS where that comes first.
    pub(crate) fn connect(&self, service: Service) -> Client {
        connect(service, self.address(service), self.dir.path())
    }

    /// Connects for SMTP, up to EHLO.
    pub(crate) fn smtp(&self) -> Client {
        let mut client = self.connect(Service::Smtp);
        client.smtp("EHLO client.example").code(250);
        client
    }

    /// Connects for submission and logs in.
    pub(crate) fn submission(&self, user: &str) -> Client {
        let mut client = self.connect(Service::Submissions);
        client.smtp("EHLO client.example").code(250);
        client.smtp(&format!("AUTH PLAIN {}", plain(user))).code(235);
        client
    }

    /// Connects for POP3 and logs in.
    pub(crate) fn pop3(&self, user: &str) -> Client {
        let mut client = self.connect(Service::Pop3s);
        client.pop3(&format!("USER {user}@post-office.test")).ok();
        client.pop3(&format!("PASS {PASSWORD}")).ok();
        client
    }

    /// Connects for IMAP and logs in.
    pub(crate) fn imap(&self, user: &str) -> Client {
        let mut client = self.connect(Service::Imaps);
        client.imap(&format!("LOGIN {user}@post-office.test \"{PASSWORD}\"")).ok();
        client
    }

    /// The messages in an account's INBOX, as POP3 tells them.
    pub(crate) fn inbox(&self, user: &str) -> Vec<String> {
        let mut client = self.pop3(user);
        let listed = client.pop3_lines("LIST");
        (1..=listed.len()).map(|n| client.pop3_lines(&format!("RETR {n}")).concat()).collect()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.close());
        }
    }
}

/// Connects to a service of an office that keeps its certificate in this directory, reads the
/// greeting, and puts TLS in where the protocol wants it for a log-in.
pub(crate) fn connect(service: Service, address: SocketAddr, dir: &Path) -> Client {
    let mut client = Client::plain(address);
    let implicit = service.is_implicit_tls();
    if implicit {
        client = client.into_tls(dir);
    }
    match service {
        Service::Smtp | Service::Submission | Service::Submissions => {
            client.reply().code(220);
        }
        Service::Pop3 | Service::Pop3s | Service::Imap | Service::Imaps => {
            client.line();
        }
        Service::Dns => {}
    }
    client
}

/// The credentials of AUTH PLAIN.
pub(crate) fn plain(user: &str) -> String {
    STANDARD.encode(format!("\0{user}@post-office.test\0{PASSWORD}"))
}

/// Something that octets go to and come from.
trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// A connection with lines on it.
pub(crate) struct Client {
    wire: BufReader<Box<dyn Wire>>,
    tcp: TcpStream,
    tags: u32,
}

impl Client {
    /// Connects, and reads nothing.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        let tcp = TcpStream::connect_timeout(&address, PATIENCE).expect("somebody listens");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        tcp.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        tcp.set_nodelay(true).expect("no delay");
        let wire: Box<dyn Wire> = Box::new(tcp.try_clone().expect("a second handle"));
        Self { wire: BufReader::new(wire), tcp, tags: 0 }
    }

    /// Begins TLS, trusting only the certificate of this directory.
    pub(crate) fn into_tls(self, dir: &Path) -> Self {
        assert!(self.wire.buffer().is_empty(), "nothing was said behind the go-ahead");
        let trusted = certificates(&dir.join(CERTIFICATE)).expect("the office made one");
        let config = client_config(Trust::Certificates(trusted)).expect("a configuration");
        let name = self.tcp.peer_addr().expect("connected").ip().into();
        let tls = ClientConnection::new(config, name).expect("a client");
        let wire: Box<dyn Wire> =
            Box::new(StreamOwned::new(tls, self.tcp.try_clone().expect("a second handle")));
        Self { wire: BufReader::new(wire), ..self }
    }

    /// The port of this end.
    pub(crate) fn port(&self) -> u16 {
        self.tcp.local_addr().expect("connected").port()
    }

    /// Sends octets as they are.
    pub(crate) fn send(&mut self, octets: impl AsRef<[u8]>) {
        let wire = self.wire.get_mut();
        wire.write_all(octets.as_ref()).expect("sent");
        wire.flush().expect("sent");
    }

    /// Sends octets, if the peer is still there.
    pub(crate) fn try_send(&mut self, octets: impl AsRef<[u8]>) -> std::io::Result<()> {
        let wire = self.wire.get_mut();
        wire.write_all(octets.as_ref())?;
        wire.flush()
    }

    /// Reads a reply of SMTP, if all of it comes.
    pub(crate) fn try_reply(&mut self) -> Option<String> {
        let Reply(text) = self.reply();
        text.ends_with('\n').then_some(text)
    }

    /// Reads a line with its end; nothing at the end of the connection.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        let read = self.wire.read_until(b'\n', &mut line);
        // A peer that hangs up without TLS's good-bye, or was killed, has hung up all the same.
        if let Err(error) = read {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer in time");
        }
        // Octets that are not UTF-8 stay apart: U+00E0 for 0xE0 and so on.
        line.into_iter().map(char::from).collect()
    }

    /// Hangs up without a word.
    pub(crate) fn hang_up(self) {
        drop(self);
    }

    /// Reads a reply of SMTP.
    pub(crate) fn reply(&mut self) -> Reply {
        let mut text = String::new();
        loop {
            let line = self.line();
            text.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return Reply(text);
            }
        }
    }

    /// Says a line of SMTP.
    pub(crate) fn smtp(&mut self, line: &str) -> Reply {
        self.send(format!("{line}\r\n"));
        self.reply()
    }

    /// Hands a message over, which is stuffed already; returns the reply to its end.
    pub(crate) fn message(&mut self, from: &str, to: &[&str], message: &str) -> Reply {
        let reply = self.smtp(&format!("MAIL FROM:<{from}>"));
        if !reply.0.starts_with('2') {
            return reply;
        }
        for to in to {
            let reply = self.smtp(&format!("RCPT TO:<{to}>"));
            if !reply.0.starts_with('2') {
                self.smtp("RSET").code(250);
                return reply;
            }
        }
        let reply = self.smtp("DATA");
        if !reply.0.starts_with('3') {
            return reply;
        }
        self.send(message);
        self.smtp(".")
    }

    /// Says a line of POP3 that has a reply of one line.
    pub(crate) fn pop3(&mut self, line: &str) -> Reply {
        self.send(format!("{line}\r\n"));
        Reply(self.line())
    }

    /// Says a line of POP3 that has many, and returns them unstuffed.
    pub(crate) fn pop3_lines(&mut self, line: &str) -> Vec<String> {
        self.pop3(line).ok();
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the end is missing behind {lines:?}");
            if line == ".\r\n" {
                return lines;
            }
            lines.push(line.strip_prefix('.').map_or(line.clone(), str::to_owned));
        }
    }

    /// Says a command of IMAP and returns all that is said until its end.
    pub(crate) fn imap(&mut self, command: &str) -> Reply {
        self.tags += 1;
        let tag = format!("a{}", self.tags);
        self.send(format!("{tag} {command}\r\n"));
        self.imap_end(&tag)
    }

    /// Sends APPEND with its literal.
    pub(crate) fn append(&mut self, mailbox: &str, message: &str) -> Reply {
        self.tags += 1;
        let tag = format!("a{}", self.tags);
        self.send(format!("{tag} APPEND {mailbox} {{{}+}}\r\n{message}\r\n", message.len()));
        self.imap_end(&tag)
    }

    /// Begins IDLE.
    pub(crate) fn idle(&mut self) {
        self.send("idle IDLE\r\n");
        assert!(self.line().starts_with('+'), "IDLE is on");
    }

    /// Ends IDLE.
    pub(crate) fn done(&mut self) -> Reply {
        self.send("DONE\r\n");
        self.imap_end("idle")
    }

    fn imap_end(&mut self, tag: &str) -> Reply {
        let mut said = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the end is missing behind {said:?}");
            said.push_str(&line);
            if line.starts_with(&format!("{tag} ")) {
                return Reply(said);
            }
            // A literal may hold anything, lines with a tag as well.
            if let Some(octets) = literal(&line) {
                let mut text = vec![0; octets];
                self.wire.read_exact(&mut text).expect("the literal");
                said.extend(text.into_iter().map(char::from));
            }
        }
    }
}

fn literal(line: &str) -> Option<usize> {
    line.strip_suffix("}\r\n")?.rsplit_once('{')?.1.parse().ok()
}

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply(pub(crate) String);

impl Reply {
    /// The reply of SMTP must have this code.
    #[track_caller]
    pub(crate) fn code(self, code: u16) -> String {
        assert!(self.0.starts_with(&code.to_string()), "{code}, not {:?}", self.0);
        self.0
    }

    /// The reply of SMTP must have this code and this enhanced code.
    #[track_caller]
    pub(crate) fn codes(self, code: u16, enhanced: &str) -> String {
        let text = self.code(code);
        assert!(text.get(4..).is_some_and(|rest| rest.starts_with(enhanced)), "{enhanced}: {text}");
        text
    }

    /// The answer of POP3 or IMAP must be good.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        let pop3 = self.0.starts_with("+OK");
        let last = self.0.lines().last().unwrap_or_default();
        let imap = last.split(' ').nth(1) == Some("OK");
        assert!(pop3 || imap, "OK, not {:?}", self.0);
        self.0
    }

    /// The answer of POP3 or IMAP must not be good, and have this in it.
    #[track_caller]
    pub(crate) fn no(self, part: &str) -> String {
        let pop3 = self.0.starts_with("-ERR");
        let last = self.0.lines().last().unwrap_or_default();
        let imap = last.split(' ').nth(1).is_some_and(|word| word == "NO" || word == "BAD");
        assert!((pop3 || imap) && self.0.contains(part), "no with {part}, not {:?}", self.0);
        self.0
    }
}
