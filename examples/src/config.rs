//! The configuration file of a post office.
//!
//! Every key may be left out; a file that is empty, or not there at all, runs a post office for
//! `post-office.test` on unprivileged ports of the loopback address.
//!
//! ```
//! use mail_examples::config::{Config, Service};
//!
//! let config = Config::parse(r#"
//!     host = "mail.example.org"
//!     domains = ["example.org"]
//!
//!     [ports]
//!     imap = 10143
//!
//!     [[account]]
//!     login = "carol@example.org"
//!     password = "correct horse"
//!     quota = "1GiB"
//!
//!     [aliases]
//!     "office@example.org" = ["carol@example.org", "dave@example.net"]
//! "#)?;
//! assert_eq!(config.ports.of(Service::Imap), 10143);
//! assert_eq!(config.accounts[0].quota, Some(1 << 30));
//!
//! let error = Config::parse("domains = ['example.org']\n[ports]\nimpa = 143").unwrap_err();
//! assert_eq!(error.line(), Some(3));
//! assert_eq!(error.key(), Some("ports.impa"));
//! # Ok::<(), mail_examples::config::ConfigError>(())
//! ```
//!
//! [`Config`] is a plain struct: what the command line says otherwise the caller puts in.

mod error;
mod file;
mod size;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mail_errors::Secret;
use mail_wire::proxy::Trusted;

use crate::store::{Address, Domain, LoginName};

pub use error::ConfigError;
pub use size::parse_size;

/// How a post office is to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// The directory of the store and the certificate.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: IpAddr,
    /// The ports to listen on.
    pub ports: Ports,
    /// Who may say, in front of a connection, whose it is: a proxy, which begins it with a header of
    /// the PROXY protocol. A peer that is one must send a header, and nobody else may.
    pub proxies: TrustedPeers,
    /// Who may say, within a conversation of SMTP, for which client it speaks: XCLIENT.
    pub xclient: TrustedPeers,
    /// The name of this host in greetings, trace fields and the certificate.
    pub host: Domain,
    /// The domains to take mail for, at least one.
    pub domains: Vec<Domain>,
    /// What is limited.
    pub limits: Limits,
    /// What users of POP3 are held to.
    pub pop3: Pop3Policy,
    /// How mail leaves.
    pub relay: Relay,
    /// The certificate; `None`: one that the post office signs itself.
    pub tls: Option<TlsFiles>,
    /// Accounts that are made if they are not there.
    pub accounts: Vec<AccountConfig>,
    /// Aliases with the addresses they lead to.
    pub aliases: Vec<(Address, Vec<Address>)>,
}

impl Config {
    /// Reads a file. Paths in it are relative to the directory it stands in.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it cannot be read, or as [`Config::parse`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
        let mut config = Self::parse(&text)?;
        let dir = path.parent().unwrap_or(Path::new(""));
        config.data = dir.join(&config.data);
        if let Some(files) = &mut config.tls {
            files.certificate = dir.join(&files.certificate);
            files.key = dir.join(&files.key);
        }
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with line and key if it is no TOML, has a key that is not known or a value
    /// that is not legal, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        file::read(text)
    }
}

impl Default for Config {
    fn default() -> Self {
        let domain = Domain::parse("post-office.test").expect("a domain");
        Self {
            data: PathBuf::from("post-office-data"),
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: Ports::default(),
            proxies: TrustedPeers::default(),
            xclient: TrustedPeers::default(),
            host: default_host(&domain),
            domains: vec![domain],
            limits: Limits::default(),
            pop3: Pop3Policy::default(),
            relay: Relay::default(),
            tls: None,
            accounts: Vec::new(),
            aliases: Vec::new(),
        }
    }
}

/// What users of POP3 are held to, and told by CAPA (RFC 2449 6.5 and 6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pop3Policy {
    /// Whether what was fetched is deleted at QUIT, as most users of POP3 alone want it, or kept until
    /// the client deletes it, as those want it who have several devices. By default it is kept.
    pub delete_retrieved: bool,
    /// The shortest time between two logins of a user, in seconds; 0 for none, the default.
    pub login_delay: u32,
}

/// What a post office offers, each on a port of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// SMTP for the mail of other hosts (RFC 5321).
    Smtp,
    /// Submission with STARTTLS (RFC 6409).
    Submission,
    /// Submission with implicit TLS (RFC 8314 3.3).
    Submissions,
    /// POP3 with STLS (RFC 2595).
    Pop3,
    /// POP3 with implicit TLS (RFC 8314 3.1).
    Pop3s,
    /// IMAP with STARTTLS (RFC 9051).
    Imap,
    /// IMAP with implicit TLS (RFC 8314 3.2).
    Imaps,
    /// DNS for the own domains, UDP and TCP.
    Dns,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Smtp,
        Self::Submission,
        Self::Submissions,
        Self::Pop3,
        Self::Pop3s,
        Self::Imap,
        Self::Imaps,
        Self::Dns,
    ];

    /// Returns the name, as it stands in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Pop3 => "pop3",
            Self::Pop3s => "pop3s",
            Self::Imap => "imap",
            Self::Imaps => "imaps",
            Self::Dns => "dns",
        }
    }

    /// Returns the port that is taken when none is given: the registered one plus 2000.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Smtp => 2525,
            Self::Submission => 2587,
            Self::Submissions => 2465,
            Self::Pop3 => 2110,
            Self::Pop3s => 2995,
            Self::Imap => 2143,
            Self::Imaps => 2993,
            Self::Dns => 2053,
        }
    }

    /// Tells whether TLS begins with the connection.
    #[must_use]
    pub const fn is_implicit_tls(self) -> bool {
        matches!(self, Self::Submissions | Self::Pop3s | Self::Imaps)
    }
}

/// The port of every service; 0 lets the system choose one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports([u16; Service::ALL.len()]);

impl Ports {
    /// Every port chosen by the system: for tests, and for several post offices at once.
    pub const EPHEMERAL: Self = Self([0; Service::ALL.len()]);

    /// Returns the port of a service.
    #[must_use]
    pub fn of(&self, service: Service) -> u16 {
        let at = Service::ALL.iter().position(|known| *known == service);
        at.and_then(|at| self.0.get(at)).copied().unwrap_or(service.default_port())
    }

    /// Changes the port of a service.
    pub fn set(&mut self, service: Service, port: u16) {
        for (known, place) in Service::ALL.iter().zip(&mut self.0) {
            if *known == service {
                *place = port;
            }
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self(Service::ALL.map(Service::default_port))
    }
}

/// Whose word is taken, at each service: nobody's, unless the file says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedPeers([Trusted; Service::ALL.len()]);

impl TrustedPeers {
    /// Returns whose word is taken at this service.
    #[must_use]
    pub fn of(&self, service: Service) -> &Trusted {
        static NOBODY: LazyLock<Trusted> = LazyLock::new(Trusted::default);
        let at = Service::ALL.iter().position(|known| *known == service);
        at.and_then(|at| self.0.get(at)).unwrap_or(&NOBODY)
    }

    /// Changes whose word is taken.
    pub fn set(&mut self, service: Service, trusted: Trusted) {
        for (known, place) in Service::ALL.iter().zip(&mut self.0) {
            if *known == service {
                *place = trusted;
                return;
            }
        }
    }
}

/// What is limited for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages that one account may send in an hour. 200.
    pub messages_per_hour: u32,
    /// Octets of one message. 50 MiB.
    pub message_size: u64,
    /// Recipients of one message. 100, the least that RFC 5321 4.5.3.1.8 allows.
    pub recipients: u32,
    /// Octets of an account that is made without a quota of its own; `None`: no limit. 1 GiB.
    pub quota: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_hour: 200,
            message_size: 50 << 20,
            recipients: 100,
            quota: Some(1 << 30),
        }
    }
}

/// How mail leaves for other domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay {
    /// The resolver that is asked for MX records; `None`: mail for other domains waits in the queue,
    /// and goes back to its sender when nobody has given a resolver for five days.
    pub resolver: Option<SocketAddr>,
    /// The port of the other hosts. 25.
    pub port: u16,
}

impl Default for Relay {
    fn default() -> Self {
        Self { resolver: None, port: 25 }
    }
}

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that lead to its root.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// An account in the file.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// The name it logs in with.
    pub login: LoginName,
    /// What it logs in with.
    pub password: PasswordConfig,
    /// The most octets it may hold.
    pub quota: Option<u64>,
    /// The addresses it gets mail at: its login name if that is one and no others are given.
    pub addresses: Vec<Address>,
    /// Further addresses it may send from.
    pub senders: Vec<Address>,
}

/// What the file says of a password.
#[derive(Debug, Clone)]
pub enum PasswordConfig {
    /// The password.
    Plain {
        /// The password.
        password: Secret,
        /// Whether it is to be kept in plain for APOP.
        apop: bool,
    },
    /// SCRAM-SHA-256 keys.
    Scram(mail_sasl::ScramKeys),
}

/// Returns the host name that is taken when none is given: `mail.` and the first domain.
#[must_use]
pub fn default_host(domain: &Domain) -> Domain {
    Domain::parse(&format!("mail.{domain}")).unwrap_or_else(|_| domain.clone())
}
